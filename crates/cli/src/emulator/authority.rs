//! The files of `--tls-ca`: an authority that is made once, so that it need be trusted only once.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use purecloud_emulator::Authority;

use crate::failure::Failure;

/// The authority whose certificate is in `path` and whose key lies beside it; made for `names`, where neither file is
/// there.
pub(super) fn read_or_make(path: &Path, names: impl Iterator<Item = String>) -> Result<Authority, Failure> {
    let key = key_beside(path);
    match (read(path)?, read(&key)?) {
        (Some(certificate), Some(key)) => Authority::read(&certificate, &key)
            .map_err(|source| Failure::Authority { path: path.to_owned(), source }),
        (Some(_), None) => Err(Failure::Half { missing: key, present: path.to_owned() }),
        (None, Some(_)) => Err(Failure::Half { missing: path.to_owned(), present: key }),
        (None, None) => {
            let made = Authority::generate(names)
                .map_err(|source| Failure::Authority { path: path.to_owned(), source })?;
            write(&key, &made.key_pem(), Readers::Owner)?;
            write(path, made.certificate_pem(), Readers::All)?;
            Ok(made)
        }
    }
}

/// The path of a certificate's key: `ca-key.pem` for `ca.pem`.
fn key_beside(path: &Path) -> PathBuf {
    let mut name = path.file_stem().unwrap_or_default().to_owned();
    name.push("-key");
    if let Some(extension) = path.extension() {
        name.push(".");
        name.push(extension);
    }
    path.with_file_name(name)
}

fn read(path: &Path) -> Result<Option<String>, Failure> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(Failure::File { path: path.to_owned(), source }),
    }
}

/// The readers of a file.
#[derive(Debug, Clone, Copy)]
enum Readers {
    All,
    Owner,
}

fn write(path: &Path, text: &str, readers: Readers) -> Result<(), Failure> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    if matches!(readers, Readers::Owner) {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    // Elsewhere the folder says who may read what is in it.
    #[cfg(not(unix))]
    let _ = readers;
    let written = options.open(path).and_then(|mut file| file.write_all(text.as_bytes()));
    written.map_err(|source| Failure::File { path: path.to_owned(), source })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_made_is_read_again_and_half_of_it_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ca.pem");
        let names = || std::iter::once("mypurecloud.com".to_owned());
        let made = read_or_make(&path, names()).unwrap();
        let again = read_or_make(&path, names()).unwrap();
        assert_eq!(made.certificate_pem(), again.certificate_pem());
        assert_eq!(made.key_pem(), again.key_pem());
        let key = folder.path().join("ca-key.pem");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(fs::metadata(&key).unwrap().permissions().mode() & 0o077, 0, "a secret");
        }
        fs::remove_file(&key).unwrap();
        let error = read_or_make(&path, names()).unwrap_err().to_string();
        assert!(error.contains("ca-key.pem is missing"), "{error}");
        fs::write(&key, "nothing").unwrap();
        let error = read_or_make(&path, names()).unwrap_err().to_string();
        assert!(error.contains("ca.pem: the authority's key cannot be read"), "{error}");
        assert!(!error.contains("nothing"));
    }

    #[test]
    fn the_key_lies_beside_the_certificate() {
        assert_eq!(key_beside(Path::new("a/rootCA.pem")), Path::new("a/rootCA-key.pem"));
        assert_eq!(key_beside(Path::new("ca")), Path::new("ca-key"));
    }
}
