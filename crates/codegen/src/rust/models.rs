//! `models.rs`: a struct per model, an enum per list of values.

use std::fmt::Write as _;

use purecloud_definition::Depth;
use purecloud_definition::model::Model;
use purecloud_definition::names::{Reserved, Scope, rust};

use super::docs;
use super::plan::{Field, Plan};
use super::text::{code, literal, words};

/// The whole file.
pub(super) fn emit(plan: &Plan<'_>) -> String {
    let mut out = String::from(
        "// Written by the build script from the platform's definition; see `purecloud_codegen::rust`.\n\n",
    );
    out.push_str("use crate::json;\n");
    for (model, name) in plan.models() {
        structure(&mut out, name, model, &plan.fields(model));
    }
    out.push_str("\njson::models! {");
    for (_, name) in plan.models() {
        let _ = write!(out, " {name}");
    }
    out.push_str(" }\n");
    out.push_str("\njson::conversions! {");
    for (from, to) in plan.conversions() {
        let _ = write!(out, " {from} => {to};");
    }
    out.push_str(" }\n");
    for (values, name, like) in plan.enumerations() {
        enumeration(&mut out, name, &values, like);
    }
    out.push_str("\njson::enumerations! {");
    for (_, name, _) in plan.enumerations() {
        let _ = write!(out, " {name}");
    }
    out.push_str(" }\n");
    out
}

// Writing to a `String` cannot fail, so that the outcome of `write!` is dropped throughout.

fn structure(out: &mut String, name: &str, model: &Model, fields: &[Field<'_>]) {
    out.push('\n');
    match model.description.as_deref().map(words).filter(|words| !words.is_empty()) {
        Some(words) => drop(writeln!(out, "/// {words}")),
        None => drop(writeln!(out, "/// {}.", code(&model.wire_name))),
    }
    let _ = writeln!(out, "pub struct {name} {{");
    for field in fields {
        field_text(out, field);
    }
    out.push_str("    /// Fields that are not in the definition.\n    pub extra: json::Extra,\n}\n\n");

    let _ = writeln!(out, "impl json::Object for {name} {{");
    out.push_str("    fn shape(&self) -> &'static json::Shape {\n");
    let _ = write!(out, "        &json::Shape {{ name: {}, fields: &[", literal(name));
    for (index, field) in fields.iter().enumerate() {
        let written = format!(",\"{}\":", field.property.wire_name);
        let _ = write!(out, "{}{}", if index == 0 { "" } else { ", " }, literal(&written));
    }
    let _ = write!(out, "], left_out: {} }}\n    }}\n\n", literal(&left_out(fields)));
    out.push_str("    fn get(&self, index: usize) -> &dyn json::Value {\n");
    select(out, fields, "&self.");
    out.push_str("    fn slot(&mut self, index: usize) -> &mut dyn json::Value {\n");
    select(out, fields, "&mut self.");
    // Written out, since calls of `Default::default` for every field take longer to check.
    let _ = write!(out, "}}\n\nimpl Default for {name} {{\n    fn default() -> Self {{\n        Self {{ ");
    for field in fields {
        let _ = write!(
            out,
            "{}: {}, ",
            field.name,
            if field.property.nullable { "json::Nullable::Absent" } else { "None" }
        );
    }
    out.push_str("extra: json::Extra::new() }\n    }\n}\n");
}

/// The fields that a request leaves out, in the form of `json::Shape`.
fn left_out(fields: &[Field<'_>]) -> String {
    let digit = |field: &Field<'_>| {
        let [top, within] = [Depth::Top, Depth::Within].map(|depth| !field.property.is_sent(depth));
        char::from(b'0' + u8::from(top) + 2 * u8::from(within))
    };
    let digits: String = fields.iter().map(digit).collect();
    digits.trim_end_matches('0').to_owned()
}

fn select(out: &mut String, fields: &[Field<'_>], borrow: &str) {
    out.push_str("        match index {\n");
    for (index, field) in fields.iter().enumerate() {
        let _ = writeln!(out, "            {index} => {borrow}{},", field.name);
    }
    let _ = writeln!(out, "            {} => {borrow}extra,", fields.len());
    out.push_str("            _ => json::no_field(index),\n        }\n    }\n");
}

fn field_text(out: &mut String, field: &Field<'_>) {
    let _ = writeln!(out, "    /// {}", or_unnamed(&docs::field(field.property)));
    let _ = writeln!(out, "    pub {}: {},", field.name, field.kind);
}

/// The documentation of a thing, or a note that its name cannot be shown.
fn or_unnamed(said: &str) -> &str {
    if said.is_empty() { "Its name has no letters or digits." } else { said }
}

fn enumeration(out: &mut String, name: &str, values: &[&str], like: Option<&str>) {
    let mut scope = Scope::new(Reserved::Rust);
    let variants: Vec<String> = values.iter().map(|value| scope.claim(&rust::camel(value))).collect();
    out.push_str("\n/// Values of a list that grows without notice; see [`json::Open`].\n");
    let _ = writeln!(out, "#[non_exhaustive]\npub enum {name} {{");
    for (value, variant) in values.iter().zip(&variants) {
        let _ = writeln!(out, "    /// {}\n    {variant},", or_unnamed(&code(value)));
    }
    let texts = like.map_or_else(
        || {
            let texts: Vec<String> = values.iter().map(|value| literal(value)).collect();
            format!("&[{}]", texts.join(", "))
        },
        |like| format!("<{like} as json::Enumeration>::TEXTS"),
    );
    let all: Vec<String> = variants.iter().map(|variant| format!("Self::{variant}")).collect();
    let _ = writeln!(out, "}}\n\nimpl json::Enumeration for {name} {{");
    let _ = writeln!(out, "    const TEXTS: &'static [&'static str] = {texts};");
    let _ = writeln!(out, "    const ALL: &'static [Self] = &[{}];", all.join(", "));
    out.push_str("\n    fn position(self) -> usize {\n        self as usize\n    }\n}\n");
}
