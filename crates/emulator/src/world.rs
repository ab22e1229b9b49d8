//! One emulator's whole state; the way of a request through it is in [`dispatch`].

mod dispatch;

use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use purecloud_definition::Platform;
use purecloud_definition::model::ModelId;
use serde_json::Value;

use crate::base::clock::{Clock, Moment, SystemClock};
use crate::base::lock::lock;
use crate::base::paths;
use crate::base::settings::Settings;
use crate::behaviour;
use crate::control;
use crate::data::{self, DataError, Organisation, Rules};
use crate::files;
use crate::http::bodies::Bodies;
use crate::http::guard;
use crate::http::hosts::Hosts;
use crate::http::refusal::Refusal;
use crate::http::request::Request;
use crate::mount::Mounts;
use crate::schema::project::into_model;
use crate::schema::router::Router;
use crate::schema::synthesise;
use crate::seed;
use crate::state::clients::Client;
use crate::state::conversation::history::History;
use crate::state::conversations::Conversations;
use crate::state::faults::{FaultRule, Faults};
use crate::state::keep::{self, Keep, KeepError, Keeper, Part, UnderWay};
use crate::state::notifications::{self, Hub};
use crate::state::record::Record;
use crate::state::registry::{self, Given};
use crate::state::store::{DOCUMENTS, Store};
use crate::state::tokens::{Caller, Tokens};
use crate::state::traffic::Traffic;

/// What an emulator is made of.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) platform: Arc<Platform>,
    pub(crate) settings: Settings,
    /// The clients of the builder: what the start adds, and what of them is no state.
    clients: Given,
    pub(crate) tokens: Mutex<Tokens>,
    /// Locked before the conversations, where both are.
    pub(crate) store: Mutex<Store>,
    pub(crate) conversations: Mutex<Conversations>,
    pub(crate) record: Mutex<Record>,
    pub(crate) hub: Mutex<Hub>,
    pub(crate) faults: Mutex<Faults>,
    pub(crate) traffic: Traffic,
    pub(crate) bodies: Bodies,
    pub(crate) hosts: Hosts,
    /// Made when it is first looked at.
    history: Mutex<Option<Arc<History>>>,
    /// The rules that a reset goes back to.
    fault_rules: Vec<FaultRule>,
    pub(crate) behaviours: behaviour::Table,
    clock: Arc<dyn Clock>,
    router: Router,
    mounts: Mounts,
    /// As [`Settings::refuse_by_page`] has it, or as it was said since.
    pub(crate) refuse_by_page: AtomicBool,
    /// The definition as it was written, for programs that ask the platform for it.
    definition: Option<Bytes>,
    /// Where the state outlives the process, if it does.
    keeper: Option<Keeper>,
    /// The organisation that every start and reset begins with, where it is not the made-up one.
    given: Organisation,
}

/// What a world is made from.
pub(crate) struct Parts {
    pub(crate) platform: Arc<Platform>,
    pub(crate) settings: Settings,
    pub(crate) clients: Vec<Client>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) mounts: Mounts,
    pub(crate) definition: Option<Bytes>,
    pub(crate) faults: Vec<FaultRule>,
    pub(crate) keeper: Option<Keeper>,
    pub(crate) hosts: Hosts,
    pub(crate) data: Option<String>,
}

impl Parts {
    /// What a world of this platform needs, with the clients and the clock that nobody chose.
    pub(crate) fn new(platform: Arc<Platform>, settings: Settings) -> Self {
        Self {
            platform,
            settings,
            clients: Client::seeded(),
            clock: Arc::new(SystemClock),
            mounts: Mounts::default(),
            definition: None,
            faults: Vec::new(),
            keeper: None,
            hosts: Hosts::default(),
            data: None,
        }
    }
}

impl World {
    /// A world with nothing in it.
    ///
    /// # Errors
    /// [`DataError`] when the organisation that was given does not fit the definition.
    pub(crate) fn new(parts: Parts) -> Result<Self, DataError> {
        let clients = parts.clients.into_iter().map(|client| (client.id.clone(), client));
        let mut store = Store::default();
        store.remember(Arc::clone(&parts.clock));
        let mut conversations = Conversations::default();
        conversations.remember(Arc::clone(&parts.clock));
        let mut world = Self {
            router: Router::new(&parts.platform),
            behaviours: behaviour::Table::new(&parts.platform),
            tokens: Mutex::new(Tokens::new(parts.settings.tokens_per_caller)),
            store: Mutex::new(store),
            conversations: Mutex::new(conversations),
            hub: Mutex::new(Hub::default()),
            faults: Mutex::new(Faults::new(parts.faults.clone(), parts.settings.seed)),
            traffic: Traffic::default(),
            bodies: Bodies::new(&parts.settings),
            hosts: parts.hosts,
            history: Mutex::new(None),
            fault_rules: parts.faults,
            record: Mutex::new(Record::new(parts.settings.recorded)),
            clients: clients.collect(),
            platform: parts.platform,
            refuse_by_page: AtomicBool::new(parts.settings.refuse_by_page),
            settings: parts.settings,
            clock: parts.clock,
            mounts: parts.mounts,
            definition: parts.definition,
            keeper: parts.keeper,
            given: Organisation::default(),
        };
        if let Some(text) = parts.data {
            world.given = data::read(world.rules(), &text, world.now())?;
        }
        Ok(world)
    }

    /// Puts what every emulator starts with in the place of all that is stored.
    pub(crate) fn furnish(&self) {
        let plan = &self.behaviours.plan;
        let now = self.now();
        let mut store = seed::organisation(&self.settings, &self.platform, plan, now);
        data::furnish(&mut store, &self.given);
        registry::furnish(&mut store, &self.clients, now);
        lock(&self.store).replace(store);
        lock(&self.conversations).clear();
    }

    /// Whether as much is stored as the settings allow. It is said by who has locked the store.
    pub(crate) fn is_full(&self, store: &Store) -> bool {
        (store.load() + lock(&self.conversations).load()).is_full(&self.settings)
    }

    /// Adds those clients of the builder that an earlier run, whose state this is, did not have.
    pub(crate) fn admit_clients(&self) {
        registry::furnish(&mut lock(&self.store), &self.clients, self.now());
    }

    /// The OAuth client of an id.
    ///
    /// # Errors
    /// A refusal when there is none, or it was switched off.
    pub(crate) fn client(&self, id: &str) -> Result<Client, Refusal> {
        registry::client(&lock(&self.store), &self.clients, id)
    }

    /// Whether tokens of this client are worth anything.
    pub(crate) fn is_live_client(&self, id: &str) -> bool {
        registry::is_live(&lock(&self.store), id)
    }

    /// What decides whether an organisation fits.
    pub(crate) fn rules(&self) -> Rules<'_> {
        Rules {
            platform: &self.platform,
            router: &self.router,
            plan: &self.behaviours.plan,
            settings: &self.settings,
        }
    }

    /// Begins a change of the state: what is kept of it is all or nothing. Not to be asked for twice at a time.
    pub(crate) fn under_way(&self) -> Option<UnderWay<'_>> {
        self.keeper.as_ref().map(Keeper::under_way)
    }

    /// Waits until all that was changed so far is kept, where it is.
    ///
    /// # Errors
    /// [`KeepError`] when it cannot be.
    pub(crate) async fn settle(&self) -> Result<(), Arc<KeepError>> {
        match &self.keeper {
            Some(keeper) => keeper.settle().await,
            None => Ok(()),
        }
    }

    /// Keeps what is left to keep, and then nothing more.
    pub(crate) async fn close(&self) {
        if let Some(keeper) = &self.keeper {
            keeper.close().await;
        }
    }

    /// Makes the token of a request worthless, and ends the channels that it had.
    pub(crate) fn revoke(&self, request: &Request) {
        let gone = request.bearer().and_then(|token| lock(&self.tokens).revoke(token));
        if let Some(caller) = gone {
            self.end_channels(&caller);
        }
    }

    /// Ends the notification channels of a caller whose tokens were revoked.
    pub(crate) fn end_channels(&self, caller: &Caller) {
        lock(&self.hub).revoke(|client, user| client == caller.client && user == caller.user.as_deref());
    }

    /// Back to the state of the start: entities, tokens, sessions, channels, faults and the record.
    pub(crate) fn reset(&self) {
        self.furnish();
        *lock(&self.history) = None;
        lock(&self.tokens).clear();
        lock(&self.hub).clear();
        self.set_faults(self.fault_rules.clone(), None);
        lock(&self.record).clear();
    }

    /// Replaces the rules by which requests fail. Counts and chances begin anew, from this seed or the emulator's own.
    pub(crate) fn set_faults(&self, rules: Vec<FaultRule>, seed: Option<u64>) {
        *lock(&self.faults) = Faults::new(rules, seed.unwrap_or(self.settings.seed));
    }

    /// Tells those who listen that something changed at this path of the API.
    pub(crate) fn publish(&self, path: &str, body: &Value) {
        let mut hub = lock(&self.hub);
        if !hub.is_silent() {
            let correlation = synthesise::uuid(&mut fastrand::Rng::new());
            let topic = notifications::topic(path);
            let body = notifications::body(path, body);
            let fitting = self.topic_model(&topic).map(|model| into_model(&self.platform, model, &body));
            hub.publish(&topic, fitting.as_ref().unwrap_or(&body), &correlation);
        }
    }

    /// Tells those who subscribed to this topic.
    pub(crate) fn publish_topic(&self, topic: &str, body: &Value) {
        let correlation = synthesise::uuid(&mut fastrand::Rng::new());
        lock(&self.hub).publish(topic, body, &correlation);
    }

    /// What the events of a topic are, where the definition says so.
    pub(crate) fn topic_model(&self, topic: &str) -> Option<ModelId> {
        let known = self.platform.topics.iter().find(|known| notifications::is_topic(&known.name, topic));
        known.and_then(|known| known.model)
    }

    /// The conversations that were over before the start. The store must not be locked by who asks.
    pub(crate) fn history(&self) -> Arc<History> {
        self.history_of(&lock(&self.store))
    }

    /// As [`World::history`], for who has locked the store.
    pub(crate) fn history_of(&self, store: &Store) -> Arc<History> {
        let mut history = lock(&self.history);
        if let Some(history) = &*history {
            return Arc::clone(history);
        }
        let recipe = store.entity(DOCUMENTS, seed::HISTORY).cloned();
        let recipe = recipe.and_then(|recipe| serde_json::from_value(recipe).ok()).unwrap_or_default();
        Arc::clone(history.insert(Arc::new(History::new(recipe))))
    }

    pub(crate) fn now(&self) -> Moment {
        Moment::from(self.clock.now())
    }

    /// Whether a request has a token that works, or another right to send something: the address of a file, or the
    /// control of this emulator.
    pub(crate) fn is_trusted(&self, request: &Request) -> bool {
        let caller = request.bearer().and_then(|token| lock(&self.tokens).caller(token, self.now()));
        if let Some(caller) = caller {
            return self.is_live_client(&caller.client);
        }
        if let Some(id) = request.path.strip_prefix(files::PREFIX) {
            return files::is_open(&lock(&self.store), id);
        }
        control::is_control(&request.path) && guard::admit(request, &self.settings.hosts).is_ok()
    }

    /// The id of the user of this e-mail address, whatever its case.
    pub(crate) fn user_named(&self, name: &str) -> Option<String> {
        let store = lock(&self.store);
        let same = |user: &&Value| {
            user["state"] == "active"
                && ["username", "email"]
                    .iter()
                    .any(|key| user[*key].as_str().is_some_and(|text| text.eq_ignore_ascii_case(name)))
        };
        store.collection(paths::USERS)?.iter().find(same)?["id"].as_str().map(str::to_owned)
    }

    /// What a user is called.
    pub(crate) fn user_display_name(&self, id: &str) -> Option<String> {
        lock(&self.store).entity(paths::USERS, id)?["name"].as_str().map(str::to_owned)
    }

    /// The id of the user of this name and password.
    pub(crate) fn sign_in(&self, name: &str, password: &str) -> Option<String> {
        if password == self.settings.password { self.user_named(name.trim()) } else { None }
    }
}

impl keep::Parts for World {
    fn parts(&self) -> Vec<(Part, &Mutex<dyn Keep>)> {
        vec![
            (Part::Entities, &self.store),
            (Part::Tokens, &self.tokens),
            (Part::Channels, &self.hub),
            (Part::Conversations, &self.conversations),
        ]
    }
}
