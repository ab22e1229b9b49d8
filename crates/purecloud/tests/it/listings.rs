//! Listings as streams.

use std::time::Duration;

use purecloud::{Error, Listing, Method, Operation, OperationSpec, Paging, Position, TypedCall, json};

use crate::script::{Act, Script, ok};

fn users() -> Script {
    Script::new([
        ok(r#"{"entities":[{"id":"a"},{"id":"b"}],"pageNumber":1,"pageCount":2}"#),
        ok(r#"{"entities":[{"id":"c"}],"pageNumber":2,"pageCount":2}"#),
    ])
}

#[derive(serde::Deserialize)]
struct User {
    id: String,
}

#[tokio::test(start_paused = true)]
async fn items_of_all_pages_come_in_order() {
    let script = users();
    let users = script.session().call("GET", "/api/v2/users").query("pageSize", 2).items::<User>();
    let ids: Vec<_> = users.collect_all().await.unwrap().into_iter().map(|user| user.id).collect();
    assert_eq!(ids, ["a", "b", "c"]);
    assert_eq!(
        script.lines(),
        [
            "GET https://api.mypurecloud.ie/api/v2/users?pageSize=2",
            "GET https://api.mypurecloud.ie/api/v2/users?pageSize=2&pageNumber=2"
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_listing_goes_on_from_a_position_that_was_kept_as_text() {
    let script = users();
    let session = script.session();
    let mut pages = session.call("GET", "/api/v2/users").pages();
    let kept = pages.next().await.unwrap().unwrap().next().unwrap().to_string();
    drop(pages);
    assert!(!kept.contains("t0"), "a position holds no token: {kept}");
    let position: Position = kept.parse().unwrap();
    let rest = session.call("GET", "/api/v2/users").resume(position).items::<User>();
    assert_eq!(rest.collect_all().await.unwrap().len(), 1);
    assert!(script.is_done());
}

#[tokio::test(start_paused = true)]
async fn nothing_is_asked_for_before_it_is_wanted_unless_told_to() {
    let script = users();
    let mut pages = script.session().call("GET", "/api/v2/users").pages();
    pages.next().await.unwrap();
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(script.lines().len(), 1);

    let script = users();
    let mut pages = script.session().call("GET", "/api/v2/users").pages().prefetch(1);
    pages.next().await.unwrap();
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(script.lines().len(), 2);
    assert!(pages.next().await.unwrap().is_some());
    assert!(pages.next().await.unwrap().is_none());
}

#[tokio::test(start_paused = true)]
async fn a_listing_that_leads_to_another_host_ends_with_an_error() {
    let script = Script::new([ok(r#"{"entities":[1],"nextUri":"https://evil.example/api/v2/users"}"#)]);
    let mut pages = script.session().call("GET", "/api/v2/users").pages();
    assert!(matches!(pages.next().await, Err(Error::Paging { .. })));
    assert!(pages.next().await.unwrap().is_none());
    assert_eq!(script.lines().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_job_is_made_polled_and_read() {
    let script = Script::new([
        ok(r#"{"jobId":"j"}"#),
        ok(r#"{"state":"QUEUED"}"#),
        ok(r#"{"state":"FULFILLED"}"#),
        ok(r#"{"conversations":[1,2],"cursor":"c"}"#),
        ok(r#"{"conversations":[3]}"#),
    ]);
    let began = tokio::time::Instant::now();
    let job = script
        .session()
        .call("POST", "/api/v2/analytics/conversations/details/jobs")
        .body(&serde_json::json!({}));
    assert_eq!(job.items::<u32>().collect_all().await.unwrap(), [1, 2, 3]);
    assert_eq!(began.elapsed(), Duration::from_secs(1));
}

#[tokio::test(start_paused = true)]
async fn an_item_that_does_not_fit_is_told_and_the_rest_still_read() {
    let script = Script::new([ok(r#"{"entities":[1,"x",3],"pageCount":1}"#)]);
    let mut items = script.session().call("GET", "/x").items::<u32>();
    assert_eq!(items.next().await.unwrap(), Some(1));
    let error = items.next().await.unwrap_err();
    assert!(matches!(error, Error::Decode { .. }));
    let place = std::error::Error::source(&error).unwrap();
    assert_eq!(place.to_string(), "`entities[1]`");
    assert!(place.source().unwrap().to_string().contains("invalid type: string"));
    assert_eq!(items.next().await.unwrap(), Some(3));
    assert_eq!(items.next().await.unwrap(), None);
}

#[tokio::test(start_paused = true)]
async fn a_byte_that_is_no_character_or_an_item_of_nothing_loses_no_page() {
    let script = Script::new([
        ok(
            "\u{feff}{\"entities\":[{\"id\":\"a\\ud83d\"},null,{\"id\":\"b\"}],\"pageNumber\":1,\"pageCount\":2}",
        ),
        ok(r#"{"entities":[{"id":"c"},{}],"pageNumber":2,"pageCount":2}"#),
    ]);
    let left_out = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let told = left_out.clone();
    let users = script.session().call("GET", "/api/v2/users").items::<User>();
    let users = users.skip_unreadable(move |error| {
        told.lock().unwrap().push(std::error::Error::source(error).unwrap().to_string());
    });
    let ids: Vec<_> = users.collect_all().await.unwrap().into_iter().map(|user| user.id).collect();
    assert_eq!(ids, ["a\u{fffd}", "b", "c"]);
    assert_eq!(*left_out.lock().unwrap(), ["`entities[1]`", "`entities[1]`"]);
}

/// A listing as a program states it by itself.
struct GetThings;

impl Operation for GetThings {
    type Output = json::Map<json::Json>;

    const SPEC: &'static OperationSpec = &OperationSpec::new("getThings", Method::Get, "/api/v2/things")
        .listing(Paging::NextUri, Some("entities"));
}

impl Listing for GetThings {
    type Page = json::Map<Vec<json::Map<i64>>>;
    type Item = json::Map<i64>;
}

#[tokio::test(start_paused = true)]
async fn a_page_is_read_without_the_items_that_do_not_fit_and_names_them() {
    let page = r#"{"entities":[{"size":1},null,{"size":"big"},{"size":2}]}"#;
    let script = Script::new([ok(page), ok(page)]);
    let things = TypedCall::<GetThings>::new(&script.session());
    let page = things.clone().pages().next().await.unwrap().unwrap();
    let sizes: Vec<_> = page.value()["entities"].iter().map(|thing| thing["size"]).collect();
    assert_eq!(sizes, [1, 2]);
    let told: Vec<_> = page.unreadable().iter().filter_map(std::error::Error::source).collect();
    assert_eq!(told.iter().map(ToString::to_string).collect::<Vec<_>>(), ["`entities[1]`", "`entities[2]`"]);
    let why = told[1].source().unwrap().to_string();
    assert_eq!(why, "`size` at byte 8: expected a whole number, found a text");

    let all = things.items().skip_unreadable(|_| ()).collect_all().await.unwrap();
    assert_eq!(all.len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_listing_is_collected_in_one_call() {
    let users: Vec<User> = users().session().call("GET", "/api/v2/users").collect_all().await.unwrap();
    assert_eq!(users.len(), 3);
}

#[test]
fn calls_can_be_shared_between_threads_and_pages_can_be_shown() {
    fn shared<T: Sync + Send + Clone + std::fmt::Debug>(_: &T) {}
    fn shown(value: impl std::fmt::Debug) -> String {
        format!("{value:?}")
    }
    let session = Script::new([]).session();
    let (call, things) = (session.call("GET", "/x"), TypedCall::<GetThings>::new(&session));
    shared(&call);
    shared(&things);
    assert_eq!(shown(call.clone().pages()), "Pages { .. }");
    assert_eq!(shown(call.items::<User>()), "Items { .. }");
    assert_eq!(shown(things.pages()), "TypedPages { .. }");
}

#[tokio::test(start_paused = true)]
async fn a_total_limit_bounds_each_page_of_a_listing() {
    let page = r#"{"entities":[1],"pageNumber":1,"pageCount":2}"#;
    let script = Script::new([ok(page), Act::Slow(Duration::from_mins(1))]);
    let mut pages =
        script.session().call("GET", "/x").total_timeout(Duration::from_secs(5)).no_retry().pages();
    pages.next().await.unwrap().unwrap();
    // What its reader does between two pages is no matter.
    tokio::time::sleep(Duration::from_mins(2)).await;
    let began = tokio::time::Instant::now();
    assert!(matches!(pages.next().await, Err(Error::Timeout { .. })));
    assert_eq!(began.elapsed(), Duration::from_secs(5));
}

#[tokio::test(start_paused = true)]
async fn a_total_limit_bounds_the_time_that_a_job_takes() {
    let pending = || ok(r#"{"state":"PENDING"}"#);
    let script = Script::new(std::iter::once(ok(r#"{"jobId":"j"}"#)).chain((0..3).map(|_| pending())));
    let job = script.session().call("POST", "/api/v2/analytics/conversations/details/jobs");
    let began = tokio::time::Instant::now();
    let items = job.body(&serde_json::json!({})).total_timeout(Duration::from_secs(5)).items::<u32>();
    let error = items.collect_all().await.unwrap_err();
    assert!(matches!(error, Error::Timeout { limit, .. } if limit == Duration::from_secs(5)), "{error:?}");
    assert!(began.elapsed() <= Duration::from_secs(5) && script.is_done());
}

#[tokio::test(start_paused = true)]
async fn pages_of_a_job_s_results_have_the_size_that_was_asked_for() {
    let script =
        Script::new([ok(r#"{"jobId":"j"}"#), ok(r#"{"state":"FULFILLED"}"#), ok(r#"{"conversations":[1]}"#)]);
    let jobs = "/api/v2/analytics/conversations/details/jobs";
    let job = script.session().call("POST", jobs).body(&serde_json::json!({})).results_page_size(1000);
    assert_eq!(job.items::<u32>().collect_all().await.unwrap(), [1]);
    assert_eq!(script.lines()[2], format!("GET https://api.mypurecloud.ie{jobs}/j/results?pageSize=1000"));
}
