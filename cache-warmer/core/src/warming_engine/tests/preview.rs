//! The document of a preview, and that a preview stores nothing.

use super::*;
use crate::import::TextEncoding;
use runtime::call_outcome::Failure;

fn preview(
    run: &WarmingEngineTestSetup,
    bytes: &[u8],
    size_bytes: u64,
    encoding: Option<TextEncoding>,
) -> Result<serde_json::Value, Failure> {
    poll_once(run.warming_engine().preview(bytes, size_bytes, encoding)).unwrap()
}

#[test]
fn a_preview_shows_the_reading_and_stores_nothing() {
    let run = WarmingEngineTestSetup::new();
    run.fakes.daily.set(321);
    let csv = "Titel;Autor;ISBN\nMomo;Michael Ende;9783522177504\nEmma;Jane Austen;\n;;12345\n";
    let seen = preview(&run, csv.as_bytes(), csv.len() as u64, None).unwrap();
    assert_eq!(seen["complete"], true);
    assert_eq!(seen["reading"]["headers"][0]["delimiter"], ";");
    let rows = &seen["rows"];
    assert_eq!(
        [&rows["total"], &rows["valid"], &rows["titleAuthor"], &rows["rejected"]],
        [3, 1, 1, 1]
    );
    assert_eq!(seen["firstRows"].as_array().unwrap().len(), 2);
    assert_eq!(seen["firstRows"][0]["isbn"], "9783522177504");
    assert_eq!(seen["failures"][0]["line"], 4);
    assert_eq!(seen["plan"]["work"]["authors"], 2);
    assert_eq!(
        seen["plan"]["providers"][0]["units"],
        serde_json::json!({ "least": 2, "expected": 4, "most": 4 })
    );
    // The plan uses the quota that the ISBNdb Worker reports.
    assert_eq!(seen["plan"]["providers"][0]["dailyUnits"], 321);
    assert_eq!(run.store.commits.get(), 0);
    assert!(run.fakes.fetched.borrow().is_empty());
}

#[test]
fn the_plan_is_projected_from_the_first_part() {
    let run = WarmingEngineTestSetup::new();
    let mut csv = "Title,Author,ISBN\n".to_owned();
    for n in 0..1_000 {
        let _ = writeln!(csv, "Book number {n},Author number {n},");
    }
    let (bytes, size) = (csv.as_bytes(), 4 * csv.len() as u64);
    let seen = preview(&run, bytes, size, None).unwrap();
    assert_eq!((&seen["complete"], &seen["rows"]["total"]), (&false.into(), &1_000.into()));
    let authors = seen["plan"]["work"]["authors"].as_u64().unwrap();
    assert!((3_990..=4_010).contains(&authors), "{authors}");

    // A file of more rows than one preview reads.
    let csv = csv.clone() + &"Emma,Jane Austen,\n".repeat(6_000);
    let seen = preview(&run, csv.as_bytes(), csv.len() as u64, None).unwrap();
    assert_eq!((&seen["complete"], &seen["rows"]["total"]), (&false.into(), &5_000.into()));
}

#[test]
fn a_file_that_is_no_library_is_refused_with_the_reason() {
    let run = WarmingEngineTestSetup::new();
    for (bytes, reason) in
        [(&b"%PDF-1.7 "[..], "PDF"), (b"", "empty"), (b"Price\n3\n", "no column can be used")]
    {
        let refused = preview(&run, bytes, 0, None).unwrap_err();
        assert!(refused.detail().contains(reason), "{refused}");
    }
}

/// Reads a library that is not in the repository, if it is there.
#[test]
fn the_plan_of_a_real_library_is_near_the_minimum() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data/csv/goodbooks_odd.csv");
    let Ok(bytes) = std::fs::read(path) else { return };
    let seen = preview(&WarmingEngineTestSetup::new(), &bytes, bytes.len() as u64, None).unwrap();
    // The least is one page for each author, whatever the spellings of the name.
    let mut authors: Vec<String> = Vec::new();
    for row in csv::Reader::from_reader(&*bytes).records().take(5_000) {
        authors.push(
            row.unwrap()[3].split(", ").next().unwrap().to_lowercase().replace(['.', ' '], ""),
        );
    }
    authors.sort();
    authors.dedup();
    let least = authors.len() as u64;
    let planned = seen["plan"]["providers"][0]["units"]["least"].as_u64().unwrap();
    println!("{planned} units planned, {least} are the minimum");
    assert!(planned * 100 <= least * 105, "{planned} units planned, {least} are the minimum");
}
