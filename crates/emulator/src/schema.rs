//! What follows from the definition alone: which operation a path is, whether a value fits its model, values that are made
//! up, pages of listings, and which paths are collections.

pub(crate) mod check;
pub(crate) mod listing;
pub(crate) mod plan;
pub(crate) mod project;
pub(crate) mod router;
pub(crate) mod synthesise;
