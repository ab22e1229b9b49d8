//! What queues and users do right now.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::activity::doing;
use super::filter::{is_true, joined};
use super::respond;
use crate::base::lock::lock;
use crate::base::paths::{QUEUES, USERS};
use crate::behaviour::Call;
use crate::http::answer::Answer;
use crate::http::problem::Problem;
use crate::state::conversation::media::MEDIA;
use crate::state::store::{DOCUMENTS, Seen};
use crate::world::World;

/// `POST /api/v2/analytics/queues/observations/query`
#[expect(clippy::unnecessary_wraps, reason = "handlers have one signature")]
pub(super) fn queues(world: &World, call: &Call<'_>) -> Result<Answer, Problem> {
    let body = call.arguments.body.clone().unwrap_or_default();
    let wanted = metrics(&body);
    let store = lock(&world.store);
    let seen = store.seen(call.as_of);
    let conversations = lock(&world.conversations);
    let active = conversations.seen(call.as_of).live();
    let mut results = Vec::new();
    for queue in ids(seen, QUEUES) {
        for names in MEDIA {
            if !chosen(&body, &[("queueId", &queue), ("mediaType", names.kind)]) {
                continue;
            }
            let own = active.iter().filter(|one| one.media == names.media).flat_map(|one| &one.participants);
            let own = own.filter(|one| one.queue.as_ref() == Some(&queue));
            let data = counted(&wanted, own.filter_map(|one| doing(one).map(|(metric, _)| metric)));
            results.push(json!({ "group": { "queueId": queue, "mediaType": names.kind }, "data": data }));
        }
        if chosen(&body, &[("queueId", &queue)]) {
            let statuses = member_statuses(seen, &queue);
            let data: Vec<Value> = wanted.iter().flat_map(|metric| users_of(metric, &statuses)).collect();
            if !data.is_empty() {
                results.push(json!({ "group": { "queueId": queue }, "data": data }));
            }
        }
    }
    drop(conversations);
    drop(store);
    Ok(respond(world, call, &json!({ "results": results })))
}

/// `POST /api/v2/analytics/users/observations/query`
#[expect(clippy::unnecessary_wraps, reason = "handlers have one signature")]
pub(super) fn users(world: &World, call: &Call<'_>) -> Result<Answer, Problem> {
    let body = call.arguments.body.clone().unwrap_or_default();
    let wanted = metrics(&body);
    let store = lock(&world.store);
    let seen = store.seen(call.as_of);
    let conversations = lock(&world.conversations);
    let active = conversations.seen(call.as_of).live();
    let mut results = Vec::new();
    for user in ids(seen, USERS).into_iter().filter(|user| chosen(&body, &[("userId", user)])) {
        let own =
            active.iter().flat_map(|one| &one.participants).filter(|one| one.user.as_ref() == Some(&user));
        let mut data = counted(&wanted, own.filter_map(|one| doing(one).map(|(metric, _)| metric)));
        let document = |end: &str| seen.entity(DOCUMENTS, &format!("{USERS}/{user}/{end}"));
        let routing = document("routingstatus").and_then(|status| status["status"].as_str());
        let presence = document("presences/purecloud");
        let presence =
            presence.and_then(|presence| presence["presenceDefinition"]["systemPresence"].as_str());
        for (metric, qualifier) in [("oUserRoutingStatuses", routing), ("oUserPresences", presence)] {
            if let Some(qualifier) = qualifier
                && wanted.iter().any(|wanted| wanted == metric)
            {
                data.push(json!({ "metric": metric, "qualifier": qualifier, "stats": { "count": 1 } }));
            }
        }
        results.push(json!({ "group": { "userId": user }, "data": data }));
    }
    drop(conversations);
    drop(store);
    Ok(respond(world, call, &json!({ "results": results })))
}

fn metrics(body: &Value) -> Vec<String> {
    body["metrics"].as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

fn ids(seen: Seen<'_>, path: &str) -> Vec<String> {
    let all = seen.entities(path).into_iter();
    all.filter_map(|one| one["id"].as_str()).map(str::to_owned).collect()
}

/// Whether the filter is true of a group. What the group does not tell apart, it does not contradict.
fn chosen(body: &Value, group: &[(&str, &str)]) -> bool {
    joined(&body["filter"], &|predicate| {
        let name = predicate["dimension"].as_str().unwrap_or_default();
        match group.iter().find(|(known, _)| *known == name) {
            Some((_, value)) => is_true(predicate, Some(value)),
            None => true,
        }
    })
}

/// How often each of the wanted metrics of conversations occurs.
fn counted<'a>(wanted: &[String], found: impl Iterator<Item = &'a str>) -> Vec<Value> {
    const OF_CONVERSATIONS: &[&str] = &["oWaiting", "oAlerting", "oInteracting"];
    let found: Vec<&str> = found.collect();
    wanted
        .iter()
        .filter(|wanted| OF_CONVERSATIONS.contains(&wanted.as_str()))
        .map(|wanted| {
            let count = found.iter().filter(|metric| *metric == wanted).count();
            json!({ "metric": wanted, "stats": { "count": count } })
        })
        .collect()
}

/// The routing status of each member who has joined, and of each who has not.
fn member_statuses(seen: Seen<'_>, queue: &str) -> Vec<(bool, String)> {
    let members = seen.entities(&format!("{QUEUES}/{queue}/members"));
    members
        .into_iter()
        .map(|member| {
            let id = member["user"]["id"].as_str().or_else(|| member["id"].as_str()).unwrap_or_default();
            let status = seen.entity(DOCUMENTS, &format!("{USERS}/{id}/routingstatus"));
            let status = status.and_then(|status| status["status"].as_str()).unwrap_or("OFF_QUEUE");
            (member["joined"] != false, status.to_owned())
        })
        .collect()
}

/// The data of a metric about the members of a queue: one for each status.
fn users_of(metric: &str, statuses: &[(bool, String)]) -> Vec<Value> {
    let counts = |fits: &dyn Fn(bool, &str) -> bool| {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for (_, status) in statuses.iter().filter(|(joined, status)| fits(*joined, status)) {
            *counts.entry(status).or_default() += 1;
        }
        counts
    };
    let all = |count: usize| vec![json!({ "metric": metric, "stats": { "count": count } })];
    let by_status = |counts: BTreeMap<&str, usize>| {
        let each = counts.into_iter();
        each.map(
            |(status, count)| json!({ "metric": metric, "qualifier": status, "stats": { "count": count } }),
        )
        .collect()
    };
    match metric {
        "oMemberUsers" => all(statuses.len()),
        "oJoinedMembers" => all(statuses.iter().filter(|(joined, _)| *joined).count()),
        "oActiveUsers" => {
            all(statuses.iter().filter(|(joined, status)| *joined && status != "OFF_QUEUE").count())
        }
        "oOnQueueUsers" => by_status(counts(&|joined, status| joined && status != "OFF_QUEUE")),
        "oOffQueueUsers" => by_status(counts(&|joined, status| joined && status == "OFF_QUEUE")),
        "oUserRoutingStatuses" => by_status(counts(&|joined, _| joined)),
        _ => Vec::new(),
    }
}
