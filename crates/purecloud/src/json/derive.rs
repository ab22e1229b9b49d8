//! What every generated type implements in the same words. No procedural macro: of the time that checking the models
//! takes, expanding these is a small part.

/// The traits of a model, by way of its [`Object`](super::Object).
macro_rules! model {
    ($name:ident) => {
        impl $crate::json::Value for $name {
            fn read(&mut self, parser: &mut $crate::json::Parser<'_>) -> Result<(), $crate::json::Fault> {
                parser.object(self)
            }

            fn view(&self) -> $crate::json::View<'_> {
                $crate::json::View::Object(self)
            }

            fn assign(&mut self, other: &dyn std::any::Any) {
                if let Some(other) = other.downcast_ref::<Self>() {
                    self.clone_from(other);
                }
            }
        }

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
    };
}

pub(crate) use model;
