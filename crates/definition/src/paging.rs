//! The paging styles of listings, recognised by their parameters, their body and their result.

use std::collections::HashSet;

use crate::model::{Method, Model, Operation, Paging, Place, Platform, Segment, Type};

/// The names under which a page may hold its items, in the order in which they are tried.
const ITEMS: &[&str] = &[
    "entities",
    "results",
    "Resources",
    "conversations",
    "userDetails",
    "items",
    "values",
    "users",
    "auditMessages",
];

/// The features of an operation that make it one of a style.
struct Row {
    style: Paging,
    methods: &'static [Method],
    fits: fn(&Shape<'_>) -> bool,
}

const GET: &[Method] = &[Method::Get];
const POST: &[Method] = &[Method::Post];
const READ: &[Method] = &[Method::Get, Method::Post];

/// From the particular to the general; the first row that fits decides. An answer with `nextUri` alone comes last: many
/// listings carry it beside what they really go on with, and answers to PATCH and PUT carry it without going on at all.
const STYLES: &[Row] = &[
    Row { style: Paging::Scim, methods: GET, fits: |it| it.asks("startIndex") && it.gives("itemsPerPage") },
    Row {
        style: Paging::Execution,
        methods: READ,
        fits: |it| it.gives("executionId") && it.gives("resultsUri"),
    },
    Row { style: Paging::Job, methods: POST, fits: |it| it.has_results },
    Row {
        style: Paging::Body,
        methods: POST,
        fits: |it| {
            (it.sends("paging") && it.gives("totalHits"))
                || (it.sends("pageNumber") && it.gives("pageCount") && !it.gives("nextPage"))
        },
    },
    Row { style: Paging::NextPage, methods: READ, fits: |it| it.gives("nextPage") },
    Row {
        style: Paging::Cursor,
        methods: READ,
        fits: |it| (it.asks("cursor") || it.sends("cursor")) && it.gives("cursor"),
    },
    Row {
        style: Paging::After,
        methods: READ,
        fits: |it| {
            (it.asks("after") && (it.gives("nextUri") || it.gives("cursors")))
                || (it.sends("after") && it.gives("after"))
        },
    },
    Row {
        style: Paging::PageNumber,
        methods: READ,
        fits: |it| it.asks("pageNumber") && it.gives("pageCount"),
    },
    Row { style: Paging::NextUri, methods: GET, fits: |it| it.gives("nextUri") },
];

/// The features by which styles are recognised.
struct Shape<'p> {
    operation: &'p Operation,
    body: Option<&'p Model>,
    result: Option<&'p Model>,
    /// Results can be fetched below what the operation makes: there is a GET of its path with `/{id}/results`.
    has_results: bool,
}

impl Shape<'_> {
    /// It has a query parameter of this name.
    fn asks(&self, name: &str) -> bool {
        let mut parameters = self.operation.parameters.iter();
        parameters.any(|one| matches!(one.place, Place::Query { .. }) && one.wire_name == name)
    }

    /// Its body has a property of this name.
    fn sends(&self, name: &str) -> bool {
        self.body.is_some_and(|model| has(model, name))
    }

    /// Its result has a property of this name.
    fn gives(&self, name: &str) -> bool {
        self.result.is_some_and(|model| has(model, name))
    }
}

fn has(model: &Model, name: &str) -> bool {
    model.properties.iter().any(|property| property.wire_name == name)
}

/// The style of each operation of `platform` that is a listing.
pub(crate) fn styles(platform: &Platform) -> Vec<Option<Paging>> {
    let results: HashSet<String> = platform
        .operations
        .iter()
        .filter(|operation| operation.method == Method::Get)
        .map(|operation| operation.path.shape())
        .filter(|shape| shape.ends_with("/{}/results"))
        .collect();
    platform.operations.iter().map(|operation| style(platform, operation, &results)).collect()
}

fn style(platform: &Platform, operation: &Operation, results: &HashSet<String>) -> Option<Paging> {
    let model = |kind: &Type| if let Type::Model(id) = kind { Some(platform.model(*id)) } else { None };
    let body = operation.parameters.iter().find(|one| matches!(one.place, Place::Body { .. }));
    let shape = Shape {
        operation,
        body: body.and_then(|body| model(&body.kind)),
        result: operation.result.as_ref().and_then(model),
        has_results: operation.method == Method::Post
            && results.contains(&format!("{}/{{}}/results", operation.path.shape())),
    };
    let mut rows = STYLES.iter();
    rows.find(|row| row.methods.contains(&operation.method) && (row.fits)(&shape)).map(|row| row.style)
}

/// A listing: what its pages are, and the property that holds their items.
#[derive(Debug, Clone, Copy)]
pub struct Listing<'p> {
    /// The type of a page.
    pub page: &'p Type,
    /// The property of a page that holds its items.
    pub name: &'p str,
    /// The type of an item.
    pub item: &'p Type,
}

/// The pages of an operation that is a listing, where the type of its items is certain.
pub fn listing<'p>(platform: &'p Platform, operation: &'p Operation) -> Option<Listing<'p>> {
    let page = match operation.paging? {
        // What is asked for answers with the name of a job, and another operation gives its results.
        Paging::Job | Paging::Execution => results(platform, operation)?.result.as_ref()?,
        _ => operation.result.as_ref()?,
    };
    let Type::Model(id) = page else { return None };
    let model = platform.model(*id);
    let (name, item) = ITEMS.iter().find_map(|name| list(model, name)).or_else(|| only_list(model))?;
    Some(Listing { page, name, item })
}

/// The operation that gives the results of a job, at `{path of the job}/{id}/results`, or of an execution, at
/// `results/{id}` somewhere beside the path of what began it.
fn results<'p>(platform: &'p Platform, begun: &Operation) -> Option<&'p Operation> {
    let path = begun.path.segments.as_slice();
    let beside = path.split_last().map_or(path, |(_, parent)| parent);
    let is_results = |segment: &Segment| matches!(segment, Segment::Literal(word) if word == "results");
    let of_job = |operation: &&Operation| {
        let below = operation.path.segments.strip_prefix(path);
        matches!(below, Some([Segment::Parameter(_), last]) if is_results(last))
    };
    let of_execution = |operation: &&Operation| {
        let below = operation.path.segments.strip_prefix(beside);
        matches!(below, Some([.., last, Segment::Parameter(_)]) if is_results(last))
    };
    let text = begun.path.text.as_str();
    let parent = text.rfind('/').map_or("", |slash| &text[..slash]);
    gets_below(platform, text).find(of_job).or_else(|| gets_below(platform, parent).find(of_execution))
}

/// The operations with GET whose paths go on from `path`. They stand together, since the operations are in the order of
/// their paths: a definition may have many thousands of jobs, each of which looks for its own.
fn gets_below<'p>(platform: &'p Platform, path: &str) -> impl Iterator<Item = &'p Operation> {
    let below = format!("{path}/");
    let operations = &platform.operations;
    let first = operations.partition_point(|operation| operation.path.text < below);
    operations[first..]
        .iter()
        .take_while(move |operation| operation.path.text.starts_with(&below))
        .filter(|operation| operation.method == Method::Get)
}

fn list<'p>(page: &'p Model, name: &str) -> Option<(&'p str, &'p Type)> {
    let property = page.properties.iter().find(|property| property.wire_name == name)?;
    match &property.kind {
        Type::List(item) => Some((&property.wire_name, item)),
        // Searches over several kinds of things say nothing of what they find.
        Type::Any => Some((&property.wire_name, &Type::Any)),
        _ => None,
    }
}

/// Under a name that nobody expects; of several lists none is taken, as none is at run time.
fn only_list(page: &Model) -> Option<(&str, &Type)> {
    let mut lists = page.properties.iter().filter_map(|property| match &property.kind {
        Type::List(item) => Some((property.wire_name.as_str(), &**item)),
        _ => None,
    });
    lists.next().filter(|_| lists.next().is_none())
}
