//! The daily verification looks up both keys of a book, its ISBN's and its title's.

use super::*;

fn title_cache_key(run: &WarmingEngineTestSetup) -> String {
    let item =
        run.store.all_warming_items(1).into_iter().find(|item| item.key.starts_with("b:")).unwrap();
    let mut asked = item;
    asked.stage = WarmStage::Title;
    key_of(&batch_item_of_warming_item(&asked).unwrap().query)
}

fn one_book() -> String {
    format!("Title,Author,ISBN\nSome Book,A One,{}\n", nth_isbn_text(1))
}

/// A library of one book whose title is stored with no other entry.
fn run_without_title_entry(known: bool) -> WarmingEngineTestSetup {
    let mut run = WarmingEngineTestSetup::with_csv(&one_book());
    run.alarm();
    let key = "t:some book|a one".to_owned();
    run.fakes.unstored_title_keys.borrow_mut().insert(key.clone());
    if !known {
        run.fakes.unknown.borrow_mut().insert(key);
    }
    run.run_to_end();
    run.assert_warming_invariants();
    assert_eq!(
        (run.newest_job().items.done, run.newest_job().items.total),
        (2, 2),
        "{:?}",
        run.newest_job().failures
    );
    run
}

fn run_daily_verification(run: &mut WarmingEngineTestSetup, days: u64) {
    run.fakes.now_ms.set(run.fakes.now_ms() + days * DAY_MS);
    run.warming_engine().begin_daily_verification().unwrap();
    run.run_to_end();
    run.assert_warming_invariants();
}

#[test]
fn an_isbn_with_an_unknown_title_is_not_missing_daily() {
    let mut run = run_without_title_entry(false);
    let calls = run.fakes.upstream_calls.get();
    for day in 1..=3 {
        run_daily_verification(&mut run, 1);
        let coverage = run.newest_job().coverage.pop().unwrap();
        assert_eq!((coverage.asked, coverage.warm, coverage.missing), (2, 2, 0), "day {day}");
    }
    assert_eq!(run.fakes.upstream_calls.get(), calls);
}

#[test]
fn a_missing_isbn_is_noticed_despite_its_title_entry() {
    let mut run = run_without_title_entry(true);
    let number = format!("i:{}", nth_isbn_text(1));
    assert!(run.fakes.cache.borrow_mut().remove(&number).is_some());
    run_daily_verification(&mut run, 1);
    assert_eq!(run.newest_job().coverage.pop().unwrap().missing, 1);
    assert!(run.fakes.cache.borrow().contains_key(&number));
}

#[test]
fn a_missing_title_is_noticed_despite_its_isbn_entry() {
    let mut run = WarmingEngineTestSetup::with_csv(&one_book());
    run.run_to_end();
    for mut run in [run, run_without_title_entry(true)] {
        let title = title_cache_key(&run);
        assert!(run.fakes.cache.borrow_mut().remove(&title).is_some());
        run_daily_verification(&mut run, 1);
        assert_eq!(run.newest_job().coverage.pop().unwrap().missing, 1);
        assert!(
            run.fakes.cache.borrow().contains_key(&title),
            "{:?}",
            run.store.all_warming_items(1)
        );
    }
}

#[test]
fn an_isbn_that_became_unknown_is_not_done() {
    let mut run = run_without_title_entry(true);
    let number = format!("i:{}", nth_isbn_text(1));
    run.fakes.cache.borrow_mut().remove(&number);
    run.fakes.unknown.borrow_mut().insert(number);
    run_daily_verification(&mut run, 1);
    assert_eq!((run.newest_job().items.not_found, run.newest_job().items.done), (1, 1));
}

#[test]
fn an_item_refused_in_a_look_up_fails_alone() {
    let mut run = WarmingEngineTestSetup::with_csv(&sample_library_csv(12, 4));
    run.run_to_end();
    let done = run.newest_job().items.done;
    let gone = format!("i:{}", nth_isbn_text(3));
    run.fakes.cache.borrow_mut().remove(&gone);
    *run.fakes.refused_with.borrow_mut() = Some(format!("i:{}", nth_isbn_text(4)));
    run_daily_verification(&mut run, 1);
    let coverage = run.newest_job().coverage.pop().unwrap();
    assert_eq!((coverage.asked, coverage.missing), (done - 1, 1));
    assert!(run.fakes.cache.borrow().contains_key(&gone));
}

#[test]
fn a_rejected_isbn_does_not_return_with_its_author() {
    let guess = "i:9781594633669".to_owned();
    let mut run =
        WarmingEngineTestSetup::with_csv("Title,Author,ISBN\nGuessed,Writer B1,9781594633661\n");
    run.fakes.wrong.borrow_mut().insert(guess.clone());
    run.run_to_end();
    assert_eq!(run.newest_job().items.done, 2, "{:?}", run.newest_job());
    run.fakes.wrong.borrow_mut().clear();
    run.fakes.now_ms.set(run.fakes.now_ms() + 6 * DAY_MS + HOUR_MS);
    run.warming_engine().begin_daily_verification().unwrap();
    run.run_to_end();
    run.assert_warming_invariants();
    assert_eq!((run.newest_job().coverage[0].expiring, run.newest_job().items.done), (2, 2));
    assert_eq!(run.fakes.fetched.borrow().get("a:writer b1"), Some(&2));
    assert!(!run.fakes.fetched.borrow().contains_key(&guess));
}

#[test]
fn a_retried_author_is_sent_with_open_books_only() {
    let mut run = WarmingEngineTestSetup::with_csv(&format!(
        "Title,Author,ISBN\nA Book,Writer A0,{}\n",
        nth_isbn_text(1)
    ));
    let failure = Failure::bad_request("name");
    *run.fakes.poison.borrow_mut() = Some(("a:writer a0".to_owned(), failure));
    run.run_to_end();
    assert_eq!((run.newest_job().items.done, run.newest_job().items.failed), (1, 1));
    *run.fakes.poison.borrow_mut() = None;
    run.warming_engine().apply_job_command(run.newest_job(), JobCommand::Retry).unwrap();
    run.run_to_end();
    assert_eq!(run.newest_job().items.done, 2);
    assert_eq!(run.keys_fetched_more_than_once(), Vec::<String>::new());
}

#[test]
fn a_rejected_isbn_is_not_billed_again() {
    let mut run = WarmingEngineTestSetup::with_csv("Title,Author,ISBN\nGuessed,,9781594633661\n");
    run.fakes.wrong.borrow_mut().insert("i:9781594633669".to_owned());
    run.run_to_end();
    assert_eq!((run.newest_job().items.done, run.fakes.isbndb_books.borrow().len()), (1, 1));
    run.fakes.isbndb_books.borrow_mut().clear();
    run.fakes.now_ms.set(run.fakes.now_ms() + 6 * DAY_MS + HOUR_MS);
    run.warming_engine().begin_daily_verification().unwrap();
    run.run_to_end();
    run.assert_warming_invariants();
    assert_eq!((run.newest_job().coverage[0].expiring, run.newest_job().items.done), (1, 1));
    assert!(
        run.fakes.fetched.borrow().values().all(|times| *times == 2),
        "its title was fetched again"
    );
    assert!(run.fakes.isbndb_books.borrow().is_empty());
}

#[test]
fn isbns_are_refreshed_in_bulk() {
    let mut run = WarmingEngineTestSetup::with_csv(&format!(
        "ISBN\n{}\n{}\n",
        nth_isbn_text(1),
        nth_isbn_text(2)
    ));
    run.run_to_end();
    run.fakes.isbndb_books.borrow_mut().clear();
    let calls = run.fakes.upstream_calls.get();
    run.fakes.now_ms.set(run.fakes.now_ms() + 6 * DAY_MS + HOUR_MS);
    run.warming_engine().begin_daily_verification().unwrap();
    run.run_to_end();
    assert_eq!((run.newest_job().coverage[0].expiring, run.newest_job().items.done), (2, 2));
    assert_eq!(
        (run.fakes.isbndb_books.borrow().len(), run.fakes.upstream_calls.get()),
        (2, calls + 1)
    );
}
