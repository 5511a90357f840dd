//! Detects files that are no CSV by their first line, so that the error can advise the operator.

use super::import_error::ImportError;

const UNPACK: &str = "unpack it and upload the CSV inside";
const SAVE_AS: &str = "open it and save it as CSV";
const EXPORT_ADVICE: &str = "upload the CSV that the library's export gives";

/// The start of a file, its format, and the advice for the operator.
const SIGNATURES: &[(&[u8], &str, &str)] = &[
    (b"PK\x03\x04", "a ZIP archive or an Excel workbook", "unpack it, or save the workbook as CSV"),
    (b"PK\x05\x06", "an empty ZIP archive", EXPORT_ADVICE),
    (b"\x1f\x8b", "a gzip archive", UNPACK),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive", UNPACK),
    (b"Rar!", "a RAR archive", UNPACK),
    (b"BZh", "a bzip2 archive", UNPACK),
    (b"\xfd7zXZ", "an xz archive", UNPACK),
    (b"\xd0\xcf\x11\xe0", "an old Excel or Office file", SAVE_AS),
    (b"%PDF", "a PDF", EXPORT_ADVICE),
    (b"{\\rtf", "an RTF document", SAVE_AS),
    (b"SQLite format 3", "an SQLite database", EXPORT_ADVICE),
    (b"\x89PNG", "an image", EXPORT_ADVICE),
    (b"\xff\xd8\xff", "an image", EXPORT_ADVICE),
    (b"GIF8", "an image", EXPORT_ADVICE),
];

/// Refuses what is certainly no table. `line` is the first line that is not blank.
pub(super) fn reject_non_csv(line: &[u8]) -> Result<(), ImportError> {
    if let Some((_, name, advice)) = SIGNATURES.iter().find(|kind| line.starts_with(kind.0)) {
        return not_csv(name, advice);
    }
    let text = line.trim_ascii_start();
    match text {
        [b'<', ..] => {
            let start = text.get(..14).unwrap_or(text).to_ascii_lowercase();
            if start.starts_with(b"<!doctype") || start.starts_with(b"<html") {
                return not_csv("a web page", "the download may have been a log-in page");
            }
            return not_csv("XML", EXPORT_ADVICE);
        }
        [b'{', ..] => return not_csv("JSON", EXPORT_ADVICE),
        // A JSON list; the name of a column does not begin like this.
        [b'[', list @ ..] if matches!(list.trim_ascii_start(), [] | [b'{' | b'"' | b']', ..]) => {
            return not_csv("JSON", EXPORT_ADVICE);
        }
        _ => {}
    }
    let control = text.iter().filter(|byte| **byte < 0x20 && !matches!(byte, b'\t' | 0x0c)).count();
    if text.contains(&0) || control * 10 > text.len() {
        return not_csv("a binary file", EXPORT_ADVICE);
    }
    Ok(())
}

fn not_csv(kind: &str, advice: &str) -> Result<(), ImportError> {
    Err(ImportError::NotCsv { kind: kind.to_owned(), advice: advice.to_owned() })
}
