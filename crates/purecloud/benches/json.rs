//! A listing of users of 1 MB, read and written by the tables of the models and by `serde_json` with derived code.
//!
//! `cargo bench -p purecloud --features users --bench json`

use std::fmt::Write as _;
use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use purecloud::json;
use purecloud::models::UserEntityListing;

/// The same structs, as one would write them for `serde`. What the listing does not hold has a type of the same size.
/// Lists of values are plain texts: an enum that keeps unknown ones (`untagged`) makes derived code three times as slow.
/// Unknown fields are not kept, which is a burden on our side alone.
mod derived {
    use serde::{Deserialize, Serialize};

    macro_rules! model {
        ($name:ident { $($field:ident: $type:ty),* $(,)? }) => {
            #[derive(Serialize, Deserialize)]
            #[serde(rename_all = "camelCase")]
            pub(super) struct $name {
                $(#[serde(skip_serializing_if = "Option::is_none")] $field: Option<$type>,)*
            }
        };
    }

    type Unused = Box<Chat>;

    model!(Listing {
        entities: Vec<User>, first_uri: String, last_uri: String, next_uri: String, page_count: i64,
        page_number: i64, page_size: i64, previous_uri: String, self_uri: String, total: i64,
    });
    model!(User {
        acd_auto_answer: bool, addresses: Vec<Contact>, authorization: Unused, biography: Unused,
        certifications: Vec<String>, chat: Box<Chat>, conversation_summary: Unused, date_last_login: String,
        date_welcome_sent: String, department: String, division: Box<Division>, email: String,
        employer_info: Unused, geolocation: Unused, groups: Vec<Chat>, id: String, images: Vec<Image>,
        integration_presence: Unused, language_preference: String, languages: Vec<Chat>,
        last_token_issued: Unused, locations: Vec<Chat>, manager: Box<User>, name: String, out_of_office: Unused,
        preferred_name: String, presence: Box<UserPresence>, primary_contact_info: Vec<Contact>,
        profile_skills: Vec<String>, routing_status: Box<RoutingStatus>, self_uri: String, skills: Vec<Chat>,
        state: String, station: Unused, team: Unused, title: String, username: String, version: i64,
        work_plan_bid_ranks: Unused,
    });
    model!(Chat { jabber_id: String });
    model!(Division { id: String, name: String, self_uri: String });
    model!(Image { image_uri: String, resolution: String });
    model!(Contact {
        address: String,
        country_code: String,
        display: String,
        extension: String,
        integration: String,
        media_type: String,
        r#type: String,
    });
    model!(PresenceDefinition { id: String, self_uri: String, system_presence: String });
    model!(RoutingStatus { start_time: String, status: String, user_id: String });
    model!(UserPresence {
        future_presence_definition: Box<PresenceDefinition>, id: String, message: String, modified_date: String,
        name: String, presence_definition: Box<PresenceDefinition>, primary: bool, self_uri: String,
        source: String, source_id: String,
    });
}

/// Fields in the order in which the platform writes them, which is not that of the definition.
fn listing() -> String {
    let mut text = String::from("{\"entities\":[");
    for user in 0.. {
        if text.len() > 1_000_000 {
            break;
        }
        let separator = if user == 0 { "" } else { "," };
        let _ = write!(
            text,
            r#"{separator}{{"id":"4c5b{user:08}-9a1e-4c0e-8f3b-2d6a1e5f7c90","name":"Zoë Example-{user}","division":{{"id":"b7a1c0de-0000-4000-8000-00000000000a","name":"Home","selfUri":"/api/v2/authorization/divisions/b7a1c0de-0000-4000-8000-00000000000a"}},"chat":{{"jabberId":"5f0c{user:08}@example.orgspan.com"}},"department":"Customer \"Care\" {user}","email":"zoe.{user}@example.com","primaryContactInfo":[{{"address":"zoe.{user}@example.com","mediaType":"EMAIL","type":"PRIMARY"}},{{"address":"+15550{user:07}","display":"+1 555-0{user:07}","mediaType":"PHONE","type":"WORK","countryCode":"US"}}],"addresses":[{{"display":"4{user:03}","mediaType":"PHONE","type":"WORK2","extension":"4{user:03}"}}],"state":"active","title":"Agent","username":"zoe.{user}@example.com","images":[{{"resolution":"x48","imageUri":"https://example.com/images/{user}/x48.jpg"}},{{"resolution":"x96","imageUri":"https://example.com/images/{user}/x96.jpg"}}],"version":{user},"routingStatus":{{"userId":"4c5b{user:08}-9a1e-4c0e-8f3b-2d6a1e5f7c90","status":"OFF_QUEUE","startTime":"2026-11-23T21:02:00.000Z"}},"presence":{{"id":"p{user}","source":"PURECLOUD","primary":true,"presenceDefinition":{{"id":"6a3af858-942f-489d-9700-5f9bcdcdae9b","systemPresence":"Available","selfUri":"/api/v2/presencedefinitions/6a3af858"}},"message":"","modifiedDate":"2026-11-23T20:58:11.204Z","selfUri":"/api/v2/users/{user}/presences/purecloud"}},"acdAutoAnswer":false,"selfUri":"/api/v2/users/4c5b{user:08}-9a1e-4c0e-8f3b-2d6a1e5f7c90"}}"#
        );
    }
    text.push_str(r#"],"pageSize":500,"pageNumber":1,"total":1000,"firstUri":"/api/v2/users?pageSize=500&pageNumber=1","selfUri":"/api/v2/users?pageSize=500&pageNumber=1","pageCount":2}"#);
    text
}

fn benches(criterion: &mut Criterion) {
    let platform_order = listing();
    let models: UserEntityListing =
        json::from_slice(platform_order.as_bytes()).expect("the listing is right");
    let derived: derived::Listing = serde_json::from_str(&platform_order).expect("the listing is right");
    let definition_order = serde_json::to_string(&derived).expect("everything in it can be written");
    assert_eq!(json::to_string(&models), definition_order, "both write the same");

    for (name, text) in [("platform order", &platform_order), ("definition order", &definition_order)] {
        let mut group = criterion.benchmark_group(format!("decode, {name}"));
        group.throughput(Throughput::Bytes(text.len() as u64));
        group.bench_function("models", |bencher| {
            bencher.iter(|| json::from_slice::<UserEntityListing>(black_box(text.as_bytes())));
        });
        group.bench_function("serde derive", |bencher| {
            bencher.iter(|| serde_json::from_slice::<derived::Listing>(black_box(text.as_bytes())));
        });
    }
    let mut group = criterion.benchmark_group("encode");
    group.throughput(Throughput::Bytes(definition_order.len() as u64));
    group.bench_function("models", |bencher| bencher.iter(|| json::to_vec(black_box(&models))));
    group.bench_function("serde derive", |bencher| bencher.iter(|| serde_json::to_vec(black_box(&derived))));
}

criterion_group!(all, benches);
criterion_main!(all);
