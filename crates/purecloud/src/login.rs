//! Logins in a browser: the address to open, and what to make of the redirect that comes back.
//!
//! ```no_run
//! use purecloud::login::{BrowserLogin, RedirectListener};
//! # async fn example() -> Result<(), purecloud::Error> {
//! let environment = purecloud::Environment::parse("mypurecloud.ie")?;
//! let listener = RedirectListener::bind(8080).await?;
//! let login = BrowserLogin::pkce(&environment, "my-client-id", listener.redirect_uri())?;
//! println!("Open {}", login.address());
//! let session = purecloud::Session::builder()
//!     .environment("mypurecloud.ie")
//!     .login(listener.wait(&login).await?)
//!     .connect()
//!     .await?;
//! # Ok(())
//! # }
//! ```

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::builder::{Login, LoginKind};
use crate::clock::unguessable;
use crate::environment::Environment;
use crate::error::Error;
use crate::oauth::{
    Grant, LoginError, Proof, Redirected, Wanted, authorize_address, challenge, logout_address, read_redirect,
};
use crate::secret::Secret;

/// A login that a person makes in a browser. Each has a `state` of its own that nobody can guess, and only a redirect
/// that brings it back is believed.
#[derive(Debug, Clone)]
pub struct BrowserLogin {
    login_origin: String,
    client_id: String,
    redirect_uri: String,
    state: Secret,
    kind: Kind,
    more: Vec<(String, String)>,
}

#[derive(Debug, Clone)]
enum Kind {
    Implicit,
    Code { client_secret: Secret },
    Pkce { verifier: Secret },
}

impl BrowserLogin {
    /// With a code and PKCE: for programs that cannot keep a secret, such as those for desktops and terminals.
    ///
    /// # Errors
    /// [`Error::Setup`] when the system gives no randomness.
    pub fn pkce(
        environment: &Environment,
        client_id: impl Into<String>,
        redirect_uri: impl Into<String>,
    ) -> Result<Self, Error> {
        let verifier = unguessable()?.into();
        Self::new(environment, client_id.into(), redirect_uri.into(), Kind::Pkce { verifier })
    }

    /// With a code and a secret: for web servers.
    ///
    /// # Errors
    /// [`Error::Setup`] when the system gives no randomness.
    pub fn code(
        environment: &Environment,
        client_id: impl Into<String>,
        client_secret: impl Into<Secret>,
        redirect_uri: impl Into<String>,
    ) -> Result<Self, Error> {
        let client_secret = client_secret.into();
        Self::new(environment, client_id.into(), redirect_uri.into(), Kind::Code { client_secret })
    }

    /// With a token in the redirect itself. It comes in the fragment, which a browser does not send to a server.
    ///
    /// # Errors
    /// [`Error::Setup`] when the system gives no randomness.
    pub fn implicit(
        environment: &Environment,
        client_id: impl Into<String>,
        redirect_uri: impl Into<String>,
    ) -> Result<Self, Error> {
        Self::new(environment, client_id.into(), redirect_uri.into(), Kind::Implicit)
    }

    fn new(
        environment: &Environment,
        client_id: String,
        redirect_uri: String,
        kind: Kind,
    ) -> Result<Self, Error> {
        Ok(Self {
            login_origin: environment.login().to_owned(),
            client_id,
            redirect_uri,
            state: unguessable()?.into(),
            kind,
            more: Vec::new(),
        })
    }

    /// A further parameter of the login page: `org` with `provider`, `target`, `login_hint`, or `prompt` (`login`).
    #[must_use]
    pub fn parameter(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.more.push((name.into(), value.into()));
        self
    }

    /// The address to open.
    pub fn address(&self) -> String {
        let digest;
        let wanted = match &self.kind {
            Kind::Implicit => Wanted::Token,
            Kind::Code { .. } => Wanted::Code,
            Kind::Pkce { verifier } => {
                digest = challenge(verifier.expose());
                Wanted::CodeWithChallenge(&digest)
            }
        };
        let more: Vec<_> = self.more.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let (client, redirect, state) = (&self.client_id, &self.redirect_uri, self.state.expose());
        authorize_address(&self.login_origin, client, redirect, state, wanted, &more)
    }

    /// The address that ends the person's login in the browser and then goes to the redirect address.
    pub fn logout_address(&self) -> String {
        logout_address(&self.login_origin, &self.client_id, Some(&self.redirect_uri))
    }

    /// Reads the redirect from the whole address that the browser was sent to.
    ///
    /// # Errors
    /// [`Error::Login`]: the state is not this login's, the person or the platform refused, or there is nothing in it.
    pub fn finish(&self, redirect: &str) -> Result<Login, Error> {
        let grant = match &self.kind {
            Kind::Implicit => "token",
            Kind::Code { .. } | Kind::Pkce { .. } => "authorization_code",
        };
        let fail = |problem| Error::Login { grant, problem, refusal: None };
        let proof = match &self.kind {
            Kind::Implicit => None,
            Kind::Code { client_secret } => Some(Proof::Secret(client_secret.clone())),
            Kind::Pkce { verifier } => Some(Proof::Verifier(verifier.clone())),
        };
        match (read_redirect(redirect, Some(self.state.expose())).map_err(fail)?, proof) {
            (Redirected::Token(granted), None) => Ok(Login(LoginKind::Timed(granted))),
            (Redirected::Code(code), Some(proof)) => Ok(Login(LoginKind::Grant(Grant::Code {
                client_id: self.client_id.clone(),
                proof,
                code,
                redirect_uri: self.redirect_uri.clone(),
            }))),
            // A token where a code was asked for, or the reverse, is nothing this login asked for.
            _ => Err(fail(LoginError::Nothing)),
        }
    }
}

/// Waits on this machine for the redirect of a login.
#[derive(Debug)]
pub struct RedirectListener {
    listener: TcpListener,
    redirect_uri: String,
}

/// The page that the browser shows at the end.
const DONE: &str = "<!doctype html><meta charset=utf-8><title>Logged in</title>\
    <p>You are logged in. This page can be closed.";
const FAILED: &str = "<!doctype html><meta charset=utf-8><title>Not logged in</title>\
    <p>This login did not work. Return to the program.";

impl RedirectListener {
    /// Listens at `http://127.0.0.1:PORT/callback`; port 0 takes a free one, where the OAuth client allows any.
    ///
    /// # Errors
    /// [`Error::Setup`] when the port cannot be had.
    pub async fn bind(port: u16) -> Result<Self, Error> {
        let fail = |source: std::io::Error| Error::Setup {
            problem: format!("cannot listen on port {port}; choose another"),
            source: Some(source.into()),
        };
        let listener = TcpListener::bind(("127.0.0.1", port)).await.map_err(fail)?;
        let port = listener.local_addr().map_err(fail)?.port();
        Ok(Self { listener, redirect_uri: format!("http://127.0.0.1:{port}/callback") })
    }

    /// The redirect address to name in the login and in the OAuth client's settings.
    pub fn redirect_uri(&self) -> &str {
        &self.redirect_uri
    }

    /// Waits for the redirect. Requests that are not the redirect of `login` are answered and forgotten: any page
    /// that a person has open can send some.
    ///
    /// # Errors
    /// [`Error::Login`] when the person or the platform refused. It waits for ever otherwise; bound it with a
    /// time-out.
    pub async fn wait(&self, login: &BrowserLogin) -> Result<Login, Error> {
        loop {
            let Ok((mut stream, _)) = self.listener.accept().await else { continue };
            let Some(target) = request_target(&mut stream).await else { continue };
            let is_ours = target.split('?').next() == Some("/callback");
            let outcome = is_ours.then(|| login.finish(&target));
            let (status, page) = match &outcome {
                Some(Ok(_)) => ("200 OK", DONE),
                Some(Err(_)) => ("400 Bad Request", FAILED),
                None => ("404 Not Found", FAILED),
            };
            let answer = format!(
                "HTTP/1.1 {status}\r\ncontent-type: text/html; charset=utf-8\r\ncontent-length: {}\r\n\
                 cache-control: no-store\r\nreferrer-policy: no-referrer\r\nconnection: close\r\n\r\n{page}",
                page.len()
            );
            // The login has its outcome whether the browser hears of it or not.
            let _ = stream.write_all(answer.as_bytes()).await;
            let _ = stream.shutdown().await;
            match outcome {
                Some(Err(Error::Login { problem: LoginError::State | LoginError::Nothing, .. })) | None => {}
                Some(outcome) => return outcome,
            }
        }
    }
}

/// Path and query of a GET; `None` for whatever else arrives, or arrives too slowly.
async fn request_target(stream: &mut TcpStream) -> Option<String> {
    const LONGEST: usize = 16 << 10;
    let read = async {
        let mut head = Vec::new();
        while !head.windows(4).any(|end| end == b"\r\n\r\n") {
            let mut piece = [0; 1024];
            let length = stream.read(&mut piece).await.ok().filter(|length| *length > 0)?;
            head.extend_from_slice(&piece[..length]);
            if head.len() > LONGEST {
                return None;
            }
        }
        let text = String::from_utf8(head).ok()?;
        let target = text.lines().next()?.strip_prefix("GET ")?.split(' ').next()?;
        Some(target.to_owned())
    };
    tokio::time::timeout(Duration::from_secs(5), read).await.ok()?
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment() -> Environment {
        Environment::parse("mypurecloud.ie").unwrap()
    }

    #[tokio::test]
    async fn the_listener_forgets_strangers_and_takes_the_redirect_of_its_login() {
        let listener = RedirectListener::bind(0).await.unwrap();
        let login = BrowserLogin::pkce(&environment(), "id", listener.redirect_uri()).unwrap();
        let origin =
            listener.redirect_uri().trim_start_matches("http://").trim_end_matches("/callback").to_owned();
        let state = login.state.expose().to_owned();
        let browser = tokio::spawn(async move {
            let mut answers = Vec::new();
            for target in [
                "/favicon.ico".to_owned(),
                "/callback?code=evil&state=x".into(),
                format!("/callback?code=good&state={state}"),
            ] {
                let mut stream = TcpStream::connect(&origin).await.unwrap();
                stream.write_all(format!("GET {target} HTTP/1.1\r\n\r\n").as_bytes()).await.unwrap();
                let mut answer = String::new();
                stream.read_to_string(&mut answer).await.unwrap();
                answers.push(answer[9..12].to_owned());
            }
            answers
        });
        let Login(LoginKind::Grant(Grant::Code { code, .. })) = listener.wait(&login).await.unwrap() else {
            panic!("not a code");
        };
        assert_eq!(code.expose(), "good");
        assert_eq!(browser.await.unwrap(), ["404", "400", "200"]);
    }

    #[test]
    fn a_token_is_not_taken_where_a_code_was_asked_for() {
        let login = BrowserLogin::pkce(&environment(), "id", "http://127.0.0.1/callback").unwrap();
        let redirect = format!("http://127.0.0.1/callback#access_token=abc&state={}", login.state.expose());
        assert!(matches!(login.finish(&redirect), Err(Error::Login { problem: LoginError::Nothing, .. })));
    }

    #[test]
    fn no_secret_is_in_the_address_or_in_debug_output() {
        let login = BrowserLogin::code(&environment(), "id", "hunter2", "https://x.example/cb").unwrap();
        assert!(!format!("{} {login:?}", login.address()).contains("hunter2"));
        let login = BrowserLogin::pkce(&environment(), "id", "https://x.example/cb").unwrap();
        let Kind::Pkce { verifier } = &login.kind else { panic!("not PKCE") };
        assert!(!format!("{} {login:?}", login.address()).contains(verifier.expose()));
    }
}
