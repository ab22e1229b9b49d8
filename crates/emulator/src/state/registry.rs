//! OAuth clients as entities: what is stored under the path of the API is who may ask for tokens, and nothing else is.
//!
//! The API has no words for some of what a client of the builder has: further grants, every address on this machine,
//! permissions of its own, and in whose name it acts. That is no state but settings, and goes with the client's id.

use std::collections::HashMap;
use std::time::Duration;

use serde_json::{Value, json};

use super::clients::{Client, Grant, Redirect};
use crate::base::clock::Moment;
use crate::base::paths::CLIENTS;
use crate::base::paths::ROLES;
use crate::http::refusal::Refusal;
use crate::state::store::Store;

/// How long tokens live where a client does not say, in seconds.
pub(crate) const USUAL_LIFETIME: u64 = 24 * 60 * 60;

const CLIENT_NOT_FOUND: Refusal = Refusal::new("invalid_client", "client not found");
const CLIENT_NOT_ACTIVE: Refusal = Refusal::new("invalid_client", "client is not active");

/// The clients of the builder, by id.
pub(crate) type Given = HashMap<String, Client>;

/// Stores those clients of the builder that a store does not have, and of which it does not know that they were removed.
pub(crate) fn furnish(store: &mut Store, given: &Given, now: Moment) {
    let mut clients: Vec<&Client> = given.values().collect();
    clients.sort_unstable_by(|one, other| one.id.cmp(&other.id));
    for client in clients {
        let mut stored = store.collection_mut(CLIENTS);
        if stored.get(&client.id).is_none() && !stored.was_deleted(&client.id) {
            stored.put(client.id.as_str(), entity(client, now));
        }
    }
}

/// A client of the builder as it is stored.
fn entity(client: &Client, now: Moment) -> Value {
    let exact = client.redirects.iter().filter_map(|redirect| match redirect {
        Redirect::Exact(address) => Some(address.as_str()),
        Redirect::Loopback => None,
    });
    let mut entity = json!({
        "id": client.id,
        "name": client.name,
        "authorizedGrantType": client.grants.first().copied().unwrap_or(Grant::Code).platform_name(),
        "accessTokenValiditySeconds": client.token_lifetime.as_secs(),
        "registeredRedirectUri": exact.collect::<Vec<_>>(),
        "scope": client.scopes,
        "state": "active",
        "dateCreated": now.iso(),
        "dateModified": now.iso(),
        "selfUri": format!("{CLIENTS}/{}", client.id),
    });
    if let Some(secret) = &client.secret {
        entity["secret"] = json!(secret);
    }
    entity
}

/// Whether tokens of this client are worth anything.
pub(crate) fn is_live(store: &Store, id: &str) -> bool {
    store.entity(CLIENTS, id).is_some_and(is_active)
}

fn is_active(entity: &Value) -> bool {
    !matches!(entity["state"].as_str(), Some("inactive" | "disabled"))
}

/// The client of an id.
///
/// # Errors
/// A refusal when there is none, or it was switched off.
pub(crate) fn client(store: &Store, given: &Given, id: &str) -> Result<Client, Refusal> {
    let entity = store.entity(CLIENTS, id).ok_or(CLIENT_NOT_FOUND)?;
    if !is_active(entity) {
        return Err(CLIENT_NOT_ACTIVE);
    }
    let given = given.get(id);
    let own = grant(entity);
    let further = given.into_iter().flat_map(|given| given.grants.iter().skip(1).copied());
    let exact = texts(&entity["registeredRedirectUri"]).map(|address| Redirect::Exact(address.to_owned()));
    let everywhere = given.is_some_and(|given| given.redirects.contains(&Redirect::Loopback));
    let lifetime = entity["accessTokenValiditySeconds"].as_u64().unwrap_or(USUAL_LIFETIME);
    Ok(Client {
        id: id.to_owned(),
        name: entity["name"].as_str().unwrap_or_default().to_owned(),
        secret: entity["secret"].as_str().map(str::to_owned),
        grants: own.into_iter().chain(further).collect(),
        redirects: exact.chain(everywhere.then_some(Redirect::Loopback)).collect(),
        scopes: texts(&entity["scope"]).map(str::to_owned).collect(),
        permissions: permissions(store, entity, given),
        token_lifetime: Duration::from_secs(lifetime),
        acts_as: given.and_then(|given| given.acts_as.clone()),
    })
}

/// The grant that the API shows.
pub(crate) fn grant(entity: &Value) -> Option<Grant> {
    entity["authorizedGrantType"].as_str().and_then(Grant::named)
}

/// Ids of the roles that a client was given.
pub(crate) fn roles(entity: &Value) -> impl Iterator<Item = &str> {
    let divided = entity["roleDivisions"].as_array().into_iter().flatten();
    texts(&entity["roleIds"]).chain(divided.filter_map(|pair| pair["roleId"].as_str()))
}

/// What the tokens of a client may do. Programs may do what their roles may, and nothing without any; for people it is
/// not looked at here what their own roles are.
fn permissions(store: &Store, entity: &Value, given: Option<&Client>) -> Vec<String> {
    if roles(entity).next().is_none()
        && let Some(given) = given
    {
        return given.permissions.clone();
    }
    if grant(entity) != Some(Grant::ClientCredentials) {
        return vec!["*".to_owned()];
    }
    roles(entity).filter_map(|id| store.entity(ROLES, id)).flat_map(of_role).collect()
}

/// The permissions of a role, such as `routing:queue:view` and `routing:*`.
fn of_role(role: &Value) -> Vec<String> {
    let mut permissions: Vec<String> = texts(&role["permissions"]).map(str::to_owned).collect();
    for policy in role["permissionPolicies"].as_array().into_iter().flatten() {
        let part = |name: &str| policy[name].as_str().unwrap_or("*").to_owned();
        let (domain, entity) = (part("domain"), part("entityName"));
        permissions.extend(texts(&policy["actionSet"]).map(|action| format!("{domain}:{entity}:{action}")));
    }
    permissions
}

fn texts(value: &Value) -> impl Iterator<Item = &str> {
    value.as_array().into_iter().flatten().filter_map(Value::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn store(entity: Value) -> Store {
        let mut store = Store::default();
        store.collection_mut(ROLES).put(
            "agent",
            json!({
                "permissions": ["users:view"],
                "permissionPolicies": [{ "domain": "routing", "entityName": "*", "actionSet": ["view", "edit"] }],
            }),
        );
        store.collection_mut(CLIENTS).put("c", entity);
        store
    }

    #[track_caller]
    fn check(entity: Value, permissions: &[&str]) {
        let client = client(&store(entity), &Given::new(), "c").unwrap();
        assert_eq!(client.permissions, permissions);
    }

    #[test]
    fn programs_may_do_what_their_roles_may() {
        let roles = ["users:view", "routing:*:view", "routing:*:edit"];
        check(json!({ "authorizedGrantType": "CLIENT-CREDENTIALS", "roleIds": ["agent", "none"] }), &roles);
        let divided = json!([{ "roleId": "agent", "divisionId": "*" }]);
        check(json!({ "authorizedGrantType": "CLIENT-CREDENTIALS", "roleDivisions": divided }), &roles);
        check(json!({ "authorizedGrantType": "CLIENT_CREDENTIALS" }), &[]);
        check(json!({ "authorizedGrantType": "CODE" }), &["*"]);
    }

    #[test]
    fn a_client_of_the_builder_reads_back_as_it_was_given() {
        for client in Client::seeded() {
            let given = Given::from([(client.id.clone(), client.clone())]);
            let mut store = Store::default();
            furnish(&mut store, &given, Moment(0));
            assert_eq!(super::client(&store, &given, &client.id), Ok(client));
        }
    }

    #[test]
    fn a_client_of_the_builder_that_was_removed_does_not_come_back() {
        let given: Given = Client::seeded().into_iter().map(|client| (client.id.clone(), client)).collect();
        let id = given.keys().next().unwrap();
        let mut store = Store::default();
        furnish(&mut store, &given, Moment(0));
        store.collection_mut(CLIENTS).remove(id);
        furnish(&mut store, &given, Moment(0));
        assert_eq!(client(&store, &given, id), Err(CLIENT_NOT_FOUND));
        assert!(!is_live(&store, id));
    }

    #[test]
    fn what_was_switched_off_is_worth_nothing() {
        for state in ["inactive", "disabled"] {
            let store = store(json!({ "authorizedGrantType": "CODE", "state": state }));
            assert_eq!(client(&store, &Given::new(), "c"), Err(CLIENT_NOT_ACTIVE));
            assert!(!is_live(&store, "c"));
        }
    }
}
