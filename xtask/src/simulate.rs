//! `cargo xtask simulate`: the three Workers in one process under seeds.

use std::process::{Command, Stdio};

use anyhow::{Result, bail};

use crate::project::root;
use crate::step;

/// Worlds of `cargo xtask soak`: as many as ten minutes give.
pub const LONG: [&str; 6] = ["--seeds", "1000", "--days", "3", "--minutes", "10"];
/// What `cargo xtask soak` runs too: each rule finds what is broken on purpose.
pub const PLANTED: [&str; 1] = ["--planted"];

/// Runs the worlds that the arguments of the program `simulation` name.
pub fn simulate(args: &[&str]) -> Result<()> {
    let mut cargo = Command::new("cargo");
    cargo.current_dir(root()).args(["run", "--quiet", "--locked", "--profile", "soak"]);
    cargo.args(["--package", "simulation", "--"]).args(args);
    cargo.stdin(Stdio::null());
    if step::show(&mut cargo)? { Ok(()) } else { bail!("the simulation failed") }
}
