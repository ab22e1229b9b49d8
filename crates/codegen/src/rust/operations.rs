//! `apis.rs`: a module per API, a row and a thin call per operation.

use std::fmt::Write as _;

use purecloud_definition::Platform;
use purecloud_definition::model::{
    ApiId, ListStyle, Method, Model, Need, Operation, Parameter, Place, Segment, Type,
};
use purecloud_definition::names::{Reserved, Scope, rust};

use super::plan::{Plan, operations};
use super::text::{code, literal, words};
use crate::CodegenError;

const JSON: &str = "application/json";

/// Methods that every call has, so that no setter may have their names.
const METHODS: &[&str] = &[
    "configure",
    "content",
    "content_bytes",
    "contents",
    "into_future",
    "new",
    "pages",
    "raw",
    "set",
    "stream",
    "stream_ahead",
];

/// Where a page may hold its items, in the order in which they are looked for.
const ITEMS: &[&str] =
    &["entities", "results", "Resources", "conversations", "userDetails", "items", "values", "users"];

/// The whole file.
pub(super) fn emit(plan: &Plan<'_>) -> Result<String, CodegenError> {
    let mut out = String::from(
        "// Written by the build script from the platform's definition; see `purecloud_codegen::rust`.\n",
    );
    let mut modules = Scope::new(Reserved::Rust);
    for api in &plan.apis {
        module(&mut out, plan, *api, &modules.claim(&rust::module(&plan.platform.api(*api).name)))?;
    }
    Ok(out)
}

// Writing to a `String` cannot fail, so that the outcome of `write!` is dropped throughout.

fn module(out: &mut String, plan: &Plan<'_>, api: ApiId, name: &str) -> Result<(), CodegenError> {
    let class = &plan.platform.api(api).name;
    let tag = &plan.platform.api(api).tag;
    let mut types = Scope::new(Reserved::Rust);
    let class = types.claim(&rust::camel(class));
    // What the module brings into scope.
    for taken in [
        "Argument",
        "Listing",
        "ListStyle",
        "Method",
        "Operation",
        "OperationSpec",
        "Option",
        "Paging",
        "Parameter",
        "Place",
        "Repeat",
        "Session",
        "Some",
        "String",
        "TypedCall",
        "Vec",
        "Into",
        "None",
    ] {
        types.claim(taken);
    }
    let mut functions = Scope::new(Reserved::Rust);
    functions.claim("new");
    let rows: Vec<Row<'_>> = operations(plan.platform, api)
        .map(|operation| Row {
            operation,
            marker: types.claim(&rust::camel(&operation.name)),
            function: functions.claim(&rust::snake(&operation.name)),
        })
        .collect();
    let _ = writeln!(out, "\n/// {}: {} operations.\npub mod {name} {{", code(tag), rows.len());
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
    for row in &rows {
        function(out, plan, row)?;
    }
    out.push_str("    }\n");
    for row in &rows {
        marker(out, plan, row)?;
    }
    out.push_str(
        "\n    /// The row of every operation of this API.\n    pub const OPERATIONS: &[&OperationSpec] = &[",
    );
    let list: Vec<String> = rows.iter().map(|row| format!("{}::SPEC", row.marker)).collect();
    let _ = writeln!(out, "{}];\n}}", list.join(", "));
    Ok(())
}

struct Row<'p> {
    operation: &'p Operation,
    marker: String,
    function: String,
}

fn documentation(out: &mut String, indent: &str, operation: &Operation) {
    let _ = writeln!(out, "{indent}/// `{}` {}", operation.method.as_str(), code(&operation.path.text));
    for text in [&operation.summary, &operation.description].into_iter().flatten() {
        let words = words(text);
        if !words.is_empty() {
            let _ = writeln!(out, "{indent}///\n{indent}/// {words}");
        }
    }
    if let Some(permissions) = &operation.permissions {
        let need = match permissions.need {
            Need::Any => "one of",
            Need::All => "all of",
        };
        let names: Vec<String> = permissions.names.iter().map(|name| code(name)).collect();
        let _ = writeln!(out, "{indent}///\n{indent}/// Needs {need} {}.", names.join(", "));
    }
    if operation.retired {
        let _ = writeln!(out, "{indent}///\n{indent}/// The platform has dropped it.");
    }
}

fn function(out: &mut String, plan: &Plan<'_>, row: &Row<'_>) -> Result<(), CodegenError> {
    let operation = row.operation;
    out.push('\n');
    documentation(out, "        ", operation);
    if operation.deprecated || operation.retired {
        out.push_str("        #[deprecated(note = \"the platform discourages its use\")]\n");
    }
    let mut scope = Scope::new(Reserved::Rust);
    let (mut arguments, mut calls) = (String::new(), String::new());
    for (index, parameter) in
        operation.parameters.iter().enumerate().filter(|(_, parameter)| parameter.required())
    {
        let name = scope.claim(&rust::snake(&parameter.name));
        let (kind, call) = setter(plan, operation, index, parameter, &name)?;
        let _ = write!(arguments, ", {name}: {kind}");
        calls.push_str(&call);
    }
    let _ = writeln!(
        out,
        "        pub fn {}(&self{arguments}) -> TypedCall<{}> {{\n            TypedCall::new(&self.session){calls}\n        }}",
        row.function, row.marker
    );
    Ok(())
}

/// The type of an argument, and the call that passes it on.
fn setter(
    plan: &Plan<'_>,
    operation: &Operation,
    index: usize,
    parameter: &Parameter,
    name: &str,
) -> Result<(String, String), CodegenError> {
    let set = format!(".set({index}, {name})");
    Ok(match (&parameter.place, &parameter.kind) {
        (Place::Form { .. }, _) => {
            return Err(CodegenError::Unsupported { place: operation.origin.to_string(), what: "a form" });
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
            Type::Integer | Type::Number | Type::Boolean => {
                (plan.kind(kind, "", false), format!(".content(&{name})"))
            }
            _ => (format!("&{}", plan.kind(kind, "models::", false)), format!(".content({name})")),
        },
        (_, Type::Integer) => ("i64".to_owned(), set),
        (_, Type::Number) => ("f64".to_owned(), set),
        (_, Type::Boolean) => ("bool".to_owned(), set),
        _ => ("impl Into<Argument>".to_owned(), set),
    })
}

/// Whether a media type is JSON; what is not stated is.
fn is_json(media_type: Option<&String>) -> bool {
    media_type.is_none_or(|text| text.contains("json") || text == "*/*")
}

fn marker(out: &mut String, plan: &Plan<'_>, row: &Row<'_>) -> Result<(), CodegenError> {
    let operation = row.operation;
    let _ = writeln!(
        out,
        "\n    /// `{}` {}\n    #[derive(Debug)]\n    pub struct {};\n\n    impl Operation for {} {{",
        operation.method.as_str(),
        code(&operation.path.text),
        row.marker,
        row.marker
    );
    let output = match &operation.result {
        None => "()".to_owned(),
        Some(Type::Bytes) => "crate::Answer".to_owned(),
        Some(_) if !is_json(operation.produces.first()) => "crate::Answer".to_owned(),
        Some(kind) => plan.kind(kind, "models::", false),
    };
    let _ = writeln!(out, "        type Output = {output};");
    out.push_str("        const SPEC: &'static OperationSpec = &OperationSpec {\n");
    let listing = listing(plan.platform, operation);
    row_text(out, operation, listing.map(|(name, _)| name));
    let _ = writeln!(
        out,
        "            ..OperationSpec::new({}, Method::{:?}, {})\n        }};\n    }}",
        literal(&operation.name),
        operation.method,
        literal(&operation.path.text)
    );
    if let Some((_, item)) = listing {
        let item = plan.kind(item, "models::", false);
        let _ =
            writeln!(out, "\n    impl Listing for {} {{\n        type Item = {item};\n    }}", row.marker);
    }
    let optional: Vec<_> =
        operation.parameters.iter().enumerate().filter(|(_, parameter)| !parameter.required()).collect();
    if optional.is_empty() {
        return Ok(());
    }
    let _ = writeln!(
        out,
        "\n    /// The optional arguments of `{}` {}.\n    impl TypedCall<{}> {{",
        operation.method.as_str(),
        code(&operation.path.text),
        row.marker
    );
    let mut scope = Scope::new(Reserved::Rust);
    for name in METHODS {
        scope.claim(name);
    }
    for (index, parameter) in optional {
        let name = scope.claim(&rust::snake(&parameter.name));
        let (kind, call) = setter(plan, operation, index, parameter, "value")?;
        match parameter.description.as_deref().map(words).filter(|words| !words.is_empty()) {
            Some(words) => drop(writeln!(out, "        /// {words}")),
            None => drop(writeln!(out, "        /// {}.", code(&parameter.wire_name))),
        }
        let _ = writeln!(
            out,
            "        pub fn {name}(self, value: {kind}) -> Self {{\n            self{call}\n        }}"
        );
    }
    out.push_str("    }\n");
    Ok(())
}

/// What in a row is not as most rows have it.
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
                Place::Body { .. } | Place::Form { .. } => "Body".to_owned(),
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

/// Which property of a page holds its items, and of what type they are.
fn listing<'p>(platform: &'p Platform, operation: &'p Operation) -> Option<(&'p str, &'p Type)> {
    operation.paging?;
    let Some(Type::Model(page)) = &operation.result else { return None };
    let page = platform.model(*page);
    ITEMS.iter().find_map(|name| list(page, name))
}

fn list<'p>(page: &'p Model, name: &str) -> Option<(&'p str, &'p Type)> {
    let property = page.properties.iter().find(|property| property.wire_name == name)?;
    match &property.kind {
        Type::List(item) => Some((&property.wire_name, item)),
        _ => None,
    }
}
