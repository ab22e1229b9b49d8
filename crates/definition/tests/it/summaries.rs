//! What operations do, in a sentence.

use purecloud_definition::model::Platform;
use purecloud_definition::{Source, Summaries, load};

use crate::bundled::PLATFORM;

/// Of operations that programs use most, and one of each kind of path.
const SENTENCES: &[(&str, &str)] = &[
    ("POST /api/v2/notifications/channels", "Create a notification channel"),
    ("GET /api/v2/routing/queues", "List queues"),
    ("GET /api/v2/users/me", "Get the current user"),
    (
        "POST /api/v2/notifications/channels/{channelId}/subscriptions",
        "Add subscriptions to a notification channel",
    ),
    (
        "PUT /api/v2/notifications/channels/{channelId}/subscriptions",
        "Replace the subscriptions of a notification channel",
    ),
    (
        "DELETE /api/v2/notifications/channels/{channelId}/subscriptions",
        "Remove the subscriptions from a notification channel",
    ),
    ("GET /api/v2/notifications/availabletopics", "List the topics that can be subscribed to"),
    ("GET /api/v2/presencedefinitions", "List presence definitions"),
    ("POST /api/v2/analytics/conversations/details/query", "Query conversation details"),
    ("POST /api/v2/analytics/conversations/details/jobs", "Start a conversation detail job"),
    (
        "GET /api/v2/analytics/conversations/details/jobs/{jobId}/results",
        "Get the results of a conversation detail job",
    ),
    ("POST /api/v2/conversations/calls", "Create a call"),
    (
        "PATCH /api/v2/conversations/calls/{conversationId}/participants/{participantId}",
        "Update a participant of a call",
    ),
    (
        "POST /api/v2/conversations/calls/{conversationId}/participants/{participantId}/consult/queue",
        "Start a consult transfer to a queue for a participant of a call",
    ),
    (
        "POST /api/v2/conversations/{conversationId}/participants/{participantId}/replace/agent",
        "Replace a participant of a conversation with an agent",
    ),
    (
        "GET /api/v2/conversations/messages/{conversationId}/participants/{participantId}/communications/{communicationId}/wrapup",
        "Get the wrap-up of a communication in a message conversation",
    ),
    ("PATCH /api/v2/users/{userId}/presences/{sourceId}", "Update a presence of a user"),
    ("POST /api/v2/users/search", "Search users"),
    ("GET /api/v2/users/search", "Search users by a query in the address"),
    ("POST /api/v2/users/{userId}/password", "Change the password of a user"),
    ("GET /api/v2/groups/{groupId}", "Get a group by its ID"),
    ("POST /api/v2/groups/{groupId}/members", "Add members to a group"),
    ("DELETE /api/v2/groups/{groupId}/members", "Remove the members from a group"),
    ("DELETE /api/v2/routing/queues/{queueId}/members/{memberId}", "Remove a member from a queue"),
    ("PATCH /api/v2/routing/queues/{queueId}/members", "Update the members of a queue"),
    ("POST /api/v2/routing/queues/{queueId}/members", "Add members to a queue"),
    ("GET /api/v2/routing/queues/me", "Get the queues of the current user"),
    ("GET /api/v2/authorization/roles/{roleId}", "Get a role by its ID"),
    ("PUT /api/v2/authorization/roles/{roleId}/users/add", "Add users to a role"),
    ("GET /api/v2/organizations/me", "Get the current organization"),
    ("DELETE /api/v2/tokens/me", "Delete the current token"),
    ("HEAD /api/v2/tokens/me", "Check whether the current token is valid"),
    ("GET /api/v2/outbound/contactlists", "List contact lists"),
    ("POST /api/v2/outbound/contactlists/{contactListId}/contacts", "Add contacts to a contact list"),
    (
        "POST /api/v2/outbound/contactlists/{contactListId}/contacts/bulk/remove",
        "Remove contacts from a contact list in bulk",
    ),
    ("POST /api/v2/outbound/contactlists/{contactListId}/export", "Export a contact list"),
    ("GET /api/v2/outbound/schedules/campaigns/{campaignId}", "Get a campaign schedule by its ID"),
    ("GET /api/v2/outbound/wrapupcodemappings", "Get the wrap-up code mappings"),
    ("GET /api/v2/externalcontacts/scan/contacts", "Scan external contacts"),
    ("POST /api/v2/externalcontacts/contacts", "Create an external contact"),
    ("GET /api/v2/architect/ivrs", "List IVRs"),
    ("GET /api/v2/authorization/policies/targets/{targetName}", "Get a policy target by its name"),
    (
        "GET /api/v2/integrations/{integrationId}/config/current",
        "Get the current configuration of an integration",
    ),
    ("GET /api/v2/integrations/actions/{actionId}/draft", "Get the draft of an integration action"),
    ("POST /api/v2/conversations/messaging/integrations/open", "Create an open messaging integration"),
    ("PUT /api/v2/identityproviders/okta", "Replace the Okta identity provider"),
    ("GET /api/v2/voicemail/me/messages", "List the voicemail messages of the current user"),
    ("GET /api/v2/speechandtextanalytics/topics", "List speech and text analytics topics"),
    ("GET /api/v2/recording/jobs/{jobId}", "Get a recording job by its ID"),
    ("POST /api/v2/telephony/providers/edges/{edgeId}/diagnostic/ping", "Ping a host from an edge"),
    ("GET /api/v2/telephony/providers/edges/{edgeId}", "Get an edge by its ID"),
    ("POST /api/v2/uploads/recordings", "Create an upload URL for a recording"),
    (
        "POST /api/v2/workforcemanagement/agents/{agentId}/unavailabletimes/query",
        "Query the unavailable times of an agent",
    ),
    ("GET /api/v2/scripts/published/{scriptId}/pages", "List the pages of a published script"),
    ("GET /api/v2/scim/v2/users/{userId}", "Get a SCIM user by its ID"),
    ("POST /api/v2/recordings/deletionprotection", "Protect recordings from deletion"),
    ("PATCH /api/v2/users/bulk", "Update users in bulk"),
];

#[test]
fn method_and_path_make_a_sentence() {
    let summaries = Summaries::new(&PLATFORM);
    for (key, expect) in SENTENCES {
        let (method, path) = key.split_once(' ').unwrap();
        let mut operations = PLATFORM.operations.iter();
        let operation = operations
            .find(|operation| operation.method.as_str() == method && operation.path.text == path)
            .unwrap_or_else(|| panic!("{key} is not an operation"));
        assert_eq!(summaries.of(operation), *expect, "{key}");
    }
}

#[test]
fn every_operation_of_today_has_a_sentence_of_plain_words() {
    let summaries = Summaries::new(&PLATFORM);
    for operation in &PLATFORM.operations {
        let sentence = summaries.of(operation);
        let plain = |letter: char| letter.is_ascii_alphanumeric() || " -".contains(letter);
        assert!(sentence.chars().all(plain), "{}: {sentence}", operation.origin);
        assert!(
            sentence.starts_with(|first: char| first.is_ascii_uppercase()),
            "{}: {sentence}",
            operation.origin
        );
        assert!(
            !sentence.contains("  ") && sentence.split(' ').count() > 1,
            "{}: {sentence}",
            operation.origin
        );
        assert!(sentence.len() < 150, "{}: {sentence}", operation.origin);
    }
}

fn platform(definition: &str) -> Platform {
    load(&Source::bytes("definition.yaml", definition).unwrap()).unwrap().platform
}

#[test]
fn a_definition_keeps_its_own_sentences_on_one_line() {
    let platform = platform(
        "swagger: '2.0'\ninfo: { title: T, version: '1' }\npaths:\n  /pets/{petId}:\n    get:\n      summary: \"Info for\\n  a pet.\"\n      \
         responses: { 200: { description: '' } }\n    delete:\n      summary: ' '\n      responses: { 204: { description: '' } }\n",
    );
    let summaries = Summaries::new(&platform);
    let sentences: Vec<_> = platform.operations.iter().map(|operation| summaries.of(operation)).collect();
    assert_eq!(sentences, ["Info for a pet.", "Delete a pet"]);
}

#[test]
fn paths_without_nouns_have_sentences_too() {
    let platform = platform(
        "swagger: '2.0'\ninfo: { title: T, version: '1' }\npaths:\n  /:\n    get: { responses: { 200: { description: '' } } }\n  /{a}/{b}:\n    \
         put: { responses: { 200: { description: '' } } }\n  /search:\n    post: { responses: { 200: { description: '' } } }\n",
    );
    let summaries = Summaries::new(&platform);
    let sentences: Vec<_> = platform.operations.iter().map(|operation| summaries.of(operation)).collect();
    assert_eq!(sentences, ["Get /", "Set the search", "Replace a resource of a resource"]);
}

#[test]
fn names_are_read_as_words() {
    let summaries = Summaries::new(&PLATFORM);
    for (name, expect) in
        [("contactlists", "contact lists"), ("userPresence", "user presence"), ("ivrs", "IVRs"), ("", "")]
    {
        assert_eq!(summaries.words(name), expect);
    }
}
