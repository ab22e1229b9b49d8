//! OAuth clients, and the ones that every emulator starts with.

use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use crate::base::demo;
use crate::http::hosts;

/// Who asks for tokens.
#[derive(Clone, PartialEq, Eq)]
pub struct Client {
    /// The client id; unique.
    pub id: String,
    /// Shown on the consent page.
    pub name: String,
    /// Absent for a public client, which must use PKCE with the code grant.
    pub secret: Option<String>,
    /// What it may trade for tokens. The API shows the first, and `CODE` when there is none.
    pub grants: Vec<Grant>,
    /// Where answers of the authorize page may go.
    pub redirects: Vec<Redirect>,
    /// Scopes it may ask for; empty for all.
    pub scopes: Vec<String>,
    /// What its tokens may do, such as `routing:queue:view`; a part may be `*`. Default everything: `*`.
    pub permissions: Vec<String>,
    /// How long its tokens live, in whole seconds; 24 hours unless said otherwise, as is usual on the platform.
    pub token_lifetime: Duration,
    /// The e-mail address of the user in whose name its client credentials act. Without one, operations about
    /// "me" are refused, as on the platform.
    pub acts_as: Option<String>,
}

/// A way to a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grant {
    /// The client's own id and secret.
    ClientCredentials,
    /// The token stands in the fragment of the redirect.
    Implicit,
    /// A code stands in the query of the redirect; refresh tokens come with it.
    Code,
    /// An assertion of an identity provider.
    Saml2Bearer,
    /// Name and password of the person, which the client asks for itself.
    Password,
}

impl Grant {
    const ALL: [Self; 5] =
        [Self::ClientCredentials, Self::Implicit, Self::Code, Self::Saml2Bearer, Self::Password];

    /// What the platform calls it in `authorizedGrantType`.
    pub const fn platform_name(self) -> &'static str {
        match self {
            Self::ClientCredentials => "CLIENT-CREDENTIALS",
            Self::Implicit => "TOKEN",
            Self::Code => "CODE",
            Self::Saml2Bearer => "SAML2-BEARER",
            Self::Password => "PASSWORD",
        }
    }

    /// The grant that the platform calls this. Older definitions write `SAML2BEARER` and `CLIENT_CREDENTIALS`.
    pub(crate) fn named(name: &str) -> Option<Self> {
        let letters = |name: &str| name.replace(['-', '_'], "").to_ascii_uppercase();
        Self::ALL.into_iter().find(|grant| letters(grant.platform_name()) == letters(name))
    }

    /// Whether whoever uses it has a secret.
    pub(crate) const fn has_secret(self) -> bool {
        !matches!(self, Self::Implicit)
    }
}

/// A redirect address that a client may name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Redirect {
    /// This one.
    Exact(String),
    /// Any `http` or `https` address on this machine, whatever its port and path.
    Loopback,
}

impl Client {
    /// A client without grants; fields are public, so `Client { grants: …, ..Client::new(id, name) }` makes it
    /// useful.
    pub fn new(id: impl Into<String>, name: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            name: name.into(),
            secret: None,
            grants: Vec::new(),
            redirects: Vec::new(),
            scopes: Vec::new(),
            permissions: vec!["*".to_owned()],
            token_lifetime: Duration::from_hours(24),
            acts_as: None,
        }
    }

    /// The clients of [`demo`].
    pub fn seeded() -> Vec<Self> {
        let secret = Some(demo::SECRET.to_owned());
        vec![
            Self {
                secret: secret.clone(),
                grants: vec![Grant::ClientCredentials, Grant::Saml2Bearer],
                acts_as: Some(demo::USER.to_owned()),
                ..Self::new(demo::CREDENTIALS_CLIENT, "Demo program")
            },
            Self {
                grants: vec![Grant::Implicit, Grant::Code],
                redirects: vec![Redirect::Loopback],
                ..Self::new(demo::BROWSER_CLIENT, "Demo page")
            },
            Self {
                secret,
                grants: vec![Grant::Code],
                redirects: vec![Redirect::Loopback],
                ..Self::new(demo::CODE_CLIENT, "Demo server")
            },
        ]
    }

    /// Whether it may use this grant.
    pub fn may(&self, grant: Grant) -> bool {
        self.grants.contains(&grant)
    }

    /// Whether its tokens have this permission.
    pub fn is_permitted(&self, permission: &str) -> bool {
        self.permissions.iter().any(|own| {
            let mut own = own.split(':');
            let mut wanted = permission.split(':');
            loop {
                match (own.next(), wanted.next()) {
                    // A star at the end covers whatever follows.
                    (Some("*"), Some(_)) if own.clone().next().is_none() => return true,
                    (Some(own), Some(wanted)) if own == "*" || own == wanted => {}
                    (None, None) => return true,
                    _ => return false,
                }
            }
        })
    }

    /// Whether answers may go to this address.
    pub fn may_redirect_to(&self, address: &str) -> bool {
        // RFC 6749 forbids fragments here: the token itself would follow.
        !address.contains('#')
            && self.redirects.iter().any(|known| match known {
                Redirect::Exact(known) => known == address,
                Redirect::Loopback => is_loopback(address),
            })
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("id", &self.id)
            .field("name", &self.name)
            .field("secret", &self.secret.as_ref().map(|_| "[redacted]"))
            .field("grants", &self.grants)
            .field("redirects", &self.redirects)
            .finish_non_exhaustive()
    }
}

/// Whether an address is on this machine.
fn is_loopback(address: &str) -> bool {
    let Ok(uri) = address.parse::<http::Uri>() else { return false };
    let (Some("http" | "https"), Some(authority)) = (uri.scheme_str(), uri.authority()) else { return false };
    // A user before an `@` makes this `None`: `http://localhost@elsewhere` is elsewhere.
    let Some((host, _)) = hosts::name_and_port(authority.as_str()) else { return false };
    if let Ok(address) = host.parse::<IpAddr>() {
        return address.is_loopback();
    }
    let host = host.to_ascii_lowercase();
    let is_plain = host.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-'));
    is_plain && (host == "localhost" || host.ends_with(".localhost"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_on_this_machine_are_loopback() {
        for good in [
            "http://localhost/",
            "http://LOCALHOST:8085/a?b=c",
            "http://a.localhost/",
            "https://127.0.0.1:1/x",
            "http://[::1]:3/",
            "http://[::1]",
        ] {
            assert!(is_loopback(good), "{good}");
        }
        for bad in [
            "http://localhost.example.com/",
            "http://localhost@example.com/",
            "http://localhost:1@example.com/",
            "http://[::1].example.com/",
            "http://[::1]example.com/",
            "http://[::1]@example.com/",
            "http://[::1]:80.example.com/",
            "http://127.0.0.1.example.com/",
            "http://example.com%2f.localhost/",
            "http://example.com%23.localhost/",
            "http://localhost:80:80/",
            "http://[::2]/",
            "http://example.com/localhost",
            "ftp://localhost/",
            "javascript:alert(1)",
            "//localhost/",
            "localhost",
            "",
        ] {
            assert!(!is_loopback(bad), "{bad}");
        }
    }

    #[test]
    fn exact_addresses_are_compared_whole() {
        let client = Client {
            redirects: vec![Redirect::Exact("https://a.example/cb".to_owned())],
            ..Client::new("i", "n")
        };
        assert!(client.may_redirect_to("https://a.example/cb"));
        assert!(!client.may_redirect_to("https://a.example/cb/"));
        assert!(!client.may_redirect_to("https://a.example/cb#x"));
        assert!(!client.may_redirect_to("http://localhost/"));
    }

    #[test]
    fn permissions_may_have_stars() {
        let may = |own: &str, wanted: &str| {
            Client { permissions: vec![own.to_owned()], ..Client::new("i", "n") }.is_permitted(wanted)
        };
        assert!(may("*", "routing:queue:view") && may("routing:*", "routing:queue:view"));
        assert!(
            may("routing:*:view", "routing:queue:view") && may("routing:queue:view", "routing:queue:view")
        );
        assert!(!may("routing:queue", "routing:queue:view") && !may("routing:*:edit", "routing:queue:view"));
        assert!(!may("routing:queue:view:all", "routing:queue:view"));
    }

    #[test]
    fn grants_are_known_by_every_name_that_a_definition_gives_them() {
        for grant in Grant::ALL {
            assert_eq!(Grant::named(grant.platform_name()), Some(grant));
        }
        assert_eq!(Grant::named("SAML2BEARER"), Some(Grant::Saml2Bearer));
        assert_eq!(Grant::named("CLIENT_CREDENTIALS"), Some(Grant::ClientCredentials));
        assert_eq!(Grant::named("BANANA"), None);
    }

    #[test]
    fn debug_output_holds_no_secret() {
        assert!(!format!("{:?}", Client::seeded()).contains(demo::SECRET));
    }
}
