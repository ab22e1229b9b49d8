//! Memory for the bodies of requests while they arrive, and which request gives way when none is left.
//!
//! Small bodies wait for nobody. A larger one takes its room before it is read. When there is none, uploads of programs
//! that are not signed in are given up for those that are, and uploads that are too slow to arrive in time for others.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::FutureExt as _;
use tokio::sync::{Notify, Semaphore, SemaphorePermit};
use tokio::time::{Instant, timeout};

use crate::base::lock::lock;
use crate::base::settings::Settings;

/// Bodies up to this many bytes wait for nobody.
const SMALL: u64 = 64 * 1024;
const KIB: u64 = 1024;
/// How often a request that waits looks for uploads that are too slow by now.
const PAUSE: Duration = Duration::from_millis(100);
/// How long an upload is not judged by its speed.
const GRACE: Duration = Duration::from_secs(1);

/// The memory for large bodies.
#[derive(Debug)]
pub(crate) struct Bodies {
    /// A permit for each KiB.
    room: Semaphore,
    kib: u64,
    /// The largest body there may be.
    limit: u64,
    /// How long a body may take to arrive.
    timeout: Duration,
    uploads: Mutex<Vec<Arc<Upload>>>,
}

/// A large body that arrives or waits for its turn.
#[derive(Debug)]
struct Upload {
    /// Whether it comes with a token, or with another right to send it.
    trusted: bool,
    /// In bytes; the largest that there may be where the request does not say.
    length: u64,
    received: AtomicU64,
    /// When it had its turn.
    begun: Mutex<Option<Instant>>,
    given_up: Notify,
}

/// The place of a large body among the others, until it is dropped.
#[derive(Debug)]
pub(crate) struct Place<'a> {
    bodies: &'a Bodies,
    upload: Arc<Upload>,
}

impl Bodies {
    pub(crate) fn new(settings: &Settings) -> Self {
        let kib = (settings.bodies / 1024).clamp(1, Semaphore::MAX_PERMITS);
        Self {
            room: Semaphore::new(kib),
            kib: u64::try_from(kib).unwrap_or(u64::MAX),
            limit: u64::try_from(settings.body_limit).unwrap_or(u64::MAX),
            timeout: settings.read_timeout,
            uploads: Mutex::default(),
        }
    }

    /// The place of a body of this many bytes, where they are known; `None` for a small one.
    pub(crate) fn announce(&self, length: Option<u64>, trusted: impl FnOnce() -> bool) -> Option<Place<'_>> {
        let length = length.unwrap_or(u64::MAX).min(self.limit);
        if length <= SMALL {
            return None;
        }
        let upload = Arc::new(Upload {
            trusted: trusted(),
            length,
            received: AtomicU64::new(0),
            begun: Mutex::new(None),
            given_up: Notify::new(),
        });
        lock(&self.uploads).push(Arc::clone(&upload));
        Some(Place { bodies: self, upload })
    }

    /// Gives up uploads for one that waits.
    fn make_way(&self, waiting: &Upload, now: Instant) {
        for other in lock(&self.uploads).iter() {
            if other.gives_way_to(waiting, self.timeout, now) {
                other.given_up.notify_one();
            }
        }
    }
}

impl Upload {
    fn gives_way_to(&self, waiting: &Self, timeout: Duration, now: Instant) -> bool {
        match (self.trusted, waiting.trusted) {
            (false, true) => true,
            (true, false) => false,
            (true, true) | (false, false) => self.is_too_slow(timeout, now),
        }
    }

    /// Whether it would take longer than it may, if it went on like this.
    fn is_too_slow(&self, timeout: Duration, now: Instant) -> bool {
        let Some(elapsed) = lock(&self.begun).map(|begun| now - begun) else { return false };
        let received = u128::from(self.received.load(Ordering::Relaxed));
        elapsed >= GRACE && received * timeout.as_millis() < u128::from(self.length) * elapsed.as_millis()
    }
}

impl<'a> Place<'a> {
    /// Waits until there is room for the body. It has the room until the permit is dropped.
    pub(crate) async fn room(&self) -> Option<SemaphorePermit<'a>> {
        // A body that is larger than all of the room has all of it.
        let kib = self.upload.length.div_ceil(KIB).min(self.bodies.kib);
        let permit = self.bodies.room.acquire_many(u32::try_from(kib).unwrap_or(u32::MAX));
        tokio::pin!(permit);
        let permit = match (&mut permit).now_or_never() {
            Some(permit) => permit,
            None => loop {
                self.bodies.make_way(&self.upload, Instant::now());
                if let Ok(permit) = timeout(PAUSE, &mut permit).await {
                    break permit;
                }
            },
        };
        *lock(&self.upload.begun) = Some(Instant::now());
        permit.ok()
    }

    /// Notes that more bytes have arrived.
    pub(crate) fn received(&self, bytes: usize) {
        self.upload.received.fetch_add(u64::try_from(bytes).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    /// Waits until the upload has to give way.
    pub(crate) async fn given_up(&self) {
        self.upload.given_up.notified().await;
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        lock(&self.bodies.uploads).retain(|other| !Arc::ptr_eq(other, &self.upload));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Room for 128 KiB: one large body at a time.
    fn bodies() -> Bodies {
        Bodies::new(&Settings { bodies: 128 * 1024, ..Settings::default() })
    }

    const LARGE: Option<u64> = Some(100 * 1024);

    #[tokio::test]
    async fn small_bodies_have_no_place_and_those_of_unknown_length_the_largest() {
        let bodies = bodies();
        assert!(bodies.announce(Some(SMALL), || unreachable!()).is_none());
        let unknown = bodies.announce(None, || true).unwrap();
        assert_eq!(unknown.upload.length, 10 * 1024 * 1024);
        let _room = unknown.room().await.unwrap();
        assert!(bodies.announce(LARGE, || true).unwrap().room().now_or_never().is_none());
    }

    #[tokio::test]
    async fn an_upload_without_a_token_gives_way_to_one_with_a_token_at_once() {
        let bodies = bodies();
        let anonymous = bodies.announce(LARGE, || false).unwrap();
        let waiting = bodies.announce(LARGE, || false).unwrap();
        let room = anonymous.room().await.unwrap();
        let trusted = bodies.announce(LARGE, || true).unwrap();
        assert!(trusted.room().now_or_never().is_none());
        anonymous.given_up().now_or_never().expect("it has the room");
        waiting.given_up().now_or_never().expect("it is in the way, too");
        drop((room, anonymous, waiting));
        trusted.room().now_or_never().expect("there is room");
    }

    /// An upload of 100 KiB that has had its turn for so long, and of which so many KiB have arrived.
    fn upload(trusted: bool, received: u64, now: Instant, seconds: u64) -> Upload {
        Upload {
            trusted,
            length: 100 * KIB,
            received: AtomicU64::new(received * KIB),
            begun: Mutex::new(now.checked_sub(Duration::from_secs(seconds))),
            given_up: Notify::new(),
        }
    }

    #[test]
    fn uploads_that_are_too_slow_give_way_to_their_like() {
        let now = Instant::now() + Duration::from_hours(1);
        let gives_way = |one: &Upload, trusted| {
            let waiting = upload(trusted, 0, now, 0);
            one.gives_way_to(&waiting, Duration::from_secs(30), now)
        };
        for (received, seconds, expected) in
            [(0, 0, false), (0, 2, true), (50, 14, false), (50, 16, true), (100, 29, false)]
        {
            for trusted in [true, false] {
                let one = upload(trusted, received, now, seconds);
                assert_eq!(gives_way(&one, trusted), expected, "{received} KiB in {seconds} s");
            }
        }
        assert!(gives_way(&upload(false, 100, now, 1), true), "of whoever is not signed in, in any case");
        assert!(!gives_way(&upload(true, 0, now, 20), false), "and never for them");
        let waits = Upload { begun: Mutex::new(None), ..upload(true, 0, now, 0) };
        assert!(!gives_way(&waits, true), "what waits itself is not slow");
    }
}
