//! The ways to fail, and how each is written.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Milliseconds that outlast every client; waiting longer would only hold connections.
const PATIENCE: u64 = 90_000;
/// The longest pause between the pieces of a slow body, in milliseconds.
const LONGEST_PAUSE: u64 = 10_000;
/// The clock is wrong by at most this many seconds: ten years.
const WORST_SKEW: i64 = 10 * 366 * 24 * 60 * 60;
/// How long after its notice a socket closes when nothing else is said, in milliseconds, as on the platform.
const NOTICE: u64 = 60_000;

/// A way to fail. Written as text, in the forms that [`Fault::kinds`] lists, such as `status:429:7`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(test, derive(strum::EnumCount))]
#[serde(try_from = "String", into = "String")]
#[non_exhaustive]
pub enum Fault {
    /// The platform refuses with this status, and with `Retry-After` in seconds where one is given. Nothing is
    /// done.
    Status(u16, Option<u64>),
    /// The token may make this many requests a minute; what is past that is refused with 429 and the seconds left.
    RateLimit(u64),
    /// The answer comes this many milliseconds late, and up to that many more.
    Delay(u64, u64),
    /// The body comes in 16 pieces with this many milliseconds between them.
    Slow(u64),
    /// The request is acted on, and the connection ends without an answer.
    CutBefore,
    /// The connection ends in the middle of the body.
    CutDuring,
    /// The connection ends after the answer, although the client would keep it.
    CutAfter,
    /// The body is cut in half, and its length says so: a whole answer of half a document.
    Truncate,
    /// Some bytes of the body are changed.
    Garble,
    /// A proxy answers 502 with a page. Nothing is done.
    Html,
    /// The body is right and its media type is `text/plain`.
    ContentType,
    /// The token is revoked before it is looked at, and its notification channels end.
    Revoke,
    /// The clock of the platform is this many seconds ahead (or behind, when negative) while it answers: its `Date`,
    /// every timestamp that it makes, and whether a token has expired.
    Skew(i64),
    /// Reads see what was stored this many milliseconds ago; what was written since nobody sees yet.
    Stale(u64),
    /// The connection of a notification socket ends this many milliseconds after it opened, without a word.
    SocketDrop(u64),
    /// This many milliseconds after a notification socket opened, its connection lives on and nothing comes over it:
    /// no event, no heartbeat, no answer to a ping.
    SocketSilent(u64),
    /// A notification socket says `v2.system.socket_closing` as soon as it is open, and closes this many
    /// milliseconds later.
    SocketClosing(u64),
}

/// A kind of fault, as a person reads of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct FaultKind {
    /// What its text begins with, such as `status`.
    pub name: &'static str,
    /// How it is written, such as `status:CODE[:SECONDS]`.
    pub form: &'static str,
    /// A fault of this kind.
    pub example: &'static str,
    /// What happens, in one sentence.
    pub meaning: &'static str,
    /// Whether it strikes the opening of a notification socket in place of an ordinary request.
    pub socket: bool,
}

const fn request(
    name: &'static str,
    form: &'static str,
    example: &'static str,
    meaning: &'static str,
) -> FaultKind {
    FaultKind { name, form, example, meaning, socket: false }
}

const fn socket(
    name: &'static str,
    form: &'static str,
    example: &'static str,
    meaning: &'static str,
) -> FaultKind {
    FaultKind { name, form, example, meaning, socket: true }
}

const KINDS: &[FaultKind] = &[
    request("status", "status:CODE[:SECONDS]", "status:503", "Refused with this status, and Retry-After"),
    request(
        "rate-limit",
        "rate-limit:COUNT",
        "rate-limit:300",
        "429 beyond this many requests a minute for one token",
    ),
    request("delay", "delay:MS[:JITTER]", "delay:2000:500", "Answered late"),
    request("slow", "slow:MS", "slow:200", "The body comes in 16 pieces with pauses between them"),
    request(
        "cut-before",
        "cut-before",
        "cut-before",
        "The request takes effect, and the connection ends without an answer",
    ),
    request("cut-during", "cut-during", "cut-during", "The connection ends in the middle of the body"),
    request("cut-after", "cut-after", "cut-after", "The connection ends after the answer"),
    request("truncate", "truncate", "truncate", "Half of the document, without a sign that it is cut"),
    request("garble", "garble", "garble", "Some bytes of the body are changed"),
    request("html", "html", "html", "A proxy's page with status 502"),
    request("content-type", "content-type", "content-type", "The right body as text/plain"),
    request("revoke", "revoke", "revoke", "The token expires before it is checked"),
    request("skew", "skew:SECONDS", "skew:300", "The platform's clock is wrong; negative is behind"),
    request("stale", "stale:MS", "stale:2000", "Reads return the state of that long ago"),
    socket(
        "socket-drop",
        "socket-drop[:MS]",
        "socket-drop:1000",
        "The socket's connection ends without a close frame",
    ),
    socket("socket-silent", "socket-silent[:MS]", "socket-silent", "The socket stays open and sends nothing"),
    socket(
        "socket-closing",
        "socket-closing[:MS]",
        "socket-closing:60000",
        "The socket announces that it will close",
    ),
];

impl Fault {
    /// Every kind of fault there is.
    pub const fn kinds() -> &'static [FaultKind] {
        KINDS
    }

    /// Whether it can strike a request: one that opens a notification socket, or any other.
    pub(super) const fn suits(self, opens_socket: bool) -> bool {
        match self {
            Self::SocketDrop(_) | Self::SocketSilent(_) | Self::SocketClosing(_) => opens_socket,
            // An opening has no body and no token, but it can be refused, late or cut.
            Self::Status(..) | Self::Delay(..) | Self::CutBefore | Self::Html => true,
            _ => !opens_socket,
        }
    }
}

impl FromStr for Fault {
    type Err = UnknownFault;

    fn from_str(text: &str) -> Result<Self, UnknownFault> {
        let unknown = || UnknownFault { text: text.chars().take(100).collect() };
        let mut parts = text.trim().split(':');
        let kind = parts.next().unwrap_or_default();
        let numbers: Vec<i64> = parts.map(str::parse).collect::<Result<_, _>>().map_err(|_| unknown())?;
        if let ("skew", [seconds]) = (kind, numbers.as_slice()) {
            let possible = (-WORST_SKEW..=WORST_SKEW).contains(seconds);
            return possible.then_some(Self::Skew(*seconds)).ok_or_else(unknown);
        }
        let counts: Vec<u64> =
            numbers.into_iter().map(u64::try_from).collect::<Result<_, _>>().map_err(|_| unknown())?;
        let patience = |ms: u64| ms.min(PATIENCE);
        Ok(match (kind, counts.as_slice()) {
            ("status", &[code @ 400..600]) => Self::Status(status(code), None),
            ("status", &[code @ 400..600, seconds]) => Self::Status(status(code), Some(seconds)),
            ("rate-limit", &[count]) => Self::RateLimit(count),
            ("delay", &[ms]) => Self::Delay(patience(ms), 0),
            ("delay", &[ms, jitter]) => Self::Delay(patience(ms), patience(jitter)),
            ("slow", &[ms]) => Self::Slow(ms.min(LONGEST_PAUSE)),
            ("cut-before", []) => Self::CutBefore,
            ("cut-during", []) => Self::CutDuring,
            ("cut-after", []) => Self::CutAfter,
            ("truncate", []) => Self::Truncate,
            ("garble", []) => Self::Garble,
            ("html", []) => Self::Html,
            ("content-type", []) => Self::ContentType,
            ("revoke", []) => Self::Revoke,
            ("stale", &[ms]) => Self::Stale(patience(ms)),
            ("socket-drop", []) => Self::SocketDrop(0),
            ("socket-drop", &[ms]) => Self::SocketDrop(patience(ms)),
            ("socket-silent", []) => Self::SocketSilent(0),
            ("socket-silent", &[ms]) => Self::SocketSilent(patience(ms)),
            ("socket-closing", []) => Self::SocketClosing(NOTICE),
            ("socket-closing", &[ms]) => Self::SocketClosing(patience(ms)),
            _ => return Err(unknown()),
        })
    }
}

/// A status that is known to have three digits.
fn status(code: u64) -> u16 {
    u16::try_from(code).unwrap_or(500)
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Status(code, None) => write!(f, "status:{code}"),
            Self::Status(code, Some(seconds)) => write!(f, "status:{code}:{seconds}"),
            Self::RateLimit(count) => write!(f, "rate-limit:{count}"),
            Self::Delay(ms, 0) => write!(f, "delay:{ms}"),
            Self::Delay(ms, jitter) => write!(f, "delay:{ms}:{jitter}"),
            Self::Slow(ms) => write!(f, "slow:{ms}"),
            Self::CutBefore => f.write_str("cut-before"),
            Self::CutDuring => f.write_str("cut-during"),
            Self::CutAfter => f.write_str("cut-after"),
            Self::Truncate => f.write_str("truncate"),
            Self::Garble => f.write_str("garble"),
            Self::Html => f.write_str("html"),
            Self::ContentType => f.write_str("content-type"),
            Self::Revoke => f.write_str("revoke"),
            Self::Skew(seconds) => write!(f, "skew:{seconds}"),
            Self::Stale(ms) => write!(f, "stale:{ms}"),
            Self::SocketDrop(0) => f.write_str("socket-drop"),
            Self::SocketDrop(ms) => write!(f, "socket-drop:{ms}"),
            Self::SocketSilent(0) => f.write_str("socket-silent"),
            Self::SocketSilent(ms) => write!(f, "socket-silent:{ms}"),
            Self::SocketClosing(ms) => write!(f, "socket-closing:{ms}"),
        }
    }
}

impl TryFrom<String> for Fault {
    type Error = UnknownFault;

    fn try_from(text: String) -> Result<Self, UnknownFault> {
        text.parse()
    }
}

impl From<Fault> for String {
    fn from(fault: Fault) -> Self {
        fault.to_string()
    }
}

/// A text that is no fault.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a fault; the faults are {}", forms())]
pub struct UnknownFault {
    text: String,
}

fn forms() -> String {
    KINDS.iter().map(|kind| kind.form).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::mem::discriminant;

    use strum::EnumCount as _;

    use super::*;

    #[test]
    fn every_fault_is_a_kind_that_people_can_read_of() {
        let read: HashSet<_> =
            KINDS.iter().map(|kind| discriminant(&kind.example.parse::<Fault>().unwrap())).collect();
        assert_eq!((read.len(), KINDS.len()), (Fault::COUNT, Fault::COUNT));
        for kind in KINDS {
            assert!(kind.example.starts_with(kind.name) && kind.form.starts_with(kind.name), "{kind:?}");
            let fault: Fault = kind.example.parse().unwrap();
            assert_eq!(fault.to_string(), kind.example);
            assert!(fault.suits(kind.socket), "{kind:?}");
        }
    }

    #[test]
    fn faults_read_as_they_are_written() {
        for text in
            ["status:503", "status:429:7", "delay:250", "delay:250:100", "skew:-30", "socket-drop", "slow:50"]
        {
            assert_eq!(text.parse::<Fault>().unwrap().to_string(), text);
        }
        for text in [
            "",
            "status",
            "status:200",
            "status:600",
            "status:abc",
            "status:-503",
            "delay",
            "delay:-1",
            "cut",
            "status:503:1:2",
            "slow:1:2",
            "skew",
            "skew:99999999999",
            "skew:-9223372036854775808",
            "socket-silent:x",
        ] {
            assert!(text.parse::<Fault>().is_err(), "{text}");
        }
    }
}
