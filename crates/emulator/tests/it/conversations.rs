//! Conversations are begun, answered, held, handed over, wrapped up and ended.

use purecloud_emulator::Handle;
use serde_json::{Value, json};

use crate::client::{Client, start};
use crate::notifications::{channel, connect, hear};

/// A queue of these users, who are all on queue.
async fn queue(client: &mut Client, users: &[&str]) -> String {
    let queue = client.json("POST", "/api/v2/routing/queues", &json!({ "name": "Hotline" })).await.json();
    let path = queue["selfUri"].as_str().unwrap().to_owned();
    let members: Value = users.iter().map(|id| json!({ "id": id })).collect();
    assert_eq!(client.json("POST", &format!("{path}/members"), &members).await.status, 204);
    for user in users {
        status(client, user, "IDLE").await;
    }
    queue["id"].as_str().unwrap().to_owned()
}

async fn status(client: &mut Client, user: &str, status: &str) {
    let path = format!("/api/v2/users/{user}/routingstatus");
    assert_eq!(client.json("PUT", &path, &json!({ "status": status })).await.status, 200);
}

async fn status_of(client: &mut Client, user: &str) -> Value {
    client.get(&format!("/api/v2/users/{user}/routingstatus")).await.json()["status"].clone()
}

/// Ids of the caller and of two others.
async fn people(client: &mut Client) -> Vec<String> {
    let me = client.get("/api/v2/users/me").await.json()["id"].clone();
    let page = client.get("/api/v2/users?pageSize=5").await.json();
    let others =
        page["entities"].as_array().unwrap().iter().map(|user| user["id"].clone()).filter(|id| *id != me);
    std::iter::once(me.clone()).chain(others).map(|id| id.as_str().unwrap().to_owned()).take(3).collect()
}

/// Somebody outside calls or writes.
async fn arrive(client: &mut Client, media: &str, queue: &str) -> String {
    let from = json!({ "mediaType": media, "queueId": queue, "from": "tel:+13175550123", "name": "Charles" });
    let begun = client.json("POST", "/_emulator/conversations", &from).await;
    assert_eq!(begun.status, 200, "{}", begun.text());
    begun.json()["id"].as_str().unwrap().to_owned()
}

async fn get(client: &mut Client, id: &str) -> Value {
    client.get(&format!("/api/v2/conversations/{id}")).await.json()
}

fn party<'a>(conversation: &'a Value, key: &str, value: &str) -> &'a Value {
    let all = conversation["participants"].as_array().unwrap();
    all.iter()
        .rev()
        .find(|one| one[key] == value)
        .unwrap_or_else(|| panic!("no {key} {value}: {conversation:#}"))
}

async fn patch(client: &mut Client, id: &str, participant: &Value, body: Value) -> u16 {
    let path =
        format!("/api/v2/conversations/calls/{id}/participants/{}", participant["id"].as_str().unwrap());
    client.json("PATCH", &path, &body).await.status
}

async fn started() -> (Handle, Client) {
    let emulator = start().await;
    let client = Client::signed_in(&emulator).await;
    (emulator, client)
}

#[tokio::test]
async fn a_call_from_a_queue_is_answered_held_and_wrapped_up() {
    let (_emulator, mut client) = started().await;
    let people = people(&mut client).await;
    let me = people[0].as_str();
    let queue = queue(&mut client, &[me]).await;
    let id = arrive(&mut client, "voice", &queue).await;
    let call = client.get(&format!("/api/v2/conversations/calls/{id}")).await.json();
    let mine = party(&call, "purpose", "agent");
    assert_eq!(
        (&mine["state"], &mine["user"]["id"], &mine["queue"]["id"]),
        (&json!("alerting"), &json!(me), &json!(queue))
    );
    assert_eq!(party(&call, "purpose", "customer")["ani"], "tel:+13175550123");
    assert_eq!(patch(&mut client, &id, mine, json!({ "held": true })).await, 400, "nobody holds what rings");
    assert_eq!(patch(&mut client, &id, mine, json!({ "state": "connected" })).await, 202);
    assert_eq!(status_of(&mut client, me).await, "INTERACTING");
    let generic = get(&mut client, &id).await;
    let own = party(&generic, "purpose", "agent");
    assert_eq!(own["calls"][0]["state"], "connected");
    assert_eq!(party(&generic, "purpose", "acd")["calls"][0]["disconnectType"], "transfer");
    assert_eq!(patch(&mut client, &id, own, json!({ "held": true, "muted": true })).await, 202);
    assert_eq!(party(&get(&mut client, &id).await, "purpose", "agent")["calls"][0]["held"], true);
    assert_eq!(client.get("/api/v2/conversations").await.json()["entities"][0]["id"], id.as_str());
    assert_eq!(client.get("/api/v2/conversations/emails").await.json()["entities"], json!([]));
    let codes = client.get("/api/v2/routing/wrapupcodes").await.json();
    let code = &codes["entities"][0]["id"];
    assert_eq!(patch(&mut client, &id, own, json!({ "wrapup": { "code": "nothing" } })).await, 400);
    assert_eq!(
        patch(
            &mut client,
            &id,
            own,
            json!({ "wrapup": { "code": code, "notes": "done" }, "state": "disconnected" })
        )
        .await,
        202
    );
    let wrapup =
        format!("/api/v2/conversations/calls/{id}/participants/{}/wrapup", own["id"].as_str().unwrap());
    let wrapup = client.get(&wrapup).await.json();
    assert_eq!((&wrapup["code"], &wrapup["notes"]), (code, &json!("done")));
    let over = get(&mut client, &id).await;
    assert!(over["endTime"].is_string());
    assert_eq!(party(&over, "purpose", "customer")["calls"][0]["disconnectType"], "peer");
    assert_eq!(
        patch(&mut client, &id, own, json!({ "state": "connected" })).await,
        400,
        "what is over stays over"
    );
    assert_eq!(client.get("/api/v2/conversations").await.json()["entities"], json!([]));
    assert_eq!(status_of(&mut client, me).await, "IDLE");
}

#[tokio::test]
async fn what_waits_goes_to_whoever_is_free_in_turn() {
    let (_emulator, mut client) = started().await;
    let people = people(&mut client).await;
    let queue = queue(&mut client, &[&people[0], &people[1]]).await;
    status(&mut client, &people[1], "OFF_QUEUE").await;
    let first = arrive(&mut client, "voice", &queue).await;
    let second = arrive(&mut client, "chat", &queue).await;
    let waiting = get(&mut client, &second).await;
    assert_eq!(waiting["participants"].as_array().unwrap().len(), 2, "nobody is free: {waiting:#}");
    status(&mut client, &people[1], "IDLE").await;
    let offered = get(&mut client, &second).await;
    assert_eq!(party(&offered, "userId", &people[1])["chats"][0]["state"], "alerting");
    // Declining is not forgotten: the call goes on waiting, and the agent must say that it is back.
    let call = get(&mut client, &first).await;
    let mine = party(&call, "userId", &people[0]);
    assert_eq!(patch(&mut client, &first, mine, json!({ "state": "disconnected" })).await, 202);
    assert_eq!(status_of(&mut client, &people[0]).await, "NOT_RESPONDING");
    let declined = get(&mut client, &first).await;
    assert_eq!(party(&declined, "userId", &people[0])["calls"][0]["disconnectType"], "transfer.noanswer");
    assert!(declined.get("endTime").is_none());
    status(&mut client, &people[0], "IDLE").await;
    let again = get(&mut client, &first).await;
    assert_eq!(party(&again, "userId", &people[0])["calls"][0]["state"], "alerting");
}

#[tokio::test]
async fn on_queue_is_a_presence_too() {
    let (_emulator, mut client) = started().await;
    let people = people(&mut client).await;
    let me = people[0].as_str();
    let queue = queue(&mut client, &[me]).await;
    let definitions = client.get("/api/v2/presence/definitions").await.json();
    let named = |name: &str| {
        let all = definitions["entities"].as_array().unwrap();
        all.iter().find(|one| one["systemPresence"] == name).unwrap()["id"].clone()
    };
    let presence = format!("/api/v2/users/{me}/presences/purecloud");
    client.json("PATCH", &presence, &json!({ "presenceDefinition": { "id": named("Break") } })).await;
    assert_eq!(status_of(&mut client, me).await, "OFF_QUEUE");
    let id = arrive(&mut client, "voice", &queue).await;
    assert_eq!(get(&mut client, &id).await["participants"].as_array().unwrap().len(), 2);
    client.json("PATCH", &presence, &json!({ "presenceDefinition": { "id": named("OnQueue") } })).await;
    assert_eq!(party(&get(&mut client, &id).await, "purpose", "agent")["calls"][0]["state"], "alerting");
}

#[tokio::test]
async fn a_user_calls_a_number_and_hands_over() {
    let (_emulator, mut client) = started().await;
    let people = people(&mut client).await;
    let begun = client
        .json("POST", "/api/v2/conversations/calls", &json!({ "phoneNumber": "+13175550199" }))
        .await
        .json();
    let id = begun["id"].as_str().unwrap().to_owned();
    assert_eq!(begun["selfUri"], format!("/api/v2/conversations/calls/{id}"));
    let call = get(&mut client, &id).await;
    let mine = party(&call, "userId", &people[0]).clone();
    assert_eq!(mine["calls"][0]["state"], "contacting");
    assert_eq!(party(&call, "purpose", "external")["calls"][0]["state"], "dialing");
    let replace =
        format!("/api/v2/conversations/calls/{id}/participants/{}/replace", mine["id"].as_str().unwrap());
    let early = client.json("POST", &replace, &json!({ "userId": people[1] })).await;
    assert_eq!(early.json()["code"], "conversations.error.transfer.not.connected");
    patch(&mut client, &id, &mine, json!({ "state": "connected" })).await;
    assert_eq!(party(&get(&mut client, &id).await, "purpose", "external")["calls"][0]["state"], "connected");
    for (body, code) in [
        (json!({}), "conversations.error.transfer.destination.required"),
        (json!({ "queueId": "none" }), "conversations.error.queue.not.found"),
        (json!({ "userId": people[0] }), "conversations.error.transfer.same.party"),
    ] {
        let refused = client.json("POST", &replace, &body).await;
        assert_eq!((refused.status, &refused.json()["code"]), (400, &json!(code)));
    }
    let attended = json!({ "userId": people[1], "transferType": "Attended" });
    assert_eq!(client.json("POST", &replace, &attended).await.status, 202);
    let call = get(&mut client, &id).await;
    assert_eq!(
        party(&call, "userId", &people[0])["calls"][0]["state"],
        "connected",
        "until the other answers"
    );
    let other = party(&call, "userId", &people[1]).clone();
    patch(&mut client, &id, &other, json!({ "state": "connected" })).await;
    let call = get(&mut client, &id).await;
    assert_eq!(party(&call, "userId", &people[0])["calls"][0]["disconnectType"], "transfer");
    assert!(call.get("endTime").is_none());
    assert_eq!(
        client.send("POST", &format!("/api/v2/conversations/{id}/disconnect"), &[], b"").await.status,
        202
    );
    assert_eq!(
        party(&get(&mut client, &id).await, "userId", &people[1])["calls"][0]["disconnectType"],
        "system"
    );
}

#[tokio::test]
async fn an_agent_hands_over_to_a_queue_and_consults() {
    let (_emulator, mut client) = started().await;
    let people = people(&mut client).await;
    let first = queue(&mut client, &[&people[0]]).await;
    let second = queue(&mut client, &[&people[1]]).await;
    let id = arrive(&mut client, "voice", &first).await;
    let call = get(&mut client, &id).await;
    let mine = party(&call, "userId", &people[0]).clone();
    patch(&mut client, &id, &mine, json!({ "state": "connected" })).await;
    let customer = party(&call, "purpose", "customer")["id"].as_str().unwrap();
    let consult = format!("/api/v2/conversations/calls/{id}/participants/{customer}/consult");
    let body = json!({ "speakTo": "DESTINATION", "destination": { "userId": people[2] } });
    let consulted = client.json("POST", &consult, &body).await.json()["destinationParticipantId"].clone();
    let call = get(&mut client, &id).await;
    assert_eq!(party(&call, "purpose", "customer")["calls"][0]["held"], true);
    assert_eq!(party(&call, "userId", &people[0])["consultParticipantId"], consulted);
    assert_eq!(client.send("DELETE", &consult, &[], b"").await.status, 200);
    assert_eq!(party(&get(&mut client, &id).await, "purpose", "customer")["calls"][0]["held"], false);
    assert_eq!(client.send("DELETE", &consult, &[], b"").await.status, 400, "nobody is consulted any more");
    let replace =
        format!("/api/v2/conversations/{id}/participants/{}/replace/queue", mine["id"].as_str().unwrap());
    assert_eq!(client.json("POST", &replace, &json!({ "queueId": second })).await.status, 202);
    let call = get(&mut client, &id).await;
    assert_eq!(party(&call, "userId", &people[1])["calls"][0]["state"], "alerting");
    assert_eq!(status_of(&mut client, &people[0]).await, "IDLE");
}

#[tokio::test]
async fn every_media_has_its_own_way_to_begin() {
    let (_emulator, mut client) = started().await;
    let people = people(&mut client).await;
    let queue = queue(&mut client, &[&people[1]]).await;
    for (path, body, plural) in [
        (
            "emails",
            json!({ "provider": "PureCloud Email", "queueId": queue, "toAddress": "a@example.com", "subject": "Parcel" }),
            "emails",
        ),
        (
            "emails",
            json!({ "provider": "PureCloud Email", "queueId": queue, "direction": "INBOUND", "fromAddress": "a@example.com" }),
            "emails",
        ),
        (
            "callbacks",
            json!({ "queueId": queue, "callbackNumbers": ["+13175550100"], "data": { "order": "7" } }),
            "callbacks",
        ),
        (
            "messages",
            json!({ "queueId": queue, "toAddress": "+13175550100", "toAddressMessengerType": "sms" }),
            "messages",
        ),
        ("chats", json!({ "queueId": queue, "provider": "webchat" }), "chats"),
    ] {
        let begun = client.json("POST", &format!("/api/v2/conversations/{path}"), &body).await;
        assert_eq!(begun.status, 200, "{path}: {}", begun.text());
        let begun = begun.json();
        let id = begun["id"].as_str().or_else(|| begun["conversation"]["id"].as_str()).unwrap().to_owned();
        let own = client.get(&format!("/api/v2/conversations/{path}/{id}")).await;
        assert_eq!((own.status, own.json()["id"].clone()), (200, json!(id)), "{path}");
        let generic = get(&mut client, &id).await;
        assert!(generic["participants"][0][plural][0]["state"].is_string(), "{generic:#}");
        assert_eq!(client.get(&format!("/api/v2/conversations/cobrowsesessions/{id}")).await.status, 404);
    }
    for (path, body, code) in [
        ("emails", json!({ "provider": "x" }), "email.outbound.queue.required"),
        (
            "callbacks",
            json!({ "callbackNumbers": [], "queueId": "none" }),
            "conversations.error.queue.not.found",
        ),
        ("calls", json!({}), "conversation.error.call.destination.required"),
        ("calls", json!({ "callUserId": "nobody" }), "conversation.error.user.not.found"),
    ] {
        let refused = client.json("POST", &format!("/api/v2/conversations/{path}"), &body).await;
        assert_eq!((refused.status, &refused.json()["code"]), (400, &json!(code)), "{path}");
    }
    let nothing = client.get("/api/v2/conversations/calls/00000000-0000-4000-8000-000000000000").await;
    assert_eq!(
        (nothing.status, &nothing.json()["code"]),
        (404, &json!("conversation.error.conversation.not.found"))
    );
}

#[tokio::test]
async fn attributes_are_added_and_one_communication_can_be_ended() {
    let (_emulator, mut client) = started().await;
    let people = people(&mut client).await;
    let queue = queue(&mut client, &[&people[0]]).await;
    let id = arrive(&mut client, "voice", &queue).await;
    let call = get(&mut client, &id).await;
    let customer = party(&call, "purpose", "customer").clone();
    let path = format!("/api/v2/conversations/calls/{id}/participants/{}", customer["id"].as_str().unwrap());
    client
        .json(
            "PATCH",
            &format!("{path}/attributes"),
            &json!({ "attributes": { "order": "7", "vip": "yes" } }),
        )
        .await;
    client.json("PATCH", &format!("{path}/attributes"), &json!({ "attributes": { "order": "8" } })).await;
    let attributes = party(&get(&mut client, &id).await, "purpose", "customer")["attributes"].clone();
    assert_eq!(attributes, json!({ "order": "8", "vip": "yes" }));
    let communication = format!("{path}/communications/{}", customer["calls"][0]["id"].as_str().unwrap());
    assert_eq!(client.json("PATCH", &communication, &json!({ "state": "connected" })).await.status, 400);
    assert_eq!(
        client
            .json("PATCH", &format!("{path}/communications/none"), &json!({ "state": "disconnected" }))
            .await
            .status,
        404
    );
    assert!(
        (200..300).contains(
            &client.json("PATCH", &communication, &json!({ "state": "disconnected" })).await.status
        )
    );
    assert!(get(&mut client, &id).await["endTime"].is_string(), "the caller is gone");
    assert_eq!(status_of(&mut client, &people[0]).await, "IDLE");
}

#[tokio::test]
async fn each_change_is_told_to_the_user_and_to_the_queue() {
    let (emulator, mut client) = started().await;
    let people = people(&mut client).await;
    let me = people[0].as_str();
    let queue = queue(&mut client, &[me]).await;
    let (channel, uri) = channel(&mut client).await;
    let mut socket = connect(&emulator, &uri).await;
    let topics = json!([
        { "id": format!("v2.users.{me}.conversations") },
        { "id": format!("v2.users.{me}.conversations.calls") },
        { "id": format!("v2.routing.queues.{queue}.conversations.calls") },
    ]);
    client.json("PUT", &format!("/api/v2/notifications/channels/{channel}/subscriptions"), &topics).await;
    let id = arrive(&mut client, "voice", &queue).await;
    let mut heard = Vec::new();
    for _ in 0..3 {
        let event = hear(&mut socket).await.unwrap();
        assert_eq!(event["eventBody"]["id"], id.as_str());
        heard.push((event["topicName"].as_str().unwrap().to_owned(), event["eventBody"].clone()));
    }
    let body = |topic: String| &heard.iter().find(|(name, _)| *name == topic).unwrap().1;
    let own = body(format!("v2.users.{me}.conversations.calls"));
    assert_eq!(party(own, "purpose", "agent")["state"], "alerting");
    assert_eq!(
        party(body(format!("v2.routing.queues.{queue}.conversations.calls")), "purpose", "agent")["user"]["id"],
        me
    );
    let generic = body(format!("v2.users.{me}.conversations"));
    assert_eq!(
        party(generic, "purpose", "agent")["calls"][0]["state"],
        "alerting",
        "events have the words of their topic's model"
    );
    let mine = party(own, "purpose", "agent").clone();
    assert_eq!(patch(&mut client, &id, &mine, json!({ "state": "connected" })).await, 202);
    let event = hear(&mut socket).await.unwrap();
    assert_eq!(event["topicName"], format!("v2.routing.queues.{queue}.conversations.calls"));
    assert_eq!(party(&event["eventBody"], "purpose", "agent")["state"], "connected");
}
