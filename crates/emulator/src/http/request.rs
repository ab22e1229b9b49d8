//! A request as the handlers see it: read whole, with its path and query taken apart on demand.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, Method, header};
use percent_encoding::percent_decode_str;

use crate::http::problem::Problem;

/// A request whose body has been read.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) method: Method,
    /// As it stood on the request line, still encoded.
    pub(crate) path: String,
    /// Without the question mark, still encoded.
    pub(crate) query: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Request {
    /// A header's value; `None` when it is absent or not text.
    pub(crate) fn header(&self, name: HeaderName) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// Every pair of the query, decoded, in order.
    pub(crate) fn query_pairs(&self) -> Vec<(String, String)> {
        form_urlencoded::parse(self.query.as_bytes()).into_owned().collect()
    }

    /// The fields of a form in the body, decoded, in order.
    pub(crate) fn form_pairs(&self) -> Vec<(String, String)> {
        form_urlencoded::parse(&self.body).into_owned().collect()
    }

    /// The media type of the body in lower case, without its parameters.
    pub(crate) fn media_type(&self) -> Option<String> {
        let value = self.header(header::CONTENT_TYPE)?;
        let media = value.split(';').next().unwrap_or_default().trim();
        (!media.is_empty()).then(|| media.to_ascii_lowercase())
    }

    /// A cookie's value.
    pub(crate) fn cookie(&self, name: &str) -> Option<&str> {
        self.headers
            .get_all(header::COOKIE)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(';'))
            .filter_map(|pair| pair.trim().split_once('='))
            .find_map(|(key, value)| (key == name).then_some(value))
    }

    /// The token of an `Authorization` header of the bearer scheme, whose name is compared without case.
    pub(crate) fn bearer(&self) -> Option<&str> {
        self.authorization("bearer")
    }

    /// User and password of an `Authorization` header of the basic scheme.
    pub(crate) fn basic(&self) -> Option<(String, String)> {
        use base64::Engine as _;
        let bytes = base64::engine::general_purpose::STANDARD.decode(self.authorization("basic")?).ok()?;
        let (user, password) = std::str::from_utf8(&bytes).ok()?.split_once(':')?;
        Some((user.to_owned(), password.to_owned()))
    }

    fn authorization(&self, scheme: &str) -> Option<&str> {
        let (found, rest) = self.header(header::AUTHORIZATION)?.split_once(' ')?;
        found.eq_ignore_ascii_case(scheme).then(|| rest.trim())
    }
}

/// The value of the first pair with this name.
pub(crate) fn first<'a>(pairs: &'a [(String, String)], name: &str) -> Option<&'a str> {
    pairs.iter().find_map(|(key, value)| (key == name).then_some(value.as_str()))
}

/// The decoded segments of a path that starts with a slash.
///
/// # Errors
/// 400 for text that is not UTF-8 once decoded, for control characters, and for segments that climb (`.`,
/// `..`), which no client sends: they are resolved before a request leaves.
pub(crate) fn segments(path: &str) -> Result<Vec<String>, Problem> {
    let path = path.strip_prefix('/').unwrap_or(path);
    path.split('/')
        .map(|raw| {
            if matches!(raw, "." | "..") {
                return Err(Problem::bad_request("The path must not contain `..`."));
            }
            let text = percent_decode_str(raw)
                .decode_utf8()
                .map_err(|_| Problem::bad_request("The path is not UTF-8 once decoded."))?;
            if text.chars().any(char::is_control) {
                return Err(Problem::bad_request("The path contains a control character."));
            }
            Ok(text.into_owned())
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;

    fn with(name: HeaderName, value: &'static str) -> Request {
        fixture::request(Method::GET, "/", &[(name, value)], "")
    }

    #[test]
    fn the_bearer_scheme_is_compared_without_case() {
        assert_eq!(with(header::AUTHORIZATION, "bearer abc").bearer(), Some("abc"));
        assert_eq!(with(header::AUTHORIZATION, "Bearer abc").bearer(), Some("abc"));
        assert_eq!(with(header::AUTHORIZATION, "Basic abc").bearer(), None);
        assert_eq!(with(header::AUTHORIZATION, "abc").bearer(), None);
    }

    #[test]
    fn basic_credentials_may_hold_colons_in_the_password() {
        assert_eq!(
            with(header::AUTHORIZATION, "Basic YTpiOmM=").basic(),
            Some(("a".to_owned(), "b:c".to_owned()))
        );
        assert_eq!(with(header::AUTHORIZATION, "Basic !!!").basic(), None);
    }

    #[test]
    fn cookies_are_found_among_others() {
        assert_eq!(with(header::COOKIE, "a=1; b=2").cookie("b"), Some("2"));
        assert_eq!(with(header::COOKIE, "a=1; b=2").cookie("c"), None);
    }

    #[test]
    fn paths_that_climb_or_are_not_text_are_refused() {
        assert_eq!(segments("/a/b%20c").unwrap(), ["a", "b c"]);
        assert_eq!(segments("/a/b%2Fc").unwrap(), ["a", "b/c"]);
        for bad in ["/a/../b", "/./b", "/a/%00", "/a/%ff", "/%0a"] {
            assert!(segments(bad).is_err(), "{bad}");
        }
    }
}
