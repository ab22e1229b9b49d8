//! Redirects: the platform sends some downloads on to another host with status 303.

use http::{HeaderMap, Uri};

/// Most places that one try goes on to.
pub(crate) const MOST: usize = 5;

/// The address that a 303 names; `None` for every other answer, for an address that is not one, and for one that leaves
/// encryption.
///
/// Returns the address of a 303, which is fetched by a GET that carries neither token nor content. Other
/// redirects ask for the same request at another host, which might act on it twice: they are the caller's.
pub(crate) fn see_other(from: &Uri, status: u16, headers: &HeaderMap) -> Option<Uri> {
    if status != 303 {
        return None;
    }
    let location = headers.get(http::header::LOCATION)?.to_str().ok()?;
    let location = location.split('#').next().unwrap_or_default();
    let next = if location.starts_with('/') && !location.starts_with("//") {
        Uri::try_from(format!("{}://{}{location}", from.scheme_str()?, from.authority()?)).ok()?
    } else {
        Uri::try_from(location).ok()?
    };
    next.authority()?;
    let is_web = matches!((from.scheme_str()?, next.scheme_str()?), (_, "https") | ("http", "http"));
    is_web.then_some(next)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(status: u16, location: &str, expect: Option<&str>) {
        let headers = HeaderMap::from_iter([(http::header::LOCATION, location.parse().unwrap())]);
        let next = see_other(&Uri::from_static("https://api.x.example/a?b"), status, &headers);
        assert_eq!(next.map(|next| next.to_string()).as_deref(), expect, "{status} {location}");
    }

    #[test]
    fn only_a_303_to_an_encrypted_address_is_followed() {
        check(303, "https://files.example/f?sig=1", Some("https://files.example/f?sig=1"));
        check(303, "https://files.example/f#part", Some("https://files.example/f"));
        check(303, "/b?c=d", Some("https://api.x.example/b?c=d"));
        for location in
            ["http://files.example/f", "//files.example/f", "b", "", "ftp://x/", "https://", "javascript:1"]
        {
            check(303, location, None);
        }
        for status in [200, 300, 301, 302, 304, 307, 308] {
            check(status, "https://files.example/f", None);
        }
    }
}
