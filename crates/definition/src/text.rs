//! JSON and YAML become a tree of [`Node`]s, within bounds.

use serde::de::DeserializeSeed;

use crate::error::DefinitionError;
use crate::node::{Bound, MAX_DEPTH, MAX_VALUES, Node, NodeSeed, Tally};

/// Where reading stopped and why.
struct Stop {
    line: usize,
    column: usize,
    message: String,
    /// One of the format's own bounds on depth.
    deep: bool,
}

/// The value that `text` holds, and whether one of its objects says a key twice.
pub(crate) fn parse<'d>(document: &str, text: &'d str) -> Result<(Node<'d>, bool), DefinitionError> {
    let tally = Tally::default();
    // A byte order mark is no part of the text, and some editors put one there.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let read = if looks_like_json(text) { json(text, &tally) } else { yaml(text, &tally) };
    match read {
        Ok(node) => Ok((node, tally.repeats.get())),
        Err(stop) => Err(stop.explain(document, tally.exceeded.get())),
    }
}

/// Whether `text` begins as a JSON object does. YAML may begin so too, but then it is JSON for all that matters.
fn looks_like_json(text: &str) -> bool {
    text.trim_start().starts_with(['{', '['])
}

fn json<'d>(text: &'d str, tally: &Tally) -> Result<Node<'d>, Stop> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    NodeSeed::new(tally)
        .deserialize(&mut deserializer)
        .and_then(|node| deserializer.end().map(|()| node))
        .map_err(|error| {
            let message = error.to_string();
            let place = format!(" at line {} column {}", error.line(), error.column());
            Stop {
                line: error.line(),
                column: error.column(),
                deep: false,
                message: message.strip_suffix(&place).unwrap_or(&message).to_owned(),
            }
        })
}

#[cfg(feature = "yaml")]
fn yaml<'d>(text: &'d str, tally: &Tally) -> Result<Node<'d>, Stop> {
    use serde_saphyr::budget::BudgetBreach;
    use serde_saphyr::{DuplicateKeyPolicy, Error, MergeKeyPolicy};

    // Our own bounds come first, so those of the parser only have to be no tighter; what it alone can see, aliases
    // above all, it bounds itself.
    let options = serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_events: 3 * MAX_VALUES,
            max_nodes: 3 * MAX_VALUES,
            max_depth: MAX_DEPTH + 1,
            max_documents: 1,
            max_total_scalar_bytes: crate::source::MAX_BYTES,
        },
        duplicate_keys: DuplicateKeyPolicy::PassThrough,
        merge_keys: MergeKeyPolicy::AsOrdinary,
        strict_booleans: true,
        with_snippet: false,
    };
    serde_saphyr::with_deserializer_from_str_with_options(text, options, |deserializer| {
        NodeSeed::new(tally).deserialize(deserializer)
    })
    .map_err(|error| {
        let place = error.location();
        let deep = matches!(&error, Error::Budget { breach: BudgetBreach::Depth { .. }, .. });
        Stop {
            line: place.map_or(1, |place| place.line() as usize),
            column: place.map_or(1, |place| place.column() as usize),
            message: error.to_string(),
            deep,
        }
    })
}

#[cfg(not(feature = "yaml"))]
fn yaml<'d>(_: &'d str, _: &Tally) -> Result<Node<'d>, Stop> {
    Err(Stop {
        line: 1,
        column: 1,
        message: "not JSON, and this build reads no YAML".to_owned(),
        deep: false,
    })
}

impl Stop {
    fn explain(self, document: &str, exceeded: Option<Bound>) -> DefinitionError {
        let document = document.to_owned();
        let Self { line, column, message, deep } = self;
        match exceeded {
            Some(Bound::Values) => {
                DefinitionError::TooManyValues { document, line, column, limit: MAX_VALUES }
            }
            Some(Bound::Depth) => DefinitionError::TooDeep { document, line, column, limit: MAX_DEPTH },
            None if deep => DefinitionError::TooDeep { document, line, column, limit: MAX_DEPTH },
            None => DefinitionError::Syntax { document, line, column, message },
        }
    }
}
