//! Crashes and a failing storage: no count is lost, nothing is sent uncounted. (The fake provider
//! itself checks at every send that the storage has counted at least as much.)

use ports::http::{Method, Request};
use ports::log::Level;
use proptest::prelude::*;
use runtime::outcome::{Answer, Failure};
use runtime::rate_limit::CallClass::{Background, Interactive};

use super::super::fake::{NOW, Seen, StoreFault, World, books_for, response};
use super::queue::isbn;

#[test]
fn a_crash_at_any_moment_loses_no_count_and_breaks_no_pace() {
    for step_ms in (0..4_000).step_by(97) {
        let mut world = World::new();
        world.script(|seen| (700, Ok(books_for(seen))));
        for n in 0..10 {
            let (budget, asked) = (world.budget.clone(), world.asked(Background));
            world.start(async move { budget.book(&asked, isbn(n)).await });
        }
        world.pass(step_ms);
        world.crash();
        for n in 0..10 {
            let (budget, asked) = (world.budget.clone(), world.asked(Background));
            world.start(async move { budget.book(&asked, isbn(n)).await });
        }
        world.pass(30_000);
        let seen = world.provider.seen.borrow();
        let sent = u32::try_from(seen.len()).unwrap();
        // At most the one slot that was handed out when it crashed is counted and was not sent.
        assert!((sent..=sent + 1).contains(&world.store.spent()), "at {step_ms}");
        for pair in seen.windows(2) {
            assert!(pair[1].at_ms >= pair[0].at_ms + 1_030, "at {step_ms}");
        }
        let answered = (0..10).filter(|n| world.store.row(&format!("b:{}", isbn(*n))).is_some());
        assert_eq!(answered.count(), 10, "at {step_ms}");
    }
}

#[test]
fn without_a_stored_count_nothing_is_sent() {
    for fault in [StoreFault::Lost, StoreFault::AnswerLost] {
        let mut world = World::new();
        world.store.fail(fault);
        let (budget, asked) = (world.budget.clone(), world.asked(Interactive));
        let answer = world.run(async move { budget.book(&asked, isbn(1)).await });
        assert!(matches!(answer, Err(Failure::Internal { .. })), "{fault:?}");
        assert_eq!(world.paths().len(), 0, "{fault:?}");
        world.store.fail(StoreFault::None);
        world.pass(2_000);
        let (budget, asked) = (world.budget.clone(), world.asked(Interactive));
        let answer = world.run(async move { budget.book(&asked, isbn(1)).await });
        assert!(matches!(answer, Ok(Answer::Found(_))), "{fault:?}");
        assert_eq!((world.paths().len(), world.store.spent()), (1, 1), "{fault:?}");
    }
}

#[test]
fn why_nothing_was_sent_stands_in_the_log_and_not_in_the_answer() {
    let mut world = World::new();
    world.store.fail(StoreFault::Lost);
    let (budget, asked) = (world.budget.clone(), world.asked(Interactive));
    let trace_id = asked.context.trace.trace_id();
    let request = Request::new(Method::Get, &format!("/book/{}", isbn(1)));
    let answer = world.run(async move { budget.answer(&request, &asked).await });
    assert_eq!(answer.status, 500);
    let lines = world.host.lines.borrow();
    let told: Vec<_> = lines.iter().filter(|line| line.event == "internal").collect();
    let [line] = told.as_slice() else { panic!("{told:?}") };
    assert_eq!((line.level, &line.trace_id), (Level::Error, &trace_id));
    assert_eq!(line.route.as_deref(), Some("/book/{isbn}"));
    let reason = line.message.strip_prefix("isbndb-worker: ").unwrap();
    assert!(!reason.is_empty());
    assert!(!String::from_utf8(answer.body).unwrap().contains(reason));
}

#[test]
fn an_answer_that_cannot_be_cached_is_an_answer_all_the_same() {
    let mut world = World::new();
    let store = world.store.clone();
    world.script(move |seen| {
        store.fail(StoreFault::Lost);
        (100, Ok(books_for(seen)))
    });
    let (budget, asked) = (world.budget.clone(), world.asked(Interactive));
    let answer = world.run(async move { budget.book(&asked, isbn(1)).await });
    assert!(matches!(answer, Ok(Answer::Found(_))));
}

#[test]
fn a_cache_that_cannot_be_read_is_a_miss() {
    let mut world = World::new();
    world.store.fail(StoreFault::Unreadable);
    let (budget, asked) = (world.budget.clone(), world.asked(Interactive));
    let answer = world.run(async move { budget.book(&asked, isbn(1)).await });
    assert!(matches!(answer, Ok(Answer::Found(_))));
    assert!(!world.budget.status(&world.asked(Interactive)).storage_readable);
}

#[test]
fn a_state_that_cannot_be_parsed_counts_as_a_spent_day() {
    let mut world = World::new();
    world.store.set_state("{\"gate\": 7");
    world.crash();
    let (budget, asked) = (world.budget.clone(), world.asked(Interactive));
    let answer = world.run(async move { budget.book(&asked, isbn(1)).await });
    assert!(matches!(answer, Err(Failure::QuotaSpent { .. })));
}

#[test]
fn the_first_version_of_the_state_stays_readable() {
    let mut world = World::new();
    world.store.set_state(
        r#"{"gate":{"pace":{"next_at_ms":1795244401030,"paused_until_ms":0},
            "ledger":{"day_began_at_ms":1795219200000,"day_ends_at_ms":1795305600000,"spent":41,
            "carried":0,"calls":41,"blocked_until_ms":0,"reconciled_at_ms":0}},
            "refusal":null,"pauses":0,"rows":{"day_ends_at_ms":1795305600000,"rows":7},
            "swept_at_ms":0,"usage_asked_at_ms":0}"#,
    );
    world.crash();
    let quota = world.budget.quota_now(&world.asked(Interactive));
    assert_eq!((quota.spent, quota.left), (41, 959));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(if std::env::var_os("SOAK").is_some() { 2_000 } else { 24 }))]

    /// Half a day of everything at once: failures, slow answers, crashes, a failing storage. The
    /// provider's own count never passes the quota, nor its rate.
    #[test]
    fn a_simulated_day_never_passes_the_quota(
        quota in 5_u32..120,
        steps in proptest::collection::vec((0_u64..400_000, 0_u32..40, 0_u8..10), 1..150),
    ) {
        let quota_text = quota.to_string();
        let mut world = World::with(&[("ISBNDB_DAILY_QUOTA", &quota_text)]);
        world.script(|seen| {
            let dice = seen.at_ms % 11;
            let answer = match dice {
                0 => response(500, &[], "{}"),
                1 => response(404, &[], r#"{"errorMessage":"Not Found"}"#),
                2 => response(200, &[], "{"),
                3 => response(429, &[], r#"{"message":"Limit Exceeded"}"#),
                _ => books_for(seen),
            };
            (if dice == 4 { u64::MAX } else { dice * 300 }, Ok(answer))
        });
        for (wait_ms, n, what) in steps {
            world.pass(wait_ms);
            match what {
                0 => world.crash(),
                1 => world.store.fail(StoreFault::Lost),
                2 => world.store.fail(StoreFault::AnswerLost),
                3 | 4 => {
                    let (budget, asked) = (world.budget.clone(), world.asked(Background));
                    let isbns = (n..n + 9).map(isbn).collect();
                    world.start(async move { budget.bulk(&asked, isbns, Vec::new()).await });
                }
                _ => {
                    world.store.fail(StoreFault::None);
                    let class = if what == 5 { Background } else { Interactive };
                    let (budget, asked) = (world.budget.clone(), world.asked(class));
                    world.start(async move { budget.book(&asked, isbn(n)).await });
                }
            }
        }
        world.pass(60_000);
        let seen = world.provider.seen.borrow();
        let first_day = NOW / 86_400_000;
        for day in first_day..first_day + 3 {
            let units: u32 =
                seen.iter().filter(|s| s.at_ms / 86_400_000 == day).map(Seen::units).sum();
            prop_assert!(units <= quota, "{units} of {quota}");
        }
        for pair in seen.windows(2) {
            prop_assert!(pair[1].at_ms >= pair[0].at_ms + 1_030);
        }
    }
}
