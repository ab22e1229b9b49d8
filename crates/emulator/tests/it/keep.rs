//! What was acknowledged is there after the process is gone.

use std::collections::HashMap;
use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use purecloud_emulator::{EmulatorError, Handle, KeepError, demo};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::Notify;

use crate::client::{Client, builder, encode};

const DIRECTORY: &str = "PURECLOUD_EMULATOR_TEST_DIRECTORY";
const QUEUES: &str = "/api/v2/routing/queues";

async fn start(directory: &TempDir) -> Handle {
    builder().data_dir(directory.path()).start().await.unwrap()
}

#[tokio::test]
async fn everything_acknowledged_survives_a_restart() {
    let directory = tempfile::tempdir().unwrap();
    let emulator = start(&directory).await;
    let mut client = Client::signed_in(&emulator).await;
    let users = client.get("/api/v2/users?pageSize=100").await.json();
    let gone = client.get(QUEUES).await.json()["entities"][0]["selfUri"].as_str().unwrap().to_owned();
    client.send("DELETE", &gone, &[], b"").await;
    let made = client.json("POST", QUEUES, &json!({ "name": "Parcels" })).await.json();
    let status = format!("{}/routingstatus", users["entities"][0]["selfUri"].as_str().unwrap());
    client.json("PUT", &status, &json!({ "status": "IDLE" })).await;
    let channel = client.json("POST", "/api/v2/notifications/channels", &json!({})).await.json();
    let subscriptions =
        format!("/api/v2/notifications/channels/{}/subscriptions", channel["id"].as_str().unwrap());
    client.json("POST", &subscriptions, &json!([{ "id": "v2.routing.queues.1.users" }])).await;
    emulator.stop().await;

    let emulator = start(&directory).await;
    let mut again = Client::new(&emulator).await;
    again.set_token(client.token());
    assert_eq!(again.get("/api/v2/users?pageSize=100").await.json(), users, "and in the same order");
    assert_eq!(again.get(&gone).await.status, 404);
    assert_eq!(again.get(made["selfUri"].as_str().unwrap()).await.json(), made);
    assert_eq!(again.get(&status).await.json()["status"], "IDLE");
    assert_eq!(again.get(&subscriptions).await.json()["entities"][0]["id"], "v2.routing.queues.1.users");

    assert_eq!(again.send("POST", "/_emulator/reset", &[], b"").await.status, 204);
    emulator.stop().await;
    let emulator = start(&directory).await;
    again = Client::new(&emulator).await;
    again.set_token(client.token());
    assert_eq!(again.get(QUEUES).await.status, 401, "a reset is kept too");
    let mut client = Client::signed_in(&emulator).await;
    assert_eq!(client.get(&gone).await.status, 200);
    assert_eq!(client.get(made["selfUri"].as_str().unwrap()).await.status, 404);
}

#[tokio::test]
async fn codes_and_refresh_tokens_work_once_whatever_is_restarted() {
    let directory = tempfile::tempdir().unwrap();
    let emulator = start(&directory).await;
    let redirect = encode("http://localhost/cb");
    let form = format!(
        "client_id={}&redirect_uri={redirect}&response_type=code&username={}&password={}",
        demo::CODE_CLIENT,
        encode(demo::USER),
        demo::PASSWORD
    );
    let answer = Client::new(&emulator).await.form("/oauth/authorize", &form).await;
    let code = answer.header("location").unwrap().split_once("code=").unwrap().1.to_owned();
    emulator.stop().await;

    let secret = format!("client_id={}&client_secret={}", demo::CODE_CLIENT, demo::SECRET);
    let redeem = format!("{secret}&grant_type=authorization_code&code={code}&redirect_uri={redirect}");
    let emulator = start(&directory).await;
    let tokens = Client::new(&emulator).await.form("/oauth/token", &redeem).await.json();
    emulator.stop().await;

    let emulator = start(&directory).await;
    let mut client = Client::new(&emulator).await;
    let refresh = format!(
        "{secret}&grant_type=refresh_token&refresh_token={}",
        tokens["refresh_token"].as_str().unwrap()
    );
    assert_eq!(client.form("/oauth/token", &refresh).await.status, 200);
    emulator.stop().await;
    let emulator = start(&directory).await;
    let mut client = Client::new(&emulator).await;
    client.set_token(tokens["access_token"].as_str().unwrap());
    assert_eq!(client.get("/api/v2/users/me").await.json()["email"], demo::USER);
    assert_eq!(client.form("/oauth/token", &refresh).await.json()["error"], "invalid_grant");
    assert_eq!(client.get("/api/v2/users/me").await.status, 401, "a second use revokes what the code gave");
    assert_eq!(client.form("/oauth/token", &redeem).await.json()["error"], "invalid_grant");
}

#[cfg(unix)]
#[tokio::test]
async fn nobody_but_their_owner_can_read_the_files_of_the_state() {
    use std::os::unix::fs::PermissionsExt as _;
    let directory = tempfile::tempdir().unwrap();
    let all = |mode| std::fs::Permissions::from_mode(mode);
    // As a directory that somebody made by hand.
    std::fs::set_permissions(directory.path(), all(0o755)).unwrap();
    let check = || {
        let files: Vec<_> = std::fs::read_dir(directory.path()).unwrap().map(Result::unwrap).collect();
        assert!(!files.is_empty());
        for file in files {
            let mode = file.metadata().unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{}", file.path().display());
        }
    };
    let emulator = start(&directory).await;
    Client::signed_in(&emulator).await;
    check();
    emulator.stop().await;
    // As an earlier version left it.
    std::fs::set_permissions(directory.path().join("state.sqlite"), all(0o644)).unwrap();
    let emulator = start(&directory).await;
    Client::signed_in(&emulator).await;
    check();
}

#[tokio::test]
async fn what_cannot_be_used_is_told_with_a_remedy() {
    let fail = async |directory: &Path, platform: Arc<purecloud_definition::Platform>| {
        let error = builder().platform(platform).data_dir(directory).start().await.unwrap_err();
        let EmulatorError::Keep(error) = error else { panic!("{error}") };
        error
    };
    let platform = crate::client::platform();
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("state.sqlite");
    let emulator = start(&directory).await;
    let error = fail(directory.path(), Arc::clone(&platform)).await;
    assert!(matches!(*error, KeepError::InUse { .. }), "{error}");
    emulator.stop().await;

    let mut fewer = (*platform).clone();
    fewer.operations.pop();
    let error = fail(directory.path(), Arc::new(fewer)).await;
    assert!(matches!(*error, KeepError::Definition { .. }), "{error}");
    assert!(error.to_string().contains("--definition"));

    let whole = std::fs::read(&file).unwrap();
    let mut format = whole.clone();
    format[60..64].copy_from_slice(&7_u32.to_be_bytes());
    std::fs::write(&file, format).unwrap();
    let error = fail(directory.path(), Arc::clone(&platform)).await;
    assert!(matches!(*error, KeepError::Format { found: 7, known: 2, .. }), "{error}");

    let mut damaged = whole.clone();
    for page in damaged.chunks_mut(4096).skip(2) {
        page[..64].fill(0xff);
    }
    std::fs::write(&file, damaged).unwrap();
    let error = fail(directory.path(), Arc::clone(&platform)).await;
    assert!(matches!(*error, KeepError::Damaged { .. }), "{error}");

    std::fs::write(&file, "these are my notes, and no database").unwrap();
    let error = fail(directory.path(), Arc::clone(&platform)).await;
    assert!(matches!(*error, KeepError::Foreign { .. }), "{error}");

    let error = fail(&file, platform).await;
    assert!(matches!(*error, KeepError::Unusable { .. }), "{error}");
}

/// The emulator in a process of its own, for as long as that lives.
#[tokio::test]
#[ignore = "is the other process of the test that kills it"]
async fn child() {
    let directory = std::env::var(DIRECTORY).unwrap();
    let emulator = builder().data_dir(directory).start().await.unwrap();
    println!("\nlistens at {}", emulator.address());
    std::future::pending::<()>().await;
}

/// A process that does not outlive its test.
struct Killed(Child);

impl Drop for Killed {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

fn spawn(directory: &TempDir) -> (Killed, SocketAddr) {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["keep::child", "--exact", "--ignored", "--nocapture"])
        .env(DIRECTORY, directory.path())
        .stdout(Stdio::piped())
        .spawn()
        .map(Killed)
        .unwrap();
    let lines = BufReader::new(child.0.stdout.take().unwrap()).lines();
    let mut addresses = lines
        .map_while(Result::ok)
        .filter_map(|line| line.strip_prefix("listens at ").map(|address| address.parse().unwrap()));
    let address = addresses.next().expect("an address");
    (child, address)
}

/// What one client knows: what was acknowledged, and what was asked for when the connection broke.
#[derive(Default)]
struct Knowledge {
    user: String,
    version: i64,
    /// Whether the user may be one version further.
    changing: bool,
    /// Names of queues by their path; nothing once removed.
    queues: HashMap<String, Option<String>>,
    /// A queue that may be gone, and one that may be there, by its name.
    removing: Option<String>,
    creating: Option<String>,
}

impl Knowledge {
    /// Changes things until the connection breaks; each answer counts.
    async fn write(&mut self, client: &mut Client, number: &str, people: &[Value], answered: impl Fn()) {
        const JSON: &[(&str, &str)] = &[("content-type", "application/json")];
        for turn in 0.. {
            self.changing = true;
            let body = json!({ "title": format!("title {}", self.version + 1), "version": self.version });
            let Some(reply) = client.try_send("PATCH", &self.user, JSON, body.to_string().as_bytes()).await
            else {
                return;
            };
            assert_eq!(reply.status, 200, "{}", reply.text());
            (self.changing, self.version) = (false, self.version + 1);
            answered();

            let name = format!("{number}-{turn}");
            self.creating = Some(name.clone());
            let body = json!({ "name": name }).to_string();
            let Some(reply) = client.try_send("POST", QUEUES, JSON, body.as_bytes()).await else { return };
            let path = reply.json()["selfUri"].as_str().unwrap().to_owned();
            self.queues.insert(path.clone(), self.creating.take());
            answered();

            let members = json!(people[..=turn % 5]).to_string();
            let members = client.try_send("POST", &format!("{path}/members"), JSON, members.as_bytes()).await;
            if members.is_none() {
                return;
            }
            answered();

            if turn % 3 == 2 {
                self.removing = Some(path.clone());
                if client.try_send("DELETE", &path, &[], b"").await.is_none() {
                    return;
                }
                self.removing = None;
                self.queues.insert(path, None);
                answered();
            }
        }
    }

    /// Compares with what there is after a restart, and goes on from that.
    async fn check(&mut self, client: &mut Client) {
        let user = client.get(&self.user).await.json();
        let version = user["version"].as_i64().unwrap();
        assert!(version == self.version || self.changing && version == self.version + 1, "{version}");
        if version > 1 {
            assert_eq!(user["title"], format!("title {version}"), "a version is the change that made it");
        }
        self.version = version;
        let removing = self.removing.take();
        for (path, name) in &mut self.queues {
            let reply = client.get(path).await;
            match (&name, reply.status) {
                (Some(name), 200) => {
                    let queue = reply.json();
                    assert_eq!(queue["name"], **name);
                    let members = client.get(&format!("{path}/members")).await.json();
                    let members = members["entities"].as_array().unwrap().len();
                    let counted = queue.get("memberCount").map_or(Some(0), Value::as_u64).unwrap();
                    let members = members as u64;
                    assert_eq!(counted, members, "members and their count are one change");
                }
                (None, 404) => {}
                (Some(_), 404) if removing.as_ref() == Some(path) => *name = None,
                (_, status) => panic!("{path} answers {status} for {name:?}"),
            }
        }
        if let Some(name) = self.creating.take() {
            let found = client.get(&format!("{QUEUES}?name={name}")).await.json()["total"].clone();
            assert!(found == 0 || found == 1, "{found} of {name}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_that_is_killed_while_clients_write_has_kept_what_it_acknowledged() {
    const ROUNDS: usize = 8;
    const WRITERS: usize = 4;
    let directory = tempfile::tempdir().unwrap();
    let mut known: Vec<Knowledge> = (0..WRITERS).map(|_| Knowledge::default()).collect();
    let mut tokens: Vec<String> = Vec::new();
    for round in 0..=ROUNDS {
        let (child, address) = spawn(&directory);
        let mut client = Client::signed_in_at(address).await;
        for token in &tokens {
            let mut earlier = Client::at(address).await;
            earlier.set_token(token);
            assert_eq!(earlier.get("/api/v2/users/me").await.status, 200, "tokens outlive the process");
        }
        tokens.push(client.token().to_owned());
        let people = client.get("/api/v2/users?pageSize=20").await.json()["entities"].clone();
        let people = people.as_array().unwrap();
        for (knowledge, person) in known.iter_mut().zip(people) {
            if round == 0 {
                knowledge.user = person["selfUri"].as_str().unwrap().to_owned();
                knowledge.version = 1;
            }
            knowledge.check(&mut client).await;
        }
        let ids: Arc<Vec<Value>> =
            Arc::new(people.iter().map(|person| json!({ "id": person["id"] })).collect());
        // Killed at an answer of its own choice in each round, with the other clients in the midst of theirs.
        let (answers, enough) = (Arc::new(AtomicUsize::new(0)), Arc::new(Notify::new()));
        let last = fastrand::usize(1..150);
        let writers: Vec<_> = std::mem::take(&mut known)
            .into_iter()
            .enumerate()
            .map(|(number, mut knowledge)| {
                let (answers, enough, ids) = (Arc::clone(&answers), Arc::clone(&enough), Arc::clone(&ids));
                tokio::spawn(async move {
                    let mut client = Client::signed_in_at(address).await;
                    let answered = || {
                        if answers.fetch_add(1, Ordering::SeqCst) + 1 == last {
                            enough.notify_one();
                        }
                    };
                    knowledge.write(&mut client, &format!("{round}-{number}"), &ids, answered).await;
                    knowledge
                })
            })
            .collect();
        enough.notified().await;
        drop(child);
        for writer in writers {
            known.push(writer.await.unwrap());
        }
    }
    let kept: usize = known.iter().map(|knowledge| knowledge.queues.len()).sum();
    assert!(kept > ROUNDS && known.iter().any(|knowledge| knowledge.version > 3), "the test wrote");
}
