//! A definition in several files: references to others below the folder of the first one are followed.
//!
//! All files are read before anything else is, and every reference in them is made to say its file, as seen from the
//! folder: `schemas/user.yaml#/User`. From then on a reference means the same wherever it stands.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use bumpalo::Bump;

use crate::node::{MAX_VALUES, Node};
use crate::place::At;
use crate::problem::{Problems, quoted};
use crate::resolve::percent_decoded;
use crate::source::{MAX_BYTES, Source};
use crate::text;

/// Most files of one definition. A large one has an operation or a model in each.
const MAX_FILES: usize = 10_000;

/// The files that a definition refers to, by their path from its folder.
pub(crate) type Files<'d> = HashMap<String, Node<'d>>;

/// Reads the files that `root`, the file called `name` in `folder`, refers to, and those that they refer to. What is
/// returned beside them is `root` with its references rewritten, or nothing when there are no such files. What cannot
/// be read is noted and left out.
pub(crate) fn gather<'d>(
    root: &Node<'_>,
    (folder, name): (&Path, &str),
    arena: &'d Bump,
    problems: &mut Problems,
) -> Option<(Node<'d>, Files<'d>)> {
    if !refers_elsewhere(root) {
        return None;
    }
    let folder = folder.canonicalize().ok()?;
    let mut reader = Reader { name, arena, values: 0, wanted: Vec::new() };
    let root = reader.copy(root, "");
    let mut files = Files::new();
    let mut seen = HashSet::new();
    let mut bytes = 0;
    while let Some(path) = reader.wanted.pop() {
        if !seen.insert(path.clone()) {
            continue;
        }
        if seen.len() > MAX_FILES || reader.values > MAX_VALUES || bytes > MAX_BYTES {
            let message = format!("more than {MAX_FILES} files, {MAX_VALUES} values or {MAX_BYTES} bytes");
            problems.fatal(At::ROOT, message, "bundle what is needed into one file");
            break;
        }
        let read = read(&folder, &path).and_then(|source| {
            bytes += source.text().len();
            let mut own = Bump::new();
            let (node, repeats) =
                text::parse(&path, source.text(), &mut own).map_err(|error| error.to_string())?;
            if repeats {
                return Err("an object has the same key twice".to_owned());
            }
            Ok(reader.copy(&node, &path))
        });
        match read {
            Ok(node) => {
                files.insert(path, node);
            }
            Err(error) => {
                let message = format!("{} is not read: {error}", quoted(&path));
                problems.omission(At::ROOT, message, "correct the file or the references to it");
            }
        }
    }
    Some((root, files))
}

/// The file at `path` below `folder`, which is canonical. A link in it must not lead out of the folder, and what is no
/// plain file is not opened: reading a pipe waits for ever.
fn read(folder: &Path, path: &str) -> Result<Source, String> {
    let target: PathBuf = folder.join(path).canonicalize().map_err(|error| error.to_string())?;
    if !target.starts_with(folder) {
        return Err("it is outside the folder of the definition".to_owned());
    }
    if !target.is_file() {
        return Err("it is not a file".to_owned());
    }
    Source::file(&target).map_err(|error| error.to_string())
}

fn refers_elsewhere(node: &Node<'_>) -> bool {
    match node {
        Node::List(items) => items.iter().any(refers_elsewhere),
        Node::Object(object) => object.iter().any(|(key, value)| match value {
            Node::Text(text) => key == "$ref" && !text.starts_with('#'),
            _ => refers_elsewhere(value),
        }),
        _ => false,
    }
}

struct Reader<'d, 'n> {
    /// The name of the first file in the folder.
    name: &'n str,
    arena: &'d Bump,
    values: usize,
    wanted: Vec<String>,
}

impl<'d> Reader<'d, '_> {
    /// `node` of the file at `path`, with references as seen from the folder.
    fn copy(&mut self, node: &Node<'_>, path: &str) -> Node<'d> {
        self.values += 1;
        match node {
            Node::Null => Node::Null,
            Node::Boolean(value) => Node::Boolean(*value),
            Node::Number(number) => Node::Number(number.clone()),
            Node::Text(text) => Node::Text(self.arena.alloc_str(text)),
            Node::List(items) => {
                let items: Vec<_> = items.iter().map(|item| self.copy(item, path)).collect();
                Node::List(self.arena.alloc_slice_fill_iter(items))
            }
            Node::Object(object) => {
                let mut members = Vec::with_capacity(object.len());
                for (key, value) in object.iter() {
                    let value = match value {
                        Node::Text(text) if key == "$ref" => {
                            Node::Text(self.arena.alloc_str(&self.reference(text, path)))
                        }
                        value => self.copy(value, path),
                    };
                    members.push((&*self.arena.alloc_str(key), value));
                }
                Node::object(self.arena.alloc_slice_fill_iter(members))
            }
        }
    }

    /// `reference` in the file at `path`, as seen from the folder.
    fn reference(&mut self, reference: &str, path: &str) -> String {
        let (file, pointer) = reference.split_once('#').unwrap_or((reference, ""));
        let target = if file.is_empty() && reference.starts_with('#') {
            Some(path.to_owned())
        } else {
            below(file, path)
        };
        match target {
            Some(target) if target.is_empty() || target == self.name => format!("#{pointer}"),
            Some(target) => {
                let reference = format!("{target}#{pointer}");
                self.wanted.push(target);
                reference
            }
            None => reference.to_owned(),
        }
    }
}

/// The path from the folder of `file`, which stands in the file at `path`; `None` if it is not a path that stays below.
fn below(file: &str, path: &str) -> Option<String> {
    let file = percent_decoded(file)?;
    if file.starts_with('/') || file.contains(|c: char| c.is_control() || "\\:?*\"<>|".contains(c)) {
        return None;
    }
    let mut parts: Vec<&str> = path.split('/').collect();
    parts.pop();
    for part in file.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    (!parts.is_empty()).then(|| parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_seen_from_the_folder_and_stay_below_it() {
        let check =
            |file, path, expect: Option<&str>| assert_eq!(below(file, path).as_deref(), expect, "{file}");
        check("user.yaml", "", Some("user.yaml"));
        check("./a/b.yaml", "", Some("a/b.yaml"));
        check("../c.yaml", "a/b.yaml", Some("c.yaml"));
        check("a%20b.yaml", "", Some("a b.yaml"));
        for outside in ["../a", "a/../../b", "/etc/passwd", "file:///etc/passwd", "C:\\a", "https://a/b", ""]
        {
            check(outside, "", None);
        }
        check("%2e%2e/a", "", None);
        check("../../a", "b/c", None);
    }
}
