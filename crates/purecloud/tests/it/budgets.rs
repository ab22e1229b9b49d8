//! One rate budget for several sessions.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use http::{Request, Response};
use purecloud::store::{BudgetChange, BudgetStore, SharedBudget};
use purecloud::{Advice, Body, Error, Pending, RetryPolicy, Sent, Session, Transport, TransportError};

use crate::script::{Act, Script, status, token};

/// Calls are answered as the platform does that allows ten in a minute.
fn script(answers: usize) -> Script {
    let limits =
        vec![("inin-ratelimit-count", "1"), ("inin-ratelimit-allowed", "10"), ("inin-ratelimit-reset", "60")];
    let first = Act::Answer(200, limits, String::new());
    Script::new(std::iter::once(first).chain((1..answers).map(|_| status(200))))
}

fn session(script: &Script, store: impl BudgetStore) -> Session {
    script.builder().access_token("the-token").budget_store(store).build().unwrap()
}

/// How many seconds ten calls take that are sent in turn.
async fn ten_calls(sessions: &[Session]) -> u64 {
    let began = tokio::time::Instant::now();
    for session in sessions.iter().cycle().take(10) {
        session.call("GET", "/x").await.unwrap();
    }
    began.elapsed().as_secs()
}

#[tokio::test(start_paused = true)]
async fn two_sessions_that_share_a_budget_take_as_long_as_one() {
    let (script, shared) = (script(10), SharedBudget::default());
    let both = [session(&script, shared.clone()), session(&script, shared)];
    assert_eq!(ten_calls(&both).await, 48);
}

#[tokio::test(start_paused = true)]
async fn sessions_with_other_tokens_have_other_budgets() {
    let shared = SharedBudget::default();
    let (first, second) = (script(10), script(10));
    let other = second.builder().access_token("another").budget_store(shared.clone()).build().unwrap();
    assert_eq!(ten_calls(&[session(&first, shared)]).await, 48);
    other.call("GET", "/x").await.unwrap();
    assert_eq!(ten_calls(&[session(&script(10), SharedBudget::default())]).await, 48);
}

/// A store that compares and tries again, as one over a network does, and remembers what it was asked.
#[derive(Clone, Default)]
struct Comparing {
    texts: Arc<Mutex<Vec<(String, String)>>>,
    tries: Arc<AtomicUsize>,
    broken: bool,
}

impl BudgetStore for Comparing {
    fn update<'a>(
        &'a self,
        key: &'a str,
        mut change: BudgetChange<'a>,
    ) -> purecloud::Pending<'a, Result<(), purecloud::Cause>> {
        Box::pin(async move {
            if self.broken {
                return Err("the store is away".into());
            }
            loop {
                let read = self.texts.lock().unwrap().last().map(|(_, text)| text.clone());
                let text = change(read.as_deref());
                self.tries.fetch_add(1, Ordering::Relaxed);
                // Somebody else may come between.
                tokio::task::yield_now().await;
                let mut texts = self.texts.lock().unwrap();
                if texts.last().map(|(_, text)| text) == read.as_ref() {
                    texts.push((key.to_owned(), text));
                    return Ok(());
                }
            }
        })
    }
}

#[tokio::test(start_paused = true)]
async fn changes_that_collide_are_made_again_and_no_token_is_in_the_store() {
    let (script, store) = (script(10), Comparing::default());
    let both = [session(&script, store.clone()), session(&script, store.clone())];
    both[0].call("GET", "/x").await.unwrap();
    let began = tokio::time::Instant::now();
    let rest = (1..10).map(|number| both[number % 2].call("GET", "/x").send());
    for outcome in futures_util::future::join_all(rest).await {
        outcome.unwrap();
    }
    // Five at once, five over a minute; each wait is whole milliseconds of what was left.
    assert!((46..=48).contains(&began.elapsed().as_secs()), "{:?}", began.elapsed());
    assert!(store.tries.load(Ordering::Relaxed) > 20, "nothing collided");
    let texts = store.texts.lock().unwrap();
    assert_eq!(texts.len(), 20, "one change before each call and one after");
    assert!(texts.iter().all(|(key, text)| key.len() == 32 && !text.contains("the-token")));
    let last: serde_json::Value = serde_json::from_str(&texts.last().unwrap().1).unwrap();
    assert_eq!(last["budget"]["in_flight"], 0, "every place was given back: {last}");
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_given_up_gives_its_place_back() {
    let script = Script::new([Act::Slow(Duration::from_hours(1))]);
    let store = Comparing::default();
    let session = session(&script, store.clone());
    session.call("GET", "/x").total_timeout(Duration::from_secs(1)).await.unwrap_err();
    tokio::time::sleep(Duration::from_secs(1)).await;
    let texts = store.texts.lock().unwrap();
    let last: serde_json::Value = serde_json::from_str(&texts.last().unwrap().1).unwrap();
    assert_eq!((texts.len(), &last["budget"]["in_flight"]), (2, &0.into()));
}

#[tokio::test(start_paused = true)]
async fn a_store_that_fails_leaves_a_session_to_its_own_budget() {
    let broken = Comparing { broken: true, ..Comparing::default() };
    assert_eq!(ten_calls(&[session(&script(10), broken)]).await, 48);
}

/// A platform that allows 300 calls in a minute, says so, and refuses what is beyond.
#[derive(Clone, Default)]
struct Limited(Arc<Mutex<Window>>);

#[derive(Default)]
struct Window {
    began: Option<tokio::time::Instant>,
    count: u32,
    answered: u32,
    refused: u32,
}

impl Transport for Limited {
    fn send(&self, _: Request<Body>) -> Pending<'_, Result<Response<Body>, TransportError>> {
        let mut window = self.0.lock().unwrap();
        let now = tokio::time::Instant::now();
        if window.began.is_none_or(|began| now - began >= Duration::from_secs(60)) {
            window.began = Some(now);
            window.count = 0;
        }
        window.count += 1;
        let status = if window.count > 300 { 429 } else { 200 };
        if status == 200 {
            window.answered += 1;
        } else {
            window.refused += 1;
        }
        let left = 60 - window.began.map_or(0, |began| (now - began).as_secs());
        let answer = Response::builder()
            .status(status)
            .header("inin-ratelimit-count", window.count)
            .header("inin-ratelimit-allowed", 300)
            .header("inin-ratelimit-reset", left);
        Box::pin(std::future::ready(Ok(answer.body(Body::empty()).unwrap())))
    }
}

/// Ten calls a second for five minutes, each with five seconds' time; how many the platform answered, in each minute,
/// and how many it refused.
async fn five_minutes(platform: &Limited, sessions: &[Session]) -> (Vec<u32>, u32) {
    let (mut answered, mut before) = (Vec::new(), 0);
    for tick in 0..3_000 {
        let call = sessions[tick % sessions.len()].call("GET", "/x").total_timeout(Duration::from_secs(5));
        tokio::spawn(call.send());
        tokio::time::sleep(Duration::from_millis(100)).await;
        if tick % 600 == 599 {
            let now = platform.0.lock().unwrap().answered;
            answered.push(now - before);
            before = now;
        }
    }
    let refused = platform.0.lock().unwrap().refused;
    (answered, refused)
}

#[tokio::test(start_paused = true)]
async fn calls_that_run_out_of_time_leave_the_budget_to_others() {
    let own = Limited::default();
    let builder = || Session::builder().environment("mypurecloud.ie").access_token("t");
    let session = builder().transport(own.clone()).build().unwrap();
    let (answered, refused) = five_minutes(&own, &[session]).await;
    assert!(answered.iter().all(|minute| *minute >= 250), "{answered:?}");
    assert_eq!(refused, 0);

    let shared = Limited::default();
    let store = Comparing::default();
    let both =
        [0, 1].map(|_| builder().transport(shared.clone()).budget_store(store.clone()).build().unwrap());
    let (answered, refused) = five_minutes(&shared, &both).await;
    assert!(answered.iter().all(|minute| *minute >= 250), "shared: {answered:?}");
    assert_eq!(refused, 0);
}

fn waits(error: &Error) -> Duration {
    let Error::RateLimited { wait, .. } = error else { panic!("{error:?}") };
    assert_eq!((error.sent(), error.advice()), (Sent::No, Advice::TryAgain { after: Some(*wait) }));
    *wait
}

#[tokio::test(start_paused = true)]
async fn a_wait_longer_than_a_call_may_wait_fails_at_once_and_reserves_nothing() {
    let limits = vec![
        ("inin-ratelimit-count", "10"),
        ("inin-ratelimit-allowed", "10"),
        ("inin-ratelimit-reset", "60"),
    ];
    let script = Script::new([Act::Answer(200, limits, String::new()), status(200)]);
    let session = session(&script, SharedBudget::default());
    session.call("GET", "/x").await.unwrap();
    let began = tokio::time::Instant::now();
    for _ in 0..20 {
        let error = session.call("GET", "/x").total_timeout(Duration::from_secs(5)).await.unwrap_err();
        assert_eq!(waits(&error).as_secs(), 60);
    }
    assert_eq!(began.elapsed(), Duration::ZERO);
    session.call("GET", "/x").await.unwrap();
    assert_eq!(began.elapsed().as_secs(), 60, "the first place of the next window was free");
}

#[tokio::test(start_paused = true)]
async fn an_hour_that_the_platform_asks_for_is_told_to_the_next_call() {
    let refused = Act::Answer(429, vec![("retry-after", "3600")], String::new());
    let script = Script::new([token("t1", 86_400), refused, status(204)]);
    let session = script.builder().client_credentials("id", "secret").build().unwrap();
    let began = tokio::time::Instant::now();
    assert_eq!(session.call("GET", "/x").await.unwrap_err().status(), Some(429));
    assert_eq!(waits(&session.call("GET", "/x").await.unwrap_err()).as_secs(), 3600);
    session.close().await.unwrap();
    assert_eq!(began.elapsed(), Duration::ZERO);
    assert!(script.is_done(), "the token was revoked");
}

#[tokio::test(start_paused = true)]
async fn a_program_that_has_time_waits_as_long_as_the_platform_asks() {
    let refused = || Act::Answer(429, vec![("retry-after", "3000")], String::new());
    let script = Script::new([refused(), status(200)]);
    let patient = RetryPolicy::default().limit(Duration::from_hours(2));
    let began = tokio::time::Instant::now();
    script.session().call("GET", "/x").retry(patient).await.unwrap();
    assert!(began.elapsed().as_secs() >= 3000);
}

#[tokio::test(start_paused = true)]
async fn a_login_does_not_wait_for_the_limit_of_the_token_before() {
    let refused = Act::Answer(429, vec![("retry-after", "3600")], String::new());
    let script = Script::new([token("t1", 60), refused, token("t2", 86_400), status(200)]);
    let session = script.builder().client_credentials("id", "secret").build().unwrap();
    session.call("GET", "/x").await.unwrap_err();
    tokio::time::advance(Duration::from_mins(2)).await;
    let began = tokio::time::Instant::now();
    session.call("GET", "/x").await.unwrap();
    assert_eq!(began.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_given_up_before_it_went_out_gives_its_place_back() {
    let limits =
        vec![("inin-ratelimit-count", "5"), ("inin-ratelimit-allowed", "10"), ("inin-ratelimit-reset", "60")];
    let script = Script::new([Act::Answer(200, limits, String::new()), status(200), status(200)]);
    let store = Comparing::default();
    let session = session(&script, store.clone());
    session.call("GET", "/x").await.unwrap();
    session.call("GET", "/x").await.unwrap();
    // The next goes out after twelve seconds, and nobody waits for it.
    tokio::time::timeout(Duration::from_secs(1), session.call("GET", "/x").send()).await.unwrap_err();
    tokio::time::sleep(Duration::from_millis(1)).await;
    let last: serde_json::Value =
        serde_json::from_str(&store.texts.lock().unwrap().last().unwrap().1).unwrap();
    assert_eq!((&last["budget"]["in_flight"], &last["budget"]["windows"][0]["used"]), (&0.into(), &6.into()));
}

#[tokio::test(start_paused = true)]
async fn a_store_that_hangs_leaves_a_session_to_its_own_budget() {
    struct Hanging;
    impl BudgetStore for Hanging {
        fn update<'a>(
            &'a self,
            _: &'a str,
            _: BudgetChange<'a>,
        ) -> Pending<'a, Result<(), purecloud::Cause>> {
            Box::pin(std::future::pending())
        }
    }
    let script = Script::new([status(200)]);
    session(&script, Hanging).call("GET", "/x").await.unwrap();
}
