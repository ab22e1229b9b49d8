//! `cargo xtask test`: everything that must hold before a change lands, in an order in which cheap things fail first.

use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::Args;

use crate::process::{answers, command, execute};
use crate::system::install_package;
use crate::{Outcome, root, target};

/// The tests to run.
#[derive(Args)]
pub(crate) struct Options {
    /// Run only the steps whose title contains this text, and what they need.
    #[arg(long, value_name = "TEXT")]
    only: Option<String>,
}

/// The names that Chromium's executable has on common systems.
const CHROMIUM: [&str; 4] =
    ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome", "/snap/bin/chromium"];

/// Features of the Rust SDK that the tests turn on: the parts that are off by default, and the APIs that its examples
/// use.
///
/// Every build of the tests names these features and the whole workspace. Cargo compiles a dependency once for each set
/// of features that a command asks of it, so a command for one package alone would compile most of them again.
const FEATURES: &str = "purecloud/websocket,purecloud/blocking,purecloud/reqwest,purecloud/keyring,purecloud/users,\
                        purecloud/authorization";

/// Those, and all APIs.
const ALL_APIS: &str =
    "purecloud/full,purecloud/websocket,purecloud/blocking,purecloud/reqwest,purecloud/keyring";

/// One thing that must hold.
struct Step {
    title: &'static str,
    run: fn() -> Outcome,
}

/// In order. A step may rely on those marked as needed by all.
const STEPS: &[Step] = &[
    Step { title: "formatting", run: formatting },
    Step { title: "clippy", run: clippy },
    Step { title: "development tools", run: tools },
    Step { title: "generated package", run: generate },
    Step { title: "Rust tests", run: rust_tests },
    Step { title: "every operation of the Rust SDK", run: every_operation },
    Step { title: "Rust SDK of a hostile definition", run: hostile_definition },
    Step { title: "oldest supported Rust", run: oldest_rust },
    Step { title: "Rust documentation", run: rust_documentation },
    Step { title: "runtime: types and unit tests", run: runtime },
    Step { title: "acceptance", run: acceptance },
    Step { title: "fuzzing", run: crate::fuzz::briefly },
];

/// Later steps use what these make.
const NEEDED: [&str; 2] = ["development tools", "generated package"];

/// Runs all steps, or those asked for.
pub(crate) fn run(options: &Options) -> Outcome {
    let begun = Instant::now();
    for step in STEPS {
        let wanted = options.only.as_deref().is_none_or(|text| step.title.contains(text));
        if !wanted && !NEEDED.contains(&step.title) {
            continue;
        }
        println!("\n── {} ──", step.title);
        let start = Instant::now();
        (step.run)().map_err(|failure| format!("{}: {failure}", step.title))?;
        println!("── {}: done in {:.1} s", step.title, start.elapsed().as_secs_f64());
    }
    println!("\nAll of it holds ({:.0} s).", begun.elapsed().as_secs_f64());
    Ok(())
}

fn formatting() -> Outcome {
    execute(&mut command("cargo", &["fmt", "--all", "--check"]))
        .map_err(|failure| format!("{failure}; `cargo fmt --all` repairs it"))
}

/// The workspace as it is by default, and with the features that the tests turn on.
fn clippy() -> Outcome {
    let words = ["clippy", "--quiet", "--workspace", "--all-targets", "--locked"];
    let deny = ["--", "--deny", "warnings"];
    execute(command("cargo", &words).args(deny))?;
    execute(command("cargo", &words).args(["--features", FEATURES]).args(deny))
}

/// Development tools of the two npm projects, and a browser.
fn tools() -> Outcome {
    for project in ["packages/javascript", "acceptance"] {
        install(&root().join(project))?;
    }
    if std::env::var_os("CHROMIUM").is_some() || CHROMIUM.iter().any(|path| Path::new(path).exists()) {
        return Ok(());
    }
    install_package(
        "chromium",
        "no Chromium was found; install your system's package for it, or name its executable in the variable CHROMIUM",
    )
}

/// `npm ci`, unless what is installed is already what the lock file says.
pub(crate) fn install(project: &Path) -> Outcome {
    let lock = project.join("package-lock.json");
    let stamp = project.join("node_modules/.installed-for");
    let wanted = std::fs::read_to_string(&lock).map_err(|error| format!("{}: {error}", lock.display()))?;
    if std::fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    execute(command("npm", &["ci", "--no-audit", "--no-fund", "--loglevel=error"]).current_dir(project))?;
    std::fs::write(&stamp, wanted).map_err(|error| format!("{}: {error}", stamp.display()))
}

/// Builds the command line, and the tests with it, and has it generate the package that the acceptance tests use.
pub(crate) fn generate() -> Outcome {
    execute(command("cargo", &["build", "--quiet", "--bins", "--tests"]).args(workspace(FEATURES)))?;
    execute(command(executable(), &["generate", "javascript", "--out"]).arg(package()))
}

fn rust_tests() -> Outcome {
    if answers("cargo", &["nextest", "--version"]) {
        let words = ["nextest", "run", "--status-level", "fail"];
        execute(command("cargo", &words).args(workspace(FEATURES)))
    } else {
        let words = ["test", "--quiet", "--lib", "--bins", "--tests"];
        execute(command("cargo", &words).args(workspace(FEATURES)))
    }
}

/// All APIs: each operation is called once.
fn every_operation() -> Outcome {
    execute(command("cargo", &["test", "--quiet", "--test", "full"]).args(workspace(ALL_APIS)))
}

/// The words that choose the whole workspace with these features.
fn workspace(features: &'static str) -> [&'static str; 4] {
    ["--workspace", "--locked", "--features", features]
}

/// Code generated from hostile names and texts compiles, without a warning.
fn hostile_definition() -> Outcome {
    let full =
        ["--package", "purecloud", "--no-default-features", "--features", "full", "--locked", "--quiet"];
    let definition = root().join("crates/codegen/fixtures/hostile.json");
    let hostile = |verb: &str, more: &[&str]| {
        let mut cargo = command("cargo", &[verb]);
        // A folder of its own, since the other builds have the bundled definition.
        cargo.args(full).arg("--target-dir").arg(target().join("hostile")).args(more);
        cargo.env("PURECLOUD_DEFINITION", &definition).env("RUSTDOCFLAGS", "-D warnings");
        cargo
    };
    execute(&mut hostile("clippy", &["--", "--deny", "warnings"]))?;
    execute(&mut hostile("doc", &["--no-deps"]))
}

/// The SDK compiles with the version that its manifest states, as far as this machine can tell.
///
/// Clippy has held the code to it by then (`incompatible_msrv`). Here the dependencies are held to it too; the compiler
/// itself is tried where it is installed, and in hosted continuous integration always.
fn oldest_rust() -> Outcome {
    let metadata = command("cargo", &["metadata", "--format-version", "1", "--locked"])
        .output()
        .map_err(|error| format!("cargo metadata: {error}"))?;
    let metadata: serde_json::Value =
        serde_json::from_slice(&metadata.stdout).map_err(|error| format!("cargo metadata: {error}"))?;
    let (oldest, newer) = oldest_and_newer(&metadata)?;
    if !newer.is_empty() {
        return Err(format!(
            "these need more than Rust {oldest}, which the SDK promises: {}",
            newer.join(", ")
        ));
    }
    println!("Every dependency of the SDK takes Rust {oldest} or older.");
    if !answers("cargo", &[&format!("+{oldest}"), "--version"]) {
        println!(
            "Rust {oldest} is not installed here, so it was not tried; `rustup toolchain install {oldest}` brings it."
        );
        return Ok(());
    }
    // With another version the builds are others too, so they go elsewhere.
    execute(
        command("cargo", &[&format!("+{oldest}"), "check", "--quiet", "--locked", "--package", "purecloud"])
            .args(["--features", "users,topics,websocket,blocking", "--target-dir"])
            .arg(target().join("oldest-rust")),
    )
}

/// The compiler that the SDK promises to work with, and what of its dependencies asks for a newer one.
fn oldest_and_newer(metadata: &serde_json::Value) -> Outcome<(String, Vec<String>)> {
    let list = |value: &serde_json::Value| value.as_array().cloned().unwrap_or_default();
    let packages = list(&metadata["packages"]);
    let sdk = packages.iter().find(|package| package["name"] == "purecloud");
    let sdk = sdk.ok_or("cargo metadata knows no `purecloud`")?;
    let oldest = sdk["rust_version"].as_str().ok_or("the manifest of the SDK states no `rust-version`")?;
    let nodes = list(&metadata["resolve"]["nodes"]);
    let mut reached = vec![sdk["id"].clone()];
    let mut at = 0;
    while let Some(id) = reached.get(at).cloned() {
        at += 1;
        let node = nodes.iter().find(|node| node["id"] == id);
        for dependency in node.map(|node| list(&node["deps"])).unwrap_or_default() {
            let only_for_tests = list(&dependency["dep_kinds"]).iter().all(|kind| kind["kind"] == "dev");
            if !only_for_tests && !reached.contains(&dependency["pkg"]) {
                reached.push(dependency["pkg"].clone());
            }
        }
    }
    let minor = |version: &str| version.split('.').nth(1).and_then(|minor| minor.parse::<u32>().ok());
    let newer = packages.iter().filter(|package| reached.contains(&package["id"])).filter_map(|package| {
        let needs = package["rust_version"].as_str()?;
        (minor(needs) > minor(oldest))
            .then(|| format!("{} ({needs})", package["name"].as_str().unwrap_or_default()))
    });
    Ok((oldest.to_owned(), newer.collect()))
}

/// Examples in the documentation run, what is generated has no warnings, and every link leads somewhere.
fn rust_documentation() -> Outcome {
    execute(command("cargo", &["test", "--quiet", "--doc"]).args(workspace(FEATURES)))?;
    execute(
        command("cargo", &["doc", "--quiet", "--no-deps"])
            .args(workspace(ALL_APIS))
            .env("RUSTDOCFLAGS", "-D warnings"),
    )
}

fn runtime() -> Outcome {
    let project = root().join("packages/javascript");
    execute(command("npm", &["run", "--silent", "check"]).current_dir(&project))?;
    execute(command("npm", &["test", "--silent"]).current_dir(&project))
}

fn acceptance() -> Outcome {
    execute(
        command("npm", &["test", "--silent"])
            .current_dir(root().join("acceptance"))
            .env("PURECLOUD_BIN", executable())
            .env("PURECLOUD_PACKAGE", package()),
    )
}

pub(crate) fn executable() -> PathBuf {
    target().join("debug").join(format!("purecloud{}", std::env::consts::EXE_SUFFIX))
}

/// The folder of the package that [`generate`] writes.
pub(crate) fn package() -> PathBuf {
    target().join("javascript")
}
