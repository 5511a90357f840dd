//! Reads title, authors and ISBN from the rows of any library export, by the column names.

use super::isbn::{self, CatalogueIsbnCell};
use crate::csv_reader;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LibraryRow {
    pub(crate) title: String,
    pub(crate) authors: Vec<String>,
    pub(crate) isbn: CatalogueIsbnCell,
}

const TITLE_COLUMNS: &[&str] = &["title", "titre", "titulo", "titel", "booktitle"];
const AUTHOR_COLUMNS: &[&str] = &[
    "author",
    "authors",
    "auteur",
    "authortext",
    "primaryauthor",
    "creators",
    "authordetails",
    "autor",
];
/// Best column first: if two columns differ, the first with a valid ISBN counts.
const ISBN_COLUMNS: &[&str] =
    &["isbn13", "eanisbn13", "isbn", "isbnuid", "isbns", "isbn10", "upcisbn10", "identifiers"];
const NOT_PART_OF_A_NAME: &[&str] =
    &["jr.", "jr", "sr.", "sr", "m.d.", "md", "ph.d.", "phd", "ii", "iii"];

struct Columns {
    title: Option<usize>,
    author: Option<usize>,
    isbn: Vec<usize>,
    count: usize,
    /// The format writes `Last First` without a comma (Babelio).
    last_name_first: bool,
}

fn find_columns(header: &[String]) -> Columns {
    let names: Vec<String> = header
        .iter()
        .map(|name| name.chars().filter(char::is_ascii_alphanumeric).collect::<String>())
        .map(|name| name.to_ascii_lowercase())
        .collect();
    let find = |wanted: &[&str]| {
        wanted.iter().find_map(|column| names.iter().position(|name| name == column))
    };
    let isbn = ISBN_COLUMNS
        .iter()
        .filter_map(|column| names.iter().position(|name| name == column))
        .collect();
    Columns {
        title: find(TITLE_COLUMNS),
        author: find(AUTHOR_COLUMNS),
        isbn,
        count: header.len(),
        last_name_first: names.iter().any(|name| name == "auteur"),
    }
}

/// All books of a file; a file without a title column has none.
pub(crate) fn read_library_rows(bytes: &[u8]) -> Vec<LibraryRow> {
    let rows = csv_reader::read_csv_rows(&csv_reader::decode_csv(bytes));
    let Some((header, rows)) = rows.split_first() else { return Vec::new() };
    let columns = find_columns(header);
    rows.iter().filter_map(|row| read_row(row, &columns)).collect()
}

fn read_row(row: &[String], columns: &Columns) -> Option<LibraryRow> {
    let cell = |index: Option<usize>| index.and_then(|at| row.get(at)).map_or("", |c| c.trim());
    let title = collapse(cell(columns.title));
    if title.is_empty() {
        return None;
    }
    let mut author = cell(columns.author).to_owned();
    let cells = columns.isbn.iter().filter_map(|at| row.get(*at));
    let mut found = best_cell_isbn(cells.map(String::as_str));
    if found == CatalogueIsbnCell::Nothing && row.len() > columns.count {
        // An unquoted comma in a name has shifted the cells.
        found = best_cell_isbn(row.iter().map(String::as_str));
        if let Some(next) = columns.author.and_then(|at| row.get(at + 1))
            && isbn::read_isbn_cell(next) == CatalogueIsbnCell::Nothing
        {
            author = format!("{author}, {}", next.trim());
        }
    }
    Some(LibraryRow {
        title,
        authors: split_authors(&author, columns.last_name_first),
        isbn: found,
    })
}

fn best_cell_isbn<'a>(cells: impl Iterator<Item = &'a str>) -> CatalogueIsbnCell {
    let read: Vec<CatalogueIsbnCell> = cells
        .flat_map(|cell| cell.split(','))
        .map(|part| isbn::read_isbn_cell(part.trim().trim_start_matches("isbn:")))
        .collect();
    let valid = read.iter().find(|written| matches!(written, CatalogueIsbnCell::Valid(_)));
    let repaired = || read.iter().find(|written| matches!(written, CatalogueIsbnCell::Repaired(_)));
    valid.or_else(repaired).cloned().unwrap_or(CatalogueIsbnCell::Nothing)
}

fn collapse(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The authors of a cell; translators and narrators, which some exports name with their role, are
/// not authors.
fn split_authors(cell: &str, last_name_first: bool) -> Vec<String> {
    let mut authors = Vec::new();
    for part in cell.split([';', '|', '&']).flat_map(|part| part.split(" and ")) {
        for name in split_commas(&collapse(part)) {
            let is_role = name.ends_with(')') && !name.to_lowercase().ends_with("(author)");
            let name = if last_name_first { first_name_first(&name) } else { name };
            if !name.is_empty() && !is_role && !authors.contains(&name) {
                authors.push(name);
            }
        }
    }
    authors
}

/// `A, B` are two people, `Last, First` is one, `Name, Jr.` is one.
fn split_commas(cell: &str) -> Vec<String> {
    let parts: Vec<&str> = cell.split(',').map(str::trim).filter(|part| !part.is_empty()).collect();
    match parts.as_slice() {
        [last, suffix] if NOT_PART_OF_A_NAME.contains(&suffix.to_lowercase().as_str()) => {
            vec![format!("{last}, {suffix}")]
        }
        [last, first] if !last.contains(' ') => vec![format!("{first} {last}")],
        _ => parts.into_iter().map(str::to_owned).collect(),
    }
}

fn first_name_first(name: &str) -> String {
    match name.split(' ').collect::<Vec<_>>().as_slice() {
        [last, first] => format!("{first} {last}"),
        _ => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn authors_of_every_export() {
        for (cell, expected) in [
            ("Neil Gaiman & Terry Pratchett", vec!["Neil Gaiman", "Terry Pratchett"]),
            ("Follett, Ken", vec!["Ken Follett"]),
            ("Natasha Wimmer (Translator), Roberto Bolaño", vec!["Roberto Bolaño"]),
            ("Michael  Crawley", vec!["Michael Crawley"]),
            ("Martin Luther King, Jr.", vec!["Martin Luther King, Jr."]),
        ] {
            assert_eq!(split_authors(cell, false), expected, "{cell}");
        }
        assert_eq!(split_authors("Binet Christian", true), ["Christian Binet"]);
    }

    #[test]
    fn a_row_shifted_by_a_comma_keeps_its_isbn() {
        let read = read_library_rows(
            b"year,title,author,isbn13\n2023,Spare,Prince Harry, The Duke of Sussex,9780593593806\n",
        );
        assert_eq!(read.len(), 1);
        assert_eq!(read[0].isbn, CatalogueIsbnCell::Valid("9780593593806".to_owned()));
        assert_eq!(read[0].title, "Spare");
    }

    #[test]
    fn a_valid_isbn_comes_before_an_invalid_one() {
        let read = read_library_rows(
            b"Title,Author,ISBN13,ISBN\nDune,Frank Herbert,9780441172710,0441172717\n",
        );
        assert_eq!(read[0].isbn, CatalogueIsbnCell::Valid("9780441172719".to_owned()));
    }
}
