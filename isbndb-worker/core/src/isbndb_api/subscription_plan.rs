//! What each ISBNdb plan allows.
//!
//! Hosts, pace and bulk size are from ISBNdb's API documentation v2. Sources disagree about the
//! daily quotas, so these are defaults: `ISBNDB_DAILY_QUOTA` replaces them, and without it the
//! provider's report does (`ratelimit` headers, `GET /key`).

/// Most results of one query that the provider returns, over all pages.
pub const MAX_RESULTS: u32 = 10_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IsbndbPlanName {
    Basic,
    /// The host and pace of Basic, with small bulk calls.
    Academic,
    Premium,
    Pro,
    Enterprise,
}

impl IsbndbPlanName {
    pub const ALL: [Self; 5] =
        [Self::Basic, Self::Academic, Self::Premium, Self::Pro, Self::Enterprise];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Basic => "basic",
            Self::Academic => "academic",
            Self::Premium => "premium",
            Self::Pro => "pro",
            Self::Enterprise => "enterprise",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|plan| plan.as_str().eq_ignore_ascii_case(text.trim()))
    }
}

/// What a plan allows; a variable can override each number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IsbndbPlanLimits {
    pub name: IsbndbPlanName,
    /// Scheme and host, no slash at the end. Another plan's host refuses the key.
    pub base_url: String,
    /// Least interval between two calls on this plan.
    pub interval_ms: u64,
    pub calls_per_minute: u32,
    pub daily_units: u32,
    /// True if `ISBNDB_DAILY_QUOTA` set `daily_units`.
    pub daily_fixed: bool,
    pub bulk_size: u32,
    pub page_size: u32,
}

impl IsbndbPlanLimits {
    pub fn with_published_limits(name: IsbndbPlanName) -> Self {
        let (host, calls_per_second, daily_units, bulk_size) = match name {
            IsbndbPlanName::Basic => ("api2.isbndb.com", 1, 1_000, 100),
            IsbndbPlanName::Academic => ("api2.isbndb.com", 1, 2_000, 10),
            IsbndbPlanName::Premium => ("api.premium.isbndb.com", 3, 5_000, 1_000),
            IsbndbPlanName::Pro => ("api.pro.isbndb.com", 5, 15_000, 1_000),
            IsbndbPlanName::Enterprise => ("api.enterprise.isbndb.com", 10, 50_000, 1_000),
        };
        Self {
            name,
            base_url: format!("https://{host}"),
            interval_ms: 1_000_u64.div_ceil(calls_per_second),
            calls_per_minute: u32::try_from(calls_per_second * 60).unwrap_or(u32::MAX),
            daily_units,
            daily_fixed: false,
            bulk_size,
            page_size: 1_000,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_without_regard_to_case() {
        for plan in IsbndbPlanName::ALL {
            assert_eq!(IsbndbPlanName::parse(&plan.as_str().to_uppercase()), Some(plan));
        }
        assert_eq!(IsbndbPlanName::parse("gold"), None);
    }
}
