//! Searches of users, groups, locations and other collections: clauses in a POST, or the same in base64 in the `q64` of a GET, which
//! is also how the next page is asked for.

use std::cmp::Ordering;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use purecloud_definition::Platform;
use purecloud_definition::model::{Operation, Type};
use serde_json::{Value, json};

use super::{Call, Handler, stored, users};
use crate::base::lock::lock;
use crate::base::paths::{QUEUES, USERS};
use crate::http::answer::Answer;
use crate::http::problem::Problem;
use crate::schema::listing::Shape;
use crate::schema::plan::Plan;
use crate::world::World;

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

/// What `GET` and `POST /api/v2/search` call each collection.
const TYPES: &[(&str, &str)] = &[
    ("users", USERS),
    ("groups", "/api/v2/groups"),
    ("locations", "/api/v2/locations"),
    ("teams", "/api/v2/teams"),
    ("queues", QUEUES),
    ("stations", "/api/v2/stations"),
    ("skills", "/api/v2/routing/skills"),
];

/// The search that an operation is, if it is one: at the end of a collection's path, or over several collections.
pub(super) fn handler(platform: &Platform, plan: &Plan, operation: &Operation) -> Option<Handler> {
    if operation.path.text == "/api/v2/search" || operation.path.text == "/api/v2/search/suggest" {
        return Some(several);
    }
    let collection = operation.path.text.strip_suffix("/search")?;
    plan.collection(collection)?;
    let Some(Type::Model(result)) = operation.result else { return None };
    let names: Vec<&str> =
        platform.model(result).properties.iter().map(|property| property.wire_name.as_str()).collect();
    ["results", "total", "types"].iter().all(|name| names.contains(name)).then_some(one_collection)
}

/// `GET` and `POST /api/v2/users/search`, and the same of other collections
fn one_collection(world: &World, call: &Call<'_>) -> Result<Answer, Problem> {
    let collection = call.operation.path.text.trim_end_matches("/search");
    let kind = collection.rsplit('/').next().unwrap_or_default();
    search(world, call, &[(kind, collection)])
}

/// `GET` and `POST /api/v2/search`, over the collections that `types` names
fn several(world: &World, call: &Call<'_>) -> Result<Answer, Problem> {
    let request = request(world, call)?;
    let wanted = request["types"].as_array().map_or(&[][..], Vec::as_slice);
    let chosen: Vec<(&str, &str)> =
        TYPES.iter().filter(|(kind, _)| wanted.iter().any(|wanted| wanted == kind)).copied().collect();
    search(world, call, &chosen)
}

fn request(world: &World, call: &Call<'_>) -> Result<Value, Problem> {
    match call.arguments.query("q64") {
        Some(text) => match decode(text) {
            // Who walks over all operations with made up arguments may make up this one too.
            Err(_) if world.settings.invent_missing => Ok(json!({})),
            decoded => decoded,
        },
        None => Ok(call.arguments.body.clone().unwrap_or_else(|| json!({}))),
    }
}

fn search(world: &World, call: &Call<'_>, collections: &[(&str, &str)]) -> Result<Answer, Problem> {
    let request = request(world, call)?;
    let number =
        |name: &str, usual: u64| request[name].as_u64().filter(|number| *number > 0).unwrap_or(usual);
    let size = number("pageSize", 25).min(LARGEST);
    let page = number("pageNumber", 1);
    let clauses = request["query"].as_array().map_or(&[][..], Vec::as_slice);
    let mut store = lock(&world.store);
    for (_, collection) in collections {
        stored::ensure(world, call, collection, &mut store);
    }
    let mut found: Vec<(&str, &Value)> = Vec::new();
    for (kind, collection) in collections {
        let entities = store.seen(call.as_of).entities(collection).into_iter();
        let fitting = entities.filter(|entity| entity["state"] != "deleted" && all(entity, clauses, 0));
        found.extend(fitting.map(|entity| (*kind, entity)));
    }
    for (key, descending) in orders(&request).into_iter().rev() {
        found.sort_by_cached_key(|(_, entity)| text(&entity[&key]));
        if descending {
            found.reverse();
        }
    }
    let total = found.len() as u64;
    let start = usize::try_from((page - 1).saturating_mul(size)).unwrap_or(usize::MAX).min(found.len());
    let end = start.saturating_add(usize::try_from(size).unwrap_or(usize::MAX)).min(found.len());
    let shown: Vec<(&str, Value)> =
        found[start..end].iter().map(|(kind, entity)| (*kind, (*entity).clone())).collect();
    drop(store);
    let names: Vec<&str> =
        request["expand"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let item = Shape::of(&world.platform, call.operation.result.as_ref()).map(|shape| shape.item);
    let mut results = Vec::with_capacity(shown.len());
    for (kind, mut entity) in shown {
        match item {
            Some(item) => {
                if kind == "users" {
                    users::expand_named(world, call, &names, item, &mut entity)?;
                }
            }
            // A result of any kind says which it is.
            None => entity["_type"] = json!(kind),
        }
        results.push(entity);
    }
    let path = call.operation.path.text.as_str();
    let address = |page: u64| {
        let mut request = request.clone();
        request["pageNumber"] = json!(page);
        request["pageSize"] = json!(size);
        format!("{path}?q64={}", BASE64.encode(request.to_string()))
    };
    let mut result = json!({
        "total": total,
        "pageCount": total.div_ceil(size),
        "pageSize": size,
        "pageNumber": page,
        "types": collections.iter().map(|(kind, _)| *kind).collect::<Vec<_>>(),
        "currentPage": address(page),
        "results": results,
    });
    if page.saturating_mul(size) < total {
        result["nextPage"] = json!(address(page + 1));
    }
    if page > 1 {
        result["previousPage"] = json!(address(page - 1));
    }
    Ok(call.json(&result))
}

/// What results are ordered by, the most important first, each with whether the order is turned.
fn orders(request: &Value) -> Vec<(String, bool)> {
    let order = |value: &Value| {
        let key = value["sortBy"].as_str().filter(|key| !key.is_empty())?;
        Some((key.to_owned(), value["sortOrder"] == "DESC"))
    };
    let listed = request["sort"].as_array().into_iter().flatten().filter_map(order);
    listed.chain(order(request)).collect()
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
pub(super) fn all(entity: &Value, clauses: &[Value], depth: usize) -> bool {
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
    let own: Vec<String> = if fields.is_empty() {
        // Without fields, whatever the entity says of itself.
        entity
            .as_object()
            .into_iter()
            .flat_map(|values| values.values())
            .filter(|value| value.is_string())
            .map(text)
            .collect()
    } else {
        fields.iter().filter_map(|field| value(field)).collect()
    };
    let any = |fits: &dyn Fn(&str, &str) -> bool| {
        own.iter().any(|own| wanted.iter().any(|wanted| fits(own, wanted)))
    };
    match clause["type"].as_str().unwrap_or_default() {
        "MATCH_ALL" => true,
        "REQUIRED_FIELDS" => fields.iter().all(|field| value(field).is_some()),
        "EXACT" | "EXACT_PHRASE" => any(&|own, wanted| own == wanted),
        "STARTS_WITH" => any(&|own, wanted| own.starts_with(wanted)),
        "CONTAINS" | "PHRASE" => any(&|own, wanted| own.contains(wanted)),
        "TERM" | "TERMS" => any(&|own, wanted| words(own).any(|word| word == wanted) || own == wanted),
        "LESS_THAN" => any(&|own, wanted| compare(own, wanted).is_lt()),
        "LESS_THAN_EQUAL_TO" => any(&|own, wanted| compare(own, wanted).is_le()),
        "GREATER_THAN" => any(&|own, wanted| compare(own, wanted).is_gt()),
        "GREATER_THAN_EQUAL_TO" => any(&|own, wanted| compare(own, wanted).is_ge()),
        "RANGE" | "DATE_RANGE" => {
            let (low, high) = (text(&clause["startValue"]), text(&clause["endValue"]));
            own.iter()
                .any(|own| compare(&low, own).is_le() && (high.is_empty() || compare(own, &high).is_le()))
        }
        "REGEX" => any(&|own, wanted| crate::schema::check::matches_pattern(wanted, own)),
        // SIMPLE, QUERY_STRING and MULTI_MATCH: every word occurs somewhere.
        _ => wanted.iter().any(|wanted| {
            wanted.split_whitespace().all(|word| own.iter().any(|own| own.contains(word.trim_matches('*'))))
        }),
    }
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty())
}

/// Numbers by their size, anything else by its letters; dates of ISO 8601 are in order either way.
fn compare(own: &str, wanted: &str) -> Ordering {
    match (own.parse::<f64>(), wanted.parse::<f64>()) {
        (Ok(own), Ok(wanted)) => own.total_cmp(&wanted),
        _ => own.cmp(wanted),
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
    fn every_kind_of_clause_compares_in_its_own_way() {
        let entity =
            json!({ "name": "Ada King Lovelace", "version": 10, "dateCreated": "2026-03-01T00:00:00.000Z" });
        for (clause, expect) in [
            (json!({ "type": "EXACT", "fields": ["name"], "value": "ada king lovelace" }), true),
            (json!({ "type": "EXACT", "fields": ["name"], "value": "ada" }), false),
            (json!({ "type": "TERM", "fields": ["name"], "value": "king" }), true),
            (json!({ "type": "TERM", "fields": ["name"], "value": "kin" }), false),
            (json!({ "type": "TERMS", "fields": ["name"], "values": ["x", "ada"] }), true),
            (json!({ "type": "PHRASE", "fields": ["name"], "value": "king love" }), true),
            (json!({ "type": "LESS_THAN", "fields": ["version"], "value": "9" }), false),
            (json!({ "type": "LESS_THAN_EQUAL_TO", "fields": ["version"], "value": "10" }), true),
            (json!({ "type": "GREATER_THAN", "fields": ["version"], "value": "9" }), true),
            (json!({ "type": "GREATER_THAN_EQUAL_TO", "fields": ["version"], "value": "11" }), false),
            (json!({ "type": "RANGE", "fields": ["version"], "startValue": "2", "endValue": "10" }), true),
            (
                json!({ "type": "DATE_RANGE", "fields": ["dateCreated"], "startValue": "2026-02-28", "endValue": "2026-03-02" }),
                true,
            ),
            (json!({ "type": "DATE_RANGE", "fields": ["dateCreated"], "startValue": "2026-03-02" }), false),
            (json!({ "type": "REGEX", "fields": ["name"], "value": "^ada .*lace$" }), true),
            (json!({ "type": "SIMPLE", "value": "lovelace ada" }), true),
            (json!({ "type": "QUERY_STRING", "fields": ["name"], "value": "love* bob" }), false),
            (json!({ "type": "MULTI_MATCH", "fields": ["name", "version"], "value": "ada 10" }), true),
        ] {
            assert_eq!(all(&entity, std::slice::from_ref(&clause), 0), expect, "{clause}");
        }
    }

    #[test]
    fn searches_in_base64_are_read_in_both_alphabets() {
        assert_eq!(decode("eyJhIjoiPz8/In0=").unwrap(), json!({ "a": "???" }));
        assert_eq!(decode("eyJhIjoiPz8_In0").unwrap(), json!({ "a": "???" }));
        assert!(decode("!").is_err() && decode("MQ").is_err());
    }
}
