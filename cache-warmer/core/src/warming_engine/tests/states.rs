//! The states of items and jobs: each transition, and that docs/STATES.md draws these and no other.

use bibliography::isbn::Isbn13;
use runtime::wire_types::batch_search_wire_types::{
    BatchItemOutcome, BatchItemResult, LibraryBookCacheEntries,
};

use super::*;
use crate::warming_engine::cache_scan::state_after_lookup;
use crate::warming_ledger::item_transition::{
    LastAnswerTimes, MAX_ATTEMPTS, completed_by_author, item_after_failure, item_after_outcome,
};
use crate::warming_ledger::job_progress::CacheScanProgress;
use crate::warming_ledger::warmer_state::WarmerState;
use crate::warming_ledger::warming_item::TryCounts;
use crate::warming_ledger::warming_ledger_changes::WarmingLedgerChanges;

const DOC: &str = include_str!("../../../../../docs/STATES.md");
const UNREAD: &str = "retry of an unread file";
const TEST_NOW_MS: u64 = 20_000 * DAY_MS;
const TEST_FRESH_UNTIL_MS: u64 = TEST_NOW_MS + 7 * DAY_MS;

type Edges = BTreeSet<(String, String)>;

/// The transitions of one diagram, without those from the start.
fn drawn(title: &str) -> Edges {
    let diagram = DOC.split(title).nth(1).unwrap().split("```").nth(1).unwrap();
    let arrows = diagram.lines().filter_map(|line| line.trim().split_once(" --> "));
    arrows
        .filter(|(from, _)| *from != "[*]")
        .map(|(from, to)| (from.to_owned(), to.split(':').next().unwrap().trim().to_owned()))
        .collect()
}

fn serialized_variant_name<T: serde::Serialize>(state: &T) -> String {
    match serde_json::to_value(state).unwrap() {
        serde_json::Value::String(name) => name,
        other => other.as_object().unwrap().keys().next().unwrap().clone(),
    }
}

fn item_in(state: ItemState) -> WarmingItem {
    let isbn = BookIsbnStatus::Stated(Isbn13::parse("9780441172719").unwrap());
    let (title, author) = (Some("Dune".to_owned()), Some("Frank Herbert".to_owned()));
    let target = WarmTarget::Book { isbn, title, author };
    WarmingItem { state, ..WarmingItem::new("b".to_owned(), target) }
}

fn test_book_entry_presence(title: bool) -> LibraryBookCacheEntries {
    LibraryBookCacheEntries { id: "b".to_owned(), isbn: true, title, wrong: false }
}

fn found_outcome(partial: bool, fresh_until_ms: u64) -> BatchItemOutcome {
    BatchItemOutcome::Found {
        count: 1,
        tier: "R2".into(),
        fresh_until_ms,
        was_cached: false,
        partial,
    }
}

fn not_found_outcome(partial: bool) -> BatchItemOutcome {
    BatchItemOutcome::NotFound { fresh_until_ms: TEST_FRESH_UNTIL_MS, was_cached: false, partial }
}

#[test]
fn an_item_moves_as_its_diagram_shows() {
    let clock = LastAnswerTimes {
        now_ms: TEST_NOW_MS,
        answered_ms: TEST_NOW_MS,
        isbndb_ms: 0,
        google_ms: 0,
    };
    let why = String::new;
    let tries = TryCounts::default();
    let open = [
        ItemState::Pending { tries },
        ItemState::Deferred { until_ms: TEST_NOW_MS, why: why(), tries },
    ];
    let done = ItemState::Done { tier: "R2".to_owned(), fresh_until_ms: TEST_FRESH_UNTIL_MS };
    let over = [ItemState::NotFound { why: why() }, ItemState::Failed { why: why() }];
    let mut edges = Edges::new();
    let mut move_to = |from: &WarmingItem, after: &WarmingItem, to: &str, event: &str| {
        assert_eq!(
            serialized_variant_name(&after.state),
            to,
            "{} on {event}",
            serialized_variant_name(&from.state)
        );
        if from != after {
            edges.insert((serialized_variant_name(&from.state), to.to_owned()));
        }
    };
    // The results of a try.
    for state in open.clone() {
        let item = item_in(state);
        for (event, outcome, title, to) in [
            ("found", found_outcome(false, TEST_FRESH_UNTIL_MS), true, "done"),
            ("found by its ISBN only", found_outcome(false, TEST_FRESH_UNTIL_MS), false, "pending"),
            (
                "found, a provider is missing",
                found_outcome(true, TEST_FRESH_UNTIL_MS),
                true,
                "deferred",
            ),
            ("absent", not_found_outcome(false), true, "notFound"),
            ("absent, a provider was not queried", not_found_outcome(true), true, "deferred"),
        ] {
            let after = item_after_outcome(
                item.clone(),
                &outcome,
                Some(&test_book_entry_presence(title)),
                clock,
            );
            move_to(&item, &after, to, event);
        }
        for (failure, failed_tries, to) in [
            (
                Failure::Provider(ProviderFailure::QuotaSpent { until_ms: TEST_NOW_MS + 9 }),
                0,
                "deferred",
            ),
            (Failure::Provider(ProviderFailure::Timeout), 0, "deferred"),
            (Failure::Provider(ProviderFailure::Timeout), MAX_ATTEMPTS - 1, "failed"),
            (Failure::Provider(ProviderFailure::WrongBook), 0, "failed"),
            (Failure::bad_request(why()), 0, "failed"),
        ] {
            let mut item = item.clone();
            if let ItemState::Pending { tries } | ItemState::Deferred { tries, .. } =
                &mut item.state
            {
                tries.failed = failed_tries;
            }
            let after = item_after_failure(item.clone(), &failure, "isbndb", clock);
            move_to(&item, &after, to, &failure.to_string());
        }
        let after = completed_by_author(
            &item,
            &test_book_entry_presence(true),
            "R2",
            TEST_FRESH_UNTIL_MS,
            TEST_NOW_MS,
        )
        .unwrap();
        move_to(&item, &after, "done", "its author's page");
    }
    // The results of a look-up, in planning and in the verification.
    for (verify, state, fresh_until_ms, to) in [
        (false, open[0].clone(), TEST_FRESH_UNTIL_MS, "done"),
        (false, open[1].clone(), TEST_FRESH_UNTIL_MS, "done"),
        (true, done.clone(), TEST_FRESH_UNTIL_MS + 1, "done"),
        (true, done.clone(), TEST_NOW_MS + 1, "deferred"),
        (true, done.clone(), 0, "pending"),
    ] {
        let item = item_in(state);
        let outcome = match fresh_until_ms {
            0 => BatchItemOutcome::Miss,
            _ => found_outcome(false, fresh_until_ms),
        };
        let (id, key, books) =
            (item.key.clone(), String::new(), vec![test_book_entry_presence(true)]);
        let result = BatchItemResult { id, key, outcome, books };
        let mut scan = CacheScanProgress { verify, ..CacheScanProgress::default() };
        let after = state_after_lookup(&item, &result, &mut scan, TEST_NOW_MS).unwrap();
        move_to(&item, &after, to, "a cache scan");
    }
    // A retry by the operator.
    for state in [&open[..], &[done], &over].concat() {
        let item = item_in(state);
        let run = WarmingEngineTestSetup::new();
        let mut warming_ledger_changes = WarmingLedgerChanges::new(job_in(JobState::Done));
        warming_ledger_changes.put(None, item.clone());
        run.store.write_ledger_rows(warming_ledger_changes.ledger_rows().unwrap()).unwrap();
        run.warming_engine().apply_job_command(run.newest_job(), JobCommand::Retry).unwrap();
        let after = run.store.all_warming_items(1).pop().unwrap();
        let to = if serialized_variant_name(&item.state) == "done" { "done" } else { "pending" };
        move_to(&item, &after, to, "retry");
    }
    // A done item that is found again does not change its state.
    edges.remove(&("done".to_owned(), "done".to_owned()));
    assert_eq!(edges, drawn("## An item"));
}

fn job_in(state: JobState) -> LibraryWarmingJob {
    let mut job = LibraryWarmingJob::new(1, LIBRARY_FILE_KEY, "v1", 9, TEST_NOW_MS);
    // The file of a job past its first state was read to the end.
    let mut import = job.state_of_import();
    import.done = state != JobState::Importing;
    job.import = Some(import);
    // A job whose file was read fails only if none of its rows can be used.
    job.rows.rejected = u64::from(state == JobState::Failed);
    LibraryWarmingJob { state, ..job }
}

const STATES: [JobState; 8] = [
    JobState::Importing,
    JobState::Planning,
    JobState::Planned,
    JobState::Warming,
    JobState::Done,
    JobState::Failed,
    JobState::Cancelled,
    JobState::Superseded,
];

/// The states that a job passes while its steps run.
fn record_job_transitions(run: &mut WarmingEngineTestSetup, edges: &mut Edges) {
    let mut before = serialized_variant_name(&run.store.job(1).unwrap().unwrap().state);
    for _ in 0..1_000 {
        let next = run.alarm();
        let state = serialized_variant_name(&run.store.job(1).unwrap().unwrap().state);
        if state != before {
            edges.insert((before, state.clone()));
        }
        before = state;
        match next {
            NextAlarm::Now => {}
            NextAlarm::At(at_ms) => run.fakes.now_ms.set(at_ms),
            NextAlarm::Idle => return,
        }
    }
}

#[test]
fn a_job_moves_as_its_diagram_shows() {
    let mut edges = Edges::new();
    // Transitions without an event from outside.
    for (csv, dry_run) in [
        ("Title,Author,ISBN\nDune,Frank Herbert,9780441172719\n", false),
        ("Title,Author,ISBN\nDune,Frank Herbert,9780441172719\n", true),
        ("Title,Author,ISBN\n,Jane Austen,\n", false),
    ] {
        let mut run = WarmingEngineTestSetup::new();
        run.fakes.put(LIBRARY_FILE_KEY, csv);
        let _ = poll_once(run.warming_engine().scan_uploads(dry_run, None));
        record_job_transitions(&mut run, &mut edges);
    }
    // Transitions by a command, a newer file, the verification, or the release of a dry run.
    type JobEvent = fn(&WarmingEngineTestSetup, LibraryWarmingJob);
    let events: [(&str, JobEvent); 8] = [
        ("pause", |run, job| drop(run.warming_engine().apply_job_command(job, JobCommand::Pause))),
        ("resume", |run, job| {
            drop(run.warming_engine().apply_job_command(job, JobCommand::Resume))
        }),
        ("cancel", |run, job| {
            drop(run.warming_engine().apply_job_command(job, JobCommand::Cancel))
        }),
        ("retry", |run, job| drop(run.warming_engine().apply_job_command(job, JobCommand::Retry))),
        (UNREAD, |run, job| {
            drop(
                run.warming_engine().apply_job_command(
                    LibraryWarmingJob { import: None, ..job },
                    JobCommand::Retry,
                ),
            );
        }),
        ("reread", |run, job| drop(run.warming_engine().restart_import(job, None))),
        ("a newer file", |run, _| {
            run.fakes.put(LIBRARY_FILE_KEY, "ISBN\n9780141439587\n");
            let _ = poll_once(run.warming_engine().scan_uploads(false, None));
        }),
        ("verification", |run, _| run.warming_engine().begin_daily_verification().unwrap()),
    ];
    let mut table = Vec::new();
    for state in STATES {
        for (event, apply) in &events {
            let may_be_unread = matches!(state, JobState::Failed | JobState::Cancelled);
            if *event == UNREAD && !may_be_unread {
                continue;
            }
            let run = WarmingEngineTestSetup::new();
            let meta = WarmerState { last_job: 1, ..WarmerState::default() };
            let job = job_in(state);
            run.store.commit_changes(&[&job, &meta]).unwrap();
            apply(&run, run.store.job(1).unwrap().unwrap());
            let after = run.store.job(1).unwrap().unwrap();
            let (from, to) =
                (serialized_variant_name(&state), serialized_variant_name(&after.state));
            if from != to {
                table.push(format!("{from}, {event}: {to}"));
                edges.insert((from, to));
            }
            assert!(after.lease.is_none(), "{event} ends the lease");
        }
    }
    assert_eq!(table, BY_EVENT);
    assert_eq!(edges, drawn("## A job"));
}

/// The new state by state and event; the events that are not listed change no state.
const BY_EVENT: [&str; 27] = [
    "importing, cancel: cancelled",
    "importing, a newer file: superseded",
    "planning, cancel: cancelled",
    "planning, retry: warming",
    "planning, reread: importing",
    "planning, a newer file: superseded",
    "planned, resume: warming",
    "planned, cancel: cancelled",
    "planned, retry: warming",
    "planned, reread: importing",
    "planned, a newer file: superseded",
    "warming, cancel: cancelled",
    "warming, reread: importing",
    "warming, a newer file: superseded",
    "done, retry: warming",
    "done, reread: importing",
    "done, a newer file: superseded",
    "done, verification: warming",
    "failed, cancel: cancelled",
    "failed, retry: importing",
    "failed, retry of an unread file: importing",
    "failed, reread: importing",
    "failed, a newer file: superseded",
    "cancelled, retry: warming",
    "cancelled, retry of an unread file: importing",
    "cancelled, reread: importing",
    "cancelled, a newer file: superseded",
];
