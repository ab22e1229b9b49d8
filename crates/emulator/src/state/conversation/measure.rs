//! What analytics says of a conversation: sessions, segments, and what was counted and measured.

use serde_json::{Map, Value, json};

use super::{Conversation, Direction, Doing, Leave, Participant, Purpose};
use crate::base::clock::Moment;

/// An answer after this many milliseconds in a queue misses the service level.
pub(crate) const SERVICE_TARGET: i64 = 20_000;

/// Something that was counted (`n…`) or measured in milliseconds (`t…`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Metric {
    pub(crate) name: &'static str,
    pub(crate) value: i64,
    /// When it was known.
    pub(crate) at: Moment,
}

/// A stretch of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Segment {
    pub(crate) doing: Doing,
    pub(crate) start: Moment,
    pub(crate) end: Option<Moment>,
    /// Why the session ended, where this is its last stretch in touch with others.
    pub(crate) disconnect: Option<Leave>,
}

/// The stretches of a participant's session, in order.
pub(crate) fn segments(one: &Participant) -> Vec<Segment> {
    let mut segments: Vec<Segment> = one
        .spans
        .iter()
        .map(|span| Segment { doing: span.doing, start: span.start, end: span.end, disconnect: None })
        .collect();
    let last = segments.iter_mut().rev().find(|segment| segment.doing != Doing::Wrapup);
    if let (Some(last), Some((_, why))) = (last, one.left) {
        last.disconnect = Some(why);
    }
    // What was written down while they spoke took no time of its own.
    if let Some(wrapup) = &one.wrapup
        && one.since(Doing::Wrapup).is_none()
    {
        let at = one.left.map_or(wrapup.at, |(at, _)| at);
        segments.push(Segment { doing: Doing::Wrapup, start: at, end: Some(at), disconnect: None });
    }
    segments
}

/// What was counted and measured of a participant, in the order in which it was known.
pub(crate) fn metrics(conversation: &Conversation, one: &Participant) -> Vec<Metric> {
    let mut found = Vec::new();
    let mut add = |name, value, at: Option<Moment>| {
        if let Some(at) = at {
            found.push(Metric { name, value, at });
        }
    };
    let total = |doing: Doing| -> (i64, Option<Moment>) {
        let spans = one.spans.iter().filter(|span| span.doing == doing);
        let over: Vec<_> =
            spans.filter_map(|span| span.end.map(|end| (end.since(span.start), end))).collect();
        (over.iter().map(|(time, _)| time).sum(), over.last().map(|(_, end)| *end))
    };
    let left = one.left.map(|(at, _)| at);
    match one.purpose {
        Purpose::Acd => {
            add("nOffered", 1, one.start());
            let (waited, until) = total(Doing::Interact);
            add("tAcd", waited, until);
            match one.left {
                Some((at, Leave::Transfer)) => {
                    add("tAnswered", waited, Some(at));
                    if waited > SERVICE_TARGET {
                        add("nOverSla", 1, Some(at));
                    }
                }
                Some((at, _)) => add("tAbandon", waited, Some(at)),
                None => {}
            }
        }
        Purpose::Agent | Purpose::User => {
            let outbound = conversation.direction == Direction::Outbound && !one.by_queue;
            if outbound {
                add("nOutbound", 1, one.start());
                let (contacting, until) = total(Doing::Contacting);
                add("tContacting", contacting, until);
            }
            let (alerting, until) = total(Doing::Alert);
            add("tAlert", alerting, until);
            if let Some((at, Leave::NoAnswer)) = one.left {
                add("tNotResponding", alerting, Some(at));
            }
            let (talked, spoken) = total(Doing::Interact);
            let (held, resumed) = total(Doing::Hold);
            let (worked, done) = total(Doing::Wrapup);
            if spoken.is_some() {
                add("nConnected", 1, one.since(Doing::Interact));
                add("tTalk", talked, spoken);
                add("tHeld", held, resumed);
                add("tTalkComplete", talked, left);
                if resumed.is_some() {
                    add("tHeldComplete", held, left);
                }
                add("tAcw", worked, done);
                add(
                    "tHandle",
                    talked + held + worked,
                    left.map(|left| done.map_or(left, |done| done.max(left))),
                );
                if let Some((at, Leave::Transfer)) = one.left {
                    add("nTransferred", 1, Some(at));
                    let (name, value) = if one.consults.is_some() {
                        ("nConsultTransferred", 1)
                    } else {
                        ("nBlindTransferred", 1)
                    };
                    add(name, value, Some(at));
                }
            }
        }
        Purpose::Customer | Purpose::External => {
            let (dialing, until) = total(Doing::Dialing);
            add("tDialing", dialing, until);
            if conversation.direction == Direction::Outbound {
                add("nOutboundConnected", 1, one.since(Doing::Interact));
            }
        }
    }
    found.sort_by_key(|metric| metric.at);
    found
}

/// The conversation as analytics shows it.
pub(crate) fn detail(conversation: &Conversation) -> Value {
    let mut detail = json!({
        "conversationId": conversation.id,
        "conversationStart": conversation.start.iso(),
        "originatingDirection": conversation.direction.as_str(),
        "conversationInitiator": initiator(conversation),
        "customerParticipation": has_customer(conversation),
        "divisionIds": conversation.division.iter().collect::<Vec<_>>(),
        "participants": conversation.participants.iter().map(|one| participant(conversation, one)).collect::<Value>(),
    });
    if let Some(end) = conversation.end {
        detail["conversationEnd"] = json!(end.iso());
    }
    detail
}

/// The purpose of who began it.
pub(crate) fn initiator(conversation: &Conversation) -> &'static str {
    conversation.participants.first().map_or("unknown", |one| one.purpose.as_str())
}

/// Whether somebody outside took part.
pub(crate) fn has_customer(conversation: &Conversation) -> bool {
    conversation.participants.iter().any(|one| !one.purpose.is_internal())
}

/// The number that called and the one that was called, as far as they are known.
pub(crate) fn numbers(conversation: &Conversation) -> (Option<&str>, Option<&str>) {
    let outside = conversation.participants.iter().find(|one| !one.purpose.is_internal());
    let outside = outside.and_then(|one| one.address.as_deref());
    match conversation.direction {
        Direction::Inbound => (outside, None),
        Direction::Outbound => (None, outside),
    }
}

fn participant(conversation: &Conversation, one: &Participant) -> Value {
    let mut values = Map::new();
    values.insert("participantId".to_owned(), json!(one.id));
    values.insert("purpose".to_owned(), json!(one.purpose.as_str()));
    for (name, value) in [("participantName", &one.name), ("userId", &one.user)] {
        if let Some(value) = value {
            values.insert(name.to_owned(), json!(value));
        }
    }
    values.insert("attributes".to_owned(), json!(one.attributes));
    values.insert("sessions".to_owned(), json!([session(conversation, one)]));
    Value::Object(values)
}

fn session(conversation: &Conversation, one: &Participant) -> Value {
    let names = conversation.media.names();
    let metrics = metrics(conversation, one);
    let metric =
        |metric: &Metric| json!({ "name": metric.name, "value": metric.value, "emitDate": metric.at.iso() });
    let mut session = json!({
        "sessionId": one.communication,
        "mediaType": names.kind,
        "direction": one.direction.as_str(),
        "provider": names.provider,
        "metrics": metrics.iter().map(metric).collect::<Value>(),
        "segments": segments(one).iter().map(|segment| segment_value(one, segment)).collect::<Value>(),
    });
    let (ani, dnis) = numbers(conversation);
    for (name, value) in [("ani", ani), ("dnis", dnis), ("remote", one.name.as_deref())] {
        if let Some(value) = value {
            session[name] = json!(value);
        }
    }
    if one.by_queue {
        session["usedRouting"] = json!("Standard");
        session["requestedRoutings"] = json!(["Standard"]);
    }
    session
}

fn segment_value(one: &Participant, segment: &Segment) -> Value {
    let mut value = json!({
        "segmentType": segment.doing.as_str(),
        "segmentStart": segment.start.iso(),
        "conference": false,
    });
    if let Some(end) = segment.end {
        value["segmentEnd"] = json!(end.iso());
    }
    if let Some(queue) = &one.queue {
        value["queueId"] = json!(queue);
    }
    if let Some(why) = segment.disconnect {
        value["disconnectType"] = json!(why.analytics());
    }
    if segment.doing == Doing::Wrapup
        && let Some(wrapup) = &one.wrapup
    {
        value["wrapUpCode"] = json!(wrapup.code);
        value["wrapUpTags"] = json!(wrapup.tags);
        if let Some(notes) = &wrapup.notes {
            value["wrapUpNote"] = json!(notes);
        }
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::conversation::tests::{agent, waiting};

    fn measured(conversation: &Conversation, index: usize) -> Vec<(&'static str, i64)> {
        let found = metrics(conversation, &conversation.participants[index]);
        found.into_iter().map(|metric| (metric.name, metric.value)).collect()
    }

    #[test]
    fn times_add_up() {
        let mut call = waiting();
        call.participants.push(agent("a", 21_000));
        call.answer("a", Moment(25_000)).unwrap();
        call.participant_mut("a").unwrap().hold(true, Moment(30_000)).unwrap();
        call.participant_mut("a").unwrap().hold(false, Moment(32_000)).unwrap();
        call.hang_up("a", Moment(40_000)).unwrap();
        assert_eq!(
            measured(&call, 1),
            [("nOffered", 1), ("tAcd", 25_000), ("tAnswered", 25_000), ("nOverSla", 1)]
        );
        assert_eq!(
            measured(&call, 2),
            [
                ("tAlert", 4_000),
                ("nConnected", 1),
                ("tHeld", 2_000),
                ("tTalk", 13_000),
                ("tTalkComplete", 13_000),
                ("tHeldComplete", 2_000),
                ("tHandle", 15_000)
            ]
        );
    }

    #[test]
    fn who_gives_up_in_the_queue_is_abandoned() {
        let mut call = waiting();
        call.hang_up("c", Moment(7_000)).unwrap();
        assert_eq!(measured(&call, 1), [("nOffered", 1), ("tAcd", 7_000), ("tAbandon", 7_000)]);
        let detail = detail(&call);
        assert_eq!(detail["participants"][0]["sessions"][0]["segments"][0]["disconnectType"], "client");
        assert_eq!(detail["participants"][1]["sessions"][0]["segments"][0]["queueId"], "queue");
    }
}
