//! `calls.rs`: a row for each operation that calls it with all of its arguments. For the tests of the SDK alone.
//!
//! Whoever includes the text has in scope `json`, `bytes` and `nothing`, which take a call of an operation by what its
//! answer holds, and `Given`, which has a value for each parameter.

use std::fmt::Write as _;

use purecloud_definition::model::{Operation, Place, Type, Width};

use super::layout::{Input, Module, Row, modules};
use super::operations::gives_json;
use super::plan::Plan;
use super::text::literal;

/// The whole file.
pub(super) fn emit(plan: &Plan<'_>) -> String {
    let mut out = String::from(
        "// Written by the build script from the platform's definition; see `purecloud_codegen::rust`.\n\n",
    );
    out.push_str("/// The class, the operation, and a call of it.\n");
    out.push_str("pub(crate) static CALLS: &[(&str, &str, fn(&Session, &Given) -> Prepared)] = &[\n");
    for module in modules(plan) {
        // Forms have tests of their own.
        for row in module.rows.iter().filter(|row| row.operation.form.is_none()) {
            emit_row(&mut out, &module, row);
        }
    }
    out.push_str("];\n");
    out
}

fn emit_row(out: &mut String, module: &Module<'_>, row: &Row<'_>) {
    let Row { operation, function, .. } = row;
    let Module { name, class, .. } = module;
    let kind = match &operation.result {
        None => "nothing",
        Some(_) if gives_json(operation) => "json",
        Some(_) => "bytes",
    };
    let required = operation.parameters.iter().enumerate().filter(|(_, parameter)| parameter.required());
    let required: Vec<String> = required.map(|(index, _)| value(operation, index)).collect();
    let given = if operation.parameters.is_empty() { "_" } else { "given" };
    // Writing to a `String` cannot fail.
    let _ = write!(
        out,
        "    ({}, {}, |session, {given}| {kind}(apis::{name}::{class}::new(session).{function}({})",
        literal(class),
        literal(&operation.name),
        required.join(", ")
    );
    for (input, setter) in &row.setters {
        if let Input::Parameter(index, _) = input {
            let _ = write!(out, ".{setter}({})", value(operation, *index));
        }
    }
    out.push_str(")),\n");
}

/// The value of a parameter, in the type that the method takes.
fn value(operation: &Operation, index: usize) -> String {
    let parameter = &operation.parameters[index];
    match (&parameter.place, &parameter.kind) {
        (Place::Body { .. }, Type::Text(_) | Type::Bytes) => format!("given.text({index})"),
        (_, Type::Integer(Width::Bits32)) => format!("given.scalar::<i32>({index})"),
        (_, Type::Integer(Width::Bits64)) => format!("given.scalar::<i64>({index})"),
        (_, Type::Number) => format!("given.scalar::<f64>({index})"),
        (_, Type::Boolean) => format!("given.scalar::<bool>({index})"),
        (Place::Body { .. }, Type::List(_)) => format!("&given.list({index})"),
        (Place::Body { .. }, _) => format!("&given.model({index})"),
        _ => format!("given.argument({index})"),
    }
}
