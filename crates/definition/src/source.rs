//! The sources of a definition's text: a file, an address, or the caller.

#[cfg(feature = "fetch")]
mod fetch;

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crate::error::DefinitionError;

#[cfg(feature = "fetch")]
pub use fetch::TIME_LIMIT;

/// Largest text of a definition in bytes, 64 MiB. The platform's own is 25 MB with all its descriptions.
pub const MAX_BYTES: usize = 64 << 20;

/// The text of a definition and what messages call it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    name: String,
    text: String,
    /// Its folder and what it is called there, if it is a file.
    place: Option<(PathBuf, String)>,
}

impl Source {
    /// `bytes`, which messages call `name`.
    ///
    /// # Errors
    /// [`DefinitionError::TooLarge`] beyond [`MAX_BYTES`], [`DefinitionError::Syntax`] if it is not UTF-8.
    pub fn bytes(name: impl Into<String>, bytes: impl Into<Vec<u8>>) -> Result<Self, DefinitionError> {
        let (name, bytes) = (name.into(), bytes.into());
        if bytes.len() > MAX_BYTES {
            return Err(DefinitionError::TooLarge { document: name, limit: MAX_BYTES });
        }
        match String::from_utf8(bytes) {
            Ok(text) => Ok(Self { name, text, place: None }),
            Err(error) => {
                let valid = &error.as_bytes()[..error.utf8_error().valid_up_to()];
                let line_start = valid.iter().rposition(|&byte| byte == b'\n').map_or(0, |index| index + 1);
                Err(DefinitionError::Syntax {
                    document: name,
                    line: valid.split(|&byte| byte == b'\n').count(),
                    column: valid.len() - line_start + 1,
                    message: "not UTF-8; save the definition in that encoding".to_owned(),
                })
            }
        }
    }

    /// The file at `path`. References to other files below its folder are followed.
    ///
    /// # Errors
    /// [`DefinitionError::Unreadable`], and those of [`Source::bytes`].
    pub fn file(path: impl AsRef<Path>) -> Result<Self, DefinitionError> {
        let path = path.as_ref();
        let name = path.display().to_string();
        let unreadable = |source| DefinitionError::Unreadable { document: name.clone(), source };
        let bytes = File::open(path).and_then(read_bounded).map_err(unreadable)?;
        let mut source = Self::bytes(name, bytes)?;
        let file_name = path.file_name().and_then(|name| name.to_str());
        let folder =
            path.parent().map(|folder| if folder.as_os_str().is_empty() { Path::new(".") } else { folder });
        source.place = folder.zip(file_name).map(|(folder, name)| (folder.to_owned(), name.to_owned()));
        Ok(source)
    }

    /// The definition at the address `url`: https, or http on this machine.
    ///
    /// At most [`MAX_BYTES`], within [`TIME_LIMIT`].
    ///
    /// # Errors
    /// [`DefinitionError::Unfetched`], and those of [`Source::bytes`].
    #[cfg(feature = "fetch")]
    pub fn url(url: &str) -> Result<Self, DefinitionError> {
        fetch::fetch(url)
    }

    /// The file or the address `place`.
    ///
    /// # Errors
    /// Those of [`Source::file`], and of `Source::url` with the feature `fetch`.
    pub fn read(place: &str) -> Result<Self, DefinitionError> {
        #[cfg(feature = "fetch")]
        if place.starts_with("https://") || place.starts_with("http://") {
            return Self::url(place);
        }
        Self::file(place)
    }

    /// Its name in messages.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its folder and what it is called there, if it is a file.
    pub(crate) fn place(&self) -> Option<(&Path, &str)> {
        self.place.as_ref().map(|(folder, name)| (folder.as_path(), name.as_str()))
    }

    /// The text.
    pub fn text(&self) -> &str {
        &self.text
    }
}

/// Reads no more than one byte beyond what is allowed, which is enough to tell.
fn read_bounded(reader: impl Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    reader.take(MAX_BYTES as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}
