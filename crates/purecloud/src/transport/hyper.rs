//! The transport that comes with the crate: hyper's pooled client over rustls.

use std::time::Duration;

use http::{Request, Response};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::{CaptureConnection, capture_connection};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use tokio::time::Instant;

use super::proxy::{Connector, ProxySettings};
use super::tls::{TlsSettings, client_config};
use super::{Body, Pending, Transport, TransportError};
use crate::error::Error;

/// Settings of the built-in transport.
#[derive(Debug, Clone)]
pub(crate) struct HyperSettings {
    pub(crate) connect_timeout: Duration,
    pub(crate) idle_timeout: Duration,
    /// The silence after which a connection of HTTP/2 is pinged.
    pub(crate) keep_alive: Duration,
    pub(crate) proxy: ProxySettings,
    pub(crate) tls: TlsSettings,
}

impl Default for HyperSettings {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(10),
            idle_timeout: Duration::from_secs(90),
            keep_alive: Duration::from_secs(10),
            proxy: ProxySettings::default(),
            tls: TlsSettings::default(),
        }
    }
}

/// A pool of connections.
pub(crate) enum HyperTransport {
    /// For an origin on this machine: no certificates are read.
    Plain(Client<Connector, Body>),
    Tls(Client<HttpsConnector<Connector>, Body>),
}

impl HyperTransport {
    /// Makes a pool; `https` says whether any host of the session speaks TLS.
    pub(crate) fn new(settings: &HyperSettings, https: bool) -> Result<Self, Error> {
        let connector = Connector::new(&settings.proxy, settings.connect_timeout);
        let mut builder = Client::builder(TokioExecutor::new());
        builder.pool_timer(TokioTimer::new()).pool_idle_timeout(settings.idle_timeout);
        // A connection that a router has forgotten says nothing, and all calls share it.
        builder
            .timer(TokioTimer::new())
            .http2_keep_alive_interval(settings.keep_alive)
            .http2_keep_alive_timeout(settings.keep_alive / 2)
            .http2_keep_alive_while_idle(true);
        if !https {
            return Ok(Self::Plain(builder.build(connector)));
        }
        let connector = HttpsConnectorBuilder::new()
            .with_tls_config(client_config(&settings.tls)?)
            .https_or_http()
            .enable_all_versions()
            .wrap_connector(connector);
        Ok(Self::Tls(builder.build(connector)))
    }
}

impl Transport for HyperTransport {
    fn send(&self, mut request: Request<Body>) -> Pending<'_, Result<Response<Body>, TransportError>> {
        let (answer, unanswered) = match self {
            Self::Plain(client) => (client.request(request), None),
            Self::Tls(client) => {
                let unanswered = Unanswered::new(&mut request);
                (client.request(request), Some(unanswered))
            }
        };
        Box::pin(async move {
            let answer = answer.await;
            if let Some(unanswered) = unanswered {
                unanswered.answered();
            }
            match answer {
                Ok(answer) => Ok(answer.map(Body::incoming)),
                Err(error) if error.is_connect() => Err(TransportError::not_sent(error)),
                Err(error) => Err(TransportError::maybe_sent(error)),
            }
        })
    }
}

/// A request without an answer yet. When its caller gives it up, after a time-out for one, its connection takes no
/// further request: it may be dead, and HTTP/2 would send every call of the session down the same one.
struct Unanswered {
    connection: CaptureConnection,
    since: Instant,
    is_over: bool,
}

impl Unanswered {
    /// A call that is given up sooner says nothing of its connection.
    const SUSPICIOUS: Duration = Duration::from_secs(1);

    fn new(request: &mut Request<Body>) -> Self {
        Self { connection: capture_connection(request), since: Instant::now(), is_over: false }
    }

    fn answered(mut self) {
        self.is_over = true;
    }
}

impl Drop for Unanswered {
    fn drop(&mut self) {
        if !self.is_over
            && self.since.elapsed() >= Self::SUSPICIOUS
            && let Some(connection) = self.connection.connection_metadata().as_ref()
        {
            tracing::debug!("closing a connection that did not answer");
            connection.poison();
        }
    }
}
