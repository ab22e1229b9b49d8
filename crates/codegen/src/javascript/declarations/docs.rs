//! The comments of declarations.

use purecloud_definition::model::{Bounds, Operation, Paging, Parameter, Property, Type, Width};
use serde_json::Value;

use super::text::{code_span, comment_lines};
use crate::facts;

/// An operation: what it does, how it goes over the wire, who may call it, and what is said of its arguments, which
/// come with the names they have in the declaration.
pub(super) fn operation<'a>(
    operation: &Operation,
    summary: &str,
    arguments: impl Iterator<Item = (&'a str, &'a Parameter)>,
) -> Vec<String> {
    let mut lines = vec![];
    comment_lines(summary, &mut lines);
    if let Some(description) = operation.description.as_deref().filter(|text| *text != summary) {
        paragraph(&mut lines);
        comment_lines(description, &mut lines);
    }
    paragraph(&mut lines);
    lines.push(wire(operation));
    let allowed = [facts::permissions(operation, code_span), facts::scopes(operation, code_span)];
    let allowed: Vec<String> = allowed.into_iter().flatten().collect();
    if !allowed.is_empty() {
        paragraph(&mut lines);
        lines.push(allowed.join(" "));
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
    let mut facts = facts::of_value(kind, bounds, default, code_span);
    if *kind == Type::Integer(Width::Bits64) {
        // A `number` is exact up to 2^53.
        facts.insert(0, "64 bits.".to_owned());
    }
    if !facts.is_empty() {
        lines.push(facts.join(" "));
    }
    if deprecated {
        lines.push("@deprecated The platform discourages its use.".into());
    }
    lines
}

fn paging_line(paging: Paging) -> &'static str {
    match paging {
        Paging::PageNumber => {
            "Answers a page at a time: `pageNumber` asks for one, `pageCount` is their number."
        }
        Paging::NextUri => "Answers a page at a time: `nextUri` leads to the next one.",
        Paging::After => "Answers a page at a time: `after` asks for what follows.",
        Paging::Cursor => "Answers a page at a time: `cursor` asks for the next one.",
        Paging::NextPage => "Answers a page at a time: `nextPage` leads to the next one.",
        Paging::Body => {
            "Answers a page at a time: `paging` of the body asks for one, `totalHits` is the number of matches."
        }
        Paging::Job => "Starts a job. Other operations return its state and its results.",
        Paging::Scim => "Answers a page at a time: `startIndex` and `count` ask for one.",
        Paging::Execution => "Starts an execution. Other operations return its results.",
    }
}

fn paragraph(lines: &mut Vec<String>) {
    if lines.last().is_some_and(|line| !line.is_empty()) {
        lines.push(String::new());
    }
}
