//! The organisation that every emulator starts with, made from a seed.

mod contact_center;
mod directory;
mod history;

use fastrand::Rng;
use purecloud_definition::Platform;
use serde_json::{Value, json};

use crate::base::clock::Moment;
use crate::base::demo;
use crate::base::paths::{DIVISIONS, ORGANIZATION, ROLES, USERS};
use crate::base::settings::Settings;
use crate::schema::plan::Plan;
use crate::schema::synthesise::{self, email, person};
use crate::state::store::Store;

/// The document that says how to make the conversations that were over before the start.
pub(crate) const HISTORY: &str = "history";

/// Name, description and the domains in which everything is permitted, of each role.
const ROLE_NAMES: &[(&str, &str, &[&str])] = &[
    ("employee", "Can use the directory and chat.", &["directory", "chat"]),
    ("admin", "Can do everything in the organization.", &["*"]),
    (
        "supervisor",
        "Can watch queues and coach their members.",
        &["analytics", "conversation", "presence", "routing"],
    ),
    ("user", "Can answer interactions of their queues.", &["conversation", "presence"]),
    ("communicate - user", "Can place and receive calls.", &["conversation"]),
    ("communicate - admin", "Can set up telephony.", &["telephony"]),
    ("quality evaluator", "Can fill in evaluations.", &["quality"]),
    ("quality admin", "Can set up evaluation forms and policies.", &["quality", "recording"]),
    ("reporting admin", "Can see every report.", &["analytics", "reporting"]),
    ("outbound admin", "Can set up campaigns.", &["outbound"]),
    ("workforce management admin", "Can plan and publish schedules.", &["wfm"]),
    ("developer", "Can set up integrations and OAuth clients.", &["integrations", "oauth"]),
];

/// When the organisation was founded: before anything that is made up.
const FOUNDED: Moment = Moment(1_735_689_600_000);

/// Fills a store. An empty organisation has people, roles and divisions, and nothing else.
pub(crate) fn organisation(settings: &Settings, platform: &Platform, plan: &Plan, now: Moment) -> Store {
    let mut store = Store::default();
    let mut rng = synthesise::rng(settings.seed, "organisation");
    let id = synthesise::uuid(&mut rng);
    store.collection_mut(ORGANIZATION).put(
        "me",
        json!({
            "id": id,
            "name": settings.organization,
            "defaultLanguage": "en-US",
            "defaultCountryCode": "US",
            "thirdPartyOrgName": "analyticalengines",
            "domain": "analyticalengines.example.com",
            "version": 1,
            "state": "active",
            "defaultSiteId": synthesise::uuid(&mut rng),
            "voicemailEnabled": true,
            "productPlatform": "GenesysCloud",
            "selfUri": "/api/v2/organizations/me",
            "features": {},
        }),
    );
    let home = division(&mut store, &mut rng, "Home", "The division that everything starts in.");
    for row in ROLE_NAMES {
        role(&mut store, &mut rng, row);
    }
    users(&mut store, settings, &mut rng, &home);
    if !settings.empty {
        contact_center::furnish(&mut store, platform, plan, settings, &mut rng);
        history::remember(&mut store, settings, now);
    }
    store
}

/// A division; what refers to it.
fn division(store: &mut Store, rng: &mut Rng, name: &str, description: &str) -> Value {
    let id = synthesise::uuid(rng);
    let uri = format!("{DIVISIONS}/{id}");
    let home = name == "Home";
    store.collection_mut(DIVISIONS).put(
        id.clone(),
        json!({
            "id": id, "name": name, "description": description, "homeDivision": home, "selfUri": uri,
        }),
    );
    json!({ "id": id, "name": name, "selfUri": uri })
}

fn role(store: &mut Store, rng: &mut Rng, (name, description, domains): &(&str, &str, &[&str])) {
    let id = synthesise::uuid(rng);
    let everything = |domain: &&str| json!({ "domain": domain, "entityName": "*", "actionSet": ["*"], "allowConditions": false });
    store.collection_mut(ROLES).put(
        id.clone(),
        json!({
            "id": id,
            "name": name,
            "description": description,
            "defaultRoleId": name.replace(" - ", " ").replace(' ', "-"),
            "permissions": [],
            "permissionPolicies": domains.iter().map(everything).collect::<Value>(),
            "userCount": 1,
            "roleNeedsUpdate": false,
            "base": false,
            "default": true,
            "selfUri": format!("{ROLES}/{id}"),
        }),
    );
}

fn users(store: &mut Store, settings: &Settings, rng: &mut Rng, division: &Value) {
    let mut taken = std::collections::HashSet::new();
    for number in 0..settings.users {
        let name = match number {
            0 => demo::USER_NAME.to_owned(),
            _ => person(rng),
        };
        let address = match number {
            0 => demo::USER.to_owned(),
            _ => email(&name),
        };
        // Two people of one name have different addresses, as they must to sign in.
        let address =
            if taken.insert(address.clone()) { address } else { address.replace('@', &format!("{number}@")) };
        taken.insert(address.clone());
        let id = synthesise::uuid(rng);
        let title = if number % 20 == 0 { "Supervisor" } else { "Agent" };
        store.collection_mut(USERS).put(
            id.clone(),
            json!({
                "id": id,
                "name": name,
                "division": division,
                "chat": { "jabberId": format!("{}@analyticalengines.example.com", &id[..8]) },
                "department": if number % 3 == 0 { "Support" } else { "Sales" },
                "email": address,
                "primaryContactInfo": [
                    { "address": address, "mediaType": "EMAIL", "type": "PRIMARY" },
                ],
                "addresses": [],
                "state": "active",
                "title": title,
                "username": address,
                "version": 1,
                "acdAutoAnswer": false,
                "selfUri": format!("{USERS}/{id}"),
                "dateWelcomeSent": FOUNDED.iso(),
            }),
        );
    }
}
