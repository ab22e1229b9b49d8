//! Filters of analytics: predicates on dimensions and metrics, joined by `and` and `or`.

use std::borrow::Cow;

use serde_json::Value;

use super::interval;
use crate::base::clock::Moment;
use crate::state::conversation::measure::{Segment, has_customer, initiator, metrics, numbers};
use crate::state::conversation::{Conversation, Doing, Participant, Purpose};

/// What a predicate looks at: a conversation, somebody in it, or a stretch of somebody's part in it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place<'a> {
    pub(crate) conversation: &'a Conversation,
    pub(crate) one: Option<&'a Participant>,
    pub(crate) segment: Option<&'a Segment>,
}

impl<'a> Place<'a> {
    /// A conversation as a whole.
    pub(crate) fn of(conversation: &'a Conversation) -> Self {
        Self { conversation, one: None, segment: None }
    }
}

/// Whether a filter is true of a place. A filter that wants nothing is.
pub(crate) fn fits(filter: &Value, place: &Place<'_>) -> bool {
    joined(filter, &|predicate| one(predicate, place))
}

/// Joins predicates and clauses the way a filter says.
pub(crate) fn joined(filter: &Value, fits: &dyn Fn(&Value) -> bool) -> bool {
    let all = |name: &str| filter[name].as_array().map_or(&[][..], Vec::as_slice);
    let (predicates, clauses) = (all("predicates"), all("clauses"));
    if predicates.is_empty() && clauses.is_empty() {
        return true;
    }
    let mut results = predicates.iter().map(fits).chain(clauses.iter().map(|clause| joined(clause, fits)));
    if filter["type"].as_str().is_some_and(|kind| kind.eq_ignore_ascii_case("or")) {
        results.any(|fits| fits)
    } else {
        results.all(|fits| fits)
    }
}

/// Whether a predicate is true of something whose value is known, or nothing.
pub(crate) fn is_true(predicate: &Value, value: Option<&str>) -> bool {
    match predicate["operator"].as_str().unwrap_or("matches") {
        "exists" => value.is_some(),
        "notExists" => value.is_none(),
        operator => {
            let matches = value.is_some_and(|value| matches(predicate, value));
            // Not in every generation of the definition.
            matches != (operator == "notMatches")
        }
    }
}

fn matches(predicate: &Value, value: &str) -> bool {
    if let Some(range) = predicate.get("range").filter(|range| range.is_object()) {
        return value.parse().is_ok_and(|value| in_range(range, value));
    }
    let wanted = predicate["value"].as_str().unwrap_or_default();
    if value.eq_ignore_ascii_case(wanted) {
        return true;
    }
    // A date is asked for by an interval.
    wanted.contains('/')
        && Moment::parse(value)
            .is_some_and(|at| interval::parse(wanted).is_ok_and(|interval| interval.has(at)))
}

/// Whether a number is in a range of `gt`, `gte`, `lt` and `lte`.
pub(crate) fn in_range(range: &Value, value: f64) -> bool {
    let bound =
        |name: &str, fits: fn(f64, f64) -> bool| range[name].as_f64().is_none_or(|bound| fits(value, bound));
    bound("gt", |value, bound| value > bound)
        && bound("gte", |value, bound| value >= bound)
        && bound("lt", |value, bound| value < bound)
        && bound("lte", |value, bound| value <= bound)
}

fn one(predicate: &Value, place: &Place<'_>) -> bool {
    if predicate["type"] == "property" {
        // Nothing here has properties.
        return is_true(predicate, None);
    }
    if let Some(metric) = predicate["metric"].as_str() {
        let value = measured(place, metric).map(|value| value.to_string());
        return is_true(predicate, value.as_deref());
    }
    let name = predicate["dimension"].as_str().unwrap_or_default();
    is_true(predicate, text_of(place, name).as_deref())
}

/// The sum of a metric over what a place is about, in milliseconds where it is a time.
fn measured(place: &Place<'_>, name: &str) -> Option<i64> {
    if name == "tSegmentDuration" {
        let segment = place.segment?;
        return segment.end.map(|end| end.since(segment.start));
    }
    let conversation = place.conversation;
    let whole = place.one.is_none();
    let participants =
        conversation.participants.iter().filter(|one| whole || place.one.is_some_and(|own| own.id == one.id));
    let mut found = participants
        .flat_map(|one| metrics(conversation, one))
        .filter(|metric| metric.name == name)
        .peekable();
    found.peek()?;
    Some(found.map(|metric| metric.value).sum())
}

/// The value of a dimension at a place, where it has one.
pub(crate) fn text_of<'a>(place: &Place<'a>, name: &str) -> Option<Cow<'a, str>> {
    let conversation = place.conversation;
    let date = |moment: Moment| Some(Cow::Owned(moment.iso()));
    let flag = |value: bool| Some(Cow::Borrowed(if value { "true" } else { "false" }));
    match name {
        "conversationId" => Some(Cow::Borrowed(&conversation.id)),
        "conversationStart" => date(conversation.start),
        "conversationEnd" => date(conversation.end?),
        "divisionId" => conversation.division.as_deref().map(Cow::Borrowed),
        "originatingDirection" => Some(Cow::Borrowed(conversation.direction.as_str())),
        "conversationInitiator" => Some(Cow::Borrowed(initiator(conversation))),
        "customerParticipation" => flag(has_customer(conversation)),
        "mediaType" => Some(Cow::Borrowed(conversation.media.names().kind)),
        "provider" => Some(Cow::Borrowed(conversation.media.names().provider)),
        "ani" | "addressFrom" => numbers(conversation).0.map(Cow::Borrowed),
        "dnis" | "addressTo" => numbers(conversation).1.map(Cow::Borrowed),
        "firstQueue" => {
            conversation.participants.iter().find_map(|one| one.queue.as_deref()).map(Cow::Borrowed)
        }
        "subject" => conversation.details.get("subject")?.as_str().map(Cow::Borrowed),
        _ => of_participant(place, place.one?, name),
    }
}

fn of_participant<'a>(place: &Place<'a>, one: &'a Participant, name: &str) -> Option<Cow<'a, str>> {
    let date = |moment: Moment| Some(Cow::Owned(moment.iso()));
    match name {
        "userId" => one.user.as_deref().map(Cow::Borrowed),
        "queueId" => one.queue.as_deref().map(Cow::Borrowed),
        "purpose" => Some(Cow::Borrowed(one.purpose.as_str())),
        "participantName" | "remote" => one.name.as_deref().map(Cow::Borrowed),
        "direction" => Some(Cow::Borrowed(one.direction.as_str())),
        "sessionId" => Some(Cow::Borrowed(&one.communication)),
        "usedRouting" | "requestedRouting" | "activeRouting" => {
            (one.by_queue || one.purpose == Purpose::Acd).then_some(Cow::Borrowed("Standard"))
        }
        "conference" => Some(Cow::Borrowed("false")),
        "wrapUpCode" | "wrapUpNote" => {
            // Written down in one stretch, which is the only one that has it.
            let here = place.segment.is_none_or(|segment| segment.doing == Doing::Wrapup);
            let wrapup = one.wrapup.as_ref().filter(|_| here)?;
            if name == "wrapUpCode" {
                Some(Cow::Borrowed(&wrapup.code))
            } else {
                wrapup.notes.as_deref().map(Cow::Borrowed)
            }
        }
        "disconnectType" => {
            let why = match place.segment {
                Some(segment) => segment.disconnect,
                None => one.left.map(|(_, why)| why),
            };
            why.map(|why| Cow::Borrowed(why.analytics()))
        }
        "segmentType" => place.segment.map(|segment| Cow::Borrowed(segment.doing.as_str())),
        "segmentStart" => date(place.segment?.start),
        "segmentEnd" => date(place.segment?.end?),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::state::conversation::measure::segments;
    use crate::state::conversation::tests::{agent, waiting};

    fn call() -> Conversation {
        let mut call = waiting();
        call.participants.push(agent("a", 10_000));
        call.answer("a", Moment(12_000)).unwrap();
        call.hang_up("a", Moment(42_000)).unwrap();
        call
    }

    #[track_caller]
    fn whole(filter: &Value, expect: bool) {
        assert_eq!(fits(filter, &Place::of(&call())), expect, "{filter}");
    }

    #[track_caller]
    fn part(filter: &Value, expect: usize) {
        let call = call();
        let fitting = call
            .participants
            .iter()
            .flat_map(|one| segments(one).into_iter().map(move |segment| (one, segment)));
        let fitting = fitting.filter(|(one, segment)| {
            fits(filter, &Place { conversation: &call, one: Some(one), segment: Some(segment) })
        });
        assert_eq!(fitting.count(), expect, "{filter}");
    }

    #[test]
    fn a_conversation_is_chosen_by_what_is_true_of_it() {
        let wants = |predicate: Value| json!({ "type": "and", "predicates": [predicate] });
        whole(&wants(json!({ "dimension": "conversationId", "value": "conversation" })), true);
        whole(&wants(json!({ "dimension": "conversationId", "value": "another" })), false);
        whole(
            &wants(json!({ "dimension": "conversationId", "operator": "notMatches", "value": "another" })),
            true,
        );
        whole(&wants(json!({ "dimension": "conversationEnd", "operator": "exists" })), true);
        whole(&wants(json!({ "dimension": "externalTag", "operator": "notExists" })), true);
        whole(
            &wants(json!({ "type": "metric", "metric": "tTalk", "range": { "gte": 30_000, "lt": 30_001 } })),
            true,
        );
        whole(&wants(json!({ "type": "metric", "metric": "tTalk", "range": { "gt": 30_000 } })), false);
        whole(&wants(json!({ "type": "metric", "metric": "tAbandon", "operator": "notExists" })), true);
        let start = json!({ "dimension": "conversationStart", "value": "1970-01-01T00:00:00Z/PT1S" });
        whole(&wants(start), true);
    }

    #[test]
    fn one_stretch_must_have_all_that_is_wanted_together() {
        let filter = json!({ "type": "and", "predicates": [
            { "dimension": "purpose", "value": "agent" },
            { "dimension": "segmentType", "value": "interact" },
            { "type": "metric", "metric": "tSegmentDuration", "range": { "gte": 30_000 } },
        ] });
        part(&filter, 1);
        part(
            &json!({ "type": "or", "predicates": [
            { "dimension": "segmentType", "value": "alert" },
            { "dimension": "purpose", "value": "customer" },
        ] }),
            2,
        );
        part(
            &json!({ "type": "and", "clauses": [
            { "type": "or", "predicates": [{ "dimension": "userId", "value": "user-a" }] },
            { "type": "or", "predicates": [{ "dimension": "disconnectType", "operator": "exists" }] },
        ] }),
            1,
        );
        part(&json!({ "type": "and" }), 4);
    }
}
