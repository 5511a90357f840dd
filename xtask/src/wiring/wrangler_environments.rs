//! A wrangler config for the rules: one [`Environment`] for the top level and one for each
//! `env.NAME`, with the inherited values filled in.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use toml::{Table, Value};

use crate::workspace::Worker;

#[derive(Debug)]
pub struct WranglerConfig {
    pub worker: Worker,
    /// The top level first.
    pub environments: Vec<Environment>,
    /// Every string in the file, with its path.
    pub strings: Vec<(String, String)>,
}

#[derive(Debug)]
pub struct Environment {
    /// `production` for the top level.
    pub label: String,
    pub name: Option<String>,
    pub vars: BTreeMap<String, String>,
    pub bindings: BTreeMap<String, ConfiguredBinding>,
    /// The keys by which it may be public: `workers_dev`, `preview_urls`, `route`, `routes`.
    pub public_ways: Vec<&'static str>,
    /// True if the environment would inherit the routes of production.
    pub inherits_routes: bool,
    /// Own or inherited `compatibility_flags`.
    pub compatibility_flags: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfiguredBinding {
    /// Its table in the config, e.g. `kv_namespaces`.
    pub kind: &'static str,
    /// The target: an id, a bucket, a class, a Worker, a secret.
    pub target: String,
    /// `props.caller` of a service binding.
    pub caller: Option<String>,
}

/// Tables of bindings: path, the key of the binding's name, the key of its target.
const BINDING_TABLES: [(&str, &str, &str); 8] = [
    ("services", "binding", "service"),
    ("kv_namespaces", "binding", "id"),
    ("r2_buckets", "binding", "bucket_name"),
    ("secrets_store_secrets", "binding", "secret_name"),
    ("ratelimits", "name", "namespace_id"),
    ("analytics_engine_datasets", "binding", "dataset"),
    ("durable_objects.bindings", "name", "class_name"),
    ("queues.producers", "binding", "queue"),
];

/// Keys of a Worker's own domains and paths.
const ROUTE_KEYS: [&str; 2] = ["route", "routes"];

impl WranglerConfig {
    pub fn parse(worker: Worker, text: &str) -> Result<Self> {
        let top: Table = text.parse().with_context(|| format!("{}.toml", worker.crate_name()))?;
        let mut environments = vec![Environment::read("production", &top, &Table::new())];
        if let Some(envs) = top.get("env").and_then(Value::as_table) {
            for (label, env) in envs {
                if let Some(table) = env.as_table() {
                    environments.push(Environment::read(label, table, &top));
                }
            }
        }
        let mut strings = Vec::new();
        collect_strings("", &Value::Table(top), &mut strings);
        Ok(Self { worker, environments, strings })
    }

    pub fn environment_named(&self, label: &str) -> Option<&Environment> {
        self.environments.iter().find(|e| e.label == label)
    }
}

impl Environment {
    fn read(label: &str, own: &Table, inherited: &Table) -> Self {
        let either = |key: &str| own.get(key).or_else(|| inherited.get(key));
        let is_off = |key: &str| either(key).and_then(Value::as_bool) == Some(false);
        // Both are on by default.
        let addresses = ["workers_dev", "preview_urls"].into_iter().filter(|key| !is_off(key));
        let routes = ROUTE_KEYS.into_iter().filter(|key| either(key).is_some());
        let has_routes = |table: &Table| ROUTE_KEYS.iter().any(|key| table.contains_key(*key));
        Self {
            inherits_routes: has_routes(inherited) && !has_routes(own),
            label: label.to_owned(),
            name: own.get("name").and_then(Value::as_str).map(str::to_owned),
            vars: own
                .get("vars")
                .and_then(Value::as_table)
                .map(|vars| vars.iter().map(|(k, v)| (k.clone(), value_text(v))).collect())
                .unwrap_or_default(),
            bindings: read_bindings(own),
            public_ways: addresses.chain(routes).collect(),
            compatibility_flags: either("compatibility_flags")
                .and_then(Value::as_array)
                .map(|flags| flags.iter().map(value_text).collect())
                .unwrap_or_default(),
        }
    }

    pub fn service_bindings(&self) -> impl Iterator<Item = (&String, &ConfiguredBinding)> {
        self.bindings.iter().filter(|(_, binding)| binding.kind == "services")
    }
}

/// An environment of a config, in the text of a broken rule.
pub(super) fn environment_name(config: &WranglerConfig, environment: &Environment) -> String {
    format!("{}.toml ({})", config.worker.crate_name(), environment.label)
}

fn read_bindings(own: &Table) -> BTreeMap<String, ConfiguredBinding> {
    let mut bindings = BTreeMap::new();
    for (path, name_key, target_key) in BINDING_TABLES {
        let entries = dotted(own, path).and_then(Value::as_array).cloned().unwrap_or_default();
        for entry in entries {
            let text = |key: &str| entry.get(key).map(value_text).unwrap_or_default();
            let props = entry.get("props").and_then(|props| props.get("caller"));
            bindings.insert(
                text(name_key),
                ConfiguredBinding {
                    kind: path,
                    target: text(target_key),
                    caller: props.map(value_text),
                },
            );
        }
    }
    if let Some(name) = dotted(own, "version_metadata.binding").and_then(Value::as_str) {
        let binding =
            ConfiguredBinding { kind: "version_metadata", target: String::new(), caller: None };
        bindings.insert(name.to_owned(), binding);
    }
    bindings
}

fn dotted<'t>(table: &'t Table, path: &str) -> Option<&'t Value> {
    let mut keys = path.split('.');
    let first = table.get(keys.next()?)?;
    keys.try_fold(first, |value, key| value.get(key))
}

fn value_text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn collect_strings(path: &str, value: &Value, found: &mut Vec<(String, String)>) {
    match value {
        Value::String(text) => found.push((path.to_owned(), text.clone())),
        Value::Array(items) => items.iter().for_each(|item| collect_strings(path, item, found)),
        Value::Table(table) => {
            for (key, item) in table {
                let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                collect_strings(&path, item, found);
            }
        }
        _ => {}
    }
}
