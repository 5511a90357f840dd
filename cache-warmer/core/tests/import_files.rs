//! Encodings, line ends, quotation marks, shifted rows, and files that are no library.

#![expect(clippy::unwrap_used, reason = "a test's helpers may panic")]

mod support;

use encoding_rs::{UTF_8, UTF_16BE, UTF_16LE};
use support::{import_whole_file, row_outcome_text};
use warmer_core::import::{
    ImportCheckpoint, ImportError, LibraryFileRow, MAX_ORIGINAL_BYTES, MAX_ROW_BYTES,
    MIN_SLICE_BYTES, RowImportOutcome, check_size, encoding_for_label, failures_csv_header_line,
    failures_csv_row, parse_library_slice,
};

fn imported_row_outcome_texts(bytes: &[u8]) -> Vec<String> {
    import_whole_file(bytes).unwrap().0.iter().map(row_outcome_text).collect()
}

const IMPORTED_DUNE_ROW: &str = "2 valid 9780441172719 | Dune | Frank Herbert";

#[test]
fn delimiter_and_line_end_do_not_matter() {
    for delimiter in [",", ";", "\t", "|"] {
        for end in ["\n", "\r\n", "\r"] {
            for last in ["", end] {
                let text = format!("title,author,isbn{end}Dune,Frank Herbert,9780441172719{last}");
                let text = text.replace(',', delimiter);
                assert_eq!(
                    imported_row_outcome_texts(text.as_bytes()),
                    [IMPORTED_DUNE_ROW],
                    "{text:?}"
                );
            }
        }
    }
    let named = "sep=;\r\nTitle;Author;ISBN\r\nDune;Frank Herbert;9780441172719\r\n";
    assert_eq!(
        imported_row_outcome_texts(named.as_bytes()),
        [IMPORTED_DUNE_ROW.replacen('2', "3", 1)]
    );
}

#[test]
fn encodings_are_detected_by_their_bytes() {
    let text = "title,author,isbn\nThérèse “Raquin”,Émile Zola,9782253044901\n";
    let expected = ["2 valid 9782253044901 | Thérèse “Raquin” | Émile Zola"];
    let units = || text.encode_utf16();
    let cp1252: Vec<u8> = text
        .chars()
        .map(|c| match c {
            '“' => 0x93,
            '”' => 0x94,
            c => u8::try_from(u32::from(c)).unwrap(),
        })
        .collect();
    let with = |mark: &[u8], bytes: Vec<u8>| [mark, &bytes].concat();
    for (encoding, bytes) in [
        (UTF_8, text.as_bytes().to_vec()),
        (UTF_8, with(b"\xef\xbb\xbf", text.as_bytes().to_vec())),
        (UTF_16LE, with(b"\xff\xfe", units().flat_map(u16::to_le_bytes).collect())),
        (UTF_16BE, with(b"\xfe\xff", units().flat_map(u16::to_be_bytes).collect())),
        (UTF_16LE, units().flat_map(u16::to_le_bytes).collect()),
        (UTF_16BE, units().flat_map(u16::to_be_bytes).collect()),
        (encoding_for_label("windows-1252").unwrap(), cp1252),
    ] {
        let (rows, state) = import_whole_file(&bytes).unwrap();
        assert_eq!(rows.iter().map(row_outcome_text).collect::<Vec<_>>(), expected, "{encoding:?}");
        assert_eq!(state.encoding, Some(encoding));
        assert_eq!(state.offset, bytes.len() as u64, "{encoding:?}");
    }
}

#[test]
fn many_invalid_bytes_decide_the_encoding() {
    // `Ã©` in Windows-1252 is `é` in UTF-8; the rest of the file decides.
    let odd = b"\xc3\xa9,A B,\n".as_slice();
    let stray = b"caf\xe9,A B,\n".as_slice();
    let header = b"title,author,isbn\n".as_slice();
    let title = |bytes: &[u8]| imported_row_outcome_texts(bytes).pop().unwrap();
    assert_eq!(title(&[header, stray, odd].concat()), "3 title | é | A B");
    let many = [header, &stray.repeat(20), odd].concat();
    // UTF-8 decoded in this code page: repaired, since no other reading is possible.
    assert_eq!(title(&many), "22 title | é | A B");
    assert_eq!(import_whole_file(&many).unwrap().1.encoding, encoding_for_label("windows-1252"));
    let mixed = [header, &[stray, odd].concat().repeat(20)].concat();
    assert_eq!(title(&mixed), "41 title | é | A B");
}

#[test]
fn columns_are_found_by_name_in_any_order_and_language() {
    for header in [
        "ISBN-13,Titel,Autor",
        "isbn,título,autor",
        "isbn,Titre,Auteur(s)",
        "Isbn_13,TITOLO,AUTORE",
        "isbn10,tytuł,autor",
        "ISBN,Название,Автор",
        "ISBN,書名,著者",
        "ISBN,标题,作者",
        "isbn,제목,저자",
        "ISBN (13),Book Title,Author(s)",
        "EAN,Kitap Adı,Yazar",
        "isbn,Τίτλος,Συγγραφέας",
        "\u{feff}\"ISBN\",\"Title\",\"Author Name\"",
    ] {
        let text = format!("{header}\n9780441172719,Dune,Frank Herbert\n");
        assert_eq!(imported_row_outcome_texts(text.as_bytes()), [IMPORTED_DUNE_ROW], "{header}");
    }
    // The names between delimiters decide, not the number of delimiters.
    for text in [
        "titel;Bemerkung (Preis, Regal, Stand)\nDune;a, b, c\n",
        "title;isbn;remarks (price, shelf, state)\nDune;9780441172719;a, b, c\n",
    ] {
        let (_, state) = import_whole_file(text.as_bytes()).unwrap();
        assert_eq!(state.layout.unwrap().delimiter, b';', "{text}");
    }
    // The most certain name is used, at any place.
    let text = "Name,Original Title,Title,By,Author,Publisher\nx,y,Dune,z,Frank Herbert,p\n";
    assert_eq!(imported_row_outcome_texts(text.as_bytes()), ["2 title | Dune | Frank Herbert"]);
}

#[test]
fn a_few_lines_may_precede_the_header() {
    let text =
        "My books\n\nExported on,2024-05-01\ntitle,author,isbn\nDune,Frank Herbert,9780441172719\n";
    assert_eq!(
        imported_row_outcome_texts(text.as_bytes()),
        [IMPORTED_DUNE_ROW.replacen('2', "5", 1)]
    );
}

#[test]
fn an_open_quotation_mark_loses_only_its_own_line() {
    let text = "title,author,isbn\n\
        \"Open,Frank Herbert,9780441172719\n\
        Emma,Jane Austen,\n\
        \"Persuasion, revised\",Jane Austen,\n\
        \"Two\nlines\",Jane Austen,\n\
        \"Broken, with a comma,Jane Austen,\n\
        Ubik,Philip K. Dick,\n";
    assert_eq!(
        imported_row_outcome_texts(text.as_bytes()),
        [
            "2 valid 9780441172719 | Open | Frank Herbert",
            "3 title | Emma | Jane Austen",
            "4 title | Persuasion, revised | Jane Austen",
            "5 title | Two lines | Jane Austen",
            "7 rejected: a quotation mark is not closed",
            "8 title | Ubik | Philip K. Dick",
        ]
    );
    // The last line may lack its end.
    for (last, expected) in [
        ("\"Persuasion, revised\",Jane Austen,", "2 title | Persuasion, revised | Jane Austen"),
        ("\"Broken, with a comma,Jane Austen,", "2 rejected: a quotation mark is not closed"),
    ] {
        assert_eq!(
            imported_row_outcome_texts(format!("title,author,isbn\n{last}").as_bytes()),
            [expected]
        );
    }
    // The same if the next mark closes the cell.
    let text = "title,author,isbn\n\"Open,A B,\nEmma,C D,\nSize 6\",E F,\nUbik,G H,\n";
    assert_eq!(
        imported_row_outcome_texts(text.as_bytes()).len(),
        4,
        "{:?}",
        imported_row_outcome_texts(text.as_bytes())
    );
}

#[test]
fn a_file_full_of_open_quotation_marks_is_read_in_linear_time() {
    let mut text = "title,author,isbn\n".to_owned();
    for line in 0..20_000 {
        // Doubled marks never close: without a limit each line would scan a whole window.
        text.push_str(&format!("\"\"\"{line},Nobody Inparticular,\n"));
    }
    text.push_str("Ubik,Philip K. Dick,");
    let (rows, state) = import_whole_file(text.as_bytes()).unwrap();
    assert_eq!(rows.len(), 20_001);
    assert_eq!(state.counts.total_rows(), 20_001);
}

#[test]
fn quotation_marks_inside_a_cell_are_characters() {
    for (line, title) in [
        ("The \"Best\" of,A B,", "The \"Best\" of"),
        ("\"The \"\"Best\"\" of\",A B,", "The \"Best\" of"),
        ("12\" and 7\" Singles,A B,", "12\" and 7\" Singles"),
        ("=\"1984\",A B,", "1984"),
    ] {
        let text = format!("title,author,isbn\n{line}\n");
        assert_eq!(
            imported_row_outcome_texts(text.as_bytes()),
            [format!("2 title | {title} | A B")]
        );
    }
}

#[test]
fn only_unambiguous_shifts_are_repaired() {
    for (row, expected) in [
        (
            "Spare,Prince Harry, The Duke of Sussex,9780593593806",
            "2 valid 9780593593806 | Spare | Prince Harry, The Duke of Sussex",
        ),
        (
            "Lie, Cheat, Steal,Ann Author,9780441172719",
            "2 valid 9780441172719 | Lie, Cheat, Steal | Ann Author",
        ),
        // No space shows whether the comma belongs to the title or to the author.
        (
            "One,Two,Ann Author,9780441172719",
            "2 rejected: 4 cells in 3 columns: put quotation marks around a cell with a comma",
        ),
        (
            "One, Two, Ann Author,9780441172719",
            "2 rejected: 4 cells in 3 columns: put quotation marks around a cell with a comma",
        ),
        ("Dune,Frank Herbert,9780441172719,,,", IMPORTED_DUNE_ROW),
        ("Dune,Frank Herbert,,,", "2 title | Dune | Frank Herbert"),
        ("Lie, Cheat,Ann Author,", "2 title | Lie, Cheat | Ann Author"),
        (
            "Lie, Cheat,,",
            "2 rejected: 4 cells in 3 columns: put quotation marks around a cell with a comma",
        ),
        ("Dune,Frank Herbert", "2 title | Dune | Frank Herbert"),
        ("Dune", "2 rejected: only 1 of 3 cells"),
        ("Dune,,", "2 title | Dune | -"),
    ] {
        let text = format!("title,author,isbn\n{row}\n");
        assert_eq!(imported_row_outcome_texts(text.as_bytes()), [expected], "{row}");
    }
    // A year contains no words; columns that are not read do not matter.
    for (text, expected) in [
        ("title,year,author,isbn\nOne,Two,1999,Ann Author,9780441172719\n", "One,Two"),
        ("title,author,isbn,notes,tags\nOne,Ann Author,9780441172719,a,b,c\n", "One"),
    ] {
        let expected = format!("2 valid 9780441172719 | {expected} | Ann Author");
        assert_eq!(imported_row_outcome_texts(text.as_bytes()), [expected], "{text}");
    }
}

#[test]
fn a_long_title_is_cut_at_a_word() {
    for (title, kept) in [
        (format!("{}end", "word ".repeat(100)), "word ".repeat(80).trim().to_owned()),
        (format!("A {}", "x".repeat(500)), format!("A {}", "x".repeat(398))),
        (format!("{} {}", "x".repeat(201), "y".repeat(500)), "x".repeat(201)),
    ] {
        let text = format!("title,author,isbn\n{title},A B,\n");
        assert_eq!(
            imported_row_outcome_texts(text.as_bytes()),
            [format!("2 title | {kept} | A B")]
        );
    }
}

#[test]
fn too_many_cells_are_refused() {
    let wide = "c,".repeat(200_000);
    let error = import_whole_file(format!("title,{wide}\n").as_bytes()).unwrap_err();
    assert_eq!(error, ImportError::TooManyColumns);
    let text = format!("title,author,isbn\n{wide}\nDune,Frank Herbert,9780441172719\n");
    let expected = [
        "2 rejected: the row has more than 2000 cells".to_owned(),
        IMPORTED_DUNE_ROW.replacen('2', "3", 1),
    ];
    assert_eq!(imported_row_outcome_texts(text.as_bytes()), expected);
}

#[test]
fn a_header_is_stored_unchanged_unless_very_long() {
    let header = |text: &str| {
        let (_, state) = import_whole_file(format!("{text}\nDune,x,A B\n").as_bytes()).unwrap();
        failures_csv_header_line(&state.layout.unwrap())
    };
    assert_eq!(header("Title,My  Notes,Author"), "line,reason,Title,My  Notes,Author\n");
    let long = format!("Title,\"{}\",Author", "notes ".repeat(6_000));
    assert_eq!(header(&long), "line,reason,Title,,Author\n");
}

#[test]
fn a_file_may_end_within_a_byte_order_mark() {
    for end in [b"\xef".as_slice(), b"\xef\xbb", b"\xef\xbb\xbf"] {
        let bytes = [b"title,author,isbn\nDune,Frank Herbert,9780441172719\n", end].concat();
        let (rows, state) = import_whole_file(&bytes).unwrap();
        assert!(state.done, "{end:?}");
        assert_eq!(row_outcome_text(&rows[0]), IMPORTED_DUNE_ROW);
    }
    // Between joined files the mark is no part of a row.
    let text = "title,author,isbn\nDune,Frank Herbert,9780441172719\n\u{feff}Emma,Jane Austen,\n";
    assert_eq!(import_whole_file(text.as_bytes()).unwrap().0[1].original, "Emma,Jane Austen,");
}

#[test]
fn a_space_before_a_quotation_mark_is_no_part_of_the_cell() {
    const DUNE_LAST: &str = "2 valid 9780441172719 | Dune | Herbert, Frank";
    for (row, expected) in [
        ("Dune, \"Herbert, Frank\", 9780441172719", DUNE_LAST),
        ("\"Dune\" , \"Herbert, Frank\" ,\"9780441172719\"", DUNE_LAST),
        (
            "  \"Lie, \"\"Cheat\"\", Steal\", Ann Author,",
            "2 title | Lie, \"Cheat\", Steal | Ann Author",
        ),
        ("Dune, \"Herbert,Frank\", 9780441172719", "2 valid 9780441172719 | Dune | Herbert,Frank"),
        // An ISBN outweighs a pair of marks.
        ("Dune, \",9780441172719\" ,", "2 valid 9780441172719 | Dune | -"),
        // A title with direct speech, not quoted as a whole, stays.
        (
            "He said, \"Well, hello\",Ann Author,9780441172719",
            "2 valid 9780441172719 | He said, \"Well, hello\" | Ann Author",
        ),
        // The quoted cell is not closed, has text after its end, or makes an ISBN of words.
        (
            "Dune, \"Herbert, Frank, 9780441172719",
            "2 rejected: 4 cells in 3 columns: put quotation marks around a cell with a comma",
        ),
        (
            "Dune, \"Herbert, Frank\" Jr, 9780441172719",
            "2 rejected: 4 cells in 3 columns: put quotation marks around a cell with a comma",
        ),
        (
            "Lie,Cheat, \"Steal, Ann Author\"",
            "2 rejected: 4 cells in 3 columns: put quotation marks around a cell with a comma",
        ),
    ] {
        let text = format!("title,author,isbn\n{row}\n");
        assert_eq!(imported_row_outcome_texts(text.as_bytes()), [expected], "{row}");
        // The same from its failures.csv.
        let (rows, state) = import_whole_file(text.as_bytes()).unwrap();
        let layout = state.layout.unwrap();
        let csv = failures_csv_header_line(&layout)
            + &failures_csv_row(&layout, 2, "why", &rows[0].original);
        let (again, _) = import_whole_file(csv.as_bytes()).unwrap();
        match &rows[0].outcome {
            RowImportOutcome::Rejected { .. } => {
                assert!(matches!(again[0].outcome, RowImportOutcome::Rejected { .. }), "{csv}");
            }
            outcome => assert_eq!(&again[0].outcome, outcome, "{csv}"),
        }
    }
}

#[test]
fn the_best_isbn_of_several_columns_is_used() {
    let header = "title,isbn,isbn13,identifiers\n";
    for (cells, expected) in [
        ("8702261455,9783522202558,", "valid 9783522202558"),
        ("0441172717,9.78044E+12,", "valid 9780441172719"),
        ("441172717,9.78044E+12,", "repaired 9780441172719 (leading zero restored)"),
        (",,\"goodreads:1234567890,isbn:9780441172719\"", "valid 9780441172719"),
        (",,goodreads:0441172717", "title"),
    ] {
        let text = format!("{header}Dune,{cells}\n");
        let found = imported_row_outcome_texts(text.as_bytes()).pop().unwrap();
        assert!(found.starts_with(&format!("2 {expected} | Dune")), "{cells}: {found}");
    }
}

#[test]
fn a_file_that_is_no_library_is_refused_by_name() {
    let kind = |bytes: &[u8]| match import_whole_file(bytes).unwrap_err() {
        ImportError::NotCsv { kind, .. } => kind,
        error => panic!("{error}"),
    };
    assert_eq!(kind(b"PK\x03\x04\x14\0\x06\0\x08\0"), "a ZIP archive or an Excel workbook");
    assert_eq!(kind(b"%PDF-1.7\n%\xe2\xe3"), "a PDF");
    assert_eq!(kind(b"<!DOCTYPE html>\n<html>"), "a web page");
    assert_eq!(kind(b"  <?xml version=\"1.0\"?>\n"), "XML");
    assert_eq!(kind(b"{\"books\": []}"), "JSON");
    assert_eq!(kind(b"[\n {\"title\": 1}]"), "JSON");
    assert_eq!(kind(b"SQLite format 3\0\x10\0"), "an SQLite database");
    assert_eq!(kind(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), "an old Excel or Office file");
    assert_eq!(kind(b"\x1f\x8b\x08\0\0"), "a gzip archive");
    assert_eq!(kind(b"title\0author\0isbn\n"), "a binary file");
    assert_eq!(kind(&[0; 4_096]), "a binary file");
    for blank in ["", "\n\r\n\n", "\u{feff}", "\u{feff}\n"] {
        assert_eq!(import_whole_file(blank.as_bytes()), Err(ImportError::Empty), "{blank:?}");
    }
    for headed in ["title,author,isbn", "title,author,isbn\n", "title,author,isbn\n\n,,\n"] {
        assert_eq!(import_whole_file(headed.as_bytes()), Err(ImportError::NoRows), "{headed:?}");
    }
    let columns = "name of pet;colour\nRex;brown\n";
    let found = vec!["name of pet".to_owned(), "colour".to_owned()];
    assert_eq!(import_whole_file(columns.as_bytes()), Err(ImportError::NoUsableColumn { found }));
    assert_eq!(check_size(11, 10), Err(ImportError::TooLarge { bytes: 11, limit_bytes: 10 }));
    assert_eq!(check_size(0, 10), Err(ImportError::Empty));
    assert_eq!(check_size(10, 10), Ok(()));
}

#[test]
fn a_row_beyond_a_limit_fails_alone() {
    let columns = format!("title{}\nDune\n", ",c".repeat(1_000_000));
    assert_eq!(import_whole_file(columns.as_bytes()), Err(ImportError::TooManyColumns));
    let line = format!("title{}", "x".repeat(2 * MAX_ROW_BYTES));
    assert_eq!(import_whole_file(line.as_bytes()), Err(ImportError::HeaderTooLong));
    // A row that is too long fails alone, not the file.
    let text = format!(
        "title,author,isbn\n{},A B,\nDune,Frank Herbert,9780441172719\n{}\nEmma,Jane Austen,\n",
        "x".repeat(3 * MAX_ROW_BYTES),
        ",".repeat(5_000),
    );
    let (rows, _) = import_whole_file(text.as_bytes()).unwrap();
    assert_eq!(
        rows.iter().map(row_outcome_text).collect::<Vec<_>>(),
        [
            "2 rejected: the row is longer than 131072 bytes".to_owned(),
            IMPORTED_DUNE_ROW.replacen('2', "3", 1),
            "4 rejected: the row has more than 2000 cells".to_owned(),
            "5 title | Emma | Jane Austen".to_owned(),
        ]
    );
    assert!(rows.iter().all(|row| row.original.len() <= 16_384));
}

#[test]
fn a_long_row_keeps_the_cells_that_are_read() {
    let review = "so good, \"really\" ".repeat(1_000).replace('"', "\"\"");
    let text = format!("title,review,author,isbn\nDune,\"{review}\",Frank Herbert,0441172718\n");
    let (rows, state) = import_whole_file(text.as_bytes()).unwrap();
    let [row] = rows.as_slice() else { panic!("{rows:?}") };
    assert!(row.original.len() <= MAX_ORIGINAL_BYTES);
    assert_eq!(row.original, "Dune,,Frank Herbert,0441172718");
    // A repeated upload has the same result.
    let layout = state.layout.unwrap();
    let again = failures_csv_header_line(&layout)
        + &failures_csv_row(&layout, 2, "why, \"so\"", &row.original);
    let (rows, _) = import_whole_file(again.as_bytes()).unwrap();
    assert_eq!(rows[0].outcome, row.outcome);
}

#[test]
fn failures_can_be_fixed_and_uploaded_again() {
    let text = "Titel;Autor;ISBN\nA;B;C;D;E\n\"Open;B\n\"Two\nlines\";Ann Author;x\n;Nobody;\n";
    let (rows, state) = import_whole_file(text.as_bytes()).unwrap();
    assert_eq!(rows.len(), 4);
    let layout = state.layout.unwrap();
    let mut csv = failures_csv_header_line(&layout);
    for row in &rows {
        let reason = match &row.outcome {
            RowImportOutcome::Rejected { reason } => reason.to_string(),
            _ => "not found".to_owned(),
        };
        csv.push_str(&failures_csv_row(&layout, row.line, &reason, &row.original));
    }
    let (again, _) = import_whole_file(csv.as_bytes()).unwrap();
    assert_eq!(again.len(), 4, "{csv}");
    assert_eq!(again[2].outcome, rows[2].outcome, "{csv}");
    let fixed = csv.replace("A;B;C;D;E", "A;B;0441172717").replace(";Nobody;", "Solo;Nobody;");
    let fixed: Vec<String> = imported_row_outcome_texts(fixed.as_bytes());
    assert_eq!(fixed[0], "2 valid 9780441172719 | A | B");
    assert!(fixed[3].ends_with("title | Solo | Nobody"), "{fixed:?}");
}

#[test]
fn a_row_with_odd_quotes_survives_failures_csv() {
    let text = "Title,Author,ISBN\n\"Dune,Frank Herbert,9780441172719\nEmma,Jane Austen,9780141439587\n\
                \"The \"big\" one\",Ann Author,9780007136582\n\"A \\\"b\\\", c\",Bo Bo,9781594633661\n";
    let (rows, state) = import_whole_file(text.as_bytes()).unwrap();
    assert_eq!((rows.len(), state.counts.rejected), (4, 0), "{rows:?}");
    let layout = state.layout.unwrap();
    let mut csv = failures_csv_header_line(&layout);
    for row in &rows {
        csv.push_str(&failures_csv_row(&layout, row.line, "not found", &row.original));
    }
    let (again, _) = import_whole_file(csv.as_bytes()).unwrap();
    let numbers = |rows: &[LibraryFileRow]| -> Vec<(String, String)> {
        let of = |row: &LibraryFileRow| match &row.outcome {
            RowImportOutcome::Valid { isbn, author, .. }
            | RowImportOutcome::Repaired { isbn, author, .. } => {
                (isbn.to_string(), author.clone().unwrap_or_default())
            }
            other => panic!("{other:?}"),
        };
        rows.iter().map(of).collect()
    };
    assert_eq!(numbers(&again), numbers(&rows), "{csv}");
}

#[test]
fn formulas_are_marked_in_failures_csv_and_read_back() {
    let titles = [
        "=1984",
        "'Salem's Lot",
        "-30-",
        "+1",
        "@me",
        "'=1984",
        "''Tis",
        "-Rock 'n'",
        "= a, \"b\"",
        "＝1984",
        "=HYPERLINK(\"http://x.example\",\"Dune\")",
        "\tTabbed",
        "\rReturned",
        "\nBroken",
        "'-30-'",
        "- - -",
    ];
    for delimiter in [',', ';', '\t'] {
        let quoted = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
        let mut text = ["title", "author", "isbn", "=SUM(A1)"].join(&delimiter.to_string()) + "\n";
        for title in titles {
            let cells = [quoted(title), quoted("@Ann Author"), "=\"\"".to_owned(), "-1".to_owned()];
            text.push_str(&(cells.join(&delimiter.to_string()) + "\n"));
        }
        let mut before = import_whole_file(text.as_bytes()).unwrap();
        let outcomes: Vec<RowImportOutcome> =
            before.0.iter().map(|row| row.outcome.clone()).collect();
        // A row that fails again is unchanged and not longer.
        for _ in 0..2 {
            let (rows, state) = &before;
            let layout = state.layout.as_ref().unwrap();
            let mut csv = failures_csv_header_line(layout);
            for row in rows {
                csv.push_str(&failures_csv_row(layout, row.line, "=why", &row.original));
            }
            let mut reader = csv::ReaderBuilder::new();
            reader.delimiter(delimiter as u8).has_headers(false).flexible(true);
            for record in reader.from_reader(csv.as_bytes()).records() {
                for cell in &record.unwrap() {
                    assert!(
                        !cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝']),
                        "{cell:?}"
                    );
                    assert!(!cell.starts_with("''="), "{cell:?}");
                }
            }
            let again = import_whole_file(csv.as_bytes()).unwrap();
            let read: Vec<RowImportOutcome> =
                again.0.iter().map(|row| row.outcome.clone()).collect();
            assert_eq!(read, outcomes, "{csv}");
            before = again;
        }
    }
}

#[test]
fn an_import_resumes_from_its_stored_state() {
    let mut text = "title,author,isbn\r\n".to_owned();
    for book in 0..500 {
        text.push_str(&format!("\"Book {book},\r\nthe novel\",Ann Author,\r\n"));
    }
    for utf16 in [false, true] {
        let bytes: Vec<u8> = if utf16 {
            [b"\xff\xfe".to_vec(), text.encode_utf16().flat_map(u16::to_le_bytes).collect()]
                .concat()
        } else {
            text.clone().into_bytes()
        };
        let whole = import_whole_file(&bytes).unwrap().0;
        let mut state = ImportCheckpoint::new(None);
        let mut rows = Vec::new();
        for _ in 0..10_000 {
            let from = usize::try_from(state.offset).unwrap();
            let size = if state.layout.is_none() { 17_000 } else { 700 };
            let to = bytes.len().min(from + size);
            let slice = parse_library_slice(state, &bytes[from..to], to == bytes.len(), 7).unwrap();
            assert!(slice.rows.len() <= 7);
            rows.extend(slice.rows);
            // The stored state is small and is text.
            let stored = serde_json::to_string(&slice.state).unwrap();
            assert!(stored.len() < 1_000, "{stored}");
            state = serde_json::from_str(&stored).unwrap();
            if slice.state.done {
                break;
            }
        }
        assert!(state.done);
        assert_eq!(rows, whole);
        assert_eq!(rows[499].line, 2 + 2 * 499);
    }
}

#[test]
fn a_long_broken_line_keeps_its_own_cells() {
    let title = "long ".repeat(1_000);
    let text = format!(
        "title,author,isbn\n\"{title},Frank Herbert,9780441172719\nEmma,Jane Austen,9780141439587\n"
    );
    let rows = import_whole_file(text.as_bytes()).unwrap().0;
    assert_eq!(rows.len(), 2);
    let original = &rows[0].original;
    assert!(original.len() <= MAX_ORIGINAL_BYTES && !original.contains("Emma"), "{original}");
    assert!(original.ends_with(",Frank Herbert,9780441172719"), "{original}");
}

#[test]
fn only_a_slice_without_a_complete_row_needs_more() {
    let text = format!("title,author,isbn\n\"{}\",A B,\n", "long ".repeat(20_000));
    let header =
        parse_library_slice(ImportCheckpoint::new(None), &text.as_bytes()[..17_000], false, 10)
            .unwrap();
    assert_eq!(header.state.offset, 18);
    let slice =
        parse_library_slice(header.state.clone(), &text.as_bytes()[18..60_000], false, 10).unwrap();
    assert!(slice.rows.is_empty() && !slice.state.done);
    let from = usize::try_from(slice.state.offset).unwrap();
    let end = text.len().min(from + MIN_SLICE_BYTES);
    let slice = parse_library_slice(slice.state, &text.as_bytes()[from..end], true, 10).unwrap();
    assert_eq!(slice.rows.len(), 1);
    assert!(slice.state.done);
}

#[test]
fn the_smallest_slice_fits_the_longest_row() {
    let text = format!("title,author,isbn\n\"{}\",A B,\n", "x".repeat(129_000));
    for utf16 in [false, true] {
        let bytes: Vec<u8> = match utf16 {
            true => "\u{feff}"
                .encode_utf16()
                .chain(text.encode_utf16())
                .flat_map(u16::to_le_bytes)
                .collect(),
            false => text.clone().into_bytes(),
        };
        let mut bytes = bytes;
        bytes.resize(2 * MIN_SLICE_BYTES, b'x');
        let slice =
            parse_library_slice(ImportCheckpoint::new(None), &bytes[..MIN_SLICE_BYTES], false, 1)
                .unwrap();
        assert_eq!(slice.rows.len(), 1);
    }
}

#[test]
fn a_row_is_shown_as_json() {
    let text = "title,author,isbn\nDune,Frank Herbert,9780441172719\nx,y,z,1\n";
    let (rows, _) = import_whole_file(text.as_bytes()).unwrap();
    let json = serde_json::to_value(&rows).unwrap();
    assert_eq!((&json[0]["outcome"], &json[0]["line"]), (&"valid".into(), &2.into()));
    let reason = serde_json::json!({ "code": "shifted", "found": 4, "expected": 3 });
    assert_eq!(json[1]["reason"], reason);
}

#[test]
fn titles_are_read_without_additions_of_programs() {
    let text = "Title,Author,ISBN\n\"The \\\"Best\\\" Book, really\",Ann Author,9780441172719\n\
                \"Dune / by Frank Herbert.\",\"Herbert, Frank\",\nEmma /,\"Austen, Jane\",\n\
                Fish / Fowl,Ann Author,\n";
    let rows: Vec<String> =
        import_whole_file(text.as_bytes()).unwrap().0.iter().map(row_outcome_text).collect();
    assert_eq!(
        rows,
        [
            "2 valid 9780441172719 | The \"Best\" Book, really | Ann Author",
            "3 title | Dune | Herbert, Frank",
            "4 title | Emma | Austen, Jane",
            "5 title | Fish / Fowl | Ann Author",
        ]
    );
}
