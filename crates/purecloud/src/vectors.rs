//! Runs the cases of `vectors/`: behaviour written once, as data, for every runtime of this project.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value, json};

use crate::answer::Answer;
use crate::budget::{Budget, Observation, Shared};
use crate::channel::{Act, Channels, Event};
use crate::classify::{self, Refusal};
use crate::environment::Environment;
use crate::error::{Advice, Error, Sent};
use crate::oauth::{self, Freshness, Grant, LoginError, Proof, Redirected, Wanted};
use crate::operation::{Argument, JSON, ListStyle, Method, OperationSpec, Paging, Parameter, Place, Repeat};
use crate::paging::{self, PageRequest, Pager, PagingError, Stage, Step};
use crate::request::{self, RequestError};
use crate::retry::{self, Allowance, Attempt, Decision, Failure, RetryPolicy, Spent, Stop};
use crate::store::{StoredToken, TokenOwner};
use crate::transport::TransportError;

/// Runs every case of a topic and names those that differ.
#[track_caller]
fn check(topic: &str, run: impl Fn(&Value) -> Value) {
    let path = format!("{}/../../vectors/{topic}.json", env!("CARGO_MANIFEST_DIR"));
    let file: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let cases = file["cases"].as_array().unwrap();
    assert!(!cases.is_empty());
    let mut failures = Vec::new();
    for case in cases {
        let actual = run(&case["given"]);
        if actual != case["expect"] {
            failures.push(format!("{}\n  expected {}\n  actual   {actual}", case["name"], case["expect"]));
        }
    }
    assert!(failures.is_empty(), "{} of {}:\n{}", failures.len(), cases.len(), failures.join("\n"));
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_else(|| panic!("`{name}` is no text in {value}"))
}

/// Rows are constants; those of a test live as long as the process.
fn leak(text: &str) -> &'static str {
    Box::leak(text.to_owned().into_boxed_str())
}

fn duration(value: &Value) -> Option<Duration> {
    value.as_u64().map(Duration::from_millis)
}

/// An object without the members that say nothing.
fn object<const N: usize>(members: [(&str, Value); N]) -> Value {
    let members = members.into_iter().filter(|(_, value)| !value.is_null());
    Value::Object(members.map(|(name, value)| (name.to_owned(), value)).collect())
}

#[test]
fn environments_are_read() {
    check("environment", |given| match Environment::parse(text(given, "environment")) {
        Ok(environment) => json!({"api": environment.api(), "login": environment.login()}),
        Err(_) => json!({"error": true}),
    });
}

#[test]
fn forms_are_written() {
    use crate::{FormFields, FormFile};
    let list = |value: &Value| -> Vec<String> { serde_json::from_value(value.clone()).unwrap() };
    check("form", |given| {
        let mut form = FormFields::new();
        for field in given["fields"].as_array().unwrap() {
            let name = text(field, "name").to_owned();
            form = if let Some(text) = field["text"].as_str() {
                form.text(name, text)
            } else if field["texts"].is_array() {
                form.text(name, list(&field["texts"]))
            } else if field["joined"].is_array() {
                form.joined(name, list(&field["joined"]))
            } else if field["json"].is_object() {
                form.json(name, &field["json"])
            } else {
                let mut file = FormFile::new(text(&field["file"], "content").to_owned());
                if let Some(name) = field["file"]["name"].as_str() {
                    file = file.name(name);
                }
                if let Some(media) = field["file"]["type"].as_str() {
                    file = file.content_type(media);
                }
                form.file(name, file)
            };
        }
        match form.write(text(given, "type"), given["boundary"].as_str().unwrap_or_default()) {
            Ok((crate::session::Content::Bytes(bytes), media)) => {
                json!({"type": media, "content": String::from_utf8(bytes.to_vec()).unwrap()})
            }
            Ok(_) => panic!("a form without streams is bytes"),
            Err(_) => json!({"error": true}),
        }
    });
}

fn spec(operation: &Value) -> OperationSpec {
    let parameters = operation["parameters"].as_array().unwrap().iter().map(|parameter| Parameter {
        name: leak(text(parameter, "name")),
        wire_name: leak(text(parameter, "wireName")),
        required: parameter["required"] == true,
        place: match text(parameter, "place") {
            "path" => Place::Path,
            "query" => Place::Query(ListStyle::Multi),
            "queryComma" => Place::Query(ListStyle::Comma),
            "querySpace" => Place::Query(ListStyle::Space),
            "queryPipe" => Place::Query(ListStyle::Pipe),
            "header" => Place::Header,
            "body" => Place::Body,
            other => panic!("no such place: {other}"),
        },
    });
    OperationSpec {
        parameters: Box::leak(parameters.collect::<Vec<_>>().into_boxed_slice()),
        content_type: operation["contentType"].as_str().map_or(JSON, leak),
        accept: operation["accept"].as_str().map_or(JSON, leak),
        authenticated: false,
        ..OperationSpec::new(
            leak(text(operation, "id")),
            Method::parse(text(operation, "method")).unwrap(),
            leak(text(operation, "path")),
        )
    }
}

fn argument(value: &Value) -> Argument {
    match value {
        Value::Array(items) => items.iter().map(argument).collect(),
        Value::String(text) => text.as_str().into(),
        other => other.to_string().into(),
    }
}

#[test]
fn requests_are_built_from_rows_and_arguments() {
    let session = crate::Session::builder().environment("http://127.0.0.1:1").build().unwrap();
    check("request", |given| {
        let spec: &'static OperationSpec = Box::leak(Box::new(spec(&given["operation"])));
        let mut call = session.operation(spec);
        for (index, parameter) in spec.parameters.iter().enumerate() {
            let value = &given["arguments"][parameter.name];
            if value.is_null() {
                continue;
            }
            call = match parameter.place {
                Place::Body if spec.content_type.ends_with("json") => call.body(value),
                Place::Body => call.bytes(value.as_str().unwrap().to_owned()),
                _ => call.argument(index, argument(value)),
            };
        }
        match call.plan() {
            Err(crate::Error::Request {
                problem: RequestError::Missing { name } | RequestError::EmptyPath { name },
                ..
            }) => {
                json!({"error": {"kind": "missing", "parameter": name}})
            }
            Err(error) => json!({"error": error.to_string()}),
            Ok((plan, _)) => {
                let headers: Map<String, Value> = plan
                    .headers
                    .iter()
                    .map(|(name, value)| (name.to_string(), json!(value.to_str().unwrap())))
                    .collect();
                object([
                    ("method", json!(plan.method.as_str())),
                    ("target", json!(plan.address.strip_prefix("http://127.0.0.1:1").unwrap())),
                    ("headers", Value::Object(headers)),
                    (
                        "body",
                        match plan.content {
                            crate::session::Content::Bytes(bytes) => {
                                json!(std::str::from_utf8(&bytes).unwrap())
                            }
                            _ => Value::Null,
                        },
                    ),
                ])
            }
        }
    });
}

#[test]
fn free_calls_go_to_the_session_s_own_hosts() {
    check("address", |given| {
        let origins: Vec<String> = serde_json::from_value(given["origins"].clone()).unwrap();
        match request::resolve(text(given, "address"), &origins) {
            Ok((origin, target)) => json!({"url": format!("{origin}{target}")}),
            Err(RequestError::ForeignHost { .. }) => json!({"error": "foreign-host"}),
            Err(_) => json!({"error": "address"}),
        }
    });
}

#[test]
fn grants_are_shown() {
    check("oauth-request", |given| {
        let given = &given["grant"];
        let secret = given["clientSecret"].as_str().map(crate::Secret::new);
        let client_id = text(given, "clientId").to_owned();
        let grant = match text(given, "type") {
            "client_credentials" => Grant::ClientCredentials { client_id, client_secret: secret.unwrap() },
            "authorization_code" => Grant::Code {
                client_id,
                proof: match secret {
                    Some(secret) => Proof::Secret(secret),
                    None => Proof::Verifier(text(given, "codeVerifier").into()),
                },
                code: text(given, "code").into(),
                redirect_uri: text(given, "redirectUri").to_owned(),
            },
            "saml2" => Grant::Saml2 {
                client_id,
                client_secret: secret.unwrap(),
                organization: text(given, "organization").to_owned(),
                assertion: text(given, "assertion").into(),
            },
            "refresh_token" => Grant::Refresh {
                client_id,
                client_secret: secret,
                refresh_token: text(given, "refreshToken").into(),
            },
            other => panic!("no such grant: {other}"),
        };
        let request = grant.request();
        object([
            ("path", json!(oauth::TOKEN_PATH)),
            ("form", json!(request.form.expose())),
            ("authorization", json!(request.authorization.as_ref().map(crate::Secret::expose))),
        ])
    });
}

fn granted(granted: &oauth::Granted) -> Value {
    object([
        ("accessToken", json!(granted.access_token.expose())),
        ("expiresIn", json!(granted.expires_in)),
        ("refreshToken", json!(granted.refresh_token.as_ref().map(crate::Secret::expose))),
    ])
}

fn login_error(error: &LoginError) -> Value {
    let error = match error {
        LoginError::Refused { status, code, description } => object([
            ("code", json!(code)),
            ("description", json!(description)),
            ("status", json!(Some(*status).filter(|status| *status > 0))),
        ]),
        LoginError::Unusable { .. } => json!({"unusable": true}),
        LoginError::State => json!({"state": true}),
        LoginError::Nothing => json!({"nothing": true}),
        LoginError::Repeated { name } => json!({"repeated": name}),
    };
    json!({"error": error})
}

#[test]
fn answers_of_the_login_are_read() {
    check("oauth-answer", |given| {
        let status = given["status"].as_u64().unwrap() as u16;
        match oauth::read_answer(status, text(given, "body").as_bytes()) {
            Ok(token) => granted(&token),
            Err(error) => login_error(&error),
        }
    });
}

#[test]
fn redirects_of_the_login_are_read() {
    check("oauth-redirect", |given| {
        match oauth::read_redirect(text(given, "address"), given["state"].as_str()) {
            Ok(Redirected::Token(token)) => granted(&token),
            Ok(Redirected::Code(code)) => json!({"code": code.expose()}),
            Err(error) => login_error(&error),
        }
    });
}

#[test]
fn browsers_are_sent_to_the_right_address() {
    check("oauth-address", |given| {
        let (login, client, redirect) =
            (text(given, "login"), text(given, "clientId"), text(given, "redirectUri"));
        let challenge = given["verifier"].as_str().map(oauth::challenge);
        let wanted = match (text(given, "wanted"), &challenge) {
            ("logout", _) => return json!({"address": oauth::logout_address(login, client, Some(redirect))}),
            ("token", _) => Wanted::Token,
            (_, Some(challenge)) => Wanted::CodeWithChallenge(challenge),
            _ => Wanted::Code,
        };
        let more: Vec<(String, String)> = serde_json::from_value(given["more"].clone()).unwrap_or_default();
        let more: Vec<_> = more.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let state = text(given, "state");
        json!({"address": oauth::authorize_address(login, client, redirect, state, wanted, &more)})
    });
}

#[test]
fn tokens_are_renewed_in_time() {
    check("token-freshness", |given| {
        let (now, obtained) = (given["now"].as_u64().unwrap(), given["obtained"].as_u64().unwrap());
        json!({"freshness": match oauth::freshness(now, obtained, given["expires"].as_u64()) {
            Freshness::Fresh => "fresh",
            Freshness::Due => "due",
            Freshness::Expired => "expired",
        }})
    });
}

#[test]
fn answers_are_classified() {
    check("classify", |given| {
        let status = given["status"].as_u64().unwrap() as u16;
        let mut headers = http::HeaderMap::new();
        for (name, value) in given["headers"].as_object().unwrap() {
            headers
                .insert(http::HeaderName::try_from(name).unwrap(), value.as_str().unwrap().parse().unwrap());
        }
        let body = bytes::Bytes::from(text(given, "body").to_owned());
        if !classify::is_success(status) {
            let refusal = Refusal::read("test".into(), status, headers, body);
            return json!({"error": object([
                ("status", json!(refusal.status())),
                ("code", json!(refusal.code())),
                ("message", json!(refusal.message())),
                ("correlationId", json!(refusal.correlation_id())),
                ("retryAfter", json!(refusal.retry_after().map(|wait| wait.as_secs()))),
            ])});
        }
        if given["cut"] == true {
            return json!({"error": {"status": status, "cut": true}});
        }
        let answer = Answer { operation: "test".into(), status, headers, body };
        match answer.json::<Option<Value>>() {
            Ok(data) => object([("success", json!(true)), ("data", json!(data))]),
            Err(_) => json!({"error": {"status": status, "garbled": true}}),
        }
    });
}

/// The error of a login that fails as `given` says, with OAuth's code where the answer holds one.
fn failed_login(given: &Value, code: &str) -> Error {
    let problem = match given["failure"].as_str() {
        Some("redirect") => match code {
            "state" => LoginError::State,
            "nothing" => LoginError::Nothing,
            "repeated" => LoginError::Repeated { name: "code" },
            _ => LoginError::Refused { status: 0, code: code.to_owned(), description: None },
        },
        Some("unusable") => LoginError::Unusable { problem: "`access_token` is missing" },
        Some(_) => return failed(given),
        None => {
            let body = json!({"error": code}).to_string();
            oauth::read_answer(given["failure"].as_u64().unwrap() as u16, body.as_bytes()).unwrap_err()
        }
    };
    let status = given["failure"].as_u64().unwrap_or(400);
    let refusal = match failed(&json!({"failure": status, "retryAfter": given["retryAfter"]})) {
        Error::Refused(refusal) => Some(refusal),
        _ => None,
    };
    Error::Login { grant: "client_credentials", problem, refusal }
}

/// The error of a call that fails as `given` says.
fn failed(given: &Value) -> Error {
    let operation = || "test".into();
    let limit = Duration::from_secs(1);
    let status = 200;
    let Some(failure) = given["failure"].as_str() else {
        let status = given["failure"].as_u64().unwrap() as u16;
        let mut headers = http::HeaderMap::new();
        if let Some(seconds) = given["retryAfter"].as_u64() {
            headers.insert(http::header::RETRY_AFTER, seconds.into());
        }
        return Error::Refused(Refusal::read(operation(), status, headers, bytes::Bytes::new()).into());
    };
    let wire = || TransportError::maybe_sent("the wire");
    match failure {
        "request" => {
            Error::Request { operation: operation(), problem: RequestError::Missing { name: "userId" } }
        }
        "not-sent" => {
            Error::Unreached { operation: operation(), source: TransportError::not_sent("no wire") }
        }
        "closed" => Error::Closed,
        "broken" => Error::Broken { operation: operation(), source: wire() },
        "timeout" => Error::Timeout { operation: operation(), limit, sent: Sent::Maybe },
        "timeout-not-sent" => Error::Timeout { operation: operation(), limit, sent: Sent::No },
        "cut" => Error::Cut { operation: operation(), status, correlation_id: None, source: wire() },
        "too-long" => Error::TooLong { operation: operation(), limit: 1, status, correlation_id: None },
        "decode" => {
            let answer = Answer {
                operation: operation(),
                status,
                headers: http::HeaderMap::new(),
                body: bytes::Bytes::from_static(b"{"),
            };
            answer.json::<Value>().unwrap_err()
        }
        other => panic!("no such failure: {other}"),
    }
}

/// The error of the login behind that of a call.
fn cause(error: &Error) -> &Error {
    match error {
        Error::Renewal { source: Some(source) } => source,
        error => error,
    }
}

#[test]
fn errors_say_what_to_do() {
    check("error", |given| {
        let mut error = match given["login"].as_str() {
            Some(code) => failed_login(given, code),
            None => failed(given),
        };
        if given["login"].is_string() {
            // Who logs in and who makes a call that waits for the login see the same.
            let call = Error::Renewal { source: Some(Arc::new(failed_login(given, text(given, "login")))) };
            if matches!(error, Error::Login { .. }) {
                assert_eq!((error.advice(), error.may_have_acted()), (call.advice(), call.may_have_acted()));
            }
            error = call;
        }
        if given["earlier"] == true {
            error = error.after(Some(failed(&json!({"failure": "broken"}))));
        }
        let only_reads =
            given["reads"] == true || matches!(text(given, "method"), "GET" | "HEAD" | "OPTIONS");
        let (advice, after) = match error.advice() {
            Advice::Change => ("change", None),
            Advice::LogIn => ("logIn", None),
            Advice::TryAgain { after } => ("tryAgain", after),
            Advice::LookFirst => ("lookFirst", None),
        };
        object([
            (
                "kind",
                json!(match cause(&error) {
                    Error::Unreached { .. } => "unreached",
                    Error::Broken { .. } => "broken",
                    Error::Timeout { .. } => "timeout",
                    Error::Refused(_) | Error::Login { problem: LoginError::Refused { .. }, .. } => "refused",
                    Error::Cut { .. } => "cut",
                    Error::TooLong { .. } => "tooLong",
                    Error::Decode { .. } | Error::Login { problem: LoginError::Unusable { .. }, .. } =>
                        "decode",
                    Error::Request { .. } | Error::Login { .. } | Error::Closed => "request",
                    other => panic!("no kind: {other}"),
                }),
            ),
            ("mayHaveActed", json!(error.may_have_acted())),
            ("advice", json!(advice)),
            ("after", json!(after.map(|wait| wait.as_secs()))),
            ("retryable", json!(error.is_retryable(only_reads))),
        ])
    });
}

#[test]
fn content_that_is_not_in_order_is_read() {
    check("text", |given| {
        let hex = text(given, "hex");
        let bytes: Vec<u8> =
            (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect();
        let data = crate::text::read::<Value>(&bytes).ok();
        // Models are read by a parser of their own.
        assert_eq!(crate::json::from_slice::<Value>(&bytes).ok(), data, "{hex}");
        data.map_or(json!({"error": true}), |data| json!({"data": data}))
    });
}

#[test]
fn failures_are_met() {
    check("retry", |given| {
        let policy = &given["policy"];
        let policy = RetryPolicy {
            attempts: policy["attempts"].as_u64().unwrap() as u32,
            base: duration(&policy["base"]).unwrap(),
            cap: duration(&policy["cap"]).unwrap(),
            limit: duration(&policy["limit"]).unwrap(),
        };
        let attempt = Attempt {
            number: given["attempt"].as_u64().unwrap() as u32,
            method: Method::parse(text(given, "method")).unwrap(),
            repeat: if given["reads"] == true { Repeat::Reads } else { Repeat::ByMethod },
            failure: match &given["failure"] {
                Value::Number(status) => Failure::Status(status.as_u64().unwrap() as u16),
                Value::String(kind) if kind == "not-sent" => Failure::NotSent,
                _ => Failure::MaybeSent,
            },
            retry_after: duration(&given["retryAfter"]),
            spent: spent(given),
            random: given["random"].as_f64().unwrap(),
        };
        match retry::decide(&policy, &attempt) {
            Decision::Retry { after } => json!({"retry": after.as_millis() as u64}),
            Decision::Stop(Stop::Permanent) => json!({"stop": "permanent"}),
            Decision::Stop(Stop::Unsafe) => json!({"stop": "unsafe"}),
            Decision::Stop(Stop::Attempts) => json!({"stop": "attempts"}),
            Decision::Stop(Stop::Limit) => json!({"stop": "limit"}),
        }
    });
}

fn spent(given: &Value) -> Spent {
    Spent {
        elapsed: duration(&given["elapsed"]).unwrap(),
        queued: duration(&given["queued"]).unwrap_or_default(),
        total: duration(&given["total"]),
    }
}

#[test]
fn waits_are_bounded_by_the_limits_of_a_call() {
    check("call-patience", |given| {
        let policy = RetryPolicy { limit: duration(&given["limit"]).unwrap(), ..RetryPolicy::default() };
        json!({"patience": retry::patience(&policy, &spent(given)).as_millis() as u64})
    });
}

#[test]
fn stored_tokens_are_used_by_their_owner() {
    check("stored-token", |given| {
        let session = &given["session"];
        let owner = owner(session);
        match StoredToken::from_json(text(given, "stored")).ok().filter(|token| owner.has(token)) {
            None => json!({"absent": true}),
            Some(token) => json!({"token": object([
                ("accessToken", json!(token.access_token.expose())),
                ("refreshToken", json!(token.refresh_token.as_ref().map(crate::Secret::expose))),
                ("obtainedAt", json!(token.obtained_at)),
                ("expiresAt", json!(token.expires_at)),
            ])}),
        }
    });
}

fn owner(session: &Value) -> TokenOwner {
    let mut owner = TokenOwner::default();
    text(session, "environment").clone_into(&mut owner.environment);
    text(session, "clientId").clone_into(&mut owner.client_id);
    text(session, "grant").clone_into(&mut owner.grant);
    owner.user = session["user"].as_str().map(str::to_owned);
    owner.login = session["login"].as_str().map(str::to_owned);
    owner
}

#[test]
fn a_login_is_told_from_another_of_the_same_client() {
    check("stored-login", |given| {
        let grant = Grant::ClientCredentials {
            client_id: text(given, "clientId").to_owned(),
            client_secret: text(given, "shown").into(),
        };
        json!({"login": grant.login()})
    });
}

#[test]
fn the_budget_of_a_token_has_one_key() {
    check("budget-key", |given| {
        let header = format!("Bearer {}", text(given, "token"));
        json!({"key": crate::governor::key(&http::HeaderValue::try_from(header).unwrap())})
    });
}

#[test]
fn fleets_share_a_budget_as_text() {
    check("shared-budget", |given| {
        let mut stored = given["stored"].as_str().map(str::to_owned);
        let (mut waits, mut slots) = (Vec::new(), Vec::new());
        for step in given["steps"].as_array().unwrap() {
            let at = step["at"].as_u64().unwrap();
            let mut shared = Shared::read(stored.as_deref(), at);
            shared.change(text(step, "caller"), at, |budget| {
                if step["admit"] == true {
                    let slot = budget.admit(at, duration(&step["patience"]).unwrap_or(Duration::MAX));
                    waits.push(slot.map(|slot| slot.wait(at).as_millis() as u64).ok());
                    slots.push(slot);
                } else if let Some(admitted) = step["release"].as_u64() {
                    budget.released(slots[admitted as usize].unwrap());
                } else if step["abandon"] == true {
                    budget.abandoned();
                } else {
                    budget.answered(at, observation(&step["answer"]));
                }
            });
            stored = Some(shared.write());
        }
        json!({"waits": waits, "stored": serde_json::from_str::<Value>(&stored.unwrap()).unwrap()})
    });
}

fn observation(answer: &Value) -> Observation {
    let mut headers = http::HeaderMap::new();
    for (name, header) in [
        ("count", "inin-ratelimit-count"),
        ("allowed", "inin-ratelimit-allowed"),
        ("reset", "inin-ratelimit-reset"),
        ("retryAfter", "retry-after"),
    ] {
        if let Some(value) = answer[name].as_u64() {
            headers.insert(header, value.into());
        }
    }
    Observation::read(answer["status"].as_u64().unwrap() as u16, &headers)
}

#[test]
fn repetitions_are_rationed() {
    check("retry-allowance", |given| {
        let mut allowance = Allowance::default();
        let mut allowed = Vec::new();
        for step in given["steps"].as_array().unwrap() {
            match step.as_str().unwrap() {
                "success" => allowance.earn(),
                "retry" => allowed.push(allowance.spend(Failure::Status(503))),
                "retry-429" => allowed.push(allowance.spend(Failure::Status(429))),
                other => panic!("no such step: {other}"),
            }
        }
        json!({"allowed": allowed})
    });
}

#[test]
fn calls_are_spaced() {
    // A case names of the state at the end what it is about.
    let path = format!("{}/../../vectors/rate-budget.json", env!("CARGO_MANIFEST_DIR"));
    let file: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    for case in file["cases"].as_array().unwrap() {
        let mut budget = Budget::default();
        let (mut waits, mut slots) = (Vec::new(), Vec::new());
        for step in case["given"]["steps"].as_array().unwrap() {
            let at = step["at"].as_u64().unwrap();
            if step["admit"] == true {
                let slot = budget.admit(at, duration(&step["patience"]).unwrap_or(Duration::MAX));
                waits.push(slot.map(|slot| slot.wait(at).as_millis() as u64).ok());
                slots.push(slot);
            } else if let Some(admitted) = step["release"].as_u64() {
                budget.released(slots[admitted as usize].unwrap());
            } else if step["abandon"] == true {
                budget.abandoned();
            } else if step["renew"] == true {
                budget.renew();
            } else {
                budget.answered(at, observation(&step["answer"]));
            }
        }
        let (allowed, used, window_end) = budget.state();
        let actual = json!({"waits": waits, "allowed": allowed, "used": used, "windowEnd": window_end});
        for (name, value) in case["expect"].as_object().unwrap() {
            assert_eq!(&actual[name], value, "{}: {name}", case["name"]);
        }
    }
}

#[test]
fn listings_are_followed() {
    check("paging", followed);
}

#[test]
fn pages_of_results_have_the_size_that_was_asked_for() {
    check("paging-size", followed);
}

#[test]
fn the_list_with_the_items_of_a_page_is_found() {
    check("paging-items", followed);
}

fn followed(given: &Value) -> Value {
    let style: Paging = serde_json::from_value(given["style"].clone()).unwrap();
    let origins = ["https://api.mypurecloud.ie".to_owned()];
    let mut request: PageRequest = serde_json::from_value(given["first"].clone()).unwrap();
    let mut pager = Pager::new(style, Stage::Submit, None);
    let (mut requests, mut items, mut waits, mut unreadable) =
        (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    if let Some(size) = given["resultsPageSize"].as_u64() {
        pager = pager.with_size(size as u32);
    }
    let mut error = Value::Null;
    for answer in given["answers"].as_array().unwrap() {
        let text = answer.to_string();
        match pager.advance(&request, text.as_bytes(), &origins) {
            Ok(Step::Ask { after, request: next }) => {
                waits.push(after.as_millis() as u64);
                requests.push(next.clone());
                request = next;
            }
            Ok(Step::Page { next }) => {
                let page = paging::items(text.as_bytes(), None).unwrap();
                for (index, item) in page.texts.iter().enumerate() {
                    match item.get() {
                        "null" => unreadable.push(page.place(index)),
                        item => items.push(serde_json::from_str::<Value>(item).unwrap()),
                    }
                }
                match next {
                    Some(next) => {
                        requests.push(next.clone());
                        request = next;
                    }
                    None => break,
                }
            }
            Err(problem) => {
                error = json!(match problem {
                    PagingError::Loop { .. } => "loop",
                    PagingError::Standstill { .. } => "standstill",
                    PagingError::Address(RequestError::ForeignHost { .. }) => "foreign-host",
                    PagingError::Address(_) => "address",
                    PagingError::Answer { .. } => "answer",
                    PagingError::Failed { .. } => "failed",
                    PagingError::Slow { .. } => "slow",
                });
                break;
            }
        }
    }
    object([
        ("requests", json!(requests)),
        ("items", json!(items)),
        ("unreadable", if unreadable.is_empty() { Value::Null } else { json!(unreadable) }),
        ("waits", if waits.is_empty() { Value::Null } else { json!(waits) }),
        ("error", error),
    ])
}

/// The topics of a step: texts, or how many of them and where their numbers begin.
fn topics(value: &Value) -> Vec<String> {
    match value {
        Value::Array(topics) => topics.iter().map(|topic| topic.as_str().unwrap().to_owned()).collect(),
        made => {
            let from = made["from"].as_u64().unwrap();
            let to = from + made["count"].as_u64().unwrap();
            (from..to).map(|number| format!("v2.users.{number}.presence")).collect()
        }
    }
}

fn shown(topics: &[String]) -> Value {
    if topics.len() <= 5 { json!(topics) } else { json!(topics.len()) }
}

fn act(act: &Act) -> Value {
    match act {
        Act::Create(link) => json!({"create": link}),
        Act::Subscribe { link, id, topics } => json!({"subscribe": link, "id": id, "topics": shown(topics)}),
        Act::Connect { link, uri } => json!({"connect": link, "uri": uri}),
        Act::Ping(link) => json!({"ping": link}),
        Act::Disconnect(link) => json!({"disconnect": link}),
        Act::Deliver(text) => json!({"deliver": serde_json::from_str::<Value>(text).unwrap()}),
        Act::Missed { since, until, topics } => {
            json!({"missed": shown(topics), "since": since, "until": until})
        }
        Act::End { topics } => json!({"end": shown(topics)}),
    }
}

#[test]
fn channels_live() {
    check("channel", |given| {
        let mut channels = Channels::default();
        let mut all = Vec::new();
        for step in given["steps"].as_array().unwrap() {
            let link = |name: &str| step[name].as_u64().unwrap() as u32;
            let (name, _) =
                step.as_object().unwrap().iter().find(|(name, _)| EVENTS.contains(&name.as_str())).unwrap();
            let event = match name.as_str() {
                "topics" => {
                    all.push(match channels.subscribe(topics(&step["topics"])) {
                        Ok(acts) => acts.iter().map(act).collect(),
                        Err(error) => json!({"tooMany": error.topics}),
                    });
                    continue;
                }
                "without" => {
                    all.push(channels.unsubscribe(&topics(&step["without"])).iter().map(act).collect());
                    continue;
                }
                "wake" => {
                    all.push(json!({"wake": channels.wake()}));
                    continue;
                }
                "created" => Event::Created {
                    link: link("created"),
                    id: text(step, "id").to_owned(),
                    uri: format!("wss://x/{}", text(step, "id")),
                    expires: step["expires"].as_u64(),
                },
                "subscribed" => Event::Subscribed(link("subscribed")),
                "opened" => Event::Opened(link("opened")),
                "failed" => Event::Failed {
                    link: link("failed"),
                    gone: step["gone"] == true,
                    permanent: step["permanent"] == true,
                },
                "closed" => Event::Closed(link("closed")),
                "from" => Event::Message(
                    link("from"),
                    match &step["message"] {
                        Value::String(text) => text.clone(),
                        message => message.to_string(),
                    },
                ),
                _ => Event::Tick,
            };
            let (at, random) = (step["at"].as_u64().unwrap(), step["random"].as_f64().unwrap_or(0.5));
            all.push(channels.handle(at, random, event).iter().map(act).collect());
        }
        // Steps before the last few are often only the way there.
        let skip = given["skip"].as_u64().unwrap_or(0) as usize;
        json!({"acts": all[skip..]})
    });
}

/// The members of a step that name what happens.
const EVENTS: [&str; 10] =
    ["topics", "without", "wake", "created", "subscribed", "opened", "failed", "closed", "from", "tick"];
