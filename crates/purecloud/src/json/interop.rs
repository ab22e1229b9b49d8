//! Traits that every model implements, written once over views: serde, `Debug`, `PartialEq`.

use serde::ser::{SerializeMap, SerializeSeq};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::view::View;
use super::{Object, Value};

/// Writes a model through serde. Fields without a value are left out.
///
/// # Errors
/// Those of the serializer.
pub fn serialize<S: Serializer>(object: &dyn Object, serializer: S) -> Result<S::Ok, S::Error> {
    View::Object(object).serialize(serializer)
}

impl Serialize for View<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Absent | Self::Null => serializer.serialize_unit(),
            Self::Boolean(value) => serializer.serialize_bool(*value),
            Self::Integer(value) => serializer.serialize_i64(*value),
            Self::Number(value) => serializer.serialize_f64(*value),
            Self::Text(value) => serializer.serialize_str(value),
            Self::Any(value) => value.serialize(serializer),
            Self::List(items) => {
                let mut list = serializer.serialize_seq(Some(items.count()))?;
                for index in 0..items.count() {
                    list.serialize_element(&items.item(index).view())?;
                }
                list.end()
            }
            Self::Map(entries) => {
                let mut map = serializer.serialize_map(Some(entries.count()))?;
                let mut outcome = Ok(());
                entries.each(&mut |name, value| {
                    if outcome.is_ok() {
                        outcome = map.serialize_entry(name, &value);
                    }
                });
                outcome?;
                map.end()
            }
            Self::Object(object) => {
                let mut entries = Vec::new();
                fields(*object, &mut |name, view| entries.push((name, view)));
                serializer.collect_map(entries)
            }
        }
    }
}

/// Reads a value through serde, by way of a tree of it: for speed, read JSON with [`from_slice`](super::from_slice).
///
/// # Errors
/// Those of the deserializer, and a [`DecodeError`](super::DecodeError) in its words.
pub fn deserialize<'de, T: Value + Default, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    let tree = serde_json::Value::deserialize(deserializer)?;
    let text = serde_json::to_vec(&tree).map_err(de::Error::custom)?;
    super::from_slice(&text).map_err(de::Error::custom)
}

/// Writes what `Debug` says of a model: the fields that have a value.
///
/// # Errors
/// Those of the formatter.
pub fn debug(object: &dyn Object, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
    let mut out = f.debug_struct(object.shape().name);
    fields(object, &mut |name, view| {
        out.field(name, &view);
    });
    out.finish_non_exhaustive()
}

impl std::fmt::Debug for View<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Absent => f.write_str("absent"),
            Self::Null => f.write_str("null"),
            Self::Boolean(value) => value.fmt(f),
            Self::Integer(value) => value.fmt(f),
            Self::Number(value) => value.fmt(f),
            Self::Text(value) => value.fmt(f),
            Self::Any(value) => value.fmt(f),
            Self::List(items) => {
                f.debug_list().entries((0..items.count()).map(|index| items.item(index).view())).finish()
            }
            Self::Map(entries) => {
                let mut map = f.debug_map();
                entries.each(&mut |name, value| {
                    map.entry(&name, &value);
                });
                map.finish()
            }
            Self::Object(object) => debug(*object, f),
        }
    }
}

/// Calls `each` with every field that has a value.
fn fields<'a>(object: &'a dyn Object, each: &mut dyn FnMut(&'a str, View<'a>)) {
    let fields = object.shape().fields;
    for (index, field) in fields.iter().enumerate() {
        let view = object.get(index).view();
        if !matches!(view, View::Absent) {
            each(super::name(field), view);
        }
    }
    if let View::Map(extra) = object.get(fields.len()).view() {
        extra.each(each);
    }
}

/// A copy of a model. Field by field, since a derived `Clone` of every model takes longer to check than reading,
/// writing and comparing them together.
pub fn copy<T: Object + Default>(object: &T) -> T {
    let mut copy = T::default();
    copy_fields(object, &mut copy);
    copy
}

/// A model of another type with the fields that both have: what they have of one name, read as the type that it has
/// there. What does not fit there is left out, and so is what has no
/// field there, at any depth.
pub fn convert<T: Object + Default>(from: &dyn Object) -> T {
    let mut converted = T::default();
    convert_fields(from, &mut converted);
    converted
}

fn convert_fields(from: &dyn Object, to: &mut dyn Object) {
    let fields = from.shape().fields;
    for (index, field) in to.shape().fields.iter().enumerate() {
        let Some(found) = fields.iter().position(|known| known == field) else { continue };
        let view = from.get(found).view();
        if matches!(view, View::Absent) {
            continue;
        }
        let text = super::encode::view_to_string(view);
        let slot = to.slot(index);
        if slot.read(&mut super::Parser::new(&text).known_only()).is_err() {
            // A copy of nothing is nothing.
            slot.assign(&());
        }
    }
}

/// Makes one model a copy of another of its type.
pub(super) fn copy_fields(from: &dyn Object, to: &mut dyn Object) {
    for index in 0..=from.shape().fields.len() {
        to.slot(index).assign(from.get(index));
    }
}

/// Returns whether two models of one type are equal in every field.
pub fn same(one: &dyn Object, other: &dyn Object) -> bool {
    // One more than there are fields, for what they do not cover.
    (0..=one.shape().fields.len()).all(|index| one.get(index).view() == other.get(index).view())
}

impl PartialEq for View<'_> {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Absent, Self::Absent) | (Self::Null, Self::Null) => true,
            (Self::Boolean(one), Self::Boolean(other)) => one == other,
            (Self::Integer(one), Self::Integer(other)) => one == other,
            (Self::Number(one), Self::Number(other)) => one == other,
            (Self::Text(one), Self::Text(other)) => one == other,
            (Self::Any(one), Self::Any(other)) => one == other,
            (Self::List(one), Self::List(other)) => {
                one.count() == other.count()
                    && (0..one.count()).all(|index| one.item(index).view() == other.item(index).view())
            }
            (Self::Map(one), Self::Map(other)) => {
                let mut entries = Vec::with_capacity(one.count());
                one.each(&mut |name, value| entries.push((name, value)));
                let mut left = entries.into_iter();
                let mut equal = one.count() == other.count();
                other.each(&mut |name, value| equal = equal && left.next() == Some((name, value)));
                equal
            }
            (Self::Object(one), Self::Object(other)) => same(*one, *other),
            _ => false,
        }
    }
}
