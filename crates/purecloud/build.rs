//! Writes the operations of the APIs whose features are on, the topics if theirs is, and the models that these need.

#[cfg(feature = "__apis")]
mod apis {
    use std::error::Error;
    use std::path::Path;
    use std::{env, fs};

    /// Names a definition to use instead of the bundled one: a file in any form that `purecloud generate` reads,
    /// YAML with the feature `yaml`. Features
    /// choose among its APIs by their names; `full` takes all of them.
    const DEFINITION: &str = "PURECLOUD_DEFINITION";

    /// Into `folder`.
    pub(crate) fn write(folder: &Path) -> Result<(), Box<dyn Error>> {
        println!("cargo::rerun-if-env-changed={DEFINITION}");
        let platform = match env::var_os(DEFINITION) {
            Some(file) => {
                println!("cargo::rerun-if-changed={}", Path::new(&file).display());
                purecloud_definition::load(&purecloud_definition::Source::file(file)?)?.platform
            }
            None => purecloud_definition::bundled()?,
        };
        let full = env::var_os("CARGO_FEATURE_FULL").is_some();
        let features = purecloud_codegen::rust::features(&platform);
        let on = features.iter().filter(|feature| full || env::var_os(feature.variable()).is_some());
        let apis: Vec<_> = on.map(|feature| feature.api).collect();
        let topics = env::var_os("CARGO_FEATURE_TOPICS").is_some();
        let selection = purecloud_codegen::rust::Selection { apis: &apis, topics };
        for file in purecloud_codegen::rust::generate(&platform, selection) {
            fs::write(folder.join(file.path), file.bytes)?;
        }
        // For `tests/full`, which nobody can run with fewer.
        if full {
            let file = purecloud_codegen::rust::calls(&platform, &apis);
            fs::write(folder.join(file.path), file.bytes)?;
        }
        Ok(())
    }
}

#[cfg(feature = "__apis")]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    // The definition is part of the generator: when it changes, cargo builds this script anew and runs it.
    println!("cargo::rerun-if-changed=build.rs");
    apis::write(std::path::Path::new(&std::env::var_os("OUT_DIR").ok_or("cargo names no OUT_DIR")?))
}

#[cfg(not(feature = "__apis"))]
fn main() {
    println!("cargo::rerun-if-changed=build.rs");
}
