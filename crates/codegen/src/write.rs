//! Puts the files of a product into a folder. The only part of this crate that touches a disk.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Component, Path, PathBuf};

use crate::File;

/// Lists what was written to a folder, so that the next run can remove what is no longer part of the product.
const LIST: &str = ".purecloud-files";

/// What [`write()`] did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Report {
    /// Files that are new or had other content.
    pub written: usize,
    /// Files that were there already, byte for byte; they are not touched, so no build starts for them.
    pub unchanged: usize,
    /// Files that an earlier run wrote and that are no longer part of the product.
    pub removed: usize,
}

/// Writes `files` into `folder`, which is made if need be, and removes those that an earlier run wrote there and that
/// are not among them. Files of others are left alone.
///
/// # Errors
/// [`ErrorKind::InvalidInput`] for a path that leads out of the folder, before anything is written; otherwise what the
/// system says, with the path.
pub fn write(folder: &Path, files: &[File]) -> io::Result<Report> {
    let targets = files.iter().map(|file| inside(folder, &file.path)).collect::<io::Result<Vec<_>>>()?;
    fs::create_dir_all(folder).map_err(|error| at(folder, &error))?;
    let mut report = Report::default();
    for (file, target) in files.iter().zip(&targets) {
        if put(folder, target, &file.bytes).map_err(|error| at(target, &error))? {
            report.written += 1;
        } else {
            report.unchanged += 1;
        }
    }
    let current: BTreeSet<&str> = files.iter().map(|file| file.path.as_str()).collect();
    let list = folder.join(LIST);
    let earlier = match fs::read_to_string(&list) {
        Err(error) if error.kind() == ErrorKind::NotFound => String::new(),
        text => text.map_err(|error| at(&list, &error))?,
    };
    for path in earlier.lines().filter(|path| !current.contains(path)) {
        // Anyone could have put a line there, so it gets the same look as a file to be written.
        let target = inside(folder, path)?;
        if remove(folder, &target).map_err(|error| at(&target, &error))? {
            report.removed += 1;
        }
    }
    let mut lines = String::new();
    for path in current {
        lines.push_str(path);
        lines.push('\n');
    }
    put(folder, &list, lines.as_bytes()).map_err(|error| at(&list, &error))?;
    Ok(report)
}

/// The place of a file, if its path is a plain one that stays in the folder on every system.
fn inside(folder: &Path, path: &str) -> io::Result<PathBuf> {
    let plain = |part: &str| {
        !part.is_empty()
            && part != "."
            && part != ".."
            && !part.contains(|c: char| c.is_control() || "\\:<>\"|?*".contains(c))
    };
    if path.split('/').all(plain) && path != LIST {
        Ok(folder.join(path))
    } else {
        let message = format!("{path:?} is no path within the folder; the file was not touched");
        Err(io::Error::new(ErrorKind::InvalidInput, message))
    }
}

/// Writes a file unless it has this content; `true` when it did.
fn put(folder: &Path, target: &Path, bytes: &[u8]) -> io::Result<bool> {
    no_links(folder, target)?;
    // A length that differs spares the reading.
    let same_length = fs::metadata(target).is_ok_and(|found| found.len() == bytes.len() as u64);
    if same_length && fs::read(target)? == bytes {
        return Ok(false);
    }
    if let Some(parent) = target.parent() {
        fs::create_dir_all(parent)?;
    }
    fs::write(target, bytes)?;
    Ok(true)
}

/// Removes a file, and the folders that it leaves empty; `true` when it was there.
fn remove(folder: &Path, target: &Path) -> io::Result<bool> {
    no_links(folder, target)?;
    match fs::remove_file(target) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(false),
        done => done?,
    }
    let mut parent = target.parent();
    // Removing fails as soon as there is something else in the folder, which is the end of it.
    while let Some(empty) = parent.filter(|parent| *parent != folder && fs::remove_dir(parent).is_ok()) {
        parent = empty.parent();
    }
    Ok(true)
}

/// A link below the folder may lead anywhere, so nothing is written or removed through one.
fn no_links(folder: &Path, target: &Path) -> io::Result<()> {
    let below = target.strip_prefix(folder).unwrap_or(target);
    let mut place = folder.to_owned();
    for part in below.components() {
        let Component::Normal(part) = part else { continue };
        place.push(part);
        if fs::symlink_metadata(&place).is_ok_and(|found| found.is_symlink()) {
            let message =
                format!("{} is a link, which may lead out of the folder; remove it", place.display());
            return Err(io::Error::new(ErrorKind::InvalidInput, message));
        }
    }
    Ok(())
}

fn at(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("purecloud-write-{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        folder
    }

    fn report(written: usize, unchanged: usize, removed: usize) -> Report {
        Report { written, unchanged, removed }
    }

    #[test]
    fn unchanged_files_stay_and_stale_ones_go_with_their_folders() {
        let folder = folder("stale");
        let first = [File::text("a.js", "1"), File::text("b/c/d.js", "2"), File::text("b/e.js", "3")];
        assert_eq!(write(&folder, &first).unwrap(), report(3, 0, 0));
        assert_eq!(write(&folder, &first).unwrap(), report(0, 3, 0));
        fs::write(folder.join("mine.js"), "not ours").unwrap();
        assert_eq!(write(&folder, &[File::text("b/e.js", "4")]).unwrap(), report(1, 0, 2));
        assert!(
            folder.join("mine.js").exists() && !folder.join("a.js").exists() && !folder.join("b/c").exists()
        );
        assert_eq!(fs::read_to_string(folder.join("b/e.js")).unwrap(), "4");
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn paths_that_lead_out_of_the_folder_are_refused_before_anything_is_written() {
        let folder = folder("climb");
        for path in ["../a", "a/../../b", "/etc/passwd", "", "a//b", "./a", "a\\b", "C:a", "a\nb", LIST] {
            let error = write(&folder, &[File::text("fine", ""), File::text(path, "")]).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidInput, "{path}");
        }
        assert!(!folder.exists());
    }

    #[test]
    fn a_list_that_was_tampered_with_removes_nothing_outside() {
        let folder = folder("tampered");
        write(&folder, &[File::text("a", "")]).unwrap();
        fs::write(folder.join(LIST), "../a\n").unwrap();
        assert_eq!(write(&folder, &[]).unwrap_err().kind(), ErrorKind::InvalidInput);
        fs::remove_dir_all(folder).unwrap();
    }

    #[cfg(unix)]
    #[test]
    fn nothing_is_written_through_a_link() {
        let (folder, elsewhere) = (folder("link"), folder("elsewhere"));
        fs::create_dir_all(&folder).unwrap();
        fs::create_dir_all(&elsewhere).unwrap();
        std::os::unix::fs::symlink(&elsewhere, folder.join("types")).unwrap();
        assert!(write(&folder, &[File::text("types/a", "")]).is_err());
        assert_eq!(fs::read_dir(&elsewhere).unwrap().count(), 0);
        fs::remove_dir_all(folder).unwrap();
        fs::remove_dir_all(elsewhere).unwrap();
    }
}
