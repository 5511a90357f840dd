//! Calls ISBNdb through the ISBNdb Worker.

use bibliography::isbn::Isbn13;
use bibliography::query::Query;
use runtime::call_outcome::{Failure, ProviderOutcome};
use runtime::resilient_client::{OutgoingCall, sibling_answer};
use runtime::wire_types::isbndb_answers::BooksPage;

use crate::binding_manifest::ISBNDB_WORKER;
use crate::config::PROVIDER_BUDGET_MS;
use crate::platform::Platform;
use crate::provider_record::ProviderRecord;
use crate::providers::ProviderFetchOptions;
use crate::providers::isbndb::{
    IsbndbRequest, MAX_ANSWER_BYTES, bulk_request, read_bulk, to_isbndb_text,
};
use crate::request_scope::RequestScope;

pub async fn search<E: Platform>(
    request_env: &RequestScope<E>,
    query: &Query,
    fetch_policy: ProviderFetchOptions,
) -> ProviderOutcome<Vec<ProviderRecord>> {
    match IsbndbRequest::of(query, request_env.config.max_books_per_author) {
        Some(question) => call_isbndb_worker(request_env, &question, fetch_policy).await,
        None => Err(nothing_to_ask()),
    }
}

/// A text without letters or digits is a bad request, not an absent book, as in the ISBNdb Worker.
fn nothing_to_ask() -> Failure {
    Failure::bad_request("q: has no letter or digit")
}

pub async fn call_isbndb_worker<E: Platform>(
    request_env: &RequestScope<E>,
    ask: &IsbndbRequest,
    fetch_policy: ProviderFetchOptions,
) -> ProviderOutcome<Vec<ProviderRecord>> {
    let call = OutgoingCall::for_binding(
        ISBNDB_WORKER,
        ask.route(),
        ask.build_outgoing_request(fetch_policy),
    )
    .max_body_bytes(MAX_ANSWER_BYTES)
    .timeout_ms(PROVIDER_BUDGET_MS);
    request_env
        .sibling_client(ISBNDB_WORKER)?
        .call_and_parse(&request_env.context, call, |response| ask.read(response))
        .await
}

/// Fetches many editions in one call: one outcome per ISBN.
pub async fn fetch_bulk_editions<E: Platform>(
    request_env: &RequestScope<E>,
    isbns: &[Isbn13],
    fetch_policy: ProviderFetchOptions,
) -> Result<Vec<ProviderOutcome<Vec<ProviderRecord>>>, Failure> {
    let call =
        OutgoingCall::for_binding(ISBNDB_WORKER, "/books", bulk_request(isbns, fetch_policy)?)
            .max_body_bytes(MAX_ANSWER_BYTES);
    request_env
        .sibling_client(ISBNDB_WORKER)?
        .call_and_parse(&request_env.context, call, |response| read_bulk(isbns, response))
        .await
}

/// A page of an author's books, in the ISBNdb Worker's form.
pub async fn author_page<E: Platform>(
    request_env: &RequestScope<E>,
    name: &str,
    page: u32,
    fetch_policy: ProviderFetchOptions,
) -> ProviderOutcome<BooksPage> {
    let ask = IsbndbRequest::Author {
        name: to_isbndb_text(name).ok_or_else(nothing_to_ask)?,
        page,
        page_size: request_env.config.max_books_per_author,
    };
    let call = OutgoingCall::for_binding(
        ISBNDB_WORKER,
        ask.route(),
        ask.build_outgoing_request(fetch_policy),
    )
    .max_body_bytes(MAX_ANSWER_BYTES);
    request_env
        .sibling_client(ISBNDB_WORKER)?
        .call_and_parse(&request_env.context, call, sibling_answer::parse_sibling_json)
        .await
}
