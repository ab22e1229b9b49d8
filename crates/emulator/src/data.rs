//! An organisation that the user wrote down, in place of the made-up one.
//!
//! A JSON object of paths: under the path of a collection stands the list of its entities, under that of a document
//! the document. Ids may be left out, and so may everything that models require: it is made up. What does not fit the
//! definition is told, all of it, with its place.

use std::collections::HashSet;
use std::fmt;

use purecloud_definition::Platform;
use purecloud_definition::model::{Bounds, Method, ModelId, Type};
use serde_json::{Map, Value, json};

use crate::base::clock::Moment;
use crate::base::paths;
use crate::base::settings::Settings;
use crate::http::request::segments;
use crate::schema::check;
use crate::schema::plan::{Action, Plan};
use crate::schema::router::{Route, Router};
use crate::schema::synthesise;
use crate::state::store::{Collection, DOCUMENTS, Store};

/// The most problems that are told at once.
const MOST_PROBLEMS: usize = 50;

/// What is wrong with an organisation that was given: every problem, with its place and what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct DataError {
    /// One line each, such as `"/api/v2/users"[0].email: …`.
    pub problems: Vec<String>,
}

impl fmt::Display for DataError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the organisation in the file is not valid:")?;
        self.problems.iter().try_for_each(|problem| write!(f, "\n  {problem}"))
    }
}

/// What decides whether data fits.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rules<'a> {
    pub(crate) platform: &'a Platform,
    pub(crate) router: &'a Router,
    pub(crate) plan: &'a Plan,
    pub(crate) settings: &'a Settings,
}

/// What was read: collections, some of which may be empty, and what stands in them and elsewhere.
#[derive(Debug, Clone, Default)]
pub(crate) struct Organisation {
    collections: Vec<String>,
    given: Vec<Given>,
}

/// Something to store: the path of its collection, its id, and what it is.
#[derive(Debug, Clone)]
struct Given {
    collection: String,
    id: String,
    value: Value,
}

/// Reads an organisation.
///
/// # Errors
/// [`DataError`] with everything that is wrong.
pub(crate) fn read(rules: Rules<'_>, text: &str, now: Moment) -> Result<Organisation, DataError> {
    let alone = |problem: String| DataError { problems: vec![problem] };
    let data: Value =
        serde_json::from_str(text).map_err(|error| alone(format!("it is not JSON: {error}")))?;
    let Value::Object(paths) = data else {
        return Err(alone(
            "it must be an object of paths, such as {\"/api/v2/users\": [{\"name\": \"Ada\"}]}".to_owned(),
        ));
    };
    let mut reading =
        Reading { rules, now, collections: Vec::new(), given: Vec::new(), problems: Vec::new() };
    for (path, value) in paths {
        reading.path(&path, value);
    }
    reading.parents();
    if reading.given.len() >= rules.settings.entities {
        let most = rules.settings.entities;
        reading.problems.push(format!("it has more entities than the limit of {most}; remove some"));
    }
    if reading.problems.is_empty() {
        return Ok(Organisation { collections: reading.collections, given: reading.given });
    }
    let more = reading.problems.len().saturating_sub(MOST_PROBLEMS);
    reading.problems.truncate(MOST_PROBLEMS);
    if more > 0 {
        reading.problems.push(format!("and {more} more"));
    }
    Err(DataError { problems: reading.problems })
}

/// Puts what was read in the place of what a store has at the same paths.
pub(crate) fn furnish(store: &mut Store, organisation: &Organisation) {
    for path in &organisation.collections {
        store.forget(path);
        store.collection_mut(path);
    }
    for Given { collection, id, value } in &organisation.given {
        store.collection_mut(collection).put(id.clone(), value.clone());
    }
}

/// What a store has, as it can be read again.
pub(crate) fn write(rules: Rules<'_>, store: &Store) -> Value {
    let mut paths = Map::new();
    for (path, _) in store.summary() {
        if path == DOCUMENTS {
            continue;
        }
        let Some(Place::Collection(model)) = place(rules, path) else { continue };
        let entities = store.collection(path).into_iter().flat_map(Collection::iter);
        let fitting: Vec<Value> = entities.map(|entity| fitting(rules.platform, model, entity)).collect();
        paths.insert(path.to_owned(), Value::Array(fitting));
    }
    let documents = store.collection(DOCUMENTS).into_iter().flat_map(Collection::entries);
    for (path, document) in documents {
        let Some(Place::Document(model)) = place(rules, path) else { continue };
        paths.insert(path.to_owned(), fitting(rules.platform, model, document));
    }
    Value::Object(paths)
}

/// What stands at a path, and of which model it is.
#[derive(Clone, Copy)]
enum Place {
    Collection(ModelId),
    Document(ModelId),
}

fn place(rules: Rules<'_>, path: &str) -> Option<Place> {
    let segments = segments(path).ok()?;
    let Route::Found { operation, .. } = rules.router.find(Method::Get, &segments) else { return None };
    let stateful = rules.plan.stateful(operation.0 as usize)?;
    match stateful.action {
        Action::List => Some(Place::Collection(stateful.model)),
        Action::ReadDocument => Some(Place::Document(stateful.model)),
        _ => None,
    }
}

/// What of a value its model knows and allows.
fn fitting(platform: &Platform, model: ModelId, value: &Value) -> Value {
    let properties = platform.model(model).properties.iter().filter_map(|property| {
        let own = value.get(&property.wire_name)?;
        let fits = check::value(platform, &property.kind, &property.bounds, own).is_empty();
        fits.then(|| (property.wire_name.clone(), own.clone()))
    });
    Value::Object(properties.collect())
}

struct Reading<'a> {
    rules: Rules<'a>,
    now: Moment,
    collections: Vec<String>,
    given: Vec<Given>,
    problems: Vec<String>,
}

impl Reading<'_> {
    fn path(&mut self, path: &str, value: Value) {
        match (place(self.rules, path), value) {
            (None, _) => self.problems.push(format!(
                "{path:?}: nothing is stored under this path; `purecloud emulator --routes` lists the paths that store something"
            )),
            (Some(Place::Collection(model)), Value::Array(entities)) => {
                self.collections.push(path.to_owned());
                let mut ids = HashSet::new();
                for (number, entity) in entities.into_iter().enumerate() {
                    self.entity(path, model, number, entity, &mut ids);
                }
            }
            (Some(Place::Collection(_)), _) => {
                self.problems.push(format!("{path:?}: this is a collection; write a list of its entities"));
            }
            (Some(Place::Document(model)), Value::Object(document)) => {
                let place = format!("{path:?}");
                if self.fits(&place, model, &document) {
                    let value = Value::Object(self.complete(model, path, document));
                    self.given.push(Given { collection: DOCUMENTS.to_owned(), id: path.to_owned(), value });
                }
            }
            (Some(Place::Document(_)), _) => {
                self.problems.push(format!("{path:?}: this is a document; write an object"));
            }
        }
    }

    fn entity(
        &mut self,
        path: &str,
        model: ModelId,
        number: usize,
        entity: Value,
        ids: &mut HashSet<String>,
    ) {
        let place = format!("{path:?}[{number}]");
        let Value::Object(mut entity) = entity else {
            return self.problems.push(format!("{place}: an entity is an object"));
        };
        let id = match entity.get("id") {
            Some(Value::String(id)) if !id.is_empty() => id.clone(),
            None => synthesise::uuid(&mut synthesise::rng(self.rules.settings.seed, (path, number))),
            Some(_) => {
                return self
                    .problems
                    .push(format!("{place}.id: it must be a text; remove it to get a generated one"));
            }
        };
        if !ids.insert(id.clone()) {
            return self.problems.push(format!("{place}.id: {id:?} is the id of another entity here"));
        }
        entity.insert("id".to_owned(), json!(id));
        if !self.fits(&place, model, &entity) {
            return;
        }
        let mut entity = self.complete(model, &format!("{path}/{id}"), entity);
        if path == paths::USERS {
            // What somebody needs to sign in and to be listed.
            let username = entity.get("email").cloned().unwrap_or_default();
            entity.entry("username").or_insert(username);
            entity.entry("state").or_insert(json!("active"));
        }
        self.given.push(Given { collection: path.to_owned(), id, value: Value::Object(entity) });
    }

    /// Whether a value has only what its model knows and allows; tells what else it has.
    fn fits(&mut self, place: &str, model: ModelId, value: &Map<String, Value>) -> bool {
        let before = self.problems.len();
        let platform = self.rules.platform;
        for (name, value) in value {
            let known = platform.model(model).properties.iter().find(|known| known.wire_name == *name);
            let Some(property) = known else {
                let model = &platform.model(model).name;
                self.problems.push(format!("{place}.{name}: {model} has no such property; remove it"));
                continue;
            };
            for problem in check::value(platform, &property.kind, &property.bounds, value) {
                let inside = problem.field.strip_prefix("body").unwrap_or_default();
                self.problems.push(format!("{place}.{name}{inside}: {}", problem.message));
            }
        }
        self.problems.len() == before
    }

    /// A value with what its model requires besides, and what the platform sets.
    fn complete(&self, model: ModelId, path: &str, own: Map<String, Value>) -> Map<String, Value> {
        let platform = self.rules.platform;
        let rng = synthesise::rng(self.rules.settings.seed, path);
        let mut value = match synthesise::smallest(platform, model, rng) {
            Value::Object(required) => required,
            _ => Map::new(),
        };
        value.extend(own);
        for property in &platform.model(model).properties {
            let set = match property.wire_name.as_str() {
                "selfUri" => json!(path),
                "version" if matches!(property.kind, Type::Integer(_)) => json!(1),
                "dateCreated" | "dateModified" => json!(self.now.iso()),
                _ => continue,
            };
            if check::value(platform, &property.kind, &Bounds::default(), &set).is_empty() {
                value.entry(property.wire_name.clone()).or_insert(set);
            }
        }
        value
    }

    /// Tells of what stands under something that is not there.
    fn parents(&mut self) {
        let known: HashSet<(&str, &str)> =
            self.given.iter().map(|given| (given.collection.as_str(), given.id.as_str())).collect();
        let collections: HashSet<&str> = self.given.iter().map(|given| given.collection.as_str()).collect();
        let paths: HashSet<&str> =
            self.given
                .iter()
                .map(|given| {
                    if given.collection == DOCUMENTS { given.id.as_str() } else { given.collection.as_str() }
                })
                .collect();
        let mut missing = Vec::new();
        for path in paths {
            for (end, _) in path.match_indices('/').skip(1) {
                let Some((collection, id)) = path[..end].rsplit_once('/') else { continue };
                // Literal parts of a path are no entities, and what is not given at all may be the seed's.
                if collections.contains(collection) && !known.contains(&(collection, id)) {
                    missing.push(format!("{path:?}: there is no {id:?} in {collection:?}"));
                }
            }
        }
        missing.sort_unstable();
        self.problems.extend(missing);
    }
}
