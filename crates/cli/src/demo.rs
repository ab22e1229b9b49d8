//! `purecloud demo`: the whole product in a minute. Generates the SDK, starts the emulator, runs the README's Node
//! example with `require("purecloud")`, and serves a page on which the README's browser example signs in.

use std::io::Write;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;

use purecloud_codegen::write::{self, Existing};
use purecloud_codegen::{File, javascript};
use purecloud_definition::bundled::Retired;
use purecloud_emulator::{Emulator, Handle, demo};

use crate::arguments::DemoOptions;
use crate::emulator::{interrupted, runtime};
use crate::failure::Failure;
use crate::generate::definition;

/// The page, once with the whole library and once with the session and one partial.
const PAGE: &str = include_str!("demo/page.html");
const STYLE: &str = include_str!("demo/demo.css");
const README: &str = include_str!("../../../README.md");

/// One way to load the library, and the page that shows it.
struct Variant {
    file: &'static str,
    title: &'static str,
    lead: &'static str,
    scripts: &'static [&'static str],
}

const VARIANTS: [Variant; 2] = [
    Variant {
        file: "index.html",
        title: "The whole library",
        lead: "One script, every operation of the platform. Sign in with the user and password that the login page shows.",
        scripts: &["purecloud-api-min.js"],
    },
    Variant {
        file: "partials.html",
        title: "Only what the page uses",
        lead: "The session and one API, each a script of its own.",
        scripts: &["partials/purecloudsession.js", "partials/usersapi.js"],
    },
];

/// Runs the demonstration.
pub(crate) fn run(options: &DemoOptions) -> Result<(), Failure> {
    let loaded = definition(None, Retired::Kept)?;
    note!("Generating the SDK from {} {} …", loaded.platform.title, loaded.platform.version);
    let package = javascript::package(&loaded.platform, &javascript::Options::default())?;
    let pages = pages(&package);
    runtime()?.block_on(async {
        let handle = Emulator::builder()
            .platform(loaded.platform)
            .address(SocketAddr::new(options.host, options.port))
            .mount("/demo/", pages.into_iter().map(|file| (file.path, file.bytes)))
            .start()
            .await?;
        note!("The platform answers at {}", handle.origin());
        // The example is another process that asks this one: it must not hold up the thread that answers.
        let origin = handle.origin();
        tokio::task::spawn_blocking(move || node_example(&package, &origin))
            .await
            .map_err(|panic| Failure::System { doing: "running the Node example", source: panic.into() })??;
        show_pages(&handle)?;
        if !options.exit {
            note!("\nPress Ctrl-C to end it.");
            interrupted().await?;
        }
        handle.stop().await;
        Ok(())
    })
}

/// The README's first Node example, word for word, in a project that has the package installed.
fn node_example(package: &[File], origin: &str) -> Result<(), Failure> {
    let folder = tempfile::tempdir()
        .map_err(|source| Failure::System { doing: "making a folder for the example", source })?;
    let installed = folder.path().join("node_modules/purecloud");
    write::write(&installed, package, Existing::Refuse)?;
    let program = folder.path().join("example.js");
    std::fs::write(&program, readme_example())
        .map_err(|source| Failure::File { path: program.clone(), source })?;
    note!("Running the README's Node example:\n");
    let status = example_command(&program, origin)
        .status()
        .map_err(|source| Failure::Missing { program: "node", source })?;
    if status.success() {
        return Ok(());
    }
    Err(Failure::Example { example: "the README's Node example", outcome: status.to_string() })
}

fn example_command(program: &Path, origin: &str) -> Command {
    let mut command = Command::new("node");
    command
        .arg(program)
        .env("PURECLOUD_ENVIRONMENT", origin)
        .env("PURECLOUD_CLIENT_ID", demo::CREDENTIALS_CLIENT)
        .env("PURECLOUD_SECRET", demo::SECRET);
    command
}

/// The first block of the README that a person would paste into a file for Node.
fn readme_example() -> &'static str {
    README.split_once("```js\n").and_then(|(_, rest)| rest.split_once("```")).map_or("", |(code, _)| code)
}

/// The files that the emulator serves under `/demo/`: both pages, and of the package what a page can load.
fn pages(package: &[File]) -> Vec<File> {
    let loadable =
        |file: &&File| file.path.starts_with("purecloud-api") || file.path.starts_with("partials/");
    let mut files: Vec<File> = package.iter().filter(loadable).cloned().collect();
    files.push(File::text("demo.css", STYLE));
    for (index, variant) in VARIANTS.iter().enumerate() {
        let other = &VARIANTS[(index + 1) % VARIANTS.len()];
        let script = |name: &&str| format!("<script src=\"{name}\"></script>");
        let scripts = variant.scripts.iter().map(script).collect::<Vec<_>>().join("\n");
        let page = PAGE
            .replace("{{title}}", variant.title)
            .replace("{{lead}}", variant.lead)
            .replace("{{other}}", other.file)
            .replace("{{other_title}}", other.title)
            .replace("{{scripts}}", &scripts)
            .replace("{{client}}", demo::BROWSER_CLIENT);
        files.push(File::text(variant.file, page));
    }
    files
}

fn show_pages(handle: &Handle) -> Result<(), Failure> {
    let origin = handle.origin();
    let text = format!(
        "
The README's browser example signs in here:
  {origin}/demo/               with the whole library
  {origin}/demo/partials.html  with the session and one API
  user {user}, password {password}

What the emulator sees and stores is shown here, and faults are set:
  {origin}/
",
        user = demo::USER,
        password = demo::PASSWORD,
    );
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).map_err(Failure::Output)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_readme_has_an_example_that_requires_the_package() {
        assert!(readme_example().contains("require(\"purecloud\")"));
        assert!(readme_example().contains("getRoles()"));
    }

    #[test]
    fn nothing_of_the_pages_is_left_to_fill_in() {
        for page in pages(&[]).iter().filter(|file| VARIANTS.iter().any(|variant| variant.file == file.path))
        {
            let text = String::from_utf8(page.bytes.clone()).unwrap();
            assert!(!text.contains("{{") && !text.contains("}}"), "{}", page.path);
        }
    }
}
