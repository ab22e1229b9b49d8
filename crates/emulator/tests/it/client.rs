//! A small HTTP client that sends exactly what it is told.

use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};

use purecloud_definition::Platform;
use purecloud_emulator::{Builder, Emulator, Handle, demo};
use serde_json::Value;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// The bundled platform, read once for all tests.
pub(crate) fn platform() -> Arc<Platform> {
    static PLATFORM: OnceLock<Arc<Platform>> = OnceLock::new();
    Arc::clone(PLATFORM.get_or_init(|| Arc::new(purecloud_emulator::bundled())))
}

pub(crate) fn builder() -> Builder {
    Emulator::builder().platform(platform()).settings(|settings| {
        settings.users = 60;
        settings.conversations = 500;
    })
}

pub(crate) async fn start() -> Handle {
    builder().start().await.unwrap()
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Reply {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&self.body)))
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// Whatever bytes come and go over.
pub(crate) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

/// One kept-alive connection.
pub(crate) struct Client {
    stream: Box<dyn Stream>,
    token: Option<String>,
    host: String,
}

impl Client {
    pub(crate) async fn new(emulator: &Handle) -> Self {
        Self::at(emulator.address()).await
    }

    pub(crate) async fn at(address: SocketAddr) -> Self {
        Self::over(TcpStream::connect(address).await.unwrap(), &address.to_string())
    }

    /// A client that says what it has to say over this.
    pub(crate) fn over(stream: impl Stream + 'static, host: &str) -> Self {
        Self { stream: Box::new(stream), token: None, host: host.to_owned() }
    }

    /// A client with a token of the client credentials grant.
    pub(crate) async fn signed_in(emulator: &Handle) -> Self {
        Self::signed_in_at(emulator.address()).await
    }

    pub(crate) async fn signed_in_at(address: SocketAddr) -> Self {
        let mut client = Self::at(address).await;
        client.sign_in().await;
        client
    }

    /// Takes a token of the client credentials grant.
    pub(crate) async fn sign_in(&mut self) {
        let form = format!(
            "grant_type=client_credentials&client_id={}&client_secret={}",
            demo::CREDENTIALS_CLIENT,
            demo::SECRET
        );
        let reply = self.form("/oauth/token", &form).await;
        self.token = Some(reply.json()["access_token"].as_str().unwrap().to_owned());
    }

    /// The token that it signed in with.
    pub(crate) fn token(&self) -> &str {
        self.token.as_deref().expect("a client that signed in")
    }

    pub(crate) fn set_token(&mut self, token: &str) {
        self.token = Some(token.to_owned());
    }

    /// What the next requests say in `Host`.
    pub(crate) fn set_host(&mut self, host: &str) {
        host.clone_into(&mut self.host);
    }

    pub(crate) async fn get(&mut self, path: &str) -> Reply {
        self.send("GET", path, &[], b"").await
    }

    pub(crate) async fn json(&mut self, method: &str, path: &str, body: &Value) -> Reply {
        let body = serde_json::to_vec(body).unwrap();
        self.send(method, path, &[("content-type", "application/json")], &body).await
    }

    pub(crate) async fn form(&mut self, path: &str, form: &str) -> Reply {
        self.send("POST", path, &[("content-type", "application/x-www-form-urlencoded")], form.as_bytes())
            .await
    }

    pub(crate) async fn send(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Reply {
        self.try_send(method, path, headers, body).await.expect("an answer")
    }

    /// As [`Self::send`]; nothing when the connection ends before the answer.
    pub(crate) async fn try_send(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Option<Reply> {
        let mut head = format!("{method} {path} HTTP/1.1\r\nhost: {}\r\n", self.host);
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        if let Some(token) =
            self.token.as_ref().filter(|_| !headers.iter().any(|(name, _)| *name == "authorization"))
        {
            head.push_str(&format!("authorization: Bearer {token}\r\n"));
        }
        head.push_str(&format!("content-length: {}\r\n\r\n", body.len()));
        let mut bytes = head.into_bytes();
        bytes.extend_from_slice(body);
        self.stream.write_all(&bytes).await.ok()?;
        read(&mut *self.stream, method == "HEAD").await
    }
}

/// Reads one answer with a length; `None` when the connection closes before it.
pub(crate) async fn read(stream: &mut (impl AsyncRead + Unpin + ?Sized), headless: bool) -> Option<Reply> {
    let mut bytes = Vec::new();
    let end = loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break end;
        }
        let mut chunk = [0; 8192];
        let count = stream.read(&mut chunk).await.ok()?;
        if count == 0 {
            return None;
        }
        bytes.extend_from_slice(&chunk[..count]);
    };
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let mut lines = head.split("\r\n");
    let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    let mut body = bytes.split_off(end + 4);
    let length = headers
        .iter()
        .find(|(name, _)| name == "content-length")
        .and_then(|(_, value)| value.parse::<usize>().ok())
        .filter(|_| !headless)
        .unwrap_or(0);
    while body.len() < length {
        let mut chunk = vec![0; length - body.len()];
        let count = stream.read(&mut chunk).await.ok()?;
        if count == 0 {
            return None;
        }
        body.extend_from_slice(&chunk[..count]);
    }
    Some(Reply { status, headers, body })
}

/// A text as it may stand in a path, a query or a form.
pub(crate) fn encode(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>().replace('+', "%20")
}
