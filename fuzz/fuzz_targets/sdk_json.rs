//! JSON of the platform into models that contain themselves, and out again.

#![no_main]

use libfuzzer_sys::fuzz_target;
use purecloud::json::{self, Json, Map, Nullable, Object};
use purecloud::models::{User, UserEntityListing};

fn whole<T: Object + json::Value + Default>(bytes: &[u8]) {
    if let Ok(value) = json::from_slice::<T>(bytes) {
        let written = json::to_vec(&value);
        let again: T = json::from_slice(&written).expect("what was written");
        assert_eq!(json::to_vec(&again), written, "writing settles at once");
    }
}

fuzz_target!(|bytes: &[u8]| {
    whole::<User>(bytes);
    whole::<UserEntityListing>(bytes);
    let ours = json::from_slice::<Json>(bytes);
    let theirs = serde_json::from_slice::<serde_json::Value>(bytes);
    // The other reader differs in where it draws the lines of depth and of numbers, not in what JSON is.
    if let (Ok(ours), Ok(theirs)) = (&ours, &theirs) {
        assert_eq!(ours, theirs);
    }
    let _ = json::from_slice::<Map<Vec<Nullable<f64>>>>(bytes);
    let _ = json::from_slice::<Vec<Option<i64>>>(bytes);
    let _ = json::from_slice::<String>(bytes);
});
