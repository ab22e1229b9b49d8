//! The runtime from outside: sessions against a scripted transport, and the built-in transport against a scripted
//! server and an emulated platform.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on ends there")]

#[cfg(feature = "blocking")]
mod blocking;
mod budgets;
mod calls;
#[cfg(all(feature = "users", feature = "authorization", feature = "websocket"))]
mod examples;
mod faults;
mod forms;
mod listings;
#[cfg(feature = "websocket")]
mod notifications;
mod platform;
#[cfg(feature = "reqwest")]
mod reqwest;
mod script;
#[cfg(feature = "websocket")]
mod sockets;
mod tls;
mod tokens;
#[cfg(feature = "users")]
mod typed;
mod wire;
