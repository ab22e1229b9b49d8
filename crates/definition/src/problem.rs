//! What is wrong with a definition: collected with its place and a remedy, reported together.

use std::fmt;

use crate::model::Pointer;
use crate::place::At;

/// Most problems that are kept; a hostile document could have millions.
const KEPT: usize = 500;

/// How bad a [`Problem`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// The definition is used; what was found there was left out or read in the one sensible way.
    Warning,
    /// The definition is refused.
    Error,
}

/// One thing that is wrong with a definition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Whether it stops the reading.
    pub severity: Severity,
    /// The document, as its [`Source`](crate::Source) is called; empty for one without a name.
    pub document: String,
    /// Where in the document.
    pub place: Pointer,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub remedy: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}: {}; {}", self.document, self.place, self.message, self.remedy)
    }
}

/// The problems found so far.
#[derive(Debug, Default)]
pub(crate) struct Problems {
    document: String,
    list: Vec<Problem>,
    errors: usize,
    omitted: usize,
}

impl Problems {
    /// For the document called `document`.
    pub(crate) fn of(document: &str) -> Self {
        Self { document: document.to_owned(), ..Self::default() }
    }

    /// Notes what stops the reading.
    pub(crate) fn error(&mut self, at: At<'_>, message: impl Into<String>, remedy: impl Into<String>) {
        self.errors += 1;
        self.push(Severity::Error, at, message.into(), remedy.into());
    }

    /// Notes what the reading passes over.
    pub(crate) fn warning(&mut self, at: At<'_>, message: impl Into<String>, remedy: impl Into<String>) {
        self.push(Severity::Warning, at, message.into(), remedy.into());
    }

    fn push(&mut self, severity: Severity, at: At<'_>, message: String, remedy: String) {
        if self.list.len() >= KEPT {
            self.omitted += 1;
            // An error must not vanish behind warnings: it takes the place of the last one.
            if severity == Severity::Warning {
                return;
            }
            let Some(index) = self.list.iter().rposition(|kept| kept.severity == Severity::Warning) else {
                return;
            };
            self.list.remove(index);
        }
        let document = self.document.clone();
        self.list.push(Problem { severity, document, place: at.pointer(), message, remedy });
    }

    /// Everything noted, or the errors alone if there is one.
    pub(crate) fn finish(self) -> Result<Vec<Problem>, Faults> {
        if self.errors == 0 {
            return Ok(self.list);
        }
        let mut problems = self.list;
        problems.retain(|problem| problem.severity == Severity::Error);
        let omitted = self.errors - problems.len();
        Err(Faults { problems, omitted })
    }
}

/// The errors of a definition, one a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Faults {
    /// In the order in which they were met; never empty.
    pub problems: Vec<Problem>,
    /// How many more there are than are listed.
    pub omitted: usize,
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.problems.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{problem}")?;
        }
        if self.omitted > 0 {
            write!(f, "\n… and {} more", self.omitted)?;
        }
        Ok(())
    }
}

/// Text of a definition inside a message: quoted, escaped, and cut when it is long.
pub(crate) fn quoted(text: &str) -> String {
    const SHOWN: usize = 80;
    let Some((end, _)) = text.char_indices().nth(SHOWN) else {
        return format!("`{}`", text.escape_debug());
    };
    format!("`{}…`", text[..end].escape_debug())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn warnings_alone_stop_nothing() {
        let mut problems = Problems::of("a.json");
        problems.warning(At::ROOT, "odd", "leave it out");
        let warnings = problems.finish().unwrap();
        assert_eq!(warnings[0].to_string(), "a.json#: odd; leave it out");
    }

    #[test]
    fn an_error_behind_a_thousand_warnings_is_still_shown() {
        let mut problems = Problems::of("");
        for _ in 0..1_000 {
            problems.warning(At::ROOT, "odd", "leave it out");
        }
        let paths = At::ROOT.key("paths");
        problems.error(paths.key("/users"), "wrong", "correct it");
        let faults = problems.finish().unwrap_err();
        assert_eq!(faults.to_string(), "#/paths/~1users: wrong; correct it");
        assert_eq!(faults.omitted, 0);
    }

    #[test]
    fn text_of_a_definition_is_escaped_and_cut_in_messages() {
        assert_eq!(quoted("a\n\u{202e}b"), "`a\\n\\u{202e}b`");
        assert_eq!(quoted(&"x".repeat(100)), format!("`{}…`", "x".repeat(80)));
    }
}
