//! What a text is likely to be, told by its name. The rules are a table; the first that fits decides.

use fastrand::Rng;
use jiff::{SignedDuration, Timestamp};

use super::uuid;

/// What the end of a name says about a text.
#[derive(Clone, Copy)]
enum Meaning {
    Id,
    Email,
    Phone,
    SelfUri,
    Uri,
    DateTime,
    Date,
    Language,
    Country,
    Zone,
    Currency,
    Color,
    Address,
    Version,
    MediaType,
    UserName,
    FirstName,
    LastName,
    City,
    State,
    PostCode,
    Street,
    Title,
    Department,
    Domain,
    Duration,
    FileName,
    Number,
    Name,
    Sentence,
    Interval,
}

/// A name in lower case ends with this: then it means that.
const MEANINGS: &[(&str, Meaning)] = &[
    ("selfuri", Meaning::SelfUri),
    ("domain", Meaning::Domain),
    ("domainname", Meaning::Domain),
    ("hostname", Meaning::Domain),
    ("fqdn", Meaning::Domain),
    ("emailaddress", Meaning::Email),
    ("email", Meaning::Email),
    ("phonenumber", Meaning::Phone),
    ("phone", Meaning::Phone),
    ("ani", Meaning::Phone),
    ("dnis", Meaning::Phone),
    ("e164", Meaning::Phone),
    ("callingpartynumber", Meaning::Phone),
    ("ipaddress", Meaning::Address),
    ("interval", Meaning::Interval),
    ("url", Meaning::Uri),
    ("uri", Meaning::Uri),
    ("href", Meaning::Uri),
    ("link", Meaning::Uri),
    ("website", Meaning::Uri),
    ("timezone", Meaning::Zone),
    ("timezoneid", Meaning::Zone),
    ("languagetag", Meaning::Language),
    ("locale", Meaning::Language),
    ("language", Meaning::Language),
    ("languagecode", Meaning::Language),
    ("dialect", Meaning::Language),
    ("countrycode", Meaning::Country),
    ("country", Meaning::Country),
    ("currency", Meaning::Currency),
    ("currencycode", Meaning::Currency),
    ("color", Meaning::Color),
    ("contenttype", Meaning::MediaType),
    ("mimetype", Meaning::MediaType),
    ("username", Meaning::UserName),
    ("firstname", Meaning::FirstName),
    ("givenname", Meaning::FirstName),
    ("lastname", Meaning::LastName),
    ("familyname", Meaning::LastName),
    ("surname", Meaning::LastName),
    ("filename", Meaning::FileName),
    ("city", Meaning::City),
    ("state", Meaning::State),
    ("postalcode", Meaning::PostCode),
    ("zip", Meaning::PostCode),
    ("street1", Meaning::Street),
    ("street", Meaning::Street),
    ("jobtitle", Meaning::Title),
    ("title", Meaning::Title),
    ("department", Meaning::Department),
    ("duration", Meaning::Duration),
    ("datetime", Meaning::DateTime),
    ("timestamp", Meaning::DateTime),
    ("date", Meaning::Date),
    ("version", Meaning::Version),
    ("description", Meaning::Sentence),
    ("message", Meaning::Sentence),
    ("text", Meaning::Sentence),
    ("note", Meaning::Sentence),
    ("notes", Meaning::Sentence),
    ("comment", Meaning::Sentence),
    ("comments", Meaning::Sentence),
    ("body", Meaning::Sentence),
    ("summary", Meaning::Sentence),
    ("reason", Meaning::Sentence),
    ("extension", Meaning::Number),
    ("number", Meaning::Number),
    ("pagesize", Meaning::Number),
    ("name", Meaning::Name),
    ("guid", Meaning::Id),
    ("uuid", Meaning::Id),
    ("_id", Meaning::Id),
];

const FIRST_NAMES: &[&str] = &[
    "Ada", "Alan", "Amara", "Ben", "Chidi", "Clara", "Diego", "Edith", "Elif", "Farid", "Grace", "Hana",
    "Hugo", "Ines", "Ivan", "Jana", "Jonas", "Kenji", "Lena", "Linus", "Mai", "Marta", "Mateo", "Nadia",
    "Noor", "Olga", "Omar", "Priya", "Rosa", "Sami", "Sofia", "Tomas", "Uma", "Vera", "Wen", "Yara", "Yusuf",
    "Zoe",
];
const LAST_NAMES: &[&str] = &[
    "Abe", "Adeyemi", "Almeida", "Bauer", "Berg", "Castro", "Chen", "Costa", "Demir", "Dubois", "Fischer",
    "Garcia", "Haddad", "Hansen", "Hopper", "Ito", "Jensen", "Kaya", "Khan", "Kim", "Larsen", "Lovelace",
    "Martin", "Meyer", "Moreau", "Nakamura", "Novak", "Okafor", "Patel", "Popov", "Rossi", "Santos",
    "Schmidt", "Silva", "Singh", "Turing", "Virtanen", "Weber", "Yilmaz",
];
const WORDS: &[&str] = &[
    "amber", "anchor", "aurora", "beacon", "birch", "bridge", "cedar", "comet", "coral", "delta", "ember",
    "fern", "harbor", "indigo", "juniper", "lantern", "maple", "meadow", "nova", "onyx", "orchid", "pebble",
    "quartz", "river", "saffron", "summit", "tundra", "velvet", "willow", "zephyr",
];
/// What queues and other groups of work are about.
pub(crate) const TOPICS: &[&str] = &[
    "Support",
    "Sales",
    "Billing",
    "Returns",
    "Orders",
    "Loyalty",
    "Claims",
    "Retention",
    "Technical Help",
    "Onboarding",
    "Escalations",
    "Renewals",
    "Shipping",
    "Complaints",
    "Welcome",
    "Scheduling",
];
const SENTENCES: &[&str] = &[
    "Made for trying things out.",
    "Covers the usual opening hours.",
    "Agreed with the team in spring.",
    "Handles requests that need a second look.",
    "Kept short on purpose.",
];
const CITIES: &[&str] = &["Indianapolis", "Dublin", "Frankfurt", "Sydney", "Tokyo", "Toronto", "Lisbon"];
const STATES: &[&str] = &["active"];
const STREETS: &[&str] = &["1 Harbor Street", "22 Birch Lane", "7 Mill Road", "140 Summit Avenue"];
const TITLES: &[&str] = &["Agent", "Senior Agent", "Team Lead", "Supervisor", "Analyst", "Administrator"];
const DEPARTMENTS: &[&str] = &["Support", "Sales", "Billing", "Operations", "Quality"];
const LANGUAGES: &[&str] = &["en-US", "de-DE", "es-ES", "fr-FR", "ja-JP", "pt-BR"];
const COUNTRIES: &[&str] = &["US", "DE", "ES", "FR", "JP", "BR", "IE"];
const ZONES: &[&str] = &["America/New_York", "Europe/Berlin", "Europe/Dublin", "Asia/Tokyo", "UTC"];
const CURRENCIES: &[&str] = &["USD", "EUR", "JPY", "GBP"];
const COLORS: &[&str] = &["#3366cc", "#2e8b57", "#b8860b", "#8b3a62", "#4b5d67"];

/// A text for a property of this name in this model.
pub(super) fn text(property: &str, owner: &str, rng: &mut Rng) -> String {
    let lower = property.to_ascii_lowercase();
    // `id`, `userId`, `user_id`, but not `paid`.
    if lower == "id" || property.ends_with("Id") || property.ends_with("ID") {
        return uuid(rng);
    }
    let meaning = MEANINGS.iter().find(|(end, _)| lower.ends_with(end)).map(|(_, meaning)| *meaning);
    match meaning {
        Some(meaning) => make(meaning, owner, rng),
        None if lower.starts_with("date") => date_time(rng),
        None => word(rng).to_owned(),
    }
}

fn make(meaning: Meaning, owner: &str, rng: &mut Rng) -> String {
    match meaning {
        Meaning::Id => uuid(rng),
        Meaning::Email | Meaning::UserName => email(&person(rng)),
        Meaning::Phone => format!("+1317555{:04}", rng.u16(100..10_000)),
        Meaning::SelfUri => format!("/api/v2/{}/{}", kebab(owner), uuid(rng)),
        Meaning::Uri => uri(rng),
        Meaning::DateTime => date_time(rng),
        Meaning::Date => date(rng),
        Meaning::Language => pick(LANGUAGES, rng),
        Meaning::Country => pick(COUNTRIES, rng),
        Meaning::Zone => pick(ZONES, rng),
        Meaning::Currency => pick(CURRENCIES, rng),
        Meaning::Color => pick(COLORS, rng),
        // Addresses of RFC 5737, which nobody has.
        Meaning::Address => format!("192.0.2.{}", rng.u8(1..255)),
        Meaning::Version | Meaning::Number => rng.u16(1..1000).to_string(),
        Meaning::MediaType => "application/json".to_owned(),
        Meaning::FirstName => pick(FIRST_NAMES, rng),
        Meaning::LastName => pick(LAST_NAMES, rng),
        Meaning::City => pick(CITIES, rng),
        Meaning::State => pick(STATES, rng),
        Meaning::PostCode => format!("{:05}", rng.u32(10_000..100_000)),
        Meaning::Street => pick(STREETS, rng),
        Meaning::Title => pick(TITLES, rng),
        Meaning::Department => pick(DEPARTMENTS, rng),
        Meaning::Domain => format!("{}.example.com", word(rng)),
        Meaning::Duration => format!("PT{}M", rng.u8(1..60)),
        Meaning::FileName => format!("{}.txt", word(rng)),
        Meaning::Sentence => sentence(rng),
        Meaning::Interval => {
            let start = Timestamp::UNIX_EPOCH + SignedDuration::from_hours(497_000 + rng.i64(0..2000));
            format!("{start:.3}/{:.3}", start + SignedDuration::from_hours(1))
        }
        Meaning::Name if is_person(owner) => person(rng),
        Meaning::Name => pick(TOPICS, rng),
    }
}

fn is_person(owner: &str) -> bool {
    ["User", "Agent", "Person", "Contact", "Customer", "Participant", "Member"]
        .iter()
        .any(|kind| owner.contains(kind))
}

/// Whether a state is the good end of some work.
pub(super) fn means_done(text: &str) -> bool {
    const DONE: &[&str] = &["fulfilled", "complete", "completed", "succeeded", "success", "finished"];
    DONE.iter().any(|done| text.eq_ignore_ascii_case(done))
}

/// A person's first and last name.
pub(crate) fn person(rng: &mut Rng) -> String {
    format!("{} {}", pick(FIRST_NAMES, rng), pick(LAST_NAMES, rng))
}

/// The e-mail address of a person, in a domain that nobody has.
pub(crate) fn email(person: &str) -> String {
    format!("{}@example.com", person.to_lowercase().replace(' ', "."))
}

pub(super) fn word(rng: &mut Rng) -> &'static str {
    WORDS[rng.usize(..WORDS.len())]
}

pub(super) fn sentence(rng: &mut Rng) -> String {
    pick(SENTENCES, rng)
}

pub(super) fn uri(rng: &mut Rng) -> String {
    format!("https://{}.example.com/{}", word(rng), word(rng))
}

/// A moment in 2026, to the second: made up dates must not move with the clock.
pub(super) fn date_time(rng: &mut Rng) -> String {
    const START_OF_2026: i64 = 1_767_225_600;
    let seconds = START_OF_2026 + rng.i64(0..300 * 86_400);
    Timestamp::from_second(seconds).map_or_else(|_| String::new(), |stamp| format!("{stamp:.3}"))
}

pub(super) fn date(rng: &mut Rng) -> String {
    date_time(rng).chars().take(10).collect()
}

/// The usual range of a number of this name.
pub(super) fn range(name: &str) -> (i64, i64) {
    let lower = name.to_ascii_lowercase();
    match lower.as_str() {
        "pagesize" => (25, 25),
        "pagenumber" | "pagecount" | "version" => (1, 1),
        "hour" | "hours" => (0, 23),
        "minute" | "minutes" | "second" | "seconds" => (0, 59),
        "port" => (1024, 65_535),
        "latitude" => (-60, 60),
        "longitude" => (-180, 180),
        _ if lower.contains("percent") || lower.contains("score") => (0, 100),
        _ if lower.ends_with("ms") || lower.contains("millis") => (100, 600_000),
        _ if lower.contains("count") || lower.contains("total") => (0, 50),
        _ => (1, 100),
    }
}

/// What one item of a list of this name is called.
pub(super) fn singular(name: &str) -> &str {
    name.strip_suffix('s').unwrap_or(name)
}

fn pick(from: &[&str], rng: &mut Rng) -> String {
    from[rng.usize(..from.len())].to_owned()
}

fn kebab(name: &str) -> String {
    let mut text = name.to_ascii_lowercase();
    if !text.is_empty() && !text.ends_with('s') {
        text.push('s');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::check;

    #[track_caller]
    fn check(property: &str, owner: &str, fits: impl Fn(&str) -> bool) {
        for seed in 0..20 {
            let made = text(property, owner, &mut Rng::with_seed(seed));
            assert!(fits(&made), "{property} of {owner} became {made}");
        }
    }

    #[test]
    fn texts_are_what_their_names_say() {
        check("id", "User", check::is_uuid);
        check("queueId", "User", check::is_uuid);
        check("email", "User", |text| text.contains('@'));
        check("selfUri", "User", |text| text.starts_with("/api/v2/users/"));
        check("imageUri", "User", |text| text.starts_with("https://"));
        check("name", "User", |text| text.contains(' '));
        check("dateCreated", "User", |text| text.ends_with('Z'));
        check("phoneNumber", "User", |text| text.starts_with("+1317555"));
        check("paid", "User", |text| !check::is_uuid(text));
    }

    #[test]
    fn made_up_addresses_belong_to_nobody() {
        check("email", "User", |text| text.ends_with("@example.com"));
        check("ipAddress", "User", |text| text.starts_with("192.0.2."));
    }
}
