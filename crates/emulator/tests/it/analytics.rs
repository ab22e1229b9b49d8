//! Analytics over the conversations of the history and over those of today.

use std::time::{Duration, SystemTime};

use serde_json::{Value, json};

use crate::client::{Client, start};

const QUERY: &str = "/api/v2/analytics/conversations/details/query";

/// The last `days` days until in a day from now.
pub(crate) fn last(days: u64) -> String {
    let at = |time: SystemTime| time.duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
    let now = SystemTime::now();
    let day = |seconds: u64| {
        // Civil dates by days since 1970, after H. Hinnant's algorithm.
        let days = i64::try_from(seconds / 86_400).unwrap() + 719_468;
        let era = days / 146_097;
        let of_era = days % 146_097;
        let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year + year / 4 - year / 100);
        let month = (5 * of_year + 2) / 153;
        let day = of_year - (153 * month + 2) / 5 + 1;
        let month = if month < 10 { month + 3 } else { month - 9 };
        let year = year + era * 400 + i64::from(month <= 2);
        format!("{year:04}-{month:02}-{day:02}T00:00:00.000Z")
    };
    let begin = now - Duration::from_secs(days * 86_400);
    format!("{}/{}", day(at(begin)), day(at(now) + 86_400))
}

async fn query(client: &mut Client, body: Value) -> Value {
    let reply = client.json("POST", QUERY, &body).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    reply.json()
}

#[tokio::test]
async fn pages_of_a_query_have_each_conversation_once() {
    let emulator = start().await;
    let mut client = Client::signed_in(&emulator).await;
    let mut seen = Vec::new();
    let mut number = 1;
    loop {
        let body = json!({ "interval": last(29), "paging": { "pageSize": 60, "pageNumber": number } });
        let page = query(&mut client, body).await;
        let found = page["conversations"].as_array().unwrap().clone();
        if found.is_empty() {
            assert_eq!(seen.len() as u64, page["totalHits"].as_u64().unwrap());
            break;
        }
        seen.extend(found);
        number += 1;
    }
    assert!(seen.len() > 400, "{}", seen.len());
    let starts: Vec<&str> = seen.iter().map(|one| one["conversationStart"].as_str().unwrap()).collect();
    assert!(starts.is_sorted());
    let mut ids: Vec<&str> = seen.iter().map(|one| one["conversationId"].as_str().unwrap()).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), seen.len());
    let id = ids[7];
    let one = client.get(&format!("/api/v2/analytics/conversations/{id}/details")).await.json();
    assert!(seen.contains(&one));
    let several = client
        .get(&format!("/api/v2/analytics/conversations/details?id={id}&id=none,{}", ids[8]))
        .await
        .json();
    assert_eq!(several["conversations"].as_array().unwrap().len(), 2);
    let whole = client.get(&format!("/api/v2/conversations/{id}")).await.json();
    assert_eq!((&whole["id"], &whole["endTime"]), (&json!(id), &one["conversationEnd"]));
}

#[tokio::test]
async fn filters_choose_and_order_turns() {
    let emulator = start().await;
    let mut client = Client::signed_in(&emulator).await;
    let all = query(&mut client, json!({ "interval": last(29) })).await["totalHits"].as_u64().unwrap();
    let of_media = |media: &str| {
        json!({ "interval": last(29), "paging": { "pageSize": 100, "pageNumber": 1 },
        "order": "desc", "orderBy": "conversationStart",
        "segmentFilters": [{ "type": "or", "predicates": [{ "dimension": "mediaType", "value": media }] }] })
    };
    let mut total = 0;
    for media in ["voice", "email", "chat", "message", "callback"] {
        let page = query(&mut client, of_media(media)).await;
        total += page["totalHits"].as_u64().unwrap();
        let found = page["conversations"].as_array().unwrap();
        assert!(!found.is_empty(), "{media}");
        for one in found {
            assert_eq!(one["participants"][0]["sessions"][0]["mediaType"], media);
        }
        let starts: Vec<&str> =
            found.iter().rev().map(|one| one["conversationStart"].as_str().unwrap()).collect();
        assert!(starts.is_sorted());
    }
    assert_eq!(total, all);
    let count = async |client: &mut Client, operator: &str| {
        let filter = json!([{ "type": "and", "predicates": [{ "type": "metric", "metric": "tAbandon", "operator": operator }] }]);
        query(client, json!({ "interval": last(29), "conversationFilters": filter })).await["totalHits"]
            .as_u64()
            .unwrap()
    };
    let abandoned = count(&mut client, "exists").await;
    assert_eq!(abandoned + count(&mut client, "notExists").await, all);
    assert!(abandoned > 0 && abandoned < all);
}

#[tokio::test]
async fn queries_that_cannot_be_are_refused() {
    let emulator = start().await;
    let mut client = Client::signed_in(&emulator).await;
    for (body, code) in [
        (json!({}), "required.field.missing"),
        (json!({ "interval": "yesterday" }), "invalid.date"),
        (json!({ "interval": "2026-02-01/2026-01-01" }), "bad.request"),
        (json!({ "interval": "2026-01-01/2026-03-01" }), "bad.request"),
        (
            json!({ "interval": "2026-01-01/P1D", "paging": { "pageSize": 101, "pageNumber": 1 } }),
            "bad.request",
        ),
        (
            json!({ "interval": "2026-01-01/P1D", "paging": { "pageSize": 10, "pageNumber": 0 } }),
            "bad.request",
        ),
        (json!({ "interval": "2026-01-01/P1D", "order": "sideways" }), "invalid.value"),
    ] {
        let reply = client.json("POST", QUERY, &body).await;
        assert_eq!((reply.status, reply.json()["code"].clone()), (400, json!(code)), "{body}");
    }
    assert_eq!(client.get("/api/v2/analytics/conversations/none/details").await.status, 404);
}

#[tokio::test]
async fn sums_by_hour_are_the_sums_of_the_whole() {
    let emulator = start().await;
    let mut client = Client::signed_in(&emulator).await;
    let path = "/api/v2/analytics/conversations/aggregates/query";
    let metrics = json!(["nOffered", "tTalk", "tAnswered", "oServiceLevel"]);
    let whole = client
        .json("POST", path, &json!({ "interval": last(20), "groupBy": ["queueId"], "metrics": metrics }))
        .await
        .json();
    let by_hour = client
        .json("POST", path, &json!({ "interval": last(20), "granularity": "PT1H", "groupBy": ["queueId"], "metrics": metrics }))
        .await
        .json();
    let sum = |answer: &Value, metric: &str, stat: &str| -> i64 {
        let data = answer["results"]
            .as_array()
            .unwrap()
            .iter()
            .flat_map(|result| result["data"].as_array().unwrap());
        let metrics = data.flat_map(|data| data["metrics"].as_array().unwrap());
        metrics.filter(|one| one["metric"] == metric).map(|one| one["stats"][stat].as_i64().unwrap()).sum()
    };
    for (metric, stat) in
        [("nOffered", "count"), ("tTalk", "sum"), ("tTalk", "count"), ("oServiceLevel", "denominator")]
    {
        let expect = sum(&whole, metric, stat);
        assert!(expect > 0, "{metric}");
        assert_eq!(sum(&by_hour, metric, stat), expect, "{metric} {stat}");
    }
    let group = &whole["results"][0]["group"];
    assert!(group["queueId"].is_string() && group["mediaType"].is_string());
    let queue = group["queueId"].clone();
    let filter = json!({ "type": "and", "predicates": [{ "dimension": "queueId", "value": queue }] });
    let filtered = client
        .json(
            "POST",
            path,
            &json!({ "interval": last(20), "groupBy": ["queueId"], "metrics": metrics, "filter": filter }),
        )
        .await
        .json();
    let expect: Vec<&Value> = whole["results"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|result| result["group"]["queueId"] == queue)
        .collect();
    assert_eq!(filtered["results"].as_array().unwrap().iter().collect::<Vec<_>>(), expect);
}

#[tokio::test]
async fn what_ends_today_is_counted_and_what_waits_is_observed() {
    let emulator = start().await;
    let mut client = Client::signed_in(&emulator).await;
    let queue =
        client.json("POST", "/api/v2/routing/queues", &json!({ "name": "New" })).await.json()["id"].clone();
    let arrive = json!({ "mediaType": "voice", "queueId": queue, "from": "tel:+13175550123" });
    let first = client.json("POST", "/_emulator/conversations", &arrive).await.json()["id"].clone();
    client.json("POST", "/_emulator/conversations", &arrive).await;
    client.send("DELETE", &format!("/api/v2/conversations/{}", first.as_str().unwrap()), &[], b"").await;
    let filter = json!([{ "type": "and", "predicates": [{ "dimension": "queueId", "value": queue }] }]);
    let found = query(
        &mut client,
        json!({ "interval": last(0), "orderBy": "conversationEnd", "segmentFilters": filter }),
    )
    .await;
    assert_eq!(found["totalHits"], 2);
    assert_eq!(found["conversations"][0]["conversationId"], first);
    assert!(
        found["conversations"][0]["conversationEnd"].is_string()
            && found["conversations"][1]["conversationEnd"].is_null()
    );
    let body = json!({ "filter": filter[0], "metrics": ["oWaiting", "oInteracting", "oMemberUsers"] });
    let observed = client.json("POST", "/api/v2/analytics/queues/observations/query", &body).await.json();
    let voice = observed["results"]
        .as_array()
        .unwrap()
        .iter()
        .find(|one| one["group"]["mediaType"] == "voice")
        .unwrap();
    assert_eq!(
        voice["data"],
        json!([
            { "metric": "oWaiting", "stats": { "count": 1 } },
            { "metric": "oInteracting", "stats": { "count": 0 } },
        ])
    );
    let body = json!({ "groupBy": ["queueId"], "metrics": [{ "metric": "oWaiting", "details": true }] });
    let activity = client.json("POST", "/api/v2/analytics/conversations/activity/query", &body).await.json();
    assert_eq!(activity["results"][0]["group"]["queueId"], queue);
    assert_eq!(
        (&activity["results"][0]["data"][0]["count"], &activity["results"][0]["entities"][0]["ani"]),
        (&json!(1), &json!("tel:+13175550123"))
    );
}

#[tokio::test]
async fn participants_are_found_by_their_attributes_page_by_page() {
    let emulator = start().await;
    let mut client = Client::signed_in(&emulator).await;
    let path = "/api/v2/conversations/participants/attributes/search";
    let clause =
        |value: &str| json!({ "type": "EXACT", "fields": ["participantData.customerTier"], "value": value });
    let mut total = 0;
    for tier in ["gold", "silver", "bronze", "tin"] {
        let (mut seen, mut cursor) = (Vec::new(), Value::Null);
        loop {
            let body = json!({ "query": [clause(tier)], "cursor": cursor });
            let page = client.json("POST", path, &body).await.json();
            for one in page["results"].as_array().unwrap() {
                assert_eq!(one["participantData"]["customerTier"], tier);
                seen.push(one["participantId"].as_str().unwrap().to_owned());
            }
            cursor = page["cursor"].clone();
            if cursor.is_null() {
                break;
            }
        }
        total += seen.len();
        seen.sort_unstable();
        let count = seen.len();
        seen.dedup();
        assert_eq!(seen.len(), count, "each once");
    }
    assert_eq!(total, 500);
    assert_eq!(client.json("POST", path, &json!({ "cursor": "x" })).await.status, 400);
}

#[tokio::test]
async fn an_aggregate_of_too_many_parts_is_refused_with_a_remedy() {
    let emulator = start().await;
    let mut client = Client::signed_in(&emulator).await;
    let path = "/api/v2/analytics/conversations/aggregates/query";
    let ask = |views: usize| {
        let view = |number| json!({ "target": "tHandle", "name": format!("view {number}"), "function": "rangeBound", "range": { "gte": 0 } });
        json!({
            "interval": last(30),
            "granularity": "PT1H",
            "groupBy": ["conversationId"],
            "metrics": ["tHandle"],
            "views": (0..views).map(view).collect::<Value>(),
        })
    };
    let narrow = client.json("POST", path, &ask(2)).await;
    assert_eq!(narrow.status, 200, "{}", narrow.text());
    let views = &narrow.json()["results"][0]["data"][0]["views"];
    assert_eq!((&views[0]["name"], views[1]["stats"]["count"].as_u64()), (&json!("view 0"), Some(1)));
    let wide = client.json("POST", path, &ask(400)).await;
    assert_eq!(wide.status, 400);
    assert!(wide.json()["message"].as_str().unwrap().contains("coarser granularity"), "{}", wide.text());
}
