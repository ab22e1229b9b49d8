//! From text to a [`Platform`].

use std::cell::Cell;

use serde::de::DeserializeSeed;

use crate::assemble::assemble;
use crate::draft::Draft;
use crate::error::DefinitionError;
use crate::keywords::Dialect;
use crate::legacy;
use crate::model::Platform;
use crate::node::{MAX_DEPTH, Node, NodeSeed, TOO_DEEP};
use crate::place::At;
use crate::problem::{Problem, Problems, quoted};
use crate::{openapi3, swagger2};

/// A platform and what was passed over on the way to it.
#[derive(Debug, Clone, PartialEq)]
pub struct Loaded {
    /// The result.
    pub platform: Platform,
    /// What was left out or read in the one sensible way, in the order in which it was met.
    pub warnings: Vec<Problem>,
}

/// Reads one definition without any knowledge of older generations.
///
/// # Errors
/// [`DefinitionError`] if it is not a definition, or one with errors.
pub fn from_json(document: &str, text: &[u8]) -> Result<Loaded, DefinitionError> {
    let (draft, warnings) = draft_of_json(document, text)?;
    let firsts = legacy::first_segments(&draft);
    Ok(Loaded { platform: assemble(draft, firsts, Vec::new()), warnings })
}

pub(crate) fn draft_of_json(document: &str, text: &[u8]) -> Result<(Draft, Vec<Problem>), DefinitionError> {
    let repeats = Cell::new(false);
    let mut deserializer = serde_json::Deserializer::from_slice(text);
    let node = NodeSeed::new(&repeats)
        .deserialize(&mut deserializer)
        .and_then(|node| deserializer.end().map(|()| node))
        .map_err(|error| syntax(document, &error))?;
    draft_of_node(document, &node, repeats.get())
}

fn syntax(document: &str, error: &serde_json::Error) -> DefinitionError {
    let (document, line, column) = (document.to_owned(), error.line(), error.column());
    let message = error.to_string();
    if message.starts_with(TOO_DEEP) || message.starts_with("recursion limit exceeded") {
        return DefinitionError::TooDeep { document, line, column, limit: MAX_DEPTH };
    }
    let place = format!(" at line {line} column {column}");
    let message = message.strip_suffix(&place).unwrap_or(&message).to_owned();
    DefinitionError::Syntax { document, line, column, message }
}

fn draft_of_node(
    document: &str,
    node: &Node<'_>,
    repeats: bool,
) -> Result<(Draft, Vec<Problem>), DefinitionError> {
    let mut problems = Problems::of(document);
    if repeats {
        repeated_keys(node, At::ROOT, &mut problems);
    }
    let draft = read(document, node, &mut problems)?;
    let warnings = problems.finish().map_err(DefinitionError::Faulty)?;
    Ok((draft, warnings))
}

/// Reads `node` in the language that it says it is written in.
fn read<'d>(document: &str, node: &'d Node<'d>, problems: &mut Problems) -> Result<Draft, DefinitionError> {
    let refused =
        |message: String| Err(DefinitionError::NoDefinition { document: document.to_owned(), message });
    let Node::Object(object) = node else {
        return refused(format!("it holds {}", node.describe()));
    };
    let version = |node: &Node<'_>| match node {
        Node::Text(text) => text.as_ref().to_owned(),
        // YAML reads `swagger: 2.0` as a number.
        Node::Number(number) => number.to_string(),
        other => other.describe().to_owned(),
    };
    if let Some(stated) = object.get("swagger") {
        return match version(stated).as_str() {
            "2.0" | "2" => Ok(swagger2::read(node, object, problems)),
            other => refused(format!("it is written in Swagger {}", quoted(other))),
        };
    }
    if let Some(stated) = object.get("openapi") {
        let stated = version(stated);
        let dialect = match stated.as_str() {
            "3.0" => Dialect::OpenApi30,
            "3.1" => Dialect::OpenApi31,
            text if text.starts_with("3.0.") => Dialect::OpenApi30,
            text if text.starts_with("3.1.") => Dialect::OpenApi31,
            other => return refused(format!("it is written in OpenAPI {}", quoted(other))),
        };
        return Ok(openapi3::read(node, object, dialect, problems));
    }
    refused("it names no language".to_owned())
}

/// Notes each key that stands twice in one object.
fn repeated_keys(node: &Node<'_>, at: At<'_>, problems: &mut Problems) {
    match node {
        Node::List(items) => {
            for (index, item) in items.iter().enumerate() {
                repeated_keys(item, at.index(index), problems);
            }
        }
        Node::Object(object) => {
            let mut seen = std::collections::HashSet::new();
            for (key, value) in object.iter() {
                let here = at.key(key);
                if !seen.insert(key) {
                    problems.error(
                        here,
                        format!("the key {} stands twice", quoted(key)),
                        "leave one of them out",
                    );
                }
                repeated_keys(value, here, problems);
            }
        }
        Node::Null | Node::Boolean(_) | Node::Number(_) | Node::Text(_) => {}
    }
}
