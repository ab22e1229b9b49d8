//! One event, as the platform sent it.

use std::borrow::Cow;

use bytes::Bytes;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use crate::error::Error;
use crate::json::{self, Value};
use crate::topic::Topic;

/// Something happened. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    topic: String,
    version: Option<String>,
    correlation_id: Option<String>,
    /// The whole message.
    text: Bytes,
    /// The part of it that is the body.
    body: Bytes,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Envelope<'a> {
    #[serde(borrow)]
    topic_name: Cow<'a, str>,
    #[serde(default)]
    version: serde_json::Value,
    #[serde(borrow, default)]
    event_body: Option<&'a RawValue>,
    #[serde(default)]
    metadata: serde_json::Value,
}

impl Event {
    /// Reads a message; `None` when it is no event.
    pub(super) fn parse(text: String) -> Option<Self> {
        let text = Bytes::from(text);
        Self::of(&text).or_else(|| Self::of(&Bytes::from(crate::text::repaired(&text)?)))
    }

    fn of(text: &Bytes) -> Option<Self> {
        let envelope: Envelope<'_> = serde_json::from_slice(text).ok()?;
        let id = ["CorrelationId", "correlationId"].iter().find_map(|name| envelope.metadata[*name].as_str());
        let version = match &envelope.version {
            serde_json::Value::String(version) => Some(version.clone()),
            serde_json::Value::Number(version) => Some(version.to_string()),
            _ => None,
        };
        Some(Self {
            topic: envelope.topic_name.into_owned(),
            version,
            correlation_id: id.filter(|id| !id.is_empty()).map(str::to_owned),
            body: envelope.event_body.map_or(Bytes::new(), |body| text.slice_ref(body.get().as_bytes())),
            text: text.clone(),
        })
    }

    /// The topic, as the platform writes it: `v2.users.{id}.presence` with the id in its place.
    pub fn topic(&self) -> &str {
        &self.topic
    }

    /// Returns whether this event is of that topic. Letter case does not count, as on the platform.
    pub fn is(&self, topic: &str) -> bool {
        self.topic.eq_ignore_ascii_case(topic)
    }

    /// The version of the topic's schema, such as `2`.
    pub fn version(&self) -> Option<&str> {
        self.version.as_deref()
    }

    /// The platform's id of what caused the event.
    pub fn correlation_id(&self) -> Option<&str> {
        self.correlation_id.as_deref()
    }

    /// The body as a model of this SDK. An event without one gives an empty model.
    ///
    /// # Errors
    /// [`Error::Decode`], with the path and the byte of what does not fit.
    pub fn body<T: Value + Default>(&self) -> Result<T, Error> {
        if self.body.is_empty() {
            return Ok(T::default());
        }
        json::from_slice(&self.body).map_err(|source| self.misfit::<T>(source))
    }

    /// The body, if this event is of that topic, as the topic's own type.
    ///
    /// # Errors
    /// [`Error::Decode`], with the path and the byte of what does not fit.
    pub fn read<T: Topic + ?Sized>(&self, topic: &T) -> Result<Option<T::Body>, Error> {
        if self.is(topic.name()) { self.body().map(Some) } else { Ok(None) }
    }

    /// The body as a type of the program's own, read by serde. An event without one is read as `null`.
    ///
    /// # Errors
    /// [`Error::Decode`] when it does not fit `T`.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, Error> {
        let body: &[u8] = if self.body.is_empty() { b"null" } else { &self.body };
        crate::text::read(body).map_err(|source| self.misfit::<T>(source))
    }

    /// The body as JSON text; empty when there is none.
    pub fn body_text(&self) -> &str {
        // It was cut out of a text, between characters.
        std::str::from_utf8(&self.body).unwrap_or_default()
    }

    /// The whole message as JSON text.
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.text).unwrap_or_default()
    }

    fn misfit<T>(&self, source: impl Into<crate::error::Cause>) -> Error {
        Error::Decode {
            operation: Cow::Owned(format!("event {}", self.topic)),
            expected: std::any::type_name::<T>(),
            status: None,
            correlation_id: None,
            source: source.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<Event> {
        Event::parse(text.to_owned())
    }

    #[test]
    fn an_event_has_what_its_envelope_says() {
        let text = r#"{"topicName":"v2.users.1.presence","version":"2","eventBody":{"a": [1, "é"]},
            "metadata":{"CorrelationId":"c"}}"#;
        let event = read(text).unwrap();
        assert_eq!((event.topic(), event.version()), ("v2.users.1.presence", Some("2")));
        assert_eq!((event.correlation_id(), event.body_text()), (Some("c"), r#"{"a": [1, "é"]}"#));
        assert!(event.is("V2.Users.1.presence") && event.text() == text);
        assert_eq!(event.json::<serde_json::Value>().unwrap()["a"][1], "é");
    }

    #[test]
    fn a_topic_reads_its_own_events_as_its_own_type() {
        let event = read(r#"{"topicName":"v2.a","eventBody":[1]}"#).unwrap();
        let topic = crate::TypedTopic::<Vec<i64>>::new("V2.a");
        assert_eq!(event.read(&topic).unwrap(), Some(vec![1]));
        assert_eq!(event.read("v2.b").unwrap(), None);
        assert!(event.read(&crate::TypedTopic::<String>::new("v2.a")).is_err());
    }

    #[test]
    fn what_is_left_out_is_absent() {
        let event = read(r#"{"topicName":"a\u0062","metadata":{"CorrelationId":""}}"#).unwrap();
        assert_eq!((event.topic(), event.version(), event.correlation_id()), ("ab", None, None));
        assert_eq!((event.body_text(), event.json::<Option<u8>>().unwrap()), ("", None));
    }

    #[test]
    fn what_is_no_event_is_none() {
        for text in ["", "null", "[]", "{}", r#"{"topicName":1}"#, r#"{"result":"200"}"#] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn a_body_that_does_not_fit_names_the_topic() {
        let event = read(r#"{"topicName":"t","eventBody":"x"}"#).unwrap();
        assert!(event.json::<u8>().unwrap_err().to_string().starts_with("event t: the answer does not fit"));
    }
}
