//! A value as everything that does not change it sees it.

use super::{Object, Value};

/// A borrowed value.
#[derive(Clone, Copy)]
pub enum View<'a> {
    /// Nothing: an object is written without it.
    Absent,
    /// `null`
    Null,
    /// `true` or `false`
    Boolean(bool),
    /// A whole number.
    Integer(i64),
    /// A number.
    Number(f64),
    /// A text.
    Text(&'a str),
    /// A value of which no type is known.
    Any(&'a serde_json::Value),
    /// A list.
    List(&'a dyn Items),
    /// An object with free names.
    Map(&'a dyn Entries),
    /// A model.
    Object(&'a dyn Object),
}

/// The items of a list.
pub trait Items {
    /// Returns their number.
    fn count(&self) -> usize;

    /// The item at a position below [`Self::count`].
    fn item(&self, index: usize) -> &dyn Value;
}

/// The entries of an object with free names, ordered by name.
pub trait Entries {
    /// Returns their number.
    fn count(&self) -> usize;

    /// Calls `each` with every name and value.
    fn each<'a>(&'a self, each: &mut dyn FnMut(&'a str, View<'a>));
}
