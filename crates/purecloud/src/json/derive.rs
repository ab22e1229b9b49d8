//! What every generated model implements in the same words. No procedural macro, and one call for all models: resolving
//! a call for each would take longer than expanding them.

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

pub(crate) use models;
