//! Every operation of the bundled definition, called once with arguments that fit.

use purecloud_definition::Platform;
use purecloud_definition::model::{
    Bounds, Operation, Parameter, Piece, Place, Segment, TextFormat, Type, Width,
};
use serde_json::{Map, Value, json};

use crate::client::{Client, builder, encode, platform};

const ID: &str = "0b2a4c5e-7f61-4d3c-8a9b-123456789abc";

#[tokio::test]
async fn every_operation_answers_a_call_that_fits() {
    let platform = platform();
    let emulator = builder().settings(|settings| settings.invent_missing = true).start().await.unwrap();
    let mut client = Client::signed_in(&emulator).await;
    let mut failures = Vec::new();
    for operation in &platform.operations {
        let request = request(&platform, operation);
        let headers: Vec<(&str, &str)> =
            request.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        if operation.wire_name == "deleteTokensMe" {
            continue;
        }
        let reply = client.send(operation.method.as_str(), &request.target, &headers, &request.body).await;
        // A download leads to its file, and says where that is besides.
        let wrong = if (200..300).contains(&reply.status) || reply.status == 302 {
            misfit(&platform, operation, &reply.body)
        } else {
            Some(format!("{} {}", reply.status, reply.text()))
        };
        if let Some(wrong) = wrong {
            failures.push(format!("{} {}: {wrong}", operation.wire_name, request.target));
        }
    }
    assert!(
        failures.is_empty(),
        "{} failures:\n{}",
        failures.len(),
        failures[..failures.len().min(20)].join("\n")
    );
    emulator.stop().await;
}

/// What is wrong with an answer, if anything.
fn misfit(platform: &Platform, operation: &Operation, body: &[u8]) -> Option<String> {
    let Some(kind) = operation.result.as_ref() else {
        return (!body.is_empty()).then(|| "content without a result".to_owned());
    };
    if operation.method.as_str() == "HEAD"
        || operation.produces.first().is_some_and(|media| !media.contains("json"))
    {
        return None;
    }
    let value: Value = match serde_json::from_slice(body) {
        Ok(value) => value,
        Err(error) => return Some(error.to_string()),
    };
    wrong(platform, kind, &value, "$")
}

/// A check of its own: it shares no code with the emulator's.
fn wrong(platform: &Platform, kind: &Type, value: &Value, at: &str) -> Option<String> {
    let fits = match kind {
        Type::Any | Type::Bytes => true,
        Type::Text(TextFormat::DateTime) => {
            value.as_str().is_some_and(|text| text.len() >= 20 && text.ends_with('Z') && &text[10..11] == "T")
        }
        Type::Text(TextFormat::Date) => value.as_str().is_some_and(|text| text.len() == 10),
        Type::Text(_) => value.is_string(),
        Type::Enumeration(id) => platform.enumeration(*id).values.contains(value),
        Type::Integer(Width::Bits32) => value.as_i64().is_some_and(|number| i32::try_from(number).is_ok()),
        Type::Integer(Width::Bits64) => value.is_i64(),
        Type::Number => value.is_number(),
        Type::Boolean => value.is_boolean(),
        Type::List(item) => {
            let Some(items) = value.as_array() else { return Some(format!("{at} is no list: {value}")) };
            return items
                .iter()
                .enumerate()
                .find_map(|(index, value)| wrong(platform, item, value, &format!("{at}[{index}]")));
        }
        Type::Map(item) => {
            let Some(values) = value.as_object() else { return Some(format!("{at} is no map: {value}")) };
            return values
                .iter()
                .find_map(|(name, value)| wrong(platform, item, value, &format!("{at}.{name}")));
        }
        Type::OneOf(kinds) => kinds.iter().any(|kind| wrong(platform, kind, value, at).is_none()),
        Type::Model(id) => {
            let Some(values) = value.as_object() else { return Some(format!("{at} is no object: {value}")) };
            return platform.model(*id).properties.iter().find_map(|property| {
                let at = format!("{at}.{}", property.wire_name);
                match values.get(&property.wire_name) {
                    None if property.required => Some(format!("{at} is missing")),
                    None => None,
                    Some(value) => bounds(&property.bounds, value, &at)
                        .or_else(|| wrong(platform, &property.kind, value, &at)),
                }
            });
        }
    };
    (!fits).then(|| format!("{at} is not {kind:?}: {value}"))
}

fn bounds(bounds: &Bounds, value: &Value, at: &str) -> Option<String> {
    let number = value.as_f64();
    let low = bounds.minimum.zip(number).is_some_and(|(bound, number)| number < bound);
    let high = bounds.maximum.zip(number).is_some_and(|(bound, number)| number > bound);
    let length = value.as_str().map(|text| text.encode_utf16().count() as u64);
    let short = bounds.min_length.zip(length).is_some_and(|(bound, length)| length < bound);
    let long = bounds.max_length.zip(length).is_some_and(|(bound, length)| length > bound);
    let items = value.as_array().map(|items| items.len() as u64);
    let few = bounds.min_items.zip(items).is_some_and(|(bound, items)| items < bound);
    let many = bounds.max_items.zip(items).is_some_and(|(bound, items)| items > bound);
    (low || high || short || long || few || many).then(|| format!("{at} is out of bounds: {value}"))
}

pub(crate) struct Request {
    pub(crate) target: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

/// A call with every required argument and no other.
pub(crate) fn request(platform: &Platform, operation: &Operation) -> Request {
    let value = |name: &str| {
        operation
            .parameters
            .iter()
            .find(|parameter| parameter.place == Place::Path && parameter.wire_name == name)
            .map_or_else(|| ID.to_owned(), |parameter| encode(&scalar(platform, parameter)))
    };
    let path: Vec<String> = operation
        .path
        .segments
        .iter()
        .map(|segment| match segment {
            Segment::Literal(text) => text.clone(),
            Segment::Parameter(name) => value(name),
            Segment::Mixed(pieces) => pieces
                .iter()
                .map(|piece| match piece {
                    Piece::Literal(text) => text.clone(),
                    Piece::Parameter(name) => value(name),
                })
                .collect(),
        })
        .collect();
    let mut target = format!("/{}", path.join("/").trim_start_matches('/'));
    let mut headers = vec![("content-type".to_owned(), "application/json".to_owned())];
    let mut body = Vec::new();
    let mut separator = '?';
    for parameter in operation.parameters.iter().filter(|parameter| parameter.required()) {
        match parameter.place {
            Place::Path => {}
            Place::Query { .. } => {
                target.push_str(&format!(
                    "{separator}{}={}",
                    encode(&parameter.wire_name),
                    encode(&scalar(platform, parameter))
                ));
                separator = '&';
            }
            Place::Header { .. } => headers.push((parameter.wire_name.clone(), scalar(platform, parameter))),
            Place::Body { .. } => {
                let media = operation.consumes.first().map_or("application/json", String::as_str);
                headers[0].1 = media.to_owned();
                body =
                    serde_json::to_vec(&smallest(platform, &parameter.kind, &parameter.bounds, 0)).unwrap();
            }
        }
    }
    Request { target, headers, body }
}

fn scalar(platform: &Platform, parameter: &Parameter) -> String {
    let kind = match &parameter.kind {
        Type::List(item) => item,
        other => other,
    };
    match smallest(platform, kind, &parameter.bounds, 0) {
        Value::String(text) if text == "a" => ID.to_owned(),
        Value::String(text) => text,
        other => other.to_string(),
    }
}

/// The smallest value that fits.
fn smallest(platform: &Platform, kind: &Type, bounds: &Bounds, depth: usize) -> Value {
    match kind {
        Type::Text(TextFormat::Date) => json!("2026-11-23"),
        Type::Text(TextFormat::DateTime) => json!("2026-11-23T21:02:00.000Z"),
        Type::Text(TextFormat::LocalDateTime) => json!("2026-11-23T21:02:00"),
        Type::Text(TextFormat::YearMonth) => json!("2026-11"),
        Type::Text(_) => match bounds.pattern.as_deref() {
            Some(pattern) if pattern.contains("{8}") => json!(ID),
            Some(pattern) if pattern.contains('#') => json!("#336699"),
            Some(_) => json!("11"),
            None => {
                let fewest = usize::try_from(bounds.min_length.unwrap_or(1)).unwrap();
                json!("a".repeat(fewest.max(1)))
            }
        },
        Type::Enumeration(id) => platform.enumeration(*id).values[0].clone(),
        Type::Integer(_) | Type::Number => json!(bounds.minimum.map_or(1, |minimum| minimum.ceil() as i64)),
        Type::Boolean => json!(true),
        Type::List(item) => {
            let count = bounds.min_items.unwrap_or(0);
            (0..count).map(|_| smallest(platform, item, &Bounds::default(), depth + 1)).collect()
        }
        Type::Any | Type::Map(_) | Type::Bytes => json!({}),
        Type::OneOf(kinds) => smallest(platform, &kinds[0], bounds, depth + 1),
        Type::Model(id) => {
            assert!(depth < 30, "a circle of required models");
            let required = platform.model(*id).properties.iter().filter(|property| property.required);
            Value::Object(
                required
                    .map(|property| {
                        let value = smallest(platform, &property.kind, &property.bounds, depth + 1);
                        (property.wire_name.clone(), value)
                    })
                    .collect::<Map<_, _>>(),
            )
        }
    }
}
