//! Typed calls: one generic builder that every operation shares.
//!
//! Generated code adds for each operation a marker with its row, the types of its answer, and a thin setter for each
//! optional argument.

mod pages;

use std::marker::PhantomData;
use std::time::Duration;

pub use pages::{Listing, TypedPage, TypedPages};

use crate::answer::Answer;
use crate::call::Call;
use crate::error::Error;
use crate::form::{FormFields, FormFile};
use crate::json::{self, Enumeration, Open, Value};
use crate::operation::{Argument, OperationSpec};
use crate::retry::RetryPolicy;
use crate::session::Session;
use crate::transport::Pending;

/// An operation of the platform, as a type: `apis::users::GetUsers`.
pub trait Operation: 'static {
    /// The content of a success.
    type Output: Output;

    /// Its row.
    const SPEC: &'static OperationSpec;
}

/// A type that the content of an answer can be read as.
pub trait Output: Sized + 'static {
    /// Reads it.
    ///
    /// # Errors
    /// [`Error::Decode`], with the path and the byte of what does not fit.
    fn from_answer(answer: Answer) -> Result<Self, Error>;
}

/// An answer that is no JSON is given as it is.
impl Output for Answer {
    fn from_answer(answer: Answer) -> Result<Self, Error> {
        Ok(answer)
    }
}

/// An answer without content is an empty value: the platform has done what it was asked for, and has nothing to say.
impl<T: Value + Default> Output for T {
    fn from_answer(answer: Answer) -> Result<Self, Error> {
        if answer.bytes().is_empty() {
            return Ok(Self::default());
        }
        json::from_slice(answer.bytes()).map_err(|source| answer.misfit::<Self>(source))
    }
}

/// A call of one operation: set its optional arguments, then `.await` it, take its `pages` or `items`, or take it
/// `raw`.
#[must_use = "a call does nothing until `.await`, `pages`, `items` or `raw`"]
pub struct TypedCall<O> {
    call: Call,
    operation: PhantomData<fn() -> O>,
}

impl<O> std::fmt::Debug for TypedCall<O> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.call.fmt(f)
    }
}

impl<O> Clone for TypedCall<O> {
    fn clone(&self) -> Self {
        Self { call: self.call.clone(), operation: PhantomData }
    }
}

impl<O: Operation> TypedCall<O> {
    /// A call without arguments.
    pub fn new(session: &Session) -> Self {
        Self { call: session.operation(O::SPEC), operation: PhantomData }
    }

    /// A header of this call, stronger than one of the session.
    pub fn header(self, name: &str, value: &str) -> Self {
        self.configure(|call| call.header(name, value))
    }

    /// Sets the time limit of one attempt, instead of the session's.
    pub fn request_timeout(self, limit: Duration) -> Self {
        self.configure(|call| call.request_timeout(limit))
    }

    /// Sets the time limit of the whole call, repetitions and waiting included. Default: no limit of its own.
    pub fn total_timeout(self, limit: Duration) -> Self {
        self.configure(|call| call.total_timeout(limit))
    }

    /// Sets the retries of this call, instead of the session's.
    pub fn retry(self, policy: RetryPolicy) -> Self {
        self.configure(|call| call.retry(policy))
    }

    /// Never repeats this call.
    pub fn no_retry(self) -> Self {
        self.configure(Call::no_retry)
    }

    /// Changes anything else that is not particular to the operation, such as its media type.
    ///
    /// ```no_run
    /// # fn example<O: purecloud::Operation>(call: purecloud::TypedCall<O>) -> purecloud::TypedCall<O> {
    /// call.configure(|call| call.reads_only())
    /// # }
    /// ```
    pub fn configure(mut self, change: impl FnOnce(Call) -> Call) -> Self {
        self.call = change(self.call);
        self
    }

    /// The call without its types: its answer is status, headers and bytes, read whole or piece by piece.
    pub fn raw(self) -> Call {
        self.call
    }

    /// Sets the argument with this position in the row.
    #[allow(dead_code, reason = "used by the operations of features that are on")]
    pub(crate) fn set(mut self, index: usize, value: impl Into<Argument>) -> Self {
        self.call = self.call.argument(index, value);
        self
    }

    /// Sets the body, without what only the platform sets.
    #[allow(dead_code, reason = "used by the operations of features that are on")]
    pub(crate) fn content<T: Value>(mut self, body: &T) -> Self {
        self.call = self.call.bytes(json::request(body));
        self
    }

    /// Sets the body to a list.
    #[allow(dead_code, reason = "used by the operations of features that are on")]
    pub(crate) fn contents<T: Value>(mut self, body: &[T]) -> Self {
        self.call = self.call.bytes(json::request_of_list(body));
        self
    }

    /// Sets the body to what is no JSON.
    #[allow(dead_code, reason = "used by the operations of features that are on")]
    pub(crate) fn content_bytes(mut self, body: impl Into<bytes::Bytes>) -> Self {
        self.call = self.call.bytes(body);
        self
    }
}

/// The fields of a form, as generated code sets them.
#[allow(dead_code, reason = "used by the operations of features that are on")]
impl<O: Operation> TypedCall<O> {
    /// Sets a form of which the definition does not know the fields.
    pub(crate) fn form_fields(self, fields: FormFields) -> Self {
        self.configure(|call| call.form(fields))
    }

    /// Adds a text, or one for each item of a list.
    pub(crate) fn form_text(self, name: &'static str, value: impl Into<Argument>) -> Self {
        self.configure(|call| call.with_form(|form| form.text(name, value)))
    }

    /// Adds a list as one text.
    pub(crate) fn form_joined(self, name: &'static str, value: impl Into<Argument>) -> Self {
        self.configure(|call| call.with_form(|form| form.joined(name, value)))
    }

    /// Adds a model or a map.
    pub(crate) fn form_json<T: Value>(self, name: &'static str, value: &T) -> Self {
        self.configure(|call| call.with_form(|form| form.model(name, value)))
    }

    /// Adds each of several models or maps.
    pub(crate) fn form_list<T: Value>(self, name: &'static str, values: &[T]) -> Self {
        let add = |form| values.iter().fold(form, |form: FormFields, value| form.model(name, value));
        self.configure(|call| call.with_form(add))
    }

    /// Adds any value.
    pub(crate) fn form_value(self, name: &'static str, value: &json::Json) -> Self {
        self.configure(|call| call.with_form(|form| form.value(name, value)))
    }

    /// Adds a file.
    pub(crate) fn form_file(self, name: &'static str, file: impl Into<FormFile>) -> Self {
        self.configure(|call| call.with_form(|form| form.file(name, file)))
    }

    /// Adds files.
    pub(crate) fn form_files(
        self,
        name: &'static str,
        files: impl IntoIterator<Item: Into<FormFile>>,
    ) -> Self {
        let add = |form| files.into_iter().fold(form, |form: FormFields, file| form.file(name, file));
        self.configure(|call| call.with_form(add))
    }
}

impl<O: Operation> IntoFuture for TypedCall<O> {
    type Output = Result<O::Output, Error>;
    type IntoFuture = Pending<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move { O::Output::from_answer(self.call.send().await?) })
    }
}

impl<E: Enumeration> From<E> for Argument {
    fn from(value: E) -> Self {
        Self::One(value.as_str().into())
    }
}

impl<E: Enumeration> From<Open<E>> for Argument {
    fn from(value: Open<E>) -> Self {
        match value {
            Open::Known(value) => value.into(),
            Open::Other(text) => text.into(),
        }
    }
}
