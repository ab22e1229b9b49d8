//! A value as another model has it.
//!
//! The platform shows one thing in many shapes: a conversation is a `Conversation`, a `CallConversation` and the body
//! of an event, whose words differ in case. Whoever answers makes one value with all that is known; what the wanted
//! model lacks, or has otherwise, is left out here. So an answer always fits its model.

use purecloud_definition::Platform;
use purecloud_definition::model::{Bounds, EnumerationId, ModelId, Type};
use serde::ser::SerializeMap as _;
use serde::{Serialize, Serializer};
use serde_json::{Map, Value};

use crate::schema::check;
use crate::schema::synthesise;

/// Models nest this deep at most; what is made here never does, and a circle of required models must end.
const DEEPEST: usize = 24;

/// What of `value` fits a type; nothing when the value is of another kind.
pub(crate) fn project(platform: &Platform, kind: &Type, value: &Value) -> Option<Value> {
    Projection { platform, depth: 0 }.value(kind, &Bounds::default(), value)
}

/// What of `value` fits a model. What the model requires besides is made up, the same for the same model.
pub(crate) fn into_model(platform: &Platform, model: ModelId, value: &Value) -> Value {
    project(platform, &Type::Model(model), value).unwrap_or_else(|| Value::Object(Map::new()))
}

/// A value whose one long list is made while it is written: as values in memory, it would be many times its text.
pub(crate) struct Streamed<'a, F> {
    platform: &'a Platform,
    kind: &'a Type,
    /// What there is beside the list.
    rest: Value,
    name: &'static str,
    items: F,
}

impl<'a, F, I> Streamed<'a, F>
where
    F: Fn(&'a Type) -> I,
    I: Iterator<Item: Serialize>,
{
    /// A value of this type. `items` makes the list of this name, given the type of its items; it is not asked where the
    /// type has no such list.
    pub(crate) fn new(
        platform: &'a Platform,
        kind: &'a Type,
        rest: Value,
        name: &'static str,
        items: F,
    ) -> Self {
        Self { platform, kind, rest, name, items }
    }
}

impl<'a, F, I> Serialize for Streamed<'a, F>
where
    F: Fn(&'a Type) -> I,
    I: Iterator<Item: Serialize>,
{
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        if let Some(Value::Object(rest)) = project(self.platform, self.kind, &self.rest) {
            for (name, value) in rest.iter().filter(|(name, _)| *name != self.name) {
                map.serialize_entry(name, value)?;
            }
        }
        let properties = match self.kind {
            Type::Model(id) => &self.platform.model(*id).properties[..],
            _ => &[],
        };
        let list = properties.iter().find(|property| property.wire_name == self.name);
        if let Some(Type::List(item)) = list.map(|property| &property.kind) {
            map.serialize_entry(self.name, &Items(|| (self.items)(item)))?;
        }
        map.end()
    }
}

/// A list that is made while it is written.
struct Items<F>(F);

impl<F: Fn() -> I, I: Iterator<Item: Serialize>> Serialize for Items<F> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq((self.0)())
    }
}

struct Projection<'a> {
    platform: &'a Platform,
    depth: usize,
}

impl Projection<'_> {
    fn value(&mut self, kind: &Type, bounds: &Bounds, value: &Value) -> Option<Value> {
        match (kind, value) {
            (_, Value::Null) => None,
            (Type::Enumeration(id), _) => self.member(*id, value),
            (Type::List(item), Value::Array(items)) => {
                let fitting = items.iter().filter_map(|value| self.value(item, &Bounds::default(), value));
                Some(fitting.collect())
            }
            (Type::Map(item), Value::Object(values)) => {
                let fitting = values.iter().filter_map(|(name, value)| {
                    Some((name.clone(), self.value(item, &Bounds::default(), value)?))
                });
                Some(Value::Object(fitting.collect()))
            }
            (Type::Model(id), Value::Object(values)) => self.model(*id, values),
            (Type::OneOf(kinds), _) => kinds.iter().find_map(|kind| self.value(kind, bounds, value)),
            _ => check::value(self.platform, kind, bounds, value).is_empty().then(|| value.clone()),
        }
    }

    fn model(&mut self, id: ModelId, values: &Map<String, Value>) -> Option<Value> {
        if self.depth >= DEEPEST {
            return None;
        }
        self.depth += 1;
        let mut fitted = Map::new();
        let mut required = None;
        for property in &self.platform.model(id).properties {
            let name = &property.wire_name;
            let own = values.get(name).and_then(|value| self.value(&property.kind, &property.bounds, value));
            let value = own.or_else(|| {
                property.required.then_some(())?;
                let made = required
                    .get_or_insert_with(|| synthesise::smallest(self.platform, id, synthesise::rng(1, id.0)));
                made.get(name).cloned()
            });
            if let Some(value) = value {
                fitted.insert(name.clone(), value);
            }
        }
        self.depth -= 1;
        Some(Value::Object(fitted))
    }

    /// The member of an enumeration that says the same, such as `CONNECTED` for `connected` and
    /// `TRANSFER_NOANSWER` for `transfer.noanswer`.
    fn member(&self, id: EnumerationId, value: &Value) -> Option<Value> {
        let members = &self.platform.enumeration(id).values;
        if members.contains(value) {
            return Some(value.clone());
        }
        let wanted = letters(value.as_str()?);
        members.iter().find(|member| member.as_str().is_some_and(|text| letters(text) == wanted)).cloned()
    }
}

fn letters(text: &str) -> String {
    text.chars().filter(char::is_ascii_alphanumeric).map(|letter| letter.to_ascii_lowercase()).collect()
}

#[cfg(test)]
mod tests {
    use purecloud_definition::model::{Enumeration, Method, Pointer, TextFormat};
    use serde_json::json;

    use super::*;
    use crate::fixture::{model, property, routes};

    fn calls() -> Platform {
        let mut platform = routes(&[(Method::Get, "/calls")]);
        platform.enumerations.push(Enumeration {
            name: "State".to_owned(),
            values: ["CONNECTED", "TRANSFER_NOANSWER"].map(Value::from).to_vec(),
            origin: Pointer("#".to_owned()),
        });
        platform.models.push(model(
            "Call",
            vec![
                property("id", Type::Text(TextFormat::Plain), true),
                property("state", Type::Enumeration(EnumerationId(0)), false),
                property("held", Type::Boolean, false),
                property("legs", Type::List(Box::new(Type::Model(ModelId(0)))), false),
            ],
        ));
        platform
    }

    #[track_caller]
    fn check(value: &Value, expect: &Value) {
        assert_eq!(into_model(&calls(), ModelId(0), value), *expect);
    }

    #[test]
    fn what_fits_is_kept_and_the_rest_is_left_out() {
        check(&json!({ "id": "1", "held": true, "color": "red" }), &json!({ "id": "1", "held": true }));
        check(&json!({ "id": "1", "held": "yes", "state": "unheard of" }), &json!({ "id": "1" }));
        check(
            &json!({ "id": "1", "legs": [{ "id": "2", "x": 1 }, 3] }),
            &json!({ "id": "1", "legs": [{ "id": "2" }] }),
        );
    }

    #[test]
    fn words_of_another_case_are_the_same_words() {
        check(&json!({ "id": "1", "state": "connected" }), &json!({ "id": "1", "state": "CONNECTED" }));
        check(
            &json!({ "id": "1", "state": "transfer.noanswer" }),
            &json!({ "id": "1", "state": "TRANSFER_NOANSWER" }),
        );
    }

    #[test]
    fn a_list_that_is_made_while_it_is_written_reads_as_one_that_was_there() {
        let platform = calls();
        let kind = Type::Model(ModelId(0));
        let legs = json!([{ "id": "2", "x": 1 }, { "id": "3", "held": true }]);
        let rest = json!({ "id": "1", "held": "yes", "legs": "none" });
        let streamed = Streamed::new(&platform, &kind, rest.clone(), "legs", |item| {
            legs.as_array().unwrap().iter().filter_map(|leg| project(&platform, item, leg))
        });
        let mut whole = rest;
        whole["legs"] = legs.clone();
        assert_eq!(serde_json::to_value(&streamed).unwrap(), into_model(&platform, ModelId(0), &whole));
        let none =
            Streamed::new(&platform, &kind, json!({ "id": "1" }), "arms", |_| [Value::Null].into_iter());
        assert_eq!(serde_json::to_value(&none).unwrap(), json!({ "id": "1" }), "the model has no such list");
    }

    #[test]
    fn what_is_required_is_there() {
        let mut platform = routes(&[(Method::Get, "/calls")]);
        platform.models.push(model("Call", vec![property("id", Type::Text(TextFormat::Plain), true)]));
        assert!(into_model(&platform, ModelId(0), &json!({}))["id"].is_string());
    }
}
