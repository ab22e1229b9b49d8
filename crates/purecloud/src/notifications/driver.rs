//! Carries the decisions about channels out: calls, sockets and timers, in one task for each session.

use std::collections::{BTreeMap, VecDeque};
use std::future::poll_fn;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use futures_util::SinkExt as _;
use http::{HeaderMap, Request, header};
use serde::Deserialize;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::Event;
use super::audience::{Audience, Subscriber};
use super::inbox::Inbox;
use crate::answer::Answer;
use crate::channel::{self, Act, Channels, Link};
use crate::clock::{chance, timeout};
use crate::error::Error;
use crate::oauth::LoginError;
use crate::operation::{ListStyle, Method, OperationSpec, Parameter, Place};
use crate::session::Session;
use crate::transport::{Outgoing, Pending, Socket, SocketError, TransportError};

const CREATE: OperationSpec =
    OperationSpec::new("postNotificationsChannels", Method::Post, "/api/v2/notifications/channels");
const SUBSCRIBE: OperationSpec = OperationSpec {
    parameters: &[
        Parameter { name: "channelId", wire_name: "channelId", place: Place::Path, required: true },
        Parameter {
            name: "ignoreErrors",
            wire_name: "ignoreErrors",
            place: Place::Query(ListStyle::Multi),
            required: false,
        },
    ],
    ..OperationSpec::new(
        "putNotificationsChannelSubscriptions",
        Method::Put,
        "/api/v2/notifications/channels/{channelId}/subscriptions",
    )
};

/// The time limit for closing a socket politely.
const GOODBYE: Duration = Duration::from_secs(5);

/// A command of a subscription to the driver.
pub(super) enum Command {
    Join(Subscriber, Arc<Inbox>),
    Add(Subscriber, Vec<String>),
    Remove(Subscriber, Vec<String>),
    Leave(Subscriber),
}

/// The way to the driver of a session, if there is one.
#[derive(Default)]
pub(crate) struct Desk(Mutex<Option<UnboundedSender<Command>>>);

impl Desk {
    /// Hands the driver a command. Without one, nobody has a topic to change.
    pub(super) fn tell(&self, command: Command) {
        if let Some(sender) = &*self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            // A driver that is gone has closed every inbox.
            let _ = sender.send(command);
        }
    }

    /// Hands the driver a new subscription, and begins with one where there is none.
    ///
    /// # Errors
    /// When there is no runtime to run it.
    pub(super) fn open(&self, session: &Session, commands: [Command; 2]) -> Result<(), Error> {
        let mut desk = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let sender = match &*desk {
            Some(sender) if !sender.is_closed() => sender,
            _ => {
                let runtime = crate::runtime::handle()?;
                let (sender, receiver) = unbounded_channel();
                runtime.spawn(Driver::new(session.clone(), receiver).run());
                desk.insert(sender)
            }
        };
        for command in commands {
            let _ = sender.send(command);
        }
        Ok(())
    }

    /// Ends the driver.
    pub(crate) fn close(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Ends the driver unless somebody has told it something meanwhile.
    fn retire(&self, commands: &UnboundedReceiver<Command>) -> bool {
        let mut desk = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let idle = commands.is_empty();
        if idle {
            *desk = None;
        }
        idle
    }
}

struct Driver {
    session: Session,
    commands: UnboundedReceiver<Command>,
    channels: Channels,
    audience: Audience,
    lanes: BTreeMap<Link, Lane>,
}

/// The work under way for one link.
#[derive(Default)]
struct Lane {
    work: Option<Pending<'static, Outcome>>,
    socket: Option<Socket>,
    unsent: VecDeque<String>,
}

/// The outcome of a piece of work.
enum Outcome {
    Created { id: String, uri: String, expires: Option<u64> },
    Subscribed { rejected: Vec<(String, Option<String>)> },
    Opened(Socket),
    Failed { error: Error, gone: bool },
}

/// An event on a lane.
enum Happening {
    Done(Outcome),
    Message(String),
    Closed,
}

impl Driver {
    fn new(session: Session, commands: UnboundedReceiver<Command>) -> Self {
        let (channels, audience) = (Channels::default(), Audience::default());
        Self { session, commands, channels, audience, lanes: BTreeMap::new() }
    }

    async fn run(mut self) {
        loop {
            let wake =
                self.channels.wake().map(|wake| Duration::from_millis(wake.saturating_sub(self.now())));
            let tick = async {
                match wake {
                    Some(wait) => tokio::time::sleep(wait).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                command = self.commands.recv() => match command {
                    Some(command) => self.obey(command),
                    // The session was closed.
                    None => return self.hang_up(),
                },
                (link, happening) = next(&mut self.lanes) => self.meet(link, happening),
                () = tick => self.handle(channel::Event::Tick, None),
            }
            if self.audience.is_empty() && self.session.core.desk.retire(&self.commands) {
                return;
            }
        }
    }

    fn hang_up(&mut self) {
        for socket in std::mem::take(&mut self.lanes).into_values().filter_map(|lane| lane.socket) {
            tokio::spawn(say_goodbye(socket.outgoing));
        }
    }

    fn now(&self) -> u64 {
        self.session.core.clock.now()
    }

    fn obey(&mut self, command: Command) {
        let acts = match command {
            Command::Join(subscriber, inbox) => {
                self.audience.join(subscriber, inbox);
                return;
            }
            Command::Add(subscriber, topics) => {
                let new = self.audience.add(subscriber, topics);
                match self.channels.subscribe(new.iter().cloned()) {
                    Ok(acts) => acts,
                    Err(source) => {
                        self.audience.end(&new, &Arc::new(Error::Topics(source)));
                        return;
                    }
                }
            }
            Command::Remove(subscriber, topics) => {
                self.channels.unsubscribe(&self.audience.remove(subscriber, &topics))
            }
            Command::Leave(subscriber) => self.channels.unsubscribe(&self.audience.leave(subscriber)),
        };
        self.carry_out(acts, None);
    }

    /// Passes a happening to the channels.
    fn meet(&mut self, link: Link, happening: Happening) {
        let (event, cause) = match happening {
            Happening::Message(text) => (channel::Event::Message(link, text), None),
            Happening::Closed => {
                tracing::debug!(link, "the socket of a notification channel closed");
                (channel::Event::Closed(link), None)
            }
            Happening::Done(Outcome::Created { id, uri, expires }) => {
                (channel::Event::Created { link, id, uri, expires }, None)
            }
            Happening::Done(Outcome::Subscribed { rejected }) => {
                for (topic, reason) in rejected {
                    self.audience.rejected(&topic, reason.as_deref());
                }
                (channel::Event::Subscribed(link), None)
            }
            Happening::Done(Outcome::Opened(socket)) => {
                tracing::debug!(link, "the socket of a notification channel is open");
                self.lanes.entry(link).or_default().socket = Some(socket);
                (channel::Event::Opened(link), None)
            }
            Happening::Done(Outcome::Failed { error, gone }) => {
                let permanent = !gone && is_permanent(&error);
                tracing::debug!(link, %error, gone, permanent, "a notification channel fails");
                (channel::Event::Failed { link, gone, permanent }, Some(Arc::new(error)))
            }
        };
        self.handle(event, cause.as_ref());
    }

    fn handle(&mut self, event: channel::Event, cause: Option<&Arc<Error>>) {
        let may_connect = matches!(event, channel::Event::Opened(_) | channel::Event::Subscribed(_));
        let acts = self.channels.handle(self.now(), chance(), event);
        self.carry_out(acts, cause);
        if may_connect {
            self.audience.connected(self.channels.live());
        }
    }

    /// Begins what is to be done; nothing here waits. `cause` is why topics are given up, where they are.
    fn carry_out(&mut self, acts: Vec<Act>, cause: Option<&Arc<Error>>) {
        for act in acts {
            let session = self.session.clone();
            match act {
                Act::Create(link) => self.begin(link, create(session)),
                Act::Subscribe { link, id, topics } => self.begin(link, subscribe(session, id, topics)),
                Act::Connect { link, uri } => self.begin(link, connect(session, uri)),
                Act::Ping(link) => {
                    let lane = self.lanes.entry(link).or_default();
                    lane.unsent.push_back(r#"{"message":"ping"}"#.to_owned());
                }
                Act::Disconnect(link) => {
                    if let Some(Lane { socket: Some(socket), .. }) = self.lanes.remove(&link) {
                        tokio::spawn(say_goodbye(socket.outgoing));
                    }
                }
                Act::Deliver(text) => {
                    if let Some(event) = Event::parse(text) {
                        self.audience.deliver(&event, self.now());
                    }
                }
                Act::Missed { since, until, topics } => self.audience.missed(since, until, &topics),
                Act::End { topics } => {
                    let cause = cause.cloned().unwrap_or_else(|| Arc::new(Error::Closed));
                    self.audience.end(&topics, &cause);
                }
            }
        }
    }

    /// Whatever was under way for a link is replaced: its outcome is no longer wanted.
    fn begin(&mut self, link: Link, work: impl Future<Output = Outcome> + Send + 'static) {
        self.lanes.entry(link).or_default().work = Some(Box::pin(work));
    }
}

/// The next thing that happens on any lane.
async fn next(lanes: &mut BTreeMap<Link, Lane>) -> (Link, Happening) {
    poll_fn(|context| {
        for (link, lane) in &mut *lanes {
            if let Poll::Ready(happening) = lane.poll(context) {
                return Poll::Ready((*link, happening));
            }
        }
        Poll::Pending
    })
    .await
}

impl Lane {
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Happening> {
        if let Some(work) = &mut self.work
            && let Poll::Ready(outcome) = work.as_mut().poll(context)
        {
            self.work = None;
            return Poll::Ready(Happening::Done(outcome));
        }
        let Some(socket) = &mut self.socket else { return Poll::Pending };
        let closed = match socket.incoming.as_mut().poll_next(context) {
            Poll::Ready(Some(Ok(text))) => return Poll::Ready(Happening::Message(text)),
            Poll::Ready(Some(Err(error))) => {
                tracing::debug!(%error, "the socket of a notification channel broke");
                true
            }
            Poll::Ready(None) => true,
            Poll::Pending => send(&mut socket.outgoing, &mut self.unsent, context).is_err(),
        };
        if closed {
            self.socket = None;
            self.unsent.clear();
            return Poll::Ready(Happening::Closed);
        }
        Poll::Pending
    }
}

/// Sends as much as goes now.
fn send(
    outgoing: &mut Outgoing,
    unsent: &mut VecDeque<String>,
    context: &mut Context<'_>,
) -> Result<(), TransportError> {
    while !unsent.is_empty() {
        match outgoing.as_mut().poll_ready(context) {
            Poll::Ready(ready) => ready?,
            Poll::Pending => return Ok(()),
        }
        if let Some(text) = unsent.pop_front() {
            outgoing.as_mut().start_send(text)?;
        }
    }
    match outgoing.as_mut().poll_flush(context) {
        Poll::Ready(flushed) => flushed,
        Poll::Pending => Ok(()),
    }
}

async fn say_goodbye(mut outgoing: Outgoing) {
    let _ = tokio::time::timeout(GOODBYE, outgoing.close()).await;
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Channel {
    id: String,
    connect_uri: String,
    #[serde(default)]
    expires: Option<String>,
}

async fn create(session: Session) -> Outcome {
    let answer = session.operation(&CREATE).await;
    let outcome = answer.and_then(|answer| {
        let channel: Channel = answer.json()?;
        let expires =
            channel.expires.and_then(|expires| ends_at(&expires, &answer, session.core.clock.now()));
        Ok(Outcome::Created { id: channel.id, uri: channel.connect_uri, expires })
    });
    outcome.unwrap_or_else(|error| Outcome::Failed { error, gone: false })
}

/// Returns the end of a channel on our clock: the platform's moment counts from the moment of its answer, so that the
/// clocks need not agree.
fn ends_at(expires: &str, answer: &Answer, now: u64) -> Option<u64> {
    let expires = milliseconds(humantime::parse_rfc3339(expires).ok()?);
    let answered = answer
        .headers()
        .get(header::DATE)
        .and_then(|date| httpdate::parse_http_date(date.to_str().ok()?).ok())
        .map_or(now, milliseconds);
    Some(now.saturating_add(expires.saturating_sub(answered)))
}

fn milliseconds(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).unwrap_or_default().as_millis() as u64
}

#[derive(Deserialize)]
struct Topics {
    #[serde(default)]
    entities: Vec<TopicState>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct TopicState {
    #[serde(default)]
    id: String,
    #[serde(default)]
    state: Option<String>,
    #[serde(default)]
    rejection_reason: Option<String>,
}

async fn subscribe(session: Session, id: String, topics: Vec<String>) -> Outcome {
    let topics: Vec<_> = topics.iter().map(|topic| serde_json::json!({"id": topic})).collect();
    // One topic that the platform does not give must not take the others with it.
    let call = session.operation(&SUBSCRIBE).argument(0, id).argument(1, true).body(&topics);
    match call.await {
        Ok(answer) => {
            // What the answer says beyond its success is useful, not needed.
            let topics: Topics = answer.json().unwrap_or(Topics { entities: Vec::new() });
            let rejected =
                topics.entities.into_iter().filter(|topic| topic.state.as_deref() == Some("Rejected"));
            Outcome::Subscribed {
                rejected: rejected.map(|topic| (topic.id, topic.rejection_reason)).collect(),
            }
        }
        Err(error) => Outcome::Failed { gone: error.status() == Some(404), error },
    }
}

async fn connect(session: Session, uri: String) -> Outcome {
    let operation = "notifications";
    let core = &session.core;
    let refuse = |problem: &str| Outcome::Failed {
        error: Error::Decode {
            operation: operation.into(),
            expected: "the address of a socket",
            status: None,
            correlation_id: None,
            source: problem.into(),
        },
        gone: true,
    };
    let plain = core.environment.api().starts_with("http://");
    if !(uri.starts_with("wss://") || plain && uri.starts_with("ws://")) {
        return refuse("it does not begin with `wss://`");
    }
    let Ok(mut request) = Request::get(uri).body(()) else { return refuse("it is not an address") };
    request.headers_mut().clone_from(&standing_headers(&core.headers));
    let limit = core.request_timeout;
    let open = core.sockets.open(request);
    match timeout(limit, open).await {
        Some(Ok(socket)) => Outcome::Opened(socket),
        // Whatever is wrong with this channel, another one may be better.
        Some(Err(SocketError::Refused { status })) => {
            let source = TransportError::not_sent(SocketError::Refused { status });
            Outcome::Failed {
                error: Error::Unreached { operation: operation.into(), source },
                gone: status < 500,
            }
        }
        Some(Err(SocketError::Transport(source))) => {
            Outcome::Failed { error: Error::Unreached { operation: operation.into(), source }, gone: false }
        }
        None => {
            let sent = crate::error::Sent::No;
            Outcome::Failed {
                error: Error::Timeout { operation: operation.into(), limit, sent },
                gone: false,
            }
        }
    }
}

/// The session's headers, but for what is about content.
fn standing_headers(headers: &HeaderMap) -> HeaderMap {
    let mut headers = headers.clone();
    headers.remove(header::ACCEPT_ENCODING);
    headers
}

/// Returns whether another try would fail alike.
fn is_permanent(error: &Error) -> bool {
    match error {
        Error::Refused(refusal) => is_final(refusal.status()),
        Error::Renewal { source } => source.as_deref().is_none_or(is_permanent),
        Error::Login { problem: LoginError::Refused { status, .. }, .. } => is_final(*status),
        Error::RateLimited { .. }
        | Error::Unreached { .. }
        | Error::Broken { .. }
        | Error::Timeout { .. }
        | Error::Cut { .. }
        | Error::TooLong { .. }
        | Error::Decode { .. }
        | Error::Store { .. } => false,
        _ => true,
    }
}

const fn is_final(status: u16) -> bool {
    matches!(status, 400..500) && !matches!(status, 408 | 429)
}
