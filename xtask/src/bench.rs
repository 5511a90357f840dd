//! `cargo xtask bench`: the benchmarks in e2e/bench, each a program of its own, and those on data.

use anyhow::{Result, bail};

use crate::bench_data;
use crate::build;
use crate::build_tools::BuildTools;
use crate::subprocess;
use crate::test::build_emulators;
use crate::workspace::{BuildProfile, Worker, project_root};

/// Runs one benchmark on release builds.
pub fn run_one_benchmark(name: Option<&str>, args: &[String]) -> Result<()> {
    if let Some(name) = name.filter(|name| bench_data::DATA_BENCHMARK_NAMES.contains(name)) {
        return bench_data::run_bench(name);
    }
    let known = bench_names();
    let Some(name) = name.filter(|name| known.iter().any(|k| k == name)) else {
        bail!("name a benchmark, one of: {}", known.join(", "));
    };
    let tools = BuildTools::ensure_installed()?;
    build::build_workers(&tools, &Worker::ALL, BuildProfile::Release)?;
    build_emulators()?;
    let mut node = tools.command_with_tools("node");
    node.arg(project_root().join("e2e/bench").join(format!("{name}.mjs"))).args(args);
    subprocess::run_interactive(&format!("the measurement {name}"), &mut node)
}

fn bench_names() -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(project_root().join("e2e/bench")) else {
        return Vec::new();
    };
    let mut names: Vec<String> = entries
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.strip_suffix(".mjs").map(str::to_owned))
        .collect();
    names.extend(bench_data::DATA_BENCHMARK_NAMES.map(str::to_owned));
    names.sort();
    names
}
