//! Search answers: the stored page as it is, or the requested part of it.

use bibliography::cache_key::CacheKey;
use bibliography::query::Query;
use ports::Clock;
use ports::http_types::{Reply, Request};
use runtime::cache_policy::EntryMetadata;
use runtime::cache_policy::entry_metadata::etag_of;
use runtime::call_outcome::Failure;
use runtime::wire_types::volume::SearchAnswerPage;

use super::health_and_metrics::count_tiers;
use super::page_reply::{is_not_modified, not_modified, page_headers};
use super::search_question_parser::ReadQuestion;
use crate::cache::cache_store_port::CacheStores;
use crate::cache::tier_lookup::AnswerBody;
use crate::platform::Platform;
use crate::request_ports::{RequestPorts, RequestSearchContext};
use crate::request_scope::PlatformCacheBodyHandle;
use crate::search::merged_answer::report_of;
use crate::search::result_pages::select_page;
use crate::search::serve_search::{
    ResponseOrigin, SearchError, SearchPageWithOrigin, SearchRun, is_unconfirmed_absence,
};
use crate::search_context::ProxyPorts;
use crate::search_question::SearchQuestion;
use crate::target_cache::ParsedTarget;

/// A reply: complete, or its head and a handle of stored bytes in JavaScript memory as the body.
pub struct SearchReply<B> {
    /// Its body is empty if `stored_body` is set.
    pub reply: Reply,
    pub stored_body: Option<B>,
}

impl<B> From<Reply> for SearchReply<B> {
    fn from(reply: Reply) -> Self {
        Self { reply, stored_body: None }
    }
}

pub type EdgeResult<E> = Result<SearchReply<PlatformCacheBodyHandle<E>>, SearchError>;

/// A page of volumes. `read` parses the request. For an ISBN, an empty partial answer becomes a
/// 503, as in [`single_volume`]: a provider that did not answer may have the book.
/// Errors: nothing can be served; 503 for an ISBN whose absence is unconfirmed.
pub async fn serve_page<E: Platform>(
    app: &RequestSearchContext<E>,
    request: &Request,
    read: impl FnOnce(&Request) -> ReadQuestion,
) -> EdgeResult<E> {
    let targets = &app.ports.request_scope.proxy.isolate.targets;
    let parsed = targets.parse(request, read)?;
    let ParsedTarget { question, query, view, key } = &*parsed;
    let Some(key) = key else { return Ok(empty_query_reply(query).into()) };
    let search = SearchRun { app, question, key };
    let SearchPageWithOrigin { mut origin, body } = answer_counted(&search).await?;
    let now_ms = app.ports.now_ms();
    if is_unconfirmed_absence(&origin.metadata) && query.isbn13().is_some() {
        let volumes = read_volumes(app, body).await?;
        return Err(missing_book_error(volumes, &origin.metadata, now_ms));
    }
    if view.is_stored_page() {
        return Ok(whole_page(app, request, &origin, body, now_ms));
    }
    let mut volumes = read_volumes(app, body).await?;
    search.add_overflow(view, &mut origin, &mut volumes).await?;
    let wanted = select_page(query, volumes, view);
    Ok(sliced(app, request, &origin, &wanted, now_ms).into())
}

/// The first item of an answer, as one volume.
/// Errors: nothing can be served; 404 for a confirmed absence, 503 for an unconfirmed one.
pub async fn single_volume<E: Platform>(
    app: &RequestSearchContext<E>,
    request: &Request,
    question: &SearchQuestion,
) -> Result<Reply, SearchError> {
    let key = &CacheKey::of(&question.query());
    let search = SearchRun { app, question, key };
    let SearchPageWithOrigin { origin, body } = answer_counted(&search).await?;
    let now_ms = app.ports.now_ms();
    let volumes = read_volumes(app, body).await?;
    match volumes.items.first() {
        Some(volume) => Ok(sliced(app, request, &origin, volume, now_ms)),
        None => Err(missing_book_error(volumes, &origin.metadata, now_ms)),
    }
}

/// Answers a search, and counts the outcome of each tier.
async fn answer_counted<E: Platform>(
    search: &SearchRun<'_, RequestPorts<E>>,
) -> Result<SearchPageWithOrigin<PlatformCacheBodyHandle<E>>, SearchError> {
    let answered = search.answer_search().await;
    let tier_log = match &answered {
        Ok(search_response) => &search_response.origin.tier_log,
        Err(search_error) => &search_error.tier_log,
    };
    count_tiers(&search.app.ports.request_scope.proxy.isolate.client_state, tier_log);
    answered
}

fn missing_book_error(
    volumes: SearchAnswerPage,
    metadata: &EntryMetadata,
    now_ms: u64,
) -> SearchError {
    let failure = missing_book(volumes.partial, metadata, now_ms);
    SearchError { failure, providers: volumes.providers, tier_log: Vec::new() }
}

/// The failure for a book that is not in an answer; after a partial one, a retry may find it.
fn missing_book(partial: bool, metadata: &EntryMetadata, now_ms: u64) -> Failure {
    if !partial {
        return Failure::not_found("no provider has this book");
    }
    let retry_after_ms = metadata.fresh_until_ms.saturating_sub(now_ms).max(1_000);
    Failure::unavailable("a provider that may have the book did not answer", retry_after_ms)
}

/// A text of punctuation alone is an empty query: answered without a call.
fn empty_query_reply(query: &Query) -> Reply {
    let empty = SearchAnswerPage {
        kind: "books#volumes".to_owned(),
        query_analysis: report_of(query),
        ..SearchAnswerPage::default()
    };
    Reply::with_json_body(200, &empty).with_header("cache-control", "no-cache")
}

fn whole_page<E: Platform>(
    app: &RequestSearchContext<E>,
    request: &Request,
    origin: &ResponseOrigin,
    body: AnswerBody<PlatformCacheBodyHandle<E>>,
    now_ms: u64,
) -> SearchReply<PlatformCacheBodyHandle<E>> {
    let etag = &origin.metadata.etag;
    let headers = page_headers(origin, etag, &app.config, now_ms);
    if is_not_modified(request, etag) {
        return not_modified(headers).into();
    }
    let (body, stored_body) = match body {
        AnswerBody::Bytes(bytes) => (bytes.to_vec(), None),
        AnswerBody::Stored(stored) => (Vec::new(), Some(stored)),
    };
    SearchReply { reply: Reply { status: 200, headers, body }, stored_body }
}

async fn read_volumes<E: Platform>(
    app: &RequestSearchContext<E>,
    body: AnswerBody<PlatformCacheBodyHandle<E>>,
) -> Result<SearchAnswerPage, Failure> {
    let page = match body {
        AnswerBody::Bytes(bytes) => serde_json::from_slice(&bytes).ok(),
        AnswerBody::Stored(stored) => {
            let bytes = app.ports.cache_stores().read(stored).await.ok();
            bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok())
        }
    };
    page.ok_or_else(|| Failure::internal("a stored page cannot be read"))
}

/// A part of a page, with its own entity tag.
fn sliced<E: Platform, T: serde::Serialize>(
    app: &RequestSearchContext<E>,
    request: &Request,
    origin: &ResponseOrigin,
    value: &T,
    now_ms: u64,
) -> Reply {
    let mut reply = Reply::with_json_body(200, value);
    let etag = etag_of(&reply.body);
    let headers = page_headers(origin, &etag, &app.config, now_ms);
    if is_not_modified(request, &etag) {
        return not_modified(headers);
    }
    reply.headers = headers;
    reply
}

#[cfg(test)]
mod tests {
    use runtime::cache_policy::entry_lifetimes::{CacheLifetimeInputs, new_entry_metadata};

    use super::*;
    use crate::config::Config;

    #[test]
    fn a_book_is_not_found_only_if_every_provider_denies_it() {
        let times = Config::from_vars(|_| None).unwrap().times;
        let entry = |partial| {
            let (etag, providers) = (String::new(), Vec::new());
            let none = CacheLifetimeInputs {
                count: 0,
                partial,
                incomplete_until_ms: None,
                again_after_ms: None,
                widened: false,
                etag,
                providers,
            };
            new_entry_metadata(none, None, &times, 0, 0.0)
        };
        assert_eq!(missing_book(false, &entry(false), 0).error_reply_and_retry_rules().status, 404);
        for (now_ms, expected_ms) in [(0, 300_000), (299_500, 1_000), (300_001, 1_000)] {
            let failure = missing_book(true, &entry(true), now_ms);
            assert_eq!(failure.error_reply_and_retry_rules().status, 503);
            assert_eq!(failure.retry_after_ms(now_ms), Some(expected_ms));
        }
    }
}
