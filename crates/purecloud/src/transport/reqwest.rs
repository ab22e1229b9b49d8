//! An adapter for the `reqwest::Client` that a program has already.

use http::{Request, Response};

use super::{Body, Pending, Transport, TransportError};

/// The client decides on proxies, certificates and time-outs of connections; the session's settings for these do not
/// reach it. It should follow no redirects (`reqwest::redirect::Policy::none()`).
impl Transport for ::reqwest::Client {
    fn send(&self, request: Request<Body>) -> Pending<'_, Result<Response<Body>, TransportError>> {
        Box::pin(async move {
            let (head, body) = request.into_parts();
            let mut outgoing = ::reqwest::Request::new(
                head.method,
                head.uri.to_string().parse().map_err(TransportError::not_sent)?,
            );
            *outgoing.headers_mut() = head.headers;
            if !http_body::Body::is_end_stream(&body) {
                // Content of known length goes out as such; a stream would be sent in chunks.
                *outgoing.body_mut() = Some(match body.into_bytes() {
                    Ok(bytes) => ::reqwest::Body::from(bytes),
                    Err(stream) => ::reqwest::Body::wrap_stream(stream),
                });
            }
            let answer = self.execute(outgoing).await.map_err(|error| {
                // The address of the call may hold what its caller calls a secret.
                let is_connect = error.is_connect() || error.is_builder();
                let error = error.without_url();
                if is_connect { TransportError::not_sent(error) } else { TransportError::maybe_sent(error) }
            })?;
            let answer = Response::<::reqwest::Body>::from(answer);
            Ok(answer.map(|body| {
                let pieces = http_body_util::BodyDataStream::new(body);
                let pieces = futures_util::StreamExt::map(pieces, |piece| {
                    piece.map_err(|error| TransportError::maybe_sent(error.without_url()))
                });
                Body::stream(Box::pin(pieces), None)
            }))
        })
    }
}
