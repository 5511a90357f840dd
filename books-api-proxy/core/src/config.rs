//! The proxy's vars: read once and checked; an error names the var.

use ports::binding_manifest::Var;
use runtime::cache_policy::CacheTtlSettings;
use runtime::config::{ConfigError, Vars};
use runtime::resilient_client::ResilientClientSettings;

use crate::binding_manifest::{
    ALLOWED_ORIGINS, CACHE_COLD_TTL, CACHE_HOT_TTL, GOOGLE_BOOKS_BASE_URL, GOOGLE_CALLS_PER_MINUTE,
    GOOGLE_COUNTRY, GOOGLE_DAILY_QUOTA, GOOGLE_KEYS_INDEPENDENT, GOOGLE_WARM_SHARE,
    MAX_BOOKS_PER_AUTHOR, MAX_RESULTS_DEFAULT, MEMORY_TIER_BYTES, NEGATIVE_TTL,
    OPEN_LIBRARY_BASE_URL, OPEN_LIBRARY_CONTACT, OPEN_LIBRARY_INTERVAL_MS, PARTIAL_TTL,
    PUBLIC_SHARE, RATE_LIMIT_MS, SEARCH_DEADLINE_MS, STALE_TTL, WARM_SEARCHES,
};

/// Items on a stored page, and the largest `maxResults`: Google's own limit.
pub const STORED_PAGE_MAX_ITEMS: u32 = 40;

#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    pub times: CacheTtlSettings,
    /// The default of `maxResults`.
    pub max_results_default: u32,
    pub max_books_per_author: u32,
    /// Least time between calls to one provider.
    pub rate_limit_ms: u64,
    pub google_base_url: String,
    pub open_library_base_url: String,
    pub open_library_contact: Option<String>,
    /// Origins whose pages may read answers, or `*`.
    pub allowed_origins: Vec<String>,
    /// Share of a provider's day that misses of anonymous clients may use.
    pub public_share: f64,
    /// Share of Google's day that warming may use.
    pub google_warm_share: f64,
    /// True if each of the two Google keys has its own quota.
    pub google_keys_independent: bool,
    pub google_daily_quota: u32,
    pub google_calls_per_minute: u32,
    /// Least time between calls to Open Library, if not that of its policy: for a mirror.
    pub open_library_interval_ms: Option<u64>,
    /// The country sent to Google: without it the answer depends on the data centre.
    pub google_country: String,
    /// Size of the memory tier; 0 turns it off.
    pub memory_tier_bytes: usize,
    pub search_deadline_ms: u64,
    /// True if queries that miss are logged, so that they can be warmed.
    pub warm_searches: bool,
    pub client_settings: ResilientClientSettings,
}

/// The longest time for a provider call. It is longer than the search deadline, because a late
/// answer still improves the entry.
pub const PROVIDER_BUDGET_MS: u64 = 15_000;

/// How long an ISBN search waits for the other providers once one has the book.
pub const ISBN_GRACE_MS: u64 = 150;

impl Config {
    pub fn from_vars(source: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let vars = Vars::new(source);
        const YEAR_SECS: u64 = 31_536_000;
        let secs = |var: Var, default: u64, least: u64| {
            vars.bounded_number(var, default, least..=YEAR_SECS).map(|secs| secs * 1_000)
        };
        let contact = vars.var_text(OPEN_LIBRARY_CONTACT).filter(|c| !c.starts_with("FILL_IN"));
        if contact.as_deref().is_some_and(|c| !c.is_ascii() || c.contains(['(', ')', '\n'])) {
            return Err(ConfigError::new(
                OPEN_LIBRARY_CONTACT,
                "an e-mail address or a page, in ASCII without brackets, is expected",
            ));
        }
        let country = vars.var_text(GOOGLE_COUNTRY).unwrap_or_else(|| "US".to_owned());
        if country.len() != 2 || !country.bytes().all(|b| b.is_ascii_uppercase()) {
            return Err(ConfigError::new(GOOGLE_COUNTRY, "two capital letters are expected"));
        }
        Ok(Self {
            times: CacheTtlSettings {
                hot_ttl_ms: secs(CACHE_HOT_TTL, 3_600, 60)?,
                cold_ttl_ms: secs(CACHE_COLD_TTL, 604_800, 1)?,
                negative_ttl_ms: secs(NEGATIVE_TTL, 3_600, 1)?,
                partial_ttl_ms: secs(PARTIAL_TTL, 300, 1)?,
                stale_ttl_ms: secs(STALE_TTL, 7_776_000, 0)?,
            },
            max_results_default: vars.bounded_number(
                MAX_RESULTS_DEFAULT,
                STORED_PAGE_MAX_ITEMS,
                1..=STORED_PAGE_MAX_ITEMS,
            )?,
            max_books_per_author: vars.bounded_number(MAX_BOOKS_PER_AUTHOR, 50, 1..=1_000)?,
            rate_limit_ms: vars.bounded_number(RATE_LIMIT_MS, 100, 0..=60_000)?,
            google_base_url: vars.base_url(GOOGLE_BOOKS_BASE_URL, "https://www.googleapis.com")?,
            open_library_base_url: vars
                .base_url(OPEN_LIBRARY_BASE_URL, "https://openlibrary.org")?,
            open_library_contact: contact,
            allowed_origins: parse_origins(
                vars.var_text(ALLOWED_ORIGINS).as_deref().unwrap_or("*"),
            )?,
            public_share: vars.fraction_or_default(PUBLIC_SHARE, 0.3)?,
            google_warm_share: vars.fraction_or_default(GOOGLE_WARM_SHARE, 0.5)?,
            google_keys_independent: vars.boolean(GOOGLE_KEYS_INDEPENDENT, false)?,
            google_daily_quota: vars.bounded_number(GOOGLE_DAILY_QUOTA, 1_000, 1..=100_000_000)?,
            google_calls_per_minute: vars.bounded_number(
                GOOGLE_CALLS_PER_MINUTE,
                100,
                1..=100_000,
            )?,
            open_library_interval_ms: match vars.var_text(OPEN_LIBRARY_INTERVAL_MS) {
                Some(_) => Some(vars.bounded_number(OPEN_LIBRARY_INTERVAL_MS, 0, 0..=60_000)?),
                None => None,
            },
            google_country: country,
            memory_tier_bytes: vars.bounded_number(MEMORY_TIER_BYTES, 8_388_608, 0..=33_554_432)?,
            search_deadline_ms: vars.bounded_number(SEARCH_DEADLINE_MS, 4_000, 50..=9_000)?,
            warm_searches: vars.boolean(WARM_SEARCHES, false)?,
            client_settings: ResilientClientSettings::from_vars(&vars)?,
        })
    }
}

fn parse_origins(text: &str) -> Result<Vec<String>, ConfigError> {
    let origins: Vec<String> = text.split(',').map(|o| o.trim().to_owned()).collect();
    let sound = |o: &String| {
        o == "*"
            || (o.starts_with("https://") || o.starts_with("http://"))
                && !o.ends_with('/')
                && o.is_ascii()
                && o.matches('/').count() == 2
    };
    if origins.iter().all(sound) {
        Ok(origins)
    } else {
        Err(ConfigError::new(
            ALLOWED_ORIGINS,
            "`*` or a comma-separated list of https://host without a path is expected",
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_var(name: &'static str, value: &'static str) -> Result<Config, ConfigError> {
        Config::from_vars(move |n| (n == name).then(|| value.to_owned()))
    }

    #[test]
    fn without_vars_the_documented_defaults_hold() {
        let config = with_var("", "").unwrap();
        assert_eq!(config.times.hot_ttl_ms, 3_600_000);
        assert_eq!(config.times.cold_ttl_ms, 604_800_000);
        assert_eq!(config.times.partial_ttl_ms, 300_000);
        assert_eq!(config.times.stale_ttl_ms, 7_776_000_000);
        assert_eq!((config.max_results_default, config.rate_limit_ms), (40, 100));
        assert_eq!(config.allowed_origins, ["*"]);
        assert!(!config.warm_searches);
    }

    #[test]
    fn an_error_names_the_bad_var() {
        for (name, value) in [
            ("CACHE_HOT_TTL", "59"),
            ("CACHE_COLD_TTL", "week"),
            ("MAX_RESULTS_DEFAULT", "41"),
            ("PUBLIC_SHARE", "30"),
            ("ALLOWED_ORIGINS", "example.org"),
            ("ALLOWED_ORIGINS", "https://a.example/"),
            ("GOOGLE_BOOKS_BASE_URL", "http://example.org"),
            ("GOOGLE_COUNTRY", "us"),
            ("GOOGLE_KEYS_INDEPENDENT", "yes"),
            ("WARM_SEARCHES", "on"),
            ("OPEN_LIBRARY_CONTACT", "me (at) home"),
        ] {
            assert_eq!(with_var(name, value).unwrap_err().name, name, "{value}");
        }
        let origins =
            with_var("ALLOWED_ORIGINS", "https://a.example, http://localhost:3000").unwrap();
        assert_eq!(origins.allowed_origins.len(), 2);
        assert_eq!(
            with_var("OPEN_LIBRARY_CONTACT", "FILL_IN_CONTACT").unwrap().open_library_contact,
            None
        );
    }
}
