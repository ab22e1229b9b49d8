//! A platform of two operations, for the tests of this crate.

use purecloud_definition::model::{
    Api, ApiId, Bounds, LegacyArgument, LegacyName, LegacyTarget, ListStyle, Method, Operation, OperationId,
    Parameter, PathTemplate, Place, Platform, Pointer, Segment, TextFormat, Type,
};

/// `GET` and `PUT /api/v2/greetings/{greetingId}` of one class, with the names of two generations.
pub(crate) fn platform() -> Platform {
    let greeting_id = parameter("greetingId", Place::Path);
    let get = operation(Method::Get, "getGreeting", vec![greeting_id.clone()]);
    let mut put = operation(
        Method::Put,
        "putGreeting",
        vec![
            greeting_id,
            parameter("body", Place::Body { required: true }),
            parameter("notify", Place::Query { required: false, list: ListStyle::Multi }),
        ],
    );
    put.legacy_arguments = Some(vec![
        LegacyArgument { name: "body".into(), required: false, target: LegacyTarget::Parameter(1) },
        LegacyArgument { name: "greetingId".into(), required: true, target: LegacyTarget::Parameter(0) },
    ]);
    Platform {
        title: "Greetings".into(),
        version: "1.2.3".into(),
        apis: vec![Api {
            name: "GreetingsApi".into(),
            tag: "Greetings".into(),
            operations: vec![OperationId(0), OperationId(1)],
        }],
        operations: vec![get, put],
        models: vec![],
        enumerations: vec![],
        topics: vec![],
        first_segments: vec![],
    }
}

fn parameter(name: &str, place: Place) -> Parameter {
    Parameter {
        name: name.into(),
        wire_name: name.into(),
        place,
        kind: Type::Text(TextFormat::Plain),
        bounds: Bounds::default(),
        default: None,
        description: None,
        deprecated: false,
    }
}

fn operation(method: Method, name: &str, parameters: Vec<Parameter>) -> Operation {
    let legacy = LegacyName { api: ApiId(0), name: format!("{name}Id"), shipped: true };
    Operation {
        name: name.into(),
        wire_name: name.into(),
        legacy: vec![legacy],
        method,
        path: PathTemplate {
            text: "/api/v2/greetings/{greetingId}".into(),
            segments: vec![
                Segment::Literal("api".into()),
                Segment::Literal("v2".into()),
                Segment::Literal("greetings".into()),
                Segment::Parameter("greetingId".into()),
            ],
        },
        parameters,
        legacy_arguments: None,
        first_arguments: None,
        result: Some(Type::Any),
        successes: vec![200],
        form: None,
        consumes: vec!["application/json".into()],
        produces: vec!["application/json".into()],
        authenticated: true,
        scopes: Vec::new(),
        permissions: None,
        paging: None,
        deprecated: false,
        retired: false,
        summary: None,
        description: None,
        apis: vec![ApiId(0)],
        origin: Pointer(format!(
            "#/paths/~1api~1v2~1greetings~1{{greetingId}}/{}",
            method.as_str().to_lowercase()
        )),
    }
}
