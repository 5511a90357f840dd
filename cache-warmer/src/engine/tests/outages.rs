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
