//! What Swagger 2.0 and `OpenAPI` 3 have in common: paths, operations, parameters that add up, responses by status.

use std::collections::HashMap;

use crate::draft::{Draft, Operation, Parameter};
use crate::keywords::{self, Dialect};
use crate::model::{Bounds, Method, Need, PathTemplate, Permissions, Place, Pointer, TextFormat, Type};
use crate::names;
use crate::node::{Node, Object};
use crate::place::At;
use crate::problem::{Problems, quoted};
use crate::schema::{Hint, Schemas};
use crate::{openapi3, swagger2};

/// What the document says once for all of its operations.
#[derive(Default)]
pub(crate) struct Common {
    /// Stands before each path; begins with `/` or is empty.
    pub(crate) base: String,
    pub(crate) consumes: Vec<String>,
    pub(crate) produces: Vec<String>,
    pub(crate) authenticated: bool,
}

/// The parts of an operation that the two languages write differently.
#[derive(Default)]
pub(crate) struct Contents {
    pub(crate) consumes: Vec<String>,
    pub(crate) produces: Vec<String>,
    pub(crate) result: Option<Type>,
}

/// Reads the operations below `paths`.
pub(crate) fn read<'d>(
    paths: &'d Object<'d>,
    common: &Common,
    schemas: &mut Schemas<'d>,
    draft: &mut Draft,
    problems: &mut Problems,
) {
    let root = At::ROOT.key("paths");
    let mut seen: HashMap<(Method, String), String> = HashMap::new();
    let mut ids: HashMap<String, Pointer> = HashMap::new();
    for (path, item) in paths.iter() {
        let at = root.key(path);
        if path.starts_with("x-") {
            continue;
        }
        let template = match PathTemplate::parse(&format!("{}{path}", common.base)) {
            Ok(template) => template,
            Err(error) => {
                problems.error(at, error.to_string(), "write it as `/users/{userId}`");
                continue;
            }
        };
        let Some((item, _)) = schemas.target(item, at, problems) else { continue };
        let Some(item) = keywords::object(item, at, problems) else { continue };
        let shared = match item.get("parameters") {
            Some(list) => parameters(list, at.key("parameters"), path, schemas, problems),
            None => Vec::new(),
        };
        for (key, node) in item.iter() {
            let here = at.key(key);
            if let Some(method) = Method::parse(key).filter(|_| key.bytes().all(|b| b.is_ascii_lowercase())) {
                let reader = Reader { common, method, template: &template, shared: &shared, at: here };
                let Some(operation) = reader.operation(node, schemas, problems) else { continue };
                if let Some(first) = seen.insert((method, template.shape()), path.to_owned()) {
                    problems.error(
                        here,
                        format!(
                            "the operation {method} {} stands twice, first under {}",
                            quoted(path),
                            quoted(&first)
                        ),
                        "leave one of them out",
                    );
                }
                if let Some(first) = ids.insert(operation.wire_name.clone(), operation.origin.clone())
                    && node.get("operationId").is_some()
                {
                    problems.warning(
                        here.key("operationId"),
                        format!("{} is the operation at {first} too", quoted(&operation.wire_name)),
                        "give each operation an id of its own; this one gets the next free name",
                    );
                }
                draft.operations.push(operation);
                continue;
            }
            match key {
                "parameters" | "summary" | "description" | "$ref" => {}
                "servers" if schemas.dialect != Dialect::Swagger2 => unused_servers(here, problems),
                "trace" => problems.warning(here, "TRACE is no operation of an SDK", "leave it out"),
                _ if key.starts_with("x-") => {}
                _ => unknown(key, here, problems),
            }
        }
        if schemas.overgrown() {
            return;
        }
    }
}

/// One operation's surroundings.
struct Reader<'r> {
    common: &'r Common,
    method: Method,
    template: &'r PathTemplate,
    shared: &'r [Parsed],
    at: At<'r>,
}

impl Reader<'_> {
    fn operation<'d>(
        &self,
        node: &'d Node<'d>,
        schemas: &mut Schemas<'d>,
        problems: &mut Problems,
    ) -> Option<Operation> {
        let at = self.at;
        let object = keywords::object(node, at, problems)?;
        let rule = || names::modern(self.method, self.template);
        let wire_name = match object.get("operationId") {
            Some(id) => keywords::text(id, at.key("operationId"), problems)?.to_owned(),
            None => rule(),
        };
        // Inline types are called after the operation; an empty name would give them none.
        let owner = if names::pascal(&wire_name).is_empty() { rule() } else { wire_name.clone() };
        let mut operation = Operation {
            wire_name,
            method: self.method,
            path: self.template.clone(),
            tags: Vec::new(),
            parameters: Vec::new(),
            result: None,
            success_status: 200,
            consumes: Vec::new(),
            produces: Vec::new(),
            authenticated: self.common.authenticated,
            permissions: None,
            deprecated: false,
            retired: false,
            summary: None,
            description: None,
            shipped: Vec::new(),
            legacy_arguments: None,
            origin: at.pointer(),
        };
        let mut contents = Contents {
            consumes: self.common.consumes.clone(),
            produces: self.common.produces.clone(),
            result: None,
        };
        let mut own = Vec::new();
        for (key, value) in object.iter() {
            let here = at.key(key);
            match key {
                "operationId" | "externalDocs" | "callbacks" => {}
                "tags" => operation.tags = texts(value, here, problems),
                "summary" => operation.summary = keywords::text(value, here, problems).map(str::to_owned),
                "description" => {
                    operation.description = keywords::text(value, here, problems).map(str::to_owned);
                }
                "deprecated" => operation.deprecated = keywords::flag(value, here, problems),
                "security" => operation.authenticated = authenticated(value, here, problems),
                "parameters" => own.extend(self::parameters(value, here, &owner, schemas, problems)),
                "consumes" if schemas.dialect == Dialect::Swagger2 => {
                    contents.consumes = texts(value, here, problems);
                }
                "produces" if schemas.dialect == Dialect::Swagger2 => {
                    contents.produces = texts(value, here, problems);
                }
                "schemes" if schemas.dialect == Dialect::Swagger2 => {}
                "requestBody" if schemas.dialect != Dialect::Swagger2 => {
                    own.extend(openapi3::request_body(value, here, &owner, &mut contents, schemas, problems));
                }
                "responses" => {
                    operation.success_status =
                        responses(value, here, &owner, &mut contents, schemas, problems);
                }
                "servers" if schemas.dialect != Dialect::Swagger2 => unused_servers(here, problems),
                "x-inin-requires-permissions" => operation.permissions = permissions(value, here, problems),
                _ if key.starts_with("x-") => {}
                _ => unknown(key, here, problems),
            }
        }
        if object.get("responses").is_none() {
            problems.warning(at, "an operation without `responses`", "say what a success carries");
        }
        operation.parameters = self.gather(own, problems);
        if operation.parameters.iter().any(|p| matches!(p.place, Place::Body { .. } | Place::Form { .. })) {
            operation.consumes = contents.consumes;
        }
        operation.produces = contents.produces;
        operation.result = contents.result;
        Some(operation)
    }

    /// The parameters of the path and those of the operation, which win.
    fn gather(&self, own: Vec<Parsed>, problems: &mut Problems) -> Vec<Parameter> {
        let mut gathered: Vec<Parsed> = self.shared.to_vec();
        for parsed in own {
            match gathered.iter().position(|other| same(&other.parameter, &parsed.parameter)) {
                Some(index) if index < self.shared.len() => gathered[index] = parsed,
                Some(_) => problems.error(
                    At::pointer_text(&parsed.origin),
                    format!("the parameter {} stands twice", quoted(&parsed.parameter.wire_name)),
                    "leave one of them out",
                ),
                None => gathered.push(parsed),
            }
        }
        let in_path: Vec<&str> = self.template.parameters().collect();
        gathered.retain(|parsed| {
            let lost = parsed.parameter.place == Place::Path
                && !in_path.contains(&parsed.parameter.wire_name.as_str());
            if lost {
                problems.warning(
                    At::pointer_text(&parsed.origin),
                    format!("the path has no {}; left out", quoted(&parsed.parameter.wire_name)),
                    "put it into the path in braces, or leave it out",
                );
            }
            !lost
        });
        for (index, name) in in_path.iter().enumerate() {
            let known = gathered
                .iter()
                .any(|parsed| parsed.parameter.place == Place::Path && parsed.parameter.wire_name == *name);
            if !known {
                problems.warning(
                    self.at,
                    format!("no parameter says what {} of the path is; taken as text", quoted(name)),
                    "add one with `in: path`",
                );
                gathered.insert(index.min(gathered.len()), Parsed::of_path(name));
            }
        }
        let bodies = gathered.iter().filter(|parsed| matches!(parsed.parameter.place, Place::Body { .. }));
        if bodies.count() > 1 {
            problems.error(self.at, "more than one body", "leave one in");
        }
        gathered.into_iter().map(|parsed| parsed.parameter).collect()
    }
}

/// A parameter and where it came from.
#[derive(Clone)]
pub(crate) struct Parsed {
    pub(crate) parameter: Parameter,
    pub(crate) origin: String,
}

impl Parsed {
    fn of_path(name: &str) -> Self {
        Self { parameter: path_parameter(name), origin: String::new() }
    }
}

/// A path parameter of which nothing but its name is known.
pub(crate) fn path_parameter(name: &str) -> Parameter {
    Parameter {
        wire_name: name.to_owned(),
        place: Place::Path,
        kind: Type::Text(TextFormat::Plain),
        bounds: Bounds::default(),
        default: None,
        description: None,
        deprecated: false,
    }
}

/// Whether two parameters are one: header names do not tell letter case apart.
fn same(one: &Parameter, other: &Parameter) -> bool {
    match (one.place, other.place) {
        (Place::Header { .. }, Place::Header { .. }) => one.wire_name.eq_ignore_ascii_case(&other.wire_name),
        (one_place, other_place) => {
            std::mem::discriminant(&one_place) == std::mem::discriminant(&other_place)
                && one.wire_name == other.wire_name
        }
    }
}

fn parameters<'d>(
    list: &'d Node<'d>,
    at: At<'_>,
    owner: &str,
    schemas: &mut Schemas<'d>,
    problems: &mut Problems,
) -> Vec<Parsed> {
    let Some(list) = keywords::list(list, at, problems) else {
        return Vec::new();
    };
    let mut parsed = Vec::with_capacity(list.len());
    for (index, node) in list.iter().enumerate() {
        let here = at.index(index);
        let Some((node, reference)) = schemas.target(node, here, problems) else { continue };
        let place = reference.map_or(here, At::pointer_text);
        let Some(object) = keywords::object(node, place, problems) else { continue };
        // What is shared is called after itself, not after the first operation that uses it.
        let owner = reference.and_then(|reference| reference.rsplit('/').next()).unwrap_or(owner);
        let Some((name, position)) = name_and_place(object, place, problems) else { continue };
        let hint = Hint { owner, own: if reference.is_some() { "" } else { name } };
        let parameter = match schemas.dialect {
            Dialect::Swagger2 => swagger2::parameter(node, name, position, place, hint, schemas, problems),
            Dialect::OpenApi30 | Dialect::OpenApi31 => {
                openapi3::parameter(object, name, position, place, hint, schemas, problems)
            }
        };
        parsed.extend(parameter.map(|parameter| Parsed { parameter, origin: place.pointer().0 }));
        if schemas.overgrown() {
            break;
        }
    }
    parsed
}

/// `name` and `in` of a parameter.
fn name_and_place<'d>(
    object: &'d Object<'d>,
    at: At<'_>,
    problems: &mut Problems,
) -> Option<(&'d str, &'d str)> {
    let mut stated = |key: &str, remedy: &str| {
        let value = object.get(key);
        if value.is_none() {
            problems.error(at, format!("parameter has no `{key}`"), remedy);
        }
        keywords::text(value?, at.key(key), problems)
    };
    let name = stated("name", "add its name on the wire");
    let position = stated("in", "add one: path, query, header or body");
    Some((name?, position?))
}

/// Reads the lowest success into `contents` and returns its status.
fn responses<'d>(
    node: &'d Node<'d>,
    at: At<'_>,
    owner: &str,
    contents: &mut Contents,
    schemas: &mut Schemas<'d>,
    problems: &mut Problems,
) -> u16 {
    let Some(object) = keywords::object(node, at, problems) else {
        return 200;
    };
    let mut successes: Vec<(u16, &str, &'d Node<'d>)> = Vec::new();
    for (key, response) in object.iter() {
        match status(key) {
            Status::Success(status) => successes.push((status, key, response)),
            Status::Other => {}
            Status::Unknown => problems.error(
                at.key(key),
                format!("{} is no status", quoted(key)),
                "write a status such as 200, or `default`",
            ),
        }
    }
    successes.sort_by_key(|(status, ..)| *status);
    let lowest = successes.first().map_or(200, |(status, ..)| *status);
    for (status, key, response) in successes {
        let here = at.key(key);
        let Some((response, reference)) = schemas.target(response, here, problems) else { continue };
        let place = reference.map_or(here, At::pointer_text);
        let Some(response) = keywords::object(response, place, problems) else { continue };
        let found = match schemas.dialect {
            Dialect::Swagger2 => swagger2::response(response, place, owner, schemas, problems),
            Dialect::OpenApi30 | Dialect::OpenApi31 => {
                openapi3::response(response, place, owner, contents, schemas, problems)
            }
        };
        if found.is_some() {
            contents.result = found;
            return status;
        }
    }
    lowest
}

enum Status {
    Success(u16),
    Other,
    Unknown,
}

fn status(key: &str) -> Status {
    match key {
        "default" => Status::Other,
        "2XX" | "2xx" => Status::Success(200),
        _ if key.starts_with("x-") => Status::Other,
        _ => match key.parse::<u16>() {
            Ok(status @ 200..=299) => Status::Success(status),
            Ok(100..=599) => Status::Other,
            _ if key.len() == 3 && key[1..].eq_ignore_ascii_case("xx") => Status::Other,
            _ => Status::Unknown,
        },
    }
}

/// Whether a token is needed: some requirement is stated and none of the alternatives is empty.
pub(crate) fn authenticated(node: &Node<'_>, at: At<'_>, problems: &mut Problems) -> bool {
    let Node::List(requirements) = node else {
        problems.error(at, format!("{} where a list belongs", node.describe()), "correct the value");
        return true;
    };
    !requirements.is_empty()
        && requirements.iter().all(|one| one.as_object().is_some_and(|schemes| schemes.len() > 0))
}

/// `x-inin-requires-permissions`: `{"type": "ANY", "permissions": ["…"]}`.
fn permissions<'d>(node: &'d Node<'d>, at: At<'_>, problems: &mut Problems) -> Option<Permissions> {
    let names = texts(node.get("permissions")?, at.key("permissions"), problems);
    let need = match node.get("type").and_then(Node::as_text) {
        Some("ALL") => Need::All,
        _ => Need::Any,
    };
    (!names.is_empty()).then_some(Permissions { need, names })
}

/// The texts in a list.
pub(crate) fn texts<'d>(node: &'d Node<'d>, at: At<'_>, problems: &mut Problems) -> Vec<String> {
    let list = keywords::list(node, at, problems).unwrap_or_default();
    list.iter()
        .enumerate()
        .filter_map(|(index, item)| keywords::text(item, at.index(index), problems))
        .map(str::to_owned)
        .collect()
}

/// Notes a key that the specification does not have at this place.
pub(crate) fn unknown(key: &str, at: At<'_>, problems: &mut Problems) {
    problems.error(
        at,
        format!("{} is not understood here", quoted(key)),
        "correct it, or begin its name with `x-`",
    );
}

fn unused_servers(at: At<'_>, problems: &mut Problems) {
    problems.warning(at, "`servers` of one path are not used", "put its path in front of this one");
}

impl std::fmt::Display for Method {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}
