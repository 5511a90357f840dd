//! The engine over a store in memory, with crashes and storage faults at every step.

use std::collections::BTreeSet;
use std::fmt::Write;

use runtime::call_outcome::{Failure, ProviderFailure};
use runtime::config::Vars;
use runtime::time::{DAY_MS, HOUR_MS};
use testkit::executor::poll_once;
use testkit::{CrashPoint, InjectedStoreFault};

use super::commands::JobCommand;
use super::micro_batch::batch_item_of_warming_item;
use super::ports::{SiblingWorker, WarmerPorts};
use super::{NextAlarm, WarmingEngine};
use crate::settings::WarmerSettings;
use crate::testing::fake_ports::{FakeWarmerPorts, key_of};
use crate::testing::memory_store::MemoryWarmingLedger;
use crate::warming_ledger::job::{JobState, LibraryWarmingJob};
use crate::warming_ledger::job_progress::ItemCounts;
use crate::warming_ledger::learned_batch_sizes::WarmingBatchKind;
use crate::warming_ledger::warming_item::{
    BookIsbnStatus, ItemState, WarmStage, WarmTarget, WarmingItem,
};
use crate::warming_ledger::warming_ledger_store::WarmingLedgerStore;

const LIBRARY_FILE_KEY: &str = "uploads/library.csv";

fn settings() -> WarmerSettings {
    WarmerSettings::read(&Vars::new(|_| None)).unwrap()
}

struct WarmingEngineTestSetup {
    fakes: FakeWarmerPorts,
    store: MemoryWarmingLedger,
    settings: WarmerSettings,
    crashes: u32,
}

impl WarmingEngineTestSetup {
    fn new() -> Self {
        Self {
            fakes: FakeWarmerPorts::new(),
            store: MemoryWarmingLedger::default(),
            settings: settings(),
            crashes: 0,
        }
    }

    fn with_csv(csv: &str) -> Self {
        let run = Self::new();
        run.fakes.put(LIBRARY_FILE_KEY, csv);
        run.scan_uploads();
        run
    }

    fn warming_engine(&self) -> WarmingEngine<'_, MemoryWarmingLedger, FakeWarmerPorts> {
        WarmingEngine { store: &self.store, ports: &self.fakes, settings: &self.settings }
    }

    fn scan_uploads(&self) {
        let _ = poll_once(self.warming_engine().scan_uploads(false, None));
    }

    /// Runs one alarm. After a crash or a storage error the platform runs the next.
    fn alarm(&mut self) -> NextAlarm {
        let step = poll_once(self.warming_engine().run_warming_step());
        match step {
            Some(Ok(next)) => next,
            Some(Err(_)) => {
                self.crashes += 1;
                NextAlarm::At(self.fakes.now_ms() + 2_000)
            }
            None => {
                self.crashes += 1;
                NextAlarm::Now
            }
        }
    }

    /// Runs alarms until no work is left or until a time.
    fn run_until(&mut self, end_ms: u64) {
        for _ in 0..200_000 {
            match self.alarm() {
                NextAlarm::Now => {}
                NextAlarm::At(at_ms) if at_ms > end_ms => {
                    self.fakes.now_ms.set(end_ms.max(self.fakes.now_ms()));
                    return;
                }
                NextAlarm::At(at_ms) => self.fakes.now_ms.set(at_ms.max(self.fakes.now_ms())),
                NextAlarm::Idle => return,
            }
            if self.fakes.now_ms() > end_ms {
                return;
            }
        }
        panic!("the engine never becomes idle: {:?}", self.store.load_all_jobs().unwrap());
    }

    /// Runs alarms until some items are warm and others are open.
    fn run_into_the_middle(&mut self) {
        for _ in 0..1_000 {
            self.alarm();
            let items = self.newest_job().items;
            if items.done > 0 && items.open_count() > 0 {
                return;
            }
        }
        panic!("no step left some items open: {:?}", self.newest_job());
    }

    fn run_to_end(&mut self) {
        self.run_until(u64::MAX);
    }

    /// The job as the operator sees it.
    fn shown_job(&self) -> serde_json::Value {
        let meta = self.store.warmer_state().unwrap();
        self.warming_engine().job_document(&meta, &self.newest_job()).unwrap()
    }

    fn newest_job(&self) -> LibraryWarmingJob {
        self.store.load_all_jobs().unwrap().pop().unwrap()
    }

    /// What holds after every step.
    fn assert_warming_invariants(&self) {
        for job in self.store.load_all_jobs().unwrap() {
            if job.state == JobState::Superseded {
                continue;
            }
            let items = self.store.all_warming_items(job.number);
            let mut counts = ItemCounts::default();
            items.iter().for_each(|item| counts.record_transition(None, item));
            assert_eq!(job.items, counts, "counters of {}", job.id);
            let rejected = self.store.all_rejected(job.number).len() as u64;
            // A row may belong to the items of its ISBN and of its title.
            let lines: BTreeSet<u64> =
                items.iter().flat_map(|item| item.rows.iter().map(|row| row.line)).collect();
            let more: u64 = items.iter().map(|item| u64::from(item.more_rows)).sum();
            let behind = lines.len() as u64 + more;
            assert_eq!(rejected, job.rows.rejected);
            assert_eq!(behind + rejected, job.rows.total, "rows of {}", job.id);
            for item in &items {
                if matches!(item.state, ItemState::Done { .. }) {
                    self.check_warm(item);
                }
            }
        }
    }

    /// A `done` item has the cache entry that a search reads.
    fn check_warm(&self, item: &WarmingItem) {
        let key = match &item.target {
            // An item with a rejected ISBN is warm by its title.
            WarmTarget::Book { isbn: BookIsbnStatus::Rejected(_), .. } => return,
            _ => {
                let mut asked = item.clone();
                asked.stage = item.target.first_stage();
                key_of(&batch_item_of_warming_item(&asked).unwrap().query)
            }
        };
        let cache = self.fakes.cache.borrow();
        let entry = cache.get(&key).unwrap_or_else(|| panic!("{key} is not in the cache"));
        assert!(!entry.empty, "{key} is empty: {item:?}");
    }

    /// ISBNs and authors that were fetched more than once. Titles are left out: their entries are
    /// written with those of ISBNs and authors.
    fn keys_fetched_more_than_once(&self) -> Vec<String> {
        let fetched = self.fakes.fetched.borrow();
        let twice = fetched.iter().filter(|(key, n)| **n > 1 && !key.starts_with("t:"));
        twice.map(|(key, _)| key.clone()).collect()
    }
}

/// A valid ISBN for each `n`.
fn nth_isbn_text(n: u32) -> String {
    let first = format!("978{:09}", 140_000_000 + n * 13);
    bibliography::isbn::Isbn13::from_first_twelve(first.as_bytes()).unwrap().to_string()
}

/// A library with a row of every kind.
fn sample_library_csv(books: u32, authors: u32) -> String {
    let mut csv = "Title,Author,ISBN\n".to_owned();
    for n in 0..books {
        let a = n % authors;
        let author = format!("Writer {}{}", char::from(b'A' + (a % 26) as u8), a);
        let _ = writeln!(csv, "Book number {n},{author},{}", nth_isbn_text(n));
    }
    csv.push_str("Only a Title,Writer A0,\n,,not a number\nGuessed,Writer B1,9781594633661\n");
    let _ = writeln!(csv, "Book number 0,Writer A0,{}", nth_isbn_text(0));
    let _ = writeln!(csv, "Never Printed,Nobody Known,{}", nth_isbn_text(90_000));
    csv
}

fn add_unknown(run: &WarmingEngineTestSetup) {
    run.fakes.unknown.borrow_mut().insert(format!("i:{}", nth_isbn_text(90_000)));
    run.fakes.unknown.borrow_mut().insert("a:nobody known".to_owned());
}

#[test]
fn a_library_becomes_warm_with_every_row_accounted_for() {
    let mut run = WarmingEngineTestSetup::with_csv(&sample_library_csv(40, 10));
    add_unknown(&run);
    run.run_to_end();
    run.assert_warming_invariants();
    let job = run.newest_job();
    assert_eq!(job.state, JobState::Done);
    assert_eq!(job.rows.total, 45);
    assert_eq!((job.items.failed, job.items.not_found), (0, 2));
    assert_eq!(run.keys_fetched_more_than_once(), Vec::<String>::new());
    // 11 authors, then one bulk call for what their pages lacked.
    assert_eq!(job.spent.isbndb_calls, 12);
    assert!(run.fakes.kv.borrow()[&format!("progress:{}", job.id)]["state"] == "done");
    let csv = run.fakes.files.borrow()[&format!("results/{}/failures.csv", job.id)].clone();
    let csv = String::from_utf8(csv).unwrap();
    assert_eq!(csv.lines().count(), 3, "{csv}");
    assert!(csv.contains("\n43,") && csv.contains("\n46,"), "{csv}");
}

#[test]
fn a_second_scan_and_a_second_run_change_nothing() {
    let mut run = WarmingEngineTestSetup::with_csv(&sample_library_csv(12, 4));
    run.run_to_end();
    let before = (run.fakes.faults.operation_count(), run.fakes.kv_writes.get());
    run.scan_uploads();
    run.scan_uploads();
    run.run_to_end();
    assert_eq!(run.store.load_all_jobs().unwrap().len(), 1);
    assert_eq!(run.fakes.faults.operation_count() - before.0, 2, "only two lists of the bucket");
    assert_eq!(run.fakes.kv_writes.get(), before.1);
}

#[test]
fn a_changed_file_warms_only_what_changed() {
    let mut run = WarmingEngineTestSetup::with_csv(&sample_library_csv(12, 4));
    run.run_to_end();
    let calls = run.fakes.upstream_calls.get();
    run.fakes.put(
        LIBRARY_FILE_KEY,
        &format!("{}New Book,Writer A0,{}\n", sample_library_csv(12, 4), nth_isbn_text(500)),
    );
    run.scan_uploads();
    run.run_to_end();
    run.assert_warming_invariants();
    let job = run.newest_job();
    assert_eq!((job.number, job.state), (2, JobState::Done));
    assert_eq!(run.fakes.upstream_calls.get() - calls, 1, "one bulk call for the new ISBN");
    assert_eq!(run.store.load_all_jobs().unwrap()[0].state, JobState::Superseded);
    assert!(run.store.all_warming_items(1).is_empty());
}

#[test]
fn a_crash_at_any_step_repeats_at_most_one_batch() {
    let mut plain = WarmingEngineTestSetup::with_csv(&sample_library_csv(9, 4));
    add_unknown(&plain);
    plain.run_to_end();
    let ops = plain.fakes.faults.operation_count();
    assert!(ops > 10);
    for n in 0..ops {
        for crash in [CrashPoint::Before(n), CrashPoint::After(n)] {
            let mut run = WarmingEngineTestSetup::new();
            run.fakes.put(LIBRARY_FILE_KEY, &sample_library_csv(9, 4));
            add_unknown(&run);
            run.fakes.faults.set_crash_point(Some(crash));
            run.scan_uploads();
            run.scan_uploads();
            run.run_to_end();
            run.assert_warming_invariants();
            let job = run.newest_job();
            assert_eq!(job.state, JobState::Done, "{crash:?}");
            assert_eq!(job.items, plain.newest_job().items, "{crash:?}");
            // The siblings answered repeated calls from their caches: none went upstream twice.
            assert_eq!(run.fakes.upstream_calls.get(), plain.fakes.upstream_calls.get());
            let limit = WarmingBatchKind::Author.usual_size() as usize * 5;
            assert!(
                run.keys_fetched_more_than_once().len() <= limit,
                "{crash:?}: {:?}",
                run.keys_fetched_more_than_once()
            );
        }
    }
}

#[test]
fn a_storage_fault_at_every_commit_loses_nothing() {
    let mut plain = WarmingEngineTestSetup::with_csv(&sample_library_csv(9, 4));
    plain.run_to_end();
    let commits = plain.store.commits.get();
    for n in 0..commits + 2 {
        for fault in [InjectedStoreFault::Lost, InjectedStoreFault::AnswerLost] {
            let mut run = WarmingEngineTestSetup::new();
            run.fakes.put(LIBRARY_FILE_KEY, &sample_library_csv(9, 4));
            run.store.fault.set(Some((n, fault)));
            run.scan_uploads();
            run.scan_uploads();
            run.run_to_end();
            run.assert_warming_invariants();
            assert_eq!(run.newest_job().state, JobState::Done, "{fault:?} at {n}");
            assert_eq!(run.store.load_all_jobs().unwrap().len(), 1);
            assert_eq!(run.fakes.upstream_calls.get(), plain.fakes.upstream_calls.get());
        }
    }
}

#[test]
fn a_sibling_outage_fails_no_item() {
    for (sibling, failure) in [
        (SiblingWorker::Proxy, Failure::Provider(ProviderFailure::Unreachable)),
        (SiblingWorker::Isbndb, Failure::Provider(ProviderFailure::Timeout)),
        (
            SiblingWorker::Proxy,
            Failure::Provider(ProviderFailure::Upstream { status: 500, retry_after_ms: None }),
        ),
        (
            SiblingWorker::Isbndb,
            Failure::Provider(ProviderFailure::CircuitOpen { retry_after_ms: 60_000 }),
        ),
    ] {
        let mut run = WarmingEngineTestSetup::with_csv(&sample_library_csv(30, 10));
        run.run_into_the_middle();
        let start_ms = run.fakes.now_ms();
        *run.fakes.sibling_fault.borrow_mut() = Some((sibling, failure.clone()));
        let ops = run.fakes.faults.operation_count();
        run.run_until(start_ms + 6 * HOUR_MS);
        run.assert_warming_invariants();
        let job = run.newest_job();
        assert_eq!(job.items.failed, 0, "{failure:?}: {:?}", job.failures);
        assert!(
            run.fakes.faults.operation_count() - ops < 400,
            "only probes are sent: {}",
            run.fakes.faults.operation_count() - ops
        );
        let shown = run.shown_job();
        assert!(shown["waiting"]["reason"].is_string(), "{shown}");
        *run.fakes.sibling_fault.borrow_mut() = None;
        run.run_to_end();
        run.assert_warming_invariants();
        assert_eq!(run.newest_job().state, JobState::Done);
        assert_eq!(run.newest_job().items.failed, 0);
        assert_eq!(run.keys_fetched_more_than_once(), Vec::<String>::new());
        assert!(run.fakes.now_ms() < start_ms + 7 * HOUR_MS, "done soon after the outage");
    }
}

#[test]
fn a_provider_that_answers_no_item_fails_none() {
    let mut run = WarmingEngineTestSetup::with_csv(&sample_library_csv(30, 10));
    let start_ms = run.fakes.now_ms();
    *run.fakes.item_fault.borrow_mut() = Some(Failure::Provider(ProviderFailure::Timeout));
    run.run_until(start_ms + 12 * HOUR_MS);
    assert_eq!((run.newest_job().items.failed, run.newest_job().items.done), (0, 0));
    *run.fakes.item_fault.borrow_mut() = None;
    run.run_to_end();
    run.assert_warming_invariants();
    assert_eq!((run.newest_job().state, run.newest_job().items.failed), (JobState::Done, 0));
}

#[test]
fn an_item_that_fails_alone_is_given_up_after_bounded_tries() {
    let mut run = WarmingEngineTestSetup::with_csv(&sample_library_csv(30, 10));
    let poison = format!("i:{}", nth_isbn_text(22));
    let failure =
        Failure::Provider(ProviderFailure::Upstream { status: 500, retry_after_ms: None });
    *run.fakes.poison.borrow_mut() = Some((poison, failure));
    // A second library shows that the provider answers other items.
    run.run_until(run.fakes.now_ms() + HOUR_MS);
    for n in 0..6 {
        run.fakes
            .put(&format!("uploads/other{n}.csv"), &format!("ISBN\n{}\n", nth_isbn_text(700 + n)));
        run.scan_uploads();
        run.run_until(run.fakes.now_ms() + 6 * HOUR_MS);
    }
    run.run_until(run.fakes.now_ms() + DAY_MS);
    run.assert_warming_invariants();
    let jobs = run.store.load_all_jobs().unwrap();
    assert_eq!((jobs[0].state, jobs[0].items.failed), (JobState::Done, 1));
    assert!(jobs[0].failures.iter().any(|f| f.reason.contains("answered 500")), "{:?}", jobs[0]);
}

#[test]
fn a_spent_day_is_waited_out() {
    let mut run = WarmingEngineTestSetup::with_csv(&sample_library_csv(60, 30));
    run.fakes.daily.set(20);
    let start_ms = run.fakes.now_ms();
    run.run_until(start_ms + HOUR_MS);
    run.assert_warming_invariants();
    let job = run.newest_job();
    assert_eq!(job.state, JobState::Warming);
    let meta = run.store.warmer_state().unwrap();
    let backoff = meta.backoff.clone().unwrap();
    assert_eq!(
        (backoff.reason.as_str(), backoff.until_ms),
        ("isbndb: quota_spent", run.fakes.now_ms() / DAY_MS * DAY_MS + DAY_MS)
    );
    run.run_to_end();
    run.assert_warming_invariants();
    let job = run.newest_job();
    assert_eq!((job.state, job.items.failed), (JobState::Done, 0), "{:?}", job.failures);
    let days = (run.fakes.now_ms() - start_ms) / DAY_MS;
    assert!((1..=3).contains(&days), "{days} days");
    assert_eq!(run.keys_fetched_more_than_once(), Vec::<String>::new());
}

#[test]
fn a_bad_item_of_a_refused_batch_fails_alone() {
    let mut run = WarmingEngineTestSetup::with_csv(&sample_library_csv(30, 10));
    let spoiling = format!("i:{}", nth_isbn_text(22));
    *run.fakes.refused_with.borrow_mut() = Some(spoiling);
    run.run_to_end();
    run.assert_warming_invariants();
    let job = run.newest_job();
    assert_eq!((job.state, job.items.failed), (JobState::Done, 1), "{:?}", job.failures);
    assert!(job.failures.iter().any(|f| f.reason.contains("an item cannot be read")));
}

#[test]
fn without_a_key_isbndb_is_not_called() {
    let mut run = WarmingEngineTestSetup::with_csv(&sample_library_csv(12, 4));
    run.fakes.keyless.set(true);
    run.run_to_end();
    run.assert_warming_invariants();
    assert_eq!((run.newest_job().state, run.newest_job().items.failed), (JobState::Done, 0));
    assert!(run.store.warmer_state().unwrap().isbndb_has_no_key);
    assert!(run.fakes.now_ms() < 20_000 * DAY_MS + HOUR_MS, "no wait");
}

#[test]
fn libraries_take_turns() {
    let mut run = WarmingEngineTestSetup::new();
    for name in ["a", "b", "c"] {
        let other = sample_library_csv(60, 30).replace("Writer", &format!("Writer{name}"));
        run.fakes.put(&format!("uploads/{name}.csv"), &other);
    }
    run.scan_uploads();
    let mut most_apart = 0;
    loop {
        if run.alarm() == NextAlarm::Idle {
            break;
        }
        let jobs = run.store.load_all_jobs().unwrap();
        if jobs.iter().all(|job| job.state == JobState::Warming) {
            let done = jobs.iter().map(|job| job.items.done);
            most_apart = most_apart.max(done.clone().max().unwrap() - done.min().unwrap());
        }
        if let Some(backoff) = run.store.warmer_state().unwrap().backoff {
            run.fakes.now_ms.set(run.fakes.now_ms().max(backoff.until_ms));
        }
        run.fakes.now_ms.set(run.fakes.now_ms() + 2_000);
    }
    assert!(most_apart > 0 && most_apart <= 60, "{most_apart}");
}

#[test]
fn pause_cancel_and_retry_change_a_job() {
    let mut run = WarmingEngineTestSetup::with_csv(&sample_library_csv(30, 10));
    run.run_into_the_middle();
    let paused =
        run.warming_engine().apply_job_command(run.newest_job(), JobCommand::Pause).unwrap();
    assert!(paused.paused);
    let done = paused.items.done;
    run.run_to_end();
    assert_eq!((run.newest_job().items.done, run.newest_job().state), (done, JobState::Warming));
    run.warming_engine().apply_job_command(run.newest_job(), JobCommand::Resume).unwrap();
    run.alarm();
    run.warming_engine().apply_job_command(run.newest_job(), JobCommand::Cancel).unwrap();
    let ops = run.fakes.faults.operation_count();
    run.run_to_end();
    run.assert_warming_invariants();
    assert_eq!(run.newest_job().state, JobState::Cancelled);
    assert!(run.fakes.faults.operation_count() - ops <= 3, "only results and progress are written");
    assert!(run.warming_engine().apply_job_command(run.newest_job(), JobCommand::Resume).is_err());
    run.warming_engine().apply_job_command(run.newest_job(), JobCommand::Retry).unwrap();
    run.run_to_end();
    run.assert_warming_invariants();
    assert_eq!(run.newest_job().state, JobState::Done);
}

#[test]
fn verification_warms_missing_and_expiring_items() {
    let mut run = WarmingEngineTestSetup::with_csv(&sample_library_csv(30, 10));
    run.run_to_end();
    let gone = format!("i:{}", nth_isbn_text(3));
    run.fakes.cache.borrow_mut().remove(&gone);
    run.warming_engine().begin_daily_verification().unwrap();
    run.warming_engine().begin_daily_verification().unwrap();
    run.run_to_end();
    run.assert_warming_invariants();
    let job = run.newest_job();
    assert_eq!(job.state, JobState::Done);
    assert_eq!(job.coverage.len(), 1);
    assert_eq!((job.coverage[0].missing, job.coverage[0].expiring), (1, 0));
    assert!(run.fakes.cache.borrow().contains_key(&gone));
    // After six and a half days all entries expire soon.
    run.fakes.now_ms.set(run.fakes.now_ms() + 6 * DAY_MS + DAY_MS / 2);
    run.warming_engine().begin_daily_verification().unwrap();
    run.run_to_end();
    run.assert_warming_invariants();
    let job = run.newest_job();
    assert_eq!((job.state, job.coverage.len()), (JobState::Done, 2));
    assert!(job.coverage[1].expiring > 30, "{:?}", job.coverage);
    let soon_ms = run.fakes.now_ms() + 2 * DAY_MS;
    for item in run.store.all_warming_items(1) {
        let ItemState::Done { fresh_until_ms, .. } = item.state else { panic!("{item:?}") };
        assert!(fresh_until_ms > soon_ms, "{item:?}");
    }
}

#[test]
fn a_file_replaced_during_its_import_is_read_again() {
    let mut run = WarmingEngineTestSetup::with_csv(&sample_library_csv(3_000, 300));
    while run.newest_job().rows.total == 0 {
        run.alarm();
    }
    assert_eq!(run.newest_job().state, JobState::Importing, "the import goes on");
    run.fakes.put(LIBRARY_FILE_KEY, &sample_library_csv(20, 5));
    run.run_to_end();
    run.assert_warming_invariants();
    let jobs = run.store.load_all_jobs().unwrap();
    assert_eq!(jobs.len(), 2);
    assert_eq!((jobs[0].state, jobs[0].rows.total), (JobState::Superseded, 0));
    assert_eq!((jobs[1].state, jobs[1].rows.total), (JobState::Done, 25));
}

#[test]
fn a_file_that_ends_with_a_slice_is_read_to_its_end() {
    let budget = run_budget();
    for rows in [budget - 1, budget, budget + 1, 2 * budget] {
        let mut csv = "ISBN\n".to_owned();
        (0..rows).for_each(|n| {
            let _ = writeln!(csv, "{}", nth_isbn_text(n));
        });
        let mut run = WarmingEngineTestSetup::with_csv(&csv);
        run.run_to_end();
        run.assert_warming_invariants();
        assert_eq!(
            (run.newest_job().rows.total, run.newest_job().state),
            (u64::from(rows), JobState::Done)
        );
    }
}

fn run_budget() -> u32 {
    u32::try_from(crate::settings::SLICE_ROWS).unwrap()
}

#[test]
fn an_unusable_file_leaves_only_its_reason() {
    for (body, reason) in
        [("", "empty"), ("{\"a\": 1}", "JSON"), ("one,two\n1,2\n", "no column can be used")]
    {
        let mut run = WarmingEngineTestSetup::with_csv(body);
        run.run_to_end();
        let job = run.newest_job();
        assert_eq!(job.state, JobState::Failed, "{body}");
        assert!(job.error.as_ref().unwrap().contains(reason), "{job:?}");
        assert_eq!((job.items.total, job.rows.total), (0, 0));
    }
}

#[test]
fn steps_wait_while_the_storage_is_down() {
    let mut run = WarmingEngineTestSetup::with_csv(&sample_library_csv(12, 4));
    run.fakes.faults.set(InjectedStoreFault::Down);
    run.run_until(run.fakes.now_ms() + HOUR_MS);
    assert_eq!(run.newest_job().state, JobState::Importing);
    assert!(
        run.fakes.faults.operation_count() < 100,
        "few retries: {}",
        run.fakes.faults.operation_count()
    );
    run.fakes.faults.set(InjectedStoreFault::None);
    for _ in 0..6 {
        run.alarm();
    }
    run.run_until(run.fakes.now_ms() + 900_000);
    run.fakes.faults.set(InjectedStoreFault::Down);
    run.run_until(run.fakes.now_ms() + HOUR_MS);
    run.fakes.faults.set(InjectedStoreFault::None);
    run.run_to_end();
    run.assert_warming_invariants();
    assert_eq!(run.newest_job().state, JobState::Done);
    assert!(!run.newest_job().unpublished);
}

mod bucket_scan;
mod failures_csv;
mod fold_rows;
mod import;
mod learned_batch_sizes;
mod outages;
mod preview;
mod search_log_warming;
mod states;
mod verification;

#[test]
fn the_next_alarm_is_never_at_the_current_time() {
    for now_ms in [0, 1_000] {
        assert_eq!(NextAlarm::Now.remaining_wait_ms(now_ms), Some(1));
        assert_eq!(NextAlarm::At(0).remaining_wait_ms(now_ms), Some(1));
        assert_eq!(NextAlarm::At(now_ms).remaining_wait_ms(now_ms), Some(1));
        assert_eq!(NextAlarm::At(now_ms + 7).remaining_wait_ms(now_ms), Some(7));
        assert_eq!(NextAlarm::Idle.remaining_wait_ms(now_ms), None);
    }
}
