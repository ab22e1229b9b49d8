//! Who belongs where: members of groups and teams, and the queues of a user.

use purecloud_definition::model::Type;
use serde_json::{Value, json};

use super::{Call, Handler, conversations, invented, stored};
use crate::base::lock::lock;
use crate::base::paths::{QUEUES, USERS};
use crate::http::answer::Answer;
use crate::http::problem::{Detail, Problem};
use crate::schema::listing::{Shape, Window, page};
use crate::schema::project::into_model;
use crate::state::store::{Collection, Seen, Store};
use crate::world::World;

/// What these operations do, by their name in the definition.
pub(super) const HANDLERS: &[(&str, Handler)] = &[
    ("getGroupMembers", members),
    ("postGroupMembers", add),
    ("deleteGroupMembers", remove),
    ("getTeamMembers", members),
    ("postTeamMembers", add),
    ("deleteTeamMembers", remove),
    ("getUserQueues", queues),
    ("getRoutingQueuesMe", queues),
    ("patchUserQueue", join),
    ("patchUserQueues", join_several),
    ("patchRoutingQueueMember", activate),
    ("patchRoutingQueueMembers", activate_several),
];

/// `GET …/members`
fn members(world: &World, call: &Call<'_>) -> Result<Answer, Problem> {
    let store = lock(&world.store);
    let path = stored::concrete(call, usize::MAX);
    let seen = store.seen(call.as_of);
    let known = seen.entities(&path).into_iter();
    let users = known.filter_map(|member| seen.entity(USERS, member["id"].as_str()?));
    let users: Vec<Value> = users.filter(|user| user["state"] != "deleted").cloned().collect();
    drop(store);
    listed(world, call, &users)
}

/// The groups or teams that have a user among their members.
pub(super) fn belongs_to<'a>(
    seen: Seen<'a>,
    path: &'a str,
    user: &'a str,
) -> impl Iterator<Item = Value> + 'a {
    let all = seen.entities(path).into_iter();
    all.filter(move |one| {
        let id = one["id"].as_str().unwrap_or_default();
        seen.entity(&format!("{path}/{id}/members"), user).is_some()
    })
    .cloned()
}

/// `POST …/members` with `memberIds`
fn add(world: &World, call: &Call<'_>) -> Result<Answer, Problem> {
    let path = stored::concrete(call, usize::MAX);
    let sent = call.arguments.body.as_ref().and_then(|body| body["memberIds"].as_array().cloned());
    let ids: Vec<String> =
        sent.into_iter().flatten().filter_map(|id| id.as_str().map(str::to_owned)).collect();
    let mut store = lock(&world.store);
    let unknown: Vec<Detail> = ids
        .iter()
        .filter(|id| store.entity(USERS, id).is_none())
        .map(|id| no_user("memberIds", id))
        .take(50)
        .collect();
    if !unknown.is_empty() && !world.settings.invent_missing {
        return Err(Problem::invalid(unknown));
    }
    for id in &ids {
        store.collection_mut(&path).put(id.as_str(), json!({ "id": id }));
    }
    recount(&mut store, &path);
    let added: Value = ids.iter().filter_map(|id| store.entity(USERS, id).cloned()).collect();
    drop(store);
    Ok(answered(world, call, &json!({ "entities": added, "failures": [] })))
}

/// `DELETE …/members?ids=…`
#[expect(clippy::unnecessary_wraps, reason = "handlers have one signature")]
fn remove(world: &World, call: &Call<'_>) -> Result<Answer, Problem> {
    let path = stored::concrete(call, usize::MAX);
    let mut store = lock(&world.store);
    for name in ["ids", "id"] {
        for id in call.arguments.query_list(name) {
            store.collection_mut(&path).remove(id);
        }
    }
    recount(&mut store, &path);
    drop(store);
    Ok(answered(world, call, &json!({})))
}

/// Says in a group or a team how many members it has.
pub(super) fn recount(store: &mut Store, members: &str) {
    let count = store.collection(members).map_or(0, Collection::len);
    let parent = members.trim_end_matches("/members").rsplit_once('/');
    if let Some((collection, id)) = parent.filter(|(collection, _)| store.collection(collection).is_some()) {
        store.collection_mut(collection).change(id, |parent| parent["memberCount"] = json!(count));
    }
}

/// `GET /api/v2/users/{userId}/queues` and `/api/v2/routing/queues/me`
fn queues(world: &World, call: &Call<'_>) -> Result<Answer, Problem> {
    let user = of_path_or_me(call)?;
    let joined = call.arguments.query("joined").map(|value| value.eq_ignore_ascii_case("true"));
    let found = queues_of(lock(&world.store).seen(call.as_of), user, joined);
    listed(world, call, &found)
}

/// `PATCH /api/v2/users/{userId}/queues/{queueId}`
fn join(world: &World, call: &Call<'_>) -> Result<Answer, Problem> {
    // The definition may have the two in either order.
    let named =
        |name: &str| call.arguments.path.iter().find(|(own, _)| own == name).map(|(_, id)| id.as_str());
    let (user, queue) = (named("userId").unwrap_or_default(), named("queueId").unwrap_or_default());
    let body = call.arguments.body.clone().unwrap_or_default();
    if !set(world, call, queue, user, &body) {
        return missing(world, call);
    }
    let found =
        queues_of(lock(&world.store).seen(None), user, None).into_iter().find(|own| own["id"] == queue);
    Ok(answered(world, call, &found.unwrap_or_default()))
}

/// `PATCH /api/v2/users/{userId}/queues`
fn join_several(world: &World, call: &Call<'_>) -> Result<Answer, Problem> {
    let user = of_path_or_me(call)?;
    for queue in call.arguments.body.as_ref().and_then(Value::as_array).into_iter().flatten() {
        let id = queue["id"].as_str().unwrap_or_default();
        if !set(world, call, id, user, queue) {
            return missing(world, call);
        }
    }
    let found = queues_of(lock(&world.store).seen(None), user, None);
    listed(world, call, &found)
}

/// `PATCH /api/v2/routing/queues/{queueId}/members/{memberId}`
fn activate(world: &World, call: &Call<'_>) -> Result<Answer, Problem> {
    let value = |index: usize| call.arguments.path.get(index).map(|(_, id)| id.as_str()).unwrap_or_default();
    let body = call.arguments.body.clone().unwrap_or_default();
    if !set(world, call, value(0), value(1), &body) {
        return missing(world, call);
    }
    Ok(answered(world, call, &json!({})))
}

/// `PATCH /api/v2/routing/queues/{queueId}/members`
fn activate_several(world: &World, call: &Call<'_>) -> Result<Answer, Problem> {
    let queue = call.arguments.path.first().map(|(_, id)| id.as_str()).unwrap_or_default();
    for member in call.arguments.body.as_ref().and_then(Value::as_array).into_iter().flatten() {
        if !set(world, call, queue, member["id"].as_str().unwrap_or_default(), member) {
            return missing(world, call);
        }
    }
    let members: Vec<Value> = {
        let store = lock(&world.store);
        store
            .collection(&format!("{QUEUES}/{queue}/members"))
            .into_iter()
            .flat_map(Collection::iter)
            .cloned()
            .collect()
    };
    listed(world, call, &members)
}

/// Takes over whether a member works for a queue, and on which ring. False where there is no such member.
fn set(world: &World, call: &Call<'_>, queue: &str, user: &str, sent: &Value) -> bool {
    let path = format!("{QUEUES}/{queue}/members");
    let changed = {
        let mut store = lock(&world.store);
        if store.entity(&path, user).is_none() {
            return false;
        }
        let changed = store.collection_mut(&path).change(user, |member| {
            for name in ["joined", "ringNumber"] {
                if let Some(value) = sent.get(name).filter(|value| !value.is_null()) {
                    member[name] = value.clone();
                }
            }
            member.clone()
        });
        let members = store.collection(&path).into_iter().flat_map(Collection::iter);
        let joined = members.filter(|member| member["joined"] != false).count();
        store.collection_mut(QUEUES).change(queue, |queue| queue["joinedMemberCount"] = json!(joined));
        changed
    };
    let path = format!("{path}/{user}");
    let changed = changed.unwrap_or_default();
    world.publish(&path, &changed);
    conversations::follow(world, &path, &changed, call.now);
    true
}

/// The queues that a user is a member of, each with whether the user works for it.
fn queues_of(seen: Seen<'_>, user: &str, joined: Option<bool>) -> Vec<Value> {
    let queues = seen.entities(QUEUES).into_iter();
    queues
        .filter_map(|queue| {
            let id = queue["id"].as_str()?;
            let member = seen.entity(&format!("{QUEUES}/{id}/members"), user)?;
            let works = member["joined"] != false;
            joined.is_none_or(|joined| joined == works).then(|| {
                let mut queue = queue.clone();
                queue["joined"] = json!(works);
                queue
            })
        })
        .collect()
}

/// The user of the path; the caller, where the path names nobody or `me`.
fn of_path_or_me<'a>(call: &'a Call<'_>) -> Result<&'a str, Problem> {
    match call.arguments.path.first().map(|(_, id)| id.as_str()).filter(|id| *id != "me") {
        Some(id) => Ok(id),
        None => call.caller.and_then(|caller| caller.user.as_deref()).ok_or_else(Problem::not_a_user),
    }
}

fn missing(world: &World, call: &Call<'_>) -> Result<Answer, Problem> {
    if world.settings.invent_missing { Ok(invented::answer(world, call)) } else { Err(Problem::not_found()) }
}

/// A user who is named in this field and is not there.
pub(super) fn no_user(field: &str, id: &str) -> Detail {
    Detail {
        code: "invalid.value",
        field: field.to_owned(),
        message: format!("The user [{}] was not found.", id.chars().take(100).collect::<String>()),
    }
}

/// A page of these entities.
pub(super) fn listed(world: &World, call: &Call<'_>, found: &[Value]) -> Result<Answer, Problem> {
    let Some(shape) = Shape::of(&world.platform, call.operation.result.as_ref()) else {
        return Ok(answered(world, call, &json!({})));
    };
    let window = Window::of(call.operation, &call.arguments)?;
    let shown = window.cut(found).iter().map(|one| into_model(&world.platform, shape.item, one)).collect();
    let listing = page(&world.platform, call.asked(), shape, window, shown, found.len());
    Ok(invented::respond(call.operation, Some(Value::Object(listing))))
}

/// A value as the operation's result has it.
pub(super) fn answered(world: &World, call: &Call<'_>, value: &Value) -> Answer {
    match &call.operation.result {
        Some(Type::Model(model)) => {
            invented::respond(call.operation, Some(into_model(&world.platform, *model, value)))
        }
        Some(Type::Any | Type::Map(_)) => call.json(value),
        Some(_) => invented::answer(world, call),
        None => invented::respond(call.operation, None),
    }
}
