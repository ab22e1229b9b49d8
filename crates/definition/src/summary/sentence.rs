//! The rule: a verb, what it is done to, and whose that is.

use super::grammar::{is_plural, plural, singular, with_article};
use super::path::{Group, Pick, groups};
use super::words::{Dictionary, humps};
use crate::model::{Method, Operation, Place, Platform, Type};

/// Starts of paths, and the words that remain of them in a sentence: the name of a product says nothing that its
/// nouns do not, except where they are common to several.
const PRODUCTS: &[(&[&str], &[&str])] = &[
    (&["telephony", "providers", "edges"], &[]),
    (&["telephony", "providers"], &[]),
    (&["telephony"], &[]),
    (&["integrations", "speech"], &["speech"]),
    (&["integrations", "unifiedcommunications"], &["unifiedcommunications"]),
    (&["conversations", "messaging"], &["messaging"]),
    (&["speechandtextanalytics"], &["speech"]),
    (&["externalcontacts"], &["external"]),
    (&["infrastructureascode"], &["infrastructureascode"]),
    (&["socialmedia"], &["socialmedia"]),
    (&["alerting"], &[]),
    (&["analytics"], &[]),
    (&["architect"], &[]),
    (&["authorization"], &[]),
    (&["businessrules"], &[]),
    (&["casemanagement"], &[]),
    (&["contentmanagement"], &[]),
    (&["conversations"], &[]),
    (&["dataprivacy"], &[]),
    (&["employeeengagement"], &[]),
    (&["employeeperformance"], &[]),
    (&["languageunderstanding"], &[]),
    (&["orgauthorization"], &[]),
    (&["outbound"], &[]),
    (&["processautomation"], &[]),
    (&["responsemanagement"], &[]),
    (&["routing"], &[]),
    (&["taskmanagement"], &[]),
    (&["workforcemanagement"], &[]),
];

/// Products whose name is needed in front of these nouns, which others have as well.
const SHARED: &[&str] =
    &["settings", "status", "search", "schemas", "topics", "participants", "jobs", "deletions"];

/// The last word of a path, and the verb that it stands for.
const VERBS: &[(&str, &str)] = &[
    ("acknowledge", "Acknowledge"),
    ("activate", "Activate"),
    ("add", "Add"),
    ("approve", "Approve"),
    ("assign", "Assign"),
    ("barge", "Barge in on"),
    ("bulkadd", "Add"),
    ("bulkremove", "Remove"),
    ("bulkreplace", "Replace"),
    ("cancel", "Cancel"),
    ("checkin", "Check in"),
    ("checkout", "Check out"),
    ("clear", "Clear"),
    ("coach", "Coach"),
    ("copy", "Copy"),
    ("deactivate", "Deactivate"),
    ("detect", "Detect"),
    ("disconnect", "Disconnect"),
    ("download", "Download"),
    ("enrich", "Enrich"),
    ("estimate", "Estimate"),
    ("evaluate", "Evaluate"),
    ("execute", "Run"),
    ("export", "Export"),
    ("finalize", "Finalize"),
    ("forceregenerate", "Regenerate"),
    ("generate", "Generate"),
    ("import", "Import"),
    ("invite", "Invite"),
    ("launch", "Launch"),
    ("match", "Match"),
    ("merge", "Merge"),
    ("migrate", "Migrate"),
    ("monitor", "Monitor"),
    ("move", "Move"),
    ("parse", "Parse"),
    ("preview", "Preview"),
    ("publish", "Publish"),
    ("query", "Query"),
    ("reassign", "Reassign"),
    ("rebalance", "Rebalance"),
    ("reboot", "Reboot"),
    ("reconnect", "Reconnect"),
    ("refresh", "Refresh"),
    ("register", "Register"),
    ("remove", "Remove"),
    ("replace", "Replace"),
    ("reposition", "Reposition"),
    ("reschedule", "Reschedule"),
    ("reset", "Reset"),
    ("restore", "Restore"),
    ("retrieve", "Fetch"),
    ("revert", "Revert"),
    ("revoke", "Revoke"),
    ("rollback", "Roll back"),
    ("search", "Search"),
    ("scoring", "Score"),
    ("simplesearch", "Search"),
    ("simulate", "Simulate"),
    ("start", "Start"),
    ("stop", "Stop"),
    ("suggest", "Suggest"),
    ("sync", "Synchronize"),
    ("synchronize", "Synchronize"),
    ("takeover", "Take over"),
    ("terminate", "End"),
    ("test", "Test"),
    ("train", "Train"),
    ("transfer", "Transfer"),
    ("unlock", "Unlock"),
    ("unpair", "Unpair"),
    ("update", "Update"),
    ("validate", "Validate"),
    ("verification", "Verify"),
];

/// Verbs that are nouns as well, for GET.
const READING: &[(&str, &str)] = &[("search", "Search"), ("query", "Query"), ("download", "Download")];

/// Ends of paths that say what is done to the thing before them: what goes before that, and what behind.
const TAILS: &[(&[&str], &str, &str)] = &[
    (&["consult", "contact", "external"], "Start a consult transfer to an external contact for", ""),
    (&["consult", "agent"], "Start a consult transfer to an agent for", ""),
    (&["consult", "external"], "Start a consult transfer to an external address for", ""),
    (&["consult", "queue"], "Start a consult transfer to a queue for", ""),
    (&["consult"], "Start a consult transfer for", ""),
    (&["replace", "contact", "external"], "Replace", " with an external contact"),
    (&["replace", "agent"], "Replace", " with an agent"),
    (&["replace", "external"], "Replace", " with an external address"),
    (&["replace", "queue"], "Replace", " with a queue"),
    (&["associateconversation"], "Associate a conversation with", ""),
    (&["cobrowse"], "Start a cobrowse session in", ""),
    (&["diagnostic", "nslookup"], "Look up a host by DNS from", ""),
    (&["diagnostic", "ping"], "Ping a host from", ""),
    (&["diagnostic", "route"], "Ask for the route to a host from", ""),
    (&["diagnostic", "tracepath"], "Trace the path to a host from", ""),
    (&["digits"], "Send digits for", ""),
    (&["dkim"], "Set up DKIM for", ""),
    (&["dnc"], "Add the contact to DNC lists from", ""),
    (&["granularityconversion"], "Convert the granularity of", ""),
    (&["link"], "Link", ""),
    (&["mailfrom"], "Set the MAIL FROM domain of", ""),
    (&["promotion"], "Promote", ""),
    (&["runreport"], "Run the report of", ""),
    (&["snippet", "record"], "Record a snippet of", ""),
    (&["softwareupdate"], "Start a software update of", ""),
    (&["testconnection"], "Test the connection of", ""),
    (&["voice", "consult"], "Start a voice consult transfer for", ""),
    (&["password"], "Change the password of", ""),
    (&["secret"], "Renew the secret of", ""),
    (&["typing"], "Send a typing event for", ""),
];

/// Kinds of the things whose name comes before them in a path: `integrations/open` are open integrations.
const KINDS: &[&str] = &[
    "adfs",
    "apple",
    "cic",
    "facebook",
    "generic",
    "googlebusinessprofile",
    "gsuite",
    "identitynow",
    "instagram",
    "okta",
    "onelogin",
    "open",
    "ping",
    "purecloud",
    "pureengage",
    "salesforce",
    "servicenow",
    "twitter",
    "whatsapp",
];

/// Conversations of one medium, which are not the messages in them.
const MEDIA: &[(&str, &str)] = &[
    ("emails", "emailconversations"),
    ("messages", "messageconversations"),
    ("socials", "socialconversations"),
    ("videos", "videoconversations"),
];

/// Things that exist without what they are put into: these are added and removed, not created and deleted.
const MEMBERS: &[&str] = &[
    "agents",
    "contacts",
    "groups",
    "languages",
    "managers",
    "members",
    "participants",
    "queues",
    "roles",
    "routinglanguages",
    "routingskills",
    "skills",
    "subjects",
    "subscriptions",
    "users",
    "wrapupcodes",
];

/// Collections that one gets rather than lists, whatever the answer looks like.
const WHOLE: &[&str] = &[
    "attributes",
    "averages",
    "bestpoints",
    "counts",
    "defaults",
    "details",
    "diagnostics",
    "features",
    "history",
    "insights",
    "limits",
    "metadata",
    "metrics",
    "preferences",
    "results",
    "scores",
    "settings",
    "statistics",
    "stats",
    "trends",
    "values",
];

/// Single things that are made rather than set.
const MADE: &[&str] = &["media", "record", "snapshot", "token", "upload", "uploads", "uploadurl"];

/// Words behind a noun that say which one, and belong before it.
const WHICH: &[&str] = &["all", "current", "default", "draft", "latest", "published", "unpublished"];

/// Nouns of which `me` picks the caller's own instead of the caller.
const OWN: &[&str] = &["organizations", "tokens"];

/// Nouns of which `me` is one.
const PEOPLE: &[&str] = &["users", "subjects"];

/// A sentence for an operation without a summary.
///
/// `has_items` says that something below the path is picked from it.
pub(super) fn of(
    platform: &Platform,
    dictionary: &Dictionary,
    operation: &Operation,
    has_items: bool,
) -> String {
    let mut groups = groups(&operation.path);
    if let Some(first) = groups.first_mut() {
        drop_product(first);
    }
    let scans = groups.first_mut().is_some_and(take_scan);
    for group in &mut groups {
        put_kind_first(group);
    }
    merge_callers(&mut groups);
    if let Some((verb, behind)) = take_tail(&mut groups, operation.method)
        && let Some(target) = groups.pop()
    {
        return format!("{}{behind}", acted(dictionary, verb, &target, &groups));
    }
    let mut in_bulk = take_bulk(&mut groups);
    let verb = take_verb(&mut groups, operation.method);
    if let Some(("bulkadd" | "bulkremove" | "bulkreplace", _)) = verb {
        in_bulk = true;
    }
    in_bulk |= take_bulk(&mut groups);
    groups.retain(|group| !group.nouns.is_empty() || group.pick.is_some());
    let Some(target) = groups.pop() else {
        return format!("{} {}", own_verb(operation.method), operation.path.text);
    };
    let mut sentence = match verb {
        Some((_, verb)) => acted(dictionary, verb, &target, &groups),
        None => match target.pick {
            Some(Pick::Caller) => {
                format!(
                    "{} {}",
                    picked_verb(operation, &target, false),
                    phrase(dictionary, &target, Number::One)
                )
            }
            Some(Pick::Parameter(name)) => one(dictionary, operation, &target, name, &groups),
            None => {
                many(platform, dictionary, operation, &target, &groups, Manner { in_bulk, has_items, scans })
            }
        },
    };
    if in_bulk {
        sentence.push_str(" in bulk");
    }
    if operation.method == Method::Get
        && operation.parameters.iter().any(|parameter| parameter.wire_name == "q64")
    {
        sentence.push_str(" by a query in the address");
    }
    sentence
}

/// The treatment of a collection.
#[derive(Debug, Clone, Copy)]
struct Manner {
    /// Many at once.
    in_bulk: bool,
    /// Something below the path is picked from it.
    has_items: bool,
    /// It is read by cursor, whatever its order.
    scans: bool,
}

/// Takes `scan` from before a noun.
fn take_scan(group: &mut Group<'_>) -> bool {
    let last = group.nouns.len().saturating_sub(1);
    let position = group.nouns.iter().position(|noun| *noun == "scan").filter(|position| *position < last);
    position.map(|position| group.nouns.remove(position)).is_some()
}

/// Puts the kind of a thing before it.
fn put_kind_first(group: &mut Group<'_>) {
    if let [schedules @ "schedules", campaigns] = group.nouns.as_mut_slice() {
        std::mem::swap(schedules, campaigns);
        return;
    }
    if group.nouns.len() > 1
        && !group.nouns.contains(&"diagnostic")
        && let Some(kind) = group.nouns.pop_if(|last| KINDS.contains(last))
    {
        if let Some(last) = group.nouns.last_mut().filter(|last| **last == "identityproviders") {
            *last = "identityprovider";
        }
        group.nouns.insert(0, kind);
    }
}

/// Makes `voicemail/me/messages` the voicemail messages of the caller.
fn merge_callers(groups: &mut [Group<'_>]) {
    for index in 1..groups.len() {
        let (before, after) = groups.split_at_mut(index);
        let owner = &mut before[index - 1];
        let is_person = owner.nouns.last().is_some_and(|noun| PEOPLE.contains(noun) || OWN.contains(noun));
        if owner.pick == Some(Pick::Caller) && !is_person {
            after[0].nouns.splice(..0, owner.nouns.drain(..));
        }
    }
}

fn take_tail(groups: &mut Vec<Group<'_>>, method: Method) -> Option<(&'static str, &'static str)> {
    if method != Method::Post || groups.len() < 2 {
        return None;
    }
    let tail = groups.last().filter(|group| group.pick.is_none())?;
    let (_, before, behind) = TAILS.iter().find(|(nouns, ..)| tail.nouns == *nouns)?;
    groups.pop();
    Some((before, behind))
}

/// Leaves of the first nouns what a sentence needs.
fn drop_product(group: &mut Group<'_>) {
    for (product, kept) in PRODUCTS {
        if group.nouns.len() > product.len() && group.nouns.starts_with(product) {
            if group.nouns.len() == product.len() + 1 && SHARED.contains(&group.nouns[product.len()]) {
                return;
            }
            group.nouns.splice(..product.len(), kept.iter().copied());
            if *product == ["conversations"]
                && let [medium] = group.nouns.as_mut_slice()
                && let Some((_, whole)) = MEDIA.iter().find(|(name, _)| name == medium)
            {
                *medium = whole;
            }
            return;
        }
    }
}

/// Takes `bulk` away where it says how much is done at once; a bulk job is a thing of its own.
fn take_bulk(groups: &mut [Group<'_>]) -> bool {
    let mut found = false;
    let last = groups.len().saturating_sub(1);
    for (index, group) in groups.iter_mut().enumerate() {
        let stands = |position: usize, nouns: &[&str]| {
            nouns[position] == "bulk" && nouns.get(position + 1).is_none_or(|next| *next != "jobs")
        };
        let position = (0..group.nouns.len()).find(|position| stands(*position, &group.nouns));
        if let Some(position) = position.filter(|_| index == last) {
            group.nouns.remove(position);
            found = true;
        }
    }
    found
}

fn take_verb(groups: &mut [Group<'_>], method: Method) -> Option<(&'static str, &'static str)> {
    let has_parent = groups.len() > 1;
    let group = groups.last_mut().filter(|group| group.pick.is_none())?;
    let last = *group.nouns.last()?;
    if group.nouns.len() == 1 && !has_parent {
        return None;
    }
    let verbs = match method {
        Method::Post | Method::Put | Method::Patch => VERBS,
        Method::Get => READING,
        Method::Head | Method::Delete | Method::Options => return None,
    };
    let verb = verbs.iter().find(|(word, _)| *word == last)?;
    group.nouns.pop();
    Some(*verb)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Number {
    One,
    Many,
}

/// A verb of the path, done to what stands before it.
fn acted(dictionary: &Dictionary, verb: &str, target: &Group<'_>, parents: &[Group<'_>]) -> String {
    if target.pick.is_some() {
        return format!(
            "{verb} {}{}",
            with_its_article(dictionary, target),
            owner(dictionary, target, parents)
        );
    }
    let phrase = phrase(dictionary, target, Number::Many);
    if verb == "Generate" && is_plural(&phrase) {
        let one = with_article(&singular(&phrase));
        return format!("{verb} {one}{}", owner(dictionary, target, parents));
    }
    let owner = owner(dictionary, target, parents);
    match verb {
        "Add" => format!("Add {phrase}{}", owner.replacen(" of ", " to ", 1)),
        "Remove" => format!("Remove {phrase}{}", owner.replacen(" of ", " from ", 1)),
        _ => format!("{verb} {}{phrase}{owner}", if owner.is_empty() { "" } else { "the " }),
    }
}

/// Something that the path picks.
fn one(
    dictionary: &Dictionary,
    operation: &Operation,
    target: &Group<'_>,
    name: &str,
    parents: &[Group<'_>],
) -> String {
    let thing = with_its_article(dictionary, target);
    let has_owner = !parents.is_empty();
    let verb = picked_verb(operation, target, has_owner);
    let owner = owner(dictionary, target, parents);
    let owner = match verb {
        "Add" => owner.replacen(" of ", " to ", 1).replacen(
            " in ",
            " to ",
            usize::from(!owner.starts_with(" of ")),
        ),
        "Remove" => owner.replacen(" of ", " from ", 1),
        _ => owner,
    };
    let by = if operation.method == Method::Get && !has_owner { by(&thing, name) } else { String::new() };
    format!("{verb} {thing}{owner}{by}")
}

/// The words for the way in which a thing is picked: ` by its ID`.
fn by(thing: &str, parameter: &str) -> String {
    let words = humps(parameter);
    let known: Vec<String> = thing.split(' ').map(str::to_lowercase).collect();
    let told: Vec<&str> =
        words.iter().map(String::as_str).skip_while(|word| known.iter().any(|known| known == word)).collect();
    match told.last() {
        Some(&"id") => " by its ID".to_owned(),
        Some(&"ids") => " by their IDs".to_owned(),
        Some(_) if told.len() <= 2 => format!(" by its {}", told.join(" ")),
        _ => String::new(),
    }
}

fn own_verb(method: Method) -> &'static str {
    match method {
        Method::Get => "Get",
        Method::Head => "Check",
        Method::Post => "Create",
        Method::Put => "Replace",
        Method::Patch => "Update",
        Method::Delete => "Delete",
        Method::Options => "Ask for the options of",
    }
}

/// The verb of a method for one thing that the path picks.
fn picked_verb(operation: &Operation, target: &Group<'_>, has_owner: bool) -> &'static str {
    let is_member = has_owner && target.nouns.last().is_some_and(|noun| MEMBERS.contains(noun));
    let has_body = operation.parameters.iter().any(|parameter| matches!(parameter.place, Place::Body { .. }));
    match operation.method {
        Method::Delete if is_member => "Remove",
        Method::Put if is_member && !has_body => "Add",
        Method::Post if has_body => "Update",
        Method::Post => "Add",
        method => own_verb(method),
    }
}

/// A collection, or something of which there is one.
fn many(
    platform: &Platform,
    dictionary: &Dictionary,
    operation: &Operation,
    target: &Group<'_>,
    parents: &[Group<'_>],
    Manner { in_bulk, has_items, scans }: Manner,
) -> String {
    let last = target.nouns.last().copied().unwrap_or_default();
    let phrase = phrase(dictionary, target, Number::Many);
    let owner = owner(dictionary, target, parents);
    let the = if owner.is_empty() && is_plural(&phrase) { "" } else { "the " };
    let is_member = !parents.is_empty() && MEMBERS.contains(&last);
    let is_whole = !has_items && (WHOLE.contains(&last) || WHICH.contains(&last) && last != "all");
    match operation.method {
        Method::Get if scans => format!("Scan {phrase}{owner}"),
        Method::Get if is_plural(&phrase) && !is_whole && is_listing(platform, operation) => {
            format!("List {the}{phrase}{owner}")
        }
        Method::Post if last == "jobs" => {
            let owner = owner.replacen(" of ", " for ", 1);
            format!("Start {}{owner}", with_article(&singular(&phrase)))
        }
        Method::Post if is_member => format!("Add {phrase}{}", owner.replacen(" of ", " to ", 1)),
        Method::Post if last == "messages" => format!("Send {}{owner}", with_article(&singular(&phrase))),
        Method::Post if MADE.contains(&last) => format!("Create {}{owner}", with_article(&singular(&phrase))),
        Method::Post if is_whole || !is_plural(&phrase) && !has_items => format!("Set the {phrase}{owner}"),
        Method::Post if in_bulk || takes_list(operation) => format!("Create {phrase}{owner}"),
        Method::Post => format!("Create {}{owner}", with_article(&singular(&phrase))),
        Method::Patch if in_bulk => format!("Update {phrase}{owner}"),
        Method::Delete if is_member => format!("Remove the {phrase}{}", owner.replacen(" of ", " from ", 1)),
        method => format!("{} the {phrase}{owner}", own_verb(method)),
    }
}

fn takes_list(operation: &Operation) -> bool {
    operation.parameters.iter().any(|parameter| {
        matches!(parameter.place, Place::Body { .. }) && matches!(parameter.kind, Type::List(_))
    })
}

/// Returns whether an answer is a list, or a page of one.
fn is_listing(platform: &Platform, operation: &Operation) -> bool {
    match &operation.result {
        _ if operation.paging.is_some() => true,
        Some(Type::List(_)) => true,
        Some(Type::Model(id)) => {
            let model = platform.model(*id);
            ["Listing", "List", "Collection"].iter().any(|ending| model.wire_name.ends_with(ending))
                || model.properties.iter().any(|property| {
                    matches!(property.kind, Type::List(_))
                        && (property.wire_name == "entities" || model.properties.len() == 1)
                })
        }
        _ => false,
    }
}

/// One thing with its article; the caller's own with another.
fn with_its_article(dictionary: &Dictionary, group: &Group<'_>) -> String {
    let phrase = phrase(dictionary, group, Number::One);
    if group.pick == Some(Pick::Caller) || phrase.starts_with("the ") {
        phrase
    } else {
        with_article(&phrase)
    }
}

/// Whose it is: the nearest thing that the path picks, and the outermost.
fn owner(dictionary: &Dictionary, target: &Group<'_>, parents: &[Group<'_>]) -> String {
    let mut text = String::new();
    if let Some(nearest) = parents.last() {
        let nearest_text = with_its_article(dictionary, nearest);
        text = format!(" of {nearest_text}");
        if parents.len() > 1 {
            let root = with_its_article(dictionary, &parents[0]);
            if root != nearest_text && phrase(dictionary, target, Number::One) != root {
                text.push_str(" in ");
                text.push_str(&root);
            }
        }
    }
    text
}

/// The nouns of a group: each in the singular before the next, the last in the number that is asked for.
fn phrase(dictionary: &Dictionary, group: &Group<'_>, number: Number) -> String {
    if group.pick == Some(Pick::Caller) {
        return callers(dictionary, group);
    }
    let mut nouns = group.nouns.clone();
    let mut which: Vec<&str> = Vec::new();
    let mut index = nouns.len();
    while index > 1 {
        index -= 1;
        if WHICH.contains(&nouns[index]) {
            which.push(nouns.remove(index));
        }
    }
    let mut text = String::new();
    for (index, noun) in nouns.iter().enumerate() {
        let words = dictionary.phrase(noun);
        let words = if index + 1 < nouns.len() || number == Number::One { singular(&words) } else { words };
        if words.starts_with(&format!("{text} ")) || words == text {
            text = words;
            continue;
        }
        if !text.is_empty() {
            text.push(' ');
        }
        text.push_str(&words);
    }
    if text.is_empty() {
        text.push_str("resource");
    }
    if let Some((front, last)) = text.split_once(" available ") {
        text = format!("available {front} {last}");
    }
    if which.iter().any(|which| *which != "all") && number == Number::Many {
        text = singular(&text);
    } else if which.contains(&"all") {
        text = plural(&text);
    }
    for which in which {
        text = format!("{which} {text}");
    }
    text
}

/// The words for things of the caller.
fn callers(dictionary: &Dictionary, group: &Group<'_>) -> String {
    let Some((last, front)) = group.nouns.split_last() else { return "the current user".to_owned() };
    if PEOPLE.contains(last) {
        if front.is_empty() || *last == "subjects" {
            return "the current user".to_owned();
        }
        let nouns = Group { nouns: front.to_vec(), pick: None };
        return format!("the {} of the current user", phrase(dictionary, &nouns, Number::One));
    }
    let text = phrase(dictionary, &Group { nouns: group.nouns.clone(), pick: None }, Number::Many);
    if OWN.contains(last) {
        format!("the current {}", singular(&text))
    } else {
        format!("the {text} of the current user")
    }
}
