//! The build time of the Rust SDK without its dependencies: everything, one API over the bare runtime, and the same
//! models as one would write them for serde.
//!
//! Budgets on two idle cores: everything is checked in 45 s and built for release in 180 s; one API adds at most 4 s to
//! the check of the runtime. The processor time says what the build takes on a machine that is not idle.

mod derive;

use std::path::{Path, PathBuf};
use std::process::Command;

use super::measure::{Figures, measure};
use crate::process::{command, execute};
use crate::{Outcome, root, target};

/// One way to build the SDK.
struct Build {
    title: &'static str,
    /// `check` or `build`.
    verb: &'static str,
    release: bool,
    features: &'static str,
}

const BUILDS: [Build; 4] = [
    Build { title: "check, runtime without an API", verb: "check", release: false, features: "" },
    Build { title: "check, `users`", verb: "check", release: false, features: "users" },
    Build { title: "check, `full`: budget 45 s", verb: "check", release: false, features: "full" },
    Build { title: "release, `full`: budget 180 s", verb: "build", release: true, features: "full" },
];

impl Build {
    fn command(&self) -> Command {
        let mut cargo = command("cargo", &[self.verb, "--quiet", "--locked", "--package", "purecloud"]);
        cargo.args(["--features", self.features]);
        if self.release {
            cargo.arg("--release");
        }
        outside(&mut cargo);
        cargo
    }
}

/// Builds as a dependency of someone's program is built: in a folder of its own, not piece by piece, and with the
/// release profile that cargo has when nobody chooses.
fn outside(cargo: &mut Command) {
    cargo.arg("--target-dir").arg(folder());
    cargo.envs([
        ("CARGO_INCREMENTAL", "0"),
        ("CARGO_PROFILE_RELEASE_LTO", "false"),
        ("CARGO_PROFILE_RELEASE_STRIP", "none"),
    ]);
}

fn folder() -> PathBuf {
    target().join("bench-compile")
}

/// Prints a row for each build, and one for the peer. A few runs say enough: nothing is shorter than seconds.
pub(super) fn run(runs: usize) -> Outcome {
    println!("\nCompile the Rust SDK (median of {runs} runs; from clean, dependencies not counted)");
    println!("{:<48}{:>10}{:>10}{:>12}", "", "wall s", "cpu s", "peak MiB");
    let mut rows: Vec<Figures> = Vec::new();
    for build in &BUILDS {
        let figures = from_clean(runs, &build.command(), root(), "purecloud")?;
        print(build.title, &figures);
        rows.push(figures);
    }
    print("  what `users` adds to the runtime: budget 4 s", &rows[1].beyond(&rows[0]));
    let (peer, models) = derive::write(&target().join("bench-compile-derive"))?;
    let mut check = command("cargo", &["check", "--quiet"]);
    check.current_dir(&peer);
    outside(&mut check);
    let figures = from_clean(runs, &check, &peer, derive::NAME)?;
    print(&format!("check, the {models} models with serde's derive"), &figures);
    Ok(())
}

/// Builds once for the dependencies, and then again and again without what the package has left.
fn from_clean(runs: usize, build: &Command, folder: &Path, package: &str) -> Outcome<Figures> {
    let mut samples = Vec::new();
    for run in 0..=runs {
        let figures = measure(build)?;
        if run > 0 {
            samples.push(figures);
        }
        let mut clean = command("cargo", &["clean", "--quiet", "--package", package]);
        clean.current_dir(folder).arg("--target-dir").arg(self::folder());
        execute_quietly(&mut clean)?;
        clean.arg("--release");
        execute_quietly(&mut clean)?;
    }
    Ok(Figures::median(&samples))
}

fn execute_quietly(command: &mut Command) -> Outcome {
    let output = command.output().map_err(|error| format!("{command:?}: {error}"))?;
    if output.status.success() { Ok(()) } else { execute(command) }
}

fn print(title: &str, figures: &Figures) {
    println!(
        "{title:<48}{:>10.1}{:>10.1}{:>12.0}",
        figures.wall_ms / 1000.0,
        figures.cpu_ms / 1000.0,
        figures.peak_mib
    );
}
