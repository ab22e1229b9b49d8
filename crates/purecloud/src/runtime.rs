//! The runtime of tasks in the background.

use tokio::runtime::Handle;

use crate::error::Error;

/// The runtime that this is called on; outside of any, that of the feature `blocking`.
///
/// # Errors
/// When there is none.
pub(crate) fn handle() -> Result<Handle, Error> {
    match Handle::try_current() {
        Ok(handle) => Ok(handle),
        #[cfg(feature = "blocking")]
        Err(_) => crate::blocking::handle(),
        #[cfg(not(feature = "blocking"))]
        Err(source) => Err(Error::Setup {
            problem: "there is no Tokio runtime; call this on one, or use the feature `blocking`".to_owned(),
            source: Some(source.into()),
        }),
    }
}
