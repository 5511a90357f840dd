//! Detects files that are no CSV by their first line, so that the error can advise the operator.

use super::error::ImportError;

/// The start of a file, its format, and the advice for the operator.
struct FileSignature {
    start: &'static [u8],
    name: &'static str,
    advice: &'static str,
}

const UNPACK: &str = "unpack it and upload the CSV inside";
const SAVE_AS: &str = "open it and save it as CSV";
const EXPORT_ADVICE: &str = "upload the CSV that the library's export gives";

const SIGNATURES: &[FileSignature] = &[
    FileSignature {
        start: b"PK\x03\x04",
        name: "a ZIP archive or an Excel workbook",
        advice: "unpack it, or save the workbook as CSV",
    },
    FileSignature { start: b"PK\x05\x06", name: "an empty ZIP archive", advice: EXPORT_ADVICE },
    FileSignature { start: b"\x1f\x8b", name: "a gzip archive", advice: UNPACK },
    FileSignature { start: b"7z\xbc\xaf\x27\x1c", name: "a 7z archive", advice: UNPACK },
    FileSignature { start: b"Rar!", name: "a RAR archive", advice: UNPACK },
    FileSignature { start: b"BZh", name: "a bzip2 archive", advice: UNPACK },
    FileSignature { start: b"\xfd7zXZ", name: "an xz archive", advice: UNPACK },
    FileSignature {
        start: b"\xd0\xcf\x11\xe0",
        name: "an old Excel or Office file",
        advice: SAVE_AS,
    },
    FileSignature { start: b"%PDF", name: "a PDF", advice: EXPORT_ADVICE },
    FileSignature { start: b"{\\rtf", name: "an RTF document", advice: SAVE_AS },
    FileSignature { start: b"SQLite format 3", name: "an SQLite database", advice: EXPORT_ADVICE },
    FileSignature { start: b"\x89PNG", name: "an image", advice: EXPORT_ADVICE },
    FileSignature { start: b"\xff\xd8\xff", name: "an image", advice: EXPORT_ADVICE },
    FileSignature { start: b"GIF8", name: "an image", advice: EXPORT_ADVICE },
];

/// Refuses what is certainly no table. `line` is the first line that is not blank.
pub(super) fn check(line: &[u8]) -> Result<(), ImportError> {
    if let Some(kind) = SIGNATURES.iter().find(|kind| line.starts_with(kind.start)) {
        return not_csv(kind.name, kind.advice);
    }
    let text = line.trim_ascii_start();
    match text.first() {
        Some(b'<') => {
            let start = text.get(..14).unwrap_or(text).to_ascii_lowercase();
            if start.starts_with(b"<!doctype") || start.starts_with(b"<html") {
                return not_csv("a web page", "the download may have been a log-in page");
            }
            return not_csv("XML", EXPORT_ADVICE);
        }
        Some(b'{') => return not_csv("JSON", EXPORT_ADVICE),
        // A JSON list; the name of a column does not begin like this.
        Some(b'[') => {
            let next = text.get(1..).unwrap_or_default().trim_ascii_start().first();
            if matches!(next, None | Some(b'{' | b'"' | b']')) {
                return not_csv("JSON", EXPORT_ADVICE);
            }
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
