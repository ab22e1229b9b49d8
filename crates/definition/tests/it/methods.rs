//! Methods and their arguments: every operation has one, whatever the definition calls things.

use std::collections::HashSet;
use std::fmt::Write as _;

use proptest::prelude::*;
use purecloud_definition::bundled::{Retired, load_over};
use purecloud_definition::model::{ApiId, Platform};
use purecloud_definition::{Source, load};

use crate::bundled::PLATFORM;

fn source(text: &str) -> Source {
    Source::bytes("definition.yaml", text).unwrap()
}

fn file(name: &str) -> Source {
    Source::file(format!("{}/../../definitions/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

/// Operations that no method of any class calls, and classes in which a name stands twice.
fn lost(platform: &Platform) -> Vec<String> {
    let mut called = HashSet::new();
    let mut lost = Vec::new();
    for (index, api) in platform.apis.iter().enumerate() {
        let mut names = HashSet::new();
        for method in platform.methods(ApiId(index as u32)) {
            called.insert(method.operation);
            if !names.insert(method.name) {
                lost.push(format!("{}.{} is there twice", api.name, method.name));
            }
        }
    }
    let operations = platform.operations.iter().enumerate();
    let missing = operations
        .filter(|(index, _)| !called.contains(&purecloud_definition::model::OperationId(*index as u32)));
    lost.extend(missing.map(|(_, operation)| format!("{} {}", operation.method, operation.path.text)));
    lost
}

/// What a method of a class calls.
fn path_of<'p>(platform: &'p Platform, class: &str, method: &str) -> Option<&'p str> {
    let index = platform.apis.iter().position(|api| api.name == class)?;
    let methods = platform.methods(ApiId(index as u32));
    let found = methods.iter().find(|found| found.name == method)?;
    Some(&platform.operation(found.operation).path.text)
}

#[test]
fn every_operation_of_every_generation_has_a_method_that_calls_it() {
    assert_eq!(lost(&PLATFORM), Vec::<String>::new());
    for name in ["platform-v2-2016.json", "platform-v2-legacy.json"] {
        assert_eq!(lost(&load(&file(name)).unwrap().platform), Vec::<String>::new(), "{name} alone");
        for retired in [Retired::Kept, Retired::LeftOut] {
            let loaded = load_over(&[file(name)], retired).unwrap();
            assert_eq!(lost(&loaded.platform), Vec::<String>::new(), "{name}, {retired:?}");
        }
    }
}

#[test]
fn an_older_name_yields_to_an_operation_that_could_not_be_called_otherwise() {
    let operation = |path: &str, tags: &str, id: &str| {
        format!("  {path}:\n    get: {{ tags: [{tags}], operationId: {id}, responses: {{}} }}\n")
    };
    let head = "swagger: '2.0'\ninfo: { title: Part, version: '1' }\npaths:\n";
    let users = operation("/api/v2/users/search", "Search", "getUsersSearch");
    for (tags, meant, other) in [
        // Nowhere else is `getSearch` the documentation's.
        ("Search", "/api/v2/documentation/search", None),
        // Here the promise of 2016 can stand.
        ("Search, Suggest", "/api/v2/users/search", Some("/api/v2/documentation/search")),
    ] {
        let text = [head, &operation("/api/v2/documentation/search", tags, "getSearch"), &users].concat();
        let platform = load_over(&[source(&text)], Retired::LeftOut).unwrap().platform;
        assert_eq!(path_of(&platform, "SearchApi", "getSearch"), Some(meant), "{tags}");
        assert_eq!(path_of(&platform, "SuggestApi", "getSearch"), other, "{tags}");
        assert_eq!(path_of(&platform, "SearchApi", "getUsersSearch"), Some("/api/v2/users/search"));
        assert_eq!(lost(&platform), Vec::<String>::new());
    }
}

proptest! {
    // Each case reads the older definitions.
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_operation_of_any_definition_has_a_method_that_calls_it(
        operations in prop::collection::vec(
            (
                prop::sample::select(&["get", "post", "put"][..]),
                prop::collection::vec(
                    prop::sample::select(&["users", "search", "me", "documentation", "Search", "suggest", "{id}", "queues"][..]),
                    1..4,
                ),
                prop::collection::vec(prop::sample::select(&["Search", "Users", "Suggest", "search", "Routing"][..]), 0..3),
                prop::option::of(prop::sample::select(
                    &["getSearch", "postSearch", "getMe", "getUsers", "getusers", "getUserId", "getSearch_", "getSearch0", "then"][..],
                )),
            ),
            1..60,
        ),
        kept in any::<bool>(),
    ) {
        let mut seen = HashSet::new();
        let mut text = "swagger: '2.0'\ninfo: { title: Any, version: '1' }\npaths:\n".to_owned();
        for (method, segments, tags, id) in &operations {
            let path = segments
                .iter()
                .enumerate()
                .fold("/api/v2".to_owned(), |path, (index, segment)| {
                    format!("{path}/{}", segment.replace("id", &format!("id{index}")))
                });
            if !seen.insert(path.clone()) {
                continue;
            }
            let id = id.map_or(String::new(), |id| format!(" operationId: {id},"));
            let tags = tags.join(", ");
            writeln!(text, "  {path}:\n    {method}: {{ tags: [{tags}],{id} responses: {{}} }}").unwrap();
        }
        let retired = if kept { Retired::Kept } else { Retired::LeftOut };
        let platform = load_over(&[source(&text)], retired).unwrap().platform;
        prop_assert_eq!(lost(&platform), Vec::<String>::new());
        let alone = load(&source(&text)).unwrap().platform;
        prop_assert_eq!(lost(&alone), Vec::<String>::new());
    }
}

#[test]
fn arguments_are_the_path_then_what_is_required_then_the_rest_whatever_the_order_of_the_definition() {
    let parameters = [
        ("limit", "in: query, type: integer"),
        ("body", "in: body, required: true, schema: { type: object }"),
        ("kind", "in: query, required: true, type: string"),
        ("teamId", "in: path, required: true, type: string"),
        ("If-Match", "in: header, type: string"),
        ("userId", "in: path, required: true, type: string"),
    ];
    for turn in 0..parameters.len() {
        let mut listed = parameters.to_vec();
        listed.rotate_left(turn);
        let listed: Vec<String> =
            listed.iter().map(|(name, rest)| format!("        - {{ name: {name}, {rest} }}\n")).collect();
        let text = format!(
            "swagger: '2.0'\ninfo: {{ title: A, version: '1' }}\npaths:\n  /api/v2/teams/{{teamId}}/users/{{userId}}:\n    \
             put:\n      responses: {{}}\n      parameters:\n{}",
            listed.concat()
        );
        let platform = load(&source(&text)).unwrap().platform;
        let names: Vec<&str> =
            platform.operations[0].parameters.iter().map(|parameter| parameter.name.as_str()).collect();
        let (mut path, mut rest) = (["teamId", "userId"], ["limit", "ifMatch"]);
        // Within a group the definition decides, as in the platform's own SDK.
        if listed.concat().find("userId") < listed.concat().find("teamId") {
            path.reverse();
        }
        if listed.concat().find("If-Match") < listed.concat().find("limit") {
            rest.reverse();
        }
        assert_eq!(names, [path[0], path[1], "kind", "body", rest[0], rest[1]]);
    }
}

#[test]
fn a_body_that_may_be_left_out_comes_before_what_else_may() {
    let text = "swagger: '2.0'\ninfo: { title: A, version: '1' }\npaths:\n  /api/v2/a/{b}:\n    put:\n      \
                responses: {}\n      parameters:\n        - { name: c, in: query, type: string }\n        \
                - { name: body, in: body, schema: { type: object } }\n        \
                - { name: d, in: query, required: true, type: string }\n        \
                - { name: b, in: path, required: true, type: string }\n";
    let platform = load(&source(text)).unwrap().platform;
    let names: Vec<&str> =
        platform.operations[0].parameters.iter().map(|parameter| parameter.name.as_str()).collect();
    assert_eq!(names, ["b", "d", "body", "c"]);
}

#[test]
fn names_that_differ_only_in_case_are_numbered_as_in_the_platforms_own_sdk() {
    let named = |paths: &[(&str, &str)]| -> Vec<String> {
        let mut text = "swagger: '2.0'\ninfo: { title: A, version: '1' }\npaths:\n".to_owned();
        for (path, id) in paths {
            writeln!(text, "  {path}: {{ get: {{ operationId: {id}, responses: {{}} }} }}").unwrap();
        }
        load(&source(&text))
            .unwrap()
            .platform
            .operations
            .into_iter()
            .map(|operation| operation.name)
            .collect()
    };
    // As the platform's own definition writes them: the one with the number is that of `presence/definitions`.
    assert_eq!(
        named(&[
            ("/api/v2/presence/definitions", "getPresenceDefinitions"),
            ("/api/v2/presencedefinitions", "getPresencedefinitions"),
        ]),
        ["getPresenceDefinitions0", "getPresencedefinitions"]
    );
    assert_eq!(
        named(&[("/a", "getUsers"), ("/b", "getusers"), ("/c", "GETusers")]),
        ["getUsers0", "getusers", "GETusers1"]
    );
    // Where the numbered name is another operation's own, the rule for all collisions decides.
    assert_eq!(named(&[("/a", "getA"), ("/b", "geta"), ("/c", "getA0")]), ["getA0_", "geta", "getA0"]);
    assert_eq!(named(&[("/a", "getA"), ("/b", "getA")]), ["getA", "getA_"]);
}
