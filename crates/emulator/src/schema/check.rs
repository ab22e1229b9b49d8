//! Whether a request fits its operation: every parameter and the whole body, all problems at once.
//!
//! Query parameters that the definition does not name are ignored, as the platform does, and so are properties
//! of a body. Bounds, patterns, formats and lists of values are checked where the definition states them.

mod form;
mod scalar;

pub(crate) use scalar::is_uuid;
pub(crate) use scalar::matches_pattern;

use std::fmt::Write as _;

use purecloud_definition::Platform;
use purecloud_definition::model::{Bounds, ListStyle, ModelId, Operation, Parameter, Place, Type};
use serde_json::{Map, Value};

use crate::http::problem::{Detail, Problem};
use crate::http::request::Request;
use crate::schema::router::parameter_names;

/// More problems than this say nothing new, and an answer must not outgrow its request.
const MOST_PROBLEMS: usize = 50;

/// The arguments of a call that fits its operation.
#[derive(Debug, Default)]
pub(crate) struct Arguments {
    /// Path values by wire name, in the order of the template.
    pub(crate) path: Vec<(String, String)>,
    /// The whole query, decoded; also pairs that the definition does not name.
    pub(crate) query: Vec<(String, String)>,
    /// The body, where it is JSON.
    pub(crate) body: Option<Value>,
}

impl Arguments {
    /// The first query value of this name.
    pub(crate) fn query(&self, name: &str) -> Option<&str> {
        crate::http::request::first(&self.query, name)
    }

    /// Every query value of this name, taken apart at commas too, since clients write lists both ways.
    pub(crate) fn query_list<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.query
            .iter()
            .filter(move |(key, _)| key == name)
            .flat_map(|(_, value)| value.split(','))
            .map(str::trim)
            .filter(|value| !value.is_empty())
    }
}

/// Reads the arguments of a call.
///
/// # Errors
/// 400 with every problem found, and 415 for a body of another media type.
pub(crate) fn arguments(
    platform: &Platform,
    operation: &Operation,
    values: Vec<String>,
    request: &Request,
) -> Result<Arguments, Problem> {
    let mut check = Check { platform, problems: Vec::new() };
    let path: Vec<_> = parameter_names(&operation.path).map(str::to_owned).zip(values).collect();
    let query = request.query_pairs();
    let mut body = None;
    for parameter in &operation.parameters {
        let name = parameter.wire_name.as_str();
        match parameter.place {
            Place::Path => {
                if let Some(value) = crate::http::request::first(&path, name) {
                    check.text(&parameter.kind, &parameter.bounds, value, name);
                }
            }
            Place::Query { required, list } => check.query(parameter, required, list, &query),
            Place::Header { required } => check.header(parameter, required, request),
            Place::Body { required } => {
                body = match &operation.form {
                    Some(form) => check.form(operation, form, parameter, request)?,
                    None => check.body(operation, parameter, required, request)?,
                };
            }
        }
    }
    if check.problems.is_empty() {
        Ok(Arguments { path, query, body })
    } else {
        Err(Problem::invalid(check.problems))
    }
}

/// What is wrong with a value of this type; for tests and for entities read from files.
pub(crate) fn value(platform: &Platform, kind: &Type, bounds: &Bounds, value: &Value) -> Vec<Detail> {
    let mut check = Check { platform, problems: Vec::new() };
    check.json(kind, bounds, value, &mut String::from("body"));
    check.problems
}

struct Check<'a> {
    platform: &'a Platform,
    problems: Vec<Detail>,
}

impl Check<'_> {
    fn report(&mut self, code: &'static str, field: &str, message: String) {
        if self.problems.len() < MOST_PROBLEMS {
            self.problems.push(Detail { code, field: field.to_owned(), message });
        }
    }

    fn missing(&mut self, field: &str) {
        self.report("required.field.missing", field, format!("The field [{field}] is required."));
    }

    fn query(&mut self, parameter: &Parameter, required: bool, list: ListStyle, query: &[(String, String)]) {
        let name = parameter.wire_name.as_str();
        // An empty value is what several clients send for "nothing".
        let mut given = query.iter().filter(|(key, value)| key == name && !value.is_empty()).peekable();
        if given.peek().is_none() {
            if required {
                self.missing(name);
            }
            return;
        }
        if let Type::List(item) = &parameter.kind {
            let separator = match list {
                ListStyle::Multi | ListStyle::Comma => ',',
                ListStyle::Space => ' ',
                ListStyle::Pipe => '|',
            };
            let values: Vec<&str> = given.flat_map(|(_, value)| value.split(separator)).collect();
            self.count(&parameter.bounds, values.len(), name);
            for value in values {
                self.text(item, &Bounds::default(), value, name);
            }
        } else {
            for (_, value) in given {
                self.text(&parameter.kind, &parameter.bounds, value, name);
            }
        }
    }

    fn header(&mut self, parameter: &Parameter, required: bool, request: &Request) {
        let name = parameter.wire_name.as_str();
        let value = request.headers.get(name).map(http::HeaderValue::to_str);
        match value {
            None if required => self.missing(name),
            None => {}
            Some(Ok(value)) => self.text(&parameter.kind, &parameter.bounds, value, name),
            Some(Err(_)) => {
                self.report("invalid.value", name, format!("The header [{name}] is not plain text."));
            }
        }
    }

    fn body(
        &mut self,
        operation: &Operation,
        parameter: &Parameter,
        required: bool,
        request: &Request,
    ) -> Result<Option<Value>, Problem> {
        if request.body.iter().all(u8::is_ascii_whitespace) {
            if required {
                self.missing("body");
            }
            return Ok(None);
        }
        let media = request.media_type().unwrap_or_default();
        let accepted = if operation.consumes.is_empty() {
            is_json(&media)
        } else {
            // Some definitions say JSON where a flavour of it is meant, and the other way round.
            operation.consumes.iter().any(|known| {
                known.eq_ignore_ascii_case(&media) || known == "*/*" || (is_json(known) && is_json(&media))
            })
        };
        if !accepted {
            let allowed = if operation.consumes.is_empty() {
                "application/json".to_owned()
            } else {
                operation.consumes.join(", ")
            };
            return Err(Problem::unsupported_media_type(&allowed));
        }
        if !is_json(&media) {
            return Ok(None);
        }
        let value: Value = serde_json::from_slice(&request.body).map_err(|error| {
            Problem::bad_request(format!(
                "The request could not be understood by the server due to malformed syntax. The body is not \
                 JSON: {error}"
            ))
        })?;
        self.json(&parameter.kind, &parameter.bounds, &value, &mut String::from("body"));
        Ok(Some(value))
    }

    /// A value that stands as text in a path, a query or a header.
    fn text(&mut self, kind: &Type, bounds: &Bounds, text: &str, field: &str) {
        let value = match kind {
            Type::Enumeration(id) => {
                let values = &self.platform.enumeration(*id).values;
                // Clients write values of enumerations in either case, and the platform takes them.
                let same = |value: &&Value| match value {
                    Value::String(value) => value.eq_ignore_ascii_case(text),
                    other => text.parse::<Value>().is_ok_and(|text| text == **other),
                };
                let Some(value) = values.iter().find(same) else {
                    let message = scalar::not_one_of(text, &self.platform.enumeration(*id).name, values);
                    return self.report("invalid.value", field, message);
                };
                Some(value.clone())
            }
            kind => scalar_of_text(kind, text),
        };
        let Some(value) = value else {
            let message = format!(
                "Value [{}] is not valid for field type [{}].",
                scalar::cut(text),
                scalar::word(kind)
            );
            return self.report("invalid.value", field, message);
        };
        // A list or an object in a path or a query has no shape that the definition could name.
        if !matches!(kind, Type::List(_) | Type::Map(_) | Type::Model(_) | Type::OneOf(_)) {
            self.json(kind, bounds, &value, &mut field.to_owned());
        }
    }

    fn json(&mut self, kind: &Type, bounds: &Bounds, value: &Value, at: &mut String) {
        match (kind, value) {
            (Type::Any | Type::Bytes, _) | (Type::Boolean, Value::Bool(_)) => {}
            (Type::Text(format), Value::String(text)) => {
                if let Some(message) = scalar::text_problem(*format, bounds, text) {
                    self.report("invalid.value", at, message);
                }
            }
            (Type::Enumeration(id), Value::String(_) | Value::Number(_)) => {
                let known = self.platform.enumeration(*id);
                if !known.values.contains(value) {
                    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                    let message = scalar::not_one_of(&text, &known.name, &known.values);
                    self.report("invalid.value", at, message);
                }
            }
            (Type::Integer(width), Value::Number(number)) if scalar::is_whole(number, *width) => {
                self.number(bounds, number, at);
            }
            (Type::Number, Value::Number(number)) => self.number(bounds, number, at),
            (Type::List(item), Value::Array(items)) => {
                self.count(bounds, items.len(), at);
                let mark = at.len();
                for (index, value) in items.iter().enumerate() {
                    // Writing to a text cannot fail.
                    let _ = write!(at, "[{index}]");
                    self.json(item, &Bounds::default(), value, at);
                    at.truncate(mark);
                }
            }
            (Type::Map(item), Value::Object(values)) => {
                for (name, value) in values {
                    self.inside(item, &Bounds::default(), name, value, at);
                }
            }
            (Type::Model(id), Value::Object(values)) => self.model(*id, values, at),
            (Type::OneOf(kinds), _) => {
                let fits =
                    kinds.iter().any(|kind| self::value(self.platform, kind, bounds, value).is_empty());
                if !fits {
                    let message = "The value matches none of the allowed types.".to_owned();
                    self.report("invalid.value", at, message);
                }
            }
            _ => {
                let text = scalar::cut(&value.to_string());
                let message = format!("Value [{text}] is not valid for field type [{}].", scalar::word(kind));
                self.report("invalid.value", at, message);
            }
        }
    }

    fn model(&mut self, id: ModelId, values: &Map<String, Value>, at: &mut String) {
        let platform = self.platform;
        let model = platform.model(id);
        for property in &model.properties {
            let name = property.wire_name.as_str();
            match values.get(name) {
                // The platform treats `null` as "not given".
                None | Some(Value::Null) => {
                    if property.required && !property.read_only && !property.nullable {
                        let field = format!("{at}.{name}");
                        self.missing(&field);
                    }
                }
                Some(value) => self.inside(&property.kind, &property.bounds, name, value, at),
            }
        }
        if let Some(kind) = &model.additional {
            for (name, value) in values {
                if !model.properties.iter().any(|property| property.wire_name == *name) && !value.is_null() {
                    self.inside(kind, &Bounds::default(), name, value, at);
                }
            }
        }
    }

    fn inside(&mut self, kind: &Type, bounds: &Bounds, name: &str, value: &Value, at: &mut String) {
        let mark = at.len();
        at.push('.');
        at.push_str(name);
        self.json(kind, bounds, value, at);
        at.truncate(mark);
    }

    fn number(&mut self, bounds: &Bounds, number: &serde_json::Number, at: &str) {
        let value = number.as_f64().unwrap_or(f64::NAN);
        if let Some(minimum) = bounds.minimum
            && value < minimum
        {
            self.report("invalid.value", at, format!("Value [{number}] must be at least {minimum}."));
        }
        if let Some(maximum) = bounds.maximum
            && value > maximum
        {
            self.report("invalid.value", at, format!("Value [{number}] must be at most {maximum}."));
        }
    }

    fn count(&mut self, bounds: &Bounds, count: usize, at: &str) {
        let count = count as u64;
        if let Some(fewest) = bounds.min_items
            && count < fewest
        {
            self.report("invalid.value", at, format!("The list must have at least {fewest} items."));
        }
        if let Some(most) = bounds.max_items
            && count > most
        {
            self.report("invalid.value", at, format!("The list must have at most {most} items."));
        }
    }
}

/// The value of this type that stands as text outside of JSON; `None` where it is none.
fn scalar_of_text(kind: &Type, text: &str) -> Option<Value> {
    match kind {
        Type::Integer(width) => {
            let (least, most) = width.range();
            let number = text.trim().parse::<i64>().ok().filter(|number| (least..=most).contains(number));
            number.map(Value::from)
        }
        Type::Number => {
            text.trim().parse::<f64>().ok().and_then(serde_json::Number::from_f64).map(Value::Number)
        }
        Type::Boolean if text.eq_ignore_ascii_case("true") => Some(Value::Bool(true)),
        Type::Boolean if text.eq_ignore_ascii_case("false") => Some(Value::Bool(false)),
        Type::Boolean => None,
        _ => Some(Value::from(text)),
    }
}

/// Whether a media type is JSON or a flavour of it.
pub(crate) fn is_json(media: &str) -> bool {
    media == "application/json" || media == "text/json" || media.ends_with("+json")
}

#[cfg(test)]
mod tests {
    use http::header;
    use purecloud_definition::model::{Method, TextFormat, Width};
    use serde_json::json;

    use super::*;
    use crate::fixture::{self, model, parameter, property};

    fn platform() -> Platform {
        let mut platform = fixture::routes(&[(Method::Post, "/users/{userId}")]);
        let text = || Type::Text(TextFormat::Plain);
        platform.models.push(model(
            "User",
            vec![
                property("name", text(), true),
                property("age", Type::Integer(Width::Bits32), false),
                property("born", Type::Text(TextFormat::Date), false),
                property("friends", Type::List(Box::new(Type::Model(ModelId(0)))), false),
            ],
        ));
        let operation = &mut platform.operations[0];
        operation.parameters.extend([
            parameter(
                "size",
                Place::Query { required: true, list: ListStyle::Multi },
                Type::Integer(Width::Bits32),
            ),
            parameter(
                "id",
                Place::Query { required: false, list: ListStyle::Multi },
                Type::List(Box::new(Type::Integer(Width::Bits32))),
            ),
            parameter("body", Place::Body { required: true }, Type::Model(ModelId(0))),
        ]);
        platform
    }

    fn call(query: &str, media: &'static str, body: &str) -> Result<Arguments, Problem> {
        let headers = [(header::CONTENT_TYPE, media)];
        let target = format!("/users/7?{query}");
        let request = fixture::request(http::Method::POST, &target, &headers, body.to_owned());
        let platform = platform();
        arguments(&platform, &platform.operations[0], vec!["7".to_owned()], &request)
    }

    #[track_caller]
    fn fields(query: &str, body: &Value) -> Vec<String> {
        let problem = call(query, "application/json", &body.to_string()).unwrap_err();
        problem.details.into_iter().map(|detail| detail.field).collect()
    }

    #[test]
    fn a_call_that_fits_has_its_arguments() {
        let body = json!({ "name": "Ada", "age": 36, "born": "1815-12-10", "unknown": [1] });
        let found = call("size=2&id=1,2&id=3&other=x", "application/json", &body.to_string()).unwrap();
        assert_eq!(found.path, [("userId".to_owned(), "7".to_owned())]);
        assert_eq!(found.query_list("id").collect::<Vec<_>>(), ["1", "2", "3"]);
        assert_eq!(found.body, Some(body));
    }

    #[test]
    fn every_problem_is_found_with_its_place() {
        assert_eq!(
            fields("id=x", &json!({ "age": "old", "born": "yesterday", "friends": [{ "age": 1 }] })),
            ["size", "id", "body.name", "body.age", "body.born", "body.friends[0].name"]
        );
        assert_eq!(fields("size=two", &json!({ "name": "Ada" })), ["size"]);
        assert_eq!(fields("size=2", &json!([])), ["body"]);
    }

    #[test]
    fn a_number_that_is_too_large_is_refused() {
        assert_eq!(
            fields("size=2147483648", &json!({ "name": "Ada", "age": 2_147_483_648_i64 })),
            ["size", "body.age"]
        );
        let least = json!({ "name": "Ada", "age": i32::MIN });
        assert!(call("size=2147483647", "application/json", &least.to_string()).is_ok());
    }

    #[test]
    fn nulls_are_not_given() {
        assert!(call("size=1", "application/json", r#"{"name":"Ada","age":null}"#).is_ok());
        assert_eq!(fields("size=1", &json!({ "name": null })), ["body.name"]);
    }

    #[test]
    fn other_media_types_and_broken_json_are_refused() {
        assert_eq!(call("size=1", "text/html", "<p>").unwrap_err().status, 415);
        assert_eq!(call("size=1", "application/json; charset=utf-8", "{").unwrap_err().status, 400);
        assert_eq!(call("size=1", "application/json", "").unwrap_err().status, 400);
        let deep = "[".repeat(100_000);
        assert_eq!(call("size=1", "application/json", &deep).unwrap_err().status, 400);
    }

    #[test]
    fn the_number_of_problems_is_bounded() {
        let many: Vec<Value> = (0..1000).map(|_| json!({})).collect();
        assert_eq!(fields("size=1", &json!({ "name": "a", "friends": many })).len(), MOST_PROBLEMS);
    }
}
