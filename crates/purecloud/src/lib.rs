//! The native Rust SDK of the PureCloud (Genesys Cloud) platform: every operation typed, logins, retries, paging and
//! notifications, async or not.
//!
//! ```toml
//! [dependencies]
//! purecloud = { version = "1", features = ["users"] }
//! tokio = { version = "1", features = ["macros", "rt-multi-thread"] }
//! ```
//!
//! ```no_run
//! # #[cfg(feature = "users")]
//! # async fn example() -> Result<(), purecloud::Error> {
//! use purecloud::Session;
//! use purecloud::apis::users::UsersApi;
//!
//! let session = Session::builder()
//!     .environment("mypurecloud.ie")
//!     .client_credentials("my-client-id", std::env::var("PURECLOUD_CLIENT_SECRET").unwrap_or_default())
//!     .connect()
//!     .await?;
//! let me = UsersApi::new(&session).get_users_me().await?;
//! println!("{}", me.name.unwrap_or_default());
//!
//! // Every page of a listing, item by item.
//! let mut users = UsersApi::new(&session).get_users().page_size(100).expand(["presence"]).stream();
//! while let Some(user) = users.next().await? {
//!     println!("{}", user.name.unwrap_or_default());
//! }
//! # Ok(())
//! # }
//! ```
//!
//! Operations without a type are called by method and path, with the same logins, retries and errors:
//!
//! ```no_run
//! # async fn example(session: purecloud::Session) -> Result<(), purecloud::Error> {
//! let answer = session.call("GET", "/api/v2/authorization/roles").query("pageSize", 100).await?;
//! println!("{} {}", answer.status(), answer.text().unwrap_or_default());
//! # Ok(())
//! # }
//! ```
//!
//! # When a call fails
//!
//! Everything that goes wrong is one [`Error`]. It holds no token, so it can be logged, and says what a program must
//! know: [`status`](Error::status), [`code`](Error::code), [`correlation_id`](Error::correlation_id) for a support
//! case, whether the platform may have acted on the request ([`sent`](Error::sent)), and what to do
//! ([`advice`](Error::advice)).
//!
//! ```no_run
//! # async fn example(session: purecloud::Session) -> Result<(), purecloud::Error> {
//! # let body = 0;
//! use purecloud::{Advice, Sent};
//!
//! match session.call("POST", "/api/v2/routing/queues").body(&body).await {
//!     Ok(answer) => println!("made: {}", answer.text().unwrap_or_default()),
//!     Err(error) if error.sent() == Sent::No => println!("nothing happened: {error}"),
//!     Err(error) if error.advice() == Advice::LookFirst => println!("perhaps made; look before you repeat: {error}"),
//!     Err(error) => return Err(error),
//! }
//! # Ok(())
//! # }
//! ```
//!
//! Before a program sees an error, calls that are safe to repeat have been repeated: GET, HEAD, PUT, DELETE and what
//! only reads after 408, 429, 5xx and broken connections; everything after a 429 and when no connection was opened. A
//! token that the platform refuses is renewed once for all who wait. [`RetryPolicy`] changes it for a session or a
//! call.
//!
//! Calls are spaced by the platform's rate limit. No call waits longer than its
//! [`total_timeout`](Call::total_timeout) and the `limit` of its [`RetryPolicy`] allow, two minutes unless a program
//! says otherwise: [`Error::RateLimited`] says at once how long it would have been.
//!
//! # Features
//!
//! | feature | what it brings | default |
//! | --- | --- | --- |
//! | `client` | the built-in transport: hyper and rustls, proxies, client certificates | yes |
//! | `compression` | answers in gzip | yes |
//! | `users`, `routing`, … | the typed operations of one API, and the models that they reach | |
//! | `full` | every API, and the topics | |
//! | `websocket` | `notifications`: events as a stream, over channels that are kept going | |
//! | `topics` | the topics of notifications as functions, with the types of their events | |
//! | `blocking` | `.wait()` in place of `.await`, and iterators in place of streams | |
//! | `jiff`, `chrono`, `time` | reads [dates] with the calendar that the program has | |
//! | `reqwest` | calls through a `reqwest::Client` that the program has already | |
//! | `keyring` | tokens in the system's key store | |
//! | `webpki-roots` | trusts what browsers trust, for images without certificates | |
//!
//! The folder `examples` has programs to start from: client credentials, a login with PKCE in a terminal, an export
//! of all users to CSV, a presence board.
//!
//! # Several processes
//!
//! A token and its rate budget can be shared: see [`store`]. Both are kept in memory unless a program says otherwise. A
//! stored token belongs to an environment, a client, a grant and a login: a session does not touch another's.
//!
//! # Answers that are not quite in order
//!
//! A byte that is not UTF-8, half of a surrogate pair or a number where a text is due loses no answer:
//! [`json::from_slice`] says how they are read. An item of a listing that cannot be read is an [`Error::Decode`] with
//! its place, and the items after it still come; [`Items::skip_unreadable`] goes on to them by itself.
//!
//! # Versions
//!
//! Releases follow semantic versioning. The platform grows every week, so a new field of a model, a new value of a list
//! and a new setter of a call are no breaking changes: make models with `..Default::default()` (or, of an answer, by
//! changing it), leave `..` in patterns over them, and keep an arm for values that are not known yet. The oldest
//! compiler that works is the `rust-version` of the manifest; raising it is a minor release.

#![deny(missing_docs)]
// On docs.rs each item is labelled with the feature that brings it.
#![cfg_attr(docsrs, feature(doc_cfg))]
#![cfg_attr(docsrs, doc(auto_cfg(hide(feature = "__apis"))))]

pub use answer::{Answer, Download};
pub use builder::{Login, SessionBuilder};
pub use call::Call;
pub use classify::Refusal;
pub use environment::{DEFAULT_DOMAIN, Environment, EnvironmentError, REGIONS};
pub use error::{Advice, Cause, Error, Sent};
pub use form::{FormFields, FormFile};
pub use oauth::LoginError;
pub use operation::{
    Argument, IntoArgument, JSON, ListStyle, Method, Number, OperationSpec, Paging, Parameter, Place, Repeat,
    Truth, Whole,
};
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
pub mod dates;
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
#[cfg(any(test, fuzzing, feature = "websocket"))]
#[cfg_attr(
    not(feature = "websocket"),
    allow(dead_code, unreachable_pub, reason = "its tests run without it")
)]
mod channel;
mod classify;
mod clock;
mod environment;
mod error;
mod form;
#[cfg(fuzzing)]
#[doc(hidden)]
pub mod fuzzing;
mod governor;
#[cfg(feature = "compression")]
mod gzip;
mod oauth;
mod operation;
mod pages;
mod paging;
mod redirect;
mod request;
mod retry;
mod runtime;
mod secret;
mod session;
mod text;
mod token;
mod topic;
mod transport;
mod typed;
#[cfg(test)]
mod vectors;
