//! The modules of the APIs, and what everything in them is called.

use purecloud_definition::model::{ApiId, Operation};
use purecloud_definition::names::{Reserved, Scope, rust};

use super::features;
use super::plan::{Plan, operations};

/// What the generated modules bring into scope, so that no type of theirs may have these names.
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
    /// The method of the call for each optional argument, with the position of its parameter.
    pub(super) setters: Vec<(usize, String)>,
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
    let rows = operations(plan.platform, id).map(|operation| Row {
        operation,
        marker: types.claim(&rust::camel(&operation.name)),
        function: functions.claim(&rust::snake(&operation.name)),
        setters: setters(operation),
    });
    let name = names.claim(&rust::module(&api.name));
    Module { name, class, tag: &api.tag, feature, rows: rows.collect() }
}

fn setters(operation: &Operation) -> Vec<(usize, String)> {
    let mut scope = Scope::new(Reserved::Rust);
    for method in METHODS {
        scope.claim(method);
    }
    let optional = operation.parameters.iter().enumerate().filter(|(_, parameter)| !parameter.required());
    optional.map(|(index, parameter)| (index, scope.claim(&rust::snake(&parameter.name)))).collect()
}
