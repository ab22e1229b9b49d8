//! A platform as bytes, for a program that must have one at once.
//!
//! Reading the bundled definition takes some 60 ms: six megabytes of JSON, references, names. A build script does that
//! once, [`pack`]s the result, and the program [`unpack`]s it in a fifth of the time. The bytes are for the program they
//! were made with: they carry no version, and another version of this crate may read them otherwise.

use crate::model::Platform;

/// Bytes that are not a packed platform, or one of another version.
#[derive(Debug, thiserror::Error)]
#[error("these bytes are not a platform packed by this version; pack the platform again")]
pub struct UnpackError(#[source] postcard::Error);

/// The platform as bytes; the same platform gives the same bytes.
pub fn pack(platform: &Platform) -> Vec<u8> {
    postcard::to_allocvec(platform).expect("a vector takes any number of bytes, and every length is known")
}

/// The platform that [`pack`] was given.
///
/// # Errors
/// [`UnpackError`] if the bytes are anything else. Indices in bytes that were tampered with are not checked.
pub fn unpack(bytes: &[u8]) -> Result<Platform, UnpackError> {
    match postcard::take_from_bytes(bytes).map_err(UnpackError)? {
        (platform, []) => Ok(platform),
        _ => Err(UnpackError(postcard::Error::DeserializeBadEncoding)),
    }
}

/// JSON values as their texts: the bytes do not say what comes next, which a value's own reader would ask.
pub(crate) mod values {
    use serde::de::Error as _;
    use serde::{Deserialize, Deserializer, Serializer};
    use serde_json::Value;

    pub(crate) fn serialize<S: Serializer>(values: &[Value], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(values.iter().map(Value::to_string))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Value>, D::Error> {
        let texts = Vec::<&str>::deserialize(deserializer)?;
        texts.into_iter().map(serde_json::from_str).collect::<Result<_, _>>().map_err(D::Error::custom)
    }
}

/// [`values`] for one that need not be there, which is not the same as `null`.
pub(crate) mod value {
    use serde::de::Error as _;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};
    use serde_json::Value;

    #[expect(clippy::ref_option, reason = "serde hands over the field as it is")]
    pub(crate) fn serialize<S: Serializer>(value: &Option<Value>, serializer: S) -> Result<S::Ok, S::Error> {
        value.as_ref().map(Value::to_string).serialize(serializer)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
        let text = Option::<&str>::deserialize(deserializer)?;
        text.map(serde_json::from_str).transpose().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Source, load};

    fn small() -> Platform {
        let text = r##"{"swagger": "2.0", "info": {"title": "A", "version": "1"}, "paths": {"/a/{b}": {"get": {
            "operationId": "getA", "parameters": [
                {"name": "b", "in": "path", "required": true, "type": "string"},
                {"name": "n", "in": "query", "type": "integer", "default": 25, "maximum": 1e2}],
            "responses": {"200": {"description": "", "schema": {"$ref": "#/definitions/A"}}}}}},
            "definitions": {"A": {"type": "object", "properties": {
                "self": {"$ref": "#/definitions/A"},
                "kind": {"type": "string", "enum": ["x", "\u2028"], "default": "x"},
                "any": {"type": "object", "default": {"deep": [null, 1.5]}}}}}}"##;
        load(&Source::bytes("small.json", text.as_bytes()).unwrap()).unwrap().platform
    }

    #[test]
    fn what_is_packed_is_unpacked() {
        let platform = small();
        assert_eq!(unpack(&pack(&platform)).unwrap(), platform);
    }

    #[test]
    fn every_cut_and_any_addition_is_refused() {
        let bytes = pack(&small());
        for end in 0..bytes.len() {
            assert!(unpack(&bytes[..end]).is_err(), "{end} of {} bytes", bytes.len());
        }
        assert!(unpack(&[&bytes[..], b"\0"].concat()).is_err());
    }
}
