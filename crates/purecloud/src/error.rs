//! The one error of this crate.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use crate::classify::Refusal;
use crate::environment::EnvironmentError;
use crate::oauth::{LoginError, Remedy};
use crate::request::RequestError;
use crate::transport::TransportError;

/// An error of any other crate, as a cause.
pub type Cause = Box<dyn std::error::Error + Send + Sync>;

/// Everything that goes wrong between a program and the platform.
///
/// It holds neither token nor secret, so it can be printed and logged. Its text says what failed and why; an error of
/// another crate behind it is its [`source`](std::error::Error::source), and the text does not repeat that. What a
/// program asks of it is a method:
/// [`status`](Self::status), [`code`](Self::code), [`correlation_id`](Self::correlation_id), [`sent`](Self::sent),
/// [`may_have_acted`](Self::may_have_acted), [`is_retryable`](Self::is_retryable), [`advice`](Self::advice).
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The settings of a session do not fit together.
    #[error("the session cannot be created: {problem}")]
    Setup {
        /// The problem and its remedy.
        problem: String,
        /// The underlying error, if there is one.
        source: Option<Cause>,
    },
    /// The environment is none.
    #[error(transparent)]
    Environment(#[from] EnvironmentError),
    /// The request could not be built; nothing was sent.
    #[error("{operation}: {problem}; nothing was sent")]
    Request {
        /// The operation.
        operation: Cow<'static, str>,
        /// The problem.
        problem: RequestError,
    },
    /// The body could not be written as JSON; nothing was sent.
    #[error("{operation}: the body cannot be written as JSON; nothing was sent")]
    Encode {
        /// The operation.
        operation: Cow<'static, str>,
        /// The underlying error.
        source: Cause,
    },
    /// The session has no credentials and the operation needs some.
    #[error(
        "{operation}: the session has no credentials; add them with `client_credentials` or another login"
    )]
    Anonymous {
        /// The operation.
        operation: Cow<'static, str>,
    },
    /// A login failed.
    #[error("the login with {grant} failed: {problem}")]
    Login {
        /// The grant.
        grant: &'static str,
        /// Why.
        problem: LoginError,
        /// The answer, where the platform refused. It has no content: a login's answer may echo what was shown.
        refusal: Option<Box<Refusal>>,
    },
    /// There was no token yet, or it had ended, and the login that was to give one failed; nothing was sent.
    #[error("there is no token{}", if source.is_none() { "; log in again" } else { ", because the login failed" })]
    Renewal {
        /// Why; `None` when the login that gave the token cannot be repeated.
        source: Option<Arc<Self>>,
    },
    /// The store of tokens failed.
    #[error("the token store cannot {verb} a token")]
    Store {
        /// `load`, `save` or `clear`.
        verb: &'static str,
        /// The underlying error.
        source: Cause,
    },
    /// The platform's rate limit, or a wait that it asked for, holds the call for longer than the call may wait;
    /// nothing was sent.
    ///
    /// A call may wait for as long as its [`total_timeout`](crate::Call::total_timeout) and the `limit` of its
    /// [`RetryPolicy`](crate::RetryPolicy) allow.
    #[error(
        "{operation}: the platform's rate limit delays the call by {wait:?}, longer than its timeout allows; nothing was sent"
    )]
    RateLimited {
        /// The operation.
        operation: Cow<'static, str>,
        /// The time that the call would have to wait.
        wait: Duration,
    },
    /// No connection was opened; nothing was sent.
    #[error("{operation}: no connection to the platform; nothing was sent")]
    Unreached {
        /// The operation.
        operation: Cow<'static, str>,
        /// The underlying error.
        source: TransportError,
    },
    /// The connection broke before an answer came.
    #[error("{operation}: the connection broke; the platform may have acted on the request")]
    Broken {
        /// The operation.
        operation: Cow<'static, str>,
        /// The underlying error.
        source: TransportError,
    },
    /// No answer came in time.
    #[error("{operation}: no answer within {limit:?}{}", if *.sent == Sent::No { "; nothing was sent" } else { "; the platform may have acted on the request" })]
    Timeout {
        /// The operation.
        operation: Cow<'static, str>,
        /// The limit that was reached.
        limit: Duration,
        /// The chance that the request was sent.
        sent: Sent,
    },
    /// The platform answered, and not with a success.
    #[error(transparent)]
    Refused(Box<Refusal>),
    /// A success broke off before its end.
    #[error("{operation}: the answer ({status}) ended early; the platform has acted on the request")]
    Cut {
        /// The operation.
        operation: Cow<'static, str>,
        /// Status of the answer.
        status: u16,
        /// The platform's id of the exchange.
        correlation_id: Option<Box<str>>,
        /// The underlying error.
        source: TransportError,
    },
    /// An answer is longer than the session takes.
    #[error("{operation}: the answer is longer than {limit} bytes; stream it, or raise `answer_limit`")]
    TooLong {
        /// The operation.
        operation: Cow<'static, str>,
        /// Bytes.
        limit: u64,
        /// Status of the answer.
        status: u16,
        /// The platform's id of the exchange.
        correlation_id: Option<Box<str>>,
    },
    /// An answer is not what the operation promises.
    #[error("{operation}: the answer does not fit `{expected}`")]
    Decode {
        /// The operation.
        operation: Cow<'static, str>,
        /// The type that was expected.
        expected: &'static str,
        /// Status of the answer; `None` for a notification.
        status: Option<u16>,
        /// The platform's id of the exchange.
        correlation_id: Option<Box<str>>,
        /// The place and the reason.
        source: Cause,
    },
    /// A listing cannot be followed further.
    #[error("{operation}: {problem}")]
    Paging {
        /// The operation.
        operation: Cow<'static, str>,
        /// Why.
        problem: crate::paging::PagingError,
    },
    /// More topics than one login can have.
    #[cfg(feature = "websocket")]
    #[error(transparent)]
    Topics(#[from] crate::channel::TooManyTopics),
    /// Notifications cannot be had, and trying again would fail alike.
    #[cfg(feature = "websocket")]
    #[error("cannot subscribe to {}", some(topics))]
    Unsubscribed {
        /// The topics.
        topics: Vec<String>,
        /// Why.
        source: Arc<Self>,
    },
    /// The session was closed.
    #[error("the session is closed")]
    Closed,
}

/// A problem in a part of an answer.
#[derive(Debug, thiserror::Error)]
#[error("`{place}`")]
struct Misplaced {
    /// Such as `entities[3]`.
    place: String,
    source: Cause,
}

/// The chance that the platform has seen a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Sent {
    /// Certainly not.
    No,
    /// It may have acted on it.
    Maybe,
    /// It has answered.
    Answered,
}

/// Advice about an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Advice {
    /// The same call, or the same login, would fail again: change it.
    Change,
    /// Log in again, anew.
    LogIn,
    /// Try again, after this wait where the platform named one.
    TryAgain {
        /// The wait that the platform asks for.
        after: Option<Duration>,
    },
    /// Look whether the platform has acted on the request before trying again.
    LookFirst,
}

impl Error {
    /// HTTP status of the answer, where there was one.
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Refused(refusal) => Some(refusal.status()),
            Self::Cut { status, .. } | Self::TooLong { status, .. } => Some(*status),
            Self::Decode { status, .. } => *status,
            Self::Login { problem: LoginError::Refused { status, .. }, .. } if *status > 0 => Some(*status),
            Self::Renewal { source: Some(source) } => source.status(),
            #[cfg(feature = "websocket")]
            Self::Unsubscribed { source, .. } => source.status(),
            _ => None,
        }
    }

    /// The platform's code, such as `not.found`, or OAuth's, such as `invalid_client`.
    pub fn code(&self) -> Option<&str> {
        match self {
            Self::Refused(refusal) => refusal.code(),
            Self::Login { problem: LoginError::Refused { code, .. }, .. } => Some(code),
            Self::Renewal { source: Some(source) } => source.code(),
            #[cfg(feature = "websocket")]
            Self::Unsubscribed { source, .. } => source.code(),
            _ => None,
        }
    }

    /// The platform's id of the exchange, to quote in a support case.
    pub fn correlation_id(&self) -> Option<&str> {
        match self {
            Self::Cut { correlation_id, .. }
            | Self::TooLong { correlation_id, .. }
            | Self::Decode { correlation_id, .. } => correlation_id.as_deref(),
            Self::Renewal { source: Some(source) } => source.correlation_id(),
            _ => self.refusal().and_then(Refusal::correlation_id),
        }
    }

    /// The refusal with its headers and content, where the platform refused.
    pub fn refusal(&self) -> Option<&Refusal> {
        match self {
            Self::Refused(refusal) => Some(refusal),
            Self::Login { refusal, .. } => refusal.as_deref(),
            Self::Renewal { source: Some(source) } => source.refusal(),
            #[cfg(feature = "websocket")]
            Self::Unsubscribed { source, .. } => source.refusal(),
            _ => None,
        }
    }

    /// The operation, where it was one that failed.
    pub fn operation(&self) -> Option<&str> {
        match self {
            Self::Request { operation, .. }
            | Self::Encode { operation, .. }
            | Self::Anonymous { operation }
            | Self::RateLimited { operation, .. }
            | Self::Unreached { operation, .. }
            | Self::Broken { operation, .. }
            | Self::Timeout { operation, .. }
            | Self::Cut { operation, .. }
            | Self::TooLong { operation, .. }
            | Self::Decode { operation, .. }
            | Self::Paging { operation, .. } => Some(operation),
            Self::Refused(refusal) => Some(refusal.operation()),
            #[cfg(feature = "websocket")]
            Self::Unsubscribed { source, .. } => source.operation(),
            _ => None,
        }
    }

    /// Returns the chance that the platform has seen the request.
    pub fn sent(&self) -> Sent {
        match self {
            Self::Broken { .. } => Sent::Maybe,
            Self::Timeout { sent, .. } => *sent,
            Self::Refused(_)
            | Self::Cut { .. }
            | Self::TooLong { .. }
            | Self::Decode { .. }
            | Self::Paging { .. }
            | Self::Login { .. } => Sent::Answered,
            Self::Setup { .. }
            | Self::Environment(_)
            | Self::Request { .. }
            | Self::Encode { .. }
            | Self::Anonymous { .. }
            | Self::Renewal { .. }
            | Self::Store { .. }
            | Self::RateLimited { .. }
            | Self::Unreached { .. }
            | Self::Closed => Sent::No,
            #[cfg(feature = "websocket")]
            Self::Topics(_) => Sent::No,
            #[cfg(feature = "websocket")]
            Self::Unsubscribed { source, .. } => source.sent(),
        }
    }

    /// Returns advice about it.
    pub fn advice(&self) -> Advice {
        match self {
            Self::Anonymous { .. } | Self::Closed | Self::Renewal { source: None } => Advice::LogIn,
            Self::Login { problem, refusal, .. } => match problem.remedy() {
                Remedy::Wait => {
                    Advice::TryAgain { after: refusal.as_ref().and_then(|refusal| refusal.retry_after()) }
                }
                Remedy::Begin => Advice::LogIn,
                Remedy::Change => Advice::Change,
            },
            Self::Renewal { source: Some(source) } => match source.advice() {
                // It was the login that may have been acted on, and the call was not sent.
                Advice::LookFirst => Advice::TryAgain { after: None },
                advice => advice,
            },
            Self::RateLimited { wait, .. } => Advice::TryAgain { after: Some(*wait) },
            Self::Unreached { .. } | Self::Timeout { sent: Sent::No, .. } => Advice::TryAgain { after: None },
            Self::Broken { .. } | Self::Timeout { .. } | Self::Cut { .. } => Advice::LookFirst,
            Self::Refused(refusal) => match refusal.status() {
                401 => Advice::LogIn,
                _ if refusal.may_have_acted() => Advice::LookFirst,
                429 | 503 => Advice::TryAgain { after: refusal.retry_after() },
                _ => Advice::Change,
            },
            #[cfg(feature = "websocket")]
            Self::Unsubscribed { source, .. } => source.advice(),
            _ => Advice::Change,
        }
    }

    /// Returns whether the platform may have acted on the request: not if it refused it, and not if nothing was sent.
    ///
    /// A refusal is the platform's word that nothing was done, unless its status is one of those that say that it does
    /// not know (408, and 5xx but for 503), or an attempt before it ended without an answer.
    pub fn may_have_acted(&self) -> bool {
        match self {
            Self::Refused(refusal) => refusal.may_have_acted(),
            // Whatever became of the login, the call itself was not sent.
            Self::Login { .. } => false,
            #[cfg(feature = "websocket")]
            Self::Unsubscribed { source, .. } => source.may_have_acted(),
            _ => self.sent() != Sent::No,
        }
    }

    /// Returns whether the same call may succeed when it is made again, and does no harm then.
    ///
    /// `only_reads` says of the call that it changes nothing. One that changes something is not to be made again
    /// while it [may have been acted on](Self::may_have_acted).
    pub fn is_retryable(&self, only_reads: bool) -> bool {
        match self.advice() {
            Advice::TryAgain { .. } => true,
            Advice::LookFirst => only_reads,
            Advice::Change | Advice::LogIn => false,
        }
    }

    /// The same error of a part of an answer, with the place of that part.
    pub(crate) fn at(self, place: impl FnOnce() -> String) -> Self {
        match self {
            Self::Decode { operation, expected, status, correlation_id, source } => {
                let source = Misplaced { place: place(), source };
                Self::Decode { operation, expected, status, correlation_id, source: source.into() }
            }
            other => other,
        }
    }

    /// The same error at the end of a call. Where the platform may have acted on an earlier attempt, a refusal says so,
    /// and the earlier failure takes the place of an error without an answer.
    pub(crate) fn after(self, earlier: Option<Self>) -> Self {
        match (self, earlier) {
            (Self::Refused(mut refusal), Some(_)) => {
                refusal.follow_doubt();
                Self::Refused(refusal)
            }
            (error, Some(earlier)) if !error.may_have_acted() => earlier,
            (error, _) => error,
        }
    }

    pub(crate) fn setup(problem: impl Into<String>) -> Self {
        Self::Setup { problem: problem.into(), source: None }
    }
}

/// The first of some topics, and how many there are beside it.
#[cfg(feature = "websocket")]
fn some(topics: &[String]) -> String {
    match topics {
        [] => "anything".to_owned(),
        [only] => format!("`{only}`"),
        [first, more @ ..] => format!("`{first}` and {} more", more.len()),
    }
}

#[cfg(test)]
mod tests {
    use std::error::Error as _;

    use super::*;

    #[test]
    fn no_error_repeats_its_source() {
        let cause = || Cause::from("the wire was cut");
        let operation = || Cow::Borrowed("getUser");
        let broken = || TransportError::maybe_sent(cause());
        let errors = [
            Error::Setup { problem: "no thread".to_owned(), source: Some(cause()) },
            Error::Encode { operation: operation(), source: cause() },
            Error::Store { verb: "load", source: cause() },
            Error::Unreached { operation: operation(), source: broken() },
            Error::Broken { operation: operation(), source: broken() },
            Error::Request { operation: operation(), problem: RequestError::Missing { name: "userId" } },
            Error::Login { grant: "a code", problem: LoginError::State, refusal: None },
        ];
        for error in &errors {
            let mut texts = vec![error.to_string()];
            let mut source = error.source();
            while let Some(error) = source {
                texts.push(error.to_string());
                source = error.source();
            }
            for (at, text) in texts.iter().enumerate() {
                let repeated =
                    texts.iter().enumerate().any(|(other, longer)| other != at && longer.contains(text));
                assert!(!repeated, "{texts:?}");
            }
        }
        assert_eq!(errors[5].to_string(), "getUser: the argument `userId` is missing; nothing was sent");
    }
}
