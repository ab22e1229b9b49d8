//! Refusals of the login host.

use http::StatusCode;
use serde_json::json;

use super::answer::{self, Answer};

/// A refusal in the words of OAuth 2 (RFC 6749, section 5.2), with the platform's second copy of the description.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) error: &'static str,
    pub(crate) description: &'static str,
}

impl Refusal {
    pub(crate) const fn new(error: &'static str, description: &'static str) -> Self {
        Self { error, description }
    }

    /// The answer of the token endpoint.
    pub(crate) fn answer(self) -> Answer {
        answer::json(
            StatusCode::BAD_REQUEST,
            &json!({
                "error": self.error,
                "description": self.description,
                "error_description": self.description,
            }),
        )
    }
}
