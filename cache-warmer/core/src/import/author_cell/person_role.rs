//! Roles of persons: translators, narrators and editors are not the author, even if they are listed
//! first.

use bibliography::text_normalization::fold_text;

use super::given_names::is_known_given_name;

use crate::import::ordered_word_list::OrderedWordList;

/// Beginnings of words for a role other than the author's, folded.
const STEMS: OrderedWordList = OrderedWordList(include_str!("../words/role.stems.txt"));

/// Whole words for a role other than the author's.
const ROLE_WORDS: OrderedWordList = OrderedWordList(include_str!("../words/role.words.txt"));

/// Words for the author's role, whatever other role is named too.
#[rustfmt::skip]
const AUTHORS: &[&str] = &[
    "author", "autor", "auteur", "writer", "verfasser", "автор", "text", "著", "作者", "著者",
    "지은이", "저자", "글",
];

/// Words between an author and others.
#[rustfmt::skip]
pub(super) const BY: &[&str] = &[
    " with ", " as told to ", " translated by ", " illustrated by ", " edited by ", " narrated by ", " read by ",
    " adapted by ", " übersetzt von ", " aus dem ", " traduit par ", " traducido por ",
    " traduzione di ", " tradotto da ", " vertaald door ", " в переводе ", " перевод ",
];

/// Words for "and others" behind a name, folded.
pub(super) const AND_OTHERS: OrderedWordList =
    OrderedWordList(include_str!("../words/role.and_others.txt"));

/// A name without its brackets, and whether they name a role other than the author's.
pub(super) fn strip_bracketed_role(name: &str) -> (&str, bool) {
    let mut name = name.trim();
    // "[US] Ann Author": a bracket at the start is no part of the name.
    while let Some(bracket) = leading_bracket(name) {
        name = name.get(bracket..).unwrap_or_default().trim();
    }
    let (name, begins_with_role) = without_label(name);
    let Some(at) = name.find(['(', '[', '（', '【', '〔']) else {
        return (name, begins_with_role);
    };
    let (bare, bracket) = name.split_at(at);
    (bare.trim(), begins_with_role || names_role(bracket))
}

/// A name without its label, and whether the label is a role other than the author's:
/// `Illustrator: Ann Roe`, `Author: Ann Roe`, `Hrsg. von Ann Roe`.
fn without_label(name: &str) -> (&str, bool) {
    const BY: &[&str] = &["by", "von", "par", "de", "di", "por", "door", "av", "af"];
    if let Some((label, rest)) = name.split_once([':', '：'])
        && fold_text(label).split(' ').count() <= 3
        && (is_role(label) || BY.contains(&fold_text(label).as_str()))
    {
        return (rest.trim(), names_role(label));
    }
    let behind = |words: usize| name.splitn(words + 1, ' ').nth(words).map(str::trim);
    let mut words = name.split_whitespace().map(fold_text);
    let (first, by) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let is_by = BY.contains(&by.as_str());
    match (behind(2), behind(1)) {
        (Some(rest), _) if is_by && is_role_word(&first) => (rest, true),
        (Some(rest), _) if is_by && matches!(first.as_str(), "written" | "escrito" | "ecrit") => {
            (rest, false)
        }
        // "von Patrick Süskind"; the "von" of a family name is not before a given name.
        (_, Some(rest))
            if BY.contains(&first.as_str()) && is_known_given_name(&by) && rest.contains(' ') =>
        {
            (rest, false)
        }
        _ => (name, false),
    }
}

/// Whether a text is a role, the author's included: `author`, `Übers.`.
pub(super) fn is_role(text: &str) -> bool {
    let folded = fold_text(text);
    folded.split(' ').all(|word| is_author_word(word) || is_role_word(word) || word == "by")
}

/// Whether a name is followed by a role other than the author's.
pub(super) fn has_role(name: &str) -> bool {
    strip_bracketed_role(name).1
}

/// Whether a text in brackets names a role other than the author's.
pub(super) fn names_role(text: &str) -> bool {
    let folded = fold_text(text);
    let mut words = folded.split(' ');
    !words.clone().any(is_author_word) && words.any(is_role_word)
}

fn is_author_word(word: &str) -> bool {
    AUTHORS.iter().any(|author| word.starts_with(author))
}

fn is_role_word(word: &str) -> bool {
    STEMS.iter().any(|stem| word.starts_with(stem)) || ROLE_WORDS.contains(word)
}

/// Length of a short bracket at the start of a name, if the name follows it.
pub(super) fn leading_bracket(name: &str) -> Option<usize> {
    const PAIRS: &[(char, char)] = &[
        ('[', ']'),
        ('(', ')'),
        ('【', '】'),
        ('（', '）'),
        ('〔', '〕'),
        ('［', '］'),
        ('〈', '〉'),
    ];
    let open = name.chars().next()?;
    let (_, close) = PAIRS.iter().find(|(one, _)| *one == open)?;
    let end = name.find(*close)? + close.len_utf8();
    let inside = name.get(..end)?.chars().count();
    let goes_on = name.get(end..)?.chars().any(char::is_alphabetic);
    (inside <= 12 && goes_on).then_some(end)
}

/// A cell without a translator in the same phrase, and without "et al.".
pub(super) fn without_others(cell: &str) -> &str {
    let mut cell = cell.trim();
    if let Some(("by" | "By" | "BY", name)) = cell.split_once(' ') {
        cell = name.trim();
    }
    let lower = cell.to_lowercase();
    if lower.len() == cell.len()
        && let Some(at) = BY.iter().filter_map(|by| lower.find(by)).min()
    {
        cell = cell.get(..at).unwrap_or(cell).trim_end_matches([',', ';', ' ']);
    }
    // The others follow the last comma, or are the last one to three words.
    let ends: Vec<usize> =
        cell.char_indices().filter(|(_, c)| *c == ' ' || *c == ',').map(|(at, _)| at).collect();
    for at in ends.iter().skip(ends.len().saturating_sub(4)) {
        let (name, tail) = cell.split_at(*at);
        let folded = fold_text(tail);
        let is_word = |word: &&str| !word.bytes().all(|byte| byte.is_ascii_digit());
        let tail: Vec<&str> = folded.split(' ').filter(is_word).collect();
        if AND_OTHERS.contains(&tail.join(" ")) && name.chars().any(char::is_alphabetic) {
            return name.trim_end_matches([',', ';', '&', '+', ' ']);
        }
    }
    cell.trim_end_matches([' ', '-', '–', '—'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_in_folded_form() {
        let lists = [AND_OTHERS, STEMS, ROLE_WORDS];
        let unfolded: Vec<&str> = lists
            .into_iter()
            .flat_map(OrderedWordList::iter)
            .filter(|word| fold_text(word) != *word)
            .collect();
        assert!(unfolded.is_empty(), "{unfolded:?}");
    }
}
