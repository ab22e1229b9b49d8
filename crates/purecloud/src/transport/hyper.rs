//! The transport that comes with the crate: hyper's pooled client over rustls.

use std::time::Duration;

use http::{Request, Response};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioTimer};

use super::proxy::{Connector, ProxySettings};
use super::tls::{TlsSettings, client_config};
use super::{Body, Pending, Transport, TransportError};
use crate::error::Error;

/// Settings of the built-in transport.
#[derive(Debug, Clone)]
pub(crate) struct HyperSettings {
    pub(crate) connect_timeout: Duration,
    pub(crate) idle_timeout: Duration,
    pub(crate) proxy: ProxySettings,
    pub(crate) tls: TlsSettings,
}

impl Default for HyperSettings {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(10),
            idle_timeout: Duration::from_secs(90),
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
    fn send(&self, request: Request<Body>) -> Pending<'_, Result<Response<Body>, TransportError>> {
        let answer = match self {
            Self::Plain(client) => client.request(request),
            Self::Tls(client) => client.request(request),
        };
        Box::pin(async move {
            match answer.await {
                Ok(answer) => Ok(answer.map(Body::incoming)),
                Err(error) if error.is_connect() => Err(TransportError::not_sent(error)),
                Err(error) => Err(TransportError::maybe_sent(error)),
            }
        })
    }
}
