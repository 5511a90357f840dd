//! Bytes to text: UTF-8, UTF-16, and the legacy code pages of the WHATWG encoding standard.
//!
//! UTF-16 is turned into UTF-8 before anything else; the others share ASCII, so that rows are cut
//! out of raw bytes and each row is decoded by itself. In a UTF-8 file a stray byte is read as
//! Windows-1252 alone, and costs its row nothing else.

use std::borrow::Cow;

use encoding_rs::{UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-8; stray bytes are read as Windows-1252, one by one.
    Utf8,
    Utf16Le,
    Utf16Be,
    /// A legacy code page; it shares ASCII with the others.
    Legacy(&'static encoding_rs::Encoding),
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum EncodingSource {
    /// The bytes can be nothing else: plain ASCII, UTF-8, UTF-16.
    #[default]
    Bytes,
    Mark,
    /// The likeliest code page for these letters: another one is possible.
    Guess,
    Named,
}

impl Encoding {
    /// The encoding that the operator names, by any label of the WHATWG standard; none if it is
    /// unknown or does not share ASCII (ISO-2022-JP).
    pub fn for_label(label: &str) -> Option<Self> {
        let encoding = encoding_rs::Encoding::for_label(label.as_bytes())?;
        match encoding {
            encoding if encoding == UTF_8 => Some(Self::Utf8),
            encoding if encoding == UTF_16LE => Some(Self::Utf16Le),
            encoding if encoding == UTF_16BE => Some(Self::Utf16Be),
            encoding => encoding.is_ascii_compatible().then_some(Self::Legacy(encoding)),
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::Utf8 => UTF_8.name(),
            Self::Utf16Le => UTF_16LE.name(),
            Self::Utf16Be => UTF_16BE.name(),
            Self::Legacy(encoding) => encoding.name(),
        }
    }

    /// Whether a byte of ASCII may be the second half of a letter.
    pub(super) fn reuses_ascii(self) -> bool {
        matches!(self, Self::Legacy(encoding) if !encoding.is_single_byte())
    }
}

impl Serialize for Encoding {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for Encoding {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let label = String::deserialize(deserializer)?;
        Self::for_label(&label).ok_or_else(|| serde::de::Error::custom("unknown encoding"))
    }
}

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

/// The text of a piece of a row.
pub(super) fn decode(bytes: &[u8], encoding: Encoding) -> Cow<'_, str> {
    if let Encoding::Legacy(encoding) = encoding {
        return encoding.decode_without_bom_handling(bytes).0;
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => Cow::Owned(decode_mixed(bytes)),
    }
}

fn decode_mixed(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() + 8);
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.push_str(&WINDOWS_1252.decode_without_bom_handling(chunk.invalid()).0);
    }
    text
}

/// Bytes that UTF-8 text took up in the file it came from.
pub(super) fn source_bytes(text: &[u8], encoding: Encoding) -> u64 {
    match encoding {
        Encoding::Utf8 | Encoding::Legacy(_) => text.len() as u64,
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
