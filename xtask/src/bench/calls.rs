//! Calls a second of the Rust SDK. Budgets: 0.9 of the same calls made with bare hyper, 30 times the official JavaScript SDK.

use crate::Outcome;
use crate::process::{command, execute};

/// The benchmark measures itself: it has a server, and a process for each client.
pub(super) fn run() -> Outcome {
    let words =
        ["bench", "--quiet", "--locked", "--package", "purecloud", "--features", "users", "--bench", "calls"];
    execute(&mut command("cargo", &words))
}
