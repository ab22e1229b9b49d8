//! The declarations as a compiler and an editor see them.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[path = "declarations/compiler.rs"]
mod compiler;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

use compiler::Project;
use purecloud_codegen::File;
use purecloud_codegen::javascript::{Plan, declarations};
use purecloud_definition::model::Platform;
use purecloud_definition::{Source, bundled, load};
use serde_json::Value;

const GREETINGS: &str = include_str!("../fixtures/greetings.yaml");
const SHAPES: &str = include_str!("../fixtures/shapes.yaml");
const FORMS: &str = include_str!("../fixtures/forms.yaml");
const HOSTILE: &str = include_str!("../fixtures/hostile.yaml");

fn platform(definition: &str) -> Platform {
    load(&Source::bytes("definition.yaml", definition).unwrap()).unwrap().platform
}

fn emit(platform: &Platform) -> Vec<File> {
    declarations::emit(platform, &Plan::new(platform).unwrap())
}

fn text(file: &File) -> &str {
    std::str::from_utf8(&file.bytes).unwrap()
}

#[test]
fn a_small_platform_reads_as_if_written_by_hand() {
    let mut shown = String::new();
    for file in emit(&platform(GREETINGS)).iter().filter(|file| file.path != "types/session.d.ts") {
        writeln!(shown, "=== {}\n{}", file.path, text(file)).unwrap();
    }
    snapshot("greetings", &shown);
}

#[test]
fn every_kind_of_value_has_its_type() {
    let files = emit(&platform(SHAPES));
    let shapes = files.iter().find(|file| file.path == "types/shapes.d.ts").unwrap();
    snapshot("shapes", text(shapes));
}

#[test]
fn a_form_is_an_object_of_its_fields() {
    let files = emit(&platform(FORMS));
    let uploads = files.iter().find(|file| file.path == "types/uploads.d.ts").unwrap();
    snapshot("forms", text(uploads));
}

#[test]
fn forms_take_files_and_leave_no_room_for_what_only_the_platform_sets() {
    let project = Project::new("forms-in-use", &emit(&platform(FORMS)));
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/declarations/programs/forms.mts");
    project.write("forms.mts", &std::fs::read_to_string(path).unwrap());
    let files = r#""files": ["forms.mts"]"#;
    project.check(r#""module": "nodenext", "lib": ["es2022", "dom"]"#, files);
}

fn snapshot(name: &str, text: &str) {
    insta::with_settings!({ snapshot_path => "declarations/snapshots", prepend_module_to_snapshot => false }, {
        insta::assert_snapshot!(name, text);
    });
}

#[test]
fn small_platforms_pass_every_compiler_option() {
    for (name, definition) in [("greetings", GREETINGS), ("shapes", SHAPES), ("forms", FORMS)] {
        let project = Project::new(name, &emit(&platform(definition)));
        project.check_package(r#""lib": ["es2022"]"#);
        project.check_package(r#""lib": ["es2022", "dom"], "exactOptionalPropertyTypes": true"#);
    }
}

#[test]
fn the_bundled_platform_passes_strictly_without_any_library() {
    let project = Project::new("bundled", &emit(&bundled().unwrap()));
    project.check_package(r#""lib": ["es2022"], "noUncheckedIndexedAccess": true"#);
}

#[test]
fn programs_of_every_kind_compile_where_they_should_and_fail_where_they_should() {
    let project = Project::new("programs", &emit(&bundled().unwrap()));
    for name in [
        "arguments.mts",
        "commonjs.cts",
        "required.cts",
        "globals.ts",
        "answers.mts",
        "events.mts",
        "parts.mts",
    ] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/declarations/programs").join(name);
        project.write(name, &std::fs::read_to_string(path).unwrap());
    }
    let files = r#""files": ["arguments.mts", "commonjs.cts", "required.cts", "globals.ts", "answers.mts", "events.mts"]"#;
    for module in ["node16", "nodenext"] {
        project.check(&format!(r#""module": "{module}", "lib": ["es2022", "dom"]"#), files);
    }
    let files = r#""files": ["arguments.mts", "globals.ts", "answers.mts", "events.mts", "parts.mts"]"#;
    project.check(r#""module": "esnext", "moduleResolution": "bundler", "lib": ["es2022", "dom"]"#, files);
    project.check(
        r#""module": "nodenext", "verbatimModuleSyntax": true, "lib": ["es2022", "dom"]"#,
        r#""files": ["arguments.mts", "required.cts", "answers.mts"]"#,
    );
}

#[test]
fn bodies_have_no_room_for_what_only_the_platform_sets() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../vectors/read-only.json");
    let file: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let platform = bundled().unwrap();
    let mut program = String::from("declare const session: api.PureCloudSession;\n");
    let mut refused = 0;
    for case in file["cases"].as_array().unwrap() {
        let name = case["given"]["operation"].as_str().unwrap();
        let operation = platform.operations.iter().find(|operation| operation.name == name).unwrap();
        let class = &platform.api(operation.apis[0]).name;
        let mut call = |before: &str, body: &Value| {
            // The body comes behind the values of the path.
            let path = "\"id\", ".repeat(operation.path.parameters().count());
            writeln!(program, "{before}\nnew api.{class}(session).{name}({path}{body});").unwrap();
        };
        let (given, sent) = (&case["given"]["body"], &case["expect"]["body"]);
        call(&format!("// {}", case["name"].as_str().unwrap()), sent);
        for body in each_left_out(given, sent) {
            refused += 1;
            call("// @ts-expect-error Only the platform sets one of these.", &body);
        }
    }
    assert!(refused > 10, "{refused}");
    // What was read may be changed and sent back.
    program += "const architect = new api.ArchitectApi(session);\n\
        const ivr = await architect.getArchitectIvr(\"id\");\n\
        ivr.name = \"other\";\n\
        await architect.putArchitectIvr(\"id\", ivr);\n\
        await architect.putArchitectIvr(\"id\", { ...ivr, name: \"other\" });\n\
        // @ts-expect-error Only the platform sets it.\n\
        ivr.selfUri = \"\";\n\
        const contacts = new api.ExternalContactsApi(session);\n\
        await contacts.putExternalcontactsContact(\"id\", await contacts.getExternalcontactsContact(\"id\"));\n\
        export {};\n";
    let project = Project::new("read-only", &emit(&platform));
    project.write("program.mts", &format!("import * as api from \"purecloud\";\n{program}"));
    project.check(r#""module": "nodenext", "lib": ["es2022", "dom"]"#, r#""files": ["program.mts"]"#);
}

/// `sent` with one thing of `given` that it lacks, for each of these.
fn each_left_out(given: &Value, sent: &Value) -> Vec<Value> {
    let mut bodies = vec![];
    match (given, sent) {
        (Value::Object(given), Value::Object(sent)) => {
            for (name, value) in given {
                let parts = match sent.get(name) {
                    Some(kept) => each_left_out(value, kept),
                    None => vec![value.clone()],
                };
                bodies.extend(parts.into_iter().map(|part| {
                    let mut body = sent.clone();
                    body.insert(name.clone(), part);
                    Value::Object(body)
                }));
            }
        }
        (Value::Array(given), Value::Array(sent)) => {
            for (index, (item, kept)) in given.iter().zip(sent).enumerate() {
                bodies.extend(each_left_out(item, kept).into_iter().map(|part| {
                    let mut body = sent.clone();
                    body[index] = part;
                    Value::Array(body)
                }));
            }
        }
        _ => {}
    }
    bodies
}

#[test]
fn the_runtime_is_what_its_declarations_say() {
    let project = Project::new("runtime", &emit(&platform(GREETINGS)));
    let program = include_str!("declarations/programs/runtime.mts");
    let runtime = compiler::runtime();
    project.write(
        "runtime.mts",
        &program.replace("RUNTIME", &runtime.join("src").display().to_string().replace('\\', "/")),
    );
    let types = runtime.join("node_modules/@types").display().to_string().replace('\\', "/");
    project.check(
        &format!(
            r#""module": "nodenext", "lib": ["es2022", "dom", "dom.iterable"], "types": ["node"], "typeRoots": ["{types}"],
            "allowImportingTsExtensions": true"#
        ),
        r#""files": ["runtime.mts"]"#,
    );
}

#[test]
fn nothing_in_a_hostile_definition_gets_out_of_its_comment_or_literal() {
    let files = emit(&platform(HOSTILE));
    for file in &files {
        let text = text(file);
        let code = strip(text);
        assert!(!code.contains("EVIL."), "{}: {code}", file.path);
        for tag in ["</script", "<script"] {
            assert!(!text.to_lowercase().contains(tag), "{tag} in {}: {text}", file.path);
        }
        let odd = text.chars().find(|c| {
            (c.is_control() && *c != '\n')
                || matches!(c, '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{200b}'..='\u{200f}')
        });
        assert_eq!(odd, None, "{}", file.path);
        if file.path != "types/session.d.ts" {
            // No tag but our own: `@param`, since nothing in this definition is deprecated.
            let comments: String =
                text.lines().filter(|line| line.trim_start().starts_with(['*', '/'])).collect();
            assert!(!comments.replace("* @param ", "").contains('@'), "{}: {comments}", file.path);
        }
    }
    // They mention the text, so what was checked was there.
    assert!(files.iter().filter(|file| text(file).contains("EVIL.")).count() >= 2);
    Project::new("hostile", &files).check_package(r#""lib": ["es2022"]"#);
}

/// What is left of declarations without their comments and string literals.
fn strip(text: &str) -> String {
    let mut code = String::new();
    let mut rest = text;
    while let Some(start) = rest.find(['/', '"']) {
        code.push_str(&rest[..start]);
        rest = &rest[start..];
        if let Some(comment) = rest.strip_prefix("/*") {
            rest = comment.split_once("*/").expect("comments end").1;
        } else if let Some(comment) = rest.strip_prefix("//") {
            rest = &comment[comment.find('\n').unwrap_or(comment.len())..];
        } else if let Some(literal) = rest.strip_prefix('"') {
            let end = literal.char_indices().scan(false, |escaped, (at, c)| {
                let end = c == '"' && !*escaped;
                *escaped = c == '\\' && !*escaped;
                Some(end.then_some(at))
            });
            rest = &literal[end.flatten().next().expect("literals end") + 1..];
        } else {
            code.push('/');
            rest = &rest[1..];
        }
    }
    code + rest
}

#[test]
fn every_name_every_model_and_every_enumeration_is_there() {
    let platform = bundled().unwrap();
    let plan = Plan::new(&platform).unwrap();
    let files = declarations::emit(&platform, &plan);
    for class in &plan.classes {
        let path = format!("types/{}.d.ts", class.subpath);
        let file = files.iter().find(|file| file.path == path).unwrap();
        let body = text(file).split_once("export declare class ").unwrap().1.split_once("\n}\n").unwrap().0;
        let declared: BTreeSet<_> = body
            .lines()
            .filter_map(|line| line.strip_prefix("  ").filter(|line| !line.starts_with([' ', '/'])))
            .filter_map(|line| line.split_once(['(', ':']).map(|(name, _)| name))
            .filter(|name| *name != "constructor")
            .collect();
        let planned: BTreeSet<_> = class.methods.iter().map(|method| method.name.as_str()).collect();
        assert_eq!(declared, planned, "{path}");
    }
    let mut types: Vec<_> = files
        .iter()
        // The others are written by hand.
        .filter(|file| text(file).starts_with("// Generated"))
        .flat_map(|file| text(file).lines())
        .filter_map(|line| {
            line.strip_prefix("export interface ").or_else(|| line.strip_prefix("export type "))
        })
        .filter_map(|line| line.split(' ').next())
        .collect();
    let options = types.iter().filter(|name| name.ends_with("Options")).count();
    let all = types.len();
    types.sort_unstable();
    types.dedup();
    assert_eq!(types.len(), all, "each is declared once");
    let expected = platform.models.len() + platform.enumerations.len();
    assert!(all >= expected && all <= expected + options, "{all} declared, {expected} known");
    for name in platform
        .models
        .iter()
        .map(|model| &model.name)
        .chain(platform.enumerations.iter().map(|list| &list.name))
    {
        let declared = types.binary_search(&name.as_str()).is_ok();
        assert!(declared || types.binary_search(&format!("{name}Model").as_str()).is_ok(), "{name}");
    }
}

#[test]
fn one_api_loads_little() {
    let files = emit(&bundled().unwrap());
    let total: usize = files.iter().map(|file| file.bytes.len()).sum();
    for api in ["users", "authorization", "routing", "analytics", "conversations"] {
        let loaded = loaded(&files, &format!("types/{api}.d.ts"));
        assert!(loaded * 7 < total, "{api} loads {loaded} of {total} bytes");
    }
    assert!(total < 6_100_000, "{total} bytes of declarations");
}

/// Bytes of a file and of everything that it imports.
fn loaded(files: &[File], entry: &str) -> usize {
    let mut pending = vec![entry.to_owned()];
    let mut seen = BTreeSet::new();
    let mut size = 0;
    while let Some(path) = pending.pop() {
        if !seen.insert(path.clone()) {
            continue;
        }
        let file = files.iter().find(|file| file.path == path).unwrap_or_else(|| panic!("no file {path}"));
        size += file.bytes.len();
        let folder = path.rsplit_once('/').unwrap().0;
        for line in
            text(file).lines().filter(|line| line.starts_with("import ") || line.starts_with("export *"))
        {
            let from = line.split('"').nth(1).unwrap();
            let target = match from.strip_prefix("../") {
                Some(rest) => format!("{}/{rest}", folder.rsplit_once('/').unwrap().0),
                None => format!("{folder}/{}", from.strip_prefix("./").unwrap()),
            };
            pending.push(target.replace(".js", ".d.ts"));
        }
    }
    size
}

#[test]
fn a_package_of_some_apis_has_no_types_of_the_others() {
    let platform = bundled().unwrap();
    let mut plan = Plan::new(&platform).unwrap();
    plan.classes.retain(|class| class.name == "GreetingsApi");
    let files = declarations::emit(&platform, &plan);
    let has =
        |name: &str| files.iter().any(|file| text(file).contains(&format!("\nexport interface {name} ")));
    assert!(has("Greeting") && has("PresenceEventUserPresence"));
    assert!(!has("Queue") && !has("GetUsersOptions"));
    Project::new("some", &files).check_package(r#""lib": ["es2022"]"#);
}

#[test]
fn the_same_platform_gives_the_same_bytes() {
    let first = emit(&bundled().unwrap());
    assert_eq!(first, emit(&bundled().unwrap()));
    let mut paths: Vec<_> = first.iter().map(|file| file.path.to_lowercase()).collect();
    assert!(first.is_sorted_by(|a, b| a.path < b.path));
    paths.sort_unstable();
    paths.dedup();
    assert_eq!(paths.len(), first.len(), "paths are distinct on every file system");
}
