//! What a bulk answer states about each of its ISBNs, and the ways around a route that has moved.

use std::cell::Cell;
use std::rc::Rc;

use bibliography::edition::Edition;
use bibliography::isbn::Isbn13;
use ports::{HostPorts, Spawn, Transport};
use runtime::outcome::{Failure, LookupAnswer, ProviderFailure, ProviderOutcome};
use runtime::rate_limit::CallClass;
use runtime::wire_types::isbndb::BulkAnswer;

use super::super::store::IsbndbStore;
use super::super::upstream::{RetryRule, UpstreamCall};
use super::super::{IsbndbService, RequestContext};
use super::bulk_parts::fail;
use super::{LOOKUP_TIMEOUT_MS, NEXT_BULK_MS, is_lasting, units_of};
use crate::isbndb::classify::ResourceKind;
use crate::isbndb::parse::{self, BookListPage};

/// A book that ISBNdb has: the example of its documentation.
const KNOWN_NUMBER: &str = "9780134093413";
/// An empty answer to at least so many ISBNs is checked with the known book.
const LEAST_DOUBTED: usize = 10;

impl<T, H, S> IsbndbService<T, H, S>
where
    T: Transport + 'static,
    H: HostPorts + Spawn + Clone + 'static,
    S: IsbndbStore + 'static,
{
    /// One edition over the bulk route, if the edition's own route has moved: the same one unit.
    pub(super) async fn bulk_of_one(
        &self,
        caller: &RequestContext,
        class: &Rc<Cell<CallClass>>,
        isbn: Isbn13,
        sent: &Cell<u32>,
    ) -> ProviderOutcome<Edition> {
        let list = self.bulk_call(caller, class, &[isbn], sent).await?;
        let is_empty = list.books.is_empty() && list.unreadable.is_empty();
        match list.books.into_iter().find(|book| book.isbn13 == Some(isbn)) {
            Some(book) => Ok(LookupAnswer::Found(book)),
            None if is_empty => Ok(LookupAnswer::NotFound),
            None => Err(ProviderFailure::WrongBook.into()),
        }
    }

    /// Many editions one by one, if the bulk route has moved: the same units in more calls, as many
    /// as fit in the caller's time.
    pub(super) async fn one_by_one(
        &self,
        caller: &RequestContext,
        class: &Rc<Cell<CallClass>>,
        answer: &mut BulkAnswer,
        chunk: &[Isbn13],
    ) {
        let mut held_back = None;
        for isbn in chunk {
            let left_ms = caller.context.remaining_ms(self.host.now_ms());
            if answer.upstream_calls > 0 && left_ms < NEXT_BULK_MS {
                held_back.get_or_insert(Failure::Provider(ProviderFailure::RateLimited {
                    retry_after_ms: 1_000,
                    local: true,
                }));
            }
            if let Some(failure) = &held_back {
                fail(answer, &[*isbn], failure);
                continue;
            }
            let sent = Cell::new(0);
            let outcome = self.fetch_book(caller, class, *isbn, &sent).await;
            answer.upstream_calls += sent.get();
            answer.units += sent.get();
            match outcome {
                Ok(LookupAnswer::Found(book)) => answer.found.push(Edition::clone(&book)),
                Ok(LookupAnswer::NotFound) => answer.missing.push(*isbn),
                Err(failure) => {
                    fail(answer, &[*isbn], &failure);
                    held_back = (sent.get() == 0 || is_lasting(&failure)).then_some(failure);
                }
            }
        }
    }

    /// Sorts each ISBN of a call into found, missing or failed.
    pub(super) async fn assign_results(
        &self,
        caller: &RequestContext,
        class: &Rc<Cell<CallClass>>,
        answer: &mut BulkAnswer,
        chunk: &[Isbn13],
        list: BookListPage,
    ) {
        let is_asked =
            |number: &Option<Isbn13>| number.is_some_and(|isbn| chunk.binary_search(&isbn).is_ok());
        // An answer leaves unknown ISBNs out. So an ISBN is missing only if the answer is about all
        // of the ISBNs and each of its records shows an ISBN.
        let mut numbers = list.books.iter().map(|book| book.isbn13).chain(list.unreadable.clone());
        let is_whole = list.requested.is_none_or(|requested| requested >= units_of(chunk))
            && numbers.all(|number| number.is_some());
        let is_empty = list.books.is_empty() && list.unreadable.is_empty();
        let mut found = list.books;
        found.retain(|book| is_asked(&book.isbn13));
        // If two records have one ISBN, the first counts.
        found.sort_by_key(|book| book.isbn13);
        found.dedup_by_key(|book| book.isbn13);
        let is_found =
            |isbn: &Isbn13| found.binary_search_by_key(&Some(*isbn), |b| b.isbn13).is_ok();
        let rest: Vec<Isbn13> = chunk.iter().copied().filter(|isbn| !is_found(isbn)).collect();
        let is_odd = |isbn: &Isbn13| list.unreadable.contains(&Some(*isbn));
        let (odd, absent): (Vec<Isbn13>, Vec<Isbn13>) = rest.into_iter().partition(is_odd);
        let malformed = |detail: &str| {
            Failure::Provider(ProviderFailure::Malformed { detail: detail.to_owned() })
        };
        let response_class = if !is_whole {
            Err(malformed("the answer is not about every number"))
        } else if is_empty && chunk.len() >= LEAST_DOUBTED {
            self.look_for_known_book(caller, class, answer).await
        } else {
            Ok(())
        };
        let now_ms = self.host.now_ms();
        let _ = self.cache.store_books(&found, now_ms);
        answer.found.extend(found);
        fail(answer, &odd, &malformed("the record cannot be read"));
        match response_class {
            Ok(()) => {
                let _ = self.cache.store_absent(&absent, now_ms);
                answer.missing.extend(absent);
            }
            Err(failure) => fail(answer, &absent, &failure),
        }
    }

    /// Checks an empty answer to many ISBNs: one call for a book that ISBNdb has shows whether
    /// ISBNdb finds anything at all.
    async fn look_for_known_book(
        &self,
        caller: &RequestContext,
        class: &Rc<Cell<CallClass>>,
        answer: &mut BulkAnswer,
    ) -> Result<(), Failure> {
        let broken = || {
            Failure::Provider(ProviderFailure::Malformed {
                detail: "ISBNdb finds neither these books nor one it has".to_owned(),
            })
        };
        let known = Isbn13::parse(KNOWN_NUMBER).map_err(|_| broken())?;
        let sent = Cell::new(0);
        let upstream_call = UpstreamCall {
            route: "/book/{isbn}",
            request: self.request_builder(caller)?.book(known),
            units: 1,
            subject: ResourceKind::Edition,
            retry: RetryRule::Yes,
            timeout_ms: LOOKUP_TIMEOUT_MS,
            sent: &sent,
        };
        let looked_up = self.ask(caller, class, upstream_call, parse::book_answer).await;
        answer.upstream_calls += sent.get();
        answer.units += sent.get();
        match looked_up? {
            LookupAnswer::Found(book) if book.isbn13 == Some(known) => Ok(()),
            _ => Err(broken()),
        }
    }
}
