//! The socket of one channel: heartbeats, pings, subscriptions, events, and the end.

use std::sync::Arc;

use futures_util::{SinkExt as _, StreamExt as _};
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::sync::{mpsc, watch};
use tokio::time::{MissedTickBehavior, interval};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::frame::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Message, Utf8Bytes};

use super::{MOST_WAITING, Push, Unsubscribed, expand};
use crate::server::Stage;
use crate::world::{World, lock};

/// The largest message that a client may send, in bytes.
const LARGEST: usize = 256 * 1024;
/// A channel that ends in this many seconds or fewer says so.
const NOTICE: u64 = 60;

type Socket = WebSocketStream<TokioIo<Upgraded>>;

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
    /// To be taken before the client hears that its socket is open: it may cause an event right away.
    pub(crate) fn take(world: Arc<World>, channel: String) -> Option<Self> {
        let (sender, pushes) = mpsc::channel(MOST_WAITING);
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

/// Serves a socket until one side ends it.
pub(crate) async fn run(mut place: Place, upgraded: Upgraded, mut stage: watch::Receiver<Stage>) {
    let (world, channel) = (Arc::clone(&place.world), place.channel.clone());
    let config = WebSocketConfig::default().max_message_size(Some(LARGEST)).max_frame_size(Some(LARGEST));
    let mut socket =
        WebSocketStream::from_raw_socket(TokioIo::new(upgraded), Role::Server, Some(config)).await;
    let mut heartbeat = interval(world.settings.heartbeat);
    heartbeat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    heartbeat.tick().await;
    let mut noticed = false;
    let code = loop {
        let sent = tokio::select! {
            incoming = socket.next() => match incoming {
                Some(Ok(Message::Text(text))) => match reply(&world, &channel, &text) {
                    Some(reply) => send(&mut socket, &reply).await,
                    None => true,
                },
                Some(Ok(Message::Close(_)) | Err(_)) | None => break None,
                Some(Ok(_)) => true,
            },
            push = place.pushes.recv() => match push {
                Some(Push::Text(text)) => socket.send(Message::text(text)).await.is_ok(),
                Some(Push::Close) | None => break Some(CloseCode::Away),
            },
            _ = heartbeat.tick() => {
                let now = world.now();
                let Some(expires) = lock(&world.hub).expires(&channel, now) else {
                    break Some(CloseCode::Away);
                };
                if now.seconds_until(expires) <= NOTICE && !noticed {
                    noticed = true;
                    let closing = json!({
                        "topicName": "v2.system.socket_closing",
                        "version": "2",
                        "eventBody": { "message": "The channel is about to expire; renew its subscriptions." },
                    });
                    if !send(&mut socket, &closing).await {
                        break None;
                    }
                }
                send(&mut socket, &metadata("WebSocket Heartbeat")).await
            },
            changed = stage.changed() => {
                if changed.is_err() || *stage.borrow() != Stage::Running {
                    break Some(CloseCode::Away);
                }
                true
            },
        };
        if !sent {
            break None;
        }
    };
    drop(place);
    if let Some(code) = code {
        close(&mut socket, code).await;
    }
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
    match lock(&world.hub).subscribe(channel, &topics.concat(), false, world.now()) {
        Ok(_) => outcome("200", "subscribed"),
        Err(Unsubscribed::TooMany) => outcome("400", "failure"),
        Err(Unsubscribed::NoChannel) => outcome("404", "error"),
    }
}

fn metadata(message: &str) -> Value {
    json!({ "topicName": "channel.metadata", "eventBody": { "message": message } })
}

/// Sends a message; `false` when the connection is gone.
async fn send(socket: &mut Socket, value: &Value) -> bool {
    socket.send(Message::text(value.to_string())).await.is_ok()
}

async fn close(socket: &mut Socket, code: CloseCode) {
    let _ = socket.close(Some(CloseFrame { code, reason: Utf8Bytes::default() })).await;
}
