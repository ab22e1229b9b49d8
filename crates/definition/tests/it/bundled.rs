//! The bundled platform by summary. The numbers are those of `definitions/README.md`.

use std::collections::{BTreeMap, HashSet};
use std::sync::LazyLock;

use purecloud_definition::bundled::{Retired, load_over};
use purecloud_definition::model::{
    Api, LegacyTarget, Method, Need, Operation, Paging, Place, Platform, Segment, TextFormat, Type, Width,
};
use purecloud_definition::{Loaded, Severity, Source, bundled, load, load_all, paging};
use serde_json::json;

use crate::describe::describe;

/// Read once for all tests.
pub(crate) static PLATFORM: LazyLock<Platform> = LazyLock::new(|| bundled().unwrap());

/// A definition of the repository on its own.
pub(crate) fn definition(name: &str) -> Loaded {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../definitions/");
    load(&Source::file(format!("{path}{name}")).unwrap()).unwrap()
}

fn live() -> impl Iterator<Item = &'static Operation> {
    PLATFORM.operations.iter().filter(|operation| !operation.retired)
}

fn operation(name: &str) -> &'static Operation {
    PLATFORM.operations.iter().find(|operation| operation.name == name).unwrap()
}

fn api(name: &str) -> &'static Api {
    PLATFORM.apis.iter().find(|api| api.name == name).unwrap()
}

#[test]
fn every_operation_class_and_parameter_of_today_is_there() {
    assert_eq!(live().count(), 3355);
    assert_eq!(live().map(|operation| &operation.path.text).collect::<HashSet<_>>().len(), 2288);
    let mut slots = [0; 4];
    for operation in live() {
        slots[operation.apis.len()] += 1;
    }
    assert_eq!(slots, [0, 3203, 151, 1]);
    let classes: HashSet<_> = live().flat_map(|operation| &operation.apis).collect();
    assert_eq!(classes.len(), 87);

    let mut places = [0; 5];
    for parameter in live().flat_map(|operation| &operation.parameters) {
        places[match parameter.place {
            Place::Path => 0,
            Place::Query { .. } => 1,
            Place::Body { .. } => 2,
            Place::Header { .. } => 3,
        }] += 1;
    }
    assert_eq!(places, [3068, 2962, 1350, 23, 0]);
    assert_eq!(live().filter(|operation| operation.deprecated).count(), 129);
    assert_eq!(live().filter(|operation| !operation.authenticated).count(), 33);
    assert_eq!(live().filter(|operation| operation.method == Method::Head).count(), 2);
}

#[test]
fn every_model_property_and_enumeration_of_today_is_there() {
    let loaded = definition("platform-v2.json");
    let platform = &loaded.platform;
    assert_eq!(loaded.warnings, []);
    assert_eq!(platform.models.len(), 6651);
    assert_eq!(platform.models.iter().map(|model| model.properties.len()).sum::<usize>(), 36208);
    let of_properties = |kind: &Type| matches!(kind, Type::Enumeration(_));
    let properties = platform.models.iter().flat_map(|model| &model.properties);
    assert_eq!(properties.clone().filter(|property| of_properties(&property.kind)).count(), 3311);
    assert_eq!(properties.filter(|property| property.read_only).count(), 3742);
}

#[test]
fn the_older_definition_is_read_with_its_faults_as_warnings() {
    let loaded = definition("platform-v2-legacy.json");
    assert_eq!(loaded.platform.operations.len(), 743);
    assert_eq!(loaded.platform.apis.len(), 35);
    assert_eq!(loaded.platform.operations.iter().map(|one| one.apis.len()).sum::<usize>(), 775);
    assert!(loaded.warnings.iter().all(|warning| warning.severity == Severity::Warning));
    let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
    for warning in &loaded.warnings {
        *kinds.entry(warning.message.as_str()).or_default() += 1;
    }
    insta::assert_debug_snapshot!(kinds);
}

#[test]
fn operations_that_are_gone_come_back_retired() {
    let retired: Vec<_> = PLATFORM.operations.iter().filter(|operation| operation.retired).collect();
    // 104 that the older definition has, 33 that only the list of retired ones has, and 17 of releases between the older ones.
    assert_eq!(retired.len(), 154);
    assert!(retired.iter().all(|operation| operation.deprecated));
    assert!(retired.iter().all(|operation| !operation.apis.is_empty()));
    let put = operation("putLanguage");
    assert!(put.retired);
    assert_eq!(put.path.text, "/api/v2/languages/{languageId}");
    assert!(operation("getAttributes").retired);
    // Classes that no operation of today has.
    for class in ["AttributesApi", "ConfigurationApi", "WebChatApi", "WidgetsApi"] {
        assert!(!api(class).operations.is_empty(), "{class}");
    }
    assert_eq!(PLATFORM.apis.len(), 91);
}

#[test]
fn types_of_retired_operations_are_those_of_today_where_there_are_some() {
    let result = operation("postAttributesQuery").result.clone();
    assert!(matches!(result, Some(Type::Model(_))), "{result:?}");
    let names: HashSet<_> = PLATFORM.models.iter().map(|model| &model.wire_name).collect();
    assert_eq!(names.len(), PLATFORM.models.len(), "no model stands twice");
}

#[test]
fn topics_carry_the_models_of_their_events() {
    assert_eq!(PLATFORM.topics.len(), 246);
    assert!(PLATFORM.topics.is_sorted_by_key(|topic| &topic.name));
    let topic = PLATFORM.topics.iter().find(|topic| topic.name == "v2.users.{id}.presence").unwrap();
    let model = PLATFORM.model(topic.model.unwrap());
    assert_eq!(model.name, "PresenceEventUserPresence");
    assert!(PLATFORM.topics.iter().all(|topic| topic.model.is_some()));
}

#[test]
fn permissions_and_scopes_are_those_of_today_and_older_ones_where_today_says_nothing() {
    let known = live().filter_map(|operation| operation.permissions.as_ref());
    let mut needs: BTreeMap<&str, usize> = BTreeMap::new();
    for permissions in known {
        *needs.entry(if permissions.need == Need::All { "all" } else { "any" }).or_default() += 1;
    }
    assert_eq!(needs, BTreeMap::from([("all", 802), ("any", 1987)]));
    assert_eq!(live().filter(|operation| !operation.scopes.is_empty()).count(), 3098);
    let users = operation("getUsers");
    assert_eq!(users.scopes, ["users", "users:readonly"]);
    let create = operation("postExternalcontactsContactsExports").permissions.clone().unwrap();
    assert_eq!(
        (create.need, create.names),
        (
            Need::All,
            ["externalContacts:export:add", "externalContacts:contact:view"].map(str::to_owned).into()
        )
    );
    // The platform has dropped this one, its permissions stay known.
    let permissions = operation("getAlertingHeartbeatAlerts").permissions.clone();
    assert_eq!(permissions.unwrap().names, ["alerting:alert:view"]);
    // In 2017 this one needed a permission; today it needs none.
    assert_eq!(operation("getRoutingLanguages").permissions, None);
}

#[test]
fn the_definition_says_which_status_a_success_has() {
    let mut successes: BTreeMap<(bool, &[u16]), usize> = BTreeMap::new();
    for operation in live() {
        *successes.entry((operation.result.is_some(), &operation.successes)).or_default() += 1;
    }
    insta::assert_debug_snapshot!(successes);
    for (name, statuses) in [
        ("getUsers", &[200][..]),
        ("deleteAlertingAlert", &[204]),
        ("postAnalyticsConversationsDetailsJobs", &[202]),
        ("postExternalcontactsContactsExports", &[201]),
    ] {
        let operation = live().find(|operation| operation.name == name);
        assert_eq!(operation.map(|operation| &operation.successes[..]), Some(statuses), "{name}");
    }
}

/// What the runtimes take for the items of a page is what the generators give the type of an item.
#[test]
fn the_items_of_a_page_are_those_that_the_runtimes_find() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../vectors/paging-items.json");
    let file: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    for case in file["cases"].as_array().unwrap() {
        let page = case["given"]["answers"][0].as_object().unwrap();
        let kind = |value: &serde_json::Value| match value {
            serde_json::Value::Array(_) => json!({"type": "array", "items": {"type": "string"}}),
            serde_json::Value::Number(_) => json!({"type": "integer"}),
            _ => json!({"type": "string"}),
        };
        let properties: serde_json::Map<_, _> =
            page.iter().map(|(name, value)| (name.clone(), kind(value))).collect();
        let document = json!({
            "swagger": "2.0",
            "info": {"title": "Things", "version": "1"},
            "paths": {"/things": {"get": {
                "parameters": [{"name": "pageNumber", "in": "query", "type": "integer"}],
                "responses": {"200": {"description": "", "schema": {"type": "object", "properties": properties}}},
            }}},
        });
        let source = Source::bytes("things.json", document.to_string()).unwrap();
        let platform = load(&source).unwrap().platform;
        let listing = paging::listing(&platform, &platform.operations[0]);
        let items = listing.map_or(json!([]), |listing| page[listing.name].clone());
        assert_eq!(items, case["expect"]["items"], "{}", case["name"]);
    }
}

#[test]
fn listings_have_their_styles() {
    let mut styles: BTreeMap<String, usize> = BTreeMap::new();
    for operation in &PLATFORM.operations {
        *styles.entry(format!("{:?}", operation.paging)).or_default() += 1;
    }
    insta::assert_debug_snapshot!(styles);
    for (name, style) in [
        ("getUsers", Paging::PageNumber),
        ("getRoutingQueueMembers", Paging::NextUri),
        ("getExternalcontactsImportJobs", Paging::After),
        ("getAnalyticsConversationsDetailsJobResults", Paging::Cursor),
        ("postUsersSearch", Paging::NextPage),
        ("postAnalyticsConversationsDetailsQuery", Paging::Body),
        ("postAnalyticsConversationsDetailsJobs", Paging::Job),
        ("getScimUsers", Paging::Scim),
        ("postUsageQuery", Paging::Execution),
    ] {
        assert_eq!(operation(name).paging, Some(style), "{name}");
    }
    assert_eq!(operation("getUsersMe").paging, None);
}

fn sound(kind: &Type, models: u32, enumerations: u32) -> bool {
    match kind {
        Type::Model(id) => id.0 < models,
        Type::Enumeration(id) => id.0 < enumerations,
        Type::List(inner) | Type::Map(inner) => sound(inner, models, enumerations),
        Type::OneOf(kinds) => kinds.len() > 1 && kinds.iter().all(|kind| sound(kind, models, enumerations)),
        _ => true,
    }
}

#[test]
fn indices_point_at_something_and_everything_is_in_order() {
    let platform = &*PLATFORM;
    let models = platform.models.len() as u32;
    let enumerations = platform.enumerations.len() as u32;
    let of_models = platform
        .models
        .iter()
        .flat_map(|model| model.properties.iter().map(|property| &property.kind).chain(&model.additional));
    let of_operations = platform.operations.iter().flat_map(|operation| {
        operation.parameters.iter().map(|parameter| &parameter.kind).chain(&operation.result)
    });
    assert!(of_models.chain(of_operations).all(|kind| sound(kind, models, enumerations)));

    assert!(platform.operations.is_sorted_by_key(|operation| (&operation.path.text, operation.method)));
    assert!(platform.models.is_sorted_by_key(|model| &model.name));
    assert!(platform.enumerations.is_sorted_by_key(|enumeration| &enumeration.name));
    assert!(platform.apis.is_sorted_by_key(|api| &api.name));
}

/// The definition lists parameters in the order of the official SDK, which an acceptance test holds against the SDK.
#[test]
fn required_arguments_have_the_order_of_the_official_sdk_wherever_a_definition_puts_the_body() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../definitions/platform-v2.json");
    let mut document: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let mut official: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let items = document["paths"].as_object_mut().unwrap().values_mut();
    for operation in items.flat_map(|item| item.as_object_mut().unwrap().values_mut()) {
        let name = operation["operationId"].as_str().unwrap().to_owned();
        let Some(parameters) = operation["parameters"].as_array_mut() else { continue };
        let required = parameters.iter().filter(|one| one["required"] == true);
        official.insert(name, required.map(|one| one["name"].as_str().unwrap().to_owned()).collect());
        // As the platform's own definition has 22 of them.
        parameters.sort_by_key(|one| one["in"] != "body");
    }
    let body_first = load(&Source::bytes("body-first.json", document.to_string()).unwrap()).unwrap().platform;
    for platform in [&*PLATFORM, &body_first] {
        let mut compared = 0;
        for operation in platform.operations.iter().filter(|operation| !operation.retired) {
            let Some(official) = official.get(&operation.wire_name) else { continue };
            let required = operation.parameters.iter().filter(|one| one.required());
            let ours: Vec<&str> = required.map(|one| one.wire_name.as_str()).collect();
            assert_eq!(&ours, official, "{}", operation.name);
            compared += 1;
        }
        assert_eq!(compared, official.len());
    }
}

#[test]
fn required_parameters_come_first_and_every_place_in_a_path_has_one() {
    for operation in &PLATFORM.operations {
        assert!(
            operation.parameters.is_sorted_by_key(|parameter| !parameter.required()),
            "{}",
            operation.name
        );
        let given: HashSet<&str> = operation
            .parameters
            .iter()
            .filter(|parameter| parameter.place == Place::Path)
            .map(|parameter| parameter.wire_name.as_str())
            .collect();
        assert_eq!(given, operation.path.parameters().collect(), "{}", operation.name);
        assert!(
            !operation.path.segments.iter().any(|segment| matches!(segment, Segment::Mixed(_))),
            "{}",
            operation.name
        );
    }
}

#[test]
fn old_argument_orders_reach_every_parameter_of_today_once() {
    let mut differing = 0;
    for operation in &PLATFORM.operations {
        let Some(arguments) = &operation.legacy_arguments else { continue };
        differing += 1;
        let mut reached: Vec<usize> = arguments
            .iter()
            .filter_map(|argument| match argument.target {
                LegacyTarget::Parameter(index) => Some(index),
                LegacyTarget::Query { .. } | LegacyTarget::Dropped => None,
            })
            .collect();
        reached.sort_unstable();
        assert_eq!(reached, (0..operation.parameters.len()).collect::<Vec<_>>(), "{}", operation.name);
        let names: HashSet<_> = arguments.iter().map(|argument| &argument.name).collect();
        assert_eq!(names.len(), arguments.len(), "{}", operation.name);
    }
    assert_eq!(differing, 116);

    // 2017: pageSize, pageNumber, sortOrder, expand; expand was second to last, and the rest is newer.
    let names = |name: &str| -> Vec<&str> {
        operation(name).legacy_arguments.as_ref().unwrap().iter().map(|one| one.name.as_str()).collect()
    };
    insta::assert_debug_snapshot!((names("getUsers"), names("getTelephonyProvidersEdgesPhones")));
}

#[test]
fn a_method_of_a_class_means_one_operation_and_old_promises_stand() {
    let platform = &*PLATFORM;
    let mut shipped = 0;
    for (index, api) in platform.apis.iter().enumerate() {
        let id = purecloud_definition::model::ApiId(index as u32);
        let methods = platform.methods(id);
        let names: HashSet<_> = methods.iter().map(|method| method.name).collect();
        assert_eq!(names.len(), methods.len(), "{}", api.name);
        shipped += platform
            .operations
            .iter()
            .flat_map(|operation| &operation.legacy)
            .filter(|legacy| legacy.api == id && legacy.shipped && names.contains(legacy.name.as_str()))
            .count();
    }
    // Of 803 names ten are lost to `getSearch` and `postSearch` of SearchApi, which meant one operation each.
    let listed = |text: &str| {
        let names: BTreeMap<String, Vec<serde_json::Value>> = serde_json::from_str(text).unwrap();
        names.values().map(Vec::len).sum::<usize>()
    };
    let between = listed(include_str!("../../../../definitions/legacy-names-between.json"));
    assert_eq!(between, 20);
    assert_eq!(shipped, listed(include_str!("../../../../definitions/legacy-names.json")) + between - 10);
}

#[test]
fn arguments_of_2016_are_those_of_its_definition() {
    let names = |name: &str| -> Vec<String> {
        let show = |one: &purecloud_definition::model::LegacyArgument| {
            let target = match &one.target {
                LegacyTarget::Parameter(_) => String::new(),
                other => format!(" as {other:?}"),
            };
            format!("{}{}{target}", one.name, if one.required { "" } else { "?" })
        };
        operation(name).first_arguments.as_ref().unwrap().iter().map(show).collect()
    };
    assert_eq!(names("putAlertingInteractionstatsAlert"), ["alertId", "body?", "expand?"]);
    assert_eq!(names("getRoutingQueueWrapupcodes")[..2], ["queueId", "codeId as Dropped"]);
    assert!(names("getRoutingQueueUsers").iter().any(|name| name.starts_with("directMembers? as Query")));
    // Three paths had a parameter that the methods did not take.
    let known = PLATFORM.operations.iter().filter(|operation| operation.first_arguments.is_some()).count();
    assert_eq!(known, 557 - 3);
}

#[track_caller]
fn means(class: &str, method: &str, path: &str, legacy_arguments: bool) {
    let index = PLATFORM.apis.iter().position(|api| api.name == class).unwrap();
    let methods = PLATFORM.methods(purecloud_definition::model::ApiId(index as u32));
    let found = methods.iter().find(|one| one.name == method).unwrap();
    assert_eq!(PLATFORM.operation(found.operation).path.text, path);
    assert_eq!(found.legacy_arguments, legacy_arguments, "{class}.{method}");
}

#[test]
fn names_of_every_generation_lead_to_their_operations() {
    means("UsersApi", "getUsersMe", "/api/v2/users/me", false);
    means("UsersApi", "getMe", "/api/v2/users/me", false);
    means("UsersApi", "getUserId", "/api/v2/users/{userId}", false);
    means("AuthorizationApi", "getRoles", "/api/v2/authorization/roles", true);
    // One name in both generations, with the older order of arguments.
    means("UsersApi", "getUsers", "/api/v2/users", true);
    // What the SDK of 2016 meant, not `/api/v2/search`, whose modern name this is.
    means("SearchApi", "getSearch", "/api/v2/users/search", false);
    means("SuggestApi", "getSearch", "/api/v2/search", false);
    means("LanguagesApi", "putLanguageId", "/api/v2/languages/{languageId}", false);
    means("ConfigurationApi", "getRecordingkeys", "/api/v2/recording/recordingkeys", false);
    // Newer than the SDKs that had such names.
    means("TeamsApi", "getTeamId", "/api/v2/teams/{teamId}", false);
}

#[test]
fn formats_and_bodies_that_are_no_models_are_read() {
    let find = |name: &str, wire_name: &str| {
        operation(name).parameters.iter().find(|parameter| parameter.wire_name == wire_name).unwrap()
    };
    assert_eq!(find("getUsers", "pageSize").kind, Type::Integer(Width::Bits32));
    let ids = &find("getUsers", "id").kind;
    assert_eq!(*ids, Type::List(Box::new(Type::Text(TextFormat::Plain))));
    let Type::List(expand) = &find("getUsers", "expand").kind else { panic!("not a list") };
    let Type::Enumeration(words) = **expand else { panic!("not a list of values: {expand:?}") };
    assert!(PLATFORM.enumeration(words).values.contains(&"presence".into()));
    assert_eq!(find("postUsersSearch", "body").place, Place::Body { required: true });
    let scim = operation("postScimUsers");
    assert_eq!(scim.consumes, ["application/scim+json", "application/json"]);
    assert_eq!(operation("getUsers").consumes, Vec::<String>::new());
    assert_eq!(operation("getUsers").produces, ["application/json"]);
    let schema = PLATFORM.models.iter().find(|model| model.name == "JsonSchemaDocument").unwrap();
    let names: Vec<_> = schema.properties.iter().map(|property| property.wire_name.as_str()).collect();
    for name in ["$schema", "properties", "required", "additionalProperties"] {
        assert!(names.contains(&name), "{name} is a property here, not a keyword: {names:?}");
    }
    let reference = PLATFORM.models.iter().find(|model| model.name == "ScimV2GroupReference").unwrap();
    assert!(reference.properties.iter().any(|property| property.wire_name == "$ref"));
}

#[test]
fn what_is_known_of_older_sdks_goes_on_top_of_any_definition() {
    let text = r#"{
        "swagger": "2.0", "info": { "title": "Part", "version": "1" },
        "paths": {
            "/api/v2/users/{id}": { "get": { "tags": ["Users"], "operationId": "getUser", "parameters": [
                { "name": "id", "in": "path", "required": true, "type": "string" }
            ], "responses": {} } },
            "/api/v2/new": { "get": { "tags": ["Users"], "operationId": "getNew", "responses": {} } }
        }
    }"#;
    let source = Source::bytes("part.json", text).unwrap();
    let part = load_over(std::slice::from_ref(&source), Retired::LeftOut).unwrap();
    insta::assert_snapshot!(describe(&part.platform));
    let whole = load_over(&[source], Retired::Kept).unwrap().platform;
    // 742 of the older definition, 33 that only the list of retired ones has, and 22 that only names tell of.
    assert_eq!(whole.operations.iter().filter(|operation| operation.retired).count(), 797);
    assert_eq!(whole.operations.iter().filter(|operation| !operation.retired).count(), 2);
}

#[test]
fn a_definition_in_yaml_is_the_same() {
    // JSON is YAML; the comment in front keeps it from being read as JSON.
    let text = include_str!("../../../../definitions/platform-v2.json");
    let source = Source::bytes("platform.yaml", format!("# YAML\n{text}")).unwrap();
    assert_eq!(load(&source).unwrap().platform, definition("platform-v2.json").platform);
}

#[test]
fn definitions_add_up_and_an_operation_in_two_of_them_is_a_problem() {
    let document = |name: &str, path: &str, property: &str| {
        let text = format!(
            "swagger: '2.0'\ninfo: {{ title: {name}, version: '1' }}\npaths:\n  {path}:\n    get:\n      responses: \
             {{ 200: {{ description: '', schema: {{ $ref: '#/definitions/User' }} }} }}\ndefinitions:\n  User: \
             {{ type: object, properties: {{ {property}: {{ type: string, enum: [a] }} }} }}\n"
        );
        Source::bytes(name, text).unwrap()
    };
    let first = document("first", "/api/v2/users", "name");
    let same = document("same", "/api/v2/people", "name");
    let other = document("other", "/api/v2/others", "title");
    let loaded = load_all(&[first.clone(), same, other]).unwrap();
    insta::assert_snapshot!(describe(&loaded.platform));
    let warnings: Vec<String> = loaded.warnings.iter().map(ToString::to_string).collect();
    assert_eq!(
        warnings,
        [
            "other#/definitions/User: another definition has a model of this name with other properties; that one is used; rename one of them"
        ]
    );
    let error = load_all(&[first.clone(), first]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "first#/paths/~1api~1v2~1users/get: GET `/api/v2/users` is in another definition too; remove one of them"
    );
}

#[test]
fn reading_twice_gives_the_same_platform() {
    assert_eq!(bundled().unwrap(), *PLATFORM);
}
