//! What is asked of the sibling Workers, and how their answers are read.

use bibliography::isbn::Isbn13;
use ports::http::{encode_query, encode_segment};
use ports::{InResponse, OutRequest};
use runtime::api::batch::{
    BatchAnswer, BatchItem, BatchOutcome, BatchRequest, BatchResult, CacheMode,
};
use runtime::api::leaf::{BulkFailure, BulkRequest, CALL_CLASS_HEADER, Quota};
use runtime::api::searched::{MAX_SEARCHED, Searched};
use runtime::outcome::Failure;
use runtime::rate_limit::CallClass;
use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};

use super::outside::{Outside, Peer};

/// A quick question.
const SHORT_MS: u64 = 5_000;
/// A question that waits for its turn at the provider.
const LONG_MS: u64 = 25_000;

fn read<T: DeserializeOwned>(response: &InResponse) -> Result<T, Failure> {
    serde_json::from_slice(&response.body)
        .map_err(|error| Failure::Malformed { what: format!("{:?} error", error.classify()) })
}

fn background(request: OutRequest) -> OutRequest {
    request.with_header(CALL_CLASS_HEADER, CallClass::Background.as_str())
}

/// Past the leaf's own cache, where `anew`.
fn past_cache(request: OutRequest, anew: bool) -> OutRequest {
    if anew { request.with_header("cache-control", "no-cache") } else { request }
}

/// What is left of the leaf's day.
///
/// # Errors
/// No usable answer.
pub(crate) async fn quota<O: Outside>(outside: &O) -> Result<Quota, Failure> {
    let response = outside.ask(Peer::Leaf, "/quota", OutRequest::get("/quota"), SHORT_MS).await?;
    read(&response)
}

/// The parts of an author's page that matter here: the proxy reads the books.
#[derive(Debug, Deserialize)]
struct AuthorPage {
    cached: bool,
}

/// Brings an author's page into the leaf's cache; answers whether a call went upstream.
///
/// # Errors
/// No usable answer. An author the leaf does not know is an answer.
pub(crate) async fn author<O: Outside>(
    outside: &O,
    name: &str,
    page_size: u32,
    anew: bool,
) -> Result<bool, Failure> {
    let query = encode_query([("page", "1"), ("pageSize", page_size.to_string().as_str())]);
    let url = format!("/author/{}?{query}", encode_segment(name));
    let request = past_cache(background(OutRequest::get(url)), anew);
    match outside.ask(Peer::Leaf, "/author/{name}", request, LONG_MS).await {
        Ok(response) => Ok(!read::<AuthorPage>(&response)?.cached),
        Err(failure) if matches!(failure.root(), Failure::NotFound { .. }) => Ok(true),
        Err(failure) => Err(failure),
    }
}

/// What became of a bulk call.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Bulk {
    /// Read by the proxy; here only its shape is checked.
    #[serde(rename = "found")]
    _found: Vec<IgnoredAny>,
    /// Numbers without an answer.
    pub(crate) failed: Vec<BulkFailure>,
    /// Upstream calls it took.
    pub(crate) upstream_calls: u32,
    /// Units of the day it took.
    pub(crate) units: u32,
}

/// Brings books into the leaf's cache.
///
/// # Errors
/// No usable answer.
pub(crate) async fn bulk<O: Outside>(
    outside: &O,
    isbns: Vec<Isbn13>,
    anew: bool,
) -> Result<Bulk, Failure> {
    let request = OutRequest::post_json("/books", &BulkRequest { isbns })
        .map_err(|error| Failure::Internal { what: error.to_string() })?;
    let request = past_cache(background(request), anew);
    let response = outside.ask(Peer::Leaf, "/books", request, LONG_MS).await?;
    read(&response)
}

/// What is searched for, as far as the proxy remembers it.
///
/// # Errors
/// No usable answer.
pub(crate) async fn searched<O: Outside>(outside: &O) -> Result<Searched, Failure> {
    let limit = MAX_SEARCHED.to_string();
    let url = format!("/searched?{}", encode_query([("limit", limit.as_str())]));
    let response = outside.ask(Peer::Proxy, "/searched", OutRequest::get(url), LONG_MS).await?;
    let mut searched: Searched = read(&response)?;
    searched.queries.truncate(MAX_SEARCHED as usize);
    Ok(searched)
}

/// Hands a batch to the proxy. Every item gets a result: one that the answer leaves out, or names
/// twice, failed.
///
/// # Errors
/// No usable answer.
pub(crate) async fn batch<O: Outside>(
    outside: &O,
    cache: CacheMode,
    items: Vec<BatchItem>,
) -> Result<Vec<BatchResult>, Failure> {
    let ids: Vec<String> = items.iter().map(|item| item.id.clone()).collect();
    let request = OutRequest::post_json("/search/batch", &BatchRequest { cache, items })
        .map_err(|error| Failure::Internal { what: error.to_string() })?;
    let response = outside.ask(Peer::Proxy, "/search/batch", background(request), LONG_MS).await?;
    let answer: BatchAnswer = read(&response)?;
    Ok(in_order(ids, answer.results))
}

fn in_order(ids: Vec<String>, results: Vec<BatchResult>) -> Vec<BatchResult> {
    let mut results: Vec<Option<BatchResult>> = results.into_iter().map(Some).collect();
    ids.into_iter()
        .map(|id| {
            let found = results
                .iter_mut()
                .find(|slot| slot.as_ref().is_some_and(|result| result.id == id))
                .and_then(Option::take);
            found.unwrap_or_else(|| BatchResult {
                id,
                key: String::new(),
                outcome: BatchOutcome::Failed {
                    failure: Failure::Malformed { what: "the batch left it out".to_owned() },
                    provider: "proxy".to_owned(),
                },
                books: Vec::new(),
            })
        })
        .collect()
}
