//! Searches of users, groups and locations: clauses in a POST, or the same in base64 in the `q64` of a GET, which
//! is also how the next page is asked for.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use http::StatusCode;
use serde_json::{Value, json};

use super::{Call, stored};
use crate::answer::{self, Answer};
use crate::problem::Problem;
use crate::seed::USERS;
use crate::world::{World, lock};

/// Clients pad base64 or do not.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::URL_SAFE,
    GeneralPurposeConfig::new()
        .with_encode_padding(false)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The largest page.
const LARGEST: u64 = 500;
/// Groups of clauses nest this deep at most.
const DEEPEST: usize = 16;

/// `GET` and `POST /api/v2/users/search`
pub(super) fn users(world: &World, call: &Call<'_>) -> Result<Answer, Problem> {
    search(world, call, USERS, "users")
}

/// `GET` and `POST /api/v2/groups/search`
pub(super) fn groups(world: &World, call: &Call<'_>) -> Result<Answer, Problem> {
    search(world, call, "/api/v2/groups", "groups")
}

/// `GET` and `POST /api/v2/locations/search`
pub(super) fn locations(world: &World, call: &Call<'_>) -> Result<Answer, Problem> {
    search(world, call, "/api/v2/locations", "locations")
}

fn search(world: &World, call: &Call<'_>, collection: &str, kind: &str) -> Result<Answer, Problem> {
    let request = match call.arguments.query("q64") {
        Some(text) => match decode(text) {
            // Who walks over all operations with made up arguments may make up this one too.
            Err(_) if world.settings.invent_missing => json!({}),
            decoded => decoded?,
        },
        None => call.arguments.body.clone().unwrap_or_else(|| json!({})),
    };
    let number =
        |name: &str, usual: u64| request[name].as_u64().filter(|number| *number > 0).unwrap_or(usual);
    let size = number("pageSize", 25).min(LARGEST);
    let page = number("pageNumber", 1);
    let clauses = request["query"].as_array().map_or(&[][..], Vec::as_slice);
    let mut store = lock(&world.store);
    stored::ensure(world, call, collection, &mut store);
    let mut found: Vec<&Value> = store
        .collection(collection)
        .into_iter()
        .flat_map(crate::store::Collection::iter)
        .filter(|entity| entity["state"] != "deleted" && all(entity, clauses, 0))
        .collect();
    if let Some(key) = request["sortBy"].as_str() {
        found.sort_by_cached_key(|entity| text(&entity[key]));
        if request["sortOrder"] == "DESC" {
            found.reverse();
        }
    }
    let total = found.len() as u64;
    let start = usize::try_from((page - 1).saturating_mul(size)).unwrap_or(usize::MAX).min(found.len());
    let end = start.saturating_add(usize::try_from(size).unwrap_or(usize::MAX)).min(found.len());
    let address = |page: u64| {
        let mut request = request.clone();
        request["pageNumber"] = json!(page);
        request["pageSize"] = json!(size);
        format!("{collection}/search?q64={}", BASE64.encode(request.to_string()))
    };
    let mut result = json!({
        "total": total,
        "pageCount": total.div_ceil(size),
        "pageSize": size,
        "pageNumber": page,
        "types": [kind],
        "currentPage": address(page),
        "results": found[start..end],
    });
    if page.saturating_mul(size) < total {
        result["nextPage"] = json!(address(page + 1));
    }
    if page > 1 {
        result["previousPage"] = json!(address(page - 1));
    }
    Ok(answer::json(StatusCode::OK, &result))
}

fn decode(text: &str) -> Result<Value, Problem> {
    // Both alphabets are in use.
    let text = text.replace('+', "-").replace('/', "_");
    BASE64
        .decode(text)
        .ok()
        .and_then(|bytes| serde_json::from_slice::<Value>(&bytes).ok())
        .filter(Value::is_object)
        .ok_or_else(|| Problem::bad_request("`q64` is not a search request in base64."))
}

/// Whether an entity fits clauses, each of which says how it joins those before it.
fn all(entity: &Value, clauses: &[Value], depth: usize) -> bool {
    if depth > DEEPEST {
        return false;
    }
    clauses.iter().enumerate().fold(true, |before, (index, clause)| {
        let own = match clause["group"].as_array() {
            Some(group) => all(entity, group, depth + 1),
            None => one(entity, clause),
        };
        match clause["operator"].as_str() {
            Some("OR") if index > 0 => before || own,
            Some("NOT") => before && !own,
            _ => before && own,
        }
    })
}

fn one(entity: &Value, clause: &Value) -> bool {
    let fields: Vec<&str> =
        clause["fields"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let mut wanted: Vec<String> = clause["values"].as_array().into_iter().flatten().map(text).collect();
    wanted.extend(clause.get("value").filter(|value| !value.is_null()).map(text));
    let value = |field: &str| {
        let found = field.split('.').try_fold(entity, |value, part| value.get(part));
        found.filter(|value| !value.is_null()).map(text)
    };
    let any = |fits: &dyn Fn(&str, &str) -> bool| {
        fields
            .iter()
            .filter_map(|field| value(field))
            .any(|own| wanted.iter().any(|wanted| fits(&own, wanted)))
    };
    match clause["type"].as_str().unwrap_or_default() {
        "MATCH_ALL" => true,
        "REQUIRED_FIELDS" => fields.iter().all(|field| value(field).is_some()),
        "EXACT" => any(&|own, wanted| own == wanted),
        "STARTS_WITH" => any(&|own, wanted| own.starts_with(wanted)),
        "LESS_THAN" => any(&|own, wanted| own < wanted),
        "LESS_THAN_EQUAL_TO" => any(&|own, wanted| own <= wanted),
        "GREATER_THAN" => any(&|own, wanted| own > wanted),
        "GREATER_THAN_EQUAL_TO" => any(&|own, wanted| own >= wanted),
        "RANGE" => {
            let (low, high) = (text(&clause["startValue"]), text(&clause["endValue"]));
            fields
                .iter()
                .filter_map(|field| value(field))
                .any(|own| low <= own && (own <= high || high.is_empty()))
        }
        "REGEX" => any(&|own, wanted| crate::check::matches_pattern(wanted, own)),
        // CONTAINS, TERM, TERMS and QUERY_STRING: what they share is that the words occur.
        _ => any(&|own, wanted| wanted.split_whitespace().all(|word| own.contains(word))),
    }
}

/// A value as it is compared: in lower case.
fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.to_lowercase(),
        Value::Null => String::new(),
        other => other.to_string().to_lowercase(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(clauses: &Value, expect: bool) {
        let entity = json!({ "name": "Ada Lovelace", "title": "Agent", "division": { "id": "d" } });
        assert_eq!(all(&entity, clauses.as_array().unwrap(), 0), expect, "{clauses}");
    }

    #[test]
    fn clauses_are_joined_as_they_say() {
        check(&json!([]), true);
        check(&json!([{ "type": "EXACT", "fields": ["title"], "value": "agent" }]), true);
        check(&json!([{ "type": "STARTS_WITH", "fields": ["name", "title"], "value": "love" }]), false);
        check(&json!([{ "type": "CONTAINS", "fields": ["name"], "value": "love" }]), true);
        check(&json!([{ "type": "EXACT", "fields": ["division.id"], "values": ["x", "d"] }]), true);
        check(&json!([{ "type": "REQUIRED_FIELDS", "fields": ["email"] }]), false);
        check(&json!([{ "type": "EXACT", "fields": ["title"], "value": "agent", "operator": "NOT" }]), false);
        check(
            &json!([
                { "type": "EXACT", "fields": ["title"], "value": "x" },
                { "type": "EXACT", "fields": ["title"], "value": "agent", "operator": "OR" },
            ]),
            true,
        );
        check(
            &json!([{ "type": "MATCH_ALL", "group": [{ "type": "EXACT", "fields": ["title"], "value": "x" }] }]),
            false,
        );
    }

    #[test]
    fn searches_in_base64_are_read_in_both_alphabets() {
        assert_eq!(decode("eyJhIjoiPz8/In0=").unwrap(), json!({ "a": "???" }));
        assert_eq!(decode("eyJhIjoiPz8_In0").unwrap(), json!({ "a": "???" }));
        assert!(decode("!").is_err() && decode("MQ").is_err());
    }
}
