//! The folder `dist/`, where the first two generations had their files: script tags and `main` fields that name them go
//! on working when the package under them changes.

use crate::File;

/// The module at the path that the first generations had for Node.
const NODE: &str =
    "// Where the first generations had what Node loads.\nmodule.exports = require(\"../cjs/node.js\");\n";

/// Copies of the script-tag products among `package`, and what Node loads.
pub(crate) fn dist(package: &[File]) -> Vec<File> {
    let mut files = vec![File::text("dist/purecloud-api-node.js", NODE)];
    for File { path, bytes } in package {
        match path.as_str() {
            // Its map stays where it is.
            "purecloud-api-min.js" => {
                let text = String::from_utf8_lossy(bytes)
                    .replace("\n//# sourceMappingURL=", "\n//# sourceMappingURL=../");
                // The second generation wrote the name with a dot.
                files.push(File::text("dist/purecloud-api.min.js", text.clone()));
                files.push(File::text("dist/purecloud-api-min.js", text));
            }
            path if path == "purecloud-api.js" || path.starts_with("partials/") => {
                files.push(File { path: format!("dist/{path}"), bytes: bytes.clone() });
            }
            _ => {}
        }
    }
    files
}
