//! What a fault does to an answer, and to its way over the wire.

use std::time::Duration;

use bytes::Bytes;
use fastrand::Rng;
use http::{HeaderValue, StatusCode, header};

use super::fault::Fault;
use crate::http::answer::{self, Answer};
use crate::http::problem::Problem;

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

/// Spoils an answer; what is left to chance comes from `rng`.
pub(crate) fn spoil(fault: Fault, mut answer: Answer, mut rng: Rng) -> Delivery {
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
        Fault::Delay(ms, jitter) => delivery.wait = Duration::from_millis(ms + rng.u64(0..=jitter)),
        Fault::CutBefore => delivery.wire = Wire::Nothing,
        Fault::CutDuring => delivery.wire = Wire::Half,
        Fault::Slow(ms) => delivery.wire = Wire::Slow(Duration::from_millis(ms)),
        _ => {}
    }
    delivery
}
