//! Calls Open Library, at the pace of its policy.

use bibliography::isbn::Isbn13;
use bibliography::query::Query;
use ports::IncomingResponse;
use runtime::call_outcome::{Failure, ProviderFailure};
use runtime::rate_limit::CallClass;
use runtime::resilient_client::ResilientCall;

use crate::platform::Platform;
use crate::provider::Provider;
use crate::provider_record::ProviderRecordsOutcome;
use crate::providers::open_library::edition_lookup::look_up_editions_by_isbn;
use crate::providers::open_library::open_library_requests::{OpenLibraryRequest, user_agent};
use crate::providers::open_library::parse;
use crate::rate_limit::{AcquireRequest, LimiterName};
use crate::request_scope::RequestScope;

impl<E: Platform> RequestScope<E> {
    pub async fn search_open_library(
        &self,
        query: &Query,
        class: CallClass,
    ) -> ProviderRecordsOutcome {
        if let Some(isbn) = query.isbn13() {
            let outcome = self.fetch_open_library_editions(&[isbn], class).await.pop();
            return outcome.unwrap_or(Err(ProviderFailure::Timeout.into()));
        }
        let ask = OpenLibraryRequest::of(query);
        match &ask {
            OpenLibraryRequest::Work(id) => {
                self.ask_open_library(&ask, class, |answer| parse::parse_work(id, answer)).await
            }
            _ => self.ask_open_library(&ask, class, parse::parse_search_response).await,
        }
    }

    /// Fetches many editions in few calls: one outcome per ISBN.
    pub async fn fetch_open_library_editions(
        &self,
        isbns: &[Isbn13],
        class: CallClass,
    ) -> Vec<ProviderRecordsOutcome> {
        look_up_editions_by_isbn(isbns, async |ask| {
            self.ask_open_library(ask, class, |response| parse::parse_editions(ask, response)).await
        })
        .await
    }

    async fn ask_open_library<R>(
        &self,
        ask: &OpenLibraryRequest,
        class: CallClass,
        parse: impl Fn(&IncomingResponse) -> Result<R, Failure>,
    ) -> Result<R, Failure> {
        let agent = user_agent(self.config.open_library_contact.as_deref());
        let request = ask.to_outgoing_request(&self.config.open_library_base_url, &agent);
        let call =
            ResilientCall::for_provider(Provider::OpenLibrary.name(), ask.route_label(), request);
        let slot =
            AcquireRequest::one_unit(LimiterName::OpenLibrary, class, Some(ask.route_label()));
        self.ask_provider(call, &slot, parse).await
    }
}
