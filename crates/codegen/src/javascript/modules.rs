//! The products that programs import: ES modules and CommonJS, a file for each API.

use super::declarations::text::{add, literal};
use super::minify::{Kind, validate};
use super::runtime::{API_CLASS, Group, PARTS, PUBLIC, REGISTRY, Runtime, parts_everywhere};
use super::script::{Table, banner};
use crate::{CodegenError, File};

/// ES modules, under `esm/`.
pub(crate) fn esm(version: &str, runtime: &Runtime, tables: &[Table]) -> Result<Vec<File>, CodegenError> {
    let core = format!("{}\nexport {{ {} }};\n", runtime.core.body, runtime.core_exports().join(", "));
    let mut files = vec![
        ("core".to_owned(), core),
        ("session".to_owned(), esm_group(&runtime.fetch, &PUBLIC)),
        ("session-node".to_owned(), esm_group(&runtime.node, &PUBLIC)),
    ];
    for (index, session) in [("index", "session"), ("node", "session-node")] {
        let mut text = format!("export {{ {} }} from \"./{session}.mjs\";\n", PUBLIC.join(", "));
        for Table { class, .. } in tables {
            add(&mut text, format_args!("export {{ {} }} from \"./{}.mjs\";\n", class.name, class.stem));
        }
        for part in parts_everywhere() {
            let stem = part.stem;
            match part.public {
                [] => add(&mut text, format_args!("import \"./{stem}.mjs\";\n")),
                public => {
                    let public = public.join(", ");
                    add(&mut text, format_args!("export {{ {public} }} from \"./{stem}.mjs\";\n"));
                }
            }
        }
        files.push((index.to_owned(), text));
    }
    for (part, group) in PARTS.iter().zip(&runtime.parts) {
        files.push((part.stem.to_owned(), esm_group(group, part.public)));
    }
    for Table { class, text } in tables {
        let (name, table) = (&class.name, literal(text));
        let text = format!(
            "import {{ {API_CLASS} }} from \"./core.mjs\";\n\n\
             export const {name} = /*#__PURE__*/ {API_CLASS}(\"{name}\", {table});\n"
        );
        files.push((class.stem.clone(), text));
    }
    let banner = banner(version);
    let finish = |(stem, text): (String, String)| {
        let path = format!("esm/{stem}.mjs");
        let text = format!("{banner}{text}");
        validate(&path, &text, Kind::Module)?;
        Ok(File::text(path, text))
    };
    files.into_iter().map(finish).collect()
}

fn esm_group(group: &Group, public: &[&str]) -> String {
    let mut text =
        format!("import {{ {} }} from \"./core.mjs\";\n\n{}", group.from_core.join(", "), group.body);
    if !public.is_empty() {
        add(&mut text, format_args!("\nexport {{ {} }};\n", public.join(", ")));
    }
    text
}

/// CommonJS modules, under `cjs/`. The two that have everything load a file when something of it is first asked for.
pub(crate) fn cjs(version: &str, runtime: &Runtime, tables: &[Table]) -> Result<Vec<File>, CodegenError> {
    let mut core = format!("{}{}", runtime.core.body, cjs_exports(&runtime.core_exports()));
    // Here a part costs nothing until it is used, so nobody has to load one.
    for part in PARTS.iter().filter(|part| part.registers()) {
        let stem = part.stem;
        add(
            &mut core,
            format_args!("{REGISTRY}.{stem} = () => (require(\"./{stem}.js\"), {REGISTRY}.{stem}());\n"),
        );
    }
    let mut files = vec![
        ("core".to_owned(), core),
        ("session".to_owned(), cjs_group(&runtime.fetch, &PUBLIC)),
        ("session-node".to_owned(), cjs_group(&runtime.node, &PUBLIC)),
    ];
    for (index, session) in [("index", "session"), ("node", "session-node")] {
        let mut text = String::from(LAZY);
        for name in PUBLIC {
            add(&mut text, format_args!("lazy(\"{name}\", () => require(\"./{session}.js\"));\n"));
        }
        for Table { class, .. } in tables {
            add(
                &mut text,
                format_args!("lazy(\"{}\", () => require(\"./{}.js\"));\n", class.name, class.stem),
            );
        }
        for part in parts_everywhere() {
            for name in part.public {
                add(&mut text, format_args!("lazy(\"{name}\", () => require(\"./{}.js\"));\n", part.stem));
            }
        }
        files.push((index.to_owned(), text));
    }
    for (part, group) in PARTS.iter().zip(&runtime.parts) {
        files.push((part.stem.to_owned(), cjs_group(group, part.public)));
    }
    for Table { class, text } in tables {
        let (name, table) = (&class.name, literal(text));
        let text = format!(
            "const {{ {API_CLASS} }} = require(\"./core.js\");\n\n\
             exports.{name} = {API_CLASS}(\"{name}\", {table});\n"
        );
        files.push((class.stem.clone(), text));
    }
    let banner = banner(version);
    let finish = |(stem, text): (String, String)| {
        let path = format!("cjs/{stem}.js");
        let text = format!("{banner}\"use strict\";\n{text}");
        validate(&path, &text, Kind::Script)?;
        Ok(File::text(path, text))
    };
    files.into_iter().map(finish).collect()
}

const LAZY: &str = r"
/** Loads a file when what it exports is first asked for; after that, and once assigned, `name` is like any property. */
function lazy(name, load) {
  const settle = (value) =>
    Object.defineProperty(exports, name, { value, configurable: true, enumerable: true, writable: true });
  Object.defineProperty(exports, name, {
    configurable: true,
    enumerable: true,
    get() {
      settle(load()[name]);
      return exports[name];
    },
    set: settle,
  });
}

";

fn cjs_group(group: &Group, public: &[&str]) -> String {
    format!(
        "const {{ {} }} = require(\"./core.js\");\n\n{}{}",
        group.from_core.join(", "),
        group.body,
        cjs_exports(public)
    )
}

fn cjs_exports(names: &[&str]) -> String {
    let mut text = String::from("\n");
    for name in names {
        add(&mut text, format_args!("exports.{name} = {name};\n"));
    }
    text
}
