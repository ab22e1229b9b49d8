//! The rate budget of a token: how many calls the platform still takes, and when the next one goes out.
//!
//! The platform counts the calls of a token in a window of a minute and says in each answer how far it has counted.
//! Half of what it allows goes out at once; the rest is spaced over what is left of the window, so that a busy program
//! slows down rather than run into a 429. The clock comes in as milliseconds of any epoch.

use std::time::Duration;

use http::HeaderMap;

/// What one answer says about the window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Observation {
    /// `inin-ratelimit-count`: calls counted in this window.
    pub(crate) count: Option<u32>,
    /// `inin-ratelimit-allowed`: calls allowed in a window.
    pub(crate) allowed: Option<u32>,
    /// `inin-ratelimit-reset`: seconds until the window ends.
    pub(crate) reset: Option<u32>,
    /// Of a 429: how long nothing may be sent.
    pub(crate) refused_for: Option<Duration>,
}

impl Observation {
    /// Reads the headers of an answer.
    pub(crate) fn read(status: u16, headers: &HeaderMap) -> Self {
        let number = |name| headers.get(name)?.to_str().ok()?.trim().parse::<u32>().ok();
        let allowed = number("inin-ratelimit-allowed");
        let reset = number("inin-ratelimit-reset");
        let refused_for = (status == 429).then(|| {
            let named = crate::classify::retry_after(headers);
            named.unwrap_or(Duration::from_secs(u64::from(reset.unwrap_or(1).max(1))))
        });
        Self { count: number("inin-ratelimit-count"), allowed, reset, refused_for }
    }
}

/// The window as far as it is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Budget {
    /// Calls allowed in a window; unknown until an answer says.
    allowed: Option<u32>,
    /// Calls of this window: those counted by the platform, and those on their way.
    used: u32,
    /// Calls without an answer yet.
    in_flight: u32,
    /// When the window begins: in the future once the one before is used up.
    window_start: u64,
    /// When the window ends; meaningless while `allowed` is unknown.
    window_end: u64,
    /// When the next spaced call may go.
    next_slot: u64,
    /// Nothing goes out before.
    paused_until: u64,
}

impl Budget {
    /// Length of a window whose end no answer has named yet.
    const WINDOW: u64 = 60_000;
    /// Answers name the end in whole seconds, so that two of one window differ by up to this much.
    const SAME_WINDOW: u64 = 2_000;

    /// Takes a place for a call, and says how long it waits before it goes out.
    ///
    /// The place is taken either way: [`Self::answered`] or [`Self::abandoned`] gives it back.
    pub(crate) fn admit(&mut self, now: u64) -> Duration {
        let start = now.max(self.paused_until);
        if let Some(allowed) = self.allowed {
            let mut at = start.max(self.window_start);
            if at >= self.window_end {
                self.open_window(at, at + Self::WINDOW, 0);
            }
            if self.used >= allowed {
                // All places are taken, so this call is the first of the next window.
                at = self.window_end;
                self.open_window(at, at + Self::WINDOW, 0);
            }
            if self.used >= allowed / 2 {
                at = at.max(self.next_slot);
                let left = u64::from(allowed.saturating_sub(self.used).max(1));
                self.next_slot = at + self.window_end.saturating_sub(at) / left;
            }
            self.used += 1;
            self.in_flight += 1;
            return Duration::from_millis(at - now);
        }
        self.in_flight += 1;
        Duration::from_millis(start - now)
    }

    fn open_window(&mut self, start: u64, end: u64, used: u32) {
        self.window_start = start;
        self.window_end = end;
        self.used = used;
        self.next_slot = 0;
    }

    /// An answer came.
    pub(crate) fn answered(&mut self, now: u64, seen: Observation) {
        self.in_flight = self.in_flight.saturating_sub(1);
        if let Some(pause) = seen.refused_for {
            self.paused_until = self.paused_until.max(now + pause.as_millis() as u64);
        }
        let Some(allowed) = seen.allowed.filter(|allowed| *allowed > 0).or(self.allowed) else { return };
        let first = self.allowed.is_none();
        if !first && seen.reset.is_none() {
            // It says nothing about the window, so the window is what it was.
            self.allowed = Some(allowed);
            return;
        }
        self.allowed = Some(allowed);
        let end = seen.reset.map_or(now + Self::WINDOW, |seconds| now + u64::from(seconds) * 1000);
        let count = seen.count.unwrap_or(0) + self.in_flight;
        if first || end > self.window_end + Self::SAME_WINDOW {
            self.open_window(now, end, count);
        } else if end + Self::SAME_WINDOW >= self.window_end {
            // Other processes may use the same token: the platform's count is the truth when it is higher.
            self.used = self.used.max(count);
            self.window_end = self.window_end.min(end);
        }
    }

    /// No answer will come.
    pub(crate) fn abandoned(&mut self) {
        self.in_flight = self.in_flight.saturating_sub(1);
    }

    /// The token has changed, and with it the window; calls on their way still come back here.
    pub(crate) fn renew(&mut self) {
        *self = Self { in_flight: self.in_flight, ..Self::default() };
    }

    /// For the vectors: allowed, used and end of the window.
    #[cfg(test)]
    pub(crate) const fn state(&self) -> (Option<u32>, u32, u64) {
        (self.allowed, self.used, self.window_end)
    }
}
