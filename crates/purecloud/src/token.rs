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
#[derive(Default)]
pub(crate) struct Tokens {
    state: Mutex<State>,
    /// Whether the session logs in itself, so that its token is its own to revoke.
    pub(crate) own: bool,
}

#[derive(Default)]
struct State {
    token: Option<Arc<Token>>,
    grant: Option<Grant>,
    /// The one renewal under way; all who need a token wait for it.
    renewal: Option<Renewal>,
    /// After a renewal ahead of time that failed: when the next may begin, in milliseconds since 1970.
    again: u64,
    closed: bool,
}

/// How long a token that still serves is left alone after its renewal failed, in milliseconds.
const HOLD_OFF: u64 = 10_000;

impl Tokens {
    pub(crate) fn new(token: Option<Token>, grant: Option<Grant>) -> Self {
        let own = grant.is_some();
        Self { state: Mutex::new(State { token: token.map(Arc::new), grant, ..State::default() }), own }
    }

    fn state(&self) -> MutexGuard<'_, State> {
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
        let mut state = self.state();
        state.closed = true;
        state.grant = None;
        state.renewal = None;
        state.token.take()
    }

    /// A token to send now; `None` when the session has no credentials at all.
    pub(crate) async fn current(core: &Arc<Core>) -> Result<Option<Arc<Token>>, Error> {
        let renewal = {
            let mut state = core.tokens.state();
            if state.closed {
                return Err(Error::Closed);
            }
            let age = state.token.as_ref().map(|token| token.freshness(core.clock.now()));
            match (age, &state.grant) {
                (None, None) => return Ok(None),
                // A token that nothing can renew is used to its end, which only the platform knows for certain.
                (Some(Freshness::Fresh), _) | (Some(_), None) => return Ok(state.token.clone()),
                (Some(Freshness::Due), Some(_)) => {
                    // The old one still serves this call.
                    if core.clock.now() >= state.again {
                        // It runs by itself; nobody waits for it here.
                        drop(Self::begin(&mut state, core, None));
                    }
                    return Ok(state.token.clone());
                }
                (Some(Freshness::Expired) | None, Some(_)) => Self::begin(&mut state, core, None),
            }
        };
        renewal.await.map(Some).map_err(|source| Error::Renewal { source: Some(source) })
    }

    /// Another token after the platform refused `refused` with 401; `None` when there is no way to get one.
    pub(crate) async fn replace(core: &Arc<Core>, refused: &Arc<Token>) -> Result<Option<Arc<Token>>, Error> {
        let renewal = {
            let mut state = core.tokens.state();
            match &state.token {
                _ if state.closed => return Err(Error::Closed),
                // Somebody was refused before and has renewed it meanwhile.
                Some(token) if !Arc::ptr_eq(token, refused) => return Ok(Some(token.clone())),
                _ if state.grant.is_none() => return Ok(None),
                _ => Self::begin(&mut state, core, Some(refused.clone())),
            }
        };
        renewal.await.map(Some).map_err(|source| Error::Renewal { source: Some(source) })
    }

    /// Joins the renewal under way, or begins one. It runs by itself: who waits may go away, and a refresh token that
    /// the platform has already exchanged is not lost with them.
    fn begin(state: &mut State, core: &Arc<Core>, refused: Option<Arc<Token>>) -> Renewal {
        if let Some(renewal) = &state.renewal {
            return renewal.clone();
        }
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
        let renewal = waiting.shared();
        state.renewal = Some(renewal.clone());
        renewal
    }

    async fn renew(core: Arc<Core>, refused: Option<Arc<Token>>) -> Result<Arc<Token>, Arc<Error>> {
        let outcome = Self::obtain(&core, refused.as_deref()).await;
        let mut state = core.tokens.state();
        state.renewal = None;
        let (token, grant) = match outcome {
            Ok(renewed) => renewed,
            Err(error) => {
                tracing::warn!(%error, "the token could not be renewed");
                state.again = core.clock.now() + HOLD_OFF;
                return Err(Arc::new(error));
            }
        };
        if state.closed {
            return Err(Arc::new(Error::Closed));
        }
        let token = Arc::new(token);
        state.token = Some(token.clone());
        state.grant = grant;
        core.governor.renew();
        Ok(token)
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
            Err(Error::Login { source: LoginError::Refused { .. }, .. })
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
