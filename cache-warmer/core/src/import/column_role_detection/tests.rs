//! Column names that people use.

use super::name_certainty::{AUTHOR_COLUMN_WORDS, FILLER_WORDS, TITLE_COLUMN_WORDS};
use super::*;
use crate::import::ordered_word_list::OrderedWordList;

fn column_role(name: &str) -> Option<ColumnRole> {
    match_column_name(name).map(|(role, _)| role)
}

#[test]
fn lists_are_in_folded_form() {
    for vocabulary in [TITLE_COLUMN_WORDS, AUTHOR_COLUMN_WORDS] {
        let lists = [
            vocabulary.exact,
            vocabulary.weak,
            vocabulary.stems,
            vocabulary.anywhere,
            vocabulary.denied,
        ];
        for name in lists.into_iter().flat_map(OrderedWordList::iter) {
            assert_eq!(fold_text(name), name);
        }
    }
    for word in FILLER_WORDS.iter() {
        assert_eq!(fold_text(word), word);
    }
}

#[test]
fn titles_are_known_in_every_language() {
    let mut wrong = Vec::new();
    #[rustfmt::skip]
    let names = [
        "Title", "TITLE", "Book Title", "BookTitle", "book_title", "Title of the Book", "Titel",
        "Buchtitel", "Titel des Buches", "Titre", "Titre du livre", "Titre de l'ouvrage",
        "Título", "Título do livro", "Titolo", "Titolo del libro", "Títol", "Titlu",
        "Titlul cărții", "Tytuł", "Tytuł książki", "Název", "Název knihy", "Názov", "Naslov",
        "Naslov knjige", "Naziv", "Naam boek", "Başlıq", "தலைப்பு", "資料名", "Cím", "A könyv címe", "Başlık", "Kitap Adı", "Kitabın Adı",
        "Nimeke", "Teoksen nimi", "Pealkiri", "Pavadinimas", "Nosaukums", "Judul", "Judul Buku",
        "Tajuk", "Tiêu đề", "Tên sách", "Nhan đề", "Τίτλος", "Τίτλος βιβλίου", "Название",
        "Название книги", "Назва", "Назва книги", "Заглавие", "Наслов", "Заголовок",
        "Наименование", "书名", "書名", "图书名称", "圖書名稱", "标题", "題名", "タイトル",
        "本のタイトル", "제목", "책 제목", "도서명", "العنوان", "عنوان الكتاب", "عنوان", "כותר",
        "שם הספר", "शीर्षक", "ชื่อเรื่อง", "ชื่อหนังสือ", "Title/Titre", "Title (en)", "Titel:",
        "*Title*", "Work title", "Edition title", "Works labels", "Boktittel", "Bogens titel",
    ];
    for name in names {
        let sure = match_column_name(name).is_some_and(|(role, rank)| {
            role == ColumnRole::Title && rank < FIRST_WEAK_COLUMN_ROLE_RANK
        });
        wrong.extend((!sure).then_some((name, match_column_name(name))));
    }
    assert_eq!(wrong, []);
}

#[test]
fn authors_are_known_in_every_language() {
    let mut wrong = Vec::new();
    #[rustfmt::skip]
    let names = [
        "Author", "Authors", "Author(s)", "Author/s", "Author Name", "AuthorName", "author_name",
        "Book Author", "Written by", "Author 1", "Author1", "Primary Author", "Autor",
        "Autor(en)", "Autor*in", "Autor:in", "Autor/in", "AutorIn", "Autorin", "Autoren",
        "AutorInnen", "Verfasser", "Verfasser/in", "Schriftsteller", "Auteur", "Auteur(s)",
        "Auteur·e", "Auteurs", "Auteur/Autrice", "Nom de l'auteur", "Autor(es)", "Autora",
        "Autor/a", "Autores", "Autore", "Autore/i", "Autori", "Scrittore", "Escritor",
        "Schrijver", "Auteur(en)", "Författare", "Forfatter", "Forfatter(e)", "Kirjailija",
        "Kirjoittaja", "Tekijä", "Tekijät", "Autorzy", "Autor(zy)", "Autor/Autorka", "Autoři",
        "Autor knihy", "Spisovatel", "Szerző", "Szerző(k)", "Autorul", "Autorius", "Autors",
        "Yazar", "Yazarlar", "Penulis", "Pengarang", "Tác giả", "Συγγραφέας", "Συγγραφείς",
        "Автор", "Автор(ы)", "Авторы", "Автори", "Автор книги", "Писатель", "Письменник", "Аутор",
        "作者", "作者名", "主要作者", "著者", "著者名", "責任者", "저자", "지은이", "글쓴이",
        "المؤلف", "اسم المؤلف", "نویسنده", "מחבר", "लेखक", "ผู้แต่ง", "Author:", "Autor / Author",
        "Authors labels", "Egilea",
    ];
    for name in names {
        let sure = match_column_name(name).is_some_and(|(role, rank)| {
            role == ColumnRole::Author && rank < FIRST_WEAK_COLUMN_ROLE_RANK
        });
        wrong.extend((!sure).then_some((name, match_column_name(name))));
    }
    assert_eq!(wrong, []);
}

#[test]
fn isbns_and_barcodes_are_known_in_every_language() {
    let mut wrong = Vec::new();
    for (name, kind) in [
        ("ISBN", IsbnColumnKind::Either),
        ("ISBN:", IsbnColumnKind::Either),
        ("ISBN-Nummer", IsbnColumnKind::Either),
        ("Numéro ISBN", IsbnColumnKind::Either),
        ("ISBN/UID", IsbnColumnKind::Either),
        ("eISBN", IsbnColumnKind::Either),
        ("ISBN-13:", IsbnColumnKind::Thirteen),
        ("ISBN (13)", IsbnColumnKind::Thirteen),
        ("ISBN13", IsbnColumnKind::Thirteen),
        ("isbn_13", IsbnColumnKind::Thirteen),
        ("Edition ISBN-13", IsbnColumnKind::Thirteen),
        ("EAN13", IsbnColumnKind::Thirteen),
        ("EAN-13", IsbnColumnKind::Thirteen),
        ("EAN", IsbnColumnKind::Thirteen),
        ("ISBN10", IsbnColumnKind::Ten),
        ("国际标准书号", IsbnColumnKind::Either),
        ("國際標準書號(ISBN)", IsbnColumnKind::Either),
        ("국제표준도서번호", IsbnColumnKind::Either),
        ("شابک", IsbnColumnKind::Either),
        ("Barcode", IsbnColumnKind::Barcode),
        ("UPC", IsbnColumnKind::Barcode),
        ("Strichcode", IsbnColumnKind::Barcode),
        ("Código de barras", IsbnColumnKind::Barcode),
        ("Code-barres", IsbnColumnKind::Barcode),
        ("Штрихкод", IsbnColumnKind::Barcode),
        ("バーコード", IsbnColumnKind::Barcode),
    ] {
        wrong.extend(
            (column_role(name) != Some(ColumnRole::Isbn(kind)))
                .then_some((name, match_column_name(name))),
        );
    }
    assert_eq!(wrong, []);
}

#[test]
fn parts_of_a_name_are_known() {
    use NamePart::{Family, Given, Middle};
    let mut wrong = Vec::new();
    for (name, part) in [
        ("Author First Name", Given),
        ("First name", Given),
        ("Author Firstname", Given),
        ("Vorname", Given),
        ("Vorname des Autors", Given),
        ("Prénom", Given),
        ("Prénom de l'auteur", Given),
        ("Nome", Given),
        ("Имя", Given),
        ("Имя автора", Given),
        ("Yazar Adı", Given),
        ("Author Middle Name", Middle),
        ("Author Last Name", Family),
        ("Surname", Family),
        ("Autor Nachname", Family),
        ("Nachname", Family),
        ("Nom", Family),
        ("Apellidos", Family),
        ("Apellido del autor", Family),
        ("Cognome", Family),
        ("Фамилия", Family),
        ("Фамилия автора", Family),
        ("Nazwisko", Family),
        ("Příjmení", Family),
    ] {
        wrong.extend(
            (column_role(name) != Some(ColumnRole::Part(part)))
                .then_some((name, match_column_name(name))),
        );
    }
    assert_eq!(wrong, []);
    for name in ["Author l-f", "Author (Last, First)", "Author Sort", "author_sort"] {
        assert_eq!(column_role(name), Some(ColumnRole::AuthorInverted), "{name}");
    }
}

#[test]
fn names_that_only_look_like_a_role_are_ignored() {
    let mut wrong = Vec::new();
    #[rustfmt::skip]
    let names = [
        "Subtitle", "Sub Title", "Series Title", "Title Sort", "Sort Title", "Publication Title",
        "Journal Title", "Title ID", "titleid", "Anthology titles", "Title URL", "Untertitel",
        "Additional Authors", "Secondary Author", "Author ID", "Author Birthdate",
        "About the Author", "Author Gender", "Authors URLs", "Author Country", "Authority",
        "Authorized", "Translator", "Illustrator", "Publisher", "Verlag", "ISBN status", "misbn",
        "Notes", "Címke", "Number", "", "--", "Rating", "Has ISBN", "Titration",
    ];
    for name in names {
        wrong.extend(
            match_column_name(name)
                .filter(|it| it.1 < FIRST_WEAK_COLUMN_ROLE_RANK)
                .map(|it| (name, it)),
        );
    }
    assert_eq!(wrong, []);
}
