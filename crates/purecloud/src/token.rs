//! The life of a session's token: fetched once, renewed ahead of its end, once for all who wait.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::FutureExt as _;
use futures_util::future::Shared;
use http::HeaderValue;

use crate::error::Error;
use crate::oauth::{Freshness, Grant, Granted, LoginError, freshness};
use crate::secret::Secret;
use crate::session::Core;
use crate::store::StoredToken;
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
            .map_err(|_| Error::setup("the token holds a character that headers cannot carry"))?;
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

type Renewal = Shared<Pending<'static, Result<Arc<Token>, Arc<Error>>>>;

/// The token of a session and what can renew it.
pub(crate) struct Tokens {
    state: Mutex<State<Renewal>>,
    /// Whether the session logs in itself, so that its token is its own to revoke.
    pub(crate) own: bool,
}

/// What is known of the token, and what may be done about it. Every change is made under one lock, by one of the
/// functions below, so that all orders in which callers meet can be tried out (see the tests).
///
/// `R` is a renewal under way, which any number of callers can wait for.
struct State<R> {
    token: Option<Arc<Token>>,
    grant: Option<Grant>,
    /// The one renewal under way; all who need a token wait for it.
    renewal: Option<R>,
    /// After a renewal ahead of time that failed: when the next may begin, in milliseconds since 1970.
    again: u64,
    closed: bool,
}

/// What a call does that needs a token.
#[derive(Debug)]
enum Next<R> {
    /// Goes on with this one, or without any.
    Use(Option<Arc<Token>>),
    /// Waits for another.
    Wait(R),
}

impl<R: Clone> State<R> {
    const fn new(token: Option<Arc<Token>>, grant: Option<Grant>) -> Self {
        Self { token, grant, renewal: None, again: 0, closed: false }
    }

    /// A call needs a token now. `begin` begins a renewal, where one is needed and none is under way.
    fn need(&mut self, now: u64, begin: impl FnOnce() -> R) -> Result<Next<R>, Error> {
        if self.closed {
            return Err(Error::Closed);
        }
        let age = self.token.as_ref().map(|token| token.freshness(now));
        Ok(match (age, &self.grant) {
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
        match &self.token {
            _ if self.closed => Err(Error::Closed),
            // Somebody was refused before and has renewed it meanwhile.
            Some(token) if !Arc::ptr_eq(token, refused) => Ok(Next::Use(Some(Arc::clone(token)))),
            _ if self.grant.is_none() => Ok(Next::Use(None)),
            _ => Ok(Next::Wait(self.join(begin))),
        }
    }

    /// Joins the renewal under way, or begins one.
    fn join(&mut self, begin: impl FnOnce() -> R) -> R {
        self.renewal.get_or_insert_with(begin).clone()
    }

    /// The renewal has ended: with a token and what renews that one, or without.
    fn settle(
        &mut self,
        now: u64,
        outcome: Result<(Token, Option<Grant>), Error>,
    ) -> Result<Arc<Token>, Arc<Error>> {
        self.renewal = None;
        let (token, grant) = match outcome {
            Ok(renewed) => renewed,
            Err(error) => {
                tracing::warn!(%error, "the token could not be renewed");
                self.again = now + HOLD_OFF;
                return Err(Arc::new(error));
            }
        };
        if self.closed {
            return Err(Arc::new(Error::Closed));
        }
        let token = Arc::new(token);
        self.token = Some(Arc::clone(&token));
        self.grant = grant;
        Ok(token)
    }

    /// Ends it: nothing is sent or renewed from here on.
    fn close(&mut self) -> Option<Arc<Token>> {
        self.closed = true;
        self.grant = None;
        self.renewal = None;
        self.token.take()
    }
}

/// How long a token that still serves is left alone after its renewal failed, in milliseconds.
const HOLD_OFF: u64 = 10_000;

impl Tokens {
    pub(crate) fn new(token: Option<Token>, grant: Option<Grant>) -> Self {
        let own = grant.is_some();
        Self { state: Mutex::new(State::new(token.map(Arc::new), grant)), own }
    }

    fn state(&self) -> MutexGuard<'_, State<Renewal>> {
        // A panic elsewhere leaves a token or none, and both are sound.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The token in use, whatever its age.
    pub(crate) fn peek(&self) -> Option<Arc<Token>> {
        self.state().token.clone()
    }

    /// Whether there is a token, or a way to get one.
    pub(crate) fn has_credentials(&self) -> bool {
        let state = self.state();
        state.token.is_some() || state.grant.is_some() || state.closed
    }

    /// Ends the life of the session's token: nothing is sent or renewed from here on.
    pub(crate) fn close(&self) -> Option<Arc<Token>> {
        self.state().close()
    }

    /// A token to send now; `None` when the session has no credentials at all.
    pub(crate) async fn current(core: &Arc<Core>) -> Result<Option<Arc<Token>>, Error> {
        let now = core.clock.now();
        let next = core.tokens.state().need(now, || Self::begin(core, None))?;
        Self::go_on(next).await
    }

    /// Another token after the platform refused `refused` with 401; `None` when there is no way to get one.
    pub(crate) async fn replace(core: &Arc<Core>, refused: &Arc<Token>) -> Result<Option<Arc<Token>>, Error> {
        let next = core.tokens.state().refuse(refused, || Self::begin(core, Some(Arc::clone(refused))))?;
        Self::go_on(next).await
    }

    async fn go_on(next: Next<Renewal>) -> Result<Option<Arc<Token>>, Error> {
        match next {
            Next::Use(token) => Ok(token),
            Next::Wait(renewal) => {
                renewal.await.map(Some).map_err(|source| Error::Renewal { source: Some(source) })
            }
        }
    }

    /// Begins a renewal. It runs by itself: who waits may go away, and a refresh token that the platform has already
    /// exchanged is not lost with them.
    fn begin(core: &Arc<Core>, refused: Option<Arc<Token>>) -> Renewal {
        let task = tokio::spawn(Self::renew(core.clone(), refused));
        let waiting: Pending<'static, _> = Box::pin(async move {
            match task.await {
                Ok(outcome) => outcome,
                Err(error) => Err(Arc::new(Error::Setup {
                    problem: "the runtime ended while a token was renewed".to_owned(),
                    source: Some(error.into()),
                })),
            }
        });
        waiting.shared()
    }

    async fn renew(core: Arc<Core>, refused: Option<Arc<Token>>) -> Result<Arc<Token>, Arc<Error>> {
        let outcome = Self::obtain(&core, refused.as_deref()).await;
        let renewed = core.tokens.state().settle(core.clock.now(), outcome);
        if renewed.is_ok() {
            core.governor.renew();
        }
        renewed
    }

    /// A token from the store, if another process has put a newer one there, else from the platform.
    async fn obtain(core: &Arc<Core>, refused: Option<&Token>) -> Result<(Token, Option<Grant>), Error> {
        let (grant, held) = {
            let state = core.tokens.state();
            (state.grant.clone(), state.token.clone())
        };
        let Some(grant) = grant else { return Err(Error::Renewal { source: None }) };
        let stored = core.store.load().await.map_err(|source| Error::Store { verb: "load", source })?;
        let known = refused.or(held.as_deref()).map(Token::access_token);
        let mut refresh = held.as_ref().and_then(|token| token.stored.refresh_token.clone());
        if let Some(stored) = stored
            && Some(&stored.access_token) != known
        {
            refresh = stored.refresh_token.clone().or(refresh);
            if freshness(core.clock.now(), stored.obtained_at, stored.expires_at) == Freshness::Fresh {
                return Ok((Token::new(stored)?, Some(grant)));
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
        let now = core.clock.now();
        let stored = StoredToken {
            access_token: granted.access_token,
            refresh_token: granted.refresh_token.or(refresh),
            obtained_at: now,
            expires_at: granted.expires_in.map(|seconds| now.saturating_add(seconds.saturating_mul(1000))),
        };
        core.store.save(stored.clone()).await.map_err(|source| Error::Store { verb: "save", source })?;
        let next = match &stored.refresh_token {
            Some(token) => used.refresh(token.clone()).or(Some(grant)),
            // Nothing can renew this token: the grant that gave it is used up.
            None => Some(grant).filter(Grant::is_reusable),
        };
        Ok((Token::new(stored)?, next))
    }
}

/// The token that an implicit login brought back.
pub(crate) fn stored(granted: Granted, now: u64) -> StoredToken {
    StoredToken {
        access_token: granted.access_token,
        refresh_token: granted.refresh_token,
        obtained_at: now,
        expires_at: granted.expires_in.map(|seconds| now.saturating_add(seconds.saturating_mul(1000))),
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
    struct Flight(Arc<(Mutex<Option<Landed>>, Condvar)>);

    impl Flight {
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
        state: Mutex<State<Flight>>,
        logins: AtomicUsize,
        fails: bool,
    }

    impl Session {
        fn new(token: Option<Token>, fails: bool) -> Arc<Self> {
            let grant =
                Grant::ClientCredentials { client_id: "id".to_owned(), client_secret: "secret".into() };
            let state = Mutex::new(State::new(token.map(Arc::new), Some(grant)));
            Arc::new(Self { state, logins: AtomicUsize::new(0), fails })
        }

        /// Begins a renewal on a thread of its own, as the runtime does.
        fn begin(self: &Arc<Self>) -> Flight {
            let flight = Flight(Arc::new((Mutex::new(None), Condvar::new())));
            let (session, landing) = (self.clone(), flight.clone());
            thread::spawn(move || {
                let number = session.logins.fetch_add(1, Ordering::Relaxed) + 1;
                let grant = session.state.lock().unwrap().grant.clone();
                let outcome = if session.fails {
                    Err(Error::Renewal { source: None })
                } else {
                    Ok((token(number), grant))
                };
                let outcome = session.state.lock().unwrap().settle(0, outcome);
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

        fn go_on(next: Result<Next<Flight>, Error>) -> Result<Option<Arc<Token>>, String> {
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
                // It may have come first; what it does not get is a token that outlives the session.
                drop(caller.join().unwrap());
                assert!(session.need().is_err());
                assert!(session.state.lock().unwrap().token.is_none());
            });
        }
    }
}
