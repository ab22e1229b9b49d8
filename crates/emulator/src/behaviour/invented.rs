//! Answers made up from the model of the result: the same for the same call.
//!
//! They are shaped by the call where that is plain: an id that stands in the path is the id of the answer, what
//! was sent comes back, and a list ends where it says it does.

use http::{HeaderValue, StatusCode};
use purecloud_definition::model::{Bounds, Method, Operation, Type};
use serde_json::Value;

use super::Call;
use crate::http::answer::{self, Answer};
use crate::schema::check;
use crate::schema::listing::{Shape, Window, page};
use crate::schema::synthesise;
use crate::world::World;

/// Answers a call.
pub(super) fn answer(world: &World, call: &Call<'_>) -> Answer {
    respond(call.operation, value(world, call))
}

/// The value that a call would get.
pub(super) fn value(world: &World, call: &Call<'_>) -> Option<Value> {
    let kind = call.operation.result.as_ref()?;
    let platform = &world.platform;
    // The query is no part of it: a sorted or filtered look at a thing is a look at the same thing.
    let rng = synthesise::rng(world.settings.seed, (call.operation.name.as_str(), &call.arguments.path));
    let mut value = synthesise::value(platform, kind, "", &Bounds::default(), rng);
    if let Some(shape) = Shape::of(platform, Some(kind)) {
        end_of_list(world, call, shape, &mut value);
    } else if let (Type::Model(id), Value::Object(values)) = (kind, &mut value) {
        for property in &platform.model(*id).properties {
            let name = property.wire_name.as_str();
            let sent = call.arguments.body.as_ref().and_then(|body| body.get(name)).cloned();
            let known = sent.or_else(|| match name {
                "id" => own_id(call),
                "selfUri" if call.operation.method == Method::Get => Some(Value::from(call.path)),
                _ => None,
            });
            if let Some(known) = known
                && check::value(platform, &property.kind, &property.bounds, &known).is_empty()
            {
                values.insert(name.to_owned(), known);
            }
        }
    }
    Some(value)
}

/// Makes a made up page one that ends: a client that follows it must stop.
fn end_of_list(world: &World, call: &Call<'_>, shape: Shape, value: &mut Value) {
    let platform = &world.platform;
    let name = &shape.items(platform).wire_name;
    let items = value.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
    let Value::Object(values) = value else { return };
    for end in [
        "nextUri",
        "previousUri",
        "nextPage",
        "previousPage",
        "cursor",
        "nextCursor",
        "after",
        "before",
        "cursors",
    ] {
        values.remove(end);
    }
    let window = Window { offset: 0, size: 25 };
    let window =
        Window::of(call.operation, &call.arguments).map_or(window, |asked| Window { offset: 0, ..asked });
    let shown = window.cut(&items).to_vec();
    let total = shown.len();
    values.extend(page(platform, call.asked(), shape, window, shown, total));
}

/// The value of the path's last parameter, where the path ends with it.
fn own_id(call: &Call<'_>) -> Option<Value> {
    call.operation.path.text.ends_with('}').then_some(())?;
    call.arguments.path.last().map(|(_, value)| Value::from(value.as_str()))
}

/// The status that the definition gives to a success of this operation.
pub(super) fn success(operation: &Operation) -> StatusCode {
    let status = operation.successes.first().and_then(|status| StatusCode::from_u16(*status).ok());
    status.unwrap_or(StatusCode::NO_CONTENT)
}

/// Writes a result in the media type of the operation.
pub(super) fn respond(operation: &Operation, value: Option<Value>) -> Answer {
    let status = success(operation);
    let Some(value) = value.filter(|_| status != StatusCode::NO_CONTENT) else {
        return answer::empty(status);
    };
    let media = operation.produces.first().map_or("application/json", String::as_str);
    if check::is_json(media) || media == "*/*" {
        let mut answer = answer::json(status, &value);
        if media != "*/*"
            && let Ok(media) = HeaderValue::from_str(media)
        {
            answer.headers_mut().insert(http::header::CONTENT_TYPE, media);
        }
        return answer;
    }
    let text = match (&value, media) {
        (_, "text/calendar") => CALENDAR.to_owned(),
        (Value::String(text), _) => text.clone(),
        (other, _) => other.to_string(),
    };
    let media = HeaderValue::from_str(media).unwrap_or(HeaderValue::from_static("application/octet-stream"));
    answer::bytes(status, media, text)
}

/// A calendar of one appointment (RFC 5545).
const CALENDAR: &str = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//purecloud//emulator//EN\r\nBEGIN:VEVENT\r\n\
    UID:1@example.com\r\nDTSTAMP:20260105T080000Z\r\nDTSTART:20260105T090000Z\r\nDTEND:20260105T170000Z\r\n\
    SUMMARY:Shift\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";
