//! Programs that the tests need, installed from the system's packages where possible.

use crate::Outcome;
use crate::process::{answers, command, execute};

/// Installs a package of Debian and its relatives.
///
/// # Errors
/// `remedy`, where there is no `apt-get` or no right to use it.
pub(crate) fn install_package(package: &str, remedy: &str) -> Outcome {
    if !answers("apt-get", &["--version"]) {
        return Err(remedy.into());
    }
    let elevate: &[&str] = if answers("sh", &["-c", "test \"$(id -u)\" = 0"]) {
        &[]
    } else if answers("sudo", &["-n", "true"]) {
        &["sudo", "-n"]
    } else {
        return Err(remedy.into());
    };
    for arguments in [&["update", "-qq"][..], &["install", "-y", "-qq", "--no-install-recommends", package]] {
        let words: Vec<&str> =
            elevate.iter().copied().chain(["apt-get"]).chain(arguments.iter().copied()).collect();
        execute(command(words[0], &words[1..]).env("DEBIAN_FRONTEND", "noninteractive"))
            .map_err(|failure| format!("{failure}; {remedy}"))?;
    }
    Ok(())
}
