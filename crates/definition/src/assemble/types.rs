//! Models and enumerations get their names and their final order.

use crate::draft::{self, Draft, Rank};
use crate::model::{Enumeration, EnumerationId, Model, ModelId, Type};
use crate::names::{self, Reserved, Scope};

/// Models and enumerations in their final order, and where each of the draft has gone.
pub(super) struct Types {
    pub(super) models: Vec<Model>,
    pub(super) enumerations: Vec<Enumeration>,
    pub(super) model_ids: Vec<ModelId>,
    pub(super) enumeration_ids: Vec<EnumerationId>,
}

impl Types {
    pub(super) fn settle(draft: &mut Draft) -> Self {
        let models = std::mem::take(&mut draft.models);
        let enumerations = std::mem::take(&mut draft.enumerations);
        let (model_names, enumeration_names) = type_names(&models, &enumerations);

        let mut named: Vec<(String, usize, draft::Model)> = model_names
            .into_iter()
            .zip(models)
            .enumerate()
            .map(|(index, (name, model))| (name, index, model))
            .collect();
        named.sort_by(|one, other| one.0.cmp(&other.0));
        let mut model_ids = vec![ModelId(0); named.len()];
        for (place, (_, index, _)) in named.iter().enumerate() {
            model_ids[*index] = ModelId(place as u32);
        }

        let mut listed: Vec<(String, usize, draft::Enumeration)> = enumeration_names
            .into_iter()
            .zip(enumerations)
            .enumerate()
            .map(|(index, (name, enumeration))| (name, index, enumeration))
            .collect();
        listed.sort_by(|one, other| one.0.cmp(&other.0));
        let mut enumeration_ids = vec![EnumerationId(0); listed.len()];
        for (place, (_, index, _)) in listed.iter().enumerate() {
            enumeration_ids[*index] = EnumerationId(place as u32);
        }

        let mut types = Self { models: Vec::new(), enumerations: Vec::new(), model_ids, enumeration_ids };
        types.models = named
            .into_iter()
            .map(|(name, _, model)| Model {
                name,
                wire_name: model.wire_name,
                properties: model
                    .properties
                    .into_iter()
                    .map(|mut property| {
                        types.place(&mut property.kind);
                        property
                    })
                    .collect(),
                additional: model.additional.map(|kind| types.placed(kind)),
                description: model.description,
                origin: model.origin,
            })
            .collect();
        types.enumerations = listed
            .into_iter()
            .map(|(name, _, enumeration)| Enumeration {
                name,
                values: enumeration.values,
                origin: enumeration.origin,
            })
            .collect();
        types
    }

    pub(super) fn placed(&self, mut kind: Type) -> Type {
        self.place(&mut kind);
        kind
    }

    /// Puts final indices in place of those of the draft.
    fn place(&self, kind: &mut Type) {
        match kind {
            Type::Model(id) => *id = self.model_ids[id.0 as usize],
            Type::Enumeration(id) => *id = self.enumeration_ids[id.0 as usize],
            Type::List(inner) | Type::Map(inner) => self.place(inner),
            Type::OneOf(kinds) => kinds.iter_mut().for_each(|kind| self.place(kind)),
            Type::Any | Type::Text(_) | Type::Integer(_) | Type::Number | Type::Boolean | Type::Bytes => {}
        }
    }
}

/// The names of models and of enumerations, which share one scope. Models come before enumerations where all else is
/// equal.
fn type_names(models: &[draft::Model], enumerations: &[draft::Enumeration]) -> (Vec<String>, Vec<String>) {
    struct Wanted<'d> {
        rank: Rank,
        changed: bool,
        wire_name: &'d str,
        enumeration: bool,
        index: usize,
        name: String,
    }
    let mut all: Vec<Wanted<'_>> = Vec::with_capacity(models.len() + enumerations.len());
    let mut want = |rank, wire_name, enumeration, index| {
        let name = names::member(wire_name, || "Type".to_owned());
        all.push(Wanted { rank, changed: name != wire_name, wire_name, enumeration, index, name });
    };
    for (index, model) in models.iter().enumerate() {
        want(model.rank, model.wire_name.as_str(), false, index);
    }
    for (index, enumeration) in enumerations.iter().enumerate() {
        want(enumeration.rank, enumeration.wire_name.as_str(), true, index);
    }
    all.sort_by(|one, other| {
        (one.rank, one.changed, one.wire_name, one.enumeration, one.index).cmp(&(
            other.rank,
            other.changed,
            other.wire_name,
            other.enumeration,
            other.index,
        ))
    });
    let mut scope = Scope::new(Reserved::TypeScript);
    let mut model_names = vec![String::new(); models.len()];
    let mut enumeration_names = vec![String::new(); enumerations.len()];
    for want in all {
        let name = scope.claim(&want.name);
        if want.enumeration {
            enumeration_names[want.index] = name;
        } else {
            model_names[want.index] = name;
        }
    }
    (model_names, enumeration_names)
}
