//! The bytes of a slice, read from their start.

use std::borrow::Cow;

use encoding_rs::UTF_8;

use super::MAX_ROW_BYTES;
use super::encoding::{EncodingSource, is_utf16, source_bytes};
use super::encoding_guess::{self, HEAD_BYTES};
use super::import_checkpoint::ImportCheckpoint;
use super::row_cells::first_line_end;

/// Bytes of the file from the state's offset on; UTF-16 is converted to UTF-8.
pub(super) struct SliceByteCursor<'a> {
    bytes: Cow<'a, [u8]>,
    start: usize,
    /// The file ends after these bytes.
    pub ended: bool,
}

impl<'a> SliceByteCursor<'a> {
    /// Detects the encoding at the start of the file; `None` if that needs more bytes.
    pub fn with_detected_encoding(
        bytes: &'a [u8],
        ended: bool,
        state: &mut ImportCheckpoint,
    ) -> Option<Self> {
        let mut mark_bytes = 0;
        if state.encoding.is_none() {
            let head = bytes.get(..HEAD_BYTES).unwrap_or(bytes);
            if head.len() < HEAD_BYTES && !ended {
                return None;
            }
            let (encoding, source, mark) = match state.named_encoding {
                Some(named) => {
                    let mark = encoding_rs::Encoding::for_bom(head);
                    let mark = mark.filter(|(marked, _)| *marked == named);
                    (named, EncodingSource::Named, mark.map_or(0, |(_, bytes)| bytes))
                }
                None => encoding_guess::of_head(head),
            };
            (state.encoding, state.encoding_source, mark_bytes) = (Some(encoding), source, mark);
            state.offset += mark_bytes as u64;
        }
        let encoding = state.encoding?;
        let bytes = bytes.get(mark_bytes..).unwrap_or_default();
        let bytes = if is_utf16(encoding) {
            // Half a unit and half a surrogate pair at the end belong to a row that the next slice
            // reads again, or to the last row of a damaged file.
            let units = bytes.get(..bytes.len() / 2 * 2).unwrap_or(bytes);
            // An unpaired surrogate becomes U+FFFD, so that the text gives the offset in the file.
            let text = encoding.decode_without_bom_handling(units).0;
            Cow::Owned(text.into_owned().into_bytes())
        } else {
            Cow::Borrowed(bytes)
        };
        Some(Self { bytes, start: 0, ended })
    }

    pub fn remaining_bytes(&self) -> &[u8] {
        self.bytes.get(self.start..).unwrap_or_default()
    }

    /// The bytes that the next row may have.
    pub fn row_window(&self) -> &[u8] {
        let rest = self.remaining_bytes();
        rest.get(..MAX_ROW_BYTES).unwrap_or(rest)
    }

    /// Drops consumed bytes and moves the state past them.
    pub fn consume_bytes(&mut self, len: usize, state: &mut ImportCheckpoint) {
        let end = (self.start + len).min(self.bytes.len());
        let bytes = self.bytes.get(self.start..end).unwrap_or_default();
        for byte in bytes {
            let ends_line = *byte == b'\r' || (*byte == b'\n' && !state.after_cr);
            state.line += u64::from(ends_line);
            state.after_cr = *byte == b'\r';
        }
        let encoding = state.encoding.unwrap_or(UTF_8);
        state.offset += source_bytes(bytes, encoding);
        self.start = end;
    }

    /// Skips the rest of a line; false if more bytes are needed.
    pub fn skip_line(&mut self, state: &mut ImportCheckpoint) -> bool {
        let end = first_line_end(self.remaining_bytes());
        self.consume_bytes(end.unwrap_or(self.remaining_bytes().len()), state);
        state.skip_line = end.is_none() && !self.ended;
        !state.skip_line
    }

    /// Skips line ends, and byte order marks of joined files; false if more bytes are needed.
    pub fn skip_line_ends(&mut self, state: &mut ImportCheckpoint) -> bool {
        const UTF8_BOM: &[u8] = b"\xef\xbb\xbf";
        loop {
            let rest = self.remaining_bytes();
            match rest.first() {
                None => return false,
                Some(b'\r' | b'\n') => self.consume_bytes(1, state),
                Some(0xef) if rest.starts_with(UTF8_BOM) => {
                    self.consume_bytes(UTF8_BOM.len(), state)
                }
                // `csv-core` drops a mark at the start of a row only if it is complete.
                Some(0xef) if UTF8_BOM.starts_with(rest) && !self.ended => return false,
                Some(_) => return true,
            }
        }
    }
}
