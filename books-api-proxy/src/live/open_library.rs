//! Asking Open Library, at the pace of its policy.

use platform::{FetchTransport, JsHost};
use shared::gate::CallClass;
use shared::isbn::Isbn13;
use shared::mesh::{Call, Client, InResponse};
use shared::outcome::{Failure, Outcome};
use shared::query::Query;

use super::Caller;
use crate::candidate::Candidate;
use crate::gate::{Acquire, GateName, client as gate};
use crate::providers::open_library::parse;
use crate::providers::open_library::request::{OpenLibraryAsk, user_agent};
use crate::search::plan::Provider;

/// Answers a query.
///
/// # Errors
/// Why there is no answer.
pub async fn search(caller: &Caller, query: &Query, class: CallClass) -> Outcome<Vec<Candidate>> {
    let ask = OpenLibraryAsk::of(query);
    match (query.isbn13(), &ask) {
        (Some(isbn), _) => send(caller, &ask, class, |answer| parse::edition(isbn, answer)).await,
        (None, OpenLibraryAsk::Work(id)) => {
            send(caller, &ask, class, |answer| parse::work(id, answer)).await
        }
        (None, _) => send(caller, &ask, class, parse::search).await,
    }
}

/// Works of an author.
///
/// # Errors
/// Why there is no answer.
pub async fn author(caller: &Caller, name: &str, class: CallClass) -> Outcome<Vec<Candidate>> {
    send(caller, &OpenLibraryAsk::Author(name.to_owned()), class, parse::search).await
}

/// Many editions in one call: one outcome a number.
///
/// # Errors
/// Why there is no answer at all.
pub async fn bulk(
    caller: &Caller,
    isbns: &[Isbn13],
    class: CallClass,
) -> Result<Vec<Outcome<Vec<Candidate>>>, Failure> {
    let ask = OpenLibraryAsk::Editions(isbns.to_vec());
    send(caller, &ask, class, |response| parse::editions(isbns, response)).await
}

async fn send<R>(
    caller: &Caller,
    ask: &OpenLibraryAsk,
    class: CallClass,
    parse: impl Fn(&InResponse) -> Result<R, Failure>,
) -> Result<R, Failure> {
    let Caller { env, context, config } = caller;
    let agent = user_agent(config.open_library_contact.as_deref());
    let request = ask.request(&config.open_library_base_url, &agent);
    let route =
        if matches!(ask, OpenLibraryAsk::Editions(_)) { "/api/books" } else { "/search.json" };
    let call = Call::provider(Provider::OpenLibrary.name(), route, request);
    let slot = Acquire::one(GateName::OpenLibrary, class);
    let pass = async |_| gate::acquire(env, context, &slot).await;
    let result = Client::new(FetchTransport, JsHost, platform::mesh())
        .ask_gated(context, call, pass, parse)
        .await;
    if let Err(failure) = &result {
        gate::report(env, context, GateName::OpenLibrary, failure).await;
    }
    result
}
