//! What is written down after a conversation.

use purecloud_definition::model::Type;
use serde_json::{Value, json};

use super::{
    Call, bad, conversation_id, floor::Floor, invented, on_conversation, participant_id, parties, refused,
};
use crate::base::lock::lock;
use crate::base::paths::QUEUES;
use crate::http::answer::Answer;
use crate::http::problem::Problem;
use crate::schema::project::into_model;
use crate::state::conversation::view::wrap_up;
use crate::state::conversation::{Conversation, WrapUp};
use crate::world::World;

/// `GET …/participants/{participantId}/wrapup`: empty while nothing is written down.
pub(super) fn read(world: &World, call: &Call<'_>) -> Result<Answer, Problem> {
    let Some(conversation) = super::find(world, call, conversation_id(call)) else {
        return super::missing(world, call);
    };
    let one = parties::require(&conversation, participant_id(call))?;
    let written = one.wrapup.as_ref().map_or_else(|| json!({}), wrap_up);
    let Some(Type::Model(model)) = call.operation.result else { return Ok(invented::answer(world, call)) };
    Ok(invented::respond(call.operation, Some(into_model(&world.platform, model, &written))))
}

/// `POST …/communications/{communicationId}/wrapup`
pub(super) fn write(world: &World, call: &Call<'_>) -> Result<Answer, Problem> {
    let sent = call.arguments.body.clone().unwrap_or_default();
    on_conversation(world, call, |floor, mut conversation| {
        parties::require(&conversation, participant_id(call))?;
        apply(floor, &mut conversation, participant_id(call), &sent)?;
        floor.put(&conversation);
        Ok(conversation)
    })
}

/// `GET …/participants/{participantId}/wrapupcodes`: those of the participant's queue, or all.
#[expect(clippy::unnecessary_wraps, reason = "handlers have one signature")]
pub(super) fn codes(world: &World, call: &Call<'_>) -> Result<Answer, Problem> {
    let store = lock(&world.store);
    let found = lock(&world.conversations).seen(call.as_of).get(conversation_id(call)).cloned();
    let queue =
        found.and_then(|found| found.participant(participant_id(call)).and_then(|one| one.queue.clone()));
    let path = queue.map(|queue| format!("{QUEUES}/{queue}/wrapupcodes")).unwrap_or_default();
    let own = store.collection(&path).filter(|codes| codes.len() > 0);
    let codes = own.or_else(|| store.collection("/api/v2/routing/wrapupcodes"));
    let codes: Value = codes.into_iter().flat_map(crate::state::store::Collection::iter).cloned().collect();
    let kind = call.operation.result.as_ref();
    let codes = kind.and_then(|kind| crate::schema::project::project(&world.platform, kind, &codes));
    Ok(invented::respond(call.operation, codes))
}

/// Writes a wrap-up down for a participant.
pub(super) fn apply(
    floor: &mut Floor<'_>,
    conversation: &mut Conversation,
    id: &str,
    sent: &Value,
) -> Result<(), Problem> {
    let code = sent["code"].as_str().unwrap_or_default();
    if !code.is_empty() && !floor.has_wrap_up_code(code) {
        let shown: String = code.chars().take(100).collect();
        return Err(bad(
            "conversation.error.wrapup.code.not.found",
            format!("The wrap-up code [{shown}] does not exist."),
        ));
    }
    let wrapup = WrapUp {
        code: code.to_owned(),
        notes: sent["notes"].as_str().map(str::to_owned),
        tags: sent["tags"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect(),
        at: floor.now(),
    };
    let now = floor.now();
    let one = conversation.participant_mut(id).ok_or_else(Problem::not_found)?;
    one.wrap_up(wrapup, now).map_err(refused)
}
