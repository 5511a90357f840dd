//! The first author of a cell, as each program writes its authors.
//!
//! One author is enough: the author's page, the search and the check of a book all go by the
//! first. Translators and narrators are not it, even where they stand first (Hardcover).

use shared::text::{display_name, lowercase};

use super::format::AuthorStyle;

/// Words that stand where no author is known, and names under which nobody's books are listed.
const NOBODY: &[&str] = &[
    "-",
    "?",
    "n/a",
    "na",
    "null",
    "nan",
    "unknown",
    "unknown author",
    "author unknown",
    "anonymous",
    "anon",
    "anon.",
    "various",
    "various authors",
    "multiple authors",
    "et al.",
    "anonyme",
    "auteur inconnu",
    "inconnu",
    "collectif",
    "divers",
    "unbekannt",
    "diverse",
    "verschiedene",
    "anonym",
    "desconocido",
    "anónimo",
    "varios",
    "varios autores",
    "sconosciuto",
    "anonimo",
    "autori vari",
    "aa.vv.",
    "desconhecido",
    "vários autores",
    "onbekend",
];

/// Roles that make somebody not the author.
const ROLES: &[&str] = &[
    "translat",
    "traduct",
    "übersetz",
    "narrat",
    "reader",
    "read by",
    "illustrat",
    "editor",
    "herausgeber",
    "introduc",
    "foreword",
    "afterword",
    "preface",
    "préface",
    "contribut",
    "adapt",
    "photograph",
    "cover",
    "compil",
    "letterer",
    "colorist",
    "inker",
    "designer",
    "commentar",
    "performer",
    "producer",
    "director",
];

/// What may follow a comma and still belong to the name before it.
const SUFFIXES: &[&str] = &[
    "jr", "sr", "junior", "senior", "ii", "iii", "iv", "md", "phd", "dds", "dvm", "esq", "ma",
    "mba", "msc", "bsc", "rn", "cpa", "dsc", "edd", "psyd", "lcsw", "facp", "obe", "cbe", "mbe",
    "inc", "llc", "ltd", "co",
];

/// Particles that begin a family name.
const PARTICLES: &[&str] = &[
    "de", "du", "des", "d'", "la", "le", "les", "van", "von", "der", "den", "del", "della", "di",
    "da", "dos", "el", "al", "saint", "mac", "mc", "ter", "ten", "zu",
];

/// The first author that a cell names; none for an empty cell and for `Unknown` and its like.
pub(super) fn primary(cell: &str, style: AuthorStyle) -> Option<String> {
    let name = match style {
        AuthorStyle::One => without_role(cell).0.to_owned(),
        AuthorStyle::List => first_author(list(cell)),
        AuthorStyle::Ampersand => first_author(cell.split(" & ").map(str::to_owned).collect()),
        AuthorStyle::Inverted => {
            display_name(&first_author(cell.split(['|', ';']).map(str::to_owned).collect()))
        }
        AuthorStyle::FamilyFirst => given_first(&first_author(list(cell))),
        AuthorStyle::Unknown => guess(cell),
    };
    let name = name.split_whitespace().collect::<Vec<_>>().join(" ");
    let name = name.trim_matches(|c: char| c == ',' || c == ';' || c == '&' || c.is_whitespace());
    let known =
        name.chars().any(char::is_alphanumeric) && !NOBODY.contains(&lowercase(name).as_str());
    known.then(|| name.to_owned())
}

/// Names joined by commas, ampersands, semicolons or bars.
fn list(cell: &str) -> Vec<String> {
    let names: Vec<String> = joined(cell).into_iter().flat_map(comma_pieces).collect();
    match names.as_slice() {
        // `Tolkien, J.R.R.` is one name whatever the program does otherwise.
        [last, initials] if is_initials(initials) && words(last) == 1 => {
            vec![format!("{initials} {last}")]
        }
        _ => names,
    }
}

/// The first name of a cell whose program is not known. `Last, First` is left as it stands: it
/// cannot be told from two names here, and the key of an author is the same either way.
fn guess(cell: &str) -> String {
    let names = joined(cell);
    let first = first_author(names.into_iter().map(str::to_owned).collect());
    let pieces = comma_pieces(&first);
    match pieces.as_slice() {
        [one, two] if words(one) >= 2 && words(two) >= 2 => {
            first_author(vec![one.clone(), two.clone()])
        }
        [one, two, _, ..] if words(one) >= 2 && words(two) >= 2 => first_author(pieces),
        [one, two, _, ..] => format!("{one}, {two}"),
        _ => first,
    }
}

/// Splits at what never stands inside a name, and at "and" between two full names.
fn joined(cell: &str) -> Vec<&str> {
    let mut names = Vec::new();
    for part in cell.split(['|', ';', '\n']) {
        for part in part.split(" & ").flat_map(|part| part.split(" / ")) {
            let and = [" and ", " et ", " und ", " y ", " e "].into_iter().find_map(|and| {
                let (one, two) = part.split_once(and)?;
                (words(one) >= 2 && words(two) >= 2).then_some([one, two])
            });
            match and {
                Some(two) => names.extend(two),
                None => names.push(part),
            }
        }
    }
    names
}

/// Splits at commas, but for those before `Jr.`, `M.D.` or `The Duke of Sussex`.
fn comma_pieces(name: &str) -> Vec<String> {
    let mut pieces: Vec<String> = Vec::new();
    for piece in name.split(',').map(str::trim).filter(|piece| !piece.is_empty()) {
        match pieces.last_mut() {
            Some(last) if is_suffix(piece) => {
                last.push_str(", ");
                last.push_str(piece);
            }
            _ => pieces.push(piece.to_owned()),
        }
    }
    pieces
}

/// The first name without a role; where all have one, the first.
fn first_author(names: Vec<String>) -> String {
    let mut fallback = None;
    for name in names.iter().filter(|name| !name.trim().is_empty()) {
        match without_role(name) {
            (name, false) if !name.is_empty() => return name.to_owned(),
            (name, _) => fallback = fallback.or(Some(name.to_owned())),
        }
    }
    fallback.unwrap_or_default()
}

/// A name without what stands in brackets behind it, and whether that makes it no author.
fn without_role(name: &str) -> (&str, bool) {
    let name = name.trim();
    let Some(at) = name.find(['(', '[']) else {
        return (name, false);
    };
    let (name, bracket) = name.split_at(at);
    let bracket = lowercase(bracket);
    (name.trim(), ROLES.iter().any(|role| bracket.contains(role)))
}

/// `Last First` as `First Last`, where it can be told: two words, a particle before the family
/// name, or initials behind it. Three plain words stay (`Thu Huong Duong` is right as it stands).
fn given_first(name: &str) -> String {
    let words: Vec<&str> = name.split_whitespace().collect();
    let particles =
        words.iter().take_while(|word| PARTICLES.contains(&lowercase(word).as_str())).count();
    let family = match words.len() {
        2 => 1,
        len if particles > 0 && particles + 1 < len => particles + 1,
        len if len > 2 && words.last().is_some_and(|word| is_initials(word)) => 1,
        _ => return name.to_owned(),
    };
    let (family, given) = words.split_at_checked(family).unwrap_or_default();
    format!("{} {}", given.join(" "), family.join(" "))
}

fn words(name: &str) -> usize {
    name.split_whitespace().count()
}

/// `J.R.R.`, `K. J.`, `A`.
fn is_initials(text: &str) -> bool {
    let mut letters = 0;
    for part in text.split(|c: char| c == '.' || c == '-' || c.is_whitespace()) {
        match part.chars().count() {
            0 => {}
            1 if part.chars().all(char::is_uppercase) => letters += 1,
            _ => return false,
        }
    }
    letters > 0
}

fn is_suffix(piece: &str) -> bool {
    let lower = lowercase(piece);
    let letters: String = lower.chars().filter(|c| c.is_alphanumeric()).collect();
    SUFFIXES.contains(&letters.as_str())
        || ["the ", "duke of", "duchess of", "earl of", "baron", "count of", "prince of"]
            .iter()
            .any(|title| lower.starts_with(title))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first(cell: &str, style: AuthorStyle) -> Option<String> {
        primary(cell, style)
    }

    #[test]
    fn the_first_author_is_chosen_as_each_program_writes_it() {
        use AuthorStyle::{Ampersand, FamilyFirst, Inverted, List, One, Unknown};
        for (cell, style, author) in [
            ("Michael  Crawley", One, "Michael Crawley"),
            ("Neil Gaiman, Terry Pratchett", List, "Neil Gaiman"),
            ("Roberto Bolaño, Natasha Wimmer (Translator)", List, "Roberto Bolaño"),
            (
                "Helena Fraga (Translator), Kenneth Haigh (Narrator), Dan Simmons",
                List,
                "Dan Simmons",
            ),
            ("Stephen Fry (Narrator)", List, "Stephen Fry"),
            ("Dan Wells (Goodreads Author)", List, "Dan Wells"),
            ("Rhymer Rigby & Alessandra Mussi", List, "Rhymer Rigby"),
            ("Martin Luther King, Jr., Coretta King", List, "Martin Luther King, Jr."),
            ("Tolkien, J.R.R.", List, "J.R.R. Tolkien"),
            ("Sartre, J-P", List, "J-P Sartre"),
            ("Rowling, J K", List, "J K Rowling"),
            ("Plato, Homer", List, "Plato"),
            ("Frank Herbert, X.", List, "Frank Herbert"),
            ("Homer, 余", List, "Homer"),
            ("Plato, .", List, "Plato"),
            ("Neil Gaiman & Terry Pratchett", Ampersand, "Neil Gaiman"),
            ("Sammy Davis, Jr. & Jane Boyar", Ampersand, "Sammy Davis, Jr."),
            ("Mander, Jerry", Inverted, "Jerry Mander"),
            ("Edwards", Inverted, "Edwards"),
            ("Pratchett, Terry|Gaiman, Neil", Inverted, "Terry Pratchett"),
            ("Guin, Ursula K. Le", Inverted, "Ursula K. Le Guin"),
            ("King, Martin Luther, Jr.", Inverted, "Martin Luther King Jr."),
            ("Harry, The Duke of Sussex", Inverted, "Harry, The Duke of Sussex"),
            ("Binet Christian", FamilyFirst, "Christian Binet"),
            ("McEwan Ian", FamilyFirst, "Ian McEwan"),
            ("Thu Huong Duong", FamilyFirst, "Thu Huong Duong"),
            ("de Vigan Delphine", FamilyFirst, "Delphine de Vigan"),
            ("Martin George R.R.", FamilyFirst, "George R.R. Martin"),
            ("Douglas Preston and Lincoln Child", Unknown, "Douglas Preston"),
            ("Preston Child & Lincoln Child", Unknown, "Preston Child"),
            ("Johnson and Johnson", Unknown, "Johnson and Johnson"),
            ("Simon and Schuster Books", Unknown, "Simon and Schuster Books"),
            ("Tolkien, John Ronald", Unknown, "Tolkien, John Ronald"),
            ("Garcia Lorca, Federico", Unknown, "Garcia Lorca, Federico"),
            ("Prince Harry, The Duke of Sussex", Unknown, "Prince Harry, The Duke of Sussex"),
            ("Neil Gaiman, Terry Pratchett", Unknown, "Neil Gaiman"),
            ("Tolkien, J.R.R.", Unknown, "Tolkien, J.R.R."),
            ("Herbert, Frank, Anderson, Kevin", Unknown, "Herbert, Frank"),
            ("Herbert, Frank Patrick, Anderson, Kevin", Unknown, "Herbert, Frank Patrick"),
            ("琅俨", List, "琅俨"),
        ] {
            assert_eq!(first(cell, style).as_deref(), Some(author), "{cell} as {style:?}");
        }
    }

    #[test]
    fn nobody_is_no_author() {
        for cell in ["", " ", "Unknown", "Various Authors", "n/a", "Collectif", ",", "& ;"] {
            for style in [AuthorStyle::One, AuthorStyle::List, AuthorStyle::Unknown] {
                assert_eq!(first(cell, style), None, "{cell:?}");
            }
        }
    }
}
