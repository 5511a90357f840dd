//! `DELETE /cache?q=…`: deletes an entry from every tier.

use std::rc::Rc;

use bibliography::cache_key::CacheKey;
use ports::Clock;
use ports::http_types::{Reply, Request};
use runtime::cache_policy::caching_headers::NO_STORE;
use runtime::call_outcome::{Failure, ProviderFailure};
use serde_json::json;

use super::query_parameters::{bad_param, optional_text};
use super::route::SearchKind;
use super::search_question_parser::{parse_search_request, search_question_for_volume};
use crate::cache::cache_store_port::CacheStores;
use crate::cache::write::delete_entry;
use crate::config::{Config, STORED_PAGE_MAX_ITEMS};
use crate::platform::Platform;
use crate::request_ports::RequestSearchContext;
use crate::search_context::ProxyPorts;
use crate::search_question::SearchQuestion;

/// Longer than copying a hit to KV takes, and than KV's second between two writes of a key.
const COPY_MS: u64 = 1_500;

/// Deletes the entry that a search reads: for `q` as free text, for `isbn`, `title` and `author`
/// like `/search/isbn` and `/search/advanced`, for `id` like `/books/v1/volumes/{id}`.
/// Errors: 400 without any of them; 502 if a store failed, because the entry may still exist.
pub async fn purge<E: Platform>(
    app: &RequestSearchContext<E>,
    request: &Request,
) -> Result<Reply, Failure> {
    let key = CacheKey::of(&purged_question(request, &app.config)?.query());
    let ports = Rc::clone(&app.ports);
    // The flight object first, so that no running flight stores its answer after the purge.
    ports.request_scope.forget_recent_answer(&key).await;
    let deleted = delete_entry(ports.cache_stores(), &key).await;
    app.isolate_state.memory.borrow_mut().remove(key.as_str());
    if deleted.is_err() {
        return Err(ProviderFailure::Upstream { status: 500, retry_after_ms: Some(1_000) }.into());
    }
    // `memorySecs`: the longest time that other isolates serve the entry from memory.
    let purged = json!({
        "keys": [key.as_str(), key.page_key(STORED_PAGE_MAX_ITEMS).as_str()],
        "memorySecs": 60,
    });
    app.ports.spawn(Box::pin(async move {
        // A hit that read the entry before the purge may have copied it to KV since.
        ports.sleep(COPY_MS).await;
        let _ = ports.cache_stores().hot_delete(&key).await;
    }));
    Ok(Reply::with_json_body(200, &purged).with_header("cache-control", NO_STORE))
}

/// The question whose entry is purged.
fn purged_question(request: &Request, config: &Config) -> Result<SearchQuestion, Failure> {
    if let Some(id) = optional_text(request, "id")? {
        return search_question_for_volume(id)
            .map_err(|_| bad_param("id", "is no id of this Worker"));
    }
    let kind = match (request.param("q").or(request.param("query")), request.param("isbn")) {
        (Some(_), _) => SearchKind::Auto,
        (None, Some(_)) => SearchKind::Isbn,
        (None, None) => SearchKind::Advanced,
    };
    let nothing =
        optional_text(request, "title")?.is_none() && optional_text(request, "author")?.is_none();
    if kind == SearchKind::Advanced && nothing {
        return Err(bad_param("q", "one of q, isbn, title, author and id is required"));
    }
    parse_search_request(kind, request, config).map(|(question, _)| question)
}
