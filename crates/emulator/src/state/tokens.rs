//! What was given out: tokens, refresh tokens, codes, and who is signed in.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::expiring::Expiring;
use crate::base::clock::Moment;
use crate::http::answer::Rate;
use crate::state::keep::{Change, Keep, Kept, Part};

/// The most entries of each kind that are kept.
const MOST: usize = 20_000;
/// How many clients somebody who is signed in has agreed to, at most; the oldest asks again.
const MOST_AGREED: usize = 100;
/// Requests are counted in windows of this length, which open with the first request.
const WINDOW: Duration = Duration::from_mins(1);

/// Everything the login host remembers.
#[derive(Debug)]
pub(crate) struct Tokens {
    access: Expiring<Access>,
    refresh: Expiring<Refresh>,
    codes: Expiring<Issued>,
    sessions: Expiring<Session>,
    /// The most live tokens of one client and user; past it the oldest dies.
    per_caller: usize,
    /// Whether what was kept counts no more.
    replaced: bool,
}

/// In whose name a call is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Caller {
    /// The id of the client. It is looked up whenever it matters: a token is worth what its client is worth by then.
    pub(crate) client: String,
    /// The id of the user, where there is one.
    pub(crate) user: Option<String>,
    pub(crate) scopes: Vec<String>,
}

#[derive(Debug)]
struct Access {
    caller: Arc<Caller>,
    /// The code that this token was traded for, itself or through refresh tokens.
    family: Option<Family>,
    window: Option<Moment>,
    count: u64,
}

/// All tokens that follow from one code of the authorization code grant; named by that code.
pub(crate) type Family = Arc<str>;

/// The refresh token of a family. A refresh token is a handle, which the tokens of a family share, and a secret, which
/// changes with each use: a handle with another secret is a token that was used before.
#[derive(Debug)]
struct Refresh {
    caller: Arc<Caller>,
    family: Family,
    secret: String,
}

/// How many characters of a refresh token are its handle.
const HANDLE: usize = 32;

/// The handle of a refresh token and its secret.
fn handle_and_secret(token: &str) -> (&str, &str) {
    token.split_at_checked(HANDLE).unwrap_or((token, ""))
}

/// A code that was given out. It is remembered until it expires, to notice a second use.
#[derive(Debug)]
struct Issued {
    code: Code,
    used: bool,
}

/// A code or a refresh token that cannot be traded.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Useless {
    /// Nobody was given it, it expired, or it is another client's.
    Unknown,
    /// It was used before: two parties have it, and one of them should not. Everything that it gave is revoked, which
    /// was in the name of this caller.
    UsedTwice(Arc<Caller>),
}

/// A code of the authorization code grant, for one use.
#[derive(Debug, Clone)]
pub(crate) struct Code {
    pub(crate) caller: Arc<Caller>,
    pub(crate) redirect_uri: String,
    /// The S256 challenge of PKCE, where the request had one.
    pub(crate) challenge: Option<String>,
}

/// Somebody who signed in with a browser.
#[derive(Debug)]
struct Session {
    user: String,
    /// Clients that this person has agreed to.
    agreed: Vec<String>,
}

/// A token that is not worth anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Worthless {
    Unknown,
    Expired,
}

impl Tokens {
    pub(crate) fn new(per_caller: usize) -> Self {
        Self {
            access: Expiring::new(MOST),
            refresh: Expiring::new(MOST),
            codes: Expiring::new(MOST),
            sessions: Expiring::new(MOST),
            per_caller: per_caller.max(1),
            replaced: false,
        }
    }

    /// Forgets everything that was given out.
    pub(crate) fn clear(&mut self) {
        self.access.clear();
        self.refresh.clear();
        self.codes.clear();
        self.sessions.clear();
        self.replaced = true;
    }

    /// Keeps a token. Where the caller has too many, the oldest dies.
    pub(crate) fn add(&mut self, token: String, caller: Arc<Caller>, family: Option<Family>, ends: Moment) {
        let same = |other: &Access| other.caller.client == caller.client && other.caller.user == caller.user;
        let others = self.access.keys_where(same);
        for oldest in others.iter().take((others.len() + 1).saturating_sub(self.per_caller)) {
            self.access.take(oldest, Moment(i64::MIN));
        }
        self.access.insert(token, Access { caller, family, window: None, count: 0 }, ends);
    }

    /// Whose token this is; counts the request against its minute.
    pub(crate) fn spend(
        &mut self,
        token: &str,
        now: Moment,
        allowed: u64,
    ) -> Result<(Arc<Caller>, Rate), Worthless> {
        let (access, ends) = self.access.get_mut(token).ok_or(Worthless::Unknown)?;
        if now >= ends {
            return Err(Worthless::Expired);
        }
        let open = access.window.filter(|start| now < start.after(WINDOW));
        let start = open.unwrap_or(now);
        access.count = if open.is_some() { access.count.saturating_add(1) } else { 1 };
        access.window = Some(start);
        let reset = now.seconds_until(start.after(WINDOW));
        Ok((Arc::clone(&access.caller), Rate { count: access.count, allowed, reset }))
    }

    /// Whose token this is, without counting a request.
    pub(crate) fn caller(&self, token: &str, now: Moment) -> Option<Arc<Caller>> {
        self.access.live(token, now).map(|access| Arc::clone(&access.caller))
    }

    /// When a token ends.
    pub(crate) fn ends(&mut self, token: &str) -> Option<Moment> {
        self.access.get_mut(token).map(|(_, ends)| ends)
    }

    /// Makes a token worthless, and the refresh tokens that go with it; whose it was.
    pub(crate) fn revoke(&mut self, token: &str) -> Option<Arc<Caller>> {
        let gone = self.access.take(token, Moment(i64::MIN))?.caller;
        self.refresh
            .remove_where(|other| other.caller.client == gone.client && other.caller.user == gone.user);
        Some(gone)
    }

    /// Makes every token of a user worthless; how many there were.
    pub(crate) fn revoke_user(&mut self, user: &str) -> usize {
        self.refresh.remove_where(|refresh| refresh.caller.user.as_deref() == Some(user));
        self.access.remove_where(|access| access.caller.user.as_deref() == Some(user))
    }

    /// Forgets everything that a client was given.
    pub(crate) fn revoke_client(&mut self, client: &str) {
        self.access.remove_where(|access| access.caller.client == client);
        self.refresh.remove_where(|refresh| refresh.caller.client == client);
        self.codes.remove_where(|issued| issued.code.caller.client == client);
    }

    /// Revokes every token that a code led to.
    fn revoke_family(&mut self, family: &str) {
        self.access.remove_where(|access| access.family.as_deref() == Some(family));
        self.refresh.remove_where(|refresh| &*refresh.family == family);
    }

    pub(crate) fn add_refresh(&mut self, token: &str, caller: Arc<Caller>, family: Family, ends: Moment) {
        let (handle, secret) = handle_and_secret(token);
        self.refresh.insert(handle.to_owned(), Refresh { caller, family, secret: secret.to_owned() }, ends);
    }

    /// Trades the refresh token of a client for one that lives until `ends`: whose it is, of which family, and the new
    /// token, which ends in `secret`.
    pub(crate) fn use_refresh(
        &mut self,
        token: &str,
        client: &str,
        secret: &str,
        now: Moment,
        ends: Moment,
    ) -> Result<(Arc<Caller>, Family, String), Useless> {
        let (handle, sent) = handle_and_secret(token);
        let known = self.refresh.live(handle, now).filter(|known| known.caller.client == client);
        let known = known.ok_or(Useless::Unknown)?;
        let (caller, family) = (Arc::clone(&known.caller), Arc::clone(&known.family));
        if known.secret != sent {
            self.revoke_family(&family);
            return Err(Useless::UsedTwice(caller));
        }
        let renewed =
            Refresh { caller: Arc::clone(&caller), family: Arc::clone(&family), secret: secret.to_owned() };
        self.refresh.insert(handle.to_owned(), renewed, ends);
        Ok((caller, family, format!("{handle}{secret}")))
    }

    pub(crate) fn add_code(&mut self, key: String, code: Code, ends: Moment) {
        self.codes.insert(key, Issued { code, used: false }, ends);
    }

    /// What a code stands for. It is used up, whether or not the rest of the request is right.
    pub(crate) fn use_code(&mut self, key: &str, client: &str, now: Moment) -> Result<Code, Useless> {
        let issued = self.codes.live_mut(key, now).ok_or(Useless::Unknown)?;
        let code = issued.code.clone();
        let used = std::mem::replace(&mut issued.used, true);
        if code.caller.client != client {
            return Err(Useless::Unknown);
        }
        if used {
            self.revoke_family(key);
            return Err(Useless::UsedTwice(code.caller));
        }
        Ok(code)
    }

    pub(crate) fn add_session(&mut self, key: String, user: String, ends: Moment) {
        self.sessions.insert(key, Session { user, agreed: Vec::new() }, ends);
    }

    /// Who is signed in.
    pub(crate) fn signed_in(&self, key: &str, now: Moment) -> Option<&str> {
        self.sessions.live(key, now).map(|session| session.user.as_str())
    }

    /// Whether that person has agreed to this client.
    pub(crate) fn has_agreed(&self, key: &str, client: &str, now: Moment) -> bool {
        self.sessions
            .live(key, now)
            .is_some_and(|session| session.agreed.iter().any(|agreed| agreed == client))
    }

    pub(crate) fn agree(&mut self, key: &str, client: &str, now: Moment) {
        if let Some(session) = self.sessions.live_mut(key, now)
            && !session.agreed.iter().any(|agreed| agreed == client)
        {
            if session.agreed.len() >= MOST_AGREED {
                session.agreed.remove(0);
            }
            session.agreed.push(client.to_owned());
        }
    }

    pub(crate) fn sign_out(&mut self, key: &str) {
        self.sessions.take(key, Moment(i64::MIN));
    }
}

/// The names under which each kind is kept.
const ACCESS: &str = "access";
const REFRESH: &str = "refresh";
const CODES: &str = "codes";
const SESSIONS: &str = "sessions";

/// What was given out, as it is kept. How many requests a token has made in its minute is not.
#[derive(Serialize, Deserialize)]
struct KeptToken {
    ends: i64,
    client: String,
    user: Option<String>,
    scopes: Vec<String>,
    /// What an access token and a refresh token have besides.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    family: Option<String>,
    /// What a refresh token has besides.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
    /// What a code has besides.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    redirect_uri: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    challenge: Option<String>,
    #[serde(default)]
    used: bool,
}

#[derive(Serialize, Deserialize)]
struct KeptSession {
    ends: i64,
    user: String,
    agreed: Vec<String>,
}

fn kept(caller: &Caller, ends: Moment) -> KeptToken {
    KeptToken {
        ends: ends.0,
        client: caller.client.clone(),
        user: caller.user.clone(),
        scopes: caller.scopes.clone(),
        family: None,
        secret: None,
        redirect_uri: None,
        challenge: None,
        used: false,
    }
}

fn text(value: &impl Serialize) -> String {
    // These have text keys and whole numbers, so writing them cannot fail.
    serde_json::to_string(value).unwrap_or_default()
}

impl Keep for Tokens {
    fn begin(&mut self, count: Arc<AtomicU64>, anew: bool) {
        self.replaced = anew;
        self.access.begin(Arc::clone(&count), anew);
        self.refresh.begin(Arc::clone(&count), anew);
        self.codes.begin(Arc::clone(&count), anew);
        self.sessions.begin(count, anew);
    }

    fn changes(&mut self, into: &mut Vec<Change>) {
        if std::mem::take(&mut self.replaced) {
            into.push(Change::Clear(Part::Tokens));
        }
        self.access.changes(ACCESS, into, |access, ends| {
            let family = access.family.as_deref().map(str::to_owned);
            text(&KeptToken { family, ..kept(&access.caller, ends) })
        });
        self.refresh.changes(REFRESH, into, |refresh, ends| {
            let (family, secret) = (Some((*refresh.family).to_owned()), Some(refresh.secret.clone()));
            text(&KeptToken { family, secret, ..kept(&refresh.caller, ends) })
        });
        self.codes.changes(CODES, into, |Issued { code, used }, ends| {
            text(&KeptToken {
                redirect_uri: Some(code.redirect_uri.clone()),
                challenge: code.challenge.clone(),
                used: *used,
                ..kept(&code.caller, ends)
            })
        });
        self.sessions.changes(SESSIONS, into, |session, ends| {
            text(&KeptSession { ends: ends.0, user: session.user.clone(), agreed: session.agreed.clone() })
        });
    }

    fn restore(&mut self, collection: &str, kept: Option<(String, Kept)>) -> Result<(), String> {
        let Some((key, Kept { value: Some(value), .. })) = kept else { return Ok(()) };
        // The key is a secret, so it is not told.
        let wrong = |error| format!("an entry cannot be read: {error}");
        if collection == SESSIONS {
            let session: KeptSession = serde_json::from_str(&value).map_err(wrong)?;
            let ends = Moment(session.ends);
            self.sessions.insert(key, Session { user: session.user, agreed: session.agreed }, ends);
            return Ok(());
        }
        let token: KeptToken = serde_json::from_str(&value).map_err(wrong)?;
        let caller = Caller { client: token.client, user: token.user, scopes: token.scopes };
        let (caller, ends) = (Arc::new(caller), Moment(token.ends));
        let family = token.family.map(Family::from);
        match collection {
            ACCESS => self.access.insert(key, Access { caller, family, window: None, count: 0 }, ends),
            REFRESH => {
                let secret = token.secret.ok_or_else(|| "a refresh token has no secret".to_owned())?;
                // Before families there were none to revoke: such a token is one of its own.
                let family = family.unwrap_or_else(|| Family::from(key.as_str()));
                self.refresh.insert(key, Refresh { caller, family, secret }, ends);
            }
            CODES => {
                let redirect_uri = token.redirect_uri.unwrap_or_default();
                let code = Code { caller, redirect_uri, challenge: token.challenge };
                self.codes.insert(key, Issued { code, used: token.used }, ends);
            }
            _ => return Err("unknown kind of token".to_owned()),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caller(user: &str) -> Arc<Caller> {
        Arc::new(Caller { client: "c".to_owned(), user: Some(user.to_owned()), scopes: Vec::new() })
    }

    #[test]
    fn requests_are_counted_by_the_minute_from_the_first() {
        let mut tokens = Tokens::new(10);
        tokens.add("t".to_owned(), caller("u"), None, Moment(1_000_000));
        let mut rate = |now| tokens.spend("t", Moment(now), 300).unwrap().1;
        assert_eq!(rate(5_000), Rate { count: 1, allowed: 300, reset: 60 });
        assert_eq!(rate(35_000), Rate { count: 2, allowed: 300, reset: 30 });
        assert_eq!(rate(65_000), Rate { count: 1, allowed: 300, reset: 60 });
    }

    #[test]
    fn an_expired_token_is_told_from_an_unknown_one() {
        let mut tokens = Tokens::new(10);
        tokens.add("t".to_owned(), caller("u"), None, Moment(10));
        assert!(tokens.spend("t", Moment(9), 300).is_ok());
        assert_eq!(tokens.spend("t", Moment(10), 300).unwrap_err(), Worthless::Expired);
        assert_eq!(tokens.spend("x", Moment(10), 300).unwrap_err(), Worthless::Unknown);
    }

    #[test]
    fn the_oldest_of_too_many_tokens_dies() {
        let mut tokens = Tokens::new(2);
        for token in ["a", "b", "c"] {
            tokens.add(token.to_owned(), caller("u"), None, Moment(10));
        }
        tokens.add("d".to_owned(), caller("other"), None, Moment(10));
        assert!(tokens.spend("a", Moment(0), 300).is_err());
        for token in ["b", "c", "d"] {
            assert!(tokens.spend(token, Moment(0), 300).is_ok(), "{token}");
        }
    }

    #[test]
    fn revoking_takes_the_refresh_token_along() {
        let mut tokens = Tokens::new(10);
        tokens.add("t".to_owned(), caller("u"), None, Moment(10));
        tokens.add_refresh("r", caller("u"), Family::from("k"), Moment(10));
        tokens.revoke("t");
        assert!(tokens.spend("t", Moment(0), 300).is_err());
        assert_eq!(refresh(&mut tokens, "r", "c").unwrap_err(), Useless::Unknown);
    }

    #[test]
    fn a_client_that_goes_takes_everything_along() {
        let mut tokens = Tokens::new(10);
        tokens.add("t".to_owned(), caller("u"), None, Moment(10));
        tokens.add_refresh("r", caller("u"), Family::from("k"), Moment(10));
        let code = Code { caller: caller("u"), redirect_uri: String::new(), challenge: None };
        tokens.add_code("k".to_owned(), code, Moment(10));
        let other = Arc::new(Caller { client: "d".to_owned(), user: None, scopes: Vec::new() });
        tokens.add("o".to_owned(), other, None, Moment(10));
        tokens.revoke_client("c");
        assert!(tokens.spend("t", Moment(0), 300).is_err());
        assert_eq!(refresh(&mut tokens, "r", "c").unwrap_err(), Useless::Unknown);
        assert_eq!(tokens.use_code("k", "c", Moment(0)).unwrap_err(), Useless::Unknown);
        assert!(tokens.spend("o", Moment(0), 300).is_ok());
    }

    #[test]
    fn agreeing_for_ever_needs_no_more_room() {
        let mut tokens = Tokens::new(10);
        tokens.add_session("s".to_owned(), "u".to_owned(), Moment(10));
        for number in 0..=MOST_AGREED {
            tokens.agree("s", &number.to_string(), Moment(0));
        }
        assert!(!tokens.has_agreed("s", "0", Moment(0)));
        assert!(
            tokens.has_agreed("s", "1", Moment(0))
                && tokens.has_agreed("s", &MOST_AGREED.to_string(), Moment(0))
        );
    }

    fn refresh(tokens: &mut Tokens, token: &str, client: &str) -> Result<String, Useless> {
        let (_, _, token) = tokens.use_refresh(token, client, "fresh", Moment(0), Moment(10))?;
        Ok(token)
    }

    /// What a code of the client `c` gave: the access token `a`, and a refresh token.
    fn traded(tokens: &mut Tokens) -> String {
        let code = Code { caller: caller("u"), redirect_uri: String::new(), challenge: None };
        tokens.add_code("k".to_owned(), code, Moment(10));
        let code = tokens.use_code("k", "c", Moment(0)).unwrap();
        let token = format!("{}first", "h".repeat(HANDLE));
        tokens.add("a".to_owned(), Arc::clone(&code.caller), Some(Family::from("k")), Moment(10));
        tokens.add_refresh(&token, code.caller, Family::from("k"), Moment(10));
        token
    }

    #[test]
    fn a_code_that_is_used_twice_revokes_what_it_gave() {
        let mut tokens = Tokens::new(10);
        let first = traded(&mut tokens);
        tokens.add("other".to_owned(), caller("u"), None, Moment(10));
        let second = refresh(&mut tokens, &first, "c").unwrap();
        assert_eq!(tokens.use_code("k", "d", Moment(0)).unwrap_err(), Useless::Unknown, "of another client");
        assert!(tokens.spend("a", Moment(0), 300).is_ok());
        assert_eq!(tokens.use_code("k", "c", Moment(0)).unwrap_err(), Useless::UsedTwice(caller("u")));
        assert!(tokens.spend("a", Moment(0), 300).is_err());
        assert_eq!(refresh(&mut tokens, &second, "c").unwrap_err(), Useless::Unknown);
        assert!(tokens.spend("other", Moment(0), 300).is_ok());
    }

    #[test]
    fn a_refresh_token_that_is_used_twice_revokes_what_its_code_gave() {
        let mut tokens = Tokens::new(10);
        let first = traded(&mut tokens);
        assert_eq!(refresh(&mut tokens, &first, "d").unwrap_err(), Useless::Unknown, "of another client");
        let second = refresh(&mut tokens, &first, "c").unwrap();
        assert_ne!(first, second);
        assert_eq!(refresh(&mut tokens, &first, "c").unwrap_err(), Useless::UsedTwice(caller("u")));
        assert!(tokens.spend("a", Moment(0), 300).is_err());
        assert_eq!(refresh(&mut tokens, &second, "c").unwrap_err(), Useless::Unknown);
    }
}
