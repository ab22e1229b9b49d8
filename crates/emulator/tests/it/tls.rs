//! TLS with a client that trusts nobody but the emulator's authority.

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use purecloud_emulator::{Authority, Emulator, Handle, Tls};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::client::{Client, builder, platform, read};

async fn start() -> Handle {
    builder().tls(Tls::new().domain("MyPureCloud.com")).start().await.unwrap()
}

/// Shakes hands with the emulator as the host of this name.
async fn shake(emulator: &Handle, name: &str) -> std::io::Result<TlsStream<TcpStream>> {
    shake_trusting(emulator, name, emulator.authority().unwrap()).await
}

async fn shake_trusting(emulator: &Handle, name: &str, pem: &str) -> std::io::Result<TlsStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(pem.as_bytes()).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let stream = TcpStream::connect(emulator.address()).await.unwrap();
    let server = ServerName::try_from(name.to_owned()).unwrap();
    TlsConnector::from(Arc::new(config)).connect(server, stream).await
}

async fn client(emulator: &Handle, name: &str) -> Client {
    let stream = shake(emulator, name).await.unwrap_or_else(|error| panic!("{name}: {error}"));
    Client::over(stream, &format!("{name}:{}", emulator.address().port()))
}

#[tokio::test]
async fn every_name_of_the_machine_and_of_the_domain_is_certified() {
    let emulator = start().await;
    assert!(emulator.origin().starts_with("https://127.0.0.1:"));
    for name in [
        "127.0.0.1",
        "localhost",
        "api.localhost",
        "login.localhost",
        "web.localhost",
        "a.b.localhost",
        "mypurecloud.com",
        "api.mypurecloud.com",
        "login.mypurecloud.com",
        "streaming.mypurecloud.com",
        "apps.mypurecloud.com",
    ] {
        let status = client(&emulator, name).await.get("/_emulator/requests").await.status;
        assert_eq!(status, 200, "{name} controls the emulator");
    }
}

#[tokio::test]
async fn other_names_are_neither_certified_nor_let_in() {
    let emulator = start().await;
    for name in ["rebound.example", "mypurecloud.com.example", "x.mypurecloud.com", "api.mypurecloud.ie"] {
        assert!(shake(&emulator, name).await.is_err(), "{name}");
    }
    let mut client = client(&emulator, "localhost").await;
    for host in ["rebound.example", "x.mypurecloud.com", "api.mypurecloud.ie"] {
        client.set_host(host);
        assert_eq!(client.get("/_emulator/requests").await.status, 403, "{host}");
    }
}

#[tokio::test]
async fn each_host_does_what_it_does_on_the_platform_and_nothing_else() {
    let emulator = start().await;
    let mut client = client(&emulator, "login.mypurecloud.com").await;
    client.sign_in().await;
    // Host, whether it is the API's, the login's, and whether files are there.
    for (host, api, login, files) in [
        ("api.mypurecloud.com", true, false, false),
        ("api.localhost", true, false, false),
        ("login.mypurecloud.com", false, true, false),
        ("streaming.mypurecloud.com", false, false, false),
        ("mypurecloud.com", true, true, true),
        ("localhost", true, true, true),
        ("127.0.0.1", true, true, true),
    ] {
        client.set_host(&format!("{host}:{}", emulator.address().port()));
        let found = |here| if here { 200 } else { 404 };
        assert_eq!(client.get("/api/v2/users/me").await.status, found(api), "API at {host}");
        assert_eq!(client.get("/api/v2/health/check").await.status, found(api), "health at {host}");
        // What lacks a client id is refused, where there is anyone to refuse it.
        let status = client.get("/oauth/authorize").await.status;
        assert_eq!(status, if login { 400 } else { 404 }, "login at {host}");
        let status = client.get("/gateway/api/v2/users/me").await.status;
        assert_eq!(status, found(files), "gateway at {host}");
    }
}

#[tokio::test]
async fn the_socket_of_a_channel_is_at_the_streaming_host() {
    let emulator = start().await;
    let port = emulator.address().port();
    let mut client = client(&emulator, "localhost").await;
    client.sign_in().await;
    let mut channel = async |host: &str| {
        client.set_host(host);
        let channel = client.json("POST", "/api/v2/notifications/channels", &json!({})).await.json();
        (channel["id"].as_str().unwrap().to_owned(), channel["connectUri"].as_str().unwrap().to_owned())
    };
    let (id, uri) = channel(&format!("localhost:{port}")).await;
    assert_eq!(uri, format!("wss://localhost:{port}/channels/{id}"));
    let (id, uri) = channel("api.mypurecloud.com").await;
    assert_eq!(uri, format!("wss://streaming.mypurecloud.com/channels/{id}"));

    let stream = shake(&emulator, "streaming.mypurecloud.com").await.unwrap();
    let mut socket = tokio_tungstenite::client_async(&uri, stream).await.unwrap().0;
    emulator.stop().await;
    let end = tokio::time::timeout(Duration::from_secs(10), socket.next()).await.expect("an end");
    assert!(end.is_none_or(|message| message.is_err() || message.unwrap().is_close()));
}

#[tokio::test]
async fn sockets_are_at_no_other_host() {
    let emulator = start().await;
    let mut client = client(&emulator, "api.localhost").await;
    client.set_host("localhost");
    client.sign_in().await;
    let channel = client.json("POST", "/api/v2/notifications/channels", &json!({})).await.json();
    for (host, opens) in [("api.localhost", false), ("login.localhost", false), ("streaming.localhost", true)]
    {
        let stream = shake(&emulator, host).await.unwrap();
        let uri = format!("wss://{host}/channels/{}", channel["id"].as_str().unwrap());
        assert_eq!(tokio_tungstenite::client_async(&uri, stream).await.is_ok(), opens, "{host}");
    }
}

#[tokio::test]
async fn http_without_tls_is_told_to_use_it_and_closed() {
    let emulator = start().await;
    let mut stream = TcpStream::connect(emulator.address()).await.unwrap();
    stream.write_all(b"GET /api/v2/health/check HTTP/1.1\r\nhost: localhost\r\n\r\n").await.unwrap();
    let reply = read(&mut stream, false).await.unwrap();
    assert_eq!(reply.status, 400);
    assert!(reply.json()["message"].as_str().unwrap().contains("https://"));
    assert_eq!(stream.read(&mut [0; 16]).await.unwrap(), 0, "nothing follows");
    // The platform was not asked.
    assert_eq!(emulator.requests().last().unwrap().operation, None);
}

#[tokio::test]
async fn handshakes_that_never_end_are_ended() {
    let emulator = builder()
        .tls(Tls::new())
        .settings(|settings| settings.read_timeout = Duration::from_millis(100))
        .start()
        .await
        .unwrap();
    // Nothing, half a record, a record that is no handshake, and a length that never comes.
    for bytes in [&b""[..], b"\x16\x03\x01", b"\x16\x03\x01\x00\x05hello", b"\x16\x03\x01\x40\x00\x01"] {
        let mut stream = TcpStream::connect(emulator.address()).await.unwrap();
        stream.write_all(bytes).await.unwrap();
        let mut rest = Vec::new();
        let end = tokio::time::timeout(Duration::from_secs(10), stream.read_to_end(&mut rest)).await;
        assert!(end.is_ok(), "{bytes:?} was not ended");
    }
    assert_eq!(client(&emulator, "localhost").await.get("/api/v2/health/check").await.status, 200);
}

#[tokio::test]
async fn an_authority_that_is_kept_is_trusted_by_those_who_trusted_it_before() {
    let made = Authority::generate(["mypurecloud.com"]).unwrap();
    let (certificate, key) = (made.certificate_pem().to_owned(), made.key_pem());
    for domain in ["mypurecloud.com", "eu.mypurecloud.com"] {
        let authority = Authority::read(&certificate, &key).unwrap();
        let emulator = builder().tls(Tls::new().authority(authority).domain(domain)).start().await.unwrap();
        assert_eq!(emulator.authority(), Some(certificate.as_str()));
        shake_trusting(&emulator, &format!("api.{domain}"), &certificate).await.unwrap();
    }
    let stranger = Authority::generate(["mypurecloud.com"]).unwrap();
    let emulator = builder().tls(Tls::new().authority(made)).start().await.unwrap();
    assert!(shake_trusting(&emulator, "localhost", stranger.certificate_pem()).await.is_err());
}

#[tokio::test]
async fn an_authority_that_does_not_do_is_a_clear_error() {
    let good = Authority::generate(["mypurecloud.com"]).unwrap();
    let other = Authority::generate(["mypurecloud.com"]).unwrap();
    let error = |tls: Tls| async {
        Emulator::builder().platform(platform()).tls(tls).start().await.unwrap_err().to_string()
    };
    let mixed = Authority::read(good.certificate_pem(), &other.key_pem()).unwrap();
    assert!(error(Tls::new().authority(mixed)).await.contains("the authority cannot certify"));
    let limited = error(Tls::new().authority(good).domain("usw2.pure.cloud")).await;
    assert!(limited.contains("usw2.pure.cloud"), "{limited}");
    for domain in ["", "https://mypurecloud.com", "mypurecloud.com:443", "*.com", "127.0.0.1", "a b"] {
        let error = error(Tls::new().domain(domain)).await;
        assert!(error.contains("is not a domain"), "{domain}: {error}");
    }
    for (certificate, key) in
        [("", ""), ("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "x")]
    {
        assert!(Authority::read(certificate, key).unwrap_err().to_string().contains("cannot be read"));
    }
    assert!(!format!("{other:?}").contains(&other.key_pem()[30..60]), "a secret");
}
