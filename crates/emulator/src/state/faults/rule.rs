//! When to fail.

use std::fmt;
use std::str::FromStr;

use serde::de::value::MapAccessDeserializer;
use serde::de::{self, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::fault::{Fault, UnknownFault};
use crate::http::request::Request;

/// When to fail, and how. What is left out does not matter.
///
/// In JSON it is the rule as text, as [`FromStr`] reads it, or an object: `{"fault": "status:503", "times": 2}`.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
// The derived functions become inherent ones: the trait reads texts, too.
#[serde(rename_all = "camelCase", deny_unknown_fields, remote = "Self")]
pub struct FaultRule {
    /// What happens.
    pub fault: Fault,
    /// The name of an operation, such as `getUsersMe`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation: Option<String>,
    /// Such as `GET`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// What the path begins with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// How many requests that it fits pass first. Default 0.
    #[serde(default)]
    pub after: u64,
    /// How often it strikes; for ever when left out. "Fail twice, then work" is 2.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<u64>,
    /// How likely it strikes, from 0 to 1. Default 1.
    #[serde(default = "certain", deserialize_with = "probability")]
    pub probability: f64,
    /// How many requests in a row fail each time that chance has it strike. Default 1.
    #[serde(default = "once")]
    pub burst: u64,
}

const fn certain() -> f64 {
    1.0
}

const fn once() -> u64 {
    1
}

fn probability<'de, D: Deserializer<'de>>(from: D) -> Result<f64, D::Error> {
    let value = f64::deserialize(from)?;
    if (0.0..=1.0).contains(&value) {
        return Ok(value);
    }
    Err(de::Error::custom(format!("probability must be from 0 to 1, not {value}")))
}

impl FaultRule {
    /// A rule that always strikes; fields are public, so `FaultRule { times: Some(2), ..FaultRule::new(fault) }`
    /// narrows it.
    pub const fn new(fault: Fault) -> Self {
        Self {
            fault,
            operation: None,
            method: None,
            path: None,
            after: 0,
            times: None,
            probability: certain(),
            burst: once(),
        }
    }

    pub(super) fn fits(&self, request: &Request, operation: Option<&str>) -> bool {
        self.operation.as_deref().is_none_or(|wanted| operation == Some(wanted))
            && self
                .method
                .as_deref()
                .is_none_or(|wanted| request.method.as_str().eq_ignore_ascii_case(wanted))
            && self.path.as_deref().is_none_or(|wanted| request.path.starts_with(wanted))
    }
}

impl Serialize for FaultRule {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        Self::serialize(self, to)
    }
}

impl<'de> Deserialize<'de> for FaultRule {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Rule;

        impl<'de> Visitor<'de> for Rule {
            type Value = FaultRule;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a rule: a text such as \"status:503,times=2\", or an object such as ")?;
                f.write_str("{\"fault\": \"status:503\", \"times\": 2}")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<FaultRule, E> {
                text.parse().map_err(E::custom)
            }

            fn visit_map<M: MapAccess<'de>>(self, map: M) -> Result<FaultRule, M::Error> {
                FaultRule::deserialize(MapAccessDeserializer::new(map))
            }
        }

        from.deserialize_any(Rule)
    }
}

/// A rule as text: a fault, and after commas what narrows it, such as `status:503,operation=getUsersMe,times=2`. The
/// names are `operation`, `method`, `path`, `after`, `times`, `probability` and `burst`, each at most once.
impl FromStr for FaultRule {
    type Err = UnknownRule;

    fn from_str(text: &str) -> Result<Self, UnknownRule> {
        let mut parts = text.split(',');
        let fault = parts.next().unwrap_or_default().parse().map_err(UnknownRule::Fault)?;
        let mut rule = Self::new(fault);
        let mut seen = Vec::new();
        for part in parts {
            let unknown = || UnknownRule::Narrowing { text: part.chars().take(100).collect() };
            let (name, value) = part.split_once('=').ok_or_else(unknown)?;
            let (name, value) = (name.trim(), value.trim());
            if value.is_empty() || seen.contains(&name) {
                return Err(unknown());
            }
            seen.push(name);
            let count = || value.parse().map_err(|_| unknown());
            match name {
                "operation" => rule.operation = Some(value.to_owned()),
                "method" => rule.method = Some(value.to_owned()),
                "path" => rule.path = Some(value.to_owned()),
                "after" => rule.after = count()?,
                "times" => rule.times = Some(count()?),
                "burst" => rule.burst = count()?,
                "probability" => {
                    let probability = value.parse().map_err(|_| unknown())?;
                    if !(0.0..=1.0).contains(&probability) {
                        return Err(unknown());
                    }
                    rule.probability = probability;
                }
                _ => return Err(unknown()),
            }
        }
        Ok(rule)
    }
}

/// A text that is no rule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UnknownRule {
    /// What it begins with is no fault.
    #[error(transparent)]
    Fault(UnknownFault),
    /// What follows a comma narrows nothing.
    #[error(
        "`{text}` is not a condition; the conditions are operation=NAME, method=METHOD, path=START, after=COUNT, \
         times=COUNT, probability=0..1 and burst=COUNT, each at most once"
    )]
    Narrowing {
        /// As it was written, cut after 100 characters.
        text: String,
    },
}

#[cfg(test)]
mod tests {
    use super::super::tests::request;
    use super::*;

    #[test]
    fn rules_fit_by_operation_method_and_path() {
        let rule = FaultRule {
            operation: Some("getUsersMe".to_owned()),
            method: Some("get".to_owned()),
            path: Some("/api/".to_owned()),
            ..FaultRule::new(Fault::Garble)
        };
        assert!(rule.fits(&request("/api/x"), Some("getUsersMe")));
        assert!(!rule.fits(&request("/api/x"), Some("getUsers")));
        assert!(!rule.fits(&request("/x"), Some("getUsersMe")));
    }

    #[test]
    fn rules_are_read_from_text() {
        let text =
            "status:503:7,operation=getUsersMe,method=GET,path=/api/,after=1,times=2,probability=0.5,burst=3";
        let rule: FaultRule = text.parse().unwrap();
        let expected = FaultRule {
            operation: Some("getUsersMe".to_owned()),
            method: Some("GET".to_owned()),
            path: Some("/api/".to_owned()),
            after: 1,
            times: Some(2),
            probability: 0.5,
            burst: 3,
            fault: Fault::Status(503, Some(7)),
        };
        assert_eq!(rule, expected);
        assert_eq!("garble".parse(), Ok(FaultRule::new(Fault::Garble)));
        for text in [
            "",
            "explode",
            "garble,",
            "garble,times",
            "garble,times=",
            "garble,times=-1",
            "garble,probability=2",
            "garble,probability=NaN",
            "garble,times=1,times=2",
            "garble,colour=red",
        ] {
            assert!(text.parse::<FaultRule>().is_err(), "{text}");
        }
    }

    #[test]
    fn rules_are_read_from_json() {
        let read = |text: &str| serde_json::from_str::<FaultRule>(text);
        assert_eq!(read(r#"{"fault":"garble"}"#).unwrap(), FaultRule::new(Fault::Garble));
        let twice = FaultRule { times: Some(2), ..FaultRule::new(Fault::Garble) };
        assert_eq!(read(r#"{"fault":"garble","times":2}"#).unwrap(), twice);
        assert_eq!(read(r#""garble,times=2""#).unwrap(), twice);
        assert_eq!(read(&serde_json::to_string(&twice).unwrap()).unwrap(), twice);
        for text in [
            "{}",
            "[]",
            "7",
            r#""garble,colour=red""#,
            r#"{"fault":"explode"}"#,
            r#"{"fault":"garble","probability":2}"#,
            r#"{"fault":"garble","times":-1}"#,
            r#"{"fault":"garble","colour":"red"}"#,
        ] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
