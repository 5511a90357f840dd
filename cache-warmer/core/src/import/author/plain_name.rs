//! Names that are one plain name, as most are: nothing has to be looked for in them.

/// Whether a cell is a name of a few plain words, none of which means something here.
pub(super) fn is_plain_name(cell: &str) -> bool {
    let is_plain =
        |byte: u8| byte.is_ascii_alphabetic() || matches!(byte, b' ' | b'.' | b'-' | b'\'');
    if cell.len() > 60 || !cell.bytes().all(is_plain) {
        return false;
    }
    let mut words = 0;
    for word in cell.split([' ', '.', '-', '\'']).filter(|word| !word.is_empty()) {
        words += 1;
        // An initial is a capital; "a" and "e" join names.
        let is_initial = word.len() == 1 && word.bytes().all(|byte| byte.is_ascii_uppercase());
        if !is_initial && SPECIAL.binary_search(&word.to_ascii_lowercase().as_str()).is_ok() {
            return false;
        }
    }
    words >= 2
}

/// ASCII words of this module's tables, sorted.
#[rustfmt::skip]
const SPECIAL: &[&str] = &[
    "a", "aa", "aavv", "adapted", "al", "alia", "alii", "altii", "altri", "and", "andere",
    "anderen", "anon", "anoniem", "anonim", "anonima", "anonimo", "anonimowy", "anonym",
    "anonyme", "anonymes", "anonymous", "anonymus", "anthology", "antologie", "artists",
    "assorted", "aus", "auteur", "auteure", "auteurs", "author", "authors", "autor", "autora",
    "autore", "autoren", "autorenkollektiv", "autores", "autori", "autorow", "autors", "autoru",
    "autorului", "autorzy", "autres", "bekannt", "bilinmeyen", "bilinmiyor", "brak", "by",
    "cesitli", "colectiv", "colectivo", "coletanea", "coletivo", "collectif", "collective",
    "collettanea", "collettivo", "contributors", "da", "dalsi", "dem", "desconhecida",
    "desconhecido", "desconocida", "desconocido", "di", "different", "differents", "digerleri",
    "divers", "diversas", "diverse", "diverser", "diverses", "diversi", "diversos", "door", "e",
    "edited", "en", "eri", "es", "et", "etal", "fl", "flera", "flere", "forfattare", "forfatter",
    "forfattere", "forskellige", "i", "illustrated", "in", "inconnu", "inconnue", "inni",
    "ismeretlen", "ja", "kirjailijoita", "kol", "kolektif", "kolektiv", "kollektiv", "m", "many",
    "masok", "med", "mehrere", "mixed", "more", "muhtelif", "multiple", "multiples", "muut", "na",
    "nan", "narrated", "necunoscut", "nepoznat", "neznama", "neznamy", "nicht", "nieznany", "nil",
    "no", "noauthor", "none", "null", "och", "og", "ohne", "okand", "olika", "onbekend",
    "onbekende", "others", "otras", "otros", "outros", "ouvrage", "par", "plusieurs", "por",
    "praca", "razni", "read", "rozni", "ruzni", "sammelwerk", "sans", "sconosciuto", "senza",
    "several", "si", "sin", "sn", "szerzo", "szerzok", "tba", "tbd", "tekijat", "tekijoita",
    "the", "tobb", "tradotto", "traducido", "traduit", "traduzione", "translated", "tuntematon",
    "u", "ua", "ukendt", "ukjent", "unbekannt", "unbekannter", "und", "unk", "unknown",
    "unspecified", "useita", "vari", "varias", "varie", "varios", "various", "vd", "ve",
    "verschieden", "verschiedene", "verschiedener", "vertaald", "vise", "von", "vva", "vvaa",
    "weitere", "werk", "with", "work", "writer", "writers", "y", "yazar", "yazarlar", "zbiorowa",
    "zbiorowe",
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::author::{placeholder, role};

    #[test]
    fn every_special_word_is_listed() {
        assert!(SPECIAL.is_sorted());
        for text in placeholder::texts().chain(role::texts()) {
            let is_word = |word: &&str| word.bytes().all(|byte| byte.is_ascii_alphabetic());
            for word in text.split_whitespace().filter(is_word) {
                assert!(SPECIAL.contains(&word), "{word}");
            }
        }
    }
}
