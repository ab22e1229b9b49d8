//! Fields of an object beyond those of its model.

use std::any::Any;

use serde_json::{Map, Value};

use super::slots::assign;
use super::view::{Entries, View};
use super::{Fault, Parser};

/// Fields that the definition does not have: read from an answer, kept, and written back.
///
/// One pointer wide, and nothing is allocated while there are none.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Extra(Option<Box<Map<String, Value>>>);

impl Extra {
    /// No fields.
    pub const fn new() -> Self {
        Self(None)
    }

    /// Returns whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.as_deref().is_none_or(Map::is_empty)
    }

    /// The value of a field.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.as_deref()?.get(name)
    }

    /// Sets a field and returns what it held. The name of a field that the model has is written twice: set that field
    /// instead.
    pub fn insert(&mut self, name: impl Into<String>, value: impl Into<Value>) -> Option<Value> {
        self.0.get_or_insert_default().insert(name.into(), value.into())
    }

    /// Takes a field away and returns what it held.
    pub fn remove(&mut self, name: &str) -> Option<Value> {
        self.0.as_deref_mut()?.remove(name)
    }

    /// Every field with its value.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.0.iter().flat_map(|map| map.iter()).map(|(name, value)| (name.as_str(), value))
    }
}

impl super::Value for Extra {
    /// Reads the value of the field whose name the parser has just read.
    fn read(&mut self, parser: &mut Parser<'_>) -> Result<(), Fault> {
        let name = parser.take_name();
        let value = parser.any()?;
        self.insert(name, value);
        Ok(())
    }

    fn view(&self) -> View<'_> {
        if self.is_empty() { View::Absent } else { View::Map(self) }
    }

    fn assign(&mut self, other: &dyn Any) {
        assign(self, other);
    }
}

impl Entries for Extra {
    fn count(&self) -> usize {
        self.0.as_deref().map_or(0, Map::len)
    }

    fn each<'a>(&'a self, each: &mut dyn FnMut(&'a str, View<'a>)) {
        for (name, value) in self.iter() {
            each(name, View::Any(value));
        }
    }
}

impl std::fmt::Debug for Extra {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}
