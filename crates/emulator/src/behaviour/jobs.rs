//! Work that is asked for and looked at later: a POST names it, a GET says how far it is, another has its results.
//!
//! Which operations these are is told from the table. A job goes from queued to running to done by the clock; what
//! it was asked is stored, and its results are found when somebody reads them.

mod phase;
mod produce;

use std::collections::HashMap;

use http::StatusCode;
use purecloud_definition::Platform;
use purecloud_definition::model::{Method, ModelId, Operation, OperationId, Type};
use serde_json::{Map, Value, json};

use super::{Call, invented, stored};
use crate::base::clock::Moment;
use crate::base::lock::lock;
use crate::http::answer::Answer;
use crate::http::problem::Problem;
use crate::schema::listing::{self, Shape, Window};
use crate::schema::plan::{self, Plan};
use crate::schema::project::into_model;
use crate::schema::synthesise;
use crate::state::store::Store;
use crate::world::World;
use phase::Phase;

/// Where jobs are stored.
const JOBS: &str = "jobs";
/// Properties that name a job, the likeliest first.
const NAMES: &[&str] = &["jobId", "executionId", "id"];

/// What an operation has to do with a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Role {
    part: Part,
    /// The operation that begins the job.
    begin: OperationId,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Begin,
    Look,
    Cancel,
}

/// The operations of jobs, by their index.
pub(super) fn roles(platform: &Platform, plan: &Plan) -> HashMap<usize, Role> {
    let shapes: HashMap<(Method, String), usize> = platform
        .operations
        .iter()
        .enumerate()
        .map(|(index, operation)| ((operation.method, plan::shape(&operation.path)), index))
        .collect();
    let mut roles = HashMap::new();
    for (index, operation) in platform.operations.iter().enumerate() {
        // Jobs that are entities of a collection are stored as such; see [`progress`].
        let stored = plan.stateful(index).is_some();
        if operation.method != Method::Post || operation.retired || stored {
            continue;
        }
        let Some(Type::Model(result)) = operation.result else { continue };
        let shape = plan::shape(&operation.path);
        let looks: Vec<usize> = ["/{}", "/{}/results", "/results/{}"]
            .iter()
            .filter_map(|end| shapes.get(&(Method::Get, format!("{shape}{end}"))).copied())
            .collect();
        let is_job = !looks.is_empty() && is_job(platform, operation, result, &platform.operations[looks[0]]);
        let Some(begin) = u32::try_from(index).ok().map(OperationId).filter(|_| is_job) else { continue };
        roles.insert(index, Role { part: Part::Begin, begin });
        roles.extend(looks.into_iter().map(|index| (index, Role { part: Part::Look, begin })));
        if let Some(index) = shapes.get(&(Method::Delete, format!("{shape}/{{}}"))) {
            roles.insert(*index, Role { part: Part::Cancel, begin });
        }
    }
    roles
}

/// Whether what a POST answers names work that a GET reports on.
fn is_job(platform: &Platform, operation: &Operation, result: ModelId, look: &Operation) -> bool {
    let has = |name: &str| has(platform, result, name);
    let Some(Type::Model(report)) = look.result else { return false };
    let reports = phase::state_of(platform, report).is_some();
    has("jobId") && reports
        || has("executionId") && has("resultsUri")
        || has("id") && reports && is_of_jobs(&operation.path.text)
}

fn has(platform: &Platform, model: ModelId, name: &str) -> bool {
    platform.model(model).properties.iter().any(|property| property.wire_name == name)
}

/// Answers a call of an operation of jobs.
///
/// # Errors
/// 404 for a job that is not there or has expired, and for the results of one that is not done.
pub(super) fn answer(world: &World, call: &Call<'_>, role: Role) -> Result<Answer, Problem> {
    match role.part {
        Part::Begin => begin(world, call),
        Part::Look => look(world, call, role),
        Part::Cancel => cancel(world, call, role),
    }
}

fn begin(world: &World, call: &Call<'_>) -> Result<Answer, Problem> {
    let Some(Type::Model(model)) = call.operation.result else { return Ok(invented::answer(world, call)) };
    produce::check(world, call)?;
    let id = synthesise::fresh_id();
    let path = stored::concrete(call, usize::MAX);
    {
        let mut store = lock(&world.store);
        let job = json!({
            "id": id,
            "operation": call.operation.name,
            "path": path,
            "body": call.arguments.body,
            "at": call.now.0,
        });
        store.collection_mut(JOBS).put(id.as_str(), job);
    }
    let mut shown = invented::value(world, call).unwrap_or_default();
    describe(world, &mut shown, model, &id, &path, call.now, Phase::Queued);
    Ok(invented::respond(call.operation, Some(into_model(&world.platform, model, &shown))))
}

fn look(world: &World, call: &Call<'_>, role: Role) -> Result<Answer, Problem> {
    let Some(job) = job(world, call, role) else {
        return if world.settings.invent_missing {
            Ok(invented::answer(world, call))
        } else {
            Err(Problem::not_found())
        };
    };
    let Some(Type::Model(model)) = call.operation.result else { return Ok(invented::answer(world, call)) };
    let begun = Moment(job["at"].as_i64().unwrap_or(0));
    let phase = phase::at(&world.settings, begun, call.now, job["cancelled"] == true);
    let platform = &world.platform;
    let shape = Shape::of(platform, call.operation.result.as_ref());
    let reports = phase::state_of(platform, model).is_some();
    let is_results = call.operation.path.text.contains("/results") || shape.is_some();
    if is_results && !reports && phase != Phase::Done {
        return Err(Problem::new(
            StatusCode::NOT_FOUND,
            "not.found",
            "The job has no results: it is not done, was cancelled, or has expired.",
        ));
    }
    let id = job["id"].as_str().unwrap_or_default();
    let path = job["path"].as_str().unwrap_or_default();
    let mut shown = if let Some(shape) = shape {
        let mut page = if phase == Phase::Done {
            results(world, call, &platform.operation(role.begin).name, shape, &job["body"])?
        } else {
            Map::new()
        };
        page.entry("dataAvailabilityDate").or_insert(json!(call.now.iso()));
        Value::Object(page)
    } else {
        invented::value(world, call).unwrap_or_default()
    };
    describe(world, &mut shown, model, id, path, begun, phase);
    Ok(invented::respond(call.operation, Some(into_model(platform, model, &shown))))
}

/// A page of results. Where they go on by a cursor, the second page of several has nothing in it, as pages of the
/// platform may: a reader must not take an empty page for the last.
fn results(
    world: &World,
    call: &Call<'_>,
    begin: &str,
    shape: Shape,
    body: &Value,
) -> Result<Map<String, Value>, Problem> {
    let platform = &world.platform;
    let cursor = call.arguments.query("cursor").unwrap_or_default();
    if let Some(offset) = listing::read_gap(cursor) {
        let mut page = Map::new();
        page.insert(shape.items(platform).wire_name.clone(), json!([]));
        page.insert("cursor".to_owned(), json!(listing::token(offset)));
        return Ok(page);
    }
    let window = Window::of(call.operation, &call.arguments)?;
    let (items, total) = produce::items(world, call, begin, shape.item, window, body)?;
    let mut page = listing::page(platform, call.asked(), shape, window, items, total);
    let next = window.offset.saturating_add(window.size);
    if window.offset == 0 && page.contains_key("cursor") {
        page.insert("cursor".to_owned(), json!(listing::gap(next)));
    }
    Ok(page)
}

fn cancel(world: &World, call: &Call<'_>, role: Role) -> Result<Answer, Problem> {
    let Some(job) = job(world, call, role) else {
        return if world.settings.invent_missing {
            Ok(invented::answer(world, call))
        } else {
            Err(Problem::not_found())
        };
    };
    let begun = Moment(job["at"].as_i64().unwrap_or(0));
    let id = job["id"].as_str().unwrap_or_default();
    let mut store = lock(&world.store);
    let mut jobs = store.collection_mut(JOBS);
    match phase::at(&world.settings, begun, call.now, job["cancelled"] == true) {
        Phase::Queued | Phase::Running => {
            let mut job = job.clone();
            job["cancelled"] = json!(true);
            jobs.put(id, job);
        }
        _ => _ = jobs.remove(id),
    }
    drop(store);
    let value = call.operation.result.as_ref().and_then(|_| invented::value(world, call));
    Ok(invented::respond(call.operation, value))
}

/// The job that a path names, if it is one of that operation.
fn job(world: &World, call: &Call<'_>, role: Role) -> Option<Value> {
    let id = call.arguments.path.last().map(|(_, id)| id.as_str())?;
    let job = lock(&world.store).entity(JOBS, id).cloned()?;
    let path = stored::concrete(call, usize::MAX);
    let own = job["path"].as_str().is_some_and(|begun| path.starts_with(begun));
    (own && job["operation"] == world.platform.operation(role.begin).name.as_str()).then_some(job)
}

/// Whether a collection is one of jobs.
pub(super) fn is_of_jobs(path: &str) -> bool {
    path.ends_with("jobs")
}

/// Remembers when an entity was created that is a job.
pub(super) fn remember(store: &mut Store, path: &str, id: &str, now: Moment) {
    if is_of_jobs(path) {
        store.collection_mut(JOBS).put(id, json!({ "id": id, "path": path, "at": now.0 }));
    }
}

/// Says of an entity that is a job how far it is by now.
pub(super) fn progress(
    world: &World,
    store: &Store,
    model: ModelId,
    id: &str,
    entity: &mut Value,
    now: Moment,
) {
    let Some(at) = store.entity(JOBS, id).and_then(|job| job["at"].as_i64()) else { return };
    let phase = phase::at(&world.settings, Moment(at), now, false);
    let state = phase::state_of(&world.platform, model).and_then(|state| state.word(phase));
    if let (Some((name, state)), Value::Object(values)) = (state, entity) {
        values.insert(name, state);
    }
}

/// Says of a value which job it is about and how far that is.
fn describe(
    world: &World,
    shown: &mut Value,
    model: ModelId,
    id: &str,
    path: &str,
    begun: Moment,
    phase: Phase,
) {
    let platform = &world.platform;
    let Value::Object(values) = shown else { return };
    for name in NAMES.iter().filter(|name| has(platform, model, name)) {
        values.insert((*name).to_owned(), json!(id));
    }
    let results =
        if path.ends_with("/jobs") { format!("{path}/{id}") } else { format!("{path}/{id}/results") };
    values.insert("resultsUri".to_owned(), json!(results));
    values.insert("selfUri".to_owned(), json!(format!("{path}/{id}")));
    if let Some((name, word)) = phase::state_of(platform, model).and_then(|state| state.word(phase)) {
        values.insert(name, word);
    }
    let done = begun.after(world.settings.job_time);
    let expires = begun.after(world.settings.job_lifetime);
    for (names, at) in [
        (["submissionDate", "dateCreated", "dateSubmitted"], Some(begun)),
        (["completionDate", "dateCompleted", "dateFinished"], (phase == Phase::Done).then_some(done)),
        (["expirationDate", "dateExpires", "expires"], Some(expires)),
    ] {
        for name in names {
            match at {
                Some(at) => _ = values.insert(name.to_owned(), json!(at.iso())),
                None => _ = values.remove(name),
            }
        }
    }
    // Nothing goes wrong here.
    for name in ["errorMessage", "error", "errors", "errorBody", "failureReason"] {
        values.remove(name);
    }
}
