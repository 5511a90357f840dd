//! `cargo xtask simulate`: the three Workers in one process under seeds.

use std::process::{Command, Stdio};

use anyhow::Result;

use crate::subprocess;
use crate::workspace::project_root;

/// The worlds of `cargo xtask soak`: as many as fit into ten minutes.
pub const LONG: [&str; 6] = ["--seeds", "1000", "--days", "3", "--minutes", "10"];
/// `cargo xtask soak` also checks that each rule finds its planted fault.
pub const PLANTED: [&str; 1] = ["--planted"];

/// Runs the program `simulation` with these arguments.
pub fn simulate_with_args(args: &[&str]) -> Result<()> {
    let mut cargo = Command::new("cargo");
    cargo.current_dir(project_root()).args(["run", "--quiet", "--locked", "--profile", "soak"]);
    cargo.args(["--package", "simulation", "--"]).args(args);
    cargo.stdin(Stdio::null());
    subprocess::run_interactive("the simulation", &mut cargo)
}
