//! What has changed since it was last written down.
//!
//! Each part of the state that outlives the process notes the keys of what it changes; the keeper asks for them,
//! and writes what stands under those keys by then. A part whose journal is off, as it is by default, notes nothing.

use std::hash::Hash;
use std::mem;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use indexmap::IndexSet;

/// The keys of one part that have changed. Off until [`Journal::begin`].
#[derive(Debug)]
pub(crate) struct Journal<K>(Option<Box<Noted<K>>>);

#[derive(Debug)]
struct Noted<K> {
    changed: Changed<K>,
    /// Counts the changes of all parts; whoever waits for one of them knows its number.
    count: Arc<AtomicU64>,
}

/// What has changed. First `removed` goes, then `written` comes, in its order: a key in both went and came back,
/// behind what was there.
#[derive(Debug)]
pub(crate) struct Changed<K> {
    /// Everything: what was written before counts no more, and neither do the two lists.
    pub(crate) everything: bool,
    pub(crate) removed: IndexSet<K>,
    pub(crate) written: IndexSet<K>,
}

// Derived ones would ask the same of `K`.
impl<K> Default for Journal<K> {
    fn default() -> Self {
        Self(None)
    }
}

impl<K> Default for Changed<K> {
    fn default() -> Self {
        Self { everything: false, removed: IndexSet::new(), written: IndexSet::new() }
    }
}

impl<K: Hash + Eq> Journal<K> {
    /// Notes from now on, counting here; `anew` to begin with everything that is there.
    pub(crate) fn begin(&mut self, count: Arc<AtomicU64>, anew: bool) {
        self.0 = Some(Box::new(Noted { changed: Changed::default(), count }));
        if anew {
            self.replaced();
        }
    }

    /// Whether keys are noted: most are made for the journal alone.
    pub(crate) fn is_on(&self) -> bool {
        self.0.is_some()
    }

    /// Notes that something is new or different. `new` for a key that was not there.
    pub(crate) fn wrote(&mut self, new: bool, key: impl FnOnce() -> K) {
        self.note(|changed| {
            let key = key();
            if new {
                changed.written.shift_remove(&key);
            }
            changed.written.insert(key);
        });
    }

    /// Notes that something is gone.
    pub(crate) fn removed(&mut self, key: impl FnOnce() -> K) {
        self.note(|changed| {
            let key = key();
            changed.written.shift_remove(&key);
            changed.removed.insert(key);
        });
    }

    /// Notes that everything was replaced.
    pub(crate) fn replaced(&mut self) {
        self.note(|changed| *changed = Changed { everything: true, ..Changed::default() });
    }

    /// What has changed since the last time.
    pub(crate) fn take(&mut self) -> Changed<K> {
        self.0.as_mut().map(|noted| mem::take(&mut noted.changed)).unwrap_or_default()
    }

    fn note(&mut self, change: impl FnOnce(&mut Changed<K>)) {
        let Some(noted) = self.0.as_deref_mut() else { return };
        change(&mut noted.changed);
        // Counted after it is noted: a number that is seen stands for a change that can be taken.
        noted.count.fetch_add(1, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn on() -> Journal<&'static str> {
        let mut journal = Journal::default();
        journal.begin(Arc::default(), false);
        journal
    }

    #[track_caller]
    fn check(mut journal: Journal<&'static str>, removed: &[&str], written: &[&str]) {
        let changed = journal.take();
        assert_eq!(changed.removed.iter().copied().collect::<Vec<_>>(), removed);
        assert_eq!(changed.written.iter().copied().collect::<Vec<_>>(), written);
        assert!(journal.take().written.is_empty(), "what was taken is not taken again");
    }

    #[test]
    fn keys_come_once_in_the_order_of_their_creation() {
        let mut journal = on();
        journal.wrote(true, || "a");
        journal.wrote(true, || "b");
        journal.wrote(false, || "a");
        check(journal, &[], &["a", "b"]);
    }

    #[test]
    fn what_went_and_came_back_stands_last() {
        let mut journal = on();
        journal.wrote(false, || "a");
        journal.wrote(true, || "b");
        journal.removed(|| "a");
        journal.wrote(true, || "a");
        check(journal, &["a"], &["b", "a"]);
    }

    #[test]
    fn what_went_is_not_written() {
        let mut journal = on();
        journal.wrote(true, || "a");
        journal.removed(|| "a");
        check(journal, &["a"], &[]);
    }

    #[test]
    fn a_journal_that_is_off_makes_no_keys() {
        let mut journal: Journal<String> = Journal::default();
        journal.wrote(true, || unreachable!());
        journal.removed(|| unreachable!());
        assert!(!journal.is_on() && journal.take().written.is_empty());
    }
}
