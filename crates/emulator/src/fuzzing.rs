//! What the targets in `fuzz/` drive: the emulator's own server over a connection in memory.

use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::runtime::Runtime;
use tokio::sync::watch;

use crate::base::lock::lock;
use crate::base::settings::Settings;
use crate::bundled;
use crate::server::{self, Manner, Stage};
use crate::state::tokens::Caller;
use crate::world::{Parts, World};

/// A token that always works.
pub const TOKEN: &str = "fuzz";
/// Longer than any fault holds an answer back. Nobody waits for it: the clock is paused.
pub const LISTENING: Duration = Duration::from_secs(400);
/// More than this is not read of what one conversation gets.
const MOST: u64 = 64 * 1024 * 1024;

/// The platform without a socket, and without a clock that anybody waits for.
#[derive(Debug)]
pub struct Offline {
    world: Arc<World>,
    runtime: Runtime,
}

impl Offline {
    /// A small organisation of the bundled definition.
    #[expect(clippy::new_without_default, reason = "it is not cheap")]
    pub fn new() -> Self {
        let settings = Settings {
            users: 2,
            empty: true,
            entities: 1_000,
            recorded: 100,
            body_limit: 64 * 1024,
            ..Settings::default()
        };
        let world = World::new(Parts::new(Arc::new(bundled::platform()), settings))
            .expect("no organisation is given that could be wrong");
        // Paused: whoever waits is woken at once.
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .expect("a runtime without a driver of the system");
        let offline = Self { world: Arc::new(world), runtime };
        offline.reset();
        offline
    }

    /// Back to the start, where [`TOKEN`] works.
    pub fn reset(&self) {
        self.world.reset();
        let user = self.world.user_named(crate::demo::USER);
        let client = crate::demo::CREDENTIALS_CLIENT.to_owned();
        let caller = Arc::new(Caller { client, user, scopes: Vec::new() });
        let ends = self.world.now().after(Duration::from_hours(24));
        lock(&self.world.tokens).add(TOKEN.to_owned(), caller, None, ends);
    }

    /// Sends bytes over a new connection and returns everything that came back: until the emulator ends it, or until
    /// [`LISTENING`] has passed, after which it hears that no more will come.
    ///
    /// # Panics
    /// When the emulator did.
    pub fn converse(&self, bytes: &[u8]) -> Vec<u8> {
        self.runtime.block_on(async {
            let (near, far) = tokio::io::duplex(64 * 1024);
            let (_stage, watching) = watch::channel(Stage::Running);
            let served = tokio::spawn(server::talk(far, Arc::clone(&self.world), watching, Manner::Serve));
            let (read, mut write) = tokio::io::split(near);
            let mut heard = Vec::new();
            let mut read = read.take(MOST);
            let talk = async {
                // An answer may come, and the connection end, before all of it is sent.
                let (_, received) = tokio::join!(write.write_all(bytes), read.read_to_end(&mut heard));
                received
            };
            // A client that says at once that no more will come is taken for one that left.
            if tokio::time::timeout(LISTENING, talk).await.is_err() {
                let _ = write.shutdown().await;
                read.read_to_end(&mut heard).await.expect("a connection in memory does not fail");
            }
            drop((read, write));
            served.await.expect("the server does not panic");
            heard
        })
    }
}
