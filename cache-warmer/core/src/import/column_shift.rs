//! Repairs rows with more cells than columns. The cause is an unquoted comma in a cell, a space
//! before a quotation mark, or empty cells at the end.

use bibliography::isbn::isbn_repair::{IsbnCellContent, read_isbn_cell as read_number};

use super::column_layout::ColumnLayout;

/// Repairs a shifted row, if its repairs agree in all cells that are read.
///
/// Either the surplus cells are empty and at the end, or one more cell than the surplus, all in
/// sequence, are one text. A place is likely if the ISBN columns then hold numbers (or nothing)
/// and columns of years and dates hold no words. Of several places, one with a space after each
/// joined comma is preferred, since a delimiter has none.
///
/// Quotation marks after a space decide if an ISBN is in its column then; without an ISBN they
/// are tried last.
pub(super) fn unshift(row: &str, cells: &[&str], layout: &ColumnLayout) -> Option<Vec<String>> {
    let spaced = split_spaced_row(row, layout).filter(|cells| fits_layout(cells, layout));
    match spaced {
        Some(cells) if anchors(&cells, layout) => Some(cells),
        spaced => rejoin_cells(cells, layout).or(spaced),
    }
}

fn rejoin_cells(cells: &[&str], layout: &ColumnLayout) -> Option<Vec<String>> {
    let extra = cells.len().checked_sub(layout.width)?;
    let owned = |cell: &&str| (*cell).to_owned();
    let mut candidates: Vec<(bool, Vec<String>)> = Vec::new();
    let (kept, dropped) = cells.split_at_checked(layout.width)?;
    if dropped.iter().all(|cell| cell.trim().is_empty()) {
        candidates.push((true, kept.iter().map(owned).collect()));
    }
    for at in 0..layout.width {
        let Some(joined) = cells.get(at..=at + extra) else { break };
        let spaced = joined.iter().skip(1).all(|cell| cell.starts_with(' '));
        let mut row: Vec<String> = cells.iter().take(at).map(owned).collect();
        row.push(joined.join(&char::from(layout.delimiter).to_string()));
        row.extend(cells.iter().skip(at + extra + 1).map(owned));
        candidates.push((spaced, row));
    }
    candidates.retain(|(_, row)| fits_layout(row, layout));
    // Without a number in the row only the spaces after commas decide.
    let anchored = candidates.iter().any(|(_, row)| anchors(row, layout));
    if anchored {
        candidates.retain(|(_, row)| anchors(row, layout));
    }
    let clear = |only_spaced: bool| {
        let mut rows =
            candidates.iter().filter(|(spaced, _)| *spaced || !only_spaced).map(|(_, row)| row);
        let first = rows.next()?;
        rows.all(|row| same_reading(first, row, layout)).then(|| first.clone())
    };
    match anchored {
        true => clear(false).or_else(|| clear(true)),
        false => clear(true),
    }
}

/// The cells of `a, "b, c", d`, where RFC 4180 reads a quotation mark after a space as a character.
/// `None` unless each column gets a whole cell.
fn split_spaced_row(row: &str, layout: &ColumnLayout) -> Option<Vec<String>> {
    let delimiter = char::from(layout.delimiter);
    let mut cells = Vec::new();
    let mut rest = Some(row);
    while let Some(at) = rest.filter(|_| cells.len() < layout.width) {
        let (cell, behind) = match at.trim_start_matches(' ').strip_prefix('"') {
            Some(quoted) => {
                let (cell, behind) = closed(quoted)?;
                (cell.replace("\"\"", "\""), behind.trim_start_matches(' '))
            }
            None => {
                let (cell, behind) = at.split_at(at.find(delimiter).unwrap_or(at.len()));
                (cell.to_owned(), behind)
            }
        };
        cells.push(cell);
        rest = behind.strip_prefix(delimiter);
        if rest.is_none() && !behind.is_empty() {
            return None;
        }
    }
    (rest.is_none() && cells.len() == layout.width).then_some(cells)
}

/// A text up to its closing quotation mark, and the rest; doubled marks belong to the text.
fn closed(quoted: &str) -> Option<(&str, &str)> {
    let mut from = 0;
    loop {
        let end = from + quoted.get(from..)?.find('"')?;
        let (text, behind) = quoted.split_at_checked(end)?;
        match behind.strip_prefix("\"\"") {
            Some(_) => from = end + 2,
            None => return Some((text, behind.get(1..)?)),
        }
    }
}

fn fits_layout(row: &[String], layout: &ColumnLayout) -> bool {
    let cell = |column: &usize| row.get(*column).map_or("", |cell| cell.trim());
    layout.isbns.iter().map(cell).all(|cell| cell.is_empty() || looks_like_isbn(cell))
        && layout.numeric.iter().map(cell).all(|cell| {
            cell.chars().next().is_none_or(|c| c.is_ascii_digit() || "-.$€£\"=".contains(c))
        })
}

fn anchors(row: &[String], layout: &ColumnLayout) -> bool {
    layout.isbns.iter().any(|column| row.get(*column).is_some_and(|cell| looks_like_isbn(cell)))
}

/// Digits and their separators, in the wrappers of programs.
fn looks_like_isbn(cell: &str) -> bool {
    let digits = cell.chars().filter(char::is_ascii_digit).count();
    let letters = cell.chars().filter(|c| c.is_alphabetic() && !matches!(c, 'x' | 'X')).count();
    let plain = (8..=13).contains(&digits) && letters == 0 && !cell.contains(',');
    // Commas may separate thousands, too.
    plain
        || (digits == 13 && letters == 0 && matches!(read_number(cell), IsbnCellContent::Valid(_)))
}

fn same_reading(one: &[String], two: &[String], layout: &ColumnLayout) -> bool {
    (0..layout.width)
        .filter(|column| layout.is_used_column(*column))
        .all(|column| one.get(column) == two.get(column))
}
