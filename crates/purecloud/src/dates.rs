//! Dates and times as the platform writes them.
//!
//! They are texts of types of their own, kept as they came, so that what was read is written again to the last digit. A
//! program reads them with the calendar that it has: the features `jiff`, `chrono` and `time` each bring a conversion
//! in both directions.
//!
#![cfg_attr(feature = "jiff", doc = "```")]
#![cfg_attr(not(feature = "jiff"), doc = "```ignore")]
//! use purecloud::dates::{Date, DateTime};
//!
//! let begun = DateTime::from("2026-11-23T21:02:00.000Z");
//! assert_eq!(begun.to_jiff()?, "2026-11-23T21:02:00Z".parse::<jiff::Timestamp>()?);
//! assert_eq!(Date::from(jiff::civil::date(2026, 11, 23)), "2026-11-23");
//! # Ok::<(), jiff::Error>(())
//! ```

use std::any::Any;

use crate::json::{Fault, Held, Parser, Value, View};
use crate::operation::Argument;

/// Code that is generic over the three types would be three copies of little; this writes them.
macro_rules! text_type {
    ($(#[$documentation:meta])* $name:ident) => {
        $(#[$documentation])*
        #[derive(Debug, Clone, Default, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// As the platform writes it.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::ops::Deref for $name {
            type Target = str;

            fn deref(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(&self.0)
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.to_owned())
            }
        }

        impl From<String> for $name {
            fn from(text: String) -> Self {
                Self(text)
            }
        }

        impl From<$name> for String {
            fn from(value: $name) -> Self {
                value.0
            }
        }

        impl From<$name> for Argument {
            fn from(value: $name) -> Self {
                value.0.into()
            }
        }

        impl From<&$name> for Argument {
            fn from(value: &$name) -> Self {
                Self::from(value.as_str())
            }
        }

        impl PartialEq<str> for $name {
            fn eq(&self, other: &str) -> bool {
                self.0 == other
            }
        }

        impl PartialEq<&str> for $name {
            fn eq(&self, other: &&str) -> bool {
                self.0 == *other
            }
        }

        impl Value for $name {
            fn read(&mut self, parser: &mut Parser<'_>) -> Result<(), Fault> {
                self.0.read(parser)
            }

            fn view(&self) -> View<'_> {
                View::Text(&self.0)
            }

            fn assign(&mut self, other: &dyn Any) {
                if let Some(other) = other.downcast_ref::<Self>() {
                    self.clone_from(other);
                }
            }
        }

        impl Held for $name {
            type Value = Self;

            fn held(&self) -> &Self {
                self
            }

            fn held_mut(&mut self) -> &mut Self {
                self
            }
        }
    };
}

text_type! {
    /// A moment: `2026-11-23T21:02:00.000Z`.
    DateTime
}

text_type! {
    /// A day: `2026-11-23`.
    Date
}

text_type! {
    /// A date and time without a zone: `2026-11-23T21:02:00`.
    LocalDateTime
}

/// Dates of `jiff`, and its own errors.
#[cfg(feature = "jiff")]
mod with_jiff {
    use jiff::Timestamp;
    use jiff::civil;

    use super::{Argument, Date, DateTime, LocalDateTime};

    impl DateTime {
        /// The moment; whatever zone it is written with does not count.
        ///
        /// # Errors
        /// When the text names no moment, such as one without a zone.
        pub fn to_jiff(&self) -> Result<Timestamp, jiff::Error> {
            self.parse()
        }
    }

    impl Date {
        /// The day.
        ///
        /// # Errors
        /// When the text names none.
        pub fn to_jiff(&self) -> Result<civil::Date, jiff::Error> {
            self.parse()
        }
    }

    impl LocalDateTime {
        /// The date and time.
        ///
        /// # Errors
        /// When the text names none.
        pub fn to_jiff(&self) -> Result<civil::DateTime, jiff::Error> {
            self.parse()
        }
    }

    impl From<Timestamp> for DateTime {
        fn from(value: Timestamp) -> Self {
            Self(format!("{value:.3}"))
        }
    }

    impl From<civil::Date> for Date {
        fn from(value: civil::Date) -> Self {
            Self(value.to_string())
        }
    }

    impl From<civil::DateTime> for LocalDateTime {
        fn from(value: civil::DateTime) -> Self {
            Self(format!("{value:.3}"))
        }
    }

    impl From<Timestamp> for Argument {
        fn from(value: Timestamp) -> Self {
            DateTime::from(value).into()
        }
    }

    impl From<civil::Date> for Argument {
        fn from(value: civil::Date) -> Self {
            Date::from(value).into()
        }
    }
}

/// Dates of `chrono`, and its own errors.
#[cfg(feature = "chrono")]
mod with_chrono {
    use chrono::{FixedOffset, NaiveDate, NaiveDateTime, ParseError, SecondsFormat, TimeZone, Utc};

    use super::{Argument, Date, DateTime, LocalDateTime};

    impl DateTime {
        /// The moment, with the offset that it is written with.
        ///
        /// # Errors
        /// When the text names no moment, such as one without a zone.
        pub fn to_chrono(&self) -> Result<chrono::DateTime<FixedOffset>, ParseError> {
            // The platform writes some offsets without a colon.
            chrono::DateTime::parse_from_rfc3339(self).or_else(|error| {
                chrono::DateTime::parse_from_str(self, "%Y-%m-%dT%H:%M:%S%.f%z").map_err(|_| error)
            })
        }
    }

    impl Date {
        /// The day.
        ///
        /// # Errors
        /// When the text names none.
        pub fn to_chrono(&self) -> Result<NaiveDate, ParseError> {
            self.parse()
        }
    }

    impl LocalDateTime {
        /// The date and time.
        ///
        /// # Errors
        /// When the text names none.
        pub fn to_chrono(&self) -> Result<NaiveDateTime, ParseError> {
            self.parse()
        }
    }

    impl<Z: TimeZone> From<chrono::DateTime<Z>> for DateTime {
        fn from(value: chrono::DateTime<Z>) -> Self {
            Self(value.with_timezone(&Utc).to_rfc3339_opts(SecondsFormat::Millis, true))
        }
    }

    impl From<NaiveDate> for Date {
        fn from(value: NaiveDate) -> Self {
            Self(value.to_string())
        }
    }

    impl From<NaiveDateTime> for LocalDateTime {
        fn from(value: NaiveDateTime) -> Self {
            Self(value.format("%Y-%m-%dT%H:%M:%S%.3f").to_string())
        }
    }

    impl<Z: TimeZone> From<chrono::DateTime<Z>> for Argument {
        fn from(value: chrono::DateTime<Z>) -> Self {
            DateTime::from(value).into()
        }
    }

    impl From<NaiveDate> for Argument {
        fn from(value: NaiveDate) -> Self {
            Date::from(value).into()
        }
    }
}

/// Dates of `time`, and its own errors.
#[cfg(feature = "time")]
mod with_time {
    use time::error::Parse;
    use time::format_description::well_known::Iso8601;
    use time::{OffsetDateTime, PrimitiveDateTime, UtcOffset};

    use super::{Argument, Date, DateTime, LocalDateTime};

    impl DateTime {
        /// The moment, with the offset that it is written with.
        ///
        /// # Errors
        /// When the text names no moment, such as one without a zone.
        pub fn to_time(&self) -> Result<OffsetDateTime, Parse> {
            OffsetDateTime::parse(self, &Iso8601::PARSING)
        }
    }

    impl Date {
        /// The day.
        ///
        /// # Errors
        /// When the text names none.
        pub fn to_time(&self) -> Result<time::Date, Parse> {
            time::Date::parse(self, &Iso8601::PARSING)
        }
    }

    impl LocalDateTime {
        /// The date and time.
        ///
        /// # Errors
        /// When the text names none.
        pub fn to_time(&self) -> Result<PrimitiveDateTime, Parse> {
            PrimitiveDateTime::parse(self, &Iso8601::PARSING)
        }
    }

    impl From<OffsetDateTime> for DateTime {
        fn from(value: OffsetDateTime) -> Self {
            let value = value.to_offset(UtcOffset::UTC);
            Self(format!("{}Z", moment(value.date(), value.time())))
        }
    }

    impl From<time::Date> for Date {
        fn from(value: time::Date) -> Self {
            Self(day(value))
        }
    }

    impl From<PrimitiveDateTime> for LocalDateTime {
        fn from(value: PrimitiveDateTime) -> Self {
            Self(moment(value.date(), value.time()))
        }
    }

    impl From<OffsetDateTime> for Argument {
        fn from(value: OffsetDateTime) -> Self {
            DateTime::from(value).into()
        }
    }

    impl From<time::Date> for Argument {
        fn from(value: time::Date) -> Self {
            Date::from(value).into()
        }
    }

    fn day(date: time::Date) -> String {
        format!("{:04}-{:02}-{:02}", date.year(), u8::from(date.month()), date.day())
    }

    fn moment(date: time::Date, time: time::Time) -> String {
        let (hour, minute, second, millisecond) = time.as_hms_milli();
        format!("{}T{hour:02}:{minute:02}:{second:02}.{millisecond:03}", day(date))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_kept_as_it_came() {
        for text in ["2026-11-23T21:02:00.000Z", "2026-11-23T21:02:00+0000", "soon"] {
            let json = format!("\"{text}\"");
            let read: DateTime = crate::json::from_slice(json.as_bytes()).unwrap();
            assert_eq!(read, text);
            assert_eq!(crate::json::to_string(&read), json);
            assert_eq!(serde_json::from_str::<DateTime>(&json).unwrap(), read);
            assert_eq!(Argument::from(&read), Argument::from(text));
        }
    }

    /// Moments as the platform writes them, all the same one.
    #[cfg(any(feature = "jiff", feature = "chrono", feature = "time"))]
    const SAME: [&str; 4] = [
        "2026-11-23T21:02:00.000Z",
        "2026-11-23T21:02:00Z",
        "2026-11-23T22:02:00.000+01:00",
        "2026-11-23T21:02:00.000+0000",
    ];

    /// Texts that name no moment.
    #[cfg(any(feature = "jiff", feature = "chrono", feature = "time"))]
    const NONE: [&str; 4] = ["", "soon", "2026-11-23T21:02:00.000", "2026-13-23T21:02:00.000Z"];

    macro_rules! calendar {
        ($feature:literal, $test:ident, $read:ident) => {
            #[cfg(feature = $feature)]
            #[test]
            fn $test() {
                for text in SAME {
                    let moment = DateTime::from(text).$read().unwrap();
                    assert_eq!(DateTime::from(moment), SAME[0], "{text}");
                    assert_eq!(Argument::from(moment), Argument::from(SAME[0]));
                }
                for text in NONE {
                    assert!(DateTime::from(text).$read().is_err(), "{text}");
                }
                let day = Date::from("2026-11-23").$read().unwrap();
                assert_eq!(Date::from(day), "2026-11-23");
                assert_eq!(Argument::from(day), Argument::from("2026-11-23"));
                assert!(Date::from("2026-11").$read().is_err());
                let local = LocalDateTime::from("2026-11-23T21:02:00").$read().unwrap();
                assert_eq!(LocalDateTime::from(local), "2026-11-23T21:02:00.000");
            }
        };
    }

    calendar!("jiff", jiff_reads_and_writes_what_the_platform_writes, to_jiff);
    calendar!("chrono", chrono_reads_and_writes_what_the_platform_writes, to_chrono);
    calendar!("time", time_reads_and_writes_what_the_platform_writes, to_time);
}
