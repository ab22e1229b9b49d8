//! Problems of a definition, collected with their place and a remedy, reported together.

use std::fmt;

use crate::model::Pointer;
use crate::place::At;

/// Most problems that are kept; a hostile document could have millions.
const KEPT: usize = 500;

/// The severity of a [`Problem`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// The definition is used; what was found there was read in the one sensible way.
    Warning,
    /// The definition is used without what was found there: an operation is left out, a type is any value, a key is
    /// ignored.
    Omission,
    /// The definition is refused.
    Error,
}

/// One thing that is wrong with a definition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Its severity: an error stops the reading.
    pub severity: Severity,
    /// The document, as its [`Source`](crate::Source) is called; empty for one without a name.
    pub document: String,
    /// Its place in the document.
    pub place: Pointer,
    /// The problem.
    pub message: String,
    /// The remedy.
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
    /// The consequence of an error in the part that is being read.
    cost: Cost,
    /// Errors, and omissions of whole operations.
    failures: usize,
    /// By severity.
    counts: [usize; 3],
}

/// The consequence of an error in a part of a definition.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) enum Cost {
    /// The definition cannot be used.
    #[default]
    Definition,
    /// The operations of this name, such as `GET /users`, are left out.
    Operation(String),
    /// The part alone: what it would have said is not known.
    Part,
}

impl Problems {
    /// For the document called `document`.
    pub(crate) fn of(document: &str) -> Self {
        Self { document: document.to_owned(), ..Self::default() }
    }

    /// Notes what cannot be read, at the cost of [`Self::within`].
    pub(crate) fn error(&mut self, at: At<'_>, message: impl Into<String>, remedy: impl Into<String>) {
        match &self.cost {
            Cost::Definition => self.fatal(at, message, remedy),
            Cost::Operation(name) => {
                let message = format!("{} is left out: {}", quoted(name), message.into());
                self.failures += 1;
                self.push(Severity::Omission, at, message, remedy.into());
            }
            Cost::Part => self.omission(at, message, remedy),
        }
    }

    /// Notes what stops the reading, wherever it is: a bound that keeps a hostile definition in check.
    pub(crate) fn fatal(&mut self, at: At<'_>, message: impl Into<String>, remedy: impl Into<String>) {
        self.failures += 1;
        self.push(Severity::Error, at, message.into(), remedy.into());
    }

    /// Notes what is left out.
    pub(crate) fn omission(&mut self, at: At<'_>, message: impl Into<String>, remedy: impl Into<String>) {
        self.push(Severity::Omission, at, message.into(), remedy.into());
    }

    /// Reads a part whose errors cost no more than `cost`; `None` if they cost an operation or the definition.
    pub(crate) fn within<T>(&mut self, cost: Cost, read: impl FnOnce(&mut Self) -> T) -> Option<T> {
        let around = std::mem::replace(&mut self.cost, cost);
        let before = self.failures;
        let result = read(self);
        self.cost = around;
        (self.failures == before).then_some(result)
    }

    /// Reads a part whose errors cost that part alone.
    pub(crate) fn lenient<T>(&mut self, read: impl FnOnce(&mut Self) -> T) -> T {
        let around = std::mem::replace(&mut self.cost, Cost::Part);
        let result = read(self);
        self.cost = around;
        result
    }

    /// Notes what the reading passes over.
    pub(crate) fn warning(&mut self, at: At<'_>, message: impl Into<String>, remedy: impl Into<String>) {
        self.push(Severity::Warning, at, message.into(), remedy.into());
    }

    fn push(&mut self, severity: Severity, at: At<'_>, message: String, remedy: String) {
        self.counts[severity as usize] += 1;
        if self.list.len() >= KEPT {
            // An error must not vanish behind warnings: it takes the place of the last one.
            let Some(index) = self.list.iter().rposition(|kept| kept.severity < severity) else {
                return;
            };
            self.list.remove(index);
        }
        let mut document = self.document.clone();
        let mut place = at.pointer();
        // The place in another file of the definition begins with its path.
        if let Some((file, pointer)) = place.0.split_once('#').filter(|(file, _)| !file.is_empty()) {
            document = file.escape_debug().to_string();
            place = Pointer(format!("#{pointer}"));
        }
        self.list.push(Problem { severity, document, place, message, remedy });
    }

    /// Everything noted, or the errors alone if there is one. A definition that has lost everything is refused for what
    /// it has lost.
    pub(crate) fn finish(self, nothing_left: bool) -> Result<Vec<Problem>, Faults> {
        let of = |severity: Severity| self.counts[severity as usize];
        let refused_for = if of(Severity::Error) > 0 {
            Severity::Error
        } else if nothing_left && of(Severity::Omission) > 0 {
            Severity::Omission
        } else {
            return Ok(self.list);
        };
        let count = of(refused_for);
        let mut problems = self.list;
        problems.retain(|problem| problem.severity == refused_for);
        for problem in &mut problems {
            problem.severity = Severity::Error;
        }
        let omitted = count - problems.len();
        Err(Faults { problems, omitted })
    }
}

/// The errors of a definition, one a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Faults {
    /// In the order in which they were met; never empty.
    pub problems: Vec<Problem>,
    /// The number of further ones that are not listed.
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
        let warnings = problems.finish(false).unwrap();
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
        let faults = problems.finish(false).unwrap_err();
        assert_eq!(faults.to_string(), "#/paths/~1users: wrong; correct it");
        assert_eq!(faults.omitted, 0);
    }

    #[test]
    fn an_error_costs_what_it_stands_in_and_no_more() {
        let mut problems = Problems::of("");
        let lost = problems.within(Cost::Operation("GET /a".to_owned()), |problems| {
            problems.lenient(|problems| problems.error(At::ROOT, "odd", "correct it"));
            problems.error(At::ROOT, "wrong", "correct it");
        });
        assert_eq!(lost, None);
        assert_eq!(problems.within(Cost::Operation("GET /b".to_owned()), |_| 1), Some(1));
        let noted = problems.finish(false).unwrap();
        assert!(noted.iter().all(|problem| problem.severity == Severity::Omission));
        assert_eq!(noted[1].to_string(), "#: `GET /a` is left out: wrong; correct it");
    }

    #[test]
    fn a_definition_of_which_nothing_is_left_is_refused() {
        let mut problems = Problems::of("");
        problems.omission(At::ROOT, "odd", "correct it");
        assert_eq!(problems.finish(true).unwrap_err().to_string(), "#: odd; correct it");
        assert_eq!(Problems::of("").finish(true), Ok(Vec::new()));
    }

    #[test]
    fn text_of_a_definition_is_escaped_and_cut_in_messages() {
        assert_eq!(quoted("a\n\u{202e}b"), "`a\\n\\u{202e}b`");
        assert_eq!(quoted(&"x".repeat(100)), format!("`{}…`", "x".repeat(80)));
    }
}
