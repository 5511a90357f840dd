//! What the simulated platform does, and that a world is the same twice.

use std::rc::Rc;

use testkit::Executor;

use crate::disk::{Disk, Value};
use crate::faults::Planted;
use crate::library::catalogue_csv;
use crate::place::Place;
use crate::plan::{HOUR_MS, Plan, What};
use crate::run::run;
use crate::shorten::shorten;
use crate::world::{START_MS, World};
use emulators::in_process::Books;

fn books() -> Books {
    Books::of_csv(&catalogue_csv(), false)
}

/// The upload of a seed, and its first searches.
fn small_plan(seed: u64) -> Plan {
    let mut plan = Plan::of_seed(seed, 1);
    let is_kept = |what: &What| matches!(what, What::Upload { .. } | What::Search { .. });
    plan.events.retain(|event| event.after_ms < 3 * HOUR_MS && is_kept(&event.what));
    plan
}

fn world(executor: &Executor) -> Rc<World> {
    World::new(executor.host(), &small_plan(1), &books(), false)
}

#[test]
fn a_world_is_the_same_twice_and_breaks_no_rule() {
    let (plan, books) = (small_plan(3), books());
    let first = run(&plan, &books, true);
    assert_eq!(first.violations, []);
    assert!(first.trace.lines().count() > 100, "{}", first.trace);
    assert!(run(&plan, &books, true) == first);
    let another = run(&small_plan(4), &books, true);
    assert_ne!(another.trace, first.trace);
}

/// Whole days with every kind of fault. `cargo xtask simulate` runs hundreds of them.
#[test]
fn days_with_faults_break_no_rule() {
    let books = books();
    // 92: half of ISBNdb's answers are missing for half an hour, and no item may fail of it.
    for seed in [1, 92] {
        assert_eq!(run(&Plan::of_seed(seed, 1), &books, false).violations, [], "seed {seed}");
    }
}

#[test]
fn a_broken_rule_is_found_and_its_plan_shortened() {
    let planted = Some(Planted::WrongBookStored);
    let (plan, books) = (Plan { planted, ..small_plan(3) }, books());
    let rule = run(&plan, &books, false).violations.first().map(|violation| violation.rule);
    assert_eq!(rule, Some("no_wrong_book"));
    let shortest = shorten(&plan, "no_wrong_book", &books, 6);
    assert!(shortest.events.len() < plan.events.len());
}

#[test]
fn kv_is_a_minute_old_elsewhere() {
    let executor = Executor::new(START_MS);
    let world = world(&executor);
    let place = |location| {
        let (world, life) = (Rc::clone(&world), Rc::default());
        Place { world, worker: "test", life, disk: None, location }
    };
    let (here, there) = (place(0), place(1));
    let read = |place: &Place| {
        let entry = executor.run(world.kv.get(place, "key")).unwrap();
        entry.map(|entry| entry.value.to_vec())
    };
    assert_eq!(read(&there), None);
    executor.run(world.kv.put(&here, "key", Some((b"1", "", 3_600)))).unwrap();
    assert_eq!((read(&here), read(&there)), (Some(b"1".to_vec()), None));
    let again = executor.run(world.kv.put(&here, "key", Some((b"2", "", 3_600))));
    assert!(again.is_err(), "a key takes one write a second");
    executor.advance(60_000);
    assert_eq!(read(&there), Some(b"1".to_vec()));
}

#[test]
fn a_crash_takes_back_what_is_not_on_disk() {
    let executor = Executor::new(START_MS);
    let (world, disk) = (world(&executor), Disk::default());
    let put = |text: &str| {
        let row = ((0, "key".to_owned()), Some(Value::Text(text.to_owned())));
        disk.write(&world, "FLIGHT/test", vec![row]).unwrap();
    };
    let text = || match disk.get(0, "key") {
        Some(Value::Text(text)) => text,
        other => panic!("{other:?}"),
    };
    put("first");
    executor.advance(1_000);
    put("second");
    assert_eq!(text(), "second");
    disk.crash(world.now_ms());
    assert_eq!(text(), "first");
    put("third");
    executor.advance(1_000);
    disk.crash(world.now_ms());
    assert_eq!(text(), "third");
}
