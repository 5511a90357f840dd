//! Authors and subjects: lists of names in the provider's many spellings.

use bibliography::markup;
use bibliography::text_normalization::{author_display_name, author_name_key};

const MAX_AUTHORS: usize = 20;
const MAX_SUBJECTS: usize = 30;

/// The scripts of China, Japan and Korea begin at this code point.
const FIRST_OF_CJK: char = '\u{2e80}';

/// What the provider writes instead of an unknown name.
const PLACEHOLDER_NAMES: &[&str] = &["~autofilled~", "n/a", "na", "none", "unknown", "null", "-"];

/// Subjects that are a shop's shelves and do not describe a book.
const SHOP_CATEGORIES: &[&str] = &[
    "books",
    "custom stores",
    "featured categories",
    "self service",
    "special features",
    "special features stores",
    "stores",
    "subjects",
    "new, used & rental textbooks",
];

/// Names in display order, "First Last", each person once.
pub fn display_author_names<'a>(names: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let mut people: Vec<(String, String)> = Vec::new();
    for name in names {
        let Some(line) = markup::single_line(name) else { continue };
        if PLACEHOLDER_NAMES.iter().any(|word| line.eq_ignore_ascii_case(word)) {
            continue;
        }
        let display = author_display_name(trim_name(&line));
        let key = author_name_key(&display);
        if key.is_empty() || people.iter().any(|(known, _)| *known == key) {
            continue;
        }
        people.push((key, display));
        if people.len() == MAX_AUTHORS {
            break;
        }
    }
    let names: Vec<String> = people.into_iter().map(|(_, display)| display).collect();
    match names.as_slice() {
        // The first generation splits "Smith, Frank" into two authors. Two authors who have one
        // name each are far rarer.
        [last, first] if is_one_word(last) && is_one_word(first) => {
            vec![format!("{first} {last}")]
        }
        _ => names,
    }
}

/// Whether the name is one word in a script that separates words: 川上未映子 is a whole name.
fn is_one_word(name: &str) -> bool {
    name.chars().all(|c| c != ' ' && c < FIRST_OF_CJK)
}

/// Removes the final full stop of a catalogue ("Posenenske, Charlotte."), not that of an initial.
fn trim_name(name: &str) -> &str {
    let Some(short) = name.strip_suffix('.') else { return name };
    let last_word = short.rsplit([' ', '.', ',']).next().unwrap_or_default();
    // The full stop of Jr. and Dr. stays too.
    if last_word.chars().count() > 3 { short } else { name }
}

/// Subjects in plain words, each once.
pub fn display_subjects<'a>(subjects: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let mut kept: Vec<String> = Vec::new();
    for subject in subjects {
        let Some(line) = markup::single_line(subject) else { continue };
        if is_call_number(&line)
            || SHOP_CATEGORIES.iter().any(|shelf| line.eq_ignore_ascii_case(shelf))
        {
            continue;
        }
        // Library of Congress and BISAC paths get one form.
        let path: Vec<String> = line
            .replace("--", " / ")
            .split(" / ")
            .filter_map(|step| calm_case(step.trim()))
            .collect();
        let subject = path.join(" / ");
        let known = kept.iter().any(|known| known.eq_ignore_ascii_case(&subject));
        if !subject.is_empty() && !known {
            kept.push(subject);
        }
        if kept.len() == MAX_SUBJECTS {
            break;
        }
    }
    kept
}

/// `WIZARDS_FICTION` becomes `Wizards fiction`; short capitals (`YA`, `USA`) stay.
fn calm_case(step: &str) -> Option<String> {
    let text = step.replace('_', " ");
    let text = text.trim();
    let mut chars = text.chars();
    let first = chars.next()?;
    let shouts = text.chars().count() > 4
        && text.chars().any(char::is_alphabetic)
        && !text.chars().any(char::is_lowercase);
    if shouts {
        // No letter is small, so the first one can stay.
        return Some(format!("{first}{}", chars.as_str().to_lowercase()));
    }
    Some(text.to_owned())
}

/// `N6888.P67 A4 1990`: a shelf mark, not a subject.
fn is_call_number(text: &str) -> bool {
    let letters = text.chars().take_while(char::is_ascii_uppercase).count();
    let digits = text.chars().skip(letters).take_while(char::is_ascii_digit).count();
    (1..=3).contains(&letters)
        && digits > 0
        && text.chars().nth(letters + digits).is_none_or(|c| c == '.' || c == ' ')
        && !text.chars().any(char::is_lowercase)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_out_in_display_order_and_once() {
        for (names, expected) in [
            (vec!["Posenenske, Charlotte."], vec!["Charlotte Posenenske"]),
            (vec!["J.K. Rowling", "Rowling, J. K."], vec!["J.K. Rowling"]),
            (vec!["~autofilled~", "", "N/A", "Ann Leckie"], vec!["Ann Leckie"]),
            (vec!["Smith", "Frank"], vec!["Frank Smith"]),
            (vec!["Plato"], vec!["Plato"]),
            (vec!["Neil Gaiman", "Terry Pratchett"], vec!["Neil Gaiman", "Terry Pratchett"]),
            (vec!["村上春樹"], vec!["村上春樹"]),
            (vec!["川上未映子", "村上春樹"], vec!["川上未映子", "村上春樹"]),
            (vec!["김영하", "한강"], vec!["김영하", "한강"]),
            (vec!["Müller", "Jürgen"], vec!["Jürgen Müller"]),
            (vec!["Dumas, Alexandre, 1802-1870"], vec!["Alexandre Dumas"]),
            (vec!["Luther B. King Jr."], vec!["Luther B. King Jr."]),
            (vec!["Bussi Michel"], vec!["Bussi Michel"]),
        ] {
            assert_eq!(display_author_names(names.clone()), expected, "{names:?}");
        }
    }

    #[test]
    fn subjects_are_plain_words() {
        let given = [
            "WIZARDS_FICTION",
            "FICTION / Fantasy / Epic",
            "Fiction / Fantasy / Epic",
            "Installations (Art)--Germany--Exhibitions",
            "N6888.P67 A4 1990",
            "Self Service",
            "Custom Stores",
            "Language Arts &amp; Disciplines",
            "YA",
        ];
        let expected = [
            "Wizards fiction",
            "Fiction / Fantasy / Epic",
            "Installations (Art) / Germany / Exhibitions",
            "Language Arts & Disciplines",
            "YA",
        ];
        assert_eq!(display_subjects(given), expected);
        assert_eq!(display_subjects(std::iter::repeat_n("x", 5)).len(), 1);
    }
}
