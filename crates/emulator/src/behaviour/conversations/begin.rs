//! Conversations begin: calls and messages by a user, callbacks and e-mails for a queue.

use serde_json::{Map, Value, json};

use super::{Call, bad, floor::Floor, media, on_conversation, path_value, reply, text, user};
use crate::http::answer::Answer;
use crate::http::problem::Problem;
use crate::schema::synthesise;
use crate::state::conversation::{Conversation, Direction, Media, Participant, Purpose, State};
use crate::world::World;

/// Whom a conversation is for.
enum To {
    User(String),
    Queue(String),
    Address(String),
}

/// `POST /api/v2/conversations/calls` and the like.
pub(super) fn begin(world: &World, call: &Call<'_>) -> Result<Answer, Problem> {
    let media = media(call).ok_or_else(Problem::not_found)?;
    let mut floor = Floor::enter(world, call.now);
    let mut conversation = match media {
        Media::Call => {
            let mut to = destinations(call);
            if to.is_empty() && world.settings.invent_missing {
                to.push(To::Address("+13175550100".to_owned()));
            }
            outbound_call(&mut floor, call, to)?
        }
        Media::Callback => {
            let queue = queue_of(world, &floor, call, "conversation.error.callback.queue.required")?;
            let number = call.arguments.body.as_ref().and_then(|body| body["callbackNumbers"][0].as_str());
            let name = text(call, "callbackUserName").map(str::to_owned);
            inbound(&mut floor, media, &queue, number.map(str::to_owned), name)
        }
        Media::Email if text(call, "direction") == Some("INBOUND") => {
            let queue =
                queue_of(world, &floor, call, "postino.error.notnull.createconversationrequest.queueid")?;
            let from = text(call, "fromAddress").map(str::to_owned);
            inbound(&mut floor, media, &queue, from, text(call, "fromName").map(str::to_owned))
        }
        Media::Chat => {
            let queue =
                queue_of(world, &floor, call, "chat.error.notnull.createconversationrequest.queueid")?;
            inbound(&mut floor, media, &queue, None, None)
        }
        Media::Email | Media::Message => {
            let code = if media == Media::Email { "email.outbound.queue.required" } else { "queue.required" };
            let queue = queue_of(world, &floor, call, code)?;
            let to = text(call, "toAddress").unwrap_or_default().to_owned();
            let mut conversation = started(&mut floor, media, Direction::Outbound);
            let mut agent = caller(&mut floor, call, Purpose::Agent, State::Connected)?;
            agent.wrapup_required = floor.requires_wrap_up(&queue);
            agent.queue = Some(queue);
            conversation.participants.push(agent);
            let mut customer = party(&mut floor, Purpose::Customer, State::Connected, Direction::Outbound);
            customer.name = text(call, "toName").map(str::to_owned);
            customer.address = Some(to);
            conversation.participants.push(customer);
            conversation
        }
    };
    conversation.details.extend(details(call));
    for one in &mut conversation.participants {
        if !one.purpose.is_internal() {
            one.attributes = attributes(call);
        }
    }
    floor.put(&conversation);
    floor.close();
    Ok(reply(world, call, &conversation))
}

/// `POST /api/v2/conversations/calls/user/{userId}`
pub(super) fn call_user(world: &World, call: &Call<'_>) -> Result<Answer, Problem> {
    let target = path_value(call, 0).to_owned();
    let mut floor = Floor::enter(world, call.now);
    if floor.user_name(&target).is_none() && world.settings.invent_missing {
        drop(floor);
        return super::missing(world, call);
    }
    let conversation = outbound_call(&mut floor, call, vec![To::User(target)])?;
    floor.put(&conversation);
    floor.close();
    Ok(reply(world, call, &conversation))
}

/// `POST /api/v2/conversations/calls/{conversationId}`: a number joins, as for a callback.
pub(super) fn call_number(world: &World, call: &Call<'_>) -> Result<Answer, Problem> {
    let number = text(call, "callNumber").unwrap_or_default().to_owned();
    on_conversation(world, call, |floor, conversation| invite(floor, conversation, vec![To::Address(number)]))
}

/// `POST /api/v2/conversations/calls/{conversationId}/participants`: a conference.
pub(super) fn add_parties(world: &World, call: &Call<'_>) -> Result<Answer, Problem> {
    let wanted = destinations(call);
    on_conversation(world, call, |floor, conversation| invite(floor, conversation, wanted))
}

fn invite(
    floor: &mut Floor<'_>,
    mut conversation: Conversation,
    to: Vec<To>,
) -> Result<Conversation, Problem> {
    if conversation.end.is_some() {
        return Err(super::refused(crate::state::conversation::OVER));
    }
    for to in to {
        let one = target(floor, to, State::Dialing)?;
        conversation.participants.push(one);
    }
    floor.put(&conversation);
    Ok(conversation)
}

/// A conversation from outside that waits in a queue.
pub(super) fn inbound(
    floor: &mut Floor<'_>,
    media: Media,
    queue: &str,
    from: Option<String>,
    name: Option<String>,
) -> Conversation {
    let mut conversation = started(floor, media, Direction::Inbound);
    let mut customer = party(floor, Purpose::Customer, State::Connected, Direction::Inbound);
    (customer.address, customer.name) = (from, name);
    conversation.participants.push(customer);
    conversation.participants.push(waiting(floor, queue));
    conversation
}

/// A queue, as a participant.
pub(super) fn waiting(floor: &mut Floor<'_>, queue: &str) -> Participant {
    let mut acd = party(floor, Purpose::Acd, State::Connected, Direction::Inbound);
    acd.name = floor.queue(queue).and_then(|queue| queue["name"].as_str()).map(str::to_owned);
    acd.queue = Some(queue.to_owned());
    acd
}

fn started(floor: &mut Floor<'_>, media: Media, direction: Direction) -> Conversation {
    Conversation {
        id: synthesise::fresh_id(),
        media,
        direction,
        start: floor.now(),
        end: None,
        division: floor.division(),
        participants: Vec::new(),
        details: Map::new(),
    }
}

fn party(floor: &mut Floor<'_>, purpose: Purpose, state: State, direction: Direction) -> Participant {
    let mut one =
        Participant::new(synthesise::fresh_id(), synthesise::fresh_id(), purpose, state, floor.now());
    one.direction = direction;
    one
}

/// Who makes the call, as a participant.
fn caller(
    floor: &mut Floor<'_>,
    call: &Call<'_>,
    purpose: Purpose,
    state: State,
) -> Result<Participant, Problem> {
    let user = user(call)?.to_owned();
    let mut one = party(floor, purpose, state, Direction::Outbound);
    one.name = floor.user_name(&user);
    one.user = Some(user);
    Ok(one)
}

fn outbound_call(floor: &mut Floor<'_>, call: &Call<'_>, to: Vec<To>) -> Result<Conversation, Problem> {
    if to.is_empty() {
        return Err(bad(
            "conversation.error.call.destination.required",
            "A call needs a destination: phoneNumber, callUserId, callQueueId or participants.",
        ));
    }
    let on_behalf = text(call, "callFromQueueId").map(str::to_owned);
    if let Some(queue) = &on_behalf
        && !floor.has_queue(queue)
    {
        return Err(no_queue(queue));
    }
    let mut conversation = started(floor, Media::Call, Direction::Outbound);
    let purpose = if on_behalf.is_some() { Purpose::Agent } else { Purpose::User };
    let mut caller = caller(floor, call, purpose, State::Contacting)?;
    caller.queue.clone_from(&on_behalf);
    conversation.participants.push(caller);
    for to in to {
        let mut one = target(floor, to, State::Dialing)?;
        if on_behalf.is_some() && one.purpose == Purpose::External {
            one.purpose = Purpose::Customer;
        }
        conversation.participants.push(one);
    }
    Ok(conversation)
}

/// Somebody who is called. `outside` is the state of who is not of the organisation.
fn target(floor: &mut Floor<'_>, to: To, outside: State) -> Result<Participant, Problem> {
    match to {
        To::Queue(queue) if !floor.has_queue(&queue) => Err(no_queue(&queue)),
        To::Queue(queue) => Ok(waiting(floor, &queue)),
        To::User(id) => user_target(floor, &id),
        To::Address(address) => Ok(address_target(floor, &address, outside)),
    }
}

/// A user who is called.
pub(super) fn user_target(floor: &mut Floor<'_>, id: &str) -> Result<Participant, Problem> {
    let name = floor.user_name(id).ok_or_else(|| {
        bad("conversation.error.user.not.found", format!("The user [{}] was not found.", cut(id)))
    })?;
    let mut one = party(floor, Purpose::User, State::Alerting, Direction::Inbound);
    (one.user, one.name) = (Some(id.to_owned()), Some(name));
    Ok(one)
}

/// Somebody outside who is called.
pub(super) fn address_target(floor: &mut Floor<'_>, address: &str, state: State) -> Participant {
    let mut one = party(floor, Purpose::External, state, Direction::Outbound);
    let is_address = address.contains(':') || address.contains('@');
    one.address = Some(if is_address { address.to_owned() } else { format!("tel:{address}") });
    one
}

pub(super) fn no_queue(id: &str) -> Problem {
    bad("conversations.error.queue.not.found", format!("The queue [{}] does not exist.", cut(id)))
}

fn cut(id: &str) -> String {
    id.chars().take(100).collect()
}

/// Whom a call is for, as its body says.
fn destinations(call: &Call<'_>) -> Vec<To> {
    let body = call.arguments.body.clone().unwrap_or_default();
    let one = |value: &Value, user: &str, queue: &str, address: &str| {
        let text = |name: &str| value[name].as_str().filter(|text| !text.is_empty()).map(str::to_owned);
        text(user)
            .map(To::User)
            .or_else(|| text(queue).map(To::Queue))
            .or_else(|| text(address).map(To::Address))
    };
    let listed = body["participants"].as_array().into_iter().flatten();
    let listed = listed.filter_map(|value| one(value, "userId", "queueId", "address"));
    one(&body, "callUserId", "callQueueId", "phoneNumber").into_iter().chain(listed).collect()
}

/// The queue that a body names. Where arguments are made up, any is as good.
fn queue_of(
    world: &World,
    floor: &Floor<'_>,
    call: &Call<'_>,
    code: &'static str,
) -> Result<String, Problem> {
    let routed = call.arguments.body.as_ref().and_then(|body| body["routingData"]["queueId"].as_str());
    let named = text(call, "queueId").or(routed);
    match named.filter(|id| floor.has_queue(id)) {
        Some(id) => Ok(id.to_owned()),
        None if world.settings.invent_missing => {
            floor.first_queue().ok_or_else(|| bad(code, "The organization has no queue."))
        }
        None => Err(named.map_or_else(|| bad(code, "The field [queueId] is required."), no_queue)),
    }
}

/// What is sent with a new conversation and shows in its communications.
fn details(call: &Call<'_>) -> Map<String, Value> {
    const NAMES: &[&str] = &[
        "subject",
        "callbackNumbers",
        "callbackUserName",
        "callbackScheduledTime",
        "scriptId",
        "uuiData",
        "callerId",
        "callerIdName",
    ];
    let Some(Value::Object(body)) = &call.arguments.body else { return Map::new() };
    let mut details: Map<String, Value> =
        NAMES.iter().filter_map(|name| Some(((*name).to_owned(), body.get(*name)?.clone()))).collect();
    if let Some(kind) = body.get("toAddressMessengerType") {
        details.insert("type".to_owned(), kind.clone());
    }
    if let Some(to) = body.get("toAddress") {
        details.insert("toAddress".to_owned(), json!({ "addressNormalized": to, "addressRaw": to }));
    }
    details
}

/// The attributes that a new conversation starts with.
fn attributes(call: &Call<'_>) -> std::collections::BTreeMap<String, String> {
    let body = call.arguments.body.as_ref();
    let given = body.and_then(|body| body.get("attributes").or_else(|| body.get("data")));
    let given = given.and_then(Value::as_object).into_iter().flatten();
    given.filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned()))).collect()
}
