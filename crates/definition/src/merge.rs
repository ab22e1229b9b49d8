//! Definitions become one: operations are put together, types carried over.

use std::collections::{HashMap, HashSet};

use crate::draft::{self, Draft, Operation, Rank};
use crate::model::{EnumerationId, Method, ModelId, Type};
use crate::place::At;
use crate::problem::{Problems, quoted};

/// An operation regardless of the names of its path parameters: two that agree in this cannot be told apart.
pub(crate) type Key = (Method, String);

pub(crate) fn key(operation: &Operation) -> Key {
    (operation.method, operation.path.shape())
}

/// Adds `other` to `draft`. An operation that stands in both is an error.
pub(crate) fn merge(draft: &mut Draft, mut other: Draft, problems: &mut Problems) {
    let mut seen: HashSet<Key> = draft.operations.iter().map(key).collect();
    let mut importer = Importer::new(draft, &mut other, Rank::Named);
    for mut operation in std::mem::take(&mut importer.source.operations) {
        if !seen.insert(key(&operation)) {
            problems.error(
                At::pointer_text(&operation.origin.0),
                format!("{} {} is in another definition too", operation.method, quoted(&operation.path.text)),
                "remove one of them",
            );
            continue;
        }
        importer.adopt(&mut operation);
        importer.draft.operations.push(operation);
    }
    for model in importer.differing() {
        problems.warning(
            At::pointer_text(&model),
            "another definition has a model of this name with other properties; that one is used",
            "rename one of them",
        );
    }
    importer.finish();
}

/// Carries types of another definition over. Where the draft has a type of the same name, that is the one.
pub(crate) struct Importer<'d> {
    pub(crate) draft: &'d mut Draft,
    pub(crate) source: &'d mut Draft,
    rank: Rank,
    /// Models and enumerations of the draft by name.
    models: HashMap<String, ModelId>,
    enumerations: HashMap<String, EnumerationId>,
    /// The new IDs of the source's models.
    moved_models: HashMap<ModelId, ModelId>,
    moved_enumerations: HashMap<EnumerationId, EnumerationId>,
    /// Models that are in the draft but whose types are still those of the source.
    pending: Vec<ModelId>,
}

impl<'d> Importer<'d> {
    /// Everything carried over from `source` to `draft` gets `rank`, unless it had none of its own.
    pub(crate) fn new(draft: &'d mut Draft, source: &'d mut Draft, rank: Rank) -> Self {
        let named = |rank: Rank| rank == Rank::Named;
        let models = draft.models.iter().enumerate().filter(|(_, model)| named(model.rank));
        let models = models.map(|(index, model)| (model.wire_name.clone(), ModelId(index as u32))).collect();
        let lists = draft.enumerations.iter().enumerate().filter(|(_, list)| named(list.rank));
        let enumerations =
            lists.map(|(index, list)| (list.wire_name.clone(), EnumerationId(index as u32))).collect();
        Self {
            draft,
            source,
            rank,
            models,
            enumerations,
            moved_models: HashMap::new(),
            moved_enumerations: HashMap::new(),
            pending: Vec::new(),
        }
    }

    /// Makes the types of `operation`, which is one of the source, those of the draft.
    pub(crate) fn adopt(&mut self, operation: &mut Operation) {
        for parameter in &mut operation.parameters {
            self.carry(&mut parameter.kind);
        }
        if let Some(result) = &mut operation.result {
            self.carry(result);
        }
    }

    /// The models that the source and the draft have with different properties.
    fn differing(&self) -> Vec<String> {
        let names = |model: &draft::Model| -> Vec<String> {
            model.properties.iter().map(|property| property.wire_name.clone()).collect()
        };
        let twice = self.source.models.iter().filter(|model| {
            let known = self.models.get(&model.wire_name).filter(|_| model.rank == Rank::Named);
            known.is_some_and(|id| names(&self.draft.models[id.0 as usize]) != names(model))
        });
        twice.map(|model| model.origin.0.clone()).collect()
    }

    /// The model that the source calls `name`, in the draft.
    #[cfg(feature = "bundled")]
    pub(crate) fn model_named(&mut self, name: &str) -> Option<ModelId> {
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
            Type::Any | Type::Text(_) | Type::Integer(_) | Type::Number | Type::Boolean | Type::Bytes => {}
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
                rank: self.rank.max(model.rank),
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
                rank: self.rank.max(list.rank),
                values: std::mem::take(&mut list.values),
                origin: list.origin.clone(),
            });
            moved
        });
        self.moved_enumerations.insert(id, moved);
        moved
    }

    /// Carries over what the models that were carried over refer to, and so on.
    pub(crate) fn finish(mut self) {
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
