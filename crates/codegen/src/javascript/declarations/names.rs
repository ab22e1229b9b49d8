//! The names of exported types, settled in one pass.
//!
//! Everything the package exports lives in one namespace, since `index.d.ts` exports it all together: the runtime's
//! own types, the classes, models, enumerations and the options of operations. They come in that order, and one
//! whose name is taken (letter case aside, since clusters of models are files named after them) gets `Model`,
//! `Options` and then a number behind it.

use std::collections::HashSet;

use purecloud_definition::model::{EnumerationId, ModelId, OperationId, Platform};

use crate::javascript::Plan;

/// Names that `session.d.ts` exports; a test compares the list with the file.
pub(super) const RUNTIME: [&str; 12] = [
    "AlwaysHandler",
    "Bytes",
    "CallOptions",
    "DoneHandler",
    "ErrorFields",
    "FailHandler",
    "Handlers",
    "PureCloudError",
    "PureCloudSession",
    "Request",
    "SessionOptions",
    "Upload",
];

/// Names that mean something else to TypeScript or to JavaScript where a type is declared or mentioned.
const RESERVED: [&str; 73] = [
    "any",
    "as",
    "asserts",
    "async",
    "await",
    "bigint",
    "boolean",
    "break",
    "case",
    "catch",
    "class",
    "const",
    "continue",
    "debugger",
    "declare",
    "default",
    "delete",
    "do",
    "else",
    "enum",
    "export",
    "extends",
    "false",
    "finally",
    "for",
    "from",
    "function",
    "get",
    "global",
    "globalThis",
    "if",
    "implements",
    "import",
    "in",
    "infer",
    "instanceof",
    "interface",
    "intrinsic",
    "is",
    "keyof",
    "let",
    "module",
    "namespace",
    "never",
    "new",
    "null",
    "number",
    "object",
    "package",
    "private",
    "protected",
    "public",
    "readonly",
    "require",
    "return",
    "set",
    "static",
    "string",
    "super",
    "switch",
    "symbol",
    "this",
    "throw",
    "true",
    "try",
    "type",
    "typeof",
    "undefined",
    "unique",
    "unknown",
    "var",
    "void",
    "yield",
];

/// The exported name of each type.
pub(super) struct Names {
    models: Vec<String>,
    enumerations: Vec<String>,
    options: Vec<String>,
}

impl Names {
    pub(super) fn new(platform: &Platform, plan: &Plan) -> Self {
        let mut taken = Taken::new(plan);
        Self {
            models: platform.models.iter().map(|model| taken.settle(&model.name, "Model")).collect(),
            enumerations: platform
                .enumerations
                .iter()
                .map(|list| taken.settle(&list.name, "Model"))
                .collect(),
            options: platform
                .operations
                .iter()
                .map(|operation| taken.settle(&format!("{}Options", capitalised(&operation.name)), ""))
                .collect(),
        }
    }

    pub(super) fn model(&self, id: ModelId) -> &str {
        &self.models[id.0 as usize]
    }

    pub(super) fn enumeration(&self, id: EnumerationId) -> &str {
        &self.enumerations[id.0 as usize]
    }

    /// The interface of an operation's named options.
    pub(super) fn options(&self, id: OperationId) -> &str {
        &self.options[id.0 as usize]
    }
}

/// Names in use, in lower case.
struct Taken(HashSet<String>);

impl Taken {
    fn new(plan: &Plan) -> Self {
        let classes = plan.classes.iter().map(|class| class.name.as_str());
        Self(RUNTIME.into_iter().chain(classes).map(str::to_lowercase).collect())
    }

    fn settle(&mut self, name: &str, suffix: &str) -> String {
        let reserved = RESERVED.contains(&name);
        if !reserved && self.0.insert(name.to_lowercase()) {
            return name.to_owned();
        }
        let base = format!("{name}{suffix}");
        if base != name && self.0.insert(base.to_lowercase()) {
            return base;
        }
        let mut number = 2;
        loop {
            let numbered = format!("{base}{number}");
            if self.0.insert(numbered.to_lowercase()) {
                return numbered;
            }
            number += 1;
        }
    }
}

fn capitalised(name: &str) -> String {
    let mut characters = name.chars();
    characters.next().map_or_else(String::new, |first| first.to_uppercase().chain(characters).collect())
}

/// An argument's name where it stands in a list of parameters, in which reserved words are not allowed.
pub(super) fn parameter_name(name: &str) -> String {
    if RESERVED.contains(&name) || matches!(name, "arguments" | "eval" | "with") {
        format!("{name}_")
    } else {
        name.to_owned()
    }
}
