//! Entities by the path of their collection, such as `/api/v2/users`, and by their id.

use std::collections::{HashMap, HashSet};

use indexmap::IndexMap;
use serde_json::Value;

/// The collection of documents: each stands under its whole path in place of an id.
pub(crate) const DOCUMENTS: &str = "documents";

/// Everything that is stored.
#[derive(Debug, Default, Clone)]
pub(crate) struct Store {
    collections: HashMap<String, Collection>,
}

/// The entities of one collection, in the order of their creation.
#[derive(Debug, Default, Clone)]
pub(crate) struct Collection {
    entities: IndexMap<String, Value>,
    /// Ids of what was there once: it is not made up again.
    deleted: HashSet<String>,
    /// Ids of what a caller created; the rest was there from the start.
    created: HashSet<String>,
}

impl Store {
    pub(crate) fn collection(&self, path: &str) -> Option<&Collection> {
        self.collections.get(path)
    }

    pub(crate) fn collection_mut(&mut self, path: &str) -> &mut Collection {
        if !self.collections.contains_key(path) {
            self.collections.insert(path.to_owned(), Collection::default());
        }
        self.collections.entry(path.to_owned()).or_default()
    }

    pub(crate) fn entity(&self, path: &str, id: &str) -> Option<&Value> {
        self.collection(path)?.get(id)
    }

    /// How many entities there are.
    pub(crate) fn len(&self) -> usize {
        self.collections.values().map(Collection::len).sum()
    }

    /// Paths and sizes of all collections.
    pub(crate) fn summary(&self) -> Vec<(&str, usize)> {
        let mut all: Vec<_> =
            self.collections.iter().map(|(path, collection)| (path.as_str(), collection.len())).collect();
        all.sort_unstable();
        all
    }
}

impl Collection {
    pub(crate) fn get(&self, id: &str) -> Option<&Value> {
        self.entities.get(id)
    }

    pub(crate) fn get_mut(&mut self, id: &str) -> Option<&mut Value> {
        self.entities.get_mut(id)
    }

    /// Adds or replaces an entity.
    pub(crate) fn put(&mut self, id: impl Into<String>, entity: Value) {
        let id = id.into();
        self.deleted.remove(&id);
        self.entities.insert(id, entity);
    }

    /// Takes an entity out; its place in the order is not kept.
    pub(crate) fn remove(&mut self, id: &str) -> Option<Value> {
        let entity = self.entities.shift_remove(id)?;
        self.deleted.insert(id.to_owned());
        Some(entity)
    }

    /// Remembers that a caller created it.
    pub(crate) fn mark_created(&mut self, id: &str) {
        self.created.insert(id.to_owned());
    }

    pub(crate) fn was_created(&self, id: &str) -> bool {
        self.created.contains(id)
    }

    /// Whether there was an entity of this id once.
    pub(crate) fn was_deleted(&self, id: &str) -> bool {
        self.deleted.contains(id)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Value> {
        self.entities.values()
    }

    pub(crate) fn len(&self) -> usize {
        self.entities.len()
    }
}
