//! `topics.rs`: a function for each topic of notifications whose events have a model.

use std::fmt::Write as _;

use purecloud_definition::names::{Reserved, Scope, rust, singular};

use super::plan::Plan;
use super::text::{code, literal};

/// The whole file.
pub(super) fn emit(plan: &Plan<'_>) -> String {
    let mut out = String::from(
        "// Written by the build script from the platform's definition; see `purecloud_codegen::rust`.\n\n",
    );
    out.push_str("use crate::{TypedTopic, models};\n");
    let mut functions = Scope::new(Reserved::Rust);
    for (topic, model) in plan.topics() {
        let words = Words::of(&topic.name);
        let arguments: Vec<String> =
            words.arguments.iter().map(|argument| format!("{argument}: &str")).collect();
        // Writing to a `String` cannot fail.
        let _ = writeln!(
            out,
            "\n/// {}\npub fn {}({}) -> TypedTopic<models::{model}> {{\n    TypedTopic::join(&[{}])\n}}",
            code(&topic.name),
            functions.claim(&rust::snake(&words.function)),
            arguments.join(", "),
            words.parts.join(", ")
        );
    }
    out
}

/// The parts of a topic's name.
struct Words {
    /// Its words without the version and the placeholders.
    function: String,
    /// One for each placeholder, named for the word before it: `user_id` for the `{id}` of `users.{id}`.
    arguments: Vec<String>,
    /// Literals and arguments, which together make the name.
    parts: Vec<String>,
}

impl Words {
    fn of(name: &str) -> Self {
        let mut scope = Scope::new(Reserved::Rust);
        let mut words = Self { function: String::new(), arguments: Vec::new(), parts: Vec::new() };
        let mut text = String::new();
        let mut last = "";
        for (index, word) in name.split('.').enumerate() {
            if index > 0 {
                text.push('.');
            }
            if let Some(placeholder) = word.strip_prefix('{').and_then(|word| word.strip_suffix('}')) {
                let owner = singular(last).unwrap_or_else(|| last.to_owned());
                let argument = scope.claim(&rust::snake(&format!("{owner} {placeholder}")));
                words.parts.push(literal(&std::mem::take(&mut text)));
                words.parts.push(argument.clone());
                words.arguments.push(argument);
            } else {
                text.push_str(word);
                if index > 0 {
                    words.function.push(' ');
                    words.function.push_str(word);
                }
                last = word;
            }
        }
        if !text.is_empty() {
            words.parts.push(literal(&text));
        }
        words
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(name: &str, function: &str, arguments: &[&str], parts: &[&str]) {
        let words = Words::of(name);
        assert_eq!(rust::snake(&words.function), function);
        assert_eq!(words.arguments, arguments);
        assert_eq!(words.parts, parts);
    }

    #[test]
    fn placeholders_become_arguments_named_for_what_they_are_the_id_of() {
        check(
            "v2.users.{id}.presence",
            "users_presence",
            &["user_id"],
            &["\"v2.users.\"", "user_id", "\".presence\""],
        );
        check(
            "v2.users.{id}.outbound.dnclists.{id}",
            "users_outbound_dnclists",
            &["user_id", "dnclist_id"],
            &["\"v2.users.\"", "user_id", "\".outbound.dnclists.\"", "dnclist_id"],
        );
        check(
            "v2.things.{a}.{b}",
            "things",
            &["thing_a", "thing_b"],
            &["\"v2.things.\"", "thing_a", "\".\"", "thing_b"],
        );
        check("v2.\"x", "x", &[], &[r#""v2.\"x""#]);
    }
}
