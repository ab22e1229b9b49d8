//! Where people are and whom they belong to: divisions, locations, groups and teams.

use serde_json::{Value, json};

use super::contact_center::Furnisher;
use crate::base::paths::{DIVISIONS, GROUPS};

/// Divisions beside the home division.
const DIVISION_NAMES: &[&str] = &["Americas", "Europe", "Asia Pacific"];
/// Name, street, city, state, postal code and country of each location.
const LOCATIONS: &[[&str; 6]] = &[
    ["Headquarters", "1 Difference Way", "Indianapolis", "IN", "46204", "US"],
    ["London", "12 St James's Square", "London", "", "SW1Y 4LB", "GB"],
    ["Berlin", "Invalidenstr. 44", "Berlin", "", "10115", "DE"],
    ["Tokyo", "1-1 Marunouchi", "Tokyo", "", "100-0005", "JP"],
    ["Sao Paulo", "Av. Paulista 1000", "Sao Paulo", "SP", "01310-100", "BR"],
];
const GROUP_NAMES: &[&str] = &[
    "Everyone",
    "Managers",
    "Night Shift",
    "Trainers",
    "First Aid",
    "Quality Circle",
    "Newcomers",
    "Remote",
];
const TEAMS: &[&str] = &["Team North", "Team South", "Team East", "Team West"];
/// How many members a group and a team have.
const MEMBERS: usize = 12;

/// Fills divisions, locations, groups and teams.
pub(super) fn furnish(furnisher: &mut Furnisher<'_>, people: &[(String, String)], home: &Value) {
    for name in DIVISION_NAMES {
        furnisher.add(
            DIVISIONS,
            json!({ "name": name, "description": format!("{name}."), "homeDivision": false }),
        );
    }
    for [name, street, city, state, code, country] in LOCATIONS {
        let address = json!({
            "street1": street, "city": city, "state": state, "zipcode": code, "country": country, "countryName": country,
        });
        furnisher.add(
            "/api/v2/locations",
            json!({ "name": name, "state": "active", "version": 1, "address": address }),
        );
    }
    let count = MEMBERS.min(people.len());
    for (number, name) in GROUP_NAMES.iter().enumerate() {
        let group = json!({
            "name": name,
            "description": format!("{name}."),
            "memberCount": count,
            "state": "active",
            "version": 1,
            "type": "official",
            "rulesVisible": true,
            "visibility": "public",
        });
        belong(furnisher, GROUPS, group, people, number);
    }
    for (number, name) in TEAMS.iter().enumerate() {
        let team = json!({ "name": name, "description": format!("{name}."), "memberCount": count, "division": home });
        belong(furnisher, "/api/v2/teams", team, people, number + GROUP_NAMES.len());
    }
}

/// Adds a group or a team with its members.
fn belong(
    furnisher: &mut Furnisher<'_>,
    path: &str,
    entity: Value,
    people: &[(String, String)],
    number: usize,
) {
    let Some(id) = furnisher.add(path, entity) else { return };
    let members = format!("{path}/{id}/members");
    for (user, _) in people.iter().cycle().skip(number * MEMBERS).take(MEMBERS.min(people.len())) {
        furnisher.store.collection_mut(&members).put(user.as_str(), json!({ "id": user }));
    }
}
