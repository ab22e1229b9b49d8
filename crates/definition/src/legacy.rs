//! The interface of older SDKs: their names, the order of their arguments, operations that the platform has dropped.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde::Deserialize;

use crate::draft::{Draft, Operation, Parameter, Rank, Shipped, positional};
use crate::merge::{Importer, Key, key};
use crate::model::{
    LegacyArgument, LegacyTarget, ListStyle, Method, PathTemplate, Place, Pointer, Topic, Type,
};
use crate::names::{self, Reserved, Scope};
use crate::operations::path_parameter;

/// Names that one class gave to several operations, and which of them it meant.
///
/// In the SDK of 2016 the last one defined won; in that of 2017 it was another one, but the earlier promise stands.
const MEANT: &[(&str, &str, &str)] = &[
    ("SearchApi", "getSearch", "/api/v2/users/search"),
    ("SearchApi", "postSearch", "/api/v2/users/search"),
];

/// Everything known of older generations.
pub(crate) struct Heritage {
    /// The definition that the SDK of 2016 was made from, of which its arguments count.
    pub(crate) first: FirstDefinition,
    /// The definition that the SDK of 2017 was made from.
    pub(crate) legacy: Draft,
    /// Operations that stand in neither definition any more.
    pub(crate) retired: Draft,
    pub(crate) names: ShippedNames,
    /// Topic to the model of its events.
    pub(crate) topics: BTreeMap<String, String>,
}

/// `"METHOD path"` to the names that SDKs shipped for it.
pub(crate) type ShippedNames = BTreeMap<String, Vec<ShippedName>>;

/// One entry of [`ShippedNames`].
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct ShippedName {
    api: String,
    name: String,
    /// The arguments in their order, where no definition has them.
    #[serde(default)]
    parameters: Vec<ShippedParameter>,
}

/// A definition of which nothing is read but the arguments. Some of its operations list a parameter of the path that
/// the path does not have, which was an argument all the same.
#[derive(Debug, Deserialize)]
pub(crate) struct FirstDefinition {
    paths: BTreeMap<String, BTreeMap<String, FirstOperation>>,
}

#[derive(Debug, Deserialize)]
struct FirstOperation {
    #[serde(default)]
    parameters: Vec<ShippedParameter>,
}

/// An argument of an older name.
#[derive(Debug, Clone, Deserialize)]
struct ShippedParameter {
    name: String,
    #[serde(rename = "in")]
    place: ShippedPlace,
    required: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum ShippedPlace {
    Path,
    Query,
    Body,
}

impl ShippedParameter {
    fn as_parameter(&self) -> Parameter {
        let place = match self.place {
            ShippedPlace::Path => Place::Path,
            ShippedPlace::Query => Place::Query { required: self.required, list: ListStyle::Multi },
            ShippedPlace::Body => Place::Body { required: self.required },
        };
        Parameter { place, ..path_parameter(&self.name) }
    }
}

/// The choice whether operations that only older definitions have become part of the platform.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retired {
    /// They do, marked [`retired`](crate::model::Operation::retired): for a definition of the whole platform.
    Kept,
    /// They do not, nor do topics: for a definition of some part of the platform, which says nothing of the rest.
    LeftOut,
}

/// Adds what `heritage` knows to `draft`; returns the first path segments of the older definition and its topics, whose
/// models are indices into the draft.
pub(crate) fn inherit(draft: &mut Draft, heritage: Heritage, kept: Retired) -> (Vec<String>, Vec<Topic>) {
    let Heritage { first, mut legacy, mut retired, names, topics } = heritage;
    let first_segments = legacy.first_segments();
    let mut keys: HashMap<Key, usize> = HashMap::new();
    for (index, operation) in draft.operations.iter_mut().enumerate() {
        operation.parameters = positional(std::mem::take(&mut operation.parameters));
        keys.insert(key(operation), index);
    }

    let mut dropped = Vec::new();
    for old in std::mem::take(&mut legacy.operations) {
        if let Some(&index) = keys.get(&key(&old)) {
            let operation = &mut draft.operations[index];
            operation.legacy_arguments = Some(arguments(&old.parameters, &old.path, operation));
            if operation.permissions.is_none() && operation.scopes.is_empty() {
                operation.permissions = old.permissions;
            }
        } else if kept == Retired::Kept {
            dropped.push(old);
        }
    }
    let mut importer = Importer::new(draft, &mut legacy, Rank::Inherited);
    for mut old in dropped {
        // The old `operationId` is a name of the old kind.
        old.wire_name = names::modern(old.method, &old.path);
        let in_old_order = old.parameters.clone();
        retire(&mut old, &mut importer);
        old.parameters = positional(old.parameters);
        old.legacy_arguments = Some(arguments(&in_old_order, &old.path, &old));
        keys.insert(key(&old), importer.draft.operations.len());
        importer.draft.operations.push(old);
    }
    let topics = topics
        .into_iter()
        .filter(|_| kept == Retired::Kept)
        .map(|(name, class)| Topic { name, model: importer.model_named(&class) })
        .collect();
    importer.finish();

    let mut importer = Importer::new(draft, &mut retired, Rank::Inherited);
    for mut old in std::mem::take(&mut importer.source.operations) {
        if kept == Retired::LeftOut || keys.contains_key(&key(&old)) {
            continue;
        }
        retire(&mut old, &mut importer);
        old.parameters = positional(old.parameters);
        keys.insert(key(&old), importer.draft.operations.len());
        importer.draft.operations.push(old);
    }
    importer.finish();

    ship(draft, &names, &mut keys, kept);
    for (path, operations) in &first.paths {
        let Ok(path) = PathTemplate::parse(path) else { continue };
        for (method, old) in operations {
            let method = Method::parse(&method.to_uppercase());
            if let Some(&index) = method.and_then(|method| keys.get(&(method, path.shape()))) {
                let operation = &mut draft.operations[index];
                operation.first_arguments = first_arguments(old, &path, operation);
            }
        }
    }
    (first_segments, topics)
}

/// Makes `operation` of an older definition one of today's that the platform has dropped.
fn retire(operation: &mut Operation, importer: &mut Importer<'_>) {
    operation.retired = true;
    operation.deprecated = true;
    importer.adopt(operation);
}

/// Hands the shipped names to their operations. An operation that only a name tells of gets a row of its own.
fn ship(draft: &mut Draft, names: &ShippedNames, keys: &mut HashMap<Key, usize>, kept: Retired) {
    // Who has a name in a class; a later path takes it from an earlier one, unless it is known who was meant.
    let mut owners: HashMap<(&str, &str), usize> = HashMap::new();
    for (entry, shipped) in names {
        let Some((method, path)) = entry
            .split_once(' ')
            .and_then(|(method, path)| Some((Method::parse(method)?, PathTemplate::parse(path).ok()?)))
        else {
            continue;
        };
        if kept == Retired::LeftOut && !keys.contains_key(&(method, path.shape())) {
            continue;
        }
        let index = *keys.entry((method, path.shape())).or_insert_with(|| {
            draft.operations.push(from_name(entry, method, path, shipped));
            draft.operations.len() - 1
        });
        for name in shipped {
            let path = draft.operations[index].path.text.as_str();
            let meant = MEANT.iter().find(|(class, method, _)| (*class, *method) == (&name.api, &name.name));
            if meant.is_none_or(|(_, _, meant)| *meant == path) {
                owners.insert((&name.api, &name.name), index);
            }
        }
    }
    let mut owners: Vec<_> = owners.into_iter().collect();
    owners.sort_unstable();
    for ((class, name), index) in owners {
        draft.operations[index].shipped.push(Shipped { class: class.to_owned(), name: name.to_owned() });
    }
}

/// An operation of which nothing is known but its names.
fn from_name(entry: &str, method: Method, path: PathTemplate, shipped: &[ShippedName]) -> Operation {
    let tags = shipped.iter().map(|name| name.api.strip_suffix("Api").unwrap_or(&name.api).to_owned());
    let known =
        shipped.iter().flat_map(|name| &name.parameters).filter(|one| one.place != ShippedPlace::Path);
    let parameters = path.parameters().map(path_parameter).chain(known.map(ShippedParameter::as_parameter));
    Operation {
        wire_name: names::modern(method, &path),
        method,
        tags: tags.collect(),
        parameters: positional(parameters.collect()),
        path,
        result: Some(Type::Any),
        successes: vec![200],
        form: None,
        consumes: Vec::new(),
        produces: vec!["application/json".to_owned()],
        authenticated: true,
        scopes: Vec::new(),
        permissions: None,
        deprecated: true,
        retired: true,
        summary: None,
        description: None,
        shipped: Vec::new(),
        legacy_arguments: None,
        first_arguments: None,
        origin: Pointer(format!("#/{}", entry.replace('~', "~0").replace('/', "~1"))),
    }
}

/// The arguments that an operation had as `old`, in order, under the path `old_path`, and where they go in `today`.
fn arguments(old: &[Parameter], old_path: &PathTemplate, today: &Operation) -> Vec<LegacyArgument> {
    let mut scope = Scope::new(Reserved::JavaScript);
    let mut used: HashSet<usize> = HashSet::new();
    let mut arguments = Vec::with_capacity(old.len());
    for parameter in old {
        let found = find(parameter, old_path, today).filter(|index| !used.contains(index));
        let target = match (found, parameter.place) {
            (Some(index), _) => {
                used.insert(index);
                LegacyTarget::Parameter(index)
            }
            (None, Place::Query { list, .. }) => {
                LegacyTarget::Query { wire_name: parameter.wire_name.clone(), list }
            }
            (None, _) => LegacyTarget::Dropped,
        };
        arguments.push(LegacyArgument {
            name: scope.claim(&names::legacy_argument(&parameter.wire_name)),
            required: parameter.place.required(),
            target,
        });
    }
    // What is new comes after what was there, so old positions mean what they meant.
    for (index, parameter) in today.parameters.iter().enumerate() {
        if !used.contains(&index) {
            arguments.push(LegacyArgument {
                name: scope.claim(&names::argument(&parameter.wire_name)),
                required: parameter.place.required(),
                target: LegacyTarget::Parameter(index),
            });
        }
    }
    arguments
}

/// The arguments that an operation had in 2016, as `old` says. Nothing, where that SDK left the path without its
/// parameters, so that no call of it could succeed.
fn first_arguments(
    old: &FirstOperation,
    old_path: &PathTemplate,
    today: &Operation,
) -> Option<Vec<LegacyArgument>> {
    let old: Vec<Parameter> = old.parameters.iter().map(ShippedParameter::as_parameter).collect();
    let has = |name: &str| old.iter().any(|parameter| parameter.wire_name == name);
    if !old_path.parameters().all(has) {
        return None;
    }
    let mut arguments = arguments(&old, old_path, today);
    for later in &mut arguments[old.len()..] {
        later.required = false;
    }
    Some(arguments)
}

/// Finds the parameter of `today` that the old `parameter` is: the same one of the path, the body, or the same name
/// in the same place.
fn find(parameter: &Parameter, old_path: &PathTemplate, today: &Operation) -> Option<usize> {
    let position = |place: fn(Place) -> bool, name: &str| {
        today.parameters.iter().position(|other| place(other.place) && other.wire_name == name)
    };
    match parameter.place {
        // The path is the same but for the names in it, so the position tells.
        Place::Path => {
            let nth = old_path.parameters().position(|name| name == parameter.wire_name)?;
            position(|place| place == Place::Path, today.path.parameters().nth(nth)?)
        }
        Place::Query { .. } => position(|place| matches!(place, Place::Query { .. }), &parameter.wire_name),
        Place::Header { .. } => position(|place| matches!(place, Place::Header { .. }), &parameter.wire_name),
        Place::Body { .. } => {
            today.parameters.iter().position(|other| matches!(other.place, Place::Body { .. }))
        }
    }
}
