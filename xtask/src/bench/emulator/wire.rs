//! One kept-alive connection, and a load of many: as little work as an HTTP client can have, so that the server is what
//! a load measures.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use crate::Outcome;

/// The slowest peer takes a fraction of a second for an answer; a server that takes this long has died.
const PATIENCE: Duration = Duration::from_mins(1);

/// An answer that arrived whole.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: Vec<u8>,
}

/// A connection that is kept alive.
pub(super) struct Connection {
    stream: TcpStream,
    /// Bytes that have arrived and are not yet read.
    held: Vec<u8>,
}

impl Connection {
    pub(super) fn open(address: SocketAddr) -> std::io::Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        Ok(Self { stream, held: Vec::new() })
    }

    /// Sends a request and waits for its answer.
    pub(super) fn ask(&mut self, request: &[u8]) -> Outcome<Answer> {
        self.send(request)?;
        self.receive()
    }

    fn send(&mut self, request: &[u8]) -> Outcome {
        self.stream.write_all(request).map_err(|error| format!("a request could not be sent: {error}"))
    }

    fn receive(&mut self) -> Outcome<Answer> {
        loop {
            if let Some((answer, length)) = parse(&self.held)? {
                self.held.drain(..length);
                return Ok(answer);
            }
            let mut piece = [0; 16 * 1024];
            match self.stream.read(&mut piece) {
                Ok(0) => return Err("the server closed a connection that it had kept alive".into()),
                Ok(count) => self.held.extend_from_slice(&piece[..count]),
                Err(error) => return Err(format!("an answer could not be read: {error}")),
            }
        }
    }
}

/// The answer at the start of these bytes and how long it is, once it is there whole.
fn parse(bytes: &[u8]) -> Outcome<Option<(Answer, usize)>> {
    let mut headers = [httparse::EMPTY_HEADER; 64];
    let mut head = httparse::Response::new(&mut headers);
    let parsed = head.parse(bytes).map_err(|error| format!("an answer is no HTTP: {error}"))?;
    let httparse::Status::Complete(start) = parsed else { return Ok(None) };
    let length = head
        .headers
        .iter()
        .find(|header| header.name.eq_ignore_ascii_case("content-length"))
        .and_then(|header| std::str::from_utf8(header.value).ok()?.trim().parse::<usize>().ok())
        .ok_or("an answer does not say its length, and only such can be read here")?;
    let Some(body) = bytes.get(start..start + length) else { return Ok(None) };
    let answer = Answer { status: head.code.unwrap_or_default(), body: body.to_vec() };
    Ok(Some((answer, start + length)))
}

/// A `GET` with a token.
pub(super) fn get(path: &str, token: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {token}\r\n\r\n").into_bytes()
}

/// A `POST` of a form, or of JSON with a token.
pub(super) fn post(path: &str, media: &str, token: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    let authorization =
        if token.is_empty() { String::new() } else { format!("authorization: Bearer {token}\r\n") };
    format!(
        "POST {path} HTTP/1.1\r\nhost: localhost\r\n{authorization}content-type: {media}\r\n\
         content-length: {length}\r\n\r\n{body}"
    )
    .into_bytes()
}

/// Asks the same over many connections until the time is over; how many answers that were, and the seconds they took.
///
/// Each connection has one request under way. One thread goes round: it reads an answer, asks again, and goes on to
/// the next, so the server always has work and this side two calls of the system for each answer.
///
/// # Errors
/// An answer whose status is not 200.
pub(super) fn load(connections: &mut [Connection], request: &[u8], time: Duration) -> Outcome<(f64, f64)> {
    let begun = Instant::now();
    let mut answered = connections.len();
    for connection in &mut *connections {
        connection.send(request)?;
    }
    while begun.elapsed() < time {
        for connection in &mut *connections {
            expect_ok(&connection.receive()?)?;
            connection.send(request)?;
            answered += 1;
        }
    }
    for connection in connections {
        expect_ok(&connection.receive()?)?;
    }
    Ok((answered as f64, begun.elapsed().as_secs_f64()))
}

/// # Errors
/// The message of an answer that is a refusal.
pub(super) fn expect_ok(answer: &Answer) -> Outcome {
    if answer.status == 200 {
        return Ok(());
    }
    let body: String = String::from_utf8_lossy(&answer.body).chars().take(300).collect();
    Err(format!("the server answered {}: {body}", answer.status))
}
