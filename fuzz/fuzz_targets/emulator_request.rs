//! Bytes as they come over a connection: one request, several, or none at all.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use purecloud_emulator::fuzzing::Offline;

static PLATFORM: LazyLock<Offline> = LazyLock::new(Offline::new);

fuzz_target!(|bytes: &[u8]| {
    PLATFORM.reset();
    let heard = PLATFORM.converse(bytes);
    assert!(heard.is_empty() || heard.starts_with(b"HTTP/1."), "{}", String::from_utf8_lossy(&heard));
    // Only a fault that was asked for is the server's.
    let asked = bytes.windows(5).any(|window| window.eq_ignore_ascii_case(b"fault"));
    assert!(asked || !heard.starts_with(b"HTTP/1.1 5"), "{}", String::from_utf8_lossy(&heard));
});
