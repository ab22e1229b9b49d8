//! What participants do: answer, hold, mute, hang up.

use std::collections::HashSet;

use serde_json::{Value, json};

use super::{Call, bad, floor::Floor, on_conversation, participant_id, path_value, refused, wrapup};
use crate::http::answer::Answer;
use crate::http::problem::Problem;
use crate::state::conversation::{Conversation, Leave, OVER, Participant};
use crate::world::World;

/// `PATCH …/participants/{participantId}`
pub(super) fn change(world: &World, call: &Call<'_>) -> Result<Answer, Problem> {
    let body = call.arguments.body.clone().unwrap_or_default();
    on_conversation(world, call, |floor, mut conversation| {
        require(&conversation, participant_id(call))?;
        act(floor, &mut conversation, participant_id(call), &body)?;
        floor.put(&conversation);
        Ok(conversation)
    })
}

/// `PATCH …/participants/{participantId}/communications/{communicationId}`: ends a communication, and nothing else.
pub(super) fn change_communication(world: &World, call: &Call<'_>) -> Result<Answer, Problem> {
    let over = super::text(call, "state") == Some("disconnected");
    on_conversation(world, call, |floor, mut conversation| {
        let one = require(&conversation, participant_id(call))?;
        if one.communication != path_value(call, 2) {
            return Err(Problem::not_found());
        }
        if !over {
            return Err(bad(
                "communication.state.required",
                "The state of a communication can only be changed to [disconnected].",
            ));
        }
        hang_up(floor, &mut conversation, participant_id(call))?;
        floor.put(&conversation);
        Ok(conversation)
    })
}

/// `PATCH …/participants/{participantId}/attributes`: adds to what is there; `null` removes.
pub(super) fn attributes(world: &World, call: &Call<'_>) -> Result<Answer, Problem> {
    let sent = call.arguments.body.as_ref().map(|body| body["attributes"].clone()).unwrap_or_default();
    let mut kept = Value::Null;
    let answer = on_conversation(world, call, |floor, mut conversation| {
        require(&conversation, participant_id(call))?;
        let one = conversation.participant_mut(participant_id(call)).ok_or_else(Problem::not_found)?;
        for (name, value) in sent.as_object().into_iter().flatten() {
            match value {
                Value::Null => _ = one.attributes.remove(name),
                Value::String(text) => _ = one.attributes.insert(name.clone(), text.clone()),
                other => _ = one.attributes.insert(name.clone(), other.to_string()),
            }
        }
        kept = json!({ "attributes": one.attributes });
        floor.put(&conversation);
        Ok(conversation)
    })?;
    // Some of these operations answer with the attributes, others with nothing.
    if kept.is_null() || call.operation.result.is_none() {
        return Ok(answer);
    }
    Ok(super::invented::respond(call.operation, Some(kept)))
}

/// Does what a body says with a participant. All or nothing: the conversation is only stored when all of it went well.
fn act(
    floor: &mut Floor<'_>,
    conversation: &mut Conversation,
    id: &str,
    body: &Value,
) -> Result<(), Problem> {
    let now = floor.now();
    let state = body["state"].as_str();
    match state {
        Some("connected") => {
            conversation.answer(id, now).map_err(refused)?;
        }
        None | Some("disconnected" | "terminated") => {}
        Some(other) => {
            return Err(bad(
                "conversation.error.state.not.allowed",
                format!("The state [{other}] cannot be chosen. Choose [connected] or [disconnected]."),
            ));
        }
    }
    let one = conversation.participant_mut(id).ok_or_else(Problem::not_found)?;
    if let Some(held) = body["held"].as_bool() {
        one.hold(held, now).map_err(refused)?;
    }
    for (name, place) in [("muted", &mut one.muted), ("confined", &mut one.confined)] {
        if let Some(value) = body[name].as_bool() {
            if one.left.is_some() {
                return Err(refused(OVER));
            }
            *place = value;
        }
    }
    if let Some(sent) = body.get("wrapup").filter(|sent| !sent.is_null()) {
        wrapup::apply(floor, conversation, id, sent)?;
    } else if body["wrapupSkipped"] == true {
        let one = conversation.participant_mut(id).ok_or_else(Problem::not_found)?;
        one.skip_wrap_up(now).map_err(refused)?;
    }
    if matches!(state, Some("disconnected" | "terminated")) {
        hang_up(floor, conversation, id)?;
    }
    Ok(())
}

/// Ends a participant's part. An agent who declines what a queue offers is not offered anything until it says that
/// it is back.
pub(super) fn hang_up(
    floor: &mut Floor<'_>,
    conversation: &mut Conversation,
    id: &str,
) -> Result<(), Problem> {
    // Whoever was consulted, and was not handed over to, is told good-bye by who consulted.
    conversation.hang_up(id, floor.now()).map_err(refused)?;
    let declined: HashSet<String> = conversation
        .participants
        .iter()
        .filter(|one| one.id == id && matches!(one.left, Some((_, Leave::NoAnswer))))
        .filter_map(|one| one.user.clone())
        .collect();
    for user in declined {
        floor.set_status(&user, "NOT_RESPONDING");
    }
    Ok(())
}

/// The participant of a conversation that a path names.
pub(super) fn require<'a>(conversation: &'a Conversation, id: &str) -> Result<&'a Participant, Problem> {
    conversation.participant(id).ok_or_else(|| {
        Problem::new(
            http::StatusCode::NOT_FOUND,
            "conversation.error.participant.not.found",
            "The participant does not exist in this conversation.",
        )
    })
}
