//! How columns are found: headers in any language, after other lines, wrapped, repeated, missing;
//! and the reading that a job shows.

#![expect(clippy::unwrap_used, reason = "a test's helpers may panic")]

mod support;

use support::{import_whole_file, row_outcome_text};
use warmer_core::import::{
    ImportError, LibraryFileFormat, Reading, failures_csv_header_line, failures_csv_row,
};

fn imported_row_outcome_texts(text: &str) -> Vec<String> {
    import_whole_file(text.as_bytes()).unwrap().0.iter().map(row_outcome_text).collect()
}

fn file_reading_report(text: &str) -> Reading {
    import_whole_file(text.as_bytes()).unwrap().1.file_reading_report().unwrap()
}

/// Files with one row each: its title and its author.
fn check_one(cases: &[(&str, &str)]) {
    let mut wrong = Vec::new();
    for (text, expected) in cases {
        let rows = imported_row_outcome_texts(text);
        let row = rows.last().cloned().unwrap_or_default();
        if rows.len() != 1 || !row.contains(expected) {
            wrong.push(format!("{text:?}: {rows:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn columns_are_recognised_by_stems_of_words() {
    check_one(&[
        ("Titel;Autor(en);ISBN\nMomo;Michael Ende;\n", "Momo | Michael Ende"),
        ("Titel;Autor*in;ISBN\nMomo;Michael Ende;\n", "Momo | Michael Ende"),
        ("Boktitel;Författare;ISBN\nPippi;Astrid Lindgren;\n", "Pippi | Astrid Lindgren"),
        ("Titel;Forfatter(e);ISBN\nSmilla;Peter Høeg;\n", "Smilla | Peter Høeg"),
        ("Teos,Kirjailija,ISBN\nSinuhe,Mika Waltari,\n", "Sinuhe | Mika Waltari"),
        ("Titlul;Autorul;ISBN\nPatul;Camil Petrescu;\n", "Patul | Camil Petrescu"),
        ("Заглавие;Автор(и);ISBN\nПод игото;Иван Вазов;\n", "Под игото | Иван Вазов"),
        ("Назва книги;Автор(и);ISBN\nКобзар;Тарас Шевченко;\n", "Кобзар | Тарас Шевченко"),
        ("Τίτλος;Συγγραφέας/είς\nΑσκητική;Νίκος Καζαντζάκης\n", "Ασκητική | Νίκος Καζαντζάκης"),
        ("Judul Buku;Nama Pengarang\nBumi;Pramoedya Toer\n", "Bumi | Pramoedya Toer"),
        ("Tên sách,Tác giả,Mã ISBN\nSố đỏ,Vũ Trọng Phụng,\n", "Số đỏ | Vũ Trọng Phụng"),
        ("번호,도서명,저자명,ISBN\n1,소년이 온다,한강,\n", "소년이 온다 | 한강"),
        ("圖書名稱,主要作者,國際標準書號\n活著,余華,\n", "活著 | 余華"),
        ("No,タイトル,著者名,ISBNコード\n1,雪国,川端康成,\n", "雪国 | 川端康成"),
        ("שם הספר,שם המחבר,מסת\"ב\nסיפור,עמוס עוז,9780441172719\n", "סיפור | עמוס עוז"),
        ("عنوان الكتاب,اسم المؤلف,ردمك\nأولاد,نجيب محفوظ,\n", "أولاد | نجيب محفوظ"),
        ("BookTitle,AuthorName,ISBN13\nDune,Frank Herbert,\n", "Dune | Frank Herbert"),
        ("Book name / Titel;Author (Verfasser);EAN13\nMomo;Michael Ende;\n", "Momo | Michael Ende"),
        ("ï»¿Title,Author\nDune,Frank Herbert\n", "Dune | Frank Herbert"),
        ("TÃ\u{ad}tulo;Autor;ISBN\nCien;Ana Ruiz;\n", "Cien | Ana Ruiz"),
        ("Title,Author,\"ISBN\n13\"\nDune,Frank Herbert,9780441172719\n", "valid 9780441172719"),
    ]);
}

#[test]
fn names_may_be_split_into_columns() {
    check_one(&[
        ("Author First,Author Last,Title\nFrank,Herbert,Dune\n", "Dune | Frank Herbert"),
        ("Nachname;Vorname;Titel\nNovalis;;Ofterdingen\n", "Ofterdingen | Novalis"),
        ("Nom;Prénom;Titre\nCamus;Albert;Noces\n", "Noces | Albert Camus"),
        ("Фамилия;Имя;Отчество;Название\nТолстой;Лев;;Детство\n", "Детство | Лев Толстой"),
        ("Yazar Adı;Yazar Soyadı;Kitap Adı\nYaşar;Kemal;İnce Memed\n", "İnce Memed | Yaşar Kemal"),
        ("姓,名,書名\n村上,春樹,森\n", "森 | 村上春樹"),
        ("Nom;Auteur\nNoces;Albert Camus\n", "Noces | Albert Camus"),
        ("Nombre;Autor\nNada;Carmen Laforet\n", "Nada | Carmen Laforet"),
        ("Nom du livre;Auteur\nNoces;Albert Camus\n", "Noces | Albert Camus"),
        ("Nome;Cognome;Titolo\nItalo;Calvino;Marcovaldo\n", "Marcovaldo | Italo Calvino"),
        ("Kitap ismi;Yazar\nİnce Memed;Yaşar Kemal\n", "İnce Memed | Yaşar Kemal"),
        // Without a family name, the column of the given name holds the whole name.
        ("Имя автора;Название\nЛев Толстой;Детство\n", "Детство | Лев Толстой"),
        // A whole name is preferred to a part.
        (
            "Title,Author,First Name,Last Name\nDune,Frank Herbert,,Herbert\n",
            "Dune | Frank Herbert",
        ),
    ]);
}

#[test]
fn an_empty_column_is_replaced_by_another_of_its_role() {
    check_one(&[
        (
            "Title;Title;Author;Author;ISBN;ISBN\n;Dune;;A B;;9780441172719\n",
            "9780441172719 | Dune | A B",
        ),
        ("Title,Author 2,Author 1\nGood Omens,Terry Pratchett,Neil Gaiman\n", "| Neil Gaiman"),
        ("Original Title,Title,Author\nDer Prozess,The Trial,Franz Kafka\n", "The Trial |"),
        ("Original Title,Title,Author\nDer Prozess,,Franz Kafka\n", "Der Prozess |"),
        ("Barcode,Title\n9780441172719,Dune\n", "valid 9780441172719 | Dune"),
        ("UPC,ISBN,Title\n9780441172719,n/a,Dune\n", "valid 9780441172719 | Dune"),
        ("Code,Title\n9780441172719,Dune\n", "valid 9780441172719 | Dune"),
        // A barcode that is no ISBN is ignored.
        ("Barcode,Title,Author\n5012345678900,Mug,A B\n", "title | Mug | A B"),
    ]);
    let (rows, _) = import_whole_file(b"Barcode,Title,Author\n5012345678900,Mug,A B\n").unwrap();
    assert_eq!(row_outcome_text(&rows[0]), "2 title | Mug | A B");
}

#[test]
fn the_best_header_of_the_first_lines_is_taken() {
    const TABLE: &str = "Title,Author,ISBN\nDune,Frank Herbert,9780441172719\n";
    for preamble in [
        "Book,,\n",
        "ISBN list of 2024\n",
        "Title: My Library,,\nAuthor: Me,,\n",
        "Book list,Author list\n",
        "Exported by,Jane Doe,2024-01-01\nTotal,2,books\n\n",
        "\"My books, by title and author\"\n",
    ] {
        let text = format!("{preamble}{TABLE}");
        let rows = imported_row_outcome_texts(&text);
        assert_eq!(rows.len(), 1, "{preamble:?} {rows:?}");
        assert!(rows[0].ends_with("valid 9780441172719 | Dune | Frank Herbert"), "{rows:?}");
        let lines = preamble.lines().filter(|line| !line.is_empty()).count() as u64;
        assert_eq!(file_reading_report(&text).skipped_lines, lines);
        let header = preamble.lines().count() as u64 + 1;
        assert_eq!(file_reading_report(&text).headers[0].line, Some(header));
    }
    let many: String = (0..19).map(|line| format!("Report line {line}\n")).collect();
    assert_eq!(
        imported_row_outcome_texts(&format!("{many}{TABLE}")),
        ["21 valid 9780441172719 | Dune | Frank Herbert"]
    );
    // A clear header is used even if a better one follows.
    let text = "Title,ISBN\nEmma,9780141439587\nTitle,Author,ISBN\nDune,Frank Herbert,\n";
    assert_eq!(
        imported_row_outcome_texts(text),
        ["2 valid 9780141439587 | Emma | -", "4 title | Dune | Frank Herbert"]
    );
}

#[test]
fn rows_wrapped_as_one_cell_are_unwrapped() {
    let dune = "2 valid 9780441172719 | Dune | Frank Herbert";
    for text in [
        "Title,Author,ISBN\n\"Dune,Frank Herbert,9780441172719\"\n",
        "\"Title,Author,ISBN\"\n\"Dune,Frank Herbert,9780441172719\"\n",
        "\"Title,Author,ISBN\",,\n\"Dune,Frank Herbert,9780441172719\",,\n",
        "Title,Author,ISBN\n\"Dune,\"\"Frank Herbert\"\",\"\"=\"\"\"\"9780441172719\"\"\"\"\"\"\"\n",
        "\"Title;Author;ISBN\"\n\"Dune;Frank Herbert;9780441172719\"\n",
        "\"Title\tAuthor\tISBN\"\n\"Dune\tFrank Herbert\t9780441172719\"\n",
        "Title,Author,ISBN;;\n\"Dune,\"\"Frank Herbert\"\",9780441172719\";;\n",
    ] {
        assert_eq!(imported_row_outcome_texts(text), [dune], "{text}");
    }
    // With a surplus comma, which the other columns show.
    let text = "Title,Author,ISBN\n\"Dune, the novel,A B,9780441172719\"\n";
    assert_eq!(imported_row_outcome_texts(text), ["2 valid 9780441172719 | Dune, the novel | A B"]);
    // With a line end inside.
    let text = "Title,Author,Review,ISBN\n\"Dune,A B,\"\"so\ngood, really\"\",9780441172719\"\n";
    assert_eq!(imported_row_outcome_texts(text), ["2 valid 9780441172719 | Dune | A B"]);
    // Texts with commas stay.
    for (text, title) in [
        ("Title,Author,ISBN\n\"Lie, Cheat, Steal\",,\n", "Lie, Cheat, Steal"),
        ("Title,Author,ISBN\n\"One,Two,Three\",,\n", "One,Two,Three"),
        ("Title,Author\n\"Red,Green\",\n", "Red,Green"),
    ] {
        assert_eq!(imported_row_outcome_texts(text), [format!("2 title | {title} | -")], "{text}");
    }
    // Read from its failures.csv, the row is the same.
    let text = "\"Title,Author,ISBN\"\n\"\"\"Eats, Shoots\"\",Lynne Truss,\"\n";
    let (rows, state) = import_whole_file(text.as_bytes()).unwrap();
    let layout = state.layout.unwrap();
    let csv =
        failures_csv_header_line(&layout) + &failures_csv_row(&layout, 2, "why", &rows[0].original);
    assert_eq!(import_whole_file(csv.as_bytes()).unwrap().0[0].outcome, rows[0].outcome, "{csv}");
}

#[test]
fn a_header_below_the_first_begins_another_export() {
    let text = "Title,Author,ISBN\nDune,Frank Herbert,9780441172719\n\nTitle,Author,ISBN\n\
                ISBN13,Authors,Book Title\n9780141439587,Jane Austen,Emma\n\
                Titel;Autor;ISBN\nMomo;Michael Ende;\nEmma,Jane Austen\n";
    assert_eq!(
        imported_row_outcome_texts(text),
        [
            "2 valid 9780441172719 | Dune | Frank Herbert",
            "6 valid 9780141439587 | Emma | Jane Austen",
            "8 title | Momo | Michael Ende",
            "9 rejected: only 1 of 3 cells",
        ]
    );
    let reading = file_reading_report(text);
    assert_eq!((reading.headers.len(), reading.further_headers), (3, 3));
    // A book may have such a title.
    for row in ["Title,Jane Doe,", "Author,Writer Jones,", "Titel,,"] {
        let text = format!("title,author,isbn\n{row}\n");
        assert_eq!(imported_row_outcome_texts(&text).len(), 1, "{row}");
    }
}

#[test]
fn files_without_a_header_are_read_by_their_cells() {
    for (text, expected) in [
        (
            "Persuasion,Jane Austen,\nDune,Frank Herbert,9780441172719\n",
            ["1 title | Persuasion | Jane Austen", "2 valid 9780441172719 | Dune | Frank Herbert"],
        ),
        (
            "9780441172719;Dune;Frank Herbert;Ace\n;The Winds;George Martin;Bantam\n",
            ["1 valid 9780441172719 | Dune | Frank Herbert", "2 title | The Winds | George Martin"],
        ),
        (
            "Frank Herbert\tDune\t9780441172719\nJane Austen\tPride and Prejudice\t9780141439518\n",
            [
                "1 valid 9780441172719 | Dune | Frank Herbert",
                "2 valid 9780141439518 | Pride and Prejudice | Jane Austen",
            ],
        ),
        (
            "\"Dune\",\"Herbert, Frank\",\"978-0-441-17271-9\"\n\"Emma\",\"Austen, Jane\",\n",
            ["1 valid 9780441172719 | Dune | Herbert, Frank", "2 title | Emma | Austen, Jane"],
        ),
        (
            "B00ABCDEF1\n9780441172719\n",
            [
                "1 rejected: the ISBN cannot be used (Amazon number (ASIN), not an ISBN) and there is \
                 no title",
                "2 valid 9780441172719 | - | -",
            ],
        ),
        (
            "Dune - Frank Herbert - 9780441172719\nEmma - Jane Austen - 9780141439587\n",
            ["1 valid 9780441172719 | - | -", "2 valid 9780141439587 | - | -"],
        ),
    ] {
        assert_eq!(imported_row_outcome_texts(text), expected, "{text}");
        let (_, state) = import_whole_file(text.as_bytes()).unwrap();
        assert_eq!(state.layout.as_ref().unwrap().format, LibraryFileFormat::Headerless);
        let reading = state.file_reading_report().unwrap();
        assert_eq!(reading.headers[0].line, None);
        assert!(reading.warnings[0].contains("no header"), "{reading:?}");
    }
    let titles = "Dune,Frank Herbert\nEmma,Jane Austen\n";
    assert!(matches!(
        import_whole_file(titles.as_bytes()),
        Err(ImportError::NoUsableColumn { .. })
    ));
}

#[test]
fn a_reading_lists_used_and_ignored_columns() {
    let reading = file_reading_report("Regal;Titel;Preis;ISBN\nA;Momo;9;\n");
    let columns = &reading.headers[0].columns;
    let taken: Vec<_> =
        columns.iter().map(|it| (it.column, it.name.as_str(), it.taken_for)).collect();
    assert_eq!(taken, [(2, "Titel", "title"), (4, "ISBN", "ISBN")]);
    assert_eq!(reading.headers[0].ignored, ["Regal", "Preis"]);
    assert!(reading.warnings.iter().any(|it| it.starts_with("no column was taken for the author")));
    let reading = self::file_reading_report("ISBN,Author\n9780441172719,Frank Herbert\n");
    assert!(reading.warnings.iter().any(|it| it.starts_with("no column was taken for the title")));
}

#[test]
fn items_that_are_no_books_are_rejected() {
    let zotero = "\"Key\",\"Item Type\",\"Author\",\"Title\",\"Publication Title\",\"ISBN\",\"ISSN\",\"DOI\"\n";
    for (row, expected) in [
        ("A,book,\"Doe, Jane; Roe, Bo\",A book,,,,", "2 title | A book | Jane Doe"),
        ("B,thesis,\"Doe, Jane\",A thesis,,,,", "2 rejected: not a book: thesis"),
        ("C,magazineArticle,\"Doe, Jane\",X,,,,", "2 rejected: not a book: magazineArticle"),
        // The title of the chapter is not that of the book.
        (
            "D,bookSection,\"Doe, Jane\",A chapter,B,9780441172719,,",
            "2 valid 9780441172719 | - | -",
        ),
        ("E,bookSection,\"Doe, Jane\",A chapter,B,,,", "2 rejected: not a book: bookSection"),
    ] {
        assert_eq!(imported_row_outcome_texts(&format!("{zotero}{row}\n")), [expected]);
    }
    check_one(&[
        ("Title,Media Type,Author\nAlien,Blu-ray,Ridley Scott\n", "not a book: Blu-ray"),
        ("Title,Media Type,Author\nDune,Paperback,Frank Herbert\n", "title | Dune"),
        ("Title,Item Type,Author\nDune,Audiobook,Frank Herbert\n", "title | Dune"),
    ]);
}

#[test]
fn columns_without_a_known_name_are_read_by_their_cells() {
    for (text, expected, count) in [
        ("Titel;Autor;Nummer X\nMomo;Michael Ende;9783522202107\n", "2 valid 9783522202107", 1),
        ("dc:title,dc:creator,dc:identifier\nDune,Frank Herbert,9780441172719\n", "2 valid", 1),
        ("What?,Who?,ISBN\nDune,Frank Herbert,9780441172719\n", "| Dune | Frank Herbert", 2),
        ("245$a;100$a;020$a\nDune;Herbert, Frank;9780441172719\n", "| Dune | Herbert, Frank", 3),
        (
            "info.title,info.authors[0],ids[0].id\nDune,Frank Herbert,9780441172719\n",
            "2 valid 9780441172719 | Dune | Frank Herbert",
            3,
        ),
    ] {
        assert_eq!(imported_row_outcome_texts(text).len(), 1, "{text}");
        assert!(
            imported_row_outcome_texts(text)[0].contains(expected),
            "{text} {:?}",
            imported_row_outcome_texts(text)
        );
        let warnings = file_reading_report(text).warnings;
        let known_by_cells = warnings.iter().filter(|it| it.contains("is not known")).count();
        assert_eq!(known_by_cells, count, "{text} {warnings:?}");
    }
    // A column with another known name is not used, and prose is no ISBN.
    for text in [
        "Title,Publisher\nDune,Ace Books\nEmma,Penguin Random\n",
        "ISBN,Publisher\n9780441172719,Ace Books\n",
        "Title,Author,Index\nDune,Frank Herbert,1\nEmma,Jane Austen,2\n",
    ] {
        let warnings = file_reading_report(text).warnings;
        assert!(!warnings.iter().any(|it| it.contains("is not known")), "{text} {warnings:?}");
    }
    // A first row with a book is no header.
    assert_eq!(
        imported_row_outcome_texts("Persuasion,Jane Austen,\nDune,Frank Herbert,9780441172719\n")
            .len(),
        2
    );
    assert_eq!(
        imported_row_outcome_texts("No number,Ann Author,none\nDune,F. Herbert,9780441172719\n")
            .len(),
        2
    );
}

#[test]
fn more_names_of_columns_are_known() {
    check_one(&[
        ("Raamatu pealkiri;Autor(id)\nTõde;A. H. Tammsaare\n", "Tõde | A. H. Tammsaare"),
        ("Work Title / Series;Author(s)\nDune;Frank Herbert\n", "Dune | Frank Herbert"),
        ("Наслов;Писац;ИСБН\nЋуприја;Иво Андрић;9780441172719\n", "valid 9780441172719 | Ћуприја"),
        ("Kitob nomi;Muallif\nOtkan kunlar;Abdulla Qodiriy\n", "Otkan kunlar | Abdulla Qodiriy"),
        ("Номын нэр;Зохиолч\nТамир;Чадраабалын Лодойдамба\n", "Тамир | Чадраабалын Лодойдамба"),
        ("நூல் தலைப்பு,எழுத்தாளர்\nபொன்னி,கல்கி\n", "பொன்னி | கல்கி"),
        ("タイトル,作者名,13桁ISBN\n雪国,川端康成,9780441172719\n", "valid 9780441172719 | 雪国"),
        ("Title,Attribution\nDune,Frank Herbert\n", "Dune | Frank Herbert"),
        ("Title^Author^ISBN\nDune^Frank Herbert^9780441172719\n", "valid 9780441172719 | Dune"),
        ("Title~Author~ISBN\nDune~Frank Herbert~9780441172719\n", "valid 9780441172719 | Dune"),
    ]);
}
