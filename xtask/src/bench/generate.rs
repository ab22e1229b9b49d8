//! Generating everything from the bundled definition. Budget: 0.5 s and 200 MB in a release build.

use std::path::PathBuf;

use super::{Entry, compare};
use crate::process::{command, execute};
use crate::{Outcome, target};

pub(super) fn run(runs: usize) -> Outcome {
    let (executable, package) = release_package()?;
    let fresh = target().join("bench-javascript");
    let _ = std::fs::remove_dir_all(&fresh);
    let to = |folder: &std::path::Path| {
        let mut generate = command(&executable, &["generate", "javascript", "--quiet", "--out"]);
        generate.arg(folder);
        generate
    };
    // Every run but the first finds its own output and rewrites none of it; the other removes it first.
    let mut shell =
        command("sh", &["-c", "rm -rf \"$1\" && exec \"$2\" generate javascript --quiet --out \"$1\"", "sh"]);
    shell.arg(&fresh).arg(&executable);
    let entries =
        [Entry::new("into an empty folder", shell), Entry::new("over its own output", to(&package))];
    compare("Generate the JavaScript package: budget 500 ms, 200 MB", runs, &entries, false)
}

/// Generates the package as the tests do, for benchmarks of what is in it; returns where it is.
pub(super) fn package() -> Outcome<PathBuf> {
    crate::test::generate()?;
    Ok(crate::test::package())
}

/// Builds the command line for release and generates the package; returns where both are.
pub(super) fn release_package() -> Outcome<(PathBuf, PathBuf)> {
    let executable = release_executable()?;
    let package = target().join("javascript");
    execute(command(&executable, &["generate", "javascript", "--quiet", "--out"]).arg(&package))?;
    Ok((executable, package))
}

/// Builds the command line for release; returns where it is.
pub(super) fn release_executable() -> Outcome<PathBuf> {
    execute(&mut command(
        "cargo",
        &["build", "--quiet", "--profile", "dist", "--locked", "--package", "purecloud-cli"],
    ))?;
    Ok(target().join("dist").join(format!("purecloud{}", std::env::consts::EXE_SUFFIX)))
}
