//! Files that the emulator serves beside the platform, such as a generated bundle and the page that uses it.

use std::collections::HashMap;

use bytes::Bytes;
use http::{HeaderValue, Method, StatusCode};

use crate::http::answer::{self, Answer};
use crate::http::problem::Problem;
use crate::http::request::{Request, segments};

/// Files by their whole path. They are in memory: a request cannot reach the disk, whatever it asks for.
#[derive(Debug, Default, Clone)]
pub(crate) struct Mounts {
    prefixes: Vec<String>,
    files: HashMap<String, Bytes>,
}

impl Mounts {
    /// Puts files under a prefix.
    pub(crate) fn add(&mut self, prefix: &str, files: impl IntoIterator<Item = (String, Bytes)>) {
        let prefix = format!("/{}", prefix.trim_matches('/'));
        for (path, content) in files {
            let path = format!("{}/{}", prefix.trim_end_matches('/'), path.trim_start_matches('/'));
            self.files.insert(path, content);
        }
        self.prefixes.push(prefix);
    }

    /// The file at this address, if a prefix has it. A folder is its `index.html`.
    pub(crate) fn answer(&self, request: &Request) -> Option<Result<Answer, Problem>> {
        let under = |prefix: &String| {
            prefix == "/"
                || request
                    .path
                    .strip_prefix(prefix)
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        if !self.prefixes.iter().any(under) {
            return None;
        }
        if request.method != Method::GET && request.method != Method::HEAD {
            return Some(Err(Problem::method_not_allowed("GET, HEAD")));
        }
        let path = match segments(&request.path) {
            Ok(segments) => format!("/{}", segments.join("/")),
            Err(problem) => return Some(Err(problem)),
        };
        let file = |path: &str| {
            let content = self.files.get(path)?;
            Some(answer::bytes(StatusCode::OK, media_type(path), content.clone()))
        };
        if path.ends_with('/') {
            return Some(file(&format!("{path}index.html")).ok_or_else(Problem::not_found));
        }
        if let Some(found) = file(&path) {
            return Some(Ok(found));
        }
        // Without the slash, relative addresses in the page would miss the folder.
        if self.files.contains_key(&format!("{path}/index.html")) {
            let query = if request.query.is_empty() { String::new() } else { format!("?{}", request.query) };
            return Some(Ok(answer::redirect(StatusCode::FOUND, &format!("{}/{query}", request.path))));
        }
        Some(Err(Problem::not_found()))
    }
}

/// What a browser is told about a file, by its ending.
fn media_type(path: &str) -> HeaderValue {
    const TYPES: &[(&str, &str)] = &[
        ("html", "text/html; charset=utf-8"),
        ("js", "text/javascript; charset=utf-8"),
        ("mjs", "text/javascript; charset=utf-8"),
        ("cjs", "text/javascript; charset=utf-8"),
        ("css", "text/css; charset=utf-8"),
        ("json", "application/json"),
        ("map", "application/json"),
        ("md", "text/markdown; charset=utf-8"),
        ("txt", "text/plain; charset=utf-8"),
        ("svg", "image/svg+xml"),
        ("png", "image/png"),
        ("ico", "image/x-icon"),
        ("wasm", "application/wasm"),
    ];
    let ending = path.rsplit_once('.').map_or("", |(_, ending)| ending);
    let known = TYPES.iter().find(|(known, _)| known.eq_ignore_ascii_case(ending));
    HeaderValue::from_static(known.map_or("application/octet-stream", |(_, media)| media))
}

#[cfg(test)]
mod tests {
    use http::header;

    use super::*;
    use crate::fixture;

    fn get(path: &str) -> Option<Result<Answer, Problem>> {
        let mut mounts = Mounts::default();
        mounts.add(
            "/demo/",
            [("index.html".to_owned(), Bytes::from("<p>")), ("lib/a b.js".to_owned(), Bytes::from("1"))],
        );
        mounts.answer(&fixture::request(Method::GET, path, &[], ""))
    }

    #[test]
    fn files_stand_under_their_prefix() {
        let file = get("/demo/lib/a%20b.js").unwrap().unwrap();
        assert_eq!(file.headers()[header::CONTENT_TYPE], "text/javascript; charset=utf-8");
        assert_eq!(get("/demo/").unwrap().unwrap().body(), "<p>");
        assert_eq!(get("/demo").unwrap().unwrap().headers()[header::LOCATION], "/demo/");
        assert!(get("/demonstration").is_none());
        assert_eq!(get("/demo/nothing").unwrap().unwrap_err().status, StatusCode::NOT_FOUND);
        assert_eq!(get("/demo/../secret").unwrap().unwrap_err().status, StatusCode::BAD_REQUEST);
    }
}
