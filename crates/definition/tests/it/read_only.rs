//! What requests leave out: the rule against the cases that every runtime runs.

use purecloud_definition::model::{Place, Platform, Type};
use purecloud_definition::{Depth, Source, load};
use serde_json::Value;

use crate::bundled::PLATFORM;

/// The cases of the topic.
fn cases() -> Vec<Value> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../vectors/read-only.json");
    let mut file: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    serde_json::from_value(file["cases"].take()).unwrap()
}

/// A value as the rule lets a request have it.
fn sent(platform: &Platform, kind: &Type, value: &Value, depth: Depth) -> Value {
    match (kind, value) {
        (Type::Model(id), Value::Object(members)) => {
            let properties = &platform.model(*id).properties;
            let sent = members.iter().filter_map(|(name, value)| {
                let property = properties.iter().find(|property| property.wire_name == *name).unwrap();
                let sent = || sent(platform, &property.kind, value, Depth::Within);
                property.is_sent(depth).then(|| (name.clone(), sent()))
            });
            Value::Object(sent.collect())
        }
        (Type::List(kind), Value::Array(items)) => {
            items.iter().map(|item| sent(platform, kind, item, depth)).collect()
        }
        (Type::Map(kind), Value::Object(members)) => {
            let sent = members.iter().map(|(name, value)| (name.clone(), sent(platform, kind, value, depth)));
            Value::Object(sent.collect())
        }
        _ => value.clone(),
    }
}

#[test]
fn a_request_has_what_callers_may_set() {
    let platform = &*PLATFORM;
    let trimmed = platform.trimmed(Depth::Top);
    for case in cases() {
        let name = case["given"]["operation"].as_str().unwrap();
        let operation = platform.operations.iter().find(|operation| operation.name == name).unwrap();
        let body = operation.parameters.iter().find(|one| matches!(one.place, Place::Body { .. })).unwrap();
        let given = &case["given"]["body"];
        let sent = sent(platform, &body.kind, given, Depth::Top);
        assert_eq!(sent, case["expect"]["body"], "{}", case["name"]);
        let model = match &body.kind {
            Type::List(item) => item,
            kind => kind,
        };
        let Type::Model(id) = model else { panic!("not a model: {model:?}") };
        assert!(sent == *given || trimmed[id.0 as usize], "{}", case["name"]);
    }
}

#[test]
fn models_of_which_nothing_is_left_out_are_told_from_the_others_across_circles() {
    let text = r##"{"swagger": "2.0", "info": {"title": "A", "version": "1"}, "paths": {}, "definitions": {
        "Plain": {"type": "object", "properties": {"self": {"$ref": "#/definitions/Plain"}, "name": {"type": "string"}}},
        "Version": {"type": "object", "properties": {"version": {"type": "integer", "readOnly": true}}},
        "Id": {"type": "object", "properties": {"id": {"type": "string", "readOnly": true}}},
        "First": {"type": "object", "properties": {"second": {"$ref": "#/definitions/Second"}}},
        "Second": {"type": "object", "properties": {
            "first": {"$ref": "#/definitions/First"},
            "list": {"type": "array", "items": {"type": "object", "additionalProperties": {"$ref": "#/definitions/Version"}}}}},
        "Required": {"type": "object", "required": ["state"], "properties": {
            "id": {"$ref": "#/definitions/Id"}, "state": {"type": "string", "readOnly": true}}}}}"##;
    let platform = load(&Source::bytes("circles.json", text).unwrap()).unwrap().platform;
    let named = |depth: Depth| -> Vec<&str> {
        let models = platform.models.iter().zip(platform.trimmed(depth));
        models.filter(|(_, trimmed)| *trimmed).map(|(model, _)| model.name.as_str()).collect()
    };
    assert_eq!(named(Depth::Top), ["First", "Id", "Second"]);
    assert_eq!(named(Depth::Within), ["First", "Second", "Version"]);
}
