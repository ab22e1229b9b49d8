//! Users in the words of SCIM.

use http::StatusCode;
use serde_json::{Value, json};

use super::{Kind, id, meta, missing, respond};
use crate::base::lock::lock;
use crate::base::paths::USERS;
use crate::behaviour::{Call, invented, stored};
use crate::http::answer::Answer;
use crate::http::problem::Problem;
use crate::schema::synthesise;
use crate::state::store::{Seen, Store};
use crate::world::World;

const SCHEMA: &str = "urn:ietf:params:scim:schemas:core:2.0:User";

pub(super) const KIND: Kind = Kind { collection: USERS, segment: "/users", resource };

pub(super) fn create(world: &World, call: &Call<'_>) -> Result<Answer, Problem> {
    let body = call.arguments.body.clone().unwrap_or_default();
    let name = body["userName"].as_str().unwrap_or_default();
    let mut store = lock(&world.store);
    // Who walks over all operations with made up arguments has one name for everybody.
    if named(&store, name).is_some() && !world.settings.invent_missing {
        return Err(Problem::new(
            StatusCode::CONFLICT,
            "duplicate.value",
            "A user with this name already exists.",
        ));
    }
    let id = synthesise::fresh_id();
    let mut user = json!({
        "id": id,
        "state": "active",
        "version": 1,
        "division": stored::home_division(store.seen(None)),
        "selfUri": format!("{USERS}/{id}"),
    });
    absorb(&mut user, &body);
    let mut users = store.collection_mut(USERS);
    users.put(id.as_str(), user.clone());
    users.mark_created(&id);
    drop(store);
    world.publish(&format!("{USERS}/{id}"), &user);
    Ok(respond(world, call, &KIND, &user))
}

/// `PUT` replaces, `PATCH` does what its operations say (RFC 7644, section 3.5.2).
pub(super) fn change(world: &World, call: &Call<'_>) -> Result<Answer, Problem> {
    let body = call.arguments.body.clone().unwrap_or_default();
    let changed = {
        let mut store = lock(&world.store);
        store.collection_mut(USERS).change(id(call), |user| {
            match body["Operations"].as_array() {
                Some(operations) => operations.iter().for_each(|operation| patch(user, operation)),
                None => absorb(user, &body),
            }
            user["version"] = json!(user["version"].as_i64().unwrap_or(0).saturating_add(1));
            user.clone()
        })
    };
    let Some(user) = changed else { return missing(world, call) };
    world.publish(&format!("{USERS}/{}", id(call)), &user);
    Ok(respond(world, call, &KIND, &user))
}

pub(super) fn remove(world: &World, call: &Call<'_>) -> Result<Answer, Problem> {
    let gone =
        lock(&world.store).collection_mut(USERS).change(id(call), |user| user["state"] = json!("deleted"));
    if gone.is_none() {
        return missing(world, call);
    }
    Ok(invented::respond(call.operation, call.operation.result.as_ref().map(|_| json!({}))))
}

fn named<'a>(store: &'a Store, name: &str) -> Option<&'a Value> {
    let users = store.collection(USERS)?;
    users
        .iter()
        .filter(|user| user["state"] != "deleted")
        .find(|user| user["username"].as_str().is_some_and(|own| own.eq_ignore_ascii_case(name)))
}

/// A user in the words of SCIM.
fn resource(_: Seen<'_>, user: &Value, base: &str) -> Value {
    let mut resource = json!({
        "schemas": [SCHEMA],
        "id": user["id"],
        "userName": user["username"],
        "displayName": user["name"],
        "active": user["state"] == "active",
        "emails": [{ "value": user["email"], "type": "work", "primary": true }],
        "meta": meta("User", user, base),
    });
    for (name, own) in [("title", "title"), ("externalId", "externalId")] {
        if user[own].is_string() {
            resource[name] = user[own].clone();
        }
    }
    resource
}

/// Takes over what SCIM says of a user.
fn absorb(user: &mut Value, sent: &Value) {
    for (name, own) in
        [("displayName", "name"), ("title", "title"), ("userName", "username"), ("externalId", "externalId")]
    {
        if let Some(text) = sent[name].as_str() {
            user[own] = json!(text);
        }
    }
    let email = sent["emails"][0]["value"].as_str().map(str::to_owned);
    if let Some(email) = email.or_else(|| {
        user.get("email").is_none().then(|| user["username"].as_str().unwrap_or_default().to_owned())
    }) {
        user["email"] = json!(email);
    }
    if let Some(active) = sent["active"].as_bool() {
        user["state"] = json!(if active { "active" } else { "inactive" });
    }
}

/// Does one operation of a patch: on an attribute, or on several without a path.
fn patch(user: &mut Value, operation: &Value) {
    let remove = operation["op"].as_str().is_some_and(|op| op.eq_ignore_ascii_case("remove"));
    let value = if remove { Value::Null } else { operation["value"].clone() };
    match operation["path"].as_str() {
        Some("title") if remove => user["title"] = Value::Null,
        Some(path) => absorb(user, &json!({ path: value })),
        None => absorb(user, &value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_patch_changes_what_it_names() {
        let mut user = json!({ "name": "Ada", "state": "active", "email": "a@b.c" });
        patch(&mut user, &json!({ "op": "Replace", "path": "active", "value": false }));
        patch(&mut user, &json!({ "op": "replace", "value": { "displayName": "Augusta" } }));
        assert_eq!(user, json!({ "name": "Augusta", "state": "inactive", "email": "a@b.c" }));
    }
}
