//! The rules. Each answers with one sentence for every place that breaks it.

use std::collections::{BTreeMap, BTreeSet};

use super::code::{Code, is_name};
use super::graph::check_graph;
use super::model::{Config, place};
use crate::project::Worker;

/// The one Worker without service bindings and without a public way in.
const ISBNDB: Worker = Worker::Isbndb;

/// The page that describes what can be configured.
pub const PAGE: &str = "docs/CONFIGURATION.md";

/// Kinds of which every environment needs its own.
const OWN_TARGETS: [&str; 6] = [
    "kv_namespaces",
    "r2_buckets",
    "ratelimits",
    "secrets_store_secrets",
    "analytics_engine_datasets",
    "queues.producers",
];

/// Secrets that may be plain ones, which no config names, or absent.
const SECRETS: [&str; 4] =
    ["ADMIN_TOKEN", "GOOGLE_BOOKS_API_KEY", "GOOGLE_BOOKS_IOSKEY", "ISBNDB_API_KEY"];

/// Vars of which every Worker of an environment needs the same value.
const COMMON_VARS: [&str; 3] = ["CACHE_COLD_TTL", "MAX_BOOKS_PER_AUTHOR", "STALE_TTL"];

/// Both are needed to leave out Node's API, which is on by default since 2026-08-04
/// (docs/adr/0008).
const COMPATIBILITY_FLAGS: [&str; 2] = ["no_nodejs_compat", "no_nodejs_compat_v2"];

/// Hosts that only this machine knows.
const LOOPBACK: [&str; 4] = ["localhost", "127.0.0.1", "0.0.0.0", "[::1]"];

/// The rules that the configs alone decide.
pub fn check_configs(configs: &[Config], optional: &BTreeSet<String>) -> Vec<String> {
    let mut broken = Vec::new();
    for config in configs {
        check_isbndb_worker(config, &mut broken);
        check_environments(config, optional, &mut broken);
        check_strings(config, &mut broken);
        check_flags(config, &mut broken);
    }
    let labels: BTreeSet<&str> =
        configs.iter().flat_map(|c| c.environments.iter().map(|e| e.label.as_str())).collect();
    for label in labels {
        check_graph(configs, label, optional, &mut broken);
        check_common_vars(configs, label, &mut broken);
    }
    broken
}

fn check_isbndb_worker(config: &Config, broken: &mut Vec<String>) {
    if config.worker != ISBNDB {
        return;
    }
    for environment in &config.environments {
        let place = place(config, environment);
        for (name, _) in environment.services() {
            broken.push(format!("{place}: the ISBNdb Worker has the service binding {name}"));
        }
        for way in &environment.public_ways {
            broken.push(format!("{place}: the ISBNdb Worker can be reached by the public ({way})"));
        }
    }
}

/// Every environment has what the others have; what is optional may be in one alone.
fn check_environments(config: &Config, optional: &BTreeSet<String>, broken: &mut Vec<String>) {
    let Some((production, others)) = config.environments.split_first() else { return };
    let missing = |wanted: BTreeSet<&String>, found: BTreeSet<&String>| -> Vec<String> {
        let names = wanted.difference(&found).filter(|name| !optional.contains(**name));
        names.map(|name| (*name).clone()).collect()
    };
    for other in others {
        let place = place(config, other);
        for name in missing(names(&production.vars), names(&other.vars)) {
            broken.push(format!("{place}: the var {name} is missing"));
        }
        for name in missing(names(&other.vars), names(&production.vars)) {
            broken.push(format!("{place}: the var {name} is in no other environment"));
        }
        for name in missing(names(&production.bindings), names(&other.bindings)) {
            broken.push(format!("{place}: the binding {name} is missing"));
        }
        for name in missing(names(&other.bindings), names(&production.bindings)) {
            broken.push(format!("{place}: the binding {name} is in no other environment"));
        }
        for (name, binding) in &production.bindings {
            if other.bindings.get(name).is_some_and(|same| same.kind != binding.kind) {
                broken.push(format!("{place}: the binding {name} is of another kind"));
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

fn names<T>(of: &BTreeMap<String, T>) -> BTreeSet<&String> {
    of.keys().collect()
}

/// What the proxy, the warmer and the ISBNdb Worker have to agree on.
fn check_common_vars(configs: &[Config], label: &str, broken: &mut Vec<String>) {
    for name in COMMON_VARS {
        let value = |config: &Config| config.environment(label)?.vars.get(name).cloned();
        let values: BTreeSet<String> = configs.iter().filter_map(value).collect();
        if values.len() > 1 {
            let values: Vec<_> = values.into_iter().collect();
            broken.push(format!("{label}: {name} differs between Workers: {}", values.join(", ")));
        }
    }
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

fn check_flags(config: &Config, broken: &mut Vec<String>) {
    for environment in &config.environments {
        let place = place(config, environment);
        for flag in COMPATIBILITY_FLAGS {
            if !environment.compatibility_flags.iter().any(|own| own == flag) {
                broken.push(format!("{place}: the compatibility flag {flag} is missing"));
            }
        }
    }
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
        let may_be_absent =
            |name: &String| code.optional.contains(name) || SECRETS.contains(&name.as_str());
        for name in named.iter().filter(|name| !configured.contains(name) && !may_be_absent(name)) {
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

/// Every var, secret and optional binding is described, and nothing else is.
pub fn check_page(configs: &[Config], code: &Code, page: &str) -> Vec<String> {
    let described: BTreeSet<&str> =
        page.split('`').skip(1).step_by(2).filter(|text| is_name(text)).collect();
    let vars = configs.iter().flat_map(|config| &config.environments).flat_map(|e| e.vars.keys());
    let wanted: BTreeSet<&str> =
        vars.chain(&code.optional).map(String::as_str).chain(SECRETS).collect();
    let missing = wanted.difference(&described).map(|name| format!("{PAGE} lacks {name}"));
    let unread = described
        .iter()
        .filter(|name| !code.quoted_by.values().any(|quoted| quoted.contains(**name)))
        .map(|name| format!("{PAGE} describes {name}, which no code reads"));
    missing.chain(unread).collect()
}
