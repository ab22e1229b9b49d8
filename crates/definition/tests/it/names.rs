//! The naming rules against the names that SDKs shipped.

use std::collections::{HashMap, HashSet};

use purecloud_definition::model::{Method, PathTemplate};
use purecloud_definition::names::{self, rust};

use crate::bundled::{PLATFORM, definition};

#[test]
fn the_modern_rule_gives_all_names_but_the_five_that_were_numbered() {
    let loaded = definition("platform-v2.json");
    let differing: Vec<_> = loaded
        .platform
        .operations
        .iter()
        .map(|operation| (operation.wire_name.clone(), names::modern(operation.method, &operation.path)))
        .filter(|(written, made)| written != made)
        .collect();
    let expected = [
        ("getPresenceDefinitions0", "getPresenceDefinitions"),
        ("postPresenceDefinitions0", "postPresenceDefinitions"),
        ("getPresenceDefinition0", "getPresenceDefinition"),
        ("putPresenceDefinition0", "putPresenceDefinition"),
        ("deletePresenceDefinition0", "deletePresenceDefinition"),
    ];
    assert_eq!(differing, expected.map(|(written, made)| (written.to_owned(), made.to_owned())));
    assert_eq!(loaded.platform.operations.len() - differing.len(), 3350);
}

#[test]
fn the_modern_rule_gives_the_modern_names_of_the_older_definition_but_two() {
    let text = include_str!("../../../../definitions/platform-v2-legacy.json");
    let document: serde_json::Value = serde_json::from_str(text).unwrap();
    let mut agreed = 0;
    let mut differing = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let name = names::modern(Method::parse(method).unwrap(), &PathTemplate::parse(path).unwrap());
            let written = operation["x-purecloud-method-name"].as_str().unwrap();
            if name == written {
                agreed += 1;
            } else {
                differing.push((written.to_owned(), name));
            }
        }
    }
    assert_eq!(agreed, 741, "{differing:?}");
    assert!(differing.iter().all(|(written, _)| written.contains("Edgetrunkbasis")), "{differing:?}");
}

#[test]
fn the_legacy_rule_gives_all_743_names_of_the_older_definition() {
    let loaded = definition("platform-v2-legacy.json");
    let firsts = &loaded.platform.first_segments;
    let differing: Vec<_> = loaded
        .platform
        .operations
        .iter()
        .map(|operation| {
            let made = names::legacy(operation.method, &operation.path, firsts.iter().map(String::as_str));
            (operation.wire_name.clone(), made)
        })
        .filter(|(written, made)| written != made)
        .collect();
    assert_eq!(differing, []);
    assert_eq!(loaded.platform.operations.len(), 743);
}

#[test]
fn modern_names_are_the_operation_ids_wherever_nothing_stands_against_it() {
    let changed: Vec<_> = PLATFORM
        .operations
        .iter()
        .filter(|operation| operation.name != operation.wire_name)
        .map(|operation| &operation.name)
        .collect();
    assert_eq!(changed, Vec::<&String>::new());
    let names: HashSet<_> =
        PLATFORM.operations.iter().map(|operation| operation.name.to_ascii_lowercase()).collect();
    assert_eq!(names.len(), PLATFORM.operations.len());
}

#[track_caller]
fn check(rule: impl Fn(&str) -> String, cases: &[(&str, &str)]) {
    for (text, name) in cases {
        assert_eq!(rule(text), *name, "{text:?}");
    }
}

#[test]
fn arguments_are_called_as_in_todays_sdk() {
    check(
        names::argument,
        &[
            ("userId", "userId"),
            ("site.id", "siteId"),
            ("lines.loggedInUser.id", "linesLoggedInUserId"),
            ("externalTrunkBases.ids", "externalTrunkBasesIds"),
            ("phone_hardwareId", "phoneHardwareId"),
            ("If-None-Match", "ifNoneMatch"),
            ("X-Journey-Session-Id", "xJourneySessionId"),
            ("SIPSearchPublicRequest", "sIPSearchPublicRequest"),
            ("3d", "_3d"),
            ("\u{202e}\"", "value"),
        ],
    );
}

#[test]
fn arguments_are_called_as_in_the_first_sdk_under_old_names() {
    check(
        names::legacy_argument,
        &[
            ("site.id", "siteid"),
            ("delete", "doDelete"),
            ("deleted", "doDeleted"),
            ("If-Match", "IfMatch"),
            ("lines.loggedInUser.id", "linesloggedInUserid"),
            ("phone_hardwareId", "phone_hardwareId"),
            ("a(b)/'c d", "abcd"),
            ("', alert(1), '", "alert1"),
            ("é", "value"),
        ],
    );
}

#[test]
fn classes_are_tags_without_what_separates_their_words() {
    check(
        names::class,
        &[
            ("Users", "UsersApi"),
            ("Telephony Providers Edge", "TelephonyProvidersEdgeApi"),
            ("OAuth", "OAuthApi"),
            ("Speech & Text Analytics", "SpeechTextAnalyticsApi"),
            ("user-recordings", "UserRecordingsApi"),
            ("", "Api"),
            ("2fa", "_2faApi"),
        ],
    );
}

#[test]
fn rust_names_follow_the_language() {
    check(
        rust::snake,
        &[
            ("getUsersMe", "get_users_me"),
            ("selfUri", "self_uri"),
            ("issuerURI", "issuer_uri"),
            ("SIPSearchPublicRequest", "sip_search_public_request"),
            ("edgeGroup.id", "edge_group_id"),
            ("If-None-Match", "if_none_match"),
            ("phone_hardwareId", "phone_hardware_id"),
            ("address1Line2", "address1_line2"),
            ("getPresenceDefinitions0", "get_presence_definitions0"),
            ("A1", "a1"),
            ("_type", "type"),
            ("urn:ietf:2.0:User", "urn_ietf_2_0_user"),
            ("2xx", "_2xx"),
            ("", "value"),
            ("\u{2028}", "value"),
        ],
    );
    check(
        rust::camel,
        &[("user-routing.status", "UserRoutingStatus"), ("boolean$", "Boolean"), ("1", "V1"), ("", "Value")],
    );
    check(
        rust::module,
        &[
            ("UsersApi", "users"),
            ("TelephonyProvidersEdgeApi", "telephony_providers_edge"),
            ("OAuthApi", "o_auth"),
            ("Api", "api"),
        ],
    );
}

#[test]
fn rust_names_of_operations_and_classes_do_not_meet() {
    let mut modules = HashMap::new();
    for api in &PLATFORM.apis {
        assert_eq!(modules.insert(rust::module(&api.name), &api.name), None, "{}", api.name);
    }
    let mut functions = HashMap::new();
    let mut met = Vec::new();
    for operation in &PLATFORM.operations {
        if let Some(other) = functions.insert(rust::snake(&operation.name), &operation.name) {
            met.push((other.clone(), operation.name.clone()));
        }
    }
    assert_eq!(met, []);
}
