//! The models of users, as one would write them for `serde`.
//!
//! What the answers of the benchmarks do not hold has a type of the same size. Lists of values are plain texts: an enum
//! that keeps unknown ones (`untagged`) makes derived code three times as slow. Unknown fields are not kept, which is a
//! burden on our side alone.

use serde::{Deserialize, Serialize};

macro_rules! model {
    ($name:ident { $($field:ident: $type:ty),* $(,)? }) => {
        #[derive(Serialize, Deserialize)]
        #[serde(rename_all = "camelCase")]
        pub(crate) struct $name {
            $(#[serde(skip_serializing_if = "Option::is_none")] pub(crate) $field: Option<$type>,)*
        }
    };
}

type Unused = Box<Chat>;

model!(Listing {
    entities: Vec<User>, first_uri: String, last_uri: String, next_uri: String, page_count: i64,
    page_number: i64, page_size: i64, previous_uri: String, self_uri: String, total: i64,
});
model!(User {
    acd_auto_answer: bool, addresses: Vec<Contact>, authorization: Unused, biography: Unused,
    certifications: Vec<String>, chat: Box<Chat>, conversation_summary: Unused, date_last_login: String,
    date_welcome_sent: String, department: String, division: Box<Division>, email: String,
    employer_info: Unused, geolocation: Unused, groups: Vec<Chat>, id: String, images: Vec<Image>,
    integration_presence: Unused, language_preference: String, languages: Vec<Chat>,
    last_token_issued: Unused, locations: Vec<Chat>, manager: Box<User>, name: String, out_of_office: Unused,
    preferred_name: String, presence: Box<UserPresence>, primary_contact_info: Vec<Contact>,
    profile_skills: Vec<String>, routing_status: Box<RoutingStatus>, self_uri: String, skills: Vec<Chat>,
    state: String, station: Unused, team: Unused, title: String, username: String, version: i64,
    work_plan_bid_ranks: Unused,
});
model!(Chat { jabber_id: String });
model!(Division { id: String, name: String, self_uri: String });
model!(Image { image_uri: String, resolution: String });
model!(Contact {
    address: String,
    country_code: String,
    display: String,
    extension: String,
    integration: String,
    media_type: String,
    r#type: String,
});
model!(PresenceDefinition { id: String, self_uri: String, system_presence: String });
model!(RoutingStatus { start_time: String, status: String, user_id: String });
model!(UserPresence {
    future_presence_definition: Box<PresenceDefinition>, id: String, message: String, modified_date: String,
    name: String, presence_definition: Box<PresenceDefinition>, primary: bool, self_uri: String,
    source: String, source_id: String,
});
