//! Whatever the text, the result is a platform with safe names or an error, and soon.

use std::collections::HashSet;
use std::fmt::Write;

use proptest::prelude::*;
use purecloud_definition::model::Platform;
use purecloud_definition::names::{self, rust};
use purecloud_definition::{DefinitionError, Source, load};
use serde_json::{Value, json};

fn read(text: impl Into<Vec<u8>>) -> Result<Platform, DefinitionError> {
    Source::bytes("hostile", text).and_then(|source| load(&source)).map(|loaded| loaded.platform)
}

#[track_caller]
fn refused(text: impl Into<Vec<u8>>, message: &str) {
    let error = read(text).unwrap_err().to_string();
    let first = error.lines().next().unwrap();
    assert!(first.contains(message), "{first}");
}

#[test]
fn a_nesting_of_ten_thousand_levels_is_refused_with_its_place() {
    let levels = 10_000;
    let message = "nested more than 100 levels deep";
    refused(format!("{}{}", "[".repeat(levels), "]".repeat(levels)), message);
    refused(format!("{}1{}", "{\"a\":".repeat(levels), "}".repeat(levels)), message);
    refused(format!("a: {}{}", "[".repeat(levels), "]".repeat(levels)), "hostile:1:");
    let mut block = String::new();
    for level in 0..levels {
        writeln!(block, "{}a:", " ".repeat(level)).unwrap();
    }
    refused(block, message);
    refused(format!("{}{}", "- ".repeat(levels), "a"), message);
}

#[test]
fn a_hundred_megabytes_are_refused_unread() {
    refused(vec![b'x'; 100_000_000], "hostile is larger than 67108864 bytes");
}

#[test]
fn garbage_within_the_bounds_is_refused_where_it_begins() {
    refused(vec![0xff; 1000], "hostile:1:1: not UTF-8");
    refused(b"swagger: '2.0'\n\xc3\x28".to_vec(), "hostile:2:1: not UTF-8");
    refused("", "hostile is not a definition: it holds null");
    refused("\u{feff}\u{feff}", "hostile");
    refused("{", "hostile:1:1: EOF while parsing an object");
    refused("{} {}", "hostile:1:4: trailing characters");
    refused("a\n".repeat(1_000_000), "hostile");
    refused("{\"a\":1e999}", "hostile:1:");
    refused("a: .nan", "hostile:1:");
}

#[test]
fn millions_of_values_are_refused() {
    let list = format!("[{}1]", "1,".repeat(5_000_000));
    refused(list, "more than 4000000 values");
}

/// A document of Swagger 2.0 with these definitions.
fn definitions(definitions: &Value) -> String {
    json!({ "swagger": "2.0", "info": {}, "paths": {}, "definitions": definitions }).to_string()
}

#[test]
fn a_chain_of_ten_thousand_references_is_refused() {
    let mut chain = serde_json::Map::new();
    for index in 0..10_000 {
        let next = format!("#/definitions/D{}", index + 1);
        chain.insert(format!("D{index}"), json!({ "type": "array", "items": { "$ref": next } }));
    }
    chain.insert("D10000".to_owned(), json!({ "type": "string" }));
    refused(definitions(&Value::Object(chain)), "more than 100 schemas");
}

#[test]
fn the_deepest_schemas_behind_references_fit_the_stack() {
    // Each definition is as deep as a document may be and refers to the next one from its depth.
    let mut chain = serde_json::Map::new();
    for index in 0..60 {
        let mut inner = json!({ "$ref": format!("#/definitions/D{}", index + 1) });
        for _ in 0..40 {
            inner = json!({ "type": "object", "properties": { "p": inner } });
        }
        chain.insert(format!("D{index}"), json!({ "type": "array", "items": inner }));
    }
    chain.insert("D60".to_owned(), json!({ "type": "string" }));
    refused(definitions(&Value::Object(chain)), "more than 100 schemas");
}

#[test]
fn definitions_that_double_at_each_step_are_refused() {
    let mut bomb = serde_json::Map::new();
    for index in 0..30 {
        let next = json!({ "$ref": format!("#/components/schemas/D{}", index + 1) });
        bomb.insert(
            format!("D{index}"),
            json!({ "oneOf": [
                { "type": "array", "items": next },
                { "type": "object", "additionalProperties": next },
            ] }),
        );
    }
    bomb.insert("D30".to_owned(), json!({ "type": "string" }));
    let document = json!({ "openapi": "3.0.0", "info": {}, "paths": {}, "components": { "schemas": bomb } });
    refused(document.to_string(), "expands to more than 1000 types");
}

#[test]
fn alternatives_within_definitions_that_double_at_each_step_are_refused() {
    let mut bomb = serde_json::Map::new();
    for index in 0..30 {
        let next = json!({ "$ref": format!("#/components/schemas/D{}/properties/p", index + 1) });
        let list = json!({ "type": "array", "items": next });
        let map = json!({ "type": "object", "additionalProperties": next });
        bomb.insert(format!("D{index}"), json!({ "properties": { "p": { "oneOf": [list, map] } } }));
    }
    bomb.insert("D30".to_owned(), json!({ "properties": { "p": { "type": "string" } } }));
    let document = json!({ "openapi": "3.0.0", "info": {}, "paths": {}, "components": { "schemas": bomb } });
    refused(document.to_string(), "becomes too large");
}

#[test]
fn parts_that_are_copied_without_end_are_refused() {
    let description = "long ".repeat(200_000);
    let mut paths = serde_json::Map::new();
    for index in 0..3_000 {
        paths.insert(
            format!("/p{index}"),
            json!({ "get": { "parameters": [{ "$ref": "#/parameters/p" }], "responses": {} } }),
        );
    }
    let document = json!({
        "swagger": "2.0", "info": {}, "paths": paths,
        "parameters": { "p": { "name": "p", "in": "query", "type": "string", "description": description } },
    });
    refused(document.to_string(), "becomes too large");
}

#[test]
fn what_would_take_the_square_of_the_time_is_refused() {
    let operation = |text: String| format!("{{\"swagger\":\"2.0\",\"paths\":{{\"/a\":{{\"get\":{text}}}}}}}");
    let parameter = "{\"name\":\"a\",\"in\":\"query\",\"type\":\"string\"},";
    let parameters = parameter.repeat(200_000);
    let list = parameters.trim_end_matches(',');
    refused(
        operation(format!("{{\"parameters\":[{list}],\"responses\":{{}}}}")),
        "more than 1000 parameters",
    );
    let tags = "\"t\",".repeat(200_000);
    let list = tags.trim_end_matches(',');
    refused(operation(format!("{{\"tags\":[{list}],\"responses\":{{}}}}")), "more than 100 tags");
    let path = "/{a}".repeat(500_000);
    refused(
        format!("{{\"swagger\":\"2.0\",\"paths\":{{\"{path}\":{{}}}}}}"),
        "a path of more than 2000 bytes",
    );
}

#[test]
fn a_hundred_thousand_wishes_for_one_name_are_all_granted() {
    // Numbers in letters of which no name keeps any.
    let foreign = |number: u32| -> String {
        number.to_string().chars().filter_map(|digit| char::from_u32(0x2700 + digit as u32)).collect()
    };
    let models: serde_json::Map<String, Value> =
        (0..100_000).map(|number| (foreign(number), json!({ "type": "object" }))).collect();
    let platform = read(definitions(&Value::Object(models))).unwrap();
    assert_eq!(platform.models.len(), 100_000);
    let names: HashSet<_> = platform.models.iter().map(|model| &model.name).collect();
    assert_eq!(names.len(), 100_000);
}

#[test]
fn a_path_item_that_thousands_share_is_not_copied_without_end() {
    let description = "long ".repeat(100_000);
    let mut paths = serde_json::Map::new();
    paths.insert("/shared".to_owned(), json!({ "get": { "description": description, "responses": {} } }));
    for index in 0..1_000 {
        paths.insert(format!("/p{index}"), json!({ "$ref": "#/paths/~1shared" }));
    }
    refused(json!({ "swagger": "2.0", "info": {}, "paths": paths }).to_string(), "becomes too large");
}

#[test]
fn a_long_key_above_many_types_is_not_copied_without_end() {
    let properties: serde_json::Map<String, Value> =
        (0..5_000).map(|index| (format!("p{index}"), json!({ "type": "string", "enum": ["a"] }))).collect();
    let long = "x".repeat(10_000_000);
    let definition = json!({ "type": "object", "properties": properties });
    let platform = read(definitions(&json!({ long: definition }))).unwrap();
    assert!(platform.enumerations.iter().all(|one| one.origin.0.len() < 3_000 && one.name.len() < 500));
}

#[test]
fn thousands_of_problems_are_counted_and_the_first_hundreds_shown() {
    let mut paths = String::new();
    for index in 0..5_000 {
        write!(paths, "\"p{index}\": {{}},").unwrap();
    }
    let error = read(format!("{{\"swagger\":\"2.0\",\"paths\":{{{paths}\"x-\":1}}}}")).unwrap_err();
    let DefinitionError::Faulty(faults) = &error else { panic!("{error}") };
    assert_eq!((faults.problems.len(), faults.omitted), (500, 4_500));
    assert!(error.to_string().ends_with("\n… and 4500 more"));
}

#[test]
fn messages_hold_no_control_characters_of_the_definition() {
    let error =
        read("{\"swagger\":\"2.0\",\"\\u001b[31m\\u202e\":1,\"paths\":{\"\\u2028\":{}}}").unwrap_err();
    let text = error.to_string();
    assert!(!text.contains(['\u{1b}', '\u{202e}', '\u{2028}']), "{text:?}");
}

/// Whether `name` is an identifier in each of our languages.
fn is_safe(name: &str) -> bool {
    let mut characters = name.chars();
    characters.next().is_some_and(|first| first.is_ascii_alphabetic() || first == '_')
        && characters.all(|character| character.is_ascii_alphanumeric() || character == '_')
}

/// Every name of `platform` is safe, and unique in its scope when case is ignored.
#[track_caller]
fn assert_named(platform: &Platform) {
    #[track_caller]
    fn unique<'n>(names: impl Iterator<Item = &'n str>) {
        let mut seen = HashSet::new();
        for name in names {
            assert!(is_safe(name), "{name:?}");
            assert!(seen.insert(name.to_ascii_lowercase()), "{name:?} twice");
        }
    }
    unique(platform.operations.iter().map(|operation| operation.name.as_str()));
    unique(platform.apis.iter().map(|api| api.name.as_str()));
    let models = platform.models.iter().map(|model| model.name.as_str());
    unique(models.chain(platform.enumerations.iter().map(|enumeration| enumeration.name.as_str())));
    for operation in &platform.operations {
        unique(operation.parameters.iter().map(|parameter| parameter.name.as_str()));
        for legacy in &operation.legacy {
            assert!(is_safe(&legacy.name), "{:?}", legacy.name);
        }
    }
}

/// Texts that have hurt someone before, and any others.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(String::new()),
        Just("constructor".to_owned()),
        Just("__proto__".to_owned()),
        Just("delete".to_owned()),
        Just("then".to_owned()),
        Just("*/".to_owned()),
        Just("</script>".to_owned()),
        Just("${x}`\"'\\".to_owned()),
        Just("\u{2028}\u{2029}\u{202e}\u{0}\n".to_owned()),
        "[a-zA-Z_$]{1,3}",
        "[aA][bB]{0,1}",
        any::<String>(),
    ]
}

/// A word that means something in a definition, or any text.
fn key() -> impl Strategy<Value = String> {
    let known = prop::sample::select(vec![
        "swagger",
        "openapi",
        "info",
        "paths",
        "/a/{b}",
        "get",
        "post",
        "parameters",
        "responses",
        "200",
        "default",
        "schema",
        "$ref",
        "type",
        "items",
        "properties",
        "required",
        "additionalProperties",
        "enum",
        "allOf",
        "oneOf",
        "anyOf",
        "definitions",
        "components",
        "schemas",
        "name",
        "in",
        "tags",
        "operationId",
        "content",
        "application/json",
        "requestBody",
        "servers",
        "url",
        "security",
        "nullable",
        "format",
        "minimum",
        "maxLength",
        "A",
        "B",
        "collectionFormat",
        "basePath",
        "x-inin-requires-permissions",
        "permissions",
    ]);
    prop_oneof![8 => known.prop_map(str::to_owned), 1 => text()]
}

fn scalar() -> impl Strategy<Value = Value> {
    let known = prop::sample::select(vec![
        "2.0",
        "3.0.0",
        "3.1.0",
        "string",
        "object",
        "array",
        "integer",
        "body",
        "query",
        "path",
        "formData",
        "#/definitions/A",
        "#/definitions/B",
        "#/components/schemas/A",
        "#/paths/~1a~1{b}/get",
        "#",
        "#/",
        "multi",
        "date",
    ]);
    prop_oneof![
        6 => known.prop_map(|text| Value::String(text.to_owned())),
        1 => text().prop_map(Value::String),
        1 => any::<bool>().prop_map(Value::Bool),
        1 => any::<i64>().prop_map(Value::from),
        1 => any::<f64>().prop_map(Value::from),
        1 => Just(Value::Null),
    ]
}

fn tree() -> impl Strategy<Value = Value> {
    scalar().prop_recursive(6, 64, 8, |inner| {
        prop_oneof![
            1 => prop::collection::vec(inner.clone(), 0..5).prop_map(Value::Array),
            4 => prop::collection::vec((key(), inner), 0..8)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

/// A document that is right at the top and anything below.
fn document() -> impl Strategy<Value = Value> {
    (prop::bool::ANY, tree(), tree(), tree(), tree(), tree()).prop_map(|(old, a, b, c, d, e)| {
        let schemas = json!({ "A": a, "B": b });
        let operation = json!({ "parameters": c, "requestBody": d, "responses": { "200": e } });
        let paths = json!({ "/a/{b}": { "get": operation } });
        if old {
            json!({ "swagger": "2.0", "info": {}, "paths": paths, "definitions": schemas })
        } else {
            json!({ "openapi": "3.1.0", "info": {}, "paths": paths, "components": { "schemas": schemas } })
        }
    })
}

/// Definitions that show every feature there is.
const FIXTURES: &[&str] = &[
    include_str!("../../fixtures/parameters.yaml"),
    include_str!("../../fixtures/inline.yaml"),
    include_str!("../../fixtures/all-of.yaml"),
    include_str!("../../fixtures/alternatives.yaml"),
    include_str!("../../fixtures/types-3.1.yaml"),
    include_str!("../../fixtures/request-bodies.yaml"),
    include_str!("../../fixtures/aliases.yaml"),
    include_str!("../../fixtures/servers.yaml"),
    include_str!("../../fixtures/keywords-as-names.json"),
    include_str!("../../fixtures/obstacle-course.json"),
];

/// Some bytes that give way to others.
#[derive(Debug, Clone)]
struct Edit {
    removed: usize,
    added: Vec<u8>,
}

fn edit() -> impl Strategy<Value = Edit> {
    let added = prop_oneof![
        2 => key().prop_map(String::into_bytes),
        1 => prop::collection::vec(any::<u8>(), 0..4),
        2 => prop::sample::select(vec!["{", "}", "[", "]", ":", ",", "\"", "\n", " ", "*a", "&a ", "- "])
            .prop_map(|text| text.as_bytes().to_vec()),
        1 => Just(Vec::new()),
    ];
    (0..12_usize, added).prop_map(|(removed, added)| Edit { removed, added })
}

proptest! {
    // `PROPTEST_CASES=100000` looks for longer.
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_damaged_definition_is_read_or_refused(
        which in 0..FIXTURES.len(),
        edits in prop::collection::vec((any::<prop::sample::Index>(), edit()), 1..8),
    ) {
        let mut text = FIXTURES[which].as_bytes().to_vec();
        for (place, edit) in edits {
            let start = place.index(text.len());
            let end = (start + edit.removed).min(text.len());
            text.splice(start..end, edit.added);
        }
        if let Ok(platform) = read(text) {
            assert_named(&platform);
        }
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = read(bytes);
    }

    #[test]
    fn any_text_that_begins_like_a_definition_is_read_or_refused(rest in any::<String>()) {
        let _ = read(format!("swagger: '2.0'\npaths: {rest}"));
        let _ = read(format!("{{\"swagger\":\"2.0\",\"paths\":{rest}"));
    }

    #[test]
    fn any_tree_is_read_or_refused(tree in tree()) {
        if let Ok(platform) = read(tree.to_string()) {
            assert_named(&platform);
        }
    }

    #[test]
    fn any_document_is_read_or_refused(document in document()) {
        if let Ok(platform) = read(document.to_string()) {
            assert_named(&platform);
        }
    }

    #[test]
    fn any_names_come_out_safe_and_unique(
        ids in prop::collection::vec(text(), 6),
        tags in prop::collection::vec(text(), 6),
        parameters in prop::collection::hash_set(text(), 0..8),
        models in prop::collection::hash_set(text(), 0..8),
        values in prop::collection::hash_set(text(), 1..4),
    ) {
        let methods = ["get", "put", "post", "delete", "patch", "head"];
        let parameters: Vec<Value> = parameters
            .iter()
            .map(|name| json!({ "name": name, "in": "query", "type": "string", "enum": values }))
            .collect();
        let item: serde_json::Map<String, Value> = methods
            .iter()
            .zip(ids.iter().zip(&tags))
            .map(|(method, (id, tag))| {
                let operation = json!({ "operationId": id, "tags": [tag], "parameters": parameters, "responses": {} });
                ((*method).to_owned(), operation)
            })
            .collect();
        let definitions: serde_json::Map<String, Value> = models
            .iter()
            .map(|name| (name.clone(), json!({ "type": "object", "properties": { name: { "enum": values } } })))
            .collect();
        let document = json!({
            "swagger": "2.0", "info": {}, "paths": { "/api/v2/things": item }, "definitions": definitions,
        });
        assert_named(&read(document.to_string()).unwrap());
    }

    #[test]
    fn naming_rules_give_identifiers(text in text()) {
        for name in [
            names::argument(&text),
            names::legacy_argument(&text),
            names::class(&text),
            names::member(&text, || "fallback".to_owned()),
            rust::snake(&text),
            rust::camel(&text),
            rust::module(&text),
        ] {
            prop_assert!(is_safe(&name), "{text:?} became {name:?}");
        }
    }
}
