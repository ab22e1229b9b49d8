//! The JavaScript package: one table of operations for each API class, one runtime, and every way of loading them.
//!
//! | path | what |
//! | --- | --- |
//! | `purecloud-api.js`, `purecloud-api-min.js` and its map | everything in one file, for pages, AMD and CommonJS |
//! | `partials/purecloudsession.js`, `partials/usersapi.js`, … | the parts that a page uses, as globals |
//! | `dist/` | copies of these, where the first two generations had them |
//! | `esm/` | ES modules, one per API |
//! | `cjs/` | CommonJS modules, one per API, loaded when they are first asked for |
//! | `cjs/v2.js`, `esm/v2.mjs`, `purecloud-platform-client-v2.min.js` | the face of the third generation |
//! | `types/` | declarations, see [`declarations`] |
//! | `package.json`, `bower.json`, `README.md`, `LICENSE` | what npm and Bower want |

mod cdn;
pub mod declarations;
mod face_v2;
#[cfg(fuzzing)]
#[doc(hidden)]
pub mod fuzzing;
mod layout;
mod manifest;
mod minify;
mod modules;
pub mod plan;
mod runtime;
mod scope;
mod script;
mod source;
pub mod table;

use purecloud_definition::model::Platform;

pub use cdn::cdn;
pub use plan::Plan;

use self::face_v2::{Face, Types};
use self::runtime::Runtime;
use self::script::Table;
use crate::{CodegenError, File};

const README: &str = include_str!("javascript/README.md");
const LICENSE: &str = include_str!("../../../LICENSE");

/// The options of a package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// Version of the package. Letters, digits, `.`, `-` and `+`. Default: that of this crate.
    pub version: String,
    /// The classes to put in, such as `UsersApi`, in any letter case; all of them when there is none. Default: none.
    pub apis: Vec<String>,
}

impl Default for Options {
    fn default() -> Self {
        Self { version: env!("CARGO_PKG_VERSION").to_owned(), apis: Vec::new() }
    }
}

impl Options {
    /// The version, which is safe to write anywhere.
    fn checked_version(&self) -> Result<&str, CodegenError> {
        let version = self.version.as_str();
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-+".contains(&byte);
        if version.is_empty() || !version.bytes().all(is_plain) || version.contains("..") {
            return Err(CodegenError::Version { version: version.to_owned() });
        }
        Ok(version)
    }
}

/// All files of the package, ordered by path. The same platform and options give the same bytes.
///
/// # Errors
/// [`CodegenError`] when the platform has something that the package cannot offer, or an option makes no sense.
pub fn package(platform: &Platform, options: &Options) -> Result<Vec<File>, CodegenError> {
    let version = options.checked_version()?;
    let plan = Plan::new(platform)?.only(&options.apis)?;
    let runtime = Runtime::new(version, has_forms(platform))?;
    let table = |class| Ok(Table { class, text: table::encode(platform, class)? });
    let tables = plan.classes.iter().map(table).collect::<Result<Vec<_>, CodegenError>>()?;
    let mut files =
        vec![File::text("README.md", README.replace("{version}", version)), File::text("LICENSE", LICENSE)];
    files.extend(script::bundle(version, &runtime, &tables)?);
    files.extend(script::partials(version, &runtime, &tables)?);
    files.extend(layout::dist(&files));
    files.extend(modules::esm(version, &runtime, &tables)?);
    files.extend(modules::cjs(version, &runtime, &tables)?);
    files.extend(face_v2::modules(version, &runtime, &Face::new(platform, &plan)?)?);
    files.extend(manifest::manifests(version, &plan));
    files.extend(declarations::emit(platform, &plan));
    files.extend(Types::new(platform, &plan).files("types"));
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(files)
}

/// Returns whether an operation sends a form.
fn has_forms(platform: &Platform) -> bool {
    platform.operations.iter().any(|operation| operation.form.is_some())
}

/// All files of a package that takes the place of `purecloud-platform-client-v2`, in its layout, ordered by path.
///
/// # Errors
/// As those of [`package`].
pub fn package_v2(platform: &Platform, options: &Options) -> Result<Vec<File>, CodegenError> {
    let version = options.checked_version()?;
    let plan = Plan::new(platform)?.only(&options.apis)?;
    let runtime = Runtime::new(version, has_forms(platform))?;
    let mut files = face_v2::package(version, &runtime, &Face::new(platform, &plan)?)?;
    files.extend(Types::new(platform, &plan).files("types"));
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(files)
}
