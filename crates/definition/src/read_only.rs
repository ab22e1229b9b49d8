//! Properties that a request leaves out because only the platform sets them.
//!
//! The rule has four parts, and `vectors/read-only.json` has cases of each for every runtime:
//!
//! - At the top of a body a read-only property is left out, `version` excepted: the platform compares it with what is
//!   stored, and refuses a change of what somebody else has changed.
//! - In a model within the body a read-only property is left out, `id` excepted: that is how one entity refers to
//!   another.
//! - Lists and maps follow their items: the items of a body that is a list are at the top.
//! - What is required is sent.

use crate::model::{Platform, Property, Type};

/// The depth of a model in the body of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// The body, or an item of a body that is a list or a map.
    Top,
    /// In a property of another model.
    Within,
}

impl Property {
    /// Returns whether a request carries the property in a model that stands there.
    pub fn is_sent(&self, depth: Depth) -> bool {
        let excepted = match depth {
            Depth::Top => "version",
            Depth::Within => "id",
        };
        !self.read_only || self.required || self.wire_name == excepted
    }
}

impl Platform {
    /// For each model whether a request leaves something out of it or of what is in it, when it stands there.
    pub fn trimmed(&self, depth: Depth) -> Vec<bool> {
        let own = |depth: Depth| -> Vec<bool> {
            let models = self.models.iter();
            models.map(|model| model.properties.iter().any(|property| !property.is_sent(depth))).collect()
        };
        let mut within = own(Depth::Within);
        // Models refer to each other in circles, so this goes on until nothing changes; chains are short.
        loop {
            let before = within.clone();
            for (index, model) in self.models.iter().enumerate() {
                within[index] |= model.properties.iter().any(|property| has(&property.kind, &before))
                    || model.additional.as_ref().is_some_and(|kind| has(kind, &before));
            }
            if within == before {
                break;
            }
        }
        match depth {
            Depth::Within => within,
            Depth::Top => {
                let mut top = own(Depth::Top);
                for (index, model) in self.models.iter().enumerate() {
                    top[index] |= model.properties.iter().any(|property| has(&property.kind, &within))
                        || model.additional.as_ref().is_some_and(|kind| has(kind, &within));
                }
                top
            }
        }
    }
}

/// Returns whether a value of this type has one of the `marked` models in it.
fn has(kind: &Type, marked: &[bool]) -> bool {
    match kind {
        Type::Model(id) => marked[id.0 as usize],
        Type::List(inner) | Type::Map(inner) => has(inner, marked),
        Type::OneOf(kinds) => kinds.iter().any(|kind| has(kind, marked)),
        _ => false,
    }
}
