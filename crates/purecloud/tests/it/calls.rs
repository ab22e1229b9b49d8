//! One call: what is sent, what is sent again, what an error tells.

use std::time::Duration;

use purecloud::{Advice, Error, RetryPolicy, Sent};

use crate::script::{Act, Script, ok, status, token};

#[tokio::test(start_paused = true)]
async fn a_get_is_repeated_until_it_works_and_a_post_is_not() {
    for (method, tries) in [("GET", 3), ("PUT", 3), ("DELETE", 3), ("POST", 1), ("PATCH", 1)] {
        let script = Script::new([status(503), Act::Broken, ok("{}")]);
        let outcome = script.session().call(method, "/api/v2/x").send().await;
        assert_eq!(script.lines().len(), tries, "{method}");
        assert_eq!(outcome.is_ok(), tries == 3, "{method}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_post_is_repeated_when_it_was_certainly_not_acted_on() {
    let refused = Act::Answer(429, vec![("retry-after", "7")], String::new());
    let script = Script::new([Act::Unreached, refused, ok("{}")]);
    let began = tokio::time::Instant::now();
    script.session().call("POST", "/api/v2/x").body(&1).send().await.unwrap();
    assert_eq!(script.seen().iter().map(|seen| seen.body.as_str()).collect::<Vec<_>>(), ["1", "1", "1"]);
    assert!(began.elapsed() >= Duration::from_secs(7), "the wait that the platform named was shortened");
}

#[tokio::test(start_paused = true)]
async fn a_post_that_only_reads_is_repeated_like_a_get() {
    let script = Script::new([status(503), ok("{}")]);
    script.session().call("POST", "/api/v2/analytics/query").reads_only().send().await.unwrap();
    assert!(script.is_done());
}

#[tokio::test(start_paused = true)]
async fn repetition_is_off_with_one_word_for_a_session_and_for_a_call() {
    let script = Script::new([status(503), status(503)]);
    let session = script.builder().access_token("t").retry(RetryPolicy::off()).build().unwrap();
    assert_eq!(session.call("GET", "/x").await.unwrap_err().status(), Some(503));
    assert_eq!(script.session().call("GET", "/x").no_retry().await.unwrap_err().status(), Some(503));
    assert!(script.is_done());
}

#[tokio::test(start_paused = true)]
async fn an_outage_is_not_multiplied() {
    let script = Script::new((0..200).map(|_| status(503)));
    let session = script.session();
    for _ in 0..50 {
        session.call("GET", "/api/v2/x").await.unwrap_err();
    }
    assert_eq!(script.lines().len(), 50 + 20);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_takes_too_long_ends_and_says_that_it_may_have_been_acted_on() {
    let script = Script::new([Act::Slow(Duration::from_mins(1))]);
    let error =
        script.session().call("POST", "/api/v2/x").request_timeout(Duration::from_secs(5)).await.unwrap_err();
    assert!(matches!(error, Error::Timeout { limit, .. } if limit == Duration::from_secs(5)));
    assert_eq!((error.sent(), error.advice()), (Sent::Maybe, Advice::LookFirst));
}

#[tokio::test(start_paused = true)]
async fn a_call_that_may_have_been_acted_on_says_so_whatever_its_last_attempt_came_to() {
    for last in [status(503), status(429), status(404), Act::Unreached] {
        let session = Script::new([Act::Broken, last]).session();
        let policy = RetryPolicy::default().attempts(2);
        let error = session.call("DELETE", "/api/v2/x").retry(policy).await.unwrap_err();
        assert_eq!((error.may_have_acted(), error.advice()), (true, Advice::LookFirst), "{error}");
        assert!(error.to_string().contains("may have acted"), "{error}");
    }
    // 503 is the platform's word that nothing was done.
    let error =
        Script::new([status(503), status(404)]).session().call("DELETE", "/api/v2/x").await.unwrap_err();
    assert_eq!((error.may_have_acted(), error.advice()), (false, Advice::Change), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_total_limit_covers_repetitions_and_waits() {
    let script = Script::new((0..9).map(|_| Act::Slow(Duration::from_mins(1))));
    let began = tokio::time::Instant::now();
    let call = script.session().call("GET", "/api/v2/x").total_timeout(Duration::from_secs(45));
    assert!(matches!(call.await.unwrap_err(), Error::Timeout { .. }));
    assert_eq!(began.elapsed(), Duration::from_secs(45));
}

#[tokio::test(start_paused = true)]
async fn the_status_survives_whatever_the_content_was() {
    let page = Act::Answer(502, vec![("content-type", "text/html")], "<html>Bad Gateway</html>".to_owned());
    let error = Script::new([page]).session().call("POST", "/api/v2/x").await.unwrap_err();
    assert_eq!(error.status(), Some(502));
    assert_eq!(error.refusal().unwrap().body(), "<html>Bad Gateway</html>");
}

#[tokio::test(start_paused = true)]
async fn a_refusal_tells_what_the_platform_said_and_never_the_token() {
    let body = r#"{"message":"No such user.","code":"not.found","status":404,"contextId":"ctx"}"#;
    let script = Script::new([Act::Answer(404, vec![("inin-correlation-id", "corr")], body.to_owned())]);
    let session = script.builder().access_token("top-secret-token").build().unwrap();
    let error = session.call("GET", "/api/v2/users/x?secret=y").await.unwrap_err();
    assert_eq!(error.to_string(), "GET /api/v2/users/x: the platform answered 404 not.found: No such user.");
    assert_eq!((error.code(), error.correlation_id()), (Some("not.found"), Some("corr")));
    assert_eq!((error.sent(), error.advice()), (Sent::Answered, Advice::Change));
    assert!(!format!("{error:?} {session:?}").contains("top-secret-token"));
    assert_eq!(script.seen()[0].authorization.as_deref(), Some("Bearer top-secret-token"));
}

#[tokio::test(start_paused = true)]
async fn the_token_goes_to_no_other_host() {
    let script = Script::new([ok("{}"), ok("{}")]);
    let session = script.session();
    let error = session.call("GET", "https://evil.example/api/v2/users/me").await.unwrap_err();
    assert_eq!(error.sent(), Sent::No);
    session.call("GET", "https://api.mypurecloud.ie/api/v2/users/me").await.unwrap();
    let session = script.builder().access_token("t").allow_host("gateway.example").build().unwrap();
    session.call("GET", "https://gateway.example/x").await.unwrap();
    assert_eq!(
        script.lines(),
        ["GET https://api.mypurecloud.ie/api/v2/users/me", "GET https://gateway.example/x"]
    );
}

#[tokio::test(start_paused = true)]
async fn a_success_that_breaks_off_is_read_again_by_a_get_and_told_by_a_post() {
    let script = Script::new([Act::Cut(vec![], "{\"a\":"), ok("{\"a\":1}")]);
    assert_eq!(script.session().call("GET", "/x").await.unwrap().text(), Some("{\"a\":1}"));
    let error = Script::new([Act::Cut(vec![], "{")]).session().call("POST", "/x").await.unwrap_err();
    assert!(matches!(error, Error::Cut { status: 200, .. }));
}

#[tokio::test(start_paused = true)]
async fn an_answer_longer_than_the_limit_is_refused_and_can_be_streamed() {
    let script = Script::new([ok("12345678"), ok("12345678")]);
    let session = script.builder().access_token("t").answer_limit(7).build().unwrap();
    assert!(matches!(session.call("GET", "/x").await.unwrap_err(), Error::TooLong { limit: 7, .. }));
    let mut download = session.call("GET", "/x").download().await.unwrap();
    assert_eq!(download.next().await.unwrap().unwrap(), "12345678");
    assert!(download.next().await.unwrap().is_none());
}

#[tokio::test(start_paused = true)]
async fn a_download_that_falls_silent_ends() {
    let script = Script::new([Act::Stalled("{\"a\":")]);
    let mut download = script.session().call("GET", "/x").download().await.unwrap();
    assert_eq!(download.next().await.unwrap().unwrap(), "{\"a\":");
    let error = download.next().await.unwrap_err();
    assert!(
        matches!(&error, Error::Cut { source, .. } if source.to_string() == "no data for 30s"),
        "{error:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn an_upload_that_streams_is_never_sent_twice() {
    let script = Script::new([status(503)]);
    let pieces: Vec<Result<bytes::Bytes, purecloud::TransportError>> = vec![Ok("ab".into()), Ok("cd".into())];
    let stream = Box::pin(futures_util::stream::iter(pieces));
    let error = script.session().call("PUT", "/x").upload(stream, Some(4)).await.unwrap_err();
    assert_eq!(error.status(), Some(503));
    assert_eq!(script.seen()[0].body, "abcd");
}

#[tokio::test(start_paused = true)]
async fn calls_are_spaced_so_that_the_limit_is_not_hit() {
    let limits =
        vec![("inin-ratelimit-count", "1"), ("inin-ratelimit-allowed", "10"), ("inin-ratelimit-reset", "60")];
    let answers = || {
        std::iter::once(Act::Answer(200, limits.clone(), String::new())).chain((0..9).map(|_| status(200)))
    };
    let script = Script::new(answers().chain(answers()));
    let session = script.session();
    let began = tokio::time::Instant::now();
    for _ in 0..10 {
        session.call("GET", "/x").await.unwrap();
    }
    // Five at once, five over a minute; a timer may end some milliseconds late.
    assert_eq!(began.elapsed().as_secs(), 48);
    let unpaced = script.builder().access_token("t").pace(false).build().unwrap();
    let began = tokio::time::Instant::now();
    for _ in 0..10 {
        unpaced.call("GET", "/x").await.unwrap();
    }
    assert_eq!(began.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn what_is_wrong_with_a_call_is_told_before_anything_is_sent() {
    let session = Script::new([]).session();
    for (call, part) in [
        (session.call("FETCH", "/x"), "`FETCH` is not a method"),
        (session.call("GET", "x"), "neither a path"),
        (session.call("GET", "/x").header("a b", "c"), "header `a b`"),
        (session.call("GET", "/x").header("a", "b\r\nc: d"), "header `a`"),
        (session.call("GET", "/x").argument(0, "y"), "the argument at position 0 does not belong"),
    ] {
        let error = call.await.unwrap_err();
        assert!(error.to_string().contains(part), "{error}");
        assert_eq!(error.sent(), Sent::No);
    }
}

#[tokio::test(start_paused = true)]
async fn errors_about_an_answer_keep_its_status_and_correlation_id() {
    let answer = |body: &str| Act::Answer(200, vec![("inin-correlation-id", "corr")], body.to_owned());
    let script = Script::new([answer("[1"), answer("12345678")]);
    let session = script.builder().access_token("t").answer_limit(7).build().unwrap();
    let misfit = session.call("GET", "/x").await.unwrap().json::<u32>().unwrap_err();
    let long = session.call("GET", "/x").no_retry().await.unwrap_err();
    assert!(matches!((&misfit, &long), (Error::Decode { .. }, Error::TooLong { .. })));
    for error in [misfit, long] {
        assert_eq!((error.status(), error.correlation_id()), (Some(200), Some("corr")));
    }
    let headers = vec![("inin-correlation-id", "corr")];
    let error = Script::new([Act::Cut(headers, "{")]).session().call("POST", "/x").await.unwrap_err();
    assert_eq!((error.status(), error.correlation_id()), (Some(200), Some("corr")));
}

#[tokio::test(start_paused = true)]
async fn a_303_is_followed_without_the_token_and_without_what_the_session_says_of_itself() {
    let onward = |location| Act::Answer(303, vec![("location", location)], String::new());
    let script = Script::new([onward("https://files.example/a?sig=1"), onward("/b"), ok("file")]);
    let session = script.builder().access_token("t").header("x-key", "k").build().unwrap();
    let answer = session.call("POST", "/api/v2/downloads").header("x-own", "o").body(&1).await.unwrap();
    assert_eq!(answer.text(), Some("file"));
    let seen = script.seen();
    let lines = ["GET https://files.example/a?sig=1", "GET https://files.example/b"];
    for (seen, line) in seen[1..].iter().zip(lines) {
        assert_eq!((seen.line.as_str(), &seen.authorization, seen.body.as_str()), (line, &None, ""));
        assert_eq!(seen.headers, ["accept", "accept-encoding", "user-agent"]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_303_that_leads_nowhere_is_the_caller_s() {
    let onward = |location| Act::Answer(303, vec![("location", location)], String::new());
    for location in ["http://files.example/", "mailto:x", "files.example"] {
        let script = Script::new([onward(location)]);
        assert_eq!(script.session().call("GET", "/x").await.unwrap_err().status(), Some(303));
    }
    let script = Script::new((0..6).map(|_| onward("/round")));
    assert_eq!(script.session().call("GET", "/x").await.unwrap_err().status(), Some(303));
    assert!(script.is_done(), "five are followed");
}

#[tokio::test(start_paused = true)]
async fn a_401_of_another_host_is_not_about_the_token() {
    let onward = Act::Answer(303, vec![("location", "https://files.example/a")], String::new());
    let script = Script::new([token("t1", 86_400), onward, status(401), ok("{}")]);
    let session = script.builder().client_credentials("id", "secret").build().unwrap();
    assert_eq!(session.call("GET", "/x").await.unwrap_err().status(), Some(401));
    session.call("GET", "/x").await.unwrap();
    assert_eq!(script.seen()[3].authorization.as_deref(), Some("Bearer t1"));
}

#[tokio::test(start_paused = true)]
async fn a_wait_that_passes_the_total_limit_is_not_begun() {
    let script = Script::new([Act::Answer(429, vec![("retry-after", "10")], String::new())]);
    let began = tokio::time::Instant::now();
    let call = script.session().call("GET", "/x").total_timeout(Duration::from_secs(5));
    assert_eq!(call.await.unwrap_err().status(), Some(429));
    assert_eq!(began.elapsed(), Duration::ZERO);
}
