//! Forms in parts (RFC 7578).

use std::convert::Infallible;

use bytes::Bytes;
use futures_util::{FutureExt as _, stream};
use multer::Multipart;

use crate::http::problem::Problem;

/// More parts than any form of the platform has; what is beyond them is refused.
const MOST_PARTS: usize = 1_000;

/// One part of a form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Part {
    /// The field; empty where the part does not say.
    pub(crate) name: String,
    /// What the sender calls the file, where it is one.
    pub(crate) file: Option<String>,
    pub(crate) media: Option<String>,
    pub(crate) content: Bytes,
}

/// Whether a content type, with its parameters, is that of a form in parts.
pub(crate) fn is_multipart(content_type: &str) -> bool {
    let essence = content_type.split(';').next().unwrap_or_default();
    essence.trim().eq_ignore_ascii_case("multipart/form-data")
}

/// The parts of a body, in order.
///
/// # Errors
/// 400 for a content type without a boundary, a body that is not put together as it should, and too many parts.
pub(crate) fn parts(content_type: &str, body: &Bytes) -> Result<Vec<Part>, Problem> {
    let broken = |error: &dyn std::fmt::Display| {
        Problem::bad_request(format!(
            "The request could not be understood by the server due to malformed syntax. The form cannot be read: {error}"
        ))
    };
    // `multer` counts on lower case here.
    let boundary = multer::parse_boundary(content_type).map_err(|error| broken(&error))?;
    let whole = body.clone();
    let read = async {
        let mut form = Multipart::new(stream::once(async { Ok::<_, Infallible>(whole) }), boundary);
        let mut parts = Vec::new();
        while let Some(field) = form.next_field().await? {
            let name = unescaped(field.name().unwrap_or_default());
            let file = field.file_name().map(unescaped);
            let media = field.content_type().map(ToString::to_string);
            parts.push(Part { name, file, media, content: field.bytes().await? });
            if parts.len() > MOST_PARTS {
                break;
            }
        }
        Ok(parts)
    };
    // All of the body is there, so nothing is waited for.
    let parts: Result<_, multer::Error> = read.now_or_never().unwrap_or(Err(multer::Error::IncompleteStream));
    let parts = parts.map_err(|error| broken(&error))?;
    if parts.len() > MOST_PARTS {
        return Err(broken(&format_args!("it has more than {MOST_PARTS} parts")));
    }
    Ok(parts)
}

/// Undoes what the HTML standard does to names that could end early.
fn unescaped(name: &str) -> String {
    name.replace("%22", "\"").replace("%0D", "\r").replace("%0A", "\n")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const FORM: &[u8] = b"--x\r\nContent-Disposition: form-data; name=\"a%22;b\"\r\n\r\n--x1\r\n--x\r\n\
        Content-Disposition: form-data; name=\"file\"; filename=\"list;2.csv\"\r\nContent-Type: text/csv\r\n\r\n\
        id\r\n1\r\n\r\n--x--\r\n";

    fn read(media: &str, body: &'static [u8]) -> Result<Vec<Part>, u16> {
        parts(media, &Bytes::from_static(body)).map_err(|problem| problem.status.as_u16())
    }

    #[test]
    fn parts_have_their_names_types_and_content() {
        let read = read("Multipart/form-data; charset=utf-8; boundary=\"x\"", FORM).unwrap();
        let expect =
            [("a\";b", None, None, "--x1"), ("file", Some("list;2.csv"), Some("text/csv"), "id\r\n1\r\n")];
        let expect = expect.map(|(name, file, media, content)| Part {
            name: name.to_owned(),
            file: file.map(str::to_owned),
            media: media.map(str::to_owned),
            content: Bytes::from_static(content.as_bytes()),
        });
        assert_eq!(read, expect);
    }

    #[test]
    fn what_is_no_form_is_refused() {
        assert_eq!(read("multipart/form-data", FORM), Err(400));
        assert_eq!(read("multipart/form-data; boundary=x", b"no form"), Err(400));
        assert_eq!(read("multipart/form-data; boundary=x", &FORM[..FORM.len() - 20]), Err(400));
        assert!(!is_multipart("text/csv; boundary=x"));
        let many =
            "--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n".repeat(1_001) + "--x--\r\n";
        assert!(parts("multipart/form-data; boundary=x", &Bytes::from(many)).is_err());
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(body in proptest::collection::vec(any::<u8>(), 0..300), cut in 0usize..200) {
            let _ = parts("multipart/form-data; boundary=x", &Bytes::from(body));
            let _ = read("multipart/form-data; boundary=x", &FORM[..cut.min(FORM.len())]);
        }
    }
}
