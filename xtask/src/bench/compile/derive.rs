//! The peer: a crate with every model of the definition, written for serde's derive.
//!
//! It does less than ours: unknown fields are lost, unknown values of a list refused, and errors name no path.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use purecloud_definition::model::{EnumerationId, ModelId, Type, Width};
use purecloud_definition::names::{Reserved, Scope, rust};
use purecloud_definition::{Platform, bundled};

use crate::Outcome;

/// The package.
pub(super) const NAME: &str = "models-with-derive";

const MANIFEST: &str = r#"[package]
name = "models-with-derive"
version = "0.0.0"
edition = "2024"

[dependencies]
serde = { version = "1", features = ["derive"] }
serde_json = "1"

[workspace]
"#;

const DERIVE: &str = "#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize";

/// Writes the package into `folder`; returns the folder and the number of models.
pub(super) fn write(folder: &Path) -> Outcome<(PathBuf, usize)> {
    let platform = bundled().map_err(|error| error.to_string())?;
    let write = |path: &str, text: &str| {
        let path = folder.join(path);
        std::fs::write(&path, text).map_err(|error| format!("{}: {error}", path.display()))
    };
    std::fs::create_dir_all(folder.join("src")).map_err(|error| format!("{}: {error}", folder.display()))?;
    write("Cargo.toml", MANIFEST)?;
    // The versions that ours is built with.
    let lock = crate::root().join("Cargo.lock");
    let lock = std::fs::read_to_string(&lock).map_err(|error| format!("{}: {error}", lock.display()))?;
    write("Cargo.lock", &lock)?;
    write("src/lib.rs", &library(&platform))?;
    Ok((folder.to_owned(), platform.models.len()))
}

struct Names {
    models: Vec<String>,
    enumerations: Vec<String>,
}

// Writing to a `String` cannot fail, so that the outcome of `write!` is dropped throughout.

fn library(platform: &Platform) -> String {
    let mut scope = Scope::new(Reserved::Rust);
    for taken in ["Box", "Option", "String", "Vec", "Debug", "Clone", "PartialEq", "Default"] {
        scope.claim(taken);
    }
    let models = platform.models.iter().map(|model| scope.claim(&rust::camel(&model.name))).collect();
    let enumerations =
        platform.enumerations.iter().map(|list| scope.claim(&rust::camel(&list.name))).collect();
    let names = Names { models, enumerations };
    let mut out = String::new();
    for (model, name) in platform.models.iter().zip(&names.models) {
        let _ = writeln!(out, "{DERIVE}, Default)]\npub struct {name} {{");
        let mut fields = Scope::new(Reserved::Rust);
        for property in &model.properties {
            let field = fields.claim(&rust::snake(&property.wire_name));
            let kind = kind(platform, &names, &property.kind, true);
            let _ = writeln!(
                out,
                "    #[serde(rename = {:?}, skip_serializing_if = \"Option::is_none\")]\n    pub {field}: Option<{kind}>,",
                property.wire_name
            );
        }
        out.push_str("}\n\n");
    }
    for (list, name) in platform.enumerations.iter().zip(&names.enumerations) {
        let mut variants = Scope::new(Reserved::Rust);
        let _ = writeln!(out, "{DERIVE}, Copy)]\npub enum {name} {{");
        for value in list.values.iter().filter_map(serde_json::Value::as_str) {
            let _ = writeln!(
                out,
                "    #[serde(rename = {value:?})]\n    {},",
                variants.claim(&rust::camel(value))
            );
        }
        out.push_str("}\n\n");
    }
    out
}

fn kind(platform: &Platform, names: &Names, kind: &Type, boxed: bool) -> String {
    let inner = |item: &Type| self::kind(platform, names, item, false);
    match kind {
        Type::Text(_) => "String".to_owned(),
        Type::Integer(Width::Bits32) => "i32".to_owned(),
        Type::Integer(Width::Bits64) => "i64".to_owned(),
        Type::Number => "f64".to_owned(),
        Type::Boolean => "bool".to_owned(),
        Type::List(item) => format!("Vec<{}>", inner(item)),
        Type::Map(item) => format!("std::collections::BTreeMap<String, {}>", inner(item)),
        Type::Enumeration(EnumerationId(id)) => {
            let list = &platform.enumerations[*id as usize];
            let texts = list.values.iter().all(serde_json::Value::is_string);
            if texts { names.enumerations[*id as usize].clone() } else { "i64".to_owned() }
        }
        Type::Model(ModelId(id)) if boxed => format!("Box<{}>", names.models[*id as usize]),
        Type::Model(ModelId(id)) => names.models[*id as usize].clone(),
        Type::Any | Type::OneOf(_) | Type::Bytes => "serde_json::Value".to_owned(),
    }
}
