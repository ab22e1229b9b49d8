//! A platform in a form that fits a snapshot: everything that differs from the plain case, one line each.

use std::fmt::Write;

use purecloud_definition::model::{Bounds, LegacyTarget, Operation, Parameter, Place, Platform, Type};

pub(crate) fn describe(platform: &Platform) -> String {
    let mut text = format!("{:?} {:?}\n", platform.title, platform.version);
    for api in &platform.apis {
        writeln!(text, "\napi {} (tag {:?})", api.name, api.tag).unwrap();
        for &id in &api.operations {
            writeln!(text, "  {}", platform.operation(id).name).unwrap();
        }
    }
    for operation in &platform.operations {
        describe_operation(&mut text, platform, operation);
    }
    for model in &platform.models {
        write!(text, "\nmodel {}", model.name).unwrap();
        if model.name != model.wire_name {
            write!(text, " ({:?})", model.wire_name).unwrap();
        }
        if let Some(kind) = &model.additional {
            write!(text, " and others: {}", describe_type(platform, kind)).unwrap();
        }
        writeln!(text, " at {}", model.origin).unwrap();
        for property in &model.properties {
            write!(text, "  {:?}: {}", property.wire_name, describe_type(platform, &property.kind)).unwrap();
            for (holds, word) in [
                (property.required, "required"),
                (property.read_only, "read-only"),
                (property.nullable, "nullable"),
                (property.deprecated, "deprecated"),
            ] {
                if holds {
                    write!(text, ", {word}").unwrap();
                }
            }
            describe_rest(&mut text, &property.bounds, property.default.as_ref());
            text.push('\n');
        }
    }
    for enumeration in &platform.enumerations {
        let values: Vec<String> = enumeration.values.iter().map(ToString::to_string).collect();
        writeln!(text, "\nenumeration {} at {}: {}", enumeration.name, enumeration.origin, values.join(", "))
            .unwrap();
    }
    text
}

fn describe_operation(text: &mut String, platform: &Platform, operation: &Operation) {
    writeln!(text, "\n{} {} {}", operation.name, operation.method, operation.path.text).unwrap();
    if operation.wire_name != operation.name {
        writeln!(text, "  operationId {:?}", operation.wire_name).unwrap();
    }
    for parameter in &operation.parameters {
        describe_parameter(text, platform, parameter);
    }
    if let Some(result) = &operation.result {
        let kind = describe_type(platform, result);
        writeln!(text, "  gives {kind} with {:?}", operation.successes).unwrap();
    }
    for legacy in &operation.legacy {
        let kind = if legacy.shipped { "shipped" } else { "ruled" };
        writeln!(text, "  {kind} {}.{}", platform.api(legacy.api).name, legacy.name).unwrap();
    }
    for argument in operation.legacy_arguments.iter().flatten() {
        let target = match &argument.target {
            LegacyTarget::Parameter(index) => operation.parameters[*index].name.clone(),
            other => format!("{other:?}"),
        };
        writeln!(text, "  old argument {} -> {target}", argument.name).unwrap();
    }
    let mut facts = Vec::new();
    if !operation.consumes.is_empty() {
        facts.push(format!("consumes {}", operation.consumes.join(", ")));
    }
    if let Some(form) = &operation.form {
        facts.push(format!("a form {:?}", form.encoding));
        facts.extend((!form.joined.is_empty()).then(|| format!("joins {}", form.joined.join(", "))));
    }
    if !operation.produces.is_empty() {
        facts.push(format!("produces {}", operation.produces.join(", ")));
    }
    facts.extend((!operation.scopes.is_empty()).then(|| format!("scopes {}", operation.scopes.join(", "))));
    facts.extend(operation.permissions.iter().map(|one| format!("needs {:?} {:?}", one.need, one.names)));
    facts.extend(operation.paging.iter().map(|paging| format!("pages {paging:?}")));
    for (holds, word) in [
        (operation.authenticated, "authenticated"),
        (operation.deprecated, "deprecated"),
        (operation.retired, "retired"),
    ] {
        if holds {
            facts.push(word.to_owned());
        }
    }
    if !facts.is_empty() {
        writeln!(text, "  {}", facts.join("; ")).unwrap();
    }
}

fn describe_parameter(text: &mut String, platform: &Platform, parameter: &Parameter) {
    let place = match parameter.place {
        Place::Path => "path".to_owned(),
        Place::Query { list, .. } if matches!(parameter.kind, Type::List(_)) => format!("query {list:?}"),
        Place::Query { .. } => "query".to_owned(),
        Place::Header { .. } => "header".to_owned(),
        Place::Body { .. } => "body".to_owned(),
    };
    let kind = describe_type(platform, &parameter.kind);
    write!(text, "  {place} {}: {kind}", parameter.name).unwrap();
    if parameter.name != parameter.wire_name {
        write!(text, " ({:?})", parameter.wire_name).unwrap();
    }
    if parameter.required() && parameter.place != Place::Path {
        text.push_str(", required");
    }
    if parameter.deprecated {
        text.push_str(", deprecated");
    }
    describe_rest(text, &parameter.bounds, parameter.default.as_ref());
    text.push('\n');
}

fn describe_rest(text: &mut String, bounds: &Bounds, default: Option<&serde_json::Value>) {
    if *bounds != Bounds::default() {
        let all = format!("{bounds:?}");
        let stated = all.trim_start_matches("Bounds { ").trim_end_matches(" }");
        let stated: Vec<&str> =
            stated.split(", ").filter(|part| !part.ends_with("None") && !part.ends_with("false")).collect();
        write!(text, ", {}", stated.join(", ")).unwrap();
    }
    if let Some(default) = default {
        write!(text, ", default {default}").unwrap();
    }
}

fn describe_type(platform: &Platform, kind: &Type) -> String {
    match kind {
        Type::Text(format) => format!("text {format:?}"),
        Type::Enumeration(id) => platform.enumeration(*id).name.clone(),
        Type::List(inner) => format!("[{}]", describe_type(platform, inner)),
        Type::Map(inner) => format!("{{{}}}", describe_type(platform, inner)),
        Type::Model(id) => platform.model(*id).name.clone(),
        Type::OneOf(kinds) => {
            kinds.iter().map(|kind| describe_type(platform, kind)).collect::<Vec<_>>().join(" | ")
        }
        other => format!("{other:?}"),
    }
}
