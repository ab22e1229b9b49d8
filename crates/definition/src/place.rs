//! Where in a document the reader stands: a chain on the stack that becomes a [`Pointer`] only when one is needed.

use std::fmt::Write as _;

use crate::model::Pointer;

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
        let mut text = String::new();
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
    for byte in key.bytes() {
        match byte {
            b'~' => text.push_str("~0"),
            b'/' => text.push_str("~1"),
            b'%' | 0..=0x20 | 0x7f..=0xff => {
                let _ = write!(text, "%{byte:02X}");
            }
            _ => text.push(char::from(byte)),
        }
    }
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
