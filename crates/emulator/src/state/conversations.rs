//! The conversations that are under way, and those that ended since the start.
//!
//! They are found by what is asked of them: by id, by the queue in which they wait, by the users whom they keep busy. What
//! one request costs does not depend on how many others wait.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use indexmap::IndexMap;

use crate::base::clock::{Clock, Moment};
use crate::state::conversation::Conversation;
use crate::state::journal::{Changed, Journal};
use crate::state::keep::{Change, Keep, Kept, Part, Place};
use crate::state::past::Past;
use crate::state::store::Load;

/// Every conversation that began or changed since the start.
#[derive(Debug, Default)]
pub(crate) struct Conversations {
    /// In the order in which they came; none is ever taken out, so its index is its number.
    all: IndexMap<String, Arc<Conversation>>,
    /// Numbers of those under way.
    live: BTreeSet<usize>,
    /// Numbers of those that wait for somebody to be found, by queue.
    waiting: HashMap<String, BTreeSet<usize>>,
    /// Numbers of those in which a user takes part now, or which the user still wraps up.
    users: HashMap<String, BTreeSet<usize>>,
    bytes: usize,
    journal: Journal<String>,
    past: Past<Arc<Conversation>>,
    /// How many conversations were looked at.
    #[cfg(test)]
    visits: AtomicU64,
}

/// Conversations as somebody sees them whose reads lag behind writes, or as they are.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Seen<'a> {
    conversations: &'a Conversations,
    as_of: Option<Moment>,
}

impl Conversations {
    /// Remembers what changes, so that it can be read as it was a moment ago.
    pub(crate) fn remember(&mut self, clock: Arc<dyn Clock>) {
        self.past.begin(clock);
    }

    /// The conversations as they were at a moment, or as they are.
    pub(crate) fn seen(&self, as_of: Option<Moment>) -> Seen<'_> {
        Seen { conversations: self, as_of }
    }

    pub(crate) fn load(&self) -> Load {
        Load { entities: self.all.len(), bytes: self.bytes }
    }

    pub(crate) fn contains(&self, id: &str) -> bool {
        self.all.contains_key(id)
    }

    pub(crate) fn get(&self, id: &str) -> Option<&Arc<Conversation>> {
        let found = self.all.get(id);
        self.visited(found.iter().len());
        found
    }

    /// Adds a conversation, or replaces it.
    pub(crate) fn put(&mut self, conversation: Conversation) {
        let id = conversation.id.clone();
        let conversation = Arc::new(conversation);
        self.bytes += conversation.weight();
        let (number, old) = self.all.insert_full(id.clone(), Arc::clone(&conversation));
        let weight = old.as_ref().map_or(0, |old| old.weight());
        self.bytes -= weight;
        if let Some(old) = &old {
            self.forget_place(number, old);
        }
        if conversation.end.is_none() {
            self.live.insert(number);
        }
        if let Some((_, queue)) = conversation.waits() {
            self.waiting.entry(queue.to_owned()).or_default().insert(number);
        }
        for user in conversation.concerned() {
            self.users.entry(user.to_owned()).or_default().insert(number);
        }
        self.past.note("", &id, old.clone(), weight);
        self.journal.wrote(old.is_none(), || id);
    }

    /// Takes a conversation out of where it is found, which is where it was put as it was.
    fn forget_place(&mut self, number: usize, old: &Conversation) {
        self.live.remove(&number);
        let waiting = old.waits().map(|(_, queue)| queue);
        for (places, key) in
            waiting.map(|queue| (true, queue)).into_iter().chain(old.concerned().map(|user| (false, user)))
        {
            let places = if places { &mut self.waiting } else { &mut self.users };
            if let Some(numbers) = places.get_mut(key) {
                numbers.remove(&number);
                if numbers.is_empty() {
                    places.remove(key);
                }
            }
        }
    }

    /// Queues in which conversations wait.
    pub(crate) fn queues(&self) -> impl Iterator<Item = &str> {
        self.waiting.keys().map(String::as_str)
    }

    /// The conversation that has waited longest in a queue, and a number by which those of all queues are in order.
    pub(crate) fn first_waiting(&self, queue: &str) -> Option<(usize, &Arc<Conversation>)> {
        let number = *self.waiting.get(queue)?.first()?;
        self.visited(1);
        self.all.get_index(number).map(|(_, one)| (number, one))
    }

    /// Forgets every conversation.
    pub(crate) fn clear(&mut self) {
        self.all.clear();
        self.live.clear();
        self.waiting.clear();
        self.users.clear();
        self.bytes = 0;
        self.past.clear();
        self.journal.replaced();
    }

    /// The conversations of these numbers.
    fn numbered<'a>(&'a self, numbers: impl IntoIterator<Item = &'a usize>) -> Vec<&'a Arc<Conversation>> {
        let found: Vec<_> = numbers
            .into_iter()
            .filter_map(|number| self.all.get_index(*number))
            .map(|(_, one)| one)
            .collect();
        self.visited(found.len());
        found
    }

    #[cfg(test)]
    fn visited(&self, count: usize) {
        self.visits.fetch_add(count as u64, std::sync::atomic::Ordering::Relaxed);
    }

    #[cfg(not(test))]
    #[expect(clippy::unused_self, reason = "tests count")]
    const fn visited(&self, _count: usize) {}

    /// How many conversations were looked at since the last time.
    #[cfg(test)]
    pub(crate) fn take_visits(&self) -> u64 {
        self.visits.swap(0, std::sync::atomic::Ordering::Relaxed)
    }
}

impl<'a> Seen<'a> {
    pub(crate) fn get(self, id: &str) -> Option<&'a Arc<Conversation>> {
        let before = self.as_of.and_then(|moment| self.conversations.past.before("", moment).remove(id));
        before.unwrap_or_else(|| self.conversations.get(id))
    }

    /// Those under way, in the order in which they came.
    pub(crate) fn live(self) -> Vec<&'a Arc<Conversation>> {
        match self.as_of {
            None => self.conversations.numbered(&self.conversations.live),
            Some(_) => self.all().into_iter().filter(|one| one.end.is_none()).collect(),
        }
    }

    /// Those in which a user takes part now, or which the user still wraps up.
    pub(crate) fn of_user(self, user: &str) -> Vec<&'a Arc<Conversation>> {
        match self.as_of {
            None => self.conversations.numbered(self.conversations.users.get(user).into_iter().flatten()),
            Some(_) => self.all().into_iter().filter(|one| one.concerns(user)).collect(),
        }
    }

    /// All of them.
    pub(crate) fn all(self) -> Vec<&'a Arc<Conversation>> {
        let mut before =
            self.as_of.map(|moment| self.conversations.past.before("", moment)).unwrap_or_default();
        let now = self.conversations.all.iter();
        let all: Vec<_> =
            now.filter_map(|(id, one)| before.remove(id.as_str()).unwrap_or(Some(one))).collect();
        self.conversations.visited(all.len());
        all
    }
}

/// The one collection of conversations in what is kept.
const COLLECTION: &str = "conversations";

impl Keep for Conversations {
    fn begin(&mut self, count: Arc<AtomicU64>, anew: bool) {
        self.journal.begin(count, anew);
    }

    fn changes(&mut self, into: &mut Vec<Change>) {
        let Changed { everything, written, .. } = self.journal.take();
        let put = |conversation: &Arc<Conversation>| {
            let place = Place {
                part: Part::Conversations,
                collection: COLLECTION.to_owned(),
                id: conversation.id.clone(),
            };
            // Our own types have text keys and finite numbers, so writing them cannot fail.
            let value = serde_json::to_string(&**conversation).unwrap_or_default();
            Change::Put(place, Kept { mark: 0, value: Some(value) })
        };
        if everything {
            into.push(Change::Clear(Part::Conversations));
        }
        if everything || !written.is_empty() {
            into.push(Change::Open(Part::Conversations, COLLECTION.to_owned()));
        }
        if everything {
            into.extend(self.all.values().map(put));
        } else {
            into.extend(written.iter().filter_map(|id| self.all.get(id)).map(put));
        }
    }

    fn restore(&mut self, _collection: &str, kept: Option<(String, Kept)>) -> Result<(), String> {
        let Some((id, Kept { value: Some(value), .. })) = kept else { return Ok(()) };
        let conversation: Conversation =
            serde_json::from_str(&value).map_err(|error| format!("{id}: {error}"))?;
        self.put(conversation);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::*;
    use crate::base::clock::ManualClock;
    use crate::state::conversation::tests::{agent, waiting};
    use crate::state::conversation::{Leave, Participant};

    fn named(id: &str) -> Conversation {
        Conversation { id: id.to_owned(), ..waiting() }
    }

    fn ids(found: Vec<&Arc<Conversation>>) -> Vec<&str> {
        found.into_iter().map(|one| one.id.as_str()).collect()
    }

    #[test]
    fn a_conversation_is_found_where_it_is_now() {
        let mut all = Conversations::default();
        for id in ["a", "b"] {
            all.put(named(id));
        }
        assert_eq!(all.first_waiting("queue").unwrap().1.id, "a");
        let mut one = named("a");
        one.participants.push(agent("x", 10));
        all.put(one.clone());
        assert_eq!(all.first_waiting("queue").unwrap().1.id, "b", "somebody is called for the other");
        assert_eq!(ids(all.seen(None).of_user("user-x")), ["a"]);
        one.finish(Leave::System, Moment(20));
        all.put(one);
        assert_eq!(ids(all.seen(None).live()), ["b"]);
        assert!(all.seen(None).of_user("user-x").is_empty() && all.users.is_empty());
        assert_eq!(ids(all.seen(None).all()), ["a", "b"]);
        let mut other = named("b");
        other.finish(Leave::System, Moment(30));
        all.put(other);
        assert!(all.queues().next().is_none() && all.first_waiting("queue").is_none());
        let weight: usize = all.all.values().map(|one| one.weight()).sum();
        assert_eq!(all.load(), Load { entities: 2, bytes: weight });
    }

    #[test]
    fn readers_who_lag_behind_see_what_was() {
        let clock = Arc::new(ManualClock::new(UNIX_EPOCH));
        let mut all = Conversations::default();
        all.remember(clock.clone());
        all.put(named("a"));
        clock.advance(Duration::from_secs(2));
        let mut one = named("a");
        one.participants.push(agent("x", 10));
        one.finish(Leave::System, Moment(20));
        all.put(one);
        all.put(named("b"));
        let then = all.seen(Some(Moment(1_000)));
        assert_eq!(ids(then.live()), ["a"]);
        assert_eq!(
            then.get("a").unwrap().participants.iter().filter(|one| Participant::is_active(one)).count(),
            2
        );
        assert!(then.get("b").is_none() && then.of_user("user-x").is_empty());
        assert_eq!(ids(all.seen(None).live()), ["b"]);
    }

    #[test]
    fn what_is_kept_is_read_back_in_its_order() {
        let mut all = Conversations::default();
        all.begin(Arc::default(), true);
        for id in ["b", "a", "c"] {
            all.put(named(id));
        }
        let mut changes = Vec::new();
        all.changes(&mut changes);
        let mut again = Conversations::default();
        for change in changes {
            if let Change::Put(place, kept) = change {
                again.restore(COLLECTION, Some((place.id, kept))).unwrap();
            }
        }
        assert_eq!(ids(again.seen(None).live()), ["b", "a", "c"]);
        let mut changes = Vec::new();
        all.changes(&mut changes);
        assert!(changes.is_empty());
    }
}
