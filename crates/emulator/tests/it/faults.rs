//! Each fault, produced and seen from the other end of the wire.

use std::time::{Duration, Instant};

use purecloud_emulator::{Fault, FaultRule};
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::client::{Client, Reply, builder, start};

const ME: &str = "/api/v2/users/me";

async fn with(client: &mut Client, fault: &str) -> Reply {
    client.send("GET", ME, &[("x-emulator-fault", fault)], b"").await
}

#[tokio::test]
async fn answers_are_refused_spoiled_and_late_as_the_header_says() {
    let emulator = start().await;
    let mut client = Client::signed_in(&emulator).await;
    let good = client.get(ME).await;
    let reply = with(&mut client, "status:503").await;
    assert_eq!((reply.status, reply.json()["code"].as_str()), (503, Some("service.unavailable")));
    assert_eq!(reply.json()["contextId"], reply.header("inin-correlation-id").unwrap());
    let reply = with(&mut client, "status:429:7").await;
    assert_eq!((reply.status, reply.header("retry-after")), (429, Some("7")));
    let reply = with(&mut client, "html").await;
    assert_eq!((reply.status, reply.header("content-type")), (502, Some("text/html")));
    let reply = with(&mut client, "truncate").await;
    assert_eq!(reply.body, good.body[..good.body.len() / 2]);
    let reply = with(&mut client, "garble").await;
    assert!(reply.body.len() == good.body.len() && reply.body != good.body);
    assert_eq!(with(&mut client, "content-type").await.header("content-type"), Some("text/plain"));
    let begin = Instant::now();
    assert_eq!(with(&mut client, "delay:80").await.body, good.body);
    assert!(begin.elapsed() >= Duration::from_millis(80));
    let begin = Instant::now();
    assert_eq!(with(&mut client, "slow:5").await.body, good.body);
    assert!(begin.elapsed() >= Duration::from_millis(5 * 15));
    assert_eq!(with(&mut client, "nonsense").await.status, 200);
    assert_eq!(with(&mut client, "cut-after").await.header("connection"), Some("close"));
    let mut client = Client::signed_in(&emulator).await;
    assert_eq!(with(&mut client, "revoke").await.status, 401);
    assert_eq!(client.get(ME).await.status, 401);
}

/// Every byte that comes before the connection ends.
async fn until_the_end(emulator: &purecloud_emulator::Handle, fault: &str) -> Vec<u8> {
    let mut stream = TcpStream::connect(emulator.address()).await.unwrap();
    let request =
        format!("GET /api/v2/health/check HTTP/1.1\r\nhost: x\r\nx-emulator-fault: {fault}\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut bytes = Vec::new();
    let mut chunk = [0; 4096];
    loop {
        match tokio::time::timeout(Duration::from_secs(5), stream.read(&mut chunk)).await.expect("an end") {
            Ok(0) | Err(_) => return bytes,
            Ok(count) => bytes.extend_from_slice(&chunk[..count]),
        }
    }
}

#[tokio::test]
async fn connections_are_cut_before_during_and_after_the_answer() {
    let emulator = start().await;
    assert_eq!(until_the_end(&emulator, "cut-before").await, b"");
    let whole = String::from_utf8(until_the_end(&emulator, "cut-after").await).unwrap();
    assert!(whole.ends_with('}'), "{whole}");
    let half = String::from_utf8(until_the_end(&emulator, "cut-during").await).unwrap();
    assert!(half.starts_with("HTTP/1.1 200") && half.contains("\r\n\r\n{") && !half.ends_with('}'), "{half}");
    assert_eq!(emulator.requests().len(), 3, "they were all acted on");
}

#[tokio::test]
async fn rules_strike_in_sequence_and_can_be_set_from_outside() {
    let rule = FaultRule {
        operation: Some("getUsersMe".to_owned()),
        times: Some(2),
        ..FaultRule::new(Fault::Status(500, None))
    };
    let emulator = builder().fault(rule).start().await.unwrap();
    let mut client = Client::signed_in(&emulator).await;
    for status in [500, 500, 200] {
        assert_eq!(client.get(ME).await.status, status);
    }
    let rules =
        json!({ "rules": [{ "fault": "status:503", "path": "/api/v2/users", "after": 1, "times": 1 }] });
    assert_eq!(client.json("PUT", "/_emulator/faults", &rules).await.status, 204);
    assert_eq!(client.get("/_emulator/faults").await.json()["rules"][0]["fault"], "status:503");
    for status in [200, 503, 200] {
        assert_eq!(client.get(ME).await.status, status);
    }
    assert_eq!(
        client.json("PUT", "/_emulator/faults", &json!({ "rules": [{ "fault": "explode" }] })).await.status,
        400
    );
    assert_eq!(client.send("DELETE", "/_emulator/faults", &[], b"").await.status, 204);
    emulator.set_faults([FaultRule::new(Fault::Html)]);
    assert_eq!(client.get(ME).await.status, 502);
    emulator.reset();
    let mut client = Client::signed_in(&emulator).await;
    assert_eq!(client.get(ME).await.status, 500, "a reset begins the rules anew");
}

#[tokio::test]
async fn waiting_for_quiet_outlasts_a_late_answer() {
    let emulator = start().await;
    let mut late = Client::signed_in(&emulator).await;
    let begin = Instant::now();
    let request = tokio::spawn(async move { with(&mut late, "delay:150").await.status });
    while emulator.requests().len() < 2 {
        tokio::task::yield_now().await;
    }
    assert!(emulator.idle(Duration::from_millis(10), Duration::from_secs(5)).await);
    assert!(begin.elapsed() >= Duration::from_millis(150));
    assert_eq!(request.await.unwrap(), 200);
    let mut client = Client::new(&emulator).await;
    assert_eq!(client.get("/_emulator/idle?quiet=1").await.json()["idle"], true);
}
