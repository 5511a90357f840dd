//! The ISBNdb Worker's variables, checked as a whole: an error names the one that is wrong.

use runtime::config::{ConfigError, Vars};
use runtime::rate_limit::{
    self, QuotaTimeZone, RateLimits, RollingWindowLimit, guarded_interval_ms, whole_percent,
};

use crate::binding_manifest::{
    BACKGROUND_WAIT_MS, INTERACTIVE_SHARE, INTERACTIVE_WAIT_MS, ISBNDB_BASE_URL, ISBNDB_BULK_SIZE,
    ISBNDB_CALLS_PER_MINUTE, ISBNDB_DAILY_QUOTA, ISBNDB_INTERVAL_MS, ISBNDB_PAGE_SIZE, ISBNDB_PLAN,
    MAX_BOOKS_PER_AUTHOR, PACE_SHARE, PUBLIC_SHARE, RATE_LIMIT_MS,
};
use crate::isbndb_api::subscription_plan::{IsbndbPlanLimits, IsbndbPlanName};

/// A smaller share of the plan's pace would practically stop the ISBNdb Worker.
const LEAST_PACE_SHARE: f64 = 0.01;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    pub plan: IsbndbPlanLimits,
    pub limits: RateLimits,
    pub max_page_size: u32,
    /// Percent of the key's pace and day that this Worker may use.
    pace_share_percent: u8,
}

impl Config {
    pub fn read(vars: &Vars<'_>) -> Result<Self, ConfigError> {
        let plan = read_plan(vars)?;
        let rate_limit_ms = vars.bounded_number(RATE_LIMIT_MS, 100, 0..=60_000)?;
        let pace_share = vars.fraction_or_default(PACE_SHARE, 1.0)?;
        if pace_share < LEAST_PACE_SHARE {
            return Err(ConfigError::new(PACE_SHARE, "is less than a hundredth"));
        }
        let pace_share_percent = whole_percent(pace_share);
        // Two Workers with one key (staging and production) divide its pace and its day.
        let part = |number: u32| {
            let part = u64::from(number) * u64::from(pace_share_percent) / 100;
            u32::try_from(part).unwrap_or(u32::MAX).max(1)
        };
        let limits = RateLimits {
            // The slower of the plan's pace and `RATE_LIMIT_MS`.
            interval_ms: shared_interval_ms(plan.interval_ms, pace_share_percent)
                .max(rate_limit_ms),
            window: Some(RollingWindowLimit {
                calls: part(plan.calls_per_minute),
                span_ms: 60_000,
            }),
            daily_units: part(plan.daily_units),
            // A share of a day holds only if the provider's report cannot raise it again.
            daily_fixed: plan.daily_fixed || pace_share_percent < 100,
            day: QuotaTimeZone::Utc,
            interactive_reserve_percent: whole_percent(
                vars.fraction_or_default(INTERACTIVE_SHARE, 0.1)?,
            ),
            public_share_percent: whole_percent(vars.fraction_or_default(PUBLIC_SHARE, 0.3)?),
            interactive_wait_ms: vars.bounded_number(
                INTERACTIVE_WAIT_MS,
                rate_limit::INTERACTIVE_WAIT_MS,
                0..=30_000,
            )?,
            background_wait_ms: vars.bounded_number(
                BACKGROUND_WAIT_MS,
                rate_limit::BACKGROUND_SLOT_WAIT_MS,
                0..=60_000,
            )?,
        };
        Ok(Self {
            limits,
            max_page_size: vars.bounded_number(MAX_BOOKS_PER_AUTHOR, 50, 1..=1_000)?,
            pace_share_percent,
            plan,
        })
    }

    /// The interval between two calls that this Worker keeps: with the guard, and longer if it has
    /// only a share of the key's pace.
    pub fn with_share_ms(&self, interval_ms: u64) -> u64 {
        shared_interval_ms(interval_ms, self.pace_share_percent)
    }
}

fn read_plan(vars: &Vars<'_>) -> Result<IsbndbPlanLimits, ConfigError> {
    let name = match vars.var_text(ISBNDB_PLAN) {
        None => IsbndbPlanName::Basic,
        Some(text) => IsbndbPlanName::parse(&text).ok_or_else(|| {
            let known: Vec<&str> = IsbndbPlanName::ALL.iter().map(|plan| plan.as_str()).collect();
            ConfigError::new(ISBNDB_PLAN, format!("{text:?} is none of {}", known.join(", ")))
        })?,
    };
    let documented = IsbndbPlanLimits::with_published_limits(name);
    let positive = |var, default: u32, most| vars.bounded_number(var, default, 1..=most);
    Ok(IsbndbPlanLimits {
        name,
        base_url: vars.base_url(ISBNDB_BASE_URL, &documented.base_url)?,
        interval_ms: vars.bounded_number(
            ISBNDB_INTERVAL_MS,
            documented.interval_ms,
            1..=600_000,
        )?,
        calls_per_minute: positive(ISBNDB_CALLS_PER_MINUTE, documented.calls_per_minute, 60_000)?,
        daily_units: positive(ISBNDB_DAILY_QUOTA, documented.daily_units, 10_000_000)?,
        daily_fixed: vars.var_text(ISBNDB_DAILY_QUOTA).is_some(),
        bulk_size: positive(ISBNDB_BULK_SIZE, documented.bulk_size, 1_000)?,
        page_size: positive(ISBNDB_PAGE_SIZE, documented.page_size, 1_000)?,
    })
}

fn shared_interval_ms(interval_ms: u64, share_percent: u8) -> u64 {
    (guarded_interval_ms(interval_ms) * 100).div_ceil(u64::from(share_percent))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pairs: &[(&str, &str)]) -> Result<Config, ConfigError> {
        let pairs: Vec<(String, String)> =
            pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Config::read(&Vars::new(move |name| {
            pairs.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone())
        }))
    }

    #[test]
    fn without_variables_it_is_the_basic_plan() {
        let config = read(&[]).unwrap();
        assert_eq!(config.plan, IsbndbPlanLimits::with_published_limits(IsbndbPlanName::Basic));
        assert_eq!(
            (config.limits.interval_ms, config.limits.interactive_reserve_percent),
            (1_030, 10)
        );
        assert_eq!(config.max_page_size, 50);
    }

    #[test]
    fn a_small_share_is_a_percent_and_no_share_is_none() {
        for (share, percent) in [("0", 0), ("0.004", 1), ("0.126", 13), ("0.999", 100), ("1", 100)]
        {
            let limits =
                read(&[("INTERACTIVE_SHARE", share), ("PUBLIC_SHARE", share)]).unwrap().limits;
            let both = (limits.interactive_reserve_percent, limits.public_share_percent);
            assert_eq!(both, (percent, percent), "{share}");
        }
    }

    #[test]
    fn every_number_of_a_plan_can_be_overridden() {
        let config = read(&[
            ("ISBNDB_PLAN", "Pro"),
            ("ISBNDB_BASE_URL", "http://127.0.0.1:4000/isbndb/"),
            ("ISBNDB_INTERVAL_MS", "50"),
            ("ISBNDB_CALLS_PER_MINUTE", "100"),
            ("ISBNDB_DAILY_QUOTA", "7500"),
            ("ISBNDB_BULK_SIZE", "250"),
            ("ISBNDB_PAGE_SIZE", "500"),
            ("RATE_LIMIT_MS", "0"),
            ("INTERACTIVE_SHARE", "0.25"),
            ("INTERACTIVE_WAIT_MS", "5000"),
        ])
        .unwrap();
        assert_eq!(config.plan.base_url, "http://127.0.0.1:4000/isbndb");
        assert_eq!((config.plan.bulk_size, config.plan.page_size), (250, 500));
        assert_eq!((config.limits.daily_units, config.limits.daily_fixed), (7_500, true));
        assert_eq!(
            (config.limits.interval_ms, config.limits.interactive_reserve_percent),
            (52, 25)
        );
        assert_eq!(config.limits.interactive_wait_ms, 5_000);
    }

    #[test]
    fn the_pace_is_the_slower_of_plan_and_setting() {
        for (plan, rate_limit_ms, interval_ms) in [
            ("basic", "100", 1_030),
            ("basic", "1500", 1_500),
            ("premium", "100", 345),
            ("pro", "100", 206),
            ("enterprise", "100", 103),
            ("enterprise", "250", 250),
        ] {
            let config = read(&[("ISBNDB_PLAN", plan), ("RATE_LIMIT_MS", rate_limit_ms)]).unwrap();
            assert_eq!(config.limits.interval_ms, interval_ms, "{plan}");
        }
    }

    #[test]
    fn a_share_divides_pace_and_day() {
        let limits = read(&[("PACE_SHARE", "0.5")]).unwrap().limits;
        assert_eq!((limits.interval_ms, limits.daily_units), (2_060, 500));
        assert!(limits.daily_fixed);
    }

    #[test]
    fn a_bad_variable_is_named() {
        for (name, value) in [
            ("ISBNDB_PLAN", "gold"),
            ("RATE_LIMIT_MS", "fast"),
            ("MAX_BOOKS_PER_AUTHOR", "0"),
            ("ISBNDB_DAILY_QUOTA", "-1"),
            ("ISBNDB_BULK_SIZE", "1001"),
            ("ISBNDB_BASE_URL", "http://example.org"),
            ("PACE_SHARE", "2"),
            ("PACE_SHARE", "0.001"),
            ("INTERACTIVE_SHARE", "50%"),
        ] {
            let error = read(&[(name, value)]).unwrap_err();
            assert_eq!(error.name, name);
        }
    }
}
