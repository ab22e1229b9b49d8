//! When faults strike: by the header, by rules in sequence, and not at all.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use purecloud_emulator::{Fault, FaultRule, ManualClock};
use serde_json::json;

use crate::client::{Client, Reply, builder, start};

const ME: &str = "/api/v2/users/me";

async fn with(client: &mut Client, fault: &str) -> Reply {
    client.send("GET", ME, &[("x-emulator-fault", fault)], b"").await
}

#[tokio::test]
async fn a_header_that_names_no_fault_is_refused_with_those_there_are() {
    let emulator = start().await;
    let mut client = Client::signed_in(&emulator).await;
    let reply = with(&mut client, "nonsense").await;
    let message = reply.json()["message"].as_str().unwrap().to_owned();
    assert!(reply.status == 400 && message.contains("status:CODE"), "{message}");
    let reply = with(&mut client, "socket-drop").await;
    assert!(reply.status == 400 && reply.text().contains("does not apply to an ordinary request"));
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
async fn rules_are_set_as_text_or_as_json() {
    let emulator = start().await;
    let mut client = Client::new(&emulator).await;
    let expected = json!([
        { "fault": "status:503", "operation": "getUsersMe", "after": 0, "times": 2, "probability": 1.0, "burst": 1 },
        { "fault": "garble", "after": 0, "probability": 1.0, "burst": 1 },
    ]);
    let text = "status:503,operation=getUsersMe,times=2\ngarble\n";
    let texts = json!({ "rules": ["status:503,operation=getUsersMe,times=2", "garble"] }).to_string();
    let objects = json!({ "rules": expected }).to_string();
    for body in [text, &texts, &objects] {
        client.send("DELETE", "/_emulator/faults", &[], b"").await;
        assert_eq!(client.send("PUT", "/_emulator/faults", &[], body.as_bytes()).await.status, 204, "{body}");
        assert_eq!(client.get("/_emulator/faults").await.json()["rules"], expected, "{body}");
    }
    for body in ["html", "\"html\"", r#"{"fault":"html"}"#] {
        assert_eq!(
            client.send("POST", "/_emulator/faults", &[], body.as_bytes()).await.status,
            200,
            "{body}"
        );
    }
    for body in ["explode", "garble\nexplode", "\"explode\"", "", "[]"] {
        for method in ["PUT", "POST"] {
            assert_eq!(
                client.send(method, "/_emulator/faults", &[], body.as_bytes()).await.status,
                400,
                "{body}"
            );
        }
    }
    let refused = client.send("PUT", "/_emulator/faults", &[], b"explode").await.json();
    assert!(refused["message"].as_str().unwrap().contains(r#"{"rules": [{"fault""#), "{refused}");
}

#[tokio::test]
async fn what_is_created_changed_and_removed_is_seen_late_by_readers() {
    let clock = Arc::new(ManualClock::new(SystemTime::now()));
    let emulator = builder()
        .clock(clock.clone())
        .fault("stale:5000,path=/api/v2/routing".parse().unwrap())
        .start()
        .await
        .unwrap();
    let mut client = Client::signed_in(&emulator).await;
    let queues = "/api/v2/routing/queues";
    let before = client.get(queues).await.json()["total"].as_u64().unwrap();
    let queue = client.json("POST", queues, &json!({ "name": "Late" })).await.json();
    let one = format!("{queues}/{}", queue["id"].as_str().unwrap());
    assert_eq!(client.get(&one).await.status, 404);
    assert_eq!(client.get(queues).await.json()["total"], before);
    clock.advance(Duration::from_secs(6));
    assert_eq!(client.get(&one).await.json()["name"], "Late");
    assert_eq!(client.get(queues).await.json()["total"], before + 1);
    let mut changed = queue.clone();
    changed["name"] = json!("Later");
    assert_eq!(client.json("PUT", &one, &changed).await.status, 200);
    assert_eq!(client.get(&one).await.json()["name"], "Late");
    assert_eq!(client.get(&one).await.json()["name"], "Late", "looking changes nothing");
    assert!(client.send("DELETE", &one, &[], b"").await.status < 300);
    assert_eq!(client.get(&one).await.json()["name"], "Late");
    assert_eq!(client.get(queues).await.json()["total"], before + 1);
    clock.advance(Duration::from_secs(6));
    assert_eq!(client.get(&one).await.status, 404);
    assert_eq!(client.get(queues).await.json()["total"], before);
}

#[tokio::test]
async fn whatever_shows_a_change_shows_it_late() {
    let clock = Arc::new(ManualClock::new(SystemTime::now()));
    let rule = "stale:5000".parse().unwrap();
    let emulator = builder().clock(clock.clone()).fault(rule).start().await.unwrap();
    let mut client = Client::signed_in(&emulator).await;
    let me = client.get(ME).await.json();
    let id = me["id"].as_str().unwrap();
    let queue = client.get("/api/v2/routing/queues").await.json()["entities"][0]["id"].clone();

    let change = json!({ "version": me["version"], "title": "Countess" });
    client.json("PATCH", &format!("/api/v2/users/{id}"), &change).await;
    client.json("PUT", &format!("/api/v2/users/{id}/routingstatus"), &json!({ "status": "IDLE" })).await;
    client.json("PUT", &format!("/api/v2/users/{id}/roles"), &json!([])).await;
    let arrive = json!({ "mediaType": "voice", "queueId": queue, "from": "tel:+13175550123" });
    let conversation = client.json("POST", "/_emulator/conversations", &arrive).await.json()["id"].clone();
    let conversation = conversation.as_str().unwrap();
    let observed = json!({
        "filter": { "type": "and", "predicates": [{ "dimension": "queueId", "value": queue }] },
        "metrics": ["oWaiting", "oAlerting", "oInteracting"],
    });
    let activity =
        json!({ "metrics": [{ "metric": "oWaiting" }, { "metric": "oAlerting" }], "groupBy": ["queueId"] });

    let mut seen = Vec::new();
    for _ in 0..2 {
        let expanded = client.get(&format!("{ME}?expand=routingStatus,authorization")).await.json();
        let scim = client.get(&format!("/api/v2/scim/v2/users/{id}")).await.json();
        let queues =
            client.json("POST", "/api/v2/analytics/queues/observations/query", &observed).await.json();
        let counts =
            queues["results"].as_array().unwrap().iter().flat_map(|one| one["data"].as_array().unwrap());
        let waiting: u64 = counts.map(|data| data["stats"]["count"].as_u64().unwrap()).sum();
        let activity =
            client.json("POST", "/api/v2/analytics/conversations/activity/query", &activity).await.json();
        seen.push([
            ("expansion", expanded["routingStatus"]["status"] == "IDLE"),
            ("roles", expanded["authorization"]["roles"].as_array().unwrap().is_empty()),
            ("SCIM", scim["title"] == "Countess"),
            (
                "conversation",
                client.get(&format!("/api/v2/conversations/{conversation}")).await.status == 200,
            ),
            (
                "details",
                client.get(&format!("/api/v2/analytics/conversations/{conversation}/details")).await.status
                    == 200,
            ),
            ("observation", waiting > 0),
            ("activity", !activity["results"].as_array().unwrap().is_empty()),
        ]);
        clock.advance(Duration::from_secs(6));
    }
    assert!(seen[0].iter().all(|(_, seen)| !seen), "at once: {:?}", seen[0]);
    assert!(seen[1].iter().all(|(_, seen)| *seen), "late: {:?}", seen[1]);
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
