//! `cargo xtask simulate`: the three Workers in one process under seeds.

use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::project::root;

/// Worlds of `cargo xtask soak`: as many as ten minutes give.
pub const LONG: [&str; 6] = ["--seeds", "1000", "--days", "3", "--minutes", "10"];

/// Runs the worlds that the arguments of the program `simulation` name.
pub fn simulate(args: &[&str]) -> Result<()> {
    let mut cargo = Command::new("cargo");
    cargo.current_dir(root()).args(["run", "--quiet", "--locked", "--profile", "soak"]);
    cargo.args(["--package", "simulation", "--"]).args(args);
    let status = cargo.stdin(Stdio::null()).status().context("cannot run the simulation")?;
    if status.success() { Ok(()) } else { bail!("the simulation failed") }
}
