//! A listing of users of 1 MB, read and written by the tables of the models and by `serde_json` with derived code.
//!
//! `cargo bench -p purecloud --features users --bench json`

mod derived;

use std::fmt::Write as _;
use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use purecloud::json;
use purecloud::models::UserEntityListing;

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
