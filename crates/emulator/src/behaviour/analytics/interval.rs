//! Intervals of time as analytics writes them (ISO 8601): two moments, or one and a duration, with a slash between.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp, Zoned};

use crate::base::clock::Moment;
use crate::http::problem::{Detail, Problem};

/// The most steps that an interval is cut into.
const MOST_STEPS: usize = 10_000;

/// From a moment until before another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Interval {
    pub(crate) start: Moment,
    pub(crate) end: Moment,
}

impl Interval {
    /// As the platform writes it.
    pub(crate) fn iso(self) -> String {
        format!("{}/{}", self.start.iso(), self.end.iso())
    }

    pub(crate) fn has(self, at: Moment) -> bool {
        self.start <= at && at < self.end
    }

    /// Cuts it into steps of a duration such as `PT30M` or `P1M`, in Coordinated Universal Time. The last may be
    /// shorter.
    ///
    /// # Errors
    /// 400 for a duration that is none, is not longer than nothing, or cuts too small.
    pub(crate) fn steps(self, granularity: &str) -> Result<Vec<Self>, Problem> {
        let wrong = || invalid("granularity", granularity, "a duration such as PT30M or P1D");
        let span: Span = granularity.parse().map_err(|_| wrong())?;
        let mut steps = Vec::new();
        let mut at = zoned(self.start).ok_or_else(wrong)?;
        let begin = at.clone();
        let mut count: i64 = 0;
        while moment(&at) < self.end {
            count += 1;
            // Counted from the beginning: months that are added one by one lose the 31st.
            let next = span
                .checked_mul(count)
                .ok()
                .and_then(|span| begin.checked_add(span).ok())
                .ok_or_else(wrong)?;
            if next <= at {
                return Err(wrong());
            }
            let end = moment(&next).min(self.end);
            steps.push(Self { start: moment(&at), end });
            if steps.len() > MOST_STEPS {
                return Err(Problem::bad_request(format!(
                    "The granularity cuts the interval into more than {MOST_STEPS} parts."
                )));
            }
            at = next;
        }
        Ok(steps)
    }
}

fn zoned(at: Moment) -> Option<Zoned> {
    Timestamp::from_millisecond(at.0).ok().map(|stamp| stamp.to_zoned(TimeZone::UTC))
}

fn moment(at: &Zoned) -> Moment {
    Moment(at.timestamp().as_millisecond())
}

/// Reads an interval. Moments without an offset are of Coordinated Universal Time.
///
/// # Errors
/// 400 for what is no interval, and for one that ends before it begins.
pub(crate) fn parse(text: &str) -> Result<Interval, Problem> {
    let wrong = || {
        invalid(
            "interval",
            text,
            "two dates with a slash between: yyyy-MM-ddTHH:mm:ss.SSSZ/yyyy-MM-ddTHH:mm:ss.SSSZ",
        )
    };
    let (start, end) = text.split_once('/').ok_or_else(wrong)?;
    let interval = if let Some(start) = date(start) {
        let end = date(end).or_else(|| later(start, end, 1)).ok_or_else(wrong)?;
        Interval { start, end }
    } else {
        let end = date(end).ok_or_else(wrong)?;
        Interval { start: later(end, start, -1).ok_or_else(wrong)?, end }
    };
    if interval.start >= interval.end {
        return Err(Problem::bad_request("The interval must end after it begins."));
    }
    Ok(interval)
}

fn date(text: &str) -> Option<Moment> {
    Moment::parse(text).or_else(|| {
        let date: DateTime = text.trim().parse().ok()?;
        date.to_zoned(TimeZone::UTC).ok().map(|zoned| moment(&zoned))
    })
}

fn later(from: Moment, duration: &str, times: i64) -> Option<Moment> {
    let span: Span = duration.trim().parse().ok()?;
    zoned(from)?.checked_add(span.checked_mul(times).ok()?).ok().map(|zoned| moment(&zoned))
}

fn invalid(field: &str, text: &str, wanted: &str) -> Problem {
    let shown: String = text.chars().take(100).collect();
    Problem::invalid(vec![Detail {
        code: "invalid.date",
        field: field.to_owned(),
        message: format!("Value [{shown}] is not valid for field [{field}]: write {wanted}"),
    }])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expect: &str) {
        assert_eq!(parse(text).unwrap().iso(), expect);
    }

    #[test]
    fn intervals_are_read_in_every_writing() {
        let day = "2026-11-01T00:00:00.000Z/2026-11-02T00:00:00.000Z";
        check(day, day);
        check("2026-11-01/2026-11-02", day);
        check("2026-11-01T00:00:00/P1D", day);
        check("PT24H/2026-11-02T00:00Z", day);
        check("2026-11-01T02:00:00+02:00/2026-11-02T00:00:00Z", day);
    }

    #[test]
    fn nonsense_is_refused() {
        for text in
            ["", "2026-11-01", "yesterday/today", "P1D/P1D", "2026-11-02/2026-11-01", "2026-11-01/2026-11-01"]
        {
            assert_eq!(parse(text).unwrap_err().status, 400, "{text}");
        }
    }

    #[test]
    fn steps_cover_the_interval() {
        let interval = parse("2026-01-31/2026-04-15").unwrap();
        let steps = interval.steps("P1M").unwrap();
        let starts: Vec<String> = steps.iter().map(|step| step.start.iso()[..10].to_owned()).collect();
        assert_eq!(starts, ["2026-01-31", "2026-02-28", "2026-03-31"]);
        assert_eq!(steps.last().unwrap().end, interval.end);
        assert!(steps.windows(2).all(|pair| pair[0].end == pair[1].start));
        for bad in ["", "1", "PT0S", "-PT1H", "PT0.001S"] {
            assert!(interval.steps(bad).is_err(), "{bad}");
        }
    }
}
