//! Forms: the content of a request from its fields, in parts (`multipart/form-data`) or as pairs
//! (`application/x-www-form-urlencoded`). The cases are in `vectors/form.json`.

use std::borrow::Cow;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use futures_util::StreamExt as _;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;

use crate::error::Cause;
use crate::json::{self, Json};
use crate::operation::Argument;
use crate::session::Content;
use crate::transport::ByteStream;

/// Characters that pairs do not escape besides letters and digits; a space becomes `+`.
const PAIR: &AsciiSet = &NON_ALPHANUMERIC.remove(b'*').remove(b'-').remove(b'.').remove(b'_').remove(b' ');

/// The fields of a form, in order.
///
/// ```
/// use purecloud::{FormFields, FormFile};
///
/// let form = FormFields::new()
///     .text("note", "the new one")
///     .text("tags", ["a", "b"]) // a field for each
///     .file("image", FormFile::new(vec![1, 2, 3]).name("logo.png").content_type("image/png"));
/// ```
#[derive(Debug, Clone, Default)]
#[must_use = "fields are sent by `Call::form`"]
pub struct FormFields {
    fields: Vec<(Cow<'static, str>, Field)>,
}

#[derive(Debug, Clone)]
enum Field {
    Text(Cow<'static, str>),
    Json(Bytes),
    File(FormFile),
    /// The value could not be written as JSON.
    Unwritten(Arc<serde_json::Error>),
}

impl FormFields {
    /// A form without fields.
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns whether there is no field.
    pub const fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }

    fn add(mut self, name: impl Into<Cow<'static, str>>, field: Field) -> Self {
        self.fields.push((name.into(), field));
        self
    }

    /// Adds a text, number or truth value; of a list, a field for each item.
    pub fn text(mut self, name: impl Into<Cow<'static, str>>, value: impl Into<Argument>) -> Self {
        let name = name.into();
        let items = match value.into() {
            Argument::One(text) => vec![text],
            Argument::Many(items) => items,
        };
        self.fields.extend(items.into_iter().map(|text| (name.clone(), Field::Text(text))));
        self
    }

    /// Adds a list as one text, with commas between its items. An empty one is left out.
    pub fn joined(self, name: impl Into<Cow<'static, str>>, value: impl Into<Argument>) -> Self {
        match value.into() {
            Argument::Many(items) if items.is_empty() => self,
            Argument::Many(items) => self.add(name, Field::Text(items.join(",").into())),
            Argument::One(text) => self.add(name, Field::Text(text)),
        }
    }

    /// Adds a value as JSON. Only a form of parts has room for it.
    pub fn json(self, name: impl Into<Cow<'static, str>>, value: &(impl Serialize + ?Sized)) -> Self {
        let field = match serde_json::to_vec(value) {
            Ok(text) => Field::Json(text.into()),
            Err(error) => Field::Unwritten(Arc::new(error)),
        };
        self.add(name, field)
    }

    /// Adds a file. Only a form of parts has room for it.
    pub fn file(self, name: impl Into<Cow<'static, str>>, file: impl Into<FormFile>) -> Self {
        self.add(name, Field::File(file.into()))
    }

    /// Adds a model as JSON, without what only the platform sets.
    #[allow(dead_code, reason = "used by the operations of features that are on")]
    pub(crate) fn model(self, name: &'static str, value: &impl json::Value) -> Self {
        self.add(name, Field::Json(json::request_within(value).into()))
    }

    /// Adds a value of which the definition does not say what it is: objects as JSON, the rest as text.
    #[allow(dead_code, reason = "used by the operations of features that are on")]
    pub(crate) fn value(self, name: &'static str, value: &Json) -> Self {
        match value {
            Json::Null => self,
            Json::String(text) => self.text(name, text.as_str()),
            Json::Bool(_) | Json::Number(_) => self.text(name, value.to_string()),
            Json::Array(items) => items.iter().fold(self, |form, item| form.value(name, item)),
            Json::Object(_) => self.json(name, value),
        }
    }

    /// Returns whether a stream among the files was sent before.
    pub(crate) fn is_spent(&self) -> bool {
        self.fields.iter().any(|(_, field)| matches!(field, Field::File(file) if file.is_spent()))
    }

    /// The content, and its media type. A `media_type` of pairs makes pairs, any other one parts with this `boundary`
    /// between them.
    pub(crate) fn write(self, media_type: &str, boundary: &str) -> Result<(Content, String), Cause> {
        let essence = media_type.split(';').next().unwrap_or_default().trim();
        if essence.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
            return Ok((Content::Bytes(self.pairs()?.into()), media_type.to_owned()));
        }
        Ok((self.parts(boundary)?, format!("multipart/form-data; boundary={boundary}")))
    }

    fn pairs(self) -> Result<String, Cause> {
        let mut out = String::new();
        for (name, field) in self.fields {
            let text = match field {
                Field::Text(text) => text,
                Field::Unwritten(error) => return Err(Box::new(error)),
                Field::Json(_) | Field::File(_) => {
                    let kind = if matches!(field, Field::File(_)) { "a file" } else { "an object" };
                    return Err(format!(
                        "the field `{name}` is {kind}, for which a form of pairs has no room"
                    )
                    .into());
                }
            };
            if !out.is_empty() {
                out.push('&');
            }
            for (at, part) in [&name, &text].into_iter().enumerate() {
                if at > 0 {
                    out.push('=');
                }
                out.push_str(&utf8_percent_encode(part, PAIR).to_string().replace(' ', "+"));
            }
        }
        Ok(out)
    }

    fn parts(self, boundary: &str) -> Result<Content, Cause> {
        let mut pieces = Pieces::default();
        for (name, field) in self.fields {
            let head = format!("--{boundary}\r\nContent-Disposition: form-data; name=\"{}\"", escaped(&name));
            pieces.bytes(head.as_bytes());
            match field {
                Field::Text(text) => pieces.bytes(format!("\r\n\r\n{text}").as_bytes()),
                Field::Json(text) => {
                    pieces.bytes(b"\r\nContent-Type: application/json\r\n\r\n");
                    pieces.bytes(&text);
                }
                Field::Unwritten(error) => return Err(Box::new(error)),
                Field::File(file) => {
                    if !file.content_type.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
                        return Err(
                            format!("the media type of the file `{name}` is not visible ASCII").into()
                        );
                    }
                    let (name, media) = (escaped(&file.name), &file.content_type);
                    let head = format!("; filename=\"{name}\"\r\nContent-Type: {media}\r\n\r\n");
                    pieces.bytes(head.as_bytes());
                    match file.content {
                        FileContent::Bytes(content) => pieces.bytes(&content),
                        FileContent::Stream { stream, length } => {
                            let stream = stream.lock().unwrap_or_else(PoisonError::into_inner).take();
                            pieces.stream(stream.ok_or("its stream was sent already")?, length);
                        }
                    }
                }
            }
            pieces.bytes(b"\r\n");
        }
        pieces.bytes(format!("--{boundary}--\r\n").as_bytes());
        Ok(pieces.finish())
    }
}

/// Streams that are sent one after the other.
struct Pieces {
    /// The streams before `last`.
    streams: Vec<ByteStream>,
    last: Vec<u8>,
    /// Bytes of all streams, unless one does not know.
    length: Option<u64>,
}

impl Default for Pieces {
    fn default() -> Self {
        Self { streams: Vec::new(), last: Vec::new(), length: Some(0) }
    }
}

impl Pieces {
    fn bytes(&mut self, bytes: &[u8]) {
        self.last.extend_from_slice(bytes);
    }

    fn stream(&mut self, stream: ByteStream, length: Option<u64>) {
        let before = self.flush();
        self.length = self.length.zip(length).map(|(known, more)| known + before + more);
        self.streams.push(stream);
    }

    /// Makes a stream of the bytes since the last one; says how many.
    fn flush(&mut self) -> u64 {
        let bytes = Bytes::from(std::mem::take(&mut self.last));
        let count = bytes.len() as u64;
        self.streams.push(Box::pin(futures_util::stream::once(async { Ok(bytes) })));
        count
    }

    fn finish(mut self) -> Content {
        if self.streams.is_empty() {
            return Content::Bytes(self.last.into());
        }
        let after = self.flush();
        let length = self.length.map(|length| length + after);
        Content::stream(Box::pin(futures_util::stream::iter(self.streams).flatten()), length)
    }
}

/// A file of a form: its content, its name and its media type.
#[derive(Clone)]
#[must_use = "a file is sent in a field of a form"]
pub struct FormFile {
    content: FileContent,
    name: String,
    content_type: String,
}

#[derive(Clone)]
enum FileContent {
    Bytes(Bytes),
    /// Shared by the clones of a call, of which one can be sent.
    Stream {
        stream: Arc<Mutex<Option<ByteStream>>>,
        length: Option<u64>,
    },
}

impl FormFile {
    /// A file of these bytes, called `blob`, of the type `application/octet-stream`.
    pub fn new(content: impl Into<Bytes>) -> Self {
        Self::of(FileContent::Bytes(content.into()))
    }

    /// A file that is read while it is sent; `length` is in bytes, and without it the request goes out in chunks.
    /// Such a call is never repeated once it has begun, and of its clones one can be sent.
    pub fn stream(content: ByteStream, length: Option<u64>) -> Self {
        Self::of(FileContent::Stream { stream: Arc::new(Mutex::new(Some(content))), length })
    }

    fn of(content: FileContent) -> Self {
        Self { content, name: "blob".to_owned(), content_type: "application/octet-stream".to_owned() }
    }

    /// Sets its file name.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// Its media type, such as `image/png`.
    pub fn content_type(mut self, media_type: impl Into<String>) -> Self {
        self.content_type = media_type.into();
        self
    }

    fn is_spent(&self) -> bool {
        match &self.content {
            FileContent::Bytes(_) => false,
            FileContent::Stream { stream, .. } => {
                stream.lock().unwrap_or_else(PoisonError::into_inner).is_none()
            }
        }
    }
}

impl std::fmt::Debug for FormFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FormFile")
            .field("name", &self.name)
            .field("content_type", &self.content_type)
            .finish_non_exhaustive()
    }
}

impl From<Bytes> for FormFile {
    fn from(content: Bytes) -> Self {
        Self::new(content)
    }
}

impl From<Vec<u8>> for FormFile {
    fn from(content: Vec<u8>) -> Self {
        Self::new(content)
    }
}

impl From<&'static [u8]> for FormFile {
    fn from(content: &'static [u8]) -> Self {
        Self::new(content)
    }
}

/// A name as the HTML standard writes it, so that it cannot end early.
fn escaped(name: &str) -> String {
    name.replace('\r', "%0D").replace('\n', "%0A").replace('"', "%22")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    async fn sent(content: Content) -> (Vec<u8>, Option<u64>) {
        match content {
            Content::Bytes(bytes) => (bytes.to_vec(), Some(bytes.len() as u64)),
            Content::Empty => (Vec::new(), Some(0)),
            Content::Stream(stream) => {
                let (mut stream, length) = stream.lock().unwrap().take().unwrap();
                let mut all = Vec::new();
                while let Some(piece) = stream.next().await {
                    all.extend_from_slice(&piece.unwrap());
                }
                (all, length)
            }
        }
    }

    fn pieces() -> ByteStream {
        Box::pin(futures_util::stream::iter(["ab", "c"].map(|text| Ok(Bytes::from(text)))))
    }

    #[tokio::test]
    async fn streams_are_sent_as_their_bytes_are_with_the_length_where_it_is_known() {
        let form =
            |file: fn() -> FormFile| FormFields::new().text("a", "1").file("one", file()).file("two", file());
        let (whole, _) = sent(form(|| FormFile::new("abc")).parts("x").unwrap()).await;
        for known in [true, false] {
            let streamed: fn() -> FormFile = if known {
                || FormFile::stream(pieces(), Some(3))
            } else {
                || FormFile::stream(pieces(), None)
            };
            let (bytes, length) = sent(form(streamed).parts("x").unwrap()).await;
            assert_eq!(bytes, whole);
            assert_eq!(length, known.then_some(whole.len() as u64));
        }
    }

    #[test]
    fn a_stream_is_sent_once_by_one_of_the_clones() {
        let form = FormFields::new().file("one", FormFile::stream(pieces(), None));
        let clone = form.clone();
        assert!(!clone.is_spent());
        form.parts("x").unwrap();
        assert!(clone.is_spent() && clone.parts("x").is_err());
    }

    #[test]
    fn what_a_form_has_no_room_for_is_refused_by_name() {
        let pairs = |form: FormFields| {
            form.write("application/x-www-form-urlencoded", "x").err().unwrap().to_string()
        };
        assert!(pairs(FormFields::new().file("a", vec![1])).contains("`a` is a file"));
        assert!(pairs(FormFields::new().json("b", &[1])).contains("`b` is an object"));
        let file = FormFile::new("x").content_type("text/plain\r\nx-evil: 1");
        assert!(FormFields::new().file("c", file).parts("x").is_err());
    }

    proptest! {
        #[test]
        fn no_name_ends_early(name in ".*", file in ".*") {
            let form = FormFields::new().file(name, FormFile::new("x").name(file));
            let Ok(Content::Bytes(bytes)) = form.parts("x") else { panic!("there is no stream") };
            let text = std::str::from_utf8(&bytes).unwrap();
            let (head, _) = text.split_once("\r\n\r\n").unwrap();
            prop_assert_eq!(head.split(['\r', '\n']).filter(|line| !line.is_empty()).count(), 3);
            prop_assert_eq!(head.matches('"').count(), 4);
        }
    }
}
