//! Fields for which `null` means something else than absence.

use std::any::Any;

use super::view::View;
use super::{Fault, Held, Parser, Value};

/// A field that the definition lets be `null`: left out, `null`, or a value.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Nullable<T> {
    /// The object does not have it.
    #[default]
    Absent,
    /// It is `null`.
    Null,
    /// It has a value.
    Value(T),
}

impl<T> Nullable<T> {
    /// The value, if there is one.
    pub const fn value(&self) -> Option<&T> {
        match self {
            Self::Value(value) => Some(value),
            Self::Absent | Self::Null => None,
        }
    }
}

impl<T> From<T> for Nullable<T> {
    fn from(value: T) -> Self {
        Self::Value(value)
    }
}

impl<T: Held> Value for Nullable<T> {
    fn read(&mut self, parser: &mut Parser<'_>) -> Result<(), Fault> {
        if parser.null()? {
            *self = Self::Null;
            return Ok(());
        }
        let mut value = T::default();
        value.held_mut().read(parser)?;
        *self = Self::Value(value);
        Ok(())
    }

    fn view(&self) -> View<'_> {
        match self {
            Self::Absent => View::Absent,
            Self::Null => View::Null,
            Self::Value(value) => value.held().view(),
        }
    }

    fn assign(&mut self, other: &dyn Any) {
        *self = match other.downcast_ref::<Self>() {
            Some(Self::Value(other)) => {
                let mut value = T::default();
                value.held_mut().assign(other.held());
                Self::Value(value)
            }
            Some(Self::Null) => Self::Null,
            Some(Self::Absent) | None => Self::Absent,
        };
    }
}
