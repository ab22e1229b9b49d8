//! A program without a person: logs in as an OAuth client and lists the organisation's roles.
//!
//! ```sh
//! PURECLOUD_CLIENT_ID=… PURECLOUD_CLIENT_SECRET=… \
//!     cargo run -p purecloud --example client_credentials --features authorization
//! ```
//!
//! `PURECLOUD_ENVIRONMENT` chooses a region, such as `mypurecloud.ie`, or an emulator.

use std::error::Error;

use purecloud::Session;
use purecloud::apis::authorization::AuthorizationApi;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let environment = std::env::var("PURECLOUD_ENVIRONMENT").unwrap_or_else(|_| "mypurecloud.com".to_owned());
    let session = Session::builder()
        .environment(environment)
        .client_credentials(std::env::var("PURECLOUD_CLIENT_ID")?, std::env::var("PURECLOUD_CLIENT_SECRET")?)
        .connect()
        .await?;
    let mut roles = AuthorizationApi::new(&session).get_authorization_roles().page_size(100).stream();
    while let Some(role) = roles.next().await? {
        println!("{}: {}", role.name.unwrap_or_default(), role.description.unwrap_or_default());
    }
    session.close().await?;
    Ok(())
}
