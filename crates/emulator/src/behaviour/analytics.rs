//! Analytics over what conversations there are: those of the history, those that ended since, and those under way.

mod activity;
mod aggregate;
pub(super) mod filter;
pub(super) mod interval;
mod observe;
mod participants;
mod selection;

use std::collections::HashSet;
use std::sync::Arc;

use purecloud_definition::model::Type;
use serde_json::{Value, json};

use super::conversations::find;
use super::{Call, Handler, invented};
use crate::base::clock::Moment;
use crate::base::lock::lock;
use crate::http::answer::Answer;
use crate::http::problem::Problem;
use crate::schema::listing::Window;
use crate::schema::project::into_model;
use crate::state::conversation::Conversation;
use crate::state::conversation::history::History;
use crate::state::conversation::measure::{detail, segments};
use crate::world::World;
use aggregate::Aggregate;
use filter::Place;
use interval::Interval;
use selection::{Known, Selection, terms};

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
    ("postConversationsParticipantsAttributesSearch", participants::search),
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
    let found = select(world, call, interval, &body);
    let size = usize::try_from(size).unwrap_or(usize::MAX);
    let window =
        Window { offset: usize::try_from(page - 1).unwrap_or(usize::MAX).saturating_mul(size), size };
    let mut answer = json!({
        "conversations": found.shown(world, window),
        "totalHits": found.len(),
    });
    if let Some(wanted) = body["aggregations"].as_array() {
        answer["aggregations"] = wanted.iter().map(|wanted| terms(world, &found, wanted)).collect();
    }
    Ok(respond(world, call, &answer))
}

/// `GET /api/v2/analytics/conversations/{conversationId}/details`
fn one(world: &World, call: &Call<'_>) -> Result<Answer, Problem> {
    let id = call.arguments.path.first().map(|(_, id)| id.as_str()).unwrap_or_default();
    match find(world, call, id) {
        Some(conversation) => Ok(respond(world, call, &detail(&conversation))),
        None if world.settings.invent_missing => Ok(invented::answer(world, call)),
        None => Err(Problem::not_found()),
    }
}

/// `GET /api/v2/analytics/conversations/details?id=…`: those that there are.
#[expect(clippy::unnecessary_wraps, reason = "handlers have one signature")]
fn several(world: &World, call: &Call<'_>) -> Result<Answer, Problem> {
    let found = call.arguments.query_list("id").take(100).filter_map(|id| find(world, call, id));
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
    let found = Aggregate::of(world, call, interval, &body)?;
    let kind = call.operation.result.as_ref().unwrap_or(&Type::Any);
    Ok(call.json(&found.answer(&world.platform, kind)))
}

/// The rows of an aggregate query that a window of a job's results shows, and how many there are.
pub(super) fn aggregate_rows(
    world: &World,
    call: &Call<'_>,
    window: Window,
    body: &Value,
) -> Result<(Vec<Value>, usize), Problem> {
    let found = Aggregate::of(world, call, interval_of(world, call, body)?, body)?;
    Ok((found.rows(window.offset, window.size).collect(), found.len()))
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
pub(super) fn select(world: &World, call: &Call<'_>, interval: Interval, body: &Value) -> Selection {
    let filters = |name: &str| body[name].as_array().cloned().unwrap_or_default();
    let (whole, parts) = (filters("conversationFilters"), filters("segmentFilters"));
    // Nothing here was evaluated, asked about or resolved.
    let others = ["evaluationFilters", "surveyFilters", "resolutionFilters"];
    if others.iter().any(|name| body[*name].as_array().is_some_and(|filters| !filters.is_empty())) {
        return Selection::default();
    }
    let by_end = matches!(body["orderBy"].as_str(), Some("conversationEnd" | "segmentEnd"));
    let history = world.history();
    let mut found = Vec::new();
    each_within(world, call, &history, interval, |known, conversation| {
        let fits = whole.iter().all(|wanted| filter::fits(wanted, &Place::of(conversation)))
            && parts.iter().all(|wanted| {
                conversation.participants.iter().any(|one| {
                    segments(one).iter().any(|segment| {
                        let place = Place { conversation, one: Some(one), segment: Some(segment) };
                        filter::fits(wanted, &place)
                    })
                })
            });
        if fits {
            let key = if by_end { conversation.end.unwrap_or(Moment(i64::MAX)) } else { conversation.start };
            found.push((key, known));
        }
    });
    found.sort_by_key(|(key, _)| *key);
    if body["order"] == "desc" {
        found.reverse();
    }
    Selection { history, found, as_of: call.as_of }
}

/// Does something with each conversation that was under way at some time of an interval. They are made one by one:
/// thousands of them at a time would take more memory than everything else.
fn each_within(
    world: &World,
    call: &Call<'_>,
    history: &History,
    interval: Interval,
    mut act: impl FnMut(Known, &Conversation),
) {
    let live: Vec<Arc<Conversation>> = {
        let conversations = lock(&world.conversations);
        let all = conversations.seen(call.as_of).all().into_iter();
        all.filter(|one| one.start < interval.end && one.end.is_none_or(|end| end >= interval.start))
            .cloned()
            .collect()
    };
    let touched: HashSet<&str> = live.iter().map(|one| one.id.as_str()).collect();
    for number in history.between(interval.start, interval.end) {
        // One of the history that was touched since is stored.
        let untouched = history.at(number).filter(|one| !touched.contains(one.id.as_str()));
        if let Some(conversation) = untouched {
            act(Known::Number(number), &conversation);
        }
    }
    for conversation in &live {
        act(Known::Id(conversation.id.clone()), conversation);
    }
}

/// Answers with a value as the operation's result has it.
fn respond(world: &World, call: &Call<'_>, value: &Value) -> Answer {
    match call.operation.result {
        Some(Type::Model(model)) => {
            invented::respond(call.operation, Some(into_model(&world.platform, model, value)))
        }
        _ => call.json(value),
    }
}
