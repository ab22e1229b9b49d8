//! What a token says about itself, and its end.

use serde_json::json;

use super::Call;
use crate::base::lock::lock;
use crate::base::paths;
use crate::base::paths::CLIENTS;
use crate::http::answer::Answer;
use crate::http::problem::Problem;
use crate::world::World;

/// `GET /api/v2/tokens/me`
pub(super) fn read(world: &World, call: &Call<'_>) -> Result<Answer, Problem> {
    let caller = call.caller.ok_or_else(Problem::unauthenticated)?;
    let (organization, client) = {
        let store = lock(&world.store);
        let entity = store.entity(paths::ORGANIZATION, "me").ok_or_else(Problem::not_found)?;
        let organization = json!({ "id": entity["id"], "name": entity["name"] });
        (organization, store.entity(CLIENTS, &caller.client).cloned().unwrap_or_default())
    };
    let ends = call.request.bearer().and_then(|token| lock(&world.tokens).ends(token));
    let mut info = json!({
        "organization": organization,
        "homeOrganization": organization,
        "authorizedScope": caller.scopes,
        "OAuthClient": {
            "id": caller.client,
            "name": client["name"],
            "authorizedGrantType": client["authorizedGrantType"],
            "organization": organization,
        },
    });
    if let Some(ends) = ends {
        info["dateTokenIdles"] = json!(ends.iso());
    }
    Ok(call.json(&info))
}

/// `HEAD /api/v2/tokens/me`: that the call came this far is the answer.
#[expect(clippy::unnecessary_wraps, reason = "handlers have one signature")]
pub(super) fn check(_world: &World, call: &Call<'_>) -> Result<Answer, Problem> {
    Ok(call.empty())
}

/// `DELETE /api/v2/tokens/me`
#[expect(clippy::unnecessary_wraps, reason = "handlers have one signature")]
pub(super) fn revoke(world: &World, call: &Call<'_>) -> Result<Answer, Problem> {
    world.revoke(call.request);
    Ok(call.empty())
}

/// `DELETE /api/v2/tokens/{userId}`
pub(super) fn revoke_user(world: &World, call: &Call<'_>) -> Result<Answer, Problem> {
    let user = call.arguments.path.first().map(|(_, value)| value.as_str()).unwrap_or_default();
    if lock(&world.store).entity(paths::USERS, user).is_none() && !world.settings.invent_missing {
        return Err(Problem::not_found());
    }
    lock(&world.tokens).revoke_user(user);
    lock(&world.hub).revoke(|_, own| own == Some(user));
    Ok(call.empty())
}
