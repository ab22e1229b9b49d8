//! Path templates.

use crate::model::{PathTemplate, Piece, Segment};

/// Longest path, in bytes.
const MAX_PATH: usize = 2_000;

/// Why a path is no template.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PathError {
    /// It does not begin with `/`.
    #[error("a path that does not begin with `/`")]
    NotRooted,
    /// A brace that is not closed, or one that was not opened, or `{}`.
    #[error("a path with braces that do not pair around a name")]
    Braces,
    /// It has more than 2,000 bytes, which no server takes.
    #[error("a path of more than {MAX_PATH} bytes")]
    TooLong,
}

impl PathTemplate {
    /// Cuts `text` into segments; `/` alone has none, and a final `/` gives an empty literal.
    ///
    /// A fixed query, such as `?action=list`, stays at the end of the text and is sent with every request; what is in
    /// braces there is left to the query parameters. What follows a `#` is never sent and is dropped.
    ///
    /// # Errors
    /// [`PathError`] says what is wrong with the text.
    pub fn parse(text: &str) -> Result<Self, PathError> {
        if !text.starts_with('/') {
            return Err(PathError::NotRooted);
        }
        if text.len() > MAX_PATH {
            return Err(PathError::TooLong);
        }
        let text = text.split('#').next().unwrap_or_default();
        let (path, query) = text.split_once('?').unwrap_or((text, ""));
        let rest = path.strip_prefix('/').ok_or(PathError::NotRooted)?;
        let fixed: Vec<&str> =
            query.split('&').filter(|pair| !pair.is_empty() && !pair.contains(['{', '}'])).collect();
        let text = if fixed.is_empty() { path.to_owned() } else { format!("{path}?{}", fixed.join("&")) };
        let segments = if rest.is_empty() {
            Vec::new()
        } else {
            rest.split('/').map(segment).collect::<Result<_, _>>()?
        };
        Ok(Self { text, segments })
    }

    /// The wire names of the path parameters, in order; one that stands twice is given twice.
    pub fn parameters(&self) -> impl Iterator<Item = &str> {
        self.segments.iter().flat_map(|segment| {
            let pieces = if let Segment::Mixed(pieces) = segment { pieces.as_slice() } else { &[] };
            let whole = if let Segment::Parameter(name) = segment { Some(name.as_str()) } else { None };
            let within = pieces.iter().filter_map(|piece| match piece {
                Piece::Parameter(name) => Some(name.as_str()),
                Piece::Literal(_) => None,
            });
            whole.into_iter().chain(within)
        })
    }

    /// The text with every parameter written `{}`: what two paths have in common that a request cannot tell apart.
    pub fn shape(&self) -> String {
        let mut shape = String::with_capacity(self.text.len());
        for segment in &self.segments {
            shape.push('/');
            match segment {
                Segment::Literal(text) => shape.push_str(text),
                Segment::Parameter(_) => shape.push_str("{}"),
                Segment::Mixed(pieces) => {
                    for piece in pieces {
                        match piece {
                            Piece::Literal(text) => shape.push_str(text),
                            Piece::Parameter(_) => shape.push_str("{}"),
                        }
                    }
                }
            }
        }
        if let Some((_, query)) = self.text.split_once('?') {
            shape.push('?');
            shape.push_str(query);
        }
        shape
    }
}

fn segment(text: &str) -> Result<Segment, PathError> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(open) = rest.find(['{', '}']) {
        let (before, from) = rest.split_at(open);
        let inside = from.strip_prefix('{').ok_or(PathError::Braces)?;
        let (name, after) = inside.split_once('}').ok_or(PathError::Braces)?;
        if name.is_empty() || name.contains('{') {
            return Err(PathError::Braces);
        }
        if !before.is_empty() {
            pieces.push(Piece::Literal(before.to_owned()));
        }
        pieces.push(Piece::Parameter(name.to_owned()));
        rest = after;
    }
    if pieces.is_empty() {
        return Ok(Segment::Literal(text.to_owned()));
    }
    if !rest.is_empty() {
        pieces.push(Piece::Literal(rest.to_owned()));
    }
    match pieces.as_mut_slice() {
        [Piece::Parameter(name)] => Ok(Segment::Parameter(std::mem::take(name))),
        _ => Ok(Segment::Mixed(pieces)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, names: &[&str], shape: &str) {
        let template = PathTemplate::parse(text).unwrap();
        assert_eq!(template.parameters().collect::<Vec<_>>(), names);
        assert_eq!(template.shape(), shape);
    }

    #[test]
    fn parameters_come_in_order_and_a_shape_forgets_their_names() {
        check(
            "/api/v2/users/{userId}/queues/{queueId}",
            &["userId", "queueId"],
            "/api/v2/users/{}/queues/{}",
        );
        check("/api/v2/users/me", &[], "/api/v2/users/me");
        check("/files/{name}.{kind}", &["name", "kind"], "/files/{}.{}");
        check("/a/", &[], "/a/");
        check("/", &[], "");
    }

    #[test]
    fn a_fixed_query_is_kept_and_a_fragment_is_not() {
        let text = |text| PathTemplate::parse(text).unwrap().text;
        assert_eq!(text("/users?action=list&id={id}"), "/users?action=list");
        assert_eq!(text("/users?id={id}"), "/users");
        assert_eq!(text("/#action=list"), "/");
        check("/users/{id}?action=list", &["id"], "/users/{}?action=list");
    }

    #[test]
    fn what_is_no_path_is_refused() {
        let refused = |text| PathTemplate::parse(text).unwrap_err();
        assert_eq!(refused("users"), PathError::NotRooted);
        assert_eq!(refused(""), PathError::NotRooted);
        for text in ["/{id", "/id}", "/{}", "/{a{b}}", "/{a}}"] {
            assert_eq!(refused(text), PathError::Braces, "{text}");
        }
        assert_eq!(refused(&"/users".repeat(400)), PathError::TooLong);
    }
}
