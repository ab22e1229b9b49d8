//! The JavaScript package.

pub mod plan;

pub use plan::Plan;
