//! JSON that others wrote, read as far as it can be read. The same rules hold in JavaScript; `vectors/text.json` has them.
//!
//! A byte order mark in front is skipped. Bytes that are not UTF-8 are read as U+FFFD, one for each part that could
//! have begun a character. So is an escape that stands for half of a character (`\ud83d` alone).

use serde::de::DeserializeOwned;

/// Text for bytes, without a byte order mark; borrowed where nothing is wrong with them.
pub(crate) fn utf8(bytes: &[u8]) -> std::borrow::Cow<'_, str> {
    let rest = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
    String::from_utf8_lossy(rest)
}

/// JSON text with everything that the rules change; `None` when they change nothing.
///
/// Costs as much as reading the text once more, so it is for texts that could not be read as they were.
pub(crate) fn repaired(bytes: &[u8]) -> Option<String> {
    let text = utf8(bytes);
    let whole = whole_characters(&text);
    match (whole, text) {
        (Some(whole), _) => Some(whole),
        (None, std::borrow::Cow::Owned(text)) => Some(text),
        (None, std::borrow::Cow::Borrowed(text)) => (text.len() < bytes.len()).then(|| text.to_owned()),
    }
}

/// The text with U+FFFD for each escape of half a character; `None` when there is none.
fn whole_characters(text: &str) -> Option<String> {
    let mut out = String::new();
    let mut copied = 0;
    let mut at = 0;
    // In JSON a backslash stands within texts only, and each begins an escape.
    while let Some(found) = text.as_bytes()[at..].iter().position(|byte| *byte == b'\\') {
        at += found;
        match (unit(text, at), unit(text, at + 6)) {
            (Some(0xd800..=0xdbff), Some(0xdc00..=0xdfff)) => at += 12,
            (Some(0xd800..=0xdfff), _) => {
                out.push_str(&text[copied..at]);
                out.push(char::REPLACEMENT_CHARACTER);
                at += 6;
                copied = at;
            }
            // Whatever is escaped, a second backslash above all, begins nothing.
            _ => at = (at + 2).min(text.len()),
        }
    }
    if copied == 0 {
        return None;
    }
    out.push_str(&text[copied..]);
    Some(out)
}

/// The UTF-16 unit that is escaped at a place.
fn unit(text: &str, at: usize) -> Option<u16> {
    let digits = text.as_bytes().get(at..at + 6)?.strip_prefix(b"\\u")?;
    digits.iter().try_fold(0, |unit, digit| Some(unit * 16 + char::from(*digit).to_digit(16)? as u16))
}

/// Reads JSON with serde.
pub(crate) fn read<T: DeserializeOwned>(bytes: &[u8]) -> serde_json::Result<T> {
    serde_json::from_slice(bytes).or_else(|error| match repaired(bytes) {
        Some(text) => serde_json::from_str(&text),
        None => Err(error),
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn no_bytes_make_it_fall_and_what_is_in_order_is_left_alone(bytes in proptest::collection::vec(any::<u8>(), 0..32)) {
            let _ = repaired(&bytes);
            let text = serde_json::to_string(&String::from_utf8_lossy(&bytes)).unwrap();
            prop_assert_eq!(repaired(text.as_bytes()), None);
        }

        #[test]
        fn any_text_of_units_is_read(units in proptest::collection::vec(0xd700_u16..0xe100, 0..12)) {
            use std::fmt::Write as _;
            let mut json = String::from("\"");
            for unit in &units {
                write!(json, "\\u{unit:04x}").unwrap();
            }
            json.push('"');
            prop_assert_eq!(read::<String>(json.as_bytes()).unwrap(), String::from_utf16_lossy(&units));
        }
    }
}
