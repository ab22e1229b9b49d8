//! What conversations are carried by, and what the platform calls each kind.

use serde::{Deserialize, Serialize};

/// What a conversation is carried by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Media {
    Call,
    Callback,
    Chat,
    Email,
    Message,
}

/// What the platform calls a kind of media.
#[derive(Debug)]
pub(crate) struct Names {
    pub(crate) media: Media,
    /// In paths, in topics, and as the property of a participant that lists its communications.
    pub(crate) plural: &'static str,
    /// In analytics, and as a `communicationType`.
    pub(crate) kind: &'static str,
    /// Who carries it, where nothing else is known.
    pub(crate) provider: &'static str,
}

/// Every kind of media.
pub(crate) static MEDIA: &[Names] = &[
    Names { media: Media::Call, plural: "calls", kind: "voice", provider: "PureCloud Telephony" },
    Names { media: Media::Callback, plural: "callbacks", kind: "callback", provider: "PureCloud Callback" },
    Names { media: Media::Chat, plural: "chats", kind: "chat", provider: "PureCloud Webchat v2" },
    Names { media: Media::Email, plural: "emails", kind: "email", provider: "PureCloud Email" },
    Names { media: Media::Message, plural: "messages", kind: "message", provider: "PureCloud Messaging" },
];

impl Media {
    /// What the platform calls it.
    pub(crate) fn names(self) -> &'static Names {
        MEDIA.iter().find(|names| names.media == self).expect("the table has every kind, which a test checks")
    }

    /// The kind that a segment of a path names.
    pub(crate) fn of_path(segment: &str) -> Option<Self> {
        MEDIA.iter().find(|names| names.plural == segment).map(|names| names.media)
    }

    /// The kind of this name in analytics; calls are `call` in some places.
    pub(crate) fn of_kind(kind: &str) -> Option<Self> {
        let known = MEDIA.iter().find(|names| names.kind.eq_ignore_ascii_case(kind));
        known.map(|names| names.media).or_else(|| kind.eq_ignore_ascii_case("call").then_some(Self::Call))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_its_names() {
        for media in [Media::Call, Media::Callback, Media::Chat, Media::Email, Media::Message] {
            assert_eq!(Media::of_path(media.names().plural), Some(media));
            assert_eq!(Media::of_kind(media.names().kind), Some(media));
        }
        assert_eq!(Media::of_kind("CALL"), Some(Media::Call));
        assert_eq!(Media::of_path("faxes"), None);
    }
}
