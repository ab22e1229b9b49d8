//! The face of the third generation: `purecloud/v2` in the package, the one file that pages load, and a package of
//! its own in the layout of `purecloud-platform-client-v2`, which programs install in its place.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use purecloud_definition::Platform;
use purecloud_definition::model::Parameter;
use serde_json::{Value, json};

mod types;

pub(crate) use self::types::Types;

use super::declarations::text::{add, literal};
use super::minify::{Kind, minify, validate};
use super::plan::{Class, Plan};
use super::runtime::Runtime;
use super::script::banner;
use super::table;
use crate::{CodegenError, File};

/// The code by which the file for pages reaches the program that loads it.
const LOADING: &str = include_str!("script/loading-v2.js");

const README: &str = include_str!("face_v2/README.md");
const LICENSE: &str = include_str!("../../../../LICENSE");

/// The name of the file that pages load, and of what Node loads.
const STEM: &str = "purecloud-platform-client-v2";

/// The makers of the module that [`Face`] describes, and what makes sessions.
const MAKE: &str = "makePlatformClient";
const SESSION: &str = "PureCloudSession";

/// Exports besides the classes of APIs.
const EXPORTS: [&str; 6] = [
    "ApiClient",
    "ApiClientClass",
    "PureCloudRegionHosts",
    "AbstractHttpClient",
    "DefaultHttpClient",
    "HttpRequestOptions",
];

/// The first release whose arguments the face does not follow: what was required later is optional here.
const GENERATION: u32 = 262;

/// By operation and parameter, the release of that SDK which was the first to require it.
static REQUIRED_SINCE: LazyLock<BTreeMap<String, BTreeMap<String, String>>> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../../../../definitions/required-since.json"))
        .expect("the bundled file is tested")
});

/// The input of the face.
pub(crate) struct Face {
    /// The second argument of [`MAKE`], as an object literal.
    literal: String,
    /// Everything that is exported, the classes last.
    exports: Vec<String>,
}

impl Face {
    /// The face of the classes in `plan`.
    ///
    /// # Errors
    /// [`CodegenError::Unsupported`] for an operation that the runtime has no way to call.
    pub(crate) fn new(platform: &Platform, plan: &Plan) -> Result<Self, CodegenError> {
        let mut literal = String::from("{\n  tables: {\n");
        let mut exports = EXPORTS.map(ToOwned::to_owned).to_vec();
        for class in &plan.classes {
            let class = class.modern(platform);
            let table = self::literal(&table::encode_modern(platform, &class)?);
            add(&mut literal, format_args!("    {}: {table},\n", class.name));
            exports.push(class.name);
        }
        literal.push_str("  },\n  optional: {\n");
        for (method, parameters) in optional(platform, &plan.classes) {
            let parameters: Vec<_> = parameters.iter().map(|parameter| self::literal(parameter)).collect();
            add(&mut literal, format_args!("    {method}: [{}],\n", parameters.join(", ")));
        }
        literal.push_str("  },\n}");
        Ok(Self { literal, exports })
    }
}

/// The names of parameters that this generation did not require, by method.
pub(crate) fn optional<'p>(
    platform: &'p Platform,
    classes: &[Class],
) -> BTreeMap<&'p str, Vec<&'static str>> {
    let operations = classes.iter().flat_map(|class| &platform.api(class.api).operations);
    operations
        .filter_map(|&id| {
            let operation = platform.operation(id);
            let key = format!("{} {}", operation.method.as_str(), operation.path.text);
            let parameters = REQUIRED_SINCE.get(&key)?.iter().filter(|(_, release)| {
                release
                    .split('.')
                    .next()
                    .and_then(|major| major.parse().ok())
                    .is_some_and(|major: u32| major > GENERATION)
            });
            Some((operation.name.as_str(), parameters.map(|(name, _)| name.as_str()).collect()))
        })
        .collect()
}

/// The name of a parameter in this generation, as the runtime's face has it: three words have `_` before them.
fn name_in_v2(parameter: &Parameter) -> String {
    match parameter.wire_name.as_str() {
        word @ ("number" | "date" | "delete") => format!("_{word}"),
        _ => match parameter.name.strip_prefix("doDelete") {
            Some(rest) => format!("delete{rest}"),
            None => parameter.name.clone(),
        },
    }
}

/// The modules of the face in the package: `purecloud/v2` for Node, and for everything else.
pub(crate) fn modules(version: &str, runtime: &Runtime, face: &Face) -> Result<Vec<File>, CodegenError> {
    let core = runtime.face.from_core.join(", ");
    let body = &runtime.face.body;
    let face_literal = &face.literal;
    let exports = esm_exports(&face.exports);
    let maker = format!("({SESSION}) => {MAKE}({SESSION}, {face_literal})");
    let cjs = |text: String| (Kind::Script, format!("\"use strict\";\n{text}"));
    let esm = |text: String| (Kind::Module, text);
    let load = |session: &str| {
        format!(
            "const {{ {SESSION} }} = require(\"./{session}.js\");\n\n\
             module.exports = require(\"./face-v2.js\").makeFace({SESSION});\n"
        )
    };
    let files = [
        (
            "cjs/face-v2.js",
            cjs(format!(
                "const {{ {core} }} = require(\"./core.js\");\n\n{body}\nexports.makeFace = {maker};\n"
            )),
        ),
        ("cjs/v2.js", cjs(load("session"))),
        ("cjs/v2-node.js", cjs(load("session-node"))),
        (
            "esm/v2.mjs",
            esm(format!(
                "import {{ {core} }} from \"./core.mjs\";\nimport {{ {SESSION} }} from \"./session.mjs\";\n\n{body}\n\
                 const platformClient = ({maker})({SESSION});\n{exports}"
            )),
        ),
        // One module, and so one `ApiClient.instance`, for programs of both kinds.
        ("esm/v2-node.mjs", esm(format!("import platformClient from \"../cjs/v2-node.js\";\n\n{exports}"))),
    ];
    let finish = |(path, (kind, text)): (&str, (Kind, String))| {
        let text = format!("{}{text}", banner(version));
        validate(path, &text, kind)?;
        Ok(File::text(path, text))
    };
    files.into_iter().map(finish).chain([script(version, runtime, face)]).collect()
}

/// Exports of a module with the runtime in it, whose own names are in the same scope.
fn esm_exports(names: &[String]) -> String {
    let taken: Vec<_> = names.iter().map(|name| format!("{name}: ${name}")).collect();
    let given: Vec<_> = names.iter().map(|name| format!("${name} as {name}")).collect();
    format!(
        "const {{ {} }} = platformClient;\nexport {{ {}, platformClient as default }};\n",
        taken.join(", "),
        given.join(", ")
    )
}

/// A package of its own in the layout of the SDK that it takes the place of, types apart.
pub(crate) fn package(version: &str, runtime: &Runtime, face: &Face) -> Result<Vec<File>, CodegenError> {
    let page = script(version, runtime, face)?;
    let node = format!(
        "{}\"use strict\";\n{}\nmodule.exports = {MAKE}({SESSION}, {});\n",
        banner(version),
        runtime.faces.node,
        face.literal
    );
    let module = format!(
        "{}{}\nconst platformClient = {MAKE}({SESSION}, {});\n{}",
        banner(version),
        runtime.faces.module,
        face.literal,
        esm_exports(&face.exports)
    );
    let node_path = format!("dist/node/{STEM}.js");
    let source = format!("src/{STEM}");
    validate(&node_path, &node, Kind::Script)?;
    validate("index.js", &module, Kind::Module)?;
    let mut files = vec![
        File::text("LICENSE", LICENSE),
        File::text("README.md", README.replace("{version}", version)),
        File::text("package.json", format!("{:#}\n", manifest(version))),
        File::text("index.d.ts", INDEX_TYPES),
        File::text(node_path, node),
        File::text(format!("{source}/index.js"), module),
    ];
    // Minified or not, for a script tag or for AMD: it is one file that finds out.
    for path in
        ["web-cjs/{}.min.js", "web-cjs/{}.js", "web-cjs/bundle.js", "web-amd/{}.min.js", "web-amd/{}.js"]
    {
        files.push(File { path: format!("dist/{}", path.replace("{}", STEM)), bytes: page.bytes.clone() });
    }
    for name in &face.exports {
        // Programs that wanted less of a bundle than everything had these.
        let (folder, up) = if EXPORTS.contains(&name.as_str()) { ("", ".") } else { ("api/", "..") };
        // What has this name there is the class, not its first instance.
        let export = if name == "ApiClient" { "ApiClientClass" } else { name };
        let text = format!("export {{ {export} as default }} from \"{up}/index.js\";\n");
        if name != "ApiClientClass" {
            files.push(File::text(format!("{source}/{folder}{name}.js"), text));
        }
    }
    Ok(files)
}

/// The declarations where that package has them.
const INDEX_TYPES: &str = "export * from \"./types/v2.js\";\n";

fn manifest(version: &str) -> Value {
    json!({
        "name": STEM,
        "version": version,
        "description": "purecloud-platform-client-v2 over the purecloud SDK: the same classes and methods, in less space.",
        "license": "MIT",
        "main": format!("dist/node/{STEM}.js"),
        "module": format!("src/{STEM}/index.js"),
        "jsnext:main": format!("src/{STEM}/index.js"),
        "browser": format!("dist/web-cjs/{STEM}.min.js"),
        "types": "index.d.ts",
        "engines": { "node": ">=20.16" },
        "files": ["dist", "src", "types", "index.d.ts"],
    })
}

/// The one file that pages load.
fn script(version: &str, runtime: &Runtime, face: &Face) -> Result<File, CodegenError> {
    let text = format!(
        "{}(typeof globalThis === \"object\" ? globalThis : this, function () {{\n\"use strict\";\n\n{}\n\
         return {MAKE}({SESSION}, {});\n}});\n",
        LOADING.trim_end(),
        runtime.faces.script,
        face.literal
    );
    let path = format!("{STEM}.min.js");
    let minified = minify(&path, &text, Kind::Script, None)?;
    Ok(File::text(path, format!("{}{}\n", banner(version), minified.text)))
}
