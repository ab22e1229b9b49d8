//! Text of a definition, made inert for a declaration file: as a comment, a literal or the name of a property.

use std::fmt::Write as _;

/// Adds formatted text.
pub(in crate::javascript) fn add(out: &mut String, text: std::fmt::Arguments) {
    // Writing to a `String` cannot fail.
    let _ = out.write_fmt(text);
}

/// Adds the lines of a `JSDoc` comment, without its frame.
///
/// Nothing of `text` can end the comment, start a tag (`@deprecated`), start an HTML element in an editor's
/// hover, or turn the direction of writing: each such character becomes something that reads the same.
pub(super) fn comment_lines(text: &str, lines: &mut Vec<String>) {
    for line in text.split(is_line_end) {
        let line = comment_line(line);
        let blank = line.is_empty() && lines.last().is_none_or(String::is_empty);
        if !blank {
            lines.push(line);
        }
    }
    while lines.last().is_some_and(String::is_empty) {
        lines.pop();
    }
}

fn comment_line(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    let mut characters = line.trim().chars().peekable();
    while let Some(character) = characters.next() {
        let next = characters.peek().copied();
        match character {
            '*' if next == Some('/') => out.push_str("*\\"),
            '@' => out.push_str("&#64;"),
            '<' if next.is_some_and(starts_element) => out.push_str("&lt;"),
            '\t' => out.push(' '),
            _ if is_treacherous(character) => push_code_point(&mut out, character),
            _ => out.push(character),
        }
    }
    // A line of `/` alone would close the comment together with the `*` that starts the line.
    if out.starts_with('/') {
        out.insert(0, '\\');
    }
    out
}

/// Text in a comment's code span: where backticks would end it, an apostrophe stands.
pub(super) fn code_span(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('`');
    for character in text.chars() {
        match character {
            '`' => out.push('\''),
            // A code span shows entities as they are written, so the two dangerous characters get a neighbour.
            '/' if out.ends_with('*') => out.push_str("\\/"),
            '@' => out.push_str("(at)"),
            _ if is_line_end(character) || is_treacherous(character) => push_code_point(&mut out, character),
            _ => out.push(character),
        }
    }
    out.push('`');
    out
}

/// A string literal in double quotes.
pub(in crate::javascript) fn literal(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    push_literal(text, &mut out);
    out
}

/// Adds a string literal in double quotes.
pub(super) fn push_literal(text: &str, out: &mut String) {
    out.push('"');
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '<' if characters.peek().is_some_and(|next| starts_element(*next)) => push_code_point(out, '<'),
            _ if is_line_end(character) || is_treacherous(character) => push_code_point(out, character),
            _ => out.push(character),
        }
    }
    out.push('"');
}

/// Returns whether `<` before this character starts an HTML element, a comment or an instruction.
fn starts_element(next: char) -> bool {
    next.is_alphabetic() || matches!(next, '/' | '!' | '?')
}

/// The name of a property: as it is where that is an identifier, else as a string literal.
pub(super) fn property_name(name: &str) -> String {
    let mut out = String::with_capacity(name.len() + 2);
    push_property_name(name, &mut out);
    out
}

/// Adds the name of a property. Identifiers outside ASCII get quotes too, for caution; reserved words need none.
pub(super) fn push_property_name(name: &str, out: &mut String) {
    if is_identifier(name) {
        out.push_str(name);
    } else {
        push_literal(name, out);
    }
}

/// Returns whether `text` is an ASCII identifier; reserved words count, since a property may have their names.
pub(crate) fn is_identifier(text: &str) -> bool {
    let mut bytes = text.bytes();
    bytes.next().is_some_and(|first| first.is_ascii_alphabetic() || matches!(first, b'_' | b'$'))
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$'))
}

fn is_line_end(character: char) -> bool {
    matches!(character, '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// Controls, and characters that hide or reorder what stands beside them.
fn is_treacherous(character: char) -> bool {
    // Nearly all text is this.
    if matches!(character, ' '..='~') {
        return false;
    }
    character.is_control()
        || matches!(
            character,
            '\u{ad}'
                | '\u{61c}'
                | '\u{180e}'
                | '\u{200b}'..='\u{200f}'
                | '\u{202a}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}'
                | '\u{fff9}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e007f}'
        )
}

fn push_code_point(out: &mut String, character: char) {
    let mut units = [0; 2];
    for unit in character.encode_utf16(&mut units) {
        add(out, format_args!("\\u{unit:04x}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_comment(text: &str, expect: &[&str]) {
        let mut lines = vec![];
        comment_lines(text, &mut lines);
        assert_eq!(lines, expect);
    }

    #[test]
    fn text_cannot_leave_its_comment() {
        check_comment("over */ alert(1) /*", &["over *\\/ alert(1) /*"]);
        check_comment("a\n/ alert(1)", &["a", "\\/ alert(1)"]);
        check_comment("a**/b", &["a**\\/b"]);
        assert_eq!(code_span("a*/b`c"), "`a*\\/b'c`");
    }

    #[test]
    fn text_cannot_start_a_tag_or_an_element() {
        check_comment("see @deprecated {@link x}", &["see &#64;deprecated {&#64;link x}"]);
        check_comment("<script>1 < 2</script>", &["&lt;script>1 < 2&lt;/script>"]);
        assert_eq!(code_span("a@ts-ignore"), "`a(at)ts-ignore`");
    }

    #[test]
    fn lines_are_split_at_every_kind_of_line_end_and_blank_ones_are_folded() {
        check_comment("a\r\n\r\n\r\nb\u{2028}c\n\n", &["a", "", "b", "c"]);
        check_comment(" \n ", &[]);
    }

    #[test]
    fn controls_of_direction_are_shown_instead_of_obeyed() {
        check_comment("a\u{202e}b\u{0}c", &["a\\u202eb\\u0000c"]);
        assert_eq!(literal("a\u{2066}\u{1F600}\u{e0001}"), "\"a\\u2066\u{1F600}\\udb40\\udc01\"");
    }

    #[test]
    fn literals_hold_any_text() {
        assert_eq!(literal("a\"b\\c\nd\u{2029}</b> < 1"), r#""a\"b\\c\nd\u2029\u003c/b> < 1""#);
    }

    #[test]
    fn names_of_properties_are_quoted_where_they_must_be() {
        for (name, expect) in
            [("delete", "delete"), ("_a$1", "_a$1"), ("1a", "\"1a\""), ("a-b", "\"a-b\""), ("", "\"\"")]
        {
            assert_eq!(property_name(name), expect);
        }
    }
}
