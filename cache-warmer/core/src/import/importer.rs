//! The push parser: takes bytes, gives rows, and can be stopped between any two rows.

use super::error::ImportError;
use super::header;
use super::record_splitter::{RecordSplitter, SplitOutcome};
use super::row::ImportedRow;
use super::row_buffer::Buffer;
use super::rows::read_row;
use super::state::ImportState;

/// Reads a library file in pieces.
///
/// Memory holds at most the bytes of one row and of the last piece. The rows are the same for all
/// ways to split the file.
#[derive(Default)]
pub struct Importer {
    state: ImportState,
    buffer: Buffer,
    splitter: Option<RecordSplitter>,
}

impl Importer {
    /// Resumes from a state; the next bytes are those from [`ImportState::offset`] on.
    pub fn resume(state: ImportState) -> Result<Self, ImportError> {
        state.check_version()?;
        Ok(Self { state, ..Self::default() })
    }

    /// Takes a piece of the file and returns the rows that it completes.
    pub fn push(&mut self, bytes: &[u8]) -> Result<Vec<ImportedRow>, ImportError> {
        self.feed(bytes);
        self.take_complete_rows()
    }

    /// Returns the rows that the end of the file completes.
    pub fn finish(&mut self) -> Result<Vec<ImportedRow>, ImportError> {
        self.end();
        self.take_complete_rows()
    }

    fn take_complete_rows(&mut self) -> Result<Vec<ImportedRow>, ImportError> {
        std::iter::from_fn(|| self.next_row().transpose()).collect()
    }

    pub(super) fn feed(&mut self, bytes: &[u8]) {
        self.buffer.feed(bytes, self.state.encoding);
    }

    pub(super) fn end(&mut self) {
        self.buffer.end();
    }

    /// The state after the last returned row.
    pub fn state(&self) -> &ImportState {
        &self.state
    }

    pub fn into_state(self) -> ImportState {
        self.state
    }

    /// The next row; `None` if more bytes are needed, or at the end.
    pub(super) fn next_row(&mut self) -> Result<Option<ImportedRow>, ImportError> {
        let (state, buffer) = (&mut self.state, &mut self.buffer);
        loop {
            if state.done || !buffer.sniff(state) {
                return Ok(None);
            }
            if state.skip_line && !buffer.skip_line(state) {
                return Ok(None);
            }
            if !buffer.skip_line_ends(state) {
                if buffer.ended && buffer.rest().is_empty() {
                    state.finish()?;
                }
                return Ok(None);
            }
            let Some(layout) = &state.layout else {
                match header::read(buffer, state)? {
                    Some(()) => continue,
                    None => return Ok(None),
                }
            };
            // A second header may have another delimiter.
            if self.splitter.as_ref().is_none_or(|splitter| splitter.delimiter != layout.delimiter)
            {
                self.splitter = Some(RecordSplitter::new(layout.delimiter));
            }
            let Some(splitter) = &mut self.splitter else { return Ok(None) };
            let window = buffer.row_window();
            let split = splitter.split(window, buffer.ended, &mut state.unclosed, layout.width);
            let (len, skip_line) = match split {
                SplitOutcome::More => return Ok(None),
                SplitOutcome::Row(len) | SplitOutcome::Broken(len) => (len, false),
                SplitOutcome::TooManyCells(len, open) => (len, open),
                SplitOutcome::TooLong(len) => (len, true),
            };
            let row = read_row(window.get(..len).unwrap_or(window), split, splitter, state);
            splitter.cells.reset();
            state.skip_line = skip_line;
            buffer.advance(len, state);
            if row.is_some() {
                return Ok(row);
            }
        }
    }
}
