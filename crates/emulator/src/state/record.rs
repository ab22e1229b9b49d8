//! The last requests, kept for tests and for the page that shows them.

use std::collections::VecDeque;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, header};
use serde::Serialize;
use serde_json::Value;

use crate::base::clock::Moment;
use crate::http::answer::{self, Answer};
use crate::http::request::Request;
use crate::state::faults::Fault;

/// Bodies are kept up to this many bytes.
const LONGEST_BODY: usize = 64 * 1024;
/// All that is kept together takes at most about this many bytes.
const MOST_BYTES: usize = 16 * 1024 * 1024;
/// Form fields whose values are secrets.
const SECRET_FIELDS: &[&str] =
    &["client_secret", "password", "refresh_token", "assertion", "code", "code_verifier"];
/// Members of answers about tokens and clients whose values are secrets.
const SECRET_ANSWERS: &[&str] = &["access_token", "refresh_token", "secret"];

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

/// What was answered to a recorded request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Answered {
    media_type: String,
    /// As text, as it was before a fault struck it; tokens are `[redacted]`, and what is beyond 64 KiB is left out.
    body: String,
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
    kept: VecDeque<Entry>,
    most: usize,
    bytes: usize,
    next: u64,
}

/// A request, and what it was answered. An answer is kept as its bytes: most are never looked at.
#[derive(Debug)]
struct Entry {
    recorded: Recorded,
    media: Option<HeaderValue>,
    answer: Bytes,
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
        let entry = Entry {
            recorded,
            media: kept.answer.headers().get(header::CONTENT_TYPE).cloned(),
            answer: beginning(kept.answer.body()),
        };
        self.bytes += entry.weight();
        self.kept.push_back(entry);
        while self.kept.len() > self.most || self.bytes > MOST_BYTES {
            let Some(oldest) = self.kept.pop_front() else { break };
            self.bytes -= oldest.weight();
        }
    }

    pub(crate) fn all(&self) -> Vec<Recorded> {
        self.kept.iter().map(|entry| entry.recorded.clone()).collect()
    }

    /// The number of the last request; 0 before the first.
    pub(crate) fn last(&self) -> u64 {
        self.next - 1
    }

    /// The request with this number and what it was answered, if it is still kept.
    pub(crate) fn one(&self, number: u64) -> Option<(&Recorded, Answered)> {
        let entry = self.kept.iter().find(|entry| entry.recorded.number == number)?;
        Some((&entry.recorded, entry.answered()))
    }

    /// What came after the request with this number.
    pub(crate) fn after(&self, number: u64) -> Vec<Recorded> {
        let later = self.kept.iter().map(|entry| &entry.recorded).filter(|recorded| recorded.number > number);
        later.cloned().collect()
    }

    pub(crate) fn clear(&mut self) {
        self.kept.clear();
        self.bytes = 0;
        self.next = 1;
    }
}

impl Entry {
    /// About how many bytes it takes.
    fn weight(&self) -> usize {
        const OVERHEAD: usize = 400;
        let recorded = &self.recorded;
        let headers: usize = recorded.headers.iter().map(|(name, value)| name.len() + value.len() + 48).sum();
        OVERHEAD
            + recorded.path.len()
            + recorded.query.len()
            + recorded.body.len()
            + headers
            + self.answer.len()
    }

    fn answered(&self) -> Answered {
        let media = self.media.as_ref().and_then(|media| media.to_str().ok()).unwrap_or_default();
        let mut body = String::from_utf8_lossy(&self.answer).into_owned();
        let path = &self.recorded.path;
        if (path.ends_with("/token") || path.contains("/oauth/clients"))
            && let Ok(Value::Object(mut grant)) = serde_json::from_str(&body)
        {
            for name in SECRET_ANSWERS {
                if let Some(secret) = grant.get_mut(*name) {
                    *secret = Value::from("[redacted]");
                }
            }
            body = Value::Object(grant).to_string();
        }
        Answered { media_type: media.to_owned(), body }
    }
}

/// What is kept of an answer. A copy of a long one, whose bytes would otherwise stay whole for its beginning.
fn beginning(body: &Bytes) -> Bytes {
    if body.len() <= LONGEST_BODY { body.clone() } else { Bytes::copy_from_slice(&body[..LONGEST_BODY]) }
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
    use http::{Method, StatusCode};

    use super::*;
    use crate::fixture;

    fn request(body: &str) -> Request {
        let headers = [
            (header::AUTHORIZATION, "Bearer very-secret"),
            (header::CONTENT_TYPE, "application/x-www-form-urlencoded"),
        ];
        fixture::request(Method::POST, "/oauth/token", &headers, body.to_owned())
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
    fn tokens_in_answers_are_not_shown() {
        let mut record = Record::new(10);
        let granted =
            serde_json::json!({ "access_token": "secret", "refresh_token": "secret", "expires_in": 86_399 });
        let answer = answer::json(StatusCode::OK, &granted);
        let kept = Kept { operation: None, answer: &answer, fault: None, elapsed: Duration::ZERO };
        record.add(&request(""), &kept, Moment(0));
        let (_, answered) = record.one(1).unwrap();
        assert_eq!(answered.media_type, "application/json");
        let expected = r#"{"access_token":"[redacted]","refresh_token":"[redacted]","expires_in":86399}"#;
        assert_eq!(answered.body, expected);
        assert!(record.one(2).is_none());
    }

    #[test]
    fn long_answers_cannot_fill_the_memory() {
        let mut record = Record::new(1_000_000);
        let long = Bytes::from("a".repeat(10 * LONGEST_BODY));
        let answer = answer::bytes(StatusCode::OK, HeaderValue::from_static("text/plain"), long);
        for _ in 0..1000 {
            let kept = Kept { operation: None, answer: &answer, fault: None, elapsed: Duration::ZERO };
            record.add(&request(""), &kept, Moment(0));
        }
        assert!(record.bytes <= MOST_BYTES && !record.kept.is_empty());
        assert_eq!(record.one(record.last()).unwrap().1.body.len(), LONGEST_BODY);
    }

    #[test]
    fn only_the_last_are_kept_and_numbers_go_on() {
        let mut record = Record::new(2);
        for _ in 0..5 {
            add(&mut record, &request(""));
        }
        assert_eq!(record.all().iter().map(|kept| kept.number).collect::<Vec<_>>(), [4, 5]);
        assert_eq!(record.after(4).len(), 1);
        assert_eq!(record.last(), 5);
        record.clear();
        assert!(record.all().is_empty());
        assert_eq!(record.last(), 0);
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
