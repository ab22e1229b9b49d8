//! One call, from its arguments to its answer.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_TYPE, HeaderName, HeaderValue};
use serde::Serialize;

use crate::answer::{Answer, Download};
use crate::clock;
use crate::error::Error;
use crate::form::FormFields;
use crate::operation::{Argument, JSON, Method, OperationSpec, Repeat};
use crate::request::{self, RequestError};
use crate::retry::RetryPolicy;
use crate::session::{Content, Credentials, Mode, Outcome, Plan, Session};
use crate::transport::{ByteStream, Pending};

/// A call that is being put together; `send` it, or wait for it with `.await`.
///
/// A wrong argument is reported when the call is sent, and nothing is sent then.
#[derive(Clone)]
#[must_use = "a call does nothing until `send`, `download` or `.await`"]
pub struct Call {
    pub(crate) session: Session,
    target: Target,
    arguments: Vec<(usize, Argument)>,
    query: Vec<(Cow<'static, str>, Argument)>,
    headers: Vec<(HeaderName, HeaderValue)>,
    content: Content,
    form: Option<FormFields>,
    content_type: Option<Cow<'static, str>>,
    retry: Option<RetryPolicy>,
    repeat: Option<Repeat>,
    request_timeout: Option<Duration>,
    total_timeout: Option<Duration>,
    pub(crate) results_page_size: Option<u32>,
    /// The first thing that was wrong.
    problem: Option<Problem>,
}

/// A problem with an argument; a call can be cloned, and so can this.
#[derive(Clone)]
enum Problem {
    Request(RequestError),
    Encode(Arc<serde_json::Error>),
}

#[derive(Clone)]
enum Target {
    Operation(&'static OperationSpec),
    Free { operation: String, method: Method, path: String },
}

impl std::fmt::Debug for Call {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Call").field("operation", &self.name()).finish_non_exhaustive()
    }
}

impl Call {
    fn new(session: Session, target: Target) -> Self {
        Self {
            session,
            target,
            arguments: Vec::new(),
            query: Vec::new(),
            headers: Vec::new(),
            content: Content::Empty,
            form: None,
            content_type: None,
            retry: None,
            repeat: None,
            request_timeout: None,
            total_timeout: None,
            results_page_size: None,
            problem: None,
        }
    }

    pub(crate) fn of_operation(session: Session, spec: &'static OperationSpec) -> Self {
        Self::new(session, Target::Operation(spec))
    }

    pub(crate) fn free(session: Session, method: &str, path: &str) -> Self {
        let known = Method::parse(method);
        // The query may hold what its caller calls a secret, so it stays out of errors and traces.
        let operation = format!("{method} {}", path.split(['?', '#']).next().unwrap_or_default());
        let target = Target::Free { operation, method: known.unwrap_or(Method::Get), path: path.to_owned() };
        let mut call = Self::new(session, target);
        if known.is_none() {
            call.refuse(RequestError::Method { given: method.to_owned() });
        }
        call
    }

    /// Returns its name in errors.
    pub(crate) fn name(&self) -> Cow<'static, str> {
        match &self.target {
            Target::Operation(spec) => Cow::Borrowed(spec.id),
            Target::Free { operation, .. } => Cow::Owned(operation.clone()),
        }
    }

    pub(crate) const fn spec(&self) -> Option<&'static OperationSpec> {
        match &self.target {
            Target::Operation(spec) => Some(spec),
            Target::Free { .. } => None,
        }
    }

    fn refuse(&mut self, problem: RequestError) {
        self.problem.get_or_insert(Problem::Request(problem));
    }

    /// Sets the argument at this position of the operation's parameters; the last value counts.
    pub fn argument(mut self, index: usize, value: impl Into<Argument>) -> Self {
        self.arguments.push((index, value.into()));
        self
    }

    /// Adds to the query what the operation has no argument for; a list repeats the name.
    pub fn query(mut self, name: impl Into<Cow<'static, str>>, value: impl Into<Argument>) -> Self {
        self.query.push((name.into(), value.into()));
        self
    }

    /// A header of this call, stronger than one of the session.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        match (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            (Ok(name), Ok(value)) => self.headers.push((name, value)),
            _ => self.refuse(RequestError::Header { name: name.to_owned() }),
        }
        self
    }

    /// The body, written as JSON.
    pub fn body(mut self, body: &(impl Serialize + ?Sized)) -> Self {
        match serde_json::to_vec(body) {
            Ok(text) => self.content = Content::Bytes(text.into()),
            Err(source) => {
                self.problem.get_or_insert(Problem::Encode(Arc::new(source)));
            }
        }
        self
    }

    /// The body as bytes, of the operation's own media type unless [`Self::content_type`] names another.
    pub fn bytes(mut self, body: impl Into<Bytes>) -> Self {
        self.content = Content::Bytes(body.into());
        self
    }

    /// The body piece by piece. Such a call is never repeated once it has begun, and of its clones one can be sent;
    /// when the platform refuses its token, the next call gets another.
    pub fn upload(mut self, body: ByteStream, length: Option<u64>) -> Self {
        self.content = Content::stream(body, length);
        self
    }

    /// The body as a form: of the operation's own kind, and for a free call in parts, unless [`Self::content_type`]
    /// names the other.
    pub fn form(mut self, fields: FormFields) -> Self {
        self.form = Some(fields);
        self
    }

    /// Changes the fields of the form that is the body.
    #[allow(dead_code, reason = "used by the operations of features that are on")]
    pub(crate) fn with_form(self, change: impl FnOnce(FormFields) -> FormFields) -> Self {
        let mut call = self;
        call.form = Some(change(call.form.take().unwrap_or_default()));
        call
    }

    /// The media type of the body.
    pub fn content_type(mut self, media_type: impl Into<Cow<'static, str>>) -> Self {
        self.content_type = Some(media_type.into());
        self
    }

    /// Sets the retries of this call, instead of the session's.
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.retry = Some(policy);
        self
    }

    /// Never repeats this call.
    pub fn no_retry(self) -> Self {
        self.retry(RetryPolicy::off())
    }

    /// Says that this call only reads, so that it may be repeated whatever its method.
    pub const fn reads_only(mut self) -> Self {
        self.repeat = Some(Repeat::Reads);
        self
    }

    /// Sets the time limit of one attempt, instead of the session's.
    pub const fn request_timeout(mut self, limit: Duration) -> Self {
        self.request_timeout = Some(limit);
        self
    }

    /// Sets the time limit of the whole call, repetitions and waiting included. Default: no limit of its own.
    ///
    /// In a listing it bounds each page, and for a job, all that it takes until the first one.
    pub const fn total_timeout(mut self, limit: Duration) -> Self {
        self.total_timeout = Some(limit);
        self
    }

    /// Sets the number of items in a page of the results, where the listing begins with a job: results are requested by
    /// calls of their own, for which this one has no argument. Default: as many as the platform gives.
    pub const fn results_page_size(mut self, items: u32) -> Self {
        self.results_page_size = Some(items);
        self
    }

    /// Sends the call and reads the answer.
    ///
    /// # Errors
    /// Any [`Error`]; [`Error::sent`] tells whether the platform may have acted.
    pub async fn send(self) -> Result<Answer, Error> {
        let session = self.session.clone();
        let (plan, credentials) = self.plan()?;
        match session.core.perform(plan, credentials, Mode::Whole).await? {
            Outcome::Whole(answer) => Ok(answer),
            Outcome::Stream(download) => Ok(Answer {
                operation: download.operation,
                status: download.status,
                headers: download.headers,
                body: Bytes::new(),
            }),
        }
    }

    /// Sends the call and reads the answer piece by piece.
    ///
    /// # Errors
    /// Any [`Error`]; [`Error::sent`] tells whether the platform may have acted.
    pub async fn download(self) -> Result<Download, Error> {
        let session = self.session.clone();
        let (plan, credentials) = self.plan()?;
        match session.core.perform(plan, credentials, Mode::Stream).await? {
            Outcome::Stream(download) => Ok(download),
            Outcome::Whole(answer) => Ok(Download {
                operation: answer.operation,
                status: answer.status,
                headers: answer.headers,
                stream: crate::transport::Body::from(answer.body).into_stream(),
                patience: Duration::MAX,
            }),
        }
    }

    /// The request that this call comes to, and who it speaks for.
    pub(crate) fn plan(self) -> Result<(Plan, Credentials), Error> {
        let operation = self.name();
        match self.problem {
            None => {}
            Some(Problem::Request(problem)) => return Err(Error::Request { operation, problem }),
            Some(Problem::Encode(source)) => return Err(Error::Encode { operation, source: source.into() }),
        }
        if self.content.is_spent() || self.form.as_ref().is_some_and(FormFields::is_spent) {
            let source = "the stream was already sent by a clone of this call".into();
            return Err(Error::Encode { operation, source });
        }
        let refuse = |problem| Error::Request { operation: operation.clone(), problem };
        let form = self.form.filter(|form| !form.is_empty());
        let has_body = form.is_some() || !matches!(self.content, Content::Empty);
        let origins = &self.session.core.origins;
        let (mut plan, parts, content_type, accept, authenticated) = match &self.target {
            Target::Operation(spec) => {
                let parts = request::build(spec, &self.arguments, has_body).map_err(refuse)?;
                let origin = self.session.core.environment.api();
                let mut plan = Plan::new(spec.id, spec.method, origin, &parts.target);
                plan.repeat = spec.repeat;
                (plan, parts, spec.content_type, spec.accept, spec.authenticated)
            }
            Target::Free { operation, method, path } => {
                if let Some((index, _)) = self.arguments.first() {
                    return Err(refuse(RequestError::Unknown { index: *index }));
                }
                let (origin, target) = request::resolve(path, origins).map_err(refuse)?;
                let plan = Plan::new(operation.clone(), *method, origin, &target);
                // A free call goes out without a token when the session has none: some operations need none.
                let authenticated = self.session.core.tokens.has_credentials();
                (plan, request::Parts::default(), JSON, JSON, authenticated)
            }
        };
        request::extend_query(&mut plan.address, &self.query);
        if plan.address.len() > request::LONGEST {
            return Err(refuse(RequestError::TooLong { length: plan.address.len() }));
        }
        let headers = &mut plan.headers;
        // A row states these, and what a row states has been checked by whoever wrote it.
        let fixed = |text: &str| {
            HeaderValue::try_from(text).map_err(|_| refuse(RequestError::Header { name: text.to_owned() }))
        };
        headers.push((ACCEPT, if accept == JSON { HeaderValue::from_static(JSON) } else { fixed(accept)? }));
        if has_body || !matches!(plan.method, Method::Get | Method::Head) {
            let named = self.content_type.as_deref();
            let media_type = named.unwrap_or(if has_body { content_type } else { JSON });
            let written;
            let media_type = if let Some(form) = form {
                let boundary = clock::unguessable()?;
                (plan.content, written) = form
                    .write(media_type, &boundary)
                    .map_err(|source| Error::Encode { operation: operation.clone(), source })?;
                &written
            } else {
                plan.content = self.content;
                media_type
            };
            headers.push((
                CONTENT_TYPE,
                if media_type == JSON { HeaderValue::from_static(JSON) } else { fixed(media_type)? },
            ));
        }
        for (name, value) in parts.headers {
            let refused = || refuse(RequestError::Header { name: name.to_owned() });
            let header = HeaderName::try_from(name).map_err(|_| refused())?;
            headers.push((header, HeaderValue::try_from(value).map_err(|_| refused())?));
        }
        headers.extend(self.headers);
        plan.repeat = self.repeat.unwrap_or(plan.repeat);
        plan.retry = self.retry;
        plan.request_timeout = self.request_timeout;
        plan.total_timeout = self.total_timeout;
        let credentials = if authenticated { Credentials::Session } else { Credentials::None };
        Ok((plan, credentials))
    }
}

impl IntoFuture for Call {
    type Output = Result<Answer, Error>;
    type IntoFuture = Pending<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.send())
    }
}
