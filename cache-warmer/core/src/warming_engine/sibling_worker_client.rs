//! The requests to the sibling Workers, and the parsing of their answers.

use bibliography::isbn::Isbn13;
use ports::OutgoingRequest;
use ports::http_types::{encode_query, encode_segment};
use runtime::call_outcome::{Failure, ProviderFailure, RequestRejection};
use runtime::rate_limit::CallClass;
use runtime::wire_types::batch_search_wire_types::{
    BatchItemOutcome, BatchItemResult, BatchSearchAnswer, BatchSearchItem, BatchSearchRequest,
    CacheMode,
};
use runtime::wire_types::isbndb_worker_answers::{
    BulkFailure, BulkRequest, CALL_CLASS_HEADER, QuotaStatusAnswer,
};
use runtime::wire_types::search_log::{MAX_LOGGED_QUERIES, SearchLogResponse};
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::ports::{SiblingWorker, WarmerPorts};

const SHORT_MS: u64 = 5_000;
/// Timeout of a request that waits for its slot at the provider.
const LONG_MS: u64 = 25_000;

fn as_background(request: OutgoingRequest) -> OutgoingRequest {
    request.with_header(CALL_CLASS_HEADER, CallClass::Background.as_str())
}

/// Skips the ISBNdb Worker's own cache if `bypass_cache` is set.
fn past_cache(request: OutgoingRequest, bypass_cache: bool) -> OutgoingRequest {
    if bypass_cache { request.with_header("cache-control", "no-cache") } else { request }
}

pub(crate) async fn fetch_quota<O: WarmerPorts>(ports: &O) -> Result<QuotaStatusAnswer, Failure> {
    let request = OutgoingRequest::get("/quota");
    ports.call_sibling(SiblingWorker::Isbndb, "/quota", request, SHORT_MS).await
}

/// The parts of an author's page that the warmer reads; the proxy reads the books.
#[derive(Debug, Deserialize)]
struct AuthorPage {
    cached: bool,
}

/// Loads an author's page into the ISBNdb Worker's cache; answers whether it called ISBNdb. An
/// author that ISBNdb does not know is no error.
pub(crate) async fn warm_author<O: WarmerPorts>(
    ports: &O,
    name: &str,
    page_size: u32,
    bypass_cache: bool,
) -> Result<bool, Failure> {
    let query = encode_query([("page", "1"), ("pageSize", page_size.to_string().as_str())]);
    let url = format!("/author/{}?{query}", encode_segment(name));
    let request = past_cache(as_background(OutgoingRequest::get(url)), bypass_cache);
    let page = ports.call_sibling(SiblingWorker::Isbndb, "/author/{name}", request, LONG_MS).await;
    match page {
        Ok(AuthorPage { cached }) => Ok(!cached),
        Err(failure) if is_not_found(&failure) => Ok(true),
        Err(failure) => Err(failure),
    }
}

pub(super) fn is_not_found(failure: &Failure) -> bool {
    matches!(failure.root_cause(), Failure::Request(RequestRejection::NotFound { .. }))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct BulkSummary {
    /// Only its shape is checked here; the proxy reads the books.
    #[serde(rename = "found")]
    _found: Vec<IgnoredAny>,
    pub(crate) failed: Vec<BulkFailure>,
    pub(crate) upstream_calls: u32,
    pub(crate) units: u32,
}

/// Loads books into the ISBNdb Worker's cache.
pub(crate) async fn warm_books<O: WarmerPorts>(
    ports: &O,
    isbns: Vec<Isbn13>,
    bypass_cache: bool,
) -> Result<BulkSummary, Failure> {
    let request =
        OutgoingRequest::json_post("/books", &BulkRequest { isbns }).map_err(Failure::internal)?;
    let request = past_cache(as_background(request), bypass_cache);
    ports.call_sibling(SiblingWorker::Isbndb, "/books", request, LONG_MS).await
}

pub(crate) async fn fetch_search_log<O: WarmerPorts>(
    ports: &O,
) -> Result<SearchLogResponse, Failure> {
    let limit = MAX_LOGGED_QUERIES.to_string();
    let url = format!("/search-log?{}", encode_query([("limit", limit.as_str())]));
    let request = OutgoingRequest::get(url);
    let mut search_log: SearchLogResponse =
        ports.call_sibling(SiblingWorker::Proxy, "/search-log", request, LONG_MS).await?;
    search_log.queries.truncate(MAX_LOGGED_QUERIES as usize);
    Ok(search_log)
}

/// Sends a batch to the proxy. Every item gets a result: an item that the answer omits fails, and
/// of two results of an item the first counts.
pub(crate) async fn send_batch<O: WarmerPorts>(
    ports: &O,
    cache: CacheMode,
    items: Vec<BatchSearchItem>,
) -> Result<Vec<BatchItemResult>, Failure> {
    let ids: Vec<String> = items.iter().map(|item| item.id.clone()).collect();
    let request = OutgoingRequest::json_post("/search/batch", &BatchSearchRequest { cache, items })
        .map_err(Failure::internal)?;
    let answer: BatchSearchAnswer = ports
        .call_sibling(SiblingWorker::Proxy, "/search/batch", as_background(request), LONG_MS)
        .await?;
    Ok(in_order(ids, answer.results))
}

fn in_order(ids: Vec<String>, mut results: Vec<BatchItemResult>) -> Vec<BatchItemResult> {
    let result_of = |id: String| match results.iter().position(|result| result.id == id) {
        Some(at) => results.remove(at),
        None => {
            let failure = ProviderFailure::malformed("the answer lacks the item");
            failed_result(id, failure.into(), "proxy")
        }
    };
    ids.into_iter().map(result_of).collect()
}

/// The result of an item after a call that did not answer it.
pub(super) fn failed_result(id: String, failure: Failure, provider: &str) -> BatchItemResult {
    let outcome = BatchItemOutcome::Failed { failure, provider: provider.to_owned() };
    BatchItemResult { id, key: String::new(), outcome, books: Vec::new() }
}
