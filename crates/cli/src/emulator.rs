//! `purecloud emulator`: the platform on this machine, until interrupted.

mod authority;

use std::io::Write;
use std::net::SocketAddr;
use std::path::Path;

use purecloud_definition::bundled::{Retired, load_over};
use purecloud_definition::{Platform, Source};
use purecloud_emulator::{Action, Emulator, Handle, Tls, bundled, demo, routes};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use crate::arguments::EmulatorOptions;
use crate::failure::Failure;

/// Starts the emulator, says where it is, and serves until Ctrl-C or a termination signal.
pub(crate) fn run(options: &EmulatorOptions) -> Result<(), Failure> {
    let named = match &options.definition {
        Some(place) => {
            let source = Source::read(place)?;
            let written = source.text().to_owned();
            Some((load_over(&[source], Retired::Kept)?.platform, written))
        }
        None => None,
    };
    if options.routes {
        return list_routes(&named.map_or_else(bundled, |(platform, _)| platform));
    }
    let limits = &options.limits;
    let mut builder =
        Emulator::builder().address(SocketAddr::new(options.host, options.port)).settings(|settings| {
            settings.seed = options.seed;
            settings.recorded = options.record;
            settings.invent_missing = options.invent;
            settings.refuse_by_page = options.refuse_by_page;
            settings.users = usize::try_from(options.users).unwrap_or(usize::MAX);
            settings.empty = options.empty;
            settings.enforce_rate_limit = options.rate_limit;
            settings.hosts.clone_from(&options.allow_host);
            settings.connections = limits.connections;
            settings.entities = limits.entities;
            settings.stored_bytes = limits.stored.0;
            settings.body_limit = limits.body.0;
            settings.bodies = limits.bodies.0;
            settings.tokens_per_caller = limits.tokens;
        });
    for rule in &options.fault {
        builder = builder.fault(rule.clone());
    }
    if let Some((platform, written)) = named {
        builder = builder.platform(platform).definition(written);
    }
    if let Some(path) = &options.data {
        let text = std::fs::read_to_string(path);
        builder = builder.data(text.map_err(|source| Failure::File { path: path.clone(), source })?);
    }
    if let Some(directory) = &options.data_dir {
        builder = builder.data_dir(directory);
    }
    if options.tls {
        let mut tls = options.domain.iter().fold(Tls::new(), Tls::domain);
        if let Some(path) = &options.tls_ca {
            let others = options.allow_host.iter().cloned();
            let address = (!options.host.is_unspecified()).then(|| options.host.to_string());
            let certified = options.domain.iter().cloned().chain(others).chain(address);
            tls = tls.authority(authority::read_or_make(path, certified)?);
        }
        builder = builder.tls(tls);
    }
    raise_open_files(limits.connections);
    runtime()?.block_on(async {
        let handle = builder.start().await?;
        if !options.host.is_loopback() {
            note!("purecloud: listening on {}: other machines can reach it", options.host);
        }
        announce(&handle, options)?;
        if options.exit_with_stdin {
            tokio::select! {
                outcome = interrupted() => outcome?,
                () = stdin_ended() => {}
            }
        } else {
            interrupted().await?;
        }
        handle.stop().await;
        Ok(())
    })
}

/// Resolves when standard input ends or fails.
async fn stdin_ended() {
    let (ended, end) = tokio::sync::oneshot::channel();
    // A thread of its own: one of the runtime's that blocks in a read would keep the runtime from ending.
    std::thread::spawn(move || {
        let _ = std::io::copy(&mut std::io::stdin().lock(), &mut std::io::sink());
        let _ = ended.send(());
    });
    let _ = end.await;
}

/// Lets as many clients connect as the emulator takes: each connection is an open file, and many systems allow 1,024
/// of them unless a program asks for more.
fn raise_open_files(connections: usize) {
    /// Open files besides connections.
    const OTHERS: u64 = 4_096;
    let enough = u64::try_from(connections).unwrap_or(u64::MAX).saturating_add(OTHERS);
    // If the system refuses, fewer clients can connect at a time; everything else works.
    let _ = rlimit::increase_nofile_limit(enough);
}

/// Writes a line for each operation that keeps state: what it does, its method, its path.
fn list_routes(platform: &Platform) -> Result<(), Failure> {
    let stateful = routes(platform).into_iter().filter_map(|route| {
        let does = match route.action? {
            Action::List => "list",
            Action::Create => "create",
            Action::Read => "read",
            Action::Replace => "replace",
            Action::Merge => "merge",
            Action::Remove => "remove",
            Action::ReadDocument => "read document",
            Action::WriteDocument => "write document",
        };
        Some(format!("{does:<14}  {method:<6}  {path}\n", method = route.method, path = route.path))
    });
    let text: String = stateful.collect();
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).map_err(Failure::Output)
}

/// The runtime that a command runs on.
pub(crate) fn runtime() -> Result<Runtime, Failure> {
    Runtime::new().map_err(|source| Failure::System { doing: "starting the runtime", source })
}

/// Resolves when the user, or the system, asks the program to end.
pub(crate) async fn interrupted() -> Result<(), Failure> {
    let failed = |source| Failure::System { doing: "waiting for a signal", source };
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let mut terminated = signal(SignalKind::terminate()).map_err(failed)?;
        tokio::select! {
            outcome = tokio::signal::ctrl_c() => outcome.map_err(failed),
            _ = terminated.recv() => Ok(()),
        }
    }
    #[cfg(not(unix))]
    tokio::signal::ctrl_c().await.map_err(failed)
}

/// Says what a program needs to use the emulator. The clients are published: nothing here is a secret.
fn announce(handle: &Handle, options: &EmulatorOptions) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    let ca = options.tls_ca.as_deref();
    let text = if options.json {
        format!("{}\n", announcement(handle, ca))
    } else {
        instructions(handle, options.tls, ca)
    };
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).map_err(Failure::Output)
}

fn announcement(handle: &Handle, ca: Option<&Path>) -> Value {
    let client = |id: &str| json!({ "id": id, "secret": demo::SECRET });
    let mut value = json!({
        "origin": handle.origin(),
        "clients": {
            "credentials": client(demo::CREDENTIALS_CLIENT),
            "browser": client(demo::BROWSER_CLIENT),
            "code": client(demo::CODE_CLIENT),
        },
        "user": { "name": demo::USER, "password": demo::PASSWORD, "displayName": demo::USER_NAME },
    });
    if let Some(ca) = ca {
        value["ca"] = json!(ca.to_string_lossy());
    }
    value
}

fn instructions(handle: &Handle, tls: bool, ca: Option<&Path>) -> String {
    let trust = match ca {
        Some(ca) => format!(
            "TLS:    trust {ca}, as in NODE_EXTRA_CA_CERTS={ca} or curl --cacert {ca}
        https://api.localhost:{port} and https://login.localhost:{port} are what they are in production

",
            ca = ca.display(),
            port = handle.address().port(),
        ),
        None if tls => {
            "TLS:    name a file with --tls-ca FILE to have an authority that programs can trust\n\n"
                .to_owned()
        }
        None => String::new(),
    };
    format!(
        "The platform answers at {origin}

  client credentials   {credentials}   secret {secret}
  browser (implicit)   {browser}
  code and PKCE        {code}   secret {secret}
  sign in as           {user}   password {password}

Node:   PURECLOUD_ENVIRONMENT={origin} node your-program.js
Page:   new PureCloudSession(\"{origin}\")

{trust}Press Ctrl-C to end it.
",
        origin = handle.origin(),
        credentials = demo::CREDENTIALS_CLIENT,
        browser = demo::BROWSER_CLIENT,
        code = demo::CODE_CLIENT,
        secret = demo::SECRET,
        user = demo::USER,
        password = demo::PASSWORD,
    )
}
