//! One run of one command: wall time, processor time and peak memory, as the operating system accounts for them.

use std::process::{Command, Stdio};
use std::time::Instant;

use nix::sys::resource::{Usage, UsageWho, getrusage};
use serde_json::{Value, json};

use crate::Outcome;

/// The cost of one run.
#[derive(Clone, Copy)]
pub(crate) struct Figures {
    /// Milliseconds from start to end.
    pub(super) wall_ms: f64,
    /// Milliseconds of processor time, user and system, of the process and those it waited for.
    pub(super) cpu_ms: f64,
    /// Largest resident size of one process, in MiB.
    pub(super) peak_mib: f64,
}

impl Figures {
    /// The median of each figure on its own.
    pub(super) fn median(samples: &[Self]) -> Self {
        let of = |figure: fn(&Self) -> f64| median(samples.iter().map(figure).collect());
        Self { wall_ms: of(|s| s.wall_ms), cpu_ms: of(|s| s.cpu_ms), peak_mib: of(|s| s.peak_mib) }
    }

    /// The difference from a base.
    pub(super) fn beyond(&self, base: &Self) -> Self {
        Self {
            wall_ms: self.wall_ms - base.wall_ms,
            cpu_ms: self.cpu_ms - base.cpu_ms,
            peak_mib: self.peak_mib - base.peak_mib,
        }
    }
}

/// The value in the middle; not a number where there is none.
pub(super) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// Processor time, user and system, in milliseconds.
pub(super) fn cpu_ms(usage: &Usage) -> f64 {
    let milliseconds =
        |time: nix::sys::time::TimeVal| time.tv_sec() as f64 * 1000.0 + time.tv_usec() as f64 / 1000.0;
    milliseconds(usage.user_time()) + milliseconds(usage.system_time())
}

/// Runs a command once, in a process of ours that waits for nothing else: the system keeps one account of all the
/// children that a process has waited for.
pub(super) fn measure(command: &Command) -> Outcome<Figures> {
    let myself = std::env::current_exe().map_err(|error| error.to_string())?;
    let mut measuring = Command::new(myself);
    measuring.arg("measure").arg("--").arg(command.get_program()).args(command.get_args());
    if let Some(folder) = command.get_current_dir() {
        measuring.current_dir(folder);
    }
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => measuring.env(name, value),
            None => measuring.env_remove(name),
        };
    }
    let output = measuring.stderr(Stdio::inherit()).output().map_err(|error| error.to_string())?;
    if !output.status.success() {
        return Err(format!("{command:?} failed"));
    }
    let report: Value = serde_json::from_slice(&output.stdout).map_err(|error| error.to_string())?;
    let figure = |name: &str| report[name].as_f64().ok_or_else(|| format!("no figure {name} in {report}"));
    Ok(Figures { wall_ms: figure("wall_ms")?, cpu_ms: figure("cpu_ms")?, peak_mib: figure("peak_mib")? })
}

/// The other half of [`measure`]: runs the command and prints its figures.
pub(crate) fn print(command: &[String]) -> Outcome {
    let begun = Instant::now();
    let status = Command::new(&command[0])
        .args(&command[1..])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .status()
        .map_err(|error| format!("{}: {error}", command[0]))?;
    let wall = begun.elapsed();
    if !status.success() {
        return Err(format!("{} ended with {status}", command.join(" ")));
    }
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN).map_err(|error| error.to_string())?;
    // Linux counts KiB; macOS counts bytes.
    let unit = if cfg!(target_os = "macos") { 1024.0 * 1024.0 } else { 1024.0 };
    let report = json!({
        "wall_ms": wall.as_secs_f64() * 1000.0,
        "cpu_ms": cpu_ms(&usage),
        "peak_mib": usage.max_rss() as f64 / unit,
    });
    println!("{report}");
    Ok(())
}
