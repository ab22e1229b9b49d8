//! From a row and its arguments to a request: which address, which headers, which refusal.
//!
//! Plain functions over plain values. Nothing here knows a socket, and no token passes through.

use std::fmt::Write as _;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::operation::{Argument, ListStyle, OperationSpec, Place};

/// Characters that stay unescaped in a value: letters, digits and `- _ . ! ~ * ' ( )`, as in `encodeURIComponent`.
const VALUE: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'!')
    .remove(b'~')
    .remove(b'*')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')');

/// The longest address that can be sent, in bytes; the platform's own limit is lower.
pub(crate) const LONGEST: usize = 65_534;

/// Path, query and headers of one call.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Parts {
    /// Path and query, such as `/api/v2/users?pageSize=25`.
    pub(crate) target: String,
    /// Headers from arguments, name and value.
    pub(crate) headers: Vec<(&'static str, String)>,
}

/// Why a request was not built; nothing was sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RequestError {
    /// A required argument is missing.
    #[error("the argument `{name}` is missing")]
    Missing {
        /// The argument.
        name: &'static str,
    },
    /// A path argument is empty: the request would reach another operation.
    #[error("the path argument `{name}` is empty")]
    EmptyPath {
        /// The argument.
        name: &'static str,
    },
    /// A header argument holds a character that no header may hold.
    #[error("the header `{name}` has a character that is not allowed in a header; use visible ASCII")]
    Header {
        /// The header.
        name: String,
    },
    /// The operation has no argument at this position.
    #[error("the argument at position {index} does not belong in an address or a header")]
    Unknown {
        /// Index into the row's parameters.
        index: usize,
    },
    /// The address belongs to a host that is not the session's own.
    #[error(
        "the host `{host}` is not the session's own; allow it with `allow_host` if it may receive the token"
    )]
    ForeignHost {
        /// The host.
        host: String,
    },
    /// The path or address cannot stand on a request line.
    #[error("`{given}` is neither a path that starts with `/` nor an https address")]
    Address {
        /// The path or address, without its query.
        given: String,
    },
    /// The address is longer than anything on the way takes.
    #[error(
        "the address has {length} bytes, more than the limit of {LONGEST}; split the call, for example into several with fewer IDs"
    )]
    TooLong {
        /// Bytes, of path and query and what comes before them.
        length: usize,
    },
    /// The method is none that the platform knows.
    #[error("`{given}` is not a method; the methods are GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS")]
    Method {
        /// As given.
        given: String,
    },
}

/// Puts arguments into the places that the row names.
///
/// `arguments` are pairs of an index into the row's parameters and a value; an index that occurs twice takes the last
/// value. `has_body` says whether there is content, since that is an argument too.
pub(crate) fn build(
    spec: &OperationSpec,
    arguments: &[(usize, Argument)],
    has_body: bool,
) -> Result<Parts, RequestError> {
    for (index, _) in arguments {
        if spec.parameters.get(*index).is_none_or(|parameter| parameter.place == Place::Body) {
            return Err(RequestError::Unknown { index: *index });
        }
    }
    let value = |at: usize| arguments.iter().rev().find(|(index, _)| *index == at).map(|(_, value)| value);
    for (at, parameter) in spec.parameters.iter().enumerate() {
        let given = if parameter.place == Place::Body { has_body } else { value(at).is_some() };
        if parameter.required && !given {
            return Err(RequestError::Missing { name: parameter.name });
        }
    }
    let mut target = String::with_capacity(spec.path.len() + 64);
    expand_path(&mut target, spec, &value)?;
    let mut headers = Vec::new();
    // A path may have a fixed query of its own.
    let mut separator = if target.contains('?') { '&' } else { '?' };
    for (at, parameter) in spec.parameters.iter().enumerate() {
        let Some(value) = value(at) else { continue };
        match parameter.place {
            Place::Query(style) => push_query(&mut target, &mut separator, parameter.wire_name, value, style),
            Place::Header => headers.push((parameter.wire_name, header_value(parameter.wire_name, value)?)),
            Place::Path | Place::Body => {}
        }
    }
    Ok(Parts { target, headers })
}

fn expand_path<'a>(
    target: &mut String,
    spec: &OperationSpec,
    value: &impl Fn(usize) -> Option<&'a Argument>,
) -> Result<(), RequestError> {
    let mut rest = spec.path;
    while let Some((literal, after)) = rest.split_once('{') {
        let Some((wire_name, tail)) = after.split_once('}') else { break };
        target.push_str(literal);
        let found = spec
            .parameters
            .iter()
            .enumerate()
            .find(|(_, parameter)| parameter.place == Place::Path && parameter.wire_name == wire_name);
        if let Some((at, parameter)) = found {
            let whole_segment = literal.ends_with('/') && (tail.is_empty() || tail.starts_with(['/', '?']));
            let value = value(at).ok_or(RequestError::Missing { name: parameter.name })?;
            push_path(target, parameter.name, value, whole_segment)?;
        }
        rest = tail;
    }
    target.push_str(rest);
    Ok(())
}

fn push_path(
    target: &mut String,
    name: &'static str,
    value: &Argument,
    whole_segment: bool,
) -> Result<(), RequestError> {
    let start = target.len();
    let texts = match value {
        Argument::One(text) => std::slice::from_ref(text),
        Argument::Many(texts) => texts,
    };
    for (at, text) in texts.iter().enumerate() {
        if at > 0 {
            target.push(',');
        }
        push_encoded(target, text);
    }
    let dots = match &target[start..] {
        "" => return Err(RequestError::EmptyPath { name }),
        "." => "%252E",
        ".." => "%252E%252E",
        _ => return Ok(()),
    };
    // Everything on the way takes `%2E%2E` for `..` too and would climb to another operation, so the dots are escaped
    // twice. No entity has such an id; the platform answers that it does not know it.
    if whole_segment {
        target.truncate(start);
        target.push_str(dots);
    }
    Ok(())
}

fn push_query(target: &mut String, separator: &mut char, name: &str, value: &Argument, style: ListStyle) {
    let mut open = |target: &mut String| {
        target.push(*separator);
        *separator = '&';
        push_encoded(target, name);
        target.push('=');
    };
    match value {
        Argument::One(text) => {
            open(target);
            push_encoded(target, text);
        }
        // An empty list says nothing.
        Argument::Many(texts) if texts.is_empty() => {}
        Argument::Many(texts) => {
            let joint = match style {
                ListStyle::Multi => {
                    for text in texts {
                        open(target);
                        push_encoded(target, text);
                    }
                    return;
                }
                ListStyle::Comma => ",",
                ListStyle::Space => "%20",
                ListStyle::Pipe => "%7C",
            };
            open(target);
            for (at, text) in texts.iter().enumerate() {
                if at > 0 {
                    target.push_str(joint);
                }
                push_encoded(target, text);
            }
        }
    }
}

/// Adds to the query of an address; a list repeats the name.
pub(crate) fn extend_query(address: &mut String, more: &[(std::borrow::Cow<'static, str>, Argument)]) {
    let mut separator = if address.contains('?') { '&' } else { '?' };
    for (name, value) in more {
        push_query(address, &mut separator, name, value, ListStyle::Multi);
    }
}

fn header_value(name: &str, value: &Argument) -> Result<String, RequestError> {
    let text = match value {
        Argument::One(text) => text.to_string(),
        Argument::Many(texts) => texts.join(","),
    };
    if is_header_value(&text) { Ok(text) } else { Err(RequestError::Header { name: name.to_owned() }) }
}

/// Returns whether a text can stand in a header: visible ASCII, spaces and tabs.
pub(crate) fn is_header_value(text: &str) -> bool {
    text.bytes().all(|byte| byte == b'\t' || (b' '..=b'~').contains(&byte))
}

/// Writes a value as it stands in a path or a query.
pub(crate) fn push_encoded(target: &mut String, text: &str) {
    // Writing to a `String` cannot fail.
    let _ = write!(target, "{}", utf8_percent_encode(text, VALUE));
}

/// The path and query of a free call: of `/api/v2/…`, or of an address whose host the session may talk to.
///
/// `allowed` are origins such as `https://api.mypurecloud.ie`; the first is the session's own, and the answer names
/// the one that the call goes to.
pub(crate) fn resolve<'a>(given: &str, allowed: &'a [String]) -> Result<(&'a str, String), RequestError> {
    let without_query = || given.split(['?', '#']).next().unwrap_or_default().to_owned();
    let clean = given.split('#').next().unwrap_or_default();
    if clean.bytes().any(|byte| byte <= b' ' || byte == 0x7f || byte == b'\\') {
        return Err(RequestError::Address { given: without_query() });
    }
    let Some(home) = allowed.first() else {
        return Err(RequestError::Address { given: without_query() });
    };
    if clean.starts_with('/') && !clean.starts_with("//") {
        return Ok((home, escape_non_ascii(clean)));
    }
    let Some((scheme, rest)) = clean.split_once("://") else {
        return Err(RequestError::Address { given: without_query() });
    };
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, target) = rest.split_at(end);
    let origin = format!("{}://{}", scheme.to_ascii_lowercase(), authority.to_ascii_lowercase());
    let bare = origin.strip_suffix(":443").filter(|_| origin.starts_with("https:")).unwrap_or(&origin);
    // What stands before an `@` may be a password.
    let host = authority.rsplit('@').next().unwrap_or_default().to_owned();
    let Some(found) = allowed.iter().find(|own| *own == bare) else {
        return Err(RequestError::ForeignHost { host });
    };
    let target = if target.starts_with('/') { target.to_owned() } else { format!("/{target}") };
    Ok((found, escape_non_ascii(&target)))
}

/// Addresses are ASCII; what stands beyond it is escaped and the rest left as written.
fn escape_non_ascii(target: &str) -> String {
    if target.is_ascii() {
        return target.to_owned();
    }
    utf8_percent_encode(target, percent_encoding::CONTROLS).to_string()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::operation::{Method, Parameter};

    const SPEC: OperationSpec = OperationSpec {
        parameters: &[
            Parameter { name: "id", wire_name: "id", place: Place::Path, required: true },
            Parameter { name: "q", wire_name: "q.x", place: Place::Query(ListStyle::Multi), required: false },
        ],
        ..OperationSpec::new("getThing", Method::Get, "/api/v2/things/{id}/parts")
    };

    proptest! {
        #[test]
        fn no_value_escapes_its_segment(id in "\\PC{1,30}", q in "\\PC{0,30}") {
            let arguments = [(0, Argument::from(id.as_str())), (1, Argument::from(q.as_str()))];
            let parts = build(&SPEC, &arguments, false).unwrap();
            let (path, query) = parts.target.split_once('?').unwrap();
            prop_assert_eq!(path.split('/').count(), 6);
            prop_assert!(path.split('/').all(|segment| segment != "." && segment != ".."));
            prop_assert!(query.starts_with("q.x=") && !query.contains(['&', '#', '?']));
            prop_assert!(parts.target.parse::<http::uri::PathAndQuery>().is_ok());
        }

        #[test]
        fn a_free_address_reaches_allowed_hosts_only(address in "(https?://)?[a-z@:./\\\\?#]{0,40}") {
            let allowed = ["https://api.example.com".to_owned()];
            if let Ok((origin, target)) = resolve(&address, &allowed) {
                prop_assert_eq!(origin, allowed[0].as_str());
                prop_assert!(target.starts_with('/') && !target.starts_with("//") || address.contains("api.example.com"));
            }
        }
    }
}
