//! The definitions that are part of the library.

use std::collections::BTreeMap;

use crate::assemble::assemble;
use crate::draft::Draft;
use crate::error::DefinitionError;
pub use crate::legacy::Retired;
use crate::legacy::{self, Heritage, ShippedNames};
use crate::load::{Loaded, draft, drafts};
use crate::model::Platform;
use crate::source::Source;

const MODERN: &str = include_str!("../../../definitions/platform-v2.json");
const LEGACY: &str = include_str!("../../../definitions/platform-v2-legacy.json");
const RETIRED: &str = include_str!("../../../definitions/platform-v2-retired.json");
const NAMES: &str = include_str!("../../../definitions/legacy-names.json");
const TOPICS: &str = include_str!("../../../definitions/notification-topics.json");

/// The platform as the bundled definitions have it, older generations included.
///
/// # Errors
/// None, as long as the bundled definitions are as they were tested.
pub fn bundled() -> Result<Platform, DefinitionError> {
    let (modern, _) = draft("platform-v2.json", MODERN)?;
    with_heritage(modern, Retired::Kept)
}

/// The platform as `sources` have it, with what the bundled definitions know of older generations: names, the order of
/// arguments, permissions, and where `retired` says so topics and the operations that are gone.
///
/// # Errors
/// [`DefinitionError`] if one is not a definition or has errors, or if an operation stands in two of them.
pub fn load_over(sources: &[Source], retired: Retired) -> Result<Loaded, DefinitionError> {
    let (modern, warnings) = drafts(sources)?;
    Ok(Loaded { platform: with_heritage(modern, retired)?, warnings })
}

/// Completes `modern`. The warnings of the older definitions go no further: the faults in them are those of their
/// source, known and kept.
fn with_heritage(mut modern: Draft, kept: Retired) -> Result<Platform, DefinitionError> {
    let (legacy, _) = draft("platform-v2-legacy.json", LEGACY)?;
    let (retired, _) = draft("platform-v2-retired.json", RETIRED)?;
    let names: ShippedNames = serde_json::from_str(NAMES).expect("the bundled names are tested");
    let topics: BTreeMap<String, String> =
        serde_json::from_str(TOPICS).expect("the bundled topics are tested");
    let heritage = Heritage { legacy, retired, names, topics };
    let (first_segments, topics) = legacy::inherit(&mut modern, heritage, kept);
    Ok(assemble(modern, first_segments, topics))
}
