//! Refusals and the headers of rate limits: a line `STATUS`, lines `name: value`, an empty line, a line of body; again.

#![no_main]

use http::{HeaderMap, HeaderName, HeaderValue};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let mut lines = bytes.split(|byte| *byte == b'\n');
    let mut answers = Vec::new();
    while let Some(status) = lines.next() {
        let status = str::from_utf8(status).ok().and_then(|text| text.parse().ok()).unwrap_or(429);
        let mut headers = HeaderMap::new();
        for line in lines.by_ref().take_while(|line| !line.is_empty()) {
            let Some(colon) = line.iter().position(|byte| *byte == b':') else { continue };
            let name = HeaderName::from_bytes(&line[..colon]);
            if let (Ok(name), Ok(value)) = (name, HeaderValue::from_bytes(line[colon + 1..].trim_ascii())) {
                headers.append(name, value);
            }
        }
        answers.push((status, headers, lines.next().unwrap_or_default().to_vec()));
    }
    purecloud::fuzzing::answers(answers);
});
