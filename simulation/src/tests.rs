//! Tests of the simulated platform, and that equal seeds give equal worlds.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use emulators::in_process_providers::{EmulatedProviders, SharedCatalogue};
use testkit::Executor;

use crate::event_coverage;
use crate::faults::{PROVIDER_FAULTS, PlantedFault, PlatformFault, STORE_FAULTS};
use crate::multi_seed_runner::run_all;
use crate::scenario::{HOUR_MS, LIBRARY_FILE_KEY, MINUTE_MS, PlannedEvent, Scenario, WorldEvent};
use crate::shrink::shrink;
use crate::sim_disk::{SimObjectDisk, SimStorageRow};
use crate::sim_library::{catalogue_csv, isbn_of_number};
use crate::sim_workers::SimWorkers;
use crate::simulation_context::START_MS;
use crate::world::SimWorld;
use crate::world_run::run_world;

fn library_catalogue() -> SharedCatalogue {
    SharedCatalogue::of_csv(&catalogue_csv(), false)
}

/// The upload of a seed, and its first searches.
fn small_plan(seed: u64) -> Scenario {
    let mut plan = Scenario::of_seed(seed, 1);
    let is_kept =
        |what: &WorldEvent| matches!(what, WorldEvent::Upload { .. } | WorldEvent::Search { .. });
    plan.events.retain(|event| event.after_ms < 3 * HOUR_MS && is_kept(&event.what));
    plan
}

fn small_world(executor: &Executor) -> Rc<SimWorld> {
    let world =
        SimWorld::new(executor.test_system_ports(), &small_plan(1), &library_catalogue(), false);
    SimWorkers::start(&world);
    world
}

#[test]
fn equal_seeds_give_equal_worlds_and_break_no_rule() {
    let (plan, books) = (small_plan(3), library_catalogue());
    let first = run_world(&plan, &books, true);
    assert_eq!(first.violations, []);
    assert!(first.trace.lines().count() > 100, "{}", first.trace);
    assert!(run_world(&plan, &books, true) == first);
    let another = run_world(&small_plan(4), &books, true);
    assert_ne!(another.trace, first.trace);
}

#[test]
#[ignore = "minutes: `cargo xtask test` runs it beside the end-to-end tests"]
fn a_hundred_worlds_break_no_rule() {
    assert!(run_all(100, 1, None), "see the summary above");
}

/// With a limit of five tries within three minutes, such an outage failed books.
#[test]
fn half_an_hour_of_half_the_answers_fails_no_book() {
    let rule = r#"{"provider":"isbndb","fault":"hang","percent":50}"#.to_owned();
    let what = WorldEvent::Provider { provider: "isbndb", rule, ms: 30 * MINUTE_MS };
    for seed in 1..=2 {
        let mut plan = small_plan(seed);
        plan.events.retain(|event| matches!(event.what, WorldEvent::Upload { .. }));
        let after_ms = plan.events.first().map_or(0, |upload| upload.after_ms);
        plan.events.push(PlannedEvent { after_ms, what: what.clone() });
        assert_eq!(run_world(&plan, &library_catalogue(), false).violations, [], "seed {seed}");
    }
}

/// The answers of the other calls are handled although the write of one takes long.
#[test]
fn a_slow_write_delays_no_other_call() {
    let rule = r#"{"provider":"openlibrary","fault":"hang"}"#.to_owned();
    let faults = [
        WorldEvent::Platform { fault: PlatformFault::R2Slow, ms: 2 * HOUR_MS },
        WorldEvent::Provider { provider: "openlibrary", rule, ms: 2 * HOUR_MS },
    ];
    let mut events: Vec<_> = faults.map(|what| PlannedEvent { after_ms: 0, what }).into();
    // One search in two minutes: an open breaker admits each of them as a probe.
    events.extend((1..60).map(|number| {
        let target = format!("/book/{}", isbn_of_number(60_000 + number as usize));
        let what = WorldEvent::Search { client: 1, is_owner: true, target };
        PlannedEvent { after_ms: number * 2 * MINUTE_MS, what }
    }));
    let plan = Scenario { events, ..small_plan(1) };
    assert_eq!(run_world(&plan, &library_catalogue(), false).violations, []);
}

#[test]
fn each_plan_has_rows_authors_searches_and_faults() {
    let mut faults = BTreeSet::new();
    for seed in 1..=200 {
        let plan = Scenario::of_seed(seed, 1);
        let csv = plan.events.iter().find_map(|event| match &event.what {
            WorldEvent::Upload { file, csv } if *file == LIBRARY_FILE_KEY => Some(csv.clone()),
            _ => None,
        });
        let csv = csv.unwrap();
        let authors: BTreeSet<_> =
            csv.lines().skip(1).filter_map(|row| row.split('"').nth(3)).collect();
        assert!(csv.lines().count() > 30 && authors.len() >= 20, "{seed}: {csv}");
        let count = |is: fn(&WorldEvent) -> bool| {
            plan.events.iter().filter(|event| is(&event.what)).count()
        };
        assert!(count(|what| matches!(what, WorldEvent::Search { .. })) >= 200);
        assert!(count(|what| matches!(what, WorldEvent::Provider { .. })) >= 1);
        let is_store = |what: &WorldEvent| matches!(what, WorldEvent::Platform { fault, .. } if (*fault as usize) < STORE_FAULTS);
        assert!(count(is_store) >= 1);
        faults.extend(plan.events.iter().filter_map(|event| match event.what {
            WorldEvent::Platform { fault, .. } => Some(fault),
            _ => None,
        }));
    }
    assert_eq!(faults.len(), <PlatformFault as clap::ValueEnum>::value_variants().len());
}

#[test]
fn each_fault_of_a_provider_can_be_set() {
    let mut providers = EmulatedProviders::new(library_catalogue(), []);
    for rule in PROVIDER_FAULTS {
        providers.set_fault(&format!(r#"{{"provider":"google",{rule}"#)).unwrap();
    }
}

#[test]
fn a_broken_rule_is_found_shortened_and_replayed() {
    let planted = Some(PlantedFault::WrongBookStored);
    let (plan, books) = (Scenario { planted, ..small_plan(3) }, library_catalogue());
    let broken = run_world(&plan, &books, true);
    assert_eq!(broken.violations.first().map(|violation| violation.rule), Some("no_wrong_book"));
    assert!(run_world(&plan, &books, true) == broken);
    let shortest = shrink(&plan, "no_wrong_book", &books, 6);
    assert!(shortest.events.len() < plan.events.len());
    let again = run_world(&shortest, &books, true);
    assert!(again.violations.iter().any(|violation| violation.rule == "no_wrong_book"));
    assert!(run_world(&shortest, &books, true) == again);
}

#[test]
fn kv_elsewhere_is_a_minute_behind() {
    let executor = Executor::new(START_MS);
    let world = small_world(&executor);
    let (here, there) = (0, 1);
    let read = |location| {
        let entry = executor.run_to_end(world.kv.get(&world, location, "key")).unwrap();
        entry.map(|entry| entry.value.to_vec())
    };
    assert_eq!(read(there), None);
    executor.run_to_end(world.kv.put(&world, here, "key", Some((b"1", "", 3_600)))).unwrap();
    assert_eq!((read(here), read(there)), (Some(b"1".to_vec()), None));
    let again = executor.run_to_end(world.kv.put(&world, here, "key", Some((b"2", "", 3_600))));
    assert!(again.is_err(), "a key accepts one write a second");
    executor.advance(60_000);
    assert_eq!(read(there), Some(b"1".to_vec()));
}

#[test]
fn a_crash_undoes_what_is_not_on_disk() {
    let executor = Executor::new(START_MS);
    let (world, disk) = (small_world(&executor), SimObjectDisk::default());
    let put = |text: &str| {
        let row = ((0, "key".to_owned()), Some(SimStorageRow::Text(text.to_owned())));
        disk.commit_storage_rows(&*world, "FLIGHT/test", vec![row]).unwrap();
    };
    let text = || match disk.get(0, "key") {
        Some(SimStorageRow::Text(text)) => text,
        other => panic!("{other:?}"),
    };
    put("first");
    executor.advance(1_000);
    put("second");
    assert_eq!(text(), "second");
    disk.undo_unconfirmed(world.now_ms());
    assert_eq!(text(), "first");
    put("third");
    executor.advance(1_000);
    disk.undo_unconfirmed(world.now_ms());
    assert_eq!(text(), "third");
}

#[test]
fn an_event_of_no_world_is_named() {
    let mut totals = event_coverage::missing_events(&BTreeMap::new())
        .into_iter()
        .map(|name| (name.to_owned(), 1))
        .collect::<BTreeMap<_, _>>();
    assert!(totals.len() > 40 && event_coverage::missing_events(&totals).is_empty());
    totals.insert("evictions".to_owned(), 0);
    assert_eq!(event_coverage::missing_events(&totals), ["evictions"]);
}
