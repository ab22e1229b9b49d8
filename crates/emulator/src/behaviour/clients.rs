//! The OAuth clients of the organisation: what is created here can ask for tokens, and what is removed cannot.
//!
//! A secret is shown to who has it made, and never again.

use std::borrow::Cow;

use serde_json::{Map, Value, json};

use super::membership::{answered, listed};
use super::{Call, Handler, invented};
use crate::base::lock::lock;
use crate::base::paths::CLIENTS;
use crate::base::paths::{ROLES, USERS};
use crate::http::answer::Answer;
use crate::http::problem::{Detail, Problem};
use crate::oauth::{self, LONGEST_ADDRESS, LONGEST_SCOPE};
use crate::schema::synthesise;
use crate::state::clients::Grant;
use crate::state::registry::{self, USUAL_LIFETIME};
use crate::state::store::Store;
use crate::world::World;

/// What these operations do, by their names in the definitions of today and of 2016.
pub(super) const HANDLERS: &[(&str, Handler)] = &[
    ("getOauthClients", list),
    ("getClients", list),
    ("postOauthClients", create),
    ("postClients", create),
    ("getOauthClient", read),
    ("getClientsClientId", read),
    ("putOauthClient", replace),
    ("putClientsClientId", replace),
    ("deleteOauthClient", remove),
    ("deleteClientsClientId", remove),
    ("postOauthClientSecret", renew_secret),
    ("postClientsClientIdSecret", renew_secret),
];

/// What holds where a caller says nothing.
type Usual = fn() -> Value;

/// What a caller says of a client.
const SAID: &[(&str, Usual)] = &[
    ("name", || Value::Null),
    ("description", || Value::Null),
    ("authorizedGrantType", || Value::Null),
    ("accessTokenValiditySeconds", || json!(USUAL_LIFETIME)),
    ("registeredRedirectUri", || json!([])),
    ("scope", || json!([])),
    ("roleIds", || json!([])),
    ("roleDivisions", || json!([])),
    ("state", || json!("active")),
    ("dateToDelete", || Value::Null),
];

/// The shortest and the longest time that tokens may live, in seconds: five minutes and two days.
const LIFETIMES: std::ops::RangeInclusive<i64> = 300..=172_800;

/// `GET /api/v2/oauth/clients`
fn list(world: &World, call: &Call<'_>) -> Result<Answer, Problem> {
    let store = lock(&world.store);
    let clients: Vec<Value> = store.seen(call.as_of).entities(CLIENTS).into_iter().map(shown).collect();
    drop(store);
    listed(world, call, &clients)
}

/// `GET /api/v2/oauth/clients/{clientId}`
fn read(world: &World, call: &Call<'_>) -> Result<Answer, Problem> {
    let client = lock(&world.store).seen(call.as_of).entity(CLIENTS, id(call)).map(shown);
    client.map_or_else(|| missing(world, call), |client| Ok(answered(world, call, &client)))
}

/// `POST /api/v2/oauth/clients`
fn create(world: &World, call: &Call<'_>) -> Result<Answer, Problem> {
    let id = synthesise::fresh_id();
    let mut client = json!({
        "id": id,
        "dateCreated": call.now.iso(),
        "createdBy": author(call),
        "selfUri": format!("{CLIENTS}/{id}"),
    });
    let mut store = lock(&world.store);
    write(world, call, &store, &mut client)?;
    let mut clients = store.collection_mut(CLIENTS);
    clients.put(id.as_str(), client.clone());
    clients.mark_created(&id);
    drop(store);
    Ok(answered(world, call, &client))
}

/// `PUT /api/v2/oauth/clients/{clientId}`
fn replace(world: &World, call: &Call<'_>) -> Result<Answer, Problem> {
    let mut store = lock(&world.store);
    let Some(mut client) = store.entity(CLIENTS, id(call)).cloned() else {
        drop(store);
        return missing(world, call);
    };
    let had_secret = client.get("secret").is_some();
    write(world, call, &store, &mut client)?;
    store.collection_mut(CLIENTS).put(id(call), client.clone());
    drop(store);
    // A grant that needs a secret where there was none has one now, which somebody must learn.
    let told = if had_secret { shown(&client) } else { client };
    Ok(answered(world, call, &told))
}

/// `DELETE /api/v2/oauth/clients/{clientId}`: all that it was given goes with it.
fn remove(world: &World, call: &Call<'_>) -> Result<Answer, Problem> {
    if lock(&world.store).collection_mut(CLIENTS).remove(id(call)).is_none() {
        return missing(world, call);
    }
    lock(&world.tokens).revoke_client(id(call));
    lock(&world.hub).revoke(|client, _| client == id(call));
    Ok(answered(world, call, &json!({})))
}

/// `POST /api/v2/oauth/clients/{clientId}/secret`: the old one is worth nothing from here on.
fn renew_secret(world: &World, call: &Call<'_>) -> Result<Answer, Problem> {
    let secret = secret()?;
    let mut store = lock(&world.store);
    let Some(mut client) = store.entity(CLIENTS, id(call)).cloned() else {
        drop(store);
        return missing(world, call);
    };
    if !has_secret(&client) {
        return Err(Problem::bad_request("Clients with this grant type have no secret."));
    }
    client["secret"] = secret;
    touch(call, &mut client);
    store.collection_mut(CLIENTS).put(id(call), client.clone());
    drop(store);
    Ok(answered(world, call, &client))
}

/// Has a client be what the body says, with a secret where its grant has one.
fn write(world: &World, call: &Call<'_>, store: &Store, client: &mut Value) -> Result<(), Problem> {
    let body = call.arguments.body.as_ref().unwrap_or(&Value::Null);
    let problems = problems(store, body);
    // Who walks over all operations with made up arguments has made up times and roles too.
    if !problems.is_empty() && !world.settings.invent_missing {
        return Err(Problem::invalid(problems));
    }
    let Value::Object(values) = &mut *client else { return Ok(()) };
    for (name, usual) in SAID {
        let said = body.get(*name).filter(|said| !said.is_null()).cloned().unwrap_or_else(usual);
        set(values, name, said);
    }
    if !has_secret(client) {
        set_in(client, "secret", Value::Null);
    } else if client.get("secret").is_none() {
        client["secret"] = secret()?;
    }
    touch(call, client);
    Ok(())
}

/// What a client cannot be.
fn problems(store: &Store, body: &Value) -> Vec<Detail> {
    const MOST: usize = 50;
    let mut problems = Vec::new();
    let mut add = |field: &str, message: String| {
        problems.push(Detail { code: "invalid.value", field: field.to_owned(), message });
    };
    if let Some(seconds) = body["accessTokenValiditySeconds"].as_i64().filter(|own| !LIFETIMES.contains(own))
    {
        let (shortest, longest) = (LIFETIMES.start(), LIFETIMES.end());
        add(
            "accessTokenValiditySeconds",
            format!("The value [{seconds}] must be from {shortest} to {longest}."),
        );
    }
    let scopes = body["scope"].as_array().into_iter().flatten().filter_map(Value::as_str);
    if scopes.map(|scope| scope.len() + 1).sum::<usize>() > LONGEST_SCOPE {
        add("scope", format!("The scopes must not be longer than {LONGEST_SCOPE} bytes together."));
    }
    let addresses = body["registeredRedirectUri"].as_array().into_iter().flatten().filter_map(Value::as_str);
    for address in addresses.filter(|address| !is_address(address)).take(MOST) {
        let address = brief(address);
        add(
            "registeredRedirectUri",
            format!(
                "The value [{address}] must be a whole address without a fragment, of at most {LONGEST_ADDRESS} bytes."
            ),
        );
    }
    for role in registry::roles(body).filter(|id| store.entity(ROLES, id).is_none()).take(MOST) {
        add("roleIds", format!("The role [{}] was not found.", brief(role)));
    }
    problems
}

/// Whether somebody can be sent there: a scheme, of a program on a telephone perhaps, and something behind it.
fn is_address(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once(':') else { return false };
    let starts = scheme.starts_with(|first: char| first.is_ascii_alphabetic());
    let goes_on = scheme.chars().all(|one| one.is_ascii_alphanumeric() || matches!(one, '+' | '-' | '.'));
    let fits = |one: char| one.is_ascii_graphic() && one != '#';
    text.len() <= LONGEST_ADDRESS && starts && goes_on && !rest.is_empty() && rest.chars().all(fits)
}

fn brief(text: &str) -> Cow<'_, str> {
    const LONGEST: usize = 100;
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => Cow::Owned(format!("{}…", &text[..end])),
        None => Cow::Borrowed(text),
    }
}

/// A client without its secret.
fn shown(client: &Value) -> Value {
    let mut client = client.clone();
    set_in(&mut client, "secret", Value::Null);
    client
}

fn has_secret(client: &Value) -> bool {
    registry::grant(client).is_some_and(Grant::has_secret)
}

fn secret() -> Result<Value, Problem> {
    oauth::secret().map(Value::from).map_err(|_| {
        let status = http::StatusCode::INTERNAL_SERVER_ERROR;
        Problem::new(status, "internal.server.error", "The system has no source of random numbers.")
    })
}

/// Notes who changed a client, and when.
fn touch(call: &Call<'_>, client: &mut Value) {
    client["dateModified"] = json!(call.now.iso());
    set_in(client, "modifiedBy", author(call));
}

fn author(call: &Call<'_>) -> Value {
    let user = call.caller.and_then(|caller| caller.user.as_deref());
    user.map_or(Value::Null, |user| json!({ "id": user, "selfUri": format!("{USERS}/{user}") }))
}

fn set_in(entity: &mut Value, name: &str, value: Value) {
    if let Value::Object(values) = entity {
        set(values, name, value);
    }
}

/// Nothing where there is no value.
fn set(values: &mut Map<String, Value>, name: &str, value: Value) {
    if value.is_null() {
        values.shift_remove(name);
    } else {
        values.insert(name.to_owned(), value);
    }
}

fn id<'a>(call: &'a Call<'_>) -> &'a str {
    call.arguments.path.first().map(|(_, id)| id.as_str()).unwrap_or_default()
}

/// A client that never was is made up where that is wished for; one that was removed stays so.
fn missing(world: &World, call: &Call<'_>) -> Result<Answer, Problem> {
    let gone = lock(&world.store).collection(CLIENTS).is_some_and(|clients| clients.was_deleted(id(call)));
    if world.settings.invent_missing && !gone {
        return Ok(invented::answer(world, call));
    }
    Err(Problem::not_found())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_whole_and_have_no_fragment() {
        for good in ["https://a.example/cb", "http://localhost:3000", "com.example.app:/cb", "myapp://x?y=z"]
        {
            assert!(is_address(good), "{good}");
        }
        for bad in ["", "a.example/cb", "//a.example", "https:", "https://a#b", "https://a b", ":x", "1a:x"] {
            assert!(!is_address(bad), "{bad}");
        }
    }
}
