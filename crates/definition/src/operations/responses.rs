//! Responses: which of them is the success, and what it carries.

use super::Contents;
use crate::keywords::{self, Dialect};
use crate::model::Type;
use crate::node::Node;
use crate::place::At;
use crate::problem::{Problems, quoted};
use crate::schema::Schemas;
use crate::{openapi3, swagger2};

/// The status of an operation without a stated success.
pub(super) const NO_CONTENT: u16 = 204;

/// Statuses that carry nothing, whatever a definition says of them (RFC 9110).
const BARE: &[u16] = &[NO_CONTENT, 205];

/// Reads the lowest success that carries something into `contents`. Returns the statuses of all successes, that one (or
/// the lowest) first.
pub(super) fn responses<'d>(
    node: &'d Node<'d>,
    at: At<'_>,
    owner: &str,
    contents: &mut Contents,
    schemas: &mut Schemas<'d>,
    problems: &mut Problems,
) -> Vec<u16> {
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
) -> Vec<u16> {
    let Some(object) = keywords::object(node, at, problems) else {
        return vec![NO_CONTENT];
    };
    let mut successes: Vec<(u16, &str, &'d Node<'d>)> = Vec::new();
    for (key, response) in object.iter() {
        match status(key) {
            Status::Success(status) => successes.push((status, key, response)),
            Status::Other => {}
            Status::Unknown => problems.error(
                at.key(key),
                format!("{} is not a status", quoted(key)),
                "write a status such as 200, or `default`",
            ),
        }
    }
    successes.sort_by_key(|(status, ..)| *status);
    let mut statuses: Vec<u16> = successes.iter().map(|(status, ..)| *status).collect();
    statuses.dedup();
    for (status, key, response) in successes {
        let here = at.key(key);
        let target = schemas.target(response, here, problems);
        let place = target.and_then(|(_, reference)| reference).map_or(here, At::pointer_text);
        let found = match target.and_then(|(node, _)| keywords::object(node, place, problems)) {
            Some(response) => match schemas.dialect {
                Dialect::Swagger2 => swagger2::response(response, place, owner, schemas, problems),
                Dialect::OpenApi30 | Dialect::OpenApi31 => {
                    openapi3::response(response, place, owner, contents, schemas, problems)
                }
            },
            // It carries what cannot be known.
            None => Some(Type::Any),
        };
        if found.is_some() && !BARE.contains(&status) {
            contents.result = found;
            // The others stay in order.
            let carrying = statuses.iter().position(|one| *one == status).unwrap_or(0);
            statuses[..=carrying].rotate_right(1);
            return statuses;
        }
    }
    if statuses.is_empty() {
        statuses.push(NO_CONTENT);
    }
    statuses
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
