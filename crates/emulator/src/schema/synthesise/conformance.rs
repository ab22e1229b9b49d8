//! What is made up validates against its model, as a JSON Schema validator that others wrote sees the definition.

use std::sync::LazyLock;

use jsonschema::Draft;
use proptest::prelude::*;
use purecloud_definition::bundled::MODERN;
use serde_json::json;

use super::*;

pub(crate) static PLATFORM: LazyLock<Platform> = LazyLock::new(crate::bundled);
static DEFINITION: LazyLock<Value> = LazyLock::new(|| serde_json::from_str(MODERN).unwrap());

/// Models of today's definition: retired ones are in no document that a validator could read.
static MODELS: LazyLock<Vec<ModelId>> = LazyLock::new(|| {
    let known = |id: &ModelId| !DEFINITION["definitions"][&PLATFORM.model(*id).wire_name].is_null();
    let count = u32::try_from(PLATFORM.models.len()).unwrap();
    (0..count).map(ModelId).filter(known).collect()
});

/// Adds a definition and all that it refers to.
fn collect(name: &str, into: &mut Map<String, Value>) {
    if into.contains_key(name) {
        return;
    }
    let schema = &DEFINITION["definitions"][name];
    into.insert(name.to_owned(), schema.clone());
    let mut waiting = vec![schema];
    while let Some(value) = waiting.pop() {
        match value {
            Value::Object(values) => {
                if let Some(name) = values.get("$ref").and_then(Value::as_str) {
                    collect(name.rsplit('/').next().unwrap_or_default(), into);
                }
                waiting.extend(values.values());
            }
            Value::Array(values) => waiting.extend(values),
            _ => {}
        }
    }
}

/// The model of this name.
pub(crate) fn named(name: &str) -> ModelId {
    *MODELS.iter().find(|id| PLATFORM.model(**id).wire_name == name).unwrap()
}

/// What is wrong with a value of a model.
pub(crate) fn problems(model: ModelId, value: &Value) -> Vec<String> {
    let name = &PLATFORM.model(model).wire_name;
    let mut definitions = Map::new();
    collect(name, &mut definitions);
    let schema =
        json!({ "allOf": [{ "$ref": format!("#/definitions/{name}") }], "definitions": definitions });
    // Swagger 2.0 took its schemas from this draft.
    let validator = jsonschema::options()
        .with_draft(Draft::Draft4)
        .should_validate_formats(true)
        // The platform's `uri` is also a path such as `/api/v2/users/me`, which RFC 3986 calls a reference.
        .with_format("uri", |text: &str| !text.is_empty() && !text.contains(char::is_whitespace))
        .build(&schema)
        .unwrap_or_else(|error| panic!("{name}: {error}"));
    validator
        .iter_errors(value)
        .map(|error| format!("{name} at {}: {error}", error.instance_path()))
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn whatever_is_made_up_validates_against_its_model(index in any::<prop::sample::Index>(), seed in any::<u64>()) {
        let model = *index.get(&MODELS);
        let made = value(&PLATFORM, &Type::Model(model), "", &Bounds::default(), rng(seed, model.0));
        prop_assert_eq!(problems(model, &made), Vec::<String>::new());
        let least = smallest(&PLATFORM, model, rng(seed, model.0));
        prop_assert_eq!(problems(model, &least), Vec::<String>::new());
    }
}

#[test]
fn the_validator_sees_what_is_wrong() {
    let user = named("User");
    assert!(!problems(user, &json!({ "name": 1 })).is_empty());
    assert!(!problems(user, &json!({ "manager": { "id": [] } })).is_empty());
}
