//! The types that a schema describes: one, several, or those of a reference.

use super::{COST, Hint, Schemas};
use crate::keywords::{Additional, Keywords, Types};
use crate::model::{TextFormat, Type, Width};
use crate::node::Node;
use crate::place::At;
use crate::problem::Problems;

/// Most schemas within or behind one another. Real definitions stay below ten; a chain of references could be as long
/// as the document, and the stack is not.
const MAX_NESTING: usize = 100;

/// Most alternatives of one `oneOf` or `anyOf`. Nobody can tell more of them apart.
const MAX_ALTERNATIVES: usize = 200;

impl<'d> Schemas<'d> {
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
            problems.fatal(
                at,
                format!("more than {MAX_NESTING} schemas nested in or referring to each other"),
                "refer to the target directly, or give its parts names",
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
                problems.warning(at, "`type` beside `$ref`", "remove it; the reference names the type");
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
                        "the default is not one of the values",
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
                format!("more than {MAX_ALTERNATIVES} alternatives; any value is accepted"),
                "give their common part a type of its own",
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
            Types::INTEGER => Type::Integer(match keywords.format {
                Some("int32") => Width::Bits32,
                _ => Width::Bits64,
            }),
            Types::NUMBER => Type::Number,
            Types::BOOLEAN => Type::Boolean,
            Types::FILE => Type::Bytes,
            Types::LIST => {
                if let Some(items) = keywords.items {
                    return Type::List(Box::new(self.kind(items, at.key("items"), hint, problems)));
                }
                problems.warning(at, "the list has no `items`", "add the type of its items");
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

/// The format of a text by the keyword `format`.
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
