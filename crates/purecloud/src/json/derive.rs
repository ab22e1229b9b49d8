//! Traits that every generated model implements in the same words. No procedural macro, and one call for all models:
//! resolving a call for each would take longer than expanding them.

/// The traits of models, by way of their [`Object`](super::Object).
macro_rules! models {
    ($($name:ident)*) => {$(
        impl Clone for $name {
            fn clone(&self) -> Self {
                $crate::json::copy(self)
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                $crate::json::debug(self, f)
            }
        }

        impl PartialEq for $name {
            fn eq(&self, other: &Self) -> bool {
                $crate::json::same(self, other)
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                $crate::json::serialize(self, serializer)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                $crate::json::deserialize(deserializer)
            }
        }
    )*};
}

/// From what is read under an address to what is written there.
macro_rules! conversions {
    ($($from:ident => $to:ident;)*) => {$(
        /// With the fields that both have. What the platform adds by itself has no place here.
        impl From<$from> for $to {
            fn from(from: $from) -> Self {
                $crate::json::convert(&from)
            }
        }

        /// With the fields that both have. What the platform adds by itself has no place here.
        impl From<&$from> for $to {
            fn from(from: &$from) -> Self {
                $crate::json::convert(from)
            }
        }
    )*};
}

/// The traits of lists of values, by way of their [`Enumeration`](super::Enumeration).
macro_rules! enumerations {
    ($($name:ident)*) => {$(
        impl Copy for $name {}

        #[allow(clippy::expl_impl_clone_on_copy, reason = "a derive takes longer to check")]
        impl Clone for $name {
            fn clone(&self) -> Self {
                *self
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                std::fmt::Debug::fmt($crate::json::Enumeration::as_str(*self), f)
            }
        }

        impl Eq for $name {}

        impl PartialEq for $name {
            fn eq(&self, other: &Self) -> bool {
                *self as usize == *other as usize
            }
        }

        impl std::hash::Hash for $name {
            fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
                (*self as usize).hash(state);
            }
        }
    )*};
}

pub(crate) use {conversions, enumerations, models};
