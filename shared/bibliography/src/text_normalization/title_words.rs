//! Titles for comparisons: their words, and the numbers that distinguish volumes.

use super::name_and_title_words::VOLUME_NOUNS;
use super::series::BookSeries;
use super::text_folding::fold_text;
use super::title_normalization::{
    restore_article, split_subtitle, strip_edition_words, strip_series,
};
use super::volume_numbers::{named_number, volume_number};

const ORDINALS: [&str; 10] =
    ["first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth"];

/// Written before the digits of a volume without a space: `T03`, `第3巻`.
const GLUED_BEFORE: [&str; 9] = ["vol", "bd", "no", "nr", "t", "v", "n", "#", "第"];
/// Written after them.
const GLUED_BEHIND: [&str; 8] = ["巻", "卷", "册", "冊", "集", "話", "部", "권"];

/// A title in folded words, without series bracket and edition. Numbers are in digits, and a volume
/// is its number: "Naruto, Vol. III", "Naruto: Volume 3" and "Naruto 3" are equal.
#[derive(Clone, Debug, Default)]
pub(super) struct TitleWords {
    pub(super) head: Vec<String>,
    pub(super) tail: Vec<String>,
    /// The series of which the title names a volume.
    pub(super) series: Option<BookSeries>,
}

impl TitleWords {
    /// From a title with its subtitle after a colon or another mark.
    pub(super) fn of(title: &str) -> Self {
        let plain = strip_edition_words(&restore_article(&strip_series(title)));
        let (head, tail) = split_subtitle(&plain).unwrap_or((&plain, ""));
        let (mut head_words, mut tail_words) = (folded_title_words(head), folded_title_words(tail));
        // A subtitle that begins with a volume names no book by itself. The first volume of a
        // series may be named like the series.
        let volume = labelled_volume(tail).filter(|number| tail_words.first() == Some(number));
        if let Some(number) = volume.filter(|number| number != "1") {
            tail_words.remove(0);
            head_words.push(number);
        }
        let series = BookSeries::in_title(title).filter(|series| series.number.is_some());
        Self { head: head_words, tail: tail_words, series }
    }
}

/// The number of a volume that is named like its series: "Naruto (Naruto, #3)" is "Naruto, Vol. 3".
pub(super) fn volume_of_namesake(series: Option<&BookSeries>, head: &[String]) -> Option<String> {
    let series =
        series.filter(|series| !series.is_set() && series.comparable_name() == head.join(" "))?;
    series.number.clone()
}

/// Whether two books are volumes of one series, at different places.
pub(super) fn are_other_volumes(a: Option<&BookSeries>, b: Option<&BookSeries>) -> bool {
    matches!((a, b), (Some(a), Some(b)) if a.number != b.number && a.comparable_name() == b.comparable_name())
}

/// The folded words of a text; a volume becomes its number.
fn folded_title_words(text: &str) -> Vec<String> {
    let folded = fold_text(text);
    let mut rest = folded.split(' ').filter(|word| !word.is_empty()).peekable();
    let mut words = Vec::new();
    while let Some(word) = rest.next() {
        if VOLUME_NOUNS.contains(word)
            && let Some(number) = rest.peek().and_then(|next| volume_number(next))
        {
            words.push(number);
            rest.next();
            continue;
        }
        if word.bytes().all(|byte| byte.is_ascii_digit()) {
            // "3. Band".
            rest.next_if(|next| VOLUME_NOUNS.contains(next));
        }
        words.push(number_in_word(word).unwrap_or_else(|| word.to_owned()));
    }
    words
}

/// The volume number at the start of a text.
fn labelled_volume(text: &str) -> Option<String> {
    let folded = fold_text(text);
    let (first, rest) = folded.split_once(' ').unwrap_or((&folded, ""));
    let second = rest.split(' ').next().unwrap_or_default();
    if VOLUME_NOUNS.contains(first) {
        return volume_number(second);
    }
    let is_label = rest.is_empty() || VOLUME_NOUNS.contains(second);
    number_in_word(first).filter(|_| is_label)
}

/// A number among the folded words of a title, in digits; a single letter may be a name's initial.
pub(crate) fn number_in_word(word: &str) -> Option<String> {
    if word.len() < 2 && !word.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let ordinal = || Some((ORDINALS.iter().position(|ordinal| *ordinal == word)? + 1).to_string());
    let bare = bare_number(word);
    if !word.contains(|c: char| c.is_ascii_digit()) {
        // "第三巻".
        let is_glued = word.starts_with('第');
        let glued = || is_glued.then(|| named_number(bare)).flatten();
        return named_number(word).or_else(ordinal).or_else(glued);
    }
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    volume_number(if is_number(bare) { bare } else { word }).or_else(|| Some(word.to_owned()))
}

/// A word without the characters around the number of a volume.
fn bare_number(word: &str) -> &str {
    let bare = GLUED_BEFORE.iter().find_map(|before| word.strip_prefix(before)).unwrap_or(word);
    GLUED_BEHIND.iter().find_map(|behind| bare.strip_suffix(behind)).unwrap_or(bare)
}
