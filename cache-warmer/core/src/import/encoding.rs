//! Decodes bytes: UTF-8, UTF-16, and the legacy code pages of the WHATWG encoding standard.
//!
//! UTF-16 is converted to UTF-8 first. The other encodings share ASCII, so rows are split as raw
//! bytes and each row is decoded separately. In a UTF-8 file an invalid byte is decoded as
//! Windows-1252; the rest of its row stays UTF-8.

use std::borrow::Cow;

use encoding_rs::{UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-8; each invalid byte is decoded as Windows-1252.
    Utf8,
    Utf16Le,
    Utf16Be,
    /// A legacy code page, which shares ASCII.
    Legacy(&'static encoding_rs::Encoding),
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum EncodingSource {
    /// The bytes allow no other encoding: ASCII, UTF-8, UTF-16.
    #[default]
    Bytes,
    Mark,
    /// The likeliest code page; another one is possible.
    Guess,
    Named,
}

impl Encoding {
    /// The encoding of a label of the WHATWG standard; `None` if the label is unknown, or its
    /// encoding does not share ASCII (ISO-2022-JP).
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

    /// Whether an ASCII byte may be the second half of a character.
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
    /// Appends the text of `bytes` to `out`. An unpaired surrogate becomes U+FFFD, so that the
    /// length of the text gives the offset in the file.
    pub fn push(&mut self, bytes: &[u8], big_endian: bool, out: &mut Vec<u8>) {
        for &byte in bytes {
            let Some(first) = self.byte.take() else {
                self.byte = Some(byte);
                continue;
            };
            let pair = [first, byte];
            let unit = if big_endian { u16::from_be_bytes(pair) } else { u16::from_le_bytes(pair) };
            self.push_unit(unit, out);
        }
    }

    /// Writes the rest at the end of the file.
    pub fn finish(&mut self, out: &mut Vec<u8>) {
        if self.high.take().is_some() {
            push_char(char::REPLACEMENT_CHARACTER, out);
        }
    }

    fn push_unit(&mut self, unit: u16, out: &mut Vec<u8>) {
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

/// The length of UTF-8 text in the encoding of its file.
pub(super) fn source_bytes(text: &[u8], encoding: Encoding) -> u64 {
    match encoding {
        Encoding::Utf8 | Encoding::Legacy(_) => text.len() as u64,
        Encoding::Utf16Le | Encoding::Utf16Be => {
            // One unit a character; two if it has four bytes of UTF-8.
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
