//! The naming rules of each generation.

use std::borrow::Cow;

use crate::model::{Method, PathTemplate, Piece, Segment};

/// The prefix that the names of no generation mention.
const PREFIX: [&str; 2] = ["api", "v2"];

/// `text` as an identifier that begins with a capital: each run of letters and digits gets a capital, what lies between
/// them goes. Letters keep their case otherwise, so `edgeGroup.id` becomes `EdgeGroupId`.
///
/// Empty if `text` has neither letters nor digits of ASCII. A digit in front gets a `_` before it only where the text
/// begins a name; that is for the caller to know, see [`member`].
pub fn pascal(text: &str) -> String {
    let mut name = String::with_capacity(text.len());
    let mut raise = true;
    for character in text.chars() {
        if character.is_ascii_alphanumeric() {
            name.push(if raise { character.to_ascii_uppercase() } else { character });
            raise = false;
        } else {
            raise = true;
        }
    }
    name
}

/// `text` as the name of an argument, in the way of today's SDK: `lines.loggedInUser.id` becomes
/// `linesLoggedInUserId`, `If-None-Match` `ifNoneMatch`, `phone_hardwareId` `phoneHardwareId`.
pub fn argument(text: &str) -> String {
    let name = pascal(text);
    let mut characters = name.chars();
    match characters.next() {
        Some(first) => safe(format!("{}{}", first.to_ascii_lowercase(), characters.as_str())),
        None => "value".to_owned(),
    }
}

/// `text` as the name of an argument, in the way of the first generation: hyphens camel-cased, then blanks and
/// `. / ( ) '` removed, then the first `delete` made `doDelete`: `site.id` becomes `siteid`.
pub fn legacy_argument(text: &str) -> String {
    let mut name = String::with_capacity(text.len());
    let mut raise = false;
    for character in text.chars() {
        match character {
            '-' => raise = true,
            _ if raise => {
                name.push(character.to_ascii_uppercase());
                raise = false;
            }
            _ => name.push(character),
        }
    }
    name.retain(|character| character.is_ascii_alphanumeric() || character == '_');
    let name = name.replacen("delete", "doDelete", 1);
    if name.is_empty() { "value".to_owned() } else { safe(name) }
}

/// The class of a tag: its words with a capital each, without what separates them, and `Api`.
pub fn class(tag: &str) -> String {
    // It becomes the name of a file, and no file system takes more than 255 bytes.
    const LONGEST: usize = 100;
    let mut name = pascal(tag);
    name.truncate(LONGEST);
    name.push_str("Api");
    safe(name)
}

/// `text` as the name of a method or a type if it already is one, else the nearest there is; `fallback` if nothing
/// of it can stay.
pub fn member(text: &str, fallback: impl FnOnce() -> String) -> String {
    if is_identifier(text) {
        return text.to_owned();
    }
    let name: String = pascal(text);
    if name.is_empty() {
        return fallback();
    }
    // Only what follows a separator is raised: the first letter stays as it was.
    let first = text.chars().find(char::is_ascii_alphanumeric).unwrap_or('_');
    safe(format!("{first}{}", &name[1..]))
}

/// Returns whether `text` is an identifier in each of our languages.
fn is_identifier(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text.chars().all(|character| character.is_ascii_alphanumeric() || character == '_')
}

/// `name`, with a `_` in front of a digit.
fn safe(name: String) -> String {
    if name.starts_with(|first: char| first.is_ascii_digit()) { format!("_{name}") } else { name }
}

/// The modern name of an operation: `getUsersMe` for `GET /api/v2/users/me`.
///
/// The method in lower case, then each segment after `/api/v2/`. A literal in front of a parameter is made singular
/// and the parameter goes; where it is no plural, both are used. The first letter of each piece is raised, nothing else
/// changes case. Source: derived from the names of the platform's SDKs; reproduces 3,350 of 3,355, and the other five
/// are those that today's SDK numbers because they differ from others in case alone.
pub fn modern(method: Method, path: &PathTemplate) -> String {
    let mut name = method.as_str().to_ascii_lowercase();
    let segments = significant(path);
    let mut index = 0;
    while index < segments.len() {
        let text = words(&segments[index]);
        let text = text.as_ref();
        let literal = matches!(segments[index], Segment::Literal(_));
        let before_parameter = matches!(segments.get(index + 1), Some(Segment::Parameter(_)));
        index += 1;
        if literal
            && before_parameter
            && let Some(singular) = singular(text)
        {
            name.push_str(&pascal(&singular));
            index += 1;
        } else {
            name.push_str(&pascal(text));
        }
    }
    name
}

/// The legacy name of an operation: `getMe` for `GET /api/v2/users/me`.
///
/// The method in lower case, then what follows `/api/v2/`. If that has more than one segment, the shortest of
/// `first_segments` that it starts with goes, which leaves a `s` of `recordings` where `recording` is known; its own
/// first segment is always among the candidates. Literals get their first letter raised; parameters go to lower case,
/// with the first letter raised and a final `id` as `Id`. Source: derived from the names of the SDKs of 2016 and 2017;
/// reproduces 743 of 743 with the first segments of that definition.
pub fn legacy<'s>(
    method: Method,
    path: &PathTemplate,
    first_segments: impl IntoIterator<Item = &'s str>,
) -> String {
    let mut name = method.as_str().to_ascii_lowercase();
    let segments = significant(path);
    let mut rest = segments;
    if segments.len() > 1 {
        let first = words(&segments[0]);
        let dropped = first_segments
            .into_iter()
            .filter(|known| !known.is_empty() && first.starts_with(*known))
            .map(str::len)
            .min()
            .unwrap_or(first.len());
        // What is left of the first segment is no segment of its own, so its first letter stays as it is.
        name.extend(first[dropped..].chars().filter(char::is_ascii_alphanumeric));
        rest = &segments[1..];
    }
    for segment in rest {
        let text = words(segment);
        if matches!(segment, Segment::Literal(_)) {
            name.push_str(&pascal(&text));
            continue;
        }
        let mut piece = pascal(&text.to_ascii_lowercase());
        if piece.len() > 2 && piece.ends_with("id") {
            piece.truncate(piece.len() - 2);
            piece.push_str("Id");
        }
        name.push_str(&piece);
    }
    name
}

/// The segments after `/api/v2/`, or all of them where a path does not begin so.
fn significant(path: &PathTemplate) -> &[Segment] {
    let segments = path.segments.as_slice();
    match segments {
        [Segment::Literal(first), Segment::Literal(second), rest @ ..]
            if [first.as_str(), second.as_str()] == PREFIX =>
        {
            rest
        }
        _ => segments,
    }
}

/// The text of a segment without braces.
fn words(segment: &Segment) -> Cow<'_, str> {
    match segment {
        Segment::Literal(text) | Segment::Parameter(text) => Cow::Borrowed(text),
        Segment::Mixed(pieces) => {
            let mut text = String::new();
            for piece in pieces {
                let (Piece::Literal(part) | Piece::Parameter(part)) = piece;
                text.push_str(part);
                text.push('-');
            }
            Cow::Owned(text)
        }
    }
}

/// The singular of `word`, if it is a plural.
pub fn singular(word: &str) -> Option<String> {
    if word == "alias" {
        // Its own singular: the parameter goes all the same.
        return Some(word.to_owned());
    }
    if word.ends_with("us") || word.ends_with("ss") || !word.ends_with('s') {
        return None;
    }
    if let Some(stem) = word.strip_suffix("ies") {
        return Some(format!("{stem}y"));
    }
    let without_es = word
        .strip_suffix("es")
        .filter(|stem| ["ss", "us", "x", "ch", "sh"].iter().any(|ending| stem.ends_with(ending)));
    Some(without_es.unwrap_or(&word[..word.len() - 1]).to_owned())
}
