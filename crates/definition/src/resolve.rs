//! References: `$ref` and the JSON pointers in it.

use std::borrow::Cow;
use std::collections::HashMap;

use crate::files::Files;
use crate::node::{Node, Object};

/// Most references that lead from one to the next. Real definitions have one or two.
pub(crate) const MAX_HOPS: usize = 64;

/// Objects with more members than this are looked up through an index.
const INDEXED: usize = 16;

/// Finds what references mean within one document and the files that it refers to.
pub(crate) struct Resolver<'d> {
    root: &'d Node<'d>,
    files: &'d Files<'d>,
    /// Indices of the large objects met so far, by address: a document may hold many references into one object.
    indices: HashMap<*const Object<'d>, HashMap<&'d str, &'d Node<'d>>>,
}

/// Why a reference leads nowhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unresolved {
    /// It names another document.
    Elsewhere,
    /// It is no JSON pointer.
    Malformed,
    /// Nothing is there.
    Missing,
    /// It leads back to itself, or further than [`MAX_HOPS`].
    Endless,
}

impl Unresolved {
    /// The problem and its remedy, for a [`crate::Problem`].
    pub(crate) const fn explain(self) -> (&'static str, &'static str) {
        match self {
            Self::Elsewhere => {
                let remedy = "put it into the folder of the definition, or bundle the documents into one";
                ("points to a document that is not read", remedy)
            }
            Self::Malformed => ("is not a JSON pointer", "write it as `#/definitions/Name`"),
            Self::Missing => ("points to nothing", "add the target or correct the reference"),
            Self::Endless => ("points back to itself", "end the chain at something that is not a reference"),
        }
    }
}

impl<'d> Resolver<'d> {
    pub(crate) fn new(root: &'d Node<'d>, files: &'d Files<'d>) -> Self {
        Self { root, files, indices: HashMap::new() }
    }

    /// Finds the node at `reference`, such as `#/parameters/page`; one step, not a chain.
    pub(crate) fn find(&mut self, reference: &str) -> Result<&'d Node<'d>, Unresolved> {
        let Some((file, pointer)) = reference.split_once('#') else {
            return Err(Unresolved::Elsewhere);
        };
        let root = match file {
            "" => self.root,
            file => self.files.get(file).ok_or(Unresolved::Elsewhere)?,
        };
        let pointer = percent_decoded(pointer).ok_or(Unresolved::Malformed)?;
        if pointer.is_empty() {
            return Ok(root);
        }
        let Some(steps) = pointer.strip_prefix('/') else {
            return Err(Unresolved::Malformed);
        };
        let mut node = root;
        let mut rest = Some(steps);
        while let Some(steps) = rest {
            (node, rest) = self.step(node, steps).ok_or(Unresolved::Missing)?;
        }
        Ok(node)
    }

    /// Finds the node at the first step of `steps` in `node`, and the steps that are left. If there is none, the
    /// first few are tried together: keys with a `/` in them are often written as they are.
    fn step<'s>(&mut self, node: &'d Node<'d>, steps: &'s str) -> Option<(&'d Node<'d>, Option<&'s str>)> {
        const TOGETHER: usize = 8;
        let ends = steps.match_indices('/').map(|(end, _)| end).chain([steps.len()]);
        for end in ends.take(TOGETHER) {
            let key = unescaped(&steps[..end]);
            let found = match node {
                Node::Object(object) => self.member(object, &key),
                Node::List(list) => key.parse::<usize>().ok().and_then(|index| list.get(index)),
                _ => None,
            };
            if let Some(found) = found {
                return Some((found, steps.get(end + 1..)));
            }
        }
        None
    }

    /// Finds the node at `reference` after every reference on the way, and the last of those references.
    pub(crate) fn follow(&mut self, reference: &'d str) -> Result<(&'d Node<'d>, &'d str), Unresolved> {
        let mut reference = reference;
        for _ in 0..MAX_HOPS {
            let node = self.find(reference)?;
            match node.get("$ref").and_then(Node::as_text) {
                Some(next) => reference = next,
                None => return Ok((node, reference)),
            }
        }
        Err(Unresolved::Endless)
    }

    fn member(&mut self, object: &'d Object<'d>, key: &str) -> Option<&'d Node<'d>> {
        if object.len() <= INDEXED {
            return object.get(key);
        }
        let index = self.indices.entry(std::ptr::from_ref(object)).or_insert_with(|| object.iter().collect());
        index.get(key).copied()
    }
}

/// The one key that `rest`, what follows a `/` in a reference, stands for; `None` if it is several or none.
pub(crate) fn single_step(rest: &str) -> Option<Cow<'_, str>> {
    if !rest.contains(['/', '%', '~']) {
        return Some(Cow::Borrowed(rest));
    }
    let decoded = percent_decoded(rest)?;
    (!decoded.contains('/')).then(|| Cow::Owned(unescaped(&decoded).into_owned()))
}

/// Undoes the escapes of a JSON pointer.
fn unescaped(step: &str) -> Cow<'_, str> {
    if step.contains('~') {
        Cow::Owned(step.replace("~1", "/").replace("~0", "~"))
    } else {
        Cow::Borrowed(step)
    }
}

/// Undoes `%XX`; `None` where that is not UTF-8.
pub(crate) fn percent_decoded(text: &str) -> Option<Cow<'_, str>> {
    if !text.contains('%') {
        return Some(Cow::Borrowed(text));
    }
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut index = 0;
    while index < bytes.len() {
        let hex = text.get(index + 1..index + 3).and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match (bytes[index], hex) {
            (b'%', Some(byte)) => {
                decoded.push(byte);
                index += 3;
            }
            (byte, _) => {
                decoded.push(byte);
                index += 1;
            }
        }
    }
    String::from_utf8(decoded).ok().map(Cow::Owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::parse;

    const DOCUMENT: &str = r##"{
        "a": { "b/c~d e": [1, 2], "next": { "$ref": "#/end" } },
        "end": "here",
        "circle": { "$ref": "#/circle" }
    }"##;

    #[track_caller]
    fn check(reference: &str, expected: &Result<Node<'_>, Unresolved>) {
        let mut arena = bumpalo::Bump::new();
        let (root, _) = parse("", DOCUMENT, &mut arena).unwrap();
        let files = Files::new();
        let found = Resolver::new(&root, &files).follow(reference).map(|(node, _)| node.clone());
        assert_eq!(&found, expected, "{reference}");
    }

    #[test]
    fn references_are_followed_through_escapes_lists_and_other_references() {
        check("#/a/b~1c~0d e/1", &Ok(Node::Number(2.into())));
        check("#/a/b~1c~0d%20e/1", &Ok(Node::Number(2.into())));
        check("#/a/b/c~0d e/1", &Ok(Node::Number(2.into())));
        check("#/end", &Ok(Node::Text("here")));
        check("#/a/next", &Ok(Node::Text("here")));
    }

    #[test]
    fn references_that_lead_nowhere_say_why() {
        check("#/nobody", &Err(Unresolved::Missing));
        check("#/a/b~1c~0d e/2", &Err(Unresolved::Missing));
        check("#/a/b~1c~0d e/-1", &Err(Unresolved::Missing));
        check("#/end/further", &Err(Unresolved::Missing));
        check("#end", &Err(Unresolved::Malformed));
        check("#/%ff", &Err(Unresolved::Malformed));
        check("other.json#/a", &Err(Unresolved::Elsewhere));
        check("", &Err(Unresolved::Elsewhere));
        check("#/circle", &Err(Unresolved::Endless));
    }

    #[test]
    fn one_step_is_told_from_several() {
        let step = |text| single_step(text).map(Cow::into_owned);
        assert_eq!(step("User").as_deref(), Some("User"));
        assert_eq!(step("a~1b%20c").as_deref(), Some("a/b c"));
        assert_eq!(step("User/properties"), None);
        assert_eq!(step("User%2Fproperties"), None);
    }
}
