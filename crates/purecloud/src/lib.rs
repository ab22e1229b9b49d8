//! The native Rust SDK of the PureCloud platform.
