//! One rate budget for several sessions.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use purecloud::Session;
use purecloud::store::{BudgetChange, BudgetStore, SharedBudget};

use crate::script::{Act, Script, status};

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
