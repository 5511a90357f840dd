//! The daily quotas of the providers.

use ports::{Clock, OutRequest};
use runtime::api::isbndb::Quota;
use runtime::outcome::{Answer, Outcome};
use runtime::service_client::{Call, sibling};

use crate::manifest::{GOOGLE_BOOKS_API_KEY, GOOGLE_BOOKS_IOSKEY, ISBNDB_WORKER};
use crate::platform::Platform;
use crate::request_env::RequestEnv;

/// A plan does not change often.
const FRESH_MS: u64 = 10 * 60_000;
/// After a failure the ISBNdb Worker is asked again soon: until then anonymous misses may have no bound.
const FRESH_FAILURE_MS: u64 = 5_000;
/// The quota is secondary: a search must not wait for it.
const TIMEOUT_MS: u64 = 800;

/// True if a Google key is bound.
#[must_use]
pub fn has_google_key(platform: &impl Platform) -> bool {
    platform.has(GOOGLE_BOOKS_API_KEY) || platform.has(GOOGLE_BOOKS_IOSKEY)
}

/// Units a day of the ISBNdb plan, as the ISBNdb Worker says; none if it has no key or does not answer.
pub async fn isbndb_daily_units<E: Platform>(request_env: &RequestEnv<E>) -> Option<u32> {
    let now_ms = request_env.host().now_ms();
    let known = &request_env.proxy.isolate.isbndb_day;
    if let Some((until_ms, units)) = known.get()
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
    known.set(Some((now_ms.saturating_add(fresh_ms), units)));
    units
}

/// The ISBNdb Worker's `GET /quota`.
///
/// # Errors
/// Why the ISBNdb Worker gave no answer.
pub async fn isbndb<E: Platform>(request_env: &RequestEnv<E>) -> Outcome<Quota> {
    let call =
        Call::binding(ISBNDB_WORKER, "/quota", OutRequest::get("/quota")).timeout_ms(TIMEOUT_MS);
    request_env.service(ISBNDB_WORKER)?.ask(&request_env.context, call, sibling::json).await
}
