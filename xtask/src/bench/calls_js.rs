//! Calls of the JavaScript SDK in Node, beside Node's own clients and the SDKs that others published.
//!
//! Budgets: 0.8 of the calls that bare `node:http` makes, 165 µs of processor time a call, and 4 KB a call under way
//! over `node:http`.
//!
//! The server answers every request alike and is a process of its own, on a core of its own where there are two.
//! Clients run in turn, each round in a process of its own. The machine may be busy with something else, and a client
//! that waits for its core is not a slow one: what is held against `node:http` is processor time.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use super::generate::package;
use super::measure::median;
use super::pin;
use crate::process::command;
use crate::test::install;
use crate::{Outcome, root};

/// A client that calls.
struct Client {
    /// Its name in `acceptance/bench/calls.mjs`.
    name: &'static str,
    title: &'static str,
    /// Calls in a round.
    calls: u32,
}

const CLIENTS: [Client; 6] = [
    Client { name: BARE, title: "bare node:http", calls: 20_000 },
    Client { name: "undici", title: "bare undici", calls: 20_000 },
    Client { name: "fetch", title: "bare fetch", calls: 5_000 },
    Client { name: OURS, title: "purecloud, with retries and rate governor", calls: 20_000 },
    Client { name: PEER, title: "purecloud-platform-client-v2 262.0.0", calls: 3_000 },
    Client { name: "0.88.8", title: "purecloud_api_sdk_javascript 0.88.8", calls: 5_000 },
];
const BARE: &str = "node:http";
const OURS: &str = "purecloud";
const PEER: &str = "262.0.0";

/// Calls under way at a time when memory is measured.
const CROWD: u32 = 10_000;

pub(super) fn run(rounds: usize) -> Outcome {
    install(&root().join("acceptance"))?;
    let package = package()?;
    calls(&package, rounds)?;
    memory(&package, rounds.min(3))
}

/// Calls a second, and the processor time of each.
fn calls(package: &Path, rounds: usize) -> Outcome {
    let server = Server::start(&[])?;
    let mut figures: Vec<Vec<(f64, f64)>> = CLIENTS.iter().map(|_| Vec::new()).collect();
    for _ in 0..rounds.max(1) {
        for (client, figures) in CLIENTS.iter().zip(&mut figures) {
            let report = server.ask(package, client.name, client.calls, &[])?;
            figures.push((figure(&report, "perSecond")?, figure(&report, "microseconds")?));
        }
    }
    println!("\nCalls in Node, 32 in flight on one core (median of {rounds} runs, lowest and highest)");
    println!("{:<44}{:>24}{:>22}{:>14}", "", "calls/s", "cpu µs each", "of node:http");
    let busy = |figures: &[(f64, f64)]| median(figures.iter().map(|(_, busy)| *busy).collect());
    let bare = busy(&figures[0]);
    for (Client { title, .. }, figures) in CLIENTS.iter().zip(&figures) {
        let column = |digits: usize, of: fn(&(f64, f64)) -> f64| {
            let values: Vec<f64> = figures.iter().map(of).collect();
            let low = values.iter().copied().fold(f64::INFINITY, f64::min);
            let high = values.iter().copied().fold(0.0, f64::max);
            format!("{:.digits$} ({low:.digits$}–{high:.digits$})", median(values))
        };
        let (a_second, each) = (column(0, |one| one.0), column(0, |one| one.1));
        println!("{title:<44}{a_second:>24}{each:>22}{:>14.2}", bare / busy(figures));
    }
    let of = |name: &str| CLIENTS.iter().position(|client| client.name == name).map(|at| busy(&figures[at]));
    if let (Some(ours), Some(peer)) = (of(OURS), of(PEER)) {
        println!("budgets: 0.80 of node:http, 165 µs, 4 times 262.0.0 (it is {:.1} times)", peer / ours);
    }
    Ok(())
}

/// The memory of a call under way. A session keeps most of so many in its queue unless it is allowed to
/// send them all.
fn memory(package: &Path, rounds: usize) -> Outcome {
    let server = Server::start(&["silent"])?;
    println!("\nMemory of {CROWD} calls under way (median of {rounds} runs, KB each)");
    for (name, title) in [
        (BARE, "bare node:http"),
        ("purecloud-all", "purecloud, all of them sent (budget: 4 KB more)"),
        (OURS, "purecloud, 100 sent and the others waiting"),
    ] {
        let mut each = Vec::new();
        for _ in 0..rounds.max(1) {
            let report = server.ask(package, name, CROWD, &["memory"])?;
            each.push(figure(&report, "bytes")? / f64::from(CROWD) / 1000.0);
        }
        println!("{title:<60}{:>8.2}", median(each));
    }
    Ok(())
}

fn figure(report: &Value, name: &str) -> Outcome<f64> {
    report[name].as_f64().ok_or_else(|| format!("no figure {name} in {report}"))
}

/// The server of the benchmark. Dropping it ends it.
struct Server {
    process: Child,
    port: String,
}

impl Server {
    fn start(words: &[&str]) -> Outcome<Self> {
        let mut server = command("node", &["acceptance/bench/server.mjs"]);
        server.args(words).stdout(Stdio::piped());
        pin::to_server();
        let spawned = server.spawn();
        pin::to_client();
        let mut process = spawned.map_err(|error| format!("the server could not be started: {error}"))?;
        let mut port = String::new();
        if let Some(output) = process.stdout.take() {
            BufReader::new(output).read_line(&mut port).map_err(|error| error.to_string())?;
        }
        Ok(Self { process, port: port.trim().to_owned() })
    }

    /// Has a client make its calls; what it reports.
    fn ask(&self, package: &Path, client: &str, calls: u32, words: &[&str]) -> Outcome<Value> {
        let calls = calls.to_string();
        let mut node: Command =
            command("node", &["--expose-gc", "acceptance/bench/calls.mjs", client, &self.port, &calls]);
        node.args(words).env("PURECLOUD_PACKAGE", package).stderr(Stdio::inherit());
        let output = node.output().map_err(|error| error.to_string())?;
        if !output.status.success() {
            return Err(format!("{client} failed"));
        }
        serde_json::from_slice(&output.stdout).map_err(|error| format!("{client}: {error}"))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // One that has ended already needs no more.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
