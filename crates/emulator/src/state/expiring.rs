//! A map whose entries end: by time, and by number, the oldest first.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use crate::base::clock::Moment;
use crate::state::journal::{Changed, Journal};
use crate::state::keep::{Change, Kept, Part, Place};

/// A map from secrets to what they stand for. It holds at most `most` entries, so that a program which asks
/// for tokens in a loop cannot fill the memory.
#[derive(Debug)]
pub(super) struct Expiring<V> {
    entries: HashMap<String, (V, Moment)>,
    /// Keys in the order of their insertion; it may name some that are gone.
    order: VecDeque<String>,
    most: usize,
    journal: Journal<String>,
}

impl<V> Expiring<V> {
    pub(super) fn new(most: usize) -> Self {
        Self { entries: HashMap::new(), order: VecDeque::new(), most, journal: Journal::default() }
    }

    pub(super) fn insert(&mut self, key: String, value: V, ends: Moment) {
        // A new value for a known key is the youngest entry again.
        if self.entries.remove(&key).is_some() {
            self.order.retain(|known| *known != key);
        }
        while self.entries.len() >= self.most {
            let Some(oldest) = self.order.pop_front() else { break };
            self.remove(&oldest);
        }
        if self.order.len() > 2 * self.most {
            self.order.retain(|key| self.entries.contains_key(key));
        }
        self.order.push_back(key.clone());
        self.journal.wrote(true, || key.clone());
        self.entries.insert(key, (value, ends));
    }

    /// The entry and when it ends, which may have passed. A change that is made in it is not kept.
    pub(super) fn get_mut(&mut self, key: &str) -> Option<(&mut V, Moment)> {
        self.entries.get_mut(key).map(|(value, ends)| (value, *ends))
    }

    /// The entry, unless its time is over.
    pub(super) fn live(&self, key: &str, now: Moment) -> Option<&V> {
        self.entries.get(key).filter(|(_, ends)| now < *ends).map(|(value, _)| value)
    }

    /// As [`Self::live`], to change it.
    pub(super) fn live_mut(&mut self, key: &str, now: Moment) -> Option<&mut V> {
        let (value, _) = self.entries.get_mut(key).filter(|(_, ends)| now < *ends)?;
        self.journal.wrote(false, || key.to_owned());
        Some(value)
    }

    /// Takes the entry out; nothing when its time is over.
    pub(super) fn take(&mut self, key: &str, now: Moment) -> Option<V> {
        self.remove(key).filter(|(_, ends)| now < *ends).map(|(value, _)| value)
    }

    /// Keys of entries for which `matches` holds, the oldest first.
    pub(super) fn keys_where(&self, matches: impl Fn(&V) -> bool) -> Vec<String> {
        self.order
            .iter()
            .filter(|key| self.entries.get(*key).is_some_and(|(value, _)| matches(value)))
            .cloned()
            .collect()
    }

    pub(super) fn remove_where(&mut self, matches: impl Fn(&V) -> bool) -> usize {
        let before = self.entries.len();
        let journal = &mut self.journal;
        self.entries.retain(|key, (value, _)| {
            let gone = matches(value);
            if gone {
                journal.removed(|| key.clone());
            }
            !gone
        });
        before - self.entries.len()
    }

    /// Forgets everything.
    pub(super) fn clear(&mut self) {
        self.entries.clear();
        self.order.clear();
        self.journal.replaced();
    }

    /// Notes changes from now on; `anew` to begin with everything that is there.
    pub(super) fn begin(&mut self, count: Arc<AtomicU64>, anew: bool) {
        self.journal.begin(count, anew);
    }

    /// What has changed, as it is kept in this collection; `write` makes a text of an entry.
    pub(super) fn changes(
        &mut self,
        collection: &str,
        into: &mut Vec<Change>,
        write: impl Fn(&V, Moment) -> String,
    ) {
        let Changed { everything, removed, written } = self.journal.take();
        let place =
            |id: &String| Place { part: Part::Tokens, collection: collection.to_owned(), id: id.clone() };
        let put = |key: &String| match self.entries.get(key) {
            Some((value, ends)) => {
                Change::Put(place(key), Kept { mark: 0, value: Some(write(value, *ends)) })
            }
            None => Change::Remove(place(key)),
        };
        if everything || !removed.is_empty() || !written.is_empty() {
            into.push(Change::Open(Part::Tokens, collection.to_owned()));
        }
        if everything {
            into.extend(self.order.iter().map(put));
        } else {
            into.extend(removed.iter().map(|key| Change::Remove(place(key))));
            into.extend(written.iter().map(put));
        }
    }

    fn remove(&mut self, key: &str) -> Option<(V, Moment)> {
        let removed = self.entries.remove(key)?;
        self.journal.removed(|| key.to_owned());
        Some(removed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_makes_room() {
        let mut map = Expiring::new(2);
        for key in ["a", "b", "c"] {
            map.insert(key.to_owned(), key, Moment(10));
        }
        assert_eq!(map.live("a", Moment(0)), None);
        assert_eq!(map.live("c", Moment(0)), Some(&"c"));
        assert_eq!(map.keys_where(|_| true), ["b", "c"]);
    }

    #[test]
    fn an_entry_that_is_renewed_is_the_youngest() {
        let mut map = Expiring::new(2);
        for key in ["a", "b", "a", "c"] {
            map.insert(key.to_owned(), key, Moment(10));
        }
        assert_eq!(map.keys_where(|_| true), ["a", "c"]);
    }

    #[test]
    fn what_is_over_is_known_but_not_live() {
        let mut map = Expiring::new(2);
        map.insert("a".to_owned(), 1, Moment(10));
        assert_eq!(map.live("a", Moment(9)), Some(&1));
        assert_eq!(map.live("a", Moment(10)), None);
        assert!(map.get_mut("a").is_some());
        assert_eq!(map.take("a", Moment(10)), None);
        assert!(map.get_mut("a").is_none());
    }

    #[test]
    fn inserting_and_taking_for_ever_needs_no_more_room() {
        let mut map = Expiring::new(4);
        for round in 0..1000 {
            map.insert(round.to_string(), (), Moment(10));
            map.take(&round.to_string(), Moment(0));
        }
        assert!(map.order.len() <= 9);
    }
}
