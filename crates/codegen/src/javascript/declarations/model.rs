//! Declarations of models and enumerations.

use purecloud_definition::model::{Enumeration, Model};
use serde_json::Value;

use super::docs;
use super::sheet::Writer;
use super::text::{comment_lines, literal, property_name};

/// A model as an interface. What the platform sets itself is optional, since callers need not send it.
pub(super) fn model(writer: &mut Writer, name: &str, model: &Model) {
    let mut lines = vec![];
    comment_lines(model.description.as_deref().unwrap_or_default(), &mut lines);
    writer.comment("", &lines);
    writer.out.push_str("export interface ");
    writer.out.push_str(name);
    writer.out.push_str(" {\n");
    for property in &model.properties {
        writer.comment("  ", &docs::property(property));
        let mut line = String::from("  ");
        if property.read_only {
            line.push_str("readonly ");
        }
        line.push_str(&property_name(&property.wire_name));
        line.push_str(if property.required && !property.read_only { ": " } else { "?: " });
        writer.kind(&property.kind, &mut line);
        if property.nullable {
            line.push_str(" | null");
        }
        line.push_str(";\n");
        writer.out.push_str(&line);
    }
    if let Some(additional) = &model.additional {
        let mut line = String::from("  [key: string]: ");
        if model.properties.is_empty() {
            writer.kind(additional, &mut line);
        } else {
            // An index signature covers the listed properties too, whose types are others.
            line.push_str("any");
        }
        line.push_str(";\n");
        writer.out.push_str(&line);
    }
    writer.out.push_str("}\n\n");
}

/// An enumeration as its values, which editors offer, and whatever else the platform may send one day.
pub(super) fn enumeration(writer: &mut Writer, name: &str, enumeration: &Enumeration) {
    let mut texts = false;
    let mut numbers = false;
    let mut line = format!("export type {name} =");
    for value in &enumeration.values {
        let value = match value {
            Value::String(text) => {
                texts = true;
                literal(text)
            }
            Value::Number(number) => {
                numbers = true;
                number.to_string()
            }
            _ => continue,
        };
        line.push_str(if line.ends_with('=') { " " } else { " | " });
        line.push_str(&value);
    }
    // The intersection keeps the compiler from dropping the literals in favour of their common type.
    for (there, open) in [(texts, "(string & {})"), (numbers, "(number & {})")] {
        if there {
            line.push_str(" | ");
            line.push_str(open);
        }
    }
    if !texts && !numbers {
        line.push_str(" string");
    }
    line.push_str(";\n\n");
    writer.out.push_str(&line);
}
