//! Reads the definition of the `PureCloud` Platform API into one resolved, read-only model.
//!
//! A definition is Swagger 2.0 or `OpenAPI` 3.0/3.1, JSON or YAML, and untrusted: whatever it holds, the result
//! is a [`Platform`] or a list of problems, each with its place and a remedy.

mod assemble;
#[cfg(feature = "bundled")]
pub mod bundled;
mod draft;
mod error;
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
mod paging;
pub mod path;
mod place;
mod problem;
mod resolve;
mod schema;
pub mod source;
mod swagger2;
mod text;

#[cfg(feature = "bundled")]
pub use bundled::bundled;
pub use error::DefinitionError;
pub use load::{Loaded, load, load_all};
pub use model::Platform;
pub use problem::{Faults, Problem, Severity};
pub use source::Source;
