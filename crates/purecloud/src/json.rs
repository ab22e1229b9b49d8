//! JSON in and out of the models: one reader and one writer for all of them, driven by a table per model.
//!
//! A model is a struct whose [`Object`] says three things: the names of its fields, and where the field with an index
//! is, to look at and to write to. Everything else (reading, writing, `Debug`, `PartialEq`, serde) is done once, here,
//! over [`View`]s and [`Value`]s. That is why thousands of models compile in seconds.
//!
//! # Why no published parser underneath
//! `jiter` 0.15 comes closest. Walking a listing of users of 1 MB and copying its texts took it 1.10 ms where
//! [`Parser`] took 0.68 ms (the best of 300 runs of each, in one process). Its pull interface leaves the depth of
//! nesting to the caller, and it would bring eighteen crates into the tree of everyone who uses this one.

#[cfg(any(test, feature = "__apis"))]
mod derive;
mod encode;
mod enumeration;
mod error;
mod extra;
mod interop;
mod nullable;
pub mod parser;
mod scan;
mod slots;
mod view;

use std::any::Any;

pub use encode::{list_to_vec, to_string, to_vec};
pub(crate) use encode::{request, request_of_list, request_within};
pub use enumeration::{Enumeration, Open};
pub use error::{DecodeError, Problem};
pub use extra::Extra;
pub use interop::{convert, copy, debug, deserialize, same, serialize};
pub use nullable::Nullable;
pub use parser::{Fault, Parser};
pub use view::{Entries, Items, View};

#[cfg(any(test, feature = "__apis"))]
pub(crate) use derive::{conversions, enumerations, models};

/// A value of which the definition gives no type, or several.
pub type Json = serde_json::Value;

/// An object with free names, ordered by name.
pub type Map<T> = std::collections::BTreeMap<String, T>;

/// A model: an object with named fields, and [`Extra`] for what arrives under other names.
///
/// Fields have the indices of [`Shape::fields`]; the index after the last field is that of the [`Extra`]. Both ways
/// to a field panic on any other index, which is a mistake of the caller and never of the data.
pub trait Object: Any {
    /// The shape that all values of the model have.
    fn shape(&self) -> &'static Shape;

    /// Returns the value of a field.
    fn get(&self, index: usize) -> &dyn Value;

    /// Returns the slot of a field.
    fn slot(&mut self, index: usize) -> &mut dyn Value;
}

/// The shape that all values of a model have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    /// The model, such as `User`.
    pub name: &'static str,
    /// The fields in the order in which they are written, each with what stands around its name behind another field:
    /// `,"id":`. No name has a character that JSON escapes.
    pub fields: &'static [&'static str],
    /// The fields that a request leaves out, as a digit for each: 1 at the top of a body, 2 in a model within
    /// another, 3 in both, 0 in neither. Fields behind its end are sent.
    pub left_out: &'static str,
}

/// The name in an entry of [`Shape::fields`].
pub(crate) fn name(field: &'static str) -> &'static str {
    field.strip_prefix(",\"").and_then(|field| field.strip_suffix("\":")).unwrap_or(field)
}

/// Returns whether that name is this one.
#[inline]
fn is_named(field: &'static str, name: &str) -> bool {
    field.len() == name.len() + 4 && field.as_bytes()[2..].starts_with(name.as_bytes())
}

/// A type that stands in a field, a list or a map, or is the whole of a text.
pub trait Value: Any {
    /// Puts what comes next in a text in the place of what was there.
    ///
    /// # Errors
    /// When the text is no JSON or not of this type; the place then holds any part of it.
    fn read(&mut self, parser: &mut Parser<'_>) -> Result<(), Fault>;

    /// Returns a view of it, for writing.
    fn view(&self) -> View<'_>;

    /// Puts a copy of another value in the place of what was there, if that has the same type.
    fn assign(&mut self, other: &dyn Any);
}

/// The holder of an optional field's value: the value itself, or a model behind a pointer.
pub trait Held: Default + 'static {
    /// The type of the value.
    type Value: Value;

    /// Looks at it.
    fn held(&self) -> &Self::Value;

    /// Returns the value.
    fn held_mut(&mut self) -> &mut Self::Value;
}

/// The end of [`Object::get`] and [`Object::slot`] with an index that no field has.
///
/// # Panics
/// Always.
#[cold]
pub fn no_field(index: usize) -> ! {
    panic!("a model was asked for its field {index}, which it does not have")
}

/// Reads a value that is the whole of a text.
///
/// ```
/// let names: Vec<String> = purecloud::json::from_slice(br#"["a", "b"]"#)?;
/// assert_eq!(names, ["a", "b"]);
/// # Ok::<(), purecloud::json::DecodeError>(())
/// ```
///
/// Values that are not quite right are read by these rules:
///
/// - A byte order mark in front is skipped. Bytes that are not UTF-8 and halves of surrogate pairs (`\ud83d` alone) are
///   read as U+FFFD.
/// - A number, `true` or `false` where a text is due is the text that it is written as. A text that holds nothing but a
///   number, `true` or `false` is that value where one is due.
/// - `null` in a list or a map of models is left out.
///
/// # Errors
/// With the path and the byte of what is wrong, when the text is not JSON, nested more than 128 levels deep, or not of
/// this type. Where characters were replaced, the bytes are those of the text with the replacements.
pub fn from_slice<T: Value + Default>(bytes: &[u8]) -> Result<T, DecodeError> {
    read(bytes).map(|(value, _)| value)
}

/// Reads as [`from_slice`] does, and counts the `null`s that were left out.
pub(crate) fn read<T: Value + Default>(bytes: &[u8]) -> Result<(T, usize), DecodeError> {
    let mut value = T::default();
    parser::read_whole(bytes, &mut value).map(|skipped| (value, skipped)).or_else(|error| {
        let Some(text) = crate::text::repaired(bytes) else { return Err(error) };
        let mut value = T::default();
        parser::read_whole(text.as_bytes(), &mut value).map(|skipped| (value, skipped))
    })
}

#[cfg(test)]
mod tests;
