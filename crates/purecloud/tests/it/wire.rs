//! The built-in transport against a server that misbehaves on the wire.

use std::io::Write as _;
use std::net::SocketAddr;

use purecloud::{Error, Sent, Session};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

/// Answers each connection with the next of `answers`, byte for byte, and closes it.
async fn server(answers: Vec<Vec<u8>>) -> (SocketAddr, tokio::task::JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let task = tokio::spawn(async move {
        let mut requests = Vec::new();
        for answer in answers {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut head = Vec::new();
            while !head.windows(4).any(|end| end == b"\r\n\r\n") {
                let mut piece = [0; 1024];
                let length = stream.read(&mut piece).await.unwrap();
                assert!(length > 0, "the client went away");
                head.extend_from_slice(&piece[..length]);
            }
            requests.push(String::from_utf8(head).unwrap());
            stream.write_all(&answer).await.unwrap();
        }
        requests
    });
    (address, task)
}

fn session(address: SocketAddr) -> Session {
    Session::builder()
        .environment(format!("http://{address}"))
        .access_token("t")
        .user_agent("test/1")
        .build()
        .unwrap()
}

#[tokio::test]
async fn a_request_on_the_wire_has_what_it_should() {
    let (address, requests) =
        server(vec![b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}".to_vec()]).await;
    session(address).call("GET", "/api/v2/users").query("q", "a b").await.unwrap();
    let request = requests.await.unwrap().remove(0);
    for part in [
        "GET /api/v2/users?q=a%20b HTTP/1.1\r\n",
        "authorization: Bearer t\r\n",
        "accept: application/json\r\n",
        "accept-encoding: gzip\r\n",
        concat!("user-agent: test/1 PureCloud SDK/Rust ", env!("CARGO_PKG_VERSION"), "\r\n"),
    ] {
        assert!(request.contains(part), "{part:?} is not in {request}");
    }
    assert!(!request.contains("content-type"), "a GET has no content");
}

#[tokio::test]
async fn a_packed_answer_is_unpacked() {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(b"{\"a\":1}").unwrap();
    let packed = encoder.finish().unwrap();
    let mut answer = format!(
        "HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        packed.len()
    )
    .into_bytes();
    answer.extend_from_slice(&packed);
    let (address, _) = server(vec![answer]).await;
    assert_eq!(session(address).call("GET", "/x").await.unwrap().text(), Some("{\"a\":1}"));
}

#[tokio::test]
async fn a_connection_that_breaks_is_tried_again_by_a_get() {
    let (address, requests) = server(vec![
        Vec::new(),
        b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{}".to_vec(),
        b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}".to_vec(),
    ])
    .await;
    session(address).call("GET", "/x").await.unwrap();
    assert_eq!(requests.await.unwrap().len(), 3);
}

#[tokio::test]
async fn a_connection_that_breaks_under_a_post_is_told() {
    let (address, _) = server(vec![Vec::new()]).await;
    let error = session(address).call("POST", "/x").body(&1).await.unwrap_err();
    assert!(matches!(error, Error::Broken { .. }), "{error:?}");
    assert_eq!(error.sent(), Sent::Maybe);
}

#[tokio::test]
async fn where_nobody_listens_nothing_was_sent() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let error = session(address).call("POST", "/x").no_retry().await.unwrap_err();
    assert!(matches!(error, Error::Unreached { .. }), "{error:?}");
    assert_eq!(error.sent(), Sent::No);
}

#[tokio::test]
async fn a_redirect_is_not_followed_with_the_token() {
    let answer = b"HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
    let (address, _) = server(vec![answer.to_vec()]).await;
    assert_eq!(session(address).call("GET", "/x").await.unwrap_err().status(), Some(302));
}
