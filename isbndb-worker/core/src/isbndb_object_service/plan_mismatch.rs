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
    let Some(slower_ms) = slower_ms else { return day };
    let pace = of_pace(config, slower_ms);
    let detail = match day {
        Some(day) => format!("{}; {pace}", day.detail),
        None => pace,
    };
    Some(PlanMismatch { detail, allows_less: true })
}

fn of_day(plan: &IsbndbPlanLimits, limiter: &RateLimiter) -> Option<PlanMismatch> {
    let (name, configured) = (plan.name.as_str(), plan.daily_units);
    let daily_quota = limiter.daily_quota();
    let Some(total) = daily_quota.provider_total else {
        let (own, others) = (daily_quota.spent(), daily_quota.spent_elsewhere);
        let left = limiter.rate_limits().daily_units.saturating_sub(own.saturating_add(others));
        return is_unclear(plan, limiter).then(|| PlanMismatch {
            detail: format!(
                "{}, but ISBNdb reports that {left} are left today and {own} were used here: set \
                 ISBNDB_PLAN to the plan of the key, unless other programs use the key too",
                setting(plan),
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
    let advice = IsbndbPlanName::ALL
        .into_iter()
        .find(|other| IsbndbPlanLimits::with_published_limits(*other).daily_units == total)
        .map_or("set ISBNDB_PLAN to the plan of the key".to_owned(), |other| {
            format!("set ISBNDB_PLAN={}", other.as_str())
        });
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

/// The key allows a slower pace than configured.
fn of_pace(config: &Config, slower_ms: u64) -> String {
    let name = config.plan.name.as_str();
    let configured_ms = config.limits.mean_interval_ms();
    format!(
        "ISBNDB_PLAN is {name} (a call every {configured_ms} ms), but ISBNdb accepts one every \
         {slower_ms} ms from this key: set ISBNDB_PLAN to the plan of the key, or \
         ISBNDB_INTERVAL_MS={slower_ms} if {name} is right"
    )
}
