//! The content of requests and answers: bytes at once or piece by piece.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures_core::Stream;
use http_body::{Body as HttpBody, Frame, SizeHint};

use super::TransportError;

/// Pieces of content, as they come.
pub type ByteStream = Pin<Box<dyn Stream<Item = Result<Bytes, TransportError>> + Send>>;

/// The content of a request or an answer.
pub struct Body(Kind);

enum Kind {
    Empty,
    Bytes(Option<Bytes>),
    Stream {
        stream: ByteStream,
        length: Option<u64>,
    },
    #[cfg(feature = "client")]
    Incoming(hyper::body::Incoming),
}

impl Body {
    /// No content.
    pub const fn empty() -> Self {
        Self(Kind::Empty)
    }

    /// Content that comes in pieces. With a `length` in bytes it is announced, without one it goes out in chunks.
    pub fn stream(stream: ByteStream, length: Option<u64>) -> Self {
        Self(Kind::Stream { stream, length })
    }

    #[cfg(feature = "client")]
    pub(crate) const fn incoming(incoming: hyper::body::Incoming) -> Self {
        Self(Kind::Incoming(incoming))
    }

    /// The bytes, where all of them are there.
    #[cfg(feature = "reqwest")]
    pub(crate) fn into_bytes(self) -> Result<Bytes, ByteStream> {
        match self.0 {
            Kind::Empty | Kind::Bytes(None) => Ok(Bytes::new()),
            Kind::Bytes(Some(bytes)) => Ok(bytes),
            _ => Err(self.into_stream()),
        }
    }

    /// The pieces that are left, whatever the kind.
    pub fn into_stream(self) -> ByteStream {
        if let Kind::Stream { stream, .. } = self.0 {
            return stream;
        }
        let mut body = self;
        Box::pin(futures_util::stream::poll_fn(move |context| {
            loop {
                let Some(frame) = ready!(Pin::new(&mut body).poll_frame(context)) else {
                    return Poll::Ready(None);
                };
                match frame.map(Frame::into_data) {
                    Ok(Ok(data)) => return Poll::Ready(Some(Ok(data))),
                    // Trailers say nothing that this crate asks for.
                    Ok(Err(_)) => {}
                    Err(error) => return Poll::Ready(Some(Err(error))),
                }
            }
        }))
    }
}

impl From<Bytes> for Body {
    fn from(bytes: Bytes) -> Self {
        Self(if bytes.is_empty() { Kind::Empty } else { Kind::Bytes(Some(bytes)) })
    }
}

impl std::fmt::Debug for Body {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Body").field("size", &self.size_hint()).finish()
    }
}

impl HttpBody for Body {
    type Data = Bytes;
    type Error = TransportError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, TransportError>>> {
        match &mut self.0 {
            Kind::Empty => Poll::Ready(None),
            Kind::Bytes(bytes) => Poll::Ready(bytes.take().map(|bytes| Ok(Frame::data(bytes)))),
            Kind::Stream { stream, .. } => {
                stream.as_mut().poll_next(context).map(|piece| piece.map(|piece| piece.map(Frame::data)))
            }
            #[cfg(feature = "client")]
            Kind::Incoming(incoming) => Pin::new(incoming)
                .poll_frame(context)
                .map(|frame| frame.map(|frame| frame.map_err(TransportError::maybe_sent))),
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.0 {
            Kind::Empty | Kind::Bytes(None) => true,
            Kind::Bytes(Some(_)) | Kind::Stream { .. } => false,
            #[cfg(feature = "client")]
            Kind::Incoming(incoming) => incoming.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.0 {
            Kind::Empty | Kind::Bytes(None) => SizeHint::with_exact(0),
            Kind::Bytes(Some(bytes)) => SizeHint::with_exact(bytes.len() as u64),
            Kind::Stream { length: Some(length), .. } => SizeHint::with_exact(*length),
            Kind::Stream { length: None, .. } => SizeHint::default(),
            #[cfg(feature = "client")]
            Kind::Incoming(incoming) => incoming.size_hint(),
        }
    }
}
