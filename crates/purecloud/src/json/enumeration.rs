//! Lists of values that grow without notice.

use std::any::Any;
use std::borrow::Cow;
use std::fmt;

use super::slots::assign;
use super::view::View;
use super::{Fault, Parser, Value};

/// A list of values that the definition has.
pub trait Enumeration: Copy + 'static {
    /// Every value as it stands in JSON, in the order of [`Self::ALL`].
    const TEXTS: &'static [&'static str];

    /// Every value.
    const ALL: &'static [Self];

    /// The position of the value in both.
    fn position(self) -> usize;

    /// As it stands in JSON.
    fn as_str(self) -> &'static str {
        Self::TEXTS[self.position()]
    }
}

/// A value of a list, or a text that the list does not have: the platform's lists grow without notice.
///
/// It is made from either (`UserState::Active.into()`, `"active".into()`), compared with either, and
/// [`known`](Self::known) gives the value for a `match`. A text of the list is always its value, never
/// [`Self::Other`].
#[derive(Clone)]
pub enum Open<E> {
    /// A value of the list.
    Known(E),
    /// A text that the list does not have, kept as it came.
    Other(String),
}

impl<E: Enumeration> Open<E> {
    /// The value, if the list has it.
    pub fn known(&self) -> Option<E> {
        match self {
            Self::Known(value) => Some(*value),
            Self::Other(_) => None,
        }
    }

    /// As it stands in JSON.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Known(value) => value.as_str(),
            Self::Other(text) => text,
        }
    }

    fn read_from(text: Cow<'_, str>) -> Self {
        match find(E::TEXTS, &text) {
            Some(position) => Self::Known(E::ALL[position]),
            None => Self::Other(text.into_owned()),
        }
    }
}

/// On its own, since there are as many copies of what is generic here as there are lists.
fn find(texts: &[&str], text: &str) -> Option<usize> {
    texts.iter().position(|known| *known == text)
}

impl<E> Default for Open<E> {
    /// The empty text.
    fn default() -> Self {
        Self::Other(String::new())
    }
}

impl<E: Enumeration> From<E> for Open<E> {
    fn from(value: E) -> Self {
        Self::Known(value)
    }
}

impl<E: Enumeration> From<&str> for Open<E> {
    fn from(text: &str) -> Self {
        Self::read_from(Cow::Borrowed(text))
    }
}

impl<E: Enumeration> From<String> for Open<E> {
    fn from(text: String) -> Self {
        Self::read_from(Cow::Owned(text))
    }
}

impl<E: Enumeration> PartialEq for Open<E> {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl<E: Enumeration> Eq for Open<E> {}

impl<E: Enumeration> PartialEq<E> for Open<E> {
    fn eq(&self, other: &E) -> bool {
        self.as_str() == other.as_str()
    }
}

impl<E: Enumeration> PartialEq<str> for Open<E> {
    fn eq(&self, other: &str) -> bool {
        self.as_str() == other
    }
}

impl<E: Enumeration> std::hash::Hash for Open<E> {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.as_str().hash(state);
    }
}

impl<E: Enumeration> fmt::Debug for Open<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

impl<E: Enumeration> fmt::Display for Open<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl<E: Enumeration> serde::Serialize for Open<E> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de, E: Enumeration> serde::Deserialize<'de> for Open<E> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::from)
    }
}

impl<E: Enumeration> Value for Open<E> {
    fn read(&mut self, parser: &mut Parser<'_>) -> Result<(), Fault> {
        *self = Self::read_from(parser.text_of_scalar()?);
        Ok(())
    }

    fn view(&self) -> View<'_> {
        View::Text(self.as_str())
    }

    fn assign(&mut self, other: &dyn Any) {
        assign(self, other);
    }
}
