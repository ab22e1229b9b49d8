//! The cost of loading the package over a bare Node process. Budget: 5 ms and 3 MiB.

use std::path::Path;

use super::{Entry, compare, generate::package};
use crate::process::command;
use crate::{Outcome, root};

pub(super) fn run(runs: usize) -> Outcome {
    let package = package()?;
    let peers = root().join("acceptance");
    // The package finds itself by its name, as programs do: Node is given other files than bundlers. The official SDK
    // watches a file for as long as it lives; all of them are ended the same way.
    let node = |folder: &Path, title: &str, script: &str| {
        let mut node = command("node", &["-e", &format!("{script}; process.exit()")]);
        node.current_dir(folder);
        Entry::new(title, node)
    };
    let entries = [
        node(&package, "bare Node", ""),
        node(&package, "require(\"purecloud\")", "require('purecloud')"),
        node(
            &package,
            "… and new UsersApi(session)",
            "const p = require('purecloud'); new p.UsersApi(new p.PureCloudSession())",
        ),
        node(&peers, "require(official SDK)", "require('purecloud-platform-client-v2')"),
    ];
    compare("Load the package in Node: budget +5 ms, +3 MiB", runs, &entries, true)
}
