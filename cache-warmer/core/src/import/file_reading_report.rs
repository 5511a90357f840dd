//! How a file was read: the encoding, the role of each column, and what is uncertain. The operator
//! can always see it.

use bibliography::text_normalization::truncate_text;
use encoding_rs::UTF_8;
use serde::Serialize;

use super::column_layout::ColumnLayout;
use super::encoding::{EncodingSource, TextEncoding};
use super::header_detection::read_column_names;
use super::import_checkpoint::ImportCheckpoint;
use super::library_file_format::LibraryFileFormat;
use super::row_cells::RowCells;

/// Ignored columns that are listed, and bytes of a name.
const MAX_IGNORED: usize = 100;
const MAX_NAME_BYTES: usize = 60;

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Reading {
    pub encoding: Option<TextEncoding>,
    pub encoding_source: EncodingSource,
    /// Lines before the header, without blank ones.
    pub skipped_lines: u64,
    /// The headers of the file: one, or several in a file of joined exports.
    pub headers: Vec<HeaderReading>,
    /// Headers below the first one, repeated ones included.
    pub further_headers: u64,
    /// Rows with repaired letters, which an earlier program had decoded wrongly.
    pub mended_rows: u64,
    pub warnings: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct HeaderReading {
    /// `None` if the file has no header.
    pub line: Option<u64>,
    pub format: LibraryFileFormat,
    pub delimiter: char,
    /// True if the header is one quoted cell.
    pub wrapped: bool,
    pub columns: Vec<ColumnReading>,
    pub ignored: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ColumnReading {
    pub column: usize,
    pub name: String,
    pub taken_for: &'static str,
}

impl ImportCheckpoint {
    /// How the file is read; `None` before its header.
    pub fn file_reading_report(&self) -> Option<Reading> {
        self.layout.as_ref()?;
        let warnings = self.column_layouts().flat_map(ColumnLayout::warnings).chain(self.warning());
        let mut unique: Vec<String> = Vec::new();
        for warning in warnings {
            if !unique.contains(&warning) {
                unique.push(warning);
            }
        }
        Some(Reading {
            encoding: self.encoding,
            encoding_source: self.encoding_source,
            skipped_lines: self.preamble,
            headers: self.column_layouts().map(ColumnLayout::header_report).collect(),
            further_headers: self.counts.headers,
            mended_rows: self.mended,
            warnings: unique,
        })
    }

    fn warning(&self) -> Option<String> {
        let encoding = self.encoding.filter(|_| self.encoding_source == EncodingSource::Guess)?;
        Some(format!(
            "the encoding {} is a guess: if letters look wrong, read the file again with ?encoding=",
            encoding.name()
        ))
    }
}

impl ColumnLayout {
    fn header_report(&self) -> HeaderReading {
        let cells = RowCells::of_row(self.header.as_bytes(), self.delimiter);
        let names = read_column_names(&cells, UTF_8);
        let is_headerless = self.format == LibraryFileFormat::Headerless;
        let name = |column: usize| {
            let name = names.get(column).filter(|_| !is_headerless).map_or("", String::as_str);
            truncate_text(name, MAX_NAME_BYTES).to_owned()
        };
        let columns = self.purposes().map(|(column, taken_for)| ColumnReading {
            column: column + 1,
            name: name(column),
            taken_for,
        });
        let ignored = (0..self.width).filter(|column| !self.is_used_column(*column)).map(name);
        HeaderReading {
            line: (!is_headerless).then_some(self.line),
            format: self.format,
            delimiter: char::from(self.delimiter),
            wrapped: self.wrapped,
            columns: columns.collect(),
            ignored: ignored.filter(|name| !name.is_empty()).take(MAX_IGNORED).collect(),
        }
    }

    fn warnings(&self) -> Vec<String> {
        let mut warnings = Vec::new();
        let mut warn = |warning: &str| warnings.push(warning.to_owned());
        if self.format == LibraryFileFormat::Headerless {
            warn("the file has no header: its columns were detected from the first rows");
        }
        if self.author_columns().next().is_none() && !self.titles.is_empty() {
            warn(
                "no column was taken for the author: books without an ISBN are searched by title \
                 alone, and no author is warmed",
            );
        }
        if self.titles.is_empty() {
            warn("no column was taken for the title: rows without a valid ISBN are rejected");
        }
        if !self.has_numbers() && self.more_isbns.is_none() {
            warn("no column was taken for the ISBN: books are searched by title and author");
        }
        for (column, purpose) in self.purposes().filter(|it| self.known_by_cells.contains(&it.0)) {
            warnings.push(format!(
                "the name of column {} is not known: it was taken for the {purpose} by what the \
                 first rows hold",
                column + 1
            ));
        }
        warnings
    }
}
