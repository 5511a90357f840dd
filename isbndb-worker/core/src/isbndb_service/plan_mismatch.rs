//! Differences between the configured plan and the provider's report, and what to change.

use runtime::rate_limit::RateLimiter;

use crate::config::Config;
use crate::isbndb_api::subscription_plan::{IsbndbPlanLimits, IsbndbPlanName};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanMismatch {
    /// What differs, and which variable to change.
    pub detail: String,
    /// True if the key allows less than configured: warming is slower than expected.
    pub allows_less: bool,
}

/// Compares the plan with the provider's count and with the learned pace. The Worker follows the
/// provider's report in any case; a mismatch only names the difference.
pub fn find_plan_mismatch(
    config: &Config,
    limiter: &RateLimiter,
    slower_ms: Option<u64>,
) -> Option<PlanMismatch> {
    let day = of_day(&config.plan, limiter);
    let pace = slower_ms.map(|ms| of_pace(config, ms));
    let detail = match (&day, pace) {
        (None, None) => return None,
        (Some(day), None) => day.detail.clone(),
        (None, Some(pace)) => pace.detail,
        (Some(day), Some(pace)) => format!("{}; {}", day.detail, pace.detail),
    };
    Some(PlanMismatch {
        detail,
        allows_less: slower_ms.is_some() || day.is_some_and(|d| d.allows_less),
    })
}

fn of_day(plan: &IsbndbPlanLimits, limiter: &RateLimiter) -> Option<PlanMismatch> {
    let (name, configured) = (plan.name.as_str(), plan.daily_units);
    let daily_quota = limiter.daily_quota();
    let Some(total) = daily_quota.provider_total else {
        let (own, others) = (daily_quota.spent_by_us(), daily_quota.spent_elsewhere);
        let left = limiter.rate_limits().daily_units.saturating_sub(own.saturating_add(others));
        return is_unclear(plan, limiter).then(|| PlanMismatch {
            detail: format!(
                "{}, but ISBNdb reports that {left} are left today and {} were used here: set \
                 ISBNDB_PLAN to the plan of the key, unless other programs use the key too",
                setting(plan),
                own,
            ),
            allows_less: true,
        });
    };
    let (total_tenths, configured_tenths) = (u64::from(total) * 10, u64::from(configured) * 10);
    let allows_less = total_tenths < u64::from(configured) * 9;
    if plan.daily_fixed {
        return allows_less.then(|| PlanMismatch {
            detail: format!(
                "{}, but ISBNdb gives this key {total} units a day: lower it to {total}",
                setting(plan)
            ),
            allows_less,
        });
    }
    if !allows_less && total_tenths <= configured_tenths + u64::from(configured) {
        return None;
    }
    let advice = match IsbndbPlanName::ALL
        .into_iter()
        .find(|p| IsbndbPlanLimits::with_published_limits(*p).daily_units == total)
    {
        Some(other) => format!("set ISBNDB_PLAN={}", other.as_str()),
        None => "set ISBNDB_PLAN to the plan of the key".to_owned(),
    };
    Some(PlanMismatch {
        detail: format!(
            "{}, but ISBNdb gives this key {total} units a day: {advice}, or \
             ISBNDB_DAILY_QUOTA={total} if {name} is right",
            setting(plan)
        ),
        allows_less,
    })
}

/// True if the provider's count leaves more than half of the configured day unexplained, and the
/// provider does not state the size of the day.
pub fn is_unclear(plan: &IsbndbPlanLimits, limiter: &RateLimiter) -> bool {
    let others = u64::from(limiter.daily_quota().spent_elsewhere);
    limiter.daily_quota().provider_total.is_none() && others * 2 > u64::from(plan.daily_units)
}

/// The setting that the units a day come from.
fn setting(plan: &IsbndbPlanLimits) -> String {
    if plan.daily_fixed {
        format!("ISBNDB_DAILY_QUOTA is {}", plan.daily_units)
    } else {
        format!("ISBNDB_PLAN is {} ({} units a day)", plan.name.as_str(), plan.daily_units)
    }
}

fn of_pace(config: &Config, slower_ms: u64) -> PlanMismatch {
    let name = config.plan.name.as_str();
    let configured_ms = config.limits.mean_interval_ms();
    PlanMismatch {
        detail: format!(
            "ISBNDB_PLAN is {name} (a call every {configured_ms} ms), but ISBNdb accepts one every \
             {slower_ms} ms from this key: set ISBNDB_PLAN to the plan of the key, or \
             ISBNDB_INTERVAL_MS={slower_ms} if {name} is right"
        ),
        allows_less: true,
    }
}
