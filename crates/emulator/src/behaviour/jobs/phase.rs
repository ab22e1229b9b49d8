//! How far a job is, in the many words that the platform has for it.

use purecloud_definition::Platform;
use purecloud_definition::model::{ModelId, Type};
use serde_json::Value;

use crate::base::clock::Moment;
use crate::base::settings::Settings;

/// How far a job is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    Queued,
    Running,
    Done,
    Cancelled,
    Expired,
}

/// Words for each phase, in small letters, the best first.
const WORDS: &[(Phase, &[&str])] = &[
    (
        Phase::Queued,
        &[
            "queued",
            "submitted",
            "created",
            "notstarted",
            "accepted",
            "initiated",
            "new",
            "pending",
            "running",
            "inprogress",
            "processing",
            "started",
        ],
    ),
    (
        Phase::Running,
        &["running", "inprogress", "processing", "started", "executing", "pending", "queued", "created"],
    ),
    (
        Phase::Done,
        &[
            "fulfilled",
            "complete",
            "completed",
            "succeeded",
            "success",
            "successful",
            "finished",
            "done",
            "ready",
            "published",
        ],
    ),
    (Phase::Cancelled, &["cancelled", "canceled", "failed"]),
    (Phase::Expired, &["expired", "failed"]),
];

/// Properties that say how far a job is.
const STATES: &[&str] = &["state", "status", "queryStatus", "jobStatus", "downloadStatus"];

/// How far a job is that was begun then.
pub(super) fn at(settings: &Settings, begun: Moment, now: Moment, cancelled: bool) -> Phase {
    if now >= begun.after(settings.job_lifetime) {
        Phase::Expired
    } else if cancelled {
        Phase::Cancelled
    } else if now >= begun.after(settings.job_time) {
        Phase::Done
    } else if now >= begun.after(settings.job_time / 2) {
        Phase::Running
    } else {
        Phase::Queued
    }
}

/// The property of a model that says how far a job is, and its words.
#[derive(Debug)]
pub(super) struct State<'a> {
    name: &'a str,
    words: &'a [Value],
}

/// What of a model says how far a job is: a list of words, one of which means that it is done.
pub(super) fn state_of(platform: &Platform, model: ModelId) -> Option<State<'_>> {
    let properties = &platform.model(model).properties;
    properties.iter().filter(|property| STATES.contains(&property.wire_name.as_str())).find_map(|property| {
        let Type::Enumeration(id) = property.kind else { return None };
        let state = State { name: &property.wire_name, words: &platform.enumeration(id).values };
        state.word(Phase::Done).is_some().then_some(state)
    })
}

impl State<'_> {
    /// The property and its word for a phase; nothing where it has none.
    pub(super) fn word(&self, phase: Phase) -> Option<(String, Value)> {
        let (_, known) = WORDS.iter().find(|(of, _)| *of == phase)?;
        let letters = |text: &str| -> String {
            text.chars()
                .filter(char::is_ascii_alphanumeric)
                .map(|letter| letter.to_ascii_lowercase())
                .collect()
        };
        known
            .iter()
            .find_map(|word| {
                self.words.iter().find(|own| own.as_str().is_some_and(|own| letters(own) == *word))
            })
            .map(|word| (self.name.to_owned(), word.clone()))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[track_caller]
    fn check(words: &[&str], phase: Phase, expect: Option<&str>) {
        let words: Vec<Value> = words.iter().map(|word| Value::from(*word)).collect();
        let found = State { name: "state", words: &words }.word(phase).map(|(_, word)| word);
        assert_eq!(found, expect.map(Value::from), "{phase:?}");
    }

    #[test]
    fn each_list_of_words_has_its_own_for_a_phase() {
        let details = ["QUEUED", "PENDING", "FAILED", "CANCELLED", "FULFILLED", "EXPIRED"];
        check(&details, Phase::Queued, Some("QUEUED"));
        check(&details, Phase::Running, Some("PENDING"));
        check(&details, Phase::Done, Some("FULFILLED"));
        check(&details, Phase::Cancelled, Some("CANCELLED"));
        check(&["Complete", "Failed", "Running"], Phase::Queued, Some("Running"));
        check(&["Complete", "Failed", "Running"], Phase::Expired, Some("Failed"));
        check(&["InProgress"], Phase::Done, None);
    }

    #[test]
    fn time_takes_a_job_from_phase_to_phase() {
        let settings = Settings { job_time: Duration::from_secs(10), ..Settings::default() };
        let phase = |seconds: i64| at(&settings, Moment(0), Moment(seconds * 1000), false);
        assert_eq!([phase(0), phase(5), phase(10)], [Phase::Queued, Phase::Running, Phase::Done]);
        assert_eq!(phase(i64::from(u32::MAX)), Phase::Expired);
        assert_eq!(at(&settings, Moment(0), Moment(20_000), true), Phase::Cancelled);
    }
}
