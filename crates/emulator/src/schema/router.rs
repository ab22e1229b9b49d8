//! From a path to an operation: a trie compiled from the table of operations.
//!
//! Literals win over parameters (`/users/me` before `/users/{userId}`), and templates of one shape share a place
//! whatever their parameters are called; each operation reads the values under its own names.

use std::collections::HashMap;

use purecloud_definition::Platform;
use purecloud_definition::model::{Method, OperationId, PathTemplate, Piece, Segment};

/// Finds operations by path.
#[derive(Debug, Default)]
pub(crate) struct Router {
    nodes: Vec<Node>,
}

#[derive(Debug, Default)]
struct Node {
    literals: HashMap<String, usize>,
    mixed: Vec<(Vec<Piece>, usize)>,
    parameter: Option<usize>,
    operations: [Option<OperationId>; Method::ALL.len()],
}

/// What a path leads to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Route {
    /// An operation, with the values of its path parameters in the order of its template.
    Found { operation: OperationId, values: Vec<String> },
    /// The path exists, the method does not; the methods that do.
    OtherMethods(Vec<Method>),
    /// No template has this path.
    Nothing,
}

impl Router {
    /// Compiles the templates of every operation; where two have one shape and method, the first stands.
    pub(crate) fn new(platform: &Platform) -> Self {
        let mut router = Self { nodes: vec![Node::default()] };
        for (index, operation) in platform.operations.iter().enumerate() {
            let end = router.place(&operation.path);
            router.nodes[end].operations[operation.method as usize]
                .get_or_insert(OperationId(u32::try_from(index).unwrap_or(u32::MAX)));
        }
        router
    }

    fn place(&mut self, template: &PathTemplate) -> usize {
        let mut at = 0;
        for segment in template.segments.iter().skip_while(|segment| is_empty(segment)) {
            let fresh = self.nodes.len();
            let node = &mut self.nodes[at];
            at = match segment {
                Segment::Literal(text) => *node.literals.entry(text.clone()).or_insert(fresh),
                Segment::Parameter(_) => *node.parameter.get_or_insert(fresh),
                Segment::Mixed(pieces) => {
                    let known = node.mixed.iter().find(|(other, _)| same_shape(other, pieces));
                    if let Some((_, known)) = known {
                        *known
                    } else {
                        node.mixed.push((pieces.clone(), fresh));
                        fresh
                    }
                }
            };
            if at == fresh {
                self.nodes.push(Node::default());
            }
        }
        at
    }

    /// Where these decoded segments lead.
    pub(crate) fn find(&self, method: Method, segments: &[String]) -> Route {
        let mut search = Search { router: self, method, others: None };
        let mut values = Vec::new();
        match search.walk(0, segments, &mut values) {
            Some(operation) => Route::Found { operation, values },
            None => search.others.map_or(Route::Nothing, |node| {
                Route::OtherMethods(
                    Method::ALL
                        .into_iter()
                        .filter(|method| self.nodes[node].operations[*method as usize].is_some())
                        .collect(),
                )
            }),
        }
    }
}

/// One look-up. A path that exists without the method is remembered while the search goes on, since a template
/// with a parameter in place of a literal may still have the method.
struct Search<'a> {
    router: &'a Router,
    method: Method,
    others: Option<usize>,
}

impl Search<'_> {
    fn walk(&mut self, at: usize, rest: &[String], values: &mut Vec<String>) -> Option<OperationId> {
        let router = self.router;
        let node = &router.nodes[at];
        let Some((segment, rest)) = rest.split_first() else {
            let found = node.operations[self.method as usize];
            if found.is_none() && node.operations.iter().any(Option::is_some) {
                self.others.get_or_insert(at);
            }
            return found;
        };
        if let Some(next) = node.literals.get(segment)
            && let Some(found) = self.walk(*next, rest, values)
        {
            return Some(found);
        }
        let mark = values.len();
        for (pieces, next) in &node.mixed {
            if let Some(found) = capture(pieces, segment) {
                values.extend(found);
                if let Some(found) = self.walk(*next, rest, values) {
                    return Some(found);
                }
                values.truncate(mark);
            }
        }
        // An empty value is no value: `/users//queues` is nobody's queues.
        if let Some(next) = node.parameter
            && !segment.is_empty()
        {
            values.push(segment.clone());
            if let Some(found) = self.walk(next, rest, values) {
                return Some(found);
            }
            values.truncate(mark);
        }
        None
    }
}

/// The values that `text` gives to the parameters of a mixed segment; each takes as little as it can.
fn capture(pieces: &[Piece], text: &str) -> Option<Vec<String>> {
    let mut values = Vec::new();
    let mut rest = text;
    let mut left = pieces;
    while let Some((piece, following)) = left.split_first() {
        left = following;
        match piece {
            Piece::Literal(literal) => rest = rest.strip_prefix(literal.as_str())?,
            Piece::Parameter(_) => {
                let end = match following {
                    [] => rest.len(),
                    // The last literal takes the last place it can, so `{id}.json` reads `a.json.json`.
                    [Piece::Literal(literal)] => {
                        rest.len().checked_sub(literal.len()).filter(|end| rest.is_char_boundary(*end))?
                    }
                    [Piece::Literal(literal), ..] => rest.find(literal.as_str())?,
                    [Piece::Parameter(_), ..] => rest.chars().next()?.len_utf8(),
                };
                let (value, after) = rest.split_at(end);
                if value.is_empty() {
                    return None;
                }
                values.push(value.to_owned());
                rest = after;
            }
        }
    }
    rest.is_empty().then_some(values)
}

fn same_shape(left: &[Piece], right: &[Piece]) -> bool {
    left.len() == right.len()
        && left.iter().zip(right).all(|pair| match pair {
            (Piece::Literal(left), Piece::Literal(right)) => left == right,
            (Piece::Parameter(_), Piece::Parameter(_)) => true,
            _ => false,
        })
}

/// Whether a template cut at each slash begins with the nothing before its first one.
fn is_empty(segment: &Segment) -> bool {
    matches!(segment, Segment::Literal(text) if text.is_empty())
}

/// The wire names of a template's parameters, in order.
pub(crate) fn parameter_names(template: &PathTemplate) -> impl Iterator<Item = &str> {
    template.segments.iter().flat_map(|segment| -> Vec<&str> {
        match segment {
            Segment::Literal(_) => Vec::new(),
            Segment::Parameter(name) => vec![name],
            Segment::Mixed(pieces) => pieces
                .iter()
                .filter_map(|piece| match piece {
                    Piece::Literal(_) => None,
                    Piece::Parameter(name) => Some(name.as_str()),
                })
                .collect(),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;

    fn router() -> Router {
        Router::new(&fixture::routes(&[
            (Method::Get, "/users/me"),
            (Method::Get, "/users/{userId}"),
            (Method::Delete, "/users/{userId}"),
            (Method::Get, "/messages/{messageIds}"),
            (Method::Patch, "/messages/{messageId}"),
            (Method::Get, "/files/{id}.json"),
            (Method::Get, "/files/{id}/text"),
            (Method::Get, "/users/me/queues"),
            (Method::Get, "/users/{userId}/skills"),
        ]))
    }

    #[track_caller]
    fn check(method: Method, path: &str, operation: u32, values: &[&str]) {
        let segments = crate::http::request::segments(path).unwrap();
        assert_eq!(
            router().find(method, &segments),
            Route::Found {
                operation: OperationId(operation),
                values: values.iter().map(|value| (*value).to_owned()).collect()
            }
        );
    }

    #[test]
    fn literals_win_and_parameters_catch_the_rest() {
        check(Method::Get, "/users/me", 0, &[]);
        check(Method::Get, "/users/7", 1, &["7"]);
        check(Method::Delete, "/users/me", 2, &["me"]);
        check(Method::Get, "/users/me/skills", 8, &["me"]);
    }

    #[test]
    fn one_shape_has_one_place_whatever_its_names() {
        check(Method::Get, "/messages/1,2", 3, &["1,2"]);
        check(Method::Patch, "/messages/1", 4, &["1"]);
    }

    #[test]
    fn text_around_a_value_is_matched() {
        check(Method::Get, "/files/a.json", 5, &["a"]);
        check(Method::Get, "/files/a.json.json", 5, &["a.json"]);
        check(Method::Get, "/files/a/text", 6, &["a"]);
    }

    #[test]
    fn a_known_path_with_another_method_names_the_methods() {
        let find = |method, path: &str| router().find(method, &crate::http::request::segments(path).unwrap());
        assert_eq!(find(Method::Post, "/users/7"), Route::OtherMethods(vec![Method::Get, Method::Delete]));
        assert_eq!(find(Method::Get, "/nobody"), Route::Nothing);
        assert_eq!(find(Method::Get, "/users/"), Route::Nothing);
        assert_eq!(find(Method::Get, "/users"), Route::Nothing);
    }
}
