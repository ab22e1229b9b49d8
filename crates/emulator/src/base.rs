//! What everything else may use: locks, and names that are given.

pub mod demo;
pub(crate) mod lock;
pub(crate) mod paths;
