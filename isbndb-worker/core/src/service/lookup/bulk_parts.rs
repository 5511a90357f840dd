//! The parts of one request for many editions, and how large each may be.

use std::cell::Cell;
use std::rc::Rc;

use bibliography::edition::Edition;
use bibliography::isbn::Isbn13;
use ports::{HostPorts, Spawn, Transport};
use runtime::outcome::{Failure, LookupAnswer};
use runtime::rate_limit::CallClass;
use runtime::wire_types::isbndb::{BulkAnswer, BulkFailure};

use super::super::bulk_size::{LearnedBulkSize, Trial};
use super::super::store::IsbndbStore;
use super::super::{IsbndbService, RequestContext};
use crate::isbndb::parse::BookListPage;

/// ISBNs that are still to be requested, and the most of them in one call.
#[derive(Clone, Copy)]
pub(super) struct PendingIsbns<'a> {
    pub(super) isbns: &'a [Isbn13],
    pub(super) most: u32,
}

impl<T, H, S> IsbndbService<T, H, S>
where
    T: Transport + 'static,
    H: HostPorts + Spawn + Clone + 'static,
    S: IsbndbStore + 'static,
{
    /// Most ISBNs in one call: the plan's size, or the smaller learned one.
    pub(in super::super) fn bulk_size(&self, now_ms: u64) -> u32 {
        self.inner.borrow().state.bulk_size.max(self.config.plan.bulk_size, now_ms)
    }

    pub(super) fn asks_one_by_one(&self, trial: &Trial<'_>, now_ms: u64) -> bool {
        let size = &self.inner.borrow().state.bulk_size;
        trial.without_bulk(size) || (trial.is_idle() && size.is_single(now_ms))
    }

    /// Learns from an answer; a changed size is stored at once.
    pub(super) fn learn(&self, lesson: impl FnOnce(&mut LearnedBulkSize, u64)) {
        let now_ms = self.host.now_ms();
        let before = self.bulk_size(now_ms);
        lesson(&mut self.inner.borrow_mut().state.bulk_size, now_ms);
        if self.bulk_size(now_ms) != before {
            // If the write fails and the object restarts, the same calls are refused once more.
            let _ = self.save();
        }
    }

    /// One edition by its own route, in the form of a bulk answer.
    pub(super) async fn fetch_single(
        &self,
        caller: &RequestContext,
        class: &Rc<Cell<CallClass>>,
        isbn: Isbn13,
        sent: &Cell<u32>,
    ) -> Result<BookListPage, Failure> {
        let books = match self.fetch_book(caller, class, isbn, sent).await? {
            LookupAnswer::Found(book) => vec![Edition::clone(&book)],
            LookupAnswer::NotFound => Vec::new(),
        };
        Ok(BookListPage { books, ..BookListPage::default() })
    }
}

/// The same failure for all that is still to be requested.
pub(super) fn fail_parts(answer: &mut BulkAnswer, parts: &[PendingIsbns<'_>], failure: &Failure) {
    for part in parts {
        fail(answer, part.isbns, failure);
    }
}

pub(super) fn fail(answer: &mut BulkAnswer, isbns: &[Isbn13], failure: &Failure) {
    answer
        .failed
        .extend(isbns.iter().map(|isbn| BulkFailure { isbn: *isbn, failure: failure.clone() }));
}
