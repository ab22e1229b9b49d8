//! From text to a [`Platform`].

use std::path::Path;

use bumpalo::Bump;

use crate::assemble::assemble;
use crate::draft::Draft;
use crate::error::DefinitionError;
use crate::files::{self, Files};
use crate::keywords::Dialect;
use crate::merge;
use crate::model::Platform;
use crate::node::Node;
use crate::place::At;
use crate::problem::{Problem, Problems, quoted};
use crate::resolve::Resolver;
use crate::source::Source;
use crate::{openapi3, swagger2, text};

/// A platform and what was passed over on the way to it.
#[derive(Debug, Clone, PartialEq)]
pub struct Loaded {
    /// The result.
    pub platform: Platform,
    /// Warnings about parts that were left out or read in the one sensible way, in the order of the document.
    pub warnings: Vec<Problem>,
}

/// Reads one definition, without any knowledge of older generations.
///
/// # Errors
/// [`DefinitionError`] if it is not a definition, or one with errors.
pub fn load(source: &Source) -> Result<Loaded, DefinitionError> {
    load_all(std::slice::from_ref(source))
}

/// Reads several definitions into one platform, without any knowledge of older generations. The first one gives the
/// title and the version; where two define a model of the same name, the first one does.
///
/// # Errors
/// [`DefinitionError`] if one is not a definition or has errors, or if an operation stands in two of them.
pub fn load_all(sources: &[Source]) -> Result<Loaded, DefinitionError> {
    let (draft, warnings) = drafts(sources)?;
    let firsts = draft.first_segments();
    Ok(Loaded { platform: assemble(draft, firsts, Vec::new()), warnings })
}

/// `sources` as one draft.
pub(crate) fn drafts(sources: &[Source]) -> Result<(Draft, Vec<Problem>), DefinitionError> {
    let mut whole = Draft::default();
    let mut warnings = Vec::new();
    for (index, source) in sources.iter().enumerate() {
        let (draft, more) = draft_in(source.name(), source.text(), source.place())?;
        warnings.extend(more);
        if index == 0 {
            whole = draft;
        } else {
            let mut problems = Problems::of(source.name());
            merge::merge(&mut whole, draft, &mut problems);
            warnings.extend(problems.finish(false).map_err(DefinitionError::Faulty)?);
        }
    }
    Ok((whole, warnings))
}

/// Reads `text`, which messages call `document`.
pub(crate) fn draft(document: &str, text: &str) -> Result<(Draft, Vec<Problem>), DefinitionError> {
    draft_in(document, text, None)
}

/// The same of a file, with those that it refers to. `place` is its folder and what it is called there.
fn draft_in(
    document: &str,
    text: &str,
    place: Option<(&Path, &str)>,
) -> Result<(Draft, Vec<Problem>), DefinitionError> {
    let mut arena = Bump::new();
    let (node, repeats) = text::parse(document, text, &mut arena)?;
    let mut problems = Problems::of(document);
    if repeats {
        repeated_keys(&node, At::ROOT, &mut problems);
    }
    let more = Bump::new();
    let (node, files) = place
        .and_then(|place| files::gather(&node, place, &more, &mut problems))
        .unwrap_or_else(|| (node, Files::new()));
    let draft = read(document, &node, &files, &mut problems)?;
    let warnings = problems.finish(draft.operations.is_empty()).map_err(DefinitionError::Faulty)?;
    Ok((draft, warnings))
}

/// Reads `node` in the language that it says it is written in.
fn read<'d>(
    document: &str,
    node: &'d Node<'d>,
    files: &'d Files<'d>,
    problems: &mut Problems,
) -> Result<Draft, DefinitionError> {
    let resolver = Resolver::new(node, files);
    let refused =
        |message: String| Err(DefinitionError::NoDefinition { document: document.to_owned(), message });
    let Node::Object(object) = node else {
        return refused(format!("it holds {}", node.describe()));
    };
    let version = |node: &Node<'_>| match node {
        Node::Text(text) => (*text).to_owned(),
        // YAML reads `swagger: 2.0` as a number.
        Node::Number(number) => number.to_string(),
        other => other.describe().to_owned(),
    };
    if let Some(stated) = object.get("swagger") {
        return match version(stated).as_str() {
            "2.0" | "2" => Ok(swagger2::read(resolver, object, problems)),
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
        return Ok(openapi3::read(resolver, object, dialect, problems));
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
                        format!("the key {} appears twice", quoted(key)),
                        "remove one of them",
                    );
                }
                repeated_keys(value, here, problems);
            }
        }
        Node::Null | Node::Boolean(_) | Node::Number(_) | Node::Text(_) => {}
    }
}
