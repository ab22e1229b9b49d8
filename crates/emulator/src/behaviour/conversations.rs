//! The life of conversations: begun, answered, held, handed over, wrapped up and ended.
//!
//! An operation is known by its path without its media: `/conversations/calls/{}/participants/{}` and the same of
//! e-mails do the same to another kind of conversation.

mod begin;
pub(crate) mod floor;
mod parties;
mod recordings;
mod transfer;
mod wrapup;

use std::sync::Arc;

use http::StatusCode;
use purecloud_definition::model::{Operation, Segment, Type};
use serde_json::{Value, json};

use super::{Call, Handler, invented, stored};
use crate::base::clock::Moment;
use crate::base::lock::lock;
use crate::http::answer::Answer;
use crate::http::problem::Problem;
use crate::schema::listing::{Shape, Window, page};
use crate::schema::project::into_model;
use crate::state::conversation::media::MEDIA;
use crate::state::conversation::view::view;
use crate::state::conversation::{Conversation, Leave, Media, Refusal};
use crate::world::World;
use floor::Floor;

const ROOT: &str = "/api/v2/conversations";

/// What an operation does, by its method and the rest of its path.
const HANDLERS: &[(&str, &str, Handler)] = &[
    ("GET", "", list),
    ("POST", "", begin::begin),
    ("POST", "/user/{}", begin::call_user),
    ("GET", "/{}", read),
    ("PATCH", "/{}", change),
    ("DELETE", "/{}", end),
    ("POST", "/{}", begin::call_number),
    ("POST", "/{}/disconnect", end),
    ("POST", "/{}/participants", begin::add_parties),
    ("PATCH", "/{}/participants/{}", parties::change),
    ("PATCH", "/{}/participants/{}/user/{}", parties::change),
    ("PATCH", "/{}/participants/{}/communications/{}", parties::change_communication),
    ("PATCH", "/{}/participants/{}/attributes", parties::attributes),
    ("POST", "/{}/participants/{}/replace", transfer::replace),
    ("POST", "/{}/participants/{}/replace/agent", transfer::replace),
    ("POST", "/{}/participants/{}/replace/queue", transfer::replace),
    ("POST", "/{}/participants/{}/replace/external", transfer::replace),
    ("POST", "/{}/participants/{}/transfer", transfer::replace),
    ("POST", "/{}/participants/{}/consult", transfer::consult),
    ("POST", "/{}/participants/{}/consult/agent", transfer::consult),
    ("POST", "/{}/participants/{}/consult/queue", transfer::consult),
    ("POST", "/{}/participants/{}/consult/external", transfer::consult),
    ("POST", "/{}/participants/{}/voice/consult", transfer::consult),
    ("PATCH", "/{}/participants/{}/consult", transfer::speak_to),
    ("DELETE", "/{}/participants/{}/consult", transfer::cancel_consult),
    ("GET", "/{}/participants/{}/wrapup", wrapup::read),
    ("GET", "/{}/participants/{}/wrapupcodes", wrapup::codes),
    ("GET", "/{}/participants/{}/communications/{}/wrapup", wrapup::read),
    ("POST", "/{}/participants/{}/communications/{}/wrapup", wrapup::write),
    ("POST", "/{}/assign", transfer::assign),
    ("GET", "/{}/recordings", recordings::list),
    ("GET", "/{}/recordings/{}", recordings::read),
    ("GET", "/{}/recordingmetadata", recordings::list),
    ("GET", "/{}/recordingmetadata/{}", recordings::read),
];

/// What an operation on conversations does, if it is one of these.
pub(super) fn handler(operation: &Operation) -> Option<Handler> {
    let rest = rest(operation)?;
    let known =
        HANDLERS.iter().find(|(method, path, _)| *method == operation.method.as_str() && *path == rest);
    known.map(|(_, _, handler)| *handler)
}

/// The path of an operation on conversations after `ROOT` and the media, with `{}` for each parameter.
fn rest(operation: &Operation) -> Option<String> {
    let rest = operation.path.text.strip_prefix(ROOT)?;
    let segments: Vec<&str> = operation
        .path
        .segments
        .iter()
        .map(|segment| match segment {
            Segment::Literal(text) => text.as_str(),
            Segment::Parameter(_) | Segment::Mixed(_) => "{}",
        })
        .filter(|text| !text.is_empty())
        .skip(3)
        .collect();
    let of_media = segments.first().is_some_and(|first| MEDIA.iter().any(|names| names.plural == *first));
    // `/conversations/settings` is a document beside them.
    if !of_media && !rest.is_empty() && !rest.starts_with("/{") {
        return None;
    }
    Some(segments[usize::from(of_media)..].iter().fold(String::new(), |path, part| path + "/" + part))
}

/// The media that the path of a call names.
fn media(call: &Call<'_>) -> Option<Media> {
    call.operation.path.segments.iter().find_map(|segment| match segment {
        Segment::Literal(text) => Media::of_path(text),
        _ => None,
    })
}

/// Whether a conversation of this id is or was there.
pub(super) fn is_known(world: &World, id: &str) -> bool {
    // Unlocked before the history locks the store, which is locked first where both are.
    let known = lock(&world.conversations).contains(id);
    known || world.history().get(id).is_some()
}

/// The conversation of an id as a call sees it.
pub(super) fn find(world: &World, call: &Call<'_>, id: &str) -> Option<Arc<Conversation>> {
    let known = lock(&world.conversations).seen(call.as_of).get(id).cloned();
    known.or_else(|| world.history().get(id).map(Arc::new))
}

/// `GET /api/v2/conversations`, and those of one media: what the caller takes part in now.
fn list(world: &World, call: &Call<'_>) -> Result<Answer, Problem> {
    let user = user(call)?;
    let kind = call.arguments.query("communicationType").and_then(Media::of_kind).or_else(|| media(call));
    let Some(shape) = Shape::of(&world.platform, call.operation.result.as_ref()) else {
        return Ok(invented::answer(world, call));
    };
    let window = Window::of(call.operation, &call.arguments)?;
    // Who walks over all operations with made up arguments takes part in everything.
    let everything = world.settings.invent_missing;
    let found: Vec<Arc<Conversation>> = {
        let conversations = lock(&world.conversations);
        let seen = conversations.seen(call.as_of);
        let own = if everything { seen.live() } else { seen.of_user(user) };
        let own = own.into_iter().filter(|one| one.end.is_none());
        own.filter(|one| kind.is_none_or(|kind| one.media == kind)).cloned().collect()
    };
    let shown = window.cut(&found).iter();
    let shown =
        shown.map(|one| into_model(&world.platform, shape.item, &view(one, &address(call, one)))).collect();
    let listing = page(&world.platform, call.asked(), shape, window, shown, found.len());
    Ok(invented::respond(call.operation, Some(Value::Object(listing))))
}

/// `GET /api/v2/conversations/{conversationId}`
fn read(world: &World, call: &Call<'_>) -> Result<Answer, Problem> {
    let id = conversation_id(call);
    match find(world, call, id).filter(|one| is_of_media(call, one)) {
        Some(conversation) => Ok(reply(world, call, &conversation)),
        None => missing(world, call),
    }
}

/// `PATCH /api/v2/conversations/calls/{conversationId}`: what a conversation is told as a whole, which is to end.
fn change(world: &World, call: &Call<'_>) -> Result<Answer, Problem> {
    let body = call.arguments.body.as_ref();
    let over = body.is_some_and(|body| matches!(body["state"].as_str(), Some("disconnected" | "terminated")));
    on_conversation(world, call, |floor, mut conversation| {
        if over {
            conversation.finish(Leave::System, floor.now());
        }
        floor.put(&conversation);
        Ok(conversation)
    })
}

/// `DELETE /api/v2/conversations/{conversationId}` and `POST …/disconnect`
fn end(world: &World, call: &Call<'_>) -> Result<Answer, Problem> {
    on_conversation(world, call, |floor, mut conversation| {
        if conversation.end.is_some() {
            return Err(refused(crate::state::conversation::OVER));
        }
        conversation.finish(Leave::System, floor.now());
        floor.put(&conversation);
        Ok(conversation)
    })
}

/// Does something with the conversation that the path names, and answers with what became of it.
fn on_conversation(
    world: &World,
    call: &Call<'_>,
    act: impl FnOnce(&mut Floor<'_>, Conversation) -> Result<Conversation, Problem>,
) -> Result<Answer, Problem> {
    let mut floor = Floor::enter(world, call.now);
    let Some(conversation) = floor.get(conversation_id(call)).filter(|one| is_of_media(call, one)) else {
        drop(floor);
        return missing(world, call);
    };
    let changed = act(&mut floor, conversation)?;
    floor.close();
    Ok(reply(world, call, &changed))
}

/// A conversation is not found under another media than its own.
fn is_of_media(call: &Call<'_>, conversation: &Conversation) -> bool {
    media(call).is_none_or(|media| media == conversation.media)
}

/// What follows from a change at a path: whoever is free now is offered what waits.
pub(super) fn follow(world: &World, path: &str, document: &Value, now: Moment) {
    let parts: Vec<&str> = path.trim_start_matches("/api/v2/").split('/').collect();
    match parts.as_slice() {
        ["users", user, "presences", "purecloud"] => {
            let mut floor = Floor::enter(world, now).with_freed();
            // Who says "On Queue" works for the queues, and whoever says something else does not.
            let presence = document["presenceDefinition"]["systemPresence"].as_str().unwrap_or_default();
            let on_queue = matches!(presence, "OnQueue" | "On Queue");
            floor.set_on_queue(user, on_queue);
            floor.close();
        }
        ["users", _, "routingstatus"] | ["routing", "queues", _, "members", ..] => {
            Floor::enter(world, now).with_freed().close();
        }
        _ => {}
    }
}

/// Answers with a conversation as the result of the operation has it.
fn reply(world: &World, call: &Call<'_>, conversation: &Conversation) -> Answer {
    match call.operation.result {
        Some(Type::Model(model)) => {
            let view = view(conversation, &address(call, conversation));
            invented::respond(call.operation, Some(into_model(&world.platform, model, &view)))
        }
        Some(_) => invented::answer(world, call),
        None => invented::respond(call.operation, None),
    }
}

/// Where a conversation is, for who came by this path.
fn address(call: &Call<'_>, conversation: &Conversation) -> String {
    match media(call) {
        Some(media) => format!("{ROOT}/{}/{}", media.names().plural, conversation.id),
        None => format!("{ROOT}/{}", conversation.id),
    }
}

/// The answer where there is no such conversation: one is made up where that is wished for.
fn missing(world: &World, call: &Call<'_>) -> Result<Answer, Problem> {
    if world.settings.invent_missing {
        return match world.behaviours.plan.stateful(call.id.0 as usize) {
            Some(stateful) => stored::answer(world, call, stateful),
            None => Ok(invented::answer(world, call)),
        };
    }
    Err(Problem::new(
        StatusCode::NOT_FOUND,
        "conversation.error.conversation.not.found",
        "The conversation does not exist.",
    ))
}

fn conversation_id<'a>(call: &'a Call<'_>) -> &'a str {
    path_value(call, 0)
}

fn participant_id<'a>(call: &'a Call<'_>) -> &'a str {
    path_value(call, 1)
}

fn path_value<'a>(call: &'a Call<'_>, index: usize) -> &'a str {
    call.arguments.path.get(index).map(|(_, value)| value.as_str()).unwrap_or_default()
}

/// A property of the body that is text and not empty.
fn text<'a>(call: &'a Call<'_>, name: &str) -> Option<&'a str> {
    call.arguments.body.as_ref()?.get(name)?.as_str().filter(|text| !text.is_empty())
}

fn user<'a>(call: &Call<'a>) -> Result<&'a str, Problem> {
    call.caller.and_then(|caller| caller.user.as_deref()).ok_or_else(Problem::not_a_user)
}

fn refused(refusal: Refusal) -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, refusal.code, refusal.text)
}

fn bad(code: &'static str, text: impl Into<String>) -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, code, text)
}

/// Begins a conversation that comes from outside, as no operation of the platform can: for tests of those who wait
/// for customers. The control API calls it with `{"mediaType", "queueId", "from", "name", "subject"}`.
///
/// # Errors
/// 400 for an unknown media or queue.
pub(crate) fn arrive(world: &World, request: &Value) -> Result<Value, Problem> {
    let kind = request["mediaType"].as_str().unwrap_or("voice");
    let media = Media::of_kind(kind).ok_or_else(|| {
        let known: Vec<&str> = MEDIA.iter().map(|names| names.kind).collect();
        Problem::bad_request(format!("`mediaType` must be one of: {}.", known.join(", ")))
    })?;
    let mut floor = Floor::enter(world, world.now());
    let queue = request["queueId"].as_str().unwrap_or_default();
    if !floor.has_queue(queue) {
        return Err(Problem::bad_request("`queueId` must be the id of a queue."));
    }
    let from = request["from"].as_str().map(str::to_owned);
    let name = request["name"].as_str().map(str::to_owned);
    let mut conversation = begin::inbound(&mut floor, media, queue, from, name);
    if let Some(subject) = request["subject"].as_str() {
        conversation.details.insert("subject".to_owned(), json!(subject));
    }
    floor.put(&conversation);
    floor.close();
    Ok(json!({ "id": conversation.id, "selfUri": format!("{ROOT}/{}", conversation.id) }))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use http::{Method, header};

    use super::*;
    use crate::base::demo;
    use crate::base::paths::{QUEUES, USERS};
    use crate::base::settings::Settings;
    use crate::fixture;
    use crate::schema::synthesise::conformance::PLATFORM;
    use crate::state::tokens::Caller;
    use crate::world::Parts;

    /// A world in which somebody is signed in with the token `t`, and a queue `q` that nobody works for.
    fn world() -> World {
        let settings = Settings { users: 5, conversations: 10, ..Settings::default() };
        let world = World::new(Parts::new(Arc::new(crate::bundled()), settings)).unwrap();
        world.furnish();
        lock(&world.store).collection_mut(QUEUES).put("q", json!({ "id": "q", "name": "Parcels" }));
        let caller =
            Caller { client: demo::CREDENTIALS_CLIENT.to_owned(), user: me(&world), scopes: Vec::new() };
        let ends = world.now().after(Duration::from_hours(1));
        lock(&world.tokens).add("t".to_owned(), Arc::new(caller), None, ends);
        world
    }

    fn me(world: &World) -> Option<String> {
        world.user_named(demo::USER)
    }

    #[track_caller]
    fn ask(world: &World, method: Method, path: &str, body: &Value) -> Value {
        let headers = [(header::AUTHORIZATION, "Bearer t"), (header::CONTENT_TYPE, "application/json")];
        let answer = world.answer(&fixture::request(method, path, &headers, body.to_string())).answer;
        assert!(answer.status().is_success(), "{path}: {}", String::from_utf8_lossy(answer.body()));
        serde_json::from_slice(answer.body()).unwrap_or_default()
    }

    fn come(world: &World) -> String {
        let begun = arrive(world, &json!({ "queueId": "q", "from": "tel:+13175550123" })).unwrap();
        begun["id"].as_str().unwrap().to_owned()
    }

    /// How many conversations each request of an agent's day looks at, while so many wait in its queue.
    fn visits(waiting: usize) -> Vec<(&'static str, u64)> {
        let world = world();
        let me = me(&world).unwrap();
        let first = come(&world);
        (1..waiting).for_each(|_| _ = come(&world));
        lock(&world.conversations).take_visits();
        let mut visits = Vec::new();
        let mut count = |what| visits.push((what, lock(&world.conversations).take_visits()));
        come(&world);
        count("one more comes");
        ask(&world, Method::GET, &format!("{ROOT}/{first}"), &json!(null));
        count("one is read");
        ask(&world, Method::POST, &format!("{QUEUES}/q/members"), &json!([{ "id": me }]));
        count("an agent joins the queue");
        let status = format!("{USERS}/{me}/routingstatus");
        ask(&world, Method::PUT, &status, &json!({ "status": "IDLE" }));
        count("the agent is free");
        let listed = ask(&world, Method::GET, ROOT, &json!(null));
        count("the agent's conversations are listed");
        let offered = &listed["entities"][0];
        assert_eq!(offered["id"], first.as_str(), "the one that has waited longest");
        let parties = offered["participants"].as_array().unwrap();
        let party = parties.iter().find(|one| one["purpose"] == "agent").unwrap()["id"].as_str().unwrap();
        let party = format!("{ROOT}/calls/{first}/participants/{party}");
        for state in ["connected", "disconnected"] {
            ask(&world, Method::PATCH, &party, &json!({ "state": state }));
            count(state);
        }
        ask(&world, Method::GET, "/api/v2/users/me?expand=conversationSummary", &json!(null));
        count("the agent's summary");
        ask(&world, Method::POST, QUEUES, &json!({ "name": "Letters" }));
        count("something else is stored");
        visits
    }

    #[test]
    fn what_a_request_looks_at_does_not_depend_on_how_many_conversations_wait() {
        let few = visits(10);
        assert_eq!(visits(300), few);
        assert!(few.iter().all(|(_, count)| *count <= 20), "{few:?}");
        assert!(few.iter().any(|(_, count)| *count > 0), "{few:?}");
    }

    #[test]
    fn every_handler_is_of_an_operation_of_the_definition_and_in_the_table_once() {
        let mut known: Vec<(&str, &str)> =
            HANDLERS.iter().map(|(method, path, _)| (*method, *path)).collect();
        for (method, path) in &known {
            let found = PLATFORM.operations.iter().any(|operation| {
                operation.method.as_str() == *method && rest(operation).as_deref() == Some(*path)
            });
            assert!(found, "no operation is {method} {ROOT}{path}");
        }
        known.sort_unstable();
        let twice: Vec<_> = known.windows(2).filter(|pair| pair[0] == pair[1]).collect();
        assert!(twice.is_empty(), "{twice:?}");
    }
}
