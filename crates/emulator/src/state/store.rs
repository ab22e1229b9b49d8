//! Entities by the path of their collection, such as `/api/v2/users`, and by their id.
//!
//! Every change goes through a [`CollectionMut`], which counts what is stored and notes it for the keeper: what
//! an operation stores survives the process without the operation knowing how.

use std::collections::HashMap;
use std::ops::{Add, Deref};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use indexmap::{IndexMap, IndexSet};
use serde_json::Value;

use crate::base::clock::{Clock, Moment};
use crate::base::settings::Settings;
use crate::state::journal::{Changed, Journal};
use crate::state::keep::{Change, Keep, Kept, Part, Place};
use crate::state::past::Past;

/// The collection of documents: each stands under its whole path in place of an id.
pub(crate) const DOCUMENTS: &str = "documents";

/// How many ids of removed entities a collection remembers; past it the older half is forgotten.
const MOST_REMOVED: usize = 10_000;

/// Everything that is stored.
#[derive(Debug, Default)]
pub(crate) struct Store {
    collections: HashMap<String, Collection>,
    load: Load,
    journal: Journal<Key>,
    past: Past<Value>,
}

/// The path of a collection, and the id of an entity; without one, the collection itself.
type Key = (String, Option<String>);

/// How much is stored.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Load {
    /// Entities, and collections without any.
    pub(crate) entities: usize,
    /// About how many bytes of memory they take.
    pub(crate) bytes: usize,
}

impl Load {
    /// Whether this is as much as the settings allow. What is under way may still be added, so that one request is done
    /// whole or not at all.
    pub(crate) fn is_full(self, settings: &Settings) -> bool {
        self.entities >= settings.entities || self.bytes >= settings.stored_bytes
    }
}

impl Add for Load {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self { entities: self.entities + other.entities, bytes: self.bytes + other.bytes }
    }
}

/// The entities of one collection, in the order of their creation.
#[derive(Debug, Default)]
pub(crate) struct Collection {
    entities: IndexMap<String, Value>,
    /// Ids of what was there once: it is not made up again.
    deleted: IndexSet<String>,
    /// Ids of what a caller created; the rest was there from the start.
    created: IndexSet<String>,
}

/// A store as somebody sees it whose reads lag behind writes, or as it is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Seen<'a> {
    store: &'a Store,
    as_of: Option<Moment>,
}

/// A collection that can be changed.
#[derive(Debug)]
pub(crate) struct CollectionMut<'a> {
    path: &'a str,
    collection: &'a mut Collection,
    load: &'a mut Load,
    journal: &'a mut Journal<Key>,
    past: &'a mut Past<Value>,
}

impl Store {
    pub(crate) fn collection(&self, path: &str) -> Option<&Collection> {
        self.collections.get(path)
    }

    /// The collection of a path, which begins here if it was not there.
    pub(crate) fn collection_mut<'a>(&'a mut self, path: &'a str) -> CollectionMut<'a> {
        if !self.collections.contains_key(path) {
            self.collections.insert(path.to_owned(), Collection::default());
            self.load.entities += 1;
            self.journal.wrote(true, || (path.to_owned(), None));
        }
        let collection = self.collections.entry(path.to_owned()).or_default();
        CollectionMut {
            path,
            collection,
            load: &mut self.load,
            journal: &mut self.journal,
            past: &mut self.past,
        }
    }

    pub(crate) fn entity(&self, path: &str, id: &str) -> Option<&Value> {
        self.collection(path)?.get(id)
    }

    /// Remembers what changes, so that it can be read as it was a moment ago.
    pub(crate) fn remember(&mut self, clock: Arc<dyn Clock>) {
        self.past.begin(clock);
    }

    /// The store as it was at a moment, or as it is.
    pub(crate) fn seen(&self, as_of: Option<Moment>) -> Seen<'_> {
        Seen { store: self, as_of }
    }

    pub(crate) fn load(&self) -> Load {
        self.load
    }

    /// Paths and sizes of all collections.
    pub(crate) fn summary(&self) -> Vec<(&str, usize)> {
        let mut all: Vec<_> =
            self.collections.iter().map(|(path, collection)| (path.as_str(), collection.len())).collect();
        all.sort_unstable();
        all
    }

    /// Forgets a collection, as if nobody had touched it. Only for a store that is not in use yet: it is not noted.
    pub(crate) fn forget(&mut self, path: &str) {
        if let Some(collection) = self.collections.remove(path) {
            self.load.entities -= 1 + collection.len();
            self.load.bytes -= collection.iter().map(weight).sum::<usize>();
        }
    }

    /// Holds what `other` holds instead.
    pub(crate) fn replace(&mut self, other: Self) {
        self.collections = other.collections;
        self.load = other.load;
        self.past.clear();
        self.journal.replaced();
    }
}

impl<'a> Seen<'a> {
    pub(crate) fn entity(self, path: &str, id: &str) -> Option<&'a Value> {
        let before = self.as_of.and_then(|moment| self.store.past.before(path, moment).remove(id));
        before.unwrap_or_else(|| self.store.entity(path, id))
    }

    /// The entities of a collection. Those that are gone since come last.
    pub(crate) fn entities(self, path: &str) -> Vec<&'a Value> {
        let now = self.store.collections.get(path).map(|collection| &collection.entities);
        let mut before = self.as_of.map(|moment| self.store.past.before(path, moment)).unwrap_or_default();
        let mut entities: Vec<&Value> = now
            .into_iter()
            .flatten()
            .filter_map(|(id, entity)| before.remove(id.as_str()).unwrap_or(Some(entity)))
            .collect();
        let mut gone: Vec<_> = before.into_iter().filter_map(|(id, old)| Some((id, old?))).collect();
        gone.sort_unstable_by_key(|(id, _)| *id);
        entities.extend(gone.into_iter().map(|(_, old)| old));
        entities
    }
}

impl Collection {
    pub(crate) fn get(&self, id: &str) -> Option<&Value> {
        self.entities.get(id)
    }

    pub(crate) fn was_created(&self, id: &str) -> bool {
        self.created.contains(id)
    }

    /// Whether there was an entity of this id once.
    pub(crate) fn was_deleted(&self, id: &str) -> bool {
        self.deleted.contains(id)
    }

    pub(crate) fn entries(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.entities.iter().map(|(id, entity)| (id.as_str(), entity))
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Value> {
        self.entities.values()
    }

    pub(crate) fn len(&self) -> usize {
        self.entities.len()
    }
}

impl Deref for CollectionMut<'_> {
    type Target = Collection;

    fn deref(&self) -> &Collection {
        self.collection
    }
}

impl CollectionMut<'_> {
    /// Adds an entity that is made up because somebody looks: it was there all along.
    pub(crate) fn imagine(&mut self, id: impl Into<String>, entity: Value) {
        self.insert(id.into(), entity);
    }

    /// Adds or replaces an entity.
    pub(crate) fn put(&mut self, id: impl Into<String>, entity: Value) {
        let id = id.into();
        let known = self.past.is_on().then(|| id.clone());
        let old = self.insert(id, entity);
        if let Some(id) = known {
            let weight = old.as_ref().map_or(0, weight);
            self.past.note(self.path, &id, old, weight);
        }
    }

    fn insert(&mut self, id: String, entity: Value) -> Option<Value> {
        self.load.bytes += weight(&entity);
        self.collection.deleted.shift_remove(&id);
        let key = self.journal.is_on().then(|| id.clone());
        let old = self.collection.entities.insert(id, entity);
        match &old {
            Some(old) => self.load.bytes -= weight(old),
            None => self.load.entities += 1,
        }
        if let Some(id) = key {
            self.journal.wrote(old.is_none(), || (self.path.to_owned(), Some(id)));
        }
        old
    }

    /// Changes an entity where it stands; nothing when it is not there.
    pub(crate) fn change<T>(&mut self, id: &str, change: impl FnOnce(&mut Value) -> T) -> Option<T> {
        let entity = self.collection.entities.get_mut(id)?;
        let before = weight(entity);
        if self.past.is_on() {
            self.past.note(self.path, id, Some(entity.clone()), before);
        }
        let outcome = change(entity);
        self.load.bytes = self.load.bytes + weight(entity) - before;
        self.note(id);
        Some(outcome)
    }

    /// Takes an entity out; the order of the others stays.
    pub(crate) fn remove(&mut self, id: &str) -> Option<Value> {
        let entity = self.collection.entities.shift_remove(id)?;
        self.load.bytes -= weight(&entity);
        self.load.entities -= 1;
        if self.past.is_on() {
            self.past.note(self.path, id, Some(entity.clone()), weight(&entity));
        }
        self.collection.created.swap_remove(id);
        self.collection.deleted.insert(id.to_owned());
        self.journal.removed(|| (self.path.to_owned(), Some(id.to_owned())));
        // That it was there is kept too.
        self.note(id);
        if self.collection.deleted.len() > MOST_REMOVED {
            for forgotten in self.collection.deleted.drain(..MOST_REMOVED / 2) {
                self.journal.removed(|| (self.path.to_owned(), Some(forgotten)));
            }
        }
        Some(entity)
    }

    /// Remembers that a caller created it.
    pub(crate) fn mark_created(&mut self, id: &str) {
        self.collection.created.insert(id.to_owned());
        self.note(id);
    }

    fn note(&mut self, id: &str) {
        self.journal.wrote(false, || (self.path.to_owned(), Some(id.to_owned())));
    }
}

/// An entity that a caller created is marked with this in what is kept, the others with 0.
const CREATED: i64 = 1;

impl Keep for Store {
    fn begin(&mut self, count: Arc<AtomicU64>, anew: bool) {
        self.journal.begin(count, anew);
    }

    fn changes(&mut self, into: &mut Vec<Change>) {
        let Changed { everything, removed, written } = self.journal.take();
        if everything {
            into.push(Change::Clear(Part::Entities));
            for (path, collection) in &self.collections {
                into.push(Change::Open(Part::Entities, path.clone()));
                let ids = collection.entities.keys().chain(&collection.deleted);
                into.extend(ids.map(|id| collection.kept(path, id)));
            }
            return;
        }
        let place = |collection, id| Place { part: Part::Entities, collection, id };
        for (path, id) in removed {
            into.extend(id.map(|id| Change::Remove(place(path, id))));
        }
        for (path, id) in written {
            match (self.collections.get(&path), id) {
                (Some(collection), Some(id)) => into.push(collection.kept(&path, &id)),
                _ => into.push(Change::Open(Part::Entities, path)),
            }
        }
    }

    fn restore(&mut self, path: &str, kept: Option<(String, Kept)>) -> Result<(), String> {
        let mut collection = self.collection_mut(path);
        let Some((id, Kept { mark, value })) = kept else { return Ok(()) };
        let Some(value) = value else {
            collection.collection.deleted.insert(id);
            return Ok(());
        };
        let value = serde_json::from_str(&value).map_err(|error| format!("{id} is not JSON: {error}"))?;
        collection.put(id.clone(), value);
        if mark == CREATED {
            collection.mark_created(&id);
        }
        Ok(())
    }
}

impl Collection {
    /// What is to be kept of an id.
    fn kept(&self, path: &str, id: &str) -> Change {
        let place = Place { part: Part::Entities, collection: path.to_owned(), id: id.to_owned() };
        match self.entities.get(id) {
            Some(entity) => {
                let mark = if self.created.contains(id) { CREATED } else { 0 };
                Change::Put(place, Kept { mark, value: Some(entity.to_string()) })
            }
            None if self.deleted.contains(id) => Change::Put(place, Kept { mark: 0, value: None }),
            None => Change::Remove(place),
        }
    }
}

/// About how many bytes of memory a value takes.
pub(crate) fn weight(value: &Value) -> usize {
    /// A value itself, and a place in a map with its hash.
    const VALUE: usize = 32;
    const ENTRY: usize = 40;
    VALUE
        + match value {
            Value::Null | Value::Bool(_) | Value::Number(_) => 0,
            Value::String(text) => text.len(),
            Value::Array(items) => items.iter().map(weight).sum(),
            Value::Object(map) => map.iter().map(|(name, value)| ENTRY + name.len() + weight(value)).sum(),
        }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn store() -> Store {
        let mut store = Store::default();
        store.journal.begin(Arc::default(), false);
        store
    }

    #[test]
    fn the_load_follows_every_change() {
        let mut store = store();
        let mut users = store.collection_mut("/users");
        users.put("1", json!({ "name": "Ada" }));
        users.put("1", json!({ "name": "Ada Lovelace" }));
        users.change("1", |user| user["title"] = json!("Countess"));
        users.put("2", json!({}));
        let entity = json!({ "name": "Ada Lovelace", "title": "Countess" });
        let bytes = weight(&entity) + weight(&json!({}));
        assert_eq!(store.load, Load { entities: 3, bytes });
        let mut users = store.collection_mut("/users");
        assert_eq!(users.remove("1"), Some(entity));
        users.remove("1");
        users.remove("2");
        assert_eq!(store.load, Load { entities: 1, bytes: 0 });
    }

    #[test]
    fn every_change_is_noted() {
        let mut store = store();
        let key = |id: Option<&str>| ("/users".to_owned(), id.map(str::to_owned));
        let taken = |store: &mut Store| {
            let changed = store.journal.take();
            (changed.removed.into_iter().collect::<Vec<_>>(), changed.written.into_iter().collect::<Vec<_>>())
        };
        store.collection_mut("/users").put("1", json!({}));
        assert_eq!(taken(&mut store), (vec![], vec![key(None), key(Some("1"))]));
        store.collection_mut("/users").mark_created("1");
        assert_eq!(taken(&mut store), (vec![], vec![key(Some("1"))]));
        store.collection_mut("/users").change("1", |user| user["a"] = json!(1));
        assert_eq!(taken(&mut store), (vec![], vec![key(Some("1"))]));
        store.collection_mut("/users").remove("1");
        assert_eq!(taken(&mut store), (vec![key(Some("1"))], vec![key(Some("1"))]));
        store.collection_mut("/users");
        assert_eq!(taken(&mut store), (vec![], vec![]), "looking is no change");
        store.replace(Store::default());
        assert!(store.journal.take().everything);
    }

    #[test]
    fn creating_and_removing_for_ever_needs_no_more_room() {
        let mut store = store();
        for number in 0..3 * MOST_REMOVED {
            let mut users = store.collection_mut("/users");
            users.put(number.to_string(), json!({}));
            users.mark_created(&number.to_string());
            users.remove(&number.to_string());
        }
        let users = store.collection("/users").unwrap();
        assert!(users.deleted.len() <= MOST_REMOVED && users.created.is_empty());
        assert!(users.was_deleted(&(3 * MOST_REMOVED - 1).to_string()) && !users.was_deleted("0"));
    }
}
