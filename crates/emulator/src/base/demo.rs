//! Identifiers and secrets of the seeded clients and the person who can sign in. They are published here on
//! purpose: they open nothing but an emulator.

/// Client for programs without a person: client credentials and SAML2 bearer. It has [`SECRET`] and acts as
/// [`USER`] where an operation needs somebody.
pub const CREDENTIALS_CLIENT: &str = "11111111-aaaa-4aaa-8aaa-111111111111";
/// Client for pages: implicit grant, and authorization code with PKCE; it has no secret. Its redirect
/// addresses are all those on this machine.
pub const BROWSER_CLIENT: &str = "22222222-bbbb-4bbb-8bbb-222222222222";
/// Client for servers: authorization code with [`SECRET`], PKCE where it is used, and refresh tokens. Its
/// redirect addresses are all those on this machine.
pub const CODE_CLIENT: &str = "33333333-cccc-4ccc-8ccc-333333333333";
/// The secret of the clients that have one.
pub const SECRET: &str = "demo-secret-not-secret";
/// Who signs in: the e-mail address of the first seeded user.
pub const USER: &str = "ada.lovelace@example.com";
/// What [`USER`] is called.
pub const USER_NAME: &str = "Ada Lovelace";
/// The password of every seeded user.
pub const PASSWORD: &str = "purecloud";
/// The name of the seeded organisation, which the SAML2 bearer grant asks for.
pub const ORGANIZATION: &str = "Analytical Engines";
/// The assertion that the SAML2 bearer grant accepts, for [`USER`].
pub const ASSERTION: &str = "demo-saml2-assertion";
