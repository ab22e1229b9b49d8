//! Files are uploaded to addresses that the platform hands out, and downloaded from others.

use serde_json::{Value, json};

use crate::client::{Client, builder, start};

/// The path of an address of this emulator.
fn path(address: &Value) -> String {
    let rest = address.as_str().unwrap().strip_prefix("http://").unwrap();
    rest[rest.find('/').unwrap()..].to_owned()
}

#[tokio::test]
async fn what_is_uploaded_is_kept_and_comes_back() {
    let emulator = start().await;
    let mut client = Client::signed_in(&emulator).await;
    let wanted = json!({ "fileName": "contacts.csv", "contentType": "text/csv" });
    let reply = client.json("POST", "/api/v2/uploads/recordings", &wanted).await.json();
    assert_eq!(reply["headers"]["Content-Type"], "text/csv");
    assert!(reply["url"].as_str().unwrap().starts_with(&emulator.origin()), "{reply}");
    let other = client.json("POST", "/api/v2/uploads/recordings", &wanted).await.json();
    assert_ne!(reply["url"], other["url"]);
    let file = path(&reply["url"]);
    let sent = client.send("PUT", &file, &[("content-type", "text/csv")], b"id\r\n7\r\n\xff").await;
    assert_eq!(sent.status, 200);
    let back = client.get(&file).await;
    assert_eq!(
        (back.body.as_slice(), back.header("content-type")),
        (&b"id\r\n7\r\n\xff"[..], Some("text/csv"))
    );
    assert_eq!(back.header("content-disposition"), Some("attachment; filename=\"contacts.csv\""));
    let id = file.rsplit_once('/').unwrap().1;
    let download = format!("/api/v2/downloads/{id}");
    let there = client.get(&download).await;
    assert_eq!((there.status, there.header("location")), (302, reply["url"].as_str()));
    let there = client.get(&format!("{download}?issueRedirect=false&contentDisposition=inline")).await.json();
    assert_eq!(client.get(&path(&there["url"])).await.header("content-disposition"), Some("inline"));
    assert_eq!(client.get("/api/v2/downloads/none").await.status, 404);
    assert_eq!(
        client.send("PUT", "/files/none", &[], b"x").await.status,
        404,
        "nobody was given this address"
    );
    assert_eq!(client.send("DELETE", &file, &[], b"").await.status, 405);
}

#[tokio::test]
async fn a_form_with_a_file_is_taken_apart() {
    let emulator = start().await;
    let mut client = Client::signed_in(&emulator).await;
    let reply = client
        .json("POST", "/api/v2/outbound/contactlists/uploads", &json!({ "contentType": "text/csv" }))
        .await
        .json();
    let file = path(&reply["url"]);
    let form = b"--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.csv\"\r\n\
        Content-Type: text/csv\r\n\r\nid,name\r\n--x--\r\n";
    let media = [("content-type", "multipart/form-data; boundary=x")];
    assert_eq!(client.send("POST", &file, &media, form).await.status, 200);
    let back = client.get(&file).await;
    assert_eq!((back.text().as_str(), back.header("content-type")), ("id,name", Some("text/csv")));
    assert_eq!(client.send("POST", &file, &media, b"no form").await.status, 400);
}

#[tokio::test]
async fn an_entity_hands_out_the_file_that_was_uploaded_to_it() {
    let emulator = start().await;
    let mut client = Client::signed_in(&emulator).await;
    let workspace = json!({ "name": "Contracts" });
    let workspace = client.json("POST", "/api/v2/contentmanagement/workspaces", &workspace).await.json();
    let wanted = json!({ "name": "contract.txt", "workspace": { "id": workspace["id"] } });
    let document = client.json("POST", "/api/v2/contentmanagement/documents", &wanted).await;
    let document = document.json();
    let upload = path(&document["uploadDestinationUri"]);
    assert_eq!(client.send("PUT", &upload, &[("content-type", "text/plain")], b"Agreed.").await.status, 200);
    let read = client.get(document["selfUri"].as_str().unwrap()).await.json();
    assert_eq!(client.get(&path(&read["contentUri"])).await.text(), "Agreed.");
    let recordings =
        client.get("/api/v2/conversations/0b2a4c5e-7f61-4d3c-8a9b-123456789abc/recordings").await;
    assert_eq!(recordings.status, 404, "recordings of no conversation");
}

#[tokio::test]
async fn a_recording_can_be_heard() {
    let emulator = start().await;
    let mut client = Client::signed_in(&emulator).await;
    let filter = json!([{ "type": "and", "predicates": [{ "type": "metric", "metric": "tTalk", "operator": "exists" }] }]);
    let body = json!({ "interval": crate::analytics::last(29), "conversationFilters": filter });
    let found = client.json("POST", "/api/v2/analytics/conversations/details/query", &body).await.json();
    let id = found["conversations"][0]["conversationId"].as_str().unwrap().to_owned();
    let recordings = client.get(&format!("/api/v2/conversations/{id}/recordings")).await.json();
    assert_eq!(recordings[0]["conversationId"], id.as_str());
    let one = client.get(recordings[0]["selfUri"].as_str().unwrap()).await.json();
    let address = &one["mediaUris"]["S"]["mediaUri"];
    let heard = client.get(&path(address)).await;
    assert_eq!((heard.status, heard.header("content-type")), (200, Some("audio/wav")));
    assert!(heard.body.starts_with(b"RIFF"));
    assert_eq!(client.get(&format!("/api/v2/conversations/{id}/recordings/none")).await.status, 404);
}

#[tokio::test]
async fn files_count_towards_what_may_be_stored() {
    let emulator =
        builder().settings(|settings| settings.stored_bytes = 3 * 1024 * 1024).start().await.unwrap();
    let mut client = Client::signed_in(&emulator).await;
    let reply = client.json("POST", "/api/v2/uploads/recordings", &json!({})).await.json();
    let file = path(&reply["url"]);
    let content = vec![b'x'; 4 * 1024 * 1024];
    assert_eq!(client.send("PUT", &file, &[], &content).await.status, 200, "one request is done whole");
    assert_eq!(client.send("PUT", &file, &[], &content).await.status, 409);
}
