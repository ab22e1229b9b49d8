//! The arguments of one call, in the types that its methods take.

use std::borrow::Cow;

use purecloud::Argument;
use purecloud::json;
use purecloud_definition::Platform;
use purecloud_definition::model::{Operation, Place, Type};
use serde_json::Value;

use crate::expect::{Awkward, add_unknown};
use crate::sample;

/// Parameters that say where a listing goes on.
const PLACES: &[&str] = &["after", "before", "cursor", "nextPage", "previousPage"];

/// One value for each parameter of an operation.
pub(crate) struct Given(pub(crate) Vec<Value>);

impl Given {
    /// Values that fit the definition; awkward ones are texts that only escaping keeps in their place.
    pub(crate) fn new(platform: &Platform, operation: &Operation, awkward: Awkward) -> Self {
        let values = operation.parameters.iter().map(|parameter| {
            let mut value = sample::value(platform, &parameter.kind, &parameter.bounds);
            match (&parameter.place, &parameter.kind) {
                (Place::Body { .. }, Type::Model(_)) => drop(add_unknown(&mut value)),
                (Place::Path | Place::Query { .. }, Type::Text(_)) if awkward == Awkward::Yes => {
                    value = Value::from("a/b c?d=é&e#f%2F+\"'*{}");
                }
                // A place in a listing is one that the platform has named. None is not sent, as no list is.
                (Place::Query { .. }, Type::Text(_)) if PLACES.contains(&parameter.wire_name.as_str()) => {
                    value = Value::from(Vec::<Value>::new());
                }
                // Some numbers are texts in the definition.
                (Place::Query { .. }, Type::Text(_))
                    if ["pageNumber", "pageSize"].contains(&parameter.wire_name.as_str()) =>
                {
                    value = Value::from("25");
                }
                // Which values there are is for the platform to say; a user has these, and so have many others.
                (Place::Query { .. }, Type::List(item))
                    if parameter.wire_name == "expand" && matches!(**item, Type::Text(_)) =>
                {
                    value = Value::from(vec!["groups", "skills"]);
                }
                // The SDK follows no redirect; the platform gives the address in its answer instead.
                (Place::Query { .. }, Type::Boolean) if parameter.wire_name == "issueRedirect" => {
                    value = Value::from(false);
                }
                // An empty list is not sent, and tells nothing.
                (Place::Query { .. }, Type::List(item)) => {
                    let item = sample::value(platform, item, &purecloud_definition::model::Bounds::default());
                    value = Value::from(vec![item]);
                }
                _ => {}
            }
            value
        });
        Self(values.collect())
    }

    pub(crate) fn argument(&self, index: usize) -> Argument {
        match &self.0[index] {
            Value::Array(items) => Argument::Many(items.iter().map(|item| Cow::Owned(plain(item))).collect()),
            other => Argument::from(plain(other)),
        }
    }

    pub(crate) fn text(&self, index: usize) -> String {
        plain(&self.0[index])
    }

    pub(crate) fn scalar<T: json::Value + Default>(&self, index: usize) -> T {
        self.model(index)
    }

    pub(crate) fn model<T: json::Value + Default>(&self, index: usize) -> T {
        json::from_slice(self.0[index].to_string().as_bytes()).unwrap()
    }

    pub(crate) fn list<T: json::Value + Default + Clone>(&self, index: usize) -> Vec<T> {
        self.model(index)
    }
}

/// A value as it stands in a path, a query or a header.
pub(crate) fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
