//! What happens to notification channels, in any order, with any text over their sockets.

#![no_main]

use libfuzzer_sys::fuzz_target;
use purecloud::channel::{Act, Channels, Event};

fuzz_target!(|bytes: &[u8]| {
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
});

/// Remembers the channels that are to be made.
fn note(acts: &[Act], links: &mut Vec<u32>) {
    for act in acts {
        if let Act::Create(link) = act {
            links.push(*link);
        }
    }
}
