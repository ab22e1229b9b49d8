//! The names that are free.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

/// The names of one scope: the methods of a class, the arguments of a call, the models of a platform.
///
/// One rule settles everything. A name that is reserved, or that another has already taken when letter case is ignored,
/// gets `_`; if that is not free either, `_2`, `_3` and so on until one is. Who comes first keeps the plain name, so
/// callers claim names in an order that does not depend on chance: what stands in the definition under that very
/// name first, then the order of the definition.
#[derive(Debug, Clone)]
pub struct Scope {
    reserved: Reserved,
    /// In lower case, with the number that is tried next when the name is wanted again.
    taken: HashMap<String, u32>,
}

/// The words that a scope keeps for itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reserved {
    /// None.
    Nothing,
    /// Methods and arguments: words of JavaScript and TypeScript that are no identifiers, what every object inherits,
    /// and `then`, which would turn an object into something to be awaited.
    JavaScript,
    /// Types: the same and the type names that TypeScript has built in.
    TypeScript,
    /// Functions, fields and modules in Rust: its keywords, those of every edition, and `_`.
    Rust,
}

impl Scope {
    /// An empty scope.
    pub fn new(reserved: Reserved) -> Self {
        Self { reserved, taken: HashMap::new() }
    }

    /// Takes `name`, or the nearest name to it that is free.
    pub fn claim(&mut self, name: &str) -> String {
        if self.take(name) {
            return name.to_owned();
        }
        let key = name.to_ascii_lowercase();
        loop {
            // Thousands may want one name, so the search goes on where it ended for the one before.
            let number = self.taken.entry(key.clone()).or_insert(1);
            let candidate = if *number == 1 { format!("{name}_") } else { format!("{name}_{number}") };
            *number += 1;
            if self.take(&candidate) {
                return candidate;
            }
        }
    }

    /// Takes `name` if it may be had as it is.
    fn take(&mut self, name: &str) -> bool {
        if name.is_empty() || self.reserved.has(name) {
            return false;
        }
        match self.taken.entry(name.to_ascii_lowercase()) {
            Entry::Vacant(free) => {
                free.insert(1);
                true
            }
            Entry::Occupied(_) => false,
        }
    }
}

impl Reserved {
    /// Returns whether `name` may not be used in such a scope.
    pub fn has(self, name: &str) -> bool {
        match self {
            Self::Nothing => false,
            Self::JavaScript => listed(JAVASCRIPT, name),
            Self::TypeScript => listed(JAVASCRIPT, name) || listed(TYPESCRIPT_TYPES, name),
            Self::Rust => listed(RUST, name),
        }
    }
}

/// Returns whether `name` is among `words`, which are sorted.
fn listed(words: &[&str], name: &str) -> bool {
    words.binary_search(&name).is_ok()
}

const JAVASCRIPT: &[&str] = &[
    "__defineGetter__",
    "__defineSetter__",
    "__lookupGetter__",
    "__lookupSetter__",
    "__proto__",
    "arguments",
    "async",
    "await",
    "break",
    "case",
    "catch",
    "class",
    "const",
    "constructor",
    "continue",
    "debugger",
    "default",
    "delete",
    "do",
    "else",
    "enum",
    "eval",
    "export",
    "extends",
    "false",
    "finally",
    "for",
    "function",
    "hasOwnProperty",
    "if",
    "implements",
    "import",
    "in",
    "instanceof",
    "interface",
    "isPrototypeOf",
    "let",
    "new",
    "null",
    "package",
    "private",
    "propertyIsEnumerable",
    "protected",
    "prototype",
    "public",
    "return",
    "static",
    "super",
    "switch",
    "then",
    "this",
    "throw",
    "toJSON",
    "toLocaleString",
    "toString",
    "true",
    "try",
    "typeof",
    "undefined",
    "valueOf",
    "var",
    "void",
    "while",
    "with",
    "yield",
];

const TYPESCRIPT_TYPES: &[&str] = &[
    "any",
    "asserts",
    "bigint",
    "boolean",
    "declare",
    "infer",
    "intrinsic",
    "is",
    "keyof",
    "module",
    "namespace",
    "never",
    "number",
    "object",
    "readonly",
    "require",
    "string",
    "symbol",
    "type",
    "unique",
    "unknown",
];

const RUST: &[&str] = &[
    "Self", "_", "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "crate",
    "do", "dyn", "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let",
    "loop", "macro", "match", "mod", "move", "mut", "override", "priv", "pub", "ref", "return", "self",
    "static", "struct", "super", "trait", "true", "try", "type", "typeof", "union", "unsafe", "unsized",
    "use", "virtual", "where", "while", "yield",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_words_are_sorted_so_that_they_can_be_searched() {
        for words in [JAVASCRIPT, TYPESCRIPT_TYPES, RUST] {
            assert!(words.is_sorted(), "{words:?}");
        }
    }

    #[track_caller]
    fn check(reserved: Reserved, wanted: &[&str], settled: &[&str]) {
        let mut scope = Scope::new(reserved);
        let names: Vec<String> = wanted.iter().map(|name| scope.claim(name)).collect();
        assert_eq!(names, settled);
    }

    #[test]
    fn who_comes_first_keeps_the_plain_name_and_case_makes_no_difference() {
        check(Reserved::Nothing, &["a", "A", "a", "a_", "a"], &["a", "A_", "a_2", "a__", "a_3"]);
    }

    #[test]
    fn words_that_mean_something_else_give_way() {
        check(
            Reserved::JavaScript,
            &["delete", "constructor", "then", "prototype", "toString", "arguments", "number"],
            &["delete_", "constructor_", "then_", "prototype_", "toString_", "arguments_", "number"],
        );
        check(Reserved::TypeScript, &["string", "Object", "any"], &["string_", "Object", "any_"]);
        check(
            Reserved::Rust,
            &["self", "Self", "type", "match", "gen", "name"],
            &["self_", "Self_2", "type_", "match_", "gen_", "name"],
        );
    }

    #[test]
    fn the_empty_name_is_never_given_out() {
        check(Reserved::Nothing, &["", ""], &["_", "_2"]);
    }
}
