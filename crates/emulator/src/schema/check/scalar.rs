//! Checks of single values, and the words for what is wrong with them.

use jiff::civil;
use purecloud_definition::model::{Bounds, TextFormat, Type, Width};
use serde_json::{Number, Value};

/// What a type is called in a message.
pub(super) const fn word(kind: &Type) -> &'static str {
    match kind {
        Type::Text(TextFormat::Date) => "Date",
        Type::Text(TextFormat::DateTime) => "DateTime",
        Type::Text(_) | Type::Enumeration(_) => "String",
        Type::Integer(_) => "Integer",
        Type::Number => "Number",
        Type::Boolean => "Boolean",
        Type::List(_) => "List",
        Type::Map(_) => "Map",
        Type::Any | Type::Model(_) | Type::OneOf(_) => "Object",
        Type::Bytes => "Binary",
    }
}

/// The message for a value that an enumeration does not have.
pub(super) fn not_one_of(text: &str, name: &str, values: &[Value]) -> String {
    let allowed: Vec<String> =
        values.iter().map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned)).collect();
    format!(
        "Value [{}] is not valid for field type [{name}]. Allowable values are: {}",
        cut(text),
        allowed.join(", ")
    )
}

/// A piece of a value that is short enough for a message.
pub(super) fn cut(text: &str) -> String {
    const MOST: usize = 100;
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// Whether a number is whole, as `1.0` is, and not too large.
pub(super) fn is_whole(number: &Number, width: Width) -> bool {
    let (least, most) = width.range();
    match number.as_i64() {
        Some(number) => (least..=most).contains(&number),
        None => number
            .as_f64()
            .is_some_and(|number| number.fract() == 0.0 && number >= least as f64 && number <= most as f64),
    }
}

/// What is wrong with a text, if anything.
pub(super) fn text_problem(format: TextFormat, bounds: &Bounds, text: &str) -> Option<String> {
    let shown = || cut(text);
    if !fits_format(format, text) {
        return Some(format!(
            "Value [{}] is not valid for field type [{}].",
            shown(),
            word(&Type::Text(format))
        ));
    }
    let length = text.encode_utf16().count() as u64;
    if let Some(fewest) = bounds.min_length
        && length < fewest
    {
        return Some(format!("Value [{}] must have at least {fewest} characters.", shown()));
    }
    if let Some(most) = bounds.max_length
        && length > most
    {
        return Some(format!("Value [{}] must have at most {most} characters.", shown()));
    }
    if let Some(pattern) = &bounds.pattern
        && !matches_pattern(pattern, text)
    {
        return Some(format!("Value [{}] does not match the pattern [{}].", shown(), cut(pattern)));
    }
    None
}

/// Whether a text fits a pattern. A pattern that is no regular expression forbids nothing.
pub(crate) fn matches_pattern(pattern: &str, text: &str) -> bool {
    // The regular expression is the definition's and the text is a stranger's; a short text bounds the time
    // that backtracking can take.
    const LONGEST: usize = 4096;
    text.len() <= LONGEST && regress::Regex::new(pattern).map_or(true, |regex| regex.find(text).is_some())
}

fn fits_format(format: TextFormat, text: &str) -> bool {
    match format {
        TextFormat::Date => text.parse::<civil::Date>().is_ok(),
        TextFormat::DateTime => {
            text.parse::<jiff::Timestamp>().is_ok() || text.parse::<civil::DateTime>().is_ok()
        }
        TextFormat::LocalDateTime => text.parse::<civil::DateTime>().is_ok(),
        TextFormat::YearMonth => format!("{text}-01").parse::<civil::Date>().is_ok(),
        TextFormat::Uuid => is_uuid(text),
        TextFormat::Plain | TextFormat::Uri | TextFormat::Base64 | TextFormat::Other => true,
    }
}

/// Whether a text is a UUID in its usual writing.
pub(crate) fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(index, byte)| match index {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(format: TextFormat, good: &[&str], bad: &[&str]) {
        for text in good {
            assert!(fits_format(format, text), "{text} should fit {format:?}");
        }
        for text in bad {
            assert!(!fits_format(format, text), "{text} should not fit {format:?}");
        }
    }

    #[test]
    fn formats_are_told_apart() {
        check(TextFormat::Date, &["2026-11-23"], &["2026-13-01", "today", ""]);
        check(TextFormat::DateTime, &["2026-11-23T21:02:00.000Z", "2026-11-23T21:02:00+02:00"], &["noon"]);
        check(TextFormat::LocalDateTime, &["2026-11-23T21:02:00"], &["21:02"]);
        check(TextFormat::YearMonth, &["2026-11"], &["2026-13", "2026"]);
        check(TextFormat::Uuid, &["123e4567-e89b-12d3-a456-426614174000"], &["123", "x"]);
    }

    #[test]
    fn lengths_count_utf16_units_and_patterns_are_those_of_ecma_262() {
        let bounds = Bounds { max_length: Some(2), ..Bounds::default() };
        assert_eq!(text_problem(TextFormat::Plain, &bounds, "\u{1f600}"), None);
        assert!(text_problem(TextFormat::Plain, &bounds, "abc").is_some());
        let bounds = Bounds { pattern: Some("^[0-9]+$".to_owned()), ..Bounds::default() };
        assert_eq!(text_problem(TextFormat::Plain, &bounds, "12"), None);
        assert!(text_problem(TextFormat::Plain, &bounds, "1a").is_some());
        let broken = Bounds { pattern: Some("(".to_owned()), ..Bounds::default() };
        assert_eq!(text_problem(TextFormat::Plain, &broken, "1a"), None);
    }
}
