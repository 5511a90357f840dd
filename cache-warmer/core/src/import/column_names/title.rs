//! Names of a title column.

use super::person::BOOK;
use super::{Rank, Vocabulary};

/// How sure it is that a folded name means the title.
pub(super) fn read(name: &str) -> Option<Rank> {
    TITLE.rank(name).or_else(|| is_name_of_book(name).then_some(NAME_OF_BOOK))
}

const NAME_OF_BOOK: Rank = 400;

/// "Naam boek", "nome do livro".
fn is_name_of_book(name: &str) -> bool {
    let is_name = |word: &str| NAME.contains(&word);
    let is_book = |word: &str| BOOK.contains(&word);
    name.split(' ').any(is_name)
        && name.split(' ').any(is_book)
        && name.split(' ').all(|word| is_name(word) || is_book(word) || word.chars().count() <= 3)
}

#[rustfmt::skip]
const NAME: &[&str] = &[
    "name", "nom", "nombre", "nome", "nazwa", "jmeno", "navn", "namn", "naam", "nimi", "имя",
    "име", "ime", "isim", "ismi", "adi", "nama", "numele", "ten",
];

#[rustfmt::skip]
pub(super) const TITLE: Vocabulary = Vocabulary {
    exact: &[
        "title", "book title", "name of book", "name of the book", "nom du livre",
        "nombre del libro", "nombre de libro", "nome do livro", "nome del libro", "nome libro",
        "nazwa ksiazki", "buchname", "boeknaam", "bognavn", "boknamn", "jmeno knihy", "имя книги",
        "ime knjige", "numele cartii", "kitap ismi", "eser ismi", "title of book", "book name",
        "titre", "titel", "buchtitel", "titulo", "titolo", "boektitel", "tittel", "boktittel",
        "boktitel", "bogtitel", "haupttitel", "hoofdtitel", "huvudtitel", "edition title",
        "full title", "work title", "works labels", "work labels", "uniform title",
    ],
    weak: &[
        "titles", "name", "book", "books", "livre", "buch", "libro", "livro", "boek", "bok",
        "kniha", "ksiazka", "knjiga", "kitap", "книга", "short title", "kurztitel", "teos",
        "verk", "werk", "obra", "eser", "произведение", "книжка", "名称", "名稱", "作品", "本",
        "图书", "圖書", "책",
    ],
    stems: &[
        "title", "titel", "titre", "titul", "titol", "titlu", "tittel", "tytul", "nazev", "nazov",
        "naziv", "naslov", "nimek", "nimeke", "nimi", "cim", "konyvcim", "baslig", "baslik",
        "basliq", "pealkiri", "pavadinim", "nosaukum", "judul", "tajuk", "pamagat", "teitl",
        "teideal", "izenburu", "titull", "titill", "kichwa", "nhan de", "tieu de", "buchtitel",
        "boektitel", "boktitel", "boktittel", "bogtitel", "haupttitel", "werktitel",
        "originaltitel", "originaltittel", "τιτλ", "назван", "назва", "назви", "заглав", "наслов",
        "заголов", "наименован", "найменуван", "сарлавха", "атауы",
    ],
    anywhere: &[
        "书名", "書名", "题名", "題名", "标题", "標題", "图书名", "圖書名", "書籍名", "书籍名",
        "著作名", "作品名", "刊名", "タイトル", "表題", "図書名", "제목", "도서명", "서명",
        "책이름", "책 이름", "العنوان", "عنوان", "اسم الكتاب", "نام کتاب", "כותר", "שם הספר",
        "शीर्षक", "पुस्तक का नाम", "শিরোনাম", "বইয়ের নাম", "தலைப்பு", "శీర్షిక", "ಶೀರ್ಷಿಕೆ",
        "തലക്കെട്ട്", "ርዕስ", "ចំណងជើង", "資料名", "本の名前", "ชื่อเรื่อง", "ชื่อหนังสือ",
        "სათაური", "վերնագիր", "kitap adi", "kitabin adi", "kitabi adi", "eser adi", "ten sach",
        "tua de", "nhan de", "tieu de",
    ],
    denied: &[
        "sub", "sous", "unter", "series", "serie", "serien", "reihe", "reihen", "sort", "sorting",
        "sorted", "sortable", "abbreviated", "abbreviation", "journal", "publication", "magazine",
        "periodical", "proceedings", "parallel", "alternate", "alternative", "alt", "link",
        "links", "url", "urls", "uri", "id", "ids", "count", "number", "page", "job", "chapter",
        "song", "track", "album", "movie", "film", "game", "video", "anthology", "prefix",
        "language", "lang", "key", "date", "year", "author", "authors", "collection", "shelf",
        "no", "nr", "cimke", "cimkek", "cimkei", "серии", "серия", "серії", "подзаголовок",
    ],
};
