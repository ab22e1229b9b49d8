//! Private decisions, for the targets in `fuzz/`.

use std::time::Duration;

use http::HeaderMap;

use crate::budget::{Budget, Observation};
use crate::channel::{Act, Channels, Event};
use crate::classify::Refusal;
use crate::operation::{Method, Paging};
use crate::paging::{PageRequest, Pager, Stage, Step, detect, items};

/// Reads the answer to a request for a token; whether there was one.
pub fn token_answer(status: u16, body: &[u8]) -> bool {
    crate::oauth::read_answer(status, body).is_ok()
}

/// Reads an address that a browser came back with; whether it holds a login.
pub fn redirect(address: &str, state: Option<&str>) -> bool {
    crate::oauth::read_redirect(address, state).is_ok()
}

/// Follows a listing over these answers, the style chosen by number; how many pages there were.
pub fn listing(style: u8, answers: &[&[u8]]) -> usize {
    const STYLES: [Paging; 9] = [
        Paging::PageNumber,
        Paging::NextUri,
        Paging::After,
        Paging::Cursor,
        Paging::NextPage,
        Paging::Body,
        Paging::Job,
        Paging::Execution,
        Paging::Scim,
    ];
    let style = STYLES[usize::from(style) % STYLES.len()];
    let posts = matches!(style, Paging::Body | Paging::Job | Paging::Execution);
    let method = if posts { Method::Post } else { Method::Get };
    let mut request = PageRequest {
        method,
        target: "/api/v2/things?pageSize=2".to_owned(),
        body: posts.then(Default::default),
    };
    let origins = ["https://api.mypurecloud.ie".to_owned()];
    let mut pager = Pager::new(style, Stage::Submit, None);
    let mut pages = 0;
    for answer in answers {
        let _ = detect(&request, answer);
        let _ = items(answer, None);
        match pager.advance(&request, answer, &origins) {
            Ok(Step::Page { next: Some(next) }) => {
                pages += 1;
                request = next;
            }
            Ok(Step::Ask { request: next, .. }) => request = next,
            Ok(Step::Page { next: None }) | Err(_) => break,
        }
        assert!(request.target.starts_with('/'), "a listing stays on the platform: {}", request.target);
    }
    pages
}

/// Takes the headers and bodies of answers as a session does: refusals, waits, and the rate budget.
pub fn answers(answers: impl IntoIterator<Item = (u16, HeaderMap, Vec<u8>)>) {
    let mut budget = Budget::default();
    let mut now = 0;
    for (status, headers, body) in answers {
        let patience = if status % 2 == 0 { Duration::MAX } else { Duration::from_secs(5) };
        if let Ok(slot) = budget.admit(now, patience) {
            let wait = slot.wait(now);
            now = now.saturating_add(u64::try_from(wait.as_millis()).unwrap_or(u64::MAX)).min(1 << 52);
            match status % 5 {
                0 => budget.released(slot),
                1 => budget.abandoned(),
                _ => budget.answered(now, Observation::read(status, &headers)),
            }
        }
        let refusal = Refusal::read("fuzz".into(), status, headers, body.into());
        let _ = (refusal.to_string(), refusal.correlation_id(), refusal.retry_after());
    }
}

/// Lets notification channels meet what these bytes say, in their order.
pub fn channels(bytes: &[u8]) {
    let mut channels = Channels::default();
    let mut now: u64 = 0;
    let mut links = vec![0];
    for line in bytes.split(|byte| *byte == b'\n').take(200) {
        let [choice, which, rest @ ..] = line else { continue };
        let text = String::from_utf8_lossy(rest).into_owned();
        let link = links[usize::from(*which) % links.len()];
        now += u64::from(*which) * 1000;
        let event = match choice % 9 {
            0 => Event::Created { link, id: text.clone(), uri: text, expires: Some(now + 10_000) },
            1 => Event::Created { link, id: text.clone(), uri: text, expires: None },
            2 => Event::Subscribed(link),
            3 => Event::Opened(link),
            4 => Event::Failed { link, gone: which & 1 == 1, permanent: which & 2 == 2 },
            5 => Event::Message(link, text),
            6 => Event::Closed(link),
            7 => {
                let topics = text.split(' ').map(str::to_owned);
                if which & 1 == 1 {
                    channels.unsubscribe(&topics.collect::<Vec<_>>());
                } else if let Ok(acts) = channels.subscribe(topics) {
                    note(&acts, &mut links);
                }
                continue;
            }
            _ => Event::Tick,
        };
        let acts = channels.handle(now, f64::from(*which) / 256.0, event);
        note(&acts, &mut links);
        let _ = (channels.topics().count(), channels.wake());
    }
}

/// Remembers the channels that are to be made.
fn note(acts: &[Act], links: &mut Vec<u32>) {
    for act in acts {
        if let Act::Create(link) = act {
            links.push(*link);
        }
    }
}
