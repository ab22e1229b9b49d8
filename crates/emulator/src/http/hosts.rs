//! What is to be found under which name, where the emulator has the names of the platform.
//!
//! On the platform, `login.X` signs in, `api.X` answers and `streaming.X` notifies, and none of them does the work of
//! another. Under every other name, such as an address, the emulator is all of them at once.

use std::net::Ipv6Addr;

use http::header;

use crate::http::request::Request;

/// The name or address of a host and its port, as in `localhost:8085` and `[::1]:8085`; the brackets of an address are
/// left out. `None` for a text with anything else in it, such as `[::1].example`.
pub(crate) fn name_and_port(host: &str) -> Option<(&str, Option<u16>)> {
    let (name, rest) = match host.strip_prefix('[') {
        Some(rest) => {
            let (address, rest) = rest.split_once(']')?;
            address.parse::<Ipv6Addr>().ok()?;
            (address, rest)
        }
        None => host.split_at(host.find(':').unwrap_or(host.len())),
    };
    match rest.strip_prefix(':') {
        Some(port) => Some((name, Some(port.parse().ok()?))),
        None => rest.is_empty().then_some((name, None)),
    }
}

/// The domains that the emulator plays.
#[derive(Debug, Default)]
pub(crate) struct Hosts {
    /// In lower case, such as `mypurecloud.com`.
    domains: Vec<String>,
    /// Whether connections are encrypted.
    secure: bool,
}

/// Which part of the platform a name is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// All of them.
    Whole,
    Api,
    Login,
    Streaming,
    Apps,
}

/// What stands before a domain, and the part that it names.
pub(crate) const PARTS: [(&str, Part); 4] =
    [("api", Part::Api), ("login", Part::Login), ("streaming", Part::Streaming), ("apps", Part::Apps)];

impl Part {
    pub(crate) fn has_api(self) -> bool {
        matches!(self, Self::Whole | Self::Api)
    }

    pub(crate) fn has_login(self) -> bool {
        matches!(self, Self::Whole | Self::Login)
    }

    pub(crate) fn has_sockets(self) -> bool {
        matches!(self, Self::Whole | Self::Streaming)
    }

    /// Whether files are served that were put beside the platform.
    pub(crate) fn has_files(self) -> bool {
        matches!(self, Self::Whole | Self::Apps)
    }
}

impl Hosts {
    /// Plays `domains` over encrypted connections.
    pub(crate) fn secure(domains: Vec<String>) -> Self {
        Self { domains, secure: true }
    }

    /// The part that a request came to, by its `Host`.
    pub(crate) fn part(&self, request: &Request) -> Part {
        self.part_of(request.header(header::HOST).unwrap_or_default())
    }

    fn part_of(&self, host: &str) -> Part {
        let name = host.split_once(':').map_or(host, |(name, _)| name);
        let name = name.strip_suffix('.').unwrap_or(name);
        let Some((first, domain)) = name.split_once('.') else { return Part::Whole };
        if !self.domains.iter().any(|known| known.eq_ignore_ascii_case(domain)) {
            return Part::Whole;
        }
        let known = PARTS.iter().find(|(prefix, _)| prefix.eq_ignore_ascii_case(first));
        known.map_or(Part::Whole, |(_, part)| *part)
    }

    /// Where the request came to, such as `http://127.0.0.1:8085`: what is handed out works through a port or a name
    /// that only the caller knows.
    pub(crate) fn origin(&self, request: &Request) -> String {
        let scheme = if self.secure { "https" } else { "http" };
        format!("{scheme}://{}", request.header(header::HOST).unwrap_or("localhost"))
    }

    /// Where the socket of a channel is for whoever asked for it: at the host that the request came to, so that it works
    /// through a port or a name that only the caller knows, or at the one that stands beside `api.X`.
    pub(crate) fn socket(&self, request: &Request, channel: &str) -> String {
        let host = request.header(header::HOST).unwrap_or("localhost");
        let scheme = if self.secure { "wss" } else { "ws" };
        let host = match (self.part_of(host), host.split_once('.')) {
            (Part::Api, Some((_, domain))) => format!("streaming.{domain}"),
            _ => host.to_owned(),
        };
        format!("{scheme}://{host}/channels/{channel}")
    }
}

#[cfg(test)]
mod tests {
    use http::Method;

    use super::*;
    use crate::fixture;

    fn to(host: &str) -> Request {
        fixture::request(Method::GET, "/", &[(header::HOST, host)], "")
    }

    #[track_caller]
    fn check(host: &str, part: Part, socket: &str) {
        let hosts = Hosts::secure(vec!["localhost".to_owned(), "mypurecloud.com".to_owned()]);
        assert_eq!(hosts.part(&to(host)), part);
        assert_eq!(hosts.socket(&to(host), "c"), format!("wss://{socket}/channels/c"));
        assert_eq!(hosts.origin(&to(host)), format!("https://{host}"));
    }

    #[test]
    fn names_of_the_platform_are_its_parts_and_every_other_is_all_of_it() {
        check("api.mypurecloud.com", Part::Api, "streaming.mypurecloud.com");
        check("API.MyPureCloud.com:8085", Part::Api, "streaming.MyPureCloud.com:8085");
        check("api.localhost.:8085", Part::Api, "streaming.localhost.:8085");
        check("login.mypurecloud.com", Part::Login, "login.mypurecloud.com");
        check("streaming.localhost", Part::Streaming, "streaming.localhost");
        check("apps.localhost:1", Part::Apps, "apps.localhost:1");
        check("mypurecloud.com", Part::Whole, "mypurecloud.com");
        check("web.localhost", Part::Whole, "web.localhost");
        check("localhost:8085", Part::Whole, "localhost:8085");
        check("127.0.0.1:8085", Part::Whole, "127.0.0.1:8085");
        check("[::1]:8085", Part::Whole, "[::1]:8085");
        check("api.mypurecloud.com.example", Part::Whole, "api.mypurecloud.com.example");
        check("x.api.mypurecloud.com", Part::Whole, "x.api.mypurecloud.com");
    }

    #[test]
    fn a_host_is_a_name_or_an_address_and_perhaps_a_port() {
        for (host, expected) in [
            ("localhost", Some(("localhost", None))),
            ("localhost:80", Some(("localhost", Some(80)))),
            ("127.0.0.1:80", Some(("127.0.0.1", Some(80)))),
            ("[::1]", Some(("::1", None))),
            ("[::1]:80", Some(("::1", Some(80)))),
            ("[::1].example", None),
            ("[::1]:80.example", None),
            ("[::1]x:80", None),
            ("[::1", None),
            ("[localhost]", None),
            ("localhost:", None),
            ("localhost:http", None),
            ("localhost:80:80", None),
        ] {
            assert_eq!(name_and_port(host), expected, "{host}");
        }
    }

    #[test]
    fn without_tls_every_name_is_all_of_it() {
        let hosts = Hosts::default();
        assert_eq!(hosts.part(&to("api.localhost")), Part::Whole);
        assert_eq!(hosts.socket(&to("api.localhost:1"), "c"), "ws://api.localhost:1/channels/c");
        assert_eq!(hosts.origin(&to("api.localhost:1")), "http://api.localhost:1");
    }
}
