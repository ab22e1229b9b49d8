//! The declarations of the face, as loose as those of the SDK whose place it takes: texts where there are lists of
//! values.
//!
//! They hold no comments: a compiler reads all of them for a program of a line.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use purecloud_definition::Platform;
use purecloud_definition::model::{Model, Operation, Parameter, Place, Type};
use serde_json::Value;

use super::{name_in_v2, optional};
use crate::File;
use crate::javascript::Plan;
use crate::javascript::declarations::text::{add, is_identifier, literal};

/// The declarations written by hand: the client, its settings, and the module's exports besides the classes.
const CLIENT: &str = include_str!("client.d.ts");

const HEADER: &str = "// Generated from the platform's definition; changes belong in the generator.\n";

/// Models of that SDK which the platform has dropped; programs name them.
static RETIRED_MODELS: LazyLock<Vec<String>> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../../../../../definitions/retired-models.json"))
        .expect("the bundled file is tested")
});

/// The declarations of the module, with the models in a file beside it.
pub(crate) struct Types {
    /// Of the module, which imports `./v2-models.js`.
    pub(crate) module: String,
    pub(crate) models: String,
}

impl Types {
    /// Those of the classes in `plan`, with every model of the platform.
    pub(crate) fn new(platform: &Platform, plan: &Plan) -> Self {
        let writer = Writer { platform, optional: optional(platform, &plan.classes) };
        let mut module =
            format!("{HEADER}import * as Models from \"./v2-models.js\";\nexport {{ Models }};\n{CLIENT}");
        for class in &plan.classes {
            let class = class.modern(platform);
            let operations: Vec<_> =
                class.methods.iter().map(|method| platform.operation(method.operation)).collect();
            writer.class(&class.name, &operations, &mut module);
        }
        let mut models = String::from(HEADER);
        for model in &platform.models {
            writer.model(model, &mut models);
        }
        for name in &*RETIRED_MODELS {
            if !platform.models.iter().any(|model| model.name.eq_ignore_ascii_case(name)) {
                add(&mut models, format_args!("export interface {name} {{\n[key: string]: any;\n}}\n"));
            }
        }
        Self { module, models }
    }

    /// The files below `folder`, with what ES modules import.
    pub(crate) fn files(self, folder: &str) -> Vec<File> {
        let again = "export * from \"./v2.js\";\nimport * as platformClient from \"./v2.js\";\nexport { platformClient as default };\n";
        vec![
            File::text(format!("{folder}/v2.d.ts"), self.module),
            File::text(format!("{folder}/v2-models.d.ts"), self.models),
            File::text(format!("{folder}/v2.d.mts"), format!("{HEADER}{again}")),
        ]
    }
}

struct Writer<'p> {
    platform: &'p Platform,
    optional: BTreeMap<&'p str, Vec<&'static str>>,
}

impl Writer<'_> {
    fn class(&self, name: &str, operations: &[&Operation], out: &mut String) {
        let mut options = String::new();
        add(out, format_args!("export class {name} extends Api {{\n"));
        for operation in operations {
            let method = &operation.name;
            let later = self.optional.get(method.as_str());
            let is_required = |parameter: &&Parameter| {
                parameter.required()
                    && !later.is_some_and(|later| later.contains(&parameter.wire_name.as_str()))
            };
            let (mut required, rest): (Vec<_>, Vec<_>) = operation.parameters.iter().partition(is_required);
            required.sort_by_key(|parameter| matches!(parameter.place, Place::Body { .. }));
            add(out, format_args!("{method}("));
            for parameter in required {
                add(
                    out,
                    format_args!("{}: {}, ", argument_name(&name_in_v2(parameter)), self.argument(parameter)),
                );
            }
            add(out, format_args!("opts?: {name}.{method}Options): Promise<"));
            match &operation.result {
                Some(kind) => self.kind(kind, "Models.", out),
                None => out.push_str("void"),
            }
            out.push_str(">;\n");
            if rest.is_empty() {
                add(&mut options, format_args!("type {method}Options = Options;\n"));
            } else {
                add(&mut options, format_args!("interface {method}Options extends Options {{"));
                for parameter in rest {
                    add(
                        &mut options,
                        format_args!(" {}?: {};", property(&name_in_v2(parameter)), self.argument(parameter)),
                    );
                }
                options.push_str(" }\n");
            }
        }
        add(out, format_args!("}}\nexport namespace {name} {{\n{options}}}\n"));
    }

    fn model(&self, model: &Model, out: &mut String) {
        add(out, format_args!("export interface {} {{\n", model.name));
        for each in &model.properties {
            add(
                out,
                format_args!("{}{} ", property(&each.wire_name), if each.required { ":" } else { "?:" }),
            );
            self.kind(&each.kind, "", out);
            out.push_str(";\n");
        }
        if model.additional.is_some() {
            out.push_str("[key: string]: any;\n");
        }
        out.push_str("}\n");
    }

    fn argument(&self, parameter: &Parameter) -> String {
        let mut kind = String::new();
        self.kind(&parameter.kind, "Models.", &mut kind);
        kind
    }

    fn kind(&self, kind: &Type, scope: &str, out: &mut String) {
        match kind {
            Type::Any | Type::OneOf(_) | Type::Bytes => out.push_str("any"),
            Type::Text(_) => out.push_str("string"),
            Type::Integer(_) | Type::Number => out.push_str("number"),
            Type::Boolean => out.push_str("boolean"),
            Type::Enumeration(id) => {
                let values = &self.platform.enumeration(*id).values;
                out.push_str(if values.iter().all(Value::is_number) { "number" } else { "string" });
            }
            Type::Model(id) => add(out, format_args!("{scope}{}", self.platform.model(*id).name)),
            Type::List(inner) => {
                self.kind(inner, scope, out);
                out.push_str("[]");
            }
            Type::Map(inner) => {
                out.push_str("{ [key: string]: ");
                self.kind(inner, scope, out);
                out.push_str("; }");
            }
        }
    }
}

/// The name of a property or of a member of `opts`, between quotes where it must be.
fn property(name: &str) -> String {
    if is_identifier(name) { name.to_owned() } else { literal(name) }
}

/// The name of an argument, which may be a keyword of the language.
fn argument_name(name: &str) -> String {
    const KEYWORDS: [&str; 6] = ["function", "default", "delete", "enum", "in", "with"];
    if KEYWORDS.contains(&name) { format!("{name}_") } else { name.to_owned() }
}
