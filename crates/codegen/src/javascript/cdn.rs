//! The folder that a CDN serves.

use base64::Engine as _;
use serde_json::{Map, Value};
use sha2::{Digest, Sha384};

use crate::File;

/// What goes on a CDN, below `javascript/<version>/` and again below `javascript/latest/`: the script-tag products, and
/// `integrity.json` with the value for the `integrity` attribute of each.
pub fn cdn(package: &[File], version: &str) -> Vec<File> {
    let served: Vec<&File> = package.iter().filter(|file| is_served(&file.path)).collect();
    let hashes: Map<String, Value> =
        served.iter().map(|file| (file.path.clone(), integrity(&file.bytes).into())).collect();
    let integrity = File::text("integrity.json", format!("{:#}\n", Value::Object(hashes)));
    [version, "latest"]
        .iter()
        .flat_map(|folder| {
            served.iter().copied().chain([&integrity]).map(move |file| File {
                path: format!("javascript/{folder}/{}", file.path),
                bytes: file.bytes.clone(),
            })
        })
        .collect()
}

fn is_served(path: &str) -> bool {
    path.starts_with("partials/") || path.starts_with("purecloud-")
}

/// The value of an `integrity` attribute: `sha384-…`.
fn integrity(bytes: &[u8]) -> String {
    let mut value = String::from("sha384-");
    base64::engine::general_purpose::STANDARD.encode_string(Sha384::digest(bytes), &mut value);
    value
}
