//! Who may control the emulator: programs on this machine and its own page, but no page from elsewhere.
//!
//! A browser names the page that asks in `Origin`. A page whose own name was made to resolve to this machine (DNS
//! rebinding) has an origin that looks like ours; it is told by `Host`, which then holds that name. An address
//! cannot be bound to another machine, so addresses are fine.

use std::net::IpAddr;

use http::{StatusCode, header};

use crate::http::hosts;
use crate::http::problem::Problem;
use crate::http::request::Request;

/// Refuses what comes from a page of another origin, or under a name that is not this machine's.
///
/// `names` are those that the settings allow beside `localhost`.
///
/// # Errors
/// 403, saying what to do instead.
pub(crate) fn admit(request: &Request, names: &[String]) -> Result<(), Problem> {
    let refused = |message: String| Err(Problem::new(StatusCode::FORBIDDEN, "not.authorized", message));
    let mut hosts =
        request.headers.get_all(header::HOST).iter().map(|host| host.to_str().unwrap_or_default());
    let host = hosts.next();
    if let Some(host) = host
        && (hosts.next().is_some() || !is_ours(host, names))
    {
        let host: String = host.chars().take(100).collect();
        return refused(format!(
            "The emulator cannot be controlled under the host [{host}]. Use localhost or an address, or allow the \
             name: `purecloud emulator --allow-host NAME`."
        ));
    }
    let Some(origin) = request.headers.get(header::ORIGIN) else { return Ok(()) };
    let own = origin.to_str().ok().and_then(|origin| origin.split_once("://")).map(|(_, own)| own);
    if own.is_none() || own != host {
        return refused("Pages of other origins cannot control the emulator.".to_owned());
    }
    Ok(())
}

/// Whether `host`, with or without a port, is an address, `localhost`, a name below it, or one that is allowed.
fn is_ours(host: &str, names: &[String]) -> bool {
    let Some((name, _)) = hosts::name_and_port(host) else { return false };
    if name.parse::<IpAddr>().is_ok() {
        return true;
    }
    let name = name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase();
    name == "localhost"
        || name.ends_with(".localhost")
        || names.iter().any(|allowed| allowed.eq_ignore_ascii_case(&name))
}

#[cfg(test)]
mod tests {
    use http::{HeaderName, Method};

    use super::*;
    use crate::fixture;

    fn request(headers: &[(HeaderName, &str)]) -> Request {
        fixture::request(Method::GET, "/_emulator/requests", headers, "")
    }

    #[test]
    fn addresses_and_names_of_this_machine_are_ours() {
        let names = ["emulator".to_owned()];
        for host in [
            "127.0.0.1:8085",
            "127.0.0.1",
            "[::1]:8085",
            "[::1]",
            "192.168.1.5:8085",
            "localhost:8085",
            "LocalHost",
            "localhost.:8085",
            "api.localhost:8085",
            "login.cloud.localhost",
            "Emulator:8085",
        ] {
            assert!(is_ours(host, &names), "{host}");
        }
    }

    #[test]
    fn names_that_may_be_bound_to_any_machine_are_not_ours() {
        for host in [
            "",
            "rebound.example:8085",
            "localhost.example",
            "notlocalhost",
            "127.0.0.1.example:8085",
            "127.0.0.1@rebound.example",
            "localhost:8085:1",
            "localhost:port",
            "[::1",
            "[::1]x",
            "[rebound.example]:80",
            "emulator",
        ] {
            assert!(!is_ours(host, &[]), "{host}");
        }
    }

    #[test]
    fn a_page_of_another_origin_is_refused_even_when_its_host_is_ours() {
        let host = (header::HOST, "localhost:8085");
        let own = (header::ORIGIN, "http://localhost:8085");
        assert!(admit(&request(&[]), &[]).is_ok(), "HTTP/1.0 has no host");
        assert!(admit(&request(std::slice::from_ref(&host)), &[]).is_ok());
        assert!(admit(&request(&[host.clone(), own]), &[]).is_ok());
        for origin in ["null", "http://app.example", "http://localhost:9000", ""] {
            assert!(admit(&request(&[host.clone(), (header::ORIGIN, origin)]), &[]).is_err(), "{origin}");
        }
        assert!(admit(&request(&[(header::ORIGIN, "null")]), &[]).is_err());
        assert!(admit(&request(&[host, (header::HOST, "rebound.example")]), &[]).is_err());
    }
}
