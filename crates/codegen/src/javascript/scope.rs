//! Several modules of the runtime as one: their imports of each other dropped, everything in one scope.

use std::collections::{BTreeMap, BTreeSet};

use super::source::{Import, Imported, Module, runtime};
use crate::CodegenError;

/// Modules in one scope.
#[derive(Debug, Clone)]
pub(crate) struct Scope {
    /// Everything they do, in an order in which each comes after what it imports.
    pub(crate) body: String,
    /// Their remaining imports: modules of the system, and modules that were left out on purpose.
    pub(crate) imports: BTreeSet<Import>,
    /// The names of the modules that are in it.
    pub(crate) modules: BTreeSet<&'static str>,
}

/// Puts `entries` and what they import into one scope. Modules in `outside` stay imports.
///
/// # Errors
/// [`CodegenError::Runtime`] when a module is missing or does not export what is imported, or when two modules mean
/// different things by one name.
pub(crate) fn join(
    modules: &[Module],
    entries: &[&str],
    outside: &BTreeSet<&'static str>,
) -> Result<Scope, CodegenError> {
    let mut joiner = Joiner { modules, outside, order: Vec::new(), imports: BTreeSet::new() };
    for entry in entries {
        let module = joiner.module(entry, "the generator")?;
        joiner.visit(module)?;
    }
    let Joiner { order, imports, .. } = joiner;
    one_meaning(&order, &imports)?;
    let bodies: Vec<&str> =
        order.iter().map(|module| module.body.as_str()).filter(|b| !b.is_empty()).collect();
    Ok(Scope { body: bodies.join("\n"), imports, modules: order.iter().map(|module| module.name).collect() })
}

struct Joiner<'m> {
    modules: &'m [Module],
    outside: &'m BTreeSet<&'static str>,
    order: Vec<&'m Module>,
    imports: BTreeSet<Import>,
}

impl<'m> Joiner<'m> {
    fn module(&self, name: &str, importer: &str) -> Result<&'m Module, CodegenError> {
        self.modules.iter().find(|module| module.name == name).ok_or_else(|| {
            runtime(importer, format!("imports ./{name}.js, which is not part of the runtime"))
        })
    }

    /// Depth first, so that what a module needs comes before it. Modules that import each other only do so for types,
    /// which are gone, or for functions, which are hoisted.
    fn visit(&mut self, module: &'m Module) -> Result<(), CodegenError> {
        self.visit_under(module, &mut BTreeSet::new())
    }

    fn visit_under(
        &mut self,
        module: &'m Module,
        above: &mut BTreeSet<&'static str>,
    ) -> Result<(), CodegenError> {
        if self.order.iter().any(|done| done.name == module.name) || !above.insert(module.name) {
            return Ok(());
        }
        for import in &module.imports {
            let Some(name) = local_module(&import.from) else {
                self.imports.insert(import.clone());
                continue;
            };
            let imported = self.module(name, module.name)?;
            match &import.what {
                Imported::Named(what) if *what == import.local => {
                    if !imported.exports.contains(what) {
                        let problem =
                            format!("imports {what} from {}, which does not export it", import.from);
                        return Err(runtime(module.name, problem));
                    }
                }
                _ => {
                    let problem = format!(
                        "imports {} from {} under another name; joined modules share their names",
                        import.local, import.from
                    );
                    return Err(runtime(module.name, problem));
                }
            }
            if self.outside.contains(name) {
                self.imports.insert(import.clone());
            } else {
                self.visit_under(imported, above)?;
            }
        }
        self.order.push(module);
        Ok(())
    }
}

/// `session` for `./session.js`.
pub(crate) fn local_module(from: &str) -> Option<&str> {
    from.strip_prefix("./")?.strip_suffix(".js")
}

/// Each name is declared by one module, and none that means something outside is taken by another module.
fn one_meaning(modules: &[&Module], imports: &BTreeSet<Import>) -> Result<(), CodegenError> {
    let mut owners: BTreeMap<&str, String> = BTreeMap::new();
    for import in imports {
        if let Some(other) = owners.insert(&import.local, import.from.clone()) {
            return Err(runtime(&import.from, format!("{} means something else in {other}", import.local)));
        }
    }
    for module in modules {
        for name in &module.declares {
            if let Some(other) = owners.insert(name, module.name.to_owned()) {
                return Err(runtime(module.name, format!("{name} means something else in {other}")));
            }
        }
    }
    for module in modules {
        for name in &module.globals {
            if let Some(other) = owners.get(name.as_str()) {
                let problem = format!("means the global {name}, which {other} declares");
                return Err(runtime(module.name, problem));
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::source::Source;
    use super::*;

    fn modules(sources: &[(&'static str, &'static str)]) -> Vec<Module> {
        sources.iter().map(|&(name, text)| Module::new(Source { name, text }).unwrap()).collect()
    }

    #[test]
    fn modules_come_after_what_they_import_and_lose_their_imports() {
        let modules = modules(&[
            (
                "entry",
                "import { b } from \"./b.js\"; import { a } from \"./a.js\";\n/** Both. */\nexport const all = [a, b];",
            ),
            (
                "a",
                "import type { All } from \"./entry.js\"; import http from \"node:http\"; export const a = http;",
            ),
            (
                "b",
                "import { a } from \"./a.js\"; import { c } from \"./c.js\"; export function b() { return a(c); }",
            ),
            ("c", "import { b } from \"./b.js\"; export const c = () => b();"),
            ("unused", "export const unused = 1;"),
        ]);
        let scope = join(&modules, &["entry"], &BTreeSet::new()).unwrap();
        insta::assert_snapshot!(format!("{:?}\n{:?}\n\n{}", scope.imports, scope.modules, scope.body));
        let scope = join(&modules, &["entry"], &BTreeSet::from(["a"])).unwrap();
        assert_eq!(scope.imports.iter().map(|i| i.from.as_str()).collect::<Vec<_>>(), ["./a.js"]);
        assert!(!scope.body.contains("const a ="));
    }

    #[track_caller]
    fn refused(sources: &[(&'static str, &'static str)], message: &str) {
        let error = join(&modules(sources), &["entry"], &BTreeSet::new()).unwrap_err();
        assert_eq!(error.to_string(), format!("the runtime's module {message}"));
    }

    #[test]
    fn what_has_two_meanings_in_one_scope_is_refused() {
        refused(
            &[
                ("entry", "import { a } from \"./a.js\"; const x = a;"),
                ("a", "export const a = 1; const x = 2;"),
            ],
            "entry: x means something else in a",
        );
        refused(
            &[
                ("entry", "import { f } from \"./a.js\"; f(fetch);"),
                ("a", "export function f() {} function fetch() {}"),
                ("z", ""),
            ],
            "entry: means the global fetch, which a declares",
        );
    }

    #[test]
    fn what_is_not_there_is_refused() {
        refused(
            &[("entry", "import { a } from \"./a.js\"; a();")],
            "entry: imports ./a.js, which is not part of the runtime",
        );
        refused(
            &[("entry", "import { a } from \"./a.js\"; a();"), ("a", "const a = 1;")],
            "entry: imports a from ./a.js, which does not export it",
        );
        refused(
            &[("entry", "import { a as b } from \"./a.js\"; b();"), ("a", "export const a = 1;")],
            "entry: imports b from ./a.js under another name; joined modules share their names",
        );
    }
}
