//! The authorize page: a person signs in, agrees, and goes back with a token or a code.
//!
//! Without a client and a redirect address that belong together, nothing is sent anywhere: the person sees an
//! error page. After that, every failure goes back to the client.

use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use http::{HeaderValue, Method, StatusCode, header};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::{LONGEST_ADDRESS, form, grants, pages};
use crate::base::clock::Moment;
use crate::base::demo;
use crate::base::lock::lock;
use crate::http::answer::{self, Answer};
use crate::http::problem::Problem;
use crate::http::refusal::Refusal;
use crate::http::request::{Request, first};
use crate::state::clients::{Client, Grant};
use crate::state::tokens::{Caller, Code};
use crate::world::World;

/// What a client is told that asks for a grant that is not its own.
const UNAUTHORIZED_CLIENT: &str = "unauthorized_client";

const SESSION: &str = "purecloud_emulator_session";

/// What is encoded in a value of a redirect: everything but the unreserved characters of RFC 3986.
const VALUE: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The parts of a request that a form hands on, so that the page needs no memory.
const HANDED_ON: &[&str] = &[
    "client_id",
    "redirect_uri",
    "response_type",
    "state",
    "scope",
    "code_challenge",
    "code_challenge_method",
    "org",
    "provider",
    "target",
];

/// What the client wants, checked.
struct Wish<'a> {
    client: Client,
    redirect_uri: &'a str,
    state: Option<&'a str>,
    response: Response,
    scopes: Vec<String>,
}

/// How the answer goes back.
enum Response {
    /// In the fragment, as a token.
    Token,
    /// In the query, as a code.
    Code { challenge: Option<String> },
}

/// Answers `GET` and `POST /oauth/authorize`.
///
/// # Errors
/// 405 for another method, 413 for a form that is too long.
pub(crate) fn page(world: &World, request: &Request, now: Moment) -> Result<Answer, Problem> {
    let fields = match request.method {
        Method::GET | Method::HEAD => request.query_pairs(),
        Method::POST => form(request)?,
        _ => return Err(Problem::method_not_allowed("GET, POST, OPTIONS")),
    };
    Ok(step(world, request, &fields, now))
}

/// Answers `GET /logout`: the browser forgets who signed in, and goes back if the client may be gone back to.
///
/// # Errors
/// 405 for another method.
pub(crate) fn logout(world: &World, request: &Request) -> Result<Answer, Problem> {
    if request.method != Method::GET && request.method != Method::HEAD {
        return Err(Problem::method_not_allowed("GET, OPTIONS"));
    }
    let query = request.query_pairs();
    if let Some(session) = request.cookie(SESSION) {
        lock(&world.tokens).sign_out(session);
    }
    let back = first(&query, "client_id")
        .and_then(|id| world.client(id).ok())
        .zip(first(&query, "redirect_uri"))
        .filter(|(client, address)| client.may_redirect_to(address));
    let mut answer = match back {
        Some((_, address)) => answer::redirect(StatusCode::FOUND, address),
        None => answer::html(StatusCode::OK, pages::signed_out()),
    };
    set_session(&mut answer, "", 0);
    Ok(answer)
}

fn step(world: &World, request: &Request, fields: &[(String, String)], now: Moment) -> Answer {
    let Some(client) = first(fields, "client_id").and_then(|id| world.client(id).ok()) else {
        return stop(
            "The client is not known",
            "Check the client id of the program that sent you here, and that the client is active.",
        );
    };
    let redirect_uri = first(fields, "redirect_uri").unwrap_or_default();
    if redirect_uri.len() > LONGEST_ADDRESS {
        return stop("The redirect address is too long", "It may have 2,048 bytes.");
    }
    if !client.may_redirect_to(redirect_uri) {
        return stop(
            "The redirect address is not the client's",
            "Add it to the addresses of the OAuth client, letter for letter.",
        );
    }
    let state = first(fields, "state");
    match wish(client, redirect_uri, state, fields) {
        Ok(wish) => answer_wish(world, request, fields, &wish, now),
        Err(refusal)
            if refusal.error == UNAUTHORIZED_CLIENT && world.refuse_by_page.load(Ordering::Relaxed) =>
        {
            stop(
                "The client may not use this login",
                "The program asks for another grant type than the client's; change one of them.",
            )
        }
        Err(refusal) => {
            let fragment = first(fields, "response_type") != Some("code");
            back(request, redirect_uri, fragment, &refusal_fields(refusal), state)
        }
    }
}

fn wish<'a>(
    client: Client,
    redirect_uri: &'a str,
    state: Option<&'a str>,
    fields: &[(String, String)],
) -> Result<Wish<'a>, Refusal> {
    let response = match first(fields, "response_type") {
        Some("token") if client.may(Grant::Implicit) => Response::Token,
        Some("code") if client.may(Grant::Code) => Response::Code { challenge: challenge(&client, fields)? },
        Some("token" | "code") => {
            return Err(Refusal::new(
                UNAUTHORIZED_CLIENT,
                "the client is not allowed to use this grant type",
            ));
        }
        Some(_) => {
            return Err(Refusal::new("unsupported_response_type", "the response type must be token or code"));
        }
        None => return Err(Refusal::new("invalid_request", "response_type is missing")),
    };
    let scopes = grants::scopes(&client, fields)?;
    Ok(Wish { client, redirect_uri, state, response, scopes })
}

fn challenge(client: &Client, fields: &[(String, String)]) -> Result<Option<String>, Refusal> {
    let Some(challenge) = first(fields, "code_challenge") else {
        // Without a secret, nothing else would tie the code to the one who asked for it.
        return if client.secret.is_none() {
            Err(Refusal::new("invalid_request", "a client without a secret must send a code_challenge"))
        } else {
            Ok(None)
        };
    };
    if first(fields, "code_challenge_method") != Some("S256") {
        return Err(Refusal::new("invalid_request", "code_challenge_method must be S256"));
    }
    let fits = challenge.len() == 43
        && challenge.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
    if fits {
        Ok(Some(challenge.to_owned()))
    } else {
        Err(Refusal::new("invalid_request", "code_challenge is not a SHA-256 in base64url"))
    }
}

fn answer_wish(
    world: &World,
    request: &Request,
    fields: &[(String, String)],
    wish: &Wish<'_>,
    now: Moment,
) -> Answer {
    let session = request.cookie(SESSION).unwrap_or_default();
    let user = lock(&world.tokens).signed_in(session, now).map(str::to_owned);
    if request.method == Method::POST {
        return decide(world, request, fields, wish, user, now);
    }
    let again = first(fields, "prompt") == Some("login");
    match user {
        Some(user) if !again => {
            if lock(&world.tokens).has_agreed(session, &wish.client.id, now) {
                grant(world, request, wish, user, now)
            } else {
                let name = world.user_display_name(&user).unwrap_or_else(|| user.clone());
                ask(fields, wish, &pages::Asking::Consent { name: &name }, StatusCode::OK)
            }
        }
        _ => {
            let name = first(fields, "login_hint").unwrap_or_default();
            ask(fields, wish, &sign_in(world, name, false), StatusCode::OK)
        }
    }
}

/// What the person did with the form.
fn decide(
    world: &World,
    request: &Request,
    fields: &[(String, String)],
    wish: &Wish<'_>,
    signed_in: Option<String>,
    now: Moment,
) -> Answer {
    if first(fields, "decision") == Some("deny") {
        let refusal = Refusal::new("access_denied", "the user did not agree");
        let fragment = matches!(wish.response, Response::Token);
        return back(request, wish.redirect_uri, fragment, &refusal_fields(refusal), wish.state);
    }
    let session = request.cookie(SESSION).unwrap_or_default();
    if let Some(name) = first(fields, "username") {
        let password = first(fields, "password").unwrap_or_default();
        let Some(user) = world.sign_in(name, password) else {
            return ask(fields, wish, &sign_in(world, name, true), StatusCode::UNAUTHORIZED);
        };
        // A fresh session for each sign-in: an old cookie that somebody else set is worth nothing.
        let Ok(session) = grants::random() else {
            return stop("No random numbers", "The system has no source of random numbers; try again.");
        };
        let lifetime = world.settings.session_lifetime;
        {
            let mut tokens = lock(&world.tokens);
            tokens.add_session(session.clone(), user.clone(), now.after(lifetime));
            tokens.agree(&session, &wish.client.id, now);
        }
        let mut answer = grant(world, request, wish, user, now);
        set_session(&mut answer, &session, lifetime.as_secs());
        return answer;
    }
    match signed_in {
        Some(user) => {
            lock(&world.tokens).agree(session, &wish.client.id, now);
            grant(world, request, wish, user, now)
        }
        None => ask(fields, wish, &sign_in(world, "", false), StatusCode::OK),
    }
}

/// The page that asks for name and password; it shows those of the demonstration's user while they hold.
fn sign_in<'a>(world: &World, name: &'a str, failed: bool) -> pages::Asking<'a> {
    let known = world.sign_in(demo::USER, demo::PASSWORD).map(|_| (demo::USER, demo::PASSWORD));
    pages::Asking::SignIn { name, failed, known }
}

/// Back to the client with what it wished for.
fn grant(world: &World, request: &Request, wish: &Wish<'_>, user: String, now: Moment) -> Answer {
    let caller = Caller { client: wish.client.id.clone(), user: Some(user), scopes: wish.scopes.clone() };
    let caller = Arc::new(caller);
    let lifetime = wish.client.token_lifetime;
    let made = match &wish.response {
        Response::Token => grants::access_token(world, &caller, None, lifetime, now).map(|token| {
            let lifetime = lifetime.as_secs().to_string();
            vec![("access_token", token), ("expires_in", lifetime), ("token_type", "bearer".to_owned())]
        }),
        Response::Code { challenge } => grants::random().map(|key| {
            let code =
                Code { caller, redirect_uri: wish.redirect_uri.to_owned(), challenge: challenge.clone() };
            lock(&world.tokens).add_code(key.clone(), code, now.after(world.settings.code_lifetime));
            vec![("code", key)]
        }),
    };
    let fields = made.unwrap_or_else(refusal_fields);
    back(request, wish.redirect_uri, matches!(wish.response, Response::Token), &fields, wish.state)
}

fn refusal_fields(refusal: Refusal) -> Vec<(&'static str, String)> {
    vec![("error", refusal.error.to_owned()), ("error_description", refusal.description.to_owned())]
}

/// Sends the browser back to the client.
fn back(
    request: &Request,
    redirect_uri: &str,
    fragment: bool,
    fields: &[(&'static str, String)],
    state: Option<&str>,
) -> Answer {
    let mut address = redirect_uri.to_owned();
    let mut separator = match (fragment, redirect_uri.contains('?')) {
        (true, _) => '#',
        (false, true) => '&',
        (false, false) => '?',
    };
    let pairs = fields.iter().map(|(name, value)| (*name, value.as_str()));
    for (name, value) in pairs.chain(state.map(|state| ("state", state))) {
        // Writing to a text cannot fail.
        let _ = write!(address, "{separator}{name}={}", utf8_percent_encode(value, VALUE));
        separator = '&';
    }
    let status = if request.method == Method::POST { StatusCode::SEE_OTHER } else { StatusCode::FOUND };
    answer::redirect(status, &address)
}

fn ask(
    fields: &[(String, String)],
    wish: &Wish<'_>,
    asking: &pages::Asking<'_>,
    status: StatusCode,
) -> Answer {
    let hidden: Vec<(&str, &str)> =
        HANDED_ON.iter().filter_map(|name| first(fields, name).map(|value| (*name, value))).collect();
    answer::html(status, pages::form(&wish.client.name, &wish.scopes, asking, &hidden))
}

fn stop(title: &str, remedy: &str) -> Answer {
    answer::html(StatusCode::BAD_REQUEST, pages::error(title, remedy))
}

fn set_session(answer: &mut Answer, session: &str, seconds: u64) {
    let cookie = format!("{SESSION}={session}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax");
    // A secret is letters and digits, so this is always a header value.
    if let Ok(cookie) = HeaderValue::from_str(&cookie) {
        answer.headers_mut().append(header::SET_COOKIE, cookie);
    }
}
