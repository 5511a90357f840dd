//! The columns of a file: read from the header once, stored with the state.

use std::borrow::Cow;

use bibliography::text_normalization::{fold_text, truncate_text};
use serde::{Deserialize, Serialize};

use super::column_role_detection::{
    self, ColumnRole, ColumnRoleRank, FIRST_WEAK_ROLE_RANK, IsbnColumnKind, NamePart,
};
use super::export_format::ExportFormat;

/// The content of the header. Column numbers count from 0.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ColumnLayout {
    pub format: ExportFormat,
    pub delimiter: u8,
    pub width: usize,
    /// The header unchanged (shortened like a long row), the head of `failures.csv`; empty without
    /// a header.
    pub header: String,
    /// The physical line of the header; without a header, of the first row.
    pub line: u64,
    /// True if the header is one quoted cell, as its rows may be.
    pub(super) wrapped: bool,
    /// Columns with titles; the next is read if the one before is empty.
    pub(super) titles: Vec<usize>,
    pub(super) authors: Vec<usize>,
    pub(super) author_inverted: Option<usize>,
    /// Columns with the parts of the first author's name, in their order.
    pub(super) name_parts: Vec<usize>,
    /// Columns with ISBNs, the most reliable first.
    pub(super) isbns: Vec<usize>,
    /// Columns with barcodes: an ISBN counts, other barcodes are ignored.
    pub(super) barcodes: Vec<usize>,
    /// A list or identifiers, read if the columns above are empty.
    pub(super) more_isbns: Option<usize>,
    pub(super) item_type: Option<usize>,
    /// Columns of numbers and dates: they show at which column a row was shifted.
    pub(super) numeric: Vec<usize>,
    /// Columns of those above that have no known name and were detected from the first rows.
    #[serde(default)]
    pub(super) known_by_cells: Vec<usize>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct HeaderScore {
    /// Certain roles: title, author, ISBN.
    pub sure_roles: usize,
    pub roles: usize,
    pub known_names: usize,
}

impl HeaderScore {
    /// Two certain roles, or one and a known program: the search for a better header ends.
    pub fn is_clear(self) -> bool {
        self.sure_roles >= 2
    }
}

/// Bytes of the header that are stored: twenty times those of the widest known export.
const MAX_HEADER_BYTES: usize = 32_768;

/// Most columns that are stored for one purpose.
const MAX_NUMERIC: usize = 16;
const MAX_ISBNS: usize = 8;
const MAX_ALTERNATIVES: usize = 4;

impl ColumnLayout {
    /// Reads a header row; `raw` is its text. `None` if no column can be used.
    pub(super) fn from_header(
        cells: &[String],
        raw: &str,
        delimiter: u8,
    ) -> Option<(Self, HeaderScore)> {
        let roles = column_roles(cells);
        let mut isbns = isbn_columns(&roles);
        let is_number = |kind: IsbnColumnKind| kind <= IsbnColumnKind::Barcode;
        let titles = alternatives(&roles, ColumnRole::Title);
        // A column `ids` or `identifiers` alone makes no library.
        if titles.is_empty() && !isbns.iter().any(|isbn| is_number(isbn.1)) {
            return None;
        }
        let folded: Vec<String> = cells.iter().map(|cell| fold_text(cell)).collect();
        let format = ExportFormat::detect(&folded);
        let more_isbns = isbns.iter().find(|isbn| !is_number(isbn.1)).map(|isbn| isbn.2);
        isbns.retain(|isbn| is_number(isbn.1));
        let of_kind = |barcode: bool| {
            let kind = move |kind| (kind == IsbnColumnKind::Barcode) == barcode;
            isbns.iter().filter(move |isbn| kind(isbn.1)).map(|isbn| isbn.2).take(MAX_ISBNS)
        };
        let find =
            |wanted: ColumnRole| roles.iter().find(|(_, role, _)| *role == wanted).map(|it| it.0);
        let numeric = folded
            .iter()
            .enumerate()
            .filter(|(_, name)| column_role_detection::is_numeric(name))
            .map(|(column, _)| column)
            .take(MAX_NUMERIC)
            .collect();
        let mut layout = Self {
            format,
            delimiter,
            width: cells.len(),
            header: raw.to_owned(),
            line: 0,
            wrapped: false,
            authors: alternatives(&roles, ColumnRole::Author),
            author_inverted: find(ColumnRole::AuthorInverted),
            name_parts: name_columns(find),
            isbns: of_kind(false).collect(),
            barcodes: of_kind(true).collect(),
            more_isbns,
            item_type: find(ColumnRole::ItemType),
            numeric,
            titles,
            known_by_cells: Vec::new(),
        };
        if layout.header.len() > MAX_HEADER_BYTES {
            let name = |column| Cow::from(cells.get(column).map_or("", String::as_str));
            layout.header = layout.reduce(name, MAX_HEADER_BYTES);
        }
        let known =
            folded.iter().filter(|name| column_role_detection::is_known_column(name)).count();
        let score = layout.header_score(&roles, known);
        Some((layout, score))
    }

    fn header_score(
        &self,
        roles: &[(usize, ColumnRole, ColumnRoleRank)],
        known: usize,
    ) -> HeaderScore {
        let is_sure =
            |column: &usize| roles.iter().any(|it| it.0 == *column && it.2 < FIRST_WEAK_ROLE_RANK);
        let groups = [
            self.titles.first(),
            self.authors.first().or(self.author_inverted.as_ref()).or(self.name_parts.first()),
            self.isbns.first().or(self.barcodes.first()),
        ];
        let sure = groups.iter().flatten().filter(|column| is_sure(column)).count();
        let program = usize::from(self.format != ExportFormat::Plain);
        HeaderScore {
            sure_roles: sure + program,
            roles: groups.iter().flatten().count(),
            known_names: known.min(6),
        }
    }

    /// The layout of a file without a header.
    pub(super) fn headerless(
        width: usize,
        delimiter: u8,
        isbn: usize,
        title: Option<usize>,
        author: Option<usize>,
    ) -> Self {
        let mut layout = Self {
            format: ExportFormat::Headerless,
            delimiter,
            width,
            header: String::new(),
            line: 0,
            wrapped: false,
            titles: title.into_iter().collect(),
            authors: author.into_iter().collect(),
            author_inverted: None,
            name_parts: Vec::new(),
            isbns: vec![isbn],
            barcodes: Vec::new(),
            more_isbns: None,
            item_type: None,
            numeric: Vec::new(),
            known_by_cells: Vec::new(),
        };
        let name = |column: usize| match column {
            column if Some(column) == title => "title",
            column if Some(column) == author => "author",
            _ => "isbn",
        };
        layout.header = layout.reduce(|column| Cow::from(name(column)), MAX_HEADER_BYTES);
        layout
    }

    pub(super) fn used_columns(&self) -> impl Iterator<Item = usize> {
        let lists = [&self.titles, &self.authors, &self.name_parts, &self.isbns, &self.barcodes];
        let one = [self.author_inverted, self.more_isbns, self.item_type];
        lists.into_iter().flatten().copied().chain(one.into_iter().flatten())
    }

    pub(super) fn has_numbers(&self) -> bool {
        !self.isbns.is_empty() || !self.barcodes.is_empty()
    }

    pub(super) fn author_columns(&self) -> impl Iterator<Item = usize> {
        let lists = [&self.authors, &self.name_parts];
        lists.into_iter().flatten().copied().chain(self.author_inverted)
    }

    pub(super) fn is_used_column(&self, column: usize) -> bool {
        self.used_columns().any(|read| read == column)
    }

    /// A row with only the columns that are read, each in its place.
    pub(super) fn reduce<'a>(&self, cell: impl Fn(usize) -> Cow<'a, str>, limit: usize) -> String {
        // The columns share the bytes that the delimiters leave.
        let most = limit.saturating_sub(self.width) / 8;
        let cells: Vec<String> = (0..self.width)
            .map(|column| {
                if !self.is_used_column(column) {
                    return String::new();
                }
                truncate_text(&cell(column), most).to_owned()
            })
            .collect();
        csv_record(&cells, self.delimiter)
    }
}

/// Cells as one record without its line end, quoted if necessary (RFC 4180).
pub(super) fn csv_record(cells: &[String], delimiter: u8) -> String {
    let mut writer = csv::WriterBuilder::new().delimiter(delimiter).from_writer(Vec::new());
    // Writing into memory cannot fail.
    let _ = writer.write_record(cells);
    let mut bytes = writer.into_inner().unwrap_or_default();
    if bytes.last() == Some(&b'\n') {
        bytes.pop();
    }
    String::from_utf8(bytes).unwrap_or_default()
}

/// The known roles of the columns.
fn column_roles(cells: &[String]) -> Vec<(usize, ColumnRole, ColumnRoleRank)> {
    let read = |(at, name): (usize, &String)| {
        column_role_detection::match_column_name(name).map(|(role, rank)| (at, role, rank))
    };
    let mut roles: Vec<(usize, ColumnRole, ColumnRoleRank)> =
        cells.iter().enumerate().filter_map(read).collect();
    let has = |wanted: ColumnRole| roles.iter().any(|it| it.1 == wanted);
    let is_pair = has(ColumnRole::Part(NamePart::Given)) && has(ColumnRole::Part(NamePart::Family));
    let titled = has(ColumnRole::Title);
    for (at, role, rank) in roles.iter_mut().filter(|_| !is_pair) {
        let name = cells.get(*at).map_or("", String::as_str);
        match (*role, column_role_detection::read_whole(name)) {
            (ColumnRole::Part(NamePart::Given), Some((ColumnRole::Author, sure))) => {
                (*role, *rank) = (ColumnRole::Author, sure);
            }
            (ColumnRole::Part(_), Some((ColumnRole::Title, sure))) if !titled => {
                (*role, *rank) = (ColumnRole::Title, sure);
            }
            _ => {}
        }
    }
    roles
}

/// Columns with ISBNs, the most reliable first.
fn isbn_columns(
    roles: &[(usize, ColumnRole, ColumnRoleRank)],
) -> Vec<(ColumnRoleRank, IsbnColumnKind, usize)> {
    let isbn = |&(at, role, rank): &(usize, ColumnRole, ColumnRoleRank)| match role {
        ColumnRole::Isbn(kind) => Some((rank / FIRST_WEAK_ROLE_RANK, kind, at)),
        _ => None,
    };
    let mut isbns: Vec<(ColumnRoleRank, IsbnColumnKind, usize)> =
        roles.iter().filter_map(isbn).collect();
    isbns.sort_unstable();
    isbns
}

/// Columns of one role, the most certain first; one weak column if there is no other.
fn alternatives(roles: &[(usize, ColumnRole, ColumnRoleRank)], wanted: ColumnRole) -> Vec<usize> {
    let of_role = |it: &&(usize, ColumnRole, ColumnRoleRank)| it.1 == wanted;
    let mut columns: Vec<(ColumnRoleRank, usize)> =
        roles.iter().filter(of_role).map(|(at, _, rank)| (*rank, *at)).collect();
    columns.sort_unstable();
    let is_weak = columns.first().is_some_and(|(rank, _)| *rank >= FIRST_WEAK_ROLE_RANK);
    let most = if is_weak { 1 } else { MAX_ALTERNATIVES };
    let kept = columns.iter().filter(|(rank, _)| is_weak || *rank < FIRST_WEAK_ROLE_RANK);
    kept.map(|(_, column)| *column).take(most).collect()
}

/// Given, middle and family name. A family name alone is a name, a given name is none.
fn name_columns(find: impl Fn(ColumnRole) -> Option<usize>) -> Vec<usize> {
    let [given, middle, family] = [NamePart::Given, NamePart::Middle, NamePart::Family]
        .map(|part| find(ColumnRole::Part(part)));
    match family {
        Some(_) => [given, middle, family].into_iter().flatten().collect(),
        None => Vec::new(),
    }
}
