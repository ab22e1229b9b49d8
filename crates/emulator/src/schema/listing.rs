//! Pages of a list, in every style that the platform has.
//!
//! Which style an operation has shows in its parameters and in the properties of its result: where to begin is
//! read from whichever parameter was given, and every paging property that the result has is filled in. So an
//! operation that has two styles answers both, as the platform's do.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use purecloud_definition::Platform;
use purecloud_definition::model::{Model, ModelId, Operation, Property, TextFormat, Type};
use serde_json::{Map, Value, json};

use crate::http::problem::{Detail, Problem};
use crate::schema::check::Arguments;

/// The page size where neither the caller nor the definition says one.
const USUAL_SIZE: usize = 25;
/// The largest page.
const LARGEST: usize = 1000;
/// Parameters that say where to go on.
const TOKENS: &[&str] = &["after", "cursor", "before", "nextPage"];
/// Names of the property that has the items, the likeliest first.
const ITEMS: &[&str] = &["entities", "results", "Resources", "conversations", "items", "resources"];

/// A result that is a page of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Shape {
    model: ModelId,
    /// Index of the property that has the items.
    items: usize,
    /// What each item is.
    pub(crate) item: ModelId,
}

impl Shape {
    /// The shape of this type, if it is a page of models.
    pub(crate) fn of(platform: &Platform, kind: Option<&Type>) -> Option<Self> {
        let Some(Type::Model(id)) = kind else { return None };
        let properties = &platform.model(*id).properties;
        let item = |index: &usize| match &properties[*index].kind {
            Type::List(item) => match **item {
                Type::Model(item) => Some(item),
                _ => None,
            },
            _ => None,
        };
        let named = ITEMS
            .iter()
            .filter_map(|name| properties.iter().position(|property| property.wire_name == *name))
            .find(|index| item(index).is_some());
        let items = named?;
        item(&items).map(|item| Self { model: *id, items, item })
    }

    fn model<'a>(&self, platform: &'a Platform) -> &'a Model {
        platform.model(self.model)
    }

    /// The property that has the items.
    pub(crate) fn items<'a>(&self, platform: &'a Platform) -> &'a Property {
        &self.model(platform).properties[self.items]
    }
}

/// Which part of a list is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Window {
    pub(crate) offset: usize,
    pub(crate) size: usize,
}

impl Window {
    /// Reads the window from the query.
    ///
    /// # Errors
    /// 400 for a token that this emulator did not give out, and for sizes and numbers below 1.
    pub(crate) fn of(operation: &Operation, arguments: &Arguments) -> Result<Self, Problem> {
        let size = ["pageSize", "limit", "count", "maxResults", "size"]
            .iter()
            .find_map(|name| positive(operation, arguments, name).transpose())
            .transpose()?
            .unwrap_or_else(|| default_size(operation))
            .min(LARGEST);
        let offset = if let Some(token) =
            TOKENS.iter().filter(|name| is_token(operation, name)).find_map(|name| given(arguments, name))
        {
            read_token(token).ok_or_else(|| invalid("cursor", token))?
        } else if let Some(number) = positive(operation, arguments, "pageNumber")? {
            (number - 1).saturating_mul(size)
        } else if let Some(index) = positive(operation, arguments, "startIndex")? {
            index - 1
        } else {
            0
        };
        Ok(Self { offset, size })
    }

    /// The part of `items` that it shows.
    pub(crate) fn cut<T>(self, items: &[T]) -> &[T] {
        let start = self.offset.min(items.len());
        let end = start.saturating_add(self.size).min(items.len());
        &items[start..end]
    }
}

/// Who asks for a page, and how.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asked<'a> {
    pub(crate) operation: &'a Operation,
    pub(crate) arguments: &'a Arguments,
    /// The path of the request, still encoded.
    pub(crate) path: &'a str,
}

/// A page: `items` out of `total`, with everything that says how to go on.
pub(crate) fn page(
    platform: &Platform,
    asked: Asked<'_>,
    shape: Shape,
    window: Window,
    items: Vec<Value>,
    total: usize,
) -> Map<String, Value> {
    let mut page = Map::new();
    let end = window.offset.saturating_add(items.len());
    let next = (end < total && !items.is_empty()).then_some(end);
    let previous = (window.offset > 0).then(|| window.offset.saturating_sub(window.size));
    let last = total.saturating_sub(1) / window.size * window.size;
    let count = items.len();
    let address = |offset: usize| address(asked, window.size, offset);
    let mut items = Some(Value::Array(items));
    for (index, property) in shape.model(platform).properties.iter().enumerate() {
        let name = property.wire_name.as_str();
        let text = matches!(property.kind, Type::Text(_));
        // A `total` of some listings is an object with a meaning of its own.
        let simple = text || matches!(property.kind, Type::Integer(_) | Type::Number);
        let number = |value: usize| if text { json!(value.to_string()) } else { json!(value) };
        let value = match name {
            _ if index == shape.items => items.take(),
            "schemas" => Some(json!(["urn:ietf:params:scim:api:messages:2.0:ListResponse"])),
            "cursors" if !simple => {
                let cursors = [("before", previous), ("after", next)].into_iter();
                let cursors: Map<String, Value> = cursors
                    .filter_map(|(name, offset)| offset.map(|offset| (name.to_owned(), json!(token(offset)))))
                    .collect();
                (!cursors.is_empty()).then_some(Value::Object(cursors))
            }
            _ if !simple => None,
            "pageSize" => Some(number(window.size)),
            "pageNumber" => Some(number(window.offset / window.size + 1)),
            "pageCount" => Some(number(total.div_ceil(window.size))),
            "total" | "totalHits" | "totalCount" | "totalResults" | "totalNumberOfEntities" => {
                Some(number(total))
            }
            "count" | "itemsPerPage" => Some(number(count)),
            "startIndex" => Some(number(window.offset + 1)),
            "selfUri" | "currentPage" => Some(json!(address(window.offset))),
            "firstUri" => Some(json!(address(0))),
            "lastUri" => Some(json!(address(last))),
            "nextUri" | "nextPage" => next.map(|offset| json!(address(offset))),
            "previousUri" | "previousPage" => previous.map(|offset| json!(address(offset))),
            "after" | "cursor" | "nextCursor" => next.map(|offset| json!(token(offset))),
            "before" => previous.map(|offset| json!(token(offset))),
            _ => None,
        };
        if let Some(value) = value {
            page.insert(name.to_owned(), value);
        }
    }
    page
}

/// The address of another part of the same list: relative to the host, as the platform gives them.
fn address(asked: Asked<'_>, size: usize, offset: usize) -> String {
    let Asked { operation, arguments, path } = asked;
    let mut query = form_urlencoded::Serializer::new(String::new());
    let replaced = ["pageNumber", "pageSize", "after", "before", "cursor", "nextPage"];
    query.extend_pairs(arguments.query.iter().filter(|(name, _)| !replaced.contains(&name.as_str())));
    query.append_pair("pageSize", &size.to_string());
    let numbered = operation.parameters.iter().any(|parameter| parameter.wire_name == "pageNumber");
    if numbered && offset.is_multiple_of(size) {
        query.append_pair("pageNumber", &(offset / size + 1).to_string());
    } else if offset > 0 {
        let name = TOKENS.iter().find(|name| is_token(operation, name)).unwrap_or(&"cursor");
        query.append_pair(name, &token(offset));
    }
    format!("{path}?{}", query.finish())
}

/// Where to go on, as a token that callers must not take apart.
pub(crate) fn token(offset: usize) -> String {
    URL_SAFE_NO_PAD.encode(format!("offset:{offset}"))
}

/// As [`token`], for a page without items that stands before that place.
pub(crate) fn gap(offset: usize) -> String {
    URL_SAFE_NO_PAD.encode(format!("gap:{offset}"))
}

/// What follows the page without items that a token stands for, if it does.
pub(crate) fn read_gap(token: &str) -> Option<usize> {
    let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
    std::str::from_utf8(&bytes).ok()?.strip_prefix("gap:")?.parse().ok()
}

pub(crate) fn read_token(token: &str) -> Option<usize> {
    let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
    std::str::from_utf8(&bytes).ok()?.strip_prefix("offset:")?.parse().ok()
}

/// Whether a parameter of this name would be a token. Some lists have an `after` that is a date.
fn is_token(operation: &Operation, name: &str) -> bool {
    let own = operation.parameters.iter().find(|parameter| parameter.wire_name == name);
    own.is_none_or(|parameter| matches!(parameter.kind, Type::Text(TextFormat::Plain | TextFormat::Other)))
}

fn given<'a>(arguments: &'a Arguments, name: &str) -> Option<&'a str> {
    arguments.query(name).filter(|value| !value.is_empty())
}

fn positive(operation: &Operation, arguments: &Arguments, name: &str) -> Result<Option<usize>, Problem> {
    // `count` and `size` mean paging only where the definition has them.
    if !operation.parameters.iter().any(|parameter| parameter.wire_name == name) {
        return Ok(None);
    }
    let Some(text) = given(arguments, name) else { return Ok(None) };
    match text.trim().parse::<usize>() {
        Ok(value) if value > 0 => Ok(Some(value)),
        _ => Err(invalid(name, text)),
    }
}

fn default_size(operation: &Operation) -> usize {
    operation
        .parameters
        .iter()
        .find(|parameter| parameter.wire_name == "pageSize")
        .and_then(|parameter| parameter.default.as_ref())
        .and_then(|default| match default {
            Value::Number(number) => number.as_u64(),
            Value::String(text) => text.parse().ok(),
            _ => None,
        })
        .and_then(|size| usize::try_from(size).ok())
        .filter(|size| *size > 0)
        .unwrap_or(USUAL_SIZE)
}

fn invalid(name: &str, text: &str) -> Problem {
    let message =
        format!("Value [{}] is not valid for field [{name}].", text.chars().take(100).collect::<String>());
    Problem::invalid(vec![Detail { code: "invalid.value", field: name.to_owned(), message }])
}

#[cfg(test)]
mod tests {
    use purecloud_definition::model::{ListStyle, Method, Place, Width};

    use super::*;
    use crate::fixture::{model, parameter, property, routes};

    fn platform() -> Platform {
        let mut platform = routes(&[(Method::Get, "/users")]);
        let text = || Type::Text(TextFormat::Plain);
        platform.models = vec![
            model("User", vec![property("id", text(), true)]),
            model(
                "Users",
                vec![
                    property("entities", Type::List(Box::new(Type::Model(ModelId(0)))), false),
                    property("pageNumber", Type::Integer(Width::Bits32), false),
                    property("pageCount", Type::Integer(Width::Bits32), false),
                    property("total", Type::Integer(Width::Bits64), false),
                    property("nextUri", text(), false),
                    property("cursor", text(), false),
                ],
            ),
        ];
        platform.operations[0].result = Some(Type::Model(ModelId(1)));
        let query = Place::Query { required: false, list: ListStyle::Multi };
        for name in ["pageSize", "pageNumber"] {
            platform.operations[0].parameters.push(parameter(name, query, Type::Integer(Width::Bits32)));
        }
        platform
    }

    fn ask(query: &str) -> Result<Map<String, Value>, Problem> {
        let platform = platform();
        let operation = &platform.operations[0];
        let shape = Shape::of(&platform, operation.result.as_ref()).unwrap();
        let arguments = Arguments {
            query: form_urlencoded::parse(query.as_bytes()).into_owned().collect(),
            ..Arguments::default()
        };
        let items: Vec<Value> = (0..7).map(|id| json!(id)).collect();
        let window = Window::of(operation, &arguments)?;
        let shown = window.cut(&items).to_vec();
        Ok(page(
            &platform,
            Asked { operation, arguments: &arguments, path: "/users" },
            shape,
            window,
            shown,
            items.len(),
        ))
    }

    #[test]
    fn pages_have_numbers_and_an_end() {
        let first = ask("pageSize=3").unwrap();
        assert_eq!(first["entities"], json!([0, 1, 2]));
        assert_eq!((&first["pageNumber"], &first["pageCount"]), (&json!(1), &json!(3)));
        let last = ask("pageSize=3&pageNumber=3").unwrap();
        assert_eq!(last["entities"], json!([6]));
        assert!(!last.contains_key("nextUri") && !last.contains_key("cursor"));
        assert_eq!(ask("pageSize=3&pageNumber=4").unwrap()["entities"], json!([]));
    }

    #[test]
    fn following_the_next_address_sees_each_item_once() {
        for start in ["pageSize=2", "pageSize=2&pageNumber=1"] {
            let mut seen = Vec::new();
            let mut query = start.to_owned();
            loop {
                let page = ask(&query).unwrap();
                seen.extend(page["entities"].as_array().unwrap().clone());
                let Some(next) = page.get("nextUri") else { break };
                query = next.as_str().unwrap().split_once('?').unwrap().1.to_owned();
            }
            assert_eq!(seen, (0..7).map(|id| json!(id)).collect::<Vec<_>>(), "{start}");
        }
    }

    #[test]
    fn following_the_cursor_sees_each_item_once() {
        let mut seen = Vec::new();
        let mut query = "pageSize=3".to_owned();
        loop {
            let page = ask(&query).unwrap();
            seen.extend(page["entities"].as_array().unwrap().clone());
            let Some(cursor) = page.get("cursor") else { break };
            query = format!("pageSize=3&cursor={}", cursor.as_str().unwrap());
        }
        assert_eq!(seen.len(), 7);
    }

    #[test]
    fn nonsense_is_refused_and_the_enormous_is_empty() {
        for query in ["pageSize=0", "pageNumber=0", "cursor=zzz", "pageSize=-1"] {
            assert!(ask(query).is_err(), "{query}");
        }
        let most = usize::MAX;
        assert_eq!(ask(&format!("pageNumber={most}")).unwrap()["entities"], json!([]));
    }
}
