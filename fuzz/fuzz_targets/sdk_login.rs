//! Answers to logins, and the addresses that browsers come back with.

#![no_main]

use libfuzzer_sys::fuzz_target;
use purecloud::fuzzing::{redirect, token_answer};

const STATUSES: [u16; 6] = [200, 201, 302, 400, 401, 500];

fuzz_target!(|bytes: &[u8]| {
    let Some((choice, rest)) = bytes.split_first() else { return };
    let status = STATUSES[usize::from(*choice) % STATUSES.len()];
    let granted = token_answer(status, rest);
    assert!(!granted || (200..300).contains(&status));
    let text = String::from_utf8_lossy(rest);
    redirect(&text, None);
    let trusted = redirect(&text, Some("this-state"));
    assert!(!trusted || text.contains("state="), "nothing is believed without its state");
});
