//! `failures.csv` is the same file in parts and in pieces.

use super::*;
use crate::warming_engine::failures_csv::FailuresCsv;

#[test]
fn parts_and_pieces_make_the_same_file() {
    let mut csv = "Title,Author,ISBN\n".to_owned();
    for n in 0..180 {
        let number = nth_isbn_text(n);
        let _ = match n % 4 {
            0 => writeln!(csv, ",,nothing {n}"),
            1 => writeln!(csv, "Übung {n},Někdo,{number}"),
            2 => writeln!(csv, "\"One, {n}\",,{number}\n\"Two\nlines {n}\",,{number}"),
            _ => writeln!(csv, "Known {n},Somebody,{number}"),
        };
    }
    let mut run = WarmingEngineTestSetup::with_csv(&csv);
    for n in (0..180).filter(|n| n % 4 == 1 || n % 4 == 2) {
        run.fakes.unknown.borrow_mut().insert(format!("i:{}", nth_isbn_text(n)));
    }
    run.run_to_end();
    run.assert_warming_invariants();
    let job = run.newest_job();
    let (whole, more) =
        FailuresCsv::after_line(&run.store, &job, 0).unwrap().csv_rows(usize::MAX).unwrap();
    assert_eq!(more, None);
    assert_eq!(run.fakes.files.borrow()[&format!("results/{}/failures.csv", job.id)], whole);
    let text = String::from_utf8(whole.clone()).unwrap();
    // Rejected and unknown rows, and both titles of a shared ISBN, each once and by line.
    let lines: Vec<u64> =
        text.split('\n').filter_map(|row| row.split(',').next()?.parse().ok()).collect();
    assert_eq!(lines.len(), 45 + 45 + 90, "{text}");
    assert!(lines.is_sorted());

    for bytes in [1, 7, 1_000] {
        let mut failures = FailuresCsv::after_line(&run.store, &job, 0).unwrap();
        let mut joined = Vec::new();
        while let Some(part) = failures.next_chunk(bytes).unwrap() {
            assert!(part.len() == bytes || joined.len() + part.len() == whole.len());
            joined.extend(part);
        }
        assert_eq!(joined, whole, "in parts of {bytes}");
    }
    for bytes in [1, 500, 100_000] {
        let (mut joined, mut next) = (Vec::new(), Some(0));
        while let Some(line) = next {
            let (piece, more) =
                FailuresCsv::after_line(&run.store, &job, line).unwrap().csv_rows(bytes).unwrap();
            joined.extend(piece);
            next = more;
        }
        assert_eq!(joined, whole, "in pieces of {bytes}");
    }
}
