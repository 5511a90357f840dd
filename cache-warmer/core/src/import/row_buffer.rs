//! The bytes in memory: at most those of the current row and of the last piece.

use super::MAX_ROW_BYTES;
use super::encoding::{self, Encoding, EncodingSource, Utf16Stream};
use super::encoding_guess::{self, HEAD_BYTES};
use super::row_cells::first_line_end;
use super::state::ImportState;

/// Bytes of the file from the state's offset on; UTF-16 is converted to UTF-8.
#[derive(Debug, Default)]
pub(super) struct Buffer {
    bytes: Vec<u8>,
    start: usize,
    utf16: Utf16Stream,
    pub ended: bool,
}

impl Buffer {
    pub fn feed(&mut self, piece: &[u8], encoding: Option<Encoding>) {
        self.bytes.drain(..self.start);
        self.start = 0;
        match encoding {
            Some(Encoding::Utf16Le) => self.utf16.push(piece, false, &mut self.bytes),
            Some(Encoding::Utf16Be) => self.utf16.push(piece, true, &mut self.bytes),
            _ => self.bytes.extend_from_slice(piece),
        }
    }

    pub fn end(&mut self) {
        self.ended = true;
        self.utf16.finish(&mut self.bytes);
    }

    /// Detects the encoding from the first bytes; false if more bytes are needed.
    pub fn sniff(&mut self, state: &mut ImportState) -> bool {
        if state.encoding.is_some() {
            return true;
        }
        let head = self.bytes.get(..HEAD_BYTES).unwrap_or(&self.bytes);
        if head.len() < HEAD_BYTES && !self.ended {
            return false;
        }
        let (encoding, source, mark) = match state.named_encoding {
            Some(named) => (named, EncodingSource::Named, encoding_guess::bom_len(head, named)),
            None => encoding_guess::of_head(head),
        };
        let piece = self.bytes.split_off(mark);
        self.bytes.clear();
        state.encoding = Some(encoding);
        state.encoding_source = source;
        state.offset = mark as u64;
        self.feed(&piece, state.encoding);
        if self.ended {
            self.utf16.finish(&mut self.bytes);
        }
        true
    }

    pub fn rest(&self) -> &[u8] {
        self.bytes.get(self.start..).unwrap_or_default()
    }

    /// The bytes that the next row may have.
    pub fn row_window(&self) -> &[u8] {
        let rest = self.rest();
        rest.get(..MAX_ROW_BYTES).unwrap_or(rest)
    }

    /// Drops consumed bytes and moves the state past them.
    pub fn advance(&mut self, len: usize, state: &mut ImportState) {
        let end = (self.start + len).min(self.bytes.len());
        let bytes = self.bytes.get(self.start..end).unwrap_or_default();
        for byte in bytes {
            match byte {
                b'\n' if state.after_cr => state.after_cr = false,
                b'\n' => state.line += 1,
                b'\r' => {
                    state.line += 1;
                    state.after_cr = true;
                }
                _ => state.after_cr = false,
            }
        }
        let encoding = state.encoding.unwrap_or(Encoding::Utf8);
        state.offset += encoding::source_bytes(bytes, encoding);
        self.start = end;
    }

    /// Skips the rest of a line; false if more bytes are needed.
    pub fn skip_line(&mut self, state: &mut ImportState) -> bool {
        let end = first_line_end(self.rest());
        self.advance(end.unwrap_or(self.rest().len()), state);
        state.skip_line = end.is_none() && !self.ended;
        !state.skip_line
    }

    /// Skips line ends, and byte order marks of joined files; false if more bytes are needed.
    pub fn skip_line_ends(&mut self, state: &mut ImportState) -> bool {
        const UTF8_BOM: &[u8] = b"\xef\xbb\xbf";
        loop {
            let rest = self.rest();
            match rest.first() {
                None => return false,
                Some(b'\r' | b'\n') => self.advance(1, state),
                Some(0xef) if rest.starts_with(UTF8_BOM) => self.advance(UTF8_BOM.len(), state),
                // `csv-core` drops a mark at the start of a row only if it is complete.
                Some(0xef) if UTF8_BOM.starts_with(rest) && !self.ended => return false,
                Some(_) => return true,
            }
        }
    }
}
