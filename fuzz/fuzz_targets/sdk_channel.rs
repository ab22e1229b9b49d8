//! What happens to notification channels, in any order, with any text over their sockets.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| purecloud::fuzzing::channels(bytes));
