//! Folding: the comparable form of any text.

use super::normal::{NormalizationForm, is_combining_mark, normalize_unicode};

/// Folds a text to the form that keys and comparisons use.
///
/// Compatibility forms, case, diacritics, punctuation and spacing are folded; `&` is `and`; runs of
/// initials are one word (J. R. R. = J.R.R. = JRR); spaces between CJK characters are removed.
/// Letters of every script stay. The result is words with one space between them.
///
/// A text without any letter or digit ("!!!", an emoji) keeps its symbols, so only a blank text
/// gives an empty string. The function is idempotent.
pub fn fold_text(text: &str) -> String {
    let spaced = if text.is_ascii() { ascii_letters(text) } else { letters_and_digits(text) };
    let words = join_initials(&spaced);
    if words.is_empty() { symbols(text) } else { words }
}

/// Letters, digits and their marks; all else is a space.
fn letters_and_digits(text: &str) -> String {
    let kept: String = text.chars().filter(|c| !is_ignored(*c)).collect();
    let chars: Vec<char> =
        normalize_unicode(&kept, NormalizationForm::Nfkd).to_lowercase().chars().collect();
    let mut out = String::with_capacity(text.len());
    for (at, &c) in chars.iter().enumerate() {
        let rest = chars.get(at + 1..).unwrap_or_default();
        let next = rest.iter().copied().find(|c| !is_combining_mark(*c)).unwrap_or(' ');
        match c {
            // Decomposition may produce dropped characters (a tatweel under an Arabic vowel).
            _ if is_ignored(c) => {}
            '&' => out.push_str(" and "),
            // "20,000 Leagues" is "20000 Leagues".
            ',' if thousands(&out, rest) => {}
            // C++ and C# are not C; "#1" and "a + b" are punctuation.
            '+' | '#' if !next.is_alphanumeric() && out.ends_with(is_word_end) => out.push(c),
            _ if is_combining_mark(c) => {
                if keeps_mark(out.chars().next_back(), c) {
                    out.push(c);
                }
            }
            _ if c.is_alphanumeric() => push_letter(&mut out, c),
            _ => out.push(' '),
        }
    }
    normalize_unicode(&out, NormalizationForm::Nfc).into_owned()
}

/// The same for plain ASCII, the most frequent case: a merge folds some thousand texts.
fn ascii_letters(text: &str) -> String {
    let bytes: Vec<u8> = text.bytes().filter(|byte| !matches!(byte, b'\'' | b'`')).collect();
    let mut out = String::with_capacity(text.len());
    for (at, &byte) in bytes.iter().enumerate() {
        let rest = bytes.get(at + 1..).unwrap_or_default();
        let digits = || rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let word_goes_on = || rest.first().is_some_and(u8::is_ascii_alphanumeric);
        match byte {
            b'&' => out.push_str(" and "),
            b',' if out.ends_with(is_digit) && digits() == 3 => {}
            b'+' | b'#' if !word_goes_on() && out.ends_with(is_word_end) => {
                out.push(char::from(byte));
            }
            _ if byte.is_ascii_alphanumeric() => out.push(char::from(byte.to_ascii_lowercase())),
            _ => out.push(' '),
        }
    }
    out
}

pub(super) fn has_alphanumeric(text: &str) -> bool {
    text.chars().any(char::is_alphanumeric)
}

pub(super) fn is_digit(c: char) -> bool {
    c.is_ascii_digit()
}

/// Characters that are dropped first: they neither separate words nor have a meaning. NFKD would
/// turn trade marks into letters, and spacing accents into a space and a mark.
pub(super) fn is_ignored(c: char) -> bool {
    matches!(c,
        '\'' | '`' | '\u{b4}' | '\u{2018}'..='\u{201b}' | '\u{2032}' | '\u{2b9}'..='\u{2bc}'
        | '\u{ff07}' | '\u{5f3}'
        | '\u{ae}' | '\u{a9}' | '\u{2122}' | '\u{2120}' | '\u{2117}'
        | '\u{640}')
        || is_invisible(c)
}

/// All characters that Unicode ignores by default: zero-width characters, direction marks,
/// variation selectors, the soft hyphen, fillers, tags.
fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
        | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}'
        | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

fn is_word_end(c: char) -> bool {
    c.is_alphanumeric() || c == '+' || c == '#'
}

fn thousands(before: &str, after: &[char]) -> bool {
    let digits = after.iter().take_while(|c| c.is_ascii_digit()).count();
    digits == 3 && before.ends_with(is_digit)
}

/// Whether a combining mark is part of the letter (a Devanagari vowel, a Japanese voicing mark,
/// the breve of й) and not a diacritic to be folded.
pub(super) fn keeps_mark(base: Option<char>, mark: char) -> bool {
    match mark {
        // General diacritics: folded on Latin, Greek, digits; on Cyrillic only if the result is a
        // variant of the same letter (ё, stress marks), not another letter (й, ї, ў, ѓ, ќ).
        '\u{300}'..='\u{36f}' | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}' => {
            match base.unwrap_or(' ') {
                'и' | 'у' => mark == '\u{306}',
                'і' => mark == '\u{308}',
                'г' | 'к' => mark == '\u{301}',
                '\u{400}'..='\u{52f}' => false,
                base => {
                    base > '\u{52f}'
                        && base.is_alphanumeric()
                        && !matches!(base, '\u{1d00}'..='\u{1fff}' | '\u{2c60}'..='\u{2c7f}'
                            | '\u{a720}'..='\u{a7ff}')
                }
            }
        }
        // Enclosing and half marks; Hebrew points and Arabic vowels, which most texts leave out.
        '\u{20d0}'..='\u{20ff}' | '\u{fe20}'..='\u{fe2f}' => false,
        '\u{591}'..='\u{5c7}' | '\u{64b}'..='\u{652}' | '\u{670}' => false,
        _ => true,
    }
}

/// Letters that do not decompose, but that people replace if their keyboard lacks them.
pub(super) fn push_letter(out: &mut String, c: char) {
    match c {
        'ß' => out.push_str("ss"),
        'æ' => out.push_str("ae"),
        'œ' => out.push_str("oe"),
        'þ' => out.push_str("th"),
        'ø' => out.push('o'),
        'ł' => out.push('l'),
        'đ' | 'ð' => out.push('d'),
        'ı' => out.push('i'),
        'ħ' => out.push('h'),
        'ŧ' => out.push('t'),
        'ŋ' => out.push('n'),
        'ς' => out.push('σ'),
        c => out.push(c),
    }
}

/// Single letters in a row become one word, and spaces between CJK characters go.
fn join_initials(spaced: &str) -> String {
    let mut out = String::with_capacity(spaced.len());
    let mut after_initial = false;
    for word in spaced.split_whitespace() {
        let initial = is_name_initial(word);
        let joined = (initial && after_initial)
            || (out.ends_with(is_cjk) && word.starts_with(is_cjk))
            || out.is_empty();
        if !joined {
            out.push(' ');
        }
        out.push_str(word);
        after_initial = initial;
    }
    out
}

/// One letter of a script that has initials, which means upper and lower case.
pub(crate) fn is_name_initial(word: &str) -> bool {
    let mut chars = word.chars();
    match (chars.next(), chars.next()) {
        (Some(c), None) => c.is_lowercase(),
        _ => false,
    }
}

/// Han, Hiragana, Katakana: scripts written without spaces between words.
pub(super) fn is_cjk(c: char) -> bool {
    matches!(c,
        '\u{3005}' | '\u{3007}' | '\u{3041}'..='\u{30ff}' | '\u{31f0}'..='\u{31ff}'
        | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}'
        | '\u{20000}'..='\u{3ffff}')
}

/// The form of a text without letters: its symbols, spaces folded.
fn symbols(text: &str) -> String {
    let visible: String = normalize_unicode(text, NormalizationForm::Nfkc)
        .chars()
        .filter(|c| !is_invisible(*c))
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    visible.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_ascii_path_gives_the_same(text in "[\\x00-\\x7f]{0,30}|[a-z0-9,+#&' ]{0,20}") {
            prop_assert_eq!(ascii_letters(&text), letters_and_digits(&text));
        }
    }
}
