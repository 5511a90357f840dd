//! The rules. Each returns one sentence for every place that breaks it.

use std::collections::{BTreeMap, BTreeSet};

use ports::binding_manifest::BindingKind;

use super::call_graph::check_graph;
use super::worker_manifests::{WorkerBindingManifest, kind_of};
use super::wrangler_environments::{Environment, WranglerConfig, environment_name};
use crate::workspace::Worker;

/// The one Worker without service bindings and without a public address.
const PRIVATE_WORKER: Worker = Worker::Isbndb;

/// The page that describes vars, secrets and bindings.
pub const CONFIGURATION_FILE: &str = "docs/CONFIGURATION.md";

/// Kinds of bindings that no two environments may share.
const OWN_TARGETS: [&str; 6] = [
    "kv_namespaces",
    "r2_buckets",
    "ratelimits",
    "secrets_store_secrets",
    "analytics_engine_datasets",
    "queues.producers",
];

/// Vars that must be equal in every Worker of an environment.
const COMMON_VARS: [&str; 3] = ["CACHE_COLD_TTL", "MAX_BOOKS_PER_AUTHOR", "STALE_TTL"];

/// Both are needed to switch off Node's API, which is on by default since 2026-08-04
/// (docs/adr/0008).
const COMPATIBILITY_FLAGS: [&str; 2] = ["no_nodejs_compat", "no_nodejs_compat_v2"];

/// Hosts of the local machine.
const LOOPBACK: [&str; 4] = ["localhost", "127.0.0.1", "0.0.0.0", "[::1]"];

/// The rules about the configs alone.
pub fn check_configs(configs: &[WranglerConfig], optional: &BTreeSet<String>) -> Vec<String> {
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

fn check_isbndb_worker(config: &WranglerConfig, broken: &mut Vec<String>) {
    if config.worker != PRIVATE_WORKER {
        return;
    }
    for environment in &config.environments {
        let place = environment_name(config, environment);
        for (name, _) in environment.service_bindings() {
            broken.push(format!("{place}: the ISBNdb Worker has the service binding {name}"));
        }
        for way in &environment.public_ways {
            broken.push(format!("{place}: the ISBNdb Worker can be reached by the public ({way})"));
        }
    }
}

/// Every environment has the names of the others; optional ones may be in one alone.
fn check_environments(
    config: &WranglerConfig,
    optional: &BTreeSet<String>,
    broken: &mut Vec<String>,
) {
    let Some((production, others)) = config.environments.split_first() else { return };
    let missing = |wanted: &BTreeSet<&String>, found: &BTreeSet<&String>| -> Vec<String> {
        let names = wanted.difference(found).filter(|name| !optional.contains(**name));
        names.map(|name| (*name).clone()).collect()
    };
    for other in others {
        let place = environment_name(config, other);
        for (kind, wanted, found) in [
            ("var", key_set(&production.vars), key_set(&other.vars)),
            ("binding", key_set(&production.bindings), key_set(&other.bindings)),
        ] {
            for name in missing(&wanted, &found) {
                broken.push(format!("{place}: the {kind} {name} is missing"));
            }
            for name in missing(&found, &wanted) {
                broken.push(format!("{place}: the {kind} {name} is in no other environment"));
            }
        }
        for (name, binding) in &production.bindings {
            if other.bindings.get(name).is_some_and(|same| same.kind != binding.kind) {
                broken.push(format!("{place}: the binding {name} is of another kind"));
            }
        }
    }
    for (index, environment) in config.environments.iter().enumerate() {
        let place = environment_name(config, environment);
        if environment.inherits_routes {
            broken.push(format!(
                "{place}: it would take the domain of production; it needs routes of its own"
            ));
        }
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

fn key_set<T>(of: &BTreeMap<String, T>) -> BTreeSet<&String> {
    of.keys().collect()
}

/// Values that the proxy, the warmer and the ISBNdb Worker have to share.
fn check_common_vars(configs: &[WranglerConfig], label: &str, broken: &mut Vec<String>) {
    for name in COMMON_VARS {
        let value =
            |config: &WranglerConfig| config.environment_named(label)?.vars.get(name).cloned();
        let values: BTreeSet<String> = configs.iter().filter_map(value).collect();
        if values.len() > 1 {
            let values: Vec<_> = values.into_iter().collect();
            broken.push(format!("{label}: {name} differs between Workers: {}", values.join(", ")));
        }
    }
}

fn check_strings(config: &WranglerConfig, broken: &mut Vec<String>) {
    let file = format!("{}.toml", config.worker.crate_name());
    for (path, text) in &config.strings {
        if LOOPBACK.iter().any(|host| text.contains(host)) {
            broken.push(format!("{file}: {path} names this machine: {text}"));
        }
    }
}

fn check_flags(config: &WranglerConfig, broken: &mut Vec<String>) {
    for environment in &config.environments {
        let place = environment_name(config, environment);
        for flag in COMPATIBILITY_FLAGS {
            if !environment.compatibility_flags.iter().any(|own| own == flag) {
                broken.push(format!("{place}: the compatibility flag {flag} is missing"));
            }
        }
    }
}

/// The rules about the names that the code reads.
pub fn check_manifests(
    configs: &[WranglerConfig],
    manifests: &[WorkerBindingManifest],
) -> Vec<String> {
    let mut broken = Vec::new();
    for config in configs {
        let Some(manifest) = manifests.iter().find(|m| m.worker == config.worker) else { continue };
        for environment in &config.environments {
            check_manifest(config, environment, manifest, &mut broken);
        }
    }
    broken
}

fn check_manifest(
    config: &WranglerConfig,
    environment: &Environment,
    manifest: &WorkerBindingManifest,
    broken: &mut Vec<String>,
) {
    let place = environment_name(config, environment);
    let vars = environment.vars.keys().map(|name| (name, Some(BindingKind::Var)));
    let bindings = environment.bindings.iter().map(|(name, b)| (name, kind_of(b.kind)));
    let configured: BTreeMap<&String, Option<BindingKind>> = vars.chain(bindings).collect();
    for (name, kind) in &configured {
        match manifest.manifest_entry(name) {
            None => broken.push(format!("{place}: {name} is configured but no code reads it")),
            Some(entry) if Some(entry.kind) != *kind => {
                broken.push(format!(
                    "{place}: {name} is not a {:?}, as the code reads it",
                    entry.kind
                ));
            }
            Some(_) => {}
        }
    }
    // A secret may be a plain one, which no config names.
    let needed = manifest
        .manifest_entries()
        .filter(|entry| entry.is_required && entry.kind != BindingKind::Secret);
    for entry in needed.filter(|entry| !configured.keys().any(|name| *name == entry.name)) {
        broken.push(format!("{place}: {} is not configured, and the code reads it", entry.name));
    }
}

/// The page describes every var, secret and optional binding, and no other.
pub fn check_page(manifests: &[WorkerBindingManifest], page: &str) -> Vec<String> {
    let described: BTreeSet<&str> =
        page.split('`').skip(1).step_by(2).filter(|text| is_config_name(text)).collect();
    let all = || manifests.iter().flat_map(WorkerBindingManifest::manifest_entries);
    let read: BTreeSet<&str> = all().map(|entry| entry.name).collect();
    let wanted: BTreeSet<&str> = all()
        .filter(|entry| {
            !entry.is_required || matches!(entry.kind, BindingKind::Var | BindingKind::Secret)
        })
        .map(|entry| entry.name)
        .collect();
    let missing =
        wanted.difference(&described).map(|name| format!("{CONFIGURATION_FILE} lacks {name}"));
    let unread = described.difference(&read);
    missing
        .chain(
            unread
                .map(|name| format!("{CONFIGURATION_FILE} describes {name}, which no code reads")),
        )
        .collect()
}

/// True for a text in the form of a var, secret or binding.
fn is_config_name(text: &str) -> bool {
    text.len() > 2
        && text.starts_with(|c: char| c.is_ascii_uppercase())
        && text.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
}
