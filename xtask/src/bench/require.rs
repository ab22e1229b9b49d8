//! What loading the package adds to a bare Node process. Budget: 5 ms and 3 MiB.

use super::{Entry, compare, generate::release_package};
use crate::process::command;
use crate::{Outcome, root};

pub(super) fn run(runs: usize) -> Outcome {
    let (_, package) = release_package()?;
    let ours = package.to_str().ok_or("the target folder has a name that is not Unicode")?;
    let node = |script: &str| {
        let mut node = command("node", &["-e", script]);
        node.current_dir(root().join("acceptance"));
        node
    };
    let entries = [
        Entry::new("bare Node", node("")),
        Entry::new("require(\"purecloud\")", node(&format!("require({ours:?})"))),
        Entry::new(
            "… and new UsersApi(session)",
            node(&format!("const p = require({ours:?}); new p.UsersApi(new p.PureCloudSession())")),
        ),
        Entry::new("require(official SDK)", node("require('purecloud-platform-client-v2')")),
    ];
    // The official SDK watches a file for as long as it lives; all of them are ended the same way.
    let entries = entries.map(|entry| {
        let script =
            entry.command.get_args().last().and_then(|word| word.to_str()).unwrap_or_default().to_owned();
        Entry::new(entry.title, node(&format!("{script}; process.exit()")))
    });
    compare("Load the package in Node: budget +5 ms, +3 MiB", runs, &entries, true)
}
