//! Notifications over scripted sockets, by a clock that stands still while something happens.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use futures_util::StreamExt as _;
use http::{Request, Response};
use purecloud::notifications::{Notice, Socket, SocketError, Sockets, Subscription};
use purecloud::{Body, Error, Pending, RetryPolicy, Session, Transport, TransportError};
use serde_json::{Value, json};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

/// Channels and sockets, and what was asked of them.
#[derive(Clone, Default)]
struct Platform(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    log: Vec<String>,
    channels: usize,
    /// Open sockets by channel; without their sender they end.
    sockets: BTreeMap<String, UnboundedSender<String>>,
    /// Statuses of the next requests, and of the next sockets.
    refusals: VecDeque<u16>,
    socket_refusals: VecDeque<u16>,
    deaf: bool,
}

impl Platform {
    fn session(&self) -> Session {
        Session::builder()
            .environment("mypurecloud.ie")
            .access_token("t")
            .transport(self.clone())
            .sockets(self.clone())
            .retry(RetryPolicy::off())
            .build()
            .unwrap()
    }

    fn with<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        change(&mut self.0.lock().unwrap())
    }

    /// What was asked since the last look.
    fn log(&self) -> Vec<String> {
        self.with(|state| std::mem::take(&mut state.log))
    }

    fn say(&self, channel: &str, topic: &str, body: impl Into<Value>) {
        let text = json!({"topicName": topic, "eventBody": body.into()}).to_string();
        self.with(|state| drop(state.sockets[channel].send(text)));
    }

    fn cut(&self, channel: &str) {
        self.with(|state| state.sockets.remove(channel));
    }

    fn open_sockets(&self) -> Vec<String> {
        self.with(|state| {
            state.sockets.retain(|_, sender| !sender.is_closed());
            state.sockets.keys().cloned().collect()
        })
    }

    fn answer(&self, request: &Request<Body>, content: &Value) -> (u16, Value) {
        self.with(|state| {
            let path = request.uri().path();
            let status = state.refusals.pop_front().unwrap_or(200);
            let topics = content.as_array().map(Vec::len).unwrap_or_default();
            if path.ends_with("/subscriptions") {
                let id = path.rsplit('/').nth(1).unwrap();
                state.log.push(format!("subscribe {id} to {topics}: {status}"));
                return (status, json!({"entities": []}));
            }
            if status != 200 {
                state.log.push(format!("create: {status}"));
                return (status, Value::Null);
            }
            let id = format!("c{}", state.channels);
            state.channels += 1;
            state.log.push(format!("create {id}"));
            let ends = SystemTime::now() + Duration::from_secs(24 * 3600);
            let expires = humantime::format_rfc3339_millis(ends).to_string();
            (200, json!({"id": id, "connectUri": format!("wss://streaming.example/channels/{id}"), "expires": expires}))
        })
    }
}

impl Transport for Platform {
    fn send(&self, request: Request<Body>) -> Pending<'_, Result<Response<Body>, TransportError>> {
        Box::pin(async move {
            let (head, body) = request.into_parts();
            let mut content = Vec::new();
            let mut stream = body.into_stream();
            while let Some(piece) = stream.next().await {
                content.extend_from_slice(&piece?);
            }
            let content = serde_json::from_slice(&content).unwrap_or_default();
            let (status, body) = self.answer(&Request::from_parts(head, Body::empty()), &content);
            // The platform's clock: what counts is the difference to the end of the channel.
            let date = httpdate::fmt_http_date(SystemTime::now());
            let body = Body::from(bytes::Bytes::from(body.to_string()));
            Ok(Response::builder().status(status).header("date", date).body(body).unwrap())
        })
    }
}

impl Sockets for Platform {
    fn open(&self, request: Request<()>) -> Pending<'_, Result<Socket, SocketError>> {
        let platform = self.clone();
        Box::pin(async move {
            assert_eq!(request.headers().get("authorization"), None, "a token has no business there");
            let id = request.uri().path().rsplit('/').next().unwrap().to_owned();
            let receiver = platform.with(|state| {
                let refusal = state.socket_refusals.pop_front();
                state.log.push(format!(
                    "connect {id}{}",
                    refusal.map(|status| format!(": {status}")).unwrap_or_default()
                ));
                if let Some(status) = refusal {
                    return Err(SocketError::Refused { status });
                }
                let (sender, receiver) = unbounded_channel();
                state.sockets.insert(id.clone(), sender);
                Ok(receiver)
            })?;
            let incoming = futures_util::stream::unfold(receiver, |mut receiver| async move {
                receiver.recv().await.map(|text| (Ok(text), receiver))
            });
            let outgoing = futures_util::sink::unfold((), move |(), text: String| {
                assert_eq!(text, r#"{"message":"ping"}"#);
                platform.with(|state| state.log.push(format!("ping {id}")));
                if !platform.with(|state| state.deaf) {
                    platform.say(&id, "channel.metadata", json!({"message": "pong"}));
                }
                std::future::ready(Ok::<_, TransportError>(()))
            });
            Ok(Socket::new(incoming, outgoing))
        })
    }
}

/// The next notice in short; waits for two days of the test's clock at most.
async fn next(notices: &mut Subscription) -> String {
    match tokio::time::timeout(Duration::from_secs(48 * 3600), notices.next()).await.expect("nothing came") {
        Err(error) => format!("error {error}"),
        Ok(None) => "end".to_owned(),
        Ok(Some(Notice::Event(event))) => event.body_text().to_owned(),
        Ok(Some(Notice::Connected { topics })) => format!("connected {}", topics.len()),
        Ok(Some(Notice::Missed(gap))) => {
            let seconds = gap.until.duration_since(gap.since).unwrap().as_secs();
            format!("missed {seconds} s of {}", gap.topics.len())
        }
        Ok(Some(other)) => format!("{other:?}"),
    }
}

/// Lets time pass in steps, so that what is due happens when it is due.
async fn pass(time: Duration) {
    tokio::time::sleep(time).await;
    settle().await;
}

async fn settle() {
    for _ in 0..20 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_socket_that_falls_silent_is_asked_and_then_replaced() {
    let platform = Platform::default();
    let mut notices = platform.session().notifications().subscribe(["a"]);
    assert_eq!(next(&mut notices).await, "connected 1");
    assert_eq!(platform.log(), ["create c0", "subscribe c0 to 1: 200", "connect c0"]);
    pass(Duration::from_secs(39)).await;
    assert!(platform.log().is_empty());
    pass(Duration::from_secs(40 * 5)).await;
    assert_eq!(platform.log(), ["ping c0"; 5], "an answer keeps the socket");

    platform.with(|state| state.deaf = true);
    assert_eq!(next(&mut notices).await, "missed 50 s of 1");
    assert_eq!(platform.log(), ["ping c0", "subscribe c0 to 1: 200", "connect c0"]);
    platform.say("c0", "a", 1);
    assert_eq!(next(&mut notices).await, "1");
}

#[tokio::test(start_paused = true)]
async fn a_channel_is_replaced_before_its_end_and_every_event_comes_once() {
    let platform = Platform::default();
    let mut notices = platform.session().notifications().subscribe(["a"]);
    assert_eq!(next(&mut notices).await, "connected 1");
    platform.say("c0", "a", 1);
    // The platform's clock has whole seconds.
    pass(Duration::from_secs(23 * 3600 + 1)).await;
    assert_eq!(platform.open_sockets(), ["c0", "c1"], "both are open for a while");
    for channel in ["c0", "c1"] {
        platform.say(channel, "a", 2);
    }
    pass(Duration::from_secs(6)).await;
    assert_eq!(platform.open_sockets(), ["c1"]);
    platform.say("c1", "a", 3);
    for number in ["1", "2", "3"] {
        assert_eq!(next(&mut notices).await, number);
    }
}

#[tokio::test(start_paused = true)]
async fn many_topics_are_spread_over_channels_and_too_many_are_refused() {
    let platform = Platform::default();
    let session = platform.session();
    let mut notices = session.notifications().subscribe((0..2_500).map(|number| format!("t{number}")));
    let connected: [String; 3] =
        [next(&mut notices).await, next(&mut notices).await, next(&mut notices).await];
    assert_eq!(connected, ["connected 1000", "connected 1000", "connected 500"]);
    platform.say("c2", "t2400", 1);
    assert_eq!(next(&mut notices).await, "1");
    let mut more = session.notifications().subscribe((0..19_001).map(|number| format!("u{number}")));
    let error = next(&mut more).await;
    assert!(error.starts_with("error cannot subscribe to `u0` and 19000 more"), "{error}");
    assert_eq!(next(&mut more).await, "end");
    assert_eq!(platform.open_sockets().len(), 3, "those that were there stay");
}

#[tokio::test(start_paused = true)]
async fn an_outage_is_outlasted() {
    let platform = Platform::default();
    platform.with(|state| {
        state.refusals.extend([503; 6]);
        state.socket_refusals.extend([500, 404]);
    });
    let mut notices = platform.session().notifications().subscribe(["a"]);
    assert_eq!(next(&mut notices).await, "connected 1");
    let mut expected = vec!["create: 503"; 6];
    expected.extend(["create c0", "subscribe c0 to 1: 200", "connect c0: 500"]);
    expected.extend(["subscribe c0 to 1: 200", "connect c0: 404"]);
    expected.extend(["create c1", "subscribe c1 to 1: 200", "connect c1"]);
    assert_eq!(platform.log(), expected);
}

#[tokio::test(start_paused = true)]
async fn what_the_platform_refuses_for_good_ends_the_subscription_with_its_error() {
    for (refusals, log) in [
        (vec![403], vec!["create: 403"]),
        (vec![401], vec!["create: 401"]),
        (vec![200, 400], vec!["create c0", "subscribe c0 to 1: 400"]),
    ] {
        let platform = Platform::default();
        let status = *refusals.last().unwrap();
        platform.with(|state| state.refusals.extend(refusals));
        let mut notices = platform.session().notifications().subscribe(["a"]);
        let error = notices.next().await.unwrap_err();
        assert!(matches!(error, Error::Unsubscribed { .. }), "{error:?}");
        assert_eq!(error.status(), Some(status));
        assert_eq!(next(&mut notices).await, "end");
        assert_eq!(platform.log(), log);
    }
}

#[tokio::test(start_paused = true)]
async fn a_program_that_does_not_take_its_events_is_told_what_it_missed() {
    let platform = Platform::default();
    let mut notices = platform.session().notifications().buffer(2).subscribe(["a", "b"]);
    assert_eq!(next(&mut notices).await, "connected 2");
    for number in 0..10 {
        platform.say("c0", if number % 2 == 0 { "a" } else { "b" }, number);
    }
    pass(Duration::from_secs(7)).await;
    assert_eq!([next(&mut notices).await, next(&mut notices).await], ["0", "1"]);
    assert_eq!(next(&mut notices).await, "missed 7 s of 2");
    platform.say("c0", "a", 10);
    assert_eq!(next(&mut notices).await, "10");
}

#[tokio::test(start_paused = true)]
async fn cuts_in_a_row_are_met_later_and_later() {
    let platform = Platform::default();
    let mut notices = platform.session().notifications().subscribe(["a"]);
    assert_eq!(next(&mut notices).await, "connected 1");
    let began = tokio::time::Instant::now();
    for _ in 0..12 {
        platform.cut("c0");
        assert!(next(&mut notices).await.starts_with("missed"));
    }
    // At once the first time, then within 1, 2, 4 … 30 s, of which chance takes a share.
    let waited = began.elapsed();
    assert!(waited > Duration::from_secs(5) && waited < Duration::from_secs(31 + 30 * 7), "{waited:?}");
}

#[tokio::test(start_paused = true)]
async fn a_socket_on_plain_http_is_not_opened_by_a_session_that_is_not() {
    #[derive(Clone)]
    struct Downgrade(Platform);
    impl Transport for Downgrade {
        fn send(&self, request: Request<Body>) -> Pending<'_, Result<Response<Body>, TransportError>> {
            Box::pin(async move {
                let answer = self.0.send(request).await?;
                let mut text = Vec::new();
                let mut stream = answer.into_body().into_stream();
                while let Some(piece) = stream.next().await {
                    text.extend_from_slice(&piece?);
                }
                let text = String::from_utf8(text).unwrap().replace("wss:", "ws:");
                Ok(Response::new(Body::from(bytes::Bytes::from(text))))
            })
        }
    }
    let platform = Platform::default();
    let session = Session::builder()
        .access_token("t")
        .transport(Downgrade(platform.clone()))
        .sockets(platform.clone())
        .build()
        .unwrap();
    let mut notices = session.notifications().subscribe(["a"]);
    tokio::time::timeout(Duration::from_mins(10), notices.next()).await.unwrap_err();
    assert!(platform.open_sockets().is_empty());
}
