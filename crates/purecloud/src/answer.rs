//! The answer of a call: read to its end, or streaming.

use std::borrow::Cow;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures_util::StreamExt as _;
use http::HeaderMap;
use http_body_util::BodyExt as _;
use serde::de::DeserializeOwned;

use crate::classify;
use crate::clock::timeout;
use crate::error::Error;
use crate::text;
use crate::transport::{Body, ByteStream, TransportError};

/// A success, read to its end.
#[derive(Debug, Clone)]
pub struct Answer {
    pub(crate) operation: Cow<'static, str>,
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Answer {
    /// HTTP status, such as 200.
    pub const fn status(&self) -> u16 {
        self.status
    }

    /// Headers, names in lower case.
    pub const fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// The platform's id of this exchange.
    pub fn correlation_id(&self) -> Option<&str> {
        classify::correlation_id(&self.headers)
    }

    /// The content; empty when there is none.
    pub const fn bytes(&self) -> &Bytes {
        &self.body
    }

    /// The content alone.
    pub fn into_bytes(self) -> Bytes {
        self.body
    }

    /// The content as text, when it is UTF-8.
    pub fn text(&self) -> Option<&str> {
        std::str::from_utf8(&self.body).ok()
    }

    /// The content as JSON. No content at all is read as `null`, so that `Option<T>` and `()` take it; what is no
    /// character is read as U+FFFD.
    ///
    /// # Errors
    /// [`Error::Decode`] when it is no JSON or does not fit `T`.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, Error> {
        let json: &[u8] = if self.body.is_empty() { b"null" } else { &self.body };
        text::read(json).map_err(|source| self.misfit::<T>(source))
    }

    /// The error of an answer that does not fit `T`, for decoders other than [`Self::json`].
    pub fn misfit<T>(&self, source: impl Into<crate::error::Cause>) -> Error {
        Error::Decode {
            operation: self.operation.clone(),
            expected: std::any::type_name::<T>(),
            status: Some(self.status),
            correlation_id: self.correlation_id().map(Box::from),
            source: source.into(),
        }
    }
}

/// A success whose content comes piece by piece.
pub struct Download {
    pub(crate) operation: Cow<'static, str>,
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) stream: ByteStream,
    /// The time limit for the next piece.
    pub(crate) patience: Duration,
}

impl std::fmt::Debug for Download {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Download")
            .field("operation", &self.operation)
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}

impl Download {
    /// HTTP status, such as 200.
    pub const fn status(&self) -> u16 {
        self.status
    }

    /// Headers, names in lower case.
    pub const fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// Bytes in all, where the platform says so before.
    pub fn length(&self) -> Option<u64> {
        if self.headers.contains_key(http::header::CONTENT_ENCODING) {
            return None;
        }
        self.headers.get(http::header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
    }

    /// The next piece; `None` at the end.
    ///
    /// # Errors
    /// [`Error::Cut`] when the connection breaks before the end, or when nothing comes for as long as one try may take.
    pub async fn next(&mut self) -> Result<Option<Bytes>, Error> {
        let piece = timeout(self.patience, self.stream.next()).await.unwrap_or_else(|| {
            let problem = format!("no data for {:?}", self.patience);
            Some(Err(TransportError::maybe_sent(problem)))
        });
        piece.transpose().map_err(|source| cut(self.operation.clone(), self.status, &self.headers, source))
    }
}

pub(crate) fn cut(
    operation: Cow<'static, str>,
    status: u16,
    headers: &HeaderMap,
    source: TransportError,
) -> Error {
    let correlation_id = classify::correlation_id(headers).map(Box::from);
    Error::Cut { operation, status, correlation_id, source }
}

/// The error that ended the reading of the content.
pub(crate) enum ReadError {
    Cut(TransportError),
    TooLong,
}

/// Reads content to its end, at most `limit` bytes of it.
pub(crate) async fn read_all(mut body: Body, limit: u64) -> Result<Bytes, ReadError> {
    let mut first = Bytes::new();
    let mut all = BytesMut::new();
    while let Some(frame) = body.frame().await {
        // Trailers say nothing that this crate asks for.
        let Ok(piece) = frame.map_err(ReadError::Cut)?.into_data() else { continue };
        if (first.len() + all.len() + piece.len()) as u64 > limit {
            return Err(ReadError::TooLong);
        }
        // Most answers come in one piece, which is then not copied.
        if first.is_empty() && all.is_empty() {
            first = piece;
        } else {
            if all.is_empty() {
                all.reserve(first.len() + piece.len());
                all.extend_from_slice(&std::mem::take(&mut first));
            }
            all.extend_from_slice(&piece);
        }
    }
    Ok(if all.is_empty() { first } else { all.freeze() })
}
