//! What requests leave out of their bodies: the cases that every runtime runs.

use serde_json::Value;

use super::{calls, platform, session};
use crate::given::Given;
use crate::sample;

#[tokio::test]
async fn a_request_leaves_out_what_only_the_platform_sets() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../vectors/read-only.json");
    let file: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let (platform, emulator) = platform().await;
    let session = session(&emulator).await;
    for case in file["cases"].as_array().unwrap() {
        let name = case["given"]["operation"].as_str().unwrap();
        let operation = platform.operations.iter().find(|operation| operation.name == name).unwrap();
        let body = &case["given"]["body"];
        let values = operation.parameters.iter().map(|parameter| {
            let in_body = matches!(parameter.place, purecloud_definition::model::Place::Body { .. });
            if in_body { body.clone() } else { sample::value(&platform, &parameter.kind, &parameter.bounds) }
        });
        let given = Given(values.collect());
        let (_, _, prepare) = calls::CALLS.iter().find(|(_, called, _)| *called == name).unwrap();
        emulator.forget_requests();
        // Whether the platform takes the rest does not matter here.
        let _ = prepare(&session, &given).call.send().await;
        let requests = emulator.requests();
        let seen = requests.iter().find(|seen| seen.path.starts_with("/api/")).unwrap();
        let sent: Value = serde_json::from_str(&seen.body).unwrap();
        assert_eq!(sent, case["expect"]["body"], "{}", case["name"]);
    }
    emulator.stop().await;
}
