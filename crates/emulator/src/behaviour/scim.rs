//! Users as SCIM has them (RFC 7643 and 7644): the users of the organisation in other words.

use http::{HeaderValue, StatusCode, header};
use purecloud_definition::model::Type;
use serde_json::{Value, json};

use super::{Call, Handler, invented, stored};
use crate::answer::{self, Answer};
use crate::listing::{Shape, Window, page};
use crate::problem::Problem;
use crate::project::into_model;
use crate::seed::USERS;
use crate::store::{Collection, Store};
use crate::synthesise;
use crate::world::{World, lock};

const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";

/// What these operations do, by their name in the definition.
pub(super) const HANDLERS: &[(&str, Handler)] = &[
    ("getScimUsers", list),
    ("getScimV2Users", list),
    ("getScimUser", read),
    ("getScimV2User", read),
    ("postScimUsers", create),
    ("postScimV2Users", create),
    ("putScimUser", change),
    ("putScimV2User", change),
    ("patchScimUser", change),
    ("patchScimV2User", change),
    ("deleteScimUser", remove),
    ("deleteScimV2User", remove),
];

/// What a filter compares: an attribute, how, and with what.
struct Filter<'a> {
    attribute: &'a str,
    operator: String,
    value: String,
}

fn list(world: &World, call: &Call<'_>) -> Result<Answer, Problem> {
    let Some(shape) = Shape::of(&world.platform, call.operation.result.as_ref()) else {
        return Ok(invented::answer(world, call));
    };
    let window = Window::of(call.operation, &call.arguments)?;
    let filter = call.arguments.query("filter").filter(|text| !text.is_empty()).map(parse).transpose();
    let filter = match filter {
        Err(_) if world.settings.invent_missing => None,
        parsed => parsed?,
    };
    let base = base(call);
    let store = lock(&world.store);
    let users = store.collection(USERS).into_iter().flat_map(Collection::iter);
    let found: Vec<Value> = users
        .filter(|user| user["state"] != "deleted")
        .map(|user| resource(user, &base))
        .filter(|user| filter.as_ref().is_none_or(|filter| filter.fits(user)))
        .collect();
    drop(store);
    let shown = window.cut(&found).iter().map(|user| into_model(&world.platform, shape.item, user)).collect();
    let listing = page(&world.platform, call.asked(), shape, window, shown, found.len());
    Ok(invented::respond(call.operation, Some(Value::Object(listing))))
}

fn read(world: &World, call: &Call<'_>) -> Result<Answer, Problem> {
    let user = lock(&world.store).entity(USERS, id(call)).filter(|user| user["state"] != "deleted").cloned();
    match user {
        Some(user) => Ok(respond(world, call, &user)),
        None => missing(world, call),
    }
}

fn create(world: &World, call: &Call<'_>) -> Result<Answer, Problem> {
    let body = call.arguments.body.clone().unwrap_or_default();
    let name = body["userName"].as_str().unwrap_or_default();
    let mut store = lock(&world.store);
    // Who walks over all operations with made up arguments has one name for everybody.
    if named(&store, name).is_some() && !world.settings.invent_missing {
        return Err(Problem::new(
            StatusCode::CONFLICT,
            "duplicate.value",
            "A user of this name is there already.",
        ));
    }
    let id = synthesise::fresh_id();
    let mut user = json!({
        "id": id,
        "state": "active",
        "version": 1,
        "division": stored::home_division(&store),
        "selfUri": format!("{USERS}/{id}"),
    });
    absorb(&mut user, &body);
    let mut users = store.collection_mut(USERS);
    users.put(id.as_str(), user.clone());
    users.mark_created(&id);
    drop(store);
    world.publish(&format!("{USERS}/{id}"), &user);
    Ok(respond(world, call, &user))
}

/// `PUT` replaces, `PATCH` does what its operations say (RFC 7644, section 3.5.2).
fn change(world: &World, call: &Call<'_>) -> Result<Answer, Problem> {
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
    Ok(respond(world, call, &user))
}

fn remove(world: &World, call: &Call<'_>) -> Result<Answer, Problem> {
    let gone =
        lock(&world.store).collection_mut(USERS).change(id(call), |user| user["state"] = json!("deleted"));
    if gone.is_none() {
        return missing(world, call);
    }
    Ok(invented::respond(call.operation, call.operation.result.as_ref().map(|_| json!({}))))
}

fn missing(world: &World, call: &Call<'_>) -> Result<Answer, Problem> {
    if world.settings.invent_missing { Ok(invented::answer(world, call)) } else { Err(Problem::not_found()) }
}

fn id<'a>(call: &'a Call<'_>) -> &'a str {
    call.arguments.path.first().map(|(_, id)| id.as_str()).unwrap_or_default()
}

/// The path of all users, as the caller came.
fn base(call: &Call<'_>) -> String {
    let path = call.path.split("/users").next().unwrap_or_default();
    format!("{path}/users")
}

fn named<'a>(store: &'a Store, name: &str) -> Option<&'a Value> {
    let users = store.collection(USERS)?;
    users
        .iter()
        .filter(|user| user["state"] != "deleted")
        .find(|user| user["username"].as_str().is_some_and(|own| own.eq_ignore_ascii_case(name)))
}

fn respond(world: &World, call: &Call<'_>, user: &Value) -> Answer {
    let Some(Type::Model(model)) = call.operation.result else {
        return answer::empty(StatusCode::NO_CONTENT);
    };
    let resource = resource(user, &base(call));
    let mut answer = invented::respond(call.operation, Some(into_model(&world.platform, model, &resource)));
    if let Ok(tag) = HeaderValue::from_str(resource["meta"]["version"].as_str().unwrap_or_default()) {
        answer.headers_mut().insert(header::ETAG, tag);
    }
    answer
}

/// A user in the words of SCIM.
fn resource(user: &Value, base: &str) -> Value {
    let id = user["id"].as_str().unwrap_or_default();
    let mut resource = json!({
        "schemas": [USER],
        "id": id,
        "userName": user["username"],
        "displayName": user["name"],
        "active": user["state"] == "active",
        "emails": [{ "value": user["email"], "type": "work", "primary": true }],
        "meta": {
            "resourceType": "User",
            "location": format!("{base}/{id}"),
            "version": format!("W/\"{}\"", user["version"].as_i64().unwrap_or(1)),
        },
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

/// Reads a filter of one comparison, such as `userName eq "ada@example.com"` or `title pr`.
fn parse(text: &str) -> Result<Filter<'_>, Problem> {
    let wrong = || {
        Problem::bad_request("The filter must be one comparison, such as: userName eq \"ada@example.com\"")
    };
    let (attribute, rest) = text.trim().split_once(' ').ok_or_else(wrong)?;
    let (operator, value) = rest.trim().split_once(' ').unwrap_or((rest, ""));
    let operator = operator.to_ascii_lowercase();
    let known = matches!(operator.as_str(), "eq" | "ne" | "sw" | "ew" | "co" | "pr");
    if !known || (operator != "pr") == value.trim().is_empty() {
        return Err(wrong());
    }
    Ok(Filter { attribute, operator, value: value.trim().trim_matches('"').to_lowercase() })
}

impl Filter<'_> {
    fn fits(&self, user: &Value) -> bool {
        let own = match self.attribute.split(['.', '[']).next().unwrap_or_default() {
            "emails" => &user["emails"][0]["value"],
            name => &user[name],
        };
        let own = match own {
            Value::Null => return self.operator == "ne",
            Value::String(text) => text.to_lowercase(),
            other => other.to_string(),
        };
        match self.operator.as_str() {
            "eq" => own == self.value,
            "ne" => own != self.value,
            "sw" => own.starts_with(&self.value),
            "ew" => own.ends_with(&self.value),
            "co" => own.contains(&self.value),
            _ => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(filter: &str, expect: Option<bool>) {
        let user = json!({ "userName": "Ada@example.com", "active": true, "emails": [{ "value": "a@b.c" }] });
        assert_eq!(parse(filter).ok().map(|filter| filter.fits(&user)), expect, "{filter}");
    }

    #[test]
    fn filters_compare_one_attribute() {
        check("userName eq \"ada@example.com\"", Some(true));
        check("userName eq \"bob@example.com\"", Some(false));
        check("userName SW \"ada\"", Some(true));
        check("active eq true", Some(true));
        check("emails.value co \"b.c\"", Some(true));
        check("title pr", Some(false));
        check("title ne \"x\"", Some(true));
        check("userName", None);
        check("userName eq", None);
        check("userName like \"x\"", None);
    }

    #[test]
    fn a_patch_changes_what_it_names() {
        let mut user = json!({ "name": "Ada", "state": "active", "email": "a@b.c" });
        patch(&mut user, &json!({ "op": "Replace", "path": "active", "value": false }));
        patch(&mut user, &json!({ "op": "replace", "value": { "displayName": "Augusta" } }));
        assert_eq!(user, json!({ "name": "Augusta", "state": "inactive", "email": "a@b.c" }));
    }
}
