//! Writing.

use super::view::View;
use super::{Object, Value, scan};

/// Writes a value as JSON, without white space.
///
/// Fields without a value are left out; a number that JSON cannot hold (an infinite one, or none) is written as `null`,
/// as `serde_json` does.
pub fn to_vec<T: Value>(value: &T) -> Vec<u8> {
    whole(value.view(), Part::All)
}

/// Writes values as a JSON list.
pub fn list_to_vec<T: Value>(values: &[T]) -> Vec<u8> {
    list(values, Part::All)
}

/// Writes the body of a request: without what only the platform sets, as [`Shape::left_out`](super::Shape) has it.
pub(crate) fn request<T: Value>(body: &T) -> Vec<u8> {
    whole(body.view(), Part::Top)
}

/// Writes a model that stands within the body of a request.
#[allow(dead_code, reason = "used by the operations of features that are on")]
pub(crate) fn request_within<T: Value>(value: &T) -> Vec<u8> {
    whole(value.view(), Part::Within)
}

/// Writes the body of a request that is a list.
pub(crate) fn request_of_list<T: Value>(body: &[T]) -> Vec<u8> {
    list(body, Part::Top)
}

/// The part of a model that is written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    /// All of it.
    All = 0,
    /// The fields of a request at the top of its body. The number is the bit of [`Shape::left_out`](super::Shape).
    Top = 1,
    /// The fields of a request in a model within another.
    Within = 2,
}

fn whole(view: View<'_>, part: Part) -> Vec<u8> {
    let mut out = Vec::with_capacity(256);
    write(&mut out, view, part);
    out
}

fn list<T: Value>(values: &[T], part: Part) -> Vec<u8> {
    let mut out = Vec::with_capacity(256);
    out.push(b'[');
    for (index, value) in values.iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        write(&mut out, value.view(), part);
    }
    out.push(b']');
    out
}

/// Writes a value as [`to_vec`] does, as text.
pub fn to_string<T: Value>(value: &T) -> String {
    String::from_utf8(to_vec(value)).expect("every part is written as UTF-8")
}

/// Writes a view of a value as JSON text.
pub(super) fn view_to_string(view: View<'_>) -> String {
    let mut out = Vec::new();
    write(&mut out, view, Part::All);
    String::from_utf8(out).expect("every part is written as UTF-8")
}

fn write(out: &mut Vec<u8>, view: View<'_>, part: Part) {
    match view {
        View::Absent | View::Null => out.extend_from_slice(b"null"),
        View::Boolean(true) => out.extend_from_slice(b"true"),
        View::Boolean(false) => out.extend_from_slice(b"false"),
        View::Integer(number) => integer(out, number),
        View::Number(number) => any(out, &number),
        View::Text(value) => text(out, value),
        View::Any(value) => any(out, value),
        View::List(items) => {
            out.push(b'[');
            for index in 0..items.count() {
                if index > 0 {
                    out.push(b',');
                }
                write(out, items.item(index).view(), part);
            }
            out.push(b']');
        }
        View::Map(entries) => {
            out.push(b'{');
            let mut first = true;
            entries.each(&mut |name, value| {
                if !std::mem::take(&mut first) {
                    out.push(b',');
                }
                text(out, name);
                out.push(b':');
                write(out, value, part);
            });
            out.push(b'}');
        }
        View::Object(model) => object(out, model, part),
    }
}

#[inline(never)]
fn object(out: &mut Vec<u8>, model: &dyn Object, part: Part) {
    out.push(b'{');
    let shape = model.shape();
    let fields = shape.fields;
    let (left_out, inner) = match part {
        Part::All => (&[][..], Part::All),
        Part::Top | Part::Within => (shape.left_out.as_bytes(), Part::Within),
    };
    // The first field has no comma in front of it.
    let mut skip = 1;
    for (index, field) in fields.iter().enumerate() {
        // Digits end in the bits of their number.
        if left_out.get(index).is_some_and(|digit| digit & part as u8 != 0) {
            continue;
        }
        let view = model.get(index).view();
        if matches!(view, View::Absent) {
            continue;
        }
        out.extend_from_slice(&field.as_bytes()[skip..]);
        skip = 0;
        // Most fields are texts.
        if let View::Text(value) = view { text(out, value) } else { write(out, view, inner) }
    }
    if let View::Map(extra) = model.get(fields.len()).view() {
        extra.each(&mut |name, value| {
            if std::mem::take(&mut skip) == 0 {
                out.push(b',');
            }
            text(out, name);
            out.push(b':');
            write(out, value, inner);
        });
    }
    out.push(b'}');
}

fn any(out: &mut Vec<u8>, value: &impl serde::Serialize) {
    // Neither a `Vec` nor a `Value` nor a number can fail to be written.
    let _ = serde_json::to_writer(out, value);
}

fn integer(out: &mut Vec<u8>, number: i64) {
    any(out, &number);
}

#[inline]
fn text(out: &mut Vec<u8>, value: &str) {
    let bytes = value.as_bytes();
    out.push(b'"');
    let plain = scan::plain(bytes);
    if plain == bytes.len() {
        out.extend_from_slice(bytes);
    } else {
        escaped(out, bytes, plain);
    }
    out.push(b'"');
}

/// Writes a text in which something stands that JSON escapes, after so many bytes.
#[cold]
fn escaped(out: &mut Vec<u8>, mut rest: &[u8], mut at: usize) {
    loop {
        let (plain, special) = rest.split_at(at);
        out.extend_from_slice(plain);
        let Some((byte, after)) = special.split_first() else { return };
        match byte {
            b'"' => out.extend_from_slice(b"\\\""),
            b'\\' => out.extend_from_slice(b"\\\\"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            0x08 => out.extend_from_slice(b"\\b"),
            0x0c => out.extend_from_slice(b"\\f"),
            other => {
                const HEX: &[u8; 16] = b"0123456789abcdef";
                out.extend_from_slice(b"\\u00");
                out.push(HEX[usize::from(other >> 4)]);
                out.push(HEX[usize::from(other & 15)]);
            }
        }
        rest = after;
        at = scan::plain(rest);
    }
}
