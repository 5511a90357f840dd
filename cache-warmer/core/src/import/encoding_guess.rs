//! Detects the encoding of a file: by its byte order mark, its bytes, or the likeliest code page.
//!
//! The first bytes decide if they have letters beyond ASCII. If such letters come later, the rows
//! with them are collected until they suffice.

use bibliography::text_normalization::fold_text;
use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{
    ISO_8859_2, ISO_8859_7, ISO_8859_8, MACINTOSH, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1250,
    WINDOWS_1252, WINDOWS_1253, WINDOWS_1255,
};
use serde::{Deserialize, Serialize};

use super::column_role_detection::country_hint;
use super::encoding::{EncodingSource, TextEncoding};

/// Bytes from which the encoding is detected, if the file has so many.
pub(super) const HEAD_BYTES: usize = 16_384;

/// Bytes of collected rows.
const MAX_SAMPLE_BYTES: usize = 1_024;

/// Letters that are no UTF-8 before a file that began as UTF-8 or ASCII is taken for a code page's.
/// With fewer it is UTF-8 with some damage.
const STRAY_LETTERS: u64 = 8;

/// The encoding of the first bytes, how it was detected, and the length of the byte order mark.
///
/// Without a mark, ASCII characters with a zero byte beside each are UTF-16 too (a spreadsheet's
/// "Unicode text" that lost its mark).
pub(super) fn of_head(head: &[u8]) -> (TextEncoding, EncodingSource, usize) {
    if let Some((encoding, mark_bytes)) = encoding_rs::Encoding::for_bom(head) {
        return (encoding, EncodingSource::Mark, mark_bytes);
    }
    match head {
        [1..=0x7f, 0, 1..=0x7f, 0, ..] => return (UTF_16LE, EncodingSource::Bytes, 0),
        [0, 1..=0x7f, 0, 1..=0x7f, ..] => return (UTF_16BE, EncodingSource::Bytes, 0),
        _ => {}
    }
    let mut letters = Letters::default();
    // The last line may end within a character.
    let end = head.iter().rposition(|byte| *byte == b'\n').unwrap_or(head.len());
    let whole = head.get(..end).unwrap_or(head);
    letters.add(whole);
    if letters.are_of_a_code_page() {
        (guess_encoding(whole), EncodingSource::Guess, 0)
    } else {
        (UTF_8, EncodingSource::Bytes, 0)
    }
}

/// The likeliest code page of some lines. The names of the columns may hint at a language.
fn guess_encoding(bytes: &[u8]) -> TextEncoding {
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(bytes, true);
    let first_lines = bytes.split(|byte| *byte == b'\n').take(3);
    let hint = first_lines.into_iter().find_map(|line| {
        let (text, _) = WINDOWS_1252.decode_without_bom_handling(line);
        let mut names = text.split([',', ';', '\t', '|', '\r', '"']);
        names.find_map(|name| country_hint(&fold_text(name)))
    });
    let guess = of_windows(detector.guess(hint.map(str::as_bytes), Utf8Detection::Deny), bytes);
    // The detector lacks the code page of old Macs ("CSV (Macintosh)").
    let is_latin = guess.is_single_byte() && hint.is_none();
    let odd = if is_latin { odd_letters(bytes, guess) } else { 0 };
    if odd > 0 && odd_letters(bytes, MACINTOSH) * 4 < odd { MACINTOSH } else { guess }
}

/// Signs and capitals among the small letters of a word: a wrong code page gives many.
fn odd_letters(bytes: &[u8], page: TextEncoding) -> usize {
    let (text, _) = page.decode_without_bom_handling(bytes);
    let chars: Vec<char> = text.chars().collect();
    let is_odd = |[before, c, after]: &&[char; 3]| {
        let joins = c.is_lowercase() || "’‘'-–".contains(*c);
        before.is_lowercase() && after.is_lowercase() && !c.is_ascii() && !joins
    };
    chars.array_windows().filter(is_odd).count()
}

/// Prefers the Windows page to the ISO page if both give the same letters: spreadsheets write it,
/// and a later row may have a letter that only the Windows page has.
fn of_windows(guess: TextEncoding, bytes: &[u8]) -> TextEncoding {
    let pages =
        [(ISO_8859_2, WINDOWS_1250), (ISO_8859_7, WINDOWS_1253), (ISO_8859_8, WINDOWS_1255)];
    let windows = pages.iter().find(|(iso, _)| *iso == guess).map_or(guess, |(_, page)| *page);
    let text = |page: TextEncoding| page.decode_without_bom_handling(bytes).0;
    if text(windows) == text(guess) { windows } else { guess }
}

/// Letters beyond ASCII: valid UTF-8, and invalid bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Letters {
    utf8: u64,
    stray: u64,
}

impl Letters {
    fn add(&mut self, bytes: &[u8]) {
        for chunk in bytes.utf8_chunks() {
            self.utf8 += utf8_letters(chunk.valid());
            self.stray += chunk.invalid().len() as u64;
        }
    }

    /// Some pairs of letters of a code page are valid UTF-8, in Chinese up to a quarter.
    fn are_of_a_code_page(self) -> bool {
        self.stray > self.utf8
    }
}

/// Letters beyond ASCII in a text. A letter of another script between Latin letters does not count:
/// it is probably two letters of a code page.
fn utf8_letters(text: &str) -> u64 {
    let is_latin = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphabetic());
    let mut before = None;
    let mut chars = text.chars().peekable();
    let mut letters = 0;
    while let Some(c) = chars.next() {
        let is_foreign = matches!(c, '\u{250}'..='\u{7ff}');
        let between = is_latin(before) && is_latin(chars.peek().copied());
        letters += u64::from(!(c.is_ascii() || is_foreign && between));
        before = Some(c);
    }
    letters
}

/// Letters in the rows after the first bytes of a file that is decoded as UTF-8 so far.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Evidence {
    letters: Letters,
    /// Rows that are no UTF-8, one character a byte.
    #[serde(skip_serializing_if = "String::is_empty", default)]
    sample: String,
}

impl Evidence {
    /// Adds a row; returns the file's code page once the letters suffice.
    pub fn add(&mut self, raw: &[u8]) -> Option<TextEncoding> {
        if raw.is_ascii() {
            return None;
        }
        self.letters.add(raw);
        if std::str::from_utf8(raw).is_ok() {
            return None;
        }
        if self.sample.len() < MAX_SAMPLE_BYTES {
            self.sample.extend(raw.iter().take(MAX_SAMPLE_BYTES).map(|byte| char::from(*byte)));
            self.sample.push('\n');
        }
        let enough = self.letters.stray >= STRAY_LETTERS && self.letters.are_of_a_code_page();
        if !enough {
            return None;
        }
        let bytes = std::mem::take(&mut self.sample);
        let bytes: Vec<u8> = bytes.chars().filter_map(|c| u8::try_from(c).ok()).collect();
        Some(guess_encoding(&bytes))
    }
}
