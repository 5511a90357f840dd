//! Names of columns that hold a part of the author's name, or all of it family name first.

use super::{NamePart, PLAIN, Role, author};

#[rustfmt::skip]
const GIVEN: &[&str] = &[
    "first", "firstname", "given", "givenname", "forename", "vorname", "vornamen", "prenom",
    "prenoms", "nombre", "nombres", "nome", "prenume", "имя", "імя", "име", "imie", "jmeno",
    "ime", "meno", "keresztnev", "utonev", "etunimi", "eesnimi", "fornamn", "fornavn", "voornaam",
    "ad", "adi", "isim", "ονομα", "名", "名字", "vards", "vardas",
];

const MIDDLE: &[&str] = &[
    "middle",
    "tussenvoegsel",
    "отчество",
    "patronymic",
    "mellemnavn",
    "mellomnavn",
    "mellannamn",
];

#[rustfmt::skip]
const FAMILY: &[&str] = &[
    "last", "lastname", "family", "familyname", "surname", "nachname", "familienname", "zuname",
    "nom", "apellido", "apellidos", "cognome", "cognom", "sobrenome", "apelido", "фамилия",
    "прізвище", "фамилно", "презиме", "nazwisko", "prijmeni", "priezvisko", "prezime", "priimek",
    "vezeteknev", "csaladnev", "sukunimi", "perenimi", "efternamn", "etternavn", "efternavn",
    "achternaam", "familienaam", "soyad", "soyadi", "soyisim", "επωνυμο", "επιθετο", "姓", "姓氏",
    "uzvards", "pavarde", "nume",
];

/// Words for "name" that say neither whose nor which part.
#[rustfmt::skip]
const ANY_NAME: &[&str] =
    &[
    "nom", "nombre", "nome", "имя", "імя", "име", "ime", "jmeno", "meno", "ad", "adi", "isim",
    "名",
];

/// Words for "book": the name is the book's.
#[rustfmt::skip]
pub(super) const BOOK: &[&str] = &[
    "book", "livre", "libro", "livro", "llibre", "buch", "boek", "bok", "bog", "kirja", "kirjan",
    "knihy", "kniha", "ksiazki", "knjige", "konyv", "kitap", "kitabin", "книги", "книга",
    "книжки", "knjiga", "buku", "cartii", "carte", "sach",
];

/// Whether a folded name only says "name".
pub(super) fn is_any_name(name: &str) -> bool {
    ANY_NAME.contains(&name)
}

/// Whole names of a column that holds the family name first.
const INVERTED: &[&str] = &[
    "author lf",
    "author last first",
    "author sort",
    "author sorted",
    "author inverted",
    "authors sort",
    "author file as",
    "author fileas",
    "authors last first",
    "author last name first",
    "author surname first",
];

/// Whether a list has a word, with an ending behind the longer ones ("vezetékneve").
fn holds(list: &[&str], word: &str) -> bool {
    let is_form = |known: &&str| {
        let long = known.chars().count() >= 6;
        word.strip_prefix(*known).is_some_and(|rest| rest.is_empty() || (long && rest.len() <= 2))
    };
    list.iter().any(is_form)
}

/// Reads a folded name.
pub(super) fn read(name: &str) -> Option<Role> {
    if INVERTED.contains(&name) {
        return Some(Role::AuthorInverted);
    }
    if name.split(' ').any(|word| BOOK.contains(&word)) {
        return None;
    }
    let (mut parts, mut others) = (Vec::new(), false);
    for word in name.split(' ') {
        if holds(GIVEN, word) {
            parts.push(NamePart::Given);
        } else if holds(FAMILY, word) {
            parts.push(NamePart::Family);
        } else if MIDDLE.contains(&word) {
            parts.push(NamePart::Middle);
        } else {
            let is_plain = PLAIN.contains(&word) || word.chars().count() <= 1;
            others |= !is_plain && author::read(word).is_none() && word != "autors";
        }
    }
    match parts.as_slice() {
        // "first author" is a whole name, and so is "nom de l'auteur".
        [_] if author::AUTHOR.exact.contains(&name) || others => None,
        [NamePart::Family] if name.contains("auteur") && !name.contains("famille") => None,
        [part] => Some(Role::Part(*part)),
        [NamePart::Family, NamePart::Given, ..] if !others => Some(Role::AuthorInverted),
        _ => None,
    }
}
