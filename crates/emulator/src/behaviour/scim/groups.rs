//! Groups in the words of SCIM.

use serde_json::{Value, json};

use super::{Kind, id, meta, missing, respond};
use crate::base::lock::lock;
use crate::base::paths::{GROUPS, USERS};
use crate::behaviour::{Call, membership};
use crate::http::answer::Answer;
use crate::http::problem::{Detail, Problem};
use crate::state::store::Seen;
use crate::world::World;

const SCHEMA: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";

pub(super) const KIND: Kind = Kind { collection: GROUPS, segment: "/groups", resource };

/// What a change makes of a group.
#[derive(Debug, Default, PartialEq)]
struct Change {
    /// What the group is called from here on, by the organisation's names.
    values: Vec<(&'static str, Value)>,
    /// The members from here on, where somebody said.
    members: Option<Vec<String>>,
}

/// `PUT` replaces, `PATCH` does what its operations say (RFC 7644, section 3.5.2).
pub(super) fn change(world: &World, call: &Call<'_>) -> Result<Answer, Problem> {
    let body = call.arguments.body.as_ref().unwrap_or(&Value::Null);
    let members = format!("{GROUPS}/{}/members", id(call));
    let mut store = lock(&world.store);
    if store.entity(GROUPS, id(call)).is_none() {
        drop(store);
        return missing(world, call);
    }
    let before: Vec<String> = members_of(store.seen(None), id(call)).map(str::to_owned).collect();
    let change = match body["Operations"].as_array() {
        Some(operations) => patched(operations, &before),
        None => Change { values: named(body), members: Some(ids(&body["members"]).collect()) },
    };
    if let Some(after) = &change.members {
        let unknown = after.iter().filter(|id| !before.contains(id) && store.entity(USERS, id).is_none());
        let unknown: Vec<Detail> = unknown.map(|id| membership::no_user("members", id)).take(50).collect();
        if !unknown.is_empty() && !world.settings.invent_missing {
            return Err(Problem::invalid(unknown));
        }
        let mut stored = store.collection_mut(&members);
        for gone in before.iter().filter(|id| !after.contains(id)) {
            stored.remove(gone);
        }
        for new in after.iter().filter(|id| !before.contains(id)) {
            stored.put(new.as_str(), json!({ "id": new }));
        }
        membership::recount(&mut store, &members);
    }
    let group = store.collection_mut(GROUPS).change(id(call), |group| {
        for (name, value) in change.values {
            group[name] = value;
        }
        group["version"] = json!(group["version"].as_i64().unwrap_or(0).saturating_add(1));
        group.clone()
    });
    drop(store);
    let group = group.unwrap_or_default();
    world.publish(&format!("{GROUPS}/{}", id(call)), &group);
    Ok(respond(world, call, &KIND, &group))
}

/// What a patch makes of a group that has these members.
fn patched(operations: &[Value], before: &[String]) -> Change {
    let mut change = Change::default();
    for operation in operations {
        let path = operation["path"].as_str().unwrap_or_default();
        let op = operation["op"].as_str().unwrap_or_default().to_ascii_lowercase();
        let value = &operation["value"];
        let sent = match path {
            // Several attributes at once.
            "" => {
                change.values.extend(named(value));
                if value["members"].is_null() {
                    continue;
                }
                &value["members"]
            }
            path if path.starts_with("members") => value,
            path => {
                if op != "remove" {
                    change.values.extend(named(&json!({ path: value })));
                }
                continue;
            }
        };
        let mut sent: Vec<String> = ids(sent).collect();
        let members = change.members.get_or_insert_with(|| before.to_vec());
        match op.as_str() {
            "replace" => *members = sent,
            "remove" => {
                // One may be named in the path: `members[value eq "…"]`. Without a name, all of them go.
                sent.extend(path.split('"').nth(1).map(str::to_owned));
                members.retain(|id| !sent.is_empty() && !sent.contains(id));
            }
            _ => members.extend(sent),
        }
    }
    change
}

/// What SCIM says of a group beside its members, by the organisation's names.
fn named(sent: &Value) -> Vec<(&'static str, Value)> {
    let names = [("displayName", "name"), ("externalId", "externalId")];
    names
        .into_iter()
        .filter(|(name, _)| sent[*name].is_string())
        .map(|(name, own)| (own, sent[name].clone()))
        .collect()
}

/// The ids in a list of members, or of the one that stands there alone.
fn ids(members: &Value) -> impl Iterator<Item = String> {
    let several = members.as_array().into_iter().flatten();
    let all = several.chain(members.is_object().then_some(members));
    all.filter_map(|member| member["value"].as_str().map(str::to_owned))
}

/// Ids of the users in a group.
fn members_of<'a>(seen: Seen<'a>, id: &str) -> impl Iterator<Item = &'a str> {
    let members = seen.entities(&format!("{GROUPS}/{id}/members"));
    members.into_iter().filter_map(|member| member["id"].as_str())
}

/// A group in the words of SCIM.
fn resource(seen: Seen<'_>, group: &Value, base: &str) -> Value {
    let users = base.replace(KIND.segment, "/users");
    let member = |id: &str| json!({ "type": "User", "value": id, "$ref": format!("{users}/{id}") });
    let members = members_of(seen, group["id"].as_str().unwrap_or_default());
    json!({
        "schemas": [SCHEMA],
        "id": group["id"],
        "displayName": group["name"],
        "externalId": group["externalId"],
        "members": members.map(member).collect::<Value>(),
        "meta": meta("Group", group, base),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(operation: &Value, name: Option<&str>, members: Option<&[&str]>) {
        let change = patched(std::slice::from_ref(operation), &["a".to_owned(), "b".to_owned()]);
        let expect = Change {
            values: name.map(|name| ("name", json!(name))).into_iter().collect(),
            members: members.map(|ids| ids.iter().map(|id| (*id).to_owned()).collect()),
        };
        assert_eq!(change, expect, "{operation}");
    }

    #[test]
    fn a_patch_changes_what_it_names() {
        let list = json!([{ "value": "c" }]);
        check(&json!({ "op": "add", "path": "members", "value": list }), None, Some(&["a", "b", "c"]));
        check(&json!({ "op": "Add", "value": { "members": list } }), None, Some(&["a", "b", "c"]));
        check(&json!({ "op": "replace", "path": "members", "value": list }), None, Some(&["c"]));
        check(&json!({ "op": "remove", "path": "members", "value": [{ "value": "a" }] }), None, Some(&["b"]));
        check(&json!({ "op": "remove", "path": "members[value eq \"b\"]" }), None, Some(&["a"]));
        check(&json!({ "op": "remove", "path": "members" }), None, Some(&[]));
        check(&json!({ "op": "replace", "path": "displayName", "value": "x" }), Some("x"), None);
        check(&json!({ "op": "replace", "value": { "displayName": "x" } }), Some("x"), None);
        check(&json!({ "op": "remove", "path": "externalId" }), None, None);
    }
}
