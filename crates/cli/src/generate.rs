//! `purecloud generate`: a definition in, a product's folder out.

use std::io::{IsTerminal, Write};

use purecloud_codegen::javascript::{self, Options};
use purecloud_codegen::write::{self, Existing};
use purecloud_definition::bundled::{Retired, load_over};
use purecloud_definition::{Loaded, Source, bundled};

use crate::arguments::JavascriptOptions;
use crate::failure::Failure;

/// Writes the JavaScript package, and the CDN folder inside it.
pub(crate) fn javascript(options: &JavascriptOptions) -> Result<(), Failure> {
    let retired = if options.with_retired { Retired::Kept } else { Retired::LeftOut };
    let loaded = definition(options.definition.as_deref(), retired)?;
    if !options.quiet {
        for warning in &loaded.warnings {
            note!("warning: {warning}");
        }
    }
    let mut package = Options { apis: options.apis.clone(), ..Options::default() };
    if let Some(version) = &options.package_version {
        package.version.clone_from(version);
    }
    let mut files = javascript::package(&loaded.platform, &package)?;
    let cdn = javascript::cdn(&files, &package.version);
    files.extend(cdn.into_iter().map(|mut file| {
        file.path.insert_str(0, "cdn/");
        file
    }));
    let existing = if options.force { Existing::Overwrite } else { Existing::Refuse };
    let report = write::write(&options.out, &files, existing)?;
    if !options.quiet {
        let mut out = std::io::stdout().lock();
        writeln!(
            out,
            "{} {}: {} operations in {} classes; {} files written, {} unchanged, {} removed",
            loaded.platform.title,
            loaded.platform.version,
            loaded.platform.operations.len(),
            loaded.platform.apis.len(),
            report.written,
            report.unchanged,
            report.removed,
        )
        .map_err(Failure::Output)?;
        if std::io::stderr().is_terminal() {
            note!("Next: cd {} && npm pack", options.out.display());
        }
    }
    Ok(())
}

/// The definition that was asked for, with what is known of older SDKs, or the bundled one, which has it all.
pub(crate) fn definition(place: Option<&str>, retired: Retired) -> Result<Loaded, Failure> {
    let Some(place) = place else {
        // The bundled older definition keeps the faults of its source; a user can do nothing about them.
        return Ok(Loaded { platform: bundled()?, warnings: Vec::new() });
    };
    Ok(load_over(&[Source::read(place)?], retired)?)
}
