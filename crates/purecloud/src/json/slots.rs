//! Reading and viewing of the types that fields have.

use std::any::Any;
use std::borrow::Cow;
use std::collections::BTreeMap;

use super::view::{Entries, Items, View};
use super::{Fault, Parser, Value};

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

scalar!(String, |parser: &mut Parser<'_>| parser.text().map(Cow::into_owned), View::Text);
scalar!(bool, Parser::boolean, |it: &Self| View::Boolean(*it));
scalar!(i64, Parser::integer, |it: &Self| View::Integer(*it));
scalar!(f64, Parser::number, |it: &Self| View::Number(*it));
scalar!(serde_json::Value, Parser::any, View::Any);
// An answer without content worth reading.
scalar!((), |parser: &mut Parser<'_>| parser.any().map(drop), |(): &Self| View::Null);

impl<T: Value + Default + Clone> Value for Option<T> {
    fn read(&mut self, parser: &mut Parser<'_>) -> Result<(), Fault> {
        if parser.null()? {
            *self = None;
            return Ok(());
        }
        self.insert(T::default()).read(parser)
    }

    #[inline]
    fn view(&self) -> View<'_> {
        self.as_ref().map_or(View::Absent, T::view)
    }

    fn assign(&mut self, other: &dyn Any) {
        assign(self, other);
    }
}

impl<T: Value + Default + Clone> Value for Box<T> {
    fn read(&mut self, parser: &mut Parser<'_>) -> Result<(), Fault> {
        (**self).read(parser)
    }

    #[inline]
    fn view(&self) -> View<'_> {
        (**self).view()
    }

    fn assign(&mut self, other: &dyn Any) {
        assign(self, other);
    }
}

impl<T: Value + Default + Clone> Value for Vec<T> {
    fn read(&mut self, parser: &mut Parser<'_>) -> Result<(), Fault> {
        self.clear();
        parser.list(|parser| self.push_mut(T::default()).read(parser))
    }

    #[inline]
    fn view(&self) -> View<'_> {
        View::List(self)
    }

    fn assign(&mut self, other: &dyn Any) {
        assign(self, other);
    }
}

impl<T: Value> Items for Vec<T> {
    fn count(&self) -> usize {
        self.len()
    }

    fn at(&self, index: usize) -> View<'_> {
        self[index].view()
    }
}

impl<T: Value + Default + Clone> Value for BTreeMap<String, T> {
    fn read(&mut self, parser: &mut Parser<'_>) -> Result<(), Fault> {
        self.clear();
        parser.map(|parser, name| {
            let mut value = T::default();
            value.read(parser)?;
            self.insert(name.to_owned(), value);
            Ok(())
        })
    }

    #[inline]
    fn view(&self) -> View<'_> {
        View::Map(self)
    }

    fn assign(&mut self, other: &dyn Any) {
        assign(self, other);
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
