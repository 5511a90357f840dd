//! What a bulk answer states about each of its ISBNs, and the ways around a route that has moved.

use bibliography::edition::Edition;
use bibliography::isbn::Isbn13;
use ports::Transport;
use runtime::call_outcome::{Failure, FoundOrNotFound, ProviderFailure, ProviderOutcome};
use runtime::wire_types::isbndb_worker_answers::IsbndbWorkerBulkAnswer;

use super::super::isbndb_store::IsbndbStore;
use super::super::learned_bulk_size::units_of;
use super::super::{IsbndbObjectPorts, IsbndbObjectService, SharedIsbndbRequest};
use super::{is_lasting, mark_isbns_failed};
use crate::isbndb_api::parse::ParsedIsbndbPage;

/// A book that ISBNdb has: the example of its documentation.
const KNOWN_NUMBER: &str = "9780134093413";
/// An empty answer to at least so many ISBNs is checked with the known book.
const LEAST_DOUBTED: usize = 10;
/// A caller with less time left than this gets no further call.
const NEXT_CALL_MS: u64 = 2_500;

impl<T: Transport + 'static, H: IsbndbObjectPorts, S: IsbndbStore> IsbndbObjectService<T, H, S> {
    /// One edition over the bulk route, if the edition's own route has moved: the same one unit.
    pub(super) async fn bulk_of_one(
        &self,
        shared: &SharedIsbndbRequest,
        isbn: Isbn13,
    ) -> ProviderOutcome<Edition> {
        let list = self.bulk_call(shared, &[isbn]).await?;
        let is_empty = list.books.is_empty() && list.unreadable.is_empty();
        match list.books.into_iter().find(|book| book.isbn13 == Some(isbn)) {
            Some(book) => Ok(FoundOrNotFound::Found(book)),
            None if is_empty => Ok(FoundOrNotFound::NotFound),
            None => Err(ProviderFailure::WrongBook.into()),
        }
    }

    /// The failure of the next call if the caller would not get its answer in time; the caller
    /// requests the rest again.
    pub(super) fn out_of_time(&self, shared: &SharedIsbndbRequest) -> Option<Failure> {
        let left_ms = shared.caller.context.remaining_ms(self.host.now_ms());
        (shared.sent.get() > 0 && left_ms < NEXT_CALL_MS).then_some(Failure::Provider(
            ProviderFailure::RateLimited { retry_after_ms: 1_000, local: true },
        ))
    }

    /// Many editions by their own route: the same units in more calls, as many as fit in the
    /// caller's time. Returns the failure that every further call would get too.
    pub(super) async fn one_by_one(
        &self,
        shared: &SharedIsbndbRequest,
        answer: &mut IsbndbWorkerBulkAnswer,
        chunk: &[Isbn13],
    ) -> Option<Failure> {
        let mut held_back = None;
        for isbn in chunk {
            held_back = held_back.or_else(|| self.out_of_time(shared));
            if let Some(failure) = &held_back {
                mark_isbns_failed(answer, &[*isbn], failure);
                continue;
            }
            let sent_before = shared.sent.get();
            match self.fetch_book(shared, *isbn).await {
                Ok(FoundOrNotFound::Found(book)) => answer.found.push(Edition::clone(&book)),
                Ok(FoundOrNotFound::NotFound) => answer.missing.push(*isbn),
                Err(failure) => {
                    mark_isbns_failed(answer, &[*isbn], &failure);
                    let is_sent = shared.sent.get() > sent_before;
                    held_back = (!is_sent || is_lasting(&failure)).then_some(failure);
                }
            }
        }
        held_back
    }

    /// Sorts each ISBN of a call into found, missing or failed.
    pub(super) async fn assign_results(
        &self,
        shared: &SharedIsbndbRequest,
        answer: &mut IsbndbWorkerBulkAnswer,
        chunk: &[Isbn13],
        list: ParsedIsbndbPage,
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
        let malformed = |detail| Failure::from(ProviderFailure::malformed(detail));
        let response_class = if !is_whole {
            Err(malformed("the answer is not about every number"))
        } else if is_empty && chunk.len() >= LEAST_DOUBTED {
            self.look_for_known_book(shared).await
        } else {
            Ok(())
        };
        let now_ms = self.host.now_ms();
        let _ = self.cache.store_books(&found, now_ms);
        answer.found.extend(found);
        mark_isbns_failed(answer, &odd, &malformed("the record cannot be read"));
        match response_class {
            Ok(()) => {
                let _ = self.cache.store_absent(&absent, now_ms);
                answer.missing.extend(absent);
            }
            Err(failure) => mark_isbns_failed(answer, &absent, &failure),
        }
    }

    /// Checks an empty answer to many ISBNs: one call for a book that ISBNdb has shows whether
    /// ISBNdb finds anything at all.
    async fn look_for_known_book(&self, shared: &SharedIsbndbRequest) -> Result<(), Failure> {
        let detail = "ISBNdb finds neither these books nor one it has";
        let broken = Failure::from(ProviderFailure::malformed(detail));
        let Ok(known) = Isbn13::parse(KNOWN_NUMBER) else { return Err(broken) };
        match self.ask_for_book(shared, known).await {
            Ok(FoundOrNotFound::Found(_)) => Ok(()),
            Ok(FoundOrNotFound::NotFound) | Err(Failure::Provider(ProviderFailure::WrongBook)) => {
                Err(broken)
            }
            Err(failure) => Err(failure),
        }
    }
}
