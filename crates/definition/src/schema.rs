//! Schemas become types: named objects and enumerations get an index, inline ones a name of their own.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use crate::draft::{Enumeration, Model, Rank};
use crate::keywords::{self, Additional, Dialect, Keywords, Types};
use crate::model::{EnumerationId, ModelId, Property, TextFormat, Type};
use crate::names;
use crate::node::{Node, Object};
use crate::place::At;
use crate::problem::{Problems, quoted};
use crate::resolve::{self, MAX_HOPS, Resolver, Unresolved};

/// Most schemas within or behind one another. Real definitions stay below ten; a chain of references could be as long
/// as the document, and the stack is not.
const MAX_NESTING: usize = 100;

/// How much a document may grow while its references are followed, in rough bytes. The platform's definition takes
/// 20 MB; a few kilobytes of references to references could ask for more memory than there is.
const GROWTH: usize = 128 << 20;

/// What one keyword counts for in [`GROWTH`], so that the time that it takes is bounded as well as the memory.
const COST: usize = 32;

/// Most types in the type that a definition stands for. It is copied wherever the definition is referred to.
const MAX_TYPES: usize = 1_000;

/// Most alternatives of one `oneOf` or `anyOf`. Nobody can tell more of them apart.
const MAX_ALTERNATIVES: usize = 200;

/// Everything needed to turn the schemas of one document into types.
pub(crate) struct Schemas<'d> {
    pub(crate) dialect: Dialect,
    pub(crate) resolver: Resolver<'d>,
    /// What comes before the name of a definition in a reference: `#/definitions/`.
    prefix: &'static str,
    named: HashMap<&'d str, Named<'d>>,
    pub(crate) models: Vec<Model>,
    pub(crate) enumerations: Vec<Enumeration>,
    /// Types of inline objects and enumerations by the address of their schema: what is shared is named once.
    hoisted: HashMap<*const Node<'d>, Type>,
    /// How many schemas deep the reader stands, one within or behind the other.
    depth: usize,
    growth: usize,
}

/// What a definition is.
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
        let mut name = names::pascal(self.owner);
        name.push_str(&names::pascal(self.own));
        name
    }
}

/// One property of an object, after its parts are merged.
pub(crate) struct Member<'d> {
    pub(crate) name: &'d str,
    pub(crate) schema: &'d Node<'d>,
    pub(crate) required: bool,
    /// Index into [`Merged::origins`].
    origin: usize,
}

/// An object with its `allOf` merged into it.
#[derive(Default)]
pub(crate) struct Merged<'d> {
    pub(crate) members: Vec<Member<'d>>,
    /// The lists of properties that the members stand in.
    origins: Vec<String>,
    /// Where a name stands in `members`; empty while there is only one list, in which each name stands once.
    index: HashMap<&'d str, usize>,
    required: Vec<&'d str>,
    additional: Option<(&'d Node<'d>, String)>,
    open: bool,
    /// The parts met so far that have parts themselves.
    seen: HashSet<*const Node<'d>>,
    /// The parts that are being read, one within the other.
    open_parts: Vec<*const Node<'d>>,
}

impl<'d> Merged<'d> {
    /// The place of the list that `member` stands in; the member is the key of its name there.
    pub(crate) fn list_of(&self, member: &Member<'d>) -> At<'_> {
        At::pointer_text(&self.origins[member.origin])
    }

    /// Adds the properties of one part, which replace those of the same name in earlier parts.
    fn add(&mut self, properties: &'d Object<'d>, origin: String) {
        let origin_index = self.origins.len();
        self.origins.push(origin);
        if origin_index == 1 {
            self.index =
                self.members.iter().enumerate().map(|(index, member)| (member.name, index)).collect();
        }
        self.members.reserve(properties.len());
        for (name, schema) in properties.iter() {
            let member = Member { name, schema, required: false, origin: origin_index };
            if let Some(&index) = self.index.get(name) {
                self.members[index] = member;
                continue;
            }
            if origin_index > 0 {
                self.index.insert(name, self.members.len());
            }
            self.members.push(member);
        }
    }

    /// Marks the members that are required.
    fn mark_required(&mut self) {
        if self.required.len() <= 8 {
            for member in &mut self.members {
                member.required = self.required.contains(&member.name);
            }
            return;
        }
        let required: HashSet<&str> = self.required.iter().copied().collect();
        for member in &mut self.members {
            member.required = required.contains(member.name);
        }
    }
}

impl<'d> Schemas<'d> {
    pub(crate) fn new(root: &'d Node<'d>, dialect: Dialect) -> Self {
        let prefix = match dialect {
            Dialect::Swagger2 => "#/definitions/",
            Dialect::OpenApi30 | Dialect::OpenApi31 => "#/components/schemas/",
        };
        Self {
            dialect,
            resolver: Resolver::new(root),
            prefix,
            named: HashMap::new(),
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
                );
                objects.push((name, node, id));
                Named::Model(id)
            } else {
                Named::Unread(node)
            };
            self.named.insert(name, named);
        }
        let root = At::pointer_text(self.prefix.trim_end_matches('/'));
        for (name, node, id) in objects {
            self.fill(id, node, root.key(name), name, problems);
        }
        for (name, _) in definitions.iter() {
            if let Some(Named::Unread(_)) = self.named.get(name) {
                self.definition(name, At::ROOT, problems);
            }
        }
    }

    /// Whether `node` is an object with a name of its own rather than another word for some type.
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

    fn add_model(&mut self, wire_name: String, rank: Rank, at: At<'_>) -> ModelId {
        let id = ModelId(self.models.len() as u32);
        self.models.push(Model {
            wire_name,
            rank,
            properties: Vec::new(),
            additional: None,
            description: None,
            origin: at.pointer(),
        });
        id
    }

    /// Reads the properties of the object `node` into the model `id`.
    fn fill(&mut self, id: ModelId, node: &'d Node<'d>, at: At<'_>, owner: &str, problems: &mut Problems) {
        let keywords = Keywords::of_schema(node, at, self.dialect, problems);
        let merged = self.merge(node, &keywords, at, problems);
        let mut properties = Vec::with_capacity(merged.members.len());
        for member in &merged.members {
            let list = merged.list_of(member);
            properties.push(self.property(member, list.key(member.name), owner, problems));
        }
        let additional = match &merged.additional {
            Some((schema, origin)) => {
                let hint = Hint { owner, own: "Value" };
                Some(self.kind(schema, At::pointer_text(origin), hint, problems))
            }
            None => merged.open.then_some(Type::Any),
        };
        let model = &mut self.models[id.0 as usize];
        model.properties = properties;
        model.additional = additional;
        model.description = keywords.description.map(str::to_owned);
    }

    fn property(
        &mut self,
        member: &Member<'d>,
        at: At<'_>,
        owner: &str,
        problems: &mut Problems,
    ) -> Property {
        let keywords = Keywords::of_schema(member.schema, at, self.dialect, problems);
        let hint = Hint { owner, own: member.name };
        let (kind, nullable) = self.of_keywords(member.schema, &keywords, at, hint, problems);
        self.grow(size_of::<Property>() + weight(&keywords), at, problems);
        Property {
            wire_name: member.name.to_owned(),
            kind,
            required: member.required,
            read_only: keywords.read_only,
            nullable,
            deprecated: keywords.deprecated,
            default: keywords.default.map(Node::to_value),
            description: keywords.description.map(str::to_owned),
            bounds: keywords.bounds,
        }
    }

    /// The properties of an object with those of its `allOf` before its own.
    pub(crate) fn merge(
        &mut self,
        node: &'d Node<'d>,
        keywords: &Keywords<'d>,
        at: At<'_>,
        problems: &mut Problems,
    ) -> Merged<'d> {
        let mut merged = Merged::default();
        self.merge_into(&mut merged, node, keywords, at, problems);
        merged.mark_required();
        merged
    }

    fn merge_into(
        &mut self,
        merged: &mut Merged<'d>,
        node: &'d Node<'d>,
        keywords: &Keywords<'d>,
        at: At<'_>,
        problems: &mut Problems,
    ) {
        let address = std::ptr::from_ref(node);
        if merged.open_parts.contains(&address) || merged.open_parts.len() > MAX_HOPS {
            problems.error(at, "`allOf` leads in a circle", "let each part be less than the whole");
            return;
        }
        let all = at.key("allOf");
        if keywords.all_of.is_some() && !merged.seen.insert(address) {
            return;
        }
        merged.open_parts.push(address);
        for (index, part) in keywords.all_of.unwrap_or_default().iter().enumerate() {
            let here = all.index(index);
            let Some((part, reference)) = self.target(part, here, problems) else { continue };
            let place = reference.map_or(here, At::pointer_text);
            let part_keywords = Keywords::of_schema(part, place, self.dialect, problems);
            self.grow(COST * part_keywords.count, place, problems);
            self.merge_into(merged, part, &part_keywords, place, problems);
        }
        merged.open_parts.pop();
        if let Some(properties) = keywords.properties {
            let origin = at.key("properties").pointer().0;
            self.grow(properties.len() * size_of::<Member<'_>>() + origin.len(), at, problems);
            merged.add(properties, origin);
        }
        for (index, name) in keywords.required.unwrap_or_default().iter().enumerate() {
            match name.as_text() {
                Some(name) => merged.required.push(name),
                None => problems.error(
                    at.key("required").index(index),
                    format!("{} where the name of a property belongs", name.describe()),
                    "write it as text",
                ),
            }
        }
        match keywords.additional {
            Additional::Unstated => {}
            Additional::Any => merged.open = true,
            Additional::Of(schema) => {
                merged.additional = Some((schema, at.key("additionalProperties").pointer().0));
            }
        }
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

    /// The type that `keywords` of `node` describe, and whether it may be null as well.
    pub(crate) fn of_keywords(
        &mut self,
        node: &'d Node<'d>,
        keywords: &Keywords<'d>,
        at: At<'_>,
        hint: Hint<'_>,
        problems: &mut Problems,
    ) -> (Type, bool) {
        self.grow(COST * (1 + keywords.count), at, problems);
        if self.overgrown() {
            return (Type::Any, false);
        }
        if self.depth == MAX_NESTING {
            problems.error(
                at,
                format!("more than {MAX_NESTING} schemas, one within or behind the other"),
                "refer to what is meant directly, or give parts of it names",
            );
            return (Type::Any, false);
        }
        self.depth += 1;
        let read = self.described(node, keywords, at, hint, problems);
        self.depth -= 1;
        read
    }

    fn described(
        &mut self,
        node: &'d Node<'d>,
        keywords: &Keywords<'d>,
        at: At<'_>,
        hint: Hint<'_>,
        problems: &mut Problems,
    ) -> (Type, bool) {
        if let Some(reference) = keywords.reference {
            if !keywords.types.is_empty() {
                problems.warning(at, "`type` beside `$ref`", "leave it out; the reference names the type");
            }
            let alias = self.referred(reference, at.key("$ref"), hint, problems);
            return (alias.kind, alias.nullable || keywords.nullable);
        }
        if let Some(parts) = keywords.all_of
            && let [part] = parts
            && keywords.properties.is_none()
        {
            // A wrapper that adds a description or `nullable` to one reference.
            let all = at.key("allOf");
            let here = all.index(0);
            let inner = Keywords::of_schema(part, here, self.dialect, problems);
            let (kind, nullable) = self.of_keywords(part, &inner, here, hint, problems);
            return (kind, nullable || keywords.nullable);
        }
        if keywords.all_of.is_some() {
            return (self.inline_object(node, at, hint, problems), keywords.nullable);
        }
        for (key, parts) in [("oneOf", keywords.one_of), ("anyOf", keywords.any_of)] {
            if let Some(parts) = parts {
                return self.alternatives(keywords, parts, at.key(key), hint, problems);
            }
        }
        let mut nullable = keywords.nullable;
        if let Some(values) = keywords.values {
            nullable |= values.contains(&Node::Null);
            if let Some(kind) = self.enumeration(node, keywords.types, values, at, hint, problems) {
                if keywords.default.is_some_and(|default| !values.contains(default)) {
                    problems.warning(
                        at.key("default"),
                        "a default that is none of the values",
                        "correct one of them",
                    );
                }
                return (kind, nullable);
            }
        }
        (self.plain(node, keywords, at, hint, problems), nullable)
    }

    /// One of several types.
    fn alternatives(
        &mut self,
        keywords: &Keywords<'d>,
        parts: &'d [Node<'d>],
        at: At<'_>,
        hint: Hint<'_>,
        problems: &mut Problems,
    ) -> (Type, bool) {
        if keywords.properties.is_some() {
            problems.warning(
                at,
                "alternatives beside `properties`; the properties are left out",
                "put the properties into each alternative",
            );
        }
        let mut nullable = keywords.nullable;
        if parts.len() > MAX_ALTERNATIVES {
            problems.warning(
                at,
                format!("more than {MAX_ALTERNATIVES} alternatives; taken as any value"),
                "give what they have in common a type of its own",
            );
            return (Type::Any, nullable);
        }
        let mut kinds: Vec<Type> = Vec::new();
        for (index, part) in parts.iter().enumerate() {
            let here = at.index(index);
            let inner = Keywords::of_schema(part, here, self.dialect, problems);
            if inner.nullable && inner.types.is_empty() && inner.reference.is_none() && inner.values.is_none()
            {
                nullable = true;
                continue;
            }
            let own = format!("{}{}", hint.own, index + 1);
            let hint = Hint { owner: hint.owner, own: &own };
            let (kind, null) = self.of_keywords(part, &inner, here, hint, problems);
            nullable |= null;
            // Alternatives of alternatives are alternatives; repeating one adds nothing.
            let flat = if let Type::OneOf(inner) = kind { inner } else { vec![kind] };
            for kind in flat {
                if !kinds.contains(&kind) {
                    kinds.push(kind);
                }
            }
        }
        (one_of(kinds), nullable)
    }

    /// A type without references, alternatives or values.
    fn plain(
        &mut self,
        node: &'d Node<'d>,
        keywords: &Keywords<'d>,
        at: At<'_>,
        hint: Hint<'_>,
        problems: &mut Problems,
    ) -> Type {
        let mut kinds = Vec::new();
        for one in Types::EACH {
            if keywords.types.has(one) {
                kinds.push(self.single(one, node, keywords, at, hint, problems));
            }
        }
        if kinds.is_empty() {
            if keywords.is_object() {
                kinds.push(self.single(Types::OBJECT, node, keywords, at, hint, problems));
            } else if keywords.items.is_some() {
                kinds.push(self.single(Types::LIST, node, keywords, at, hint, problems));
            }
        }
        one_of(kinds)
    }

    fn single(
        &mut self,
        one: Types,
        node: &'d Node<'d>,
        keywords: &Keywords<'d>,
        at: At<'_>,
        hint: Hint<'_>,
        problems: &mut Problems,
    ) -> Type {
        match one {
            Types::TEXT => match keywords.format {
                Some("binary") => Type::Bytes,
                format => Type::Text(text_format(format)),
            },
            Types::INTEGER => Type::Integer,
            Types::NUMBER => Type::Number,
            Types::BOOLEAN => Type::Boolean,
            Types::FILE => Type::Bytes,
            Types::LIST => {
                if let Some(items) = keywords.items {
                    return Type::List(Box::new(self.kind(items, at.key("items"), hint, problems)));
                }
                problems.warning(at, "a list without `items`", "say what it is a list of");
                Type::List(Box::new(Type::Any))
            }
            _ if keywords.properties.is_some_and(|properties| properties.len() > 0) => {
                self.inline_object(node, at, hint, problems)
            }
            _ => Type::Map(Box::new(match keywords.additional {
                Additional::Of(schema) => self.kind(schema, at.key("additionalProperties"), hint, problems),
                Additional::Unstated | Additional::Any => Type::Any,
            })),
        }
    }

    /// An object without a name gets one.
    fn inline_object(
        &mut self,
        node: &'d Node<'d>,
        at: At<'_>,
        hint: Hint<'_>,
        problems: &mut Problems,
    ) -> Type {
        let address = std::ptr::from_ref(node);
        if let Some(kind) = self.hoisted.get(&address) {
            return kind.clone();
        }
        let name = hint.name();
        let id = self.add_model(name.clone(), Rank::Inline, at);
        self.hoisted.insert(address, Type::Model(id));
        self.fill(id, node, at, &name, problems);
        Type::Model(id)
    }

    /// A list of values gets a name; `None` if its values are not of the type that it states.
    fn enumeration(
        &mut self,
        node: &'d Node<'d>,
        types: Types,
        values: &'d [Node<'d>],
        at: At<'_>,
        hint: Hint<'_>,
        problems: &mut Problems,
    ) -> Option<Type> {
        let address = std::ptr::from_ref(node);
        if let Some(kind) = self.hoisted.get(&address) {
            return Some(kind.clone());
        }
        let values = distinct_values(types, values, at.key("enum"), problems)?;
        let kind = self.add_enumeration(hint.name(), Rank::Inline, values, at);
        self.hoisted.insert(address, kind.clone());
        Some(kind)
    }

    fn add_enumeration(&mut self, wire_name: String, rank: Rank, values: Vec<Value>, at: At<'_>) -> Type {
        let id = EnumerationId(self.enumerations.len() as u32);
        self.enumerations.push(Enumeration { wire_name, rank, values, origin: at.pointer() });
        Type::Enumeration(id)
    }

    /// What `reference` stands for.
    fn referred(&mut self, reference: &'d str, at: At<'_>, hint: Hint<'_>, problems: &mut Problems) -> Alias {
        if let Some(name) = reference.strip_prefix(self.prefix).and_then(resolve::single_step)
            && let Some((&name, _)) = self.named.get_key_value(name.as_ref())
        {
            return self.definition(name, at, problems);
        }
        let node = match self.resolver.find(reference) {
            Ok(node) => node,
            Err(unresolved) => {
                broken(reference, unresolved, at, problems);
                return Alias::any();
            }
        };
        let place = At::pointer_text(reference);
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
            Some(Named::Model(id)) => return Alias { kind: Type::Model(*id), nullable: false },
            Some(Named::Other(alias)) => {
                let alias = alias.clone();
                self.grow(size_of::<Type>() * nodes(&alias.kind), at, problems);
                return alias;
            }
            Some(Named::Busy) => {
                problems.warning(
                    at,
                    format!("{} holds itself without an object in between; taken as any value", quoted(name)),
                    "let it be an object",
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
            broken(circle, Unresolved::Endless, place.key("$ref"), problems);
            Alias::any()
        } else {
            self.alias(name, node, place, problems)
        };
        let alias = if nodes(&alias.kind) > MAX_TYPES {
            problems.error(
                place,
                format!("{} stands for more than {MAX_TYPES} types", quoted(name)),
                "let parts of it be objects, which are not copied",
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
                kind: self.add_enumeration(name.to_owned(), Rank::Named, values_read, at),
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
            problems.error(
                at,
                "the definition grows past all bounds when its references are followed",
                "refer to large parts less often",
            );
        }
    }

    /// Whether the definition has grown too far to be read on.
    pub(crate) const fn overgrown(&self) -> bool {
        self.growth > GROWTH
    }
}

impl Alias {
    const fn any() -> Self {
        Self { kind: Type::Any, nullable: false }
    }
}

/// `kinds` as one type.
fn one_of(mut kinds: Vec<Type>) -> Type {
    match kinds.len() {
        0 => Type::Any,
        1 => kinds.swap_remove(0),
        // Any value is any value, whatever the other alternatives say.
        _ if kinds.contains(&Type::Any) => Type::Any,
        _ => Type::OneOf(kinds),
    }
}

/// The values of an enumeration; `None` when they are not texts or whole numbers of the stated type.
fn distinct_values(
    types: Types,
    values: &[Node<'_>],
    at: At<'_>,
    problems: &mut Problems,
) -> Option<Vec<Value>> {
    let texts = types.is_empty() || types.has(Types::TEXT);
    let numbers = types.is_empty() || types.has(Types::INTEGER);
    // Most lists are short, and looking through them costs less than hashing.
    let mut seen = HashSet::new();
    let mut distinct = Vec::with_capacity(values.len());
    for (index, value) in values.iter().enumerate() {
        let (fits, key) = match value {
            Node::Null => continue,
            Node::Text(text) => (texts, (text.as_ref(), 0)),
            Node::Number(number) if number.is_i64() || number.is_u64() => {
                (numbers, ("", number.as_i128().unwrap_or_default()))
            }
            _ => (false, ("", 0)),
        };
        if !fits {
            problems.warning(
                at.index(index),
                format!(
                    "{} in a list of values that is not of its type; the list is left out",
                    value.describe()
                ),
                "let the values be texts or whole numbers, as the type says",
            );
            return None;
        }
        let new = if values.len() <= 12 { !values[..index].contains(value) } else { seen.insert(key) };
        if new {
            distinct.push(value.to_value());
        } else {
            problems.warning(at.index(index), "a value that stands twice", "leave it out");
        }
    }
    (!distinct.is_empty()).then_some(distinct)
}

/// What `format` says about a text.
fn text_format(format: Option<&str>) -> TextFormat {
    match format {
        None | Some("" | "password") => TextFormat::Plain,
        Some("date") => TextFormat::Date,
        Some("date-time") => TextFormat::DateTime,
        Some("local-date-time") => TextFormat::LocalDateTime,
        Some("year-month") => TextFormat::YearMonth,
        Some("uri" | "url") => TextFormat::Uri,
        Some("uuid") => TextFormat::Uuid,
        Some("byte") => TextFormat::Base64,
        Some(_) => TextFormat::Other,
    }
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
