//! Classifies answers: a success, or a refusal with everything worth knowing about it.

use std::borrow::Cow;
use std::time::Duration;

use bytes::Bytes;
use http::HeaderMap;
use serde::Deserialize;

/// The platform answered, and the answer is no success.
///
/// The status survives whatever the content is: a page from a proxy is still a refusal with status 502.
#[derive(Debug, Clone)]
pub struct Refusal {
    operation: Cow<'static, str>,
    status: u16,
    headers: HeaderMap,
    body: Bytes,
    told: Told,
    /// `true` if the platform may have acted on an attempt before the one that it refused.
    follows_doubt: bool,
}

/// The content of a refusal, in any of the platform's three forms (its own, OAuth's and SCIM's).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Told {
    code: Option<String>,
    message: Option<String>,
    context_id: Option<String>,
}

#[derive(Deserialize)]
struct ToldBody {
    #[serde(default)]
    code: serde_json::Value,
    #[serde(default)]
    error: serde_json::Value,
    #[serde(default)]
    message: serde_json::Value,
    #[serde(default)]
    error_description: serde_json::Value,
    #[serde(default)]
    detail: serde_json::Value,
    #[serde(default, rename = "contextId")]
    context_id: serde_json::Value,
}

impl Told {
    fn read(body: &[u8]) -> Self {
        let Ok(body) = crate::text::read::<ToldBody>(body) else { return Self::default() };
        let first = |values: &[&serde_json::Value]| {
            values.iter().find_map(|value| value.as_str()).filter(|text| !text.is_empty()).map(str::to_owned)
        };
        Self {
            code: first(&[&body.code, &body.error]),
            message: first(&[&body.message, &body.error_description, &body.detail]),
            context_id: first(&[&body.context_id]),
        }
    }
}

impl Refusal {
    /// Reads a refusal out of an answer.
    pub(crate) fn read(operation: Cow<'static, str>, status: u16, headers: HeaderMap, body: Bytes) -> Self {
        let told = Told::read(&body);
        Self { operation, status, headers, body, told, follows_doubt: false }
    }

    /// Notes that the platform may have acted on an attempt before this one.
    pub(crate) const fn follow_doubt(&mut self) {
        self.follows_doubt = true;
    }

    /// Returns whether the platform may have acted on the call all the same: this status does not say, or an attempt
    /// before this one ended without an answer.
    pub(crate) const fn may_have_acted(&self) -> bool {
        self.follows_doubt || matches!(self.status, 408 | 500..=502 | 504..)
    }

    /// Takes out what the peer may have echoed of these secrets: the content, and every text and header with one in it.
    pub(crate) fn hide(&mut self, secrets: &[String]) {
        self.body = Bytes::new();
        let holds = |text: &str| secrets.iter().any(|secret| text.contains(secret));
        for text in [&mut self.told.code, &mut self.told.message, &mut self.told.context_id] {
            if text.as_deref().is_some_and(holds) {
                *text = Some("[redacted]".to_owned());
            }
        }
        for value in self.headers.values_mut() {
            if holds(&String::from_utf8_lossy(value.as_bytes())) {
                *value = http::HeaderValue::from_static("[redacted]");
            }
        }
    }

    /// The operation, or the method and path of a free call.
    pub fn operation(&self) -> &str {
        &self.operation
    }

    /// HTTP status, such as 404.
    pub const fn status(&self) -> u16 {
        self.status
    }

    /// The platform's code, such as `not.found`; absent when the content holds none.
    pub fn code(&self) -> Option<&str> {
        self.told.code.as_deref()
    }

    /// The platform's words; absent when the content holds none.
    pub fn message(&self) -> Option<&str> {
        self.told.message.as_deref()
    }

    /// The platform's id of this exchange, to quote in a support case.
    pub fn correlation_id(&self) -> Option<&str> {
        self.headers
            .get("inin-correlation-id")
            .and_then(|value| value.to_str().ok())
            .or(self.told.context_id.as_deref())
    }

    /// Returns the time that the platform asks to wait before the next try.
    pub fn retry_after(&self) -> Option<Duration> {
        retry_after(&self.headers)
    }

    /// Headers of the answer.
    pub const fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// Content of the answer, whatever it is; cut off at a mebibyte.
    pub const fn body(&self) -> &Bytes {
        &self.body
    }

    /// The content as the platform's error body or whatever else `T` is; `None` when it does not fit.
    pub fn json<T: serde::de::DeserializeOwned>(&self) -> Option<T> {
        crate::text::read(&self.body).ok()
    }
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: the platform answered {}", self.operation, self.status)?;
        match (self.code(), self.message()) {
            (Some(code), Some(message)) => write!(f, " {code}: {message}")?,
            (Some(text), None) | (None, Some(text)) => write!(f, " {text}")?,
            (None, None) => {}
        }
        if self.follows_doubt {
            f.write_str("; the platform may have acted on an attempt before this one")?;
        }
        Ok(())
    }
}

impl std::error::Error for Refusal {}

/// Returns whether a status is a success. 304 is one: only a caller who asked for it gets it.
pub(crate) const fn is_success(status: u16) -> bool {
    (status >= 200 && status < 300) || status == 304
}

/// `Retry-After`, in seconds or as a date. A date counts from the answer's own, so that the clocks need not agree.
pub(crate) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(http::header::RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse::<f64>() {
        return Duration::try_from_secs_f64(seconds).ok();
    }
    let at = httpdate::parse_http_date(text).ok()?;
    let answered = httpdate::parse_http_date(headers.get(http::header::DATE)?.to_str().ok()?).ok()?;
    at.duration_since(answered).ok()
}

/// The correlation id of an answer.
pub(crate) fn correlation_id(headers: &HeaderMap) -> Option<&str> {
    headers.get("inin-correlation-id").and_then(|value| value.to_str().ok())
}
