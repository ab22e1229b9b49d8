//! Each file in `fixtures/` shows one thing: what becomes of it is a snapshot.

use std::fmt::Write;
use std::path::Path;

use purecloud_definition::{Severity, Source, load};

use crate::describe::describe;

#[cfg(unix)]
#[test]
fn references_to_other_files_stay_below_the_folder_of_the_first() {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("several");
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(folder.join("api/models")).unwrap();
    for file in ["api.yaml", "paths.yaml", "models/user.json"] {
        std::fs::copy(fixtures.join("several").join(file), folder.join("api").join(file)).unwrap();
    }
    std::fs::write(folder.join("secret.yaml"), "type: string").unwrap();
    std::os::unix::fs::symlink("../secret.yaml", folder.join("api/link.yaml")).unwrap();
    let pipe = std::process::Command::new("mkfifo").arg(folder.join("api/pipe.yaml")).status().unwrap();
    assert!(pipe.success());
    let loaded = load(&Source::file(folder.join("api/api.yaml")).unwrap()).unwrap();
    let mut text = describe(&loaded.platform);
    for warning in &loaded.warnings {
        write!(text, "\n{warning}").unwrap();
    }
    insta::assert_snapshot!("several_files", text.replace(&format!("{}/", folder.display()), ""));
}

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
                    let severity = if warning.severity == Severity::Warning { "warning" } else { "omission" };
                    write!(text, "\n{severity} {warning}").unwrap();
                }
                text
            }
            Err(error) => format!("refused\n{error}"),
        };
        insta::assert_snapshot!(name, text);
    }
}
