//! The outcome matrix: what each answer becomes, what is cached, what is counted, what the breaker
//! makes of it.

use bibliography::isbn::Isbn13;
use ports::TransportError;
use runtime::api::leaf::BookAnswer;
use runtime::outcome::{Answer, Failure};
use runtime::rate_limit::CallClass::{Background, Interactive};

use super::super::fake::{NOW, World, books_for, response};
use crate::isbndb::parse::MAX_BODY_BYTES;

const ISBN: &str = "9780441172719";
const KEY: &str = "b:9780441172719";
const MIDNIGHT: u64 = 1_795_305_600_000;

fn isbn() -> Isbn13 {
    Isbn13::parse(ISBN).unwrap()
}

fn ask(world: &mut World) -> Result<Answer<BookAnswer>, Failure> {
    let (budget, asked) = (world.budget.clone(), world.asked(Interactive));
    world.run(async move { budget.book(&asked, isbn()).await })
}

fn breaker(world: &World) -> String {
    world.budget.status(&world.asked(Interactive)).breaker
}

/// How an answer ends, without its details.
#[derive(Debug, PartialEq)]
enum End {
    Found,
    NotFound,
    Failed(Failure),
}

struct Cell {
    name: &'static str,
    status: u16,
    headers: &'static [(&'static str, &'static str)],
    body: String,
    end: End,
    /// Attempts, each counted.
    counted: u32,
    /// True where it is in the cache afterwards.
    cached: bool,
    /// The breaker after three such calls.
    breaker: &'static str,
}

fn rejected(status: u16) -> End {
    End::Failed(Failure::Rejected { status })
}

fn upstream(status: u16, retry_after_ms: Option<u64>) -> End {
    End::Failed(Failure::Upstream { status, retry_after_ms })
}

fn malformed(what: &str) -> End {
    End::Failed(Failure::Malformed { what: what.to_owned() })
}

fn cells() -> Vec<Cell> {
    let right = format!(r#"{{"book":{{"title":"Dune","isbn13":"{ISBN}"}}}}"#);
    let cell = |name, status, body: &str, end, counted, cached, breaker| Cell {
        name,
        status,
        headers: &[],
        body: body.to_owned(),
        end,
        counted,
        cached,
        breaker,
    };
    let mut cells = vec![
        cell("200", 200, &right, End::Found, 1, true, "closed"),
        cell("200 empty", 200, "{}", malformed("no book in the answer"), 1, false, "open"),
        cell(
            "200 null",
            200,
            r#"{"book":null}"#,
            malformed("no book in the answer"),
            1,
            false,
            "open",
        ),
        cell(
            "200 without a body",
            200,
            "",
            malformed("the answer is no JSON object"),
            1,
            false,
            "open",
        ),
        cell("404", 404, r#"{"errorMessage":"Not Found"}"#, End::NotFound, 1, true, "closed"),
        // The other way to the book is gone too.
        cell(
            "404 page",
            404,
            "<html>nothing here</html>",
            End::Failed(Failure::Moved { route: "/books".to_owned() }),
            2,
            false,
            "closed",
        ),
        cell(
            "400 about the number",
            400,
            r#"{"errorMessage":"Invalid ISBN"}"#,
            End::NotFound,
            1,
            true,
            "closed",
        ),
        cell("400", 400, r#"{"message":"Bad Request"}"#, rejected(400), 1, false, "closed"),
        cell(
            "401",
            401,
            r#"{"message":"Full authentication is required"}"#,
            End::Failed(Failure::Refused { what: "key".to_owned() }),
            1,
            false,
            "closed",
        ),
        cell(
            "403",
            403,
            r#"{"message":"Forbidden"}"#,
            End::Failed(Failure::Refused { what: "host".to_owned() }),
            1,
            false,
            "closed",
        ),
        cell(
            "429 day",
            429,
            r#"{"message":"Daily quota exceeded, please try again later"}"#,
            End::Failed(Failure::QuotaSpent { until_ms: MIDNIGHT }),
            1,
            false,
            "closed",
        ),
        // Three attempts, each counted.
        cell(
            "500",
            500,
            r#"{"message":"Internal server error"}"#,
            upstream(500, None),
            3,
            false,
            "open",
        ),
        cell(
            "502 page",
            502,
            "<html>502 Bad Gateway</html>",
            upstream(502, None),
            3,
            false,
            "open",
        ),
        cell(
            "bad JSON",
            200,
            &right[..40],
            malformed("the answer is no JSON object"),
            1,
            false,
            "open",
        ),
        cell(
            "HTML",
            200,
            "<html></html>",
            malformed("the answer is no JSON object"),
            1,
            false,
            "open",
        ),
        cell(
            "wrong ISBN",
            200,
            &right.replace(ISBN, "9780143111580"),
            End::Failed(Failure::WrongBook),
            1,
            false,
            "closed",
        ),
        cell(
            "no ISBN",
            200,
            r#"{"book":{"title":"Dune"}}"#,
            End::Failed(Failure::WrongBook),
            1,
            false,
            "closed",
        ),
        cell(
            "over 6 MB",
            200,
            &" ".repeat(MAX_BODY_BYTES + 1),
            malformed("the answer is over 6291456 bytes"),
            1,
            false,
            "open",
        ),
    ];
    cells.push(Cell {
        headers: &[("retry-after", "30")],
        ..cell("503 with Retry-After", 503, "{}", upstream(503, Some(30_000)), 1, false, "open")
    });
    cells.push(Cell {
        headers: &[("ratelimit", "\"rate\";r=0;t=12, \"daily\";r=900;t=56312")],
        ..cell(
            "429 minute",
            429,
            r#"{"message":"Per minute quota exceeded, please try again later"}"#,
            End::Failed(Failure::RateLimited { retry_after_ms: 12_000, local: false }),
            1,
            false,
            "closed",
        )
    });
    cells
}

#[test]
fn every_answer_has_its_cell() {
    for cell in cells() {
        let mut world = World::new();
        world.answers(cell.status, cell.headers, &cell.body);
        let end = match ask(&mut world) {
            Ok(Answer::Found(answer)) => {
                assert!(!answer.cached && answer.book.isbn13 == Some(isbn()));
                End::Found
            }
            Ok(Answer::NotFound) => End::NotFound,
            Err(failure) => End::Failed(failure),
        };
        assert_eq!(end, cell.end, "{}", cell.name);
        assert_eq!(world.paths().len(), cell.counted as usize, "sent: {}", cell.name);
        assert_eq!(world.store.spent(), cell.counted, "counted: {}", cell.name);
        assert_eq!(world.store.row(KEY).is_some(), cell.cached, "cached: {}", cell.name);
        assert_eq!(breaker(&world), "closed", "one call: {}", cell.name);
        for _ in 0..2 {
            let _ = ask(&mut world);
        }
        assert_eq!(breaker(&world), cell.breaker, "{}", cell.name);
    }
}

#[test]
fn what_never_comes_is_counted_and_not_cached() {
    for (latency_ms, answer, failure, attempts) in [
        (u64::MAX, Err(TransportError::Timeout), Failure::Timeout, 1),
        (7_000, Ok(response(200, &[], "{}")), Failure::Timeout, 1),
        (50, Err(TransportError::Unreachable), Failure::Unreachable, 3),
    ] {
        let mut world = World::new();
        world.script(move |_| (latency_ms, answer.clone()));
        assert_eq!(ask(&mut world), Err(failure.clone()), "{latency_ms}");
        assert_eq!(world.store.spent(), attempts, "{failure}");
        assert_eq!(world.store.row(KEY), None, "{failure}");
        for _ in 0..2 {
            assert_eq!(ask(&mut world), Err(failure.clone()));
        }
        assert_eq!(breaker(&world), "open");
        let spent = world.store.spent();
        // Open: nothing is sent and nothing is counted.
        assert!(matches!(ask(&mut world), Err(Failure::CircuitOpen { .. })));
        assert_eq!(world.store.spent(), spent);
        // One probe after the first cool-down; it succeeds, and all is well.
        world.pass(1_000);
        world.script(|seen| (100, Ok(books_for(seen))));
        assert!(matches!(ask(&mut world), Ok(Answer::Found(_))));
        assert_eq!((world.store.spent(), breaker(&world).as_str()), (spent + 1, "closed"));
    }
}

#[test]
fn a_found_book_and_a_confirmed_absence_are_answered_from_cache() {
    let mut world = World::new();
    ask(&mut world).unwrap();
    assert!(matches!(ask(&mut world), Ok(Answer::Found(answer)) if answer.cached));
    assert_eq!(world.store.spent(), 1);

    let mut world = World::new();
    world.answers(404, &[], r#"{"errorMessage":"Not Found"}"#);
    for _ in 0..3 {
        assert_eq!(ask(&mut world), Ok(Answer::NotFound));
    }
    assert_eq!(world.store.spent(), 1);
    world.pass(3_600_000);
    assert_eq!(ask(&mut world), Ok(Answer::NotFound));
    assert_eq!(world.store.spent(), 2, "an absence lives an hour");
}

#[test]
fn a_refresh_passes_the_cache() {
    let mut world = World::new();
    ask(&mut world).unwrap();
    let (budget, mut asked) = (world.budget.clone(), world.asked(Interactive));
    asked.refresh = true;
    let answer = world.run(async move { budget.book(&asked, isbn()).await });
    assert!(matches!(answer, Ok(Answer::Found(answer)) if !answer.cached));
    assert_eq!(world.store.spent(), 2);
}

#[test]
fn a_refused_key_is_not_sent_again_until_it_changes() {
    for (status, what) in [(401, "key"), (403, "host")] {
        let mut world = World::new();
        world.answers(status, &[], r#"{"message":"Forbidden"}"#);
        let refused = Err(Failure::Refused { what: what.to_owned() });
        for _ in 0..5 {
            assert_eq!(ask(&mut world), refused);
        }
        world.crash();
        world.pass(3_600_000);
        assert_eq!(ask(&mut world), refused, "it is remembered over a crash");
        assert_eq!(world.paths().len(), 1);
        let status = world.budget.status(&world.asked(Interactive));
        assert_eq!(status.quota.refused.as_deref(), Some(what));

        // Another plan has another host.
        world.config.plan.base_url = "https://api2.isbndb.com/other".to_owned();
        world.crash();
        world.script(|_| {
            (1, Ok(response(200, &[], r#"{"book":{"title":"D","isbn13":"9780441172719"}}"#)))
        });
        assert!(matches!(ask(&mut world), Ok(Answer::Found(_))), "it is worth asking again");
        assert_eq!(world.budget.status(&world.asked(Interactive)).quota.refused, None);
    }
}

#[test]
fn a_refused_key_is_tried_once_a_day() {
    let mut world = World::new();
    world.answers(403, &[], r#"{"message":"Forbidden"}"#);
    for _ in 0..3 {
        assert!(ask(&mut world).is_err());
    }
    world.pass(MIDNIGHT - NOW);
    for _ in 0..3 {
        assert!(ask(&mut world).is_err());
    }
    assert_eq!(world.paths().len(), 2);
}

#[test]
fn without_a_key_nothing_is_sent() {
    let mut world = World::new();
    let (budget, mut asked) = (world.budget.clone(), world.asked(Background));
    asked.key = None;
    let answer = world.run(async move { budget.book(&asked, isbn()).await });
    assert_eq!(answer, Err(Failure::NotConfigured));
    assert_eq!((world.paths().len(), world.store.spent()), (0, 0));
}

#[test]
fn a_key_that_was_there_is_missing_only_for_a_while() {
    const DAY_MS: u64 = 86_400_000;
    let mut world = World::new();
    let without_key = |world: &mut World, key_unreadable| {
        let (budget, asked) = (world.budget.clone(), world.asked(Interactive));
        let asked = super::super::Asked { key: None, key_unreadable, refresh: true, ..asked };
        world.run(async move { budget.book(&asked, isbn()).await })
    };
    assert_eq!(without_key(&mut world, true), Err(Failure::NotConfigured), "there never was one");
    ask(&mut world).unwrap();
    world.crash();
    // "It is not configured" makes answers without it whole: that must not come of an outage.
    let out = without_key(&mut world, true);
    assert!(matches!(out, Err(Failure::Unavailable { .. })), "{out:?}");
    assert_eq!(without_key(&mut world, false), Err(Failure::NotConfigured), "its binding is gone");
    world.pass(DAY_MS);
    assert_eq!(without_key(&mut world, true), Err(Failure::NotConfigured), "it was taken away");
    assert_eq!(world.paths().len(), 1);
}

#[test]
fn a_spent_day_ends_at_midnight() {
    let mut world = World::new();
    world.answers(429, &[], r#"{"message":"Daily quota exceeded, please try again later"}"#);
    let spent = Err(Failure::QuotaSpent { until_ms: MIDNIGHT });
    assert_eq!(ask(&mut world), spent);
    world.crash();
    assert_eq!(ask(&mut world), spent, "it is remembered over a crash");
    assert_eq!(world.paths().len(), 1);
    world.script(|seen| (100, Ok(books_for(seen))));
    world.pass(MIDNIGHT - NOW);
    assert!(matches!(ask(&mut world), Ok(Answer::Found(_))));
}

#[test]
fn too_fast_without_a_time_waits_longer_each_time() {
    let mut world = World::new();
    world.answers(429, &[], r#"{"message":"Limit Exceeded"}"#);
    for pause_ms in [3_000, 6_000, 12_000] {
        let before = world.paths().len();
        let answer = ask(&mut world);
        let Err(Failure::RateLimited { retry_after_ms, local: false }) = answer else {
            panic!("{answer:?}");
        };
        assert_eq!((retry_after_ms, world.paths().len()), (pause_ms, before + 1));
        world.pass(pause_ms);
    }
}

#[test]
fn the_header_s_word_on_the_day_is_taken_over() {
    let mut world = World::new();
    let header = [("ratelimit", "\"rate\";r=59;t=60, \"daily\";r=3;t=56312")];
    let body = format!(r#"{{"book":{{"title":"Dune","isbn13":"{ISBN}"}}}}"#);
    world.answers(200, &header, &body);
    ask(&mut world).unwrap();
    let quota = world.budget.quota_now(&world.asked(Interactive));
    // A tenth of what the day has been seen to hold is kept.
    assert_eq!((quota.left, quota.left_background), (3, 2));
}
