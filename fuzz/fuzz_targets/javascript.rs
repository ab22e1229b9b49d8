//! JavaScript and its declarations from a definition whose every text is hostile.
//!
//! The lines of the input take the places of a small definition's texts; an input that is a definition itself is taken
//! as it is.

#![no_main]

use libfuzzer_sys::fuzz_target;
use purecloud_definition::{Source, load};
use serde_json::json;

fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    let whole = text.starts_with('{').then(|| text.to_string());
    let definition = whole.unwrap_or_else(|| small(&text));
    let Ok(source) = Source::bytes("fuzz.json", definition) else { return };
    if let Ok(loaded) = load(&source) {
        purecloud_codegen::javascript::fuzzing::check(&loaded.platform);
    }
});

fn small(text: &str) -> String {
    let lines: Vec<&str> = text.split('\n').collect();
    let line = |index: usize| lines.get(index).copied().unwrap_or("plain");
    json!({
        "swagger": "2.0",
        "info": { "title": line(0), "version": "1" },
        "paths": {
            format!("/api/v2/{}/{{id}}", line(1)): {
                "get": {
                    "tags": [line(2)],
                    "operationId": line(3),
                    "summary": line(4),
                    "description": line(5),
                    "parameters": [
                        { "name": "id", "in": "path", "required": true, "type": "string", "description": line(6) },
                        { "name": line(7), "in": "query", "type": "string", "enum": [line(8), "b"], "default": line(8) },
                        { "name": line(9), "in": "header", "type": "array", "items": { "type": "integer" } },
                    ],
                    "responses": { "200": { "description": line(10), "schema": { "$ref": "#/definitions/Thing" } } },
                },
                "post": {
                    "tags": [line(2), line(11)],
                    "operationId": line(12),
                    "parameters": [
                        { "name": "id", "in": "path", "required": true, "type": "string" },
                        { "name": line(13), "in": "body", "schema": { "$ref": "#/definitions/Thing" } },
                    ],
                    "responses": { "204": { "description": "" } },
                },
            },
        },
        "definitions": {
            "Thing": {
                "description": line(14),
                "properties": {
                    line(15): { "type": "string", "enum": [line(16)], "description": line(17) },
                    line(18): { "$ref": "#/definitions/Thing" },
                },
            },
        },
    })
    .to_string()
}
