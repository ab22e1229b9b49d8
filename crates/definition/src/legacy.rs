//! What older SDKs promised: their names, the order of their arguments, operations that the platform has dropped.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde::Deserialize;

use crate::draft::{self, Draft, Operation, Parameter, Rank, Shipped, positional};
use crate::model::{
    EnumerationId, LegacyArgument, LegacyTarget, Method, ModelId, PathTemplate, Place, Pointer, Segment,
    Topic, Type,
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
    /// The definition that the older SDKs were made from.
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
}

/// An operation regardless of the names of its path parameters, which have changed over time.
type Key = (Method, String);

/// Adds what `heritage` knows to `draft`; returns the first path segments of the older definition and its topics, whose
/// models are indices into the draft.
pub(crate) fn inherit(draft: &mut Draft, heritage: Heritage) -> (Vec<String>, Vec<Topic>) {
    let Heritage { mut legacy, mut retired, names, topics } = heritage;
    let first_segments = first_segments(&legacy);
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
            if operation.permissions.is_none() {
                operation.permissions = old.permissions;
            }
        } else {
            dropped.push(old);
        }
    }
    let mut importer = Importer::new(draft, &mut legacy);
    for mut old in dropped {
        // The old `operationId` is a name of the old kind.
        old.wire_name = names::modern(old.method, &old.path);
        let in_old_order = old.parameters.clone();
        importer.adopt(&mut old);
        old.parameters = positional(old.parameters);
        old.legacy_arguments = Some(arguments(&in_old_order, &old.path, &old));
        keys.insert(key(&old), importer.draft.operations.len());
        importer.draft.operations.push(old);
    }
    let topics =
        topics.into_iter().map(|(name, class)| Topic { name, model: importer.model_named(&class) }).collect();
    importer.finish();

    let mut importer = Importer::new(draft, &mut retired);
    for mut old in std::mem::take(&mut importer.source.operations) {
        if keys.contains_key(&key(&old)) {
            continue;
        }
        importer.adopt(&mut old);
        old.parameters = positional(old.parameters);
        keys.insert(key(&old), importer.draft.operations.len());
        importer.draft.operations.push(old);
    }
    importer.finish();

    ship(draft, &names, &mut keys);
    (first_segments, topics)
}

fn key(operation: &Operation) -> Key {
    (operation.method, operation.path.shape())
}

/// The first segments after `/api/v2/`, sorted.
pub(crate) fn first_segments(draft: &Draft) -> Vec<String> {
    let mut firsts: Vec<String> = draft
        .operations
        .iter()
        .filter_map(|operation| match operation.path.segments.as_slice() {
            [Segment::Literal(api), Segment::Literal(v2), Segment::Literal(first), ..]
                if api == "api" && v2 == "v2" =>
            {
                Some(first.clone())
            }
            _ => None,
        })
        .collect();
    firsts.sort_unstable();
    firsts.dedup();
    firsts
}

/// Hands the shipped names to their operations. An operation that only a name tells of gets a row of its own.
fn ship(draft: &mut Draft, names: &ShippedNames, keys: &mut HashMap<Key, usize>) {
    // Who has a name in a class; a later path takes it from an earlier one, unless it is known who was meant.
    let mut owners: HashMap<(&str, &str), usize> = HashMap::new();
    for (entry, shipped) in names {
        let Some((method, path)) = entry
            .split_once(' ')
            .and_then(|(method, path)| Some((Method::parse(method)?, PathTemplate::parse(path).ok()?)))
        else {
            continue;
        };
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
    Operation {
        wire_name: names::modern(method, &path),
        method,
        tags: tags.collect(),
        parameters: path.parameters().map(path_parameter).collect(),
        path,
        result: Some(Type::Any),
        success_status: 200,
        consumes: Vec::new(),
        produces: vec!["application/json".to_owned()],
        authenticated: true,
        permissions: None,
        deprecated: true,
        retired: true,
        summary: None,
        description: None,
        shipped: Vec::new(),
        legacy_arguments: None,
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

/// Which parameter of `today` the old `parameter` is: the same one of the path, the body, or the same name in the same
/// place.
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
        Place::Form { .. } => position(|place| matches!(place, Place::Form { .. }), &parameter.wire_name),
        Place::Body { .. } => {
            today.parameters.iter().position(|other| matches!(other.place, Place::Body { .. }))
        }
    }
}

/// Carries types of an older definition over. Where today's definition has a model of the same name, that is the one.
struct Importer<'d> {
    draft: &'d mut Draft,
    source: &'d mut Draft,
    /// Models and enumerations of today by name.
    models: HashMap<String, ModelId>,
    enumerations: HashMap<String, EnumerationId>,
    /// Where those of the source have gone.
    moved_models: HashMap<ModelId, ModelId>,
    moved_enumerations: HashMap<EnumerationId, EnumerationId>,
    /// Models that are in the draft but whose types are still those of the source.
    pending: Vec<ModelId>,
}

impl<'d> Importer<'d> {
    fn new(draft: &'d mut Draft, source: &'d mut Draft) -> Self {
        let named = |rank: Rank| rank == Rank::Named;
        let models = draft.models.iter().enumerate().filter(|(_, model)| named(model.rank));
        let models = models.map(|(index, model)| (model.wire_name.clone(), ModelId(index as u32))).collect();
        let lists = draft.enumerations.iter().enumerate().filter(|(_, list)| named(list.rank));
        let enumerations =
            lists.map(|(index, list)| (list.wire_name.clone(), EnumerationId(index as u32))).collect();
        Self {
            draft,
            source,
            models,
            enumerations,
            moved_models: HashMap::new(),
            moved_enumerations: HashMap::new(),
            pending: Vec::new(),
        }
    }

    /// Makes `operation` of the source one of the draft: retired, with its types carried over.
    fn adopt(&mut self, operation: &mut Operation) {
        operation.retired = true;
        operation.deprecated = true;
        for parameter in &mut operation.parameters {
            self.carry(&mut parameter.kind);
        }
        if let Some(result) = &mut operation.result {
            self.carry(result);
        }
    }

    /// The model that the source calls `name`, in the draft.
    fn model_named(&mut self, name: &str) -> Option<ModelId> {
        if let Some(&id) = self.models.get(name) {
            return Some(id);
        }
        let index = self.source.models.iter().position(|model| {
            // A model that was carried over has left its name behind in `moved_models` alone.
            model.wire_name == name && model.rank == Rank::Named
        })?;
        Some(self.model(ModelId(index as u32)))
    }

    fn carry(&mut self, kind: &mut Type) {
        match kind {
            Type::Model(id) => *id = self.model(*id),
            Type::Enumeration(id) => *id = self.enumeration(*id),
            Type::List(inner) | Type::Map(inner) => self.carry(inner),
            Type::OneOf(kinds) => kinds.iter_mut().for_each(|kind| self.carry(kind)),
            Type::Any | Type::Text(_) | Type::Integer | Type::Number | Type::Boolean | Type::Bytes => {}
        }
    }

    fn model(&mut self, id: ModelId) -> ModelId {
        if let Some(&moved) = self.moved_models.get(&id) {
            return moved;
        }
        let model = &mut self.source.models[id.0 as usize];
        let known = if model.rank == Rank::Named { self.models.get(&model.wire_name).copied() } else { None };
        let moved = known.unwrap_or_else(|| {
            let moved = ModelId(self.draft.models.len() as u32);
            self.draft.models.push(draft::Model {
                wire_name: model.wire_name.clone(),
                rank: Rank::Inherited,
                properties: std::mem::take(&mut model.properties),
                additional: model.additional.take(),
                description: model.description.take(),
                origin: model.origin.clone(),
            });
            self.pending.push(moved);
            moved
        });
        self.moved_models.insert(id, moved);
        moved
    }

    fn enumeration(&mut self, id: EnumerationId) -> EnumerationId {
        if let Some(&moved) = self.moved_enumerations.get(&id) {
            return moved;
        }
        let list = &mut self.source.enumerations[id.0 as usize];
        let known =
            if list.rank == Rank::Named { self.enumerations.get(&list.wire_name).copied() } else { None };
        let moved = known.unwrap_or_else(|| {
            let moved = EnumerationId(self.draft.enumerations.len() as u32);
            self.draft.enumerations.push(draft::Enumeration {
                wire_name: list.wire_name.clone(),
                rank: Rank::Inherited,
                values: std::mem::take(&mut list.values),
                origin: list.origin.clone(),
            });
            moved
        });
        self.moved_enumerations.insert(id, moved);
        moved
    }

    /// Carries over what the models that were carried over refer to, and so on.
    fn finish(mut self) {
        while let Some(id) = self.pending.pop() {
            let model = &mut self.draft.models[id.0 as usize];
            let mut properties = std::mem::take(&mut model.properties);
            let mut additional = model.additional.take();
            for property in &mut properties {
                self.carry(&mut property.kind);
            }
            if let Some(kind) = &mut additional {
                self.carry(kind);
            }
            let model = &mut self.draft.models[id.0 as usize];
            model.properties = properties;
            model.additional = additional;
        }
    }
}
