//! Addresses of files in answers: where a file may be uploaded to, and where it is.
//!
//! Which answers have any is told from the models of their results. What an entity hands out for its upload and for
//! its download is one file, so what was sent to the one comes from the other.

use std::collections::HashSet;

use http::{HeaderValue, StatusCode, header};
use purecloud_definition::Platform;
use purecloud_definition::model::{Method, ModelId, Operation, Type};
use serde_json::{Value, json};

use super::{Call, stored};
use crate::base::lock::lock;
use crate::files::{self, Kind, PREFIX};
use crate::http::answer::{self, Answer};
use crate::http::problem::Problem;
use crate::schema::synthesise;
use crate::world::World;

/// Properties that are the address of a file.
const ADDRESSES: &[&str] = &[
    "uploadUrl",
    "uploadUri",
    "uploadURI",
    "uploadDestinationUri",
    "presignedUrl",
    "signedUrl",
    "downloadUrl",
    "downloadUri",
    "downloadURI",
    "downloadURL",
    "downloadSharingUri",
    "contentUri",
    "mediaUri",
];
/// Models whose `url` is the address of a file, beside those that say with which headers it is uploaded.
const LINKS: &[&str] = &["UrlResponse", "SignedUrlResponse", "TranscriptUrl", "ExportScriptResponse"];
/// How deep in an answer an address may be.
const DEEPEST: usize = 4;

/// Whether answers of an operation have addresses of files.
pub(super) fn has_any(platform: &Platform, operation: &Operation) -> bool {
    let mut seen = HashSet::new();
    operation.result.as_ref().is_some_and(|kind| reaches(platform, kind, &mut seen, 0))
}

fn reaches(platform: &Platform, kind: &Type, seen: &mut HashSet<ModelId>, depth: usize) -> bool {
    match kind {
        Type::Model(id) => {
            if depth > DEEPEST || !seen.insert(*id) {
                return false;
            }
            is_link(platform, *id)
                || platform.model(*id).properties.iter().any(|property| {
                    ADDRESSES.contains(&property.wire_name.as_str()) && matches!(property.kind, Type::Text(_))
                        || reaches(platform, &property.kind, seen, depth + 1)
                })
        }
        Type::List(item) | Type::Map(item) => reaches(platform, item, seen, depth + 1),
        _ => false,
    }
}

/// Whether the `url` of a model is the address of a file.
fn is_link(platform: &Platform, model: ModelId) -> bool {
    let model = platform.model(model);
    let has = |name: &str| model.properties.iter().any(|property| property.wire_name == name);
    has("url") && (has("headers") || LINKS.contains(&model.wire_name.as_str()))
}

/// Puts addresses of this emulator into an answer.
pub(super) fn hand_out(world: &World, call: &Call<'_>, answer: Answer) -> Answer {
    let (mut head, body) = answer.into_parts();
    let Ok(mut value) = serde_json::from_slice::<Value>(&body) else {
        return Answer::from_parts(head, body);
    };
    let path = stored::concrete(call, usize::MAX);
    let link = matches!(call.operation.result, Some(Type::Model(model)) if is_link(&world.platform, model));
    let name = call
        .arguments
        .body
        .as_ref()
        .and_then(|body| ["fileName", "filename", "name"].iter().find_map(|name| body[*name].as_str()));
    let mut clerk = Clerk { world, call, origin: world.hosts.origin(call.request), name, ids: Vec::new() };
    let own = clerk.own(&value, &path);
    if link && value["url"].is_string() {
        value["url"] = json!(clerk.address(&own));
        clerk.headers(&mut value);
    }
    complete(world, call, &mut value);
    clerk.walk(&mut value, &own, 0);
    let kind = kind_of(&path);
    let mut store = lock(&world.store);
    for id in clerk.ids {
        if !world.is_full(&store) {
            files::open(&mut store, &id, kind, name);
        }
    }
    drop(store);
    // Text keys and numbers that were read from JSON: writing them cannot fail.
    let body = serde_json::to_vec(&value).unwrap_or_default();
    head.headers.remove(header::CONTENT_LENGTH);
    Answer::from_parts(head, body.into())
}

/// An entity that was created says where its content goes, and one that is looked at where it is.
fn complete(world: &World, call: &Call<'_>, value: &mut Value) {
    let (Some(Type::Model(model)), Value::Object(values)) = (&call.operation.result, value) else { return };
    let wanted: &[&str] = match call.operation.method {
        Method::Post => &["uploadUrl", "uploadUri", "uploadURI", "uploadDestinationUri"],
        Method::Get => &["contentUri", "mediaUri"],
        _ => return,
    };
    for property in &world.platform.model(*model).properties {
        if wanted.contains(&property.wire_name.as_str()) && matches!(property.kind, Type::Text(_)) {
            values.entry(property.wire_name.clone()).or_insert(json!(""));
        }
    }
}

/// `GET /api/v2/downloads/{downloadId}`: leads to the file, or says where it is.
///
/// # Errors
/// 404 for a file that there is not.
pub(super) fn download(world: &World, call: &Call<'_>) -> Result<Answer, Problem> {
    let id = call.arguments.path.first().map(|(_, id)| id.as_str()).unwrap_or_default();
    {
        let mut store = lock(&world.store);
        if !files::is_open(&store, id) {
            if !world.settings.invent_missing {
                return Err(Problem::not_found());
            }
            files::open(&mut store, id, Kind::Text, None);
        }
    }
    let mut address = format!("{}{PREFIX}{id}", world.hosts.origin(call.request));
    if let Some(disposition) = call.arguments.query("contentDisposition").filter(|text| !text.is_empty()) {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair("contentDisposition", disposition);
        address = format!("{address}?{}", query.finish());
    }
    let stays =
        call.arguments.query("issueRedirect").is_some_and(|value| value.eq_ignore_ascii_case("false"));
    let mut answer =
        answer::json(if stays { StatusCode::OK } else { StatusCode::FOUND }, &json!({ "url": address }));
    if let Ok(location) = HeaderValue::from_str(&address)
        && !stays
    {
        answer.headers_mut().insert(header::LOCATION, location);
    }
    Ok(answer)
}

/// What a file is that is downloaded from there.
fn kind_of(path: &str) -> Kind {
    let has = |words: &[&str]| words.iter().any(|word| path.contains(word));
    if has(&["/recordings", "/greetings", "/prompts", "/systemprompts", "/voicemail"]) {
        Kind::Audio
    } else if has(&["export", "csv", "contactlists", "dnclists", "datatables", "decisiontables"]) {
        Kind::Table
    } else {
        Kind::Text
    }
}

struct Clerk<'a> {
    world: &'a World,
    call: &'a Call<'a>,
    origin: String,
    name: Option<&'a str>,
    /// Files whose addresses stand in the answer.
    ids: Vec<String>,
}

impl Clerk<'_> {
    /// The file of an entity: the same whenever the entity is looked at. What is no entity has one of its own for
    /// each upload that is asked for.
    fn own(&self, value: &Value, path: &str) -> String {
        let entity = value["selfUri"].as_str().map(str::to_owned).or_else(|| {
            let id = value["id"].as_str()?;
            Some(if path.ends_with(id) { path.to_owned() } else { format!("{path}/{id}") })
        });
        match entity {
            Some(entity) => self.file(&entity),
            None if self.call.operation.method == Method::Get => self.file(path),
            None => synthesise::fresh_id(),
        }
    }

    fn file(&self, of: &str) -> String {
        let of = of.split('?').next().unwrap_or_default();
        synthesise::uuid(&mut synthesise::rng(self.world.settings.seed, ("file", of)))
    }

    fn address(&mut self, id: &str) -> String {
        if !self.ids.iter().any(|known| known == id) {
            self.ids.push(id.to_owned());
        }
        format!("{}{PREFIX}{id}", self.origin)
    }

    /// Replaces what stands for an address anywhere in a value.
    fn walk(&mut self, value: &mut Value, own: &str, depth: usize) {
        match value {
            Value::Object(values) => {
                for (name, value) in values.iter_mut() {
                    if ADDRESSES.contains(&name.as_str()) && value.is_string() {
                        *value = json!(self.address(own));
                    } else if depth < DEEPEST * 2 {
                        // Each part of a recording is a file of its own.
                        let inner = if matches!(value, Value::Object(_)) {
                            self.file(&format!("{own}/{name}"))
                        } else {
                            own.to_owned()
                        };
                        self.walk(value, &inner, depth + 1);
                    }
                }
            }
            Value::Array(items) if depth < DEEPEST * 2 => {
                for (index, item) in items.iter_mut().enumerate() {
                    let own = match item["selfUri"].as_str() {
                        Some(entity) => self.file(entity),
                        None => self.file(&format!("{own}/{index}")),
                    };
                    self.walk(item, &own, depth + 1);
                }
            }
            _ => {}
        }
    }

    /// Says with which headers a file is uploaded.
    fn headers(&self, value: &mut Value) {
        let media = self.call.arguments.body.as_ref().and_then(|body| body["contentType"].as_str());
        if value["headers"].is_object() {
            value["headers"] = json!({ "Content-Type": media.unwrap_or("application/octet-stream") });
        }
        if value["uploadKey"].is_string() {
            value["uploadKey"] = json!(format!("{}/{}", synthesise::fresh_id(), self.name.unwrap_or("file")));
        }
    }
}
