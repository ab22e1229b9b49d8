//! Writes SDKs and reference pages from the platform model.
//!
//! Every emitter is a pure function from [`Platform`](purecloud_definition::Platform) to a list of files: same
//! platform, same bytes. No emitter reads a file, asks the network or looks at a clock.

mod error;
mod facts;
#[cfg(test)]
mod fixture;
#[cfg(feature = "javascript")]
pub mod javascript;
pub mod rust;
pub mod write;

pub use error::CodegenError;

/// One file of a product: where it goes and what it holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Relative to the product's folder, with `/` between parts; never climbs out of it.
    pub path: String,
    /// The content.
    pub bytes: Vec<u8>,
}

impl File {
    /// A text file.
    pub fn text(path: impl Into<String>, text: impl Into<String>) -> Self {
        Self { path: path.into(), bytes: text.into().into_bytes() }
    }
}
