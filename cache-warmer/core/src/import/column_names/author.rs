//! Names of an author column.

use super::{Rank, Vocabulary};

/// How sure it is that a folded name means the author.
pub(super) fn read(name: &str) -> Option<Rank> {
    AUTHOR.rank(name)
}

#[rustfmt::skip]
pub(super) const AUTHOR: Vocabulary = Vocabulary {
    exact: &[
        "author", "authors", "author s", "author name", "author names", "primary author",
        "main author", "first author", "author text", "author details", "book author",
        "authors labels", "auteur", "auteurs", "autor", "autoren", "autore", "autores",
        "creators", "creator", "written by", "writer", "writers",
    ],
    weak: &[
        "by", "par", "von", "av", "af", "artist", "contributors", "composer", "person",
    ],
    stems: &[
        "author", "autor", "auteur", "autrice", "autrix", "avtor", "verfasser", "verfasst",
        "schriftsteller", "urheber", "schrijver", "skrywer", "forfatter", "forfattar", "skribent",
        "hofund", "kirjailij", "kirjoittaj", "tekija", "kirjanik", "rakstniek", "rasytoj",
        "szerz", "yazar", "muallif", "muellif", "muəllif", "escritor", "escriptor", "scrittor",
        "scrittric", "ecrivain", "pisac", "pisatel", "pisarz", "spisovatel", "scriitor",
        "penulis", "pengarang", "tac gia", "mwandishi", "manunulat", "awdur", "udar", "egile",
        "writer", "creator", "συγγραφ", "автор", "аутор", "аутар", "аўтар", "писател",
        "письменник", "сочинител", "жазушы", "зохиолч", "муаллиф",
    ],
    anywhere: &[
        "作者", "著者", "著作者", "作家", "责任者", "責任者", "責任表示", "저자", "지은이",
        "글쓴이", "작가", "المؤلف", "مؤلف", "الكاتب", "نویسنده", "مصنف", "מחבר", "סופר", "लेखक",
        "লেখক", "ஆசிரியர்", "రచయిత", "ደራሲ", "អ្នកនិពន្ធ", "ผู้แต่ง", "ผู้เขียน", "ავტორი",
        "հեղինակ", "may akda", "tac gia",
    ],
    denied: &[
        "additional", "secondary", "other", "others", "further", "weitere", "autres", "otros",
        "co", "sort", "sorted", "gender", "sex", "birth", "birthday", "born", "death", "died",
        "nationality", "country", "bio", "biography", "about", "note", "notes", "comment", "id",
        "ids", "url", "urls", "uri", "link", "links", "website", "key", "count", "role", "roles",
        "image", "photo", "portrait", "email", "rank", "rating", "language", "olid", "viaf",
        "isni", "wikidata", "date", "dates", "year", "age", "ethnicity", "race", "translator",
        "no", "nr", "translators", "illustrator", "illustrators", "narrator", "narrators", "译者",
        "譯者", "訳者",
    ],
};
