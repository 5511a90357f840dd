//! Titles.

use super::author_names::collapse_spaces;
use super::name_and_title_words::{
    EDITION_NOUNS, EDITION_WORDS, MOVED_ARTICLES, SERIES_NOUNS, VOLUME_NOUNS,
};
use super::text_folding::{fold_text, has_alphanumeric, is_digit};
use super::volume_numbers::volume_number;

/// The comparable form of a title.
///
/// A series bracket is removed and a moved article ("Hobbit, The") put back. A subtitle and a
/// leading article stay: without them different books would share a key ("The Road" and "Road",
/// every "Star Wars: …"). For tolerant comparisons use [`super::same_title`].
pub fn title_key(title: &str) -> String {
    fold_text(&restore_article(&strip_series(title)))
}

/// Removes brackets that name a series: `(Dune, #1)`, `(The Locked Tomb #1)`,
/// `(Earthsea Cycle, Book 3)`, `(The Broken Earth Trilogy)`.
///
/// A bracket that holds only a volume ("(Volume 2)", "(#2)") distinguishes books and stays. If
/// nothing would be left, the title stays unchanged.
pub fn strip_series(title: &str) -> String {
    let kept = collapse_spaces(&without_brackets(title, names_series));
    if has_alphanumeric(&kept) { kept } else { collapse_spaces(title) }
}

/// A title without series bracket, subtitle and edition: "Range: Why Generalists Triumph" is
/// "Range". In display form.
pub fn base_title(title: &str) -> String {
    let whole = strip_edition_words(&restore_article(&strip_series(title)));
    match split_subtitle(&whole) {
        Some((head, _)) => head.to_owned(),
        None => whole,
    }
}

/// "Hobbit, The" → "The Hobbit".
pub(crate) fn restore_article(title: &str) -> String {
    match title.rsplit_once(',') {
        Some((head, tail))
            if MOVED_ARTICLES.contains(&fold_text(tail)) && has_alphanumeric(head) =>
        {
            format!("{} {}", tail.trim(), head.trim())
        }
        _ => title.to_owned(),
    }
}

/// Head and tail of a title with a subtitle.
pub(crate) fn split_subtitle(title: &str) -> Option<(&str, &str)> {
    // Most titles have no subtitle, and are searched only once.
    title.find([':', '-', '–', '—', ';', '/', '：', '('])?;
    let cut = [": ", " : ", " - ", " – ", " — ", "; ", " / ", "：", "—", " ("]
        .into_iter()
        .filter_map(|mark| title.find(mark).map(|at| (at, mark.len())))
        .min()?;
    let head = title.get(..cut.0)?.trim();
    let tail = title.get(cut.0 + cut.1..)?.trim_matches(|c: char| " :()".contains(c));
    (has_alphanumeric(head) && has_alphanumeric(tail)).then_some((head, tail))
}

/// A title without brackets and endings that name an edition, and without "A Novel".
pub fn strip_edition_words(title: &str) -> String {
    let bare =
        collapse_spaces(&without_brackets(title, |text| names_edition(text) || names_form(text)));
    let mut text = if has_alphanumeric(&bare) { bare } else { title.to_owned() };
    while let Some(at) = text.rfind([':', ',', ';', '-', '–', '—']) {
        let (head, tail) = text.split_at_checked(at).unwrap_or((&text, ""));
        if !has_alphanumeric(head) || !(names_form(tail) || names_edition(tail)) {
            break;
        }
        text = head.trim_end().to_owned();
    }
    // "Emma a novel", as people type it.
    let mut words = text.rsplitn(3, ' ');
    match (words.next(), words.next(), words.next()) {
        (Some(noun), Some(article), Some(head)) if names_form(&format!("{article} {noun}")) => {
            head.trim_end_matches(|c: char| ":;,-–— ".contains(c)).to_owned()
        }
        _ => text,
    }
}

/// Whether a text names the form of a book, as title pages do ("a novel").
pub(crate) fn names_form(text: &str) -> bool {
    let folded = fold_text(text);
    let noun = folded.strip_prefix("a ").unwrap_or(&folded);
    matches!(noun, "novel" | "memoir" | "roman")
}

fn names_edition(text: &str) -> bool {
    let folded = fold_text(text);
    folded.split(' ').any(|word| EDITION_NOUNS.contains(word))
        && folded.split(' ').all(|word| {
            EDITION_NOUNS.contains(word) || EDITION_WORDS.contains(word) || is_volume_number(word)
        })
}

/// Whether a bracket's text names a series: a name and a number, or a name and "Trilogy".
pub(super) fn names_series(text: &str) -> bool {
    let hash = text.split('#').skip(1).any(|rest| rest.trim_start().starts_with(is_digit));
    let folded = fold_text(text);
    let words: Vec<&str> = folded.split(' ').collect();
    let is_label = |word: &&str| is_volume_number(word) || VOLUME_NOUNS.contains(word);
    let named = words.iter().any(|word| !is_label(word));
    let mut pairs = words.iter().zip(words.iter().skip(1));
    let volume =
        pairs.any(|(noun, number)| VOLUME_NOUNS.contains(noun) && is_volume_number(number));
    let noun = words.len() > 1 && words.last().is_some_and(|word| SERIES_NOUNS.contains(word));
    named && (hash || volume || noun)
}

fn is_volume_number(word: &str) -> bool {
    volume_number(word).is_some()
}

/// The text without the outermost brackets for which `drop` returns true.
fn without_brackets(text: &str, drop: impl Fn(&str) -> bool) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, bracket, after)) = next_bracket(rest) {
        out.push_str(before);
        out.push_str(if drop(strip_brackets(bracket)) { " " } else { bracket });
        rest = after;
    }
    // A bracket that is never closed stays.
    out.push_str(rest);
    out
}

/// The text in each of the outermost brackets.
pub(super) fn brackets(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let (_, bracket, after) = next_bracket(rest)?;
        rest = after;
        Some(strip_brackets(bracket))
    })
}

/// The text before the first bracket, the bracket, and the text after it.
fn next_bracket(text: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = text.split_at_checked(text.find(['(', '[', '（'])?)?;
    let (bracket, after) = rest.split_at_checked(closing(rest)?)?;
    Some((before, bracket, after))
}

fn strip_brackets(bracket: &str) -> &str {
    bracket.trim_matches(['(', ')', '[', ']', '（', '）'])
}

/// The index at which the first bracket of a text ends.
fn closing(text: &str) -> Option<usize> {
    let mut depth = 0_u32;
    for (at, c) in text.char_indices() {
        match c {
            '(' | '[' | '（' => depth += 1,
            ')' | ']' | '）' => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return Some(at + c.len_utf8());
                }
            }
            _ => {}
        }
    }
    None
}
