//! Analytics over what conversations there are: those of the history, those that ended since, and those under way.

mod activity;
mod aggregate;
pub(super) mod filter;
pub(super) mod interval;
mod observe;

use http::StatusCode;
use purecloud_definition::model::Type;
use serde_json::{Value, json};

use super::conversations::floor;
use super::{Call, Handler, invented};
use crate::answer::Answer;
use crate::clock::Moment;
use crate::conversation::Conversation;
use crate::conversation::measure::{detail, metrics, segments};
use crate::problem::Problem;
use crate::project::into_model;
use crate::world::{World, lock};
use filter::{Place, text_of};
use interval::Interval;

/// The longest time that is looked at without a job.
const LONGEST_DAYS: i64 = 31;
/// The largest page.
const LARGEST: u64 = 100;
/// Without a job, nobody pages further than this.
const FURTHEST: u64 = 100_000;

/// What these operations do, by their name in the definition.
pub(super) const HANDLERS: &[(&str, Handler)] = &[
    ("postAnalyticsConversationsDetailsQuery", query),
    ("getAnalyticsConversationsDetails", several),
    ("getAnalyticsConversationDetails", one),
    ("getAnalyticsConversationsDetailsJobsAvailability", availability),
    ("getAnalyticsUsersDetailsJobsAvailability", availability),
    ("postAnalyticsConversationsAggregatesQuery", aggregates),
    ("postAnalyticsConversationsActivityQuery", activity::query),
    ("postAnalyticsQueuesObservationsQuery", observe::queues),
    ("postAnalyticsUsersObservationsQuery", observe::users),
];

/// `POST /api/v2/analytics/conversations/details/query`
fn query(world: &World, call: &Call<'_>) -> Result<Answer, Problem> {
    let body = call.arguments.body.clone().unwrap_or_default();
    let paging = &body["paging"];
    let number = |name: &str, usual: u64| match paging[name].as_u64() {
        None => Ok(usual),
        Some(0) => Err(Problem::bad_request(format!("[paging.{name}] must be at least 1."))),
        Some(number) => Ok(number),
    };
    let (size, page) = (number("pageSize", 25)?, number("pageNumber", 1)?);
    if size > LARGEST || page.saturating_mul(size) > FURTHEST {
        return Err(Problem::bad_request(format!(
            "A page has at most {LARGEST} conversations, and pages end at conversation {FURTHEST}. Use a job for more."
        )));
    }
    let interval = interval_of(world, call, &body)?;
    let days = (interval.end.since(interval.start) + 86_399_999) / 86_400_000;
    if days > LONGEST_DAYS {
        return Err(Problem::bad_request(format!(
            "The interval must not be longer than {LONGEST_DAYS} days. Use a job for more."
        )));
    }
    let found = select(world, interval, &body);
    let start = usize::try_from((page - 1) * size).unwrap_or(usize::MAX).min(found.len());
    let end = (start + usize::try_from(size).unwrap_or(usize::MAX)).min(found.len());
    let mut answer = json!({
        "conversations": found[start..end].iter().map(detail).collect::<Value>(),
        "totalHits": found.len(),
    });
    if let Some(wanted) = body["aggregations"].as_array() {
        answer["aggregations"] = wanted.iter().map(|wanted| terms(&found, wanted)).collect();
    }
    Ok(respond(world, call, &answer))
}

/// `GET /api/v2/analytics/conversations/{conversationId}/details`
fn one(world: &World, call: &Call<'_>) -> Result<Answer, Problem> {
    let id = call.arguments.path.first().map(|(_, id)| id.as_str()).unwrap_or_default();
    match find(world, id) {
        Some(conversation) => Ok(respond(world, call, &detail(&conversation))),
        None if world.settings.invent_missing => Ok(invented::answer(world, call)),
        None => Err(Problem::not_found()),
    }
}

/// `GET /api/v2/analytics/conversations/details?id=…`: those that there are.
#[expect(clippy::unnecessary_wraps, reason = "handlers have one signature")]
fn several(world: &World, call: &Call<'_>) -> Result<Answer, Problem> {
    let found = call.arguments.query_list("id").take(100).filter_map(|id| find(world, id));
    let found: Value = found.map(|conversation| detail(&conversation)).collect();
    Ok(respond(world, call, &json!({ "conversations": found })))
}

/// `GET …/details/jobs/availability`: everything is known at once here.
#[expect(clippy::unnecessary_wraps, reason = "handlers have one signature")]
fn availability(world: &World, call: &Call<'_>) -> Result<Answer, Problem> {
    Ok(respond(world, call, &json!({ "dataAvailabilityDate": call.now.iso() })))
}

/// `POST /api/v2/analytics/conversations/aggregates/query`
fn aggregates(world: &World, call: &Call<'_>) -> Result<Answer, Problem> {
    let body = call.arguments.body.clone().unwrap_or_default();
    let interval = interval_of(world, call, &body)?;
    let results = aggregate::results(world, interval, &body)?;
    Ok(respond(world, call, &json!({ "results": results })))
}

/// The rows of an aggregate query, for a job.
pub(super) fn aggregate_rows(world: &World, call: &Call<'_>, body: &Value) -> Result<Vec<Value>, Problem> {
    let interval = interval_of(world, call, body)?;
    aggregate::results(world, interval, body)
}

/// The interval of a query. Where arguments are made up, it is the last day.
pub(super) fn interval_of(world: &World, call: &Call<'_>, body: &Value) -> Result<Interval, Problem> {
    match interval::parse(body["interval"].as_str().unwrap_or_default()) {
        Err(_) if world.settings.invent_missing => {
            Ok(Interval { start: Moment(call.now.0 - 86_400_000), end: call.now })
        }
        parsed => parsed,
    }
}

/// The conversations that a query asks for, in its order.
pub(super) fn select(world: &World, interval: Interval, body: &Value) -> Vec<Conversation> {
    let filters = |name: &str| body[name].as_array().cloned().unwrap_or_default();
    let (whole, parts) = (filters("conversationFilters"), filters("segmentFilters"));
    // Nothing here was evaluated, asked about or resolved.
    let others = ["evaluationFilters", "surveyFilters", "resolutionFilters"];
    if others.iter().any(|name| body[*name].as_array().is_some_and(|filters| !filters.is_empty())) {
        return Vec::new();
    }
    let mut found = within(world, interval);
    found.retain(|conversation| {
        whole.iter().all(|wanted| filter::fits(wanted, &Place::of(conversation)))
            && parts.iter().all(|wanted| {
                conversation.participants.iter().any(|one| {
                    segments(one).iter().any(|segment| {
                        let place = Place { conversation, one: Some(one), segment: Some(segment) };
                        filter::fits(wanted, &place)
                    })
                })
            })
    });
    let by_end = matches!(body["orderBy"].as_str(), Some("conversationEnd" | "segmentEnd"));
    found.sort_by_key(|one| if by_end { one.end.unwrap_or(Moment(i64::MAX)) } else { one.start });
    if body["order"] == "desc" {
        found.reverse();
    }
    found
}

/// Conversations that were under way at some time of an interval.
fn within(world: &World, interval: Interval) -> Vec<Conversation> {
    let history = world.history();
    let store = lock(&world.store);
    let mut found: Vec<Conversation> = floor::active(&store)
        .chain(floor::ended(&store))
        .filter(|one| one.start < interval.end && one.end.is_none_or(|end| end >= interval.start))
        .collect();
    drop(store);
    // One of the history that was touched since is stored.
    let known: std::collections::HashSet<String> = found.iter().map(|one| one.id.clone()).collect();
    found.extend(history.between(interval.start, interval.end).filter(|one| !known.contains(&one.id)));
    found
}

fn find(world: &World, id: &str) -> Option<Conversation> {
    let live = floor::find(&lock(&world.store), id);
    live.or_else(|| world.history().get(id))
}

/// How often each value of a dimension, or each range of a metric, was found.
fn terms(found: &[Conversation], wanted: &Value) -> Value {
    let (dimension, metric) = (wanted["dimension"].as_str(), wanted["metric"].as_str());
    let mut results: Vec<Value> = Vec::new();
    if let Some(ranges) = wanted["ranges"].as_array() {
        let value = |one: &Conversation| -> i64 {
            let all = one.participants.iter().flat_map(|participant| metrics(one, participant));
            all.filter(|own| Some(own.name) == metric).map(|own| own.value).sum()
        };
        for range in ranges {
            let mut entry = range.clone();
            entry["count"] =
                json!(found.iter().filter(|one| filter::in_range(range, value(one) as f64)).count());
            results.push(entry);
        }
    } else if let Some(dimension) = dimension {
        let mut counts: std::collections::BTreeMap<String, usize> = std::collections::BTreeMap::new();
        for one in found {
            let places =
                one.participants.iter().map(|own| Place { conversation: one, one: Some(own), segment: None });
            let values: std::collections::BTreeSet<String> = places
                .filter_map(|place| text_of(&place, dimension).map(std::borrow::Cow::into_owned))
                .collect();
            for value in values {
                *counts.entry(value).or_default() += 1;
            }
        }
        let mut counts: Vec<_> = counts.into_iter().collect();
        counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        let size = wanted["size"].as_u64().and_then(|size| usize::try_from(size).ok()).unwrap_or(10);
        results.extend(
            counts.into_iter().take(size).map(|(value, count)| json!({ "value": value, "count": count })),
        );
    }
    let mut result = json!({ "type": wanted["type"], "count": found.len(), "results": results });
    for name in ["dimension", "metric"] {
        if let Some(value) = wanted.get(name) {
            result[name] = value.clone();
        }
    }
    result
}

/// Answers with a value as the operation's result has it.
fn respond(world: &World, call: &Call<'_>, value: &Value) -> Answer {
    match call.operation.result {
        Some(Type::Model(model)) => {
            invented::respond(call.operation, Some(into_model(&world.platform, model, value)))
        }
        _ => crate::answer::json(StatusCode::OK, value),
    }
}
