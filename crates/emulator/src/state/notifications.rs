//! Notification channels: who subscribed to what, and which socket hears of it.
//!
//! Limits and texts are the platform's: 20 channels of one user and client, 1,000 topics of a channel, a life of
//! 24 hours that each change of the subscriptions renews, one socket for each channel.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};

use crate::base::clock::Moment;
use crate::state::faults::Fault;
use crate::state::journal::{Changed, Journal};
use crate::state::keep::{Change, Keep, Kept, Part, Place};
use crate::state::tokens::Caller;

/// The most channels of one user and client; the next evicts the oldest, those without a socket first.
const MOST_CHANNELS: usize = 20;
/// The most topics of a channel.
pub(crate) const MOST_TOPICS: usize = 1_000;
/// Topic ids are shorter than this.
const LONGEST_TOPIC: usize = 200;
/// How long a channel lives.
const LIFE: Duration = Duration::from_hours(24);
/// Events that wait for one socket. A socket that is slower than this loses its connection, not our memory.
pub(crate) const MOST_WAITING: usize = 512;

/// What a socket is told to do.
#[derive(Debug)]
pub(crate) enum Push {
    Text(Waiting),
    Strike(Fault),
    Close,
}

/// A text that waits for its socket, with the room that it has until then.
#[derive(Debug)]
pub(crate) struct Waiting {
    text: String,
    /// None for a last word, which is short.
    room: Option<OwnedSemaphorePermit>,
}

/// What all channels have together, at most.
#[derive(Debug)]
struct Room {
    /// The next channel evicts the oldest.
    channels: usize,
    topics: usize,
    /// KiB of events that wait for their sockets.
    events: Arc<Semaphore>,
}

impl Default for Room {
    fn default() -> Self {
        Self { channels: 20_000, topics: 200_000, events: Arc::new(Semaphore::new(64 * 1024)) }
    }
}

impl Waiting {
    /// The text, and what is to be dropped once it is sent.
    pub(crate) fn into_parts(self) -> (String, Option<OwnedSemaphorePermit>) {
        (self.text, self.room)
    }
}

/// Every channel.
#[derive(Debug, Default)]
pub(crate) struct Hub {
    room: Room,
    channels: HashMap<String, Channel>,
    created: u64,
    journal: Journal<String>,
}

/// A channel. It is kept with its topics; the socket is not.
#[derive(Debug, Serialize, Deserialize)]
struct Channel {
    client: String,
    user: Option<String>,
    #[serde(with = "kept_moment")]
    expires: Moment,
    /// Counts up, to know the oldest.
    number: u64,
    topics: Vec<String>,
    #[serde(skip)]
    socket: Option<mpsc::Sender<Push>>,
}

/// A moment as it is kept: milliseconds since 1970.
mod kept_moment {
    use serde::{Deserialize as _, Deserializer, Serializer};

    use crate::base::clock::Moment;

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde has it so")]
    pub(super) fn serialize<S: Serializer>(moment: &Moment, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_i64(moment.0)
    }

    pub(super) fn deserialize<'a, D: Deserializer<'a>>(from: D) -> Result<Moment, D::Error> {
        i64::deserialize(from).map(Moment)
    }
}

/// Why a subscription was not made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unsubscribed {
    NoChannel,
    TooMany,
    /// All channels together have no room for them.
    TooManyOfAll,
}

impl Hub {
    /// Makes a channel under this id; when it expires.
    pub(crate) fn create(&mut self, id: String, caller: &Caller, now: Moment) -> Moment {
        self.forget_expired(now);
        let own = |channel: &Channel| channel.client == caller.client && channel.user == caller.user;
        if self.channels.values().filter(|channel| own(channel)).count() >= MOST_CHANNELS {
            self.evict(own);
        }
        if self.channels.len() >= self.room.channels {
            self.evict(|_| true);
        }
        self.created += 1;
        let expires = now.after(LIFE);
        self.journal.wrote(true, || id.clone());
        self.channels.insert(
            id,
            Channel {
                client: caller.client.clone(),
                user: caller.user.clone(),
                expires,
                number: self.created,
                topics: Vec::new(),
                socket: None,
            },
        );
        expires
    }

    /// Ends the oldest of these channels, one without a socket if there is any.
    fn evict(&mut self, is_one: impl Fn(&Channel) -> bool) {
        let oldest = self
            .channels
            .iter()
            .filter(|(_, channel)| is_one(channel))
            .min_by_key(|(_, channel)| (channel.socket.is_some(), channel.number))
            .map(|(id, _)| id.clone());
        if let Some(oldest) = oldest {
            self.remove(&oldest);
        }
    }

    /// Channels of this caller, or of every user of its client: id and expiry, the oldest first.
    pub(crate) fn list(&mut self, caller: &Caller, all_users: bool, now: Moment) -> Vec<(String, Moment)> {
        self.forget_expired(now);
        let mut found: Vec<_> = self
            .channels
            .iter()
            .filter(|(_, channel)| {
                channel.client == caller.client && (all_users || channel.user == caller.user)
            })
            .collect();
        found.sort_by_key(|(_, channel)| channel.number);
        found.into_iter().map(|(id, channel)| (id.clone(), channel.expires)).collect()
    }

    /// When a channel expires; nothing when it is not there any more.
    pub(crate) fn expires(&mut self, id: &str, now: Moment) -> Option<Moment> {
        self.forget_expired(now);
        self.channels.get(id).map(|channel| channel.expires)
    }

    /// What a channel is subscribed to.
    pub(crate) fn topics(&mut self, id: &str, now: Moment) -> Option<Vec<String>> {
        self.forget_expired(now);
        self.channels.get(id).map(|channel| channel.topics.clone())
    }

    /// Adds topics, or replaces them all. All or nothing.
    pub(crate) fn subscribe(
        &mut self,
        id: &str,
        topics: &[String],
        replace: bool,
        now: Moment,
    ) -> Result<Vec<String>, Unsubscribed> {
        self.forget_expired(now);
        let all: usize = self.channels.values().map(|channel| channel.topics.len()).sum();
        let channel = self.channels.get_mut(id).ok_or(Unsubscribed::NoChannel)?;
        let others = all - channel.topics.len();
        let mut wanted = if replace { Vec::new() } else { channel.topics.clone() };
        for topic in topics {
            if !wanted.iter().any(|known| known.eq_ignore_ascii_case(topic)) {
                wanted.push(topic.clone());
            }
            if wanted.len() > MOST_TOPICS {
                return Err(Unsubscribed::TooMany);
            }
        }
        if others + wanted.len() > self.room.topics {
            return Err(Unsubscribed::TooManyOfAll);
        }
        channel.topics.clone_from(&wanted);
        channel.expires = now.after(LIFE);
        self.journal.wrote(false, || id.to_owned());
        Ok(wanted)
    }

    /// Gives a channel its socket. One that it had hears why it is closed.
    pub(crate) fn connect(&mut self, id: &str, socket: mpsc::Sender<Push>, now: Moment) -> bool {
        self.forget_expired(now);
        let Some(channel) = self.channels.get_mut(id) else { return false };
        let body = json!({
            "channelId": id,
            "systemTopicType": "no_longer_subscribed",
            "reason": "another_channel_subscribed",
            "message": "Another connection uses this channel.",
        });
        let topic = format!("v2.system.no_longer_subscribed.{id}");
        end(channel.socket.replace(socket), &topic, &body);
        true
    }

    /// Forgets a socket that is gone, unless the channel has another by now.
    pub(crate) fn disconnect(&mut self, id: &str, socket: &mpsc::Sender<Push>) {
        if let Some(channel) = self.channels.get_mut(id)
            && channel.socket.as_ref().is_some_and(|own| own.same_channel(socket))
        {
            channel.socket = None;
        }
    }

    /// Tells those who subscribed to a topic; how many sockets that were.
    pub(crate) fn publish(&mut self, topic: &str, body: &Value, correlation: &str) -> usize {
        let mut told = 0;
        for channel in self.channels.values_mut() {
            let Some(socket) = &channel.socket else { continue };
            // The name is sent as the subscription wrote it.
            let Some(name) = channel.topics.iter().find(|own| own.eq_ignore_ascii_case(topic)) else {
                continue;
            };
            let text = event(name, body, correlation);
            let size = u32::try_from(text.len() / 1024 + 1).unwrap_or(u32::MAX);
            let room = Arc::clone(&self.room.events).try_acquire_many_owned(size).ok();
            if room.is_some() && socket.try_send(Push::Text(Waiting { text, room })).is_ok() {
                told += 1;
            } else {
                channel.socket = None;
            }
        }
        told
    }

    /// Whether anybody listens at all: most writes need not make an event.
    pub(crate) fn is_silent(&self) -> bool {
        self.channels.values().all(|channel| channel.socket.is_none() || channel.topics.is_empty())
    }

    /// The tokens of a client and its user are worthless where this is so: their channels end.
    pub(crate) fn revoke(&mut self, is_whose: impl Fn(&str, Option<&str>) -> bool) {
        let channels = self.channels.iter();
        let gone = channels.filter(|(_, channel)| is_whose(&channel.client, channel.user.as_deref()));
        let gone: Vec<String> = gone.map(|(id, _)| id.clone()).collect();
        for id in gone {
            let Some(channel) = self.channels.remove(&id) else { continue };
            self.journal.removed(|| id.clone());
            let body = json!({
                "channelId": id,
                "systemTopicType": "token_revoked",
                "userId": channel.user,
                "oauthClientId": channel.client,
                "reason": "user_tokens_revoked",
                "message": "The tokens of this user were revoked.",
            });
            end(channel.socket, &format!("v2.system.token_revoked.{id}"), &body);
        }
    }

    /// Ends every socket; their channels stay, so that clients can come back.
    pub(crate) fn drop_sockets(&mut self) {
        for channel in self.channels.values_mut() {
            channel.socket = None;
        }
    }

    /// Has every open socket fail; how many there were. Faults of ordinary requests do nothing here.
    pub(crate) fn strike_sockets(&mut self, fault: Fault) -> usize {
        let sockets = self.channels.values().filter_map(|channel| channel.socket.as_ref());
        sockets.filter(|socket| socket.try_send(Push::Strike(fault)).is_ok()).count()
    }

    fn forget_expired(&mut self, now: Moment) {
        // A channel that goes takes its sender along, which ends the socket.
        let journal = &mut self.journal;
        self.channels.retain(|id, channel| {
            let lives = now < channel.expires;
            if !lives {
                journal.removed(|| id.clone());
            }
            lives
        });
    }

    /// Forgets every channel, which ends their sockets.
    pub(crate) fn clear(&mut self) {
        self.channels.clear();
        self.journal.replaced();
    }

    fn remove(&mut self, id: &str) {
        self.channels.remove(id);
        self.journal.removed(|| id.to_owned());
    }
}

/// The one collection of channels in what is kept.
const CHANNELS: &str = "channels";

impl Keep for Hub {
    fn begin(&mut self, count: Arc<AtomicU64>, anew: bool) {
        self.journal.begin(count, anew);
    }

    fn changes(&mut self, into: &mut Vec<Change>) {
        let Changed { everything, removed, written } = self.journal.take();
        let place =
            |id: &String| Place { part: Part::Channels, collection: CHANNELS.to_owned(), id: id.clone() };
        let put =
            |id: &String| match self.channels.get(id).and_then(|channel| serde_json::to_string(channel).ok())
            {
                Some(value) => Change::Put(place(id), Kept { mark: 0, value: Some(value) }),
                None => Change::Remove(place(id)),
            };
        if everything {
            into.push(Change::Clear(Part::Channels));
        }
        if everything || !written.is_empty() {
            into.push(Change::Open(Part::Channels, CHANNELS.to_owned()));
        }
        if everything {
            into.extend(self.channels.keys().map(put));
        } else {
            into.extend(removed.iter().map(|id| Change::Remove(place(id))));
            into.extend(written.iter().map(put));
        }
    }

    fn restore(&mut self, _collection: &str, kept: Option<(String, Kept)>) -> Result<(), String> {
        let Some((id, Kept { value: Some(value), .. })) = kept else { return Ok(()) };
        let channel: Channel = serde_json::from_str(&value).map_err(|error| format!("{id}: {error}"))?;
        self.created = self.created.max(channel.number);
        self.channels.insert(id, channel);
        Ok(())
    }
}

/// Says a last word on a socket and closes it.
fn end(socket: Option<mpsc::Sender<Push>>, topic: &str, body: &Value) {
    let Some(socket) = socket else { return };
    let text = event(topic, body, "");
    if socket.try_send(Push::Text(Waiting { text, room: None })).is_ok() {
        let _ = socket.try_send(Push::Close);
    }
}

/// An event as it goes over the socket.
fn event(topic: &str, body: &Value, correlation: &str) -> String {
    json!({
        "topicName": topic,
        "version": "2",
        "eventBody": body,
        "metadata": { "CorrelationId": correlation },
    })
    .to_string()
}

/// The topics that an id stands for: `v2.users.1?presence&station` is two.
///
/// `None` for one that is no topic.
pub(crate) fn expand(id: &str) -> Option<Vec<String>> {
    if !id.starts_with("v2.") || id.len() >= LONGEST_TOPIC || id.chars().any(char::is_whitespace) {
        return None;
    }
    Some(match id.split_once('?') {
        None => vec![id.to_owned()],
        Some((base, parts)) => {
            parts.split('&').filter(|part| !part.is_empty()).map(|part| format!("{base}.{part}")).collect()
        }
    })
}

/// Whether a topic is of a kind such as `v2.users.{id}.presence`.
pub(crate) fn is_topic(kind: &str, topic: &str) -> bool {
    let (mut kinds, mut parts) = (kind.split('.'), topic.split('.'));
    loop {
        match (kinds.next(), parts.next()) {
            (None, None) => return true,
            (Some(kind), Some(part)) if kind == "{id}" || kind.eq_ignore_ascii_case(part) => {}
            _ => return false,
        }
    }
}

/// Paths whose topic is not simply the path with dots: a shape of the path, and the topic's end.
const TOPICS: &[(&[&str], &[&str])] = &[
    (&["users", "{}", "presences", "purecloud"], &["users", "{}", "presence"]),
    (&["routing", "queues", "{}", "members", "*"], &["routing", "queues", "{}", "users"]),
];

/// What the event of a change at this path says, beside what is there now.
pub(crate) fn body(path: &str, now: &Value) -> Value {
    let parts: Vec<&str> = path.trim_start_matches("/api/v2/").split('/').collect();
    match parts.as_slice() {
        ["users", user, "routingstatus"] => json!({ "id": user, "routingStatus": now }),
        ["routing", "queues", queue, "members", member] => {
            json!({ "id": member, "queueId": queue, "joined": now["joined"] })
        }
        _ => now.clone(),
    }
}

/// The topic of a change at this path.
pub(crate) fn topic(path: &str) -> String {
    let parts: Vec<&str> = path.trim_start_matches("/api/v2/").split('/').collect();
    let special = TOPICS.iter().find(|(shape, _)| {
        shape.len() == parts.len()
            && shape.iter().zip(&parts).all(|(shape, part)| matches!(*shape, "{}" | "*") || shape == part)
    });
    let Some((shape, topic)) = special else { return format!("v2.{}", parts.join(".")) };
    let mut values = shape.iter().zip(&parts).filter(|(shape, _)| **shape == "{}").map(|(_, part)| *part);
    let topic: Vec<&str> = topic
        .iter()
        .map(|part| if *part == "{}" { values.next().unwrap_or_default() } else { part })
        .collect();
    format!("v2.{}", topic.join("."))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caller() -> Caller {
        Caller { client: "c".to_owned(), user: Some("u".to_owned()), scopes: Vec::new() }
    }

    #[test]
    fn the_twenty_first_channel_evicts_the_oldest_without_a_socket() {
        let mut hub = Hub::default();
        for number in 0..20 {
            hub.create(number.to_string(), &caller(), Moment(0));
        }
        let (socket, _events) = mpsc::channel(1);
        assert!(hub.connect("0", socket, Moment(0)));
        hub.create("20".to_owned(), &caller(), Moment(0));
        let left: Vec<String> = hub.list(&caller(), false, Moment(0)).into_iter().map(|(id, _)| id).collect();
        assert_eq!(left.len(), 20);
        assert!(left.contains(&"0".to_owned()) && !left.contains(&"1".to_owned()));
    }

    #[test]
    fn topics_are_limited_all_or_nothing_and_renew_the_channel() {
        let mut hub = Hub::default();
        hub.create("a".to_owned(), &caller(), Moment(0));
        let topics: Vec<String> =
            (0..MOST_TOPICS).map(|number| format!("v2.users.{number}.presence")).collect();
        assert_eq!(hub.subscribe("a", &topics, false, Moment(1000)).unwrap().len(), MOST_TOPICS);
        let more = ["v2.users.x.presence".to_owned()];
        assert_eq!(hub.subscribe("a", &more, false, Moment(1000)), Err(Unsubscribed::TooMany));
        assert_eq!(hub.topics("a", Moment(1000)).unwrap().len(), MOST_TOPICS);
        assert_eq!(hub.subscribe("a", &more, true, Moment(2000)).unwrap().len(), 1);
        assert_eq!(hub.expires("a", Moment(2000)), Some(Moment(2000).after(LIFE)));
        assert_eq!(hub.expires("a", Moment(2000).after(LIFE)), None);
    }

    #[test]
    fn events_that_nobody_reads_do_not_fill_the_memory() {
        let events = Arc::new(Semaphore::new(4));
        let mut hub = Hub { room: Room { events, ..Room::default() }, ..Hub::default() };
        let body = json!("a".repeat(3_000));
        let mut sockets: Vec<mpsc::Receiver<Push>> = Vec::new();
        for id in ["a", "b"] {
            let (socket, heard) = mpsc::channel(4);
            sockets.push(heard);
            hub.create(id.to_owned(), &caller(), Moment(0));
            hub.connect(id, socket, Moment(0));
            hub.subscribe(id, &["v2.users.u.presence".to_owned()], true, Moment(0)).unwrap();
        }
        assert_eq!(hub.publish("v2.users.u.presence", &body, ""), 1, "there is room for one of the two");
        let heard: Vec<bool> = sockets.iter_mut().map(|heard| heard.try_recv().is_ok()).collect();
        assert!(heard.contains(&true) && heard.contains(&false));
        assert_eq!(hub.publish("v2.users.u.presence", &body, ""), 1, "what was read makes room");
    }

    #[test]
    fn channels_and_topics_are_limited_for_everybody_together() {
        let mut hub = Hub { room: Room { channels: 4, topics: 10, ..Room::default() }, ..Hub::default() };
        let caller = |number: usize| Caller { user: Some(number.to_string()), ..caller() };
        for number in 0..5 {
            hub.create(number.to_string(), &caller(number), Moment(0));
        }
        assert_eq!(hub.channels.len(), 4);
        assert!(hub.topics("0", Moment(0)).is_none());
        let topics = ["v2.users.a.presence", "v2.users.b.presence", "v2.users.c.presence"].map(str::to_owned);
        for id in ["1", "2", "3"] {
            hub.subscribe(id, &topics, true, Moment(0)).unwrap();
        }
        assert_eq!(hub.subscribe("4", &topics, true, Moment(0)), Err(Unsubscribed::TooManyOfAll));
        assert!(hub.subscribe("4", &topics[..1], true, Moment(0)).is_ok());
        assert!(hub.subscribe("1", &[], true, Moment(0)).is_ok());
        assert!(hub.subscribe("4", &topics, true, Moment(0)).is_ok());
    }

    #[test]
    fn a_second_socket_drops_the_first_with_a_word() {
        let mut hub = Hub::default();
        hub.create("a".to_owned(), &caller(), Moment(0));
        let (first, mut heard) = mpsc::channel(4);
        hub.connect("a", first, Moment(0));
        let (second, _events) = mpsc::channel(4);
        hub.connect("a", second, Moment(0));
        let Ok(Push::Text(Waiting { text, .. })) = heard.try_recv() else { panic!("no word") };
        assert!(text.contains("another_channel_subscribed"));
        assert!(matches!(heard.try_recv(), Ok(Push::Close)));
    }

    #[test]
    fn a_socket_that_does_not_listen_is_let_go() {
        let mut hub = Hub::default();
        hub.create("a".to_owned(), &caller(), Moment(0));
        hub.subscribe("a", &["v2.x".to_owned()], false, Moment(0)).unwrap();
        let (socket, _events) = mpsc::channel(1);
        hub.connect("a", socket, Moment(0));
        assert_eq!(hub.publish("V2.X", &json!({}), ""), 1);
        assert_eq!(hub.publish("v2.x", &json!({}), ""), 0);
        assert!(hub.is_silent());
    }

    #[test]
    fn paths_have_topics_and_topics_unfold() {
        assert_eq!(topic("/api/v2/users/1/presences/purecloud"), "v2.users.1.presence");
        assert_eq!(topic("/api/v2/users/1/routingstatus"), "v2.users.1.routingstatus");
        assert_eq!(topic("/api/v2/routing/queues/q/members/m"), "v2.routing.queues.q.users");
        assert_eq!(
            expand("v2.users.1?presence&station").unwrap(),
            ["v2.users.1.presence", "v2.users.1.station"]
        );
        assert_eq!(expand("users.1"), None);
        assert_eq!(expand(&format!("v2.{}", "x".repeat(200))), None);
    }
}
