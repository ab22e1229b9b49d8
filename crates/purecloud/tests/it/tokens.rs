//! The life of a session's token.

use std::time::Duration;

use purecloud::store::FileStore;
use purecloud::{Error, Secret, Session};

use crate::script::{Act, Script, ok, status, token};

fn client(script: &Script) -> Session {
    script.builder().client_credentials("id", "secret").build().unwrap()
}

const LOGIN: &str = "POST https://login.mypurecloud.ie/oauth/token";

#[tokio::test(start_paused = true)]
async fn many_calls_wait_for_one_login() {
    let script = Script::new(std::iter::once(token("t1", 86_400)).chain((0..32).map(|_| ok("{}"))));
    let session = client(&script);
    let calls = (0..32).map(|_| session.call("GET", "/x").send());
    for outcome in futures_util::future::join_all(calls).await {
        outcome.unwrap();
    }
    let seen = script.seen();
    assert_eq!(seen.iter().filter(|seen| seen.line == LOGIN).count(), 1);
    assert_eq!(seen[0].authorization.as_deref(), Some("Basic aWQ6c2VjcmV0"));
    assert_eq!(seen[0].body, "grant_type=client_credentials");
    assert!(seen[1..].iter().all(|seen| seen.authorization.as_deref() == Some("Bearer t1")));
}

#[tokio::test(start_paused = true)]
async fn a_refused_token_is_renewed_once_for_all_and_each_call_replayed_once() {
    let refused = (0..8).map(|_| status(401));
    let script = Script::new(
        std::iter::once(token("t1", 86_400))
            .chain(refused)
            .chain([token("t2", 86_400)])
            .chain((0..8).map(|_| ok("{}"))),
    );
    let session = client(&script);
    session.log_in().await.unwrap();
    let calls = (0..8).map(|_| session.call("POST", "/x").body("once").send());
    for outcome in futures_util::future::join_all(calls).await {
        outcome.unwrap();
    }
    assert_eq!(script.lines().iter().filter(|line| *line == LOGIN).count(), 2);
    assert!(script.is_done());
}

#[tokio::test(start_paused = true)]
async fn a_second_401_is_the_caller_s() {
    let script = Script::new([token("t1", 86_400), status(401), token("t2", 86_400), status(401)]);
    let error = client(&script).call("GET", "/x").await.unwrap_err();
    assert_eq!(error.status(), Some(401));
    assert!(script.is_done());
}

#[tokio::test(start_paused = true)]
async fn a_token_of_the_program_s_own_is_neither_renewed_nor_revoked() {
    let script = Script::new([status(401)]);
    let session = script.session();
    assert_eq!(session.call("GET", "/x").await.unwrap_err().status(), Some(401));
    session.close().await.unwrap();
    assert!(matches!(session.call("GET", "/x").await, Err(Error::Closed)));
}

#[tokio::test(start_paused = true)]
async fn a_token_near_its_end_serves_while_its_successor_is_fetched() {
    let script = Script::new([token("t1", 1000), ok("1"), ok("2"), token("t2", 1000), ok("3")]);
    let session = client(&script);
    session.call("GET", "/x").await.unwrap();
    tokio::time::advance(Duration::from_secs(950)).await;
    session.call("GET", "/x").await.unwrap();
    tokio::time::sleep(Duration::from_secs(1)).await;
    session.call("GET", "/x").await.unwrap();
    let tokens: Vec<_> = script.seen().into_iter().filter_map(|seen| seen.authorization).collect();
    assert_eq!(tokens.last().map(String::as_str), Some("Bearer t2"));
    assert_eq!(tokens.iter().filter(|token| *token == "Bearer t1").count(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_token_that_has_ended_is_not_sent() {
    let script = Script::new([token("t1", 1000), ok("1"), token("t2", 1000), ok("2")]);
    let session = client(&script);
    session.call("GET", "/x").await.unwrap();
    tokio::time::advance(Duration::from_secs(2000)).await;
    session.call("GET", "/x").await.unwrap();
    assert_eq!(script.seen()[3].authorization.as_deref(), Some("Bearer t2"));
}

#[tokio::test(start_paused = true)]
async fn a_renewal_goes_on_when_the_caller_who_began_it_goes_away() {
    let script = Script::new([Act::Slow(Duration::from_secs(3)), token("t1", 1000), ok("1")]);
    let session = client(&script);
    let given_up = session.call("GET", "/x").total_timeout(Duration::from_secs(1)).await;
    assert!(given_up.is_err());
    // The slow answer is no token, so that login fails; the next call makes its own.
    tokio::time::sleep(Duration::from_secs(5)).await;
    session.call("GET", "/x").await.unwrap();
    assert_eq!(script.lines().iter().filter(|line| *line == LOGIN).count(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_code_is_shown_once_and_its_refresh_token_from_then_on() {
    let first = r#"{"access_token":"t1","token_type":"bearer","expires_in":100,"refresh_token":"r1"}"#;
    let second = r#"{"access_token":"t2","token_type":"bearer","expires_in":100,"refresh_token":"r2"}"#;
    let third = r#"{"access_token":"t3","token_type":"bearer","expires_in":100}"#;
    let script = Script::new([ok(first), ok("1"), ok(second), ok("2"), ok(third), ok("3")]);
    let session =
        script.builder().authorization_code("id", "s", "c0de", "https://x.example/cb").build().unwrap();
    for _ in 0..3 {
        session.call("GET", "/x").await.unwrap();
        tokio::time::advance(Duration::from_secs(200)).await;
    }
    let forms: Vec<_> =
        script.seen().into_iter().filter(|seen| seen.line == LOGIN).map(|seen| seen.body).collect();
    assert_eq!(
        forms,
        [
            "grant_type=authorization_code&code=c0de&redirect_uri=https%3A%2F%2Fx.example%2Fcb",
            "grant_type=refresh_token&refresh_token=r1",
            "grant_type=refresh_token&refresh_token=r2",
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_code_that_may_have_been_used_up_is_not_shown_again() {
    let script = Script::new([Act::Broken]);
    let session =
        script.builder().authorization_code("id", "s", "c0de", "https://x.example/cb").build().unwrap();
    let error = session.call("GET", "/x").await.unwrap_err();
    assert!(matches!(error, Error::Renewal { source: Some(_) }), "{error:?}");
    assert_eq!(script.lines(), [LOGIN]);
}

#[tokio::test(start_paused = true)]
async fn a_failed_login_is_told_to_all_who_wait_without_the_secret() {
    let refusal = r#"{"error":"invalid_client","description":"authentication failed"}"#;
    let script = Script::new([Act::Answer(400, vec![], refusal.to_owned())]);
    let session = script.builder().client_credentials("id", "hunter2").build().unwrap();
    let calls = (0..4).map(|_| session.call("GET", "/x").send());
    for outcome in futures_util::future::join_all(calls).await {
        let error = outcome.unwrap_err();
        assert_eq!((error.code(), error.status()), (Some("invalid_client"), Some(400)));
        assert!(!format!("{error:?}").contains("hunter2") && !format!("{error:?}").contains("aWQ6"));
    }
}

#[tokio::test(start_paused = true)]
async fn closing_revokes_the_token_of_a_login() {
    let script = Script::new([token("t1", 1000), status(204)]);
    let session = client(&script);
    session.log_in().await.unwrap();
    session.close().await.unwrap();
    let last = script.seen().pop().unwrap();
    assert_eq!(last.line, "DELETE https://api.mypurecloud.ie/api/v2/tokens/me");
    assert_eq!(last.authorization.as_deref(), Some("Bearer t1"));
    assert!(matches!(session.clone().call("GET", "/x").await, Err(Error::Closed)));
}

#[tokio::test]
async fn a_token_outlives_its_process_in_a_store() {
    let path = std::env::temp_dir().join(format!("purecloud-it-{}", std::process::id()));
    let store = FileStore::new(&path);
    let first = Script::new([token("t1", 86_400)]);
    first.builder().client_credentials("id", "s").token_store(store.clone()).connect().await.unwrap();
    let second = Script::new([ok("{}")]);
    let session = second.builder().client_credentials("id", "s").token_store(store).connect().await.unwrap();
    session.call("GET", "/x").await.unwrap();
    assert_eq!(session.access_token().as_ref().map(Secret::expose), Some("t1"));
    std::fs::remove_file(path).unwrap();
}

#[tokio::test]
async fn a_session_without_credentials_calls_what_needs_none() {
    let script = Script::new([ok("{}")]);
    let session = script.builder().build().unwrap();
    session.call("GET", "/api/v2/health/check").await.unwrap();
    assert_eq!(script.seen()[0].authorization, None);
}
