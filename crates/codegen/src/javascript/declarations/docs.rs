//! What the comments of declarations say.

use purecloud_definition::model::{Bounds, Need, Operation, Paging, Parameter, Property, TextFormat, Type};
use serde_json::Value;

use super::text::{code_span, comment_lines};

/// An operation: what it does, how it goes over the wire, who may call it, and what is said of its arguments, which
/// come with the names they have in the declaration.
pub(super) fn operation<'a>(
    operation: &Operation,
    arguments: impl Iterator<Item = (&'a str, &'a Parameter)>,
) -> Vec<String> {
    let mut lines = vec![];
    let summary = operation.summary.as_deref().unwrap_or_default();
    comment_lines(summary, &mut lines);
    if let Some(description) = operation.description.as_deref().filter(|text| *text != summary) {
        paragraph(&mut lines);
        comment_lines(description, &mut lines);
    }
    paragraph(&mut lines);
    lines.push(wire(operation));
    if let Some(permissions) = operation.permissions.as_ref().filter(|needed| !needed.names.is_empty()) {
        let names: Vec<_> = permissions.names.iter().map(|name| code_span(name)).collect();
        let what = match (names.len(), permissions.need) {
            (1, _) => "the permission",
            (_, Need::Any) => "any of the permissions",
            (_, Need::All) => "all of the permissions",
        };
        paragraph(&mut lines);
        lines.push(format!("Needs {what} {}.", names.join(", ")));
    }
    if let Some(paging) = operation.paging {
        paragraph(&mut lines);
        lines.push(paging_line(paging).to_owned());
    }
    let mut tags = vec![];
    for (name, parameter) in arguments {
        let mut said = vec![];
        comment_lines(parameter.description.as_deref().unwrap_or_default(), &mut said);
        if !said.is_empty() {
            tags.push(format!("@param {name} {}", said.join(" ")));
        }
    }
    tags.extend(deprecation(operation).map(str::to_owned));
    if !tags.is_empty() {
        paragraph(&mut lines);
        lines.append(&mut tags);
    }
    lines
}

/// Method and path.
pub(super) fn wire(operation: &Operation) -> String {
    code_span(&format!("{} {}", operation.method.as_str(), operation.path.text))
}

/// The tag of an operation that programs should leave, if it is one.
pub(super) fn deprecation(operation: &Operation) -> Option<&'static str> {
    if operation.retired {
        Some("@deprecated The platform has dropped this operation.")
    } else if operation.deprecated {
        Some("@deprecated The platform discourages its use.")
    } else {
        None
    }
}

/// An argument.
pub(super) fn parameter(parameter: &Parameter) -> Vec<String> {
    value(
        parameter.description.as_deref(),
        &parameter.kind,
        &parameter.bounds,
        parameter.default.as_ref(),
        parameter.deprecated,
    )
}

/// A property of a model.
pub(super) fn property(property: &Property) -> Vec<String> {
    value(
        property.description.as_deref(),
        &property.kind,
        &property.bounds,
        property.default.as_ref(),
        property.deprecated,
    )
}

fn value(
    description: Option<&str>,
    kind: &Type,
    bounds: &Bounds,
    default: Option<&Value>,
    deprecated: bool,
) -> Vec<String> {
    let mut lines = vec![];
    comment_lines(description.unwrap_or_default(), &mut lines);
    let mut facts: Vec<String> = vec![];
    facts.extend(format_line(kind).map(str::to_owned));
    facts.extend(range("Value:", bounds.minimum, bounds.maximum));
    facts.extend(range("Length:", bounds.min_length, bounds.max_length));
    facts.extend(range("Items:", bounds.min_items, bounds.max_items));
    facts.extend(default.map(|default| format!("Default: {}.", code_span(&plain(default)))));
    if !facts.is_empty() {
        lines.push(facts.join(" "));
    }
    if deprecated {
        lines.push("@deprecated The platform discourages its use.".into());
    }
    lines
}

/// The form of a text; dates are texts on the wire and stay so in answers.
fn format_line(kind: &Type) -> Option<&'static str> {
    match kind {
        Type::Text(TextFormat::Date) => Some("Date: `2026-11-23`."),
        Type::Text(TextFormat::DateTime) => Some("Date and time: `2026-11-23T21:02:00.000Z`."),
        Type::Text(TextFormat::LocalDateTime) => {
            Some("Date and time without a zone: `2026-11-23T21:02:00.000`.")
        }
        Type::Text(TextFormat::YearMonth) => Some("Month: `2026-11`."),
        Type::Text(TextFormat::Base64) => Some("Base64."),
        Type::List(inner) => format_line(inner),
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

fn paging_line(paging: Paging) -> &'static str {
    match paging {
        Paging::PageNumber => {
            "Answers a page at a time: `pageNumber` asks for one, `pageCount` says how many there are."
        }
        Paging::NextUri => "Answers a page at a time: `nextUri` leads to the next one.",
        Paging::After => "Answers a page at a time: `after` asks for what follows.",
        Paging::Cursor => "Answers a page at a time: `cursor` asks for the next one.",
        Paging::NextPage => "Answers a page at a time: `nextPage` leads to the next one.",
        Paging::Body => {
            "Answers a page at a time: `paging` of the body asks for one, `totalHits` says how much there is."
        }
        Paging::Job => "Starts a job, whose state and results are asked for by other operations.",
        Paging::Scim => "Answers a page at a time: `startIndex` and `count` ask for one.",
        Paging::Execution => "Starts an execution, whose results are asked for by other operations.",
    }
}

fn paragraph(lines: &mut Vec<String>) {
    if lines.last().is_some_and(|line| !line.is_empty()) {
        lines.push(String::new());
    }
}
