use super::*;
use crate::ledger::weather::Weather;

const NOW: u64 = 1_000_000_000;

fn book(confirm: bool) -> Item {
    let isbn = bibliography::isbn::Isbn13::parse("9780441172719").ok();
    let (title, author) = (Some("Dune".into()), Some("F. Herbert".into()));
    let what = What::Book { isbn, confirm, shared: false, title, author };
    Item::new("b".to_owned(), what)
}

fn scene(answered_ms: u64) -> Scene {
    Scene { now_ms: NOW, answered_ms, isbndb_ms: 0, google_ms: 0 }
}

fn found(partial: bool) -> BatchOutcome {
    let fresh_until_ms = NOW + 7 * DAY_MS;
    BatchOutcome::Found { count: 1, tier: "R2".into(), fresh_until_ms, already: false, partial }
}

fn seen(title: bool) -> BookSeen {
    BookSeen { id: "b".into(), isbn: true, title, wrong: false }
}

#[test]
fn found_is_done_only_when_every_search_for_it_hits() {
    let item = answered(book(false), &found(false), Some(&seen(true)), scene(NOW));
    assert!(matches!(item.state, State::Done { .. }));
    let item = answered(book(false), &found(false), Some(&seen(false)), scene(NOW));
    assert_eq!((item.stage, &item.state), (Stage::Title, &State::Pending));
    // Its title is nowhere: it is warm under its number all the same.
    let absent = BatchOutcome::NotFound { fresh_until_ms: NOW + 1, already: false, partial: false };
    let item = answered(item, &absent, None, scene(NOW));
    assert_eq!(item.state, State::Done { tier: "R2".into(), fresh_until_ms: NOW + 7 * DAY_MS });
}

#[test]
fn a_partial_answer_is_asked_again_and_never_counts_as_done_or_failed() {
    let mut item = book(false);
    for _ in 0..40 {
        item = answered(item, &found(true), Some(&seen(true)), scene(NOW));
        let State::Deferred { until_ms, .. } = item.state else { panic!("{item:?}") };
        assert!((NOW + PARTIAL_MS..=NOW + MAX_PAUSE_MS).contains(&until_ms));
    }
}

#[test]
fn a_partial_answer_of_a_second_is_asked_again_soon() {
    let fresh_until_ms = NOW + 1_000;
    let partial = BatchOutcome::Found {
        count: 1,
        tier: "R2".into(),
        fresh_until_ms,
        already: false,
        partial: true,
    };
    let mut item = book(false);
    let mut waits_ms = Vec::new();
    for _ in 0..3 {
        item = answered(item, &partial, Some(&seen(true)), scene(NOW));
        let State::Deferred { until_ms, .. } = item.state else { panic!("{item:?}") };
        waits_ms.push(until_ms - NOW);
    }
    assert_eq!(waits_ms, [2_000, 8_000, 32_000]);
}

#[test]
fn a_number_is_not_unknown_before_google_was_asked_for_it_or_a_day_is_over() {
    let open = BatchOutcome::NotFound { fresh_until_ms: NOW, already: false, partial: true };
    let whole = BatchOutcome::NotFound { fresh_until_ms: NOW, already: false, partial: false };
    // What an outage left behind says nothing about Google.
    let mut item = Item { down: 40, ..book(false) };
    let mut now_ms = NOW;
    let mut asked_ms = Vec::new();
    while let State::Pending | State::Deferred { .. } = item.state {
        let scene = Scene { now_ms, ..scene(NOW) };
        let told = answered(item.clone(), &whole, None, scene);
        assert!(matches!(told.state, State::NotFound { .. }), "{told:?}");
        item = answered(item, &open, None, scene);
        asked_ms.push(now_ms);
        if let State::Deferred { until_ms, .. } = item.state {
            assert!(until_ms >= now_ms + PARTIAL_MS);
            now_ms = until_ms;
        }
    }
    let State::NotFound { why } = &item.state else { panic!("{item:?}") };
    assert!(why.contains("Google's days had no room"), "{why}");
    // Google's day came back meanwhile, whenever it began; and it does not go on for ever.
    assert!((NOW + DAY_MS..NOW + 2 * DAY_MS).contains(&now_ms), "{now_ms}");
    // Half of a batch comes to Google each time: of a thousand, one is left.
    assert!(asked_ms.len() >= 10, "{asked_ms:?}");
    // The leaf remembers for an hour that ISBNdb has none: each try past that is a unit of its day.
    let mut units_ms: Vec<u64> = Vec::new();
    for at_ms in asked_ms {
        if units_ms.last().is_none_or(|last_ms| at_ms >= last_ms + 3_600_000) {
            units_ms.push(at_ms);
        }
    }
    assert_eq!(units_ms.len(), 2, "{units_ms:?}");
    // A repaired number is only a guess: its title is asked for at once.
    assert_eq!(answered(book(true), &open, None, scene(NOW)).stage, Stage::Title);
    // A title is never asked of Google by warming: it is unknown at once.
    let item = answered(Item { stage: Stage::Title, ..book(false) }, &open, None, scene(NOW));
    assert!(matches!(item.state, State::NotFound { .. }), "{item:?}");
}

#[test]
fn a_guess_that_does_not_hold_falls_back_to_title_and_author() {
    let absent = BatchOutcome::NotFound { fresh_until_ms: NOW, already: false, partial: false };
    let wrong = BatchOutcome::Failed { failure: Failure::WrongBook, provider: "isbndb".into() };
    for outcome in [&absent, &wrong] {
        let item = answered(book(true), outcome, None, scene(NOW));
        assert_eq!((item.stage, &item.state), (Stage::Title, &State::Pending));
        // And ends there.
        let item = answered(item, outcome, None, scene(NOW));
        assert!(!item.state.is_open(), "{item:?}");
    }
    assert!(matches!(
        answered(book(false), &absent, None, scene(NOW)).state,
        State::NotFound { .. }
    ));
    assert!(matches!(answered(book(false), &wrong, None, scene(NOW)).state, State::Failed { .. }));
}

#[test]
fn nothing_fails_while_nobody_is_answered() {
    let mut item = book(false);
    for n in 0..1_000 {
        let scene = Scene { now_ms: NOW + n, answered_ms: 5, isbndb_ms: 5, google_ms: 5 };
        item = failed(item, &Failure::Timeout, "isbndb", scene);
        assert!(matches!(item.state, State::Deferred { .. }));
    }
    assert_eq!((item.attempts, item.down), (0, 1_000));
}

#[test]
fn an_item_that_fails_while_others_are_answered_is_given_up() {
    let mut item = book(false);
    for n in 1..=u64::from(MAX_ATTEMPTS) {
        assert!(item.state.is_open());
        let now_ms = NOW + n * DAY_MS;
        let scene = Scene { now_ms, answered_ms: now_ms, isbndb_ms: 0, google_ms: 0 };
        item = failed(item, &Failure::Timeout, "isbndb", scene);
    }
    let State::Failed { why } = &item.state else { panic!("{item:?}") };
    assert!(why.contains("tried 5 times"), "{why}");
}

#[test]
fn google_s_silence_is_not_the_item_s_own_because_the_others_answer() {
    let mut item = book(false);
    for n in 1..=100 {
        let now_ms = NOW + n * DAY_MS;
        let scene = Scene { now_ms, answered_ms: now_ms, isbndb_ms: 0, google_ms: 0 };
        item = failed(item, &Failure::Timeout, "google-books", scene);
        assert!(item.state.is_open());
    }
    let whole = |partial, already| {
        let mut weather = Weather::default();
        let (tier, fresh_until_ms, count) = ("R2".to_owned(), NOW, 1);
        let found = BatchOutcome::Found { count, tier, fresh_until_ms, already, partial };
        weather.outcome(&found, true, NOW);
        assert!(weather.answered && !weather.whole_google);
        weather.whole
    };
    assert!(whole(false, false));
    assert!(!whole(true, false) && !whole(false, true), "that shows nobody");
    for (by_number, already) in [(false, false), (true, false), (true, true)] {
        let mut weather = Weather::default();
        let absent = BatchOutcome::NotFound { fresh_until_ms: NOW, already, partial: false };
        weather.outcome(&absent, by_number, NOW);
        let told = (weather.answered, weather.whole, weather.whole_google);
        assert_eq!(told, (true, !already, by_number && !already));
    }
}

#[test]
fn quota_and_pace_are_waited_out_whatever_happens() {
    let until_ms = NOW + 3_600_000;
    let mut item = book(false);
    for _ in 0..100 {
        item = failed(item, &Failure::QuotaSpent { until_ms }, "isbndb", scene(NOW));
        assert!(matches!(item.state, State::Deferred { until_ms: u, .. } if u == until_ms));
    }
}

#[test]
fn the_weather_holds_everything_only_when_nobody_is_answered() {
    let mut weather = Weather::default();
    weather.failure(&Failure::Timeout, "isbndb", NOW);
    let first = weather.hold(None, NOW).unwrap();
    assert_eq!((first.until_ms, first.streak), (NOW + 2_000, 1));
    let second = weather.hold(Some(&first), NOW).unwrap();
    assert_eq!((second.until_ms, second.streak), (NOW + 4_000, 2));
    weather.answered = true;
    assert_eq!(weather.hold(Some(&second), NOW), None);
    // A spent day of the provider that matters holds all the same; Google's does not.
    weather.failure(&Failure::QuotaSpent { until_ms: NOW + 9_000 }, "google-books", NOW);
    assert_eq!(weather.hold(None, NOW), None);
    weather.failure(&Failure::QuotaSpent { until_ms: NOW + 9_000 }, "isbndb", NOW);
    assert_eq!(weather.hold(None, NOW).unwrap().until_ms, NOW + 9_000);
}

#[test]
fn a_guess_that_held_is_not_put_aside_where_only_its_title_was_asked_for() {
    let item = answered(book(true), &found(false), Some(&seen(false)), scene(NOW));
    assert_eq!((item.stage, item.aside, item.is_by_number()), (Stage::Title, false, false));
    let done = brought_along(&item, &seen(true), "R2", NOW + 8 * DAY_MS, NOW).unwrap();
    assert!(matches!(done.state, State::Done { .. }) && !done.aside);
    assert_eq!(done.number_fresh_ms, NOW + 7 * DAY_MS, "its number stays one to look for");
    // The page says that the number is another book's: its title is what is left.
    let wrong = BookSeen { isbn: false, wrong: true, ..seen(true) };
    let done = brought_along(&book(true), &wrong, "R2", NOW + 8 * DAY_MS, NOW).unwrap();
    let refreshed = Item { stage: Stage::Refresh, ..done };
    assert_eq!((refreshed.aside, refreshed.is_by_number()), (true, false));
    assert_eq!(refreshed.own_stage(), Stage::Title);
}
