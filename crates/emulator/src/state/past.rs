//! What was stored a moment ago, for a platform whose reads lag behind its writes.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use crate::base::clock::{Clock, Moment};

/// How long a change is remembered. No fault lags by more.
const MEMORY: Duration = Duration::from_secs(90);
/// The most changes that are remembered; the oldest go first.
const MOST: usize = 10_000;
/// About how many bytes the values before them may take together.
const MOST_BYTES: usize = 16 * 1024 * 1024;

/// The last changes of a store of such values.
#[derive(Debug)]
pub(crate) struct Past<V> {
    /// Without one, nothing is remembered.
    clock: Option<Arc<dyn Clock>>,
    /// The oldest first.
    changes: VecDeque<Change<V>>,
    bytes: usize,
}

#[derive(Debug)]
struct Change<V> {
    at: Moment,
    collection: String,
    id: String,
    /// What stood there before.
    old: Option<V>,
    weight: usize,
}

// A derived one would ask the same of `V`.
impl<V> Default for Past<V> {
    fn default() -> Self {
        Self { clock: None, changes: VecDeque::new(), bytes: 0 }
    }
}

impl<V> Past<V> {
    /// Remembers changes from now on.
    pub(crate) fn begin(&mut self, clock: Arc<dyn Clock>) {
        self.clock = Some(clock);
    }

    pub(crate) const fn is_on(&self) -> bool {
        self.clock.is_some()
    }

    /// Notes that an entity is about to be another; `weight` is about how many bytes the old one takes.
    pub(crate) fn note(&mut self, collection: &str, id: &str, old: Option<V>, weight: usize) {
        let Some(clock) = &self.clock else { return };
        let at = Moment::from(clock.now());
        self.bytes += weight;
        self.changes.push_back(Change {
            at,
            collection: collection.to_owned(),
            id: id.to_owned(),
            old,
            weight,
        });
        while let Some(first) = self.changes.front() {
            let old = first.at.after(MEMORY) < at;
            if !old && self.changes.len() <= MOST && self.bytes <= MOST_BYTES {
                break;
            }
            self.bytes -= first.weight;
            self.changes.pop_front();
        }
    }

    pub(crate) fn clear(&mut self) {
        self.changes.clear();
        self.bytes = 0;
    }

    /// What stood in a collection at a moment, where that is something else now: by id, nothing where it was not
    /// there yet.
    pub(crate) fn before(&self, collection: &str, moment: Moment) -> HashMap<&str, Option<&V>> {
        let mut before = HashMap::new();
        for change in
            self.changes.iter().filter(|change| change.at > moment && change.collection == collection)
        {
            // The first change after the moment saw what stood there then.
            before.entry(change.id.as_str()).or_insert(change.old.as_ref());
        }
        before
    }
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use serde_json::{Value, json};

    use super::*;
    use crate::base::clock::ManualClock;

    #[test]
    fn the_first_change_after_a_moment_tells_what_stood_there() {
        let clock = Arc::new(ManualClock::new(UNIX_EPOCH));
        let mut past: Past<Value> = Past::default();
        past.note("users", "0", None, 0);
        past.begin(clock.clone());
        clock.advance(Duration::from_secs(1));
        past.note("users", "a", None, 0);
        clock.advance(Duration::from_secs(1));
        past.note("users", "a", Some(json!(1)), 8);
        past.note("queues", "a", Some(json!(2)), 8);
        let one = json!(1);
        assert_eq!(past.before("users", Moment(0)), HashMap::from([("a", None)]));
        assert_eq!(past.before("users", Moment(1000)), HashMap::from([("a", Some(&one))]));
        assert_eq!(past.before("users", Moment(2000)), HashMap::new());
    }

    #[test]
    fn what_is_remembered_is_bounded_by_age_number_and_bytes() {
        let clock = Arc::new(ManualClock::new(UNIX_EPOCH));
        let mut past: Past<Value> = Past::default();
        past.begin(clock.clone());
        for _ in 0..MOST + 5 {
            past.note("users", "a", None, 1);
        }
        assert_eq!((past.changes.len(), past.bytes), (MOST, MOST));
        past.note("users", "a", None, MOST_BYTES);
        assert_eq!(past.changes.len(), 1);
        clock.advance(MEMORY + Duration::from_secs(1));
        past.note("users", "a", None, 1);
        assert_eq!((past.changes.len(), past.bytes), (1, 1));
    }
}
