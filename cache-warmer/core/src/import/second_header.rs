//! Detects a header in the middle of a file of joined exports.

use bibliography::text_normalization::StaticWordList;

use super::column_layout::ColumnLayout;
use super::delimiter;
use super::encoding::{TextEncoding, decode};
use super::header_detection::{read_column_names, read_names};
use super::row_cells::RowCells;

pub(super) enum SecondHeader {
    Repeated,
    /// The columns differ from here on.
    Other(Box<ColumnLayout>),
}

const MAX_NAME_BYTES: usize = 60;

/// Reads a row as a header; `None` for a book. `cells` are the row's cells.
pub(super) fn read_second_header(
    raw: &[u8],
    cells: &RowCells,
    layout: &ColumnLayout,
    encoding: TextEncoding,
) -> Option<SecondHeader> {
    let text = decode(raw, encoding);
    if text == layout.header {
        return Some(SecondHeader::Repeated);
    }
    let read = |cells: &RowCells, delimiter: u8| {
        let names = looks_possible(cells).then(|| read_column_names(cells, encoding))?;
        read_names(&names, &text, delimiter)
    };
    let found = if cells.len() == 1 && layout.width > 1 {
        let delimiter = delimiter::of_header(raw, encoding);
        read(&RowCells::of_row(raw, delimiter), delimiter)
    } else {
        read(cells, layout.delimiter)
    };
    let (other, _) = found.filter(|(_, score)| score.is_clear())?;
    let as_before = ColumnLayout {
        header: layout.header.clone(),
        line: layout.line,
        wrapped: layout.wrapped,
        ..other.clone()
    };
    Some(match as_before == *layout {
        true => SecondHeader::Repeated,
        false => SecondHeader::Other(Box::new(other)),
    })
}

/// Several short cells, none of them an ISBN or a date. Few books look so; only such rows are
/// searched for column names.
fn looks_possible(cells: &RowCells) -> bool {
    let (mut filled, mut named) = (0, 0);
    for index in 0..cells.len() {
        let cell = cells.cell(index).trim_ascii();
        let digits = cell.iter().filter(|byte| byte.is_ascii_digit()).count();
        if cell.len() > MAX_NAME_BYTES || (!cell.is_empty() && digits * 2 > cell.len()) {
            return false;
        }
        filled += usize::from(!cell.is_empty());
        named += usize::from(may_be_name(cell));
    }
    filled >= 2 && named >= 2
}

/// Whether a word of a cell begins like a column name; those of most books do not.
fn may_be_name(cell: &[u8]) -> bool {
    let is_word = |byte: &u8| byte.is_ascii_alphanumeric();
    !cell.is_ascii()
        || cell.split(|byte| !is_word(byte)).any(|word| {
            let start = word.get(..3).unwrap_or(word).to_ascii_lowercase();
            std::str::from_utf8(&start).is_ok_and(|start| BEGINNINGS.contains(start))
        })
}

/// The first three letters of the ASCII words in column names, sorted.
const BEGINNINGS: StaticWordList = StaticWordList::new(include_str!("words/name_beginnings.txt"));

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_columns_are_looked_up() {
        assert!(BEGINNINGS.iter().is_sorted());
        for name in ["Title", "Titel", "AUTHOR", "Autor(en)", "ISBN13", "Kitap", "Név", "Nome"] {
            assert!(may_be_name(name.as_bytes()), "{name}");
        }
        for cell in ["The Silent Orchard", "Frank Herbert", "9780441172719", ""] {
            assert!(!may_be_name(cell.as_bytes()), "{cell}");
        }
    }
}
