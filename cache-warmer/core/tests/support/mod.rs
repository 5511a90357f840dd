//! Helpers of the import tests.

use warmer_core::import::{
    ImportCheckpoint, ImportError, LibraryFileRow, RowImportOutcome, parse_library_slice,
};

/// Imports a whole file.
pub fn import_whole_file(
    bytes: &[u8],
) -> Result<(Vec<LibraryFileRow>, ImportCheckpoint), ImportError> {
    let slice = parse_library_slice(ImportCheckpoint::new(None), bytes, true, usize::MAX)?;
    Ok((slice.rows, slice.state))
}

/// A row in the notation of the tests' tables.
pub fn row_outcome_text(row: &LibraryFileRow) -> String {
    let name = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
    let what = match &row.outcome {
        RowImportOutcome::Valid { isbn, title, author } => {
            format!("valid {isbn} | {} | {}", name(title), name(author))
        }
        RowImportOutcome::Repaired { isbn, repair, title, author } => {
            format!("repaired {isbn} ({}) | {title} | {}", repair.as_str(), name(author))
        }
        RowImportOutcome::TitleAuthor { title, author, unusable } => match unusable {
            Some(why) => format!("title | {title} | {} ({why})", name(author)),
            None => format!("title | {title} | {}", name(author)),
        },
        RowImportOutcome::Rejected { reason } => format!("rejected: {reason}"),
    };
    format!("{} {what}", row.line)
}
