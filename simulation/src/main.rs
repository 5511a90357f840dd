//! `cargo xtask simulate`: runs worlds, one a seed, and prints the broken rules.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use emulators::in_process_providers::SharedCatalogue;
use simulation::faults::RULES;
use simulation::multi_seed_runner::{WorldsSummary, catalogue_of_seed, run_all, without_day};
use simulation::scenario::Scenario;
use simulation::world_run::{run_until_warm, run_world};

/// Runs the three Workers in one process under seeds.
#[derive(Debug, Parser)]
struct SimulationOptions {
    /// How many worlds, from seed 1 on.
    #[arg(long, default_value_t = 100)]
    seeds: u64,
    /// Days of each world, before its final state.
    #[arg(long, default_value_t = 1)]
    days: u64,
    /// No world begins after so many minutes.
    #[arg(long)]
    minutes: Option<u64>,
    /// Runs only this world, twice.
    #[arg(long)]
    seed: Option<u64>,
    /// Breaks each rule on purpose, and prints how many worlds it takes to find the fault.
    #[arg(long)]
    planted: bool,
    /// Prints the trace of the world.
    #[arg(long)]
    trace: bool,
    /// Warms this library, without faults and clients, and prints the counts.
    #[arg(long, requires = "catalogue")]
    library: Option<PathBuf>,
    /// The books that the providers know with `--library`.
    #[arg(long)]
    catalogue: Option<PathBuf>,
    /// Vars of the Workers with `--library`, as `NAME=VALUE`.
    #[arg(long)]
    var: Vec<String>,
}

fn main() -> ExitCode {
    let options = SimulationOptions::parse();
    match (&options.library, &options.catalogue, options.seed) {
        (Some(library), Some(catalogue), _) => warm_library(library, catalogue, &options.var),
        (_, _, Some(seed)) => replay(seed, &options),
        _ if options.planted => find_planted(&options),
        _ => exit_code(run_all(options.seeds, options.days, options.minutes)),
    }
}

/// Warms one library and prints the counts as JSON.
fn warm_library(library: &PathBuf, catalogue: &PathBuf, vars: &[String]) -> ExitCode {
    let (Ok(library), Ok(catalogue)) = (std::fs::read_to_string(library), std::fs::read(catalogue))
    else {
        println!("a file cannot be read");
        return ExitCode::FAILURE;
    };
    // The names must live as long as the program.
    let vars = vars.iter().filter_map(|var| var.split_once('='));
    let vars = vars.map(|(name, value)| (&*name.to_owned().leak(), value.to_owned())).collect();
    let counts = run_until_warm(
        &Scenario::of_library(library, vars),
        &SharedCatalogue::of_csv(&catalogue, true),
    );
    let mut totals = BTreeMap::<String, u64>::new();
    counts.iter().for_each(|(name, count)| *totals.entry(without_day(name)).or_default() += count);
    println!("{}", serde_json::json!(totals));
    ExitCode::SUCCESS
}

/// Plants each fault, and runs worlds until its rule finds it.
fn find_planted(options: &SimulationOptions) -> ExitCode {
    let books = catalogue_of_seed(1);
    let mut all_found = true;
    for (rule, planted) in RULES {
        let is_found = |seed: &u64| {
            let plan =
                Scenario { planted: Some(planted), ..Scenario::of_seed(*seed, options.days) };
            run_world(&plan, &books, false)
                .violations
                .iter()
                .any(|violation| violation.rule == rule)
        };
        let found = (1..=options.seeds).find(is_found);
        println!("{rule}: {planted:?} found in seed {found:?}");
        all_found &= found.is_some();
    }
    exit_code(all_found)
}

fn exit_code(is_good: bool) -> ExitCode {
    if is_good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// One world, twice: the traces are equal to the byte.
fn replay(seed: u64, options: &SimulationOptions) -> ExitCode {
    let (plan, books) = (Scenario::of_seed(seed, options.days), catalogue_of_seed(seed));
    let outcome = run_world(&plan, &books, true);
    if options.trace {
        print!("{}", outcome.trace);
    }
    if run_world(&plan, &books, true) != outcome {
        println!("seed {seed}: a second run differs");
        return ExitCode::FAILURE;
    }
    println!("seed {seed}: {} bytes of trace, the same twice", outcome.trace.len());
    let mut summary = WorldsSummary::default();
    summary.add_world_outcome(seed, outcome);
    exit_code(summary.show(options.days))
}
