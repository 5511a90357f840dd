//! What a job shows of its import, and files without a usable row.

use super::*;
use crate::import::{EncodingSource, encoding_for_label};

#[test]
fn a_job_shows_how_its_file_was_read() {
    let mut run = WarmingEngineTestSetup::with_csv(
        "Meine Bücher\nTitel;Autor(en);Preis;ISBN\nMomo;Michael Ende;9,99 €;\n\
         Titel;ISBN;Verlag\nEmma;9780141439587;Reclam\n",
    );
    run.run_to_end();
    run.assert_warming_invariants();
    let job = run.shown_job();
    assert_eq!(job["state"], "done");
    let reading = &job["reading"];
    assert_eq!(
        (&reading["encoding"], &reading["encodingSource"]),
        (&"UTF-8".into(), &"bytes".into())
    );
    assert_eq!((&reading["skippedLines"], &reading["furtherHeaders"]), (&1.into(), &1.into()));
    let first = &reading["headers"][0];
    assert_eq!((&first["line"], &first["delimiter"]), (&2.into(), &";".into()));
    let taken: Vec<String> = first["columns"]
        .as_array()
        .unwrap()
        .iter()
        .map(|column| format!("{} {} {}", column["column"], column["name"], column["takenFor"]))
        .collect();
    assert_eq!(
        taken,
        ["1 \"Titel\" \"title\"", "2 \"Autor(en)\" \"author\"", "4 \"ISBN\" \"ISBN\""]
    );
    assert_eq!(first["ignored"], serde_json::json!(["Preis"]));
    let warnings = reading["warnings"].to_string();
    assert!(warnings.contains("no column was taken for the author"), "{warnings}");
    // The results have the same.
    let results =
        run.fakes.files.borrow()[&format!("results/{}.json", run.newest_job().id)].clone();
    let results: serde_json::Value = serde_json::from_slice(&results).unwrap();
    assert_eq!(results["reading"], *reading);
}

#[test]
fn a_library_waits_when_its_rows_of_the_day_are_used_up() {
    let csv = (0..700).fold("ISBN\n".to_owned(), |csv, n| csv + &nth_isbn_text(n) + "\n");
    // Once during the import, once during the warming.
    for (rows_left, state) in [(100, JobState::Importing), (1_500, JobState::Warming)] {
        let mut run = WarmingEngineTestSetup::with_csv(&csv);
        let now_ms = run.fakes.now_ms();
        let midnight_ms = (now_ms / DAY_MS + 1) * DAY_MS;
        let per_day = run.settings.library_rows_per_day;
        let mut meta = run.store.warmer_state().unwrap();
        assert!(!meta.add_library_rows(per_day - rows_left, per_day, now_ms));
        run.store.commit_changes(&[&meta]).unwrap();
        let due_ms = loop {
            match run.alarm() {
                NextAlarm::Now => {}
                NextAlarm::At(at_ms) if at_ms < midnight_ms => run.fakes.now_ms.set(at_ms),
                NextAlarm::At(at_ms) => break at_ms,
                NextAlarm::Idle => panic!("{:?}", run.newest_job().state),
            }
        };
        let job = run.newest_job();
        assert_eq!((due_ms, &job.state), (midnight_ms, &state));
        let waiting = run.shown_job()["waiting"].clone();
        assert_eq!(waiting["until"], midnight_ms);
        assert!(waiting["reason"].to_string().contains("00:00 UTC"), "{waiting}");
        assert!(!job.unpublished, "the wait is published");
        // A command does not end the wait for rows, and another file is still found.
        run.warming_engine().apply_job_command(run.newest_job(), JobCommand::Retry).unwrap();
        let other = "ISBN
9780141439587
"
        .into();
        run.fakes.files.borrow_mut().insert("uploads/other.csv".to_owned(), other);
        run.scan_uploads();
        assert_eq!(run.store.load_all_jobs().unwrap().len(), 2);
        run.fakes.now_ms.set(midnight_ms);
        run.run_to_end();
        run.assert_warming_invariants();
        assert!(run.store.load_all_jobs().unwrap().iter().all(|job| job.state == JobState::Done));
    }
}

#[test]
fn a_job_whose_rows_were_all_rejected_is_not_done() {
    let mut run =
        WarmingEngineTestSetup::with_csv("Title,Author,ISBN\n,Jane Austen,\n,Frank Herbert,none\n");
    run.run_to_end();
    run.assert_warming_invariants();
    let job = run.newest_job();
    assert_eq!(job.state, JobState::Failed);
    let error = job.error.as_deref().unwrap();
    assert!(error.contains("none of its 2 rows") && error.contains("line 2: no ISBN"), "{error}");
    let name = format!("results/{}/failures.csv", job.id);
    let failures = run.fakes.files.borrow()[&name].clone();
    assert_eq!(String::from_utf8(failures).unwrap().lines().count(), 3);
    assert!(run.shown_job()["reading"]["headers"].is_array());
    // A retry reads the file again, with the same result.
    run.warming_engine().apply_job_command(run.newest_job(), JobCommand::Retry).unwrap();
    assert_eq!(run.newest_job().state, JobState::Importing);
    run.run_to_end();
    run.assert_warming_invariants();
    assert_eq!((run.newest_job().state, run.newest_job().rows.rejected), (JobState::Failed, 2));
}

#[test]
fn the_log_of_a_refused_file_holds_none_of_its_cells() {
    let mut run = WarmingEngineTestSetup::with_csv("Diary,Price\na private note,3\n");
    run.run_to_end();
    assert_eq!(run.newest_job().state, JobState::Failed);
    assert!(run.newest_job().error.unwrap().contains("Diary"));
    let logs = run.fakes.logs.borrow();
    assert!(logs.iter().any(|line| line.starts_with("import: ")), "{logs:?}");
    assert!(!logs.iter().any(|line| line.contains("Diary")), "{logs:?}");
}

#[test]
fn a_file_is_read_again_in_a_named_encoding() {
    let run = WarmingEngineTestSetup::new();
    let bytes = b"Titel;Autor;ISBN\nDie 5-\xa4-Br\xfccke;Ann M\xfcller;\nDas \xd6l;Ben J\xe4ger;\n";
    run.fakes.files.borrow_mut().insert(LIBRARY_FILE_KEY.to_owned(), bytes.to_vec());
    run.scan_uploads();
    let mut run = run;
    run.run_to_end();
    run.assert_warming_invariants();
    let title = |run: &WarmingEngineTestSetup| {
        let items = run.store.all_warming_items(run.newest_job().number);
        let title = items.into_iter().find_map(|item| match item.target {
            WarmTarget::Book { title: Some(title), .. } if title.starts_with("Die") => Some(title),
            _ => None,
        });
        title.unwrap()
    };
    assert_ne!(title(&run), "Die 5-€-Brücke");
    assert_eq!(run.newest_job().import.unwrap().encoding_source, EncodingSource::Guess);
    assert!(run.shown_job()["reading"]["warnings"].to_string().contains("is a guess"));
    let named = encoding_for_label("iso-8859-15");
    run.warming_engine().restart_import(run.newest_job(), named).unwrap();
    run.run_to_end();
    run.assert_warming_invariants();
    assert_eq!((title(&run).as_str(), run.newest_job().state), ("Die 5-€-Brücke", JobState::Done));
    assert_eq!(run.newest_job().import.unwrap().encoding, named);
    // Detected from its bytes again.
    run.warming_engine().restart_import(run.newest_job(), None).unwrap();
    run.run_to_end();
    assert_ne!(title(&run), "Die 5-€-Brücke");
}

#[test]
fn a_slice_of_a_restarted_import_is_dropped() {
    let mut run = WarmingEngineTestSetup::with_csv(&sample_library_csv(3_000, 300));
    while run.newest_job().rows.total == 0 {
        run.alarm();
    }
    // The import is restarted while the bytes of a slice are read.
    let engine = run.warming_engine();
    let mut step = Box::pin(engine.run_warming_step());
    let waker = std::task::Waker::noop();
    let mut context = std::task::Context::from_waker(waker);
    run.fakes.slow.set(true);
    assert!(step.as_mut().poll(&mut context).is_pending());
    run.warming_engine().restart_import(run.newest_job(), None).unwrap();
    let _ = step.as_mut().poll(&mut context);
    drop(step);
    assert_eq!(run.newest_job().rows.total, 0);
    run.run_to_end();
    run.assert_warming_invariants();
    assert_eq!((run.newest_job().rows.total, run.newest_job().state), (3_005, JobState::Done));
}

#[test]
fn joined_exports_keep_their_headers_in_failures() {
    let mut run = WarmingEngineTestSetup::with_csv(
        "Title,Author,ISBN\n,Jane Austen,\nEmma,Jane Austen,9780141439587\n\
         Autor;Titel;Jahr\nMichael Ende;Momo;1973\nMichael Ende;;1979\n",
    );
    run.run_to_end();
    run.assert_warming_invariants();
    let job = run.newest_job();
    let failures = run.fakes.files.borrow()[&format!("results/{}/failures.csv", job.id)].clone();
    let text = String::from_utf8(failures).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[0], "line,reason,Title,Author,ISBN");
    assert!(lines[1].starts_with("2,"), "{text}");
    assert_eq!(lines[2], "line;reason;Autor;Titel;Jahr");
    assert!(lines[3].starts_with("6;") && lines[3].ends_with("Michael Ende;;1979"), "{text}");
    // The file can be uploaded as a library.
    let mut again = WarmingEngineTestSetup::with_csv(
        &text.replace("Michael Ende;;1979", "Michael Ende;Jim Knopf;1979"),
    );
    again.run_to_end();
    again.assert_warming_invariants();
    assert_eq!((again.newest_job().rows.title_author, again.newest_job().rows.rejected), (1, 1));
}

#[test]
fn an_unreadable_import_state_counts_no_row_twice() {
    // More rows a book than its item lists, and rows that are rejected.
    let row = |n: u32| if n.is_multiple_of(7) { "x".to_owned() } else { nth_isbn_text(n % 3) };
    let csv = (0..700).fold("ISBN\n".to_owned(), |csv, n| csv + &row(n) + "\n");
    let mut run = WarmingEngineTestSetup::with_csv(&csv);
    while run.newest_job().rows.total == 0 {
        run.alarm();
    }
    let mut job = run.newest_job();
    assert_eq!(job.state, JobState::Importing, "the file has a second slice");
    job.import = None;
    run.store.commit_changes(&[&job]).unwrap();
    run.run_to_end();
    run.assert_warming_invariants();
    let job = run.newest_job();
    assert_eq!((job.rows.total, job.rows.rejected), (700, 100));
    let lines: BTreeSet<_> = job.failures.iter().map(|row| row.line).collect();
    assert_eq!(lines.len(), job.failures.len(), "{:?}", job.failures);
}
