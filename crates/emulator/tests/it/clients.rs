//! OAuth clients that are created through the API sign in, and stop when they are told to.

use purecloud_emulator::{Handle, demo};
use serde_json::{Value, json};

use crate::client::{Client, builder, encode, start};
use crate::oauth::{CALLBACK, basic, carried, sign_in, token, wish, works};

const CLIENTS: &str = "/api/v2/oauth/clients";

/// A body for a client of this grant, with more said of it.
fn body(grant: &str, more: &Value) -> Value {
    let mut body =
        json!({ "name": "Parcels", "authorizedGrantType": grant, "registeredRedirectUri": [CALLBACK] });
    for (name, value) in more.as_object().unwrap() {
        body[name] = value.clone();
    }
    body
}

/// Creates a client and gives back what the platform says of it.
async fn create(admin: &mut Client, grant: &str, more: Value) -> Value {
    let reply = admin.json("POST", CLIENTS, &body(grant, &more)).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    reply.json()
}

/// The header by which a client shows who it is.
fn proof(client: &Value) -> String {
    basic(client["id"].as_str().unwrap(), client["secret"].as_str().unwrap())
}

/// Asks for a token with the client's own credentials; the answer.
async fn credentials(emulator: &Handle, client: &Value) -> Value {
    let mut asking = Client::new(emulator).await;
    token(&mut asking, "/oauth/token", &proof(client), "grant_type=client_credentials").await.json()
}

fn access(answer: &Value) -> &str {
    answer["access_token"].as_str().unwrap_or_else(|| panic!("{answer}"))
}

/// The status of a request with a token.
async fn status(emulator: &Handle, access: &str, path: &str) -> u16 {
    let mut client = Client::new(emulator).await;
    client.set_token(access);
    client.get(path).await.status
}

async fn role(admin: &mut Client, name: &str) -> String {
    let roles = admin.get("/api/v2/authorization/roles").await.json();
    let roles = roles["entities"].as_array().unwrap();
    roles.iter().find(|role| role["name"] == name).unwrap()["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_client_signs_in_by_the_grant_that_it_was_created_with_and_by_no_other() {
    let emulator = start().await;
    let mut admin = Client::signed_in(&emulator).await;
    let person = format!("&username={}&password={}", encode(demo::USER), demo::PASSWORD);
    let assertion = format!("&orgName={}&assertion={}", encode(demo::ORGANIZATION), demo::ASSERTION);
    let forms = [
        ("CLIENT-CREDENTIALS", "grant_type=client_credentials".to_owned()),
        ("PASSWORD", format!("grant_type=password{person}")),
        (
            "SAML2-BEARER",
            format!("grant_type={}{assertion}", encode("urn:ietf:params:oauth:grant-type:saml2-bearer")),
        ),
    ];
    for grant in ["CLIENT-CREDENTIALS", "PASSWORD", "SAML2-BEARER", "CODE", "TOKEN"] {
        let client = create(&mut admin, grant, json!({})).await;
        assert_eq!(client["secret"].is_string(), grant != "TOKEN", "{client}");
        assert_eq!(
            (&client["state"], &client["accessTokenValiditySeconds"]),
            (&json!("active"), &json!(86_400))
        );
        let id = client["id"].as_str().unwrap();
        let mut asking = Client::new(&emulator).await;
        for (own, form) in &forms {
            if grant == "TOKEN" {
                continue;
            }
            let reply = token(&mut asking, "/oauth/token", &proof(&client), form).await;
            if *own != grant {
                assert_eq!(reply.json()["error"], "unauthorized_client", "{own} for {grant}");
                continue;
            }
            let info = {
                let mut signed_in = Client::new(&emulator).await;
                signed_in.set_token(access(&reply.json()));
                signed_in.get("/api/v2/tokens/me").await.json()
            };
            assert_eq!(
                (&info["OAuthClient"]["id"], &info["OAuthClient"]["name"]),
                (&client["id"], &json!("Parcels"))
            );
        }
        for (own, response) in [("CODE", "code"), ("TOKEN", "token")] {
            let wish = wish(id, response, "");
            if own != grant {
                let reply = asking.get(&format!("/oauth/authorize?{wish}")).await;
                let separator = if response == "code" { '?' } else { '#' };
                assert_eq!(carried(&reply, separator, "error"), "unauthorized_client", "{own} for {grant}");
                continue;
            }
            let reply = sign_in(&mut asking, &wish).await;
            let access_token = if own == "TOKEN" {
                carried(&reply, '#', "access_token")
            } else {
                let code = carried(&reply, '?', "code");
                let form =
                    format!("grant_type=authorization_code&code={code}&redirect_uri={}", encode(CALLBACK));
                access(&token(&mut asking, "/oauth/token", &proof(&client), &form).await.json()).to_owned()
            };
            assert!(works(&emulator, &access_token).await);
        }
    }
}

#[tokio::test]
async fn credentials_of_a_program_have_no_me() {
    let emulator = start().await;
    let mut admin = Client::signed_in(&emulator).await;
    let client = create(&mut admin, "CLIENT-CREDENTIALS", json!({})).await;
    admin.set_token(access(&credentials(&emulator, &client).await));
    let reply = admin.get("/api/v2/users/me").await;
    assert_eq!((reply.status, reply.json()["code"].as_str()), (400, Some("not.a.user")));
}

#[tokio::test]
async fn what_is_said_of_a_client_holds_until_something_else_is_said() {
    let emulator = start().await;
    let mut admin = Client::signed_in(&emulator).await;
    let said = json!({ "scope": ["users"], "accessTokenValiditySeconds": 600 });
    let client = create(&mut admin, "TOKEN", said).await;
    let (id, own) = (client["id"].as_str().unwrap(), client["selfUri"].as_str().unwrap());
    let mut asking = Client::new(&emulator).await;

    let good = sign_in(&mut asking, &wish(id, "token", "&scope=users")).await;
    assert_eq!(carried(&good, '#', "expires_in"), "600");
    let access = carried(&good, '#', "access_token");
    let beyond = asking.get(&format!("/oauth/authorize?{}", wish(id, "token", "&scope=routing"))).await;
    assert_eq!(carried(&beyond, '#', "error"), "invalid_scope");

    let elsewhere = "https://parcels.example.com/cb";
    let moved = body("TOKEN", &json!({ "registeredRedirectUri": [elsewhere], "name": "Letters" }));
    let reply = admin.json("PUT", own, &moved).await.json();
    assert_eq!(
        (&reply["name"], &reply["scope"]),
        (&json!("Letters"), &json!([])),
        "what is left out is as usual"
    );
    let old = asking.get(&format!("/oauth/authorize?{}", wish(id, "token", ""))).await;
    assert_eq!((old.status, old.header("location")), (400, None));
    let target = format!("client_id={id}&redirect_uri={}&response_type=token", encode(elsewhere));
    assert!(asking.get(&format!("/oauth/authorize?{target}")).await.text().contains("Letters"));

    for (state, expect) in [("inactive", 401), ("disabled", 401), ("active", 200)] {
        let reply = admin.json("PUT", own, &body("TOKEN", &json!({ "state": state }))).await;
        assert_eq!(reply.json()["state"], state);
        assert_eq!(status(&emulator, &access, "/api/v2/users/me").await, expect, "{state}");
        let page = asking.get(&format!("/oauth/authorize?{}", wish(id, "token", ""))).await;
        assert_eq!(page.status, if expect == 200 { 200 } else { 400 }, "{state}");
    }
}

#[tokio::test]
async fn a_client_that_is_switched_off_gets_no_token() {
    let emulator = start().await;
    let mut admin = Client::signed_in(&emulator).await;
    let client = create(&mut admin, "CLIENT-CREDENTIALS", json!({ "state": "inactive" })).await;
    let refused = credentials(&emulator, &client).await;
    assert_eq!(
        (&refused["error"], &refused["description"]),
        (&json!("invalid_client"), &json!("client is not active"))
    );
}

#[tokio::test]
async fn a_secret_is_shown_once_and_a_new_one_makes_it_worthless() {
    let emulator = start().await;
    let mut admin = Client::signed_in(&emulator).await;
    let client = create(&mut admin, "CLIENT-CREDENTIALS", json!({})).await;
    let own = client["selfUri"].as_str().unwrap();
    assert!(admin.get(own).await.json().get("secret").is_none());
    let listed = admin.get(CLIENTS).await.json();
    let listed = listed["entities"].as_array().unwrap();
    assert!(listed.iter().any(|one| one["id"] == client["id"]) && listed.len() == 4);
    assert!(listed.iter().all(|one| one.get("secret").is_none()), "{listed:?}");

    let before = credentials(&emulator, &client).await;
    let renewed = admin.send("POST", &format!("{own}/secret"), &[], b"").await.json();
    assert_ne!(renewed["secret"], client["secret"]);
    assert_eq!(credentials(&emulator, &client).await["description"], "authentication failed");
    assert_eq!(
        status(&emulator, access(&credentials(&emulator, &renewed).await), "/api/v2/tokens/me").await,
        200
    );
    assert_eq!(
        status(&emulator, access(&before), "/api/v2/tokens/me").await,
        200,
        "what was given out stays"
    );

    let kept = admin.json("PUT", own, &body("CLIENT-CREDENTIALS", &json!({}))).await.json();
    assert!(kept.get("secret").is_none());
    assert!(
        credentials(&emulator, &renewed).await.get("access_token").is_some(),
        "a change keeps the secret"
    );
    admin.json("PUT", own, &body("TOKEN", &json!({}))).await;
    let reply = admin.send("POST", &format!("{own}/secret"), &[], b"").await;
    assert_eq!(reply.status, 400, "this grant has none");
    let again = admin.json("PUT", own, &body("CODE", &json!({}))).await.json();
    assert!(again["secret"].is_string() && again["secret"] != renewed["secret"], "{again}");
}

#[tokio::test]
async fn a_client_that_is_removed_takes_along_what_it_was_given() {
    let emulator = start().await;
    let mut admin = Client::signed_in(&emulator).await;
    let client = create(&mut admin, "CODE", json!({})).await;
    let (id, own) = (client["id"].as_str().unwrap(), client["selfUri"].as_str().unwrap());
    let mut asking = Client::new(&emulator).await;
    let redeem = |reply: &crate::client::Reply| {
        let code = carried(reply, '?', "code");
        format!("grant_type=authorization_code&code={code}&redirect_uri={}", encode(CALLBACK))
    };
    let first = redeem(&sign_in(&mut asking, &wish(id, "code", "")).await);
    let given = token(&mut asking, "/oauth/token", &proof(&client), &first).await.json();
    let code = redeem(&sign_in(&mut asking, &wish(id, "code", "")).await);
    let mut signed_in = Client::new(&emulator).await;
    signed_in.set_token(access(&given));
    assert_eq!(signed_in.json("POST", "/api/v2/notifications/channels", &json!({})).await.status, 200);

    assert!(admin.send("DELETE", own, &[], b"").await.status < 300);
    assert_eq!(admin.get(own).await.status, 404);
    let reply = signed_in.get("/api/v2/users/me").await;
    assert_eq!((reply.status, reply.json()["code"].as_str()), (401, Some("bad.credentials")));
    let refresh =
        format!("grant_type=refresh_token&refresh_token={}", given["refresh_token"].as_str().unwrap());
    for form in [&refresh, &code] {
        let refused = token(&mut asking, "/oauth/token", &proof(&client), form).await.json();
        assert_eq!(refused["description"], "client not found", "{form}");
    }
    assert_eq!(asking.get(&format!("/oauth/authorize?{}", wish(id, "code", ""))).await.status, 400);

    let own = format!("{CLIENTS}/{}", demo::CREDENTIALS_CLIENT);
    assert!(admin.send("DELETE", &own, &[], b"").await.status < 300);
    assert_eq!(admin.get(CLIENTS).await.status, 401, "who removes its own client is gone too");
    assert_eq!(asking.send("POST", "/_emulator/reset", &[], b"").await.status, 204);
    assert!(works(&emulator, Client::signed_in(&emulator).await.token()).await, "a reset brings it back");
}

#[tokio::test]
async fn a_program_may_do_what_its_roles_may() {
    const NEEDY: &str = "/api/v2/authorization/roles";
    let emulator = start().await;
    let mut admin = Client::signed_in(&emulator).await;
    let everything = role(&mut admin, "admin").await;
    let little = role(&mut admin, "user").await;
    let reader = json!({
        "name": "reader",
        "permissionPolicies": [{ "domain": "authorization", "entityName": "role", "actionSet": ["view"] }],
    });
    let reader = admin.json("POST", NEEDY, &reader).await.json()["id"].clone();
    let cases = [
        (json!({}), 403),
        (json!({ "roleIds": [little] }), 403),
        (json!({ "roleIds": [little, everything] }), 200),
        (json!({ "roleDivisions": [{ "roleId": everything, "divisionId": "*" }] }), 200),
        (json!({ "roleIds": [reader] }), 200),
    ];
    for (roles, expect) in cases {
        let client = create(&mut admin, "CLIENT-CREDENTIALS", roles.clone()).await;
        let given = credentials(&emulator, &client).await;
        assert_eq!(status(&emulator, access(&given), NEEDY).await, expect, "{roles}");
    }
    let client = create(&mut admin, "CLIENT-CREDENTIALS", json!({ "roleIds": [everything] })).await;
    let given = credentials(&emulator, &client).await;
    admin.json("PUT", client["selfUri"].as_str().unwrap(), &body("CLIENT-CREDENTIALS", &json!({}))).await;
    assert_eq!(
        status(&emulator, access(&given), NEEDY).await,
        403,
        "tokens that are there may no more either"
    );
}

#[tokio::test]
async fn what_a_client_cannot_be_is_refused_with_its_field() {
    let emulator = start().await;
    let mut admin = Client::signed_in(&emulator).await;
    let own = create(&mut admin, "CODE", json!({})).await["selfUri"].as_str().unwrap().to_owned();
    let cases = [
        (json!({ "accessTokenValiditySeconds": 299 }), "accessTokenValiditySeconds"),
        (json!({ "accessTokenValiditySeconds": 172_801 }), "accessTokenValiditySeconds"),
        (json!({ "registeredRedirectUri": ["/callback"] }), "registeredRedirectUri"),
        (json!({ "registeredRedirectUri": ["https://a.example/#here"] }), "registeredRedirectUri"),
        (json!({ "roleIds": ["nobody's"] }), "roleIds"),
        (json!({ "roleDivisions": [{ "roleId": "nobody's", "divisionId": "*" }] }), "roleIds"),
        (json!({ "authorizedGrantType": "BANANA" }), "authorizedGrantType"),
        (json!({ "scope": ["a".repeat(5_000)] }), "scope"),
        (
            json!({ "registeredRedirectUri": [format!("https://a.example/{}", "a".repeat(2_048))] }),
            "registeredRedirectUri",
        ),
    ];
    for (wrong, field) in cases {
        for (method, path) in [("POST", CLIENTS), ("PUT", own.as_str())] {
            let reply = admin.json(method, path, &body("CODE", &wrong)).await;
            assert_eq!(reply.status, 400, "{method} {wrong}");
            let named = reply.json()["details"][0]["fieldName"].as_str().unwrap_or_default().to_owned();
            assert!(named.ends_with(field), "{method} {wrong}: {}", reply.text());
        }
    }
    for (method, path) in [("GET", ""), ("PUT", ""), ("DELETE", ""), ("POST", "/secret")] {
        let body = if method == "PUT" { body("CODE", &json!({})).to_string() } else { String::new() };
        let headers = [("content-type", "application/json")];
        let reply = admin.send(method, &format!("{CLIENTS}/nobody{path}"), &headers, body.as_bytes()).await;
        assert_eq!(reply.status, 404, "{method} {path}");
    }
}

#[tokio::test]
async fn clients_are_written_out_and_read_again_with_their_secrets() {
    let emulator = start().await;
    let mut admin = Client::signed_in(&emulator).await;
    let client = create(&mut admin, "CLIENT-CREDENTIALS", json!({})).await;
    let written = admin.get("/_emulator/data").await;
    let again = builder().data(written.text()).start().await.unwrap();
    assert_eq!(status(&again, access(&credentials(&again, &client).await), "/api/v2/tokens/me").await, 200);
    let mut page = Client::new(&again).await;
    let reply = sign_in(&mut page, &wish(demo::BROWSER_CLIENT, "token", "")).await;
    assert!(
        works(&again, &carried(&reply, '#', "access_token")).await,
        "the usual ones are there as they were"
    );

    let own = json!({ CLIENTS: [{ "id": "mine", "name": "Mine", "authorizedGrantType": "CLIENT-CREDENTIALS", "secret": "s" }] });
    let emulator = builder().data(own.to_string()).start().await.unwrap();
    let given = credentials(&emulator, &json!({ "id": "mine", "secret": "s" })).await;
    assert_eq!(status(&emulator, access(&given), "/api/v2/tokens/me").await, 200);
    let mut admin = Client::signed_in(&emulator).await;
    assert_eq!(admin.get(CLIENTS).await.json()["total"], 4);
}

#[cfg(feature = "sqlite")]
#[tokio::test]
async fn clients_survive_a_restart_as_they_were_left() {
    let directory = tempfile::tempdir().unwrap();
    let start = async || builder().data_dir(directory.path()).start().await.unwrap();
    let emulator = start().await;
    let mut admin = Client::signed_in(&emulator).await;
    let client = create(&mut admin, "CLIENT-CREDENTIALS", json!({})).await;
    let given = credentials(&emulator, &client).await;
    let gone = format!("{CLIENTS}/{}", demo::BROWSER_CLIENT);
    admin.send("DELETE", &gone, &[], b"").await;
    let own = client["selfUri"].as_str().unwrap();
    let renewed = admin.send("POST", &format!("{own}/secret"), &[], b"").await.json();
    emulator.stop().await;

    let emulator = start().await;
    assert_eq!(status(&emulator, access(&given), "/api/v2/tokens/me").await, 200);
    assert_eq!(credentials(&emulator, &client).await["description"], "authentication failed");
    assert!(credentials(&emulator, &renewed).await["access_token"].is_string());
    let mut admin = Client::signed_in(&emulator).await;
    assert_eq!(admin.get(&gone).await.status, 404, "what was removed stays so");
    assert_eq!(admin.send("POST", "/_emulator/reset", &[], b"").await.status, 204);
    emulator.stop().await;

    let emulator = start().await;
    let mut admin = Client::signed_in(&emulator).await;
    assert_eq!((admin.get(&gone).await.status, admin.get(own).await.status), (200, 404));
}
