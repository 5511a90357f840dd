//! `cargo xtask simulate`: runs worlds, one a seed, and says what broke.

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use clap::Parser;
use emulators::in_process::Books;
use simulation::faults::Planted;
use simulation::kv;
use simulation::library::catalogue_csv;
use simulation::plan::Plan;
use simulation::rules::Violation;
use simulation::run::{Outcome, run};
use simulation::shorten::shorten;

/// Runs the three Workers in one process under seeds.
#[derive(Debug, Parser)]
struct Options {
    /// How many worlds, from seed 1 on.
    #[arg(long, default_value_t = 100)]
    seeds: u64,
    /// Days of each world, before its final state.
    #[arg(long, default_value_t = 1)]
    days: u64,
    /// No world is begun after so many minutes.
    #[arg(long)]
    minutes: Option<u64>,
    /// This world alone, twice.
    #[arg(long)]
    seed: Option<u64>,
    /// Breaks one rule after the other on purpose, and says how many worlds it takes to find each.
    #[arg(long)]
    planted: bool,
    /// Prints the trace of the world.
    #[arg(long)]
    trace: bool,
}

/// What the free plan gives a day.
const FREE_DAY: [(&str, u64); 4] = [
    ("kv writes", kv::WRITES_A_DAY),
    ("object requests", 100_000),
    ("requests", 100_000),
    ("rows written", 100_000),
];
/// Worlds that are run at most to shorten a plan.
const MOST_RUNS: u32 = 150;
/// A seed of so many has larger answers: books that are similar to those of the library.
const LARGE_EACH: u64 = 100;

/// What all worlds together came to.
#[derive(Default)]
struct Summary {
    worlds: u64,
    totals: BTreeMap<String, u64>,
    longest_answer_ms: u64,
    warm_after_ms: u64,
    failed: BTreeMap<u64, Vec<Violation>>,
}

/// The books of a seed. Each thread has its own: a world knows no other.
struct Shelf {
    small: Books,
    large: Option<Books>,
}

impl Shelf {
    fn new() -> Self {
        Self { small: Books::of_csv(&catalogue_csv(), false), large: None }
    }

    fn of_seed(&mut self, seed: u64) -> &Books {
        if !seed.is_multiple_of(LARGE_EACH) {
            return &self.small;
        }
        self.large.get_or_insert_with(|| Books::of_csv(&catalogue_csv(), true))
    }
}

fn main() -> ExitCode {
    let options = Options::parse();
    if options.planted {
        return find_planted(&options);
    }
    match options.seed {
        Some(seed) => replay(seed, &options),
        None => run_all(&options),
    }
}

/// Plants each fault, and runs worlds until a rule finds it.
fn find_planted(options: &Options) -> ExitCode {
    let mut shelf = Shelf::new();
    let mut all_found = true;
    for planted in Planted::ALL {
        let mut broken = |seed: &u64| {
            let plan = Plan::of_seed(*seed, options.days);
            let plan = Plan { planted: Some(planted), ..plan };
            run(&plan, shelf.of_seed(*seed), false).violations.first().cloned()
        };
        let found = (1..=options.seeds).find_map(|seed| Some((seed, broken(&seed)?)));
        match &found {
            Some((seed, first)) => {
                println!("{planted:?}: found by {} in seed {seed}", first.rule)
            }
            None => println!("{planted:?}: not found in {} worlds", options.seeds),
        }
        all_found &= found.is_some();
    }
    if all_found { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// One world, twice: the traces are equal to the byte.
fn replay(seed: u64, options: &Options) -> ExitCode {
    let (plan, mut shelf) = (Plan::of_seed(seed, options.days), Shelf::new());
    let outcome = run(&plan, shelf.of_seed(seed), true);
    if options.trace {
        print!("{}", outcome.trace);
    }
    if run(&plan, shelf.of_seed(seed), true) != outcome {
        println!("seed {seed}: a second run differs");
        return ExitCode::FAILURE;
    }
    println!("seed {seed}: {} bytes of trace, the same twice", outcome.trace.len());
    let mut summary = Summary::default();
    summary.add(seed, outcome);
    summary.show(options.days);
    summary.shorten_first(options, &mut shelf)
}

fn run_all(options: &Options) -> ExitCode {
    let (next, summary) = (AtomicU64::new(1), Mutex::new(Summary::default()));
    let began = now();
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                let mut shelf = Shelf::new();
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    let is_late = options.minutes.is_some_and(|most| minutes_of(began) >= most);
                    if seed > options.seeds || is_late {
                        return;
                    }
                    let plan = Plan::of_seed(seed, options.days);
                    let outcome = run(&plan, shelf.of_seed(seed), false);
                    let mut summary = summary.lock().unwrap_or_else(PoisonError::into_inner);
                    summary.add(seed, outcome);
                    if summary.worlds.is_multiple_of(25) {
                        let (worlds, failed) = (summary.worlds, summary.failed.len());
                        println!("{worlds} of {} worlds, {failed} failed", options.seeds);
                    }
                }
            });
        }
    });
    let summary = summary.into_inner().unwrap_or_else(PoisonError::into_inner);
    summary.show(options.days);
    summary.shorten_first(options, &mut Shelf::new())
}

/// The machine's own clock: only the runner looks at it, no world does.
#[expect(clippy::disallowed_methods, reason = "the ban is for wasm; this program is native only")]
fn now() -> Instant {
    Instant::now()
}

fn minutes_of(began: Instant) -> u64 {
    now().duration_since(began).as_secs() / 60
}

impl Summary {
    fn add(&mut self, seed: u64, outcome: Outcome) {
        self.worlds += 1;
        for (name, count) in outcome.counts {
            *self.totals.entry(without_day(&name)).or_default() += count;
        }
        self.longest_answer_ms = self.longest_answer_ms.max(outcome.longest_answer_ms);
        self.warm_after_ms = self.warm_after_ms.max(outcome.warm_after_ms);
        if let Some(first) = outcome.violations.first() {
            println!(
                "seed {seed}: {} after {} s: {}",
                first.rule,
                first.after_ms / 1_000,
                first.detail
            );
            self.failed.insert(seed, outcome.violations);
        }
    }

    fn show(&self, days: u64) {
        println!("\n{:<32} {:>12} {:>12}", "", "all worlds", "a day");
        for (name, count) in &self.totals {
            let a_day = count / (self.worlds * days).max(1);
            let free = FREE_DAY.iter().find(|(known, _)| known == name);
            let share =
                free.map(|(_, most)| format!("{:>5} % of the free day", a_day * 100 / most));
            println!("{name:<32} {count:>12} {a_day:>12} {}", share.unwrap_or_default());
        }
        let (answer_ms, warm_ms) = (self.longest_answer_ms, self.warm_after_ms);
        println!(
            "longest answer {answer_ms} ms; warm {} h after the last fault at most",
            warm_ms / 3_600_000
        );
        println!("{} worlds, {} failed", self.worlds, self.failed.len());
    }

    fn shorten_first(&self, options: &Options, shelf: &mut Shelf) -> ExitCode {
        let Some((seed, violations)) = self.failed.first_key_value() else {
            return ExitCode::SUCCESS;
        };
        let rule = violations.first().map_or("", |violation| violation.rule);
        println!("\nseed {seed}, shortened while `{rule}` is broken:");
        let plan = Plan::of_seed(*seed, options.days);
        for event in shorten(&plan, rule, shelf.of_seed(*seed), MOST_RUNS).events {
            let what: String = format!("{:?}", event.what).chars().take(200).collect();
            println!("{:>9} s {what}", event.after_ms / 1_000);
        }
        println!("replay: cargo xtask simulate --seed {seed} --days {} --trace", options.days);
        ExitCode::FAILURE
    }
}

/// Counts of a day are added up over the days.
fn without_day(name: &str) -> String {
    match name.strip_prefix("day ").and_then(|rest| rest.split_once(' ')) {
        Some((_, name)) => name.to_owned(),
        None => name.to_owned(),
    }
}
