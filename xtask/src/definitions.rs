//! `cargo xtask definitions`: tries a folder of definitions that nobody here has seen.

use std::path::PathBuf;

use clap::Args;

use crate::process::{command, execute};
use crate::test::{executable, install, package};
use crate::{Outcome, root};

/// The definitions to try.
#[derive(Args)]
pub(crate) struct Options {
    /// Folder with Swagger 2.0 or OpenAPI 3 documents, JSON or YAML; one of several files lies in a folder of its own.
    folder: PathBuf,
}

/// From each: generates the JavaScript package and loads it, compiles its declarations, calls every operation once and
/// holds what arrives against another reading of the document, and starts the emulator with it. Prints a row for each;
/// what is not a valid document is reported with its place and is no failure.
pub(crate) fn run(options: &Options) -> Outcome {
    let folder = options
        .folder
        .canonicalize()
        .map_err(|error| format!("{}: {error}; name a folder with definitions", options.folder.display()))?;
    install(&root().join("acceptance"))?;
    execute(&mut command("cargo", &["build", "--quiet", "--locked", "--package", "purecloud-cli"]))?;
    execute(
        command("node", &["acceptance/definitions.js"])
            .arg(folder)
            .env("PURECLOUD_BIN", executable())
            .env("PURECLOUD_PACKAGE", package()),
    )
}
