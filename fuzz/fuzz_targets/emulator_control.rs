//! What a test tells the emulator under `/_emulator/`, and whether the platform still answers afterwards.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use purecloud_emulator::fuzzing::{Offline, TOKEN};

static PLATFORM: LazyLock<Offline> = LazyLock::new(Offline::new);

const REQUESTS: [&str; 9] = [
    "PUT /_emulator/faults",
    "POST /_emulator/sockets",
    "POST /_emulator/events",
    "POST /_emulator/conversations",
    "POST /_emulator/reset",
    "DELETE /_emulator/requests",
    "DELETE /_emulator/faults",
    "PUT /_emulator/anything",
    "POST /_emulator/idle",
];

fn send(start: &str, body: &[u8]) -> Vec<u8> {
    let head = format!(
        "{start} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\nauthorization: Bearer {TOKEN}\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    PLATFORM.converse(&[head.as_bytes(), body].concat())
}

fuzz_target!(|bytes: &[u8]| {
    let Some((choice, body)) = bytes.split_first() else { return };
    PLATFORM.reset();
    let answer = send(REQUESTS[usize::from(*choice) % REQUESTS.len()], body);
    let fine = answer.starts_with(b"HTTP/1.1 2") || answer.starts_with(b"HTTP/1.1 4");
    assert!(fine, "{}", String::from_utf8_lossy(&answer));
    // Whatever strikes now was asked for; that there is an answer or an end is enough.
    send("GET /api/v2/users/me", b"");
    send("GET /api/v2/users", b"");
    for path in ["faults", "requests", "store"] {
        let answer = send(&format!("GET /_emulator/{path}"), b"");
        assert!(answer.starts_with(b"HTTP/1.1 200"), "{path}: {}", String::from_utf8_lossy(&answer));
    }
});
