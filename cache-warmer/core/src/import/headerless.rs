//! Columns without a known name: the first rows show what they hold.

use bibliography::isbn::isbn_repair::{IsbnCellContent, UnusableIsbnReason, read_isbn_cell};
use bibliography::text_normalization::fold_text;

use super::column_layout::ColumnLayout;
use super::column_role_detection;
use super::delimiter;
use super::encoding::{TextEncoding, decode};
use super::library_file_format::LibraryFileFormat;
use super::ordered_word_list::OrderedWordList;
use super::row_cells::RowCells;

/// Words of titles that names do not have.
const TITLE_WORDS: OrderedWordList = OrderedWordList(include_str!("words/title.words.txt"));

const MAX_ROWS: usize = 60;

/// Reads a file in which no column has a known name; `None` if no row has a valid ISBN. The format
/// is plain if the first line has names of columns.
pub(super) fn read_headerless(
    head: &[u8],
    is_whole_file: bool,
    encoding: TextEncoding,
    named: Option<u8>,
) -> Option<ColumnLayout> {
    let lines = split_lines(head, is_whole_file);
    let delimiters =
        delimiter::DELIMITERS.into_iter().filter(|one| named.is_none_or(|it| it == *one));
    let mut best: Option<(usize, HeaderlessTable)> = None;
    for delimiter in delimiters {
        let table = HeaderlessTable::read(&lines, delimiter, encoding);
        let Some((column, valid)) = table.number_column(is_isbn_cell) else { continue };
        if best.as_ref().is_none_or(|(most, other)| (valid, table.width) > (*most, other.width)) {
            best = Some((valid, HeaderlessTable { number: Some(column), ..table }));
        }
    }
    let Some((_, mut table)) = best else {
        // ISBNs in prose: only the ISBN of each line can be read.
        let table = HeaderlessTable::read(&lines, named.unwrap_or(b','), encoding);
        let (column, _) = table.number_column(holds_number)?;
        let width = table.width.max(column + 1);
        return Some(ColumnLayout::headerless(width, table.delimiter, column, None, None));
    };
    let number = table.number?;
    let is_named = table.first_row_names_columns();
    if is_named {
        table.rows.remove(0);
    }
    let (title, author) = table.text_columns(|_| true);
    let mut layout = ColumnLayout::headerless(table.width, table.delimiter, number, title, author);
    if is_named {
        layout.format = LibraryFileFormat::Plain;
        layout.header = decode(lines.first()?, encoding).into_owned();
        layout.known_by_cells = layout.used_columns().collect();
    }
    Some(layout)
}

/// Adds the columns that the header does not show but the rows below it do. A column with another
/// usual name ("publisher") is not used.
pub(super) fn infer_columns(
    layout: &mut ColumnLayout,
    names: &[String],
    bytes_below_header: &[u8],
    is_whole_file: bool,
    encoding: TextEncoding,
) {
    let mut table = HeaderlessTable::read(
        &split_lines(bytes_below_header, is_whole_file),
        layout.delimiter,
        encoding,
    );
    table.rows.retain(|row| row.len() == layout.width);
    table.width = layout.width;
    let is_free = |layout: &ColumnLayout, column: usize| {
        let name = names.get(column).map(|name| fold_text(name)).unwrap_or_default();
        !layout.is_used_column(column) && !column_role_detection::is_known_column(&name)
    };
    if !layout.has_numbers() && layout.more_isbns.is_none() {
        let filled = |column: usize| table.column_cells(column).count();
        let (column, valid) = table.number_column(is_isbn_cell).unwrap_or_default();
        if valid > 0 && valid * 2 >= filled(column) && !layout.is_used_column(column) {
            layout.isbns.push(column);
            layout.known_by_cells.push(column);
        }
    }
    table.number = layout.isbns.first().copied();
    let (first, second) = table.text_columns(|column| is_free(layout, column));
    let has_author = layout.author_columns().next().is_some();
    let (title, author) = match (layout.titles.is_empty(), has_author) {
        (true, true) => (first, None),
        (true, false) => (first, second),
        (false, false) => (None, first.filter(|one| table.share_of_names(*one) >= 60)),
        (false, true) => (None, None),
    };
    layout.titles.extend(title);
    layout.authors.extend(author);
    layout.known_by_cells.extend(title.into_iter().chain(author));
}

fn split_lines(head: &[u8], is_whole_file: bool) -> Vec<&[u8]> {
    let mut lines: Vec<&[u8]> = head.split(|byte| matches!(byte, b'\n' | b'\r')).collect();
    if !is_whole_file && lines.len() > 1 {
        lines.pop();
    }
    lines
}

struct HeaderlessTable {
    delimiter: u8,
    width: usize,
    number: Option<usize>,
    rows: Vec<Vec<String>>,
}

impl HeaderlessTable {
    fn read(lines: &[&[u8]], delimiter: u8, encoding: TextEncoding) -> Self {
        let lines = lines.iter().filter(|line| !line.trim_ascii().is_empty()).take(MAX_ROWS);
        let read_line = |line: &&[u8]| -> Vec<String> {
            let cells = RowCells::of_row(line, delimiter);
            let cell = |index| decode(cells.cell(index), encoding).trim().to_owned();
            (0..cells.len()).map(cell).collect()
        };
        let rows: Vec<Vec<String>> = lines.map(read_line).collect();
        // The commonest width of the rows with an ISBN.
        let has_isbn = |row: &&Vec<String>| row.iter().any(|cell| holds_number(cell));
        let mut widths: Vec<usize> = rows.iter().filter(has_isbn).map(Vec::len).collect();
        widths.sort_unstable();
        let count = |width: &&usize| widths.iter().filter(|other| other == width).count();
        let width = widths.iter().max_by_key(count).copied().unwrap_or_default();
        Self { delimiter, width, number: None, rows }
    }

    /// The column with the most valid ISBNs, and their number.
    fn number_column(&self, is_number: impl Fn(&str) -> bool) -> Option<(usize, usize)> {
        let valid = |column: usize| {
            let has_number = |row: &&Vec<String>| row.get(column).is_some_and(|it| is_number(it));
            self.rows.iter().filter(has_number).count()
        };
        let columns = (0..self.width.clamp(1, 100)).map(|column| (column, valid(column)));
        let filled = columns.filter(|(_, valid)| *valid > 0);
        filled.max_by_key(|(column, valid)| (*valid, usize::MAX - column))
    }

    /// The columns with titles and with authors, if there is text. The title is usually first; the
    /// form of names shows the other order.
    fn text_columns(&self, is_free: impl Fn(usize) -> bool) -> (Option<usize>, Option<usize>) {
        let texts: Vec<usize> = (0..self.width)
            .filter(|column| is_free(*column) && Some(*column) != self.number)
            .filter(|column| self.is_text_column(*column))
            .collect();
        let [first, rest @ ..] = texts.as_slice() else { return (None, None) };
        let Some(second) = rest.first() else {
            return (Some(*first), None);
        };
        let (one, two) = (self.share_of_names(*first), self.share_of_names(*second));
        if one >= 80 && two <= 50 {
            return (Some(*second), Some(*first));
        }
        let named = rest.iter().copied().find(|column| self.share_of_names(*column) >= 60);
        (Some(*first), named.or(Some(*second)).filter(|_| rest.len() == 1 || named.is_some()))
    }

    /// Whether the first row has a word in each column, and one where the others have an ISBN.
    fn first_row_names_columns(&self) -> bool {
        let (Some((first, rest)), Some(number)) = (self.rows.split_first(), self.number) else {
            return false;
        };
        let has_word = |row: &Vec<String>| {
            let isbn = row.get(number).map_or(IsbnCellContent::Empty, |cell| read_isbn_cell(cell));
            matches!(isbn, IsbnCellContent::Unusable { reason: UnusableIsbnReason::NotANumber })
        };
        self.width > 1
            && first.len() == self.width
            && first.iter().all(|cell| cell.chars().any(char::is_alphabetic))
            && has_word(first)
            && !rest.iter().any(has_word)
    }

    fn column_cells(&self, column: usize) -> impl Iterator<Item = &str> {
        let cells = self.rows.iter().filter_map(move |row| row.get(column));
        cells.map(String::as_str).filter(|cell| !cell.is_empty())
    }

    fn is_text_column(&self, column: usize) -> bool {
        let is_text = |cell: &&str| {
            let letters = cell.chars().filter(|c| c.is_alphabetic()).count();
            letters * 2 > cell.chars().count()
        };
        let texts = self.column_cells(column).filter(is_text).count();
        let all = self.column_cells(column).count();
        all > 0 && texts * 10 >= all * 6
    }

    /// The percentage of cells with the form of a person's name.
    fn share_of_names(&self, column: usize) -> usize {
        let names = self.column_cells(column).filter(|cell| looks_like_name(cell)).count();
        names * 100 / self.column_cells(column).count().max(1)
    }
}

/// A cell with an ISBN and nothing else.
fn is_isbn_cell(cell: &str) -> bool {
    let letters = cell.chars().filter(|c| c.is_alphabetic()).count();
    letters <= 5 && holds_number(cell)
}

fn holds_number(cell: &str) -> bool {
    matches!(read_isbn_cell(cell), IsbnCellContent::Valid(_))
}

/// Two to four words, each with a capital, without a word that only titles have.
fn looks_like_name(cell: &str) -> bool {
    let folded = fold_text(cell);
    let words: Vec<&str> = cell.split_whitespace().collect();
    let is_capital = |word: &&str| word.chars().next().is_some_and(char::is_uppercase);
    (2..=4).contains(&words.len())
        && words.iter().filter(|word| is_capital(word)).count() + 1 >= words.len()
        && words.first().is_some_and(is_capital)
        && !cell.contains(|c: char| c.is_ascii_digit() || ":!?".contains(c))
        && !folded.split(' ').any(|word| TITLE_WORDS.contains(word))
}
