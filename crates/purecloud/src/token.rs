//! The life of a session's token: fetched once, renewed ahead of its end, once for all who wait.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::Shared;
use http::HeaderValue;
use tokio::sync::Notify;
use tokio::task::AbortHandle;

use crate::clock::timeout;
use crate::error::{Cause, Error};
use crate::oauth::{Freshness, Grant, Granted, LoginError, freshness};
use crate::secret::Secret;
use crate::session::Core;
use crate::store::{StoredToken, TokenOwner};
use crate::transport::Pending;

/// A token in use.
#[derive(Debug)]
pub(crate) struct Token {
    /// The `Authorization` header; marked sensitive, so that nothing prints it.
    pub(crate) header: HeaderValue,
    stored: StoredToken,
}

impl Token {
    pub(crate) fn new(stored: StoredToken) -> Result<Self, Error> {
        let text = format!("Bearer {}", stored.access_token.expose());
        let mut header = HeaderValue::try_from(text)
            .map_err(|_| Error::setup("the token has a character that is not allowed in a header"))?;
        header.set_sensitive(true);
        Ok(Self { header, stored })
    }

    pub(crate) const fn access_token(&self) -> &Secret {
        &self.stored.access_token
    }

    fn freshness(&self, now: u64) -> Freshness {
        freshness(now, self.stored.obtained_at, self.stored.expires_at)
    }
}

/// A renewal under way, which any number of callers can wait for.
#[derive(Clone)]
struct Renewal {
    outcome: Shared<Pending<'static, Result<Arc<Token>, Ended>>>,
    task: AbortHandle,
}

/// Why a renewal gave no token.
#[derive(Debug, Clone)]
enum Ended {
    Failed(Arc<Error>),
    /// Its runtime ended: another renewal may well work.
    Lost,
}

/// The operations on a renewal that [`State`] needs.
trait Flight: Clone {
    /// Returns whether it ended without settling, so that nobody will.
    fn is_lost(&self) -> bool;
}

impl Flight for Renewal {
    fn is_lost(&self) -> bool {
        // One that settles has left the state before its task is finished.
        self.task.is_finished()
    }
}

/// The token of a session and what can renew it.
pub(crate) struct Tokens {
    state: Mutex<State<Renewal>>,
    /// Whose tokens the session uses and keeps; `None` when it does not log in itself. Only a token of its own login is
    /// its to store and to revoke.
    owner: Option<TokenOwner>,
    /// Held while the store is written to, so that nothing is saved once a session has closed.
    saving: tokio::sync::Mutex<()>,
    closing: Notify,
}

/// The state of the token and of its renewal. Every change is made under one lock, by one of the
/// functions below, so that all orders in which callers meet can be tried out (see the tests).
struct State<R> {
    token: Option<Arc<Token>>,
    /// `true` if the platform has refused the token.
    refused: bool,
    grant: Option<Grant>,
    /// The one renewal under way; all who need a token wait for it.
    renewal: Option<R>,
    /// After a renewal ahead of time that failed: when the next may begin, in milliseconds since 1970.
    again: u64,
    closed: bool,
}

/// The next step of a call that needs a token.
#[derive(Debug)]
enum Next<R> {
    /// Goes on with this one, or without any.
    Use(Option<Arc<Token>>),
    /// Waits for another.
    Wait(R),
}

/// Why a renewal that has ended gives its callers no token.
enum Unsettled {
    Failed(Arc<Error>),
    /// The session has closed meanwhile, so the token is of no use any more.
    Late(Arc<Token>),
}

impl<R: Flight> State<R> {
    const fn new(token: Option<Arc<Token>>, grant: Option<Grant>) -> Self {
        Self { token, refused: false, grant, renewal: None, again: 0, closed: false }
    }

    /// A call needs a token now. `begin` begins a renewal, where one is needed and none is under way.
    fn need(&mut self, now: u64, begin: impl FnOnce() -> R) -> Result<Next<R>, Error> {
        if self.closed {
            return Err(Error::Closed);
        }
        let refused = self.refused;
        let age = |token: &Arc<Token>| if refused { Freshness::Expired } else { token.freshness(now) };
        Ok(match (self.token.as_ref().map(age), &self.grant) {
            (None, None) => Next::Use(None),
            // A token that nothing can renew is used to its end, which only the platform knows for certain.
            (Some(Freshness::Fresh), _) | (Some(_), None) => Next::Use(self.token.clone()),
            (Some(Freshness::Due), Some(_)) => {
                // The old one still serves this call, and the renewal runs by itself.
                if now >= self.again {
                    self.join(begin);
                }
                Next::Use(self.token.clone())
            }
            (Some(Freshness::Expired) | None, Some(_)) => Next::Wait(self.join(begin)),
        })
    }

    /// The platform refused `refused` with 401. Without a way to another token there is none to go on with.
    fn refuse(&mut self, refused: &Arc<Token>, begin: impl FnOnce() -> R) -> Result<Next<R>, Error> {
        self.mark(refused);
        match &self.token {
            _ if self.closed => Err(Error::Closed),
            // Somebody was refused before and has renewed it meanwhile.
            Some(token) if !Arc::ptr_eq(token, refused) => Ok(Next::Use(Some(Arc::clone(token)))),
            _ if self.grant.is_none() => Ok(Next::Use(None)),
            _ => Ok(Next::Wait(self.join(begin))),
        }
    }

    /// Notes that the platform refused a token, so that whoever needs one next gets another.
    fn mark(&mut self, refused: &Arc<Token>) {
        self.refused |= self.token.as_ref().is_some_and(|token| Arc::ptr_eq(token, refused));
    }

    /// Joins the renewal under way, or begins one.
    fn join(&mut self, begin: impl FnOnce() -> R) -> R {
        if self.renewal.as_ref().is_some_and(R::is_lost) {
            self.renewal = None;
        }
        self.renewal.get_or_insert_with(begin).clone()
    }

    /// The renewal has ended: with a token and what renews that one, or without.
    fn settle(
        &mut self,
        now: u64,
        outcome: Result<(Token, Option<Grant>), Error>,
    ) -> Result<Arc<Token>, Unsettled> {
        self.renewal = None;
        let (token, grant) = match outcome {
            Ok((token, _)) if self.closed => return Err(Unsettled::Late(Arc::new(token))),
            Ok(renewed) => renewed,
            Err(error) => {
                tracing::warn!(%error, "the token could not be renewed");
                self.again = now + HOLD_OFF;
                return Err(Unsettled::Failed(Arc::new(error)));
            }
        };
        let token = Arc::new(token);
        self.token = Some(Arc::clone(&token));
        self.refused = false;
        self.grant = grant;
        Ok(token)
    }

    /// Ends it: nothing is sent or renewed from here on. The token stays until it is revoked.
    fn close(&mut self) -> Option<R> {
        self.closed = true;
        self.grant = None;
        self.renewal.take()
    }
}

/// The time without another renewal after one failed while the token is still valid, in milliseconds.
const HOLD_OFF: u64 = 10_000;

/// The number of times that a caller begins a renewal anew when the runtime ends under it. Its own runtime may be
/// ending.
const MOST_LOSSES: u32 = 3;

/// The time limit of a token store; a session must not hang with it.
const STORE_PATIENCE: Duration = Duration::from_secs(30);

/// A token that a renewal obtained.
struct Obtained {
    token: Token,
    /// The grant that renews it.
    next: Option<Grant>,
    /// `true` if the platform has just given it; else it comes from the store.
    is_new: bool,
}

impl Tokens {
    pub(crate) fn new(token: Option<Token>, grant: Option<Grant>, owner: Option<TokenOwner>) -> Self {
        Self {
            state: Mutex::new(State::new(token.map(Arc::new), grant)),
            owner,
            saving: tokio::sync::Mutex::default(),
            closing: Notify::new(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State<Renewal>> {
        // A panic elsewhere leaves a token or none, and both are sound.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The token in use, whatever its age.
    pub(crate) fn peek(&self) -> Option<Arc<Token>> {
        let state = self.state();
        state.token.clone().filter(|_| !state.closed)
    }

    /// Returns whether there is a token, or a way to get one.
    pub(crate) fn has_credentials(&self) -> bool {
        let state = self.state();
        state.token.is_some() || state.grant.is_some() || state.closed
    }

    /// Notes that the platform refused a token, for whoever needs one next.
    pub(crate) fn mark(&self, refused: &Arc<Token>) {
        self.state().mark(refused);
    }

    /// Resolves once the session is closed.
    pub(crate) async fn closed(&self) {
        loop {
            let closing = self.closing.notified();
            if self.state().closed {
                return;
            }
            closing.await;
        }
    }

    /// Ends the life of the session's token: nothing is sent or renewed from here on. A token of the session's own
    /// login is revoked and forgotten, in this order, and one that is on its way as well.
    pub(crate) async fn close(core: &Arc<Core>) -> Result<(), Error> {
        let tokens = &core.tokens;
        let renewal = tokens.state().close();
        tokens.closing.notify_waiters();
        if let Some(renewal) = renewal {
            // It revokes what it still gets; what it could not revoke is in the state then.
            let _ = renewal.outcome.await;
        }
        let token = tokens.state().token.clone();
        let Some(owner) = &tokens.owner else {
            tokens.state().token = None;
            return Ok(());
        };
        let revoked = match &token {
            None => Ok(()),
            Some(token) => core.revoke(token).await,
        };
        if revoked.is_ok() {
            tokens.state().token = None;
        }
        let cleared = Self::forget(core, owner).await;
        if let (Err(_), Err(error)) = (&revoked, &cleared) {
            tracing::warn!(%error, "the token was neither revoked nor deleted");
        }
        revoked.and(cleared)
    }

    /// Clears the store, unless it holds what belongs to somebody else.
    async fn forget(core: &Core, owner: &TokenOwner) -> Result<(), Error> {
        let _saving = core.tokens.saving.lock().await;
        match patiently(core.store.load()).await {
            Ok(None) => return Ok(()),
            Ok(Some(stored)) if !owner.has(&stored) => return Ok(()),
            // What cannot be read can be cleared all the same.
            Ok(Some(_)) | Err(_) => {}
        }
        patiently(core.store.clear()).await.map_err(|source| Error::Store { verb: "clear", source })
    }

    /// A token to send now; `None` when the session has no credentials at all.
    pub(crate) async fn current(core: &Arc<Core>) -> Result<Option<Arc<Token>>, Error> {
        let next = || {
            let now = core.clock.now();
            core.tokens.state().need(now, || Self::begin(core))
        };
        Self::go_on(next).await
    }

    /// Another token after the platform refused `refused` with 401; `None` when there is no way to get one.
    pub(crate) async fn replace(core: &Arc<Core>, refused: &Arc<Token>) -> Result<Option<Arc<Token>>, Error> {
        Self::go_on(|| core.tokens.state().refuse(refused, || Self::begin(core))).await
    }

    async fn go_on(
        mut next: impl FnMut() -> Result<Next<Renewal>, Error>,
    ) -> Result<Option<Arc<Token>>, Error> {
        for _ in 0..MOST_LOSSES {
            match next()? {
                Next::Use(token) => return Ok(token),
                Next::Wait(renewal) => match renewal.outcome.await {
                    Ok(token) => return Ok(Some(token)),
                    Err(Ended::Failed(error)) if matches!(*error, Error::Closed) => {
                        return Err(Error::Closed);
                    }
                    Err(Ended::Failed(error)) => return Err(Error::Renewal { source: Some(error) }),
                    Err(Ended::Lost) => {}
                },
            }
        }
        Err(Error::setup("the runtime ended while a token was renewed"))
    }

    /// Begins a renewal. It runs by itself: who waits may go away, and a refresh token that the platform has already
    /// exchanged is not lost with them.
    fn begin(core: &Arc<Core>) -> Renewal {
        let task = tokio::spawn(Self::renew(core.clone()));
        let handle = task.abort_handle();
        let waiting: Pending<'static, _> = Box::pin(async move {
            match task.await {
                Ok(outcome) => outcome,
                Err(error) if error.is_panic() => Err(Ended::Failed(Arc::new(Error::Setup {
                    problem: "a panic ended the renewal of the token".to_owned(),
                    source: Some(error.into()),
                }))),
                Err(_) => Err(Ended::Lost),
            }
        });
        Renewal { outcome: waiting.shared(), task: handle }
    }

    async fn renew(core: Arc<Core>) -> Result<Arc<Token>, Ended> {
        let obtained = Self::obtain(&core).await;
        let is_new = obtained.as_ref().is_ok_and(|obtained| obtained.is_new);
        let outcome = obtained.map(|obtained| (obtained.token, obtained.next));
        let settled = core.tokens.state().settle(core.clock.now(), outcome);
        match settled {
            Ok(token) => {
                core.governor.renew();
                if is_new {
                    Self::save(&core, &token).await;
                }
                Ok(token)
            }
            Err(Unsettled::Failed(error)) => Err(Ended::Failed(error)),
            Err(Unsettled::Late(token)) => {
                if is_new && let Err(error) = core.revoke(&token).await {
                    tracing::warn!(%error, "a token that arrived after the session closed is not revoked");
                    core.tokens.state().token = Some(token);
                }
                Err(Ended::Failed(Arc::new(Error::Closed)))
            }
        }
    }

    /// Keeps a token in the store. A call whose token was granted does not fail with the store.
    async fn save(core: &Core, token: &Token) {
        let _saving = core.tokens.saving.lock().await;
        if core.tokens.state().closed {
            return;
        }
        if let Err(error) = patiently(core.store.save(token.stored.clone())).await {
            tracing::warn!(%error, "the token store cannot save the token");
        }
    }

    /// A token from the store, if another process has put a newer one there, else from the platform.
    async fn obtain(core: &Arc<Core>) -> Result<Obtained, Error> {
        let (grant, held) = {
            let state = core.tokens.state();
            (state.grant.clone(), state.token.clone())
        };
        let (Some(grant), Some(owner)) = (grant, &core.tokens.owner) else {
            return Err(Error::Renewal { source: None });
        };
        let stored = patiently(core.store.load()).await;
        let stored = stored.map_err(|source| Error::Store { verb: "load", source })?;
        let known = held.as_deref().map(Token::access_token);
        let mut refresh = held.as_ref().and_then(|token| token.stored.refresh_token.clone());
        if let Some(stored) = stored
            && owner.has(&stored)
            && Some(&stored.access_token) != known
        {
            refresh = stored.refresh_token.clone().or(refresh);
            if freshness(core.clock.now(), stored.obtained_at, stored.expires_at) == Freshness::Fresh
                && let Ok(token) = Token::new(stored)
            {
                return Ok(Obtained { token, next: Some(grant), is_new: false });
            }
        }
        let used = refresh.clone().and_then(|token| grant.refresh(token)).unwrap_or_else(|| grant.clone());
        let granted = match core.login(&used).await {
            // A code or an assertion that was used up cannot be shown again: only its refresh token can.
            Err(Error::Login { problem: LoginError::Refused { .. }, .. })
                if used != grant && grant.is_reusable() =>
            {
                core.login(&grant).await?
            }
            outcome => outcome?,
        };
        let mut stored = stored_token(granted, core.clock.now(), owner.clone());
        stored.refresh_token = stored.refresh_token.or(refresh);
        let next = match &stored.refresh_token {
            Some(token) => used.refresh(token.clone()).or(Some(grant)),
            // Nothing can renew this token: the grant that gave it is used up.
            None => Some(grant).filter(Grant::is_reusable),
        };
        Ok(Obtained { token: Token::new(stored)?, next, is_new: true })
    }
}

/// Waits for a store, for a limited time.
async fn patiently<T>(work: Pending<'_, Result<T, Cause>>) -> Result<T, Cause> {
    let outcome = timeout(STORE_PATIENCE, work).await;
    outcome.unwrap_or_else(|| Err(format!("the store has not answered for {STORE_PATIENCE:?}").into()))
}

/// A token that was given just now.
pub(crate) fn stored_token(granted: Granted, now: u64, owner: TokenOwner) -> StoredToken {
    StoredToken {
        access_token: granted.access_token,
        refresh_token: granted.refresh_token,
        obtained_at: now,
        expires_at: granted.expires_in.map(|seconds| now.saturating_add(seconds.saturating_mul(1000))),
        owner,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use loom::sync::{Condvar, Mutex};
    use loom::thread;

    use super::*;

    type Landed = Result<Arc<Token>, Arc<Error>>;

    /// A renewal, to be waited for.
    #[derive(Clone)]
    struct Thread(Arc<(Mutex<Option<Landed>>, Condvar)>);

    impl Flight for Thread {
        fn is_lost(&self) -> bool {
            false
        }
    }

    impl Thread {
        fn wait(&self) -> Landed {
            let (outcome, arrived) = &*self.0;
            let mut outcome = outcome.lock().unwrap();
            while outcome.is_none() {
                outcome = arrived.wait(outcome).unwrap();
            }
            outcome.clone().unwrap()
        }
    }

    /// A session's token as threads of the model share it.
    struct Session {
        state: Mutex<State<Thread>>,
        logins: AtomicUsize,
        revoked: AtomicUsize,
        fails: bool,
    }

    impl Session {
        fn new(token: Option<Token>, fails: bool) -> Arc<Self> {
            let grant =
                Grant::ClientCredentials { client_id: "id".to_owned(), client_secret: "secret".into() };
            let state = Mutex::new(State::new(token.map(Arc::new), Some(grant)));
            Arc::new(Self { state, logins: AtomicUsize::new(0), revoked: AtomicUsize::new(0), fails })
        }

        /// Begins a renewal on a thread of its own, as the runtime does.
        fn begin(self: &Arc<Self>) -> Thread {
            let flight = Thread(Arc::new((Mutex::new(None), Condvar::new())));
            let (session, landing) = (self.clone(), flight.clone());
            thread::spawn(move || {
                let number = session.logins.fetch_add(1, Ordering::Relaxed) + 1;
                let grant = session.state.lock().unwrap().grant.clone();
                let outcome = if session.fails {
                    Err(Error::Renewal { source: None })
                } else {
                    Ok((token(number), grant))
                };
                let settled = session.state.lock().unwrap().settle(0, outcome);
                let outcome = settled.map_err(|why| match why {
                    Unsettled::Failed(error) => error,
                    Unsettled::Late(_) => {
                        session.revoked.fetch_add(1, Ordering::Relaxed);
                        Arc::new(Error::Closed)
                    }
                });
                *landing.0.0.lock().unwrap() = Some(outcome);
                landing.0.1.notify_all();
            });
            flight
        }

        fn need(self: &Arc<Self>) -> Result<Option<Arc<Token>>, String> {
            let next = self.state.lock().unwrap().need(0, || self.begin());
            Self::go_on(next)
        }

        fn refuse(self: &Arc<Self>, refused: &Arc<Token>) -> Result<Option<Arc<Token>>, String> {
            let next = self.state.lock().unwrap().refuse(refused, || self.begin());
            Self::go_on(next)
        }

        fn go_on(next: Result<Next<Thread>, Error>) -> Result<Option<Arc<Token>>, String> {
            match next.map_err(|error| error.to_string())? {
                Next::Use(token) => Ok(token),
                Next::Wait(flight) => flight.wait().map(Some).map_err(|error| error.to_string()),
            }
        }
    }

    fn token(number: usize) -> Token {
        Token::new(StoredToken {
            access_token: format!("t{number}").into(),
            refresh_token: None,
            obtained_at: 0,
            expires_at: None,
            owner: TokenOwner::default(),
        })
        .unwrap()
    }

    fn text(token: Option<Arc<Token>>) -> String {
        token.unwrap().access_token().expose().to_owned()
    }

    #[test]
    fn in_whatever_order_callers_meet_they_share_one_login() {
        loom::model(|| {
            let session = Session::new(None, false);
            let other = session.clone();
            let caller = thread::spawn(move || text(other.need().unwrap()));
            assert_eq!(text(session.need().unwrap()), "t1");
            assert_eq!(caller.join().unwrap(), "t1");
            assert_eq!(session.logins.load(Ordering::Relaxed), 1);
        });
    }

    #[test]
    fn in_whatever_order_callers_are_refused_the_token_is_replaced_once() {
        loom::model(|| {
            let session = Session::new(Some(token(0)), false);
            let (other, held) = (session.clone(), session.need().unwrap().unwrap());
            let refused = Arc::clone(&held);
            let caller = thread::spawn(move || text(other.refuse(&refused).unwrap()));
            assert_eq!(text(session.refuse(&held).unwrap()), "t1");
            assert_eq!(caller.join().unwrap(), "t1");
            assert_eq!(session.logins.load(Ordering::Relaxed), 1);
        });
    }

    #[test]
    fn in_whatever_order_a_login_fails_and_a_session_closes_nobody_waits_for_ever() {
        for fails in [true, false] {
            loom::model(move || {
                let session = Session::new(None, fails);
                let other = session.clone();
                let caller = thread::spawn(move || other.need());
                session.state.lock().unwrap().close();
                // It may have come first. No token outlives the session: it comes late, or is there to be revoked.
                drop(caller.join().unwrap());
                assert!(session.need().is_err());
                let held = session.state.lock().unwrap().token.take().map_or(0, |_| 1);
                let given = if fails { 0 } else { session.logins.load(Ordering::Relaxed) };
                assert_eq!(held + session.revoked.load(Ordering::Relaxed), given);
            });
        }
    }
}
