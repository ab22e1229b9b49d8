//! TypeScript declarations: every API, every method in each of its names, every model and enumeration.
//!
//! All files are below `types/`:
//!
//! | file | what |
//! | --- | --- |
//! | `session.d.ts` | the runtime's own types, written by hand |
//! | `config.d.ts`, `fleet.d.ts`, `helpers.d.ts`, `popup.d.ts`, `testing.d.ts` | those of the runtime's parts, likewise
//! |
//! | `<subpath>.d.ts` | one per API: its class, and the types that no other API can reach |
//! | `models/<name>.d.ts` | types that several APIs share; see `placement` for how they are grouped |
//! | `models/unreached.d.ts` | models that no operation mentions: the bodies of notifications, above all |
//! | `index.d.ts` | the runtime's types, every API, and every type that an operation reaches |
//! | `models.d.ts` | every API and every type, also those that no operation reaches |
//! | `global.d.ts` | the globals of the script-tag products; `global/<subpath>.d.ts` has those of one partial |
//!
//! A package of some APIs has no types that only the others reach.
//!
//! A declaration file says by its ending, or by the `type` of its package, whether it describes an ES module or a
//! CommonJS one, and an ES module may import the types of a CommonJS one but not the reverse. So each `.d.ts` holds
//! its types once, as CommonJS (the package must say `"type": "commonjs"`), and the `.d.mts` beside each entry
//! only exports it again, for the `import` condition of the package's `exports`.
//!
//! Nothing here needs the DOM's types or Node's: where they are loaded, `Blob`, `AbortSignal` and the like are used.

mod class;
mod docs;
mod entries;
mod model;
mod names;
mod placement;
mod reach;
mod sheet;
pub(super) mod text;
mod topics;

use purecloud_definition::model::Platform;
use purecloud_definition::{Depth, Summaries};

use self::names::Names;
use self::placement::{Item, Placement, Sheet};
use self::sheet::{Context, Writer};
use self::text::add;
use super::Plan;
use crate::File;

/// The folder of the declarations in the package.
const FOLDER: &str = "types";

/// The runtime's own types, under `types/session.d.ts`.
const SESSION: &str = include_str!("declarations/session.d.ts");

/// The exports of the runtime's parts, by the name of the part.
const PART_TYPES: [(&str, &str); 5] = [
    ("config", include_str!("declarations/config.d.ts")),
    ("fleet", include_str!("declarations/fleet.d.ts")),
    ("helpers", include_str!("declarations/helpers.d.ts")),
    ("popup", include_str!("declarations/popup.d.ts")),
    ("testing", include_str!("declarations/testing.d.ts")),
];

/// All declarations of the package, ordered by path.
pub fn emit(platform: &Platform, plan: &Plan) -> Vec<File> {
    let names = Names::new(platform, plan);
    let placement = Placement::new(platform, plan, &names);
    let trimmed = platform.trimmed(Depth::Top);
    let summaries = Summaries::new(platform);
    let context = Context { platform, summaries, trimmed, names: &names, placement: &placement };
    let mut files: Vec<_> = placement
        .sheets
        .iter()
        .enumerate()
        .map(|(index, sheet)| {
            let text = write_sheet(&context, plan, index, sheet);
            File::text(format!("{FOLDER}/{}.d.ts", sheet.stem), text)
        })
        .collect();
    files.push(File::text(format!("{FOLDER}/session.d.ts"), SESSION));
    files.extend(PART_TYPES.map(|(stem, text)| File::text(format!("{FOLDER}/{stem}.d.ts"), text)));
    let mut events = Writer::new(&context, sheet::NO_SHEET);
    topics::topics(&mut events, platform);
    files.push(File::text(format!("{FOLDER}/events.d.ts"), events.finish(entries::HEADER)));
    files.extend(entries::emit(plan, &placement));
    files.sort_by(|a, b| a.path.cmp(&b.path));
    files
}

fn write_sheet(context: &Context, plan: &Plan, index: usize, sheet: &Sheet) -> String {
    let mut writer = Writer::new(context, index);
    // So that one import gives a program the class and every type that its methods mention.
    for cluster in &sheet.clusters {
        add(&mut writer.out, format_args!("export * from \"./{cluster}.js\";\n"));
    }
    if !sheet.clusters.is_empty() {
        writer.out.push('\n');
    }
    if let Some(class) = sheet.class {
        class::class(&mut writer, &plan.classes[class]);
    }
    for &item in &sheet.items {
        match item {
            Item::Model(id) => {
                model::model(&mut writer, item.name(context.names), context.platform.model(id));
            }
            Item::Enumeration(id) => {
                model::enumeration(&mut writer, item.name(context.names), context.platform.enumeration(id));
            }
            Item::Options(id) => class::options(&mut writer, id),
        }
    }
    writer.finish(entries::HEADER)
}
