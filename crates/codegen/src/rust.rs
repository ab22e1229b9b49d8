//! The typed half of the Rust SDK: models and operations, written by the build script of `crates/purecloud` for the
//! APIs whose features are on.
//!
//! The text relies on what that crate states by hand: `json` for models, `operation` and `typed` for operations. It is
//! laid out as `rustfmt` would lay it out but for long lines, so that building needs neither a formatter nor a parser.

mod calls;
mod docs;
mod features;
mod layout;
mod models;
mod operations;
mod plan;
mod text;
mod topics;

use purecloud_definition::Platform;
use purecloud_definition::model::ApiId;

use crate::File;

pub use features::{Feature, features, manifest};
use plan::Plan;

/// The parts of a platform to write.
#[derive(Debug, Clone, Copy, Default)]
pub struct Selection<'a> {
    /// APIs in any order; those named twice count once.
    pub apis: &'a [ApiId],
    /// `true` to write the topics of notifications too.
    pub topics: bool,
}

/// Writes `models.rs`, `apis.rs` and `topics.rs`: a module for each API, the topics, and the models and enumerations
/// that they reach.
pub fn generate(platform: &Platform, selection: Selection<'_>) -> Vec<File> {
    let plan = Plan::new(platform, selection);
    vec![
        File::text("models.rs", models::emit(&plan)),
        File::text("apis.rs", operations::emit(&plan)),
        File::text("topics.rs", topics::emit(&plan)),
    ]
}

/// Writes `calls.rs`, with which the SDK's own tests call every operation of these APIs.
pub fn calls(platform: &Platform, apis: &[ApiId]) -> File {
    File::text("calls.rs", calls::emit(&Plan::new(platform, Selection { apis, topics: false })))
}

#[cfg(test)]
mod tests;
