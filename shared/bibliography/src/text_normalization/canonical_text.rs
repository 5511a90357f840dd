//! The canonical form of a search text, from which its key and every provider's request are made.
//!
//! Characters without meaning for a search are dropped here, once for both: invisible characters,
//! trade marks, quotation marks, vowel points that most texts leave out, and everything that a
//! provider reads as an operator. A sign that changes a provider's result stays, in the key too: an
//! apostrophe between letters, `+` and `#` after a word, a comma or a point between digits, `&`
//! between words.

use std::borrow::Cow;

use super::author_names::collapse_spaces;
use super::normal::{NormalizationForm, is_combining_mark, normalize_unicode};
use super::text_folding::{is_cjk, is_digit, is_ignored, keeps_mark, push_letter};

/// Signs that providers read as operators or quotations.
const OPERATORS: &str = "+-&|!(){}[]^\"'~*?:\\/.,;<>=#_–—«»‹›„‟“”";

/// The typed text without characters that mean nothing. Its brackets, commas and fields are parsed
/// before [`canonical_text`] makes words of its parts.
pub fn visible_text(text: &str) -> String {
    collapse_spaces(&unified(text))
}

/// The canonical form of a text, with its capitals and accents: words with one space between them.
///
/// Words that differ only in case and accents have canonical forms that differ only in these (see
/// [`folded_key_text`]). A text without any letter or digit keeps its symbols, without operators.
/// The function is idempotent.
pub fn canonical_text(text: &str) -> String {
    let unified = unified(text);
    let joined = single_spaced(&normalize_unicode(&words_of(&unified), NormalizationForm::Nfc));
    if joined.is_empty() { symbols(&unified) } else { joined }
}

/// The canonical form without case and accents, as a key holds it.
pub fn folded_key_text(canonical: &str) -> String {
    if canonical.is_ascii() {
        return canonical.to_ascii_lowercase();
    }
    if !canonical.contains(char::is_alphanumeric) {
        return canonical.to_owned();
    }
    let mut out = String::with_capacity(canonical.len());
    for c in normalize_unicode(canonical, NormalizationForm::Nfkd).to_lowercase().chars() {
        match c {
            _ if is_combining_mark(c) => {
                if keeps_mark(base_of(&out), c) {
                    out.push(c);
                }
            }
            c => push_letter(&mut out, c),
        }
    }
    normalize_unicode(&out, NormalizationForm::Nfc).into_owned()
}

/// Another spelling of a canonical text: without apostrophes and thousands separators, with `and`
/// for `&` and initials in one word (`Enders Game`, `20000 Leagues`, `JRR Tolkien`). `None` if the
/// spelling is the same.
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

/// A canonical text without `+` and `#`, as some people type it. `None` if the text has none, or if
/// nothing would be left.
pub fn without_signs(canonical: &str) -> Option<String> {
    let bare = canonical.replace(['+', '#'], "");
    (bare != canonical && bare.contains(char::is_alphanumeric)).then_some(bare)
}

/// A number without thousands separators.
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

/// NFKC without the dropped characters, and with one form of apostrophe.
fn unified(text: &str) -> Cow<'_, str> {
    let one = |c: char| if is_apostrophe(c) { '\'' } else { c };
    let kept = |text: &str| text.chars().filter(|c| !is_dropped(*c)).map(one).collect::<String>();
    if text.is_ascii() {
        return if text.contains('`') { kept(text).into() } else { text.into() };
    }
    // A compatibility form may contain an apostrophe or an invisible character, and dropping that
    // puts a letter next to its mark: normalise and drop again.
    let whole = kept(&normalize_unicode(&kept(text), NormalizationForm::Nfkc));
    normalize_unicode(&whole, NormalizationForm::Nfc).into_owned().into()
}

/// Whether a character is an apostrophe of a keyboard, a transliteration or a typesetter.
fn is_apostrophe(c: char) -> bool {
    matches!(c,
        '\'' | '`' | '\u{b4}' | '\u{2b9}'..='\u{2bf}' | '\u{2c8}' | '\u{2ca}' | '\u{2cb}'
        | '\u{2ee}' | '\u{374}' | '\u{384}' | '\u{55a}' | '\u{5f3}' | '\u{7f4}' | '\u{7f5}'
        | '\u{1fbd}' | '\u{1fbf}' | '\u{1fef}' | '\u{1ffd}' | '\u{1ffe}' | '\u{2018}'..='\u{201b}'
        | '\u{2032}' | '\u{2035}' | '\u{a78b}' | '\u{a78c}' | '\u{ff07}' | '\u{ff40}')
}

/// Characters without meaning for a search: invisible ones, trade marks, the tatweel, enclosing
/// marks, and points and vowels that most texts in Hebrew and Arabic leave out.
fn is_dropped(c: char) -> bool {
    // The last two replace characters that could not be read.
    !is_apostrophe(c) && is_ignored(c)
        || matches!(c, '\u{20d0}'..='\u{20ff}' | '\u{fe20}'..='\u{fe2f}' | '\u{591}'..='\u{5bd}'
            | '\u{5bf}' | '\u{5c1}'..='\u{5c2}' | '\u{5c4}'..='\u{5c5}' | '\u{5c7}'
            | '\u{64b}'..='\u{652}' | '\u{670}' | '\u{fffc}' | '\u{fffd}')
}

/// The character to which the marks at the end of a text belong: normalisation may reorder these
/// marks.
fn base_of(text: &str) -> Option<char> {
    text.chars().rev().find(|c| !is_combining_mark(*c))
}

/// Letters, digits, their marks, and signs with a meaning at their place; all else is a space.
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
                // "C#'s": the apostrophe between the two was dropped.
                if out.ends_with(is_sign) && !is_sign(before) {
                    out.push(' ');
                }
                out.push(c);
            }
            '\'' if begins_word(next) && out.ends_with(is_word_char) => out.push(c),
            // Quotation marks around a word, the end of a possessive: no new word.
            '\'' => {}
            ',' | '.' if is_digit(next) && out.ends_with(is_digit) => out.push(c),
            '+' | '#' if out.ends_with(is_word_char) => {
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

/// Some marks count as letters, but none begins a word.
fn begins_word(c: char) -> bool {
    c.is_alphanumeric() && !is_combining_mark(c)
}

fn is_word_char(c: char) -> bool {
    c.is_alphanumeric() || is_combining_mark(c)
}

/// Words with one space between them. Capitals that Lucene and Google read as an operator become
/// small letters, `&` stays only between words, and spaces between CJK characters are removed.
fn single_spaced(spaced: &str) -> String {
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

/// The form of a text without letters: its symbols, without operators, spaces folded.
fn symbols(unified: &str) -> String {
    let means_nothing = |c: char| c.is_control() || OPERATORS.contains(c);
    collapse_spaces(&unified.replace(means_nothing, " ").replace(is_combining_mark, ""))
}

#[cfg(test)]
#[path = "canonical_text_tests.rs"]
mod tests;
