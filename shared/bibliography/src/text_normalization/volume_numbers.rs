//! Numbers of volumes, in digits and in words.

use super::text_folding::fold_text;

/// Volume numbers in words, from one on.
const NUMBER_WORDS: [&str; 12] = [
    "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven",
    "twelve",
];
/// Roman units, from zero on.
const ROMANS: [&str; 10] = ["", "i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix"];
/// The same in Chinese and Japanese, from one on.
const HAN: [&str; 10] = ["一", "二", "三", "四", "五", "六", "七", "八", "九", "十"];

/// The number of a volume in digits: `3`, `III`, `three` and `三` are equal.
pub fn volume_number(word: &str) -> Option<String> {
    number_prefix(word).or_else(|| named_number(&fold_text(word)))
}

/// The number that a folded word names, in digits.
pub(super) fn named_number(word: &str) -> Option<String> {
    let at = |list: &[&str]| Some(list.iter().position(|number| *number == word)? + 1);
    let number = at(&NUMBER_WORDS).or_else(|| roman(word)).or_else(|| at(&HAN))?;
    Some(number.to_string())
}

/// A folded Roman number up to 39; higher ones look like words.
fn roman(word: &str) -> Option<usize> {
    let rest = word.trim_start_matches('x');
    let tens = word.len() - rest.len();
    let units = ROMANS.iter().position(|units| *units == rest)?;
    Some(10 * tens + units).filter(|number| (1..40).contains(number))
}

/// The number at the start of a text: digits, with a part after the point, or a range.
pub(super) fn number_prefix(text: &str) -> Option<String> {
    let number: String = text
        .chars()
        .map(|c| if matches!(c, '–' | '—') { '-' } else { c })
        .take_while(|c| c.is_ascii_digit() || matches!(c, '.' | '-'))
        .collect();
    let number = number.trim_end_matches(['.', '-']);
    let plain = number.trim_start_matches('0');
    let starts = |text: &str| text.starts_with(|c: char| c.is_ascii_digit());
    starts(number).then(|| if starts(plain) { plain.to_owned() } else { number.to_owned() })
}
