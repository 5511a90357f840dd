//! Column names and what they mean. Names are compared in the folded form of
//! [`shared::text::fold`], so that `ISBN/UID`, `isbn_uid` and `Isbn Uid` are one name.

/// Names of a title column, the surest first. English, French, German, Spanish and Portuguese,
/// Italian, Dutch, the Nordic languages, Polish, Czech, Hungarian, Romanian, Turkish, Greek,
/// Russian, Japanese, Chinese, Korean, Arabic. In the folded form: a final sigma is a plain one.
pub(super) const TITLE: &[&str] = &[
    "title",
    "book title",
    "title of book",
    "book name",
    "titre",
    "titre du livre",
    "titel",
    "buchtitel",
    "titulo",
    "titulo del libro",
    "titulo do livro",
    "titolo",
    "titolo del libro",
    "boektitel",
    "tittel",
    "boktittel",
    "boktitel",
    "bogtitel",
    "nimeke",
    "nimi",
    "tytul",
    "tytul ksiazki",
    "nazev",
    "nazev knihy",
    "nazov",
    "naslov",
    "cim",
    "titlu",
    "baslik",
    "kitap adi",
    "τιτλοσ",
    "название",
    "название книги",
    "заглавие",
    "タイトル",
    "書名",
    "题名",
    "书名",
    "标题",
    "標題",
    "제목",
    "책 제목",
    "도서명",
    "العنوان",
    "عنوان الكتاب",
    "full title",
    "work title",
    "original title",
    "titles",
    "name",
    "book",
    "livre",
    "buch",
    "libro",
    "kitap",
    "книга",
];

/// Names of an author column, the surest first.
pub(super) const AUTHOR: &[&str] = &[
    "author",
    "authors",
    "author s",
    "author name",
    "author names",
    "primary author",
    "main author",
    "first author",
    "author text",
    "author details",
    "book author",
    "auteur",
    "auteurs",
    "auteur s",
    "nom de lauteur",
    "autor",
    "autoren",
    "autor in",
    "autor es",
    "autores",
    "autor a",
    "autora",
    "verfasser",
    "schriftsteller",
    "autore",
    "autori",
    "autore i",
    "schrijver",
    "forfatter",
    "forfattere",
    "forfattare",
    "kirjailija",
    "tekija",
    "autorzy",
    "szerzo",
    "szerzok",
    "autorul",
    "yazar",
    "yazarlar",
    "συγγραφεασ",
    "автор",
    "авторы",
    "著者",
    "作者",
    "著者名",
    "저자",
    "지은이",
    "글쓴이",
    "المؤلف",
    "اسم المؤلف",
    "written by",
    "writer",
    "writers",
    "creators",
    "creator",
    "by",
    "par",
    "von",
];

/// Names of an author column that is written family name first.
pub(super) const AUTHOR_INVERTED: &[&str] =
    &["author lf", "author last first", "author sort", "author inverted"];

/// How an ISBN column is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum IsbnColumn {
    /// Thirteen digits: asked first.
    Thirteen,
    /// Either form.
    Either,
    /// Ten digits.
    Ten,
    /// `isbn:978…,goodreads:…`
    Identifiers,
    /// Several numbers in one cell.
    List,
}

/// Reads an ISBN column's folded name.
pub(super) fn isbn_column(name: &str) -> Option<IsbnColumn> {
    match name {
        "identifiers" | "ids" => return Some(IsbnColumn::Identifiers),
        "ean" | "ean 13" | "ean13" | "gtin" | "gtin 13" | "국제표준도서번호" | "ردمك" =>
        {
            return Some(IsbnColumn::Thirteen);
        }
        "isbns" => return Some(IsbnColumn::List),
        _ => {}
    }
    let at = name.find("isbn")?;
    // `isbn` must be a word or begin one: `misbn` is nothing.
    if !name.get(..at)?.is_empty() && !name.get(..at)?.ends_with(' ') {
        return None;
    }
    if name.contains("13") {
        Some(IsbnColumn::Thirteen)
    } else if name.contains("10") {
        Some(IsbnColumn::Ten)
    } else {
        Some(IsbnColumn::Either)
    }
}

/// Words in the name of a column that holds a number or a date, never prose.
pub(super) fn is_numeric(name: &str) -> bool {
    const WORDS: &[&str] = &[
        "year",
        "annee",
        "jahr",
        "ano",
        "anno",
        "pages",
        "rating",
        "price",
        "quantity",
        "copies",
        "count",
        "date",
        "added",
        "began",
        "completed",
        "pubdate",
    ];
    name.split(' ').any(|word| WORDS.contains(&word)) && !name.contains("shelves")
}
