//! OAuth as values: the request of each grant, what an answer or a redirect says, the two addresses a browser opens.
//!
//! Nothing here sends anything. The clock comes in as a number.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use percent_encoding::percent_decode_str;
use serde::Deserialize;
use sha2::{Digest, Sha256};

use crate::request::push_encoded;
use crate::secret::Secret;

/// The path for tokens on the login host.
pub(crate) const TOKEN_PATH: &str = "/oauth/token";

/// A grant: the credentials that a program exchanges for a token.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub(crate) enum Grant {
    ClientCredentials { client_id: String, client_secret: Secret },
    Code { client_id: String, proof: Proof, code: Secret, redirect_uri: String },
    Saml2 { client_id: String, client_secret: Secret, organization: String, assertion: Secret },
    Refresh { client_id: String, client_secret: Option<Secret>, refresh_token: Secret },
}

/// The proof that an authorization code was meant for its holder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Proof {
    /// A client that can keep a secret.
    Secret(Secret),
    /// PKCE: the text whose digest went with the first request.
    Verifier(Secret),
}

/// A form to send to [`TOKEN_PATH`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TokenRequest {
    /// The value of the `Authorization` header, where the client has a secret.
    pub(crate) authorization: Option<Secret>,
    /// The body, `application/x-www-form-urlencoded`.
    pub(crate) form: Secret,
}

impl Grant {
    /// Returns its name in errors and traces.
    pub(crate) const fn name(&self) -> &'static str {
        match self {
            Self::ClientCredentials { .. } => "client_credentials",
            Self::Code { .. } => "authorization_code",
            Self::Saml2 { .. } => "saml2-bearer",
            Self::Refresh { .. } => "refresh_token",
        }
    }

    /// Returns its name in stored tokens and vectors.
    pub(crate) const fn kind(&self) -> &'static str {
        match self {
            Self::Saml2 { .. } => "saml2",
            _ => self.name(),
        }
    }

    pub(crate) fn client_id(&self) -> &str {
        match self {
            Self::ClientCredentials { client_id, .. }
            | Self::Code { client_id, .. }
            | Self::Saml2 { client_id, .. }
            | Self::Refresh { client_id, .. } => client_id,
        }
    }

    /// The secrets that it shows.
    pub(crate) fn secrets(&self) -> Vec<&Secret> {
        match self {
            Self::ClientCredentials { client_secret, .. } => vec![client_secret],
            Self::Code { proof: Proof::Secret(secret) | Proof::Verifier(secret), code, .. } => {
                vec![code, secret]
            }
            Self::Saml2 { client_secret, assertion, .. } => vec![assertion, client_secret],
            Self::Refresh { client_secret, refresh_token, .. } => {
                std::iter::once(refresh_token).chain(client_secret).collect()
            }
        }
    }

    /// A digest of what is shown at the login, which tells one login of a client from another: the secret of a client
    /// that acts for itself, else what stands for the person.
    pub(crate) fn login(&self) -> String {
        let shown = self.secrets()[0].expose();
        digest(format!("{}\n{shown}", self.client_id()).as_bytes())
    }

    /// Returns whether it can be shown again when the token it gave has ended.
    pub(crate) const fn is_reusable(&self) -> bool {
        matches!(self, Self::ClientCredentials { .. })
    }

    /// The grant that renews what this one gave, when the answer brought a refresh token.
    pub(crate) fn refresh(&self, refresh_token: Secret) -> Option<Self> {
        let (client_id, client_secret) = match self {
            Self::ClientCredentials { .. } | Self::Saml2 { .. } => return None,
            Self::Code { client_id, proof: Proof::Secret(secret), .. } => (client_id, Some(secret.clone())),
            Self::Code { client_id, proof: Proof::Verifier(_), .. } => (client_id, None),
            Self::Refresh { client_id, client_secret, .. } => (client_id, client_secret.clone()),
        };
        Some(Self::Refresh { client_id: client_id.clone(), client_secret, refresh_token })
    }

    /// The request that asks for a token.
    pub(crate) fn request(&self) -> TokenRequest {
        let mut form = vec![];
        let authorization = match self {
            Self::ClientCredentials { client_id, client_secret } => {
                form.push(("grant_type", "client_credentials"));
                Some(basic(client_id, client_secret))
            }
            Self::Code { client_id, proof, code, redirect_uri } => {
                form.push(("grant_type", "authorization_code"));
                form.push(("code", code.expose()));
                form.push(("redirect_uri", redirect_uri));
                match proof {
                    Proof::Secret(secret) => Some(basic(client_id, secret)),
                    Proof::Verifier(verifier) => {
                        form.push(("code_verifier", verifier.expose()));
                        form.push(("client_id", client_id));
                        None
                    }
                }
            }
            Self::Saml2 { client_id, client_secret, organization, assertion } => {
                form.push(("grant_type", "urn:ietf:params:oauth:grant-type:saml2-bearer"));
                form.push(("orgName", organization));
                form.push(("assertion", assertion.expose()));
                Some(basic(client_id, client_secret))
            }
            Self::Refresh { client_id, client_secret, refresh_token } => {
                form.push(("grant_type", "refresh_token"));
                form.push(("refresh_token", refresh_token.expose()));
                if let Some(secret) = client_secret {
                    Some(basic(client_id, secret))
                } else {
                    form.push(("client_id", client_id));
                    None
                }
            }
        };
        TokenRequest { authorization, form: Secret::new(encode_form(&form)) }
    }
}

fn basic(client_id: &str, client_secret: &Secret) -> Secret {
    Secret::new(format!("Basic {}", STANDARD.encode(format!("{client_id}:{}", client_secret.expose()))))
}

fn encode_form(fields: &[(&str, &str)]) -> String {
    let mut form = String::new();
    for (name, value) in fields {
        if !form.is_empty() {
            form.push('&');
        }
        push_encoded(&mut form, name);
        form.push('=');
        push_encoded(&mut form, value);
    }
    form
}

/// The result of a successful login.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Granted {
    pub(crate) access_token: Secret,
    /// Seconds; unknown when the answer does not say.
    pub(crate) expires_in: Option<u64>,
    pub(crate) refresh_token: Option<Secret>,
}

impl Grant {
    /// Returns the forms in which an answer may echo the secrets of this grant.
    pub(crate) fn echoes(&self) -> Vec<String> {
        let basic = self.request().authorization.map(|header| header.expose()["Basic ".len()..].to_owned());
        let plain = self.secrets().into_iter().map(|secret| secret.expose().to_owned());
        let encoded = self.secrets().into_iter().map(|secret| {
            let mut text = String::new();
            push_encoded(&mut text, secret.expose());
            text
        });
        // Texts of any length contain a short one by chance, and nobody is protected by a secret like that.
        plain.chain(encoded).chain(basic).filter(|text| text.len() >= 8).collect()
    }
}

/// The remedy for a failed login.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Remedy {
    /// The same login later: what the login host says of its own state says nothing of the credentials.
    Wait,
    /// A login from its beginning: the grant has ended, a person said no, or the redirect belongs to no login.
    Begin,
    /// Other credentials or settings: these are refused again.
    Change,
}

impl LoginError {
    /// Returns the remedy.
    pub(crate) fn remedy(&self) -> Remedy {
        match self {
            Self::Refused { status: 408 | 429 | 500.., .. } => Remedy::Wait,
            Self::Refused { code, .. } => match code.as_str() {
                "server_error" | "temporarily_unavailable" => Remedy::Wait,
                "invalid_grant" | "access_denied" => Remedy::Begin,
                _ => Remedy::Change,
            },
            Self::State | Self::Nothing | Self::Repeated { .. } => Remedy::Begin,
            Self::Unusable { .. } => Remedy::Change,
        }
    }

    /// The same without what the peer may have echoed of a secret.
    pub(crate) fn without(mut self, secrets: &[String]) -> Self {
        if let Self::Refused { code, description, .. } = &mut self {
            for text in std::iter::once(code).chain(description) {
                if secrets.iter().any(|secret| text.contains(secret)) {
                    "[redacted]".clone_into(text);
                }
            }
        }
        self
    }
}

/// Why there is no token.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LoginError {
    /// The platform refused, with a code such as `invalid_client`, `invalid_grant` or `access_denied`.
    #[error("the platform refused: {code}{}", description.as_ref().map(|text| format!(" ({text})")).unwrap_or_default())]
    Refused {
        /// Status of the answer; 0 when a redirect said so.
        status: u16,
        /// OAuth's code, or `http_<status>` when the answer held none.
        code: String,
        /// The platform's description for people.
        description: Option<String>,
    },
    /// A success that holds no usable token.
    #[error("the answer has no usable token: {problem}")]
    Unusable {
        /// Its problem.
        problem: &'static str,
    },
    /// The `state` that came back is not the one that was sent: somebody else began this login.
    #[error("the `state` that came back is not the one that was sent; start the login again")]
    State,
    /// A redirect names neither a token nor a code nor an error.
    #[error("the redirect has neither a code nor a token nor an error")]
    Nothing,
    /// A redirect names one thing twice.
    #[error("the redirect has `{name}` twice")]
    Repeated {
        /// The name.
        name: &'static str,
    },
}

#[derive(Deserialize)]
struct TokenBody {
    access_token: Option<String>,
    token_type: Option<String>,
    expires_in: Option<serde_json::Value>,
    refresh_token: Option<String>,
    error: Option<String>,
    error_description: Option<String>,
    description: Option<String>,
}

/// Reads the answer to a [`TokenRequest`].
pub(crate) fn read_answer(status: u16, body: &[u8]) -> Result<Granted, LoginError> {
    let parsed = crate::text::read::<TokenBody>(body).ok();
    if !(200..300).contains(&status) {
        let (code, description) =
            parsed.map_or((None, None), |body| (body.error, body.error_description.or(body.description)));
        let code = code.filter(|code| !code.is_empty()).unwrap_or_else(|| format!("http_{status}"));
        return Err(LoginError::Refused { status, code, description });
    }
    let Some(body) = parsed else {
        return Err(LoginError::Unusable { problem: "it is not a JSON object" });
    };
    if let Some(code) = body.error {
        return Err(LoginError::Refused {
            status,
            code,
            description: body.error_description.or(body.description),
        });
    }
    let expires_in = body.expires_in.as_ref().and_then(|value| match value {
        serde_json::Value::Number(number) => {
            // A fraction is cut off, and what lies below zero is zero.
            number.as_u64().or_else(|| {
                Duration::try_from_secs_f64(number.as_f64()?.max(0.0)).ok().map(|life| life.as_secs())
            })
        }
        serde_json::Value::String(text) => text.trim().parse().ok(),
        _ => None,
    });
    granted(body.access_token, body.token_type.as_deref(), expires_in, body.refresh_token)
}

fn granted(
    access_token: Option<String>,
    token_type: Option<&str>,
    expires_in: Option<u64>,
    refresh_token: Option<String>,
) -> Result<Granted, LoginError> {
    let token = access_token.filter(|token| !token.is_empty());
    let Some(token) = token else {
        return Err(LoginError::Unusable { problem: "`access_token` is missing" });
    };
    if token_type.is_some_and(|kind| !kind.eq_ignore_ascii_case("bearer")) {
        return Err(LoginError::Unusable { problem: "`token_type` is not bearer" });
    }
    if !token.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(LoginError::Unusable {
            problem: "`access_token` has a character that is not allowed in a header",
        });
    }
    Ok(Granted {
        access_token: Secret::new(token),
        expires_in,
        refresh_token: refresh_token.filter(|token| !token.is_empty()).map(Secret::new),
    })
}

/// The result that a browser brought back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Redirected {
    Code(Secret),
    Token(Granted),
}

/// Reads a redirect from its address, or from a part of one that has the query or the fragment.
///
/// `state` is what was sent; nothing else in the redirect is believed before it agrees.
pub(crate) fn read_redirect(address: &str, state: Option<&str>) -> Result<Redirected, LoginError> {
    let fields = RedirectFields::read(address)?;
    if let Some(expected) = state
        && fields.state.as_deref() != Some(expected)
    {
        return Err(LoginError::State);
    }
    if let Some(code) = fields.error {
        return Err(LoginError::Refused { status: 0, code, description: fields.error_description });
    }
    if let Some(token) = fields.access_token {
        let expires_in = fields.expires_in.and_then(|text| text.parse().ok());
        return granted(Some(token), fields.token_type.as_deref(), expires_in, None).map(Redirected::Token);
    }
    match fields.code.filter(|code| !code.is_empty()) {
        Some(code) => Ok(Redirected::Code(Secret::new(code))),
        None => Err(LoginError::Nothing),
    }
}

#[derive(Default)]
struct RedirectFields {
    state: Option<String>,
    code: Option<String>,
    access_token: Option<String>,
    token_type: Option<String>,
    expires_in: Option<String>,
    error: Option<String>,
    error_description: Option<String>,
}

impl RedirectFields {
    fn read(address: &str) -> Result<Self, LoginError> {
        let mut fields = Self::default();
        let (before, fragment) = address.split_once('#').unwrap_or((address, ""));
        let query = before.split_once('?').map_or("", |(_, query)| query);
        for pair in query.split('&').chain(fragment.split('&')) {
            let (name, raw) = pair.split_once('=').unwrap_or((pair, ""));
            let slot: (&'static str, &mut Option<String>) = match name {
                "state" => ("state", &mut fields.state),
                "code" => ("code", &mut fields.code),
                "access_token" => ("access_token", &mut fields.access_token),
                "token_type" => ("token_type", &mut fields.token_type),
                "expires_in" => ("expires_in", &mut fields.expires_in),
                "error" => ("error", &mut fields.error),
                "error_description" => ("error_description", &mut fields.error_description),
                _ => continue,
            };
            // A plus sign is a space in prose; a token or a state may hold one that means itself.
            let prose = slot.0 == "error_description";
            let text = if prose { raw.replace('+', " ") } else { raw.to_owned() };
            let decoded = percent_decode_str(&text).decode_utf8_lossy().into_owned();
            if slot.1.replace(decoded).is_some() {
                return Err(LoginError::Repeated { name: slot.0 });
            }
        }
        Ok(fields)
    }
}

/// The kind of result that a browser is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wanted<'a> {
    /// A token in the fragment.
    Token,
    /// A code in the query.
    Code,
    /// A code that only the holder of the verifier can use.
    CodeWithChallenge(&'a str),
}

/// The address at which a person logs in.
///
/// `more` are further parameters that the platform knows: `org` and `provider`, `target`, `login_hint`, `prompt`.
pub(crate) fn authorize_address(
    login: &str,
    client_id: &str,
    redirect_uri: &str,
    state: &str,
    wanted: Wanted<'_>,
    more: &[(&str, &str)],
) -> String {
    let response_type = if wanted == Wanted::Token { "token" } else { "code" };
    let mut fields = vec![
        ("response_type", response_type),
        ("client_id", client_id),
        ("redirect_uri", redirect_uri),
        ("state", state),
    ];
    if let Wanted::CodeWithChallenge(challenge) = wanted {
        fields.push(("code_challenge", challenge));
        fields.push(("code_challenge_method", "S256"));
    }
    fields.extend_from_slice(more);
    format!("{login}/oauth/authorize?{}", encode_form(&fields))
}

/// The address that ends the login of a browser.
pub(crate) fn logout_address(login: &str, client_id: &str, redirect_uri: Option<&str>) -> String {
    let mut fields = vec![("client_id", client_id)];
    fields.extend(redirect_uri.map(|address| ("redirect_uri", address)));
    format!("{login}/logout?{}", encode_form(&fields))
}

/// Turns random bytes into text that may stand anywhere: a PKCE verifier (32 bytes give 43 characters) or a state.
pub(crate) fn random_text(random: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(random)
}

/// The PKCE challenge of a verifier: base64url of its SHA-256.
pub(crate) fn challenge(verifier: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes()))
}

/// Half of a SHA-256 digest in hexadecimal: tells texts apart, and nobody gets a text back from it.
pub(crate) fn digest(text: &[u8]) -> String {
    let digest = Sha256::digest(text);
    digest.iter().take(16).fold(String::with_capacity(32), |mut hex, byte| {
        use std::fmt::Write as _;
        // Writing to a text cannot fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

/// The freshness of a token at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Freshness {
    /// Use it.
    Fresh,
    /// Use it, and fetch its successor meanwhile.
    Due,
    /// Wait for its successor.
    Expired,
}

/// Returns the freshness of a token. All times are milliseconds since the epoch; `obtained` and `expires` are the
/// token's.
///
/// Renewal begins when a tenth of its life is left, though at most five minutes ahead; in the last five seconds it
/// counts as gone, since an answer may take that long to be asked for.
pub(crate) fn freshness(now: u64, obtained: u64, expires: Option<u64>) -> Freshness {
    const LONGEST_MARGIN: u64 = 300_000;
    const GONE: u64 = 5_000;
    let Some(expires) = expires else { return Freshness::Fresh };
    let life = expires.saturating_sub(obtained);
    let margin = (life / 10).min(LONGEST_MARGIN);
    // A life of seconds is for tests and for drills; a fixed margin would renew such a token for ever.
    let gone = GONE.min(life / 20);
    let left = expires.saturating_sub(now);
    if left <= gone {
        Freshness::Expired
    } else if left <= margin {
        Freshness::Due
    } else {
        Freshness::Fresh
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_challenge_is_that_of_rfc_7636() {
        assert_eq!(
            challenge("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"),
            "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
        );
    }

    #[test]
    fn thirty_two_random_bytes_make_a_verifier_of_allowed_length() {
        assert_eq!(random_text(&[255; 32]).len(), 43);
    }

    #[test]
    fn debug_output_of_a_grant_shows_no_secret() {
        let grant = Grant::ClientCredentials { client_id: "id".into(), client_secret: "hunter2".into() };
        assert!(!format!("{grant:?} {:?}", grant.request()).contains("hunter2"));
    }
}
