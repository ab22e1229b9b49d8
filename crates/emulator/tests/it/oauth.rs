//! Every flow of the login host, and every way in which it refuses.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use purecloud_emulator::{Client as OAuthClient, Grant, Handle, ManualClock, Redirect, demo};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::client::{Client, Reply, builder, encode, start};

pub(crate) const CALLBACK: &str = "http://localhost:3000/callback";
const VERIFIER: &str = "0123456789-abcdefghijklmnopqrstuvwxyz_ABCDEFGHIJKLM";

fn challenge() -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(VERIFIER))
}

pub(crate) fn basic(id: &str, secret: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{id}:{secret}")))
}

pub(crate) async fn token(client: &mut Client, path: &str, authorization: &str, form: &str) -> Reply {
    let headers = [("authorization", authorization), ("content-type", "application/x-www-form-urlencoded")];
    client.send("POST", path, &headers, form.as_bytes()).await
}

/// The query of an authorize request, which is also what its form hands on.
pub(crate) fn wish(client: &str, response: &str, more: &str) -> String {
    format!("client_id={client}&redirect_uri={}&response_type={response}{more}", encode(CALLBACK))
}

/// Signs in through the page, as a browser would; the answer to the form.
pub(crate) async fn sign_in(client: &mut Client, wish: &str) -> Reply {
    let page = client.get(&format!("/oauth/authorize?{wish}")).await;
    assert_eq!(page.status, 200, "{}", page.text());
    let form = format!(
        "{}&username={}&password={}&decision=allow",
        hidden(&page.text()),
        encode(demo::USER),
        demo::PASSWORD
    );
    client.form("/oauth/authorize", &form).await
}

/// The hidden fields of a page, as a form would send them.
fn hidden(page: &str) -> String {
    let field = |input: &str, name: &str| {
        let value = input.split_once(&format!("{name}=\"")).unwrap().1.split_once('"').unwrap().0;
        value
            .replace("&amp;", "&")
            .replace("&lt;", "<")
            .replace("&gt;", ">")
            .replace("&quot;", "\"")
            .replace("&#39;", "'")
    };
    let inputs = page.split("<input type=\"hidden\"").skip(1);
    let pairs: Vec<String> =
        inputs.map(|input| format!("{}={}", field(input, "name"), encode(&field(input, "value")))).collect();
    pairs.join("&")
}

/// A value of the fragment or query that a redirect carries.
pub(crate) fn carried(reply: &Reply, separator: char, name: &str) -> String {
    let location = reply.header("location").expect("a redirect");
    let (_, fields) = location.split_once(separator).expect("fields in the redirect");
    form_urlencoded::parse(fields.as_bytes())
        .find(|(key, _)| key == name)
        .unwrap_or_else(|| panic!("no {name} in {location}"))
        .1
        .into_owned()
}

pub(crate) async fn works(emulator: &Handle, token: &str) -> bool {
    let mut client = Client::new(emulator).await;
    client.set_token(token);
    client.get("/api/v2/users/me").await.status == 200
}

#[tokio::test]
async fn client_credentials_give_a_token_on_both_paths() {
    let emulator = start().await;
    let mut client = Client::new(&emulator).await;
    for path in ["/oauth/token", "/token", "/login/oauth/token"] {
        let basic = basic(demo::CREDENTIALS_CLIENT, demo::SECRET);
        let reply = token(&mut client, path, &basic, "grant_type=client_credentials").await;
        assert_eq!(reply.status, 200);
        let body = reply.json();
        assert_eq!(body["token_type"], "bearer");
        assert_eq!(body["expires_in"], 86_399);
        assert!(body.get("refresh_token").is_none());
        assert!(works(&emulator, body["access_token"].as_str().unwrap()).await);
    }
}

#[tokio::test]
async fn wrong_clients_secrets_and_grants_are_told_apart() {
    let emulator = start().await;
    let mut client = Client::new(&emulator).await;
    let good = basic(demo::CREDENTIALS_CLIENT, demo::SECRET);
    let cases = [
        (
            basic("nobody", demo::SECRET),
            "grant_type=client_credentials",
            "invalid_client",
            "client not found",
        ),
        (
            basic(demo::CREDENTIALS_CLIENT, "wrong"),
            "grant_type=client_credentials",
            "invalid_client",
            "authentication failed",
        ),
        (
            basic(demo::CODE_CLIENT, demo::SECRET),
            "grant_type=client_credentials",
            "unauthorized_client",
            "the client is not allowed to use this grant type",
        ),
        (
            good.clone(),
            "grant_type=password",
            "unauthorized_client",
            "the client is not allowed to use this grant type",
        ),
        (good.clone(), "grant_type=banana", "unsupported_grant_type", "the grant type is not supported"),
        (good.clone(), "", "invalid_request", "grant_type is missing"),
        (
            good,
            "grant_type=refresh_token&refresh_token=x",
            "invalid_grant",
            "the refresh token is invalid, used or expired",
        ),
    ];
    for (authorization, form, error, description) in cases {
        let reply = token(&mut client, "/oauth/token", &authorization, form).await;
        assert_eq!(reply.status, 400);
        let body = reply.json();
        assert_eq!(body["error"], error, "{form}");
        assert_eq!(body["description"], description);
        assert_eq!(body["error_description"], description);
    }
    let public = format!("grant_type=client_credentials&client_id={}", demo::CREDENTIALS_CLIENT);
    assert_eq!(client.form("/oauth/token", &public).await.json()["error"], "invalid_client");
    assert_eq!(client.get("/oauth/token").await.status, 405);
}

#[tokio::test]
async fn the_implicit_grant_gives_a_token_in_the_fragment_and_the_state_back() {
    let emulator = start().await;
    for page in ["/oauth/authorize", "/authorize"] {
        let mut client = Client::new(&emulator).await;
        let state = "a b&c=d#e\"<";
        let wish = wish(demo::BROWSER_CLIENT, "token", &format!("&state={}", encode(state)));
        assert_eq!(client.get(&format!("{page}?{wish}")).await.status, 200);
        let reply = sign_in(&mut client, &wish).await;
        assert_eq!(reply.status, 303);
        assert!(reply.header("location").unwrap().starts_with(&format!("{CALLBACK}#access_token=")));
        assert_eq!(carried(&reply, '#', "state"), state);
        assert_eq!(carried(&reply, '#', "expires_in"), "86400");
        assert_eq!(carried(&reply, '#', "token_type"), "bearer");
        assert!(works(&emulator, &carried(&reply, '#', "access_token")).await);
    }
}

#[tokio::test]
async fn a_grant_that_is_not_the_client_s_is_refused_by_a_redirect_or_by_a_page() {
    let emulator = start().await;
    let mut client = Client::new(&emulator).await;
    let address = format!("/oauth/authorize?{}", wish(demo::CODE_CLIENT, "token", "&state=s"));
    assert_eq!(carried(&client.get(&address).await, '#', "error"), "unauthorized_client");
    for (setting, status) in [("true", 400), ("false", 302)] {
        let said = client
            .send("PUT", "/_emulator/login", &[], format!("{{\"refuseByPage\":{setting}}}").as_bytes())
            .await;
        assert_eq!(said.status, 204);
        let reply = client.get(&address).await;
        assert_eq!(reply.status, status);
        assert_eq!(reply.text().contains("may not use this login"), status == 400);
    }
    assert_eq!(client.send("PUT", "/_emulator/login", &[], b"{}").await.status, 400);
}

#[tokio::test]
async fn somebody_signed_in_is_asked_once_for_each_client_and_again_after_logging_out() {
    let emulator = start().await;
    let mut client = Client::new(&emulator).await;
    let implicit = wish(demo::BROWSER_CLIENT, "token", "");
    let reply = sign_in(&mut client, &implicit).await;
    let cookie = reply.header("set-cookie").unwrap().split(';').next().unwrap().to_owned();
    assert!(reply.header("set-cookie").unwrap().contains("HttpOnly"));
    let cookie = [("cookie", cookie.as_str())];
    let address = format!("/oauth/authorize?{implicit}");
    assert_eq!(client.send("GET", &address, &cookie, b"").await.status, 302);
    let again = client.send("GET", &format!("{address}&prompt=login"), &cookie, b"").await;
    assert!(again.text().contains("name=\"password\""));
    let other = client
        .send("GET", &format!("/oauth/authorize?{}", wish(demo::CODE_CLIENT, "code", "")), &cookie, b"")
        .await;
    assert_eq!(other.status, 200);
    assert!(other.text().contains("Ada Lovelace") && !other.text().contains("name=\"password\""));
    let form = [cookie[0], ("content-type", "application/x-www-form-urlencoded")];
    let body = format!("{}&decision=allow", hidden(&other.text()));
    let reply = client.send("POST", "/oauth/authorize", &form, body.as_bytes()).await;
    assert!(!carried(&reply, '?', "code").is_empty());
    let out = client
        .send(
            "GET",
            &format!("/logout?client_id={}&redirect_uri={}", demo::BROWSER_CLIENT, encode(CALLBACK)),
            &cookie,
            b"",
        )
        .await;
    assert_eq!(out.header("location"), Some(CALLBACK));
    assert_eq!(client.send("GET", &address, &cookie, b"").await.status, 200);
    let nowhere = client.get("/logout?redirect_uri=https%3A%2F%2Fevil.example").await;
    assert_eq!(nowhere.status, 200);
}

#[tokio::test]
async fn wrong_passwords_stay_on_the_page_and_refusing_goes_back() {
    let emulator = start().await;
    let mut client = Client::new(&emulator).await;
    let wish = wish(demo::BROWSER_CLIENT, "token", "&state=s");
    let wrong = client
        .form("/oauth/authorize", &format!("{wish}&username={}&password=wrong", encode(demo::USER)))
        .await;
    assert_eq!(wrong.status, 401);
    assert!(wrong.text().contains("wrong") && wrong.header("location").is_none());
    let denied = client.form("/oauth/authorize", &format!("{wish}&decision=deny")).await;
    assert_eq!(carried(&denied, '#', "error"), "access_denied");
    assert_eq!(carried(&denied, '#', "state"), "s");
}

#[tokio::test]
async fn nothing_goes_to_an_address_that_is_not_the_client_s() {
    let emulator = start().await;
    let mut client = Client::new(&emulator).await;
    for query in [
        "client_id=nobody&redirect_uri=http%3A%2F%2Flocalhost%2F&response_type=token".to_owned(),
        format!(
            "client_id={}&redirect_uri=https%3A%2F%2Fevil.example%2F&response_type=token",
            demo::BROWSER_CLIENT
        ),
        format!("client_id={}&response_type=token", demo::BROWSER_CLIENT),
        String::new(),
    ] {
        let reply = client.get(&format!("/oauth/authorize?{query}")).await;
        assert_eq!(reply.status, 400, "{query}");
        assert!(reply.header("location").is_none());
        assert!(reply.header("content-type").unwrap().starts_with("text/html"));
    }
}

#[tokio::test]
async fn wrong_wishes_go_back_with_their_error() {
    let bound = OAuthClient {
        grants: vec![Grant::Implicit],
        redirects: vec![Redirect::Loopback],
        scopes: vec!["users".to_owned()],
        ..OAuthClient::new("bound", "Bound")
    };
    let emulator = builder().client(bound).start().await.unwrap();
    let mut client = Client::new(&emulator).await;
    let cases = [
        (wish(demo::BROWSER_CLIENT, "banana", ""), '#', "unsupported_response_type"),
        (wish(demo::CODE_CLIENT, "token", ""), '#', "unauthorized_client"),
        (wish(demo::BROWSER_CLIENT, "code", ""), '?', "invalid_request"),
        (
            wish(demo::CODE_CLIENT, "code", "&code_challenge=x&code_challenge_method=plain"),
            '?',
            "invalid_request",
        ),
        (wish("bound", "token", "&scope=routing"), '#', "invalid_scope"),
    ];
    for (wish, separator, error) in cases {
        let reply = client.get(&format!("/oauth/authorize?{wish}")).await;
        assert_eq!(reply.status, 302, "{wish}");
        assert_eq!(carried(&reply, separator, "error"), error, "{wish}");
        assert!(!carried(&reply, separator, "error_description").is_empty());
    }
}

#[tokio::test]
async fn what_a_token_would_have_to_remember_is_bounded() {
    let emulator = start().await;
    let mut client = Client::new(&emulator).await;
    let basic = basic(demo::CREDENTIALS_CLIENT, demo::SECRET);
    let long = |count: usize| "a".repeat(count);
    let scope = format!("grant_type=client_credentials&scope={}", long(5_000));
    assert_eq!(token(&mut client, "/oauth/token", &basic, &scope).await.json()["error"], "invalid_scope");
    let wish = wish(demo::BROWSER_CLIENT, "token", &format!("&scope={}", long(5_000)));
    let reply = client.get(&format!("/oauth/authorize?{wish}")).await;
    assert_eq!(carried(&reply, '#', "error"), "invalid_scope");
    let address = format!("http://localhost/{}", long(2_048));
    let wish = format!("client_id={}&redirect_uri={address}&response_type=token", demo::BROWSER_CLIENT);
    let reply = client.get(&format!("/oauth/authorize?{wish}")).await;
    assert_eq!((reply.status, reply.header("location")), (400, None));
    assert!(reply.text().contains("2,048"));
    for path in ["/oauth/token", "/oauth/authorize"] {
        let reply = client.form(path, &long(64 * 1024 + 1)).await;
        assert_eq!((reply.status, reply.json()["code"].as_str()), (413, Some("payload.too.large")), "{path}");
    }
}

/// What a code of the client for servers is traded for, and the form that did it.
async fn traded(client: &mut Client) -> (Value, String) {
    let reply = sign_in(client, &wish(demo::CODE_CLIENT, "code", "")).await;
    let form = format!(
        "grant_type=authorization_code&code={}&redirect_uri={}",
        carried(&reply, '?', "code"),
        encode(CALLBACK)
    );
    let basic = basic(demo::CODE_CLIENT, demo::SECRET);
    (token(client, "/oauth/token", &basic, &form).await.json(), form)
}

#[tokio::test]
async fn a_code_that_is_traded_twice_revokes_what_it_gave() {
    let emulator = start().await;
    let mut client = Client::new(&emulator).await;
    let basic = basic(demo::CODE_CLIENT, demo::SECRET);
    let (given, form) = traded(&mut client).await;
    let access = given["access_token"].as_str().unwrap();
    assert!(works(&emulator, access).await);
    assert_eq!(token(&mut client, "/oauth/token", &basic, &form).await.json()["error"], "invalid_grant");
    assert!(!works(&emulator, access).await);
    let refresh =
        format!("grant_type=refresh_token&refresh_token={}", given["refresh_token"].as_str().unwrap());
    assert_eq!(token(&mut client, "/oauth/token", &basic, &refresh).await.json()["error"], "invalid_grant");
}

#[tokio::test]
async fn refresh_tokens_change_with_each_use_and_a_second_use_revokes_them_all() {
    let emulator = start().await;
    let mut client = Client::new(&emulator).await;
    let basic = basic(demo::CODE_CLIENT, demo::SECRET);
    let (first, _) = traded(&mut client).await;
    let form = |given: &Value| {
        format!("grant_type=refresh_token&refresh_token={}", given["refresh_token"].as_str().unwrap())
    };
    let second = token(&mut client, "/oauth/token", &basic, &form(&first)).await.json();
    let third = token(&mut client, "/oauth/token", &basic, &form(&second)).await.json();
    assert_ne!(third["refresh_token"], second["refresh_token"]);
    let tokens = [&first, &second, &third].map(|given| given["access_token"].as_str().unwrap());
    for access in tokens {
        assert!(works(&emulator, access).await);
    }
    assert_eq!(
        token(&mut client, "/oauth/token", &basic, &form(&first)).await.json()["error"],
        "invalid_grant"
    );
    for access in tokens {
        assert!(!works(&emulator, access).await);
    }
    assert_eq!(
        token(&mut client, "/oauth/token", &basic, &form(&third)).await.json()["error"],
        "invalid_grant"
    );
}

#[tokio::test]
async fn refreshing_takes_the_secret_of_the_client() {
    let emulator = start().await;
    let mut client = Client::new(&emulator).await;
    let (given, _) = traded(&mut client).await;
    let form = format!("grant_type=refresh_token&refresh_token={}", given["refresh_token"].as_str().unwrap());
    let public = format!("{form}&client_id={}", demo::CODE_CLIENT);
    let refused = client.form("/oauth/token", &public).await.json();
    assert_eq!(refused["description"], "authentication failed");
    let refused = token(&mut client, "/oauth/token", &basic(demo::CODE_CLIENT, "wrong"), &form).await.json();
    assert_eq!(refused["description"], "authentication failed");
    let basic = basic(demo::CODE_CLIENT, demo::SECRET);
    assert_eq!(token(&mut client, "/oauth/token", &basic, &form).await.status, 200, "it is not used up");
}

#[tokio::test]
async fn a_code_without_the_secret_of_its_client_gives_no_refresh_token() {
    let emulator = start().await;
    let mut client = Client::new(&emulator).await;
    let pkce = format!("&code_challenge={}&code_challenge_method=S256", challenge());
    let reply = sign_in(&mut client, &wish(demo::CODE_CLIENT, "code", &pkce)).await;
    let form = format!(
        "grant_type=authorization_code&client_id={}&code={}&redirect_uri={}&code_verifier={VERIFIER}",
        demo::CODE_CLIENT,
        carried(&reply, '?', "code"),
        encode(CALLBACK)
    );
    let given = client.form("/oauth/token", &form).await.json();
    assert!(works(&emulator, given["access_token"].as_str().unwrap()).await);
    assert!(given.get("refresh_token").is_none());
}

#[tokio::test]
async fn a_code_needs_its_redirect_address_and_its_verifier() {
    let emulator = start().await;
    let mut client = Client::new(&emulator).await;
    let pkce = format!("&code_challenge={}&code_challenge_method=S256", challenge());
    let public = |code: &str, redirect: &str, verifier: &str| {
        format!(
            "grant_type=authorization_code&client_id={}&code={code}&redirect_uri={}{verifier}",
            demo::BROWSER_CLIENT,
            encode(redirect)
        )
    };
    let good = format!("&code_verifier={VERIFIER}");
    let cases = [
        (CALLBACK, good.as_str(), 200),
        ("http://localhost:3000/other", good.as_str(), 400),
        (CALLBACK, "&code_verifier=0123456789-abcdefghijklmnopqrstuvwxyz_abcdefghijklm", 400),
        (CALLBACK, "", 400),
    ];
    for (redirect, verifier, status) in cases {
        let reply = sign_in(&mut client, &wish(demo::BROWSER_CLIENT, "code", &pkce)).await;
        let code = carried(&reply, '?', "code");
        let reply = client.form("/oauth/token", &public(&code, redirect, verifier)).await;
        assert_eq!(reply.status, status, "{redirect} {verifier}");
        if status == 200 {
            assert!(reply.json().get("refresh_token").is_none(), "a public client refreshes nothing");
        } else {
            assert_eq!(reply.json()["error"], "invalid_grant");
        }
    }
}

#[tokio::test]
async fn an_assertion_is_traded_for_a_token_of_the_user_it_is_about() {
    let emulator = start().await;
    let mut client = Client::new(&emulator).await;
    let basic = basic(demo::CREDENTIALS_CLIENT, demo::SECRET);
    let form = |organization: &str, assertion: &str| {
        format!(
            "grant_type={}&orgName={}&assertion={assertion}",
            encode("urn:ietf:params:oauth:grant-type:saml2-bearer"),
            encode(organization)
        )
    };
    let good = token(&mut client, "/oauth/token", &basic, &form(demo::ORGANIZATION, demo::ASSERTION)).await;
    assert!(works(&emulator, good.json()["access_token"].as_str().unwrap()).await);
    let bad = token(&mut client, "/oauth/token", &basic, &form(demo::ORGANIZATION, "forged")).await;
    assert_eq!(bad.json()["error"], "invalid_grant");
    let bad = token(&mut client, "/oauth/token", &basic, &form("Elsewhere", demo::ASSERTION)).await;
    assert_eq!(bad.json()["error"], "invalid_request");
}

#[tokio::test]
async fn tokens_expire_and_are_revoked() {
    let clock = Arc::new(ManualClock::new(SystemTime::UNIX_EPOCH + Duration::from_hours(24 * 20_000)));
    let emulator = builder().clock(Arc::clone(&clock) as Arc<_>).start().await.unwrap();
    let mut client = Client::signed_in(&emulator).await;
    let info = client.get("/api/v2/tokens/me").await.json();
    assert_eq!(info["OAuthClient"]["id"], demo::CREDENTIALS_CLIENT);
    assert_eq!(info["organization"]["name"], demo::ORGANIZATION);
    assert_eq!(client.send("HEAD", "/api/v2/tokens/me", &[], b"").await.status, 204);
    clock.advance(Duration::from_hours(24));
    let reply = client.get("/api/v2/users/me").await;
    assert_eq!((reply.status, reply.json()["code"].as_str()), (401, Some("credentials.expired")));

    let mut client = Client::signed_in(&emulator).await;
    assert_eq!(client.send("DELETE", "/api/v2/tokens/me", &[], b"").await.status, 200);
    let reply = client.send("DELETE", "/api/v2/tokens/me", &[], b"").await;
    assert_eq!((reply.status, reply.json()["code"].as_str()), (401, Some("bad.credentials")));
}

#[tokio::test]
async fn client_credentials_that_act_for_nobody_have_no_me() {
    let nobody = OAuthClient {
        secret: Some("s".to_owned()),
        grants: vec![Grant::ClientCredentials],
        ..OAuthClient::new("nobody", "Nobody")
    };
    let emulator = builder().client(nobody).start().await.unwrap();
    let mut client = Client::new(&emulator).await;
    let reply =
        token(&mut client, "/oauth/token", &basic("nobody", "s"), "grant_type=client_credentials").await;
    client.set_token(reply.json()["access_token"].as_str().unwrap());
    let reply = client.get("/api/v2/users/me").await;
    assert_eq!(reply.status, 400);
    assert!(reply.json()["message"].as_str().unwrap().contains("user context"));
}
