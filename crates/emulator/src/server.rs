//! Sockets: connections in, requests read whole, answers out, and an end when told.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use http::{HeaderValue, StatusCode, header};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited, StreamBody};
use hyper::body::{Body as _, Frame, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, SemaphorePermit, watch};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use crate::control;
use crate::http::answer::Answer;
use crate::http::problem::Problem;
use crate::http::request::Request;
use crate::socket;
use crate::state::faults::{Delivery, Fault, Wire};
use crate::world::World;

/// The largest head of a request in bytes; more is answered with 431.
const LONGEST_HEAD: usize = 64 * 1024;

/// Where the sockets of notification channels are.
const CHANNELS: &str = "/channels/";

/// How far the end has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    Running,
    /// No new connections; requests under way are answered.
    Finishing,
    /// Connections are closed, whatever they are doing.
    Closed,
}

/// Accepts connections until told to stop; encrypted ones alone where there is an acceptor.
pub(crate) async fn run(
    listener: TcpListener,
    world: Arc<World>,
    acceptor: Option<TlsAcceptor>,
    mut stage: watch::Receiver<Stage>,
) {
    let seats = Arc::new(Semaphore::new(world.settings.connections.min(Semaphore::MAX_PERMITS)));
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = stage.changed() => return,
        };
        let stream = match accepted {
            Ok((stream, _)) => stream,
            Err(error) => {
                // Out of file handles, most likely: those who are connected must leave first.
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            }
        };
        // Past the limit a connection is closed at once, which tells more than one that hangs.
        let Ok(seat) = Arc::clone(&seats).try_acquire_owned() else { continue };
        let (world, acceptor, stage) = (Arc::clone(&world), acceptor.clone(), stage.clone());
        tokio::spawn(async move {
            connection(stream, world, acceptor, stage).await;
            drop(seat);
        });
    }
}

async fn connection(
    stream: TcpStream,
    world: Arc<World>,
    acceptor: Option<TlsAcceptor>,
    mut stage: watch::Receiver<Stage>,
) {
    // Answers are written in one piece; waiting for more would only delay them.
    let _ = stream.set_nodelay(true);
    let Some(acceptor) = acceptor else { return talk(stream, world, stage, Manner::Serve).await };
    let timeout = world.settings.read_timeout;
    let greeted = tokio::select! {
        greeted = tokio::time::timeout(timeout, greet(stream, &acceptor)) => greeted,
        _ = stage.changed() => return,
    };
    match greeted {
        Ok(Ok(Greeted::Encrypted(stream))) => talk(*stream, world, stage, Manner::Serve).await,
        Ok(Ok(Greeted::Plain(stream))) => talk(stream, world, stage, Manner::Refuse).await,
        Ok(Err(error)) => tracing::debug!(%error, "a handshake failed"),
        Err(_) => tracing::debug!("a handshake took too long"),
    }
}

/// A connection whose other side has shown what it speaks.
enum Greeted {
    Encrypted(Box<TlsStream<TcpStream>>),
    Plain(TcpStream),
}

/// Shakes hands with those who speak TLS. It is told by the first byte, so that those who do not can be answered.
async fn greet(stream: TcpStream, acceptor: &TlsAcceptor) -> std::io::Result<Greeted> {
    /// What a TLS record with a part of a handshake begins with.
    const HANDSHAKE: u8 = 22;
    let mut first = [0];
    if stream.peek(&mut first).await? == 1 && first[0] != HANDSHAKE {
        return Ok(Greeted::Plain(stream));
    }
    acceptor.accept(stream).await.map(|stream| Greeted::Encrypted(Box::new(stream)))
}

/// What becomes of the requests of a connection.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Manner {
    Serve,
    /// They came without TLS to where there is no other way.
    Refuse,
}

/// Answers the requests of a connection, until either side has had enough.
pub(crate) async fn talk<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(
    stream: S,
    world: Arc<World>,
    mut stage: watch::Receiver<Stage>,
    manner: Manner,
) {
    let timeout = world.settings.read_timeout;
    let watching = stage.clone();
    let service = service_fn(move |request| {
        let (world, stage) = (Arc::clone(&world), watching.clone());
        async move {
            match manner {
                Manner::Serve => serve(world, request, stage).await,
                Manner::Refuse => Ok(refuse_plain(&world, request)),
            }
        }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(timeout)
        .max_buf_size(LONGEST_HEAD)
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    tokio::pin!(connection);
    loop {
        tokio::select! {
            ended = connection.as_mut() => {
                if let Err(error) = ended {
                    tracing::debug!(%error, "a connection ended early");
                }
                return;
            }
            changed = stage.changed() => {
                if changed.is_err() || *stage.borrow() == Stage::Closed {
                    return;
                }
                connection.as_mut().graceful_shutdown();
            }
        }
    }
}

async fn serve(
    world: Arc<World>,
    mut incoming: hyper::Request<Incoming>,
    stage: watch::Receiver<Stage>,
) -> Result<hyper::Response<Body>, Cut> {
    let upgrade = wants_socket(&incoming).then(|| hyper::upgrade::on(&mut incoming));
    let (mut request, body) = take(incoming);
    if let Some(upgrade) = upgrade {
        let open = |fault| open_socket(&world, &request, upgrade, stage, fault);
        return deliver(world.answer_opening(&request, open)).await;
    }
    if control::is_idle(&world, &request) {
        return Ok(control::idle(&world, &request).await.map(whole));
    }
    let _under_way = world.traffic.begin();
    let problem = match read(&world, &request, body).await {
        Ok((body, room)) => {
            request.body = body;
            let delivery = world.answer_and_keep(&request).await;
            drop((request, room));
            return deliver(delivery).await;
        }
        Err(problem) => problem,
    };
    // What is left of the request is not read, so nothing can follow on this connection.
    let mut answer = world.refuse(&request, &problem);
    answer.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    Ok(answer.map(whole))
}

/// Reads a body, once there is room for it. The room is to be kept until the answer is made: what is made of a body
/// takes more memory than the body.
async fn read<'a>(
    world: &'a World,
    request: &Request,
    body: Incoming,
) -> Result<(Bytes, Option<SemaphorePermit<'a>>), Problem> {
    let limit = world.settings.body_limit;
    let place = world.bodies.announce(body.size_hint().upper(), || world.is_trusted(request));
    let arrive = tokio::time::timeout(world.settings.read_timeout, async {
        let room = match &place {
            Some(place) => place.room().await,
            None => None,
        };
        let counted = body.map_frame(|frame| {
            if let (Some(place), Some(data)) = (&place, frame.data_ref()) {
                place.received(data.len());
            }
            frame
        });
        (Limited::new(counted, limit).collect().await, room)
    });
    let give_way = async {
        match &place {
            Some(place) => place.given_up().await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        biased;
        arrived = arrive => match arrived {
            Ok((Ok(body), room)) => Ok((body.to_bytes(), room)),
            Ok((Err(error), _)) if error.is::<LengthLimitError>() => Err(Problem::too_large(limit)),
            Ok((Err(error), _)) => Err(Problem::bad_request(format!("The body could not be read: {error}"))),
            Err(_) => {
                let late = "The body did not arrive in time.";
                Err(Problem::new(StatusCode::REQUEST_TIMEOUT, "request.timeout", late))
            }
        },
        () = give_way => Err(Problem::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "service.unavailable",
            "The memory for large bodies is used up. This request was dropped in favour of others because it had no \
             token or arrived too slowly. Send it again later.",
        )
        .with_header(header::RETRY_AFTER, HeaderValue::from_static("1"))),
    }
}

/// Tells a client that speaks HTTP to the port of TLS what it has to do.
fn refuse_plain(world: &World, incoming: hyper::Request<Incoming>) -> hyper::Response<Body> {
    let problem = Problem::bad_request("This port speaks TLS: ask for https:// instead of http://.");
    let mut answer = world.refuse(&take(incoming).0, &problem);
    answer.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    answer.map(whole)
}

/// A request without its body, which has yet to arrive.
fn take(incoming: hyper::Request<Incoming>) -> (Request, Incoming) {
    let (head, body) = incoming.into_parts();
    let request = Request {
        method: head.method,
        path: head.uri.path().to_owned(),
        query: head.uri.query().unwrap_or_default().to_owned(),
        headers: head.headers,
        body: Bytes::new(),
    };
    (request, body)
}

/// A body that may end early or come slowly.
type Body = UnsyncBoxBody<Bytes, Cut>;

/// A connection that ends on purpose.
#[derive(Debug, thiserror::Error)]
#[error("a fault cuts the connection")]
struct Cut;

fn whole(bytes: Bytes) -> Body {
    Full::new(bytes).map_err(|never| match never {}).boxed_unsync()
}

/// Sends an answer the way that its delivery says.
async fn deliver(delivery: Delivery) -> Result<hyper::Response<Body>, Cut> {
    if !delivery.wait.is_zero() {
        tokio::time::sleep(delivery.wait).await;
    }
    let (mut head, bytes) = delivery.answer.into_parts();
    let length = bytes.len();
    let body = match delivery.wire {
        Wire::Whole => return Ok(hyper::Response::from_parts(head, whole(bytes))),
        Wire::Nothing => return Err(Cut),
        Wire::Half => {
            let half = bytes.slice(..length / 2);
            let frames = stream::iter([Ok(Frame::data(half)), Err(Cut)]);
            // Without a turn of the loop between them, the head would be lost with the connection.
            StreamBody::new(frames.then(|frame| async {
                tokio::time::sleep(Duration::from_millis(5)).await;
                frame
            }))
            .boxed_unsync()
        }
        Wire::Slow(pause) => {
            let size = length.div_ceil(16).max(1);
            let pieces: Vec<Bytes> =
                (0..length).step_by(size).map(|start| bytes.slice(start..length.min(start + size))).collect();
            StreamBody::new(stream::iter(pieces).then(move |piece| async move {
                tokio::time::sleep(pause).await;
                Ok(Frame::data(piece))
            }))
            .boxed_unsync()
        }
    };
    head.headers.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    Ok(hyper::Response::from_parts(head, body))
}

/// Whether a request asks for the socket of a notification channel.
fn wants_socket(request: &hyper::Request<Incoming>) -> bool {
    let upgrade = request.headers().get(header::UPGRADE).and_then(|value| value.to_str().ok());
    request.uri().path().starts_with(CHANNELS)
        && upgrade.is_some_and(|protocol| protocol.eq_ignore_ascii_case("websocket"))
}

/// Opens a socket on a channel that exists, once the answer has been sent.
fn open_socket(
    world: &Arc<World>,
    request: &Request,
    upgrade: hyper::upgrade::OnUpgrade,
    stage: watch::Receiver<Stage>,
    fault: Option<Fault>,
) -> Result<Answer, Problem> {
    if !world.hosts.part(request).has_sockets() {
        return Err(Problem::not_found());
    }
    let channel = request.path.strip_prefix(CHANNELS).unwrap_or_default().to_owned();
    let key = request
        .headers
        .get(header::SEC_WEBSOCKET_KEY)
        .ok_or_else(|| Problem::bad_request("The header [Sec-WebSocket-Key] is missing."))?;
    let accept = HeaderValue::from_str(&derive_accept_key(key.as_bytes()))
        .map_err(|_| Problem::bad_request("The header [Sec-WebSocket-Key] is not valid."))?;
    let place = socket::Place::take(Arc::clone(world), channel, fault).ok_or_else(Problem::not_found)?;
    tokio::spawn(async move {
        match upgrade.await {
            Ok(upgraded) => socket::run(place, upgraded, stage).await,
            Err(error) => tracing::debug!(%error, "a socket was not opened"),
        }
    });
    let mut answer = crate::http::answer::empty(StatusCode::SWITCHING_PROTOCOLS);
    let headers = answer.headers_mut();
    headers.insert(header::CONNECTION, HeaderValue::from_static("Upgrade"));
    headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
    headers.insert(header::SEC_WEBSOCKET_ACCEPT, accept);
    Ok(answer)
}

/// Binds a listener, without waiting.
pub(crate) fn bind(address: SocketAddr) -> std::io::Result<TcpListener> {
    let listener = std::net::TcpListener::bind(address)?;
    listener.set_nonblocking(true)?;
    TcpListener::from_std(listener)
}
