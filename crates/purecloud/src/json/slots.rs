//! Reading and viewing of the types that fields have.
//!
//! Of thousands of models and lists of them each has a copy of what is generic here, so that little is: the loops are
//! in the parser, behind trait objects.

use std::any::Any;
use std::borrow::Cow;
use std::collections::BTreeMap;

use super::interop::copy_fields;
use super::view::{Entries, Items, View};
use super::{Enumeration, Fault, Held, Object, Open, Parser, Value};

/// Makes a value a copy of another, unless that has another type: which fields of one model never do.
pub(super) fn assign<T: Clone + 'static>(value: &mut T, other: &dyn Any) {
    if let Some(other) = other.downcast_ref::<T>() {
        value.clone_from(other);
    }
}

macro_rules! scalar {
    ($type:ty, $read:expr, $view:expr) => {
        impl Value for $type {
            fn read(&mut self, parser: &mut Parser<'_>) -> Result<(), Fault> {
                *self = $read(parser)?;
                Ok(())
            }

            #[inline]
            fn view(&self) -> View<'_> {
                $view(self)
            }

            fn assign(&mut self, other: &dyn Any) {
                assign(self, other);
            }
        }
    };
}

scalar!(String, |parser: &mut Parser<'_>| parser.text_of_scalar().map(Cow::into_owned), View::Text);
scalar!(bool, Parser::boolean, |it: &Self| View::Boolean(*it));
scalar!(i32, Parser::small_integer, |it: &Self| View::Integer(i64::from(*it)));
scalar!(i64, Parser::integer, |it: &Self| View::Integer(*it));
scalar!(f64, Parser::number, |it: &Self| View::Number(*it));
scalar!(serde_json::Value, Parser::any, View::Any);
// An answer without content worth reading.
scalar!((), |parser: &mut Parser<'_>| parser.any().map(drop), |(): &Self| View::Null);

impl<T: Object> Value for T {
    fn read(&mut self, parser: &mut Parser<'_>) -> Result<(), Fault> {
        parser.object(self)
    }

    #[inline]
    fn view(&self) -> View<'_> {
        View::Object(self)
    }

    fn assign(&mut self, other: &dyn Any) {
        if let Some(other) = other.downcast_ref::<Self>() {
            copy_fields(other, self);
        }
    }
}

impl<T: Held> Value for Option<T> {
    fn read(&mut self, parser: &mut Parser<'_>) -> Result<(), Fault> {
        if parser.null()? {
            *self = None;
            return Ok(());
        }
        self.insert(T::default()).held_mut().read(parser)
    }

    #[inline]
    fn view(&self) -> View<'_> {
        match self {
            Some(value) => value.held().view(),
            None => View::Absent,
        }
    }

    fn assign(&mut self, other: &dyn Any) {
        *self = None;
        if let Some(Some(other)) = other.downcast_ref::<Self>() {
            self.insert(T::default()).held_mut().assign(other.held());
        }
    }
}

impl<T: Object + Default> Held for Box<T> {
    type Value = T;

    fn held(&self) -> &T {
        self
    }

    fn held_mut(&mut self) -> &mut T {
        self
    }
}

/// Values that are held as they are.
macro_rules! held {
    ($([$($bounds:tt)*] $type:ty),* $(,)?) => {$(
        impl<$($bounds)*> Held for $type {
            type Value = Self;

            fn held(&self) -> &Self {
                self
            }

            fn held_mut(&mut self) -> &mut Self {
                self
            }
        }
    )*};
}

held!(
    [] String,
    [] bool,
    [] i32,
    [] i64,
    [] f64,
    [] serde_json::Value,
    [T: Value + Default] Vec<T>,
    [T: Value + Default] BTreeMap<String, T>,
    [E: Enumeration] Open<E>,
);

fn copy_items(from: &dyn Items, to: &mut dyn Grow) {
    for index in 0..from.count() {
        to.grow("").assign(from.item(index));
    }
}

/// A list or a map that is being filled.
pub(super) trait Grow {
    /// Makes a place for the next value. A list does not use the name.
    fn grow(&mut self, name: &str) -> &mut dyn Value;

    /// Takes away what has just grown.
    fn shrink(&mut self, name: &str);
}

impl<T: Value + Default> Value for Vec<T> {
    fn read(&mut self, parser: &mut Parser<'_>) -> Result<(), Fault> {
        self.clear();
        parser.items(self)
    }

    #[inline]
    fn view(&self) -> View<'_> {
        View::List(self)
    }

    fn assign(&mut self, other: &dyn Any) {
        self.clear();
        if let Some(other) = other.downcast_ref::<Self>() {
            copy_items(other, self);
        }
    }
}

impl<T: Value + Default> Grow for Vec<T> {
    fn grow(&mut self, _: &str) -> &mut dyn Value {
        let index = self.len();
        self.push(T::default());
        &mut self[index]
    }

    fn shrink(&mut self, _: &str) {
        self.pop();
    }
}

impl<T: Value> Items for Vec<T> {
    fn count(&self) -> usize {
        self.len()
    }

    fn item(&self, index: usize) -> &dyn Value {
        &self[index]
    }
}

impl<T: Value + Default> Value for BTreeMap<String, T> {
    fn read(&mut self, parser: &mut Parser<'_>) -> Result<(), Fault> {
        self.clear();
        parser.entries(self)
    }

    #[inline]
    fn view(&self) -> View<'_> {
        View::Map(self)
    }

    fn assign(&mut self, other: &dyn Any) {
        self.clear();
        for (name, value) in other.downcast_ref::<Self>().into_iter().flatten() {
            self.grow(name).assign(value);
        }
    }
}

impl<T: Value + Default> Grow for BTreeMap<String, T> {
    fn grow(&mut self, name: &str) -> &mut dyn Value {
        let place = self.entry(name.to_owned()).or_default();
        // A name that occurs twice has its last value, and nothing of the one before.
        *place = T::default();
        place
    }

    fn shrink(&mut self, name: &str) {
        self.remove(name);
    }
}

impl<T: Value> Entries for BTreeMap<String, T> {
    fn count(&self) -> usize {
        self.len()
    }

    fn each<'a>(&'a self, each: &mut dyn FnMut(&'a str, View<'a>)) {
        for (name, value) in self {
            each(name, value.view());
        }
    }
}
