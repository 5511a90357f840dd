//! What a person did: translators, narrators and editors are not the author, even where they stand
//! first.

use bibliography::text::fold;

use crate::import::word_list::WordList;

/// Beginnings of words that make a person not the author, folded.
const STEMS: WordList = WordList(include_str!("../words/role.stems.txt"));

/// Whole words of the same meaning.
const WORDS: WordList = WordList(include_str!("../words/role.words.txt"));

/// Words that make a person the author, whatever else was done.
#[rustfmt::skip]
const AUTHORS: &[&str] = &[
    "author", "autor", "auteur", "writer", "verfasser", "автор", "text", "著", "作者", "著者",
    "지은이", "저자", "글",
];

/// Words between an author and others.
#[rustfmt::skip]
const BY: &[&str] = &[
    " translated by ", " illustrated by ", " edited by ", " narrated by ", " read by ",
    " adapted by ", " übersetzt von ", " aus dem ", " traduit par ", " traducido por ",
    " traduzione di ", " tradotto da ", " vertaald door ", " в переводе ", " перевод ",
];

/// Words for "and others" behind a name, folded.
const AND_OTHERS: WordList = WordList(include_str!("../words/role.and_others.txt"));

#[cfg(test)]
pub(super) fn texts() -> impl Iterator<Item = &'static str> {
    AND_OTHERS.iter().chain(BY.iter().copied())
}

/// A name without what stands in brackets around it, and whether that makes it no author.
pub(super) fn without_role(name: &str) -> (&str, bool) {
    let mut name = name.trim();
    // "[US] Ann Author": what stands in front is no part of the name.
    while let Some(bracket) = leading_bracket(name) {
        name = name.get(bracket..).unwrap_or_default().trim();
    }
    let words = fold(name.split(['(', '[', '（', '【']).next().unwrap_or_default());
    let begins_with_role = words.split_once(' ').is_some_and(|(first, rest)| {
        is_role_word(first)
            && ["by ", "von ", "par ", "de ", "di ", "por ", "door "]
                .iter()
                .any(|by| rest.starts_with(by))
    });
    let Some(at) = name.find(['(', '[', '（', '【', '〔']) else {
        return (name, begins_with_role);
    };
    let (bare, bracket) = name.split_at(at);
    (bare.trim(), begins_with_role || names_role(bracket))
}

/// Whether a name says that it is not the author's.
pub(super) fn has_role(name: &str) -> bool {
    without_role(name).1
}

/// Whether a text in brackets names a role other than the author's.
pub(super) fn names_role(text: &str) -> bool {
    let folded = fold(text);
    let mut words = folded.split(' ');
    let is_author = |word: &str| AUTHORS.iter().any(|author| word.starts_with(author));
    !words.clone().any(is_author) && words.any(is_role_word)
}

fn is_role_word(word: &str) -> bool {
    STEMS.iter().any(|stem| word.starts_with(stem)) || WORDS.has(word)
}

/// Length of a short bracket at the start of a name, where the name goes on behind it.
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

/// A cell without the translator who is named in the same breath, and without "et al.".
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
    // The others stand behind the last comma, or are the last one to three words.
    let mut ends: Vec<usize> =
        cell.char_indices().filter(|(_, c)| *c == ' ' || *c == ',').map(|(at, _)| at).collect();
    ends.reverse();
    for at in ends.into_iter().take(4) {
        let (name, tail) = cell.split_at(at);
        let tail = fold(tail);
        if AND_OTHERS.has(&tail) && name.chars().any(char::is_alphabetic) {
            return name.trim_end_matches([',', ';', '&', ' ']);
        }
    }
    cell
}
