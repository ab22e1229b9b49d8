//! The output that the target in `fuzz/` makes from a platform: everything that depends on it, so without the runtime.

use oxc_allocator::Allocator;
use oxc_parser::Parser;
use oxc_span::SourceType;
use purecloud_definition::Platform;

use super::declarations::{self, text::literal};
use super::minify::{Kind, minify};
use super::{Plan, table};

/// Plans a platform, writes its tables and declarations, and reads them again.
///
/// # Panics
/// When the output is not JavaScript or not TypeScript.
pub fn check(platform: &Platform) {
    let Ok(plan) = Plan::new(platform) else { return };
    for class in &plan.classes {
        let Ok(text) = table::encode(platform, class) else { continue };
        assert!(
            text.bytes().all(|byte| matches!(byte, b' '..=b'~') && !b"\"\\<".contains(&byte)),
            "a table stands between quotes as it is: {text}"
        );
        let script = format!("var {} = make({});", class.name, literal(&text));
        minify("table", &script, Kind::Script, None).expect("a table is JavaScript");
    }
    for file in declarations::emit(platform, &plan) {
        let text = String::from_utf8(file.bytes).expect("declarations are text");
        let allocator = Allocator::default();
        let parsed = Parser::new(&allocator, &text, SourceType::d_ts()).parse();
        assert!(parsed.diagnostics.is_empty(), "{}: {:?}\n{text}", file.path, parsed.diagnostics);
    }
}
