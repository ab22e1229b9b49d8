//! Notification channels and their subscriptions over HTTP.

use serde_json::{Value, json};

use super::Call;
use crate::base::clock::Moment;
use crate::base::lock::lock;
use crate::http::answer::Answer;
use crate::http::problem::{Detail, Problem};
use crate::http::request::Request;
use crate::schema::synthesise;
use crate::state::notifications::{self, MOST_TOPICS, Unsubscribed};
use crate::state::tokens::Caller;
use crate::world::World;

/// `POST /api/v2/notifications/channels`
pub(super) fn create(world: &World, call: &Call<'_>) -> Result<Answer, Problem> {
    let caller = caller(call)?;
    let id = synthesise::uuid(&mut fastrand::Rng::new());
    let expires = lock(&world.hub).create(id.clone(), caller, call.now);
    Ok(call.json(&channel(world, call.request, &id, expires)))
}

/// `GET /api/v2/notifications/channels`
pub(super) fn list(world: &World, call: &Call<'_>) -> Result<Answer, Problem> {
    let all = call.arguments.query("includechannels").is_some_and(|which| which == "oauthclient");
    let channels: Vec<Value> = lock(&world.hub)
        .list(caller(call)?, all, call.now)
        .into_iter()
        .map(|(id, expires)| channel(world, call.request, &id, expires))
        .collect();
    Ok(call.json(&json!({ "entities": channels })))
}

/// `HEAD /api/v2/notifications/channels/{channelId}`
pub(super) fn check(world: &World, call: &Call<'_>) -> Result<Answer, Problem> {
    let id = id(world, call);
    lock(&world.hub).expires(id, call.now).ok_or_else(Problem::not_found)?;
    Ok(call.empty())
}

/// `GET /api/v2/notifications/channels/{channelId}/subscriptions`
pub(super) fn subscriptions(world: &World, call: &Call<'_>) -> Result<Answer, Problem> {
    let id = id(world, call);
    let topics = lock(&world.hub).topics(id, call.now).ok_or_else(Problem::not_found)?;
    Ok(call.json(&listing(&topics, &[])))
}

/// `POST /api/v2/notifications/channels/{channelId}/subscriptions`
pub(super) fn add(world: &World, call: &Call<'_>) -> Result<Answer, Problem> {
    subscribe(world, call, false)
}

/// `PUT /api/v2/notifications/channels/{channelId}/subscriptions`
pub(super) fn replace(world: &World, call: &Call<'_>) -> Result<Answer, Problem> {
    subscribe(world, call, true)
}

/// `DELETE /api/v2/notifications/channels/{channelId}/subscriptions`
pub(super) fn clear(world: &World, call: &Call<'_>) -> Result<Answer, Problem> {
    let id = id(world, call);
    lock(&world.hub).subscribe(id, &[], true, call.now).map_err(|_| Problem::not_found())?;
    Ok(call.empty())
}

/// `GET /api/v2/notifications/availabletopics`
#[expect(clippy::unnecessary_wraps, reason = "handlers have one signature")]
pub(super) fn available(world: &World, call: &Call<'_>) -> Result<Answer, Problem> {
    let topics: Vec<Value> = world
        .platform
        .topics
        .iter()
        .map(|topic| json!({ "id": topic.name, "transports": ["All"], "visibility": "Public" }))
        .collect();
    Ok(call.json(&json!({ "entities": topics })))
}

fn subscribe(world: &World, call: &Call<'_>, replace: bool) -> Result<Answer, Problem> {
    let lenient =
        call.arguments.query("ignoreErrors").is_some_and(|value| value.eq_ignore_ascii_case("true"));
    let mut topics = Vec::new();
    let mut rejected = Vec::new();
    for topic in call.arguments.body.as_ref().and_then(Value::as_array).into_iter().flatten() {
        let id = topic["id"].as_str().unwrap_or_default();
        match notifications::expand(id) {
            Some(unfolded) => topics.extend(unfolded),
            None => rejected.push(id.to_owned()),
        }
    }
    if !rejected.is_empty() && !lenient {
        let detail = |topic: &String| Detail {
            code: "notifications.topic.invalid",
            field: "id".to_owned(),
            message: format!("The topic [{}] is not valid.", topic.chars().take(200).collect::<String>()),
        };
        return Err(Problem::invalid(rejected.iter().take(50).map(detail).collect()));
    }
    let id = id(world, call);
    let topics =
        lock(&world.hub).subscribe(id, &topics, replace, call.now).map_err(|reason| match reason {
            Unsubscribed::NoChannel => Problem::not_found(),
            Unsubscribed::TooMany => {
                Problem::bad_request(format!("A channel has at most {MOST_TOPICS} topics."))
            }
            Unsubscribed::TooManyOfAll => Problem::bad_request("All channels together have too many topics."),
        })?;
    Ok(call.json(&listing(&topics, &rejected)))
}

fn listing(topics: &[String], rejected: &[String]) -> Value {
    let permitted = topics.iter().map(|topic| {
        json!({
            "id": topic,
            "state": "Permitted",
            "selfUri": format!("/api/v2/notifications/availabletopics/{topic}"),
        })
    });
    let rejected = rejected.iter().map(
        |topic| json!({ "id": topic, "state": "Rejected", "rejectionReason": "The topic is not valid." }),
    );
    json!({ "entities": permitted.chain(rejected).collect::<Vec<_>>() })
}

/// A channel as callers see it.
fn channel(world: &World, request: &Request, id: &str, expires: Moment) -> Value {
    json!({ "connectUri": world.hosts.socket(request, id), "id": id, "expires": expires.iso() })
}

/// The channel that the path names; made up, where what is missing may be.
fn id<'a>(world: &World, call: &'a Call<'_>) -> &'a str {
    let id = call.arguments.path.first().map(|(_, id)| id.as_str()).unwrap_or_default();
    if let Some(caller) = call.caller.filter(|_| world.settings.invent_missing) {
        let mut hub = lock(&world.hub);
        if hub.expires(id, call.now).is_none() {
            hub.create(id.to_owned(), caller, call.now);
        }
    }
    id
}

fn caller<'a>(call: &Call<'a>) -> Result<&'a Caller, Problem> {
    call.caller.ok_or_else(Problem::unauthenticated)
}
