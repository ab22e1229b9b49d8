//! Sentences for operations that the rule misreads.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::model::Method;

/// By method and path.
const SENTENCES: &[(&str, &str)] = &[
    (
        "DELETE /api/v2/architect/grammars/{grammarId}/languages/{languageCode}/files/dtmf",
        "Delete the DTMF file of a language of a grammar",
    ),
    (
        "DELETE /api/v2/architect/grammars/{grammarId}/languages/{languageCode}/files/voice",
        "Delete the voice file of a language of a grammar",
    ),
    (
        "DELETE /api/v2/authorization/subjects/{subjectId}/divisions/{divisionId}/roles/{roleId}",
        "Revoke a role in a division from a subject",
    ),
    (
        "DELETE /api/v2/conversations/calls/{conversationId}/participants/{participantId}/consult",
        "Cancel a consult transfer",
    ),
    ("DELETE /api/v2/tokens/{userId}", "Delete the tokens of a user"),
    ("DELETE /api/v2/users/{userId}/station/associatedstation", "Disassociate the station of a user"),
    ("DELETE /api/v2/users/{userId}/station/defaultstation", "Delete the default station of a user"),
    (
        "DELETE /api/v2/workforcemanagement/calendar/url/ics",
        "Delete the iCalendar address of the current user",
    ),
    ("GET /api/v2/analytics/conversations/details", "Get the details of several conversations"),
    ("GET /api/v2/authorization/divisions/home", "Get the home division"),
    ("GET /api/v2/authorization/policies/subject/{subjectId}", "Get the policies of a subject"),
    (
        "GET /api/v2/authorization/roles/{leftRoleId}/comparedefault/{rightRoleId}",
        "Compare a role with a default role",
    ),
    ("GET /api/v2/authorization/subjects/me", "Get the roles and grants of the current user"),
    ("GET /api/v2/authorization/subjects/{subjectId}", "Get the roles and grants of a subject"),
    ("GET /api/v2/contentmanagement/query", "Query content by a query in the address"),
    ("GET /api/v2/date", "Get the current date and time"),
    (
        "GET /api/v2/integrations/speech/nuance/{nuanceIntegrationId}/bots",
        "List the bots of a Nuance integration",
    ),
    (
        "GET /api/v2/integrations/speech/nuance/{nuanceIntegrationId}/bots/jobs/{jobId}",
        "Get a bot list job of a Nuance integration",
    ),
    (
        "GET /api/v2/integrations/speech/nuance/{nuanceIntegrationId}/bots/jobs/{jobId}/results",
        "Get the results of a bot list job of a Nuance integration",
    ),
    (
        "GET /api/v2/integrations/speech/nuance/{nuanceIntegrationId}/bots/{botId}",
        "Get a bot of a Nuance integration",
    ),
    (
        "GET /api/v2/integrations/speech/nuance/{nuanceIntegrationId}/bots/{botId}/jobs/{jobId}",
        "Get a bot job of a Nuance integration",
    ),
    (
        "GET /api/v2/integrations/speech/nuance/{nuanceIntegrationId}/bots/{botId}/jobs/{jobId}/results",
        "Get the results of a bot job of a Nuance integration",
    ),
    ("GET /api/v2/ipranges", "List the IP ranges of the platform"),
    ("GET /api/v2/notifications/availabletopics", "List the topics that can be subscribed to"),
    (
        "GET /api/v2/oauth/clients/{clientId}/usage/query/results/{executionId}",
        "Get the result of a usage query of an OAuth client",
    ),
    (
        "GET /api/v2/outbound/contactlists/{contactListId}/contacts/bulk/jobs/{jobId}",
        "Get a bulk job for the contacts of a contact list",
    ),
    (
        "GET /api/v2/outbound/contactlists/{contactListId}/export",
        "Get the address of the export of a contact list",
    ),
    ("GET /api/v2/outbound/dnclists/{dncListId}/export", "Get the address of the export of a DNC list"),
    ("GET /api/v2/search", "Search resources of several types by a query in the address"),
    (
        "GET /api/v2/speechandtextanalytics/conversations/{conversationId}",
        "Get the speech and text analytics of a conversation",
    ),
    (
        "GET /api/v2/speechandtextanalytics/conversations/{conversationId}/categories",
        "List the speech and text analytics categories of a conversation",
    ),
    (
        "GET /api/v2/speechandtextanalytics/conversations/{conversationId}/communications/{communicationId}/transcripturl",
        "Get the transcript URL of a communication in a conversation",
    ),
    (
        "GET /api/v2/speechandtextanalytics/conversations/{conversationId}/communications/{communicationId}/transcripturls",
        "Get the transcript URLs of a communication in a conversation",
    ),
    (
        "GET /api/v2/speechandtextanalytics/conversations/{conversationId}/sentiments",
        "Get the sentiments of a conversation",
    ),
    (
        "GET /api/v2/speechandtextanalytics/conversations/{conversationId}/summaries",
        "Get the speech and text analytics summaries of a conversation",
    ),
    ("GET /api/v2/telephony/prefixes/simulate/call", "Simulate a call to a number with a prefix"),
    ("GET /api/v2/users/{userId}/presences/purecloud", "Get the PureCloud presence of a user"),
    ("GET /api/v2/voicemail/groups/{groupId}/mailbox", "Get the voicemail mailbox of a group"),
    ("GET /api/v2/voicemail/groups/{groupId}/messages", "List the voicemail messages of a group"),
    ("GET /api/v2/voicemail/groups/{groupId}/policy", "Get the voicemail policy of a group"),
    ("GET /api/v2/voicemail/queues/{queueId}/messages", "List the voicemail messages of a queue"),
    ("GET /api/v2/workforcemanagement/calendar/url/ics", "Get the iCalendar address of the current user"),
    (
        "GET /api/v2/workforcemanagement/managementunits/{managementUnitId}/shifttrades/matched",
        "List the matched shift trades of a management unit",
    ),
    ("HEAD /api/v2/notifications/channels/{channelId}", "Check whether a notification channel exists"),
    ("HEAD /api/v2/tokens/me", "Check whether the current token is valid"),
    (
        "PATCH /api/v2/conversations/calls/{conversationId}/participants/{participantId}/consult",
        "Update who speaks in a consult transfer",
    ),
    (
        "PATCH /api/v2/conversations/calls/{conversationId}/participants/{participantId}/user/{userId}",
        "Update a participant of a call on behalf of a user",
    ),
    ("PATCH /api/v2/users/{userId}/presences/purecloud", "Update the PureCloud presence of a user"),
    ("PATCH /api/v2/voicemail/groups/{groupId}/policy", "Update the voicemail policy of a group"),
    ("POST /api/v2/analytics/agents/status/counts", "Count agents by status"),
    ("POST /api/v2/architect/dependencytracking/build", "Rebuild the dependency tracking data"),
    (
        "POST /api/v2/architect/grammars/{grammarId}/languages/{languageCode}/files/dtmf",
        "Upload a DTMF file for a language of a grammar",
    ),
    (
        "POST /api/v2/architect/grammars/{grammarId}/languages/{languageCode}/files/voice",
        "Upload a voice file for a language of a grammar",
    ),
    ("POST /api/v2/audits/query/realtime", "Query audits in real time"),
    ("POST /api/v2/audits/query/realtime/related", "Query audits related to an audit in real time"),
    (
        "POST /api/v2/authorization/divisions/{divisionId}/objects/{objectType}",
        "Assign objects to a division",
    ),
    ("POST /api/v2/authorization/policies/targets/{targetName}", "Create a policy for a target"),
    ("POST /api/v2/authorization/roles/default", "Restore the default roles"),
    (
        "POST /api/v2/authorization/roles/{leftRoleId}/comparedefault/{rightRoleId}",
        "Compare an unsaved role with a default role",
    ),
    ("POST /api/v2/authorization/roles/{roleId}", "Grant a role to subjects in divisions"),
    ("POST /api/v2/authorization/subjects/{subjectId}/bulkadd", "Grant roles in divisions to a subject"),
    (
        "POST /api/v2/authorization/subjects/{subjectId}/bulkremove",
        "Revoke roles in divisions from a subject",
    ),
    ("POST /api/v2/authorization/subjects/{subjectId}/bulkreplace", "Replace the grants of a subject"),
    (
        "POST /api/v2/authorization/subjects/{subjectId}/divisions/{divisionId}/roles/{roleId}",
        "Grant a role in a division to a subject",
    ),
    ("POST /api/v2/certificate/details", "Get the details of a certificate"),
    ("POST /api/v2/chats/users/me/settings", "Set the chat settings of the current user"),
    ("POST /api/v2/contentmanagement/auditquery", "Query the audits of content management"),
    ("POST /api/v2/contentmanagement/documents/{documentId}/content", "Replace the content of a document"),
    ("POST /api/v2/contentmanagement/query", "Query content"),
    ("POST /api/v2/conversations/calls/user/{userId}", "Create a call on behalf of a user"),
    ("POST /api/v2/conversations/calls/{conversationId}", "Add a call to a conversation"),
    (
        "POST /api/v2/conversations/calls/{conversationId}/participants/user/{userId}",
        "Add a user as a participant of a call",
    ),
    ("POST /api/v2/conversations/emails/agentless", "Send an email without an agent"),
    ("POST /api/v2/conversations/emails/{conversationId}/messages", "Send an email in an email conversation"),
    ("POST /api/v2/conversations/messages/agentless", "Send a message without an agent"),
    ("POST /api/v2/conversations/messages/inbound/open", "Send an inbound open message"),
    (
        "POST /api/v2/conversations/messages/{conversationId}/communications/{communicationId}/messages",
        "Send a message in a message conversation",
    ),
    (
        "POST /api/v2/conversations/messages/{integrationId}/inbound/open/event",
        "Send an inbound open event to a messaging integration",
    ),
    (
        "POST /api/v2/conversations/messages/{integrationId}/inbound/open/message",
        "Send an inbound open message to a messaging integration",
    ),
    (
        "POST /api/v2/conversations/messages/{integrationId}/inbound/open/receipt",
        "Send an inbound open receipt to a messaging integration",
    ),
    (
        "POST /api/v2/conversations/messages/{integrationId}/inbound/open/structured/response",
        "Send an inbound open structured response to a messaging integration",
    ),
    (
        "POST /api/v2/conversations/videos/{conversationId}/agentconference/communications/{communicationId}",
        "Start an agent conference in a video conversation",
    ),
    ("POST /api/v2/conversations/{conversationId}/assign", "Assign a conversation to a user"),
    (
        "POST /api/v2/diagnostics/logcapture/browser/users/{userId}",
        "Start capturing the browser logs of a user",
    ),
    ("POST /api/v2/employeeperformance/externalmetrics/data", "Write data of external metrics"),
    ("POST /api/v2/events/conversations", "Send conversation events"),
    ("POST /api/v2/events/users/presence", "Send presence events of users"),
    ("POST /api/v2/events/users/routingstatus", "Send routing status events of users"),
    ("POST /api/v2/externalcontacts/bulk/contacts", "Fetch external contacts in bulk"),
    ("POST /api/v2/externalcontacts/bulk/contacts/unresolved", "Fetch unresolved external contacts in bulk"),
    ("POST /api/v2/externalcontacts/bulk/notes", "Fetch external contact notes in bulk"),
    ("POST /api/v2/externalcontacts/bulk/organizations", "Fetch external organizations in bulk"),
    ("POST /api/v2/externalcontacts/bulk/relationships", "Fetch external relationships in bulk"),
    ("POST /api/v2/externalcontacts/identifierlookup", "Look up an external contact by an identifier"),
    ("POST /api/v2/integrations/actions/{actionId}/draft", "Create a draft of an integration action"),
    (
        "POST /api/v2/integrations/speech/nuance/{nuanceIntegrationId}/bots/jobs",
        "Start a job that lists the bots of a Nuance integration",
    ),
    (
        "POST /api/v2/integrations/speech/nuance/{nuanceIntegrationId}/bots/launch/validate",
        "Validate the bot launch settings of a Nuance integration",
    ),
    (
        "POST /api/v2/integrations/speech/nuance/{nuanceIntegrationId}/bots/{botId}/jobs",
        "Start a job that gets a bot of a Nuance integration",
    ),
    ("POST /api/v2/license/infer", "Infer the licenses that roles need"),
    ("POST /api/v2/license/organization", "Assign licenses to users"),
    ("POST /api/v2/license/toggles/{featureName}", "Switch a license feature on or off"),
    ("POST /api/v2/orgauthorization/trustees/care", "Create a trustee for customer care"),
    ("POST /api/v2/orgauthorization/trustees/default", "Create the default trustee"),
    ("POST /api/v2/outbound/campaigns/progress", "Get the progress of several campaigns"),
    (
        "POST /api/v2/outbound/campaigns/{campaignId}/agentownedmappingpreview",
        "Start the agent-owned mapping preview of a campaign",
    ),
    ("POST /api/v2/outbound/campaigns/{campaignId}/callback/schedule", "Schedule a callback for a campaign"),
    ("POST /api/v2/outbound/messagingcampaigns/progress", "Get the progress of several messaging campaigns"),
    ("POST /api/v2/quality/spotability", "Estimate the accuracy of a phrase search"),
    ("POST /api/v2/recordings/deletionprotection", "Protect recordings from deletion"),
    ("POST /api/v2/recordings/screensessions/metadata", "Get the metadata of screen recordings"),
    ("POST /api/v2/routing/email/outbound/domains/simulated", "Create a simulated outbound email domain"),
    ("POST /api/v2/routing/sms/phonenumbers/alphanumeric", "Create an alphanumeric SMS sender"),
    ("POST /api/v2/screenmonitors/sessions/users/details", "Get the screen monitoring sessions of users"),
    ("POST /api/v2/search", "Search resources of several types"),
    ("POST /api/v2/search/suggest", "Suggest resources of several types"),
    ("POST /api/v2/telephony/numbers/routing", "Get the routing of numbers"),
    ("POST /api/v2/telephony/providers/edges/addressvalidation", "Validate a street address"),
    (
        "POST /api/v2/telephony/providers/edges/{edgeId}/logs/jobs/{jobId}/upload",
        "Upload the files of a log job of an edge",
    ),
    (
        "POST /api/v2/telephony/providers/edges/{edgeId}/offlineconfiguration",
        "Create the offline configuration of an edge",
    ),
    ("POST /api/v2/uploads/learning/coverart", "Create an upload URL for cover art of a learning module"),
    ("POST /api/v2/uploads/publicassets/images", "Create an upload URL for a public image"),
    ("POST /api/v2/uploads/recordings", "Create an upload URL for a recording"),
    (
        "POST /api/v2/uploads/workforcemanagement/historicaldata/csv",
        "Create an upload URL for historical data as CSV",
    ),
    ("POST /api/v2/users/me/verifiers/totp/{verifierId}", "Verify a TOTP verifier of the current user"),
    ("POST /api/v2/users/search/conversation/target", "Search users as targets of a conversation"),
    ("POST /api/v2/users/search/queuemembers/manage", "Search users to manage as queue members"),
    ("POST /api/v2/users/search/teams/assign", "Search users to assign to teams"),
    ("POST /api/v2/users/{userId}/invite", "Send an invitation to a user"),
    (
        "POST /api/v2/webdeployments/token/oauthcodegrantjwtexchange",
        "Exchange an OAuth code for a JWT of a web deployment",
    ),
    ("POST /api/v2/workforcemanagement/adherence/historical/bulk", "Query historical adherence in bulk"),
    (
        "POST /api/v2/workforcemanagement/agentschedules/managementunits/mine",
        "Get the schedules of the management unit of the current user",
    ),
    ("POST /api/v2/workforcemanagement/agentschedules/mine", "Get the schedule of the current user"),
    (
        "POST /api/v2/workforcemanagement/businessunits/{businessUnitId}/intraday",
        "Get intraday data of a business unit",
    ),
    ("POST /api/v2/workforcemanagement/calendar/url/ics", "Create an iCalendar address for the current user"),
    (
        "POST /api/v2/workforcemanagement/managementunits/{managementUnitId}/historicaladherencequery",
        "Query the historical adherence of a management unit",
    ),
    (
        "POST /api/v2/workforcemanagement/teams/{teamId}/adherence/historical",
        "Query the historical adherence of a team",
    ),
    ("POST /api/v2/workforcemanagement/users/activity", "Get the current activity of users"),
    (
        "PUT /api/v2/integrations/speech/nuance/{nuanceIntegrationId}/bots/launch/settings",
        "Replace the bots that a Nuance integration launches",
    ),
    ("PUT /api/v2/recordings/deletionprotection", "Set the deletion protection of recordings"),
    ("PUT /api/v2/users/{userId}/station/associatedstation/{stationId}", "Associate a station with a user"),
    ("PUT /api/v2/users/{userId}/station/defaultstation/{stationId}", "Set the default station of a user"),
];

static BY_OPERATION: LazyLock<HashMap<(&str, &str), &str>> = LazyLock::new(|| {
    SENTENCES.iter().filter_map(|(key, sentence)| Some((key.split_once(' ')?, *sentence))).collect()
});

/// The sentence for an operation that the rule misreads.
pub(super) fn of(method: Method, path: &str) -> Option<&'static str> {
    BY_OPERATION.get(&(method.as_str(), path)).copied()
}

/// The operation of each sentence: a method, a blank and a path.
#[cfg(all(test, feature = "bundled"))]
pub(super) fn keys() -> impl Iterator<Item = &'static str> {
    SENTENCES.iter().map(|(key, _)| *key)
}
