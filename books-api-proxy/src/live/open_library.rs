//! Asking Open Library, at the pace of its policy.

use bibliography::isbn::Isbn13;
use bibliography::query::Query;
use ports::InResponse;
use runtime::outcome::{Failure, Outcome};
use runtime::rate_limit::CallClass;
use runtime::service_client::{Call, Client};
use workerd::{FetchTransport, JsHost};

use super::Caller;
use crate::candidate::Candidate;
use crate::gate::{Acquire, GateName, client as gate};
use crate::providers::open_library::editions::editions;
use crate::providers::open_library::parse;
use crate::providers::open_library::request::{OpenLibraryAsk, user_agent};
use crate::search::plan::Provider;

/// Answers a query.
///
/// # Errors
/// Why there is no answer.
pub async fn search(caller: &Caller, query: &Query, class: CallClass) -> Outcome<Vec<Candidate>> {
    if let Some(isbn) = query.isbn13() {
        let outcome = bulk(caller, &[isbn], class).await.pop();
        return outcome.unwrap_or(Err(Failure::Timeout));
    }
    let ask = OpenLibraryAsk::of(query);
    match &ask {
        OpenLibraryAsk::Work(id) => {
            send(caller, &ask, class, |answer| parse::work(id, answer)).await
        }
        _ => send(caller, &ask, class, parse::search).await,
    }
}

/// Works of an author.
///
/// # Errors
/// Why there is no answer.
pub async fn author(caller: &Caller, name: &str, class: CallClass) -> Outcome<Vec<Candidate>> {
    send(caller, &OpenLibraryAsk::Author(name.to_owned()), class, parse::search).await
}

/// Many editions in few calls: one outcome a number.
pub async fn bulk(
    caller: &Caller,
    isbns: &[Isbn13],
    class: CallClass,
) -> Vec<Outcome<Vec<Candidate>>> {
    let ask = async |ask: &OpenLibraryAsk| {
        send(caller, ask, class, |response| parse::editions(ask, response)).await
    };
    editions(isbns, ask).await
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
    let call = Call::provider(Provider::OpenLibrary.name(), ask.route(), request);
    let slot = Acquire::one(GateName::OpenLibrary, class).on(ask.route());
    let turn = gate::Turn::default();
    let pass = async |_| turn.take(env, context, &slot).await;
    let result = Client::new(FetchTransport, JsHost, workerd::mesh())
        .ask_gated(context, call, pass, parse)
        .await;
    turn.tell(env, context, &slot, result.as_ref().err()).await;
    result
}
