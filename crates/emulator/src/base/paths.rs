//! Where in the API the things are that the emulator knows by themselves.

pub(crate) const ORGANIZATION: &str = "/api/v2/organizations";
pub(crate) const USERS: &str = "/api/v2/users";
pub(crate) const GROUPS: &str = "/api/v2/groups";
pub(crate) const ROLES: &str = "/api/v2/authorization/roles";
pub(crate) const DIVISIONS: &str = "/api/v2/authorization/divisions";
pub(crate) const QUEUES: &str = "/api/v2/routing/queues";
pub(crate) const PRESENCES: &str = "/api/v2/presence/definitions";
/// Where clients are stored.
pub(crate) const CLIENTS: &str = "/api/v2/oauth/clients";
