//! Handing over: to a user, a queue or an address, at once, once they answer, or after a word with them.

use serde_json::{Value, json};

use super::begin::{address_target, no_queue, user_target, waiting};
use super::{Call, bad, floor::Floor, on_conversation, participant_id, parties, refused, text};
use crate::http::answer::Answer;
use crate::http::problem::Problem;
use crate::schema::project::into_model;
use crate::state::conversation::{Conversation, Leave, NOT_CONNECTED, Participant, Purpose, State};
use crate::world::World;

/// `POST …/participants/{participantId}/replace` and its kin.
pub(super) fn replace(world: &World, call: &Call<'_>) -> Result<Answer, Problem> {
    let body = call.arguments.body.clone().unwrap_or_default();
    let attended = text(call, "transferType") == Some("Attended");
    on_conversation(world, call, |floor, mut conversation| {
        let id = participant_id(call);
        let old = parties::require(&conversation, id)?;
        if !old.is_connected() {
            return Err(refused(NOT_CONNECTED));
        }
        if !old.purpose.is_internal() {
            return Err(bad(
                "postino.error.transfer.replace.external",
                "An external participant cannot be replaced.",
            ));
        }
        let same = old.user.is_some() && body["userId"].as_str() == old.user.as_deref();
        if same {
            return Err(bad(
                "conversations.error.transfer.same.party",
                "A participant cannot be transferred to the same user.",
            ));
        }
        let on_behalf = old.queue.clone();
        let mut new = target(floor, &body, "conversations.error.transfer.destination.required")?;
        if new.purpose == Purpose::User && on_behalf.is_some() {
            new.purpose = Purpose::Agent;
            new.queue = on_behalf;
        }
        if attended && new.is_wanted() {
            new.replaces = Some(id.to_owned());
        } else if let Some(old) = conversation.participant_mut(id) {
            old.leave(Leave::Transfer, floor.now());
        }
        conversation.participants.push(new);
        conversation.settle(floor.now());
        floor.put(&conversation);
        Ok(conversation)
    })
}

/// `POST /api/v2/conversations/{conversationId}/assign`: a user takes what waits in a queue.
pub(super) fn assign(world: &World, call: &Call<'_>) -> Result<Answer, Problem> {
    let id = text(call, "id").unwrap_or_default().to_owned();
    on_conversation(world, call, |floor, mut conversation| {
        let Some((_, queue)) = conversation.waits() else {
            return Err(bad("conversation.error.not.waiting", "The conversation does not wait in a queue."));
        };
        let queue = queue.to_owned();
        let mut agent = user_target(floor, &id)?;
        agent.wrapup_required = floor.requires_wrap_up(&queue);
        (agent.purpose, agent.queue, agent.by_queue) = (Purpose::Agent, Some(queue), true);
        conversation.participants.push(agent);
        floor.put(&conversation);
        Ok(conversation)
    })
}

/// `POST …/participants/{participantId}/consult`: the customer waits while the agent speaks to somebody else.
pub(super) fn consult(world: &World, call: &Call<'_>) -> Result<Answer, Problem> {
    let body = call.arguments.body.clone().unwrap_or_default();
    let to = body.get("destination").cloned().unwrap_or_else(|| body.clone());
    let speak_to = body["speakTo"].as_str().unwrap_or("DESTINATION").to_owned();
    let mut joined = Value::Null;
    let answer = on_conversation(world, call, |floor, mut conversation| {
        let id = participant_id(call);
        let served = parties::require(&conversation, id)?.id.clone();
        let initiator = initiator(&conversation, call, &served).ok_or_else(|| {
            bad("conversation.error.consult.transfer.no.initiator", "No agent is connected to consult from.")
        })?;
        let mut new = target(floor, &to, "conversation.error.consult.transfer.no.destination")?;
        // The voice outside answers at once.
        if new.purpose == Purpose::External {
            new.state = State::Connected;
        }
        joined = json!({ "destinationParticipantId": new.id });
        if let Some(agent) = conversation.participant_mut(&initiator) {
            agent.consults = Some(new.id.clone());
        }
        conversation.participants.push(new);
        apart(&mut conversation, &initiator, &speak_to, floor);
        floor.put(&conversation);
        Ok(conversation)
    })?;
    Ok(destination(world, call, answer, &joined))
}

/// `PATCH …/participants/{participantId}/consult`: who hears whom from now on.
pub(super) fn speak_to(world: &World, call: &Call<'_>) -> Result<Answer, Problem> {
    let speak_to = text(call, "speakTo").unwrap_or("BOTH").to_owned();
    let mut joined = Value::Null;
    let answer = on_conversation(world, call, |floor, mut conversation| {
        let (initiator, consulted) = consultation(&conversation)?;
        joined = json!({ "destinationParticipantId": consulted });
        apart(&mut conversation, &initiator, &speak_to, floor);
        floor.put(&conversation);
        Ok(conversation)
    })?;
    Ok(destination(world, call, answer, &joined))
}

/// `DELETE …/participants/{participantId}/consult`: who was consulted leaves, and the customer is back.
pub(super) fn cancel_consult(world: &World, call: &Call<'_>) -> Result<Answer, Problem> {
    on_conversation(world, call, |floor, mut conversation| {
        let (initiator, consulted) = consultation(&conversation)?;
        if let Some(one) = conversation.participant_mut(&consulted) {
            one.leave(Leave::Client, floor.now());
        }
        apart(&mut conversation, &initiator, "OBJECT", floor);
        if let Some(agent) = conversation.participant_mut(&initiator) {
            agent.consults = None;
        }
        floor.put(&conversation);
        Ok(conversation)
    })
}

/// The answer of a consultation names who was called, unless the conversation was made up.
fn destination(world: &World, call: &Call<'_>, answer: Answer, joined: &Value) -> Answer {
    match call.operation.result {
        Some(purecloud_definition::model::Type::Model(model)) if !joined.is_null() => {
            super::invented::respond(call.operation, Some(into_model(&world.platform, model, joined)))
        }
        _ => answer,
    }
}

/// Whoever consults and whom.
fn consultation(conversation: &Conversation) -> Result<(String, String), Problem> {
    let active = |id: &String| conversation.participant(id).is_some_and(Participant::is_active);
    conversation
        .participants
        .iter()
        .filter(|one| one.is_active())
        .find_map(|one| Some((one.id.clone(), one.consults.clone().filter(active)?)))
        .ok_or_else(|| bad("conversation.error.consult.transfer.not.started", "There is no consultation."))
}

/// The agent who consults: the caller, or whoever serves.
fn initiator(conversation: &Conversation, call: &Call<'_>, served: &str) -> Option<String> {
    let caller = call.caller.and_then(|caller| caller.user.as_deref());
    let mut inside = conversation
        .participants
        .iter()
        .filter(|one| one.is_connected() && matches!(one.purpose, Purpose::Agent | Purpose::User));
    let own = inside.clone().find(|one| one.user.is_some() && one.user.as_deref() == caller);
    own.or_else(|| inside.find(|one| one.id != served)).map(|one| one.id.clone())
}

/// Keeps customers on hold unless they are spoken to.
fn apart(conversation: &mut Conversation, initiator: &str, speak_to: &str, floor: &Floor<'_>) {
    let consulted = conversation.participant(initiator).and_then(|one| one.consults.clone());
    for one in &mut conversation.participants {
        if one.id == initiator || one.purpose == Purpose::Acd || !one.is_connected() {
            continue;
        }
        let is_destination = consulted.as_deref() == Some(one.id.as_str());
        one.confined = match speak_to {
            "DESTINATION" => !is_destination,
            "OBJECT" => is_destination,
            _ => false,
        };
        // Connected, so it can be held.
        let _ = one.hold(one.confined, floor.now());
    }
}

/// Who is to come.
fn target(floor: &mut Floor<'_>, to: &Value, missing: &'static str) -> Result<Participant, Problem> {
    let text = |name: &str| to[name].as_str().filter(|text| !text.is_empty());
    if let Some(id) = text("userId") {
        return user_target(floor, id);
    }
    if let Some(id) = text("queueId") {
        return if floor.has_queue(id) { Ok(waiting(floor, id)) } else { Err(no_queue(id)) };
    }
    match text("address") {
        Some(address) => Ok(address_target(floor, address, State::Connected)),
        None => Err(bad(missing, "The destination is required: userId, queueId or address.")),
    }
}
