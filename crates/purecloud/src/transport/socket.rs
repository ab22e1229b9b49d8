//! Sockets as the notifications see them: texts in, texts out.

use std::pin::Pin;

use futures_core::Stream;
use futures_util::Sink;
use http::Request;

use super::{Pending, TransportError};

/// Opens a WebSocket for each notification channel. The default uses the session's own settings for connections: proxies, certificates and timeouts.
/// Tests and programs with needs of their own bring another with
/// [`SessionBuilder::sockets`](crate::SessionBuilder::sockets).
pub trait Sockets: Send + Sync + 'static {
    /// Opens a socket. `request` has its address (`wss://…`, or `ws://…` to this machine) and the headers that the
    /// session adds to everything; those of the handshake are the implementation's. No token is among them.
    ///
    /// # Errors
    /// [`SocketError`] when the socket did not open.
    fn open(&self, request: Request<()>) -> Pending<'_, Result<Socket, SocketError>>;
}

/// Why a socket did not open.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SocketError {
    /// The platform answered, and not with a socket.
    #[error("the socket was refused with status {status}")]
    Refused {
        /// Status of the answer.
        status: u16,
    },
    /// No answer came, or one that is no WebSocket's.
    #[error(transparent)]
    Transport(#[from] TransportError),
}

/// An open WebSocket. It is closed by being dropped, after what is left to say has been said.
pub struct Socket {
    pub(crate) incoming: Incoming,
    pub(crate) outgoing: Outgoing,
}

pub(crate) type Incoming = Pin<Box<dyn Stream<Item = Result<String, TransportError>> + Send>>;
pub(crate) type Outgoing = Pin<Box<dyn Sink<String, Error = TransportError> + Send>>;

impl Socket {
    /// A socket of its two halves: the text messages that come, ending with the socket, and a sink for those that go.
    /// Pings, pongs and the closing handshake of the protocol itself are the implementation's.
    pub fn new(
        incoming: impl Stream<Item = Result<String, TransportError>> + Send + 'static,
        outgoing: impl Sink<String, Error = TransportError> + Send + 'static,
    ) -> Self {
        Self { incoming: Box::pin(incoming), outgoing: Box::pin(outgoing) }
    }
}

impl std::fmt::Debug for Socket {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Socket").finish_non_exhaustive()
    }
}
