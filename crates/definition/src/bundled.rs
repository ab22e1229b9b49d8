//! The definitions that are part of the library.

use crate::assemble::assemble;
use crate::draft::Draft;
use crate::error::DefinitionError;
pub use crate::legacy::Retired;
use crate::legacy::{self, Heritage, ShippedNames};
use crate::load::{Loaded, draft, drafts};
use crate::model::Platform;
use crate::problem::Problem;
use crate::source::Source;

/// Today's definition as it was written: what `GET /api/v2/docs/swagger` answers.
pub const MODERN: &str = include_str!("../../../definitions/platform-v2.json");
const FIRST: &str = include_str!("../../../definitions/platform-v2-2016.json");
const LEGACY: &str = include_str!("../../../definitions/platform-v2-legacy.json");
const RETIRED: &str = include_str!("../../../definitions/platform-v2-retired.json");
const NAMES: &str = include_str!("../../../definitions/legacy-names.json");
const NAMES_BETWEEN: &str = include_str!("../../../definitions/legacy-names-between.json");
const TOPICS: &str = include_str!("../../../definitions/notification-topics.json");

/// The platform as the bundled definitions have it, older generations included.
///
/// # Errors
/// None, as long as the bundled definitions are as they were tested.
pub fn bundled() -> Result<Platform, DefinitionError> {
    with_heritage(|| draft("platform-v2.json", MODERN), Retired::Kept).map(|loaded| loaded.platform)
}

/// The platform as `sources` have it, with what the bundled definitions know of older generations: names, the order of
/// arguments, permissions, and where `retired` says so topics and the operations that are gone.
///
/// # Errors
/// [`DefinitionError`] if one is not a definition or has errors, or if an operation stands in two of them.
pub fn load_over(sources: &[Source], retired: Retired) -> Result<Loaded, DefinitionError> {
    with_heritage(|| drafts(sources), retired)
}

/// Completes what `modern` reads. The older definitions are read meanwhile, since that takes half as long again.
fn with_heritage(
    modern: impl FnOnce() -> Result<(Draft, Vec<Problem>), DefinitionError>,
    kept: Retired,
) -> Result<Loaded, DefinitionError> {
    let (modern, heritage) = std::thread::scope(|scope| {
        let heritage = scope.spawn(heritage);
        (modern(), heritage.join().expect("reading a definition does not panic"))
    });
    let (mut modern, warnings) = modern?;
    let (first_segments, topics) = legacy::inherit(&mut modern, heritage?, kept);
    Ok(Loaded { platform: assemble(modern, first_segments, topics), warnings })
}

/// Facts about older generations in the bundled definitions. Their warnings go no further: the faults in them are those
/// of their source, known and kept.
fn heritage() -> Result<Heritage, DefinitionError> {
    let read = |text| serde_json::from_str::<ShippedNames>(text).expect("the bundled names are tested");
    let mut names = read(NAMES);
    for (operation, between) in read(NAMES_BETWEEN) {
        names.entry(operation).or_default().extend(between);
    }
    Ok(Heritage {
        first: serde_json::from_str(FIRST).expect("the bundled definition of 2016 is tested"),
        legacy: draft("platform-v2-legacy.json", LEGACY)?.0,
        retired: draft("platform-v2-retired.json", RETIRED)?.0,
        names,
        topics: serde_json::from_str(TOPICS).expect("the bundled topics are tested"),
    })
}
