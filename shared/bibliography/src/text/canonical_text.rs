//! The canonical form of a text that is requested: what its key and every provider's request are
//! made of.
//!
//! What means nothing to a search is dropped here, once, for both: invisible characters, trade
//! marks, quotation marks, vowel points that most texts leave out, and all that a provider reads as
//! an operator. A sign that changes what a provider finds stays, in the key as well: an apostrophe
//! between letters, `+` and `#` behind a word, a comma or a point between digits, `&` between words.

use std::borrow::Cow;

use super::author::collapse_spaces;
use super::case::lowercase;
use super::fold::{is_cjk, is_digit, is_ignored, keeps_mark, push_letter};
use super::marks::is_combining_mark;
use super::normal::{NormalizationForm, normalize};

/// Signs that providers read as operators or quotations.
const OPERATORS: &str = "+-&|!(){}[]^\"'~*?:\\/.,;<>=#_–—«»‹›„‟“”";

/// A text as it was typed, without what means nothing: to be read for brackets, commas and fields,
/// before [`canonical_text`] makes words of its parts.
pub fn visible_text(text: &str) -> String {
    collapse_spaces(&unified(text))
}

/// The canonical form of a text, with its capitals and accents: words with one space between them.
///
/// Words that differ only in case and accents have canonical forms that differ only in these (see
/// [`canonical_key`]). A text without any letter or digit keeps its symbols, without operators. Doing it
/// twice changes nothing.
pub fn canonical_text(text: &str) -> String {
    let unified = unified(text);
    let joined = join(&normalize(&words_of(&unified), NormalizationForm::Nfc));
    if joined.is_empty() { symbols(&unified) } else { joined }
}

/// The canonical form without case and accents: what stands in a key.
pub fn canonical_key(canonical: &str) -> String {
    if canonical.is_ascii() {
        return canonical.to_ascii_lowercase();
    }
    if !canonical.contains(char::is_alphanumeric) {
        return canonical.to_owned();
    }
    let mut out = String::with_capacity(canonical.len());
    for c in lowercase(&normalize(canonical, NormalizationForm::Nfkd)).chars() {
        match c {
            _ if is_combining_mark(c) => {
                if keeps_mark(base_of(&out), c) {
                    out.push(c);
                }
            }
            c => push_letter(&mut out, c),
        }
    }
    normalize(&out, NormalizationForm::Nfc).into_owned()
}

/// Another spelling of a canonical text: without apostrophes and the commas of thousands, with `and`
/// for `&` and initials in one word (`Enders Game`, `20000 Leagues`, `JRR Tolkien`). None if it
/// is the same.
pub fn plain_spelling(canonical: &str) -> Option<String> {
    let mut plain = String::with_capacity(canonical.len());
    let mut initials = false;
    for word in canonical.split(' ') {
        let is_letter = word.chars().nth(1).is_none() && word.contains(char::is_alphabetic);
        let joins = is_letter && initials;
        if !plain.is_empty() && !joins {
            plain.push(' ');
        }
        initials = is_letter;
        match word {
            "&" => plain.push_str("and"),
            word => plain.extend(without_commas(word).chars().filter(|c| *c != '\'')),
        }
    }
    (plain != canonical).then_some(plain)
}

/// A canonical text without `+` and `#`: what is typed where they are left out. None if there
/// are none, or where nothing would be left.
pub fn without_signs(canonical: &str) -> Option<String> {
    let bare = canonical.replace(['+', '#'], "");
    (bare != canonical && bare.contains(char::is_alphanumeric)).then_some(bare)
}

/// A number without the commas between its thousands.
fn without_commas(word: &str) -> String {
    let mut groups = word.split(',');
    let digits = |group: &str| group.bytes().all(|byte| byte.is_ascii_digit());
    let head = groups.next().is_some_and(|head| (1..=3).contains(&head.len()) && digits(head));
    if head && groups.all(|group| group.len() == 3 && digits(group)) {
        word.replace(',', "")
    } else {
        word.to_owned()
    }
}

/// NFKC without the characters that are dropped, and with one apostrophe for all of them.
fn unified(text: &str) -> Cow<'_, str> {
    let one = |c: char| if is_apostrophe(c) { '\'' } else { c };
    let kept = |text: &str| text.chars().filter(|c| !is_dropped(*c)).map(one).collect::<String>();
    if text.is_ascii() {
        return if text.contains('`') { kept(text).into() } else { text.into() };
    }
    // A compatibility form may bring out an apostrophe or an invisible character, and dropping that
    // leaves a letter beside its mark.
    let whole = kept(&normalize(&kept(text), NormalizationForm::Nfkc));
    normalize(&whole, NormalizationForm::Nfc).into_owned().into()
}

/// The apostrophe in every form that keyboards, transliterations and typesetters give it.
fn is_apostrophe(c: char) -> bool {
    matches!(c,
        '\'' | '`' | '\u{b4}' | '\u{2b9}'..='\u{2bf}' | '\u{2c8}' | '\u{2ca}' | '\u{2cb}'
        | '\u{2ee}' | '\u{374}' | '\u{384}' | '\u{55a}' | '\u{5f3}' | '\u{7f4}' | '\u{7f5}'
        | '\u{1fbd}' | '\u{1fbf}' | '\u{1fef}' | '\u{1ffd}' | '\u{1ffe}' | '\u{2018}'..='\u{201b}'
        | '\u{2032}' | '\u{2035}' | '\u{a78b}' | '\u{a78c}' | '\u{ff07}' | '\u{ff40}')
}

/// Characters that mean nothing to a search: invisible ones, trade marks, the tatweel, enclosing
/// marks, and points and vowels that most texts in Hebrew and Arabic leave out.
fn is_dropped(c: char) -> bool {
    // The last two are printed for characters that could not be read.
    !is_apostrophe(c) && is_ignored(c)
        || matches!(c, '\u{20d0}'..='\u{20ff}' | '\u{fe20}'..='\u{fe2f}' | '\u{591}'..='\u{5bd}'
            | '\u{5bf}' | '\u{5c1}'..='\u{5c2}' | '\u{5c4}'..='\u{5c5}' | '\u{5c7}'
            | '\u{64b}'..='\u{652}' | '\u{670}' | '\u{fffc}' | '\u{fffd}')
}

/// The character that the marks at the end of a text belong to: normalisation may put these in
/// another order.
fn base_of(text: &str) -> Option<char> {
    text.chars().rev().find(|c| !is_combining_mark(*c))
}

/// Letters, digits, their marks, and the signs that mean something where they stand; all else is a
/// space.
fn words_of(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    let mut before = ' ';
    while let Some(c) = rest.next() {
        let next = rest.peek().copied().unwrap_or(' ');
        match c {
            _ if is_combining_mark(c) => {
                if !out.ends_with(is_sign) && keeps_mark(base_of(&out), c) {
                    out.push(c);
                }
            }
            _ if c.is_alphanumeric() => {
                // "C#'s": what stood between was dropped.
                if out.ends_with(is_sign) && !is_sign(before) {
                    out.push(' ');
                }
                out.push(c);
            }
            '\'' if begins_word(next) && out.ends_with(is_letter) => out.push(c),
            // Quotation marks around a word, a possessive's end: no break.
            '\'' => {}
            ',' | '.' if is_digit(next) && out.ends_with(is_digit) => out.push(c),
            '+' | '#' if out.ends_with(is_letter) => {
                let mut signs = String::from(c);
                while let Some(sign) = rest.next_if(|c| is_sign(*c)) {
                    signs.push(sign);
                }
                let joins = rest.peek().is_some_and(|c| begins_word(*c));
                // C++ and C++20 are not C; "a+b" are two words.
                out.push_str(if joins && signs.len() == 1 { " " } else { &signs });
            }
            '&' if next != '&' && before != '&' => out.push_str(" & "),
            _ => out.push(' '),
        }
        before = c;
    }
    out
}

fn is_sign(c: char) -> bool {
    matches!(c, '+' | '#')
}

/// Some marks count as letters; none begins a word.
fn begins_word(c: char) -> bool {
    c.is_alphanumeric() && !is_combining_mark(c)
}

fn is_letter(c: char) -> bool {
    c.is_alphanumeric() || is_combining_mark(c)
}

/// Words with one space between them. Capitals that Lucene and Google read as an operator are small
/// letters, `&` stays only between words, and spaces between CJK characters go.
fn join(spaced: &str) -> String {
    let mut out = String::with_capacity(spaced.len());
    let mut joint = false;
    for word in spaced.split_whitespace() {
        if word == "&" {
            joint = !out.is_empty();
            continue;
        }
        let joins = out.is_empty() || (out.ends_with(is_cjk) && word.starts_with(is_cjk));
        if joint {
            out.push_str(" & ");
        } else if !joins {
            out.push(' ');
        }
        joint = false;
        match word {
            "AND" | "OR" | "NOT" | "TO" => out.push_str(&word.to_ascii_lowercase()),
            word => out.push_str(word),
        }
    }
    out
}

/// What is left for a text without letters: its symbols, without operators, spacing folded.
fn symbols(unified: &str) -> String {
    let means_nothing = |c: char| c.is_control() || OPERATORS.contains(c);
    collapse_spaces(&unified.replace(means_nothing, " ").replace(is_combining_mark, ""))
}

#[cfg(test)]
#[path = "canonical_text_tests.rs"]
mod tests;
