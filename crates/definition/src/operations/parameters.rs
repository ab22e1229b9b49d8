//! Parameters: those of a path and those of an operation become one list.

use crate::draft::Parameter;
use crate::keywords::{self, Dialect};
use crate::model::{Bounds, ListStyle, PathTemplate, Place, TextFormat, Type};
use crate::node::{Node, Object};
use crate::place::At;
use crate::problem::{Problems, quoted};
use crate::schema::{Hint, Schemas};
use crate::{openapi3, swagger2};

/// Most parameters of one path or operation. The longest list of the platform has 30.
const MAX_PARAMETERS: usize = 1_000;

/// A parameter and where it came from.
#[derive(Clone)]
pub(crate) struct Parsed {
    pub(crate) parameter: Parameter,
    pub(crate) role: Role,
    pub(crate) origin: Origin,
}

/// The role of a definition's parameter for callers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// An argument.
    Argument,
    /// A field of the form that is the body (`in: formData`), and how it is written when it is a list.
    Field(ListStyle),
}

/// The parameters of an operation, the fields of its form apart.
pub(super) struct Gathered {
    pub(super) parameters: Vec<Parameter>,
    pub(super) fields: Vec<(Parameter, ListStyle)>,
}

/// The place of a parameter. Few appear in a message, so the place is not put into words at once.
#[derive(Clone)]
pub(crate) enum Origin {
    /// In the list of the path or of the operation, at this index.
    Listed(usize),
    /// At this pointer.
    At(String),
}

/// The path or the operation that a parameter is listed by.
#[derive(Clone, Copy)]
pub(super) struct Around<'p> {
    pub(super) path: At<'p>,
    pub(super) operation: At<'p>,
}

impl Parsed {
    fn of_path(name: &str) -> Self {
        let origin = Origin::At("#".to_owned());
        Self { parameter: path_parameter(name), role: Role::Argument, origin }
    }

    /// Notes something about this parameter, which `list` lists.
    fn complain(&self, list: At<'_>, note: impl FnOnce(At<'_>)) {
        match &self.origin {
            Origin::Listed(index) => note(list.key("parameters").index(*index)),
            Origin::At(pointer) => note(At::pointer_text(pointer)),
        }
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

/// Returns whether two parameters are one: header names do not tell letter case apart.
fn same(one: &Parsed, other: &Parsed) -> bool {
    if std::mem::discriminant(&one.role) != std::mem::discriminant(&other.role) {
        return false;
    }
    let (one, other) = (&one.parameter, &other.parameter);
    match (one.place, other.place) {
        (Place::Header { .. }, Place::Header { .. }) => one.wire_name.eq_ignore_ascii_case(&other.wire_name),
        (one_place, other_place) => {
            std::mem::discriminant(&one_place) == std::mem::discriminant(&other_place)
                && one.wire_name == other.wire_name
        }
    }
}

pub(super) fn parameters<'d>(
    list: &'d Node<'d>,
    at: At<'_>,
    owner: &str,
    schemas: &mut Schemas<'d>,
    problems: &mut Problems,
) -> Vec<Parsed> {
    let Some(list) = keywords::list(list, at, problems) else {
        return Vec::new();
    };
    if list.len() > MAX_PARAMETERS {
        let message = format!("more than {MAX_PARAMETERS} parameters");
        problems.error(at, message, "send them in the body");
        return Vec::new();
    }
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
        let read = match schemas.dialect {
            Dialect::Swagger2 => swagger2::parameter(node, name, position, place, hint, schemas, problems),
            Dialect::OpenApi30 | Dialect::OpenApi31 => {
                openapi3::parameter(object, name, position, place, hint, schemas, problems)
                    .map(|parameter| (parameter, Role::Argument))
            }
        };
        let origin = match reference {
            Some(reference) => Origin::At(reference.to_owned()),
            None => Origin::Listed(index),
        };
        parsed.extend(read.map(|(parameter, role)| Parsed { parameter, role, origin }));
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
            problems.error(at, format!("the parameter has no `{key}`"), remedy);
        }
        keywords::text(value?, at.key(key), problems)
    };
    let name = stated("name", "add the name that requests use");
    let position = stated("in", "add one: path, query, header or body");
    Some((name?, position?))
}

/// The parameters of the path and those of the operation, which win.
pub(super) fn gather(
    shared: &[Parsed],
    own: Vec<Parsed>,
    template: &PathTemplate,
    around: Around<'_>,
    problems: &mut Problems,
) -> Gathered {
    let mut gathered: Vec<(Parsed, At<'_>)> =
        shared.iter().map(|parsed| (parsed.clone(), around.path)).collect();
    for parsed in own {
        match gathered.iter().position(|(other, _)| same(other, &parsed)) {
            Some(index) if index < shared.len() => gathered[index] = (parsed, around.operation),
            Some(_) => parsed.complain(around.operation, |at| {
                let message = format!(
                    "the parameter {} appears twice; the first one is used",
                    quoted(&parsed.parameter.wire_name)
                );
                problems.omission(at, message, "remove one of them");
            }),
            None => gathered.push((parsed, around.operation)),
        }
    }
    let in_path: Vec<&str> = template.parameters().collect();
    gathered.retain(|(parsed, list)| {
        let name = parsed.parameter.wire_name.as_str();
        let lost = parsed.parameter.place == Place::Path && !in_path.contains(&name);
        if lost {
            parsed.complain(*list, |at| {
                let message = format!("the path has no {}; the parameter is left out", quoted(name));
                problems.warning(at, message, "add it to the path in braces, or remove the parameter");
            });
        }
        !lost
    });
    for (index, name) in in_path.iter().enumerate() {
        let known = gathered
            .iter()
            .any(|(parsed, _)| parsed.parameter.place == Place::Path && parsed.parameter.wire_name == *name);
        if !known {
            problems.warning(
                around.operation,
                format!("no parameter describes {} of the path; it is taken as text", quoted(name)),
                "add one with `in: path`",
            );
            gathered.insert(index.min(gathered.len()), (Parsed::of_path(name), around.operation));
        }
    }
    let mut all = Gathered { parameters: Vec::with_capacity(gathered.len()), fields: Vec::new() };
    for (parsed, _) in gathered {
        match parsed.role {
            Role::Argument => all.parameters.push(parsed.parameter),
            Role::Field(list) => all.fields.push((parsed.parameter, list)),
        }
    }
    let bodies =
        all.parameters.iter().filter(|parameter| matches!(parameter.place, Place::Body { .. })).count();
    if bodies + usize::from(!all.fields.is_empty()) > 1 {
        problems.error(around.operation, "more than one body", "keep one of them");
    }
    all
}
