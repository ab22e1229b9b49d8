//! Swagger 2.0.

use crate::draft::{Draft, Parameter};
use crate::keywords::{self, Dialect, Keywords};
use crate::model::{Bounds, ListStyle, Place, TextFormat, Type};
use crate::node::{Node, Object};
use crate::operations::{self, Common, Role, security, texts, unknown};
use crate::place::At;
use crate::problem::{Problems, quoted};
use crate::resolve::Resolver;
use crate::schema::{Hint, Schemas, weight};

/// Reads a whole document.
pub(crate) fn read<'d>(resolver: Resolver<'d>, document: &'d Object<'d>, problems: &mut Problems) -> Draft {
    let mut draft = Draft::default();
    let mut common = Common::default();
    let mut paths = None;
    let mut schemas = Schemas::new(resolver, Dialect::Swagger2);
    for (key, value) in document.iter() {
        let at = At::ROOT.key(key);
        match key {
            "swagger"
            | "host"
            | "schemes"
            | "parameters"
            | "responses"
            | "securityDefinitions"
            | "tags"
            | "externalDocs" => {}
            "info" => info(value, at, &mut draft, problems),
            "basePath" => {
                let base = keywords::text(value, at, problems).unwrap_or_default();
                common.base =
                    base.split(['?', '#']).next().unwrap_or_default().trim_end_matches('/').to_owned();
            }
            "consumes" => common.consumes = texts(value, at, problems),
            "produces" => common.produces = texts(value, at, problems),
            "security" => common.security = security(value, at, problems),
            "definitions" => {
                if let Some(definitions) = keywords::object(value, at, problems) {
                    schemas.define(definitions, problems);
                }
            }
            "paths" => paths = keywords::object(value, at, problems),
            _ if key.starts_with("x-") => {}
            _ => unknown(key, at, problems),
        }
    }
    match paths {
        Some(paths) => operations::read(paths, &common, &mut schemas, &mut draft, problems),
        None => problems.error(At::ROOT, "there are no `paths`", "add the operations"),
    }
    draft.models = schemas.models;
    draft.enumerations = schemas.enumerations;
    draft
}

/// `info`, as both languages have it.
pub(crate) fn info(node: &Node<'_>, at: At<'_>, draft: &mut Draft, problems: &mut Problems) {
    let Node::Object(info) = node else {
        problems.omission(at, format!("{} where an object belongs", node.describe()), "correct the value");
        return;
    };
    for (key, value) in info.iter() {
        match (key, value) {
            ("title", Node::Text(text)) => (*text).clone_into(&mut draft.title),
            ("version", Node::Text(text)) => (*text).clone_into(&mut draft.version),
            // YAML reads `version: 1.0` as a number.
            ("version", Node::Number(number)) => draft.version = number.to_string(),
            ("title" | "version", other) => problems.omission(
                at.key(key),
                format!("{} where text belongs", other.describe()),
                "correct the value",
            ),
            ("description" | "summary" | "termsOfService" | "contact" | "license", _) => {}
            _ if key.starts_with("x-") => {}
            _ => unknown(key, at.key(key), problems),
        }
    }
}

/// One parameter; `None` with a problem noted when it cannot be used.
pub(crate) fn parameter<'d>(
    node: &'d Node<'d>,
    name: &str,
    position: &str,
    at: At<'_>,
    hint: Hint<'_>,
    schemas: &mut Schemas<'d>,
    problems: &mut Problems,
) -> Option<(Parameter, Role)> {
    let required = match node.get("required") {
        Some(value) => keywords::flag(value, at.key("required"), problems),
        None => false,
    };
    if position == "body" {
        let body = body(node, name, required, at, hint, schemas, problems)?;
        return Some((body, Role::Argument));
    }
    if node.get("type").is_none() {
        problems.omission(at, "the parameter has no type; it is taken as text", "add one");
    }
    let list = list_style(node, at, problems);
    let keywords = Keywords::of_parameter(node, at, problems);
    let (mut kind, _) = schemas.of_keywords(node, &keywords, at, hint, problems);
    if kind == Type::Any {
        kind = Type::Text(TextFormat::Plain);
    }
    let place = match position {
        "path" => Place::Path,
        "query" => Place::Query { required, list },
        "header" => Place::Header { required },
        "formData" => Place::Body { required },
        _ => {
            problems.error(
                at.key("in"),
                format!("{} is not a place for a parameter", quoted(position)),
                "use path, query, header, formData or body",
            );
            return None;
        }
    };
    schemas.grow(size_of::<Parameter>() + name.len() + weight(&keywords), at, problems);
    let parameter = Parameter {
        wire_name: name.to_owned(),
        place,
        kind,
        default: keywords.default.map(Node::to_value),
        description: keywords.description.map(str::to_owned),
        deprecated: keywords.deprecated,
        bounds: keywords.bounds,
    };
    let role = if position == "formData" { Role::Field(list) } else { Role::Argument };
    Some((parameter, role))
}

fn body<'d>(
    node: &'d Node<'d>,
    name: &str,
    required: bool,
    at: At<'_>,
    hint: Hint<'_>,
    schemas: &mut Schemas<'d>,
    problems: &mut Problems,
) -> Option<Parameter> {
    let object = node.as_object()?;
    let mut schema = None;
    let mut description = None;
    for (key, value) in object.iter() {
        let here = at.key(key);
        match key {
            "name" | "in" | "required" => {}
            "schema" => schema = Some(value),
            "description" => description = keywords::text(value, here, problems),
            _ if key.starts_with("x-") => {}
            _ => unknown(key, here, problems),
        }
    }
    let Some(schema) = schema else {
        problems.error(at, "the body has no schema", "add one");
        return None;
    };
    let kind = schemas.kind(schema, at.key("schema"), hint, problems);
    schemas.grow(size_of::<Parameter>() + description.map_or(0, str::len), at, problems);
    Some(Parameter {
        wire_name: name.to_owned(),
        place: Place::Body { required },
        kind,
        bounds: Bounds::default(),
        default: None,
        description: description.map(str::to_owned),
        deprecated: false,
    })
}

/// `collectionFormat`, which is `csv` where nothing is said.
fn list_style(node: &Node<'_>, at: At<'_>, problems: &mut Problems) -> ListStyle {
    match node.get("collectionFormat").map(|format| (format, format.as_text())) {
        None | Some((_, Some("csv"))) => ListStyle::Comma,
        Some((_, Some("multi"))) => ListStyle::Multi,
        Some((_, Some("ssv"))) => ListStyle::Space,
        Some((_, Some("pipes"))) => ListStyle::Pipe,
        Some((format, _)) => {
            problems.omission(
                at.key("collectionFormat"),
                format!(
                    "{} is not a collection format; `csv` is used",
                    format.as_text().map_or_else(|| format.describe().to_owned(), quoted)
                ),
                "use multi, csv, ssv or pipes",
            );
            ListStyle::Comma
        }
    }
}

/// The content of the response.
pub(crate) fn response<'d>(
    response: &'d Object<'d>,
    at: At<'_>,
    owner: &str,
    schemas: &mut Schemas<'d>,
    problems: &mut Problems,
) -> Option<Type> {
    let mut result = None;
    for (key, value) in response.iter() {
        let here = at.key(key);
        match key {
            "description" | "headers" | "examples" => {}
            "schema" => result = Some(schemas.kind(value, here, Hint { owner, own: "Result" }, problems)),
            _ if key.starts_with("x-") => {}
            _ => unknown(key, here, problems),
        }
    }
    result
}
