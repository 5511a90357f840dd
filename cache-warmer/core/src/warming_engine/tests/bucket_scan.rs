//! Files that are added, removed and replaced, and files that are no libraries.

use super::*;
use crate::warming_ledger::backoff::WarmingBackoff;
use crate::warming_ledger::warmer_state::WarmerState;

#[test]
fn an_unusable_file_is_read_once() {
    let mut run = WarmingEngineTestSetup::new();
    for n in 0..50 {
        run.fakes.put(&format!("uploads/cover{n}.png"), &format!("\u{89}PNG {n}"));
    }
    run.scan_uploads();
    run.run_to_end();
    let (writes, ops) = (run.fakes.kv_writes.get(), run.fakes.faults.operation_count());
    for _ in 0..96 {
        run.scan_uploads();
        run.run_to_end();
    }
    assert_eq!(run.fakes.kv_writes.get(), writes, "a day of heartbeats");
    assert_eq!(run.fakes.faults.operation_count() - ops, 96, "one list of the bucket each");
    assert_eq!(run.store.warmer_state().unwrap().last_job, 50);
    // The jobs of removed files are deleted, except the latest.
    run.fakes.files.borrow_mut().retain(|key, _| !key.starts_with("uploads/"));
    run.scan_uploads();
    assert_eq!(run.store.load_all_jobs().unwrap().len(), 30);
}

#[test]
fn a_scan_that_a_backoff_stops_is_due_at_its_end() {
    let mut run = WarmingEngineTestSetup::new();
    let until_ms = run.fakes.now_ms.get() + 2_000;
    let backoff =
        Some(WarmingBackoff { reason: "r2 list: failed".to_owned(), until_ms, streak: 0 });
    let state = WarmerState { scan_wanted: true, backoff, ..WarmerState::default() };
    run.store.commit_changes(&[&state]).unwrap();
    assert_eq!(run.alarm(), NextAlarm::At(until_ms));
}

#[test]
fn a_dry_run_of_one_file_holds_back_no_other() {
    let mut run = WarmingEngineTestSetup::new();
    run.fakes.put("uploads/asked.csv", &sample_library_csv(6, 3));
    run.fakes.put("uploads/other.csv", &sample_library_csv(7, 3));
    let _ = poll_once(run.warming_engine().scan_uploads(true, Some("uploads/asked.csv")));
    run.run_to_end();
    let jobs = run.store.load_all_jobs().unwrap();
    let states: Vec<_> = jobs.iter().map(|job| (job.file.as_str(), job.state)).collect();
    assert_eq!(
        states,
        [("uploads/asked.csv", JobState::Planned), ("uploads/other.csv", JobState::Done)]
    );
}

#[test]
fn a_dry_run_holds_a_file_that_a_heartbeat_found() {
    let mut run = WarmingEngineTestSetup::with_csv(&sample_library_csv(12, 4));
    run.warming_engine().hold_as_dry_run(run.newest_job()).unwrap();
    run.run_to_end();
    assert_eq!((run.newest_job().state, run.fakes.upstream_calls.get()), (JobState::Planned, 0));
    // A running job is not held.
    run.warming_engine().release_dry_run(run.newest_job()).unwrap();
    run.run_into_the_middle();
    run.warming_engine().hold_as_dry_run(run.newest_job()).unwrap();
    run.run_to_end();
    assert_eq!(run.newest_job().state, JobState::Done);
}

#[test]
fn a_file_removed_during_its_import_can_return() {
    let mut run = WarmingEngineTestSetup::with_csv(&sample_library_csv(3_000, 300));
    while run.newest_job().rows.total == 0 {
        run.alarm();
    }
    let body = run.fakes.files.borrow_mut().remove(LIBRARY_FILE_KEY).unwrap();
    run.run_to_end();
    assert_eq!(run.newest_job().state, JobState::Failed);
    run.scan_uploads();
    run.run_to_end();
    assert_eq!(run.store.load_all_jobs().unwrap().len(), 1, "no second job");
    run.fakes.files.borrow_mut().insert(LIBRARY_FILE_KEY.to_owned(), body);
    run.scan_uploads();
    run.run_until(run.fakes.now_ms() + 30 * DAY_MS);
    let job = run.newest_job();
    assert_eq!((job.number, job.state, job.rows.total), (2, JobState::Done, 3_005));
}

#[test]
fn an_author_of_thousands_of_books_fits_into_a_row() {
    let mut csv = "Title,Author,ISBN\n".to_owned();
    for n in 0..3_000 {
        let _ = writeln!(csv, "A title that is as long as titles are number {n},One Writer,");
    }
    let mut run = WarmingEngineTestSetup::with_csv(&csv);
    while run.newest_job().state == JobState::Importing {
        run.alarm();
    }
    run.assert_warming_invariants();
    let author = run.store.items_by_keys(1, &["a:one writer".to_owned()]).unwrap().remove(0);
    let bytes = serde_json::to_string(&author).unwrap().len();
    assert!(bytes < 100_000, "{bytes} bytes in one row, of at most two million");
}

#[test]
fn a_paused_job_with_a_replaced_file_is_superseded() {
    let mut run = WarmingEngineTestSetup::with_csv(&sample_library_csv(12, 4));
    run.alarm();
    run.warming_engine().apply_job_command(run.newest_job(), JobCommand::Pause).unwrap();
    run.fakes.put(LIBRARY_FILE_KEY, &sample_library_csv(6, 3));
    run.scan_uploads();
    run.run_to_end();
    let results = &run.fakes.files.borrow()["results/library-1.json"];
    let results: serde_json::Value = serde_json::from_slice(results).unwrap();
    assert_eq!((&results["state"], &results["waiting"]), (&"superseded".into(), &().into()));
    assert_eq!(run.newest_job().state, JobState::Done);
}

#[test]
fn a_cancelled_job_starts_again_only_after_an_upload() {
    let csv = sample_library_csv(30, 10);
    for (key, dry_run, state) in [
        (LIBRARY_FILE_KEY, false, JobState::Done),
        ("uploads/again.csv", false, JobState::Done),
        (LIBRARY_FILE_KEY, true, JobState::Planned),
    ] {
        let mut run = WarmingEngineTestSetup::with_csv(&csv);
        run.run_into_the_middle();
        // A file sent before the cancellation does not restart the job.
        run.fakes.put(LIBRARY_FILE_KEY, &csv);
        run.warming_engine().apply_job_command(run.newest_job(), JobCommand::Cancel).unwrap();
        run.scan_uploads();
        run.run_to_end();
        assert_eq!((run.newest_job().number, run.newest_job().state), (1, JobState::Cancelled));
        let calls = run.fakes.upstream_calls.get();
        run.fakes.now_ms.set(run.fakes.now_ms() + 1);
        run.fakes.put(key, &csv);
        let _ = poll_once(run.warming_engine().scan_uploads(dry_run, Some(key)));
        run.scan_uploads();
        run.run_to_end();
        run.assert_warming_invariants();
        let jobs = run.store.load_all_jobs().unwrap();
        let states: Vec<_> = jobs.iter().map(|job| (job.number, job.state)).collect();
        assert_eq!(states, [(1, JobState::Superseded), (2, state)], "{key}");
        assert_eq!(
            run.keys_fetched_more_than_once(),
            Vec::<String>::new(),
            "warm items are not fetched again"
        );
        assert_eq!(dry_run, run.fakes.upstream_calls.get() == calls);
        assert_eq!(run.store.all_warming_items(1).len(), 0);
    }
}

#[test]
fn a_row_longer_than_a_slice_is_read() {
    let long = "long ".repeat(20_000);
    assert!(long.len() as u64 > crate::settings::SLICE_BYTES);
    let mut run = WarmingEngineTestSetup::with_csv(&format!(
        "Title,Author,Notes\nA Title,A Writer,\"{long}\"\n"
    ));
    run.run_to_end();
    run.assert_warming_invariants();
    assert_eq!((run.newest_job().state, run.newest_job().rows.title_author), (JobState::Done, 1));
}
