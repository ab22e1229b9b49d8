//! The examples, run as their reader runs them, against an emulated platform.

use std::process::Stdio;
use std::time::Duration;

use purecloud::Session;
use purecloud_emulator::{Emulator, Handle, demo};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

use crate::platform::log_in;

/// An example as a command, with its surroundings.
fn example(name: &str, emulator: &Handle) -> Command {
    let myself = std::env::current_exe().unwrap();
    let program = myself.ancestors().nth(2).unwrap().join("examples").join(name);
    assert!(program.exists(), "{} is not there; `cargo test` without `--test` builds it", program.display());
    let mut command = Command::new(program);
    command
        .env("PURECLOUD_ENVIRONMENT", emulator.origin())
        .env("PURECLOUD_CLIENT_ID", demo::CREDENTIALS_CLIENT)
        .env("PURECLOUD_CLIENT_SECRET", demo::SECRET)
        .env("PURECLOUD_REDIRECT_PORT", "0")
        .kill_on_drop(true);
    command
}

/// What an example printed, when it ended well.
async fn output(mut command: Command) -> String {
    let output = tokio::time::timeout(Duration::from_secs(30), command.output()).await.unwrap().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// An example that goes on, and its lines.
fn start(mut command: Command) -> (Child, Lines<BufReader<ChildStdout>>) {
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    (child, lines)
}

/// The next line that has this text in it.
async fn line_with(lines: &mut Lines<BufReader<ChildStdout>>, text: &str) -> String {
    let search = async {
        while let Some(line) = lines.next_line().await.unwrap() {
            if line.contains(text) {
                return line;
            }
        }
        panic!("it ended without saying {text:?}")
    };
    tokio::time::timeout(Duration::from_secs(30), search).await.expect("it says nothing like it")
}

async fn platform() -> Handle {
    Emulator::builder().start().await.unwrap()
}

#[tokio::test]
async fn client_credentials_lists_the_roles_and_revokes_its_token() {
    let emulator = platform().await;
    let printed = output(example("client_credentials", &emulator)).await;
    let session = calm(&emulator).await;
    let roles =
        session.call("GET", "/api/v2/authorization/roles").items::<Value>().collect_all().await.unwrap();
    assert_eq!(printed.lines().count(), roles.len());
    assert!(printed.contains(roles[0]["name"].as_str().unwrap()), "{printed}");
    assert!(
        emulator.requests().iter().any(|seen| seen.method == "DELETE" && seen.path == "/api/v2/tokens/me")
    );
}

#[tokio::test]
async fn pkce_greets_who_logs_in_with_a_browser() {
    let emulator = platform().await;
    let mut command = example("pkce", &emulator);
    command.env("PURECLOUD_CLIENT_ID", demo::BROWSER_CLIENT).env_remove("PURECLOUD_CLIENT_SECRET");
    let (mut child, mut lines) = start(command);
    let address = line_with(&mut lines, "Open ").await.replace("Open ", "");
    assert!(log_in(&emulator.origin(), &address).await.starts_with("HTTP/1.1 200"));
    assert_eq!(line_with(&mut lines, "Hello").await, format!("Hello, {}", demo::USER_NAME));
    assert!(child.wait().await.unwrap().success());
}

#[tokio::test]
async fn export_users_writes_a_line_for_each_user() {
    let emulator = platform().await;
    let path = std::env::temp_dir().join(format!("purecloud-users-{}.csv", std::process::id()));
    let mut command = example("export_users", &emulator);
    command.arg(&path);
    assert_eq!(output(command).await, format!("1000 users are in {}\n", path.display()));
    let mut file = csv::Reader::from_path(&path).unwrap();
    assert_eq!(file.headers().unwrap(), vec!["id", "name", "email", "department", "title", "state"]);
    let emails: std::collections::HashSet<String> =
        file.records().map(|record| record.unwrap()[2].to_owned()).collect();
    std::fs::remove_file(path).unwrap();
    assert!(emails.len() == 1_000 && emails.contains(demo::USER));
}

#[tokio::test]
async fn presence_board_shows_a_change_and_outlives_a_cut() {
    let emulator = platform().await;
    let session = calm(&emulator).await;
    let me: Value = session.call("GET", "/api/v2/users/me").await.unwrap().json().unwrap();
    let path = format!("/api/v2/users/{}/presences/purecloud", me["id"].as_str().unwrap());
    let (_child, mut lines) = start(example("presence_board", &emulator));
    line_with(&mut lines, demo::USER_NAME).await;
    let mut change = async |presence: &str| {
        let body = json!({"presenceDefinition": {"systemPresence": presence}});
        session.call("PATCH", &path).body(&body).await.unwrap();
        let expected = format!("{}: {presence}", demo::USER_NAME);
        assert_eq!(line_with(&mut lines, &expected).await.to_lowercase(), expected.to_lowercase());
    };
    change("Away").await;
    session.call("DELETE", "/_emulator/sockets").await.unwrap();
    change("Busy").await;
}

/// A session of the test's own.
async fn calm(emulator: &Handle) -> Session {
    Session::builder()
        .environment(emulator.origin())
        .client_credentials(demo::CREDENTIALS_CLIENT, demo::SECRET)
        .connect()
        .await
        .unwrap()
}
