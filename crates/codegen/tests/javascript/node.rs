//! A project on disk that has the package installed, and Node to run programs in it.

use std::path::{Path, PathBuf};
use std::process::Command;

use purecloud_codegen::File;
use purecloud_codegen::javascript::Plan;
use purecloud_codegen::javascript::plan::Argument;
use purecloud_codegen::write::{Existing, write};
use purecloud_definition::model::{LegacyTarget, ListStyle, Operation, Place, Platform, Type};
use serde_json::{Value, json};

/// A folder with `node_modules/purecloud` in it, and `expected.json`, which says what every method should send.
pub(crate) struct Installed {
    folder: PathBuf,
}

impl Installed {
    pub(crate) fn new(name: &str, platform: &Platform, files: &[File]) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("javascript").join(name);
        if folder.exists() {
            std::fs::remove_dir_all(&folder).unwrap();
        }
        write(&folder.join("node_modules/purecloud"), files, Existing::Refuse).unwrap();
        std::fs::write(folder.join("expected.json"), expected(platform).to_string()).unwrap();
        Self { folder }
    }

    /// Calls every method in every form of the package.
    #[track_caller]
    pub(crate) fn calls(&self) -> String {
        self.run("calls.cjs")
    }

    /// What a program of this folder of tests prints; it must end well.
    #[track_caller]
    pub(crate) fn run(&self, program: &str) -> String {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/javascript").join(program);
        let target = self.folder.join(program);
        std::fs::copy(source, &target).unwrap();
        let output = Command::new("node")
            .arg(&target)
            .current_dir(&self.folder)
            .output()
            .expect("Node is installed, as for every test of JavaScript");
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
        said
    }
}

/// The plan as data, with all that the table leaves to rules spelled out.
fn expected(platform: &Platform) -> Value {
    let plan = Plan::new(platform).unwrap();
    let classes = plan.classes.iter().map(|class| {
        let methods = class.methods.iter().map(|method| {
            let operation = platform.operation(method.operation);
            let list = |arguments: &[Argument]| {
                let arguments = arguments.iter().map(|argument| {
                    let (wire_name, place) = target(operation, &argument.target, &argument.name);
                    json!({ "name": argument.name, "wireName": wire_name, "place": place, "required": argument.required })
                });
                arguments.collect::<Vec<_>>()
            };
            json!({
                "name": method.name,
                "id": operation.name,
                "method": operation.method.as_str(),
                "path": operation.path.text,
                "arguments": list(&method.arguments),
                "first": method.first_arguments.as_deref().map(list),
                "accept": operation.produces.first(),
                "contentType": operation.consumes.first(),
                "fields": operation.form_fields(platform).map(|(_, model)| {
                    model.properties.iter().map(|property| &property.wire_name).collect::<Vec<_>>()
                }),
            })
        });
        json!({
            "name": class.name,
            "stem": class.stem,
            "subpath": class.subpath,
            "methods": methods.collect::<Vec<_>>(),
        })
    });
    Value::Array(classes.collect())
}

fn target<'p>(operation: &'p Operation, target: &'p LegacyTarget, name: &'p str) -> (&'p str, &'static str) {
    let list_place = |list: ListStyle| match list {
        ListStyle::Multi => "query",
        ListStyle::Comma => "queryComma",
        ListStyle::Space => "querySpace",
        ListStyle::Pipe => "queryPipe",
    };
    match target {
        LegacyTarget::Parameter(index) => {
            let parameter = &operation.parameters[*index];
            let place = match parameter.place {
                Place::Path => "path",
                Place::Query { list, .. } if matches!(parameter.kind, Type::List(_)) => list_place(list),
                Place::Query { .. } => "query",
                Place::Header { .. } => "header",
                Place::Body { .. } => "body",
            };
            (&parameter.wire_name, place)
        }
        LegacyTarget::Query { wire_name, list } => (wire_name, list_place(*list)),
        LegacyTarget::Dropped => (name, "dropped"),
    }
}
