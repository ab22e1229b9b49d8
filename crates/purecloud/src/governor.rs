//! Who may send now: the shell around [`Budget`], and a bound on the calls in flight.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http::HeaderValue;
use sha2::{Digest as _, Sha256};
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::budget::{Budget, Observation, Shared};
use crate::clock::Clock;
use crate::store::BudgetStore;

/// One per session, since a session has one token at a time.
pub(crate) struct Governor {
    budget: Mutex<Budget>,
    fleet: Option<Arc<Fleet>>,
    paced: bool,
    places: Semaphore,
    clock: Clock,
}

/// What is shared with other sessions.
struct Fleet {
    store: Arc<dyn BudgetStore>,
    /// What this session is called there.
    caller: String,
    clock: Clock,
}

/// A call that may go out. Dropped without an answer, it counts as abandoned.
pub(crate) struct Entry<'a> {
    governor: &'a Governor,
    held: Held,
    _place: Option<SemaphorePermit<'a>>,
}

/// Which budget a call has a place in.
enum Held {
    Nothing,
    Own,
    /// That of the token with this key.
    Fleets(Arc<Fleet>, String),
}

impl Governor {
    pub(crate) fn new(paced: bool, in_flight: usize, clock: Clock) -> Self {
        Self { budget: Mutex::default(), fleet: None, paced, places: Semaphore::new(in_flight), clock }
    }

    /// Shares the budget with whoever else uses the store.
    pub(crate) fn share(mut self, store: Arc<dyn BudgetStore>, caller: String) -> Self {
        self.fleet = Some(Arc::new(Fleet { store, caller, clock: self.clock }));
        self
    }

    fn budget(&self) -> MutexGuard<'_, Budget> {
        // Every state of a budget is a sound one, so a panic elsewhere does not spoil it.
        self.budget.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until a call with this `Authorization` may go out.
    pub(crate) async fn enter(&self, authorization: Option<&HeaderValue>) -> Entry<'_> {
        // The semaphore is never closed, so the only outcome is a place.
        let place = self.places.acquire().await.ok();
        let mut entry = Entry { governor: self, held: Held::Nothing, _place: place };
        if self.paced {
            let wait = entry.admit(authorization).await;
            if !wait.is_zero() {
                tracing::debug!(wait_ms = wait.as_millis() as u64, "the rate budget spaces this call");
                tokio::time::sleep(wait).await;
            }
        }
        entry
    }

    /// A new token has a budget of its own.
    pub(crate) fn renew(&self) {
        self.budget().renew();
    }
}

impl Entry<'_> {
    async fn admit(&mut self, authorization: Option<&HeaderValue>) -> Duration {
        if let (Some(fleet), Some(authorization)) = (&self.governor.fleet, authorization) {
            let key = key(authorization);
            let admitted = fleet.change(&key, Budget::admit).await;
            if let Some(wait) = admitted {
                self.held = Held::Fleets(Arc::clone(fleet), key);
                return wait;
            }
        }
        self.held = Held::Own;
        self.governor.budget().admit(self.governor.clock.now())
    }

    /// An answer came.
    pub(crate) async fn answered(mut self, status: u16, headers: &http::HeaderMap) {
        match std::mem::replace(&mut self.held, Held::Nothing) {
            Held::Nothing => {}
            Held::Own => {
                let now = self.governor.clock.now();
                self.governor.budget().answered(now, Observation::read(status, headers));
            }
            Held::Fleets(fleet, key) => {
                let seen = Observation::read(status, headers);
                fleet.change(&key, |budget, now| budget.answered(now, seen)).await;
            }
        }
    }
}

impl Drop for Entry<'_> {
    fn drop(&mut self) {
        match std::mem::replace(&mut self.held, Held::Nothing) {
            Held::Nothing => {}
            Held::Own => self.governor.budget().abandoned(),
            Held::Fleets(fleet, key) => {
                // Without a runtime the program is ending, and the others forget us in time.
                if let Ok(runtime) = tokio::runtime::Handle::try_current() {
                    runtime.spawn(async move { fleet.change(&key, |budget, _| budget.abandoned()).await });
                }
            }
        }
    }
}

impl Fleet {
    /// Changes the budget of a token for everybody; `None` when the store failed.
    async fn change<T: Send>(
        &self,
        key: &str,
        change: impl Fn(&mut Budget, u64) -> T + Send + Sync,
    ) -> Option<T> {
        let mut outcome = None;
        let changed = self.store.update(
            key,
            Box::new(|text| {
                let now = self.clock.now();
                let mut shared = Shared::read(text, now);
                outcome = Some(shared.change(&self.caller, now, |budget| change(budget, now)));
                shared.write()
            }),
        );
        if let Err(error) = changed.await {
            tracing::warn!(%error, "the shared rate budget cannot be had; this session goes by its own");
            return None;
        }
        outcome
    }
}

/// What a token is called in the store: half of its digest, from which nobody gets the token.
fn key(authorization: &HeaderValue) -> String {
    let digest = Sha256::digest(authorization.as_bytes());
    digest.iter().take(16).fold(String::with_capacity(32), |mut key, byte| {
        use std::fmt::Write as _;
        // Writing to a text cannot fail.
        let _ = write!(key, "{byte:02x}");
        key
    })
}
