//! The definitions that are part of the library.

use std::collections::BTreeMap;

use crate::assemble::assemble;
use crate::error::DefinitionError;
use crate::legacy::{self, Heritage, ShippedNames};
use crate::load::{Loaded, draft_of_json};
use crate::model::Platform;

const MODERN: &[u8] = include_bytes!("../../../definitions/platform-v2.json");
const LEGACY: &[u8] = include_bytes!("../../../definitions/platform-v2-legacy.json");
const RETIRED: &[u8] = include_bytes!("../../../definitions/platform-v2-retired.json");
const NAMES: &[u8] = include_bytes!("../../../definitions/legacy-names.json");
const TOPICS: &[u8] = include_bytes!("../../../definitions/notification-topics.json");

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
    let (mut draft, mut warnings) = draft_of_json("platform-v2.json", MODERN)?;
    let (legacy, more) = draft_of_json("platform-v2-legacy.json", LEGACY)?;
    warnings.extend(more);
    let (retired, more) = draft_of_json("platform-v2-retired.json", RETIRED)?;
    warnings.extend(more);
    let names: ShippedNames = serde_json::from_slice(NAMES).expect("the bundled names are tested");
    let topics: BTreeMap<String, String> =
        serde_json::from_slice(TOPICS).expect("the bundled topics are tested");
    let heritage = Heritage { legacy, retired, names, topics };
    let (first_segments, topics) = legacy::inherit(&mut draft, heritage);
    Ok(Loaded { platform: assemble(draft, first_segments, topics), warnings })
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
