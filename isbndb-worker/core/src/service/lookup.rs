//! Editions by ISBN: one, or many in as few calls as the plan allows.

mod bulk_answer;
mod bulk_parts;

use std::cell::Cell;
use std::rc::Rc;

use bibliography::edition::Edition;
use bibliography::isbn::Isbn13;
use futures::FutureExt;
use ports::{HostPorts, Spawn, Transport};
use runtime::outcome::{Failure, LookupAnswer, ProviderFailure, ProviderOutcome};
use runtime::rate_limit::CallClass;
use runtime::single_flight::SharedCallClass;
use runtime::wire_types::isbndb::{BookAnswer, BulkAnswer};

use super::bulk_size::{Trial, next_smaller};
use super::cache::CacheLookup;
use super::store::IsbndbStore;
use super::upstream::{RetryRule, UpstreamCall};
use super::{IsbndbService, RequestContext};
use crate::isbndb::classify::ResourceKind;
use crate::isbndb::parse::{self, BookListPage};
use bulk_parts::{PendingIsbns, fail, fail_parts};

/// Longest attempt at one edition; the provider answers in 0.2 to 1.2 s.
const LOOKUP_TIMEOUT_MS: u64 = 6_000;
/// Longest bulk call: three that hang open the breaker within 24 s.
const BULK_TIMEOUT_MS: u64 = 7_500;
/// A caller with less time left than this gets no further bulk call.
const NEXT_BULK_MS: u64 = 2_500;

impl<T, H, S> IsbndbService<T, H, S>
where
    T: Transport + 'static,
    H: HostPorts + Spawn + Clone + 'static,
    S: IsbndbStore + 'static,
{
    pub async fn book(
        self: &Rc<Self>,
        caller: &RequestContext,
        isbn: Isbn13,
    ) -> ProviderOutcome<BookAnswer> {
        if !caller.refresh {
            match self.cache.book(isbn, self.host.now_ms()) {
                CacheLookup::Found(book) => {
                    return Ok(LookupAnswer::Found(BookAnswer { book, cached: true }));
                }
                CacheLookup::Absent => return Ok(LookupAnswer::NotFound),
                CacheLookup::Miss => {}
            }
        }
        let start = |class: SharedCallClass| {
            let (service, own) = (Rc::clone(self), caller.clone());
            async move { service.fetch_book(&own, &class, isbn, &Cell::new(0)).await }.boxed_local()
        };
        let outcome =
            self.run_shared(&self.calls_in_flight.books, caller, isbn.to_string(), start).await?;
        Ok(match outcome? {
            LookupAnswer::Found(book) => {
                LookupAnswer::Found(BookAnswer { book: Edition::clone(&book), cached: false })
            }
            LookupAnswer::NotFound => LookupAnswer::NotFound,
        })
    }

    async fn fetch_book(
        &self,
        caller: &RequestContext,
        class: &Rc<Cell<CallClass>>,
        isbn: Isbn13,
        sent: &Cell<u32>,
    ) -> ProviderOutcome<Rc<Edition>> {
        let upstream_call = UpstreamCall {
            route: "/book/{isbn}",
            request: self.request_builder(caller)?.book(isbn),
            units: 1,
            subject: ResourceKind::Edition,
            retry: RetryRule::Yes,
            timeout_ms: LOOKUP_TIMEOUT_MS,
            sent,
        };
        let answer = self.ask(caller, class, upstream_call, |body| {
            let book = parse::book_answer(body)?;
            if book.isbn13 == Some(isbn) { Ok(book) } else { Err(ProviderFailure::WrongBook) }
        });
        let answer = match answer.await {
            Err(Failure::Provider(ProviderFailure::Moved { .. })) => {
                self.bulk_of_one(caller, class, isbn, sent).await?
            }
            answer => answer?,
        };
        let now_ms = self.host.now_ms();
        // An answer that cannot be cached is served all the same.
        let (answer, _stored) = match answer {
            LookupAnswer::Found(book) => {
                let stored = self.cache.store_books(std::slice::from_ref(&book), now_ms);
                (LookupAnswer::Found(Rc::new(book)), stored)
            }
            LookupAnswer::NotFound => {
                (LookupAnswer::NotFound, self.cache.store_absent(&[isbn], now_ms))
            }
        };
        self.sweep_if_due();
        Ok(answer)
    }

    /// Every ISBN ends in exactly one list of the answer.
    pub async fn bulk(
        self: &Rc<Self>,
        caller: &RequestContext,
        isbns: Vec<Isbn13>,
        invalid: Vec<String>,
    ) -> BulkAnswer {
        let mut answer = BulkAnswer { invalid, ..BulkAnswer::default() };
        let mut open = Vec::new();
        for isbn in isbns {
            let known = if caller.refresh {
                CacheLookup::Miss
            } else {
                self.cache.book(isbn, self.host.now_ms())
            };
            match known {
                CacheLookup::Found(book) => answer.found.push(book),
                CacheLookup::Absent => answer.missing.push(isbn),
                CacheLookup::Miss => open.push(isbn),
            }
        }
        if open.is_empty() {
            return answer;
        }
        // Sorted and unique: equal requests share a call, and a binary search finds an ISBN.
        open.sort();
        open.dedup();
        let start = |class: SharedCallClass| {
            let (service, own, wanted) = (Rc::clone(self), caller.clone(), open.clone());
            async move { Rc::new(service.fetch_bulk(&own, &class, wanted).await) }.boxed_local()
        };
        let numbers: Vec<&str> = open.iter().map(Isbn13::as_str).collect();
        match self.run_shared(&self.calls_in_flight.bulks, caller, numbers.join(","), start).await {
            Ok(fetched) => {
                answer.found.extend(fetched.found.iter().cloned());
                answer.missing.extend(&fetched.missing);
                answer.failed.extend(fetched.failed.iter().cloned());
                answer.upstream_calls = fetched.upstream_calls;
                answer.units = fetched.units;
            }
            Err(failure) => fail(&mut answer, &open, &failure),
        }
        answer
    }

    async fn fetch_bulk(
        &self,
        caller: &RequestContext,
        class: &Rc<Cell<CallClass>>,
        isbns: Vec<Isbn13>,
    ) -> BulkAnswer {
        let mut answer = BulkAnswer::default();
        let mut parts = vec![PendingIsbns { isbns: &isbns, most: u32::MAX }];
        let mut trial = Trial::new(&self.inner.borrow().state.bulk_size, self.host.now_ms());
        while let Some(part) = parts.pop() {
            let now_ms = self.host.now_ms();
            // The caller would not get the next answer in time; it requests the rest again.
            if answer.upstream_calls > 0 && caller.context.remaining_ms(now_ms) < NEXT_BULK_MS {
                let failure = Failure::Provider(ProviderFailure::RateLimited {
                    retry_after_ms: 1_000,
                    local: true,
                });
                parts.push(part);
                fail_parts(&mut answer, &parts, &failure);
                break;
            }
            // Near the end of the day a smaller call fits, but a full one does not.
            let left = || self.inner.borrow_mut().state.limiter.left(now_ms, class.get());
            let size = self.bulk_size(now_ms).min(part.most).min(left().max(1));
            let size = usize::try_from(size).unwrap_or(usize::MAX);
            let (chunk, after) = part.isbns.split_at_checked(size).unwrap_or((part.isbns, &[]));
            let sent = Cell::new(0);
            let one_by_one = chunk.len() == 1 && self.asks_one_by_one(&trial, now_ms);
            let list = match chunk {
                [isbn] if one_by_one => self.fetch_single(caller, class, *isbn, &sent).await,
                _ => self.bulk_call(caller, class, chunk, &sent).await,
            };
            answer.upstream_calls += sent.get();
            answer.units += sent.get() * units_of(chunk);
            if sent.get() == 0 && (1..units_of(chunk)).contains(&left()) {
                parts.push(part);
                continue; // others took units while it stood in the queue
            }
            if !after.is_empty() {
                parts.push(PendingIsbns { isbns: after, ..part });
            }
            match list {
                Ok(list) => {
                    if !one_by_one {
                        self.learn(|size, now_ms| trial.record_acceptance(size, chunk, now_ms));
                    }
                    self.assign_results(caller, class, &mut answer, chunk, list).await;
                }
                // Refused for its size or one of its ISBNs: divide it until one ISBN is alone.
                Err(Failure::Provider(ProviderFailure::Rejected { status: 400 | 413 | 422 }))
                    if chunk.len() > 1 =>
                {
                    self.learn(|size, now_ms| trial.record_refusal(size, chunk, now_ms));
                    parts.push(PendingIsbns { isbns: chunk, most: next_smaller(units_of(chunk)) });
                }
                Err(Failure::Provider(ProviderFailure::Rejected { status: 400 | 413 | 422 }))
                    if !one_by_one =>
                {
                    self.learn(|size, now_ms| trial.record_refusal(size, chunk, now_ms));
                    // The route of one book may still know this ISBN.
                    for isbn in chunk {
                        let sent = Cell::new(0);
                        match self.fetch_single(caller, class, *isbn, &sent).await {
                            Ok(list) => {
                                self.assign_results(caller, class, &mut answer, chunk, list).await
                            }
                            Err(failure) => fail(&mut answer, chunk, &failure),
                        }
                        answer.upstream_calls += sent.get();
                        answer.units += sent.get();
                    }
                }
                Err(Failure::Provider(ProviderFailure::Moved { .. })) => {
                    self.one_by_one(caller, class, &mut answer, chunk).await;
                }
                Err(failure) => {
                    fail(&mut answer, chunk, &failure);
                    // Nothing was sent, or the failure lasts: the other parts would fail alike.
                    if sent.get() == 0 || is_lasting(&failure) {
                        fail_parts(&mut answer, &parts, &failure);
                        break;
                    }
                }
            }
        }
        self.learn(|size, now_ms| trial.conclude_request(size, now_ms));
        self.sweep_if_due();
        answer
    }

    async fn bulk_call(
        &self,
        caller: &RequestContext,
        class: &Rc<Cell<CallClass>>,
        chunk: &[Isbn13],
        sent: &Cell<u32>,
    ) -> Result<BookListPage, Failure> {
        let upstream_call = UpstreamCall {
            route: "/books",
            request: self.request_builder(caller)?.bulk(chunk),
            // One unit per ISBN, found or not (measured by users of ISBNdb).
            units: units_of(chunk),
            subject: ResourceKind::Route,
            retry: RetryRule::No,
            timeout_ms: BULK_TIMEOUT_MS,
            sent,
        };
        match self.ask(caller, class, upstream_call, parse::book_list).await? {
            LookupAnswer::Found(list) => Ok(list),
            // `classify` returns no NotFound for `ResourceKind::Route`.
            LookupAnswer::NotFound => Err(ProviderFailure::malformed("no list of books").into()),
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

fn units_of(chunk: &[Isbn13]) -> u32 {
    u32::try_from(chunk.len()).unwrap_or(u32::MAX)
}
