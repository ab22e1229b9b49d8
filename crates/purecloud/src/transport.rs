//! Transports of bytes. A [`Transport`] sends one request and returns its answer; everything above it is policy.

use std::pin::Pin;

use http::{Request, Response};

pub use body::{Body, ByteStream};
#[cfg(feature = "websocket")]
pub(crate) use socket::Outgoing;
#[cfg(feature = "websocket")]
pub use socket::{Socket, SocketError, Sockets};

mod body;
#[cfg(feature = "client")]
pub(crate) mod hyper;
#[cfg(feature = "client")]
pub(crate) mod proxy;
#[cfg(feature = "reqwest")]
mod reqwest;
#[cfg(feature = "websocket")]
mod socket;
#[cfg(feature = "client")]
pub(crate) mod tls;
#[cfg(feature = "websocket")]
pub(crate) mod websocket;

/// A future behind a pointer, as the traits of this crate return them.
pub type Pending<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Sends requests. The default is hyper with rustls; tests and programs with needs of their own bring another with
/// [`SessionBuilder::transport`](crate::SessionBuilder::transport).
///
/// An implementation answers with whatever status came back, follows no redirect (a token would travel along), and
/// stops when its future is dropped.
pub trait Transport: Send + Sync + 'static {
    /// Sends `request`, whose address is absolute, and resolves when the head of the answer is there.
    ///
    /// # Errors
    /// [`TransportError`] when no answer came. It must say whether the request may have been sent: on this depends
    /// what is sent twice.
    fn send(&self, request: Request<Body>) -> Pending<'_, Result<Response<Body>, TransportError>>;
}

/// No answer, or none to its end.
#[derive(Debug)]
pub struct TransportError {
    maybe_sent: bool,
    cause: crate::error::Cause,
}

/// In the words of its cause.
impl std::fmt::Display for TransportError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.cause.fmt(f)
    }
}

impl std::error::Error for TransportError {
    /// Returns the source of the cause, whose words this error has already.
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.cause.source()
    }
}

impl TransportError {
    /// No connection was opened: the platform cannot have seen the request.
    pub fn not_sent(cause: impl Into<crate::error::Cause>) -> Self {
        Self { maybe_sent: false, cause: cause.into() }
    }

    /// The connection broke later: the platform may have acted on the request.
    pub fn maybe_sent(cause: impl Into<crate::error::Cause>) -> Self {
        Self { maybe_sent: true, cause: cause.into() }
    }

    /// Returns whether the platform may have seen the request.
    pub const fn is_maybe_sent(&self) -> bool {
        self.maybe_sent
    }
}
