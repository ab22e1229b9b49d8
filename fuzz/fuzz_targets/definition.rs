//! A definition in JSON or YAML: a platform, or a list of problems.

#![no_main]

use libfuzzer_sys::fuzz_target;
use purecloud_definition::{Source, load};

fuzz_target!(|bytes: &[u8]| {
    for name in ["fuzz.json", "fuzz.yaml"] {
        let Ok(source) = Source::bytes(name, bytes) else { continue };
        match load(&source) {
            Ok(loaded) => {
                for operation in &loaded.platform.operations {
                    assert!(!operation.name.is_empty() && !operation.apis.is_empty());
                }
            }
            Err(error) => drop(error.to_string()),
        }
    }
});
