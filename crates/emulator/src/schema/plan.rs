//! Which operations keep state, computed from the table alone.
//!
//! Where a path is a collection (`/queues` beside `/queues/{queueId}`), POST creates, GET lists, and the path with
//! the id reads, replaces, merges and removes. A path that can be read and written and is no collection is a
//! document. Everything else keeps nothing.

use std::borrow::Cow;
use std::collections::HashMap;

use purecloud_definition::Platform;
use purecloud_definition::model::{Method, ModelId, Operation, PathTemplate, Segment, TextFormat, Type};

use crate::schema::listing::Shape;

/// What an operation does to what is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Lists a collection, in pages.
    List,
    /// Creates an entity.
    Create,
    /// Reads an entity.
    Read,
    /// Replaces an entity.
    Replace,
    /// Changes parts of an entity.
    Merge,
    /// Removes an entity.
    Remove,
    /// Reads a document.
    ReadDocument,
    /// Replaces or changes a document.
    WriteDocument,
}

/// An operation, and what it does to what is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RouteInfo {
    /// Such as `GET`.
    pub method: &'static str,
    /// The template, such as `/api/v2/users/{userId}`.
    pub path: String,
    /// The operation's name.
    pub operation: String,
    /// What it does; `None` for an operation that keeps nothing and is answered from its models alone.
    pub action: Option<Action>,
}

/// Every operation of a platform in the order of its table, with what an emulator of it stores.
pub fn routes(platform: &Platform) -> Vec<RouteInfo> {
    let plan = Plan::new(platform);
    let route = |(index, operation): (usize, &Operation)| RouteInfo {
        method: operation.method.as_str(),
        path: operation.path.text.clone(),
        operation: operation.name.clone(),
        action: plan.stateful(index).map(|stateful| stateful.action),
    };
    platform.operations.iter().enumerate().map(route).collect()
}

/// How an operation keeps state.
#[derive(Debug, Clone)]
pub(crate) struct Stateful {
    pub(crate) action: Action,
    /// What is stored.
    pub(crate) model: ModelId,
    /// The page of a list.
    pub(crate) shape: Option<Shape>,
}

/// What is known of every operation, by its index.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    stateful: Vec<Option<Stateful>>,
    /// How many segments of the path are those of an entity that must exist, the outermost first.
    parents: Vec<Vec<usize>>,
    /// What each collection holds, by the shape of its path: parameters are `{}`.
    collections: HashMap<String, ModelId>,
}

impl Plan {
    pub(crate) fn new(platform: &Platform) -> Self {
        let places = Places::of(platform);
        let collections: HashMap<String, ModelId> = places
            .by_shape
            .iter()
            .filter_map(|(shape, methods)| {
                places.collection(platform, shape, methods).map(|model| (shape.clone(), model))
            })
            .collect();
        let mut plan = Self::default();
        for operation in &platform.operations {
            let shape = shape(&operation.path);
            let stateful = stateful(platform, operation, &shape, &collections, &places);
            plan.stateful.push(stateful);
            plan.parents.push(parents(&operation.path, &collections));
        }
        plan.collections = collections;
        plan
    }

    /// What a collection of this shape holds.
    pub(crate) fn collection(&self, shape: &str) -> Option<ModelId> {
        self.collections.get(shape).copied()
    }

    pub(crate) fn stateful(&self, index: usize) -> Option<&Stateful> {
        self.stateful.get(index)?.as_ref()
    }

    pub(crate) fn parents(&self, index: usize) -> &[usize] {
        self.parents.get(index).map_or(&[], Vec::as_slice)
    }
}

/// Operations by the shape of their path: parameters are alike whatever they are called.
struct Places<'a> {
    by_shape: HashMap<String, Vec<&'a Operation>>,
}

impl<'a> Places<'a> {
    fn of(platform: &'a Platform) -> Self {
        let mut by_shape: HashMap<String, Vec<&Operation>> = HashMap::new();
        for operation in &platform.operations {
            by_shape.entry(shape(&operation.path)).or_default().push(operation);
        }
        Self { by_shape }
    }

    fn find(&self, shape: &str, method: Method) -> Option<&'a Operation> {
        self.by_shape.get(shape)?.iter().find(|operation| operation.method == method).copied()
    }

    /// What a collection at this shape holds: it can be listed or added to, its entities have an id, and
    /// something can be done with one of them by it.
    fn collection(&self, platform: &Platform, shape: &str, methods: &[&Operation]) -> Option<ModelId> {
        let entity = format!("{shape}/{{}}");
        self.by_shape.get(&entity)?;
        let listed = methods
            .iter()
            .filter(|operation| operation.method == Method::Get)
            .filter_map(|operation| Shape::of(platform, operation.result.as_ref()))
            .map(|page| page.item)
            .find(|item| has_id(platform, *item));
        let created = methods
            .iter()
            .filter(|operation| operation.method == Method::Post)
            .find_map(|operation| entity_model(platform, operation.result.as_ref()));
        match self.find(&entity, Method::Get) {
            Some(read) => {
                let model = entity_model(platform, read.result.as_ref())?;
                listed.or(created).map(|_| model)
            }
            // Some entities are only seen in their list.
            None => listed,
        }
    }
}

fn stateful(
    platform: &Platform,
    operation: &Operation,
    shape: &str,
    collections: &HashMap<String, ModelId>,
    places: &Places<'_>,
) -> Option<Stateful> {
    let keep = |action, model, page| Some(Stateful { action, model, shape: page });
    if let Some(model) = collections.get(&*home(shape)) {
        return match operation.method {
            Method::Get => {
                let page = Shape::of(platform, operation.result.as_ref())?;
                has_id(platform, page.item).then_some(())?;
                keep(Action::List, *model, Some(page))
            }
            Method::Post if !is_view(shape) => {
                entity_model(platform, operation.result.as_ref())?;
                keep(Action::Create, *model, None)
            }
            _ => None,
        };
    }
    if let Some(model) = shape.strip_suffix("/{}").and_then(|parent| collections.get(parent)) {
        let action = match operation.method {
            Method::Get => Action::Read,
            Method::Put => Action::Replace,
            Method::Patch => Action::Merge,
            Method::Delete => Action::Remove,
            _ => return None,
        };
        return keep(action, *model, None);
    }
    let Some(Type::Model(model)) = places.find(shape, Method::Get)?.result else { return None };
    let written = places.find(shape, Method::Put).or_else(|| places.find(shape, Method::Patch))?;
    // A write whose body is a list changes many things, none of which is this document.
    matches!(body(written), Some(Type::Model(_))).then_some(())?;
    match operation.method {
        Method::Get => keep(Action::ReadDocument, model, None),
        Method::Put | Method::Patch => keep(Action::WriteDocument, model, None),
        _ => None,
    }
}

/// The type of an operation's body.
pub(crate) fn body(operation: &Operation) -> Option<&Type> {
    use purecloud_definition::model::Place;
    let parameter =
        operation.parameters.iter().find(|parameter| matches!(parameter.place, Place::Body { .. }))?;
    Some(&parameter.kind)
}

/// The model of a result that is an entity: one with an id.
fn entity_model(platform: &Platform, result: Option<&Type>) -> Option<ModelId> {
    match result {
        Some(Type::Model(model)) if has_id(platform, *model) => Some(*model),
        _ => None,
    }
}

fn has_id(platform: &Platform, model: ModelId) -> bool {
    platform.model(model).properties.iter().any(|property| {
        property.wire_name == "id"
            && matches!(property.kind, Type::Text(TextFormat::Plain | TextFormat::Uuid | TextFormat::Other))
    })
}

/// Looks at a collection that have a path of their own: those of certain divisions, and those for reading everything.
const VIEWS: &[&str] = &["/divisionviews/all", "/divisionviews"];
const SCAN: &str = "/scan/";

fn is_view(path: &str) -> bool {
    path.contains(SCAN) || VIEWS.iter().any(|view| path.ends_with(view))
}

/// The path of the collection that a path shows.
pub(crate) fn home(path: &str) -> Cow<'_, str> {
    if let Some(home) = VIEWS.iter().find_map(|view| path.strip_suffix(view)) {
        return Cow::Borrowed(home);
    }
    if path.contains(SCAN) { Cow::Owned(path.replacen(SCAN, "/", 1)) } else { Cow::Borrowed(path) }
}

/// A path with its parameters made nameless.
pub(crate) fn shape(path: &PathTemplate) -> String {
    shape_of(&path.segments)
}

fn shape_of(segments: &[Segment]) -> String {
    let mut shape = String::new();
    for segment in segments {
        match segment {
            Segment::Literal(text) if text.is_empty() => {}
            Segment::Literal(text) => {
                shape.push('/');
                shape.push_str(text);
            }
            Segment::Parameter(_) => shape.push_str("/{}"),
            // Never an entity by its id, so it only has to differ from those.
            Segment::Mixed(_) => shape.push_str("/{mixed}"),
        }
    }
    shape
}

/// Prefixes of a path that are entities of a collection, without the path itself. Counted in segments that are
/// not empty.
fn parents(path: &PathTemplate, collections: &HashMap<String, ModelId>) -> Vec<usize> {
    let segments: Vec<Segment> = path
        .segments
        .iter()
        .filter(|segment| !matches!(segment, Segment::Literal(text) if text.is_empty()))
        .cloned()
        .collect();
    (1..segments.len())
        .filter(|end| {
            let prefix = shape_of(&segments[..*end]);
            prefix.strip_suffix("/{}").is_some_and(|collection| collections.contains_key(collection))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{model, property, routes};

    fn platform() -> Platform {
        let mut platform = routes(&[
            (Method::Get, "/queues"),
            (Method::Post, "/queues"),
            (Method::Get, "/queues/{queueId}"),
            (Method::Delete, "/queues/{id}"),
            (Method::Get, "/queues/{queueId}/settings"),
            (Method::Put, "/queues/{queueId}/settings"),
            (Method::Post, "/queues/query"),
        ]);
        let text = || Type::Text(TextFormat::Plain);
        platform.models = vec![
            model("Queue", vec![property("id", text(), false)]),
            model("Queues", vec![property("entities", Type::List(Box::new(Type::Model(ModelId(0)))), false)]),
            model("Settings", vec![property("mode", text(), false)]),
        ];
        let results = [Some(1), Some(0), Some(0), None, Some(2), Some(2), Some(0)];
        for (operation, result) in platform.operations.iter_mut().zip(results) {
            operation.result = result.map(|model| Type::Model(ModelId(model)));
        }
        let body = purecloud_definition::model::Place::Body { required: true };
        platform.operations[5].parameters.push(crate::fixture::parameter(
            "body",
            body,
            Type::Model(ModelId(2)),
        ));
        platform
    }

    #[test]
    fn collections_and_documents_are_told_from_the_table() {
        let plan = Plan::new(&platform());
        let actions: Vec<_> = (0..7).map(|index| plan.stateful(index).map(|found| found.action)).collect();
        assert_eq!(
            actions,
            [
                Some(Action::List),
                Some(Action::Create),
                Some(Action::Read),
                Some(Action::Remove),
                Some(Action::ReadDocument),
                Some(Action::WriteDocument),
                None
            ]
        );
    }

    #[test]
    fn parents_are_the_entities_on_the_way() {
        let plan = Plan::new(&platform());
        assert_eq!(plan.parents(4), [2]);
        assert!(plan.parents(2).is_empty());
    }
}
