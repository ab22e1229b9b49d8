//! `cargo xtask fuzz`: throws bytes at everything that reads what others wrote.
//!
//! The targets in `fuzz/` are those of cargo-fuzz, which needs a nightly compiler for its sanitizers. Here they are
//! built by the stable one with the same coverage counters and without a sanitizer: none of this code is unsafe, so
//! what is looked for are panics, overflows, endless loops and memory without bounds.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use clap::Args;

use crate::process::{answers, command, execute};
use crate::system::install_package;
use crate::{Outcome, root, target};

/// The targets to fuzz, and the time for each.
#[derive(Args)]
pub(crate) struct Options {
    /// Targets, as their files in `fuzz/fuzz_targets/` are called; all of them when left out.
    targets: Vec<String>,
    /// Seconds for each target.
    #[arg(long, default_value_t = 60)]
    seconds: u32,
    /// The seed of the first mutation; 0 takes another one each time.
    #[arg(long, default_value_t = 1)]
    seed: u32,
    /// Runs this one input in place of looking for others, such as one that failed.
    #[arg(long, value_name = "FILE")]
    input: Option<PathBuf>,
}

/// The compiler flags of cargo-fuzz, without a sanitizer: counters for every edge, and the operands of comparisons.
const FLAGS: &str = "--cfg fuzzing -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
                     -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
                     -Cllvm-args=-sanitizer-coverage-pc-table -Cllvm-args=-sanitizer-coverage-trace-compares";
/// The target that is left out of [`briefly`]: what it drives takes minutes to build.
const JAVASCRIPT: &str = "javascript";
/// Seconds that [`briefly`] spends on each target.
const BRIEFLY: u32 = 5;
/// More memory than this is a finding, in MiB.
const MEMORY: u32 = 1024;
/// One input that takes longer than this is a finding, in seconds.
const PATIENCE: u32 = 20;

/// The result of a target.
struct Report {
    target: String,
    runs: u64,
    peak_mib: u64,
}

/// Builds the targets and runs them, one after the other.
pub(crate) fn run(options: &Options) -> Outcome {
    let known = targets()?;
    let wanted = if options.targets.is_empty() { &known } else { &options.targets };
    if let Some(unknown) = wanted.iter().find(|name| !known.contains(name)) {
        return Err(format!("there is no target {unknown}; there are {}", known.join(", ")));
    }
    hunt_all(options, wanted)
}

/// A few seconds of each target that builds in good time: what every run of the tests does.
pub(crate) fn briefly() -> Outcome {
    let mut wanted = targets()?;
    wanted.retain(|name| name != JAVASCRIPT);
    let options = Options { targets: Vec::new(), seconds: BRIEFLY, seed: 1, input: None };
    hunt_all(&options, &wanted)
}

fn hunt_all(options: &Options, wanted: &[String]) -> Outcome {
    let begun = Instant::now();
    let built = build(wanted)?;
    println!("built in {:.0} s", begun.elapsed().as_secs_f64());
    let mut reports = Vec::new();
    for target in wanted {
        reports.push(hunt(options, target, &built.join(target))?);
    }
    println!("\n{:<20}{:>14}{:>14}", "target", "inputs", "peak MiB");
    for Report { target, runs, peak_mib } in reports {
        println!("{target:<20}{runs:>14}{peak_mib:>14}");
    }
    Ok(())
}

/// The names of the targets, in order.
fn targets() -> Outcome<Vec<String>> {
    let folder = root().join("fuzz/fuzz_targets");
    let failed = |error: std::io::Error| format!("{}: {error}", folder.display());
    let mut names = Vec::new();
    for entry in std::fs::read_dir(&folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if let Some(name) = path.file_stem().and_then(|name| name.to_str()) {
            names.push(name.to_owned());
        }
    }
    names.sort();
    Ok(names)
}

/// Builds these targets; where they are.
fn build(wanted: &[String]) -> Outcome<PathBuf> {
    if !answers("c++", &["--version"]) {
        install_package("g++", "libFuzzer is written in C++ and no `c++` was found; install a C++ compiler")?;
    }
    let host = host()?;
    let folder = target().join("fuzz");
    // With `--target`, build scripts and procedural macros go without the flags.
    let mut cargo = command("cargo", &["build", "--quiet", "--release", "--locked", "--target", &host]);
    cargo.arg("--manifest-path").arg(root().join("fuzz/Cargo.toml")).arg("--target-dir").arg(&folder);
    if !wanted.iter().any(|name| name == JAVASCRIPT) {
        cargo.arg("--no-default-features");
    }
    execute(cargo.args(wanted.iter().flat_map(|name| ["--bin", name])).env("RUSTFLAGS", FLAGS))?;
    Ok(folder.join(host).join("release"))
}

/// The platform that the compiler runs on, such as `x86_64-unknown-linux-gnu`.
fn host() -> Outcome<String> {
    let output = command("rustc", &["-vV"]).output().map_err(|error| format!("`rustc -vV`: {error}"))?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let host = text.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned).ok_or_else(|| "`rustc -vV` names no host".to_owned())
}

/// Runs one target.
fn hunt(options: &Options, name: &str, executable: &Path) -> Outcome<Report> {
    let found = target().join("fuzz/artifacts").join(name);
    let grown = target().join("fuzz/corpus").join(name);
    for folder in [&found, &grown] {
        std::fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    }
    let mut hunting = Command::new(executable);
    hunting
        .current_dir(root())
        .arg(format!("-artifact_prefix={}/", found.display()))
        .arg(format!("-seed={}", options.seed))
        .arg(format!("-max_total_time={}", options.seconds))
        .arg(format!("-rss_limit_mb={MEMORY}"))
        .arg(format!("-timeout={PATIENCE}"))
        .args(["-print_final_stats=1", "-verbosity=0"])
        .stdin(Stdio::null())
        .stdout(Stdio::null());
    match &options.input {
        Some(input) => hunting.arg(input),
        // What is found on the way stays in the first folder; the other has what is checked in.
        None => hunting.arg(&grown).arg(root().join("fuzz/corpus").join(name)),
    };
    println!("{name}: {} s", options.seconds);
    let output = hunting.output().map_err(|error| format!("{}: {error}", executable.display()))?;
    let said = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() {
        let last: Vec<&str> = said.lines().rev().take(60).collect();
        let last: Vec<&str> = last.into_iter().rev().collect();
        return Err(format!(
            "{}\n\nthe fuzz target {name} failed; the input is in {}, and `cargo xtask fuzz {name} --input FILE` \
             runs it again",
            last.join("\n"),
            found.display()
        ));
    }
    let figure = |label: &str| {
        let line = said.lines().find_map(|line| line.strip_prefix(label));
        line.and_then(|rest| rest.trim().parse().ok()).unwrap_or(0)
    };
    Ok(Report {
        target: name.to_owned(),
        runs: figure("stat::number_of_executed_units:"),
        peak_mib: figure("stat::peak_rss_mb:"),
    })
}
