//! The last pass: everything gets its name and its place, and a draft becomes a [`Platform`].

mod types;

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap, HashSet};

use self::types::Types;
use crate::draft::{self, Draft, positional};
use crate::model::{
    Api, ApiId, LegacyArgument, LegacyName, LegacyTarget, Operation, OperationId, Parameter, Platform, Topic,
};
use crate::names::{self, Reserved, Scope};
use crate::paging;

/// The class of operations without a tag.
const UNTAGGED: &str = "Default";

/// Names what `draft` holds. `first_segments` are those of the older definition, if there is one.
pub(crate) fn assemble(mut draft: Draft, first_segments: Vec<String>, topics: Vec<Topic>) -> Platform {
    draft
        .operations
        .sort_by(|one, other| (&one.path.text, one.method).cmp(&(&other.path.text, other.method)));
    let names = operation_names(&draft.operations);
    let (mut apis, by_class) = classes(&draft.operations);
    let types = Types::settle(&mut draft);

    let mut operations: Vec<Operation> = Vec::with_capacity(draft.operations.len());
    let mut shipped = Vec::with_capacity(draft.operations.len());
    for (mut operation, name) in draft.operations.into_iter().zip(names) {
        shipped.push(std::mem::take(&mut operation.shipped));
        operations.push(finish(operation, name, &by_class, &types));
    }
    legacy_names(&mut operations, &shipped, &by_class, &first_segments);

    for (index, operation) in operations.iter().enumerate() {
        let mut listed: Vec<ApiId> = operation.apis.clone();
        listed.extend(operation.legacy.iter().map(|legacy| legacy.api));
        listed.sort_unstable();
        listed.dedup();
        for api in listed {
            apis[api.0 as usize].operations.push(OperationId(index as u32));
        }
    }
    let mut platform = Platform {
        title: draft.title,
        version: draft.version,
        apis,
        operations,
        models: types.models,
        enumerations: types.enumerations,
        topics: topics
            .into_iter()
            .map(|topic| Topic { model: topic.model.map(|id| types.model_ids[id.0 as usize]), ..topic })
            .collect(),
        first_segments,
    };
    let styles = paging::styles(&platform);
    for (operation, style) in platform.operations.iter_mut().zip(styles) {
        operation.paging = style;
    }
    platform
}

/// The modern name of each operation. What is written in the definition as it stands comes before what had to be
/// changed, and what the platform still has before what it has dropped.
fn operation_names(operations: &[draft::Operation]) -> Vec<String> {
    let mut names: Vec<String> = operations
        .iter()
        .map(|operation| {
            names::member(&operation.wire_name, || names::modern(operation.method, &operation.path))
        })
        .collect();
    number_spellings(operations, &mut names);
    let mut wanted: Vec<(bool, bool, usize, String)> = operations
        .iter()
        .zip(names)
        .enumerate()
        .map(|(index, (operation, name))| (operation.retired, name != operation.wire_name, index, name))
        .collect();
    wanted.sort();
    let mut scope = Scope::new(Reserved::JavaScript);
    let mut names = vec![String::new(); operations.len()];
    for (_, _, index, name) in wanted {
        names[index] = scope.claim(&name);
    }
    names
}

/// Tells names apart that differ only in letter case, as the platform's own SDK does: the one that comes last in the
/// order of bytes stays as it is, the others get a number from 0. So `getPresencedefinitions` keeps its name and
/// `getPresenceDefinitions` becomes `getPresenceDefinitions0`.
fn number_spellings(operations: &[draft::Operation], names: &mut [String]) {
    let mut spellings: HashMap<String, Vec<(bool, Reverse<&str>)>> = HashMap::with_capacity(names.len());
    for (operation, name) in operations.iter().zip(names.iter()) {
        spellings.entry(name.to_ascii_lowercase()).or_default().push((operation.retired, Reverse(name)));
    }
    let mut numbered: HashMap<String, String> = HashMap::new();
    for mut group in spellings.into_values().filter(|group| group.len() > 1) {
        group.sort_unstable();
        let mut seen: HashSet<&str> = HashSet::new();
        let distinct = group.into_iter().map(|(_, Reverse(name))| name).filter(|name| seen.insert(name));
        let later = distinct.skip(1).enumerate();
        numbered.extend(later.map(|(number, name)| (name.to_owned(), format!("{name}{number}"))));
    }
    for name in names {
        if let Some(distinct) = numbered.get(name) {
            name.clone_from(distinct);
        }
    }
}

/// The classes in order, and which one each class name (in lower case) means.
fn classes(operations: &[draft::Operation]) -> (Vec<Api>, HashMap<String, ApiId>) {
    // Spellings of today come first, so a class is called as it is called today.
    let mut found: BTreeMap<String, (String, String)> = BTreeMap::new();
    for retired in [false, true] {
        for operation in operations.iter().filter(|operation| operation.retired == retired) {
            for tag in tags(operation) {
                let class = names::class(tag);
                found.entry(class.to_ascii_lowercase()).or_insert_with(|| (class, tag.to_owned()));
            }
        }
    }
    for shipped in operations.iter().flat_map(|operation| &operation.shipped) {
        found.entry(shipped.class.to_ascii_lowercase()).or_insert_with(|| {
            let tag = shipped.class.strip_suffix("Api").unwrap_or(&shipped.class);
            (names::class(tag), tag.to_owned())
        });
    }
    let mut list: Vec<(String, String)> = found.into_values().collect();
    list.sort();
    let by_class = list
        .iter()
        .enumerate()
        .map(|(index, (class, _))| (class.to_ascii_lowercase(), ApiId(index as u32)))
        .collect();
    let apis = list.into_iter().map(|(name, tag)| Api { name, tag, operations: Vec::new() }).collect();
    (apis, by_class)
}

fn tags(operation: &draft::Operation) -> impl Iterator<Item = &str> {
    let untagged = operation.tags.is_empty().then_some(UNTAGGED);
    operation.tags.iter().map(String::as_str).chain(untagged)
}

fn finish(
    operation: draft::Operation,
    name: String,
    by_class: &HashMap<String, ApiId>,
    types: &Types,
) -> Operation {
    let mut apis: Vec<ApiId> = Vec::new();
    for tag in tags(&operation) {
        let api = by_class[&names::class(tag).to_ascii_lowercase()];
        if !apis.contains(&api) {
            apis.push(api);
        }
    }
    let parameters = parameters(positional(operation.parameters), types);
    let legacy_arguments =
        operation.legacy_arguments.filter(|arguments| !same_arguments(arguments, &parameters));
    Operation {
        name,
        wire_name: operation.wire_name,
        legacy: Vec::new(),
        method: operation.method,
        path: operation.path,
        parameters,
        legacy_arguments,
        first_arguments: operation.first_arguments,
        result: operation.result.map(|kind| types.placed(kind)),
        successes: operation.successes,
        consumes: operation.consumes,
        form: operation.form,
        produces: operation.produces,
        authenticated: operation.authenticated,
        scopes: operation.scopes,
        permissions: operation.permissions,
        paging: None,
        deprecated: operation.deprecated,
        retired: operation.retired,
        summary: operation.summary,
        description: operation.description,
        apis,
        origin: operation.origin,
    }
}

fn parameters(parameters: Vec<draft::Parameter>, types: &Types) -> Vec<Parameter> {
    let mut scope = Scope::new(Reserved::JavaScript);
    let wanted: Vec<String> =
        parameters.iter().map(|parameter| names::argument(&parameter.wire_name)).collect();
    let mut settled = vec![String::new(); wanted.len()];
    for as_written in [true, false] {
        for (index, parameter) in parameters.iter().enumerate() {
            if (wanted[index] == parameter.wire_name) == as_written {
                settled[index] = scope.claim(&wanted[index]);
            }
        }
    }
    parameters
        .into_iter()
        .zip(settled)
        .map(|(parameter, name)| Parameter {
            name,
            wire_name: parameter.wire_name,
            place: parameter.place,
            kind: types.placed(parameter.kind),
            bounds: parameter.bounds,
            default: parameter.default,
            description: parameter.description,
            deprecated: parameter.deprecated,
        })
        .collect()
}

/// Returns whether `arguments` say nothing that `parameters` do not.
fn same_arguments(arguments: &[LegacyArgument], parameters: &[Parameter]) -> bool {
    arguments.len() == parameters.len()
        && arguments.iter().zip(parameters).enumerate().all(|(index, (argument, parameter))| {
            argument.target == LegacyTarget::Parameter(index)
                && argument.name == parameter.name
                && argument.required == parameter.required()
        })
}

/// Gives each operation its older names: those that were shipped, then those of the rule where they are free.
///
/// A shipped name may be the modern name of another operation in the same class. The older promise stands where that
/// operation can be called in another class; where it cannot, the older name yields, so that every operation has a
/// method.
fn legacy_names(
    operations: &mut [Operation],
    shipped: &[Vec<draft::Shipped>],
    by_class: &HashMap<String, ApiId>,
    first_segments: &[String],
) {
    let class_of = |shipped: &draft::Shipped| by_class[&shipped.class.to_ascii_lowercase()];
    let mut owners: HashMap<(ApiId, &str), usize> = HashMap::new();
    for (index, shipped) in shipped.iter().enumerate() {
        for shipped in shipped {
            owners.entry((class_of(shipped), &shipped.name)).or_insert(index);
        }
    }
    let mut kept: HashSet<(ApiId, String)> = HashSet::new();
    for (index, operation) in operations.iter().enumerate() {
        let hidden =
            |api: &ApiId| owners.get(&(*api, operation.name.as_str())).is_some_and(|owner| *owner != index);
        if operation.apis.iter().all(hidden) {
            kept.insert((operation.apis[0], operation.name.clone()));
        }
    }
    let mut taken: HashSet<(ApiId, String)> = HashSet::new();
    for (operation, shipped) in operations.iter_mut().zip(shipped) {
        for shipped in shipped {
            let api = class_of(shipped);
            let yields = kept.contains(&(api, shipped.name.clone())) && operation.name != shipped.name;
            if !yields && taken.insert((api, shipped.name.clone())) {
                operation.legacy.push(LegacyName { api, name: shipped.name.clone(), shipped: true });
            }
        }
    }
    for operation in operations.iter() {
        taken.extend(operation.apis.iter().map(|&api| (api, operation.name.clone())));
    }
    for operation in operations.iter_mut() {
        if !operation.legacy.is_empty() {
            continue;
        }
        let name =
            names::legacy(operation.method, &operation.path, first_segments.iter().map(String::as_str));
        if Reserved::JavaScript.has(&name) {
            continue;
        }
        for &api in &operation.apis {
            if taken.insert((api, name.clone())) {
                operation.legacy.push(LegacyName { api, name: name.clone(), shipped: false });
            }
        }
    }
}
