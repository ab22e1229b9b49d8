//! Objects: their properties, with those of every part of an `allOf`.

use std::collections::{HashMap, HashSet};

use super::{COST, Hint, Schemas, weight};
use crate::draft::Rank;
use crate::keywords::{Additional, Keywords};
use crate::model::{ModelId, Property, Type};
use crate::node::{Node, Object};
use crate::place::At;
use crate::problem::Problems;
use crate::resolve::MAX_HOPS;

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
    /// The lists of properties that the members stand in; nothing for that of the object itself, whose place the caller
    /// knows.
    origins: Vec<Option<String>>,
    /// The position of each name in `members`; empty while there is only one list, which has each name once.
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
    /// The place of the list that `member` of the object whose own list is `own` stands in; the member is the key of
    /// its name there.
    pub(crate) fn list_of<'p>(&'p self, member: &Member<'d>, own: At<'p>) -> At<'p> {
        self.origins[member.origin].as_deref().map_or(own, At::pointer_text)
    }

    /// Adds the properties of one part, which replace those of the same name in earlier parts.
    fn add(&mut self, properties: &'d Object<'d>, origin: Option<String>) {
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
        if merged.open_parts.contains(&address) {
            problems.omission(at, "`allOf` points back to itself", "remove the part that contains the whole");
            return;
        }
        if merged.open_parts.len() > MAX_HOPS {
            let message =
                format!("`allOf` refers through more than {MAX_HOPS} schemas; the rest is left out");
            problems.omission(at, message, "use fewer schemas");
            return;
        }
        let all = at.key("allOf");
        if keywords.all_of.is_some() && !merged.seen.insert(address) {
            return;
        }
        merged.open_parts.push(address);
        for (index, part) in keywords.all_of.unwrap_or_default().iter().enumerate() {
            let here = all.index(index);
            let target = problems.lenient(|problems| self.target(part, here, problems));
            let Some((part, reference)) = target else { continue };
            let place = reference.map_or(here, At::pointer_text);
            let part_keywords = Keywords::of_schema(part, place, self.dialect, problems);
            self.grow(COST * part_keywords.count, place, problems);
            self.merge_into(merged, part, &part_keywords, place, problems);
        }
        merged.open_parts.pop();
        for (key, alternatives) in [("oneOf", keywords.one_of), ("anyOf", keywords.any_of)] {
            if alternatives.is_some() {
                let message = "a part of the object has alternatives; their properties are left out";
                problems.omission(at.key(key), message, "make the object a part of each alternative");
            }
        }
        if let Some(properties) = keywords.properties {
            let is_part = !merged.open_parts.is_empty();
            let origin = is_part.then(|| at.key("properties").pointer().0);
            let text = origin.as_ref().map_or(0, String::len);
            self.grow(properties.len() * size_of::<Member<'_>>() + text, at, problems);
            merged.add(properties, origin);
        }
        let required = keywords.required.unwrap_or_default();
        self.grow(COST * required.len(), at, problems);
        for (index, name) in required.iter().enumerate() {
            match name.as_text() {
                Some(name) => merged.required.push(name),
                None => problems.omission(
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

    /// Reads the properties of the object `node` into the model `id`.
    pub(super) fn fill(
        &mut self,
        id: ModelId,
        node: &'d Node<'d>,
        at: At<'_>,
        owner: &str,
        problems: &mut Problems,
    ) {
        let keywords = Keywords::of_schema(node, at, self.dialect, problems);
        let merged = self.merge(node, &keywords, at, problems);
        let mut properties = Vec::with_capacity(merged.members.len());
        let own = at.key("properties");
        for member in &merged.members {
            let list = merged.list_of(member, own);
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

    /// The object that the fields of a form are.
    pub(crate) fn form_model(
        &mut self,
        hint: Hint<'_>,
        properties: Vec<Property>,
        at: At<'_>,
        problems: &mut Problems,
    ) -> ModelId {
        let id = self.add_model(hint.name(), Rank::Inline, at, problems);
        self.models[id.0 as usize].properties = properties;
        id
    }

    /// An object without a name gets one.
    pub(super) fn inline_object(
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
        let id = self.add_model(name.clone(), Rank::Inline, at, problems);
        self.hoisted.insert(address, Type::Model(id));
        self.fill(id, node, at, &name, problems);
        Type::Model(id)
    }
}
