//! Where tokens outlive a process, or are shared by several, and with them their rate budgets.

mod budget;

use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::error::Cause;
use crate::secret::Secret;
use crate::transport::Pending;

pub use self::budget::{BudgetChange, BudgetStore, SharedBudget};
#[cfg(feature = "keyring")]
pub use self::keyring::KeyringStore;

/// A token as a store keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredToken {
    /// What goes into the `Authorization` header after `Bearer `.
    pub access_token: Secret,
    /// What renews it, where the platform gave one.
    pub refresh_token: Option<Secret>,
    /// When it was given, in milliseconds since 1970.
    pub obtained_at: u64,
    /// When it ends, in milliseconds since 1970; `None` when the platform did not say.
    pub expires_at: Option<u64>,
}

#[derive(Serialize, Deserialize)]
struct Written {
    access_token: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    refresh_token: Option<String>,
    obtained_at: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    expires_at: Option<u64>,
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
        };
        Ok(Secret::new(serde_json::to_string(&written)?))
    }

    /// Reads what [`Self::to_json`] wrote.
    ///
    /// # Errors
    /// When the text is no token.
    pub fn from_json(text: &str) -> Result<Self, Cause> {
        let written: Written = serde_json::from_str(text)?;
        Ok(Self {
            access_token: written.access_token.into(),
            refresh_token: written.refresh_token.map(Secret::new),
            obtained_at: written.obtained_at,
            expires_at: written.expires_at,
        })
    }
}

/// Keeps the token of a session. A store of your own (Redis, a vault) lets a fleet of processes share one token: each
/// looks there before it asks the platform for another.
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
            Ok(text) => StoredToken::from_json(&text).map(Some),
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
    use io::Write as _;
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.new", std::process::id()));
    let beside = path.with_file_name(name);
    let _ = std::fs::remove_file(&beside);
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&beside)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    std::fs::rename(&beside, path)
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
                Ok(text) => StoredToken::from_json(&text).map(Some),
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
