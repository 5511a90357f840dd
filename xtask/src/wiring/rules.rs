//! The rules. Each answers with one sentence for every place that breaks it.

use std::collections::{BTreeMap, BTreeSet};

use super::code::Code;
use super::model::{Config, Environment};
use crate::project::Worker;

/// Warmer, proxy, leaf.
const MAX_LEVELS: usize = 3;

/// The one Worker without service bindings and without a public way in.
const LEAF: Worker = Worker::Leaf;

/// Kinds of which every environment needs its own.
const OWN_TARGETS: [&str; 6] = [
    "kv_namespaces",
    "r2_buckets",
    "ratelimits",
    "secrets_store_secrets",
    "analytics_engine_datasets",
    "queues.producers",
];

/// Hosts that only this machine knows.
const LOOPBACK: [&str; 4] = ["localhost", "127.0.0.1", "0.0.0.0", "[::1]"];

/// The rules that the configs alone decide.
pub fn check_configs(configs: &[Config], optional: &BTreeSet<String>) -> Vec<String> {
    let mut broken = Vec::new();
    for config in configs {
        check_leaf(config, &mut broken);
        check_environments(config, &mut broken);
        check_strings(config, &mut broken);
    }
    let labels: BTreeSet<&str> =
        configs.iter().flat_map(|c| c.environments.iter().map(|e| e.label.as_str())).collect();
    for label in labels {
        check_graph(configs, label, optional, &mut broken);
    }
    broken
}

fn place(config: &Config, environment: &Environment) -> String {
    format!("{}.toml ({})", config.worker.crate_name(), environment.label)
}

fn check_leaf(config: &Config, broken: &mut Vec<String>) {
    if config.worker != LEAF {
        return;
    }
    for environment in &config.environments {
        let place = place(config, environment);
        for (name, _) in environment.services() {
            broken.push(format!("{place}: the leaf has the service binding {name}"));
        }
        for way in &environment.public_ways {
            broken.push(format!("{place}: the leaf can be reached by the public ({way})"));
        }
    }
}

fn check_environments(config: &Config, broken: &mut Vec<String>) {
    let Some((production, others)) = config.environments.split_first() else { return };
    for other in others {
        let place = place(config, other);
        for name in missing(production.vars.keys(), other.vars.keys()) {
            broken.push(format!("{place}: the var {name} is missing"));
        }
        for name in missing(other.vars.keys(), production.vars.keys()) {
            broken.push(format!("{place}: the var {name} is in no other environment"));
        }
        for name in missing(other.bindings.keys(), production.bindings.keys()) {
            broken.push(format!("{place}: the binding {name} is in no other environment"));
        }
        for (name, binding) in &production.bindings {
            match other.bindings.get(name) {
                None => broken.push(format!("{place}: the binding {name} is missing")),
                Some(same) if same.kind != binding.kind => {
                    broken.push(format!("{place}: the binding {name} is of another kind"));
                }
                Some(_) => {}
            }
        }
    }
    for (index, environment) in config.environments.iter().enumerate() {
        let place = place(config, environment);
        if environment.name.is_none() {
            broken.push(format!("{place}: it has no name of its own"));
        }
        for earlier in config.environments.iter().take(index) {
            if environment.name.is_some() && environment.name == earlier.name {
                broken.push(format!("{place}: it has the name of {}", earlier.label));
            }
            for (name, binding) in &environment.bindings {
                let shared = earlier.bindings.get(name).is_some_and(|b| b.target == binding.target);
                if shared && OWN_TARGETS.contains(&binding.kind) {
                    broken.push(format!(
                        "{place}: {name} points at {} like {}",
                        binding.target, earlier.label
                    ));
                }
            }
        }
    }
}

fn missing<'a>(
    wanted: impl Iterator<Item = &'a String>,
    found: impl Iterator<Item = &'a String>,
) -> Vec<&'a String> {
    let found: BTreeSet<_> = found.collect();
    wanted.filter(|name| !found.contains(name)).collect()
}

fn check_strings(config: &Config, broken: &mut Vec<String>) {
    let file = format!("{}.toml", config.worker.crate_name());
    for (path, text) in &config.strings {
        if LOOPBACK.iter().any(|host| text.contains(host)) {
            broken.push(format!("{file}: {path} names this machine: {text}"));
        }
        if text.contains("workers.dev") && text.contains("://") {
            broken.push(format!("{file}: {path} calls a Worker over HTTP: {text}"));
        }
    }
}

/// Who calls whom in one environment: no cycle, at most three levels, callers named, and never
/// from one environment into another.
fn check_graph(
    configs: &[Config],
    label: &str,
    optional: &BTreeSet<String>,
    broken: &mut Vec<String>,
) {
    let mut names = BTreeMap::new();
    for config in configs {
        match config.environment(label) {
            Some(environment) => {
                names.insert(environment.name.clone().unwrap_or_default(), config.worker);
            }
            None => broken
                .push(format!("{}.toml has no environment {label}", config.worker.crate_name())),
        }
    }
    let mut calls: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for config in configs {
        let Some(environment) = config.environment(label) else { continue };
        let place = place(config, environment);
        for (name, binding) in environment.services() {
            match names.get(&binding.target) {
                Some(callee) => {
                    calls.entry(config.worker.crate_name()).or_default().push(callee.crate_name());
                }
                // A Worker of the person's own, such as AUTH or LOGGER.
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

/// How many Workers a call passes through at most, itself counted; none on a cycle.
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

/// The rules about what the code reads.
pub fn check_code(configs: &[Config], code: &Code) -> Vec<String> {
    let mut broken = Vec::new();
    let none = BTreeSet::new();
    for config in configs {
        let krate = config.worker.crate_name();
        let named = code.named_by.get(krate).unwrap_or(&none);
        let quoted = code.quoted_by.get(krate).unwrap_or(&none);
        let Some(environment) = config.environments.first() else { continue };
        let configured: BTreeSet<&String> =
            environment.vars.keys().chain(environment.bindings.keys()).collect();
        for name in configured.iter().filter(|name| !quoted.contains(**name)) {
            broken.push(format!("{krate}: {name} is configured but no code reads it"));
        }
        for name in
            named.iter().filter(|name| !configured.contains(name) && !code.optional.contains(*name))
        {
            broken.push(format!(
                "{krate}: the code reads {name}, which is neither configured nor optional"
            ));
        }
    }
    for name in &code.optional {
        let read = |config: &Config| {
            code.quoted_by.get(config.worker.crate_name()).is_some_and(|n| n.contains(name))
        };
        if !configs.iter().any(read) {
            broken.push(format!("shared: {name} is called optional but no Worker reads it"));
        }
    }
    broken.extend(code.misplaced.iter().cloned());
    broken
}
