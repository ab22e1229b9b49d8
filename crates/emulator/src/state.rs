//! The world as data: entities, conversations, tokens and clients, notification channels, faults, recorded requests; and how
//! it outlives the process.

pub(crate) mod clients;
pub(crate) mod conversation;
pub(crate) mod conversations;
mod expiring;
pub(crate) mod faults;
mod journal;
pub(crate) mod keep;
pub(crate) mod notifications;
mod past;
pub(crate) mod record;
pub(crate) mod registry;
pub(crate) mod store;
pub(crate) mod tokens;
pub(crate) mod traffic;
