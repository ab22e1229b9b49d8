//! The PureCloud platform on this machine.
