//! Everything for the `PureCloud` platform from the command line.
//!
//! Results go to standard output, talk goes to standard error, and each kind of failure has an exit code of its own
//! ([`failure::Failure::exit_code`]).

#![deny(
    clippy::print_stderr,
    clippy::print_stdout,
    reason = "they end the program when a line cannot be written"
)]

#[macro_use]
mod terminal;

mod arguments;
mod demo;
mod emulator;
mod failure;
mod generate;
mod size;

use std::process::ExitCode;

use arguments::{Arguments, Command, Product};
use clap::Parser;

fn main() -> ExitCode {
    let outcome = match Arguments::parse().command {
        Command::Generate { product: Product::Javascript(options) } => generate::javascript(&options),
        Command::Emulator(options) => emulator::run(&options),
        Command::Demo(options) => demo::run(&options),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever read our output has seen enough: `purecloud … | head` is a success.
        Err(failure) if failure.is_closed_pipe() => ExitCode::SUCCESS,
        Err(failure) => {
            note!("purecloud: {failure}");
            failure.exit_code()
        }
    }
}
