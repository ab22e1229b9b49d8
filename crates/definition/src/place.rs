//! The reader's place in a document: a chain on the stack that becomes a [`Pointer`] only when one is needed.

use std::fmt::Write as _;

use crate::model::Pointer;

/// As much of a key as a pointer shows, in characters. Longer ones are cut: what has such keys means no good.
const SHOWN: usize = 2_000;

/// A place in a document, cheap to extend and to throw away.
#[derive(Debug, Clone, Copy)]
pub(crate) struct At<'p> {
    parent: Option<&'p At<'p>>,
    step: Step<'p>,
}

#[derive(Debug, Clone, Copy)]
enum Step<'p> {
    /// An absolute place, such as the target of a reference.
    Pointer(&'p str),
    Key(&'p str),
    Index(usize),
}

impl<'p> At<'p> {
    /// The document itself.
    pub(crate) const ROOT: At<'static> = At { parent: None, step: Step::Pointer("#") };

    /// The place that `pointer` names, which is complete and already escaped: `#/parameters/page`.
    pub(crate) const fn pointer_text(pointer: &'p str) -> Self {
        Self { parent: None, step: Step::Pointer(pointer) }
    }

    /// The member `key` of the object here.
    pub(crate) const fn key(&'p self, key: &'p str) -> At<'p> {
        At { parent: Some(self), step: Step::Key(key) }
    }

    /// The item `index` of the list here.
    pub(crate) const fn index(&'p self, index: usize) -> At<'p> {
        At { parent: Some(self), step: Step::Index(index) }
    }

    /// This place in words of the document.
    pub(crate) fn pointer(&self) -> Pointer {
        // Most places fit; a longer one grows.
        let mut text = String::with_capacity(96);
        self.write(&mut text);
        Pointer(text)
    }

    fn write(&self, text: &mut String) {
        if let Some(parent) = self.parent {
            parent.write(text);
        }
        match self.step {
            Step::Pointer(pointer) => text.push_str(pointer),
            Step::Key(key) => {
                text.push('/');
                escape_into(text, key);
            }
            Step::Index(index) => {
                text.push('/');
                // Writing to a text cannot fail.
                let _ = write!(text, "{index}");
            }
        }
    }
}

/// Appends `key` as a pointer has it: `~` and `/` escaped, and whatever a terminal might act on as `%XX`.
fn escape_into(text: &mut String, key: &str) {
    let key = key.char_indices().nth(SHOWN).map_or(key, |(end, _)| &key[..end]);
    let plain = |byte: u8| matches!(byte, 0x21..=0x7e) && !matches!(byte, b'~' | b'/' | b'%');
    let mut rest = key;
    while let Some(index) = rest.bytes().position(|byte| !plain(byte)) {
        let (before, from) = rest.split_at(index);
        text.push_str(before);
        let length = from.chars().next().map_or(1, char::len_utf8);
        let (special, after) = from.split_at(length);
        match special {
            "~" => text.push_str("~0"),
            "/" => text.push_str("~1"),
            _ => {
                for byte in special.bytes() {
                    let _ = write!(text, "%{byte:02X}");
                }
            }
        }
        rest = after;
    }
    text.push_str(rest);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_becomes_a_pointer_with_its_keys_escaped() {
        let paths = At::ROOT.key("paths");
        let users = paths.key("/api/v2/users/{userId}");
        let parameters = users.key("get~\u{202e}");
        assert_eq!(parameters.index(0).pointer().0, "#/paths/~1api~1v2~1users~1{userId}/get~0%E2%80%AE/0");
        assert_eq!(At::pointer_text("#/parameters/page").key("name").pointer().0, "#/parameters/page/name");
    }
}
