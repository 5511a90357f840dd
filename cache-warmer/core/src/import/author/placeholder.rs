//! Words that stand where no author is known, or where there are too many.

use bibliography::text::fold;

/// Whole cells, folded and without spaces.
#[rustfmt::skip]
const CELLS: &[&str] = &[
    "aavv", "vvaa", "aa", "vva", "na", "null", "nan", "none", "nil", "tbd", "tba", "unk", "anon",
    "anonymous", "et al", "etal", "collectif", "collective", "sn", "no author", "noauthor",
    "na author", "佚名", "不详", "不詳", "未知", "无名氏", "多人", "群体", "合集", "多位作者",
    "作者不詳", "作者未詳", "不明", "複数", "アンソロジー", "미상", "작자미상", "여러저자",
    "공저", "著者不明", "无", "無", "متعددون", "مجهول", "مؤلفون", "לאידוע", "אנונימי", "שונים",
    "нет", "б/а", "ба",
];

/// Words that say "several" or "unknown"; a cell made of them and of words for "author" names no
/// author.
#[rustfmt::skip]
const WORDS: &[&str] = &[
    "various", "several", "multiple", "many", "mixed", "assorted", "different", "unknown",
    "unspecified", "anonymous", "anon", "collectif", "collective", "ouvrage", "divers",
    "diverses", "plusieurs", "multiples", "differents", "inconnu", "inconnue", "anonyme",
    "anonymes", "verschieden", "verschiedene", "verschiedener", "diverse", "diverser", "mehrere",
    "unbekannt", "unbekannter", "anonym", "anonymus", "kollektiv", "autorenkollektiv",
    "sammelwerk", "varios", "varias", "diversos", "diversas", "desconocido", "desconocida",
    "anonimo", "anonima", "colectivo", "vari", "varie", "diversi", "sconosciuto", "collettivo",
    "collettanea", "desconhecido", "desconhecida", "coletivo", "coletanea", "onbekend",
    "onbekende", "anoniem", "forskellige", "ukendt", "ukjent", "okand", "olika", "flera", "flere",
    "eri", "useita", "tuntematon", "rozni", "nieznany", "anonimowy", "zbiorowa", "zbiorowe",
    "praca", "ruzni", "neznamy", "neznama", "rozni", "kolektiv", "antologie", "anthology",
    "razni", "nepoznat", "vise", "tobb", "ismeretlen", "cesitli", "muhtelif", "bilinmiyor",
    "bilinmeyen", "anonim", "kolektif", "colectiv", "diversi", "necunoscut", "διαφοροι",
    "διαφορων", "συλλογικο", "αγνωστοσ", "ανωνυμοσ", "разные", "различные", "коллектив",
    "сборник", "группа", "неизвестен", "неизвестный", "неизвестно", "аноним", "колектив", "різні",
    "збірник", "збірка", "невідомий", "невідомо", "автора", "народные", "народное",
];

/// Words that may stand beside them.
#[rustfmt::skip]
const ADDITIONS: &[&str] = &[
    "author", "authors", "autor", "autoren", "autores", "autori", "autora", "autors", "autoru",
    "autorow", "autorzy", "auteur", "auteurs", "autore", "autorului", "auteure", "writers",
    "artists", "forfatter", "forfattere", "forfattare", "kirjailijoita", "tekijat", "tekijoita",
    "szerzo", "szerzok", "yazar", "yazarlar", "συγγραφεισ", "συγγραφεων", "εργο", "автор",
    "авторы", "авторов", "авторский", "автори", "авторів", "writer", "no", "sin", "sans", "senza",
    "ohne", "brak", "без", "the", "by", "von", "par", "werk", "work", "nicht", "bekannt", "et",
    "and", "contributors",
];

/// Words that need a word for "author" beside them.
const WITHOUT: &[&str] = &["no", "sin", "sans", "senza", "ohne", "brak", "без", "nicht"];

#[cfg(test)]
pub(super) fn texts() -> impl Iterator<Item = &'static str> {
    [CELLS, WORDS, ADDITIONS, WITHOUT].into_iter().flatten().copied()
}

/// Whether a name says that there is none.
pub(super) fn is_placeholder(name: &str) -> bool {
    let folded = fold(name);
    let compact: String = folded.chars().filter(|c| *c != ' ').collect();
    if CELLS.contains(&compact.as_str()) || CELLS.contains(&folded.as_str()) {
        return true;
    }
    let words: Vec<&str> = folded.split(' ').collect();
    let says_so = words.iter().any(|word| WORDS.contains(word))
        || (words.len() > 1 && words.iter().any(|word| WITHOUT.contains(word)));
    says_so && words.iter().all(|word| WORDS.contains(word) || ADDITIONS.contains(word))
}
