//! Responses: which of them is the success, and what it carries.

use super::Contents;
use crate::keywords::{self, Dialect};
use crate::model::Type;
use crate::node::Node;
use crate::place::At;
use crate::problem::{Problems, quoted};
use crate::schema::Schemas;
use crate::{openapi3, swagger2};

/// Reads the lowest success into `contents` and returns its status.
pub(super) fn responses<'d>(
    node: &'d Node<'d>,
    at: At<'_>,
    owner: &str,
    contents: &mut Contents,
    schemas: &mut Schemas<'d>,
    problems: &mut Problems,
) -> u16 {
    // Whatever is wrong with a response, the request can be sent.
    problems.lenient(|problems| read(node, at, owner, contents, schemas, problems))
}

fn read<'d>(
    node: &'d Node<'d>,
    at: At<'_>,
    owner: &str,
    contents: &mut Contents,
    schemas: &mut Schemas<'d>,
    problems: &mut Problems,
) -> u16 {
    let Some(object) = keywords::object(node, at, problems) else {
        return 200;
    };
    let mut successes: Vec<(u16, &str, &'d Node<'d>)> = Vec::new();
    for (key, response) in object.iter() {
        match status(key) {
            Status::Success(status) => successes.push((status, key, response)),
            Status::Other => {}
            Status::Unknown => problems.error(
                at.key(key),
                format!("{} is no status", quoted(key)),
                "write a status such as 200, or `default`",
            ),
        }
    }
    successes.sort_by_key(|(status, ..)| *status);
    let lowest = successes.first().map_or(200, |(status, ..)| *status);
    for (status, key, response) in successes {
        let here = at.key(key);
        let target = schemas.target(response, here, problems);
        let place = target.and_then(|(_, reference)| reference).map_or(here, At::pointer_text);
        let Some(response) = target.and_then(|(node, _)| keywords::object(node, place, problems)) else {
            contents.result = Some(Type::Any);
            return status;
        };
        let found = match schemas.dialect {
            Dialect::Swagger2 => swagger2::response(response, place, owner, schemas, problems),
            Dialect::OpenApi30 | Dialect::OpenApi31 => {
                openapi3::response(response, place, owner, contents, schemas, problems)
            }
        };
        if found.is_some() {
            contents.result = found;
            return status;
        }
    }
    lowest
}

enum Status {
    Success(u16),
    Other,
    Unknown,
}

fn status(key: &str) -> Status {
    match key {
        "default" => Status::Other,
        "2XX" | "2xx" => Status::Success(200),
        _ if key.starts_with("x-") => Status::Other,
        _ => match key.parse::<u16>() {
            Ok(status @ 200..=299) => Status::Success(status),
            Ok(100..=599) => Status::Other,
            _ if key.len() == 3 && key[1..].eq_ignore_ascii_case("xx") => Status::Other,
            _ => Status::Unknown,
        },
    }
}
