//! Asynchronous jobs: begun, waited for, read to the end, cancelled, expired.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use purecloud_emulator::{Handle, ManualClock};
use serde_json::{Value, json};

use crate::client::{Client, builder};

const JOBS: &str = "/api/v2/analytics/conversations/details/jobs";

/// 2026-03-01.
fn clock() -> Arc<ManualClock> {
    Arc::new(ManualClock::new(SystemTime::UNIX_EPOCH + Duration::from_hours(492_312)))
}

async fn started(clock: &Arc<ManualClock>) -> (Handle, Client) {
    let emulator = builder().clock(Arc::<ManualClock>::clone(clock)).start().await.unwrap();
    let client = Client::signed_in(&emulator).await;
    (emulator, client)
}

async fn begin(client: &mut Client) -> String {
    let body = json!({ "interval": "2026-01-25/2026-03-02" });
    let reply = client.json("POST", JOBS, &body).await;
    assert_eq!(reply.status, 202, "{}", reply.text());
    format!("{JOBS}/{}", reply.json()["jobId"].as_str().unwrap())
}

#[tokio::test]
async fn a_job_is_queued_then_pending_then_fulfilled_and_expires() {
    let clock = clock();
    let (emulator, mut client) = started(&clock).await;
    let job = begin(&mut client).await;
    let results = format!("{job}/results");
    assert_eq!(client.get(&job).await.json()["state"], "QUEUED");
    assert_eq!(client.get(&results).await.status, 404);
    clock.advance(Duration::from_millis(600));
    let status = client.get(&job).await.json();
    assert_eq!(
        (&status["state"], &status["submissionDate"]),
        (&json!("PENDING"), &json!("2026-03-01T00:00:00.000Z"))
    );
    assert!(status.get("completionDate").is_none());
    clock.advance(Duration::from_millis(600));
    let status = client.get(&job).await.json();
    assert_eq!(
        (&status["state"], &status["completionDate"]),
        (&json!("FULFILLED"), &json!("2026-03-01T00:00:01.000Z"))
    );
    assert_eq!(client.get(&results).await.status, 200);
    clock.advance(Duration::from_secs(24 * 3600 - 5));
    assert_eq!(client.get(&results).await.status, 200);
    clock.advance(Duration::from_secs(5));
    // The token has expired with the job.
    let mut client = Client::signed_in(&emulator).await;
    assert_eq!(client.get(&job).await.json()["state"], "EXPIRED");
    assert_eq!(client.get(&results).await.status, 404);
}

#[tokio::test]
async fn the_cursor_leads_past_empty_pages_to_every_conversation_once() {
    let clock = clock();
    let (_emulator, mut client) = started(&clock).await;
    let job = begin(&mut client).await;
    clock.advance(Duration::from_secs(1));
    let (mut seen, mut empty) = (Vec::new(), 0);
    let mut path = format!("{job}/results?pageSize=130");
    loop {
        let page = client.get(&path).await.json();
        let found = page["conversations"].as_array().unwrap();
        empty += usize::from(found.is_empty());
        seen.extend(found.iter().map(|one| one["conversationId"].as_str().unwrap().to_owned()));
        let Some(cursor) = page["cursor"].as_str() else { break };
        path = format!("{job}/results?pageSize=130&cursor={cursor}");
    }
    assert_eq!((seen.len(), empty), (500, 1));
    seen.sort_unstable();
    seen.dedup();
    assert_eq!(seen.len(), 500);
    assert_eq!(client.get(&format!("{job}/results?cursor=nonsense")).await.status, 400);
}

#[tokio::test]
async fn a_job_can_be_cancelled_and_removed() {
    let clock = clock();
    let (_emulator, mut client) = started(&clock).await;
    let job = begin(&mut client).await;
    assert_eq!(client.send("DELETE", &job, &[], b"").await.status, 204);
    clock.advance(Duration::from_secs(2));
    assert_eq!(client.get(&job).await.json()["state"], "CANCELLED");
    let job = begin(&mut client).await;
    clock.advance(Duration::from_secs(2));
    assert_eq!(client.send("DELETE", &job, &[], b"").await.status, 204);
    assert_eq!(client.get(&job).await.status, 404);
    assert_eq!(client.get(&format!("{JOBS}/none")).await.status, 404);
    let other = job.replace("conversations/details", "users/details");
    assert_eq!(client.get(&other).await.status, 404, "a job of another kind");
    let refused = client.json("POST", JOBS, &json!({ "interval": "never" })).await;
    assert_eq!(refused.json()["code"], "invalid.date");
}

#[tokio::test]
async fn the_use_of_the_interface_is_asked_for_and_read_by_its_execution() {
    let clock = clock();
    let (_emulator, mut client) = started(&clock).await;
    let body = json!({ "interval": "2026-02-01/2026-02-11" });
    let begun = client.json("POST", "/api/v2/usage/simplesearch", &body).await.json();
    let results = begun["resultsUri"].as_str().unwrap().to_owned();
    assert_eq!(
        results,
        format!("/api/v2/usage/simplesearch/{}/results", begun["executionId"].as_str().unwrap())
    );
    let running = client.get(&results).await.json();
    assert_eq!((&running["queryStatus"], running.get("results")), (&json!("Running"), None));
    clock.advance(Duration::from_secs(1));
    let mut seen: Vec<Value> = Vec::new();
    let mut path = format!("{results}?pageSize=50");
    loop {
        let page = client.get(&path).await.json();
        assert_eq!(page["queryStatus"], "Complete");
        seen.extend(page["results"].as_array().unwrap().clone());
        let Some(after) = page["cursors"]["after"].as_str() else { break };
        path = format!("{results}?pageSize=50&after={after}");
    }
    // Ten days, three clients, four paths.
    assert_eq!(seen.len(), 120);
    let mut known: Vec<String> = seen
        .iter()
        .map(|row| format!("{} {} {}", row["date"], row["clientId"], row["templateUri"]))
        .collect();
    known.sort_unstable();
    known.dedup();
    assert_eq!(known.len(), 120);
}

#[tokio::test]
async fn sums_can_be_asked_for_as_a_job() {
    let clock = clock();
    let (_emulator, mut client) = started(&clock).await;
    let body =
        json!({ "interval": "2026-02-01/2026-03-02", "groupBy": ["queueId"], "metrics": ["nOffered"] });
    let jobs = "/api/v2/analytics/conversations/aggregates";
    let id = client.json("POST", &format!("{jobs}/jobs"), &body).await.json()["jobId"]
        .as_str()
        .unwrap()
        .to_owned();
    clock.advance(Duration::from_secs(1));
    let direct = client.json("POST", &format!("{jobs}/query"), &body).await.json();
    let mut rows = Vec::new();
    let mut path = format!("{jobs}/jobs/{id}/results");
    loop {
        let page = client.get(&path).await.json();
        rows.extend(page["results"].as_array().unwrap().clone());
        let Some(cursor) = page["cursor"].as_str() else { break };
        path = format!("{jobs}/jobs/{id}/results?cursor={cursor}");
    }
    assert!(!rows.is_empty());
    assert_eq!(Value::from(rows), direct["results"]);
}

#[tokio::test]
async fn jobs_that_are_entities_come_to_an_end_too() {
    let clock = clock();
    let (_emulator, mut client) = started(&clock).await;
    let begun = client
        .json(
            "POST",
            "/api/v2/recording/jobs",
            &json!({
                "action": "EXPORT",
                "actionDate": "2026-03-01T00:00:00.000Z",
                "conversationQuery": { "interval": "2026-02-01/2026-02-02" },
            }),
        )
        .await;
    assert_eq!(begun.status, 202, "{}", begun.text());
    let path = format!("/api/v2/recording/jobs/{}", begun.json()["id"].as_str().unwrap());
    assert_eq!(client.get(&path).await.json()["state"], "PENDING");
    clock.advance(Duration::from_secs(1));
    assert_eq!(client.get(&path).await.json()["state"], "FULFILLED");
}
