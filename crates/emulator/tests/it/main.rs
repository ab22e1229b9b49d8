//! The emulator over real sockets, on the bundled definition.

#![expect(
    clippy::unwrap_used,
    clippy::format_push_string,
    clippy::assigning_clones,
    reason = "a test that panics has failed, and its helpers need not be fast"
)]

mod analytics;
mod client;
mod clients;
mod conversations;
mod data;
mod directory;
mod faults;
mod files;
mod jobs;
#[cfg(feature = "sqlite")]
mod keep;
mod layers;
mod matrix;
mod notifications;
mod oauth;
mod paging;
mod state;
mod tls;
mod walk;
mod wire;
