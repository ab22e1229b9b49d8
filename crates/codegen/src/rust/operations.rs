//! `apis.rs`: a module per API, a row and a thin call per operation.

use std::fmt::Write as _;

use purecloud_definition::model::{ListStyle, Method, Operation, Parameter, Place, Segment, Type};
use purecloud_definition::names::{Reserved, Scope};
use purecloud_definition::paging::{Listing, listing};

use super::docs;
use super::layout::{Input, Module, Row, modules};
use super::plan::Plan;
use super::text::{code, literal};

const JSON: &str = "application/json";

/// The whole file.
pub(super) fn emit(plan: &Plan<'_>) -> String {
    let mut out = String::from(
        "// Written by the build script from the platform's definition; see `purecloud_codegen::rust`.\n",
    );
    for module in modules(plan) {
        emit_module(&mut out, plan, &module);
    }
    out
}

// Writing to a `String` cannot fail, so that the outcome of `write!` is dropped throughout.

fn emit_module(out: &mut String, plan: &Plan<'_>, module: &Module<'_>) {
    let Module { name, class, tag, feature, rows } = module;
    let operations = if rows.len() == 1 { "operation" } else { "operations" };
    let _ = writeln!(
        out,
        "\n/// {}: {} {operations}, with the feature `{feature}`.\n#[cfg_attr(docsrs, doc(cfg(feature = {})))]\npub mod {name} {{",
        code(tag),
        rows.len(),
        literal(feature)
    );
    out.push_str("    #![allow(unused_imports, reason = \"not every API has every kind of argument\")]\n");
    out.push_str("    use crate::{json, models, Argument, ListStyle, Listing, Method, Operation, OperationSpec, Paging, Parameter, Place, Repeat, Session, TypedCall};\n\n");
    let _ = writeln!(
        out,
        "    /// The operations of {}.\n    #[derive(Debug, Clone)]\n    pub struct {class} {{\n        session: Session,\n    }}\n",
        code(tag)
    );
    let _ = writeln!(
        out,
        "    impl {class} {{\n        /// Calls of this session.\n        pub fn new(session: &Session) -> Self {{\n            Self {{ session: session.clone() }}\n        }}"
    );
    for row in rows {
        function(out, plan, row);
    }
    out.push_str("    }\n");
    for row in rows {
        marker(out, plan, row);
    }
    out.push_str(
        "\n    /// The row of every operation of this API.\n    pub const OPERATIONS: &[&OperationSpec] = &[",
    );
    let list: Vec<String> = rows.iter().map(|row| format!("{}::SPEC", row.marker)).collect();
    let _ = writeln!(out, "{}];\n}}", list.join(", "));
}

fn function(out: &mut String, plan: &Plan<'_>, row: &Row<'_>) {
    let operation = row.operation;
    let mut scope = Scope::new(Reserved::Rust);
    let (mut arguments, mut calls, mut kinds, mut named) =
        (String::new(), String::new(), Vec::new(), Vec::new());
    for (index, input) in row.required.iter().enumerate() {
        let name = scope.claim(&input.name());
        let (kind, call) = setter(plan, operation, *input, &name);
        let kind = if takes_several(*input) {
            kinds.push(format!("K{index}"));
            format!("impl crate::IntoArgument<K{index}>")
        } else {
            kind
        };
        let _ = write!(arguments, ", {name}: {kind}");
        calls.push_str(&call);
        named.push((name, *input));
    }
    out.push('\n');
    let named = named.iter().map(|(name, input)| (name.as_str(), *input));
    let setters = row.setters.iter().map(|(_, name)| name.as_str());
    docs::operation(out, plan, operation, named, setters);
    if operation.deprecated || operation.retired {
        out.push_str("        #[deprecated(note = \"the platform discourages its use\")]\n");
    }
    let _ = writeln!(
        out,
        "        pub fn {}{}(&self{arguments}) -> TypedCall<{}> {{\n            TypedCall::new(&self.session){calls}\n        }}",
        row.function,
        if kinds.is_empty() { String::new() } else { format!("<{}>", kinds.join(", ")) },
        row.marker
    );
}

/// Returns whether an input is a list of values that are text on the wire: in an address, a header or a field.
fn takes_several(input: Input<'_>) -> bool {
    match (input, input.kind()) {
        (Input::Parameter(_, parameter), Type::List(_)) => !matches!(parameter.place, Place::Body { .. }),
        (Input::Field { .. }, Type::List(item)) => is_plain(item),
        _ => false,
    }
}

/// Returns whether a field of this type is text on the wire.
const fn is_plain(kind: &Type) -> bool {
    matches!(kind, Type::Text(_) | Type::Enumeration(_) | Type::Integer(_) | Type::Number | Type::Boolean)
}

/// The type of an argument, and the call that passes it on.
fn setter(plan: &Plan<'_>, operation: &Operation, input: Input<'_>, name: &str) -> (String, String) {
    match input {
        Input::Parameter(index, parameter) => argument(plan, operation, index, parameter, name),
        Input::Field { property, joined } => field(plan, &property.wire_name, &property.kind, joined, name),
    }
}

/// The same of a field of a form.
fn field(plan: &Plan<'_>, wire_name: &str, kind: &Type, joined: bool, name: &str) -> (String, String) {
    let call = |method: &str, value: &str| format!(".{method}({}, {value})", literal(wire_name));
    let method = if joined { "form_joined" } else { "form_text" };
    match kind {
        Type::Integer(_) => ("impl crate::Whole".to_owned(), call(method, name)),
        Type::Number => ("impl crate::Number".to_owned(), call(method, name)),
        Type::Boolean => ("impl crate::Truth".to_owned(), call(method, name)),
        Type::Text(_) | Type::Enumeration(_) => ("impl Into<Argument>".to_owned(), call(method, name)),
        Type::List(item) if is_plain(item) => {
            ("impl crate::IntoArgument<K>".to_owned(), call(method, &format!("{name}.into_argument()")))
        }
        Type::Bytes => ("impl Into<crate::FormFile>".to_owned(), call("form_file", name)),
        Type::List(item) if **item == Type::Bytes => {
            ("impl IntoIterator<Item: Into<crate::FormFile>>".to_owned(), call("form_files", name))
        }
        Type::List(item) => (format!("&[{}]", plan.kind(item, "models::", false)), call("form_list", name)),
        Type::Model(_) | Type::Map(_) => {
            (format!("&{}", plan.kind(kind, "models::", false)), call("form_json", name))
        }
        Type::Any | Type::OneOf(_) => ("&json::Json".to_owned(), call("form_value", name)),
    }
}

/// The same of an argument.
fn argument(
    plan: &Plan<'_>,
    operation: &Operation,
    index: usize,
    parameter: &Parameter,
    name: &str,
) -> (String, String) {
    let set = format!(".set({index}, {name})");
    match (&parameter.place, &parameter.kind) {
        // A form of which nothing is known.
        (Place::Body { .. }, _) if operation.form.is_some() => {
            ("crate::FormFields".to_owned(), format!(".form_fields({name})"))
        }
        (Place::Body { .. }, Type::Bytes) => {
            ("impl Into<bytes::Bytes>".to_owned(), format!(".content_bytes({name})"))
        }
        (Place::Body { .. }, kind) => match kind {
            Type::List(item) => {
                (format!("&[{}]", plan.kind(item, "models::", false)), format!(".contents({name})"))
            }
            Type::Text(_) if !is_json(operation.consumes.first()) => {
                ("impl Into<String>".to_owned(), format!(".content_bytes({name}.into())"))
            }
            Type::Text(_) => ("impl Into<String>".to_owned(), format!(".content(&{name}.into())")),
            Type::Integer(_) | Type::Number | Type::Boolean => {
                (plan.kind(kind, "", false), format!(".content(&{name})"))
            }
            _ => (format!("&{}", plan.kind(kind, "models::", false)), format!(".content({name})")),
        },
        (_, Type::Integer(_)) => ("impl crate::Whole".to_owned(), set),
        (_, Type::Number) => ("impl crate::Number".to_owned(), set),
        (_, Type::Boolean) => ("impl crate::Truth".to_owned(), set),
        (_, Type::List(_)) => {
            ("impl crate::IntoArgument<K>".to_owned(), format!(".set({index}, {name}.into_argument())"))
        }
        _ => ("impl Into<Argument>".to_owned(), set),
    }
}

/// Returns whether a media type is JSON; a missing one counts as JSON.
fn is_json(media_type: Option<&String>) -> bool {
    media_type.is_none_or(|text| text.contains("json") || text == "*/*")
}

/// Returns whether a success carries JSON.
pub(super) fn gives_json(operation: &Operation) -> bool {
    let kind = operation.result.as_ref();
    kind.is_some_and(|kind| *kind != Type::Bytes) && is_json(operation.produces.first())
}

fn marker(out: &mut String, plan: &Plan<'_>, row: &Row<'_>) {
    let operation = row.operation;
    let _ = writeln!(
        out,
        "\n    /// {}\n    pub struct {};\n\n    impl Operation for {} {{",
        docs::wire(operation),
        row.marker,
        row.marker
    );
    let output = match &operation.result {
        None => "()".to_owned(),
        Some(_) if !gives_json(operation) => "crate::Answer".to_owned(),
        Some(kind) => plan.kind(kind, "models::", false),
    };
    let _ = writeln!(out, "        type Output = {output};");
    out.push_str("        const SPEC: &'static OperationSpec = &OperationSpec {\n");
    let listing = listing(plan.platform, operation);
    row_text(out, operation, listing.as_ref().map(|listing| listing.name));
    let _ = writeln!(
        out,
        "            ..OperationSpec::new({}, Method::{:?}, {})\n        }};\n    }}",
        literal(&operation.name),
        operation.method,
        literal(&operation.path.text)
    );
    if let Some(Listing { page, item, .. }) = listing {
        let [page, item] = [page, item].map(|kind| plan.kind(kind, "models::", false));
        let _ = writeln!(
            out,
            "\n    impl Listing for {} {{\n        type Page = {page};\n        type Item = {item};\n    }}",
            row.marker
        );
    }
    if row.setters.is_empty() {
        return;
    }
    let _ = writeln!(
        out,
        "\n    /// The optional arguments of {}.\n    impl TypedCall<{}> {{",
        docs::wire(operation),
        row.marker
    );
    for (input, name) in &row.setters {
        let (kind, call) = setter(plan, operation, *input, "value");
        let _ = writeln!(
            out,
            "        /// {}\n        pub fn {name}{}(self, value: {kind}) -> Self {{\n            self{call}\n        }}",
            docs::setter(plan.platform, *input),
            if takes_several(*input) { "<K>" } else { "" }
        );
    }
    out.push_str("    }\n");
}

/// The deviations of a row from what most rows have.
fn row_text(out: &mut String, operation: &Operation, items: Option<&str>) {
    let indent = "            ";
    if !operation.parameters.is_empty() {
        let _ = writeln!(out, "{indent}parameters: &[");
        for parameter in &operation.parameters {
            let place = match parameter.place {
                Place::Path => "Path".to_owned(),
                Place::Query { list, .. } => format!(
                    "Query(ListStyle::{})",
                    match list {
                        ListStyle::Multi => "Multi",
                        ListStyle::Comma => "Comma",
                        ListStyle::Space => "Space",
                        ListStyle::Pipe => "Pipe",
                    }
                ),
                Place::Header { .. } => "Header".to_owned(),
                Place::Body { .. } => "Body".to_owned(),
            };
            let _ = writeln!(
                out,
                "{indent}    Parameter {{ name: {}, wire_name: {}, place: Place::{place}, required: {} }},",
                literal(&parameter.name),
                literal(&parameter.wire_name),
                parameter.required()
            );
        }
        let _ = writeln!(out, "{indent}],");
    }
    for (field, media_types) in [("content_type", &operation.consumes), ("accept", &operation.produces)] {
        if let Some(media_type) = media_types.first().filter(|media_type| *media_type != JSON) {
            let _ = writeln!(out, "{indent}{field}: {},", literal(media_type));
        }
    }
    if !operation.authenticated {
        let _ = writeln!(out, "{indent}authenticated: false,");
    }
    if only_reads(operation) {
        let _ = writeln!(out, "{indent}repeat: Repeat::Reads,");
    }
    if let Some(paging) = operation.paging {
        let _ = writeln!(out, "{indent}paging: Some(Paging::{paging:?}),");
    }
    if let Some(items) = items {
        let _ = writeln!(out, "{indent}items: Some({}),", literal(items));
    }
}

/// Whether a POST only reads: the platform puts the conditions of a query or a search in a body when they are too long
/// for an address, and its path then ends in that word.
fn only_reads(operation: &Operation) -> bool {
    let last = operation.path.segments.last();
    operation.method == Method::Post
        && matches!(last, Some(Segment::Literal(word)) if word == "query" || word == "search")
}
