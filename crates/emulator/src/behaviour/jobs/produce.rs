//! The results of jobs: conversations and sums of the analytics here, the use of the interface, and for what nothing
//! here could tell, values made up from the model of an item.

use purecloud_definition::model::{Bounds, ModelId, Type};
use serde_json::{Value, json};

use super::super::{Call, analytics};
use crate::base::clock::Moment;
use crate::base::lock::lock;
use crate::base::paths::CLIENTS;
use crate::http::problem::Problem;
use crate::schema::listing::Window;
use crate::schema::synthesise;
use crate::state::store::Collection;
use crate::world::World;

/// How many results a job has whose results are made up.
const MADE_UP: usize = 60;
/// The most days that the use of the interface is told of.
const MOST_DAYS: i64 = 31;
/// The most clients whose use of the interface is told of.
const MOST_CLIENTS: usize = 100;
const DAY: i64 = 86_400_000;

/// Refuses what could have no results.
pub(super) fn check(world: &World, call: &Call<'_>) -> Result<(), Problem> {
    let body = call.arguments.body.clone().unwrap_or_default();
    if is_usage(&call.operation.wire_name) || call.operation.wire_name.starts_with("postAnalytics") {
        analytics::interval_of(world, call, &body)?;
    }
    Ok(())
}

/// The results that a window shows, and how many there are.
pub(super) fn items(
    world: &World,
    call: &Call<'_>,
    begin: &str,
    item: ModelId,
    window: Window,
    body: &Value,
) -> Result<(Vec<Value>, usize), Problem> {
    let cut = |all: Vec<Value>| (window.cut(&all).to_vec(), all.len());
    match begin {
        "postAnalyticsConversationsDetailsJobs" => {
            let interval = analytics::interval_of(world, call, body)?;
            let found = analytics::select(world, call, interval, body);
            Ok((found.shown(world, window), found.len()))
        }
        "postAnalyticsConversationsAggregatesJobs" => analytics::aggregate_rows(world, call, window, body),
        name if is_usage(name) => Ok(cut(usage(world, call, body)?)),
        name => {
            let made = (0..MADE_UP).map(|number| {
                let rng = synthesise::rng(world.settings.seed, (name, number));
                synthesise::value(&world.platform, &Type::Model(item), "", &Bounds::default(), rng)
            });
            Ok(cut(made.collect()))
        }
    }
}

fn is_usage(name: &str) -> bool {
    name.starts_with("postUsage") || name == "postOauthClientUsageQuery"
}

/// How much each client used the interface on each day: made up, the same for the same seed and day.
fn usage(world: &World, call: &Call<'_>, body: &Value) -> Result<Vec<Value>, Problem> {
    const USED: &[(&str, &str)] = &[
        ("GET", "/api/v2/users/me"),
        ("GET", "/api/v2/routing/queues"),
        ("POST", "/api/v2/analytics/conversations/details/query"),
        ("POST", "/api/v2/notifications/channels"),
    ];
    let interval = analytics::interval_of(world, call, body)?;
    let only = call.arguments.path.iter().find(|(name, _)| name == "clientId").map(|(_, id)| id.as_str());
    let mut clients: Vec<(String, Value)> = {
        let store = lock(&world.store);
        let all = store.collection(CLIENTS).into_iter().flat_map(Collection::entries);
        let wanted = all.filter(|(id, _)| only.is_none_or(|only| *id == only)).take(MOST_CLIENTS);
        wanted.map(|(id, client)| (id.to_owned(), client["name"].clone())).collect()
    };
    clients.sort_by(|(one, _), (other, _)| one.cmp(other));
    let mut rows = Vec::new();
    let mut day = interval.start.0 - interval.start.0.rem_euclid(DAY);
    let until = interval.end.0.min(day.saturating_add(MOST_DAYS * DAY));
    while day < until {
        for (client, name) in &clients {
            for (method, template) in USED {
                let mut rng = synthesise::rng(world.settings.seed, (day, client.as_str(), template));
                let (good, bad) = (rng.u32(1..2_000), rng.u32(0..20));
                rows.push(json!({
                    "clientId": client,
                    "clientName": name,
                    "date": Moment(day).iso(),
                    "httpMethod": method,
                    "templateUri": template,
                    "requests": good + bad,
                    "status200": good,
                    "status300": 0,
                    "status400": bad,
                    "status429": 0,
                    "status500": 0,
                }));
            }
        }
        day += DAY;
    }
    Ok(rows)
}
