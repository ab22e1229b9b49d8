//! Names: the rules by which each generation of the SDK got its names, and the one rule that settles collisions.
//!
//! The rules are plain functions from text to text. What they return is made of ASCII letters, digits and `_`, and
//! does not begin with a digit, whatever the definition holds; whether it is *free* is decided by a [`Scope`].

mod rules;
pub mod rust;
mod scope;

pub use rules::{argument, class, legacy, legacy_argument, member, modern, pascal, singular};
pub use scope::{Reserved, Scope};
