//! The whole way to an emulated platform: logins, listings and failures over real sockets.

use std::time::Duration;

use bytes::Bytes;
use purecloud::login::{BrowserLogin, RedirectListener};
use purecloud::{Error, RetryPolicy, Session, SessionBuilder};
use purecloud_emulator::{Emulator, Fault, FaultRule, Handle, demo};
use serde::Deserialize;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

#[derive(Deserialize)]
struct Named {
    id: String,
    name: String,
}

async fn platform() -> Handle {
    Emulator::builder().start().await.unwrap()
}

/// A session of the client without a person; retries wait for milliseconds only.
fn builder(emulator: &Handle) -> SessionBuilder {
    let quick = RetryPolicy::default().waits(Duration::from_millis(1), Duration::from_secs(30));
    Session::builder()
        .environment(emulator.origin())
        .client_credentials(demo::CREDENTIALS_CLIENT, demo::SECRET)
        .retry(quick)
}

/// Statuses that the platform gave for a path, in their order.
fn statuses(emulator: &Handle, path: &str) -> Vec<u16> {
    emulator.requests().iter().filter(|seen| seen.path == path).map(|seen| seen.status).collect()
}

#[tokio::test]
async fn a_client_logs_in_once_and_lists_roles() {
    let emulator = platform().await;
    let session = builder(&emulator).connect().await.unwrap();
    let roles =
        session.call("GET", "/api/v2/authorization/roles").items::<Named>().collect_all().await.unwrap();
    assert!(!roles.is_empty());
    assert!(roles.iter().all(|role| !role.id.is_empty() && !role.name.is_empty()));
    assert_eq!(statuses(&emulator, "/oauth/token"), [200]);
    assert!(session.access_token().is_some());
}

#[tokio::test]
async fn every_one_of_a_thousand_users_comes_once() {
    let emulator = platform().await;
    let session = builder(&emulator).connect().await.unwrap();
    let users = || session.call("GET", "/api/v2/users").query("pageSize", 100);
    let all = users().items::<Named>().collect_all().await.unwrap();
    let ids: std::collections::HashSet<_> = all.iter().map(|user| user.id.as_str()).collect();
    assert_eq!((all.len(), ids.len()), (1_000, 1_000));
    assert_eq!(statuses(&emulator, "/api/v2/users"), [200; 10]);

    let mut pages = users().pages().prefetch(2);
    let mut lengths = Vec::new();
    while let Some(page) = pages.next().await.unwrap() {
        lengths.push(page.items::<Named>().unwrap().len());
    }
    assert_eq!(lengths, [100; 10]);
}

#[tokio::test]
async fn a_wrong_secret_is_told_as_such_and_not_in_the_error() {
    let emulator = platform().await;
    let wrong = builder(&emulator).client_credentials(demo::CREDENTIALS_CLIENT, "hunter2");
    let error = wrong.connect().await.unwrap_err();
    assert!(matches!(error, Error::Renewal { source: Some(_) }), "{error:?}");
    assert_eq!((error.status(), error.code()), (Some(400), Some("invalid_client")));
    assert_eq!(error.to_string(), "there is no token, because the login failed");
    assert!(!format!("{error:?} {error}").contains("hunter2"));
    assert_eq!(statuses(&emulator, "/oauth/token").len(), 1, "a refusal is not repeated");
}

#[tokio::test]
async fn a_token_revoked_in_mid_life_is_renewed_and_the_call_replayed_once() {
    let emulator = platform().await;
    let session = builder(&emulator).connect().await.unwrap();
    let before = session.access_token();
    emulator.set_faults([FaultRule {
        times: Some(1),
        path: Some("/api/".into()),
        ..FaultRule::new(Fault::Revoke)
    }]);
    session.call("GET", "/api/v2/authorization/roles").await.unwrap();
    assert_eq!(statuses(&emulator, "/api/v2/authorization/roles"), [401, 200]);
    assert_eq!(statuses(&emulator, "/oauth/token"), [200, 200]);
    assert_ne!(session.access_token().unwrap().expose(), before.unwrap().expose());
}

#[tokio::test]
async fn a_token_revoked_again_and_again_is_replayed_once_only() {
    let emulator = platform().await;
    let session = builder(&emulator).connect().await.unwrap();
    let error = session
        .call("GET", "/api/v2/authorization/roles")
        .header("x-emulator-fault", "revoke")
        .await
        .unwrap_err();
    assert_eq!(error.status(), Some(401));
    assert_eq!(statuses(&emulator, "/api/v2/authorization/roles"), [401, 401]);
}

#[tokio::test]
async fn a_429_is_waited_out_even_by_a_post() {
    let emulator = platform().await;
    let session = builder(&emulator).connect().await.unwrap();
    let rule = FaultRule::new(Fault::Status(429, Some(1)));
    emulator.set_faults([FaultRule {
        times: Some(1),
        operation: Some("postRoutingWrapupcodes".into()),
        ..rule
    }]);
    let began = std::time::Instant::now();
    let made: Named = session
        .call("POST", "/api/v2/routing/wrapupcodes")
        .body(&serde_json::json!({"name": "Once"}))
        .await
        .unwrap()
        .json()
        .unwrap();
    assert_eq!(made.name, "Once");
    assert!(began.elapsed() >= Duration::from_secs(1), "the platform's wait was shortened");
    assert_eq!(statuses(&emulator, "/api/v2/routing/wrapupcodes"), [429, 200]);
}

#[tokio::test]
async fn a_get_outlives_two_503_and_a_post_is_told_of_the_first() {
    let emulator = platform().await;
    let session = builder(&emulator).connect().await.unwrap();
    for (method, path, seen) in [
        ("GET", "/api/v2/routing/queues", vec![503, 503, 200]),
        ("POST", "/api/v2/routing/queues", vec![503, 503, 200, 503]),
    ] {
        let rule = FaultRule::new(Fault::Status(503, None));
        emulator.set_faults([FaultRule { times: Some(2), path: Some(path.into()), ..rule }]);
        let call = session.call(method, path);
        let call = if method == "POST" { call.body(&serde_json::json!({"name": "q"})) } else { call };
        assert_eq!(call.await.err().and_then(|error| error.status()), (method == "POST").then_some(503));
        assert_eq!(statuses(&emulator, path), seen);
    }
}

#[tokio::test]
async fn a_connection_that_ends_without_an_answer_is_met_by_what_is_safe() {
    let emulator = platform().await;
    let session = builder(&emulator).connect().await.unwrap();
    let cut = || FaultRule { times: Some(1), path: Some("/api/".into()), ..FaultRule::new(Fault::CutBefore) };
    emulator.set_faults([cut()]);
    session.call("GET", "/api/v2/routing/queues").await.unwrap();
    emulator.set_faults([cut()]);
    let body = serde_json::json!({"name": "Perhaps made"});
    let error = session.call("POST", "/api/v2/routing/wrapupcodes").body(&body).await.unwrap_err();
    assert_eq!(error.sent(), purecloud::Sent::Maybe);
    let codes = emulator.requests().into_iter().filter(|seen| seen.path.ends_with("wrapupcodes")).count();
    assert_eq!(codes, 1, "what may have been made was sent again");
}

/// Pieces of a file, and all of it.
fn pieces() -> (Vec<Bytes>, Vec<u8>) {
    let pieces: Vec<Bytes> = (0..200_u32)
        .map(|piece| (0..10_000).map(|byte| (piece * 31 + byte) as u8).collect::<Vec<_>>().into())
        .collect();
    let whole = pieces.concat();
    (pieces, whole)
}

#[tokio::test]
async fn a_file_goes_up_and_comes_down_piece_by_piece() {
    let emulator = platform().await;
    let session = builder(&emulator).connect().await.unwrap();
    let wanted = serde_json::json!({"fileName": "call.wav", "contentType": "audio/wav"});
    let answer = session.call("POST", "/api/v2/uploads/recordings").body(&wanted).await.unwrap();
    let place = answer.json::<serde_json::Value>().unwrap()["url"].as_str().unwrap().to_owned();

    for announced in [true, false] {
        let (pieces, whole) = pieces();
        let content = Box::pin(futures_util::stream::iter(pieces.into_iter().map(Ok)));
        let length = announced.then_some(whole.len() as u64);
        session.call("PUT", &place).content_type("audio/wav").upload(content, length).await.unwrap();

        let mut download = session.call("GET", &place).download().await.unwrap();
        assert_eq!(download.length(), Some(whole.len() as u64));
        let (mut back, mut count) = (Vec::new(), 0);
        while let Some(piece) = download.next().await.unwrap() {
            back.extend_from_slice(&piece);
            count += 1;
        }
        assert!(back == whole, "{} bytes of {} came back", back.len(), whole.len());
        assert!(count > 1, "2 MB came in one piece");
    }
}

#[tokio::test]
async fn an_upload_that_breaks_off_is_told_and_a_download_that_is_cut_does_not_look_whole() {
    let emulator = platform().await;
    let session = builder(&emulator).connect().await.unwrap();
    let wanted = serde_json::json!({"fileName": "call.wav"});
    let answer = session.call("POST", "/api/v2/uploads/recordings").body(&wanted).await.unwrap();
    let place = answer.json::<serde_json::Value>().unwrap()["url"].as_str().unwrap().to_owned();

    let torn: Vec<Result<Bytes, purecloud::TransportError>> =
        vec![Ok("abc".into()), Err(purecloud::TransportError::maybe_sent("the disk is gone"))];
    let torn = Box::pin(futures_util::stream::iter(torn));
    let error = session.call("PUT", &place).upload(torn, Some(6)).await.unwrap_err();
    assert_eq!(error.sent(), purecloud::Sent::Maybe);

    let (pieces, whole) = pieces();
    let content = Box::pin(futures_util::stream::iter(pieces.into_iter().map(Ok)));
    session.call("PUT", &place).upload(content, Some(whole.len() as u64)).await.unwrap();
    let cut = FaultRule { path: Some("/files/".into()), ..FaultRule::new(Fault::CutDuring) };
    emulator.set_faults([cut]);
    let mut download = session.call("GET", &place).download().await.unwrap();
    let mut back = 0;
    let error = loop {
        match download.next().await {
            Ok(Some(piece)) => back += piece.len(),
            Ok(None) => panic!("{back} bytes of {} passed for all of them", whole.len()),
            Err(error) => break error,
        }
    };
    assert!(matches!(error, Error::Cut { status: 200, .. }), "{error:?}");
    assert!(back < whole.len());
}

/// What a browser gets: the whole answer, as text.
async fn browse(origin: &str, method: &str, target: &str, form: &str) -> String {
    let host = origin.trim_start_matches("http://");
    let mut stream = TcpStream::connect(host).await.unwrap();
    let request = format!(
        "{method} {target} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\
         content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n{form}",
        form.len()
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

/// Logs in as a person does who opens `address`; what the redirect's end answers.
pub(crate) async fn log_in(origin: &str, address: &str) -> String {
    let (path, wish) = address.strip_prefix(origin).unwrap().split_once('?').unwrap();
    let page = browse(origin, "GET", &format!("{path}?{wish}"), "").await;
    assert!(page.starts_with("HTTP/1.1 200") && page.contains("name=\"password\""), "{page}");
    let user = demo::USER.replace('@', "%40");
    let form = format!("{wish}&username={user}&password={}&decision=allow", demo::PASSWORD);
    let answer = browse(origin, "POST", path, &form).await;
    let redirect = answer.lines().find_map(|line| line.strip_prefix("location: ")).unwrap().to_owned();
    let (origin, target) = redirect.split_at(redirect.rfind("/callback").unwrap());
    browse(origin, "GET", target, "").await
}

#[tokio::test]
async fn a_person_logs_in_through_the_form_with_pkce() {
    let emulator = platform().await;
    let origin = emulator.origin();
    let environment = purecloud::Environment::parse(&origin).unwrap();
    let listener = RedirectListener::bind(0).await.unwrap();
    let login = BrowserLogin::pkce(&environment, demo::BROWSER_CLIENT, listener.redirect_uri()).unwrap();
    let address = login.address();
    let browser = tokio::spawn(async move { log_in(&origin, &address).await });
    let limit = Duration::from_secs(20);
    let login = tokio::time::timeout(limit, listener.wait(&login)).await.unwrap().unwrap();
    assert!(browser.await.unwrap().starts_with("HTTP/1.1 200"));
    let session = Session::builder().environment(emulator.origin()).login(login).connect().await.unwrap();
    let me: Named = session.call("GET", "/api/v2/users/me").await.unwrap().json().unwrap();
    assert_eq!(me.name, demo::USER_NAME);
}
