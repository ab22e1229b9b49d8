//! The products that a page loads with a `<script>` tag: everything in one file, or the parts that a page uses.

use super::declarations::text::{add, literal};
use super::minify::{Kind, minify, validate};
use super::plan::Class;
use super::runtime::{API_CLASS, PARTS, PUBLIC, Runtime, parts_everywhere};
use crate::{CodegenError, File};

/// The code by which the one file reaches the program that loads it.
const LOADING: &str = include_str!("script/loading.js");

/// The classes that the first generation made globals of, beside `PureCloudSession`: those take their names in a page
/// even from something that the page has there, as they did then.
const FIRST_GENERATION: [&str; 32] = [
    "AlertingApi",
    "AnalyticsApi",
    "AttributesApi",
    "AuthorizationApi",
    "ConfigurationApi",
    "ContentManagementApi",
    "ConversationsApi",
    "FaxApi",
    "GeolocationApi",
    "GreetingsApi",
    "GroupsApi",
    "IdentityProviderApi",
    "LanguagesApi",
    "LocationsApi",
    "NotificationsApi",
    "OAuthApi",
    "OrganizationApi",
    "OutboundApi",
    "PresenceApi",
    "QualityApi",
    "RecordingApi",
    "ResponseManagementApi",
    "RoutingApi",
    "SearchApi",
    "StationsApi",
    "SuggestApi",
    "TelephonyProvidersEdgeApi",
    "TokensApi",
    "UserRecordingsApi",
    "UsersApi",
    "UtilitiesApi",
    "VoicemailApi",
];

/// The class of an API with its table.
pub(crate) struct Table<'p> {
    pub(crate) class: &'p Class,
    pub(crate) text: String,
}

/// Everything in one file, which also answers to AMD and CommonJS: readable, minified, and the way from one to the
/// other.
pub(crate) fn bundle(version: &str, runtime: &Runtime, tables: &[Table]) -> Result<Vec<File>, CodegenError> {
    const NAME: &str = "purecloud-api.js";
    const MINIFIED: &str = "purecloud-api-min.js";
    let text = bundle_text(version, runtime, tables);
    validate(NAME, &text, Kind::Script)?;
    let minified = minify(NAME, &text, Kind::Script, Some(NAME))?;
    let map = minified.map.unwrap_or_default();
    Ok(vec![
        File::text(NAME, text),
        File::text(
            MINIFIED,
            format!("{}{}\n//# sourceMappingURL={MINIFIED}.map\n", banner(version), minified.text),
        ),
        // The banner moves everything down by one line; a line of a map ends with `;`.
        File::text(format!("{MINIFIED}.map"), map.replacen("\"mappings\":\"", "\"mappings\":\";", 1)),
    ])
}

fn bundle_text(version: &str, runtime: &Runtime, tables: &[Table]) -> String {
    let is_first = |table: &&Table| FIRST_GENERATION.contains(&table.class.name.as_str());
    let (first, later): (Vec<&Table>, Vec<&Table>) = tables.iter().partition(is_first);
    let mut text = banner(version);
    add(
        &mut text,
        format_args!(
            "// Generated from the platform's definition; changes belong in the generator.\n\
             {}(typeof globalThis === \"object\" ? globalThis : this, {}, function () {{\n\
             \"use strict\";\n\n{}{}\n\
             /** The operations of each class, read when it is first used; `decode` says how. */\n\
             const tables = {{\n",
            LOADING.trim_end(),
            1 + first.len(),
            runtime.script.body,
            runtime.all_parts.body
        ),
    );
    for table in first.iter().chain(&later) {
        add(&mut text, format_args!("  {}: {},\n", table.class.name, literal(&table.text)));
    }
    add(
        &mut text,
        format_args!(
            "}};\n\n\
             const exported = {{ PureCloudSession }};\n\
             for (const name in tables) exported[name] = {API_CLASS}(name, tables[name]);\n\
             Object.assign(exported, {{ {} }});\n\
             // Where the second generation had everything.\n\
             Object.defineProperty(exported, \"platform\", {{ value: exported }});\n\
             return exported;\n\
             }});\n",
            PUBLIC
                .iter()
                .chain(parts_everywhere().flat_map(|part| part.public))
                .copied()
                .collect::<Vec<_>>()
                .join(", ")
        ),
    );
    text
}

/// The subset way of loading: the session, and one file for each API, which comes after it.
pub(crate) fn partials(
    version: &str,
    runtime: &Runtime,
    tables: &[Table],
) -> Result<Vec<File>, CodegenError> {
    let mut files = vec![partial(&banner(version), "purecloudsession", &session_text(runtime))?];
    for (part, group) in PARTS.iter().zip(&runtime.parts).filter(|(part, _)| part.is_everywhere()) {
        // Everything it makes stays its own but for its public names.
        let text = format!(
            "var {{ {public} }} = (() => {{\n\
             \"use strict\";\n\
             if (typeof PureCloudSession != \"function\" || !PureCloudSession.{CORE}) {MISSING_SESSION}\n\
             const {{ {} }} = PureCloudSession.{CORE};\n\
             {}\n\
             return {{ {public} }};\n\
             }})();\n",
            group.from_core.join(", "),
            group.body,
            public = part.public.join(", "),
        );
        files.push(partial(&banner(version), part.stem, &text)?);
    }
    for Table { class, text } in tables {
        // A page pays for each byte here with every API it loads. Nothing but a missing session can throw.
        let name = &class.name;
        let text = format!(
            "try {{ var {name} = PureCloudSession.{API_CLASS}(\"{name}\", {table}); }}\n\
             catch {{ {MISSING_SESSION} }}\n",
            table = literal(text),
        );
        files.push(partial("", &class.stem, &text)?);
    }
    Ok(files)
}

/// The names that the session's partial keeps for the partials of [`PARTS`].
const CORE: &str = "core";

const MISSING_SESSION: &str = "throw new Error(\"load purecloudsession.js first\");";

fn session_text(runtime: &Runtime) -> String {
    let for_parts = runtime.names_for_parts().join(", ");
    format!(
        "var PureCloudSession = (() => {{\n\
         \"use strict\";\n\
         {}\n\
         // What the page had under the names that these files take, and what they have themselves.\n\
         const before = {{ PureCloudSession: globalThis.PureCloudSession }};\n\
         const ours = {{ PureCloudSession }};\n\
         // For the files of the APIs.\n\
         PureCloudSession.{API_CLASS} = (name, table) => {{\n\
         before[name] = globalThis[name];\n\
         return (ours[name] = {API_CLASS}(name, table));\n\
         }};\n\
         PureCloudSession.noConflict = () => Object.assign(globalThis, before) && ours;\n\
         PureCloudSession.{CORE} = {{ {for_parts} }};\n\
         // The first generation had no such global, so one of the page's stays.\n\
         globalThis.PureCloudError ??= PureCloudError;\n\
         return PureCloudSession;\n\
         }})();\n",
        runtime.script.body
    )
}

fn partial(banner: &str, stem: &str, text: &str) -> Result<File, CodegenError> {
    let path = format!("partials/{stem}.js");
    let minified = minify(&path, text, Kind::Script, None)?;
    Ok(File::text(path, format!("{banner}{}\n", minified.text)))
}

/// One line, which minifiers keep.
pub(crate) fn banner(version: &str) -> String {
    format!("/*! PureCloud SDK {version} | MIT */\n")
}
