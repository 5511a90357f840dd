//! ISBN arithmetic, written without the product's code, which is tested against it.

fn check10(core: &str) -> char {
    let sum: u32 =
        core.chars().zip((2..=10).rev()).map(|(c, w)| c.to_digit(10).unwrap_or(0) * w).sum();
    match (11 - sum % 11) % 11 {
        10 => 'X',
        digit => char::from_digit(digit, 10).unwrap_or('0'),
    }
}

fn check13(core: &str) -> char {
    let sum: u32 = core
        .chars()
        .zip([1, 3].into_iter().cycle())
        .map(|(c, w)| c.to_digit(10).unwrap_or(0) * w)
        .sum();
    char::from_digit((10 - sum % 10) % 10, 10).unwrap_or('0')
}

pub(crate) fn complete13(core: &str) -> String {
    format!("{core}{}", check13(core))
}

/// The ISBN-10 of an ISBN-13; only 978 has one.
pub(crate) fn to10(isbn13: &str) -> Option<String> {
    let core = isbn13.strip_prefix("978")?.get(..9)?;
    Some(format!("{core}{}", check10(core)))
}

/// Digits (and a last X) of a text, without all other characters.
pub(crate) fn isbn_characters(written: &str) -> String {
    let kept: String =
        written.chars().filter(|c| c.is_ascii_digit() || matches!(c, 'x' | 'X')).collect();
    kept.to_ascii_uppercase()
}

fn all_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Has the form of an ISBN-10, right check character or not.
pub(crate) fn has_form10(text: &str) -> bool {
    text.len() == 10
        && text.get(..9).is_some_and(all_digits)
        && text.ends_with(|c: char| c.is_ascii_digit() || c == 'X')
}

/// Has the form of an ISBN-13, right check digit or not.
pub(crate) fn has_form13(text: &str) -> bool {
    text.len() == 13 && all_digits(text) && (text.starts_with("978") || text.starts_with("979"))
}

pub(crate) fn is_valid_isbn(text: &str) -> bool {
    let (form, core_length) = (has_form10(text) || has_form13(text), text.len().saturating_sub(1));
    form && text.get(..core_length).is_some_and(|core| {
        text.ends_with(if core_length == 9 { check10(core) } else { check13(core) })
    })
}

/// The ISBN-13 of a 10- or 13-character form, with its check digit computed.
pub(crate) fn to13(text: &str) -> Option<String> {
    if has_form10(text) {
        return text.get(..9).map(|core| complete13(&format!("978{core}")));
    }
    has_form13(text).then(|| text.get(..12).map(complete13)).flatten()
}

/// The digits that Google compares: nine of a 978 number, twelve of a 979 number.
pub(crate) fn comparable_digits(text: &str) -> Option<String> {
    let full = to13(text)?;
    let range = if full.starts_with("978") { 3..12 } else { 0..12 };
    full.get(range).map(str::to_owned)
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum CatalogueIsbnCell {
    /// A valid ISBN, as ISBN-13.
    Valid(String),
    /// A wrong check digit: the ISBN-13 with the right one.
    Repaired(String),
    Nothing,
}

/// Reads a cell: `="044…"`, `[…]`, hyphens, `ISBN ` in front, `.0` behind, leading zeros lost.
pub(crate) fn read_isbn_cell(cell: &str) -> CatalogueIsbnCell {
    let cell = cell.trim().trim_start_matches('=').trim_matches(|c: char| "\"'[]() ".contains(c));
    let lost_digits = cell.contains(['e', 'E']) && cell.contains('+');
    let without_suffix = cell.strip_suffix(".0").unwrap_or(cell);
    let letters = without_suffix
        .chars()
        .filter(|c| c.is_ascii_alphabetic() && !matches!(c, 'x' | 'X'))
        .collect::<String>()
        .to_ascii_uppercase();
    if lost_digits || !(letters.is_empty() || letters == "ISBN") {
        return CatalogueIsbnCell::Nothing;
    }
    let mut text = isbn_characters(without_suffix);
    // A spreadsheet drops leading zeros, and the X too if it reads a number.
    if text.len() == 9 && is_valid_isbn(&format!("0{text}")) {
        text = format!("0{text}");
    } else if text.len() == 8 && is_valid_isbn(&format!("0{text}X")) {
        text = format!("0{text}X");
    }
    let first = text.chars().next();
    if text.chars().all(|c| Some(c) == first) {
        return CatalogueIsbnCell::Nothing;
    }
    match to13(&text) {
        Some(isbn13) if is_valid_isbn(&text) => CatalogueIsbnCell::Valid(isbn13),
        Some(isbn13) => CatalogueIsbnCell::Repaired(isbn13),
        None => CatalogueIsbnCell::Nothing,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn converts_and_checks() {
        for (ten, thirteen) in [
            ("0441172717", "9780441172719"),
            ("080442957X", "9780804429573"),
            ("155404295X", "9781554042951"),
        ] {
            assert_eq!(to13(ten).as_deref(), Some(thirteen));
            assert_eq!(to10(thirteen).as_deref(), Some(ten));
            assert!(is_valid_isbn(ten) && is_valid_isbn(thirteen));
        }
        assert_eq!(to10("9791090636071"), None);
        assert!(!is_valid_isbn("9781521748830"));
        assert_eq!(comparable_digits("9781521748830"), comparable_digits("1521748837"));
        assert_eq!(comparable_digits("9798694400480").as_deref(), Some("979869440048"));
    }

    #[test]
    fn reads_cells_of_all_kinds() {
        let valid = |text: &str| CatalogueIsbnCell::Valid(text.to_owned());
        for (cell, expected) in [
            ("=\"9780060748159\"", valid("9780060748159")),
            ("[1578660289]", valid("9781578660285")),
            ("978-0-441-47812-5", valid("9780441478125")),
            ("38549081", valid("9780385490818")),
            ("140143505", valid("9780140143508")),
            ("ISBN 0441172717", valid("9780441172719")),
            ("9780441172719.0", valid("9780441172719")),
            ("9781521748830", CatalogueIsbnCell::Repaired("9781521748831".to_owned())),
            ("9.78044E+12", CatalogueIsbnCell::Nothing),
            ("978B0092G4TD5", CatalogueIsbnCell::Nothing),
            ("97803742392", CatalogueIsbnCell::Nothing),
            ("0000000000", CatalogueIsbnCell::Nothing),
            ("X", CatalogueIsbnCell::Nothing),
            ("=\"\"", CatalogueIsbnCell::Nothing),
        ] {
            assert_eq!(read_isbn_cell(cell), expected, "{cell}");
        }
    }
}
