//! A program in a terminal: a person logs in with a browser, and the program waits for the way back.
//!
//! ```sh
//! PURECLOUD_CLIENT_ID=… cargo run -p purecloud --example pkce --features users
//! ```
//!
//! The OAuth client allows the code grant with PKCE and `http://127.0.0.1:8081/callback` as its redirect address;
//! `PURECLOUD_REDIRECT_PORT` chooses another port, and 0 any that is free.

use std::error::Error;
use std::time::Duration;

use purecloud::apis::users::UsersApi;
use purecloud::login::{BrowserLogin, RedirectListener};
use purecloud::{Environment, Session};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let name = std::env::var("PURECLOUD_ENVIRONMENT").unwrap_or_else(|_| "mypurecloud.com".to_owned());
    let port = std::env::var("PURECLOUD_REDIRECT_PORT").unwrap_or_else(|_| "8081".to_owned()).parse()?;

    let listener = RedirectListener::bind(port).await?;
    let client = std::env::var("PURECLOUD_CLIENT_ID")?;
    let login = BrowserLogin::pkce(&Environment::parse(&name)?, client, listener.redirect_uri())?;
    println!("Open {}", login.address());
    let login = tokio::time::timeout(Duration::from_secs(300), listener.wait(&login)).await??;

    let session = Session::builder().environment(name).login(login).connect().await?;
    let me = UsersApi::new(&session).get_users_me().await?;
    println!("Hello, {}", me.name.unwrap_or_default());
    session.close().await?;
    Ok(())
}
