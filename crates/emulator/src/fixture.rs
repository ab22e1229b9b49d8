//! Small platforms, and requests, for unit tests.

use bytes::Bytes;
use http::{HeaderName, HeaderValue};
use purecloud_definition::Platform;
use purecloud_definition::model::{
    Api, ApiId, Bounds, Method, Model, Operation, Parameter, PathTemplate, Piece, Place, Pointer, Property,
    Segment, TextFormat, Type,
};

use crate::http::request::Request;

/// A request to this path, which may have a query.
pub(crate) fn request(
    method: http::Method,
    target: &str,
    headers: &[(HeaderName, &str)],
    body: impl Into<Bytes>,
) -> Request {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let headers = headers.iter().map(|(name, value)| (name.clone(), HeaderValue::from_str(value).unwrap()));
    Request {
        method,
        path: path.to_owned(),
        query: query.to_owned(),
        headers: headers.collect(),
        body: body.into(),
    }
}

/// A platform with these routes, all text, without models.
pub(crate) fn routes(routes: &[(Method, &str)]) -> Platform {
    let mut platform = Platform {
        title: "Fixture".to_owned(),
        version: "1".to_owned(),
        apis: vec![Api { name: "FixtureApi".to_owned(), tag: "Fixture".to_owned(), operations: Vec::new() }],
        operations: Vec::new(),
        models: Vec::new(),
        enumerations: Vec::new(),
        topics: Vec::new(),
        first_segments: Vec::new(),
    };
    for (method, path) in routes {
        platform.operations.push(operation(*method, path));
    }
    platform
}

/// An operation without result or body.
pub(crate) fn operation(method: Method, path: &str) -> Operation {
    let path = template(path);
    let parameters = crate::schema::router::parameter_names(&path)
        .map(|name| parameter(name, Place::Path, Type::Text(TextFormat::Plain)))
        .collect();
    let name = format!("{}{}", method.as_str().to_ascii_lowercase(), path.text.replace('/', "_"));
    Operation {
        name: name.clone(),
        wire_name: name,
        legacy: Vec::new(),
        method,
        path,
        parameters,
        legacy_arguments: None,
        first_arguments: None,
        result: None,
        successes: vec![200],
        form: None,
        consumes: Vec::new(),
        produces: Vec::new(),
        authenticated: true,
        scopes: Vec::new(),
        permissions: None,
        paging: None,
        deprecated: false,
        retired: false,
        summary: None,
        description: None,
        apis: vec![ApiId(0)],
        origin: Pointer("#".to_owned()),
    }
}

pub(crate) fn parameter(name: &str, place: Place, kind: Type) -> Parameter {
    Parameter {
        name: name.to_owned(),
        wire_name: name.to_owned(),
        place,
        kind,
        bounds: Bounds::default(),
        default: None,
        description: None,
        deprecated: false,
    }
}

pub(crate) fn model(name: &str, properties: Vec<Property>) -> Model {
    Model {
        name: name.to_owned(),
        wire_name: name.to_owned(),
        properties,
        additional: None,
        description: None,
        origin: Pointer("#".to_owned()),
    }
}

pub(crate) fn property(name: &str, kind: Type, required: bool) -> Property {
    Property {
        wire_name: name.to_owned(),
        kind,
        required,
        read_only: false,
        nullable: false,
        deprecated: false,
        bounds: Bounds::default(),
        default: None,
        description: None,
    }
}

fn template(text: &str) -> PathTemplate {
    let segments = text
        .split('/')
        .map(|segment| {
            if let Some(name) = segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
                Segment::Parameter(name.to_owned())
            } else if let Some((name, rest)) = segment.strip_prefix('{').and_then(|rest| rest.split_once('}'))
            {
                Segment::Mixed(vec![Piece::Parameter(name.to_owned()), Piece::Literal(rest.to_owned())])
            } else {
                Segment::Literal(segment.to_owned())
            }
        })
        .collect();
    PathTemplate { text: text.to_owned(), segments }
}
