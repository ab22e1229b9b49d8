//! The rate budget of a token: how many calls the platform still takes, and when the next one goes out.
//!
//! The platform counts the calls of a token in a window of a minute and says in each answer how far it has counted.
//! Half of what it allows goes out at once; the rest is spaced over what is left of the window, so that a busy program
//! slows down rather than run into a 429. The clock comes in as milliseconds of any epoch.

use std::collections::BTreeMap;
use std::time::Duration;

use http::{HeaderMap, HeaderName};
use serde::{Deserialize, Serialize};

// A name that is a text would be read anew for each answer.
static COUNT: HeaderName = HeaderName::from_static("inin-ratelimit-count");
static ALLOWED: HeaderName = HeaderName::from_static("inin-ratelimit-allowed");
static RESET: HeaderName = HeaderName::from_static("inin-ratelimit-reset");

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
        let number = |name: &HeaderName| headers.get(name)?.to_str().ok()?.trim().parse::<u32>().ok();
        let allowed = number(&ALLOWED);
        let reset = number(&RESET);
        let refused_for = (status == 429).then(|| {
            let named = crate::classify::retry_after(headers);
            named.unwrap_or(Duration::from_secs(u64::from(reset.unwrap_or(1).max(1))))
        });
        Self { count: number(&COUNT), allowed, reset, refused_for }
    }
}

/// The window as far as it is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
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
                self.open_window(at, at.saturating_add(Self::WINDOW), 0);
            }
            if self.used >= allowed {
                // All places are taken, so this call is the first of the next window.
                at = self.window_end;
                self.open_window(at, at.saturating_add(Self::WINDOW), 0);
            }
            if self.used >= allowed / 2 {
                at = at.max(self.next_slot);
                let left = u64::from(allowed.saturating_sub(self.used).max(1));
                self.next_slot = at.saturating_add(self.window_end.saturating_sub(at) / left);
            }
            self.used = self.used.saturating_add(1);
            self.in_flight = self.in_flight.saturating_add(1);
            return Duration::from_millis(at - now);
        }
        self.in_flight = self.in_flight.saturating_add(1);
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
            let pause = u64::try_from(pause.as_millis()).unwrap_or(u64::MAX);
            self.paused_until = self.paused_until.max(now.saturating_add(pause));
        }
        let Some(allowed) = seen.allowed.filter(|allowed| *allowed > 0).or(self.allowed) else { return };
        let first = self.allowed.is_none();
        if !first && seen.reset.is_none() {
            // It says nothing about the window, so the window is what it was.
            self.allowed = Some(allowed);
            return;
        }
        self.allowed = Some(allowed);
        let window = seen.reset.map_or(Self::WINDOW, |seconds| u64::from(seconds) * 1000);
        let end = now.saturating_add(window);
        let count = seen.count.unwrap_or(0).saturating_add(self.in_flight);
        if first || end > self.window_end.saturating_add(Self::SAME_WINDOW) {
            self.open_window(now, end, count);
        } else if end.saturating_add(Self::SAME_WINDOW) >= self.window_end {
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

/// The budget of a token as several processes keep it.
///
/// It says who has how many calls on their way, so that those of a process that died are not waited for.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct Shared {
    budget: Budget,
    callers: BTreeMap<String, Caller>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
struct Caller {
    in_flight: u32,
    /// When it was last heard of.
    seen: u64,
}

impl Shared {
    /// A caller that has not been heard of for so long has no calls on their way any more.
    const SILENCE: u64 = 120_000;
    /// No window is so long, and no pause.
    const FUTURE: u64 = 3_600_000;

    /// Reads what [`Self::write`] wrote. What is none is a budget of which nothing is known.
    pub(crate) fn read(text: Option<&str>, now: u64) -> Self {
        let read = text.and_then(|text| serde_json::from_str::<Self>(text).ok());
        read.filter(|shared| shared.is_sound(now)).unwrap_or_default()
    }

    /// Whether its numbers can be reckoned with: anybody may have written them.
    fn is_sound(&self, now: u64) -> bool {
        let Budget { allowed, used, window_start, window_end, next_slot, paused_until, .. } = self.budget;
        let moments = [window_start, window_end, next_slot, paused_until];
        let counts = self.callers.values().map(|caller| caller.in_flight).chain([used]).chain(allowed);
        moments.iter().all(|moment| *moment <= now.saturating_add(Self::FUTURE))
            && counts.map(u64::from).sum::<u64>() <= u64::from(u32::MAX / 2)
    }

    pub(crate) fn write(&self) -> String {
        // Numbers and short names are always JSON; an empty text reads as nothing known.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Changes the budget on behalf of a caller.
    pub(crate) fn change<T>(&mut self, caller: &str, now: u64, change: impl FnOnce(&mut Budget) -> T) -> T {
        self.callers
            .retain(|_, caller| caller.seen.saturating_add(Self::SILENCE) > now && caller.in_flight > 0);
        let before = self.callers.values().map(|caller| caller.in_flight).sum::<u32>();
        self.budget.in_flight = before;
        let outcome = change(&mut self.budget);
        let own = self.callers.entry(caller.to_owned()).or_default();
        own.in_flight = (own.in_flight + self.budget.in_flight).saturating_sub(before);
        own.seen = now;
        outcome
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(count: u32) -> Observation {
        Observation { count: Some(count), allowed: Some(10), reset: Some(60), refused_for: None }
    }

    #[test]
    fn numbers_as_large_as_they_can_be_are_reckoned_with() {
        let most = Some(u32::MAX);
        let longest = Observation {
            count: most,
            allowed: most,
            reset: most,
            refused_for: Some(Duration::from_secs(u64::MAX)),
        };
        let mut budget = Budget::default();
        for now in [0, u64::MAX - 1, u64::MAX] {
            for _ in 0..3 {
                budget.admit(now);
            }
            budget.answered(now, longest);
            budget.admit(now);
            budget.abandoned();
        }
        assert_eq!(budget.admit(0), Duration::from_millis(u64::MAX));
    }

    #[test]
    fn callers_share_one_window_through_a_text() {
        let mut text = None;
        let mut waits = Vec::new();
        for number in 0..10_u32 {
            let caller = if number % 2 == 0 { "a" } else { "b" };
            let mut shared = Shared::read(text.as_deref(), 1_000);
            waits.push(shared.change(caller, 1_000, |budget| budget.admit(1_000)).as_secs());
            shared.change(caller, 1_000, |budget| budget.answered(1_000, seen(number + 1)));
            text = Some(shared.write());
        }
        // Half at once, whoever sends them; the rest spaced over the minute.
        assert_eq!(waits, [0, 0, 0, 0, 0, 0, 12, 24, 36, 48]);
    }

    #[test]
    fn calls_of_a_caller_that_died_are_forgotten() {
        let mut shared = Shared::default();
        for _ in 0..7 {
            shared.change("dead", 0, |budget| budget.admit(0));
        }
        shared.change("alive", 1_000, |budget| budget.admit(1_000));
        shared.change("alive", 1_000, |budget| budget.answered(1_000, seen(1)));
        assert_eq!(shared.budget.used, 1 + 7);
        shared.change("alive", 125_000, |budget| budget.admit(125_000));
        shared.change("alive", 125_000, |budget| budget.answered(125_000, seen(1)));
        assert_eq!(shared.budget.used, 1);
    }

    #[test]
    fn what_cannot_be_reckoned_with_is_read_as_nothing() {
        let mut far = Shared::default();
        far.budget.paused_until = u64::MAX;
        let mut many = Shared::default();
        many.callers.insert("a".to_owned(), Caller { in_flight: u32::MAX, seen: u64::MAX });
        for text in ["", "null", "{}", "[1]", &far.write(), &many.write()] {
            assert_eq!(Shared::read(Some(text), 1_000), Shared::default(), "{text}");
        }
    }
}
