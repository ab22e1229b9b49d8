//! Modules of the runtime: TypeScript in, JavaScript without types out, taken apart so that it can be put together
//! differently.

use std::path::Path;

use oxc_allocator::Allocator;
use oxc_ast::ast::{
    Declaration, ImportDeclaration, ImportDeclarationSpecifier, ModuleExportName, Program, Statement,
};
use oxc_codegen::{Codegen, CodegenOptions, IndentChar};
use oxc_diagnostics::OxcDiagnostic;
use oxc_parser::Parser;
use oxc_semantic::{Scoping, SemanticBuilder};
use oxc_span::{GetSpan, SourceType};
use oxc_transformer::{TransformOptions, Transformer, TypeScriptOptions};

use crate::CodegenError;

/// A module of the runtime as it was written.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Source<'t> {
    /// The file without its ending, such as `session`; imports call it `./session.js`.
    pub(crate) name: &'static str,
    /// TypeScript.
    pub(crate) text: &'t str,
}

/// A module without types, its imports and exports taken apart from what it does.
#[derive(Debug, Clone)]
pub(crate) struct Module {
    pub(crate) name: &'static str,
    pub(crate) imports: Vec<Import>,
    /// Names of values, in the order in which they are exported.
    pub(crate) exports: Vec<String>,
    /// Names of values at the top level, imported ones aside.
    pub(crate) declares: Vec<String>,
    /// Names that it takes from its surroundings, such as `fetch`.
    pub(crate) globals: Vec<String>,
    /// The statements, with the comments before them and a blank line between them.
    pub(crate) body: String,
}

/// One binding that a module imports.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Import {
    /// As it is written: `./session.js`, `node:http`.
    pub(crate) from: String,
    pub(crate) what: Imported,
    /// Its name in the module.
    pub(crate) local: String,
}

/// The imported part of a module.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Imported {
    Default,
    Namespace,
    Named(String),
}

impl Module {
    /// Strips the types and takes the module apart.
    ///
    /// # Errors
    /// [`CodegenError::Runtime`] when it does not parse, or exports in a way that cannot be taken apart.
    pub(crate) fn new(source: Source) -> Result<Self, CodegenError> {
        take_apart(source.name, &strip_types(source)?)
    }
}

/// JavaScript of the same text, types and type imports left out, comments kept.
fn strip_types(source: Source) -> Result<String, CodegenError> {
    let allocator = Allocator::default();
    let mut program = parse(&allocator, source.name, source.text, SourceType::ts())?;
    let scoping = check(source.name, &program)?;
    let options = TransformOptions {
        typescript: TypeScriptOptions { only_remove_type_imports: true, ..TypeScriptOptions::default() },
        ..TransformOptions::default()
    };
    let done = Transformer::new(&allocator, Path::new(source.name), &options)
        .build_with_scoping(scoping, &mut program);
    refuse(source.name, done.diagnostics.iter())?;
    let options =
        CodegenOptions { indent_char: IndentChar::Space, indent_width: 2, ..CodegenOptions::default() };
    let printed = Codegen::new().with_options(options).with_source_text(source.text).build(&program).code;
    Ok(align_comments(&printed))
}

/// Puts the stars of comments below each other again: the printer takes the blank before all but the first away.
fn align_comments(text: &str) -> String {
    let mut aligned = String::with_capacity(text.len() + 256);
    let mut in_comment = false;
    for line in text.lines() {
        let words = line.trim_start();
        if in_comment && words.starts_with('*') {
            aligned.push_str(&line[..line.len() - words.len()]);
            aligned.push(' ');
            aligned.push_str(words);
        } else {
            aligned.push_str(line);
        }
        aligned.push('\n');
        in_comment = (in_comment || words.starts_with("/*")) && !line.contains("*/");
    }
    aligned
}

fn take_apart(name: &'static str, text: &str) -> Result<Module, CodegenError> {
    let allocator = Allocator::default();
    let program = parse(&allocator, name, text, SourceType::mjs())?;
    let scoping = check(name, &program)?;
    let mut module = Module {
        name,
        imports: Vec::new(),
        exports: Vec::new(),
        declares: Vec::new(),
        globals: scoping.root_unresolved_references().keys().map(ToString::to_string).collect(),
        body: String::new(),
    };
    let mut end = 0;
    for statement in &program.body {
        let span = statement.span();
        // What stands between two statements is a comment on the second.
        let comment = text[end..span.start as usize].trim();
        end = span.end as usize;
        let kept = match statement {
            Statement::ImportDeclaration(import) => {
                imports(import, &mut module.imports);
                continue;
            }
            Statement::ExportDeclaration(export) => {
                module.exports.extend(bindings(&export.declaration));
                export.declaration.span()
            }
            Statement::ExportNamedDeclaration(export) if export.specifiers.is_empty() => continue,
            Statement::ExportNamedDeclaration(_)
            | Statement::ExportFromDeclaration(_)
            | Statement::ExportDefaultDeclaration(_)
            | Statement::ExportAllDeclaration(_) => {
                return Err(runtime(
                    name,
                    "put `export` before what is exported; other forms cannot be joined",
                ));
            }
            _ => span,
        };
        if !module.body.is_empty() {
            module.body.push('\n');
        }
        for part in [comment, &text[kept.start as usize..kept.end as usize]] {
            if !part.is_empty() {
                module.body.push_str(part);
                module.body.push('\n');
            }
        }
    }
    let imported: Vec<&str> = module.imports.iter().map(|import| import.local.as_str()).collect();
    let declared = scoping.get_bindings(scoping.root_scope_id()).keys().map(ToString::to_string);
    module.declares = declared.filter(|declared| !imported.contains(&declared.as_str())).collect();
    // The tables of the parser have no order.
    module.declares.sort_unstable();
    module.globals.sort_unstable();
    Ok(module)
}

fn imports(import: &ImportDeclaration, into: &mut Vec<Import>) {
    for specifier in import.specifiers.iter().flatten() {
        let (what, local) = match specifier {
            ImportDeclarationSpecifier::ImportSpecifier(named) => {
                (Imported::Named(export_name(&named.imported)), &named.local)
            }
            ImportDeclarationSpecifier::ImportDefaultSpecifier(default) => {
                (Imported::Default, &default.local)
            }
            ImportDeclarationSpecifier::ImportNamespaceSpecifier(all) => (Imported::Namespace, &all.local),
        };
        into.push(Import { from: import.source.value.to_string(), what, local: local.name.to_string() });
    }
}

fn export_name(name: &ModuleExportName) -> String {
    name.name().to_string()
}

/// The names that a declaration makes.
fn bindings(declaration: &Declaration) -> Vec<String> {
    match declaration {
        Declaration::VariableDeclaration(variables) => variables
            .declarations
            .iter()
            .flat_map(|one| one.id.get_binding_identifiers())
            .map(|identifier| identifier.name.to_string())
            .collect(),
        Declaration::FunctionDeclaration(function) => {
            function.id.iter().map(|id| id.name.to_string()).collect()
        }
        Declaration::ClassDeclaration(class) => class.id.iter().map(|id| id.name.to_string()).collect(),
        // Types, of which none is left.
        _ => Vec::new(),
    }
}

/// Parses, and refuses what does not.
pub(crate) fn parse<'a>(
    allocator: &'a Allocator,
    name: &str,
    text: &'a str,
    kind: SourceType,
) -> Result<Program<'a>, CodegenError> {
    let parsed = Parser::new(allocator, text, kind).parse();
    refuse(name, parsed.diagnostics.iter())?;
    Ok(parsed.program)
}

/// The errors that only a look at all names shows, such as one that is declared twice.
pub(crate) fn check(name: &str, program: &Program) -> Result<Scoping, CodegenError> {
    let semantic = SemanticBuilder::new().with_check_syntax_error(true).with_enum_eval(true).build(program);
    refuse(name, semantic.diagnostics.iter())?;
    Ok(semantic.semantic.into_scoping())
}

fn refuse<'d>(name: &str, mut problems: impl Iterator<Item = &'d OxcDiagnostic>) -> Result<(), CodegenError> {
    match problems.next() {
        None => Ok(()),
        Some(problem) => Err(runtime(name, problem.to_string())),
    }
}

pub(crate) fn runtime(module: &str, problem: impl Into<String>) -> CodegenError {
    CodegenError::Runtime { module: module.to_owned(), problem: problem.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn module(text: &'static str) -> Result<Module, CodegenError> {
        Module::new(Source { name: "test", text })
    }

    #[test]
    fn types_go_and_comments_stay() {
        let module = module(
            "import type { A } from \"./a.js\";\n\
             import http, { type B, request as send } from \"node:http\";\n\
             import { c } from \"./c.js\";\n\
             /** Says what it is. */\n\
             export interface Shape { readonly x: number }\n\
             /**\n * How many,\n * and why.\n */\n\
             export const many: A = 1, more = many as B;\n\
             // Why it is so.\n\
             function hidden<T>(value: T): T { return send(value!, c, fetch, http); }\n\
             export class Box<T> { declare readonly x: T; #y?: T; /** Makes\n   * one. */ constructor(y: T) { this.#y = hidden(y); } }\n",
        )
        .unwrap();
        let imports: Vec<_> = module.imports.iter().map(|i| format!("{i:?}")).collect();
        insta::assert_snapshot!(format!(
            "imports {}\nexports {:?}\ndeclares {:?}\nglobals {:?}\n\n{}",
            imports.join("\n        "),
            module.exports,
            module.declares,
            module.globals,
            module.body
        ));
    }

    #[track_caller]
    fn refused(text: &'static str, message: &str) {
        assert_eq!(module(text).unwrap_err().to_string(), format!("the runtime's module test: {message}"));
    }

    #[test]
    fn what_cannot_be_joined_is_refused() {
        let forms = "put `export` before what is exported; other forms cannot be joined";
        refused("export default 1;", forms);
        refused("export * from \"./a.js\";", forms);
        refused("const a = 1; export { a };", forms);
        refused("const a = 1; const a = 2;", "Identifier `a` has already been declared");
        refused("const = 1;", "Unexpected token");
    }
}
