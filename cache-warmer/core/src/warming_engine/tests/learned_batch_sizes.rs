//! Batches that are too large for the proxy.

use super::*;

/// ISBNs without authors: they are sent in batches of 20.
fn isbn_column_csv(count: u32) -> String {
    (0..count).fold("ISBN\n".to_owned(), |csv, n| csv + &nth_isbn_text(n) + "\n")
}

#[test]
fn a_batch_that_is_too_large_is_halved_until_it_fits() {
    let overloads = [
        None,
        Some(Failure::Provider(ProviderFailure::Timeout)),
        Some(Failure::Provider(ProviderFailure::Upstream { status: 503, retry_after_ms: None })),
        Some(Failure::internal("exceeded its CPU time")),
    ];
    for overload in overloads {
        for capacity in [1, 3] {
            let mut run = WarmingEngineTestSetup::with_csv(&isbn_column_csv(60));
            run.fakes.capacity.set(capacity);
            *run.fakes.overload.borrow_mut() = overload.clone();
            let mut smallest = u32::MAX;
            for _ in 0..2_000 {
                match run.alarm() {
                    NextAlarm::At(at_ms) => run.fakes.now_ms.set(at_ms),
                    NextAlarm::Now => {}
                    NextAlarm::Idle => break,
                }
                smallest = smallest.min(run.newest_job().batch_sizes.of(WarmingBatchKind::Isbn));
            }
            run.assert_warming_invariants();
            let job = run.newest_job();
            assert_eq!((&job.state, job.items.done), (&JobState::Done, 60), "{overload:?}");
            assert_eq!(smallest as usize, if capacity == 1 { 1 } else { 2 }, "{overload:?}");
            assert_eq!(run.keys_fetched_more_than_once(), Vec::<String>::new());
            let shown = run.shown_job();
            assert!(shown["batchSizes"]["isbn"].is_u64(), "{shown}");
        }
    }
}

#[test]
fn a_refused_batch_keeps_its_size() {
    for refusal in [
        ProviderFailure::RateLimited { retry_after_ms: 1_000, local: true },
        ProviderFailure::CircuitOpen { retry_after_ms: 1_000 },
    ] {
        for warmed_before in [false, true] {
            let mut run = WarmingEngineTestSetup::with_csv(&isbn_column_csv(60));
            if warmed_before {
                run.run_to_end();
                run.warming_engine().begin_daily_verification().unwrap();
            }
            run.fakes.capacity.set(0);
            *run.fakes.overload.borrow_mut() = Some(refusal.clone().into());
            for _ in 0..20 {
                if let NextAlarm::At(at_ms) = run.alarm() {
                    run.fakes.now_ms.set(at_ms);
                }
            }
            assert!(run.newest_job().batch_sizes.learned_sizes().is_empty(), "{refusal:?}");
        }
    }
}

#[test]
fn a_refresh_batch_has_the_size_of_its_kind() {
    let mut run = WarmingEngineTestSetup::with_csv(&isbn_column_csv(60));
    run.run_to_end();
    run.fakes.capacity.set(3);
    run.fakes.now_ms.set(run.fakes.now_ms() + 8 * DAY_MS);
    run.warming_engine().begin_daily_verification().unwrap();
    run.run_to_end();
    run.assert_warming_invariants();
    let learned = run.newest_job().batch_sizes.learned_sizes();
    assert!(learned[&WarmingBatchKind::Isbn] <= 4, "{learned:?}");
}

#[test]
fn batches_grow_again_once_the_proxy_can_take_them() {
    let mut run = WarmingEngineTestSetup::with_csv(&isbn_column_csv(400));
    run.fakes.capacity.set(3);
    for _ in 0..200 {
        if let NextAlarm::At(at_ms) = run.alarm() {
            run.fakes.now_ms.set(at_ms);
        }
    }
    let small = run.newest_job().batch_sizes.of(WarmingBatchKind::Isbn);
    assert!(small < 5, "{small}");
    run.fakes.capacity.set(usize::MAX);
    run.run_to_end();
    run.assert_warming_invariants();
    assert!(run.newest_job().batch_sizes.of(WarmingBatchKind::Isbn) > small);
    assert_eq!(run.newest_job().items.done, 400);
}

#[test]
fn a_usual_size_is_not_stored() {
    let mut run = WarmingEngineTestSetup::with_csv(&isbn_column_csv(60));
    run.run_to_end();
    assert!(run.newest_job().batch_sizes.learned_sizes().is_empty());
    let batches = run.fakes.batches.borrow();
    assert_eq!(batches.iter().max(), Some(&30));
}

#[test]
fn a_deferred_look_up_is_no_missing_entry() {
    let mut run = WarmingEngineTestSetup::with_csv(&isbn_column_csv(20));
    run.run_to_end();
    assert_eq!(run.newest_job().items.done, 20);
    run.fakes.capacity.set(4);
    run.warming_engine().begin_daily_verification().unwrap();
    run.run_to_end();
    let coverage = run.newest_job().coverage.last().cloned().unwrap();
    assert_eq!((coverage.warm, coverage.missing), (20, 0));
    // The next batch is not larger than the completed part.
    assert!(run.newest_job().batch_sizes.of(WarmingBatchKind::LookUp) <= 4);
}
