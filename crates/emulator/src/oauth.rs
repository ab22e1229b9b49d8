//! The login host: who may ask for a token, and how.
//!
//! [`grants`] trades what a client brings for tokens, [`authorize`] is the part with a person in front of it, and [`pages`] is
//! what that person sees. Clients and tokens are state.

pub(crate) mod authorize;
pub(crate) mod grants;
mod pages;

use crate::http::problem::Problem;
use crate::http::request::Request;

/// The largest form of the login host in bytes: a person's page and a program's request are a fraction of it.
const LONGEST_FORM: usize = 64 * 1024;
/// The most bytes of all scopes of a token, and of a client.
pub(crate) const LONGEST_SCOPE: usize = 4 * 1024;
/// The most bytes of a redirect address.
pub(crate) const LONGEST_ADDRESS: usize = 2 * 1024;

/// The fields of a form that was sent here.
///
/// # Errors
/// 413 when it is too long: in memory, the fields of a form are many times its bytes.
fn form(request: &Request) -> Result<Vec<(String, String)>, Problem> {
    if request.body.len() > LONGEST_FORM {
        Err(Problem::too_large(LONGEST_FORM))
    } else {
        Ok(request.form_pairs())
    }
}

/// A fresh secret that survives every way in which clients decode addresses: letters, digits, `-` and `_`.
pub(crate) fn secret() -> Result<String, getrandom::Error> {
    use base64::Engine as _;
    let mut bytes = [0; 48];
    getrandom::fill(&mut bytes)?;
    Ok(base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes))
}
