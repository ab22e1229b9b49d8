//! A session with the platform, and the one way in which anything is sent.

use std::borrow::Cow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt as _;
use http::header::{ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, CONTENT_TYPE, RANGE, USER_AGENT};
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response, Uri};
use tokio::time::Instant;

use crate::answer::{Answer, Download, ReadError, cut, read_all};
use crate::builder::SessionBuilder;
use crate::call::Call;
use crate::classify::{self, Refusal};
use crate::clock::{Clock, chance, timeout};
use crate::environment::Environment;
use crate::error::{Error, Sent};
use crate::governor::{Account, Entry, Governor, TooLong};
use crate::oauth::{Grant, Granted, LoginError, TOKEN_PATH, read_answer};
use crate::operation::{JSON, Method, OperationSpec, Repeat};
use crate::redirect;
use crate::retry::{Allowance, Attempt, Decision, Failure, RetryPolicy, Spent, decide, patience};
use crate::secret::Secret;
use crate::store::TokenStore;
use crate::token::{Token, Tokens};
use crate::transport::{Body, ByteStream, Pending, Transport};

/// A session: where the platform is, who calls, and how failures are met. Cheap to clone; clones share everything.
#[derive(Clone)]
pub struct Session {
    pub(crate) core: Arc<Core>,
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session").field("environment", &self.core.environment).finish_non_exhaustive()
    }
}

impl Session {
    /// Begins a session with its settings; see [`SessionBuilder`].
    pub fn builder() -> SessionBuilder {
        SessionBuilder::default()
    }

    /// Returns the environment.
    pub fn environment(&self) -> &Environment {
        &self.core.environment
    }

    /// The token in use, if there is one yet.
    pub fn access_token(&self) -> Option<Secret> {
        self.core.tokens.peek().map(|token| token.access_token().clone())
    }

    /// A call of the operation that this row describes.
    pub fn operation(&self, spec: &'static OperationSpec) -> Call {
        Call::of_operation(self.clone(), spec)
    }

    /// A free call: any method, and a path such as `/api/v2/users/me` or an address on one of the session's own hosts.
    ///
    /// A problem with either is reported when the call is sent.
    pub fn call(&self, method: &str, path: &str) -> Call {
        Call::free(self.clone(), method, path)
    }

    /// Returns the notifications of the session: events of the platform as they happen.
    #[cfg(feature = "websocket")]
    pub fn notifications(&self) -> crate::notifications::Notifications {
        crate::notifications::Notifications::new(self.clone())
    }

    /// Makes sure that there is a token, by logging in if need be.
    ///
    /// # Errors
    /// Those of the login.
    pub async fn log_in(&self) -> Result<(), Error> {
        Tokens::current(&self.core).await.map(drop)
    }

    /// Ends the session for all its clones: revokes the token if a login of this session gave it, then clears the token
    /// store. A login under way ends first, and its token is revoked as well.
    ///
    /// A token that the program brought itself stays valid, and a store keeps what belongs to another session.
    ///
    /// # Errors
    /// When the token could not be revoked, else when the store could not be cleared; the session is closed all the
    /// same. Calling it again tries both again. A token that is unknown already (401) is no error.
    pub async fn close(&self) -> Result<(), Error> {
        #[cfg(feature = "websocket")]
        self.core.desk.close();
        Tokens::close(&self.core).await
    }
}

/// State that all clones of a session share.
pub(crate) struct Core {
    pub(crate) environment: Environment,
    /// Origins that may see the token; the first is the API's.
    pub(crate) origins: Vec<String>,
    pub(crate) transport: Arc<dyn Transport>,
    /// Headers of every request.
    pub(crate) headers: HeaderMap,
    pub(crate) tokens: Tokens,
    pub(crate) store: Arc<dyn TokenStore>,
    pub(crate) governor: Governor,
    pub(crate) retry: RetryPolicy,
    pub(crate) allowance: Mutex<Allowance>,
    pub(crate) request_timeout: Duration,
    pub(crate) answer_limit: u64,
    pub(crate) clock: Clock,
    #[cfg(feature = "websocket")]
    pub(crate) sockets: Arc<dyn crate::transport::Sockets>,
    /// The driver of notifications.
    #[cfg(feature = "websocket")]
    pub(crate) desk: crate::notifications::Desk,
}

/// One request as it is meant, before a token and a try.
pub(crate) struct Plan {
    pub(crate) operation: Cow<'static, str>,
    pub(crate) method: Method,
    /// Origin, path and query.
    pub(crate) address: String,
    /// Beside those of the session; the last of a name counts.
    pub(crate) headers: Vec<(HeaderName, HeaderValue)>,
    pub(crate) content: Content,
    pub(crate) repeat: Repeat,
    pub(crate) retry: Option<RetryPolicy>,
    pub(crate) request_timeout: Option<Duration>,
    pub(crate) total_timeout: Option<Duration>,
}

impl Plan {
    pub(crate) fn new(
        operation: impl Into<Cow<'static, str>>,
        method: Method,
        origin: &str,
        target: &str,
    ) -> Self {
        let mut address = String::with_capacity(origin.len() + target.len());
        address.push_str(origin);
        address.push_str(target);
        Self {
            operation: operation.into(),
            method,
            address,
            headers: Vec::new(),
            content: Content::Empty,
            repeat: Repeat::ByMethod,
            retry: None,
            request_timeout: None,
            total_timeout: None,
        }
    }
}

/// The content of a request.
#[derive(Clone)]
pub(crate) enum Content {
    Empty,
    Bytes(Bytes),
    /// Comes once, so a request with it is never sent twice.
    Stream(Arc<Mutex<Option<Stream>>>),
}

/// Pieces of content, and how many bytes they have in all.
type Stream = (ByteStream, Option<u64>);

impl Content {
    /// The content for one try; `None` when it has been sent before and cannot be again.
    fn take(&mut self) -> Option<Body> {
        match self {
            Self::Empty => Some(Body::empty()),
            Self::Bytes(bytes) => Some(Body::from(bytes.clone())),
            Self::Stream(stream) => {
                let taken = stream.lock().unwrap_or_else(PoisonError::into_inner).take();
                taken.map(|(stream, length)| Body::stream(stream, length))
            }
        }
    }

    pub(crate) fn stream(stream: ByteStream, length: Option<u64>) -> Self {
        Self::Stream(Arc::new(Mutex::new(Some((stream, length)))))
    }

    pub(crate) fn is_spent(&self) -> bool {
        match self {
            Self::Stream(stream) => stream.lock().unwrap_or_else(PoisonError::into_inner).is_none(),
            _ => false,
        }
    }
}

/// The credentials of a request.
pub(crate) enum Credentials {
    /// Nobody.
    None,
    /// The session.
    Session,
    /// An OAuth client that logs in; those without a secret have no header.
    Client(Option<HeaderValue>),
    /// A token that is being revoked.
    Revoked(HeaderValue),
}

/// A note of whether the platform may have seen the request of a call.
#[derive(Default)]
pub(crate) struct Progress(AtomicBool);

impl Progress {
    fn set(&self, sent: bool) {
        self.0.store(sent, Ordering::Relaxed);
    }

    fn sent(&self) -> Sent {
        if self.0.load(Ordering::Relaxed) { Sent::Maybe } else { Sent::No }
    }
}

/// The part of an answer that is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    Whole,
    Stream,
}

/// A success.
pub(crate) enum Outcome {
    Whole(Answer),
    Stream(Download),
}

impl Core {
    /// Sends a request as often as its policy says, and reads the answer.
    pub(crate) async fn perform(
        self: &Arc<Self>,
        plan: Plan,
        credentials: Credentials,
        mode: Mode,
    ) -> Result<Outcome, Error> {
        let span = tracing::debug_span!(
            "call",
            operation = &*plan.operation,
            attempt = tracing::field::Empty,
            status = tracing::field::Empty,
            correlation_id = tracing::field::Empty,
            elapsed_ms = tracing::field::Empty,
        );
        let total = plan.total_timeout.map(|limit| (limit, plan.operation.clone()));
        let (limit, operation) = total.unwrap_or((Duration::MAX, Cow::Borrowed("")));
        let progress = Progress::default();
        // Pinned here and passed on by reference: the future is large, and moving it costs more than polling it.
        let work = std::pin::pin!(self.tries(plan, credentials, mode, &progress));
        let outcome = if span.is_disabled() {
            timeout(limit, work).await
        } else {
            timeout(limit, tracing::Instrument::instrument(work, span)).await
        };
        outcome.unwrap_or_else(|| Err(Error::Timeout { operation, limit, sent: progress.sent() }))
    }

    async fn tries(
        self: &Arc<Self>,
        mut plan: Plan,
        credentials: Credentials,
        mode: Mode,
        progress: &Progress,
    ) -> Result<Outcome, Error> {
        let began = Instant::now();
        let mut spent = Spent { total: plan.total_timeout.filter(is_bound), ..Spent::default() };
        let policy = plan.retry.take().unwrap_or_else(|| self.retry.clone());
        // An address that cannot be one is told before anything is asked for.
        let address = Uri::try_from(std::mem::take(&mut plan.address)).map_err(|_| Error::Request {
            operation: plan.operation.clone(),
            problem: crate::request::RequestError::Address { given: "the address".to_owned() },
        })?;
        let mut number = 0;
        let mut replaced = false;
        // The last failure after which the platform may have acted: what ends the call later must not hide it.
        let mut failed = None;
        loop {
            number += 1;
            let token = match &credentials {
                Credentials::Session => match Tokens::current(self).await {
                    Ok(Some(token)) => Some(token),
                    Ok(None) => return Err(Error::Anonymous { operation: plan.operation }),
                    Err(error) => return Err(error.after(failed)),
                },
                _ => None,
            };
            let header = match &credentials {
                Credentials::Client(header) => header.clone(),
                Credentials::Revoked(header) => Some(header.clone()),
                _ => token.as_ref().map(|token| token.header.clone()),
            };
            let account = match (&credentials, &token) {
                (Credentials::Client(_), _) => Account::Login,
                (Credentials::Revoked(_), _) => Account::Revocation,
                (_, Some(token)) => Account::Token(&token.header),
                (_, None) => Account::Nobody,
            };
            let entry = self.governor.enter(account, |queued| {
                spent.queued += queued;
                spent.elapsed = began.elapsed();
                patience(&policy, &spent)
            });
            let entry = match entry.await {
                Ok(entry) => entry,
                Err(TooLong { wait }) => {
                    return Err(Error::RateLimited { operation: plan.operation, wait }.after(failed));
                }
            };
            let span = tracing::Span::current();
            span.record("attempt", number);
            let attempt = self.attempt(&mut plan, &address, header, mode, entry, progress);
            let (error, failure) = match attempt.await {
                Ok(outcome) => {
                    if !span.is_disabled() {
                        span.record("elapsed_ms", began.elapsed().as_millis() as u64);
                    }
                    self.allowance.lock().unwrap_or_else(PoisonError::into_inner).earn();
                    return Ok(outcome);
                }
                Err(failed) => failed,
            };
            span.record("elapsed_ms", began.elapsed().as_millis() as u64);
            tracing::debug!(%error, "a try failed");
            progress.set(failed.is_some() || error.may_have_acted());
            if let (Failure::Status(401), Some(token)) = (failure, &token) {
                if plan.content.is_spent() {
                    // The call cannot be sent again, but the next one gets another token.
                    self.tokens.mark(token);
                    return Err(error.after(failed));
                }
                // The platform has refused the token, not acted on the request: one more try does no harm.
                let another = if replaced { Ok(None) } else { Tokens::replace(self, token).await };
                replaced = match another {
                    Ok(Some(_)) => true,
                    Ok(None) => return Err(error.after(failed)),
                    Err(error) => return Err(error.after(failed)),
                };
                continue;
            }
            if plan.content.is_spent() {
                return Err(error.after(failed));
            }
            spent.elapsed = began.elapsed();
            let attempt = Attempt {
                number,
                method: plan.method,
                repeat: plan.repeat,
                failure,
                retry_after: error.refusal().and_then(Refusal::retry_after),
                spent,
                random: chance(),
            };
            match decide(&policy, &attempt) {
                Decision::Retry { after } if self.may_repeat(failure) => {
                    tracing::debug!(wait_ms = after.as_millis() as u64, "trying again");
                    if matches!(credentials, Credentials::Revoked(_)) {
                        tokio::time::sleep(after).await;
                    } else {
                        tokio::select! {
                            () = tokio::time::sleep(after) => {}
                            () = self.tokens.closed() => return Err(error.after(failed)),
                        }
                    }
                    if error.may_have_acted() {
                        failed = Some(error);
                    }
                }
                Decision::Retry { .. } => return Err(error.after(failed)),
                Decision::Stop(why) => {
                    tracing::debug!(?why, "not trying again");
                    return Err(error.after(failed));
                }
            }
        }
    }

    fn may_repeat(&self, failure: Failure) -> bool {
        let may = self.allowance.lock().unwrap_or_else(PoisonError::into_inner).spend(failure);
        if !may {
            tracing::warn!("too many calls fail; this one is not retried");
        }
        may
    }

    /// One try: what came of it, or an error and what it means for the next try.
    async fn attempt(
        &self,
        plan: &mut Plan,
        address: &Uri,
        authorization: Option<HeaderValue>,
        mode: Mode,
        mut entry: Entry<'_>,
        progress: &Progress,
    ) -> Result<Outcome, (Error, Failure)> {
        let Some(body) = plan.content.take() else { return Err((Error::Closed, Failure::NotSent)) };
        let mut request = Request::new(body);
        *request.method_mut() = method(plan.method);
        *request.uri_mut() = address.clone();
        let headers = request.headers_mut();
        headers.reserve(self.headers.len() + plan.headers.len() + 1);
        for (name, value) in &self.headers {
            headers.insert(name, value.clone());
        }
        for (name, value) in &plan.headers {
            headers.insert(name, value.clone());
        }
        if let Some(value) = authorization {
            request.headers_mut().insert(AUTHORIZATION, value);
        }
        let limit = plan.request_timeout.unwrap_or(self.request_timeout);
        let operation = plan.operation.clone();
        let standing = &plan.headers[..];
        let exchange = std::pin::pin!(async {
            entry.send();
            progress.set(true);
            let answer = match self.transport.send(request).await {
                Ok(answer) => answer,
                Err(source) if source.is_maybe_sent() => {
                    return Err((Error::Broken { operation, source }, Failure::MaybeSent));
                }
                Err(source) => {
                    entry.unsend();
                    return Err((Error::Unreached { operation, source }, Failure::NotSent));
                }
            };
            entry.answered(answer.status().as_u16(), answer.headers()).await;
            let is_elsewhere = answer.status() == 303;
            let answer = if is_elsewhere {
                self.follow(operation.clone(), standing, address, answer).await?
            } else {
                answer
            };
            let (head, body) = answer.into_parts();
            let status = head.status.as_u16();
            let span = tracing::Span::current();
            if !span.is_disabled() {
                span.record("status", status);
                if let Some(id) = classify::correlation_id(&head.headers) {
                    span.record("correlation_id", id);
                }
            }
            let body = unpack(&head.headers, body);
            let outcome = self.read(operation, status, head.headers, body, mode, limit).await;
            outcome.map_err(|(error, failure)| match failure {
                // Another host has refused something else than the session's token.
                Failure::Status(401) if is_elsewhere => (error, Failure::Status(403)),
                _ => (error, failure),
            })
        });
        timeout(limit, exchange).await.unwrap_or_else(|| {
            let operation = plan.operation.clone();
            Err((Error::Timeout { operation, limit, sent: Sent::Maybe }, Failure::MaybeSent))
        })
    }

    /// Goes where a 303 leads, with no header that says who asks.
    async fn follow(
        &self,
        operation: Cow<'static, str>,
        headers: &[(HeaderName, HeaderValue)],
        address: &Uri,
        mut answer: Response<Body>,
    ) -> Result<Response<Body>, (Error, Failure)> {
        let mut address = Cow::Borrowed(address);
        for _ in 0..redirect::MOST {
            let next = redirect::see_other(&address, answer.status().as_u16(), answer.headers());
            let Some(next) = next else { break };
            let mut request = Request::new(Body::empty());
            *request.uri_mut() = next.clone();
            let headers = headers.iter().map(|(name, value)| (name, value));
            for (name, value) in self.headers.iter().chain(headers) {
                if [ACCEPT, ACCEPT_ENCODING, RANGE, USER_AGENT].contains(name) {
                    request.headers_mut().insert(name, value.clone());
                }
            }
            address = Cow::Owned(next);
            answer = self.transport.send(request).await.map_err(|source| {
                // The platform has answered the request itself.
                (Error::Broken { operation: operation.clone(), source }, Failure::MaybeSent)
            })?;
        }
        Ok(answer)
    }

    /// Ends the life of a token. A token that the platform does not know any more is as good as revoked.
    pub(crate) fn revoke<'a>(self: &'a Arc<Self>, token: &Token) -> Pending<'a, Result<(), Error>> {
        let plan = Plan::new("deleteTokensMe", Method::Delete, self.environment.api(), "/api/v2/tokens/me");
        let credentials = Credentials::Revoked(token.header.clone());
        // Boxed, since it is a part of a login that comes too late, and a call may wait for a login.
        Box::pin(async move {
            match self.perform(plan, credentials, Mode::Whole).await {
                Err(Error::Refused(refusal)) if refusal.status() == 401 => Ok(()),
                outcome => outcome.map(drop),
            }
        })
    }

    async fn read(
        &self,
        operation: Cow<'static, str>,
        status: u16,
        headers: HeaderMap,
        body: Body,
        mode: Mode,
        patience: Duration,
    ) -> Result<Outcome, (Error, Failure)> {
        if !classify::is_success(status) {
            // What there is of the content is worth having; the status stands without it.
            let body = read_some(body.into_stream()).await;
            let refusal = Refusal::read(operation, status, headers, body);
            return Err((Error::Refused(Box::new(refusal)), Failure::Status(status)));
        }
        if mode == Mode::Stream {
            let stream = body.into_stream();
            return Ok(Outcome::Stream(Download { operation, status, headers, stream, patience }));
        }
        match read_all(body, self.answer_limit).await {
            Ok(body) => Ok(Outcome::Whole(Answer { operation, status, headers, body })),
            Err(ReadError::Cut(source)) => {
                Err((cut(operation, status, &headers, source), Failure::MaybeSent))
            }
            Err(ReadError::TooLong) => {
                let limit = self.answer_limit;
                let correlation_id = classify::correlation_id(&headers).map(Box::from);
                Err((Error::TooLong { operation, limit, status, correlation_id }, Failure::Status(status)))
            }
        }
    }

    /// Shows a grant and takes the token.
    pub(crate) async fn login(self: &Arc<Self>, grant: &Grant) -> Result<Granted, Error> {
        let request = grant.request();
        let mut plan = Plan::new("postOauthToken", Method::Post, self.environment.login(), TOKEN_PATH);
        plan.headers.push((ACCEPT, HeaderValue::from_static(JSON)));
        plan.headers.push((CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded")));
        plan.content = Content::Bytes(Bytes::copy_from_slice(request.form.expose().as_bytes()));
        // The same credentials give another token; a code or a refresh token may be used up by the first try.
        plan.repeat = if grant.is_reusable() { Repeat::Reads } else { Repeat::ByMethod };
        let credentials = match request.authorization {
            None => Credentials::Client(None),
            Some(text) => {
                let mut header = HeaderValue::try_from(text.expose()).map_err(|_| {
                    Error::setup("the client ID or secret has a character that is not allowed in a header")
                })?;
                header.set_sensitive(true);
                Credentials::Client(Some(header))
            }
        };
        let fail = |problem: LoginError, refusal: Option<Box<Refusal>>| {
            let echoes = grant.echoes();
            let refusal = refusal.map(|mut refusal| {
                refusal.hide(&echoes);
                refusal
            });
            Error::Login { grant: grant.name(), problem: problem.without(&echoes), refusal }
        };
        // Boxed, since a call may wait for a login and a login is a call.
        let sent: Pending<'_, _> = Box::pin(self.perform(plan, credentials, Mode::Whole));
        match sent.await {
            Ok(Outcome::Whole(answer)) => {
                read_answer(answer.status, &answer.body).map_err(|source| fail(source, None))
            }
            Ok(Outcome::Stream(_)) => Err(Error::Closed),
            Err(Error::Refused(refusal)) => match read_answer(refusal.status(), refusal.body()) {
                Err(source) => Err(fail(source, Some(refusal))),
                Ok(_) => Err(Error::Refused(refusal)),
            },
            Err(error) => Err(error),
        }
    }
}

/// Zero and the longest time mean that there is no bound.
fn is_bound(limit: &Duration) -> bool {
    !limit.is_zero() && *limit != Duration::MAX
}

/// As much of a refusal's content as is useful, whatever becomes of the rest.
async fn read_some(mut stream: ByteStream) -> Bytes {
    const ENOUGH: usize = 1 << 20;
    let mut all = Vec::new();
    while let Some(Ok(piece)) = stream.next().await {
        let left = ENOUGH - all.len();
        all.extend_from_slice(&piece[..piece.len().min(left)]);
        if all.len() == ENOUGH {
            break;
        }
    }
    Bytes::from(all)
}

/// Content as it was before compression.
fn unpack(headers: &HeaderMap, body: Body) -> Body {
    #[cfg(feature = "compression")]
    if headers
        .get(http::header::CONTENT_ENCODING)
        .is_some_and(|encoding| encoding.as_bytes().eq_ignore_ascii_case(b"gzip"))
    {
        return Body::stream(crate::gzip::unpack(body.into_stream()), None);
    }
    let _ = headers;
    body
}

const fn method(method: Method) -> http::Method {
    match method {
        Method::Get => http::Method::GET,
        Method::Head => http::Method::HEAD,
        Method::Post => http::Method::POST,
        Method::Put => http::Method::PUT,
        Method::Patch => http::Method::PATCH,
        Method::Delete => http::Method::DELETE,
        Method::Options => http::Method::OPTIONS,
    }
}
