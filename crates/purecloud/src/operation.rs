//! The rows of operations: everything that the runtime needs to call one, as constants of generated code.
//!
//! A row agrees with the definition: the path template, the arguments with their place and list style, whether a
//! repetition is safe, how a listing goes on. The mechanics that act on a row are elsewhere and know no operation.

use std::borrow::Cow;

/// One callable operation of the platform.
///
/// A row of your own begins with [`Self::new`]; what most operations do not have is added by the methods.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct OperationSpec {
    /// The modern name, such as `getUsersMe`; what errors and traces call the operation.
    pub id: &'static str,
    /// HTTP method.
    pub method: Method,
    /// `/api/v2/users/{userId}`, with the wire names of the path parameters.
    pub path: &'static str,
    /// In the order of the definition's positional arguments.
    pub parameters: &'static [Parameter],
    /// Media type of the body.
    pub content_type: &'static str,
    /// Media type of the answer.
    pub accept: &'static str,
    /// `true` if the platform wants a token.
    pub authenticated: bool,
    /// The effect of a repeated request.
    pub repeat: Repeat,
    /// The paging style; `None` if the operation is not a listing.
    pub paging: Option<Paging>,
    /// The member of a page that holds its items, such as `entities`; `None` finds it by the names the platform uses.
    pub items: Option<&'static str>,
}

impl OperationSpec {
    /// A row with what most operations have: JSON both ways, a token, no arguments, no paging, repeated when its
    /// method is safe to repeat.
    pub const fn new(id: &'static str, method: Method, path: &'static str) -> Self {
        Self {
            id,
            method,
            path,
            parameters: &[],
            content_type: JSON,
            accept: JSON,
            authenticated: true,
            repeat: Repeat::ByMethod,
            paging: None,
            items: None,
        }
    }

    /// The arguments, in their order.
    #[must_use]
    pub const fn parameters(mut self, parameters: &'static [Parameter]) -> Self {
        self.parameters = parameters;
        self
    }

    /// The media types of the body and of the answer.
    #[must_use]
    pub const fn media_types(mut self, content_type: &'static str, accept: &'static str) -> Self {
        self.content_type = content_type;
        self.accept = accept;
        self
    }

    /// It needs no token.
    #[must_use]
    pub const fn without_token(mut self) -> Self {
        self.authenticated = false;
        self
    }

    /// Sets the effect of a repeated request.
    #[must_use]
    pub const fn repeat(mut self, repeat: Repeat) -> Self {
        self.repeat = repeat;
        self
    }

    /// Sets the paging style, and the member of a page that holds the items.
    #[must_use]
    pub const fn listing(mut self, paging: Paging, items: Option<&'static str>) -> Self {
        self.paging = Some(paging);
        self.items = items;
        self
    }
}

/// The media type of nearly every body and answer.
pub const JSON: &str = "application/json";

/// HTTP methods that the platform's operations use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Method {
    /// `GET`
    Get,
    /// `HEAD`
    Head,
    /// `POST`
    Post,
    /// `PUT`
    Put,
    /// `PATCH`
    Patch,
    /// `DELETE`
    Delete,
    /// `OPTIONS`
    Options,
}

impl Method {
    /// Every method.
    pub const ALL: [Self; 7] =
        [Self::Get, Self::Head, Self::Post, Self::Put, Self::Patch, Self::Delete, Self::Options];

    /// As it stands on the request line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Head => "HEAD",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
            Self::Options => "OPTIONS",
        }
    }

    /// The method of that name, in any letter case.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|method| method.as_str().eq_ignore_ascii_case(text))
    }

    /// Returns whether HTTP promises that a repetition changes nothing more than the first request did.
    pub const fn is_idempotent(self) -> bool {
        !matches!(self, Self::Post | Self::Patch)
    }
}

impl std::fmt::Display for Method {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One argument of an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parameter {
    /// The argument, such as `edgeGroupId`.
    pub name: &'static str,
    /// As it stands on the wire, such as `edgeGroup.id`.
    pub wire_name: &'static str,
    /// Its place in a request.
    pub place: Place,
    /// `true` if a call without it is refused; true for everything in a path.
    pub required: bool,
}

/// The place of an argument in a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Place {
    /// In the path.
    Path,
    /// In the query.
    Query(ListStyle),
    /// In a header.
    Header,
    /// The content of the request.
    Body,
}

/// The style of several values of one argument in a query.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ListStyle {
    /// `id=a&id=b`
    #[default]
    Multi,
    /// `id=a,b`
    Comma,
    /// `id=a%20b`
    Space,
    /// `id=a%7Cb`
    Pipe,
}

/// The effect of sending a request again that may have been acted on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Repeat {
    /// As HTTP says of the method: all but POST and PATCH.
    #[default]
    ByMethod,
    /// Always: it only reads, whatever its method (analytics queries, searches).
    Reads,
}

/// A style of paging: one of the nine of the platform.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum Paging {
    /// `pageNumber` in the query, `pageCount` in the answer.
    PageNumber,
    /// `nextUri` in the answer; absent at the end.
    NextUri,
    /// `after` in the query, `nextUri` or `cursors` in the answer.
    After,
    /// `cursor` in the query and in the answer; empty at the end.
    Cursor,
    /// `nextPage` in the answer, an address to follow.
    NextPage,
    /// `paging` in the body of a POST, `totalHits` in the answer.
    Body,
    /// A POST makes a job; its status is polled and its results follow a cursor.
    Job,
    /// `startIndex` and `count`, as SCIM has them.
    Scim,
    /// A POST makes an execution whose results are polled.
    Execution,
}

/// The value of one argument in a path, a query or a header.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Argument {
    /// A single value, in the text it has on the wire.
    One(Cow<'static, str>),
    /// A list; an empty one is left out of the request.
    Many(Vec<Cow<'static, str>>),
}

impl From<&str> for Argument {
    fn from(text: &str) -> Self {
        Self::One(Cow::Owned(text.to_owned()))
    }
}

impl From<&&str> for Argument {
    fn from(text: &&str) -> Self {
        Self::from(*text)
    }
}

impl From<&String> for Argument {
    fn from(text: &String) -> Self {
        Self::One(Cow::Owned(text.clone()))
    }
}

impl From<String> for Argument {
    fn from(text: String) -> Self {
        Self::One(Cow::Owned(text))
    }
}

impl From<Cow<'static, str>> for Argument {
    fn from(text: Cow<'static, str>) -> Self {
        Self::One(text)
    }
}

impl From<bool> for Argument {
    fn from(value: bool) -> Self {
        Self::One(Cow::Borrowed(if value { "true" } else { "false" }))
    }
}

/// Whole numbers that an argument is made from: those of every size, also in an `Option`.
pub trait Whole: Into<Argument> {}

/// Numbers that an argument is made from: those of every size, also in an `Option`.
pub trait Number: Into<Argument> {}

/// `true` or `false` that an argument is made from, also in an `Option`.
pub trait Truth: Into<Argument> {}

macro_rules! argument_from_number {
    ($($kind:ident: $($number:ty),*;)*) => {$($(
        impl From<$number> for Argument {
            fn from(value: $number) -> Self {
                Self::One(Cow::Owned(value.to_string()))
            }
        }

        impl Number for $number {}
        argument_from_number!(@$kind $number);
    )*)*};
    (@whole $number:ty) => { impl Whole for $number {} };
    (@fraction $number:ty) => {};
}
argument_from_number! {
    whole: i8, i16, i32, i64, isize, u8, u16, u32, u64, usize;
    fraction: f32, f64;
}

impl Truth for bool {}
impl<T: Whole> Whole for Option<T> {}
impl<T: Number> Number for Option<T> {}
impl<T: Truth> Truth for Option<T> {}

/// `None` leaves the argument out.
impl<T: Into<Self>> From<Option<T>> for Argument {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Many(Vec::new()), Into::into)
    }
}

impl<T: Into<Self>> From<Vec<T>> for Argument {
    fn from(values: Vec<T>) -> Self {
        Self::from_iter(values)
    }
}

impl<T: Into<Self>, const N: usize> From<[T; N]> for Argument {
    fn from(values: [T; N]) -> Self {
        Self::from_iter(values)
    }
}

impl<T: Clone + Into<Self>> From<&[T]> for Argument {
    fn from(values: &[T]) -> Self {
        values.iter().cloned().collect()
    }
}

impl<T: Clone + Into<Self>> From<&Vec<T>> for Argument {
    fn from(values: &Vec<T>) -> Self {
        Self::from(values.as_slice())
    }
}

impl<T: Clone + Into<Self>, const N: usize> From<&[T; N]> for Argument {
    fn from(values: &[T; N]) -> Self {
        Self::from(values.as_slice())
    }
}

/// Sources of an argument with several values: a value, a list, or an iterator of either. Rust finds out which
/// `Kind` it is.
///
/// ```
/// use purecloud::{Argument, IntoArgument};
///
/// fn id<Kind>(value: impl IntoArgument<Kind>) -> Argument {
///     value.into_argument()
/// }
/// let ids = vec!["a".to_owned(), "b".to_owned()];
/// assert_eq!(id(&ids), id(ids.iter().filter(|id| id.len() == 1)));
/// assert_eq!(id(["a", "b"]), id(ids));
/// assert_eq!(id(Some("a")), id("a"));
/// ```
pub trait IntoArgument<Kind> {
    /// The argument.
    fn into_argument(self) -> Argument;
}

/// The kind of what is an argument by itself.
#[doc(hidden)]
#[derive(Debug)]
pub enum ByValue {}

/// The kind of what gives one argument after another.
#[doc(hidden)]
#[derive(Debug)]
pub enum ByIterator {}

impl<T: Into<Argument>> IntoArgument<ByValue> for T {
    fn into_argument(self) -> Argument {
        self.into()
    }
}

impl<I: Iterator<Item: Into<Argument>>> IntoArgument<ByIterator> for I {
    fn into_argument(self) -> Argument {
        self.collect()
    }
}

impl<T: Into<Self>> FromIterator<T> for Argument {
    fn from_iter<I: IntoIterator<Item = T>>(values: I) -> Self {
        let mut texts = Vec::new();
        for value in values {
            match value.into() {
                Self::One(text) => texts.push(text),
                Self::Many(more) => texts.extend(more),
            }
        }
        Self::Many(texts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_have_the_text_of_the_wire() {
        assert_eq!(Argument::from(25), Argument::One("25".into()));
        assert_eq!(Argument::from(true), Argument::One("true".into()));
        assert_eq!(Argument::from(0.5), Argument::One("0.5".into()));
        let both = Argument::Many(vec!["a".into(), "b".into()]);
        assert_eq!(Argument::from(["a", "b"]), both);
        let owned = vec!["a".to_owned(), "b".to_owned()];
        assert_eq!(Argument::from(&owned), both);
        assert_eq!(owned.iter().into_argument(), both);
        assert_eq!(["a", "b"].iter().into_argument(), both);
        // What has no value is left out.
        assert_eq!(["a", "", "b"].map(|id| (!id.is_empty()).then_some(id)).into_argument(), both);
        assert_eq!(Argument::from(None::<&str>), Argument::Many(vec![]));
        assert_eq!(Argument::from(Some(25_u8)), Argument::One("25".into()));
    }

    #[test]
    fn methods_are_known_in_any_letter_case() {
        assert_eq!(Method::parse("patch"), Some(Method::Patch));
        assert_eq!(Method::parse("TRACE"), None);
    }
}
