//! A refusal, before it is written in the words of the platform.
//!
//! The correlation id of the answer stands in the body too, so a handler returns a [`Problem`] and the edge
//! writes it: as the platform's error body, or as SCIM has it on SCIM paths.

use std::error::Error;

use http::{HeaderName, HeaderValue, StatusCode, header};
use serde_json::{Map, Value, json};

use crate::base::settings::Settings;

/// A refusal.
#[derive(Debug, Clone)]
pub(crate) struct Problem {
    pub(crate) status: StatusCode,
    pub(crate) code: &'static str,
    pub(crate) message: String,
    /// What went into the message, by name.
    pub(crate) parameters: Vec<(&'static str, String)>,
    pub(crate) details: Vec<Detail>,
    /// A header that goes with this refusal, such as `Allow` or `Retry-After`.
    pub(crate) header: Option<Box<(HeaderName, HeaderValue)>>,
}

/// One of several things that are wrong with a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Detail {
    pub(crate) code: &'static str,
    /// Where, such as `body.name` or `pageSize`.
    pub(crate) field: String,
    pub(crate) message: String,
}

impl Problem {
    pub(crate) fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            status,
            code,
            message: message.into(),
            parameters: Vec::new(),
            details: Vec::new(),
            header: None,
        }
    }

    pub(crate) fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.header = Some(Box::new((name, value)));
        self
    }

    pub(crate) fn with_parameter(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.parameters.push((name, value.into()));
        self
    }

    /// 400 for a request that cannot be read at all.
    pub(crate) fn bad_request(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "bad.request", message)
    }

    /// 400 for a request that was read and does not fit; `details` must not be empty.
    pub(crate) fn invalid(details: Vec<Detail>) -> Self {
        let (code, message) = details
            .first()
            .map_or(("bad.request", String::new()), |first| (first.code, first.message.clone()));
        let mut problem = Self::new(StatusCode::BAD_REQUEST, code, message);
        problem.details = details;
        problem
    }

    /// 401 without a token.
    pub(crate) fn unauthenticated() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "authentication.required",
            "No authorization token (cookie or header) was found.",
        )
    }

    /// 401 with a token that nobody knows.
    pub(crate) fn bad_credentials() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "bad.credentials", "Invalid login credentials.")
    }

    /// 401 with a token whose time is over.
    pub(crate) fn expired_credentials() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "credentials.expired", "The supplied credentials are expired.")
    }

    /// 404.
    pub(crate) fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "not.found", "The requested resource was not found.")
    }

    /// 405, naming the methods that would do.
    pub(crate) fn method_not_allowed(allow: &str) -> Self {
        let problem = Self::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "method.not.allowed",
            format!("The method is not allowed for this resource. Allowed methods are: {allow}"),
        );
        match HeaderValue::from_str(allow) {
            Ok(value) => problem.with_header(header::ALLOW, value),
            Err(_) => problem,
        }
    }

    /// 400 for a caller who is nobody, where somebody must be.
    pub(crate) fn not_a_user() -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            "not.a.user",
            "This request requires a user context. Client credentials cannot be used for requests that require \
             a user context.",
        )
    }

    /// 415, naming the media types that would do.
    pub(crate) fn unsupported_media_type(allowed: &str) -> Self {
        Self::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "unsupported.media.type",
            format!("The request body has an unsupported media type. Supported media types are: {allowed}"),
        )
    }

    /// 409 for what would store more than the settings allow.
    pub(crate) fn full(settings: &Settings) -> Self {
        let (entities, mebibytes) = (settings.entities, settings.stored_bytes >> 20);
        Self::new(
            StatusCode::CONFLICT,
            "limit.exceeded",
            format!(
                "The emulator stores at most {entities} entities in {mebibytes} MiB. Remove some, or go back to the \
                 start with POST /_emulator/reset."
            ),
        )
        .with_parameter("limit", entities.to_string())
    }

    /// 503 for what may be lost when the process ends.
    pub(crate) fn not_kept(error: &dyn Error) -> Self {
        let mut message = format!("The emulator could not save its state: {error}");
        let mut source = error.source();
        while let Some(error) = source {
            message.push_str(": ");
            message.push_str(&error.to_string());
            source = error.source();
        }
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "service.unavailable", message)
    }

    /// 413.
    pub(crate) fn too_large(limit: usize) -> Self {
        Self::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "payload.too.large",
            format!("The request body is over the maximum of {limit} bytes."),
        )
    }

    /// The platform's error body. `correlation` is the correlation id of the answer that carries it.
    pub(crate) fn body(&self, correlation: &str) -> Value {
        let parameters: Map<String, Value> =
            self.parameters.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
        let details: Vec<Value> = self
            .details
            .iter()
            .map(|detail| json!({ "errorCode": detail.code, "fieldName": detail.field }))
            .collect();
        // A single problem is the message itself; several are listed one by one as well.
        let errors: Vec<Value> = if self.details.len() < 2 {
            Vec::new()
        } else {
            self.details
                .iter()
                .map(|detail| {
                    json!({
                        "message": detail.message,
                        "code": detail.code,
                        "status": self.status.as_u16(),
                        "contextId": correlation,
                        "details": [{ "errorCode": detail.code, "fieldName": detail.field }],
                        "errors": [],
                    })
                })
                .collect()
        };
        json!({
            "message": self.message,
            "code": self.code,
            "status": self.status.as_u16(),
            "messageWithParams": self.message_with_parameters(),
            "messageParams": parameters,
            "contextId": correlation,
            "details": details,
            "errors": errors,
        })
    }

    /// The error body of SCIM (RFC 7644, section 3.12).
    pub(crate) fn scim_body(&self) -> Value {
        let mut body = json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"],
            "status": self.status.as_str(),
            "detail": self.message,
        });
        if self.status == StatusCode::BAD_REQUEST {
            body["scimType"] = json!("invalidValue");
        }
        body
    }

    fn message_with_parameters(&self) -> String {
        self.parameters.iter().fold(self.message.clone(), |message, (name, value)| {
            if value.is_empty() { message } else { message.replacen(value, &format!("{{{name}}}"), 1) }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_problem_is_the_message_and_several_are_listed() {
        let detail = |field: &str| Detail {
            code: "invalid.value",
            field: field.to_owned(),
            message: format!("{field} is wrong"),
        };
        let one = Problem::invalid(vec![detail("a")]).body("c");
        assert_eq!(one["message"], "a is wrong");
        assert_eq!(one["errors"], json!([]));
        let two = Problem::invalid(vec![detail("a"), detail("b")]).body("c");
        assert_eq!(two["errors"][1]["message"], "b is wrong");
        assert_eq!(two["contextId"], "c");
    }

    #[test]
    fn parameters_are_named_in_the_template() {
        let problem = Problem::bad_request("Value [x] is wrong").with_parameter("value", "x");
        assert_eq!(problem.body("c")["messageWithParams"], "Value [{value}] is wrong");
        assert_eq!(problem.body("c")["messageParams"], json!({ "value": "x" }));
    }
}
