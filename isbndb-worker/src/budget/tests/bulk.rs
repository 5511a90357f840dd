//! Bulk requests: few calls, the provider's count, an end for every number.

use shared::gate::CallClass::{Background, Interactive};
use shared::isbn::Isbn13;
use shared::outcome::Failure;
use shared::wire::leaf::BulkAnswer;

use super::super::fake::{Seen, World, books_for, response};
use super::queue::isbn;

fn isbns(count: u32) -> Vec<Isbn13> {
    (0..count).map(isbn).collect()
}

fn bulk(world: &mut World, isbns: Vec<Isbn13>) -> BulkAnswer {
    let (budget, asked) = (world.budget.clone(), world.asked(Background));
    world.run(async move { budget.bulk(&asked, isbns, Vec::new()).await })
}

fn calls_and_units(world: &World) -> (usize, u32) {
    let seen = world.provider.seen.borrow();
    (seen.len(), seen.iter().map(Seen::units).sum())
}

#[test]
fn as_few_calls_as_the_plan_allows() {
    for (plan, calls) in [("basic", 5), ("academic", 50), ("premium", 1)] {
        let mut world =
            World::with(&[("ISBNDB_PLAN", plan), ("ISBNDB_BASE_URL", "https://api2.isbndb.com")]);
        let answer = bulk(&mut world, isbns(500));
        assert_eq!((answer.found.len(), answer.missing.len(), answer.failed.len()), (500, 0, 0));
        assert_eq!((answer.upstream_calls, answer.units), (calls, 500), "{plan}");
        assert_eq!(calls_and_units(&world), (calls as usize, 500), "{plan}");
        assert_eq!(world.store.spent(), 500);
        // All of it is in the cache now.
        let again = bulk(&mut world, isbns(500));
        assert_eq!((again.found.len(), again.upstream_calls, again.units), (500, 0, 0));
    }
}

#[test]
fn the_missing_are_named_and_remembered() {
    let mut world = World::new();
    world.script(|seen| {
        let some = Seen { isbns: seen.isbns.iter().skip(2).cloned().collect(), ..seen.clone() };
        let body = String::from_utf8(books_for(&some).body).unwrap();
        let requested = format!("\"requested\":{}", seen.isbns.len());
        let body = body.replace(&format!("\"requested\":{}", some.isbns.len()), &requested);
        (100, Ok(response(200, &[], &body)))
    });
    let mut wanted = isbns(10);
    wanted.sort_unstable();
    let answer = bulk(&mut world, wanted.clone());
    assert_eq!((answer.found.len(), &answer.missing[..]), (8, &wanted[..2]));
    let again = bulk(&mut world, wanted.clone());
    assert_eq!((again.missing.len(), again.upstream_calls), (2, 0));
}

#[test]
fn an_answer_that_is_not_about_every_number_makes_none_missing() {
    for body in [
        r#"{"total":0,"requested":0,"data":[]}"#,
        r#"{"total":1,"requested":4,"data":[{"isbn13":"9781230000015"}]}"#,
        r#"{"total":1,"requested":4,"data":[{"title":"No number"}]}"#,
    ] {
        let mut world = World::new();
        world.answers(200, &[], body);
        let answer = bulk(&mut world, isbns(4));
        assert_eq!((answer.missing.len(), answer.failed.len()), (0, 4), "{body}");
        assert!(world.store.keys().is_empty(), "nothing is cached: {body}");
        assert_eq!(world.store.spent(), 4, "it was billed all the same");
    }
}

#[test]
fn one_failed_call_fails_its_own_numbers_alone() {
    let mut world = World::new();
    world.script(|seen| {
        let broken = seen.isbns.contains(&isbn(150).to_string());
        let bad = response(500, &[], r#"{"message":"Internal server error"}"#);
        (100, Ok(if broken { bad } else { books_for(seen) }))
    });
    let answer = bulk(&mut world, isbns(300));
    assert_eq!((answer.found.len(), answer.failed.len(), answer.missing.len()), (200, 100, 0));
    assert!(
        answer
            .failed
            .iter()
            .all(|item| matches!(item.failure, Failure::Upstream { status: 500, .. }))
    );
    // The failed call is not made again: it would be billed again.
    assert_eq!(calls_and_units(&world), (3, 300));
    assert_eq!((answer.upstream_calls, answer.units), (3, 300));
}

#[test]
fn near_the_end_of_the_day_what_fits_is_asked() {
    let mut world = World::with(&[("ISBNDB_DAILY_QUOTA", "150")]);
    let answer = bulk(&mut world, isbns(300));
    // 15 units are kept for interactive calls.
    assert_eq!((answer.found.len(), answer.failed.len()), (135, 165));
    assert!(answer.failed.iter().all(|item| matches!(item.failure, Failure::QuotaSpent { .. })));
    assert_eq!((answer.upstream_calls, world.store.spent()), (2, 135));
    let (budget, asked) = (world.budget.clone(), world.asked(Interactive));
    let answer = world.run(async move { budget.bulk(&asked, isbns(300), Vec::new()).await });
    assert_eq!((answer.found.len(), answer.failed.len()), (150, 150));
    assert_eq!(world.store.spent(), 150);
}

#[test]
fn a_refused_key_ends_the_rest_at_once() {
    let mut world = World::new();
    world.answers(403, &[], r#"{"message":"Forbidden"}"#);
    let answer = bulk(&mut world, isbns(500));
    assert_eq!((answer.failed.len(), answer.upstream_calls, answer.units), (500, 1, 100));
}

#[test]
fn a_caller_with_little_time_gets_what_there_is() {
    let mut world = World::new();
    let (budget, mut asked) = (world.budget.clone(), world.asked(Background));
    asked.context = asked.context.within(super::super::fake::NOW, 5_000);
    let answer = world.run(async move { budget.bulk(&asked, isbns(1_000), Vec::new()).await });
    assert_eq!((answer.found.len(), answer.failed.len()), (400, 600));
    assert!(
        answer
            .failed
            .iter()
            .all(|item| matches!(item.failure, Failure::RateLimited { local: true, .. }))
    );
    assert_eq!(world.store.spent(), 400);
}

#[test]
fn a_bulk_answer_serves_single_look_ups() {
    let mut world = World::new();
    bulk(&mut world, isbns(3));
    let (budget, asked) = (world.budget.clone(), world.asked(Interactive));
    world.run(async move { budget.book(&asked, isbn(1)).await.unwrap() });
    assert_eq!(world.paths().len(), 1);
}
