//! Forms: the fields of Swagger 2.0 and the body of `OpenAPI` 3 become one body, an object of its fields.

use std::collections::HashSet;

use super::Contents;
use crate::draft::Parameter;
use crate::keywords;
use crate::model::{Bounds, Form, FormEncoding, ListStyle, ModelId, Place, Property, Type};
use crate::node::Node;
use crate::openapi3;
use crate::place::At;
use crate::problem::{Problems, quoted};
use crate::schema::{Hint, Schemas};

/// The body that the fields of an operation of Swagger 2.0 are, and its form in `contents`.
pub(super) fn of_fields(
    fields: Vec<(Parameter, ListStyle)>,
    at: At<'_>,
    owner: &str,
    contents: &mut Contents,
    schemas: &mut Schemas<'_>,
    problems: &mut Problems,
) -> Parameter {
    let has_file = fields.iter().any(|(field, _)| is_file(&field.kind));
    let encoding = encoding(&contents.consumes, has_file);
    // Whatever else the operation consumes, fields are one of the two.
    contents.consumes.retain(|media| FormEncoding::of_media(media) == Some(encoding));
    if contents.consumes.is_empty() {
        contents.consumes.push(encoding.media().to_owned());
    }
    let mut form = Form { encoding, joined: Vec::new() };
    let required = fields.iter().any(|(field, _)| field.place.required());
    let mut properties = Vec::with_capacity(fields.len());
    for (field, list) in fields {
        if matches!(field.kind, Type::List(_)) {
            note_list(&mut form, &field.wire_name, list, at, problems);
        }
        properties.push(Property {
            wire_name: field.wire_name,
            kind: field.kind,
            required: field.place.required(),
            read_only: false,
            nullable: false,
            deprecated: field.deprecated,
            bounds: field.bounds,
            default: field.default,
            description: field.description,
        });
    }
    let model = schemas.form_model(Hint { owner, own: "Form" }, properties, at, problems);
    check_fields(encoding, model, at, schemas, problems);
    contents.form = Some(form);
    Parameter {
        wire_name: "body".to_owned(),
        place: Place::Body { required },
        kind: Type::Model(model),
        bounds: Bounds::default(),
        default: None,
        description: None,
        deprecated: false,
    }
}

/// The first form among the media types; where a file needs parts, that one.
fn encoding(consumes: &[String], has_file: bool) -> FormEncoding {
    if has_file {
        return FormEncoding::Multipart;
    }
    consumes.iter().find_map(|media| FormEncoding::of_media(media)).unwrap_or(FormEncoding::UrlEncoded)
}

/// The form that a body of `OpenAPI` 3 is: `media` says how its fields are written, `kind` is its schema's type. What
/// cannot be written is an error at the cost of the operation.
pub(crate) fn body<'d>(
    encoding: FormEncoding,
    kind: &Type,
    media: &'d Node<'d>,
    at: At<'_>,
    schemas: &Schemas<'_>,
    problems: &mut Problems,
) -> Form {
    let mut form = Form { encoding, joined: Vec::new() };
    let model = match kind {
        Type::Model(model) => {
            check_fields(encoding, *model, at.key("schema"), schemas, problems);
            Some(*model)
        }
        Type::Any | Type::Map(_) => None,
        _ => {
            let message = "a form that is not an object";
            problems.error(at.key("schema"), message, "give it a schema with the fields as `properties`");
            None
        }
    };
    let here = at.key("encoding");
    let Some(stated) = media.get("encoding").and_then(|node| keywords::object(node, here, problems)) else {
        return form;
    };
    for (name, node) in stated.iter() {
        let properties = model.map(|model| schemas.models[model.0 as usize].properties.as_slice());
        let field = properties.unwrap_or_default().iter().find(|property| property.wire_name == name);
        field_encoding(&mut form, name, field.map(|field| &field.kind), node, here.key(name), problems);
    }
    form
}

/// The encoding of one field by `encoding`.
fn field_encoding<'d>(
    form: &mut Form,
    name: &str,
    kind: Option<&Type>,
    node: &'d Node<'d>,
    at: At<'_>,
    problems: &mut Problems,
) {
    let Some(object) = keywords::object(node, at, problems) else { return };
    let (mut style, mut explode) = (None, None);
    for (key, value) in object.iter() {
        let here = at.key(key);
        match key {
            "style" => style = keywords::text(value, here, problems),
            "explode" => explode = Some(keywords::flag(value, here, problems)),
            "contentType" => {
                let media = keywords::text(value, here, problems).unwrap_or_default();
                if !can_write(media, kind) {
                    let message = format!("a field that is written as {}", quoted(media));
                    problems.error(here, message, "leave the `contentType` out, or send the field as a file");
                }
            }
            "headers" if value.as_object().is_some_and(|headers| headers.len() > 0) => {
                problems.error(here, "headers of a field", "send what they say in a field of its own");
            }
            "headers" | "allowReserved" => {}
            _ if key.starts_with("x-") => {}
            _ => super::unknown(key, here, problems),
        }
    }
    if style == Some("deepObject") {
        problems.error(
            at.key("style"),
            "a field in the style `deepObject`",
            "send each value in a field of its own",
        );
    } else if style.is_some() || explode.is_some() {
        let list = openapi3::list_style(style, explode, at, problems);
        note_list(form, name, list, at, problems);
    }
}

/// Returns whether a field of this type goes out as this media type when nothing else is said: files as whatever they
/// are, objects as JSON, the rest as text.
fn can_write(media: &str, kind: Option<&Type>) -> bool {
    let each = match kind {
        Some(Type::List(item)) => Some(&**item),
        kind => kind,
    };
    let mut media = media.split(',').map(|one| one.split(';').next().unwrap_or_default().trim());
    match each {
        Some(Type::Bytes) | None => true,
        Some(Type::Model(_) | Type::Map(_)) => media.any(|one| openapi3::is_json(one) || one == "*/*"),
        Some(_) => media.any(|one| matches!(one, "text/plain" | "*/*" | "text/*")),
    }
}

/// Notes how a field that is a list is written.
fn note_list(form: &mut Form, name: &str, list: ListStyle, at: At<'_>, problems: &mut Problems) {
    match list {
        ListStyle::Multi => {}
        ListStyle::Comma => form.joined.push(name.to_owned()),
        ListStyle::Space | ListStyle::Pipe => problems.error(
            at,
            format!("the field {} is a list with spaces or pipes between its items", quoted(name)),
            "write it as one field for each item, or with commas",
        ),
    }
}

/// Notes each field that the form has no way to write.
fn check_fields(
    encoding: FormEncoding,
    model: ModelId,
    at: At<'_>,
    schemas: &Schemas<'_>,
    problems: &mut Problems,
) {
    for property in &schemas.models[model.0 as usize].properties {
        let single = match &property.kind {
            Type::List(item) => item,
            kind => kind,
        };
        let what = match (encoding, single) {
            (_, Type::List(_)) => "a list of lists",
            (FormEncoding::UrlEncoded, Type::Bytes) => "a file, for which this form has no room",
            (FormEncoding::UrlEncoded, Type::Model(_) | Type::Map(_)) => {
                "an object, for which this form has no room"
            }
            (_, Type::Model(_) | Type::Map(_) | Type::OneOf(_)) if holds_file(single, schemas) => {
                "an object with a file in it"
            }
            _ => continue,
        };
        let message = format!("the field {} is {what}", quoted(&property.wire_name));
        problems.error(at, message, "send it as `multipart/form-data`, or as fields of its own");
    }
}

fn is_file(kind: &Type) -> bool {
    match kind {
        Type::List(item) => **item == Type::Bytes,
        kind => *kind == Type::Bytes,
    }
}

/// Returns whether a file is somewhere in a value of this type.
fn holds_file(kind: &Type, schemas: &Schemas<'_>) -> bool {
    let mut pending = vec![kind];
    let mut seen = HashSet::new();
    while let Some(kind) = pending.pop() {
        match kind {
            Type::Bytes => return true,
            Type::List(item) | Type::Map(item) => pending.push(item),
            Type::OneOf(kinds) => pending.extend(kinds),
            Type::Model(id) if seen.insert(*id) => {
                let model = &schemas.models[id.0 as usize];
                pending.extend(model.properties.iter().map(|property| &property.kind));
                pending.extend(&model.additional);
            }
            _ => {}
        }
    }
    false
}
