//! Benchmarks on data that is not part of the repository: ../shared/data. Without the data they
//! print that they were skipped.

use std::collections::HashMap;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use bibliography::cache_key::CacheKey;
use bibliography::isbn::Isbn13;
use bibliography::isbn::isbn_repair::{IsbnCellContent, read_isbn_cell};
use bibliography::query::Query;
use bibliography::text_normalization::{
    ComparableWork, author_name_key, base_title, same_title, strip_series, title_key,
};

use crate::workspace::project_root;

pub const DATA_BENCHMARK_NAMES: [&str; 2] = ["library", "matching"];

pub fn run_bench(name: &str) -> Result<()> {
    if name == "library" { bench_library() } else { bench_matching() }
}

fn data_path(path: &str) -> Option<PathBuf> {
    let path = project_root().join("../shared/data").join(path);
    if path.exists() {
        return Some(path);
    }
    println!("skipped: {} is not there", path.display());
    None
}

/// How many pairs a decision calls equal, and how many of them are.
#[derive(Default)]
struct Score {
    right: f64,
    wrong: f64,
}

impl Score {
    fn count_judgement(&mut self, said: bool, is_same: bool) {
        match (said, is_same) {
            (true, true) => self.right += 1.0,
            (true, false) => self.wrong += 1.0,
            (false, _) => {}
        }
    }

    fn precision(&self) -> f64 {
        self.right / (self.right + self.wrong).max(1.0)
    }
}

/// A record of a library: title with subtitle, names.
struct LibraryRecord<'a> {
    title: String,
    authors: Vec<&'a str>,
}

type Decision = fn(&LibraryRecord<'_>, &LibraryRecord<'_>) -> bool;

/// Compares "same work" with the labels of catalogue records, beside two baselines.
fn bench_matching() -> Result<()> {
    let Some(pairs) = data_path("matching/val_pairs.csv.gz") else { return Ok(()) };
    let Some(verdicts) = data_path("matching/same_work.csv") else { return Ok(()) };
    let unzipped = Command::new("gzip").arg("-dc").arg(&pairs).output().context("gzip")?;
    let mut known: HashMap<usize, String> = HashMap::new();
    for row in csv::Reader::from_path(verdicts)?.deserialize() {
        let (row, verdict): (usize, String) = row?;
        known.insert(row, verdict);
    }
    let decisions: [(&str, Decision); 3] = [
        ("equal title and surname", |a, b| has_equal(a, b, title_key)),
        ("equal base title and surname", |a, b| {
            has_equal(a, b, |text| title_key(&base_title(text)))
        }),
        ("is_same_work", |a, b| {
            let texts = |record: &LibraryRecord<'_>| {
                let keys = record.authors.iter().map(|name| author_name_key(name));
                ComparableWork::of(&record.title, keys.filter(|key| !key.is_empty()).collect())
            };
            texts(a).is_same_work(&texts(b))
        }),
    ];
    let mut scores: Vec<Score> = decisions.iter().map(|_| Score::default()).collect();
    let (mut all, mut same) = (0.0, 0.0);
    for (at, row) in csv::Reader::from_reader(&*unzipped.stdout).records().enumerate() {
        let row = row?;
        let cell = |at: usize| row.get(at).unwrap_or_default();
        let is_same = match (cell(0), known.get(&at).map(String::as_str)) {
            ("1", _) | (_, Some("same")) => true,
            (_, Some("unclear")) => continue,
            _ => false,
        };
        let record = |first: usize| {
            let title = match (cell(first), cell(first + 1)) {
                (title, "") => title.to_owned(),
                (title, subtitle) => format!("{title}: {subtitle}"),
            };
            let names = std::iter::once(cell(first + 2)).chain(cell(first + 3).split(';'));
            LibraryRecord { title, authors: names.collect() }
        };
        let (a, b) = (record(1), record(7));
        all += 1.0;
        same += if is_same { 1.0 } else { 0.0 };
        for (score, (_, decide)) in scores.iter_mut().zip(&decisions) {
            score.count_judgement(decide(&a, &b), is_same);
        }
    }
    println!("{all} pairs, {same} of one work");
    for (score, (name, _)) in scores.iter().zip(&decisions) {
        println!("{name}: precision {:.4}, recall {:.4}", score.precision(), score.right / same);
    }
    let own = scores.last().context("no decision")?;
    ensure!(own.precision() >= 0.995 && own.right / same >= 0.90, "the goal is 0.995 and 0.90");
    Ok(())
}

/// Whether two records have one surname and titles with equal keys.
fn has_equal(a: &LibraryRecord<'_>, b: &LibraryRecord<'_>, key: fn(&str) -> String) -> bool {
    let surname = |record: &LibraryRecord<'_>| {
        let first = record.authors.first().copied().unwrap_or_default();
        author_name_key(first.split(',').next().unwrap_or_default())
    };
    key(&a.title) == key(&b.title) && surname(a) == surname(b)
}

/// Reads the ISBNs and titles of a library with damaged ISBNs.
fn bench_library() -> Result<()> {
    let Some(path) = data_path("csv/goodbooks_odd.csv") else { return Ok(()) };
    let (mut recoverable, mut recovered, mut wrong) = (0_u32, 0_u32, 0_u32);
    let (mut titles, mut one_entry, mut originals, mut original_entry) =
        (0_u32, 0_u32, 0_u32, 0_u32);
    for row in csv::Reader::from_path(path)?.records() {
        let row = row?;
        let cell = |at: usize| row.get(at).unwrap_or_default();
        // The spreadsheet has rounded the number to twelve digits.
        let rounded: Option<f64> = cell(2).parse().ok().filter(|number| *number > 9.78e12);
        let read = |text: &str| match read_isbn_cell(text) {
            IsbnCellContent::Valid(isbn) | IsbnCellContent::Repaired { isbn, .. } => Some(isbn),
            _ => None,
        };
        // In some rows the two columns name different editions.
        let core = format!("{:0>10}", cell(1)).get(..9).map(|core| format!("978{core}0"));
        let core: Option<f64> = core.and_then(|core| core.parse().ok());
        let is_one = |rounded: f64| core.is_some_and(|core| (core - rounded).abs() <= 15.0);
        if let Some(rounded) = rounded.filter(|rounded| !cell(1).is_empty() && is_one(*rounded)) {
            recoverable += 1;
            let is_it = |isbn: Isbn13| {
                isbn.as_str().parse::<f64>().is_ok_and(|number| (number - rounded).abs() <= 5.0)
            };
            match read(cell(1)) {
                Some(isbn) if is_it(isbn) => recovered += 1,
                Some(isbn) => {
                    wrong += 1;
                    println!("wrong: {} read as {isbn}, is about {rounded}", cell(1));
                }
                None => println!("not recovered: {} of about {rounded}", cell(1)),
            }
        }
        let (author, original, title) = (cell(3), cell(5), cell(6));
        let key = |title: &str| CacheKey::of(&Query::title_author_query(Some(title), Some(author)));
        titles += 1;
        one_entry += u32::from(key(title) == key(&strip_series(title)));
        if !original.is_empty()
            && title_key(original) == title_key(title)
            && same_title(original, title)
        {
            originals += 1;
            original_entry += u32::from(key(original) == key(title));
        }
    }
    println!("{recovered} of {recoverable} numbers recovered, {wrong} wrong");
    println!("{one_entry} of {titles} titles have one entry with and without their series");
    println!("{original_entry} of {originals} equal original titles have the title's entry");
    let share = f64::from(recovered) / f64::from(recoverable.max(1));
    ensure!(wrong == 0 && share >= 0.995, "the goal is 99.5 % and none wrong");
    Ok(())
}
