//! Editions by ISBN: one, or many in as few calls as the plan allows.

mod bulk_answer;

use std::rc::Rc;

use bibliography::edition::Edition;
use bibliography::isbn::Isbn13;
use ports::Transport;
use runtime::call_outcome::{Failure, FoundOrNotFound, ProviderFailure, ProviderOutcome};
use runtime::wire_types::isbndb_worker_answers::{
    BulkFailure, FoundIsbndbBookAnswer, IsbndbWorkerBulkAnswer,
};

use super::isbndb_store::IsbndbStore;
use super::learned_bulk_size::{LearnedBulkSize, Trial, next_smaller, units_of};
use super::upstream_request::{RetryPermission, UpstreamCall};
use super::{IsbndbObjectPorts, IsbndbObjectService, IsbndbRequestContext, SharedIsbndbRequest};
use crate::isbndb_api::parse::{self, ParsedIsbndbPage};
use crate::isbndb_api::response_classification::IsbndbResourceKind;

/// Longest attempt at one edition; the provider answers in 0.2 to 1.2 s.
const LOOKUP_TIMEOUT_MS: u64 = 6_000;
/// Longest bulk call: three that hang open the breaker before the warmer's 25 s are over.
const BULK_TIMEOUT_MS: u64 = 7_500;

/// ISBNs that are still to be requested, and the most of them in one call.
#[derive(Clone, Copy)]
struct PendingIsbns<'a> {
    isbns: &'a [Isbn13],
    most: u32,
}

impl<T: Transport + 'static, H: IsbndbObjectPorts, S: IsbndbStore> IsbndbObjectService<T, H, S> {
    pub async fn look_up_book(
        self: &Rc<Self>,
        caller: &IsbndbRequestContext,
        isbn: Isbn13,
    ) -> ProviderOutcome<FoundIsbndbBookAnswer> {
        if let Some(known) = self.known_book(caller, isbn) {
            return Ok(known.map(|book| FoundIsbndbBookAnswer { book, cached: true }));
        }
        let start = async move |service: Rc<Self>, shared: SharedIsbndbRequest| {
            service.fetch_book(&shared, isbn).await
        };
        // An error here: this caller's time is over; one in `outcome`: the call's.
        let outcome =
            self.run_shared(&self.calls_in_flight.books, caller, isbn.to_string(), start).await?;
        Ok(outcome?
            .map(|book| FoundIsbndbBookAnswer { book: Edition::clone(&book), cached: false }))
    }

    /// The cached answer for an edition, unless the caller bypasses the cache.
    fn known_book(
        &self,
        caller: &IsbndbRequestContext,
        isbn: Isbn13,
    ) -> Option<FoundOrNotFound<Edition>> {
        if caller.refresh { None } else { self.cache.cached_book(isbn, self.host.now_ms()) }
    }

    async fn fetch_book(
        &self,
        shared: &SharedIsbndbRequest,
        isbn: Isbn13,
    ) -> ProviderOutcome<Rc<Edition>> {
        let answer = match self.ask_for_book(shared, isbn).await {
            Err(Failure::Provider(ProviderFailure::Moved { .. })) => {
                // Its route has moved: a bulk call of one costs the same unit.
                self.bulk_of_one(shared, isbn).await?
            }
            answer => answer?,
        };
        let now_ms = self.host.now_ms();
        // An answer that cannot be cached is served all the same.
        let _ = match &answer {
            FoundOrNotFound::Found(book) => {
                self.cache.store_books(std::slice::from_ref(book), now_ms)
            }
            FoundOrNotFound::NotFound => self.cache.store_absent(&[isbn], now_ms),
        };
        self.sweep_if_due();
        Ok(answer.map(Rc::new))
    }

    /// Asks for an edition by its own route.
    async fn ask_for_book(
        &self,
        shared: &SharedIsbndbRequest,
        isbn: Isbn13,
    ) -> ProviderOutcome<Edition> {
        let upstream_call = UpstreamCall {
            route: "/book/{isbn}",
            request: self.request_builder(&shared.caller)?.book_request(isbn),
            units: 1,
            subject: IsbndbResourceKind::Edition,
            retry: RetryPermission::Yes,
            timeout_ms: LOOKUP_TIMEOUT_MS,
        };
        let read = |body: &[u8]| {
            let book = parse::book_answer(body)?;
            if book.isbn13 == Some(isbn) { Ok(book) } else { Err(ProviderFailure::WrongBook) }
        };
        self.call_provider(shared, upstream_call, read).await
    }

    /// Every ISBN ends in exactly one list of the answer.
    pub async fn bulk_lookup(
        self: &Rc<Self>,
        caller: &IsbndbRequestContext,
        isbns: Vec<Isbn13>,
        invalid: Vec<String>,
    ) -> IsbndbWorkerBulkAnswer {
        let mut answer = IsbndbWorkerBulkAnswer { invalid, ..IsbndbWorkerBulkAnswer::default() };
        let mut open = Vec::new();
        for isbn in isbns {
            match self.known_book(caller, isbn) {
                Some(FoundOrNotFound::Found(book)) => answer.found.push(book),
                Some(FoundOrNotFound::NotFound) => answer.missing.push(isbn),
                None => open.push(isbn),
            }
        }
        if open.is_empty() {
            return answer;
        }
        // Sorted and unique: equal requests share a call, and a binary search finds an ISBN.
        open.sort();
        open.dedup();
        let numbers: Vec<&str> = open.iter().map(Isbn13::as_str).collect();
        let key = numbers.join(",");
        let wanted = open.clone();
        let start = async move |service: Rc<Self>, shared: SharedIsbndbRequest| {
            Rc::new(service.fetch_bulk(&shared, &wanted).await)
        };
        match self.run_shared(&self.calls_in_flight.bulks, caller, key, start).await {
            Ok(fetched) => {
                answer.found.extend(fetched.found.iter().cloned());
                answer.missing.extend(&fetched.missing);
                answer.failed.extend(fetched.failed.iter().cloned());
                answer.upstream_calls = fetched.upstream_calls;
                answer.units = fetched.units;
            }
            Err(failure) => mark_isbns_failed(&mut answer, &open, &failure),
        }
        answer
    }

    async fn fetch_bulk(
        &self,
        shared: &SharedIsbndbRequest,
        isbns: &[Isbn13],
    ) -> IsbndbWorkerBulkAnswer {
        let mut answer = IsbndbWorkerBulkAnswer::default();
        let mut parts = vec![PendingIsbns { isbns, most: u32::MAX }];
        // The refusals of this request, from which a smaller size of a call is learned.
        let mut trial = Trial::new(&self.inner.borrow().state.facts.bulk_size, self.host.now_ms());
        while let Some(part) = parts.pop() {
            if let Some(failure) = self.out_of_time(shared) {
                parts.push(part);
                fail_parts(&mut answer, &parts, &failure);
                break;
            }
            // Near the end of the day only a smaller call fits; with nothing left, a call of one
            // gets the refusal.
            let now_ms = self.host.now_ms();
            let class = shared.class.get();
            let left = || self.inner.borrow_mut().state.limiter.units_left(now_ms, class);
            let size = self.max_bulk_isbns(now_ms).min(part.most).min(left().max(1));
            let size = usize::try_from(size).unwrap_or(usize::MAX);
            let (chunk, after) = part.isbns.split_at_checked(size).unwrap_or((part.isbns, &[]));
            let sent_before = shared.sent.get();
            let list = if chunk.len() == 1 && self.asks_one_by_one(&trial, now_ms) {
                None
            } else {
                Some(self.bulk_call(shared, chunk).await)
            };
            let is_sent = shared.sent.get() > sent_before;
            // Other calls took units while it stood in the queue: fewer are left than it needs.
            if !is_sent && (1..units_of(chunk)).contains(&left()) {
                parts.push(part);
                continue;
            }
            if !after.is_empty() {
                parts.push(PendingIsbns { isbns: after, ..part });
            }
            let held_back = match list {
                Some(Ok(list)) => {
                    self.learn(|learned, now_ms| trial.record_acceptance(learned, chunk, now_ms));
                    self.assign_results(shared, &mut answer, chunk, list).await;
                    None
                }
                // Refused for its size or one of its ISBNs: divide it until one ISBN is alone. The
                // route of one book may still know that ISBN.
                Some(Err(Failure::Provider(ProviderFailure::Rejected {
                    status: 400 | 413 | 422,
                }))) => {
                    self.learn(|learned, now_ms| trial.record_refusal(learned, chunk, now_ms));
                    if chunk.len() > 1 {
                        let most = next_smaller(units_of(chunk));
                        parts.push(PendingIsbns { isbns: chunk, most });
                        None
                    } else {
                        self.one_by_one(shared, &mut answer, chunk).await
                    }
                }
                None | Some(Err(Failure::Provider(ProviderFailure::Moved { .. }))) => {
                    self.one_by_one(shared, &mut answer, chunk).await
                }
                Some(Err(failure)) => {
                    mark_isbns_failed(&mut answer, chunk, &failure);
                    // The next call would fail alike.
                    (!is_sent || is_lasting(&failure)).then_some(failure)
                }
            };
            if let Some(failure) = held_back {
                fail_parts(&mut answer, &parts, &failure);
                break;
            }
        }
        self.learn(|learned, now_ms| trial.conclude_request(learned, now_ms));
        self.sweep_if_due();
        answer.upstream_calls = shared.sent.get();
        answer.units = shared.units.get();
        answer
    }

    async fn bulk_call(
        &self,
        shared: &SharedIsbndbRequest,
        chunk: &[Isbn13],
    ) -> Result<ParsedIsbndbPage, Failure> {
        let upstream_call = UpstreamCall {
            route: "/books",
            request: self.request_builder(&shared.caller)?.bulk_lookup_request(chunk),
            // One unit per ISBN, found or not (measured by users of ISBNdb).
            units: units_of(chunk),
            subject: IsbndbResourceKind::Route,
            retry: RetryPermission::No,
            timeout_ms: BULK_TIMEOUT_MS,
        };
        match self.call_provider(shared, upstream_call, parse::parse_isbndb_book_list).await? {
            FoundOrNotFound::Found(list) => Ok(list),
            // `classify_response` returns no NotFound for `IsbndbResourceKind::Route`.
            FoundOrNotFound::NotFound => Err(ProviderFailure::malformed("no list of books").into()),
        }
    }

    /// Most ISBNs in one call: the plan's size, or the smaller learned one.
    fn max_bulk_isbns(&self, now_ms: u64) -> u32 {
        self.inner.borrow().state.facts.bulk_size.max_bulk_size(self.config.plan.bulk_size, now_ms)
    }

    /// True if a single ISBN is requested by its own route: this key has no bulk route, or earlier
    /// requests learned the size 1. While this request's refusals are examined, it is not.
    fn asks_one_by_one(&self, trial: &Trial<'_>, now_ms: u64) -> bool {
        let size = &self.inner.borrow().state.facts.bulk_size;
        trial.without_bulk(size) || (trial.is_idle() && size.is_single(now_ms))
    }

    /// Learns from an answer; a changed size is stored at once.
    fn learn(&self, lesson: impl FnOnce(&mut LearnedBulkSize, u64)) {
        let now_ms = self.host.now_ms();
        let before = self.max_bulk_isbns(now_ms);
        lesson(&mut self.inner.borrow_mut().state.facts.bulk_size, now_ms);
        if self.max_bulk_isbns(now_ms) != before {
            // If the write fails and the object restarts, the same calls are refused once more.
            let _ = self.save();
        }
    }
}

/// A failure that the next call would get too.
fn is_lasting(failure: &Failure) -> bool {
    matches!(
        failure,
        Failure::Provider(
            ProviderFailure::Refused { .. }
                | ProviderFailure::QuotaSpent { .. }
                | ProviderFailure::PublicShareSpent { .. }
        )
    )
}

/// The same failure for all that is still to be requested.
fn fail_parts(answer: &mut IsbndbWorkerBulkAnswer, parts: &[PendingIsbns<'_>], failure: &Failure) {
    for part in parts {
        mark_isbns_failed(answer, part.isbns, failure);
    }
}

fn mark_isbns_failed(answer: &mut IsbndbWorkerBulkAnswer, isbns: &[Isbn13], failure: &Failure) {
    answer
        .failed
        .extend(isbns.iter().map(|isbn| BulkFailure { isbn: *isbn, failure: failure.clone() }));
}
