//! A rule of faults, as text and as JSON: what is read is read again from what it is written as.

#![no_main]

use libfuzzer_sys::fuzz_target;
use purecloud_emulator::{Fault, FaultRule};

fuzz_target!(|text: &str| {
    match text.parse::<FaultRule>() {
        Ok(rule) => {
            let json = serde_json::to_string(&rule).expect("a rule is JSON");
            assert_eq!(serde_json::from_str::<FaultRule>(&json).expect("what was written"), rule);
        }
        Err(error) => assert!(error.to_string().len() < 2_000, "a message is not as long as the mistake"),
    }
    if let Ok(fault) = text.parse::<Fault>() {
        assert_eq!(fault.to_string().parse::<Fault>().as_ref(), Ok(&fault));
    }
    let _ = serde_json::from_str::<FaultRule>(text);
});
