//! The errors of this crate.

use crate::problem::Faults;

/// A definition could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DefinitionError {
    /// The file could not be read.
    #[error("cannot read {document}")]
    Unreadable {
        /// The name of the document.
        document: String,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// The address did not give a definition.
    #[cfg(feature = "fetch")]
    #[error("cannot fetch {url}: {message}")]
    Unfetched {
        /// As it was given, without user, password, query and fragment.
        url: String,
        /// Why not.
        message: String,
    },
    /// More text than any definition has.
    #[error("{document} is larger than {limit} bytes; a definition is a few megabytes")]
    TooLarge {
        /// The name of the document.
        document: String,
        /// Bytes.
        limit: usize,
    },
    /// Neither JSON nor YAML.
    #[error("{document}:{line}:{column}: {message}")]
    Syntax {
        /// The name of the document.
        document: String,
        /// From 1.
        line: usize,
        /// From 1.
        column: usize,
        /// The problem.
        message: String,
    },
    /// More values than any definition has.
    #[error("{document}:{line}:{column}: more than {limit} values; a definition has half a million")]
    TooManyValues {
        /// The name of the document.
        document: String,
        /// From 1.
        line: usize,
        /// From 1.
        column: usize,
        /// Values.
        limit: usize,
    },
    /// Nested more deeply than any definition is.
    #[error("{document}:{line}:{column}: nested more than {limit} levels deep, which no definition needs")]
    TooDeep {
        /// The name of the document.
        document: String,
        /// From 1.
        line: usize,
        /// From 1.
        column: usize,
        /// Levels.
        limit: usize,
    },
    /// Well-formed, but no definition in a language that is known.
    #[error(
        "{document} is not a definition: {message}; a definition has `swagger: \"2.0\"` or `openapi: 3.x` at its top"
    )]
    NoDefinition {
        /// The name of the document.
        document: String,
        /// A description of the value that is there instead.
        message: String,
    },
    /// A definition with errors in it.
    #[error("{0}")]
    Faulty(Faults),
}
