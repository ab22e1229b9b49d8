//! Scans a text up to the first character that needs attention.

/// Every byte one.
const ONES: u64 = u64::MAX / 255;
/// The highest bit of every byte.
const HIGH: u64 = ONES << 7;

/// Counts the bytes at the start that are neither a quote, nor a backslash, nor a control character: those stand in a
/// JSON text as it is.
#[inline]
pub(super) fn plain(bytes: &[u8]) -> usize {
    let (words, rest) = bytes.as_chunks::<8>();
    for (at, word) in words.iter().enumerate() {
        let special = specials(u64::from_le_bytes(*word));
        if special != 0 {
            return at * 8 + special.trailing_zeros() as usize / 8;
        }
    }
    // The last word again covers what is left over, and some of what is known to be plain.
    if let Some(last) = bytes.last_chunk::<8>() {
        let special = specials(u64::from_le_bytes(*last));
        let from_the_end = if special == 0 { 0 } else { 8 - special.trailing_zeros() as usize / 8 };
        return bytes.len() - from_the_end;
    }
    rest.iter().position(|byte| is_special(*byte)).unwrap_or(rest.len())
}

/// The highest bit is set in the first special byte, and in none before it. (A borrow may set it in later ones.)
const fn specials(word: u64) -> u64 {
    let quote = word ^ (ONES * b'"' as u64);
    let backslash = word ^ (ONES * b'\\' as u64);
    ((quote.wrapping_sub(ONES) & !quote)
        | (backslash.wrapping_sub(ONES) & !backslash)
        | (word.wrapping_sub(ONES * 0x20) & !word))
        & HIGH
}

const fn is_special(byte: u8) -> bool {
    byte < 0x20 || byte == b'"' || byte == b'\\'
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn words_and_bytes_agree(bytes in proptest::collection::vec(any::<u8>(), 0..40)) {
            let expect = bytes.iter().position(|byte| is_special(*byte)).unwrap_or(bytes.len());
            prop_assert_eq!(plain(&bytes), expect);
        }
    }

    #[test]
    fn every_byte_is_told_right_in_every_place() {
        for byte in 0..=u8::MAX {
            for at in 0..17 {
                let mut bytes = [b'x'; 17];
                bytes[at] = byte;
                assert_eq!(plain(&bytes), if is_special(byte) { at } else { 17 });
            }
        }
    }
}
