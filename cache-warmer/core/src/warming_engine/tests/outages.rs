//! Outages of a provider or a sibling do not harm a library.

use super::*;

#[test]
fn a_provider_outage_fails_no_item_while_others_answer() {
    let mut run = WarmingEngineTestSetup::with_csv(&sample_library_csv(30, 10));
    add_unknown(&run);
    run.fakes.half_down.set(true);
    run.run_until(run.fakes.now_ms() + 12 * HOUR_MS);
    run.assert_warming_invariants();
    let job = run.newest_job();
    assert_eq!(job.state, JobState::Warming);
    assert_eq!((job.items.failed, job.items.not_found), (0, 0), "{:?}", job.failures);
    run.fakes.half_down.set(false);
    run.run_to_end();
    run.assert_warming_invariants();
    let job = run.newest_job();
    assert_eq!((job.state, job.items.failed, job.items.not_found), (JobState::Done, 0, 2));
}

#[test]
fn a_repeated_long_wait_is_announced_once() {
    let mut run = WarmingEngineTestSetup::with_csv(&sample_library_csv(30, 10));
    let failure =
        Failure::Provider(ProviderFailure::Upstream { status: 503, retry_after_ms: Some(61_000) });
    *run.fakes.item_fault.borrow_mut() = Some(failure);
    run.run_until(run.fakes.now_ms() + DAY_MS);
    assert_eq!(run.newest_job().items.failed, 0);
    assert!(run.fakes.kv_writes.get() < 300, "{} writes", run.fakes.kv_writes.get());
}

#[test]
fn status_shows_what_the_last_items_wait_for() {
    let mut run = WarmingEngineTestSetup::with_csv(&format!(
        "ISBN\n{}\n{}\n",
        nth_isbn_text(1),
        nth_isbn_text(2)
    ));
    run.fakes.half_down.set(true);
    run.run_until(run.fakes.now_ms() + HOUR_MS);
    let job = run.newest_job();
    assert!(job.items.deferred > 0 && job.items.pending == 0, "{:?}", job.items);
    let now_ms = run.fakes.now_ms();
    let shown = run.shown_job();
    let waiting = &shown["waiting"];
    assert!(waiting["reason"].as_str().is_some_and(|why| why.starts_with("partial")), "{shown}");
    let until_ms = waiting["until"].as_u64().unwrap();
    assert!(until_ms > now_ms, "{shown}");
    assert!(shown["etaSecs"].as_u64().unwrap() * 1_000 >= until_ms - now_ms, "{shown}");
}

#[test]
fn an_author_refused_by_isbndb_goes_to_other_providers() {
    let name = "Committee ".repeat(16);
    let mut run = WarmingEngineTestSetup::with_csv(&format!(
        "Title,Author,ISBN\nSome Book,{name},{}\n",
        nth_isbn_text(1)
    ));
    run.run_to_end();
    run.assert_warming_invariants();
    assert_eq!(
        (run.newest_job().items.done, run.newest_job().items.failed),
        (2, 0),
        "{:?}",
        run.newest_job()
    );
}

#[test]
fn an_unknown_author_is_listed() {
    let mut run = WarmingEngineTestSetup::with_csv(&sample_library_csv(12, 4));
    add_unknown(&run);
    run.run_to_end();
    let job = run.newest_job();
    let [named] = job.author_failures.as_slice() else { panic!("{job:?}") };
    assert_eq!(named.row, "Nobody Known");
    assert!(named.reason.contains("author"));
    run.fakes.unknown.borrow_mut().clear();
    run.fakes.cache.borrow_mut().clear();
    run.warming_engine().apply_job_command(job, JobCommand::Retry).unwrap();
    run.run_to_end();
    assert!(run.newest_job().author_failures.is_empty() && run.newest_job().failures.len() == 1);
}

fn isbn_csv(n: u32) -> String {
    (0..n).fold("ISBN\n".to_owned(), |csv, n| csv + &nth_isbn_text(n) + "\n")
}

#[test]
fn a_bulk_outage_of_isbndb_queries_no_other_provider() {
    let mut run = WarmingEngineTestSetup::with_csv(&isbn_csv(150));
    while run.newest_job().items.done < 100 {
        run.alarm();
    }
    *run.fakes.sibling_fault.borrow_mut() =
        Some((SiblingWorker::Isbndb, Failure::Provider(ProviderFailure::Timeout)));
    run.run_until(run.fakes.now_ms() + 1_000);
    assert_eq!(run.newest_job().items.done, 100);
    assert_eq!(run.store.warmer_state().unwrap().backoff.unwrap().reason, "isbndb: timeout");
    *run.fakes.sibling_fault.borrow_mut() = None;
    run.run_to_end();
    run.assert_warming_invariants();
    assert_eq!((run.newest_job().items.done, run.newest_job().items.failed), (150, 0));
    assert!(run.store.warmer_state().unwrap().isbndb_ms > 0, "the ISBNdb Worker's answer counts");
}

#[test]
fn a_bulk_refused_by_isbndb_goes_to_the_proxy() {
    let mut run = WarmingEngineTestSetup::with_csv(&isbn_csv(150));
    while run.newest_job().items.done < 100 {
        run.alarm();
    }
    let refused = Failure::bad_request("isbns: too many");
    *run.fakes.sibling_fault.borrow_mut() = Some((SiblingWorker::Isbndb, refused));
    run.run_until(run.fakes.now_ms() + 1_000);
    assert_eq!((run.newest_job().items.done, run.newest_job().items.failed), (150, 0));
}

#[test]
fn spent_calls_and_units_are_counted() {
    let mut run = WarmingEngineTestSetup::with_csv(&isbn_csv(30));
    run.run_to_end();
    let spent = run.newest_job().spent;
    assert_eq!((spent.isbndb_calls, spent.isbndb_units), (1, 30));
    // One cache scan, one bulk call, batches of twenty and of ten to the proxy.
    assert_eq!(spent.binding_calls, 4);
}

#[test]
fn a_key_that_is_given_later_is_used_within_the_hour() {
    let mut run = WarmingEngineTestSetup::with_csv(&sample_library_csv(12, 4));
    run.fakes.keyless.set(true);
    run.run_to_end();
    run.fakes.keyless.set(false);
    for (wait_ms, books, used) in [(HOUR_MS / 2, 14, false), (HOUR_MS, 16, true)] {
        run.fakes.now_ms.set(run.fakes.now_ms() + wait_ms);
        run.fakes.put(LIBRARY_FILE_KEY, &sample_library_csv(books, 4));
        run.scan_uploads();
        run.run_to_end();
        assert_eq!(run.newest_job().state, JobState::Done);
        let is_off = run.store.warmer_state().unwrap().isbndb_has_no_key;
        assert_eq!((!is_off, run.fakes.upstream_calls.get() > 0), (used, used));
    }
}

#[test]
fn a_refused_quota_request_is_repeated_after_a_pause() {
    let mut run = WarmingEngineTestSetup::with_csv(&isbn_csv(30));
    let refusal = Failure::bad_request("an unknown route");
    *run.fakes.sibling_fault.borrow_mut() = Some((SiblingWorker::Isbndb, refusal));
    run.run_until(run.fakes.now_ms() + HOUR_MS);
    let backoff = run.store.warmer_state().unwrap().backoff.unwrap();
    assert!(backoff.until_ms > run.fakes.now_ms() && backoff.streak > 2, "{backoff:?}");
    assert_eq!(run.newest_job().items.failed, 0);
    *run.fakes.sibling_fault.borrow_mut() = None;
    run.run_to_end();
    assert_eq!((run.newest_job().state, run.newest_job().items.done), (JobState::Done, 30));
}

#[test]
fn a_new_day_needs_no_probe() {
    let mut run = WarmingEngineTestSetup::with_csv(&isbn_csv(30));
    run.fakes.daily.set(10);
    run.run_until(run.fakes.now_ms() + HOUR_MS);
    let backoff = run.store.warmer_state().unwrap().backoff.unwrap();
    assert_eq!((run.newest_job().items.done, backoff.reason.as_str()), (10, "isbndb: quota_spent"));
    run.fakes.now_ms.set(backoff.until_ms);
    while run.newest_job().fetched.is_empty() {
        run.alarm();
    }
    assert_eq!(run.newest_job().fetched.len(), 10);
}

#[test]
fn without_a_key_isbns_go_to_other_providers() {
    let mut run = WarmingEngineTestSetup::with_csv(&isbn_csv(30));
    run.fakes.keyless.set(true);
    run.run_to_end();
    run.assert_warming_invariants();
    assert_eq!((run.newest_job().items.done, run.newest_job().items.failed), (30, 0));
    assert!(run.store.warmer_state().unwrap().isbndb_has_no_key);
    assert!(run.fakes.now_ms() < 20_000 * DAY_MS + HOUR_MS, "no wait");
}

#[test]
fn titles_are_warmed_with_their_author() {
    let mut run =
        WarmingEngineTestSetup::with_csv("Title,Author,ISBN\nOne,Writer A0,\nTwo,Writer A0,\n");
    run.run_to_end();
    run.assert_warming_invariants();
    assert_eq!(run.newest_job().items.done, 3);
    // One cache scan, one author page, one batch to the proxy.
    assert_eq!(run.newest_job().spent.binding_calls, 3);
}

#[test]
fn a_refused_key_is_shown_and_checked_hourly() {
    let mut run = WarmingEngineTestSetup::with_csv(&isbn_csv(30));
    run.fakes.refused.set(true);
    run.run_until(run.fakes.now_ms() + HOUR_MS / 2);
    let backoff = run.store.warmer_state().unwrap().backoff.unwrap();
    assert_eq!(backoff.reason, "isbndb: refused (401): check key, plan and host");
    let wait_ms = backoff.until_ms - run.fakes.now_ms();
    assert!((HOUR_MS / 3..HOUR_MS).contains(&wait_ms), "{wait_ms}");
    assert_eq!((run.newest_job().items.done, run.fakes.upstream_calls.get()), (0, 0));
    run.fakes.refused.set(false);
    run.run_to_end();
    assert_eq!((run.newest_job().items.done, run.newest_job().items.failed), (30, 0));
}

#[test]
fn a_plan_that_differs_from_the_key_is_named_once() {
    let mut run = WarmingEngineTestSetup::with_csv(&sample_library_csv(30, 10));
    let detail = "ISBNDB_PLAN is enterprise, but ISBNdb gives this key 1000 units a day";
    *run.fakes.mismatch.borrow_mut() = Some(detail.to_owned());
    run.run_to_end();
    assert_eq!(run.newest_job().state, JobState::Done);
    let logs = run.fakes.logs.borrow();
    let named: Vec<_> = logs.iter().filter(|line| line.starts_with("plan_mismatch")).collect();
    assert_eq!(named, [&format!("plan_mismatch: {detail}")]);
    let meta = run.store.warmer_state().unwrap();
    assert_eq!(super::super::operator_view::operator_warnings(&meta), [detail]);
}
