//! Reads the definition of the `PureCloud` Platform API into one resolved, read-only model.
//!
//! A definition is Swagger 2.0 or `OpenAPI` 3.0/3.1, JSON or YAML, and untrusted: whatever it holds, the result
//! is a [`Platform`] or a list of problems, each with its place and a remedy.
//!
//! ```
//! # #[cfg(feature = "bundled")]
//! # fn main() -> Result<(), purecloud_definition::DefinitionError> {
//! let platform = purecloud_definition::bundled()?;
//! let me = platform.operations.iter().find(|operation| operation.name == "getUsersMe");
//! assert_eq!(me.map(|operation| operation.path.text.as_str()), Some("/api/v2/users/me"));
//! # Ok(())
//! # }
//! # #[cfg(not(feature = "bundled"))]
//! # fn main() {}
//! ```
//!
//! # On the way from text to model
//!
//! | stage | module | knows |
//! | --- | --- | --- |
//! | text | `source` | files, addresses, sizes |
//! | tree | `text`, `node`, `files` | JSON, YAML, depth; repeated keys are still there |
//! | draft | `swagger2`, `openapi3` over `operations`, `schema`, `keywords`, `resolve` | one definition, without names of ours |
//! | one draft | `merge`, `legacy` | several definitions and older generations |
//! | platform | `assemble`, [`names`], `paging` | names, order, paging styles |
//!
//! A later stage never sees an earlier one's problems: there is no `$ref` in a draft, and nothing without a name in
//! a platform.
//!
//! # What is a problem
//!
//! An [`Error`](Severity::Error) stops the reading: a document that is not a definition, one that grows past all bounds,
//! one of which nothing is left. An [`Omission`](Severity::Omission) does not: one odd operation is left out, a schema
//! that cannot be read or resolved is any value, a key that the specification does not have is ignored. A
//! [`Warning`](Severity::Warning) is about faults of real definitions that can be read in one sensible way, and keywords
//! of a schema that are not carried over.

mod assemble;
#[cfg(feature = "bundled")]
pub mod bundled;
pub mod compact;
mod draft;
mod error;
mod files;
mod keywords;
#[cfg(feature = "bundled")]
mod legacy;
mod load;
mod merge;
mod methods;

pub mod model;
pub mod names;
mod node;
mod openapi3;
mod operations;
pub mod paging;
pub mod path;
mod place;
mod problem;
mod read_only;
mod resolve;
mod schema;
pub mod source;
mod summary;
mod swagger2;
mod text;

#[cfg(feature = "bundled")]
pub use bundled::bundled;
pub use error::DefinitionError;
pub use load::{Loaded, load, load_all};
pub use model::Platform;
pub use problem::{Faults, Problem, Severity};
pub use read_only::Depth;
pub use source::Source;
pub use summary::Summaries;
