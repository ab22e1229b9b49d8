//! The page at `/`: requests as they arrive, what is stored, and the switches for faults.
//!
//! It asks the control API like any other client, and loads nothing from elsewhere.

use http::{HeaderValue, StatusCode, header};

use crate::http::answer::{self, Answer};

const HTML: &str = include_str!("page/index.html");
const STYLE: &str = include_str!("page/page.css");
const SCRIPT: &str = include_str!("page/page.js");
pub(crate) const ICON: &str = include_str!("page/icon.svg");

/// The page and its parts, by their path.
pub(crate) fn answer(path: &str) -> Option<Answer> {
    let (media, content) = match path {
        "/" => ("text/html; charset=utf-8", HTML),
        "/_emulator/page.css" => ("text/css; charset=utf-8", STYLE),
        "/_emulator/page.js" => ("text/javascript; charset=utf-8", SCRIPT),
        "/_emulator/icon.svg" => ("image/svg+xml", ICON),
        _ => return None,
    };
    let mut answer = answer::bytes(StatusCode::OK, HeaderValue::from_static(media), content);
    answer.headers_mut().insert(
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(
            "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; \
             frame-ancestors 'none'",
        ),
    );
    Some(answer)
}
