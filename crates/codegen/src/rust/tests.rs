use purecloud_definition::Platform;
use purecloud_definition::model::ApiId;

use super::*;

fn every_api(platform: &Platform) -> Vec<ApiId> {
    features(platform).into_iter().map(|feature| feature.api).collect()
}

/// Everything there is of a platform.
fn everything(platform: &Platform) -> Vec<File> {
    generate(platform, Selection { apis: &every_api(platform), topics: true })
}

fn text(files: &[File], path: &str) -> String {
    let file = files.iter().find(|file| file.path == path).unwrap();
    String::from_utf8(file.bytes.clone()).unwrap()
}

/// Returns a file without its comments and string literals.
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

const GREETINGS: &str = include_str!("../../fixtures/greetings.yaml");
const FORMS: &str = include_str!("../../fixtures/forms.yaml");
const SHAPES: &str = include_str!("../../fixtures/shapes.yaml");
/// Names, texts and values that try to be something else. `cargo xtask test` compiles what is made of it.
const HOSTILE: &str = include_str!("../../fixtures/hostile.json");

fn small(definition: &str) -> Vec<File> {
    let source = purecloud_definition::Source::bytes("definition.yaml", definition).unwrap();
    everything(&purecloud_definition::load(&source).unwrap().platform)
}

#[test]
fn a_small_platform_reads_as_if_written_by_hand() {
    let files = small(GREETINGS);
    insta::assert_snapshot!("greetings", text(&files, "apis.rs") + &text(&files, "models.rs"));
}

#[test]
fn every_kind_of_value_has_its_type() {
    insta::assert_snapshot!("shapes", text(&small(SHAPES), "models.rs"));
}

#[test]
fn the_fields_of_a_form_are_given_one_by_one() {
    let files = small(FORMS);
    insta::assert_snapshot!("forms", text(&files, "apis.rs") + &text(&files, "models.rs"));
}

#[test]
fn text_of_a_definition_stays_within_literals_and_comments() {
    let source = purecloud_definition::Source::bytes("hostile.json", HOSTILE).unwrap();
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
    let models = text(&generate(&platform, Selection { apis: &[users], topics: false }), "models.rs");
    assert!(models.contains("\npub struct UserEntityListing {"));
    assert!(models.contains("\npub struct PresenceDefinition {"));
    assert!(!models.contains("\npub struct DataTable {"));
    assert!(models.matches("\npub struct ").count() < platform.models.len() / 4);
}

#[test]
fn topics_bring_the_models_of_their_events() {
    let platform = purecloud_definition::bundled().unwrap();
    let files = generate(&platform, Selection { apis: &[], topics: true });
    let (models, topics) = (text(&files, "models.rs"), text(&files, "topics.rs"));
    assert!(models.contains("\npub struct PresenceEventUserPresence {"));
    assert!(!models.contains("\npub struct UserEntityListing {"));
    assert!(
        topics.contains(
            "pub fn users_presence(user_id: &str) -> TypedTopic<models::PresenceEventUserPresence>"
        )
    );
    let known = platform.topics.iter().filter(|topic| topic.model.is_some()).count();
    assert_eq!(topics.matches("\npub fn ").count(), known);
}

#[test]
fn listings_have_pages_and_items_of_a_type() {
    let platform = purecloud_definition::bundled().unwrap();
    let apis = text(&everything(&platform), "apis.rs");
    let paged: Vec<_> = platform.operations.iter().filter(|operation| operation.paging.is_some()).collect();
    let typed = |name: &str| apis.contains(&format!("    impl Listing for {name} {{"));
    let bare: Vec<_> = paged
        .iter()
        .filter(|operation| !typed(&purecloud_definition::names::rust::camel(&operation.name)))
        .map(|operation| operation.path.text.as_str())
        .collect();
    // Jobs of which each has one result, and no list.
    let single = [
        "/api/v2/integrations/speech/nuance/{nuanceIntegrationId}/bots/{botId}/jobs",
        "/api/v2/journey/views/{viewId}/versions/{journeyVersionId}/jobs",
    ];
    assert_eq!(bare, single, "of {}", paged.len());
}
