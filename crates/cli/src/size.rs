//! Sizes as they are typed: `512`, `64KiB`, `10MiB`.

use std::fmt;
use std::str::FromStr;

/// So many bytes, at least one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Size(pub(crate) usize);

/// The units, each with its bytes, the largest first. A `K` alone is a `KiB`.
const UNITS: &[(&str, usize)] = &[("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)];

#[derive(Debug, thiserror::Error)]
#[error("a size is a number of bytes, such as 65536, 64KiB or 10MiB")]
pub(crate) struct NoSize;

impl FromStr for Size {
    type Err = NoSize;

    fn from_str(text: &str) -> Result<Self, NoSize> {
        let digits = text.trim_end_matches(|last: char| !last.is_ascii_digit());
        let unit = text[digits.len()..].trim();
        let is_unit = |name: &str| unit.eq_ignore_ascii_case(name) || unit.eq_ignore_ascii_case(&name[..1]);
        let bytes = match UNITS.iter().find(|(name, _)| is_unit(name)) {
            Some((_, bytes)) => *bytes,
            None if unit.is_empty() => 1,
            None => return Err(NoSize),
        };
        let count: usize = digits.parse().map_err(|_| NoSize)?;
        count.checked_mul(bytes).filter(|size| *size > 0).map(Self).ok_or(NoSize)
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match UNITS.iter().find(|(_, bytes)| self.0.is_multiple_of(*bytes)) {
            Some((name, bytes)) => write!(f, "{}{name}", self.0 / bytes),
            None => write!(f, "{}", self.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expect: Option<usize>) {
        assert_eq!(text.parse::<Size>().ok(), expect.map(Size), "{text}");
    }

    #[test]
    fn sizes_are_read_with_and_without_a_unit() {
        check("512", Some(512));
        check("64KiB", Some(65_536));
        check("10 mib", Some(10_485_760));
        check("2g", Some(2_147_483_648));
        for wrong in
            ["", "0", "MiB", "ten", "-1", "1.5MiB", "10MB", "99999999999999999999", "18446744073709551615GiB"]
        {
            check(wrong, None);
        }
    }

    #[test]
    fn sizes_are_written_as_they_are_typed() {
        for text in ["512", "64KiB", "10MiB", "2GiB"] {
            assert_eq!(text.parse::<Size>().unwrap().to_string(), text);
        }
    }
}
