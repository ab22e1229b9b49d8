//! Channels, subscriptions, and the socket.

use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use purecloud_emulator::Handle;
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;

use crate::client::{Client, builder, start};

pub(crate) type Socket = WebSocketStream<TcpStream>;

pub(crate) async fn channel(client: &mut Client) -> (String, String) {
    let channel = client.send("POST", "/api/v2/notifications/channels", &[], b"").await.json();
    (channel["id"].as_str().unwrap().to_owned(), channel["connectUri"].as_str().unwrap().to_owned())
}

pub(crate) async fn connect(emulator: &Handle, uri: &str) -> Socket {
    let stream = TcpStream::connect(emulator.address()).await.unwrap();
    tokio_tungstenite::client_async(uri, stream).await.unwrap().0
}

/// The next message that is no heartbeat; `None` when the socket closes.
pub(crate) async fn hear(socket: &mut Socket) -> Option<Value> {
    loop {
        match tokio::time::timeout(Duration::from_secs(5), socket.next()).await.expect("a message in time")? {
            Ok(Message::Text(text)) => {
                let value: Value = serde_json::from_str(&text).unwrap();
                if value["eventBody"]["message"] != "WebSocket Heartbeat" {
                    return Some(value);
                }
            }
            Ok(Message::Close(_)) | Err(_) => return None,
            Ok(_) => {}
        }
    }
}

async fn say(socket: &mut Socket, value: &Value) {
    socket.send(Message::text(value.to_string())).await.unwrap();
}

#[tokio::test]
async fn a_changed_status_reaches_who_subscribed_to_it() {
    let emulator = start().await;
    let mut client = Client::signed_in(&emulator).await;
    let me = client.get("/api/v2/users/me").await.json()["id"].as_str().unwrap().to_owned();
    let (id, uri) = channel(&mut client).await;
    let mut socket = connect(&emulator, &uri).await;
    let path = format!("/api/v2/notifications/channels/{id}/subscriptions");
    let topics = json!([{ "id": format!("v2.users.{me}?presence&routingStatus") }]);
    let listed = client.json("POST", &path, &topics).await.json();
    assert_eq!(listed["entities"].as_array().unwrap().len(), 2);
    assert_eq!(listed["entities"][0]["state"], "Permitted");
    client.json("PUT", &format!("/api/v2/users/{me}/routingstatus"), &json!({ "status": "IDLE" })).await;
    let event = hear(&mut socket).await.unwrap();
    assert_eq!(event["topicName"], format!("v2.users.{me}.routingStatus"));
    assert_eq!(event["eventBody"]["routingStatus"]["status"], "IDLE");
    client
        .json("PATCH", &format!("/api/v2/users/{me}/presences/purecloud"), &json!({ "message": "away" }))
        .await;
    let event = hear(&mut socket).await.unwrap();
    assert_eq!(
        (&event["topicName"], &event["eventBody"]["message"]),
        (&json!(format!("v2.users.{me}.presence")), &json!("away"))
    );
    client.send("DELETE", &path, &[], b"").await;
    client.json("PUT", &format!("/api/v2/users/{me}/routingstatus"), &json!({ "status": "IDLE" })).await;
    say(&mut socket, &json!({ "message": "ping" })).await;
    assert_eq!(hear(&mut socket).await.unwrap()["eventBody"]["message"], "pong", "nothing was heard before");
}

#[tokio::test]
async fn a_socket_subscribes_by_itself() {
    let emulator = start().await;
    let mut client = Client::signed_in(&emulator).await;
    let (_, uri) = channel(&mut client).await;
    let mut socket = connect(&emulator, &uri).await;
    say(&mut socket, &json!({ "message": "subscribe", "topics": ["v2.test.topic"], "correlationId": "c" }))
        .await;
    assert_eq!(
        hear(&mut socket).await.unwrap(),
        json!({ "result": "200", "status": "subscribed", "correlationId": "c" })
    );
    say(&mut socket, &json!({ "message": "subscribe", "topics": ["nonsense"] })).await;
    assert_eq!(hear(&mut socket).await.unwrap(), json!({ "result": "400", "status": "failure" }));
    let event = json!({ "topicName": "v2.test.topic", "eventBody": { "a": 1 } });
    assert_eq!(client.json("POST", "/_emulator/events", &event).await.json()["sockets"], 1);
    assert_eq!(hear(&mut socket).await.unwrap()["eventBody"], json!({ "a": 1 }));
}

#[tokio::test]
async fn what_happens_right_after_a_socket_opens_is_heard() {
    let emulator = start().await;
    let mut client = Client::signed_in(&emulator).await;
    let event = json!({ "topicName": "v2.users.someone.presence", "eventBody": {} });
    for _ in 0..10 {
        let (id, uri) = channel(&mut client).await;
        let topics = json!([{ "id": event["topicName"] }]);
        client.json("POST", &format!("/api/v2/notifications/channels/{id}/subscriptions"), &topics).await;
        let mut socket = connect(&emulator, &uri).await;
        // Told by this thread, before the emulator's task for the socket may have run.
        assert_eq!(client.json("POST", "/_emulator/events", &event).await.json()["sockets"], 1);
        assert_eq!(hear(&mut socket).await.unwrap()["topicName"], event["topicName"]);
        client.send("DELETE", "/_emulator/sockets", &[], b"").await;
    }
}

#[tokio::test]
async fn a_second_socket_and_a_revoked_token_end_the_first() {
    let emulator = start().await;
    let mut client = Client::signed_in(&emulator).await;
    let (id, uri) = channel(&mut client).await;
    let mut first = connect(&emulator, &uri).await;
    let mut second = connect(&emulator, &uri).await;
    let word = hear(&mut first).await.unwrap();
    assert_eq!(word["topicName"], format!("v2.system.no_longer_subscribed.{id}"));
    assert_eq!(hear(&mut first).await, None);
    client.send("DELETE", "/api/v2/tokens/me", &[], b"").await;
    assert_eq!(hear(&mut second).await.unwrap()["topicName"], format!("v2.system.token_revoked.{id}"));
    assert_eq!(hear(&mut second).await, None);
}

#[tokio::test]
async fn heartbeats_come_and_stopping_closes_the_socket() {
    let emulator =
        builder().settings(|settings| settings.heartbeat = Duration::from_millis(20)).start().await.unwrap();
    let mut client = Client::signed_in(&emulator).await;
    let (_, uri) = channel(&mut client).await;
    let mut socket = connect(&emulator, &uri).await;
    let Some(Ok(Message::Text(text))) = socket.next().await else { panic!("no heartbeat") };
    assert!(text.contains("WebSocket Heartbeat"));
    emulator.stop().await;
    assert_eq!(hear(&mut socket).await, None);
}

#[tokio::test]
async fn channels_that_are_not_there_are_not_found() {
    let emulator = start().await;
    let mut client = Client::signed_in(&emulator).await;
    let (id, _) = channel(&mut client).await;
    assert_eq!(
        client.send("HEAD", &format!("/api/v2/notifications/channels/{id}"), &[], b"").await.status,
        204
    );
    assert_eq!(client.send("HEAD", "/api/v2/notifications/channels/none", &[], b"").await.status, 404);
    let listed = client.get("/api/v2/notifications/channels").await.json();
    assert_eq!(listed["entities"][0]["id"], id.as_str());
    let path = format!("/api/v2/notifications/channels/{id}/subscriptions");
    let mixed = json!([{ "id": "v2.a.b" }, { "id": "nonsense" }]);
    assert_eq!(client.json("POST", &path, &mixed).await.status, 400);
    let partly = client.json("POST", &format!("{path}?ignoreErrors=true"), &mixed).await.json();
    assert_eq!(partly["entities"][1]["state"], "Rejected");
    let stream = TcpStream::connect(emulator.address()).await.unwrap();
    let uri = format!("ws://{}/channels/none", emulator.address());
    assert!(tokio_tungstenite::client_async(uri, stream).await.is_err());
}

#[tokio::test]
async fn a_socket_that_pings_and_does_not_read_is_closed_before_its_pongs_fill_the_memory() {
    /// More than the buffers of the system hold between the two sides.
    const MOST: usize = 64 * 1024 * 1024;
    let emulator = builder()
        .settings(|settings| settings.read_timeout = Duration::from_millis(200))
        .start()
        .await
        .unwrap();
    let mut client = Client::signed_in(&emulator).await;
    let (_, uri) = channel(&mut client).await;
    let mut stream = connect(&emulator, &uri).await.into_inner();
    // A masked ping with 125 bytes, many times.
    let ping = [&[0x89, 0x80 | 0x7d, 0, 0, 0, 0][..], &[b'a'; 125]].concat().repeat(1_000);
    let mut sent = 0;
    while sent < MOST && stream.write_all(&ping).await.is_ok() {
        sent += ping.len();
    }
    assert!(sent < MOST, "{sent} bytes of pings were taken from a client that reads nothing");
}
