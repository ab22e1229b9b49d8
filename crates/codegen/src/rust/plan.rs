//! The models and enumerations that the chosen APIs need, and the names of everything in Rust.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use purecloud_definition::model::{
    ApiId, Enumeration, EnumerationId, Method, Model, ModelId, Operation, Parameter, Place, Property,
    TextFormat, Topic, Type, Width,
};
use purecloud_definition::names::{Reserved, Scope, rust};
use purecloud_definition::{Platform, Summaries};
use serde_json::Value;

use super::Selection;

/// Names that the generated text uses as they are, so that no model may have them.
const OURS: &[&str] = &[
    "Box",
    "Clone",
    "Copy",
    "Debug",
    "Default",
    "Eq",
    "Err",
    "Hash",
    "Into",
    "None",
    "Ok",
    "Option",
    "PartialEq",
    "Result",
    "Self",
    "Some",
    "String",
    "Vec",
];

/// Everything that is written, with its name and place.
#[derive(Debug)]
pub(super) struct Plan<'p> {
    pub(super) platform: &'p Platform,
    pub(super) summaries: Summaries<'p>,
    pub(super) apis: Vec<ApiId>,
    topics: &'p [Topic],
    models: BTreeMap<ModelId, String>,
    enumerations: BTreeMap<EnumerationId, List>,
    conversions: BTreeSet<(ModelId, ModelId)>,
}

/// A list of values.
#[derive(Debug)]
struct List {
    name: String,
    /// One before it that has the same values.
    like: Option<String>,
}

/// One field of a struct.
pub(super) struct Field<'p> {
    pub(super) name: String,
    pub(super) kind: String,
    pub(super) property: &'p Property,
}

impl<'p> Plan<'p> {
    pub(super) fn new(platform: &'p Platform, selection: Selection<'_>) -> Self {
        let mut apis = selection.apis.to_vec();
        apis.sort_unstable();
        apis.dedup();
        let mut reach = Reach {
            platform,
            models: Vec::new(),
            seen: vec![false; platform.models.len()],
            enumerations: Vec::new(),
        };
        for operation in apis.iter().flat_map(|api| operations(platform, *api)) {
            // The fields of a form are inputs of their own, so that no model has them.
            let form = operation.form_fields(platform);
            let in_form =
                |parameter: &&Parameter| form.is_some() && matches!(parameter.place, Place::Body { .. });
            let parameters = operation.parameters.iter().filter(|parameter| !in_form(parameter));
            let fields = form.into_iter().flat_map(|(_, model)| &model.properties);
            let kinds = parameters.map(|parameter| &parameter.kind).chain(fields.map(|field| &field.kind));
            kinds.chain(&operation.result).for_each(|kind| reach.visit(kind));
        }
        let topics = if selection.topics { platform.topics.as_slice() } else { &[] };
        topics.iter().filter_map(|topic| topic.model).for_each(|model| reach.visit(&Type::Model(model)));
        while let Some(id) = reach.models.pop() {
            platform.model(id).properties.iter().for_each(|property| reach.visit(&property.kind));
        }
        let chosen = reach.seen;
        reach.enumerations.sort_unstable();
        reach.enumerations.dedup();

        // Every name is claimed, wanted or not: what a model is called does not depend on which features are on.
        let mut scope = Scope::new(Reserved::Rust);
        for name in OURS {
            scope.claim(name);
        }
        let mut models = BTreeMap::new();
        for (index, model) in platform.models.iter().enumerate() {
            let name = scope.claim(&type_name(&model.name));
            if chosen[index] {
                models.insert(ModelId(index as u32), name);
            }
        }
        // Lists with the same values are types of their own all the same, since each grows by itself; half of them go
        // that way, and share what the first of them states.
        let mut first: HashMap<_, String> = HashMap::new();
        let mut enumerations = BTreeMap::new();
        for (index, enumeration) in platform.enumerations.iter().enumerate() {
            let name = scope.claim(&type_name(&enumeration.name));
            let id = EnumerationId(index as u32);
            // A list of numbers says nothing that a number does not.
            let Some(texts) = texts(enumeration) else { continue };
            if reach.enumerations.binary_search(&id).is_err() {
                continue;
            }
            let like = first.get(&texts).cloned();
            first.entry(texts).or_insert_with(|| name.clone());
            enumerations.insert(id, List { name, like });
        }
        let conversions = conversions(platform, &apis, |model| models.contains_key(&model));
        Self {
            platform,
            summaries: Summaries::new(platform),
            apis,
            topics,
            models,
            enumerations,
            conversions,
        }
    }

    /// Topics whose events have a model, with its Rust name.
    pub(super) fn topics(&self) -> impl Iterator<Item = (&'p Topic, &str)> {
        self.topics.iter().filter_map(|topic| Some((topic, self.models.get(&topic.model?)?.as_str())))
    }

    /// Models with their Rust names, in the order of the platform.
    pub(super) fn models(&self) -> impl Iterator<Item = (&'p Model, &str)> {
        self.models.iter().map(|(id, name)| (self.platform.model(*id), name.as_str()))
    }

    /// Lists of texts with their Rust names, in the order of the platform, and the name of one before it that has the
    /// same values.
    pub(super) fn enumerations(&self) -> impl Iterator<Item = (Vec<&'p str>, &str, Option<&str>)> {
        self.enumerations.iter().map(|(id, list)| {
            let values = &self.platform.enumeration(*id).values;
            (values.iter().filter_map(Value::as_str).collect(), list.name.as_str(), list.like.as_deref())
        })
    }

    /// Models that are read under an address and models that are written there: `User` and `UpdateUser`.
    pub(super) fn conversions(&self) -> impl Iterator<Item = (&str, &str)> {
        let name = |id| self.models.get(id).map(String::as_str);
        self.conversions.iter().filter_map(move |(from, to)| Some((name(from)?, name(to)?)))
    }

    /// The fields of a model. A property whose name JSON would have to escape has none and stays in `extra`.
    pub(super) fn fields(&self, model: &'p Model) -> Vec<Field<'p>> {
        let mut scope = Scope::new(Reserved::Rust);
        scope.claim("extra");
        let plain = |text: &str| !text.contains(['"', '\\']) && !text.contains(char::is_control);
        let properties = model.properties.iter().filter(|property| plain(&property.wire_name));
        properties
            .map(|property| {
                let inner = self.kind(&property.kind, "", true);
                let kind = if property.nullable {
                    format!("json::Nullable<{inner}>")
                } else {
                    format!("Option<{inner}>")
                };
                Field { name: scope.claim(&rust::snake(&property.wire_name)), kind, property }
            })
            .collect()
    }

    fn enumeration(&self, id: EnumerationId) -> Option<&str> {
        self.enumerations.get(&id).map(|list| list.name.as_str())
    }

    /// A type as it is written where models have the path `prefix`. `boxed` says that a model is held by a pointer.
    pub(super) fn kind(&self, kind: &Type, prefix: &str, boxed: bool) -> String {
        match kind {
            // Dates are texts of a type of their own: the platform writes them in several ways, and each program has a
            // calendar of its own to read them with.
            Type::Text(TextFormat::DateTime) => "crate::dates::DateTime".to_owned(),
            Type::Text(TextFormat::Date) => "crate::dates::Date".to_owned(),
            Type::Text(TextFormat::LocalDateTime) => "crate::dates::LocalDateTime".to_owned(),
            Type::Text(_) => "String".to_owned(),
            Type::Integer(Width::Bits32) => "i32".to_owned(),
            Type::Integer(Width::Bits64) => "i64".to_owned(),
            Type::Number => "f64".to_owned(),
            Type::Boolean => "bool".to_owned(),
            Type::List(item) => format!("Vec<{}>", self.kind(item, prefix, false)),
            Type::Map(item) => format!("json::Map<{}>", self.kind(item, prefix, false)),
            Type::Enumeration(id) => match self.enumeration(*id) {
                Some(name) => format!("json::Open<{prefix}{name}>"),
                None if self.platform.enumeration(*id).values.iter().all(Value::is_i64) => "i64".to_owned(),
                None => "json::Json".to_owned(),
            },
            Type::Model(id) => match self.models.get(id) {
                Some(name) if boxed => format!("Box<{prefix}{name}>"),
                Some(name) => format!("{prefix}{name}"),
                None => "json::Json".to_owned(),
            },
            Type::Any | Type::OneOf(_) | Type::Bytes => "json::Json".to_owned(),
        }
    }
}

/// The operations that a module has: those that this API offers under their modern name.
pub(super) fn operations(platform: &Platform, api: ApiId) -> impl Iterator<Item = &Operation> {
    let own = platform.api(api).operations.iter().map(|id| platform.operation(*id));
    own.filter(move |operation| operation.apis.contains(&api))
}

/// The model that a GET of an address returns and the one that a PUT or PATCH of it takes, where these differ.
fn conversions(
    platform: &Platform,
    apis: &[ApiId],
    chosen: impl Fn(ModelId) -> bool,
) -> BTreeSet<(ModelId, ModelId)> {
    let all = || apis.iter().flat_map(|api| operations(platform, *api));
    let model = |kind: Option<&Type>| match kind {
        Some(Type::Model(id)) if chosen(*id) => Some(*id),
        _ => None,
    };
    let reads = all().filter(|operation| operation.method == Method::Get);
    let read: HashMap<_, _> = reads
        .filter_map(|operation| Some((&operation.path.text, model(operation.result.as_ref())?)))
        .collect();
    let writes = all().filter(|operation| matches!(operation.method, Method::Put | Method::Patch));
    let pairs = writes.filter_map(|operation| {
        let body =
            operation.parameters.iter().find(|parameter| matches!(parameter.place, Place::Body { .. }));
        Some((*read.get(&operation.path.text)?, model(body.map(|body| &body.kind))?))
    });
    pairs.filter(|(from, to)| from != to).collect()
}

/// The values of a list of texts.
fn texts(enumeration: &Enumeration) -> Option<Vec<&str>> {
    enumeration.values.iter().map(Value::as_str).collect()
}

fn type_name(name: &str) -> String {
    if name.starts_with(|first: char| first.is_ascii_uppercase()) && !name.contains('_') {
        name.to_owned()
    } else {
        rust::camel(name)
    }
}

struct Reach<'p> {
    platform: &'p Platform,
    /// Seen, and not yet looked into.
    models: Vec<ModelId>,
    seen: Vec<bool>,
    enumerations: Vec<EnumerationId>,
}

impl Reach<'_> {
    fn visit(&mut self, kind: &Type) {
        match kind {
            Type::Model(id) => {
                debug_assert!((id.0 as usize) < self.platform.models.len());
                if !std::mem::replace(&mut self.seen[id.0 as usize], true) {
                    self.models.push(*id);
                }
            }
            Type::Enumeration(id) => self.enumerations.push(*id),
            Type::List(item) | Type::Map(item) => self.visit(item),
            // A value of several types is kept as JSON, so that its types are not needed.
            Type::Any
            | Type::Text(_)
            | Type::Integer(_)
            | Type::Number
            | Type::Boolean
            | Type::OneOf(_)
            | Type::Bytes => {}
        }
    }
}
