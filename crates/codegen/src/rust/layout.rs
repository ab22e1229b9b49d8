//! The modules of the APIs, and what everything in them is called.

use purecloud_definition::model::{ApiId, Bounds, Operation, Parameter, Place, Property, Type};
use purecloud_definition::names::{Reserved, Scope, rust};
use purecloud_definition::{Depth, Platform};
use serde_json::Value;

use super::features;
use super::plan::{Plan, operations};

/// Names that the generated modules bring into scope, so that no type of theirs may have them.
const IMPORTED: &[&str] = &[
    "Argument",
    "Into",
    "ListStyle",
    "Listing",
    "Method",
    "None",
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
];

/// Methods that every call has, so that no setter may have their names.
const METHODS: &[&str] = &[
    "collect_all",
    "configure",
    "content",
    "content_bytes",
    "contents",
    "form_fields",
    "form_file",
    "form_files",
    "form_joined",
    "form_json",
    "form_list",
    "form_text",
    "form_value",
    "header",
    "into_future",
    "items",
    "new",
    "no_retry",
    "pages",
    "raw",
    "request_timeout",
    "resume",
    "retry",
    "set",
    "stream",
    "total_timeout",
    "wait",
];

/// One API.
pub(super) struct Module<'p> {
    /// Such as `telephony_providers_edge`.
    pub(super) name: String,
    /// The type that has a method for each operation, such as `UsersApi`.
    pub(super) class: String,
    /// The API as the definition calls it; untrusted text.
    pub(super) tag: &'p str,
    /// The cargo feature that brings it.
    pub(super) feature: String,
    /// Its operations.
    pub(super) rows: Vec<Row<'p>>,
}

/// One operation.
pub(super) struct Row<'p> {
    pub(super) operation: &'p Operation,
    /// The type that stands for it, such as `GetUsers`.
    pub(super) marker: String,
    /// The method that makes its call, such as `get_users`.
    pub(super) function: String,
    /// The parameters of its function.
    pub(super) required: Vec<Input<'p>>,
    /// The method of the call for each other input.
    pub(super) setters: Vec<(Input<'p>, String)>,
}

/// An input of a call: an argument, or a field of the form that is its body.
#[derive(Debug, Clone, Copy)]
pub(super) enum Input<'p> {
    /// The parameter at this position.
    Parameter(usize, &'p Parameter),
    /// A field, and whether the items of its list are joined.
    Field { property: &'p Property, joined: bool },
}

impl<'p> Input<'p> {
    /// The inputs of `operation` in the order of its arguments; the fields of a form take the place of the body.
    fn all(platform: &'p Platform, operation: &'p Operation) -> Vec<Self> {
        let form = operation.form_fields(platform);
        let mut all = Vec::with_capacity(operation.parameters.len());
        for (index, parameter) in operation.parameters.iter().enumerate() {
            let Some((form, model)) = form.filter(|_| matches!(parameter.place, Place::Body { .. })) else {
                all.push(Self::Parameter(index, parameter));
                continue;
            };
            let sent = model.properties.iter().filter(|property| property.is_sent(Depth::Top));
            all.extend(
                sent.map(|property| Self::Field {
                    property,
                    joined: form.joined.contains(&property.wire_name),
                }),
            );
        }
        all
    }

    /// Returns whether a call without it is refused.
    fn required(self) -> bool {
        match self {
            Self::Parameter(_, parameter) => parameter.required(),
            Self::Field { property, .. } => property.required,
        }
    }

    /// Its name in Rust, before collisions are settled.
    pub(super) fn name(self) -> String {
        match self {
            Self::Parameter(_, parameter) => rust::snake(&parameter.name),
            Self::Field { property, .. } => rust::snake(&property.wire_name),
        }
    }

    pub(super) fn kind(self) -> &'p Type {
        match self {
            Self::Parameter(_, parameter) => &parameter.kind,
            Self::Field { property, .. } => &property.kind,
        }
    }

    pub(super) fn wire_name(self) -> &'p str {
        match self {
            Self::Parameter(_, parameter) => &parameter.wire_name,
            Self::Field { property, .. } => &property.wire_name,
        }
    }

    pub(super) fn description(self) -> &'p str {
        let description = match self {
            Self::Parameter(_, parameter) => &parameter.description,
            Self::Field { property, .. } => &property.description,
        };
        description.as_deref().unwrap_or_default()
    }

    pub(super) const fn bounds(self) -> &'p Bounds {
        match self {
            Self::Parameter(_, parameter) => &parameter.bounds,
            Self::Field { property, .. } => &property.bounds,
        }
    }

    pub(super) const fn default(self) -> Option<&'p Value> {
        match self {
            Self::Parameter(_, parameter) => parameter.default.as_ref(),
            Self::Field { property, .. } => property.default.as_ref(),
        }
    }

    pub(super) const fn deprecated(self) -> bool {
        match self {
            Self::Parameter(_, parameter) => parameter.deprecated,
            Self::Field { property, .. } => property.deprecated,
        }
    }
}

/// The modules of a plan, in the order of its APIs.
pub(super) fn modules<'p>(plan: &Plan<'p>) -> Vec<Module<'p>> {
    let mut names = Scope::new(Reserved::Rust);
    let features = features(plan.platform);
    let feature = |id: ApiId| features.iter().find(|feature| feature.api == id);
    let feature = |id| feature(id).map(|feature| feature.name.clone()).unwrap_or_default();
    plan.apis.iter().map(|api| module(plan, *api, feature(*api), &mut names)).collect()
}

fn module<'p>(plan: &Plan<'p>, id: ApiId, feature: String, names: &mut Scope) -> Module<'p> {
    let api = plan.platform.api(id);
    let mut types = Scope::new(Reserved::Rust);
    let class = types.claim(&rust::camel(&api.name));
    for imported in IMPORTED {
        types.claim(imported);
    }
    let mut functions = Scope::new(Reserved::Rust);
    functions.claim("new");
    let rows = operations(plan.platform, id).map(|operation| {
        let inputs = Input::all(plan.platform, operation);
        let (required, optional) = inputs.into_iter().partition(|input| input.required());
        Row {
            operation,
            marker: types.claim(&rust::camel(&operation.name)),
            function: functions.claim(&rust::snake(&operation.name)),
            required,
            setters: setters(optional),
        }
    });
    let name = names.claim(&rust::module(&api.name));
    Module { name, class, tag: &api.tag, feature, rows: rows.collect() }
}

fn setters(optional: Vec<Input<'_>>) -> Vec<(Input<'_>, String)> {
    let mut scope = Scope::new(Reserved::Rust);
    for method in METHODS {
        scope.claim(method);
    }
    optional.into_iter().map(|input| (input, scope.claim(&input.name()))).collect()
}
