//! Why a text does not fit a type, and where.

/// A text does not fit the type it was read as.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}at byte {offset}: {problem}", place(.path))]
pub struct DecodeError {
    pub(super) path: String,
    pub(super) offset: usize,
    pub(super) problem: Problem,
}

impl DecodeError {
    /// The fields and positions that lead to the place, such as `entities[3].name`; empty for the whole text.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Returns the number of bytes before the place.
    pub const fn offset(&self) -> usize {
        self.offset
    }

    /// Returns the problem.
    pub const fn problem(&self) -> Problem {
        self.problem
    }
}

fn place(path: &str) -> String {
    if path.is_empty() { String::new() } else { format!("`{path}` ") }
}

/// A problem at a place in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// The bytes are not UTF-8.
    #[error("the text is not UTF-8")]
    Encoding,
    /// The text ends in the middle of a value.
    #[error("the text ends too early")]
    End,
    /// Something stands after the value.
    #[error("unexpected data after the value")]
    Trailing,
    /// Another kind of value, or no value at all.
    #[error("expected {expected}, found {found}")]
    Unexpected {
        /// The expected value, such as `a text`.
        expected: &'static str,
        /// The value found, such as `a number`.
        found: &'static str,
    },
    /// A text holds an escape that JSON does not have, or half of a pair.
    #[error("the text contains an escape that is not a character")]
    Escape,
    /// A text holds a control character as it is.
    #[error("the text contains a control character that is not escaped")]
    Control,
    /// A number is not written as JSON has it.
    #[error("the number is not valid JSON")]
    Number,
    /// A whole number does not fit 64 bits with a sign, or a number does not fit a double.
    #[error("the number is too large")]
    Range,
    /// A number with a fraction stands where a whole one belongs.
    #[error("expected a whole number, found a fraction")]
    Fraction,
    /// Lists and objects stand too deep within each other.
    #[error("the value is nested more than {limit} levels deep")]
    Depth {
        /// The number of levels that are read.
        limit: usize,
    },
}
