//! Every operation of the definition, called once with all of its arguments against the emulator: the request is what
//! the definition says, and the typed answer holds everything that the platform sent.
//!
//! `cargo test -p purecloud --features full --test full`

#![allow(clippy::unwrap_used, reason = "a test that cannot go on ends there")]

mod expect;
mod given;
mod read_only;
mod sample;

use purecloud::json::{self, DecodeError};
use purecloud::{Answer, Call, Operation, Output, RetryPolicy, Session, TypedCall};
use purecloud_definition::Platform;
use purecloud_definition::model::{Method, Place};
use purecloud_emulator::{Emulator, Handle, demo};
use serde_json::Value;

use expect::{Awkward, differences};
use given::Given;

#[allow(deprecated, reason = "those that the platform discourages are tried too")]
#[allow(clippy::all, clippy::pedantic, reason = "the build script wrote it")]
mod calls {
    use purecloud::{Session, apis};

    use super::{Given, Prepared, bytes, json, nothing};

    include!(concat!(env!("OUT_DIR"), "/calls.rs"));
}

/// A call of one operation, and how its answer is read as its type and written again.
struct Prepared {
    call: Call,
    read: Read,
    /// The same of other text, where the answer is JSON.
    reread: Option<Reread>,
}

type Read = fn(Answer) -> Result<Vec<u8>, purecloud::Error>;
type Reread = fn(&[u8]) -> Result<Vec<u8>, DecodeError>;

/// Of an operation that answers with JSON.
fn json<O: Operation>(call: TypedCall<O>) -> Prepared
where
    O::Output: json::Value + Default,
{
    Prepared {
        call: call.raw(),
        read: |answer| Ok(json::to_vec(&O::Output::from_answer(answer)?)),
        reread: Some(|text| Ok(json::to_vec(&json::from_slice::<O::Output>(text)?))),
    }
}

/// Of an operation that answers with something else.
fn bytes<O: Operation<Output = Answer>>(call: TypedCall<O>) -> Prepared {
    let read = |answer| Ok(O::Output::from_answer(answer)?.bytes().to_vec());
    Prepared { call: call.raw(), read, reread: None }
}

/// Of an operation whose answer is empty.
fn nothing<O: Operation<Output = ()>>(call: TypedCall<O>) -> Prepared {
    Prepared {
        call: call.raw(),
        read: |answer| O::Output::from_answer(answer).map(|()| Vec::new()),
        reread: None,
    }
}

async fn platform() -> (Platform, Handle) {
    let emulator =
        Emulator::builder().settings(|settings| settings.invent_missing = true).start().await.unwrap();
    (purecloud_definition::bundled().unwrap(), emulator)
}

async fn session(emulator: &Handle) -> Session {
    let builder = Session::builder().environment(emulator.origin()).pace(false).retry(RetryPolicy::off());
    builder.client_credentials(demo::CREDENTIALS_CLIENT, demo::SECRET).connect().await.unwrap()
}

/// The operation of each call. All of them have one.
fn operations(platform: &Platform) -> impl Iterator<Item = (&purecloud_definition::model::Operation, usize)> {
    let find = |name: &str| platform.operations.iter().find(|operation| operation.name == name);
    calls::CALLS.iter().enumerate().map(move |(index, (_, name, _))| (find(name).unwrap(), index))
}

/// Fails with the first few of the failures.
#[track_caller]
fn report(failures: &[String]) {
    let shown = failures[..failures.len().min(20)].join("\n");
    assert!(failures.is_empty(), "{} failures:\n{shown}", failures.len());
}

#[test]
fn no_operation_of_the_definition_is_left_out() {
    let platform = purecloud_definition::bundled().unwrap();
    let called: std::collections::HashSet<_> = calls::CALLS.iter().map(|(_, name, _)| *name).collect();
    let missing: Vec<_> =
        platform.operations.iter().filter(|operation| !called.contains(operation.name.as_str())).collect();
    assert!(missing.is_empty(), "{missing:?}");
    assert!(called.len() >= 3_355);
}

#[tokio::test]
async fn every_operation_sends_what_the_definition_says_and_loses_nothing_of_the_answer() {
    let (platform, emulator) = platform().await;
    let session = session(&emulator).await;
    let mut failures = Vec::new();
    let mut refused = 0;
    for (operation, index) in operations(&platform) {
        let given = Given::new(&platform, operation, Awkward::No);
        let prepared = (calls::CALLS[index].2)(&session, &given);
        emulator.forget_requests();
        let outcome = prepared.call.send().await;
        let mut wrong = differences(&platform, operation, &given, &emulator.requests());
        match outcome {
            Ok(answer) => wrong.extend(lost(operation.method, answer, prepared.read, prepared.reread)),
            // Not every made-up id or version is one that the platform has.
            Err(error) if matches!(error.status(), Some(404 | 409)) => refused += 1,
            Err(error) if error.code().is_some_and(|code| code.ends_with("not.found")) => refused += 1,
            Err(error) => {
                let body =
                    error.refusal().map(|refusal| String::from_utf8_lossy(refusal.body()).into_owned());
                wrong.push(format!("{error}: {}", body.unwrap_or_default()));
            }
        }
        failures.extend(wrong.into_iter().map(|wrong| format!("{}: {wrong}", operation.name)));
    }
    report(&failures);
    assert!(refused < calls::CALLS.len() / 50, "{refused} calls found nothing to act on");
    emulator.stop().await;
}

/// What of an answer its type does not hold.
fn lost(method: Method, answer: Answer, read: Read, reread: Option<Reread>) -> Option<String> {
    let sent = answer.bytes().clone();
    let held = match read(answer) {
        Ok(held) => held,
        Err(error) => {
            return Some(format!(
                "{error}: {:?}",
                std::error::Error::source(&error).map(ToString::to_string)
            ));
        }
    };
    let Some(reread) = reread else { return (held != sent).then(|| "the bytes are others".to_owned()) };
    if sent.is_empty() {
        return (method != Method::Head).then(|| "nothing was answered".to_owned());
    }
    let mut sent: Value = serde_json::from_slice(&sent).unwrap();
    let held: Value = serde_json::from_slice(&held).unwrap();
    if held != sent {
        return Some(format!("held {held}\nof   {sent}"));
    }
    // What the definition does not have is kept as well.
    if !expect::add_unknown(&mut sent) {
        return None;
    }
    let held: Value = serde_json::from_slice(&reread(sent.to_string().as_bytes()).unwrap()).unwrap();
    (held != sent).then(|| format!("with unknown fields, held {held}\nof {sent}"))
}

#[tokio::test]
async fn no_value_of_a_path_or_a_query_can_leave_its_place() {
    let (platform, emulator) = platform().await;
    let session = session(&emulator).await;
    let mut failures = Vec::new();
    for (operation, index) in operations(&platform) {
        let texts = |place: &Place| matches!(place, Place::Path | Place::Query { .. });
        if !operation.parameters.iter().any(|parameter| texts(&parameter.place)) {
            continue;
        }
        let given = Given::new(&platform, operation, Awkward::Yes);
        let prepared = (calls::CALLS[index].2)(&session, &given);
        emulator.forget_requests();
        // Whatever the platform says of such a value, it has to have come to the right operation.
        let _ = prepared.call.send().await;
        let wrong = differences(&platform, operation, &given, &emulator.requests());
        failures.extend(wrong.into_iter().map(|wrong| format!("{}: {wrong}", operation.name)));
    }
    report(&failures);
    emulator.stop().await;
}
