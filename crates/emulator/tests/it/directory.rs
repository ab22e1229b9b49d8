//! The seeded organisation: what there is, who belongs where, and who may do what.

use serde_json::{Value, json};

use crate::client::{Client, builder, encode, start};

async fn me(client: &mut Client) -> String {
    client.get("/api/v2/users/me").await.json()["id"].as_str().unwrap().to_owned()
}

fn names(page: &Value) -> Vec<&str> {
    page["entities"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn there_is_an_organisation_from_the_start() {
    let emulator = builder().settings(|settings| settings.users = 1_000).start().await.unwrap();
    let mut client = Client::signed_in(&emulator).await;
    for (path, fewest) in [
        ("/api/v2/users", 1_000),
        ("/api/v2/authorization/divisions", 4),
        ("/api/v2/authorization/roles", 12),
        ("/api/v2/routing/queues", 16),
        ("/api/v2/routing/queues/divisionviews/all", 16),
        ("/api/v2/routing/skills", 8),
        ("/api/v2/routing/languages", 6),
        ("/api/v2/routing/wrapupcodes", 6),
        ("/api/v2/presence/definitions", 9),
        ("/api/v2/presencedefinitions", 9),
        ("/api/v2/stations", 50),
        ("/api/v2/externalcontacts/contacts", 100),
        ("/api/v2/oauth/clients", 3),
        ("/api/v2/groups", 8),
        ("/api/v2/locations", 5),
        ("/api/v2/teams", 4),
    ] {
        let page = client.get(&format!("{path}?pageSize=100")).await.json();
        let count = page["entities"].as_array().unwrap().len();
        let total = page["total"].as_u64().unwrap_or(count as u64);
        assert!(total >= fewest, "{path}: {total}");
        let first = &page["entities"][0];
        assert!(first["id"].is_string() && first["selfUri"].is_string(), "{path}: {first}");
        if !path.contains("divisionviews") {
            let own = client.get(first["selfUri"].as_str().unwrap()).await;
            assert_eq!((own.status, own.json()["id"].clone()), (200, first["id"].clone()), "{path}");
        }
    }
}

#[tokio::test]
async fn groups_and_teams_have_members_who_come_and_go() {
    let emulator = start().await;
    let mut client = Client::signed_in(&emulator).await;
    let me = me(&mut client).await;
    for (path, parameter, added) in [("/api/v2/groups", "ids", 202), ("/api/v2/teams", "id", 200)] {
        let all = client.get(&format!("{path}?pageSize=100")).await.json();
        let one = all["entities"].as_array().unwrap().last().unwrap().clone();
        let uri = one["selfUri"].as_str().unwrap();
        let members = format!("{uri}/members");
        assert_eq!(
            client.get(&format!("{members}?pageSize=100")).await.json()["entities"].as_array().unwrap().len(),
            12
        );
        client.send("DELETE", &format!("{members}?{parameter}={me}"), &[], b"").await;
        let before = client.get(uri).await.json()["memberCount"].as_u64().unwrap();
        assert_eq!(client.json("POST", &members, &json!({ "memberIds": [me] })).await.status, added);
        assert_eq!(client.get(uri).await.json()["memberCount"].as_u64().unwrap(), before + 1);
        let listed = client.get(&format!("{members}?pageSize=100")).await.json();
        assert!(names(&listed).contains(&"Ada Lovelace"));
        assert_eq!(client.json("POST", &members, &json!({ "memberIds": ["nobody"] })).await.status, 400);
    }
}

#[tokio::test]
async fn a_user_joins_and_leaves_their_queues() {
    let emulator = start().await;
    let mut client = Client::signed_in(&emulator).await;
    let me = me(&mut client).await;
    let mine = client.get("/api/v2/routing/queues/me?pageSize=100").await.json();
    let all = mine["total"].as_u64().unwrap();
    assert!(all > 0 && mine["entities"].as_array().unwrap().iter().all(|queue| queue["joined"] == true));
    let queue = mine["entities"][0]["id"].as_str().unwrap().to_owned();
    let path = format!("/api/v2/users/{me}/queues");
    let left = client.json("PATCH", &format!("{path}/{queue}"), &json!({ "joined": false })).await.json();
    assert_eq!((&left["id"], &left["joined"]), (&json!(queue), &json!(false)));
    assert_eq!(client.get(&format!("{path}?joined=true")).await.json()["total"].as_u64(), Some(all - 1));
    assert_eq!(client.get(&format!("{path}?joined=false")).await.json()["entities"][0]["id"], queue.as_str());
    let member = format!("/api/v2/routing/queues/{queue}/members/{me}");
    assert!(
        (200..300)
            .contains(&client.json("PATCH", &member, &json!({ "id": me, "joined": true })).await.status)
    );
    assert_eq!(client.get(&format!("{path}?joined=true")).await.json()["total"].as_u64(), Some(all));
    let several = json!([{ "id": queue, "joined": false }]);
    client.json("PATCH", &path, &several).await;
    assert_eq!(client.get(&format!("{path}?joined=true")).await.json()["total"].as_u64(), Some(all - 1));
    assert_eq!(client.json("PATCH", &format!("{path}/none"), &json!({ "joined": true })).await.status, 404);
}

#[tokio::test]
async fn roles_are_granted_in_divisions_and_taken_away() {
    let emulator = start().await;
    let mut client = Client::signed_in(&emulator).await;
    let me = me(&mut client).await;
    let own = client.get("/api/v2/authorization/subjects/me").await.json();
    let held = |subject: &Value| -> Vec<String> {
        let grants = subject["grants"].as_array().unwrap().iter();
        grants
            .map(|grant| {
                format!(
                    "{}/{}",
                    grant["role"]["name"].as_str().unwrap(),
                    grant["division"]["name"].as_str().unwrap()
                )
            })
            .collect()
    };
    assert_eq!(held(&own), ["employee/Home", "admin/Home"]);
    let id = |page: &Value, name: &str| {
        let all = page["entities"].as_array().unwrap();
        all.iter().find(|one| one["name"] == name).unwrap()["id"].as_str().unwrap().to_owned()
    };
    let roles = client.get("/api/v2/authorization/roles?pageSize=100").await.json();
    let divisions = client.get("/api/v2/authorization/divisions").await.json();
    let (developer, europe) = (id(&roles, "developer"), id(&divisions, "Europe"));
    let subject = format!("/api/v2/authorization/subjects/{me}");
    let grant = format!("{subject}/divisions/{europe}/roles/{developer}");
    assert!((200..300).contains(&client.send("POST", &grant, &[], b"").await.status));
    assert!(held(&client.get(&subject).await.json()).contains(&"developer/Europe".to_owned()));
    let users = client.get(&format!("/api/v2/authorization/roles/{developer}/users")).await.json();
    assert_eq!(
        users["entities"].as_array().unwrap().iter().map(|user| &user["id"]).collect::<Vec<_>>(),
        [&json!(me)]
    );
    assert!((200..300).contains(&client.send("DELETE", &grant, &[], b"").await.status));
    assert!(!held(&client.get(&subject).await.json()).contains(&"developer/Europe".to_owned()));
    let none = format!("{subject}/divisions/{europe}/roles/none");
    assert_eq!(client.send("POST", &none, &[], b"").await.status, 404);
    let put = client.json("PUT", &format!("/api/v2/users/{me}/roles"), &json!([developer])).await.json();
    assert_eq!(put["roles"][0]["name"], "developer");
    assert_eq!(held(&client.get(&subject).await.json()), ["developer/Home"]);
}

#[tokio::test]
async fn every_collection_with_a_search_is_searched() {
    let emulator = start().await;
    let mut client = Client::signed_in(&emulator).await;
    let query =
        |name: &str| json!({ "query": [{ "type": "STARTS_WITH", "fields": ["name"], "value": name }] });
    for (path, name) in [("groups", "Night"), ("locations", "Berl"), ("teams", "Team N")] {
        let found = client.json("POST", &format!("/api/v2/{path}/search"), &query(name)).await.json();
        assert_eq!(found["total"], 1, "{path}: {found}");
        assert!(found["results"][0]["name"].as_str().unwrap().starts_with(name));
    }
    let body = json!({ "types": ["users", "groups"], "pageSize": 5, "sort": [{ "sortBy": "name", "sortOrder": "DESC" }] });
    let mut page = client.json("POST", "/api/v2/search", &body).await.json();
    assert_eq!((&page["total"], &page["types"]), (&json!(68), &json!(["users", "groups"])));
    let mut seen = Vec::new();
    loop {
        let found = page["results"].as_array().unwrap();
        seen.extend(
            found.iter().map(|one| (one["name"].as_str().unwrap().to_lowercase(), one["_type"].clone())),
        );
        let Some(next) = page["nextPage"].as_str() else { break };
        page = client.get(next).await.json();
    }
    assert_eq!(seen.len(), 68);
    assert!(seen.is_sorted_by(|one, other| one.0 >= other.0));
    assert!(seen.iter().any(|(_, kind)| kind == "groups"));
    let body = json!({ "expand": ["routingStatus"], "query": [{ "type": "EXACT", "fields": ["name"], "value": "Ada Lovelace" }] });
    let found = client.json("POST", "/api/v2/users/search", &body).await.json();
    assert_eq!(found["results"][0]["routingStatus"]["status"], "OFF_QUEUE");
}

#[tokio::test]
async fn what_is_known_of_a_user_shows_when_it_is_asked_for() {
    let emulator = start().await;
    let mut client = Client::signed_in(&emulator).await;
    let expand =
        "authorization,groups,team,conversationSummary,lasttokenissued,orgauthorization,date,station";
    let me = client.get(&format!("/api/v2/users/me?expand={expand}")).await.json();
    assert_eq!(me["authorization"]["roles"][1]["name"], "admin");
    assert_eq!(me["orgAuthorization"][0]["name"], "employee");
    assert_eq!(me["conversationSummary"]["call"]["contactCenter"], json!({ "active": 0, "acw": 0 }));
    assert!(me["lastTokenIssued"].is_object() && me["date"]["currentDate"].is_string());
    let groups = me["groups"].as_array().unwrap();
    let members = client.get(&format!("{}/members", groups[0]["selfUri"].as_str().unwrap())).await.json();
    assert!(names(&members).contains(&"Ada Lovelace"));
    assert_eq!(client.get("/api/v2/users/me?expand=nothing").await.status, 400);
}

#[tokio::test]
async fn scim_groups_are_the_groups_of_the_organisation() {
    let emulator = start().await;
    let mut client = Client::signed_in(&emulator).await;
    let groups = client.get("/api/v2/groups").await.json();
    let group = groups["entities"][0].clone();
    let id = group["id"].as_str().unwrap();
    let users = client.get("/api/v2/users?pageSize=60").await.json();
    let members = client.get(&format!("/api/v2/groups/{id}/members")).await.json();
    let is_member =
        |user: &&Value| members["entities"].as_array().unwrap().iter().any(|one| one["id"] == user["id"]);
    let new =
        users["entities"].as_array().unwrap().iter().find(|user| !is_member(user)).unwrap()["id"].clone();

    for scim in ["/api/v2/scim/groups", "/api/v2/scim/v2/groups"] {
        // The second path requires a filter.
        let listed = client.get(&format!("{scim}?filter={}", encode("id pr"))).await.json();
        assert_eq!(listed["totalResults"], groups["total"]);
        let filter = encode(&format!("displayName eq \"{}\"", group["name"].as_str().unwrap()));
        let found = client.get(&format!("{scim}?filter={filter}")).await.json();
        let shown = &found["Resources"][0];
        assert_eq!((&found["totalResults"], &shown["id"]), (&json!(1), &group["id"]));
        assert_eq!(shown["members"].as_array().unwrap().len() as u64, members["total"].as_u64().unwrap());

        let path = format!("{scim}/{id}");
        assert!(client.get(&path).await.header("etag").is_some());
        let add = json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
            "Operations": [
                { "op": "add", "path": "members", "value": [{ "value": new }] },
                { "op": "replace", "value": { "displayName": "Early Shift" } },
            ],
        });
        let reply = client.json("PATCH", &path, &add).await;
        assert_eq!(reply.status, 200, "{}", reply.text());
        let own = client.get(&format!("/api/v2/groups/{id}")).await.json();
        let count = members["total"].as_u64().unwrap() + 1;
        assert_eq!((&own["name"], own["memberCount"].as_u64()), (&json!("Early Shift"), Some(count)));

        let whole = json!({ "displayName": group["name"], "members": shown["members"] });
        assert_eq!(client.json("PUT", &path, &whole).await.status, 200);
        let again = client.get(&format!("/api/v2/groups/{id}/members")).await.json();
        assert_eq!(again["total"], members["total"]);
        let nobody = json!({ "displayName": "x", "members": [{ "value": "nobody" }] });
        assert_eq!(client.json("PUT", &path, &nobody).await.status, 400);
        assert_eq!(client.get(&format!("{scim}/nothing")).await.status, 404);
        assert_eq!(client.json("PUT", &format!("{scim}/nothing"), &whole).await.status, 404);
    }
}
