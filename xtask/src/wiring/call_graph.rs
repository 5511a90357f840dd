//! The graph of calls between Workers.

use std::collections::{BTreeMap, BTreeSet};

use super::wrangler_environments::{WranglerConfig, environment_name};

/// Warmer, proxy, ISBNdb Worker.
const MAX_LEVELS: usize = 3;

/// The calls in one environment: no cycle, at most three levels, callers named, and never
/// from one environment into another.
pub(super) fn check_graph(
    configs: &[WranglerConfig],
    label: &str,
    optional: &BTreeSet<String>,
    broken: &mut Vec<String>,
) {
    let mut names = BTreeMap::new();
    for config in configs {
        match config.environment_named(label) {
            Some(environment) => {
                names.insert(environment.name.clone().unwrap_or_default(), config.worker);
            }
            None => broken
                .push(format!("{}.toml has no environment {label}", config.worker.crate_name())),
        }
    }
    let mut calls: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for config in configs {
        let Some(environment) = config.environment_named(label) else { continue };
        let place = environment_name(config, environment);
        for (name, binding) in environment.service_bindings() {
            match names.get(&binding.target) {
                Some(callee) => {
                    calls.entry(config.worker.crate_name()).or_default().push(callee.crate_name());
                }
                // A second deployment of a sibling: it needs to know its caller too.
                None if name.ends_with("_CANARY") => {}
                // A Worker of the operator's own, such as AUTH or LOGGER.
                None if optional.contains(name) => continue,
                None => broken.push(format!(
                    "{place}: {name} points at {}, which is no Worker of this environment",
                    binding.target
                )),
            }
            if binding.caller.as_deref() != Some(config.worker.crate_name()) {
                broken.push(format!(
                    "{place}: {name} lacks props = {{ caller = \"{}\" }}",
                    config.worker.crate_name()
                ));
            }
        }
    }
    for worker in calls.keys().copied() {
        match levels(&calls, worker, &mut Vec::new()) {
            None => broken.push(format!("{label}: {worker} is part of a cycle of calls")),
            Some(levels) if levels > MAX_LEVELS => {
                broken.push(format!("{label}: calls of {worker} go {levels} levels deep"));
            }
            Some(_) => {}
        }
    }
}

/// The length of the longest chain of calls from a Worker, itself counted; `None` on a cycle.
pub(super) fn levels<'g>(
    calls: &BTreeMap<&'g str, Vec<&'g str>>,
    worker: &'g str,
    path: &mut Vec<&'g str>,
) -> Option<usize> {
    if path.contains(&worker) {
        return None;
    }
    path.push(worker);
    let mut deepest = 0;
    for callee in calls.get(worker).into_iter().flatten() {
        deepest = deepest.max(levels(calls, callee, path)?);
    }
    path.pop();
    Some(deepest + 1)
}
