//! Where time comes from: tokens expire and windows close by this clock, so a test can move it.

use std::fmt::Debug;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A source of the current time.
pub trait Clock: Debug + Send + Sync {
    /// The time now.
    fn now(&self) -> SystemTime;
}

/// The machine's own clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> SystemTime {
        SystemTime::now()
    }
}

/// A clock that stands still until it is moved.
#[derive(Debug)]
pub struct ManualClock(AtomicI64);

impl ManualClock {
    /// A clock that shows `start`, cut to whole milliseconds.
    pub fn new(start: SystemTime) -> Self {
        Self(AtomicI64::new(Moment::from(start).0))
    }

    /// Moves the clock forward.
    pub fn advance(&self, by: Duration) {
        let by = i64::try_from(by.as_millis()).unwrap_or(i64::MAX);
        self.0.fetch_add(by, Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> SystemTime {
        let elapsed = u64::try_from(self.0.load(Ordering::SeqCst)).unwrap_or(0);
        UNIX_EPOCH + Duration::from_millis(elapsed)
    }
}

/// Milliseconds since 1970, the unit in which the emulator reckons.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Moment(pub(crate) i64);

impl Moment {
    /// This moment and `by` more; it stops at the end of time instead of wrapping.
    pub(crate) fn after(self, by: Duration) -> Self {
        Self(self.0.saturating_add(i64::try_from(by.as_millis()).unwrap_or(i64::MAX)))
    }

    /// This moment and `by` less.
    pub(crate) fn before(self, by: Duration) -> Self {
        Self(self.0.saturating_sub(i64::try_from(by.as_millis()).unwrap_or(i64::MAX)))
    }

    /// This moment on a clock that is this many seconds ahead, or behind when negative.
    pub(crate) fn skewed(self, seconds: i64) -> Self {
        Self(self.0.saturating_add(seconds.saturating_mul(1000)))
    }

    /// As the `Date` of an answer: `Mon, 23 Nov 2026 21:02:00 GMT`.
    pub(crate) fn http(self) -> String {
        Timestamp::from_millisecond(self.0)
            .map_or_else(|_| String::new(), |stamp| stamp.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string())
    }

    /// Milliseconds from an earlier moment until this one; 0 when that one is later.
    pub(crate) fn since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0).max(0)
    }

    /// The moment that an ISO 8601 text with an offset says.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        text.trim().parse::<Timestamp>().ok().map(|stamp| Self(stamp.as_millisecond()))
    }

    /// Whole seconds from `self` until `later`, rounded up; 0 when that has passed.
    pub(crate) fn seconds_until(self, later: Self) -> u64 {
        u64::try_from(later.0.saturating_sub(self.0)).unwrap_or(0).div_ceil(1000)
    }

    /// As the platform writes dates: `2026-11-23T21:02:00.000Z`.
    pub(crate) fn iso(self) -> String {
        Timestamp::from_millisecond(self.0).map_or_else(|_| String::new(), |stamp| format!("{stamp:.3}"))
    }
}

impl From<SystemTime> for Moment {
    fn from(time: SystemTime) -> Self {
        let elapsed = time.duration_since(UNIX_EPOCH).unwrap_or_default();
        Self(i64::try_from(elapsed.as_millis()).unwrap_or(i64::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_have_three_digits_of_a_second_and_a_z() {
        assert_eq!(Moment(0).iso(), "1970-01-01T00:00:00.000Z");
        assert_eq!(Moment(1_764_000_000_120).iso(), "2025-11-24T16:00:00.120Z");
    }

    #[test]
    fn a_skewed_clock_shows_another_date() {
        let moment = Moment(1_764_000_000_120);
        assert_eq!(moment.http(), "Mon, 24 Nov 2025 16:00:00 GMT");
        assert_eq!(moment.skewed(-86_400).http(), "Sun, 23 Nov 2025 16:00:00 GMT");
        assert_eq!(Moment(i64::MIN).skewed(-1).http(), "");
    }

    #[test]
    fn a_manual_clock_moves_only_when_told() {
        let clock = ManualClock::new(UNIX_EPOCH);
        assert_eq!(clock.now(), UNIX_EPOCH);
        clock.advance(Duration::from_secs(3));
        assert_eq!(clock.now(), UNIX_EPOCH + Duration::from_secs(3));
    }

    #[test]
    fn remaining_seconds_round_up() {
        assert_eq!(Moment(0).seconds_until(Moment(1)), 1);
        assert_eq!(Moment(5000).seconds_until(Moment(0)), 0);
    }
}
