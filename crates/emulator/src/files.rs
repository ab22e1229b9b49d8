//! Files: what was uploaded to an address that the platform handed out, and what can be downloaded from one.
//!
//! An address is `/files/{id}`; who knows it may use it, as with the signed addresses of the platform's store. It is
//! there once an answer has had it: see [`crate::behaviour`]. A download to which nothing was uploaded has a small
//! file that was made up.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{HeaderValue, Method, StatusCode, header};
use serde_json::{Value, json};

use crate::base::lock::lock;
use crate::http::answer::{self, Answer};
use crate::http::multipart;
use crate::http::problem::Problem;
use crate::http::request::{Request, first};
use crate::state::store::Store;
use crate::world::World;

/// Where files are.
pub(crate) const PREFIX: &str = "/files/";
/// The collection of files.
const FILES: &str = "files";

/// What a file is that nobody uploaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Audio,
    Table,
    Text,
}

impl Kind {
    fn as_str(self) -> &'static str {
        match self {
            Self::Audio => "audio",
            Self::Table => "table",
            Self::Text => "text",
        }
    }
}

/// Makes an address for a file, unless there is one of this id.
pub(crate) fn open(store: &mut Store, id: &str, kind: Kind, name: Option<&str>) {
    if store.entity(FILES, id).is_none() {
        let file = json!({ "id": id, "kind": kind.as_str(), "name": name });
        store.collection_mut(FILES).put(id, file);
    }
}

/// Whether there is an address of this id.
pub(crate) fn is_open(store: &Store, id: &str) -> bool {
    store.entity(FILES, id).is_some()
}

/// Answers a request for a file.
///
/// # Errors
/// 404 for an address that nobody was given, 400 for a form without a file, 409 when there is no more room.
pub(crate) fn answer(world: &World, request: &Request) -> Result<Answer, Problem> {
    let id = request.path.strip_prefix(PREFIX).unwrap_or_default();
    let file = lock(&world.store).entity(FILES, id).cloned().ok_or_else(Problem::not_found)?;
    match request.method {
        Method::PUT | Method::POST => upload(world, request, id, file),
        Method::GET | Method::HEAD => Ok(download(request, &file)),
        _ => Err(Problem::method_not_allowed("GET, HEAD, POST, PUT")),
    }
}

fn upload(world: &World, request: &Request, id: &str, mut file: Value) -> Result<Answer, Problem> {
    let media = request.header(header::CONTENT_TYPE).unwrap_or("application/octet-stream");
    let (media, name, content) = if multipart::is_multipart(media) {
        // The first part that has a file name; where none has one, the first part.
        let mut parts = multipart::parts(media, &request.body)?;
        let file = parts.iter().position(|part| part.file.is_some()).unwrap_or_default();
        if parts.is_empty() {
            return Err(Problem::bad_request("The form has no part with a file."));
        }
        let part = parts.swap_remove(file);
        (part.media.unwrap_or_else(|| "application/octet-stream".to_owned()), part.file, part.content)
    } else {
        (media.to_owned(), None, request.body.clone())
    };
    let mut store = lock(&world.store);
    if world.is_full(&store) {
        return Err(Problem::full(&world.settings));
    }
    if let Some(name) = name {
        file["name"] = json!(name);
    }
    file["contentType"] = json!(media);
    file["size"] = json!(content.len());
    file["content"] = json!(STANDARD.encode(content));
    store.collection_mut(FILES).put(id, file);
    Ok(answer::empty(StatusCode::OK))
}

fn download(request: &Request, file: &Value) -> Answer {
    let uploaded = file["content"].as_str().and_then(|content| STANDARD.decode(content).ok());
    let (media, content) = match uploaded {
        Some(content) => (file["contentType"].as_str().unwrap_or_default().to_owned(), Bytes::from(content)),
        None => made_up(file["kind"].as_str().unwrap_or_default()),
    };
    let media = HeaderValue::from_str(&media).unwrap_or(HeaderValue::from_static("application/octet-stream"));
    let mut answer = answer::bytes(StatusCode::OK, media, content);
    let query = request.query_pairs();
    let name = file["name"].as_str().unwrap_or("download");
    let wanted = first(&query, "contentDisposition");
    let disposition =
        wanted.map_or_else(|| format!("attachment; filename=\"{}\"", plain(name)), str::to_owned);
    // Whatever was asked for that cannot stand in a header is not answered.
    if let Ok(disposition) = HeaderValue::from_str(&disposition) {
        answer.headers_mut().insert(header::CONTENT_DISPOSITION, disposition);
    }
    // What was uploaded is not ours: a page of it must not act in our name.
    answer.headers_mut().insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    let policy = HeaderValue::from_static("default-src 'none'; sandbox");
    answer.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    answer
}

/// A file name as it may stand between quotation marks.
fn plain(name: &str) -> String {
    name.chars()
        .filter(|letter| !letter.is_control() && !matches!(letter, '"' | '\\' | '/'))
        .take(100)
        .collect()
}

fn made_up(kind: &str) -> (String, Bytes) {
    match kind {
        "audio" => ("audio/wav".to_owned(), Bytes::from(silence())),
        "table" => ("text/csv".to_owned(), Bytes::from_static(b"id,name\r\n1,First\r\n2,Second\r\n")),
        _ => ("text/plain".to_owned(), Bytes::from_static(b"Made for trying things out.\n")),
    }
}

/// A tenth of a second of silence: a WAVE file of 8,000 samples a second, one channel, 8 bits.
fn silence() -> Vec<u8> {
    const SAMPLES: u32 = 800;
    let mut file = Vec::with_capacity(44 + 800);
    file.extend_from_slice(b"RIFF");
    file.extend_from_slice(&(36 + SAMPLES).to_le_bytes());
    file.extend_from_slice(b"WAVEfmt ");
    file.extend_from_slice(&16u32.to_le_bytes());
    for word in [1u16, 1] {
        file.extend_from_slice(&word.to_le_bytes());
    }
    for word in [8_000u32, 8_000] {
        file.extend_from_slice(&word.to_le_bytes());
    }
    for word in [1u16, 8] {
        file.extend_from_slice(&word.to_le_bytes());
    }
    file.extend_from_slice(b"data");
    file.extend_from_slice(&SAMPLES.to_le_bytes());
    file.resize(44 + 800, 0x80);
    file
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_is_as_long_as_it_says() {
        let file = silence();
        assert_eq!(file.len(), 844);
        assert_eq!(u32::from_le_bytes(file[4..8].try_into().unwrap()) as usize, file.len() - 8);
        assert_eq!(u32::from_le_bytes(file[40..44].try_into().unwrap()) as usize, file.len() - 44);
    }

    #[test]
    fn names_cannot_leave_their_quotation_marks() {
        assert_eq!(plain("a\"; x=\\../b\r\n.wav"), "a; x=..b.wav");
    }
}
