//! A definition from an address.

use std::time::Duration;

use ureq::http::Uri;

use super::{Source, read_bounded};
use crate::error::DefinitionError;

/// Longest time from the first packet to the last byte. The platform takes ten seconds to write its definition.
pub const TIME_LIMIT: Duration = Duration::from_secs(120);

/// Redirects that are followed, each of which must be allowed in itself.
const MAX_REDIRECTS: usize = 5;

pub(super) fn fetch(url: &str) -> Result<Source, DefinitionError> {
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .timeout_global(Some(TIME_LIMIT))
        // Followed here, so that a redirect cannot lead from https to http.
        .max_redirects(0)
        .http_status_as_error(false)
        .user_agent(concat!("purecloud/", env!("CARGO_PKG_VERSION")))
        .build()
        .into();
    let mut next = url.to_owned();
    for _ in 0..=MAX_REDIRECTS {
        let uri = allowed(&next).map_err(|message| unfetched(&next, message))?;
        let failed = |error: ureq::Error| unfetched(&next, error.to_string());
        let accept = "application/json, application/yaml;q=0.9, */*;q=0.5";
        let mut response = agent.get(&uri).header("Accept", accept).call().map_err(failed)?;
        let status = response.status();
        if status.is_redirection() {
            let target = response.headers().get("location").and_then(|value| value.to_str().ok());
            let target =
                target.ok_or_else(|| unfetched(&next, "a redirect without an address".to_owned()))?;
            next = absolute(&uri, target);
            continue;
        }
        if !status.is_success() {
            return Err(unfetched(&next, format!("the server answered {status}")));
        }
        let reader = response.body_mut().as_reader();
        let bytes = read_bounded(reader).map_err(|error| unfetched(&next, error.to_string()))?;
        return Source::bytes(bare(&next), bytes);
    }
    Err(unfetched(url, format!("more than {MAX_REDIRECTS} redirects")))
}

/// `url` parsed, if it may be asked: a definition decides what code is made, so nobody on the way may change it.
fn allowed(url: &str) -> Result<Uri, String> {
    let uri: Uri = url.parse().map_err(|_| "not an address".to_owned())?;
    let host = uri.host().unwrap_or_default().trim_matches(['[', ']']);
    let local =
        host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback());
    match uri.scheme_str() {
        Some("https") => Ok(uri),
        Some("http") if local => Ok(uri),
        Some("http") => Err("http is only allowed for this machine; use https".to_owned()),
        _ => Err("not an https address".to_owned()),
    }
}

/// The absolute address of `target`, a redirect from `base`.
fn absolute(base: &Uri, target: &str) -> String {
    if target.contains("://") {
        return target.to_owned();
    }
    let scheme = base.scheme_str().unwrap_or("https");
    let authority = base.authority().map_or("", |authority| authority.as_str());
    if let Some(rest) = target.strip_prefix("//") {
        return format!("{scheme}://{rest}");
    }
    if target.starts_with('/') {
        return format!("{scheme}://{authority}{target}");
    }
    let folder = base.path().rsplit_once('/').map_or("", |(folder, _)| folder);
    format!("{scheme}://{authority}{folder}/{target}")
}

/// `url` without what may be secret in it.
fn bare(url: &str) -> String {
    let end = url.find(['?', '#']).unwrap_or(url.len());
    let url = &url[..end];
    let Some((scheme, rest)) = url.split_once("://") else {
        return url.to_owned();
    };
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    format!("{scheme}://{host}{path}")
}

fn unfetched(url: &str, message: String) -> DefinitionError {
    DefinitionError::Unfetched { url: bare(url), message }
}
