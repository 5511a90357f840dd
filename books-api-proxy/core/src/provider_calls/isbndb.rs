//! Calls ISBNdb through the ISBNdb Worker.

use bibliography::isbn::Isbn13;
use bibliography::query::Query;
use ports::OutgoingRequest;
use runtime::call_outcome::{Failure, ProviderOutcome};
use runtime::resilient_client::{ResilientCall, sibling_answer};
use runtime::wire_types::isbndb_worker_answers::BooksPage;

use crate::binding_manifest::ISBNDB_WORKER;
use crate::config::PROVIDER_BUDGET_MS;
use crate::platform::Platform;
use crate::provider_record::ProviderRecordsOutcome;
use crate::providers::ProviderFetchOptions;
use crate::providers::isbndb::{
    IsbndbRequest, MAX_ANSWER_BYTES, bulk_request, isbndb_worker_search_text, read_bulk,
};
use crate::request_scope::RequestScope;
use crate::search_context::BulkOutcome;

impl<E: Platform> RequestScope<E> {
    pub async fn search_isbndb(
        &self,
        query: &Query,
        fetch_policy: ProviderFetchOptions,
    ) -> ProviderRecordsOutcome {
        let ask = IsbndbRequest::of(query, self.config.max_books_per_author)
            .ok_or_else(nothing_to_ask)?;
        let call = isbndb_call(ask.route_label(), ask.to_outgoing_request(fetch_policy));
        self.ask_sibling(call.timeout_ms(PROVIDER_BUDGET_MS), |response| ask.read(response)).await
    }

    /// Fetches many editions in one call: one outcome per ISBN.
    pub async fn fetch_isbndb_editions(
        &self,
        isbns: &[Isbn13],
        fetch_policy: ProviderFetchOptions,
    ) -> BulkOutcome {
        let call = isbndb_call("/books", bulk_request(isbns, fetch_policy)?);
        self.ask_sibling(call, |response| read_bulk(isbns, response)).await
    }

    /// A page of an author's books, in the ISBNdb Worker's form.
    pub async fn isbndb_author_page(
        &self,
        name: &str,
        page: u32,
        fetch_policy: ProviderFetchOptions,
    ) -> ProviderOutcome<BooksPage> {
        let name = isbndb_worker_search_text(name).ok_or_else(nothing_to_ask)?;
        let page_size = self.config.max_books_per_author;
        let ask = IsbndbRequest::Author { name, page, page_size };
        let call = isbndb_call(ask.route_label(), ask.to_outgoing_request(fetch_policy));
        self.ask_sibling(call, sibling_answer::parse_sibling_json).await
    }
}

/// A text without letters or digits is a bad request, not an absent book, as in the ISBNdb Worker.
fn nothing_to_ask() -> Failure {
    Failure::bad_request("q: has no letter or digit")
}

fn isbndb_call(route: &'static str, request: OutgoingRequest) -> ResilientCall {
    ResilientCall::for_service_binding(ISBNDB_WORKER, route, request)
        .max_body_bytes(MAX_ANSWER_BYTES)
}
