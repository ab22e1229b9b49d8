//! Facts that a definition has about a value and about callers, as sentences for the documentation of every product.
//!
//! Texts of a definition are hostile, so that each product says how it shows them as code.

use purecloud_definition::model::{Bounds, Need, Operation, TextFormat, Type};
use serde_json::Value;

/// Formats a text of the definition as code, in the manner of a product.
pub(crate) type Code = fn(&str) -> String;

/// The form of a value, its bounds, and what the platform assumes when there is none.
pub(crate) fn of_value(kind: &Type, bounds: &Bounds, default: Option<&Value>, code: Code) -> Vec<String> {
    let mut facts: Vec<String> = vec![];
    facts.extend(form(kind).map(str::to_owned));
    facts.extend(range("Value:", bounds.minimum, bounds.maximum));
    facts.extend(range("Length:", bounds.min_length, bounds.max_length));
    facts.extend(range("Items:", bounds.min_items, bounds.max_items));
    facts.extend(default.map(|default| format!("Default: {}.", code(&plain(default)))));
    facts
}

/// The permissions that an operation needs.
pub(crate) fn permissions(operation: &Operation, code: Code) -> Option<String> {
    let needed = operation.permissions.as_ref().filter(|needed| !needed.names.is_empty())?;
    let names: Vec<_> = needed.names.iter().map(|name| code(name)).collect();
    let what = match (names.len(), needed.need) {
        (1, _) => "the permission",
        (_, Need::Any) => "any of the permissions",
        (_, Need::All) => "all of the permissions",
    };
    Some(format!("Needs {what} {}.", names.join(", ")))
}

/// The OAuth scopes that let a client call an operation.
pub(crate) fn scopes(operation: &Operation, code: Code) -> Option<String> {
    let names: Vec<_> = operation.scopes.iter().map(|name| code(name)).collect();
    match names.split_last()? {
        (only, []) => Some(format!("OAuth scope: {only}.")),
        (last, others) => Some(format!("OAuth scopes: {} or {last}.", others.join(", "))),
    }
}

/// The form of a text; dates are texts on the wire and stay so in answers.
fn form(kind: &Type) -> Option<&'static str> {
    match kind {
        Type::Text(TextFormat::Date) => Some("Date: `2026-11-23`."),
        Type::Text(TextFormat::DateTime) => Some("Date and time: `2026-11-23T21:02:00.000Z`."),
        Type::Text(TextFormat::LocalDateTime) => {
            Some("Date and time without a zone: `2026-11-23T21:02:00.000`.")
        }
        Type::Text(TextFormat::YearMonth) => Some("Month: `2026-11`."),
        Type::Text(TextFormat::Base64) => Some("Base64."),
        Type::List(inner) => form(inner),
        _ => None,
    }
}

fn range<T: std::fmt::Display>(what: &str, least: Option<T>, most: Option<T>) -> Option<String> {
    match (least, most) {
        (Some(least), Some(most)) => Some(format!("{what} {least} to {most}.")),
        (Some(least), None) => Some(format!("{what} {least} or more.")),
        (None, Some(most)) => Some(format!("{what} up to {most}.")),
        (None, None) => None,
    }
}

/// A text without quotes, anything else as JSON.
fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
