//! The cargo features of the SDK: one per API, kept in its manifest between two marks.

use std::fmt::Write as _;

use purecloud_definition::Platform;
use purecloud_definition::model::ApiId;
use purecloud_definition::names::rust;

/// The line after which a manifest lists the features.
const BEGIN: &str = "# APIs, from here on as the definition has them; `cargo run -p purecloud-codegen --example features` repairs the list.";
/// The line before which the list ends.
const END: &str = "# End of the APIs.";

/// The manifest's other features; an API of such a name gets the suffix `-api`.
const TAKEN: &[&str] = &[
    "blocking",
    "chrono",
    "client",
    "compression",
    "default",
    "full",
    "jiff",
    "keyring",
    "reqwest",
    "time",
    "topics",
    "webpki-roots",
    "websocket",
    "yaml",
];

/// One cargo feature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Feature {
    /// As it stands in a manifest, such as `telephony-providers-edge`.
    pub name: String,
    /// The API.
    pub api: ApiId,
    /// The number of its operations.
    pub operations: usize,
}

impl Feature {
    /// The variable by which cargo tells a build script that the feature is on.
    pub fn variable(&self) -> String {
        format!("CARGO_FEATURE_{}", self.name.to_ascii_uppercase().replace('-', "_"))
    }
}

/// The feature of every API that has operations, ordered by name.
pub fn features(platform: &Platform) -> Vec<Feature> {
    let mut features: Vec<_> = (0..platform.apis.len())
        .map(|index| {
            let api = ApiId(index as u32);
            let mut name = rust::module(&platform.api(api).name).replace('_', "-");
            if TAKEN.contains(&name.as_str()) {
                name.push_str("-api");
            }
            Feature { name, api, operations: super::plan::operations(platform, api).count() }
        })
        .filter(|feature| feature.operations > 0)
        .collect();
    features.sort_by(|one, other| one.name.cmp(&other.name));
    features
}

/// A manifest with its list of features as this platform has them; `None` when it lacks the marks around the list.
///
/// Each feature brings `__apis`, which the manifest itself states; `full` brings them all.
pub fn manifest(platform: &Platform, manifest: &str) -> Option<String> {
    let (before, rest) = manifest.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    let mut out = format!("{before}{BEGIN}\n");
    // Writing to a `String` cannot fail.
    let features = features(platform);
    for feature in &features {
        let noun = if feature.operations == 1 { "operation" } else { "operations" };
        let _ = writeln!(out, "# {} {noun}\n{} = [\"__apis\"]", feature.operations, feature.name);
    }
    out.push_str("# Every API, and the topics.\nfull = [\n");
    for feature in &features {
        let _ = writeln!(out, "    \"{}\",", feature.name);
    }
    let _ = write!(out, "    \"topics\",\n]\n{END}{after}");
    Some(out)
}
