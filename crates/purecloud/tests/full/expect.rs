//! What a request must look like, from the definition alone: no code of the SDK has a part in it.

use std::fmt::Write as _;

use purecloud_definition::Platform;
use purecloud_definition::model::{ListStyle, Operation, Piece, Place, Segment, Type};
use purecloud_emulator::Recorded;
use serde_json::{Map, Value, json};

use crate::given::{Given, plain};

/// Whether texts are such as only escaping keeps in their place.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Awkward {
    Yes,
    No,
}

/// Adds a field that no definition has; `false` when the value is no object.
pub(crate) fn add_unknown(value: &mut Value) -> bool {
    let Some(object) = value.as_object_mut() else { return false };
    object.insert("inNoDefinition".to_owned(), json!({ "kept": [1, null, { "é\n": 1.5 }] }));
    true
}

/// In what the requests that reached the platform are not the one that the definition asks for.
pub(crate) fn differences(
    platform: &Platform,
    operation: &Operation,
    given: &Given,
    seen: &[Recorded],
) -> Vec<String> {
    let mut wrong = Vec::new();
    // A call whose token was revoked by the one before is repeated with another.
    let Some(seen) = seen.iter().find(|seen| seen.path.starts_with("/api/")) else {
        return vec!["nothing was sent".to_owned()];
    };
    let mut compare = |what: &str, found: &str, expected: &str| {
        if found != expected {
            wrong.push(format!("{what}: {found}\ninstead of {expected}"));
        }
    };
    compare("method", &seen.method, operation.method.as_str());
    compare("path", &seen.path, &path(operation, given));
    compare("query", &seen.query, &query(operation, given));
    compare("operation", seen.operation.as_deref().unwrap_or_default(), &operation.name);

    let header = |name: &str| {
        let found = seen.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str()).unwrap_or_default()
    };
    let authorization = if operation.authenticated { "Bearer [redacted]" } else { "" };
    compare("authorization", header("authorization"), authorization);
    let usual = "application/json";
    let accept = operation.produces.first().map_or(usual, String::as_str);
    compare("accept", header("accept"), accept);
    let mut body = None;
    for (parameter, value) in operation.parameters.iter().zip(&given.0) {
        match parameter.place {
            Place::Header { .. } => compare("header", header(&parameter.wire_name), &plain(value)),
            Place::Body { .. } => body = Some(settable(platform, &parameter.kind, value, "version")),
            _ => {}
        }
    }
    if let Some(body) = body {
        let media_type = operation.consumes.first().map_or(usual, String::as_str);
        compare("content-type", header("content-type"), media_type);
        let found = serde_json::from_str(&seen.body).unwrap_or_else(|_| Value::from(seen.body.as_str()));
        if found != body {
            wrong.push(format!("body: {found}\ninstead of {body}"));
        }
    } else if !seen.body.is_empty() {
        wrong.push(format!("a body: {}", seen.body));
    }
    wrong
}

/// What of a value callers may set, and what else a model keeps here: the version at the top, the id within.
fn settable(platform: &Platform, kind: &Type, value: &Value, kept: &str) -> Value {
    match (kind, value) {
        (Type::Model(id), Value::Object(members)) => {
            let properties = &platform.model(*id).properties;
            let mut settable_members = Map::new();
            for (name, value) in members {
                let property = properties.iter().find(|property| property.wire_name == *name);
                let value = match property {
                    Some(property) if property.read_only && !property.required && name != kept => continue,
                    Some(property) => settable(platform, &property.kind, value, "id"),
                    None => value.clone(),
                };
                settable_members.insert(name.clone(), value);
            }
            Value::Object(settable_members)
        }
        (Type::Map(kind), Value::Object(members)) => {
            let each = members.iter();
            each.map(|(name, value)| (name.clone(), settable(platform, kind, value, kept))).collect()
        }
        (Type::List(kind), Value::Array(items)) => {
            items.iter().map(|item| settable(platform, kind, item, kept)).collect()
        }
        _ => value.clone(),
    }
}

fn path(operation: &Operation, given: &Given) -> String {
    let value = |name: &str| {
        let mut parameters = operation.parameters.iter().zip(&given.0);
        let found =
            parameters.find(|(parameter, _)| parameter.place == Place::Path && parameter.wire_name == name);
        encode(&plain(found.unwrap().1))
    };
    let mut path = String::new();
    for segment in &operation.path.segments {
        path.push('/');
        match segment {
            Segment::Literal(text) => path.push_str(text),
            Segment::Parameter(name) => path.push_str(&value(name)),
            Segment::Mixed(pieces) => path.extend(pieces.iter().map(|piece| match piece {
                Piece::Literal(text) => text.clone(),
                Piece::Parameter(name) => value(name),
            })),
        }
    }
    path
}

fn query(operation: &Operation, given: &Given) -> String {
    let mut pairs = Vec::new();
    for (parameter, value) in operation.parameters.iter().zip(&given.0) {
        let Place::Query { list, .. } = parameter.place else { continue };
        if value.as_array().is_some_and(Vec::is_empty) {
            continue;
        }
        let name = encode(&parameter.wire_name);
        let texts: Vec<String> = match value {
            Value::Array(items) => items.iter().map(|item| encode(&plain(item))).collect(),
            other => vec![encode(&plain(other))],
        };
        let joint = match list {
            ListStyle::Multi => {
                pairs.extend(texts.iter().map(|text| format!("{name}={text}")));
                continue;
            }
            ListStyle::Comma => ",",
            ListStyle::Space => "%20",
            ListStyle::Pipe => "%7C",
        };
        pairs.push(format!("{name}={}", texts.join(joint)));
    }
    pairs.join("&")
}

/// As `encodeURIComponent` does it.
fn encode(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.!~*'()".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            // Writing to a `String` cannot fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}
