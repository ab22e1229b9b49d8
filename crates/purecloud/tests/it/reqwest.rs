//! Calls through a `reqwest::Client` that the program has already, against an emulated platform.

use std::time::Duration;

use purecloud::{Error, RetryPolicy, Sent, Session};
use purecloud_emulator::{Emulator, Fault, FaultRule, demo};
use serde_json::{Value, json};

fn client() -> reqwest::Client {
    reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy().build().unwrap()
}

#[tokio::test]
async fn logins_listings_and_bodies_go_through_it() {
    let emulator = Emulator::builder().start().await.unwrap();
    let session = Session::builder()
        .environment(emulator.origin())
        .transport(client())
        .client_credentials(demo::CREDENTIALS_CLIENT, demo::SECRET)
        .retry(RetryPolicy::default().waits(Duration::from_millis(1), Duration::from_secs(30)))
        .connect()
        .await
        .unwrap();
    let users = session.call("GET", "/api/v2/users").query("pageSize", 250).items::<Value>();
    assert_eq!(users.collect_all().await.unwrap().len(), 1_000);

    let made = session.call("POST", "/api/v2/routing/wrapupcodes").body(&json!({"name": "n"})).await.unwrap();
    assert_eq!(made.json::<Value>().unwrap()["name"], "n");
    let pieces = [Ok(bytes::Bytes::from("{\"name\":")), Ok(bytes::Bytes::from("\"m\"}"))];
    let upload = Box::pin(futures_util::stream::iter(pieces));
    let made = session.call("POST", "/api/v2/routing/wrapupcodes").upload(upload, None).await.unwrap();
    assert_eq!(made.json::<Value>().unwrap()["name"], "m");

    let rule = FaultRule::new(Fault::CutBefore);
    emulator.set_faults([FaultRule { times: Some(1), ..rule.clone() }]);
    session.call("GET", "/api/v2/users/me").await.unwrap();
    emulator.set_faults([FaultRule { times: Some(1), ..rule }]);
    let error =
        session.call("POST", "/api/v2/routing/wrapupcodes").body(&json!({"name": "o"})).await.unwrap_err();
    assert!(matches!(error, Error::Broken { .. }), "{error:?}");
    emulator.set_faults([FaultRule { times: Some(1), ..FaultRule::new(Fault::CutDuring) }]);
    let error =
        session.call("POST", "/api/v2/routing/wrapupcodes").body(&json!({"name": "p"})).await.unwrap_err();
    assert!(matches!(error, Error::Cut { .. }), "{error:?}");
}

#[tokio::test]
async fn where_nobody_listens_nothing_was_sent() {
    let session = Session::builder()
        .environment("http://127.0.0.1:1")
        .transport(client())
        .access_token("t")
        .retry(RetryPolicy::off())
        .build()
        .unwrap();
    let error = session.call("POST", "/x?secret=1").await.unwrap_err();
    assert!(matches!(error, Error::Unreached { .. }) && error.sent() == Sent::No, "{error:?}");
    assert!(!format!("{error:?}").contains("secret=1"), "{error:?}");
}
