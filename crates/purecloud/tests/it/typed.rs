//! Typed calls as somebody writes them who has read the documentation alone.

use std::time::Duration;

use purecloud::apis::users::UsersApi;
use purecloud::{Advice, Error, models};

use crate::script::{Script, ok};

#[tokio::test(start_paused = true)]
async fn arguments_are_taken_from_whatever_a_program_has() {
    let script = Script::new((0..6).map(|_| ok("{}")));
    let users = UsersApi::new(&script.session());
    let ids = vec!["a".to_owned(), "b".to_owned()];
    let size: usize = ids.len();
    let call = users.get_users().total_timeout(Duration::from_secs(5)).no_retry();
    call.clone().id(&ids).page_size(25_u32).await.unwrap();
    call.clone().id(ids.iter()).page_size(size).await.unwrap();
    call.clone().id(ids.iter().filter(|id| *id != "a")).page_size(Some(25)).await.unwrap();
    call.clone().id(Some("a")).page_size(None::<i64>).await.unwrap();
    call.clone().id(None::<&str>).await.unwrap();
    call.id(["a", "b"]).await.unwrap();
    let asked: Vec<_> =
        script.lines().iter().map(|line| line.split_once("/users").unwrap().1.to_owned()).collect();
    assert_eq!(
        asked,
        ["?pageSize=25&id=a&id=b", "?pageSize=2&id=a&id=b", "?pageSize=25&id=b", "?id=a", "", "?id=a&id=b"]
    );
}

#[tokio::test(start_paused = true)]
async fn a_user_that_was_read_is_changed_and_written() {
    let script = Script::new([
        ok(r#"{"id":"u","name":"Ada","title":"Dr","version":7,"selfUri":"/api/v2/users/u"}"#),
        ok("{}"),
    ]);
    let users = UsersApi::new(&script.session());
    let mut update = models::UpdateUser::from(users.get_user("u").await.unwrap());
    update.title = Some("Prof".into());
    users.patch_user("u", &update).await.unwrap();
    let sent: serde_json::Value = serde_json::from_str(&script.seen()[1].body).unwrap();
    assert_eq!((&sent["title"], &sent["version"]), (&"Prof".into(), &7.into()));
    assert_eq!(sent["name"], "Ada");
}

#[tokio::test(start_paused = true)]
async fn an_address_that_is_too_long_says_so() {
    let script = Script::new([]);
    let users = UsersApi::new(&script.session());
    let ids = (0..2_000).map(|number| format!("{number:036}"));
    let error = users.get_users().id(ids).await.unwrap_err();
    assert!(matches!(error, Error::Request { .. }) && error.advice() == Advice::Change);
    let shown = error.to_string();
    assert!(
        shown.starts_with("getUsers: the address has 80039 bytes, more than the limit of 65534; split"),
        "{shown}"
    );
}
