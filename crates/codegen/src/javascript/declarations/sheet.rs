//! One declaration file being written: its text, and what it must import.

use std::collections::{BTreeMap, BTreeSet};

use purecloud_definition::Summaries;
use purecloud_definition::model::{Operation, Parameter, Place, Platform, TextFormat, Type};

use super::names::Names;
use super::placement::{Item, Placement};
use super::text::{self, add};

/// Stands for a file below the folder of declarations that holds no types of the platform.
pub(super) const NO_SHEET: usize = usize::MAX;

/// The input of every file.
pub(super) struct Context<'a> {
    pub(super) platform: &'a Platform,
    pub(super) summaries: Summaries<'a>,
    /// For each model whether the body of a request leaves out something of it.
    pub(super) trimmed: Vec<bool>,
    pub(super) names: &'a Names,
    pub(super) placement: &'a Placement,
}

/// The file being written.
pub(super) struct Writer<'a> {
    pub(super) context: &'a Context<'a>,
    pub(super) types: Types<'a>,
    /// Declarations, in order.
    pub(super) out: String,
}

/// Writes types, and keeps in mind what the file must import for them.
pub(super) struct Types<'a> {
    context: &'a Context<'a>,
    /// Index into [`Placement::sheets`].
    sheet: usize,
    /// Names by the file they come from.
    imports: BTreeMap<usize, BTreeSet<&'a str>>,
    runtime: BTreeSet<&'static str>,
}

impl Types<'_> {
    /// Adds the name of an item, and the import it needs.
    pub(super) fn mention(&mut self, item: Item, out: &mut String) {
        let name = item.name(self.context.names);
        if let Some(sheet) = self.context.placement.sheet_of(item)
            && sheet != self.sheet
        {
            self.imports.entry(sheet).or_default().insert(name);
        }
        out.push_str(name);
    }

    /// A type of the runtime, by its name.
    pub(super) fn runtime(&mut self, name: &'static str) -> &'static str {
        self.runtime.insert(name);
        name
    }

    /// Adds the type of a value in JSON.
    pub(super) fn kind(&mut self, kind: &Type, out: &mut String) {
        match kind {
            Type::Any => out.push_str("any"),
            Type::Text(_) => out.push_str("string"),
            Type::Integer(_) | Type::Number => out.push_str("number"),
            Type::Boolean => out.push_str("boolean"),
            Type::Enumeration(id) => self.mention(Item::Enumeration(*id), out),
            Type::Model(id) => self.mention(Item::Model(*id), out),
            Type::List(inner) => {
                self.element(inner, out);
                out.push_str("[]");
            }
            Type::Map(inner) => {
                out.push_str("{ [key: string]: ");
                self.kind(inner, out);
                out.push_str(" }");
            }
            Type::OneOf(kinds) => {
                for (index, kind) in kinds.iter().enumerate() {
                    if index > 0 {
                        out.push_str(" | ");
                    }
                    self.kind(kind, out);
                }
            }
            Type::Bytes => out.push_str(self.runtime("Bytes")),
        }
    }

    /// Adds the type of an argument, which may be wider than what JSON holds: dates may be `Date`s, and one value
    /// does for a list in a query.
    pub(super) fn argument(&mut self, kind: &Type, place: Place, out: &mut String) {
        match (kind, place) {
            (Type::Bytes, _) => out.push_str(self.runtime("Upload")),
            (_, Place::Body { .. }) => self.sent(kind, out),
            (Type::Text(TextFormat::Date | TextFormat::DateTime), _) => out.push_str("string | Date"),
            (Type::List(inner), _) => {
                let mut item = String::new();
                self.argument(inner, place, &mut item);
                let list = if item.contains(' ') { format!("({item})") } else { item.clone() };
                add(out, format_args!("{item} | readonly {list}[]"));
            }
            _ => self.kind(kind, out),
        }
    }

    /// Adds the type of a parameter of `operation`: that of an argument, or of the fields of a form.
    pub(super) fn parameter(&mut self, operation: &Operation, parameter: &Parameter, out: &mut String) {
        let is_form = operation.form.is_some() && matches!(parameter.place, Place::Body { .. });
        if is_form {
            add(out, format_args!("{}<", self.runtime("FormFields")));
        }
        self.argument(&parameter.kind, parameter.place, out);
        out.push_str(if is_form { ">" } else { "" });
    }

    /// Adds the type of a body: without what only the platform sets. Lists and maps follow their items.
    fn sent(&mut self, kind: &Type, out: &mut String) {
        match kind {
            Type::Model(id) if self.context.trimmed[id.0 as usize] => {
                add(out, format_args!("{}<", self.runtime("Sent")));
                self.kind(kind, out);
                out.push('>');
            }
            Type::List(inner) => {
                let union = matches!(**inner, Type::OneOf(_));
                out.push_str(if union { "(" } else { "" });
                self.sent(inner, out);
                out.push_str(if union { ")[]" } else { "[]" });
            }
            Type::Map(inner) => {
                out.push_str("{ [key: string]: ");
                self.sent(inner, out);
                out.push_str(" }");
            }
            Type::OneOf(kinds) => {
                for (index, kind) in kinds.iter().enumerate() {
                    if index > 0 {
                        out.push_str(" | ");
                    }
                    self.sent(kind, out);
                }
            }
            _ => self.kind(kind, out),
        }
    }

    /// Adds the type of a list's items, in parentheses where `[]` would bind to a part of it.
    fn element(&mut self, kind: &Type, out: &mut String) {
        let union = matches!(kind, Type::OneOf(_));
        if union {
            out.push('(');
        }
        self.kind(kind, out);
        if union {
            out.push(')');
        }
    }
}

impl<'a> Writer<'a> {
    pub(super) fn new(context: &'a Context<'a>, sheet: usize) -> Self {
        let types = Types { context, sheet, imports: BTreeMap::new(), runtime: BTreeSet::new() };
        Self { context, types, out: String::new() }
    }

    /// Adds a `JSDoc` comment of these lines; none for no lines.
    pub(super) fn comment(&mut self, indent: &str, lines: &[String]) {
        match lines {
            [] => {}
            [line] => {
                self.out.push_str(indent);
                self.out.push_str("/** ");
                self.out.push_str(line);
                self.out.push_str(" */\n");
            }
            _ => {
                self.out.push_str(indent);
                self.out.push_str("/**\n");
                for line in lines {
                    self.out.push_str(indent);
                    self.out.push_str(if line.is_empty() { " *" } else { " * " });
                    self.out.push_str(line);
                    self.out.push('\n');
                }
                self.out.push_str(indent);
                self.out.push_str(" */\n");
            }
        }
    }

    /// The finished file.
    pub(super) fn finish(self, header: &str) -> String {
        let Types { sheet, imports, runtime, .. } = self.types;
        let sheets = &self.context.placement.sheets;
        let from = sheets.get(sheet).map_or("", |sheet| sheet.stem.as_str());
        let mut text = String::with_capacity(self.out.len() + 1024);
        text.push_str(header);
        if !runtime.is_empty() {
            import(&mut text, &runtime, &relative(from, "session"));
        }
        for (sheet, names) in &imports {
            import(&mut text, names, &relative(from, &sheets[*sheet].stem));
        }
        text.push('\n');
        text.push_str(self.out.trim_end());
        text.push('\n');
        text
    }
}

fn import(text: &mut String, names: &BTreeSet<&str>, from: &str) {
    text.push_str("import type { ");
    for (index, name) in names.iter().enumerate() {
        if index > 0 {
            text.push_str(", ");
        }
        text.push_str(name);
    }
    text.push_str(" } from ");
    text.push_str(&text::literal(from));
    text.push_str(";\n");
}

/// The path from the file `from` to the file `to`; both are in the folder of declarations or in one right below it.
pub(super) fn relative(from: &str, to: &str) -> String {
    match (from.split_once('/'), to.split_once('/')) {
        (Some((here, _)), Some((there, name))) if here == there => format!("./{name}.js"),
        (Some(_), _) => format!("../{to}.js"),
        (None, _) => format!("./{to}.js"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_refer_to_each_other_within_and_across_folders() {
        for (from, to, expect) in [
            ("users", "session", "./session.js"),
            ("users", "models/user", "./models/user.js"),
            ("models/user", "models/group", "./group.js"),
            ("models/user", "session", "../session.js"),
        ] {
            assert_eq!(relative(from, to), expect);
        }
    }
}
