//! A server under measurement: started, timed to its first answer, looked at, and ended.

use std::io::{BufRead as _, BufReader};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::resource::{UsageWho, getrusage};
use serde_json::Value;
use sysinfo::{Pid, ProcessRefreshKind, ProcessesToUpdate, System};

use super::super::measure::cpu_ms;
use super::super::pin;
use super::wire::{self, Connection};
use crate::Outcome;

/// The interval at which a server that does not announce itself is asked whether it is ready.
const POLL: Duration = Duration::from_millis(2);
/// The peer needs a minute and a half on a busy machine.
const PATIENCE: Duration = Duration::from_mins(10);

/// A program that serves the platform.
pub(super) enum Program<'a> {
    /// The emulator: it announces where it listens, and has OAuth.
    Emulator(&'a Path),
    /// The same, with its state in this directory.
    Keeping(&'a Path, &'a Path),
    /// The peer, on this definition.
    Prism(&'a Path),
}

impl Program<'_> {
    /// The request under load: an operation that it can answer.
    pub(super) fn operation(&self) -> &'static str {
        match self {
            Self::Emulator(_) | Self::Keeping(..) => super::ME,
            Self::Prism(_) => super::DATE,
        }
    }
}

/// A server that runs and has answered. Dropping it ends it.
pub(super) struct Server {
    child: Child,
    pub(super) address: SocketAddr,
    /// A token that it takes.
    pub(super) token: String,
    /// From the start of the process to the end of its first answer from the platform, in milliseconds.
    pub(super) first_answer_ms: f64,
}

impl Server {
    /// Starts a program on the core of the servers and waits for an answer of the platform.
    pub(super) fn start(program: &Program<'_>) -> Outcome<Self> {
        let begun = Instant::now();
        let mut server = match program {
            Program::Emulator(executable) | Program::Keeping(executable, _) => {
                let mut command = Command::new(executable);
                command.args(["emulator", "--port", "0", "--json"]).stdout(Stdio::piped());
                // A load of writes must not come to an end before its time does.
                command.args(["--max-entities", "10000000", "--max-stored", "8GiB"]);
                if let Program::Keeping(_, directory) = program {
                    command.arg("--data-dir").arg(directory);
                }
                let mut child = spawn(&mut command)?;
                let announced = child.stdout.take().and_then(|out| BufReader::new(out).lines().next());
                let line =
                    announced.and_then(Result::ok).ok_or("the emulator ended before it said its address")?;
                let announcement: Value = serde_json::from_str(&line).map_err(|error| error.to_string())?;
                let address = text(&announcement, "/origin")?.trim_start_matches("http://").parse();
                let address = address.map_err(|error| format!("the emulator's address: {error}"))?;
                let mut server = Self { child, address, token: String::new(), first_answer_ms: 0.0 };
                server.token = sign_in(address, &announcement)?;
                server
            }
            Program::Prism(definition) => {
                let listener =
                    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(|error| error.to_string())?;
                let address = listener.local_addr().map_err(|error| error.to_string())?;
                drop(listener);
                let mut command = Command::new("node");
                let port = address.port().to_string();
                command.arg(super::peers().join("node_modules/.bin/prism")).args(["mock", "--port", &port]);
                // A line for each request would be measured, too.
                command.args(["--verboseLevel", "error"]).arg(definition).stdout(Stdio::null());
                let child = spawn(&mut command)?;
                let mut server = Self { child, address, token: "any".to_owned(), first_answer_ms: 0.0 };
                server.wait()?;
                server
            }
        };
        let mut connection = Connection::open(server.address).map_err(|error| error.to_string())?;
        wire::expect_ok(&connection.ask(&wire::get(program.operation(), &server.token))?)?;
        server.first_answer_ms = begun.elapsed().as_secs_f64() * 1000.0;
        Ok(server)
    }

    /// Until it takes connections.
    fn wait(&mut self) -> Outcome {
        let begun = Instant::now();
        while Connection::open(self.address).is_err() {
            if let Ok(Some(status)) = self.child.try_wait() {
                return Err(format!("the peer ended before it listened ({status})"));
            }
            if begun.elapsed() > PATIENCE {
                return Err("the peer does not listen".into());
            }
            std::thread::sleep(POLL);
        }
        Ok(())
    }

    /// Resident memory in MiB, and the processor time since its start in milliseconds.
    pub(super) fn usage(&self) -> Outcome<(f64, f64)> {
        let pid = Pid::from_u32(self.child.id());
        let mut system = System::new().map_err(|error| error.to_string())?;
        let kind = ProcessRefreshKind::nothing().with_memory().with_cpu();
        system.refresh_processes_specifics(ProcessesToUpdate::Some(&[pid]), true, kind);
        let process = system.process(pid).ok_or("the server ended")?;
        Ok((process.memory() as f64 / (1024.0 * 1024.0), process.accumulated_cpu_time() as f64))
    }

    /// Ends it; the processor time of its whole life in milliseconds, to the microsecond that the system accounts for.
    pub(super) fn end(mut self) -> Outcome<f64> {
        // The account is of all the children that were waited for, and this one alone is added to it here.
        let account = || getrusage(UsageWho::RUSAGE_CHILDREN).map_err(|error| error.to_string());
        let before = cpu_ms(&account()?);
        self.child.kill().and_then(|()| self.child.wait()).map_err(|error| error.to_string())?;
        Ok(cpu_ms(&account()?) - before)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Ended already, or nothing more can be done about it.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn spawn(command: &mut Command) -> Outcome<Child> {
    // A process has the cores of the thread that starts it.
    pin::to_server();
    let child = command.stdin(Stdio::null()).spawn();
    pin::to_client();
    child.map_err(|error| format!("{command:?}: {error}"))
}

/// A token of the client for programs.
fn sign_in(address: SocketAddr, announcement: &Value) -> Outcome<String> {
    let id = text(announcement, "/clients/credentials/id")?;
    let secret = text(announcement, "/clients/credentials/secret")?;
    let form = format!("grant_type=client_credentials&client_id={id}&client_secret={secret}");
    let mut connection = Connection::open(address).map_err(|error| error.to_string())?;
    let request = wire::post("/oauth/token", "application/x-www-form-urlencoded", "", &form);
    let answer = connection.ask(&request)?;
    wire::expect_ok(&answer)?;
    let body: Value = serde_json::from_slice(&answer.body).map_err(|error| error.to_string())?;
    Ok(text(&body, "/access_token")?.to_owned())
}

fn text<'a>(value: &'a Value, pointer: &str) -> Outcome<&'a str> {
    value.pointer(pointer).and_then(Value::as_str).ok_or_else(|| format!("no {pointer} in {value}"))
}
