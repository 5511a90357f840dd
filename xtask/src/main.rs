//! The project's own tool: `cargo xtask dev`, `test`, `build`, `check` and the rest.

mod build;
mod clock;
mod project;
mod step;
mod tools;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

use crate::build::Form;
use crate::project::Worker;
use crate::tools::Tools;

#[derive(Debug, Parser)]
#[command(name = "cargo xtask", about = "Builds, runs and checks the book cache warmer.")]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Build the Workers and print what each weighs.
    Build {
        /// Only this Worker.
        worker: Option<Worker>,
        /// Compile fast instead of small.
        #[arg(long)]
        dev: bool,
    },
}

fn main() -> ExitCode {
    match run(Cli::parse().task) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(task: Task) -> Result<()> {
    match task {
        Task::Build { worker, dev } => {
            let workers = worker.map_or_else(|| Worker::ALL.to_vec(), |one| vec![one]);
            let form = if dev { Form::Dev } else { Form::Release };
            build::build(&Tools::ensure()?, &workers, form)
        }
    }
}
