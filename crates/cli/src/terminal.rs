//! Talk on standard error.

use std::fmt::Arguments;
use std::io::Write;

/// Writes a line to standard error. Unlike `eprintln!` it does not end the program when the line cannot be written, such as
/// to a file on a full disk: what the command does matters more than what it says about it.
macro_rules! note {
    ($($text:tt)*) => { $crate::terminal::note(format_args!($($text)*)) };
}

pub(crate) fn note(text: Arguments<'_>) {
    // In one piece, so that lines of other processes stay whole.
    let _ = std::io::stderr().write_all(format!("{text}\n").as_bytes());
}
