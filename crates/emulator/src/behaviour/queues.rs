//! Members of a queue come and go in lists.

use serde_json::{Value, json};

use super::{Call, conversations};
use crate::base::lock::lock;
use crate::base::paths::{QUEUES, USERS};
use crate::http::answer::Answer;
use crate::http::problem::{Detail, Problem};
use crate::world::World;

/// `POST /api/v2/routing/queues/{queueId}/members`: adds users, or removes them with `delete=true`.
///
/// # Errors
/// 404 for a queue that is not there, 400 for users that are not.
pub(super) fn members(world: &World, call: &Call<'_>) -> Result<Answer, Problem> {
    let queue = call.arguments.path.first().map(|(_, id)| id.as_str()).unwrap_or_default();
    let removing = call.arguments.query("delete").is_some_and(|value| value.eq_ignore_ascii_case("true"));
    let sent = call.arguments.body.as_ref().and_then(Value::as_array);
    let ids: Vec<&str> = sent.into_iter().flatten().filter_map(|user| user["id"].as_str()).collect();
    let path = format!("{QUEUES}/{queue}/members");
    let mut events = Vec::new();
    {
        let mut store = lock(&world.store);
        if store.entity(QUEUES, queue).is_none() && !world.settings.invent_missing {
            return Err(Problem::not_found());
        }
        let unknown: Vec<Detail> = ids
            .iter()
            .filter(|id| !removing && store.entity(USERS, id).is_none())
            .map(|id| Detail {
                code: "invalid.value",
                field: "id".to_owned(),
                message: format!("The user [{}] was not found.", id.chars().take(100).collect::<String>()),
            })
            .take(50)
            .collect();
        if !unknown.is_empty() {
            return Err(Problem::invalid(unknown));
        }
        for id in ids {
            let name = store.entity(USERS, id).map_or(Value::Null, |user| user["name"].clone());
            let member = json!({
                "id": id,
                "name": name,
                "user": { "id": id, "name": name, "version": 1, "selfUri": format!("{USERS}/{id}") },
                "joined": !removing,
                "memberBy": "user",
                "ringNumber": 1,
                "selfUri": format!("{path}/{id}"),
            });
            let mut members = store.collection_mut(&path);
            if removing {
                members.remove(id);
            } else {
                members.put(id, member.clone());
            }
            events.push((format!("{path}/{id}"), member));
        }
        let count = store.collection(&path).map_or(0, crate::state::store::Collection::len);
        store.collection_mut(QUEUES).change(queue, |queue| {
            let Some(queue) = queue.as_object_mut() else { return };
            for name in ["memberCount", "userMemberCount", "joinedMemberCount"] {
                queue.insert(name.to_owned(), json!(count));
            }
        });
    }
    for (path, member) in events {
        world.publish(&path, &member);
        conversations::follow(world, &path, &member, call.now);
    }
    Ok(call.empty())
}
