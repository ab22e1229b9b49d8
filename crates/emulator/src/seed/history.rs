//! What the history of finished conversations is made from: the seeded queues, their members and the wrap-up codes.

use serde_json::Value;

use super::HISTORY;
use crate::base::clock::Moment;
use crate::base::paths::{DIVISIONS, QUEUES};
use crate::base::settings::Settings;
use crate::state::conversation::history::{Queue, Recipe};
use crate::state::store::{Collection, DOCUMENTS, Store};

/// Stores the recipe. Conversations go up to the hour that has begun `now`, so that the last days have some.
pub(super) fn remember(store: &mut Store, settings: &Settings, now: Moment) {
    const HOUR: i64 = 3_600_000;
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let all = |path: &str| store.collection(path).into_iter().flat_map(Collection::iter);
    let recipe = Recipe {
        seed: settings.seed,
        count: settings.conversations,
        until: now.0 - now.0.rem_euclid(HOUR),
        division: all(DIVISIONS).next().map(|home| text(&home["id"])),
        queues: all(QUEUES)
            .map(|queue| {
                let id = text(&queue["id"]);
                let members = all(&format!("{QUEUES}/{id}/members"));
                let agents =
                    members.map(|member| (text(&member["user"]["id"]), text(&member["name"]))).collect();
                Queue { id, agents }
            })
            .collect(),
        codes: all("/api/v2/routing/wrapupcodes").map(|code| text(&code["id"])).collect(),
    };
    // Text keys and whole numbers: writing it cannot fail.
    let recipe = serde_json::to_value(recipe).unwrap_or_default();
    store.collection_mut(DOCUMENTS).put(HISTORY, recipe);
}
