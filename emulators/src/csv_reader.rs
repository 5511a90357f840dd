//! A small CSV reader: the product's own parser may not produce the data that tests it.

/// The text of a file: UTF-8 with or without a mark, UTF-16, or, if many bytes are not UTF-8,
/// windows-1252.
pub(crate) fn decode_csv(bytes: &[u8]) -> String {
    match bytes {
        [0xff, 0xfe, rest @ ..] => decode_utf16(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => decode_utf16(rest, u16::from_be_bytes),
        [0xef, 0xbb, 0xbf, rest @ ..] => decode_eight_bit(rest),
        _ => decode_eight_bit(bytes),
    }
}

fn decode_utf16(bytes: &[u8], join: fn([u8; 2]) -> u16) -> String {
    let units = bytes.chunks_exact(2).map(|pair| match pair {
        [first, second] => join([*first, *second]),
        _ => 0,
    });
    char::decode_utf16(units).map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
}

fn decode_eight_bit(bytes: &[u8]) -> String {
    if let Ok(text) = std::str::from_utf8(bytes) {
        return text.to_owned();
    }
    let lossy = String::from_utf8_lossy(bytes);
    let broken = lossy.chars().filter(|c| *c == char::REPLACEMENT_CHARACTER).count();
    let multibyte = lossy.chars().filter(|c| !c.is_ascii()).count() - broken;
    if broken <= multibyte {
        lossy.into_owned()
    } else {
        bytes.iter().map(|b| cp1252(*b)).collect()
    }
}

/// The characters of windows-1252 between 0x80 and 0x9f; the rest is Latin-1.
const CP1252_HIGH: &str = "€\u{81}‚ƒ„…†‡ˆ‰Š‹Œ\u{8d}Ž\u{8f}\u{90}‘’“”•–—˜™š›œ\u{9d}žŸ";

fn cp1252(byte: u8) -> char {
    match byte {
        0x80..=0x9f => {
            CP1252_HIGH.chars().nth(usize::from(byte - 0x80)).unwrap_or(char::from(byte))
        }
        _ => char::from(byte),
    }
}

/// The delimiter that occurs most often in the header line.
fn sniff_delimiter(text: &str) -> char {
    let header = text.lines().next().unwrap_or_default();
    let count = |wanted: char| header.chars().filter(|c| *c == wanted).count();
    [',', '\t', ';'].into_iter().max_by_key(|c| (count(*c), *c == ',')).unwrap_or(',')
}

/// All rows that are not blank, header first.
pub(crate) fn read_csv_rows(text: &str) -> Vec<Vec<String>> {
    let delimiter = sniff_delimiter(text);
    let mut rows = Vec::new();
    let mut row = Vec::new();
    let mut cell = String::new();
    let mut quoted = false;
    let mut characters = text.chars().peekable();
    while let Some(c) = characters.next() {
        match c {
            '"' if quoted && characters.peek() == Some(&'"') => {
                characters.next();
                cell.push('"');
            }
            '"' if quoted => quoted = false,
            // A quote only opens a cell; inside one (`="044…"`, or an inch sign) it is text.
            '"' if cell.is_empty() => quoted = true,
            '\n' | '\r' if !quoted => {
                row.push(std::mem::take(&mut cell));
                keep_row(&mut rows, &mut row);
            }
            _ if c == delimiter && !quoted => row.push(std::mem::take(&mut cell)),
            _ => cell.push(c),
        }
    }
    row.push(cell);
    keep_row(&mut rows, &mut row);
    rows
}

fn keep_row(rows: &mut Vec<Vec<String>>, row: &mut Vec<String>) {
    let full = std::mem::take(row);
    if full.iter().any(|cell| !cell.trim().is_empty()) {
        rows.push(full);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_newlines_and_delimiters_inside_cells() {
        let read =
            read_csv_rows("Title,ISBN\r\n\"A, \"\"B\"\"\nC\",\"=\"\"044\"\"\"\r\n\r\nD,=\"9\"\r\n");
        assert_eq!(read, [["Title", "ISBN"], ["A, \"B\"\nC", "=\"044\""], ["D", "=\"9\""]]);
    }

    #[test]
    fn other_delimiters_and_encodings() {
        let latin = b"\"ISBN\";\"Titre\"\r\n978;Au z\xe9nith\r\n";
        assert_eq!(read_csv_rows(&decode_csv(latin)), [["ISBN", "Titre"], ["978", "Au zénith"]]);
        assert_eq!(decode_csv("\u{feff}é".as_bytes()), "é");
        assert_eq!(decode_csv(&[0xff, 0xfe, b'a', 0]), "a");
        assert_eq!(read_csv_rows("a\tb\n1\t2"), [["a", "b"], ["1", "2"]]);
    }
}
