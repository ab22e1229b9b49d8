//! Settings of a session, before there is one.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use http::HeaderMap;
use http::header::{HeaderName, HeaderValue, USER_AGENT};

use crate::clock::{Clock, unguessable};
use crate::environment::Environment;
use crate::error::Error;
use crate::governor::Governor;
use crate::oauth::{Grant, Proof};
use crate::retry::RetryPolicy;
use crate::secret::Secret;
use crate::session::{Core, Session};
use crate::store::{BudgetStore, MemoryStore, StoredToken, TokenOwner, TokenStore};
use crate::token::{Token, Tokens};
use crate::transport::Transport;

/// Settings of a session. Everything has a default but the credentials.
///
/// A wrong setting is reported by [`connect`](Self::connect) or [`build`](Self::build).
#[derive(Default)]
#[must_use = "a builder does nothing until `connect` or `build`"]
pub struct SessionBuilder {
    environment: Option<String>,
    allowed: Vec<String>,
    credentials: Option<Login>,
    user: Option<String>,
    store: Option<Arc<dyn TokenStore>>,
    transport: Option<Arc<dyn Transport>>,
    headers: Vec<(String, String)>,
    user_agent: Option<String>,
    retry: Option<RetryPolicy>,
    unpaced: bool,
    budget: Option<Arc<dyn BudgetStore>>,
    in_flight: Option<usize>,
    request_timeout: Option<Duration>,
    answer_limit: Option<u64>,
    #[cfg(feature = "websocket")]
    sockets: Option<Arc<dyn crate::transport::Sockets>>,
    #[cfg(feature = "client")]
    client: crate::transport::hyper::HyperSettings,
}

/// The login of a session; made by the `login` module or by the builder's own methods.
#[derive(Debug, Clone)]
pub struct Login(pub(crate) LoginKind);

#[derive(Debug, Clone)]
pub(crate) enum LoginKind {
    Grant(Grant),
    Token(Secret),
    /// A token with its moments, as an implicit login gives it.
    Timed(crate::oauth::Granted),
}

impl std::fmt::Debug for SessionBuilder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SessionBuilder").field("environment", &self.environment).finish_non_exhaustive()
    }
}

impl SessionBuilder {
    /// Sets the environment: a domain (`mypurecloud.ie`), a region (`eu-west-1`) or an origin for local use
    /// (`http://127.0.0.1:8085`). Default: `mypurecloud.com`.
    pub fn environment(mut self, environment: impl Into<String>) -> Self {
        self.environment = Some(environment.into());
        self
    }

    /// Lets calls go to another https host as well, with the token: a gateway of your own, for one.
    pub fn allow_host(mut self, host: impl Into<String>) -> Self {
        self.allowed.push(host.into());
        self
    }

    /// Logs in as an OAuth client with a secret, again whenever the token ends.
    pub fn client_credentials(self, client_id: impl Into<String>, client_secret: impl Into<Secret>) -> Self {
        let grant =
            Grant::ClientCredentials { client_id: client_id.into(), client_secret: client_secret.into() };
        self.grant(grant)
    }

    /// Logs in with the code of a redirect, for clients with a secret; renewed with the refresh token.
    pub fn authorization_code(
        self,
        client_id: impl Into<String>,
        client_secret: impl Into<Secret>,
        code: impl Into<Secret>,
        redirect_uri: impl Into<String>,
    ) -> Self {
        self.grant(Grant::Code {
            client_id: client_id.into(),
            proof: Proof::Secret(client_secret.into()),
            code: code.into(),
            redirect_uri: redirect_uri.into(),
        })
    }

    /// Logs in with an assertion of a SAML 2 identity provider; `organization` is its short name.
    pub fn saml2_bearer(
        self,
        client_id: impl Into<String>,
        client_secret: impl Into<Secret>,
        organization: impl Into<String>,
        assertion: impl Into<Secret>,
    ) -> Self {
        self.grant(Grant::Saml2 {
            client_id: client_id.into(),
            client_secret: client_secret.into(),
            organization: organization.into(),
            assertion: assertion.into(),
        })
    }

    /// Logs in with a refresh token from before; public clients have no secret.
    pub fn refresh_token(
        self,
        client_id: impl Into<String>,
        client_secret: Option<Secret>,
        refresh_token: impl Into<Secret>,
    ) -> Self {
        self.grant(Grant::Refresh {
            client_id: client_id.into(),
            client_secret,
            refresh_token: refresh_token.into(),
        })
    }

    /// Uses a token that the program has already. It is not renewed and not revoked.
    pub fn access_token(mut self, token: impl Into<Secret>) -> Self {
        self.credentials = Some(Login(LoginKind::Token(token.into())));
        self
    }

    /// Uses what a login in a browser brought back; see [`login`](crate::login).
    pub fn login(mut self, login: Login) -> Self {
        self.credentials = Some(login);
        self
    }

    fn grant(mut self, grant: Grant) -> Self {
        self.credentials = Some(Login(LoginKind::Grant(grant)));
        self
    }

    /// Whom the session acts for, in words of the program's own: a stored token of another user counts as absent.
    pub fn user(mut self, user: impl Into<String>) -> Self {
        self.user = Some(user.into());
        self
    }

    /// Sets the storage of tokens. Default: the session's memory.
    ///
    /// A session uses a stored token only when environment, client, grant and [user](Self::user) are its own, and the
    /// login was made with the same secret.
    pub fn token_store(mut self, store: impl TokenStore) -> Self {
        self.store = Some(Arc::new(store));
        self
    }

    /// Sends requests through a transport of your own; settings for connections, proxies and certificates then do
    /// not apply.
    pub fn transport(mut self, transport: impl Transport) -> Self {
        self.transport = Some(Arc::new(transport));
        self
    }

    /// Opens the sockets of notifications in a way of your own. Default: with the settings for connections, proxies and
    /// certificates that the built-in transport has.
    #[cfg(feature = "websocket")]
    pub fn sockets(mut self, sockets: impl crate::transport::Sockets) -> Self {
        self.sockets = Some(Arc::new(sockets));
        self
    }

    /// A header of every request.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Sets the text before `PureCloud SDK/Rust` in the `User-Agent`, such as `wallboard/2.1`.
    pub fn user_agent(mut self, product: impl Into<String>) -> Self {
        self.user_agent = Some(product.into());
        self
    }

    /// Sets the policy for failures that may pass; [`RetryPolicy::off`] turns repetition off.
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.retry = Some(policy);
        self
    }

    /// Sets whether calls are spaced by the platform's rate limit. Default: yes.
    pub const fn pace(mut self, on: bool) -> Self {
        self.unpaced = !on;
        self
    }

    /// Sets the storage of the rate budget, for sessions and processes that share a token. Default: the session's
    /// memory.
    pub fn budget_store(mut self, store: impl BudgetStore) -> Self {
        self.budget = Some(Arc::new(store));
        self
    }

    /// Most calls under way at once. Default: 100.
    pub const fn in_flight(mut self, calls: usize) -> Self {
        self.in_flight = Some(calls);
        self
    }

    /// Sets the time limit of one attempt, its answer included; zero for no limit. Default: 30 seconds.
    pub const fn request_timeout(mut self, limit: Duration) -> Self {
        self.request_timeout = Some(limit);
        self
    }

    /// Longest answer that is read whole, in bytes. Default: 256 MiB.
    pub const fn answer_limit(mut self, bytes: u64) -> Self {
        self.answer_limit = Some(bytes);
        self
    }

    /// Makes the session without sending anything; it logs in with its first call.
    ///
    /// # Errors
    /// [`Error::Setup`] and [`Error::Environment`], when the settings do not fit.
    pub fn build(self) -> Result<Session, Error> {
        let environment =
            self.environment.as_deref().map_or_else(|| Ok(Environment::default()), Environment::parse)?;
        let mut origins = vec![environment.api().to_owned()];
        for host in &self.allowed {
            origins.push(allowed_origin(host)?);
        }
        let clock = Clock::start();
        let (token, grant) = match self.credentials.map(|login| login.0) {
            None => (None, None),
            Some(LoginKind::Grant(grant)) => (None, Some(grant)),
            Some(LoginKind::Token(access_token)) => {
                let stored = StoredToken {
                    access_token,
                    refresh_token: None,
                    obtained_at: clock.now(),
                    expires_at: None,
                    owner: TokenOwner::default(),
                };
                (Some(Token::new(stored)?), None)
            }
            Some(LoginKind::Timed(granted)) => {
                let stored = crate::token::stored_token(granted, clock.now(), TokenOwner::default());
                (Some(Token::new(stored)?), None)
            }
        };
        let owner = grant.as_ref().map(|grant| TokenOwner::new(&environment, grant, self.user));
        #[cfg(feature = "client")]
        let transport = if let Some(transport) = self.transport {
            transport
        } else {
            let mut origins = origins.iter().map(String::as_str).chain([environment.login()]);
            let https = origins.any(|origin| origin.starts_with("https:"));
            Arc::new(crate::transport::hyper::HyperTransport::new(&self.client, https)?)
        };
        #[cfg(not(feature = "client"))]
        let transport = self.transport.ok_or_else(|| {
            Error::setup(
                "the session has no transport; pass one with `transport`, or enable the feature `client`",
            )
        })?;
        #[cfg(feature = "websocket")]
        let sockets = self
            .sockets
            .unwrap_or_else(|| Arc::new(crate::transport::websocket::HyperSockets::new(self.client)));
        let mut governor = Governor::new(!self.unpaced, self.in_flight.unwrap_or(100), clock);
        if let Some(store) = self.budget {
            governor = governor.share(store, unguessable()?);
        }
        if self.in_flight == Some(0) {
            return Err(Error::setup("`in_flight` is 0, so no call could be sent; use at least 1"));
        }
        Ok(Session {
            core: Arc::new(Core {
                headers: standing_headers(self.user_agent.as_deref(), &self.headers)?,
                environment,
                origins,
                transport,
                tokens: Tokens::new(token, grant, owner),
                store: self.store.unwrap_or_else(|| Arc::new(MemoryStore)),
                governor,
                retry: self.retry.unwrap_or_default(),
                allowance: Mutex::default(),
                request_timeout: self.request_timeout.unwrap_or(Duration::from_secs(30)),
                answer_limit: self.answer_limit.unwrap_or(256 << 20),
                clock,
                #[cfg(feature = "websocket")]
                sockets,
                #[cfg(feature = "websocket")]
                desk: crate::notifications::Desk::default(),
            }),
        })
    }

    /// Makes the session and logs in.
    ///
    /// # Errors
    /// Those of [`Self::build`], and those of the login.
    pub async fn connect(self) -> Result<Session, Error> {
        let session = self.build()?;
        session.log_in().await?;
        Ok(session)
    }
}

/// Settings of the built-in transport.
#[cfg(feature = "client")]
impl SessionBuilder {
    /// Sets the time limit for opening a connection. Default: 10 seconds.
    pub const fn connect_timeout(mut self, limit: Duration) -> Self {
        self.client.connect_timeout = limit;
        self
    }

    /// Sets the time that an unused connection is kept open. Default: 90 seconds.
    pub const fn idle_timeout(mut self, limit: Duration) -> Self {
        self.client.idle_timeout = limit;
        self
    }

    /// Sets the silence after which a connection of HTTP/2 is pinged; without an answer within
    /// half of this time it is replaced. Default: 10 seconds.
    pub const fn keep_alive(mut self, interval: Duration) -> Self {
        self.client.keep_alive = interval;
        self
    }

    /// Sends everything through this proxy (`http://user:password@proxy:3128`) but what goes to the hosts in
    /// `except`, which has the form of `NO_PROXY`. Default: what `HTTPS_PROXY` and `NO_PROXY` say.
    pub fn proxy(mut self, address: impl Into<Secret>, except: impl Into<String>) -> Self {
        self.client.proxy = crate::transport::proxy::ProxySettings::Fixed(address.into(), except.into());
        self
    }

    /// Uses no proxy, whatever the environment says.
    pub fn no_proxy(mut self) -> Self {
        self.client.proxy = crate::transport::proxy::ProxySettings::Off;
        self
    }

    /// Trusts these certificate authorities (PEM) as well as those of the system.
    pub fn root_certificate(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.client.tls.roots.push(pem.into());
        self
    }

    /// Shows this certificate chain (PEM) to whoever asks, and proves it with this key (PEM).
    pub fn client_certificate(mut self, chain: impl Into<Vec<u8>>, key: impl Into<Secret>) -> Self {
        self.client.tls.identity = Some((chain.into(), key.into()));
        self
    }
}

fn allowed_origin(host: &str) -> Result<String, Error> {
    // Whether it is a host at all. A platform's host would stand for its domain there; here the very host is meant.
    Environment::parse(&format!("https://{host}"))?;
    Ok(format!("https://{}", host.to_ascii_lowercase()))
}

fn standing_headers(product: Option<&str>, more: &[(String, String)]) -> Result<HeaderMap, Error> {
    const OWN: &str = concat!("PureCloud SDK/Rust ", env!("CARGO_PKG_VERSION"));
    let mut headers = HeaderMap::new();
    let agent = product.map_or_else(|| OWN.to_owned(), |product| format!("{product} {OWN}"));
    let agent = HeaderValue::try_from(agent)
        .map_err(|_| Error::setup("the user agent has a character that is not allowed in a header"))?;
    headers.insert(USER_AGENT, agent);
    #[cfg(feature = "compression")]
    headers.insert(http::header::ACCEPT_ENCODING, HeaderValue::from_static("gzip"));
    for (name, value) in more {
        let problem = |what| Error::setup(format!("the header `{name}` has a {what} that cannot be sent"));
        let header = HeaderName::try_from(name.as_str()).map_err(|_| problem("name"))?;
        headers.insert(header, HeaderValue::try_from(value.as_str()).map_err(|_| problem("value"))?);
    }
    Ok(headers)
}
