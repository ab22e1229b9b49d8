//! Calls without `async`, against an emulated platform.

use purecloud::blocking::{Wait as _, WaitEach as _};
use purecloud::{Error, Session};
use purecloud_emulator::{Emulator, Handle, demo};
use serde_json::Value;

/// An emulator on threads of its own, as if it were another program.
struct Platform {
    emulator: Handle,
    _runtime: tokio::runtime::Runtime,
}

fn platform() -> (Platform, Session) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let emulator = runtime.block_on(Emulator::builder().start()).unwrap();
    let session = Session::builder()
        .environment(emulator.origin())
        .client_credentials(demo::CREDENTIALS_CLIENT, demo::SECRET)
        .connect()
        .wait()
        .unwrap();
    (Platform { emulator, _runtime: runtime }, session)
}

#[test]
fn calls_items_and_pages_need_no_runtime() {
    let (platform, session) = platform();
    let me: Value = session.call("GET", "/api/v2/users/me").wait().unwrap().json().unwrap();
    assert_eq!(me["name"], demo::USER_NAME);

    let users = || session.call("GET", "/api/v2/users").query("pageSize", 200);
    let names: Result<Vec<Value>, Error> = users().items::<Value>().wait_each().collect();
    assert_eq!(names.unwrap().len(), 1_000);
    assert_eq!(users().pages().prefetch(3).wait_each().count(), 5);

    let mut download = users().download().wait().unwrap();
    let mut length = 0;
    while let Some(piece) = download.next().wait().unwrap() {
        length += piece.len();
    }
    assert!(length > 1_000);
    session.close().wait().unwrap();
    assert!(platform.emulator.requests().iter().all(|seen| seen.status == 200 || seen.status == 204));
}

#[cfg(feature = "users")]
#[test]
fn typed_calls_are_waited_for_alike() {
    use purecloud::apis::users::UsersApi;
    let (_platform, session) = platform();
    let me = UsersApi::new(&session).get_users_me().wait().unwrap();
    assert_eq!(me.name.as_deref(), Some(demo::USER_NAME));
    let mut users = UsersApi::new(&session).get_users().page_size(500).stream().wait_each();
    assert!(users.next().unwrap().unwrap().id.is_some());
}

#[test]
fn sixteen_threads_share_one_login() {
    let (platform, session) = platform();
    session.call("DELETE", "/api/v2/tokens/me").wait().unwrap();
    std::thread::scope(|scope| {
        for _ in 0..16 {
            scope.spawn(|| session.call("GET", "/api/v2/users/me").wait().unwrap());
        }
    });
    let logins = platform.emulator.requests().iter().filter(|seen| seen.path == "/oauth/token").count();
    assert_eq!(logins, 2);
}

#[cfg(feature = "websocket")]
#[test]
fn notifications_are_an_iterator() {
    use purecloud::notifications::Notice;
    let (_platform, session) = platform();
    let mut notices = session.notifications().subscribe(["v2.test"]).wait_each();
    assert!(matches!(notices.next(), Some(Ok(Notice::Connected { .. }))));
    let event = serde_json::json!({"topicName": "v2.test", "eventBody": 7});
    session.call("POST", "/_emulator/events").body(&event).wait().unwrap();
    let Some(Ok(Notice::Event(event))) = notices.next() else { panic!("no event") };
    assert_eq!(event.json::<u8>().unwrap(), 7);
    session.close().wait().unwrap();
    assert!(notices.next().is_none());
}

#[test]
fn waiting_is_allowed_where_a_runtime_lets_its_threads_block() {
    let (_platform, session) = platform();
    let name = |session: Session| {
        let me: Value = session.call("GET", "/api/v2/users/me").wait().unwrap().json().unwrap();
        me["name"].as_str().unwrap().to_owned()
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let beside = session.clone();
    let named = runtime.block_on(async move { tokio::task::spawn_blocking(move || name(beside)).await });
    assert_eq!(named.unwrap(), demo::USER_NAME);
    let _entered = runtime.enter();
    assert_eq!(name(session), demo::USER_NAME);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn waiting_in_a_task_of_a_runtime_is_an_error_as_well() {
    let session = Session::builder().environment("http://127.0.0.1:1").access_token("t").build().unwrap();
    let outcome = tokio::spawn(async move { session.call("GET", "/x").wait() }).await.unwrap();
    assert!(matches!(outcome, Err(Error::Setup { .. })));
}

#[tokio::test]
async fn waiting_on_a_thread_of_a_runtime_is_an_error_and_not_a_deadlock() {
    let session = Session::builder().environment("http://127.0.0.1:1").access_token("t").build().unwrap();
    let call = session.call("GET", "/x");
    assert!(matches!(call.wait(), Err(Error::Setup { .. })));
    let items = session.call("GET", "/x").items::<Value>();
    let all: Vec<_> = items.wait_each().collect();
    assert!(matches!(&all[..], [Err(Error::Setup { .. })]));
}
