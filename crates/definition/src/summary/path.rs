//! A path as its nouns: what is picked from what, and what is done with it.

use crate::model::{PathTemplate, Segment};

/// Nouns in a row, and what picks one of the last of them.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Group<'p> {
    /// As the path has them: `contacts`, `schemas`.
    pub(super) nouns: Vec<&'p str>,
    /// The parameter that picks one.
    pub(super) pick: Option<Pick<'p>>,
}

/// The way in which one thing of a collection is picked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pick<'p> {
    /// A parameter, by its wire name.
    Parameter(&'p str),
    /// `me`: what belongs to the caller.
    Caller,
}

/// The groups of a path, outermost first, without the prefix that all paths have.
pub(super) fn groups(path: &PathTemplate) -> Vec<Group<'_>> {
    let mut groups = Vec::new();
    let mut group = Group::default();
    let segments = path.segments.iter().skip_while(|segment| is_prefix(segment));
    for segment in segments {
        let pick = match segment {
            Segment::Literal(text) if text == "me" => Pick::Caller,
            Segment::Literal(text) if is_version(text) || text.is_empty() => continue,
            Segment::Literal(text) => {
                group.nouns.push(text);
                continue;
            }
            Segment::Parameter(name) => Pick::Parameter(name),
            Segment::Mixed(pieces) => {
                let name = pieces.iter().find_map(|piece| match piece {
                    crate::model::Piece::Parameter(name) => Some(name),
                    crate::model::Piece::Literal(_) => None,
                });
                Pick::Parameter(name.map_or("", String::as_str))
            }
        };
        group.pick = Some(pick);
        groups.push(std::mem::take(&mut group));
    }
    if !group.nouns.is_empty() {
        groups.push(group);
    }
    groups
}

fn is_prefix(segment: &Segment) -> bool {
    matches!(segment, Segment::Literal(text) if text.is_empty() || text == "api" || is_version(text))
}

/// Returns whether a segment is a version, such as `v2`.
fn is_version(text: &str) -> bool {
    text.strip_prefix('v')
        .is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::PathTemplate;

    #[test]
    fn a_path_is_cut_after_each_thing_that_is_picked() {
        let show = |text: &str| -> Vec<String> {
            let path = PathTemplate::parse(text).unwrap();
            groups(&path).iter().map(|group| format!("{} {:?}", group.nouns.join(" "), group.pick)).collect()
        };
        assert_eq!(
            show("/api/v2/scim/v2/users/{userId}/queues"),
            ["scim users Some(Parameter(\"userId\"))", "queues None"]
        );
        assert_eq!(show("/api/v2/users/me"), ["users Some(Caller)"]);
        assert_eq!(show("/{a}/{b}"), [" Some(Parameter(\"a\"))", " Some(Parameter(\"b\"))"]);
        assert_eq!(show("/"), Vec::<String>::new());
    }
}
