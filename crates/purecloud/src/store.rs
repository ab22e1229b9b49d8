//! Storage in which tokens and rate budgets outlive a process, or are shared by several.

mod budget;

use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::environment::Environment;
use crate::error::Cause;
use crate::oauth::Grant;
use crate::secret::Secret;
use crate::transport::Pending;

pub use self::budget::{BudgetChange, BudgetStore, SharedBudget};
#[cfg(feature = "keyring")]
pub use self::keyring::KeyringStore;

/// A token as a store keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct StoredToken {
    /// The token of the `Authorization` header, after `Bearer `.
    pub access_token: Secret,
    /// The token that renews it, if the platform gave one.
    pub refresh_token: Option<Secret>,
    /// The time at which it was given, in milliseconds since 1970.
    pub obtained_at: u64,
    /// The time at which it ends, in milliseconds since 1970; `None` if the platform did not say.
    pub expires_at: Option<u64>,
    /// Its owner.
    pub owner: TokenOwner,
}

/// The owner of a stored token. A session uses the tokens of its own owner; another's counts as absent.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[non_exhaustive]
pub struct TokenOwner {
    /// Origin of the API that it is for, such as `https://api.mypurecloud.ie`.
    pub environment: String,
    /// The OAuth client that it was given to.
    pub client_id: String,
    /// The grant by which the session logged in: `client_credentials`, `authorization_code`, `saml2` or
    /// `refresh_token`.
    pub grant: String,
    /// Whom it acts for, where the program [says so](crate::SessionBuilder::user).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// A digest of what the login was made with, such as the client secret or the code: another secret is another
    /// login. Absent where another runtime stored the token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub login: Option<String>,
}

impl TokenOwner {
    pub(crate) fn new(environment: &Environment, grant: &Grant, user: Option<String>) -> Self {
        Self {
            environment: environment.api().to_owned(),
            client_id: grant.client_id().to_owned(),
            grant: grant.kind().to_owned(),
            user,
            login: Some(grant.login()),
        }
    }

    /// Returns whether a token is this owner's.
    pub(crate) fn has(&self, token: &StoredToken) -> bool {
        let theirs = &token.owner;
        (&self.environment, &self.client_id, &self.grant, &self.user)
            == (&theirs.environment, &theirs.client_id, &theirs.grant, &theirs.user)
            && (theirs.login.is_none() || self.login == theirs.login)
    }
}

#[derive(Serialize, Deserialize)]
struct Written {
    access_token: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    refresh_token: Option<String>,
    #[serde(default)]
    obtained_at: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    expires_at: Option<u64>,
    #[serde(flatten)]
    owner: TokenOwner,
}

impl StoredToken {
    /// The token as JSON, for stores that keep text. It holds the secrets.
    ///
    /// # Errors
    /// None in practice: a token is plain text and numbers.
    pub fn to_json(&self) -> Result<Secret, Cause> {
        let written = Written {
            access_token: self.access_token.expose().to_owned(),
            refresh_token: self.refresh_token.as_ref().map(|token| token.expose().to_owned()),
            obtained_at: self.obtained_at,
            expires_at: self.expires_at,
            owner: self.owner.clone(),
        };
        Ok(Secret::new(serde_json::to_string(&written)?))
    }

    /// Reads what [`Self::to_json`] wrote.
    ///
    /// # Errors
    /// When the text is not a token, or does not say what it belongs to.
    pub fn from_json(text: &str) -> Result<Self, Cause> {
        let written: Written = serde_json::from_str(text)?;
        if written.access_token.is_empty()
            || !written.access_token.bytes().all(|byte| byte.is_ascii_graphic())
        {
            return Err("`access_token` is not a token".into());
        }
        Ok(Self {
            access_token: written.access_token.into(),
            refresh_token: written.refresh_token.map(Secret::new),
            obtained_at: written.obtained_at,
            expires_at: written.expires_at,
            owner: written.owner,
        })
    }

    /// Reads a text that our stores keep; one that is not a token counts as absent, so that it is replaced.
    fn kept(text: &str) -> Option<Self> {
        let read = Self::from_json(text);
        if let Err(error) = &read {
            tracing::warn!(%error, "the value in the token store is not a token");
        }
        read.ok()
    }
}

/// Keeps the token of a session. A store of your own (Redis, a vault) lets a fleet of processes share one token: each
/// looks there before it asks the platform for another. A session uses only what [belongs](TokenOwner) to it, and one
/// that cannot save its token logs a warning and goes on.
pub trait TokenStore: Send + Sync + 'static {
    /// The token kept, if there is one.
    fn load(&self) -> Pending<'_, Result<Option<StoredToken>, Cause>>;
    /// Keeps a token instead of any before it.
    fn save(&self, token: StoredToken) -> Pending<'_, Result<(), Cause>>;
    /// Forgets the token.
    fn clear(&self) -> Pending<'_, Result<(), Cause>>;
}

/// Keeps nothing beyond the session's own memory: the default.
#[derive(Debug, Clone, Copy, Default)]
pub struct MemoryStore;

impl TokenStore for MemoryStore {
    fn load(&self) -> Pending<'_, Result<Option<StoredToken>, Cause>> {
        Box::pin(std::future::ready(Ok(None)))
    }

    fn save(&self, _: StoredToken) -> Pending<'_, Result<(), Cause>> {
        Box::pin(std::future::ready(Ok(())))
    }

    fn clear(&self) -> Pending<'_, Result<(), Cause>> {
        Box::pin(std::future::ready(Ok(())))
    }
}

/// Keeps the token in a file that its owner alone can read (mode 0600 where files have modes).
#[derive(Debug, Clone)]
pub struct FileStore {
    path: PathBuf,
}

impl FileStore {
    /// A store in this file; its folder must exist.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }
}

impl TokenStore for FileStore {
    fn load(&self) -> Pending<'_, Result<Option<StoredToken>, Cause>> {
        let path = self.path.clone();
        off_thread(move || match std::fs::read_to_string(&path) {
            Ok(text) => Ok(StoredToken::kept(&text)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error.into()),
        })
    }

    fn save(&self, token: StoredToken) -> Pending<'_, Result<(), Cause>> {
        let path = self.path.clone();
        off_thread(move || write_private(&path, token.to_json()?.expose()).map_err(Into::into))
    }

    fn clear(&self) -> Pending<'_, Result<(), Cause>> {
        let path = self.path.clone();
        off_thread(move || match std::fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error.into()),
            _ => Ok(()),
        })
    }
}

/// Files and key stores block, and a runtime's threads must not.
fn off_thread<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Cause> + Send + 'static,
) -> Pending<'static, Result<T, Cause>> {
    Box::pin(async move { tokio::task::spawn_blocking(work).await.map_err(Cause::from)? })
}

/// Writes beside the file and moves over it, so that a reader sees the old token or the new one, never half of one.
fn write_private(path: &Path, text: &str) -> io::Result<()> {
    // Sessions and processes save at the same time, in containers with one process id: each has a file of its own.
    let mut random = [0; 8];
    getrandom::fill(&mut random).map_err(|error| io::Error::other(error.to_string()))?;
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{:016x}.new", u64::from_le_bytes(random)));
    let beside = path.with_file_name(name);
    let written = write_new(&beside, text).and_then(|()| std::fs::rename(&beside, path));
    if written.is_err() {
        let _ = std::fs::remove_file(&beside);
    }
    written
}

fn write_new(path: &Path, text: &str) -> io::Result<()> {
    use io::Write as _;
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

#[cfg(feature = "keyring")]
mod keyring {
    use super::{Cause, Pending, StoredToken, TokenStore, off_thread};

    /// Keeps the token in the system's key store: Keychain, Credential Manager, Secret Service. A program that has set
    /// another default store of `keyring-core` gets that one.
    #[derive(Debug, Clone)]
    pub struct KeyringStore {
        service: String,
        user: String,
    }

    impl KeyringStore {
        /// A store under these names, such as that of the program and that of the OAuth client.
        pub fn new(service: impl Into<String>, user: impl Into<String>) -> Self {
            Self { service: service.into(), user: user.into() }
        }

        fn with_entry<T: Send + 'static>(
            &self,
            work: impl FnOnce(&keyring_core::Entry) -> Result<T, Cause> + Send + 'static,
        ) -> Pending<'static, Result<T, Cause>> {
            let (service, user) = (self.service.clone(), self.user.clone());
            off_thread(move || {
                if keyring_core::get_default_store().is_none()
                    && let Err(error) = ::keyring::Entry::store_status()
                {
                    return Err(error.to_string().into());
                }
                work(&keyring_core::Entry::new(&service, &user)?)
            })
        }
    }

    impl TokenStore for KeyringStore {
        fn load(&self) -> Pending<'_, Result<Option<StoredToken>, Cause>> {
            self.with_entry(|entry| match entry.get_password() {
                Ok(text) => Ok(StoredToken::kept(&text)),
                Err(keyring_core::Error::NoEntry) => Ok(None),
                Err(error) => Err(error.into()),
            })
        }

        fn save(&self, token: StoredToken) -> Pending<'_, Result<(), Cause>> {
            self.with_entry(move |entry| Ok(entry.set_password(token.to_json()?.expose())?))
        }

        fn clear(&self) -> Pending<'_, Result<(), Cause>> {
            self.with_entry(|entry| match entry.delete_credential() {
                Ok(()) | Err(keyring_core::Error::NoEntry) => Ok(()),
                Err(error) => Err(error.into()),
            })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token() -> StoredToken {
        StoredToken {
            access_token: "abc".into(),
            refresh_token: Some("def".into()),
            obtained_at: 1,
            expires_at: Some(2),
            owner: TokenOwner { client_id: "id".to_owned(), ..TokenOwner::default() },
        }
    }

    #[tokio::test]
    async fn a_file_gives_back_what_it_was_given_and_only_its_owner_can_read_it() {
        let path = std::env::temp_dir().join(format!("purecloud-store-{}", std::process::id()));
        let store = FileStore::new(&path);
        assert_eq!(store.load().await.unwrap(), None);
        store.save(token()).await.unwrap();
        store.save(token()).await.unwrap();
        assert_eq!(store.load().await.unwrap(), Some(token()));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
        store.clear().await.unwrap();
        store.clear().await.unwrap();
        assert_eq!(store.load().await.unwrap(), None);
    }

    #[tokio::test]
    async fn four_sessions_can_save_at_once() {
        let folder = std::env::temp_dir().join(format!("purecloud-saves-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let store = FileStore::new(folder.join("token"));
        let saves = (0..400).map(|_| store.save(token()));
        for saved in futures_util::future::join_all(saves).await {
            saved.unwrap();
        }
        assert_eq!(store.load().await.unwrap(), Some(token()));
        assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 1, "nothing is left beside the file");
        std::fs::remove_dir_all(folder).unwrap();
    }

    #[tokio::test]
    async fn a_file_that_holds_no_token_counts_as_absent() {
        let path = std::env::temp_dir().join(format!("purecloud-odd-{}", std::process::id()));
        for text in ["", "null", "{\"access_token\":\"abc\",\"obtained_at\":1}"] {
            std::fs::write(&path, text).unwrap();
            assert_eq!(FileStore::new(&path).load().await.unwrap(), None, "{text}");
        }
        std::fs::remove_file(path).unwrap();
    }

    #[cfg(feature = "keyring")]
    #[tokio::test]
    async fn a_key_store_gives_back_what_it_was_given() {
        keyring_core::set_default_store(keyring_core::mock::Store::new().unwrap());
        let store = KeyringStore::new("purecloud-test", "client");
        assert_eq!(store.load().await.unwrap(), None);
        store.save(token()).await.unwrap();
        assert_eq!(store.load().await.unwrap(), Some(token()));
        assert_eq!(KeyringStore::new("purecloud-test", "other").load().await.unwrap(), None);
        store.clear().await.unwrap();
        store.clear().await.unwrap();
        assert_eq!(store.load().await.unwrap(), None);
    }

    #[test]
    fn debug_output_shows_no_token() {
        assert!(!format!("{:?} {:?}", token(), token().to_json()).contains("abc"));
    }
}
