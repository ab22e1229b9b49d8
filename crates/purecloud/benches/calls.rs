//! Calls a second, 32 in flight on one core, side by side: bare hyper, this SDK, and today's official JavaScript SDK.
//!
//! `cargo xtask bench calls`, or `cargo bench -p purecloud --features users --bench calls`.
//!
//! Like is held against like: a call whose body is read against bare hyper that reads the body, and a typed call against
//! bare hyper and `serde_json` with derived code.
//!
//! The server and each client are processes of their own, since a client must not pay for the server's work. Clients
//! run in turn, for a moment each, and are compared by their processor time for a call: the machine may be busy with
//! something else, and a client that waits for a core is not a slow one. Each round compares those that ran in it, since a
//! machine that other machines share is now faster, now slower; the median of all rounds counts, and the quartiles show how
//! far they differ.

#[allow(dead_code, reason = "the other benchmark reads a listing")]
mod derived;

use std::collections::HashMap;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use cpu_time::ProcessTime;
use http::{Request, Response};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use purecloud::Session;
use purecloud::apis::users::UsersApi;
use tokio::net::TcpListener;

const IN_FLIGHT: usize = 32;
const ROUNDS: usize = 25;
/// What the server answers: the user behind the token.
const USER: &str = r#"{"id":"d5bb1a4e-9a2e-4d49-9d2a-9b54d3f1b0f5","name":"Ada Lovelace","division":{"id":"3f1c5a10-3e6a-4d6b-8f4e-0d1c2b3a4958","name":"Home","selfUri":"/api/v2/authorization/divisions/3f1c5a10-3e6a-4d6b-8f4e-0d1c2b3a4958"},"department":"Engines","email":"ada.lovelace@example.com","state":"active","title":"Analyst","username":"ada.lovelace@example.com","version":7,"acdAutoAnswer":false,"selfUri":"/api/v2/users/d5bb1a4e-9a2e-4d49-9d2a-9b54d3f1b0f5"}"#;

/// Who calls.
struct Caller {
    kind: &'static str,
    title: &'static str,
    /// How many calls a round has.
    calls: usize,
    /// Whose calls these do as much as.
    like: &'static str,
}

const CALLERS: [Caller; 5] = [
    Caller { kind: "bare", title: "bare hyper-util, the body read", calls: 10_000, like: "bare" },
    Caller { kind: "call", title: "session.call(…), the body read", calls: 10_000, like: "bare" },
    Caller { kind: "derived", title: "bare hyper-util, decoded by serde", calls: 10_000, like: "derived" },
    Caller { kind: "typed", title: "UsersApi::get_users_me, decoded", calls: 10_000, like: "derived" },
    Caller { kind: "official", title: "official JavaScript SDK, decoded", calls: 500, like: "derived" },
];

fn main() {
    let words: Vec<String> = std::env::args().collect();
    match words.iter().map(String::as_str).collect::<Vec<_>>()[1..] {
        ["server"] => block_on(serve()),
        ["client", kind, origin, calls] => {
            let calls = calls.parse().expect("a number of calls");
            match kind {
                "bare" => block_on(bare(origin, calls, |body| assert_eq!(body.len(), USER.len()))),
                "derived" => block_on(bare(origin, calls, |body| {
                    let me: derived::User = serde_json::from_slice(body).expect("a user");
                    assert_eq!(me.version, Some(7));
                })),
                "call" => block_on(call(origin, calls)),
                _ => block_on(typed(origin, calls)),
            }
        }
        _ => compare(),
    }
}

fn block_on(work: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime").block_on(work);
}

/// Answers every request alike, until its process is ended.
async fn serve() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    println!("{}", listener.local_addr().expect("an address"));
    loop {
        let Ok((stream, _)) = listener.accept().await else { continue };
        let _ = stream.set_nodelay(true);
        let service = hyper::service::service_fn(|_: Request<Incoming>| async {
            let answer = Response::builder().header("content-type", "application/json");
            answer.body(Full::new(Bytes::from_static(USER.as_bytes())))
        });
        tokio::spawn(
            hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service),
        );
    }
}

/// Makes calls, as many at a time as are allowed, and prints what they took: calls a second, and microseconds of
/// processor time for each.
async fn measure<F: Future<Output = ()>>(calls: usize, one: impl Fn() -> F) {
    let run = |calls: usize| {
        let left = Arc::new(AtomicUsize::new(calls));
        let workers: Vec<_> = (0..IN_FLIGHT)
            .map(|_| {
                let (left, one) = (Arc::clone(&left), &one);
                async move {
                    while left
                        .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1))
                        .is_ok()
                    {
                        one().await;
                    }
                }
            })
            .collect();
        futures_util::future::join_all(workers)
    };
    run(calls / 5).await;
    let (began, busy) = (Instant::now(), ProcessTime::now());
    run(calls).await;
    let (wall, busy) = (began.elapsed(), busy.elapsed());
    println!("{} {}", calls as f64 / wall.as_secs_f64(), busy.as_secs_f64() * 1e6 / calls as f64);
}

async fn bare(origin: &str, calls: usize, read: impl Fn(&[u8])) {
    let mut http = HttpConnector::new();
    http.set_nodelay(true);
    let mut builder = Client::builder(TokioExecutor::new());
    builder.pool_timer(TokioTimer::new()).pool_idle_timeout(Duration::from_secs(90));
    let client: Client<_, Full<Bytes>> = builder.build(http);
    let address: http::Uri = format!("{origin}/api/v2/users/me").parse().expect("an address");
    measure(calls, || async {
        let request = Request::get(address.clone())
            .header("authorization", "Bearer token")
            .header("user-agent", "bench/1")
            .header("accept", "application/json")
            .header("accept-encoding", "gzip")
            .body(Full::default())
            .expect("a request");
        let answer = client.request(request).await.expect("an answer");
        read(&answer.into_body().collect().await.expect("a body").to_bytes());
    })
    .await;
}

fn session(origin: &str) -> Session {
    Session::builder()
        .environment(origin)
        .access_token("token")
        .user_agent("bench/1")
        .build()
        .expect("a session")
}

async fn call(origin: &str, calls: usize) {
    let session = session(origin);
    measure(calls, || async {
        let answer = session.call("GET", "/api/v2/users/me").await.expect("an answer");
        assert_eq!(answer.bytes().len(), USER.len());
    })
    .await;
}

async fn typed(origin: &str, calls: usize) {
    let session = session(origin);
    let users = UsersApi::new(&session);
    measure(calls, || async {
        let me = users.get_users_me().await.expect("an answer");
        assert_eq!(me.version, Some(7));
    })
    .await;
}

/// The official SDK, as its documentation has it used; the same loop.
const OFFICIAL: &str = r#"
const platform = require("purecloud-platform-client-v2");
const [host, calls] = [new URL(process.argv[1]), Number(process.argv[2])];
const client = platform.ApiClient.instance;
client.setGateway({ host: host.hostname, protocol: "http", port: Number(host.port) });
client.setAccessToken("token");
const users = new platform.UsersApi();
async function run(calls) {
  let left = calls;
  const worker = async () => {
    while (left-- > 0) {
      if ((await users.getUsersMe()).version !== 7) throw new Error("another user");
    }
  };
  await Promise.all(Array.from({ length: 32 }, worker));
}
(async () => {
  await run(calls / 10);
  const [began, busy] = [process.hrtime.bigint(), process.cpuUsage()];
  await run(calls);
  const { user, system } = process.cpuUsage(busy);
  const wall = Number(process.hrtime.bigint() - began) / 1e9;
  console.log(calls / wall, (user + system) / calls);
  process.exit();
})();
"#;

fn compare() {
    let myself = std::env::current_exe().expect("a path");
    let mut server = Server::start(Command::new(&myself).arg("server"));
    let mut figures: Vec<Vec<(f64, f64)>> = CALLERS.iter().map(|_| Vec::new()).collect();
    for _ in 0..ROUNDS {
        for (Caller { kind, calls, .. }, figures) in CALLERS.iter().zip(&mut figures) {
            let mut command = if *kind == "official" {
                let mut node = Command::new("node");
                node.args(["-e", OFFICIAL])
                    .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../../acceptance"));
                node
            } else {
                let mut client = Command::new(&myself);
                client.args(["client", kind]);
                client
            };
            command.arg(&server.origin).arg(calls.to_string());
            figures.extend(output(&mut command));
        }
    }
    server.process.kill().expect("the server ends");
    let rounds: HashMap<_, _> =
        CALLERS.iter().zip(&figures).map(|(caller, figures)| (caller.kind, figures.as_slice())).collect();
    println!(
        "\n{:<36}{:>10}{:>16}{:>10}{:>14}{:>18}",
        "32 in flight, one core", "calls/s", "µs of cpu each", "of bare", "of its like", "quartiles"
    );
    for Caller { kind, title, like, .. } in &CALLERS {
        let own = rounds[kind];
        let (calls, cpu) =
            (quartiles(own.iter().map(|round| round.0)), quartiles(own.iter().map(|round| round.1)));
        let ([_, bare, _], [low, alike, high]) = (against(own, rounds["bare"]), against(own, rounds[like]));
        let spread = format!("{low:.3} to {high:.3}");
        println!("{title:<36}{:>10.0}{:>16.2}{bare:>10.3}{alike:>14.3}{spread:>18}", calls[1], cpu[1]);
    }
    println!("typed against official: {:.1} times", against(rounds["typed"], rounds["official"])[1]);
}

/// How many of one's calls take the processor time of one of the others': of each round, in quartiles.
fn against(own: &[(f64, f64)], others: &[(f64, f64)]) -> [f64; 3] {
    quartiles(own.iter().zip(others).map(|((_, own), (_, other))| other / own))
}

/// The two figures that a client prints; nothing when it cannot run here.
fn output(command: &mut Command) -> Option<(f64, f64)> {
    let output = command.stderr(Stdio::inherit()).output().ok().filter(|output| output.status.success())?;
    let text = String::from_utf8(output.stdout).ok()?;
    let mut figures = text.split_whitespace().map(str::parse::<f64>);
    Some((figures.next()?.ok()?, figures.next()?.ok()?))
}

/// The value below which a quarter of the figures are, the median, and the value above which a quarter are.
fn quartiles(figures: impl Iterator<Item = f64>) -> [f64; 3] {
    let mut figures: Vec<f64> = figures.collect();
    figures.sort_by(f64::total_cmp);
    [1, 2, 3].map(|quarter| figures.get(figures.len() * quarter / 4).copied().unwrap_or(f64::NAN))
}

struct Server {
    process: Child,
    origin: String,
}

impl Server {
    fn start(command: &mut Command) -> Self {
        let mut process = command.stdout(Stdio::piped()).spawn().expect("the server starts");
        let mut address = String::new();
        let output = process.stdout.take().expect("its output was asked for");
        BufReader::new(output).read_line(&mut address).expect("the server says where it is");
        Self { process, origin: format!("http://{}", address.trim()) }
    }
}
