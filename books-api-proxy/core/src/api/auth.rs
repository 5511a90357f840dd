//! Admission of anonymous misses.

use ports::Clock;
use ports::http::Request;
use runtime::edge::auth::{WRONG_TOKEN_WAIT_MS, bearer};
use runtime::outcome::{Failure, InternalError, ProviderFailure, RequestError};
use runtime::rate_limit::CallClass;
use runtime::secret::SecretError;

use crate::app::Admitted;
use crate::manifest::{PUBLIC_MISS_LIMIT, SEARCH_TOKEN};
use crate::platform::Platform;
use crate::provider_calls::quota;
use crate::rate_limit::{Acquire, LimiterName, client as limiter};
use crate::request_env::RequestEnv;

/// The rate limiting binding counts a minute.
const LIMIT_PERIOD_MS: u64 = 60_000;
/// When a secret that cannot be read is tried again.
const UNREADABLE_MS: u64 = 5_000;

/// What an anonymous client presents.
#[derive(Clone, Debug, Default)]
pub struct Credentials {
    client: String,
    search_token: Option<String>,
}

impl Credentials {
    /// Reads them from a request.
    #[must_use]
    pub fn of(request: &Request) -> Self {
        let header = |name: &str| request.headers.get(name).map(str::to_owned);
        Self {
            client: header("cf-connecting-ip").unwrap_or_default(),
            search_token: header("x-search-token")
                .or_else(|| bearer(&request.headers).map(str::to_owned)),
        }
    }
}

/// Whether an anonymous client may cause calls to providers: the search token if one is set, a number of
/// misses a minute per client, a share of the day in all, of which the miss takes `calls`.
///
/// # Errors
/// 401 or 403 for the token, 503 if it cannot be read, 429 with a time to come back for the
/// limits.
pub async fn admit<E: Platform>(
    request_env: RequestEnv<E>,
    credentials: Credentials,
    calls: u32,
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
    // A limiter that fails must not shut the product down; the share of the day still holds.
    if platform.rate_limit(PUBLIC_MISS_LIMIT, &credentials.client).await == Some(false) {
        return Err(
            ProviderFailure::RateLimited { retry_after_ms: LIMIT_PERIOD_MS, local: true }.into()
        );
    }
    let asked = Acquire {
        units: calls,
        daily_units: smallest_day(&request_env).await,
        ..Acquire::one(LimiterName::PublicMisses, CallClass::Interactive)
    };
    let granted = limiter::acquire(&request_env, &asked).await?;
    Ok(Admitted { may_widen: !granted.half_spent })
}

/// Units a day of the tightest provider; none if no provider has a bound.
async fn smallest_day<E: Platform>(request_env: &RequestEnv<E>) -> Option<u32> {
    let google = quota::has_google_key(request_env.platform())
        .then_some(request_env.config.google_daily_quota);
    let isbndb = quota::isbndb_daily_units(request_env).await;
    google.into_iter().chain(isbndb).min()
}
