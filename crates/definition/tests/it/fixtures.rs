//! Each file in `fixtures/` shows one thing: what becomes of it is a snapshot.

use std::fmt::Write;
use std::path::Path;

use purecloud_definition::{Source, load};

use crate::describe::describe;

#[test]
fn every_fixture_becomes_what_its_snapshot_says() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let mut paths: Vec<_> =
        folder.read_dir().unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_file()).collect();
    paths.sort();
    assert!(paths.len() > 20);
    for path in paths {
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        // Named by hand, so that no snapshot holds a path of this machine.
        let text = std::fs::read_to_string(&path).unwrap();
        let read = Source::bytes(&*name, text).and_then(|source| load(&source));
        let text = match read {
            Ok(loaded) => {
                let mut text = describe(&loaded.platform);
                for warning in &loaded.warnings {
                    write!(text, "\nwarning {warning}").unwrap();
                }
                text
            }
            Err(error) => format!("refused\n{error}"),
        };
        insta::assert_snapshot!(name, text);
    }
}
