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
pub(super) const RUNTIME: [&str; 59] = [
    "AlwaysHandler",
    "Bytes",
    "CallCounts",
    "CallOptions",
    "CallResponse",
    "ConnectedNotice",
    "DoneHandler",
    "ErrorFields",
    "EventNotice",
    "FailHandler",
    "Fetch",
    "FormFields",
    "FormFile",
    "Gateway",
    "Handlers",
    "HookAnswer",
    "HookRequest",
    "HookRetry",
    "Hooks",
    "ListingPage",
    "ListingPages",
    "ListingPosition",
    "ListingRequest",
    "LogLevel",
    "LogOptions",
    "LogRecord",
    "Logger",
    "LoginOptions",
    "LoginWindow",
    "MissedNotice",
    "Notice",
    "NoticeHandlers",
    "NotificationOptions",
    "NotificationSubscription",
    "Notifications",
    "PagesOptions",
    "Priority",
    "Progress",
    "ProgressHandler",
    "PureCloudError",
    "PureCloudSession",
    "RawAnswer",
    "RejectedNotice",
    "Request",
    "RetryOptions",
    "RetryPolicy",
    "Sent",
    "SessionOptions",
    "SessionStatistics",
    "SharedBudget",
    "StoredToken",
    "TlsOptions",
    "TokenGrant",
    "TokenStorage",
    "TopicBody",
    "TopicName",
    "TopicTypes",
    "Upload",
    "WaitingCall",
];

/// Words of the language that cannot be the name of anything declared.
#[rustfmt::skip]
fn is_keyword(name: &str) -> bool {
    matches!(
        name,
        "arguments" | "await" | "break" | "case" | "catch" | "class" | "const" | "continue" | "debugger" | "default"
        | "delete" | "do" | "else" | "enum" | "eval" | "export" | "extends" | "false" | "finally" | "for" | "function"
        | "if" | "implements" | "import" | "in" | "instanceof" | "interface" | "let" | "new" | "null" | "package"
        | "private" | "protected" | "public" | "return" | "static" | "super" | "switch" | "this" | "throw" | "true"
        | "try" | "typeof" | "var" | "void" | "while" | "with" | "yield"
    )
}

/// Words that mean something else to TypeScript where a type is mentioned.
#[rustfmt::skip]
fn is_type_word(name: &str) -> bool {
    matches!(
        name,
        "any" | "as" | "asserts" | "async" | "bigint" | "boolean" | "declare" | "from" | "get" | "global"
        | "globalThis" | "infer" | "intrinsic" | "is" | "keyof" | "module" | "namespace" | "never" | "number"
        | "object" | "readonly" | "require" | "set" | "string" | "symbol" | "type" | "undefined" | "unique"
        | "unknown"
    )
}

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
        if !is_keyword(name) && !is_type_word(name) && self.0.insert(name.to_lowercase()) {
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

/// The names of arguments where they stand in a list of parameters: no keywords, all distinct.
pub(super) fn parameter_names<'a>(arguments: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let mut names: Vec<String> = vec![];
    for argument in arguments {
        let mut name = argument.to_owned();
        while is_keyword(&name) || names.contains(&name) {
            name.push('_');
        }
        names.push(name);
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_runtime_has_the_names_that_are_kept_for_it() {
        let mut exported: Vec<_> = super::super::SESSION
            .lines()
            .filter_map(|line| line.strip_prefix("export "))
            .map(|line| line.strip_prefix("declare ").unwrap_or(line))
            .filter_map(|line| line.split_once(' '))
            .map(|(_, rest)| rest.split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap())
            .collect();
        exported.sort_unstable();
        exported.dedup();
        assert_eq!(exported, RUNTIME);
    }

    #[test]
    fn taken_and_reserved_names_get_something_behind_them() {
        let mut taken = Taken::new(&Plan { classes: vec![] });
        for (name, expect) in [
            ("User", "User"),
            ("USER", "USERModel"),
            ("user", "userModel2"),
            ("Request", "RequestModel"),
            ("string", "stringModel"),
            ("class", "classModel"),
        ] {
            assert_eq!(taken.settle(name, "Model"), expect);
        }
        assert_eq!(taken.settle("User", ""), "User2");
    }

    #[test]
    fn parameters_are_no_keywords_and_all_distinct() {
        assert_eq!(
            parameter_names(["delete", "delete_", "type", "this"]),
            ["delete_", "delete__", "type", "this_"]
        );
    }
}
