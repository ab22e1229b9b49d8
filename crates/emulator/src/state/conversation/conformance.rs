//! Conversations in the shapes of the platform, judged by the validator that judges made up values.

use serde_json::Value;

use super::history::{History, Queue, Recipe};
use super::measure::detail;
use super::tests::{agent, waiting};
use super::view::view;
use super::{Conversation, Media, WrapUp};
use crate::base::clock::Moment;
use crate::schema::project::into_model;
use crate::schema::synthesise::conformance::{PLATFORM, named, problems};

/// Finished ones of every kind, and some under way.
fn conversations() -> Vec<Conversation> {
    let agents = (0..5).map(|number| (format!("user-{number}"), format!("User {number}"))).collect();
    let history = History::new(Recipe {
        seed: 3,
        count: 150,
        until: 1_764_000_000_000,
        division: Some("home".to_owned()),
        queues: vec![Queue { id: "support".to_owned(), agents }],
        codes: vec!["resolved".to_owned()],
    });
    let mut all: Vec<Conversation> =
        history.between(Moment(0), Moment(i64::MAX)).filter_map(|number| history.at(number)).collect();
    let mut call = waiting();
    all.push(call.clone());
    call.participants.push(agent("a", 1));
    all.push(call.clone());
    call.answer("a", Moment(2)).unwrap();
    call.participant_mut("a").unwrap().hold(true, Moment(3)).unwrap();
    let wrapup = WrapUp { code: "c".into(), notes: Some("n".into()), tags: vec!["t".into()], at: Moment(4) };
    call.participant_mut("a").unwrap().wrap_up(wrapup, Moment(4)).unwrap();
    all.push(call.clone());
    call.hang_up("c", Moment(5)).unwrap();
    all.push(call);
    all
}

#[track_caller]
fn check(model: &str, value: &Value) {
    let id = named(model);
    let shown = into_model(&PLATFORM, id, value);
    assert_eq!(problems(id, &shown), Vec::<String>::new(), "{value:#}");
}

#[test]
fn conversations_validate_in_each_of_their_shapes() {
    for one in conversations() {
        let view = view(&one, "/api/v2/conversations/x");
        check("Conversation", &view);
        let own = match one.media {
            Media::Call => "CallConversation",
            Media::Callback => "CallbackConversation",
            Media::Email => "EmailConversation",
            Media::Message => "MessageConversation",
            // Today's definition has no chats of their own.
            Media::Chat => "Conversation",
        };
        check(own, &view);
    }
}

#[test]
fn nothing_that_analytics_says_is_foreign_to_its_model() {
    let id = named("AnalyticsConversation");
    for one in conversations() {
        let detail = detail(&one);
        assert_eq!(problems(id, &detail), Vec::<String>::new());
        assert_eq!(into_model(&PLATFORM, id, &detail), detail, "something was left out");
        check("AnalyticsConversationWithoutAttributes", &detail);
    }
}
