//! Who may send now: the shell around [`Budget`], and a bound on the calls in flight.

use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::{Semaphore, SemaphorePermit};

use crate::budget::{Budget, Observation};
use crate::clock::Clock;

/// One per session, since a session has one token at a time.
#[derive(Debug)]
pub(crate) struct Governor {
    budget: Mutex<Budget>,
    paced: bool,
    places: Semaphore,
    clock: Clock,
}

/// A call that may go out. Dropped without an answer, it counts as abandoned.
pub(crate) struct Entry<'a> {
    governor: &'a Governor,
    open: bool,
    _place: Option<SemaphorePermit<'a>>,
}

impl Governor {
    pub(crate) fn new(paced: bool, in_flight: usize, clock: Clock) -> Self {
        Self { budget: Mutex::default(), paced, places: Semaphore::new(in_flight), clock }
    }

    fn budget(&self) -> MutexGuard<'_, Budget> {
        // Every state of a budget is a sound one, so a panic elsewhere does not spoil it.
        self.budget.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until a call may go out.
    pub(crate) async fn enter(&self) -> Entry<'_> {
        // The semaphore is never closed, so the only outcome is a place.
        let place = self.places.acquire().await.ok();
        let mut entry = Entry { governor: self, open: self.paced, _place: place };
        if self.paced {
            let wait = self.budget().admit(self.clock.now());
            if !wait.is_zero() {
                tracing::debug!(wait_ms = wait.as_millis() as u64, "the rate budget spaces this call");
                tokio::time::sleep(wait).await;
            }
        } else {
            entry.open = false;
        }
        entry
    }

    /// A new token has a budget of its own.
    pub(crate) fn renew(&self) {
        self.budget().renew();
    }
}

impl Entry<'_> {
    /// An answer came.
    pub(crate) fn answered(mut self, status: u16, headers: &http::HeaderMap) {
        if std::mem::take(&mut self.open) {
            let now = self.governor.clock.now();
            self.governor.budget().answered(now, Observation::read(status, headers));
        }
    }
}

impl Drop for Entry<'_> {
    fn drop(&mut self) {
        if self.open {
            self.governor.budget().abandoned();
        }
    }
}
