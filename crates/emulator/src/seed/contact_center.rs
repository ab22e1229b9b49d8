//! What a contact center needs beside its people: queues with members, skills, presences, stations, contacts.

use fastrand::Rng;
use purecloud_definition::Platform;
use serde_json::{Map, Value, json};

use super::{FOUNDED, directory};
use crate::base::paths::{DIVISIONS, PRESENCES, QUEUES, USERS};
use crate::base::settings::Settings;
use crate::schema::plan::Plan;
use crate::schema::synthesise::{self, TOPICS, email, person};
use crate::state::store::{Collection, DOCUMENTS, Store};

/// The same, as older programs list them.
const OLDER_PRESENCES: &str = "/api/v2/presencedefinitions";

const SKILLS: &[&str] =
    &["Billing", "Refunds", "Hardware", "Networks", "Contracts", "Empathy", "Upselling", "Fraud"];
const LANGUAGES: &[&str] = &["English", "German", "Spanish", "French", "Japanese", "Portuguese"];
const WRAP_UP_CODES: &[&str] =
    &["Resolved", "Follow up", "Transferred", "No answer", "Complaint", "Wrong number"];
/// The system presences, the first of which everybody has; with their ids where those are known to be the same in
/// every organisation, so that programs have them built in.
const PRESENCE_NAMES: &[(&str, Option<&str>)] = &[
    ("Available", Some("6a3af858-942f-489d-9700-5f9bcdcdae9b")),
    ("Busy", None),
    ("Away", None),
    ("Break", None),
    ("Meal", None),
    ("Meeting", None),
    ("Training", None),
    ("On Queue", None),
    ("Offline", Some("ccf3c10a-aa2c-4845-8e8d-f59fa48c58e5")),
];
/// How many members a queue has.
const MEMBERS: usize = 20;

/// Fills what the platform's table has a collection for.
pub(super) fn furnish(
    store: &mut Store,
    platform: &Platform,
    plan: &Plan,
    settings: &Settings,
    rng: &mut Rng,
) {
    let mut furnisher = Furnisher { store, platform, plan, rng };
    let division = furnisher.home_division();
    for name in SKILLS {
        furnisher.add("/api/v2/routing/skills", json!({ "name": name, "state": "active", "version": "1" }));
    }
    for name in LANGUAGES {
        furnisher
            .add("/api/v2/routing/languages", json!({ "name": name, "state": "active", "version": "1" }));
    }
    for name in WRAP_UP_CODES {
        furnisher.add("/api/v2/routing/wrapupcodes", json!({ "name": name, "division": division }));
    }
    let available = furnisher.presences();
    let people = furnisher.people();
    furnisher.statuses(&people, &available);
    for (number, name) in TOPICS.iter().enumerate() {
        furnisher.queue(name, number, &division, &people);
    }
    for (number, (_, name)) in people.iter().take(50).enumerate() {
        let station = json!({
            "name": format!("{name}'s phone"),
            "status": "AVAILABLE",
            "type": "inin_remote",
            "description": "",
            "lineAppearanceId": format!("line-{number}"),
        });
        furnisher.add("/api/v2/stations", station);
    }
    for _ in 0..settings.users.min(100) {
        let name = person(furnisher.rng);
        let (first, last) = name.split_once(' ').unwrap_or((&name, ""));
        let contact =
            json!({ "firstName": first, "lastName": last, "workEmail": email(&name), "type": "Curated" });
        furnisher.add("/api/v2/externalcontacts/contacts", contact);
    }
    directory::furnish(&mut furnisher, &people, &division);
}

pub(super) struct Furnisher<'a> {
    pub(super) store: &'a mut Store,
    platform: &'a Platform,
    plan: &'a Plan,
    rng: &'a mut Rng,
}

impl Furnisher<'_> {
    /// Adds an entity to a collection that the table has; its id.
    pub(super) fn add(&mut self, path: &str, properties: Value) -> Option<String> {
        let id = synthesise::uuid(self.rng);
        self.add_as(path, path, &id, properties).then_some(id)
    }

    /// Adds an entity to `path`, which is a collection of the shape `shape`. Properties that its model lacks or
    /// has otherwise are left out.
    fn add_as(&mut self, shape: &str, path: &str, id: &str, properties: Value) -> bool {
        let Some(model) = self.plan.collection(shape) else { return false };
        let Value::Object(mut entity) = synthesise::smallest(self.platform, model, synthesise::rng(1, id))
        else {
            return false;
        };
        let Value::Object(mut given) = properties else { return false };
        given.insert("id".to_owned(), json!(id));
        given.insert("selfUri".to_owned(), json!(format!("{path}/{id}")));
        given.insert("dateCreated".to_owned(), json!(FOUNDED.iso()));
        given.insert("dateModified".to_owned(), json!(FOUNDED.iso()));
        for property in &self.platform.model(model).properties {
            if let Some(value) = given.remove(&property.wire_name)
                && crate::schema::check::value(self.platform, &property.kind, &property.bounds, &value)
                    .is_empty()
            {
                entity.insert(property.wire_name.clone(), value);
            }
        }
        self.store.collection_mut(path).put(id, Value::Object(entity));
        true
    }

    fn home_division(&self) -> Value {
        let home = self.store.collection(DIVISIONS).and_then(|divisions| divisions.iter().next());
        home.map_or(
            Value::Null,
            |home| json!({ "id": home["id"], "name": home["name"], "selfUri": home["selfUri"] }),
        )
    }

    fn people(&self) -> Vec<(String, String)> {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let users = self.store.collection(USERS);
        users
            .into_iter()
            .flat_map(Collection::iter)
            .map(|user| (text(&user["id"]), text(&user["name"])))
            .collect()
    }

    /// The presence definitions; the first of them, as a presence refers to it.
    fn presences(&mut self) -> Value {
        let mut available = Value::Null;
        for (name, known) in PRESENCE_NAMES {
            let labels: Map<String, Value> = [("en_US".to_owned(), json!(name))].into_iter().collect();
            let definition = json!({
                "name": name,
                // Definitions write it as one word: `OnQueue`.
                "systemPresence": name.replace(' ', ""),
                "type": "System",
                "deactivated": false,
                "languageLabels": labels,
            });
            let drawn = synthesise::uuid(self.rng);
            let id = known.unwrap_or(&drawn);
            self.add_as(OLDER_PRESENCES, OLDER_PRESENCES, id, definition.clone());
            if self.add_as(PRESENCES, PRESENCES, id, definition) && available.is_null() {
                available =
                    json!({ "id": id, "systemPresence": name, "selfUri": format!("{PRESENCES}/{id}") });
            }
        }
        available
    }

    /// What every user is doing: available and off the queues.
    fn statuses(&mut self, people: &[(String, String)], available: &Value) {
        for (id, _) in people {
            let presence = format!("{USERS}/{id}/presences/purecloud");
            let routing = format!("{USERS}/{id}/routingstatus");
            let mut documents = self.store.collection_mut(DOCUMENTS);
            documents.put(
                presence.clone(),
                json!({
                    "id": id,
                    "source": "PURECLOUD",
                    "primary": true,
                    "presenceDefinition": available,
                    "message": "",
                    "modifiedDate": FOUNDED.iso(),
                    "selfUri": presence,
                }),
            );
            documents
                .put(routing, json!({ "userId": id, "status": "OFF_QUEUE", "startTime": FOUNDED.iso() }));
        }
    }

    fn queue(&mut self, name: &str, number: usize, division: &Value, people: &[(String, String)]) {
        let members: Vec<&(String, String)> =
            people.iter().cycle().skip(number * MEMBERS / 2).take(MEMBERS.min(people.len())).collect();
        let queue = json!({
            "name": name,
            "description": format!("{name} by phone, chat and e-mail."),
            "division": division,
            "memberCount": members.len(),
            "userMemberCount": members.len(),
            "joinedMemberCount": members.len(),
            "skillEvaluationMethod": "BEST",
            "acwSettings": { "wrapupPrompt": "OPTIONAL" },
            "mediaSettings": {},
        });
        let Some(id) = self.add(QUEUES, queue) else { return };
        for (user, name) in members {
            let member = json!({
                "name": name,
                "joined": true,
                "memberBy": "user",
                "ringNumber": 1,
                "user": { "id": user, "name": name, "version": 1, "selfUri": format!("{USERS}/{user}") },
            });
            self.add_as(&format!("{QUEUES}/{{}}/members"), &format!("{QUEUES}/{id}/members"), user, member);
        }
    }
}
