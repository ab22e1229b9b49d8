//! Encrypted connections: whom the built-in transport trusts, who it says it is, and the way through a proxy.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine as _;
use http::{Request, Response, Version};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use purecloud::{Error, RetryPolicy, Sent, Session, SessionBuilder};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::{RootCertStore, ServerConfig};

/// An authority of the test's own.
struct Authority(CertifiedIssuer<'static, KeyPair>);

/// A certificate and its key, as PEM.
struct Identity {
    chain: String,
    key: String,
}

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    fn issue(&self, name: &str) -> Identity {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        let chain = params.signed_by(&key, &self.0).unwrap().pem();
        Identity { chain, key: key.serialize_pem() }
    }

    fn pem(&self) -> String {
        self.0.pem()
    }
}

/// A server that answers with the version of HTTP and the path; it asks for certificates of `clients`, where given.
async fn server(identity: &Identity, clients: Option<&Authority>) -> SocketAddr {
    let acceptor = acceptor(identity, clients, &[b"h2", b"http/1.1"]);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                let Ok(stream) = acceptor.accept(stream).await else { return };
                let service = service_fn(|request: Request<Incoming>| async move {
                    let version = if request.version() == Version::HTTP_2 { 2 } else { 1 };
                    let body = format!("{version} {}", request.uri().path());
                    Ok::<_, std::convert::Infallible>(Response::new(Full::new(bytes::Bytes::from(body))))
                });
                let _ = auto::Builder::new(TokioExecutor::new())
                    .serve_connection(TokioIo::new(stream), service)
                    .await;
            });
        }
    });
    address
}

fn acceptor(identity: &Identity, clients: Option<&Authority>, protocols: &[&[u8]]) -> TlsAcceptor {
    let provider = Arc::new(tokio_rustls::rustls::crypto::ring::default_provider());
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .unwrap();
    let builder = match clients {
        None => builder.with_no_client_auth(),
        Some(authority) => {
            let mut roots = RootCertStore::empty();
            roots.add(authority.0.der().clone()).unwrap();
            let verifier =
                WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build().unwrap();
            builder.with_client_cert_verifier(verifier)
        }
    };
    let chain = CertificateDer::pem_slice_iter(identity.chain.as_bytes()).map(Result::unwrap).collect();
    let key = PrivateKeyDer::from_pem_slice(identity.key.as_bytes()).unwrap();
    let mut config = builder.with_single_cert(chain, key).unwrap();
    config.alpn_protocols = protocols.iter().map(|protocol| protocol.to_vec()).collect();
    TlsAcceptor::from(Arc::new(config))
}

fn builder(address: SocketAddr) -> SessionBuilder {
    Session::builder()
        .environment(format!("https://localhost:{}", address.port()))
        .access_token("t")
        .retry(RetryPolicy::off())
        .no_proxy()
}

async fn get(builder: SessionBuilder) -> Result<String, Error> {
    let answer = builder.build()?.call("GET", "/x").await?;
    Ok(answer.text().unwrap().to_owned())
}

#[tokio::test]
async fn an_authority_is_trusted_when_it_is_named_and_not_before() {
    let authority = Authority::new();
    let address = server(&authority.issue("localhost"), None).await;
    assert_eq!(get(builder(address).root_certificate(authority.pem())).await.unwrap(), "2 /x");
    let error = get(builder(address)).await.unwrap_err();
    assert!(matches!(error, Error::Unreached { .. }) && error.sent() == Sent::No, "{error:?}");
}

#[tokio::test]
async fn a_certificate_for_another_name_is_refused() {
    let authority = Authority::new();
    let address = server(&authority.issue("other.example"), None).await;
    let error = get(builder(address).root_certificate(authority.pem())).await.unwrap_err();
    assert_eq!(error.sent(), Sent::No, "{error:?}");
}

#[tokio::test]
async fn a_client_certificate_is_shown_to_whoever_asks() {
    let (authority, stranger) = (Authority::new(), Authority::new());
    let address = server(&authority.issue("localhost"), Some(&authority)).await;
    let trusting = || builder(address).root_certificate(authority.pem());
    let shown = |identity: Identity| trusting().client_certificate(identity.chain, identity.key);
    assert_eq!(get(shown(authority.issue("client"))).await.unwrap(), "2 /x");
    get(shown(stranger.issue("client"))).await.unwrap_err();
    get(trusting()).await.unwrap_err();
}

/// Carries bytes to a server and back, until it is silenced: from then on the connections of before carry nothing and
/// stay open, as behind a router that has forgotten them. New ones work.
struct Relay {
    address: SocketAddr,
    silenced: tokio::sync::watch::Sender<usize>,
    accepted: Arc<std::sync::atomic::AtomicUsize>,
}

impl Relay {
    async fn start(onward: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (silenced, watched) = tokio::sync::watch::channel(0);
        let accepted = Arc::new(std::sync::atomic::AtomicUsize::new(0));
        let count = Arc::clone(&accepted);
        tokio::spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                let number = count.fetch_add(1, std::sync::atomic::Ordering::Relaxed) + 1;
                let mut watched = watched.clone();
                tokio::spawn(async move {
                    let mut onward = TcpStream::connect(onward).await.unwrap();
                    let silenced = async {
                        // The sender lives as long as the test.
                        let _ = watched.wait_for(|silenced| *silenced >= number).await;
                    };
                    tokio::select! {
                        _ = tokio::io::copy_bidirectional(&mut stream, &mut onward) => {}
                        () = silenced => std::future::pending().await,
                    }
                });
            }
        });
        Self { address, silenced, accepted }
    }

    fn silence(&self) {
        self.silenced.send_replace(self.accepted());
    }

    fn accepted(&self) -> usize {
        self.accepted.load(std::sync::atomic::Ordering::Relaxed)
    }
}

async fn silent_connection(change: impl FnOnce(SessionBuilder) -> SessionBuilder) -> (Relay, Session) {
    let authority = Authority::new();
    let relay = Relay::start(server(&authority.issue("localhost"), None).await).await;
    let builder = builder(relay.address)
        .root_certificate(authority.pem())
        .retry(RetryPolicy::default().waits(Duration::from_millis(1), Duration::from_millis(1)));
    let session = change(builder).build().unwrap();
    assert_eq!(session.call("GET", "/x").await.unwrap().text(), Some("2 /x"), "it is HTTP/2");
    relay.silence();
    (relay, session)
}

#[tokio::test]
async fn a_time_out_replaces_a_silent_connection_of_http_2() {
    let (relay, session) =
        silent_connection(|builder| builder.request_timeout(Duration::from_millis(1_100))).await;
    assert_eq!(session.call("GET", "/y").await.unwrap().text(), Some("2 /y"));
    assert_eq!(relay.accepted(), 2);
}

#[tokio::test]
async fn a_silent_connection_of_http_2_is_replaced_though_no_call_runs_out_of_time() {
    let (relay, session) = silent_connection(|builder| {
        builder.request_timeout(Duration::ZERO).keep_alive(Duration::from_millis(100))
    })
    .await;
    assert_eq!(session.call("GET", "/y").await.unwrap().text(), Some("2 /y"));
    assert_eq!(relay.accepted(), 2);
}

#[tokio::test]
async fn what_is_no_certificate_is_told_before_anything_is_sent() {
    let authority = Authority::new();
    let (one, other) = (authority.issue("a"), authority.issue("b"));
    let address = SocketAddr::from(([127, 0, 0, 1], 1));
    for (broken, part) in [
        (builder(address).client_certificate(one.chain.clone(), "no key"), "not PEM"),
        (builder(address).client_certificate(one.chain, other.key), "do not match"),
    ] {
        let error = broken.root_certificate(authority.pem()).build().unwrap_err();
        assert!(matches!(&error, Error::Setup { problem, .. } if problem.contains(part)), "{error:?}");
    }
}

/// A proxy that opens tunnels for those who say `credentials`, and remembers what it was asked.
struct Proxy {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Proxy {
    async fn start(credentials: Option<&str>) -> Self {
        let expected = credentials.map(|credentials| {
            format!("basic {}", base64::engine::general_purpose::STANDARD.encode(credentials)).to_lowercase()
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let proxy = Self { address: listener.local_addr().unwrap(), asked: Arc::default() };
        let asked = Arc::clone(&proxy.asked);
        tokio::spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                let (asked, expected) = (Arc::clone(&asked), expected.clone());
                tokio::spawn(async move {
                    let mut head = Vec::new();
                    while !head.ends_with(b"\r\n\r\n") {
                        head.push(stream.read_u8().await.unwrap());
                    }
                    let head = String::from_utf8(head).unwrap();
                    let line = head.lines().next().unwrap().to_owned();
                    let target = line.split(' ').nth(1).unwrap().to_owned();
                    asked.lock().unwrap().push(line);
                    if expected.is_some_and(|expected| !head.to_lowercase().contains(&expected)) {
                        let refusal =
                            "HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n";
                        stream.write_all(refusal.as_bytes()).await.unwrap();
                        return;
                    }
                    let mut onward = TcpStream::connect(target).await.unwrap();
                    stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.unwrap();
                    let _ = tokio::io::copy_bidirectional(&mut stream, &mut onward).await;
                });
            }
        });
        proxy
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

#[tokio::test]
async fn a_tunnel_through_a_proxy_carries_the_encrypted_call() {
    let authority = Authority::new();
    let address = server(&authority.issue("localhost"), None).await;
    let trusting = || builder(address).root_certificate(authority.pem());
    let connect = format!("CONNECT localhost:{} HTTP/1.1", address.port());

    let open = Proxy::start(None).await;
    let proxied = trusting().proxy(format!("http://{}", open.address), "");
    assert_eq!(get(proxied).await.unwrap(), "2 /x");
    assert_eq!(open.asked(), [connect.as_str()]);

    let guarded = Proxy::start(Some("user:pass word")).await;
    let proxied = trusting().proxy(format!("http://user:pass%20word@{}", guarded.address), "");
    assert_eq!(get(proxied).await.unwrap(), "2 /x");
    let stranger = trusting().proxy(format!("http://{}", guarded.address), "");
    let error = get(stranger).await.unwrap_err();
    assert!(matches!(error, Error::Unreached { .. }), "{error:?}");
    assert_eq!(guarded.asked().len(), 2);

    let around = trusting().proxy(format!("http://{}", open.address), "example.com,localhost");
    assert_eq!(get(around).await.unwrap(), "2 /x");
    assert_eq!(open.asked().len(), 1, "the proxy was asked although its use was excepted");
}

#[tokio::test]
async fn a_proxy_that_says_nothing_is_given_up_in_time_and_nothing_was_sent() {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let authority = Authority::new();
    let proxied = builder(SocketAddr::from(([127, 0, 0, 1], 9)))
        .root_certificate(authority.pem())
        .proxy(format!("http://{}", silent.local_addr().unwrap()), "")
        .connect_timeout(Duration::from_millis(100));
    let error = get(proxied).await.unwrap_err();
    assert!(matches!(error, Error::Unreached { .. }) && error.sent() == Sent::No, "{error:?}");
}

#[cfg(feature = "websocket")]
mod sockets {
    use purecloud::notifications::Notice;
    use purecloud::{Body, Pending, Transport, TransportError};
    use purecloud_emulator::{Emulator, demo};
    use serde_json::{Value, json};

    use super::*;

    /// Answers a channel that is there already.
    struct Channel(Value);

    impl Transport for Channel {
        fn send(&self, _: Request<Body>) -> Pending<'_, Result<Response<Body>, TransportError>> {
            let answer = Response::new(Body::from(bytes::Bytes::from(self.0.to_string())));
            Box::pin(std::future::ready(Ok(answer)))
        }
    }

    /// Puts TLS before a server that has none.
    async fn encrypt(identity: &Identity, onward: SocketAddr) -> SocketAddr {
        let acceptor = acceptor(identity, None, &[b"h2", b"http/1.1"]);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let Ok(mut stream) = acceptor.accept(stream).await else { continue };
                tokio::spawn(async move {
                    let mut onward = TcpStream::connect(onward).await.unwrap();
                    let _ = tokio::io::copy_bidirectional(&mut stream, &mut onward).await;
                });
            }
        });
        address
    }

    #[tokio::test]
    async fn notifications_come_over_an_encrypted_socket_and_through_a_proxy() {
        let emulator = Emulator::builder().start().await.unwrap();
        let plain = Session::builder()
            .environment(emulator.origin())
            .client_credentials(demo::CREDENTIALS_CLIENT, demo::SECRET)
            .connect()
            .await
            .unwrap();
        let made = plain.call("POST", "/api/v2/notifications/channels").await.unwrap();
        let id = made.json::<Value>().unwrap()["id"].as_str().unwrap().to_owned();
        let path = format!("/api/v2/notifications/channels/{id}/subscriptions");
        plain.call("PUT", &path).body(&json!([{"id": "v2.test"}])).await.unwrap();

        let authority = Authority::new();
        let address = encrypt(&authority.issue("localhost"), emulator.address()).await;
        let proxy = Proxy::start(None).await;
        let uri = format!("wss://localhost:{}/channels/{id}", address.port());
        let session = builder(address)
            .transport(Channel(json!({"id": id, "connectUri": uri})))
            .root_certificate(authority.pem())
            .proxy(format!("http://{}", proxy.address), "")
            .build()
            .unwrap();
        let mut notices = session.notifications().subscribe(["v2.test"]);
        let mut next = async || {
            tokio::time::timeout(Duration::from_secs(20), notices.next()).await.unwrap().unwrap().unwrap()
        };
        assert!(matches!(next().await, Notice::Connected { .. }));
        let event = json!({"topicName": "v2.test", "eventBody": "through"});
        plain.call("POST", "/_emulator/events").body(&event).await.unwrap();
        let Notice::Event(event) = next().await else { panic!("no event") };
        assert_eq!(event.json::<String>().unwrap(), "through");
        assert_eq!(proxy.asked(), [format!("CONNECT localhost:{} HTTP/1.1", address.port())]);
    }
}
