//! Asking Google Books: which key, and what to do when one is refused.

use bibliography::isbn::Isbn13;
use bibliography::query::Query;
use ports::{Clock, InResponse};
use runtime::outcome::{Failure, Outcome};
use runtime::rate_limit::CallClass;
use runtime::secret::Secret;
use runtime::service_client::{Call, Client};
use workerd::{FetchTransport, JsHost, secrets};

use super::Caller;
use crate::candidate::Candidate;
use crate::config::{GOOGLE_BOOKS_API_KEY, GOOGLE_BOOKS_IOSKEY, ISBN_SEARCH_KEY};
use crate::gate::{Acquire, GateName, client as gate};
use crate::providers::google::errors::{ANSWERED_WITHIN_MS, judged};
use crate::providers::google::parse::{self, is_refused, worth_asking_bare};
use crate::providers::google::request::GoogleAsk;
use crate::search::plan::Provider;

/// Answers a query.
///
/// # Errors
/// Why there is no answer.
pub async fn search(caller: &Caller, query: &Query, class: CallClass) -> Outcome<Vec<Candidate>> {
    match (query.isbn13(), GoogleAsk::of(query)) {
        (Some(isbn), _) => edition(caller, isbn, class).await,
        (None, ask @ GoogleAsk::Volume(_)) => {
            let outcome = send(caller, &ask, class, parse::volume).await;
            outcome.map_err(|failure| {
                let google = Provider::GoogleBooks.name();
                let now_ms = JsHost.now_ms();
                judged(failure, workerd::mesh().answers(google, now_ms, ANSWERED_WITHIN_MS))
            })
        }
        (None, ask) => send(caller, &ask, class, parse::list).await,
    }
}

/// One edition: `isbn:`, then the bare number where that gives nothing.
///
/// # Errors
/// Why there is no answer.
pub async fn edition(caller: &Caller, isbn: Isbn13, class: CallClass) -> Outcome<Vec<Candidate>> {
    let read = |answer: &InResponse, now_ms| parse::edition(isbn, answer, now_ms);
    let first = send(caller, &GoogleAsk::Isbn(isbn), class, read).await?;
    if !worth_asking_bare(&first) {
        return first;
    }
    send(caller, &GoogleAsk::BareIsbn(isbn), class, read).await?
}

/// The keys to try, in order, with the gate that counts each.
async fn keys(caller: &Caller, for_isbn: bool) -> Vec<(GateName, Secret)> {
    let second = if caller.config.google_keys_independent {
        GateName::GoogleSecond
    } else {
        GateName::Google
    };
    let names = [
        (ISBN_SEARCH_KEY, GateName::GoogleIsbn, for_isbn),
        (GOOGLE_BOOKS_API_KEY, GateName::Google, true),
        (GOOGLE_BOOKS_IOSKEY, second, true),
    ];
    let mut keys = Vec::new();
    for (name, gate, used) in names {
        if used && let Ok(key) = secrets::read(&caller.env, name).await {
            keys.push((gate, key));
        }
    }
    keys
}

/// Whether the next key may have what this one has not.
fn try_next(failure: &Failure, this: GateName, next: GateName) -> bool {
    match failure.root() {
        refused if is_refused(refused) => true,
        // Keys that share one quota are spent together.
        Failure::QuotaSpent { .. } => this != next,
        _ => false,
    }
}

async fn send<R>(
    caller: &Caller,
    ask: &GoogleAsk,
    class: CallClass,
    parse: impl Fn(&InResponse, u64) -> Result<R, Failure>,
) -> Result<R, Failure> {
    let Caller { env, context, config } = caller;
    let for_isbn = matches!(ask, GoogleAsk::Isbn(_) | GoogleAsk::BareIsbn(_));
    let client = Client::new(FetchTransport, JsHost, workerd::mesh());
    let mut keys = keys(caller, for_isbn).await.into_iter().peekable();
    while let Some((gate, key)) = keys.next() {
        let request = ask.request(&config.google_base_url, &config.google_country, &key);
        let call = Call::provider(Provider::GoogleBooks.name(), ask.route(), request);
        let slot = Acquire::one(gate, class).on(ask.route());
        let turn = gate::Turn::default();
        let pass = async |_| turn.take(env, context, &slot).await;
        let result = client
            .ask_gated(context, call, pass, |response| parse(response, JsHost.now_ms()))
            .await;
        turn.tell(env, context, &slot, result.as_ref().err()).await;
        let Err(failure) = result else { return result };
        match keys.peek() {
            Some((next, _)) if try_next(&failure, gate, *next) => {}
            _ => return Err(failure),
        }
    }
    Err(Failure::NotConfigured)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_key_is_tried_where_the_first_is_refused_and_not_where_they_share_a_quota() {
        use GateName::{Google, GoogleIsbn, GoogleSecond};
        let refused = Failure::Refused { what: "key".into() };
        let spent = Failure::QuotaSpent { until_ms: 1 };
        for (failure, this, next, expected) in [
            (&refused, Google, Google, true),
            (&refused, Google, GoogleSecond, true),
            (&spent, Google, Google, false),
            (&spent, Google, GoogleSecond, true),
            (&spent, GoogleIsbn, Google, true),
            (&Failure::Timeout, Google, GoogleSecond, false),
            (&Failure::Refused { what: "location".into() }, Google, GoogleSecond, false),
        ] {
            assert_eq!(try_next(failure, this, next), expected, "{failure:?} {this:?}");
        }
    }
}
