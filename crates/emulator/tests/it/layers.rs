//! Which part of the emulator may know which.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// The folders of the crate that are layers, from the lowest: each knows itself and those before it. Modules that are in no
/// folder yet may know everything, and no layer knows one of them.
const LAYERS: [&str; 4] = ["base", "http", "schema", "state"];

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|end| end == "rs") {
            found.push(path);
        }
    }
}

/// The modules of the crate that a file names, without those in its unit tests.
fn known(text: &str) -> BTreeSet<&str> {
    let tests = ["#[cfg(test)]\nmod tests {", "#[cfg(test)]\npub(crate) mod tests {"];
    let end = tests.iter().filter_map(|tests| text.find(tests)).min().unwrap_or(text.len());
    let code = text[..end].lines().filter(|line| !line.trim_start().starts_with("//"));
    let paths = code.flat_map(|line| line.split("crate::").skip(1));
    paths.map(|path| path.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap()).collect()
}

#[test]
fn a_layer_knows_itself_and_those_below_it() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut wrong = Vec::new();
    for (height, layer) in LAYERS.iter().enumerate() {
        let mut files = Vec::new();
        sources(&source.join(layer), &mut files);
        assert!(!files.is_empty(), "{layer}");
        // What is made up is judged against the whole definition, in tests alone.
        for file in files.iter().filter(|file| !file.ends_with("conformance.rs")) {
            let text = fs::read_to_string(file).unwrap();
            let allowed = |module: &str| LAYERS[..=height].contains(&module);
            let others = known(&text).into_iter().filter(|module| !allowed(module));
            let name = file.strip_prefix(&source).unwrap().display().to_string();
            wrong.extend(others.map(|module| format!("{name} knows {module}")));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_a_file_knows_is_read_from_its_paths() {
    let text = "#[cfg(test)]\nmod conformance;\nuse crate::base::lock;\n// crate::comment\nlet a = crate::http::problem::x(crate::store::y);\n#[cfg(test)]\nmod tests {\n use crate::fixture;";
    assert_eq!(known(text), BTreeSet::from(["base", "http", "store"]));
}
