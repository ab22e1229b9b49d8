//! The native Rust SDK of the PureCloud platform.
//!
//! A [`Session`] knows where the platform is and who calls. Operations are const rows ([`OperationSpec`]) that a
//! [`Call`] turns into a request; failures that may pass are met by a [`RetryPolicy`], and everything that goes wrong
//! is one [`Error`]. What happens on the platform comes as a stream of `notifications` (feature `websocket`).
//!
//! ```no_run
//! # async fn example() -> Result<(), purecloud::Error> {
//! let session = purecloud::Session::builder()
//!     .environment("mypurecloud.ie")
//!     .client_credentials("my-client-id", std::env::var("PURECLOUD_CLIENT_SECRET").unwrap_or_default())
//!     .connect()
//!     .await?;
//! let answer = session.call("GET", "/api/v2/authorization/roles").query("pageSize", 100).await?;
//! println!("{} {}", answer.status(), answer.text().unwrap_or_default());
//! # Ok(())
//! # }
//! ```

#![deny(missing_docs)]

pub use answer::{Answer, Download};
pub use builder::{Login, SessionBuilder};
pub use call::Call;
pub use classify::Refusal;
pub use environment::{DEFAULT_DOMAIN, Environment, EnvironmentError, REGIONS};
pub use error::{Advice, Cause, Error, Sent};
pub use oauth::LoginError;
pub use operation::{Argument, JSON, ListStyle, Method, OperationSpec, Paging, Parameter, Place, Repeat};
pub use pages::{Items, Page, Pages, Position};
pub use paging::PagingError;
pub use request::RequestError;
pub use retry::RetryPolicy;
pub use secret::Secret;
pub use session::Session;
pub use topic::{Topic, TypedTopic};
pub use transport::{Body, ByteStream, Pending, Transport, TransportError};
pub use typed::{Listing, Operation, Output, TypedCall, TypedPage, TypedPages};

/// The crates whose types stand in this one's signatures, so that a program need not guess their versions.
pub use {bytes, http};

#[cfg(feature = "__apis")]
pub mod apis;
#[cfg(feature = "blocking")]
pub mod blocking;
pub mod json;
pub mod login;
#[cfg(feature = "__apis")]
pub mod models;
#[cfg(feature = "websocket")]
pub mod notifications;
pub mod store;
#[cfg(feature = "topics")]
pub mod topics;

mod answer;
mod budget;
mod builder;
mod call;
#[cfg(any(test, feature = "websocket"))]
#[cfg_attr(
    not(feature = "websocket"),
    allow(dead_code, unreachable_pub, reason = "its tests run without it")
)]
mod channel;
mod classify;
mod clock;
mod environment;
mod error;
mod governor;
#[cfg(feature = "compression")]
mod gzip;
mod oauth;
mod operation;
mod pages;
mod paging;
mod request;
mod retry;
mod runtime;
mod secret;
mod session;
mod token;
mod topic;
mod transport;
mod typed;
#[cfg(test)]
mod vectors;
