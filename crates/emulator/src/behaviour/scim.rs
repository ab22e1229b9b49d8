//! Users and groups as SCIM has them (RFC 7643 and 7644): those of the organisation in other words.

mod filter;
mod groups;
mod users;

use http::{HeaderValue, header};
use purecloud_definition::model::Type;
use serde_json::{Value, json};

use super::{Call, Handler, invented};
use crate::base::lock::lock;
use crate::http::answer::Answer;
use crate::http::problem::Problem;
use crate::schema::listing::{Shape, Window, page};
use crate::schema::project::into_model;
use crate::state::store::Seen;
use crate::world::World;

/// What these operations do, by their name in the definition.
pub(super) const HANDLERS: &[(&str, Handler)] = &[
    ("getScimUsers", |world, call| list(world, call, &users::KIND)),
    ("getScimV2Users", |world, call| list(world, call, &users::KIND)),
    ("getScimUser", |world, call| read(world, call, &users::KIND)),
    ("getScimV2User", |world, call| read(world, call, &users::KIND)),
    ("postScimUsers", users::create),
    ("postScimV2Users", users::create),
    ("putScimUser", users::change),
    ("putScimV2User", users::change),
    ("patchScimUser", users::change),
    ("patchScimV2User", users::change),
    ("deleteScimUser", users::remove),
    ("deleteScimV2User", users::remove),
    ("getScimGroups", |world, call| list(world, call, &groups::KIND)),
    ("getScimV2Groups", |world, call| list(world, call, &groups::KIND)),
    ("getScimGroup", |world, call| read(world, call, &groups::KIND)),
    ("getScimV2Group", |world, call| read(world, call, &groups::KIND)),
    ("putScimGroup", groups::change),
    ("putScimV2Group", groups::change),
    ("patchScimGroup", groups::change),
    ("patchScimV2Group", groups::change),
];

/// A kind of resource, and what of the organisation it is.
struct Kind {
    /// Where the organisation has them.
    collection: &'static str,
    /// Where SCIM has them, below its own path.
    segment: &'static str,
    /// An entity in the words of SCIM, with the path of all of its kind.
    resource: fn(Seen<'_>, &Value, &str) -> Value,
}

fn list(world: &World, call: &Call<'_>, kind: &Kind) -> Result<Answer, Problem> {
    let Some(shape) = Shape::of(&world.platform, call.operation.result.as_ref()) else {
        return Ok(invented::answer(world, call));
    };
    let window = Window::of(call.operation, &call.arguments)?;
    let filter =
        call.arguments.query("filter").filter(|text| !text.is_empty()).map(filter::parse).transpose();
    let filter = match filter {
        Err(_) if world.settings.invent_missing => None,
        parsed => parsed?,
    };
    let base = base(call, kind);
    let store = lock(&world.store);
    let seen = store.seen(call.as_of);
    let found: Vec<Value> = seen
        .entities(kind.collection)
        .into_iter()
        .filter(|entity| entity["state"] != "deleted")
        .map(|entity| (kind.resource)(seen, entity, &base))
        .filter(|resource| filter.as_ref().is_none_or(|filter| filter.fits(resource)))
        .collect();
    drop(store);
    let shown = window.cut(&found).iter().map(|one| into_model(&world.platform, shape.item, one)).collect();
    let listing = page(&world.platform, call.asked(), shape, window, shown, found.len());
    Ok(invented::respond(call.operation, Some(Value::Object(listing))))
}

fn read(world: &World, call: &Call<'_>, kind: &Kind) -> Result<Answer, Problem> {
    let entity = lock(&world.store).seen(call.as_of).entity(kind.collection, id(call)).cloned();
    match entity.filter(|entity| entity["state"] != "deleted") {
        Some(entity) => Ok(respond(world, call, kind, &entity)),
        None => missing(world, call),
    }
}

fn missing(world: &World, call: &Call<'_>) -> Result<Answer, Problem> {
    if world.settings.invent_missing { Ok(invented::answer(world, call)) } else { Err(Problem::not_found()) }
}

fn id<'a>(call: &'a Call<'_>) -> &'a str {
    call.arguments.path.first().map(|(_, id)| id.as_str()).unwrap_or_default()
}

/// The path of all of a kind, as the caller came.
fn base(call: &Call<'_>, kind: &Kind) -> String {
    let path = call.path.split(kind.segment).next().unwrap_or_default();
    format!("{path}{}", kind.segment)
}

/// Answers with an entity in the words of SCIM, and its version as its tag.
fn respond(world: &World, call: &Call<'_>, kind: &Kind, entity: &Value) -> Answer {
    let Some(Type::Model(model)) = call.operation.result else {
        return call.empty();
    };
    let resource = (kind.resource)(lock(&world.store).seen(call.as_of), entity, &base(call, kind));
    let mut answer = invented::respond(call.operation, Some(into_model(&world.platform, model, &resource)));
    if let Ok(tag) = HeaderValue::from_str(resource["meta"]["version"].as_str().unwrap_or_default()) {
        answer.headers_mut().insert(header::ETAG, tag);
    }
    answer
}

/// What SCIM says about a resource itself: its kind, where it is, and its version.
fn meta(kind: &str, entity: &Value, base: &str) -> Value {
    let id = entity["id"].as_str().unwrap_or_default();
    let version = entity["version"].as_i64().unwrap_or(1);
    json!({ "resourceType": kind, "location": format!("{base}/{id}"), "version": format!("W/\"{version}\"") })
}
