//! The contact center while one request changes it: conversations, who is free, and who hears of it.
//!
//! The store and the conversations are locked from [`Floor::enter`] to [`Floor::close`], so nobody sees a conversation that was offered to
//! an agent who is busy by now. Events are sent once they are
//! unlocked.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, MutexGuard};

use serde_json::{Value, json};

use super::super::stored;
use crate::base::clock::Moment;
use crate::base::lock::lock;
use crate::base::paths::{QUEUES, USERS};
use crate::schema::project::into_model;
use crate::schema::synthesise;
use crate::state::conversation::media::MEDIA;
use crate::state::conversation::view::view;
use crate::state::conversation::{Conversation, Direction, Media, Participant, Purpose, State};
use crate::state::conversations::{Conversations, Seen};
use crate::state::store::{DOCUMENTS, Store};
use crate::world::World;

/// The contact center, locked.
pub(crate) struct Floor<'a> {
    world: &'a World,
    store: MutexGuard<'a, Store>,
    conversations: MutexGuard<'a, Conversations>,
    now: Moment,
    /// Ids of what changed, in order.
    changed: Vec<String>,
    /// Users whose routing status changed.
    statuses: Vec<String>,
    /// Whether somebody may be free who was not, for whatever reason.
    freed: bool,
}

impl<'a> Floor<'a> {
    pub(crate) fn enter(world: &'a World, now: Moment) -> Self {
        let store = lock(&world.store);
        let conversations = lock(&world.conversations);
        Self { world, store, conversations, now, changed: Vec::new(), statuses: Vec::new(), freed: false }
    }

    /// Has every queue looked at: a change outside may have freed somebody.
    pub(crate) fn with_freed(mut self) -> Self {
        self.freed = true;
        self
    }

    pub(crate) fn now(&self) -> Moment {
        self.now
    }

    /// The conversation of this id; also one of the history, which is stored once it is changed.
    pub(crate) fn get(&self, id: &str) -> Option<Conversation> {
        let known = self.conversations.get(id).map(|one| Conversation::clone(one));
        known.or_else(|| self.world.history_of(&self.store).get(id))
    }

    /// Stores what changed or is new.
    pub(crate) fn put(&mut self, conversation: &Conversation) {
        self.conversations.put(conversation.clone());
        let id = &conversation.id;
        self.changed.retain(|changed| changed != id);
        self.changed.push(id.clone());
    }

    pub(crate) fn has_queue(&self, id: &str) -> bool {
        self.store.entity(QUEUES, id).is_some()
    }

    /// Any queue, for calls whose arguments are made up.
    pub(crate) fn first_queue(&self) -> Option<String> {
        let queues = self.store.collection(QUEUES)?;
        queues.iter().next().and_then(|queue| queue["id"].as_str()).map(str::to_owned)
    }

    /// A queue's own data.
    pub(crate) fn queue(&self, id: &str) -> Option<&Value> {
        self.store.entity(QUEUES, id)
    }

    pub(crate) fn division(&self) -> Option<String> {
        stored::home_division(self.store.seen(None)).and_then(|home| home["id"].as_str().map(str::to_owned))
    }

    /// What a user is called; nothing where there is no such user.
    pub(crate) fn user_name(&self, id: &str) -> Option<String> {
        let user = self.store.entity(USERS, id).filter(|user| user["state"] != "deleted")?;
        Some(user["name"].as_str().unwrap_or_default().to_owned())
    }

    /// Whether there is such a wrap-up code.
    pub(crate) fn has_wrap_up_code(&self, id: &str) -> bool {
        self.store.entity("/api/v2/routing/wrapupcodes", id).is_some()
    }

    fn status(&self, user: &str) -> Option<&str> {
        self.store.entity(DOCUMENTS, &status_path(user))?["status"].as_str()
    }

    /// Sets what routing knows of a user, unless it is that already.
    pub(crate) fn set_status(&mut self, user: &str, status: &str) {
        if self.status(user) == Some(status) {
            return;
        }
        let document = json!({ "userId": user, "status": status, "startTime": self.now.iso() });
        self.store.collection_mut(DOCUMENTS).put(status_path(user), document);
        self.statuses.push(user.to_owned());
    }

    /// Takes a user to the queues or away from them.
    pub(crate) fn set_on_queue(&mut self, user: &str, on_queue: bool) {
        match (self.status(user), on_queue) {
            (None | Some("OFF_QUEUE"), true) => self.set_status(user, "IDLE"),
            (Some("IDLE" | "NOT_RESPONDING"), false) => self.set_status(user, "OFF_QUEUE"),
            _ => {}
        }
    }

    /// Gives waiting conversations to whoever is free, unlocks, and tells those who listen.
    pub(crate) fn close(mut self) {
        self.free_agents();
        self.route();
        let Self { world, store, conversations: all, changed, statuses, .. } = self;
        let conversations: Vec<Arc<Conversation>> =
            changed.iter().filter_map(|id| all.get(id).cloned()).collect();
        let statuses: Vec<(String, Value)> = statuses
            .iter()
            .map(|user| status_path(user))
            .filter_map(|path| store.entity(DOCUMENTS, &path).cloned().map(|document| (path, document)))
            .collect();
        let users: BTreeSet<&str> = conversations
            .iter()
            .flat_map(|one| &one.participants)
            .filter_map(|one| one.user.as_deref())
            .collect();
        let listened = !lock(&world.hub).is_silent();
        let summaries: Vec<(String, Value)> = users
            .into_iter()
            .filter(|_| listened)
            .map(|user| (format!("v2.users.{user}.conversationsummary"), summary(all.seen(None), user)))
            .collect();
        drop(all);
        drop(store);
        for (topic, summary) in summaries {
            tell(world, &topic, &summary);
        }
        for (path, document) in statuses {
            world.publish(&path, &document);
        }
        for conversation in conversations {
            publish(world, &conversation);
        }
    }

    /// Agents whose conversations of queues are over and written down are free again.
    fn free_agents(&mut self) {
        let touched: BTreeSet<String> = self
            .changed
            .iter()
            .filter_map(|id| self.conversations.get(id))
            .flat_map(|conversation| &conversation.participants)
            .filter(|one| one.by_queue)
            .filter_map(|one| one.user.clone())
            .collect();
        for user in touched {
            let own = self.conversations.seen(None).of_user(&user);
            let busy = own.into_iter().any(|one| one.engages(&user));
            match (self.status(&user), busy) {
                (Some("INTERACTING"), false) => self.set_status(&user, "IDLE"),
                (Some("IDLE"), true) => self.set_status(&user, "INTERACTING"),
                _ => {}
            }
        }
    }

    /// Offers each conversation that waits, the longest first, to the first member of its queue who is free.
    fn route(&mut self) {
        // The one that has waited longest in each queue, by its number.
        let mut first: BTreeMap<usize, String> = BTreeMap::new();
        for queue in self.queues_to_look_at() {
            if let Some((number, _)) = self.conversations.first_waiting(&queue) {
                first.insert(number, queue);
            }
        }
        while let Some((_, queue)) = first.pop_first() {
            // Where nobody is free for one, nobody is for those behind it.
            let Some((user, name)) = self.free_member(&queue) else { continue };
            let Some((_, conversation)) = self.conversations.first_waiting(&queue) else { continue };
            let mut conversation = Conversation::clone(conversation);
            let now = self.now;
            let mut agent = Participant::new(
                synthesise::fresh_id(),
                synthesise::fresh_id(),
                Purpose::Agent,
                State::Alerting,
                now,
            );
            agent.wrapup_required = self.requires_wrap_up(&queue);
            agent.direction = Direction::Inbound;
            (agent.user, agent.name, agent.queue) = (Some(user), Some(name), Some(queue.clone()));
            agent.by_queue = true;
            conversation.participants.push(agent);
            self.put(&conversation);
            if let Some((number, _)) = self.conversations.first_waiting(&queue) {
                first.insert(number, queue);
            }
        }
    }

    /// Queues in which somebody may be free for those who wait: the queues of what changed, or all where a user may be
    /// free who was not before.
    fn queues_to_look_at(&self) -> BTreeSet<String> {
        let changed = || self.changed.iter().filter_map(|id| self.conversations.get(id));
        let freed = self.freed
            || !self.statuses.is_empty()
            || changed().any(|one| one.participants.iter().any(|one| one.user.is_some()));
        if freed {
            self.conversations.queues().map(str::to_owned).collect()
        } else {
            changed().filter_map(|one| one.waits().map(|(_, queue)| queue.to_owned())).collect()
        }
    }

    fn free_member(&self, queue: &str) -> Option<(String, String)> {
        let members = self.store.collection(&format!("{QUEUES}/{queue}/members"))?;
        members.iter().filter(|member| member["joined"] != false).find_map(|member| {
            let id = member["user"]["id"].as_str().or_else(|| member["id"].as_str())?;
            let free = self.status(id) == Some("IDLE") && !self.is_called(id);
            let name = self.user_name(id).filter(|_| free)?;
            Some((id.to_owned(), name))
        })
    }

    /// Whether a user is called or speaks in a conversation under way.
    fn is_called(&self, user: &str) -> bool {
        self.conversations.seen(None).of_user(user).into_iter().any(|one| one.end.is_none())
    }

    /// Whether agents must write something down after a conversation of this queue.
    pub(crate) fn requires_wrap_up(&self, queue: &str) -> bool {
        self.queue(queue).is_some_and(|queue| {
            queue["acwSettings"]["wrapupPrompt"]
                .as_str()
                .is_some_and(|prompt| prompt.starts_with("MANDATORY"))
        })
    }
}

/// How many conversations of each media a user has: with customers of a queue, and others.
pub(crate) fn summary(seen: Seen<'_>, user: &str) -> Value {
    let mut counts: HashMap<(Media, bool), (u32, u32)> = HashMap::new();
    for conversation in seen.of_user(user) {
        for one in conversation.participants.iter().filter(|one| one.user.as_deref() == Some(user)) {
            let of_queue = one.queue.is_some();
            let (active, after) = counts.entry((conversation.media, of_queue)).or_default();
            *active += u32::from(one.is_active());
            *after += u32::from(one.is_wrapping_up());
        }
    }
    let mut summary = json!({ "userId": user });
    for names in MEDIA {
        let detail = |of_queue: bool| {
            let (active, after) = counts.get(&(names.media, of_queue)).copied().unwrap_or_default();
            json!({ "active": active, "acw": after })
        };
        let singular = names.plural.trim_end_matches('s');
        summary[singular] = json!({ "contactCenter": detail(true), "enterprise": detail(false) });
    }
    summary
}

fn status_path(user: &str) -> String {
    format!("{USERS}/{user}/routingstatus")
}

/// Tells who listens to a user or a queue of this conversation.
fn publish(world: &World, conversation: &Conversation) {
    if lock(&world.hub).is_silent() {
        return;
    }
    let plural = conversation.media.names().plural;
    let mut bases: Vec<String> = Vec::new();
    for one in &conversation.participants {
        bases.extend(one.user.as_ref().map(|id| format!("v2.users.{id}.conversations")));
        bases.extend(one.queue.as_ref().map(|id| format!("v2.routing.queues.{id}.conversations")));
    }
    bases.sort_unstable();
    bases.dedup();
    let view = view(conversation, &format!("/api/v2/conversations/{}", conversation.id));
    for base in bases {
        let own = format!("{base}.{plural}");
        for topic in [base, own] {
            tell(world, &topic, &view);
        }
    }
}

/// Sends what of a value is in the events of a topic.
fn tell(world: &World, topic: &str, value: &Value) {
    match world.topic_model(topic) {
        Some(model) => world.publish_topic(topic, &into_model(&world.platform, model, value)),
        None => world.publish_topic(topic, value),
    }
}
