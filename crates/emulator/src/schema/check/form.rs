//! Forms: their fields become the object that the definition says they are, and are checked as one.

use http::header;
use purecloud_definition::model::{Form, FormEncoding, Operation, Parameter, Type};
use serde_json::{Map, Value};

use super::{Check, scalar_of_text};
use crate::http::multipart;
use crate::http::problem::Problem;
use crate::http::request::Request;

/// The value of a field as it was sent.
enum Sent {
    Text(String),
    Json(Value),
    /// A file, by its name.
    File(String),
}

impl Check<'_> {
    /// The fields of a form as an object, where there are any; a file is its name.
    pub(super) fn form(
        &mut self,
        operation: &Operation,
        form: &Form,
        parameter: &Parameter,
        request: &Request,
    ) -> Result<Option<Value>, Problem> {
        let fields = if request.body.is_empty() { Vec::new() } else { fields(operation, form, request)? };
        if fields.is_empty() && !parameter.required() {
            return Ok(None);
        }
        let Some((_, model)) = operation.form_fields(self.platform) else {
            if fields.is_empty() {
                self.missing("body");
            }
            let any = fields.into_iter().map(|(name, value)| (name, value.into_value(&Type::Any)));
            return Ok(Some(Value::Object(any.collect())));
        };
        let mut object = Map::new();
        for property in &model.properties {
            let name = property.wire_name.as_str();
            let mut given = fields.iter().filter(|(field, _)| field == name).map(|(_, value)| value);
            let value = match &property.kind {
                Type::List(item) => {
                    let joined = form.joined.iter().any(|joined| joined == name);
                    let items: Vec<Value> = given.flat_map(|value| value.items(joined, item)).collect();
                    (!items.is_empty()).then_some(Value::Array(items))
                }
                kind => given.next().map(|value| {
                    if *kind == Type::Bytes && form.encoding == FormEncoding::Multipart && !value.is_file() {
                        let message = format!("The field [{name}] must be a file: a part with a file name.");
                        self.report("invalid.value", &format!("body.{name}"), message);
                    }
                    value.clone_value(kind)
                }),
            };
            object.extend(value.map(|value| (name.to_owned(), value)));
        }
        let value = Value::Object(object);
        self.json(&parameter.kind, &parameter.bounds, &value, &mut String::from("body"));
        Ok(Some(value))
    }
}

impl Sent {
    const fn is_file(&self) -> bool {
        matches!(self, Self::File(_))
    }

    /// The value that a field of this type has; text that is none stays text, which the check of values then refuses.
    fn into_value(self, kind: &Type) -> Value {
        match self {
            Self::Text(text) => scalar_of_text(kind, &text).unwrap_or(Value::String(text)),
            Self::Json(value) => value,
            Self::File(name) => Value::String(name),
        }
    }

    fn clone_value(&self, kind: &Type) -> Value {
        match self {
            Self::Text(text) => Self::Text(text.clone()),
            Self::Json(value) => Self::Json(value.clone()),
            Self::File(name) => Self::File(name.clone()),
        }
        .into_value(kind)
    }

    /// The items that one field of a list stands for.
    fn items(&self, joined: bool, item: &Type) -> Vec<Value> {
        match self {
            Self::Text(text) if joined => {
                text.split(',').map(|text| Self::Text(text.to_owned()).into_value(item)).collect()
            }
            other => vec![other.clone_value(item)],
        }
    }
}

/// The fields of a form in their order.
fn fields(operation: &Operation, form: &Form, request: &Request) -> Result<Vec<(String, Sent)>, Problem> {
    let media = request.media_type().unwrap_or_default();
    // A form that the definition takes either way is taken as it comes.
    let taken = |encoding: FormEncoding| {
        encoding == form.encoding
            || operation.consumes.iter().any(|media| FormEncoding::of_media(media) == Some(encoding))
    };
    match FormEncoding::of_media(&media).filter(|encoding| taken(*encoding)) {
        None => Err(Problem::unsupported_media_type(form.encoding.media())),
        Some(FormEncoding::UrlEncoded) => {
            Ok(request.form_pairs().into_iter().map(|(name, text)| (name, Sent::Text(text))).collect())
        }
        Some(FormEncoding::Multipart) => {
            let content_type = request.header(header::CONTENT_TYPE).unwrap_or_default();
            let parts = multipart::parts(content_type, &request.body)?;
            Ok(parts.into_iter().map(|part| (part.name.clone(), sent(part))).collect())
        }
    }
}

fn sent(part: multipart::Part) -> Sent {
    if let Some(name) = part.file {
        return Sent::File(name);
    }
    let is_json = part
        .media
        .as_deref()
        .is_some_and(|media| super::is_json(media.split(';').next().unwrap_or_default().trim()));
    match serde_json::from_slice(&part.content) {
        Ok(value) if is_json => Sent::Json(value),
        _ => Sent::Text(String::from_utf8_lossy(&part.content).into_owned()),
    }
}

#[cfg(test)]
mod tests {
    use purecloud_definition::Platform;
    use purecloud_definition::model::{Method, ModelId, Place, TextFormat, Width};
    use serde_json::json;

    use super::super::{Arguments, arguments};
    use crate::fixture::{self, model, parameter, property};

    use super::*;

    fn platform(encoding: FormEncoding) -> Platform {
        let mut platform = fixture::routes(&[(Method::Post, "/uploads")]);
        let text = || Type::Text(TextFormat::Plain);
        platform.models.push(model("Owner", vec![property("id", text(), true)]));
        let mut properties = vec![
            property("count", Type::Integer(Width::Bits64), false),
            property("tags", Type::List(Box::new(text())), true),
            property("sizes", Type::List(Box::new(Type::Integer(Width::Bits64))), false),
        ];
        if encoding == FormEncoding::Multipart {
            properties.push(property("content", Type::Bytes, true));
            properties.push(property("owner", Type::Model(ModelId(0)), false));
        }
        platform.models.push(model("Upload", properties));
        let operation = &mut platform.operations[0];
        operation.parameters.push(parameter("body", Place::Body { required: true }, Type::Model(ModelId(1))));
        operation.consumes = vec![encoding.media().to_owned()];
        operation.form = Some(Form { encoding, joined: vec!["sizes".to_owned()] });
        platform
    }

    fn call(encoding: FormEncoding, media: &'static str, body: &str) -> Result<Arguments, Problem> {
        let headers = [(header::CONTENT_TYPE, media)];
        let request = fixture::request(http::Method::POST, "/uploads", &headers, body.to_owned());
        let platform = platform(encoding);
        arguments(&platform, &platform.operations[0], Vec::new(), &request)
    }

    fn pairs(body: &str) -> Result<Arguments, Problem> {
        call(FormEncoding::UrlEncoded, "application/x-www-form-urlencoded", body)
    }

    fn parts(parts: &[(&str, &str)]) -> Result<Arguments, Problem> {
        let mut body = String::new();
        for (head, content) in parts {
            let lines = ["--x", &format!("Content-Disposition: form-data; name={head}"), "", content, ""];
            body += &lines.join("\r\n");
        }
        call(FormEncoding::Multipart, "multipart/form-data; boundary=x", &(body + "--x--\r\n"))
    }

    fn fields(result: Result<Arguments, Problem>) -> Vec<String> {
        result.unwrap_err().details.into_iter().map(|detail| detail.field).collect()
    }

    #[test]
    fn the_fields_of_a_form_are_the_object_that_the_definition_has() {
        let found = pairs("count=3&tags=a%20b&tags=c,d&other=x&sizes=1,2").unwrap();
        assert_eq!(found.body, Some(json!({ "count": 3, "tags": ["a b", "c,d"], "sizes": [1, 2] })));
        let file = ("\"content\"; filename=\"a.png\"", "\u{1}");
        let owner = ("\"owner\"\r\nContent-Type: application/json", r#"{"id":"u1"}"#);
        let found = parts(&[("\"tags\"", "a"), file, owner]).unwrap();
        assert_eq!(found.body, Some(json!({ "tags": ["a"], "content": "a.png", "owner": { "id": "u1" } })));
    }

    #[test]
    fn every_problem_of_a_form_is_found_with_its_place() {
        assert_eq!(fields(pairs("count=many&sizes=1,x")), ["body.count", "body.tags", "body.sizes[1]"]);
        assert_eq!(fields(pairs("")), ["body.tags"]);
        let owner = ("\"owner\"\r\nContent-Type: application/json", "{}");
        assert_eq!(fields(parts(&[("\"tags\"", "a"), owner])), ["body.content", "body.owner.id"]);
        assert_eq!(fields(parts(&[("\"tags\"", "a"), ("\"content\"", "text")])), ["body.content"]);
    }

    #[test]
    fn a_form_of_another_kind_and_what_is_none_are_refused() {
        let multipart = |media, body| call(FormEncoding::Multipart, media, body).unwrap_err().status;
        assert_eq!(multipart("application/x-www-form-urlencoded", "tags=a"), 415);
        assert_eq!(multipart("application/json", "{}"), 415);
        assert_eq!(multipart("multipart/form-data", "--x--"), 400);
        assert_eq!(multipart("multipart/form-data; boundary=x", "tags=a"), 400);
    }
}
