//! An organisation that the user wrote down.

use purecloud_emulator::{EmulatorError, demo};
use serde_json::{Value, json};

use crate::client::{Client, builder};

/// The example of the documentation.
fn example() -> String {
    let guide = include_str!("../../../../docs/emulator.md");
    let start = guide.find("{\n  \"/api/v2/users\"").unwrap();
    guide[start..].split_once("```").unwrap().0.to_owned()
}

#[tokio::test]
async fn the_example_of_the_guide_is_an_organisation_and_comes_back_as_it_is_written_out() {
    let emulator = builder().data(example()).start().await.unwrap();
    let mut client = Client::signed_in(&emulator).await;
    let users = client.get("/api/v2/users").await.json();
    assert_eq!((&users["total"], &users["entities"][0]["name"]), (&json!(2), &json!("Ada Lovelace")));
    let queues = client.get("/api/v2/routing/queues").await.json();
    assert_eq!(queues["entities"][0]["name"], "Parcels");
    let queue = queues["entities"][0]["selfUri"].as_str().unwrap();
    let members = client.get(&format!("{queue}/members")).await.json();
    assert_eq!(members["entities"].as_array().unwrap().len(), 1);
    assert_eq!(client.get("/api/v2/routing/skills").await.json()["total"], 0, "nothing is made up");
    assert_eq!(client.get("/api/v2/users/me").await.json()["email"], demo::USER);
    let written = client.get("/_emulator/data").await;
    let again = builder().data(written.text()).start().await.unwrap();
    let mut client = Client::signed_in(&again).await;
    assert_eq!(client.get("/_emulator/data").await.json(), written.json());
    client.send("DELETE", queue, &[], b"").await;
    client.send("POST", "/_emulator/reset", &[], b"").await;
    let mut client = Client::signed_in(&again).await;
    assert_eq!(client.get(queue).await.status, 200, "a reset goes back to it");
}

#[tokio::test]
async fn the_seeded_organisation_can_be_written_out_and_read_again() {
    let emulator = builder().start().await.unwrap();
    let written = Client::new(&emulator).await.get("/_emulator/data").await;
    assert_eq!(written.json()["/api/v2/users"].as_array().unwrap().len(), 60);
    let again = builder().data(written.text()).start().await.unwrap();
    let mut client = Client::signed_in(&again).await;
    assert_eq!(client.get("/api/v2/users").await.json()["total"], 60);
    assert_eq!(client.get("/api/v2/users/me").await.json()["name"], demo::USER_NAME);
}

#[tokio::test]
async fn every_problem_is_told_with_its_place() {
    let fail = async |data: Value| {
        let error = builder().data(data.to_string()).start().await.unwrap_err();
        let EmulatorError::Data(error) = error else { panic!("{error}") };
        error.problems
    };
    let problems = fail(json!({
        "/api/v2/users": [{ "id": "1", "nickname": "Ada", "version": "one" }, { "id": "2" }, { "id": "2" }, 3],
        "/api/v2/nothing": [],
        "/api/v2/routing/queues": {},
        "/api/v2/users/9/routingstatus": { "status": "IDLE" },
        "/api/v2/users/1/routingstatus": [],
    }))
    .await;
    for expect in [
        "\"/api/v2/users\"[0].nickname: User has no such property",
        "\"/api/v2/users\"[0].version: ",
        "\"/api/v2/users\"[2].id: \"2\" is the id of another",
        "\"/api/v2/users\"[3]: an entity is an object",
        "\"/api/v2/nothing\": nothing is stored under this path; `purecloud emulator --routes`",
        "\"/api/v2/routing/queues\": this is a collection; write a list",
        "\"/api/v2/users/1/routingstatus\": this is a document; write an object",
        "\"/api/v2/users/9/routingstatus\": there is no \"9\" in \"/api/v2/users\"",
    ] {
        assert!(problems.iter().any(|problem| problem.starts_with(expect)), "{expect}: {problems:#?}");
    }
    assert_eq!(problems.len(), 8, "{problems:#?}");
    assert!(fail(json!([])).await[0].contains("an object of paths"));
}
