//! A conversation as the platform's operations and events show it.
//!
//! One value with everything in it, from which [`crate::schema::project`] takes what a model has: a `Participant` has a list
//! of communications, a `CallMediaParticipant` is its communication.

use serde_json::{Map, Value, json};

use super::{Conversation, Doing, Participant, Span, WrapUp};
use crate::base::clock::Moment;
use crate::base::paths::{DIVISIONS, QUEUES, USERS};

/// Everything that is known of a conversation. `own` is its address, generic or that of its media.
pub(crate) fn view(conversation: &Conversation, own: &str) -> Value {
    let id = &conversation.id;
    let reference = json!({ "id": id, "selfUri": own });
    let mut view = json!({
        "id": id,
        "startTime": conversation.start.iso(),
        "participants": conversation.participants.iter().map(|one| participant(conversation, one)).collect::<Value>(),
        "recordingState": "none",
        "securePause": false,
        "selfUri": own,
        "conversation": reference,
        "callbackIdentifiers": [{ "type": "ACD", "id": id }],
    });
    if let Some(end) = conversation.end {
        view["endTime"] = json!(end.iso());
    }
    if let Some(division) = &conversation.division {
        let division = json!({ "id": division, "selfUri": format!("{DIVISIONS}/{division}") });
        view["divisions"] = json!([{ "division": division, "entities": [] }]);
    }
    view
}

fn participant(conversation: &Conversation, one: &Participant) -> Value {
    let mut values = Map::new();
    let mut put = |name: &str, value: Value| {
        if !value.is_null() {
            values.insert(name.to_owned(), value);
        }
    };
    let refer = |id: &Option<String>, path: &str| {
        id.as_ref().map_or(Value::Null, |id| json!({ "id": id, "selfUri": format!("{path}/{id}") }))
    };
    let inside = one.purpose.is_internal();
    put("participantType", json!(if inside { "Internal" } else { "External" }));
    put("userId", json!(one.user));
    put("userUri", one.user.as_ref().map_or(Value::Null, |id| json!(format!("{USERS}/{id}"))));
    put("user", refer(&one.user, USERS));
    put("queueId", json!(one.queue));
    put("queue", refer(&one.queue, QUEUES));
    put("conversationRoutingData", routing(one));
    put("purpose", json!(one.purpose.as_str()));
    put("attributes", json!(one.attributes));
    put("startTime", iso(one.start()));
    put("endTime", iso(one.left.map(|(at, _)| at)));
    put("wrapupRequired", json!(one.wrapup_required));
    put("wrapupSkipped", json!(one.wrapup_skipped));
    put("wrapupPrompt", json!(if one.wrapup_required { "mandatory" } else { "optional" }));
    let work = one.spans.iter().find(|span| span.doing == Doing::Wrapup);
    put("startAcwTime", iso(work.map(|span| span.start)));
    put("endAcwTime", iso(work.and_then(|span| span.end)));
    put("consultParticipantId", json!(one.consults));
    put("mediaRoles", json!(["full"]));
    let communication = communication(conversation, one);
    for (name, value) in &communication {
        put(name, value.clone());
    }
    put("id", json!(one.id));
    put(conversation.media.names().plural, json!([communication]));
    Value::Object(values)
}

fn routing(one: &Participant) -> Value {
    let Some(queue) = &one.queue else { return Value::Null };
    json!({ "queue": { "id": queue, "selfUri": format!("{QUEUES}/{queue}") }, "priority": 0, "skills": [], "scoredAgents": [] })
}

fn communication(conversation: &Conversation, one: &Participant) -> Map<String, Value> {
    let mut values = conversation.details.clone();
    let mut put = |name: &str, value: Value| {
        if !value.is_null() {
            values.insert(name.to_owned(), value);
        }
    };
    let first = one.spans.first().map(|span| match span.doing {
        Doing::Contacting => "contacting",
        Doing::Dialing => "dialing",
        Doing::Alert => "alerting",
        _ => "connected",
    });
    put("id", json!(one.communication));
    put("state", json!(one.state.as_str()));
    put("initialState", json!(first));
    put("direction", json!(one.direction.as_str()));
    put("held", json!(one.is_held()));
    put("muted", json!(one.muted));
    put("confined", json!(one.confined));
    put("recording", json!(false));
    put("recordingState", json!("none"));
    put("provider", json!(conversation.media.names().provider));
    put("name", json!(one.name));
    put("address", json!(one.address));
    put("startAlertingTime", iso(one.since(Doing::Alert)));
    put("connectedTime", iso(one.since(Doing::Interact)));
    let held = one.spans.last().filter(|_| one.is_held());
    put("startHoldTime", iso(held.map(|span| span.start)));
    if let Some((at, why)) = one.left {
        put("disconnectedTime", json!(at.iso()));
        put("disconnectType", json!(why.as_str()));
    }
    let own = json!({ "addressNormalized": one.address, "addressRaw": one.address, "name": one.name });
    put("self", own);
    put("wrapup", one.wrapup.as_ref().map_or(Value::Null, wrap_up));
    put("segments", one.spans.iter().filter_map(segment).collect());
    put("afterCallWorkRequired", json!(one.wrapup_required));
    // Who is outside has a number, under which calls from it are known.
    if !one.purpose.is_internal() {
        put("ani", json!(one.address));
    }
    values
}

/// Spans that are over.
fn segment(span: &Span) -> Option<Value> {
    let end = span.end?;
    Some(
        json!({ "startTime": span.start.iso(), "endTime": end.iso(), "type": span.doing.as_str(), "howEnded": "Disconnect" }),
    )
}

/// A wrap-up as it is read.
pub(crate) fn wrap_up(wrapup: &WrapUp) -> Value {
    json!({
        "code": wrapup.code,
        "notes": wrapup.notes.as_deref().unwrap_or_default(),
        "tags": wrapup.tags,
        "durationSeconds": 0,
        "endTime": wrapup.at.iso(),
    })
}

fn iso(moment: Option<Moment>) -> Value {
    moment.map_or(Value::Null, |moment| json!(moment.iso()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::conversation::tests::{agent, waiting};

    #[test]
    fn a_participant_is_its_communication_and_lists_it() {
        let mut call = waiting();
        call.participants.push(agent("a", 1000));
        call.answer("a", Moment(2000)).unwrap();
        let view = view(&call, "/api/v2/conversations/calls/conversation");
        let one = &view["participants"][2];
        assert_eq!((&one["id"], &one["state"]), (&json!("a"), &json!("connected")));
        assert_eq!(
            (&one["calls"][0]["id"], &one["calls"][0]["initialState"]),
            (&json!("ac"), &json!("alerting"))
        );
        assert_eq!(one["connectedTime"], "1970-01-01T00:00:02.000Z");
        assert_eq!(one["user"]["selfUri"], "/api/v2/users/user-a");
        assert_eq!(view["participants"][0]["ani"], "tel:+13175550100");
        assert!(view.get("endTime").is_none());
    }
}
