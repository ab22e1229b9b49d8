//! What can be chosen about an emulator.

use std::time::Duration;

use crate::base::demo;

/// Choices with their defaults. Where the platform's own behaviour is not certain, the choice is here.
#[derive(Debug, Clone)]
#[non_exhaustive]
#[expect(clippy::struct_excessive_bools, reason = "each is a choice of its own; any may come with any")]
pub struct Settings {
    /// Everything made up follows from it. Default 1.
    pub seed: u64,
    /// The name of the organisation.
    pub organization: String,
    /// How many users the organisation has. Default 1,000.
    pub users: usize,
    /// How many finished conversations analytics knows from the start. Default 10,000.
    pub conversations: usize,
    /// The password of every seeded user.
    pub password: String,
    /// Assertions that the SAML2 bearer grant accepts, with the user each is about.
    pub assertions: Vec<(String, String)>,
    /// How long an authorization code lives. Default 5 minutes.
    pub code_lifetime: Duration,
    /// How long a refresh token lives. Default 30 days.
    pub refresh_lifetime: Duration,
    /// How long a browser stays signed in. Default 8 hours.
    pub session_lifetime: Duration,
    /// Whether the login refuses a grant that is not the client's with a page of its own, instead of sending the browser
    /// back with `unauthorized_client`. How the platform does it is not certain. Default no.
    pub refuse_by_page: bool,
    /// The most live tokens of one client and user; past it the oldest dies. Default 100.
    pub tokens_per_caller: usize,
    /// Requests that a token may make in a minute, as the headers say. Default 300.
    pub rate_limit: u64,
    /// Whether requests past the limit are refused with 429. Default no.
    pub enforce_rate_limit: bool,
    /// Whether an entity that was never created is made up when it is asked for by its id, instead of being
    /// answered with 404. One that was deleted stays gone. Default no.
    pub invent_missing: bool,
    /// Whether collections start without anything in them, apart from the organisation and its users, roles and
    /// divisions. Default no.
    pub empty: bool,
    /// The most entities that are stored; storing more is refused with 409, `limit.exceeded`. Default 200,000.
    pub entities: usize,
    /// The most memory that stored entities may take, in bytes and about; more is refused likewise. Default
    /// 512 MiB.
    pub stored_bytes: usize,
    /// How long an asynchronous job takes; half of it, it is queued. Default 1 s.
    pub job_time: Duration,
    /// How long an asynchronous job and its results can be looked at. Default 24 hours.
    pub job_lifetime: Duration,
    /// How often the socket of a notification channel has a heartbeat. Default 30 s.
    pub heartbeat: Duration,
    /// The largest body of a request in bytes; more is answered with 413. Default 10 MiB.
    pub body_limit: usize,
    /// The most memory, in bytes, that larger bodies of requests under way have together; others wait their turn, at most
    /// [`Settings::read_timeout`]. Default 256 MiB.
    pub bodies: usize,
    /// How long the head of a request, and then its body, may take to arrive. Default 30 s each.
    pub read_timeout: Duration,
    /// The most connections at a time; more are closed at once. Default 12,000.
    pub connections: usize,
    /// Names beside `localhost` under which the emulator may be controlled, such as that of a container. A page
    /// on the web that makes one of them resolve to this machine controls it too. Default none.
    pub hosts: Vec<String>,
    /// How many requests are kept for [`Handle::requests`](crate::Handle::requests). Default 2,000.
    pub recorded: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            seed: 1,
            organization: demo::ORGANIZATION.to_owned(),
            users: 1_000,
            conversations: 10_000,
            password: demo::PASSWORD.to_owned(),
            assertions: vec![(demo::ASSERTION.to_owned(), demo::USER.to_owned())],
            code_lifetime: Duration::from_mins(5),
            refresh_lifetime: Duration::from_hours(30 * 24),
            session_lifetime: Duration::from_hours(8),
            refuse_by_page: false,
            tokens_per_caller: 100,
            rate_limit: 300,
            enforce_rate_limit: false,
            invent_missing: false,
            empty: false,
            entities: 200_000,
            stored_bytes: 512 * 1024 * 1024,
            job_time: Duration::from_secs(1),
            job_lifetime: Duration::from_hours(24),
            heartbeat: Duration::from_secs(30),
            body_limit: 10 * 1024 * 1024,
            bodies: 256 * 1024 * 1024,
            read_timeout: Duration::from_secs(30),
            connections: 12_000,
            hosts: Vec::new(),
            recorded: 2_000,
        }
    }
}
