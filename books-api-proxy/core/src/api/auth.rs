//! Authentication of callers, and admission of anonymous misses.

use ports::http::Request;
use runtime::outcome::Failure;
use runtime::rate_limit::CallClass;
use runtime::secret::SecretError;

use crate::config::{ADMIN_TOKEN, PUBLIC_MISS_LIMIT, SEARCH_TOKEN};
use crate::platform::Platform;
use crate::provider_calls::quota;
use crate::rate_limit::{Acquire, LimiterName, client as limiter};
use crate::request_env::RequestEnv;

/// The rate limiting binding counts a minute.
const LIMIT_PERIOD_MS: u64 = 60_000;
/// When a secret that cannot be read is tried again.
const UNREADABLE_MS: u64 = 5_000;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CallerIdentity {
    /// One of our Workers, by the props of its binding.
    Sibling(String),
    /// A client with the admin token.
    Admin,
    AnonymousClient,
}

impl CallerIdentity {
    /// True for callers that may use internal routes and cause misses without a limit.
    #[must_use]
    pub fn is_trusted(&self) -> bool {
        *self != Self::AnonymousClient
    }

    /// The name in logs.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        match self {
            Self::Sibling(name) => Some(name),
            Self::Admin => Some("admin"),
            Self::AnonymousClient => None,
        }
    }
}

fn bearer(request: &Request) -> Option<&str> {
    let (scheme, token) = request.headers.get("authorization")?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// Identifies the caller. The admin token is read only if the request carries one.
pub async fn caller_identity(
    platform: &impl Platform,
    sibling: Option<String>,
    request: &Request,
) -> CallerIdentity {
    if let Some(name) = sibling {
        return CallerIdentity::Sibling(name);
    }
    let Some(token) = bearer(request) else { return CallerIdentity::AnonymousClient };
    match platform.secret(ADMIN_TOKEN).await {
        Ok(secret) if secret.matches(token) => CallerIdentity::Admin,
        _ => CallerIdentity::AnonymousClient,
    }
}

/// Admits trusted callers only.
///
/// # Errors
/// 401 without a token, 403 with a wrong one.
pub fn require_trusted(caller_identity: &CallerIdentity, request: &Request) -> Result<(), Failure> {
    match caller_identity {
        CallerIdentity::AnonymousClient if request.headers.get("authorization").is_none() => {
            Err(Failure::Unauthorized)
        }
        CallerIdentity::AnonymousClient => {
            Err(Failure::Forbidden { detail: "the admin token or a known caller".to_owned() })
        }
        CallerIdentity::Sibling(_) | CallerIdentity::Admin => Ok(()),
    }
}

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
            search_token: header("x-search-token").or_else(|| bearer(request).map(str::to_owned)),
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
) -> Result<(), Failure> {
    let platform = request_env.platform();
    match (platform.secret(SEARCH_TOKEN).await, &credentials.search_token) {
        (Err(SecretError::Missing), _) => {}
        (Ok(token), Some(shown)) if token.matches(shown) => {}
        (Ok(_), Some(_)) => {
            return Err(Failure::Forbidden { detail: "the search token".to_owned() });
        }
        (Ok(_), None) => return Err(Failure::Unauthorized),
        // Fails closed when the search token cannot be read.
        (Err(SecretError::Unreadable), _) => {
            let detail = "the search token cannot be read".to_owned();
            return Err(Failure::Unavailable { detail, retry_after_ms: UNREADABLE_MS });
        }
    }
    // A limiter that fails must not shut the product down; the share of the day still holds.
    if platform.rate_limit(PUBLIC_MISS_LIMIT, &credentials.client).await == Some(false) {
        return Err(Failure::RateLimited { retry_after_ms: LIMIT_PERIOD_MS, local: true });
    }
    let asked = Acquire {
        units: calls,
        daily_units: smallest_day(&request_env).await,
        ..Acquire::one(LimiterName::PublicMisses, CallClass::Interactive)
    };
    limiter::acquire(&request_env, &asked).await.map(|_| ())
}

/// Units a day of the tightest provider; none if no provider has a bound.
async fn smallest_day<E: Platform>(request_env: &RequestEnv<E>) -> Option<u32> {
    let google = quota::has_google_key(request_env.platform())
        .then_some(request_env.config.google_daily_quota);
    let isbndb = quota::isbndb_daily_units(request_env).await;
    google.into_iter().chain(isbndb).min()
}
