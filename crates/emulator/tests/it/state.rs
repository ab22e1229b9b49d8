//! What is created can be read, listed, changed and removed.

use purecloud_emulator::{Action, Settings, routes};
use serde_json::json;

use crate::client::{Client, builder, platform, start};
use crate::walk;

#[tokio::test]
async fn a_queue_lives_and_dies() {
    let emulator = start().await;
    let mut client = Client::signed_in(&emulator).await;
    let created = client.json("POST", "/api/v2/routing/queues", &json!({ "name": "Parcels" })).await;
    assert_eq!(created.status, 200, "{}", created.text());
    let created = created.json();
    let path = created["selfUri"].as_str().unwrap().to_owned();
    assert_eq!(path, format!("/api/v2/routing/queues/{}", created["id"].as_str().unwrap()));
    assert_eq!(created["division"]["name"], "Home");
    assert_eq!(client.get(&path).await.json()["name"], "Parcels");
    let found = client.get("/api/v2/routing/queues?name=parc*").await.json();
    assert_eq!((&found["total"], &found["entities"][0]["id"]), (&json!(1), &created["id"]));
    let renamed = client.json("PUT", &path, &json!({ "name": "Letters" })).await.json();
    assert_eq!((&renamed["name"], &renamed["dateCreated"]), (&json!("Letters"), &created["dateCreated"]));
    assert_eq!(client.send("DELETE", &path, &[], b"").await.status, 200);
    assert_eq!(client.get(&path).await.status, 404);
    assert_eq!(client.send("DELETE", &path, &[], b"").await.status, 404);
    assert_eq!(
        client.get(&format!("{path}/wrapupcodes")).await.status,
        404,
        "what is gone has nothing under it"
    );
}

#[tokio::test]
async fn a_stale_version_is_a_conflict() {
    let emulator = start().await;
    let mut client = Client::signed_in(&emulator).await;
    let me = client.get("/api/v2/users/me").await.json();
    let path = me["selfUri"].as_str().unwrap();
    let changed = client.json("PATCH", path, &json!({ "title": "Countess", "version": 1 })).await.json();
    assert_eq!((&changed["title"], &changed["version"]), (&json!("Countess"), &json!(2)));
    let stale = client.json("PATCH", path, &json!({ "title": "Agent", "version": 1 })).await;
    assert_eq!((stale.status, stale.json()["code"].clone()), (409, json!("invalid.update.wrong.version")));
    assert_eq!(client.get("/api/v2/users/me").await.json()["title"], "Countess");
}

#[tokio::test]
async fn deleted_users_stay_and_are_hidden_from_lists() {
    let emulator = start().await;
    let mut client = Client::signed_in(&emulator).await;
    let page = client.get("/api/v2/users?pageSize=5").await.json();
    assert_eq!((&page["total"], &page["pageCount"]), (&json!(60), &json!(12)));
    let path = page["entities"][3]["selfUri"].as_str().unwrap();
    assert!((200..300).contains(&client.send("DELETE", path, &[], b"").await.status));
    assert_eq!(client.get(path).await.json()["state"], "deleted");
    assert_eq!(client.get("/api/v2/users").await.json()["total"], 59);
    assert_eq!(client.get("/api/v2/users?state=deleted").await.json()["total"], 1);
}

#[tokio::test]
async fn roles_are_listed_in_pages_by_name() {
    let emulator = start().await;
    let mut client = Client::signed_in(&emulator).await;
    let all = client.get("/api/v2/authorization/roles?sortBy=name").await.json();
    let names: Vec<&str> =
        all["entities"].as_array().unwrap().iter().map(|role| role["name"].as_str().unwrap()).collect();
    assert!(names.contains(&"admin") && names.contains(&"employee") && names.contains(&"supervisor"));
    assert!(names.is_sorted());
    let mut seen = Vec::new();
    let mut next = Some("/api/v2/authorization/roles?pageSize=5".to_owned());
    while let Some(path) = next {
        let page = client.get(&path).await.json();
        seen.extend(page["entities"].as_array().unwrap().iter().map(|role| role["id"].clone()));
        next = page["nextUri"].as_str().map(str::to_owned);
    }
    assert_eq!(seen.len(), names.len());
}

#[tokio::test]
async fn a_status_is_kept_and_shows_in_the_user() {
    let emulator = start().await;
    let mut client = Client::signed_in(&emulator).await;
    let me = client.get("/api/v2/users/me").await.json();
    let path = format!("{}/routingstatus", me["selfUri"].as_str().unwrap());
    let body = json!({ "status": "IDLE" });
    assert_eq!(client.json("PUT", &path, &body).await.json()["status"], "IDLE");
    assert_eq!(client.get(&path).await.json()["status"], "IDLE");
    let me = client.get("/api/v2/users/me?expand=routingStatus").await.json();
    assert_eq!(me["routingStatus"]["status"], "IDLE");
}

#[tokio::test]
async fn the_unknown_is_not_found_unless_it_may_be_invented() {
    let nobody = "/api/v2/users/00000000-0000-4000-8000-000000000000";
    let emulator = start().await;
    let mut client = Client::signed_in(&emulator).await;
    assert_eq!(client.get(nobody).await.status, 404);
    let emulator = builder().settings(|settings| settings.invent_missing = true).start().await.unwrap();
    let mut client = Client::signed_in(&emulator).await;
    let first = client.get(nobody).await.json();
    assert_eq!(first, client.get(nobody).await.json());
    assert_eq!(client.get("/api/v2/users").await.json()["total"], 61);
}

#[tokio::test]
async fn a_full_store_refuses_what_would_store_more_and_nothing_else() {
    let limits: [fn(&mut Settings); 2] =
        [|settings| settings.entities = 1, |settings| settings.stored_bytes = 1000];
    for limit in limits {
        let emulator = builder().settings(limit).start().await.unwrap();
        let mut client = Client::signed_in(&emulator).await;
        let queues = "/api/v2/routing/queues";
        let found = client.get(queues).await.json()["entities"].clone();
        let path = found[0]["selfUri"].as_str().unwrap();
        let refused = client.json("POST", queues, &json!({ "name": "Parcels" })).await;
        assert_eq!((refused.status, &refused.json()["code"]), (409, &json!("limit.exceeded")));
        assert!(refused.text().contains("/_emulator/reset"));
        let status = json!({ "status": "IDLE" });
        let me = client.get("/api/v2/users/me").await.json()["selfUri"].as_str().unwrap().to_owned();
        assert_eq!(client.json("PUT", &format!("{me}/routingstatus"), &status).await.status, 409);
        assert_eq!(client.get(path).await.status, 200);
        assert_eq!(client.get("/api/v2/outbound/campaigns").await.status, 200, "seen empty, and not filled");
        let search = json!({ "query": [{ "type": "EXACT", "fields": ["name"], "value": "Ada Lovelace" }] });
        assert_eq!(client.json("POST", "/api/v2/users/search", &search).await.status, 200);
        assert_eq!(client.send("DELETE", path, &[], b"").await.status, 200);
    }
}

#[tokio::test]
async fn whatever_can_be_created_can_be_read_listed_and_removed() {
    let platform = platform();
    let emulator = builder().settings(|settings| settings.invent_missing = true).start().await.unwrap();
    let mut client = Client::signed_in(&emulator).await;
    let routes = routes(&platform);
    let has = |path: &str, action| {
        let shape = |path: &str| {
            path.split('/')
                .map(|part| if part.starts_with('{') { "{}" } else { part })
                .collect::<Vec<_>>()
                .join("/")
        };
        let wanted = shape(path);
        routes.iter().any(|route| route.action == Some(action) && shape(&route.path) == wanted)
    };
    let mut failures = Vec::new();
    let mut count = 0;
    for (route, operation) in routes.iter().zip(&platform.operations) {
        if route.action != Some(Action::Create) {
            continue;
        }
        count += 1;
        let request = walk::request(&platform, operation);
        let headers: Vec<_> =
            request.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let created = client.send("POST", &request.target, &headers, &request.body).await;
        let Some(id) = created.json()["id"].as_str().map(str::to_owned) else {
            failures.push(format!("{}: no id in {}", route.operation, created.text()));
            continue;
        };
        let collection = request.target.split('?').next().unwrap();
        let item = format!("{collection}/{id}");
        let read = client.get(&item).await;
        // Some reads require a query, which this walk does not know, and some entities are only seen in lists.
        if !matches!(read.status, 200 | 400 | 405) {
            failures.push(format!("{}: {} when read", route.operation, read.status));
        }
        if has(&operation.path.text, Action::List) {
            let list = client.get(&format!("{collection}?pageSize=100&count=100")).await;
            if list.status == 200 && !list.text().contains(&id) {
                failures.push(format!("{}: not listed in {}", route.operation, list.text()));
            }
        }
        if has(&format!("{}/{{id}}", operation.path.text), Action::Remove) && !collection.ends_with("/users")
        {
            let removed = client.send("DELETE", &item, &[], b"").await;
            let again = client.get(&item).await;
            if (200..300).contains(&removed.status) && !matches!(again.status, 400 | 404 | 405) {
                failures.push(format!("{}: {} after its removal", route.operation, again.status));
            }
        }
    }
    assert!(
        failures.is_empty(),
        "{} of {count}:\n{}",
        failures.len(),
        failures[..failures.len().min(20)].join("\n")
    );
    assert!(count > 150, "only {count} collections");
}

#[tokio::test]
async fn members_join_and_leave_a_queue() {
    let emulator = start().await;
    let mut client = Client::signed_in(&emulator).await;
    let queues = client.get("/api/v2/routing/queues?name=Support").await.json();
    let path = format!("{}/members", queues["entities"][0]["selfUri"].as_str().unwrap());
    assert_eq!(client.get(&path).await.json()["entities"].as_array().unwrap().len(), 20);
    let created = client.json("POST", "/api/v2/routing/queues", &json!({ "name": "Fresh" })).await.json();
    let path = format!("{}/members", created["selfUri"].as_str().unwrap());
    assert_eq!(client.get(&path).await.json()["entities"], json!([]));
    let me = client.get("/api/v2/users/me").await.json();
    let body = json!([{ "id": me["id"] }]);
    assert_eq!(client.json("POST", &path, &body).await.status, 204);
    assert_eq!(client.get(&path).await.json()["entities"][0]["user"]["name"], "Ada Lovelace");
    assert_eq!(client.get(created["selfUri"].as_str().unwrap()).await.json()["memberCount"], 1);
    assert_eq!(client.json("POST", &format!("{path}?delete=true"), &body).await.status, 204);
    assert_eq!(client.get(&path).await.json()["entities"], json!([]));
    assert_eq!(client.json("POST", &path, &json!([{ "id": "nobody" }])).await.status, 400);
}

#[tokio::test]
async fn a_presence_is_chosen_by_its_definition() {
    let emulator = start().await;
    let mut client = Client::signed_in(&emulator).await;
    let definitions = client.get("/api/v2/presence/definitions").await.json();
    let meal = definitions["entities"]
        .as_array()
        .unwrap()
        .iter()
        .find(|one| one["systemPresence"] == "Meal")
        .unwrap();
    let me = client.get("/api/v2/users/me?expand=presence").await.json();
    assert_eq!(me["presence"]["presenceDefinition"]["systemPresence"], "Available");
    let path = format!("{}/presences/purecloud", me["selfUri"].as_str().unwrap());
    let nothing = json!({ "presenceDefinition": { "id": "6a3af858-0000-4000-8000-000000000000" } });
    let refused = client.json("PATCH", &path, &nothing).await;
    assert_eq!((refused.status, &refused.json()["code"]), (400, &json!("invalid.value")));
    let body = json!({ "presenceDefinition": { "id": meal["id"] } });
    let changed = client.json("PATCH", &path, &body).await.json();
    assert_eq!(changed["presenceDefinition"]["systemPresence"], "Meal");
    assert_eq!(client.get(&path).await.json(), changed);
}

#[tokio::test]
async fn presences_that_programs_have_built_in_are_there_and_the_case_of_a_source_does_not_matter() {
    let emulator = start().await;
    let mut client = Client::signed_in(&emulator).await;
    let me = client.get("/api/v2/users/me").await.json()["id"].as_str().unwrap().to_owned();
    for (id, name) in [
        ("ccf3c10a-aa2c-4845-8e8d-f59fa48c58e5", "Offline"),
        ("6a3af858-942f-489d-9700-5f9bcdcdae9b", "Available"),
    ] {
        let chosen = json!({ "presenceDefinition": { "id": id } });
        let path = format!("/api/v2/users/{me}/presences/PURECLOUD");
        assert_eq!(client.json("PATCH", &path, &chosen).await.status, 200);
        for source in ["purecloud", "PURECLOUD"] {
            let seen = client.get(&format!("/api/v2/users/{me}/presences/{source}")).await.json();
            assert_eq!(seen["presenceDefinition"]["systemPresence"], name, "{source}");
        }
    }
}

#[tokio::test]
async fn a_client_without_a_permission_is_told_which() {
    use purecloud_emulator::{Client as OAuthClient, Grant};
    let platform = platform();
    let needy = platform
        .operations
        .iter()
        .find(|operation| operation.wire_name == "getAuthorizationRoles" && operation.permissions.is_some())
        .expect("an operation whose permissions are known");
    let weak = OAuthClient {
        secret: Some("s".to_owned()),
        grants: vec![Grant::ClientCredentials],
        permissions: Vec::new(),
        ..OAuthClient::new("weak", "Weak")
    };
    let emulator = builder().client(weak).start().await.unwrap();
    let mut client = Client::new(&emulator).await;
    let token =
        client.form("/token", "grant_type=client_credentials&client_id=weak&client_secret=s").await.json();
    client.set_token(token["access_token"].as_str().unwrap());
    let reply = client.get(&needy.path.text).await;
    assert_eq!(reply.status, 403);
    assert!(
        reply.json()["message"].as_str().unwrap().contains(&needy.permissions.as_ref().unwrap().names[0])
    );
}

#[tokio::test]
async fn a_search_is_followed_to_its_end() {
    let emulator = start().await;
    let mut client = Client::signed_in(&emulator).await;
    let body = json!({ "pageSize": 7, "sortBy": "name", "query": [{ "type": "EXACT", "fields": ["department"], "value": "Support" }] });
    let mut page = client.json("POST", "/api/v2/users/search", &body).await.json();
    let total = page["total"].as_u64().unwrap();
    let mut seen = Vec::new();
    loop {
        for user in page["results"].as_array().unwrap() {
            assert_eq!(user["department"], "Support");
            seen.push(user["name"].as_str().unwrap().to_owned());
        }
        let Some(next) = page["nextPage"].as_str() else { break };
        page = client.get(next).await.json();
    }
    assert_eq!(seen.len() as u64, total);
    assert_eq!(client.get("/api/v2/users/search?q64=nonsense").await.status, 400);
    assert!(total > 14 && seen.is_sorted_by_key(|name| name.to_lowercase()));
}
