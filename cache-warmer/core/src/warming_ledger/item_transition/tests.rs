use runtime::time::DAY_MS;

use super::*;
use crate::warming_ledger::batch_provider_health::BatchProviderHealth;
use crate::warming_ledger::warming_item::{TryCounts, WarmStage};

const TEST_NOW_MS: u64 = 1_000_000_000;

fn test_warming_item(repaired: bool) -> WarmingItem {
    let isbn = bibliography::isbn::Isbn13::parse("9780441172719").unwrap();
    let isbn = if repaired { BookIsbnStatus::Repaired(isbn) } else { BookIsbnStatus::Stated(isbn) };
    let (title, author) = (Some("Dune".into()), Some("F. Herbert".into()));
    let detail = WarmTarget::Book { isbn, title, author };
    WarmingItem::new("b".to_owned(), detail)
}

fn is_rejected(item: &WarmingItem) -> bool {
    matches!(item.target, WarmTarget::Book { isbn: BookIsbnStatus::Rejected(_), .. })
}

fn test_last_answer_times(answered_ms: u64) -> LastAnswerTimes {
    LastAnswerTimes { now_ms: TEST_NOW_MS, answered_ms, isbndb_ms: 0, google_ms: 0 }
}

fn found_outcome(partial: bool) -> BatchItemOutcome {
    let fresh_until_ms = TEST_NOW_MS + 7 * DAY_MS;
    BatchItemOutcome::Found {
        count: 1,
        tier: "R2".into(),
        fresh_until_ms,
        was_cached: false,
        partial,
    }
}

fn test_book_entry_presence(title: bool) -> LibraryBookCacheEntries {
    LibraryBookCacheEntries { id: "b".into(), isbn: true, title, wrong: false }
}

#[test]
fn an_item_is_done_only_if_every_search_for_it_hits() {
    let item = item_after_outcome(
        test_warming_item(false),
        &found_outcome(false),
        Some(&test_book_entry_presence(true)),
        test_last_answer_times(TEST_NOW_MS),
    );
    assert!(matches!(item.state, ItemState::Done { .. }));
    let item = item_after_outcome(
        test_warming_item(false),
        &found_outcome(false),
        Some(&test_book_entry_presence(false)),
        test_last_answer_times(TEST_NOW_MS),
    );
    assert_eq!((item.stage, item.due_ms()), (WarmStage::Title, Some(0)));
    // No provider knows the title: the item is warm by its ISBN.
    let absent = BatchItemOutcome::NotFound {
        fresh_until_ms: TEST_NOW_MS + 1,
        was_cached: false,
        partial: false,
    };
    let item = item_after_outcome(item, &absent, None, test_last_answer_times(TEST_NOW_MS));
    assert_eq!(
        item.state,
        ItemState::Done { tier: "R2".into(), fresh_until_ms: TEST_NOW_MS + 7 * DAY_MS }
    );
}

#[test]
fn a_partial_answer_is_neither_done_nor_failed() {
    let mut item = test_warming_item(false);
    for _ in 0..40 {
        item = item_after_outcome(
            item,
            &found_outcome(true),
            Some(&test_book_entry_presence(true)),
            test_last_answer_times(TEST_NOW_MS),
        );
        let ItemState::Deferred { until_ms, .. } = item.state else { panic!("{item:?}") };
        assert!(
            (TEST_NOW_MS + MAX_PARTIAL_LEFT_MS..=TEST_NOW_MS + MAX_PAUSE_MS).contains(&until_ms)
        );
    }
}

#[test]
fn a_short_lived_partial_answer_is_retried_soon() {
    let fresh_until_ms = TEST_NOW_MS + 1_000;
    let partial = BatchItemOutcome::Found {
        count: 1,
        tier: "R2".into(),
        fresh_until_ms,
        was_cached: false,
        partial: true,
    };
    let mut item = test_warming_item(false);
    let mut waits_ms = Vec::new();
    for _ in 0..3 {
        item = item_after_outcome(
            item,
            &partial,
            Some(&test_book_entry_presence(true)),
            test_last_answer_times(TEST_NOW_MS),
        );
        let ItemState::Deferred { until_ms, .. } = item.state else { panic!("{item:?}") };
        waits_ms.push(until_ms - TEST_NOW_MS);
    }
    assert_eq!(waits_ms, [2_000, 8_000, 32_000]);
}

#[test]
fn an_isbn_is_unknown_only_after_google_or_a_day() {
    let open = BatchItemOutcome::NotFound {
        fresh_until_ms: TEST_NOW_MS,
        was_cached: false,
        partial: true,
    };
    let whole = BatchItemOutcome::NotFound {
        fresh_until_ms: TEST_NOW_MS,
        was_cached: false,
        partial: false,
    };
    // Tries of an outage do not count as tries without Google.
    let tries = TryCounts { provider_down: 40, ..TryCounts::default() };
    let mut item = WarmingItem { state: ItemState::Pending { tries }, ..test_warming_item(false) };
    let mut now_ms = TEST_NOW_MS;
    let mut asked_ms = Vec::new();
    while item.state.is_unfinished() {
        let provider_clock = LastAnswerTimes { now_ms, ..test_last_answer_times(TEST_NOW_MS) };
        let view = item_after_outcome(item.clone(), &whole, None, provider_clock);
        assert!(matches!(view.state, ItemState::NotFound { .. }), "{view:?}");
        item = item_after_outcome(item, &open, None, provider_clock);
        asked_ms.push(now_ms);
        if let ItemState::Deferred { until_ms, .. } = item.state {
            assert!(until_ms >= now_ms + MAX_PARTIAL_LEFT_MS);
            now_ms = until_ms;
        }
    }
    let ItemState::NotFound { why } = &item.state else { panic!("{item:?}") };
    assert!(why.contains("Google's quota did not suffice"), "{why}");
    // The tries end, and only after a reset of Google's quota.
    assert!((TEST_NOW_MS + DAY_MS..TEST_NOW_MS + 2 * DAY_MS).contains(&now_ms), "{now_ms}");
    // Google is queried for half of a batch each time: of a thousand, one is left.
    assert!(asked_ms.len() >= 10, "{asked_ms:?}");
    // The ISBNdb Worker caches an absence for an hour: the next try spends a unit.
    let mut units_ms: Vec<u64> = Vec::new();
    for at_ms in asked_ms {
        if units_ms.last().is_none_or(|last_ms| at_ms >= last_ms + 3_600_000) {
            units_ms.push(at_ms);
        }
    }
    assert_eq!(units_ms.len(), 2, "{units_ms:?}");
    // A repaired ISBN may be another book's: its title is searched at once.
    assert_eq!(
        item_after_outcome(
            test_warming_item(true),
            &open,
            None,
            test_last_answer_times(TEST_NOW_MS)
        )
        .stage,
        WarmStage::Title
    );
    // Warming never queries Google for a title: the title is unknown at once.
    let item = item_after_outcome(
        WarmingItem { stage: WarmStage::Title, ..test_warming_item(false) },
        &open,
        None,
        test_last_answer_times(TEST_NOW_MS),
    );
    assert!(matches!(item.state, ItemState::NotFound { .. }), "{item:?}");
}

#[test]
fn a_wrong_repaired_isbn_is_searched_by_title() {
    let absent = BatchItemOutcome::NotFound {
        fresh_until_ms: TEST_NOW_MS,
        was_cached: false,
        partial: false,
    };
    let wrong = BatchItemOutcome::Failed {
        failure: Failure::Provider(ProviderFailure::WrongBook),
        provider: "isbndb".into(),
    };
    for outcome in [&absent, &wrong] {
        let item = item_after_outcome(
            test_warming_item(true),
            outcome,
            None,
            test_last_answer_times(TEST_NOW_MS),
        );
        assert_eq!((item.stage, item.due_ms()), (WarmStage::Title, Some(0)));
        // An unknown title ends the item.
        let item = item_after_outcome(item, outcome, None, test_last_answer_times(TEST_NOW_MS));
        assert!(!item.state.is_unfinished(), "{item:?}");
    }
    assert!(matches!(
        item_after_outcome(
            test_warming_item(false),
            &absent,
            None,
            test_last_answer_times(TEST_NOW_MS)
        )
        .state,
        ItemState::NotFound { .. }
    ));
    assert!(matches!(
        item_after_outcome(
            test_warming_item(false),
            &wrong,
            None,
            test_last_answer_times(TEST_NOW_MS)
        )
        .state,
        ItemState::Failed { .. }
    ));
}

#[test]
fn no_item_fails_while_no_provider_answers() {
    let mut item = test_warming_item(false);
    for n in 0..1_000 {
        let provider_clock =
            LastAnswerTimes { now_ms: TEST_NOW_MS + n, answered_ms: 5, isbndb_ms: 5, google_ms: 5 };
        item = item_after_failure(
            item,
            &Failure::Provider(ProviderFailure::Timeout),
            "isbndb",
            provider_clock,
        );
        assert!(matches!(item.state, ItemState::Deferred { .. }));
    }
    let tries = item.state.tries();
    assert_eq!((tries.failed, tries.provider_down), (0, 1_000));
}

/// The item after a timeout of a provider in a batch in which other items were answered.
fn after_timeout_among_answers(item: WarmingItem, provider: &str, now_ms: u64) -> WarmingItem {
    let times = LastAnswerTimes { now_ms, answered_ms: now_ms, isbndb_ms: 0, google_ms: 0 };
    item_after_failure(item, &Failure::Provider(ProviderFailure::Timeout), provider, times)
}

#[test]
fn an_item_that_fails_while_others_are_answered_is_given_up() {
    let mut item = test_warming_item(false);
    for n in 1..=u64::from(MAX_ATTEMPTS) {
        assert!(item.state.is_unfinished());
        let now_ms = TEST_NOW_MS + n * DAY_MS;
        item = after_timeout_among_answers(item, "isbndb", now_ms);
    }
    let ItemState::Failed { why } = &item.state else { panic!("{item:?}") };
    assert!(why.contains("8 tries failed"), "{why}");
}

#[test]
fn an_item_is_given_up_after_hours_and_not_before() {
    // From the simulation (seed 92): ISBNdb answered only half of the requests for half an hour.
    let (mut item, mut now_ms) = (test_warming_item(false), TEST_NOW_MS);
    loop {
        item = after_timeout_among_answers(item, "isbndb", now_ms);
        let ItemState::Deferred { until_ms, .. } = item.state else { break };
        now_ms = until_ms;
    }
    let hours = (now_ms - TEST_NOW_MS) / 3_600_000;
    assert!((2..=4).contains(&hours), "{hours} h");
}

#[test]
fn a_google_outage_fails_no_item() {
    let mut item = test_warming_item(false);
    for n in 1..=100 {
        let now_ms = TEST_NOW_MS + n * DAY_MS;
        item = after_timeout_among_answers(item, "google-books", now_ms);
        assert!(item.state.is_unfinished());
    }
    let whole = |partial, was_cached| {
        let mut provider_health = BatchProviderHealth::default();
        let (tier, fresh_until_ms, count) = ("R2".to_owned(), TEST_NOW_MS, 1);
        let found = BatchItemOutcome::Found { count, tier, fresh_until_ms, was_cached, partial };
        provider_health.record_outcome(&found, true, TEST_NOW_MS);
        assert!(provider_health.answered && !provider_health.google_answered);
        provider_health.all_answered
    };
    assert!(whole(false, false));
    assert!(!whole(true, false) && !whole(false, true), "partial and cached answers do not count");
    for (by_isbn, was_cached) in [(false, false), (true, false), (true, true)] {
        let mut provider_health = BatchProviderHealth::default();
        let absent =
            BatchItemOutcome::NotFound { fresh_until_ms: TEST_NOW_MS, was_cached, partial: false };
        provider_health.record_outcome(&absent, by_isbn, TEST_NOW_MS);
        let view = (
            provider_health.answered,
            provider_health.all_answered,
            provider_health.google_answered,
        );
        assert_eq!(view, (true, !was_cached, by_isbn && !was_cached));
    }
}

#[test]
fn quota_and_pace_only_defer_an_item() {
    let until_ms = TEST_NOW_MS + 3_600_000;
    let mut item = test_warming_item(false);
    for _ in 0..100 {
        item = item_after_failure(
            item,
            &Failure::Provider(ProviderFailure::QuotaSpent { until_ms }),
            "isbndb",
            test_last_answer_times(TEST_NOW_MS),
        );
        assert!(matches!(item.state, ItemState::Deferred { until_ms: u, .. } if u == until_ms));
    }
}

#[test]
fn work_pauses_only_if_no_item_was_answered() {
    let mut provider_health = BatchProviderHealth::default();
    provider_health.record_failure(
        &Failure::Provider(ProviderFailure::Timeout),
        "isbndb",
        TEST_NOW_MS,
    );
    let first = provider_health.backoff(None, TEST_NOW_MS).unwrap();
    assert_eq!((first.until_ms, first.streak), (TEST_NOW_MS + 2_000, 1));
    let second = provider_health.backoff(Some(&first), TEST_NOW_MS).unwrap();
    assert_eq!((second.until_ms, second.streak), (TEST_NOW_MS + 4_000, 2));
    provider_health.answered = true;
    assert_eq!(provider_health.backoff(Some(&second), TEST_NOW_MS), None);
    // A spent day pauses warming although items were answered; Google's does not.
    provider_health.record_failure(
        &Failure::Provider(ProviderFailure::QuotaSpent { until_ms: TEST_NOW_MS + 9_000 }),
        "google-books",
        TEST_NOW_MS,
    );
    assert_eq!(provider_health.backoff(None, TEST_NOW_MS), None);
    provider_health.record_failure(
        &Failure::Provider(ProviderFailure::QuotaSpent { until_ms: TEST_NOW_MS + 9_000 }),
        "isbndb",
        TEST_NOW_MS,
    );
    assert_eq!(provider_health.backoff(None, TEST_NOW_MS).unwrap().until_ms, TEST_NOW_MS + 9_000);
}

#[test]
fn a_title_search_keeps_a_confirmed_repaired_isbn() {
    let item = item_after_outcome(
        test_warming_item(true),
        &found_outcome(false),
        Some(&test_book_entry_presence(false)),
        test_last_answer_times(TEST_NOW_MS),
    );
    assert_eq!(
        (item.stage, is_rejected(&item), item.is_by_isbn()),
        (WarmStage::Title, false, false)
    );
    let done = completed_by_author(
        &item,
        &test_book_entry_presence(true),
        "R2",
        TEST_NOW_MS + 8 * DAY_MS,
        TEST_NOW_MS,
    )
    .unwrap();
    assert!(!is_rejected(&done));
    assert_eq!(done.isbn_fresh_ms, TEST_NOW_MS + 7 * DAY_MS, "the entry of the ISBN counts");
    let fresh_until_ms = done.isbn_fresh_ms;
    assert_eq!(done.state, ItemState::Done { tier: "R2".to_owned(), fresh_until_ms });
    // The author's answer shows that the ISBN is another book's: the title is searched.
    let wrong =
        LibraryBookCacheEntries { isbn: false, wrong: true, ..test_book_entry_presence(true) };
    let done = completed_by_author(
        &test_warming_item(true),
        &wrong,
        "R2",
        TEST_NOW_MS + 8 * DAY_MS,
        TEST_NOW_MS,
    )
    .unwrap();
    let refreshed = WarmingItem { stage: WarmStage::Refresh, ..done };
    assert_eq!((is_rejected(&refreshed), refreshed.is_by_isbn()), (true, false));
    assert_eq!(refreshed.target.first_stage(), WarmStage::Title);
}
