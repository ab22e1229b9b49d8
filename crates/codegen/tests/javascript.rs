//! The JavaScript package as Node and pages see it.

#![expect(clippy::unwrap_used, reason = "a test that cannot set up its world has failed")]

#[path = "javascript/node.rs"]
mod node;

use std::fmt::Write as _;

use node::Installed;
use purecloud_codegen::File;
use purecloud_codegen::javascript::{Options, cdn, package};
use purecloud_definition::model::Platform;
use purecloud_definition::{Source, bundled, load};

const GREETINGS: &str = include_str!("../fixtures/greetings.yaml");
const HOSTILE: &str = include_str!("../fixtures/hostile.yaml");
const OBSTACLES: &str = include_str!("javascript/obstacles.yaml");

fn platform(definition: &str) -> Platform {
    load(&Source::bytes("definition.yaml", definition).unwrap()).unwrap().platform
}

fn files(platform: &Platform) -> Vec<File> {
    package(platform, &Options { version: "1.2.3".into(), apis: vec![] }).unwrap()
}

fn text<'f>(files: &'f [File], path: &str) -> &'f str {
    let file = files.iter().find(|file| file.path == path).unwrap_or_else(|| panic!("there is no {path}"));
    std::str::from_utf8(&file.bytes).unwrap()
}

#[test]
fn what_is_written_for_a_small_platform() {
    let files = files(&platform(GREETINGS));
    let mut shown = String::new();
    for path in ["bower.json", "package.json", "cjs/greetingsapi.js", "esm/greetingsapi.mjs", "esm/index.mjs"]
    {
        writeln!(shown, "=== {path}\n{}", text(&files, path)).unwrap();
    }
    writeln!(shown, "=== partials/greetingsapi.js\n{}", text(&files, "partials/greetingsapi.js")).unwrap();
    let (_, index) = text(&files, "cjs/index.js").split_once("\nlazy(").unwrap();
    writeln!(shown, "=== the end of cjs/index.js\nlazy({index}").unwrap();
    let (_, tables) =
        text(&files, "purecloud-api.js").split_once("/** The operations of each class").unwrap();
    writeln!(shown, "=== the end of purecloud-api.js\n/** The operations of each class{tables}").unwrap();
    insta::with_settings!({ snapshot_path => "javascript/snapshots", prepend_module_to_snapshot => false }, {
        insta::assert_snapshot!("greetings", shown);
    });
}

/// Calls every method of every class in every form of the package: positional, named, and without what is required.
#[test]
fn every_method_sends_what_the_platform_says() {
    let platform = bundled().unwrap();
    let installed = Installed::new("bundled", &platform, &files(&platform));
    assert_eq!(installed.calls(), "91 classes\n");
}

#[test]
fn a_platform_full_of_obstacles_is_called_right() {
    let platform = platform(OBSTACLES);
    Installed::new("obstacles", &platform, &files(&platform)).calls();
}

#[test]
fn nothing_of_a_hostile_definition_is_executed() {
    let platform = platform(HOSTILE);
    let files = files(&platform);
    for file in files.iter().filter(|file| file.path.ends_with("js") && !file.path.starts_with("types/")) {
        let text = std::str::from_utf8(&file.bytes).unwrap().to_lowercase();
        for tag in ["</script", "<script", "<!--", "\u{2028}", "\u{2029}", "\u{202e}"] {
            assert!(!text.contains(tag), "{} has {tag:?}", file.path);
        }
    }
    Installed::new("hostile", &platform, &files).calls();
}

#[test]
fn the_package_behaves_in_node_and_in_pages() {
    let platform = bundled().unwrap();
    let installed = Installed::new("behaviour", &platform, &files(&platform));
    installed.run("behaviour.cjs");
}

#[test]
fn the_same_platform_gives_the_same_bytes() {
    assert_eq!(files(&bundled().unwrap()), files(&bundled().unwrap()));
}

#[test]
fn some_classes_make_a_smaller_package() {
    let options = Options { apis: vec!["usersapi".into()], ..Options::default() };
    let files = package(&bundled().unwrap(), &options).unwrap();
    let partials: Vec<&str> =
        files.iter().map(|file| file.path.as_str()).filter(|path| path.starts_with("partials/")).collect();
    assert_eq!(
        partials,
        [
            "partials/events.js",
            "partials/generation2.js",
            "partials/hooks.js",
            "partials/logging.js",
            "partials/paging.js",
            "partials/popup.js",
            "partials/purecloudsession.js",
            "partials/statistics.js",
            "partials/transfer.js",
            "partials/usersapi.js"
        ]
    );
}

#[test]
fn versions_that_lead_elsewhere_are_refused() {
    let platform = platform(GREETINGS);
    for version in ["", "1/../..", "..", "1 */ run() /*", "1\n"] {
        assert!(
            package(&platform, &Options { version: version.into(), apis: vec![] }).is_err(),
            "{version:?}"
        );
    }
}

#[test]
fn a_cdn_serves_each_file_under_its_version_and_as_the_latest_with_its_hash() {
    let files = files(&platform(GREETINGS));
    let served = cdn(&files, "1.2.3");
    let paths: Vec<&str> = served.iter().map(|file| file.path.as_str()).collect();
    let names = [
        "partials/events.js",
        "partials/generation2.js",
        "partials/greetingsapi.js",
        "partials/hooks.js",
        "partials/logging.js",
        "partials/paging.js",
        "partials/popup.js",
        "partials/purecloudsession.js",
        "partials/statistics.js",
        "partials/transfer.js",
        "partials/voicesapi.js",
        "purecloud-api-min.js",
        "purecloud-api-min.js.map",
        "purecloud-api.js",
        "purecloud-platform-client-v2.min.js",
        "integrity.json",
    ];
    let expect: Vec<String> = ["1.2.3", "latest"]
        .iter()
        .flat_map(|folder| names.iter().map(move |name| format!("javascript/{folder}/{name}")))
        .collect();
    assert_eq!(paths, expect);
    let installed = Installed::new("cdn", &platform(GREETINGS), &served);
    installed.run("integrity.cjs");
}
