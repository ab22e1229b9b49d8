//! Declarations of API classes: every method in each of its names, in each style of arguments.
//!
//! A class is declared twice, as a class and as a function; the compiler merges the two, so that it can be
//! called with and without `new`, extended, and used as a type.

use purecloud_definition::model::{LegacyTarget, Operation, OperationId};
use purecloud_definition::paging;

use super::docs;
use super::names::parameter_names;
use super::placement::Item;
use super::reach::has_options;
use super::sheet::Writer;
use super::text::{add, code_span, property_name};
use crate::javascript::plan::{Argument, Class, Generation, Method};

/// The options that every call accepts besides its arguments, as in the runtime.
const CALL_OPTIONS: [&str; 6] = ["headers", "priority", "retry", "signal", "timeout", "totalTimeout"];

/// Adds a class with all its methods.
pub(super) fn class(writer: &mut Writer, class: &Class) {
    let name = &class.name;
    let session = writer.types.runtime("PureCloudSession");
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
    let slots = slots(writer, operation, method);
    let name = property_name(&method.name);
    let result = result(writer, operation);

    let described =
        method.arguments.iter().zip(&slots).filter_map(|(argument, slot)| match argument.target {
            LegacyTarget::Parameter(index) => Some((slot.parameter.as_str(), &operation.parameters[index])),
            _ => None,
        });
    let summary = writer.context.summaries.of(operation);
    let mut lines = docs::operation(operation, &summary, described);
    if matches!(method.generation, Generation::Legacy { .. }) {
        lines.insert(0, format!("Older name of `{}`, with the arguments it had.", operation.name));
        lines.insert(1, String::new());
    }
    writer.comment("  ", &lines);
    let positional = positional(&slots, writer.types.runtime("CallOptions"));
    add(&mut writer.out, format_args!("  {name}({positional}): {result};\n"));

    // A definition's own summary is a whole text, of which ours is the first words.
    let what = if operation.summary.is_none() { summary.into_owned() } else { docs::wire(operation) };
    let mut short = vec![format!("{what}, with named arguments.")];
    short.extend(docs::deprecation(operation).map(str::to_owned));
    for named in named(writer, method, &slots) {
        writer.comment("  ", &short);
        add(&mut writer.out, format_args!("  {name}({named}): {result};\n"));
    }
}

/// The return type of a call: a request, or for a listing a request with a type for its items.
fn result(writer: &mut Writer, operation: &Operation) -> String {
    let listing = paging::listing(writer.context.platform, operation);
    let mut result = String::new();
    result.push_str(writer.types.runtime(if listing.is_some() { "ListingRequest" } else { "Request" }));
    result.push('<');
    match &operation.result {
        Some(kind) => writer.types.kind(kind, &mut result),
        None => result.push_str("void"),
    }
    if let Some(listing) = listing {
        result.push_str(", ");
        writer.types.kind(listing.item, &mut result);
        if operation.result.as_ref() != Some(listing.page) {
            result.push_str(", ");
            writer.types.kind(listing.page, &mut result);
        }
    }
    result.push('>');
    result
}

/// The list of positional arguments, with the options of calls behind them.
fn positional(slots: &[Slot], call_options: &str) -> String {
    let last_required = slots.iter().rposition(|slot| slot.required);
    let mut out = String::new();
    for (index, slot) in slots.iter().enumerate() {
        let (name, kind) = (&slot.parameter, &slot.kind);
        if slot.required {
            add(&mut out, format_args!("{name}: {kind}, "));
        } else if last_required.is_some_and(|last| index < last) {
            // Only the last arguments may be left out; this one is skipped by passing `undefined`.
            add(&mut out, format_args!("{name}: {kind} | undefined, "));
        } else {
            add(&mut out, format_args!("{name}?: {kind}, "));
        }
    }
    let name = options_parameter(slots);
    add(&mut out, format_args!("{name}?: {call_options}"));
    out
}

/// The lists of arguments that end in an object of named ones: what is optional, and everything.
fn named(writer: &mut Writer, method: &Method, slots: &[Slot]) -> Vec<String> {
    if slots.is_empty() {
        return vec![];
    }
    let (required, optional): (Vec<_>, Vec<_>) = slots.iter().partition(|slot| slot.required);
    let options = options_type(writer, method, slots);
    let name = options_parameter(slots);
    let mut lists = vec![];
    // What is positional must come first in order.
    if !optional.is_empty() && slots.iter().take(required.len()).all(|slot| slot.required) {
        let mut list = String::new();
        for slot in &required {
            add(&mut list, format_args!("{}: {}, ", slot.parameter, slot.kind));
        }
        add(&mut list, format_args!("{name}: {options}"));
        lists.push(list);
    }
    if !required.is_empty() {
        lists.push(format!("{name}: {} & {options}", object(&required, ":")));
    }
    lists
}

/// The type of the arguments that may be left out, with what every call may name.
fn options_type(writer: &mut Writer, method: &Method, slots: &[Slot]) -> String {
    let optional: Vec<_> = slots.iter().filter(|slot| !slot.required).collect();
    let names = slots.iter().map(|slot| slot.name);
    if optional.is_empty() {
        call_options(writer, names)
    } else if takes_modern_options(writer.context.platform.operation(method.operation), method) {
        let mut out = String::new();
        writer.types.mention(Item::Options(method.operation), &mut out);
        out
    } else {
        format!("{} & {}", object(&optional, "?:"), call_options(writer, names))
    }
}

/// The type of an object with these arguments.
fn object(slots: &[&Slot], colon: &str) -> String {
    let members: Vec<_> =
        slots.iter().map(|slot| format!("{}{colon} {}", property_name(slot.name), slot.kind)).collect();
    format!("{{ {} }}", members.join("; "))
}

/// The name of the object of named arguments: `options`, unless an argument has that name.
fn options_parameter(slots: &[Slot]) -> String {
    let names = slots.iter().map(|slot| slot.parameter.as_str()).chain(["options"]);
    parameter_names(names).pop().unwrap_or_default()
}

/// Returns whether the optional arguments of a method are those of the operation's interface of options.
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
    let name = writer.types.runtime("CallOptions");
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
        writer.types.parameter(operation, parameter, &mut line);
        line.push_str(";\n");
        writer.out.push_str(&line);
    }
    writer.out.push_str("}\n\n");
}

/// One argument of a method.
struct Slot<'a> {
    /// In an object of named arguments.
    name: &'a str,
    /// In a list of positional ones.
    parameter: String,
    required: bool,
    kind: String,
}

fn slots<'a>(writer: &mut Writer, operation: &Operation, method: &'a Method) -> Vec<Slot<'a>> {
    let parameters = parameter_names(method.arguments.iter().map(|argument| argument.name.as_str()));
    let slot = |(argument, parameter): (&'a Argument, String)| {
        let mut kind = String::new();
        match argument.target {
            LegacyTarget::Parameter(index) => {
                let parameter = &operation.parameters[index];
                writer.types.parameter(operation, parameter, &mut kind);
            }
            // Nothing is known of what the definition no longer has.
            LegacyTarget::Query { .. } | LegacyTarget::Dropped => kind.push_str("any"),
        }
        Slot { name: &argument.name, parameter, required: argument.required, kind }
    };
    method.arguments.iter().zip(parameters).map(slot).collect()
}
