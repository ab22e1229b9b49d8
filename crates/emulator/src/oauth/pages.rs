//! The pages of the login host. Plain forms: they work without JavaScript and load nothing.

use std::fmt::Write as _;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use crate::page;

/// What a person is asked for.
pub(super) enum Asking<'a> {
    /// Name and password. `failed` says that the last ones were wrong. `known` are a name and a password that work and
    /// are no secret.
    SignIn { name: &'a str, failed: bool, known: Option<(&'a str, &'a str)> },
    /// Whether the client may act for the person who is signed in.
    Consent { name: &'a str },
}

const STYLE: &str = "
:root { color-scheme: light dark; --back: #eef1f6; --card: #ffffff; --text: #1b2430; --soft: #5a6675;
  --line: #c9d1dc; --accent: #c2410c; --on-accent: #ffffff; --bad: #b42318; }
@media (prefers-color-scheme: dark) { :root { --back: #10151d; --card: #1a212c; --text: #e8edf4;
  --soft: #9aa7b8; --line: #35404f; --accent: #fb923c; --on-accent: #1a1008; --bad: #ff9b8f; } }
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 1.5rem;
  background: var(--back); color: var(--text); font: 1rem/1.5 system-ui, sans-serif; }
main { width: min(24rem, 100%); background: var(--card); border: 1px solid var(--line);
  border-radius: 0.75rem; padding: 2rem; box-shadow: 0 0.5rem 2rem rgb(0 0 0 / 0.08); }
.mark { color: var(--soft); font-size: 0.85rem; letter-spacing: 0.04em; margin: 0 0 1.25rem; }
h1 { font-size: 1.35rem; line-height: 1.25; margin: 0 0 0.5rem; overflow-wrap: anywhere; }
p { margin: 0 0 1rem; color: var(--soft); overflow-wrap: anywhere; }
ul { margin: 0 0 1rem; padding-left: 1.2rem; color: var(--soft); }
label { display: block; font-weight: 600; font-size: 0.9rem; margin-bottom: 1rem; }
input { display: block; width: 100%; margin-top: 0.3rem; padding: 0.6rem 0.7rem; font: inherit;
  color: inherit; background: transparent; border: 1px solid var(--line); border-radius: 0.4rem; }
button { width: 100%; padding: 0.7rem; margin-top: 0.5rem; font: inherit; font-weight: 600; cursor: pointer;
  border-radius: 0.4rem; border: 1px solid var(--line); background: transparent; color: inherit; }
button.main { background: var(--accent); border-color: var(--accent); color: var(--on-accent); }
input:focus-visible, button:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
.bad { color: var(--bad); font-weight: 600; }
.hint { border-left: 3px solid var(--line); padding-left: 0.75rem; }
code { font: 0.9em ui-monospace, Menlo, monospace; color: var(--text); user-select: all; }
";

/// The form, with what it hands on.
pub(super) fn form(client: &str, scopes: &[String], asking: &Asking<'_>, hidden: &[(&str, &str)]) -> String {
    let client = escape(client);
    let mut page = String::new();
    let heading = match asking {
        Asking::SignIn { .. } => format!("Sign in to {client}"),
        Asking::Consent { name } => format!("{client} asks to act for {}", escape(name)),
    };
    // Writing to a text cannot fail, here and below.
    let _ = write!(page, "<h1>{heading}</h1>");
    if scopes.is_empty() {
        let _ = write!(page, "<p>{client} may then do what you may do.</p>");
    } else {
        let _ = write!(page, "<p>{client} may then use:</p><ul>");
        for scope in scopes {
            let _ = write!(page, "<li>{}</li>", escape(scope));
        }
        page.push_str("</ul>");
    }
    page.push_str("<form method=\"post\">");
    for (name, value) in hidden {
        let _ = write!(page, "<input type=\"hidden\" name=\"{}\" value=\"{}\">", escape(name), escape(value));
    }
    let allow = match asking {
        Asking::SignIn { name, failed, known } => {
            if let Some((user, password)) = known {
                let _ = write!(
                    page,
                    "<p class=\"hint\">This is an emulator: sign in as <code>{}</code> with the password \
                     <code>{}</code>.</p>",
                    escape(user),
                    escape(password)
                );
            }
            if *failed {
                page.push_str("<p class=\"bad\" role=\"alert\">The name or the password is wrong.</p>");
            }
            let _ = write!(
                page,
                "<label>E-mail<input name=\"username\" type=\"text\" autocomplete=\"username\" \
                 autocapitalize=\"none\" required autofocus value=\"{}\"></label>\
                 <label>Password<input name=\"password\" type=\"password\" \
                 autocomplete=\"current-password\" required></label>",
                escape(name)
            );
            "Sign in and allow"
        }
        Asking::Consent { .. } => "Allow",
    };
    // Refusing must work with empty fields.
    let _ = write!(
        page,
        "<button class=\"main\" name=\"decision\" value=\"allow\">{allow}</button>\
         <button name=\"decision\" value=\"deny\" formnovalidate>Cancel</button></form>"
    );
    document(&heading, &page)
}

/// A page for somebody who cannot be sent back.
pub(super) fn error(title: &str, remedy: &str) -> String {
    document(title, &format!("<h1>{}</h1><p>{}</p>", escape(title), escape(remedy)))
}

/// The page after signing out.
pub(super) fn signed_out() -> String {
    document("Signed out", "<h1>You are signed out</h1><p>You can close this page.</p>")
}

fn document(title: &str, content: &str) -> String {
    // Within the page, since the login host has nothing but what the platform has there.
    let icon = utf8_percent_encode(page::ICON, NON_ALPHANUMERIC);
    format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <title>{title}</title><link rel=\"icon\" href=\"data:image/svg+xml,{icon}\"><style>{STYLE}</style></head>\
         <body><main><p class=\"mark\">PureCloud emulator</p>{content}</main></body></html>"
    )
}

/// Text as it may stand in an element or a quoted attribute.
pub(crate) fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            other => safe.push(other),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_from_a_request_reaches_the_page_as_markup() {
        let nasty = "\"><script>alert('x')</script>&";
        let asking = Asking::SignIn { name: nasty, failed: true, known: Some((nasty, nasty)) };
        let page = form(nasty, &[nasty.to_owned()], &asking, &[("state", nasty)]);
        assert!(!page.contains("<script"));
        assert!(!page.contains("alert('x')"));
        let page = form(nasty, &[], &Asking::Consent { name: nasty }, &[]);
        assert!(!page.contains("<script"));
    }
}
