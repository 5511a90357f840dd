//! How large the providers' days are.

use std::cell::Cell;

use ports::{Clock, OutRequest};
use runtime::api::isbndb::Quota;
use runtime::outcome::{Answer, Outcome};
use runtime::service_client::{Call, Client, sibling};
use workerd::{BindingTransport, JsHost};

use super::RequestEnv;
use crate::config::{GOOGLE_BOOKS_API_KEY, GOOGLE_BOOKS_IOSKEY, ISBNDB_WORKER};

/// A plan does not change often.
const FRESH_MS: u64 = 10 * 60_000;
/// A leaf that did not tell is asked again soon: until then anonymous clients' misses may have no bound.
const FRESH_FAILURE_MS: u64 = 5_000;
/// The quota is a side question: a search must not wait for it.
const TIMEOUT_MS: u64 = 800;

thread_local! {
    /// Until when it is known, and what.
    static KNOWN: Cell<Option<(u64, Option<u32>)>> = const { Cell::new(None) };
}

/// True if a Google key is bound.
#[must_use]
pub fn has_google_key(env: &worker::Env) -> bool {
    workerd::env::has(env, GOOGLE_BOOKS_API_KEY) || workerd::env::has(env, GOOGLE_BOOKS_IOSKEY)
}

/// Units a day of the ISBNdb plan, as the ISBNdb Worker says; none if it has no key or does not answer.
pub async fn isbndb_daily_units(request_env: &RequestEnv) -> Option<u32> {
    let now_ms = JsHost.now_ms();
    if let Some((until_ms, units)) = KNOWN.get()
        && now_ms < until_ms
    {
        return units;
    }
    let answer = isbndb(request_env).await;
    let fresh_ms = if answer.is_ok() { FRESH_MS } else { FRESH_FAILURE_MS };
    let units = match answer {
        Ok(Answer::Found(quota)) if quota.refused.is_none() => Some(quota.daily_limit),
        _ => None,
    };
    KNOWN.set(Some((now_ms.saturating_add(fresh_ms), units)));
    units
}

/// The ISBNdb Worker's `GET /quota`.
///
/// # Errors
/// Why the ISBNdb Worker gave no answer.
pub async fn isbndb(request_env: &RequestEnv) -> Outcome<Quota> {
    let transport = BindingTransport::new(&request_env.env, ISBNDB_WORKER)
        .map_err(|e| runtime::outcome::Failure::Internal { detail: e.to_string() })?;
    let call =
        Call::binding(ISBNDB_WORKER, "/quota", OutRequest::get("/quota")).timeout_ms(TIMEOUT_MS);
    Client::new(transport, JsHost, workerd::client_state())
        .ask(&request_env.context, call, sibling::json)
        .await
}
