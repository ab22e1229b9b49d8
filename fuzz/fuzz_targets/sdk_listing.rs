//! Answers of listings in every style of paging: they end, stay on the platform, and never panic.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Some((style, rest)) = bytes.split_first() else { return };
    let answers: Vec<&[u8]> = rest.split(|byte| *byte == b'\n').take(50).collect();
    purecloud::fuzzing::listing(*style, &answers);
});
