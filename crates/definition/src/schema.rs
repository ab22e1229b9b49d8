//! Schemas become types: named objects and enumerations get an index, inline ones a name of their own.

mod kind;
mod object;
mod values;

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use self::values::distinct_values;
use crate::draft::{Enumeration, Model, Rank};
use crate::keywords::{self, Dialect, Keywords};
use crate::model::{ModelId, Type};
use crate::names;
use crate::node::{Node, Object};
use crate::place::At;
use crate::problem::{Problems, quoted};
use crate::resolve::{self, MAX_HOPS, Resolver, Unresolved};

/// The limit of a document's growth while its references are followed, in rough bytes. The platform's definition takes
/// 20 MB; a few kilobytes of references to references could ask for more memory than there is.
const GROWTH: usize = 128 << 20;

/// The cost of a keyword in [`GROWTH`], so that the time that it takes is bounded as well as the memory.
const COST: usize = 32;

/// Most types in the type that a definition stands for. It is copied wherever the definition is referred to.
const MAX_TYPES: usize = 1_000;

/// Most objects that may stand in place of one. Nobody can tell more of them apart, so that such an object stands for
/// itself alone.
const MAX_HEIRS: usize = 200;

/// Everything needed to turn the schemas of one document into types.
pub(crate) struct Schemas<'d> {
    pub(crate) dialect: Dialect,
    pub(crate) resolver: Resolver<'d>,
    /// The start of a reference to a definition: `#/definitions/`.
    prefix: &'static str,
    named: HashMap<&'d str, Named<'d>>,
    /// The objects that may stand in place of one with a discriminator: those that have it in their `allOf`, and so on.
    heirs: HashMap<ModelId, Vec<ModelId>>,
    pub(crate) models: Vec<Model>,
    pub(crate) enumerations: Vec<Enumeration>,
    /// Types of inline objects and enumerations by the address of their schema: what is shared is named once.
    hoisted: HashMap<*const Node<'d>, Type>,
    /// The depth of the reader in schemas, one within or behind the other.
    depth: usize,
    growth: usize,
}

/// The kind of a named definition.
enum Named<'d> {
    Model(ModelId),
    /// Not read yet.
    Unread(&'d Node<'d>),
    /// Being read: meeting it again means that it holds itself.
    Busy,
    Other(Alias),
}

/// A definition that is neither an object nor an enumeration.
#[derive(Clone)]
struct Alias {
    kind: Type,
    nullable: bool,
}

/// The name that an inline schema gets: that of its owner and its own.
#[derive(Clone, Copy)]
pub(crate) struct Hint<'h> {
    pub(crate) owner: &'h str,
    pub(crate) own: &'h str,
}

impl Hint<'_> {
    fn name(self) -> String {
        let mut name = names::pascal(beginning(self.owner));
        name.push_str(&names::pascal(beginning(self.own)));
        name
    }
}

impl<'d> Schemas<'d> {
    pub(crate) fn new(resolver: Resolver<'d>, dialect: Dialect) -> Self {
        let prefix = match dialect {
            Dialect::Swagger2 => "#/definitions/",
            Dialect::OpenApi30 | Dialect::OpenApi31 => "#/components/schemas/",
        };
        Self {
            dialect,
            resolver,
            prefix,
            named: HashMap::new(),
            heirs: HashMap::new(),
            models: Vec::new(),
            enumerations: Vec::new(),
            hoisted: HashMap::new(),
            depth: 0,
            growth: 0,
        }
    }

    /// Reads every definition of the document.
    pub(crate) fn define(&mut self, definitions: &'d Object<'d>, problems: &mut Problems) {
        let mut objects = Vec::new();
        self.named.reserve(definitions.len());
        for (name, node) in definitions.iter() {
            let named = if self.describes_object(node) {
                let id = self.add_model(
                    name.to_owned(),
                    Rank::Named,
                    At::pointer_text(self.prefix.trim_end_matches('/')).key(name),
                    problems,
                );
                objects.push((name, node, id));
                Named::Model(id)
            } else {
                Named::Unread(node)
            };
            self.named.insert(name, named);
        }
        let root = At::pointer_text(self.prefix.trim_end_matches('/'));
        self.find_heirs(&objects);
        for (name, node, id) in objects {
            self.fill(id, node, root.key(name), name, problems);
        }
        for (name, _) in definitions.iter() {
            if let Some(Named::Unread(_)) = self.named.get(name) {
                self.definition(name, At::ROOT, problems);
            }
        }
    }

    /// Notes which of `objects` may stand in place of which.
    fn find_heirs(&mut self, objects: &[(&'d str, &'d Node<'d>, ModelId)]) {
        if !objects.iter().any(|(_, node, _)| node.get("discriminator").is_some()) {
            return;
        }
        let mut children: HashMap<ModelId, Vec<ModelId>> = HashMap::new();
        for (_, node, id) in objects {
            for part in node.get("allOf").and_then(Node::as_list).unwrap_or_default() {
                let reference = part.get("$ref").and_then(Node::as_text);
                let name = reference.and_then(|reference| reference.strip_prefix(self.prefix));
                if let Some(Named::Model(parent)) = name.and_then(|name| self.named.get(name)) {
                    children.entry(*parent).or_default().push(*id);
                }
            }
        }
        for (_, _, id) in objects.iter().filter(|(_, node, _)| node.get("discriminator").is_some()) {
            let mut heirs = vec![*id];
            let mut seen = HashSet::from([*id]);
            let mut next = 0;
            while let Some(parent) = heirs.get(next).filter(|_| heirs.len() <= MAX_HEIRS) {
                heirs.extend(children.get(parent).into_iter().flatten().filter(|child| seen.insert(**child)));
                next += 1;
            }
            if heirs.len() > 1 && heirs.len() <= MAX_HEIRS {
                self.heirs.insert(*id, heirs);
            }
        }
    }

    /// Returns whether `node` is an object with a name of its own rather than another word for some type.
    fn describes_object(&mut self, node: &'d Node<'d>) -> bool {
        let mut node = node;
        for _ in 0..MAX_HOPS {
            // Problems are reported when the schema is read for good.
            let keywords = Keywords::of_schema(node, At::ROOT, self.dialect, &mut Problems::default());
            if keywords.reference.is_some() || keywords.one_of.is_some() || keywords.any_of.is_some() {
                return false;
            }
            if keywords.is_object() {
                return true;
            }
            let Some(part) = keywords.all_of.and_then(<[_]>::first) else {
                return false;
            };
            node = match part.get("$ref").and_then(Node::as_text) {
                Some(reference) => match self.resolver.follow(reference) {
                    Ok((node, _)) => node,
                    Err(_) => return false,
                },
                None => part,
            };
        }
        false
    }

    fn add_model(&mut self, wire_name: String, rank: Rank, at: At<'_>, problems: &mut Problems) -> ModelId {
        let id = ModelId(self.models.len() as u32);
        let origin = at.pointer();
        self.grow(size_of::<Model>() + wire_name.len() + origin.0.len(), at, problems);
        self.models.push(Model {
            wire_name,
            rank,
            properties: Vec::new(),
            additional: None,
            description: None,
            origin,
        });
        id
    }

    /// `node`, or what it refers to and under which name.
    pub(crate) fn target(
        &mut self,
        node: &'d Node<'d>,
        at: At<'_>,
        problems: &mut Problems,
    ) -> Option<(&'d Node<'d>, Option<&'d str>)> {
        let Some(reference) = node.get("$ref") else {
            return Some((node, None));
        };
        let here = at.key("$ref");
        let reference = keywords::text(reference, here, problems)?;
        match self.resolver.follow(reference) {
            Ok((target, last)) => {
                self.grow(COST * (1 + target.as_object().map_or(0, Object::len)), here, problems);
                Some((target, Some(last)))
            }
            Err(unresolved) => {
                broken(reference, unresolved, here, problems);
                None
            }
        }
    }

    /// The type that the schema `node` describes.
    pub(crate) fn kind(
        &mut self,
        node: &'d Node<'d>,
        at: At<'_>,
        hint: Hint<'_>,
        problems: &mut Problems,
    ) -> Type {
        let keywords = Keywords::of_schema(node, at, self.dialect, problems);
        self.of_keywords(node, &keywords, at, hint, problems).0
    }

    /// The type that `reference` refers to.
    fn referred(&mut self, reference: &'d str, at: At<'_>, hint: Hint<'_>, problems: &mut Problems) -> Alias {
        if let Some(rest) = reference.strip_prefix(self.prefix) {
            let step = resolve::single_step(rest);
            // Names with a `/` in them are often written as they are.
            let known = step.as_deref().and_then(|name| self.named.get_key_value(name));
            if let Some((&name, _)) = known.or_else(|| self.named.get_key_value(rest)) {
                return self.definition(name, at, problems);
            }
        }
        let node = match self.resolver.find(reference) {
            Ok(node) => node,
            Err(unresolved) => {
                problems.lenient(|problems| broken(reference, unresolved, at, problems));
                return Alias::any();
            }
        };
        let place = At::pointer_text(reference);
        // What another file holds is called after itself, not after the first that uses it.
        let hint = match reference.split_once('#') {
            Some((file, pointer)) if !file.is_empty() => Hint { owner: name_in(file, pointer), own: "" },
            _ => hint,
        };
        let keywords = Keywords::of_schema(node, place, self.dialect, problems);
        let (kind, nullable) = self.of_keywords(node, &keywords, place, hint, problems);
        Alias { kind, nullable }
    }

    /// The type of the definition `name`, which exists.
    fn definition(&mut self, name: &'d str, at: At<'_>, problems: &mut Problems) -> Alias {
        if self.overgrown() {
            return Alias::any();
        }
        match self.named.get(name) {
            Some(Named::Model(id)) => {
                let kind = match self.heirs.get(id) {
                    Some(heirs) => Type::OneOf(heirs.iter().copied().map(Type::Model).collect()),
                    None => Type::Model(*id),
                };
                self.grow(size_of::<Type>() * nodes(&kind), at, problems);
                return Alias { kind, nullable: false };
            }
            Some(Named::Other(alias)) => {
                let alias = alias.clone();
                self.grow(size_of::<Type>() * nodes(&alias.kind), at, problems);
                return alias;
            }
            Some(Named::Busy) => {
                problems.warning(
                    at,
                    format!(
                        "{} contains itself without an object in between; it is taken as any value",
                        quoted(name)
                    ),
                    "make it an object",
                );
                return Alias::any();
            }
            Some(Named::Unread(_)) | None => {}
        }
        let Some(Named::Unread(node)) = self.named.insert(name, Named::Busy) else {
            return Alias::any();
        };
        let root = At::pointer_text(self.prefix.trim_end_matches('/'));
        let place = root.key(name);
        let alias = if let Some(circle) = self.circle(node) {
            problems.lenient(|problems| broken(circle, Unresolved::Endless, place.key("$ref"), problems));
            Alias::any()
        } else {
            self.alias(name, node, place, problems)
        };
        let alias = if nodes(&alias.kind) > MAX_TYPES {
            problems.fatal(
                place,
                format!("{} expands to more than {MAX_TYPES} types", quoted(name)),
                "make parts of it objects, which are not copied",
            );
            Alias::any()
        } else {
            alias
        };
        self.named.insert(name, Named::Other(alias.clone()));
        alias
    }

    /// The reference in `node` if following it never ends.
    fn circle(&mut self, node: &'d Node<'d>) -> Option<&'d str> {
        let reference = node.get("$ref")?.as_text()?;
        (self.resolver.follow(reference).err() == Some(Unresolved::Endless)).then_some(reference)
    }

    fn alias(&mut self, name: &'d str, node: &'d Node<'d>, at: At<'_>, problems: &mut Problems) -> Alias {
        let keywords = Keywords::of_schema(node, at, self.dialect, problems);
        if let Some(values) = keywords.values
            && keywords.reference.is_none()
            && let Some(values_read) = distinct_values(keywords.types, values, at.key("enum"), problems)
        {
            let nullable = keywords.nullable || values.contains(&Node::Null);
            return Alias {
                kind: self.add_enumeration(name.to_owned(), Rank::Named, values_read, at, problems),
                nullable,
            };
        }
        let hint = Hint { owner: name, own: "" };
        let (kind, nullable) = self.of_keywords(node, &keywords, at, hint, problems);
        Alias { kind, nullable }
    }

    /// Notes that the result grows by `bytes`; a problem once it has grown too far.
    pub(crate) fn grow(&mut self, bytes: usize, at: At<'_>, problems: &mut Problems) {
        let before = self.growth;
        self.growth = before.saturating_add(bytes);
        if before <= GROWTH && self.growth > GROWTH {
            problems.fatal(
                at,
                "the definition becomes too large when its references are followed",
                "refer to large parts less often",
            );
        }
    }

    /// Returns whether the definition has grown too far to be read on.
    pub(crate) const fn overgrown(&self) -> bool {
        self.growth > GROWTH
    }
}

impl Alias {
    const fn any() -> Self {
        Self { kind: Type::Any, nullable: false }
    }
}

/// The last word of a reference: that of the pointer, or the file without its ending.
fn name_in<'r>(file: &'r str, pointer: &'r str) -> &'r str {
    let last = |text: &'r str| text.rsplit('/').next().filter(|word| !word.is_empty());
    last(pointer).unwrap_or_else(|| {
        let name = last(file).unwrap_or(file);
        name.split_once('.').map_or(name, |(stem, _)| stem)
    })
}

/// As much of `text` as belongs into the name of something else. The longest name of the platform has 119 letters.
fn beginning(text: &str) -> &str {
    text.char_indices().nth(200).map_or(text, |(end, _)| &text[..end])
}

/// Rough size of what is copied out of `keywords`.
pub(crate) fn weight(keywords: &Keywords<'_>) -> usize {
    keywords.description.map_or(0, str::len) + keywords.default.map_or(0, heaviness)
}

fn heaviness(node: &Node<'_>) -> usize {
    let inner = match node {
        Node::Text(text) => text.len(),
        Node::List(list) => list.iter().map(heaviness).sum(),
        Node::Object(object) => object.iter().map(|(key, node)| key.len() + heaviness(node)).sum(),
        Node::Null | Node::Boolean(_) | Node::Number(_) => 0,
    };
    inner + size_of::<Value>()
}

fn nodes(kind: &Type) -> usize {
    match kind {
        Type::List(inner) | Type::Map(inner) => 1 + nodes(inner),
        Type::OneOf(kinds) => 1 + kinds.iter().map(nodes).sum::<usize>(),
        _ => 1,
    }
}

/// Notes that `reference` leads nowhere.
pub(crate) fn broken(reference: &str, unresolved: Unresolved, at: At<'_>, problems: &mut Problems) {
    let (message, remedy) = unresolved.explain();
    problems.error(at, format!("{} {message}", quoted(reference)), remedy);
}
