//! A document as it is written: ordered, with every repeated key still there, and text borrowed where it can be.
//!
//! `serde_json::Value` would not do: it keeps the last of two equal keys without a word, owns each text, and takes
//! several times the time and the memory. Here lists and objects live in an arena and go with it, all at once.

use std::cell::{Cell, RefCell};
use std::fmt;

use bumpalo::Bump;
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Number, Value};

/// Deepest nesting of a document. The platform's own definitions stay below 30.
pub(crate) const MAX_DEPTH: usize = 100;

/// Most values in a document. The platform's own definition has half a million; each takes 40 bytes.
pub(crate) const MAX_VALUES: usize = 4_000_000;

/// Notes taken while a document is read.
pub(crate) struct Tally<'d> {
    arena: &'d Bump,
    /// Items and members of what is being read; those of one list or object move into the arena when it ends.
    items: RefCell<Vec<Node<'d>>>,
    members: RefCell<Vec<Member<'d>>>,
    values: Cell<usize>,
    /// Some object says a key twice.
    pub(crate) repeats: Cell<bool>,
    /// The document was given up for one of our own bounds.
    pub(crate) exceeded: Cell<Option<Bound>>,
}

/// Our own bounds on a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Bound {
    /// [`MAX_DEPTH`]
    Depth,
    /// [`MAX_VALUES`]
    Values,
}

/// One value of a document.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Node<'d> {
    Null,
    Boolean(bool),
    Number(Number),
    Text(&'d str),
    List(&'d [Node<'d>]),
    Object(Object<'d>),
}

/// The members of an object, in the order in which they are written.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Object<'d>(&'d [Member<'d>]);

/// A key and what stands under it.
pub(crate) type Member<'d> = (&'d str, Node<'d>);

impl<'d> Tally<'d> {
    pub(crate) fn new(arena: &'d Bump) -> Self {
        Self {
            arena,
            items: RefCell::default(),
            members: RefCell::default(),
            values: Cell::default(),
            repeats: Cell::default(),
            exceeded: Cell::default(),
        }
    }
}

impl<'d> Object<'d> {
    /// The first member of that name.
    pub(crate) fn get(&self, key: &str) -> Option<&Node<'d>> {
        self.0.iter().find(|(name, _)| *name == key).map(|(_, node)| node)
    }

    /// Every member as it is written, repeated ones included.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &Node<'d>)> {
        self.0.iter().map(|(name, node)| (*name, node))
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }
}

impl<'d> Node<'d> {
    pub(crate) fn object(members: &'d [Member<'d>]) -> Self {
        Self::Object(Object(members))
    }

    pub(crate) fn as_object(&self) -> Option<&Object<'d>> {
        if let Self::Object(object) = self { Some(object) } else { None }
    }

    pub(crate) fn as_list(&self) -> Option<&[Node<'d>]> {
        if let Self::List(list) = self { Some(list) } else { None }
    }

    pub(crate) fn as_text(&self) -> Option<&str> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }

    pub(crate) fn as_boolean(&self) -> Option<bool> {
        if let Self::Boolean(value) = self { Some(*value) } else { None }
    }

    /// The member of that name, if this is an object that has it.
    pub(crate) fn get(&self, key: &str) -> Option<&Node<'d>> {
        self.as_object()?.get(key)
    }

    /// The kind of this value, for messages.
    pub(crate) fn describe(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Boolean(_) => "a boolean",
            Self::Number(_) => "a number",
            Self::Text(_) => "text",
            Self::List(_) => "a list",
            Self::Object(_) => "an object",
        }
    }

    /// The same value, owned and without repeated keys (the last one stays).
    pub(crate) fn to_value(&self) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::Boolean(value) => Value::Bool(*value),
            Self::Number(number) => Value::Number(number.clone()),
            Self::Text(text) => Value::String((*text).to_owned()),
            Self::List(list) => Value::Array(list.iter().map(Self::to_value).collect()),
            Self::Object(object) => {
                Value::Object(object.iter().map(|(key, node)| (key.to_owned(), node.to_value())).collect())
            }
        }
    }
}

/// Reads one [`Node`] from any format.
#[derive(Clone, Copy)]
pub(crate) struct NodeSeed<'c, 'd> {
    depth: usize,
    tally: &'c Tally<'d>,
}

impl<'c, 'd> NodeSeed<'c, 'd> {
    pub(crate) fn new(tally: &'c Tally<'d>) -> Self {
        Self { depth: 0, tally }
    }

    fn deeper<E: Error>(self) -> Result<Self, E> {
        if self.depth == MAX_DEPTH {
            return Err(self.give_up(Bound::Depth));
        }
        Ok(Self { depth: self.depth + 1, ..self })
    }

    fn count<E: Error>(self) -> Result<(), E> {
        let values = self.tally.values.get() + 1;
        self.tally.values.set(values);
        if values > MAX_VALUES { Err(self.give_up(Bound::Values)) } else { Ok(()) }
    }

    fn give_up<E: Error>(self, bound: Bound) -> E {
        self.tally.exceeded.set(Some(bound));
        E::custom("too much")
    }
}

impl<'d> DeserializeSeed<'d> for NodeSeed<'_, 'd> {
    type Value = Node<'d>;

    fn deserialize<D: Deserializer<'d>>(self, deserializer: D) -> Result<Node<'d>, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'d> Visitor<'d> for NodeSeed<'_, 'd> {
    type Value = Node<'d>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Node<'d>, E> {
        Ok(Node::Boolean(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Node<'d>, E> {
        Ok(Node::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Node<'d>, E> {
        Ok(Node::Number(value.into()))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Node<'d>, E> {
        Number::from_f64(value)
            .map(Node::Number)
            .ok_or_else(|| E::custom("a number that JSON cannot express; write it as text"))
    }

    fn visit_unit<E>(self) -> Result<Node<'d>, E> {
        Ok(Node::Null)
    }

    fn visit_none<E>(self) -> Result<Node<'d>, E> {
        Ok(Node::Null)
    }

    fn visit_some<D: Deserializer<'d>>(self, deserializer: D) -> Result<Node<'d>, D::Error> {
        self.deserialize(deserializer)
    }

    fn visit_str<E>(self, text: &str) -> Result<Node<'d>, E> {
        Ok(Node::Text(self.tally.arena.alloc_str(text)))
    }

    fn visit_borrowed_str<E>(self, text: &'d str) -> Result<Node<'d>, E> {
        Ok(Node::Text(text))
    }

    fn visit_seq<A: SeqAccess<'d>>(self, mut items: A) -> Result<Node<'d>, A::Error> {
        let seed = self.deeper()?;
        let first = self.tally.items.borrow().len();
        while let Some(item) = items.next_element_seed(seed)? {
            self.count()?;
            self.tally.items.borrow_mut().push(item);
        }
        let mut all = self.tally.items.borrow_mut();
        Ok(Node::List(self.tally.arena.alloc_slice_fill_iter(all.drain(first..))))
    }

    fn visit_map<A: MapAccess<'d>>(self, mut members: A) -> Result<Node<'d>, A::Error> {
        let seed = self.deeper()?;
        let first = self.tally.members.borrow().len();
        while let Some(key) = members.next_key_seed(KeySeed(self.tally.arena))? {
            self.count()?;
            let value = members.next_value_seed(seed)?;
            self.tally.members.borrow_mut().push((key, value));
        }
        let mut all = self.tally.members.borrow_mut();
        let object = self.tally.arena.alloc_slice_fill_iter(all.drain(first..));
        if repeats(object) {
            self.tally.repeats.set(true);
        }
        Ok(Node::Object(Object(object)))
    }
}

/// Returns whether a key stands twice among `members`.
fn repeats(members: &[Member<'_>]) -> bool {
    if members.len() <= 12 {
        return members
            .iter()
            .enumerate()
            .any(|(index, (key, _))| members[..index].iter().any(|(other, _)| other == key));
    }
    let mut keys: Vec<&str> = members.iter().map(|(key, _)| *key).collect();
    keys.sort_unstable();
    keys.windows(2).any(|pair| pair[0] == pair[1])
}

/// Reads a key. YAML has keys such as `200` and `true`, which are text in a definition.
struct KeySeed<'d>(&'d Bump);

impl<'d> DeserializeSeed<'d> for KeySeed<'d> {
    type Value = &'d str;

    fn deserialize<D: Deserializer<'d>>(self, deserializer: D) -> Result<&'d str, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'d> Visitor<'d> for KeySeed<'d> {
    type Value = &'d str;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_str<E>(self, text: &str) -> Result<&'d str, E> {
        Ok(self.0.alloc_str(text))
    }

    fn visit_borrowed_str<E>(self, text: &'d str) -> Result<&'d str, E> {
        Ok(text)
    }
}
