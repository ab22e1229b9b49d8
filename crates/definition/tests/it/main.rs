//! The crate from outside: the bundled platform by summary, small fixtures by snapshot, hostile text by its effects.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
#![cfg(all(feature = "bundled", feature = "yaml"))]

mod bundled;
mod describe;
#[cfg(feature = "fetch")]
mod fetch;
mod fixtures;
mod hostile;
mod methods;
mod names;
mod read_only;
mod summaries;
