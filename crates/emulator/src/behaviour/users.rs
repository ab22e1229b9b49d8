//! Who am I, and what else is known of a user.

use purecloud_definition::model::{ModelId, Property, Type};
use serde_json::{Value, json};

use super::{Call, conversations, grants, membership};
use crate::base::lock::lock;
use crate::base::paths;
use crate::http::answer::Answer;
use crate::http::problem::{Detail, Problem};
use crate::schema::project::project;
use crate::schema::synthesise;
use crate::state::store::DOCUMENTS;
use crate::world::World;

/// `GET /api/v2/users/me`
pub(super) fn me(world: &World, call: &Call<'_>) -> Result<Answer, Problem> {
    let id = call.caller.and_then(|caller| caller.user.as_deref()).ok_or_else(Problem::not_a_user)?;
    let user = lock(&world.store).seen(call.as_of).entity(paths::USERS, id).cloned();
    let mut user = user.ok_or_else(Problem::not_found)?;
    if let Some(Type::Model(model)) = call.operation.result {
        expand(world, call, model, &mut user)?;
    }
    Ok(call.json(&user))
}

/// Adds what `expand` asks for to a user, as a value of this model.
///
/// # Errors
/// 400 with the list of what can be asked for.
pub(super) fn expand(
    world: &World,
    call: &Call<'_>,
    model: ModelId,
    user: &mut Value,
) -> Result<(), Problem> {
    let names: Vec<&str> = call.arguments.query_list("expand").collect();
    expand_named(world, call, &names, model, user)
}

/// As [`expand`], for names that stand elsewhere.
pub(super) fn expand_named(
    world: &World,
    call: &Call<'_>,
    names: &[&str],
    model: ModelId,
    user: &mut Value,
) -> Result<(), Problem> {
    for name in names {
        // `station.associatedUser` is a part of `station`.
        let first = name.split('.').next().unwrap_or_default();
        // Programs write some of these in small letters: `lasttokenissued`.
        let properties = &world.platform.model(model).properties;
        let property = properties.iter().find(|property| property.wire_name.eq_ignore_ascii_case(first));
        let property = property.ok_or_else(|| unknown(world, model, name))?;
        if user.get(&property.wire_name).is_none() {
            let value = expansion(world, call, property, user);
            user[&property.wire_name] = value;
        }
    }
    Ok(())
}

fn expansion(world: &World, call: &Call<'_>, property: &Property, user: &Value) -> Value {
    let id = user["id"].as_str().unwrap_or_default();
    let name = property.wire_name.as_str();
    let known =
        known(world, call, name, id).and_then(|value| project(&world.platform, &property.kind, &value));
    known.unwrap_or_else(|| {
        let rng = synthesise::rng(world.settings.seed, (name, id));
        synthesise::value(&world.platform, &property.kind, name, &property.bounds, rng)
    })
}

/// What is stored elsewhere about a user.
fn known(world: &World, call: &Call<'_>, name: &str, id: &str) -> Option<Value> {
    let store = lock(&world.store);
    let seen = store.seen(call.as_of);
    let document = |end: &str| seen.entity(DOCUMENTS, &format!("{}/{id}/{end}", paths::USERS)).cloned();
    let all = |path: &str| {
        store.collection(path).map(|_| seen.entities(path).into_iter().cloned().collect::<Value>())
    };
    match name {
        "organization" => seen.entity(paths::ORGANIZATION, "me").cloned(),
        "presence" => document("presences/purecloud"),
        "routingStatus" => document("routingstatus"),
        "authorization" => Some(grants::authorization(seen, id)),
        "orgAuthorization" => Some(grants::authorization(seen, id)["roles"].take()),
        "groups" => Some(membership::belongs_to(seen, paths::GROUPS, id).collect()),
        "team" => membership::belongs_to(seen, "/api/v2/teams", id).next(),
        "conversationSummary" => {
            Some(conversations::floor::summary(lock(&world.conversations).seen(call.as_of), id))
        }
        "presenceDefinitions" => all("/api/v2/presencedefinitions"),
        "locationDefinitions" => all("/api/v2/locations"),
        "date" => Some(json!({ "currentDate": world.now().iso() })),
        _ => None,
    }
}

fn unknown(world: &World, model: ModelId, name: &str) -> Problem {
    let known: Vec<&str> = world
        .platform
        .model(model)
        .properties
        .iter()
        .filter(|property| matches!(property.kind, Type::Model(_) | Type::List(_)))
        .map(|property| property.wire_name.as_str())
        .collect();
    let shown: String = name.chars().take(100).collect();
    Problem::invalid(vec![Detail {
        code: "invalid.value",
        field: "expand".to_owned(),
        message: format!(
            "Value [{shown}] is not valid for field type [expand]. Allowable values are: {}",
            known.join(", ")
        ),
    }])
}
