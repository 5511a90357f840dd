//! A record written.

/// Cells as one record, without its line end, quoted where it has to be (RFC 4180). (The crate's
/// writer can also leave numbers unquoted, and brings all of float parsing along for it.)
pub(super) fn record(cells: &[&str], delimiter: u8) -> String {
    let delimiter = char::from(delimiter);
    let mut text = String::new();
    for (at, cell) in cells.iter().enumerate() {
        if at > 0 {
            text.push(delimiter);
        }
        if cell.contains([delimiter, '"', '\r', '\n']) || cells == [""] {
            text.push('"');
            text.push_str(&cell.replace('"', "\"\""));
            text.push('"');
        } else {
            text.push_str(cell);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_record_is_written_as_by_the_crate(
            cells in prop::collection::vec("[a;,\"\r\n#' \\\\é0-9]{0,6}", 1..4),
            delimiter in prop::sample::select(vec![b',', b';', b'\t']),
        ) {
            let cells: Vec<&str> = cells.iter().map(String::as_str).collect();
            let mut writer = csv::WriterBuilder::new().delimiter(delimiter).from_writer(Vec::new());
            writer.write_record(&cells).unwrap();
            let expected = String::from_utf8(writer.into_inner().unwrap()).unwrap();
            prop_assert_eq!(super::record(&cells, delimiter) + "\n", expected);
        }
    }
}
