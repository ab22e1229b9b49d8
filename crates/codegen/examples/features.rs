//! Writes the list of cargo features into the manifest of the Rust SDK, as the bundled definition has them.

use std::path::Path;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../purecloud/Cargo.toml");
    let platform = purecloud_definition::bundled()?;
    let manifest = std::fs::read_to_string(&path)?;
    let repaired = purecloud_codegen::rust::manifest(&platform, &manifest)
        .ok_or("the manifest has no marks around its list of APIs; restore them from the history")?;
    if repaired == manifest {
        println!("the list of APIs is as the definition has it");
    } else {
        std::fs::write(&path, repaired)?;
        println!("repaired the list of APIs");
    }
    Ok(())
}
