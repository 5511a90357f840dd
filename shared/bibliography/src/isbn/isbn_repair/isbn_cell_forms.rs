//! The forms of a cell's text.

use crate::text_normalization::StaticWordList;

/// The text without wrappers and without the ".0" of a float column.
pub(super) fn strip_wrappers(text: &str) -> &str {
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

/// Words for "no ISBN", letters alone.
const NO_ISBN_MARKERS: StaticWordList = StaticWordList::new(
    "aucun isbn keine missing na nan nil ninguno no noisbn noisbnavailable none notavailable null \
     tbd undefined unknown",
);

/// "none", "N/A" and the like: words for "no ISBN", without a digit.
pub(super) fn is_no_isbn_marker(text: &str) -> bool {
    let letters: String =
        text.chars().filter(|c| c.is_alphabetic()).map(|c| c.to_ascii_lowercase()).collect();
    let has_digit = text.contains(|c: char| c.is_ascii_digit());
    !has_digit && (letters.is_empty() || NO_ISBN_MARKERS.contains(&letters))
}

pub(super) fn is_scientific(text: &str) -> bool {
    let Some((mantissa, exponent)) = text.split_once(['e', 'E']) else { return false };
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let exponent = exponent.strip_prefix('+').unwrap_or(exponent);
    digits(exponent) && mantissa.split(['.', ',']).all(digits)
}

/// The digits of a number in scientific notation, and whether all of them are written; `None` if a
/// spreadsheet rounded the number. One zero at the end may be missing, because some programs write
/// a number as short as possible.
pub(super) fn unscientific(text: &str) -> Option<(String, bool)> {
    let (mantissa, exponent) = text.split_once(['e', 'E'])?;
    let exponent: usize = exponent.trim_start_matches('+').parse().ok()?;
    let (whole, fraction) = mantissa.split_once(['.', ',']).unwrap_or((mantissa, ""));
    // Some programs write all decimal places: "9.7804411727190E12".
    let (places, more) = fraction.split_at_checked(exponent).unwrap_or((fraction, ""));
    let fraction = if more.bytes().all(|byte| byte == b'0') { places } else { fraction };
    if fraction.contains(['.', ',']) || whole.len() > 13 || exponent > 12 {
        return None;
    }
    let missing = exponent.checked_sub(fraction.len())?;
    if missing > 1 || whole.len() + exponent > 13 {
        return None;
    }
    let zeros = "0".repeat(missing);
    Some((format!("{whole}{fraction}{zeros}"), missing == 0))
}

/// The digits of a number with at least two thousands separators, all of them the same sign:
/// `9.780.441.172.719`, `9,780,441,172,719.00`.
pub(super) fn without_thousands(text: &str) -> Option<String> {
    let separator = text.chars().find(|c| !c.is_ascii_digit())?;
    if !".,'’_ \u{a0}\u{202f}\u{2009}".contains(separator) {
        return None;
    }
    let (text, decimals) = match text.rsplit_once(['.', ',']) {
        Some((whole, decimals)) if decimals.len() <= 2 => (whole, decimals),
        _ => (text, ""),
    };
    let mut groups = text.split(separator);
    let is_digits = |group: &str| group.bytes().all(|byte| byte.is_ascii_digit());
    let first = groups.next().filter(|first| (1..=3).contains(&first.len()) && is_digits(first))?;
    let rest: Vec<&str> = groups.collect();
    let whole = rest.iter().all(|group| group.len() == 3 && is_digits(group));
    (rest.len() >= 2 && whole && decimals.bytes().all(|byte| byte == b'0'))
        .then(|| format!("{first}{}", rest.concat()))
}

/// The number before the two or five digits of an add-on barcode, which scanners read too: an issue
/// or a price.
pub(super) fn without_add_on(text: &str) -> Option<String> {
    let is_part = |c: char| c.is_ascii_digit() || matches!(c, '-' | '+' | ' ');
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let is_long = matches!(digits.len(), 15 | 18) && text.chars().all(is_part);
    digits.get(..13).filter(|_| is_long).map(str::to_owned)
}

/// Ten capitals and digits that begin with B.
pub(super) fn is_asin(text: &str) -> bool {
    let upper_or_digit = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
    text.len() == 10 && text.starts_with('B') && text.bytes().all(upper_or_digit)
}

/// More digits than `significant` accepts, and nothing else.
pub(super) fn has_long_number(text: &str) -> bool {
    text.chars().all(|c| c.is_ascii_digit() || c == '-' || c.is_whitespace())
}

/// The text with digits instead of letters that look like them in print: `978O441172719`.
pub(super) fn with_digits_for_letters(text: &str) -> Option<String> {
    let digits = text.chars().filter(char::is_ascii_digit).count();
    let plain = text.replace(['O', 'o'], "0").replace(['I', 'l', '|'], "1");
    (digits >= 8 && plain != text).then_some(plain)
}
