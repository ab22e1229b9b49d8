//! Everything for the PureCloud platform from the command line.
fn main() {}
