//! The file in a form (RFC 7578).

/// A part of a form that is a file.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Part<'a> {
    /// What the sender calls it.
    pub(super) name: Option<&'a str>,
    pub(super) media: Option<&'a str>,
    pub(super) content: &'a [u8],
}

/// The boundary of a media type that is a form of parts.
pub(super) fn boundary(media: &str) -> Option<String> {
    let (kind, parameters) = media.split_once(';')?;
    if !kind.trim().eq_ignore_ascii_case("multipart/form-data") {
        return None;
    }
    let boundary = parameters.split(';').find_map(|pair| {
        let (name, value) = pair.split_once('=')?;
        name.trim().eq_ignore_ascii_case("boundary").then(|| value.trim().trim_matches('"').to_owned())
    })?;
    // RFC 2046: one to 70 characters.
    (1..=70).contains(&boundary.len()).then_some(boundary)
}

/// The first part that has a file name; where none has one, the first part.
pub(super) fn file<'a>(body: &'a [u8], boundary: &str) -> Option<Part<'a>> {
    let delimiter = format!("--{boundary}");
    let mut starts = Vec::new();
    let mut from = 0;
    while let Some(at) = find(&body[from..], delimiter.as_bytes()).map(|at| from + at) {
        starts.push(at);
        from = at + delimiter.len();
    }
    let mut parts =
        starts.windows(2).filter_map(|pair| part(&body[pair[0] + delimiter.len()..pair[1]])).peekable();
    let fallback = parts.peek().map(|part| Part { ..*part });
    parts.find(|part| part.name.is_some()).or(fallback)
}

fn part(bytes: &[u8]) -> Option<Part<'_>> {
    let bytes = bytes.strip_prefix(b"\r\n")?;
    let end = find(bytes, b"\r\n\r\n")?;
    let head = std::str::from_utf8(&bytes[..end]).ok()?;
    let content = &bytes[end + 4..];
    let content = content.strip_suffix(b"\r\n").unwrap_or(content);
    let field = |wanted: &str| {
        head.split("\r\n").find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.trim().eq_ignore_ascii_case(wanted).then(|| value.trim())
        })
    };
    let name = field("content-disposition").and_then(|value| {
        value.split(';').find_map(|pair| {
            let (name, value) = pair.split_once('=')?;
            name.trim().eq_ignore_ascii_case("filename").then(|| value.trim().trim_matches('"'))
        })
    });
    Some(Part { name, media: field("content-type"), content })
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const FORM: &[u8] = b"--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n--x\r\n\
        Content-Disposition: form-data; name=\"file\"; filename=\"list.csv\"\r\nContent-Type: text/csv\r\n\r\n\
        id\r\n1\r\n\r\n--x--\r\n";

    #[test]
    fn the_part_with_a_file_name_is_the_file() {
        let part = file(FORM, "x").unwrap();
        assert_eq!(part, Part { name: Some("list.csv"), media: Some("text/csv"), content: b"id\r\n1\r\n" });
    }

    #[test]
    fn boundaries_are_read_from_the_media_type() {
        assert_eq!(boundary("multipart/form-data; boundary=x").as_deref(), Some("x"));
        assert_eq!(boundary("Multipart/Form-Data; charset=utf-8; Boundary=\"a b\"").as_deref(), Some("a b"));
        assert_eq!(boundary("text/csv"), None);
        assert_eq!(boundary("multipart/form-data; boundary="), None);
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_not(body in proptest::collection::vec(any::<u8>(), 0..300), cut in 0usize..200) {
            let _ = file(&body, "x");
            let _ = file(&FORM[..cut.min(FORM.len())], "x");
        }
    }
}
