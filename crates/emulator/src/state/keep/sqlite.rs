//! State in a file of `SQLite`.
//!
//! The file is written ahead (WAL) and handed to the system with each transaction, which outlives the process however
//! it ends. It is not forced to the disk each time, which would cost a hundred times as much: when the machine itself
//! loses power, the last transactions may be missing, and the file is whole all the same.

use std::error::Error;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

use purecloud_definition::Platform;
use rusqlite::{Connection, ErrorCode, OptionalExtension as _, Transaction, TransactionBehavior, params};
use sha2::{Digest as _, Sha256};

use super::{Change, KeepError, Kept, Medium, Part, Place, Reader};

/// The file in the directory.
const FILE: &str = "state.sqlite";
/// Tells our files from other databases: `PCem`.
const APPLICATION: i64 = 0x5043_656d;
/// The format that is written here. It counts up when an older version could not read it.
const FORMAT: i64 = 2;
/// What makes a file of format 1 one of format 2: the handle of a refresh token is its key and the rest its secret, and
/// conversations are a part of their own in place of two collections of entities.
const FROM_FORMAT_1: &str = "
    UPDATE entities SET value = json_set(value, '$.secret', substr(id, 33)), id = substr(id, 1, 32)
        WHERE collection IN (SELECT number FROM collections WHERE part = 1 AND path = 'refresh');
    CREATE TEMP TABLE old AS
        SELECT number FROM collections WHERE part = 0 AND path IN ('conversations', 'conversations.ended');
    DELETE FROM entities WHERE value IS NULL AND collection IN (SELECT number FROM old);
    INSERT INTO collections (part, path) SELECT 3, 'conversations' WHERE EXISTS (SELECT * FROM old);
    UPDATE entities SET collection = (SELECT number FROM collections WHERE part = 3)
        WHERE collection IN (SELECT number FROM old);
    DELETE FROM collections WHERE number IN (SELECT number FROM old);
    DROP TABLE old;";
const TABLES: &str = "
    CREATE TABLE about (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
    CREATE TABLE collections (
        number INTEGER PRIMARY KEY, part INTEGER NOT NULL, path TEXT NOT NULL, UNIQUE (part, path)
    ) STRICT;
    CREATE TABLE entities (
        number INTEGER PRIMARY KEY, collection INTEGER NOT NULL, id TEXT NOT NULL, mark INTEGER NOT NULL, value TEXT,
        UNIQUE (collection, id)
    ) STRICT;";

/// A file of state, which nobody else can open meanwhile.
#[derive(Debug)]
pub(crate) struct Sqlite {
    connection: Connection,
    path: PathBuf,
}

impl Sqlite {
    /// Opens the state in a directory, which is made if it is not there.
    ///
    /// # Errors
    /// [`KeepError`], whose variants say what is wrong and what to do.
    pub(crate) fn open(directory: &Path, platform: &Platform) -> Result<Self, KeepError> {
        make(directory).map_err(|source| KeepError::Unusable {
            path: directory.to_owned(),
            doing: "opened",
            source: source.into(),
        })?;
        let path = directory.join(FILE);
        let unusable = |source: std::io::Error| KeepError::Unusable {
            path: path.clone(),
            doing: "opened",
            source: source.into(),
        };
        create_private(&path).map_err(unusable)?;
        let mut connection = Connection::open(&path).map_err(|error| explain(&path, "opened", error))?;
        prepare(&mut connection, &path, platform)?;
        make_private(&path).map_err(unusable)?;
        Ok(Self { connection, path })
    }
}

/// Makes the tables of a new file, and looks whether an old one is good.
fn prepare(connection: &mut Connection, path: &Path, platform: &Platform) -> Result<(), KeepError> {
    let failed = |error| explain(path, "opened", error);
    let owned = || path.to_owned();
    // Another emulator has the file until it ends, so there is nothing to wait for.
    connection.busy_timeout(Duration::ZERO).map_err(failed)?;
    // Without other processes there is no need for memory shared with them.
    connection.pragma_update(None, "locking_mode", "EXCLUSIVE").map_err(failed)?;
    let file = connection.transaction_with_behavior(TransactionBehavior::Exclusive).map_err(failed)?;
    let number = |name| file.pragma_query_value(None, name, |row| row.get::<_, i64>(0)).map_err(failed);
    let tables = "SELECT count(*) FROM sqlite_schema";
    let tables = file.query_row(tables, [], |row| row.get::<_, i64>(0)).map_err(failed)?;
    let (title, print) = definition(platform);
    if tables == 0 {
        file.pragma_update(None, "application_id", APPLICATION).map_err(failed)?;
        file.pragma_update(None, "user_version", FORMAT).map_err(failed)?;
        file.execute_batch(TABLES).map_err(failed)?;
        let add = "INSERT INTO about VALUES (?1, ?2)";
        file.execute(add, ("definition", &title)).map_err(failed)?;
        file.execute(add, ("fingerprint", &print)).map_err(failed)?;
    } else {
        if number("application_id")? != APPLICATION {
            return Err(KeepError::Foreign { path: owned() });
        }
        let mut found = number("user_version")?;
        if found == 1 {
            file.execute_batch(FROM_FORMAT_1).map_err(failed)?;
            file.pragma_update(None, "user_version", FORMAT).map_err(failed)?;
            found = FORMAT;
        }
        if found != FORMAT {
            return Err(KeepError::Format { path: owned(), found, known: FORMAT });
        }
        let check = "PRAGMA quick_check(1)";
        let check = file.query_row(check, [], |row| row.get::<_, String>(0)).map_err(failed)?;
        if check != "ok" {
            return Err(KeepError::Damaged { path: owned(), what: check });
        }
        let about = |name| {
            let ask = "SELECT value FROM about WHERE name = ?1";
            file.query_row(ask, [name], |row| row.get::<_, String>(0)).optional().map_err(failed)
        };
        if about("fingerprint")?.as_ref() != Some(&print) {
            let was = about("definition")?.unwrap_or_default();
            return Err(KeepError::Definition { path: owned(), was, is: title });
        }
    }
    file.commit().map_err(failed)?;
    connection.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(())).map_err(failed)?;
    connection.pragma_update(None, "synchronous", "NORMAL").map_err(failed)
}

impl Medium for Sqlite {
    fn read(&mut self, reader: Reader<'_>) -> Result<bool, KeepError> {
        const COLLECTIONS: &str = "SELECT number, part, path FROM collections ORDER BY number";
        const ENTITIES: &str = "SELECT id, mark, value FROM entities WHERE collection = ?1 ORDER BY number";
        let path = &self.path;
        let failed = |error| explain(path, "read", error);
        let damaged = |what| KeepError::Damaged { path: path.clone(), what };
        let mut collections = self.connection.prepare(COLLECTIONS).map_err(failed)?;
        let mut entities = self.connection.prepare(ENTITIES).map_err(failed)?;
        let mut rows = collections.query([]).map_err(failed)?;
        let mut found = false;
        while let Some(row) = rows.next().map_err(failed)? {
            let number: i64 = row.get(0).map_err(failed)?;
            let part: i64 = row.get(1).map_err(failed)?;
            let collection: String = row.get(2).map_err(failed)?;
            let part = Part::ALL.into_iter().find(|known| part_number(*known) == part);
            let part = part.ok_or_else(|| damaged(format!("{collection} is of no kind that is known")))?;
            let mut read = |kept| {
                reader(part, &collection, kept).map_err(|what| damaged(format!("{collection}: {what}")))
            };
            found = true;
            read(None)?;
            let mut rows = entities.query([number]).map_err(failed)?;
            while let Some(row) = rows.next().map_err(failed)? {
                let id: String = row.get(0).map_err(failed)?;
                let kept = Kept { mark: row.get(1).map_err(failed)?, value: row.get(2).map_err(failed)? };
                read(Some((id, kept)))?;
            }
        }
        Ok(found)
    }

    fn write(&mut self, changes: &[Change]) -> Result<(), KeepError> {
        let path = &self.path;
        let failed = |error| explain(path, "written", error);
        let file = self.connection.transaction().map_err(failed)?;
        for change in changes {
            write(&file, change).map_err(failed)?;
        }
        file.commit().map_err(failed)
    }
}

fn write(file: &Transaction<'_>, change: &Change) -> rusqlite::Result<()> {
    match change {
        Change::Clear(part) => {
            let part = part_number(*part);
            file.execute(
                "DELETE FROM entities WHERE collection IN (SELECT number FROM collections WHERE part = ?1)",
                [part],
            )?;
            file.execute("DELETE FROM collections WHERE part = ?1", [part])?;
        }
        Change::Open(part, path) => {
            let open = "INSERT OR IGNORE INTO collections (part, path) VALUES (?1, ?2)";
            file.prepare_cached(open)?.execute((part_number(*part), path))?;
        }
        Change::Put(Place { part, collection, id }, Kept { mark, value }) => {
            let put = "INSERT INTO entities (collection, id, mark, value)
                SELECT number, ?3, ?4, ?5 FROM collections WHERE part = ?1 AND path = ?2
                ON CONFLICT (collection, id) DO UPDATE SET mark = excluded.mark, value = excluded.value";
            let values = params![part_number(*part), collection, id, mark, value];
            file.prepare_cached(put)?.execute(values)?;
        }
        Change::Remove(Place { part, collection, id }) => {
            let remove = "DELETE FROM entities WHERE id = ?3 AND collection =
                (SELECT number FROM collections WHERE part = ?1 AND path = ?2)";
            file.prepare_cached(remove)?.execute((part_number(*part), collection, id))?;
        }
    }
    Ok(())
}

/// What a part is in the file; never to be changed.
const fn part_number(part: Part) -> i64 {
    match part {
        Part::Entities => 0,
        Part::Tokens => 1,
        Part::Channels => 2,
        Part::Conversations => 3,
    }
}

/// Makes a directory that its owner alone can look into: it holds tokens.
fn make(directory: &Path) -> std::io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(directory)
}

/// Creates a file that its owner alone can read, unless it is there. `SQLite` gives the files that it puts beside it the
/// same rights.
fn create_private(path: &Path) -> std::io::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

/// Takes the rights of everybody but the owner from the files of a state, which an earlier version may have left.
#[cfg(unix)]
fn make_private(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    for end in ["", "-wal", "-shm"] {
        let mut file = path.as_os_str().to_owned();
        file.push(end);
        match fs::metadata(&file) {
            Ok(about) if about.permissions().mode() & 0o077 != 0 => {
                fs::set_permissions(&file, fs::Permissions::from_mode(0o600))?;
            }
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

#[cfg(not(unix))]
fn make_private(_path: &Path) -> std::io::Result<()> {
    Ok(())
}

/// What a definition is called, and the hash of what matters to stored state: its operations.
fn definition(platform: &Platform) -> (String, String) {
    let mut hash = Sha256::new();
    for operation in &platform.operations {
        hash.update(format!("{} {}\n", operation.method.as_str(), operation.path.text));
    }
    let title = format!("{} {}, {} operations", platform.title, platform.version, platform.operations.len());
    (title, format!("{:x}", hash.finalize()))
}

fn explain(path: &Path, doing: &'static str, error: rusqlite::Error) -> KeepError {
    let path = path.to_owned();
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => KeepError::InUse { path },
        Some(ErrorCode::NotADatabase) => KeepError::Foreign { path },
        Some(ErrorCode::DatabaseCorrupt) => KeepError::Damaged { path, what: error.to_string() },
        _ if matches!(error, rusqlite::Error::InvalidColumnType(..)) => {
            KeepError::Damaged { path, what: error.to_string() }
        }
        _ => KeepError::Unusable { path, doing, source: Box::<dyn Error + Send + Sync>::from(error) },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;

    #[test]
    fn a_file_of_format_1_becomes_one_of_this_format() {
        let directory = tempfile::tempdir().unwrap();
        let platform = fixture::routes(&[]);
        drop(Sqlite::open(directory.path(), &platform).unwrap());
        let old = Connection::open(directory.path().join(FILE)).unwrap();
        let handle = "h".repeat(32);
        old.execute_batch(&format!(
            "INSERT INTO collections VALUES
                (1, 0, 'conversations'), (2, 0, 'conversations.ended'), (3, 1, 'refresh'), (4, 0, '/users');
            INSERT INTO entities (collection, id, mark, value) VALUES
                (1, 'over', 0, NULL), (1, 'live', 0, '{{}}'), (2, 'over', 0, '[]'), (4, 'u', 1, '{{}}'),
                (3, '{handle}secret', 0, '{{\"ends\":1}}');
            PRAGMA user_version = 1;"
        ))
        .unwrap();
        drop(old);
        let mut found = Vec::new();
        let mut reader = |part, collection: &str, kept: Option<(String, Kept)>| {
            let kept = kept.map(|(id, kept)| (id, kept.mark, kept.value.unwrap_or_default()));
            found.extend(kept.map(|(id, mark, value)| (part, format!("{collection} {id} {mark} {value}"))));
            Ok(())
        };
        assert!(Sqlite::open(directory.path(), &platform).unwrap().read(&mut reader).unwrap());
        let expected = [
            (Part::Tokens, format!(r#"refresh {handle} 0 {{"ends":1,"secret":"secret"}}"#)),
            (Part::Entities, "/users u 1 {}".to_owned()),
            (Part::Conversations, "conversations live 0 {}".to_owned()),
            (Part::Conversations, "conversations over 0 []".to_owned()),
        ];
        assert_eq!(found, expected);
    }
}
