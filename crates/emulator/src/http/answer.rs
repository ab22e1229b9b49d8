//! Answers, and the headers that every one of them carries.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode, header};
use serde::Serialize;

use crate::base::clock::Moment;
use crate::http::request::Request;

/// A whole answer.
pub(crate) type Answer = Response<Bytes>;

/// The correlation id of an answer; the body of an error repeats it.
pub(crate) const CORRELATION_ID: HeaderName = HeaderName::from_static("inin-correlation-id");
const RATE_COUNT: HeaderName = HeaderName::from_static("inin-ratelimit-count");
const RATE_ALLOWED: HeaderName = HeaderName::from_static("inin-ratelimit-allowed");
const RATE_RESET: HeaderName = HeaderName::from_static("inin-ratelimit-reset");

/// What scripts on other origins may read.
const EXPOSED: HeaderValue = HeaderValue::from_static(
    "inin-correlation-id, inin-ratelimit-count, inin-ratelimit-allowed, inin-ratelimit-reset, Retry-After, \
     ETag, Location",
);

/// An answer with these bytes.
pub(crate) fn bytes(status: StatusCode, media: HeaderValue, body: impl Into<Bytes>) -> Answer {
    let mut answer = Response::new(body.into());
    *answer.status_mut() = status;
    answer.headers_mut().insert(header::CONTENT_TYPE, media);
    answer
}

/// A JSON answer.
pub(crate) fn json(status: StatusCode, value: &impl Serialize) -> Answer {
    // Our own values have text keys and finite numbers, so writing them cannot fail.
    let body = serde_json::to_vec(value).unwrap_or_default();
    bytes(status, HeaderValue::from_static("application/json"), body)
}

/// An answer without content.
pub(crate) fn empty(status: StatusCode) -> Answer {
    let mut answer = Response::new(Bytes::new());
    *answer.status_mut() = status;
    answer
}

/// A page of ours: no script, nothing from elsewhere, in nobody's frame.
pub(crate) fn html(status: StatusCode, page: String) -> Answer {
    let mut answer = bytes(status, HeaderValue::from_static("text/html; charset=utf-8"), page);
    answer.headers_mut().insert(
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(
            "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'none'",
        ),
    );
    answer
}

/// A redirect; an address that is no header value cannot be one of a checked list, and ends in an empty 400.
pub(crate) fn redirect(status: StatusCode, to: &str) -> Answer {
    match HeaderValue::from_str(to) {
        Ok(location) => {
            let mut answer = empty(status);
            answer.headers_mut().insert(header::LOCATION, location);
            answer
        }
        Err(_) => empty(StatusCode::BAD_REQUEST),
    }
}

/// How much of a minute's budget a token has used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rate {
    pub(crate) count: u64,
    pub(crate) allowed: u64,
    /// Seconds until the window ends.
    pub(crate) reset: u64,
}

/// Adds what every answer of the platform has; `now` by the clock that the answer goes by.
pub(crate) fn finish(answer: &mut Answer, request: &Request, correlation: &str, rate: Rate, now: Moment) {
    let headers = answer.headers_mut();
    if let Ok(date) = HeaderValue::from_str(&now.http()) {
        headers.insert(header::DATE, date);
    }
    if let Ok(value) = HeaderValue::from_str(correlation) {
        headers.insert(CORRELATION_ID, value);
    }
    headers.insert(RATE_COUNT, HeaderValue::from(rate.count));
    headers.insert(RATE_ALLOWED, HeaderValue::from(rate.allowed));
    headers.insert(RATE_RESET, HeaderValue::from(rate.reset));
    headers
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-cache, no-store, must-revalidate"));
    headers.insert(header::PRAGMA, HeaderValue::from_static("no-cache"));
    headers.insert(header::EXPIRES, HeaderValue::from_static("0"));
    headers.insert(
        header::STRICT_TRANSPORT_SECURITY,
        HeaderValue::from_static("max-age=600; includeSubDomains"),
    );
    allow_origin(headers, request);
}

/// Lets the page that asked read the answer.
fn allow_origin(headers: &mut HeaderMap, request: &Request) {
    let Some(origin) = request.headers.get(header::ORIGIN) else { return };
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
    headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
    headers.append(header::VARY, HeaderValue::from_static("Origin"));
}

/// The answer to a preflight, if the request is one.
pub(crate) fn preflight(request: &Request) -> Option<Answer> {
    let asked = request.headers.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
    if request.method != Method::OPTIONS || !asked || !request.headers.contains_key(header::ORIGIN) {
        return None;
    }
    let mut answer = empty(StatusCode::NO_CONTENT);
    let headers = answer.headers_mut();
    headers.insert(
        header::ACCESS_CONTROL_ALLOW_METHODS,
        HeaderValue::from_static("GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"),
    );
    if let Some(wanted) = request.headers.get(header::ACCESS_CONTROL_REQUEST_HEADERS) {
        headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, wanted.clone());
    }
    // A page on the internet that develops against this machine is asked about by newer browsers.
    if request.headers.contains_key("access-control-request-private-network") {
        headers.insert("access-control-allow-private-network", HeaderValue::from_static("true"));
    }
    headers.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600"));
    Some(answer)
}
