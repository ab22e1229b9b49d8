//! Declarations of models and enumerations.

use purecloud_definition::model::{Enumeration, Model};
use serde_json::Value;

use super::docs;
use super::sheet::Writer;
use super::text::{add, comment_lines, push_literal, push_property_name};

/// A model as an interface. What only the platform sets is `readonly`, by which `Sent` knows what a request leaves out;
/// what it requires of callers is not, though the platform may set it too.
pub(super) fn model(writer: &mut Writer, name: &str, model: &Model) {
    let mut lines = vec![];
    comment_lines(model.description.as_deref().unwrap_or_default(), &mut lines);
    writer.comment("", &lines);
    writer.out.push_str("export interface ");
    writer.out.push_str(name);
    writer.out.push_str(" {\n");
    for property in &model.properties {
        writer.comment("  ", &docs::property(property));
        let Writer { types, out, .. } = writer;
        out.push_str(if property.read_only && !property.required { "  readonly " } else { "  " });
        push_property_name(&property.wire_name, out);
        out.push_str(if property.required { ": " } else { "?: " });
        types.kind(&property.kind, out);
        out.push_str(if property.nullable { " | null;\n" } else { ";\n" });
    }
    if let Some(additional) = &model.additional {
        let Writer { types, out, .. } = writer;
        out.push_str("  [key: string]: ");
        if model.properties.is_empty() {
            types.kind(additional, out);
        } else {
            // An index signature covers the listed properties too, whose types are others.
            out.push_str("any");
        }
        out.push_str(";\n");
    }
    writer.out.push_str("}\n\n");
}

/// An enumeration as its values, which editors offer, and whatever else the platform may send one day.
pub(super) fn enumeration(writer: &mut Writer, name: &str, enumeration: &Enumeration) {
    let out = &mut writer.out;
    add(out, format_args!("export type {name} ="));
    let mut texts = false;
    let mut numbers = false;
    for value in &enumeration.values {
        let before = if texts || numbers { " | " } else { " " };
        match value {
            Value::String(text) => {
                texts = true;
                out.push_str(before);
                push_literal(text, out);
            }
            Value::Number(number) => {
                numbers = true;
                add(out, format_args!("{before}{number}"));
            }
            _ => {}
        }
    }
    // The intersection keeps the compiler from dropping the literals in favour of their common type.
    if texts {
        out.push_str(" | (string & {})");
    }
    if numbers {
        out.push_str(" | (number & {})");
    }
    if !texts && !numbers {
        out.push_str(" string");
    }
    out.push_str(";\n\n");
}
