//! The token endpoint: what a client brings is traded for tokens.
//!
//! Source: RFC 6749, RFC 7636 (PKCE), RFC 7522 (SAML2 bearer), and the platform's own error texts.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::{Method, StatusCode};
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

use super::{LONGEST_SCOPE, form, secret};
use crate::base::clock::Moment;
use crate::base::lock::lock;
use crate::http::answer::{self, Answer};
use crate::http::problem::Problem;
use crate::http::refusal::Refusal;
use crate::http::request::{Request, first};
use crate::state::clients::{Client, Grant};
use crate::state::tokens::{Caller, Family, Useless};
use crate::world::World;

const NO_CLIENT: Refusal = Refusal::new("invalid_client", "client not found");
const AUTHENTICATION_FAILED: Refusal = Refusal::new("invalid_client", "authentication failed");
const GRANT_NOT_ALLOWED: Refusal =
    Refusal::new("unauthorized_client", "the client is not allowed to use this grant type");

/// Answers `POST /oauth/token`.
///
/// # Errors
/// 405 for another method, 413 for a form that is too long. What is wrong with the grant itself is an answer of its own form.
pub(crate) fn token(world: &World, request: &Request, now: Moment) -> Result<Answer, Problem> {
    if request.method != Method::POST {
        return Err(Problem::method_not_allowed("POST, OPTIONS"));
    }
    let issued = if request.media_type().as_deref() == Some("application/x-www-form-urlencoded") {
        trade(world, request, &form(request)?, now)
    } else {
        Err(Refusal::new("invalid_request", "the content type must be application/x-www-form-urlencoded"))
    };
    Ok(match issued {
        Ok(issued) => answer::json(StatusCode::OK, &issued),
        Err(refusal) => refusal.answer(),
    })
}

fn trade(world: &World, request: &Request, form: &[(String, String)], now: Moment) -> Result<Value, Refusal> {
    let grant = first(form, "grant_type").ok_or(Refusal::new("invalid_request", "grant_type is missing"))?;
    let (client, proven) = identify(world, request, form)?;
    match grant {
        "client_credentials" => {
            require(&client, Grant::ClientCredentials, proven)?;
            let user = client.acts_as.as_deref().and_then(|name| world.user_named(name));
            issue(world, &client, caller(&client, user, form)?, None, Refreshing::No, now)
        }
        "password" => {
            require(&client, Grant::Password, proven)?;
            let field = |name| first(form, name).unwrap_or_default();
            let user = world
                .sign_in(field("username"), field("password"))
                .ok_or(Refusal::new("invalid_grant", "the name or the password is wrong"))?;
            issue(world, &client, caller(&client, Some(user), form)?, None, Refreshing::No, now)
        }
        "authorization_code" => {
            let (caller, family) = redeem(world, &client, proven, form, now)?;
            let refreshing = if proven { Refreshing::Begins } else { Refreshing::No };
            issue(world, &client, caller, Some(family), refreshing, now)
        }
        "refresh_token" => refresh(world, &client, proven, form, now),
        "urn:ietf:params:oauth:grant-type:saml2-bearer" => {
            require(&client, Grant::Saml2Bearer, proven)?;
            let user = asserted(world, form)?;
            issue(world, &client, caller(&client, Some(user), form)?, None, Refreshing::No, now)
        }
        _ => Err(Refusal::new("unsupported_grant_type", "the grant type is not supported")),
    }
}

/// The client that asks, and whether it proved with its secret that it is the one. A public client cannot.
fn identify(world: &World, request: &Request, form: &[(String, String)]) -> Result<(Client, bool), Refusal> {
    let (id, secret) = match request.basic() {
        Some((id, secret)) => (id, Some(secret)),
        None => (
            first(form, "client_id").ok_or(NO_CLIENT)?.to_owned(),
            first(form, "client_secret").map(str::to_owned),
        ),
    };
    let client = world.client(&id)?;
    match (&client.secret, secret) {
        (Some(known), Some(given)) if *known == given => Ok((client, true)),
        (Some(_), Some(_)) => Err(AUTHENTICATION_FAILED),
        // A client with a secret may leave it out where PKCE proves as much; see `redeem`.
        (Some(_) | None, _) => Ok((client, false)),
    }
}

fn require(client: &Client, grant: Grant, proven: bool) -> Result<(), Refusal> {
    if !proven {
        Err(AUTHENTICATION_FAILED)
    } else if client.may(grant) {
        Ok(())
    } else {
        Err(GRANT_NOT_ALLOWED)
    }
}

/// Trades a refresh token for tokens of the same caller. Only clients with a secret have refresh tokens, and it takes that
/// secret to use one (RFC 6749, section 6).
fn refresh(
    world: &World,
    client: &Client,
    proven: bool,
    form: &[(String, String)],
    now: Moment,
) -> Result<Value, Refusal> {
    const INVALID_TOKEN: Refusal =
        Refusal::new("invalid_grant", "the refresh token is invalid, used or expired");
    if !proven {
        return Err(AUTHENTICATION_FAILED);
    }
    let token =
        first(form, "refresh_token").ok_or(Refusal::new("invalid_request", "refresh_token is missing"))?;
    let (secret, ends) = (random()?, now.after(world.settings.refresh_lifetime));
    let used = lock(&world.tokens).use_refresh(token, &client.id, &secret, now, ends);
    let (caller, family, token) = used.map_err(|useless| useless_grant(world, useless, INVALID_TOKEN))?;
    issue(world, client, Caller::clone(&caller), Some(family), Refreshing::GoesOn(token), now)
}

/// The refusal of a code or a refresh token. Where one was used twice, channels end as they do with any token that is
/// revoked.
fn useless_grant(world: &World, useless: Useless, refusal: Refusal) -> Refusal {
    if let Useless::UsedTwice(caller) = useless {
        world.end_channels(&caller);
    }
    refusal
}

fn redeem(
    world: &World,
    client: &Client,
    proven: bool,
    form: &[(String, String)],
    now: Moment,
) -> Result<(Caller, Family), Refusal> {
    const INVALID_CODE: Refusal =
        Refusal::new("invalid_grant", "the authorization code is invalid, used or expired");
    if !client.may(Grant::Code) {
        return Err(GRANT_NOT_ALLOWED);
    }
    let key = first(form, "code").ok_or(Refusal::new("invalid_request", "code is missing"))?;
    let used = lock(&world.tokens).use_code(key, &client.id, now);
    let code = used.map_err(|useless| useless_grant(world, useless, INVALID_CODE))?;
    let traded = || (Caller::clone(&code.caller), Family::from(key));
    if first(form, "redirect_uri") != Some(code.redirect_uri.as_str()) {
        return Err(Refusal::new(
            "invalid_grant",
            "redirect_uri is not the one of the authorization request",
        ));
    }
    match (&code.challenge, first(form, "code_verifier")) {
        (Some(challenge), Some(verifier)) if fits(challenge, verifier) => Ok(traded()),
        (Some(_), Some(_)) => {
            Err(Refusal::new("invalid_grant", "code_verifier does not match the challenge"))
        }
        (Some(_), None) => Err(Refusal::new("invalid_grant", "code_verifier is missing")),
        (None, Some(_)) => {
            Err(Refusal::new("invalid_grant", "the authorization request had no code_challenge"))
        }
        (None, None) if proven => Ok(traded()),
        (None, None) => Err(AUTHENTICATION_FAILED),
    }
}

/// Whether a verifier is the one whose hash is the challenge (RFC 7636, section 4.6).
fn fits(challenge: &str, verifier: &str) -> bool {
    (43..=128).contains(&verifier.len())
        && URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes())) == challenge
}

/// Whom an assertion is about.
fn asserted(world: &World, form: &[(String, String)]) -> Result<String, Refusal> {
    let assertion =
        first(form, "assertion").ok_or(Refusal::new("invalid_request", "assertion is missing"))?;
    let organization = first(form, "orgName").ok_or(Refusal::new("invalid_request", "orgName is missing"))?;
    if organization != world.settings.organization {
        return Err(Refusal::new("invalid_request", "the organization was not found"));
    }
    world
        .settings
        .assertions
        .iter()
        .find(|(known, _)| known == assertion)
        .and_then(|(_, user)| world.user_named(user))
        .ok_or(Refusal::new("invalid_grant", "the assertion is not valid"))
}

/// In whose name a token of these scopes is.
fn caller(client: &Client, user: Option<String>, form: &[(String, String)]) -> Result<Caller, Refusal> {
    Ok(Caller { client: client.id.clone(), user, scopes: scopes(client, form)? })
}

/// The scopes asked for, which the client must be allowed; all of the client's own when none are.
pub(super) fn scopes(client: &Client, form: &[(String, String)]) -> Result<Vec<String>, Refusal> {
    let asked = first(form, "scope").unwrap_or_default();
    if asked.len() > LONGEST_SCOPE {
        return Err(Refusal::new("invalid_scope", "the scope is longer than 4,096 bytes"));
    }
    let asked: Vec<String> = asked.split_whitespace().map(str::to_owned).collect();
    if asked.is_empty() {
        return Ok(client.scopes.clone());
    }
    if client.scopes.is_empty() || asked.iter().all(|scope| client.scopes.contains(scope)) {
        Ok(asked)
    } else {
        Err(Refusal::new("invalid_scope", "the client is not allowed to ask for this scope"))
    }
}

/// Whether a refresh token comes with an access token.
enum Refreshing {
    No,
    /// The first of its family.
    Begins,
    /// This one, which has taken the place of another.
    GoesOn(String),
}

fn issue(
    world: &World,
    client: &Client,
    caller: Caller,
    family: Option<Family>,
    refreshing: Refreshing,
    now: Moment,
) -> Result<Value, Refusal> {
    let caller = Arc::new(caller);
    let lifetime = client.token_lifetime;
    let refresh = match (refreshing, &family) {
        (Refreshing::GoesOn(token), _) => Some(token),
        (Refreshing::Begins, Some(family)) => {
            let (token, ends) = (random()?, now.after(world.settings.refresh_lifetime));
            lock(&world.tokens).add_refresh(&token, Arc::clone(&caller), Family::clone(family), ends);
            Some(token)
        }
        (Refreshing::No | Refreshing::Begins, _) => None,
    };
    let mut answer = Map::new();
    let access = access_token(world, &caller, family, lifetime, now)?;
    answer.insert("access_token".to_owned(), json!(access));
    answer.insert("token_type".to_owned(), json!("bearer"));
    // The platform says a second less than the client's setting, as time has passed by then.
    answer.insert("expires_in".to_owned(), json!(lifetime.as_secs().saturating_sub(1)));
    if let Some(refresh) = refresh {
        answer.insert("refresh_token".to_owned(), json!(refresh));
    }
    Ok(Value::Object(answer))
}

/// A fresh access token.
pub(super) fn access_token(
    world: &World,
    caller: &Arc<Caller>,
    family: Option<Family>,
    lifetime: Duration,
    now: Moment,
) -> Result<String, Refusal> {
    let token = random()?;
    let ends = now.after(lifetime);
    lock(&world.tokens).add(token.clone(), Arc::clone(caller), family, ends);
    Ok(token)
}

pub(super) fn random() -> Result<String, Refusal> {
    secret().map_err(|_| Refusal::new("server_error", "the system has no source of random numbers"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verifiers_are_checked_as_the_example_of_the_rfc_has_it() {
        // RFC 7636, appendix B.
        let challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
        assert!(fits(challenge, "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"));
        assert!(!fits(challenge, "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXK"));
        assert!(!fits(challenge, "short"));
    }

    #[test]
    fn scopes_beyond_the_client_s_are_refused() {
        let form = |scope: &str| vec![("scope".to_owned(), scope.to_owned())];
        let open = Client::new("i", "n");
        let bound = Client { scopes: vec!["users".to_owned()], ..open.clone() };
        assert_eq!(scopes(&open, &form("a b")).unwrap(), ["a", "b"]);
        assert_eq!(scopes(&bound, &form("")).unwrap(), ["users"]);
        assert_eq!(scopes(&bound, &form("users routing")).unwrap_err().error, "invalid_scope");
        assert!(scopes(&open, &form(&"a".repeat(LONGEST_SCOPE))).is_ok());
        assert_eq!(scopes(&open, &form(&"a".repeat(LONGEST_SCOPE + 1))).unwrap_err().error, "invalid_scope");
    }
}
