//! The manifests for package managers: `package.json` and `bower.json`.

use serde_json::{Map, Value, json};

use super::plan::Plan;
use super::runtime::PARTS;
use crate::File;

const DESCRIPTION: &str = "The PureCloud (Genesys Cloud) Platform API for browsers, Node and bundlers: every operation, small and quick to load.";
const KEYWORDS: [&str; 6] = ["purecloud", "genesys", "genesys-cloud", "sdk", "api", "oauth"];
/// The name of the published package.
const NAME: &str = "purecloud";

/// `package.json` and `bower.json`.
pub(crate) fn manifests(version: &str, plan: &Plan) -> Vec<File> {
    vec![pretty("package.json", &package(version, plan)), pretty("bower.json", &bower(version))]
}

fn package(version: &str, plan: &Plan) -> Value {
    json!({
        "name": NAME,
        "version": version,
        "description": DESCRIPTION,
        "keywords": KEYWORDS,
        "license": "MIT",
        // Files that end in `.js` and `.d.ts` are CommonJS; ES modules say so by their ending.
        "type": "commonjs",
        "sideEffects": side_effects(),
        "engines": { "node": ">=20.16" },
        // For tools that do not read `exports`: they bundle for pages.
        "main": "./cjs/index.js",
        "module": "./esm/index.mjs",
        "types": "./types/index.d.ts",
        // Compilers that do not read `exports` find the types of `purecloud/users` by the first, of the package itself by
        // the second.
        "typesVersions": { "*": { "*": ["./types/*.d.ts", "./*"] } },
        "unpkg": "./purecloud-api-min.js",
        "jsdelivr": "./purecloud-api-min.js",
        "exports": exports(plan),
        "files": ["cjs", "dist", "esm", "partials", "types", "purecloud-*", "bower.json"],
    })
}

/// The files that a bundler must keep although nothing of them is used by name: the parts of the runtime, which
/// register themselves, and the two files that load all of them.
fn side_effects() -> Vec<String> {
    let parts = PARTS.iter().filter(|part| part.registers()).map(|part| part.stem).chain(["index", "node"]);
    parts.map(|stem| format!("./esm/{stem}.mjs")).collect()
}

/// Types come first and `default` last in each branch. Deno and Bun call themselves Node as well, and are better off
/// with `fetch`, so their conditions stand before Node's.
fn exports(plan: &Plan) -> Value {
    let mut exports = Map::new();
    let by_system = |types: &str, fetch: &str, node: &str| {
        let target = |file: &str| {
            json!({
                "import": { "types": format!("./types/{types}.d.mts"), "default": format!("./esm/{file}.mjs") },
                "require": { "types": format!("./types/{types}.d.ts"), "default": format!("./cjs/{file}.js") },
            })
        };
        let mut conditions = Map::new();
        for condition in ["deno", "bun", "workerd", "browser"] {
            conditions.insert(condition.into(), target(fetch));
        }
        conditions.insert("node".into(), target(node));
        conditions.insert("default".into(), target(fetch));
        Value::Object(conditions)
    };
    exports.insert(".".into(), by_system("index", "index", "node"));
    exports.insert("./session".into(), by_system("session", "session", "session-node"));
    exports.insert("./v2".into(), by_system("v2", "v2", "v2-node"));
    let classes = plan.classes.iter().map(|class| (class.subpath.as_str(), class.stem.as_str()));
    for (subpath, stem) in classes.chain(PARTS.iter().map(|part| (part.stem, part.stem))) {
        exports.insert(
            format!("./{subpath}"),
            json!({
                "import": { "types": format!("./types/{subpath}.d.mts"), "default": format!("./esm/{stem}.mjs") },
                "require": { "types": format!("./types/{subpath}.d.ts"), "default": format!("./cjs/{stem}.js") },
            }),
        );
    }
    // Types alone: of every model, and of the globals that the script-tag products make.
    for stem in ["models", "global"] {
        exports.insert(format!("./{stem}"), json!({ "types": format!("./types/{stem}.d.ts") }));
    }
    exports.insert("./global/*".into(), json!({ "types": "./types/global/*.d.ts" }));
    // Paths of the first generations.
    exports.insert("./dist/*".into(), "./dist/*".into());
    exports.insert("./package.json".into(), "./package.json".into());
    Value::Object(exports)
}

fn bower(version: &str) -> Value {
    json!({
        "name": "purecloud-api",
        "version": version,
        "description": DESCRIPTION,
        "keywords": KEYWORDS,
        "license": "MIT",
        "main": "purecloud-api.js",
        "moduleType": ["amd", "globals", "node"],
        // `dist/purecloud-api-node.js` needs `cjs`.
        "ignore": ["esm", "types", "package.json"],
    })
}

fn pretty(path: &str, value: &Value) -> File {
    File::text(path, format!("{value:#}\n"))
}
