//! The definitions that are part of the library.

use std::collections::BTreeMap;

use crate::assemble::assemble;
use crate::draft::Draft;
use crate::error::DefinitionError;
pub use crate::legacy::Retired;
use crate::legacy::{self, Heritage, ShippedNames};
use crate::load::{Loaded, draft, drafts};
use crate::model::Platform;
use crate::problem::Problem;
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
    load().map(|loaded| loaded.platform)
}

/// The same with the warnings: the older definition keeps the faults of its source.
///
/// # Errors
/// As [`bundled`].
pub fn load() -> Result<Loaded, DefinitionError> {
    finish(draft("platform-v2.json", MODERN)?, Retired::Kept)
}

/// The platform as `sources` have it, with what the bundled definitions know of older generations: names, the order of
/// arguments, permissions, topics, and where `retired` says so the operations that are gone.
///
/// # Errors
/// [`DefinitionError`] if one is not a definition or has errors, or if an operation stands in two of them.
pub fn load_over(sources: &[Source], retired: Retired) -> Result<Loaded, DefinitionError> {
    finish(drafts(sources)?, retired)
}

fn finish(
    (mut modern, mut warnings): (Draft, Vec<Problem>),
    kept: Retired,
) -> Result<Loaded, DefinitionError> {
    let (legacy, more) = draft("platform-v2-legacy.json", LEGACY)?;
    warnings.extend(more);
    let (retired, more) = draft("platform-v2-retired.json", RETIRED)?;
    warnings.extend(more);
    let names: ShippedNames = serde_json::from_str(NAMES).expect("the bundled names are tested");
    let topics: BTreeMap<String, String> =
        serde_json::from_str(TOPICS).expect("the bundled topics are tested");
    let heritage = Heritage { legacy, retired, names, topics };
    let (first_segments, topics) = legacy::inherit(&mut modern, heritage, kept);
    Ok(Loaded { platform: assemble(modern, first_segments, topics), warnings })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bundled_platform_has_every_operation_class_and_name() {
        let platform = bundled().unwrap();
        let live: Vec<_> = platform.operations.iter().filter(|operation| !operation.retired).collect();
        assert_eq!(live.len(), 3355);
        assert_eq!(platform.operations.len() - live.len(), 106);
        assert_eq!(live.iter().map(|operation| operation.apis.len()).sum::<usize>(), 3508);
        // The classes of today, and two that only old SDKs had.
        assert_eq!(platform.apis.len(), 87 + 2);
    }
}
