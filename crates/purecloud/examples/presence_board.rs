//! Who is there: the presence of the first users, kept up to date by notifications. Ends with Ctrl-C.
//!
//! ```sh
//! PURECLOUD_CLIENT_ID=… PURECLOUD_CLIENT_SECRET=… \
//!     cargo run -p purecloud --example presence_board --features users,websocket
//! ```

use std::collections::BTreeMap;
use std::error::Error;

use purecloud::apis::users::UsersApi;
use purecloud::models::UserPresence;
use purecloud::notifications::Notice;
use purecloud::{Session, TypedTopic};

/// More would fit on one channel, but not on a screen.
const MOST: i64 = 25;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let environment = std::env::var("PURECLOUD_ENVIRONMENT").unwrap_or_else(|_| "mypurecloud.com".to_owned());
    let session = Session::builder()
        .environment(environment)
        .client_credentials(std::env::var("PURECLOUD_CLIENT_ID")?, std::env::var("PURECLOUD_CLIENT_SECRET")?)
        .connect()
        .await?;

    let page = UsersApi::new(&session).get_users().page_size(MOST).await?;
    let names: BTreeMap<TopicName, String> = page
        .entities
        .unwrap_or_default()
        .into_iter()
        .filter_map(|user| Some((format!("v2.users.{}.presence", user.id?), user.name?)))
        .collect();
    let topics = names.keys().map(|name| TypedTopic::<UserPresence>::new(name.clone()));
    let mut notices = session.notifications().subscribe(topics);
    while let Some(notice) = notices.next().await? {
        match notice {
            Notice::Event(event) => {
                let name = names.get(event.topic()).map_or(event.topic(), String::as_str);
                show(name, &event.body::<UserPresence>()?);
            }
            // From the first on nothing is missed, and after the second something may have been: both times the board
            // is read anew.
            Notice::Connected { .. } | Notice::Missed(_) => read(&session).await?,
            other => eprintln!("{other:?}"),
        }
    }
    Ok(())
}

/// `v2.users.{id}.presence`.
type TopicName = String;

async fn read(session: &Session) -> Result<(), purecloud::Error> {
    let page = UsersApi::new(session).get_users().page_size(MOST).expand(["presence"]).await?;
    for user in page.entities.unwrap_or_default() {
        if let (Some(name), Some(presence)) = (user.name, user.presence) {
            show(&name, &presence);
        }
    }
    Ok(())
}

fn show(name: &str, presence: &UserPresence) {
    let definition = presence.presence_definition.as_deref();
    let presence =
        definition.and_then(|definition| definition.system_presence.as_deref()).unwrap_or("unknown");
    println!("{name}: {presence}");
}
