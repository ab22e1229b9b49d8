//! The runtime that every product holds: the modules of `packages/javascript/src`, in the groups that become files.

use std::collections::BTreeSet;

use super::declarations::text::literal;
use super::scope::{Scope, join, local_module};
use super::source::{Imported, Module, Source};
use crate::CodegenError;

/// Embeds modules by name.
macro_rules! sources {
    ($($name:literal,)*) => {
        &[$(Source {
            name: $name,
            text: include_str!(concat!("../../../../packages/javascript/src/", $name, ".ts")),
        }),*]
    };
}

const SOURCES: &[Source<'static>] = sources![
    "answer",
    "api",
    "authorize",
    "browser",
    "budget",
    "builtin",
    "bundle",
    "call",
    "channels",
    "config",
    "core",
    "deadlines",
    "environment",
    "error",
    "face-v2",
    "face-v2-api",
    "face-v2-call",
    "face-v2-client",
    "face-v2-configuration",
    "face-v2-http",
    "face-v2-logger",
    "face-v2-login",
    "face-v2-popup",
    "face-v2-state",
    "fleet",
    "form",
    "generation2",
    "governor",
    "helpers",
    "hooks",
    "host",
    "jquery-events",
    "logging",
    "login",
    "login-digest",
    "node",
    "notifications",
    "oauth",
    "operation",
    "page",
    "pages",
    "paging",
    "parts",
    "pieces",
    "popup",
    "prepare",
    "proxy",
    "redact",
    "redirect",
    "request",
    "retry",
    "retrying",
    "send",
    "session",
    "shared-budget",
    "signals",
    "statistics",
    "subscription",
    "table",
    "testing",
    "tls",
    "token",
    "tokens",
    "trace",
    "transfer",
    "transport-fetch",
    "transport-node",
    "transport-xhr",
    "version",
    "work",
];

/// Exports besides the classes of the APIs.
pub(crate) const PUBLIC: [&str; 2] = ["PureCloudSession", "PureCloudError"];

/// The function that makes the class of an API; the other exports of the core are for sessions alone.
pub(crate) const API_CLASS: &str = "apiClass";

/// The registry of parts that load separately, see [`PARTS`]; an export of the core.
pub(crate) const REGISTRY: &str = "parts";

/// Parts of the runtime that a program loads only where it uses them, each by a module of its own: `purecloud/paging`,
/// `partials/paging.js`. A part adds itself to the core's [`REGISTRY`] when it is loaded.
pub(crate) const PARTS: &[Part] = &[
    Part { stem: "config", entry: "config", public: &["loadConfig"], place: Place::Subpath },
    Part { stem: "events", entry: "notifications", public: &[], place: Place::Everywhere },
    Part { stem: "fleet", entry: "fleet", public: &["memoryBudgets", "shareBudget"], place: Place::Subpath },
    Part { stem: "generation2", entry: "generation2", public: &[], place: Place::Everywhere },
    Part { stem: "helpers", entry: "helpers", public: &HELPERS, place: Place::Subpath },
    Part { stem: "hooks", entry: "hooks", public: &[], place: Place::Everywhere },
    Part { stem: "logging", entry: "logging", public: &[], place: Place::Everywhere },
    Part { stem: "paging", entry: "pages", public: &[], place: Place::Everywhere },
    Part { stem: "popup", entry: "popup", public: &["loginPopup"], place: Place::Everywhere },
    Part { stem: "statistics", entry: "statistics", public: &[], place: Place::Everywhere },
    Part { stem: "testing", entry: "testing", public: &["startEmulator"], place: Place::Subpath },
    Part { stem: "transfer", entry: "transfer", public: &[], place: Place::Everywhere },
];

const HELPERS: [&str; 6] = ["downloadFrom", "interval", "pollJob", "regionDomains", "uploadTo", "userSearch"];

/// The places of a part besides its subpath.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// In a partial, in the full script, and in the modules that have everything.
    Everywhere,
    /// Nowhere else: it is of no use in a page.
    Subpath,
}

/// The [`PARTS`] that scripts and the modules with everything have.
pub(crate) fn parts_everywhere() -> impl Iterator<Item = &'static Part> {
    PARTS.iter().filter(|part| part.is_everywhere())
}

/// A part of the runtime that is loaded apart.
pub(crate) struct Part {
    /// Its subpath in the package, its partial, and its name in the [`REGISTRY`].
    pub(crate) stem: &'static str,
    /// The module that has it.
    entry: &'static str,
    /// Its exports.
    pub(crate) public: &'static [&'static str],
    place: Place,
}

impl Part {
    /// `true` if the core asks the [`REGISTRY`] for it. Others are used by the names that they export.
    pub(crate) const fn registers(&self) -> bool {
        self.public.is_empty()
    }

    pub(crate) fn is_everywhere(&self) -> bool {
        self.place == Place::Everywhere
    }
}

/// The runtime without types, in groups.
pub(crate) struct Runtime {
    /// Sessions and the classes of APIs, without a transport.
    pub(crate) core: Group,
    /// `PureCloudSession` over `fetch`; imports the core.
    pub(crate) fetch: Group,
    /// `PureCloudSession` over Node's own connections; imports the core.
    pub(crate) node: Group,
    /// The core and `PureCloudSession` over `fetch`, in one.
    pub(crate) script: Group,
    /// The [`PARTS`] in their order; they import the core.
    pub(crate) parts: Vec<Group>,
    /// Those of the [`PARTS`] that are everywhere, in one scope; they use names of `script`.
    pub(crate) all_parts: Group,
    /// The face of the third generation; imports the core.
    pub(crate) face: Group,
    /// All that the face needs, in one: for pages, for Node, for bundlers.
    pub(crate) faces: Faces,
}

/// The face of the third generation with what it needs, once for each transport.
pub(crate) struct Faces {
    pub(crate) script: String,
    pub(crate) node: String,
    pub(crate) module: String,
}

/// The module of that face.
const FACE: &str = "face-v2";

/// Modules in one scope.
pub(crate) struct Group {
    /// Everything they do.
    pub(crate) body: String,
    /// The names of the core that they use, in order.
    pub(crate) from_core: Vec<String>,
}

impl Runtime {
    /// The runtime of a package with this version. `forms` says whether an operation sends a form: only then is there
    /// what writes them.
    ///
    /// # Errors
    /// [`CodegenError::Runtime`] when the modules do not fit together.
    pub(crate) fn new(version: &str, forms: bool) -> Result<Self, CodegenError> {
        let version = format!("export const VERSION = {};", literal(version));
        let modules = SOURCES.iter().copied().map(|source| match source.name {
            "version" => Module::new(Source { text: &version, ..source }),
            _ => Module::new(source),
        });
        let modules = modules.collect::<Result<Vec<_>, _>>()?;
        let form = if forms { &["form"][..] } else { &[] };
        let with_forms = |entries: &[&'static str]| [entries, form].concat();
        let core = join(&modules, &with_forms(&["api", "error", "session"]), &BTreeSet::new())?;
        let outside = core.modules.clone();
        let group = |entries: &[&str], outside| join(&modules, entries, outside).map(Group::new);
        let whole =
            |entry| join(&modules, &with_forms(&[FACE, entry]), &BTreeSet::new()).map(|scope| scope.body);
        let parts = PARTS.iter().map(|part| group(&[part.entry], &outside)).collect::<Result<_, _>>()?;
        Ok(Self {
            fetch: group(&["bundle"], &outside)?.with("PureCloudError"),
            node: group(&["node"], &outside)?.with("PureCloudError"),
            script: group(&with_forms(&["api", "browser"]), &BTreeSet::new())?,
            parts,
            all_parts: group(&parts_everywhere().map(|part| part.entry).collect::<Vec<_>>(), &outside)?,
            face: group(&[FACE], &outside)?,
            faces: Faces { script: whole("browser")?, node: whole("node")?, module: whole("bundle")? },
            core: Group::new(core),
        })
    }

    /// The names that the core must export, in order.
    pub(crate) fn core_exports(&self) -> Vec<&str> {
        let mut names: BTreeSet<&str> = BTreeSet::from([API_CLASS, REGISTRY, "PureCloudError"]);
        for group in self.parts.iter().chain([&self.fetch, &self.node, &self.face]) {
            names.extend(group.from_core.iter().map(String::as_str));
        }
        names.into_iter().collect()
    }

    /// The names of the session's partial that the partials of [`PARTS`] use, in order.
    pub(crate) fn names_for_parts(&self) -> Vec<&str> {
        let partials = PARTS.iter().zip(&self.parts).filter(|(part, _)| part.is_everywhere());
        let names: BTreeSet<&str> =
            partials.flat_map(|(_, group)| &group.from_core).map(String::as_str).collect();
        names.into_iter().collect()
    }
}

impl Group {
    fn new(scope: Scope) -> Self {
        // Node's own modules are got when they are needed, so there is nothing else to import.
        let from_core =
            scope.imports.into_iter().filter(|import| local_module(&import.from).is_some()).filter_map(
                |import| match import.what {
                    Imported::Named(name) => Some(name),
                    Imported::Default | Imported::Namespace => None,
                },
            );
        let from_core = from_core.collect::<BTreeSet<_>>().into_iter().collect();
        Self { body: scope.body, from_core }
    }

    /// With a name of the core that it exports again.
    fn with(mut self, name: &str) -> Self {
        if let Err(place) = self.from_core.binary_search_by(|known| known.as_str().cmp(name)) {
            self.from_core.insert(place, name.to_owned());
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_module_of_the_runtime_is_embedded() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../packages/javascript/src");
        let mut found: Vec<String> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter_map(|name| name.strip_suffix(".ts").map(ToOwned::to_owned))
            .collect();
        found.sort();
        assert_eq!(found, SOURCES.iter().map(|source| source.name).collect::<Vec<_>>());
    }

    #[test]
    fn both_runtimes_know_the_same_regions() {
        let of = |text: &str, from: &str, to: &str, between: &str| -> BTreeSet<(String, String)> {
            let list = text.split(from).nth(1).unwrap().split(to).next().unwrap();
            let pair = |line: &str| {
                let (region, domain) = line.trim().trim_matches(['(', ')', ',']).split_once(between)?;
                Some((region.trim_matches('"').to_owned(), domain.trim_matches(['"', ')']).to_owned()))
            };
            list.lines().skip(1).filter_map(pair).collect()
        };
        let rust = of(include_str!("../../../purecloud/src/environment.rs"), "REGIONS: ", "];", ", ");
        let javascript = SOURCES.iter().find(|source| source.name == "environment").unwrap();
        assert_eq!(of(javascript.text, "const regions: ", "};", ": "), rust);
        assert!(rust.contains(&("eu-west-1".to_owned(), "mypurecloud.ie".to_owned())));
    }

    #[test]
    fn the_core_knows_neither_transport_and_sessions_share_it() {
        let runtime = Runtime::new("1.2.3", false).unwrap();
        assert!(!runtime.core.body.contains("fetch("));
        assert!(runtime.core.from_core.is_empty() && runtime.script.from_core.is_empty());
        for group in [&runtime.fetch, &runtime.node] {
            assert!(group.from_core.contains(&"createSession".to_owned()));
            assert!(!group.body.contains("class PureCloudError"));
        }
        assert!(runtime.node.body.contains("const VERSION = \"1.2.3\""));
    }

    #[test]
    fn what_writes_forms_is_there_where_a_definition_has_forms() {
        for forms in [false, true] {
            let runtime = Runtime::new("1.2.3", forms).unwrap();
            for group in [&runtime.core, &runtime.script] {
                assert_eq!(group.body.contains("Content-Disposition"), forms);
            }
        }
    }

    #[test]
    fn parts_register_themselves_and_repeat_nothing_of_the_core() {
        let runtime = Runtime::new("1.2.3", false).unwrap();
        for (part, group) in PARTS.iter().zip(&runtime.parts) {
            let registers = group.from_core.contains(&REGISTRY.to_owned());
            assert_eq!(registers, part.registers(), "{}", part.stem);
            assert!(!group.body.contains("class PureCloudError"));
        }
    }
}
