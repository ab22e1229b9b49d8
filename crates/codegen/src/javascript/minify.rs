//! Minified JavaScript, with a map back to what it was made from.

use std::path::PathBuf;

use oxc_allocator::Allocator;
use oxc_codegen::{Codegen, CodegenOptions};
use oxc_minifier::{
    CompressOptions, CompressOptionsKeepNames, MangleOptions, MangleOptionsKeepNames, Minifier,
    MinifierOptions,
};
use oxc_span::SourceType;

use super::source::{check, parse};
use crate::CodegenError;

/// The kind of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A script or a CommonJS module: no `import` and `export`.
    Script,
    /// An ES module.
    Module,
}

impl Kind {
    fn source_type(self) -> SourceType {
        match self {
            Self::Script => SourceType::script(),
            Self::Module => SourceType::mjs(),
        }
    }
}

/// Minified text, and its source map if one was asked for.
pub(crate) struct Minified {
    pub(crate) text: String,
    pub(crate) map: Option<String>,
}

/// Minifies `text`; names in the outermost scope stay. With `source`, the name of the file that holds `text`, there
/// is a source map.
///
/// # Errors
/// [`CodegenError::Runtime`] when `text` is not JavaScript, or is no longer when minified.
pub(crate) fn minify(
    name: &str,
    text: &str,
    kind: Kind,
    source: Option<&str>,
) -> Result<Minified, CodegenError> {
    let allocator = Allocator::default();
    let mut program = parse(&allocator, name, text, kind.source_type())?;
    let options = MinifierOptions {
        // The name of a class shows where errors are printed.
        mangle: Some(MangleOptions {
            top_level: Some(kind == Kind::Module),
            keep_names: MangleOptionsKeepNames { function: false, class: true },
            ..MangleOptions::default()
        }),
        mangle_properties: None,
        compress: Some(CompressOptions {
            keep_names: CompressOptionsKeepNames::class_only(),
            ..CompressOptions::smallest()
        }),
    };
    let done = Minifier::new(options).minify(&allocator, &mut program);
    let options = CodegenOptions { source_map_path: source.map(PathBuf::from), ..CodegenOptions::minify() };
    let mut printer = Codegen::new().with_options(options).with_source_text(text).with_scoping(done.scoping);
    if let Some(mappings) = done.class_private_mappings {
        printer = printer.with_private_member_mappings(Some(mappings));
    }
    let minified = printer.build(&program);
    validate(name, &minified.code, kind)?;
    Ok(Minified { text: minified.code, map: minified.map.map(|map| map.to_json_string()) })
}

/// Parses a finished file once more.
///
/// # Errors
/// [`CodegenError::Runtime`] when it is not JavaScript.
pub(crate) fn validate(name: &str, text: &str, kind: Kind) -> Result<(), CodegenError> {
    let allocator = Allocator::default();
    check(name, &parse(&allocator, name, text, kind.source_type())?).map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inner_names_are_shortened_and_outer_ones_stay() {
        let text = "var Outer = (function () { const inner = 1; return function (argument) { return argument + inner + inner; }; })();";
        let Minified { text, map } = minify("test", text, Kind::Script, Some("test.js")).unwrap();
        assert_eq!(text, "var Outer=(function(){return function(e){return e+1+1}})();");
        let map = map.unwrap();
        assert!(map.contains("\"sources\":[\"test.js\"]"), "{map}");
    }

    #[test]
    fn text_that_is_no_javascript_is_refused() {
        assert!(minify("test", "var = 1", Kind::Script, None).is_err());
        assert!(validate("test", "export const a = 1", Kind::Script).is_err());
        assert!(validate("test", "let a; let a;", Kind::Module).is_err());
    }
}
