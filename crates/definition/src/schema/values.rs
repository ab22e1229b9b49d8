//! Lists of values.

use std::collections::HashSet;

use serde_json::Value;

use super::{Hint, Schemas};
use crate::draft::{Enumeration, Rank};
use crate::keywords::Types;
use crate::model::{EnumerationId, Type};
use crate::node::Node;
use crate::place::At;
use crate::problem::Problems;

impl<'d> Schemas<'d> {
    /// A list of values gets a name; `None` if its values are not of the type that it states.
    pub(super) fn enumeration(
        &mut self,
        node: &'d Node<'d>,
        types: Types,
        values: &'d [Node<'d>],
        at: At<'_>,
        hint: Hint<'_>,
        problems: &mut Problems,
    ) -> Option<Type> {
        let address = std::ptr::from_ref(node);
        if let Some(kind) = self.hoisted.get(&address) {
            return Some(kind.clone());
        }
        let values = distinct_values(types, values, at.key("enum"), problems)?;
        let kind = self.add_enumeration(hint.name(), Rank::Inline, values, at, problems);
        self.hoisted.insert(address, kind.clone());
        Some(kind)
    }

    pub(super) fn add_enumeration(
        &mut self,
        wire_name: String,
        rank: Rank,
        values: Vec<Value>,
        at: At<'_>,
        problems: &mut Problems,
    ) -> Type {
        let id = EnumerationId(self.enumerations.len() as u32);
        let origin = at.pointer();
        let size = size_of::<Enumeration>() + size_of::<Value>() * values.len();
        self.grow(size + wire_name.len() + origin.0.len(), at, problems);
        self.enumerations.push(Enumeration { wire_name, rank, values, origin });
        Type::Enumeration(id)
    }
}

/// The values of an enumeration; `None` when they are not texts or whole numbers of the stated type.
pub(super) fn distinct_values(
    types: Types,
    values: &[Node<'_>],
    at: At<'_>,
    problems: &mut Problems,
) -> Option<Vec<Value>> {
    let texts = types.is_empty() || types.has(Types::TEXT);
    let numbers = types.is_empty() || types.has(Types::INTEGER);
    // Most lists are short, and looking through them costs less than hashing.
    let mut seen = HashSet::new();
    let mut distinct = Vec::with_capacity(values.len());
    for (index, value) in values.iter().enumerate() {
        let (fits, key) = match value {
            Node::Null => continue,
            Node::Text(text) => (texts, (*text, 0)),
            Node::Number(number) if number.is_i64() || number.is_u64() => {
                (numbers, ("", number.as_i128().unwrap_or_default()))
            }
            _ => (false, ("", 0)),
        };
        if !fits {
            problems.warning(
                at.index(index),
                format!(
                    "the list of values has {}, which is not of its type; the list is left out",
                    value.describe()
                ),
                "use strings or integers, as the type says",
            );
            return None;
        }
        let new = if values.len() <= 12 { !values[..index].contains(value) } else { seen.insert(key) };
        if new {
            distinct.push(value.to_value());
        } else {
            problems.warning(at.index(index), "a value appears twice", "leave it out");
        }
    }
    (!distinct.is_empty()).then_some(distinct)
}
