//! Code pages, letters that were decoded wrongly before, and encodings that the operator names.

#![expect(clippy::unwrap_used, reason = "a test's helpers may panic")]

mod support;

use encoding_rs::UTF_8;
use support::{import_whole_file, row_outcome_text};
use warmer_core::import::{
    EncodingSource, ImportCheckpoint, encoding_for_label, parse_library_slice,
};

fn encoded(label: &str, text: &str) -> Vec<u8> {
    encoding_rs::Encoding::for_label(label.as_bytes()).unwrap().encode(text).0.into_owned()
}

/// Libraries of two books, as spreadsheets of each country save them.
const LIBRARIES: &[(&str, &str)] = &[
    ("windows-1251", "Название;Автор\nВишнёвый сад;Антон Чехов\nМать;Максим Горький\n"),
    ("windows-1251", "Назва;Автор\nЛісова пісня;Леся Українка\nКобзар;Тарас Шевченко\n"),
    ("windows-1251", "Title;Author\nЗамок;Франц Кафка\nИгра;Герман Гессе\n"),
    ("koi8-r", "Название;Автор\nВишнёвый сад;Антон Чехов\nМать;Максим Горький\n"),
    ("ibm866", "Название;Автор\nВишневый сад;Антон Чехов\nМать;Максим Горький\n"),
    ("windows-1250", "Název;Autor\nBabička;Božena Němcová\nKrakatit;Karel Čapek\n"),
    ("windows-1250", "Tytuł;Autor\nLalka;Bolesław Prus\nŻycie;Olga Tokarczuk\n"),
    ("windows-1250", "Cím;Szerző\nÉdes Anna;Kosztolányi Dezső\nAz ajtó;Szabó Magda\n"),
    ("windows-1250", "Naslov;Autor\nNa Drini ćuprija;Ivo Andrić\nKiklop;Ranko Marinković\n"),
    ("windows-1253", "Τίτλος;Συγγραφέας\nΆξιον Εστί;Οδυσσέας Ελύτης\nΑσκητική;Νίκος Καζαντζάκης\n"),
    ("windows-1254", "Kitap Adı;Yazar\nİnce Memed;Yaşar Kemal\nKürk Mantolu;Sabahattin Ali\n"),
    ("windows-1255", "שם הספר;מחבר\nסיפור על אהבה;עמוס עוז\nמיכאל שלי;עמוס עוז\n"),
    ("windows-1256", "العنوان;المؤلف\nأولاد حارتنا;نجيب محفوظ\nالخبز الحافي;محمد شكري\n"),
    (
        "windows-1257",
        "Pavadinimas;Autorius\nAltorių šešėly;Vincas Mykolaitis\nMetai;Kristijonas Donelaitis\n",
    ),
    ("macintosh", "Titre;Auteur\nLes Misérables;Victor Hugo\nL’éducation;Gustave Flaubert\n"),
    ("macintosh", "Titel;Autor\nDas Geräusch;Jörg Müller\nÜber Nacht;Björn Jäger\n"),
    ("windows-1252", "Titre;Auteur\nL’Étranger;Albert Camus\nThérèse Raquin;Émile Zola\n"),
    ("windows-1252", "Titel;Författare\nPippi Långstrump;Astrid Lindgren\nGösta;Selma Lagerlöf\n"),
    ("gbk", "书名,作者\n三体,刘慈欣\n活着,余华\n"),
    ("gbk", "Title,Author\n平凡的世界,路遥\n围城,钱锺书\n"),
    ("big5", "書名,作者\n三體,劉慈欣\n邊城,沈從文\n"),
    ("euc-kr", "제목,저자\n채식주의자,한강\n토지,박경리\n"),
    ("shift_jis", "タイトル,著者\n雪国,川端康成\nこころ,夏目漱石\n"),
    ("shift_jis", "Title,Author\n表示,ソ連太郎\n坊っちゃん,夏目漱石\n"),
    ("euc-jp", "書名,著者\n雪国,川端康成\nこころ,夏目漱石\n"),
];

#[test]
fn code_pages_are_detected_by_their_bytes() {
    let mut wrong = Vec::new();
    for (label, text) in LIBRARIES {
        let as_utf8: Vec<String> =
            import_whole_file(text.as_bytes()).unwrap().0.iter().map(row_outcome_text).collect();
        let (rows, state) = import_whole_file(&encoded(label, text)).unwrap();
        let rows: Vec<String> = rows.iter().map(row_outcome_text).collect();
        assert_eq!(state.encoding_source, EncodingSource::Guess, "{label}");
        let warnings = state.file_reading_report().unwrap().warnings.join(" ");
        assert!(warnings.contains(state.encoding.unwrap().name()) && warnings.contains("guess"));
        if rows != as_utf8 {
            wrong.push(format!("{label} as {}: {rows:?}", state.encoding.unwrap().name()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn later_letters_decide_the_encoding_too() {
    let head = format!("Title;Author;ISBN\n{}", "Dune;Frank Herbert;9780441172719\n".repeat(1_500));
    let tail = "Мастер и Маргарита;Михаил Булгаков;\nДетство;Лев Толстой;\n";
    let (rows, state) =
        import_whole_file(&encoded("windows-1251", &format!("{head}{tail}"))).unwrap();
    let last: Vec<String> = rows.iter().rev().take(2).map(row_outcome_text).collect();
    assert_eq!(
        last,
        ["1503 title | Детство | Лев Толстой", "1502 title | Мастер и Маргарита | Михаил Булгаков"]
    );
    assert_eq!(state.encoding, encoding_for_label("windows-1251"));
    // A UTF-8 file with a few invalid bytes stays UTF-8.
    let utf8 = format!("{head}{tail}").repeat(3);
    let bytes = [utf8.as_bytes(), b"Caf\xe9;A B;\n"].concat();
    let (rows, state) = import_whole_file(&bytes).unwrap();
    assert!(row_outcome_text(rows.last().unwrap()).ends_with("title | Café | A B"));
    assert_eq!((state.encoding, state.encoding_source), (Some(UTF_8), EncodingSource::Bytes));
}

#[test]
fn a_named_encoding_is_used() {
    let text = "Titel;Autor\nDie Brücke;Ann Müller\n";
    for label in ["macintosh", "utf-8", "utf-16le", "ibm866"] {
        let encoding = encoding_for_label(label).unwrap();
        let bytes = match label {
            "utf-16le" => text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
            "ibm866" => encoded(label, "Titel;Autor\nМать;Ann\n"),
            label => encoded(label, text),
        };
        let slice =
            parse_library_slice(ImportCheckpoint::new(Some(encoding)), &bytes, true, 10).unwrap();
        let (rows, state) = (slice.rows, slice.state);
        assert_eq!(
            (state.encoding, state.encoding_source),
            (Some(encoding), EncodingSource::Named)
        );
        let title = if label == "ibm866" { "Мать" } else { "Die Brücke" };
        assert!(
            row_outcome_text(&rows[0]).contains(title),
            "{label} {}",
            row_outcome_text(&rows[0])
        );
        assert!(
            state.file_reading_report().unwrap().warnings.iter().all(|it| !it.contains("guess"))
        );
        // From a stored state.
        let state = serde_json::to_string(&ImportCheckpoint::new(Some(encoding))).unwrap();
        let state: ImportCheckpoint = serde_json::from_str(&state).unwrap();
        assert_eq!(parse_library_slice(state, &bytes, true, 10).unwrap().rows, rows);
    }
    // A byte order mark of the named encoding is no character.
    let marked = [b"\xef\xbb\xbf", text.as_bytes()].concat();
    let slice = parse_library_slice(ImportCheckpoint::new(Some(UTF_8)), &marked, true, 10).unwrap();
    assert_eq!(slice.state.file_reading_report().unwrap().headers[0].columns[0].name, "Titel");
    for label in ["iso-2022-jp", "replacement", "klingon", ""] {
        assert_eq!(encoding_for_label(label), None, "{label}");
    }
}

#[test]
fn wrongly_decoded_letters_of_a_file_are_repaired() {
    for (text, expected) in [
        ("Les MisÃ©rables,Victor Hugo,", "Les Misérables | Victor Hugo"),
        ("The Bookbinderâ€™s Bargain,Helen Writer,", "The Bookbinder’s Bargain | Helen Writer"),
        ("Ð’Ð¾Ð¹Ð½Ð°,Ð›ÐµÐ²,", "Война | Лев"),
        ("Les Mis√©rables,Victor Hugo,", "Les Misérables | Victor Hugo"),
        (
            "Cien a&ntilde;os,Gabriel Garc&iacute;a M&aacute;rquez,",
            "Cien años | Gabriel García Márquez",
        ),
    ] {
        let text = format!("title,author,isbn\n{text}\n");
        let (rows, state) = import_whole_file(text.as_bytes()).unwrap();
        assert_eq!(row_outcome_text(&rows[0]), format!("2 title | {expected}"));
        let mended = u64::from(!text.contains('&'));
        assert_eq!(state.file_reading_report().unwrap().mended_rows, mended, "{text}");
    }
    // The semicolon of an entity is no delimiter.
    let text = "title;author;isbn\nCien a&ntilde;os;Gabriel Garc&iacute;a;9780060883287\n";
    let (rows, _) = import_whole_file(text.as_bytes()).unwrap();
    assert_eq!(row_outcome_text(&rows[0]), "2 valid 9780060883287 | Cien años | Gabriel García");
}

/// Rows whose letters an earlier program decoded wrongly and saved as UTF-8.
#[test]
fn letters_of_a_row_are_repaired_together() {
    let misread = |written: &str, read: &str, text: &str| {
        let bytes = encoded(written, text);
        let read = encoding_rs::Encoding::for_label(read.as_bytes()).unwrap();
        read.decode_without_bom_handling(&bytes).0.into_owned()
    };
    let latin = |text: &str| text.bytes().map(char::from).collect::<String>();
    for (title, author) in [
        (misread("windows-1251", "windows-1252", "Ночной дозор"), "Ночной дозор"),
        (misread("windows-1251", "windows-1252", "Война и мир"), "Война и мир"),
        (misread("windows-1253", "windows-1252", "Βίος και πολιτεία"), "Βίος και πολιτεία"),
        (misread("utf-8", "windows-1250", "Chłopi"), "Chłopi"),
        (latin("ノルウェイの森"), "ノルウェイの森"),
        (latin("Émile à Łódź"), "Émile à Łódź"),
        ("L\\u2019\\u00e9tranger".to_owned(), "L’étranger"),
        ("<i>Dune</i>".to_owned(), "Dune"),
        ("“Dune”".to_owned(), "Dune"),
    ] {
        let (rows, _) =
            import_whole_file(format!("Title;Author\n{title};Ann Author\n").as_bytes()).unwrap();
        assert_eq!(
            row_outcome_text(rows.first().unwrap()),
            format!("2 title | {author} | Ann Author")
        );
    }
    // Words of Latin letters stay, however many of them are beyond ASCII.
    for title in ["Été à Óbidos", "Àé öü", "Ísöld", "Ôë", "ÆØÅ"] {
        let (rows, _) =
            import_whole_file(format!("Title;Author\n{title};Ann Author\n").as_bytes()).unwrap();
        assert_eq!(
            row_outcome_text(rows.first().unwrap()),
            format!("2 title | {title} | Ann Author")
        );
    }
}
