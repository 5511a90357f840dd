//! The first author of a cell, in the notation of the program that wrote it.
//!
//! One author is enough: the author's page, the search and the check of a book use the first.
//! Translators and narrators are no authors, even if they are listed first (Hardcover).

mod author_placeholder;
mod east_asian;
mod family_first;
mod given_names;
mod list_literal;
mod name_splitting;
mod person_role;

use bibliography::text_normalization::{StaticWordList, author_display_name};

use self::author_placeholder::is_author_placeholder;
use self::family_first::{given_first, given_first_where_shown};
use self::name_splitting::{
    comma_pieces, in_commas, is_family_name, is_one_name, split_list, split_names, word_count,
};
use self::person_role::{has_role, strip_bracketed_role, without_others};
use super::library_file_format::AuthorCellFormat;

/// The first author of a cell; `None` for an empty cell and a placeholder such as `Unknown`.
pub(super) fn primary(cell: &str, style: AuthorCellFormat) -> Option<String> {
    let keeps = !matches!(style, AuthorCellFormat::Inverted | AuthorCellFormat::FamilyFirst);
    if keeps && is_plain_name(cell) {
        return Some(given_first_where_shown(cell));
    }
    if is_author_placeholder(cell) {
        return None;
    }
    let name = if let Some(names) = list_literal::parse_list_literal(cell) {
        first_author_name(names.iter().flat_map(|name| in_commas(without_others(name))).collect())
    } else if east_asian::is_east_asian(cell) {
        east_asian::first_author(cell)
    } else {
        by_style(without_others(cell), style)
    };
    let name = given_first_where_shown(&name);
    let name = name.trim_matches(|c: char| c == ',' || c == ';' || c == '&' || c.is_whitespace());
    let known = name.chars().any(char::is_alphanumeric) && !is_author_placeholder(name);
    known.then(|| name.to_owned())
}

/// A name from its parts: the family name last, but first in Chinese, Japanese and Korean.
pub(super) fn whole_name(parts: &[String]) -> String {
    if parts.iter().any(|part| east_asian::is_east_asian(part)) {
        return parts.iter().rev().map(String::as_str).collect();
    }
    parts.join(" ")
}

fn by_style(cell: &str, style: AuthorCellFormat) -> String {
    match style {
        AuthorCellFormat::One => {
            strip_bracketed_role(cell.lines().next().unwrap_or_default()).0.to_owned()
        }
        AuthorCellFormat::List => first_author_name(split_list(cell)),
        AuthorCellFormat::Ampersand => {
            let names = cell.split(';').flat_map(|names| names.split(" & "));
            first_author_name(names.flat_map(in_commas).collect())
        }
        AuthorCellFormat::Inverted => {
            let names = cell.split(['|', ';', '\n']).map(str::to_owned);
            author_display_name(&first_author_name(names.collect()))
        }
        AuthorCellFormat::FamilyFirst => given_first(&first_author_name(split_list(cell))),
        AuthorCellFormat::Unknown => {
            first_author_name(split_names(cell).into_iter().flat_map(guess_names).collect())
        }
    }
}

/// The names in a text of an unknown program. `Last, First` stays: it cannot be distinguished from
/// two names here, and both orders have the same author key.
fn guess_names(names: &str) -> Vec<String> {
    let pieces = comma_pieces(names);
    if pieces.iter().any(|piece| has_role(piece) || is_author_placeholder(piece)) {
        return in_commas(names);
    }
    match pieces.as_slice() {
        [one, ..] if is_one_name(one) => pieces,
        [one, two, ..] if word_count(one) >= 2 && word_count(two) >= 2 && !is_family_name(one) => {
            pieces
        }
        [one, two, _, ..] => vec![format!("{one}, {two}")],
        pieces if pieces.len() == names.split(',').count() => vec![names.to_owned()],
        pieces => vec![pieces.join(", ")],
    }
}

/// The first name without a role; the first name if all have one.
fn first_author_name(names: Vec<String>) -> String {
    let mut fallback = None;
    let is_name = |name: &&String| !name.trim().is_empty() && !is_author_placeholder(name);
    for name in names.iter().filter(is_name) {
        match strip_bracketed_role(name) {
            (name, false) if !name.is_empty() => return name.to_owned(),
            (name, _) => fallback = fallback.or(Some(name.to_owned())),
        }
    }
    fallback.unwrap_or_default()
}

/// Whether a cell is a name of a few plain words without a special meaning, as most cells are: the
/// search for roles and lists is skipped. A text of letters and dots ("V.A.") may be an
/// abbreviation.
fn is_plain_name(cell: &str) -> bool {
    let is_plain =
        |byte: u8| byte.is_ascii_alphabetic() || matches!(byte, b' ' | b'.' | b'-' | b'\'');
    if cell.len() > 60 || !cell.bytes().all(is_plain) {
        return false;
    }
    let (mut words, mut whole) = (0, false);
    for word in cell.split([' ', '.', '-', '\'']).filter(|word| !word.is_empty()) {
        words += 1;
        whole |= word.len() > 1;
        // An initial is a capital. The words "a" and "e" join names.
        let is_name_initial = word.len() == 1 && word.bytes().all(|byte| byte.is_ascii_uppercase());
        if !is_name_initial && SPECIAL.contains(&word.to_ascii_lowercase()) {
            return false;
        }
    }
    words >= 2 && whole
}

/// The ASCII words with a meaning in this module's tables, sorted.
const SPECIAL: StaticWordList = StaticWordList::new(include_str!("../words/authors.special.txt"));

#[cfg(test)]
mod tests {
    use super::author_placeholder::{ADDITIONS, CELLS, PLACEHOLDER_WORDS, WITHOUT};
    use super::person_role::{AND_OTHERS, BY};
    use super::*;

    #[test]
    fn the_first_author_is_found_in_every_notation() {
        use AuthorCellFormat::{Ampersand, FamilyFirst, Inverted, List, One, Unknown};
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
            // "Last, First" in a list, and lists of two persons.
            ("Winton, Tim", List, "Tim Winton"),
            ("Le Guin, Ursula K.", List, "Ursula K. Le Guin"),
            ("García Márquez, Gabriel", List, "Gabriel García Márquez"),
            ("de Beauvoir, Simone", List, "Simone de Beauvoir"),
            ("Dostoevsky, Fyodor Mikhailovich", List, "Fyodor Mikhailovich Dostoevsky"),
            ("Tolkien, John Ronald Reuel", List, "John Ronald Reuel Tolkien"),
            ("King, Stephen, Jr.", List, "Stephen King, Jr."),
            ("Doe, Abraham, Roe, Siegmund", List, "Abraham Doe"),
            ("Толстой, Лев", List, "Лев Толстой"),
            ("King, Stephen | Straub, Peter", List, "Stephen King"),
            ("Euclid, Dana Densmore", List, "Euclid"),
            ("Sophocles, Robert Fagles", List, "Sophocles"),
            ("Boichi, Riichiro Inagaki", List, "Boichi"),
            ("Virgil, John Dryden (Translator)", List, "Virgil"),
            ("Neil Gaiman, Plato", List, "Neil Gaiman"),
            ("余华, 莫言", List, "余华"),
            ("Gaiman, Neil; Pratchett, Terry", Ampersand, "Neil Gaiman"),
            ("Kelly Hake,Cathy Hake", Ampersand, "Kelly Hake"),
            ("Euclid, Dana Densmore", Unknown, "Euclid"),
            // Babelio.
            ("Maupassant Guy de", FamilyFirst, "Guy de Maupassant"),
            ("Balzac Honoré de", FamilyFirst, "Honoré de Balzac"),
            ("La Fontaine Jean de", FamilyFirst, "Jean de La Fontaine"),
            ("Conan Doyle Arthur", FamilyFirst, "Arthur Conan Doyle"),
            ("Poe Edgar Allan", FamilyFirst, "Edgar Allan Poe"),
            ("Le Clézio Jean-Marie Gustave", FamilyFirst, "Jean-Marie Gustave Le Clézio"),
            ("Goethe Johann Wolfgang von", FamilyFirst, "Johann Wolfgang von Goethe"),
            ("Lovecraft Howard Phillips", FamilyFirst, "Howard Phillips Lovecraft"),
            ("Chrétien de Troyes", FamilyFirst, "Chrétien de Troyes"),
            ("Beaux Arts Magazine", FamilyFirst, "Beaux Arts Magazine"),
            // Roles, in brackets and in words.
            ("Natasha Wimmer (Translator), Roberto Bolaño", Unknown, "Roberto Bolaño"),
            ("Jane Doe (Übersetzer), Bo Roe", Unknown, "Bo Roe"),
            ("Н. Иванов (перевод), Лев Толстой", Unknown, "Лев Толстой"),
            ("Dave McKean (Illustrator) & Neil Gaiman", Unknown, "Neil Gaiman"),
            ("Roberto Bolaño, translated by Natasha Wimmer", Unknown, "Roberto Bolaño"),
            ("Translated by Natasha Wimmer; Roberto Bolaño", Unknown, "Roberto Bolaño"),
            ("Roe, Jane (ed.)", Unknown, "Jane Roe"),
            ("Dan Simmons (Author), Kenneth Haigh (Narrator)", Unknown, "Dan Simmons"),
            ("by Frank Herbert", Unknown, "Frank Herbert"),
            // "And others".
            ("Jane Roe et al.", Unknown, "Jane Roe"),
            ("Jane Roe, et al", List, "Jane Roe"),
            ("Jane Roe u.a.", Unknown, "Jane Roe"),
            ("Лев Толстой и др.", Unknown, "Лев Толстой"),
            ("Jan Novák a kol.", Unknown, "Jan Novák"),
            ("Various, Jane Roe", Unknown, "Jane Roe"),
            // Chinese, Japanese and Korean.
            ("[美] 海明威", Unknown, "海明威"),
            ("（英）J.K.罗琳", Unknown, "J.K.罗琳"),
            ("〔日〕村上春树著 林少华译", Unknown, "村上春树"),
            ("[日] 村上春树 / 林少华", Unknown, "村上春树"),
            ("余华 著", Unknown, "余华"),
            ("余华 著, 林少华 译", List, "余华"),
            ("林少华 译, 余华 著", List, "余华"),
            ("村上春樹／著 柴田元幸／訳", Unknown, "村上春樹"),
            ("村上 春樹", Unknown, "村上 春樹"),
            ("한강 지음", Unknown, "한강"),
            ("무라카미 하루키 (지은이), 양윤옥 (옮긴이)", List, "무라카미 하루키"),
            ("[哥伦比亚] 加西亚·马尔克斯 著 / 范晔 译", Unknown, "加西亚·马尔克斯"),
            ("沈从文", Unknown, "沈从文"),
            ("鲁迅等著", Unknown, "鲁迅"),
            ("刘慈欣、王晋康", Unknown, "刘慈欣"),
            // Lists of scripts, and one author a line.
            ("[\"Neil Gaiman\", \"Terry Pratchett\"]", Unknown, "Neil Gaiman"),
            ("['Flann O\\'Brien', 'X']", Unknown, "Flann O'Brien"),
            ("[{\"name\": \"Jane Doe\"}]", Unknown, "Jane Doe"),
            ("[{'id': 1, 'name': 'Jane Doe'}]", Unknown, "Jane Doe"),
            ("{\"Jane Doe\",\"Bo Roe\"}", Unknown, "Jane Doe"),
            ("{Plato,\"Bo Roe\"}", Unknown, "Plato"),
            ("[\"O'Brien, Flann\"]", Unknown, "Flann O'Brien"),
            ("Neil Gaiman\nTerry Pratchett", Unknown, "Neil Gaiman"),
            ("('Neil Gaiman', 'Terry Pratchett')", Unknown, "Neil Gaiman"),
            ("[Neil Gaiman, Terry Pratchett]", Unknown, "Neil Gaiman"),
            ("[{\"author\": {\"key\": \"/a/1\", \"name\": \"Jane Doe\"}}]", Unknown, "Jane Doe"),
            ("[{\"firstName\": \"Jane\", \"lastName\": \"Doe\"}]", Unknown, "Jane Doe"),
            ("{\"authors\": [\"Jane Doe\"]}", Unknown, "Jane Doe"),
            ("[[\"Jane Doe\", \"author\"]]", Unknown, "Jane Doe"),
            (
                "[{\"role\": \"translator\", \"name\": \"Bo Roe\"}, {\"name\": \"Jane Doe\"}]",
                Unknown,
                "Jane Doe",
            ),
            ("• Neil Gaiman • Terry Pratchett", Unknown, "Neil Gaiman"),
            ("Neil Gaiman + Terry Pratchett", Unknown, "Neil Gaiman"),
            // Labels and words before a name, or after its comma.
            ("Illustrator: Jane Roe; Author: Bo Doe", Unknown, "Bo Doe"),
            ("Autor: Bo Doe", List, "Bo Doe"),
            ("written by Bo Doe", Unknown, "Bo Doe"),
            ("By: Bo Doe", Unknown, "Bo Doe"),
            ("von Patrick Süskind", Unknown, "Patrick Süskind"),
            ("Hrsg. von Jane Roe", Unknown, "Jane Roe"),
            ("Jane Roe, editor", Unknown, "Jane Roe"),
            ("Jane Roe, translator, Bo Doe", Unknown, "Bo Doe"),
            ("Herbert, Frank, author", Unknown, "Herbert, Frank"),
            ("McBain, Ed", List, "Ed McBain"),
            ("Jane Roe (dessinateur), Bo Doe (scénariste)", Unknown, "Bo Doe"),
            ("Jane Roe (przekład), Bo Doe", Unknown, "Bo Doe"),
            ("Bo Doe with Jane Roe", Unknown, "Bo Doe"),
            ("Bo Doe as told to Jane Roe", Unknown, "Bo Doe"),
            ("Jane Roe e.a.", Unknown, "Jane Roe"),
            ("Jane Roe m.m.", Unknown, "Jane Roe"),
            ("Jane Roe et coll.", Unknown, "Jane Roe"),
            ("Jane Roe + 3 more", Unknown, "Jane Roe"),
            ("Jane Roe and 2 others", Unknown, "Jane Roe"),
            // The family name first.
            ("von Goethe, Johann Wolfgang", Unknown, "von Goethe, Johann Wolfgang"),
            ("King Jr., Martin Luther", Unknown, "King Jr., Martin Luther"),
            ("Толстой Л.Н.", Unknown, "Л.Н. Толстой"),
            ("Толстой Лев Николаевич", Unknown, "Лев Николаевич Толстой"),
            ("Лев Николаевич Толстой", Unknown, "Лев Николаевич Толстой"),
            ("GAIMAN Neil", Unknown, "Neil GAIMAN"),
            ("NASA Staff", Unknown, "NASA Staff"),
            ("Malcolm X", Unknown, "Malcolm X"),
            // More of Chinese, Japanese and Korean.
            ("著：村上春樹", Unknown, "村上春樹"),
            ("絵：林明子 文：角野栄子", Unknown, "角野栄子"),
            ("夏目, 漱石, 1867-1916", Unknown, "夏目漱石"),
            ("村上春樹ほか", Unknown, "村上春樹"),
            ("한강 외", Unknown, "한강"),
            ("Haruki Murakami 村上春樹", Unknown, "Haruki Murakami"),
            ("村上春樹 Haruki Murakami", Unknown, "村上春樹"),
            ("조앤 K. 롤링", Unknown, "조앤 K. 롤링"),
        ] {
            assert_eq!(primary(cell, style).as_deref(), Some(author), "{cell} as {style:?}");
        }
    }

    #[test]
    fn placeholders_are_no_authors() {
        for cell in [
            "",
            " ",
            "Unknown",
            "Various Authors",
            "n/a",
            "Collectif",
            ",",
            "& ;",
            "AA. VV.",
            "AA.VV.",
            "VV.AA.",
            "Autores varios",
            "Verschiedene Autoren",
            "Diverse Autoren",
            "Autorenkollektiv",
            "Ouvrage collectif",
            "Auteurs divers",
            "Autori vari",
            "Vários Autores",
            "Diverse auteurs",
            "Diverse forfattere",
            "Eri tekijöitä",
            "Praca zbiorowa",
            "Kolektiv autorů",
            "Több szerző",
            "Çeşitli Yazarlar",
            "Διάφοροι συγγραφείς",
            "Сборник",
            "Коллектив авторов",
            "Разные авторы",
            "Без автора",
            "Збірник",
            "佚名",
            "多人",
            "[]",
            "sin autor",
            "et al.",
            "Anonymous",
            "[\"\"]",
            "V.A.",
            "N.N.",
            "s.n.",
            "Div. Autoren",
            "Wielu autorów",
            "Autor zbiorowy",
            "Colectiv de autori",
            "Useita kirjoittajia",
            "Çok yazarlı",
            "Сборник рассказов",
            "Различни автори",
            "著者多数",
            "作者不明",
            "無名氏",
            "여러 작가",
            "مجموعة مؤلفين",
            "קבוצת מחברים",
            "Not available",
        ] {
            for style in [AuthorCellFormat::One, AuthorCellFormat::List, AuthorCellFormat::Unknown]
            {
                assert_eq!(primary(cell, style), None, "{cell:?}");
            }
        }
    }

    #[test]
    fn every_special_word_is_listed() {
        assert!(SPECIAL.iter().is_sorted());
        let placeholders =
            [CELLS, PLACEHOLDER_WORDS, ADDITIONS].into_iter().flat_map(StaticWordList::iter);
        let listed = placeholders.chain(AND_OTHERS.iter());
        for text in listed.chain(WITHOUT.iter().chain(BY).copied()) {
            let is_word = |word: &&str| word.bytes().all(|byte| byte.is_ascii_alphabetic());
            for word in text.split_whitespace().filter(is_word) {
                assert!(SPECIAL.contains(word), "{word}");
            }
        }
    }
}
