//! The queue of one subscription: bounded, and notices that do not fit are reported as missed.

use std::collections::{BTreeSet, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use futures_util::task::AtomicWaker;

use super::{Event, Gap, Notice, moment};
use crate::error::Error;

/// Most bytes of events that wait.
const MOST_BYTES: usize = 64 << 20;

/// A queue between the driver and one subscription.
#[derive(Debug)]
pub(super) struct Inbox {
    state: Mutex<State>,
    reader: AtomicWaker,
    /// Most events that wait.
    most: usize,
}

#[derive(Debug, Default)]
struct State {
    queue: VecDeque<Result<Notice, Error>>,
    events: usize,
    bytes: usize,
    /// Events that found no room, after everything in the queue.
    lost: Option<Lost>,
    closed: bool,
}

#[derive(Debug)]
struct Lost {
    since: u64,
    topics: BTreeSet<String>,
}

impl Lost {
    fn told(self, until: u64) -> Notice {
        let topics = self.topics.into_iter().collect();
        Notice::Missed(Gap { since: moment(self.since), until: moment(until), topics })
    }
}

impl Inbox {
    pub(super) fn new(most: usize) -> Self {
        Self { state: Mutex::default(), reader: AtomicWaker::new(), most: most.max(1) }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Between any two statements the queue is a sound one.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts an event in, or notes that there was no room for it.
    pub(super) fn deliver(&self, event: Event, now: u64) {
        let mut state = self.state();
        let size = event.text().len();
        if state.events >= self.most || state.bytes + size > MOST_BYTES {
            let lost = state.lost.get_or_insert_with(|| {
                tracing::warn!("events arrive faster than the program reads them; some are lost");
                Lost { since: now, topics: BTreeSet::new() }
            });
            lost.topics.insert(event.topic().to_owned());
            return;
        }
        if let Some(lost) = state.lost.take() {
            state.queue.push_back(Ok(lost.told(now)));
        }
        state.events += 1;
        state.bytes += size;
        state.queue.push_back(Ok(Notice::Event(event)));
        drop(state);
        self.reader.wake();
    }

    /// Tells of a gap between two moments. While there is no room, gaps become one.
    pub(super) fn missed(&self, since: u64, until: u64, topics: Vec<String>) {
        let mut state = self.state();
        let gap = Lost { since, topics: topics.into_iter().collect() };
        if let Some(lost) = &mut state.lost {
            lost.since = lost.since.min(gap.since);
            lost.topics.extend(gap.topics);
        } else if state.events >= self.most {
            state.lost = Some(gap);
        } else {
            state.queue.push_back(Ok(gap.told(until)));
        }
        drop(state);
        self.reader.wake();
    }

    /// Puts in what is rare: at most a few for each topic.
    pub(super) fn tell(&self, notice: Result<Notice, Error>) {
        self.state().queue.push_back(notice);
        self.reader.wake();
    }

    /// Nothing more will come.
    pub(super) fn close(&self) {
        self.state().closed = true;
        self.reader.wake();
    }

    /// The next notice; `None` when there is nothing and nothing will come. `now` ends a gap that is open.
    pub(super) fn poll(
        &self,
        context: &Context<'_>,
        now: impl Fn() -> u64,
    ) -> Poll<Option<Result<Notice, Error>>> {
        self.reader.register(context.waker());
        let mut state = self.state();
        if let Some(notice) = state.queue.pop_front() {
            if let Ok(Notice::Event(event)) = &notice {
                state.events -= 1;
                state.bytes -= event.text().len();
            }
            return Poll::Ready(Some(notice));
        }
        if let Some(lost) = state.lost.take() {
            return Poll::Ready(Some(Ok(lost.told(now()))));
        }
        if state.closed { Poll::Ready(None) } else { Poll::Pending }
    }
}

#[cfg(test)]
mod tests {
    use std::task::Waker;

    use super::*;

    fn event(number: usize) -> Event {
        Event::parse(format!(r#"{{"topicName":"t{}","eventBody":{number}}}"#, number % 2)).unwrap()
    }

    /// Everything that waits, in short: the body of an event, or the topics of a gap with its moments.
    fn take(inbox: &Inbox, now: u64) -> Vec<String> {
        let context = Context::from_waker(Waker::noop());
        let mut all = Vec::new();
        while let Poll::Ready(Some(notice)) = inbox.poll(&context, || now) {
            all.push(match notice.unwrap() {
                Notice::Event(event) => event.body_text().to_owned(),
                Notice::Missed(gap) => {
                    let after = |time: std::time::SystemTime| {
                        time.duration_since(std::time::UNIX_EPOCH).unwrap().as_millis()
                    };
                    format!("{} {}..{}", gap.topics.join(" "), after(gap.since), after(gap.until))
                }
                other => format!("{other:?}"),
            });
        }
        all
    }

    #[test]
    fn what_finds_no_room_is_told_where_it_is_missing() {
        let inbox = Inbox::new(2);
        for number in 0..5 {
            inbox.deliver(event(number), 10 + number as u64);
        }
        assert_eq!(take(&inbox, 20), ["0", "1", "t0 t1 12..20"]);
        inbox.deliver(event(6), 30);
        assert_eq!(take(&inbox, 40), ["6"]);
    }

    #[test]
    fn a_gap_stands_before_the_event_that_follows_it() {
        let inbox = Inbox::new(1);
        inbox.deliver(event(0), 1);
        inbox.deliver(event(1), 2);
        let context = Context::from_waker(Waker::noop());
        assert!(inbox.poll(&context, || 3).is_ready());
        inbox.deliver(event(2), 4);
        assert_eq!(take(&inbox, 5), ["t1 2..4", "2"]);
    }

    #[test]
    fn gaps_become_one_while_there_is_no_room() {
        let inbox = Inbox::new(1);
        inbox.deliver(event(0), 1);
        for number in 0..1000 {
            inbox.missed(number + 2, number + 3, vec!["a".to_owned()]);
        }
        assert_eq!(take(&inbox, 2000), ["0", "a 2..2000"]);
        inbox.missed(2001, 2002, vec!["b".to_owned()]);
        assert_eq!(take(&inbox, 3000), ["b 2001..2002"]);
    }

    #[test]
    fn large_events_are_counted_in_bytes() {
        let inbox = Inbox::new(1000);
        let text = "x".repeat(MOST_BYTES / 3);
        for number in 0..4 {
            let text = format!(r#"{{"topicName":"t","eventBody":"{text}"}}"#);
            inbox.deliver(Event::parse(text).unwrap(), number);
        }
        let taken = take(&inbox, 9);
        assert_eq!(taken.len(), 3);
        assert_eq!(taken[2], "t 2..9");
    }

    #[test]
    fn the_end_comes_after_what_waits() {
        let inbox = Inbox::new(1);
        inbox.deliver(event(0), 1);
        inbox.close();
        let context = Context::from_waker(Waker::noop());
        assert!(matches!(inbox.poll(&context, || 0), Poll::Ready(Some(Ok(Notice::Event(_))))));
        assert!(matches!(inbox.poll(&context, || 0), Poll::Ready(None)));
    }
}
