//! The models of the platform's operations: a struct per model, an enum per list of values.
//!
//! Every field is optional, since the platform leaves out what it does not know or what a caller may not see, and since
//! a change names only what is to change. A field that is a model is boxed: models refer to each other in circles, and
//! which of them do changes with the definition. What an answer holds beyond the known fields is kept in `extra` and
//! written back. Of most fields the definition says no more than their names, as they stand in JSON.
//!
//! The features decide which models there are: those that the chosen APIs reach.

#![allow(clippy::all, clippy::pedantic, reason = "the build script wrote it")]
#![allow(non_camel_case_types, reason = "names that would be the same have a number behind them")]

include!(concat!(env!("OUT_DIR"), "/models.rs"));
