//! Names of columns that are not read: they show that a line is a header, and where a shifted row
//! was shifted.

/// Beginnings of words in the names of columns that book lists have beside title and author.
#[rustfmt::skip]
const KNOWN: &[&str] = &[
    "publish", "pubdate", "verlag", "edit", "uitgever", "forlag", "wydawn", "nakladatel", "kiado",
    "yayin", "kustanta", "издат", "видавн", "εκδο", "出版", "발행", "출판", "year", "jahr",
    "annee", "ano", "anno", "rok", "год", "рік", "ετος", "年", "page", "seiten", "pagin",
    "paginas", "stron", "стран", "сторін", "页", "頁", "rating", "bewertung", "note", "nota",
    "ocena", "оцен", "评分", "review", "rezension", "critique", "price", "preis", "prix",
    "precio", "prezzo", "preco", "cena", "цена", "ціна", "价格", "定価", "shelf", "shelves",
    "regal", "tag", "genre", "gattung", "genero", "genere", "жанр", "series", "serie", "reihe",
    "серия", "серії", "丛书", "volume", "band", "tome", "tomo", "tom", "том", "format", "binding",
    "einband", "language", "sprache", "langue", "idioma", "lingua", "jezyk", "язык", "мова",
    "语言", "言語", "date", "datum", "fecha", "data", "дата", "日期", "status", "statut", "read",
    "gelesen", "copies", "quantity", "location", "description", "summary", "category", "subject",
    "cover", "id", "uuid", "asin", "issn", "doi", "subtitle", "untertitel", "translator",
    "illustrator", "contributor",
];

/// Whether a folded name is one that book lists have.
pub(in super::super) fn is_known(name: &str) -> bool {
    name.split(' ').any(|word| {
        let is_cjk = |known: &&&str| !known.is_ascii() && word.contains(**known);
        KNOWN.iter().any(|known| word.starts_with(known))
            || KNOWN.iter().any(|known| is_cjk(&known))
    })
}

/// Whether a folded name is that of a column which says what kind of thing a row is.
pub(super) fn is_item_type(name: &str) -> bool {
    matches!(
        name,
        "item type"
            | "itemtype"
            | "media type"
            | "mediatype"
            | "material type"
            | "type of item"
            | "type of media"
            | "medientyp"
            | "medienart"
            | "materialart"
            | "type de document"
            | "tipo de material"
    )
}

/// Words in the name of a column that holds an ISBN or a date, never prose.
pub(in super::super) fn is_numeric(name: &str) -> bool {
    #[rustfmt::skip]
const WORDS: &[&str] = &[
    "year", "annee", "jahr", "ano", "anno", "pages", "rating", "price", "quantity", "copies",
    "count", "date", "added", "began", "completed", "pubdate",
];
    name.split(' ').any(|word| WORDS.contains(&word)) && !name.contains("shelves")
}

/// The country that a column's name hints at, as a top-level domain, where the letters of its
/// language are easily taken for another's: read as Windows-1252, as the name may still be.
pub(in super::super) fn language(name: &str) -> Option<&'static str> {
    const HINTS: &[(&str, &str)] = &[
        ("szerz", "hu"),
        ("cim", "hu"),
        ("konyv", "hu"),
        ("tytu", "pl"),
        ("autorzy", "pl"),
        ("nazev", "cz"),
        ("nazov", "sk"),
        ("naslov", "hr"),
        ("naziv", "hr"),
        ("titlu", "ro"),
        ("autorul", "ro"),
        ("yazar", "tr"),
        ("kitap", "tr"),
        ("pavadinim", "lt"),
        ("autorius", "lt"),
        ("nosaukum", "lv"),
        ("pealkiri", "ee"),
    ];
    let of = |word: &str| HINTS.iter().find(|(stem, _)| word.starts_with(stem)).map(|hint| hint.1);
    name.split(' ').find_map(of)
}
