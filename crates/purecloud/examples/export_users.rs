//! Exports all users to a CSV file, with a progress bar.
//!
//! ```sh
//! PURECLOUD_CLIENT_ID=… PURECLOUD_CLIENT_SECRET=… \
//!     cargo run -p purecloud --example export_users --features users -- users.csv
//! ```

use std::error::Error;

use indicatif::{ProgressBar, ProgressStyle};
use purecloud::Session;
use purecloud::apis::users::UsersApi;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args().nth(1).ok_or("say which file to write: export_users users.csv")?;
    let environment = std::env::var("PURECLOUD_ENVIRONMENT").unwrap_or_else(|_| "mypurecloud.com".to_owned());
    let session = Session::builder()
        .environment(environment)
        .client_credentials(std::env::var("PURECLOUD_CLIENT_ID")?, std::env::var("PURECLOUD_CLIENT_SECRET")?)
        .connect()
        .await?;
    let users = UsersApi::new(&session);

    let total = users.get_users().page_size(1).await?.total.unwrap_or_default();
    let bar = ProgressBar::new(u64::try_from(total)?)
        .with_style(ProgressStyle::with_template("{bar:40} {pos} of {len} users, {eta} left")?);
    let mut file = csv::Writer::from_path(&path)?;
    file.write_record(["id", "name", "email", "department", "title", "state"])?;
    // Two pages are fetched while one is written.
    let mut all = users.get_users().page_size(100).pages().prefetch(2).items();
    while let Some(user) = all.next().await? {
        let state = user.state.map(|state| state.as_str().to_owned());
        let columns = [user.id, user.name, user.email, user.department, user.title, state];
        file.write_record(columns.map(Option::unwrap_or_default))?;
        bar.inc(1);
    }
    file.flush()?;
    bar.finish();
    println!("{} users are in {path}", bar.position());
    session.close().await?;
    Ok(())
}
