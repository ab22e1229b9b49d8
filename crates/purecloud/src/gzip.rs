//! Unpacks content in gzip as it comes.

use std::io::Write as _;

use bytes::Bytes;
use flate2::write::MultiGzDecoder;
use futures_util::StreamExt as _;

use crate::transport::{ByteStream, TransportError};

/// Bytes fed to the decoder at once: what comes out of them is at most about a thousand times as long, so that a
/// reader with a limit stops in time.
const STEP: usize = 4096;

struct State {
    packed: ByteStream,
    piece: Bytes,
    decoder: MultiGzDecoder<Vec<u8>>,
    ended: bool,
}

/// The content before compression.
pub(crate) fn unpack(packed: ByteStream) -> ByteStream {
    let state = State { packed, piece: Bytes::new(), decoder: MultiGzDecoder::new(Vec::new()), ended: false };
    Box::pin(futures_util::stream::unfold(state, |mut state| async move {
        let next = state.next().await?;
        // After an error nothing that follows has a meaning.
        state.ended |= next.is_err();
        Some((next, state))
    }))
}

impl State {
    async fn next(&mut self) -> Option<Result<Bytes, TransportError>> {
        while !self.ended {
            if self.piece.is_empty() {
                match self.packed.next().await {
                    Some(Ok(piece)) => self.piece = piece,
                    Some(Err(error)) => return Some(Err(error)),
                    None => {
                        self.ended = true;
                        if let Err(error) = self.decoder.try_finish() {
                            return Some(Err(TransportError::maybe_sent(error)));
                        }
                    }
                }
            } else {
                let step = self.piece.split_to(self.piece.len().min(STEP));
                if let Err(error) = self.decoder.write_all(&step) {
                    return Some(Err(TransportError::maybe_sent(error)));
                }
            }
            let unpacked = self.decoder.get_mut();
            if !unpacked.is_empty() {
                return Some(Ok(Bytes::from(std::mem::take(unpacked))));
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packed(text: &[u8], cut: usize, step: usize) -> ByteStream {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(text).unwrap();
        let mut bytes = encoder.finish().unwrap();
        bytes.truncate(bytes.len() - cut);
        let pieces: Vec<_> = bytes.chunks(step).map(|piece| Ok(Bytes::copy_from_slice(piece))).collect();
        Box::pin(futures_util::stream::iter(pieces))
    }

    async fn collect(mut stream: ByteStream) -> Result<Vec<u8>, String> {
        let mut all = Vec::new();
        while let Some(piece) = stream.next().await {
            all.extend_from_slice(&piece.map_err(|error| error.to_string())?);
        }
        Ok(all)
    }

    #[tokio::test]
    async fn content_is_unpacked_however_it_is_cut_into_pieces() {
        let text = "presence ".repeat(10_000);
        for step in [1, 7, 4096, 1 << 20] {
            assert_eq!(collect(unpack(packed(text.as_bytes(), 0, step))).await.unwrap(), text.as_bytes());
        }
    }

    #[tokio::test]
    async fn content_that_breaks_off_is_an_error_and_not_a_short_answer() {
        assert!(collect(unpack(packed(b"some text that is long enough", 9, 64))).await.is_err());
    }
}
