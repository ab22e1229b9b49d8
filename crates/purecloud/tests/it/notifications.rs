//! Notifications over real sockets, against an emulated platform.

use std::time::Duration;

use futures_util::StreamExt as _;
use purecloud::notifications::{Notice, Subscription};
use purecloud::{RetryPolicy, Session};
use purecloud_emulator::{Emulator, Fault, FaultRule, Handle, demo};
use serde_json::json;
use tokio::net::TcpStream;

const TOPIC: &str = "v2.test.topic";

async fn platform() -> (Handle, Session) {
    let emulator = Emulator::builder().start().await.unwrap();
    let session = Session::builder()
        .environment(emulator.origin())
        .client_credentials(demo::CREDENTIALS_CLIENT, demo::SECRET)
        .retry(RetryPolicy::default().waits(Duration::from_millis(1), Duration::from_secs(30)))
        .connect()
        .await
        .unwrap();
    (emulator, session)
}

/// The next notice in short; a test that waits in vain ends.
async fn next(notices: &mut Subscription) -> String {
    let notice = tokio::time::timeout(Duration::from_secs(20), notices.next()).await.expect("nothing came");
    match notice.unwrap() {
        None => "end".to_owned(),
        Some(Notice::Event(event)) => event.body_text().to_owned(),
        Some(Notice::Connected { topics }) => format!("connected {}", topics.join(" ")),
        Some(Notice::Missed(gap)) => {
            assert!(gap.since <= gap.until);
            format!("missed {}", gap.topics.join(" "))
        }
        Some(Notice::Rejected { topic, reason }) => {
            format!("rejected {topic}: {}", reason.unwrap_or_default())
        }
        Some(other) => format!("{other:?}"),
    }
}

/// Has the platform tell everybody; how many sockets heard it.
async fn publish(session: &Session, topic: &str, number: u32) -> u64 {
    let event = json!({"topicName": topic, "eventBody": number});
    let answer = session.call("POST", "/_emulator/events").body(&event).await.unwrap();
    answer.json::<serde_json::Value>().unwrap()["sockets"].as_u64().unwrap()
}

/// How often each path was asked for, with the channel's id left out.
fn count(emulator: &Handle, method: &str, end: &str) -> usize {
    emulator.requests().iter().filter(|seen| seen.method == method && seen.path.ends_with(end)).count()
}

#[tokio::test]
async fn what_a_call_changes_is_heard_of() {
    let (_emulator, session) = platform().await;
    let me: serde_json::Value = session.call("GET", "/api/v2/users/me").await.unwrap().json().unwrap();
    let id = me["id"].as_str().unwrap();
    let mut notices = session.notifications().subscribe([format!("v2.users.{id}?presence&routingstatus")]);
    let topic = format!("v2.users.{id}.presence");
    assert_eq!(next(&mut notices).await, format!("connected {topic} v2.users.{id}.routingstatus"));
    let away = json!({"presenceDefinition": {"systemPresence": "Away"}, "message": "lunch"});
    session.call("PATCH", &format!("/api/v2/users/{id}/presences/purecloud")).body(&away).await.unwrap();
    let Some(Notice::Event(event)) = notices.next().await.unwrap() else { panic!("no event") };
    assert!(event.is(&topic) && event.version().is_some() && event.correlation_id().is_some(), "{event:?}");
    assert_eq!(event.json::<serde_json::Value>().unwrap()["message"], "lunch");
}

#[tokio::test]
async fn a_cut_is_told_and_the_events_go_on() {
    let (emulator, session) = platform().await;
    let mut notices = session.notifications().subscribe([TOPIC]);
    assert_eq!(next(&mut notices).await, format!("connected {TOPIC}"));
    for number in 0..3 {
        publish(&session, TOPIC, number).await;
        assert_eq!(next(&mut notices).await, number.to_string());
        session.call("DELETE", "/_emulator/sockets").await.unwrap();
        assert_eq!(next(&mut notices).await, format!("missed {TOPIC}"));
    }
    assert_eq!(count(&emulator, "POST", "/channels"), 1, "the channel outlives its sockets");
}

#[tokio::test]
async fn a_channel_that_another_takes_is_made_anew_and_the_gap_is_told() {
    let (emulator, session) = platform().await;
    let mut notices = session.notifications().subscribe([TOPIC]);
    next(&mut notices).await;
    let path =
        emulator.requests().into_iter().find(|seen| seen.path.ends_with("/subscriptions")).unwrap().path;
    let id = path.rsplit('/').nth(1).unwrap();
    let stream = TcpStream::connect(emulator.address()).await.unwrap();
    let address = format!("ws://{}/channels/{id}", emulator.address());
    let (_other, _) = tokio_tungstenite::client_async(address, stream).await.unwrap();
    assert_eq!(next(&mut notices).await, format!("missed {TOPIC}"));
    publish(&session, TOPIC, 1).await;
    assert_eq!(next(&mut notices).await, "1");
    assert_eq!(count(&emulator, "POST", "/channels"), 2);
}

#[tokio::test]
async fn a_revoked_token_is_renewed_and_the_events_go_on() {
    let (emulator, session) = platform().await;
    let mut notices = session.notifications().subscribe([TOPIC]);
    next(&mut notices).await;
    session.call("DELETE", "/api/v2/tokens/me").await.unwrap();
    assert_eq!(next(&mut notices).await, format!("missed {TOPIC}"));
    publish(&session, TOPIC, 1).await;
    assert_eq!(next(&mut notices).await, "1");
    assert_eq!(count(&emulator, "POST", "/oauth/token"), 2);
}

#[tokio::test]
async fn subscriptions_share_a_channel_and_each_hears_what_it_wants() {
    let (emulator, session) = platform().await;
    let mut first = session.notifications().subscribe(["v2.a", "v2.b"]);
    assert_eq!(next(&mut first).await, "connected v2.a v2.b");
    let mut second = session.notifications().subscribe(["V2.B", "v2.c"]);
    assert_eq!(next(&mut second).await, "connected V2.B");
    assert_eq!(next(&mut second).await, "connected v2.c");
    for (number, topic) in ["v2.a", "v2.b", "v2.c"].into_iter().enumerate() {
        assert_eq!(publish(&session, topic, number as u32).await, 1);
    }
    assert_eq!([next(&mut first).await, next(&mut first).await], ["0", "1"]);
    assert_eq!([next(&mut second).await, next(&mut second).await], ["1", "2"]);
    assert_eq!(count(&emulator, "POST", "/channels"), 1);

    first.remove(["v2.a"]);
    first.add(["v2.d"]);
    assert_eq!(next(&mut first).await, "connected v2.d");
    assert_eq!(publish(&session, "v2.a", 3).await, 0, "nobody wants it any more");
    drop(first);
    second.add(["v2.e"]);
    assert_eq!(next(&mut second).await, "connected v2.e");
    assert_eq!(publish(&session, "v2.d", 4).await, 0);
    assert_eq!(publish(&session, "v2.b", 5).await, 1);
    assert_eq!(next(&mut second).await, "5");
}

#[tokio::test]
async fn the_socket_ends_with_the_last_subscription_and_another_begins_anew() {
    let (emulator, session) = platform().await;
    for round in 1..=2 {
        let mut notices = session.notifications().subscribe([TOPIC]);
        assert_eq!(next(&mut notices).await, format!("connected {TOPIC}"));
        assert_eq!(count(&emulator, "POST", "/channels"), round);
        drop(notices);
        // The goodbye takes a moment; a socket that stays would never be counted out.
        while publish(&session, TOPIC, 0).await > 0 {
            tokio::task::yield_now().await;
        }
    }
}

#[tokio::test]
async fn a_topic_that_is_none_is_told_and_does_not_take_the_others_with_it() {
    let (_emulator, session) = platform().await;
    let mut notices = session.notifications().subscribe(["nonsense", TOPIC]);
    assert_eq!(next(&mut notices).await, "rejected nonsense: The topic is not valid.");
    assert_eq!(next(&mut notices).await, format!("connected {TOPIC}"));
    publish(&session, TOPIC, 1).await;
    assert_eq!(next(&mut notices).await, "1");
}

#[tokio::test]
async fn closing_the_session_ends_its_subscriptions() {
    let (_emulator, session) = platform().await;
    let mut notices = session.notifications().subscribe([TOPIC]);
    next(&mut notices).await;
    session.close().await.unwrap();
    assert_eq!(next(&mut notices).await, "end");
    let after = session.notifications().subscribe([TOPIC]).collect::<Vec<_>>().await;
    assert!(
        matches!(&after[..], [Err(error)] if error.to_string().starts_with("cannot subscribe to")),
        "{after:?}"
    );
}

#[tokio::test]
async fn sockets_that_drop_or_close_again_and_again_are_opened_again() {
    for (fault, gaps) in [(Fault::SocketDrop(100), true), (Fault::SocketClosing(100), false)] {
        let (emulator, session) = platform().await;
        emulator.set_faults([FaultRule { times: Some(3), ..FaultRule::new(fault) }]);
        let mut notices = session.notifications().subscribe([TOPIC]);
        assert_eq!(next(&mut notices).await, format!("connected {TOPIC}"));
        let sockets =
            || emulator.requests().iter().filter(|seen| seen.path.starts_with("/channels/")).count();
        let mut missed = 0;
        // The fourth socket is the first that stays.
        while sockets() < 4 {
            if gaps {
                assert_eq!(next(&mut notices).await, format!("missed {TOPIC}"));
                missed += 1;
            }
            tokio::task::yield_now().await;
        }
        assert_eq!(missed, if gaps { 3 } else { 0 });
        while publish(&session, TOPIC, 1).await == 0 {}
        assert_eq!(next(&mut notices).await, "1");
    }
}
