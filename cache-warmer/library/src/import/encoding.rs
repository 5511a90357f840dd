//! Bytes to text: UTF-8, UTF-16 and Windows-1252, and mixtures of the first and the last.
//!
//! UTF-16 is turned into UTF-8 before anything else; the others share ASCII, so that rows are cut
//! out of raw bytes and each row is decoded by itself. A stray byte is then read as Windows-1252
//! alone, and costs its row nothing else.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

/// How a file writes its letters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Encoding {
    /// UTF-8; stray bytes are read as Windows-1252, one by one.
    Utf8,
    /// Every byte is a letter.
    Windows1252,
    /// Little-endian UTF-16.
    Utf16Le,
    /// Big-endian UTF-16.
    Utf16Be,
}

/// Bytes that [`sniff`] needs, unless the file has fewer.
pub(super) const SNIFF_BYTES: usize = 4;

/// Rows with stray bytes and no UTF-8 before a file counts as Windows-1252 as a whole. Below it a
/// file is UTF-8 with a few accidents; the difference is only whether two stray bytes that happen
/// to be UTF-8 count as one letter.
const STRAY_ROWS: u32 = 16;

/// The encoding that the first bytes tell, and how many of them are the mark.
///
/// A file without a mark whose first characters are ASCII with a zero byte beside each is UTF-16
/// too (a spreadsheet's "Unicode text" that lost its mark).
pub(super) fn sniff(head: &[u8]) -> (Encoding, usize) {
    match head {
        [0xef, 0xbb, 0xbf, ..] => (Encoding::Utf8, 3),
        [0xff, 0xfe, ..] => (Encoding::Utf16Le, 2),
        [0xfe, 0xff, ..] => (Encoding::Utf16Be, 2),
        [1..=0x7f, 0, 1..=0x7f, 0] => (Encoding::Utf16Le, 0),
        [0, 1..=0x7f, 0, 1..=0x7f] => (Encoding::Utf16Be, 0),
        _ => (Encoding::Utf8, 0),
    }
}

/// UTF-16 to UTF-8 over chunk borders.
#[derive(Debug, Default)]
pub(super) struct Utf16Stream {
    byte: Option<u8>,
    high: Option<u16>,
}

impl Utf16Stream {
    /// Appends the text of `bytes` to `out`; a lone half of a pair becomes U+FFFD, so that every
    /// unit of the file stands for text of known length and offsets can be counted back.
    pub fn push(&mut self, bytes: &[u8], big_endian: bool, out: &mut Vec<u8>) {
        for &byte in bytes {
            let Some(first) = self.byte.take() else {
                self.byte = Some(byte);
                continue;
            };
            let pair = [first, byte];
            let unit = if big_endian { u16::from_be_bytes(pair) } else { u16::from_le_bytes(pair) };
            self.unit(unit, out);
        }
    }

    /// Writes what is left over at the end of the file.
    pub fn finish(&mut self, out: &mut Vec<u8>) {
        if self.high.take().is_some() {
            push_char(char::REPLACEMENT_CHARACTER, out);
        }
    }

    fn unit(&mut self, unit: u16, out: &mut Vec<u8>) {
        let units = match (self.high.take(), unit) {
            (None, 0xd800..=0xdbff) => {
                self.high = Some(unit);
                return;
            }
            (Some(high), 0xd800..=0xdbff) => {
                self.high = Some(unit);
                [Some(high), None]
            }
            (Some(high), _) => [Some(high), Some(unit)],
            (None, _) => [Some(unit), None],
        };
        for result in char::decode_utf16(units.into_iter().flatten()) {
            push_char(result.unwrap_or(char::REPLACEMENT_CHARACTER), out);
        }
    }
}

fn push_char(c: char, out: &mut Vec<u8>) {
    out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
}

/// What the rows so far say about an 8-bit file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Evidence {
    utf8_rows: u32,
    stray_rows: u32,
}

impl Evidence {
    /// Takes one row in; true where the file now counts as Windows-1252 as a whole.
    pub fn add(&mut self, raw: &[u8]) -> bool {
        if raw.is_ascii() {
            return false;
        }
        if std::str::from_utf8(raw).is_ok() {
            self.utf8_rows = self.utf8_rows.saturating_add(1);
            return false;
        }
        // A row that has both is UTF-8 with an accident in it.
        if raw.utf8_chunks().any(|chunk| !chunk.valid().is_ascii()) {
            self.utf8_rows = self.utf8_rows.saturating_add(1);
        }
        self.stray_rows = self.stray_rows.saturating_add(1);
        self.stray_rows >= STRAY_ROWS
            && self.utf8_rows.saturating_mul(STRAY_ROWS) <= self.stray_rows
    }
}

/// The text of a piece of a row.
pub(super) fn decode(bytes: &[u8], encoding: Encoding) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) if encoding != Encoding::Windows1252 || bytes.is_ascii() => Cow::Borrowed(text),
        _ => Cow::Owned(decode_mixed(bytes, encoding)),
    }
}

fn decode_mixed(bytes: &[u8], encoding: Encoding) -> String {
    if encoding == Encoding::Windows1252 {
        return bytes.iter().copied().map(windows_1252).collect();
    }
    let mut text = String::with_capacity(bytes.len() + 8);
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().copied().map(windows_1252));
    }
    text
}

/// One byte of Windows-1252. It is Latin-1 but for 0x80 to 0x9f; five bytes there stand for
/// nothing (the mapping that unicode.org publishes as CP1252).
fn windows_1252(byte: u8) -> char {
    const HIGH: [char; 32] = [
        '€', '\u{fffd}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{fffd}', 'Ž',
        '\u{fffd}', '\u{fffd}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ',
        '\u{fffd}', 'ž', 'Ÿ',
    ];
    match byte {
        0x80..=0x9f => HIGH.get(usize::from(byte - 0x80)).copied().unwrap_or('\u{fffd}'),
        _ => char::from(byte),
    }
}

/// Bytes that UTF-8 text took up in the file it came from.
pub(super) fn source_bytes(text: &[u8], encoding: Encoding) -> u64 {
    let bytes = text.len() as u64;
    match encoding {
        Encoding::Utf8 | Encoding::Windows1252 => bytes,
        Encoding::Utf16Le | Encoding::Utf16Be => {
            // One unit a character, two for those that take four bytes of UTF-8.
            let units: u64 = text
                .iter()
                .map(|byte| match byte {
                    0x80..=0xbf => 0,
                    0xf0..=0xff => 2,
                    _ => 1,
                })
                .sum();
            units * 2
        }
    }
}
