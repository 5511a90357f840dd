//! Reads the start of a file: its format, its delimiter, its columns.
//!
//! Reports have lines before the header, and such a line may contain a column name ("ISBN list of
//! 2024"). So the first lines are read as headers one by one. The first clear header is taken, else
//! the best.

use bibliography::isbn::isbn_repair::{IsbnCellContent, read_isbn_cell};
use bibliography::text_normalization::truncate_text;
use encoding_rs::UTF_8;

use super::column_layout::{ColumnLayout, HeaderCandidateScore};
use super::delimiter;
use super::encoding::{TextEncoding, decode};
use super::headerless;
use super::import_checkpoint::ImportCheckpoint;
use super::import_error::ImportError;
use super::library_file_format::LibraryFileFormat;
use super::mojibake::repair_text;
use super::record_splitter::{CsvRowSplitOutcome, RecordSplitter};
use super::row_cells::{RowCells, first_line_end};
use super::slice_byte_cursor::SliceByteCursor;
use super::{MAX_ROW_BYTES, file_signature, wrapped_row};

/// Lines, and their bytes, in which the header is searched.
const MAX_LINES: u64 = 20;
const MAX_HEADER_SCAN_BYTES: usize = 8_192;

/// Column names in an error, and bytes of each.
const MAX_NAMES: usize = 30;
const MAX_NAME_BYTES: usize = 60;

struct HeaderCandidate {
    layout: ColumnLayout,
    score: HeaderCandidateScore,
    start: usize,
    end: usize,
    before: u64,
}

/// Reads the header; false if more bytes are needed. `bytes` are not empty.
pub(super) fn read_header_line(
    bytes: &mut SliceByteCursor<'_>,
    state: &mut ImportCheckpoint,
) -> Result<bool, ImportError> {
    let window = bytes.row_window();
    let line = match first_line_end(window) {
        Some(end) => window.get(..end).unwrap_or(window),
        None if window.len() >= MAX_ROW_BYTES || bytes.ended => window,
        None => return Ok(false),
    };
    if state.delimiter.is_none() {
        file_signature::reject_non_csv(line)?;
    }
    if let [s, e, p, b'=', delimiter] = *line
        && [s, e, p].eq_ignore_ascii_case(b"sep")
    {
        state.delimiter = Some(delimiter);
        bytes.consume_bytes(line.len(), state);
        return Ok(true);
    }
    let rest = bytes.remaining_bytes();
    if rest.len() < MAX_HEADER_SCAN_BYTES && !bytes.ended {
        return Ok(false);
    }
    let encoding = state.encoding.unwrap_or(UTF_8);
    let mut search = HeaderSearch {
        rest,
        ended: bytes.ended,
        encoding,
        named_delimiter: state.delimiter,
        found: Vec::new(),
    };
    let Some(best) = search.best_header()? else { return Ok(false) };
    let head = rest.get(..MAX_HEADER_SCAN_BYTES).unwrap_or(rest);
    let is_whole_file = rest.len() <= MAX_HEADER_SCAN_BYTES;
    let headerless = match &best {
        Some(best) if best.score.sure_roles > 0 || best.layout.has_numbers() => None,
        _ => headerless::read_headerless(head, is_whole_file, encoding, state.delimiter),
    };
    let found = search.found;
    match (headerless, best) {
        (Some(layout), _) => {
            // The first line is no row if it has names of columns, but no known ones.
            let is_named = layout.format == LibraryFileFormat::Plain;
            let end = if is_named { line.len() } else { 0 };
            state.layout = Some(ColumnLayout { line: state.line, ..layout });
            bytes.consume_bytes(end, state);
        }
        (None, Some(best)) => {
            state.preamble = best.before;
            let mut layout = best.layout;
            if !layout.wrapped {
                let header = rest.get(best.start..best.end).unwrap_or_default();
                let cells = RowCells::of_row(header, layout.delimiter);
                let bytes_below_header = head.get(best.end..).unwrap_or_default();
                let names = read_column_names(&cells, encoding);
                headerless::infer_columns(
                    &mut layout,
                    &names,
                    bytes_below_header,
                    is_whole_file,
                    encoding,
                );
            }
            bytes.consume_bytes(best.start, state);
            layout.line = state.line;
            state.layout = Some(layout);
            bytes.consume_bytes(best.end - best.start, state);
        }
        (None, None) if found.is_empty() => return Err(ImportError::Empty),
        (None, None) => return Err(ImportError::NoUsableColumn { found }),
    }
    Ok(true)
}

struct HeaderSearch<'a> {
    /// The bytes of the file from the first line that is not blank.
    rest: &'a [u8],
    ended: bool,
    encoding: TextEncoding,
    named_delimiter: Option<u8>,
    /// Names in the widest line that is no header, for the error.
    found: Vec<String>,
}

impl HeaderSearch<'_> {
    /// The best header of the first lines; the outer `None` if more bytes are needed.
    /// Errors: a line has too many cells, or the first one is too long.
    fn best_header(&mut self) -> Result<Option<Option<HeaderCandidate>>, ImportError> {
        let mut best: Option<HeaderCandidate> = None;
        let (mut start, mut before) = (0, 0);
        while before < MAX_LINES && start < MAX_HEADER_SCAN_BYTES {
            let rest = self.rest.get(start..).unwrap_or_default();
            let blank = rest.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
            start += blank;
            let rest = rest.get(blank..).unwrap_or_default();
            let rest = rest.get(..MAX_ROW_BYTES).unwrap_or(rest);
            if rest.is_empty() {
                break;
            }
            let line = first_line_end(rest).and_then(|end| rest.get(..end)).unwrap_or(rest);
            let delimiter = self.delimiter_of(line);
            let mut splitter = RecordSplitter::new(delimiter);
            let len = match splitter.split_off_row(rest, self.ended, &mut 0, 0) {
                CsvRowSplitOutcome::Row(len) => len,
                CsvRowSplitOutcome::Broken(len) => {
                    // Unmatched quotation marks are characters here.
                    splitter.unquoted.parse_complete_csv_row(rest.get(..len).unwrap_or(rest));
                    std::mem::swap(&mut splitter.unquoted, &mut splitter.cells);
                    len
                }
                CsvRowSplitOutcome::More => return Ok(None),
                CsvRowSplitOutcome::TooLong(_) if start > 0 => break,
                CsvRowSplitOutcome::TooLong(_) => return Err(ImportError::HeaderTooLong),
                CsvRowSplitOutcome::TooManyCells(..) => return Err(ImportError::TooManyColumns),
            };
            let raw = rest.get(..len).unwrap_or(rest);
            match self.try_header(raw, &splitter.cells, delimiter) {
                Ok((layout, score)) => {
                    let one = HeaderCandidate { layout, score, start, end: start + len, before };
                    if score.is_clear() {
                        return Ok(Some(Some(one)));
                    }
                    if best.as_ref().is_none_or(|best| best.score < score) {
                        best = Some(one);
                    }
                }
                Err(names) if names.len() > self.found.len() => self.found = names,
                Err(_) => {}
            }
            start += len;
            before += 1;
        }
        Ok(Some(best))
    }

    fn delimiter_of(&self, line: &[u8]) -> u8 {
        self.named_delimiter.unwrap_or_else(|| delimiter::of_header(line, self.encoding))
    }

    /// A line as a header, or the names of its cells.
    fn try_header(
        &self,
        raw: &[u8],
        cells: &RowCells,
        delimiter: u8,
    ) -> Result<(ColumnLayout, HeaderCandidateScore), Vec<String>> {
        if let Some(read) = wrapped_row::only_cell(cells).and_then(|it| self.quoted_header(it)) {
            return Ok(read);
        }
        let names = read_column_names(cells, self.encoding);
        read_names(&names, &decode(raw, self.encoding), delimiter).ok_or_else(|| shortened(&names))
    }

    fn quoted_header(&self, inner: &[u8]) -> Option<(ColumnLayout, HeaderCandidateScore)> {
        let delimiter = self.delimiter_of(inner);
        if !inner.contains(&delimiter) {
            return None;
        }
        let names = read_column_names(&RowCells::of_row(inner, delimiter), self.encoding);
        let (layout, score) = read_names(&names, &decode(inner, self.encoding), delimiter)?;
        // A quoted sentence may contain a known name too.
        score.is_clear().then_some((ColumnLayout { wrapped: true, ..layout }, score))
    }
}

pub(super) fn read_column_names(cells: &RowCells, encoding: TextEncoding) -> Vec<String> {
    let name = |index| {
        repair_text(decode(cells.cell(index), encoding))
            .text
            .trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}')
            .to_owned()
    };
    (0..cells.len()).map(name).collect()
}

/// A header; `None` for a line with an ISBN, which is a book.
pub(super) fn read_names(
    names: &[String],
    raw: &str,
    delimiter: u8,
) -> Option<(ColumnLayout, HeaderCandidateScore)> {
    let is_isbn = |name: &String| matches!(read_isbn_cell(name), IsbnCellContent::Valid(_));
    ColumnLayout::from_header(names, raw, delimiter).filter(|_| !names.iter().any(is_isbn))
}

fn shortened(names: &[String]) -> Vec<String> {
    names
        .iter()
        .filter(|name| !name.is_empty())
        .take(MAX_NAMES)
        .map(|name| truncate_text(name, MAX_NAME_BYTES).to_owned())
        .collect()
}
