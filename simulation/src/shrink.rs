//! Makes a failing plan as short as it can be while it still breaks the same rule.

use emulators::in_process_providers::SharedCatalogue;

use crate::scenario::Scenario;
use crate::world_run::run_world;

/// Removes events, first in halves, then in smaller parts, while `rule` is still broken; runs a
/// limited number of worlds.
#[must_use]
pub fn shrink(plan: &Scenario, rule: &str, books: &SharedCatalogue, most_runs: u32) -> Scenario {
    let mut shortest = plan.clone();
    let mut part = shortest.events.len().div_ceil(2);
    let mut runs = 0;
    while part > 0 && runs < most_runs {
        let mut from = 0;
        while from < shortest.events.len() && runs < most_runs {
            let mut tried = shortest.clone();
            let end = (from + part).min(tried.events.len());
            tried.events.drain(from..end);
            runs += 1;
            let violations = run_world(&tried, books, false).violations;
            if violations.iter().any(|violation| violation.rule == rule) {
                shortest = tried;
            } else {
                from = end;
            }
        }
        part /= 2;
    }
    shortest
}
