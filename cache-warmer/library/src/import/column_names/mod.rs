//! What a column's name says its cells hold.
//!
//! People name columns in every language, and write `Autor(en)`, `Author/s`, `BookTitle` or
//! `Автор(ы)`. A name is therefore read word by word: a word that begins with a known stem says
//! what the column is, words that add nothing ("name", "book", "of the") keep it so, a word that
//! turns the meaning ("sort", "translator", "series") denies it, and any other word leaves a weak
//! match, which counts only where no better column is there. Scripts without spaces between words
//! are searched for the stem anywhere.
//!
//! Words are compared in the folded form of [`bibliography::text::fold`].

mod author;
mod isbn;
mod other;
mod person;
mod title;

use bibliography::text::fold;

pub(super) use isbn::IsbnColumn;
pub(super) use other::{is_known, is_numeric, language};

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Title,
    Author,
    /// The author, family name first.
    AuthorInverted,
    /// A part of the author's name.
    Part(NamePart),
    Isbn(IsbnColumn),
    /// What kind of thing a row describes.
    ItemType,
}

/// Parts of a name in columns of their own, in the order in which they make the name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum NamePart {
    Given,
    Middle,
    Family,
}

/// How sure it is that a column has its role: a lower number is surer.
pub(super) type Rank = u16;

/// From this rank on a match is weak.
pub(super) const WEAK: Rank = 1_000;

/// Between stems of one language and names that a list has literally.
const STEM: Rank = 200;

/// The roles that a column's name may have, the likeliest first.
pub(super) fn read(name: &str) -> Option<(Role, Rank)> {
    if name.len() > MAX_NAME_BYTES || !name.chars().any(char::is_alphanumeric) {
        return None;
    }
    let folded = fold(&split_camel_case(name));
    if let Some((kind, rank)) = isbn::read(&folded) {
        return Some((Role::Isbn(kind), rank));
    }
    if other::is_item_type(&folded) {
        return Some((Role::ItemType, 0));
    }
    let title = title::read(&folded).map(|rank| (Role::Title, rank));
    if title.is_none_or(|(_, rank)| rank >= WEAK)
        && let Some(role) = person::read(&folded)
    {
        return Some((role, 0));
    }
    let author = author::read(&folded).map(|rank| (Role::Author, rank));
    match (title, author) {
        (Some(title), Some(author)) if author.1 < title.1 => Some(author),
        (Some(title), _) => Some(title),
        (None, author) => author,
    }
}

/// The role of a column that would hold a part of a name, in a file that has no family names:
/// "имя автора" is the author's name then.
pub(super) fn read_whole(name: &str) -> Option<(Role, Rank)> {
    let rank = author::read(&fold(&split_camel_case(name)))?;
    Some((Role::Author, rank))
}

/// A sentence is no column name.
const MAX_NAME_BYTES: usize = 120;

/// `BookTitle` as `Book Title`; `ISBN` and `eISBN` stay what they are to a reader.
fn split_camel_case(name: &str) -> String {
    let mut out = String::with_capacity(name.len() + 4);
    let mut small = false;
    for c in name.chars() {
        if small && c.is_ascii_uppercase() {
            out.push(' ');
        }
        small = c.is_ascii_lowercase();
        out.push(c);
    }
    out
}

/// Words that add nothing to a name, in several languages.
const PLAIN: &[&str] = &[
    "name",
    "names",
    "full",
    "main",
    "primary",
    "the",
    "of",
    "by",
    "written",
    "a",
    "and",
    "or",
    "book",
    "books",
    "item",
    "edition",
    "work",
    "works",
    "label",
    "labels",
    "text",
    "details",
    "list",
    "document",
    "record",
    "media",
    "resource",
    "display",
    "complete",
    "du",
    "de",
    "des",
    "del",
    "della",
    "dello",
    "do",
    "da",
    "dos",
    "das",
    "der",
    "den",
    "dem",
    "le",
    "la",
    "les",
    "el",
    "il",
    "lo",
    "l",
    "d",
    "livre",
    "livres",
    "ouvrage",
    "oeuvre",
    "buch",
    "buches",
    "buchs",
    "bucher",
    "werk",
    "werks",
    "werkes",
    "libro",
    "libros",
    "libri",
    "llibre",
    "livro",
    "livros",
    "obra",
    "opera",
    "boek",
    "boeken",
    "van",
    "het",
    "een",
    "bok",
    "boken",
    "bog",
    "bogen",
    "bogens",
    "bokens",
    "innen",
    "kirja",
    "kirjan",
    "teoksen",
    "teos",
    "knihy",
    "kniha",
    "knih",
    "ksiazki",
    "ksiazka",
    "ksiazek",
    "knjige",
    "knjiga",
    "konyv",
    "kitap",
    "kitabin",
    "kitabi",
    "eser",
    "eserin",
    "carte",
    "cartii",
    "raamatu",
    "gramatas",
    "knygos",
    "buku",
    "sach",
    "книги",
    "книга",
    "книг",
    "книжки",
    "книги",
    "произведения",
    "твору",
    "и",
    "та",
    "або",
    "или",
    "имя",
    "фио",
    "βιβλιου",
    "του",
    "nom",
    "noms",
    "nombre",
    "nome",
    "nazwa",
    "nazwisko",
    "jmeno",
    "navn",
    "namn",
    "naam",
    "nimi",
    "et",
    "und",
    "y",
    "e",
    "ou",
    "oder",
    "og",
    "och",
    "en",
    "i",
    "adi",
    "adlari",
    "ten",
];

/// What is left of a word behind its stem and is only an ending: `Autor` + `en`, `автор` + `ы`.
fn is_ending(rest: &str) -> bool {
    const LONG: &[&str] = &[
        "innen", "name", "names", "namen", "navn", "namn", "naam", "ului", "ilor", "ius", "iai",
        "lar", "ler", "lari", "leri", "eissa",
    ];
    let count = rest.chars().count();
    let is_latin = rest.chars().all(|c| c.is_ascii_lowercase());
    let is_digits = rest.bytes().all(|byte| byte.is_ascii_digit());
    match rest {
        "id" | "ids" | "no" | "nr" | "lf" | "fl" | "url" => false,
        _ if is_digits => count <= 2,
        _ if is_latin => count <= 2 || LONG.contains(&rest),
        _ => count <= 4 && rest.chars().all(char::is_alphabetic),
    }
}

/// Lists of words for one role.
struct Vocabulary {
    /// Whole names, the surest first.
    exact: &'static [&'static str],
    /// Whole names that may mean something else.
    weak: &'static [&'static str],
    /// Beginnings of words.
    stems: &'static [&'static str],
    /// Found anywhere in a name: scripts without spaces, and languages that put an article before.
    anywhere: &'static [&'static str],
    /// Words that deny the role.
    denied: &'static [&'static str],
}

impl Vocabulary {
    /// How sure it is that a folded name means this role.
    fn rank(&self, name: &str) -> Option<Rank> {
        let at = |list: &[&str]| list.iter().position(|known| *known == name);
        let rank = |at: usize| Rank::try_from(at).unwrap_or(WEAK);
        if let Some(at) = at(self.exact) {
            return Some(rank(at));
        }
        if let Some(at) = at(self.weak) {
            return Some(WEAK + rank(at));
        }
        if name.split(' ').any(|word| self.denied.contains(&word)) {
            return None;
        }
        if let Some(stem) = self.anywhere.iter().find(|stem| name.contains(**stem)) {
            let more = name.chars().count() - stem.chars().count();
            return Some(if more <= 8 { STEM + rank(more) } else { WEAK + rank(more) });
        }
        let (mut found, mut more, mut unknown) = (false, 0, 0);
        for word in name.split(' ') {
            if self.has_stem(word) {
                found = true;
                more += rank(word.bytes().filter(u8::is_ascii_digit).count());
            } else if is_plain(word) {
                more += 1;
            } else {
                unknown += 1;
            }
        }
        match (found, unknown) {
            (false, _) => None,
            (true, 0) => Some(STEM + more),
            (true, 1 | 2) => Some(WEAK + 100 + 10 * unknown + more),
            (true, _) => None,
        }
    }

    fn has_stem(&self, word: &str) -> bool {
        let begins = |word: &str| {
            self.stems.iter().any(|stem| word.strip_prefix(stem).is_some_and(is_ending))
        };
        // "l'auteur" is one word in folded form.
        begins(word) || word.strip_prefix(['l', 'd']).is_some_and(begins)
    }
}

fn is_plain(word: &str) -> bool {
    let is_listed = |word: &str| PLAIN.contains(&word);
    let elided = word.strip_prefix(['l', 'd']).filter(|rest| rest.len() > 3);
    is_listed(word) || elided.is_some_and(is_listed) || word.chars().count() <= 2
}

#[cfg(test)]
mod tests;
