//! Many worlds, one a seed: their sums, and the broken rules.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use emulators::in_process_providers::SharedCatalogue;

use crate::rule_observations::Violation;
use crate::scenario::Scenario;
use crate::shrink::shrink;
use crate::sim_library::catalogue_csv;
use crate::world_run::{WorldOutcome, run_world};
use crate::{event_coverage, kv};

/// The free plan's limits a day.
const FREE_DAY: [(&str, u64); 4] = [
    ("kv writes", kv::WRITES_A_DAY),
    ("object requests", 100_000),
    ("requests", 100_000),
    ("rows written", 100_000),
];
/// The maximum of runs that shorten a plan.
const MOST_RUNS: u32 = 150;
/// One seed in so many has larger answers: books that are similar to those of the library.
const LARGE_EACH: u64 = 100;

/// The sums of all worlds.
#[derive(Default)]
pub struct WorldsSummary {
    worlds: u64,
    totals: BTreeMap<String, u64>,
    longest_answer_ms: u64,
    warm_after_ms: u64,
    failed: BTreeMap<u64, Vec<Violation>>,
}

/// The books of a seed. Each thread makes its own: worlds share nothing.
#[must_use]
pub fn catalogue_of_seed(seed: u64) -> SharedCatalogue {
    SharedCatalogue::of_csv(&catalogue_csv(), seed.is_multiple_of(LARGE_EACH))
}

/// Runs worlds on all cores, no more after so many minutes, and prints the sums. True if no rule
/// was broken.
#[must_use]
pub fn run_all(seeds: u64, days: u64, minutes: Option<u64>) -> bool {
    let (next, summary) = (AtomicU64::new(1), Mutex::new(WorldsSummary::default()));
    let began = machine_now();
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                let small = catalogue_of_seed(1);
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    let passed = machine_now().duration_since(began).as_secs() / 60;
                    if seed > seeds || minutes.is_some_and(|most| passed >= most) {
                        return;
                    }
                    let books = if seed.is_multiple_of(LARGE_EACH) {
                        catalogue_of_seed(seed)
                    } else {
                        small.clone()
                    };
                    let outcome = run_world(&Scenario::of_seed(seed, days), &books, false);
                    let mut summary = summary.lock().unwrap_or_else(PoisonError::into_inner);
                    summary.add_world_outcome(seed, outcome);
                    if summary.worlds.is_multiple_of(25) {
                        let (worlds, failed) = (summary.worlds, summary.failed.len());
                        println!("{worlds} of {seeds} worlds, {failed} failed");
                    }
                }
            });
        }
    });
    summary.into_inner().unwrap_or_else(PoisonError::into_inner).show(days)
}

/// The machine's own clock: only the runner uses it, no world does.
#[expect(clippy::disallowed_methods, reason = "the ban is for wasm; this program is native only")]
fn machine_now() -> Instant {
    Instant::now()
}

impl WorldsSummary {
    pub fn add_world_outcome(&mut self, seed: u64, outcome: WorldOutcome) {
        self.worlds += 1;
        let is_large = u64::from(seed.is_multiple_of(LARGE_EACH));
        *self.totals.entry("worlds with large bodies".to_owned()).or_default() += is_large;
        for (name, count) in outcome.counts {
            *self.totals.entry(without_day(&name)).or_default() += count;
        }
        self.longest_answer_ms = self.longest_answer_ms.max(outcome.longest_answer_ms);
        self.warm_after_ms = self.warm_after_ms.max(outcome.warm_after_ms);
        if let Some(Violation { rule, after_ms, detail }) = outcome.violations.first() {
            println!("seed {seed}: {rule} after {} s: {detail}", after_ms / 1_000);
            self.failed.insert(seed, outcome.violations);
        }
    }

    /// Prints the sums, and the first plan that broke a rule, shortened. True if no rule was
    /// broken.
    #[must_use]
    pub fn show(&self, days: u64) -> bool {
        println!("\n{:<36} {:>12} {:>12}", "", "all worlds", "a day");
        for (name, count) in &self.totals {
            let a_day = count / (self.worlds * days).max(1);
            let free = FREE_DAY.iter().find(|(known, _)| known == name);
            let share =
                free.map(|(_, most)| format!("{:>5} % of the free day", a_day * 100 / most));
            println!("{name:<36} {count:>12} {a_day:>12} {}", share.unwrap_or_default());
        }
        let (answer_ms, warm_h) = (self.longest_answer_ms, self.warm_after_ms / 3_600_000);
        println!("longest answer {answer_ms} ms; warm {warm_h} h after the last fault at most");
        println!("{} worlds, {} failed", self.worlds, self.failed.len());
        let missing = event_coverage::missing_events(&self.totals);
        let is_covered = self.worlds < event_coverage::WORLDS || missing.is_empty();
        if !is_covered {
            println!("no world had: {}", missing.join(", "));
        }
        if let Some((seed, violations)) = self.failed.first_key_value() {
            let rule = violations.first().map_or("", |violation| violation.rule);
            show_shortened(*seed, rule, days);
        }
        self.failed.is_empty() && is_covered
    }
}

fn show_shortened(seed: u64, rule: &str, days: u64) {
    println!("\nseed {seed}, shortened while `{rule}` is broken:");
    let plan = Scenario::of_seed(seed, days);
    for event in shrink(&plan, rule, &catalogue_of_seed(seed), MOST_RUNS).events {
        let what: String = format!("{:?}", event.what).chars().take(200).collect();
        println!("{:>9} s {what}", event.after_ms / 1_000);
    }
    println!("replay: cargo xtask simulate --seed {seed} --days {days} --trace");
}

/// Counts of a day are added up over the days.
#[must_use]
pub fn without_day(name: &str) -> String {
    match name.strip_prefix("day ").and_then(|rest| rest.split_once(' ')) {
        Some((_, name)) => name.to_owned(),
        None => name.to_owned(),
    }
}
