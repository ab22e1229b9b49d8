//! The files that only lead to others: `index.d.ts` and `models.d.ts`, the `.d.mts` for ES modules, and the globals
//! of pages.

use super::FOLDER;
use super::placement::{Placement, UNREACHED};
use super::text::add;
use crate::File;
use crate::javascript::Plan;
use crate::javascript::runtime::{PARTS, parts_everywhere};

/// The first line of every generated file.
pub(super) const HEADER: &str =
    "// Generated from the platform's definition; changes belong in the generator.\n";

/// The global that holds everything in the one file.
const MODULE: &str = "
type Module = typeof import(\"./index.js\");

declare global {
  /** Everything in one; only where the page has no such name of its own. */
  const purecloud: Module & {
    /** The same again, as in the second generation. */
    readonly platform: Module;
    /** Gives the names of all globals back to those that had them; returns what has everything. */
    noConflict(): Module;
  };
}
export {};
";

/// All such files.
pub(super) fn emit(plan: &Plan, placement: &Placement) -> Vec<File> {
    let mut stems = vec!["session"];
    stems.extend(plan.classes.iter().map(|class| class.subpath.as_str()));

    let unreached =
        placement.sheets.iter().map(|sheet| sheet.stem.as_str()).filter(|stem| *stem == UNREACHED);
    let exporting = parts_everywhere().filter(|part| !part.public.is_empty()).map(|part| part.stem);
    let mut files = vec![
        file("index.d.ts", exports(stems.iter().copied().chain(exporting))),
        file("models.d.ts", exports(["index"].into_iter().chain(unreached))),
    ];

    // The parts of the runtime have their types in `session.d.ts`, since a class cannot say which parts are loaded.
    let parts = PARTS.iter().map(|part| part.stem);
    // One that exports something has a file of its own, and so has the one with the types of topics.
    let silent =
        PARTS.iter().filter(|part| part.public.is_empty() && part.stem != "events").map(|part| part.stem);
    files.extend(silent.map(|stem| file(&format!("{stem}.d.ts"), format!("{HEADER}export {{}};\n"))));
    let modules = stems.iter().copied().chain(["index"]).chain(parts);
    files.extend(
        modules
            .map(|stem| file(&format!("{stem}.d.mts"), format!("{HEADER}export * from \"./{stem}.js\";\n"))),
    );

    let mut all = String::from(HEADER);
    for stem in &stems {
        add(&mut all, format_args!("import \"./global/{stem}.js\";\n"));
    }
    all.push_str(MODULE);
    files.push(file("global.d.ts", all));
    files.push(globals("session", "session", &["PureCloudSession", "PureCloudError"]));
    for class in &plan.classes {
        files.push(globals(&class.subpath, &class.subpath, &[&class.name]));
    }
    files
}

/// A file that exports all of some others.
fn exports<'a>(stems: impl IntoIterator<Item = &'a str>) -> String {
    let mut text = String::from(HEADER);
    for stem in stems {
        add(&mut text, format_args!("export * from \"./{stem}.js\";\n"));
    }
    text
}

/// Classes of one file as globals.
fn globals(stem: &str, from: &str, classes: &[&str]) -> File {
    let mut text = format!("{HEADER}import type * as module from \"../{from}.js\";\n\ndeclare global {{\n");
    for class in classes {
        add(
            &mut text,
            format_args!("  const {class}: typeof module.{class};\n  type {class} = module.{class};\n"),
        );
    }
    text.push_str("}\n");
    file(&format!("global/{stem}.d.ts"), text)
}

fn file(path: &str, text: String) -> File {
    File::text(format!("{FOLDER}/{path}"), text)
}
