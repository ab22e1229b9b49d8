//! How many requests are under way, so that a test can wait for the end of them.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use crate::base::lock::lock;

/// How often a waiter looks.
const LOOK: Duration = Duration::from_millis(5);

/// The requests under way.
#[derive(Debug, Default)]
pub(crate) struct Traffic(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    under_way: usize,
    /// When the last request ended.
    ended: Option<Instant>,
}

/// A request under way, until it is dropped.
#[derive(Debug)]
pub(crate) struct UnderWay<'a>(&'a Traffic);

impl Traffic {
    pub(crate) fn begin(&self) -> UnderWay<'_> {
        lock(&self.0).under_way += 1;
        UnderWay(self)
    }

    /// Waits until nothing has been under way for `quiet`; `false` when that did not happen within `limit`.
    pub(crate) async fn idle(&self, quiet: Duration, limit: Duration) -> bool {
        let started = Instant::now();
        loop {
            if self.is_quiet(quiet.min(limit), started) {
                return true;
            }
            if started.elapsed() >= limit {
                return false;
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    fn is_quiet(&self, quiet: Duration, started: Instant) -> bool {
        let state = lock(&self.0);
        // Before the first request, quiet counts from when somebody began to wait.
        state.under_way == 0 && state.ended.unwrap_or(started).elapsed() >= quiet
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        let mut state = lock(&self.0.0);
        state.under_way -= 1;
        state.ended = Some(Instant::now());
    }
}
