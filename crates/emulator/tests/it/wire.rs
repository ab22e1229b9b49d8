//! Headers, errors, and bytes that are no good request.

use purecloud_emulator::Emulator;
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::client::{Client, builder, read, start};

#[tokio::test]
async fn every_answer_has_the_headers_of_the_platform() {
    let emulator = start().await;
    let mut client = Client::signed_in(&emulator).await;
    for path in ["/api/v2/users/me", "/api/v2/nothing", "/nothing", "/oauth/token"] {
        let reply = client.get(path).await;
        let id = reply.header("inin-correlation-id").unwrap();
        assert_eq!(id.len(), 36);
        for name in ["inin-ratelimit-count", "inin-ratelimit-allowed", "inin-ratelimit-reset"] {
            assert!(reply.header(name).unwrap().parse::<u64>().is_ok(), "{name} of {path}");
        }
        assert_eq!(reply.header("cache-control").unwrap(), "no-cache, no-store, must-revalidate");
        assert!(reply.header("strict-transport-security").is_some());
    }
    let count: u64 =
        client.get("/api/v2/users/me").await.header("inin-ratelimit-count").unwrap().parse().unwrap();
    assert_eq!(count, 2, "answers with a token count up");
}

#[tokio::test]
async fn errors_have_the_body_of_the_platform_and_its_context_is_the_correlation_id() {
    let emulator = start().await;
    let mut client = Client::new(&emulator).await;
    let reply = client.get("/api/v2/users/me").await;
    assert_eq!(reply.status, 401);
    let body = reply.json();
    assert_eq!(body["code"], "authentication.required");
    assert_eq!(body["contextId"], reply.header("inin-correlation-id").unwrap());
    client.set_token("nobody's");
    let reply = client.get("/api/v2/users/me").await;
    assert_eq!(
        (reply.status, reply.json()["code"].as_str().unwrap().to_owned()),
        (401, "bad.credentials".to_owned())
    );
    let mut client = Client::signed_in(&emulator).await;
    assert_eq!(client.get("/api/v2/nothing").await.json()["code"], "not.found");
    let reply = client.json("DELETE", "/api/v2/authorization/roles", &json!({})).await;
    assert_eq!(reply.status, 405);
    assert_eq!(reply.header("allow"), Some("GET, POST"));
    let reply = client.send("POST", "/api/v2/users", &[("content-type", "text/plain")], b"x").await;
    assert_eq!(reply.status, 415);
    let reply = client.json("POST", "/api/v2/users", &json!({ "name": 1, "state": "asleep" })).await;
    assert_eq!(reply.status, 400);
    assert!(reply.json()["details"].as_array().unwrap().len() >= 2);
    let reply = client.get("/api/v2/scim/v2/users?startIndex=x").await;
    assert_eq!(reply.status, 400);
    assert_eq!(reply.header("content-type"), Some("application/scim+json"));
}

#[tokio::test]
async fn pages_on_other_origins_may_call_and_read_but_not_control() {
    let emulator = start().await;
    let mut client = Client::new(&emulator).await;
    let origin = ("origin", "https://app.example");
    let preflight = [
        origin,
        ("access-control-request-method", "GET"),
        ("access-control-request-headers", "authorization,content-type"),
    ];
    let reply = client.send("OPTIONS", "/api/v2/users/me", &preflight, b"").await;
    assert_eq!(reply.status, 204);
    assert_eq!(reply.header("access-control-allow-origin"), Some("https://app.example"));
    assert_eq!(reply.header("access-control-allow-headers"), Some("authorization,content-type"));
    let reply = client.send("GET", "/api/v2/users/me", &[origin], b"").await;
    let exposed = reply.header("access-control-expose-headers").unwrap();
    assert!(exposed.contains("inin-correlation-id") && exposed.contains("Retry-After"));
    let reply = client.send("GET", "/_emulator/requests", &[origin], b"").await;
    assert_eq!(reply.status, 403);
}

#[tokio::test]
async fn names_that_may_be_rebound_control_nothing_and_still_reach_the_platform() {
    let emulator = builder()
        .settings(|settings| settings.hosts = vec!["allowed.example".to_owned()])
        .start()
        .await
        .unwrap();
    let port = emulator.address().port();
    let mut client = Client::signed_in(&emulator).await;
    let control = ["/_emulator/requests", "/_emulator/idle", "/_emulator/page.js", "/"];
    for host in ["127.0.0.1", "localhost", "api.localhost", "[::1]", "allowed.example"] {
        client.set_host(&format!("{host}:{port}"));
        for path in control {
            assert_eq!(client.get(path).await.status, 200, "{path} of {host}");
        }
    }
    client.set_host(&format!("rebound.example:{port}"));
    let origin = format!("http://rebound.example:{port}");
    for path in control {
        let reply = client.send("GET", path, &[("origin", &origin)], b"").await;
        assert_eq!(reply.status, 403, "{path}");
        assert!(reply.json()["message"].as_str().unwrap().contains("--allow-host"), "{path}");
    }
    assert_eq!(client.send("POST", "/_emulator/reset", &[], b"").await.status, 403);
    assert_eq!(client.get("/api/v2/users/me").await.status, 200);
}

#[tokio::test]
async fn me_has_what_was_asked_for() {
    let emulator = start().await;
    let mut client = Client::signed_in(&emulator).await;
    let me = client.get("/api/v2/users/me").await.json();
    assert_eq!(me["name"], "Ada Lovelace");
    assert!(me.get("organization").is_none());
    let me = client.get("/api/v2/users/me?expand=organization,presence").await.json();
    assert_eq!(me["organization"]["name"], "Analytical Engines");
    assert!(me["presence"].is_object());
    let reply = client.get("/api/v2/users/me?expand=wings").await;
    assert_eq!(reply.status, 400);
    assert!(reply.json()["message"].as_str().unwrap().contains("routingStatus"));
}

#[tokio::test]
async fn requests_are_recorded_without_secrets_and_can_be_forgotten() {
    let emulator = start().await;
    let mut client = Client::signed_in(&emulator).await;
    client.get("/api/v2/users/me?expand=organization").await;
    let kept = emulator.requests();
    let last = kept.last().unwrap();
    assert_eq!((last.method.as_str(), last.path.as_str()), ("GET", "/api/v2/users/me"));
    assert_eq!(last.query, "expand=organization");
    assert_eq!(last.operation.as_deref(), Some("getUsersMe"));
    assert!(last.headers.contains(&("authorization".to_owned(), "Bearer [redacted]".to_owned())));
    let seen = client.get("/_emulator/requests").await.json();
    assert_eq!(seen["requests"].as_array().unwrap().len(), kept.len());
    assert_eq!(client.send("POST", "/_emulator/reset", &[], b"").await.status, 204);
    assert!(emulator.requests().is_empty());
    assert_eq!(client.get("/api/v2/users/me").await.status, 401, "a reset forgets tokens");
}

#[tokio::test]
async fn the_limit_is_kept_where_it_is_asked_for() {
    let emulator = builder()
        .settings(|settings| (settings.rate_limit, settings.enforce_rate_limit) = (2, true))
        .start()
        .await
        .unwrap();
    let mut client = Client::signed_in(&emulator).await;
    for _ in 0..2 {
        assert_eq!(client.get("/api/v2/users/me").await.status, 200);
    }
    let reply = client.get("/api/v2/users/me").await;
    assert_eq!(reply.status, 429);
    assert!((1..=60).contains(&reply.header("retry-after").unwrap().parse::<u64>().unwrap()));
}

#[tokio::test]
async fn mounted_files_and_the_definition_are_served() {
    let emulator = builder()
        .mount("/demo/", [("index.html", "<p>hello")])
        .definition(r#"{"swagger":"2.0"}"#)
        .start()
        .await
        .unwrap();
    let mut client = Client::new(&emulator).await;
    assert_eq!(client.get("/demo/").await.text(), "<p>hello");
    assert_eq!(client.get("/demo/%2e%2e/x").await.status, 404);
    assert_eq!(client.get("/api/v2/docs/swagger").await.json()["swagger"], "2.0");
    assert_eq!(client.get("/api/v2/health/check").await.status, 200);
}

#[tokio::test]
async fn the_page_has_its_parts_and_runs_nothing_from_elsewhere() {
    let emulator = start().await;
    let mut client = Client::new(&emulator).await;
    let page = client.get("/").await;
    assert!(page.header("content-security-policy").unwrap().contains("script-src 'self'"));
    let text = page.text();
    let links = text.split(&['"'][..]).filter(|part| part.starts_with("/_emulator/"));
    let mut count = 0;
    for link in links {
        assert_eq!(client.get(link).await.status, 200, "{link}");
        count += 1;
    }
    assert_eq!(count, 3);
    assert!(!text.contains("http://") && !text.contains("https://"));
    let users = client.get("/_emulator/store?path=/api/v2/users").await.json();
    assert_eq!(users["entities"].as_array().unwrap().len(), 60);
}

#[tokio::test]
async fn bodies_past_the_limit_are_refused() {
    let emulator = builder().settings(|settings| settings.body_limit = 1000).start().await.unwrap();
    let mut client = Client::signed_in(&emulator).await;
    let reply =
        client.send("POST", "/api/v2/users", &[("content-type", "application/json")], &[b' '; 1001]).await;
    assert_eq!(reply.status, 413);
    assert_eq!(reply.header("connection"), Some("close"));
}

#[tokio::test]
async fn slow_senders_are_answered_or_closed() {
    let emulator = builder()
        .settings(|settings| settings.read_timeout = std::time::Duration::from_millis(100))
        .start()
        .await
        .unwrap();
    let mut slow = TcpStream::connect(emulator.address()).await.unwrap();
    slow.write_all(b"GET /api/v2/us").await.unwrap();
    assert!(read(&mut slow, false).await.is_none_or(|reply| reply.status == 408));
    let mut slow = TcpStream::connect(emulator.address()).await.unwrap();
    slow.write_all(b"POST /token HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\nabc").await.unwrap();
    assert_eq!(read(&mut slow, false).await.unwrap().status, 408);
}

#[tokio::test]
async fn paths_that_are_no_good_get_an_answer() {
    let emulator = start().await;
    let mut client = Client::signed_in(&emulator).await;
    for path in ["/api/v2/users/%00", "/api/v2/users/%ff", "/api/v2/../../etc/passwd", "/api/v2/users/%"] {
        let status = client.get(path).await.status;
        assert!((400..500).contains(&status) || status == 200, "{path}: {status}");
    }
    for path in ["//", "/api/v2//", "/%2F..%2F", "/_emulator/nothing", "/api/v2/users?%ff=%ff&&=&"] {
        client.get(path).await;
    }
}

#[tokio::test]
async fn an_address_that_cannot_be_listened_on_is_an_error_with_its_own_remedy() {
    let emulator = start().await;
    let fail = async |address: std::net::SocketAddr| {
        let builder = Emulator::builder().platform(crate::client::platform()).address(address);
        builder.start().await.unwrap_err().to_string()
    };
    let taken = fail(emulator.address()).await;
    assert!(taken.contains("choose another port"), "{taken}");
    // An address for documentation (RFC 5737), which no machine has.
    let foreign = fail("192.0.2.1:8085".parse().unwrap()).await;
    assert!(foreign.contains("this machine does not have the address"), "{foreign}");
    assert!(!foreign.contains("another port"), "{foreign}");
}

#[tokio::test]
async fn stopping_closes_the_port() {
    let emulator = start().await;
    let address = emulator.address();
    let mut idle = Client::new(&emulator).await;
    idle.get("/api/v2/health/check").await;
    emulator.stop().await;
    assert!(TcpStream::connect(address).await.is_err());
}

/// Sends bytes, says that no more will come, and waits for the end of the connection.
async fn throw(emulator: &purecloud_emulator::Handle, bytes: &[u8]) {
    use tokio::io::AsyncReadExt as _;
    let mut stream = TcpStream::connect(emulator.address()).await.unwrap();
    let _ = stream.write_all(bytes).await;
    let _ = stream.shutdown().await;
    let mut rest = Vec::new();
    tokio::time::timeout(std::time::Duration::from_secs(10), stream.read_to_end(&mut rest))
        .await
        .expect("an end")
        .ok();
}

#[test]
fn any_bytes_get_an_answer_or_a_closed_connection() {
    use proptest::prelude::*;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let emulator = runtime.block_on(start());
    let piece = prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..80),
        "(GET|POST) /[!-~]{0,40} HTTP/1\\.[01]\r\n([a-z-]{1,12}: [ -~]{0,20}\r\n){0,4}\r\n"
            .prop_map(String::into_bytes),
        Just(
            b"POST /token HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nffffffffff\r\nx".to_vec()
        ),
        Just(b"GET / HTTP/1.1\r\nhost: x\r\ncontent-length: 18446744073709551615\r\n\r\n".to_vec()),
        Just(
            b"GET /channels/x HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n"
                .to_vec()
        ),
    ];
    let config = ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() };
    proptest::test_runner::TestRunner::new(config)
        .run(&proptest::collection::vec(piece, 1..4), |pieces| {
            runtime.block_on(throw(&emulator, &pieces.concat()));
            Ok(())
        })
        .unwrap();
    let status =
        runtime.block_on(async { Client::new(&emulator).await.get("/api/v2/health/check").await.status });
    assert_eq!(status, 200, "it still answers");
}

#[tokio::test]
async fn connections_past_the_limit_are_closed_and_make_room_when_they_end() {
    let emulator = builder().settings(|settings| settings.connections = 2).start().await.unwrap();
    let mut first = Client::new(&emulator).await;
    let mut second = Client::new(&emulator).await;
    assert_eq!(first.get("/api/v2/health/check").await.status, 200);
    assert_eq!(second.get("/api/v2/health/check").await.status, 200);
    let mut third = TcpStream::connect(emulator.address()).await.unwrap();
    assert!(read(&mut third, false).await.is_none());
    drop(first);
    let mut room = false;
    for _ in 0..200 {
        let mut again = TcpStream::connect(emulator.address()).await.unwrap();
        let _ = again.write_all(b"GET /api/v2/health/check HTTP/1.1\r\nhost: x\r\n\r\n").await;
        if read(&mut again, false).await.is_some() {
            room = true;
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    assert!(room);
}

#[tokio::test]
async fn large_bodies_wait_for_one_another_and_small_ones_for_nobody() {
    const CONTINUE: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\n";
    let emulator = builder().settings(|settings| settings.bodies = 128 * 1024).start().await.unwrap();
    let mut first = TcpStream::connect(emulator.address()).await.unwrap();
    let head = "POST /oauth/token HTTP/1.1\r\nhost: localhost\r\nexpect: 100-continue\r\ncontent-length: 100000\r\n\r\n";
    first.write_all(head.as_bytes()).await.unwrap();
    let mut interim = vec![0; CONTINUE.len()];
    first.read_exact(&mut interim).await.unwrap();
    assert_eq!(interim, CONTINUE, "it has the room now");
    first.write_all(&vec![b'a'; 99_000]).await.unwrap();

    let large = vec![b'a'; 100_000];
    let (mut second, mut third) = (Client::new(&emulator).await, Client::new(&emulator).await);
    let waiting = second.send("POST", "/oauth/token", &[], &large);
    tokio::pin!(waiting);
    let small = async {
        for _ in 0..20 {
            assert_eq!(third.form("/oauth/token", "a=b").await.status, 400);
        }
    };
    tokio::select! {
        biased;
        reply = &mut waiting => panic!("there was room for both: {reply:?}"),
        () = small => {}
    }
    drop(first);
    assert_eq!(waiting.await.status, 400);
}

#[tokio::test]
async fn an_upload_without_a_token_gives_way_to_one_with_a_token() {
    const CONTINUE: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\n";
    let emulator = builder().settings(|settings| settings.bodies = 128 * 1024).start().await.unwrap();
    let mut client = Client::signed_in(&emulator).await;
    let mut stalled = TcpStream::connect(emulator.address()).await.unwrap();
    let head = "POST /api/v2/users HTTP/1.1\r\nhost: localhost\r\nexpect: 100-continue\r\ncontent-length: 100000\r\n\r\n";
    stalled.write_all(head.as_bytes()).await.unwrap();
    let mut interim = vec![0; CONTINUE.len()];
    stalled.read_exact(&mut interim).await.unwrap();
    assert_eq!(interim, CONTINUE, "it has the room now");
    let body = json!({ "name": "Parcels", "description": "a".repeat(100_000) });
    assert_eq!(client.json("POST", "/api/v2/routing/queues", &body).await.status, 200);
    let reply = read(&mut stalled, false).await.unwrap();
    assert_eq!((reply.status, reply.header("retry-after")), (503, Some("1")));
}
