//! The life of a session's token.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use purecloud::store::{FileStore, StoredToken, TokenStore};
use purecloud::{Advice, Cause, Error, Pending, Secret, Sent, Session, SessionBuilder};

use crate::script::{Act, Script, ok, status, token};

fn client(script: &Script) -> Session {
    script.builder().client_credentials("id", "secret").build().unwrap()
}

const LOGIN: &str = "POST https://login.mypurecloud.ie/oauth/token";

#[tokio::test(start_paused = true)]
async fn many_calls_wait_for_one_login() {
    let script = Script::new(std::iter::once(token("t1", 86_400)).chain((0..32).map(|_| ok("{}"))));
    let session = client(&script);
    let calls = (0..32).map(|_| session.call("GET", "/x").send());
    for outcome in futures_util::future::join_all(calls).await {
        outcome.unwrap();
    }
    let seen = script.seen();
    assert_eq!(seen.iter().filter(|seen| seen.line == LOGIN).count(), 1);
    assert_eq!(seen[0].authorization.as_deref(), Some("Basic aWQ6c2VjcmV0"));
    assert_eq!(seen[0].body, "grant_type=client_credentials");
    assert!(seen[1..].iter().all(|seen| seen.authorization.as_deref() == Some("Bearer t1")));
}

#[tokio::test(start_paused = true)]
async fn a_refused_token_is_renewed_once_for_all_and_each_call_replayed_once() {
    let refused = (0..8).map(|_| Act::Late(Duration::from_secs(1), 401, ""));
    let script = Script::new(
        std::iter::once(token("t1", 86_400))
            .chain(refused)
            .chain([token("t2", 86_400)])
            .chain((0..8).map(|_| ok("{}"))),
    );
    let session = client(&script);
    session.log_in().await.unwrap();
    let calls = (0..8).map(|_| session.call("POST", "/x").body("once").send());
    for outcome in futures_util::future::join_all(calls).await {
        outcome.unwrap();
    }
    assert_eq!(script.lines().iter().filter(|line| *line == LOGIN).count(), 2);
    assert!(script.is_done());
}

#[tokio::test(start_paused = true)]
async fn a_token_that_was_refused_is_not_sent_again() {
    let script = Script::new([token("t1", 86_400), status(401), token("t2", 86_400), ok("1"), ok("2")]);
    let session = client(&script);
    session.log_in().await.unwrap();
    let calls = (0..2).map(|_| session.call("GET", "/x").send());
    for outcome in futures_util::future::join_all(calls).await {
        outcome.unwrap();
    }
    assert!(script.is_done());
}

#[tokio::test(start_paused = true)]
async fn a_second_401_is_the_caller_s() {
    let script = Script::new([token("t1", 86_400), status(401), token("t2", 86_400), status(401)]);
    let error = client(&script).call("GET", "/x").await.unwrap_err();
    assert_eq!(error.status(), Some(401));
    assert!(script.is_done());
}

#[tokio::test(start_paused = true)]
async fn a_token_of_the_program_s_own_is_neither_renewed_nor_revoked() {
    let script = Script::new([status(401)]);
    let session = script.session();
    assert_eq!(session.call("GET", "/x").await.unwrap_err().status(), Some(401));
    session.close().await.unwrap();
    assert!(matches!(session.call("GET", "/x").await, Err(Error::Closed)));
}

#[tokio::test(start_paused = true)]
async fn a_token_near_its_end_serves_while_its_successor_is_fetched() {
    let script = Script::new([token("t1", 1000), ok("1"), ok("2"), token("t2", 1000), ok("3")]);
    let session = client(&script);
    session.call("GET", "/x").await.unwrap();
    tokio::time::advance(Duration::from_secs(950)).await;
    session.call("GET", "/x").await.unwrap();
    tokio::time::sleep(Duration::from_secs(1)).await;
    session.call("GET", "/x").await.unwrap();
    let tokens: Vec<_> = script.seen().into_iter().filter_map(|seen| seen.authorization).collect();
    assert_eq!(tokens.last().map(String::as_str), Some("Bearer t2"));
    assert_eq!(tokens.iter().filter(|token| *token == "Bearer t1").count(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_token_that_has_ended_is_not_sent() {
    let script = Script::new([token("t1", 1000), ok("1"), token("t2", 1000), ok("2")]);
    let session = client(&script);
    session.call("GET", "/x").await.unwrap();
    tokio::time::advance(Duration::from_secs(2000)).await;
    session.call("GET", "/x").await.unwrap();
    assert_eq!(script.seen()[3].authorization.as_deref(), Some("Bearer t2"));
}

#[tokio::test(start_paused = true)]
async fn a_renewal_goes_on_when_the_caller_who_began_it_goes_away() {
    let script = Script::new([Act::Slow(Duration::from_secs(3)), token("t1", 1000), ok("1")]);
    let session = client(&script);
    let given_up = session.call("GET", "/x").total_timeout(Duration::from_secs(1)).await;
    assert!(given_up.is_err());
    // The slow answer is no token, so that login fails; the next call makes its own.
    tokio::time::sleep(Duration::from_secs(5)).await;
    session.call("GET", "/x").await.unwrap();
    assert_eq!(script.lines().iter().filter(|line| *line == LOGIN).count(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_code_is_shown_once_and_its_refresh_token_from_then_on() {
    let first = r#"{"access_token":"t1","token_type":"bearer","expires_in":100,"refresh_token":"r1"}"#;
    let second = r#"{"access_token":"t2","token_type":"bearer","expires_in":100,"refresh_token":"r2"}"#;
    let third = r#"{"access_token":"t3","token_type":"bearer","expires_in":100}"#;
    let script = Script::new([ok(first), ok("1"), ok(second), ok("2"), ok(third), ok("3")]);
    let session =
        script.builder().authorization_code("id", "s", "c0de", "https://x.example/cb").build().unwrap();
    for _ in 0..3 {
        session.call("GET", "/x").await.unwrap();
        tokio::time::advance(Duration::from_secs(200)).await;
    }
    let forms: Vec<_> =
        script.seen().into_iter().filter(|seen| seen.line == LOGIN).map(|seen| seen.body).collect();
    assert_eq!(
        forms,
        [
            "grant_type=authorization_code&code=c0de&redirect_uri=https%3A%2F%2Fx.example%2Fcb",
            "grant_type=refresh_token&refresh_token=r1",
            "grant_type=refresh_token&refresh_token=r2",
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_code_that_may_have_been_used_up_is_not_shown_again() {
    let script = Script::new([Act::Broken]);
    let session =
        script.builder().authorization_code("id", "s", "c0de", "https://x.example/cb").build().unwrap();
    let error = session.call("GET", "/x").await.unwrap_err();
    assert!(matches!(error, Error::Renewal { source: Some(_) }), "{error:?}");
    assert_eq!(script.lines(), [LOGIN]);
}

#[tokio::test(start_paused = true)]
async fn a_failed_login_is_told_to_all_who_wait_without_the_secret() {
    let refusal = r#"{"error":"invalid_client","description":"authentication failed"}"#;
    let script = Script::new([Act::Answer(400, vec![], refusal.to_owned())]);
    let session = script.builder().client_credentials("id", "hunter2").build().unwrap();
    let calls = (0..4).map(|_| session.call("GET", "/x").send());
    for outcome in futures_util::future::join_all(calls).await {
        let error = outcome.unwrap_err();
        assert_eq!((error.code(), error.status()), (Some("invalid_client"), Some(400)));
        assert!(!format!("{error:?}").contains("hunter2") && !format!("{error:?}").contains("aWQ6"));
    }
}

#[tokio::test(start_paused = true)]
async fn closing_revokes_the_token_of_a_login() {
    let script = Script::new([token("t1", 1000), status(204)]);
    let session = client(&script);
    session.log_in().await.unwrap();
    session.close().await.unwrap();
    let last = script.seen().pop().unwrap();
    assert_eq!(last.line, "DELETE https://api.mypurecloud.ie/api/v2/tokens/me");
    assert_eq!(last.authorization.as_deref(), Some("Bearer t1"));
    assert!(matches!(session.clone().call("GET", "/x").await, Err(Error::Closed)));
}

#[tokio::test]
async fn a_token_outlives_its_process_in_a_store() {
    let path = std::env::temp_dir().join(format!("purecloud-it-{}", std::process::id()));
    let store = FileStore::new(&path);
    let first = Script::new([token("t1", 86_400)]);
    first.builder().client_credentials("id", "s").token_store(store.clone()).connect().await.unwrap();
    let second = Script::new([ok("{}")]);
    let session = second.builder().client_credentials("id", "s").token_store(store).connect().await.unwrap();
    session.call("GET", "/x").await.unwrap();
    assert_eq!(session.access_token().as_ref().map(Secret::expose), Some("t1"));
    std::fs::remove_file(path).unwrap();
}

#[tokio::test]
async fn a_session_without_credentials_calls_what_needs_none() {
    let script = Script::new([ok("{}")]);
    let session = script.builder().build().unwrap();
    session.call("GET", "/api/v2/health/check").await.unwrap();
    assert_eq!(script.seen()[0].authorization, None);
}

/// A store in memory, whose steps can be made to fail.
#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Vault>>);

#[derive(Default)]
struct Vault {
    token: Option<StoredToken>,
    load: Step,
    save: Step,
    clear: Step,
    saves: usize,
}

/// What a step of a store does.
#[derive(Clone, Copy, Default, PartialEq)]
enum Step {
    #[default]
    Works,
    Fails,
    PanicsOnce,
}

impl Kept {
    fn step<T: Send + 'static>(
        &self,
        which: impl Fn(&mut Vault) -> &mut Step,
        work: impl FnOnce(&mut Vault) -> T,
    ) -> Pending<'_, Result<T, Cause>> {
        let mut vault = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let act = std::mem::replace(which(&mut vault), Step::Works);
        let outcome = match act {
            Step::Works => Ok(work(&mut vault)),
            Step::Fails => {
                *which(&mut vault) = Step::Fails;
                Err("the store is away".into())
            }
            Step::PanicsOnce => panic!("the store of a test panics"),
        };
        Box::pin(std::future::ready(outcome))
    }
}

impl TokenStore for Kept {
    fn load(&self) -> Pending<'_, Result<Option<StoredToken>, Cause>> {
        self.step(|vault| &mut vault.load, |vault| vault.token.clone())
    }

    fn save(&self, token: StoredToken) -> Pending<'_, Result<(), Cause>> {
        self.step(
            |vault| &mut vault.save,
            |vault| {
                vault.saves += 1;
                vault.token = Some(token);
            },
        )
    }

    fn clear(&self) -> Pending<'_, Result<(), Cause>> {
        self.step(|vault| &mut vault.clear, |vault| vault.token = None)
    }
}

/// The settings of a session.
type Change = fn(SessionBuilder) -> SessionBuilder;

#[tokio::test(start_paused = true)]
async fn a_stored_token_serves_nobody_but_its_owner() {
    let store = Kept::default();
    let first = Script::new([token("t1", 86_400)]);
    let builder = |script: &Script| script.builder().token_store(store.clone());
    builder(&first).client_credentials("id", "secret").connect().await.unwrap();
    let kept = store.0.lock().unwrap().token.clone().unwrap();
    assert_eq!(kept.owner.environment, "https://api.mypurecloud.ie");
    assert!(!kept.to_json().unwrap().expose().contains("secret"), "a store holds no client secret");

    let same: Change = |builder| builder.client_credentials("id", "secret");
    let others: [Change; 6] = [
        |builder| builder.client_credentials("other", "secret"),
        |builder| builder.client_credentials("id", "wrong"),
        |builder| builder.client_credentials("id", "secret").environment("mypurecloud.com"),
        |builder| builder.client_credentials("id", "secret").user("ada"),
        |builder| builder.refresh_token("id", Some("secret".into()), "secret"),
        |builder| builder.authorization_code("id", "secret", "secret", "https://x.example/cb"),
    ];
    for change in others {
        store.0.lock().unwrap().token = Some(kept.clone());
        let script = Script::new([token("t2", 86_400)]);
        let session = change(builder(&script)).connect().await.unwrap();
        assert_eq!(session.access_token().as_ref().map(Secret::expose), Some("t2"));
        let saved = store.0.lock().unwrap().token.clone().unwrap();
        assert_eq!((saved.access_token.expose(), saved.owner == kept.owner), ("t2", false));
    }
    store.0.lock().unwrap().token = Some(kept);
    let session = same(builder(&Script::new([]))).connect().await.unwrap();
    assert_eq!(session.access_token().as_ref().map(Secret::expose), Some("t1"));
}

#[tokio::test(start_paused = true)]
async fn closing_leaves_what_another_session_has_stored() {
    let store = Kept::default();
    let script = Script::new([token("t1", 86_400), token("t2", 86_400), status(204)]);
    let builder = || script.builder().token_store(store.clone());
    let first = builder().client_credentials("id", "secret").connect().await.unwrap();
    builder().client_credentials("other", "secret").connect().await.unwrap();
    first.close().await.unwrap();
    assert_eq!(store.0.lock().unwrap().token.as_ref().unwrap().access_token.expose(), "t2");
    builder().access_token("mine").build().unwrap().close().await.unwrap();
    assert!(store.0.lock().unwrap().token.is_some());
}

#[tokio::test(start_paused = true)]
async fn a_token_that_arrives_after_close_is_revoked_and_not_saved() {
    let store = Kept::default();
    let late = r#"{"access_token":"late","token_type":"bearer","expires_in":100}"#;
    let script = Script::new([Act::Late(Duration::from_secs(3), 200, late), status(204)]);
    let session =
        script.builder().client_credentials("id", "secret").token_store(store.clone()).build().unwrap();
    let call = tokio::spawn(session.call("GET", "/x").send());
    tokio::time::sleep(Duration::from_secs(1)).await;
    session.close().await.unwrap();
    let last = script.seen().pop().unwrap();
    assert_eq!(last.line, "DELETE https://api.mypurecloud.ie/api/v2/tokens/me");
    assert_eq!(last.authorization.as_deref(), Some("Bearer late"));
    assert!(matches!(call.await.unwrap(), Err(Error::Closed)));
    assert_eq!(store.0.lock().unwrap().saves, 0);
}

#[tokio::test(start_paused = true)]
async fn a_login_that_fails_is_not_tried_again_once_the_session_is_closed() {
    let script = Script::new([Act::Answer(503, vec![("retry-after", "60")], String::new())]);
    let session = client(&script);
    let call = tokio::spawn(session.call("GET", "/x").send());
    tokio::time::sleep(Duration::from_secs(1)).await;
    let began = tokio::time::Instant::now();
    session.close().await.unwrap();
    assert_eq!(began.elapsed(), Duration::ZERO);
    call.await.unwrap().unwrap_err();
    assert!(script.is_done());
}

#[tokio::test(start_paused = true)]
async fn a_token_is_revoked_though_the_store_cannot_be_cleared() {
    let store = Kept::default();
    let script = Script::new([token("t1", 1000), status(204), status(204)]);
    let session = script
        .builder()
        .client_credentials("id", "secret")
        .token_store(store.clone())
        .connect()
        .await
        .unwrap();
    store.0.lock().unwrap().clear = Step::Fails;
    assert!(matches!(session.close().await, Err(Error::Store { verb: "clear", .. })));
    assert!(script.lines()[1].starts_with("DELETE "));
    store.0.lock().unwrap().clear = Step::Works;
    session.close().await.unwrap();
    assert!(store.0.lock().unwrap().token.is_none());
    assert_eq!(script.lines().len(), 2, "a revoked token is not revoked again");
}

#[tokio::test(start_paused = true)]
async fn a_token_that_could_not_be_revoked_is_revoked_by_the_next_close() {
    let script = Script::new([token("t1", 1000), status(400), status(204)]);
    let session = client(&script);
    session.log_in().await.unwrap();
    assert_eq!(session.close().await.unwrap_err().status(), Some(400));
    assert!(session.access_token().is_none());
    session.close().await.unwrap();
    assert!(script.is_done());
}

#[tokio::test(start_paused = true)]
async fn a_store_that_cannot_save_fails_no_call() {
    let store = Kept::default();
    store.0.lock().unwrap().save = Step::Fails;
    let script = Script::new([token("t1", 1000), ok("{}")]);
    let session = script.builder().client_credentials("id", "secret").token_store(store).build().unwrap();
    session.call("GET", "/x").await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_panic_in_a_store_ends_one_login_and_not_the_session() {
    let store = Kept::default();
    store.0.lock().unwrap().load = Step::PanicsOnce;
    let script = Script::new([token("t1", 1000), ok("{}")]);
    let session = script.builder().client_credentials("id", "secret").token_store(store).build().unwrap();
    assert!(matches!(session.call("GET", "/x").await, Err(Error::Renewal { source: Some(_) })));
    session.call("GET", "/x").await.unwrap();
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap()
}

#[test]
fn a_login_whose_runtime_ended_is_begun_anew_by_the_next_caller() {
    let script = Script::new([Act::Slow(Duration::from_hours(1)), token("t1", 1000), ok("{}")]);
    let first = runtime();
    let session = first.block_on(async {
        let session = client(&script);
        let call = session.call("GET", "/x").total_timeout(Duration::from_secs(1));
        call.await.unwrap_err();
        session
    });
    drop(first);
    runtime().block_on(async { session.call("GET", "/x").await.unwrap() });
    assert!(script.is_done());
}

#[test]
fn a_caller_that_waits_for_a_login_outlives_its_runtime() {
    let script = Script::new([Act::Slow(Duration::from_hours(1)), token("t1", 1000), ok("{}")]);
    let first = runtime();
    let session = first.block_on(async {
        let session = client(&script);
        session.call("GET", "/x").total_timeout(Duration::from_secs(1)).await.unwrap_err();
        session
    });
    runtime().block_on(async {
        let call = tokio::spawn(session.call("GET", "/x").send());
        tokio::task::yield_now().await;
        first.shutdown_background();
        call.await.unwrap().unwrap();
    });
}

#[tokio::test(start_paused = true)]
async fn an_upload_whose_token_is_refused_makes_the_next_call_renew_it() {
    let script = Script::new([token("t1", 86_400), status(401), token("t2", 86_400), ok("{}")]);
    let session = client(&script);
    let piece: Result<bytes::Bytes, purecloud::TransportError> = Ok("ab".into());
    let stream = Box::pin(futures_util::stream::iter([piece]));
    let error = session.call("POST", "/x").upload(stream, Some(2)).await.unwrap_err();
    assert_eq!(error.status(), Some(401));
    session.call("GET", "/x").await.unwrap();
    assert_eq!(script.seen()[3].authorization.as_deref(), Some("Bearer t2"));
}

#[tokio::test(start_paused = true)]
async fn a_login_that_cannot_be_had_now_says_when_to_try_again() {
    let headers = vec![("retry-after", "300"), ("inin-correlation-id", "corr")];
    let error = client(&Script::new([Act::Answer(503, headers, String::new())])).log_in().await.unwrap_err();
    let after = Some(Duration::from_mins(5));
    assert_eq!((error.status(), error.correlation_id()), (Some(503), Some("corr")));
    assert_eq!((error.advice(), error.sent()), (Advice::TryAgain { after }, Sent::No));

    let offline = client(&Script::new((0..4).map(|_| Act::Unreached))).log_in().await.unwrap_err();
    assert_eq!(offline.advice(), Advice::TryAgain { after: None });
    let broken = client(&Script::new((0..4).map(|_| Act::Broken))).log_in().await.unwrap_err();
    assert_eq!((broken.advice(), broken.sent()), (Advice::TryAgain { after: None }, Sent::No));
    let wrong = r#"{"error":"invalid_client"}"#.to_owned();
    let refused = client(&Script::new([Act::Answer(400, vec![], wrong)])).log_in().await.unwrap_err();
    assert_eq!((refused.advice(), refused.code()), (Advice::Change, Some("invalid_client")));
}

#[tokio::test(start_paused = true)]
async fn what_a_login_echoes_of_a_secret_reaches_no_error() {
    let basic = "aWQ6aHVudGVyMi1odW50ZXIy";
    let echo = format!(
        r#"{{"error":"invalid_client","error_description":"hunter2-hunter2 is wrong","x":"{basic}"}}"#
    );
    let headers = vec![("x-echo", "Basic aWQ6aHVudGVyMi1odW50ZXIy"), ("inin-correlation-id", "corr")];
    let script = Script::new([Act::Answer(400, headers, echo)]);
    let session = script.builder().client_credentials("id", "hunter2-hunter2").build().unwrap();
    let error = session.log_in().await.unwrap_err();
    assert_eq!(error.correlation_id(), Some("corr"));
    let shown = format!("{error} {error:?}");
    assert!(!shown.contains("hunter2") && !shown.contains(basic), "{shown}");
}

#[tokio::test(start_paused = true)]
async fn a_call_that_ran_out_of_time_while_it_logged_in_was_not_sent() {
    let script = Script::new([Act::Slow(Duration::from_secs(20))]);
    let call = client(&script).call("POST", "/x").body(&1).total_timeout(Duration::from_secs(5));
    let error = call.await.unwrap_err();
    assert_eq!((error.sent(), error.advice()), (Sent::No, Advice::TryAgain { after: None }));
}
