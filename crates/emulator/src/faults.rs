//! Failures on demand: which requests fail, and how.
//!
//! A fault is chosen by rules, in their order, or named by the request itself in the header
//! `x-emulator-fault`. Rules with a probability draw from the seed, so a run can be repeated.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use bytes::Bytes;
use fastrand::Rng;
use http::{HeaderName, HeaderValue, StatusCode, header};
use serde::{Deserialize, Serialize};

use crate::answer::{self, Answer};
use crate::problem::Problem;
use crate::request::Request;
use crate::synthesise;

/// A request names its own fault in this header, as [`Fault`] writes it.
pub(crate) const HEADER: HeaderName = HeaderName::from_static("x-emulator-fault");

/// A way to fail. Written as text: `status:503`, `status:429:7`, `delay:250`, `delay:250:100`, `cut-before`,
/// `cut-during`, `cut-after`, `truncate`, `garble`, `html`, `content-type`, `revoke`, `slow:50`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(try_from = "String", into = "String")]
#[non_exhaustive]
pub enum Fault {
    /// The platform refuses with this status, and with `Retry-After` in seconds where one is given. Nothing is
    /// done.
    Status(u16, Option<u64>),
    /// The answer comes this many milliseconds late, and up to that many more.
    Delay(u64, u64),
    /// The request is acted on, and the connection ends without an answer.
    CutBefore,
    /// The connection ends in the middle of the body.
    CutDuring,
    /// The connection ends after the answer, although the client would keep it.
    CutAfter,
    /// The body is cut in half, and its length says so: a whole answer of half a document.
    Truncate,
    /// Some bytes of the body are others.
    Garble,
    /// A proxy answers 502 with a page. Nothing is done.
    Html,
    /// The body is right and its media type is `text/plain`.
    ContentType,
    /// The token is revoked before it is looked at.
    Revoke,
    /// The body comes in 16 pieces with this many milliseconds between them.
    Slow(u64),
}

/// When to fail, and how. What is left out does not matter.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FaultRule {
    /// What happens.
    pub fault: Fault,
    /// The name of an operation, such as `getUsersMe`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation: Option<String>,
    /// Such as `GET`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// What the path begins with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// How many requests that it fits pass first. Default 0.
    #[serde(default)]
    pub after: u64,
    /// How often it strikes; for ever when left out. "Fail twice, then work" is 2.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<u64>,
    /// How likely it strikes, from 0 to 1. Default 1.
    #[serde(default = "certain")]
    pub probability: f64,
}

fn certain() -> f64 {
    1.0
}

impl FaultRule {
    /// A rule that always strikes; fields are public, so `FaultRule { times: Some(2), ..FaultRule::new(fault) }`
    /// narrows it.
    pub const fn new(fault: Fault) -> Self {
        Self { fault, operation: None, method: None, path: None, after: 0, times: None, probability: 1.0 }
    }

    fn fits(&self, request: &Request, operation: Option<&str>) -> bool {
        self.operation.as_deref().is_none_or(|wanted| operation == Some(wanted))
            && self
                .method
                .as_deref()
                .is_none_or(|wanted| request.method.as_str().eq_ignore_ascii_case(wanted))
            && self.path.as_deref().is_none_or(|wanted| request.path.starts_with(wanted))
    }
}

/// A rule as text: a fault, and after commas what narrows it, such as `status:503,operation=getUsersMe,times=2`. The
/// names are `operation`, `method`, `path`, `after`, `times` and `probability`, each at most once.
impl FromStr for FaultRule {
    type Err = UnknownRule;

    fn from_str(text: &str) -> Result<Self, UnknownRule> {
        let mut parts = text.split(',');
        let fault = parts.next().unwrap_or_default().parse().map_err(UnknownRule::Fault)?;
        let mut rule = Self::new(fault);
        let mut seen = Vec::new();
        for part in parts {
            let unknown = || UnknownRule::Narrowing { text: part.chars().take(100).collect() };
            let (name, value) = part.split_once('=').ok_or_else(unknown)?;
            let (name, value) = (name.trim(), value.trim());
            if value.is_empty() || seen.contains(&name) {
                return Err(unknown());
            }
            seen.push(name);
            match name {
                "operation" => rule.operation = Some(value.to_owned()),
                "method" => rule.method = Some(value.to_owned()),
                "path" => rule.path = Some(value.to_owned()),
                "after" => rule.after = value.parse().map_err(|_| unknown())?,
                "times" => rule.times = Some(value.parse().map_err(|_| unknown())?),
                "probability" => {
                    let probability = value.parse().map_err(|_| unknown())?;
                    if !(0.0..=1.0).contains(&probability) {
                        return Err(unknown());
                    }
                    rule.probability = probability;
                }
                _ => return Err(unknown()),
            }
        }
        Ok(rule)
    }
}

/// A text that is no rule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UnknownRule {
    /// What it begins with is no fault.
    #[error(transparent)]
    Fault(UnknownFault),
    /// What follows a comma narrows nothing.
    #[error(
        "`{text}` does not narrow a fault; there are operation=NAME, method=METHOD, path=START, after=COUNT, \
         times=COUNT and probability=0..1, each at most once"
    )]
    Narrowing {
        /// As it was written, cut after 100 characters.
        text: String,
    },
}

/// A text that is no fault.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{text}` is no fault; there are status:CODE[:SECONDS], delay:MS[:JITTER], cut-before, cut-during, cut-after, \
     truncate, garble, html, content-type, revoke and slow:MS"
)]
pub struct UnknownFault {
    text: String,
}

impl FromStr for Fault {
    type Err = UnknownFault;

    fn from_str(text: &str) -> Result<Self, UnknownFault> {
        let unknown = || UnknownFault { text: text.chars().take(100).collect() };
        let mut parts = text.trim().split(':');
        let kind = parts.next().unwrap_or_default();
        let numbers: Vec<u64> = parts.map(str::parse).collect::<Result<_, _>>().map_err(|_| unknown())?;
        // A minute and a half outlasts every client; more would only hold connections.
        let patience = |ms: &u64| (*ms).min(90_000);
        match (kind, numbers.as_slice()) {
            ("status", [code, rest @ ..]) if (400..600).contains(code) && rest.len() < 2 => {
                Ok(Self::Status(u16::try_from(*code).map_err(|_| unknown())?, rest.first().copied()))
            }
            ("delay", [ms]) => Ok(Self::Delay(patience(ms), 0)),
            ("delay", [ms, jitter]) => Ok(Self::Delay(patience(ms), patience(jitter))),
            ("slow", [ms]) => Ok(Self::Slow((*ms).min(10_000))),
            ("cut-before", []) => Ok(Self::CutBefore),
            ("cut-during", []) => Ok(Self::CutDuring),
            ("cut-after", []) => Ok(Self::CutAfter),
            ("truncate", []) => Ok(Self::Truncate),
            ("garble", []) => Ok(Self::Garble),
            ("html", []) => Ok(Self::Html),
            ("content-type", []) => Ok(Self::ContentType),
            ("revoke", []) => Ok(Self::Revoke),
            _ => Err(unknown()),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Status(code, None) => write!(f, "status:{code}"),
            Self::Status(code, Some(seconds)) => write!(f, "status:{code}:{seconds}"),
            Self::Delay(ms, 0) => write!(f, "delay:{ms}"),
            Self::Delay(ms, jitter) => write!(f, "delay:{ms}:{jitter}"),
            Self::CutBefore => f.write_str("cut-before"),
            Self::CutDuring => f.write_str("cut-during"),
            Self::CutAfter => f.write_str("cut-after"),
            Self::Truncate => f.write_str("truncate"),
            Self::Garble => f.write_str("garble"),
            Self::Html => f.write_str("html"),
            Self::ContentType => f.write_str("content-type"),
            Self::Revoke => f.write_str("revoke"),
            Self::Slow(ms) => write!(f, "slow:{ms}"),
        }
    }
}

impl TryFrom<String> for Fault {
    type Error = UnknownFault;

    fn try_from(text: String) -> Result<Self, UnknownFault> {
        text.parse()
    }
}

impl From<Fault> for String {
    fn from(fault: Fault) -> Self {
        fault.to_string()
    }
}

/// The rules, and how far each has come.
#[derive(Debug)]
pub(crate) struct Faults {
    rules: Vec<(FaultRule, Progress)>,
    seed: u64,
    rng: Rng,
}

#[derive(Debug, Default, Clone, Copy)]
struct Progress {
    passed: u64,
    struck: u64,
}

impl Faults {
    pub(crate) fn new(rules: Vec<FaultRule>, seed: u64) -> Self {
        let rules = rules.into_iter().map(|rule| (rule, Progress::default())).collect();
        Self { rules, seed, rng: synthesise::rng(seed, "faults") }
    }

    /// Replaces the rules; the draw starts anew.
    pub(crate) fn replace(&mut self, rules: Vec<FaultRule>) {
        *self = Self::new(rules, self.seed);
    }

    pub(crate) fn rules(&self) -> impl Iterator<Item = &FaultRule> {
        self.rules.iter().map(|(rule, _)| rule)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }

    /// The fault of the first rule that strikes.
    pub(crate) fn choose(&mut self, request: &Request, operation: Option<&str>) -> Option<Fault> {
        for (rule, progress) in &mut self.rules {
            if !rule.fits(request, operation) || rule.times.is_some_and(|times| progress.struck >= times) {
                continue;
            }
            if progress.passed < rule.after {
                progress.passed += 1;
                continue;
            }
            if rule.probability < 1.0 && self.rng.f64() >= rule.probability {
                continue;
            }
            progress.struck += 1;
            return Some(rule.fault);
        }
        None
    }

    /// How long a late answer waits.
    pub(crate) fn wait(&mut self, ms: u64, jitter: u64) -> Duration {
        Duration::from_millis(ms + self.rng.u64(0..=jitter))
    }
}

/// What a request gets, and how it goes over the wire.
#[derive(Debug)]
pub(crate) struct Delivery {
    pub(crate) answer: Answer,
    pub(crate) wait: Duration,
    pub(crate) wire: Wire,
}

/// How an answer goes over the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wire {
    Whole,
    /// No byte is sent.
    Nothing,
    /// The head and half of the body are sent.
    Half,
    /// Pieces with a pause between them.
    Slow(Duration),
}

impl Delivery {
    pub(crate) const fn whole(answer: Answer) -> Self {
        Self { answer, wait: Duration::ZERO, wire: Wire::Whole }
    }
}

/// What a fault answers in place of the platform, if it does.
pub(crate) fn instead(fault: Fault) -> Option<Result<Answer, Problem>> {
    match fault {
        Fault::Status(code, retry_after) => Some(Err(refusal(code, retry_after))),
        Fault::Html => {
            let page = "<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>";
            let media = HeaderValue::from_static("text/html");
            Some(Ok(answer::bytes(StatusCode::BAD_GATEWAY, media, page)))
        }
        _ => None,
    }
}

fn refusal(code: u16, retry_after: Option<u64>) -> Problem {
    let (name, message) = match code {
        429 => ("too.many.requests", "Rate limit exceeded the maximum. Retry the request later."),
        503 => ("service.unavailable", "The service is unavailable."),
        504 => ("request.timeout", "The request timed out."),
        500.. => ("internal.server.error", "The server could not answer the request."),
        _ => ("bad.request", "The request was refused."),
    };
    let status = StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let problem = Problem::new(status, name, message);
    // A 429 always says how long to wait.
    match retry_after.or((code == 429).then_some(1)) {
        Some(seconds) => problem.with_header(header::RETRY_AFTER, HeaderValue::from(seconds)),
        None => problem,
    }
}

/// Spoils an answer.
pub(crate) fn spoil(fault: Fault, mut answer: Answer, faults: &mut Faults) -> Delivery {
    let body = answer.body().clone();
    match fault {
        Fault::Truncate => *answer.body_mut() = body.slice(..body.len() / 2),
        Fault::Garble => {
            let mut bytes = body.to_vec();
            let step = (bytes.len() / 16).max(1);
            for byte in bytes.iter_mut().step_by(step) {
                *byte ^= 0x15;
            }
            *answer.body_mut() = Bytes::from(bytes);
        }
        Fault::ContentType => {
            answer.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain"));
        }
        Fault::CutAfter => {
            answer.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        _ => {}
    }
    let mut delivery = Delivery::whole(answer);
    match fault {
        Fault::Delay(ms, jitter) => delivery.wait = faults.wait(ms, jitter),
        Fault::CutBefore => delivery.wire = Wire::Nothing,
        Fault::CutDuring => delivery.wire = Wire::Half,
        Fault::Slow(ms) => delivery.wire = Wire::Slow(Duration::from_millis(ms)),
        _ => {}
    }
    delivery
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, Method};

    use super::*;

    fn request(path: &str) -> Request {
        Request {
            method: Method::GET,
            path: path.to_owned(),
            query: String::new(),
            headers: HeaderMap::new(),
            body: Bytes::new(),
        }
    }

    #[test]
    fn faults_read_as_they_are_written() {
        for text in [
            "status:503",
            "status:429:7",
            "delay:250",
            "delay:250:100",
            "cut-before",
            "cut-during",
            "cut-after",
            "truncate",
            "garble",
            "html",
            "content-type",
            "revoke",
            "slow:50",
        ] {
            assert_eq!(text.parse::<Fault>().unwrap().to_string(), text);
        }
        for text in ["", "status", "status:200", "status:abc", "delay", "cut", "status:503:1:2", "slow:1:2"] {
            assert!(text.parse::<Fault>().is_err(), "{text}");
        }
    }

    #[test]
    fn fail_twice_then_work() {
        let rule = FaultRule { times: Some(2), after: 1, ..FaultRule::new(Fault::Status(503, None)) };
        let mut faults = Faults::new(vec![rule], 1);
        let struck: Vec<bool> = (0..5).map(|_| faults.choose(&request("/a"), None).is_some()).collect();
        assert_eq!(struck, [false, true, true, false, false]);
    }

    #[test]
    fn rules_fit_by_operation_method_and_path() {
        let rule = FaultRule {
            operation: Some("getUsersMe".to_owned()),
            method: Some("get".to_owned()),
            path: Some("/api/".to_owned()),
            ..FaultRule::new(Fault::Garble)
        };
        assert!(rule.fits(&request("/api/x"), Some("getUsersMe")));
        assert!(!rule.fits(&request("/api/x"), Some("getUsers")));
        assert!(!rule.fits(&request("/x"), Some("getUsersMe")));
    }

    #[test]
    fn rules_are_read_from_text() {
        let text = "status:503:7,operation=getUsersMe,method=GET,path=/api/,after=1,times=2,probability=0.5";
        let rule: FaultRule = text.parse().unwrap();
        let expected = FaultRule {
            operation: Some("getUsersMe".to_owned()),
            method: Some("GET".to_owned()),
            path: Some("/api/".to_owned()),
            after: 1,
            times: Some(2),
            probability: 0.5,
            ..FaultRule::new(Fault::Status(503, Some(7)))
        };
        assert_eq!(rule, expected);
        assert_eq!("garble".parse(), Ok(FaultRule::new(Fault::Garble)));
        for text in [
            "",
            "explode",
            "garble,",
            "garble,times",
            "garble,times=",
            "garble,times=-1",
            "garble,probability=2",
            "garble,probability=NaN",
            "garble,times=1,times=2",
            "garble,colour=red",
        ] {
            assert!(text.parse::<FaultRule>().is_err(), "{text}");
        }
    }

    #[test]
    fn chance_is_repeated_by_the_seed() {
        let run = |seed| {
            let rule = FaultRule { probability: 0.5, ..FaultRule::new(Fault::CutBefore) };
            let mut faults = Faults::new(vec![rule], seed);
            (0..64).map(|_| faults.choose(&request("/"), None).is_some()).collect::<Vec<_>>()
        };
        assert_eq!(run(7), run(7));
        assert_ne!(run(7), run(8));
    }
}
