//! Arguments as they are typed.

use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;

use clap::builder::RangedU64ValueParser;
use clap::{Args, Parser, Subcommand, ValueEnum};
use purecloud_emulator::{FaultRule, Settings};

use crate::size::Size;

/// Everything for the PureCloud platform: SDKs, an emulator, a demonstration.
#[derive(Debug, Parser)]
#[command(name = "purecloud", version, about, max_term_width = 100, after_help = EXAMPLES)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// An address to listen on; `localhost` is the loopback address that every system has.
fn address(text: &str) -> Result<IpAddr, &'static str> {
    if text.eq_ignore_ascii_case("localhost") {
        return Ok(Ipv4Addr::LOCALHOST.into());
    }
    text.parse().map_err(|_| "not an IP address; write one such as 0.0.0.0, or localhost")
}

const EXAMPLES: &str = "\
Examples:
  purecloud demo                                   see the SDK and the emulator work together
  purecloud emulator                               the platform on http://127.0.0.1:8085
  purecloud emulator --fault status:503,times=2    the same, failing twice
  purecloud emulator --tls --tls-ca ca.pem         the same at https://api.localhost:8085 and https://login.localhost:8085
  purecloud generate javascript --out sdk          the npm package, and the CDN folder in sdk/cdn
  purecloud generate javascript --out sdk --definition https://api.mypurecloud.ie/api/v2/docs/swagger

Exit codes:
  0 success    1 failure    2 wrong arguments    3 a definition that cannot be used
  4 a file or folder that cannot be read or written    5 a program that is needed and missing";

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Make an SDK from the platform's definition.
    Generate {
        #[command(subcommand)]
        product: Product,
    },
    /// Run the platform on this machine until interrupted.
    Emulator(EmulatorOptions),
    /// Generate the SDK, start the emulator, and run the README's examples against it.
    Demo(DemoOptions),
}

#[derive(Debug, Subcommand)]
pub(crate) enum Product {
    /// The npm package `purecloud`: script-tag files, ES modules, CommonJS, type declarations, Bower and CDN files.
    #[command(visible_alias = "js")]
    Javascript(JavascriptOptions),
}

/// Whose place a package takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Face {
    /// The SDK of 2026.
    V2,
}

#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own on the command line")]
pub(crate) struct JavascriptOptions {
    /// Folder to write. Files that an earlier run wrote there are replaced, and removed when they are no longer part of
    /// the package; other files are never touched, and when one is in the way nothing is written.
    #[arg(long, value_name = "DIR")]
    pub(crate) out: PathBuf,
    /// Replace files in the folder that an earlier run did not write.
    #[arg(long)]
    pub(crate) force: bool,
    /// Definition to read: a file or an https address, Swagger 2.0 or OpenAPI 3, JSON or YAML. The bundled one when
    /// it is left out.
    #[arg(long, value_name = "FILE|URL")]
    pub(crate) definition: Option<String>,
    /// With `--definition`: keep the operations that the platform has dropped since 2016, for programs that still name
    /// them. The bundled definition always has them.
    #[arg(long, requires = "definition")]
    pub(crate) with_retired: bool,
    /// Classes to put in, such as `UsersApi,RoutingApi`; all when it is left out.
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    pub(crate) apis: Vec<String>,
    /// Write a package that takes the place of another SDK: `v2` that of `purecloud-platform-client-v2`, in its layout.
    #[arg(long, value_name = "NAME")]
    pub(crate) face: Option<Face>,
    /// Version of the package.
    #[arg(long, value_name = "X.Y.Z")]
    pub(crate) package_version: Option<String>,
    /// Fail when something of the definition would be left out: an operation that the SDK cannot call, a key that is
    /// not known, a reference that leads nowhere. They are warnings otherwise.
    #[arg(long)]
    pub(crate) strict: bool,
    /// Say nothing unless something is wrong.
    #[arg(long, short)]
    pub(crate) quiet: bool,
}

#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own on the command line")]
pub(crate) struct EmulatorOptions {
    /// Port to listen on; 0 takes a free one.
    #[arg(long, default_value_t = 8085)]
    pub(crate) port: u16,
    /// Address to listen on, or `localhost`. Anything but a loopback address lets other machines in.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1", value_parser = address)]
    pub(crate) host: IpAddr,
    /// Definition to emulate: a file or an https address. The bundled one when it is left out.
    #[arg(long, value_name = "FILE|URL")]
    pub(crate) definition: Option<String>,
    /// Seed of all made-up values: the same seed makes the same organisation.
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// The number of users in the organisation.
    #[arg(long, value_name = "COUNT", default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub(crate) users: u32,
    /// Start with users, roles and divisions alone: no queues, skills, wrap-up codes or other entities.
    #[arg(long)]
    pub(crate) empty: bool,
    /// Start with the organisation in this JSON file in place of the made-up one: lists of entities by the path of
    /// their collection. `GET /_emulator/data` writes such a file.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["users", "empty"])]
    pub(crate) data: Option<PathBuf>,
    /// Keep the state in this directory, and go on from what an earlier run left there. `--seed`, `--users` and
    /// `--empty` then matter to a reset alone.
    #[arg(long, value_name = "DIR")]
    pub(crate) data_dir: Option<PathBuf>,
    /// Refuse requests past 300 a minute with the same token, as the platform does; they are only counted otherwise.
    #[arg(long)]
    pub(crate) rate_limit: bool,
    /// Make requests fail:
    /// `FAULT[,operation=NAME][,method=M][,path=START][,after=N][,times=N][,probability=P][,burst=N]`, where FAULT is
    /// `status:CODE[:SECONDS]`, rate-limit:COUNT, `delay:MS[:JITTER]`, slow:MS, cut-before, cut-during, cut-after,
    /// truncate, garble, html, content-type, revoke, skew:SECONDS, stale:MS, `socket-drop[:MS]`, `socket-silent[:MS]`
    /// or `socket-closing[:MS]`. May be given several times; the first rule that strikes decides.
    #[arg(long, value_name = "RULE")]
    pub(crate) fault: Vec<FaultRule>,
    /// Name beside localhost under which `/` and `/_emulator/` answer, such as that of a container. May be given
    /// several times.
    #[arg(long, value_name = "NAME")]
    pub(crate) allow_host: Vec<String>,
    /// Encrypt every connection, with a certificate made at the start for localhost, names below it, and this machine's
    /// loopback addresses.
    #[arg(long)]
    pub(crate) tls: bool,
    /// With `--tls`: the authority that issues the certificate, as PEM, with its key beside it (`ca-key.pem` beside
    /// `ca.pem`). Both are made when they are not there; trust the file once and keep it.
    #[arg(long, value_name = "FILE", requires = "tls")]
    pub(crate) tls_ca: Option<PathBuf>,
    /// With `--tls`: answer as the platform at `api.X`, `login.X`, `streaming.X` and `apps.X`, as production does. May
    /// be given several times.
    #[arg(long, value_name = "X", requires = "tls")]
    pub(crate) domain: Vec<String>,
    /// The number of requests kept for `/_emulator/requests`.
    #[arg(long, value_name = "COUNT", default_value_t = 2_000)]
    pub(crate) record: usize,
    /// Make an entity up when one that was never created is asked for by its id, instead of answering 404.
    #[arg(long)]
    pub(crate) invent: bool,
    /// Refuse a grant that is not the client's with a page of the login, instead of a redirect with
    /// `unauthorized_client`.
    #[arg(long)]
    pub(crate) refuse_by_page: bool,
    /// List the operations whose effects are kept, with what each does to what is stored, and end.
    #[arg(long)]
    pub(crate) routes: bool,
    /// Announce the address, the clients and the user as one line of JSON on standard output.
    #[arg(long)]
    pub(crate) json: bool,
    /// End when standard input ends, as it does when the program that started this one ends in any way.
    #[arg(long)]
    pub(crate) exit_with_stdin: bool,
    #[command(flatten)]
    pub(crate) limits: Limits,
}

/// Limits of the emulator. Sizes are in bytes, or with a unit: `64KiB`, `10MiB`.
#[derive(Debug, Args)]
#[command(next_help_heading = "Limits")]
pub(crate) struct Limits {
    /// Connections at a time; more are closed at once.
    #[arg(long = "max-connections", value_name = "COUNT", default_value_t = Settings::default().connections, value_parser = count())]
    pub(crate) connections: usize,
    /// Stored entities; storing more is refused with 409.
    #[arg(long = "max-entities", value_name = "COUNT", default_value_t = Settings::default().entities, value_parser = count())]
    pub(crate) entities: usize,
    /// Memory that stored entities take, about; storing more is refused with 409.
    #[arg(long = "max-stored", value_name = "SIZE", default_value_t = Size(Settings::default().stored_bytes))]
    pub(crate) stored: Size,
    /// Body of a request; more is refused with 413.
    #[arg(long = "max-body", value_name = "SIZE", default_value_t = Size(Settings::default().body_limit))]
    pub(crate) body: Size,
    /// Bodies over 64 KiB that are under way together; others wait their turn.
    #[arg(long = "max-bodies", value_name = "SIZE", default_value_t = Size(Settings::default().bodies))]
    pub(crate) bodies: Size,
    /// Live tokens of one client and user; the next has the oldest die.
    #[arg(long = "max-tokens", value_name = "COUNT", default_value_t = Settings::default().tokens_per_caller, value_parser = count())]
    pub(crate) tokens: usize,
}

/// A number of things, at least one.
fn count() -> RangedU64ValueParser<usize> {
    RangedU64ValueParser::new().range(1..)
}

#[derive(Debug, Args)]
pub(crate) struct DemoOptions {
    /// End after the examples have run, with their outcome as exit code.
    #[arg(long)]
    pub(crate) exit: bool,
    /// Port of the emulator; 0 takes a free one.
    #[arg(long, default_value_t = 0)]
    pub(crate) port: u16,
    /// Address that the emulator listens on, or `localhost`. Anything but a loopback address lets other machines in.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1", value_parser = address)]
    pub(crate) host: IpAddr,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_arguments_fit_together() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn faults_are_read_as_rules_and_told_apart_from_what_is_none() {
        let read = |rule| Arguments::try_parse_from(["purecloud", "emulator", "--fault", rule]);
        let Command::Emulator(options) = read("status:503,operation=getUsersMe,times=2").unwrap().command
        else {
            panic!("another command was read");
        };
        assert_eq!(options.fault[0].operation.as_deref(), Some("getUsersMe"));
        assert_eq!(options.fault[0].times, Some(2));
        assert!(read("explode").unwrap_err().to_string().contains("cut-before"));
    }

    #[test]
    fn limits_are_read_with_their_units_and_are_never_nothing() {
        let read = |flag, value| Arguments::try_parse_from(["purecloud", "emulator", flag, value]);
        let Command::Emulator(options) = read("--max-body", "64KiB").unwrap().command else {
            panic!("another command was read");
        };
        assert_eq!(options.limits.body, Size(65_536));
        assert_eq!(options.limits.entities, Settings::default().entities);
        for flag in ["--max-connections", "--max-entities", "--max-stored", "--max-body", "--max-tokens"] {
            assert!(read(flag, "0").is_err(), "{flag}");
            assert!(read(flag, "7").is_ok(), "{flag}");
        }
    }

    #[test]
    fn the_help_names_every_fault() {
        let mut command = Arguments::command();
        let help = command.find_subcommand_mut("emulator").unwrap().render_long_help().to_string();
        let missing: Vec<_> =
            purecloud_emulator::Fault::kinds().iter().filter(|kind| !help.contains(kind.form)).collect();
        assert!(missing.is_empty(), "{missing:?}");
    }
}
