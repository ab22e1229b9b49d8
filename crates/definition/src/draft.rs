//! A definition that is read and resolved but not yet named: what the readers make and [`crate::assemble`] finishes.

use serde_json::Value;

use crate::model::{
    Bounds, Form, LegacyArgument, Method, PathTemplate, Permissions, Place, Pointer, Property, Segment, Type,
};

/// One definition, in its own words.
#[derive(Debug, Default)]
pub(crate) struct Draft {
    pub(crate) title: String,
    pub(crate) version: String,
    pub(crate) operations: Vec<Operation>,
    pub(crate) models: Vec<Model>,
    pub(crate) enumerations: Vec<Enumeration>,
}

impl Draft {
    /// The first segments after `/api/v2/`, sorted.
    pub(crate) fn first_segments(&self) -> Vec<String> {
        let firsts = self.operations.iter().filter_map(|operation| {
            let [Segment::Literal(api), Segment::Literal(v2), Segment::Literal(first), ..] =
                operation.path.segments.as_slice()
            else {
                return None;
            };
            (api == "api" && v2 == "v2").then(|| first.clone())
        });
        let mut firsts: Vec<String> = firsts.collect();
        firsts.sort_unstable();
        firsts.dedup();
        firsts
    }
}

/// A [`crate::model::Operation`] without the names that are ours to make.
#[derive(Debug)]
pub(crate) struct Operation {
    /// `operationId`, or what the naming rule gives where there is none.
    pub(crate) wire_name: String,
    pub(crate) method: Method,
    pub(crate) path: PathTemplate,
    /// As written; may be empty.
    pub(crate) tags: Vec<String>,
    /// In the order of the definition until [`positional`] has seen them.
    pub(crate) parameters: Vec<Parameter>,
    pub(crate) result: Option<Type>,
    /// As in [`crate::model::Operation::successes`].
    pub(crate) successes: Vec<u16>,
    pub(crate) consumes: Vec<String>,
    pub(crate) form: Option<Form>,
    pub(crate) produces: Vec<String>,
    pub(crate) authenticated: bool,
    pub(crate) scopes: Vec<String>,
    pub(crate) permissions: Option<Permissions>,
    pub(crate) deprecated: bool,
    pub(crate) retired: bool,
    pub(crate) summary: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) shipped: Vec<Shipped>,
    pub(crate) legacy_arguments: Option<Vec<LegacyArgument>>,
    pub(crate) first_arguments: Option<Vec<LegacyArgument>>,
    pub(crate) origin: Pointer,
}

/// A name that an older SDK shipped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Shipped {
    /// Such as `UsersApi`.
    pub(crate) class: String,
    /// Such as `getMe`.
    pub(crate) name: String,
}

/// A [`crate::model::Parameter`] without its name.
#[derive(Debug, Clone)]
pub(crate) struct Parameter {
    pub(crate) wire_name: String,
    pub(crate) place: Place,
    pub(crate) kind: Type,
    pub(crate) bounds: Bounds,
    pub(crate) default: Option<Value>,
    pub(crate) description: Option<String>,
    pub(crate) deprecated: bool,
}

/// The claim to a plain name that two want: the lower rank keeps it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Rank {
    /// The definition names it.
    Named,
    /// It stands inside something else and is called after it.
    Inline,
    /// It comes from an older definition.
    #[cfg(feature = "bundled")]
    Inherited,
}

/// A [`crate::model::Model`] without its name.
#[derive(Debug)]
pub(crate) struct Model {
    /// As the definition writes it, or made of its owner's and its property's name.
    pub(crate) wire_name: String,
    pub(crate) rank: Rank,
    pub(crate) properties: Vec<Property>,
    pub(crate) additional: Option<Type>,
    pub(crate) description: Option<String>,
    pub(crate) origin: Pointer,
}

/// A [`crate::model::Enumeration`] without its name.
#[derive(Debug)]
pub(crate) struct Enumeration {
    /// As the definition writes it, or made of its owner's and its property's name.
    pub(crate) wire_name: String,
    pub(crate) rank: Rank,
    pub(crate) values: Vec<Value>,
    pub(crate) origin: Pointer,
}

/// Puts parameters into the order of positional arguments, whatever the order in which a definition lists them: those
/// of the path, then what else is required with the body last, then what may be left out with the body first. Within
/// each of these groups the definition's order stands.
///
/// This is the order of all required arguments in the platform's own SDK (262.0.0), which has two operations with
/// both a body and something else that is required: `postLearningRulesQuery` and `putQualitySurveysScorable`. It has no
/// order of the others, which are passed by name there.
pub(crate) fn positional(mut parameters: Vec<Parameter>) -> Vec<Parameter> {
    parameters.sort_by_key(|parameter| match parameter.place {
        Place::Path => 0,
        Place::Body { required: true } => 2,
        Place::Body { required: false } => 3,
        ref place if place.required() => 1,
        _ => 4,
    });
    parameters
}
