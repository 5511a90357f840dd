//! Properties of every file: slices of any size have the same result, every line is counted,
//! nothing panics, and a written file is read back.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test's helpers may panic")]

mod support;

use std::path::Path;

use proptest::prelude::*;
use support::{import_whole_file, row_outcome_text};
use warmer_core::import::{
    ImportCheckpoint, ImportError, LibraryFileRow, MAX_ORIGINAL_BYTES, RowImportOutcome,
    parse_library_slice,
};

type Outcome = Result<(Vec<LibraryFileRow>, ImportCheckpoint), ImportError>;

/// Reads the file in slices, each from the stored state of the one before.
fn in_slices(bytes: &[u8], slice_byte_cursor: usize, budget_rows: usize) -> Outcome {
    let mut state = ImportCheckpoint::new(None);
    let mut rows = Vec::new();
    let mut size = slice_byte_cursor;
    while !state.done {
        let offset = state.offset;
        let from = usize::try_from(offset).unwrap().min(bytes.len());
        let to = bytes.len().min(from + size);
        let slice = parse_library_slice(state, &bytes[from..to], to == bytes.len(), budget_rows)?;
        let stuck = slice.rows.is_empty() && slice.state.offset == offset && !slice.state.done;
        assert!(!stuck || size < 4 * bytes.len() + 64, "no progress at {from}");
        size = if stuck { size * 2 } else { slice_byte_cursor };
        rows.extend(slice.rows);
        let stored = serde_json::to_string(&slice.state).unwrap();
        state = serde_json::from_str(&stored).unwrap();
    }
    Ok((rows, state))
}

fn rows_of(outcome: Outcome) -> Result<Vec<LibraryFileRow>, ImportError> {
    outcome.map(|(rows, _)| rows)
}

/// Lines and offsets increase, counters agree, and no text is between two rows.
fn check_accounts(bytes: &[u8], rows: &[LibraryFileRow], state: &ImportCheckpoint) {
    assert_eq!(state.counts.total_rows(), rows.len() as u64);
    let order =
        |pair: &[LibraryFileRow]| pair[0].line <= pair[1].line && pair[0].offset < pair[1].offset;
    assert!(rows.windows(2).all(order));
    let ends = rows.iter().skip(1).map(|row| row.offset).chain([bytes.len() as u64]);
    let is_long = |(row, end): (&LibraryFileRow, u64)| end - row.offset > MAX_ORIGINAL_BYTES as u64;
    if std::str::from_utf8(bytes).is_err() || rows.iter().zip(ends).any(is_long) {
        return;
    }
    let at = |offset: u64| usize::try_from(offset).unwrap();
    let mut blank_lines = 0;
    for (index, row) in rows.iter().enumerate() {
        let (start, end) = (at(row.offset), at(row.offset) + row.original.len());
        assert_eq!(&bytes[start..end], row.original.as_bytes(), "{}", row_outcome_text(row));
        let line = bytes[..start].iter().filter(|byte| **byte == b'\n').count() + 1;
        if !bytes.contains(&b'\r') {
            assert_eq!(row.line, line as u64);
        }
        let next = rows.get(index + 1).map_or(bytes.len(), |next| at(next.offset));
        let gap = &bytes[end..next];
        let gap = String::from_utf8_lossy(gap).replace('\u{feff}', "");
        // Rows without text: delimiters, quotation marks, spaces.
        assert!(gap.chars().all(|c| c.is_whitespace() || ",\"".contains(c)), "{gap:?}");
        blank_lines += gap.lines().filter(|line| !line.is_empty()).count();
    }
    assert!(
        state.counts.blank as usize <= blank_lines + 16,
        "{} {blank_lines}",
        state.counts.blank
    );
}

fn fixtures() -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    let mut names: Vec<_> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    names.sort();
    names.iter().map(|name| std::fs::read(name).unwrap()).collect()
}

/// Text of special characters: marks, delimiters, line ends, characters of several bytes.
fn corners() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => Just(",".to_owned()),
        3 => Just("\"".to_owned()),
        2 => Just("\n".to_owned()),
        1 => Just("\r\n".to_owned()),
        1 => Just("\"\"".to_owned()),
        1 => Just("\u{feff}".to_owned()),
        1 => Just(" ".to_owned()),
        3 => "[a-zA-Zé琅😀]{1,6}",
        1 => Just("9780441172719".to_owned()),
        1 => Just("441172717".to_owned()),
    ];
    proptest::collection::vec(piece, 0..120).prop_map(|pieces| pieces.concat())
}

/// Lines of files, good and bad.
fn line() -> impl Strategy<Value = String> {
    let lines = [
        "title,author,isbn",
        "Titel;Autor;ISBN",
        "ISBN13,Authors,Book Title",
        "Book,,",
        "My books",
        "Exported on,2024-05-01",
        "",
        ",,",
        " , ,",
        "Dune,Frank Herbert,9780441172719",
        "Emma,Jane Austen,",
        "Momo;Michael Ende;",
        "9780441172719",
        "0441172718",
        "Spare,Harry, The,",
        "Lie, Cheat,A B,",
        "x",
        "B00ABCDEF1",
        "Les MisÃ©rables,Victor Hugo,",
        "活着,余华 著,",
        "a,b,c,d,e,f",
    ];
    proptest::sample::select(lines.to_vec()).prop_map(str::to_owned)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    #[test]
    fn slices_change_nothing(body in corners(), size in 1_usize..60, budget in 1_usize..8) {
        let text = format!("title,author,isbn\n{body}");
        let whole = rows_of(import_whole_file(text.as_bytes()));
        prop_assert_eq!(&rows_of(in_slices(text.as_bytes(), size, budget)), &whole);
        prop_assert_eq!(&rows_of(in_slices(text.as_bytes(), 1, budget)), &whole);
    }

    #[test]
    fn every_line_is_accounted_for(body in corners()) {
        let text = format!("title,author,isbn\n{body}");
        if let Ok((rows, state)) = import_whole_file(text.as_bytes()) {
            check_accounts(text.as_bytes(), &rows, &state);
        }
    }

    #[test]
    fn utf16_says_what_utf8_says(body in corners(), big in any::<bool>(), size in 1_usize..50) {
        let text = format!("title,author,isbn\n{body}");
        let bytes: Vec<u8> = std::iter::once(0xfeff)
            .chain(text.encode_utf16())
            .flat_map(|unit: u16| if big { unit.to_be_bytes() } else { unit.to_le_bytes() })
            .collect();
        let what = |outcome: Outcome| outcome.map(|(rows, _)| {
            rows.into_iter().map(|row| (row.line, row.outcome, row.original)).collect::<Vec<_>>()
        });
        prop_assert_eq!(what(import_whole_file(&bytes)), what(import_whole_file(text.as_bytes())));
        prop_assert_eq!(what(in_slices(&bytes, size, 3)), what(import_whole_file(text.as_bytes())));
    }

    #[test]
    fn any_bytes_are_survived(bytes in proptest::collection::vec(any::<u8>(), 0..600), size in 1_usize..64) {
        let whole = import_whole_file(&bytes);
        prop_assert_eq!(rows_of(in_slices(&bytes, size, 3)), rows_of(whole));
        let headed = [b"isbn;title\n".as_slice(), &bytes].concat();
        let whole = import_whole_file(&headed);
        prop_assert_eq!(rows_of(in_slices(&headed, size, 3)), rows_of(whole.clone()));
        if let Ok((rows, state)) = whole {
            check_accounts(&headed, &rows, &state);
        }
    }

    /// Each line without quotation marks is the header, a line before it, a further header, a row
    /// or a blank row.
    #[test]
    fn every_line_is_counted_exactly_once(lines in proptest::collection::vec(line(), 1..40)) {
        let text = lines.join("\n");
        let Ok((rows, state)) = import_whole_file(text.as_bytes()) else { return Ok(()) };
        let reading = state.file_reading_report().unwrap();
        let header = u64::from(reading.headers[0].line.is_some());
        let counts = state.counts;
        prop_assert_eq!(counts.total_rows(), rows.len() as u64);
        let counted = reading.skipped_lines + header + counts.headers + counts.total_rows() + counts.blank;
        prop_assert_eq!(counted, lines.iter().filter(|line| !line.is_empty()).count() as u64);
        let numbers: std::collections::BTreeSet<u64> = rows.iter().map(|row| row.line).collect();
        prop_assert_eq!(numbers.len(), rows.len());
        let rows_of = |outcome: Outcome| outcome.map(|(rows, state)| (rows, state.file_reading_report()));
        let whole = rows_of(Ok((rows, state)));
        prop_assert_eq!(&rows_of(in_slices(text.as_bytes(), 100, 3)), &whole);
    }

    /// Reads what a writer with minimal quoting wrote.
    #[test]
    fn written_books_are_read_back(
        books in proptest::collection::vec(("[\\PC\n]{1,40}", "[\\PC]{1,20}", 0_u64..1_000_000_000), 1..20),
        delimiter in prop_oneof![Just(','), Just(';'), Just('\t'), Just('|')],
        end in prop_oneof![Just("\n"), Just("\r\n")],
    ) {
        let quoted = |cell: &str| {
            let special = cell.contains([delimiter, '"', '\n', '\r']);
            if special { format!("\"{}\"", cell.replace('"', "\"\"")) } else { cell.to_owned() }
        };
        let mut text = ["title", "author", "isbn"].join(&delimiter.to_string()) + end;
        let mut expected = Vec::new();
        for (title, author, core) in &books {
            // Not one digit throughout, since such an ISBN is a placeholder.
            let isbn = bibliography::isbn::Isbn13::from_first_twelve(format!("978{:09}", core | 1).as_bytes());
            let Ok(isbn) = isbn else { continue };
            // A title whose first line has a cell for each column cannot be distinguished from an
            // open quotation mark before another row: see `import::record_splitter`.
            let first_line = title.lines().next().unwrap_or_default();
            if title.contains('\n') && first_line.matches(delimiter).count() == 2 {
                continue;
            }
            let cells = [quoted(title), quoted(author), isbn.to_string()];
            text += &(cells.join(&delimiter.to_string()) + end);
            expected.push((isbn, title.split_whitespace().collect::<Vec<_>>().join(" ")));
        }
        if expected.is_empty() {
            return Ok(());
        }
        let (rows, state) = import_whole_file(text.as_bytes()).unwrap();
        prop_assert_eq!(state.counts.valid, expected.len() as u64);
        for (row, (number, written)) in rows.iter().zip(&expected) {
            let RowImportOutcome::Valid { isbn, title, .. } = &row.outcome else { panic!("{row:?}") };
            prop_assert_eq!(isbn, number);
            let plain = written.chars().all(|c| c.is_alphanumeric() || c == ' ');
            if plain && written.chars().any(char::is_alphanumeric) {
                prop_assert_eq!(title.as_deref(), Some(written.as_str()));
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    /// Letters of every code page, in files longer than the bytes that decide first.
    #[test]
    fn code_pages_do_not_depend_on_the_slices(
        head in proptest::collection::vec(any::<u8>(), 0..60),
        tail in proptest::collection::vec(0x20_u8..=0xff, 0..200),
        rows in 0_usize..900,
        size in 1_usize..40_000,
    ) {
        let mut bytes = [b"title;author;isbn\n".as_slice(), &head, b"\n"].concat();
        bytes.extend(b"Dune;Frank Herbert;9780441172719\n".repeat(rows));
        bytes.extend(tail.chunks(20).flat_map(|row| [row, b";A B;\n"].concat()));
        let whole = import_whole_file(&bytes);
        let rows_of = |outcome: Outcome| {
            outcome.map(|(rows, state)| (rows, state.encoding, state.file_reading_report()))
        };
        prop_assert_eq!(rows_of(in_slices(&bytes, size.max(2_000), 500)), rows_of(whole));
    }
}

/// Fixtures with bytes changed, dropped, doubled and swapped. A short run reads a fixed number of
/// files, equal on every machine; `IMPORT_SOAK_SECS` makes the run longer.
#[test]
fn damaged_exports_cause_no_panic() {
    let secs = std::env::var("IMPORT_SOAK_SECS").ok().and_then(|secs| secs.parse().ok());
    let budget = std::time::Duration::from_secs(secs.unwrap_or(0));
    #[expect(clippy::disallowed_methods, reason = "a native test's own budget")]
    let now = || std::time::Instant::now();
    let start = now();
    let fixtures = fixtures();
    let mut seed = 0x9e37_79b9_7f4a_7c15_u64;
    let mut random = |below: usize| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        usize::try_from(seed % below.max(1) as u64).unwrap()
    };
    let mut rounds = 0_u64;
    while now() - start < budget || rounds < 60 {
        let mut bytes = fixtures[random(fixtures.len())].clone();
        for _ in 0..1 + random(8) {
            if bytes.is_empty() {
                break;
            }
            let at = random(bytes.len());
            match random(6) {
                0 => bytes[at] = u8::try_from(random(256)).unwrap(),
                1 => {
                    bytes.remove(at);
                }
                2 => bytes.insert(at, b"\",\n\r;\t\0\xff"[random(8)]),
                3 => bytes.truncate(at + 1),
                4 => {
                    let piece = bytes[at..bytes.len().min(at + random(400))].to_vec();
                    let to = random(bytes.len());
                    bytes.splice(to..to, piece);
                }
                _ => {
                    let other = random(bytes.len());
                    bytes.swap(at, other);
                }
            }
        }
        let whole = import_whole_file(&bytes);
        let slices = in_slices(&bytes, 1 + random(2_000), 1 + random(9));
        assert_eq!(rows_of(slices), rows_of(whole.clone()));
        if let Ok((rows, state)) = whole {
            assert_eq!(state.counts.total_rows(), rows.len() as u64);
        }
        rounds += 1;
    }
    println!("{rounds} damaged files");
}
