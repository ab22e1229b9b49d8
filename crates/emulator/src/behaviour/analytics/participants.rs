//! Searches of participants by their attributes.

use serde_json::{Value, json};

use super::interval::Interval;
use super::{each_within, find, respond};
use crate::base::clock::Moment;
use crate::behaviour::{Call, search};
use crate::http::answer::Answer;
use crate::http::problem::Problem;
use crate::schema::listing::{self, Window};
use crate::state::conversation::{Conversation, Participant};
use crate::world::World;

/// How many participants a page has.
const PAGE: usize = 25;

/// `POST /api/v2/conversations/participants/attributes/search`
pub(super) fn search(world: &World, call: &Call<'_>) -> Result<Answer, Problem> {
    let body = call.arguments.body.clone().unwrap_or_default();
    let clauses = body["query"].as_array().map_or(&[][..], Vec::as_slice);
    let offset = match body["cursor"].as_str().filter(|cursor| !cursor.is_empty()) {
        None => 0,
        Some(cursor) => match listing::read_token(cursor) {
            Some(offset) => offset,
            None if world.settings.invent_missing => 0,
            None => return Err(Problem::bad_request("The cursor is not one that a search gave out.")),
        },
    };
    let always = Interval { start: Moment(i64::MIN), end: Moment(i64::MAX) };
    // Where they are, not what they say: thousands may fit.
    let mut found: Vec<(Moment, String, usize)> = Vec::new();
    let window = Window { offset, size: PAGE };
    each_within(world, call, &world.history(), always, |_, conversation| {
        for (number, one) in conversation.participants.iter().enumerate() {
            if one.attributes.is_empty() {
                continue;
            }
            if search::all(&document(conversation, one), clauses, 0) {
                found.push((conversation.start, conversation.id.clone(), number));
            }
        }
    });
    found.sort();
    if body["sortOrder"] == "DESC" {
        found.reverse();
    }
    let shown = window.cut(&found).iter().filter_map(|(_, id, number)| {
        let conversation = find(world, call, id)?;
        conversation.participants.get(*number).map(|one| document(&conversation, one))
    });
    let shown: Vec<Value> = shown.collect();
    let mut answer = json!({ "results": shown, "types": ["conversations"] });
    let end = window.offset.saturating_add(PAGE);
    if end < found.len() {
        answer["cursor"] = json!(listing::token(end));
    }
    Ok(respond(world, call, &answer))
}

/// What is known of a participant. Attributes stand under `participantData`.
fn document(conversation: &Conversation, one: &Participant) -> Value {
    json!({
        "conversationId": conversation.id,
        "participantId": one.id,
        "purpose": one.purpose.as_str(),
        "startTime": conversation.start.iso(),
        "endTime": conversation.end.map(Moment::iso),
        "divisionIds": conversation.division.iter().collect::<Vec<_>>(),
        "userId": one.user,
        "queueId": one.queue,
        "participantData": one.attributes,
    })
}
