//! JSON and YAML become a tree of [`Node`]s, within bounds.

use bumpalo::Bump;
use serde::de::DeserializeSeed;

use crate::error::DefinitionError;
use crate::node::{Bound, MAX_DEPTH, MAX_VALUES, Node, NodeSeed, Tally};

/// The place at which reading stopped, and the reason.
struct Stop {
    line: usize,
    column: usize,
    message: String,
    /// One of the format's own bounds on depth.
    deep: bool,
}

/// The value that `text` holds, and whether one of its objects says a key twice.
///
/// Its parts stay in `arena`.
pub(crate) fn parse<'d>(
    document: &str,
    text: &'d str,
    arena: &'d mut Bump,
) -> Result<(Node<'d>, bool), DefinitionError> {
    // A byte order mark is no part of the text, and some editors put one there.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let read = if looks_like_json(text) { run(json, text, arena) } else { on_deep_stack(yaml, text, arena) };
    read.map_err(|(stop, exceeded)| stop.explain(document, exceeded))
}

/// Returns whether `text` begins as a JSON object does. YAML may begin so too, but then it is JSON for all that
/// matters.
fn looks_like_json(text: &str) -> bool {
    text.trim_start().starts_with(['{', '['])
}

fn json<'d>(text: &'d str, tally: &Tally<'d>) -> Result<Node<'d>, Stop> {
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

type Reader = for<'d> fn(&'d str, &Tally<'d>) -> Result<Node<'d>, Stop>;

/// A document and whether a key stands twice in it, or where and why it was given up.
type Read<'d> = Result<(Node<'d>, bool), (Stop, Option<Bound>)>;

fn run<'d>(reader: Reader, text: &'d str, arena: &'d Bump) -> Read<'d> {
    let tally = Tally::new(arena);
    match reader(text, &tally) {
        Ok(node) => Ok((node, tally.repeats.get())),
        Err(stop) => Err((stop, tally.exceeded.get())),
    }
}

/// Reads YAML on a stack of its own: its reader takes some 30 kB a level where it is not optimised, and the stack of
/// the caller may be a small one.
fn on_deep_stack<'d>(reader: Reader, text: &'d str, arena: &'d mut Bump) -> Read<'d> {
    const STACK: usize = 16 << 20;
    let read = std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(STACK);
        thread.spawn_scoped(scope, move || run(reader, text, arena)).ok()?.join().ok()
    });
    read.unwrap_or_else(|| {
        let message = "no thread for the YAML reader".to_owned();
        Err((Stop { line: 1, column: 1, message, deep: false }, None))
    })
}

#[cfg(feature = "yaml")]
fn yaml<'d>(text: &'d str, tally: &Tally<'d>) -> Result<Node<'d>, Stop> {
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
        merge_keys: MergeKeyPolicy::Merge,
        strict_booleans: true,
        with_snippet: false,
    };
    serde_saphyr::with_deserializer_from_str_with_options(text, options, |deserializer| {
        NodeSeed::new(tally).deserialize(deserializer)
    })
    .map_err(|error| {
        let place = error.location();
        let (message, deep) = match &error {
            Error::Budget { breach: BudgetBreach::Depth { .. }, .. } => (String::new(), true),
            other => {
                let message = other.to_string();
                // Within an alias the parser keeps the breach as text alone.
                if message.starts_with("recursion limit exceeded") {
                    (String::new(), true)
                } else if message.starts_with("budget breached") || message.starts_with("alias") {
                    let grown = "the aliases expand to too much; write the values out";
                    (grown.to_owned(), false)
                } else {
                    let end = message.find(" at line ").unwrap_or(message.len());
                    (message[..end].to_owned(), false)
                }
            }
        };
        Stop {
            line: place.map_or(1, |place| place.line() as usize),
            column: place.map_or(1, |place| place.column() as usize),
            message,
            deep,
        }
    })
}

#[cfg(not(feature = "yaml"))]
fn yaml<'d>(_: &'d str, _: &Tally<'d>) -> Result<Node<'d>, Stop> {
    Err(Stop {
        line: 1,
        column: 1,
        message: "not JSON, and this build does not read YAML".to_owned(),
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
