//! ISBN-13 and ISBN-10: parsing, check digits, conversion.
//!
//! One type, [`Isbn13`], is used for every valid ISBN; an ISBN-10 is only another spelling. Rules:
//! ISBN Users' Manual, 7th edition, sections 4 and 5.

pub mod isbn_finder;
pub mod isbn_repair;

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A valid ISBN-13: prefix 978 or 979, right check digit, not the Bookland placeholder.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Isbn13([u8; 13]);

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum IsbnError {
    /// Not 10 or 13 digits without hyphens and wrappers.
    #[error("not 10 or 13 digits")]
    NotAnIsbn,
    /// Thirteen digits that do not begin with 978 or 979.
    #[error("prefix is not 978 or 979")]
    Prefix,
    /// Thirteen digits that begin with 9790, the prefix of printed music.
    #[error("number of printed music (ISMN), not of a book")]
    Ismn,
    #[error("wrong check digit")]
    CheckDigit,
    /// A number that means "no ISBN": all digits equal, or the Bookland placeholder.
    #[error("placeholder, not a book")]
    Placeholder,
}

impl Isbn13 {
    /// Reads an ISBN-13 or ISBN-10 with hyphens, spaces, `="…"`, brackets, an `ISBN-13:` or
    /// `urn:isbn:` before it or a `(pbk.)` behind it.
    pub fn parse(text: &str) -> Result<Self, IsbnError> {
        let digits = significant(&to_ascii(text)).ok_or(IsbnError::NotAnIsbn)?;
        match digits.len() {
            10 => Self::from_isbn10(&digits),
            13 => Self::from_isbn13(&digits),
            _ => Err(IsbnError::NotAnIsbn),
        }
    }

    /// Completes twelve digits (prefix and core) with the right check digit.
    /// Errors: [`IsbnError`] if the twelve are not digits, have another prefix or are a
    /// placeholder.
    pub fn from_first_twelve(first: &[u8]) -> Result<Self, IsbnError> {
        if !first.iter().all(u8::is_ascii_digit) {
            return Err(IsbnError::NotAnIsbn);
        }
        let digits = [first, &[check_digit_13(first)]].concat();
        let digits = digits.try_into().map_err(|_| IsbnError::NotAnIsbn)?;
        if !(first.starts_with(b"978") || first.starts_with(b"979")) {
            return Err(IsbnError::Prefix);
        }
        if first.starts_with(b"9790") {
            return Err(IsbnError::Ismn);
        }
        // The core of the placeholder 0000000000, and cores such as 111111111.
        let core = first.get(3..).unwrap_or_default();
        if core.windows(2).all(|pair| pair.first() == pair.last()) {
            return Err(IsbnError::Placeholder);
        }
        Ok(Self(digits))
    }

    fn from_isbn13(digits: &[u8]) -> Result<Self, IsbnError> {
        let (first, last) = digits.split_at_checked(12).ok_or(IsbnError::NotAnIsbn)?;
        let isbn = Self::from_first_twelve(first)?;
        if isbn.0.last() == last.first() { Ok(isbn) } else { Err(IsbnError::CheckDigit) }
    }

    fn from_isbn10(digits: &[u8]) -> Result<Self, IsbnError> {
        let (core, last) = digits.split_at_checked(9).ok_or(IsbnError::NotAnIsbn)?;
        let isbn = Self::from_core(core)?;
        if last.first() == Some(&check_digit_10(core)) {
            Ok(isbn)
        } else {
            Err(IsbnError::CheckDigit)
        }
    }

    /// The ISBN of the nine digits before the check digit of an ISBN-10.
    fn from_core(core: &[u8]) -> Result<Self, IsbnError> {
        Self::from_first_twelve(&[b"978", core].concat())
    }

    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// The same number as an ISBN-10; a 979 number has none.
    pub fn to_isbn10(&self) -> Option<String> {
        let core = self.as_str().strip_prefix("978")?.get(..9)?;
        let mut text = core.to_owned();
        text.push(char::from(check_digit_10(core.as_bytes())));
        Some(text)
    }
}

/// The text without marks of the writing direction (shop pages put them around numbers), with ASCII
/// instead of full-width characters, other scripts' digits and the Cyrillic Х.
fn to_ascii(text: &str) -> Cow<'_, str> {
    /// The zeros of scripts whose ten digits follow each other in Unicode.
    const ZEROS: &str = "٠۰०০੦૦୦௦౦೦൦๐໐༠၀០᠐";
    if text.is_ascii() {
        return Cow::Borrowed(text);
    }
    let is_mark = |c: &char| matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}');
    let plain = |c: char| match u32::from(c).checked_sub(0xfee0).and_then(char::from_u32) {
        Some(plain @ '!'..='~') => plain,
        _ if matches!(c, 'Х' | 'х') => 'X',
        _ if c.is_numeric() => {
            let digit = |zero| char::from_digit(u32::from(c).checked_sub(u32::from(zero))?, 10);
            ZEROS.chars().find_map(digit).unwrap_or(c)
        }
        _ => c,
    };
    Cow::Owned(text.chars().filter(|c| !is_mark(c)).map(plain).collect())
}

/// Upper-cased digits (and a last X) of a text without its wrappers; `None` if letters remain.
fn significant(text: &str) -> Option<Vec<u8>> {
    let text = text.trim_matches(is_punctuation);
    // A catalogue's note on the number: "(pbk.)", "(ISBN13)".
    let text = text.split(['(', '[']).next().unwrap_or(text);
    let text = after_word(text, "urn:").unwrap_or(text);
    let text = after_word(text, "isbn").map_or(text, after_length);
    // SBN: the nine digits of a number from before 1970.
    let text = after_word(text, "sbn").unwrap_or(text);
    let mut digits = Vec::with_capacity(13);
    for c in text.chars() {
        match c {
            '0'..='9' => digits.push(c as u8),
            // X is the check digit of an ISBN-10 only: the last of ten characters.
            'x' | 'X' if digits.len() == 9 => digits.push(b'X'),
            // Hyphens as people and typesetters write them (U+2010 to U+2015, minus, soft hyphen).
            '-' | '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{ad}' | '\u{a0}' => {}
            c if c.is_whitespace() => {}
            _ => return None,
        }
        if digits.len() > 13 {
            return None;
        }
    }
    Some(digits)
}

/// The text after a word, which may be written in any case.
fn after_word<'a>(text: &'a str, word: &str) -> Option<&'a str> {
    let (head, rest) = text.split_at_checked(word.len())?;
    head.eq_ignore_ascii_case(word).then_some(rest)
}

/// The number after "ISBN", which may be followed by its length: "ISBN-13: …", "ISBN10 …".
fn after_length(rest: &str) -> &str {
    let text = rest.trim_matches(is_punctuation);
    match text.strip_prefix("13").or_else(|| text.strip_prefix("10")) {
        // The number itself may begin with 10 or 13: then too few digits follow.
        Some(number)
            if number.starts_with(is_punctuation)
                && number.bytes().filter(u8::is_ascii_digit).count() >= 9 =>
        {
            number.trim_matches(is_punctuation)
        }
        _ => text,
    }
}

/// Quotes, brackets and points around a number, and marks of the writing direction that are copied
/// with it from a page.
fn is_punctuation(c: char) -> bool {
    !c.is_alphanumeric()
}

fn check_digit_13(first_twelve: &[u8]) -> u8 {
    let sum: u32 = first_twelve
        .iter()
        .zip([1, 3].into_iter().cycle())
        .map(|(digit, weight)| u32::from(digit.wrapping_sub(b'0')) * weight)
        .sum();
    b'0' + u8::try_from((10 - sum % 10) % 10).unwrap_or_default()
}

fn check_digit_10(core: &[u8]) -> u8 {
    let sum: u32 = core
        .iter()
        .zip((2..=10).rev())
        .map(|(digit, weight)| u32::from(digit.wrapping_sub(b'0')) * weight)
        .sum();
    match (11 - sum % 11) % 11 {
        10 => b'X',
        digit => b'0' + u8::try_from(digit).unwrap_or_default(),
    }
}

impl fmt::Display for Isbn13 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Isbn13 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Isbn13({self})")
    }
}

impl Serialize for Isbn13 {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Isbn13 {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_and_thirteen_digit_forms_are_the_same_number() {
        for (ten, thirteen) in [
            ("0441172717", "9780441172719"),
            ("080442957X", "9780804429573"),
            ("155404295X", "9781554042951"),
            ("038549081X", "9780385490818"),
            ("0140143505", "9780140143508"),
        ] {
            let isbn = Isbn13::parse(ten).unwrap();
            assert_eq!(isbn.as_str(), thirteen);
            assert_eq!(isbn.to_isbn10().as_deref(), Some(ten));
            assert_eq!(Isbn13::parse(thirteen), Ok(isbn));
        }
    }

    #[test]
    fn a_979_number_has_no_isbn10() {
        for text in ["9791090636071", "9798694400480"] {
            assert_eq!(Isbn13::parse(text).unwrap().to_isbn10(), None);
        }
    }

    #[test]
    fn wrappers_and_hyphens_do_not_matter() {
        let dune = Isbn13::parse("9780441172719").unwrap();
        for text in [
            "=\"0441172717\"",
            "[0441172717]",
            "978-0-441-17271-9",
            "978 0 441 17271 9",
            "ISBN 0-441-17271-7",
            "ISBN-13: 978‐0‐441‐17271‐9",
            "'9780441172719",
            "isbn:0441172717",
            "ISBN 13 9780441172719",
            "ISBN13: 9780441172719",
            "ISBN-10 0441172717",
            "isbn#978-0441172719.",
            "urn:isbn:9780441172719",
            "978-0-441-17271-9,",
            "0441172717 (pbk.)",
            "9780441172719 (ISBN13)",
            "\u{202a}978\u{ad}0441172719\u{202c}",
        ] {
            assert_eq!(Isbn13::parse(text), Ok(dune), "{text}");
        }
        // A number that begins like a length.
        assert_eq!(Isbn13::parse("ISBN 10-345-6789-6"), Isbn13::parse("9781034567899"));
        assert_eq!(Isbn13::parse("ISBN 10 080442957X"), Isbn13::parse("9780804429573"));
        assert_eq!(Isbn13::parse("080442957x"), Isbn13::parse("080442957X"));
    }

    #[test]
    fn each_error_is_named() {
        for (text, error) in [
            ("9781594633661", IsbnError::CheckDigit),
            ("9781521748830", IsbnError::CheckDigit),
            ("0441172718", IsbnError::CheckDigit),
            ("9780000000002", IsbnError::Placeholder),
            ("0000000000", IsbnError::Placeholder),
            ("1234567890123", IsbnError::Prefix),
            ("9790260000438", IsbnError::Ismn),
            ("979-0-2600-0043-8", IsbnError::Ismn),
            ("97803742392", IsbnError::NotAnIsbn),
            ("9.78E+12", IsbnError::NotAnIsbn),
            ("978B0092G4TD5", IsbnError::NotAnIsbn),
            ("", IsbnError::NotAnIsbn),
        ] {
            assert_eq!(Isbn13::parse(text), Err(error), "{text}");
        }
    }
}
