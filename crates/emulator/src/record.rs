//! The last requests, kept for tests and for the page that shows them.

use std::collections::VecDeque;
use std::time::Duration;

use http::{HeaderMap, header};
use serde::Serialize;

use crate::answer::{self, Answer};
use crate::clock::Moment;
use crate::faults::Fault;
use crate::request::Request;

/// Bodies are kept up to this many bytes.
const LONGEST_BODY: usize = 64 * 1024;
/// All that is kept together takes at most about this many bytes.
const MOST_BYTES: usize = 16 * 1024 * 1024;
/// Form fields whose values are secrets.
const SECRET_FIELDS: &[&str] =
    &["client_secret", "password", "refresh_token", "assertion", "code", "code_verifier"];

/// A request that reached the emulator, and how it was answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Recorded {
    /// Counts from 1, since the start or the last reset.
    pub number: u64,
    /// When it arrived, by the emulator's clock: `2026-11-23T21:02:00.000Z`.
    pub received: String,
    /// Such as `GET`.
    pub method: String,
    /// As it stood on the request line, still encoded, without the query.
    pub path: String,
    /// Without the question mark, still encoded; empty when there was none.
    pub query: String,
    /// In the order of their arrival, names in lower case. Values of `authorization` and `cookie` are
    /// `[redacted]`, after the scheme.
    pub headers: Vec<(String, String)>,
    /// As text; bytes that are not UTF-8 are replaced, secrets in forms are `[redacted]`, and what is beyond
    /// 64 KiB is left out.
    pub body: String,
    /// The operation's name in the definition, where one was reached.
    pub operation: Option<String>,
    /// The status of the answer.
    pub status: u16,
    /// The fault that struck it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fault: Option<Fault>,
    /// How long the answer took to make, in microseconds.
    pub elapsed_micros: u64,
    /// The correlation id of the answer.
    pub correlation_id: String,
}

/// What there is to say about a request once it is answered.
#[derive(Debug)]
pub(crate) struct Kept<'a> {
    pub(crate) operation: Option<&'a str>,
    pub(crate) answer: &'a Answer,
    pub(crate) fault: Option<Fault>,
    pub(crate) elapsed: Duration,
}

/// Keeps the last requests, at most so many and so many bytes.
#[derive(Debug)]
pub(crate) struct Record {
    kept: VecDeque<Recorded>,
    most: usize,
    bytes: usize,
    next: u64,
}

impl Record {
    pub(crate) fn new(most: usize) -> Self {
        Self { kept: VecDeque::new(), most, bytes: 0, next: 1 }
    }

    pub(crate) fn add(&mut self, request: &Request, kept: &Kept<'_>, now: Moment) {
        let number = self.next;
        self.next += 1;
        if self.most == 0 {
            return;
        }
        let recorded = Recorded {
            number,
            received: now.iso(),
            method: request.method.to_string(),
            path: request.path.clone(),
            query: request.query.clone(),
            headers: headers(&request.headers),
            body: body(request),
            operation: kept.operation.map(str::to_owned),
            status: kept.answer.status().as_u16(),
            fault: kept.fault,
            elapsed_micros: u64::try_from(kept.elapsed.as_micros()).unwrap_or(u64::MAX),
            correlation_id: kept
                .answer
                .headers()
                .get(answer::CORRELATION_ID)
                .and_then(|value| value.to_str().ok())
                .unwrap_or_default()
                .to_owned(),
        };
        self.bytes += weight(&recorded);
        self.kept.push_back(recorded);
        while self.kept.len() > self.most || self.bytes > MOST_BYTES {
            let Some(oldest) = self.kept.pop_front() else { break };
            self.bytes -= weight(&oldest);
        }
    }

    pub(crate) fn all(&self) -> Vec<Recorded> {
        self.kept.iter().cloned().collect()
    }

    /// What came after the request with this number.
    pub(crate) fn after(&self, number: u64) -> Vec<Recorded> {
        self.kept.iter().filter(|recorded| recorded.number > number).cloned().collect()
    }

    pub(crate) fn clear(&mut self) {
        self.kept.clear();
        self.bytes = 0;
        self.next = 1;
    }
}

fn weight(recorded: &Recorded) -> usize {
    const OVERHEAD: usize = 300;
    let headers: usize = recorded.headers.iter().map(|(name, value)| name.len() + value.len() + 48).sum();
    OVERHEAD + recorded.path.len() + recorded.query.len() + recorded.body.len() + headers
}

fn headers(headers: &HeaderMap) -> Vec<(String, String)> {
    headers
        .iter()
        .map(|(name, value)| {
            let value = String::from_utf8_lossy(value.as_bytes());
            let value = if name == header::AUTHORIZATION {
                match value.split_once(' ') {
                    Some((scheme, _)) => format!("{scheme} [redacted]"),
                    None => "[redacted]".to_owned(),
                }
            } else if name == header::COOKIE {
                "[redacted]".to_owned()
            } else {
                value.into_owned()
            };
            (name.as_str().to_owned(), value)
        })
        .collect()
}

fn body(request: &Request) -> String {
    if request.media_type().as_deref() == Some("application/x-www-form-urlencoded") {
        let pairs = request.form_pairs();
        let shown = pairs.iter().map(|(name, value)| {
            let secret = SECRET_FIELDS.contains(&name.as_str());
            (name.as_str(), if secret { "[redacted]" } else { value.as_str() })
        });
        return form_urlencoded::Serializer::new(String::new()).extend_pairs(shown).finish();
    }
    String::from_utf8_lossy(&request.body[..request.body.len().min(LONGEST_BODY)]).into_owned()
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::{HeaderValue, Method, StatusCode};

    use super::*;

    fn request(body: &str) -> Request {
        let mut headers = HeaderMap::new();
        headers.insert(header::AUTHORIZATION, HeaderValue::from_static("Bearer very-secret"));
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
        Request {
            method: Method::POST,
            path: "/oauth/token".to_owned(),
            query: String::new(),
            headers,
            body: Bytes::from(body.to_owned()),
        }
    }

    fn add(record: &mut Record, request: &Request) {
        let answer = answer::empty(StatusCode::OK);
        let kept = Kept { operation: None, answer: &answer, fault: None, elapsed: Duration::ZERO };
        record.add(request, &kept, Moment(0));
    }

    #[test]
    fn secrets_are_not_kept() {
        let mut record = Record::new(10);
        add(&mut record, &request("grant_type=password&password=very-secret"));
        let kept = format!("{:?}", record.all());
        assert!(!kept.contains("very-secret"), "{kept}");
        assert!(kept.contains("grant_type=password") && kept.contains("Bearer [redacted]"), "{kept}");
    }

    #[test]
    fn only_the_last_are_kept_and_numbers_go_on() {
        let mut record = Record::new(2);
        for _ in 0..5 {
            add(&mut record, &request(""));
        }
        assert_eq!(record.all().iter().map(|kept| kept.number).collect::<Vec<_>>(), [4, 5]);
        assert_eq!(record.after(4).len(), 1);
        record.clear();
        assert!(record.all().is_empty());
    }

    #[test]
    fn large_bodies_cannot_fill_the_memory() {
        let mut record = Record::new(1_000_000);
        let large = "a".repeat(LONGEST_BODY);
        for _ in 0..1000 {
            add(&mut record, &request(&large));
        }
        assert!(record.bytes <= MOST_BYTES);
    }
}
