//! The emulator beside Prism, the best-known mock server, which makes its answers up from a definition, too.
//!
//! Budgets: 100 ms from the start of the process to the first answer, 80 MiB resident with the seeded organisation,
//! 30,000 `GET /api/v2/users/me` a second on one core.

mod server;
mod wire;

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use nix::sys::resource::{Resource, getrlimit, setrlimit};
use serde_json::Value;

use super::generate::release_executable;
use super::measure::median;
use super::pin;
use crate::test::install;
use crate::{Outcome, root, target};
use server::{Program, Server};
use wire::Connection;

/// The operation that most programs call first.
const ME: &str = "/api/v2/users/me";
/// An operation that the peer can answer: one value, no parameters.
const DATE: &str = "/api/v2/date";
/// Connections that ask under load, each with one request under way.
const BUSY: usize = 32;
/// Open connections whose memory is of interest.
const CROWD: usize = 10_000;
/// The duration of one run of a load.
const LOAD: Duration = Duration::from_secs(1);

/// The figures of one program.
struct Report {
    title: &'static str,
    starts: usize,
    wall_ms: f64,
    cpu_ms: f64,
    fresh_mib: f64,
    per_second: f64,
    per_cpu_second: f64,
    loaded_mib: f64,
    /// The program's answer to [`ME`].
    me: String,
}

pub(super) fn run(runs: usize) -> Outcome {
    let executable = release_executable()?;
    install(&peers())?;
    let definitions = root().join("definitions");
    let (modern, small) = (definitions.join("platform-v2.json"), definitions.join("platform-v2-legacy.json"));

    println!("\nThe emulator, and Prism on the same definition and on one a fifth of its size");
    if !pin::is_possible() {
        println!(
            "(servers share their core with the load here: a second of processor time is the figure to look at)"
        );
    }
    let emulator = Program::Emulator(&executable);
    // A start of the peer takes so long that more of them would only show the patience of who runs this.
    let reports = [
        measure("emulator", &emulator, runs)?,
        measure("Prism", &Program::Prism(&modern), 1)?,
        measure("Prism, a fifth", &Program::Prism(&small), runs.min(3))?,
    ];
    print(&reports);
    let more = more_of_the_emulator(&emulator)?;
    let directory = target().join("bench-emulator");
    let created = writes(&emulator, runs)?;
    let kept = in_empty(&directory, || writes(&Program::Keeping(&executable, &directory), runs))?;
    let waiting = [waiting(&emulator, FEW)?, waiting(&emulator, MANY)?];
    println!("\nThe emulator alone");
    let line = |name: &str, digits: usize, figure: f64| println!("{name:<54}{figure:>12.digits$}");
    line("resident once analytics has been asked, MiB", 1, more.with_history);
    line(&format!("… and has summed up {:.1} MB, MiB", more.wide_mb), 1, more.with_sums);
    line(&format!("… with {} open connections more, MiB", more.crowd), 1, more.crowded);
    line("entities created a second, acknowledged", 0, created);
    line("… with --data-dir, acknowledged once they are kept", 0, kept);
    println!("\n{:<42}{FEW:>12}{MANY:>12}", "Conversations that wait in a queue");
    for (index, name) in WAITING.iter().enumerate() {
        println!("{name:<42}{:>12.2}{:>12.2}", waiting[0][index], waiting[1][index]);
    }
    Ok(())
}

/// The numbers of conversations that wait while others come and are read.
const FEW: usize = 10;
const MANY: usize = 10_000;
/// The requests that are measured while they wait.
const WAITING: [&str; 3] = ["one more comes, ms", "one is read, ms", "the control API lists the store, ms"];

/// The time of requests while so many conversations wait in a queue without agents: medians in milliseconds.
fn waiting(emulator: &Program<'_>, count: usize) -> Outcome<[f64; 3]> {
    const TIMES: usize = 200;
    eprintln!("measuring: {count} conversations that wait");
    let server = Server::start(emulator)?;
    let mut connection = connect(&server)?;
    let mut ask = |request: &[u8]| -> Outcome<(f64, Value)> {
        let begun = Instant::now();
        let answer = connection.ask(request)?;
        let took = begun.elapsed().as_secs_f64() * 1000.0;
        wire::expect_ok(&answer)?;
        Ok((took, serde_json::from_slice(&answer.body).map_err(|error| error.to_string())?))
    };
    let post = |path: &str, body: &str| wire::post(path, "application/json", &server.token, body);
    let (_, queue) = ask(&post("/api/v2/routing/queues", r#"{"name":"Parcels"}"#))?;
    let arrival =
        serde_json::json!({ "mediaType": "voice", "queueId": queue["id"], "from": "tel:+13175550123" });
    let arrival = post("/_emulator/conversations", &arrival.to_string());
    let mut path = String::new();
    for _ in 0..count {
        let (_, begun) = ask(&arrival)?;
        begun["selfUri"].as_str().ok_or("a conversation has no address")?.clone_into(&mut path);
    }
    let mut times = |request: &[u8]| -> Outcome<f64> {
        let times = (0..TIMES).map(|_| ask(request).map(|(took, _)| took));
        Ok(median(times.collect::<Outcome<_>>()?))
    };
    let reading = times(&wire::get(&path, &server.token))?;
    let listing = times(&wire::get("/_emulator/store", &server.token))?;
    Ok([times(&arrival)?, reading, listing])
}

/// The folder in which the peers are installed.
fn peers() -> PathBuf {
    root().join("xtask/peers")
}

/// Starts a program so many times, and once more to put it under load.
fn measure(title: &'static str, program: &Program<'_>, starts: usize) -> Outcome<Report> {
    eprintln!("measuring: {title}, {starts} starts and a load");
    let failed = |failure| format!("{title}: {failure}");
    let (mut walls, mut cpus) = (Vec::new(), Vec::new());
    for _ in 0..starts.max(1) {
        let server = Server::start(program).map_err(failed)?;
        walls.push(server.first_answer_ms);
        cpus.push(server.end()?);
    }
    let server = Server::start(program).map_err(failed)?;
    let (fresh_mib, _) = server.usage()?;
    let answer = connect(&server)?.ask(&wire::get(ME, &server.token))?;
    let me = format!("{} {}", answer.status, shortly(&answer.body));

    let mut connections: Vec<Connection> = (0..BUSY).map(|_| connect(&server)).collect::<Outcome<_>>()?;
    let request = wire::get(program.operation(), &server.token);
    // Not counted: the first answers of a server are slower than what it comes to.
    wire::load(&mut connections, &request, LOAD).map_err(failed)?;
    let (mut per_second, mut per_cpu_second) = (Vec::new(), Vec::new());
    for _ in 0..starts.max(3) {
        let (_, before) = server.usage()?;
        let (answers, seconds) = wire::load(&mut connections, &request, LOAD).map_err(failed)?;
        let (_, after) = server.usage()?;
        per_second.push(answers / seconds);
        per_cpu_second.push(answers * 1000.0 / (after - before).max(1.0));
    }
    let (loaded_mib, _) = server.usage()?;
    Ok(Report {
        title,
        starts,
        wall_ms: median(walls),
        cpu_ms: median(cpus),
        fresh_mib,
        per_second: median(per_second),
        per_cpu_second: median(per_cpu_second),
        loaded_mib,
        me,
    })
}

/// Entities that a program creates in a second, each of them acknowledged.
fn writes(program: &Program<'_>, runs: usize) -> Outcome<f64> {
    eprintln!("measuring: writes");
    let server = Server::start(program)?;
    let mut connections: Vec<Connection> = (0..BUSY).map(|_| connect(&server)).collect::<Outcome<_>>()?;
    let skill = r#"{"name":"Parcels"}"#;
    let request = wire::post("/api/v2/routing/skills", "application/json", &server.token, skill);
    wire::load(&mut connections, &request, LOAD)?;
    let rates = (0..runs.max(3)).map(|_| {
        let (answers, seconds) = wire::load(&mut connections, &request, LOAD)?;
        Ok(answers / seconds)
    });
    Ok(median(rates.collect::<Outcome<_>>()?))
}

/// Does something with a directory that is empty, and gone afterwards.
fn in_empty<T>(directory: &Path, act: impl FnOnce() -> Outcome<T>) -> Outcome<T> {
    let remove = || match std::fs::remove_dir_all(directory) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(format!("{}: {error}", directory.display())),
        _ => Ok(()),
    };
    remove()?;
    let outcome = act();
    remove()?;
    outcome
}

/// The figures of a running emulator.
struct More {
    /// Resident memory in MiB, with the conversations of analytics.
    with_history: f64,
    /// … after an aggregate query whose answer had so many megabytes.
    with_sums: f64,
    wide_mb: f64,
    /// … and with so many connections.
    crowded: f64,
    crowd: usize,
}

fn more_of_the_emulator(emulator: &Program<'_>) -> Outcome<More> {
    let allowed = raise_open_files()?;
    let server = Server::start(emulator)?;
    // The first question has all of them made, whatever it asks for.
    let query = r#"{"interval":"2026-11-01T00:00:00.000Z/2026-11-30T00:00:00.000Z"}"#;
    let path = "/api/v2/analytics/conversations/details/query";
    let mut first = connect(&server)?;
    wire::expect_ok(&first.ask(&wire::post(path, "application/json", &server.token, query))?)?;
    let (with_history, _) = server.usage()?;
    // Of each conversation, whenever it was.
    let query = r#"{"interval":"2000-01-01T00:00:00.000Z/2100-01-01T00:00:00.000Z",
        "groupBy":["conversationId","userId","queueId"],
        "metrics":["nOffered","tAnswered","tHandle","tTalk","tAcw","tHeld"]}"#;
    let path = "/api/v2/analytics/conversations/aggregates/query";
    let sums = first.ask(&wire::post(path, "application/json", &server.token, query))?;
    wire::expect_ok(&sums)?;
    let (with_sums, _) = server.usage()?;

    let crowd = CROWD.min(allowed.saturating_sub(100));
    let request = wire::get(ME, &server.token);
    let mut connections = Vec::with_capacity(crowd);
    for _ in 0..crowd {
        let mut connection = connect(&server)?;
        wire::expect_ok(&connection.ask(&request)?)?;
        connections.push(connection);
    }
    // All of them still live.
    for connection in &mut connections {
        wire::expect_ok(&connection.ask(&request)?)?;
    }
    let (crowded, _) = server.usage()?;
    let wide_mb = sums.body.len() as f64 / 1e6;
    Ok(More { with_history, with_sums, wide_mb, crowded, crowd: connections.len() })
}

/// Lets this process, and what it starts, open as many files as the system allows; how many those are.
fn raise_open_files() -> Outcome<usize> {
    let failed = |error| format!("the limit of open files: {error}");
    let (_, most) = getrlimit(Resource::RLIMIT_NOFILE).map_err(failed)?;
    setrlimit(Resource::RLIMIT_NOFILE, most, most).map_err(failed)?;
    Ok(usize::try_from(most).unwrap_or(usize::MAX))
}

fn connect(server: &Server) -> Outcome<Connection> {
    Connection::open(server.address).map_err(|error| format!("a connection could not be opened: {error}"))
}

/// The name or the title in a JSON body: who it is, or what is wrong.
fn shortly(body: &[u8]) -> String {
    let value: Value = serde_json::from_slice(body).unwrap_or_default();
    let said = ["name", "title"].iter().find_map(|key| value[key].as_str());
    said.map_or_else(|| format!("{} bytes", body.len()), str::to_owned)
}

/// A figure of each report, with its name, its budget, and the digits behind the point.
type Row = (&'static str, &'static str, usize, fn(&Report) -> f64);

const ROWS: &[Row] = &[
    ("starts (the figures are medians)", "", 0, |report| report.starts as f64),
    ("start to first answer, ms", "100", 1, |report| report.wall_ms),
    ("… processor time, ms", "", 1, |report| report.cpu_ms),
    ("resident after the first answer, MiB", "80", 1, |report| report.fresh_mib),
    ("answers a second on one core", "30,000", 0, |report| report.per_second),
    ("answers in a second of processor time", "30,000", 0, |report| report.per_cpu_second),
    ("resident after the load, MiB", "80", 1, |report| report.loaded_mib),
];

fn print(reports: &[Report]) {
    let line = |name: &str, budget: &str, cells: Vec<String>| {
        print!("{name:<42}{budget:>8}");
        for cell in cells {
            print!("{cell:>16}");
        }
        println!();
    };
    line("", "budget", reports.iter().map(|report| report.title.to_owned()).collect());
    for (name, budget, digits, figure) in ROWS {
        line(name, budget, reports.iter().map(|report| format!("{:.digits$}", figure(report))).collect());
    }
    println!("The load is GET {ME} for the emulator, and GET {DATE} for Prism. To GET {ME} they say:");
    for report in reports {
        println!("    {:<16}{}", report.title, report.me);
    }
}
