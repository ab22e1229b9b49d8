//! Definitions from an address, against a server on this machine that plays one scripted answer per connection.

use std::io::{Read, Write};
use std::net::TcpListener;

use purecloud_definition::{DefinitionError, Source, load};

const DEFINITION: &str = r#"{"swagger":"2.0","info":{"title":"Fetched","version":"1"},"paths":{}}"#;

/// Plays `answers`, one a connection, and returns the address.
fn serve(answers: Vec<Vec<u8>>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for answer in answers {
            let (mut connection, _) = listener.accept().unwrap();
            let mut request = [0; 4096];
            let _ = connection.read(&mut request);
            // The client may have seen enough.
            let _ = connection.write_all(&answer);
        }
    });
    format!("http://{address}")
}

fn answer(status: &str, headers: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n{headers}\r\n{body}")
        .into_bytes()
}

#[track_caller]
fn refused(url: &str, message: &str) {
    let error = Source::url(url).unwrap_err();
    assert!(error.to_string().contains(message), "{error}");
}

#[test]
fn a_definition_is_fetched_and_redirects_on_the_way_are_followed() {
    let address = serve(vec![
        answer("302 Found", "Location: /api/v2/docs/swagger?lang=en\r\n", ""),
        answer("307 Temporary Redirect", "Location: other\r\n", ""),
        answer("200 OK", "Content-Type: application/json\r\n", DEFINITION),
    ]);
    let source = Source::read(&format!("{address}/swagger?secret=1")).unwrap();
    assert_eq!(source.name(), format!("{address}/api/v2/docs/other"));
    assert_eq!(load(&source).unwrap().platform.title, "Fetched");
}

#[test]
fn only_https_is_asked_beyond_this_machine() {
    refused("http://example.com/swagger", "http is only allowed for this machine");
    refused("ftp://127.0.0.1/swagger", "not an https address");
    refused("http://127.0.0.1.example.com/", "http is only allowed for this machine");
    refused("https://", "not an address");
    let address = serve(vec![answer("302 Found", "Location: http://example.com/swagger\r\n", "")]);
    refused(&address, "http is only allowed for this machine");
}

#[test]
fn what_is_no_definition_is_refused_with_the_reason() {
    let address = serve(vec![answer("401 Unauthorized", "", "{}")]);
    refused(&address, "the server answered 401");
    let address = serve(vec![answer("302 Found", "", "")]);
    refused(&address, "a redirect without an address");
    let address = serve(vec![answer("302 Found", "Location: /\r\n", ""); 7]);
    refused(&address, "more than 5 redirects");
    let address = serve(vec![b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{\"swagger\"".to_vec()]);
    refused(&address, "cannot fetch");
    let mut endless = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n".to_vec();
    endless.resize(70 << 20, b' ');
    let address = serve(vec![endless]);
    assert!(matches!(Source::url(&address), Err(DefinitionError::TooLarge { .. })));
}

#[test]
fn messages_do_not_hold_what_may_be_secret_in_an_address() {
    let error = Source::url("http://user:word@example.com/a?token=b#c").unwrap_err().to_string();
    assert_eq!(error, "cannot fetch http://example.com/a: http is only allowed for this machine; use https");
}
