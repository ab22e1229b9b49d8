//! A WebSocket over the connections of the built-in transport: the same proxies, certificates and timeouts.
//!
//! The handshake is a request of hyper's client, so that there is one way to open a connection; what follows on the
//! connection is tungstenite's.

use std::future::ready;
use std::sync::OnceLock;

use futures_util::{SinkExt as _, StreamExt as _};
use http::header::{
    CONNECTION, HeaderValue, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_VERSION, UPGRADE,
};
use http::{Request, StatusCode, Uri};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::client::generate_key;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};

use super::hyper::HyperSettings;
use super::proxy::Connector;
use super::socket::{Socket, SocketError, Sockets};
use super::tls::client_config;
use super::{Body, Pending, TransportError};
use crate::error::Error;

/// Longest message in bytes; events are some kilobytes.
const LONGEST: usize = 16 << 20;

/// The built-in way to open sockets.
pub(crate) struct HyperSockets {
    settings: HyperSettings,
    plain: Client<Connector, Body>,
    /// Made with the first socket that needs it: reading the system's certificates takes its time.
    tls: OnceLock<Client<HttpsConnector<Connector>, Body>>,
}

impl HyperSockets {
    pub(crate) fn new(settings: HyperSettings) -> Self {
        let plain = Client::builder(TokioExecutor::new())
            .pool_max_idle_per_host(0)
            .build(Connector::new(&settings.proxy, settings.connect_timeout));
        Self { settings, plain, tls: OnceLock::new() }
    }

    fn tls(&self) -> Result<&Client<HttpsConnector<Connector>, Body>, Error> {
        if let Some(client) = self.tls.get() {
            return Ok(client);
        }
        let connector = HttpsConnectorBuilder::new()
            .with_tls_config(client_config(&self.settings.tls)?)
            .https_only()
            // A connection of HTTP/2 cannot become a socket.
            .enable_http1()
            .wrap_connector(Connector::new(&self.settings.proxy, self.settings.connect_timeout));
        let client = Client::builder(TokioExecutor::new()).pool_max_idle_per_host(0).build(connector);
        Ok(self.tls.get_or_init(|| client))
    }
}

impl Sockets for HyperSockets {
    fn open(&self, request: Request<()>) -> Pending<'_, Result<Socket, SocketError>> {
        Box::pin(async move {
            let key = generate_key();
            let request = handshake(request, &key)?;
            let answer = if request.uri().scheme_str() == Some("https") {
                self.tls().map_err(TransportError::not_sent)?.request(request).await
            } else {
                self.plain.request(request).await
            };
            let answer = answer.map_err(TransportError::not_sent)?;
            if answer.status() != StatusCode::SWITCHING_PROTOCOLS {
                return Err(SocketError::Refused { status: answer.status().as_u16() });
            }
            let accepted = answer.headers().get(SEC_WEBSOCKET_ACCEPT).map(HeaderValue::as_bytes);
            if accepted != Some(derive_accept_key(key.as_bytes()).as_bytes()) {
                return Err(TransportError::not_sent("the server does not speak WebSocket").into());
            }
            let upgraded = hyper::upgrade::on(answer).await.map_err(TransportError::not_sent)?;
            let config =
                WebSocketConfig::default().max_message_size(Some(LONGEST)).max_frame_size(Some(LONGEST));
            let socket =
                WebSocketStream::from_raw_socket(TokioIo::new(upgraded), Role::Client, Some(config)).await;
            let (outgoing, incoming) = socket.split();
            let incoming = incoming.filter_map(|message| {
                ready(match message {
                    Ok(Message::Text(text)) => Some(Ok(text.as_str().to_owned())),
                    // Pings are answered below us, and after a close the stream ends by itself.
                    Ok(_) => None,
                    Err(error) => Some(Err(TransportError::maybe_sent(error))),
                })
            });
            let outgoing = outgoing
                .sink_map_err(TransportError::maybe_sent)
                .with(|text: String| ready(Ok::<_, TransportError>(Message::text(text))));
            Ok(Socket::new(incoming, outgoing))
        })
    }
}

/// The request that turns a connection into a socket.
fn handshake(request: Request<()>, key: &str) -> Result<Request<Body>, TransportError> {
    let (mut head, ()) = request.into_parts();
    let address = head.uri.to_string();
    let address = match address.split_once("://") {
        Some(("wss", rest)) => format!("https://{rest}"),
        Some(("ws", rest)) => format!("http://{rest}"),
        _ => return Err(TransportError::not_sent("the address of a socket begins with `wss://`")),
    };
    head.uri = Uri::try_from(address).map_err(TransportError::not_sent)?;
    head.headers.insert(CONNECTION, HeaderValue::from_static("Upgrade"));
    head.headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
    head.headers.insert(SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13"));
    head.headers.insert(SEC_WEBSOCKET_KEY, HeaderValue::try_from(key).map_err(TransportError::not_sent)?);
    Ok(Request::from_parts(head, Body::empty()))
}
