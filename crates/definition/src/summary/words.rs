//! The platform's words: its paths run them together (`contactlists`), the names of its models and parameters do not
//! (`ContactListDivisionView`, `contactListId`), so that the latter teach how to read the former.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::grammar::singular;
use crate::model::Platform;

/// Most words of one name that are learned together, and most of one segment.
const LONGEST: usize = 6;

/// The words of segments that cannot be split by rule, by their singular.
const PHRASES: &[(&str, &str)] = &[
    ("addressvalidation", "address validation"),
    ("aftercallwork", "after-call work"),
    ("agentconference", "agent conference"),
    ("agentless", "agentless"),
    ("agentownedmappingpreview", "agent-owned mapping preview"),
    ("agentui", "agent UI"),
    ("alltime", "all-time"),
    ("apple", "Apple"),
    ("automaticbestmethod", "automatic best method"),
    ("availablemetabase", "available metabase"),
    ("billableusage", "billable usage"),
    ("bulkadd", "bulk add"),
    ("bulkremove", "bulk removal"),
    ("bulkreplace", "bulk replacement"),
    ("cloneduser", "cloned user"),
    ("cobrowse", "cobrowse"),
    ("comparedefault", "comparison with the default"),
    ("config", "configuration"),
    ("configschema", "configuration schema"),
    ("coverart", "cover art"),
    ("datatable", "data table"),
    ("datebased", "date-based"),
    ("datedue", "due date"),
    ("deletedresourceconsumer", "deleted resource consumer"),
    ("dialogflow", "Dialogflow"),
    ("dialogflowcx", "Dialogflow CX"),
    ("divisionspermitted", "permitted divisions"),
    ("dnc", "DNC"),
    ("dynamicsetting", "dynamic setting"),
    ("edgetrunkbase", "edge trunk base"),
    ("effectivescheduleset", "effective schedule set"),
    ("emailconversation", "email conversation"),
    ("facebook", "Facebook"),
    ("fieldconfig", "field configuration"),
    ("flaggedreason", "flagged reason"),
    ("forceregenerate", "forced regeneration"),
    ("freetrial", "free trial"),
    ("genericidentityprovider", "generic identity provider"),
    ("geolocation", "geolocation"),
    ("googlebusinessprofile", "Google Business Profile"),
    ("granularityconversion", "granularity conversion"),
    ("gsuite", "G Suite"),
    ("headcountforecast", "headcount forecast"),
    ("historicaladherencequery", "historical adherence query"),
    ("identifierlookup", "identifier lookup"),
    ("identitynow", "IdentityNow"),
    ("ignorephrase", "ignored phrase"),
    ("ignoretopic", "ignored topic"),
    ("infrastructureascode", "infrastructure as code"),
    ("instagram", "Instagram"),
    ("latestconfiguration", "latest configuration"),
    ("lexv2", "Lex V2"),
    ("linedistribution", "line distribution"),
    ("localkey", "local key"),
    ("longtermforecastdata", "long-term forecast data"),
    ("longtermrequirement", "long-term requirement"),
    ("mailfrom", "MAIL FROM"),
    ("maximumconferenceparty", "maximum conference party"),
    ("mediaretentionpolicy", "media retention policy"),
    ("mediastatistic", "media statistic"),
    ("messageconversation", "message conversation"),
    ("metabase", "metabase"),
    ("metadata", "metadata"),
    ("nslookup", "DNS lookup"),
    ("nuance", "Nuance"),
    ("oauth", "OAuth"),
    ("oauthcodegrantjwtexchange", "exchange of an OAuth code grant for a JWT"),
    ("objectivedetail", "objective detail"),
    ("okta", "Okta"),
    ("onattributechange", "on-attribute-change"),
    ("oncreate", "on-create"),
    ("onelogin", "OneLogin"),
    ("open", "open"),
    ("orphanrecording", "orphan recording"),
    ("outofoffice", "out-of-office"),
    ("phonenumber", "phone number"),
    ("postflowaction", "post-flow action"),
    ("profileskill", "profile skill"),
    ("publishedform", "published form"),
    ("purecloud", "PureCloud"),
    ("pureengage", "PureEngage"),
    ("querycapability", "query capability"),
    ("realtime", "real-time"),
    ("recordingkey", "recording key"),
    ("requiredby", "required-by"),
    ("requiredbycount", "required-by count"),
    ("reversewhitepageslookup", "reverse white pages lookup"),
    ("rolecount", "role count"),
    ("salesforce", "Salesforce"),
    ("scheduledtrigger", "scheduled trigger"),
    ("schedulingjob", "scheduling job"),
    ("screensession", "screen session"),
    ("secureivrsession", "secure IVR session"),
    ("servicenow", "ServiceNow"),
    ("setuppackage", "setup package"),
    ("shorttermforecast", "short-term forecast"),
    ("signup", "sign-up"),
    ("simplesearch", "simple search"),
    ("sipmessage", "SIP message"),
    ("siptrace", "SIP trace"),
    ("siteconnection", "site connection"),
    ("socialconversation", "social conversation"),
    ("softwareupdate", "software update"),
    ("speechandtextanalytic", "speech and text analytics"),
    ("staffinggroupallocationshistory", "staffing group allocation history"),
    ("subjectgrant", "subject grant"),
    ("sublocation", "sublocation"),
    ("supportedcontent", "supported content profiles"),
    ("testphrase", "test phrase"),
    ("textbot", "text bot"),
    ("timezonemappingpreview", "time zone mapping preview"),
    ("tracepath", "path trace"),
    ("trunkswithrecording", "trunks with recording"),
    ("trusteebillingoverview", "trustee billing overview"),
    ("twitter", "Twitter"),
    ("uicontent", "UI content"),
    ("updatedresourceconsumer", "updated resource consumer"),
    ("utilizationlabel", "utilization label"),
    ("uuidata", "user-to-user data"),
    ("videoconversation", "video conversation"),
    ("waitlistposition", "waitlist position"),
    ("webhook", "webhook"),
    ("whatsapp", "WhatsApp"),
    ("whatsappcampaign", "WhatsApp campaign"),
    ("whatsappnumber", "WhatsApp number"),
    ("whitelist", "allow list"),
    ("workitem", "work item"),
    ("wrapup", "wrap-up"),
    ("wrapupcode", "wrap-up code"),
    ("wrapupcodemapping", "wrap-up code mapping"),
];

/// Words that are not written in small letters throughout.
const SPELLINGS: &[(&str, &str)] = &[
    ("acd", "ACD"),
    ("adfs", "ADFS"),
    ("ai", "AI"),
    ("api", "API"),
    ("cic", "CIC"),
    ("csv", "CSV"),
    ("did", "DID"),
    ("dids", "DIDs"),
    ("dkim", "DKIM"),
    ("dnc", "DNC"),
    ("dtmf", "DTMF"),
    ("gdpr", "GDPR"),
    ("gkn", "GKN"),
    ("google", "Google"),
    ("hris", "HRIS"),
    ("ics", "iCalendar"),
    ("id", "ID"),
    ("ids", "IDs"),
    ("ip", "IP"),
    ("ivr", "IVR"),
    ("ivrs", "IVRs"),
    ("jwt", "JWT"),
    ("kpi", "KPI"),
    ("lex", "Lex"),
    ("oauth", "OAuth"),
    ("pin", "PIN"),
    ("pins", "pins"),
    ("scim", "SCIM"),
    ("scorm", "SCORM"),
    ("sip", "SIP"),
    ("sms", "SMS"),
    ("sso", "SSO"),
    ("stt", "speech-to-text"),
    ("totp", "TOTP"),
    ("tts", "text-to-speech"),
    ("uri", "URI"),
    ("url", "URL"),
    ("urls", "URLs"),
    ("webauthn", "WebAuthn"),
    ("whatsapp", "WhatsApp"),
];

/// A dictionary that splits words which are run together.
#[derive(Debug)]
pub(super) struct Dictionary {
    /// By words in small letters without blanks, in the singular: the same with blanks.
    phrases: HashMap<String, String>,
}

impl Dictionary {
    pub(super) fn of(platform: &Platform) -> Self {
        let mut counts: BTreeMap<String, BTreeMap<String, usize>> = BTreeMap::new();
        let parameters = platform.operations.iter().flat_map(|operation| &operation.parameters);
        let properties = platform.models.iter().flat_map(|model| &model.properties);
        let names = (platform.models.iter().map(|model| &model.wire_name))
            .chain(platform.enumerations.iter().map(|enumeration| &enumeration.name))
            .chain(properties.map(|property| &property.wire_name))
            .chain(parameters.map(|parameter| &parameter.wire_name))
            .chain(platform.apis.iter().map(|api| &api.tag));
        // A name counts once, however often it is used: most properties are called alike.
        let names: BTreeSet<&str> = names.map(String::as_str).collect();
        for name in names {
            let words = humps(name);
            for start in 0..words.len() {
                for end in start + 1..=words.len().min(start + LONGEST) {
                    let phrase = singular(&words[start..end].join(" "));
                    let key = phrase.replace(' ', "");
                    *counts.entry(key).or_default().entry(phrase).or_default() += 1;
                }
            }
        }
        // What is written apart anywhere is apart: names that run words together come from paths. A single odd name
        // does not count against many.
        let choose = |readings: BTreeMap<String, usize>| {
            let total: usize = readings.values().sum();
            let apart =
                readings.iter().filter(|(phrase, count)| phrase.contains(' ') && **count * 20 >= total);
            apart.max_by_key(|(_, count)| **count).map(|(phrase, _)| phrase.clone())
        };
        let mut phrases: HashMap<String, String> =
            counts.into_iter().filter_map(|(key, readings)| Some((key, choose(readings)?))).collect();
        phrases.extend(PHRASES.iter().map(|(key, phrase)| ((*key).to_owned(), (*phrase).to_owned())));
        Self { phrases }
    }

    /// A segment of a path or a name, as words.
    pub(super) fn phrase(&self, text: &str) -> String {
        let whole = text.to_ascii_lowercase();
        let words = if self.phrases.contains_key(&singular(&whole)) { vec![whole] } else { humps(text) };
        let words: Vec<String> = words.iter().map(|word| self.apart(word)).collect();
        words.join(" ")
    }

    /// Words that may be run together, as they are spelled.
    fn apart(&self, word: &str) -> String {
        let one = singular(word);
        let Some(phrase) = self.phrases.get(&one) else { return spelled(word) };
        let mut words: Vec<String> = phrase.split(' ').map(spelled).collect();
        if one != word
            && let Some(last) = words.last_mut()
        {
            *last = super::grammar::plural(last);
        }
        words.join(" ")
    }
}

/// A word in small letters, as it is spelled.
fn spelled(word: &str) -> String {
    let found = SPELLINGS.iter().find(|(small, _)| *small == word);
    found.map_or_else(|| word.to_owned(), |(_, spelling)| (*spelling).to_owned())
}

/// The words of a name that are told apart by capitals or separators, in small letters: `IVRIdentityResolution` is
/// `ivr identity resolution`.
pub(super) fn humps(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    for piece in name.split(|letter: char| !letter.is_ascii_alphanumeric()).filter(|piece| !piece.is_empty())
    {
        let letters: Vec<char> = piece.chars().collect();
        let mut start = 0;
        for index in 1..=letters.len() {
            let ends = match (letters.get(index), letters.get(index + 1)) {
                (None, _) => true,
                (Some(letter), next) => {
                    let after_small = !letters[index - 1].is_ascii_uppercase();
                    letter.is_ascii_uppercase()
                        && (after_small
                            || next.is_some_and(|next| {
                                next.is_ascii_lowercase() && !is_plural_mark(&letters[index..])
                            }))
                }
            };
            if ends {
                words.push(letters[start..index].iter().collect::<String>().to_ascii_lowercase());
                start = index;
            }
        }
    }
    words
}

/// Returns whether `letters` are the end of an abbreviation in the plural, such as the `Ls` of `URLs`.
fn is_plural_mark(letters: &[char]) -> bool {
    letters.get(1) == Some(&'s') && letters.get(2).is_none_or(char::is_ascii_uppercase)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn capitals_and_separators_tell_words_apart() {
        for (name, expect) in [
            ("contactListId", "contact list id"),
            ("IVRIdentityResolution", "ivr identity resolution"),
            ("wrap_up-code.id", "wrap up code id"),
            ("sourceURLs", "source urls"),
            ("", ""),
            ("..", ""),
            ("naïve", "na ve"),
        ] {
            assert_eq!(humps(name).join(" "), expect);
        }
    }

    #[test]
    fn phrases_are_found_by_their_singular() {
        for (key, _) in PHRASES {
            assert_eq!(singular(key), *key);
            assert!(
                key.bytes().all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit()),
                "{key}"
            );
        }
        assert!(PHRASES.is_sorted() && SPELLINGS.is_sorted());
    }
}
