//! The subscribers of each topic: one set of channels serves every subscription of a session.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use super::inbox::Inbox;
use super::{Event, Notice};
use crate::error::Error;

/// Tells subscriptions apart.
pub(super) type Subscriber = u64;

/// Every subscription and what it wants. Topics are compared without letter case, as on the platform.
#[derive(Debug, Default)]
pub(super) struct Audience {
    inboxes: BTreeMap<Subscriber, Arc<Inbox>>,
    topics: HashMap<String, Topic>,
}

#[derive(Debug, Default)]
struct Topic {
    subscribers: BTreeSet<Subscriber>,
    state: State,
}

/// The last report to the subscribers of a topic.
#[derive(Debug, Default, Clone, PartialEq)]
enum State {
    #[default]
    Nothing,
    Connected,
    Rejected(Option<String>),
}

impl Audience {
    pub(super) fn is_empty(&self) -> bool {
        self.inboxes.is_empty()
    }

    pub(super) fn join(&mut self, subscriber: Subscriber, inbox: Arc<Inbox>) {
        self.inboxes.insert(subscriber, inbox);
    }

    /// Adds topics for a subscriber; those that nobody wanted before.
    pub(super) fn add(&mut self, subscriber: Subscriber, topics: Vec<String>) -> Vec<String> {
        let mut new = Vec::new();
        let mut connected = Vec::new();
        let Some(inbox) = self.inboxes.get(&subscriber) else { return new };
        for name in topics {
            let topic = self.topics.entry(name.to_ascii_lowercase()).or_default();
            let is_new = topic.subscribers.is_empty();
            if !topic.subscribers.insert(subscriber) {
                continue;
            }
            match &topic.state {
                State::Nothing => {}
                State::Connected => connected.push(name.clone()),
                State::Rejected(reason) => {
                    inbox.tell(Ok(Notice::Rejected { topic: name.clone(), reason: reason.clone() }));
                }
            }
            if is_new {
                new.push(name);
            }
        }
        if !connected.is_empty() {
            inbox.tell(Ok(Notice::Connected { topics: connected }));
        }
        new
    }

    /// Takes topics from a subscriber; those that nobody wants any more.
    pub(super) fn remove(&mut self, subscriber: Subscriber, topics: &[String]) -> Vec<String> {
        let mut gone = Vec::new();
        for name in topics {
            let key = name.to_ascii_lowercase();
            let Some(topic) = self.topics.get_mut(&key) else { continue };
            topic.subscribers.remove(&subscriber);
            if topic.subscribers.is_empty() {
                self.topics.remove(&key);
                gone.push(key);
            }
        }
        gone
    }

    /// Takes a subscriber with all its topics; those that nobody wants any more.
    pub(super) fn leave(&mut self, subscriber: Subscriber) -> Vec<String> {
        self.inboxes.remove(&subscriber);
        let own = self.topics.iter().filter(|(_, topic)| topic.subscribers.contains(&subscriber));
        let own: Vec<String> = own.map(|(name, _)| name.clone()).collect();
        self.remove(subscriber, &own)
    }

    /// Gives an event to those who want it.
    pub(super) fn deliver(&self, event: &Event, now: u64) {
        if let Some(topic) = self.topics.get(&event.topic().to_ascii_lowercase()) {
            for inbox in topic.subscribers.iter().filter_map(|subscriber| self.inboxes.get(subscriber)) {
                inbox.deliver(event.clone(), now);
            }
        } else if event.topic().starts_with("v2.system.") {
            tracing::debug!(topic = event.topic(), "the platform sent a message about the channel");
        } else {
            // Nobody asked for it by this name, and somebody did ask: better in every inbox than in none.
            for inbox in self.inboxes.values() {
                inbox.deliver(event.clone(), now);
            }
        }
    }

    /// Tells those who want these topics of a gap.
    pub(super) fn missed(&self, since: u64, until: u64, topics: &[String]) {
        for (subscriber, topics) in self.split(topics) {
            if let Some(inbox) = self.inboxes.get(&subscriber) {
                inbox.missed(since, until, topics);
            }
        }
    }

    /// Events of these topics come from now on. Tells it once of each.
    pub(super) fn connected<'a>(&mut self, topics: impl Iterator<Item = &'a str>) {
        let mut new = Vec::new();
        for name in topics {
            if let Some(topic) = self.topics.get_mut(&name.to_ascii_lowercase())
                && topic.state == State::Nothing
            {
                topic.state = State::Connected;
                new.push(name.to_owned());
            }
        }
        for (subscriber, topics) in self.split(&new) {
            if let Some(inbox) = self.inboxes.get(&subscriber) {
                inbox.tell(Ok(Notice::Connected { topics }));
            }
        }
    }

    /// The platform does not give this topic. Tells it once.
    pub(super) fn rejected(&mut self, name: &str, reason: Option<&str>) {
        let Some(topic) = self.topics.get_mut(&name.to_ascii_lowercase()) else { return };
        let state = State::Rejected(reason.map(str::to_owned));
        if std::mem::replace(&mut topic.state, state.clone()) != state {
            for inbox in topic.subscribers.iter().filter_map(|subscriber| self.inboxes.get(subscriber)) {
                let reason = reason.map(str::to_owned);
                inbox.tell(Ok(Notice::Rejected { topic: name.to_owned(), reason }));
            }
        }
    }

    /// These topics are given up, and with the last of its topics a subscription ends.
    pub(super) fn end(&mut self, topics: &[String], cause: &Arc<Error>) {
        let told = self.split(topics);
        for (subscriber, topics) in &told {
            if let Some(inbox) = self.inboxes.get(subscriber) {
                let (topics, source) = (topics.clone(), Arc::clone(cause));
                inbox.tell(Err(Error::Unsubscribed { topics, source }));
            }
        }
        for topic in topics {
            self.topics.remove(&topic.to_ascii_lowercase());
        }
        for subscriber in told.keys() {
            if !self.topics.values().any(|topic| topic.subscribers.contains(subscriber))
                && let Some(inbox) = self.inboxes.remove(subscriber)
            {
                inbox.close();
            }
        }
    }

    /// Each subscriber with those of the topics that it wants.
    fn split(&self, topics: &[String]) -> BTreeMap<Subscriber, Vec<String>> {
        let mut split: BTreeMap<Subscriber, Vec<String>> = BTreeMap::new();
        for name in topics {
            let Some(topic) = self.topics.get(&name.to_ascii_lowercase()) else { continue };
            for subscriber in &topic.subscribers {
                split.entry(*subscriber).or_default().push(name.clone());
            }
        }
        split
    }
}

/// Whatever ends the driver, nobody waits for it in vain.
impl Drop for Audience {
    fn drop(&mut self) {
        for inbox in self.inboxes.values() {
            inbox.close();
        }
    }
}
