//! The typed half of the Rust SDK: models and operations, written by the build script of `crates/purecloud` for the
//! APIs whose features are on.
//!
//! The text relies on what that crate states by hand: `json` for models, `operation` and `typed` for operations. It is
//! laid out as `rustfmt` would lay it out but for long lines, so that building needs neither a formatter nor a parser.

mod features;
mod models;
mod operations;
mod plan;
mod text;

use purecloud_definition::Platform;
use purecloud_definition::model::ApiId;

use crate::{CodegenError, File};

pub use features::{Feature, features, manifest};
use plan::Plan;

/// Writes `models.rs` and `apis.rs`: the modules of these APIs, and the models and enumerations that they reach.
///
/// # Errors
/// [`CodegenError::Unsupported`] for a parameter that the runtime cannot send.
pub fn generate(platform: &Platform, apis: &[ApiId]) -> Result<Vec<File>, CodegenError> {
    let plan = Plan::new(platform, apis);
    Ok(vec![File::text("models.rs", models::emit(&plan)), File::text("apis.rs", operations::emit(&plan)?)])
}

#[cfg(test)]
mod tests;
