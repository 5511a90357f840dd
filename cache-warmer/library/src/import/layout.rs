//! Which column holds what: read from the header once, kept with the state.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use shared::isbn::repair::{CellIsbn, read_cell};
use shared::order;
use shared::text::fold;

use super::column_names::{self, IsbnColumn};
use super::format::Format;
use super::record_writer::record;
use super::tokens::Tokens;

/// What the header says. Column numbers count from 0.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Layout {
    /// The program that wrote the file.
    pub format: Format,
    /// The byte between cells.
    pub delimiter: u8,
    /// Columns of the file.
    pub width: usize,
    /// The header as it stands in the file (shortened as a long row is), empty where there is
    /// none: the head of `failures.csv`.
    pub header: String,
    pub(super) title: Option<usize>,
    pub(super) author: Option<usize>,
    pub(super) author_inverted: Option<usize>,
    /// First and last name of the first author, in columns of their own.
    pub(super) given_family: Option<(usize, usize)>,
    /// Columns with ISBNs, the one to believe first.
    pub(super) isbns: Vec<usize>,
    /// A list or identifiers, asked where the columns above have nothing.
    pub(super) more_isbns: Option<usize>,
    pub(super) item_type: Option<usize>,
    /// Columns of numbers and dates: they show where a shifted row was shifted.
    pub(super) numeric: Vec<usize>,
}

/// Delimiters that are tried, the commonest first.
const DELIMITERS: [u8; 4] = *b",;\t|";

/// Bytes of the header that are kept: twenty times what the widest known export has.
const MAX_HEADER_BYTES: usize = 32_768;

/// Most numeric columns that are worth keeping.
const MAX_NUMERIC: usize = 16;

impl Layout {
    /// Reads a header row, `raw` being the row as it stands; none where no column can be used.
    pub(super) fn from_header(cells: &[String], raw: &str, delimiter: u8) -> Option<Self> {
        let folded: Vec<String> = cells.iter().map(|cell| fold(cell)).collect();
        let format = Format::detect(&folded);
        let find = |name: &str| folded.iter().position(|cell| cell == name);
        let first = |list: &[&str]| list.iter().find_map(|name| find(name));
        let mut isbns: Vec<(IsbnColumn, usize)> = folded
            .iter()
            .enumerate()
            .filter_map(|(column, name)| Some((column_names::isbn_column(name)?, column)))
            .collect();
        order::sort(&mut isbns);
        let more = |(kind, _): &(IsbnColumn, usize)| {
            matches!(kind, IsbnColumn::Identifiers | IsbnColumn::List)
        };
        let more_isbns = isbns.iter().find(|isbn| more(isbn)).map(|(_, column)| *column);
        isbns.retain(|isbn| !more(isbn));
        let isbns: Vec<usize> = isbns.into_iter().map(|(_, column)| column).take(8).collect();
        let title = first(column_names::TITLE);
        // `ids` or `identifiers` alone names no library.
        if title.is_none() && isbns.is_empty() {
            return None;
        }
        let numeric = folded
            .iter()
            .enumerate()
            .filter(|(_, name)| column_names::is_numeric(name))
            .map(|(column, _)| column)
            .take(MAX_NUMERIC)
            .collect();
        let mut layout = Self {
            format,
            delimiter,
            width: cells.len(),
            header: raw.to_owned(),
            title,
            author: first(column_names::AUTHOR),
            author_inverted: first(column_names::AUTHOR_INVERTED),
            given_family: find("first name").zip(find("last name")),
            isbns,
            more_isbns,
            item_type: if format == Format::Libib { find("item type") } else { None },
            numeric,
        };
        if layout.header.len() > MAX_HEADER_BYTES {
            let name = |column| Cow::from(cells.get(column).map_or("", String::as_str));
            layout.header = layout.reduce(name, MAX_HEADER_BYTES);
        }
        Some(layout)
    }

    /// A file that begins with a book at once, or none where the row holds no valid number: only
    /// its ISBN column can be told for sure.
    pub(super) fn headless(cells: &[String], delimiter: u8) -> Option<Self> {
        let isbn = cells.iter().position(|cell| matches!(read_cell(cell), CellIsbn::Valid(_)))?;
        let mut layout = Self {
            format: Format::Headless,
            delimiter,
            width: cells.len(),
            header: String::new(),
            title: None,
            author: None,
            author_inverted: None,
            given_family: None,
            isbns: vec![isbn],
            more_isbns: None,
            item_type: None,
            numeric: Vec::new(),
        };
        layout.header = layout.reduce(|_| Cow::from("isbn"), MAX_HEADER_BYTES);
        Some(layout)
    }

    /// Columns that are read.
    pub(super) fn columns(&self) -> impl Iterator<Item = usize> {
        let (given, family) = self.given_family.unzip();
        let one = [self.title, self.author, self.author_inverted, self.more_isbns, self.item_type];
        one.into_iter().chain([given, family]).flatten().chain(self.isbns.iter().copied())
    }

    /// Whether a column is read.
    pub(super) fn is_read(&self, column: usize) -> bool {
        self.columns().any(|read| read == column)
    }

    /// A row with only the columns that are read, each at its place.
    pub(super) fn reduce<'a>(&self, cell: impl Fn(usize) -> Cow<'a, str>, limit: usize) -> String {
        // The columns share what is left beside the delimiters.
        let most = limit.saturating_sub(self.width) / 8;
        let cells: Vec<String> = (0..self.width)
            .map(|column| {
                if !self.is_read(column) {
                    return String::new();
                }
                let cell = cell(column);
                cell.get(..cell.floor_char_boundary(most)).unwrap_or_default().to_owned()
            })
            .collect();
        let cells: Vec<&str> = cells.iter().map(String::as_str).collect();
        record(&cells, self.delimiter)
    }
}

/// The delimiter of a header line: the one that shows the most known names, then the most cells.
pub(super) fn sniff_delimiter(line: &[u8]) -> u8 {
    let mut best = (0, 0, b',');
    for delimiter in DELIMITERS {
        let mut tokens = Tokens::new(delimiter);
        // Too many cells is said when the line is read in earnest.
        tokens.read_all(line);
        let known = (0..tokens.len())
            .filter(|index| is_known(&fold(&String::from_utf8_lossy(tokens.cell(*index)))))
            .count();
        if (known, tokens.len()) > (best.0, best.1) {
            best = (known, tokens.len(), delimiter);
        }
    }
    best.2
}

fn is_known(name: &str) -> bool {
    column_names::isbn_column(name).is_some()
        || column_names::TITLE.contains(&name)
        || column_names::AUTHOR.contains(&name)
}
