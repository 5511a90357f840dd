//! Somebody is down, and what that must not do to a library.

use super::*;

#[test]
fn a_provider_s_outage_fails_nothing_while_the_others_answer() {
    let mut run = Run::with(&library(30, 10));
    unknown(&run);
    run.world.half_down.set(true);
    run.run_until(run.world.now_ms() + 12 * HOUR_MS);
    run.check();
    let job = run.job();
    assert_eq!(job.state, JobState::Warming);
    assert_eq!((job.items.failed, job.items.not_found), (0, 0), "{:?}", job.failures);
    run.world.half_down.set(false);
    run.run();
    run.check();
    let job = run.job();
    assert_eq!((job.state, job.items.failed, job.items.not_found), (JobState::Done, 0, 2));
}

#[test]
fn a_long_wait_that_comes_back_all_day_is_not_announced_each_time() {
    let mut run = Run::with(&library(30, 10));
    let failure = Failure::Upstream { status: 503, retry_after_ms: Some(61_000) };
    *run.world.item_fault.borrow_mut() = Some(failure);
    run.run_until(run.world.now_ms() + DAY_MS);
    assert_eq!(run.job().items.failed, 0);
    assert!(run.world.kv_writes.get() < 300, "{} writes", run.world.kv_writes.get());
}

#[test]
fn what_the_last_items_wait_for_is_told() {
    let mut run = Run::with(&format!("ISBN\n{}\n{}\n", isbn(1), isbn(2)));
    run.world.half_down.set(true);
    run.run_until(run.world.now_ms() + HOUR_MS);
    let mut job = run.job();
    assert!(job.items.deferred > 0 && job.items.pending == 0, "{:?}", job.items);
    job.ahead = crate::engine::choose::ahead(&run.store, &job).unwrap();
    let now_ms = run.world.now_ms();
    let shown = crate::view::job(&job, &run.store.meta().unwrap(), &run.settings, now_ms);
    let waiting = &shown["waiting"];
    assert!(waiting["reason"].as_str().is_some_and(|why| why.starts_with("partial")), "{shown}");
    let until_ms = waiting["until"].as_u64().unwrap();
    assert!(until_ms > now_ms, "{shown}");
    assert!(shown["etaSecs"].as_u64().unwrap() * 1_000 >= until_ms - now_ms, "{shown}");
}

#[test]
fn an_author_whom_the_leaf_does_not_take_is_asked_of_the_others() {
    let name = "Committee ".repeat(16);
    let mut run = Run::with(&format!("Title,Author,ISBN\nSome Book,{name},{}\n", isbn(1)));
    run.run();
    run.check();
    assert_eq!((run.job().items.done, run.job().items.failed), (2, 0), "{:?}", run.job());
}

#[test]
fn an_author_that_nobody_knows_is_named() {
    let mut run = Run::with(&library(12, 4));
    unknown(&run);
    run.run();
    let job = run.job();
    let [named] = job.author_failures.as_slice() else { panic!("{job:?}") };
    assert_eq!(named.row, "Nobody Known");
    assert!(named.reason.contains("author"));
    run.world.unknown.borrow_mut().clear();
    run.world.cache.borrow_mut().clear();
    run.engine().command(job, Command::Retry).unwrap().unwrap();
    run.run();
    assert!(run.job().author_failures.is_empty() && run.job().failures.len() == 1);
}

fn numbers(n: u32) -> String {
    (0..n).fold("ISBN\n".to_owned(), |csv, n| csv + &isbn(n) + "\n")
}

#[test]
fn a_leaf_that_is_out_for_a_bulk_call_is_waited_for_and_nobody_asked_in_its_place() {
    let mut run = Run::with(&numbers(150));
    while run.job().items.done < 100 {
        run.alarm();
    }
    *run.world.peer_fault.borrow_mut() = Some((Peer::Leaf, Failure::Timeout));
    run.run_until(run.world.now_ms() + 1_000);
    assert_eq!(run.job().items.done, 100);
    assert_eq!(run.store.meta().unwrap().hold.unwrap().reason, "isbndb: timeout");
    *run.world.peer_fault.borrow_mut() = None;
    run.run();
    run.check();
    assert_eq!((run.job().items.done, run.job().items.failed), (150, 0));
    assert!(run.store.meta().unwrap().isbndb_ms > 0, "its word was heard");
}

#[test]
fn a_bulk_that_the_leaf_does_not_take_is_asked_of_the_proxy() {
    let mut run = Run::with(&numbers(150));
    while run.job().items.done < 100 {
        run.alarm();
    }
    let refused = Failure::BadRequest { what: "isbns: too many".to_owned() };
    *run.world.peer_fault.borrow_mut() = Some((Peer::Leaf, refused));
    run.run_until(run.world.now_ms() + 1_000);
    assert_eq!((run.job().items.done, run.job().items.failed), (150, 0));
}

#[test]
fn what_a_library_cost_is_counted() {
    let mut run = Run::with(&numbers(30));
    run.run();
    let spent = run.job().spent;
    assert_eq!((spent.isbndb_calls, spent.isbndb_units), (1, 30));
    // The cache, the leaf, the proxy for twenty and for ten.
    assert_eq!(spent.binding_calls, 4);
}

#[test]
fn a_key_that_is_given_later_is_used_within_the_hour() {
    let mut run = Run::with(&library(12, 4));
    run.world.keyless.set(true);
    run.run();
    run.world.keyless.set(false);
    for (wait_ms, books, used) in [(HOUR_MS / 2, 14, false), (HOUR_MS, 16, true)] {
        run.world.now_ms.set(run.world.now_ms() + wait_ms);
        run.world.put(FILE, &library(books, 4));
        run.scan();
        run.run();
        assert_eq!(run.job().state, JobState::Done);
        let is_off = run.store.meta().unwrap().leaf_off;
        assert_eq!((!is_off, run.world.upstream_calls.get() > 0), (used, used));
    }
}

#[test]
fn a_new_day_needs_no_probe() {
    let mut run = Run::with(&numbers(30));
    run.world.daily.set(10);
    run.run_until(run.world.now_ms() + HOUR_MS);
    let hold = run.store.meta().unwrap().hold.unwrap();
    assert_eq!((run.job().items.done, hold.reason.as_str()), (10, "isbndb: quota_spent"));
    run.world.now_ms.set(hold.until_ms);
    while run.job().fetched.is_empty() {
        run.alarm();
    }
    assert_eq!(run.job().fetched.len(), 10);
}

#[test]
fn without_a_key_numbers_are_asked_of_the_others() {
    let mut run = Run::with(&numbers(30));
    run.world.keyless.set(true);
    run.run();
    run.check();
    assert_eq!((run.job().items.done, run.job().items.failed), (30, 0));
    assert!(run.store.meta().unwrap().leaf_off);
    assert!(run.world.now_ms() < 20_000 * DAY_MS + HOUR_MS, "nothing was waited for");
}

#[test]
fn titles_come_along_with_their_author() {
    let mut run = Run::with("Title,Author,ISBN\nOne,Writer A0,\nTwo,Writer A0,\n");
    run.run();
    run.check();
    assert_eq!(run.job().items.done, 3);
    // The cache, the leaf for the author, the proxy for all of it.
    assert_eq!(run.job().spent.binding_calls, 3);
}

#[test]
fn a_refused_key_is_told_and_looked_at_again_in_an_hour() {
    let mut run = Run::with(&numbers(30));
    run.world.refused.set(true);
    run.run_until(run.world.now_ms() + HOUR_MS / 2);
    let hold = run.store.meta().unwrap().hold.unwrap();
    assert_eq!(hold.reason, "isbndb: refused (401): check key, plan and host");
    let wait_ms = hold.until_ms - run.world.now_ms();
    assert!((HOUR_MS / 3..HOUR_MS).contains(&wait_ms), "{wait_ms}");
    assert_eq!((run.job().items.done, run.world.upstream_calls.get()), (0, 0));
    run.world.refused.set(false);
    run.run();
    assert_eq!((run.job().items.done, run.job().items.failed), (30, 0));
}

#[test]
fn a_plan_that_differs_from_the_key_is_named_once() {
    let mut run = Run::with(&library(30, 10));
    let what = "ISBNDB_PLAN is enterprise, but ISBNdb gives this key 1000 units a day";
    *run.world.mismatch.borrow_mut() = Some(what.to_owned());
    run.run();
    assert_eq!(run.job().state, JobState::Done);
    let logs = run.world.logs.borrow();
    let named: Vec<_> = logs.iter().filter(|line| line.starts_with("plan_mismatch")).collect();
    assert_eq!(named, [&format!("plan_mismatch: {what}")]);
    let meta = run.store.meta().unwrap();
    assert_eq!(crate::view::warnings(&meta), [what]);
}
