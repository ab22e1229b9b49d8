//! Roles that users have, each in a division.
//!
//! Who was never given anything is an employee everywhere; the user whom programs of the demonstration act as is an
//! administrator too. What callers *may do* is told by the permissions of their client, not by these.

use serde_json::{Value, json};

use super::membership::{answered, listed};
use super::{Call, Handler, stored};
use crate::base::demo;
use crate::base::lock::lock;
use crate::base::paths::{DIVISIONS, ROLES, USERS};
use crate::http::answer::Answer;
use crate::http::problem::Problem;
use crate::state::store::{Seen, Store};
use crate::world::World;

/// Where grants are stored, by the id of their subject.
const GRANTS: &str = "grants";

/// What these operations do, by their name in the definition.
pub(super) const HANDLERS: &[(&str, Handler)] = &[
    ("getAuthorizationSubjectsMe", subject),
    ("getAuthorizationSubject", subject),
    ("postAuthorizationSubjectDivisionRole", grant),
    ("deleteAuthorizationSubjectDivisionRole", revoke),
    ("postAuthorizationSubjectBulkadd", add),
    ("postAuthorizationSubjectBulkremove", remove),
    ("postAuthorizationSubjectBulkreplace", replace),
    ("getUserRoles", roles),
    ("putUserRoles", set_roles),
    ("getAuthorizationRoleUsers", users),
    ("putAuthorizationRoleUsersAdd", add_users),
    ("putAuthorizationRoleUsersRemove", remove_users),
];

/// A role in a division, by their ids.
type Pair = (String, String);

/// `GET /api/v2/authorization/subjects/{subjectId}` and `/me`
fn subject(world: &World, call: &Call<'_>) -> Result<Answer, Problem> {
    let id = subject_id(world, call)?;
    let store = lock(&world.store);
    let seen = store.seen(call.as_of);
    let named = |path: &str, id: &str| seen.entity(path, id).cloned().unwrap_or_else(|| json!({ "id": id }));
    let grants: Value = pairs(seen, &id)
        .iter()
        .map(|(role, division)| {
            json!({ "subjectId": id, "role": named(ROLES, role), "division": named(DIVISIONS, division) })
        })
        .collect();
    let name = seen.entity(USERS, &id).map_or(Value::Null, |user| user["name"].clone());
    drop(store);
    let shown = json!({ "id": id, "name": name, "grants": grants, "version": 1, "selfUri": call.path });
    Ok(answered(world, call, &shown))
}

/// `GET /api/v2/users/{subjectId}/roles`
fn roles(world: &World, call: &Call<'_>) -> Result<Answer, Problem> {
    let id = subject_id(world, call)?;
    let shown = authorization(lock(&world.store).seen(call.as_of), &id);
    Ok(answered(world, call, &shown))
}

/// What a user may do, as the user has it.
pub(super) fn authorization(seen: Seen<'_>, id: &str) -> Value {
    let mut roles: Vec<Value> = Vec::new();
    for (role, _) in pairs(seen, id) {
        if let Some(role) = seen.entity(ROLES, &role)
            && !roles.iter().any(|known| known["id"] == role["id"])
        {
            roles.push(role.clone());
        }
    }
    json!({ "roles": roles, "unusedRoles": [], "permissions": [], "permissionPolicies": [] })
}

/// `PUT /api/v2/users/{subjectId}/roles` with the ids of roles: they hold in the home division.
fn set_roles(world: &World, call: &Call<'_>) -> Result<Answer, Problem> {
    let sent = texts(call.arguments.body.as_ref());
    change(world, call, |store, _| {
        let home = home(store.seen(None));
        sent.iter().map(|role| (role.clone(), home.clone())).collect()
    })?;
    roles(world, call)
}

/// `POST …/divisions/{divisionId}/roles/{roleId}`
fn grant(world: &World, call: &Call<'_>) -> Result<Answer, Problem> {
    let pair = (value(call, "roleId"), value(call, "divisionId"));
    change(world, call, |_, mut own| {
        own.push(pair);
        own
    })?;
    Ok(answered(world, call, &json!({})))
}

/// `DELETE …/divisions/{divisionId}/roles/{roleId}`
fn revoke(world: &World, call: &Call<'_>) -> Result<Answer, Problem> {
    let pair = (value(call, "roleId"), value(call, "divisionId"));
    change(world, call, |_, own| own.into_iter().filter(|own| *own != pair).collect())?;
    Ok(answered(world, call, &json!({})))
}

/// `POST …/bulkadd`
fn add(world: &World, call: &Call<'_>) -> Result<Answer, Problem> {
    let sent = sent(call);
    change(world, call, |_, own| own.into_iter().chain(sent).collect())?;
    Ok(answered(world, call, &json!({})))
}

/// `POST …/bulkremove`
fn remove(world: &World, call: &Call<'_>) -> Result<Answer, Problem> {
    let sent = sent(call);
    change(world, call, |_, own| own.into_iter().filter(|own| !sent.contains(own)).collect())?;
    Ok(answered(world, call, &json!({})))
}

/// `POST …/bulkreplace`
fn replace(world: &World, call: &Call<'_>) -> Result<Answer, Problem> {
    let sent = sent(call);
    change(world, call, |_, _| sent)?;
    Ok(answered(world, call, &json!({})))
}

/// `GET /api/v2/authorization/roles/{roleId}/users`
fn users(world: &World, call: &Call<'_>) -> Result<Answer, Problem> {
    let role = value(call, "roleId");
    let store = lock(&world.store);
    let seen = store.seen(call.as_of);
    let users: Vec<Value> = seen
        .entities(USERS)
        .into_iter()
        .filter(|user| user["state"] != "deleted")
        .filter(|user| {
            pairs(seen, user["id"].as_str().unwrap_or_default()).iter().any(|(own, _)| *own == role)
        })
        .cloned()
        .collect();
    drop(store);
    listed(world, call, &users)
}

/// `PUT /api/v2/authorization/roles/{roleId}/users/add`
fn add_users(world: &World, call: &Call<'_>) -> Result<Answer, Problem> {
    each_user(world, call, |own, pair| own.into_iter().chain([pair.clone()]).collect())
}

/// `PUT /api/v2/authorization/roles/{roleId}/users/remove`
fn remove_users(world: &World, call: &Call<'_>) -> Result<Answer, Problem> {
    each_user(world, call, |own, (role, _)| own.into_iter().filter(|(own, _)| own != role).collect())
}

fn each_user(
    world: &World,
    call: &Call<'_>,
    act: impl Fn(Vec<Pair>, &Pair) -> Vec<Pair>,
) -> Result<Answer, Problem> {
    let ids = texts(call.arguments.body.as_ref());
    let mut store = lock(&world.store);
    let pair = (value(call, "roleId"), home(store.seen(None)));
    check(world, &store, std::slice::from_ref(&pair))?;
    for id in &ids {
        let changed = act(pairs(store.seen(None), id), &pair);
        put(&mut store, id, changed);
    }
    drop(store);
    Ok(call.json(&ids))
}

/// Changes what a subject was granted.
fn change(
    world: &World,
    call: &Call<'_>,
    act: impl FnOnce(&Store, Vec<Pair>) -> Vec<Pair>,
) -> Result<(), Problem> {
    let id = subject_id(world, call)?;
    let mut store = lock(&world.store);
    let own = pairs(store.seen(None), &id);
    let changed = act(&store, own);
    check(world, &store, &changed)?;
    put(&mut store, &id, changed);
    Ok(())
}

fn put(store: &mut Store, subject: &str, pairs: Vec<Pair>) {
    let mut distinct: Vec<Pair> = Vec::new();
    for pair in pairs {
        if !distinct.contains(&pair) {
            distinct.push(pair);
        }
    }
    let stored: Value =
        distinct.iter().map(|(role, division)| json!({ "roleId": role, "divisionId": division })).collect();
    store.collection_mut(GRANTS).put(subject, json!({ "id": subject, "grants": stored }));
}

/// Refuses roles and divisions that there are not.
fn check(world: &World, store: &Store, pairs: &[Pair]) -> Result<(), Problem> {
    let known = |(role, division): &Pair| {
        store.entity(ROLES, role).is_some()
            && (division == "*" || store.entity(DIVISIONS, division).is_some())
    };
    if world.settings.invent_missing || pairs.iter().all(known) { Ok(()) } else { Err(Problem::not_found()) }
}

fn pairs(seen: Seen<'_>, subject: &str) -> Vec<Pair> {
    if let Some(stored) = seen.entity(GRANTS, subject) {
        return read(&stored["grants"]);
    }
    let home = home(seen);
    let named = |name: &str| {
        let mut roles = seen.entities(ROLES).into_iter();
        roles.find(|role| role["name"] == name).and_then(|role| role["id"].as_str()).map(str::to_owned)
    };
    let first = seen.entity(USERS, subject).is_some_and(|user| user["username"] == demo::USER);
    let usual = if first { &["employee", "admin"][..] } else { &["employee"] };
    usual.iter().filter_map(|name| Some((named(name)?, home.clone()))).collect()
}

fn read(grants: &Value) -> Vec<Pair> {
    let text = |grant: &Value, name: &str| grant[name].as_str().map(str::to_owned);
    let grants = grants.as_array().into_iter().flatten();
    grants.filter_map(|grant| Some((text(grant, "roleId")?, text(grant, "divisionId")?))).collect()
}

/// The pairs that a body has.
fn sent(call: &Call<'_>) -> Vec<Pair> {
    call.arguments.body.as_ref().map(|body| read(&body["grants"])).unwrap_or_default()
}

fn texts(value: Option<&Value>) -> Vec<String> {
    let items = value.and_then(Value::as_array).into_iter().flatten();
    items.filter_map(Value::as_str).map(str::to_owned).collect()
}

fn home(seen: Seen<'_>) -> String {
    stored::home_division(seen).and_then(|home| home["id"].as_str().map(str::to_owned)).unwrap_or_default()
}

/// The user whom a path names; the caller, where it is `me`.
fn subject_id(world: &World, call: &Call<'_>) -> Result<String, Problem> {
    let named = call.arguments.path.iter().find(|(name, _)| matches!(name.as_str(), "subjectId" | "userId"));
    let Some((_, id)) = named else {
        let user = call.caller.and_then(|caller| caller.user.clone());
        return user.ok_or_else(Problem::not_a_user);
    };
    if world.settings.invent_missing || lock(&world.store).entity(USERS, id).is_some() {
        Ok(id.clone())
    } else {
        Err(Problem::not_found())
    }
}

fn value(call: &Call<'_>, name: &str) -> String {
    let found = call.arguments.path.iter().find(|(own, _)| own == name);
    found.map(|(_, value)| value.clone()).unwrap_or_default()
}
