//! Asking ISBNdb through the leaf.

use bibliography::isbn::Isbn13;
use bibliography::query::Query;
use runtime::api::leaf::BooksPage;
use runtime::outcome::{Failure, Outcome};
use runtime::service_client::{Call, Client, sibling};
use workerd::{BindingTransport, JsHost};

use super::Caller;
use crate::candidate::Candidate;
use crate::config::{ISBNDB_WORKER, PROVIDER_TIMEOUT_MS};
use crate::providers::Terms;
use crate::providers::isbndb::{LeafAsk, MAX_BODY_BYTES, askable, bulk_request, read_bulk};

fn client(caller: &Caller) -> Result<Client<BindingTransport, JsHost>, Failure> {
    BindingTransport::new(&caller.env, ISBNDB_WORKER)
        .map(|transport| Client::new(transport, JsHost, workerd::mesh()))
        .map_err(|error| Failure::Internal { what: error.to_string() })
}

/// Answers a query.
///
/// # Errors
/// Why the leaf gave no answer.
pub async fn search(caller: &Caller, query: &Query, terms: Terms) -> Outcome<Vec<Candidate>> {
    match LeafAsk::of(query, caller.config.max_books_per_author) {
        Some(question) => ask(caller, &question, terms).await,
        None => Err(nothing_to_ask()),
    }
}

/// As the leaf would say: a text without letters is a bad question, not a missing book.
fn nothing_to_ask() -> Failure {
    Failure::BadRequest { what: "q: has no letter or digit".to_owned() }
}

/// Asks the leaf one thing.
///
/// # Errors
/// Why the leaf gave no answer.
pub async fn ask(caller: &Caller, ask: &LeafAsk, terms: Terms) -> Outcome<Vec<Candidate>> {
    let call = Call::binding(ISBNDB_WORKER, ask.route(), ask.request(terms))
        .max_body_bytes(MAX_BODY_BYTES)
        .timeout_ms(PROVIDER_TIMEOUT_MS);
    client(caller)?.ask(&caller.context, call, |response| ask.read(response)).await
}

/// Asks for many editions in one call: one outcome a number.
///
/// # Errors
/// Why the leaf gave no answer at all.
pub async fn bulk(
    caller: &Caller,
    isbns: &[Isbn13],
    terms: Terms,
) -> Result<Vec<Outcome<Vec<Candidate>>>, Failure> {
    let call = Call::binding(ISBNDB_WORKER, "/books", bulk_request(isbns, terms)?)
        .max_body_bytes(MAX_BODY_BYTES);
    client(caller)?.ask(&caller.context, call, |response| read_bulk(isbns, response)).await
}

/// A page of an author's books, as the leaf has it.
///
/// # Errors
/// Why the leaf gave no answer.
pub async fn author_page(
    caller: &Caller,
    name: &str,
    page: u32,
    terms: Terms,
) -> Outcome<BooksPage> {
    let ask = LeafAsk::Author {
        name: askable(name).ok_or_else(nothing_to_ask)?,
        page,
        page_size: caller.config.max_books_per_author,
    };
    let call = Call::binding(ISBNDB_WORKER, ask.route(), ask.request(terms))
        .max_body_bytes(MAX_BODY_BYTES);
    client(caller)?.ask(&caller.context, call, sibling::json).await
}
