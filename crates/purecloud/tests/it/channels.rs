//! The decisions about notification channels, carried out against an emulated platform. The clock is the test's own.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use purecloud::Session;
use purecloud::channel::{Act, Channels, Event, Link};
use purecloud_emulator::{Emulator, Handle, demo};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;

const TOPIC: &str = "v2.test.topic";
const DAY: u64 = 86_400_000;

type Socket = WebSocketStream<TcpStream>;

struct Program {
    emulator: Handle,
    session: Session,
    channels: Channels,
    sockets: BTreeMap<Link, Socket>,
    /// The address of the last socket.
    uri: String,
    now: u64,
    delivered: Vec<u64>,
    missed: usize,
}

async fn connect(emulator: &Handle, uri: &str) -> Socket {
    let stream = TcpStream::connect(emulator.address()).await.unwrap();
    tokio_tungstenite::client_async(uri, stream).await.unwrap().0
}

impl Program {
    /// Subscribed, with an open socket.
    async fn start() -> Self {
        let emulator = Emulator::builder().start().await.unwrap();
        let session = Session::builder()
            .environment(emulator.origin())
            .client_credentials(demo::CREDENTIALS_CLIENT, demo::SECRET)
            .connect()
            .await
            .unwrap();
        let mut program = Self {
            emulator,
            session,
            channels: Channels::default(),
            sockets: BTreeMap::new(),
            uri: String::new(),
            now: 0,
            delivered: Vec::new(),
            missed: 0,
        };
        let acts = program.channels.subscribe([TOPIC.to_owned()]).unwrap();
        program.carry_out(acts).await;
        assert_eq!(program.sockets.len(), 1);
        program
    }

    /// Does what is to be done, and what follows from that.
    async fn carry_out(&mut self, acts: Vec<Act>) {
        let mut acts = VecDeque::from(acts);
        while let Some(act) = acts.pop_front() {
            if let Some(event) = self.perform(act).await {
                acts.extend(self.channels.handle(self.now, 0.5, event));
            }
        }
    }

    async fn perform(&mut self, act: Act) -> Option<Event> {
        match act {
            Act::Create(link) => {
                let answer = self.session.call("POST", "/api/v2/notifications/channels").await.unwrap();
                let channel: Value = answer.json().unwrap();
                let text = |name: &str| channel[name].as_str().unwrap().to_owned();
                let expires = Some(self.now + DAY);
                return Some(Event::Created { link, id: text("id"), uri: text("connectUri"), expires });
            }
            Act::Subscribe { link, id, topics } => {
                let topics: Vec<_> = topics.iter().map(|topic| json!({"id": topic})).collect();
                let path = format!("/api/v2/notifications/channels/{id}/subscriptions");
                self.session.call("PUT", &path).body(&topics).await.unwrap();
                return Some(Event::Subscribed(link));
            }
            Act::Connect { link, uri } => {
                self.sockets.insert(link, connect(&self.emulator, &uri).await);
                self.uri = uri;
                return Some(Event::Opened(link));
            }
            Act::Ping(link) => {
                let socket = self.sockets.get_mut(&link).unwrap();
                socket.send(Message::text(r#"{"message":"ping"}"#)).await.unwrap();
            }
            Act::Disconnect(link) => drop(self.sockets.remove(&link)),
            Act::Deliver(text) => {
                let event: Value = serde_json::from_str(&text).unwrap();
                self.delivered.push(event["eventBody"]["n"].as_u64().unwrap());
            }
            Act::Missed { .. } => self.missed += 1,
            other => panic!("{other:?}"),
        }
        None
    }

    /// Hears what every socket has to say, until all are silent.
    async fn hear(&mut self) {
        let links: Vec<Link> = self.sockets.keys().copied().collect();
        for link in links {
            while let Some(socket) = self.sockets.get_mut(&link) {
                let Ok(message) = tokio::time::timeout(Duration::from_millis(300), socket.next()).await
                else {
                    break;
                };
                let event = match message {
                    Some(Ok(Message::Text(text))) => Event::Message(link, text.to_string()),
                    Some(Ok(Message::Ping(_) | Message::Pong(_))) => continue,
                    _ => {
                        self.sockets.remove(&link);
                        Event::Closed(link)
                    }
                };
                let acts = self.channels.handle(self.now, 0.5, event);
                self.carry_out(acts).await;
            }
        }
    }

    async fn notify(&mut self, n: u64) {
        let event = json!({"topicName": TOPIC, "eventBody": {"n": n}});
        self.session.call("POST", "/_emulator/events").body(&event).await.unwrap();
        self.hear().await;
    }

    async fn wait(&mut self, until: u64) {
        self.now = until;
        let acts = self.channels.handle(self.now, 0.5, Event::Tick);
        self.carry_out(acts).await;
    }
}

#[tokio::test]
async fn a_channel_is_replaced_before_its_end_and_every_event_comes_once() {
    let mut program = Program::start().await;
    program.notify(1).await;
    program.now = DAY - 3_600_000 - 1;
    program.notify(2).await;
    program.wait(DAY - 3_600_000).await;
    assert_eq!(program.sockets.len(), 2, "old and new are open together");
    program.notify(3).await;
    program.wait(program.now + 5_000).await;
    assert_eq!(program.sockets.len(), 1);
    program.notify(4).await;
    assert_eq!(program.delivered, [1, 2, 3, 4]);
    assert_eq!(program.missed, 0);
}

#[tokio::test]
async fn a_ping_is_answered_and_keeps_the_socket() {
    let mut program = Program::start().await;
    program.wait(40_000).await;
    program.hear().await;
    program.wait(50_000).await;
    assert_eq!(program.sockets.keys().collect::<Vec<_>>(), [&0]);
    program.notify(1).await;
    assert_eq!((program.delivered, program.missed), (vec![1], 0));
}

#[tokio::test]
async fn a_channel_that_another_takes_is_made_anew_and_the_gap_is_told() {
    let mut program = Program::start().await;
    let _other = connect(&program.emulator, &program.uri).await;
    program.hear().await;
    program.notify(1).await;
    assert_eq!((program.delivered, program.missed), (vec![1], 1));
}

#[tokio::test]
async fn a_revoked_token_is_renewed_and_the_events_go_on() {
    let mut program = Program::start().await;
    program.session.call("DELETE", "/api/v2/tokens/me").await.unwrap();
    program.hear().await;
    program.notify(1).await;
    assert_eq!((program.delivered, program.missed), (vec![1], 1));
    let logins = program.emulator.requests().into_iter().filter(|seen| seen.path == "/oauth/token").count();
    assert_eq!(logins, 2);
}
