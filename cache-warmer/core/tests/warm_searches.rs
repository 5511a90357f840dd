//! Which typed searches are warm after a library was warmed: compares written with read keys, also
//! over the exports in `../shared/data/csv` if they are present.

#![expect(clippy::unwrap_used, reason = "a test's helpers may panic")]

use std::collections::BTreeMap;
use std::path::Path;

use bibliography::cache_key::{CacheKey, keys_for_author, keys_for_title, short_title_queries};
use bibliography::query::Query;
use bibliography::text_normalization::{author_display_name, base_title, strip_series};
use warmer_core::import::{ImportCheckpoint, RowImportOutcome, parse_library_slice};

/// Books by their stored keys, and the searches for each.
#[derive(Default)]
struct Library {
    written: BTreeMap<CacheKey, Vec<usize>>,
    searches: Vec<(usize, &'static str, CacheKey)>,
    books: usize,
    full_keys: usize,
    short_keys: usize,
}

impl Library {
    fn add(&mut self, outcome: &RowImportOutcome) {
        let (isbn, title, author) = match outcome {
            RowImportOutcome::Valid { isbn, title, author } => (Some(*isbn), title.clone(), author),
            RowImportOutcome::Repaired { isbn, title, author, .. } => {
                (Some(*isbn), Some(title.clone()), author)
            }
            RowImportOutcome::TitleAuthor { title, author, .. } => {
                (None, Some(title.clone()), author)
            }
            RowImportOutcome::Rejected { .. } => return,
        };
        let (book, author) = (self.books, author.as_deref());
        self.books += 1;
        let mut write = |keys: &[CacheKey]| {
            for key in keys {
                self.written.entry(key.clone()).or_default().push(book);
            }
        };
        let mut searches = Vec::new();
        if let Some(isbn) = isbn {
            write(&[CacheKey::of(&Query::isbn_query(isbn))]);
            searches.push(("ISBN", isbn.to_string()));
        }
        if let Some(name) = author {
            write(&keys_for_author(name));
            searches.extend([("author", name.to_owned()), ("author", author_display_name(name))]);
        }
        if let Some(title) = title.as_deref() {
            let full = keys_for_title(title, author);
            let short: Vec<CacheKey> =
                short_title_queries(title, author, &full).iter().map(CacheKey::of).collect();
            write(&full);
            write(&short);
            self.full_keys += full.len();
            self.short_keys += short.len();
            let base = base_title(title);
            for text in [title, &strip_series(title)] {
                searches.push(("title", text.to_owned()));
            }
            searches.push(("base title", base.clone()));
            if let Some(name) = author.map(author_display_name) {
                for text in [title, &strip_series(title)] {
                    searches.push(("title, author", format!("{text} {name}")));
                    searches.push(("title, author", format!("{text} by {name}")));
                }
                searches.push(("base title, author", format!("{base} {name}")));
                searches.push(("base title, author", format!("{base} by {name}")));
            }
        }
        for (kind, text) in searches {
            let query = Query::from_free_text(&text);
            self.searches.push((book, kind, CacheKey::of(&query)));
        }
    }

    /// Searches by kind: the number of warm ones and of all.
    fn warm_search_counts(&self) -> BTreeMap<&'static str, (usize, usize)> {
        let mut kinds = BTreeMap::new();
        for (book, kind, key) in &self.searches {
            let warm = self.written.get(key).is_some_and(|books| books.contains(book));
            let (count, all): &mut (usize, usize) = kinds.entry(*kind).or_default();
            *count += usize::from(warm);
            *all += 1;
        }
        kinds
    }
}

/// The books of every `of`-th row.
fn library_of_rows(file: &[u8], of: usize) -> Library {
    let mut library = Library::default();
    let read = parse_library_slice(ImportCheckpoint::new(None), file, true, usize::MAX).unwrap();
    for row in read.rows.iter().step_by(of) {
        library.add(&row.outcome);
    }
    library
}

/// Titles with a subtitle, an edition, a series, a comma, signs; two with one base title.
const SAMPLE: &str = "Title,Author,ISBN\n\
    Sapiens: A Brief History of Humankind,Yuval Noah Harari,9780062316097\n\
    \"Optics, 2nd Edition\",Eugene Hecht,\nDune (40th Anniversary Edition),Frank Herbert,\n\
    \"Assassin's Apprentice (The Farseer Trilogy, #1)\",Robin Hobb,\n\
    \"Look Homeward, Angel\",Thomas Wolfe,\nC++ Primer,\"Lippman, Stanley B.\",\n\
    Saga: Volume 3,Brian K. Vaughan,\nSaga: Volume 4,Brian K. Vaughan,\n\
    1984,George Orwell,\nПреступление и наказание,Фёдор Достоевский,\n三体,刘慈欣,\n";

#[test]
fn typed_searches_are_warm() {
    let library = library_of_rows(SAMPLE.as_bytes(), 1);
    let keys = |q: &str| library.written.get(&CacheKey::of(&Query::from_free_text(q)));
    for q in ["sapiens yuval noah harari", "optics eugene hecht", "dune frank herbert", "dune"] {
        assert!(keys(q).is_some(), "{q}");
    }
    assert_eq!(keys("saga").map(Vec::len), Some(2), "volumes are two books of one base title");
    for (kind, (warm, all)) in library.warm_search_counts() {
        assert_eq!(warm, all, "{kind}");
    }
}

#[test]
fn typed_searches_are_warm_in_real_exports() {
    exports(20);
}

#[test]
#[ignore = "a minute: every row"]
fn typed_searches_are_warm_in_whole_exports() {
    exports(1);
}

fn exports(of: usize) {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/csv");
    let Ok(files) = std::fs::read_dir(dir) else { return };
    for file in files.map(|file| file.unwrap().path()) {
        let library = library_of_rows(&std::fs::read(&file).unwrap(), of);
        let warm = library.warm_search_counts();
        println!(
            "{}: {} books, {} keys of titles and {} short ones: {warm:?}",
            file.display(),
            library.books,
            library.full_keys,
            library.short_keys
        );
        for (kind, (warm, all)) in warm {
            let least = if kind == "title" { 95 } else { 100 };
            assert!(warm * 100 >= all * least, "{kind}: {warm} of {all}");
        }
    }
}
