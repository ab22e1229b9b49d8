//! Which names are free.

use std::collections::HashSet;

/// The names of one scope: the methods of a class, the arguments of a call, the models of a platform.
///
/// One rule settles everything. A name that is reserved, or that another has already taken when letter case is ignored,
/// gets `_`; if that is not free either, `_2`, `_3` and so on until one is. Who comes first keeps the plain name, so
/// callers claim names in an order that does not depend on chance: what stands in the definition under that very
/// name first, then the order of the definition.
#[derive(Debug, Clone)]
pub struct Scope {
    reserved: Reserved,
    /// In lower case.
    taken: HashSet<String>,
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
        Self { reserved, taken: HashSet::new() }
    }

    /// Takes `name`, or the nearest name to it that is free.
    pub fn claim(&mut self, name: &str) -> String {
        let mut candidate = name.to_owned();
        let mut number = 1;
        while !self.is_free(&candidate) {
            candidate = if number == 1 { format!("{name}_") } else { format!("{name}_{number}") };
            number += 1;
        }
        self.taken.insert(candidate.to_ascii_lowercase());
        candidate
    }

    /// Whether `name` may still be had as it is.
    pub fn is_free(&self, name: &str) -> bool {
        !name.is_empty() && !self.reserved.has(name) && !self.taken.contains(&name.to_ascii_lowercase())
    }
}

impl Reserved {
    /// Whether `name` may not be used in such a scope.
    pub fn has(self, name: &str) -> bool {
        match self {
            Self::Nothing => false,
            Self::JavaScript => JAVASCRIPT.contains(&name),
            Self::TypeScript => JAVASCRIPT.contains(&name) || TYPESCRIPT_TYPES.contains(&name),
            Self::Rust => RUST.contains(&name),
        }
    }
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
