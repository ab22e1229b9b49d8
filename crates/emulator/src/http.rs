//! What comes over the wire and goes back: requests, answers, refusals, and who may ask.

pub(crate) mod answer;
pub(crate) mod bodies;
pub(crate) mod guard;
pub(crate) mod hosts;
pub(crate) mod multipart;
pub(crate) mod problem;
pub(crate) mod refusal;
pub(crate) mod request;
