//! The operations of the platform, one module per API; each module is there when the feature of its name is on.
//!
//! ```no_run
//! # #[cfg(feature = "users")]
//! # async fn example(session: purecloud::Session) -> Result<(), purecloud::Error> {
//! use purecloud::apis::users::UsersApi;
//!
//! let mut users = UsersApi::new(&session).get_users().expand(["presence"]).stream();
//! while let Some(user) = users.next().await? {
//!     println!("{}", user.name.unwrap_or_default());
//! }
//! # Ok(())
//! # }
//! ```

#![allow(clippy::all, clippy::pedantic, reason = "the build script wrote it")]
#![allow(non_camel_case_types, reason = "names that would be the same have a number behind them")]

include!(concat!(env!("OUT_DIR"), "/apis.rs"));
