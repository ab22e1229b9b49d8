//! Chores of this repository: `cargo xtask test`, `sizes`, `bench`, `definitions`, `fuzz`. What needs logic is Rust and
//! lives here.

mod bench;
mod definitions;
mod fuzz;
mod process;
mod sizes;
mod system;
mod test;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Chores of this repository.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    chore: Chore,
}

#[derive(Subcommand)]
enum Chore {
    /// Set up what the tests need and run all of them; this is what continuous integration runs.
    Test(test::Options),
    /// Print the size of each JavaScript product against its budget.
    Sizes,
    /// Time the products side by side with their peers; nothing here is a test.
    Bench(bench::Options),
    /// Try each definition of a folder: generate from it, load, compile, call every operation, emulate.
    Definitions(definitions::Options),
    /// Throw bytes at everything that reads what others wrote.
    Fuzz(fuzz::Options),
    /// Run one command and print its wall time, processor time and peak memory as JSON; used by `bench`.
    #[command(hide = true)]
    Measure {
        /// The command.
        #[arg(trailing_var_arg = true, required = true, allow_hyphen_values = true)]
        command: Vec<String>,
    },
}

fn main() -> ExitCode {
    let outcome = match Arguments::parse().chore {
        Chore::Test(options) => test::run(&options),
        Chore::Sizes => sizes::run(),
        Chore::Bench(options) => bench::run(&options),
        Chore::Definitions(options) => definitions::run(&options),
        Chore::Fuzz(options) => fuzz::run(&options),
        Chore::Measure { command } => bench::measure::print(&command),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("\n{failure}");
            ExitCode::FAILURE
        }
    }
}

/// A chore ends with a sentence that says what failed and what repairs it.
type Outcome<T = ()> = Result<T, String>;

/// The top of the repository.
fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask is a folder of the repository")
}

/// The folder of cargo's output.
fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), |dir| root().join(dir))
}
