//! Warming of logged searches: after the library, within the spare quota.

use runtime::wire_types::batch_search_wire_types::BatchItemQuery;
use runtime::wire_types::isbndb_worker_answers::QuotaStatusAnswer;
use runtime::wire_types::search_log::LoggedQuery;

use super::*;
use crate::testing::fake_ports::FakeCacheEntry;
use crate::warming_engine::search_log_warming::spare_units;
use crate::warming_ledger::learned_batch_sizes::WarmingBatchKind;
use crate::warming_ledger::search_log_warming::{SearchLogAvailability, SearchLogWarmingRun};

fn logged_query(q: &str, last_asked_ms: u64) -> LoggedQuery {
    let query = BatchItemQuery::Auto { q: q.to_owned() };
    LoggedQuery { key: format!("q:{q}"), query, times_searched: 2, last_asked_ms }
}

fn set_logged_queries(run: &WarmingEngineTestSetup, queries: &[&str]) {
    let list = queries.iter().map(|q| logged_query(q, 5)).collect();
    *run.fakes.search_log.borrow_mut() = Some(list);
}

fn numbered_searches(n: u32) -> Vec<String> {
    (0..n).map(|n| format!("search {n}")).collect()
}

/// The 02:00 cron, and the steps after it.
fn run_verification_cron(run: &mut WarmingEngineTestSetup) {
    run.warming_engine().begin_daily_verification().unwrap();
    run.run_to_end();
}

fn last_search_warming_run(run: &WarmingEngineTestSetup) -> SearchLogWarmingRun {
    let search_warming = run.store.search_log_warming_state().unwrap();
    assert!(
        search_warming.search_run.is_none()
            && run.store.warmer_state().unwrap().search_warming_due_ms.is_none()
    );
    search_warming.history.last().cloned().unwrap_or_default()
}

fn fetch_count(run: &WarmingEngineTestSetup, q: &str) -> u32 {
    run.fakes.fetched.borrow().get(&format!("q:{q}")).copied().unwrap_or_default()
}

fn next_day(run: &WarmingEngineTestSetup) {
    run.fakes.now_ms.set(run.fakes.now_ms() + DAY_MS);
}

#[test]
fn half_of_the_day_is_kept_for_a_library() {
    let quota = |left_background, refused: Option<&str>| QuotaStatusAnswer {
        plan: "basic".to_owned(),
        daily_limit: 1_000,
        spent: 0,
        left: 1_000,
        left_background,
        resets_at_ms: 9,
        pace_ms: 1_000,
        bulk_size: 100,
        refused: refused.map(str::to_owned),
        mismatch: None,
    };
    for (left, spare) in [(1_000, 500), (970, 470), (501, 1), (500, 0), (12, 0), (0, 0)] {
        assert_eq!(spare_units(&quota(left, None)), spare, "{left}");
    }
    assert_eq!(spare_units(&quota(970, Some("key"))), 0);
}

#[test]
fn a_proxy_without_a_search_log_is_called_once_a_day() {
    let mut run = WarmingEngineTestSetup::new();
    run_verification_cron(&mut run);
    assert_eq!(run.store.search_log_warming_state().unwrap().list, SearchLogAvailability::Off);
    assert_eq!(last_search_warming_run(&run), SearchLogWarmingRun::default(), "no run");
    assert_eq!(run.fakes.faults.operation_count(), 1);
    run_verification_cron(&mut run);
    assert_eq!(run.fakes.faults.operation_count(), 1, "one call a day");
}

#[test]
fn only_missing_and_stale_searches_are_warmed() {
    let mut run = WarmingEngineTestSetup::new();
    set_logged_queries(&run, &["missing", "stale", "fresh", "nobody"]);
    let now_ms = run.fakes.now_ms();
    for (q, fresh_until_ms) in [("stale", now_ms - 1), ("fresh", now_ms + HOUR_MS)] {
        let entry = FakeCacheEntry { fresh_until_ms, empty: false };
        run.fakes.cache.borrow_mut().insert(format!("q:{q}"), entry);
    }
    run.fakes.unknown.borrow_mut().insert("q:nobody".to_owned());
    run_verification_cron(&mut run);
    let search_run = last_search_warming_run(&run);
    assert_eq!(
        (
            search_run.listed,
            search_run.fresh,
            search_run.asked,
            search_run.warmed,
            search_run.absent,
            search_run.failed,
            search_run.left
        ),
        (4, 1, 3, 2, 1, 0, 0),
        "{search_run:?}"
    );
    assert_eq!(search_run.why, None);
    let asked = ["missing", "stale", "fresh", "nobody"].map(|q| fetch_count(&run, q));
    assert_eq!(asked, [1, 1, 0, 1]);
    // The next day all entries are cached. What no provider knew is not queried again …
    next_day(&run);
    run_verification_cron(&mut run);
    let search_run = last_search_warming_run(&run);
    assert_eq!(
        (search_run.fresh, search_run.asked, search_run.absent),
        (2, 1, 1),
        "one entry was fresh for an hour only"
    );
    assert_eq!(fetch_count(&run, "nobody"), 1);
    // … until a client searches for it again.
    next_day(&run);
    run.fakes.cache.borrow_mut().remove("q:nobody");
    *run.fakes.search_log.borrow_mut() = Some(vec![logged_query("nobody", run.fakes.now_ms())]);
    run_verification_cron(&mut run);
    assert_eq!(fetch_count(&run, "nobody"), 2);
}

#[test]
fn searches_that_do_not_fit_into_a_batch_go_into_the_next() {
    let mut run = WarmingEngineTestSetup::new();
    let names = numbered_searches(12);
    set_logged_queries(&run, &names.iter().map(String::as_str).collect::<Vec<_>>());
    run.fakes.capacity.set(2);
    run_verification_cron(&mut run);
    let search_run = last_search_warming_run(&run);
    assert_eq!((search_run.asked, search_run.warmed, search_run.failed), (12, 12, 0));
    assert!(names.iter().all(|q| fetch_count(&run, q) == 1));
    let sizes = run.store.search_log_warming_state().unwrap().batch_sizes;
    assert!(sizes.of(WarmingBatchKind::LookUp) <= 2 && sizes.of(WarmingBatchKind::Title) <= 2);
    // A query that is too large even alone has no answer, and the run ends.
    let mut run = WarmingEngineTestSetup::new();
    set_logged_queries(&run, &["dune"]);
    run.fakes.capacity.set(0);
    run_verification_cron(&mut run);
    assert_eq!(last_search_warming_run(&run).failed, 1);
}

#[test]
fn searches_use_spare_quota_only() {
    let mut run = WarmingEngineTestSetup::new();
    let names = numbered_searches(40);
    set_logged_queries(&run, &names.iter().map(String::as_str).collect::<Vec<_>>());
    run.fakes.daily.set(20);
    run.fakes.spent.set((run.fakes.now_ms() / DAY_MS, 3));
    run_verification_cron(&mut run);
    let search_run = last_search_warming_run(&run);
    assert_eq!(
        (search_run.asked, search_run.warmed, search_run.left),
        (7, 7, 33),
        "17 left, 10 kept"
    );
    assert!(
        search_run.why.as_ref().is_some_and(|why| why.starts_with("no quota to spare")),
        "{search_run:?}"
    );
    let left = run.store.warmer_state().unwrap().quota.unwrap().left_background;
    assert_eq!(left, 10, "searches reduce the quota that was read");
    // On a spent day no search is sent, and the run has the reason.
    let calls = run.fakes.upstream_calls.get();
    next_day(&run);
    run.fakes.spent.set((run.fakes.now_ms() / DAY_MS, 20));
    run_verification_cron(&mut run);
    let search_run = last_search_warming_run(&run);
    assert_eq!((search_run.fresh, search_run.asked, search_run.left), (7, 0, 33));
    assert!(search_run.why.is_some_and(|why| why.contains("0 of 20 units")));
    assert_eq!(run.fakes.upstream_calls.get(), calls);
}

#[test]
fn a_library_comes_first_even_if_paused() {
    let mut run = WarmingEngineTestSetup::with_csv(&sample_library_csv(30, 10));
    set_logged_queries(&run, &["a search"]);
    run.warming_engine().begin_daily_verification().unwrap();
    for _ in 0..1_000 {
        if run.newest_job().state == JobState::Done {
            break;
        }
        assert_eq!(fetch_count(&run, "a search"), 0, "{:?}", run.newest_job().items);
        run.alarm();
    }
    run.run_to_end();
    assert_eq!(fetch_count(&run, "a search"), 1);

    // A new version of the library is found during a run, and is paused.
    next_day(&run);
    let names = numbered_searches(100);
    set_logged_queries(&run, &names.iter().map(String::as_str).collect::<Vec<_>>());
    run.warming_engine().begin_daily_verification().unwrap();
    for _ in 0..1_000 {
        if run
            .store
            .search_log_warming_state()
            .unwrap()
            .search_run
            .is_some_and(|search_run| search_run.asked > 0)
        {
            break;
        }
        run.alarm();
    }
    let before = run.store.search_log_warming_state().unwrap();
    assert!(before.search_run.is_some() && !before.to_warm.is_empty());
    run.fakes.put(LIBRARY_FILE_KEY, &sample_library_csv(31, 10));
    run.scan_uploads();
    run.warming_engine().apply_job_command(run.newest_job(), JobCommand::Pause).unwrap();
    run.run_to_end();
    assert_eq!(run.store.search_log_warming_state().unwrap(), before, "no search is sent");
    run.warming_engine().apply_job_command(run.newest_job(), JobCommand::Resume).unwrap();
    run.run_to_end();
    run.assert_warming_invariants();
    assert_eq!(run.newest_job().state, JobState::Done);
    let search_run = last_search_warming_run(&run);
    assert_eq!((search_run.warmed, search_run.left), (100, 0), "{search_run:?}");
}

#[test]
fn searches_wait_for_a_library_that_waits() {
    let mut run = WarmingEngineTestSetup::with_csv(&sample_library_csv(10, 5));
    set_logged_queries(&run, &["a search"]);
    let slow = format!("i:{}", nth_isbn_text(2));
    run.fakes.unknown.borrow_mut().insert(slow.clone());
    *run.fakes.poison.borrow_mut() = Some((slow, Failure::Provider(ProviderFailure::Timeout)));
    run.warming_engine().begin_daily_verification().unwrap();
    let mut waits = 0;
    while run.newest_job().state != JobState::Done {
        if let NextAlarm::At(at_ms) = run.alarm() {
            waits += 1;
            run.fakes.now_ms.set(at_ms.max(run.fakes.now_ms()));
        }
        assert_eq!(fetch_count(&run, "a search"), 0, "{:?}", run.newest_job().items);
    }
    assert!(waits > 0, "an item is deferred");
    run.run_to_end();
    assert_eq!(last_search_warming_run(&run).warmed, 1);
}

#[test]
fn no_crash_or_lost_write_repeats_a_search() {
    let names = numbered_searches(12);
    let prepared = || {
        let run = WarmingEngineTestSetup::new();
        set_logged_queries(&run, &names.iter().map(String::as_str).collect::<Vec<_>>());
        run
    };
    let mut calm = prepared();
    run_verification_cron(&mut calm);
    assert_eq!(last_search_warming_run(&calm).warmed, 12);
    let (ops, commits) = (calm.fakes.faults.operation_count(), calm.store.commits.get());
    let check = |run: &WarmingEngineTestSetup, lost: u32| {
        let search_run = last_search_warming_run(run);
        assert_eq!(
            (search_run.listed, search_run.left, search_run.asked),
            (12, 0, 12),
            "{search_run:?}"
        );
        assert!(search_run.warmed + lost >= 12, "{search_run:?}");
        assert!(
            run.keys_fetched_more_than_once().is_empty(),
            "{:?}",
            run.keys_fetched_more_than_once()
        );
    };
    for n in 0..ops {
        for crash in [CrashPoint::Before(n), CrashPoint::After(n)] {
            let mut run = prepared();
            run.fakes.faults.set_crash_point(Some(crash));
            run_verification_cron(&mut run);
            check(&run, WarmingBatchKind::Title.usual_size());
        }
    }
    for n in 1..commits {
        for fault in [InjectedStoreFault::Lost, InjectedStoreFault::AnswerLost] {
            let mut run = prepared();
            run.warming_engine().begin_daily_verification().unwrap();
            run.store.fault.set(Some((n - 1, fault)));
            run.run_to_end();
            check(&run, WarmingBatchKind::Title.usual_size());
        }
    }
}

#[test]
fn a_proxy_outage_is_retried_then_waits_a_day() {
    let mut run = WarmingEngineTestSetup::new();
    set_logged_queries(&run, &["a search"]);
    let down = Failure::Provider(ProviderFailure::Upstream { status: 500, retry_after_ms: None });
    *run.fakes.sibling_fault.borrow_mut() = Some((SiblingWorker::Proxy, down));
    run_verification_cron(&mut run);
    assert_eq!(run.fakes.faults.operation_count(), 5);
    assert_eq!(last_search_warming_run(&run), SearchLogWarmingRun::default());
    let search_warming = run.store.search_log_warming_state().unwrap();
    assert_eq!(
        search_warming.list,
        SearchLogAvailability::Unreadable("books-api-proxy: upstream_error".to_owned())
    );
    *run.fakes.sibling_fault.borrow_mut() = None;
    next_day(&run);
    run_verification_cron(&mut run);
    assert_eq!(last_search_warming_run(&run).warmed, 1);
}

#[test]
fn a_provider_outage_ends_the_run_with_its_reason() {
    let mut run = WarmingEngineTestSetup::new();
    let names = numbered_searches(12);
    set_logged_queries(&run, &names.iter().map(String::as_str).collect::<Vec<_>>());
    *run.fakes.item_fault.borrow_mut() = Some(Failure::Provider(ProviderFailure::Timeout));
    run_verification_cron(&mut run);
    let search_run = last_search_warming_run(&run);
    let chunk = WarmingBatchKind::Title.usual_size();
    assert_eq!((search_run.asked, search_run.failed, search_run.left), (chunk, chunk, 12 - chunk));
    assert_eq!(search_run.why.as_deref(), Some("isbndb: timeout"));
    assert!(run.store.warmer_state().unwrap().backoff.is_none(), "a new library does not wait");
}

#[test]
fn a_proxy_outage_ends_the_run() {
    let mut run = WarmingEngineTestSetup::new();
    let names = numbered_searches(12);
    set_logged_queries(&run, &names.iter().map(String::as_str).collect::<Vec<_>>());
    run.warming_engine().begin_daily_verification().unwrap();
    while run.store.search_log_warming_state().unwrap().to_warm.is_empty() {
        run.alarm();
    }
    *run.fakes.sibling_fault.borrow_mut() =
        Some((SiblingWorker::Proxy, Failure::Provider(ProviderFailure::Timeout)));
    run.run_to_end();
    let search_run = last_search_warming_run(&run);
    let chunk = WarmingBatchKind::Title.usual_size();
    assert_eq!((search_run.asked, search_run.failed, search_run.left), (chunk, chunk, 12 - chunk));
    assert_eq!(search_run.why.as_deref(), Some("books-api-proxy: timeout"));
}

#[test]
fn a_partial_answer_warms_nothing() {
    let mut run = WarmingEngineTestSetup::new();
    set_logged_queries(&run, &["a search"]);
    run.fakes.half_down.set(true);
    run_verification_cron(&mut run);
    let search_run = last_search_warming_run(&run);
    assert_eq!(
        (search_run.asked, search_run.warmed, search_run.failed, search_run.left),
        (1, 0, 1, 0)
    );
}
