//! State that outlives the process.
//!
//! The parts of the state note what they change in a [`Journal`](crate::state::journal::Journal). One thread takes what
//! was noted, writes it in one transaction, and tells how far it came; an answer leaves only when everything that
//! was noted before it is written. While one transaction is written, the next one gathers: many clients share the
//! cost of one write. A request holds the gate while it is answered, so a transaction has all of it or nothing.
//!
//! This module knows the order of things; what a change becomes on disk is the [`Medium`]'s.

#[cfg(feature = "sqlite")]
pub(crate) mod sqlite;

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard, mpsc};
use std::thread;

use tokio::sync::watch;

use crate::base::lock::lock;

/// Why state could not be kept.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeepError {
    /// The directory, or the file in it, cannot be made or read.
    #[error("{path}: the state cannot be {doing}")]
    Unusable {
        /// The directory or file.
        path: PathBuf,
        /// What was being done: `opened`, `read` or `written`.
        doing: &'static str,
        /// What the system or the database said.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// Another process has the directory.
    #[error("{path}: the state is in use by another process; end that one, or choose another directory")]
    InUse {
        /// The file.
        path: PathBuf,
    },
    /// The file is a database of another program.
    #[error("{path}: this file is not the state of an emulator; choose another directory")]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// Another version of this program wrote it.
    #[error(
        "{path}: the state has format {found}, and this version reads format {known}; use the version that wrote it, \
         or another directory"
    )]
    Format {
        /// The file.
        path: PathBuf,
        /// The format of the file.
        found: i64,
        /// The format that is read here.
        known: i64,
    },
    /// It belongs to another definition.
    #[error(
        "{path}: the state belongs to another definition ({was}), and this one is {is}; give that one with \
         --definition, or choose another directory"
    )]
    Definition {
        /// The file.
        path: PathBuf,
        /// What the state was made with: title and version.
        was: String,
        /// What is emulated now.
        is: String,
    },
    /// What is in the file makes no sense.
    #[error("{path}: the state is damaged: {what}; move the file away to start with a new state")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        what: String,
    },
    /// The system has no thread to give, which would write.
    #[error("the system cannot start a thread to save the state")]
    NoThread(#[source] std::io::Error),
    /// The emulator is being stopped.
    #[error("the emulator is stopping and saves nothing more")]
    Stopping,
}

/// What kind of state something is; each kind is one part of the emulator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Part {
    Entities,
    Tokens,
    Channels,
    Conversations,
}

impl Part {
    #[cfg(feature = "sqlite")]
    const ALL: [Self; 4] = [Self::Entities, Self::Tokens, Self::Channels, Self::Conversations];
}

/// Where something stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) part: Part,
    pub(crate) collection: String,
    pub(crate) id: String,
}

/// Something that changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Change {
    /// All of a part is gone.
    Clear(Part),
    /// A collection is there, perhaps with nothing in it.
    Open(Part, String),
    /// This stands there now. What is new stands behind everything else.
    Put(Place, Kept),
    /// Nothing stands there.
    Remove(Place),
}

/// What is kept at a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Kept {
    /// A mark of the part's own.
    pub(crate) mark: i64,
    /// JSON; nothing where it is remembered that something stood there.
    pub(crate) value: Option<String>,
}

/// A part of the state that can be kept.
pub(crate) trait Keep: Send {
    /// Notes changes from now on, counting them here; `anew` when nothing was kept yet, so that all of it is to be.
    fn begin(&mut self, count: Arc<AtomicU64>, anew: bool);

    /// What has changed since the last time, in the order in which it is to be written.
    fn changes(&mut self, into: &mut Vec<Change>);

    /// Takes back what was kept: a collection, or what stands in it, in the order of their writing.
    ///
    /// # Errors
    /// What is wrong with it.
    fn restore(&mut self, collection: &str, kept: Option<(String, Kept)>) -> Result<(), String>;
}

/// The parts of a state, one of each.
pub(crate) trait Parts: Send + Sync {
    fn parts(&self) -> Vec<(Part, &Mutex<dyn Keep>)>;
}

/// Is told of each collection, and of each thing in it.
pub(crate) type Reader<'a> = &'a mut dyn FnMut(Part, &str, Option<(String, Kept)>) -> Result<(), String>;

/// Where state is kept.
pub(crate) trait Medium: Send {
    /// Reads everything that was written; whether there was anything at all.
    ///
    /// # Errors
    /// [`KeepError`] when it cannot be read, or the reader finds it wrong.
    fn read(&mut self, reader: Reader<'_>) -> Result<bool, KeepError>;

    /// Writes changes: all of them, or none.
    ///
    /// # Errors
    /// [`KeepError::Unusable`]
    fn write(&mut self, changes: &[Change]) -> Result<(), KeepError>;
}

/// How far the writing has come.
#[derive(Debug, Clone, Default)]
struct Progress {
    /// Every change up to this number is written.
    written: u64,
    /// How many attempts there were.
    attempts: u64,
    /// Why the last attempt failed, if it did.
    failure: Option<Arc<KeepError>>,
}

/// What a keeper and its writer share.
#[derive(Debug, Default)]
struct Shared {
    /// The number of the last change.
    count: Arc<AtomicU64>,
    /// Held by whoever makes changes; had alone by the writer while it takes them.
    gate: RwLock<()>,
}

/// What the writer is told to do.
enum Wake {
    Write,
    Stop,
}

/// The side of a keeper that the emulator holds.
#[derive(Debug)]
pub(crate) struct Keeper {
    shared: Arc<Shared>,
    wake: mpsc::Sender<Wake>,
    progress: watch::Receiver<Progress>,
}

/// The side of a keeper that writes, on a thread of its own once it is started.
pub(crate) struct Writer {
    shared: Arc<Shared>,
    woken: mpsc::Receiver<Wake>,
    medium: Box<dyn Medium>,
    /// What was taken and is not written yet: an attempt that failed is repeated with what came since.
    batch: Vec<Change>,
    /// Dropped behind the medium: whoever waits for the end of this finds the medium let go.
    progress: watch::Sender<Progress>,
}

/// A change under way: nothing of it is written before it is whole. Dropping it has it written.
#[derive(Debug)]
pub(crate) struct UnderWay<'a> {
    keeper: &'a Keeper,
    gate: Option<RwLockReadGuard<'a, ()>>,
}

/// A keeper of state in this medium: both of its sides.
pub(crate) fn keeper(medium: Box<dyn Medium>) -> (Keeper, Writer) {
    let (wake, woken) = mpsc::channel();
    let (sender, progress) = watch::channel(Progress::default());
    let shared: Arc<Shared> = Arc::default();
    let writer = Writer { shared: Arc::clone(&shared), woken, progress: sender, medium, batch: Vec::new() };
    (Keeper { shared, wake, progress }, writer)
}

impl Keeper {
    /// Begins a change. Not to be asked for again while one is held by the same thread.
    pub(crate) fn under_way(&self) -> UnderWay<'_> {
        let gate = self.shared.gate.read().unwrap_or_else(PoisonError::into_inner);
        UnderWay { keeper: self, gate: Some(gate) }
    }

    /// Waits until everything that was noted so far is written.
    ///
    /// # Errors
    /// [`KeepError`] when it cannot be; it is tried again with the next change.
    pub(crate) async fn settle(&self) -> Result<(), Arc<KeepError>> {
        let target = self.shared.count.load(Ordering::SeqCst);
        let mut progress = self.progress.clone();
        let before = progress.borrow_and_update().attempts;
        if progress.borrow().written >= target {
            return Ok(());
        }
        self.wake.send(Wake::Write).map_err(|_| Arc::new(KeepError::Stopping))?;
        loop {
            {
                let progress = progress.borrow_and_update();
                if progress.written >= target {
                    return Ok(());
                }
                if progress.attempts > before
                    && let Some(failure) = &progress.failure
                {
                    return Err(Arc::clone(failure));
                }
            }
            progress.changed().await.map_err(|_| Arc::new(KeepError::Stopping))?;
        }
    }

    /// Whether the last attempt to write failed: then the next one is to succeed before anything else changes.
    pub(crate) fn is_failing(&self) -> bool {
        self.progress.borrow().failure.is_some()
    }

    /// Writes what is left and lets go of the medium.
    pub(crate) async fn close(&self) {
        let _ = self.wake.send(Wake::Stop);
        let mut progress = self.progress.clone();
        while progress.changed().await.is_ok() {}
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.gate = None;
        if self.keeper.shared.count.load(Ordering::SeqCst) > self.keeper.progress.borrow().written {
            // A writer that is gone is noticed by whoever waits for it.
            let _ = self.keeper.wake.send(Wake::Write);
        }
    }
}

impl Writer {
    /// Gives the parts of a state, which are empty, what was kept; whether there was anything.
    ///
    /// # Errors
    /// [`KeepError`] when it cannot be read.
    pub(crate) fn read(&mut self, state: &dyn Parts) -> Result<bool, KeepError> {
        let parts = state.parts();
        self.medium.read(&mut |part, collection, kept| {
            let part = parts.iter().find(|(own, _)| *own == part);
            part.map_or(Ok(()), |(_, keep)| lock(keep).restore(collection, kept))
        })
    }

    /// Writes the changes of a state from now on, until the keeper is closed or dropped; `anew` when nothing was kept
    /// yet, so that all of it is written.
    ///
    /// # Errors
    /// [`KeepError::NoThread`]
    pub(crate) fn start(mut self, state: &Arc<impl Parts + 'static>, anew: bool) -> Result<(), KeepError> {
        for (_, keep) in state.parts() {
            lock(keep).begin(Arc::clone(&self.shared.count), anew);
        }
        // The state owns the keeper, so a thread that owned the state would keep both for ever.
        let state = Arc::downgrade(state);
        let run = move || {
            while let Ok(mut wake) = self.woken.recv() {
                while let Ok(next) = self.woken.try_recv() {
                    if matches!(next, Wake::Stop) {
                        wake = next;
                    }
                }
                let Some(state) = state.upgrade() else { return };
                self.write(&*state);
                if matches!(wake, Wake::Stop) {
                    return;
                }
            }
        };
        thread::Builder::new().name("keeper".to_owned()).spawn(run).map(|_| ()).map_err(KeepError::NoThread)
    }

    /// Takes what has changed and writes it.
    fn write(&mut self, state: &dyn Parts) {
        let Self { shared, progress, medium, batch, .. } = self;
        // Read before the changes are taken: whatever is counted is among them.
        let number = shared.count.load(Ordering::SeqCst);
        if number == progress.borrow().written {
            return;
        }
        {
            let _alone = shared.gate.write().unwrap_or_else(PoisonError::into_inner);
            for (_, keep) in state.parts() {
                lock(keep).changes(batch);
            }
        }
        let outcome = medium.write(batch);
        progress.send_modify(|progress| {
            progress.attempts += 1;
            match outcome {
                Ok(()) => {
                    batch.clear();
                    progress.written = number;
                    progress.failure = None;
                }
                Err(error) => progress.failure = Some(Arc::new(error)),
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::state::notifications::Hub;
    use crate::state::store::Store;
    use crate::state::tokens::Tokens;

    /// A state without a world around it.
    struct State {
        store: Mutex<Store>,
        tokens: Mutex<Tokens>,
        hub: Mutex<Hub>,
    }

    impl Parts for State {
        fn parts(&self) -> Vec<(Part, &Mutex<dyn Keep>)> {
            vec![(Part::Entities, &self.store), (Part::Tokens, &self.tokens), (Part::Channels, &self.hub)]
        }
    }

    /// Remembers what it was given, and fails as long as it is told to.
    #[derive(Default, Clone)]
    struct Script(Arc<Mutex<(bool, Vec<Vec<Change>>)>>);

    impl Medium for Script {
        fn read(&mut self, _reader: Reader<'_>) -> Result<bool, KeepError> {
            Ok(true)
        }

        fn write(&mut self, changes: &[Change]) -> Result<(), KeepError> {
            let mut script = lock(&self.0);
            if script.0 {
                return Err(KeepError::Stopping);
            }
            script.1.push(changes.to_vec());
            Ok(())
        }
    }

    fn start() -> (Keeper, Script, Arc<State>) {
        let script = Script::default();
        let (keeper, writer) = keeper(Box::new(script.clone()));
        let state = Arc::new(State {
            store: Mutex::default(),
            tokens: Mutex::new(Tokens::new(1)),
            hub: Mutex::default(),
        });
        writer.start(&state, false).unwrap();
        (keeper, script, state)
    }

    fn put(state: &State, id: &str) {
        lock(&state.store).collection_mut("/c").put(id, json!({}));
    }

    fn ids(changes: &[Change]) -> Vec<&str> {
        fn id(change: &Change) -> Option<&str> {
            match change {
                Change::Put(place, _) => Some(&place.id),
                _ => None,
            }
        }
        changes.iter().filter_map(id).collect()
    }

    #[tokio::test]
    async fn what_failed_to_be_written_is_written_with_what_follows() {
        let (keeper, script, state) = start();
        lock(&script.0).0 = true;
        put(&state, "1");
        assert!(keeper.settle().await.is_err() && keeper.is_failing());
        assert!(keeper.settle().await.is_err(), "nothing new, and still not written");
        lock(&script.0).0 = false;
        put(&state, "2");
        keeper.settle().await.unwrap();
        assert!(!keeper.is_failing());
        assert_eq!(ids(&lock(&script.0).1[0]), ["1", "2"]);
    }

    #[tokio::test]
    async fn a_change_under_way_is_not_written_in_halves() {
        let (keeper, script, state) = start();
        {
            let _whole = keeper.under_way();
            put(&state, "1");
            keeper.wake.send(Wake::Write).unwrap();
            // The writer may come here at any time; it has to wait.
            std::thread::yield_now();
            assert!(lock(&script.0).1.is_empty());
            put(&state, "2");
        }
        keeper.settle().await.unwrap();
        assert_eq!(ids(&lock(&script.0).1[0]), ["1", "2"]);
    }

    #[tokio::test]
    async fn a_keeper_that_is_closed_has_written_all_and_takes_nothing_more() {
        let (keeper, script, state) = start();
        put(&state, "1");
        keeper.close().await;
        assert_eq!(lock(&script.0).1.len(), 1);
        put(&state, "2");
        assert!(matches!(*keeper.settle().await.unwrap_err(), KeepError::Stopping));
    }
}
