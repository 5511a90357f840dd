//! Admission of anonymous misses.

use ports::Clock;
use ports::http_types::Request;
use runtime::call_outcome::{Failure, ProviderFailure, RequestRejection};
use runtime::http_edge::auth::{WRONG_TOKEN_WAIT_MS, bearer};
use runtime::secret::SecretError;

use crate::binding_manifest::{PUBLIC_BURST_LIMIT, PUBLIC_MISS_LIMIT, SEARCH_TOKEN};
use crate::platform::Platform;
use crate::public_misses::client_key;
use crate::request_scope::RequestScope;
use crate::search_context::AdmittedMiss;

/// The rate limiting bindings that count the misses of one client, and the period of each.
const CLIENT_LIMITS: [(&str, u64); 2] = [(PUBLIC_BURST_LIMIT, 10_000), (PUBLIC_MISS_LIMIT, 60_000)];
/// When a client may retry after the search token could not be read.
const UNREADABLE_MS: u64 = 5_000;

/// What identifies an anonymous client: its address, and the search token if it sends one.
#[derive(Debug)]
pub struct Credentials {
    address_key: String,
    search_token: Option<String>,
}

impl Credentials {
    pub fn of(request: &Request) -> Self {
        let headers = &request.headers;
        let search_token = headers.get("x-search-token").or_else(|| bearer(headers));
        Self {
            address_key: client_key(headers.get("cf-connecting-ip").unwrap_or_default()),
            search_token: search_token.map(str::to_owned),
        }
    }
}

/// Admits a miss of an anonymous client: with the search token if one is set, and within limits per
/// ten seconds, minute and day. The provider's limiter counts the units of each call.
/// Errors: 401 or 403 for the token, 503 if it cannot be read, 429 with Retry-After for the limits.
pub async fn check_miss_allowed<E: Platform>(
    request_scope: &RequestScope<E>,
    credentials: &Credentials,
) -> Result<AdmittedMiss, Failure> {
    let platform = request_scope.platform();
    match (platform.secret(SEARCH_TOKEN).await, &credentials.search_token) {
        (Err(SecretError::Missing), _) => {}
        (Ok(token), Some(shown)) if token.matches(shown) => {}
        (Ok(_), Some(_)) => {
            request_scope.system_ports().sleep(WRONG_TOKEN_WAIT_MS).await;
            let detail = "the search token is wrong".to_owned();
            return Err(RequestRejection::Forbidden { detail }.into());
        }
        (Ok(_), None) => return Err(RequestRejection::Unauthorized.into()),
        // The token may be set: without knowing it, no miss is admitted.
        (Err(error), _) => {
            return Err(Failure::unavailable(format!("{SEARCH_TOKEN}: {error}"), UNREADABLE_MS));
        }
    }
    let client = &credentials.address_key;
    for (binding, retry_after_ms) in CLIENT_LIMITS {
        // A failed binding refuses no miss: the client's share of the day still bounds them.
        if platform.check_rate_limit(binding, client).await == Some(false) {
            return Err(ProviderFailure::RateLimited { retry_after_ms, local: true }.into());
        }
    }
    let config = &request_scope.config;
    let public_units = f64::from(config.google_daily_quota) * config.public_share;
    let now_ms = request_scope.system_ports().now_ms();
    let mut misses = request_scope.proxy.isolate.public_misses.borrow_mut();
    let may_widen = misses
        .count_miss(client, public_units, now_ms)
        .map_err(|until_ms| ProviderFailure::PublicShareSpent { until_ms })?;
    Ok(AdmittedMiss { is_public: true, may_widen })
}
