//! Names of columns that are not read. They show that a line is a header, and at which column a row
//! was shifted.

use crate::import::ordered_word_list::OrderedWordList;

/// Beginnings of words in the names of further columns of book lists.
const KNOWN: OrderedWordList = OrderedWordList(include_str!("../words/known.txt"));

/// Whether a folded name is a usual column of book lists.
pub(in super::super) fn is_known_column(name: &str) -> bool {
    name.split(' ').any(|word| {
        KNOWN
            .iter()
            .any(|known| word.starts_with(known) || (!known.is_ascii() && word.contains(known)))
    })
}

/// Whether a folded name is that of a column with the kind of item.
pub(super) fn is_item_type(name: &str) -> bool {
    const ITEM_TYPE_COLUMN_NAMES: OrderedWordList = OrderedWordList(
        "item type, itemtype, media type, mediatype, material type, type of item, type of media, \
         medientyp, medienart, materialart, type de document, tipo de material",
    );
    ITEM_TYPE_COLUMN_NAMES.contains(name)
}

/// Whether a name shows that the column holds an ISBN or a date, never prose.
pub(in super::super) fn is_numeric(name: &str) -> bool {
    const NUMERIC_WORDS: OrderedWordList = OrderedWordList(
        "year, annee, jahr, ano, anno, pages, rating, price, quantity, copies, count, \
         date, added, began, completed, pubdate",
    );
    name.split(' ').any(|word| NUMERIC_WORDS.contains(word)) && !name.contains("shelves")
}

/// The top-level domain of a column name's language, if its letters are easily confused with those
/// of another language. The name may still be decoded as Windows-1252.
pub(in super::super) fn country_hint(name: &str) -> Option<&'static str> {
    const HINTS: OrderedWordList = OrderedWordList(
        "szerz hu, cim hu, konyv hu, tytu pl, autorzy pl, nazev cz, nazov sk, naslov hr, \
         naziv hr, titlu ro, autorul ro, yazar tr, kitap tr, pavadinim lt, autorius lt, \
         nosaukum lv, pealkiri ee",
    );
    let mut hints = HINTS.iter().filter_map(|hint| hint.split_once(' '));
    let (_, domain) = hints.find(|(stem, _)| name.split(' ').any(|word| word.starts_with(stem)))?;
    Some(domain)
}
