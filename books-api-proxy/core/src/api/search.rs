//! Search answers: the stored page as it is, or the requested part of it.

use std::rc::Rc;

use bibliography::cache_key::CacheKey;
use ports::Clock;
use ports::http::{Headers, Reply, Request};
use runtime::cache_policy::EntryMetadata;
use runtime::cache_policy::entry_metadata::etag_of;
use runtime::outcome::{Failure, InternalError};
use runtime::wire_types::volume::{ProviderReport, VolumesPage};

use super::ops::count_tiers;
use super::reply::{is_not_modified, not_modified, page_headers};
use crate::app::{App, ProxyPorts};
use crate::cache::lookup::PageBody;
use crate::cache::store_port::CacheStores;
use crate::platform::Platform;
use crate::question::SearchQuestion;
use crate::request_env::CacheBody;
use crate::request_ports::RequestPorts;
use crate::search::merged_page::report_of;
use crate::search::overflow_page::add_overflow;
use crate::search::page::select_page;
use crate::search::serve::{SearchError, SearchResponse, answer_search, is_unconfirmed_absence};
use crate::target_cache::ParsedTarget;

/// A reply with its body, or with a handle of stored bytes in JavaScript memory as the body.
pub enum SearchReply<B> {
    Bytes(Reply),
    StoredBody(Reply, B),
}

/// A page of volumes. For an ISBN, an empty partial answer becomes a 503, as in [`single_volume`]: a
/// provider that did not answer may have the book.
/// Errors: nothing can be served; 503 for an ISBN whose absence is unconfirmed.
pub async fn serve_page<E: Platform>(
    app: &App<RequestPorts<E>>,
    request: &Request,
    asked: &ParsedTarget,
) -> Result<SearchReply<CacheBody<E>>, SearchError> {
    let ParsedTarget { question, view, key } = asked;
    let Some(key) = key else { return Ok(SearchReply::Bytes(empty_query_reply(question))) };
    let search_response = count_tiers_of(app, answer_search(app, question, key).await)?;
    let now_ms = app.ports.now_ms();
    if is_unconfirmed_absence(&search_response.envelope) && question.query().isbn13().is_some() {
        let (search_response, volumes) = read_volumes(app, search_response).await?;
        return Err(missing_book_error(
            search_response,
            volumes.partial,
            volumes.providers,
            now_ms,
        ));
    }
    if view.is_stored_page() {
        return Ok(whole_page(app, request, search_response, now_ms));
    }
    let (mut search_response, mut volumes) = read_volumes(app, search_response).await?;
    add_overflow(app, question, key, view, &mut search_response, &mut volumes).await?;
    let wanted = select_page(&question.query(), volumes, view);
    Ok(SearchReply::Bytes(sliced(app, request, &search_response, &wanted, now_ms)))
}

/// The first item of an answer, as one volume.
/// Errors: nothing can be served; 404 for a confirmed absence, 503 for an unconfirmed one.
pub async fn single_volume<E: Platform>(
    app: &App<RequestPorts<E>>,
    request: &Request,
    question: &SearchQuestion,
) -> Result<SearchReply<CacheBody<E>>, SearchError> {
    let key = CacheKey::of(&question.query());
    let search_response = count_tiers_of(app, answer_search(app, question, &key).await)?;
    let now_ms = app.ports.now_ms();
    let (search_response, volumes) = read_volumes(app, search_response).await?;
    match volumes.items.into_iter().next() {
        Some(volume) => {
            Ok(SearchReply::Bytes(sliced(app, request, &search_response, &volume, now_ms)))
        }
        None => {
            Err(missing_book_error(search_response, volumes.partial, volumes.providers, now_ms))
        }
    }
}

fn missing_book_error<B>(
    search_response: SearchResponse<B>,
    partial: bool,
    providers: Vec<ProviderReport>,
    now_ms: u64,
) -> SearchError {
    let failure = missing_book(partial, &search_response.envelope, now_ms);
    SearchError { failure, providers, tier_log: search_response.tier_log }
}

/// The failure for a book that is not in an answer; after a partial one, a retry may find it.
fn missing_book(partial: bool, envelope: &EntryMetadata, now_ms: u64) -> Failure {
    if !partial {
        return Failure::not_found("no provider has this book");
    }
    let retry_after_ms = envelope.fresh_until_ms.saturating_sub(now_ms).max(1_000);
    let detail = "a provider that may have the book did not answer".to_owned();
    Failure::Internal(InternalError::Unavailable { detail, retry_after_ms })
}

fn count_tiers_of<E: Platform, B>(
    app: &App<RequestPorts<E>>,
    search_response: Result<SearchResponse<B>, SearchError>,
) -> Result<SearchResponse<B>, SearchError> {
    let client_state = &app.ports.request_env.proxy.isolate.client_state;
    count_tiers(
        client_state,
        match &search_response {
            Ok(search_response) => &search_response.tier_log,
            Err(search_error) => &search_error.tier_log,
        },
    );
    search_response
}

/// A text of punctuation alone is an empty query: answered without a call.
fn empty_query_reply(question: &SearchQuestion) -> Reply {
    let empty = VolumesPage {
        kind: "books#volumes".to_owned(),
        total_items: 0,
        items: Vec::new(),
        provider: None,
        providers: Vec::new(),
        partial: false,
        widened: false,
        query_analysis: report_of(&question.query()),
    };
    Reply::json(200, &empty).with_header("cache-control", "no-cache")
}

fn whole_page<E: Platform>(
    app: &App<RequestPorts<E>>,
    request: &Request,
    search_response: SearchResponse<CacheBody<E>>,
    now_ms: u64,
) -> SearchReply<CacheBody<E>> {
    let etag = search_response.envelope.etag.clone();
    let headers = page_headers(&search_response, &etag, &app.config, now_ms);
    if is_not_modified(request, &etag) {
        return SearchReply::Bytes(not_modified(headers));
    }
    match search_response.body {
        PageBody::Bytes(bytes) => {
            SearchReply::Bytes(Reply { status: 200, headers, body: bytes.to_vec() })
        }
        PageBody::Stored(body) => {
            SearchReply::StoredBody(Reply { status: 200, headers, body: Vec::new() }, body)
        }
    }
}

type Parsed<B> = (SearchResponse<B>, VolumesPage);

async fn read_volumes<E: Platform>(
    app: &App<RequestPorts<E>>,
    search_response: SearchResponse<CacheBody<E>>,
) -> Result<Parsed<CacheBody<E>>, SearchError> {
    let SearchResponse { envelope, body, x_cache, tier_log, forwarding, stale_reason } =
        search_response;
    let bytes: Option<Rc<[u8]>> = match body {
        PageBody::Bytes(bytes) => Some(bytes),
        PageBody::Stored(opened) => app.ports.stores().read(opened).await.ok().map(Into::into),
    };
    let volumes = bytes.as_deref().and_then(|bytes| serde_json::from_slice(bytes).ok());
    match (bytes, volumes) {
        (Some(bytes), Some(volumes)) => {
            let body = PageBody::Bytes(bytes);
            Ok((
                SearchResponse { envelope, body, x_cache, tier_log, forwarding, stale_reason },
                volumes,
            ))
        }
        _ => Err(SearchError {
            failure: Failure::internal("a stored page cannot be read"),
            providers: Vec::new(),
            tier_log,
        }),
    }
}

/// A part of a page, with its own entity tag.
fn sliced<E: Platform, T: serde::Serialize>(
    app: &App<RequestPorts<E>>,
    request: &Request,
    search_response: &SearchResponse<CacheBody<E>>,
    value: &T,
    now_ms: u64,
) -> Reply {
    let mut reply = Reply::json(200, value);
    let etag = etag_of(&reply.body);
    let headers: Headers = page_headers(search_response, &etag, &app.config, now_ms);
    if is_not_modified(request, &etag) {
        return not_modified(headers);
    }
    reply.headers = headers;
    reply
}

#[cfg(test)]
mod tests {
    use runtime::cache_policy::entry_lifetimes::{AnswerFacts, envelope_for};

    use super::*;
    use crate::config::Config;

    #[test]
    fn a_book_is_not_found_only_if_every_provider_denies_it() {
        let times = Config::from_vars(|_| None).unwrap().times;
        let entry = |partial| {
            let (etag, providers) = (String::new(), Vec::new());
            let none = AnswerFacts {
                count: 0,
                partial,
                incomplete_until_ms: None,
                again_after_ms: None,
                widened: false,
                etag,
                providers,
            };
            envelope_for(none, None, &times, 0, 0.0)
        };
        assert_eq!(missing_book(false, &entry(false), 0).describe().status, 404);
        for (now_ms, expected_ms) in [(0, 300_000), (299_500, 1_000), (300_001, 1_000)] {
            let failure = missing_book(true, &entry(true), now_ms);
            assert_eq!(failure.describe().status, 503);
            assert_eq!(failure.retry_after_ms(now_ms), Some(expected_ms));
        }
    }
}
