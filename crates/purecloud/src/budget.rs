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

/// The headers of one answer about the window.
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

/// The windows as far as they are known.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct Budget {
    /// Calls allowed in a window; unknown until an answer says.
    allowed: Option<u32>,
    /// Calls with a place and without an answer yet.
    in_flight: u32,
    /// The window under way and those that calls wait for, in order.
    windows: Vec<Window>,
    /// Nothing goes out before.
    paused_until: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Window {
    start: u64,
    end: u64,
    /// Calls of this window: those counted by the platform, and those on their way.
    used: u32,
    /// When the next spaced call may go.
    next_slot: u64,
}

impl Window {
    /// When a call that cannot go before `at` can go in this window.
    fn slot(&self, at: u64, allowed: u32) -> Option<u64> {
        let at = at.max(self.start);
        if at >= self.end || self.used >= allowed {
            return None;
        }
        // Places can be free behind the last slot: a limit rises, or a call gives its place back.
        let is_spaced = self.used >= allowed / 2 && self.next_slot < self.end;
        Some(if is_spaced { at.max(self.next_slot) } else { at })
    }

    fn take(&mut self, slot: u64, allowed: u32) {
        if self.used >= allowed / 2 {
            let left = u64::from(allowed.saturating_sub(self.used).max(1));
            self.next_slot = slot.saturating_add(self.end.saturating_sub(slot) / left);
        }
        self.used = self.used.saturating_add(1);
    }
}

/// A place in the budget: the moment at which its call goes out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Slot(u64);

impl Slot {
    /// Returns the time that the call waits.
    pub(crate) const fn wait(self, now: u64) -> Duration {
        Duration::from_millis(self.0.saturating_sub(now))
    }
}

impl Budget {
    /// Length of a window whose end no answer has named yet.
    const WINDOW: u64 = 60_000;
    /// Answers name the end in whole seconds, so that two of one window differ by up to this much.
    const SAME_WINDOW: u64 = 2_000;
    /// No window is longer, and no call waits longer, whatever an answer says.
    const LONGEST: u64 = 3_600_000;

    /// Takes a place for a call that can wait for `patience`.
    ///
    /// The place is held until [`Self::answered`], [`Self::abandoned`] or [`Self::released`].
    ///
    /// # Errors
    /// The wait that would be needed, when it is longer than `patience` or an hour. No place is taken then.
    pub(crate) fn admit(&mut self, now: u64, patience: Duration) -> Result<Slot, Duration> {
        self.windows.retain(|window| window.end > now);
        let begin = now.max(self.paused_until);
        let (index, slot) = match self.allowed {
            None => (0, begin),
            Some(allowed) => self.find(begin, allowed),
        };
        let wait = slot.saturating_sub(now);
        if wait > Self::LONGEST || Duration::from_millis(wait) > patience {
            return Err(Duration::from_millis(wait));
        }
        if let Some(allowed) = self.allowed {
            if index == self.windows.len() {
                let end = slot.saturating_add(Self::WINDOW);
                self.windows.push(Window { start: slot, end, used: 0, next_slot: 0 });
            }
            self.windows[index].take(slot, allowed);
        }
        self.in_flight = self.in_flight.saturating_add(1);
        Ok(Slot(slot))
    }

    /// The first window with a place, and when the call goes out. The index is that of a further window where none
    /// has.
    fn find(&self, begin: u64, allowed: u32) -> (usize, u64) {
        let mut slots = self.windows.iter().map(|window| window.slot(begin, allowed)).enumerate();
        let found = slots.find_map(|(index, slot)| Some((index, slot?)));
        // With all places taken, the call is the first of the window after the last.
        let after = self.windows.last().map_or(begin, |window| window.end.max(begin));
        found.unwrap_or((self.windows.len(), after))
    }

    /// An answer came.
    pub(crate) fn answered(&mut self, now: u64, seen: Observation) {
        self.in_flight = self.in_flight.saturating_sub(1);
        if let Some(pause) = seen.refused_for {
            let pause = u64::try_from(pause.as_millis()).unwrap_or(u64::MAX).min(Self::LONGEST);
            self.paused_until = self.paused_until.max(now.saturating_add(pause));
        }
        let Some(allowed) = seen.allowed.filter(|allowed| *allowed > 0).or(self.allowed) else { return };
        let first = self.allowed.replace(allowed).is_none();
        if !first && seen.reset.is_none() {
            // It says nothing about the window, so the window is what it was.
            return;
        }
        let length = seen.reset.map_or(Self::WINDOW, |seconds| u64::from(seconds) * 1000);
        let end = now.saturating_add(length.min(Self::LONGEST));
        self.windows.retain(|window| window.end > now);
        let current = self.windows.first().filter(|window| window.start <= now).copied();
        let is_same = match current {
            // An answer of the window before, which comes late.
            Some(window) if end.saturating_add(Self::SAME_WINDOW) < window.end => return,
            Some(window) => end <= window.end.saturating_add(Self::SAME_WINDOW),
            None => false,
        };
        if !is_same {
            self.windows.retain(|window| window.start >= end);
            self.windows.insert(0, Window { start: now, end, used: 0, next_slot: 0 });
        }
        // Other processes may use the same token: the platform's count is the truth when it is higher. Calls that
        // wait for a later window are on their way too, but not in this one.
        let later = self.windows[1..].iter().fold(0, |sum: u32, window| sum.saturating_add(window.used));
        let on_their_way = self.in_flight.saturating_sub(later);
        let window = &mut self.windows[0];
        window.used = window.used.max(seen.count.unwrap_or(0).saturating_add(on_their_way));
        window.end = window.end.min(end);
    }

    /// The call went out and no answer will come: the platform may have counted it.
    pub(crate) fn abandoned(&mut self) {
        self.in_flight = self.in_flight.saturating_sub(1);
    }

    /// The call did not go out: its place is for another.
    pub(crate) fn released(&mut self, slot: Slot) {
        self.in_flight = self.in_flight.saturating_sub(1);
        let held = self.windows.iter_mut().find(|window| (window.start..window.end).contains(&slot.0));
        if let Some(window) = held {
            window.used = window.used.saturating_sub(1);
            window.next_slot = window.next_slot.min(slot.0);
        }
    }

    /// The token has changed, and with it the window; calls on their way still come back here.
    pub(crate) fn renew(&mut self) {
        *self = Self { in_flight: self.in_flight, ..Self::default() };
    }

    /// For the vectors: what is allowed, and of the last window what is used and its end.
    #[cfg(test)]
    pub(crate) fn state(&self) -> (Option<u32>, u32, u64) {
        let (used, end) = self.windows.last().map_or((0, 0), |window| (window.used, window.end));
        (self.allowed, used, end)
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
    /// No moment is further away: a wait of an hour, and the window after it.
    const FUTURE: u64 = 2 * Budget::LONGEST;
    /// More windows than an hour has.
    const MOST_WINDOWS: usize = 100;

    /// Reads what [`Self::write`] wrote. What is none is a budget of which nothing is known.
    pub(crate) fn read(text: Option<&str>, now: u64) -> Self {
        let read = text.and_then(|text| serde_json::from_str::<Self>(text).ok());
        read.filter(|shared| shared.is_sound(now)).unwrap_or_default()
    }

    /// Returns whether its numbers can be reckoned with: anybody may have written them.
    fn is_sound(&self, now: u64) -> bool {
        let windows = self.budget.windows.iter();
        let moments = windows.flat_map(|window| [window.start, window.end, window.next_slot]);
        let callers = self.callers.values().map(|caller| u64::from(caller.in_flight)).sum::<u64>();
        moments.chain([self.budget.paused_until]).all(|moment| moment <= now.saturating_add(Self::FUTURE))
            && self.budget.windows.len() <= Self::MOST_WINDOWS
            && callers <= u64::from(u32::MAX / 2)
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
        own.in_flight = own.in_flight.saturating_add(self.budget.in_flight).saturating_sub(before);
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

    fn wait(budget: &mut Budget, now: u64) -> Duration {
        budget.admit(now, Duration::MAX).unwrap().wait(now)
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
                let _ = budget.admit(now, Duration::MAX);
            }
            budget.answered(now, longest);
            if let Ok(slot) = budget.admit(now, Duration::MAX) {
                budget.released(slot);
            }
            budget.abandoned();
        }
        assert_eq!(budget.admit(0, Duration::MAX), Err(Duration::from_millis(u64::MAX)));
    }

    #[test]
    fn callers_share_one_window_through_a_text() {
        let mut text = None;
        let mut waits = Vec::new();
        for number in 0..10_u32 {
            let caller = if number % 2 == 0 { "a" } else { "b" };
            let mut shared = Shared::read(text.as_deref(), 1_000);
            waits.push(shared.change(caller, 1_000, |budget| wait(budget, 1_000)).as_secs());
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
            shared.change("dead", 0, |budget| wait(budget, 0));
        }
        shared.change("alive", 1_000, |budget| wait(budget, 1_000));
        shared.change("alive", 1_000, |budget| budget.answered(1_000, seen(1)));
        assert_eq!(shared.budget.state().1, 1 + 7);
        shared.change("alive", 125_000, |budget| wait(budget, 125_000));
        shared.change("alive", 125_000, |budget| budget.answered(125_000, seen(1)));
        assert_eq!(shared.budget.state().1, 1);
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
