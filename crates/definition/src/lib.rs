//! Reads the definition of the `PureCloud` Platform API into one resolved, read-only model.
//!
//! A definition is Swagger 2.0 or `OpenAPI` 3.0/3.1, JSON or YAML, and untrusted: whatever it holds, the result
//! is a [`Platform`] or a list of problems, each with its place and a remedy.

pub mod model;

pub use model::Platform;
