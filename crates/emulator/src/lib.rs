//! The `PureCloud` platform on this machine: OAuth, every operation of the definition, and the state behind them.
//!
//! ```
//! # async fn example() -> Result<(), purecloud_emulator::EmulatorError> {
//! use purecloud_emulator::Emulator;
//!
//! let emulator = Emulator::builder().start().await?;
//! println!("the platform is at {}", emulator.origin());
//! emulator.stop().await;
//! # Ok(())
//! # }
//! ```
//!
//! A page at `/` shows requests as they arrive. Sign in with the clients and the user of [`demo`]. Tests look at [`Handle::requests`], or from outside at
//! `GET /_emulator/requests`; `POST /_emulator/reset` goes back to the start, `GET /_emulator/idle` waits for the
//! end of requests under way, `PUT /_emulator/faults` makes requests fail (see [`FaultRule`]), and
//! `POST /_emulator/events` notifies.

mod base;
mod behaviour;
mod bundled;
mod control;
mod data;
mod emulator;
mod files;
#[cfg(test)]
mod fixture;
#[cfg(fuzzing)]
#[doc(hidden)]
pub mod fuzzing;
mod http;
mod mount;
mod oauth;
mod page;
mod schema;
mod seed;
mod server;
mod socket;
mod state;
mod tls;
mod world;

pub use base::clock::{Clock, ManualClock, SystemClock};
pub use base::demo;
pub use base::settings::Settings;
pub use bundled::platform as bundled;
pub use data::DataError;
pub use emulator::{Builder, Emulator, EmulatorError, Handle};
pub use schema::plan::{Action, RouteInfo, routes};
pub use state::clients::{Client, Grant, Redirect};
pub use state::faults::{Fault, FaultKind, FaultRule, UnknownFault, UnknownRule};
pub use state::keep::KeepError;
pub use state::record::Recorded;
pub use tls::{Authority, Tls, TlsError};
