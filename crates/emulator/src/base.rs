//! What everything else may use: the lock, clocks, settings, and names that are given.

pub(crate) mod clock;
pub mod demo;
pub(crate) mod lock;
pub(crate) mod paths;
pub(crate) mod settings;
