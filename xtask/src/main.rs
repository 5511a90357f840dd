//! The project's own tool: `cargo xtask dev`, `test`, `build`, `check` and the rest.

mod banned_terms;
mod bench;
mod bench_data;
mod build;
mod build_sizes;
mod build_tools;
mod clock;
mod deploy;
mod dev;
mod markdown_pages;
mod module_dependencies;
mod promises;
mod simulate;
mod static_checks;
mod subprocess;
mod test;
mod test_program;
mod unused_dependencies;
mod wasm_postprocessing;
mod wiring;
mod workspace;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

use crate::build_tools::BuildTools;
use crate::test::TestRunLength;
use crate::workspace::{BuildProfile, Worker};

#[derive(Debug, Parser)]
#[command(
    name = "cargo xtask",
    bin_name = "cargo xtask",
    about = "Builds, runs and checks the book cache warmer."
)]
struct Cli {
    #[command(subcommand)]
    task: XtaskCommand,
}

#[derive(Debug, Subcommand)]
enum XtaskCommand {
    /// Run everything on this machine: build, start, warm a library, show a search from cache.
    Dev(dev::DevOptions),
    /// Build the Workers and print their sizes.
    Build {
        /// Build only this Worker.
        worker: Option<Worker>,
        /// Compile fast instead of small.
        #[arg(long)]
        dev: bool,
        /// Record the sizes as those of a release, with which later builds are compared.
        #[arg(long, conflicts_with = "dev")]
        record: bool,
    },
    /// Run every test: native, at the JS border, and in workerd.
    Test {
        /// Only the end-to-end tests whose paths below e2e contain this.
        only: Option<String>,
    },
    /// Run the tests in their long forms (soak, fuzz, big imports) and the simulation.
    Soak {
        /// Only the end-to-end tests whose paths below e2e contain this.
        only: Option<String>,
    },
    /// Check formatting, lints, documentation, the wiring, and every deployment as a dry run.
    Check {
        /// Only the checks whose names contain this.
        only: Option<String>,
    },
    /// Run the three Workers in one process under seeds, with injected faults; a failing seed is
    /// shortened.
    Simulate {
        /// `--seeds N`, `--days D`, `--minutes M`, `--seed S`, `--trace`, `--planted`.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<String>,
    },
    /// Run a benchmark of e2e/bench or over ../shared/data; without a name, list them.
    Bench {
        /// Name of the benchmark.
        name: Option<String>,
        /// Arguments for the benchmark.
        #[arg(trailing_var_arg = true)]
        args: Vec<String>,
    },
    /// Deploy the three Workers and all that they need into an account.
    Deploy(deploy::DeployOptions),
    /// Remove the three Workers and their queue from an account; stores only with --data.
    Destroy(deploy::destroy::DestroyOptions),
    /// Verify a deployment: health, ten books warmed and searched for, the latency of each tier.
    Verify(deploy::deployment_verification::VerifyOptions),
}

fn main() -> ExitCode {
    match run_task(Cli::parse().task) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run_task(task: XtaskCommand) -> Result<()> {
    match task {
        XtaskCommand::Dev(options) => dev::run_dev(&options),
        XtaskCommand::Build { worker, dev, record } => {
            let workers = worker.map_or_else(|| Worker::ALL.to_vec(), |one| vec![one]);
            let form = if dev { BuildProfile::Dev } else { BuildProfile::Release };
            let sizes = build::build_workers(&BuildTools::ensure_installed()?, &workers, form)?;
            sizes.enforce()?;
            if record { sizes.save_release() } else { Ok(()) }
        }
        XtaskCommand::Test { only } => test::test(only.as_deref(), TestRunLength::Short),
        XtaskCommand::Soak { only } => test::test(only.as_deref(), TestRunLength::Long),
        XtaskCommand::Check { only } => static_checks::run_checks(only.as_deref()),
        XtaskCommand::Simulate { args } => {
            simulate::simulate_with_args(&args.iter().map(String::as_str).collect::<Vec<_>>())
        }
        XtaskCommand::Bench { name, args } => bench::run_one_benchmark(name.as_deref(), &args),
        XtaskCommand::Deploy(options) => deploy::run_deploy(&options),
        XtaskCommand::Destroy(options) => deploy::destroy::destroy(&options),
        XtaskCommand::Verify(options) => {
            deploy::deployment_verification::verify_with_options(&options)
        }
    }
}
