//! Calls Open Library, at the pace of its policy.

use bibliography::isbn::Isbn13;
use bibliography::query::Query;
use ports::IncomingResponse;
use runtime::call_outcome::{Failure, ProviderFailure, ProviderOutcome};
use runtime::rate_limit::CallClass;
use runtime::resilient_client::OutgoingCall;

use crate::platform::Platform;
use crate::provider::Provider;
use crate::provider_record::ProviderRecord;
use crate::providers::open_library::edition_lookup::look_up_editions;
use crate::providers::open_library::open_library_requests::{OpenLibraryRequest, user_agent};
use crate::providers::open_library::parse;
use crate::rate_limit::limiter_client::ask_provider;
use crate::rate_limit::{AcquireRequest, LimiterName};
use crate::request_scope::RequestScope;

pub async fn search<E: Platform>(
    request_env: &RequestScope<E>,
    query: &Query,
    class: CallClass,
) -> ProviderOutcome<Vec<ProviderRecord>> {
    if let Some(isbn) = query.isbn13() {
        let outcome = fetch_bulk_editions(request_env, &[isbn], class).await.pop();
        return outcome.unwrap_or(Err(ProviderFailure::Timeout.into()));
    }
    let ask = OpenLibraryRequest::of(query);
    match &ask {
        OpenLibraryRequest::Work(id) => {
            send(request_env, &ask, class, |answer| parse::parse_work(id, answer)).await
        }
        _ => send(request_env, &ask, class, parse::parse_search_response).await,
    }
}

/// Fetches many editions in few calls: one outcome per ISBN.
pub async fn fetch_bulk_editions<E: Platform>(
    request_env: &RequestScope<E>,
    isbns: &[Isbn13],
    class: CallClass,
) -> Vec<ProviderOutcome<Vec<ProviderRecord>>> {
    let ask = async |ask: &OpenLibraryRequest| {
        send(request_env, ask, class, |response| parse::parse_editions(ask, response)).await
    };
    look_up_editions(isbns, ask).await
}

async fn send<E: Platform, R>(
    request_env: &RequestScope<E>,
    ask: &OpenLibraryRequest,
    class: CallClass,
    parse: impl Fn(&IncomingResponse) -> Result<R, Failure>,
) -> Result<R, Failure> {
    let config = &request_env.config;
    let agent = user_agent(config.open_library_contact.as_deref());
    let request = ask.build_outgoing_request(&config.open_library_base_url, &agent);
    let call = OutgoingCall::for_provider(Provider::OpenLibrary.name(), ask.route(), request);
    let slot = AcquireRequest::one_unit(LimiterName::OpenLibrary, class).on(ask.route());
    ask_provider(request_env, call, &slot, parse).await
}
