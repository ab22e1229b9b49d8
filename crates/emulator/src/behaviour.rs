//! What an operation does once its arguments are checked.
//!
//! A few operations have a meaning of their own, told by name. Those that the table shows to be about a collection
//! or a document work on what is stored. The others are answered with a value made up from the model of their
//! result.

mod addresses;
mod analytics;
mod channels;
mod clients;
pub(crate) mod conversations;
mod filter;
mod grants;
mod invented;
mod jobs;
mod membership;
mod queues;
mod scim;
mod search;
mod stored;
mod tokens;
mod users;

use std::collections::HashMap;

use http::StatusCode;
use purecloud_definition::Platform;
use purecloud_definition::model::{Method, Operation, OperationId, Segment};
use serde::Serialize;

use crate::base::clock::Moment;
use crate::base::lock::lock;
use crate::http::answer::{self, Answer};
use crate::http::problem::Problem;
use crate::http::request::Request;
use crate::schema::check::Arguments;
use crate::schema::listing::Asked;
use crate::schema::plan::Plan;
use crate::state::tokens::Caller;
use crate::world::World;

/// A checked call of an operation.
pub(crate) struct Call<'a> {
    pub(crate) id: OperationId,
    pub(crate) operation: &'a Operation,
    pub(crate) arguments: Arguments,
    /// In whose name; nobody's for operations without a token.
    pub(crate) caller: Option<&'a Caller>,
    /// The path from `/api` on, still encoded.
    pub(crate) path: &'a str,
    pub(crate) request: &'a Request,
    pub(crate) now: Moment,
    /// Reads see what was stored then; what is stored now when there is none.
    pub(crate) as_of: Option<Moment>,
}

impl<'a> Call<'a> {
    /// The call as a listing sees it.
    fn asked(&'a self) -> Asked<'a> {
        Asked { operation: self.operation, arguments: &self.arguments, path: self.path }
    }

    /// A success that carries `value`: what a handler found, with the status that the definition gives it.
    fn json(&self, value: &impl Serialize) -> Answer {
        match invented::success(self.operation) {
            StatusCode::NO_CONTENT => self.empty(),
            status => answer::json(status, value),
        }
    }

    /// A success that carries nothing.
    fn empty(&self) -> Answer {
        answer::empty(invented::success(self.operation))
    }
}

/// A meaning of its own.
type Handler = fn(&World, &Call<'_>) -> Result<Answer, Problem>;

/// Operations with a meaning of their own, by their name in the definition.
const HANDLERS: &[(&str, Handler)] = &[
    ("getUsersMe", users::me),
    ("getTokensMe", tokens::read),
    ("headTokensMe", tokens::check),
    ("deleteTokensMe", tokens::revoke),
    ("deleteToken", tokens::revoke_user),
    ("postRoutingQueueMembers", queues::members),
    ("getDownload", addresses::download),
    ("postNotificationsChannels", channels::create),
    ("getNotificationsChannels", channels::list),
    ("headNotificationsChannel", channels::check),
    ("getNotificationsChannelSubscriptions", channels::subscriptions),
    ("postNotificationsChannelSubscriptions", channels::add),
    ("putNotificationsChannelSubscriptions", channels::replace),
    ("deleteNotificationsChannelSubscriptions", channels::clear),
    ("getNotificationsAvailabletopics", channels::available),
];

/// Every table of operations that are found by name. An operation is in one of them at most.
const TABLES: [&[(&str, Handler)]; 6] = [
    HANDLERS,
    analytics::HANDLERS,
    scim::HANDLERS,
    membership::HANDLERS,
    grants::HANDLERS,
    clients::HANDLERS,
];

/// What each operation does, by its index.
#[derive(Debug)]
pub(crate) struct Table {
    handlers: Vec<Option<Handler>>,
    jobs: HashMap<usize, jobs::Role>,
    /// Whether answers have addresses of files.
    addresses: Vec<bool>,
    pub(crate) plan: Plan,
}

impl Table {
    pub(crate) fn new(platform: &Platform) -> Self {
        let plan = Plan::new(platform);
        let handler = |operation: &Operation| {
            let named = TABLES.into_iter().flatten().find(|(name, _)| *name == operation.wire_name);
            named
                .map(|(_, handler)| *handler)
                .or_else(|| conversations::handler(operation))
                .or_else(|| search::handler(platform, &plan, operation))
        };
        Self {
            handlers: platform.operations.iter().map(handler).collect(),
            jobs: jobs::roles(platform, &plan),
            addresses: platform
                .operations
                .iter()
                .map(|operation| addresses::has_any(platform, operation))
                .collect(),
            plan,
        }
    }
}

/// Whether an operation changes nothing. Searches and queries are sent with POST.
pub(crate) fn only_reads(operation: &Operation) -> bool {
    let asks = matches!(operation.path.segments.last(), Some(Segment::Literal(last)) if last == "search" || last == "query");
    matches!(operation.method, Method::Get | Method::Head | Method::Options)
        || operation.method == Method::Post && asks
}

/// Whether an operation may store more than there was.
fn may_store(operation: &Operation) -> bool {
    !only_reads(operation) && operation.method != Method::Delete
}

/// Answers a call.
///
/// # Errors
/// What the operation refuses, and what would store more than the settings allow.
pub(crate) fn answer(world: &World, call: &Call<'_>) -> Result<Answer, Problem> {
    let index = call.id.0 as usize;
    stored::parents(world, call)?;
    if may_store(call.operation) && world.is_full(&lock(&world.store)) {
        return Err(Problem::full(&world.settings));
    }
    let answer = act(world, call, index)?;
    let plain = call.operation.wire_name == "getDownload" || !answer.status().is_success();
    if plain || !world.behaviours.addresses[index] {
        return Ok(answer);
    }
    Ok(addresses::hand_out(world, call, answer))
}

fn act(world: &World, call: &Call<'_>, index: usize) -> Result<Answer, Problem> {
    if let Some(handler) = world.behaviours.handlers.get(index).copied().flatten() {
        return handler(world, call);
    }
    if let Some(role) = world.behaviours.jobs.get(&index) {
        return jobs::answer(world, call, *role);
    }
    match world.behaviours.plan.stateful(index) {
        Some(stateful) => stored::answer(world, call, stateful),
        None => Ok(invented::answer(world, call)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::synthesise::conformance::PLATFORM;

    #[test]
    fn every_handler_is_of_one_operation_of_the_definition() {
        let mut names: Vec<&str> = TABLES.into_iter().flatten().map(|(name, _)| *name).collect();
        // Older definitions can be emulated too: there, an operation has the name that it has lost since.
        let count = |has: &dyn Fn(&Operation) -> bool| {
            PLATFORM.operations.iter().filter(|operation| has(operation)).count()
        };
        for name in &names {
            let now = count(&|operation| operation.wire_name == *name);
            let before = count(&|operation| operation.legacy.iter().any(|legacy| legacy.name == *name));
            assert!(
                now == 1 || now == 0 && before == 1,
                "{name}: {now} operations, {before} of older definitions"
            );
        }
        names.sort_unstable();
        let twice: Vec<_> = names.windows(2).filter(|pair| pair[0] == pair[1]).collect();
        assert!(twice.is_empty(), "in two tables, or twice in one: {twice:?}");
    }

    #[test]
    fn an_operation_with_a_handler_of_its_own_is_in_no_other_table() {
        let plan = Plan::new(&PLATFORM);
        for operation in &PLATFORM.operations {
            let named = TABLES.into_iter().flatten().any(|(name, _)| *name == operation.wire_name);
            let conversation = conversations::handler(operation).is_some();
            let search = search::handler(&PLATFORM, &plan, operation).is_some();
            let count = [named, conversation, search].into_iter().filter(|found| *found).count();
            assert!(count <= 1, "{} {} has {count} handlers", operation.method.as_str(), operation.path.text);
        }
    }
}
