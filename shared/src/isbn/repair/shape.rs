//! What the text of a cell looks like.

use std::borrow::Cow;

/// The text without the marks of its writing direction, which a shop's page puts around numbers,
/// and with full-width digits and letters as plain ones.
pub(super) fn in_ascii(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return Cow::Borrowed(text);
    }
    let is_mark = |c: &char| matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}');
    let plain = |c: char| match u32::from(c).checked_sub(0xfee0).and_then(char::from_u32) {
        Some(plain @ '!'..='~') => plain,
        _ => c,
    };
    Cow::Owned(text.chars().filter(|c| !is_mark(c)).map(plain).collect())
}

/// The text without wrappers and without the ".0" that a float column leaves.
pub(super) fn bare(text: &str) -> &str {
    let text = text.trim_matches(|c: char| {
        c.is_whitespace() || c.is_control() || "=\"'’‘“”[](){}\u{feff}".contains(c)
    });
    let digits = text.trim_end_matches('0');
    match digits.strip_suffix(['.', ',']) {
        Some(whole)
            if digits.len() < text.len() && whole.ends_with(|c: char| c.is_ascii_digit()) =>
        {
            whole
        }
        _ => text,
    }
}

/// "none", "N/A" and their like: words for nothing, without a digit.
pub(super) fn says_none(text: &str) -> bool {
    let letters: String =
        text.chars().filter(|c| c.is_alphabetic()).map(|c| c.to_ascii_lowercase()).collect();
    let has_digit = text.contains(|c: char| c.is_ascii_digit());
    !has_digit
        && (letters.is_empty()
            || matches!(
                letters.as_str(),
                "none"
                    | "na"
                    | "noisbn"
                    | "isbn"
                    | "null"
                    | "nan"
                    | "nil"
                    | "unknown"
                    | "no"
                    | "missing"
                    | "noisbnavailable"
                    | "notavailable"
                    | "undefined"
                    | "keine"
                    | "aucun"
                    | "ninguno"
                    | "tbd"
            ))
}

/// Digits, a comma or point, digits, an exponent.
pub(super) fn is_scientific(text: &str) -> bool {
    let Some((mantissa, exponent)) = text.split_once(['e', 'E']) else { return false };
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let exponent = exponent.strip_prefix('+').unwrap_or(exponent);
    digits(exponent) && mantissa.split(['.', ',']).all(digits)
}

/// Ten capitals and digits that begin with B.
pub(super) fn is_asin(text: &str) -> bool {
    let upper_or_digit = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
    text.len() == 10 && text.starts_with('B') && text.bytes().all(upper_or_digit)
}

/// More digits than `significant` takes, and nothing else.
pub(super) fn has_long_number(text: &str) -> bool {
    text.chars().all(|c| c.is_ascii_digit() || c == '-' || c.is_whitespace())
}
