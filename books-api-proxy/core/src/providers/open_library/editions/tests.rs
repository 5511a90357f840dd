use std::cell::RefCell;

use futures::FutureExt;

use bibliography::edition::Edition;

use super::*;
use crate::provider::Provider;
use crate::providers::open_library::request::{BOOKS_ROUTE, SEARCH_ROUTE};

fn numbers(count: u32) -> Vec<Isbn13> {
    let of = |n: u32| Isbn13::from_first_twelve(format!("978{n:09}").as_bytes()).unwrap();
    (100..100 + count).map(of).collect()
}

/// A fake Open Library: its ISBNs, records that break every answer, and moved routes.
#[derive(Default)]
struct Library {
    has: Vec<Isbn13>,
    poison: Vec<Isbn13>,
    all_broken: bool,
    gone: Vec<&'static str>,
    fails: Option<(usize, Failure)>,
    asked: RefCell<Vec<(&'static str, usize)>>,
}

impl Library {
    fn ask(&self, ask: &OpenLibraryRequest) -> Result<Editions, Failure> {
        let part = match ask {
            OpenLibraryRequest::Editions(part) | OpenLibraryRequest::Numbers(part) => part,
            other => panic!("{other:?}"),
        };
        let by_key = ask.route() == BOOKS_ROUTE;
        self.asked.borrow_mut().push((ask.route(), part.len()));
        if self.gone.contains(&ask.route()) {
            return Err(ProviderFailure::Moved { route: ask.route().to_owned() }.into());
        }
        if let Some((_, failure)) =
            self.fails.as_ref().filter(|(nth, _)| *nth == self.asked.borrow().len())
        {
            return Err(failure.clone());
        }
        if self.all_broken || by_key && part.iter().any(|isbn| self.poison.contains(isbn)) {
            return Ok(Editions::default());
        }
        let has = part.iter().filter(|isbn| self.has.contains(isbn) || self.poison.contains(isbn));
        Ok(Editions { known: has.map(|isbn| (*isbn, found(*isbn))).collect(), is_whole: true })
    }

    fn editions(&self, isbns: &[Isbn13]) -> Vec<Outcome<Vec<Candidate>>> {
        editions(isbns, async |ask: &OpenLibraryRequest| self.ask(ask)).now_or_never().unwrap()
    }

    fn routes(&self) -> Vec<(&'static str, usize)> {
        self.asked.borrow().clone()
    }
}

fn found(isbn: Isbn13) -> Outcome<Vec<Candidate>> {
    let record = Candidate::new(
        Provider::OpenLibrary,
        0,
        Edition { isbn13: Some(isbn), ..Edition::default() },
    );
    Ok(Answer::Found(vec![record]))
}

fn count(outcomes: &[Outcome<Vec<Candidate>>]) -> (usize, usize, usize) {
    let found = outcomes.iter().filter(|o| matches!(o, Ok(Answer::Found(_)))).count();
    let absent = outcomes.iter().filter(|o| matches!(o, Ok(Answer::NotFound))).count();
    (found, absent, outcomes.len() - found - absent)
}

#[test]
fn absences_beside_the_known_isbn_need_no_further_call() {
    let asked = numbers(100);
    let library = Library { has: asked[..40].to_vec(), ..Library::default() };
    assert_eq!(count(&library.editions(&asked)), (40, 60, 0));
    assert_eq!(library.routes(), [(BOOKS_ROUTE, 100)]);
}

#[test]
fn a_broken_answer_is_requested_again_in_halves() {
    let asked = numbers(100);
    let library =
        Library { has: asked[..50].to_vec(), poison: vec![asked[70]], ..Library::default() };
    let outcomes = library.editions(&asked);
    let sizes: Vec<usize> = library.routes().iter().map(|(_, size)| *size).collect();
    assert_eq!(sizes, [100, 50, 50, 25, 25, 13]);
    // The ISBNs near the breaking record are deferred.
    assert_eq!(count(&outcomes), (50, 38, 12));
    assert_eq!(outcomes[0], found(asked[0]));
    let later = |outcome: &Outcome<_>| {
        matches!(
            outcome,
            Err(Failure::Provider(ProviderFailure::RateLimited {
                retry_after_ms: DEFER_MS,
                local: true
            }))
        )
    };
    assert!(outcomes[63..75].iter().all(later), "{outcomes:?}");
}

#[test]
fn a_permanently_broken_answer_takes_six_calls() {
    for size in [2, 3, 10, 100] {
        let asked = numbers(size);
        let library = Library { has: asked.clone(), all_broken: true, ..Library::default() };
        let outcomes = library.editions(&asked);
        assert_eq!(count(&outcomes), (0, 0, size as usize));
        assert!(library.routes().len() <= 6, "{size}");
    }
}

#[test]
fn a_breaking_record_is_found_by_search() {
    let asked = numbers(3);
    let library = Library { has: asked.clone(), poison: vec![asked[2]], ..Library::default() };
    assert_eq!(count(&library.editions(&asked)), (3, 0, 0));
    assert_eq!(
        library.routes(),
        [(BOOKS_ROUTE, 3), (BOOKS_ROUTE, 2), (BOOKS_ROUTE, 1), (SEARCH_ROUTE, 1)]
    );
    let alone = Library { poison: vec![asked[0]], ..Library::default() };
    assert_eq!(alone.editions(&asked[..1]), [found(asked[0])]);
    assert_eq!(alone.routes(), [(BOOKS_ROUTE, 1), (SEARCH_ROUTE, 1)]);
    let broken = Library { all_broken: true, ..Library::default() };
    let outcomes = broken.editions(&asked[..1]);
    assert!(
        matches!(outcomes[0], Err(Failure::Provider(ProviderFailure::Malformed { .. }))),
        "{outcomes:?}"
    );
}

#[test]
fn the_search_is_used_if_the_route_has_moved() {
    let asked = numbers(100);
    let library =
        Library { has: asked[..90].to_vec(), gone: vec![BOOKS_ROUTE], ..Library::default() };
    assert_eq!(count(&library.editions(&asked)), (90, 10, 0));
    let sizes: Vec<usize> = library.routes().iter().map(|(_, size)| *size).collect();
    assert_eq!(sizes, [100, 25, 25, 25, 25]);
    let both = Library { gone: vec![BOOKS_ROUTE, SEARCH_ROUTE], ..Library::default() };
    let moved = Failure::Provider(ProviderFailure::Moved { route: SEARCH_ROUTE.to_owned() });
    assert_eq!(both.editions(&asked[..2]), [Err(moved.clone()), Err(moved)]);
}

#[test]
fn a_failed_call_is_the_outcome_of_all_open_isbns() {
    let asked = numbers(100);
    let fails = Some((3, Failure::Provider(ProviderFailure::Timeout)));
    let library = Library { poison: vec![asked[70]], fails, ..Library::default() };
    assert_eq!(count(&library.editions(&asked)), (0, 50, 50));
    assert_eq!(library.routes().len(), 3);
}
