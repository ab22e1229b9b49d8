//! Connections, straight or through the tunnel of a proxy.
//!
//! Only https goes through a proxy. Plain http is for this machine alone, where a proxy has no business.

use std::task::{Context, Poll};
use std::time::Duration;

use http::Uri;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::proxy::Tunnel;
use hyper_util::client::proxy::matcher::Matcher;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tower_service::Service;

use super::Pending;
use crate::error::Cause;

/// The proxies to use.
#[derive(Debug, Clone, Default)]
pub(crate) enum ProxySettings {
    /// `HTTPS_PROXY` (or `ALL_PROXY`) and `NO_PROXY`, in either letter case.
    #[default]
    Environment,
    /// None.
    Off,
    /// This one for all hosts but those that the second text names, in the form of `NO_PROXY`.
    Fixed(crate::secret::Secret, String),
}

impl ProxySettings {
    fn matcher(&self) -> Matcher {
        match self {
            Self::Environment => Matcher::from_env(),
            Self::Off => Matcher::builder().build(),
            Self::Fixed(address, except) => {
                Matcher::builder().https(address.expose()).no(except.as_str()).build()
            }
        }
    }
}

/// Opens connections.
#[derive(Clone)]
pub(crate) struct Connector {
    http: HttpConnector,
    matcher: std::sync::Arc<Matcher>,
    limit: Duration,
}

impl Connector {
    pub(crate) fn new(proxy: &ProxySettings, limit: Duration) -> Self {
        let mut http = HttpConnector::new();
        http.enforce_http(false);
        http.set_nodelay(true);
        http.set_keepalive(Some(Duration::from_secs(60)));
        Self { http, matcher: std::sync::Arc::new(proxy.matcher()), limit }
    }
}

impl Service<Uri> for Connector {
    type Response = TokioIo<TcpStream>;
    type Error = Cause;
    type Future = Pending<'static, Result<Self::Response, Cause>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Cause>> {
        self.http.poll_ready(context).map_err(Into::into)
    }

    fn call(&mut self, address: Uri) -> Self::Future {
        let is_https = address.scheme_str() == Some("https");
        let proxy = if is_https { self.matcher.intercept(&address) } else { None };
        let mut http = self.http.clone();
        let limit = self.limit;
        Box::pin(async move {
            let connect = async {
                let Some(proxy) = proxy else { return http.call(address).await.map_err(Cause::from) };
                let mut tunnel = Tunnel::new(proxy.uri().clone(), http);
                if let Some(credentials) = proxy.basic_auth() {
                    tunnel = tunnel.with_auth(credentials.clone());
                }
                tunnel.call(address).await.map_err(Cause::from)
            };
            match tokio::time::timeout(limit, connect).await {
                Ok(connected) => connected,
                Err(_) => Err(format!("no connection within {limit:?}").into()),
            }
        })
    }
}
