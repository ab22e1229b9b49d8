//! Every fault of the emulator against every kind of call: nothing hangs, nothing is sent twice that must not be, and
//! nothing that was acknowledged is lost.
//!
//! A cell is what the caller gets and how many requests that took. Beside what the table says, each cell is held
//! against what the emulator has stored afterwards.

use std::time::Duration;

use purecloud::{Error, RetryPolicy, Sent, Session};
use purecloud_emulator::{Emulator, Fault, FaultRule, Handle, demo};
use serde_json::{Value, json};

const CODES: &str = "/api/v2/routing/wrapupcodes";

/// The kinds of calls: the columns of the tables.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Kind {
    Get,
    /// One that makes something: two requests make two of it.
    Post,
    /// One that only reads.
    Query,
    Put,
    Delete,
    /// Three pages of a listing.
    Listing,
    /// An answer that is read piece by piece.
    Download,
    /// A call that has to log in before.
    Login,
}

const KINDS: [Kind; 8] =
    [Kind::Get, Kind::Post, Kind::Query, Kind::Put, Kind::Delete, Kind::Listing, Kind::Download, Kind::Login];

impl Kind {
    /// Method and path of the requests that fail.
    fn target(self, code: &str) -> (&'static str, String) {
        match self {
            Self::Get => ("GET", CODES.to_owned()),
            Self::Post => ("POST", CODES.to_owned()),
            Self::Query => ("POST", "/api/v2/users/search".to_owned()),
            Self::Put => ("PUT", format!("{CODES}/{code}")),
            Self::Delete => ("DELETE", format!("{CODES}/{code}")),
            Self::Listing | Self::Download => ("GET", "/api/v2/users".to_owned()),
            Self::Login => ("POST", "/oauth/token".to_owned()),
        }
    }

    async fn call(self, session: &Session, code: &str) -> Result<Value, Error> {
        let (method, path) = self.target(code);
        let call = session.call(method, &path);
        match self {
            Self::Post => call.body(&json!({"name": "made"})).await?.json(),
            Self::Query => {
                let query = json!([{"type": "EXACT", "fields": ["name"], "value": demo::USER_NAME}]);
                call.reads_only().body(&json!({"query": query})).await?.json()
            }
            Self::Put => call.body(&json!({"name": "changed"})).await?.json(),
            Self::Get | Self::Delete => call.await?.json(),
            Self::Listing => {
                let users = call.query("pageSize", 2).query("pageNumber", 498).items::<Value>();
                let users = users.collect_all().await?;
                let mut ids: Vec<_> = users.iter().map(|user| user["id"].as_str().unwrap()).collect();
                ids.sort_unstable();
                ids.dedup();
                assert_eq!((users.len(), ids.len()), (6, 6), "each user once");
                Ok(Value::Null)
            }
            Self::Download => {
                let mut download = call.query("pageSize", 5).download().await?;
                let mut text = Vec::new();
                while let Some(piece) = download.next().await? {
                    text.extend_from_slice(&piece);
                }
                Ok(serde_json::from_slice(&text).unwrap_or_default())
            }
            Self::Login => session.call("GET", "/api/v2/users/me").await?.json(),
        }
    }
}

/// What a caller sees of an error.
fn short(error: &Error) -> String {
    match error {
        Error::Refused(refusal) => refusal.status().to_string(),
        Error::Renewal { source: Some(source) } => short(source),
        Error::Login { .. } => format!("login {}", error.code().unwrap_or("unusable")),
        Error::RateLimited { .. } => "rate-limited".to_owned(),
        Error::Unreached { .. } => "unreached".to_owned(),
        Error::Broken { .. } => "broken".to_owned(),
        Error::Cut { .. } => "cut".to_owned(),
        Error::Timeout { .. } => "timeout".to_owned(),
        Error::Decode { .. } => "decode".to_owned(),
        Error::Paging { .. } => "paging".to_owned(),
        other => panic!("{other:?}"),
    }
}

/// A fault, and its cell for each kind of call.
type Row = (&'static str, [&'static str; KINDS.len()]);

/// Whether what is stored agrees with what the caller was told.
fn compare(
    kind: Kind,
    outcome: &Result<Value, Error>,
    code: &str,
    before: &[(String, String)],
    after: &[(String, String)],
    statuses: &[u16],
) {
    let acted = match kind {
        Kind::Post => {
            let made = after.len() - before.len();
            assert!(made <= 1, "one call made {made}: {outcome:?} {statuses:?}");
            made == 1
        }
        Kind::Put => after.iter().any(|(id, name)| id == code && name == "changed"),
        Kind::Delete => !after.iter().any(|(id, _)| id == code),
        Kind::Get | Kind::Query | Kind::Listing | Kind::Download | Kind::Login => {
            return assert_eq!(before, after);
        }
    };
    match outcome {
        Ok(_) => assert!(acted, "{kind:?} was acknowledged and is lost"),
        Err(error) if error.sent() == Sent::No => assert!(!acted, "{kind:?} was sent: {error:?}"),
        // It may be either.
        Err(_) => {}
    }
}

struct Platform {
    emulator: Handle,
    /// Calls that no fault strikes.
    calm: Session,
}

impl Platform {
    async fn start() -> Self {
        let emulator = Emulator::builder().start().await.unwrap();
        let calm = builder(&emulator).connect().await.unwrap();
        Self { emulator, calm }
    }

    /// The names of what is stored, with their ids.
    async fn codes(&self) -> Vec<(String, String)> {
        let page = self.calm.call("GET", CODES).query("pageSize", 500);
        let codes = page.items::<Value>().collect_all().await.unwrap();
        let text = |code: &Value, name: &str| code[name].as_str().unwrap().to_owned();
        codes.iter().map(|code| (text(code, "id"), text(code, "name"))).collect()
    }

    /// One cell of the table.
    async fn cell(&self, kind: Kind, rule: FaultRule) -> String {
        // Late answers must be late soon; all others have time, however busy the machine is.
        let late = matches!(rule.fault, Fault::Delay(..) | Fault::Slow(..));
        let limit = match (late, rule.times) {
            (false, _) => Duration::from_secs(10),
            // The second try must be in time.
            (true, Some(_)) => Duration::from_millis(800),
            (true, None) => Duration::from_millis(300),
        };
        let fresh = builder(&self.emulator).request_timeout(limit).build().unwrap();
        if kind != Kind::Login {
            fresh.log_in().await.unwrap();
        }
        let name = json!({"name": "before"});
        let code: Value = self.calm.call("POST", CODES).body(&name).await.unwrap().json().unwrap();
        let code = code["id"].as_str().unwrap();
        let before = self.codes().await;
        let (method, path) = kind.target(code);
        self.emulator.set_faults([FaultRule {
            method: Some(method.to_owned()),
            path: Some(path.clone()),
            ..rule
        }]);
        self.emulator.forget_requests();
        let outcome = tokio::time::timeout(Duration::from_secs(20), kind.call(&fresh, code)).await;
        let outcome = outcome.unwrap_or_else(|_| panic!("{kind:?} hangs"));
        self.emulator.set_faults([]);
        let seen = self.emulator.requests();
        let requests = seen.iter().filter(|seen| seen.method == method && seen.path == path).count();
        let after = self.codes().await;
        compare(
            kind,
            &outcome,
            code,
            &before,
            &after,
            &seen.iter().map(|seen| seen.status).collect::<Vec<_>>(),
        );
        // The next cell finds what this one found.
        for (id, name) in &after {
            if name == "made" || id == code {
                self.calm.call("DELETE", &format!("{CODES}/{id}")).await.unwrap();
            }
        }
        let outcome = outcome.map_or_else(|error| short(&error), |_| "ok".to_owned());
        format!("{outcome} ×{requests}")
    }

    /// The whole table, a line for each fault.
    #[track_caller]
    fn check(times: Option<u64>, rows: &[Row]) {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let actual = runtime.block_on(async {
            let platform = Self::start().await;
            let mut actual = String::new();
            for (fault, _) in rows {
                let mut cells = Vec::new();
                for kind in KINDS {
                    let rule = FaultRule { times, ..FaultRule::new(fault.parse::<Fault>().unwrap()) };
                    cells.push(platform.cell(kind, rule).await);
                }
                actual.push_str(&line(fault, &cells));
            }
            actual
        });
        let expected: String = rows.iter().map(|(fault, cells)| line(fault, cells)).collect();
        assert!(actual == expected, "expected\n{expected}actual\n{actual}");
    }
}

fn line(fault: &str, cells: &[impl AsRef<str>]) -> String {
    let cells: Vec<_> = cells.iter().map(|cell| format!("{:?}", cell.as_ref())).collect();
    format!("    ({fault:?}, [{}]),\n", cells.join(", "))
}

fn builder(emulator: &Handle) -> purecloud::SessionBuilder {
    Session::builder()
        .environment(emulator.origin())
        .client_credentials(demo::CREDENTIALS_CLIENT, demo::SECRET)
        .retry(
            RetryPolicy::default()
                .waits(Duration::from_millis(1), Duration::from_secs(30))
                .limit(Duration::from_secs(20)),
        )
        .pace(false)
}

#[test]
fn a_fault_that_strikes_once() {
    Platform::check(Some(1), ONCE);
}

#[test]
fn a_fault_that_strikes_always() {
    Platform::check(None, ALWAYS);
}

#[test]
fn the_tables_have_every_fault_of_requests() {
    for kind in Fault::kinds().iter().filter(|kind| !kind.socket) {
        for table in [ONCE, ALWAYS] {
            let has = table.iter().any(|(fault, _)| fault.split(':').next() == Some(kind.name));
            assert!(has, "`{}` is in no row", kind.name);
        }
    }
}

/// A DELETE that was acted on and is repeated finds nothing to delete: the platform says 404, and so does the SDK.
#[rustfmt::skip]
const ONCE: &[Row] = &[
    //              Get       Post     Query    Put      Delete   Listing  Download Login
    ("status:500", ["ok ×2", "500 ×1", "ok ×2", "ok ×2", "ok ×2", "ok ×4", "ok ×2", "ok ×2"]),
    ("status:503", ["ok ×2", "503 ×1", "ok ×2", "ok ×2", "ok ×2", "ok ×4", "ok ×2", "ok ×2"]),
    ("status:408", ["ok ×2", "408 ×1", "ok ×2", "ok ×2", "ok ×2", "ok ×4", "ok ×2", "ok ×2"]),
    ("status:429:0", ["ok ×2", "ok ×2", "ok ×2", "ok ×2", "ok ×2", "ok ×4", "ok ×2", "ok ×2"]),
    ("status:501", ["501 ×1", "501 ×1", "501 ×1", "501 ×1", "501 ×1", "501 ×1", "501 ×1", "login http_501 ×1"]),
    ("rate-limit:0", ["429 ×1", "429 ×1", "429 ×1", "429 ×1", "429 ×1", "429 ×1", "429 ×1", "ok ×1"]),
    ("delay:2000", ["ok ×2", "timeout ×1", "ok ×2", "ok ×2", "404 ×2", "ok ×4", "ok ×2", "ok ×2"]),
    ("slow:200", ["ok ×2", "timeout ×1", "ok ×2", "ok ×2", "ok ×1", "ok ×4", "ok ×1", "ok ×2"]),
    ("cut-before", ["ok ×2", "broken ×1", "ok ×2", "ok ×2", "404 ×2", "ok ×4", "ok ×2", "ok ×2"]),
    ("cut-during", ["ok ×2", "cut ×1", "ok ×2", "ok ×2", "ok ×1", "ok ×4", "cut ×1", "ok ×2"]),
    ("cut-after", ["ok ×1", "ok ×1", "ok ×1", "ok ×1", "ok ×1", "ok ×3", "ok ×1", "ok ×1"]),
    ("truncate", ["decode ×1", "decode ×1", "decode ×1", "decode ×1", "ok ×1", "paging ×1", "ok ×1", "login unusable ×1"]),
    ("garble", ["decode ×1", "decode ×1", "decode ×1", "decode ×1", "ok ×1", "paging ×1", "ok ×1", "login unusable ×1"]),
    ("html", ["ok ×2", "502 ×1", "ok ×2", "ok ×2", "ok ×2", "ok ×4", "ok ×2", "ok ×2"]),
    ("content-type", ["ok ×1", "ok ×1", "ok ×1", "ok ×1", "ok ×1", "ok ×3", "ok ×1", "ok ×1"]),
    ("revoke", ["ok ×2", "ok ×2", "ok ×2", "ok ×2", "ok ×2", "ok ×4", "ok ×2", "ok ×1"]),
    ("stale:60000", ["ok ×1", "ok ×1", "ok ×1", "ok ×1", "ok ×1", "ok ×3", "ok ×1", "ok ×1"]),
    ("skew:3600", ["ok ×1", "ok ×1", "ok ×1", "ok ×1", "ok ×1", "ok ×3", "ok ×1", "ok ×1"]),
];

#[rustfmt::skip]
const ALWAYS: &[Row] = &[
    //              Get       Post     Query    Put      Delete   Listing  Download Login
    ("status:500", ["500 ×4", "500 ×1", "500 ×4", "500 ×4", "500 ×4", "500 ×4", "500 ×4", "login http_500 ×4"]),
    ("status:429:0", ["429 ×4", "429 ×4", "429 ×4", "429 ×4", "429 ×4", "429 ×4", "429 ×4", "login http_429 ×4"]),
    ("status:501", ["501 ×1", "501 ×1", "501 ×1", "501 ×1", "501 ×1", "501 ×1", "501 ×1", "login http_501 ×1"]),
    ("rate-limit:0", ["429 ×1", "429 ×1", "429 ×1", "429 ×1", "429 ×1", "429 ×1", "429 ×1", "ok ×1"]),
    ("delay:2000", ["timeout ×4", "timeout ×1", "timeout ×4", "timeout ×4", "timeout ×4", "timeout ×4", "timeout ×4", "timeout ×4"]),
    ("slow:200", ["timeout ×4", "timeout ×1", "timeout ×4", "timeout ×4", "ok ×1", "timeout ×4", "ok ×1", "timeout ×4"]),
    ("cut-before", ["broken ×4", "broken ×1", "broken ×4", "broken ×4", "broken ×4", "broken ×4", "broken ×4", "broken ×4"]),
    ("cut-during", ["cut ×4", "cut ×1", "cut ×4", "cut ×4", "ok ×1", "cut ×4", "cut ×1", "cut ×4"]),
    ("cut-after", ["ok ×1", "ok ×1", "ok ×1", "ok ×1", "ok ×1", "ok ×3", "ok ×1", "ok ×1"]),
    ("truncate", ["decode ×1", "decode ×1", "decode ×1", "decode ×1", "ok ×1", "paging ×1", "ok ×1", "login unusable ×1"]),
    ("garble", ["decode ×1", "decode ×1", "decode ×1", "decode ×1", "ok ×1", "paging ×1", "ok ×1", "login unusable ×1"]),
    ("html", ["502 ×4", "502 ×1", "502 ×4", "502 ×4", "502 ×4", "502 ×4", "502 ×4", "login http_502 ×4"]),
    ("content-type", ["ok ×1", "ok ×1", "ok ×1", "ok ×1", "ok ×1", "ok ×3", "ok ×1", "ok ×1"]),
    ("revoke", ["401 ×2", "401 ×2", "401 ×2", "401 ×2", "401 ×2", "401 ×2", "401 ×2", "ok ×1"]),
    ("stale:60000", ["ok ×1", "ok ×1", "ok ×1", "ok ×1", "ok ×1", "ok ×3", "ok ×1", "ok ×1"]),
    ("skew:-3600", ["ok ×1", "ok ×1", "ok ×1", "ok ×1", "ok ×1", "ok ×3", "ok ×1", "ok ×1"]),
];
