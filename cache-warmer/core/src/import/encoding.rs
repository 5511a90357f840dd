//! Decodes bytes: UTF-8, UTF-16, and the legacy code pages of the WHATWG encoding standard.
//!
//! UTF-16 is converted to UTF-8 first. The other encodings share ASCII, so rows are split as raw
//! bytes and each row is decoded separately. In a UTF-8 file an invalid byte is decoded as
//! Windows-1252; the rest of its row stays UTF-8.

use std::borrow::Cow;

use encoding_rs::{UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};
use serde::{Deserialize, Serialize};

/// The encoding of a file: UTF-8, UTF-16, or a legacy code page, which shares ASCII.
pub type TextEncoding = &'static encoding_rs::Encoding;

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

/// The encoding of a label of the WHATWG standard; `None` if the label is unknown, or its encoding
/// does not share ASCII (ISO-2022-JP).
pub fn encoding_for_label(label: &str) -> Option<TextEncoding> {
    let encoding = encoding_rs::Encoding::for_label(label.as_bytes())?;
    (encoding.is_ascii_compatible() || is_utf16(encoding)).then_some(encoding)
}

pub(super) fn is_utf16(encoding: TextEncoding) -> bool {
    encoding == UTF_16LE || encoding == UTF_16BE
}

fn is_legacy(encoding: TextEncoding) -> bool {
    encoding != UTF_8 && !is_utf16(encoding)
}

/// Whether an ASCII byte may be the second half of a character.
pub(super) fn reuses_ascii(encoding: TextEncoding) -> bool {
    is_legacy(encoding) && !encoding.is_single_byte()
}

/// The text of some bytes; those of a UTF-16 file were converted to UTF-8 before.
pub(super) fn decode(bytes: &[u8], encoding: TextEncoding) -> Cow<'_, str> {
    if is_legacy(encoding) {
        return encoding.decode_without_bom_handling(bytes).0;
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Cow::Borrowed(text);
    }
    let repaired = |invalid| WINDOWS_1252.decode_without_bom_handling(invalid).0;
    let texts = bytes.utf8_chunks().map(|it| [it.valid().into(), repaired(it.invalid())]);
    texts.flatten().collect::<String>().into()
}

/// The length of UTF-8 text in the encoding of its file.
pub(super) fn source_bytes(text: &[u8], encoding: TextEncoding) -> u64 {
    if !is_utf16(encoding) {
        return text.len() as u64;
    }
    // One unit a character; two if it has four bytes of UTF-8.
    let units = |byte: &u8| match byte {
        0x80..=0xbf => 0,
        0xf0..=0xff => 2,
        _ => 1,
    };
    text.iter().map(units).sum::<u64>() * 2
}
