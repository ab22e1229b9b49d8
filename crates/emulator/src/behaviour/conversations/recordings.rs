//! What was recorded: one recording of each conversation in which somebody spoke with an agent.

use purecloud_definition::model::Type;
use serde_json::{Value, json};

use super::{Call, ROOT, conversation_id, find, invented, missing, path_value};
use crate::http::answer::Answer;
use crate::http::problem::Problem;
use crate::schema::project::project;
use crate::schema::synthesise;
use crate::state::conversation::{Conversation, Doing, Media, Purpose};
use crate::world::World;

/// `GET …/recordings` and `…/recordingmetadata`
pub(super) fn list(world: &World, call: &Call<'_>) -> Result<Answer, Problem> {
    let Some(conversation) = find(world, call, conversation_id(call)) else { return missing(world, call) };
    let all: Value = recording(world, &conversation).into_iter().collect();
    Ok(shaped(world, call, &all))
}

/// `GET …/recordings/{recordingId}` and `…/recordingmetadata/{recordingId}`
pub(super) fn read(world: &World, call: &Call<'_>) -> Result<Answer, Problem> {
    let Some(conversation) = find(world, call, conversation_id(call)) else { return missing(world, call) };
    let found = recording(world, &conversation).filter(|found| found["id"] == path_value(call, 1));
    found.map(|found| shaped(world, call, &found)).ok_or_else(Problem::not_found)
}

fn shaped(world: &World, call: &Call<'_>, value: &Value) -> Answer {
    let kind = call.operation.result.as_ref();
    invented::respond(call.operation, kind.and_then(|kind: &Type| project(&world.platform, kind, value)))
}

/// The recording of a conversation that is over.
fn recording(world: &World, conversation: &Conversation) -> Option<Value> {
    let end = conversation.end?;
    let mut agents =
        conversation.participants.iter().filter(|one| matches!(one.purpose, Purpose::Agent | Purpose::User));
    let spoken = agents.find_map(|one| one.since(Doing::Interact).map(|start| (one, start)));
    let (agent, start) = spoken?;
    let media = match conversation.media {
        Media::Call | Media::Callback => "audio",
        Media::Chat => "chat",
        Media::Email => "email",
        Media::Message => "message",
    };
    let id =
        synthesise::uuid(&mut synthesise::rng(world.settings.seed, ("recording", conversation.id.as_str())));
    Some(json!({
        "id": id,
        "conversationId": conversation.id,
        "sessionId": agent.communication,
        "startTime": start.iso(),
        "endTime": end.iso(),
        "media": media,
        "mediaSubtype": "Trunk",
        "fileState": "AVAILABLE",
        "outputDurationMs": end.since(start),
        // Filled in where the answer leaves.
        "mediaUris": { "S": { "mediaUri": "" } },
        "selfUri": format!("{ROOT}/{}/recordings/{id}", conversation.id),
    }))
}
