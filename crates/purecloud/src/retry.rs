//! Decides whether a call is tried again, and how long it waits before.
//!
//! The decision is a plain function; the clock and the dice are arguments.

use std::time::Duration;

use crate::operation::{Method, Repeat};

/// The policy of a session or a call for failures that may pass.
///
/// ```
/// use std::time::Duration;
///
/// let patient = purecloud::RetryPolicy::default().attempts(10).limit(Duration::from_secs(600));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RetryPolicy {
    /// Tries in all, the first included; 1 means that nothing is repeated.
    pub attempts: u32,
    /// Upper bound of the wait before the second try; it doubles with each further one.
    pub base: Duration,
    /// Upper bound of a wait of ours. A wait that the platform names is never shortened.
    pub cap: Duration,
    /// From the start of the call: a try that would begin later is not made, and the caller sees the failure at once.
    /// It bounds waits for the platform's rate limit alike; time spent behind other calls of the session, while
    /// [as many as may be](crate::SessionBuilder::in_flight) are under way, does not count.
    pub limit: Duration,
}

impl Default for RetryPolicy {
    /// Four tries, waits of up to 300 ms, 600 ms and 1.2 s, two minutes in all (the platform may ask for one).
    fn default() -> Self {
        Self {
            attempts: 4,
            base: Duration::from_millis(300),
            cap: Duration::from_secs(30),
            limit: Duration::from_secs(120),
        }
    }
}

impl RetryPolicy {
    /// Nothing is repeated.
    pub fn off() -> Self {
        Self { attempts: 1, ..Self::default() }
    }

    /// With so many tries in all, the first included.
    #[must_use]
    pub const fn attempts(mut self, attempts: u32) -> Self {
        self.attempts = attempts;
        self
    }

    /// With waits of up to `base` before the second try, and of up to `cap` before any.
    #[must_use]
    pub const fn waits(mut self, base: Duration, cap: Duration) -> Self {
        self.base = base;
        self.cap = cap;
        self
    }

    /// With no try that would begin later than this after the start of the call.
    #[must_use]
    pub const fn limit(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }
}

/// The failure of a try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Failure {
    /// The platform answered with this status.
    Status(u16),
    /// No connection was opened, so nothing was acted on.
    NotSent,
    /// The connection broke, or no answer came in time: the request may have been acted on.
    MaybeSent,
}

/// One failed try and the circumstances.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Attempt {
    /// Tries made so far; 1 after the first.
    pub(crate) number: u32,
    pub(crate) method: Method,
    pub(crate) repeat: Repeat,
    pub(crate) failure: Failure,
    /// The wait that the platform asks for.
    pub(crate) retry_after: Option<Duration>,
    pub(crate) spent: Spent,
    /// In `0.0..1.0`.
    pub(crate) random: f64,
}

/// The time that a call has spent, and its limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Spent {
    /// Since the call began.
    pub(crate) elapsed: Duration,
    /// Of this, while it waited behind other calls of the session.
    pub(crate) queued: Duration,
    /// The time limit of the whole call, if its caller set one.
    pub(crate) total: Option<Duration>,
}

/// Returns the time that a call may still wait before its next try. This bounds every wait: for the platform's rate
/// limit, and for another try.
pub(crate) fn patience(policy: &RetryPolicy, spent: &Spent) -> Duration {
    let own = policy.limit.saturating_sub(spent.elapsed.saturating_sub(spent.queued));
    spent.total.map_or(own, |total| own.min(total.saturating_sub(spent.elapsed)))
}

/// The next step after a failed try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Decision {
    /// Try again after this wait.
    Retry { after: Duration },
    /// Give the failure to the caller.
    Stop(Stop),
}

/// Why a call is not tried again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stop {
    /// Another try would fail alike.
    Permanent,
    /// The platform may have acted on the request, and a second one might do harm.
    Unsafe,
    /// All tries are used up.
    Attempts,
    /// The wait would end past the limit.
    Limit,
}

/// Decides whether to try again, and after what wait.
pub(crate) fn decide(policy: &RetryPolicy, attempt: &Attempt) -> Decision {
    let harmless = attempt.method.is_idempotent() || attempt.repeat == Repeat::Reads;
    let allowed = match attempt.failure {
        Failure::Status(429) | Failure::NotSent => true,
        Failure::Status(status) if !is_passing(status) => return Decision::Stop(Stop::Permanent),
        Failure::Status(_) | Failure::MaybeSent => harmless,
    };
    if !allowed {
        return Decision::Stop(Stop::Unsafe);
    }
    if attempt.number >= policy.attempts {
        return Decision::Stop(Stop::Attempts);
    }
    // Jitter goes on our own delays only: when the platform says "wait 7 s" it has already spread its callers.
    let after =
        attempt.retry_after.unwrap_or_else(|| backoff(policy, attempt.number).mul_f64(attempt.random));
    if after > patience(policy, &attempt.spent) {
        return Decision::Stop(Stop::Limit);
    }
    Decision::Retry { after }
}

/// Returns whether a failure with this status may pass by itself: 408, 429 and 5xx but for those that say "never".
const fn is_passing(status: u16) -> bool {
    matches!(status, 408 | 429 | 500..=599) && !matches!(status, 501 | 505)
}

/// Upper bound of the wait after try `number`.
fn backoff(policy: &RetryPolicy, number: u32) -> Duration {
    let factor = 2_u32.saturating_pow(number.saturating_sub(1));
    policy.base.saturating_mul(factor).min(policy.cap)
}

/// The allowance of a session for repetitions, so that clients do not multiply an outage.
///
/// A success earns 1 up to 100, a repetition costs 5: when everything fails, a session repeats 20 calls and then one
/// in twenty-five of those that succeed. A repetition that the platform asked for (429) costs nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Allowance {
    left: u32,
}

impl Default for Allowance {
    fn default() -> Self {
        Self { left: Self::MOST }
    }
}

impl Allowance {
    const MOST: u32 = 100;
    const COST: u32 = 5;

    /// After a success.
    pub(crate) fn earn(&mut self) {
        self.left = (self.left + 1).min(Self::MOST);
    }

    /// Before a repetition: whether it may be made.
    pub(crate) fn spend(&mut self, failure: Failure) -> bool {
        if failure == Failure::Status(429) {
            return true;
        }
        match self.left.checked_sub(Self::COST) {
            Some(left) => {
                self.left = left;
                true
            }
            None => false,
        }
    }
}
