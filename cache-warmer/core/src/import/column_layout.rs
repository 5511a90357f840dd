//! The columns of a file: read from the header once, stored with the state.

use std::borrow::Cow;

use bibliography::text_normalization::{fold_text, truncate_text};
use serde::{Deserialize, Serialize};

use super::column_role_detection::{
    self, ColumnRole, ColumnRoleRank, FIRST_WEAK_COLUMN_ROLE_RANK, IsbnColumnKind, NamePart,
};
use super::library_file_format::LibraryFileFormat;

/// The content of the header. Column numbers count from 0.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ColumnLayout {
    pub format: LibraryFileFormat,
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
pub(super) struct HeaderCandidateScore {
    /// Certain roles: title, author, ISBN.
    pub sure_roles: usize,
    pub roles: usize,
    pub known_names: usize,
}

impl HeaderCandidateScore {
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
    ) -> Option<(Self, HeaderCandidateScore)> {
        let roles = column_roles(cells);
        let titles = alternatives(&roles, ColumnRole::Title);
        let numbers = isbn_columns(&roles);
        let of_kind = |is_wanted: fn(IsbnColumnKind) -> bool| -> Vec<usize> {
            let wanted = numbers.iter().filter(|(kind, _)| is_wanted(*kind));
            wanted.map(|(_, column)| *column).take(MAX_ISBNS).collect()
        };
        let isbns = of_kind(|kind| kind < IsbnColumnKind::Barcode);
        let barcodes = of_kind(|kind| kind == IsbnColumnKind::Barcode);
        // A column `ids` or `identifiers` alone makes no library.
        if titles.is_empty() && isbns.is_empty() && barcodes.is_empty() {
            return None;
        }
        let folded: Vec<String> = cells.iter().map(|cell| fold_text(cell)).collect();
        let find =
            |wanted: ColumnRole| roles.iter().find(|it| it.role == wanted).map(|it| it.column);
        let numeric =
            (0..).zip(&folded).filter(|(_, name)| column_role_detection::is_numeric(name));
        let mut layout = Self {
            format: LibraryFileFormat::detect(&folded),
            delimiter,
            width: cells.len(),
            header: raw.to_owned(),
            authors: alternatives(&roles, ColumnRole::Author),
            author_inverted: find(ColumnRole::AuthorInverted),
            name_parts: name_columns(find),
            more_isbns: of_kind(|kind| kind > IsbnColumnKind::Barcode).first().copied(),
            item_type: find(ColumnRole::ItemType),
            numeric: numeric.map(|(column, _)| column).take(MAX_NUMERIC).collect(),
            titles,
            isbns,
            barcodes,
            ..Self::default()
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

    fn header_score(&self, roles: &[RankedRole], known: usize) -> HeaderCandidateScore {
        let is_sure = |column: usize| roles.iter().any(|it| it.column == column && !it.is_weak());
        let groups = [
            self.titles.first(),
            self.authors.first().or(self.author_inverted.as_ref()).or(self.name_parts.first()),
            self.isbns.first().or(self.barcodes.first()),
        ];
        let sure = groups.into_iter().flatten().filter(|column| is_sure(**column)).count();
        let program = usize::from(self.format != LibraryFileFormat::Plain);
        HeaderCandidateScore {
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
            format: LibraryFileFormat::Headerless,
            delimiter,
            width,
            titles: title.into_iter().collect(),
            authors: author.into_iter().collect(),
            isbns: vec![isbn],
            ..Self::default()
        };
        let name = |column: usize| match column {
            column if Some(column) == title => "title",
            column if Some(column) == author => "author",
            _ => "isbn",
        };
        layout.header = layout.reduce(|column| Cow::from(name(column)), MAX_HEADER_BYTES);
        layout
    }

    /// The columns that are read, and their purpose.
    pub(super) fn purposes(&self) -> impl Iterator<Item = (usize, &'static str)> {
        let lists: [(&[usize], &'static str); 5] = [
            (&self.titles, "title"),
            (&self.authors, "author"),
            (&self.name_parts, "part of the author's name"),
            (&self.isbns, "ISBN"),
            (&self.barcodes, "barcode, if it is an ISBN"),
        ];
        let one = [
            (self.author_inverted, "author, family name first"),
            (self.more_isbns, "further ISBNs"),
            (self.item_type, "kind of item"),
        ];
        let lists =
            lists.into_iter().flat_map(|(list, what)| list.iter().map(move |at| (*at, what)));
        lists.chain(one.into_iter().filter_map(|(column, what)| Some((column?, what))))
    }

    pub(super) fn used_columns(&self) -> impl Iterator<Item = usize> {
        self.purposes().map(|(column, _)| column)
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
        let reduced = |column| match self.is_used_column(column) {
            true => truncate_text(&cell(column), most).to_owned(),
            false => String::new(),
        };
        csv_record(&(0..self.width).map(reduced).collect::<Vec<_>>(), self.delimiter)
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

/// A column, its role by its name, and how certain that is.
#[derive(Clone, Copy)]
struct RankedRole {
    column: usize,
    role: ColumnRole,
    rank: ColumnRoleRank,
}

impl RankedRole {
    fn is_weak(&self) -> bool {
        self.rank >= FIRST_WEAK_COLUMN_ROLE_RANK
    }
}

/// The known roles of the columns.
fn column_roles(cells: &[String]) -> Vec<RankedRole> {
    let read = |(column, name): (usize, &String)| {
        let (role, rank) = column_role_detection::match_column_name(name)?;
        Some(RankedRole { column, role, rank })
    };
    let mut roles: Vec<RankedRole> = cells.iter().enumerate().filter_map(read).collect();
    let has = |wanted: ColumnRole| roles.iter().any(|it| it.role == wanted);
    let is_pair = has(ColumnRole::Part(NamePart::Given)) && has(ColumnRole::Part(NamePart::Family));
    let titled = has(ColumnRole::Title);
    for it in roles.iter_mut().filter(|_| !is_pair) {
        let name = cells.get(it.column).map_or("", String::as_str);
        let Some((whole, rank)) = column_role_detection::read_whole(name) else { continue };
        let is_meant = match whole {
            ColumnRole::Author => it.role == ColumnRole::Part(NamePart::Given),
            ColumnRole::Title => matches!(it.role, ColumnRole::Part(_)) && !titled,
            _ => false,
        };
        if is_meant {
            (it.role, it.rank) = (whole, rank);
        }
    }
    roles
}

/// Columns with ISBNs, the most reliable first.
fn isbn_columns(roles: &[RankedRole]) -> Vec<(IsbnColumnKind, usize)> {
    let isbns = roles.iter().filter_map(|it| match it.role {
        ColumnRole::Isbn(kind) => Some((it.rank / FIRST_WEAK_COLUMN_ROLE_RANK, kind, it.column)),
        _ => None,
    });
    let mut isbns: Vec<_> = isbns.collect();
    isbns.sort_unstable();
    isbns.into_iter().map(|(_, kind, column)| (kind, column)).collect()
}

/// Columns of one role, the most certain first; one weak column if there is no other.
fn alternatives(roles: &[RankedRole], wanted: ColumnRole) -> Vec<usize> {
    let mut of_role: Vec<&RankedRole> = roles.iter().filter(|it| it.role == wanted).collect();
    of_role.sort_by_key(|it| it.rank);
    let only_weak = of_role.first().is_some_and(|it| it.is_weak());
    let most = if only_weak { 1 } else { MAX_ALTERNATIVES };
    let kept = of_role.into_iter().filter(|it| only_weak || !it.is_weak());
    kept.map(|it| it.column).take(most).collect()
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
