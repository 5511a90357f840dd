//! Admission of anonymous misses.

use ports::Clock;
use ports::http::Request;
use runtime::edge::auth::{WRONG_TOKEN_WAIT_MS, bearer};
use runtime::outcome::{Failure, InternalError, ProviderFailure, RequestError};
use runtime::secret::SecretError;

use crate::app::Admitted;
use crate::manifest::{PUBLIC_BURST_LIMIT, PUBLIC_MISS_LIMIT, SEARCH_TOKEN};
use crate::platform::Platform;
use crate::public_misses::client_key;
use crate::request_env::RequestEnv;

/// The rate limiting bindings of one client, and the period that each counts.
const CLIENT_LIMITS: [(&str, u64); 2] = [(PUBLIC_BURST_LIMIT, 10_000), (PUBLIC_MISS_LIMIT, 60_000)];
/// When a secret that cannot be read is tried again.
const UNREADABLE_MS: u64 = 5_000;

/// What an anonymous client presents.
#[derive(Clone, Debug, Default)]
pub struct Credentials {
    client: String,
    search_token: Option<String>,
}

impl Credentials {
    pub fn of(request: &Request) -> Self {
        let header = |name: &str| request.headers.get(name).map(str::to_owned);
        Self {
            client: client_key(request.headers.get("cf-connecting-ip").unwrap_or_default()),
            search_token: header("x-search-token")
                .or_else(|| bearer(&request.headers).map(str::to_owned)),
        }
    }
}

/// Whether an anonymous client may cause calls to providers: the search token if one is set, a number of
/// misses in ten seconds, in a minute and in a day. What a call takes of a provider's day, that
/// provider's limiter counts when it is sent.
/// Errors: 401 or 403 for the token, 503 if it cannot be read, 429 with a time to come back for the
/// limits.
pub async fn admit<E: Platform>(
    request_env: RequestEnv<E>,
    credentials: Credentials,
) -> Result<Admitted, Failure> {
    let platform = request_env.platform();
    match (platform.secret(SEARCH_TOKEN).await, &credentials.search_token) {
        (Err(SecretError::Missing), _) => {}
        (Ok(token), Some(shown)) if token.matches(shown) => {}
        (Ok(_), Some(_)) => {
            request_env.host().sleep(WRONG_TOKEN_WAIT_MS).await;
            return Err(RequestError::Forbidden { detail: "the search token".to_owned() }.into());
        }
        (Ok(_), None) => return Err(RequestError::Unauthorized.into()),
        // Fails closed when the search token cannot be read.
        (Err(error), _) => {
            let detail = format!("{SEARCH_TOKEN}: {error}");
            return Err(Failure::Internal(InternalError::Unavailable {
                detail,
                retry_after_ms: UNREADABLE_MS,
            }));
        }
    }
    let client = &credentials.client;
    for (binding, period_ms) in CLIENT_LIMITS {
        // A limiter that fails must not shut the product down; the share of the day still holds.
        if platform.rate_limit(binding, client).await == Some(false) {
            return Err(
                ProviderFailure::RateLimited { retry_after_ms: period_ms, local: true }.into()
            );
        }
    }
    let config = &request_env.config;
    let public_units = f64::from(config.google_daily_quota) * config.public_share;
    let now_ms = request_env.host().now_ms();
    let mut misses = request_env.proxy.isolate.public_misses.borrow_mut();
    match misses.count(client, public_units, now_ms) {
        Ok(may_widen) => Ok(Admitted { is_public: true, may_widen }),
        Err(until_ms) => Err(ProviderFailure::PublicShareSpent { until_ms }.into()),
    }
}
