//! Decides which calls may be sent now: the shell around [`Budget`], and a limit of calls in flight.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http::HeaderValue;
use tokio::runtime::Handle;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::task::JoinHandle;
use tokio::time::Instant;

use crate::budget::{Budget, Observation, Shared, Slot};
use crate::clock::{Clock, timeout};
use crate::store::BudgetStore;

/// One per session, since a session has one token at a time.
pub(crate) struct Governor {
    /// That of the session's token.
    own: Mutex<Budget>,
    /// The budget of logins at the login host.
    logins: Mutex<Budget>,
    /// The budget of calls without a token.
    anonymous: Mutex<Budget>,
    fleet: Option<Arc<Fleet>>,
    paced: bool,
    places: Semaphore,
    clock: Clock,
}

/// Whose calls the platform counts a call with.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Account<'a> {
    /// Those of the session's token, in this `Authorization`.
    Token(&'a HeaderValue),
    /// Those of the login host. It takes no place among the calls in flight, which may wait for it.
    Login,
    /// Those without a token.
    Nobody,
    /// It ends a token, and waits for nothing.
    Revocation,
}

/// State that other sessions share.
struct Fleet {
    store: Arc<dyn BudgetStore>,
    /// The name of this session there.
    caller: String,
    clock: Clock,
}

/// Why a call does not go out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TooLong {
    /// The time that it would have to wait.
    pub(crate) wait: Duration,
}

/// A call that may go out. Dropped before it is [sent](Self::send), it gives its place back.
pub(crate) struct Entry<'a> {
    governor: &'a Governor,
    held: Held<'a>,
    sent: bool,
    _place: Option<SemaphorePermit<'a>>,
}

/// The budget in which a call has a place.
enum Held<'a> {
    Nothing,
    Own(&'a Mutex<Budget>, Slot),
    Fleets(Reserved),
}

/// A place in the shared budget of one token. It leaves the budget wherever it is dropped.
struct Reserved {
    member: Member,
    slot: Slot,
    sent: bool,
    answered: bool,
}

/// A way to change the shared budget of one token, whatever becomes of the call.
#[derive(Clone)]
struct Member {
    fleet: Arc<Fleet>,
    /// The key of the token in the store.
    key: String,
    runtime: Handle,
}

/// The time limit of a budget store; a call must not hang with it.
const STORE_PATIENCE: Duration = Duration::from_secs(5);

impl Governor {
    pub(crate) fn new(paced: bool, in_flight: usize, clock: Clock) -> Self {
        Self {
            own: Mutex::default(),
            logins: Mutex::default(),
            anonymous: Mutex::default(),
            fleet: None,
            paced,
            places: Semaphore::new(in_flight),
            clock,
        }
    }

    /// Shares the budget with whoever else uses the store.
    pub(crate) fn share(mut self, store: Arc<dyn BudgetStore>, caller: String) -> Self {
        self.fleet = Some(Arc::new(Fleet { store, caller, clock: self.clock }));
        self
    }

    /// Waits until a call of this account may go out.
    ///
    /// `patience` is asked once there is a place among the calls in flight, with the time that this took.
    ///
    /// # Errors
    /// [`TooLong`] when the budget holds the call for longer than that; nothing is reserved then.
    pub(crate) async fn enter(
        &self,
        account: Account<'_>,
        patience: impl FnOnce(Duration) -> Duration,
    ) -> Result<Entry<'_>, TooLong> {
        let mut queued = Duration::ZERO;
        let place = match account {
            Account::Login | Account::Revocation => None,
            Account::Token(_) | Account::Nobody => {
                if let Ok(place) = self.places.try_acquire() {
                    Some(place)
                } else {
                    let began = Instant::now();
                    // The semaphore is never closed, so the only outcome is a place.
                    let place = self.places.acquire().await.ok();
                    queued = began.elapsed();
                    place
                }
            }
        };
        let mut entry = Entry { governor: self, held: Held::Nothing, sent: false, _place: place };
        if self.paced {
            let wait = entry.admit(account, patience(queued)).await?;
            if !wait.is_zero() {
                tracing::debug!(wait_ms = wait.as_millis() as u64, "the rate budget spaces this call");
                tokio::time::sleep(wait).await;
            }
        }
        Ok(entry)
    }

    /// A new token has a budget of its own.
    pub(crate) fn renew(&self) {
        locked(&self.own).renew();
    }
}

fn locked(budget: &Mutex<Budget>) -> MutexGuard<'_, Budget> {
    // Every state of a budget is a sound one, so a panic elsewhere does not spoil it.
    budget.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Entry<'_> {
    /// Takes a place in the budget, and says how long the call waits for it.
    async fn admit(&mut self, account: Account<'_>, patience: Duration) -> Result<Duration, TooLong> {
        let governor = self.governor;
        if let (Some(fleet), Account::Token(authorization)) = (&governor.fleet, account) {
            let key = key(authorization);
            let member = Member { fleet: Arc::clone(fleet), key, runtime: Handle::current() };
            if let Some(admitted) = member.admit(patience).await {
                let reserved = admitted?;
                let wait = reserved.slot.wait(governor.clock.now());
                self.held = Held::Fleets(reserved);
                return Ok(wait);
            }
        }
        let budget = match account {
            Account::Token(_) => &governor.own,
            Account::Login => &governor.logins,
            Account::Nobody => &governor.anonymous,
            Account::Revocation => return Ok(Duration::ZERO),
        };
        let now = governor.clock.now();
        let slot = locked(budget).admit(now, patience).map_err(|wait| TooLong { wait })?;
        self.held = Held::Own(budget, slot);
        Ok(slot.wait(now))
    }

    /// The call goes out now. Without an answer it counts as abandoned from here on.
    pub(crate) const fn send(&mut self) {
        self.sent = true;
    }

    /// No connection was opened, so the platform has counted nothing.
    pub(crate) const fn unsend(&mut self) {
        self.sent = false;
    }

    /// An answer came.
    pub(crate) async fn answered(mut self, status: u16, headers: &http::HeaderMap) {
        match std::mem::replace(&mut self.held, Held::Nothing) {
            Held::Nothing => {}
            Held::Own(budget, _) => {
                let now = self.governor.clock.now();
                locked(budget).answered(now, Observation::read(status, headers));
            }
            Held::Fleets(mut reserved) => {
                let seen = Observation::read(status, headers);
                reserved.answered = true;
                let change = reserved.member.change(move |budget, now| budget.answered(now, seen));
                // It goes on by itself when it takes longer.
                timeout(STORE_PATIENCE, change).await;
            }
        }
    }
}

impl Drop for Entry<'_> {
    fn drop(&mut self) {
        match &mut self.held {
            Held::Nothing => {}
            Held::Own(budget, slot) => leave(&mut locked(budget), *slot, self.sent),
            Held::Fleets(reserved) => reserved.sent = self.sent,
        }
    }
}

impl Drop for Reserved {
    fn drop(&mut self) {
        if !self.answered {
            let (slot, sent) = (self.slot, self.sent);
            drop(self.member.change(move |budget, _| leave(budget, slot, sent)));
        }
    }
}

fn leave(budget: &mut Budget, slot: Slot, sent: bool) {
    if sent { budget.abandoned() } else { budget.released(slot) }
}

impl Member {
    /// Takes a place in the shared budget; `None` when the store failed.
    async fn admit(&self, patience: Duration) -> Option<Result<Reserved, TooLong>> {
        let member = self.clone();
        // It runs by itself: when the call is given up meanwhile, the store may have reserved the place already. What
        // nobody takes is dropped, and so leaves the budget.
        let task = self.runtime.spawn(async move {
            let change = member.fleet.change(&member.key, |budget, now| budget.admit(now, patience));
            let admitted = change.await?;
            Some(match admitted {
                Ok(slot) => Ok(Reserved { member, slot, sent: false, answered: false }),
                Err(wait) => Err(TooLong { wait }),
            })
        });
        if let Some(outcome) = timeout(STORE_PATIENCE, task).await {
            return outcome.ok().flatten();
        }
        tracing::warn!("the shared rate budget does not answer; the session uses its own");
        None
    }

    /// Changes the shared budget. It runs by itself; where the runtime has ended nothing runs, and the others forget
    /// this session in time.
    fn change(&self, change: impl Fn(&mut Budget, u64) + Send + Sync + 'static) -> JoinHandle<()> {
        let Self { fleet, key, runtime } = self.clone();
        runtime.spawn(async move {
            fleet.change(&key, change).await;
        })
    }
}

impl Fleet {
    /// Changes the budget of a token for everybody; `None` when the store failed.
    async fn change<T: Send>(
        &self,
        key: &str,
        change: impl Fn(&mut Budget, u64) -> T + Send + Sync,
    ) -> Option<T> {
        let mut outcome = None;
        let changed = self.store.update(
            key,
            Box::new(|text| {
                let now = self.clock.now();
                let mut shared = Shared::read(text, now);
                outcome = Some(shared.change(&self.caller, now, |budget| change(budget, now)));
                shared.write()
            }),
        );
        if let Err(error) = changed.await {
            tracing::warn!(%error, "the shared rate budget is not available; the session uses its own");
            return None;
        }
        outcome
    }
}

/// The key of a token in the store: half of its digest, from which nobody can compute the token.
pub(crate) fn key(authorization: &HeaderValue) -> String {
    crate::oauth::digest(authorization.as_bytes())
}
