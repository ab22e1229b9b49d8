//! Reads the bundled definition and packs what it says, so that an emulator starts without reading it.

use std::error::Error;
use std::path::Path;
use std::{env, fs};

fn main() -> Result<(), Box<dyn Error>> {
    // The definition is part of the library that reads it: when it changes, cargo builds this script anew and runs it.
    println!("cargo::rerun-if-changed=build.rs");
    let folder = env::var_os("OUT_DIR").ok_or("cargo names no OUT_DIR")?;
    let platform = purecloud_definition::bundled()?;
    fs::write(Path::new(&folder).join("platform.bin"), purecloud_definition::compact::pack(&platform))?;
    Ok(())
}
