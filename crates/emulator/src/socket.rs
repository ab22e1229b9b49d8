//! The socket of one channel: heartbeats, pings, subscriptions, events, and the end.

use std::sync::Arc;
use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::io::AsyncReadExt as _;
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until, timeout};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::frame::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Message, Utf8Bytes};

use crate::base::lock::lock;
use crate::server::Stage;
use crate::state::faults::Fault;
use crate::state::notifications::{MOST_WAITING, Push, Unsubscribed, expand};
use crate::world::World;

/// The largest message that a client may send, in bytes.
const LARGEST: usize = 256 * 1024;
/// A channel that ends in this many seconds or fewer says so.
const NOTICE: u64 = 60;

type Socket = WebSocketStream<TokioIo<Upgraded>>;

/// A socket, and how long its client may take to read what it is sent. Nothing more is read from a client that does not
/// read: otherwise the answers to its pings would pile up in memory.
struct Connection {
    socket: Socket,
    stage: watch::Receiver<Stage>,
    patience: Duration,
}

impl Connection {
    /// Sends a message; `false` when the connection is gone, the client does not read, or the emulator stops.
    async fn send(&mut self, message: Message) -> bool {
        let sent = timeout(self.patience, self.socket.send(message));
        tokio::select! {
            biased;
            sent = sent => matches!(sent, Ok(Ok(()))),
            () = stopping(&mut self.stage) => false,
        }
    }

    async fn say(&mut self, value: &Value) -> bool {
        self.send(Message::text(value.to_string())).await
    }

    /// Sends what the protocol answers by itself, such as the pong to a ping; `false` as for [`Self::send`].
    async fn flush(&mut self) -> bool {
        let flushed = timeout(self.patience, self.socket.flush());
        tokio::select! {
            biased;
            flushed = flushed => matches!(flushed, Ok(Ok(()))),
            () = stopping(&mut self.stage) => false,
        }
    }

    async fn close(&mut self) {
        let frame = CloseFrame { code: CloseCode::Away, reason: Utf8Bytes::default() };
        let _ = timeout(self.patience, self.socket.close(Some(frame))).await;
    }
}

/// Waits until the emulator stops.
async fn stopping(stage: &mut watch::Receiver<Stage>) {
    // An error means that the emulator is gone.
    let _ = stage.wait_for(|stage| *stage != Stage::Running).await;
}

/// The place of a socket at its channel: whatever is published from now on waits here.
#[derive(Debug)]
pub(crate) struct Place {
    world: Arc<World>,
    channel: String,
    /// Only the hub may hold the channel open, so that forgetting it ends the socket.
    own: mpsc::WeakSender<Push>,
    pushes: mpsc::Receiver<Push>,
}

impl Place {
    /// Takes the place, from whichever socket had it; nothing when there is no such channel.
    ///
    /// To be taken before the client hears that its socket is open: it may cause an event right away. A fault strikes
    /// the socket as soon as it is open.
    pub(crate) fn take(world: Arc<World>, channel: String, fault: Option<Fault>) -> Option<Self> {
        let (sender, pushes) = mpsc::channel(MOST_WAITING);
        if let Some(fault) = fault {
            // The first of many places is free.
            let _ = sender.try_send(Push::Strike(fault));
        }
        let own = sender.downgrade();
        let taken = lock(&world.hub).connect(&channel, sender, world.now());
        taken.then(|| Self { world, channel, own, pushes })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Some(own) = self.own.upgrade() {
            lock(&self.world.hub).disconnect(&self.channel, &own);
        }
    }
}

/// How the life of a socket ends, or goes on.
enum Turn {
    GoOn,
    /// The other side is gone.
    Gone,
    /// Closed as the protocol says.
    Close,
    /// The connection ends without a word.
    Drop,
    /// The connection lives on, and nothing comes over it.
    Silence,
}

impl Turn {
    /// After a message was sent, or not.
    const fn sent(sent: bool) -> Self {
        if sent { Self::GoOn } else { Self::Gone }
    }
}

/// Serves a socket until one side ends it, or as the fault that struck it says.
pub(crate) async fn run(mut place: Place, upgraded: Upgraded, stage: watch::Receiver<Stage>) {
    let (world, channel) = (Arc::clone(&place.world), place.channel.clone());
    let config = WebSocketConfig::default().max_message_size(Some(LARGEST)).max_frame_size(Some(LARGEST));
    let socket = WebSocketStream::from_raw_socket(TokioIo::new(upgraded), Role::Server, Some(config)).await;
    let mut connection = Connection { socket, stage, patience: world.settings.read_timeout };
    let mut heartbeat = interval(world.settings.heartbeat);
    heartbeat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    heartbeat.tick().await;
    let mut noticed = false;
    let mut trouble = None;
    let end = loop {
        let turn = tokio::select! {
            // What must not wait for a client that talks without end comes first.
            biased;
            turn = Trouble::strikes(trouble.as_ref()) => turn,
            () = stopping(&mut connection.stage) => Turn::Close,
            _ = heartbeat.tick() => {
                let now = world.now();
                let expires = lock(&world.hub).expires(&channel, now);
                match expires {
                    None => Turn::Close,
                    Some(expires) => {
                        let notice = now.seconds_until(expires) <= NOTICE && !noticed;
                        noticed |= notice;
                        let text = "The channel is about to expire; renew its subscriptions.";
                        Turn::sent(
                            (!notice || connection.say(&closing(text)).await)
                                && connection.say(&metadata("WebSocket Heartbeat")).await,
                        )
                    }
                }
            },
            push = place.pushes.recv() => match push {
                Some(Push::Text(waiting)) => {
                    let (text, room) = waiting.into_parts();
                    let sent = connection.send(Message::text(text)).await;
                    drop(room);
                    Turn::sent(sent)
                }
                Some(Push::Strike(fault)) => {
                    trouble = Trouble::of(fault);
                    let notice = matches!(fault, Fault::SocketClosing(_));
                    Turn::sent(!notice || connection.say(&closing("The socket closes soon.")).await)
                }
                Some(Push::Close) | None => Turn::Close,
            },
            incoming = connection.socket.next() => match incoming {
                Some(Ok(Message::Text(text))) => match reply(&world, &channel, &text) {
                    // What it says happened is kept, or it is not said.
                    Some(reply) => {
                        Turn::sent(world.settle().await.is_ok() && connection.say(&reply).await)
                    }
                    None => Turn::GoOn,
                },
                Some(Ok(Message::Close(_)) | Err(_)) | None => Turn::Gone,
                Some(Ok(_)) => Turn::sent(connection.flush().await),
            },
        };
        if !matches!(turn, Turn::GoOn) {
            break turn;
        }
    };
    match end {
        Turn::Silence => silence(place, connection).await,
        Turn::Close => {
            drop(place);
            connection.close().await;
        }
        Turn::GoOn | Turn::Gone | Turn::Drop => {}
    }
}

/// What is going to happen to a socket, and when.
struct Trouble {
    at: Instant,
    turn: fn() -> Turn,
}

impl Trouble {
    /// What a fault does to a socket; nothing for those of ordinary requests.
    fn of(fault: Fault) -> Option<Self> {
        let (ms, turn): (u64, fn() -> Turn) = match fault {
            Fault::SocketDrop(ms) => (ms, || Turn::Drop),
            Fault::SocketSilent(ms) => (ms, || Turn::Silence),
            Fault::SocketClosing(ms) => (ms, || Turn::Close),
            _ => return None,
        };
        Some(Self { at: Instant::now() + Duration::from_millis(ms), turn })
    }

    /// Waits for it; for ever where there is none.
    async fn strikes(trouble: Option<&Self>) -> Turn {
        match trouble {
            Some(trouble) => {
                // A timer that is due already may still fire a moment later, after what it should prevent.
                if Instant::now() < trouble.at {
                    sleep_until(trouble.at).await;
                }
                (trouble.turn)()
            }
            None => std::future::pending().await,
        }
    }
}

/// Holds a connection open and says nothing, until the other side leaves, the channel ends or the emulator stops.
async fn silence(mut place: Place, connection: Connection) {
    let Connection { socket, mut stage, .. } = connection;
    // Below the protocol, so that not even a ping is answered.
    let mut connection = socket.into_inner();
    let mut unread = [0; 1024];
    loop {
        tokio::select! {
            read = connection.read(&mut unread) => if !matches!(read, Ok(1..)) {
                return;
            },
            push = place.pushes.recv() => if matches!(push, Some(Push::Close) | None) {
                return;
            },
            () = stopping(&mut stage) => return,
        }
    }
}

/// The notice that a socket will close.
fn closing(message: &str) -> Value {
    json!({
        "topicName": "v2.system.socket_closing",
        "version": "2",
        "eventBody": { "message": message },
    })
}

/// What a message of the client is answered with; nothing for what is no message of this protocol.
fn reply(world: &World, channel: &str, text: &str) -> Option<Value> {
    let message: Value = serde_json::from_str(text).ok()?;
    match message["message"].as_str()? {
        "ping" => Some(metadata("pong")),
        "subscribe" => Some(subscribe(world, channel, &message)),
        _ => None,
    }
}

fn subscribe(world: &World, channel: &str, message: &Value) -> Value {
    let outcome = |result: &str, status: &str| {
        let mut answer = json!({ "result": result, "status": status });
        if let Some(correlation) = message.get("correlationId") {
            answer["correlationId"] = correlation.clone();
        }
        answer
    };
    let topics: Option<Vec<Vec<String>>> = message["topics"]
        .as_array()
        .and_then(|topics| topics.iter().map(|topic| expand(topic.as_str()?)).collect());
    let Some(topics) = topics else { return outcome("400", "failure") };
    let _whole = world.under_way();
    match lock(&world.hub).subscribe(channel, &topics.concat(), false, world.now()) {
        Ok(_) => outcome("200", "subscribed"),
        Err(Unsubscribed::TooMany | Unsubscribed::TooManyOfAll) => outcome("400", "failure"),
        Err(Unsubscribed::NoChannel) => outcome("404", "error"),
    }
}

fn metadata(message: &str) -> Value {
    json!({ "topicName": "channel.metadata", "eventBody": { "message": message } })
}
