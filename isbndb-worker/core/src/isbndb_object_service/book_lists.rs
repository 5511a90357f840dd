//! Authors, titles and searches: requested in large pages, served in small ones.

mod list_cache_keys;

use std::rc::Rc;

use bibliography::edition::Edition;
use ports::Transport;
use runtime::call_outcome::{FoundOrNotFound, ProviderOutcome};
use runtime::wire_types::isbndb_worker_answers::BooksPage;

use super::book_cache::CachedBookListHead;
use super::isbndb_store::IsbndbStore;
use super::upstream_request::{RetryPermission, UpstreamCall};
use super::{
    IsbndbObjectPorts, IsbndbObjectService, IsbndbRequestContext, Page, SharedIsbndbRequest,
};
use crate::isbndb_api::isbndb_requests::BookListQuery;
use crate::isbndb_api::parse;
use crate::isbndb_api::response_classification::IsbndbResourceKind;
use crate::isbndb_api::subscription_plan::MAX_RESULTS;
use list_cache_keys::{
    author_of, check_readable, head_of, is_first_author, is_too_heavy, list_key, page_key,
};

/// Upstream page size of a search: clients mostly read the first results.
const SEARCH_PAGE: u32 = 100;
/// Smallest page size: a page that was too heavy is requested in quarters from then on.
const LEAST_PAGE: u32 = 50;
/// Longest attempt: three that hang open the breaker before a caller has waited 24 s.
const LIST_TIMEOUT_MS: u64 = 7_500;

/// The upstream page, or part of it, from which a slice is served.
struct ListSlice {
    books: Vec<Edition>,
    head: CachedBookListHead,
    cached: bool,
}

impl<T: Transport + 'static, H: IsbndbObjectPorts, S: IsbndbStore> IsbndbObjectService<T, H, S> {
    /// One page of a list.
    /// Errors: [`runtime::call_outcome::Failure`] if the provider gave no answer.
    pub async fn look_up_list_page(
        self: &Rc<Self>,
        caller: &IsbndbRequestContext,
        query: &BookListQuery,
        page: u32,
        page_size: u32,
    ) -> ProviderOutcome<BooksPage> {
        let key = list_key(query);
        let mut size = self.upstream_page_size(query, &key);
        let start = (page - 1).saturating_mul(page_size);
        let end = start.saturating_add(page_size).min(MAX_RESULTS);
        let mut answer = BooksPage { page, page_size, cached: true, ..BooksPage::default() };
        let mut at = start;
        // A page past the end is known to be empty if the first page is cached.
        if let Some(FoundOrNotFound::Found(first)) =
            self.cache.cached_list(&page_key(&key, 1, size), self.host.now_ms())
            && first.total.is_some_and(|total| start >= total && start > 0)
        {
            answer.total = first.total.unwrap_or_default();
            answer.author = author_of(query, &first, &[]);
            return Ok(FoundOrNotFound::Found(answer));
        }
        while at < end {
            let number = at / size + 1;
            let from = at % size;
            let to = (from + end - at).min(size);
            let slice = match self
                .upstream_page_slice(caller, query, &key, number, size, (from, to))
                .await?
            {
                FoundOrNotFound::Found(slice) => slice,
                FoundOrNotFound::NotFound if number == 1 => return Ok(FoundOrNotFound::NotFound),
                FoundOrNotFound::NotFound => break,
            };
            answer.cached &= slice.cached;
            if answer.author.is_none() {
                answer.author = author_of(query, &slice.head, &slice.books);
            }
            let known = slice.head.chunks.iter().sum::<u32>() + (number - 1) * size;
            answer.total = slice.head.total.unwrap_or(known);
            answer.books.extend(slice.books);
            // The provider may return smaller pages than requested.
            let next_size = slice.head.page_size.max(1);
            if !slice.head.more {
                break;
            }
            at += to.min(next_size) - from.min(next_size);
            size = next_size;
        }
        Ok(FoundOrNotFound::Found(answer))
    }

    /// The plan's largest page for an author, unless a smaller one was learned.
    fn upstream_page_size(&self, query: &BookListQuery, key: &str) -> u32 {
        let largest = match query {
            BookListQuery::Author { .. } => self.config.plan.page_size,
            _ => self.config.plan.page_size.min(SEARCH_PAGE),
        };
        self.cache.page_size_hint(key, self.host.now_ms()).unwrap_or(largest).clamp(1, largest)
    }

    /// A part of an upstream page, from the cache if it is there.
    async fn upstream_page_slice(
        self: &Rc<Self>,
        caller: &IsbndbRequestContext,
        query: &BookListQuery,
        key: &str,
        number: u32,
        size: u32,
        (from, to): (u32, u32),
    ) -> ProviderOutcome<ListSlice> {
        let page_key = page_key(key, number, size);
        let now_ms = self.host.now_ms();
        let from = usize::try_from(from).unwrap_or(usize::MAX);
        let to = usize::try_from(to).unwrap_or(usize::MAX);
        let known = if caller.refresh { None } else { self.cache.cached_list(&page_key, now_ms) };
        if known == Some(FoundOrNotFound::NotFound) {
            return Ok(FoundOrNotFound::NotFound);
        }
        if let Some(FoundOrNotFound::Found(head)) = known
            && let Some(books) = self.cache.cached_page_slice(&page_key, &head, from, to, now_ms)
        {
            return Ok(FoundOrNotFound::Found(ListSlice { books, head, cached: true }));
        }
        let (query, key) = (query.clone(), key.to_owned());
        let start = async move |service: Rc<Self>, shared: SharedIsbndbRequest| {
            service.fetch_page(&shared, &query, &key, (number, size)).await
        };
        let outcome = self.run_shared(&self.calls_in_flight.pages, caller, page_key, start).await?;
        Ok(outcome?.map(|page| {
            let end = to.min(page.books.len());
            let books = page.books.get(from.min(end)..end).unwrap_or_default().to_vec();
            ListSlice { books, head: page.head.clone(), cached: false }
        }))
    }

    async fn fetch_page(
        &self,
        shared: &SharedIsbndbRequest,
        query: &BookListQuery,
        key: &str,
        (number, size): (u32, u32),
    ) -> ProviderOutcome<Rc<Page>> {
        let upstream_call = UpstreamCall {
            route: match query {
                BookListQuery::Author { .. } => "/author/{name}",
                BookListQuery::Title { .. } => "/books/{query}",
                BookListQuery::Fields { .. } => "/search/books",
            },
            request: self.request_builder(&shared.caller)?.book_list_request(query, number, size),
            units: 1,
            subject: IsbndbResourceKind::List,
            retry: if size > LEAST_PAGE {
                RetryPermission::UnlessHeavy
            } else {
                RetryPermission::Yes
            },
            timeout_ms: LIST_TIMEOUT_MS,
        };
        let own_key = page_key(key, number, size);
        let read =
            |body: &[u8]| check_readable(parse::parse_isbndb_book_list(body)?, query, number);
        let answer = self.call_provider(shared, upstream_call, read).await;
        let now_ms = self.host.now_ms();
        let list = match answer {
            // ISBNdb does not distinguish an author without books from an unknown author.
            Ok(FoundOrNotFound::Found(list))
                if list.books.is_empty() && is_first_author(query, number) =>
            {
                None
            }
            Ok(FoundOrNotFound::Found(list)) => Some(list),
            Ok(FoundOrNotFound::NotFound) => None,
            Err(failure) => {
                if is_too_heavy(&failure) && size > LEAST_PAGE {
                    let _ = self.cache.remember_page_size(key, (size / 4).max(LEAST_PAGE), now_ms);
                }
                return Err(failure);
            }
        };
        let Some(list) = list else {
            let _ = self.cache.store_no_list(&own_key, now_ms);
            return Ok(FoundOrNotFound::NotFound);
        };
        let mut head = head_of(&list, number, size);
        let stored_under = page_key(key, number, head.page_size);
        if head.page_size < size {
            // The provider returned a smaller page: request pages of that size from now on.
            let _ = self.cache.remember_page_size(key, head.page_size, now_ms);
        }
        head.chunks = vec![u32::try_from(list.books.len()).unwrap_or(u32::MAX)];
        let _ = self.cache.store_list(&stored_under, head.clone(), &list.books, now_ms);
        self.sweep_if_due();
        Ok(FoundOrNotFound::Found(Rc::new(Page { head, books: list.books })))
    }
}
