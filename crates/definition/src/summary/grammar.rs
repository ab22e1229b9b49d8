//! English for nouns: their number and their article.

/// Words that end as plurals do and are not, or whose plural is the same.
const UNCOUNTED: &[&str] = &[
    "access",
    "address",
    "adherence",
    "alias",
    "analytics",
    "basis",
    "business",
    "canvas",
    "data",
    "diagnostics",
    "dns",
    "feedback",
    "gdpr",
    "hris",
    "ics",
    "infrastructure",
    "media",
    "news",
    "process",
    "progress",
    "series",
    "sms",
    "statistics",
    "status",
    "success",
    "tls",
    "tts",
    "voicemail",
    "whatsapp",
];

/// Plurals that no rule makes singular.
const IRREGULAR: &[(&str, &str)] = &[
    ("aliases", "alias"),
    ("analyses", "analysis"),
    ("caches", "cache"),
    ("canvases", "canvas"),
    ("children", "child"),
    ("cookies", "cookie"),
    ("criteria", "criterion"),
    ("indices", "index"),
    ("movies", "movie"),
    ("people", "person"),
    ("statuses", "status"),
    ("viruses", "virus"),
];

/// The singular of the last word of `phrase`; the phrase itself when that is not a plural.
pub(super) fn singular(phrase: &str) -> String {
    let (front, word) = last_word(phrase);
    match singular_word(word) {
        Some(word) => format!("{front}{word}"),
        None => phrase.to_owned(),
    }
}

/// Returns whether the last word of `phrase` is a plural.
pub(super) fn is_plural(phrase: &str) -> bool {
    singular_word(last_word(phrase).1).is_some()
}

/// The plural of the last word of `phrase`; the phrase itself when it is one already or has none.
pub(super) fn plural(phrase: &str) -> String {
    let word = last_word(phrase).1;
    if is_plural(phrase)
        || (UNCOUNTED.contains(&word) && !matches!(word, "address" | "alias" | "process" | "status"))
    {
        return phrase.to_owned();
    }
    let lower = word.to_ascii_lowercase();
    if let Some(stem) = lower.strip_suffix('y').filter(|stem| !stem.ends_with(['a', 'e', 'o', 'u'])) {
        return format!("{}ies", &phrase[..phrase.len() - (word.len() - stem.len())]);
    }
    let hisses = ["s", "x", "ch", "sh", "z"].iter().any(|ending| lower.ends_with(ending));
    format!("{phrase}{}", if hisses { "es" } else { "s" })
}

/// `phrase` with the article that its sound asks for.
pub(super) fn with_article(phrase: &str) -> String {
    // Letters whose names begin with a vowel, for abbreviations that are spelled out.
    const SPELLED: &str = "AEFHILMNORSX";
    const AS_YOU: &[&str] =
        &["eu", "one", "once", "uni", "usage", "use", "uti", "unif", "uuid", "uri", "url", "u "];
    let mut letters = phrase.chars();
    let first = letters.next().unwrap_or_default();
    let second = letters.next().unwrap_or_default();
    let lower = phrase.to_lowercase();
    let spelled = first.is_ascii_uppercase() && second.is_ascii_uppercase() && !phrase.starts_with("SCIM");
    let vowel = if spelled {
        SPELLED.contains(first)
    } else {
        let unimportant = lower.starts_with("unim") || lower.starts_with("unin");
        lower.starts_with(['a', 'e', 'i', 'o', 'u'])
            && (unimportant || !AS_YOU.iter().any(|start| lower.starts_with(start)))
    };
    format!("{} {phrase}", if vowel { "an" } else { "a" })
}

fn last_word(phrase: &str) -> (&str, &str) {
    phrase.split_at(phrase.rfind(' ').map_or(0, |blank| blank + 1))
}

fn singular_word(word: &str) -> Option<String> {
    let lower = word.to_ascii_lowercase();
    if let Some((_, singular)) = IRREGULAR.iter().find(|(plural, _)| *plural == lower) {
        return Some((*singular).to_owned());
    }
    let is_same = UNCOUNTED.contains(&lower.as_str()) || lower.len() < 3;
    if is_same || ["us", "ss", "is"].iter().any(|ending| lower.ends_with(ending)) || !lower.ends_with('s') {
        return None;
    }
    if lower.ends_with("ies") && lower.len() > 4 {
        return Some(format!("{}y", &word[..word.len() - 3]));
    }
    let is_long = ["sses", "xes", "ches", "shes", "zzes"].iter().any(|ending| lower.ends_with(ending));
    Some(word[..word.len() - if is_long { 2 } else { 1 }].to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nouns_have_two_numbers() {
        for (one, many) in [
            ("user", "users"),
            ("contact list", "contact lists"),
            ("category", "categories"),
            ("key", "keys"),
            ("address", "addresses"),
            ("search", "searches"),
            ("case", "cases"),
            ("response", "responses"),
            ("status", "statuses"),
            ("analysis", "analyses"),
            ("IVR", "IVRs"),
        ] {
            assert_eq!(
                (singular(many).as_str(), is_plural(many), is_plural(one)),
                (one, true, false),
                "{many}"
            );
            assert_eq!(singular(one), one);
            if one != "analysis" {
                assert_eq!(plural(one), many);
            }
        }
        for word in ["analytics", "media", "progress", "SMS"] {
            assert_eq!((singular(word).as_str(), is_plural(word)), (word, false));
        }
    }

    #[test]
    fn an_article_follows_the_sound() {
        for (phrase, expect) in [
            ("user", "a user"),
            ("edge", "an edge"),
            ("IVR", "an IVR"),
            ("DID pool", "a DID pool"),
            ("SCIM group", "a SCIM group"),
            ("OAuth client", "an OAuth client"),
            ("unit", "a unit"),
            ("unanswered group", "an unanswered group"),
            ("", "a "),
        ] {
            assert_eq!(with_article(phrase), expect);
        }
    }
}
