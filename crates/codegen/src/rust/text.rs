//! Text of a definition as it may stand in Rust.

/// A string literal. What could mislead a reader (controls, marks of writing direction) is escaped.
pub(super) fn literal(text: &str) -> String {
    format!("{text:?}")
}

/// One line of documentation, or nothing when there is nothing to say.
///
/// The text of a definition becomes one line of plain words: no code block that `cargo test` would run, no HTML that
/// a browser would read, no link, no mark of writing direction.
pub(super) fn words(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for word in text.split(|character: char| character.is_whitespace() || character.is_control()) {
        if word.is_empty() {
            continue;
        }
        if !line.is_empty() {
            line.push(' ');
        }
        for character in word.chars() {
            match character {
                // Marks of writing direction, and separators that some readers take for the end of a line.
                '\u{61c}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}' => {}
                // Every mark that Markdown or HTML could act on.
                _ if character.is_ascii_punctuation()
                    && !matches!(character, '.' | ',' | '\'' | '-' | '/') =>
                {
                    line.push('\\');
                    line.push(character);
                }
                _ => line.push(character),
            }
        }
    }
    // What begins a line of Markdown: a list, a heading made by the line below it.
    if line.starts_with(['-', '.']) || line.starts_with(|character: char| character.is_ascii_digit()) {
        line.insert_str(0, "Text: ");
    }
    line
}

/// Text as code within a line of documentation.
pub(super) fn code(text: &str) -> String {
    let clean: String = text
        .chars()
        .filter(|c| !c.is_control() && *c != '`' && !matches!(c, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'))
        .collect();
    if clean.trim().is_empty() { String::new() } else { format!("`{clean}`") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(given: &str, expect: &str) {
        assert_eq!(words(given), expect);
    }

    #[test]
    fn descriptions_become_one_line_of_plain_words() {
        check("The user's\n\n    let x = 1;\r\n```\nrun()", r"The user's let x \= 1\; \`\`\` run\(\)");
        check("<script>alert(1)</script>", r"\<script\>alert\(1\)\</script\>");
        check(
            "[link](http://x) */ {\u{202e}",
            r"\[link\]\(http\:\/\/x\) \*\/ \{".replace("\\/", "/").as_str(),
        );
        check("- list", "Text: - list");
        check("  ", "");
    }

    #[test]
    fn literals_say_what_they_hold() {
        assert_eq!(literal("a\"b\\\n\u{202e}"), r#""a\"b\\\n\u{202e}""#);
    }
}
