//! The way of a request: a [`Request`] goes in, an [`Answer`] comes out.
//!
//! Synchronous but for the wait until a change is kept, and without a socket.

use std::sync::Arc;
use std::time::{Duration, Instant};

use http::{Method as HttpMethod, StatusCode, header};
use purecloud_definition::model::{Method, Need, Operation, OperationId};
use serde_json::json;

use super::World;
use crate::base::clock::Moment;
use crate::base::lock::lock;
use crate::behaviour::{self, Call};
use crate::control;
use crate::files;
use crate::http::answer::{self, Answer, Rate};
use crate::http::guard;
use crate::http::hosts;
use crate::http::problem::Problem;
use crate::http::request::{Request, segments};
use crate::oauth::{authorize, grants};
use crate::page;
use crate::schema::check;
use crate::schema::router::Route;
use crate::schema::synthesise;
use crate::state::faults::{self, Delivery, Fault, Struck, Target};
use crate::state::keep::Keeper;
use crate::state::record::Kept;
use crate::state::tokens::{Caller, Worthless};

/// What holds while a request is looked at.
#[derive(Debug, Clone, Copy)]
struct Terms {
    now: Moment,
    /// How many requests a token may make in a minute, and whether more are refused.
    allowed: u64,
    enforced: bool,
    /// Reads see what was stored then.
    as_of: Option<Moment>,
}

/// The answer, and which operation gave it.
type Outcome = (Result<Answer, Problem>, Option<OperationId>, Option<Rate>);

impl World {
    /// Answers a request once all that it changed is kept. While nothing can be kept, as on a full disk, nothing is
    /// changed, and reads are answered.
    pub(crate) async fn answer_and_keep(&self, request: &Request) -> Delivery {
        let reads = self.keeper.is_some() && self.only_reads(request);
        let fails = || self.keeper.as_ref().is_some_and(Keeper::is_failing);
        if !reads
            && fails()
            && let Err(error) = self.settle().await
        {
            return Delivery::whole(self.refuse(request, &Problem::not_kept(&*error)));
        }
        let delivery = {
            let _whole = self.under_way();
            self.answer(request)
        };
        // What a read made up need not be kept: it is made up again, the same way.
        if reads && fails() {
            return delivery;
        }
        match self.settle().await {
            Err(error) if !reads => Delivery::whole(self.refuse(request, &Problem::not_kept(&*error))),
            Ok(()) | Err(_) => delivery,
        }
    }

    /// Whether a request changes nothing of what is kept: it is a read, and leads to nobody being signed in or out.
    fn only_reads(&self, request: &Request) -> bool {
        let path = request.path.as_str();
        if reading(request) || request.method == HttpMethod::OPTIONS {
            return !["/authorize", "/logout"].iter().any(|end| path.ends_with(end));
        }
        let operation = self.route(request, path).ok();
        operation.is_some_and(|(id, _)| behaviour::only_reads(self.platform.operation(id)))
    }

    /// Answers a request, whatever it is.
    pub(crate) fn answer(&self, request: &Request) -> Delivery {
        let begun = Instant::now();
        let correlation = synthesise::uuid(&mut fastrand::Rng::new());
        let (struck, wrong) = match self.strike(request, false) {
            Ok(struck) => (struck, None),
            Err(problem) => (None, Some(problem)),
        };
        let fault = struck.as_ref().map(|struck| struck.fault);
        let terms = self.terms(fault);
        if fault == Some(Fault::Revoke) {
            self.revoke(request);
        }
        let (result, operation, rate) = match wrong.map(Err).or_else(|| fault.and_then(faults::instead)) {
            Some(instead) => (instead, None, None),
            None => self.dispatch(request, terms),
        };
        let scim = request.path.starts_with("/api/v2/scim");
        let mut answer = result.unwrap_or_else(|problem| refuse(&problem, &correlation, scim));
        let rate = rate.unwrap_or(Rate { count: 1, allowed: terms.allowed, reset: 60 });
        answer::finish(&mut answer, request, &correlation, rate, terms.now);
        if !control::is_control(&request.path) && request.path != "/" {
            let name = operation.map(|id| self.platform.operation(id).name.as_str());
            let kept = Kept { operation: name, answer: &answer, fault, elapsed: begun.elapsed() };
            lock(&self.record).add(request, &kept, self.now());
        }
        match struck {
            Some(struck) => faults::spoil(struck.fault, answer, struck.rng),
            None => Delivery::whole(answer),
        }
    }

    /// Answers a request that would open a notification socket: `open` does, unless a fault has it otherwise.
    pub(crate) fn answer_opening(
        &self,
        request: &Request,
        open: impl FnOnce(Option<Fault>) -> Result<Answer, Problem>,
    ) -> Delivery {
        let begun = Instant::now();
        let (struck, result) = match self.strike(request, true) {
            Ok(struck) => {
                let fault = struck.as_ref().map(|struck| struck.fault);
                let result = fault.and_then(faults::instead).unwrap_or_else(|| open(fault));
                (struck, result)
            }
            Err(problem) => (None, Err(problem)),
        };
        let fault = struck.as_ref().map(|struck| struck.fault);
        let answer = match result {
            // What opens a socket is bare: there is no answer of the platform behind it.
            Ok(answer) => answer,
            Err(problem) => self.finished(request, &problem),
        };
        let kept = Kept { operation: None, answer: &answer, fault, elapsed: begun.elapsed() };
        lock(&self.record).add(request, &kept, self.now());
        match struck {
            Some(struck) => faults::spoil(struck.fault, answer, struck.rng),
            None => Delivery::whole(answer),
        }
    }

    /// How this request is to fail. Preflights and the control of the emulator never do.
    ///
    /// # Errors
    /// 400 when the request names a fault that there is not.
    fn strike(&self, request: &Request, opens_socket: bool) -> Result<Option<Struck>, Problem> {
        if control::is_control(&request.path) || request.path == "/" || request.method == HttpMethod::OPTIONS
        {
            return Ok(None);
        }
        let mut target = Target { request, operation: None, opens_socket };
        if let Some(fault) = faults::named(target)? {
            return Ok(Some(lock(&self.faults).strike_named(fault)));
        }
        let mut faults = lock(&self.faults);
        if faults.is_empty() {
            return Ok(None);
        }
        let operation = self.route(request, &request.path).ok();
        target.operation = operation.map(|(id, _)| self.platform.operation(id).name.as_str());
        Ok(faults.choose(target))
    }

    /// What holds while a request is looked at.
    fn terms(&self, fault: Option<Fault>) -> Terms {
        let now = self.now();
        let usual = Terms {
            now,
            allowed: self.settings.rate_limit,
            enforced: self.settings.enforce_rate_limit,
            as_of: None,
        };
        match fault {
            Some(Fault::Skew(seconds)) => Terms { now: now.skewed(seconds), ..usual },
            Some(Fault::Stale(ms)) => Terms { as_of: Some(now.before(Duration::from_millis(ms))), ..usual },
            Some(Fault::RateLimit(allowed)) => Terms { allowed, enforced: true, ..usual },
            _ => usual,
        }
    }

    /// Answers a request that was refused before it was read whole.
    pub(crate) fn refuse(&self, request: &Request, problem: &Problem) -> Answer {
        let answer = self.finished(request, problem);
        let kept = Kept { operation: None, answer: &answer, fault: None, elapsed: Duration::ZERO };
        lock(&self.record).add(request, &kept, self.now());
        answer
    }

    /// The answer that a problem is, with the headers of the platform.
    fn finished(&self, request: &Request, problem: &Problem) -> Answer {
        let correlation = synthesise::uuid(&mut fastrand::Rng::new());
        let mut answer = refuse(problem, &correlation, false);
        let rate = Rate { count: 1, allowed: self.settings.rate_limit, reset: 60 };
        answer::finish(&mut answer, request, &correlation, rate, self.now());
        answer
    }

    fn dispatch(&self, request: &Request, terms: Terms) -> Outcome {
        let alone = |result| (result, None, None);
        if control::is_control(&request.path) {
            return alone(control::answer(self, request));
        }
        if let Some(answer) = answer::preflight(request) {
            return alone(Ok(answer));
        }
        let part = self.hosts.part(request);
        if part.has_api() && request.path.starts_with("/api/") {
            return self.api(request, &request.path, terms);
        }
        if part.has_login()
            && let Some(result) = self.login(request, &request.path, terms.now)
        {
            return alone(result);
        }
        if request.path.starts_with(files::PREFIX) {
            return alone(files::answer(self, request));
        }
        if part.has_files()
            && let Some(result) = self.mounts.answer(request)
        {
            return alone(result);
        }
        if reading(request)
            && let Some(page) = page::answer(&request.path)
        {
            return alone(guard::admit(request, &self.settings.hosts).map(|()| page));
        }
        if part != hosts::Part::Whole {
            return alone(Err(Problem::not_found()));
        }
        // The gateway form: a path of its owner's choice in front of the platform's.
        if let Some(start) = request.path.find("/api/v2/") {
            return self.api(request, &request.path[start..], terms);
        }
        let gateway = ["/oauth/token", "/oauth/authorize"]
            .iter()
            .find(|end| request.path.ends_with(*end))
            .and_then(|end| self.login(request, end, terms.now));
        alone(gateway.unwrap_or_else(|| Err(Problem::not_found())))
    }

    /// The login host. The paths without `/oauth` are those of older clients.
    fn login(&self, request: &Request, path: &str, now: Moment) -> Option<Result<Answer, Problem>> {
        let result = match path {
            "/oauth/token" | "/token" => grants::token(self, request, now),
            "/oauth/authorize" | "/authorize" => authorize::page(self, request, now),
            "/logout" | "/oauth/logout" => authorize::logout(self, request),
            _ => return None,
        };
        Some(result)
    }

    fn api(&self, request: &Request, path: &str, terms: Terms) -> Outcome {
        if let Some(result) = self.beside_the_definition(request, path) {
            return (result, None, None);
        }
        let (id, values) = match self.route(request, path) {
            Ok(found) => found,
            Err(problem) => return (Err(problem), None, None),
        };
        let operation = self.platform.operation(id);
        let (caller, rate) = match self.caller(request, operation, path, terms) {
            Ok(Some((caller, rate))) => (Some(caller), Some(rate)),
            Ok(None) => (None, None),
            Err(problem) => return (Err(problem), Some(id), None),
        };
        if let Some(problem) = caller.as_deref().and_then(|caller| self.forbidden(caller, operation)) {
            return (Err(problem), Some(id), rate);
        }
        let result = check::arguments(&self.platform, operation, values, request).and_then(|arguments| {
            let call = Call {
                id,
                operation,
                arguments,
                caller: caller.as_deref(),
                path,
                request,
                now: terms.now,
                as_of: terms.as_of,
            };
            behaviour::answer(self, &call)
        });
        (result, Some(id), rate)
    }

    fn route(&self, request: &Request, path: &str) -> Result<(OperationId, Vec<String>), Problem> {
        let segments = segments(path)?;
        let method = Method::parse(request.method.as_str());
        let wanted = method.unwrap_or(Method::Options);
        let allowed = match self.router.find(wanted, &segments) {
            Route::Found { operation, values } if method.is_some() => return Ok((operation, values)),
            Route::Found { .. } | Route::Nothing => return Err(Problem::not_found()),
            Route::OtherMethods(allowed) => allowed,
        };
        // What can be read can be asked about.
        if wanted == Method::Head
            && let Route::Found { operation, values } = self.router.find(Method::Get, &segments)
        {
            return Ok((operation, values));
        }
        let allowed: Vec<&str> = allowed.into_iter().map(Method::as_str).collect();
        Err(Problem::method_not_allowed(&allowed.join(", ")))
    }

    /// Whose token the request has.
    fn caller(
        &self,
        request: &Request,
        operation: &Operation,
        path: &str,
        terms: Terms,
    ) -> Result<Option<(Arc<Caller>, Rate)>, Problem> {
        if !operation.authenticated {
            return Ok(None);
        }
        let token =
            request.bearer().filter(|token| !token.is_empty()).ok_or_else(Problem::unauthenticated)?;
        let spent = lock(&self.tokens).spend(token, terms.now, terms.allowed);
        match spent {
            Ok((caller, _)) if !self.is_live_client(&caller.client) => Err(Problem::bad_credentials()),
            Ok((_, rate)) if terms.enforced && rate.count > rate.allowed => Err(too_many(rate)),
            Ok(found) => Ok(Some(found)),
            // Guests of a chat have a token of their own, which came with the conversation.
            Err(_) if path.contains("/guest/") => Ok(None),
            Err(Worthless::Expired) => Err(Problem::expired_credentials()),
            Err(Worthless::Unknown) => Err(Problem::bad_credentials()),
        }
    }

    /// What a caller may not do, where the definition says which permissions it needs.
    fn forbidden(&self, caller: &Caller, operation: &Operation) -> Option<Problem> {
        let needed = operation.permissions.as_ref().filter(|needed| !needed.names.is_empty())?;
        // A client that is gone by now went a moment ago.
        let Ok(client) = self.client(&caller.client) else { return Some(Problem::bad_credentials()) };
        let names = needed.names.iter().map(String::as_str);
        let missing = names.filter(|permission| !client.is_permitted(permission)).count();
        let (enough, code, how_many) = match needed.need {
            Need::Any => (missing < needed.names.len(), "missing.any.permissions", "at least one"),
            Need::All => (missing == 0, "missing.permissions", "all"),
        };
        if enough {
            return None;
        }
        let permissions = needed.names.join(", ");
        let message = format!(
            "Unable to perform the requested action. You must have {how_many} of the following permissions \
             assigned: {permissions}"
        );
        Some(Problem::new(StatusCode::FORBIDDEN, code, message).with_parameter("permissions", permissions))
    }

    /// What the platform answers beside the operations of its definition.
    fn beside_the_definition(&self, request: &Request, path: &str) -> Option<Result<Answer, Problem>> {
        let reading = reading(request);
        match path {
            "/api/v2/health/check" if reading => Some(Ok(answer::json(
                StatusCode::OK,
                &json!({ "status": "ok", "version": self.platform.version }),
            ))),
            "/api/v2/docs/swagger" if reading => Some(self.definition.as_ref().map_or_else(
                || Err(Problem::not_found()),
                |definition| {
                    // A definition may be YAML too, which never begins like this.
                    let is_json = definition.trim_ascii_start().starts_with(b"{");
                    let media = if is_json { "application/json" } else { "application/yaml" };
                    let media = http::HeaderValue::from_static(media);
                    Ok(answer::bytes(StatusCode::OK, media, definition.clone()))
                },
            )),
            _ => None,
        }
    }
}

fn reading(request: &Request) -> bool {
    request.method == HttpMethod::GET || request.method == HttpMethod::HEAD
}

fn refuse(problem: &Problem, correlation: &str, scim: bool) -> Answer {
    let mut answer = if scim {
        let mut answer = answer::json(problem.status, &problem.scim_body());
        answer
            .headers_mut()
            .insert(header::CONTENT_TYPE, http::HeaderValue::from_static("application/scim+json"));
        answer
    } else {
        answer::json(problem.status, &problem.body(correlation))
    };
    if let Some((name, value)) = problem.header.as_deref() {
        answer.headers_mut().insert(name, value.clone());
    }
    answer
}

fn too_many(rate: Rate) -> Problem {
    Problem::new(
        StatusCode::TOO_MANY_REQUESTS,
        "too.many.requests",
        format!("Rate limit exceeded the maximum. Retry the request in [{}] seconds", rate.reset),
    )
    .with_parameter("seconds", rate.reset.to_string())
    .with_header(header::RETRY_AFTER, http::HeaderValue::from(rate.reset))
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;
    use std::sync::atomic::{AtomicBool, Ordering};

    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;
    use crate::base::demo;
    use crate::base::settings::Settings;
    use crate::fixture;
    use crate::schema::router::parameter_names;
    use crate::state::keep::{self, Change, KeepError, Medium, Reader};
    use crate::world::Parts;

    static WORLD: LazyLock<World> = LazyLock::new(|| {
        let settings = Settings { users: 5, invent_missing: true, ..Settings::default() };
        let world = World::new(Parts::new(Arc::new(crate::bundled()), settings)).unwrap();
        world.furnish();
        world
    });

    /// A token that works.
    static TOKEN: LazyLock<String> = LazyLock::new(|| {
        let caller = Arc::new(Caller {
            client: demo::CREDENTIALS_CLIENT.to_owned(),
            user: WORLD.user_named(demo::USER),
            scopes: Vec::new(),
        });
        lock(&WORLD.tokens).add(
            "token".to_owned(),
            caller,
            None,
            WORLD.now().after(Duration::from_hours(24)),
        );
        "token".to_owned()
    });

    fn request(method: &str, path: String, query: String, body: Vec<u8>) -> Request {
        let bearer = format!("Bearer {}", *TOKEN);
        let headers = [(header::AUTHORIZATION, &*bearer), (header::CONTENT_TYPE, "application/json")];
        let request = fixture::request(method.parse().unwrap(), "", &headers, body);
        Request { path, query, ..request }
    }

    /// The path of an operation with these values, encoded.
    fn path(operation: &Operation, values: &[String]) -> String {
        use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
        parameter_names(&operation.path).zip(values).fold(
            operation.path.text.clone(),
            |path, (name, value)| {
                let encoded = utf8_percent_encode(value, NON_ALPHANUMERIC).to_string();
                path.replace(&format!("{{{name}}}"), &encoded)
            },
        )
    }

    /// A disk that is full as long as it is told to be.
    #[derive(Default, Clone)]
    struct Disk(Arc<AtomicBool>);

    impl Medium for Disk {
        fn read(&mut self, _reader: Reader<'_>) -> Result<bool, KeepError> {
            Ok(true)
        }

        fn write(&mut self, _changes: &[Change]) -> Result<(), KeepError> {
            if self.0.load(Ordering::SeqCst) { Err(KeepError::Stopping) } else { Ok(()) }
        }
    }

    #[tokio::test]
    async fn while_nothing_can_be_kept_reads_are_answered_and_nothing_is_changed() {
        let disk = Disk::default();
        let (keeper, writer) = keep::keeper(Box::new(disk.clone()));
        let settings = Settings { users: 5, ..Settings::default() };
        let parts = Parts { keeper: Some(keeper), ..Parts::new(Arc::clone(&WORLD.platform), settings) };
        let world = Arc::new(World::new(parts).unwrap());
        world.furnish();
        writer.start(&world, false).unwrap();
        let caller = Arc::new(Caller {
            client: demo::CREDENTIALS_CLIENT.to_owned(),
            user: world.user_named(demo::USER),
            scopes: Vec::new(),
        });
        lock(&world.tokens).add("token".to_owned(), caller, None, world.now().after(Duration::from_hours(1)));
        let ask = async |method: &str, path: &str, body: &str| {
            let request = request(method, path.to_owned(), String::new(), body.into());
            world.answer_and_keep(&request).await.answer.status().as_u16()
        };
        let queues = || {
            lock(&world.store)
                .collection(crate::base::paths::QUEUES)
                .map(crate::state::store::Collection::len)
        };
        disk.0.store(true, Ordering::SeqCst);
        let before = queues();
        let queue = ("POST", "/api/v2/routing/queues", r#"{"name":"Parcels"}"#);
        assert_eq!(ask(queue.0, queue.1, queue.2).await, 503, "this one finds out that the disk is full");
        let found_out = queues();
        for _ in 0..2 {
            assert_eq!(ask("GET", "/api/v2/users/me", "").await, 200);
            assert_eq!(ask("POST", "/api/v2/users/search", r#"{"query":[]}"#).await, 200);
            assert_eq!(ask(queue.0, queue.1, queue.2).await, 503);
            assert_eq!(ask("GET", "/oauth/authorize", "").await, 503);
        }
        assert_eq!(queues(), found_out, "nothing changes while nothing is kept");
        disk.0.store(false, Ordering::SeqCst);
        assert_eq!(ask(queue.0, queue.1, queue.2).await, 200);
        assert_eq!(queues(), before.map(|count| count + 2));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(512))]

        #[test]
        fn values_of_any_text_reach_their_operation(
            index in any::<prop::sample::Index>(),
            values in vec("~[^\\p{Cc}]{0,12}", 8),
        ) {
            let operation = index.get(&WORLD.platform.operations);
            let count = parameter_names(&operation.path).count();
            let segments = segments(&path(operation, &values)).unwrap();
            match WORLD.router.find(operation.method, &segments) {
                Route::Found { operation: found, values: read } => {
                    // Operations of one shape and method differ in the names of their parameters alone.
                    let found = WORLD.platform.operation(found);
                    prop_assert_eq!(found.method, operation.method);
                    prop_assert_eq!(found.path.segments.len(), operation.path.segments.len());
                    prop_assert_eq!(&read, &values[..count]);
                }
                other => prop_assert!(false, "{} became {other:?}", operation.path.text),
            }
        }

        #[test]
        fn any_request_has_an_answer(
            method in "(GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS|BREW)",
            path in "/(api/v2/|oauth/|_emulator/|channels/|)[ -~]{0,40}",
            query in "[ -~]{0,40}",
            body in vec(any::<u8>(), 0..200),
        ) {
            let delivery = WORLD.answer(&request(&method, path, query, body));
            prop_assert!(delivery.answer.headers().contains_key(answer::CORRELATION_ID));
        }

        #[test]
        fn any_json_has_an_answer_from_any_operation(
            index in any::<prop::sample::Index>(),
            values in vec("[^\\p{Cc}]{1,12}", 8),
            body in "(\\[|\\{|\"id\":|\"version\":|1e999|null|true|,|\\}|\\]|-1|\"\\\\ud800\"){0,12}",
        ) {
            let operation = index.get(&WORLD.platform.operations);
            if operation.wire_name == "deleteTokensMe" || operation.wire_name == "deleteToken" {
                return Ok(());
            }
            let request = request(operation.method.as_str(), path(operation, &values), "pageSize=3&pageNumber=2".to_owned(), body.into_bytes());
            let status = WORLD.answer(&request).answer.status();
            prop_assert!(!status.is_server_error(), "{} answered {status}", operation.name);
        }
    }
}
