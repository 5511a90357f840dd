//! Searches over fake stores and providers in memory.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use bibliography::cache_key::CacheKey;
use bibliography::edition::Edition;
use bibliography::isbn::Isbn13;
use bibliography::query::Query;
use ports::Clock;
use proptest::prelude::*;
use runtime::cache_policy::entry_lifetimes::classify_freshness;
use runtime::cache_policy::{AnswerBookPresence, EntryMetadata, Freshness};
use runtime::call_outcome::{Failure, FoundOrNotFound, ProviderFailure};
use runtime::rate_limit::CallClass;
use runtime::wire_types::volume::SearchAnswerPage;
use testkit::{InjectedStoreFault, MemoryStore};

use super::fetch_and_store::fetch_and_store;
use super::result_pages::select_page;
use super::serve_search::{SearchError, SearchPageWithOrigin, SearchRun, XCache};
use crate::batch_search::warm_entries::is_warm;
use crate::cache::tier_lookup::AnswerBody;
use crate::cache::write::delete_entry;
use crate::config::{Config, PROVIDER_BUDGET_MS, STORED_PAGE_MAX_ITEMS};
use crate::flight::{FetchReason, SingleFlightRequest};
use crate::isolate_state::IsolateCacheState;
use crate::provider::Provider;
use crate::provider_record::{ProviderRecord, ProviderRecordsOutcome};
use crate::providers::ProviderFetchOptions;
use crate::result_options::{OrderBy, ResultOptions};
use crate::search_context::SearchContext;
use crate::search_question::SearchQuestion;
use crate::testing::fake_ports::FakeProxyPorts;

const PARTIAL_TTL_MS: u64 = 300_000;
const WEEK_MS: u64 = 604_800_000;

struct SearchTestSetup {
    app: SearchContext<FakeProxyPorts>,
}

impl SearchTestSetup {
    fn new() -> Self {
        Self::with_config(Config::from_vars(|_| None).unwrap())
    }

    fn with_config(config: Config) -> Self {
        let config = Rc::new(config);
        let setup = Self {
            app: SearchContext {
                ports: Rc::new(FakeProxyPorts::default()),
                isolate_state: Rc::new(IsolateCacheState::new(&config)),
                config,
                is_purged: Rc::default(),
            },
        };
        setup.script_all_providers(|provider| found_book_outcome(provider, "Dune"));
        setup
    }

    fn fakes(&self) -> &FakeProxyPorts {
        &self.app.ports
    }

    fn script_all_providers(&self, answer: impl Fn(Provider) -> ProviderRecordsOutcome) {
        for provider in Provider::ALL {
            self.set_provider_answer(provider, 10, answer(provider));
        }
    }

    fn set_provider_answer(
        &self,
        provider: Provider,
        after_ms: u64,
        outcome: ProviderRecordsOutcome,
    ) {
        self.fakes().answers.borrow_mut().insert(provider, (after_ms, outcome));
    }

    /// Searches, and then runs the background work to its end.
    fn search_dune_until_idle(&self) -> Result<SearchPageWithOrigin<Vec<u8>>, SearchError> {
        self.search_until_idle(&SearchQuestion::Title { title: "Dune".to_owned() })
    }

    fn search_until_idle(
        &self,
        question: &SearchQuestion,
    ) -> Result<SearchPageWithOrigin<Vec<u8>>, SearchError> {
        let key = CacheKey::of(&question.query());
        let clock = Rc::clone(&self.fakes().clock);
        let answer =
            clock.run_to_end(SearchRun { app: &self.app, question, key: &key }.answer_search());
        loop {
            let spawned = self.fakes().spawned.take();
            if spawned.is_empty() {
                return answer;
            }
            for work in spawned {
                clock.run_to_end(work);
            }
        }
    }

    fn stored_metadata(&self) -> Option<EntryMetadata> {
        self.stored_for(&SearchQuestion::Title { title: "Dune".to_owned() })
    }

    fn stored_for(&self, question: &SearchQuestion) -> Option<EntryMetadata> {
        let key = CacheKey::of(&question.query());
        self.fakes().cold.borrow().get(key.as_str()).map(|(_, metadata)| metadata.clone())
    }

    fn advance(&self, ms: u64) {
        self.fakes().clock.advance(ms);
    }
}

fn found_book_outcome(provider: Provider, title: &str) -> ProviderRecordsOutcome {
    Ok(FoundOrNotFound::Found(vec![ProviderRecord {
        provider_id: "1".to_owned(),
        ..ProviderRecord::new(
            provider,
            0,
            Edition {
                title: title.to_owned(),
                authors: vec!["Frank Herbert".to_owned()],
                ..Edition::default()
            },
        )
    }]))
}

fn dead(_: Provider) -> ProviderRecordsOutcome {
    Err(ProviderFailure::Timeout.into())
}

fn page_of_search_response(search_response: &SearchPageWithOrigin<Vec<u8>>) -> SearchAnswerPage {
    let bytes = match &search_response.body {
        AnswerBody::Bytes(bytes) => bytes.to_vec(),
        AnswerBody::Stored(bytes) => bytes.clone(),
    };
    serde_json::from_slice(&bytes).unwrap()
}

fn down_if(fails: bool) -> InjectedStoreFault {
    if fails { InjectedStoreFault::Down } else { InjectedStoreFault::None }
}

fn share_spent() -> ProviderRecordsOutcome {
    Err(ProviderFailure::PublicShareSpent { until_ms: 9_000 }.into())
}

#[test]
fn an_answer_that_lacks_the_public_share_is_not_stored() {
    let setup = SearchTestSetup::new();
    setup.fakes().is_public.set(true);
    setup.set_provider_answer(Provider::GoogleBooks, 10, share_spent());
    let answer = setup.search_dune_until_idle().ok().unwrap();
    assert!(
        answer.origin.metadata.partial
            && page_of_search_response(&answer).partial
            && page_of_search_response(&answer).total_items > 0
    );
    assert_eq!(
        setup.fakes().fetch_policy.get().map(|policy| policy.class),
        Some(CallClass::Public)
    );
    assert_eq!(setup.stored_metadata(), None);
    // A known caller causes a new flight, which is not public.
    setup.fakes().is_public.set(false);
    setup.set_provider_answer(
        Provider::GoogleBooks,
        10,
        found_book_outcome(Provider::GoogleBooks, "Dune"),
    );
    assert!(!setup.search_dune_until_idle().ok().unwrap().origin.metadata.partial);
    assert!(setup.stored_metadata().is_some());
    assert_ne!(
        setup.fakes().fetch_policy.get().map(|policy| policy.class),
        Some(CallClass::Public)
    );
}

#[test]
fn an_absence_that_lacks_the_public_share_is_a_429() {
    for refused in [&Provider::ALL[..], &[Provider::GoogleBooks]] {
        let setup = SearchTestSetup::new();
        setup.fakes().is_public.set(true);
        setup.script_all_providers(|_| Ok(FoundOrNotFound::NotFound));
        for provider in refused {
            setup.set_provider_answer(*provider, 10, share_spent());
        }
        let failure = setup.search_dune_until_idle().err().unwrap().failure;
        assert_eq!(
            (
                failure.error_reply_and_retry_rules().status,
                failure.error_reply_and_retry_rules().code
            ),
            (429, "PUBLIC_SHARE_EXHAUSTED")
        );
        assert_eq!(setup.stored_metadata(), None);
    }
}

#[test]
fn a_stale_hit_that_may_not_refresh_is_served_as_it_is() {
    let setup = SearchTestSetup::new();
    let _ = setup.search_dune_until_idle();
    setup.advance(WEEK_MS * 2);
    let before = setup.fakes().asked.get();
    setup.fakes().refuses_misses.set(true);
    for _ in 0..3 {
        assert_eq!(setup.search_dune_until_idle().ok().unwrap().origin.x_cache, XCache::Stale);
    }
    assert_eq!(setup.fakes().asked.get(), before);
    assert!(setup.fakes().hot.borrow().is_empty(), "a copy would hide the refreshed entry");
    // An admitted caller refreshes at once.
    setup.fakes().refuses_misses.set(false);
    assert_eq!(setup.search_dune_until_idle().ok().unwrap().origin.x_cache, XCache::Stale);
    assert_eq!(setup.fakes().asked.get(), before + 3);
}

#[test]
fn a_known_caller_does_not_wait_for_a_public_refresh() {
    let setup = SearchTestSetup::new();
    let _ = setup.search_dune_until_idle();
    setup.advance(WEEK_MS * 2);
    let before = setup.fakes().asked.get();
    // The public share is spent: the refresh of an anonymous client stores nothing.
    setup.fakes().is_public.set(true);
    setup.script_all_providers(|_| share_spent());
    for _ in 0..2 {
        assert_eq!(setup.search_dune_until_idle().ok().unwrap().origin.x_cache, XCache::Stale);
    }
    let of_public = setup.fakes().asked.get();
    assert_eq!(of_public, before + 3, "one refresh for two hits");
    setup.fakes().is_public.set(false);
    for _ in 0..2 {
        assert_eq!(setup.search_dune_until_idle().ok().unwrap().origin.x_cache, XCache::Stale);
    }
    assert_eq!(setup.fakes().asked.get(), of_public + 3, "one more refresh, for the known caller");
}

#[test]
fn a_purged_entry_is_not_stored_again_by_a_flight() {
    let question = SearchQuestion::Title { title: "Dune".to_owned() };
    let key = CacheKey::of(&question.query());
    // A miss, the refresh of a stale entry, and one that copies a fresh entry to KV.
    for (mode, age_ms) in [
        (FetchReason::Miss, None),
        (FetchReason::Refresh, Some(WEEK_MS * 2)),
        (FetchReason::Refresh, Some(0)),
    ] {
        for purged_at_ms in (0..=7_000).step_by(50) {
            let setup = SearchTestSetup::new();
            if let Some(age_ms) = age_ms {
                setup.search_dune_until_idle().ok().unwrap();
                setup.advance(age_ms);
            }
            setup.fakes().write_ms.set(100);
            setup.set_provider_answer(
                Provider::Isbndb,
                6_000,
                found_book_outcome(Provider::Isbndb, "Dune Messiah"),
            );
            let (app, clock) = (setup.app.clone(), Rc::clone(&setup.fakes().clock));
            let (question, previous) = (question.clone(), setup.stored_metadata());
            let flight = SingleFlightRequest {
                question,
                mode,
                previous,
                overflow: false,
                may_widen: false,
                is_public: false,
            };
            let running = clock.start_concurrent_task(async move {
                let _ = fetch_and_store(&app, flight).await;
                for work in app.ports.spawned.take() {
                    work.await;
                }
            });
            clock.advance(purged_at_ms);
            setup.app.is_purged.set(true);
            clock.run_to_end(delete_entry(setup.fakes(), &key)).unwrap();
            clock.advance(20_000);
            assert!(running.is_done());
            let there = (setup.stored_metadata(), setup.fakes().hot.borrow().len());
            assert_eq!(there, (None, 0), "{mode:?} {age_ms:?} purged after {purged_at_ms} ms");
        }
    }
}

#[test]
fn an_entry_is_copied_to_kv_and_then_to_memory() {
    let setup = SearchTestSetup::new();
    // The second hit is copied to KV: most keys are hit only once.
    for expected in
        [XCache::Miss, XCache::HitR2Cold, XCache::HitR2Cold, XCache::HitKvHot, XCache::HitMemory]
    {
        let search_response = setup.search_dune_until_idle().ok().unwrap();
        assert_eq!((search_response.origin.x_cache, setup.fakes().asked.get()), (expected, 3));
    }
    setup.advance(60_000);
    assert_eq!(setup.search_dune_until_idle().ok().unwrap().origin.x_cache, XCache::HitKvHot);
}

#[test]
fn hits_are_served_from_r2_while_kv_fails() {
    let setup = SearchTestSetup::new();
    setup.fakes().hot.faults.set(InjectedStoreFault::Down);
    let tiers = [(); 6].map(|()| setup.search_dune_until_idle().ok().unwrap().origin.x_cache);
    assert_eq!(tiers[..3], [XCache::Miss, XCache::HitR2Cold, XCache::HitR2Cold]);
    assert_eq!((tiers[3], tiers[4]), (XCache::HitR2Cold, XCache::HitMemory));
}

#[test]
fn an_entry_that_may_improve_is_not_copied_to_faster_tiers() {
    let setup = SearchTestSetup::new();
    let _ = setup.search_dune_until_idle();
    // As stored by the flight object while one provider has not answered yet.
    let key = CacheKey::of(&SearchQuestion::Title { title: "Dune".to_owned() }.query());
    let early = |kept: &mut BTreeMap<String, (Vec<u8>, EntryMetadata)>| {
        let (_, metadata) = kept.get_mut(key.as_str()).unwrap();
        metadata.stored_at_ms = setup.fakes().now_ms();
        metadata.providers.truncate(2);
    };
    early(&mut setup.fakes().cold.borrow_mut());
    for _ in 0..4 {
        assert_eq!(setup.search_dune_until_idle().ok().unwrap().origin.x_cache, XCache::HitR2Cold);
    }
    // The provider's time-out is over: it cannot answer any more.
    setup.advance(PROVIDER_BUDGET_MS + 2_000);
    let tiers = [(); 4].map(|()| setup.search_dune_until_idle().ok().unwrap().origin.x_cache);
    let promoted = [XCache::HitR2Cold, XCache::HitR2Cold, XCache::HitKvHot, XCache::HitMemory];
    assert_eq!(tiers, promoted);
}

#[test]
fn a_stale_entry_is_served_and_refreshed_once() {
    let setup = SearchTestSetup::new();
    let _ = setup.search_dune_until_idle();
    setup.advance(WEEK_MS);
    assert_eq!(setup.search_dune_until_idle().ok().unwrap().origin.x_cache, XCache::Stale);
    assert_eq!(setup.fakes().asked.get(), 6);
    let now_ms = setup.fakes().now_ms();
    assert_eq!(classify_freshness(&setup.stored_metadata().unwrap(), now_ms), Freshness::Fresh);
    assert_ne!(setup.search_dune_until_idle().ok().unwrap().origin.x_cache, XCache::Stale);
    assert_eq!(setup.fakes().asked.get(), 6);
}

#[test]
fn dead_providers_leave_a_stale_entry_as_it_is() {
    let setup = SearchTestSetup::new();
    let _ = setup.search_dune_until_idle();
    let before = setup.stored_metadata().unwrap();
    setup.advance(WEEK_MS);
    setup.script_all_providers(dead);
    let search_response = setup.search_dune_until_idle().ok().unwrap();
    assert_eq!(
        (search_response.origin.x_cache, page_of_search_response(&search_response).total_items > 0),
        (XCache::Stale, true)
    );
    let after = setup.stored_metadata().unwrap();
    assert_eq!((after.etag, after.stored_at_ms), (before.etag, before.stored_at_ms));
    // The refresh is repeated after a while, not at once.
    assert_eq!(after.fresh_until_ms, setup.fakes().now_ms() + PARTIAL_TTL_MS);
}

#[test]
fn with_all_providers_failed_nothing_is_stored() {
    let setup = SearchTestSetup::new();
    setup.script_all_providers(dead);
    let search_error = setup.search_dune_until_idle().err().unwrap();
    assert!(matches!(search_error.failure, Failure::Provider(ProviderFailure::AllFailed { .. })));
    assert_eq!(search_error.providers.len(), 3);
    assert_eq!(setup.stored_metadata(), None);
}

#[test]
fn a_partial_entry_is_served_only_if_a_retry_fails() {
    let setup = SearchTestSetup::new();
    setup.set_provider_answer(Provider::GoogleBooks, 10, Err(ProviderFailure::Timeout.into()));
    assert!(page_of_search_response(&setup.search_dune_until_idle().ok().unwrap()).partial);
    setup.advance(PARTIAL_TTL_MS);
    setup.script_all_providers(dead);
    let search_response = setup.search_dune_until_idle().ok().unwrap();
    assert_eq!(search_response.origin.x_cache, XCache::Stale);
    assert_eq!(search_response.origin.stale_reason.as_deref(), Some("all_failed"));
    setup.script_all_providers(|provider| found_book_outcome(provider, "Dune"));
    let whole = setup.search_dune_until_idle().ok().unwrap();
    assert_eq!(
        (whole.origin.x_cache, page_of_search_response(&whole).partial),
        (XCache::Miss, false)
    );
}

#[test]
fn late_answers_improve_and_late_failures_mark_the_entry() {
    let setup = SearchTestSetup::new();
    setup.set_provider_answer(
        Provider::Isbndb,
        2_000,
        found_book_outcome(Provider::Isbndb, "Dune Messiah"),
    );
    let search_response = setup.search_dune_until_idle().ok().unwrap();
    assert_eq!(page_of_search_response(&search_response).providers[0].outcome, "pending");
    assert!(setup.stored_metadata().unwrap().count > search_response.origin.metadata.count);

    let setup = SearchTestSetup::new();
    setup.set_provider_answer(Provider::Isbndb, 2_000, Err(ProviderFailure::Timeout.into()));
    assert!(!setup.search_dune_until_idle().ok().unwrap().origin.metadata.partial);
    assert!(setup.stored_metadata().unwrap().partial);
}

/// ADR 34: the grace decides when an ISBN's answer is returned; a failure makes it partial.
#[test]
fn a_failed_provider_makes_an_isbn_partial() {
    let isbn = Isbn13::parse("9780441172719").unwrap();
    let edition = |provider| {
        let record = ProviderRecord::new(
            provider,
            0,
            Edition { isbn13: Some(isbn), title: "Dune".to_owned(), ..Edition::default() },
        );
        Ok(FoundOrNotFound::Found(vec![record]))
    };
    let question = SearchQuestion::Isbn { isbn };
    let down = || Err(ProviderFailure::Upstream { status: 503, retry_after_ms: None }.into());
    for (after_ms, outcome, seen, first, then) in [
        // Within the grace of 150 ms, the answer waits for the third provider.
        (50, down(), "upstream_error", true, true),
        (50, Ok(FoundOrNotFound::NotFound), "not_found", false, false),
        // After the grace, the answer is complete; the late outcome changes only the entry.
        (500, down(), "pending", false, true),
        (500, Ok(FoundOrNotFound::NotFound), "pending", false, false),
        (500, edition(Provider::OpenLibrary), "pending", false, false),
        // What lacks the public share is for anonymous clients alone: the complete entry stays.
        (500, share_spent(), "pending", false, false),
        // A provider that is not configured has not failed.
        (1, Err(ProviderFailure::NotConfigured.into()), "not_configured", false, false),
    ] {
        let setup = SearchTestSetup::new();
        setup.script_all_providers(edition);
        setup.set_provider_answer(Provider::OpenLibrary, after_ms, outcome);
        let search_response = setup.search_until_idle(&question).ok().unwrap();
        let volumes = page_of_search_response(&search_response);
        assert_eq!(volumes.items.len(), 1);
        let outcome = volumes.providers[2].outcome.as_str();
        assert_eq!(
            (outcome, volumes.partial, search_response.origin.metadata.partial),
            (seen, first, first)
        );
        let stored = setup.stored_for(&question).unwrap();
        assert_eq!(stored.partial, then, "{seen} after {after_ms}");
        let life_ms = stored.fresh_until_ms - stored.stored_at_ms;
        assert_eq!(life_ms <= PARTIAL_TTL_MS, then, "{seen} after {after_ms}: {life_ms}");
    }
}

#[test]
fn only_a_refresh_of_a_young_entry_bypasses_the_isbndb_cache() {
    for (cold_ttl_secs, bypass_cache) in [("604800", false), ("86400", true)] {
        let vars = |name: &str| (name == "CACHE_COLD_TTL").then(|| cold_ttl_secs.to_owned());
        let setup = SearchTestSetup::with_config(Config::from_vars(vars).unwrap());
        let _ = setup.search_dune_until_idle();
        let miss = setup.fakes().fetch_policy.get().unwrap();
        assert_eq!(miss, ProviderFetchOptions::of(CallClass::Interactive));
        setup.advance(cold_ttl_secs.parse::<u64>().unwrap() * 1_000);
        assert_eq!(setup.search_dune_until_idle().ok().unwrap().origin.x_cache, XCache::Stale);
        let refresh = setup.fakes().fetch_policy.get().unwrap();
        assert_eq!(
            refresh,
            ProviderFetchOptions { class: CallClass::Background, bypass_cache },
            "{cold_ttl_secs}"
        );
    }
}

#[test]
fn an_absence_needs_every_provider() {
    let setup = SearchTestSetup::new();
    setup.script_all_providers(|_| Ok(FoundOrNotFound::NotFound));
    assert_eq!(
        page_of_search_response(&setup.search_dune_until_idle().ok().unwrap()).total_items,
        0
    );
    let stored = setup.stored_metadata().unwrap();
    assert_eq!((stored.partial, stored.confirmed), (false, 1));

    let setup = SearchTestSetup::new();
    setup.script_all_providers(|_| Ok(FoundOrNotFound::NotFound));
    setup.set_provider_answer(Provider::OpenLibrary, 10, Err(ProviderFailure::Unreachable.into()));
    assert!(page_of_search_response(&setup.search_dune_until_idle().ok().unwrap()).partial);
    assert_eq!(setup.stored_metadata().unwrap().confirmed, 0);
}

#[test]
fn an_empty_answer_lives_no_longer_than_the_cool_down() {
    let open = |ms| Failure::Provider(ProviderFailure::CircuitOpen { retry_after_ms: ms });
    for (google, library, life_ms) in [
        (open(4_000), open(1_000), 1_000),
        (open(60_000), Failure::Provider(ProviderFailure::Timeout), 5_000),
        (open(200), open(200), 1_000),
        (
            Failure::Provider(ProviderFailure::Unreachable),
            Failure::Provider(ProviderFailure::Unreachable),
            5_000,
        ),
    ] {
        let setup = SearchTestSetup::new();
        setup.set_provider_answer(Provider::Isbndb, 10, Ok(FoundOrNotFound::NotFound));
        setup.set_provider_answer(Provider::GoogleBooks, 10, Err(google));
        setup.set_provider_answer(Provider::OpenLibrary, 10, Err(library));
        assert_eq!(
            page_of_search_response(&setup.search_dune_until_idle().ok().unwrap()).total_items,
            0
        );
        let stored = setup.stored_metadata().unwrap();
        assert!(stored.partial);
        assert_eq!(stored.fresh_until_ms - stored.stored_at_ms, life_ms);
        // The providers are back: the next search finds the books.
        setup.script_all_providers(|provider| found_book_outcome(provider, "Dune"));
        setup.advance(life_ms);
        assert!(
            page_of_search_response(&setup.search_dune_until_idle().ok().unwrap()).total_items > 0
        );
    }
}

#[test]
fn a_poorer_page_lives_no_longer_than_the_cool_down() {
    for (failure, life_ms) in [
        (Failure::Provider(ProviderFailure::CircuitOpen { retry_after_ms: 2_000 }), 2_000),
        (Failure::Provider(ProviderFailure::Timeout), PARTIAL_TTL_MS),
    ] {
        let setup = SearchTestSetup::new();
        setup.set_provider_answer(Provider::GoogleBooks, 10, Err(failure));
        assert!(page_of_search_response(&setup.search_dune_until_idle().ok().unwrap()).partial);
        let stored = setup.stored_metadata().unwrap();
        assert_eq!(stored.fresh_until_ms - stored.stored_at_ms, life_ms);
    }
}

#[test]
fn a_volume_that_may_be_unknown_is_never_stored() {
    let id = SearchQuestion::Volume { id: "g-AAAAAAAAAAA0".to_owned() };
    let either = Failure::Provider(ProviderFailure::UnknownOrDown { retry_after_ms: 5_000 });
    for (own, status) in [(either, 503), (Failure::not_found("volume"), 404)] {
        let setup = SearchTestSetup::new();
        setup.set_provider_answer(Provider::GoogleBooks, 10, Err(own.clone()));
        let Err(search_error) = setup.search_until_idle(&id) else { panic!("served") };
        assert_eq!(
            (&search_error.failure, search_error.failure.error_reply_and_retry_rules().status),
            (&own, status)
        );
        assert_eq!(setup.stored_for(&id), None);
        // An entry from a time when Google knew the id stays.
        setup.set_provider_answer(
            Provider::GoogleBooks,
            10,
            found_book_outcome(Provider::GoogleBooks, "Dune"),
        );
        setup.search_until_idle(&id).ok().unwrap();
        setup.set_provider_answer(Provider::GoogleBooks, 10, Err(own));
        setup.advance(WEEK_MS);
        assert_eq!(setup.search_until_idle(&id).ok().unwrap().origin.x_cache, XCache::Stale);
        assert_eq!(setup.stored_for(&id).unwrap().count, 1);
    }
}

#[test]
fn a_wrongly_guessed_title_is_searched_as_keywords() {
    let setup = SearchTestSetup::new();
    setup.script_all_providers(|_| Ok(FoundOrNotFound::NotFound));
    setup
        .fakes()
        .words
        .replace(Some(found_book_outcome(Provider::GoogleBooks, "The Secret History")));
    let guessed = SearchQuestion::Auto { q: "the secret tartt".to_owned() };
    let search_response = setup.search_until_idle(&guessed).ok().unwrap();
    let volumes = page_of_search_response(&search_response);
    assert_eq!(volumes.items[0].edition.title, "The Secret History");
    assert_eq!(volumes.query_analysis.kind, "mixed");
    assert_eq!(setup.fakes().asked.get(), 6);
    // A study guide with all words in its title is not the requested book.
    setup.script_all_providers(|provider| {
        found_book_outcome(provider, "Summary of The Silent Patient by Alex Michaelides")
    });
    let other = SearchQuestion::Auto { q: "the silent michaelides".to_owned() };
    assert_eq!(other.query().kind(), guessed.query().kind());
    assert_eq!(
        page_of_search_response(&setup.search_until_idle(&other).ok().unwrap()).query_analysis.kind,
        "mixed"
    );
    // The study guide is served if the keywords find nothing either.
    setup.fakes().words.replace(Some(Ok(FoundOrNotFound::NotFound)));
    let third = SearchQuestion::Auto { q: "the other michaelides".to_owned() };
    assert!(
        page_of_search_response(&setup.search_until_idle(&third).ok().unwrap()).total_items > 0
    );
    setup
        .fakes()
        .words
        .replace(Some(found_book_outcome(Provider::GoogleBooks, "The Secret History")));
    setup.fakes().asked.set(6);
    setup.script_all_providers(|_| Ok(FoundOrNotFound::NotFound));
    // The entry has the key of the text.
    assert_eq!(setup.search_until_idle(&guessed).ok().unwrap().origin.x_cache, XCache::HitR2Cold);
    // A text that the client states to be a title is not searched as keywords.
    let said = SearchQuestion::Title { title: "the secret smith".to_owned() };
    assert_eq!(
        page_of_search_response(&setup.search_until_idle(&said).ok().unwrap()).total_items,
        0
    );
    assert_eq!(setup.fakes().asked.get(), 9);
    // A provider that did not answer may have the title: no keyword search then.
    let setup = SearchTestSetup::new();
    setup.script_all_providers(|_| Ok(FoundOrNotFound::NotFound));
    setup.set_provider_answer(Provider::GoogleBooks, 10, Err(ProviderFailure::Timeout.into()));
    assert!(page_of_search_response(&setup.search_until_idle(&guessed).ok().unwrap()).partial);
    assert_eq!(setup.fakes().asked.get(), 3);
}

#[test]
fn a_query_that_every_provider_denies_is_widened_once() {
    let setup = SearchTestSetup::new();
    setup.script_all_providers(|_| Ok(FoundOrNotFound::NotFound));
    let words = || Some(found_book_outcome(Provider::OpenLibrary, "The Frontiers"));
    setup.fakes().words.replace(words());
    let title = |title: &str| SearchQuestion::Title { title: title.to_owned() };
    let long = title("The Frontiers of the Known Universe Saga, Book 15");
    let search_response = setup.search_until_idle(&long).ok().unwrap();
    let volumes = page_of_search_response(&search_response);
    assert_eq!((volumes.total_items, volumes.widened), (1, true));
    assert_eq!(volumes.query_analysis.kind, "title");
    assert_eq!(setup.fakes().asked.get(), 6);
    // A widened answer does not count as warm for a library book.
    let stored = setup.stored_for(&long).unwrap();
    assert!(stored.widened && !is_warm(&stored, setup.fakes().now_ms()));
    assert_eq!(setup.search_until_idle(&long).ok().unwrap().origin.x_cache, XCache::HitR2Cold);
    // A refresh is widened too.
    setup.advance(WEEK_MS);
    assert_eq!(setup.search_until_idle(&long).ok().unwrap().origin.x_cache, XCache::Stale);
    assert_eq!(setup.fakes().asked.get(), 12);
    assert!(setup.stored_for(&long).unwrap().widened);
    // Not widened: an ISBN, half of the public share spent, an unanswering provider.
    let isbn = Isbn13::parse("9780441172719").unwrap();
    setup.fakes().asked.set(0);
    assert_eq!(
        page_of_search_response(
            &setup.search_until_idle(&SearchQuestion::Isbn { isbn }).ok().unwrap()
        )
        .total_items,
        0
    );
    setup.fakes().half_spent.set(true);
    let other = title("Another of the Known Universe Saga, Book 15");
    assert_eq!(
        page_of_search_response(&setup.search_until_idle(&other).ok().unwrap()).total_items,
        0
    );
    setup.fakes().half_spent.set(false);
    setup.set_provider_answer(Provider::GoogleBooks, 10, Err(ProviderFailure::Timeout.into()));
    let third = title("A Third of the Known Universe Saga, Book 15");
    assert_eq!(
        page_of_search_response(&setup.search_until_idle(&third).ok().unwrap()).total_items,
        0
    );
    assert_eq!(setup.fakes().asked.get(), 9);
    // If the wider question finds nothing, the answer is empty and not marked as widened.
    setup.script_all_providers(|_| Ok(FoundOrNotFound::NotFound));
    setup.fakes().words.replace(Some(Ok(FoundOrNotFound::NotFound)));
    let fourth = title("The Fourth of the Known Universe Saga, Book 15");
    let search_response = setup.search_until_idle(&fourth).ok().unwrap();
    assert_eq!(
        (page_of_search_response(&search_response).widened, setup.fakes().asked.get()),
        (false, 15)
    );
}

#[test]
fn a_wrong_check_digit_is_repaired_for_the_look_up() {
    let setup = SearchTestSetup::new();
    let dune = Isbn13::parse("9780441172719").unwrap();
    let edition = |provider| {
        let record = ProviderRecord::new(
            provider,
            0,
            Edition { isbn13: Some(dune), title: "Dune".to_owned(), ..Edition::default() },
        );
        Ok(FoundOrNotFound::Found(vec![record]))
    };
    setup.script_all_providers(edition);
    for q in ["9780441172710", "isbn:9780441172710", "978-0-441-17271-0"] {
        let question = SearchQuestion::Auto { q: q.to_owned() };
        let volumes = page_of_search_response(&setup.search_until_idle(&question).ok().unwrap());
        assert_eq!(volumes.items[0].id, "isbn-9780441172719", "{q}");
        let analysis = volumes.query_analysis;
        assert_eq!(
            (analysis.kind.as_str(), analysis.normalized.as_str()),
            ("isbn", "9780441172710")
        );
        assert_eq!(analysis.repaired.as_deref(), Some("9780441172719"));
        assert!(analysis.confidence < 0.9);
    }
    // The absence of the repaired ISBN is not stored.
    setup.script_all_providers(|_| Ok(FoundOrNotFound::NotFound));
    let other = SearchQuestion::Auto { q: "9780140143509".to_owned() };
    assert_eq!(
        page_of_search_response(&setup.search_until_idle(&other).ok().unwrap()).total_items,
        0
    );
    assert_eq!(setup.stored_for(&other), None);
}

#[test]
fn with_failing_stores_searches_are_still_answered() {
    for (hot_fails, cold_fails) in [(true, false), (false, true), (true, true)] {
        let setup = SearchTestSetup::new();
        setup.fakes().hot.faults.set(down_if(hot_fails));
        setup.fakes().cold.faults.set(down_if(cold_fails));
        for _ in 0..3 {
            assert!(
                page_of_search_response(&setup.search_dune_until_idle().ok().unwrap()).total_items
                    > 0
            );
        }
        let hit = setup.search_dune_until_idle().ok().unwrap().origin.x_cache != XCache::Miss;
        assert_eq!(hit, !(hot_fails && cold_fails));
    }
}

#[test]
fn a_partial_answer_never_replaces_kv_while_r2_is_down() {
    for outcome in
        [Ok(FoundOrNotFound::NotFound), found_book_outcome(Provider::OpenLibrary, "Dune")]
    {
        let setup = SearchTestSetup::new();
        for _ in 0..3 {
            let _ = setup.search_dune_until_idle();
        }
        setup.advance(WEEK_MS);
        setup.fakes().cold.faults.set(InjectedStoreFault::Down);
        setup.script_all_providers(|_| outcome.clone());
        setup.set_provider_answer(Provider::GoogleBooks, 10, Err(ProviderFailure::Timeout.into()));
        assert_eq!(setup.search_dune_until_idle().ok().unwrap().origin.x_cache, XCache::Stale);
        assert_eq!(setup.fakes().asked.get(), 6);
        let again = setup.search_dune_until_idle().ok().unwrap();
        assert_eq!(
            (again.origin.x_cache, page_of_search_response(&again).partial),
            (XCache::Stale, false)
        );
    }
}

#[test]
fn a_late_answer_is_kept_in_kv_while_r2_is_down() {
    let setup = SearchTestSetup::new();
    setup.fakes().cold.faults.set(InjectedStoreFault::Down);
    setup.set_provider_answer(
        Provider::Isbndb,
        2_000,
        found_book_outcome(Provider::Isbndb, "Dune Messiah"),
    );
    let first = setup.search_dune_until_idle().ok().unwrap();
    let again = setup.search_dune_until_idle().ok().unwrap();
    assert_eq!((first.origin.x_cache, again.origin.x_cache), (XCache::Miss, XCache::HitKvHot));
    assert!(again.origin.metadata.count > first.origin.metadata.count);
}

#[test]
fn a_refused_caller_is_still_served_from_the_cache() {
    let setup = SearchTestSetup::new();
    setup.fakes().refuses_misses.set(true);
    assert!(matches!(
        setup.search_dune_until_idle().err().unwrap().failure,
        Failure::Provider(ProviderFailure::RateLimited { .. })
    ));
    assert_eq!(setup.fakes().asked.get(), 0);
    setup.fakes().refuses_misses.set(false);
    let _ = setup.search_dune_until_idle();
    setup.fakes().refuses_misses.set(true);
    assert!(setup.search_dune_until_idle().is_ok());
}

/// This many books of one author.
fn many_books(count: u32) -> ProviderRecordsOutcome {
    books_numbered_from(0, count)
}

/// Books of one author, numbered from `first`.
fn books_numbered_from(first: u32, count: u32) -> ProviderRecordsOutcome {
    let book = |n| ProviderRecord {
        provider_id: format!("v{n}"),
        ..ProviderRecord::new(
            Provider::GoogleBooks,
            n,
            Edition {
                title: format!("Dune {n:03}"),
                authors: vec!["Frank Herbert".to_owned()],
                ..Edition::default()
            },
        )
    };
    Ok(FoundOrNotFound::Found((first..first + count).map(book).collect()))
}

/// The ids on all pages up to `totalItems`.
fn paged_ids(setup: &SearchTestSetup, order: OrderBy) -> Result<Vec<String>, SearchError> {
    let question = SearchQuestion::Title { title: "Dune".to_owned() };
    let mut ids = Vec::new();
    for start_index in [0, STORED_PAGE_MAX_ITEMS] {
        let view = ResultOptions {
            start_index,
            order,
            ..ResultOptions::first_page(STORED_PAGE_MAX_ITEMS)
        };
        let mut search_response = setup.search_dune_until_idle()?;
        let mut volumes = page_of_search_response(&search_response);
        let key = CacheKey::of(&question.query());
        let search = SearchRun { app: &setup.app, question: &question, key: &key };
        let added = search.add_overflow(&view, &mut search_response.origin, &mut volumes);
        setup.fakes().clock.run_to_end(added)?;
        let partial = (volumes.partial, search_response.origin.metadata.partial);
        assert_eq!(partial.0, partial.1, "an answer without its overflow page is partial");
        ids.extend(
            select_page(&Query::from_free_text("x"), volumes, &view)
                .items
                .into_iter()
                .map(|item| item.id),
        );
    }
    Ok(ids)
}

#[test]
fn paging_shows_every_book_once_in_either_order() {
    for order in [OrderBy::Relevance, OrderBy::Newest] {
        let setup = SearchTestSetup::new();
        setup.script_all_providers(|provider| match provider {
            Provider::GoogleBooks => many_books(70),
            _ => Ok(FoundOrNotFound::NotFound),
        });
        let _ = setup.search_dune_until_idle();
        let ids = paged_ids(&setup, order).ok().unwrap();
        assert_eq!((ids.len(), distinct(&ids)), (70, 70), "{order:?}");
        assert_eq!(setup.fakes().asked.get(), 3);
    }
}

fn distinct(ids: &[String]) -> usize {
    ids.iter().collect::<BTreeSet<_>>().len()
}

#[test]
fn a_missing_overflow_page_is_an_error() {
    let setup = SearchTestSetup::new();
    setup.script_all_providers(|_| many_books(70));
    let _ = setup.search_dune_until_idle();
    let question = SearchQuestion::Title { title: "Dune".to_owned() };
    let rest = CacheKey::of(&question.query()).page_key(STORED_PAGE_MAX_ITEMS);
    let lose = || drop(setup.fakes().cold.borrow_mut().remove(rest.as_str()));
    // A client whose miss is refused gets the refusal.
    lose();
    setup.fakes().refuses_misses.set(true);
    let refused = paged_ids(&setup, OrderBy::Relevance).err().unwrap();
    assert!(matches!(refused.failure, Failure::Provider(ProviderFailure::RateLimited { .. })));
    setup.fakes().refuses_misses.set(false);
    setup.script_all_providers(dead);
    let all_failed = paged_ids(&setup, OrderBy::Relevance).err().unwrap();
    assert!(matches!(all_failed.failure, Failure::Provider(ProviderFailure::AllFailed { .. })));
    // The providers now have fewer books: those of the first page are not repeated.
    setup.script_all_providers(|_| many_books(30));
    let ids = paged_ids(&setup, OrderBy::Relevance).ok().unwrap();
    assert_eq!((ids.len(), distinct(&ids)), (40, 40));
}

/// Stores the given books like a refresh by the warmer: in the cold tier only.
fn refresh_cold(setup: &SearchTestSetup, first: u32, count: u32) {
    let question = SearchQuestion::Title { title: "Dune".to_owned() };
    let warmed = SearchTestSetup::new();
    warmed.advance(setup.fakes().now_ms() + 1);
    warmed.script_all_providers(|_| books_numbered_from(first, count));
    let _ = warmed.search_until_idle(&question);
    setup.fakes().cold.borrow_mut().append(&mut warmed.fakes().cold.borrow_mut());
}

#[test]
fn pages_of_two_answers_are_not_combined() {
    for order in [OrderBy::Relevance, OrderBy::Newest] {
        let setup = SearchTestSetup::new();
        setup.script_all_providers(|_| many_books(70));
        for _ in 0..3 {
            let _ = setup.search_dune_until_idle();
        }
        setup.advance(1_000);
        refresh_cold(&setup, 30, 75);
        let stale = setup.search_dune_until_idle().ok().unwrap();
        assert_eq!(
            (stale.origin.x_cache, page_of_search_response(&stale).total_items),
            (XCache::HitKvHot, 70)
        );
        // The first request for the overflow page replaces the old copy; later pages are right.
        let mixed = paged_ids(&setup, order).ok().unwrap();
        if order == OrderBy::Newest {
            assert_eq!((mixed.len(), distinct(&mixed)), (75, 75));
        }
        let ids = paged_ids(&setup, order).ok().unwrap();
        let Ok(FoundOrNotFound::Found(expected)) = books_numbered_from(30, 75) else { panic!() };
        let mut expected: Vec<String> =
            expected.iter().map(|one| format!("g-{}", one.provider_id)).collect();
        if order == OrderBy::Newest {
            assert_eq!(mixed, ids);
        }
        expected.sort();
        let mut sorted = ids;
        sorted.sort();
        assert_eq!(sorted, expected, "{order:?}");
        assert_eq!(setup.fakes().asked.get(), 3);
    }
}

#[test]
fn pages_of_two_answers_are_fetched_again() {
    let setup = SearchTestSetup::new();
    setup.script_all_providers(|_| many_books(70));
    let _ = setup.search_dune_until_idle();
    // The stored overflow page is of another answer than the stored page.
    let question = SearchQuestion::Title { title: "Dune".to_owned() };
    let key = CacheKey::of(&question.query());
    let page = setup.fakes().cold.borrow()[key.as_str()].clone();
    setup.advance(1_000);
    refresh_cold(&setup, 30, 75);
    setup.fakes().cold.borrow_mut().insert(key.to_string(), page);
    setup.script_all_providers(|_| books_numbered_from(60, 80));
    let view = ResultOptions {
        order: OrderBy::Newest,
        ..ResultOptions::first_page(STORED_PAGE_MAX_ITEMS)
    };
    let mut search_response = setup.search_dune_until_idle().ok().unwrap();
    let mut volumes = self::page_of_search_response(&search_response);
    let search = SearchRun { app: &setup.app, question: &question, key: &key };
    let added = search.add_overflow(&view, &mut search_response.origin, &mut volumes);
    assert!(setup.fakes().clock.run_to_end(added).is_ok());
    assert_eq!((volumes.items.len(), volumes.total_items, volumes.partial), (80, 80, false));
    assert_eq!(search_response.origin.x_cache, XCache::Miss);
}

#[test]
fn a_refresh_returns_a_fresh_entry_with_its_overflow() {
    let setup = SearchTestSetup::new();
    setup.script_all_providers(|_| many_books(70));
    let _ = setup.search_dune_until_idle();
    let flight = SingleFlightRequest {
        question: SearchQuestion::Title { title: "Dune".to_owned() },
        mode: FetchReason::Refresh,
        previous: None,
        overflow: false,
        may_widen: false,
        is_public: false,
    };
    let fetched_answer =
        setup.fakes().clock.run_to_end(fetch_and_store(&setup.app, flight)).unwrap();
    assert_eq!(setup.fakes().asked.get(), 3);
    let pages: Vec<SearchAnswerPage> =
        serde_json::from_slice(&fetched_answer.caller_page(true, false).page).unwrap();
    assert_eq!(pages.iter().map(|page| page.items.len()).collect::<Vec<_>>(), [40, 30]);
}

#[test]
fn a_stale_page_is_served_with_its_overflow() {
    let setup = SearchTestSetup::new();
    setup.script_all_providers(|_| many_books(70));
    setup.set_provider_answer(Provider::OpenLibrary, 10, Err(ProviderFailure::Timeout.into()));
    let _ = setup.search_dune_until_idle();
    setup.advance(PARTIAL_TTL_MS);
    setup.script_all_providers(dead);
    let question = SearchQuestion::Title { title: "Dune".to_owned() };
    let key = CacheKey::of(&question.query());
    let view = ResultOptions {
        start_index: STORED_PAGE_MAX_ITEMS,
        ..ResultOptions::first_page(STORED_PAGE_MAX_ITEMS)
    };
    let mut search_response = setup.search_dune_until_idle().ok().unwrap();
    assert!(search_response.origin.stale_reason.is_some());
    let mut volumes = page_of_search_response(&search_response);
    let search = SearchRun { app: &setup.app, question: &question, key: &key };
    let added = search.add_overflow(&view, &mut search_response.origin, &mut volumes);
    assert!(setup.fakes().clock.run_to_end(added).is_ok());
    assert_eq!(select_page(&Query::from_free_text("x"), volumes, &view).items.len(), 30);
}

#[test]
fn a_partial_empty_answer_does_not_hide_a_stale_entry() {
    let setup = SearchTestSetup::new();
    setup.set_provider_answer(Provider::OpenLibrary, 10, Err(ProviderFailure::Timeout.into()));
    assert!(setup.search_dune_until_idle().ok().unwrap().origin.metadata.partial);
    setup.advance(PARTIAL_TTL_MS);
    setup.script_all_providers(|_| Ok(FoundOrNotFound::NotFound));
    setup.set_provider_answer(Provider::GoogleBooks, 10, Err(ProviderFailure::Timeout.into()));
    let search_response = setup.search_dune_until_idle().ok().unwrap();
    assert_eq!(
        (search_response.origin.x_cache, page_of_search_response(&search_response).total_items > 0),
        (XCache::Stale, true)
    );
    assert_eq!(search_response.origin.stale_reason.as_deref(), Some("partial"));
    // Once every provider confirms the absence, the old entry is not served.
    setup.advance(PARTIAL_TTL_MS);
    setup.script_all_providers(|_| Ok(FoundOrNotFound::NotFound));
    assert_eq!(
        page_of_search_response(&setup.search_dune_until_idle().ok().unwrap()).total_items,
        0
    );
}

#[test]
fn a_late_failure_keeps_an_entry_written_meanwhile() {
    let setup = SearchTestSetup::new();
    setup.set_provider_answer(Provider::Isbndb, 2_000, Err(ProviderFailure::Timeout.into()));
    let question = SearchQuestion::Title { title: "Dune".to_owned() };
    let key = CacheKey::of(&question.query());
    let clock = Rc::clone(&setup.fakes().clock);
    let search_response = clock
        .run_to_end(SearchRun { app: &setup.app, question: &question, key: &key }.answer_search())
        .ok()
        .unwrap();
    let newer =
        EntryMetadata { etag: "newer".to_owned(), count: 9, ..search_response.origin.metadata };
    let background_store = setup.fakes().spawned.take();
    let meanwhile = async {
        clock.sleep(1_000).await;
        let entry = (b"{}".to_vec(), newer.clone());
        setup.fakes().cold.borrow_mut().insert(key.to_string(), entry);
    };
    clock.clone().run_to_end(async {
        futures::join!(futures::future::join_all(background_store), meanwhile)
    });
    assert_eq!(setup.stored_metadata(), Some(newer));
}

/// ISBNdb cannot search for a text without letters: it counts as not queried.
#[test]
fn an_unsearchable_text_makes_no_answer_partial() {
    let setup = SearchTestSetup::new();
    let unaskable = Failure::bad_request("q: has no letter or digit");
    setup.script_all_providers(|_| Ok(FoundOrNotFound::NotFound));
    setup.set_provider_answer(Provider::Isbndb, 0, Err(unaskable.clone()));
    let crab = SearchQuestion::Title { title: "\u{1f980}".to_owned() };
    let volumes = page_of_search_response(&setup.search_until_idle(&crab).ok().unwrap());
    let outcomes: Vec<&str> = volumes.providers.iter().map(|p| p.outcome.as_str()).collect();
    assert_eq!(outcomes, ["bad_request", "not_found", "not_found"]);
    assert!(!volumes.partial);
    assert_eq!(setup.stored_for(&crab).unwrap().confirmed, 1);
    // A provider that fails still makes the answer partial.
    let setup = SearchTestSetup::new();
    setup.script_all_providers(|_| Ok(FoundOrNotFound::NotFound));
    setup.set_provider_answer(Provider::Isbndb, 0, Err(unaskable));
    setup.set_provider_answer(Provider::OpenLibrary, 0, Err(ProviderFailure::Timeout.into()));
    assert!(page_of_search_response(&setup.search_until_idle(&crab).ok().unwrap()).partial);
}

/// An event between two searches.
#[derive(Clone, Debug)]
enum SearchScenarioEvent {
    Says(Provider, u64, ProviderRecordsOutcome),
    Passes(u64),
    Hot(bool),
    Cold(bool),
}

fn any_search_event() -> impl Strategy<Value = SearchScenarioEvent> {
    let provider = || prop::sample::select(Provider::ALL.to_vec());
    let after_ms = || prop::sample::select(vec![10, 10, 10, 2_000, 6_000]);
    // No late failures: they make their own flight's entry partial, which other tests check.
    prop_oneof![
        (provider(), after_ms()).prop_map(|(p, ms)| SearchScenarioEvent::Says(
            p,
            ms,
            found_book_outcome(p, "Dune")
        )),
        (provider(), after_ms()).prop_map(|(p, ms)| SearchScenarioEvent::Says(
            p,
            ms,
            many_books(70)
        )),
        provider().prop_map(|p| SearchScenarioEvent::Says(p, 10, Ok(FoundOrNotFound::NotFound))),
        provider().prop_map(|p| SearchScenarioEvent::Says(
            p,
            10,
            Err(ProviderFailure::Timeout.into())
        )),
        prop::sample::select(vec![1_000, 61_000, PARTIAL_TTL_MS, 3_600_000, WEEK_MS])
            .prop_map(SearchScenarioEvent::Passes),
        any::<bool>().prop_map(SearchScenarioEvent::Hot),
        any::<bool>().prop_map(SearchScenarioEvent::Cold),
    ]
}

/// A complete entry with books that may still be served.
fn is_rich(metadata: &EntryMetadata, now_ms: u64) -> bool {
    metadata.outcome == AnswerBookPresence::Found
        && !metadata.partial
        && now_ms < metadata.stale_until_ms
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_partial_answer_replaces_a_complete_one(
        events in prop::collection::vec(any_search_event(), 1..24),
    ) {
        let vars = |name: &str| (name == "MEMORY_TIER_BYTES").then(|| "0".to_owned());
        let setup = SearchTestSetup::with_config(Config::from_vars(vars).unwrap());
        let question = SearchQuestion::Title { title: "Dune".to_owned() };
        let key = CacheKey::of(&question.query()).to_string();
        let of = |kept: &MemoryStore<(Vec<u8>, EntryMetadata)>| kept.borrow().get(&key).cloned();
        for event in events {
            match event {
                SearchScenarioEvent::Says(provider, after_ms, outcome) => setup.set_provider_answer(provider, after_ms, outcome),
                SearchScenarioEvent::Passes(ms) => {
                    setup.advance(ms);
                    // Copies in KV have expired.
                    if ms >= setup.app.config.times.hot_ttl_ms {
                        setup.fakes().hot.borrow_mut().clear();
                    }
                }
                SearchScenarioEvent::Hot(fails) => setup.fakes().hot.faults.set(down_if(fails)),
                SearchScenarioEvent::Cold(fails) => setup.fakes().cold.faults.set(down_if(fails)),
            }
            let (hot, cold) = (of(&setup.fakes().hot), of(&setup.fakes().cold));
            let now_ms = setup.fakes().now_ms();
            let answer = setup.search_dune_until_idle();
            let later_ms = setup.fakes().now_ms();
            if let Ok(search_response) = &answer {
                let volumes = page_of_search_response(search_response);
                let metadata = &search_response.origin.metadata;
                prop_assert_eq!(volumes.total_items, metadata.count);
                prop_assert_eq!(volumes.partial, metadata.partial);
                prop_assert_eq!(volumes.total_items > 0, metadata.outcome == AnswerBookPresence::Found);
                let fresh = classify_freshness(metadata, now_ms);
                let is_stale = search_response.origin.x_cache == XCache::Stale;
                prop_assert!(fresh != Freshness::Gone, "{:?}", metadata);
                prop_assert_eq!(is_stale, fresh != Freshness::Fresh, "{:?}", search_response.origin.x_cache);
            }
            // A partial page that KV got while R2 was down hides R2's entry until it expires.
            let poor = |(_, one): &(Vec<u8>, EntryMetadata)| !is_rich(one, now_ms) && now_ms < one.fresh_until_ms;
            let is_hidden = hot.as_ref().is_some_and(poor);
            // A readable, complete entry is served, and stays stored.
            for (before, fails, kept) in [
                (hot, (setup.fakes().hot.faults.get() == InjectedStoreFault::Down), &setup.fakes().hot),
                (cold, (setup.fakes().cold.faults.get() == InjectedStoreFault::Down), &setup.fakes().cold),
            ] {
                let Some((_, before)) = before.filter(|(_, one)| is_rich(one, later_ms)) else {
                    continue;
                };
                if !fails && !is_hidden {
                    let rich = answer.as_ref().is_ok_and(|search_response| is_rich(&search_response.origin.metadata, now_ms));
                    prop_assert!(rich, "{:?} was not served", before);
                }
                let after = of(kept);
                prop_assert!(
                    after.as_ref().is_some_and(|(_, after)| is_rich(after, later_ms)),
                    "{:?} became {:?}", before, after.map(|(_, after)| after)
                );
            }
        }
    }
}
