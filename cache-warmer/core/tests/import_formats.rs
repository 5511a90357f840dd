//! One table per format: the rows of a fixture in the form of a real export, and their outcomes.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test's helpers may panic")]

mod support;

use std::path::Path;

use support::{import_whole_file, row_outcome_text};
use warmer_core::import::{ImportError, LibraryFileFormat};

fn fixture(name: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn assert_imported_rows(name: &str, format: LibraryFileFormat, expected: &[&str]) {
    let (rows, state) = import_whole_file(&fixture(name)).unwrap();
    let found: Vec<String> = rows.iter().map(row_outcome_text).collect();
    assert_eq!(found, expected, "{name}");
    assert_eq!(state.layout.unwrap().format, format, "{name}");
    assert_eq!(state.counts.total_rows(), rows.len() as u64, "{name}");
    assert!(state.done, "{name}");
}

#[test]
fn goodreads_with_24_columns() {
    assert_imported_rows(
        "goodreads_24.csv",
        LibraryFileFormat::Goodreads,
        &[
            "2 valid 9780547928227 | The Hobbit (Middle-earth Universe) | J.R.R. Tolkien",
            "3 valid 9780061120084 | To Kill a Mockingbird | Harper Lee",
            "6 title | A Wizard of Earthsea (Earthsea Cycle, #1) | Ursula K. Le Guin",
            "7 valid 9783522202558 | Momo | Michael Ende",
            "8 valid 9782080700162 | Les Méditations | Marc Aurèle",
        ],
    );
}

#[test]
fn goodreads_with_31_columns() {
    assert_imported_rows(
        "goodreads_31.csv",
        LibraryFileFormat::Goodreads,
        &[
            "2 valid 9781250313195 | Gideon the Ninth (The Locked Tomb #1) | Tamsyn Muir",
            "3 title | A Book That Has No Number | Nora Noname",
        ],
    );
}

#[test]
fn storygraph_and_its_lost_zeros() {
    assert_imported_rows(
        "storygraph.csv",
        LibraryFileFormat::StoryGraph,
        &[
            "2 valid 9780062067753 | The Long Earth | Terry Pratchett",
            "3 repaired 9780140143508 (leading zero restored) | A Room of One's Own | Virginia Woolf",
            "4 repaired 9780385490818 (leading zero and final X restored) | The Handmaid's Tale | Margaret Atwood",
            "5 title | Project Hail Mary | Andy Weir (Amazon number (ASIN), not an ISBN)",
            "6 title | El silencio | Eva García Sáenz de Urturi",
            "7 title | Some Serial | Ann Author (not a number)",
        ],
    );
}

#[test]
fn librarything_with_commas() {
    assert_imported_rows(
        "librarything.csv",
        LibraryFileFormat::LibraryThing,
        &[
            "2 valid 9780201616224 | The Pragmatic Programmer | Andrew Hunt",
            "3 valid 9780465023820 | Three Volumes, One Set | Richard P. Feynman",
            "4 title | Calculus | Edwards",
            "5 valid 9780156027601 | Only in the List | Stanisław Lem",
        ],
    );
}

#[test]
fn librarything_with_tabs_and_a_stray_byte() {
    assert_imported_rows(
        "librarything.tsv",
        LibraryFileFormat::LibraryThing,
        &[
            "2 valid 9782070291342 | Les Armes secrètes | Julio Cortázar",
            "3 valid 9782266062329 | Le Maître et Marguerite | Mikhaïl Boulgakov",
            "4 title | The \"Quoted\" Title | Georges Perec",
        ],
    );
}

#[test]
fn calibre_with_a_byte_order_mark() {
    assert_imported_rows(
        "calibre.csv",
        LibraryFileFormat::Calibre,
        &[
            "2 valid 9780060853983 | Good Omens | Neil Gaiman",
            "3 valid 9780441007318 | The Dispossessed | Ursula K. Le Guin",
            "4 valid 9780140143508 | scan_0042 | -",
            "5 title | 三体 | 刘慈欣",
        ],
    );
}

#[test]
fn calibre_with_some_of_its_columns() {
    assert_imported_rows(
        "calibre_subset.csv",
        LibraryFileFormat::Calibre,
        &["2 valid 9780374522681 | Yes I Can | Sammy Davis, Jr."],
    );
}

#[test]
fn bookbuddy_with_79_columns() {
    assert_imported_rows(
        "bookbuddy_new.csv",
        LibraryFileFormat::BookBuddy,
        &[
            "2 valid 9781422158005 | On Change | Harvard Business Review",
            "3 title | Ensaio | José Saramago",
        ],
    );
}

#[test]
fn bookbuddy_with_38_columns() {
    assert_imported_rows(
        "bookbuddy_old.csv",
        LibraryFileFormat::BookBuddy,
        &[
            "2 valid 9780131103627 | The C Programming Language | Brian W. Kernighan",
            "3 valid 9780201896831 | The Art of Computer Programming | Donald E. Knuth",
        ],
    );
}

#[test]
fn libib_after_a_spreadsheet() {
    assert_imported_rows(
        "libib.csv",
        LibraryFileFormat::Libib,
        &[
            "2 valid 9780156027601 | Solaris | Stanisław Lem",
            "3 repaired 9780345418777 (leading zero restored) | Mostly Harmless | Douglas Adams",
            "4 title | The Lord of the Rings | J.R.R. Tolkien (scientific notation: a spreadsheet has lost the last digits)",
            "5 rejected: not a book: movie",
            "6 valid 9781416556961 | The Lathe of Heaven | Ursula K. Le Guin",
        ],
    );
}

#[test]
fn libib_of_2016() {
    assert_imported_rows(
        "libib_2016.csv",
        LibraryFileFormat::Plain,
        &["2 valid 9780553380958 | Snow Crash | Neal Stephenson"],
    );
}

#[test]
fn hardcover_with_narrators_first() {
    assert_imported_rows(
        "hardcover.csv",
        LibraryFileFormat::Hardcover,
        &[
            "2 valid 9780141184845 | Fictions | Jorge Luis Borges",
            "3 valid 9780679736646 | Ubik | Philip K. Dick",
            "4 title | Blindsight | Peter Watts",
        ],
    );
}

#[test]
fn bookwyrm() {
    assert_imported_rows(
        "bookwyrm.csv",
        LibraryFileFormat::BookWyrm,
        &["2 title | 三体 | 刘慈欣", "3 valid 9781476753836 | Salt Fat Acid Heat | Samin Nosrat"],
    );
}

#[test]
fn babelio_in_latin_1_with_semicolons() {
    assert_imported_rows(
        "babelio.csv",
        LibraryFileFormat::Babelio,
        &[
            "3 valid 9782070368228 | La Peste | Albert Camus",
            "4 valid 9782253044901 | Thérèse Raquin | Emile Zola",
            "5 valid 9782721004451 | Roman sans titre | Thu Huong Duong",
            "6 title | Samedi | Ian McEwan (not a number)",
            "7 title | Rien ne s'oppose à la nuit | Delphine de Vigan (not a number)",
        ],
    );
}

#[test]
fn libby_lists_a_book_for_each_event() {
    assert_imported_rows(
        "libby.csv",
        LibraryFileFormat::Libby,
        &[
            "2 valid 9780062060624 | The Song of Achilles | Madeline Miller",
            "3 valid 9780062060624 | The Song of Achilles | Madeline Miller",
            "4 title | Babel | R. F. Kuang",
        ],
    );
}

#[test]
fn openreads_with_line_ends_in_cells() {
    assert_imported_rows(
        "openreads.csv",
        LibraryFileFormat::OpenReads,
        &[
            "2 title | A Quiet Plan | Nadia Example",
            "3 valid 9781784708245 | The Overstory | Richard Powers",
        ],
    );
}

#[test]
fn never_too_many_books() {
    assert_imported_rows(
        "never_too_many_books.csv",
        LibraryFileFormat::NeverTooManyBooks,
        &[
            "2 valid 9780060853983 | Good Omens | Terry Pratchett",
            "3 title | Mort | Terry Pratchett (scientific notation: a spreadsheet has lost the last digits)",
        ],
    );
}

#[test]
fn zotero_with_an_article_and_a_chapter() {
    assert_imported_rows(
        "zotero.csv",
        LibraryFileFormat::Zotero,
        &[
            "2 valid 9781133187790 | Introduction to the Theory of Computation | Michael Sipser",
            "3 title | Structure and Interpretation | Harold Abelson",
            "4 rejected: not a book: journalArticle",
            "5 valid 9780201896831 | - | -",
        ],
    );
}

#[test]
fn inventaire_with_its_works_and_authors() {
    assert_imported_rows(
        "inventaire.csv",
        LibraryFileFormat::Inventaire,
        &[
            "2 valid 9780441013593 | Dune | Frank Herbert",
            "3 title | Le Guide du voyageur galactique | Douglas Adams",
            "4 valid 9780060853983 | Good Omens | Terry Pratchett",
        ],
    );
}

#[test]
fn an_open_library_log_has_titles_only() {
    assert_imported_rows(
        "open_library_15.csv",
        LibraryFileFormat::OpenLibrary,
        &["2 title | Emma | Jane Austen", "3 title | The Talisman | Stephen King"],
    );
}

#[test]
fn plain_with_shifted_rows() {
    assert_imported_rows(
        "plain_year.csv",
        LibraryFileFormat::Plain,
        &[
            "2 valid 9780593593806 | Spare | Prince Harry, The Duke of Sussex",
            "3 valid 9781592400874 | Eats, Shoots & Leaves | Lynne Truss",
            "4 valid 9781538724736 | Verity | Colleen Hoover",
            "5 title | Reminders of Him | Colleen Hoover (not a number)",
            "6 repaired 9781524763138 (check digit recomputed) | Becoming | Michelle Obama",
            "7 valid 9781524763138 | Becoming | Michelle Obama",
            "8 rejected: 6 cells in 4 columns: put quotation marks around a cell with a comma",
            "10 valid 9781501110368 | - | -",
            "11 rejected: the ISBN cannot be used (not a number) and there is no title",
            "12 title | No Number | Ann Author",
        ],
    );
}

#[test]
fn plain_in_german_with_semicolons() {
    assert_imported_rows(
        "plain_de.csv",
        LibraryFileFormat::Plain,
        &[
            "2 valid 9783257228007 | Das Parfum | Süskind, Patrick",
            "3 valid 9783423004008 | Ansichten eines Clowns | Böll, Heinrich",
        ],
    );
}

#[test]
fn the_unicode_text_of_a_spreadsheet() {
    assert_imported_rows(
        "excel_unicode.txt",
        LibraryFileFormat::Plain,
        &[
            "2 valid 9785170137015 | Ночной дозор | Сергей Лукьяненко",
            "3 valid 9782080702128 | Émile 😀 | Jean-Jacques Rousseau",
        ],
    );
}

#[test]
fn a_list_of_isbns_without_a_header() {
    assert_imported_rows(
        "isbn_list.txt",
        LibraryFileFormat::Headerless,
        &[
            "1 valid 9780441172719 | - | -",
            "2 rejected: the ISBN is wrong; 9780140143508 may be meant, but without a title it cannot be checked",
            "3 rejected: the ISBN cannot be used (not a number) and there is no title",
            "4 rejected: the ISBN is wrong; 9780441172719 may be meant, but without a title it cannot be checked",
        ],
    );
}

#[test]
fn an_open_library_log_of_2021_names_its_columns_in_the_error() {
    let found = ["Work Id", "Edition Id", "Bookshelf"].map(str::to_owned).to_vec();
    let error = import_whole_file(&fixture("open_library_2021.csv")).unwrap_err();
    assert_eq!(error, ImportError::NoUsableColumn { found });
    assert!(error.to_string().contains("Work Id, Edition Id, Bookshelf"), "{error}");
}

#[test]
fn a_blank_row_is_only_counted() {
    let (_, state) = import_whole_file(&fixture("plain_year.csv")).unwrap();
    assert_eq!(state.counts.blank, 1);
}

/// Real exports, if they are present: no row may be lost.
#[test]
fn real_exports_import_with_every_row_accounted_for() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/csv");
    for (name, format, rows, valid) in [
        ("goodreads_jelu_2022.csv", LibraryFileFormat::Goodreads, 10, 10),
        ("bookbuddy_79col.csv", LibraryFileFormat::BookBuddy, 120, 118),
    ] {
        let Ok(bytes) = std::fs::read(folder.join(name)) else { continue };
        let (found, state) = import_whole_file(&bytes).unwrap();
        assert_eq!(state.layout.unwrap().format, format, "{name}");
        assert_eq!(found.len(), rows, "{name}");
        assert_eq!(state.counts.rejected, 0, "{name}");
        assert_eq!(state.counts.valid, valid, "{name}");
    }
}
