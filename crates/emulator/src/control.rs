//! What tests do to an emulator from outside, under `/_emulator/`.
//!
//! Pages of other origins cannot use it: it sends no CORS permission, and [`guard`] refuses them.

use std::sync::atomic::Ordering;
use std::time::Duration;

use http::{Method, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::base::lock::lock;
use crate::behaviour::conversations;
use crate::data;
use crate::http::answer::{self, Answer};
use crate::http::guard;
use crate::http::problem::Problem;
use crate::http::request::{Request, first};
use crate::page;
use crate::state::faults::{Fault, FaultRule, UnknownRule};
use crate::state::store::Collection;
use crate::world::World;

const PREFIX: &str = "/_emulator/";

/// Whether a path is reserved for control.
pub(crate) fn is_control(path: &str) -> bool {
    path.starts_with(PREFIX)
}

/// Answers a control request.
///
/// # Errors
/// 403 for those who may not, 404 and 405 as elsewhere.
pub(crate) fn answer(world: &World, request: &Request) -> Result<Answer, Problem> {
    guard::admit(request, &world.settings.hosts)?;
    let rest = request.path.strip_prefix(PREFIX).unwrap_or_default();
    if let Some((list, number)) = rest.split_once('/') {
        return member(world, &request.method, list, number);
    }
    match (&request.method, rest) {
        (&Method::GET, "requests") => requests(world, request),
        (&Method::DELETE, "requests") => {
            lock(&world.record).clear();
            Ok(answer::empty(StatusCode::NO_CONTENT))
        }
        (&Method::GET, "faults") => Ok(faults(world)),
        (&Method::PUT, "faults") => set_faults(world, request),
        (&Method::POST, "faults") => add_fault(world, request),
        (&Method::DELETE, "faults") => {
            world.set_faults(Vec::new(), None);
            Ok(answer::empty(StatusCode::NO_CONTENT))
        }
        (&Method::POST, "sockets") => strike_sockets(world, request),
        (&Method::DELETE, "sockets") => {
            lock(&world.hub).drop_sockets();
            Ok(answer::empty(StatusCode::NO_CONTENT))
        }
        (&Method::POST, "events") => publish(world, request),
        (&Method::POST, "conversations") => arrive(world, request),
        (&Method::PUT, "login") => set_login(world, request),
        (&Method::POST, "reset") => {
            world.reset();
            Ok(answer::empty(StatusCode::NO_CONTENT))
        }
        (&Method::GET, "data") => {
            let data = data::write(world.rules(), &lock(&world.store));
            Ok(answer::json(StatusCode::OK, &data))
        }
        (&Method::GET, "store") => Ok(stored(world, request)),
        (&Method::GET, "page.css" | "page.js" | "icon.svg") => {
            page::answer(&request.path).ok_or_else(Problem::not_found)
        }
        (_, "requests") => Err(Problem::method_not_allowed("GET, DELETE")),
        (_, "faults") => Err(Problem::method_not_allowed("GET, PUT, POST, DELETE")),
        (_, "sockets") => Err(Problem::method_not_allowed("POST, DELETE")),
        (_, "login") => Err(Problem::method_not_allowed("PUT")),
        (_, "conversations" | "events" | "reset") => Err(Problem::method_not_allowed("POST")),
        (_, "store" | "data") => Err(Problem::method_not_allowed("GET")),
        _ => Err(Problem::not_found()),
    }
}

/// Whether a request asks to wait for the end of those under way.
pub(crate) fn is_idle(world: &World, request: &Request) -> bool {
    request.method == Method::GET
        && request.path == "/_emulator/idle"
        && guard::admit(request, &world.settings.hosts).is_ok()
}

/// Waits until no request has been under way for `quiet` milliseconds (default 50), at most `limit` (default
/// 10,000).
pub(crate) async fn idle(world: &World, request: &Request) -> Answer {
    let query = request.query_pairs();
    let number = |name, usual: u64| {
        let given = first(&query, name).and_then(|text| text.parse().ok());
        Duration::from_millis(given.unwrap_or(usual).min(60_000))
    };
    let idle = world.traffic.idle(number("quiet", 50), number("limit", 10_000)).await;
    answer::json(StatusCode::OK, &json!({ "idle": idle }))
}

/// The rules, how often each has struck, the number that removes it, the seed, and every kind of fault there is.
fn faults(world: &World) -> Answer {
    let faults = lock(&world.faults);
    let active = faults.rules().iter();
    let rules: Vec<&FaultRule> = active.clone().map(|active| &active.rule).collect();
    let struck: Vec<u64> = active.clone().map(|active| active.struck).collect();
    let numbers: Vec<u64> = active.map(|active| active.number).collect();
    let kinds = Fault::kinds();
    let value = json!({
        "seed": faults.seed(), "rules": rules, "struck": struck, "numbers": numbers, "kinds": kinds
    });
    answer::json(StatusCode::OK, &value)
}

/// Says how the login refuses a grant that is not the client's: `{"refuseByPage": true}`. A reset does not change it.
fn set_login(world: &World, request: &Request) -> Result<Answer, Problem> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase", deny_unknown_fields)]
    struct Login {
        refuse_by_page: bool,
    }
    let login: Login = serde_json::from_slice(&request.body)
        .map_err(|error| Problem::bad_request(format!("The login's settings cannot be read: {error}")))?;
    world.refuse_by_page.store(login.refuse_by_page, Ordering::Relaxed);
    Ok(answer::empty(StatusCode::NO_CONTENT))
}

/// Replaces the rules: `{"rules": [{"fault": "status:503", "times": 2}], "seed": 7}`, where each rule may be a text as
/// well; or rules as text, one a line. Without a seed the emulator's own is taken. Counts and chances begin anew.
fn set_faults(world: &World, request: &Request) -> Result<Answer, Problem> {
    let Rules { rules, seed } = match as_text(request)? {
        Some(rules) => Rules { rules, seed: None },
        None => serde_json::from_slice(&request.body)
            .map_err(|error| Problem::bad_request(format!("The rules cannot be read: {error}")))?,
    };
    if rules.len() > MOST_RULES {
        return Err(Problem::bad_request(format!("There may be at most {MOST_RULES} rules.")));
    }
    world.set_faults(rules, seed);
    Ok(answer::empty(StatusCode::NO_CONTENT))
}

/// Adds a rule behind the others, whose counts go on: `{"fault": "status:503", "times": 2}` or the same as text; its
/// number.
fn add_fault(world: &World, request: &Request) -> Result<Answer, Problem> {
    if request.body.len() > LONGEST_RULE {
        return Err(Problem::bad_request(format!("A rule has at most {LONGEST_RULE} bytes.")));
    }
    let rule: FaultRule = match as_text(request)? {
        Some(rules) => match <[FaultRule; 1]>::try_from(rules) {
            Ok([rule]) => rule,
            Err(_) => return Err(Problem::bad_request("Send one rule.")),
        },
        None => serde_json::from_slice(&request.body)
            .map_err(|error| Problem::bad_request(format!("The rule cannot be read: {error}")))?,
    };
    let mut faults = lock(&world.faults);
    if faults.rules().len() >= MOST_RULES {
        return Err(Problem::bad_request(format!("There may be at most {MOST_RULES} rules.")));
    }
    Ok(answer::json(StatusCode::OK, &json!({ "number": faults.add(rule) })))
}

/// The rules of a body that is plain text, one a line, as on the command line; `None` for JSON.
fn as_text(request: &Request) -> Result<Option<Vec<FaultRule>>, Problem> {
    let Ok(text) = std::str::from_utf8(&request.body) else { return Ok(None) };
    if text.trim().is_empty() || text.trim_start().starts_with(['{', '[', '"']) {
        return Ok(None);
    }
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let rules: Result<Vec<FaultRule>, _> = lines.map(str::parse).collect();
    let rules = rules.map_err(|error: UnknownRule| {
        Problem::bad_request(format!(
            "The rule cannot be read: {error}. As JSON, rules are {{\"rules\": [{{\"fault\": \"status:503\", \
             \"times\": 2}}]}}."
        ))
    })?;
    Ok(Some(rules))
}

/// Every request is held against every rule.
const MOST_RULES: usize = 1_000;
/// The most bytes of a rule that is added: rules are kept.
const LONGEST_RULE: usize = 4 * 1024;

#[derive(Deserialize)]
struct Rules {
    rules: Vec<FaultRule>,
    seed: Option<u64>,
}

/// Has the notification sockets that are open now fail: `{"fault": "socket-silent"}`; how many that were.
fn strike_sockets(world: &World, request: &Request) -> Result<Answer, Problem> {
    #[derive(Deserialize)]
    struct Strike {
        fault: Fault,
    }
    let Strike { fault } = serde_json::from_slice(&request.body)
        .map_err(|error| Problem::bad_request(format!("The fault cannot be read: {error}")))?;
    if !matches!(fault, Fault::SocketDrop(_) | Fault::SocketSilent(_) | Fault::SocketClosing(_)) {
        return Err(Problem::bad_request(format!(
            "`{fault}` does not apply to an open notification socket."
        )));
    }
    let struck = lock(&world.hub).strike_sockets(fault);
    Ok(answer::json(StatusCode::OK, &json!({ "sockets": struck })))
}

/// Sends `{"topicName": …, "eventBody": …}` to those who subscribed; how many that were.
fn publish(world: &World, request: &Request) -> Result<Answer, Problem> {
    let event: Value = serde_json::from_slice(&request.body)
        .map_err(|error| Problem::bad_request(format!("The event is not JSON: {error}")))?;
    let topic =
        event["topicName"].as_str().ok_or_else(|| Problem::bad_request("The event has no `topicName`."))?;
    let told = lock(&world.hub).publish(topic, &event["eventBody"], "");
    Ok(answer::json(StatusCode::OK, &json!({ "sockets": told })))
}

/// Somebody outside calls or writes: `{"mediaType": "voice", "queueId": …, "from": …}`.
fn arrive(world: &World, request: &Request) -> Result<Answer, Problem> {
    let wanted: Value = serde_json::from_slice(&request.body)
        .map_err(|error| Problem::bad_request(format!("The conversation is not JSON: {error}")))?;
    let begun = conversations::arrive(world, &wanted)?;
    Ok(answer::json(StatusCode::OK, &begun))
}

/// What is stored: the collections, or with `path` the first entities of one.
fn stored(world: &World, request: &Request) -> Answer {
    const MOST: usize = 100;
    /// Where conversations are shown, which are no entities.
    const CONVERSATIONS: &str = "conversations";
    let store = lock(&world.store);
    let conversations = lock(&world.conversations);
    let query = request.query_pairs();
    let value = match first(&query, "path") {
        Some(path @ CONVERSATIONS) => {
            let all: Vec<_> =
                conversations.seen(None).all().into_iter().take(MOST).map(|one| json!(**one)).collect();
            json!({ "path": path, "entities": all })
        }
        Some(path) => {
            let entities: Vec<&Value> =
                store.collection(path).into_iter().flat_map(Collection::iter).take(MOST).collect();
            json!({ "path": path, "entities": entities })
        }
        None => {
            let mut summary = store.summary();
            summary.push((CONVERSATIONS, conversations.load().entities));
            let collections: Vec<_> =
                summary.into_iter().map(|(path, count)| json!({ "path": path, "count": count })).collect();
            json!({ "collections": collections })
        }
    };
    answer::json(StatusCode::OK, &value)
}

/// The requests that are kept, or with `after` those that came after the one with this number; and the number of the
/// last, which is lower than it was once they have been forgotten.
fn requests(world: &World, request: &Request) -> Result<Answer, Problem> {
    let query = request.query_pairs();
    let after = first(&query, "after").map(str::parse).transpose();
    let after = after.map_err(|_| Problem::bad_request("`after` must be the number of a request."))?;
    let record = lock(&world.record);
    let kept = after.map_or_else(|| record.all(), |number| record.after(number));
    let last = record.last();
    drop(record);
    Ok(answer::json(StatusCode::OK, &json!({ "requests": kept, "last": last })))
}

/// One request, with what it was answered; or one rule, which can be removed.
fn member(world: &World, method: &Method, list: &str, number: &str) -> Result<Answer, Problem> {
    let number: u64 = number.parse().map_err(|_| Problem::not_found())?;
    match (method, list) {
        (&Method::GET, "requests") => {
            let record = lock(&world.record);
            let (recorded, answered) = record.one(number).ok_or_else(Problem::not_found)?;
            Ok(answer::json(StatusCode::OK, &json!({ "request": recorded, "answer": answered })))
        }
        (&Method::DELETE, "faults") => {
            let removed = lock(&world.faults).remove(number);
            removed.then(|| answer::empty(StatusCode::NO_CONTENT)).ok_or_else(Problem::not_found)
        }
        (_, "requests") => Err(Problem::method_not_allowed("GET")),
        (_, "faults") => Err(Problem::method_not_allowed("DELETE")),
        _ => Err(Problem::not_found()),
    }
}
