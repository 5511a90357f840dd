//! Folding, order and cost.

#![expect(clippy::unwrap_used, reason = "a test's helpers may panic")]

use bibliography::isbn::Isbn13;
use library::import::{Importer, Row};
use library::plan::{
    Cost, GoogleLimits, IsbndbLimits, OpenLibraryLimits, Plan, PlanSummary, ProviderLimits, Range,
    Target, Workload, plan as plan_with, summary,
};
use runtime::api::batch::BatchQuery;
use runtime::api::isbndb::Quota;

const DAY_MS: u64 = 86_400_000;

fn rows(text: &str) -> Vec<Row> {
    let text = format!("title,author,isbn\n{text}");
    let mut importer = Importer::new();
    let mut rows = importer.push(text.as_bytes()).unwrap();
    rows.extend(importer.finish().unwrap());
    rows
}

fn plan_of(text: &str) -> Plan {
    let rows = rows(text);
    plan_with(rows.iter().map(|row| (row.line, &row.outcome)), |_| false)
}

fn provider_limits() -> ProviderLimits {
    ProviderLimits {
        isbndb: Some(IsbndbLimits {
            daily_units: 1_000,
            left_today: 400,
            resets_at_ms: DAY_MS,
            pace_ms: 1_000,
            bulk_size: 100,
        }),
        open_library: OpenLibraryLimits { pace_ms: 334, bulk_size: 50 },
        google: Some(GoogleLimits { daily_calls: 300, pace_ms: 700 }),
        coverage_percent: 80,
        fresh_ms: 7 * DAY_MS,
        stale_ms: 90 * DAY_MS,
        now_ms: DAY_MS / 2,
    }
}

#[test]
fn rows_fold_by_number_and_by_work() {
    let plan = plan_of(
        "Dune,Frank Herbert,9780441172719\n\
         \"Dune (Dune, #1)\",\"Herbert, Frank\",0441172717\n\
         DUNE,Frank Herbert,\n\
         Dune,Frank Herbert,9780441013593\n\
         Dune,Frank Herbert,9780441172718\n\
         Emma,Jane Austen,\n\
         Emma,J. Austen,none\n\
         Emma,Jane Austen,n/a\n",
    );
    let ids: Vec<&str> = plan.books.iter().map(|book| book.id.as_str()).collect();
    assert_eq!(
        ids,
        ["b:9780441172719", "b:9780441013593", "t:emma|jane austen", "t:emma|j austen"]
    );
    // Two spellings, a row without an ISBN, and one whose check digit was repaired.
    assert_eq!(plan.books[0].lines, [2, 3, 6, 4]);
    assert_eq!(plan.books[2].lines, [7, 9]);
    assert_eq!((plan.counts.rows, plan.counts.folded), (8, 4));
    assert_eq!(plan.authors[0].name, "Frank Herbert");
    assert_eq!(plan.counts.authors, 3);
}

#[test]
fn a_number_without_a_title_is_a_book_but_no_work() {
    let plan = plan_of(
        ",,9780441172719\n,,9780441172719\nDune,Frank Herbert,9780441172719\n,,9780441013593\n",
    );
    assert_eq!((plan.counts.books, plan.counts.works, plan.counts.folded), (2, 1, 2));
    assert_eq!(plan.books[0].title.as_deref(), Some("Dune"));
    assert_eq!(plan.alone.len(), 1);
}

#[test]
fn the_order_of_rows_does_not_change_what_is_asked() {
    let lines = [
        "Dune,Frank Herbert,9780441172718",
        "Dune,Frank Herbert,",
        "Dune,Frank Herbert,9780441172719",
        "Emma,Jane Austen,9780141439587",
    ];
    let asked = |lines: &[&str]| {
        let plan = plan_of(&(lines.join("\n") + "\n"));
        let mut ids: Vec<String> = plan.books.iter().map(|book| book.id.clone()).collect();
        ids.sort();
        (ids, plan.remaining_work)
    };
    let mut backwards = lines;
    backwards.reverse();
    assert_eq!(asked(&lines), asked(&backwards));
    assert_eq!(asked(&lines).0, ["b:9780141439587", "b:9780441172719"]);
}

#[test]
fn a_shared_isbn_and_each_title_are_queried_separately() {
    let plan = plan_of(
        "Dune,Frank Herbert,9780441172719\n\
         Emma,Jane Austen,9780441172719\n\
         Ubik,Philip K. Dick,9780441172719\n",
    );
    let shared = &plan.shared_isbns;
    assert_eq!((shared.len(), shared[0].lines.clone()), (1, vec![2, 3, 4]));
    assert_eq!(plan.books[0].title, None);
    assert_eq!(plan.books[0].author, None);
    let titles: Vec<_> = plan.books[1..].iter().map(|book| book.title.clone().unwrap()).collect();
    assert_eq!(titles, ["Dune", "Emma", "Ubik"]);
    // Each row stands behind its own title, so that its outcome can be told.
    assert!(plan.books[1..].iter().all(|book| book.isbn.is_none() && book.lines.len() == 1));
}

#[test]
fn a_repaired_number_never_joins_another_book() {
    let plan = plan_of(
        "Dune,Frank Herbert,9780441172719\n\
         Emma,Jane Austen,9780441172718\n\
         Persuasion,Jane Austen,9780441172717\n",
    );
    let found: Vec<_> = plan.books.iter().map(|book| (book.id.as_str(), book.repaired)).collect();
    assert_eq!(
        found,
        [
            ("b:9780441172719", false),
            ("c:9780441172719", true),
            ("t:persuasion|jane austen", false)
        ]
    );
}

#[test]
fn authors_come_first_then_numbers_then_titles() {
    let plan = plan_of(
        "Alone,,9780441013593\nNameless,,\nEmma,Jane Austen,9780141439587\n\
         Dune,Frank Herbert,9780441172719\nSolaris,,9780156027601\n\
         Children of Dune,Frank Herbert,\nBad,Frank Herbert,9780441172728\n",
    );
    let items: Vec<_> = plan.items().collect();
    let ids: Vec<&str> = items.iter().map(|item| item.id.as_str()).collect();
    assert_eq!(
        ids,
        ["a:frank herbert", "a:jane austen", "b:9780441013593", "b:9780156027601", "t:nameless|"]
    );
    let BatchQuery::Author { name, books } = &items[0].query else { panic!("{items:?}") };
    assert_eq!(name, "Frank Herbert");
    let named: Vec<_> =
        books.iter().map(|b| (b.id.as_str(), b.isbn.is_some(), b.repaired)).collect();
    // A repaired ISBN is confirmed where the page holds it, else by its own question.
    assert_eq!(
        named,
        [
            ("b:9780441172719", true, false),
            ("c:9780441172726", true, true),
            ("t:children of dune|frank herbert", false, false)
        ]
    );
    let bad = plan.books.iter().position(|book| book.repaired).unwrap();
    let question = plan.follow_up(bad).unwrap();
    assert!(matches!(question.query, BatchQuery::Isbn { repaired: true, title: Some(_), .. }));
    assert_eq!(
        plan.remaining_work,
        Workload {
            authors: 2,
            isbns_with_author: 3,
            isbns_alone: 2,
            titles_with_author: 1,
            titles_alone: 1
        }
    );
}

#[test]
fn a_long_list_of_books_is_cut_into_items() {
    let text: String = (0..120).map(|book| format!("Volume {book},Honoré de Balzac,\n")).collect();
    let plan = plan_of(&text);
    let items: Vec<_> = plan.items().collect();
    let ids: Vec<&str> = items.iter().map(|item| item.id.as_str()).collect();
    assert_eq!(ids, ["a:honore de balzac", "a:honore de balzac#2", "a:honore de balzac#3"]);
    // One page is asked, however many items name its books.
    assert_eq!(plan.remaining_work.authors, 1);
}

#[test]
fn what_is_warm_is_not_asked_again() {
    let text = "Dune,Frank Herbert,9780441172719\nChildren,Frank Herbert,9780441013593\n\
        Emma,Jane Austen,9780141439587\n";
    let rows = rows(text);
    let dune = Isbn13::parse("9780441172719").unwrap();
    let emma = Isbn13::parse("9780141439587").unwrap();
    let warm = |target: Target<'_>| match target {
        Target::Author(_) => true,
        Target::Isbn(isbn) => isbn == dune || isbn == emma,
        Target::Title(title, _) => title == "Dune" || title == "Emma",
    };
    let plan = plan_with(rows.iter().map(|row| (row.line, &row.outcome)), warm);
    // Two authors and two books are warm; the third book is looked for in its author's answer.
    assert_eq!(plan.counts.already_warm, 4);
    assert_eq!(plan.authors.len(), 1);
    assert_eq!(plan.authors[0].books.len(), 1);
    assert_eq!(plan.remaining_work, Workload { isbns_with_author: 1, ..Workload::default() });
    assert_eq!(plan.all_work.authors, 2);
    let none = plan_with(rows.iter().map(|row| (row.line, &row.outcome)), |_| true);
    assert_eq!((none.items().count(), none.remaining_work), (0, Workload::default()));
}

#[test]
fn calls_units_time_and_days_follow_from_the_counts() {
    let work = Workload {
        authors: 360,
        isbns_with_author: 400,
        isbns_alone: 150,
        titles_with_author: 50,
        titles_alone: 10,
    };
    let summary = summary(&work, &work, &provider_limits());
    let [isbndb, open_library, google] = summary.providers.as_slice() else { panic!() };
    // Pages; numbers in calls of a hundred, a unit each; titles one by one.
    assert_eq!(isbndb.units, Range { least: 520, expected: 610, most: 970 });
    assert_eq!(isbndb.calls, Range { least: 372, expected: 383, most: 426 });
    assert_eq!(summary.minimum.isbndb, Cost { calls: 372, units: 520 });
    // 400 units are left of the first day.
    assert_eq!(isbndb.days, Range { least: 2, expected: 2, most: 2 });
    assert_eq!(isbndb.time_ms.least, 372_000);
    assert_eq!(open_library.calls, Range { least: 373, expected: 385, most: 431 });
    assert_eq!(open_library.days.most, 1);
    assert_eq!(google.calls, Range { least: 0, expected: 20, most: 610 });
    // The rest of the units waits for the reset: 120 of 520 take their share of the time.
    assert_eq!(summary.done_at_ms.least, DAY_MS + 372_000 * 120 / 520);
    // 610 units in seven days.
    assert_eq!(summary.keep_warm.units_a_day, 88);
    assert_eq!((summary.keep_warm.every_days, summary.keep_warm.fits_quota), (7, true));
}

#[test]
fn a_library_beyond_the_quota_is_refreshed_more_slowly() {
    let work = Workload { authors: 7_000, isbns_with_author: 10_000, ..Workload::default() };
    let big = summary(&work, &work, &provider_limits());
    assert_eq!((big.keep_warm.every_days, big.keep_warm.fits_quota), (9, true));
    assert_eq!(big.providers[0].days, Range { least: 8, expected: 10, most: 18 });
    let work = Workload { isbns_alone: 100_000, ..Workload::default() };
    assert!(!summary(&work, &work, &provider_limits()).keep_warm.fits_quota);
    let nothing = summary(&Workload::default(), &work, &provider_limits());
    assert_eq!(nothing.providers[0].days, Range::default());
    assert_eq!(nothing.done_at_ms.most, provider_limits().now_ms);
}

#[test]
fn without_a_key_only_open_library_is_asked() {
    let work = Workload { authors: 3, isbns_alone: 60, ..Workload::default() };
    let provider_limits = ProviderLimits { isbndb: None, google: None, ..provider_limits() };
    let summary = summary(&work, &work, &provider_limits);
    assert_eq!(summary.providers.len(), 1);
    assert_eq!(summary.providers[0].calls, Range { least: 5, expected: 5, most: 5 });
    assert_eq!(summary.minimum.isbndb, Cost::default());
    assert!(summary.keep_warm.fits_quota);
}

#[test]
fn the_leafs_quota_gives_the_terms() {
    let quota = Quota {
        plan: "basic".to_owned(),
        daily_limit: 1_000,
        spent: 300,
        left: 700,
        left_background: 500,
        resets_at_ms: 5,
        pace_ms: 1_000,
        bulk_size: 100,
        refused: None,
        mismatch: None,
    };
    let provider_limits = IsbndbLimits::from(&quota);
    // 200 are kept for people, today and on other days.
    assert_eq!((provider_limits.left_today, provider_limits.daily_units), (500, 800));
}

#[test]
fn the_summary_is_readable_as_json() {
    let work = Workload { authors: 1, ..Workload::default() };
    let summary = summary(&work, &work, &provider_limits());
    let json = serde_json::to_value(&summary).unwrap();
    assert_eq!(json["providers"][0]["provider"], "isbndb");
    assert_eq!(json["minimum"]["isbndb"]["units"], 1);
    assert_eq!(json["keepWarm"]["everyDays"], 7);
    assert_eq!(serde_json::from_value::<PlanSummary>(json).unwrap(), summary);
}
