//! Making an emulator, and holding a running one.

use std::fmt;
use std::io::ErrorKind;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use purecloud_definition::Platform;
use purecloud_definition::bundled::MODERN;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::base::clock::{Clock, SystemClock};
use crate::base::lock::lock;
use crate::base::settings::Settings;
use crate::bundled;
use crate::data::DataError;
use crate::http::hosts::Hosts;
use crate::mount::Mounts;
use crate::server::{self, Stage};
use crate::state::clients::Client;
use crate::state::faults::{Fault, FaultRule};
use crate::state::keep::{self, KeepError, Medium};
use crate::state::record::Recorded;
use crate::tls::{Tls, TlsError};
use crate::world::{Parts, World};

/// How long [`Handle::stop`] waits for requests under way.
const PATIENCE: Duration = Duration::from_secs(2);

/// The platform on this machine. Start with [`Emulator::builder`].
#[derive(Debug)]
pub struct Emulator;

impl Emulator {
    /// An emulator of the bundled definition, on a free port of `127.0.0.1`, with the seeded organisation and
    /// the clients of [`demo`](crate::demo).
    pub fn builder() -> Builder {
        Builder {
            platform: None,
            definition: None,
            address: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            settings: Settings::default(),
            clients: Client::seeded(),
            clock: Arc::new(SystemClock),
            mounts: Mounts::default(),
            faults: Vec::new(),
            data_dir: None,
            tls: None,
            data: None,
        }
    }
}

/// What an emulator will be.
#[derive(Debug)]
pub struct Builder {
    platform: Option<Arc<Platform>>,
    definition: Option<Bytes>,
    address: SocketAddr,
    settings: Settings,
    clients: Vec<Client>,
    clock: Arc<dyn Clock>,
    mounts: Mounts,
    faults: Vec<FaultRule>,
    data_dir: Option<PathBuf>,
    tls: Option<Tls>,
    data: Option<String>,
}

/// Why an emulator did not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EmulatorError {
    /// The address is taken, needs more rights, or is not this machine's.
    #[error("cannot listen on {address}: {}", listen_remedy(source))]
    Listen {
        /// What was asked for.
        address: SocketAddr,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// Connections cannot be encrypted.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The state of an earlier run cannot be used, or none can be kept.
    #[error(transparent)]
    Keep(Arc<KeepError>),
    /// The organisation that was given does not fit the definition.
    #[error(transparent)]
    Data(#[from] DataError),
}

/// Why an address cannot be listened on, and what to do about it.
fn listen_remedy(error: &std::io::Error) -> String {
    match error.kind() {
        ErrorKind::AddrInUse => {
            "another program listens there; choose another port, or port 0 for any free one".to_owned()
        }
        ErrorKind::AddrNotAvailable => {
            "this machine does not have the address; choose one of its own, such as 127.0.0.1".to_owned()
        }
        ErrorKind::PermissionDenied => {
            "the port needs more rights than this program has; choose a port from 1024 on, or run it with those rights"
                .to_owned()
        }
        _ => error.to_string(),
    }
}

impl From<KeepError> for EmulatorError {
    fn from(error: KeepError) -> Self {
        Self::Keep(Arc::new(error))
    }
}

impl Builder {
    /// Emulates this platform instead of the bundled one.
    #[must_use]
    pub fn platform(mut self, platform: impl Into<Arc<Platform>>) -> Self {
        self.platform = Some(platform.into());
        self
    }

    /// What `GET /api/v2/docs/swagger` answers: the definition as it was written. Default the bundled one, and a 404
    /// for a platform of your own.
    #[must_use]
    pub fn definition(mut self, json: impl Into<Bytes>) -> Self {
        self.definition = Some(json.into());
        self
    }

    /// Listens here. Default `127.0.0.1` and any free port; an address that is not loopback opens the emulator,
    /// whose passwords everybody knows, to the network.
    #[must_use]
    pub fn address(mut self, address: impl Into<SocketAddr>) -> Self {
        self.address = address.into();
        self
    }

    /// Listens on this port of `127.0.0.1`; 0, the default, is any free one.
    #[must_use]
    pub fn port(self, port: u16) -> Self {
        self.address((Ipv4Addr::LOCALHOST, port))
    }

    /// Changes settings: `.settings(|settings| settings.enforce_rate_limit = true)`.
    #[must_use]
    pub fn settings(mut self, change: impl FnOnce(&mut Settings)) -> Self {
        change(&mut self.settings);
        self
    }

    /// Adds an OAuth client; one with the same id is replaced. In a directory of [`Builder::data_dir`] that knows a
    /// client of this id, what is kept there of it counts.
    #[must_use]
    pub fn client(mut self, client: Client) -> Self {
        self.clients.retain(|other| other.id != client.id);
        self.clients.push(client);
        self
    }

    /// Reckons with this clock. Default the machine's.
    #[must_use]
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// Adds a rule by which requests fail. The first that strikes decides.
    #[must_use]
    pub fn fault(mut self, rule: FaultRule) -> Self {
        self.faults.push(rule);
        self
    }

    /// Encrypts every connection. At `api.X`, `login.X`, `streaming.X` and `apps.X` of `localhost` and of the domains
    /// given, the emulator then does what the platform does there and nothing else.
    #[must_use]
    pub fn tls(mut self, tls: Tls) -> Self {
        self.tls = Some(tls);
        self
    }

    /// Serves these files under a prefix such as `/demo/`, from memory. Paths are relative to the prefix; a
    /// folder is its `index.html`.
    #[must_use]
    pub fn mount<P: Into<String>, C: Into<Bytes>>(
        mut self,
        prefix: &str,
        files: impl IntoIterator<Item = (P, C)>,
    ) -> Self {
        self.mounts.add(prefix, files.into_iter().map(|(path, content)| (path.into(), content.into())));
        self
    }

    /// Keeps the state in this directory, and goes on from what an earlier run left there; the settings of the seed
    /// are then for [`Handle::reset`] alone. The directory is made if it is not there.
    ///
    /// An answer is sent once everything that it tells of is kept, so a process that is killed at any moment has lost
    /// nothing that a client knows of: entities, tokens, refresh tokens, codes, sessions, notification channels with
    /// their subscriptions. When the machine loses power, the last moments may be missing.
    #[cfg(feature = "sqlite")]
    #[must_use]
    pub fn data_dir(mut self, directory: impl Into<PathBuf>) -> Self {
        self.data_dir = Some(directory.into());
        self
    }

    /// Starts with this organisation in place of the made-up one: a JSON object of collections and documents by their
    /// path, such as `{"/api/v2/users": [{"name": "Ada", "email": "ada@example.com"}]}`. Ids and what models require may
    /// be left out. The home division and the roles are there unless their collection is given; everything else is
    /// empty. What `GET /_emulator/data` answers can be given back here.
    #[must_use]
    pub fn data(mut self, json: impl Into<String>) -> Self {
        self.data = Some(json.into());
        self
    }

    /// Where the state is kept, if anywhere.
    fn medium(data_dir: Option<&PathBuf>, platform: &Platform) -> Result<Option<Box<dyn Medium>>, KeepError> {
        match data_dir {
            #[cfg(feature = "sqlite")]
            Some(directory) => Ok(Some(Box::new(keep::sqlite::Sqlite::open(directory, platform)?))),
            #[cfg(not(feature = "sqlite"))]
            Some(directory) => Err(KeepError::Unusable {
                path: directory.clone(),
                doing: "opened",
                source: format!("{} is emulated without SQLite", platform.title).into(),
            }),
            None => Ok(None),
        }
    }

    /// Starts on the current Tokio runtime. The emulator answers when this returns, until the handle is dropped
    /// or stopped.
    ///
    /// # Errors
    /// [`EmulatorError`] when the address cannot be had, or TLS, or the state of an earlier run.
    pub async fn start(mut self) -> Result<Handle, EmulatorError> {
        let (platform, definition) = match self.platform {
            Some(platform) => (platform, self.definition),
            None => (
                Arc::new(bundled::platform()),
                self.definition.or(Some(Bytes::from_static(MODERN.as_bytes()))),
            ),
        };
        let listen = |source| EmulatorError::Listen { address: self.address, source };
        let listener = server::bind(self.address).map_err(listen)?;
        let address = listener.local_addr().map_err(listen)?;
        let (keeper, mut writer) = Self::medium(self.data_dir.as_ref(), &platform)?.map(keep::keeper).unzip();
        let (mut hosts, mut acceptor, mut authority) = (Hosts::default(), None, None);
        if let Some(tls) = self.tls {
            let ready = tls.ready(address.ip(), &self.settings.hosts)?;
            self.settings.hosts.extend(ready.names);
            hosts = Hosts::secure(ready.domains);
            (acceptor, authority) = (Some(ready.acceptor), Some(ready.authority));
        }
        let mut settings = self.settings;
        if self.data.is_some() {
            (settings.users, settings.empty) = (0, true);
        }
        let world = Arc::new(World::new(Parts {
            clients: self.clients,
            clock: self.clock,
            mounts: self.mounts,
            definition,
            faults: self.faults,
            keeper,
            hosts,
            data: self.data,
            ..Parts::new(platform, settings)
        })?);
        let found = writer.as_mut().map_or(Ok(false), |writer| writer.read(&*world))?;
        if !found {
            world.furnish();
        }
        if let Some(writer) = writer {
            writer.start(&world, !found)?;
            {
                let _whole = world.under_way();
                world.admit_clients();
            }
            world.settle().await.map_err(EmulatorError::Keep)?;
        }
        let (stage, watching) = watch::channel(Stage::Running);
        let task = tokio::spawn(server::run(listener, Arc::clone(&world), acceptor, watching));
        tracing::debug!(%address, "the emulator listens");
        Ok(Handle { address, authority, world, stage, task })
    }
}

/// A running emulator. Dropping it closes every connection.
pub struct Handle {
    address: SocketAddr,
    authority: Option<String>,
    world: Arc<World>,
    stage: watch::Sender<Stage>,
    task: JoinHandle<()>,
}

impl Handle {
    /// `http://127.0.0.1:PORT`, without a slash at the end; `https` with TLS.
    pub fn origin(&self) -> String {
        let scheme = if self.authority.is_some() { "https" } else { "http" };
        format!("{scheme}://{}", self.address)
    }

    /// With TLS, the certificate of the authority that clients have to trust, as PEM.
    pub fn authority(&self) -> Option<&str> {
        self.authority.as_deref()
    }

    /// Where it listens, with the port that was found.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The last requests, the oldest first; how many are kept is
    /// [`Settings::recorded`](crate::Settings::recorded). Requests to `/_emulator/` are not among them.
    pub fn requests(&self) -> Vec<Recorded> {
        lock(&self.world.record).all()
    }

    /// Forgets the requests so far.
    pub fn forget_requests(&self) {
        lock(&self.world.record).clear();
    }

    /// Replaces the rules by which requests fail; none for a platform that works.
    pub fn set_faults(&self, rules: impl IntoIterator<Item = FaultRule>) {
        self.world.set_faults(rules.into_iter().collect(), None);
    }

    /// Has the notification sockets that are open now fail; how many that were. Faults of ordinary requests do
    /// nothing here.
    pub fn strike_sockets(&self, fault: Fault) -> usize {
        lock(&self.world.hub).strike_sockets(fault)
    }

    /// Waits until no request has been under way for `quiet`; `false` when that did not happen within `limit`.
    pub async fn idle(&self, quiet: Duration, limit: Duration) -> bool {
        self.world.traffic.idle(quiet, limit).await
    }

    /// Back to the state of the start: stored entities, tokens, sessions, channels, faults, recorded requests.
    pub fn reset(&self) {
        let _whole = self.world.under_way();
        self.world.reset();
    }

    /// Stops: no new connections, requests under way are answered within two seconds, then everything is
    /// closed.
    pub async fn stop(mut self) {
        let _ = self.stage.send(Stage::Finishing);
        let _ = (&mut self.task).await;
        // Each connection watches the stage, so none is left when nobody does.
        let _ = tokio::time::timeout(PATIENCE, self.stage.closed()).await;
        let _ = self.stage.send(Stage::Closed);
        self.world.close().await;
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        let _ = self.stage.send(Stage::Closed);
        self.task.abort();
    }
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handle").field("address", &self.address).finish_non_exhaustive()
    }
}
