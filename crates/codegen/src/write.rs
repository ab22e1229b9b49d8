//! Puts the files of a product into a folder. The only part of this crate that touches a disk.
//!
//! The folder may hold files of its owner, so a file is replaced or removed only when an earlier run wrote it. Which
//! ones these are is in a list in the folder (`.purecloud-files`). The list is written before the files, with the old
//! names and the new: a run that is interrupted leaves nothing behind that the next one does not know.

use std::collections::BTreeSet;
use std::fmt;
use std::fs::{self, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::path::{Component, Path, PathBuf};

use crate::File;

/// Lists what was written to a folder.
const LIST: &str = ".purecloud-files";

/// The path at which the list is written before it replaces the earlier one.
const NEXT_LIST: &str = ".purecloud-files.next";

/// Largest list that is read, in bytes. That of the whole platform has 30 KB.
const MAX_LIST: u64 = 16 << 20;

/// The result of [`write()`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Report {
    /// Files that are new or had other content.
    pub written: usize,
    /// Files that were there already, byte for byte; they are not touched, so no build starts for them.
    pub unchanged: usize,
    /// Files that an earlier run wrote and that are no longer part of the product.
    pub removed: usize,
}

/// The treatment of a file that is in the way and that no earlier run wrote.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Existing {
    /// It stays, and nothing is written.
    #[default]
    Refuse,
    /// It is replaced.
    Overwrite,
}

/// Why nothing, or not everything, was written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WriteError {
    /// A path that leads out of the folder. Nothing was written.
    #[error("{path:?} is not a path within the folder; nothing was written")]
    Outside {
        /// As the product or the list has it.
        path: String,
    },
    /// Files that are in the way and that no earlier run wrote. Nothing was written.
    #[error("{folder} has files that were not generated there: {paths}; choose another folder, or replace them with --force",
        folder = folder.display(), paths = Listed(paths))]
    Occupied {
        /// The folder.
        folder: PathBuf,
        /// The files, relative to the folder.
        paths: Vec<String>,
    },
    /// A link, a folder, a pipe or a device where a file belongs, or a file where a folder belongs. Nothing was
    /// written.
    #[error("{path} is {what}; remove it, or choose another folder", path = path.display())]
    InTheWay {
        /// The place.
        path: PathBuf,
        /// The thing that is there.
        what: &'static str,
    },
    /// The system refused.
    #[error("{path}: {source}", path = path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
}

/// The first few of some paths.
struct Listed<'p>(&'p [String]);

impl fmt::Display for Listed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const SHOWN: usize = 10;
        for (index, path) in self.0.iter().take(SHOWN).enumerate() {
            write!(f, "{}{path}", if index == 0 { "" } else { ", " })?;
        }
        let more = self.0.len().saturating_sub(SHOWN);
        if more > 0 { write!(f, " and {more} more") } else { Ok(()) }
    }
}

/// Writes `files` into `folder`, which is made if need be, and removes those that an earlier run wrote there and that
/// are not among them. Files of others are left alone, unless `existing` says otherwise of those in the way.
///
/// # Errors
/// [`WriteError::Io`] is the only one after something may have been written; the next run then finishes the work.
pub fn write(folder: &Path, files: &[File], existing: Existing) -> Result<Report, WriteError> {
    let list = folder.join(LIST);
    let earlier = earlier(folder, &list)?;
    let current: BTreeSet<&str> = files.iter().map(|file| file.path.as_str()).collect();
    let stale: Vec<&str> =
        earlier.iter().map(String::as_str).filter(|path| !current.contains(path)).collect();

    // Everything is looked at before anything is written. Anyone could have put a line into the list, so what it names
    // gets the same look as a file to be written.
    let mut pending = Vec::with_capacity(files.len());
    let mut occupied = Vec::new();
    let mut report = Report::default();
    for file in files {
        let target = inside(folder, &file.path)?;
        match found(folder, &target, &file.bytes)? {
            Found::Same => report.unchanged += 1,
            Found::Nothing => pending.push((target, file)),
            Found::Other => {
                if existing == Existing::Refuse && !earlier.contains(&file.path) {
                    occupied.push(file.path.clone());
                }
                pending.push((target, file));
            }
        }
    }
    let mut leaving = Vec::with_capacity(stale.len());
    for path in stale {
        let target = inside(folder, path)?;
        clear_way(folder, &target)?;
        leaving.push(target);
    }
    if !occupied.is_empty() {
        return Err(WriteError::Occupied { folder: folder.to_owned(), paths: occupied });
    }

    fs::create_dir_all(folder).map_err(at(folder))?;
    let both: BTreeSet<&str> = earlier.iter().map(String::as_str).chain(current.iter().copied()).collect();
    keep_list(folder, &earlier, &both)?;
    for target in leaving {
        if remove(folder, &target).map_err(at(&target))? {
            report.removed += 1;
        }
    }
    for (target, file) in pending {
        replace(&target, &file.bytes).map_err(at(&target))?;
        report.written += 1;
    }
    keep_list(folder, &both, &current)?;
    Ok(report)
}

/// The files that the list of an earlier run names.
fn earlier(folder: &Path, list: &Path) -> Result<BTreeSet<String>, WriteError> {
    clear_way(folder, list)?;
    match fs::metadata(list) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(BTreeSet::new()),
        Err(error) => return Err(at(list)(error)),
        Ok(found) if found.len() > MAX_LIST => {
            return Err(WriteError::InTheWay {
                path: list.to_owned(),
                what: "larger than any list of files",
            });
        }
        Ok(_) => {}
    }
    let text = fs::read_to_string(list).map_err(at(list))?;
    Ok(text.lines().map(str::to_owned).collect())
}

/// Writes the list `paths` in place of the list `before`. There is one or the other at every moment.
fn keep_list<P>(folder: &Path, before: &BTreeSet<P>, paths: &BTreeSet<&str>) -> Result<(), WriteError>
where
    P: AsRef<str> + Ord,
{
    let list = folder.join(LIST);
    if list.exists() && before.iter().map(AsRef::as_ref).eq(paths.iter().copied()) {
        return Ok(());
    }
    let next = folder.join(NEXT_LIST);
    clear_way(folder, &next)?;
    let text: String = paths.iter().flat_map(|path| [path, "\n"]).collect();
    replace(&next, text.as_bytes()).map_err(at(&next))?;
    fs::rename(&next, &list).map_err(at(&list))
}

/// The place of a file, if its path is a plain one that stays in the folder on every system.
fn inside(folder: &Path, path: &str) -> Result<PathBuf, WriteError> {
    let plain = |part: &str| {
        !part.is_empty()
            && part != "."
            && part != ".."
            && !part.contains(|c: char| c.is_control() || "\\:<>\"|?*".contains(c))
    };
    if path.split('/').all(plain) && ![LIST, NEXT_LIST].contains(&path) {
        Ok(folder.join(path))
    } else {
        Err(WriteError::Outside { path: path.to_owned() })
    }
}

/// The thing found at the path of a file.
enum Found {
    Nothing,
    /// The file, byte for byte.
    Same,
    /// A file with other content.
    Other,
}

fn found(folder: &Path, target: &Path, bytes: &[u8]) -> Result<Found, WriteError> {
    clear_way(folder, target)?;
    match fs::metadata(target) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(Found::Nothing),
        Err(error) => Err(at(target)(error)),
        // A length that differs spares the reading.
        Ok(found) if found.len() != bytes.len() as u64 => Ok(Found::Other),
        Ok(_) if fs::read(target).map_err(at(target))? == bytes => Ok(Found::Same),
        Ok(_) => Ok(Found::Other),
    }
}

/// Refuses whatever stands where `target` or one of its folders belongs and is not a plain file or folder: a link may
/// lead anywhere, and reading a pipe waits for ever.
fn clear_way(folder: &Path, target: &Path) -> Result<(), WriteError> {
    let below = target.strip_prefix(folder).unwrap_or(target);
    let mut place = folder.to_owned();
    for part in below.components() {
        let Component::Normal(part) = part else { continue };
        place.push(part);
        let found = match fs::symlink_metadata(&place) {
            // What is behind it is not there either.
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
            found => found.map_err(at(&place))?.file_type(),
        };
        let what = match (place == target, found.is_file(), found.is_dir()) {
            (true, true, _) | (false, _, true) => continue,
            _ if found.is_symlink() => "a link, which may lead out of the folder",
            (true, _, true) => "a folder where a file belongs",
            (false, true, _) => "a file where a folder belongs",
            _ => "neither a file nor a folder",
        };
        return Err(WriteError::InTheWay { path: place, what });
    }
    Ok(())
}

/// Writes a file in place of the one that may be there. That one is removed rather than written to, since it may have
/// other names in other folders (hard links).
fn replace(target: &Path, bytes: &[u8]) -> io::Result<()> {
    match fs::remove_file(target) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    if let Some(parent) = target.parent() {
        fs::create_dir_all(parent)?;
    }
    OpenOptions::new().write(true).create_new(true).open(target)?.write_all(bytes)
}

/// Removes a file, and the folders that it leaves empty; `true` when it was there.
fn remove(folder: &Path, target: &Path) -> io::Result<bool> {
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

fn at(path: &Path) -> impl FnOnce(io::Error) -> WriteError {
    let path = path.to_owned();
    |source| WriteError::Io { path, source }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A folder of its own for one test.
    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Self {
            let folder = std::env::temp_dir().join(format!("purecloud-write-{}-{name}", std::process::id()));
            let _ = fs::remove_dir_all(&folder);
            Self(folder)
        }

        /// With `path` of the owner in it.
        fn with(self, path: &str, content: &str) -> Self {
            let target = self.0.join(path);
            fs::create_dir_all(target.parent().unwrap()).unwrap();
            fs::write(target, content).unwrap();
            self
        }

        fn write(&self, files: &[File]) -> Result<Report, WriteError> {
            write(&self.0, files, Existing::Refuse)
        }

        fn read(&self, path: &str) -> Option<String> {
            fs::read_to_string(self.0.join(path)).ok()
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    fn report(written: usize, unchanged: usize, removed: usize) -> Report {
        Report { written, unchanged, removed }
    }

    #[test]
    fn unchanged_files_stay_and_stale_ones_go_with_their_folders() {
        let folder = Folder::new("stale");
        let first = [File::text("a.js", "1"), File::text("b/c/d.js", "2"), File::text("b/e.js", "3")];
        assert_eq!(folder.write(&first).unwrap(), report(3, 0, 0));
        assert_eq!(folder.write(&first).unwrap(), report(0, 3, 0));
        fs::write(folder.0.join("mine.js"), "not ours").unwrap();
        assert_eq!(folder.write(&[File::text("b/e.js", "4")]).unwrap(), report(1, 0, 2));
        assert!(folder.0.join("mine.js").exists() && folder.read("a.js").is_none());
        assert!(!folder.0.join("b/c").exists());
        assert_eq!(folder.read("b/e.js").unwrap(), "4");
    }

    #[test]
    fn a_file_of_the_owner_is_refused_by_name_before_anything_is_written() {
        let folder = Folder::new("owner").with("package.json", "mine").with("cjs/routingapi.js", "mine");
        let files =
            [File::text("a.js", "1"), File::text("package.json", "2"), File::text("cjs/routingapi.js", "3")];
        let error = folder.write(&files).unwrap_err().to_string();
        assert!(error.contains("package.json, cjs/routingapi.js"), "{error}");
        assert!(folder.read("a.js").is_none() && folder.read(LIST).is_none());
        assert_eq!(folder.read("package.json").unwrap(), "mine");

        assert_eq!(write(&folder.0, &files, Existing::Overwrite).unwrap(), report(3, 0, 0));
        assert_eq!(folder.write(&files).unwrap(), report(0, 3, 0));
    }

    #[test]
    fn a_file_that_is_the_same_byte_for_byte_is_in_nobodys_way() {
        let folder = Folder::new("same").with("a.js", "1");
        assert_eq!(folder.write(&[File::text("a.js", "1")]).unwrap(), report(0, 1, 0));
        assert_eq!(folder.write(&[File::text("a.js", "2")]).unwrap(), report(1, 0, 0));
    }

    #[test]
    fn what_an_interrupted_run_wrote_is_known_to_the_next() {
        let folder = Folder::new("interrupted");
        folder.write(&[File::text("old.js", "1")]).unwrap();
        // A long name cannot be written, so the run ends behind the first file.
        let long = "x".repeat(300);
        let files = [File::text("new.js", "2"), File::text(long, "3")];
        assert!(matches!(folder.write(&files), Err(WriteError::Io { .. })));
        assert_eq!(folder.write(&[File::text("last.js", "4")]).unwrap().written, 1);
        assert!(folder.read("new.js").is_none() && folder.read("old.js").is_none());
        assert_eq!(folder.read(LIST).unwrap(), "last.js\n");
    }

    #[test]
    fn paths_that_lead_out_of_the_folder_are_refused_before_anything_is_written() {
        let folder = Folder::new("climb");
        let paths =
            ["../a", "a/../../b", "/etc/passwd", "", "a//b", "./a", "a\\b", "C:a", "a\nb", LIST, NEXT_LIST];
        for path in paths {
            let error = folder.write(&[File::text("fine", ""), File::text(path, "")]).unwrap_err();
            assert!(matches!(error, WriteError::Outside { .. }), "{path}");
        }
        assert!(!folder.0.exists());
    }

    #[test]
    fn a_list_that_was_tampered_with_removes_nothing_outside() {
        let folder = Folder::new("tampered");
        folder.write(&[File::text("a", "")]).unwrap();
        fs::write(folder.0.join(LIST), "../a\n").unwrap();
        assert!(matches!(folder.write(&[]), Err(WriteError::Outside { .. })));
    }

    #[test]
    fn a_folder_in_the_way_of_a_file_and_the_reverse_are_refused() {
        let folder = Folder::new("kinds").with("a/b", "mine").with("c", "mine");
        for path in ["a", "c/d"] {
            let error = folder.write(&[File::text("fine", ""), File::text(path, "")]).unwrap_err();
            assert!(matches!(error, WriteError::InTheWay { .. }), "{path}");
        }
        assert!(folder.read("fine").is_none());
    }

    #[cfg(unix)]
    #[test]
    fn nothing_is_written_through_a_link() {
        let (folder, elsewhere) = (Folder::new("link"), Folder::new("elsewhere"));
        fs::create_dir_all(&folder.0).unwrap();
        fs::create_dir_all(&elsewhere.0).unwrap();
        std::os::unix::fs::symlink(&elsewhere.0, folder.0.join("types")).unwrap();
        assert!(folder.write(&[File::text("types/a", "")]).is_err());
        assert_eq!(fs::read_dir(&elsewhere.0).unwrap().count(), 0);
    }

    #[test]
    fn the_other_names_of_a_file_keep_their_content() {
        let folder = Folder::new("hard").with("elsewhere.txt", "1");
        folder.write(&[File::text("a.js", "0")]).unwrap();
        for path in ["a.js", LIST] {
            fs::remove_file(folder.0.join(path)).unwrap();
            fs::hard_link(folder.0.join("elsewhere.txt"), folder.0.join(path)).unwrap();
        }
        write(&folder.0, &[File::text("a.js", "2")], Existing::Overwrite).unwrap();
        assert_eq!(folder.read("elsewhere.txt").unwrap(), "1");
        assert_eq!(folder.read("a.js").unwrap(), "2");
    }

    #[cfg(unix)]
    #[test]
    fn a_pipe_in_the_way_is_refused_and_not_waited_for() {
        for path in ["a.js", LIST, NEXT_LIST] {
            let folder = Folder::new("pipe").with("mine", "");
            let made = std::process::Command::new("mkfifo").arg(folder.0.join(path)).status().unwrap();
            assert!(made.success());
            let error = write(&folder.0, &[File::text("a.js", "1")], Existing::Overwrite).unwrap_err();
            assert!(matches!(error, WriteError::InTheWay { .. }), "{path}: {error}");
        }
    }
}
