//! The keywords of one schema, taken in one pass, so that none is met without being known.

use crate::model::Bounds;
use crate::node::{Node, Object};
use crate::place::At;
use crate::problem::{Problems, quoted};

/// The language of a definition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    Swagger2,
    OpenApi30,
    OpenApi31,
}

/// The JSON types that a schema allows; none means that nothing is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Types(u8);

impl Types {
    pub(crate) const TEXT: Self = Self(1);
    pub(crate) const NUMBER: Self = Self(2);
    pub(crate) const INTEGER: Self = Self(4);
    pub(crate) const BOOLEAN: Self = Self(8);
    pub(crate) const LIST: Self = Self(16);
    pub(crate) const OBJECT: Self = Self(32);
    pub(crate) const FILE: Self = Self(64);

    /// In the order in which alternatives are listed.
    pub(crate) const EACH: [Self; 7] =
        [Self::TEXT, Self::INTEGER, Self::NUMBER, Self::BOOLEAN, Self::LIST, Self::OBJECT, Self::FILE];

    pub(crate) const fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub(crate) const fn has(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    pub(crate) const fn count(self) -> u32 {
        self.0.count_ones()
    }

    const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// A schema's rule for properties that it does not list.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) enum Additional<'d> {
    /// Nothing, or `false`.
    #[default]
    Unstated,
    /// `true`: any value.
    Any,
    /// Values of one schema.
    Of(&'d Node<'d>),
}

/// One schema, keyword by keyword.
#[derive(Debug, Default)]
pub(crate) struct Keywords<'d> {
    /// The number of keywords.
    pub(crate) count: usize,
    pub(crate) reference: Option<&'d str>,
    pub(crate) types: Types,
    pub(crate) nullable: bool,
    pub(crate) format: Option<&'d str>,
    pub(crate) items: Option<&'d Node<'d>>,
    pub(crate) properties: Option<&'d Object<'d>>,
    pub(crate) required: Option<&'d [Node<'d>]>,
    pub(crate) additional: Additional<'d>,
    pub(crate) values: Option<&'d [Node<'d>]>,
    pub(crate) all_of: Option<&'d [Node<'d>]>,
    pub(crate) one_of: Option<&'d [Node<'d>]>,
    pub(crate) any_of: Option<&'d [Node<'d>]>,
    pub(crate) bounds: Bounds,
    pub(crate) default: Option<&'d Node<'d>>,
    pub(crate) description: Option<&'d str>,
    pub(crate) deprecated: bool,
    pub(crate) read_only: bool,
}

/// Keywords that say something to people alone.
const DOCUMENTATION: &[&str] = &[
    "title",
    "example",
    "examples",
    "externalDocs",
    "xml",
    "discriminator",
    "writeOnly",
    "$comment",
    "$schema",
    "$id",
    "$anchor",
    "$defs",
    "definitions",
    "id",
    "contentMediaType",
    "contentEncoding",
    // What tools that write Swagger 1 or read Java's annotations leave behind; the platform's own definition has both.
    "position",
    "allowEmptyValue",
];

/// Keywords that narrow what is valid; a type is true without them, only wider.
const NARROWING: &[&str] = &[
    "multipleOf",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "minProperties",
    "maxProperties",
    "not",
    "if",
    "then",
    "else",
    "dependentRequired",
    "dependentSchemas",
    "dependencies",
    "patternProperties",
    "propertyNames",
    "unevaluatedProperties",
    "unevaluatedItems",
    "prefixItems",
    "contains",
    "minContains",
    "maxContains",
    "additionalItems",
];

/// Keywords that stand in a parameter of Swagger 2.0 beside those of its type.
const PARAMETER: &[&str] = &["name", "in", "required", "collectionFormat", "allowEmptyValue", "schema"];

impl<'d> Keywords<'d> {
    /// Reads the schema `node`.
    pub(crate) fn of_schema(
        node: &'d Node<'d>,
        at: At<'_>,
        dialect: Dialect,
        problems: &mut Problems,
    ) -> Self {
        Self::read(node, at, dialect, &[], problems)
    }

    /// Reads the type in the parameter `node` of Swagger 2.0, which stands beside its name and place.
    pub(crate) fn of_parameter(node: &'d Node<'d>, at: At<'_>, problems: &mut Problems) -> Self {
        Self::read(node, at, Dialect::Swagger2, PARAMETER, problems)
    }

    fn read(
        node: &'d Node<'d>,
        at: At<'_>,
        dialect: Dialect,
        passed_over: &[&str],
        problems: &mut Problems,
    ) -> Self {
        let mut keywords = Self::default();
        let object = match node {
            Node::Object(object) => object,
            Node::Boolean(allowed) => {
                if !allowed {
                    problems.warning(at, "a schema that no value matches", "leave the property out");
                }
                return keywords;
            }
            other => {
                problems.omission(
                    at,
                    format!("{} where a schema belongs; taken as any value", other.describe()),
                    "write an object such as `{\"type\": \"string\"}`",
                );
                return keywords;
            }
        };
        keywords.count = object.len();
        problems.lenient(|problems| {
            for (key, value) in object.iter() {
                if !passed_over.contains(&key) {
                    keywords.take(key, value, at, dialect, problems);
                }
            }
        });
        keywords
    }

    fn take(
        &mut self,
        key: &str,
        value: &'d Node<'d>,
        at: At<'_>,
        dialect: Dialect,
        problems: &mut Problems,
    ) {
        let here = at.key(key);
        match key {
            "$ref" => self.reference = text(value, here, problems),
            "type" => self.take_type(value, here, dialect, problems),
            "nullable" | "x-nullable" => self.nullable |= flag(value, here, problems),
            "format" => self.format = text(value, here, problems),
            "items" => self.items = Some(value),
            "properties" => self.properties = object(value, here, problems),
            "required" => self.take_required(value, here, problems),
            "additionalProperties" => {
                self.additional = match value {
                    Node::Boolean(false) => Additional::Unstated,
                    Node::Boolean(true) => Additional::Any,
                    schema => Additional::Of(schema),
                };
            }
            "enum" => self.values = list(value, here, problems),
            "const" => self.values = Some(std::slice::from_ref(value)),
            "allOf" => self.all_of = list(value, here, problems),
            "oneOf" => self.one_of = list(value, here, problems),
            "anyOf" => self.any_of = list(value, here, problems),
            "minimum" => self.bounds.minimum = number(value, here, problems),
            "maximum" => self.bounds.maximum = number(value, here, problems),
            "minLength" => self.bounds.min_length = count(value, here, problems),
            "maxLength" => self.bounds.max_length = count(value, here, problems),
            "minItems" => self.bounds.min_items = count(value, here, problems),
            "maxItems" => self.bounds.max_items = count(value, here, problems),
            "pattern" => self.bounds.pattern = text(value, here, problems).map(str::to_owned),
            "uniqueItems" => self.bounds.unique = flag(value, here, problems),
            "default" => self.default = Some(value),
            "description" => self.description = text(value, here, problems),
            "deprecated" => self.deprecated = flag(value, here, problems),
            "readOnly" => self.read_only = flag(value, here, problems),
            _ if key.starts_with("x-") || DOCUMENTATION.contains(&key) => {}
            "exclusiveMinimum" | "exclusiveMaximum" if *value == Node::Boolean(false) => {}
            _ if NARROWING.contains(&key) => problems.warning(
                here,
                format!("`{key}` is not supported"),
                "describe the restriction in `description` if callers need it",
            ),
            _ => problems.omission(
                here,
                format!("keyword {} is not understood", quoted(key)),
                "correct it, or begin its name with `x-`",
            ),
        }
    }

    fn take_type(&mut self, value: &Node<'d>, at: At<'_>, dialect: Dialect, problems: &mut Problems) {
        match value {
            Node::Text(name) => self.add_type(name, at, problems),
            Node::List(names) if dialect == Dialect::OpenApi31 => {
                for (index, name) in names.iter().enumerate() {
                    match name.as_text() {
                        Some(name) => self.add_type(name, at.index(index), problems),
                        None => problems.error(at.index(index), "not the name of a type", "write it as text"),
                    }
                }
            }
            Node::List(_) => problems.error(
                at,
                "a list of types, which only OpenAPI 3.1 has",
                "name one type, or declare `openapi: 3.1.0`",
            ),
            other => problems.error(
                at,
                format!("{} where the name of a type belongs", other.describe()),
                "write it as text",
            ),
        }
    }

    fn add_type(&mut self, name: &str, at: At<'_>, problems: &mut Problems) {
        let one = match name {
            "string" => Types::TEXT,
            "number" => Types::NUMBER,
            "integer" => Types::INTEGER,
            "boolean" => Types::BOOLEAN,
            "array" => Types::LIST,
            "object" => Types::OBJECT,
            "file" => Types::FILE,
            "null" => {
                self.nullable = true;
                return;
            }
            "any" => {
                problems.warning(at, "`any` is not a type", "leave `type` out to allow any value");
                return;
            }
            _ => {
                problems.error(
                    at,
                    format!("{} is not a type", quoted(name)),
                    "use string, number, integer, boolean, array or object",
                );
                return;
            }
        };
        self.types = self.types.with(one);
    }

    fn take_required(&mut self, value: &'d Node<'d>, at: At<'_>, problems: &mut Problems) {
        if let Node::Boolean(_) = value {
            problems.warning(
                at,
                "`required` of a schema is a list of property names",
                "name the property in the `required` of the object that owns it",
            );
        } else {
            self.required = list(value, at, problems);
        }
    }

    /// Returns whether the schema describes an object, as far as can be told without following references.
    pub(crate) fn is_object(&self) -> bool {
        self.properties.is_some()
            || !matches!(self.additional, Additional::Unstated)
            || (self.types.has(Types::OBJECT) && self.types.count() == 1)
    }
}

/// The text in `value`, or a problem.
pub(crate) fn text<'d>(value: &'d Node<'d>, at: At<'_>, problems: &mut Problems) -> Option<&'d str> {
    let text = value.as_text();
    if text.is_none() {
        wrong(value, "text", at, problems);
    }
    text
}

/// The list in `value`, or a problem.
pub(crate) fn list<'d>(value: &'d Node<'d>, at: At<'_>, problems: &mut Problems) -> Option<&'d [Node<'d>]> {
    let list = value.as_list();
    if list.is_none() {
        wrong(value, "a list", at, problems);
    }
    list
}

/// The object in `value`, or a problem.
pub(crate) fn object<'d>(value: &'d Node<'d>, at: At<'_>, problems: &mut Problems) -> Option<&'d Object<'d>> {
    let object = value.as_object();
    if object.is_none() {
        wrong(value, "an object", at, problems);
    }
    object
}

/// The boolean in `value`; `false` and a problem if there is none.
pub(crate) fn flag(value: &Node<'_>, at: At<'_>, problems: &mut Problems) -> bool {
    let flag = value.as_boolean();
    if flag.is_none() {
        wrong(value, "true or false", at, problems);
    }
    flag.unwrap_or(false)
}

fn number(value: &Node<'_>, at: At<'_>, problems: &mut Problems) -> Option<f64> {
    let number = if let Node::Number(number) = value { number.as_f64() } else { None };
    if number.is_none() {
        wrong(value, "a number", at, problems);
    }
    number
}

fn count(value: &Node<'_>, at: At<'_>, problems: &mut Problems) -> Option<u64> {
    let count = if let Node::Number(number) = value {
        // `10.0` is a whole number to JSON Schema.
        number.as_u64().or_else(|| number.to_string().strip_suffix(".0").and_then(|whole| whole.parse().ok()))
    } else {
        None
    };
    if count.is_none() {
        wrong(value, "a whole number from 0", at, problems);
    }
    count
}

fn wrong(value: &Node<'_>, expected: &str, at: At<'_>, problems: &mut Problems) {
    problems.error(at, format!("{} where {expected} belongs", value.describe()), "correct the value");
}
