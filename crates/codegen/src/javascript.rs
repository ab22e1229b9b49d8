//! The JavaScript package.

pub mod declarations;
pub mod plan;

pub use plan::Plan;
