//! Environments: from the text that names one to the hosts of a session.

use std::fmt;

/// The domain when nothing is said.
pub const DEFAULT_DOMAIN: &str = "mypurecloud.com";

/// Region name and domain of every place where the platform runs.
pub const REGIONS: [(&str, &str); 18] = [
    ("us-east-1", "mypurecloud.com"),
    ("eu-west-1", "mypurecloud.ie"),
    ("ap-southeast-2", "mypurecloud.com.au"),
    ("ap-northeast-1", "mypurecloud.jp"),
    ("eu-central-1", "mypurecloud.de"),
    ("us-west-2", "usw2.pure.cloud"),
    ("ca-central-1", "cac1.pure.cloud"),
    ("ap-northeast-2", "apne2.pure.cloud"),
    ("eu-west-2", "euw2.pure.cloud"),
    ("ap-south-1", "aps1.pure.cloud"),
    ("us-east-2", "use2.us-gov-pure.cloud"),
    ("sa-east-1", "sae1.pure.cloud"),
    ("me-central-1", "mec1.pure.cloud"),
    ("ap-northeast-3", "apne3.pure.cloud"),
    ("eu-central-2", "euc2.pure.cloud"),
    ("mx-central-1", "mxc1.pure.cloud"),
    ("ap-southeast-1", "apse1.pure.cloud"),
    ("eusc-de-east-1", "edee1.eusc-pure.cloud"),
];

/// The origins a session talks to: `https://host` or, on this machine only, `http://host:port`; no path, no slash at
/// the end.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Environment {
    api: String,
    login: String,
}

impl Default for Environment {
    fn default() -> Self {
        Self::of_domain(DEFAULT_DOMAIN)
    }
}

impl Environment {
    /// Reads an environment: a domain (`mypurecloud.ie`, with its port if it has one), a region (`eu-west-1` or
    /// `eu_west_1`), or an origin (`http://127.0.0.1:8085`), which then plays every host. The address of one of the
    /// platform's own hosts (`https://api.mypurecloud.ie`) means its domain.
    ///
    /// # Errors
    /// [`EnvironmentError`] when it is none of these, holds credentials or a path, or is plain `http` anywhere but
    /// on this machine: a token sent there could be read on the way.
    pub fn parse(text: &str) -> Result<Self, EnvironmentError> {
        let trimmed = text.trim();
        let problem = |reason| Err(EnvironmentError { given: trimmed.to_owned(), reason });
        if trimmed.is_empty() {
            return problem(Reason::Empty);
        }
        let (scheme, rest) = match trimmed.split_once("://") {
            Some((scheme, rest)) => (Some(scheme.to_ascii_lowercase()), rest),
            None => (None, trimmed),
        };
        let authority = rest.trim_end_matches('/').to_ascii_lowercase();
        if authority.contains('@') {
            // The text may hold a password, so it is not shown.
            return Err(EnvironmentError { given: "…@…".to_owned(), reason: Reason::Credentials });
        }
        if authority.contains(['/', '?', '#']) {
            return problem(Reason::Path);
        }
        let Some(host) = split_authority(&authority) else {
            return problem(Reason::Host);
        };
        let origin = |scheme: &str| Ok(Self::of_origin(&format!("{scheme}://{authority}")));
        let is_address = host.starts_with('[') || host.parse::<std::net::IpAddr>().is_ok();
        let domain = ["api.", "login.", "apps."]
            .iter()
            .find_map(|prefix| authority.strip_prefix(prefix))
            .unwrap_or(&authority);
        match scheme.as_deref() {
            None if is_address => problem(Reason::Scheme),
            None => {
                let region = authority.replace('_', "-");
                if let Some((_, domain)) = REGIONS.iter().find(|(name, _)| *name == region) {
                    return Ok(Self::of_domain(domain));
                }
                if !host.contains('.') && !is_loopback(host) {
                    return problem(Reason::Region);
                }
                Ok(Self::of_domain(domain))
            }
            // One of the platform's own hosts stands for all of them; any other plays them all itself.
            Some("https") if is_platform(domain) => Ok(Self::of_domain(domain)),
            Some("https") => origin("https"),
            Some("http") if is_loopback(host) => origin("http"),
            Some("http") => problem(Reason::PlainHttp),
            Some(_) => problem(Reason::Scheme),
        }
    }

    fn of_domain(domain: &str) -> Self {
        Self { api: format!("https://api.{domain}"), login: format!("https://login.{domain}") }
    }

    fn of_origin(origin: &str) -> Self {
        Self { api: origin.to_owned(), login: origin.to_owned() }
    }

    /// The origin of the API, such as `https://api.mypurecloud.ie`.
    pub fn api(&self) -> &str {
        &self.api
    }

    /// The origin that gives tokens, such as `https://login.mypurecloud.ie`.
    pub fn login(&self) -> &str {
        &self.login
    }
}

/// The host without its port; `None` when either cannot stand in an address.
fn split_authority(authority: &str) -> Option<&str> {
    let (host, port) = if let Some(rest) = authority.strip_prefix('[') {
        let (inside, after) = rest.split_once(']')?;
        inside.parse::<std::net::Ipv6Addr>().ok()?;
        let port = match after {
            "" => None,
            _ => Some(after.strip_prefix(':')?),
        };
        (&authority[..inside.len() + 2], port)
    } else {
        match authority.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (authority, None),
        }
    };
    let bracketed = host.starts_with('[');
    let labels = host.split('.').all(|label| {
        !label.is_empty()
            && label.len() <= 63
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
    });
    if !bracketed && (!labels || host.len() > 253) {
        return None;
    }
    match port {
        None => Some(host),
        Some(port) => port.parse::<u16>().ok().filter(|port| *port > 0).map(|_| host),
    }
}

/// Returns whether a domain, with or without a port, is one of the platform's.
fn is_platform(authority: &str) -> bool {
    let domain = authority.split(':').next().unwrap_or_default();
    REGIONS.iter().any(|(_, own)| domain == *own || domain.ends_with(&format!(".{own}")))
        || domain.ends_with(".pure.cloud")
}

/// Returns whether a host is this machine: `localhost`, a name under it, `127.0.0.0/8` or `[::1]`.
pub(crate) fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    bare.eq_ignore_ascii_case("localhost")
        || bare.to_ascii_lowercase().ends_with(".localhost")
        || bare.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// A text that names no environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnvironmentError {
    given: String,
    reason: Reason,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reason {
    Empty,
    Credentials,
    Path,
    Host,
    Region,
    PlainHttp,
    Scheme,
}

impl fmt::Display for EnvironmentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let given = &self.given;
        match self.reason {
            Reason::Empty => f.write_str("the environment is empty; leave it out for `mypurecloud.com`"),
            Reason::Credentials => f.write_str(
                "the environment contains credentials; pass them with `client_credentials` instead",
            ),
            Reason::Path => {
                write!(f, "the environment `{given}` contains a path; write only the domain or the origin")
            }
            Reason::Host => {
                write!(
                    f,
                    "the environment `{given}` is not a host name; write a domain such as `mypurecloud.ie`"
                )
            }
            Reason::Region => {
                write!(f, "there is no region `{given}`; the regions are ")?;
                for (at, (name, _)) in REGIONS.iter().enumerate() {
                    write!(f, "{}{name}", if at == 0 { "" } else { ", " })?;
                }
                Ok(())
            }
            Reason::PlainHttp => write!(
                f,
                "the environment `{given}` is plain http, which exposes tokens; use https (http is only allowed for this machine)"
            ),
            Reason::Scheme => {
                write!(f, "the environment `{given}` needs `http://` or `https://` in front")
            }
        }
    }
}

impl std::error::Error for EnvironmentError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_region_has_one_domain() {
        for (at, (name, domain)) in REGIONS.iter().enumerate() {
            assert!(REGIONS[at + 1..].iter().all(|other| other.0 != *name && other.1 != *domain));
            assert_eq!(Environment::parse(name), Ok(Environment::of_domain(domain)));
        }
    }

    #[test]
    fn an_error_never_shows_a_password() {
        let error = Environment::parse("https://me:hunter2@api.mypurecloud.ie").unwrap_err();
        assert!(!error.to_string().contains("hunter2"));
    }
}
