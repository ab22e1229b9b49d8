//! The life of notification channels, as plain decisions: what happened goes in, what to do comes out.
//!
//! Nothing here has a clock, a socket or a session. The driver of the notifications tells [`Channels`] each [`Event`]
//! as it happens and does each [`Act`] it gets back; [`Channels::wake`] says when to come back with
//! [`Event::Tick`] if nothing happens before. Moments are milliseconds on any one clock.
//!
//! The rules are the platform's: a channel has at most 1,000 topics, lives 24 hours and has one socket; a caller has at
//! most 20 channels, of which one is left free here for the overlap when a channel takes over from an older one.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::time::Duration;

use serde::Deserialize;

/// Most topics of one channel.
pub(crate) const MOST_TOPICS: usize = 1_000;
/// Most channels that hold topics at one time.
pub(crate) const MOST_CHANNELS: usize = 19;

/// Silence after which a socket is asked whether it lives; the platform sends a heartbeat every 30 s.
const SILENCE: u64 = 40_000;
/// The time limit for the answer to a ping.
const PONG: u64 = 10_000;
/// The time before its end at which a channel is replaced.
const AHEAD: u64 = 3_600_000;
/// The time that an old socket stays open beside its successor.
const OVERLAP: u64 = 5_000;
/// The time in which the successor may repeat events of the old socket.
const REPEATS: u64 = 15_000;
/// A socket open for so long has recovered: the next failure counts as the first.
const RECOVERED: u64 = 60_000;
/// First and longest bound of a wait between tries.
const FIRST_WAIT: u64 = 1_000;
const LONGEST_WAIT: u64 = 30_000;
/// Failed tries with one channel before another is made.
const TRIES: u32 = 3;

/// One socket and the channel behind it. Numbers count up and are not used again.
pub(crate) type Link = u32;

/// An event.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Event {
    /// A channel was made.
    Created {
        /// For which link.
        link: Link,
        /// Its `id`.
        id: String,
        /// Its `connectUri`.
        uri: String,
        /// Its `expires`; `None` when the platform does not say.
        expires: Option<u64>,
    },
    /// The topics of a channel are set.
    Subscribed(Link),
    /// The socket is open.
    Opened(Link),
    /// An action failed: the channel, its topics, or the socket.
    Failed {
        /// For which link.
        link: Link,
        /// The channel is not there any more (404).
        gone: bool,
        /// Another try would fail alike: no permission, no login.
        permanent: bool,
    },
    /// The socket brought a message.
    Message(Link, String),
    /// The socket closed by itself.
    Closed(Link),
    /// Time passed.
    Tick,
}

/// An action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Act {
    /// `POST /api/v2/notifications/channels`; then [`Event::Created`] or [`Event::Failed`].
    Create(Link),
    /// `PUT /api/v2/notifications/channels/{id}/subscriptions`; then [`Event::Subscribed`] or [`Event::Failed`].
    Subscribe {
        /// For which link.
        link: Link,
        /// The id of its channel.
        id: String,
        /// Every topic of the channel.
        topics: Vec<String>,
    },
    /// Opens a socket; then [`Event::Opened`] or [`Event::Failed`].
    Connect {
        /// For which link.
        link: Link,
        /// The address to connect to.
        uri: String,
    },
    /// Sends `{"message":"ping"}`.
    Ping(Link),
    /// Closes the socket, or gives up opening it. Nothing more is to be told of this link, unless it is opened again.
    Disconnect(Link),
    /// An event for the caller, as it came.
    Deliver(String),
    /// The caller may have missed events between these moments; they come again from now on.
    Missed {
        /// The last moment at which the old socket was known to live.
        since: u64,
        /// The moment at which the new one opened.
        until: u64,
        /// The topics it is about.
        topics: Vec<String>,
    },
    /// Another try would fail alike: these topics are given up.
    End {
        /// The topics.
        topics: Vec<String>,
    },
}

/// More topics than all channels of one caller can hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{topics} topics are more than the {} that one login can subscribe to; use fewer, or a second OAuth client", MOST_TOPICS * MOST_CHANNELS)]
pub struct TooManyTopics {
    /// The number there would be.
    pub topics: usize,
}

/// Every channel of a caller.
#[derive(Debug, Default)]
pub(crate) struct Channels {
    links: BTreeMap<Link, State>,
    next: Link,
}

#[derive(Debug, Default)]
struct State {
    topics: Vec<String>,
    phase: Phase,
    channel: Option<Channel>,
    /// The topics are being set.
    setting: bool,
    /// The topics changed, and are to be set again when they can be.
    stale: bool,
    /// Failures since the last recovery.
    failures: u32,
    /// When the old socket was last known to live, until the caller has been told of the gap.
    gap: Option<u64>,
    /// The link that this one takes over from.
    replaces: Option<Link>,
    repeats: Option<Repeats>,
}

#[derive(Debug, Clone)]
struct Channel {
    id: String,
    uri: String,
    /// When another one is to take over.
    replace_at: Option<u64>,
}

impl Channel {
    fn new(id: String, uri: String, expires: Option<u64>, now: u64) -> Self {
        // A channel that has ended when it is made is one whose clock differs from ours: it is not replaced in time,
        // which would be at once and for ever, but when the platform says so.
        let life = expires.and_then(|expires| expires.checked_sub(now)).filter(|life| *life > 0);
        Self { id, uri, replace_at: life.map(|life| now + life - AHEAD.min(life / 2)) }
    }
}

#[derive(Debug, Default, Clone, Copy, PartialEq)]
enum Phase {
    #[default]
    Creating,
    Subscribing,
    Connecting,
    Open {
        opened: u64,
        heard: u64,
        pinged: Option<u64>,
    },
    /// Before another try.
    Waiting {
        until: u64,
    },
}

/// The difference between two sockets in deliveries of an event: above zero, the old one delivered more.
#[derive(Debug, Default)]
struct Repeats {
    balance: HashMap<String, i64>,
    /// When the old socket is closed, and when this is forgotten; from the moment both are open.
    ends: Option<(u64, u64)>,
}

impl Repeats {
    /// Returns whether the other socket has not brought this before.
    fn is_news(&mut self, text: &str, side: i64) -> bool {
        let balance = self.balance.entry(text.to_owned()).or_default();
        let news = *balance * side >= 0;
        *balance += side;
        news
    }
}

impl Channels {
    /// Adds topics: to channels that have room, and to new ones. Topics that are known already, in any letter case, are
    /// left out.
    ///
    /// # Errors
    /// When there would be more than [`MOST_TOPICS`] times [`MOST_CHANNELS`]; then nothing is changed.
    pub(crate) fn subscribe(
        &mut self,
        topics: impl IntoIterator<Item = String>,
    ) -> Result<Vec<Act>, TooManyTopics> {
        let mut known: HashSet<String> = self.topics().map(str::to_ascii_lowercase).collect();
        let held = known.len();
        let new: Vec<_> =
            topics.into_iter().filter(|topic| known.insert(topic.to_ascii_lowercase())).collect();
        if held + new.len() > MOST_TOPICS * MOST_CHANNELS {
            return Err(TooManyTopics { topics: held + new.len() });
        }
        let mut new = new.into_iter();
        let mut acts = Vec::new();
        let heads: Vec<Link> = self.heads().collect();
        for link in heads {
            let room = MOST_TOPICS.saturating_sub(self.links[&link].topics.len());
            let added: Vec<_> = new.by_ref().take(room).collect();
            if !added.is_empty() {
                self.change(link, &mut acts, |topics| topics.extend(added));
            }
        }
        loop {
            let topics: Vec<_> = new.by_ref().take(MOST_TOPICS).collect();
            if topics.is_empty() {
                return Ok(acts);
            }
            let link = self.add(State { topics, ..State::default() });
            acts.push(Act::Create(link));
        }
    }

    /// Takes topics away. A channel without any is left to end by itself.
    pub(crate) fn unsubscribe(&mut self, topics: &[String]) -> Vec<Act> {
        let mut acts = Vec::new();
        let gone: HashSet<String> = topics.iter().map(|topic| topic.to_ascii_lowercase()).collect();
        let heads: Vec<Link> = self.heads().collect();
        for link in heads {
            let is_gone = |topic: &String| gone.contains(&topic.to_ascii_lowercase());
            if !self.links[&link].topics.iter().any(is_gone) {
                continue;
            }
            if self.links[&link].topics.iter().all(is_gone) {
                self.drop_with_old(link, &mut acts);
            } else {
                self.change(link, &mut acts, |topics| topics.retain(|topic| !is_gone(topic)));
            }
        }
        acts
    }

    /// Topics whose events come now.
    pub(crate) fn live(&self) -> impl Iterator<Item = &str> {
        let open = self.heads().map(|link| &self.links[&link]);
        let open = open.filter(|state| state.is_open() && !state.setting && !state.stale);
        open.flat_map(|state| state.topics.iter().map(String::as_str))
    }

    /// Every topic.
    pub(crate) fn topics(&self) -> impl Iterator<Item = &str> {
        self.heads().flat_map(|link| self.links[&link].topics.iter().map(String::as_str))
    }

    /// Returns the actions that follow an event. `random`, in `0.0..1.0`, spreads tries.
    pub(crate) fn handle(&mut self, now: u64, random: f64, event: Event) -> Vec<Act> {
        let mut acts = Vec::new();
        match event {
            Event::Created { link, id, uri, expires } => {
                if let Some(state) = self.links.get_mut(&link) {
                    state.channel = Some(Channel::new(id, uri, expires, now));
                    self.set_topics(link, &mut acts);
                }
            }
            Event::Subscribed(link) => self.subscribed(link, &mut acts),
            Event::Opened(link) => self.opened(link, now, &mut acts),
            Event::Failed { link, permanent: true, .. } => {
                if let Some(state) = self.links.get(&link) {
                    acts.push(Act::End { topics: state.topics.clone() });
                    self.drop_with_old(link, &mut acts);
                }
            }
            Event::Failed { link, gone, .. } => self.failed(link, gone, now, random, &mut acts),
            Event::Message(link, text) => self.message(link, text, now, random, &mut acts),
            Event::Closed(link) => self.closed(link, now, random, &mut acts),
            Event::Tick => self.tick(now, random, &mut acts),
        }
        acts
    }

    /// When [`Event::Tick`] is due.
    pub(crate) fn wake(&self) -> Option<u64> {
        let rolling = self.is_rolling_over();
        let moments = self.links.values().flat_map(|state| {
            let life = match state.phase {
                Phase::Open { pinged: Some(pinged), .. } => Some(pinged + PONG),
                Phase::Open { heard, .. } => Some(heard + SILENCE),
                Phase::Waiting { until } => Some(until),
                Phase::Creating | Phase::Subscribing | Phase::Connecting => None,
            };
            let end = state.replace_at().filter(|_| state.is_open() && !rolling);
            let overlap = state
                .repeats
                .as_ref()
                .and_then(|repeats| repeats.ends)
                .map(|(close, forget)| if state.replaces.is_some() { close } else { forget });
            [life, end, overlap]
        });
        moments.flatten().min()
    }

    /// Links that nothing takes over from: each topic is on exactly one of them.
    fn heads(&self) -> impl Iterator<Item = Link> {
        self.links.keys().copied().filter(|link| !self.is_replaced(*link))
    }

    fn is_replaced(&self, link: Link) -> bool {
        self.successor(link).is_some()
    }

    fn successor(&self, link: Link) -> Option<Link> {
        self.links.iter().find(|(_, state)| state.replaces == Some(link)).map(|(successor, _)| *successor)
    }

    fn is_rolling_over(&self) -> bool {
        self.links.values().any(|state| state.replaces.is_some())
    }

    fn add(&mut self, state: State) -> Link {
        let link = self.next;
        self.next += 1;
        self.links.insert(link, state);
        link
    }

    /// Changes the topics of a link, and sets them again where they are set already.
    fn change(&mut self, link: Link, acts: &mut Vec<Act>, change: impl FnOnce(&mut Vec<String>)) {
        let Some(state) = self.links.get_mut(&link) else { return };
        change(&mut state.topics);
        if state.is_open() && !state.setting {
            self.put(link, acts);
        } else {
            // Those not set yet go with the first setting, the others follow it.
            state.stale = true;
        }
    }

    /// The way to an open socket: first the topics, so that the socket brings them from its first moment.
    fn set_topics(&mut self, link: Link, acts: &mut Vec<Act>) {
        let Some(state) = self.links.get_mut(&link) else { return };
        state.phase = Phase::Subscribing;
        self.put(link, acts);
    }

    fn put(&mut self, link: Link, acts: &mut Vec<Act>) {
        let Some(state) = self.links.get_mut(&link) else { return };
        let Some(channel) = &state.channel else { return };
        (state.setting, state.stale) = (true, false);
        acts.push(Act::Subscribe { link, id: channel.id.clone(), topics: state.topics.clone() });
    }
}

impl State {
    fn replace_at(&self) -> Option<u64> {
        self.channel.as_ref()?.replace_at
    }

    const fn is_open(&self) -> bool {
        matches!(self.phase, Phase::Open { .. })
    }
}

/// The effects of each event.
impl Channels {
    fn subscribed(&mut self, link: Link, acts: &mut Vec<Act>) {
        let Some(state) = self.links.get_mut(&link) else { return };
        state.setting = false;
        if state.stale {
            self.put(link, acts);
        } else if let (Phase::Subscribing, Some(channel)) = (state.phase, &state.channel) {
            acts.push(Act::Connect { link, uri: channel.uri.clone() });
            state.phase = Phase::Connecting;
        }
    }

    fn opened(&mut self, link: Link, now: u64, acts: &mut Vec<Act>) {
        let Some(state) = self.links.get_mut(&link) else { return };
        state.phase = Phase::Open { opened: now, heard: now, pinged: None };
        if let Some(since) = state.gap.take() {
            acts.push(Act::Missed { since, until: now, topics: state.topics.clone() });
        }
        if state.stale {
            self.put(link, acts);
        }
        let Some(old) = self.links.get(&link).and_then(|state| state.replaces) else { return };
        let shares = self.share_a_channel(link, old);
        let Some(state) = self.links.get_mut(&link) else { return };
        if shares {
            // One channel has one socket: the platform has taken it from the old one with this.
            self.end_old(link, acts);
        } else {
            state.repeats.get_or_insert_default().ends = Some((now + OVERLAP, now + REPEATS));
        }
    }

    fn failed(&mut self, link: Link, gone: bool, now: u64, random: f64, acts: &mut Vec<Act>) {
        let Some(state) = self.links.get_mut(&link) else { return };
        state.setting = false;
        if state.is_open() {
            // The topics could not be set. The caller must not believe that they bring something.
            if gone {
                state.channel = None;
            }
            acts.push(Act::Disconnect(link));
            return self.broken(link, now, now, random, acts);
        }
        state.failures += 1;
        if gone || state.failures.is_multiple_of(TRIES) {
            state.channel = None;
        }
        state.phase = Phase::Waiting { until: now + wait(state.failures, random) };
    }

    fn message(&mut self, link: Link, text: String, now: u64, random: f64, acts: &mut Vec<Act>) {
        let Some(state) = self.links.get_mut(&link) else { return };
        if let Phase::Open { heard, pinged, .. } = &mut state.phase {
            *heard = now;
            *pinged = None;
        }
        match topic(&text).as_deref() {
            // Heartbeats and pongs, answers to what was sent over the socket, and what is no JSON.
            Some("channel.metadata") | None => {}
            Some("v2.system.socket_closing") => self.closing(link, acts),
            Some(topic) if is_loss(topic) => {
                match self.successor(link) {
                    None => self.lost(link, now, random, acts),
                    // The other who has taken the channel is our own successor.
                    Some(successor) if self.share_a_channel(link, successor) => {
                        self.end_old(successor, acts);
                    }
                    Some(_) => {}
                }
            }
            Some(_) => self.event(link, text, acts),
        }
    }

    fn event(&mut self, link: Link, text: String, acts: &mut Vec<Act>) {
        // The successor keeps the account for both sockets.
        let keeper = self.successor(link);
        let side = if keeper.is_some() { 1 } else { -1 };
        let news = self
            .links
            .get_mut(&keeper.unwrap_or(link))
            .and_then(|state| state.repeats.as_mut())
            .is_none_or(|repeats| repeats.is_news(&text, side));
        if news {
            acts.push(Act::Deliver(text));
        }
    }

    /// The platform is about to close the socket: another one to the same channel, while this one still works.
    fn closing(&mut self, link: Link, acts: &mut Vec<Act>) {
        if self.is_replaced(link) {
            return;
        }
        let Some(state) = self.links.get_mut(&link) else { return };
        let Some(channel) = state.channel.clone() else { return };
        let (topics, uri) = (state.topics.clone(), channel.uri.clone());
        let unset = state.stale || state.setting;
        // Whoever this one takes over from is no longer needed: this one has opened.
        self.end_old(link, acts);
        let link = self.add(State {
            topics,
            phase: Phase::Connecting,
            channel: Some(channel),
            stale: unset,
            replaces: Some(link),
            repeats: Some(Repeats::default()),
            ..State::default()
        });
        acts.push(Act::Connect { link, uri });
    }

    /// The channel is another's, or its token has been revoked: another channel with the same topics.
    fn lost(&mut self, link: Link, now: u64, random: f64, acts: &mut Vec<Act>) {
        acts.push(Act::Disconnect(link));
        if let Some(state) = self.links.get_mut(&link) {
            state.channel = None;
        }
        self.broken(link, now, now, random, acts);
    }

    fn closed(&mut self, link: Link, now: u64, random: f64, acts: &mut Vec<Act>) {
        let Some(state) = self.links.get(&link) else { return };
        let Phase::Open { heard, .. } = state.phase else {
            return self.failed(link, false, now, random, acts);
        };
        match self.successor(link) {
            // The successor brings everything from the moment it is open.
            Some(successor) => self.hand_over(link, successor, heard),
            None => self.broken(link, heard, now, random, acts),
        }
    }

    /// The old socket is gone before its time.
    fn hand_over(&mut self, old: Link, successor: Link, heard: u64) {
        self.links.remove(&old);
        let Some(state) = self.links.get_mut(&successor) else { return };
        state.replaces = None;
        if !state.is_open() {
            state.gap.get_or_insert(heard);
        }
    }

    /// A socket that was open is not any more: at once again the first time, later and later after that.
    fn broken(&mut self, link: Link, heard: u64, now: u64, random: f64, acts: &mut Vec<Act>) {
        let Some(state) = self.links.get_mut(&link) else { return };
        if let Phase::Open { opened, .. } = state.phase
            && now.saturating_sub(opened) >= RECOVERED
        {
            state.failures = 0;
        }
        state.gap.get_or_insert(heard);
        state.setting = false;
        let failures = state.failures;
        state.failures += 1;
        if failures == 0 {
            self.retry(link, acts);
        } else {
            state.phase = Phase::Waiting { until: now + wait(failures, random) };
        }
    }

    /// Opens the channel that there is, or makes one.
    fn retry(&mut self, link: Link, acts: &mut Vec<Act>) {
        let Some(state) = self.links.get_mut(&link) else { return };
        if state.channel.is_some() {
            // Its topics too: they may be what failed, and setting them twice changes nothing.
            self.set_topics(link, acts);
        } else {
            state.phase = Phase::Creating;
            acts.push(Act::Create(link));
        }
    }

    fn tick(&mut self, now: u64, random: f64, acts: &mut Vec<Act>) {
        let links: Vec<Link> = self.links.keys().copied().collect();
        for link in links {
            self.look_after(link, now, random, acts);
            self.end_overlap(link, now, acts);
        }
        self.roll_over(now, acts);
    }

    fn look_after(&mut self, link: Link, now: u64, random: f64, acts: &mut Vec<Act>) {
        let Some(state) = self.links.get_mut(&link) else { return };
        match &mut state.phase {
            Phase::Waiting { until } if now >= *until => self.retry(link, acts),
            Phase::Open { heard, pinged, .. } => match *pinged {
                Some(at) if now >= at + PONG => {
                    acts.push(Act::Disconnect(link));
                    self.closed(link, now, random, acts);
                }
                None if now >= *heard + SILENCE => {
                    *pinged = Some(now);
                    acts.push(Act::Ping(link));
                }
                _ => {}
            },
            _ => {}
        }
    }

    fn end_overlap(&mut self, link: Link, now: u64, acts: &mut Vec<Act>) {
        let Some(state) = self.links.get_mut(&link) else { return };
        let Some((close, forget)) = state.repeats.as_ref().and_then(|repeats| repeats.ends) else { return };
        if now >= forget {
            state.repeats = None;
        }
        if now >= close {
            self.end_old(link, acts);
        }
    }

    /// Replaces the channel that ends first. One at a time: more would need more channels than a caller may have.
    fn roll_over(&mut self, now: u64, acts: &mut Vec<Act>) {
        if self.is_rolling_over() {
            return;
        }
        let due = self.links.iter().filter(|(_, state)| state.is_open()).filter_map(|(link, state)| {
            let at = state.replace_at().filter(|at| now >= *at)?;
            Some((at, *link))
        });
        let Some((_, old)) = due.min() else { return };
        let topics = self.links[&old].topics.clone();
        let repeats = Some(Repeats::default());
        let link = self.add(State { topics, replaces: Some(old), repeats, ..State::default() });
        acts.push(Act::Create(link));
    }

    /// Ends the link that this one takes over from.
    fn end_old(&mut self, link: Link, acts: &mut Vec<Act>) {
        if let Some(old) = self.links.get_mut(&link).and_then(|state| state.replaces.take()) {
            self.links.remove(&old);
            acts.push(Act::Disconnect(old));
        }
    }

    fn share_a_channel(&self, one: Link, other: Link) -> bool {
        let id = |link| Some(&self.links.get(&link)?.channel.as_ref()?.id);
        id(one).is_some() && id(one) == id(other)
    }

    /// Ends a link and the one that it takes over from.
    fn drop_with_old(&mut self, link: Link, acts: &mut Vec<Act>) {
        let Some(state) = self.links.remove(&link) else { return };
        acts.push(Act::Disconnect(link));
        if let Some(old) = state.replaces {
            self.drop_with_old(old, acts);
        }
    }
}

/// The wait after so many failures: a share of a bound that doubles.
fn wait(failures: u32, random: f64) -> u64 {
    let bound = FIRST_WAIT.saturating_mul(2_u64.saturating_pow(failures.saturating_sub(1))).min(LONGEST_WAIT);
    let wait = Duration::from_millis(bound).mul_f64(random.clamp(0.0, 1.0));
    u64::try_from(wait.as_millis()).unwrap_or(LONGEST_WAIT)
}

/// Returns the topic of a message; `None` if it is not an event.
fn topic(text: &str) -> Option<String> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Envelope {
        topic_name: String,
    }
    crate::text::read::<Envelope>(text.as_bytes()).ok().map(|envelope| envelope.topic_name)
}

/// Returns whether a topic says that the channel brings nothing any more.
fn is_loss(topic: &str) -> bool {
    ["v2.system.no_longer_subscribed.", "v2.system.token_revoked."]
        .iter()
        .any(|prefix| topic.starts_with(prefix))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A random event for one of the first links, after some milliseconds.
    fn step() -> impl Strategy<Value = (u64, u8, Link, u8)> {
        (prop_oneof![Just(0), 1..60_000_u64, Just(80_000_000)], 0..9_u8, 0..6_u32, 0..4_u8)
    }

    fn event(kind: u8, link: Link, more: u8, now: u64) -> Event {
        let text = |topic: &str| format!(r#"{{"topicName":"{topic}","eventBody":{{}}}}"#);
        match kind {
            0 => {
                let (id, uri) = (format!("c{link}-{more}"), "wss://x".to_owned());
                Event::Created { link, id, uri, expires: (more > 0).then_some(now + 86_400_000) }
            }
            1 => Event::Subscribed(link),
            2 => Event::Opened(link),
            3 => Event::Failed { link, gone: more == 1, permanent: false },
            4 => Event::Closed(link),
            5 => Event::Message(link, text("v2.system.socket_closing")),
            6 => Event::Message(link, text("v2.system.no_longer_subscribed.x")),
            7 => Event::Message(link, text("a")),
            _ => Event::Tick,
        }
    }

    proptest! {
        /// In whatever order things happen, even ones that cannot.
        #[test]
        fn no_topic_is_lost_or_doubled_and_time_does_not_stand_still(steps in prop::collection::vec(step(), 0..80)) {
            let mut channels = Channels::default();
            let topics: Vec<_> = (0..1_500).map(|number| format!("t{number}")).collect();
            channels.subscribe(topics.clone()).unwrap();
            let mut now = 0;
            for (pause, kind, link, more) in steps {
                now += pause;
                channels.handle(now, 0.5, event(kind, link, more, now));
                let mut held: Vec<_> = channels.topics().map(str::to_owned).collect();
                held.sort_by_key(|topic| topic[1..].parse::<u32>().unwrap());
                prop_assert_eq!(&held, &topics);
                prop_assert!(channels.links.len() <= MOST_CHANNELS + 1);
                // What is due is done by ticks at one moment, and is not due again at that moment.
                for _ in 0..4 {
                    channels.handle(now, 0.5, Event::Tick);
                }
                prop_assert!(channels.wake().is_none_or(|wake| wake > now), "{:?} at {now}: {channels:?}", channels.wake());
            }
        }
    }
}
