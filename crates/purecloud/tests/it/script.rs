//! A platform that answers what a test wrote down, and remembers what it was asked.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::StreamExt as _;
use http::{Request, Response};
use purecloud::{Body, Pending, Session, SessionBuilder, Transport, TransportError};

/// What happens to one request.
pub(crate) enum Act {
    /// Status, headers, content.
    Answer(u16, Vec<(&'static str, &'static str)>, String),
    /// No connection is opened.
    Unreached,
    /// The connection breaks after the request went out.
    Broken,
    /// Nothing comes for this long, and then a 200.
    Slow(Duration),
    /// This status and content, after this long.
    Late(Duration, u16, &'static str),
    /// A 200 with these headers that breaks off after this content.
    Cut(Vec<(&'static str, &'static str)>, &'static str),
    /// A 200 of which nothing comes after this content.
    Stalled(&'static str),
}

pub(crate) fn ok(body: &str) -> Act {
    Act::Answer(200, vec![("content-type", "application/json")], body.to_owned())
}

pub(crate) fn status(status: u16) -> Act {
    Act::Answer(status, vec![], String::new())
}

pub(crate) fn token(token: &str, expires_in: u64) -> Act {
    ok(&format!(r#"{{"access_token":"{token}","token_type":"bearer","expires_in":{expires_in}}}"#))
}

/// One request as it arrived: `METHOD address`, its token and its content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) line: String,
    pub(crate) authorization: Option<String>,
    /// The names of all headers, in order of the alphabet.
    pub(crate) headers: Vec<String>,
    pub(crate) body: String,
}

#[derive(Clone, Default)]
pub(crate) struct Script {
    acts: Arc<Mutex<VecDeque<Act>>>,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl Script {
    pub(crate) fn new(acts: impl IntoIterator<Item = Act>) -> Self {
        Self { acts: Arc::new(Mutex::new(acts.into_iter().collect())), seen: Arc::default() }
    }

    /// A session of `mypurecloud.ie` with the token `t0`.
    pub(crate) fn session(&self) -> Session {
        self.builder().access_token("t0").build().unwrap()
    }

    pub(crate) fn builder(&self) -> SessionBuilder {
        Session::builder().environment("mypurecloud.ie").transport(self.clone())
    }

    pub(crate) fn lines(&self) -> Vec<String> {
        self.seen.lock().unwrap().iter().map(|seen| seen.line.clone()).collect()
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    pub(crate) fn is_done(&self) -> bool {
        self.acts.lock().unwrap().is_empty()
    }
}

impl Transport for Script {
    fn send(&self, request: Request<Body>) -> Pending<'_, Result<Response<Body>, TransportError>> {
        Box::pin(async move {
            let (head, body) = request.into_parts();
            let mut content = Vec::new();
            let mut stream = body.into_stream();
            while let Some(piece) = stream.next().await {
                content.extend_from_slice(&piece.unwrap());
            }
            self.seen.lock().unwrap().push(Seen {
                line: format!("{} {}", head.method, head.uri),
                authorization: head
                    .headers
                    .get("authorization")
                    .map(|value| value.to_str().unwrap().to_owned()),
                headers: {
                    let mut names: Vec<_> = head.headers.keys().map(ToString::to_string).collect();
                    names.sort();
                    names
                },
                body: String::from_utf8(content).unwrap(),
            });
            let act = self.acts.lock().unwrap().pop_front().expect("no further request was foreseen");
            let answer = |status: u16, body: Body| Response::builder().status(status).body(body).unwrap();
            match act {
                Act::Answer(status, headers, body) => {
                    let mut answer = answer(status, Body::from(bytes::Bytes::from(body)));
                    for (name, value) in headers {
                        answer.headers_mut().insert(name, value.parse().unwrap());
                    }
                    Ok(answer)
                }
                Act::Unreached => Err(TransportError::not_sent("refused")),
                Act::Broken => Err(TransportError::maybe_sent("reset")),
                Act::Slow(wait) => {
                    tokio::time::sleep(wait).await;
                    Ok(answer(200, Body::empty()))
                }
                Act::Late(wait, status, text) => {
                    tokio::time::sleep(wait).await;
                    Ok(answer(status, Body::from(bytes::Bytes::from(text))))
                }
                Act::Stalled(text) => {
                    let begin = futures_util::stream::iter([Ok(bytes::Bytes::from(text))]);
                    let rest = begin.chain(futures_util::stream::pending());
                    Ok(answer(200, Body::stream(Box::pin(rest), None)))
                }
                Act::Cut(headers, text) => {
                    let pieces = [Ok(bytes::Bytes::from(text)), Err(TransportError::maybe_sent("reset"))];
                    let mut cut =
                        answer(200, Body::stream(Box::pin(futures_util::stream::iter(pieces)), None));
                    for (name, value) in headers {
                        cut.headers_mut().insert(name, value.parse().unwrap());
                    }
                    Ok(cut)
                }
            }
        })
    }
}
