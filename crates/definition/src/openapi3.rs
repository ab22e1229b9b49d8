//! `OpenAPI` 3.0 and 3.1.

use crate::draft::{Draft, Parameter};
use crate::keywords::{self, Dialect, Keywords};
use crate::model::{Bounds, FormEncoding, ListStyle, Place, TextFormat, Type};
use crate::node::{Node, Object};
use crate::operations::{self, Common, Contents, Origin, Parsed, Role, security, unknown};
use crate::place::At;
use crate::problem::{Problems, quoted};
use crate::resolve::Resolver;
use crate::schema::{Hint, Schemas, weight};
use crate::swagger2::info;

/// Longest address of a server, in bytes.
const MAX_URL: usize = 2_000;

/// Most variables in it that are looked at.
const MAX_VARIABLES: usize = 100;

/// Reads a whole document.
pub(crate) fn read<'d>(
    resolver: Resolver<'d>,
    document: &'d Object<'d>,
    dialect: Dialect,
    problems: &mut Problems,
) -> Draft {
    let mut draft = Draft::default();
    let mut common = Common::default();
    let mut paths = None;
    let mut schemas = Schemas::new(resolver, dialect);
    for (key, value) in document.iter() {
        let at = At::ROOT.key(key);
        match key {
            "openapi" | "tags" | "externalDocs" | "webhooks" | "jsonSchemaDialect" => {}
            "info" => info(value, at, &mut draft, problems),
            "servers" => common.base = problems.lenient(|problems| base(value, at, problems)),
            "security" => common.security = security(value, at, problems),
            "components" => components(value, at, &mut schemas, problems),
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

fn components<'d>(node: &'d Node<'d>, at: At<'_>, schemas: &mut Schemas<'d>, problems: &mut Problems) {
    let Some(components) = keywords::object(node, at, problems) else { return };
    for (key, value) in components.iter() {
        let here = at.key(key);
        match key {
            "schemas" => {
                if let Some(definitions) = keywords::object(value, here, problems) {
                    schemas.define(definitions, problems);
                }
            }
            "responses" | "parameters" | "examples" | "requestBodies" | "headers" | "securitySchemes"
            | "links" | "callbacks" | "pathItems" => {}
            _ if key.starts_with("x-") => {}
            _ => unknown(key, here, problems),
        }
    }
}

/// The path of the first server, with its variables at their defaults.
fn base(node: &Node<'_>, at: At<'_>, problems: &mut Problems) -> String {
    let Some(first) = node.as_list().and_then(<[_]>::first) else {
        return String::new();
    };
    let here = at.index(0);
    let Some(url) = first.get("url").and_then(Node::as_text) else {
        problems.error(here, "a server without `url`", "add one");
        return String::new();
    };
    if url.len() > MAX_URL {
        problems.error(here.key("url"), format!("more than {MAX_URL} bytes"), "shorten it");
        return String::new();
    }
    let mut url = url.to_owned();
    if let Some(variables) = first.get("variables").and_then(Node::as_object) {
        for (name, variable) in variables.iter().take(MAX_VARIABLES) {
            if let Some(default) = variable.get("default").and_then(Node::as_text) {
                url = url.replace(&format!("{{{name}}}"), default);
                if url.len() > MAX_URL {
                    problems.error(
                        here.key("variables"),
                        format!("more than {MAX_URL} bytes"),
                        "shorten them",
                    );
                    return String::new();
                }
            }
        }
    }
    // A host may stand without a scheme, which is then that of the document.
    let host = url.split_once("://").map(|(_, rest)| rest).or_else(|| url.strip_prefix("//"));
    let after_host = host.map_or(url.as_str(), |host| host.find('/').map_or("", |slash| &host[slash..]));
    let path = after_host.split(['?', '#']).next().unwrap_or_default().trim_matches('/');
    if path.is_empty() { String::new() } else { format!("/{path}") }
}

/// One parameter; `None` with a problem noted when it cannot be used.
pub(crate) fn parameter<'d>(
    object: &'d Object<'d>,
    name: &str,
    position: &str,
    at: At<'_>,
    hint: Hint<'_>,
    schemas: &mut Schemas<'d>,
    problems: &mut Problems,
) -> Option<Parameter> {
    let mut required = false;
    let mut deprecated = false;
    let mut description = None;
    let mut schema = None;
    let mut style = None;
    let mut explode = None;
    for (key, value) in object.iter() {
        let here = at.key(key);
        match key {
            "name" | "in" | "example" | "examples" | "allowEmptyValue" | "allowReserved" => {}
            "required" => required = keywords::flag(value, here, problems),
            "deprecated" => deprecated = keywords::flag(value, here, problems),
            "description" => description = keywords::text(value, here, problems),
            "schema" => schema = Some((value, here.pointer().0)),
            "content" => {
                if let Some((media, node)) = preferred(value, here, problems) {
                    schema =
                        node.get("schema").map(|schema| (schema, here.key(media).key("schema").pointer().0));
                }
            }
            "style" => style = keywords::text(value, here, problems),
            "explode" => explode = Some(keywords::flag(value, here, problems)),
            _ if key.starts_with("x-") => {}
            _ => unknown(key, here, problems),
        }
    }
    let place = match position {
        "path" => Place::Path,
        "query" => Place::Query { required, list: list_style(style, explode, at, problems) },
        "header" => Place::Header { required },
        "cookie" => {
            problems.warning(at, "cookies are not sent by an SDK; left out", "use a header");
            return None;
        }
        _ => {
            problems.error(
                at.key("in"),
                format!("{} is not a place for a parameter", quoted(position)),
                "use path, query or header",
            );
            return None;
        }
    };
    let (kind, keywords) = if let Some((schema, origin)) = schema {
        let schema_at = At::pointer_text(&origin);
        let keywords = Keywords::of_schema(schema, schema_at, schemas.dialect, problems);
        (schemas.of_keywords(schema, &keywords, schema_at, hint, problems).0, keywords)
    } else {
        problems.omission(at, "the parameter has no type; it is taken as text", "add a `schema`");
        (Type::Text(TextFormat::Plain), Keywords::default())
    };
    let weight = weight(&keywords) + description.map_or(0, str::len);
    schemas.grow(size_of::<Parameter>() + name.len() + weight, at, problems);
    Some(Parameter {
        wire_name: name.to_owned(),
        place,
        kind,
        default: keywords.default.map(Node::to_value),
        description: description.or(keywords.description).map(str::to_owned),
        deprecated: deprecated || keywords.deprecated,
        bounds: keywords.bounds,
    })
}

/// The style of a list: `form` and exploded by default.
pub(crate) fn list_style(
    style: Option<&str>,
    explode: Option<bool>,
    at: At<'_>,
    problems: &mut Problems,
) -> ListStyle {
    match (style.unwrap_or("form"), explode) {
        ("form", None | Some(true)) | ("spaceDelimited" | "pipeDelimited", Some(true)) => ListStyle::Multi,
        ("form", Some(false)) => ListStyle::Comma,
        ("spaceDelimited", None | Some(false)) => ListStyle::Space,
        ("pipeDelimited", None | Some(false)) => ListStyle::Pipe,
        (other, _) => {
            problems.warning(
                at.key("style"),
                format!("{} is not a style for a list in a query; `form` is used", quoted(other)),
                "use form, spaceDelimited or pipeDelimited",
            );
            ListStyle::Multi
        }
    }
}

/// The body.
pub(crate) fn request_body<'d>(
    node: &'d Node<'d>,
    at: At<'_>,
    owner: &str,
    contents: &mut Contents,
    schemas: &mut Schemas<'d>,
    problems: &mut Problems,
) -> Vec<Parsed> {
    let Some((node, reference)) = schemas.target(node, at, problems) else {
        return Vec::new();
    };
    let at = reference.map_or(at, At::pointer_text);
    let Some(object) = keywords::object(node, at, problems) else {
        return Vec::new();
    };
    let mut required = false;
    let mut description = None;
    let mut content = None;
    let mut name = "body";
    for (key, value) in object.iter() {
        let here = at.key(key);
        match key {
            "required" => required = keywords::flag(value, here, problems),
            "description" => description = keywords::text(value, here, problems),
            "content" => content = preferred(value, here, problems),
            "x-name" | "x-codegen-request-body-name" => {
                name = keywords::text(value, here, problems).unwrap_or(name);
            }
            _ if key.starts_with("x-") => {}
            _ => unknown(key, here, problems),
        }
    }
    let Some((media, media_node)) = content else {
        problems.error(at, "the body has no content", "add its media type and schema");
        return Vec::new();
    };
    contents.consumes = media_types(object.get("content"), media);
    let content_at = at.key("content");
    let media_at = content_at.key(media);
    let schema_at = media_at.key("schema");
    let schema = media_node.get("schema");
    let form = FormEncoding::of_media(media);
    let hint = Hint { owner, own: if form.is_some() { "Form" } else { "Body" } };
    let kind = match schema {
        Some(schema) => schemas.kind(schema, schema_at, hint, problems),
        None if is_json(media) || form.is_some() => Type::Any,
        None => Type::Bytes,
    };
    if let Some(encoding) = form {
        contents.form = Some(operations::form_body(encoding, &kind, media_node, media_at, schemas, problems));
    }
    schemas.grow(size_of::<Parameter>() + description.map_or(0, str::len), at, problems);
    let parameter = Parameter {
        wire_name: name.to_owned(),
        place: Place::Body { required },
        kind,
        bounds: Bounds::default(),
        default: None,
        description: description.map(str::to_owned),
        deprecated: false,
    };
    vec![Parsed { parameter, role: Role::Argument, origin: Origin::At(at.pointer().0) }]
}

/// The content of the response.
pub(crate) fn response<'d>(
    response: &'d Object<'d>,
    at: At<'_>,
    owner: &str,
    contents: &mut Contents,
    schemas: &mut Schemas<'d>,
    problems: &mut Problems,
) -> Option<Type> {
    let mut result = None;
    for (key, value) in response.iter() {
        let here = at.key(key);
        match key {
            "description" | "headers" | "links" => {}
            "content" => {
                let Some((media, node)) = preferred(value, here, problems) else { continue };
                contents.produces = media_types(Some(value), media);
                let media_at = here.key(media);
                result = Some(match node.get("schema") {
                    Some(schema) => {
                        let hint = Hint { owner, own: "Result" };
                        schemas.kind(schema, media_at.key("schema"), hint, problems)
                    }
                    None if is_json(media) => Type::Any,
                    None => Type::Bytes,
                });
            }
            _ if key.starts_with("x-") => {}
            _ => unknown(key, here, problems),
        }
    }
    result
}

/// The media type to use: the first of JSON, else the first.
fn preferred<'d>(
    content: &'d Node<'d>,
    at: At<'_>,
    problems: &mut Problems,
) -> Option<(&'d str, &'d Node<'d>)> {
    let content = keywords::object(content, at, problems)?;
    content.iter().find(|(media, _)| is_json(media)).or_else(|| content.iter().next())
}

/// Every media type of `content`, `first` first.
fn media_types(content: Option<&Node<'_>>, first: &str) -> Vec<String> {
    let mut media: Vec<String> = content
        .and_then(Node::as_object)
        .map(|content| content.iter().map(|(media, _)| media.to_owned()).collect())
        .unwrap_or_default();
    media.sort_by_key(|other| other != first);
    media
}

pub(crate) fn is_json(media: &str) -> bool {
    let essence = media.split(';').next().unwrap_or(media).trim();
    essence.eq_ignore_ascii_case("application/json") || essence.to_ascii_lowercase().ends_with("+json")
}
