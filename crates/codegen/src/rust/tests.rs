use purecloud_definition::Platform;
use purecloud_definition::model::ApiId;

use super::*;

fn every_api(platform: &Platform) -> Vec<ApiId> {
    features(platform).into_iter().map(|feature| feature.api).collect()
}

/// Everything there is of a platform.
fn everything(platform: &Platform) -> Vec<File> {
    generate(platform, Selection { apis: &every_api(platform), topics: true }).unwrap()
}

fn text(files: &[File], path: &str) -> String {
    let file = files.iter().find(|file| file.path == path).unwrap();
    String::from_utf8(file.bytes.clone()).unwrap()
}

/// What is left of a file without its comments and string literals.
fn bare(text: &str) -> String {
    let mut bare = String::new();
    for line in text.lines().filter(|line| !line.trim_start().starts_with("//")) {
        let mut characters = line.chars();
        while let Some(character) = characters.next() {
            if character == '"' {
                while let Some(inner) = characters.next().filter(|inner| *inner != '"') {
                    if inner == '\\' {
                        characters.next();
                    }
                }
            } else {
                bare.push(character);
            }
        }
        bare.push('\n');
    }
    bare
}

const HOSTILE: &str = r#"\"]; } evil!{} //\n evil!{} */ ``` \u2028\u202e evil!{} \\"#;

#[test]
fn text_of_a_definition_stays_within_literals_and_comments() {
    let definition = r##"{
        "swagger": "2.0", "info": {"title": "@", "version": "1"},
        "paths": {"/api/v2/things/{thingId}": {"get": {
            "operationId": "getThing@", "tags": ["Things@"], "summary": "@", "description": "@",
            "parameters": [
                {"name": "thingId", "in": "path", "required": true, "type": "string", "description": "@"},
                {"name": "q@", "in": "query", "type": "string", "description": "@"}
            ],
            "responses": {"200": {"description": "@", "schema": {"$ref": "#/definitions/Thing"}}}
        }}},
        "definitions": {"Thing": {"type": "object", "description": "@", "properties": {
            "plain@": {"type": "string", "description": "@"},
            "self": {"type": "string", "enum": ["a@", "Self", "", "1", "@"]},
            "type": {"type": "integer"}, "extra": {"type": "integer"}, "Self": {"type": "integer"}
        }}}
    }"##
    .replace('@', HOSTILE);
    let source = purecloud_definition::Source::bytes("hostile.json", definition).unwrap();
    let platform = purecloud_definition::load(&source).unwrap().platform;
    let files = everything(&platform);
    for path in ["models.rs", "apis.rs"] {
        let text = text(&files, path);
        assert!(!bare(&text).contains("evil!"), "{text}");
        assert!(!text.contains(['\u{2028}', '\u{202e}', '\r']), "{text}");
        // Whatever opens is closed again: no literal and no comment ended early.
        let bare = bare(&text);
        for (open, close) in [('{', '}'), ('(', ')'), ('[', ']')] {
            assert_eq!(bare.matches(open).count(), bare.matches(close).count(), "{open} in {text}");
        }
    }
}

#[test]
fn the_manifest_has_a_feature_for_every_api() {
    let platform = purecloud_definition::bundled().unwrap();
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../purecloud/Cargo.toml");
    let text = std::fs::read_to_string(path).unwrap();
    let expect = manifest(&platform, &text).expect("the manifest has marks around its list of APIs");
    assert!(text == expect, "run `cargo run -p purecloud-codegen --example features` to repair the list");
}

#[test]
fn the_whole_platform_is_written_the_same_twice() {
    let platform = purecloud_definition::bundled().unwrap();
    let files = everything(&platform);
    assert_eq!(files, everything(&platform));
    let rows = text(&files, "apis.rs").matches("    impl Operation for ").count();
    let offered: usize = features(&platform).iter().map(|feature| feature.operations).sum();
    assert_eq!(rows, offered);
}

#[test]
fn an_api_brings_the_models_that_it_reaches_and_no_others() {
    let platform = purecloud_definition::bundled().unwrap();
    let users = features(&platform).into_iter().find(|feature| feature.name == "users").unwrap().api;
    let models =
        text(&generate(&platform, Selection { apis: &[users], topics: false }).unwrap(), "models.rs");
    assert!(models.contains("\npub struct UserEntityListing {"));
    assert!(models.contains("\npub struct PresenceDefinition {"));
    assert!(!models.contains("\npub struct DataTable {"));
    assert!(models.matches("\npub struct ").count() < platform.models.len() / 4);
}

#[test]
fn topics_bring_the_models_of_their_events() {
    let platform = purecloud_definition::bundled().unwrap();
    let files = generate(&platform, Selection { apis: &[], topics: true }).unwrap();
    let (models, topics) = (text(&files, "models.rs"), text(&files, "topics.rs"));
    assert!(models.contains("\npub struct UserPresenceNotification {"));
    assert!(!models.contains("\npub struct UserEntityListing {"));
    assert!(
        topics
            .contains("pub fn users_presence(user_id: &str) -> TypedTopic<models::UserPresenceNotification>")
    );
    let known = platform.topics.iter().filter(|topic| topic.model.is_some()).count();
    assert_eq!(topics.matches("\npub fn ").count(), known);
}
