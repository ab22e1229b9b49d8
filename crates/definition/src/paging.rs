//! How listings go on, told from their parameters, their body and their result.

use crate::model::{Method, Model, Operation, Paging, Place, Platform, Type};

/// What an operation must show to be of a style; the first row that fits decides.
struct Row {
    style: Paging,
    fits: fn(&Shape<'_>) -> bool,
}

/// Ordered from the particular to the general: a SCIM listing must not be taken for something plainer.
const STYLES: &[Row] = &[
    Row { style: Paging::Scim, fits: |shape| shape.asks("startIndex") && shape.gives("itemsPerPage") },
    Row { style: Paging::Job, fits: |shape| shape.posts && shape.gives("jobId") },
    Row { style: Paging::Execution, fits: |shape| shape.posts && shape.gives("executionId") },
    Row {
        style: Paging::Body,
        fits: |shape| shape.posts && shape.sends_paging() && shape.gives("totalHits"),
    },
    Row { style: Paging::NextPage, fits: |shape| shape.gives("nextPage") },
    Row { style: Paging::Cursor, fits: |shape| shape.asks("cursor") && shape.gives("cursor") },
    Row {
        style: Paging::After,
        fits: |shape| shape.asks("after") && (shape.gives("nextUri") || shape.gives("cursors")),
    },
    Row { style: Paging::PageNumber, fits: |shape| shape.asks("pageNumber") && shape.gives("pageCount") },
    Row { style: Paging::NextUri, fits: |shape| shape.gives("nextUri") },
];

/// What the styles are told by.
struct Shape<'p> {
    posts: bool,
    operation: &'p Operation,
    body: Option<&'p Model>,
    result: Option<&'p Model>,
}

impl Shape<'_> {
    /// It has a query parameter of this name.
    fn asks(&self, name: &str) -> bool {
        self.operation
            .parameters
            .iter()
            .any(|parameter| matches!(parameter.place, Place::Query { .. }) && parameter.wire_name == name)
    }

    /// Its result has a property of this name.
    fn gives(&self, name: &str) -> bool {
        self.result.is_some_and(|model| model.properties.iter().any(|property| property.wire_name == name))
    }

    fn sends_paging(&self) -> bool {
        self.body.is_some_and(|model| model.properties.iter().any(|property| property.wire_name == "paging"))
    }
}

/// The style of `operation`, if it is a listing that goes on.
pub(crate) fn style(platform: &Platform, operation: &Operation) -> Option<Paging> {
    let model = |kind: &Type| if let Type::Model(id) = kind { Some(platform.model(*id)) } else { None };
    let shape = Shape {
        posts: operation.method == Method::Post,
        operation,
        body: operation
            .parameters
            .iter()
            .find(|parameter| matches!(parameter.place, Place::Body { .. }))
            .and_then(|parameter| model(&parameter.kind)),
        result: operation.result.as_ref().and_then(model),
    };
    STYLES.iter().find(|row| (row.fits)(&shape)).map(|row| row.style)
}
