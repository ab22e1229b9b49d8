//! `cargo xtask sizes`: how large each JavaScript product is, against the budget that the project set itself.

use std::io::Write;
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::{Outcome, test};

/// A file of the package.
struct File {
    /// Its path in the package, with `/` between folders.
    path: String,
    bytes: Vec<u8>,
}

/// A product as it is loaded: one file or several, and the most it may weigh in bytes.
struct Product {
    title: &'static str,
    files: &'static [&'static str],
    raw: Option<usize>,
    gzip: Option<usize>,
}

/// The figures that the project promises. A kilobyte is 1,000 bytes.
const PRODUCTS: &[Product] = &[
    Product {
        title: "whole platform, minified",
        files: &["purecloud-api-min.js"],
        raw: Some(95_000),
        gzip: Some(33_000),
    },
    Product { title: "whole platform, readable", files: &["purecloud-api.js"], raw: None, gzip: None },
    Product { title: "session alone", files: &["partials/purecloudsession.js"], raw: None, gzip: None },
    Product {
        title: "session and UsersApi",
        files: &["partials/purecloudsession.js", "partials/usersapi.js"],
        raw: None,
        gzip: Some(9_500),
    },
    Product {
        title: "session and ConversationsApi (the largest)",
        files: &["partials/purecloudsession.js", "partials/conversationsapi.js"],
        raw: None,
        gzip: None,
    },
];

/// Generates the package from the bundled definition and prints the table.
pub(crate) fn run() -> Outcome {
    test::generate()?;
    let files = read(&test::package())?;
    println!("{:<46}{:>11}{:>11}{:>13}{:>13}", "product", "bytes", "gzip -9", "budget", "gzip budget");
    let mut over = Vec::new();
    for product in PRODUCTS {
        let (mut raw, mut gzip) = (0, 0);
        for name in product.files {
            let file = find(&files, name)?;
            raw += file.bytes.len();
            gzip += compressed(&file.bytes)?;
        }
        let budget = |bytes: Option<usize>| bytes.map_or_else(|| "-".into(), |bytes| bytes.to_string());
        println!(
            "{:<46}{raw:>11}{gzip:>11}{:>13}{:>13}",
            product.title,
            budget(product.raw),
            budget(product.gzip)
        );
        if product.raw.is_some_and(|most| raw > most) || product.gzip.is_some_and(|most| gzip > most) {
            over.push(product.title);
        }
    }
    let copies: Vec<_> = files.iter().filter(|file| file.path.starts_with("dist/")).collect();
    let (mut raw, mut gzip) = (0, 0);
    for file in &copies {
        raw += file.bytes.len();
        gzip += compressed(&file.bytes)?;
    }
    println!(
        "{:<46}{raw:>11}{gzip:>11}   in {} files",
        "copies where older generations had them (dist/)",
        copies.len()
    );
    let declarations = files.iter().filter(|file| file.path.ends_with(".d.ts"));
    let (count, bytes) =
        declarations.fold((0, 0), |(count, bytes), file| (count + 1, bytes + file.bytes.len()));
    println!("{:<46}{bytes:>11}   in {count} files", "type declarations");
    if over.is_empty() { Ok(()) } else { Err(format!("over budget: {}", over.join(", "))) }
}

/// Every file below `folder`.
fn read(folder: &Path) -> Outcome<Vec<File>> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        let failed = |error| format!("{}: {error}", next.display());
        for entry in std::fs::read_dir(&next).map_err(failed)? {
            let path = entry.map_err(failed)?.path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let bytes = std::fs::read(&path).map_err(|error| format!("{}: {error}", path.display()))?;
            let within = path.strip_prefix(folder).unwrap_or(&path);
            files.push(File { path: within.to_string_lossy().replace('\\', "/"), bytes });
        }
    }
    Ok(files)
}

fn find<'a>(files: &'a [File], path: &str) -> Outcome<&'a File> {
    files.iter().find(|file| file.path == path).ok_or_else(|| format!("the package has no file {path}"))
}

fn compressed(bytes: &[u8]) -> Outcome<usize> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder
        .write_all(bytes)
        .and_then(|()| encoder.finish())
        .map(|gz| gz.len())
        .map_err(|error| error.to_string())
}
