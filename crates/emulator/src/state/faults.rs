//! Failures on demand: which requests fail, and how.
//!
//! A fault is chosen by rules, in their order, or named by the request itself in the header `x-emulator-fault`. What
//! is left to chance follows from the seed, the rule and how many requests the rule has seen: the same requests fail
//! the same way in every run, whatever else happens between them.

mod delivery;
mod fault;
mod rule;

use fastrand::Rng;
use http::HeaderName;

use crate::http::problem::Problem;
use crate::http::request::Request;
use crate::schema::synthesise;

pub(crate) use delivery::{Delivery, Wire, instead, spoil};
pub use fault::{Fault, FaultKind, UnknownFault};
pub use rule::{FaultRule, UnknownRule};

/// A request names its own fault in this header, as [`Fault`] writes it.
const HEADER: HeaderName = HeaderName::from_static("x-emulator-fault");

/// What is about to fail.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Target<'a> {
    pub(crate) request: &'a Request,
    /// The name of the operation that the request reaches.
    pub(crate) operation: Option<&'a str>,
    /// Whether it opens a notification socket.
    pub(crate) opens_socket: bool,
}

/// A fault that strikes, and what its chance is drawn from.
#[derive(Debug, Clone)]
pub(crate) struct Struck {
    pub(crate) fault: Fault,
    pub(crate) rng: Rng,
}

/// The fault that a request names itself, if it does.
///
/// # Errors
/// 400 for a text that is no fault, and for a fault that cannot strike such a request.
pub(crate) fn named(target: Target<'_>) -> Result<Option<Fault>, Problem> {
    let Some(value) = target.request.headers.get(HEADER) else { return Ok(None) };
    let text = String::from_utf8_lossy(value.as_bytes());
    let refused =
        |why: String| Problem::bad_request(format!("The header [x-emulator-fault] is wrong: {why}."));
    let fault: Fault = text.parse().map_err(|error: UnknownFault| refused(error.to_string()))?;
    if !fault.suits(target.opens_socket) {
        let what =
            if target.opens_socket { "the opening of a notification socket" } else { "an ordinary request" };
        return Err(refused(format!("`{fault}` does not apply to {what}")));
    }
    Ok(Some(fault))
}

/// The rules, and how far each has come.
#[derive(Debug)]
pub(crate) struct Faults {
    rules: Vec<Active>,
    /// The number of the next rule that is added.
    next: u64,
    seed: u64,
    /// How many requests named their own fault.
    named: u64,
}

/// A rule at work.
#[derive(Debug)]
pub(crate) struct Active {
    /// Counts from 0, and stays with the rule when others go: its chances follow from it.
    pub(crate) number: u64,
    pub(crate) rule: FaultRule,
    /// How often it struck.
    pub(crate) struck: u64,
    /// Requests that it fitted.
    seen: u64,
    /// How many more fail because the last one did.
    burst: u64,
}

impl Faults {
    pub(crate) fn new(rules: Vec<FaultRule>, seed: u64) -> Self {
        let mut faults = Self { rules: Vec::new(), next: 0, seed, named: 0 };
        for rule in rules {
            faults.add(rule);
        }
        faults
    }

    /// Adds a rule behind the others, which go on from where they are; its number.
    pub(crate) fn add(&mut self, rule: FaultRule) -> u64 {
        let number = self.next;
        self.next += 1;
        self.rules.push(Active { number, rule, struck: 0, seen: 0, burst: 0 });
        number
    }

    /// Removes the rule of this number; whether it was there.
    pub(crate) fn remove(&mut self, number: u64) -> bool {
        let before = self.rules.len();
        self.rules.retain(|active| active.number != number);
        self.rules.len() < before
    }

    pub(crate) fn seed(&self) -> u64 {
        self.seed
    }

    /// In the order in which they are tried.
    pub(crate) fn rules(&self) -> &[Active] {
        &self.rules
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }

    /// A fault that the request named itself.
    pub(crate) fn strike_named(&mut self, fault: Fault) -> Struck {
        self.named += 1;
        Struck { fault, rng: synthesise::rng(self.seed, ("named fault", self.named)) }
    }

    /// The fault of the first rule that strikes.
    pub(crate) fn choose(&mut self, target: Target<'_>) -> Option<Struck> {
        for active in &mut self.rules {
            let rule = &active.rule;
            let fits = rule.fault.suits(target.opens_socket) && rule.fits(target.request, target.operation);
            if !fits || rule.times.is_some_and(|times| active.struck >= times) {
                continue;
            }
            active.seen += 1;
            if active.seen <= rule.after {
                continue;
            }
            let mut rng = synthesise::rng(self.seed, ("fault", active.number, active.seen));
            if active.burst > 0 {
                active.burst -= 1;
            } else if rule.probability < 1.0 && rng.f64() >= rule.probability {
                continue;
            } else {
                active.burst = rule.burst.saturating_sub(1);
            }
            active.struck += 1;
            return Some(Struck { fault: rule.fault, rng });
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use http::Method;

    use super::*;
    use crate::fixture;

    pub(super) fn request(path: &str) -> Request {
        fixture::request(Method::GET, path, &[], "")
    }

    fn strikes(faults: &mut Faults, path: &str, opens_socket: bool) -> bool {
        let request = request(path);
        faults.choose(Target { request: &request, operation: None, opens_socket }).is_some()
    }

    #[test]
    fn fail_twice_then_work() {
        let rule = FaultRule { times: Some(2), after: 1, ..FaultRule::new(Fault::Status(503, None)) };
        let mut faults = Faults::new(vec![rule], 1);
        let struck: Vec<bool> = (0..5).map(|_| strikes(&mut faults, "/a", false)).collect();
        assert_eq!(struck, [false, true, true, false, false]);
    }

    #[test]
    fn rules_go_on_when_others_come_and_go() {
        let twice = |path: &str| FaultRule {
            path: Some(path.to_owned()),
            times: Some(2),
            ..FaultRule::new(Fault::CutBefore)
        };
        let mut faults = Faults::new(vec![twice("/a"), twice("/b")], 1);
        assert!(strikes(&mut faults, "/b", false));
        assert_eq!(faults.add(twice("/c")), 2);
        assert!(faults.remove(0) && !faults.remove(0));
        assert!(!strikes(&mut faults, "/a", false));
        assert!(strikes(&mut faults, "/b", false) && !strikes(&mut faults, "/b", false));
        assert!(strikes(&mut faults, "/c", false));
        let left: Vec<(u64, u64)> =
            faults.rules().iter().map(|active| (active.number, active.struck)).collect();
        assert_eq!(left, [(1, 2), (2, 1)]);
    }

    #[test]
    fn what_chance_begins_lasts_for_a_burst() {
        let rule = FaultRule { probability: 0.1, burst: 5, ..FaultRule::new(Fault::CutBefore) };
        let mut faults = Faults::new(vec![rule], 3);
        let struck: Vec<bool> = (0..400).map(|_| strikes(&mut faults, "/a", false)).collect();
        let runs: Vec<usize> =
            struck.chunk_by(|a, b| a == b).filter(|run| run[0]).map(<[bool]>::len).collect();
        assert!(runs.len() > 5, "{runs:?}");
        // Two bursts may follow each other; the last may be cut by the end.
        assert!(runs[..runs.len() - 1].iter().all(|run| run % 5 == 0), "{runs:?}");
    }

    #[test]
    fn faults_of_sockets_do_not_count_ordinary_requests() {
        let rule = FaultRule { after: 1, ..FaultRule::new(Fault::SocketSilent(0)) };
        let mut faults = Faults::new(vec![rule], 1);
        assert!(!strikes(&mut faults, "/a", false) && !strikes(&mut faults, "/a", false));
        assert!(!strikes(&mut faults, "/channels/a", true));
        assert!(strikes(&mut faults, "/channels/a", true));
    }

    #[test]
    fn a_run_is_repeated_by_the_seed_whatever_happens_between_its_requests() {
        let run = |seed, between: usize| {
            let chance = |path: &str| FaultRule {
                path: Some(path.to_owned()),
                probability: 0.5,
                ..FaultRule::new(Fault::Delay(0, 1_000_000))
            };
            let mut faults = Faults::new(vec![chance("/b"), chance("/a")], seed);
            let request = request("/a");
            let mut waits = Vec::new();
            for _ in 0..64 {
                (0..between).for_each(|_| {
                    strikes(&mut faults, "/b", false);
                });
                let target = Target { request: &request, operation: None, opens_socket: false };
                waits.push(faults.choose(target).map(|mut struck| struck.rng.u64(0..=1_000_000)));
            }
            waits
        };
        assert_eq!(run(7, 0), run(7, 3));
        assert_ne!(run(7, 0), run(8, 0));
    }
}
