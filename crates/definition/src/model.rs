//! The platform as everything downstream sees it: resolved, named, ordered, and without a `$ref` left.
//!
//! Models, enumerations, operations and APIs live in one [`Platform`] and refer to each other by index, so a
//! cycle of models costs nothing. Text that came from the definition ([`Description`](Operation::description),
//! wire names, enum values, defaults) is kept as it was written and is *not* safe to paste into a product:
//! escaping belongs to each emitter. Names in fields called `name` are safe identifiers made by
//! [`crate::names`].

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::compact;
pub use crate::methods::ClassMethod;

/// A whole platform: what `resolve` makes of one definition, plus what is known of its older generations.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Platform {
    /// `info.title`.
    pub title: String,
    /// `info.version`, such as `269.0.0`.
    pub version: String,
    /// One per tag that owns operations, ordered by class name.
    pub apis: Vec<Api>,
    /// Ordered by path, then by method in the order of [`Method`]. Operations that the platform has dropped
    /// stand among them and say so in [`Operation::retired`].
    pub operations: Vec<Operation>,
    /// Ordered by name.
    pub models: Vec<Model>,
    /// Ordered by name.
    pub enumerations: Vec<Enumeration>,
    /// The topics of notifications, ordered by name.
    pub topics: Vec<Topic>,
    /// The first path segments, after `/api/v2/`, that the rule for legacy names knows: see
    /// [`names::legacy`](crate::names::legacy). Sorted.
    pub first_segments: Vec<String>,
}

/// A topic of notifications.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Topic {
    /// As it is subscribed to, with placeholders: `v2.users.{id}.presence`.
    pub name: String,
    /// The model of its events, if it is known.
    pub model: Option<ModelId>,
}

/// Index into [`Platform::apis`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ApiId(pub u32);

/// Index into [`Platform::operations`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct OperationId(pub u32);

/// Index into [`Platform::models`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ModelId(pub u32);

/// Index into [`Platform::enumerations`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct EnumerationId(pub u32);

/// The operations of one tag: a class in JavaScript, a module in Rust.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Api {
    /// The class, such as `UsersApi`; unique, also when case is ignored.
    pub name: String,
    /// The tag as the definition writes it, such as `Telephony Providers Edge`.
    pub tag: String,
    /// Every operation that the class offers under any name, in the order of [`Platform::operations`], retired ones
    /// included. It has its modern name here if [`Operation::apis`] lists this class, and the names of
    /// [`Operation::legacy`] that say so.
    pub operations: Vec<OperationId>,
}

/// One callable endpoint, fully resolved.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Operation {
    /// The modern name, such as `getUsersMe`; unique in the platform, also when case is ignored.
    pub name: String,
    /// `operationId` as the definition writes it; differs from `name` only where a collision was settled.
    pub wire_name: String,
    /// Older names by class, such as `getMe` of `UsersApi`; [`Platform::methods`] has them sorted out. Within a class
    /// no two operations have the same older name. A shipped one may be the modern name of the same operation
    /// (`getUsers`), or of another that some other class offers (`getSearch` of `SearchApi`).
    pub legacy: Vec<LegacyName>,
    /// HTTP method.
    pub method: Method,
    /// Parsed once; routing, encoding and docs all ask it.
    pub path: PathTemplate,
    /// In the order of positional arguments, whatever order the definition lists them in: those of the path, then what
    /// else is required with the body last, then what may be left out with the body first.
    pub parameters: Vec<Parameter>,
    /// The order and names of positional arguments under a legacy name, where they are not `parameters`.
    pub legacy_arguments: Option<Vec<LegacyArgument>>,
    /// The same in a program of 2016, where the SDK of that year had the operation. Later SDKs added arguments before
    /// others, took some away and insisted on more; this list has those that came later at its end, as optional ones.
    pub first_arguments: Option<Vec<LegacyArgument>>,
    /// The type of a success; `None` when it has no content.
    pub result: Option<Type>,
    /// Statuses of a success; never empty. The first is the one that carries [`result`](Self::result), the others are
    /// in ascending order. Where the definition names none, it is 204, since nothing is carried.
    pub successes: Vec<u16>,
    /// Media types of the body, the preferred one first; empty without a body.
    pub consumes: Vec<String>,
    /// The encoding of the body, if it is a form.
    pub form: Option<Form>,
    /// Media types of the answer, the preferred one first.
    pub produces: Vec<String>,
    /// `true` if a token is needed.
    pub authenticated: bool,
    /// OAuth scopes, such as `users:readonly`: a client that is limited to scopes needs one of them. Empty where the
    /// definition names none.
    pub scopes: Vec<String>,
    /// Permissions the caller needs, where the definition says so.
    pub permissions: Option<Permissions>,
    /// The paging style, if the operation is a listing.
    pub paging: Option<Paging>,
    /// The definition discourages its use.
    pub deprecated: bool,
    /// The platform has dropped it; it stays callable for programs that still name it.
    pub retired: bool,
    /// `summary`, untrusted text.
    pub summary: Option<String>,
    /// `description`, untrusted text.
    pub description: Option<String>,
    /// The classes that offer it under its modern name, the primary one first; never empty.
    pub apis: Vec<ApiId>,
    /// Its place in the definition, for every later message.
    pub origin: Pointer,
}

/// A name that an older SDK gave to an operation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LegacyName {
    /// The class that has it.
    pub api: ApiId,
    /// The method, such as `getMe`.
    pub name: String,
    /// `true` when an older SDK shipped it, `false` when the naming rule of that generation made it for an
    /// operation that is newer than the SDK.
    pub shipped: bool,
}

/// One positional argument of a legacy name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LegacyArgument {
    /// Its name in that generation, which error messages show; a safe identifier.
    pub name: String,
    /// `true` if that generation insisted on it.
    pub required: bool,
    /// The place of the value today.
    pub target: LegacyTarget,
}

/// The place of a legacy argument's value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum LegacyTarget {
    /// Index into [`Operation::parameters`].
    Parameter(usize),
    /// A query parameter that the definition no longer has: sent as it was, under this wire name.
    Query {
        /// As it stands in the address.
        wire_name: String,
        /// The style of several values.
        list: ListStyle,
    },
    /// The body of a request that has none today; it is dropped.
    Dropped,
}

/// HTTP methods, in the order in which operations of one path are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
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
    /// Every method, in order.
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
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A path such as `/api/v2/users/{userId}/queues`, cut into segments at each `/`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct PathTemplate {
    /// As the definition writes it, with the fixed query that may follow a `?`.
    pub text: String,
    /// One per segment, in order, without the query.
    pub segments: Vec<Segment>,
}

/// One piece of a path between two slashes.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Segment {
    /// Stands as it is.
    Literal(String),
    /// `{name}`: the whole segment is the value of the path parameter with this wire name.
    Parameter(String),
    /// Text around one or more values, such as `{id}.json`.
    Mixed(Vec<Piece>),
}

/// A part of a [`Segment::Mixed`].
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Piece {
    /// Stands as it is.
    Literal(String),
    /// The value of the path parameter with this wire name.
    Parameter(String),
}

/// One argument of an operation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Parameter {
    /// The argument, such as `edgeGroupId`: a safe identifier, unique in its operation.
    pub name: String,
    /// As it stands on the wire, such as `edgeGroup.id`; for a body the definition's own name for it.
    pub wire_name: String,
    /// Its place in a request.
    pub place: Place,
    /// Its type; for a body the type of the content.
    pub kind: Type,
    /// Bounds on its value.
    pub bounds: Bounds,
    /// The platform's default.
    #[serde(with = "compact::value")]
    pub default: Option<Value>,
    /// Untrusted text.
    pub description: Option<String>,
    /// The definition discourages its use.
    pub deprecated: bool,
}

impl Parameter {
    /// Returns whether a call without it is refused.
    pub const fn required(&self) -> bool {
        self.place.required()
    }
}

/// The place of a parameter in a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Place {
    /// In the path; always required, so there is no flag to contradict that.
    Path,
    /// In the query.
    Query {
        /// `true` if a call without it is refused.
        required: bool,
        /// The style of several values.
        list: ListStyle,
    },
    /// In a header.
    Header {
        /// `true` if a call without it is refused.
        required: bool,
    },
    /// The content of the request; for a form an object of its fields, see [`Operation::form`].
    Body {
        /// `true` if a call without it is refused.
        required: bool,
    },
}

/// The encoding of a body that is a form. The body is then an object: a model whose properties are
/// the fields, a map, or any value. A field of the type [`Type::Bytes`] is a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Form {
    /// The encoding of the fields.
    pub encoding: FormEncoding,
    /// Wire names of the fields that are lists written as one value, with commas between the items. Any other list is
    /// written as one field for each item.
    pub joined: Vec<String>,
}

/// The encoding of a form's fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum FormEncoding {
    /// `multipart/form-data`, which has room for files and for objects, which are written as JSON.
    Multipart,
    /// `application/x-www-form-urlencoded`
    UrlEncoded,
}

impl FormEncoding {
    /// The encoding of this media type, whatever its parameters.
    pub fn of_media(media: &str) -> Option<Self> {
        let essence = media.split(';').next().unwrap_or_default().trim();
        [Self::Multipart, Self::UrlEncoded]
            .into_iter()
            .find(|known| known.media().eq_ignore_ascii_case(essence))
    }

    /// Its media type.
    pub const fn media(self) -> &'static str {
        match self {
            Self::Multipart => "multipart/form-data",
            Self::UrlEncoded => "application/x-www-form-urlencoded",
        }
    }
}

impl Place {
    /// Returns whether a call without it is refused.
    pub const fn required(self) -> bool {
        match self {
            Self::Path => true,
            Self::Query { required, .. } | Self::Header { required } | Self::Body { required } => required,
        }
    }
}

/// The style of a list in a query (`collectionFormat` of Swagger 2.0; `style` and `explode` of `OpenAPI` 3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub enum ListStyle {
    /// `id=a&id=b`
    #[default]
    Multi,
    /// `id=a,b`
    Comma,
    /// `id=a%20b`
    Space,
    /// `id=a|b`
    Pipe,
}

/// A JSON value's type.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Type {
    /// Any value.
    Any,
    /// Text.
    Text(TextFormat),
    /// One of a list of values; servers send values that no list has.
    Enumeration(EnumerationId),
    /// A whole number.
    Integer(Width),
    /// A number.
    Number,
    /// `true` or `false`.
    Boolean,
    /// A list.
    List(Box<Type>),
    /// An object with free names and values of one type.
    Map(Box<Type>),
    /// A named object.
    Model(ModelId),
    /// One of several types (`oneOf`, `anyOf`); at least two.
    OneOf(Vec<Type>),
    /// Bytes: a file in a form, or an answer that is not JSON.
    Bytes,
}

/// The size of a whole number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Width {
    /// The format `int32`: from −2³¹ to 2³¹ − 1.
    Bits32,
    /// The format `int64`, or none: from −2⁶³ to 2⁶³ − 1.
    Bits64,
}

impl Width {
    /// The smallest and the largest number.
    pub const fn range(self) -> (i64, i64) {
        match self {
            Self::Bits32 => (i32::MIN as i64, i32::MAX as i64),
            Self::Bits64 => (i64::MIN, i64::MAX),
        }
    }
}

/// The format of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum TextFormat {
    /// Nothing is said.
    Plain,
    /// `2026-11-23`
    Date,
    /// `2026-11-23T21:02:00.000Z`
    DateTime,
    /// A date and time without a zone.
    LocalDateTime,
    /// `2026-11`
    YearMonth,
    /// A URI.
    Uri,
    /// A UUID.
    Uuid,
    /// Base64.
    Base64,
    /// A format that this list does not have; treated as plain.
    Other,
}

/// Bounds that a definition puts on a value; each is absent unless stated.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Bounds {
    /// Smallest number.
    pub minimum: Option<f64>,
    /// Largest number.
    pub maximum: Option<f64>,
    /// Fewest UTF-16 units of a text.
    pub min_length: Option<u64>,
    /// Most UTF-16 units of a text.
    pub max_length: Option<u64>,
    /// Fewest items of a list.
    pub min_items: Option<u64>,
    /// Most items of a list.
    pub max_items: Option<u64>,
    /// A regular expression as ECMA 262 has them; untrusted, and not checked to be one.
    pub pattern: Option<String>,
    /// Items are distinct.
    pub unique: bool,
}

/// A named object.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Model {
    /// A safe identifier, unique among models and enumerations, also when case is ignored.
    pub name: String,
    /// As the definition writes it.
    pub wire_name: String,
    /// In the definition's order; empty for an object of which nothing is known.
    pub properties: Vec<Property>,
    /// The type of properties beyond those listed, where the definition names one.
    pub additional: Option<Type>,
    /// Untrusted text.
    pub description: Option<String>,
    /// Its place in the definition.
    pub origin: Pointer,
}

/// One property of a model.
#[expect(clippy::struct_excessive_bools, reason = "each is a keyword of its own; any may come with any")]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Property {
    /// As it stands in JSON: any text at all.
    pub wire_name: String,
    /// Its type.
    pub kind: Type,
    /// `true` if an object without it is refused.
    pub required: bool,
    /// The platform sets it; callers need not send it.
    pub read_only: bool,
    /// It may be `null` as well.
    pub nullable: bool,
    /// The definition discourages its use.
    pub deprecated: bool,
    /// Bounds on its value.
    pub bounds: Bounds,
    /// The platform's default.
    #[serde(with = "compact::value")]
    pub default: Option<Value>,
    /// Untrusted text.
    pub description: Option<String>,
}

/// A named list of values.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Enumeration {
    /// A safe identifier, unique among models and enumerations, also when case is ignored.
    pub name: String,
    /// Texts or whole numbers, distinct, in the definition's order.
    #[serde(with = "compact::values")]
    pub values: Vec<Value>,
    /// Its place in the definition.
    pub origin: Pointer,
}

/// Permissions a caller needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Permissions {
    /// The number of them that are needed: one, or all.
    pub need: Need,
    /// Such as `authorization:role:view`.
    pub names: Vec<String>,
}

/// The number of permissions that are needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Need {
    /// One of them is enough.
    Any,
    /// All are needed.
    All,
}

/// A style of paging: one of the nine of the platform, recognised by parameters and the shape of the result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Paging {
    /// `pageNumber` in the query, `pageCount` in the answer.
    PageNumber,
    /// `nextUri` in the answer; absent at the end.
    NextUri,
    /// `after` (and `before`) in the query, `nextUri` or `cursors` in the answer; or `after` in the body of a POST
    /// and in the answer.
    After,
    /// `cursor` in the query, or in the body of a POST, and in the answer; empty at the end.
    Cursor,
    /// `nextPage` in the answer, an address to follow.
    NextPage,
    /// In the body of a POST, `paging` with its `pageNumber` and `totalHits` in the answer, or `pageNumber` itself and
    /// `pageCount` in the answer.
    Body,
    /// A POST makes a job; its status is polled at its path with `/{id}`, and its results, in pages, are at
    /// `/{id}/results`.
    Job,
    /// `startIndex` and `count`, as SCIM has them.
    Scim,
    /// The answer names an `executionId` and a `resultsUri`, which is polled.
    Execution,
}

/// A place in a definition, as a JSON pointer in a fragment: `#/paths/~1api~1v2~1users/get`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Pointer(pub String);

impl fmt::Display for Pointer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Operation {
    /// The encoding of a body that is a form, and the model whose properties are its fields; `None` for a form of any
    /// fields.
    pub fn form_fields<'p>(&'p self, platform: &'p Platform) -> Option<(&'p Form, &'p Model)> {
        let form = self.form.as_ref()?;
        let body = self.parameters.iter().find(|parameter| matches!(parameter.place, Place::Body { .. }))?;
        match body.kind {
            Type::Model(id) => Some((form, platform.model(id))),
            _ => None,
        }
    }
}

impl Platform {
    /// The API with this index.
    pub fn api(&self, id: ApiId) -> &Api {
        &self.apis[id.0 as usize]
    }

    /// The operation with this index.
    pub fn operation(&self, id: OperationId) -> &Operation {
        &self.operations[id.0 as usize]
    }

    /// The model with this index.
    pub fn model(&self, id: ModelId) -> &Model {
        &self.models[id.0 as usize]
    }

    /// The enumeration with this index.
    pub fn enumeration(&self, id: EnumerationId) -> &Enumeration {
        &self.enumerations[id.0 as usize]
    }
}
