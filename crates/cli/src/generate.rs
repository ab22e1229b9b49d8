//! `purecloud generate`: a definition in, a product's folder out.

use std::collections::BTreeSet;
use std::fmt;
use std::io::{IsTerminal, Write};

use purecloud_codegen::javascript::{self, Options, Plan};
use purecloud_codegen::write::{self, Existing};
use purecloud_codegen::{CodegenError, File};
use purecloud_definition::bundled::{Retired, load_over};
use purecloud_definition::{Loaded, Platform, Severity, Source, bundled};

use crate::arguments::{Face, JavascriptOptions};
use crate::failure::Failure;

/// Writes the JavaScript package with the CDN folder inside it, or a package that takes the place of another.
pub(crate) fn javascript(options: &JavascriptOptions) -> Result<(), Failure> {
    let retired = if options.with_retired { Retired::Kept } else { Retired::LeftOut };
    let loaded = definition(options.definition.as_deref(), retired)?;
    let left_out = loaded.warnings.iter().filter(|warning| warning.severity == Severity::Omission);
    let left_out = left_out.count();
    if !options.quiet || (options.strict && left_out > 0) {
        for warning in &loaded.warnings {
            note!("warning: {warning}");
        }
    }
    if options.strict && left_out > 0 {
        return Err(Failure::LeftOut { count: left_out });
    }
    let mut package = Options { apis: options.apis.clone(), ..Options::default() };
    if let Some(version) = &options.package_version {
        package.version.clone_from(version);
    }
    let files = match options.face {
        None => package_with_cdn(&loaded.platform, &package)?,
        Some(Face::V2) => javascript::package_v2(&loaded.platform, &package)?,
    };
    let existing = if options.force { Existing::Overwrite } else { Existing::Refuse };
    let report = write::write(&options.out, &files, existing)?;
    if !options.quiet {
        let mut out = std::io::stdout().lock();
        writeln!(
            out,
            "{} {}: {}; {} files written, {} unchanged, {} removed",
            loaded.platform.title,
            loaded.platform.version,
            Contents::of(&loaded.platform, &options.apis)?,
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

/// The package, with the CDN folder inside it.
fn package_with_cdn(platform: &Platform, options: &Options) -> Result<Vec<File>, CodegenError> {
    let mut files = javascript::package(platform, options)?;
    let cdn = javascript::cdn(&files, &options.version);
    files.extend(cdn.into_iter().map(|mut file| {
        file.path.insert_str(0, "cdn/");
        file
    }));
    Ok(files)
}

/// The contents of a package.
struct Contents {
    current: usize,
    retired: usize,
    classes: usize,
}

impl Contents {
    /// Of the classes `apis`; of all when there are none.
    fn of(platform: &Platform, apis: &[String]) -> Result<Self, CodegenError> {
        let classes = Plan::new(platform)?.only(apis)?.classes;
        let methods = classes.iter().flat_map(|class| &class.methods);
        let operations: BTreeSet<_> = methods.map(|method| method.operation).collect();
        let retired = operations.iter().filter(|id| platform.operation(**id).retired).count();
        Ok(Self { current: operations.len() - retired, retired, classes: classes.len() })
    }
}

impl fmt::Display for Contents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let some =
            |count: usize, one: &str, many: &str| format!("{count} {}", if count == 1 { one } else { many });
        f.write_str(&some(self.current, "operation", "operations"))?;
        if self.retired > 0 {
            write!(f, " and {} that the platform has dropped", self.retired)?;
        }
        write!(f, " in {}", some(self.classes, "class", "classes"))
    }
}

/// The definition that was asked for, with what is known of older SDKs, or the bundled one, which has it all.
pub(crate) fn definition(place: Option<&str>, retired: Retired) -> Result<Loaded, Failure> {
    let Some(place) = place else {
        // The bundled older definition keeps the faults of its source; a user can do nothing about them.
        return Ok(Loaded { platform: bundled()?, warnings: Vec::new() });
    };
    Ok(load_over(&[Source::read(place)?], retired)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_counted_is_what_the_package_offers() {
        let platform = bundled().expect("the bundled definition is tested");
        let counted = |apis: &[&str]| {
            let apis: Vec<String> = apis.iter().map(|api| (*api).to_owned()).collect();
            Contents::of(&platform, &apis).expect("the class is there")
        };
        let all = counted(&[]);
        assert_eq!(all.current + all.retired, platform.operations.len());
        let users = counted(&["users"]);
        assert!(users.current > 0 && users.current < all.current && users.classes == 1);
        let text = Contents { current: 1, retired: 2, classes: 3 }.to_string();
        assert_eq!(text, "1 operation and 2 that the platform has dropped in 3 classes");
    }
}
