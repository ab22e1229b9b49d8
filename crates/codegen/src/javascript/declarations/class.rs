//! Declarations of API classes: every method in each of its names, in each style of arguments.
//!
//! A class is declared twice, as a class and as a function; the compiler merges the two, so that it can be
//! called with and without `new`, extended, and used as a type.

use purecloud_definition::model::{LegacyTarget, Operation, OperationId, Parameter, Type};

use super::docs;
use super::names::parameter_name;
use super::placement::{Item, has_options};
use super::sheet::Writer;
use super::text::{add, code_span, property_name};
use crate::javascript::plan::{Argument, Class, Generation, Method};

/// What every call may name besides its arguments, as the runtime has it.
const CALL_OPTIONS: [&str; 3] = ["headers", "signal", "timeout"];

/// Adds a class with all its methods.
pub(super) fn class(writer: &mut Writer, class: &Class) {
    let name = &class.name;
    let session = writer.runtime("PureCloudSession");
    let tag = &writer.context.platform.api(class.api).tag;
    writer.comment("", &[format!("The operations of {}. Works with and without `new`.", code_span(tag))]);
    add(
        &mut writer.out,
        format_args!("export declare class {name} {{\n  constructor(session: {session});\n"),
    );
    let mut index = 0;
    while index < class.methods.len() {
        // Names of one operation come together, the modern one first.
        let operation = class.methods[index].operation;
        let end = class.methods[index..]
            .iter()
            .position(|method| method.operation != operation)
            .map_or(class.methods.len(), |length| index + length);
        names(writer, name, &class.methods[index..end]);
        index = end;
    }
    writer.out.push_str("}\n");
    add(&mut writer.out, format_args!("export declare function {name}(session: {session}): {name};\n\n"));
}

/// One operation in each of its names.
fn names(writer: &mut Writer, class: &str, methods: &[Method]) {
    for (index, method) in methods.iter().enumerate() {
        let operation = writer.context.platform.operation(method.operation);
        let twin = methods[..index].iter().find(|earlier| earlier.arguments == method.arguments);
        match twin {
            Some(twin) => {
                let mut lines = vec![format!("Older name of `{}`.", twin.name)];
                lines.extend(docs::deprecation(operation).map(str::to_owned));
                writer.comment("  ", &lines);
                let (name, twin) = (property_name(&method.name), &twin.name);
                add(&mut writer.out, format_args!("  {name}: {class}[\"{twin}\"];\n"));
            }
            None => signatures(writer, operation, method),
        }
    }
}

/// One method: positional arguments, then required ones with an object of the others, then one object of all.
fn signatures(writer: &mut Writer, operation: &Operation, method: &Method) {
    let arguments: Vec<_> = method.arguments.iter().map(|argument| Slot::new(operation, argument)).collect();
    let name = property_name(&method.name);
    let mut result = format!("): {}<", writer.runtime("Request"));
    match &operation.result {
        Some(kind) => writer.kind(kind, &mut result),
        None => result.push_str("void"),
    }
    result.push_str(">;\n");
    let call_options = writer.runtime("CallOptions");

    let mut lines = docs::operation(operation);
    if matches!(method.generation, Generation::Legacy { .. }) {
        lines.insert(0, format!("Older name of `{}`, with the arguments it had.", operation.name));
        lines.insert(1, String::new());
    }
    writer.comment("  ", &lines);
    let mut line = format!("  {name}(");
    let last_required = arguments.iter().rposition(|slot| slot.required);
    for (index, slot) in arguments.iter().enumerate() {
        line.push_str(&parameter_name(slot.name));
        let skippable = !slot.required && last_required.is_some_and(|last| index < last);
        line.push_str(if slot.required || skippable { ": " } else { "?: " });
        slot.kind(writer, &mut line);
        line.push_str(if skippable { " | undefined, " } else { ", " });
    }
    add(&mut line, format_args!("options?: {call_options}{result}"));
    writer.out.push_str(&line);
    if arguments.is_empty() {
        return;
    }

    let mut short = vec![format!("{}, with named arguments.", docs::wire(operation))];
    short.extend(docs::deprecation(operation).map(str::to_owned));
    let options = options_type(writer, method, &arguments);
    let optional = arguments.iter().any(|slot| !slot.required);
    let required: Vec<_> = arguments.iter().filter(|slot| slot.required).collect();
    // Positional arguments followed by named ones must be the first ones in order.
    if optional && last_required.is_none_or(|last| last + 1 == required.len()) {
        writer.comment("  ", &short);
        let mut line = format!("  {name}(");
        for slot in &required {
            line.push_str(&parameter_name(slot.name));
            line.push_str(": ");
            slot.kind(writer, &mut line);
            line.push_str(", ");
        }
        add(&mut line, format_args!("options: {options}{result}"));
        writer.out.push_str(&line);
    }
    if !required.is_empty() {
        writer.comment("  ", &short);
        let mut line = format!("  {name}(options: {{ ");
        for slot in &required {
            line.push_str(&property_name(slot.name));
            line.push_str(": ");
            slot.kind(writer, &mut line);
            line.push_str("; ");
        }
        add(&mut line, format_args!("}} & {options}{result}"));
        writer.out.push_str(&line);
    }
}

/// The type of the arguments that may be left out, with what every call may name.
fn options_type(writer: &mut Writer, method: &Method, slots: &[Slot]) -> String {
    let mut out = String::new();
    let optional: Vec<_> = slots.iter().filter(|slot| !slot.required).collect();
    if optional.is_empty() {
        out.push_str(&call_options(writer, slots.iter().map(|slot| slot.name)));
    } else if takes_modern_options(writer.context.platform.operation(method.operation), method) {
        writer.mention(Item::Options(method.operation), &mut out);
    } else {
        out.push_str("{ ");
        for slot in optional {
            out.push_str(&property_name(slot.name));
            out.push_str("?: ");
            slot.kind(writer, &mut out);
            out.push_str("; ");
        }
        out.push_str("} & ");
        out.push_str(&call_options(writer, slots.iter().map(|slot| slot.name)));
    }
    out
}

/// Whether the arguments of a method that may be left out are those of the operation's interface of options.
fn takes_modern_options(operation: &Operation, method: &Method) -> bool {
    let optional = operation.parameters.iter().enumerate().filter(|(_, parameter)| !parameter.required());
    let modern: Vec<_> = optional.map(|(index, parameter)| (index, parameter.name.as_str())).collect();
    let mut own: Vec<_> = method
        .arguments
        .iter()
        .filter(|argument| !argument.required)
        .map(|argument| match argument.target {
            LegacyTarget::Parameter(index) => (index, argument.name.as_str()),
            _ => (usize::MAX, argument.name.as_str()),
        })
        .collect();
    own.sort_unstable();
    own == modern
}

/// `CallOptions` without what an argument has the name of.
fn call_options<'a>(writer: &mut Writer, arguments: impl Iterator<Item = &'a str>) -> String {
    let name = writer.runtime("CallOptions");
    let taken: Vec<_> = arguments
        .filter(|argument| CALL_OPTIONS.contains(argument))
        .map(|argument| format!("\"{argument}\""))
        .collect();
    if taken.is_empty() { name.to_owned() } else { format!("Omit<{name}, {}>", taken.join(" | ")) }
}

/// The interface of an operation's named options.
pub(super) fn options(writer: &mut Writer, id: OperationId) {
    let operation = writer.context.platform.operation(id);
    debug_assert!(has_options(operation), "an interface without members would accept anything");
    let base = call_options(writer, operation.parameters.iter().map(|parameter| parameter.name.as_str()));
    writer.comment("", &[format!("Named arguments of `{}`.", operation.name)]);
    let name = writer.context.names.options(id);
    add(&mut writer.out, format_args!("export interface {name} extends {base} {{\n"));
    for parameter in operation.parameters.iter().filter(|parameter| !parameter.required()) {
        writer.comment("  ", &docs::parameter(parameter));
        let mut line = format!("  {}?: ", property_name(&parameter.name));
        writer.argument(&parameter.kind, parameter.place, &mut line);
        line.push_str(";\n");
        writer.out.push_str(&line);
    }
    writer.out.push_str("}\n\n");
}

/// One argument of a method.
struct Slot<'a> {
    name: &'a str,
    required: bool,
    /// `None` for an argument that the definition no longer has.
    parameter: Option<&'a Parameter>,
}

impl<'a> Slot<'a> {
    fn new(operation: &'a Operation, argument: &'a Argument) -> Self {
        let parameter = match argument.target {
            LegacyTarget::Parameter(index) => operation.parameters.get(index),
            LegacyTarget::Query { .. } | LegacyTarget::Dropped => None,
        };
        Self { name: &argument.name, required: argument.required, parameter }
    }

    fn kind(&self, writer: &mut Writer, out: &mut String) {
        match self.parameter {
            Some(parameter) => writer.argument(&parameter.kind, parameter.place, out),
            None => writer.kind(&Type::Any, out),
        }
    }
}
