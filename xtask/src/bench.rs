//! `cargo xtask bench`: the project's figures, side by side with those of its peers in one run.
//!
//! Whole processes are timed from outside, in turn (A B A B …), and the median of each figure is quoted: the machine's
//! speed drifts, and a comparison must not drift with it.

mod calls;
mod calls_js;
mod compile;
mod emulator;
mod generate;
pub(crate) mod measure;
mod pin;
mod require;
mod types;

use clap::{Args, ValueEnum};

use crate::Outcome;
use measure::{Figures, measure};

/// The benchmark to run.
#[derive(Args)]
pub(crate) struct Options {
    /// The benchmark; all of them but `compile` when it is left out.
    #[arg(value_enum)]
    which: Option<Which>,
    /// Counted runs of each command, after one that is not counted. Default 9; 1 for `compile`.
    #[arg(long)]
    runs: Option<usize>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Which {
    /// Calls of the Rust SDK, beside bare hyper and the official JavaScript SDK.
    Calls,
    /// Calls of the JavaScript SDK in Node, beside `node:http`, undici, `fetch` and two published SDKs; memory of
    /// 10,000.
    CallsJs,
    /// Generating everything from the bundled definition.
    Generate,
    /// The cost of `require("purecloud")` over a bare Node process.
    Require,
    /// `tsc` on a six-line program that uses one API.
    Types,
    /// The emulator: start, memory, answers and writes a second, 10,000 connections.
    Emulator,
    /// Checking and building the Rust SDK. Takes half an hour, most of it for the peer.
    Compile,
}

/// One command of a comparison.
struct Entry {
    title: String,
    command: std::process::Command,
}

impl Entry {
    fn new(title: impl Into<String>, command: std::process::Command) -> Self {
        Self { title: title.into(), command }
    }
}

/// Runs the benchmarks asked for.
pub(crate) fn run(options: &Options) -> Outcome {
    let runs = options.runs.unwrap_or(9);
    let all = [
        Which::Calls,
        Which::CallsJs,
        Which::Generate,
        Which::Require,
        Which::Types,
        Which::Emulator,
        Which::Compile,
    ];
    for which in all {
        if options.which.map_or(which != Which::Compile, |wanted| wanted == which) {
            match which {
                Which::Calls => calls::run()?,
                Which::CallsJs => calls_js::run(runs)?,
                Which::Generate => generate::run(runs)?,
                Which::Require => require::run(runs)?,
                Which::Types => types::run(runs)?,
                Which::Emulator => emulator::run(runs)?,
                Which::Compile => compile::run(options.runs.unwrap_or(1))?,
            }
        }
    }
    Ok(())
}

/// Measures the entries in turn and prints a row for each; when `base` is true the first entry is what the others
/// are held against, and their rows show what they add to it.
fn compare(title: &str, runs: usize, entries: &[Entry], base: bool) -> Outcome {
    println!("\n{title} (median of {runs} runs; whole processes)");
    println!("{:<44}{:>12}{:>12}{:>14}", "", "wall ms", "cpu ms", "peak MiB");
    let mut samples: Vec<Vec<Figures>> = entries.iter().map(|_| Vec::new()).collect();
    for run in 0..=runs {
        for (entry, samples) in entries.iter().zip(&mut samples) {
            let figures = measure(&entry.command)?;
            // The first round warms the caches of the disk and is not counted.
            if run > 0 {
                samples.push(figures);
            }
        }
    }
    let medians: Vec<Figures> = samples.iter().map(|samples| Figures::median(samples)).collect();
    for (index, (entry, figures)) in entries.iter().zip(&medians).enumerate() {
        let shown = if base && index > 0 { figures.beyond(&medians[0]) } else { *figures };
        let sign = if base && index > 0 { "+" } else { "" };
        println!(
            "{:<44}{:>12}{:>12}{:>14}",
            entry.title,
            format!("{sign}{:.1}", shown.wall_ms),
            format!("{sign}{:.1}", shown.cpu_ms),
            format!("{sign}{:.1}", shown.peak_mib)
        );
    }
    Ok(())
}
