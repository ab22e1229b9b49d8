//! The documentation of models and operations.

use std::fmt::Write as _;

use purecloud_definition::model::{Operation, Property, Type};
use purecloud_definition::{Depth, Platform};

use super::layout::Input;
use super::plan::Plan;
use super::text::{code, words};
use crate::facts;

// Writing to a `String` cannot fail, so that the outcome of `write!` is dropped throughout.

/// An operation: what it does, how it goes over the wire, who may call it, what it is given, in the order of
/// `arguments`: the names that they have in the signature, and what its call may be given besides.
pub(super) fn operation<'a>(
    out: &mut String,
    plan: &Plan<'_>,
    operation: &Operation,
    arguments: impl Iterator<Item = (&'a str, Input<'a>)>,
    setters: impl Iterator<Item = &'a str>,
) {
    let summary = words(&plan.summaries.of(operation));
    let mut lines = vec![summary.clone(), wire(operation)];
    lines.extend(operation.description.iter().map(|text| words(text)).filter(|text| *text != summary));
    let allowed = [facts::permissions(operation, code), facts::scopes(operation, code)];
    lines.push(allowed.into_iter().flatten().collect::<Vec<_>>().join(" "));
    lines.retain(|line| !line.is_empty());
    if operation.retired {
        lines.push("The platform has dropped it.".to_owned());
    }
    let indent = "        ///";
    let _ = writeln!(out, "{indent} {}", lines.join(&format!("\n{indent}\n{indent} ")));
    let mut first = true;
    for (name, input) in arguments {
        let said = said(plan.platform, input);
        if said.is_empty() {
            continue;
        }
        if std::mem::take(&mut first) {
            let _ = writeln!(out, "{indent}");
        }
        let _ = writeln!(out, "{indent} - `{name}`: {said}");
    }
    let setters: Vec<String> = setters.map(|name| format!("`{name}`")).collect();
    if !setters.is_empty() {
        let _ = writeln!(out, "{indent}\n{indent} Optional: {}.", setters.join(", "));
    }
}

/// Method and path.
pub(super) fn wire(operation: &Operation) -> String {
    format!("`{}` {}", operation.method.as_str(), code(&operation.path.text))
}

/// An argument that may be left out.
pub(super) fn setter(platform: &Platform, input: Input<'_>) -> String {
    let said = said(platform, input);
    if said.is_empty() { format!("{}.", code(input.wire_name())) } else { said }
}

/// The facts about an argument, on one line.
fn said(platform: &Platform, input: Input<'_>) -> String {
    let mut said = vec![words(input.description())];
    said.extend(values(platform, input.kind()));
    said.extend(facts::of_value(input.kind(), input.bounds(), input.default(), code));
    if input.deprecated() {
        said.push("Deprecated.".to_owned());
    }
    joined(&said)
}

/// The values of a list of them: a setter takes any text, since such lists grow without notice.
fn values(platform: &Platform, kind: &Type) -> Option<String> {
    match kind {
        Type::Enumeration(id) => {
            let values = platform.enumeration(*id).values.iter();
            let values: Vec<String> = values.filter_map(|value| value.as_str().map(code)).collect();
            (!values.is_empty()).then(|| format!("Known values: {}.", values.join(", ")))
        }
        Type::List(item) => values(platform, item),
        _ => None,
    }
}

/// A field of a model, on one line.
pub(super) fn field(property: &Property) -> String {
    let mut said = vec![words(property.description.as_deref().unwrap_or_default())];
    said.extend(facts::of_value(&property.kind, &property.bounds, property.default.as_ref(), code));
    let (top, within) = (property.is_sent(Depth::Top), property.is_sent(Depth::Within));
    for (holds, text) in [
        (property.read_only && top && within, "Set by the platform."),
        (!top && !within, "Set by the platform; requests leave it out."),
        (!top && within, "Set by the platform; requests leave it out, except in a model within another."),
        (top && !within, "Set by the platform; requests leave it out in a model within another."),
        (property.required, "Required."),
        (property.deprecated, "Deprecated."),
    ] {
        if holds {
            said.push(text.to_owned());
        }
    }
    let said = joined(&said);
    if said.is_empty() { code(&property.wire_name) } else { said }
}

fn joined(said: &[String]) -> String {
    let said: Vec<&str> = said.iter().map(String::as_str).filter(|said| !said.is_empty()).collect();
    said.join(" ")
}
