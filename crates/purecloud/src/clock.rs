//! Time and chance, read in one place and passed on as values.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::time::Instant;

/// Milliseconds since 1970 that never go back: the wall clock is read once, and what has passed since is measured.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Clock {
    began: u64,
    at: Instant,
}

impl Clock {
    pub(crate) fn start() -> Self {
        let began = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self { began: began.as_millis() as u64, at: Instant::now() }
    }

    pub(crate) fn now(&self) -> u64 {
        self.began + self.at.elapsed().as_millis() as u64
    }
}

/// A bound on time; `Duration::MAX` and zero mean none.
pub(crate) async fn timeout<T>(limit: Duration, work: impl Future<Output = T>) -> Option<T> {
    if limit.is_zero() || limit == Duration::MAX {
        return Some(work.await);
    }
    tokio::time::timeout(limit, work).await.ok()
}

/// A number in `0.0..1.0`, to spread the waits of many programs; zero when the system has no randomness.
pub(crate) fn chance() -> f64 {
    let mut bytes = [0; 4];
    match getrandom::fill(&mut bytes) {
        Ok(()) => f64::from(u32::from_le_bytes(bytes)) / (f64::from(u32::MAX) + 1.0),
        Err(_) => 0.0,
    }
}

/// Text that nobody can guess, from 256 random bits.
pub(crate) fn unguessable() -> Result<String, crate::Error> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|error| crate::Error::Setup {
        problem: "the system has no source of random numbers, which logins and forms need".to_owned(),
        source: Some(error.to_string().into()),
    })?;
    Ok(crate::oauth::random_text(&bytes))
}
