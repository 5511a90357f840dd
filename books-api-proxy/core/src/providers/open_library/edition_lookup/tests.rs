use std::cell::RefCell;

use futures::FutureExt;

use bibliography::edition::Edition;

use super::*;
use crate::provider::Provider;
use crate::provider_record::ProviderRecord;
use crate::providers::open_library::open_library_requests::{
    OPEN_LIBRARY_BOOKS_ROUTE, OPEN_LIBRARY_SEARCH_ROUTE,
};

fn generated_isbns(count: u32) -> Vec<Isbn13> {
    let of = |n: u32| Isbn13::from_first_twelve(format!("978{n:09}").as_bytes()).unwrap();
    (100..100 + count).map(of).collect()
}

/// A fake Open Library: its ISBNs, records that break every answer, and moved routes.
#[derive(Default)]
struct FakeOpenLibrary {
    has: Vec<Isbn13>,
    poison: Vec<Isbn13>,
    all_broken: bool,
    gone: Vec<&'static str>,
    fails: Option<(usize, Failure)>,
    asked: RefCell<Vec<(&'static str, usize)>>,
}

impl FakeOpenLibrary {
    fn answer_request(&self, ask: &OpenLibraryRequest) -> Result<EditionLookupResults, Failure> {
        let part = match ask {
            OpenLibraryRequest::Editions(part) | OpenLibraryRequest::Numbers(part) => part,
            other => panic!("{other:?}"),
        };
        let by_key = ask.route_label() == OPEN_LIBRARY_BOOKS_ROUTE;
        self.asked.borrow_mut().push((ask.route_label(), part.len()));
        if self.gone.contains(&ask.route_label()) {
            return Err(ProviderFailure::Moved { route: ask.route_label().to_owned() }.into());
        }
        if let Some((_, failure)) =
            self.fails.as_ref().filter(|(nth, _)| *nth == self.asked.borrow().len())
        {
            return Err(failure.clone());
        }
        if self.all_broken || by_key && part.iter().any(|isbn| self.poison.contains(isbn)) {
            return Ok(EditionLookupResults::default());
        }
        let has = part.iter().filter(|isbn| self.has.contains(isbn) || self.poison.contains(isbn));
        Ok(EditionLookupResults {
            known: has.map(|isbn| (*isbn, found_record(*isbn))).collect(),
            is_whole: true,
        })
    }

    fn look_up_editions_by_isbn(&self, isbns: &[Isbn13]) -> Vec<ProviderRecordsOutcome> {
        look_up_editions_by_isbn(isbns, async |ask: &OpenLibraryRequest| self.answer_request(ask))
            .now_or_never()
            .unwrap()
    }

    fn asked_routes(&self) -> Vec<(&'static str, usize)> {
        self.asked.borrow().clone()
    }
}

fn found_record(isbn: Isbn13) -> ProviderRecordsOutcome {
    let record = ProviderRecord::new(
        Provider::OpenLibrary,
        0,
        Edition { isbn13: Some(isbn), ..Edition::default() },
    );
    Ok(FoundOrNotFound::Found(vec![record]))
}

fn count_outcomes(outcomes: &[ProviderRecordsOutcome]) -> (usize, usize, usize) {
    let found = outcomes.iter().filter(|o| matches!(o, Ok(FoundOrNotFound::Found(_)))).count();
    let absent = outcomes.iter().filter(|o| matches!(o, Ok(FoundOrNotFound::NotFound))).count();
    (found, absent, outcomes.len() - found - absent)
}

#[test]
fn absences_beside_the_known_isbn_need_no_further_call() {
    let asked = generated_isbns(100);
    let library = FakeOpenLibrary { has: asked[..40].to_vec(), ..FakeOpenLibrary::default() };
    assert_eq!(count_outcomes(&library.look_up_editions_by_isbn(&asked)), (40, 60, 0));
    assert_eq!(library.asked_routes(), [(OPEN_LIBRARY_BOOKS_ROUTE, 100)]);
}

#[test]
fn a_broken_answer_is_requested_again_in_halves() {
    let asked = generated_isbns(100);
    let library = FakeOpenLibrary {
        has: asked[..50].to_vec(),
        poison: vec![asked[70]],
        ..FakeOpenLibrary::default()
    };
    let outcomes = library.look_up_editions_by_isbn(&asked);
    let sizes: Vec<usize> = library.asked_routes().iter().map(|(_, size)| *size).collect();
    assert_eq!(sizes, [100, 50, 50, 25, 25, 13]);
    // The ISBNs near the breaking record are deferred.
    assert_eq!(count_outcomes(&outcomes), (50, 38, 12));
    assert_eq!(outcomes[0], found_record(asked[0]));
    let later = |outcome: &ProviderRecordsOutcome| {
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
        let asked = generated_isbns(size);
        let library =
            FakeOpenLibrary { has: asked.clone(), all_broken: true, ..FakeOpenLibrary::default() };
        let outcomes = library.look_up_editions_by_isbn(&asked);
        assert_eq!(count_outcomes(&outcomes), (0, 0, size as usize));
        assert!(library.asked_routes().len() <= 6, "{size}");
    }
}

#[test]
fn a_breaking_record_is_found_by_search() {
    let asked = generated_isbns(3);
    let library = FakeOpenLibrary {
        has: asked.clone(),
        poison: vec![asked[2]],
        ..FakeOpenLibrary::default()
    };
    assert_eq!(count_outcomes(&library.look_up_editions_by_isbn(&asked)), (3, 0, 0));
    assert_eq!(
        library.asked_routes(),
        [
            (OPEN_LIBRARY_BOOKS_ROUTE, 3),
            (OPEN_LIBRARY_BOOKS_ROUTE, 2),
            (OPEN_LIBRARY_BOOKS_ROUTE, 1),
            (OPEN_LIBRARY_SEARCH_ROUTE, 1)
        ]
    );
    let alone = FakeOpenLibrary { poison: vec![asked[0]], ..FakeOpenLibrary::default() };
    assert_eq!(alone.look_up_editions_by_isbn(&asked[..1]), [found_record(asked[0])]);
    assert_eq!(
        alone.asked_routes(),
        [(OPEN_LIBRARY_BOOKS_ROUTE, 1), (OPEN_LIBRARY_SEARCH_ROUTE, 1)]
    );
    let broken = FakeOpenLibrary { all_broken: true, ..FakeOpenLibrary::default() };
    let outcomes = broken.look_up_editions_by_isbn(&asked[..1]);
    assert!(
        matches!(outcomes[0], Err(Failure::Provider(ProviderFailure::Malformed { .. }))),
        "{outcomes:?}"
    );
}

#[test]
fn the_search_is_used_if_the_route_has_moved() {
    let asked = generated_isbns(100);
    let library = FakeOpenLibrary {
        has: asked[..90].to_vec(),
        gone: vec![OPEN_LIBRARY_BOOKS_ROUTE],
        ..FakeOpenLibrary::default()
    };
    assert_eq!(count_outcomes(&library.look_up_editions_by_isbn(&asked)), (90, 10, 0));
    let sizes: Vec<usize> = library.asked_routes().iter().map(|(_, size)| *size).collect();
    assert_eq!(sizes, [100, 25, 25, 25, 25]);
    let both = FakeOpenLibrary {
        gone: vec![OPEN_LIBRARY_BOOKS_ROUTE, OPEN_LIBRARY_SEARCH_ROUTE],
        ..FakeOpenLibrary::default()
    };
    let moved =
        Failure::Provider(ProviderFailure::Moved { route: OPEN_LIBRARY_SEARCH_ROUTE.to_owned() });
    assert_eq!(both.look_up_editions_by_isbn(&asked[..2]), [Err(moved.clone()), Err(moved)]);
}

#[test]
fn a_failed_call_is_the_outcome_of_all_open_isbns() {
    let asked = generated_isbns(100);
    let fails = Some((3, Failure::Provider(ProviderFailure::Timeout)));
    let library = FakeOpenLibrary { poison: vec![asked[70]], fails, ..FakeOpenLibrary::default() };
    assert_eq!(count_outcomes(&library.look_up_editions_by_isbn(&asked)), (0, 50, 50));
    assert_eq!(library.asked_routes().len(), 3);
}
