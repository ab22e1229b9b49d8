//! The fault matrix: every kind of fault, produced in every way, seen by a client that takes nothing for granted.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use futures_util::{SinkExt as _, StreamExt as _};
use purecloud_emulator::{Fault, FaultKind, FaultRule, Handle, ManualClock};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::OnceCell;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::{Error, Message};

use crate::client::{Client, builder};

const ME: &str = "/api/v2/users/me";
/// Nothing here takes longer than this, unless it never comes.
const PATIENCE: Duration = Duration::from_secs(5);

/// The answer of a platform that works.
static GOOD: OnceCell<Vec<u8>> = OnceCell::const_new();

async fn me() -> Vec<u8> {
    let calm = builder().start().await.unwrap();
    Client::signed_in(&calm).await.get(ME).await.body
}

/// How a fault is produced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// By a rule of the builder, as `--fault` gives it.
    Builder,
    /// By a rule that the control API is given while the emulator runs.
    Control,
    /// By the header of one request.
    Header,
}

/// A platform that fails in one way, and the client that looks at it.
struct Probe {
    emulator: Handle,
    clock: Arc<ManualClock>,
    token: String,
    header: Option<String>,
    /// The answer of a platform that works.
    good: Vec<u8>,
}

impl Probe {
    async fn new(fault: &str, way: Way) -> Self {
        let mut rule = FaultRule::new(fault.parse().unwrap());
        // Signing in works, the rest of it does not.
        rule.path = Some(if fault.starts_with("socket") { "/channels/" } else { ME }.to_owned());
        let good = GOOD.get_or_init(me).await.clone();
        let clock = Arc::new(ManualClock::new(SystemTime::now()));
        let building = builder()
            .clock(clock.clone())
            .settings(|settings| settings.heartbeat = Duration::from_millis(20));
        let building = if way == Way::Builder { building.fault(rule.clone()) } else { building };
        let emulator = building.start().await.unwrap();
        let mut client = Client::signed_in(&emulator).await;
        if way == Way::Control {
            let rules = json!({ "rules": [rule] });
            assert_eq!(client.json("PUT", "/_emulator/faults", &rules).await.status, 204);
        }
        let header = (way == Way::Header).then(|| fault.to_owned());
        Self { emulator, clock, token: client.token().to_owned(), header, good }
    }

    /// Calls on a connection of its own that could be used again.
    async fn call(&self) -> Seen {
        let mut stream = TcpStream::connect(self.emulator.address()).await.unwrap();
        let header =
            self.header.as_ref().map_or(String::new(), |fault| format!("x-emulator-fault: {fault}\r\n"));
        let request = format!(
            "GET {ME} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {}\r\n{header}\r\n",
            self.token
        );
        let begun = Instant::now();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut seen = Seen { bytes: Vec::new(), ended: false, took: Duration::ZERO, pieces: 0 };
        while !seen.is_whole() {
            let mut chunk = [0; 4096];
            match tokio::time::timeout(PATIENCE, stream.read(&mut chunk)).await.expect("an answer or an end")
            {
                Ok(0) | Err(_) => {
                    seen.ended = true;
                    break;
                }
                Ok(count) => {
                    seen.bytes.extend_from_slice(&chunk[..count]);
                    seen.pieces += 1;
                }
            }
        }
        seen.took = begun.elapsed();
        if !seen.ended {
            // A connection that is kept says nothing more; one that is not ends now.
            let patience = match seen.header("connection") {
                Some(_) => PATIENCE,
                None => Duration::from_millis(30),
            };
            let mut more = [0; 1];
            let more = tokio::time::timeout(patience, stream.read(&mut more)).await;
            seen.ended = matches!(more, Ok(Ok(0) | Err(_)));
        }
        seen
    }

    /// Opens the socket of a new channel, in the way that fails, with a topic of its own.
    async fn open(&self) -> tokio_tungstenite::WebSocketStream<TcpStream> {
        let mut client = Client::new(&self.emulator).await;
        client.set_token(&self.token);
        let channel = client.send("POST", "/api/v2/notifications/channels", &[], b"").await.json();
        let path =
            format!("/api/v2/notifications/channels/{}/subscriptions", channel["id"].as_str().unwrap());
        client.json("POST", &path, &json!([{ "id": "v2.matrix.event" }])).await;
        let mut request = channel["connectUri"].as_str().unwrap().into_client_request().unwrap();
        if let Some(fault) = &self.header {
            request.headers_mut().insert("x-emulator-fault", fault.parse().unwrap());
        }
        let stream = TcpStream::connect(self.emulator.address()).await.unwrap();
        tokio_tungstenite::client_async(request, stream).await.unwrap().0
    }
}

/// What came over a connection.
struct Seen {
    bytes: Vec<u8>,
    /// Whether the connection ended.
    ended: bool,
    took: Duration,
    /// How many reads it came in.
    pieces: usize,
}

impl Seen {
    fn head(&self) -> String {
        let end = self.bytes.windows(4).position(|window| window == b"\r\n\r\n").unwrap_or(self.bytes.len());
        String::from_utf8(self.bytes[..end].to_vec()).unwrap()
    }

    fn body(&self) -> &[u8] {
        let start = self.head().len() + 4;
        self.bytes.get(start..).unwrap_or_default()
    }

    fn status(&self) -> Option<u16> {
        self.head().get(9..12)?.parse().ok()
    }

    fn header(&self, name: &str) -> Option<String> {
        self.head().lines().find_map(|line| {
            let (found, value) = line.split_once(": ")?;
            found.eq_ignore_ascii_case(name).then(|| value.to_owned())
        })
    }

    fn length(&self) -> Option<usize> {
        self.header("content-length")?.parse().ok()
    }

    fn is_whole(&self) -> bool {
        self.length().is_some_and(|length| self.body().len() >= length)
    }

    fn json(&self) -> Option<Value> {
        serde_json::from_slice(self.body()).ok()
    }
}

/// Produces a fault of this kind and looks at what it does. A kind without a row here fails the test.
async fn row(kind: &FaultKind, way: Way) {
    match kind.name {
        "status" => {
            let seen = Probe::new("status:503:7", way).await.call().await;
            let body = seen.json().unwrap();
            assert_eq!((seen.status(), seen.header("retry-after").as_deref()), (Some(503), Some("7")));
            assert_eq!(body["code"], "service.unavailable");
            assert_eq!(body["contextId"], seen.header("inin-correlation-id").unwrap());
        }
        "rate-limit" => {
            let probe = Probe::new("rate-limit:2", way).await;
            for count in ["1", "2"] {
                let seen = probe.call().await;
                assert_eq!(seen.status(), Some(200));
                assert_eq!(seen.header("inin-ratelimit-allowed").as_deref(), Some("2"));
                assert_eq!(seen.header("inin-ratelimit-count").as_deref(), Some(count));
            }
            let seen = probe.call().await;
            assert_eq!(
                (seen.status(), seen.json().unwrap()["code"].as_str()),
                (Some(429), Some("too.many.requests"))
            );
            let wait: u64 = seen.header("retry-after").unwrap().parse().unwrap();
            assert!((1..=60).contains(&wait), "{wait}");
        }
        "delay" => {
            let probe = Probe::new("delay:60:10", way).await;
            let seen = probe.call().await;
            assert_eq!(seen.body(), probe.good);
            assert!(seen.took >= Duration::from_millis(60), "{:?}", seen.took);
        }
        "slow" => {
            let probe = Probe::new("slow:5", way).await;
            let seen = probe.call().await;
            assert_eq!(seen.body(), probe.good);
            assert!(seen.took >= Duration::from_millis(5 * 15) && seen.pieces > 4, "{:?}", seen.took);
        }
        "cut-before" => {
            let probe = Probe::new("cut-before", way).await;
            let seen = probe.call().await;
            assert!(seen.bytes.is_empty() && seen.ended);
            assert_eq!(probe.emulator.requests().last().unwrap().status, 200, "it was acted on");
        }
        "cut-during" => {
            let seen = Probe::new("cut-during", way).await.call().await;
            assert_eq!(seen.status(), Some(200));
            assert!(seen.ended && !seen.body().is_empty() && seen.body().len() < seen.length().unwrap());
        }
        "cut-after" => {
            let probe = Probe::new("cut-after", way).await;
            let seen = probe.call().await;
            assert!(seen.ended && seen.body() == probe.good);
        }
        "truncate" => {
            let probe = Probe::new("truncate", way).await;
            let seen = probe.call().await;
            assert!(seen.is_whole() && !seen.ended && seen.json().is_none());
            assert_eq!(seen.body(), &probe.good[..probe.good.len() / 2]);
        }
        "garble" => {
            let probe = Probe::new("garble", way).await;
            let seen = probe.call().await;
            assert!(seen.body().len() == probe.good.len() && seen.body() != probe.good);
        }
        "html" => {
            let seen = Probe::new("html", way).await.call().await;
            assert_eq!(
                (seen.status(), seen.header("content-type").as_deref()),
                (Some(502), Some("text/html"))
            );
            assert!(seen.body().starts_with(b"<html>"));
        }
        "content-type" => {
            let probe = Probe::new("content-type", way).await;
            let seen = probe.call().await;
            assert_eq!(
                (seen.status(), seen.header("content-type").as_deref()),
                (Some(200), Some("text/plain"))
            );
            assert_eq!(seen.body(), probe.good);
        }
        "revoke" => {
            let mut probe = Probe::new("revoke", way).await;
            assert_eq!(probe.call().await.status(), Some(401));
            probe.header = None;
            probe.emulator.set_faults([]);
            assert_eq!(probe.call().await.status(), Some(401), "it stays revoked");
        }
        "skew" => {
            let usual = Probe::new("delay:0", Way::Header).await.call().await.header("date").unwrap();
            let behind = Probe::new("skew:-7200", way).await.call().await;
            assert_eq!(behind.status(), Some(200));
            let hour = |date: &str| date[17..19].parse::<u32>().unwrap();
            let minute = |date: &str| date[20..22].parse::<u32>().unwrap();
            let of_day = |date: &str| hour(date) * 60 + minute(date);
            let between = (24 * 60 + of_day(&usual) - of_day(&behind.header("date").unwrap())) % (24 * 60);
            assert!((118..=120).contains(&between), "{between} minutes");
            let ahead = Probe::new("skew:172800", way).await.call().await;
            assert_eq!(ahead.json().unwrap()["code"], "credentials.expired");
        }
        "stale" => {
            let probe = Probe::new("stale:5000", way).await;
            let mut client = Client::new(&probe.emulator).await;
            client.set_token(&probe.token);
            let me: Value = serde_json::from_slice(&probe.good).unwrap();
            let path = format!("/api/v2/users/{}", me["id"].as_str().unwrap());
            let change = json!({ "version": me["version"], "title": "Countess" });
            let written = client.json("PATCH", &path, &change).await.json();
            assert_eq!(written["title"], "Countess", "who writes sees it in the answer");
            assert_eq!(probe.call().await.json(), Some(me), "who reads does not, yet");
            probe.clock.advance(Duration::from_secs(6));
            let seen = probe.call().await.json().unwrap();
            assert_eq!((&seen["title"], &seen["version"]), (&written["title"], &written["version"]));
        }
        "socket-drop" => {
            let probe = Probe::new("socket-drop", way).await;
            let mut socket = probe.open().await;
            let end = tokio::time::timeout(PATIENCE, socket.next()).await.expect("an end");
            assert!(matches!(end, None | Some(Err(Error::Protocol(_) | Error::Io(_)))), "{end:?}");
        }
        "socket-silent" => {
            let probe = Probe::new("socket-silent", way).await;
            let mut socket = probe.open().await;
            socket.send(Message::text(r#"{"message":"ping"}"#)).await.unwrap();
            socket.send(Message::Ping(b"?".to_vec().into())).await.unwrap();
            let mut client = Client::new(&probe.emulator).await;
            let event = json!({ "topicName": "v2.matrix.event", "eventBody": {} });
            client.json("POST", "/_emulator/events", &event).await;
            // Four heartbeats long.
            let word = tokio::time::timeout(Duration::from_millis(80), socket.next()).await;
            assert!(word.is_err(), "{word:?}");
        }
        "socket-closing" => {
            let probe = Probe::new("socket-closing:30", way).await;
            let mut socket = probe.open().await;
            let Some(Ok(Message::Text(notice))) = socket.next().await else { panic!("no notice") };
            let notice: Value = serde_json::from_str(&notice).unwrap();
            assert_eq!(notice["topicName"], "v2.system.socket_closing");
            loop {
                match tokio::time::timeout(PATIENCE, socket.next()).await.expect("an end") {
                    Some(Ok(Message::Text(_))) => {}
                    Some(Ok(Message::Close(Some(frame)))) => break assert_eq!(u16::from(frame.code), 1001),
                    other => panic!("{other:?}"),
                }
            }
        }
        unknown => panic!("the matrix has no row for the fault {unknown}"),
    }
}

async fn column(way: Way) {
    let mut rows = tokio::task::JoinSet::new();
    for kind in Fault::kinds() {
        rows.spawn(row(kind, way));
    }
    rows.join_all().await;
}

#[tokio::test]
async fn every_fault_of_a_rule_is_seen() {
    column(Way::Builder).await;
}

#[tokio::test]
async fn every_fault_of_the_control_api_is_seen() {
    column(Way::Control).await;
}

#[tokio::test]
async fn every_fault_of_a_header_is_seen() {
    column(Way::Header).await;
}

#[tokio::test]
async fn open_sockets_are_struck_by_the_control_api_and_the_handle() {
    let mut probe = Probe::new("delay:0", Way::Header).await;
    probe.header = None;
    let mut client = Client::new(&probe.emulator).await;
    let mut socket = probe.open().await;
    let strike = |fault: &str| json!({ "fault": fault });
    assert_eq!(client.json("POST", "/_emulator/sockets", &strike("garble")).await.status, 400);
    let reply = client.json("POST", "/_emulator/sockets", &strike("socket-closing:60000")).await;
    assert_eq!(reply.json()["sockets"], 1);
    loop {
        let Some(Ok(Message::Text(text))) = socket.next().await else { panic!("no notice") };
        if text.contains("v2.system.socket_closing") {
            break;
        }
    }
    assert_eq!(probe.emulator.strike_sockets(Fault::SocketDrop(0)), 1);
    loop {
        match tokio::time::timeout(PATIENCE, socket.next()).await.expect("an end") {
            Some(Ok(Message::Text(_))) => {}
            end => break assert!(matches!(end, None | Some(Err(_))), "{end:?}"),
        }
    }
}

#[tokio::test]
async fn the_same_seed_and_requests_fail_the_same_way() {
    async fn run(seed: u64) -> Vec<(u16, Option<Fault>)> {
        let rules =
            ["status:503,probability=0.3,burst=2", "delay:0:3,probability=0.5", "garble,after=3,times=4"];
        let building = builder().settings(|settings| settings.seed = seed);
        let emulator = rules
            .iter()
            .fold(building, |building, rule| {
                building.fault(FaultRule { path: Some("/api/".to_owned()), ..rule.parse().unwrap() })
            })
            .start()
            .await
            .unwrap();
        let mut client = Client::signed_in(&emulator).await;
        for _ in 0..40 {
            client.get(ME).await;
        }
        emulator.requests().iter().map(|request| (request.status, request.fault)).collect()
    }
    let first = run(7).await;
    assert_eq!(first, run(7).await);
    assert_ne!(first, run(8).await);
}
