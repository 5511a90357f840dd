//! `cargo xtask simulate`: runs worlds, one a seed, and says what broke.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use clap::Parser;
use emulators::in_process::Books;
use simulation::faults::RULES;
use simulation::library::catalogue_csv;
use simulation::plan::Plan;
use simulation::rules::Violation;
use simulation::run::{Outcome, run, warm};
use simulation::shorten::shorten;
use simulation::{coverage, kv};

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
    /// Warms this library, without faults and clients, and prints what it cost.
    #[arg(long, requires = "catalogue")]
    library: Option<PathBuf>,
    /// The books that the providers know then.
    #[arg(long)]
    catalogue: Option<PathBuf>,
    /// What the Workers' configs say then, as `NAME=VALUE`.
    #[arg(long)]
    var: Vec<String>,
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
fn books_of(seed: u64) -> Books {
    Books::of_csv(&catalogue_csv(), seed.is_multiple_of(LARGE_EACH))
}

fn main() -> ExitCode {
    let options = Options::parse();
    match (&options.library, &options.catalogue, options.seed) {
        (Some(library), Some(catalogue), _) => warm_library(library, catalogue, &options.var),
        (_, _, Some(seed)) => replay(seed, &options),
        _ if options.planted => find_planted(&options),
        _ => run_all(&options),
    }
}

/// Warms one library and prints what was counted, as JSON.
fn warm_library(library: &PathBuf, catalogue: &PathBuf, vars: &[String]) -> ExitCode {
    let (Ok(library), Ok(catalogue)) = (std::fs::read_to_string(library), std::fs::read(catalogue))
    else {
        println!("a file cannot be read");
        return ExitCode::FAILURE;
    };
    // The names live as long as the program does.
    let vars = vars.iter().filter_map(|var| var.split_once('='));
    let vars = vars.map(|(name, value)| (&*name.to_owned().leak(), value.to_owned())).collect();
    let counts = warm(&Plan::of_library(library, vars), &Books::of_csv(&catalogue, true));
    let mut totals = BTreeMap::<String, u64>::new();
    counts.iter().for_each(|(name, count)| *totals.entry(without_day(name)).or_default() += count);
    println!("{}", serde_json::json!(totals));
    ExitCode::SUCCESS
}

/// Plants each fault, and runs worlds until its rule finds it.
fn find_planted(options: &Options) -> ExitCode {
    let books = books_of(1);
    let mut all_found = true;
    for (rule, planted) in RULES {
        let is_found = |seed: &u64| {
            let plan = Plan { planted: Some(planted), ..Plan::of_seed(*seed, options.days) };
            run(&plan, &books, false).violations.iter().any(|violation| violation.rule == rule)
        };
        let found = (1..=options.seeds).find(is_found);
        println!("{rule}: {planted:?} found in seed {found:?}");
        all_found &= found.is_some();
    }
    if all_found { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// One world, twice: the traces are equal to the byte.
fn replay(seed: u64, options: &Options) -> ExitCode {
    let (plan, books) = (Plan::of_seed(seed, options.days), books_of(seed));
    let outcome = run(&plan, &books, true);
    if options.trace {
        print!("{}", outcome.trace);
    }
    if run(&plan, &books, true) != outcome {
        println!("seed {seed}: a second run differs");
        return ExitCode::FAILURE;
    }
    println!("seed {seed}: {} bytes of trace, the same twice", outcome.trace.len());
    let mut summary = Summary::default();
    summary.add(seed, outcome);
    summary.show(options)
}

fn run_all(options: &Options) -> ExitCode {
    let (next, summary) = (AtomicU64::new(1), Mutex::new(Summary::default()));
    let began = now();
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                let small = books_of(1);
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    let minutes = now().duration_since(began).as_secs() / 60;
                    if seed > options.seeds || options.minutes.is_some_and(|most| minutes >= most) {
                        return;
                    }
                    let books = if seed.is_multiple_of(LARGE_EACH) {
                        books_of(seed)
                    } else {
                        small.clone()
                    };
                    let outcome = run(&Plan::of_seed(seed, options.days), &books, false);
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
    summary.into_inner().unwrap_or_else(PoisonError::into_inner).show(options)
}

/// The machine's own clock: only the runner looks at it, no world does.
#[expect(clippy::disallowed_methods, reason = "the ban is for wasm; this program is native only")]
fn now() -> Instant {
    Instant::now()
}

impl Summary {
    fn add(&mut self, seed: u64, outcome: Outcome) {
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

    /// Prints the sums; fails where a rule was broken, and shortens the first plan that broke one.
    fn show(&self, options: &Options) -> ExitCode {
        println!("\n{:<36} {:>12} {:>12}", "", "all worlds", "a day");
        for (name, count) in &self.totals {
            let a_day = count / (self.worlds * options.days).max(1);
            let free = FREE_DAY.iter().find(|(known, _)| known == name);
            let share =
                free.map(|(_, most)| format!("{:>5} % of the free day", a_day * 100 / most));
            println!("{name:<36} {count:>12} {a_day:>12} {}", share.unwrap_or_default());
        }
        let (answer_ms, warm_h) = (self.longest_answer_ms, self.warm_after_ms / 3_600_000);
        println!("longest answer {answer_ms} ms; warm {warm_h} h after the last fault at most");
        println!("{} worlds, {} failed", self.worlds, self.failed.len());
        let missing = coverage::missing(&self.totals);
        let is_covered = self.worlds < coverage::WORLDS || missing.is_empty();
        if !is_covered {
            println!("no world had: {}", missing.join(", "));
        }
        match self.failed.first_key_value() {
            Some((seed, violations)) => {
                show_shortened(
                    *seed,
                    violations.first().map_or("", |violation| violation.rule),
                    options,
                );
                ExitCode::FAILURE
            }
            None if is_covered => ExitCode::SUCCESS,
            None => ExitCode::FAILURE,
        }
    }
}

fn show_shortened(seed: u64, rule: &str, options: &Options) {
    println!("\nseed {seed}, shortened while `{rule}` is broken:");
    let plan = Plan::of_seed(seed, options.days);
    for event in shorten(&plan, rule, &books_of(seed), MOST_RUNS).events {
        let what: String = format!("{:?}", event.what).chars().take(200).collect();
        println!("{:>9} s {what}", event.after_ms / 1_000);
    }
    println!("replay: cargo xtask simulate --seed {seed} --days {} --trace", options.days);
}

/// Counts of a day are added up over the days.
fn without_day(name: &str) -> String {
    match name.strip_prefix("day ").and_then(|rest| rest.split_once(' ')) {
        Some((_, name)) => name.to_owned(),
        None => name.to_owned(),
    }
}
