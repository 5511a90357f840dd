//! The beginning of a file: what it is, how it is delimited, what its columns are.

use super::buffer::Buffer;
use super::encoding::{Encoding, decode};
use super::error::ImportError;
use super::layout::{Layout, sniff_delimiter};
use super::record_splitter::{Cut, Cutter};
use super::state::ImportState;
use super::tokens::first_line;
use super::{MAX_ROW_BYTES, file_signature};

/// Lines before the header that may be something else: a title, the date of the export.
const MAX_PREAMBLE: u8 = 5;

/// Names of columns in an error, and bytes of each.
const MAX_NAMES: usize = 30;
const MAX_NAME_BYTES: usize = 60;

/// Reads the header, or passes over one line before it; none where the line is not complete yet.
/// The buffer is not empty.
///
/// # Errors
/// [`ImportError`] where this is no library.
pub(super) fn read(
    buffer: &mut Buffer,
    state: &mut ImportState,
) -> Result<Option<()>, ImportError> {
    let window = buffer.window();
    let is_full = window.len() >= MAX_ROW_BYTES;
    let line = match first_line(window) {
        Some(end) => window.get(..end).unwrap_or(window),
        None if is_full || buffer.ended => window,
        None => return Ok(None),
    };
    if state.preamble == 0 && state.delimiter.is_none() {
        file_signature::check(line)?;
    }
    if let [s, e, p, b'=', delimiter] = *line
        && [s, e, p].eq_ignore_ascii_case(b"sep")
    {
        state.delimiter = Some(delimiter);
        buffer.consume(line.len(), state);
        return Ok(Some(()));
    }
    let delimiter = state.delimiter.unwrap_or_else(|| sniff_delimiter(line));
    let mut cutter = Cutter::new(delimiter);
    let (len, tokens) = match cutter.cut(window, buffer.ended, &mut state.unclosed, 0) {
        Cut::More => return Ok(None),
        Cut::Row(len) => (len, &cutter.tokens),
        Cut::Broken(len) => {
            cutter.plain.read_all(window.get(..len).unwrap_or(window));
            (len, &cutter.plain)
        }
        Cut::TooManyCells(..) => return Err(ImportError::TooManyColumns),
        Cut::TooLong(_) => return Err(ImportError::HeaderTooLong),
    };
    let raw = window.get(..len).unwrap_or(window);
    let encoding = state.encoding.unwrap_or(Encoding::Utf8);
    let names: Vec<String> = (0..tokens.len())
        .map(|index| decode(tokens.cell(index), encoding).trim().to_owned())
        .collect();
    if let Some(layout) = Layout::from_header(&names, &decode(raw, encoding), delimiter) {
        state.evidence.add(raw);
        state.layout = Some(layout);
        buffer.consume(len, state);
    } else if let Some(layout) = Layout::headless(&names, delimiter) {
        state.layout = Some(layout);
    } else {
        pass_over(&names, state)?;
        buffer.consume(len, state);
    }
    Ok(Some(()))
}

/// A line that is no header: remembered for the error, if it is the widest so far.
fn pass_over(names: &[String], state: &mut ImportState) -> Result<(), ImportError> {
    let names: Vec<String> = names
        .iter()
        .filter(|name| !name.is_empty())
        .take(MAX_NAMES)
        .map(|name| name.get(..name.floor_char_boundary(MAX_NAME_BYTES)).unwrap_or_default())
        .map(str::to_owned)
        .collect();
    if names.len() > state.found.len() {
        state.found = names;
    }
    state.preamble += 1;
    if state.preamble > MAX_PREAMBLE {
        return Err(ImportError::NoUsableColumn { found: std::mem::take(&mut state.found) });
    }
    Ok(())
}
