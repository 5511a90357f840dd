//! The items that the rows of a library become, compared with a simple model.

use std::collections::BTreeMap;

use bibliography::isbn::Isbn13;
use proptest::prelude::*;
use runtime::wire_types::batch_search_wire_types::BatchItemQuery;

use super::*;
use crate::import::{ImportCheckpoint, parse_library_slice};
use crate::warming_engine::library_row_book::{LibraryRowBook, isbn_ledger_key};

/// Items by key, as `key | title | author | lines`.
fn items_of_imported_csv(csv: &str) -> Vec<String> {
    let mut run = WarmingEngineTestSetup::with_csv(csv);
    while matches!(run.newest_job().state, JobState::Importing) {
        run.alarm();
    }
    let items = run.store.all_warming_items(1).into_iter();
    items
        .filter_map(|item| match &item.target {
            WarmTarget::Author { .. } => None,
            WarmTarget::Book { title, author, .. } => {
                let lines: Vec<u64> = item.rows.iter().map(|row| row.line).collect();
                Some(format!("{} | {title:?} | {author:?} | {lines:?}", item.key))
            }
        })
        .collect()
}

fn is_book_item(item: &WarmingItem) -> bool {
    matches!(item.target, WarmTarget::Book { .. })
}

#[test]
fn two_titles_of_one_isbn_are_both_searched() {
    let csv = format!(
        "Title,Author,ISBN\nFirst Book,A One,{0}\nOther Thing,B Two,{0}\n",
        nth_isbn_text(1)
    );
    let mut run = WarmingEngineTestSetup::with_csv(&csv);
    run.run_to_end();
    run.assert_warming_invariants();
    let keys: Vec<String> =
        run.store.all_warming_items(1).into_iter().map(|item| item.key).collect();
    assert_eq!(keys.len(), 5, "{keys:?}");
    let number =
        run.store.items_by_keys(1, &[format!("b:{}", nth_isbn_text(1))]).unwrap().remove(0);
    assert!(
        matches!(
            number.target,
            WarmTarget::Book { isbn: BookIsbnStatus::Shared(_), title: None, author: None }
        ),
        "{number:?}"
    );
    // The page of each author may hold the title, and the ISBN.
    for (author, title) in [("a:a one", "t:first book|a one"), ("a:b two", "t:other thing|b two")] {
        let item = run.store.items_by_keys(1, &[author.to_owned()]).unwrap().remove(0);
        let WarmTarget::Author { books, .. } = item.target else { panic!() };
        let number = format!("b:{}", nth_isbn_text(1));
        assert!(books.contains(&title.to_owned()) && books.contains(&number), "{books:?}");
    }
}

#[test]
fn every_title_of_a_shared_isbn_is_searched() {
    // The third row has the first one's author, the fourth row repeats the first.
    let csv = format!(
        "Title,Author,ISBN\nFirst,A One,{0}\nOther,B Two,{0}\nThird,A One,{0}\nFirst,A One,{0}\n,,{0}\n",
        nth_isbn_text(1)
    );
    assert_eq!(
        items_of_imported_csv(&csv),
        [
            format!("b:{} | None | None | [2, 3, 4, 5, 6]", nth_isbn_text(1)),
            "t:first|a one | Some(\"First\") | Some(\"A One\") | [2, 5]".to_owned(),
            "t:other|b two | Some(\"Other\") | Some(\"B Two\") | [3]".to_owned(),
            "t:third|a one | Some(\"Third\") | Some(\"A One\") | [4]".to_owned(),
        ]
    );
}

#[test]
fn an_unknown_isbn_is_reported_once_per_row() {
    let csv = format!("Title,Author,ISBN\nFirst,A One,{0}\nOther,B Two,{0}\n", nth_isbn_text(1));
    let mut run = WarmingEngineTestSetup::with_csv(&csv);
    run.fakes.unknown.borrow_mut().insert(format!("i:{}", nth_isbn_text(1)));
    run.run_to_end();
    run.assert_warming_invariants();
    let job = run.newest_job();
    assert_eq!((job.items.not_found, job.items.failed), (1, 0));
    let view: Vec<u64> = job.failures.iter().map(|failure| failure.line).collect();
    assert_eq!(view, [2, 3], "the titles were found, the ISBN was not: {:?}", job.failures);
    let csv = run.fakes.files.borrow()[&format!("results/{}/failures.csv", job.id)].clone();
    assert_eq!(String::from_utf8(csv).unwrap().lines().count(), 3);
}

#[test]
fn volumes_of_a_series_without_isbns_stay_apart() {
    let title = |number: u32| format!("\"Naruto (Naruto, #{number})\",Masashi Kishimoto,\n");
    let csv = format!(
        "Title,Author,ISBN\nNaruto,Masashi Kishimoto,\n{}{}{}",
        title(1),
        title(3),
        title(4)
    );
    let lines: Vec<String> = items_of_imported_csv(&csv)
        .iter()
        .filter_map(|item| Some(item.rsplit_once(" | ")?.1.to_owned()))
        .collect();
    assert_eq!(lines, ["[4]", "[5]", "[2, 3]"], "{csv}");
}

#[test]
fn a_later_row_adds_what_the_item_of_its_isbn_lacks() {
    let csv = format!("Title,Author,ISBN\n,,{0}\nSome Book,A One,{0}\n", nth_isbn_text(1));
    let expected =
        format!("b:{} | Some(\"Some Book\") | Some(\"A One\") | [2, 3]", nth_isbn_text(1));
    assert_eq!(items_of_imported_csv(&csv), [expected]);
}

#[test]
fn two_repairs_to_one_isbn_stay_two_books() {
    // Both are repaired to 9781594633669.
    let csv = "Title,Author,ISBN\nFirst,A One,9781594633661\nOther,B Two,9781594633662\n";
    assert_eq!(
        items_of_imported_csv(csv),
        [
            "c:9781594633669 | Some(\"First\") | Some(\"A One\") | [2]",
            "t:other|b two | Some(\"Other\") | Some(\"B Two\") | [3]",
        ]
    );
}

#[test]
fn a_repaired_isbn_with_a_later_valid_twin_is_not_requested() {
    let row = |title: &str, isbn: &str| format!("{title},A One,{isbn}\n");
    let (wrong, right) = ("9781594633661", "9781594633669");
    let head = "Title,Author,ISBN\n".to_owned();
    // The same book, in both orders, and in different slices.
    let filler: String = (0..800).map(|n| format!("Filler {n},B Two,\n")).collect();
    for (csv, books) in [
        (head.clone() + &row("Same", wrong) + &row("Same", right), 1),
        (head.clone() + &row("Same", right) + &row("Same", wrong), 1),
        (head.clone() + &row("Same", wrong) + &filler + &row("Same", right), 801),
    ] {
        let mut run = WarmingEngineTestSetup::with_csv(&csv);
        run.run_to_end();
        run.assert_warming_invariants();
        let items = run.store.all_warming_items(1);
        assert_eq!(items.iter().filter(|item| is_book_item(item)).count(), books);
        let one = items.iter().find(|item| item.is_by_isbn() && is_book_item(item)).unwrap();
        assert!(
            matches!(one.target, WarmTarget::Book { isbn: BookIsbnStatus::Stated(_), .. }),
            "{one:?}"
        );
        assert_eq!(one.rows.len(), 2);
    }
    // Another book: its repaired ISBN is wrong, and it is searched by its title.
    let csv = head + &row("Other", wrong) + &row("Same", right);
    let expected = [
        format!("b:{right} | Some(\"Same\") | Some(\"A One\") | [3]"),
        format!("c:{right} | Some(\"Other\") | Some(\"A One\") | [2]"),
    ];
    assert_eq!(items_of_imported_csv(&csv), expected);
    let mut run = WarmingEngineTestSetup::with_csv(&csv);
    run.run_to_end();
    run.assert_warming_invariants();
    let other = run.store.items_by_keys(1, &[format!("c:{right}")]).unwrap().remove(0);
    assert!(matches!(other.target, WarmTarget::Book { isbn: BookIsbnStatus::Rejected(_), .. }));
    assert!(matches!(other.state, ItemState::Done { .. }), "{other:?}");
}

#[test]
fn a_repaired_isbn_is_confirmed_by_the_author_s_page() {
    let csv = "Title,Author,ISBN\nGuessed,A One,9781594633661\n";
    let mut run = WarmingEngineTestSetup::with_csv(csv);
    run.run_to_end();
    run.assert_warming_invariants();
    let job = run.newest_job();
    assert_eq!((job.items.done, job.items.total), (2, 2));
    assert_eq!((job.spent.isbndb_calls, job.spent.isbndb_units), (1, 1), "only the author's page");
    assert!(run.fakes.cache.borrow().contains_key("i:9781594633669"));
}

#[test]
fn a_repaired_isbn_refuted_by_its_author_is_not_fetched() {
    let csv = "Title,Author,ISBN\nGuessed,A One,9781594633661\n";
    let mut run = WarmingEngineTestSetup::with_csv(csv);
    run.fakes.wrong.borrow_mut().insert("i:9781594633669".to_owned());
    run.run_to_end();
    run.assert_warming_invariants();
    let job = run.newest_job();
    assert_eq!((job.items.done, job.items.total), (2, 2), "{:?}", job.failures);
    assert_eq!((job.spent.isbndb_calls, job.spent.isbndb_units), (1, 1), "only the author's page");
    assert!(
        !run.fakes.cache.borrow().contains_key("i:9781594633669"),
        "the wrong book is not stored"
    );
    let item = run.store.all_warming_items(1).into_iter().find(is_book_item).unwrap();
    assert_eq!(item.stage, WarmStage::Title);
    let BatchItemQuery::Title { title, .. } = batch_item_of_warming_item(&item).unwrap().query
    else {
        panic!()
    };
    assert_eq!(title, "Guessed");
}

fn row() -> impl Strategy<Value = String> {
    let titles = prop::sample::select(vec!["", "Dune", "Emma", "Ubik", "DUNE"]);
    let authors = prop::sample::select(vec!["", "Frank Herbert", "Jane Austen", "Herbert; Frank"]);
    // Two ISBNs, each valid and with a wrong last digit, and no ISBN.
    let numbers = prop::sample::select(vec![
        "",
        "9780441172719",
        "9780441172718",
        "9781594633669",
        "9781594633661",
    ]);
    (titles, authors, numbers)
        .prop_map(|(title, author, number)| format!("{title},{author},{number}\n"))
}

/// The items of a library by key, with title and author: one loop for each rule.
fn expected_library_items(books: &[LibraryRowBook<'_>]) -> BTreeMap<String, String> {
    let mut items: BTreeMap<String, (Option<&str>, Option<&str>)> = BTreeMap::new();
    let mut by_number: BTreeMap<Option<Isbn13>, Vec<LibraryRowBook<'_>>> = BTreeMap::new();
    for book in books.iter().filter(|book| !book.repaired) {
        by_number.entry(book.isbn).or_default().push(*book);
    }
    let titles = by_number.remove(&None).unwrap_or_default();
    let (mut works, mut shared) = (Vec::new(), Vec::new());
    for (isbn, rows) in by_number.into_iter().filter_map(|(isbn, rows)| Some((isbn?, rows))) {
        let mut known = LibraryRowBook { isbn: None, title: None, author: None, ..rows[0] };
        let agreeing = rows
            .iter()
            .take_while(|row| {
                let agrees = row.may_be_same_book(known.title, known.author);
                if agrees {
                    known.title = known.title.or(row.title);
                    known.author = known.author.or(row.author);
                }
                agrees
            })
            .count();
        if agreeing == rows.len() {
            items.insert(isbn_ledger_key(isbn), (known.title, known.author));
        } else {
            // No title is trusted, and each title is an item.
            items.insert(isbn_ledger_key(isbn), (None, None));
            shared.push(isbn_ledger_key(isbn));
            works.extend([known].iter().chain(&rows[agreeing..]).copied());
        }
    }
    for book in books.iter().filter(|book| book.repaired) {
        let (number, candidate) = (isbn_ledger_key(book.isbn.unwrap()), book.id());
        let of_other_title = |key: &String| match items.get(key) {
            Some((title @ Some(_), author)) => Some(!book.may_be_same_book(*title, *author)),
            _ => shared.contains(key).then_some(true),
        };
        match of_other_title(&number).or(of_other_title(&candidate)) {
            Some(true) => works.push(*book),
            Some(false) => {}
            None => drop(items.insert(candidate, (book.title, book.author))),
        }
    }
    for work in works.into_iter().chain(titles).filter(|work| work.title.is_some()) {
        items.entry(work.title_author_key()).or_insert((work.title, work.author));
    }
    let text = |(title, author): (Option<&str>, Option<&str>)| format!("{title:?} | {author:?}");
    items.into_iter().map(|(key, names)| (key, text(names))).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    /// The model takes valid ISBNs, then repaired ones, then titles. The spelling that an item
    /// keeps of equal titles depends on the order of the rows, so letter case is left out.
    #[test]
    fn the_ledger_follows_the_model(rows in prop::collection::vec(row(), 0..12)) {
        let mut sorted = rows;
        let class = |row: &String| match row.rsplit(',').next().unwrap().trim() {
            "" => 2,
            number if number.ends_with("19") || number.ends_with("69") => 0,
            _ => 1,
        };
        sorted.sort_by_key(class);
        let csv = format!("Title,Author,ISBN\nSula,Toni Morrison,\n{}", sorted.concat());
        let read = parse_library_slice(ImportCheckpoint::new(None), csv.as_bytes(), true, usize::MAX).unwrap();
        let books: Vec<_> = read.rows.iter().filter_map(|row| LibraryRowBook::of(&row.outcome)).collect();
        let found: BTreeMap<String, String> = items_of_imported_csv(&csv)
            .iter()
            .map(|line| line.rsplit_once(" | ").unwrap().0.split_once(" | ").unwrap())
            .map(|(key, names)| (key.to_owned(), names.to_lowercase()))
            .collect();
        let expected: BTreeMap<String, String> = expected_library_items(&books)
            .into_iter()
            .map(|(key, names)| (key, names.to_lowercase()))
            .collect();
        prop_assert_eq!(found, expected, "{}", csv);
    }

    /// In any order, a repaired ISBN with a valid twin of a known title is not requested.
    #[test]
    fn an_isbn_is_requested_for_one_title(rows in prop::collection::vec(row(), 0..12)) {
        let csv = format!("Title,Author,ISBN\nSula,Toni Morrison,\n{}", rows.concat());
        let mut run = WarmingEngineTestSetup::with_csv(&csv);
        while matches!(run.newest_job().state, JobState::Importing) {
            run.alarm();
        }
        let mut titles: BTreeMap<Isbn13, Vec<Option<String>>> = BTreeMap::new();
        for item in run.store.all_warming_items(1).iter().filter(|item| item.is_by_isbn()) {
            if let WarmTarget::Book { isbn, title, .. } = &item.target
                && let Some(isbn) = isbn.isbn13()
            {
                titles.entry(isbn).or_default().push(title.clone());
            }
        }
        for titles in titles.values() {
            let titled = titles.iter().flatten().count();
            prop_assert!(titled <= 1 && titles.len() <= 2, "{} {:?}", csv, titles);
        }
    }
}
