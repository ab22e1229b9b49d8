//! What happens right now, by group: who waits, who is called, who speaks.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::filter::{Place, fits, text_of};
use super::respond;
use crate::base::clock::Moment;
use crate::base::lock::lock;
use crate::behaviour::Call;
use crate::http::answer::Answer;
use crate::http::problem::Problem;
use crate::state::conversation::{Conversation, Doing, Participant, Purpose};
use crate::world::World;

/// What belongs together by its dimensions: metrics, and what each was seen in.
type Groups = BTreeMap<Vec<(String, String)>, Vec<(&'static str, Value)>>;

/// `POST /api/v2/analytics/conversations/activity/query`
#[expect(clippy::unnecessary_wraps, reason = "handlers have one signature")]
pub(super) fn query(world: &World, call: &Call<'_>) -> Result<Answer, Problem> {
    let body = call.arguments.body.clone().unwrap_or_default();
    let texts = |value: &Value| value.as_str().map(str::to_owned);
    let dimensions: Vec<String> =
        body["groupBy"].as_array().into_iter().flatten().filter_map(texts).collect();
    let conversations: Vec<Arc<Conversation>> =
        lock(&world.conversations).seen(call.as_of).live().into_iter().cloned().collect();
    let mut groups = Groups::new();
    for conversation in &conversations {
        for one in &conversation.participants {
            let Some((metric, since)) = doing(one) else { continue };
            let place = Place { conversation, one: Some(one), segment: None };
            if !fits(&body["filter"], &place) {
                continue;
            }
            let group = dimensions
                .iter()
                .filter_map(|name| Some((name.clone(), text_of(&place, name)?.into_owned())));
            let group: Vec<_> = group.collect();
            groups.entry(group).or_default().push((metric, entity(&place, metric, since)));
        }
    }
    let wanted: Vec<&Value> = body["metrics"].as_array().into_iter().flatten().collect();
    let results: Value = groups
        .into_iter()
        .map(|(group, entities)| {
            let group: Map<String, Value> =
                group.into_iter().map(|(name, value)| (name, json!(value))).collect();
            let data: Value = wanted
                .iter()
                .map(|wanted| {
                    let count = entities.iter().filter(|(metric, _)| wanted["metric"] == *metric).count();
                    json!({ "metric": wanted["metric"], "count": count })
                })
                .collect();
            let shown = |metric: &str| {
                wanted.iter().any(|wanted| wanted["details"] == true && wanted["metric"] == metric)
            };
            let details: Value = entities
                .iter()
                .filter(|(metric, _)| shown(metric))
                .map(|(_, entity)| entity.clone())
                .collect();
            json!({ "group": group, "data": data, "entities": details, "truncated": false })
        })
        .collect();
    Ok(respond(world, call, &json!({ "results": results, "entityIdDimension": "conversationId" })))
}

/// What a participant does now, as a metric, and since when.
pub(super) fn doing(one: &Participant) -> Option<(&'static str, Moment)> {
    let span = one.spans.last().filter(|span| span.end.is_none() && one.is_active())?;
    let metric = match (one.purpose, span.doing) {
        (Purpose::Acd, Doing::Interact) => "oWaiting",
        (Purpose::Agent | Purpose::User, Doing::Alert) => "oAlerting",
        (Purpose::Agent | Purpose::User, Doing::Interact | Doing::Hold) => "oInteracting",
        _ => return None,
    };
    Some((metric, span.start))
}

fn entity(place: &Place<'_>, metric: &str, since: Moment) -> Value {
    let mut entity = json!({ "metric": metric, "activityDate": since.iso() });
    for name in [
        "conversationId",
        "sessionId",
        "mediaType",
        "direction",
        "queueId",
        "userId",
        "ani",
        "dnis",
        "participantName",
    ] {
        if let Some(value) = text_of(place, name) {
            entity[name] = json!(value);
        }
    }
    entity
}
