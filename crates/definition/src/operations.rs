//! Parts that Swagger 2.0 and `OpenAPI` 3 have in common: paths, operations, parameters that add up, responses by
//! status.

mod form;
mod parameters;
mod responses;

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};

pub(crate) use self::form::body as form_body;
#[cfg(feature = "bundled")]
pub(crate) use self::parameters::path_parameter;
use self::parameters::{Around, Gathered, gather, parameters};
pub(crate) use self::parameters::{Origin, Parsed, Role};
use self::responses::{NO_CONTENT, responses};
use crate::draft::{Draft, Operation};
use crate::keywords::{self, Dialect};
use crate::model::{Form, Method, Need, PathTemplate, Permissions, Place, Pointer, Type};
use crate::names;
use crate::node::{Node, Object};
use crate::openapi3;
use crate::place::At;
use crate::problem::{Cost, Problems, quoted};
use crate::schema::Schemas;

/// Most tags of one operation. No operation of the platform has more than three.
const MAX_TAGS: usize = 100;

/// Settings of the document for all of its operations.
#[derive(Default)]
pub(crate) struct Common {
    /// Stands before each path; begins with `/` or is empty.
    pub(crate) base: String,
    pub(crate) consumes: Vec<String>,
    pub(crate) produces: Vec<String>,
    pub(crate) security: Security,
}

/// The parts of an operation that the two languages write differently.
#[derive(Default)]
pub(crate) struct Contents {
    pub(crate) consumes: Vec<String>,
    pub(crate) produces: Vec<String>,
    pub(crate) form: Option<Form>,
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
    let mut seen = Seen::default();
    for (path, item) in paths.iter() {
        if path.starts_with("x-") {
            continue;
        }
        let at = root.key(path);
        // What is wrong with the path itself costs its operations.
        problems.within(Cost::Operation(path.to_owned()), |problems| {
            path_item(path, item, at, common, &mut seen, schemas, draft, problems);
        });
        if schemas.overgrown() {
            return;
        }
    }
}

/// Things seen before, to find duplicates.
#[derive(Default)]
struct Seen {
    /// Paths by method and shape.
    shapes: HashMap<(Method, String), String>,
    /// Places by `operationId`.
    ids: HashMap<String, Pointer>,
}

#[expect(clippy::too_many_arguments, reason = "what is around a path, and what is made of it")]
fn path_item<'d>(
    path: &'d str,
    item: &'d Node<'d>,
    at: At<'_>,
    common: &Common,
    seen: &mut Seen,
    schemas: &mut Schemas<'d>,
    draft: &mut Draft,
    problems: &mut Problems,
) {
    let template = match PathTemplate::parse(&format!("{}{path}", common.base)) {
        Ok(template) => template,
        Err(error) => return problems.error(at, error.to_string(), "write it as `/users/{userId}`"),
    };
    let Some((item, _)) = schemas.target(item, at, problems) else { return };
    let Some(item) = keywords::object(item, at, problems) else { return };
    let shared = match item.get("parameters") {
        Some(list) => {
            let read =
                |problems: &mut Problems| parameters(list, at.key("parameters"), path, schemas, problems);
            let Some(shared) = problems.within(Cost::Operation(path.to_owned()), read) else { return };
            shared
        }
        None => Vec::new(),
    };
    for (key, node) in item.iter() {
        let here = at.key(key);
        if let Some(method) = Method::parse(key).filter(|_| key.bytes().all(|b| b.is_ascii_lowercase())) {
            let reader = Reader { common, method, template: &template, shared: &shared, path: at, at: here };
            let cost = Cost::Operation(format!("{method} {path}"));
            let read = |problems: &mut Problems| {
                let operation = reader.operation(node, schemas, problems)?;
                let stated = node.get("operationId").is_some();
                seen.note(&operation, path, stated, here, problems);
                Some(operation)
            };
            draft.operations.extend(problems.within(cost, read).flatten());
            continue;
        }
        match key {
            "parameters" | "summary" | "description" | "$ref" => {}
            "servers" if schemas.dialect != Dialect::Swagger2 => unused_servers(here, problems),
            "trace" => problems.omission(here, "the method TRACE is not supported", "leave it out"),
            _ if key.starts_with("x-") => {}
            _ => unknown(key, here, problems),
        }
    }
}

impl Seen {
    /// Notes `operation`; an error if a request cannot tell it from an earlier one.
    fn note(&mut self, operation: &Operation, path: &str, stated: bool, at: At<'_>, problems: &mut Problems) {
        // Some definitions tell operations of one address apart by what follows a `#`.
        let fragment = path.split_once('#').map_or("", |(_, fragment)| fragment);
        let shape = format!("{}#{fragment}", operation.path.shape());
        match self.shapes.entry((operation.method, shape)) {
            Entry::Occupied(first) => {
                let message = format!(
                    "the operation {} {} appears twice, first under {}",
                    operation.method,
                    quoted(path),
                    quoted(first.get())
                );
                return problems.error(at, message, "remove one of them");
            }
            Entry::Vacant(shape) => shape.insert(path.to_owned()),
        };
        let earlier = self.ids.insert(operation.wire_name.clone(), operation.origin.clone());
        if let Some(first) = earlier.filter(|_| stated) {
            problems.warning(
                at.key("operationId"),
                format!("{} is the operation at {first} too", quoted(&operation.wire_name)),
                "give each operation its own ID; this one gets the next free name",
            );
        }
    }
}

/// One operation's surroundings.
struct Reader<'r> {
    common: &'r Common,
    method: Method,
    template: &'r PathTemplate,
    shared: &'r [Parsed],
    path: At<'r>,
    at: At<'r>,
}

impl Reader<'_> {
    fn operation<'d>(
        &self,
        node: &'d Node<'d>,
        schemas: &mut Schemas<'d>,
        problems: &mut Problems,
    ) -> Option<Operation> {
        let (node, reference) = schemas.target(node, self.at, problems)?;
        let at = reference.map_or(self.at, At::pointer_text);
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
            successes: vec![NO_CONTENT],
            consumes: Vec::new(),
            form: None,
            produces: Vec::new(),
            authenticated: false,
            scopes: Vec::new(),
            permissions: None,
            deprecated: false,
            retired: false,
            summary: None,
            description: None,
            shipped: Vec::new(),
            legacy_arguments: None,
            first_arguments: None,
            origin: at.pointer(),
        };
        let mut contents = Contents {
            consumes: self.common.consumes.clone(),
            produces: self.common.produces.clone(),
            form: None,
            result: None,
        };
        let mut own = Vec::new();
        let mut own_security = None;
        for (key, value) in object.iter() {
            let here = at.key(key);
            match key {
                "operationId" | "externalDocs" | "callbacks" => {}
                // What is said to people alone does not keep anyone from calling it.
                "tags" => operation.tags = problems.lenient(|problems| texts(value, here, problems)),
                "summary" => operation.summary = note(value, here, problems),
                "description" => operation.description = note(value, here, problems),
                "deprecated" => {
                    operation.deprecated = problems.lenient(|problems| keywords::flag(value, here, problems));
                }
                "security" => own_security = Some(security(value, here, problems)),
                "parameters" => own.extend(parameters(value, here, &owner, schemas, problems)),
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
                    operation.successes = responses(value, here, &owner, &mut contents, schemas, problems);
                }
                "servers" if schemas.dialect != Dialect::Swagger2 => unused_servers(here, problems),
                "x-inin-requires-permissions" => operation.permissions = permissions(value, here, problems),
                _ if key.starts_with("x-") => {}
                _ => unknown(key, here, problems),
            }
        }
        let security = own_security.unwrap_or_else(|| self.common.security.clone());
        operation.authenticated = security.authenticated;
        operation.scopes = security.scopes;
        if object.get("responses").is_none() {
            problems.warning(at, "the operation has no `responses`", "add the response of a successful call");
        }
        if operation.tags.len() > MAX_TAGS {
            problems.error(
                at.key("tags"),
                format!("more than {MAX_TAGS} tags"),
                "keep the most important ones",
            );
            operation.tags.clear();
        }
        schemas.grow(self.weight(&operation, &contents), at, problems);
        let around = Around { path: self.path, operation: at };
        let Gathered { mut parameters, fields } = gather(self.shared, own, self.template, around, problems);
        if !fields.is_empty() {
            parameters.push(form::of_fields(fields, at, &owner, &mut contents, schemas, problems));
        }
        operation.parameters = parameters;
        if operation.parameters.iter().any(|parameter| matches!(parameter.place, Place::Body { .. })) {
            operation.consumes = contents.consumes;
            operation.form = contents.form;
        }
        operation.produces = contents.produces;
        operation.result = contents.result;
        Some(operation)
    }
}

impl Reader<'_> {
    /// Rough size of what is copied for `operation`: a path item that many paths refer to is copied for each.
    fn weight(&self, operation: &Operation, contents: &Contents) -> usize {
        let texts = [&operation.summary, &operation.description].into_iter().flatten();
        let lists = [&operation.tags, &operation.scopes, &contents.consumes, &contents.produces]
            .into_iter()
            .flatten();
        let shared = self.shared.iter().map(|parsed| {
            let text = parsed.parameter.description.as_ref().map_or(0, String::len);
            size_of::<Parsed>() + parsed.parameter.wire_name.len() + text
        });
        size_of::<Operation>()
            + operation.wire_name.len()
            + operation.origin.0.len()
            + texts.chain(lists).map(|text| size_of::<String>() + text.len()).sum::<usize>()
            + shared.sum::<usize>()
    }
}

/// The permissions and scopes that a caller needs.
#[derive(Debug, Clone, Default)]
pub(crate) struct Security {
    /// A token is needed: some requirement is stated and none of the alternatives is empty.
    pub(crate) authenticated: bool,
    /// Those of every alternative, each once.
    pub(crate) scopes: Vec<String>,
}

/// `security`: alternatives, each of which names schemes and their scopes.
pub(crate) fn security<'d>(node: &'d Node<'d>, at: At<'_>, problems: &mut Problems) -> Security {
    let Node::List(requirements) = node else {
        problems.error(at, format!("{} where a list belongs", node.describe()), "correct the value");
        return Security { authenticated: true, scopes: Vec::new() };
    };
    let mut security = Security { authenticated: !requirements.is_empty(), scopes: Vec::new() };
    for (index, one) in requirements.iter().enumerate() {
        let Some(schemes) = one.as_object().filter(|schemes| schemes.len() > 0) else {
            security.authenticated = false;
            continue;
        };
        for (name, scopes) in schemes.iter() {
            security.scopes.extend(texts(scopes, at.index(index).key(name), problems));
        }
    }
    let mut seen = HashSet::new();
    security.scopes.retain(|scope| seen.insert(scope.clone()));
    security
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
    problems.omission(
        at,
        format!("{} is not a known key here", quoted(key)),
        "correct it, or begin its name with `x-`",
    );
}

fn note(value: &Node<'_>, at: At<'_>, problems: &mut Problems) -> Option<String> {
    problems.lenient(|problems| keywords::text(value, at, problems)).map(str::to_owned)
}

fn unused_servers(at: At<'_>, problems: &mut Problems) {
    problems.warning(
        at,
        "`servers` of one path are not used",
        "write the server's path in front of this path",
    );
}
