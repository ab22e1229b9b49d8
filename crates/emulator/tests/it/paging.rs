//! Every style of paging, read to its end: each entity once.
//!
//! Paged bodies, jobs and executions have tests of their own, in `analytics` and `jobs`.

use std::collections::BTreeMap;

use purecloud_definition::model::{Operation, Place, Type};
use purecloud_emulator::{Action, routes};
use serde_json::{Value, json};

use crate::client::{Client, builder, encode, platform, start};

/// Whatever a page calls its items.
fn items(page: &Value) -> Vec<Value> {
    let named = ["entities", "results", "Resources", "conversations", "items", "resources"];
    named.iter().find_map(|name| page[*name].as_array().cloned()).unwrap_or_default()
}

fn ids(items: &[Value]) -> Vec<String> {
    items.iter().filter_map(|item| item["id"].as_str().map(str::to_owned)).collect()
}

/// Every id, sorted; a panic where one came twice.
#[track_caller]
fn distinct(mut ids: Vec<String>) -> Vec<String> {
    let count = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), count, "an entity came twice");
    ids
}

#[tokio::test]
async fn numbers_lead_through_all_users() {
    let emulator = start().await;
    let mut client = Client::signed_in(&emulator).await;
    let (mut seen, mut number) = (Vec::new(), 1);
    loop {
        let page = client.get(&format!("/api/v2/users?pageSize=7&pageNumber={number}")).await.json();
        seen.extend(ids(&items(&page)));
        if number == page["pageCount"].as_u64().unwrap() {
            assert_eq!(page["total"], 60);
            break;
        }
        number += 1;
    }
    assert_eq!(distinct(seen).len(), 60);
}

#[tokio::test]
async fn tokens_lead_through_all_external_contacts() {
    let emulator = builder().settings(|settings| settings.users = 130).start().await.unwrap();
    let mut client = Client::signed_in(&emulator).await;
    let (mut seen, mut after) = (Vec::new(), String::new());
    loop {
        let page =
            client.get(&format!("/api/v2/externalcontacts/scan/contacts?limit=30{after}")).await.json();
        seen.extend(ids(&items(&page)));
        let Some(cursor) = page["cursors"]["after"].as_str().or_else(|| page["cursor"].as_str()) else {
            break;
        };
        after = format!("&cursor={}", encode(cursor));
    }
    let all =
        client.get("/api/v2/externalcontacts/contacts?pageSize=100").await.json()["total"].as_u64().unwrap();
    assert!(all >= 100);
    assert_eq!(distinct(seen).len() as u64, all);
}

#[tokio::test]
async fn scim_leads_through_all_users_by_their_index() {
    let emulator = start().await;
    let mut client = Client::signed_in(&emulator).await;
    for path in ["/api/v2/scim/users", "/api/v2/scim/v2/users"] {
        let (mut seen, mut start) = (Vec::new(), 1);
        loop {
            let page = client.get(&format!("{path}?startIndex={start}&count=25")).await.json();
            let found = page["Resources"].as_array().unwrap().clone();
            assert_eq!(
                (&page["startIndex"], page["itemsPerPage"].as_u64()),
                (&json!(start), Some(found.len() as u64))
            );
            if found.is_empty() {
                assert_eq!(page["totalResults"], 60);
                break;
            }
            start += found.len();
            seen.extend(ids(&found));
        }
        assert_eq!(distinct(seen).len(), 60);
        let ada = client
            .get(&format!("{path}?filter={}", encode("userName eq \"ada.lovelace@example.com\"")))
            .await
            .json();
        assert_eq!(
            (&ada["totalResults"], &ada["Resources"][0]["displayName"]),
            (&json!(1), &json!("Ada Lovelace"))
        );
    }
}

/// Whether a list can be asked for with its page size alone.
fn is_plain(operation: &Operation) -> bool {
    operation.parameters.iter().all(|parameter| match parameter.place {
        Place::Path => false,
        place => !place.required(),
    })
}

#[tokio::test]
async fn every_list_is_read_to_its_end_by_what_its_pages_say() {
    let platform = platform();
    let emulator = start().await;
    let mut client = Client::signed_in(&emulator).await;
    let (mut styles, mut failures): (BTreeMap<&str, usize>, Vec<String>) = (BTreeMap::new(), Vec::new());
    for (route, operation) in routes(&platform).iter().zip(&platform.operations) {
        if route.action != Some(Action::List) || !is_plain(operation) || operation.retired {
            continue;
        }
        let Some(Type::Model(model)) = operation.result else { continue };
        let has =
            |name: &str| platform.model(model).properties.iter().any(|property| property.wire_name == name);
        let takes = |name: &str| operation.parameters.iter().any(|parameter| parameter.wire_name == name);
        let size =
            ["pageSize", "limit", "count"].iter().find(|name| takes(name)).map(|name| format!("{name}=2"));
        let Some(size) = size else { continue };
        let base = &operation.path.text;
        let mut path = format!("{base}?{size}");
        let (mut seen, mut pages, mut style) = (Vec::new(), 0, "one page");
        let total = loop {
            let reply = client.get(&path).await;
            pages += 1;
            if reply.status != 200 || pages > 700 {
                failures.push(format!("{}: {} on page {pages}", operation.wire_name, reply.status));
                break None;
            }
            let page = reply.json();
            seen.extend(ids(&items(&page)));
            let next = |token: &str, name: &str| format!("{base}?{size}&{name}={}", encode(token));
            let token = ["after", "cursor"].into_iter().filter(|name| takes(name)).find_map(|name| {
                let token = page["cursors"][name].as_str().or_else(|| page[name].as_str());
                token.map(|token| (name, token))
            });
            if let Some((name, token)) = token {
                (style, path) = (name, next(token, name));
            } else if let Some(uri) = page["nextUri"].as_str() {
                (style, path) = (if has("pageCount") { "number" } else { "nextUri" }, uri.to_owned());
            } else if let Some(uri) = page["nextPage"].as_str() {
                (style, path) = ("nextPage", uri.to_owned());
            } else if has("startIndex") && !items(&page).is_empty() {
                (style, path) = ("startIndex", next(&(seen.len() + 1).to_string(), "startIndex"));
            } else if has("pageNumber") && page["pageNumber"].as_u64() < page["pageCount"].as_u64() {
                (style, path) = ("number", next(&(pages + 1).to_string(), "pageNumber"));
            } else {
                break ["total", "totalResults", "totalHits"].iter().find_map(|name| page[*name].as_u64());
            }
        };
        *styles.entry(style).or_default() += 1;
        let count = seen.len();
        seen.sort_unstable();
        seen.dedup();
        let home =
            base.replace("/scan/", "/").replace("/divisionviews/all", "").replace("/divisionviews", "");
        let stored = client.get(&format!("/_emulator/store?path={}", encode(&home))).await.json();
        let stored = stored["entities"].as_array().map_or(0, Vec::len);
        let expect = total.unwrap_or(stored as u64);
        // The store shows a hundred entities of a collection.
        if seen.len() != count
            || seen.len() as u64 != expect
            || (stored < 100 && count > stored && stored > 0)
        {
            failures.push(format!(
                "{}: {count} of {expect} ({} distinct, {stored} stored) by {style}",
                operation.wire_name,
                seen.len()
            ));
        }
    }
    assert!(failures.is_empty(), "{} failures:\n{}", failures.len(), failures.join("\n"));
    for style in ["number", "nextUri", "after", "startIndex"] {
        assert!(styles.get(style).is_some_and(|count| *count > 0), "no list goes on by {style}: {styles:?}");
    }
}
