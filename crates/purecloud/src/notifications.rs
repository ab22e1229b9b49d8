//! Notifications: what happens on the platform, as it happens, as a stream.
//!
//! ```no_run
//! use purecloud::notifications::Notice;
//! # async fn example(session: purecloud::Session, user: &str) -> Result<(), purecloud::Error> {
//! let mut notices = session.notifications().subscribe([format!("v2.users.{user}.presence")]);
//! while let Some(notice) = notices.next().await? {
//!     match notice {
//!         Notice::Connected { .. } => println!("from here on nothing is missed"),
//!         Notice::Event(event) => println!("{}: {}", event.topic(), event.body_text()),
//!         Notice::Missed(gap) => println!("read again what changed since {:?}", gap.since),
//!         Notice::Rejected { topic, reason } => println!("no {topic}: {reason:?}"),
//!         _ => {}
//!     }
//! }
//! # Ok(())
//! # }
//! ```
//!
//! All subscriptions of a session share its channels: a channel holds 1,000 topics, and a login may have 20 channels.
//! They are kept by a task of the session, which makes them, keeps their sockets alive, comes back after a cut, and
//! replaces a channel before it ends without losing or repeating an event. Where events may have been lost all the
//! same, [`Notice::Missed`] says so.

mod audience;
mod driver;
mod event;
mod inbox;

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use futures_core::Stream;

use self::audience::Subscriber;
use self::driver::Command;
pub(crate) use self::driver::Desk;
pub use self::event::Event;
use self::inbox::Inbox;
pub use crate::channel::TooManyTopics;
use crate::error::Error;
use crate::session::Session;
use crate::topic::Topic;
pub use crate::transport::{Socket, SocketError, Sockets};

/// Events that may wait for a program, unless [`Notifications::buffer`] says otherwise.
const BUFFER: usize = 1_000;

/// The notifications of a session; begins subscriptions.
#[derive(Debug, Clone)]
pub struct Notifications {
    session: Session,
    buffer: usize,
}

impl Notifications {
    pub(crate) const fn new(session: Session) -> Self {
        Self { session, buffer: BUFFER }
    }

    /// Sets the number of events that may wait until the program takes them; at least 1. Further events are reported as
    /// [`Notice::Missed`]. Default: 1,000, and 64 MiB in any case.
    #[must_use]
    pub const fn buffer(mut self, events: usize) -> Self {
        self.buffer = events;
        self
    }

    /// Subscribes to topics: texts such as `v2.users.{id}.presence`, with the id in its place, or those of
    /// [`topics`](crate::TypedTopic), which know what their events hold. The combined form
    /// `v2.users.{id}?presence&station` stands for its parts.
    ///
    /// The first channel is made when this is called, on the runtime of Tokio that it is called on. It ends with the
    /// [`Subscription`].
    pub fn subscribe<T: Topic>(&self, topics: impl IntoIterator<Item = T>) -> Subscription {
        // Numbers are only compared for being the same.
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let subscriber = NEXT.fetch_add(1, Ordering::Relaxed);
        let inbox = Arc::new(Inbox::new(self.buffer));
        let commands =
            [Command::Join(subscriber, Arc::clone(&inbox)), Command::Add(subscriber, unfold(topics))];
        if let Err(error) = self.session.core.desk.open(&self.session, commands) {
            inbox.tell(Err(error));
            inbox.close();
        }
        Subscription { session: self.session.clone(), subscriber, inbox }
    }
}

/// An item of a subscription.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Notice {
    /// Something happened.
    Event(Event),
    /// Events of these topics come from now on: what is read from the platform after this misses nothing. Told once
    /// for each topic.
    Connected {
        /// The topics.
        topics: Vec<String>,
    },
    /// Events may have been missed, and come again from now on. Read the state of what the topics are about anew.
    Missed(Gap),
    /// The platform does not give this topic; the others are not touched.
    Rejected {
        /// The topic.
        topic: String,
        /// Why, in the platform's words.
        reason: Option<String>,
    },
}

/// A time in which events may have been missed: after a cut, while no channel could be had, or because the program did
/// not take events as fast as they came.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Gap {
    /// The last moment at which nothing was missing.
    pub since: SystemTime,
    /// The moment from which on nothing is missing.
    pub until: SystemTime,
    /// The topics it is about.
    pub topics: Vec<String>,
}

/// Topics that are subscribed to, and what they bring. A `Stream`, and usable without one's traits. Dropping it ends
/// it.
#[must_use = "dropping a subscription ends it"]
pub struct Subscription {
    session: Session,
    subscriber: Subscriber,
    inbox: Arc<Inbox>,
}

impl std::fmt::Debug for Subscription {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Subscription").field("number", &self.subscriber).finish_non_exhaustive()
    }
}

impl Subscription {
    /// Returns the next notice; `None` after the end: the session was closed, or every topic was given up.
    ///
    /// # Errors
    /// [`Error::Unsubscribed`] with topics that cannot be had at all, since the login failed or the platform refuses.
    /// Other topics go on. Failures that may pass are met by trying again, later and later, for as long as the
    /// subscription lives.
    pub async fn next(&mut self) -> Result<Option<Notice>, Error> {
        std::future::poll_fn(|context| Pin::new(&mut *self).poll_next(context)).await.transpose()
    }

    /// Adds topics.
    pub fn add<T: Topic>(&self, topics: impl IntoIterator<Item = T>) {
        self.session.core.desk.tell(Command::Add(self.subscriber, unfold(topics)));
    }

    /// Takes topics away. Events that wait still come.
    pub fn remove<T: Topic>(&self, topics: impl IntoIterator<Item = T>) {
        self.session.core.desk.tell(Command::Remove(self.subscriber, unfold(topics)));
    }
}

impl Stream for Subscription {
    type Item = Result<Notice, Error>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.inbox.poll(context, || self.session.core.clock.now())
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        self.session.core.desk.tell(Command::Leave(self.subscriber));
    }
}

/// Topics one by one: `v2.users.1?presence&station` is two, which count as two.
fn unfold<T: Topic>(topics: impl IntoIterator<Item = T>) -> Vec<String> {
    let mut all = Vec::new();
    for topic in topics {
        match topic.name().split_once('?') {
            None => all.push(topic.name().to_owned()),
            Some((base, parts)) => {
                let parts = parts.split('&').filter(|part| !part.is_empty());
                all.extend(parts.map(|part| format!("{base}.{part}")));
            }
        }
    }
    all
}

fn moment(milliseconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_millis(milliseconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn combined_topics_stand_for_their_parts() {
        assert_eq!(
            unfold(["a.b", "v2.users.1?presence&station&"]),
            ["a.b", "v2.users.1.presence", "v2.users.1.station"]
        );
    }

    #[cfg(not(feature = "blocking"))]
    #[test]
    fn without_a_runtime_a_subscription_says_so() {
        let session = Session::builder().environment("http://127.0.0.1:1").access_token("t").build().unwrap();
        let subscription = session.notifications().subscribe(["a"]);
        let all: Vec<_> =
            futures_util::FutureExt::now_or_never(futures_util::StreamExt::collect(subscription)).unwrap();
        assert!(matches!(&all[..], [Err(Error::Setup { .. })]), "{all:?}");
    }
}
