//! Filters and order of a list, read from the query parameters that the definition names.

use std::cmp::Ordering;

use purecloud_definition::model::Place;
use serde_json::Value;

use super::Call;

/// Parameters that say which page, in which order or how much, not which entities.
const NO_FILTERS: &[&str] = &[
    "pageSize",
    "pageNumber",
    "sortBy",
    "sortOrder",
    "expand",
    "after",
    "before",
    "cursor",
    "nextPage",
    "previousPage",
    "limit",
    "count",
    "startIndex",
    "fields",
];

/// The entities that a call asks for, in the order that it asks for.
pub(super) fn apply<'a>(call: &Call<'_>, mut entities: Vec<&'a Value>) -> Vec<&'a Value> {
    let arguments = &call.arguments;
    let named = call.operation.parameters.iter().filter(|parameter| {
        matches!(parameter.place, Place::Query { .. }) && !NO_FILTERS.contains(&parameter.wire_name.as_str())
    });
    let mut states = false;
    for parameter in named {
        let name = parameter.wire_name.as_str();
        let wanted: Vec<&str> = arguments.query_list(name).collect();
        if wanted.is_empty() {
            continue;
        }
        states |= name == "state";
        // Not a property of anything here: then it asks for something that stored entities cannot tell.
        if name == "state" && wanted == ["any"]
            || !entities.iter().any(|entity| property(entity, name).is_some())
        {
            continue;
        }
        entities.retain(|entity| {
            property(entity, name).is_some_and(|value| wanted.iter().any(|wanted| fits(value, wanted)))
        });
    }
    if !states {
        entities.retain(|entity| entity["state"] != "deleted");
    }
    if let Some(key) = arguments.query("sortBy").filter(|key| !key.is_empty()) {
        entities.sort_by(|left, right| compare(property(left, key), property(right, key)));
        let order = arguments.query("sortOrder").unwrap_or_default().to_ascii_lowercase();
        if order.starts_with("desc") {
            entities.reverse();
        }
    }
    entities
}

/// What a parameter of this name looks at: `name`, `division.id`, `divisionId` for the id of `division`, and
/// `ids` for `id`.
fn property<'a>(entity: &'a Value, name: &str) -> Option<&'a Value> {
    if let Some(value) = entity.get(name) {
        return Some(value);
    }
    if let Some((first, rest)) = name.split_once('.') {
        return property(entity.get(first)?, rest);
    }
    if name == "ids" {
        return entity.get("id");
    }
    let owner = name.strip_suffix("Ids").or_else(|| name.strip_suffix("Id"))?;
    entity.get(owner)?.get("id")
}

/// Whether a value is what was asked for; a `*` stands for any text.
fn fits(value: &Value, wanted: &str) -> bool {
    match value {
        Value::String(text) => like(&text.to_lowercase(), &wanted.to_lowercase()),
        Value::Array(items) => items.iter().any(|item| fits(item, wanted)),
        Value::Object(values) => values.get("id").is_some_and(|id| fits(id, wanted)),
        Value::Null => false,
        other => wanted.parse::<Value>().is_ok_and(|wanted| wanted == *other),
    }
}

fn like(text: &str, pattern: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else { return false };
    let Some(last) = parts.next_back() else { return rest.is_empty() };
    for part in parts {
        match rest.find(part) {
            Some(start) => rest = &rest[start + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

fn compare(left: Option<&Value>, right: Option<&Value>) -> Ordering {
    match (left, right) {
        (Some(Value::String(left)), Some(Value::String(right))) => {
            left.to_lowercase().cmp(&right.to_lowercase())
        }
        (Some(left), Some(right)) => {
            left.as_f64().zip(right.as_f64()).map_or(Ordering::Equal, |(left, right)| left.total_cmp(&right))
        }
        // What has no such property comes last.
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (None, None) => Ordering::Equal,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn stars_stand_for_any_text() {
        for (text, pattern, expect) in [
            ("support", "support", true),
            ("support", "sup*", true),
            ("support", "*port", true),
            ("support", "s*p*t", true),
            ("support", "*", true),
            ("support", "sup", false),
            ("support", "*x*", false),
            ("ab", "ab*b", false),
        ] {
            assert_eq!(like(text, pattern), expect, "{pattern}");
        }
    }

    #[test]
    fn parameters_look_into_references() {
        let entity = json!({ "id": "1", "division": { "id": "d" }, "tags": ["x", "y"] });
        assert_eq!(property(&entity, "divisionId"), Some(&json!("d")));
        assert_eq!(property(&entity, "division.id"), Some(&json!("d")));
        assert_eq!(property(&entity, "ids"), Some(&json!("1")));
        assert_eq!(property(&entity, "queueId"), None);
        assert!(fits(&entity["tags"], "y") && fits(&entity["division"], "d"));
    }
}
