//! Operations on stored entities and documents, told from the table by [`crate::schema::plan`].

use std::borrow::Cow;

use http::StatusCode;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use purecloud_definition::model::{Bounds, ModelId, Segment, Type};
use serde_json::{Map, Value, json};

use super::{Call, conversations, filter, invented, jobs, users};
use crate::base::clock::Moment;
use crate::base::lock::lock;
use crate::base::paths;
use crate::http::answer::Answer;
use crate::http::problem::{Detail, Problem};
use crate::schema::check;
use crate::schema::listing::{Window, page};
use crate::schema::plan::{Action, Stateful, home};
use crate::schema::synthesise;
use crate::state::store::{DOCUMENTS, Seen, Store};
use crate::world::World;

/// Conversations are kept in a form of their own.
const CONVERSATIONS: &str = "/api/v2/conversations";
/// How many entities a collection has that nobody seeded.
const INVENTED: usize = 3;

/// Answers a call.
///
/// # Errors
/// 404 for what is not there, 409 for a stale version, 400 for a page that cannot be.
pub(super) fn answer(world: &World, call: &Call<'_>, stateful: &Stateful) -> Result<Answer, Problem> {
    let path = home(&concrete(call, usize::MAX)).into_owned();
    match stateful.action {
        Action::List => list(world, call, stateful, &path),
        Action::Create => Ok(create(world, call, stateful, &path)),
        Action::ReadDocument => Ok(read_document(world, call, &path)),
        Action::WriteDocument => write_document(world, call, stateful, &path),
        Action::Read | Action::Replace | Action::Merge | Action::Remove => {
            let (collection, _) = path.rsplit_once('/').ok_or_else(Problem::not_found)?;
            let id = call.arguments.path.last().map(|(_, id)| id.as_str()).unwrap_or_default();
            let mut store = lock(&world.store);
            populate(world, call, stateful.model, collection, &mut store);
            let as_of = call.as_of.filter(|_| stateful.action == Action::Read);
            if store.seen(as_of).entity(collection, id).is_none()
                && (store.entity(collection, id).is_some()
                    || !invent(world, stateful.model, collection, id, &mut store))
            {
                return Err(Problem::not_found());
            }
            let entity = match stateful.action {
                Action::Read => {
                    let mut entity = store.seen(as_of).entity(collection, id).cloned().unwrap_or_default();
                    jobs::progress(world, &store, stateful.model, id, &mut entity, call.now);
                    entity
                }
                Action::Remove => remove(&mut store, collection, id),
                action => change(world, call, stateful.model, &mut store, collection, id, action)?,
            };
            drop(store);
            let mut entity = entity;
            if stateful.action != Action::Read {
                world.publish(&path, &entity);
                conversations::follow(world, &path, &entity, call.now);
            }
            if collection == paths::USERS && stateful.action == Action::Read {
                users::expand(world, call, stateful.model, &mut entity)?;
            }
            Ok(respond(world, call, stateful.model, entity))
        }
    }
}

/// Checks that the entities on the way to a path exist.
///
/// # Errors
/// 404 for the first that does not.
pub(super) fn parents(world: &World, call: &Call<'_>) -> Result<(), Problem> {
    if world.settings.invent_missing {
        return Ok(());
    }
    for count in world.behaviours.plan.parents(call.id.0 as usize) {
        let path = concrete(call, *count);
        let Some((collection, _)) = path.rsplit_once('/') else { continue };
        let values = call.operation.path.segments.iter().filter(|segment| !is_empty(segment)).take(*count);
        let index = values.filter(|segment| !matches!(segment, Segment::Literal(_))).count();
        let id = index.checked_sub(1).and_then(|index| call.arguments.path.get(index));
        let id = id.map(|(_, id)| id.as_str()).unwrap_or_default();
        // What stands for the caller, such as `me`, is no id.
        if id == "me" || id == "-" {
            continue;
        }
        if collection == CONVERSATIONS {
            if conversations::is_known(world, id) {
                continue;
            }
            return Err(Problem::not_found());
        }
        let store = lock(&world.store);
        // A collection that nobody has touched yet may have anything in it.
        if store.collection(collection).is_some() && store.entity(collection, id).is_none() {
            return Err(Problem::not_found());
        }
    }
    Ok(())
}

fn list(world: &World, call: &Call<'_>, stateful: &Stateful, path: &str) -> Result<Answer, Problem> {
    let shape = stateful.shape.ok_or_else(Problem::not_found)?;
    let window = Window::of(call.operation, &call.arguments)?;
    let mut store = lock(&world.store);
    populate(world, call, stateful.model, path, &mut store);
    let found = filter::apply(call, store.seen(call.as_of).entities(path));
    let total = found.len();
    let mut shown: Vec<Value> = window.cut(&found).iter().copied().cloned().collect();
    drop(store);
    for entity in &mut shown {
        if path == paths::USERS {
            users::expand(world, call, shape.item, entity)?;
        }
        *entity = fit(world, shape.item, stateful.model, std::mem::take(entity));
    }
    let mut listing = page(&world.platform, call.asked(), shape, window, shown, total);
    require(world, call, &mut listing);
    Ok(invented::respond(call.operation, Some(Value::Object(listing))))
}

/// Adds what the model of a listing requires beside the page itself.
fn require(world: &World, call: &Call<'_>, listing: &mut Map<String, Value>) {
    let Some(Type::Model(model)) = call.operation.result else { return };
    let rng = synthesise::rng(world.settings.seed, call.path);
    if let Value::Object(required) = synthesise::smallest(&world.platform, model, rng) {
        for (name, value) in required {
            listing.entry(name).or_insert(value);
        }
    }
}

fn create(world: &World, call: &Call<'_>, stateful: &Stateful, path: &str) -> Answer {
    let mut store = lock(&world.store);
    populate(world, call, stateful.model, path, &mut store);
    let id = synthesise::uuid(&mut fastrand::Rng::new());
    let mut entity = minimal(world, stateful.model, path, &id);
    absorb(world, stateful.model, &mut entity, call.arguments.body.as_ref());
    stamp(world, call, stateful.model, &mut entity, &store, path, &id);
    let mut collection = store.collection_mut(path);
    collection.put(id.clone(), entity.clone());
    collection.mark_created(&id);
    jobs::remember(&mut store, path, &id, call.now);
    jobs::progress(world, &store, stateful.model, &id, &mut entity, call.now);
    drop(store);
    world.publish(&format!("{path}/{id}"), &entity);
    respond(world, call, stateful.model, entity)
}

/// Sets what the platform sets on a new entity, where its model has it.
fn stamp(
    world: &World,
    call: &Call<'_>,
    model: ModelId,
    entity: &mut Value,
    store: &Store,
    path: &str,
    id: &str,
) {
    let Value::Object(values) = entity else { return };
    let user = call.caller.and_then(|caller| caller.user.as_deref());
    for property in &world.platform.model(model).properties {
        let name = property.wire_name.as_str();
        let value = match name {
            "id" => Some(json!(id)),
            "selfUri" => Some(json!(format!("{path}/{id}"))),
            "version" if matches!(property.kind, Type::Integer(_) | Type::Number) => Some(json!(1)),
            "version" => Some(json!("1")),
            "dateCreated" | "dateModified" | "createdDate" | "modifiedDate" => Some(json!(call.now.iso())),
            "createdBy" | "modifiedBy" => user.map(|user| match property.kind {
                Type::Model(_) => json!({ "id": user, "selfUri": format!("{}/{user}", paths::USERS) }),
                _ => json!(user),
            }),
            "division" if !values.contains_key(name) => home_division(store.seen(None)),
            "state" | "status" if !values.contains_key(name) => Some(json!("active")),
            _ => None,
        };
        if let Some(value) = value
            && check::value(&world.platform, &property.kind, &property.bounds, &value).is_empty()
        {
            values.insert(name.to_owned(), value);
        }
    }
}

pub(super) fn home_division(seen: Seen<'_>) -> Option<Value> {
    let mut divisions = seen.entities(paths::DIVISIONS).into_iter();
    let home = divisions.find(|division| division["homeDivision"] == true)?;
    Some(json!({ "id": home["id"], "name": home["name"], "selfUri": home["selfUri"] }))
}

fn change(
    world: &World,
    call: &Call<'_>,
    model: ModelId,
    store: &mut Store,
    collection: &str,
    id: &str,
    action: Action,
) -> Result<Value, Problem> {
    let old = store.entity(collection, id).cloned().unwrap_or_default();
    let body = call.arguments.body.as_ref();
    check_version(&old, body)?;
    let mut entity = if action == Action::Replace {
        let mut fresh = minimal(world, model, collection, id);
        // What callers cannot set is not lost by a replacement that leaves it out.
        keep(
            &old,
            &mut fresh,
            &["id", "selfUri", "dateCreated", "createdDate", "createdBy", "division", "state"],
        );
        fresh
    } else {
        old.clone()
    };
    absorb(world, model, &mut entity, body);
    keep(&old, &mut entity, &["id", "selfUri", "version", "dateCreated", "createdDate", "createdBy"]);
    touch(world, model, &mut entity, call.now);
    store.collection_mut(collection).put(id, entity.clone());
    Ok(entity)
}

/// Refuses a change of an entity that somebody else has changed since it was read.
fn check_version(old: &Value, body: Option<&Value>) -> Result<(), Problem> {
    let (Some(current), Some(given)) = (old.get("version"), body.and_then(|body| body.get("version"))) else {
        return Ok(());
    };
    if given.is_null() || given == current {
        return Ok(());
    }
    Err(Problem::new(
        StatusCode::CONFLICT,
        "invalid.update.wrong.version",
        format!("The version [{given}] is not the current version [{current}]; read the entity again."),
    )
    .with_parameter("version", given.to_string()))
}

/// Counts the version up and notes the time.
fn touch(world: &World, model: ModelId, entity: &mut Value, now: Moment) {
    let Value::Object(values) = entity else { return };
    match values.get("version") {
        Some(Value::Number(version)) => {
            let next = version.as_i64().unwrap_or(0).saturating_add(1);
            values.insert("version".to_owned(), json!(next));
        }
        Some(Value::String(version)) => {
            let next = version.parse::<i64>().unwrap_or(0).saturating_add(1).to_string();
            values.insert("version".to_owned(), json!(next));
        }
        _ => {}
    }
    for property in &world.platform.model(model).properties {
        if matches!(property.wire_name.as_str(), "dateModified" | "modifiedDate")
            && matches!(property.kind, Type::Text(_))
        {
            values.insert(property.wire_name.clone(), json!(now.iso()));
        }
    }
}

fn remove(store: &mut Store, collection: &str, id: &str) -> Value {
    if collection != paths::USERS {
        return store.collection_mut(collection).remove(id).unwrap_or_default();
    }
    // Users stay, so that what they did keeps a name; they can be brought back.
    let removed = store.collection_mut(collection).change(id, |user| {
        user["state"] = json!("deleted");
        user["version"] = json!(user["version"].as_i64().unwrap_or(0).saturating_add(1));
        user.clone()
    });
    removed.unwrap_or_default()
}

/// Where the document of a path is. The source of a presence is a name whose case does not matter: clients write
/// `PURECLOUD`, the definition `purecloud`.
fn place(path: &str) -> Cow<'_, str> {
    match path.rsplit_once('/') {
        Some((sources, source)) if sources.ends_with("/presences") => {
            Cow::Owned(format!("{sources}/{}", source.to_ascii_lowercase()))
        }
        _ => Cow::Borrowed(path),
    }
}

fn read_document(world: &World, call: &Call<'_>, path: &str) -> Answer {
    let stored = lock(&world.store).seen(call.as_of).entity(DOCUMENTS, &place(path)).cloned();
    invented::respond(call.operation, stored.or_else(|| invented::value(world, call)))
}

fn write_document(
    world: &World,
    call: &Call<'_>,
    stateful: &Stateful,
    path: &str,
) -> Result<Answer, Problem> {
    let path = &*place(path);
    let mut store = lock(&world.store);
    let stored = store.entity(DOCUMENTS, path).cloned();
    let body = call.arguments.body.as_ref();
    if let Some(stored) = &stored {
        check_version(stored, body)?;
    }
    let mut document = stored.unwrap_or_else(|| {
        let rng = synthesise::rng(world.settings.seed, path);
        synthesise::value(&world.platform, &Type::Model(stateful.model), "", &Bounds::default(), rng)
    });
    let old = document.clone();
    absorb(world, stateful.model, &mut document, body);
    keep(&old, &mut document, &["id", "selfUri", "version"]);
    touch(world, stateful.model, &mut document, call.now);
    if !world.settings.invent_missing && old["presenceDefinition"] != document["presenceDefinition"] {
        check_presence(&store, &document)?;
    }
    name_presence(&store, &mut document);
    store.collection_mut(DOCUMENTS).put(path, document.clone());
    drop(store);
    world.publish(path, &document);
    // A word added to a presence leaves it the same presence.
    if !path.contains("/presences/") || old["presenceDefinition"] != document["presenceDefinition"] {
        conversations::follow(world, path, &document, call.now);
    }
    Ok(respond(world, call, stateful.model, document))
}

/// Refuses a presence that the organisation has no definition of.
fn check_presence(store: &Store, document: &Value) -> Result<(), Problem> {
    let Some(known) = store.collection(paths::PRESENCES) else { return Ok(()) };
    match document["presenceDefinition"]["id"].as_str() {
        Some(id) if known.get(id).is_none() => Err(Problem::invalid(vec![Detail {
            code: "invalid.value",
            field: "presenceDefinition.id".to_owned(),
            message: format!(
                "The presence definition [{}] was not found.",
                id.chars().take(100).collect::<String>()
            ),
        }])),
        _ => Ok(()),
    }
}

/// Callers choose a presence by the id of its definition; those who look at it see what that is.
fn name_presence(store: &Store, document: &mut Value) {
    let Some(chosen) = document.get_mut("presenceDefinition") else { return };
    let definition = chosen["id"].as_str().and_then(|id| store.entity(paths::PRESENCES, id));
    if let Some(definition) = definition {
        *chosen = json!({
            "id": definition["id"],
            "systemPresence": definition["systemPresence"],
            "selfUri": definition["selfUri"],
        });
    }
}

/// As [`populate`], for an operation that looks at a collection from elsewhere.
pub(super) fn ensure(world: &World, call: &Call<'_>, path: &str, store: &mut Store) {
    if let Some(model) = world.behaviours.plan.collection(path) {
        populate(world, call, model, path, store);
    }
}

/// Gives a collection that nobody has touched a few entities, unless what it belongs to is new.
fn populate(world: &World, call: &Call<'_>, model: ModelId, path: &str, store: &mut Store) {
    if store.collection(path).is_some() || world.is_full(store) {
        return;
    }
    let count = if world.settings.empty || is_new(world, call, store) { 0 } else { INVENTED };
    let mut rng = synthesise::rng(world.settings.seed, path);
    let made: Vec<(String, Value)> = (0..count)
        .map(|_| {
            let id = synthesise::uuid(&mut rng);
            let entity = full(world, model, path, &id);
            (id, entity)
        })
        .collect();
    let mut collection = store.collection_mut(path);
    for (id, entity) in made {
        collection.imagine(id, entity);
    }
}

/// Whether a parent was created by a caller: then it has nothing that was not created too.
fn is_new(world: &World, call: &Call<'_>, store: &Store) -> bool {
    world.behaviours.plan.parents(call.id.0 as usize).iter().any(|count| {
        let path = concrete(call, *count);
        path.rsplit_once('/').is_some_and(|(collection, id)| {
            store.collection(collection).is_some_and(|collection| collection.was_created(id))
        })
    })
}

/// Makes up an entity that is asked for by its id, where that is wished for and it was not deleted.
fn invent(world: &World, model: ModelId, path: &str, id: &str, store: &mut Store) -> bool {
    let gone = store.collection(path).is_some_and(|collection| collection.was_deleted(id));
    if !world.settings.invent_missing || gone || world.is_full(store) {
        return false;
    }
    let entity = full(world, model, path, id);
    store.collection_mut(path).imagine(id, entity);
    true
}

/// An entity with everything that its model has.
fn full(world: &World, model: ModelId, path: &str, id: &str) -> Value {
    let rng = synthesise::rng(world.settings.seed, (path, id));
    let mut entity = synthesise::value(&world.platform, &Type::Model(model), "", &Bounds::default(), rng);
    identify(world, model, path, id, &mut entity);
    entity
}

/// An entity with nothing but what its model requires.
fn minimal(world: &World, model: ModelId, path: &str, id: &str) -> Value {
    let rng = synthesise::rng(world.settings.seed, (path, id));
    let mut entity = synthesise::smallest(&world.platform, model, rng);
    identify(world, model, path, id, &mut entity);
    entity
}

fn identify(world: &World, model: ModelId, path: &str, id: &str, entity: &mut Value) {
    let Value::Object(values) = entity else { return };
    values.insert("id".to_owned(), json!(id));
    let own =
        |name: &str| world.platform.model(model).properties.iter().any(|property| property.wire_name == name);
    if own("selfUri") {
        values.insert("selfUri".to_owned(), json!(format!("{path}/{id}")));
    }
}

/// Takes over what a body has and the model knows, where it fits.
fn absorb(world: &World, model: ModelId, entity: &mut Value, body: Option<&Value>) {
    let (Value::Object(values), Some(Value::Object(body))) = (entity, body) else { return };
    for property in &world.platform.model(model).properties {
        let Some(sent) = body.get(&property.wire_name) else { continue };
        if sent.is_null() {
            if !property.required {
                values.shift_remove(&property.wire_name);
            }
        } else if check::value(&world.platform, &property.kind, &property.bounds, sent).is_empty() {
            values.insert(property.wire_name.clone(), sent.clone());
        }
    }
}

/// Copies these properties from `old`, where it has them.
fn keep(old: &Value, new: &mut Value, names: &[&str]) {
    let Value::Object(values) = new else { return };
    for name in names {
        if let Some(value) = old.get(*name) {
            values.insert((*name).to_owned(), value.clone());
        }
    }
}

/// Answers with a stored value in the shape of the operation's result.
fn respond(world: &World, call: &Call<'_>, stored: ModelId, value: Value) -> Answer {
    let value = match call.operation.result {
        Some(Type::Model(model)) => Some(fit(world, model, stored, value)),
        Some(_) => invented::value(world, call),
        None => None,
    };
    invented::respond(call.operation, value)
}

/// A stored value as another model: what both have, and what that model requires besides.
fn fit(world: &World, model: ModelId, stored: ModelId, value: Value) -> Value {
    if model == stored {
        return value;
    }
    let Value::Object(mut values) = value else { return value };
    let platform = &world.platform;
    let known = &platform.model(stored).properties;
    let rng = synthesise::rng(world.settings.seed, values.get("id").and_then(Value::as_str));
    let mut required = None;
    let mut fitted = Map::new();
    for property in &platform.model(model).properties {
        let name = &property.wire_name;
        let own = values.swap_remove(name).filter(|own| {
            // What both models have alike was checked when it was stored.
            let alike = known.iter().any(|other| other.wire_name == *name && other.kind == property.kind);
            alike || check::value(platform, &property.kind, &property.bounds, own).is_empty()
        });
        let value = own.or_else(|| {
            property.required.then_some(())?;
            required
                .get_or_insert_with(|| synthesise::smallest(platform, model, rng.clone()))
                .get(name)
                .cloned()
        });
        if let Some(value) = value {
            fitted.insert(name.clone(), value);
        }
    }
    Value::Object(fitted)
}

/// The path of a call, written one way whatever way it was sent: the first `count` segments of it.
pub(super) fn concrete(call: &Call<'_>, count: usize) -> String {
    let mut values = call.arguments.path.iter().map(|(_, value)| value.as_str());
    let mut path = String::new();
    for segment in call.operation.path.segments.iter().filter(|segment| !is_empty(segment)).take(count) {
        path.push('/');
        match segment {
            Segment::Literal(text) => path.push_str(text),
            Segment::Parameter(_) | Segment::Mixed(_) => {
                let value = values.next().unwrap_or_default();
                path.extend(utf8_percent_encode(value, IN_A_PATH));
            }
        }
    }
    path
}

/// Everything but the unreserved characters of RFC 3986.
const IN_A_PATH: &percent_encoding::AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

fn is_empty(segment: &Segment) -> bool {
    matches!(segment, Segment::Literal(text) if text.is_empty())
}
