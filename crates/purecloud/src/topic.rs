//! Topics of notifications that know what their events hold.

use std::borrow::Cow;
use std::marker::PhantomData;

use crate::json::{Json, Value};

/// A topic that can be subscribed to, with the type of its events' body.
///
/// The functions of `topics` make one for each topic that the definition has a model for. A plain text is a topic too,
/// whose bodies stay JSON of any shape.
///
/// ```
/// use purecloud::Topic;
///
/// assert_eq!(Topic::name("v2.users.0b2a.presence"), "v2.users.0b2a.presence");
/// ```
pub trait Topic {
    /// The type of an event's body.
    type Body: Value + Default + Send + 'static;

    /// As it is subscribed to, with its placeholders filled in: `v2.users.0b2a4c5e.presence`.
    fn name(&self) -> &str;
}

impl Topic for str {
    type Body = Json;

    fn name(&self) -> &str {
        self
    }
}

impl Topic for String {
    type Body = Json;

    fn name(&self) -> &str {
        self
    }
}

impl<T: Topic + ?Sized> Topic for &T {
    type Body = T::Body;

    fn name(&self) -> &str {
        (**self).name()
    }
}

/// A topic whose events have bodies of type `B`.
pub struct TypedTopic<B> {
    name: Cow<'static, str>,
    body: PhantomData<fn() -> B>,
}

impl<B> TypedTopic<B> {
    /// The topic of this name. That its events hold a `B` is for the caller to know.
    pub fn new(name: impl Into<Cow<'static, str>>) -> Self {
        Self { name: name.into(), body: PhantomData }
    }

    /// A name with the values of its placeholders between its parts.
    #[allow(dead_code, reason = "used by the topics of the definition, which a feature brings")]
    pub(crate) fn join(parts: &[&str]) -> Self {
        Self::new(parts.concat())
    }
}

impl<B: Value + Default + Send + 'static> Topic for TypedTopic<B> {
    type Body = B;

    fn name(&self) -> &str {
        &self.name
    }
}

impl<B> Clone for TypedTopic<B> {
    fn clone(&self) -> Self {
        Self::new(self.name.clone())
    }
}

impl<B> std::fmt::Debug for TypedTopic<B> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("TypedTopic").field(&self.name).finish()
    }
}
